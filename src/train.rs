//! Makes a model of the tagger from annotated and running text (feature `train`).
//!
//! The annotated text is NorNE's training part, the running text NoReC's; both varieties are trained on together. The same corpora give the
//! same model, bit for bit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::abbreviations::Abbreviations;
use crate::article::{Article, BlockKind};
use crate::coref;
use crate::document::Document;
use crate::error::Error;
use crate::gazetteer::{Gazetteer, Hit};
use crate::kinds::{COLUMNS, Pool, known, known_by};
use crate::lexicon::{Lexicon, Word, read_words};
use crate::marks;
use crate::names::{self, EntityKind, Sense, Source};
use crate::normalize;
use crate::pipeline::block_tokens;
use crate::sentence::{self, Sentence, SplitOptions};
use crate::span::Span;
use crate::tagger::{Classes, LABELS, Lattice, O, Reading, STATES, Slots, Tagger, Transitions, WordClass, extended, label};
use crate::tokenize::{Token, TokenKind, tokenize, tokenize_with};
use crate::variety::Variety;

/// The binary logarithm of the number of rows of weights.
const ROW_BITS: u32 = 17;
/// The binary logarithm of the number of slots for word classes.
const CLASS_BITS: u32 = 18;
/// The binary logarithm of the number of rows of weights that tell kinds.
const KIND_BITS: u32 = 16;
/// The binary logarithm of the number of slots for names known from running text.
const KNOWN_BITS: u32 = 17;
/// How often all names are gone through.
const KIND_ROUNDS: usize = 3;
/// How far the first steps go that the weights that tell kinds take.
const RATE: f32 = 0.1;
/// How often all examples are gone through, for the model and for those that label its own examples.
const EPOCHS: [usize; 2] = [10, 6];
/// The models of so many orders of the examples are added up, for the model and for those that find the names of which kinds are learnt.
const SEEDS: [u64; 2] = [24, 3];
/// The parts of the articles, each labelled by a model of the other parts.
const PARTS: usize = 4;
/// By how much the right label must beat others.
const MARGIN: f32 = 5.0;

/// Reads the folder `corpora` (`norne/train/{nb,nn}/*.conll` and `norec.txt.xz`, which the program `xz` unpacks) and returns the bytes of a
/// model. The word classes are those of `classes`, where it is given, or are learnt anew. What is done is told to `log`.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read, [`Error::Table`] where it is not as expected, [`Error::Model`] for the bytes of `classes`.
pub fn train(corpora: &Path, classes: Option<&Tagger>, log: &dyn Fn(&str)) -> Result<Vec<u8>, Error> {
    let articles = read_articles(&corpora.join("norne/train"))?;
    let running = corpora.join("norec.txt.xz");
    let slots = match classes {
        Some(tagger) => tagger.classes().slots.slots(),
        None => learn_classes(&articles, &running, log)?,
    };
    log(&format!("{} articles", articles.len()));
    fit(&articles.iter().collect::<Vec<_>>(), &slots, &running, log)
}

/// Names right, found and expected, by variety and kind.
type Counts = BTreeMap<(String, String), [usize; 3]>;

/// Trains on the articles of all sources but some, and measures on those, for each source once; then on all, and measures on `development`,
/// a folder like `norne/train`, where it is given. Returns a table.
///
/// # Errors
/// Those of [`train`].
pub fn cross_validate(corpora: &Path, classes: &Tagger, development: Option<&Path>, log: &dyn Fn(&str)) -> Result<String, Error> {
    let articles = read_articles(&corpora.join("norne/train"))?;
    let (slots, running) = (classes.classes().slots.slots(), corpora.join("norec.txt.xz"));
    let all: Vec<&Annotated> = articles.iter().collect();
    let mut counts = Counts::new();
    for (held, kept) in by_source(&all) {
        let tagger = Tagger::from_bytes(fit(&kept, &slots, &running, log)?)?;
        held.iter().for_each(|article| article.measure(&tagger, &mut counts));
    }
    let mut out = format!("by source\n{}", table(&counts));
    if let Some(folder) = development {
        let tagger = Tagger::from_bytes(fit(&all, &slots, &running, log)?)?;
        let mut counts = Counts::new();
        read_articles(folder)?.iter().for_each(|article| article.measure(&tagger, &mut counts));
        out += &format!("development\n{}", table(&counts));
    }
    Ok(out)
}

/// The articles in parts of whole sources, each with the articles of the other parts.
fn by_source<'a>(articles: &[&'a Annotated]) -> Vec<(Vec<&'a Annotated>, Vec<&'a Annotated>)> {
    let mut sources: Vec<(usize, &str)> = Vec::new();
    for article in articles {
        match sources.iter_mut().find(|(_, s)| *s == article.source) {
            Some((n, _)) => *n += article.gold.len(),
            None => sources.push((article.gold.len(), &article.source)),
        }
    }
    // The largest first, each to the part that has least.
    sources.sort_by_key(|&(n, s)| (std::cmp::Reverse(n), s));
    let mut parts: Vec<(usize, HashSet<&str>)> = vec![Default::default(); PARTS];
    for (n, source) in sources {
        if let Some(part) = parts.iter_mut().min_by_key(|(size, _)| *size) {
            part.0 += n;
            part.1.insert(source);
        }
    }
    parts.iter().map(|(_, part)| articles.iter().partition(|a| part.contains(a.source.as_str()))).collect()
}

