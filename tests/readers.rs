//! The readers of pages, agency files and feeds, on files of our own in the manner of Norwegian papers and agencies.
//!
//! Beside each file in `tests/pages/` lies a `.txt` of the same name, with what is to be read from it: a line for date, address and authors,
//! and for each block its kind, the element that it comes from, and its text. `BLESS=1 cargo test --all-features --test readers` writes
//! them anew: look at the difference.
#![cfg(all(feature = "html", feature = "newsml", feature = "feed"))]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use spalte::{Article, Feed, Pipeline, decode};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages")
}

/// The files of some kind, by name.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder()).expect("tests/pages").filter_map(|e| Some(e.ok()?.path()));
    let mut files: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| extensions.iter().any(|x| e == *x))).collect();
    files.sort();
    files
}

/// What was read, as a journalist can check it.
fn readable(article: &Article) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| value.map(|v| writeln!(out, "{name}: {v}"));
    line("id", article.id().map(str::to_owned));
    line("url", article.url().map(str::to_owned));
    line("published", article.published().map(|d| d.to_string()));
    line("authors", Some(article.authors().join(", ")).filter(|a| !a.is_empty()));
    for block in article.blocks() {
        let kind = serde_json::to_value(block.kind).ok().and_then(|k| k.as_str().map(str::to_owned)).unwrap_or_default();
        let origin = block.origin.as_deref().unwrap_or("-");
        let text = article.text()[block.span].replace('\n', "\n    ").replace('\u{A0}', "~");
        let dateline = block.dateline.as_ref().map_or("", |_| ", dateline");
        _ = writeln!(out, "\n{kind} [{origin}{dateline}]\n    {text}");
    }
    out
}

/// Compares what was read from a file with what lies beside it.
fn compare(file: &Path, got: &str, failed: &mut Vec<String>) {
    let path = file.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, got).expect("a folder to write in");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != got {
        let at = expected.lines().zip(got.lines()).position(|(a, b)| a != b).unwrap_or(expected.lines().count().min(got.lines().count()));
        let [a, b] = [expected.lines().nth(at), got.lines().nth(at)].map(|l| l.unwrap_or("(nothing)").to_owned());
        failed.push(format!("{}, line {}:\n  expected  {a}\n  got       {b}", path.display(), at + 1));
    }
}

#[test]
fn pages_are_read() {
    let files = files(&["html"]);
    assert!(files.len() >= 12);
    let mut failed = Vec::new();
    for file in &files {
        let article = Article::from_html_bytes(&std::fs::read(file).expect("a page"));
        compare(file, &readable(&article), &mut failed);
        PIPELINE.annotate(article).check().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    assert!(failed.is_empty(), "{} of {} pages\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}

#[test]
fn agency_files_are_read() {
    let files = files(&["xml", "json"]);
    assert!(files.len() >= 6);
    let mut failed = Vec::new();
    for file in &files {
        let article = Article::from_newsml_bytes(&std::fs::read(file).expect("a file"));
        let article = article.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        compare(file, &readable(&article), &mut failed);
        PIPELINE.annotate(article).check().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    assert!(failed.is_empty(), "{} of {} files\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}

#[test]
fn feeds_are_read() {
    let files = files(&["rss", "atom"]);
    let mut failed = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a feed");
        let articles: Result<Vec<Article>, _> = Feed::new(&decode(&bytes)).collect();
        let articles = articles.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let all: Vec<String> = articles.iter().map(readable).collect();
        compare(file, &all.join("\n----\n\n"), &mut failed);
    }
    assert!(files.len() >= 2 && failed.is_empty(), "{} of {} feeds\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}
