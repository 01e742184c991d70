//! Sentences: where one ends and the next begins, after the conventions of UD Norwegian.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::abbreviations::{Abbreviations, Ends, is_credit, is_opener};
use crate::span::Span;
use crate::tokenize::{Token, TokenKind};

/// A sentence: its closing quotation marks and brackets belong to it, a dash that opens speech to the one it opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sentence {
    /// Where it stands, in bytes: from its first token to its last.
    pub span: Span,
    /// The index of the block that holds it.
    pub block: usize,
    /// The indices of its tokens.
    pub tokens: Range<usize>,
}

/// How sentences are told apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SplitOptions {
    /// Whether a colon before a capital, a quotation mark or a dash ends a sentence, as in UD. On unless told otherwise.
    pub after_colon: bool,
    /// Whether a heading without a stop that runs into the next sentence on the same line is cut off. On unless told otherwise; a text
    /// whose headings all stand on lines of their own has a little to gain without it.
    pub run_in_headings: bool,
}

impl Default for SplitOptions {
    fn default() -> SplitOptions {
        SplitOptions { after_colon: true, run_in_headings: true }
    }
}

/// The sentences of `tokens`, which are those of `text`; no sentence crosses one of the `blocks`, which are in order and disjoint.
pub fn split(text: &str, tokens: &[Token], blocks: &[Span], abbreviations: &Abbreviations, options: &SplitOptions) -> Vec<Sentence> {
    let mut sentences = Vec::with_capacity(tokens.len() / 16 + blocks.len());
    let mut first = 0;
    for (block, span) in blocks.iter().enumerate() {
        while tokens.get(first).is_some_and(|t| t.span.start() < span.start()) {
            first += 1;
        }
        let len = tokens[first..].iter().take_while(|t| t.span.end() <= span.end()).count();
        let block_tokens = Block { text, tokens: &tokens[first..first + len], abbreviations, options };
        block_tokens.split(|range| {
            let span = block_tokens.tokens[range.start].span.to(block_tokens.tokens[range.end - 1].span);
            sentences.push(Sentence { span, block, tokens: first + range.start..first + range.end });
        });
        first += len;
    }
    sentences
}

/// The tokens of one block.
struct Block<'a> {
    text: &'a str,
    tokens: &'a [Token],
    abbreviations: &'a Abbreviations,
    options: &'a SplitOptions,
}

/// What begins after a possible end.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Begin {
    Lower,
    Upper,
    Digit,
    Dash,
    Quote,
    Bracket,
    /// A comma, a closing mark and the like.
    Inner,
    Other,
}

/// How far an opened guillemet reaches, in tokens, when no closing one comes.
const QUOTE_REACH: usize = 60;

