//! The table tests: every `tests/cases/STAGE.toml` holds `[[case]]` tables of real phenomena in Bokmål and Nynorsk, marked up with what is
//! right. The marks are taken away, the plain text is annotated and marked up anew, and the two must be the same.
//!
//! A case has a `name` of its own, a `variety` (`nb` or `nn`), a `why`, and a `text`, of which the marks mean:
//!
//! | stage | marks |
//! |---|---|
//! | tokens | <code>Han&#124; kom&#124; kl.&#124; 12.30&#124;.</code>: a bar after each token but the last; `kind = { "12.30" = "number" }` asks for kinds as well |
//! | sentences | `Han kom. ‖Ho gjekk.`: a double bar before each sentence but the first |
//! | blocks | none; `blocks = ["title: …", "lead: …"]` lists the blocks, `published`, `place` and `agency` what the header and dateline say |
//! | names | `[PER Kari Nordheim] bur i [GPE Bergen].`: all names |
//! | rules | the same, found without the tagger |
//! | entities | `[PER Berg = Ola Berg]`, `[role presidenten = Ola Berg]`, `[pron han = Ola Berg]`: mentions and the name of their entity; others are free |
//! | quotes | `– [direct Kari Berg: Vi er klare], {sier} <hun>.`: all contents, with kind and speaker (`-`: nobody is known); `[+: …]` goes on after a reporting clause; `{cue}` and `<source>`: all of them, where a case marks any |
//!
//! So no text holds the signs that its stage uses as marks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use spalte::{Document, MentionForm, Pipeline, Quote, QuoteKind, Span, Variety};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    variety: Variety,
    why: String,
    text: String,
    #[serde(default)]
    kind: BTreeMap<String, String>,
    blocks: Option<Vec<String>>,
    published: Option<String>,
    place: Option<String>,
    agency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

const STAGES: [&str; 7] = ["blocks", "entities", "names", "quotes", "rules", "sentences", "tokens"];

