//! Names by a linear model of labels in sequence, with what the rest of the article tells.
//!
//! Each token that may be part of a name gets a score for each label: the sum of the weights of its features, which are hashes of its form,
//! its neighbours, its word class (learnt from running text), its spelling, and its entry in the gazetteer. The best sequence of labels is
//! then found by dynamic programming. This is done twice: the second time, the labels that the same form got elsewhere in the article are
//! features too.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::error::Error;
use crate::gazetteer::{Hit, Risk, nominative};
use crate::kinds::{COLUMNS, Kinds};
use crate::lexicon::{Class, Word};
use crate::names::{EntityKind, Sense, Source, kind_after_noun, kind_by_compound, kind_by_ending, kind_by_last, kind_by_tail, usual_case};
use crate::normalize::{Table, key};
use crate::tokenize::TokenKind;

const MAGIC: &[u8; 8] = b"spaltagr";
const VERSION: u32 = 2;

/// What the labels tell apart, NorNE's types without MISC, of which there are too few to learn from.
const KINDS: [(EntityKind, Option<Sense>); 8] = [
    (EntityKind::Per, None),
    (EntityKind::Org, None),
    (EntityKind::Gpe, Some(Sense::Loc)),
    (EntityKind::Gpe, Some(Sense::Org)),
    (EntityKind::Loc, None),
    (EntityKind::Prod, None),
    (EntityKind::Evt, None),
    (EntityKind::Drv, None),
];

/// The label tables of model files: one for each of [`KINDS`].
const LABEL_TABLE: &str = "PER ORG GPE_LOC GPE_ORG LOC PROD EVT DRV";

/// Labels that have weights: `2k` begins a name of kind `k`, `2k + 1` goes on with it.
pub(crate) const LABELS: usize = 2 * KINDS.len();
/// The label of what is no name; it has no weights, and all others are scored against it.
pub(crate) const O: u8 = LABELS as u8;
pub(crate) const STATES: usize = LABELS + 1;

/// The kind and sense that a label other than [`O`] gives.
pub(crate) fn label(label: u8) -> (EntityKind, Option<Sense>) {
    KINDS[usize::from(label) / 2 % KINDS.len()]
}

/// `transitions[from][to]`.
pub(crate) type Transitions = [[f32; STATES]; STATES];

/// How far from a capital a token may be part of a name.
const REACH: usize = 3;
/// How far features look.
const WINDOW: usize = 2;
/// How many letters of a word's beginning and end are looked at.
const AFFIX: usize = 5;

/// A name found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub tokens: Range<usize>,
    pub kind: EntityKind,
    pub sense: Option<Sense>,
    /// What the tagger says for each of [`KINDS`]: the sum over the name's tokens.
    pub scores: [i32; KINDS.len()],
}

impl Tagged {
    /// How much more the tagger takes a place with a government for an actor than for a place.
    pub(crate) fn leaning(&self) -> i64 {
        let [_, _, place, actor, ..] = self.scores;
        i64::from(actor) - i64::from(place)
    }

    /// Gives it another kind, with the likelier sense.
    pub(crate) fn set_kind(&mut self, kind: EntityKind) {
        if kind != self.kind {
            let best = (0..KINDS.len()).filter(|&k| KINDS[k].0 == kind).max_by_key(|&k| self.scores[k]);
            (self.kind, self.sense) = (kind, best.and_then(|k| KINDS[k].1));
        }
    }
}

/// A linear model that finds names: the bundled one, or one trained on other text (feature `train`).
///
/// ```no_run
/// use spalte::{Pipeline, Tagger};
/// let pipeline = Pipeline::builder().tagger(Tagger::from_path("own.model")?).build();
/// # Ok::<(), spalte::Error>(())
/// ```
#[derive(Clone)]
pub struct Tagger {
    bytes: Cow<'static, [u8]>,
    record: Range<usize>,
    transitions: Box<Transitions>,
    rows: Range<usize>,
    classes: Range<usize>,
    kinds: Range<usize>,
    known: Range<usize>,
}

impl std::fmt::Debug for Tagger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tagger").field("record", &self.record()).finish_non_exhaustive()
    }
}

