//! `schema/document.schema.json` is what the records say, and every document keeps to it.
//!
//! Where a change is meant, `BLESS=1 cargo test --features schema --test schema` writes the file anew. `schema/check.py` sets the golden
//! documents beside the schema with the validator of Python's `jsonschema`.

use std::path::Path;

use serde_json::Value;
use spalte::{Document, Offsets, Pipeline};

mod generator;

#[test]
fn the_schema_that_is_shipped_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/document.schema.json");
    let schema = Document::json_schema();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &schema).expect("schema can be written");
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    assert!(read(&schema) == read(&shipped), "help: BLESS=1 cargo test --features schema --test schema, if this is meant");
}

/// Whether a value keeps to a schema, of whose words each must be known here, and its objects have no field that the schema lacks.
fn check(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    if let Value::Bool(true) = schema {
        return Ok(());
    }
    let fail = |what: &str| Err(format!("{what}: {value} against {schema}"));
    for (word, rule) in schema.as_object().ok_or("no schema")? {
        let number = |rule: &Value| rule.as_u64().expect("a number") as usize;
        let rules = || rule.as_array().expect("a list").iter();
        let good = match word.as_str() {
            "$schema" | "title" | "description" | "default" | "format" | "$defs" => true,
            "$ref" => {
                let pointer = rule.as_str().and_then(|r| r.strip_prefix('#')).ok_or("a reference to elsewhere")?;
                check(value, root.pointer(pointer).ok_or("a reference to nothing")?, root)?;
                true
            }
            "type" => {
                let is = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("integer") => value.is_u64() || value.is_i64(),
                    Some("null") => value.is_null(),
                    _ => false,
                };
                if rule.is_array() { rules().any(is) } else { is(rule) }
            }
            "anyOf" => rules().any(|schema| check(value, schema, root).is_ok()),
            "oneOf" => rules().filter(|schema| check(value, schema, root).is_ok()).count() == 1,
            "const" => value == rule,
            "enum" => rules().any(|v| v == value),
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().expect("a number")),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().expect("a number")),
            "minItems" => value.as_array().is_none_or(|v| v.len() >= number(rule)),
            "maxItems" => value.as_array().is_none_or(|v| v.len() <= number(rule)),
            "required" => value.as_object().is_none_or(|v| rules().all(|name| v.contains_key(name.as_str().expect("a name")))),
            "properties" => {
                for (name, field) in value.as_object().into_iter().flatten() {
                    check(field, rule.get(name).ok_or(format!("{name} is not in the schema"))?, root)?;
                }
                true
            }
            "items" | "prefixItems" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, if word == "items" { rule } else { rule.get(i).ok_or("too many items")? }, root)?;
                }
                true
            }
            "pattern" => {
                // The one pattern there is: a month or a day.
                assert_eq!(rule, "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$");
                value.as_str().is_none_or(|date| date.parse::<spalte::Date>().is_ok())
            }
            _ => return fail(&format!("the word {word} is not known here")),
        };
        if !good {
            return fail(word);
        }
    }
    Ok(())
}

fn schema() -> Value {
    serde_json::from_str(&Document::json_schema()).expect("JSON")
}

fn goldens() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = std::fs::read_dir(folder).expect("the golden documents").map(|entry| entry.expect("a file").path());
    files.map(|path| serde_json::from_str(&std::fs::read_to_string(path).expect("UTF-8")).expect("JSON")).collect()
}

#[test]
fn documents_keep_to_the_schema_in_every_unit() {
    let schema = schema();
    let pipeline = Pipeline::new();
    let mut documents = goldens();
    assert!(documents.len() >= 9);
    let texts = (0..60_u8).map(|n| generator::Choices(&vec![n; usize::from(n) * 3]).article());
    let more = ["", "TROMSØ (NTB-Reuters): Kari Nordheim 🙂 kom.", "date 2019-02-21\n\nBodø/Glimt vann\n\n– Ja, sa han til NRK."]
        .map(str::to_owned);
    for text in texts.chain(more) {
        let doc = pipeline.annotate(text);
        documents.extend(
            [Offsets::Utf8, Offsets::Chars, Offsets::Utf16].map(|unit| serde_json::from_str(&doc.to_json_with(unit)).expect("JSON")),
        );
    }
    for document in documents {
        assert_eq!(check(&document, &schema, &schema), Ok(()));
    }
}

/// The schema is no rubber stamp.
#[test]
fn what_is_wrong_breaks_the_schema() {
    let schema = schema();
    let golden = goldens().into_iter().find(|doc| doc["id"] == "ntb_nb").expect("a document");
    for (pointer, wrong) in [
        ("/text", Value::Null),
        ("/offsets", "bytes".into()),
        ("/variety", "no".into()),
        ("/published", "2019".into()),
        ("/tokens/0/kind", "noun".into()),
        ("/tokens/0/span", serde_json::json!([0])),
        ("/tokens/0/span", serde_json::json!([0, 1, 2])),
        ("/tokens/0/span", serde_json::json!([-1, 2])),
        ("/sentences/0/block", "0".into()),
        ("/mentions/0/kind", "CLUB".into()),
        ("/mentions/0/form", "Name".into()),
        ("/entities/0/mentions", Value::Null),
        ("/quotes/0/kind", "said".into()),
        ("/quotes/0/confidence", 300.into()),
        ("/quotes/0/cue", serde_json::json!([1.5, 2])),
    ] {
        let mut document = golden.clone();
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = wrong;
        assert!(check(&document, &schema, &schema).is_err(), "{pointer}");
    }
    for field in ["text", "offsets", "variety", "published", "blocks", "tokens", "sentences", "mentions", "entities", "quotes"] {
        let mut document = golden.clone();
        document.as_object_mut().expect("an object").remove(field);
        assert!(check(&document, &schema, &schema).is_err(), "{field}");
    }
}
