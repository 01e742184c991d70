//! The Web Annotation Data Model of the W3C.

use std::borrow::Borrow;
use std::io::{self, Write};

use serde::Serialize;

use crate::document::Document;
use crate::export::{Chars, address, each, encoded, id, same_as};
use crate::names::MentionForm;
use crate::span::Span;

/// Writes documents as Web Annotation: what [`Document::to_web_annotation`] gives, a line each.
///
/// # Errors
/// Those of `out`.
pub fn web_annotation<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, out: impl Write) -> io::Result<()> {
    each(docs, out, |doc, out| {
        out.push_str(&doc.to_web_annotation());
        out.push('\n');
    })
}

/// How many characters of context a selector has on either side.
const CONTEXT: usize = 32;

impl Document {
    /// The document as an `AnnotationCollection` of the Web Annotation Data Model (W3C Recommendation of 23 February 2017,
    /// <https://www.w3.org/TR/annotation-model/>), one object on one line.
    ///
    /// Each target has a `TextPositionSelector`, which counts characters, and a `TextQuoteSelector` with up to 32 characters before and after;
    /// its `source` is the document's identifier where that is a web address, else `urn:spalte:` and the identifier, encoded, or a hash of the
    /// text. Annotations and entities are fragments of that (`#mention-0`, `#quote-0`, `#entity-0`):
    ///
    /// - a mention is tagged with its kind and form, and `identifying` its entity, by Wikidata or GeoNames too where the gazetteer knows it;
    /// - a quote is tagged with its kind, and `linking` to its speaker; it has a target for each part;
    /// - cue, source and addressee of a quote are tagged so, and `linking` to the quote.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate("– Vi er klare, sier Kari Nordheim.");
    /// let json: serde_json::Value = serde_json::from_str(&doc.to_web_annotation()).unwrap();
    /// assert_eq!(json["total"], 4); // a name, a quote, its cue and its source
    /// let quote = &json["first"]["items"][1];
    /// assert_eq!(quote["body"][0]["value"], "direct");
    /// assert_eq!(quote["target"][0]["selector"][0], serde_json::json!({"type": "TextPositionSelector", "start": 2, "end": 13}));
    /// assert_eq!(quote["target"][0]["selector"][1]["exact"], "Vi er klare");
    /// ```
    pub fn to_web_annotation(&self) -> String {
        let source = match (address(self), id(self)) {
            (Some(address), _) => address.to_owned(),
            (None, Some(id)) => format!("urn:spalte:{}", encoded(id, true)),
            (None, None) => format!("urn:spalte:{:016x}", hash(self.text())),
        };
        let targets = Targets { doc: self, chars: Chars::of(self), source: &source };
        let mut items = Vec::with_capacity(self.mentions().len() + 3 * self.quotes().len());
        for (i, mention) in self.mentions().iter().enumerate() {
            let entity = self.entities().get(mention.entity);
            let known = entity.and_then(|e| same_as(e.id.as_deref()?));
            let mut body = vec![Body::tag(mention.kind.label())];
            if mention.form != MentionForm::Name {
                body.push(Body::tag(mention.form.label()));
            }
            body.push(Body::resource("identifying", format!("{source}#entity-{}", mention.entity)));
            body.extend(known.map(|address| Body::resource("identifying", address)));
            items.push(targets.annotation(format!("mention-{i}"), "identifying", body, &[mention.span]));
        }
        for (i, quote) in self.quotes().iter().enumerate() {
            let mut body = vec![Body::tag(quote.kind.label())];
            body.extend(quote.speaker.map(|e| Body::resource("linking", format!("{source}#entity-{e}"))));
            items.push(targets.annotation(format!("quote-{i}"), "tagging", body, &quote.content));
            for (role, span) in [("cue", quote.cue), ("source", quote.source), ("addressee", quote.addressee)] {
                if let Some(span) = span {
                    let body = vec![Body::tag(role), Body::resource("linking", format!("{source}#quote-{i}"))];
                    items.push(targets.annotation(format!("quote-{i}-{role}"), "linking", body, &[span]));
                }
            }
        }
        let collection = Collection {
            context: "http://www.w3.org/ns/anno.jsonld",
            id: format!("{source}#annotations"),
            kind: "AnnotationCollection",
            label: self.title(),
            total: items.len(),
            first: Page { id: format!("{source}#annotations-1"), kind: "AnnotationPage", start_index: 0, items },
        };
        serde_json::to_string(&collection).unwrap_or_default()
    }
}

/// FNV-1a, 64 bits: a name for a text that has none.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

struct Targets<'d> {
    doc: &'d Document,
    chars: Chars,
    source: &'d str,
}

impl<'d> Targets<'d> {
    fn annotation(&self, name: String, motivation: &'static str, body: Vec<Body<'d>>, spans: &[Span]) -> Annotation<'d> {
        let target = spans.iter().map(|&span| self.target(span)).collect();
        Annotation { id: format!("{}#{name}", self.source), kind: "Annotation", motivation, body, target }
    }

    fn target(&self, span: Span) -> Target<'d> {
        let text = self.doc.text();
        let (before, after) = (&text[..span.start()], &text[span.end()..]);
        let from = before.char_indices().rev().take(CONTEXT).last().map_or(before.len(), |(at, _)| at);
        let to = after.char_indices().nth(CONTEXT).map_or(after.len(), |(at, _)| at);
        let (start, end) = self.chars.range(span);
        Target {
            source: self.source,
            selector: (
                Position { kind: "TextPositionSelector", start, end },
                Exact { kind: "TextQuoteSelector", exact: &self.doc[span], prefix: &before[from..], suffix: &after[..to] },
            ),
        }
    }
}

#[derive(Serialize)]
struct Collection<'d> {
    #[serde(rename = "@context")]
    context: &'static str,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'d str>,
    total: usize,
    first: Page<'d>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'d> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    start_index: usize,
    items: Vec<Annotation<'d>>,
}

#[derive(Serialize)]
struct Annotation<'d> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    motivation: &'static str,
    body: Vec<Body<'d>>,
    target: Vec<Target<'d>>,
}

#[derive(Serialize)]
struct Body<'d> {
    #[serde(rename = "type")]
    kind: &'static str,
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

impl<'d> Body<'d> {
    fn tag(value: &'d str) -> Body<'d> {
        Body { kind: "TextualBody", purpose: "tagging", value: Some(value), source: None }
    }

    fn resource(purpose: &'static str, source: String) -> Body<'d> {
        Body { kind: "SpecificResource", purpose, value: None, source: Some(source) }
    }
}

#[derive(Serialize)]
struct Target<'d> {
    source: &'d str,
    selector: (Position, Exact<'d>),
}

#[derive(Serialize)]
struct Position {
    #[serde(rename = "type")]
    kind: &'static str,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Exact<'d> {
    #[serde(rename = "type")]
    kind: &'static str,
    exact: &'d str,
    prefix: &'d str,
    suffix: &'d str,
}