fn table(counts: &Counts) -> String {
    let mut out = String::new();
    for ((variety, kind), &[right, found, expected]) in counts {
        let share = |of: usize| 100.0 * right as f64 / of.max(1) as f64;
        let f = 200.0 * right as f64 / (found + expected).max(1) as f64;
        out += &format!(
            "{variety} {kind:8} P {:6.2}  R {:6.2}  F {f:6.2}  ({right} of {found} found, {expected} gold)\n",
            share(found),
            share(expected)
        );
    }
    out
}

/// The kind of a name and, of a place with a government, its sense.
type Label = (EntityKind, Option<Sense>);

/// The features of the names that are spelt alike in an article with their values, and how many of them are of a kind.
struct Judged {
    features: Vec<(u32, f32)>,
    kind: usize,
    weight: f32,
}

/// An article with its names.
struct Annotated {
    source: String,
    doc: Document,
    words: Vec<Word<'static>>,
    hits: Vec<Hit>,
    /// The label of each token.
    gold: Vec<u8>,
}

impl Annotated {
    fn source(&self) -> Source<'_> {
        Source { doc: &self.doc, words: &self.words, lexicon: Lexicon::bundled(), gazetteer: Gazetteer::bundled() }
    }

    /// The names with their tokens.
    fn names(&self) -> impl Iterator<Item = (Range<usize>, Label)> {
        let starts = (0..self.gold.len()).filter(|&i| self.gold[i] != O && self.gold[i] & 1 == 0);
        starts.map(|i| {
            let end = (i + 1..self.gold.len()).find(|&j| self.gold[j] == O || self.gold[j] & 1 == 0).unwrap_or(self.gold.len());
            (i..end, label(self.gold[i]))
        })
    }

    /// What is to be learnt of the kinds of the names that the tagger finds as they are.
    fn judged(&self, tagger: &Tagger, known: Slots<'_>) -> Vec<Judged> {
        let source = self.source();
        let names = tagger.tag(&source, &self.hits, &|_| false);
        let pool = Pool::new(&source, tagger.classes(), known, &names);
        let gold: HashMap<Range<usize>, Label> = self.names().collect();
        let mut features = vec![Vec::new(); pool.entities.len()];
        pool.features(|entity, feature, value| features[entity].push(((feature >> (64 - KIND_BITS)) as u32, value)));
        let mut judged = Vec::new();
        for (members, features) in pool.entities.iter().zip(features) {
            let mut counts = [0.0; COLUMNS];
            members.iter().filter_map(|&n| gold.get(&names[n].tokens)).for_each(|label| counts[label.0 as usize] += 1.0);
            for (kind, weight) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0.0) {
                judged.push(Judged { features: features.clone(), kind, weight });
            }
        }
        judged
    }

    /// Counts the names that are found right.
    fn measure(&self, tagger: &Tagger, counts: &mut Counts) {
        let mut doc = self.doc.clone();
        doc.mentions = names::find(&self.source(), Some(tagger), Vec::new());
        let marked = marks::marked(&doc);
        coref::link(&mut doc, &self.words, Lexicon::bundled(), Gazetteer::bundled(), &marked);
        let found: HashSet<_> =
            doc.mentions.iter().filter(|m| m.is_name()).map(|m| (m.span.start(), m.span.end(), (m.kind, m.sense))).collect();
        let tokens = self.doc.tokens();
        let gold: HashSet<_> = self.names().map(|(t, label)| (tokens[t.start].span.start(), tokens[t.end - 1].span.end(), label)).collect();
        let variety = self.doc.variety().to_string();
        let mut count = |kind: &str, right: usize, found: usize, expected: usize| {
            let c = counts.entry((variety.clone(), kind.to_owned())).or_default();
            *c = [c[0] + right, c[1] + found, c[2] + expected];
        };
        count("9 types", found.intersection(&gold).count(), found.len(), gold.len());
        let coarse =
            |set: HashSet<(usize, usize, Label)>| -> HashSet<_> { set.into_iter().map(|(s, e, (kind, _))| (s, e, kind)).collect() };
        let (found, gold) = (coarse(found), coarse(gold));
        count("8 types", found.intersection(&gold).count(), found.len(), gold.len());
        let spans = |set: &HashSet<(usize, usize, EntityKind)>| -> HashSet<_> { set.iter().map(|n| (n.0, n.1)).collect() };
        count("untyped", spans(&found).intersection(&spans(&gold)).count(), found.len(), gold.len());
        for name in &found {
            count(name.2.label(), usize::from(gold.contains(name)), 1, 0);
        }
        for name in &gold {
            count(name.2.label(), 0, 0, 1);
        }
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Io { path: path.clone(), source }
}

