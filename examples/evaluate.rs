//! Scores spalte against gold data: tokens, sentences and names against CoNLL-U, quotes and speakers against JSON, coreference against
//! brat's standoff.
//!
//! usage: evaluate [GOLD.conllu | GOLD.json | GOLD.ann]...      without a file, the gold of the shipped articles
//!
//! CoNLL-U: the text is made again from the forms, `SpaceAfter=No` and `# newpar`; names stand in MISC as `name=B-PER`. `X.gold.json` holds
//! `{"quotes": [{"kind": "direct", "span": [start, end], "resolved": "Kari Nordheim"}]}` for the article `X.txt` beside it: one span a
//! segment in bytes, and the speaker's fullest name, absent where the article does not tell. Spans are right where they are equal but for
//! white space, for quotes but for marks at their edges too.
//!
//! `X.ann` holds the chains of the article `X.txt` beside it, as NARC has them: `T1⇥Markable 0 3⇥Kari`, `R1⇥Coref Arg1:T2 Arg2:T1`, offsets in
//! characters. Of names that are found where the gold has a markable, pairs of one chain must share an entity. A surname alone, and a pronoun
//! of the third person singular, must belong to the entity of a name of its chain.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;

use serde::Deserialize;
use spalte::{Article, Document, EntityKind, Mention, OffsetTable, Offsets, Pipeline, QuoteKind};

type Spans = BTreeSet<(usize, usize)>;
type Labelled = BTreeSet<(usize, usize, String)>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles");
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "conllu" || e == "json" || e == "ann") {
                files.push(path.to_string_lossy().into_owned());
            }
        }
        files.sort();
    }
    let pipeline = Pipeline::new();
    let (mut tokens, mut sentences, mut names, mut quotes, mut speakers) = <(Score, Score, Score, Score, Score)>::default();
    let mut links = Links::default();
    for file in &files {
        let gold = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        if file.ends_with(".conllu") {
            let gold = Treebank::read(&gold).map_err(|e| format!("{file}: {e}"))?;
            let doc = pipeline.annotate(Article::from_text(gold.text.as_str()));
            let spans = |list: Vec<spalte::Span>| -> Spans { list.iter().map(|s| (s.start(), s.end())).collect() };
            tokens.add(&gold.tokens, &spans(doc.tokens().iter().map(|t| t.span).collect()));
            sentences.add(&gold.sentences, &spans(doc.sentences().iter().map(|s| s.span).collect()));
            let found = doc.mentions().iter().filter(|m| m.is_name());
            names.add(&gold.names, &found.map(|m| (m.span.start(), m.span.end(), m.kind.label().to_owned())).collect());
            continue;
        }
        let article = Path::new(file.trim_end_matches(".json").trim_end_matches(".gold")).with_extension("txt");
        let text = std::fs::read_to_string(&article).map_err(|e| format!("{}: {e}", article.display()))?;
        if file.ends_with(".ann") {
            links.add(&Chains::read(&gold).map_err(|e| format!("{file}: {e}"))?, &pipeline.annotate(text));
        } else {
            let gold: QuoteGold = serde_json::from_str(&gold).map_err(|e| format!("{file}: {e}"))?;
            let doc = pipeline.annotate(Article::from_text(text));
            let wanted = gold.quotes.iter().map(|q| (trim(doc.text(), q.span), (q.kind, q.resolved.clone())));
            let (wanted, found): (Vec<_>, Vec<_>) = (wanted.collect(), segments(&doc));
            let spans = |list: &[Segment]| -> Labelled { list.iter().map(|(s, (kind, _))| (s.0, s.1, kind.to_string())).collect() };
            let whole = |list: &[Segment]| -> Labelled { list.iter().map(|(s, (k, who))| (s.0, s.1, format!("{k} {who:?}"))).collect() };
            quotes.add(&spans(&wanted), &spans(&found));
            speakers.add(&whole(&wanted), &whole(&found));
        }
    }
    for (name, score) in
        [("tokens", tokens), ("sentences", sentences), ("names", names), ("quotes", quotes), ("quotes and speakers", speakers)]
    {
        score.print(name);
    }
    for (name, score) in [("names linked", links.names), ("surnames linked", links.surnames), ("pronouns linked", links.pronouns)] {
        score.print(name);
    }
    Ok(())
}

