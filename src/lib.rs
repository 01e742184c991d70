//! Norwegian news: give it an article, get back its structure, sentences, tokens, names and quotes: who is mentioned, and who said what.
//! Bokmål and Nynorsk count alike.
//!
//! ```
//! use spalte::{BlockKind, EntityKind, Pipeline};
//!
//! let pipeline = Pipeline::new();
//! let doc = pipeline.annotate(
//!     "date 2026-05-12\n\n\
//!      Ny ferje til Sandøya\n\n\
//!      – Dette har vi venta på i tjue år, seier ordførar Siri Haugen (Ap).\n\n\
//!      Ho ventar at ferja går frå hausten. Ifølgje NRK er prisen 120 millionar kroner.\n",
//! );
//!
//! // Its parts, and the date of its header.
//! assert_eq!(doc.published().unwrap().to_string(), "2026-05-12");
//! assert_eq!((doc.title(), doc.blocks()[2].kind), (Some("Ny ferje til Sandøya"), BlockKind::Lead));
//!
//! // Who said what: `ho` is the mayor.
//! let said: Vec<(&str, &str)> =
//!     doc.quotes().iter().map(|q| (doc.speaker(q).map_or("", |e| &*e.name), &doc[q.content[0]])).collect();
//! assert_eq!(said, [
//!     ("Siri Haugen", "Dette har vi venta på i tjue år"),
//!     ("Siri Haugen", "ferja går frå hausten"),
//!     ("NRK", "er prisen 120 millionar kroner"),
//! ]);
//!
//! // Who and what it is about.
//! let mayor = doc.entities().iter().position(|e| e.name == "Siri Haugen").unwrap();
//! assert_eq!((doc.entities()[mayor].kind, doc.entities()[mayor].roles[0].as_str()), (EntityKind::Per, "ordførar"));
//! let mentions: Vec<&str> = doc.mentions_of(mayor).map(|m| &doc[m.span]).collect();
//! assert_eq!(mentions, ["Siri Haugen", "Ho"]);
//! ```
//!
//! # How it works
//!
//! Three nouns carry it. An [`Article`] is the text as it was given, and its blocks: title, lead, paragraphs, captions. A [`Pipeline`] holds
//! names and rules; it is built once and shared between threads. A [`Document`] is the article and layers of spans over it:
//!
//! | layer | record | what it says |
//! |---|---|---|
//! | blocks | [`Block`] | the parts of the article |
//! | tokens | [`Token`] | words, numbers, abbreviations, marks, by the conventions of UD Norwegian |
//! | sentences | [`Sentence`] | which tokens, in which block |
//! | mentions | [`Mention`] | a name, role or pronoun, of which [`EntityKind`], and whose |
//! | entities | [`Entity`] | who or what, under its fullest name, with roles, gender and identifier |
//! | quotes | [`Quote`] | what is said, how it is marked, the cue, the source, the speaker |
//!
//! The text is never rewritten: every [`Span`] counts bytes of the text as given, and `&doc[span]` is its text. For Python and
//! JavaScript, [`Document::to_json_with`] counts characters or UTF-16 units.
//!
//! # What never fails
//!
//! Annotating takes any `&str`, returns no `Result`, does not panic, and costs time and memory in proportion to the text. Only building and
//! loading can go wrong; an [`Error`] names the file, the line and the value. The library uses no network, environment or clock, and
//! reads only the files that [`GazetteerBuilder::read_tsv`], [`Abbreviations::read_tsv`] and [`Tagger::from_path`] are given.
//!
//! # Other formats
//!
//! [`Document::to_conllu`], [`to_iob2`](Document::to_iob2), [`to_brat`](Document::to_brat), [`to_json_ld`](Document::to_json_ld),
//! [`to_web_annotation`](Document::to_web_annotation) and [`to_csv`](Document::to_csv) write a document for other tools; the functions of
//! [`export`] write any number, Parquet too.
//!
//! # Names of your own
//!
//! ```
//! use spalte::{EntityKind, Gazetteer, Pipeline};
//!
//! let names = Gazetteer::builder()
//!     .bundled()
//!     .add_tsv("own.tsv", "name\tkind\tid\taliases\nHavnelaget\tORG\town:1\tHL\n")?
//!     .name("Ytre Sandøya", EntityKind::Loc)
//!     .build();
//! let doc = Pipeline::builder().gazetteer(names).build().annotate("Havnelagets leder reiste til Ytre Sandøya.");
//! assert_eq!(doc.entities()[0].id.as_deref(), Some("own:1"));
//! # Ok::<(), spalte::Error>(())
//! ```
//!
//! [`PipelineBuilder::abbreviations`] takes a table of your own, [`PipelineBuilder::recognizer`] a recogniser of names of your own, whose
//! word then counts.
//!
//! The [guide](_guide) has a page each for names and abbreviations of your own, reading pages, agency files and feeds, many articles, precision
//! and recall, the JSON in Python and JavaScript, other formats and a page to look at, and for those who come from spaCy.
//!
//! # Features
//!
//! | feature | | |
//! |---|---|---|
//! | `data` | on | embeds the gazetteer and the model that finds names; without it names come from your own lists and from rules |
//! | `html` | off | `Article::from_html`: news pages |
//! | `newsml` | off | `Article::from_newsml`: NITF, NewsML-G2 and ninjs |
//! | `feed` | off | `Feed`: the items of RSS and Atom |
//! | `parallel` | off | `Pipeline::annotate_iter`: a stream of articles on all cores; `annotate_all`: a list of them |
//! | `parquet` | off | `export::parquet`: rows of quotes as Parquet |
//! | `corpus` | off | builds the example `corpus`; the library stays as it is |
//! | `schema` | off | `Document::json_schema`: the JSON Schema of a document |
//! | `tracing` | off | spans of the crate `tracing`: one for each article (`annotate`, with id, bytes and variety), one in it for each stage |
//! | `train` | off | the module `train`: makes a model from annotated and running text |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// No panics that somebody wrote; what slices and indices can do is left to the fuzzer (DESIGN.md, "How it is tested").
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented, clippy::unreachable, clippy::unwrap_used)
)]
// No network, environment, clock or output: the lists are in clippy.toml.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::print_stderr, clippy::print_stdout)]