impl Block<'_> {
    fn split(&self, mut found: impl FnMut(Range<usize>)) {
        let mut start = 0;
        let mut at = 0;
        // The token that opened the guillemets we are in.
        let mut open: Option<usize> = None;
        let mut run_in = RunIn::new();
        while at < self.tokens.len() {
            let token = self.tokens[at];
            if self.options.run_in_headings
                && self.tokens.len() >= 12
                && at > start
                && open.is_none()
                && self.may_follow_heading(at)
                && run_in.ends_heading(self, start, at)
            {
                found(start..at);
                start = at;
            }
            let end = match token.kind {
                TokenKind::Punctuation => match self.byte(at) {
                    b'.' | b'!' | b'?' => self.stop(at),
                    b':' if self.options.after_colon && open.is_none_or(|o| at - o >= QUOTE_REACH) => self.colon(start, at),
                    _ => None,
                },
                TokenKind::Ellipsis => self.stop(at),
                TokenKind::Abbreviation => self.abbreviation(at),
                TokenKind::Quote => {
                    match &self.text[token.span] {
                        "«" => open = Some(at),
                        "»" => open = None,
                        _ => {}
                    }
                    None
                }
                _ => None,
            };
            at += 1;
            if let Some(end) = end {
                for t in at..end {
                    if self.text[self.tokens[t].span] == *"»" {
                        open = None;
                    }
                }
                if end < self.tokens.len() {
                    found(start..end);
                    start = end;
                    at = end;
                }
            }
        }
        if start < self.tokens.len() {
            found(start..self.tokens.len());
        }
    }

    /// Whether a bracket is open at `at` that opened not long before.
    fn in_brackets(&self, start: usize, at: usize) -> bool {
        let mut before = self.tokens[start..at].iter().rev().take(8).map(|t| &self.text[t.span]);
        before.find(|w| matches!(*w, "(" | ")")) == Some("(")
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes()[self.tokens[at].span.start()]
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| &self.text[t.span])
    }

    /// Whether the first letter or digit of the token is a capital.
    fn is_capital(&self, at: usize) -> bool {
        self.word(at).chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
    }

    /// Whether a sentence could begin at `at` without a stop before it: a capital, or a dash or quotation mark and a capital, after a word.
    fn may_follow_heading(&self, at: usize) -> bool {
        if self.byte(at).is_ascii_lowercase() {
            return false;
        }
        let begins = match self.tokens[at].kind {
            TokenKind::Word | TokenKind::Abbreviation | TokenKind::Url => {
                self.is_capital(at) && self.word(at).starts_with(char::is_alphabetic)
            }
            TokenKind::Dash => self.is_capital(at + 1),
            TokenKind::Quote => matches!(self.word(at), "«" | "\"" | "“" | "”") && self.is_capital(at + 1),
            _ => false,
        };
        begins
            && match self.tokens[at - 1].kind {
                TokenKind::Word | TokenKind::Number | TokenKind::Url | TokenKind::Email => {
                    self.word(at - 1).ends_with(char::is_alphanumeric)
                }
                TokenKind::Quote => matches!(self.word(at - 1), "»" | "\"" | "”"),
                TokenKind::Punctuation => self.byte(at - 1) == b')',
                _ => false,
            }
    }

    /// Whether no white space stands between the token and the one before.
    fn glued(&self, at: usize) -> bool {
        at > 0 && self.tokens[at - 1].span.end() == self.tokens[at].span.start()
    }

    fn begin(&self, at: usize) -> Begin {
        let Some(token) = self.tokens.get(at) else { return Begin::Other };
        match token.kind {
            TokenKind::Dash => Begin::Dash,
            TokenKind::Quote => Begin::Quote,
            TokenKind::Number | TokenKind::Ordinal => Begin::Digit,
            TokenKind::Word | TokenKind::Abbreviation | TokenKind::Url | TokenKind::Email => {
                match self.text[token.span].chars().find(|c| c.is_alphanumeric()) {
                    Some(c) if c.is_lowercase() => Begin::Lower,
                    Some(c) if c.is_numeric() => Begin::Digit,
                    _ => Begin::Upper,
                }
            }
            TokenKind::Punctuation => match self.byte(at) {
                b'(' | b'[' => Begin::Bracket,
                b',' | b';' | b':' | b')' | b']' | b'/' => Begin::Inner,
                _ => Begin::Other,
            },
            _ => Begin::Other,
        }
    }

    /// Whether the token is a stop that ends most sentences.
    fn is_stop(&self, at: usize) -> bool {
        match self.tokens[at].kind {
            TokenKind::Ellipsis => true,
            TokenKind::Punctuation => matches!(self.byte(at), b'.' | b'!' | b'?' | b':'),
            _ => false,
        }
    }

    /// The index after the stop at `at` and what closes with it.
    fn closed(&self, at: usize) -> usize {
        let mut end = at + 1;
        while end < self.tokens.len() {
            let closes = match self.tokens[end].kind {
                TokenKind::Quote => match self.word(end) {
                    "»" => true,
                    "«" | "„" => false,
                    _ => self.glued(end),
                },
                TokenKind::Punctuation => {
                    matches!(self.byte(end), b')' | b']') || self.glued(end) && matches!(self.byte(end), b'.' | b'!' | b'?')
                }
                TokenKind::Ellipsis => self.glued(end),
                _ => false,
            };
            if !closes {
                break;
            }
            end += 1;
        }
        end
    }

    /// `. ! ? …`: the end of the sentence it closes, if it does.
    fn stop(&self, at: usize) -> Option<usize> {
        let end = self.closed(at);
        // `(!)`: a comment in brackets.
        if at > 0 && matches!(self.word(at - 1), "(" | "[") {
            return None;
        }
        let goes_on = match self.begin(end) {
            Begin::Inner => true,
            // `Hva skjer? spør pappa`, `«Ja.» sa han`; a full stop ends a sentence before a small letter too (`… 5000 kroner. bt.no er`).
            Begin::Lower => end > at + 1 || self.word(at) != ".",
            // `– endeleg! – svar`: the dash closes an aside.
            Begin::Dash => self.begin(end + 1) == Begin::Lower && matches!(self.byte(at), b'!' | b'?'),
            _ => false,
        };
        (!goes_on).then_some(end)
    }

    /// An abbreviation or initial with its stop.
    fn abbreviation(&self, at: usize) -> Option<usize> {
        let word = self.word(at);
        if !word.ends_with('.') {
            return None;
        }
        let end = self.closed(at);
        let begin = self.begin(end);
        let opener = begin == Begin::Upper && is_opener(self.word(end));
        let ends = self.abbreviations.get(word).map_or(Ends::Rare, |a| a.ends);
        let breaks = match ends {
            Ends::Never => false,
            Ends::Rare => opener,
            Ends::Maybe => opener || begin == Begin::Dash,
            Ends::Often => matches!(begin, Begin::Upper | Begin::Dash | Begin::Quote),
        };
        breaks.then_some(end)
    }

    /// A colon: the end of what announces, unless a credit or a title goes on.
    fn colon(&self, start: usize, at: usize) -> Option<usize> {
        if at == start || is_credit(self.word(at - 1)) || self.in_brackets(start, at) {
            return None;
        }
        matches!(self.begin(at + 1), Begin::Upper | Begin::Digit | Begin::Quote | Begin::Dash).then_some(at + 1)
    }
}

