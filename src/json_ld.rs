//! JSON-LD in the terms of schema.org.

use std::borrow::Borrow;
use std::io::{self, Write};

use serde::Serialize;

use crate::document::Document;
use crate::export::{address, each, id, said, same_as};
use crate::lexicon::Gender;
use crate::names::EntityKind;

/// Writes documents as JSON-LD: what [`Document::to_json_ld`] gives, a line each.
///
/// # Errors
/// Those of `out`.
pub fn json_ld<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, out: impl Write) -> io::Result<()> {
    each(docs, out, |doc, out| {
        out.push_str(&doc.to_json_ld());
        out.push('\n');
    })
}

impl Document {
    /// The document as JSON-LD 1.1 (<https://www.w3.org/TR/json-ld11/>) in the terms of schema.org (<https://schema.org/NewsArticle>), one
    /// object on one line.
    ///
    /// A `NewsArticle` has its `headline`, `author`, `inLanguage`, `datePublished` and `dateline`; `mentions`, a node for each entity: `Person` (with
    /// `jobTitle`, `gender`, and the party as `memberOf`), `Organization`, `AdministrativeArea` or `Country` (GPE), `Place` (LOC),
    /// `Product` (PROD), `Event`, or `Thing`; and `hasPart`, a `Quotation` for each quote, `spokenByCharacter` its speaker. Who has no name
    /// has a `description`. `sameAs` is the item of Wikidata or GeoNames where the gazetteer has that, and `identifier` any other
    /// identifier. A document's web address, or an identifier that is one, is its `@id` and `url`; nodes are blank otherwise.
    ///
    /// `<`, `>` and `&` are escaped, so that the line can stand in a page's `<script type="application/ld+json">` whatever the article says.
    ///
    /// ```
    /// use spalte::{Gazetteer, Pipeline};
    /// let names = Gazetteer::builder().add_tsv("own.tsv", "name\tkind\tid\taliases\nKari Nordheim\tPER\tQ42\t\n")?.build();
    /// let doc = Pipeline::builder().gazetteer(names).build().annotate("– Vi er klare, sier Kari Nordheim.");
    /// assert_eq!(doc.to_json_ld(), concat!(
    ///     r#"{"@context":"https://schema.org","@type":"NewsArticle","inLanguage":"nb","#,
    ///     r#""mentions":[{"@id":"_:e0","@type":"Person","name":"Kari Nordheim","sameAs":"http://www.wikidata.org/entity/Q42","gender":"https://schema.org/Female"}],"#,
    ///     r#""hasPart":[{"@id":"_:q0","@type":"Quotation","position":1,"text":"Vi er klare","inLanguage":"nb","keywords":"direct","spokenByCharacter":{"@id":"_:e0"}}]}"#,
    /// ));
    /// # Ok::<(), spalte::Error>(())
    /// ```
    pub fn to_json_ld(&self) -> String {
        let language = self.variety().code();
        let dateline = self.blocks().iter().find_map(|b| b.dateline.as_ref()).map(|d| &self[d.place]);
        let article = Article {
            context: "https://schema.org",
            node: address(self),
            kind: "NewsArticle",
            identifier: id(self),
            url: address(self),
            in_language: language,
            date_published: self.published().map(|d| d.to_string()),
            dateline,
            headline: self.title(),
            author: self.authors().iter().map(|name| Author { kind: "Person", name }).collect(),
            mentions: self.entities().iter().enumerate().map(|(i, _)| entity(self, i)).collect(),
            has_part: self
                .quotes()
                .iter()
                .enumerate()
                .map(|(i, quote)| Quotation {
                    node: format!("_:q{i}"),
                    kind: "Quotation",
                    position: i + 1,
                    text: said(self, &quote.content),
                    in_language: language,
                    keywords: quote.kind.label(),
                    spoken_by_character: quote.speaker.map(|i| Reference { node: format!("_:e{i}") }),
                })
                .collect(),
        };
        let json = serde_json::to_string(&article).unwrap_or_default();
        let mut out = String::with_capacity(json.len());
        let mut rest = json.as_str();
        while let Some(at) = rest.find(['<', '>', '&']) {
            out.push_str(&rest[..at]);
            out.push_str(match rest.as_bytes()[at] {
                b'<' => "\\u003c",
                b'>' => "\\u003e",
                _ => "\\u0026",
            });
            rest = &rest[at + 1..];
        }
        out.push_str(rest);
        out
    }
}

fn entity(doc: &Document, index: usize) -> Thing<'_> {
    let entity = &doc.entities()[index];
    let person = entity.kind == EntityKind::Per;
    let named = doc.mentions_of(index).any(|m| m.is_name());
    let register = entity.id.as_deref();
    let same_as = register.and_then(same_as);
    let identifier = register.filter(|_| same_as.is_none()).map(|id| {
        let (register, value) = id.split_once(':').map_or((None, id), |(register, value)| (Some(register), value));
        PropertyValue { kind: "PropertyValue", property_id: register, value }
    });
    Thing {
        node: format!("_:e{index}"),
        kind: match entity.kind {
            EntityKind::Per => "Person",
            EntityKind::Org => "Organization",
            EntityKind::Gpe if register.is_some_and(|id| id.starts_with("iso:")) => "Country",
            EntityKind::Gpe => "AdministrativeArea",
            EntityKind::Loc => "Place",
            EntityKind::Prod => "Product",
            EntityKind::Evt => "Event",
            EntityKind::Drv | EntityKind::Misc => "Thing",
        },
        name: named.then_some(&entity.name),
        description: (!named).then_some(&entity.name),
        same_as,
        identifier,
        gender: entity.gender.filter(|_| person).map(|g| match g {
            Gender::Female => "https://schema.org/Female",
            Gender::Male => "https://schema.org/Male",
        }),
        job_title: if person { &entity.roles } else { &[] },
        member_of: doc.party(index).filter(|_| person).map(|name| Member { kind: "Organization", name }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Article<'d> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id", skip_serializing_if = "Option::is_none")]
    node: Option<&'d str>,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'d str>,
    in_language: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dateline: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<&'d str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Author<'d>>,
    mentions: Vec<Thing<'d>>,
    has_part: Vec<Quotation<'d>>,
}

#[derive(Serialize)]
struct Author<'d> {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'d str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thing<'d> {
    #[serde(rename = "@id")]
    node: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<PropertyValue<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    job_title: &'d [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    member_of: Option<Member>,
}

#[derive(Serialize)]
struct PropertyValue<'d> {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "propertyID", skip_serializing_if = "Option::is_none")]
    property_id: Option<&'d str>,
    value: &'d str,
}

#[derive(Serialize)]
struct Member {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Quotation<'d> {
    #[serde(rename = "@id")]
    node: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    position: usize,
    text: String,
    in_language: &'d str,
    keywords: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    spoken_by_character: Option<Reference>,
}

#[derive(Serialize)]
struct Reference {
    #[serde(rename = "@id")]
    node: String,
}
