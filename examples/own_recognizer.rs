//! A recogniser of names of your own: rules in code, and what another model has found, from a file. What they say counts before all else.
//!
//! usage: own_recognizer [SPANS.json [ARTICLE.txt]]
//!
//! `SPANS.json` holds, for each article by its name, the spans that a model of yours found, in characters as Python counts them:
//! `{"havari_nb": [{"start": 0, "end": 9, "label": "PER"}]}`, labels being those of NorNE. So do spaCy (`ent.start_char`, `ent.end_char`,
//! `ent.label_`) and the pipelines of `transformers` give them. An article is called by its file's name.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;

use serde::Deserialize;
use spalte::{Article, Document, EntityKind, Mention, Pipeline, Span, TokenKind};

const ARTICLE: &str = "\
Tauet ble for kort for Skarvholm

Losbåten gikk på grunn utenfor Vardø natt til fredag. To fartøyer kom til, MS Nordskjæret og KNM Storegga.

– Vi fikk en line om bord, sier skipper Ådne Kvalsvik på MS Nordskjæret. Nordskjæret slepte losbåten til kai.

Saken har nummer 24-117305TVI-TNAV. Kvalsvik viser til Svartbaken Berging.
";

#[derive(Deserialize)]
struct Found {
    start: usize,
    end: usize,
    label: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let spans = arguments.next().unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/own_recognizer.json").to_owned());
    let (id, text) = match arguments.next() {
        Some(path) => {
            let id = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (id, std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?)
        }
        None => ("havari_nb".to_owned(), ARTICLE.to_owned()),
    };
    let read = std::fs::read_to_string(&spans).map_err(|e| format!("{spans}: {e}"))?;
    let of_model: HashMap<String, Vec<Found>> = serde_json::from_str(&read).map_err(|e| format!("{spans}: {e}"))?;

    // Any function of a document; it sees text, blocks, tokens and sentences. Mentions that overlap one before are left out.
    let recognizer = move |doc: &Document| {
        let mut mentions = ships(doc);
        mentions.extend(case_numbers(doc));
        mentions.extend(doc.id().and_then(|id| of_model.get(id)).into_iter().flatten().filter_map(|found| mention(doc, found)));
        mentions
    };
    let article = Article::from_text(text).with_id(id);
    let before = Pipeline::new().annotate(article.clone());
    let after = Pipeline::builder().recognizer(recognizer).build().annotate(article);

    let (before, after) = (names(&before), names(&after));
    println!("NEW OR OF ANOTHER KIND");
    after.difference(&before).for_each(|(_, kind, name)| println!("  {kind:4}  {name}"));
    println!("\nGONE");
    before.difference(&after).for_each(|(_, kind, name)| println!("  {kind:4}  {name}"));
    println!("\nAS BEFORE");
    before.intersection(&after).for_each(|(_, kind, name)| println!("  {kind:4}  {name}"));
    Ok(())
}

/// The names with their places, in order.
fn names(doc: &Document) -> BTreeSet<(usize, &'static str, String)> {
    doc.mentions().iter().filter(|m| m.is_name()).map(|m| (m.span.start(), m.kind.label(), doc[m.span].to_owned())).collect()
}

/// Ships: what follows `MS`, `KNM` and the like, and the same word elsewhere.
fn ships(doc: &Document) -> Vec<Mention> {
    let word = |i: usize| doc.tokens().get(i).map_or("", |t| &doc[t.span]);
    let is_prefix = |i: usize| matches!(word(i), "MS" | "M/S" | "MF" | "M/F" | "MT" | "KNM" | "KV" | "KS");
    let is_name = |i: usize| word(i).starts_with(char::is_uppercase);
    let known: BTreeSet<&str> = (1..doc.tokens().len()).filter(|&i| is_prefix(i - 1) && is_name(i)).map(word).collect();
    let ships = (0..doc.tokens().len()).filter(|&i| known.contains(word(i)));
    let span = |i: usize| {
        let first = if i > 0 && is_prefix(i - 1) { i - 1 } else { i };
        doc.tokens()[first].span.to(doc.tokens()[i].span)
    };
    ships.map(|i| Mention::name(span(i), EntityKind::Prod)).collect()
}

/// Numbers of court cases: `24-117305TVI-TNAV`, that is year, number, kind of case, court.
fn case_numbers(doc: &Document) -> Vec<Mention> {
    let is_case = |text: &str| {
        let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut parts = text.split('-');
        let (Some(year), Some(number), Some(court), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return false };
        let kind = number.trim_start_matches(|c: char| c.is_ascii_digit());
        digits(year) == 2 && year.len() == 2 && digits(number) == 6 && kind.len() == 3 && court.len() == 4 && court.starts_with('T')
    };
    // A number may come as several tokens: what stands between white space is looked at, marks at its end aside.
    let mut mentions = Vec::new();
    let mut at = 0;
    for piece in doc.text().split_inclusive(char::is_whitespace) {
        let word = piece.trim_end().trim_end_matches(['.', ',', ')', ';', ':']);
        if is_case(word) {
            mentions.push(Mention::name(Span::new(at, at + word.len()), EntityKind::Misc));
        }
        at += piece.len();
    }
    mentions
}

/// The mention for a span of another model: from characters to bytes, and out to the edges of the tokens it touches.
fn mention(doc: &Document, found: &Found) -> Option<Mention> {
    let byte = |n: usize| doc.text().char_indices().map(|(at, _)| at).chain([doc.text().len()]).nth(n);
    let span = Span::new(byte(found.start)?, byte(found.end)?);
    let mut tokens = doc.tokens().iter().filter(|t| t.span.overlaps(span) && t.kind != TokenKind::Punctuation);
    let first = tokens.next()?.span;
    let whole = tokens.next_back().map_or(first, |last| first.to(last.span));
    Some(Mention::name(whole, EntityKind::from_label(&found.label)?))
}
