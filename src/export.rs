//! Writers: annotated articles in the formats of other tools.
//!
//! One article becomes a string by a method of [`Document`]; any number of them go, one after the other, into any
//! [`Write`] by a function of this module, which holds one article in memory at a time.
//!
//! | format | one article | many | for |
//! |---|---|---|---|
//! | [CoNLL-U](https://universaldependencies.org/format.html) with names as NorNE has them and entities as CorefUD 1.x has them | [`Document::to_conllu`] | [`conllu`] | treebank tools, udapi |
//! | IOB2, two columns | [`Document::to_iob2`] | [`iob2`] | trainers and scorers of names |
//! | [brat standoff](https://brat.nlplab.org/standoff.html) | [`Document::to_brat`] | one `.ann` each, [`BRAT_CONF`] once | looking and annotating in brat |
//! | [JSON-LD 1.1](https://www.w3.org/TR/json-ld11/) in the terms of [schema.org](https://schema.org/NewsArticle) | [`Document::to_json_ld`] | [`json_ld`], one object a line | the web page of the article, knowledge graphs |
//! | [W3C Web Annotation](https://www.w3.org/TR/annotation-model/) of 23 February 2017 | [`Document::to_web_annotation`] | [`web_annotation`], one collection a line | annotation servers and viewers |
//! | CSV by [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), a row a quote | [`Document::to_csv`] | [`csv`] | spreadsheets, R, pandas |
//! | [Parquet](https://parquet.apache.org/docs/file-format/), a row a quote | | `parquet` (feature `parquet`) | DuckDB, Spark, pandas |
//!
//! Offsets in these formats count characters (Unicode scalar values) of the text as given, as Python and R do. The same document is
//! always written in the same bytes; time and memory are in proportion to what is written. No text and no identifier makes a file invalid:
//! what a format cannot hold is escaped, or replaced where it says so.
//!
//! ```
//! use spalte::{Article, Pipeline, export};
//!
//! let pipeline = Pipeline::new();
//! let articles = ["– Vi er klare, sier ordfører Kari Nordheim (Ap).", "Prisen er for høg, meiner Olav Vik."];
//! let docs = articles.iter().enumerate().map(|(n, text)| pipeline.annotate(Article::from_text(*text).with_id(format!("a{n}"))));
//!
//! let mut table = Vec::new();
//! export::csv(docs, &mut table)?;
//! let table = String::from_utf8(table).unwrap();
//! assert!(table.lines().nth(1).unwrap().starts_with("a0,,nb,0,1,direct,Vi er klare,Kari Nordheim,,ordfører,Ap,female,sier,"));
//! assert_eq!(table.lines().count(), 1 + 2);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::borrow::Borrow;
use std::fmt::{self, Write as _};
use std::io::{self, Write};

use crate::document::Document;
use crate::span::{OffsetTable, Offsets, Span};

pub use crate::brat::BRAT_CONF;
pub use crate::conllu::{conllu, iob2};
pub use crate::json_ld::json_ld;
#[cfg(feature = "parquet")]
pub use crate::parquet::parquet;
pub use crate::quote_table::csv;
pub use crate::web_annotation::web_annotation;

/// Writes documents one after the other, each by `write` into a buffer that is used again.
pub(crate) fn each<D: Borrow<Document>>(
    docs: impl IntoIterator<Item = D>,
    mut out: impl Write,
    mut write: impl FnMut(&Document, &mut String),
) -> io::Result<()> {
    let mut buffer = String::new();
    for doc in docs {
        buffer.clear();
        write(doc.borrow(), &mut buffer);
        out.write_all(buffer.as_bytes())?;
    }
    out.flush()
}

/// Appends to a string, which cannot fail.
pub(crate) fn put(out: &mut String, what: fmt::Arguments<'_>) {
    let _ = out.write_fmt(what);
}

/// Spans in characters.
pub(crate) struct Chars(OffsetTable);

impl Chars {
    pub(crate) fn of(doc: &Document) -> Chars {
        Chars(OffsetTable::new(doc.text(), Offsets::Chars))
    }

    pub(crate) fn range(&self, span: Span) -> (usize, usize) {
        (self.0.get(span.start()), self.0.get(span.end()))
    }
}

/// The words of a quote in one string: parts that a reporting clause separates are joined by ` … `.
pub(crate) fn said(doc: &Document, content: &[Span]) -> String {
    let mut out = String::with_capacity(content.iter().map(|s| s.len() + 5).sum());
    for (i, &span) in content.iter().enumerate() {
        if i > 0 {
            out.push_str(" … ");
        }
        out.push_str(&doc[span]);
    }
    out
}

/// An identifier in which no space, control character, slash, hash or other mark of a format is left: those stand as `%` and the
/// hexadecimal bytes of their UTF-8, as in addresses. Letters and digits beyond ASCII stay where `ascii` does not forbid them.
pub(crate) fn encoded(id: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | ':') || (!ascii && !c.is_ascii() && c.is_alphanumeric()) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                put(&mut out, format_args!("%{byte:02X}"));
            }
        }
    }
    out
}

/// The identifier of a document where it has one that is not empty.
pub(crate) fn id(doc: &Document) -> Option<&str> {
    doc.id().filter(|id| !id.is_empty())
}

/// The web address of a document, or its identifier where that is one, if it may stand as it is.
pub(crate) fn address(doc: &Document) -> Option<&str> {
    let allowed = |c: char| c.is_alphanumeric() || (c.is_ascii_graphic() && !r##"<>"{}|\^`#"##.contains(c));
    let is_address = |text: &&str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.chars().all(allowed))
    };
    doc.url().filter(is_address).or_else(|| id(doc).filter(is_address))
}

/// The Linked Data address of a gazetteer's identifier: an item of Wikidata, a place of GeoNames.
pub(crate) fn same_as(id: &str) -> Option<String> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if id.strip_prefix('Q').is_some_and(digits) {
        return Some(format!("http://www.wikidata.org/entity/{id}"));
    }
    id.strip_prefix("geonames:").filter(|n| digits(n)).map(|n| format!("https://sws.geonames.org/{n}/"))
}

/// The mention of its speaker that a quote is joined to: the one inside the source, else the last before the quote, else the first.
pub(crate) fn speaker_mention(doc: &Document, quote: &crate::Quote) -> Option<usize> {
    let mentions = &doc.entities().get(quote.speaker?)?.mentions;
    let start = |&m: &usize| doc.mentions().get(m).map_or(0, |m| m.span.start());
    let source = quote.source.and_then(|source| {
        let i = mentions.partition_point(|m| start(m) < source.start());
        mentions.get(i).copied().filter(|&m| doc.mentions().get(m).is_some_and(|m| source.contains(m.span)))
    });
    source.or_else(|| {
        let before = mentions.partition_point(|m| start(m) < quote.content.first().map_or(0, |s| s.start()));
        mentions.get(before.saturating_sub(1)).copied()
    })
}
