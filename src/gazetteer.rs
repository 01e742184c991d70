//! Lists of names, found in one pass: Aho-Corasick over token keys.
//!
//! Text and names are both written as hashes of token keys, three bytes behind a mark that none of the three can be, so that a match begins and
//! ends with a token by construction and leftmost-longest matching never loses a shorter name to a longer one that breaks off inside a word.
//! The keys that are matched lack a final `s` (`Paris` is sought as `Pari`), so that genitives match too; which names fit, if any, is then
//! seen by the full keys.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::hash::Hasher;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use crate::error::Error;
use crate::lexicon::{self, alternatives};
use crate::names::EntityKind;
use crate::normalize::{Quick, Table, key};
use crate::sentence::Sentence;
use crate::tokenize::{Token, tokenize_into};

/// The columns of a table of names, the user's own as well as the bundled ones.
const COLUMNS: &[&str] = &["name", "kind", "id", "aliases"];

/// The longest name, in bytes: as far as a search may look ahead in vain.
const LONGEST: usize = 1000;

/// After every token key: white space, which no token holds.
const END: char = '\n';

/// How easily a form is taken for a name.
#[cfg_attr(not(feature = "data"), allow(dead_code))] // only bundled names carry a risk
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Risk {
    /// The user's own entry: always right.
    Own,
    None,
    Low,
    Medium,
    /// Also a common word: needs other evidence.
    High,
}

/// A row of a table. Bundled ones are borrowed from their table.
#[derive(Clone, Debug)]
struct Name {
    kind: EntityKind,
    canonical: Cow<'static, str>,
    /// Empty where there is none.
    id: Cow<'static, str>,
    /// The number of the bundled table that has it.
    list: u8,
}

/// Where the full keys of a form are, and its index.
type Spelt = (Range<usize>, u32);

/// One spelling of a name.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// The index of its row.
    name: u32,
    risk: Risk,
}

/// Names to be found in text, with what they name.
///
/// A genitive is found with the name: `Norges`, `Hans'`, `NRK's`. Case counts: `Høyre` is not `høyre`.
///
/// ```
/// use spalte::{EntityKind, Gazetteer, Pipeline};
/// let names = Gazetteer::builder().bundled().name("Havnelaget", EntityKind::Org).build();
/// let doc = Pipeline::builder().gazetteer(names).build().annotate("Det var Havnelagets beslutning.");
/// assert_eq!(doc.entities()[0].name, "Havnelaget");
/// ```
#[derive(Clone, Debug)]
pub struct Gazetteer {
    automaton: Option<AhoCorasick>,
    /// For each pattern of the automaton, where in `spelt` the names with these stems begin; and where the last ones end.
    patterns: Vec<usize>,
    /// One for each form; those of one pattern stand together.
    spelt: Vec<Spelt>,
    keys: String,
    names: Vec<Name>,
    forms: Vec<Form>,
    /// Forms as written, to their index.
    indices: Table<Cow<'static, str>, u32>,
}

/// Names gathered for a [`Gazetteer`]; of two entries for one form the later counts.
#[derive(Clone, Debug, Default)]
pub struct GazetteerBuilder {
    names: Vec<Name>,
    forms: Vec<Form>,
    indices: Table<Cow<'static, str>, u32>,
}

/// A name found: its tokens, and the index of its form.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub tokens: Range<usize>,
    pub name: usize,
}

impl Gazetteer {
    /// Begins with no names.
    pub fn builder() -> GazetteerBuilder {
        GazetteerBuilder::default()
    }

