//! The trainer, on the samples that ship with the examples (feature `train`).
#![cfg(feature = "train")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use spalte::{Error, Pipeline, Tagger, train};

/// A folder of corpora: the samples as annotated text, the shipped articles as running text.
fn corpora(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles");
    let mut running = String::new();
    for variety in ["nb", "nn"] {
        let train = folder.join("norne/train").join(variety);
        fs::create_dir_all(&train).expect("a folder to write in");
        let sample = fs::read_to_string(samples.join(format!("sample_{variety}.conllu"))).expect("the sample");
        // Two sources, each with half of the sentences.
        let sentences: Vec<&str> = sample.split_inclusive("\n\n").collect();
        for (source, half) in ["avis-1.conll", "blad-1.conll"].iter().zip(sentences.chunks(sentences.len().div_ceil(2))) {
            fs::write(train.join(source), half.concat()).expect("a file");
        }
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(samples).expect("the shipped articles").filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        running += &fs::read_to_string(path).expect("UTF-8");
    }
    let text = folder.join("norec.txt");
    fs::write(&text, running).expect("a file");
    let packed = Command::new("xz").arg("-kf").arg(&text).status().expect("the program xz");
    assert!(packed.success());
    folder
}

#[test]
fn the_same_corpora_give_the_same_model_and_it_finds_names() {
    let folder = corpora("sound");
    let bytes = train::train(&folder, None, &|_| {}).expect("a model");
    let tagger = Tagger::from_bytes(bytes.clone()).expect("its own model");
    assert!(tagger.record().contains("articles"), "{}", tagger.record());
    assert!(train::train(&folder, Some(&tagger), &|_| {}).expect("a model") == bytes, "the classes are those that were learnt");

    let text = "Kari Nordheim leder Havforskningsinstituttet i Bergen.";
    let doc = Pipeline::builder().tagger(tagger.clone()).build().annotate(text);
    let names: Vec<&str> = doc.mentions().iter().filter(|m| m.is_name()).map(|m| &doc[m.span]).collect();
    assert_eq!(names, ["Kari Nordheim", "Havforskningsinstituttet", "Bergen"]);

    let table = train::cross_validate(&folder, &tagger, Some(&folder.join("norne/train")), &|_| {}).expect("a table");
    assert!(["nb", "nn", "PER", "GPE"].iter().all(|word| table.contains(word)), "{table}");
}

#[test]
fn wrong_corpora_are_told() {
    let told = |folder: &Path| train::train(folder, None, &|_| {}).map(drop).unwrap_err();
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_corpora");
    assert!(matches!(told(&missing), Error::Io { path, .. } if path.starts_with(&missing)));

    let folder = corpora("unsound");
    let file = folder.join("norne/train/nn/avis-1.conll");
    fs::write(&file, "1\tKari\tname=B-PER\n2\tNordheim\tname=I-PERSON\n").expect("a file");
    let expected = format!("{}:2: name: expected one of NorNE's labels, found \"I-PERSON\"", file.display());
    assert_eq!(told(&folder).to_string(), expected);
    fs::write(&file, b"1\tBj\xF8rn\tname=B-PER\n").expect("a file");
    assert!(matches!(told(&folder), Error::Io { path, .. } if path == file));
}
