//! Headings without a stop that run into the sentence after them (`Ny leiar Styret har tilsett …`), a habit of text taken from web pages.
//!
//! A logistic model over the words around a gap tells where one ends; its weights are rows of `data/run_in.tsv`, learnt by
//! `data/build/run_in.py` from the headings of the Norwegian Dependency Treebank and of newspaper prose. Cross-validated on the treebank
//! it misses some 500 of 2,227 such ends and sets some 220 false ones among 33,000 sentences; `run_in.py … FOLDS` prints the figures.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::lexicon;
use crate::normalize::{self, Quick};
use crate::tokenize::{Token, TokenKind};

/// The longest heading, in tokens.
const REACH: usize = 30;

/// As far ahead as the model looks for a stop, in tokens.
const AHEAD: usize = 13;

/// A score of the small model below which a gap is spared the whole one: six of seven are, and of the ends some one in two hundred.
const HOPELESS: Score = -240;

/// How sure the model must be within a paragraph of ordinary length: its headings most likely stand on lines of their own.
const THRESHOLD: Score = 160;

/// How sure within a longer one, which has most likely lost line ends, those of headings among them: where cross-validation finds the
/// fewest errors.
const LONG_BLOCK_THRESHOLD: Score = -20;

/// Newspaper paragraphs are shorter than this, in tokens.
const LONG_BLOCK: usize = 250;

/// The tokens of a paragraph, asked for headings that run into the next sentence.
pub(crate) struct RunIn<'a> {
    model: &'static Model,
    text: &'a str,
    tokens: &'a [Token],
    threshold: Score,
}

/// A sum of weights: hundredths of log odds.
type Score = i32;

/// The weights of features, in hundredths.
struct Model {
    /// The whole model, by the feature's [`Key`].
    weights: HashMap<u64, i16, BuildHasherDefault<Key>>,
    bias: i16,
    small: Small,
    /// By [`fold`]ed form.
    words: HashMap<u64, Known, BuildHasherDefault<Key>>,
    given_names: HashSet<&'static str, BuildHasherDefault<Quick>>,
}

/// The small model, of some features of the two words beside a gap: tables instead of hashes. Its weights of words stand in [`Known`].
struct Small {
    bias: i16,
    /// `p=<U>`: a capital before the gap.
    capital: i16,
    /// `cn`: by the class of the word after the gap and what begins there.
    after: [[i16; KINDS.len()]; CLASSES],
    /// `cn+cp`: by the class of the word after the gap, of the one before, and whether that is a capital.
    pair: [[[i16; 2]; CLASSES]; CLASSES],
    /// `len+cp`: by the length before the gap, the class of the word before, and whether it is a capital.
    length: [[[i16; 2]; CLASSES]; LENGTHS.len()],
}

/// What the tables say of a word.
#[derive(Clone, Copy)]
struct Known {
    /// The most frequent class of `data/words.tsv`, `k` for a word of `data/common_words.tsv` alone, `?` for another.
    class: u8,
    /// Whether one of its classes is the finite verb's.
    finite: bool,
    /// The small model's weights of the word before a gap, `p`, and after it, `n`.
    before: i16,
    after: i16,
}

impl Known {
    fn of(class: u8) -> Known {
        Known { class, finite: false, before: 0, after: 0 }
    }
}

/// What may begin a sentence without a stop before it: a capital, or before one a dash, a quotation mark, a bracket, a section's number.
const KINDS: [char; 5] = ['U', 'D', 'Q', 'B', 'S'];

/// How the features spell a length of so many tokens.
const LENGTHS: [&str; 14] = ["0", "1", "2", "3", "4", "5", "6", "7", "7", "9", "9", "9", "9", "13"];

/// How many classes of words there are, and of signs that close, as [`class_index`] numbers them.
const CLASSES: usize = 64;

/// The number of a class; 0 for signs of which the small model knows nothing.
fn class_index(class: char) -> usize {
    match class {
        'a'..='z' => class as usize - 'a' as usize + 1,
        'A'..='Z' => class as usize - 'A' as usize + 27,
        '?' => 53,
        '9' => 54,
        '"' => 55,
        ')' => 56,
        '»' => 57,
        '”' => 58,
        _ => 0,
    }
}

