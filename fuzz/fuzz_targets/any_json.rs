//! Any JSON: it is refused with an error, or the document is sound and comes back from its own JSON, and is written in each format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spalte::{Document, Offsets};

fuzz_target!(|json: &str| {
    if let Ok(doc) = Document::from_json(json) {
        doc.check().expect("a sound document");
        let _ = (doc.to_conllu(), doc.to_iob2(), doc.to_brat(), doc.to_json_ld(), doc.to_web_annotation(), doc.to_csv());
        for unit in [Offsets::Utf8, Offsets::Chars, Offsets::Utf16] {
            assert_eq!(Document::from_json(&doc.to_json_with(unit)).expect("our own JSON"), doc);
        }
    }
});
