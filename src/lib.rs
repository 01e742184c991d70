//! Norwegian news.
#![forbid(unsafe_code)]

mod article;
mod coref;
mod document;
mod error;
mod gazetteer;
mod lexicon;
mod names;
mod normalize;
mod pipeline;
mod quotes;
mod sentence;
mod span;
mod tagger;
mod tokenize;
#[cfg(feature = "train")]
pub mod train;
mod variety;

pub use article::{Article, ArticleBuilder, Block, BlockKind, Date, Dateline};
pub use coref::Entity;
pub use document::Document;
pub use error::Error;
pub use gazetteer::{Gazetteer, GazetteerBuilder};
pub use lexicon::Gender;
pub use names::{EntityKind, Mention, MentionForm, Sense};
pub use pipeline::{Pipeline, PipelineBuilder, Recognizer};
pub use quotes::{Quote, QuoteKind};
pub use sentence::{Sentence, SplitOptions, split};
pub use span::{OffsetTable, Offsets, Span};
pub use tagger::Tagger;
pub use tokenize::{AbbreviationRow, Abbreviations, Ends, Next, Token, TokenKind, tokenize, tokenize_into, tokenize_with};
pub use variety::Variety;
