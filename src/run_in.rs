//! Headings without a stop that run into the sentence after them (`Ny leiar Styret har tilsett …`), a habit of text taken from web pages.
//!
//! A logistic model over the words around a gap tells where one ends; its weights are rows of `data/run_in.tsv`, learnt by
//! `data/build/run_in.py` from the headings of the Norwegian Dependency Treebank and of newspaper prose. Cross-validated on the treebank
//! it misses some 510 of 2,227 such ends and sets some 190 false ones among 33,000 sentences; `run_in.py … FOLDS` prints the figures.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::lexicon;
use crate::normalize;
use crate::sentence::{Marks, list_bits};
use crate::tokenize::{Token, TokenKind};

/// The longest heading, in tokens.
const REACH: usize = 30;

/// As far ahead as the model looks for a stop, in tokens.
const AHEAD: usize = 13;

/// How sure the model must be that a heading ends; and what it must reach on the way so that the rest is looked at. Each of these loses a
/// few in a thousand of the ends that the whole finds; one gap in twenty is left.
struct Bars {
    whole: Score,
    /// Of the words beside the gap and the length before it.
    beside: Score,
    /// Of these with the length that suits best.
    words: Score,
    /// Of the word before the gap and that length.
    before: Score,
}

/// In a paragraph of ordinary length: its headings most likely stand on lines of their own.
const ORDINARY: Bars = Bars { whole: 58, beside: -45, words: -13, before: -51 };

/// In a longer one, which has most likely lost line ends, those of headings among them: where cross-validation finds the fewest errors.
const LONG: Bars = Bars { whole: 0, beside: -77, words: -64, before: -83 };

/// Newspaper paragraphs are shorter than this, in tokens.
const LONG_BLOCK: usize = 250;

/// Whether a block of so many tokens is longer than newspaper paragraphs are.
pub(crate) fn is_long(tokens: usize) -> bool {
    tokens >= LONG_BLOCK
}

/// The tokens of a paragraph, asked for headings that run into the next sentence.
pub(crate) struct RunIn<'a> {
    model: &'static Model,
    text: &'a str,
    tokens: &'a [Token],
    bars: &'static Bars,
    /// Where the stretch began that was last searched for a finite verb, how far the search came, and whether it found one.
    verb: (usize, usize, bool),
}

/// A weight, in 32nds of log odds.
type Weight = i8;

/// A sum of weights.
type Score = i32;

/// The weights of features: first of those of the two words beside a gap, which take tables and no hashes; then of the rest, learnt on top
/// of them.
struct Model {
    beside: Beside,
    bias: Weight,
    /// [`Weight`]s.
    rest: Table,
    /// [`Known`] words, by their [`fold`].
    words: Table,
}

/// Four bytes by key. One cache line is fetched for nearly each look-up, and no branch depends on whether the key is there. Two keys of one
/// bucket that agree in the 32 bits kept of them are taken for one.
struct Table {
    buckets: Vec<Bucket>,
    /// What to shift a key by to get the number of its bucket.
    shift: u32,
}

#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct Bucket {
    /// Of the keys, 0 where there is none, which is behind all others.
    tags: [u32; 4],
    values: [u32; 4],
}

impl Table {
    /// For at most `len` keys.
    fn new(len: usize) -> Table {
        let len = (len / 3 + 2).next_power_of_two();
        Table { buckets: vec![Bucket::default(); len], shift: u64::BITS - len.trailing_zeros() }
    }

    /// The bucket where the search for the key begins, and its tag.
    #[inline]
    fn place(&self, Key(key): Key) -> (usize, u32) {
        // The upper bits depend on all of what was multiplied, the lower ones on little of it.
        ((key >> self.shift) as usize, (key >> 12) as u32 | 1)
    }