impl Tagger {
    /// The model that comes with the crate; none without the feature `data`.
    pub(crate) fn bundled() -> &'static Option<Arc<Tagger>> {
        static BUNDLED: LazyLock<Option<Arc<Tagger>>> = LazyLock::new(|| {
            #[cfg(feature = "data")]
            return Tagger::read("tagger.model", Cow::Borrowed(include_bytes!("../data/tagger.model"))).ok().map(Arc::new);
            #[cfg(not(feature = "data"))]
            None
        });
        &BUNDLED
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`Error::Model`] with what is wrong.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Tagger, Error> {
        Tagger::read("model", Cow::Owned(bytes.into()))
    }

    /// Reads a model from a file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Model`] with what is wrong in it.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Tagger, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Tagger::read(&path.display().to_string(), Cow::Owned(bytes))
    }

    /// From what and how the model was trained.
    pub fn record(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.record.clone()]).unwrap_or_default()
    }

    /// The file's parts, in order: magic, version, checksum of all that follows, label table, training record (both with their length
    /// before them), transitions, and four tables with the binary logarithm of their length before them: rows of weights, word classes,
    /// rows of the weights that tell kinds, and what is known from running text of names.
    fn read(file: &str, bytes: Cow<'static, [u8]>) -> Result<Tagger, Error> {
        let error = |message: String| Error::Model { file: file.to_owned(), message };
        let mut at = 0usize;
        let mut part = |name: &str, length: usize| {
            let range = at..at
                .checked_add(length)
                .filter(|&end| end <= bytes.len())
                .ok_or_else(|| error(format!("{name}: expected {length} bytes at {at}, found {}", bytes.len() - at)))?;
            at = range.end;
            Ok::<_, Error>(range)
        };
        let number = |range: Range<usize>| u32::from_le_bytes(bytes[range].try_into().unwrap_or_default());
        let found = part("magic", 8)?;
        if bytes[found.clone()] != *MAGIC {
            return Err(error(format!("magic: expected {MAGIC:?}, found {:?}", &bytes[found])));
        }
        let version = number(part("version", 4)?);
        if version != VERSION {
            return Err(error(format!("version: expected {VERSION}, found {version}")));
        }
        let sum = part("checksum", 8)?;
        let (said, is) = (u64::from_le_bytes(bytes[sum.clone()].try_into().unwrap_or_default()), checksum(&bytes[sum.end..]));
        if said != is {
            return Err(error(format!("checksum: expected {said:016x}, found {is:016x}")));
        }
        let length = number(part("length of the label table", 4)?) as usize;
        let labels = part("label table", length)?;
        if bytes[labels.clone()] != *LABEL_TABLE.as_bytes() {
            return Err(error(format!("label table: expected {LABEL_TABLE:?}, found {:?}", String::from_utf8_lossy(&bytes[labels]))));
        }
        let length = number(part("length of the training record", 4)?) as usize;
        let record = part("training record", length)?;
        std::str::from_utf8(&bytes[record.clone()]).map_err(|e| error(format!("training record: {e}")))?;
        let weights = part("transitions", 4 * STATES * STATES)?;
        let mut transitions = Box::new([[0.0; STATES]; STATES]);
        for (to, from) in transitions.iter_mut().flatten().zip(bytes[weights].chunks_exact(4)) {
            *to = i32::from_le_bytes(from.try_into().unwrap_or_default()) as f32;
        }
        let mut table = |name: &str, width: usize| {
            let bits = number(part(name, 4)?);
            if !(1..=24).contains(&bits) {
                return Err(error(format!("{name}: expected 1 to 24 bits, found {bits}")));
            }
            part(name, width << bits)
        };
        let rows = table("rows", LABELS)?;
        let classes = table("word classes", 4)?;
        let kinds = table("kinds", COLUMNS)?;
        let known = table("known names", 4)?;
        if at != bytes.len() {
            return Err(error(format!("end: expected {at} bytes, found {}", bytes.len())));
        }
        Ok(Tagger { record, transitions, rows, classes, kinds, known, bytes })
    }

    /// Writes a model file; the reverse of [`Tagger::read`]. A model without kinds tells none.
    #[cfg(feature = "train")]
    pub(crate) fn write(record: &str, transitions: &[[i32; STATES]; STATES], rows: &[i8], classes: &[u32]) -> Vec<u8> {
        let mut body = Vec::new();
        for text in [LABEL_TABLE, record] {
            body.extend((text.len() as u32).to_le_bytes());
            body.extend(text.as_bytes());
        }
        body.extend(transitions.iter().flatten().flat_map(|t| t.to_le_bytes()));
        body.extend((rows.len() / LABELS).ilog2().to_le_bytes());
        body.extend(rows.iter().map(|&q| q as u8));
        body.extend(classes.len().ilog2().to_le_bytes());
        body.extend(classes.iter().flat_map(|c| c.to_le_bytes()));
        Tagger::sealed(body, &[0; 2 * COLUMNS], &[0; 2])
    }

    /// The model with other weights that tell kinds, and with other known names.
    #[cfg(feature = "train")]
    pub(crate) fn with_kinds(&self, rows: &[i8], known: &[u32]) -> Vec<u8> {
        Tagger::sealed(self.bytes[20..self.kinds.start - 4].to_vec(), rows, known)
    }

    #[cfg(feature = "train")]
    fn sealed(mut body: Vec<u8>, kinds: &[i8], known: &[u32]) -> Vec<u8> {
        body.extend((kinds.len() / COLUMNS).ilog2().to_le_bytes());
        body.extend(kinds.iter().map(|&q| q as u8));
        body.extend(known.len().ilog2().to_le_bytes());
        body.extend(known.iter().flat_map(|k| k.to_le_bytes()));
        [&MAGIC[..], &VERSION.to_le_bytes(), &checksum(&body).to_le_bytes(), &body].concat()
    }

    /// The word classes.
    pub(crate) fn classes(&self) -> Classes<'_> {
        Classes { slots: Slots::new(&self.bytes[self.classes.clone()]) }
    }

    /// What tells the kinds of names.
    pub(crate) fn kinds(&self) -> Kinds<'_> {
        Kinds { classes: self.classes(), rows: &self.bytes[self.kinds.clone()], known: Slots::new(&self.bytes[self.known.clone()]) }
    }

    /// The names of a document, in order. Tokens that are `taken` are no part of any.
    pub(crate) fn tag(&self, source: &Source<'_>, hits: &[Hit], taken: &dyn Fn(usize) -> bool) -> Vec<Tagged> {
        let reading = Reading::new(source, self.classes(), hits, taken);
        let mut scores = vec![[0i32; LABELS]; reading.candidates()];
        let rows = &self.bytes[self.rows.clone()];
        let shift = 64 - (rows.len() / LABELS).ilog2();
        let add = |scores: &mut [i32; LABELS], feature: u64| {
            let at = (feature >> shift) as usize * LABELS;
            for (score, &weight) in scores.iter_mut().zip(&rows[at..at + LABELS]) {
                let weight = i16::from(weight as i8);
                *score += i32::from(weight * weight.abs());
            }
        };
        reading.features(|candidate, feature| add(&mut scores[candidate], feature));
        let mut labels = vec![O; scores.len()];
        self.decode(&reading, &scores, &mut labels);
        reading.evidence(&labels, |candidate, feature| add(&mut scores[candidate], feature));
        self.decode(&reading, &scores, &mut labels);
        reading.names(&labels, &scores)
    }

    fn decode(&self, reading: &Reading<'_>, scores: &[[i32; LABELS]], labels: &mut [u8]) {
        let mut floats = Vec::new();
        let mut lattice = Lattice::default();
        for run in &reading.runs {
            let range = run.candidates();
            floats.clear();
            floats.extend(scores[range.clone()].iter().map(|s| extended(s.map(|s| s as f32))));
            lattice.decode(&self.transitions, &floats, &mut labels[range]);
        }
    }
}