/// Reads `folder/{nb,nn}/*.conll`.
fn read_articles(folder: &Path) -> Result<Vec<Annotated>, Error> {
    let mut articles = Vec::new();
    for (variety, code) in [(Variety::Bokmaal, "nb"), (Variety::Nynorsk, "nn")] {
        let folder = folder.join(code);
        let entries = std::fs::read_dir(&folder).map_err(io(&folder))?;
        let mut paths = entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<PathBuf>, _>>().map_err(io(&folder))?;
        paths.retain(|p| p.extension().is_some_and(|e| e == "conll"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            let source = path.file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
            let source =
                format!("{code} {}", source.split(|c: char| c.is_ascii_digit() || c == '-' || c == '_').next().unwrap_or_default());
            articles.push(read_article(&path.display().to_string(), &text, source, variety)?);
        }
    }
    Ok(articles)
}

/// Reads an article in NorNE's format: a token a line, an empty line after a sentence, a token `|` after a heading.
fn read_article(file: &str, text: &str, source: String, variety: Variety) -> Result<Annotated, Error> {
    let mut builder = Article::builder();
    let mut sentences: Vec<Vec<&str>> = Vec::new();
    let mut gold = Vec::new();
    let mut sentence = Vec::new();
    let mut heading = false;
    for (n, line) in text.lines().chain([""]).enumerate() {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() < 2 {
            if !sentence.is_empty() {
                builder = builder.block(if heading { BlockKind::Heading } else { BlockKind::Paragraph }, &sentence.join(" "));
                sentences.push(std::mem::take(&mut sentence));
            }
            heading = false;
            continue;
        }
        let form = cells[1].trim();
        heading |= form == "|";
        if form == "|" || form.is_empty() {
            continue;
        }
        let tag = cells.last().and_then(|c| c.split('|').find_map(|f| f.strip_prefix("name="))).unwrap_or("O");
        let label = match tag {
            "O" | "B-MISC" | "I-MISC" => O,
            _ => (0..LABELS as u8)
                .find(|&l| tag == tag_of(l))
                .ok_or_else(|| Error::table(file, n + 1, "name", "one of NorNE's labels", tag))?,
        };
        gold.push(label);
        sentence.push(form);
    }
    let mut doc = Document::unannotated(builder.build());
    doc.variety = variety;
    for (block, sentence) in sentences.iter().enumerate() {
        let first = doc.tokens.len();
        let mut start = doc.blocks()[block].span.start();
        for form in sentence {
            let parts = tokenize(form);
            let word = if form.contains(char::is_alphabetic) { TokenKind::Word } else { TokenKind::Symbol };
            let kind = if let [part] = parts[..] { part.kind } else { word };
            doc.tokens.push(Token { span: Span::new(start, start + form.len()), kind });
            start += form.len() + 1;
        }
        let tokens = first..doc.tokens.len();
        doc.sentences.push(Sentence { span: doc.blocks()[block].span, block, tokens });
    }
    // They live as long as the training, which is the whole run.
    let keys = Box::leak(Box::new(normalize::keys(doc.text(), doc.tokens())));
    let words = read_words(Lexicon::bundled(), doc.text(), doc.tokens(), keys);
    let hits = Gazetteer::bundled().find(doc.text(), doc.tokens(), doc.sentences());
    Ok(Annotated { source, doc, words, hits, gold })
}

/// NorNE's name of a label.
fn tag_of(l: u8) -> String {
    let (kind, sense) = label(l);
    let sense = match sense {
        Some(Sense::Loc) => "_LOC",
        Some(Sense::Org) => "_ORG",
        None => "",
    };
    format!("{}-{kind}{sense}", if l & 1 == 0 { 'B' } else { 'I' })
}

/// Rows of weights for each candidate.
#[derive(Default)]
struct Rows {
    ends: Vec<usize>,
    rows: Vec<u32>,
}

impl Rows {
    fn gather(candidates: usize, features: impl FnOnce(&mut dyn FnMut(usize, u64))) -> Rows {
        let mut all = Vec::new();
        features(&mut |candidate, feature| all.push((candidate, (feature >> (64 - ROW_BITS)) as u32)));
        let ends = (0..candidates).map(|c| all.partition_point(|&(of, _)| of <= c)).collect();
        Rows { ends, rows: all.into_iter().map(|(_, row)| row).collect() }
    }

    fn of(&self, candidate: usize) -> &[u32] {
        let Some(&end) = self.ends.get(candidate) else { return &[] };
        let start = if candidate == 0 { 0 } else { self.ends[candidate - 1] };
        &self.rows[start..end]
    }
}

/// An article as the learner sees it.
struct Example {
    runs: Vec<Range<usize>>,
    gold: Vec<u8>,
    features: Rows,
    /// Empty until the article has been labelled.
    evidence: Rows,
}

/// A model in the making.
struct Weights {
    rows: Vec<f32>,
    transitions: Transitions,
}

impl Weights {
    fn score(&self, rows: [&[u32]; 2]) -> [f32; LABELS] {
        let mut scores = [0.0; LABELS];
        for &row in rows.into_iter().flatten() {
            let weights = &self.rows[row as usize * LABELS..][..LABELS];
            scores.iter_mut().zip(weights).for_each(|(s, w)| *s += w);
        }
        scores
    }

    /// The labels of an example, by its features alone.
    fn label(&self, example: &Example) -> Vec<u8> {
        let mut labels = vec![O; example.gold.len()];
        for run in &example.runs {
            let scores: Vec<_> = run.clone().map(|c| extended(self.score([example.features.of(c), &[]]))).collect();
            Lattice::default().decode(&self.transitions, &scores, &mut labels[run.clone()]);
        }
        labels
    }
}

/// Numbers in a random order that is the same each time (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            list.swap(i, (self.0 % (i as u64 + 1)) as usize);
        }
    }
}