    /// The value of the key; zeros if it has none.
    #[inline]
    fn get(&self, key: Key) -> [u8; 4] {
        let (mut at, tag) = self.place(key);
        loop {
            let Bucket { tags, values } = &self.buckets[at];
            // An `if` would become a branch.
            let value = (0..4).fold(0, |value, i| value | values[i] & u32::from(tags[i] == tag).wrapping_neg());
            if value | u32::from(tags[3] == 0) != 0 {
                return value.to_le_bytes();
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }

    /// Changes the value of the key.
    fn set(&mut self, key: Key, change: impl FnOnce(&mut [u8; 4])) {
        let (mut at, tag) = self.place(key);
        loop {
            let Bucket { tags, values } = &mut self.buckets[at];
            if let Some(i) = tags.iter().position(|&found| found == tag || found == 0) {
                let mut value = values[i].to_le_bytes();
                change(&mut value);
                (tags[i], values[i]) = (tag, u32::from_le_bytes(value));
                return;
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }
}

/// Weights of features of the two words beside a gap. Those of the words themselves stand in [`Known`].
struct Beside {
    bias: Weight,
    /// `p=<U>`: a capital before the gap.
    capital: Weight,
    /// `cn`: by the class of the word after the gap and what begins there.
    after: [[Weight; KINDS.len()]; CLASSES.len()],
    /// `cn+cp`: by the class of the word after the gap, of the one before, and whether that is a capital.
    pair: [[[Weight; 2]; CLASSES.len()]; CLASSES.len()],
    /// `len+cp`: by the length before the gap, the class of the word before, and whether it is a capital.
    length: [[[Weight; 2]; CLASSES.len()]; LENGTHS.len()],
    /// The greatest of these over all lengths.
    longest: [[Weight; 2]; CLASSES.len()],
}

/// What the tables say of a word: zeros unless they have it.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The most frequent class of `data/words.tsv`, by its number in [`CLASSES`].
    class: u8,
    /// Whether a finite verb and a given name are spelt so: [`FINITE`] and [`GIVEN`].
    flags: u8,
    /// The weights of the word before a gap, `p`, and after it, `n`.
    before: Weight,
    after: Weight,
}

const FINITE: u8 = 1;
const GIVEN: u8 = 1 << 1;

impl From<[u8; 4]> for Known {
    fn from([class, flags, before, after]: [u8; 4]) -> Known {
        Known { class, flags, before: before.cast_signed(), after: after.cast_signed() }
    }
}

/// What may begin a sentence without a stop before it: a capital, or before one a dash, a quotation mark, a bracket, a section's number.
const KINDS: [char; 5] = ['U', 'D', 'Q', 'B', 'S'];
const CAPITAL: usize = 0;

/// How the features spell a length of so many tokens.
const LENGTHS: [&str; 14] = ["0", "1", "2", "3", "4", "5", "6", "7", "7", "9", "9", "9", "9", "13"];

/// The classes of words, `?` for those of which nothing is known; of numbers and of signs that close; last any other sign.
const CLASSES: [char; 22] = ['?', 'a', 'n', 'N', 'P', 'D', 'O', 'f', 'i', 'C', 'r', 'S', 'p', 's', 't', 'x', '9', '"', ')', '»', '”', ' '];

const fn class_index(class: char) -> usize {
    let mut index = 0;
    while index < CLASSES.len() - 1 && CLASSES[index] != class {
        index += 1;
    }
    index
}

/// What is known of a token by its first byte.
#[derive(Clone, Copy)]
struct First {
    /// The class of numbers and of signs of ASCII; [`LETTER`] for that of the word.
    class: u8,
    /// How long it may be for that, in bytes.
    longest: u8,
}

const LETTER: u8 = u8::MAX;

/// By the byte.
static FIRST: [First; 256] = {
    let mut first = [First { class: LETTER, longest: 0 }; 256];
    let mut byte = 0;
    while byte < 0x80 {
        first[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => First { class: LETTER, longest: u8::MAX },
            b'0'..=b'9' => First { class: class_index('9') as u8, longest: u8::MAX },
            _ => First { class: class_index(byte as char) as u8, longest: 1 },
        };
        byte += 1;
    }
    first
};

/// What the features of the rest speak of, in the order in which [`RunIn::rest`] finds their values.
const TEMPLATES: [&str; 13] = ["ns", "ps", "pl", "cn+f", "fw", "nfg", "v+len", "v", "g", "last", "sw", "p2", "p2w"];

/// Of `data/run_in.tsv`.
const COLUMNS: [&str; 2] = ["feature", "weight"];

static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

/// Reads the model, if it has not been read.
pub(crate) fn read_ahead() {
    LazyLock::force(&MODEL);
}

impl Model {
    fn read() -> Model {
        let words: Vec<_> = lexicon::bundled("words.tsv", include_str!("../data/words.tsv"), &["word", "classes"]).collect();
        let names: Vec<_> =
            lexicon::bundled("given_names.tsv", include_str!("../data/given_names.tsv"), &["name", "gender", "count", "word"]).collect();
        let features: Vec<_> = lexicon::bundled("run_in.tsv", include_str!("../data/run_in.tsv"), &COLUMNS).collect();
        let mut model = Model {
            bias: 0,
            rest: Table::new(features.len()),
            beside: Beside {
                bias: 0,
                capital: 0,
                after: [[0; KINDS.len()]; CLASSES.len()],
                pair: [[[0; 2]; CLASSES.len()]; CLASSES.len()],
                length: [[[0; 2]; CLASSES.len()]; LENGTHS.len()],
                longest: [[0; 2]; CLASSES.len()],
            },
            words: Table::new(words.len() + names.len() + features.len()),
        };
        for row in words {
            let class = row.get(1).chars().next().map_or(0, class_index) as u8;
            let flags = if row.get(1).contains('f') { FINITE } else { 0 };
            model.words.set(fold(row.get(0)), |known| (known[0], known[1]) = (class, flags));
        }
        for row in names {
            model.words.set(fold(row.get(0)), |known| known[1] |= GIVEN);
        }
        for row in features {
            model.add(row.get(0), row.get(1).parse().map_or(0, |weight: f32| (weight * 32.0).round() as Weight));
        }
        for lengths in &model.beside.length {
            for (longest, length) in model.beside.longest.as_flattened_mut().iter_mut().zip(lengths.as_flattened()) {
                *longest = (*longest).max(*length);
            }
        }
        model
    }

    fn add(&mut self, feature: &str, weight: Weight) {
        let (of, value) = feature.split_once('=').unwrap_or((feature, ""));
        // A class, with `U` before it for a capital, and no more.
        let class = |value: &str| {
            let (class, capital) = value.strip_prefix('U').map_or((value, 0), |class| (class, 1));
            let mut chars = class.chars();
            let index = chars.next().map(class_index).filter(|_| chars.as_str().is_empty());
            index.map(|index| (index, capital))
        };
        match of {
            "bias" if value == "beside" => self.beside.bias = weight,
            "bias" => self.bias = weight,
            "p" if value == "<U>" => self.beside.capital = weight,
            "p" => self.words.set(fold(value), |known| known[2] = weight.cast_unsigned()),
            "n" => self.words.set(fold(value), |known| known[3] = weight.cast_unsigned()),
            "cn" => {
                let kind = KINDS.iter().position(|&kind| value.ends_with(kind));
                if let Some((kind, (next, _))) = kind.and_then(|kind| Some((kind, class(&value[..value.len() - 1])?))) {
                    self.beside.after[next][kind] = weight;
                }
            }
            "cn+cp" => {
                let pair = value.split_once('/').and_then(|(next, before)| class(next).zip(class(before)));
                if let Some(((next, _), (before, capital))) = pair {
                    self.beside.pair[next][before][capital] = weight;
                }
            }
            "len+cp" => {
                for (weights, length) in self.beside.length.iter_mut().zip(LENGTHS) {
                    if let Some((before, capital)) = value.strip_prefix(length).and_then(class) {
                        weights[before][capital] = weight;
                    }
                }
            }
            _ => {
                if let Some(template) = TEMPLATES.iter().position(|template| *template == of) {
                    let key = Key::of(template, Key::of_value(of, value));
                    self.rest.set(key, |value| value[0] = weight.cast_unsigned());
                }
            }
        }
    }
}

/// A hash of the word that is blind to the case of ASCII letters and of `À`–`Þ`.
fn fold(word: &str) -> Key {
    fold_at(word.as_bytes(), 0, word.len()).0
}

/// The hash of the word at `start..end` of the text, and whether it is its own look-up form for sure. Up to sixteen bytes, which few words
/// are longer than, they are fetched at once, with what follows, and no branch depends on their number.
#[inline]
fn fold_at(text: &[u8], start: usize, end: usize) -> (Key, bool) {
    let len = end - start;
    let Some(sixteen) = text.get(start..).and_then(|rest| rest.first_chunk()).filter(|_| len <= 16) else {
        return fold_long(&text[start..end]);
    };
    let (mask, sixteen) = (MASKS[len], u128::from_le_bytes(*sixteen));
    fold_sixteen(Key(len as u64), sixteen & mask)
}

/// The lowest bytes, by how many.
static MASKS: [u128; 17] = {
    let mut masks = [!0; 17];
    let mut len = 0;
    while len < 16 {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

#[inline]
fn fold_sixteen(Key(key): Key, sixteen: u128) -> (Key, bool) {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let (first, second) = (sixteen as u64, (sixteen >> 64) as u64);
    let key = Key(key.wrapping_add(first | SMALL).wrapping_mul(0xD6E8_FEB8_6659_FD93)).mix(second | SMALL);
    (key, odd(first) | odd(second) == 0)
}

/// Not zero if one of eight bytes is beyond 0xC9, or is 0xAD or 0xB4: those that [`normalize::key`] looks at twice.
#[inline]
fn odd(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero = |eight: u64| eight.wrapping_sub(ONES) & !eight;
    let beyond = ((eight & (0x7F * ONES)) + (0x7F - 0x49) * ONES) & eight;
    (beyond | zero(eight ^ (0xAD * ONES)) | zero(eight ^ (0xB4 * ONES))) & (0x80 * ONES)
}

/// The same of a word of more than sixteen bytes, or at the end of the text.
fn fold_long(word: &[u8]) -> (Key, bool) {
    let (chunks, rest) = word.as_chunks();
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let chunks = chunks.iter().chain((!rest.is_empty() || word.is_empty()).then_some(&last));
    chunks.fold((Key(word.len() as u64), true), |(key, regular), chunk| {
        let (key, also) = fold_sixteen(key, u128::from_le_bytes(*chunk));
        (key, regular && also)
    })
}

/// The key of a word or a feature: a hash. The value of a feature begins from the default or from a word's key; its characters are only put
/// side by side, for [`Key::of`] spreads them.
#[derive(Clone, Copy, Default)]
struct Key(u64);

impl Key {
    #[inline]
    fn mix(self, part: u64) -> Key {
        Key((self.0.rotate_left(23) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A feature, by the number of its template and its value.
    #[inline]
    fn of(template: usize, Key(value): Key) -> Key {
        Key((template as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)).mix(value)
    }

    #[inline]
    fn char(self, c: char) -> Key {
        Key(self.0.rotate_left(11) ^ u64::from(u32::from(c)))
    }

    fn flag(self, on: bool) -> Key {
        self.char(if on { '1' } else { '0' })
    }

    /// The class, with `U` before it for a capital.
    fn class(self, look: &Look) -> Key {
        (if look.capital { self.char('U') } else { self }).char(look.class())
    }

    /// A length in tokens, coarser the longer it is.
    fn length(self, n: usize) -> Key {
        self.chars(LENGTHS[n.min(LENGTHS.len() - 1)])
    }

    fn chars(self, text: &str) -> Key {
        text.chars().fold(self, Key::char)
    }

    /// The value of a row of `data/run_in.tsv`.
    fn of_value(template: &str, value: &str) -> Key {
        match (template, value.char_indices().next_back()) {
            ("ns" | "fw" | "sw" | "p2w", _) => fold(value),
            // A word's end, then a class.
            ("ps" | "pl", Some((end, class))) => fold(&value[..end]).char(class),
            _ => Key::default().chars(value),
        }
    }
}

/// What the model knows of a token by itself.
struct Look {
    /// Its number.
    at: usize,
    /// Its [`fold`].
    word: Key,
    known: Known,
    /// What is no word: `9` for a number, the sign itself, `z`.
    sign: char,
    capital: bool,
    letter: bool,
}

impl Look {
    fn class(&self) -> char {
        if self.letter { CLASSES[usize::from(self.known.class)] } else { self.sign }
    }

    /// `U` for a capital, otherwise the class.
    fn shape(&self) -> char {
        if self.capital { 'U' } else { self.class() }
    }

    fn finite(&self) -> bool {
        self.known.flags & FINITE != 0
    }
}

impl Beside {
    /// The score without the length.
    #[inline]
    fn score(&self, kind: usize, before: Known, capital: bool, word: Known) -> Score {
        let (next, last) = (usize::from(word.class), usize::from(before.class));
        let weights = [
            self.bias,
            if capital { self.capital } else { before.before },
            word.after,
            self.after[next][kind],
            self.pair[next][last][usize::from(capital)],
        ];
        weights.into_iter().map(Score::from).sum()
    }

    /// The most that the length can add.
    #[inline]
    fn longest(&self, before: Known, capital: bool) -> Score {
        Score::from(self.longest[usize::from(before.class)][usize::from(capital)])
    }
}

impl<'a> RunIn<'a> {
    /// `tokens` are those of one block, or of some that are alike in being long or not.
    pub(crate) fn new(text: &'a str, tokens: &'a [Token], long: bool) -> RunIn<'a> {
        RunIn { model: &MODEL, text, tokens, bars: if long { &LONG } else { &ORDINARY }, verb: (0, 0, false) }
    }

    fn raw(&self, at: usize) -> &'a str {
        &self.text[self.tokens[at].span]
    }

    /// The look-up form of a token.
    fn word(&self, at: usize) -> Cow<'a, str> {
        let word = self.raw(at);
        match normalize::key(word) {
            Cow::Owned(key) if key.is_empty() => Cow::Borrowed(word),
            key => key,
        }
    }

    fn look(&self, at: usize) -> Look {
        let Some((word, known)) = self.plain(at) else { return self.look_twice(at) };
        let first = self.first(at);
        let sign = if first.is_ascii_digit() { '9' } else { char::from(first) };
        Look { at, word, known, sign, capital: first.is_ascii_uppercase(), letter: first.is_ascii_alphabetic() }
    }

    /// The first byte of the token.
    fn first(&self, at: usize) -> u8 {
        self.text.as_bytes()[self.tokens[at].span.start()]
    }

    /// The key of a word that begins with an ASCII letter and has no odd spelling, of a number, or of a sign of ASCII, as nearly all tokens
    /// are, and what is known of it.
    #[inline(always)]
    fn plain(&self, at: usize) -> Option<(Key, Known)> {
        let span = self.tokens[at].span;
        let (word, regular) = fold_at(self.text.as_bytes(), span.start(), span.end());
        let First { class, longest } = FIRST[usize::from(self.first(at))];
        if !regular | (span.len() > usize::from(longest)) {
            return None;
        }
        let known = Known::from(self.model.words.get(word));
        Some((word, Known { class: if class == LETTER { known.class } else { class }, ..known }))
    }

    /// The look at any other token.
    fn look_twice(&self, at: usize) -> Look {
        let text = self.word(at);
        let (letter, capital, word) = (is_letter(&text), is_capital(&text), fold(&text));
        let mut known = Known::from(self.model.words.get(word));
        let mut chars = text.chars();
        let sign = match (chars.next().unwrap_or(' '), chars.next()) {
            (first, _) if first.is_numeric() => '9',
            (sign, None) => sign,
            _ => 'z',
        };
        if !letter {
            known.class = class_index(sign) as u8;
        }
        Look { at, word, known, sign, capital, letter }
    }

    /// Which of [`KINDS`] begins at `at`, by its number.
    #[inline]
    fn begins(&self, at: usize) -> Option<usize> {
        let word = self.raw(at);
        let kind = match self.tokens[at].kind {
            TokenKind::Word | TokenKind::Abbreviation | TokenKind::Url => {
                let capital = match word.as_bytes() {
                    [first @ ..0x80, ..] => first.is_ascii_uppercase(),
                    [0xC3, second, ..] => is_capital_of_latin(*second),
                    _ => self.word(at).starts_with(char::is_uppercase),
                };
                return capital.then_some(CAPITAL);
            }
            TokenKind::Dash => 1,
            TokenKind::Quote if matches!(word, "«" | "\"" | "“" | "”") => 2,
            TokenKind::Punctuation if word == "(" => 3,
            TokenKind::Number if is_section(word) => 4,
            _ => return None,
        };
        (at + 1 < self.tokens.len() && is_capital(&self.word(at + 1))).then_some(kind)
    }

    /// Whether what ends before `at` could be the end of a heading: a word, or a mark that closes.
    fn may_end(&self, at: usize) -> bool {
        if self.raw(at - 1).ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return true;
        }
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
    pub(crate) fn ends_heading(&mut self, start: usize, at: usize) -> bool {
        if at <= start || at - start > REACH {
            return false;
        }
        let Some(kind) = self.begins(at).filter(|_| self.may_end(at)) else { return false };
        let next = if kind == CAPITAL { at } else { at + 1 };
        let (before, word) = (self.look(at - 1), self.look(next));
        if kind == CAPITAL && self.are_unlikely(before.known, before.capital, word.known) {
            return false;
        }
        let beside = &self.model.beside;
        let length = beside.length[(at - start).min(LENGTHS.len() - 1)][usize::from(before.known.class)][usize::from(before.capital)];
        let score = beside.score(kind, before.known, before.capital, word.known) + Score::from(length);
        score >= self.bars.beside && score + self.rest(start, at, kind, next, &before, &word) > self.bars.whole
    }

    /// Whether a word with a small letter rules out that a heading ends behind it, whatever begins there.
    #[inline]
    fn is_unlikely(&self, before: Known) -> bool {
        let beside = &self.model.beside;
        Score::from(beside.bias) + Score::from(before.before) + beside.longest(before, false) < self.bars.before
    }

    /// Whether two words rule out that a heading ends between them, the second of which has a capital, and the first where that is told.
    #[inline]
    fn are_unlikely(&self, before: Known, capital: bool, word: Known) -> bool {
        let beside = &self.model.beside;
        is_name(capital, word)
            | (!capital & self.is_unlikely(before))
            | (beside.score(CAPITAL, before, capital, word) + beside.longest(before, capital) < self.bars.words)
    }

    /// Takes away those gaps that the words beside them rule out, as [`ends_heading`](RunIn::ends_heading) would; odd spellings are left
    /// to it. All words of a kind are looked up one right after the other, with no branch that depends on what is found, so that many wait
    /// for the table at once. `list` is for the numbers of the tokens after them.
    pub(crate) fn sift(&self, marks: &mut [Marks], list: &mut Vec<u32>) {
        // A word beyond ASCII begins a sentence if it has a capital, a sign if one follows it.
        list_bits(list, marks.iter().map(|m| m.gaps & m.beyond));
        for &at in &*list {
            let second = self.text.as_bytes()[self.tokens[at as usize].span.start() + 1];
            rule_out(marks, at, (self.first(at as usize) == 0xC3) & !is_capital_of_latin(second));
        }
        let mut next = 0;
        for m in marks.iter_mut().rev() {
            m.gaps &= m.capital | m.beyond | !(m.small >> 1 | next << 63);
            next = m.small & 1;
        }
        list_bits(list, marks.iter().map(|m| m.gaps & !(m.capital | m.beyond)));
        for &at in &*list {
            rule_out(marks, at, self.begins(at as usize).is_none());
        }
        // The words before the gaps that no capital stands before, then those after them.
        let behind = |before: &mut u64, m: &Marks| m.capital << 1 | std::mem::replace(before, m.capital >> 63);
        let mut before = 0;
        list_bits(list, marks.iter().map(|m| m.gaps & m.capital & !behind(&mut before, m)));
        let mut open = Vec::with_capacity(list.len());
        for &at in &*list {
            let Some((_, before)) = self.plain(at as usize - 1) else { continue };
            let lost = self.is_unlikely(before);
            rule_out(marks, at, lost);
            open.push((at, before));
            open.truncate(open.len() - usize::from(lost));
        }
        for &(at, before) in &open {
            let Some((_, word)) = self.plain(at as usize) else { continue };
            rule_out(marks, at, self.are_unlikely(before, false, word));
        }
        // The words after those that one stands before, then those before them.
        let mut before = 0;
        list_bits(list, marks.iter().map(|m| m.gaps & m.capital & behind(&mut before, m)));
        open.clear();
        for &at in &*list {
            let Some((_, word)) = self.plain(at as usize) else { continue };
            rule_out(marks, at, is_name(true, word));
            open.push((at, word));
            open.truncate(open.len() - usize::from(is_name(true, word)));
        }
        for &(at, word) in &open {
            let Some((_, before)) = self.plain(at as usize - 1) else { continue };
            rule_out(marks, at, self.are_unlikely(before, true, word));
        }
    }

    /// The score of what is left.
    fn rest(&mut self, start: usize, at: usize, kind: usize, next: usize, before: &Look, word: &Look) -> Score {
        let limit = self.tokens.len().min(at + AHEAD);
        let end = (at..limit).find(|&t| self.is_stop(t)).map_or(limit, |t| t + 1);
        let after: [Option<Look>; 6] = std::array::from_fn(|i| (next + 1 + i < end).then(|| self.look(next + 1 + i)));
        let follows = match &after[0] {
            Some(look) if look.finite() && !look.capital => 'f',
            look => look.as_ref().map_or('$', Look::shape),
        };
        let verb = self.has_verb(start, at);
        let next_verb = after.iter().flatten().take(4).enumerate().find(|(i, look)| *i == 3 || !look.capital);
        let next_verb = next_verb.is_some_and(|(_, look)| look.finite());
        let verb_after = after.iter().flatten().any(Look::finite);
        let given = before.capital && before.known.flags & GIVEN != 0;
        let length = at - start;
        let shape = if before.letter && !before.capital { 'l' } else { before.shape() };
        let earlier = |back| (length >= back).then(|| self.look(at - back));
        let (second, third) = (earlier(2), earlier(3));
        let value = Key::default();
        let mut last = if length <= 3 { value.char('^') } else { value };
        for look in [third.as_ref(), second.as_ref(), Some(before)].into_iter().flatten() {
            last = last.char(look.shape());
        }
        let none = fold("<>");
        let values: [Key; TEMPLATES.len()] = [
            self.tail(word, 3),
            self.tail(before, 3).char(shape),
            self.tail(before, 5).char(shape),
            value.char(word.class()).char(follows),
            after[0].as_ref().map_or(none, |look| look.word),
            value.char(word.class()).char(follows).char(after[1].as_ref().map_or('$', Look::shape)),
            value.flag(verb).length(length),
            value.flag(next_verb).flag(verb).flag(verb_after).char(KINDS[kind]),
            value.flag(given).char(word.class()),
            last.char('|').char(word.class()),
            self.plain(start).map_or_else(|| fold(&self.word(start)), |(word, _)| word),
            second.as_ref().map_or(none, |look| value.char(look.shape()).class(before)),
            second.as_ref().map_or(none, |look| look.word),
        ];
        let weight = |(template, value)| Score::from(self.model.rest.get(Key::of(template, value))[0].cast_signed());
        Score::from(self.model.bias) + values.into_iter().enumerate().map(weight).sum::<Score>()
    }

    /// The last `n` characters.
    fn tail(&self, look: &Look, n: usize) -> Key {
        let (text, span) = (self.text.as_bytes(), self.tokens[look.at].span);
        let from = span.end().saturating_sub(n).max(span.start());
        if text[from..span.end()].is_ascii() { fold_at(text, from, span.end()).0 } else { fold(tail(&self.word(look.at), n)) }
    }

    /// Whether a finite verb stands in `start..at`. The search goes on where the last one of the same stretch ended.
    fn has_verb(&mut self, start: usize, at: usize) -> bool {
        let (from, found) = match self.verb {
            (of, to, found) if of == start => (to, found),
            _ => (start, false),
        };
        let is_verb = |look: Look, t| look.finite() && (t == start || !look.capital);
        let found = found || (from..at).any(|t| is_verb(self.look(t), t));
        self.verb = (start, at, found);
        found
    }

    /// Whether the token is a stop that ends most sentences.
    fn is_stop(&self, at: usize) -> bool {
        match self.tokens[at].kind {
            TokenKind::Ellipsis => true,
            TokenKind::Punctuation => matches!(self.raw(at), "." | "!" | "?" | ":"),
            _ => false,
        }
    }
}

/// Takes the gap before the token away, if it is lost.
fn rule_out(marks: &mut [Marks], at: u32, lost: bool) {
    marks[at as usize / 64].gaps &= !(u64::from(lost) << (at % 64));
}

/// Whether a capital before a gap and an unknown word after it are most likely parts of one name.
fn is_name(capital: bool, word: Known) -> bool {
    capital & (word.class == 0)
}

/// `11.4.1`: three levels or more, of at most two digits each, unlike `1.250.000`.
fn is_section(number: &str) -> bool {
    let level = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    number.split('.').count() > 2 && number.split('.').all(level)
}

/// Whether the second byte of a character from `À` to `ÿ`, the first of which is 0xC3, makes it a capital.
fn is_capital_of_latin(second: u8) -> bool {
    second < 0xA0 && second != 0x97
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
    match word.as_bytes() {
        [first, ..] if first.is_ascii_alphanumeric() => return first.is_ascii_uppercase(),
        [0xC3, second, ..] if *second != 0x97 && *second != 0xB7 => return is_capital_of_latin(*second),
        _ => {}
    }
    word.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
}

/// The last `n` characters.
fn tail(word: &str, n: usize) -> &str {
    let mut from = word.len();
    for _ in 0..n {
        // Behind the first byte of a character.
        while from > 0 {
            from -= 1;
            if word.is_char_boundary(from) {
                break;
            }
        }
    }
    &word[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_files_are_sound() {
        let rows = lexicon::rows("run_in.tsv", include_str!("../data/run_in.tsv"), &COLUMNS).expect("a table");
        assert!(rows.iter().all(|row| row.get(1).parse::<f32>().is_ok_and(|weight| weight.abs() < 127.0 / 32.0)));
        let known = |row: &lexicon::Row| matches!(row.get(0).split('=').next(), Some("bias" | "p" | "n" | "cn" | "cn+cp" | "len+cp"));
        let rest = |row: &lexicon::Row| TEMPLATES.contains(&row.get(0).split('=').next().unwrap_or_default());
        assert!(rows.iter().all(|row| known(row) != rest(row)));
        assert!(MODEL.beside.bias < 0 && MODEL.bias != 0 && MODEL.beside.capital != 0);
    }

    #[test]
    fn words_are_known_whatever_their_case() {
        for (word, class, flags) in [("er", 'f', FINITE), ("ÅR", 'n', 0), ("Ifølge", 'P', 0), ("Kari", '?', GIVEN), ("xyzzy", '?', 0)] {
            let known = Known::from(MODEL.words.get(fold(word)));
            assert_eq!((CLASSES[usize::from(known.class)], known.flags), (class, flags), "{word}");
        }
    }

    #[test]
    fn a_word_has_one_key_wherever_it_stands() {
        for length in 0..40 {
            let word: String = "Årsmøtedeltakarane".chars().cycle().take(length).collect();
            let text = format!("ei {word}, som alle i bygda kjenner");
            assert_eq!(fold_at(text.as_bytes(), 3, 3 + word.len()).0.0, fold(&word).0, "{word}");
            assert_eq!(fold(&word.to_uppercase()).0, fold(&word).0, "{word}");
        }
    }

    #[test]
    fn section_numbers() {
        assert!(is_section("3.4.1") && is_section("11.4.1.12"));
        assert!(!is_section("3.4") && !is_section("1.250.000") && !is_section("1..2") && !is_section("12"));
    }
}
