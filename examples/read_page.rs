//! A news page, an agency's file or a feed in; its article, with where each part came from, and who said what.
//!
//! usage: read_page [FILE...]      .html pages, .rss and .atom feeds, all else NITF, NewsML-G2 or ninjs; without a file, a shipped page

use std::error::Error;
use std::io::Write;
use std::path::Path;

use spalte::{Article, Feed, Pipeline, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/pages/svoemmehall_nb.html").to_owned());
    }
    let pipeline = Pipeline::new();
    let mut out = std::io::stdout().lock();
    for file in files {
        let told = |e: spalte::Error| format!("{file}: {e}");
        let bytes = std::fs::read(&file).map_err(|e| format!("{file}: {e}"))?;
        let articles = match Path::new(&file).extension().and_then(|e| e.to_str()) {
            Some("html" | "htm") => vec![Article::from_html_bytes(&bytes)],
            Some("rss" | "atom") => Feed::new(&decode(&bytes)).collect::<Result<_, _>>().map_err(told)?,
            _ => vec![Article::from_newsml_bytes(&bytes).map_err(told)?],
        };
        for article in articles {
            report(article, &pipeline, &mut out)?;
        }
    }
    Ok(())
}

fn report(article: Article, pipeline: &Pipeline, out: &mut impl Write) -> std::io::Result<()> {
    let doc = pipeline.annotate(article);
    for (name, value) in [("url", doc.url()), ("id", doc.id()), ("published", doc.published().map(|d| d.to_string()).as_deref())] {
        if let Some(value) = value {
            writeln!(out, "{name:10} {value}")?;
        }
    }
    if !doc.authors().is_empty() {
        writeln!(out, "{:10} {}", "authors", doc.authors().join(", "))?;
    }
    writeln!(out, "\nBLOCKS")?;
    for block in doc.blocks() {
        let kind = format!("{:?}", block.kind);
        let text: String = doc[block.span].split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
        writeln!(out, "  {kind:10} {:24} {text}", block.origin.as_deref().unwrap_or_default())?;
    }
    writeln!(out, "\nWHO SAID WHAT")?;
    for quote in doc.quotes() {
        let words: Vec<&str> = quote.content.iter().map(|&span| &doc[span]).collect();
        writeln!(out, "  {}: {}", doc.speaker(quote).map_or("?", |e| &e.name), words.join(" … "))?;
    }
    writeln!(out)
}
