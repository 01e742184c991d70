//! Data files as nobody should make them: each is read as it was meant, or refused with the file, the line or part, and the value.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use spalte::{Abbreviations, Document, EntityKind, Error, Gazetteer, Pipeline, Tagger};

/// Writes a file for one test.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).expect("a folder to write in");
    path
}

/// What the error says after the path, or `read N` with the number of forms.
fn names(bytes: impl AsRef<[u8]>) -> String {
    let path = file("names.tsv", bytes.as_ref());
    told(&path, Gazetteer::builder().read_tsv(&path).map(|names| names.build().len()))
}

fn abbreviations(bytes: impl AsRef<[u8]>) -> String {
    let path = file("abbreviations.tsv", bytes.as_ref());
    told(&path, Abbreviations::default().read_tsv(&path).map(|_| 0))
}

fn told(path: &Path, read: Result<usize, Error>) -> String {
    match read {
        Ok(n) => format!("read {n}"),
        Err(error) => error.to_string().strip_prefix(&path.display().to_string()).expect("the file's name").to_owned(),
    }
}

#[test]
fn tables_of_names() {
    const HEAD: &str = "name\tkind\tid\taliases\n";
    let with = |row: &str| [HEAD, row].concat();
    let kinds = "PER, ORG, GPE, LOC, PROD, EVT, DRV or MISC";
    let long = "x".repeat(10_000_000);
    let cut = "x".repeat(80);
    for (what, bytes, expected) in [
        // Harmless.
        ("no rows", with("").into_bytes(), "read 0".to_owned()),
        ("byte order mark, CRLF, blank line, comment", "\u{FEFF}name\tkind\tid\taliases\r\n\r\n#\r\nMoe\tPER\r\n".into(), "read 1".into()),
        ("unsorted", with("Å\tPER\nA\tPER\nM\tPER\n").into(), "read 3".into()),
        ("the same row twice", with("Moe\tPER\nMoe\tPER\n").into(), "read 1".into()),
        ("no line end at the end", with("Moe\tPER").into(), "read 1".into()),
        ("empty alternatives", with("Moe\tPER\t\t|||M||\n").into(), "read 2".into()),
        ("nothing is left of the name", with("\u{AD}\tPER\n").into(), "read 0".into()),
        // Refused.
        ("empty", Vec::new(), r#":1: header: expected name kind id aliases, found """#.into()),
        ("no header", b"Moe\tPER\n".to_vec(), r#":1: header: expected name kind id aliases, found "Moe PER""#.into()),
        (
            "columns in another order",
            b"kind\tname\tid\taliases\n".to_vec(),
            r#":1: header: expected name kind id aliases, found "kind name id aliases""#.into(),
        ),
        ("cut after the name", with("Moe\tPER\nDahl").into(), format!(r#":3: kind: expected {kinds}, found """#)),
        ("cut in a letter", [HEAD.as_bytes(), b"Moe\tPER\nBj\xC3"].concat(), ":3: line: expected UTF-8, found \"Bj\u{FFFD}\"".into()),
        ("Latin-1", [HEAD.as_bytes(), b"Moe\tPER\nBj\xF8rn\tPER\n"].concat(), ":3: line: expected UTF-8, found \"Bj\u{FFFD}rn\"".into()),
        (
            "UTF-16",
            HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            r#":1: header: expected name kind id aliases, found "n\0a\0m\0e\0 \0k\0i\0n\0d\0 \0i\0d\0 \0a\0l\0i\0a\0s\0e\0s\0""#.into(),
        ),
        ("an unknown kind", with("Moe\tperson\n").into(), format!(r#":2: kind: expected {kinds}, found "person""#)),
        ("no name", with("\tPER\n").into(), ":2: name: expected a value, found \"\\tPER\"".into()),
        ("a cell too many", with("Moe\tPER\t\t\tx\n").into(), ":2: line: expected at most 4 cells, found \"Moe\\tPER\\t\\t\\tx\"".into()),
        ("NUL", with("Moe\0\tPER\n").into(), ":2: line: expected no control characters, found \"Moe\\0\\tPER\"".into()),
        (
            "line ends of an old Mac",
            with("Moe\tPER\rDahl\tPER\r").into(),
            ":2: line: expected no control characters, found \"Moe\\tPER\\rDahl\\tPER\"".into(),
        ),
        ("a line of 10 MB", with(&long).into(), format!(r#":2: kind: expected {kinds}, found """#)),
        (
            "a name of 10 MB",
            with(&format!("{long}\tPER")).into(),
            format!(r#":2: name: expected at most 1000 bytes a name, found "{cut}""#),
        ),
        (
            "an alias of 10 MB",
            with(&format!("Moe\tPER\t\t{long}")).into(),
            format!(r#":2: aliases: expected at most 1000 bytes a name, found "{cut}""#),
        ),
        ("a header of 10 MB", long.clone().into(), format!(r#":1: header: expected name kind id aliases, found "{cut}""#)),
    ] {
        assert_eq!(names(bytes), expected, "{what}");
    }
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing.tsv");
    for error in [
        Gazetteer::builder().read_tsv(&missing).map(drop).unwrap_err(),
        Abbreviations::default().read_tsv(&missing).map(drop).unwrap_err(),
        Tagger::from_path(&missing).map(drop).unwrap_err(),
    ] {
        assert!(matches!(&error, Error::Io { path, .. } if *path == missing), "{error}");
    }
}

#[test]
fn tables_of_abbreviations() {
    const HEAD: &str = "abbr\tvariety\tends\tnext\tword\tnb\tnn\n";
    let with = |row: &str| [HEAD, row].concat();
    for (what, bytes, expected) in [
        ("missing cells at the end", with("xyl.\tno\tnever\tany\n"), "read 0"),
        ("the same row twice", with("xyl.\tno\tnever\tany\nxyl.\tno\toften\tany\n"), "read 0"),
        ("an unknown code", with("xyl.\tno\tsometimes\tany\n"), r#":2: ends: expected never, rare, maybe or often, found "sometimes""#),
        ("another", with("xyl.\tno\tnever\tverb\n"), r#":2: next: expected num, name, lower or any, found "verb""#),
        ("a third", with("xyl.\tno\tnever\tany\tyes\n"), r#":2: word: expected y or n, found "yes""#),
        ("an unknown variety", with("xyl.\tdk\tnever\tany\n"), r#":2: variety: expected no, nb or nn, found "dk""#),
        ("cut after the abbreviation", with("xyl."), r#":2: ends: expected never, rare, maybe or often, found """#),
        ("no stop", with("xyl\tno\tnever\tany\n"), r#":2: abbr: expected one word with a stop at its end, or a slash, found "xyl""#),
        ("two words", with("x y.\tno\tnever\tany\n"), r#":2: abbr: expected one word with a stop at its end, or a slash, found "x y.""#),
        ("nothing but a stop", with(".\tno\tnever\tany\n"), r#":2: abbr: expected one word with a stop at its end, or a slash, found ".""#),
        (
            "too long",
            with("abcdefghijklmnopqrstuvwx.\tno\tnever\tany\n"),
            r#":2: abbr: expected at most 24 bytes, found "abcdefghijklmnopqrstuvwx.""#,
        ),
    ] {
        assert_eq!(abbreviations(bytes), expected, "{what}");
    }
}

/// A table costs what its length says, whatever it holds, and no row is lost.
#[test]
fn long_tables() {
    let start = Instant::now();
    let rows: String = (0..300_000).map(|i| format!("x{i}q.\tno\tnever\tany\n")).collect();
    let table = Abbreviations::default().add_tsv("long", &format!("abbr\tvariety\tends\tnext\tword\tnb\tnn\n{rows}")).expect("a table");
    let mut tokens = Vec::new();
    for i in [0, 65_534, 65_535, 65_536, 299_999] {
        for (word, count) in [(format!("x{i}q."), 2), (format!("x{i}z."), 3)] {
            spalte::tokenize_with(&format!("{word} Og"), &table, &mut tokens);
            assert_eq!(tokens.len(), count, "{word}");
        }
    }

    // A million aliases of one name and one long identifier: these are kept once.
    let aliases: Vec<String> = (0..1_000_000).map(|i| format!("M{i}")).collect();
    let row = format!("{}\tORG\t{}\t{}\n", "n".repeat(1000), "i".repeat(100_000), aliases.join("|"));
    let names = Gazetteer::builder().add_tsv("long", &format!("name\tkind\tid\taliases\n{row}")).expect("a table").build();
    assert_eq!(names.len(), 1_000_001);
    let doc = Pipeline::builder().without_tagger().gazetteer(names).build().annotate("Her er M999999 igjen.");
    assert_eq!((doc.mentions().len(), doc.entities()[0].id.as_deref().map(str::len)), (1, Some(100_000)));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// Names that begin alike, and none of which the text holds: a search looks no further ahead than the longest name.
#[test]
fn names_that_nearly_match() {
    let mut names = Gazetteer::builder().name(&"B ".repeat(5000), EntityKind::Org);
    for n in 1..400 {
        names = names.name(&format!("{}Å", "B ".repeat(n)), EntityKind::Org);
    }
    let names = names.build();
    assert_eq!(names.len(), 399, "a name of 10,000 bytes is left out");
    let doc = Pipeline::builder().without_tagger().gazetteer(names).build().annotate("B ".repeat(20_000));
    assert!(doc.check().is_ok());
}

#[cfg(feature = "data")]
#[test]
fn models() {
    let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/tagger.model")).expect("the model");
    let told = |bytes: &[u8]| {
        let path = file("own.model", bytes);
        told(&path, Tagger::from_path(&path).map(|_| 0))
    };
    // The bundled model from `at` on replaced, with its checksum made right.
    let replaced = |at: usize, by: &[u8]| {
        let mut bytes = model.clone();
        bytes[at..at + by.len()].copy_from_slice(by);
        let error = Tagger::from_bytes(bytes.clone()).map(drop).unwrap_err().to_string();
        if let Some((_, sums)) = error.split_once("checksum: expected ") {
            let sum = u64::from_str_radix(sums.split_once(", found ").expect("both sums").1, 16).expect("a sum");
            bytes[12..20].copy_from_slice(&sum.to_le_bytes());
        }
        bytes
    };
    let number = |at: usize| u32::from_le_bytes(model[at..at + 4].try_into().expect("four bytes")) as usize;
    let record = 24 + number(20);
    let transitions = record + 4 + number(record);
    // The tables are the rest: the number of bits, and so many entries.
    let rows = (transitions..model.len()).find(|&at| {
        let bits = number(at);
        (1..=24).contains(&bits) && model.len() > at + 4 + (4 << bits) && (at - transitions).is_multiple_of(4) && at > transitions + 400
    });
    let rows = rows.expect("the table of weights");
    let size = model.len();
    for (what, bytes, expected) in [
        ("the model itself", model.clone(), "read 0".to_owned()),
        ("empty", Vec::new(), ": magic: expected 8 bytes at 0, found 0".into()),
        ("something else", b"<!DOCTYPE html>".to_vec(), format!(": magic: expected {:?}, found {:?}", &model[..8], b"<!DOCTYP")),
        ("cut in the version", model[..10].to_vec(), ": version: expected 4 bytes at 8, found 2".into()),
        ("another version", replaced(8, &[9]), ": version: expected 2, found 9".into()),
        (
            "a label table of 4 GB",
            replaced(20, &u32::MAX.to_le_bytes()),
            format!(": label table: expected 4294967295 bytes at 24, found {}", size - 24),
        ),
        (
            "a record of 4 GB",
            replaced(record, &u32::MAX.to_le_bytes()),
            format!(": training record: expected 4294967295 bytes at {}, found {}", record + 4, size - record - 4),
        ),
        (
            "a record that is not UTF-8",
            replaced(record + 4, &[0xFF]),
            ": training record: invalid utf-8 sequence of 1 bytes from index 0".into(),
        ),
        ("no rows", replaced(rows, &0u32.to_le_bytes()), ": rows: expected 1 to 24 bits, found 0".into()),
        ("rows of 2^64", replaced(rows, &64u32.to_le_bytes()), ": rows: expected 1 to 24 bits, found 64".into()),
        ("rows of 4 G bits", replaced(rows, &u32::MAX.to_le_bytes()), ": rows: expected 1 to 24 bits, found 4294967295".into()),
    ] {
        assert_eq!(told(&bytes), expected, "{what}");
    }
    for (what, bytes, expected) in [
        (
            "a byte that has changed",
            {
                let mut b = model.clone();
                b[size / 2] ^= 1;
                b
            },
            ": checksum: expected ",
        ),
        ("cut at the end", model[..size - 1].to_vec(), ": checksum: expected "),
        ("longer", [&model[..], b"\n"].concat(), ": checksum: expected "),
        ("other labels", replaced(24, b"XYZ"), ": label table: expected \"PER ORG"),
        ("too many rows", replaced(rows, &24u32.to_le_bytes()), ": rows: expected "),
        ("too few rows", replaced(rows, &1u32.to_le_bytes()), ": word classes: expected "),
    ] {
        let told = told(&bytes);
        assert!(told.starts_with(expected), "{what}: {told}");
    }
    for length in (0..300).chain((300..size).step_by(100_003)) {
        assert!(Tagger::from_bytes(&model[..length]).is_err(), "{length}");
    }
}

#[test]
fn documents_in_json() {
    let json = Pipeline::builder().without_tagger().build().annotate("Kari Nordheim sier at hun kommer.").to_json();
    let refused = |json: &str| Document::from_json(json).map(drop).unwrap_err().to_string();
    for (what, json, expected) in [
        ("empty", String::new(), "line 1, column 0: EOF while parsing a value"),
        ("cut", json[..json.len() / 2].to_owned(), "line 1, column "),
        ("nested deeply", "[".repeat(1_000_000), "line 1, column 1: invalid type: sequence"),
        ("nested deeply inside", json.replacen("{", &format!("{{\"x\":{},", "[".repeat(1_000_000)), 1), "line 1, column "),
        ("an offset of 10^30", json.replacen("\"span\":[0,4]", "\"span\":[0,1000000000000000000000000000000]", 1), "line 1, column "),
        ("an offset beyond the text", json.replacen("\"span\":[0,4]", "\"span\":[0,4000000000]", 1), "tokens[0]: the span is "),
        (
            "an entity that is none",
            json.replacen("\"entity\":0", "\"entity\":18446744073709551615", 1),
            "mentions[0]: its entity does not hold it",
        ),
        (
            "a mention that is none",
            json.replacen("\"mentions\":[0", "\"mentions\":[18446744073709551615", 1),
            "mentions[0]: its entity does not hold it",
        ),
        (
            "a block that is none",
            json.replacen("\"block\":0", "\"block\":18446744073709551615", 1),
            "sentences[0]: the sentence is not in its block",
        ),
        ("an unknown kind", json.replacen("\"PER\"", "\"KIND\"", 1), "line 1, column "),
    ] {
        let error = refused(&json);
        assert!(error.starts_with(expected), "{what}: {error}");
    }
}