/// Scores with that of [`O`].
pub(crate) fn extended(scores: [f32; LABELS]) -> [f32; STATES] {
    let mut all = [0.0; STATES];
    all[..LABELS].copy_from_slice(&scores);
    all
}

/// The memory of the search for the best sequence of labels.
#[derive(Default)]
pub(crate) struct Lattice {
    back: Vec<[u8; STATES]>,
}

impl Lattice {
    /// The best sequence of labels (Viterbi 1967): a name goes on only after its own beginning or its own middle.
    pub(crate) fn decode(&mut self, transitions: &Transitions, scores: &[[f32; STATES]], labels: &mut [u8]) {
        self.back.clear();
        let mut best = [f32::NEG_INFINITY; STATES];
        best[O as usize] = 0.0;
        for score in scores {
            let mut next = [f32::NEG_INFINITY; STATES];
            let mut back = [O; STATES];
            let any: [(f32, u8); STATES] = std::array::from_fn(|to| {
                if to % 2 == 1 {
                    let from = if best[to] + transitions[to][to] > best[to - 1] + transitions[to - 1][to] { to } else { to - 1 };
                    return (best[from] + transitions[from][to], from as u8);
                }
                let mut top = (f32::NEG_INFINITY, O);
                for from in 0..STATES {
                    let reached = best[from] + transitions[from][to];
                    if reached > top.0 {
                        top = (reached, from as u8);
                    }
                }
                top
            });
            for to in 0..STATES {
                (next[to], back[to]) = (any[to].0 + score[to], any[to].1);
            }
            self.back.push(back);
            best = next;
        }
        let mut at = O;
        for state in 0..STATES {
            if best[state] > best[at as usize] {
                at = state as u8;
            }
        }
        for (label, back) in labels.iter_mut().zip(&self.back).rev() {
            *label = at;
            at = back[at as usize];
        }
    }
}

/// Neighbouring tokens that may be parts of names.
struct Run {
    tokens: Range<usize>,
    sentence: Range<usize>,
    /// The number of candidates before it.
    first: usize,
}

impl Run {
    fn candidates(&self) -> Range<usize> {
        self.first..self.first + self.tokens.len()
    }
}

/// How the article writes a word.
#[derive(Default)]
struct Cased {
    /// With a small letter somewhere.
    small: bool,
    /// How often with a capital inside a sentence.
    inside: u32,
}