/// Tells where a heading without a stop runs into the sentence after it (`Ny leiar Styret har tilsett …`), a habit of text taken from web
/// pages: a logistic model over the words around the gap, whose weights are rows of `data/run_in.tsv`. They were learnt from headings in
/// the Norwegian Dependency Treebank.
struct RunIn {
    model: &'static Model,
    /// The lower-case form of the word in hand; kept for its space.
    lower: String,
    /// What stands between the start of the heading and the token reached, counted once.
    start: usize,
    reached: usize,
    first: Look,
    verb: bool,
    comma: bool,
    capitals: usize,
    small: usize,
}

/// The longest heading, in tokens.
const HEADING_REACH: usize = 30;

struct Model {
    bias: f32,
    weights: HashMap<u64, f32, BuildHasherDefault<Key>>,
    words: HashMap<&'static str, u8, BuildHasherDefault<Key>>,
}

/// Nearly always lower case within a sentence.
const COMMON: u8 = 1;
/// One of the most frequent words.
const FREQUENT: u8 = 2;
/// A finite verb, mostly.
const FINITE: u8 = 4;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let mut model = Model { bias: 0.0, weights: HashMap::default(), words: HashMap::default() };
    for (feature, weight) in pairs(include_str!("../data/run_in.tsv")) {
        let weight = weight.parse().unwrap_or(0.0);
        if feature == "bias" {
            model.bias = weight;
        } else {
            model.weights.insert(Key::of(feature), weight);
        }
    }
    for (word, _) in pairs(include_str!("../data/common_words.tsv")) {
        *model.words.entry(word).or_default() |= COMMON;
    }
    for (word, class) in pairs(include_str!("../data/run_in_words.tsv")) {
        *model.words.entry(word).or_default() |= if class == "finite" { FINITE } else { FREQUENT };
    }
    model
});

/// The rows of a table of one or two columns, without its header.
fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().skip(1).map(|line| line.split_once('\t').unwrap_or((line, "")))
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
    fn of(text: &str) -> u64 {
        let mut key = Key::default();
        key.write(text.as_bytes());
        key.0
    }
}

impl Hasher for Key {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x100_0000_01B3);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What the model knows of a token by itself.
#[derive(Clone, Copy)]
struct Look {
    bits: u8,
    /// `f` frequent, `a` common, `?` another word; of what is no word, its shape.
    class: char,
    capital: bool,
    letter: bool,
}

impl Look {
    /// `U` capital, `l` lower case, otherwise the class.
    fn shape(self) -> char {
        if self.capital {
            'U'
        } else if self.letter {
            'l'
        } else {
            self.class
        }
    }
}

/// A score in the making: the weights of the features so far.
struct Score(f32);

impl Score {
    /// Adds the weight of the feature that the parts spell.
    fn add(&mut self, model: &Model, parts: &[&str]) {
        let mut key = Key::default();
        for part in parts {
            key.write(part.as_bytes());
        }
        self.0 += model.weights.get(&key.0).copied().unwrap_or(0.0);
    }
}

impl RunIn {
    fn new() -> RunIn {
        let first = Look { bits: 0, class: 'x', capital: false, letter: false };
        RunIn { model: &MODEL, lower: String::new(), start: 0, reached: 0, first, verb: false, comma: false, capitals: 0, small: 0 }
    }

