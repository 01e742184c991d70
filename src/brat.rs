//! Brat standoff: annotations beside the text.

use crate::document::Document;
use crate::export::{Chars, put, speaker_mention};
use crate::names::Sense;
use crate::span::Span;

/// The `annotation.conf` that brat wants beside files of [`Document::to_brat`]: the types, roles and values that occur in them.
pub const BRAT_CONF: &str = "\
[entities]
PER
ORG
GPE
LOC
PROD
EVT
DRV
MISC
Cue
Source
Addressee

[relations]
Coref\tArg1:<ENTITY>, Arg2:<ENTITY>, <REL-TYPE>:symmetric-transitive
<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>

[events]
Quote\tSpeaker?:<ENTITY>, Source?:Source, Cue?:Cue, Addressee?:Addressee

[attributes]
Form\tArg:<ENTITY>, Value:role|pronoun
Sense\tArg:<ENTITY>, Value:LOC|ORG
Kind\tArg:<EVENT>, Value:direct|mixed|indirect
";

impl Document {
    /// The document as a brat standoff file (`.ann`, version 1.3, <https://brat.nlplab.org/standoff.html>); the `.txt` beside it is
    /// [`text`](Document::text), and [`BRAT_CONF`] tells brat the types.
    ///
    /// - `T`: names, roles and pronouns under their kinds, and of quotes the words, cue, source and addressee. What lines, tabs or other
    ///   control characters interrupt is given as several fragments, which brat demands;
    /// - `E`: a quote, with its cue, its source, the mention of its speaker and whom it was said to;
    /// - `* Coref`: the mentions of one entity;
    /// - `A`: form of a mention, sense of a `GPE`, kind of a quote;
    /// - `N`: the gazetteer's identifier; `#`: the quote's confidence.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate("– Vi er klare, sier Kari Nordheim.");
    /// assert_eq!(doc.to_brat(), "\
    /// T1\tPER 20 33\tKari Nordheim
    /// T2\tQuote 2 13\tVi er klare
    /// T3\tCue 15 19\tsier
    /// T4\tSource 20 33\tKari Nordheim
    /// E1\tQuote:T2 Speaker:T1 Source:T4 Cue:T3
    /// A1\tKind E1 direct
    /// #1\tAnnotatorNotes E1\tconfidence 99
    /// ");
    /// ```
    pub fn to_brat(&self) -> String {
        let mut writer = Writer { doc: self, chars: Chars::of(self), out: String::new(), spans: 0, attributes: 0 };
        let mentions = writer.mentions();
        writer.quotes(&mentions);
        writer.out
    }
}

struct Writer<'d> {
    doc: &'d Document,
    chars: Chars,
    out: String,
    /// How many `T` and `A` there are.
    spans: usize,
    attributes: usize,
}

impl Writer<'_> {
    /// Writes the mentions, and returns the number of each.
    fn mentions(&mut self) -> Vec<Option<usize>> {
        let doc = self.doc;
        let numbers: Vec<Option<usize>> = doc
            .mentions()
            .iter()
            .map(|mention| {
                let number = self.span(mention.kind.label(), &[mention.span])?;
                if !mention.is_name() {
                    self.attribute("Form", 'T', number, mention.form.label());
                }
                match mention.sense {
                    Some(Sense::Loc) => self.attribute("Sense", 'T', number, "LOC"),
                    Some(Sense::Org) => self.attribute("Sense", 'T', number, "ORG"),
                    None => {}
                }
                Some(number)
            })
            .collect();
        let mut references = 0;
        for entity in doc.entities() {
            let chain: Vec<usize> = entity.mentions.iter().filter_map(|&m| numbers.get(m).copied()?).collect();
            if chain.len() > 1 {
                self.out.push_str("*\tCoref");
                chain.iter().for_each(|t| put(&mut self.out, format_args!(" T{t}")));
                self.out.push('\n');
            }
            if let (Some(id), Some(first)) = (&entity.id, chain.first()) {
                references += 1;
                put(&mut self.out, format_args!("N{references}\tReference T{first} "));
                // `register:item`, in which brat allows no space.
                let (register, item) = match id.split_once(':') {
                    Some(parts) => parts,
                    None if id.starts_with('Q') => ("Wikidata", id.as_str()),
                    None => ("id", id.as_str()),
                };
                put(&mut self.out, format_args!("{}:{}\t", crate::export::encoded(register, false), crate::export::encoded(item, false)));
                self.out.extend(entity.name.chars().map(|c| if breaks(c) { ' ' } else { c }));
                self.out.push('\n');
            }
        }
        numbers
    }

    fn quotes(&mut self, mentions: &[Option<usize>]) {
        let mut events = 0;
        for quote in self.doc.quotes() {
            let Some(words) = self.span("Quote", &quote.content) else { continue };
            let cue = quote.cue.and_then(|s| self.span("Cue", &[s]));
            let source = quote.source.and_then(|s| self.span("Source", &[s]));
            let addressee = quote.addressee.and_then(|s| self.span("Addressee", &[s]));
            let speaker = speaker_mention(self.doc, quote).and_then(|m| mentions.get(m).copied()?);
            events += 1;
            put(&mut self.out, format_args!("E{events}\tQuote:T{words}"));
            for (role, number) in [("Speaker", speaker), ("Source", source), ("Cue", cue), ("Addressee", addressee)] {
                if let Some(number) = number {
                    put(&mut self.out, format_args!(" {role}:T{number}"));
                }
            }
            self.out.push('\n');
            self.attribute("Kind", 'E', events, quote.kind.label());
            put(&mut self.out, format_args!("#{events}\tAnnotatorNotes E{events}\tconfidence {}\n", quote.confidence));
        }
    }

    fn attribute(&mut self, name: &str, of: char, number: usize, value: &str) {
        self.attributes += 1;
        put(&mut self.out, format_args!("A{}\t{name} {of}{number} {value}\n", self.attributes));
    }

    /// Writes a `T`, and returns its number; `None` where nothing is left of the text without line breaks.
    fn span(&mut self, kind: &str, parts: &[Span]) -> Option<usize> {
        let doc = self.doc;
        let fragments = || parts.iter().flat_map(|&part| fragments(doc, part));
        fragments().next()?;
        self.spans += 1;
        put(&mut self.out, format_args!("T{}\t{kind}", self.spans));
        for (i, fragment) in fragments().enumerate() {
            let (start, end) = self.chars.range(fragment);
            put(&mut self.out, format_args!("{}{start} {end}", if i == 0 { ' ' } else { ';' }));
        }
        for (i, fragment) in fragments().enumerate() {
            self.out.push(if i == 0 { '\t' } else { ' ' });
            self.out.push_str(&doc[fragment]);
        }
        self.out.push('\n');
        Some(self.spans)
    }
}

/// The stretches of a span between line breaks, white space beside those left out.
fn fragments(doc: &Document, span: Span) -> impl Iterator<Item = Span> {
    let text = &doc[span];
    text.split(breaks).map(str::trim).filter(|part| !part.is_empty()).map(move |part| {
        let start = span.start() + (part.as_ptr() as usize - text.as_ptr() as usize);
        Span::new(start, start + part.len())
    })
}

/// What may not stand in a line: control characters, and all that some reader ends a line at.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
