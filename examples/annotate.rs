//! Articles in, JSON out: one object a line, as README.md describes it.
//!
//! usage: annotate [--variety nb|nn] [--offsets utf-8|chars|utf-16] [FILE...]      `-` is standard input; without a file, a shipped article

use std::error::Error;
use std::io::{Read, Write};
use std::path::Path;

use spalte::{Article, Offsets, Pipeline};

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Pipeline::builder();
    let mut offsets = Offsets::Utf8;
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--variety" => builder = builder.variety(arguments.next().ok_or("--variety wants nb or nn")?.parse()?),
            "--offsets" => {
                offsets = match arguments.next().as_deref() {
                    Some("utf-8") => Offsets::Utf8,
                    Some("chars") => Offsets::Chars,
                    Some("utf-16") => Offsets::Utf16,
                    _ => return Err("--offsets wants utf-8, chars or utf-16".into()),
                }
            }
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles/ntb_nb.txt").to_owned());
    }
    let pipeline = builder.build();
    let mut out = std::io::stdout().lock();
    for file in files {
        let text = if file == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        } else {
            std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?
        };
        let id = Path::new(&file).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        writeln!(out, "{}", pipeline.annotate(Article::from_text(text).with_id(id)).to_json_with(offsets))?;
    }
    Ok(())
}