    /// Looks the token up; its lower-case form is left in `self.lower`.
    fn look(&mut self, block: &Block, at: usize) -> Look {
        let word = block.word(at);
        self.lower.clear();
        if word.is_ascii() {
            self.lower.push_str(word);
            self.lower.make_ascii_lowercase();
        } else {
            self.lower.extend(word.chars().flat_map(char::to_lowercase));
        }
        let capital = at < block.tokens.len() && block.is_capital(at);
        let mut chars = word.chars();
        let first = chars.next();
        let letter = first.is_some_and(char::is_alphabetic);
        let bits = self.model.words.get(self.lower.as_str()).copied().unwrap_or(0);
        let class = match first {
            Some(_) if letter && bits & FREQUENT != 0 => 'f',
            Some(_) if letter && bits & COMMON != 0 => 'a',
            Some(_) if letter => '?',
            Some(_) if capital => 'U',
            Some(c) if c.is_numeric() => '9',
            Some(c) if chars.next().is_none() => c,
            _ => 'x',
        };
        Look { bits, class, capital, letter }
    }

    /// Counts what stands in `start..at`.
    fn read(&mut self, block: &Block, start: usize, at: usize) {
        if self.start != start || self.reached == 0 || self.reached < start {
            *self = RunIn { lower: std::mem::take(&mut self.lower), start, reached: start, ..RunIn::new() };
        }
        for t in self.reached..at {
            let look = self.look(block, t);
            self.verb |= look.bits & FINITE != 0;
            self.comma |= block.word(t) == ",";
            if t == start {
                self.first = look;
            } else {
                self.capitals += usize::from(look.capital);
                self.small += usize::from(block.word(t).starts_with(char::is_lowercase));
            }
        }
        self.reached = at;
    }

    /// Whether the heading `start..at` ends before the token at `at`.
    fn ends_heading(&mut self, block: &Block, start: usize, at: usize) -> bool {
        let length = at - start;
        if length > HEADING_REACH {
            return false;
        }
        let kind = match block.tokens[at].kind {
            TokenKind::Dash => "D",
            TokenKind::Quote => "Q",
            _ => "U",
        };
        let next = if kind == "U" { at } else { at + 1 };
        let model = self.model;
        let previous = self.look(block, at - 1);
        let mut score = Score(model.bias);
        let mut buffers = [[0; 4]; 8];
        let [b0, b1, b2, b3, b4, b5, b6, b7] = &mut buffers;
        let pc: &str = previous.shape().encode_utf8(b0);
        let cp: &str = previous.class.encode_utf8(b1);
        // First what needs the lower-case form of the word before, then of the word at the gap, then of the one behind it.
        let before = tail(&self.lower, 3);
        score.add(model, &["ps=", before, pc]);
        score.add(model, &["p=", if pc == "l" { &self.lower } else { "<U>" }]);
        let word = self.look(block, next);
        if kind == "U" && previous.capital && word.class == '?' {
            return false;
        }
        let cn: &str = word.class.encode_utf8(b2);
        score.add(model, &["n=", &self.lower]);
        score.add(model, &["ns=", tail(&self.lower, 3)]);
        score.add(model, &["cn=", cn, kind]);
        score.add(model, &["cn+pc=", cn, pc]);
        score.add(model, &["cn+cp=", cn, cp, pc]);
        if score.0 < HOPELESS {
            return false;
        }
        let behind = self.look(block, next + 1);
        let cf: &str = match behind {
            Look { bits, .. } if bits & FINITE != 0 => "v",
            Look { capital: true, .. } => "U",
            Look { class, .. } => class.encode_utf8(b3),
        };
        score.add(model, &["fw=", if next + 1 < block.tokens.len() { &self.lower } else { "<>" }]);
        self.read(block, start, at);
        let end = (at..block.tokens.len().min(at + 13)).find(|&t| block.is_stop(t)).map_or(at + 13, |t| t + 1).min(block.tokens.len());
        let flag = |on: bool| if on { "1" } else { "0" };
        let vb = flag(self.verb);
        let comma = flag(self.comma);
        let caps: &str = digit(self.capitals.min(3)).encode_utf8(b4);
        let small: &str = digit(self.small.min(3)).encode_utf8(b5);
        let sc: &str = self.first.class.encode_utf8(b6);
        let start_shape: &str = self.first.shape().encode_utf8(b7);
        let va = flag((next + 1..end.min(next + 7)).any(|t| self.look(block, t).bits & FINITE != 0));
        let verb_at = (next + 1..end.min(next + 4)).find(|&t| !block.is_capital(t)).unwrap_or(end.min(next + 4));
        let nv = flag(verb_at < end && self.look(block, verb_at).bits & FINITE != 0);
        let lb = bucket(length);
        let all: [&[&str]; 18] = [
            &["k=", kind],
            &["pc=", pc],
            &["f=", cf],
            &["cn+f=", cn, cf],
            &["len=", lb],
            &["len+pc=", lb, pc],
            &["len+cn=", lb, cn],
            &["rem=", bucket(end - at)],
            &["caps=", caps],
            &["capslows=", caps, small],
            &["start=", start_shape],
            &["startc=", sc],
            &["comma=", comma],
            &["v=", vb, va, cn],
            &["v+len=", vb, lb],
            &["nv=", nv, vb, cn, pc],
            &["nv+len=", nv, lb],
            if block.tokens[start].kind == TokenKind::Dash { &["sd", vb] } else { &[] },
        ];
        for parts in all {
            score.add(model, parts);
        }
        let text = block.word(next);
        if text.len() > 1 && !text.chars().any(char::is_lowercase) {
            score.add(model, &["nAll"]);
        }
        score.0 > if block.tokens.len() < 150 { 1.6 } else { HEADING_SCORE }
    }
}