/// A document made ready for the tagger.
pub(crate) struct Reading<'a> {
    source: &'a Source<'a>,
    classes: Classes<'a>,
    runs: Vec<Run>,
    /// For each candidate: the hash of its form without genitive ending, 0 where it has no capital.
    bases: Vec<u64>,
    cased: Table<u64, Cased>,
    /// For each token of a gazetteer name what the list says of it, by token.
    listed: Vec<(usize, [u64; 2])>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a Source<'a>, classes: Classes<'a>, hits: &[Hit], taken: &dyn Fn(usize) -> bool) -> Reading<'a> {
        let mut reading = Reading { source, classes, runs: Vec::new(), bases: Vec::new(), cased: Table::default(), listed: Vec::new() };
        for hit in hits.iter().filter(|h| source.gazetteer.risk(h.name) != Risk::Own) {
            let (list, kind, risk) = source.gazetteer.entry(hit.name);
            for token in hit.tokens.clone() {
                let place = place_of(token, &hit.tokens);
                let what = pair(kind as u64 + 1, place as u64);
                reading.listed.push((token, [pair(what, u64::from(list) + 100), pair(what, risk as u64)]));
            }
        }
        reading.find_runs(taken);
        reading.read_cases();
        reading
    }

    /// The number of tokens that may be part of a name.
    pub(crate) fn candidates(&self) -> usize {
        self.bases.len()
    }

    /// The runs of candidates, each of which is labelled by itself: its candidates and its tokens.
    #[cfg(feature = "train")]
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        self.runs.iter().map(|run| (run.candidates(), run.tokens.clone()))
    }

    fn is_capitalised(&self, token: usize) -> bool {
        self.source.words.get(token).is_some_and(Word::is_capitalised)
    }

    /// Whether a capital here is a name's rather than the sentence's: after a word or comma.
    fn is_inside(&self, token: usize, sentence: &Range<usize>) -> bool {
        token > sentence.start && self.source.form(token - 1).ends_with(|c: char| c.is_alphanumeric() || c == ',')
    }

    fn find_runs(&mut self, taken: &dyn Fn(usize) -> bool) {
        let mut listed = self.listed.iter().map(|&(token, _)| token).peekable();
        let mut telling = |i: usize| {
            while listed.next_if(|&token| token < i).is_some() {}
            let token = &self.source.doc.tokens()[i];
            match token.kind {
                _ if listed.peek() == Some(&i) => true,
                TokenKind::Url | TokenKind::Handle => true,
                TokenKind::Word | TokenKind::Abbreviation => self.is_capitalised(i) || self.source.form(i).contains(char::is_uppercase),
                _ => false,
            }
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut first = 0;
        for sentence in self.source.doc.sentences() {
            let range = sentence.tokens.clone();
            let mut open = range.start;
            for i in range.clone() {
                if !telling(i) {
                    continue;
                }
                for token in open.max(i.saturating_sub(REACH))..range.end.min(i + REACH + 1) {
                    if taken(token) {
                        continue;
                    }
                    match runs.last_mut().filter(|run| run.tokens.end == token && run.sentence == range) {
                        Some(run) => run.tokens.end += 1,
                        None => runs.push(Run { tokens: token..token + 1, sentence: range.clone(), first }),
                    }
                    first += 1;
                }
                open = range.end.min(i + REACH + 1);
            }
        }
        self.runs = runs;
    }

    /// Reads how the article writes its capitalised words elsewhere.
    fn read_cases(&mut self) {
        let mut cased = Table::<u64, Cased>::default();
        let mut bases = Vec::new();
        for run in &self.runs {
            for token in run.tokens.clone() {
                if !self.is_capitalised(token) {
                    bases.push(0);
                    continue;
                }
                let form = key(self.source.form(token));
                bases.push(hash(nominative(&form).chars()));
                cased.entry(hash(form.chars().map(small))).or_default().inside += u32::from(self.is_inside(token, &run.sentence));
            }
        }
        for (token, word) in self.source.doc.tokens().iter().zip(self.source.words) {
            if token.kind == TokenKind::Word
                && !word.is_capitalised()
                && let Some(cased) = cased.get_mut(&hash(key(&self.source.doc[token.span]).chars().map(small)))
            {
                cased.small = true;
            }
        }
        (self.cased, self.bases) = (cased, bases);
    }

    /// Calls `emit` for each feature of each candidate.
    pub(crate) fn features(&self, mut emit: impl FnMut(usize, u64)) {
        let mut facts = Vec::new();
        let mut listed = self.listed.iter().peekable();
        for run in &self.runs {
            let around = run.sentence.start.max(run.tokens.start.saturating_sub(WINDOW))..run.sentence.end.min(run.tokens.end + WINDOW);
            facts.clear();
            for token in around.clone() {
                facts.push(self.facts(token));
            }
            let mut ahead = listed.clone();
            for &(token, list) in ahead.by_ref() {
                if token >= around.end {
                    break;
                }
                if token < around.start {
                    listed.next();
                } else {
                    facts[token - around.start].listed = list;
                }
            }
            for (candidate, token) in run.candidates().zip(run.tokens.clone()) {
                let at = token - around.start;
                let mut emit = |feature| emit(candidate, feature);
                let form = key(self.source.form(token));
                spelling_features(&form, &facts[at], &mut emit);
                context_features(&facts, at, token == run.sentence.start, &mut emit);
                if facts[at].capital {
                    self.case_features(&facts[at], self.is_inside(token, &run.sentence), &mut emit);
                }
            }
        }
    }

    /// How the article writes the word elsewhere.
    fn case_features(&self, facts: &Facts, inside: bool, emit: &mut impl FnMut(u64)) {
        let (small, others) = self.cased.get(&facts.lower).map_or((false, 0), |c| (c.small, c.inside - u32::from(inside)));
        let written = u64::from(small) | u64::from(others > 0) << 1 | u64::from(inside) << 2;
        emit(feature(60, written & 5));
        emit(feature(61, written));
    }

    fn facts(&self, token: usize) -> Facts {
        let form = key(self.source.form(token));
        let capital = self.is_capitalised(token);
        let mut facts = Facts { capital, ..Facts::default() };
        facts.form = hash(form.chars());
        facts.lower = if capital { hash(form.chars().map(small)) } else { facts.form };
        facts.shape = shape(&form);
        facts.class = self.classes.of(&form, facts.form, facts.lower);
        facts.heads = self.heads(token, &form, capital);
        facts.genitive = form.ends_with(['s', '\'']);
        let mut end = 0;
        for (c, suffix) in form.chars().rev().map(small).zip(&mut facts.suffixes) {
            end = step(end, c);
            *suffix = end;
        }
        facts
    }

    /// What the lists of name parts and heads of names say of a word: as a person's name and by its ending where it has a capital, else
    /// as the noun before a name and as a word that closes one.
    fn heads(&self, token: usize, form: &str, capital: bool) -> u64 {
        let code = |kind: Option<EntityKind>| kind.map_or(0, |k| k as u64 + 1);
        if !capital {
            let near = self.is_capitalised(token + 1) || token > 0 && self.is_capitalised(token - 1);
            return if near {
                code(kind_after_noun(form)) << 8 | code(kind_by_tail(form)) << 12 | code(kind_by_compound(form)) << COMPOUND
            } else {
                0
            };
        }
        let usual = usual_case(form);
        let (part, _) = self.source.lexicon.name_part(&usual);
        let part = if part == Class::default() { self.source.lexicon.name_part(nominative(&usual)).0 } else { part };
        let part = u64::from(part.has(Class::GIVEN)) | u64::from(part.has(Class::SURNAME)) << 1;
        part << PART | code(kind_by_ending(form)) << 20 | code(kind_by_last(form)) << 24
    }

    /// Calls `emit` for what the labels of the same form elsewhere in the article tell of each candidate.
    pub(crate) fn evidence(&self, labels: &[u8], mut emit: impl FnMut(usize, u64)) {
        let mut votes: Table<u64, [u16; PLACED]> = Table::default();
        let mut placed = vec![0u8; labels.len()];
        for run in &self.runs {
            let range = run.candidates();
            place(&labels[range.clone()], &mut placed[range.clone()]);
            for candidate in range {
                if self.bases[candidate] != 0 {
                    let vote = &mut votes.entry(self.bases[candidate]).or_insert([0; PLACED])[placed[candidate] as usize];
                    *vote = vote.saturating_add(1);
                }
            }
        }
        for run in &self.runs {
            for (candidate, token) in run.candidates().zip(run.tokens.clone()) {
                let base = self.bases[candidate];
                let Some(votes) = votes.get(&base).filter(|_| base != 0) else { continue };
                let inside = u64::from(self.is_inside(token, &run.sentence));
                let mut emit = |feature| emit(candidate, feature);
                let others = |label: usize| votes[label] - u16::from(label == placed[candidate] as usize);
                let seen = || (0..PLACED).filter(|&label| others(label) > 0);
                let Some(best) = seen().max_by_key(|&label| (others(label), std::cmp::Reverse(label))) else {
                    emit(feature(70, inside));
                    continue;
                };
                let total: u16 = seen().map(others).fold(0, u16::saturating_add);
                let kind = best as u64 / 4;
                emit(feature(71, pair(best as u64 + 1, inside)));
                emit(feature(72, kind));
                emit(feature(73, pair(kind + 1, u64::from(others(best) == total) | u64::from(total.min(3)) << 1)));
                seen().for_each(|label| emit(feature(74, label as u64)));
                // Seen as part of a longer name.
                if let Some(label) = seen().find(|label| label % 4 > 0) {
                    emit(feature(75, label as u64));
                }
            }
        }
    }

    /// The names that the labels spell.
    fn names(&self, labels: &[u8], scores: &[[i32; LABELS]]) -> Vec<Tagged> {
        let mut names: Vec<Tagged> = Vec::new();
        for run in &self.runs {
            for ((label, score), token) in labels[run.candidates()].iter().zip(&scores[run.candidates()]).zip(run.tokens.clone()) {
                if *label == O {
                    continue;
                }
                match names.last_mut().filter(|name| label % 2 == 1 && name.tokens.end == token) {
                    Some(name) => {
                        name.tokens.end += 1;
                        name.scores.iter_mut().enumerate().for_each(|(kind, sum)| *sum += score[2 * kind + 1]);
                    }
                    None => {
                        let (kind, sense) = crate::tagger::label(*label);
                        let scores = std::array::from_fn(|kind| score[2 * kind]);
                        names.push(Tagged { tokens: token..token + 1, kind, sense, scores });
                    }
                }
            }
        }
        names
    }
}