/// The averaged structured perceptron (Collins 2002) with a margin: each run of each example is labelled with all wrong labels favoured, and
/// where that gives wrong labels, weights move from theirs to the right ones. With evidence, each run is gone through with it and without.
fn learn(examples: &[&Example], epochs: usize, seed: u64) -> Weights {
    let size = LABELS << ROW_BITS;
    let mut now = Weights { rows: vec![0.0; size], transitions: [[0.0; STATES]; STATES] };
    let mut sum = Weights { rows: vec![0.0; size], transitions: [[0.0; STATES]; STATES] };
    let mut items = Vec::new();
    for (e, example) in examples.iter().enumerate() {
        for run in &example.runs {
            items.push((e, run.clone(), false));
            if !example.evidence.ends.is_empty() {
                items.push((e, run.clone(), true));
            }
        }
    }
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (mut scores, mut labels, mut lattice) = (Vec::new(), Vec::new(), Lattice::default());
    let nothing = Rows::default();
    let mut step = 1.0;
    for _ in 0..epochs {
        random.shuffle(&mut items);
        for (e, run, with_evidence) in &items {
            let example = examples[*e];
            let evidence = if *with_evidence { &example.evidence } else { &nothing };
            let gold = &example.gold[run.clone()];
            scores.clear();
            for (candidate, &right) in run.clone().zip(gold) {
                let mut score = extended(now.score([example.features.of(candidate), evidence.of(candidate)]));
                score.iter_mut().for_each(|s| *s += MARGIN);
                score[right as usize] -= MARGIN;
                scores.push(score);
            }
            labels.clear();
            labels.resize(run.len(), O);
            lattice.decode(&now.transitions, &scores, &mut labels);
            step += 1.0;
            if labels == gold {
                continue;
            }
            let mut before = (O, O);
            for (candidate, (&wrong, &right)) in run.clone().zip(labels.iter().zip(gold)) {
                for (from, to, by) in [(before.0, wrong, -1.0), (before.1, right, 1.0)] {
                    now.transitions[from as usize][to as usize] += by;
                    sum.transitions[from as usize][to as usize] += by * step;
                }
                before = (wrong, right);
                if wrong == right {
                    continue;
                }
                for &row in example.features.of(candidate).iter().chain(evidence.of(candidate)) {
                    for (label, by) in [(wrong, -1.0), (right, 1.0)] {
                        if label != O {
                            let at = row as usize * LABELS + label as usize;
                            now.rows[at] += by;
                            sum.rows[at] += by * step;
                        }
                    }
                }
            }
        }
    }
    let average = |now: &mut f32, sum: &f32| *now -= sum / step;
    now.rows.iter_mut().zip(&sum.rows).for_each(|(n, s)| average(n, s));
    now.transitions.iter_mut().flatten().zip(sum.transitions.iter().flatten()).for_each(|(n, s)| average(n, s));
    now
}

/// Runs jobs on two threads; the results are in the order of the jobs.
fn in_parallel<T: Send>(jobs: Vec<Box<dyn Fn() -> T + Send + Sync + '_>>) -> Vec<T> {
    let mut done = Vec::new();
    for pair in jobs.chunks(2) {
        thread::scope(|scope| {
            let running: Vec<_> = pair.iter().map(|job| scope.spawn(job)).collect();
            done.extend(running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        });
    }
    done
}

/// Trains on the articles and returns a model's bytes: the tagger first, then what tells the kinds of the names that it finds, which is learnt
/// from the names of each part of the sources as taggers of the other parts find them.
fn fit(articles: &[&Annotated], slots: &[u32], running: &Path, log: &dyn Fn(&str)) -> Result<Vec<u8>, Error> {
    let tagger = Tagger::from_bytes(fit_tagger(articles, slots, SEEDS[0], log))?;
    let known = survey(running, &tagger)?;
    log("read the running text");
    let bytes: Vec<u8> = known.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut judged = Vec::new();
    for (held, kept) in by_source(articles) {
        let tagger = Tagger::from_bytes(fit_tagger(&kept, slots, SEEDS[1], log))?;
        judged.extend(held.iter().flat_map(|article| article.judged(&tagger, Slots::new(&bytes))));
    }
    let rows = learn_kinds(&judged);
    log(&format!("learnt the kinds of {} names", judged.len()));
    Ok(tagger.with_kinds(&in_bytes(rows.iter().flatten()), &known))
}

/// What the tagger finds in running text, a table of names.
fn survey(path: &Path, tagger: &Tagger) -> Result<Vec<u32>, Error> {
    let mut counts: HashMap<u64, [u32; COLUMNS]> = HashMap::new();
    let mut text = String::new();
    let mut read = |text: String| {
        let mut doc = Document::unannotated(Article::from_text(text));
        let blocks: Vec<Span> = doc.blocks().iter().map(|b| b.span).collect();
        doc.tokens = block_tokens(&doc, Abbreviations::bundled());
        doc.sentences = sentence::split(doc.text(), &doc.tokens, &blocks, Abbreviations::bundled(), &SplitOptions::default());
        let keys = normalize::keys(doc.text(), &doc.tokens);
        let words = read_words(Lexicon::bundled(), doc.text(), &doc.tokens, &keys);
        let source = Source { doc: &doc, words: &words, lexicon: Lexicon::bundled(), gazetteer: Gazetteer::bundled() };
        let hits = source.gazetteer.find(doc.text(), doc.tokens(), doc.sentences());
        for name in tagger.tag(&source, &hits, &|_| false) {
            for by in known_by(&source, &name.tokens) {
                counts.entry(by).or_default()[name.kind as usize] += 1;
            }
        }
    };
    unpack(path, |line| {
        // A form feed opens a document.
        if line.contains('\u{c}') {
            read(std::mem::take(&mut text));
        }
        text.push_str(line);
        text.push('\n');
    })?;
    read(text);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, counts)| (std::cmp::Reverse(counts.iter().sum::<u32>()), *name));
    Ok(Slots::table(counts.iter().filter_map(|(name, counts)| Some((*name, known(counts)?))), KNOWN_BITS))
}

