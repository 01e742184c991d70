//! CoNLL-U and IOB2: a token a line.

use std::borrow::Borrow;
use std::io::{self, Write};

use crate::document::Document;
use crate::export::{Chars, each, encoded, id, put};
use crate::names::{EntityKind, Mention, Sense};
use crate::span::Span;

/// Writes documents as CoNLL-U: what [`Document::to_conllu`] gives, with entities numbered through all of them.
///
/// ```
/// let pipeline = spalte::Pipeline::new();
/// let mut out = Vec::new();
/// spalte::export::conllu(["Kari Nordheim kom.", "Ho gjekk."].map(|text| pipeline.annotate(text)), &mut out)?;
/// assert_eq!(String::from_utf8(out).unwrap().matches("# newdoc").count(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `out`.
pub fn conllu<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, out: impl Write) -> io::Result<()> {
    let (mut documents, mut entities) = (0, 0);
    each(docs, out, |doc, out| {
        documents += 1;
        write(doc, documents, entities, out);
        entities += doc.entities().len();
    })
}

/// Writes documents as IOB2: what [`Document::to_iob2`] gives, each document after a line `-DOCSTART-`, tab, `O`, and an empty line, as
/// in the files of CoNLL-2003.
///
/// ```
/// let pipeline = spalte::Pipeline::new();
/// let mut out = Vec::new();
/// spalte::export::iob2(["Kari Nordheim kom.", "Ho gjekk."].map(|text| pipeline.annotate(text)), &mut out)?;
/// assert!(out.starts_with(b"-DOCSTART-\tO\n\nKari\tB-PER\nNordheim\tI-PER\nkom\tO\n.\tO\n\n-DOCSTART-\tO\n\nHo\tO\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `out`.
pub fn iob2<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, out: impl Write) -> io::Result<()> {
    each(docs, out, |doc, out| {
        out.push_str("-DOCSTART-\tO\n\n");
        write_iob2(doc, out);
    })
}

impl Document {
    /// The document as CoNLL-U (version 2 of Universal Dependencies, <https://universaldependencies.org/format.html>).
    ///
    /// Comments: `# newdoc id`, `# global.Entity`, `# newpar` and `# block` (its kind) where a block begins, `# sent_id`, `# text`. Words have
    /// ID, FORM and MISC; the columns between are `_`, for spalte does not parse. MISC holds
    ///
    /// - `Entity=`: names, roles and pronouns as CorefUD 1.x marks them (<https://ufal.mff.cuni.cz/corefud>), with the entity's number,
    ///   type, head and form; as head stands the first word, which UD makes the head of a name. Types are those of CorefUD: `person`,
    ///   `organization`, `place`, `object`, `event`, `other`;
    /// - `name=`: names in IOB2 with NorNE's types, `name=B-PER`, `name=I-GPE_LOC`, `name=O`;
    /// - `SpaceAfter=No`, though not at the end of a block; `SpacesAfter=` and `SpacesBefore=` for white space other than one space, with
    ///   the escapes of UDPipe (`\s \t \r \n \p \\`), which have one for all line breaks but CR, and one for all spaces;
    /// - `TokenRange=`: where the token stands, in characters of the text, `start:end`.
    ///
    /// Control characters, which no column may hold, stand as their pictures in FORM and `# text`: `␀` for NUL. In identifiers, spaces,
    /// slashes and the like are `%` and hexadecimal digits. A document without tokens gives an empty string.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate(spalte::Article::from_text("Kari kom.").with_id("a1"));
    /// assert_eq!(doc.to_conllu(), "\
    /// ## newdoc id = a1
    /// ## global.Entity = eid-etype-head-other
    /// ## newpar
    /// ## block = paragraph
    /// ## sent_id = a1-1
    /// ## text = Kari kom.
    /// 1\tKari\t_\t_\t_\t_\t_\t_\t_\tEntity=(e1-person-1-form:name)|name=B-PER|TokenRange=0:4
    /// 2\tkom\t_\t_\t_\t_\t_\t_\t_\tname=O|SpaceAfter=No|TokenRange=5:8
    /// 3\t.\t_\t_\t_\t_\t_\t_\t_\tname=O|TokenRange=8:9
    ///
    /// ");
    /// ```
    pub fn to_conllu(&self) -> String {
        let mut out = String::new();
        write(self, 1, 0, &mut out);
        out
    }

    /// The document as IOB2: a token, a tab and its tag a line, an empty line after each sentence (Tjong Kim Sang & Veenstra, EACL 1999).
    ///
    /// Tags are NorNE's: `B-PER`, `I-GPE_LOC`, `O`. A space inside a token, as in `10 000`, stands as `_`, and a control character
    /// as its picture, so that readers that split at any white space find two columns.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate("Kari Nordheim bur i Bergen.");
    /// assert_eq!(doc.to_iob2(), "Kari\tB-PER\nNordheim\tI-PER\nbur\tO\ni\tO\nBergen\tB-GPE_LOC\n.\tO\n\n");
    /// ```
    pub fn to_iob2(&self) -> String {
        let mut out = String::new();
        write_iob2(self, &mut out);
        out
    }
}

