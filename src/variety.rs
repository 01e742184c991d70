//! Bokmål or Nynorsk.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::lexicon;
use crate::tokenize::{Token, TokenKind};

/// One of the two written standards of Norwegian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Variety {
    /// Bokmål, ISO 639 code `nb`.
    #[default]
    #[serde(rename = "nb")]
    Bokmaal,
    /// Nynorsk, ISO 639 code `nn`.
    #[serde(rename = "nn")]
    Nynorsk,
}

impl Variety {
    /// The ISO 639 code: `nb` or `nn`.
    pub fn code(self) -> &'static str {
        match self {
            Variety::Bokmaal => "nb",
            Variety::Nynorsk => "nn",
        }
    }
}

impl fmt::Display for Variety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Variety {
    type Err = crate::Error;

    /// Reads `nb` or `nn`.
    fn from_str(code: &str) -> Result<Variety, crate::Error> {
        match code {
            "nb" => Ok(Variety::Bokmaal),
            "nn" => Ok(Variety::Nynorsk),
            _ => Err(crate::Error::Variety { found: code.chars().take(80).collect() }),
        }
    }
}

/// Tells which variety a tokenised text is in: each word of `data/variety_words.tsv` adds its weight, the log of how much likelier it
/// is in one variety than in the other (naive Bayes). A text without any such word is taken for Bokmål, which most news is in.
pub(crate) fn detect(text: &str, tokens: &[Token]) -> Variety {
    use std::collections::HashMap;
    use std::sync::LazyLock;
    static WEIGHTS: LazyLock<HashMap<&'static str, f32>> = LazyLock::new(|| {
        lexicon::bundled("variety_words.tsv", include_str!("../data/variety_words.tsv"), &["word", "nynorsk"])
            .map(|row| (row.get(0), row.get(1).parse().unwrap_or(0.0)))
            .collect()
    });
    let mut sum = 0.0;
    let mut buffer = String::new();
    for token in tokens.iter().filter(|t| t.kind == TokenKind::Word) {
        let word = &text[token.span];
        // The words of the table are short; a long one needs no look-up.
        if word.len() > 24 {
            continue;
        }
        let weight = if word.bytes().all(|b| b.is_ascii_lowercase()) {
            WEIGHTS.get(word)
        } else {
            buffer.clear();
            buffer.extend(word.chars().flat_map(char::to_lowercase));
            WEIGHTS.get(buffer.as_str())
        };
        sum += weight.copied().unwrap_or(0.0);
    }
    if sum > 0.0 { Variety::Nynorsk } else { Variety::Bokmaal }
}
