//! Who said what in an article: a table of speakers and quotes, then the names by entity.
//!
//! usage: who_said_what [FILE...]      `-` is standard input; without a file, a shipped article

use std::error::Error;
use std::io::{Read, Write};

use spalte::{Article, Document, MentionForm, Pipeline};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        files.push(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles/ntb_nb.txt").to_owned());
    }
    let pipeline = Pipeline::new();
    let mut out = std::io::stdout().lock();
    for file in files {
        let mut text = String::new();
        if file == "-" {
            std::io::stdin().read_to_string(&mut text)?;
        } else {
            text = std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
        }
        report(&pipeline.annotate(Article::from_text(text)), &mut out)?;
    }
    Ok(())
}

fn report(doc: &Document, out: &mut impl Write) -> std::io::Result<()> {
    if let Some(title) = doc.title() {
        writeln!(out, "{title}\n")?;
    }
    // The quotes by speaker, in the order in which they first speak; whoever is not told comes last.
    let mut speakers: Vec<Option<usize>> = Vec::new();
    for quote in doc.quotes().iter().filter(|q| q.speaker.is_some()) {
        if !speakers.contains(&quote.speaker) {
            speakers.push(quote.speaker);
        }
    }
    if doc.quotes().iter().any(|q| q.speaker.is_none()) {
        speakers.push(None);
    }
    writeln!(out, "WHO SAID WHAT")?;
    for speaker in speakers {
        match speaker.map(|i| &doc.entities()[i]) {
            Some(entity) if !entity.roles.is_empty() => writeln!(out, "\n{} ({})", entity.name, entity.roles.join(", "))?,
            Some(entity) => writeln!(out, "\n{}", entity.name)?,
            None => writeln!(out, "\n(not told)")?,
        }
        for quote in doc.quotes().iter().filter(|q| q.speaker == speaker) {
            let words: Vec<String> = quote.content.iter().map(|&span| one_line(&doc[span])).collect();
            let cue = quote.cue.map_or("", |span| &doc[span]);
            writeln!(out, "  {:8}  {cue:10}  {}", quote.kind, words.join(" … "))?;
        }
    }
    writeln!(out, "\nNAMES")?;
    for (i, entity) in doc.entities().iter().enumerate() {
        let named = doc.mentions_of(i).filter(|m| m.form == MentionForm::Name).count();
        if named > 0 {
            let others: Vec<String> = doc.mentions_of(i).filter(|m| m.form != MentionForm::Name).map(|m| one_line(&doc[m.span])).collect();
            let others = if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
            writeln!(out, "  {:4}  {}  {named}×{others}", entity.kind, entity.name)?;
        }
    }
    writeln!(out)
}

/// The text on one line, without soft hyphens.
fn one_line(text: &str) -> String {
    text.replace('\u{AD}', "").split_whitespace().collect::<Vec<_>>().join(" ")
}
