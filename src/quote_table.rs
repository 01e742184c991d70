//! A row for each quote, and such rows as CSV.

use std::borrow::Borrow;
use std::io::{self, Write};

use crate::coref::Entity;
use crate::document::Document;
use crate::export::{Chars, each, id, put, said};
use crate::quotes::Quote;

/// A quote with all that a row tells of it.
pub(crate) struct Row<'d> {
    pub article_id: Option<&'d str>,
    pub published: Option<String>,
    pub variety: &'static str,
    /// The number of the quote in its article, from 0.
    pub index: usize,
    pub quote: &'d Quote,
    pub text: String,
    pub speaker: Option<&'d Entity>,
    pub party: Option<&'static str>,
    pub cue: Option<&'d str>,
    pub source: Option<&'d str>,
    /// The parts of the quote, in characters; never empty.
    pub spans: Vec<(usize, usize)>,
}

impl Row<'_> {
    pub(crate) fn start(&self) -> usize {
        self.spans.first().map_or(0, |s| s.0)
    }

    pub(crate) fn end(&self) -> usize {
        self.spans.last().map_or(0, |s| s.1)
    }
}

pub(crate) fn rows(doc: &Document) -> impl Iterator<Item = Row<'_>> {
    let chars = Chars::of(doc);
    let parties: Vec<_> = (0..doc.entities().len()).map(|e| doc.party(e)).collect();
    doc.quotes().iter().enumerate().map(move |(index, quote)| Row {
        article_id: id(doc),
        published: doc.published().map(|d| d.to_string()),
        variety: doc.variety().code(),
        index,
        quote,
        text: said(doc, &quote.content),
        speaker: doc.speaker(quote),
        party: quote.speaker.and_then(|e| parties.get(e).copied()?),
        cue: quote.cue.map(|s| &doc[s]),
        source: quote.source.map(|s| &doc[s]),
        spans: quote.content.iter().map(|&s| chars.range(s)).collect(),
    })
}

/// The columns, in CSV and Parquet alike.
pub(crate) const COLUMNS: [&str; 18] = [
    "article_id",
    "published",
    "variety",
    "quote",
    "turn",
    "kind",
    "text",
    "speaker",
    "speaker_id",
    "roles",
    "party",
    "gender",
    "cue",
    "source",
    "confidence",
    "start",
    "end",
    "spans",
];

/// Writes the quotes of documents as CSV: one line of column names, then what [`Document::to_csv`] has after it.
///
/// # Errors
/// Those of `out`.
pub fn csv<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, mut out: impl Write) -> io::Result<()> {
    let mut head = String::new();
    header(&mut head);
    out.write_all(head.as_bytes())?;
    each(docs, out, write)
}

impl Document {
    /// The quotes as CSV by RFC 4180 (<https://www.rfc-editor.org/rfc/rfc4180>), in UTF-8: a line of column names, then a record a quote.
    ///
    /// | column | holds |
    /// |---|---|
    /// | `article_id`, `published`, `variety` | of the article: its identifier, date (`2019-02` or `2019-02-21`), `nb` or `nn` |
    /// | `quote`, `turn` | the quote's number in the article, from 0, and its turn's |
    /// | `kind`, `text` | `direct`, `mixed`, `indirect`; the words, ` … ` between parts |
    /// | `speaker`, `speaker_id`, `roles`, `party`, `gender` | name, gazetteer's identifier, roles (`; ` between them), [`party`](Document::party), `female` or `male` |
    /// | `cue`, `source` | the reporting verb; the words that name the speaker there |
    /// | `confidence` | per cent |
    /// | `start`, `end`, `spans` | in characters of the text; `12-40; 55-80` where the quote has parts |
    ///
    /// Fields are quoted where they hold a comma, a quotation mark or a line end. Text is data: a field may begin with `=`, which
    /// some spreadsheets take for a formula unless told that the column is text.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate("– Vi er \"klare\", sier Kari Nordheim (Ap).");
    /// assert_eq!(doc.to_csv().lines().nth(1), Some(r#",,nb,0,1,direct,"Vi er ""klare""",Kari Nordheim,,,Ap,female,sier,Kari Nordheim,99,2,15,2-15"#));
    /// ```
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        header(&mut out);
        write(self, &mut out);
        out
    }
}

fn header(out: &mut String) {
    out.push_str(&COLUMNS.join(","));
    out.push_str("\r\n");
}

fn write(doc: &Document, out: &mut String) {
    for row in rows(doc) {
        let quote = row.quote;
        field(row.article_id.unwrap_or_default(), out);
        put(
            out,
            format_args!(",{},{},{},{},{},", row.published.as_deref().unwrap_or_default(), row.variety, row.index, quote.turn, quote.kind),
        );
        field(&row.text, out);
        out.push(',');
        field(row.speaker.map_or("", |e| &e.name), out);
        out.push(',');
        field(row.speaker.and_then(|e| e.id.as_deref()).unwrap_or_default(), out);
        out.push(',');
        field(&row.speaker.map_or(String::new(), |e| e.roles.join("; ")), out);
        let gender = row.speaker.and_then(|e| e.gender).map_or("", |g| g.label());
        put(out, format_args!(",{},{gender},", row.party.unwrap_or_default()));
        field(row.cue.unwrap_or_default(), out);
        out.push(',');
        field(row.source.unwrap_or_default(), out);
        put(out, format_args!(",{},{},{},", quote.confidence, row.start(), row.end()));
        for (i, (start, end)) in row.spans.iter().enumerate() {
            put(out, format_args!("{}{start}-{end}", if i == 0 { "" } else { "; " }));
        }
        out.push_str("\r\n");
    }
}

fn field(text: &str, out: &mut String) {
    if !text.contains([',', '"', '\r', '\n']) {
        return out.push_str(text);
    }
    out.push('"');
    for part in text.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}
