//! Any bytes as a page: the article is sound, has nothing unseen in its text, and says of each block where it came from.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::{Article, Pipeline};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|page: &[u8]| {
    let article = Article::from_html_bytes(page);
    assert!(!article.text().contains(['\0', '\u{AD}', '\u{FEFF}']));
    assert!(article.blocks().iter().all(|b| b.origin.is_some()));
    PIPELINE.annotate(article).check().expect("a sound document");
});
