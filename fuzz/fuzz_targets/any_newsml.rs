//! Any bytes as a file of an agency: it is refused with an error, or the article is sound.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::{Article, Pipeline};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|file: &[u8]| {
    if let Ok(article) = Article::from_newsml_bytes(file) {
        PIPELINE.annotate(article).check().expect("a sound document");
    }
});
