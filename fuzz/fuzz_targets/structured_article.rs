//! Articles of the grammar of `tests/generator`, each byte a choice: the document is sound and comes back from its JSON.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::{Document, Pipeline};

#[path = "../../tests/generator/mod.rs"]
mod generator;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|choices: &[u8]| {
    let text = generator::Choices(choices).article();
    let doc = PIPELINE.annotate(text.as_str());
    assert_eq!(doc.text(), text);
    doc.check().expect("a sound document");
    assert_eq!(Document::from_json(&doc.to_json()).expect("our own JSON"), doc);
});