/// The score from which a heading ends, in log odds.
const HEADING_SCORE: f32 = 0.8;

/// A score, from the words beside the gap alone, that nothing else makes good.
const HOPELESS: f32 = -2.0;

/// The last `n` characters.
fn tail(word: &str, n: usize) -> &str {
    let from = word.char_indices().rev().nth(n - 1).map_or(0, |(i, _)| i);
    &word[from..]
}

fn digit(n: usize) -> char {
    char::from(b'0' + n.min(9) as u8)
}

/// A length in tokens, coarser the longer it is.
fn bucket(n: usize) -> &'static str {
    match n {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        6 => "6",
        7..=8 => "7",
        9..=12 => "9",
        _ => "13",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::tokenize;

    fn sentences<'t>(text: &'t str, options: &SplitOptions) -> Vec<&'t str> {
        let mut blocks = Vec::new();
        let mut at = 0;
        for part in text.split("\n\n") {
            if !part.trim().is_empty() {
                blocks.push(Span::new(at, at + part.len()));
            }
            at += part.len() + 2;
        }
        let tokens = tokenize(text);
        let sentences = split(text, &tokens, &blocks, Abbreviations::bundled(), options);
        let mut next = 0;
        for s in &sentences {
            assert_eq!(s.tokens.start, next, "{text:.60?}");
            assert!(blocks[s.block].contains(s.span));
            next = s.tokens.end;
        }
        assert_eq!(next, tokens.len(), "{text:.60?}");
        sentences.iter().map(|s| &text[s.span]).collect()
    }

    /// `|` marks where sentences end.
    #[track_caller]
    fn check(marked: &str) {
        let text = marked.replace(" | ", " ");
        assert_eq!(sentences(&text, &SplitOptions::default()).join(" | "), marked);
    }

    #[test]
    fn stops() {
        check("Det regner. | Hva gjør vi? | Vi går! | Ja…");
        check("Hva skjer? spør pappa. | «Kom!» ropte hun. | Slik er det (!) i dag.");
        check("«Vi vant.» | Så gikk han. | (Hun ble.) | Alle lo.");
        check("Den 23. mai kom Kari J. Moe til St. Hanshaugen kl. 12. | Hun ble, f.eks. i hagen, osv. | Så gikk hun.");
    }

    #[test]
    fn a_dash_opens_the_next_sentence() {
        check("– Dette er bra, sier Moe. | – Vi gleder oss. | - Ja.");
    }

    #[test]
    fn colons() {
        check("Han sa: | «Vi vant.» | Så gikk han.");
        check("Boka «Drøm: Slutten» er ny. | Foto: Kari Moe");
        check("Vi treng: mjøl, salt og vatn.");
        let options = SplitOptions { after_colon: false, ..SplitOptions::default() };
        assert_eq!(sentences("Han sa: «Vi vant.» Så gikk han.", &options).len(), 2);
    }

    #[test]
    fn headings_run_in() {
        check("Det er slutt. | Ny plan for skolen | Det er for tidlig å si hva dette betyr for elevene, sier rektor.");
        check("I går møtte Kari Moe statsminister Ola Lie i Bergen.");
    }

    #[test]
    fn blocks_end_sentences() {
        assert_eq!(sentences("Ein tittel\n\nEi setning. Ei til\n\n", &SplitOptions::default()), ["Ein tittel", "Ei setning.", "Ei til"]);
    }

    #[test]
    fn odd_texts() {
        for text in ["", ".", "...", "«»", "?!", ":", "a :", "( . )", "1.", "– –", "»", ". »", "A"] {
            sentences(text, &SplitOptions::default());
        }
        for part in ["A ", "« ", "Ny a ", ". ", ": A", "(A: ", "» ", "a. A ", "- A ", "\"A\" "] {
            sentences(&part.repeat(1_000_000 / part.len()), &SplitOptions::default());
        }
    }
}
