//! The shipped articles, annotated: each `examples/articles/X.txt` gives `tests/golden/X.json`, record for record.
//!
//! Where a change is meant, `BLESS=1 cargo test --test golden` writes the files anew; read the difference before you commit it. What is right,
//! rather than what is so, stands in `examples/articles/X.gold.json` (see `examples/evaluate.rs`).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use spalte::{Article, Document, Pipeline};

fn articles() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the shipped articles").filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths
}

/// JSON with one record a line, so that a difference can be read.
fn laid_out(json: &str) -> String {
    let object: Map<String, Value> = serde_json::from_str(json).expect("JSON of our own");
    let fields = object.iter().map(|(name, value)| match value {
        Value::Array(records) if !records.is_empty() => {
            let records: Vec<String> = records.iter().map(Value::to_string).collect();
            format!("{name:?}:[\n{}\n]", records.join(",\n"))
        }
        _ => format!("{name:?}:{value}"),
    });
    format!("{{{}}}\n", fields.collect::<Vec<_>>().join(",\n"))
}

#[test]
fn the_shipped_articles_give_their_golden_documents() {
    let pipeline = Pipeline::new();
    let mut differences = Vec::new();
    for path in articles() {
        let id = path.file_stem().and_then(|s| s.to_str()).expect("ASCII");
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let doc = pipeline.annotate(Article::from_text(text).with_id(id));
        assert_eq!(Document::from_json(&doc.to_json()).as_ref().ok(), Some(&doc), "{id}");
        let got = laid_out(&doc.to_json());
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(id).with_extension("json");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &got).expect("tests/golden can be written");
            continue;
        }
        let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
        if let Some((n, (wanted, got))) = wanted.lines().zip(got.lines()).enumerate().find(|(_, (a, b))| a != b) {
            differences.push(format!("{id}.json:{}\n  golden  {wanted}\n  got     {got}", n + 1));
        } else if wanted != got {
            differences.push(format!("{id}.json: {} lines, not {}", got.lines().count(), wanted.lines().count()));
        }
    }
    assert!(differences.is_empty(), "{}\nhelp: BLESS=1 cargo test --test golden, if this is meant\n", differences.join("\n"));
}
