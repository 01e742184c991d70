//! Any bytes, read as UTF-8 with replacement: the document is sound and holds the text as it was given.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spalte::Pipeline;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let doc = PIPELINE.annotate(text.as_ref());
    assert_eq!(doc.text(), text);
    doc.check().expect("a sound document");
});
