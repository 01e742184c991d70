//! Headings without a stop that run into the sentence after them (`Ny leiar Styret har tilsett …`), a habit of text taken from web pages.
//!
//! A logistic model over the words around a gap tells where one ends; its weights are rows of `data/run_in.tsv`, learnt by
//! `data/build/run_in.py` from the headings of the Norwegian Dependency Treebank and of newspaper prose. Cross-validated on the treebank
//! it misses some 500 of 2,227 such ends and sets some 220 false ones among 33,000 sentences; `run_in.py … FOLDS` prints the figures.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::lexicon;
use crate::normalize;
use crate::tokenize::{Token, TokenKind};

/// The longest heading, in tokens.
const REACH: usize = 30;

/// As far ahead as the model looks for a stop, in tokens.
const AHEAD: usize = 13;

/// A score, from the word before the gap and then its classes, that the rest does not make good: it spares three gaps of four the rest.
const HOPELESS_BEFORE: f32 = -2.0;

/// A score, from the words beside the gap, that their surroundings do not make good: it spares nine of ten the full count. Each of the two
/// loses one end in two hundred.
const HOPELESS: f32 = -2.0;

/// How sure the model must be, in log odds, within a paragraph of ordinary length: its headings most likely stand on lines of their own.
const SCORE: f32 = 1.6;

/// How sure within a longer one, which has most likely lost line ends, those of headings among them: where cross-validation finds the
/// fewest errors.
const LONG_BLOCK_SCORE: f32 = -0.2;

/// Newspaper paragraphs are shorter than this, in tokens.
const LONG_BLOCK: usize = 250;

/// The tokens of a paragraph, asked for headings that run into the next sentence.
pub(crate) struct RunIn<'a> {
    model: &'static Model,
    text: &'a str,
    tokens: &'a [Token],
    /// Look-up forms that differ from the text.
    keys: HashMap<usize, Box<str>>,
    threshold: f32,
}

struct Model {
    bias: f32,
    /// The weight of a capital before the gap.
    before_capital: f32,
    weights: HashMap<u64, f32, BuildHasherDefault<Key>>,
    /// By [`fold`]ed form.
    words: HashMap<u64, Known, BuildHasherDefault<Key>>,
    given_names: HashSet<u64, BuildHasherDefault<Key>>,
}

/// What the tables say of a word.
#[derive(Clone, Copy)]
struct Known {
    /// The most frequent class of `data/words.tsv`, `k` for a word of `data/common_words.tsv` alone, `?` for another.
    class: u8,
    /// Whether one of its classes is the finite verb's.
    finite: bool,
    /// The weight of the word before the gap: the feature `p`.
    before: f32,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let mut model =
        Model { bias: 0.0, before_capital: 0.0, weights: HashMap::default(), words: HashMap::default(), given_names: HashSet::default() };
    for row in lexicon::bundled("run_in.tsv", include_str!("../data/run_in.tsv"), &["feature", "weight"]) {
        let weight = row.get(1).parse().unwrap_or(0.0);
        if row.get(0) == "bias" {
            model.bias = weight;
        } else {
            model.weights.insert(Key::of(row.get(0)).0, weight);
        }
    }
    model.before_capital = model.weights.get(&Key::of("p=<U>").0).copied().unwrap_or(0.0);
    let mut add = |word: &str, class: u8, finite: bool| {
        let before = model.weights.get(&Key::of("p=").text(word).0).copied().unwrap_or(0.0);
        model.words.insert(fold(word), Known { class, finite, before });
    };
    for row in lexicon::bundled("common_words.tsv", include_str!("../data/common_words.tsv"), &["word"]) {
        add(row.get(0), b'k', false);
    }
    for row in lexicon::bundled("words.tsv", include_str!("../data/words.tsv"), &["word", "classes"]) {
        add(row.get(0), row.get(1).bytes().next().unwrap_or(b'k'), row.get(1).contains('f'));
    }
    for row in lexicon::bundled("given_names.tsv", include_str!("../data/given_names.tsv"), &["name", "gender", "count", "word"]) {
        model.given_names.insert(Key::of(row.get(0)).0);
    }
    model
});