/// Calls `read` with each line of a file that the program `xz` unpacks.
fn unpack(path: &Path, mut read: impl FnMut(&str)) -> Result<(), Error> {
    let mut unpacked = Command::new("xz").arg("-dc").arg(path).stdout(Stdio::piped()).spawn().map_err(io(path))?;
    for line in unpacked.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines) {
        read(&line.map_err(io(path))?);
    }
    let status = unpacked.wait().map_err(io(path))?;
    if status.success() { Ok(()) } else { Err(io(path)(std::io::Error::other(format!("xz: {status}")))) }
}

/// Logistic regression by steps that grow smaller with what was gone before (AdaGrad, Duchi et al. 2011), the weights of all steps averaged.
fn learn_kinds(judged: &[Judged]) -> Vec<[f32; COLUMNS]> {
    let mut sum = vec![[0.0; COLUMNS]; 1 << KIND_BITS];
    for seed in 0..SEEDS[0] {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut order: Vec<&Judged> = judged.iter().collect();
        let mut now = vec![[0.0f32; COLUMNS]; 1 << KIND_BITS];
        let mut gone = vec![[0.01f32; COLUMNS]; 1 << KIND_BITS];
        let all = (KIND_ROUNDS * judged.len()) as f32;
        let mut left = all;
        for _ in 0..KIND_ROUNDS {
            random.shuffle(&mut order);
            for example in &order {
                let slope = example.slope(&now);
                for &(row, value) in &example.features {
                    let row = row as usize;
                    for k in 0..COLUMNS {
                        let by = slope[k] * value;
                        gone[row][k] += by * by;
                        let step = RATE * by / gone[row][k].sqrt();
                        now[row][k] -= step;
                        sum[row][k] -= step * left / all;
                    }
                }
                left -= 1.0;
            }
        }
    }
    sum
}

impl Judged {
    /// How much the loss grows with each of the scores.
    fn slope(&self, rows: &[[f32; COLUMNS]]) -> [f32; COLUMNS] {
        let mut scores = [0.0; COLUMNS];
        for &(row, value) in &self.features {
            scores.iter_mut().zip(&rows[row as usize]).for_each(|(score, weight)| *score += value * weight);
        }
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let chances = scores.map(|score| (score - most).exp());
        let all: f32 = chances.iter().sum();
        let mut slope = chances.map(|chance| chance / all);
        slope[self.kind] -= 1.0;
        slope.map(|slope| slope * self.weight)
    }
}

/// Trains a tagger on the articles that is the sum of so many, and returns a model's bytes.
fn fit_tagger(articles: &[&Annotated], slots: &[u32], seeds: u64, log: &dyn Fn(&str)) -> Vec<u8> {
    let sources: Vec<Source<'_>> = articles.iter().map(|a| a.source()).collect();
    let bytes: Vec<u8> = slots.iter().flat_map(|s| s.to_le_bytes()).collect();
    let readings: Vec<Reading<'_>> = sources
        .iter()
        .zip(articles)
        .map(|(source, a)| Reading::new(source, Classes { slots: Slots::new(&bytes) }, &a.hits, &|_| false))
        .collect();
    let mut examples: Vec<Example> = readings.iter().zip(articles).map(|(reading, a)| example(reading, &a.gold)).collect();
    let parts: Vec<Box<dyn Fn() -> Vec<Vec<u8>> + Send + Sync + '_>> = (0..PARTS)
        .map(|part| -> Box<dyn Fn() -> Vec<Vec<u8>> + Send + Sync + '_> {
            let examples = &examples;
            Box::new(move || {
                let others: Vec<&Example> = examples.iter().enumerate().filter(|(i, _)| i % PARTS != part).map(|(_, e)| e).collect();
                let weights = learn(&others, EPOCHS[1], 1);
                examples.iter().skip(part).step_by(PARTS).map(|e| weights.label(e)).collect()
            })
        })
        .collect();
    let labelled = in_parallel(parts);
    for (i, example) in examples.iter_mut().enumerate() {
        let labels = &labelled[i % PARTS][i / PARTS];
        example.evidence = Rows::gather(labels.len(), |emit| readings[i].evidence(labels, emit));
    }
    log("labelled the articles by models of the others");
    let all: Vec<&Example> = examples.iter().collect();
    let jobs = (0..seeds).map(|seed| -> Box<dyn Fn() -> Weights + Send + Sync + '_> {
        let all = &all;
        Box::new(move || learn(all, EPOCHS[0], seed + 1))
    });
    let mut weights = Weights { rows: vec![0.0; LABELS << ROW_BITS], transitions: [[0.0; STATES]; STATES] };
    for learnt in in_parallel(jobs.collect()) {
        weights.rows.iter_mut().zip(&learnt.rows).for_each(|(w, l)| *w += l);
        weights.transitions.iter_mut().flatten().zip(learnt.transitions.iter().flatten()).for_each(|(w, l)| *w += l);
    }
    log("learnt the weights");
    let record = format!(
        "{} articles, {} tokens; {seeds} orders of {} rounds, margin {MARGIN}",
        articles.len(),
        articles.iter().map(|a| a.gold.len()).sum::<usize>(),
        EPOCHS[0]
    );
    quantised(&record, &weights, slots)
}