/// Of `data/run_in.tsv`.
const COLUMNS: [&str; 3] = ["feature", "all", "beside"];

static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

impl Model {
    fn read() -> Model {
        let mut model = Model {
            weights: HashMap::default(),
            bias: 0,
            small: Small {
                bias: 0,
                capital: 0,
                after: [[0; KINDS.len()]; CLASSES],
                pair: [[[0; 2]; CLASSES]; CLASSES],
                length: [[[0; 2]; CLASSES]; LENGTHS.len()],
            },
            words: HashMap::default(),
            given_names: HashSet::default(),
        };
        for row in lexicon::bundled("common_words.tsv", include_str!("../data/common_words.tsv"), &["word"]) {
            model.words.insert(fold(row.get(0)), Known::of(b'k'));
        }
        for row in lexicon::bundled("words.tsv", include_str!("../data/words.tsv"), &["word", "classes"]) {
            let class = row.get(1).bytes().next().unwrap_or(b'k');
            model.words.insert(fold(row.get(0)), Known { finite: row.get(1).contains('f'), ..Known::of(class) });
        }
        for row in lexicon::bundled("run_in.tsv", include_str!("../data/run_in.tsv"), &COLUMNS) {
            let weight = |column| row.get(column).parse().map_or(0, |weight: f32| (weight * 100.0).round() as i16);
            model.add(row.get(0), weight(1), weight(2));
        }
        for row in lexicon::bundled("given_names.tsv", include_str!("../data/given_names.tsv"), &["name", "gender", "count", "word"]) {
            model.given_names.insert(row.get(0));
        }
        model
    }

    fn add(&mut self, feature: &str, all: i16, beside: i16) {
        let (of, value) = feature.split_once('=').unwrap_or((feature, ""));
        self.weights.insert(Key::of_feature(of, value).0, all);
        // A class, with `U` before it for a capital, and no more.
        let class = |value: &str| {
            let (class, capital) = value.strip_prefix('U').map_or((value, 0), |class| (class, 1));
            let mut chars = class.chars();
            let index = chars.next().map(class_index).filter(|_| chars.as_str().is_empty());
            index.map(|index| (index, capital))
        };
        match of {
            "bias" => (self.bias, self.small.bias) = (all, beside),
            "p" if value == "<U>" => self.small.capital = beside,
            "p" => self.words.entry(fold(value)).or_insert(Known::of(b'?')).before = beside,
            "n" => self.words.entry(fold(value)).or_insert(Known::of(b'?')).after = beside,
            "cn" => {
                let kind = KINDS.iter().position(|&kind| value.ends_with(kind));
                if let Some((kind, (next, _))) = kind.and_then(|kind| Some((kind, class(&value[..value.len() - 1])?))) {
                    self.small.after[next][kind] = beside;
                }
            }
            "cn+cp" => {
                let pair = value.split_once('/').and_then(|(next, before)| class(next).zip(class(before)));
                if let Some(((next, _), (before, capital))) = pair {
                    self.small.pair[next][before][capital] = beside;
                }
            }
            "len+cp" => {
                for (weights, length) in self.small.length.iter_mut().zip(LENGTHS) {
                    if let Some((before, capital)) = value.strip_prefix(length).and_then(class) {
                        weights[before][capital] = beside;
                    }
                }
            }
            _ => {}
        }
    }
}

/// A hash of the word that is blind to the case of ASCII letters and of `À`–`Þ`.
#[inline]
fn fold(word: &str) -> u64 {
    let eight = |bytes: &[u8]| bytes.iter().rev().fold(0, |eight, &b| eight << 8 | u64::from(b | 0x20));
    let bytes = word.as_bytes();
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut key = Key(word.len() as u64);
    for chunk in eights {
        key = key.mix(u64::from_le_bytes(*chunk) | 0x2020_2020_2020_2020);
    }
    match (bytes.last_chunk::<8>(), rest) {
        (_, []) => key.0,
        // The last eight bytes say as much as the rest, and take one load.
        (Some(last), _) => key.mix(u64::from_le_bytes(*last) | 0x2020_2020_2020_2020).0,
        (None, rest) => key.mix(eight(rest)).0,
    }
}