/// A hash of the word that is blind to the case of ASCII letters and of `À`–`Þ`, eight bytes at a time.
fn fold(word: &str) -> u64 {
    let mix = |hash: u64, eight: u64| (hash.rotate_left(23) ^ (eight | 0x2020_2020_2020_2020)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (eights, rest) = word.as_bytes().as_chunks::<8>();
    let hash = eights.iter().fold(word.len() as u64, |hash, eight| mix(hash, u64::from_le_bytes(*eight)));
    mix(hash, rest.iter().fold(0, |eight, &b| eight << 8 | u64::from(b)))
}

/// FNV-1a: the key of a feature, from its parts.
#[derive(Clone, Copy)]
struct Key(u64);

impl Default for Key {
    fn default() -> Key {
        Key(0xCBF2_9CE4_8422_2325)
    }
}

impl Key {
    fn of(text: &str) -> Key {
        Key::default().text(text)
    }

    fn byte(self, byte: u8) -> Key {
        Key((self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
    }

    fn text(self, text: &str) -> Key {
        text.bytes().fold(self, Key::byte)
    }

    fn char(self, c: char) -> Key {
        self.text(c.encode_utf8(&mut [0; 4]))
    }

    /// The lower-case form of the text.
    #[inline]
    fn lower(self, text: &str) -> Key {
        if text.is_ascii() {
            text.bytes().fold(self, |key, b| key.byte(b.to_ascii_lowercase()))
        } else {
            text.chars().flat_map(char::to_lowercase).fold(self, Key::char)
        }
    }

    fn flag(self, on: bool) -> Key {
        self.byte(if on { b'1' } else { b'0' })
    }

    /// A length in tokens, coarser the longer it is.
    fn length(self, n: usize) -> Key {
        self.text(["0", "1", "2", "3", "4", "5", "6", "7", "7", "9", "9", "9", "9"].get(n).unwrap_or(&"13"))
    }
}

/// The tables are keyed by keys, so their hash is the key itself.
impl Hasher for Key {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        *self = bytes.iter().fold(*self, |key, &b| key.byte(b));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What the model knows of a token by itself.
#[derive(Clone, Copy)]
struct Look<'a> {
    text: &'a str,
    /// Of a word its class, `?` if unknown; otherwise `9` number, the sign itself, `z`.
    class: char,
    finite: bool,
    capital: bool,
    letter: bool,
    /// The weight of the word before a gap, if it is no capital.
    before: f32,
}

impl Look<'_> {
    /// `U` for a capital, otherwise the class.
    fn shape(self) -> char {
        if self.capital { 'U' } else { self.class }
    }
}

impl Key {
    /// The class, with `U` before it for a capital.
    fn class(self, look: Look) -> Key {
        (if look.capital { self.byte(b'U') } else { self }).char(look.class)
    }
}

impl<'a> RunIn<'a> {
    /// `tokens` are those of one block.
    pub(crate) fn new(text: &'a str, tokens: &'a [Token]) -> RunIn<'a> {
        let keys = normalize::keys(text, tokens);
        RunIn { model: &MODEL, text, tokens, keys, threshold: if tokens.len() < LONG_BLOCK { SCORE } else { LONG_BLOCK_SCORE } }
    }

    fn word(&self, at: usize) -> &str {
        let key = if self.keys.is_empty() { None } else { self.keys.get(&at) };
        key.map_or(&self.text[self.tokens[at].span], |key| key)
    }

    fn look(&self, at: usize) -> Look<'_> {
        let text = self.word(at);
        let letter = is_letter(text);
        let (class, known) = if letter {
            let known = self.model.words.get(&fold(text)).copied().unwrap_or(Known { class: b'?', finite: false, before: 0.0 });
            (char::from(known.class), known)
        } else {
            let mut chars = text.chars();
            let class = match (chars.next().unwrap_or(' '), chars.next()) {
                (first, _) if first.is_numeric() => '9',
                (sign, None) => sign,
                _ => 'z',
            };
            (class, Known { class: 0, finite: false, before: self.weight(Key::of("p=").lower(text)) })
        };
        Look { text, class, finite: known.finite, capital: is_capital(text), letter, before: known.before }
    }

    /// What begins at `at` where a sentence could begin without a stop before it: `U` a capital, or before one `D` a dash, `Q` a
    /// quotation mark, `B` a bracket, `S` the number of a section.
    fn begins(&self, at: usize) -> Option<char> {
        let word = self.word(at);
        let kind = match self.tokens[at].kind {
            TokenKind::Word | TokenKind::Abbreviation | TokenKind::Url => {
                return word.starts_with(char::is_uppercase).then_some('U');
            }
            TokenKind::Dash => 'D',
            TokenKind::Quote if matches!(word, "«" | "\"" | "“" | "”") => 'Q',
            TokenKind::Punctuation if word == "(" => 'B',
            TokenKind::Number if is_section(word) => 'S',
            _ => return None,
        };
        (at + 1 < self.tokens.len() && is_capital(self.word(at + 1))).then_some(kind)
    }

    /// Whether what ends before `at` could be the end of a heading: a word, or a mark that closes.
    fn may_end(&self, at: usize) -> bool {
        let word = self.word(at - 1);
        // `Per «Bamsen» Lunde` is a name.
        let nickname = || {
            at > 3
                && self.tokens[at - 1].kind == TokenKind::Quote
                && self.tokens[at - 3].kind == TokenKind::Quote
                && is_capital(self.word(at - 4))
        };
        word.ends_with(char::is_alphanumeric) || matches!(word, "»" | ")" | "\"" | "”") && !nickname()
    }

    fn weight(&self, key: Key) -> f32 {
        self.model.weights.get(&key.0).copied().unwrap_or(0.0)
    }

    /// Whether a heading `start..at` ends before the token at `at`, outside quotation marks. The features are those of `run_in.py`.
    pub(crate) fn ends_heading(&self, start: usize, at: usize) -> bool {
        if at <= start || at - start > REACH {
            return false;
        }
        let Some(kind) = self.begins(at).filter(|_| self.may_end(at)) else { return false };
        let next = if kind == 'U' { at } else { at + 1 };
        if kind == 'U' && is_capital(self.word(at - 1)) && self.look(next).class == '?' {
            // Most likely a name that goes on.
            return false;
        }
        let before = self.look(at - 1);
        let mut score = self.model.bias
            + if before.capital { self.model.before_capital } else { before.before }
            + self.weight(Key::of("len+cp=").length(at - start).class(before));
        if score < HOPELESS_BEFORE {
            return false;
        }
        let word = self.look(next);
        score += self.weight(Key::of("cn=").char(word.class).char(kind))
            + self.weight(Key::of("cn+cp=").char(word.class).text("/").class(before));
        if score < HOPELESS_BEFORE {
            return false;
        }
        let shape = if before.letter && !before.capital { 'l' } else { before.shape() };
        for key in [
            Key::of("k=").char(kind),
            Key::of("n=").lower(word.text),
            Key::of("ns=").lower(tail(word.text, 3)),
            Key::of("ps=").lower(tail(before.text, 3)).char(shape),
            Key::of("pl=").lower(tail(before.text, 5)).char(shape),
            Key::of("sw=").lower(self.word(start)),
        ] {
            score += self.weight(key);
        }
        score >= HOPELESS && score + self.context(start, at, kind, next, before, word) > self.threshold
    }

    /// The weight of what stands further from the gap.
    fn context(&self, start: usize, at: usize, kind: char, next: usize, before: Look, word: Look) -> f32 {
        let limit = self.tokens.len().min(at + AHEAD);
        let end = (at..limit).find(|&t| self.is_stop(t)).map_or(limit, |t| t + 1);
        let after: [Option<Look>; 6] = std::array::from_fn(|i| (next + 1 + i < end).then(|| self.look(next + 1 + i)));
        let follows = match after[0] {
            Some(Look { finite: true, capital: false, .. }) => 'f',
            look => look.map_or('$', Look::shape),
        };
        let verb = (start..at).map(|t| (t, self.look(t))).any(|(t, look)| look.finite && (t == start || !look.capital));
        let next_verb = after.iter().flatten().take(4).enumerate().find(|(i, look)| *i == 3 || !look.capital);
        let next_verb = next_verb.is_some_and(|(_, look)| look.finite);
        let verb_after = after.iter().flatten().any(|look| look.finite);
        let given = self.model.given_names.contains(&Key::of(before.text).0);
        let length = at - start;
        let mut last = Key::of(if length <= 3 { "last=^" } else { "last=" });
        for t in start.max(at.saturating_sub(3))..at {
            last = last.char(self.look(t).shape());
        }
        let mut score = 0.0;
        for key in [
            Key::of("f=").char(follows),
            Key::of("cn+f=").char(word.class).char(follows),
            after[0].map_or(Key::of("fw=<>"), |look| Key::of("fw=").lower(look.text)),
            Key::of("nfg=").char(word.class).char(follows).char(after[1].map_or('$', Look::shape)),
            Key::of("rem=").length(end - at),
            Key::of("v+len=").flag(verb).length(length),
            Key::of("v=").flag(next_verb).flag(verb).flag(verb_after).char(kind),
            Key::of("g=").flag(given).char(word.class),
            Key::of("g+f=").flag(given).char(word.class).char(follows),
            last.text("|").char(word.class),
        ] {
            score += self.weight(key);
        }
        if length > 1 {
            let second = self.look(at - 2);
            score += self.weight(Key::of("p2=").char(second.shape()).class(before)) + self.weight(Key::of("p2w=").lower(second.text));
        }
        score
    }

    /// Whether the token is a stop that ends most sentences.
    fn is_stop(&self, at: usize) -> bool {
        match self.tokens[at].kind {
            TokenKind::Ellipsis => true,
            TokenKind::Punctuation => matches!(self.word(at), "." | "!" | "?" | ":"),
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
        let rows = lexicon::rows("run_in.tsv", include_str!("../data/run_in.tsv"), &["feature", "weight"]).expect("a table");
        assert!(rows.iter().all(|row| row.get(1).parse::<f32>().is_ok_and(f32::is_finite)));
        assert!(MODEL.bias < 0.0 && MODEL.before_capital != 0.0 && !MODEL.given_names.is_empty());
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
