//! Any bytes as a feed: each item is a sound article, and an error is the last.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::{Feed, Pipeline, decode};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|file: &[u8]| {
    let text = decode(file);
    let mut feed = Feed::new(&text);
    while let Some(item) = feed.next() {
        match item {
            Ok(article) => PIPELINE.annotate(article).check().expect("a sound document"),
            Err(_) => assert!(feed.next().is_none()),
        }
    }
});
