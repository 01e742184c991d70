//! Any table, as names and as abbreviations: it is refused with an error, or a pipeline with it gives sound documents of its own text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spalte::{Abbreviations, Gazetteer, Pipeline};

fuzz_target!(|table: &str| {
    let names = Gazetteer::builder().add_tsv("names", &format!("name\tkind\tid\taliases\n{table}"));
    let _ = Gazetteer::builder().add_tsv("names", table);
    let abbreviations = Abbreviations::default().add_tsv("abbreviations", &format!("abbr\tvariety\tends\tnext\tword\tnb\tnn\n{table}"));
    let _ = Abbreviations::default().add_tsv("abbreviations", table);
    let mut builder = Pipeline::builder().without_tagger().gazetteer(Gazetteer::builder().build());
    let read = names.is_ok() || abbreviations.is_ok();
    if let Ok(names) = names {
        builder = builder.gazetteer(names.build());
    }
    if let Ok(abbreviations) = abbreviations {
        builder = builder.abbreviations(abbreviations);
    }
    if read {
        builder.build().annotate(table).check().expect("a sound document");
    }
});