/// Labels with the place in the name: `4k` the whole name of kind `k`, then its first, last and inner words; the last stands for none.
const PLACED: usize = 4 * KINDS.len() + 1;

/// The place of each token of a run in its name.
fn place(labels: &[u8], placed: &mut [u8]) {
    for (i, (&label, placed)) in labels.iter().zip(placed).enumerate() {
        let goes_on = labels.get(i + 1).is_some_and(|&next| next != O && next % 2 == 1);
        *placed = match label {
            O => PLACED as u8 - 1,
            _ => label / 2 * 4 + [[0, 1], [2, 3]][usize::from(label % 2)][usize::from(goes_on)],
        };
    }
}

/// The place of a token in a name: whole, first, last, inner.
fn place_of(token: usize, name: &Range<usize>) -> usize {
    usize::from(token + 1 < name.end) + 2 * usize::from(token > name.start)
}

/// What the features of a token and its neighbours are made of.
#[derive(Clone, Copy, Default)]
struct Facts {
    form: u64,
    lower: u64,
    shape: u64,
    suffixes: [u64; AFFIX],
    class: WordClass,
    /// See [`Reading::heads`].
    heads: u64,
    listed: [u64; 2],
    capital: bool,
    genitive: bool,
}

/// Where [`Reading::heads`] says whether a word is part of persons' names, and which kind a compound suggests.
const PART: u32 = 16;
const COMPOUND: u32 = 28;