/// A segment of a quote: its span, its kind, and who says it.
type Segment = ((usize, usize), (QuoteKind, Option<String>));

fn segments(doc: &Document) -> Vec<Segment> {
    let each = doc.quotes().iter().flat_map(|quote| {
        let who = doc.speaker(quote).map(|entity| entity.name.clone());
        quote.content.iter().map(move |s| ((s.start(), s.end()), (quote.kind, who.clone())))
    });
    each.map(|(span, rest)| (trim(doc.text(), span), rest)).collect()
}

/// A span without white space and marks at its edges.
fn trim(text: &str, (start, end): (usize, usize)) -> (usize, usize) {
    let edge = |c: char| c.is_whitespace() || ".,:;!?…–-—«»\"“”„'".contains(c);
    let Some(inside) = text.get(start..end) else { return (start, end) };
    let left = inside.len() - inside.trim_start_matches(edge).len();
    (start + left, start + left.max(inside.trim_end_matches(edge).len()))
}

#[derive(Deserialize)]
struct QuoteGold {
    quotes: Vec<GoldQuote>,
}

#[derive(Deserialize)]
struct GoldQuote {
    kind: QuoteKind,
    span: (usize, usize),
    resolved: Option<String>,
}

/// A treebank's text and its layers.
#[derive(Default)]
struct Treebank {
    text: String,
    tokens: Spans,
    sentences: Spans,
    names: Labelled,
}