/// The key of a feature: a hash of its name, then of each part of its value.
#[derive(Clone, Copy, Default)]
struct Key(u64);

impl Key {
    #[inline]
    fn mix(self, part: u64) -> Key {
        Key((self.0.rotate_left(23) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A feature's name: at most eight bytes.
    #[inline]
    fn of(name: &str) -> Key {
        Key(fold(name))
    }

    fn word(self, word: &str) -> Key {
        self.mix(fold(word))
    }

    fn char(self, c: char) -> Key {
        self.mix(u64::from(u32::from(c)))
    }

    fn flag(self, on: bool) -> Key {
        self.char(if on { '1' } else { '0' })
    }

    /// The class, with `U` before it for a capital.
    fn class(self, look: &Look) -> Key {
        (if look.capital { self.char('U') } else { self }).char(look.class)
    }

    /// A length in tokens, coarser the longer it is.
    fn length(self, n: usize) -> Key {
        self.chars(LENGTHS[n.min(LENGTHS.len() - 1)])
    }

    fn chars(self, text: &str) -> Key {
        text.chars().fold(self, Key::char)
    }

    /// The key of a row of `data/run_in.tsv`.
    fn of_feature(name: &str, value: &str) -> Key {
        let key = Key::of(name);
        match name {
            "n" | "ns" | "p" | "fw" | "sw" | "p2w" => key.word(value),
            // A word's end, then a class.
            "ps" | "pl" => match value.char_indices().next_back() {
                Some((end, class)) => key.word(&value[..end]).char(class),
                None => key,
            },
            _ => key.chars(value),
        }
    }
}

/// The tables are keyed by keys, so their hash is the key itself.
impl Hasher for Key {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        *self = bytes.iter().fold(*self, |key, &b| key.mix(u64::from(b)));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What the model knows of a token by itself.
struct Look<'a> {
    text: Cow<'a, str>,
    /// Of a word its class, `?` if unknown; otherwise `9` number, the sign itself, `z`.
    class: char,
    known: Known,
    capital: bool,
    letter: bool,
}

impl Look<'_> {
    /// `U` for a capital, otherwise the class.
    fn shape(&self) -> char {
        if self.capital { 'U' } else { self.class }
    }
}

impl Small {
    fn score(&self, length: usize, kind: char, before: &Look, word: &Look) -> Score {
        let (next, last, capital) = (class_index(word.class), class_index(before.class), usize::from(before.capital));
        let kind = KINDS.iter().position(|k| *k == kind).unwrap_or(0);
        let weights = [
            self.bias,
            if before.capital { self.capital } else { before.known.before },
            word.known.after,
            self.after[next][kind],
            self.pair[next][last][capital],
            self.length[length.min(LENGTHS.len() - 1)][last][capital],
        ];
        weights.into_iter().map(Score::from).sum()
    }
}

impl<'a> RunIn<'a> {
    /// `tokens` are those of one block.
    pub(crate) fn new(text: &'a str, tokens: &'a [Token]) -> RunIn<'a> {
        RunIn { model: &MODEL, text, tokens, threshold: if tokens.len() < LONG_BLOCK { THRESHOLD } else { LONG_BLOCK_THRESHOLD } }
    }

    /// The look-up form of a token.
    #[inline]
    fn word(&self, at: usize) -> Cow<'a, str> {
        let word = &self.text[self.tokens[at].span];
        match normalize::key(word) {
            Cow::Owned(key) if key.is_empty() => Cow::Borrowed(word),
            key => key,
        }
    }

