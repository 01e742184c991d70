//! Any bytes as a page: the article is sound, and has no white space but that of a reader.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::{Article, Pipeline};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|page: &[u8]| {
    let article = Article::from_html_bytes(page);
    assert!(!article.text().contains(['\0', '\u{AD}', '\r', '\t']) || page.windows(11).any(|w| w == b"articleBody"));
    assert!(article.blocks().iter().all(|b| b.origin.is_some()));
    PIPELINE.annotate(article).check().expect("a sound document");
});