impl Treebank {
    fn read(conllu: &str) -> Result<Treebank, String> {
        let mut bank = Treebank::default();
        let mut first: Option<usize> = None;
        let mut end = 0;
        let mut name: Option<(usize, String)> = None;
        for (n, line) in conllu.lines().chain([""]).enumerate() {
            if line.starts_with('#') {
                if line.starts_with("# newpar") && !bank.text.is_empty() {
                    bank.text.truncate(bank.text.trim_end().len());
                    bank.text.push_str("\n\n");
                }
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            let tag = cells.get(9).and_then(|misc| misc.split('|').find_map(|m| m.strip_prefix("name="))).unwrap_or("O");
            if let Some((start, kind)) = name.take_if(|(_, kind)| tag != format!("I-{kind}")) {
                bank.names.insert((start, end, kind.split('_').next().unwrap_or(&kind).to_owned()));
            }
            if line.is_empty() {
                bank.sentences.extend(first.take().map(|start| (start, end)));
                continue;
            }
            if cells.len() != 10 {
                return Err(format!("line {}: {} cells, not 10", n + 1, cells.len()));
            }
            if cells[0].contains(['-', '.']) {
                continue;
            }
            let start = bank.text.len();
            if let Some(kind) = tag.strip_prefix("B-") {
                name = Some((start, kind.to_owned()));
            }
            bank.text.push_str(cells[1]);
            end = bank.text.len();
            bank.tokens.insert((start, end));
            first.get_or_insert(start);
            if !cells[9].split('|').any(|m| m == "SpaceAfter=No") {
                bank.text.push(' ');
            }
        }
        Ok(bank)
    }
}

/// The markables of an article, by their characters, each with its text and the number of its chain. Markables in several pieces are left out.
#[derive(Default)]
struct Chains {
    markables: HashMap<(usize, usize), (usize, String)>,
}

impl Chains {
    fn read(ann: &str) -> Result<Chains, String> {
        let lines: Vec<Vec<&str>> = ann.lines().map(|line| line.split('\t').collect()).collect();
        let of = |letter: char| lines.iter().filter(move |cells| cells[0].starts_with(letter) && cells.len() > 1);
        let mut chain_of: HashMap<&str, usize> = of('T').enumerate().map(|(i, cells)| (cells[0], i)).collect();
        for relation in of('R') {
            let Some(pair) = relation[1].strip_prefix("Coref Arg1:") else { continue };
            let ends = pair.split_once(" Arg2:").and_then(|(a, b)| Some((*chain_of.get(a)?, *chain_of.get(b.trim())?)));
            let (from, to) = ends.ok_or(format!("{}: no such markables", relation[0]))?;
            chain_of.values_mut().filter(|c| **c == from).for_each(|c| *c = to);
        }
        let mut chains = Chains::default();
        for markable in of('T') {
            if let [_, start, end] = markable[1].split(' ').collect::<Vec<_>>()[..]
                && let (Ok(start), Ok(end), Some(text)) = (start.parse(), end.parse(), markable.get(2))
            {
                chains.markables.insert((start, end), (chain_of[markable[0]], (*text).to_owned()));
            }
        }
        Ok(chains)
    }
}

/// How mentions are linked, of those that are found where the gold has a markable.
#[derive(Default)]
struct Links {
    /// Pairs of names.
    names: Score,
    /// Surnames of persons whose chain has a full name.
    surnames: Score,
    /// Pronouns of persons whose chain has a name.
    pronouns: Score,
}

impl Links {
    fn add(&mut self, gold: &Chains, doc: &Document) {
        let table = OffsetTable::new(doc.text(), Offsets::Chars);
        let at = |m: &Mention| (table.get(m.span.start()), table.get(m.span.end()));
        let found: HashMap<(usize, usize), &Mention> = doc.mentions().iter().map(|m| (at(m), m)).collect();
        let both: Vec<(usize, &Mention)> = gold.markables.iter().filter_map(|(at, (chain, _))| Some((*chain, *found.get(at)?))).collect();
        let names: Vec<(usize, &Mention)> = both.into_iter().filter(|(_, m)| m.is_name()).collect();
        for (i, (chain, mention)) in names.iter().enumerate() {
            for (other_chain, other) in &names[..i] {
                let (wanted, linked) = (chain == other_chain, mention.entity == other.entity);
                self.names.gold += usize::from(wanted);
                self.names.found += usize::from(linked);
                self.names.right += usize::from(wanted && linked);
            }
        }
        // The chain of an entity is that of most of its names; a person's surnames are the last words of full names in the chain.
        let mut counts: HashMap<(usize, usize), usize> = HashMap::new();
        let mut surnames: HashMap<usize, BTreeSet<&str>> = HashMap::new();
        for (chain, mention) in &names {
            *counts.entry((mention.entity, *chain)).or_default() += 1;
            if mention.kind == EntityKind::Per {
                surnames.entry(*chain).or_default().extend(doc[mention.span].rsplit_once(' ').map(|(_, last)| last));
            }
        }
        let chain_of =
            |entity: usize| counts.iter().filter(|((e, _), _)| *e == entity).max_by_key(|&(id, n)| (n, id)).map(|((_, chain), _)| *chain);
        for (at, (chain, text)) in &gold.markables {
            let Some(surnames) = surnames.get(chain) else { continue };
            let pronoun = ["han", "ham", "hun", "henne", "ho"].contains(&text.to_lowercase().as_str());
            let surname = !text.contains(' ') && surnames.iter().any(|last| is_of(text, last) || is_of(last, text));
            let score = match (pronoun, surname) {
                (true, _) => &mut self.pronouns,
                (_, true) => &mut self.surnames,
                _ => continue,
            };
            score.gold += 1;
            let Some(mention) = found.get(at) else { continue };
            score.found += 1;
            let full = pronoun || doc.entities()[mention.entity].name.contains(' ');
            score.right += usize::from(full && chain_of(mention.entity) == Some(*chain));
        }
    }
}

/// Whether a form is a name or its genitive.
fn is_of(form: &str, name: &str) -> bool {
    form.strip_prefix(name).is_some_and(|ending| matches!(ending, "" | "s" | "'" | "’"))
}

/// Counts of what is right, found and wanted.
#[derive(Default)]
struct Score {
    right: usize,
    found: usize,
    gold: usize,
}

impl Score {
    fn add<T: Ord>(&mut self, gold: &BTreeSet<T>, found: &BTreeSet<T>) {
        self.right += gold.intersection(found).count();
        self.found += found.len();
        self.gold += gold.len();
    }

    fn print(&self, name: &str) {
        if self.gold == 0 {
            return;
        }
        let share = |of: usize| if of == 0 { 0.0 } else { 100.0 * self.right as f64 / of as f64 };
        let (p, r) = (share(self.found), share(self.gold));
        let f = if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
        println!("{name:20} P {p:6.2}  R {r:6.2}  F {f:6.2}   ({} right of {} found, {} gold)", self.right, self.found, self.gold);
    }
}