    /// The names that come with the crate.
    pub(crate) fn bundled() -> &'static Arc<Gazetteer> {
        static BUNDLED: LazyLock<Arc<Gazetteer>> = LazyLock::new(|| Arc::new(Gazetteer::builder().bundled().build()));
        &BUNDLED
    }

    /// How many forms it knows, aliases counted.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// The row of a form.
    fn name(&self, form: usize) -> Option<&Name> {
        self.forms.get(form).and_then(|form| self.names.get(form.name as usize))
    }

    pub(crate) fn kind(&self, form: usize) -> EntityKind {
        self.name(form).map_or(EntityKind::Misc, |n| n.kind)
    }

    pub(crate) fn risk(&self, form: usize) -> Risk {
        self.forms.get(form).map_or(Risk::High, |form| form.risk)
    }

    /// All that the tagger is told of a form: the number of its list, its kind and risk.
    pub(crate) fn entry(&self, form: usize) -> (u8, EntityKind, Risk) {
        (self.name(form).map_or(0, |n| n.list), self.kind(form), self.risk(form))
    }

    /// The register that a form's identifier is of: `kommune`, `geonames`, `iso`; `Q` for Wikidata, nothing where it has none.
    pub(crate) fn register(&self, form: usize) -> &str {
        self.canonical(form).1.map_or("", |id| id.split_once(':').map_or("Q", |(register, _)| register))
    }

    /// The name under which the table lists a form, and its identifier.
    pub(crate) fn canonical(&self, form: usize) -> (&str, Option<&str>) {
        self.name(form).map_or(("", None), |n| (&n.canonical, Some(&*n.id).filter(|id| !id.is_empty())))
    }

    /// The index of a form, exactly as written.
    pub(crate) fn get(&self, form: &str) -> Option<usize> {
        self.indices.get(form).map(|&i| i as usize)
    }

    /// The names in the text, in order, without overlap: leftmost first, then longest.
    pub(crate) fn find(&self, text: &str, tokens: &[Token], sentences: &[Sentence]) -> Vec<Hit> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let (mut hits, mut sought) = (Vec::new(), Vec::new());
        for sentence in sentences {
            let words = &tokens[sentence.tokens.clone()];
            sought.clear();
            for token in words {
                sought.extend(hash(stem(&key(&text[token.span]))));
            }
            let mut at = 0;
            while let Some(mut found) = automaton.find(Input::new(&sought).range(at..)) {
                let first = found.start() / HASHED;
                at = loop {
                    let end = found.end() / HASHED;
                    if let Some(name) = self.fitting(found.pattern().as_usize(), text, &words[first..end]) {
                        let base = sentence.tokens.start;
                        hits.push(Hit { tokens: base + first..base + end, name });
                        break found.end();
                    }
                    // `Hans Moss` is not `Hans Mo`, but may hold a shorter name.
                    let shorter = automaton.find(Input::new(&sought).range(found.start()..found.end() - 1));
                    match shorter.filter(|s| s.start() == found.start()) {
                        Some(shorter) => found = shorter,
                        None => break found.start() + HASHED,
                    }
                };
            }
        }
        hits
    }

    /// The form of a pattern that the words spell, or spell in the genitive.
    fn fitting(&self, pattern: usize, text: &str, words: &[Token]) -> Option<usize> {
        let forms = &self.spelt[self.patterns[pattern]..self.patterns[pattern + 1]];
        let (last, before) = words.split_last()?;
        // The last key of a form whose others are those of the words.
        let rest = |at: &Range<usize>| {
            let keys = before
                .iter()
                .try_fold(&self.keys[at.clone()], |keys, token| keys.strip_prefix(&*key(&text[token.span]))?.strip_prefix(END));
            keys?.strip_suffix(END)
        };
        let fits = |word: &str| forms.iter().find(|(at, _)| rest(at) == Some(word)).map(|&(_, form)| form as usize);
        let last = key(&text[last.span]);
        fits(&last).or_else(|| fits(nominative(&last)))
    }
}

/// A name without its genitive ending (Norsk referansegrammatikk 3.3): `Maduros`, `Hans'`, `NRK's`.
pub(crate) fn nominative(name: &str) -> &str {
    for ending in ["'s", "'", "s"] {
        if let Some(base) = name.strip_suffix(ending)
            && base.chars().count() >= 2
            && base.ends_with(char::is_alphanumeric)
        {
            return base;
        }
    }
    name
}