/// `number` is the document's among those written, from 1; `entities` those of the documents before it.
fn write(doc: &Document, number: usize, entities: usize, out: &mut String) {
    let chars = Chars::of(doc);
    let name = id(doc).map(|id| encoded(id, false));
    let prefix = name.clone().unwrap_or_else(|| format!("doc{number}"));
    let mut mentions = Cursor { doc, next: 0 };
    let mut block = None;
    for (n, sentence) in doc.sentences().iter().enumerate() {
        if n == 0 {
            match &name {
                Some(name) => put(out, format_args!("# newdoc id = {name}\n")),
                None => out.push_str("# newdoc\n"),
            }
            out.push_str("# global.Entity = eid-etype-head-other\n");
        }
        if block.replace(sentence.block) != Some(sentence.block) {
            out.push_str("# newpar\n");
            if let Some(block) = doc.blocks().get(sentence.block) {
                put(out, format_args!("# block = {}\n", block.kind.label()));
            }
        }
        put(out, format_args!("# sent_id = {prefix}-{}\n# text = ", n + 1));
        for i in sentence.tokens.clone() {
            form(&doc[doc.tokens()[i].span], out);
            if i + 1 < sentence.tokens.end && !gap(doc, i).is_empty() {
                out.push(' ');
            }
        }
        out.push('\n');
        let ends = doc.sentences().get(n + 1).is_none_or(|next| next.block != sentence.block);
        for (column, i) in sentence.tokens.clone().enumerate() {
            let span = doc.tokens()[i].span;
            put(out, format_args!("{}\t", column + 1));
            form(&doc[span], out);
            out.push_str("\t_\t_\t_\t_\t_\t_\t_\t");
            let mention = mentions.at(span);
            if let Some(mention) = mention {
                entity(doc, mention, span, entities, out);
            }
            out.push_str("name=");
            tag(mention, span, out);
            if i == 0 && span.start() > 0 {
                out.push_str("|SpacesBefore=");
                spaces(&doc.text()[..span.start()], out);
            }
            match gap(doc, i) {
                " " => {}
                // UD has no `SpaceAfter=No` before a new paragraph or document.
                "" if i + 1 == sentence.tokens.end && ends => {}
                "" => out.push_str("|SpaceAfter=No"),
                gap => {
                    out.push_str("|SpacesAfter=");
                    spaces(gap, out);
                }
            }
            let (start, end) = chars.range(span);
            put(out, format_args!("|TokenRange={start}:{end}\n"));
        }
        out.push('\n');
    }
}

fn write_iob2(doc: &Document, out: &mut String) {
    let mut mentions = Cursor { doc, next: 0 };
    for sentence in doc.sentences() {
        for token in &doc.tokens()[sentence.tokens.clone()] {
            out.extend(doc[token.span].chars().map(visible).map(|c| if c.is_whitespace() { '_' } else { c }));
            out.push('\t');
            tag(mentions.at(token.span), token.span, out);
            out.push('\n');
        }
        out.push('\n');
    }
}

/// The mention that holds a token, asked in the order of tokens.
struct Cursor<'d> {
    doc: &'d Document,
    next: usize,
}

impl<'d> Cursor<'d> {
    fn at(&mut self, token: Span) -> Option<&'d Mention> {
        while self.doc.mentions().get(self.next).is_some_and(|m| m.span.end() <= token.start()) {
            self.next += 1;
        }
        self.doc.mentions().get(self.next).filter(|m| m.span.contains(token))
    }
}

/// NorNE's tag: `B-GPE_LOC`, or `O` outside names.
fn tag(mention: Option<&Mention>, token: Span, out: &mut String) {
    let Some(name) = mention.filter(|m| m.is_name()) else {
        return out.push('O');
    };
    out.push_str(if name.span.start() == token.start() { "B-" } else { "I-" });
    out.push_str(name.kind.label());
    match name.sense {
        Some(Sense::Loc) => out.push_str("_LOC"),
        Some(Sense::Org) => out.push_str("_ORG"),
        None => {}
    }
}

/// `Entity=` where a mention begins or ends with the token.
fn entity(doc: &Document, mention: &Mention, token: Span, before: usize, out: &mut String) {
    let (begins, ends) = (mention.span.start() == token.start(), mention.span.end() == token.end());
    let number = before + mention.entity + 1;
    if begins {
        let kind = match doc.entities().get(mention.entity).map_or(mention.kind, |e| e.kind) {
            EntityKind::Per => "person",
            EntityKind::Org => "organization",
            EntityKind::Gpe | EntityKind::Loc => "place",
            EntityKind::Prod => "object",
            EntityKind::Evt => "event",
            EntityKind::Drv | EntityKind::Misc => "other",
        };
        let form = mention.form.label();
        put(out, format_args!("Entity=(e{number}-{kind}-1-form:{form}"));
        out.push_str(if ends { ")|" } else { "|" });
    } else if ends {
        put(out, format_args!("Entity=e{number})|"));
    }
}

/// What stands between a token and the next, or the end of the text.
fn gap(doc: &Document, token: usize) -> &str {
    let end = doc.tokens().get(token + 1).map_or(doc.text().len(), |t| t.span.start());
    &doc.text()[doc.tokens()[token].span.end()..end]
}

fn form(text: &str, out: &mut String) {
    out.extend(text.chars().map(visible));
}

/// A control character as its picture (`␀` to `␟`, `␡`), those of C1 as `␦`.
fn visible(c: char) -> char {
    match u32::from(c) {
        n @ 0..=0x1F => char::from_u32(0x2400 + n).unwrap_or(c),
        0x7F => '␡',
        0x80..=0x9F => '␦',
        _ => c,
    }
}

/// White space with UDPipe's escapes; the rarer line breaks of Unicode as `\n` and its other spaces as `\s`, for many readers end lines and
/// columns at them.
fn spaces(gap: &str, out: &mut String) {
    for c in gap.chars() {
        match c {
            ' ' => out.push_str("\\s"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\n' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push_str("\\n"),
            '|' => out.push_str("\\p"),
            '\\' => out.push_str("\\\\"),
            // Beyond what spans can address (4 GiB) other text may stand here.
            c if c.is_whitespace() => out.push_str("\\s"),
            c => out.push(visible(c)),
        }
    }
}
