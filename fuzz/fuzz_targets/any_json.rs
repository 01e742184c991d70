//! Any JSON: it is refused with an error, or the document is sound and comes back from its own JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spalte::{Document, Offsets};

fuzz_target!(|json: &str| {
    if let Ok(doc) = Document::from_json(json) {
        doc.check().expect("a sound document");
        for unit in [Offsets::Utf8, Offsets::Chars, Offsets::Utf16] {
            assert_eq!(Document::from_json(&doc.to_json_with(unit)).expect("our own JSON"), doc);
        }
    }
});