/// What a name and its genitives share, for the search: `Mo` of `Moss`, `Moss'` and `Mos`.
fn stem(key: &str) -> &str {
    let stem = key.trim_end_matches(['s', '\'']);
    if stem.is_empty() { key } else { stem }
}

/// How many bytes stand for a token: a mark, and 18 bits of a hash, six in each byte. Stems that share a hash are told apart by their full
/// keys. Larger alphabets and more bytes take longer to build: 28 ms for 52,000 names with four bytes of six bits, 21 with three. The bytes
/// are the smallest, for while the automaton is built its first state is searched from 0 upwards.
const HASHED: usize = 4;

fn hash(stem: &str) -> [u8; HASHED] {
    let mut hasher = Quick::default();
    hasher.write(stem.as_bytes());
    let hash = hasher.finish();
    let six = |at: u32| 1 + ((hash >> (64 - 6 * at)) as u8 & 0x3F);
    [0, six(1), six(2), six(3)]
}

/// The key of a form; borrowed like the form, where nothing changes.
fn key_of(form: Cow<'static, str>) -> Cow<'static, str> {
    match form {
        Cow::Borrowed(form) => key(form),
        Cow::Owned(form) => Cow::Owned(key(&form).into_owned()),
    }
}

/// The list of a user's own entries.
const OWN: u8 = u8::MAX;

impl GazetteerBuilder {
    /// Adds the names that come with the crate (feature `data`, on by default; without it this adds nothing).
    #[cfg_attr(not(feature = "data"), allow(unused_mut))]
    pub fn bundled(mut self) -> GazetteerBuilder {
        #[cfg(feature = "data")]
        {
            // A form takes some 25 bytes.
            self.indices.reserve(BUNDLED.iter().map(|(_, text)| text.len()).sum::<usize>() / 25);
            for (list, (file, text)) in (0..).zip(BUNDLED) {
                for row in lexicon::bundled(file, text, COLUMNS) {
                    let [name, kind, id, aliases] = row.cells();
                    if let Some(kind) = EntityKind::from_label(kind) {
                        self.add(
                            Name { kind, canonical: name.into(), id: id.into(), list },
                            alternatives(aliases).map(Cow::Borrowed),
                            Risk::None,
                        );
                    }
                }
            }
            for row in lexicon::bundled("ambiguous.tsv", include_str!("../data/ambiguous.tsv"), &["form", "risk"]) {
                let [form, risk] = row.cells();
                if let Some(&i) = self.indices.get(form) {
                    self.forms[i as usize].risk = match risk {
                        "high" => Risk::High,
                        "medium" => Risk::Medium,
                        _ => Risk::Low,
                    };
                }
            }
        }
        self
    }

    /// Adds the names of a file: UTF-8, tabs between the columns `name kind id aliases` that its first line names, `|` between aliases,
    /// `kind` one of `PER ORG GPE LOC PROD EVT DRV MISC`. A name has at most 1,000 bytes.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Table`] with the line that is wrong.
    pub fn read_tsv(self, path: impl AsRef<Path>) -> Result<GazetteerBuilder, Error> {
        let (file, text) = lexicon::read(path.as_ref())?;
        self.add_tsv(&file, &text)
    }

    /// Adds the names of a table that is at hand as text; `file` is its name in errors.
    ///
    /// # Errors
    /// [`Error::Table`] with the line that is wrong.
    pub fn add_tsv(mut self, file: &str, text: &str) -> Result<GazetteerBuilder, Error> {
        for row in lexicon::rows(file, text, COLUMNS)? {
            let [name, kind, id, aliases] = row.cells();
            let kind = EntityKind::from_label(kind).ok_or_else(|| row.error(1, "PER, ORG, GPE, LOC, PROD, EVT, DRV or MISC"))?;
            for (column, form) in std::iter::once((0, name)).chain(alternatives(aliases).map(|alias| (3, alias))) {
                if form.len() > LONGEST {
                    return Err(row.error(column, &format!("at most {LONGEST} bytes a name")));
                }
            }
            let owned = |cell: &str| Cow::Owned(cell.to_owned());
            self.add(Name { kind, canonical: owned(name), id: owned(id), list: OWN }, alternatives(aliases).map(owned), Risk::Own);
        }
        Ok(self)
    }

    /// Adds one name, of at most 1,000 bytes; a longer one is nobody's, and left out.
    pub fn name(mut self, form: &str, kind: EntityKind) -> GazetteerBuilder {
        self.add(Name { kind, canonical: form.to_owned().into(), id: "".into(), list: OWN }, std::iter::empty(), Risk::Own);
        self
    }

    /// Adds a row with its aliases.
    fn add(&mut self, mut name: Name, aliases: impl Iterator<Item = Cow<'static, str>>, risk: Risk) {
        name.canonical = key_of(name.canonical);
        let row = Form { name: self.names.len() as u32, risk };
        self.add_form(name.canonical.clone(), row, true);
        // A bundled alias never displaces another bundled form.
        aliases.for_each(|alias| self.add_form(key_of(alias), row, risk == Risk::Own));
        self.names.push(name);
    }

    fn add_form(&mut self, form: Cow<'static, str>, row: Form, displaces: bool) {
        // Nothing may be left of it but white space.
        let form = match form {
            Cow::Borrowed(form) => Cow::Borrowed(form.trim()),
            Cow::Owned(form) => Cow::Owned(form.trim().to_owned()),
        };
        if form.is_empty() || form.len() > LONGEST {
            return;
        }
        match self.indices.entry(form) {
            Entry::Occupied(there) if displaces => self.forms[*there.get() as usize] = row,
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(self.forms.len() as u32);
                self.forms.push(row);
            }
        }
    }

    /// Builds the automaton.
    pub fn build(self) -> Gazetteer {
        // The hashes of all forms' stems, one after the other; for each form its own, and what `spelt` holds.
        let mut stems = Vec::with_capacity(3 * HASHED * self.forms.len());
        let mut sorted: Vec<(Range<usize>, Spelt)> = Vec::with_capacity(self.forms.len());
        let (mut keys, mut tokens) = (String::with_capacity(20 * self.forms.len()), Vec::new());
        for (form, &i) in &self.indices {
            let (first, start) = (stems.len(), keys.len());
            tokenize_into(form, &mut tokens);
            for token in &tokens {
                let key = key(&form[token.span]);
                stems.extend(hash(stem(&key)));
                keys.push_str(&key);
                keys.push(END);
            }
            if stems.len() > first {
                sorted.push((first..stems.len(), (start..keys.len(), i)));
            }
        }
        // Downwards, for the automaton is built from lists that are searched from their smaller end; by the first two tokens, which tell most
        // forms apart, then by all.
        let sought = |at: &Range<usize>| &stems[at.clone()];
        let two = |at: &Range<usize>| {
            sought(at).iter().chain(&[0; 2 * HASHED]).take(2 * HASHED).fold(0u64, |all, &byte| all << 8 | u64::from(byte))
        };
        let mut order: Vec<(u64, usize)> = sorted.iter().enumerate().map(|(n, (at, _))| (two(at), n)).collect();
        order.sort_unstable_by(|(a, n), (b, m)| {
            b.cmp(a).then_with(|| sought(&sorted[*m].0).cmp(sought(&sorted[*n].0))).then_with(|| sorted[*m].1.1.cmp(&sorted[*n].1.1))
        });
        let sorted: Vec<_> = order.into_iter().map(|(_, n)| sorted[n].clone()).collect();
        let mut patterns: Vec<usize> =
            (0..sorted.len()).filter(|&at| at == 0 || sought(&sorted[at - 1].0) != sought(&sorted[at].0)).collect();
        let automaton = (!patterns.is_empty()).then(|| {
            let sought = patterns.iter().map(|&at| sought(&sorted[at].0));
            let leftmost_longest = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .dense_depth(2)
                .prefilter(false)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(sought);
            leftmost_longest.ok()
        });
        patterns.push(sorted.len());
        let spelt = sorted.into_iter().map(|(_, spelt)| spelt).collect();
        Gazetteer { automaton: automaton.flatten(), patterns, spelt, keys, names: self.names, forms: self.forms, indices: self.indices }
    }
}

