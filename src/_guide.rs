#![doc = include_str!("../guide/README.md")]

#[doc = include_str!("../guide/own_names.md")]
pub mod own_names {}

#[doc = include_str!("../guide/own_abbreviations.md")]
pub mod own_abbreviations {}

#[doc = include_str!("../guide/reading_pages.md")]
pub mod reading_pages {}

#[doc = include_str!("../guide/many_articles.md")]
pub mod many_articles {}

#[doc = include_str!("../guide/precision_and_recall.md")]
pub mod precision_and_recall {}

#[doc = include_str!("../guide/json.md")]
pub mod json {}

#[doc = include_str!("../guide/other_formats.md")]
pub mod other_formats {}

#[doc = include_str!("../guide/from_spacy.md")]
pub mod from_spacy {}