fn example(reading: &Reading<'_>, gold: &[u8]) -> Example {
    let (mut runs, mut labels) = (Vec::new(), Vec::new());
    for (candidates, tokens) in reading.runs() {
        runs.push(candidates);
        labels.extend_from_slice(&gold[tokens.clone()]);
        // A name that begins outside the run is not to be found.
        let first = labels.len() - tokens.len();
        labels[first..].iter_mut().take_while(|l| **l != O && **l % 2 == 1).for_each(|l| *l = O);
    }
    let features = Rows::gather(reading.candidates(), |emit| reading.features(emit));
    Example { runs, gold: labels, features, evidence: Rows::default() }
}

fn most<'a>(weights: impl Iterator<Item = &'a f32>) -> f32 {
    weights.fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs()))
}

/// Weights in a byte each, as signed square roots.
fn in_bytes<'a>(weights: impl Iterator<Item = &'a f32> + Clone) -> Vec<i8> {
    let most = most(weights.clone());
    weights.map(|w| (127.0 * (w.abs() / most).sqrt()).round().copysign(*w) as i8).collect()
}

/// The bytes of a model with these weights.
fn quantised(record: &str, weights: &Weights, slots: &[u32]) -> Vec<u8> {
    let most = most(weights.rows.iter());
    let rows = in_bytes(weights.rows.iter());
    let transitions = weights.transitions.map(|from| from.map(|t| (t / most * 127.0 * 127.0).round() as i32));
    Tagger::write(record, &transitions, &rows, slots)
}

/// A word form's count, and how it is written inside sentences, by its small letters.
#[derive(Default)]
struct Vocabulary {
    ids: HashMap<Box<str>, u32>,
    counts: Vec<u32>,
    cases: HashMap<String, [u32; 2]>,
    /// The running text: forms, and [`BREAK`] between sentences.
    text: Vec<u32>,
}

const BREAK: u32 = u32::MAX;
/// How often a form must be seen to have a class.
const SEEN: u32 = 4;
/// How often all words are gone through for a better class.
const ROUNDS: usize = 14;

impl Vocabulary {
    fn add_sentence(&mut self, forms: &[&str]) {
        let capital = |form: &str| form.starts_with(char::is_uppercase);
        for form in forms {
            let id = match self.ids.get(*form) {
                Some(&id) => id,
                None => {
                    let id = self.counts.len() as u32;
                    self.ids.insert((*form).into(), id);
                    self.counts.push(0);
                    id
                }
            };
            self.counts[id as usize] += 1;
            self.text.push(id);
        }
        self.text.push(BREAK);
        // Headings in title case tell nothing.
        if forms.len() < 4 || forms.iter().filter(|f| capital(f)).count() * 5 > forms.len() * 3 {
            return;
        }
        for pair in forms.windows(2) {
            if pair[0].ends_with(|c: char| c.is_alphanumeric() || c == ',') && pair[1].starts_with(char::is_alphabetic) {
                self.cases.entry(pair[1].to_lowercase()).or_default()[usize::from(capital(pair[1]))] += 1;
            }
        }
    }

    /// How a word is written inside sentences: the share of capitals in seven buckets, and the number of digits of its count.
    fn caps(&self, form: &str) -> Option<(u16, u16)> {
        let &[small, capital] = self.cases.get(&form.to_lowercase())?;
        let count = small + capital;
        let share = f64::from(capital) / f64::from(count);
        let bucket = [0.01, 0.05, 0.2, 0.5, 0.8, 0.95].iter().filter(|&&edge| share >= edge).count();
        (count >= 3).then_some((bucket as u16, count.ilog10().min(3) as u16))
    }
}