impl Facts {
    fn is_listed(&self) -> bool {
        self.listed != [0; 2]
    }

    /// Of a word with a small letter, the kind that it suggests for the name before it.
    fn compound(&self) -> u64 {
        if self.capital { 0 } else { self.heads >> COMPOUND }
    }

    /// Whether no list has a capitalised word.
    fn is_unknown(&self) -> bool {
        self.capital && !self.is_listed() && self.heads >> PART & 3 == 0
    }

    /// Whether the word may be a genitive, and whether a list has it.
    fn standing(&self) -> u64 {
        u64::from(self.genitive) | u64::from(self.is_listed()) << 1
    }
}

/// Features of the word by itself.
fn spelling_features(form: &str, facts: &Facts, emit: &mut impl FnMut(u64)) {
    emit(feature(1, facts.form));
    emit(feature(2, facts.lower));
    if form.ends_with(['s', '\'']) {
        emit(feature(3, hash(nominative(form).chars())));
    }
    let (mut start, mut letters) = (0, form.chars());
    for length in 1..=AFFIX {
        let Some(c) = letters.next().filter(|_| !letters.as_str().is_empty()) else { break };
        start = step(start, small(c));
        emit(feature(4, pair(start, length as u64)));
        emit(feature(5, pair(facts.suffixes[length - 1], length as u64)));
    }
    emit(feature(6, facts.shape));
    if let Some((head, rest)) = form.split_once('-').filter(|(head, rest)| !head.is_empty() && !rest.is_empty()) {
        let tail = rest.rsplit('-').next().unwrap_or(rest);
        emit(feature(7, 0));
        emit(feature(8, hash(head.chars().map(small))));
        emit(feature(9, hash(rest.chars())));
        emit(feature(10, hash(tail.chars().map(small))));
        emit(feature(11, pair(shape(head), shape(rest))));
    }
}