    fn look(&self, at: usize) -> Look<'a> {
        let text = self.word(at);
        let (letter, capital) = (is_letter(&text), is_capital(&text));
        if letter {
            let known = self.model.words.get(&fold(&text)).copied().unwrap_or(Known::of(b'?'));
            return Look { text, class: char::from(known.class), known, capital, letter };
        }
        let mut chars = text.chars();
        let class = match (chars.next().unwrap_or(' '), chars.next()) {
            (first, _) if first.is_numeric() => '9',
            (sign, None) => sign,
            _ => 'z',
        };
        Look { text, class, known: Known::of(b'?'), capital, letter }
    }

    /// Which of [`KINDS`] begins at `at`.
    fn begins(&self, at: usize) -> Option<char> {
        let word = &self.text[self.tokens[at].span];
        let kind = match self.tokens[at].kind {
            TokenKind::Word | TokenKind::Abbreviation | TokenKind::Url => {
                let first = word.as_bytes()[0];
                let capital = if first.is_ascii() { first.is_ascii_uppercase() } else { self.word(at).starts_with(char::is_uppercase) };
                return capital.then_some('U');
            }
            TokenKind::Dash => 'D',
            TokenKind::Quote if matches!(word, "«" | "\"" | "“" | "”") => 'Q',
            TokenKind::Punctuation if word == "(" => 'B',
            TokenKind::Number if is_section(word) => 'S',
            _ => return None,
        };
        (at + 1 < self.tokens.len() && is_capital(&self.word(at + 1))).then_some(kind)
    }

    /// Whether what ends before `at` could be the end of a heading: a word, or a mark that closes.
    fn may_end(&self, at: usize) -> bool {
        let word = self.word(at - 1);
        // `Per «Bamsen» Lunde` is a name.
        let nickname = || {
            at > 3
                && self.tokens[at - 1].kind == TokenKind::Quote
                && self.tokens[at - 3].kind == TokenKind::Quote
                && is_capital(&self.word(at - 4))
        };
        word.ends_with(char::is_alphanumeric) || matches!(&*word, "»" | ")" | "\"" | "”") && !nickname()
    }

    /// Whether a heading `start..at` ends before the token at `at`, outside quotation marks. The features are those of `run_in.py`.
    pub(crate) fn ends_heading(&self, start: usize, at: usize) -> bool {
        if at <= start || at - start > REACH {
            return false;
        }
        let Some(kind) = self.begins(at).filter(|_| self.may_end(at)) else { return false };
        let next = if kind == 'U' { at } else { at + 1 };
        let word = self.look(next);
        if kind == 'U' && word.class == '?' && is_capital(&self.word(at - 1)) {
            // Most likely a name that goes on.
            return false;
        }
        let before = self.look(at - 1);
        self.model.small.score(at - start, kind, &before, &word) >= HOPELESS
            && self.score(start, at, kind, next, &before, &word) > self.threshold
    }

    /// The score of the whole model.
    fn score(&self, start: usize, at: usize, kind: char, next: usize, before: &Look, word: &Look) -> Score {
        let limit = self.tokens.len().min(at + AHEAD);
        let end = (at..limit).find(|&t| self.is_stop(t)).map_or(limit, |t| t + 1);
        let after: [Option<Look>; 6] = std::array::from_fn(|i| (next + 1 + i < end).then(|| self.look(next + 1 + i)));
        let finite = |look: &Look| look.known.finite;
        let follows = match &after[0] {
            Some(look) if finite(look) && !look.capital => 'f',
            look => look.as_ref().map_or('$', Look::shape),
        };
        let verb = (start..at).map(|t| (t, self.look(t))).any(|(t, look)| finite(&look) && (t == start || !look.capital));
        let next_verb = after.iter().flatten().take(4).enumerate().find(|(i, look)| *i == 3 || !look.capital);
        let next_verb = next_verb.is_some_and(|(_, look)| finite(look));
        let verb_after = after.iter().flatten().any(finite);
        let given = self.model.given_names.contains(&*before.text);
        let length = at - start;
        let shape = if before.letter && !before.capital { 'l' } else { before.shape() };
        let mut last = Key::of("last");
        if length <= 3 {
            last = last.char('^');
        }
        for t in start.max(at.saturating_sub(3))..at {
            last = last.char(self.look(t).shape());
        }
        let keys = [
            Key::of("k").char(kind),
            Key::of("n").word(&word.text),
            Key::of("ns").word(tail(&word.text, 3)),
            Key::of("cn").char(word.class).char(kind),
            Key::of("cn+cp").char(word.class).char('/').class(before),
            Key::of("p").word(if before.capital { "<U>" } else { &before.text }),
            Key::of("ps").word(tail(&before.text, 3)).char(shape),
            Key::of("pl").word(tail(&before.text, 5)).char(shape),
            Key::of("f").char(follows),
            Key::of("cn+f").char(word.class).char(follows),
            Key::of("fw").word(after[0].as_ref().map_or("<>", |look| &look.text)),
            Key::of("nfg").char(word.class).char(follows).char(after[1].as_ref().map_or('$', Look::shape)),
            Key::of("len+cp").length(length).class(before),
            Key::of("rem").length(end - at),
            Key::of("v+len").flag(verb).length(length),
            Key::of("v").flag(next_verb).flag(verb).flag(verb_after).char(kind),
            Key::of("g").flag(given).char(word.class),
            Key::of("g+f").flag(given).char(word.class).char(follows),
            last.char('|').char(word.class),
            Key::of("sw").word(&self.word(start)),
        ];
        let second = (length > 1).then(|| self.look(at - 2));
        let second = second.map(|look| [Key::of("p2").char(look.shape()).class(before), Key::of("p2w").word(&look.text)]);
        let weight = |key: Key| Score::from(self.model.weights.get(&key.0).copied().unwrap_or(0));
        Score::from(self.model.bias) + keys.into_iter().chain(second.into_iter().flatten()).map(weight).sum::<Score>()
    }

    /// Whether the token is a stop that ends most sentences.
    fn is_stop(&self, at: usize) -> bool {
        match self.tokens[at].kind {
            TokenKind::Ellipsis => true,
            TokenKind::Punctuation => matches!(&*self.word(at), "." | "!" | "?" | ":"),
            _ => false,
        }
    }
}