/// Learns the classes of words from running text and the articles, unlabelled.
fn learn_classes(articles: &[Annotated], running: &Path, log: &dyn Fn(&str)) -> Result<Vec<u32>, Error> {
    let mut vocabulary = Vocabulary::default();
    for article in articles {
        for sentence in article.doc.sentences() {
            let forms: Vec<&str> = article.doc.tokens()[sentence.tokens.clone()].iter().map(|t| &article.doc[t.span]).collect();
            vocabulary.add_sentence(&forms);
        }
    }
    read_running(running, &mut vocabulary)?;
    log(&format!("{} forms in {} tokens", vocabulary.counts.len(), vocabulary.text.len()));
    let mut forms: Vec<(&str, u32)> = vocabulary.ids.iter().map(|(form, &id)| (form.as_ref(), id)).collect();
    forms.retain(|&(_, id)| vocabulary.counts[id as usize] >= SEEN);
    forms.sort_by_key(|&(form, id)| (std::cmp::Reverse(vocabulary.counts[id as usize]), form));
    // Ranks of the frequent forms, then one for all others and one for the break.
    let mut ranks = vec![forms.len() as u32; vocabulary.counts.len()];
    for (rank, &(_, id)) in forms.iter().enumerate() {
        ranks[id as usize] = rank as u32;
    }
    let rank = |id: u32| if id == BREAK { forms.len() as u32 + 1 } else { ranks[id as usize] };
    let mut pairs: Vec<(u32, u32)> = vocabulary.text.windows(2).map(|pair| (rank(pair[0]), rank(pair[1]))).collect();
    pairs.sort_unstable();
    let clusters = cluster(&pairs, forms.len(), log);
    let classed = forms.iter().zip(&clusters).map(|(&(form, _), &cluster)| (form, Some(cluster)));
    let mut cased: Vec<&str> = vocabulary.cases.keys().map(String::as_str).filter(|form| !vocabulary.ids.contains_key(*form)).collect();
    cased.sort_unstable();
    let all = classed.chain(cased.into_iter().map(|form| (form, None)));
    let all = all
        .map(|(form, cluster)| (form, WordClass::new(cluster, vocabulary.caps(form))))
        .filter(|(_, class)| *class != WordClass::default());
    Ok(Classes::table(all, CLASS_BITS))
}

/// Reads running text, a paragraph a line; long lines that come again are left out.
fn read_running(path: &Path, vocabulary: &mut Vocabulary) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut tokens = Vec::new();
    unpack(path, |line| {
        let line = line.trim();
        if line.is_empty() || line.len() > 60 && !seen.insert(line.to_owned()) {
            return;
        }
        tokenize_with(line, Abbreviations::bundled(), &mut tokens);
        let block = [Span::new(0, line.len())];
        for sentence in sentence::split(line, &tokens, &block, Abbreviations::bundled(), &SplitOptions::default()) {
            let forms: Vec<&str> = tokens[sentence.tokens].iter().map(|t| &line[t.span.range()]).collect();
            if forms.len() > 1 {
                vocabulary.add_sentence(&forms);
            }
        }
    })
}

/// The neighbours of each word with their counts, in one list.
struct Neighbours {
    starts: Vec<usize>,
    list: Vec<(u32, u32)>,
}

impl Neighbours {
    /// `pairs` in order of their first words.
    fn new(pairs: impl Iterator<Item = (u32, u32)>, words: usize) -> Neighbours {
        let (mut starts, mut list) = (vec![0], Vec::<(u32, u32)>::new());
        for (word, other) in pairs {
            while starts.len() <= word as usize {
                starts.push(list.len());
            }
            match list[starts[word as usize]..].last_mut().filter(|last| last.0 == other) {
                Some(last) => last.1 += 1,
                None => list.push((other, 1)),
            }
        }
        starts.resize(words + 1, list.len());
        Neighbours { starts, list }
    }

    fn of(&self, word: usize) -> &[(u32, u32)] {
        &self.list[self.starts[word]..self.starts[word + 1]]
    }
}

/// Classes that make the likelihood of the text greatest when each class is followed by others with fixed chances (Brown et al. 1992), found
/// by exchange (Martin, Liermann & Ney 1998): words are moved to the class that gains most until few move. `pairs` are the neighbours in the
/// text, sorted; the words `words` and `words + 1` stand for rare words and breaks, each in a class of its own.
fn cluster(pairs: &[(u32, u32)], words: usize, log: &dyn Fn(&str)) -> Vec<u16> {
    let after = Neighbours::new(pairs.iter().copied(), words + 2);
    let mut reversed: Vec<(u32, u32)> = pairs.iter().map(|&(a, b)| (b, a)).collect();
    reversed.sort_unstable();
    let before = Neighbours::new(reversed.into_iter(), words + 2);
    let mut exchange = Exchange::new(after, before, words);
    /// Words are judged in groups of this size, on two threads, and then moved.
    const GROUP: usize = 128;
    for round in 0..ROUNDS {
        let mut moved = 0;
        for start in (0..words).step_by(GROUP) {
            let group = start..words.min(start + GROUP);
            let half = group.start + group.len() / 2;
            let shared = &exchange;
            let judge = |range: Range<usize>| -> Box<dyn Fn() -> Vec<usize> + Send + Sync + '_> {
                Box::new(move || range.clone().map(|word| shared.best_class(word)).collect())
            };
            let best = in_parallel(vec![judge(group.start..half), judge(half..group.end)]).concat();
            for (word, class) in group.zip(best) {
                moved += usize::from(exchange.classes[word] != class);
                exchange.move_to(word, class);
            }
        }
        log(&format!("round {round} of word classes: {moved} words moved"));
    }
    exchange.classes[..words].iter().map(|&c| c as u16).collect()
}