/// Features of the word with its neighbours.
fn context_features(facts: &[Facts], at: usize, initial: bool, emit: &mut impl FnMut(u64)) {
    let this = &facts[at];
    let near = |d: isize| at.checked_add_signed(d).and_then(|i| facts.get(i));
    if initial {
        emit(feature(12, 0));
        emit(feature(13, this.shape));
    }
    for d in [-2, -1, 1, 2] {
        let place = (d + 3) as u64;
        match near(d) {
            Some(other) => {
                emit(feature(20, pair(other.lower, place)));
                emit(feature(21, pair(other.shape, place)));
                if d.abs() == 1 && other.capital {
                    emit(feature(22, pair(other.form, place)));
                }
                other.class.cluster().into_iter().for_each(|c| emit(feature(23, pair(c, place))));
            }
            None => emit(feature(24, place)),
        }
    }
    let (before, after) = (near(-1), near(1));
    for (side, other) in [before, Some(this), after].into_iter().enumerate() {
        let (side, Some(other)) = (side as u64 + 1, other) else { continue };
        if let Some((bucket, size)) = other.class.caps() {
            emit(feature(25, pair(bucket, side)));
            emit(feature(26, pair(pair(bucket, size), side)));
        }
        if other.heads != 0 {
            emit(feature(27, pair(other.heads, side)));
        }
        if other.is_listed() {
            emit(feature(29, pair(other.listed[0], side)));
            emit(feature(30, pair(other.listed[1], side)));
        }
    }
    // `Førde brannvern`
    if let Some(name) = before.filter(|before| before.capital && this.compound() > 0) {
        emit(feature(28, pair(this.compound(), name.standing())));
        emit(feature(34, pair(this.compound(), name.shape)));
        name.class.cluster().into_iter().for_each(|c| emit(feature(35, pair(this.compound(), c))));
    }
    if let Some(compound) = after.map(Facts::compound).filter(|&compound| this.capital && compound > 0) {
        emit(feature(36, pair(compound, this.standing())));
    }
    // What stands beside names that no list has weighs by itself, for those that are known need it less.
    if this.is_unknown() {
        for (side, other) in [(1, before), (2, after)] {
            let Some(other) = other else { continue };
            emit(feature(80, pair(other.lower, side)));
            other.class.cluster().into_iter().for_each(|c| emit(feature(81, pair(c, side))));
        }
        if let [Some(a), Some(b)] = [before, after].map(|f| f.and_then(|f| f.class.cluster())) {
            emit(feature(82, pair(a, b)));
        }
    }
    match this.class.cluster() {
        Some(cluster) => emit(feature(31, cluster)),
        None => emit(feature(32, u64::from(this.capital) | u64::from(initial) << 1)),
    }
    if let Some(before) = before {
        emit(feature(40, pair(before.lower, this.lower)));
        emit(feature(41, pair(before.shape, this.shape)));
    }
    if let Some(after) = after {
        emit(feature(43, pair(this.lower, after.lower)));
        emit(feature(44, pair(this.shape, after.shape)));
    }
    if let (Some(before), Some(after)) = (before, after) {
        emit(feature(45, pair(before.lower, after.lower)));
        emit(feature(46, pair(pair(before.shape, this.shape), after.shape)));
    }
    for (template, pair_of) in [(50, [before, Some(this)]), (51, [Some(this), after]), (52, [before, after])] {
        if let [Some(a), Some(b)] = pair_of.map(|f| f.and_then(|f| f.class.cluster())) {
            emit(feature(template, pair(a + 1, b)));
        }
    }
}