#[cfg(feature = "data")]
macro_rules! tables {
    ($($file:literal)*) => { &[$(($file, include_str!(concat!("../data/gazetteer/", $file)))),*] };
}

/// The bundled tables, the surer ones last, for of two entries for one name the later counts.
#[cfg(feature = "data")]
pub(crate) const BUNDLED: &[(&str, &str)] = tables!(
    "people.tsv" "events.tsv" "works.tsv" "companies.tsv" "clubs.tsv" "education.tsv" "organisations.tsv" "media.tsv"
    "public.tsv" "places_world.tsv" "places_no.tsv" "politics.tsv" "countries.tsv"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abbreviations::Abbreviations;
    use crate::sentence::SplitOptions;
    use crate::tokenize::tokenize;

    fn found(names: &[&str], text: &str) -> Vec<String> {
        let mut builder = Gazetteer::builder();
        for name in names {
            builder = builder.name(name, EntityKind::Org);
        }
        let gazetteer = builder.build();
        let tokens = tokenize(text);
        let block = [crate::article::Block::new(crate::article::BlockKind::Paragraph, crate::span::Span::new(0, text.len()))];
        let sentences = crate::sentence::split(text, &tokens, &block.map(|b| b.span), Abbreviations::bundled(), &SplitOptions::default());
        gazetteer
            .find(text, &tokens, &sentences)
            .iter()
            .map(|h| text[tokens[h.tokens.start].span.to(tokens[h.tokens.end - 1].span)].to_owned())
            .collect()
    }

    #[test]
    fn a_longer_name_that_breaks_off_in_a_word_does_not_hide_a_shorter_one() {
        assert_eq!(found(&["Oslo", "Oslo S"], "fra Oslo Sentrum til Oslo S og hjem"), ["Oslo", "Oslo S"]);
    }

    #[test]
    fn genitives_are_found_and_names_in_s_stay_whole() {
        assert_eq!(found(&["Norge", "Moss", "NRK"], "Norges, Moss, Moss’ og NRK's"), ["Norges", "Moss", "Moss’", "NRK's"]);
        assert!(found(&["Han"], "Hannes kom").is_empty());
        assert_eq!(found(&["Hans Mo", "Hans", "Mo i Rana"], "Hans Moss og Hans Mos i Mo i Rana"), ["Hans", "Hans Mos", "Mo i Rana"]);
    }

    #[test]
    fn names_begin_where_tokens_do() {
        assert!(found(&["\u{1F}"], "https://vik.no/\u{1E}\u{1F}").is_empty());
        assert!(found(&["b \u{1F}"], "https://vik.no/\u{1E}b\u{1F}\u{1E}\u{1F}").is_empty());
    }

    #[test]
    fn odd_characters_in_names_and_text_do_no_harm() {
        // All texts and names of up to three of these characters: marks of tokens' ends within a key, and what nothing is left of.
        let odd = ["\u{1E}", "\u{1F}", "\u{AD}", "\u{200B}", " ", "\n", "s", "'"];
        let texts = |length: u32| {
            (1..=length).flat_map(move |n| {
                (0..odd.len().pow(n)).map(move |i| (0..n).map(|k| odd[i / odd.len().pow(k) % odd.len()]).collect::<String>())
            })
        };
        let names: Vec<String> = texts(3).chain(["Oslo".to_owned()]).collect();
        for names in names.chunks(64).map(|c| c.iter().map(String::as_str).chain(["Oslo"]).collect::<Vec<_>>()) {
            for text in texts(3) {
                assert!(found(&names, &format!("{text} Oslo")).contains(&"Oslo".to_owned()), "{text:?}");
            }
        }
    }

    #[test]
    fn decomposed_text_is_found() {
        assert_eq!(found(&["Ålesund"], "i A\u{30A}lesund nå"), ["A\u{30A}lesund"]);
    }
}