fn read(stage: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(stage).with_extension("toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str::<Table>(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())).case
}

/// The text of a case without the marks of its stage.
fn plain(stage: &str, text: &str) -> String {
    match stage {
        "tokens" => text.replace('|', ""),
        "sentences" => text.replace('‖', ""),
        "blocks" => text.to_owned(),
        "quotes" => unbracketed(&text.replace(['{', '}', '<', '>'], ""), ": "),
        _ => unbracketed(text, " "),
    }
}

/// Runs the cases of a stage, of which `marked` puts the marks on an annotated document, and shows both sides of all that differ.
fn run(stage: &str, marked: fn(&Document, &Case) -> String) {
    let builder = if stage == "rules" { Pipeline::builder().without_tagger() } else { Pipeline::builder() };
    let pipelines = [Variety::Bokmaal, Variety::Nynorsk].map(|v| (v, builder.clone().variety(v).build()));
    let cases = read(stage);
    let mut failed = Vec::new();
    for case in &cases {
        let (_, pipeline) = pipelines.iter().find(|(v, _)| *v == case.variety).expect("a pipeline for each variety");
        let doc = pipeline.annotate(plain(stage, &case.text));
        doc.check().unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let (expected, got) = (expected(case), marked(&doc, case));
        if expected != got {
            let Case { name, variety, why, .. } = case;
            let [expected, got] = [expected, got].map(|s| visible(&s).replace('\n', "\n            "));
            failed.push(format!("{name} ({variety}): {why}\n  expected  {expected}\n  got       {got}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} {stage} cases fail\n\n{}\n", failed.len(), cases.len(), failed.join("\n\n"));
}

/// What a case asks for: its text, and a line for each of its fields.
fn expected(case: &Case) -> String {
    let header = [("published", &case.published), ("place", &case.place), ("agency", &case.agency)];
    let header = header.into_iter().filter_map(|(name, value)| Some(format!("\n{name}: {}", value.as_ref()?)));
    let kinds = case.kind.iter().map(|(form, kind)| format!("\n{form}: {kind}"));
    let text = case.blocks.as_ref().map_or_else(|| case.text.clone(), |b| b.join("\n"));
    header.chain(kinds).fold(text, |all, line| all + &line)
}

/// The text with what cannot be seen, or not be told from a space, as escapes.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_whitespace() && !matches!(c, ' ' | '\n')
            || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{300}'..='\u{36F}' | '\u{FEFF}')
    };
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// The serialised name of a kind.
fn name(kind: impl Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The text with marks around spans, nested where the spans are.
fn wrap(text: &str, mut marks: Vec<(Span, String, String)>) -> String {
    marks.sort_by_key(|(span, ..)| (span.start(), Reverse(span.end())));
    let opening = marks.iter().enumerate().map(|(i, (span, open, _))| (span.start(), 1, i, open));
    let closing = marks.iter().enumerate().map(|(i, (span, _, close))| (span.end(), 0, marks.len() - i, close));
    let mut all: Vec<_> = opening.chain(closing).collect();
    all.sort();
    let (mut out, mut at) = (String::new(), 0);
    for (offset, _, _, mark) in all {
        out += &text[at..offset];
        out += mark;
        at = offset;
    }
    out + &text[at..]
}

/// The text without brackets, the words before `after` in each, and those from ` = ` on.
fn unbracketed(text: &str, after: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('[').enumerate() {
        let part = if i == 0 { part } else { part.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {part:?}")).1 };
        match part.split_once(" = ") {
            Some((form, rest)) => out.extend([form, rest.split_once(']').unwrap_or_default().1]),
            None => out += &part.replace(']', ""),
        }
    }
    out
}

#[test]
fn names_of_cases_differ() {
    let mut seen = HashSet::new();
    for stage in STAGES {
        for case in read(stage) {
            assert!(!case.why.is_empty() && seen.insert(case.name.clone()), "{stage}: {}: no reason, or a name used twice", case.name);
        }
    }
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).expect("the folder of cases");
    assert_eq!(files.count(), STAGES.len(), "a file of cases that no stage reads");
}

#[test]
fn tokens() {
    run("tokens", |doc, case| {
        let last = doc.tokens().last().map(|t| t.span);
        let bars = doc.tokens().iter().filter(|t| Some(t.span) != last).map(|t| (t.span, String::new(), "|".to_owned()));
        let kind = |form: &String| doc.tokens().iter().find(|t| doc[t.span] == **form).map(|t| name(t.kind)).unwrap_or_default();
        let kinds = case.kind.keys().map(|form| format!("\n{form}: {}", kind(form)));
        kinds.fold(wrap(doc.text(), bars.collect()), |all, line| all + &line)
    });
}

#[test]
fn sentences() {
    run("sentences", |doc, _| {
        let bars = doc.sentences().iter().skip(1).map(|s| (s.span, "‖".to_owned(), String::new()));
        wrap(doc.text(), bars.collect())
    });
}

#[test]
fn blocks() {
    run("blocks", |doc, _| {
        let blocks: Vec<String> = doc.blocks().iter().map(|b| format!("{}: {}", name(b.kind), &doc[b.span])).collect();
        let line = doc.blocks().iter().find_map(|b| b.dateline.as_ref());
        let published = doc.published().map(|d| format!("\npublished: {d}"));
        let place = line.map(|l| format!("\nplace: {}", &doc[l.place]));
        let agency = line.map(|l| format!("\nagency: {}", &doc[l.agency]));
        blocks.join("\n") + &published.unwrap_or_default() + &place.unwrap_or_default() + &agency.unwrap_or_default()
    });
}

#[test]
fn names() {
    run("names", |doc, _| named(doc));
}

#[test]
fn rules() {
    run("rules", |doc, _| named(doc));
}

fn named(doc: &Document) -> String {
    let names = doc.mentions().iter().filter(|m| m.is_name());
    wrap(doc.text(), names.map(|m| (m.span, format!("[{} ", name(m.kind)), "]".to_owned())).collect())
}

#[test]
fn entities() {
    run("entities", |doc, case| {
        // Where the case has its marks; what stands elsewhere is not asked.
        let asked: Vec<usize> = case.text.match_indices('[').map(|(at, _)| unbracketed(&case.text[..at], " ").len()).collect();
        let marks = doc.mentions().iter().filter(|m| asked.contains(&m.span.start())).map(|m| {
            let label = match m.form {
                MentionForm::Role => "role".to_owned(),
                MentionForm::Pronoun => "pron".to_owned(),
                _ => name(m.kind),
            };
            (m.span, format!("[{label} "), format!(" = {}]", doc.entities()[m.entity].name))
        });
        wrap(doc.text(), marks.collect())
    });
}

#[test]
fn quotes() {
    run("quotes", |doc, case| {
        let mut marks: Vec<(Span, String, String)> = Vec::new();
        let mut before: Option<&Quote> = None;
        for quote in doc.quotes() {
            // Each segment may be a quote of its own, tied to the others by turn and cue.
            let goes_on = before.is_some_and(|b| quote.cue.is_some() && (b.turn, b.cue, b.kind) == (quote.turn, quote.cue, quote.kind));
            for (i, &content) in quote.content.iter().enumerate() {
                let speaker = doc.speaker(quote).map_or("-", |e| &e.name);
                let open = if goes_on || i > 0 { "[+: ".to_owned() } else { format!("[{} {speaker}: ", name(quote.kind)) };
                marks.push((content, open, "]".to_owned()));
            }
            if quote.kind != QuoteKind::Mixed {
                before = Some(quote);
            }
        }
        let mut around = |open: &str, close: &str, span: fn(&Quote) -> Option<Span>| {
            let spans: HashSet<Span> = doc.quotes().iter().filter(|_| case.text.contains(open)).filter_map(span).collect();
            marks.extend(spans.into_iter().map(|s| (s, open.to_owned(), close.to_owned())));
        };
        around("{", "}", |q| q.cue);
        around("<", ">", |q| q.source);
        wrap(doc.text(), marks)
    });
}