/// The hash of a feature: what it looks at, and what it sees there.
pub(crate) fn feature(template: u64, value: u64) -> u64 {
    mix(value ^ template.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

pub(crate) fn pair(a: u64, b: u64) -> u64 {
    mix(a).rotate_left(23) ^ b
}

fn mix(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (hash ^ hash >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// The hash of a word, letter by letter.
pub(crate) fn hash(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0, step)
}

pub(crate) fn step(hash: u64, letter: char) -> u64 {
    (hash.rotate_left(5) ^ u64::from(letter)).wrapping_mul(0x517C_C1B7_2722_0A95)
}

/// The small letter, one for one.
pub(crate) fn small(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// The hash of a word's shape, runs cut to two: `Xx` of `Norge`, `XX-xx` of `NRK-sjef`.
pub(crate) fn shape(form: &str) -> u64 {
    let (mut shape, mut last, mut length) = (0, '\0', 0);
    for c in form.chars() {
        let kind = match c {
            c if c.is_uppercase() => 'X',
            c if c.is_alphabetic() => 'x',
            c if c.is_ascii_digit() => '9',
            c => c,
        };
        length = if kind == last { length + 1 } else { 1 };
        last = kind;
        if length <= 2 {
            shape = step(shape, kind);
        }
    }
    shape
}

/// What running text tells of a word: the class of words that stand where it stands, and how often it has a capital.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct WordClass(u16);

impl WordClass {
    /// The number of classes; the last number stands for none.
    #[cfg(feature = "train")]
    pub(crate) const CLUSTERS: u16 = 511;

    /// `caps`: bucket of the share of capitals, and of the number of occurrences.
    #[cfg(feature = "train")]
    pub(crate) fn new(cluster: Option<u16>, caps: Option<(u16, u16)>) -> WordClass {
        let caps = caps.map_or(0, |(bucket, size)| (bucket + 1) | (size << 3));
        WordClass(cluster.map_or(0, |c| c + 1) << 5 | caps)
    }

    pub(crate) fn cluster(self) -> Option<u64> {
        (self.0 >> 5).checked_sub(1).map(u64::from)
    }

    fn caps(self) -> Option<(u64, u64)> {
        (self.0 & 7).checked_sub(1).map(|bucket| (u64::from(bucket), u64::from(self.0 >> 3 & 3)))
    }
}

/// A number of 14 bits for each of many hashes: an open hash table of 32-bit slots, 18 bits of the hash above the number; 0 is free.
#[derive(Clone, Copy)]
pub(crate) struct Slots<'a> {
    slots: &'a [u8],
}

/// How many slots of a table are looked at for one hash.
const PROBES: usize = 64;

impl<'a> Slots<'a> {
    pub(crate) fn new(slots: &'a [u8]) -> Slots<'a> {
        Slots { slots }
    }

    pub(crate) fn get(self, of: u64) -> Option<u16> {
        let (mark, first) = Slots::place(of, self.slots.len() / 4);
        for probe in 0..PROBES {
            let at = (first + probe) % (self.slots.len() / 4) * 4;
            let slot = u32::from_le_bytes(self.slots[at..at + 4].try_into().unwrap_or_default());
            if slot == 0 {
                return None;
            }
            if slot >> 14 == mark {
                return Some((slot & 0x3FFF) as u16);
            }
        }
        None
    }

    /// The mark of a hash, never 0, and its first slot.
    fn place(of: u64, slots: usize) -> (u32, usize) {
        let hash = mix(of);
        ((hash as u32 >> 14).max(1), (hash >> 32) as usize % slots)
    }

    /// A table; the hashes for which there is no room near their place are left out.
    #[cfg(feature = "train")]
    pub(crate) fn table(numbers: impl Iterator<Item = (u64, u16)>, bits: u32) -> Vec<u32> {
        let mut slots = vec![0u32; 1 << bits];
        for (of, number) in numbers {
            let (mark, first) = Slots::place(of, slots.len());
            let free = (0..PROBES).map(|probe| (first + probe) % slots.len()).find(|&at| slots[at] == 0 || slots[at] >> 14 == mark);
            if let Some(at) = free.filter(|&at| slots[at] == 0) {
                slots[at] = mark << 14 | u32::from(number);
            }
        }
        slots
    }

    /// The table itself.
    #[cfg(feature = "train")]
    pub(crate) fn slots(self) -> Vec<u32> {
        self.slots.chunks_exact(4).map(|slot| u32::from_le_bytes(slot.try_into().unwrap_or_default())).collect()
    }
}

/// The word classes of a model.
#[derive(Clone, Copy)]
pub(crate) struct Classes<'a> {
    pub slots: Slots<'a>,
}

impl Classes<'_> {
    /// The class of a form; where it is unknown, of its small letters, without genitive ending, or of the last part of a compound.
    pub(crate) fn of(self, form: &str, exact: u64, lower: u64) -> WordClass {
        let found = self.get(exact).or_else(|| if lower == exact { None } else { self.get(lower) });
        if let Some(class) = found {
            return class;
        }
        let base = nominative(form);
        let shorter = (base.len() < form.len()).then_some(base);
        let tail = form.rsplit_once('-').map(|(_, tail)| tail).filter(|tail| !tail.is_empty());
        let other = |form: &str| self.get(hash(form.chars())).or_else(|| self.get(hash(form.chars().map(small))));
        shorter.and_then(other).or_else(|| tail.and_then(other)).unwrap_or_default()
    }

    fn get(self, word: u64) -> Option<WordClass> {
        self.slots.get(word).map(WordClass)
    }

    /// A table of words.
    #[cfg(feature = "train")]
    pub(crate) fn table<'w>(words: impl Iterator<Item = (&'w str, WordClass)>, bits: u32) -> Vec<u32> {
        Slots::table(words.map(|(word, class)| (hash(word.chars()), class.0)), bits)
    }
}

/// A sum over all bytes, eight at a time.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        sum = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
    sum
}

#[cfg(all(test, feature = "data"))]
mod tests {
    use super::*;

    const BUNDLED: &[u8] = include_bytes!("../data/tagger.model");

    fn message(bytes: &[u8]) -> String {
        Tagger::from_bytes(bytes).map_or_else(|e| e.to_string(), |_| "read".to_owned())
    }

    /// The bundled model from `at` on replaced, with its checksum made right.
    fn replaced(at: usize, by: &[u8]) -> Vec<u8> {
        let mut bytes = BUNDLED.to_vec();
        bytes[at..at + by.len()].copy_from_slice(by);
        let sum = checksum(&bytes[20..]).to_le_bytes();
        bytes[12..20].copy_from_slice(&sum);
        bytes
    }

    #[test]
    fn the_bundled_model_is_sound() {
        assert_eq!(message(BUNDLED), "read");
        assert!(Tagger::bundled().as_ref().is_some_and(|t| t.record().contains("articles")));
    }

    #[test]
    fn wrong_bytes_are_told() {
        assert_eq!(message(b""), "model: magic: expected 8 bytes at 0, found 0");
        assert!(message(b"something else").starts_with("model: magic: expected "));
        assert_eq!(message(&replaced(8, &[9])), "model: version: expected 2, found 9");
        assert!(message(&BUNDLED[..BUNDLED.len() - 1]).starts_with("model: checksum: expected "));
        assert!(message(&replaced(20, &u32::MAX.to_le_bytes())).starts_with("model: label table: expected 4294967295 bytes at 24, found "));
        assert!(message(&replaced(24, b"MISC")).starts_with("model: label table: expected \"PER ORG"));
    }

    #[test]
    fn any_length_is_an_error_or_a_model() {
        for length in (0..200).chain((200..BUNDLED.len()).step_by(100_003)) {
            assert_ne!(message(&BUNDLED[..length]), "read");
        }
    }
}
