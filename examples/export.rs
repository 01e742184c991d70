//! Articles in, the format of another tool out.
//!
//! usage: export [--format conllu|iob2|brat|json-ld|web-annotation|csv|parquet] [FILE...]
//!
//! `-` is standard input; without a file, a shipped article; without a format, CSV. Brat wants a file beside each text, so that it takes one
//! article at a time. Parquet needs `--features parquet`, and standard output sent to a file.

use std::error::Error;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use spalte::{Article, Document, Pipeline, export};

const USAGE: &str = "usage: export [--format conllu|iob2|brat|json-ld|web-annotation|csv|parquet] [FILE...]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut format = "csv".to_owned();
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--format" => format = arguments.next().ok_or(USAGE)?,
            "--help" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles/ntb_nb.txt").to_owned());
    }
    let pipeline = Pipeline::new();
    let mut out = BufWriter::new(std::io::stdout());
    // Read one at a time, as they are written.
    let mut failed = None;
    let docs = files.iter().map_while(|file| match read(file) {
        Ok(article) => Some(pipeline.annotate(article)),
        Err(e) => {
            failed = Some(e);
            None
        }
    });
    match format.as_str() {
        "conllu" => export::conllu(docs, &mut out)?,
        "iob2" => export::iob2(docs, &mut out)?,
        "brat" if files.len() == 1 => docs.map(|doc: Document| doc.to_brat()).try_for_each(|ann| out.write_all(ann.as_bytes()))?,
        "brat" => return Err("brat takes one article at a time".into()),
        "json-ld" => export::json_ld(docs, &mut out)?,
        "web-annotation" => export::web_annotation(docs, &mut out)?,
        "csv" => export::csv(docs, &mut out)?,
        #[cfg(feature = "parquet")]
        "parquet" => export::parquet(docs, &mut out)?,
        #[cfg(not(feature = "parquet"))]
        "parquet" => return Err("Parquet wants --features parquet".into()),
        _ => return Err(USAGE.into()),
    }
    out.flush()?;
    failed.map_or(Ok(()), Err)
}

fn read(file: &str) -> Result<Article, Box<dyn Error>> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    }
    let id = Path::new(file).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    Ok(Article::from_text(text).with_id(id))
}