/// `11.4.1`: three levels or more, of at most two digits each, unlike `1.250.000`.
fn is_section(number: &str) -> bool {
    let level = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    number.split('.').count() > 2 && number.split('.').all(level)
}

/// Whether the word begins with a letter.
#[inline]
fn is_letter(word: &str) -> bool {
    // Most do, in ASCII or with `æ`, `ø`, `å`, of which the tables of Unicode need not be asked.
    matches!(word.as_bytes(), [b'a'..=b'z' | b'A'..=b'Z', ..] | [0xC3, 0x80..=0x96 | 0x98..=0xB6 | 0xB8..=0xBF, ..])
        || word.starts_with(char::is_alphabetic)
}

/// Whether the first letter or digit of the word is a capital.
#[inline]
fn is_capital(word: &str) -> bool {
    if let Some(first) = word.bytes().next().filter(u8::is_ascii_alphabetic) {
        return first.is_ascii_uppercase();
    }
    word.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
}

/// The last `n` characters.
fn tail(word: &str, n: usize) -> &str {
    let from = word.char_indices().rev().nth(n - 1).map_or(0, |(i, _)| i);
    &word[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_files_are_sound() {
        let rows = lexicon::rows("run_in.tsv", include_str!("../data/run_in.tsv"), &COLUMNS).expect("a table");
        let weight = |cell: &str| cell.is_empty() || cell.parse::<f32>().is_ok_and(|w| w.abs() < 100.0);
        assert!(rows.iter().all(|row| (1..3).all(|column| weight(row.get(column)))));
        assert!(MODEL.bias < 0 && MODEL.small.bias < 0 && MODEL.small.capital != 0 && !MODEL.given_names.is_empty());
    }

    #[test]
    fn words_are_known_whatever_their_case() {
        for (word, class, finite) in [("er", b'f', true), ("ÅR", b'n', false), ("Ifølge", b'P', false)] {
            let known = MODEL.words.get(&fold(word)).expect(word);
            assert_eq!((known.class, known.finite), (class, finite), "{word}");
        }
        assert!(!MODEL.words.contains_key(&fold("xyzzy")));
    }

    #[test]
    fn section_numbers() {
        assert!(is_section("3.4.1") && is_section("11.4.1.12"));
        assert!(!is_section("3.4") && !is_section("1.250.000") && !is_section("1..2") && !is_section("12"));
    }
}