const CLUSTERS: usize = WordClass::CLUSTERS as usize;
/// The classes, that of rare words and that of breaks.
const ALL: usize = CLUSTERS + 2;

struct Exchange {
    after: Neighbours,
    before: Neighbours,
    classes: Vec<usize>,
    /// `follows[a * ALL + b]`: how often class `b` follows class `a`; and the same the other way round.
    follows: Vec<i32>,
    precedes: Vec<i32>,
    sizes: Vec<i32>,
    /// `x ln x`
    xlogx: Vec<f64>,
}

/// How often a word's neighbours are of each class, the word itself aside, and how often it follows itself.
struct Around {
    after: Vec<(usize, i32)>,
    before: Vec<(usize, i32)>,
    itself: i32,
}

impl Exchange {
    fn new(after: Neighbours, before: Neighbours, words: usize) -> Exchange {
        let classes: Vec<usize> = (0..words + 2).map(|w| if w < words { w % CLUSTERS } else { CLUSTERS + w - words }).collect();
        let mut new = Exchange {
            after,
            before,
            classes,
            follows: vec![0; ALL * ALL],
            precedes: vec![0; ALL * ALL],
            sizes: vec![0; ALL],
            xlogx: (0..1 << 18).map(|x| if x == 0 { 0.0 } else { f64::from(x) * f64::from(x).ln() }).collect(),
        };
        for word in 0..words + 2 {
            let class = new.classes[word];
            for &(other, count) in new.after.of(word) {
                let other = new.classes[other as usize];
                new.follows[class * ALL + other] += count as i32;
                new.precedes[other * ALL + class] += count as i32;
                new.sizes[class] += count as i32;
            }
        }
        new
    }

    fn xlogx(&self, x: i32) -> f64 {
        self.xlogx.get(x as usize).copied().unwrap_or_else(|| f64::from(x) * f64::from(x).ln())
    }

    fn around(&self, word: usize) -> Around {
        let mut itself = 0;
        let mut gather = |neighbours: &Neighbours| {
            let (mut counts, mut met) = ([0; ALL], Vec::new());
            for &(other, count) in neighbours.of(word) {
                if other as usize == word {
                    itself = count as i32;
                    continue;
                }
                let class = self.classes[other as usize];
                if counts[class] == 0 {
                    met.push(class);
                }
                counts[class] += count as i32;
            }
            met.into_iter().map(|class| (class, counts[class])).collect()
        };
        Around { after: gather(&self.after), before: gather(&self.before), itself }
    }

    /// The class to which the word adds most likelihood.
    fn best_class(&self, word: usize) -> usize {
        let around = self.around(word);
        let own = self.classes[word];
        let mut gains = [0.0; CLUSTERS];
        let (mut after, mut before) = ([0; ALL], [0; ALL]);
        around.after.iter().for_each(|&(class, count)| after[class] = count);
        around.before.iter().for_each(|&(class, count)| before[class] = count);
        // Cells of the table without the word itself: its own class loses what it gave.
        for (counts, table, back) in [(&around.after, &self.precedes, &before), (&around.before, &self.follows, &after)] {
            for &(other, count) in counts {
                for (class, gain) in gains.iter_mut().enumerate() {
                    let mut cell = table[other * ALL + class];
                    cell -= if other == own { back[class] } else { 0 };
                    cell -= if class == own { count } else { 0 };
                    cell -= if class == own && other == own { around.itself } else { 0 };
                    // The cell of the class with itself is counted below.
                    if other != class {
                        *gain += self.xlogx(cell + count) - self.xlogx(cell);
                    }
                }
            }
        }
        let size: i32 = around.itself + around.after.iter().map(|a| a.1).sum::<i32>();
        let mut best = (own, f64::MIN);
        for (class, gain) in gains.iter().enumerate() {
            let gone = if class == own { after[class] + before[class] + around.itself } else { 0 };
            let cell = self.follows[class * ALL + class] - gone;
            let mut gain = gain + self.xlogx(cell + after[class] + before[class] + around.itself) - self.xlogx(cell);
            let others = self.sizes[class] - if class == own { size } else { 0 };
            gain -= 2.0 * (self.xlogx(others + size) - self.xlogx(others));
            if gain > best.1 + 1e-9 {
                best = (class, gain);
            }
        }
        best.0
    }

    fn move_to(&mut self, word: usize, class: usize) {
        let own = self.classes[word];
        if class == own {
            return;
        }
        let around = self.around(word);
        for (to, sign) in [(own, -1), (class, 1)] {
            for &(other, count) in &around.after {
                self.follows[to * ALL + other] += sign * count;
                self.precedes[other * ALL + to] += sign * count;
            }
            for &(other, count) in &around.before {
                self.follows[other * ALL + to] += sign * count;
                self.precedes[to * ALL + other] += sign * count;
            }
            self.follows[to * ALL + to] += sign * around.itself;
            self.precedes[to * ALL + to] += sign * around.itself;
            self.sizes[to] += sign * (around.itself + around.after.iter().map(|a| a.1).sum::<i32>());
        }
        self.classes[word] = class;
    }
}
