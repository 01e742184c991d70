//! What can go wrong: only building and loading fail, annotating never does.

use std::path::PathBuf;

/// An error of building a pipeline, of reading data, or of a reader of files, with the place and the value that caused it.
///
/// ```
/// use spalte::{Gazetteer, Error};
/// let error = Gazetteer::builder().add_tsv("own.tsv", "name\tkind\tid\taliases\nHavnelaget\tCLUB\t\t\n").unwrap_err();
/// assert_eq!(error.to_string(), r#"own.tsv:2: kind: expected PER, ORG, GPE, LOC, PROD, EVT, DRV or MISC, found "CLUB""#);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    #[non_exhaustive]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A table has a wrong line.
    #[error("{file}:{line}: {column}: expected {expected}, found {found:?}")]
    #[non_exhaustive]
    Table {
        /// The table's file or name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column's name.
        column: String,
        /// What would have been right.
        expected: String,
        /// What stood there, cut to 80 characters.
        found: String,
    },
    /// A model that the tagger cannot use.
    #[error("{file}: {message}")]
    #[non_exhaustive]
    Model {
        /// The model's file or name.
        file: String,
        /// The part that is wrong, with what was expected and what stood there.
        message: String,
    },
    /// JSON that is broken, or not a document.
    #[error("line {line}, column {column}: {message}")]
    #[non_exhaustive]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// XML that is broken.
    #[error("line {line}, column {column}: {message}")]
    #[non_exhaustive]
    Xml {
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A file that holds no article.
    #[error("expected {expected}, found {found:?}")]
    #[non_exhaustive]
    NoArticle {
        /// What would have been right.
        expected: &'static str,
        /// How the file begins, cut to 80 characters.
        found: String,
    },
    /// A document whose layers contradict its text or each other.
    #[error("{layer}[{index}]: {message}")]
    #[non_exhaustive]
    Invariant {
        /// The layer: `blocks`, `tokens`, `sentences`, `mentions`, `entities` or `quotes`.
        layer: &'static str,
        /// The record's index in its layer.
        index: usize,
        /// What is wrong.
        message: String,
    },
    /// A variety that is none.
    #[error("expected nb or nn, found {found:?}")]
    #[non_exhaustive]
    Variety {
        /// What stood there.
        found: String,
    },
    /// A date that is none.
    #[error("expected a date such as 2019-02 or 2019-02-21, found {found:?}")]
    #[non_exhaustive]
    Date {
        /// What stood there.
        found: String,
    },
}

impl Error {
    pub(crate) fn json(error: &serde_json::Error) -> Error {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(m, _)| m).to_owned();
        Error::Json { line: error.line(), column: error.column(), message }
    }

    #[cfg(any(feature = "newsml", feature = "feed"))]
    pub(crate) fn no_article(expected: &'static str, file: &str) -> Error {
        Error::NoArticle { expected, found: file.chars().take(80).collect() }
    }

    pub(crate) fn table(file: &str, line: usize, column: &str, expected: &str, found: &str) -> Error {
        Error::Table {
            file: file.to_owned(),
            line,
            column: column.to_owned(),
            expected: expected.to_owned(),
            found: found.chars().take(80).collect(),
        }
    }
}