#[cfg(any(doc, doctest))]
pub mod _guide;
mod abbreviations;
mod article;
mod brat;
#[cfg(feature = "html")]
mod charset;
mod conllu;
mod coref;
mod document;
mod error;
pub mod export;
#[cfg(feature = "feed")]
mod feed;
mod gazetteer;
#[cfg(feature = "html")]
mod html;
mod interview;
mod json_ld;
mod kinds;
mod lexicon;
mod marks;
#[cfg(feature = "html")]
mod markup;
mod names;
#[cfg(feature = "newsml")]
mod newsml;
mod normalize;
#[cfg(feature = "parallel")]
mod parallel;
#[cfg(feature = "parquet")]
mod parquet;
mod party;
mod pipeline;
mod quote_table;
mod quotes;
mod reported;
#[cfg(feature = "html")]
mod roles;
mod run_in;
#[cfg(feature = "schema")]
mod schema;
mod sentence;
mod span;
#[cfg(feature = "html")]
mod stamp;
mod syntax;
mod tagger;
mod tokenize;
#[cfg(feature = "train")]
#[expect(clippy::disallowed_types, reason = "the trainer unpacks its text with xz")]
pub mod train;
mod variety;
mod web_annotation;
#[cfg(any(feature = "newsml", feature = "feed"))]
mod xml;

pub use abbreviations::Abbreviations;
pub use article::{Article, ArticleBuilder, Block, BlockKind, Date, Dateline};
#[cfg(feature = "html")]
pub use charset::decode;
pub use coref::Entity;
pub use document::Document;
pub use error::Error;
#[cfg(feature = "feed")]
pub use feed::Feed;
pub use gazetteer::{Gazetteer, GazetteerBuilder};
pub use lexicon::Gender;
pub use names::{EntityKind, Mention, MentionForm, Sense};
pub use pipeline::{Pipeline, PipelineBuilder, Recognizer};
pub use quotes::{Precision, Quote, QuoteKind};
pub use sentence::{Sentence, SplitOptions, split};
pub use span::{OffsetTable, Offsets, Span};
pub use tagger::Tagger;
pub use tokenize::{Token, TokenKind, tokenize, tokenize_into, tokenize_with};
pub use variety::Variety;

/// The README's examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// And those of the Norwegian one.
#[cfg(doctest)]
#[doc = include_str!("../README.nb.md")]
struct ReadmeInNorwegian;
