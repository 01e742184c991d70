//! Tokens: a byte-driven scan that follows the conventions of UD Norwegian (Bokmål and Nynorsk).
//!
//! White space always splits. Punctuation is a token of its own, but belongs to numbers (`300.000`, `12,5`, `10:13`), ordinals (`23. mai`),
//! abbreviations (`f.eks.`), initials (`J.K.`), addresses (`nrk.no`) and compounds (`Nord-Korea`, `olje- og`). UAX #29 knows none of these.
//! The scan has two gears: runs of letters that end at a space or a comma, which a table of byte classes finds, and everything else,
//! which [`Scan::word`] and [`Scan::symbol`] take case by case. Each looks ahead over a bounded stretch, so the time is linear.

use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

use crate::abbreviations::{Abbreviations, Ends, Next, is_month, is_opener, is_top_level};
use crate::normalize::length;
use crate::span::{MAX_TEXT, Span};

/// A word, number or sign of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Token {
    /// Where it stands.
    pub span: Span,
    /// What it is made of.
    pub kind: TokenKind,
}

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenKind {
    /// A word or name with its inner hyphens, apostrophes and digits: `Nord-Korea`, `Hans'`, `1800-tallet`, `olje-`.
    Word,
    /// An abbreviation or initial with its stop: `f.eks.`, `C.`, `J.K.`, `A/S`.
    Abbreviation,
    /// Digits with their separators and sign: `300.000`, `12,5`, `10:13`, `-3,8`, `1 250` with a no-break space.
    Number,
    /// A number with the stop that makes it an ordinal: `23.` before `mai`.
    Ordinal,
    /// A web address: `nrk.no`, `https://…`.
    Url,
    /// An e-mail address.
    Email,
    /// `@name`.
    Handle,
    /// `#word`.
    Hashtag,
    /// A pictograph with its modifiers and joiners.
    Emoji,
    /// A quotation mark: `« » “ ” „ " ‘ ’ ‹ › '`, and ` `` ` or `''`.
    Quote,
    /// `–`, `—`, `―`, or a hyphen-minus that stands alone.
    Dash,
    /// `…`, or a run of stops.
    Ellipsis,
    /// Other punctuation: `. , : ; ! ? ( ) [ ] /` and so on.
    Punctuation,
    /// Anything else: `§`, `%`, `+`, `©`, control characters.
    Symbol,
}

impl TokenKind {
    /// Each, in order.
    pub(crate) const ALL: [TokenKind; 14] = {
        use TokenKind::*;
        [Word, Abbreviation, Number, Ordinal, Url, Email, Handle, Hashtag, Emoji, Quote, Dash, Ellipsis, Punctuation, Symbol]
    };
}

/// The tokens of `text`, with the bundled abbreviations.
///
/// ```
/// use spalte::tokenize;
/// let text = "Møtet er 23. mai, f.eks. kl. 18.30.";
/// let words: Vec<&str> = tokenize(text).iter().map(|t| &text[t.span]).collect();
/// assert_eq!(words, ["Møtet", "er", "23.", "mai", ",", "f.eks.", "kl.", "18.30", "."]);
/// ```
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    tokenize_into(text, &mut tokens);
    tokens
}

/// As [`tokenize`], into a vector whose space is used again: it is cleared, then filled.
pub fn tokenize_into(text: &str, tokens: &mut Vec<Token>) {
    tokenize_with(text, Abbreviations::bundled(), tokens);
}

/// As [`tokenize_into`], with a table of abbreviations of your own.
///
/// Every character that is not white space (`char::is_whitespace`) is in exactly one token; the tokens are in order.
/// Text beyond 4 GiB is left out.
pub fn tokenize_with(text: &str, abbreviations: &Abbreviations, tokens: &mut Vec<Token>) {
    tokens.clear();
    let mut limit = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let text = &text[..limit];
    tokens.reserve(text.len() / 5 + 4);
    let tokens_so_far = std::mem::take(tokens);
    *tokens = Scan { text, bytes: text.as_bytes(), abbreviations, tokens: tokens_so_far, apostrophe: None }.run();
}

/// Byte classes. The order matters: what is at most `DIGIT` is part of a word.
const LETTER: u8 = 0;
const DIGIT: u8 = 1;
/// The first byte of `À`–`ÿ`.
const LATIN: u8 = 2;
/// The first byte of another character beyond ASCII, or a stray continuation byte.
const WIDE: u8 = 3;
/// May continue a word: `. - ' : / @ & + * `` ` ``.
const JOINER: u8 = 4;
/// A token of its own, which ends any word: `, ; ! ? ( ) " …`; the comma is a joiner only after digits.
const MARK: u8 = 5;
/// `# $` and control characters.
const SIGN: u8 = 6;
const SPACE: u8 = 7;

static CLASS: [u8; 256] = {
    let mut table = [MARK; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => LETTER,
            b'0'..=b'9' => DIGIT,
            0xC3 => LATIN,
            0x80..=0xFF => WIDE,
            b'.' | b'-' | b'\'' | b':' | b'/' | b'@' | b'&' | b'+' | b'*' | b'`' => JOINER,
            b' ' | 0x09..=0x0D => SPACE,
            b'#' | b'$' | 0x00..=0x1F | 0x7F => SIGN,
            _ => MARK,
        };
        b += 1;
    }
    table
};

/// What the bytes of a block are, a bit for each, the first byte's the lowest.
struct Bits {
    /// ASCII letters and the bytes of `À`–`ÿ` but for the second one of `×` and `÷`: what ends a run of these is itself no such byte.
    word: u64,
    /// White space within ASCII.
    space: u64,
}

const BLOCK: usize = 64;

/// Written so that the compiler compares many bytes at once; then the flags are gathered, eight by one multiplication.
#[inline]
fn bits(block: &[u8; BLOCK]) -> Bits {
    let mut flags = [0; BLOCK];
    for (flag, &b) in flags.iter_mut().zip(block) {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        let latin = b == 0xC3 || b & 0xC0 == 0x80 && b & 0xDF != 0x97;
        let space = b == b' ' || b.wrapping_sub(0x09) < 5;
        *flag = u8::from(letter | latin) | u8::from(space) << 1;
    }
    let mut bits = Bits { word: 0, space: 0 };
    for (i, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        bits.word |= gather(eight) << (8 * i);
        bits.space |= gather(eight >> 1) << (8 * i);
    }
    bits
}

/// The lowest bit of each of eight bytes, the first byte's the lowest.
#[inline]
pub(crate) fn gather(eight: u64) -> u64 {
    (eight & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// What stands after a stop.
#[derive(Clone, Copy, PartialEq)]
enum Ahead {
    /// Nothing, or a blank line.
    End,
    Digit,
    Lower,
    /// A capital.
    Upper,
    /// The capital of a word that opens sentences.
    Opener,
    /// A dash, with a digit behind it or not.
    Dash {
        digit: bool,
    },
    /// `, ) : ; /` and the like: what continues a sentence.
    Inner,
    /// Anything else.
    Other,
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    abbreviations: &'a Abbreviations,
    tokens: Vec<Token>,
    /// Where a single quotation mark opened that has not closed yet.
    apostrophe: Option<usize>,
}

/// The longest abbreviation that is told by its letters, without a row in the table; with its stop, in bytes.
const UNLISTED: usize = 6;

/// How far back an open single quotation mark is remembered, in bytes.
const APOSTROPHE_REACH: usize = 200;

impl<'a> Scan<'a> {
    /// Block by block; each begins where the tokens so far end.
    fn run(mut self) -> Vec<Token> {
        let mut at = 0;
        while at < self.bytes.len() {
            at += match self.bytes[at..].first_chunk() {
                Some(block) => self.block(at, block),
                None => {
                    let mut padded = [b' '; BLOCK];
                    padded[..self.bytes.len() - at].copy_from_slice(&self.bytes[at..]);
                    self.block(at, &padded)
                }
            };
        }
        self.tokens
    }

    /// Adds the tokens that begin in the block at `base`, and tells how many bytes they and the spaces between them take. Words between
    /// spaces, which are most of any text, are read off the block's bits; whatever else there is is looked at by itself.
    #[inline]
    fn block(&mut self, base: usize, block: &[u8; BLOCK]) -> usize {
        let Bits { word, space } = bits(block);
        let mut odd = !(word | space);
        let all_begins = word & !(word << 1);
        let mut begins = all_begins;
        // Behind each run of word bytes that ends in the block: the sum carries through the run.
        let mut ends = word.wrapping_add(begins) & !word;
        loop {
            let stop = odd.trailing_zeros() as usize;
            let mut plain = if stop < BLOCK { ends & ((1 << stop) - 1) } else { ends };
            while plain != 0 {
                self.push(base + begins.trailing_zeros() as usize, base + plain.trailing_zeros() as usize, TokenKind::Word);
                begins &= begins - 1;
                plain &= plain - 1;
            }
            let from = begins.trailing_zeros() as usize;
            let Some(&byte) = block.get(stop) else {
                // A word that the block's end cuts is left for the next block, unless it is longer than any.
                return if from > 0 { from } else { self.word(base, base, false) - base };
            };
            let next = if from > stop {
                self.other(base + stop)
            } else if CLASS[usize::from(byte)] == MARK {
                self.push(base + from, base + stop, TokenKind::Word);
                self.mark(base + stop, byte)
            } else if byte == b'.' && self.is_full_stop(base + from, base + stop) {
                self.push(base + from, base + stop, TokenKind::Word);
                self.push(base + stop, base + stop + 1, TokenKind::Punctuation);
                base + stop + 1
            } else if matches!(byte, 0x97 | 0xB7) {
                // The run goes one byte into `×` or `÷`.
                self.letter(base + from)
            } else {
                self.word(base + from, base + stop, false)
            } - base;
            if next >= BLOCK {
                return next;
            }
            let rest = !0 << next;
            odd &= rest;
            begins = all_begins & rest | word & 1 << next;
            ends &= rest << 1;
        }
    }

    /// Whether the stop behind the run of letters `start..stop` is surely none of theirs: white space follows, no abbreviation looks like
    /// the run, and it is too long for one that the table lacks.
    #[inline]
    fn is_full_stop(&self, start: usize, stop: usize) -> bool {
        stop - start >= UNLISTED
            && self.bytes.get(stop + 1).is_none_or(|&b| CLASS[usize::from(b)] == SPACE)
            && !self.abbreviations.may_have(&self.bytes[start..=stop])
    }

    /// A token that the bits of its block do not tell.
    fn other(&mut self, at: usize) -> usize {
        let first = self.bytes[at];
        match CLASS[usize::from(first)] {
            LETTER | LATIN => self.letter(at),
            DIGIT => self.word(at, at, true),
            MARK => self.mark(at, first),
            WIDE => self.wide(at),
            _ => self.symbol(at),
        }
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, kind: TokenKind) {
        self.tokens.push(Token { span: Span::from((start as u32, end as u32)), kind });
    }

    /// The end of the run of letters and digits from `at`, as far as bytes alone tell, and the class of the byte there.
    #[inline]
    fn letters(&self, mut at: usize) -> (usize, u8) {
        while let Some(&b) = self.bytes.get(at) {
            match CLASS[usize::from(b)] {
                LETTER | DIGIT => at += 1,
                LATIN if self.bytes.get(at + 1).is_some_and(|&b| b != 0x97 && b != 0xB7) => at += 2,
                class => return (at, class),
            }
        }
        (at, SPACE)
    }

    /// A token that begins with a letter.
    fn letter(&mut self, at: usize) -> usize {
        let end = self.letters(at).0;
        if end == at {
            return self.wide(at);
        }
        self.word(at, end, false)
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// The end of the run of word characters from `at`.
    fn run_end(&self, mut at: usize) -> usize {
        loop {
            let (end, class) = self.letters(at);
            at = end;
            if class != WIDE {
                return at;
            }
            match self.char_at(at) {
                Some(c) if is_word(c) => at += c.len_utf8(),
                _ => return at,
            }
        }
    }

    fn starts_word(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(&b) if b < 0x80 => CLASS[usize::from(b)] <= DIGIT,
            Some(_) => self.char_at(at).is_some_and(is_word),
            None => false,
        }
    }

    fn digit(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(u8::is_ascii_digit)
    }

    fn digits_end(&self, mut at: usize) -> usize {
        while self.digit(at) {
            at += 1;
        }
        at
    }

    /// The token that starts at `start` with word characters, known up to `at`. `numeric`: nothing but digits and their separators so far.
    fn word(&mut self, start: usize, mut at: usize, mut numeric: bool) -> usize {
        let mut dotted = false;
        let mut joined = false;
        loop {
            let run = at;
            at = self.run_end(at);
            numeric = numeric && self.digits_end(run) == at;
            let Some(&b) = self.bytes.get(at) else { break };
            match b {
                b'.' => {
                    if self.starts_word(at + 1) {
                        if numeric {
                            if !self.digit(at + 1) {
                                if self.capitalised(at + 1) {
                                    break;
                                }
                                if self.char_at(at + 1).is_some_and(char::is_lowercase)
                                    && !is_month(&self.text[at + 1..self.run_end(at + 1)])
                                {
                                    // `19.plass`: an ordinal whose space was forgotten.
                                    self.push(start, at + 1, TokenKind::Ordinal);
                                    return at + 1;
                                }
                                numeric = false;
                            }
                        } else {
                            if !dotted && !joined && self.missing_space(start, at) {
                                break;
                            }
                            dotted = true;
                        }
                        at += 1;
                        joined = true;
                        continue;
                    }
                    if self.hyphen(at + 1) == 1
                        && self.starts_word(at + 2)
                        && !self.digit(at + 2)
                        && (numeric || dotted || self.abbreviations.get(&self.text[start..=at]).is_some())
                    {
                        numeric = false;
                        at += 2;
                        joined = true;
                        continue;
                    }
                    if let Some(kind) = self.keeps_stop(start, at, numeric, dotted) {
                        self.push(start, at + 1, kind);
                        return at + 1;
                    }
                    break;
                }
                b',' if numeric => {
                    if self.digit(at + 1) && !self.years_meet(start, at) {
                        at += 1;
                        continue;
                    }
                    let dash = if self.bytes.get(at + 1) == Some(&b'-') { 1 } else { self.dash(at + 1) };
                    if dash > 0 && !self.starts_word(at + 1 + dash) {
                        at += 1 + dash;
                    }
                    break;
                }
                b':' => {
                    if numeric && self.digit(at + 1) || !numeric && self.capitals_meet(at) {
                        at += 1;
                        joined = true;
                        continue;
                    }
                    if self.bytes[at..].starts_with(b"://") && length(&self.text[start..at]) <= 8 {
                        return self.address(start, at);
                    }
                    break;
                }
                b'/' => {
                    if dotted && self.is_host(start, at) {
                        return self.address(start, at);
                    }
                    if let Some(end) = if numeric { self.date(start, at) } else { self.slashed(start, at) } {
                        at = end;
                        if !numeric {
                            let end = if self.bytes.get(at) == Some(&b'.') && self.abbreviations.get(&self.text[start..=at]).is_some() {
                                at + 1
                            } else {
                                at
                            };
                            self.push(start, end, TokenKind::Abbreviation);
                            return end;
                        }
                        continue;
                    }
                    break;
                }
                b'@' => match self.email(at) {
                    Some(end) => {
                        self.push(start, end, TokenKind::Email);
                        return end;
                    }
                    None => break,
                },
                b'&' => {
                    if self.upper_before(at) && self.upper_at(at + 1) {
                        at += 1;
                        joined = true;
                        continue;
                    }
                    break;
                }
                b'+' => {
                    let mut end = at;
                    while self.bytes.get(end) == Some(&b'+') {
                        end += 1;
                    }
                    if !self.starts_word(end) {
                        at = end;
                    }
                    break;
                }
                b'*' => {
                    if !numeric && self.starts_word(at + 1) {
                        at += 1;
                        joined = true;
                        continue;
                    }
                    break;
                }
                _ => {}
            }
            let hyphen = self.hyphen(at);
            if hyphen > 0 {
                let next = at + hyphen;
                if self.starts_word(next) {
                    if numeric && self.digit(next) && !self.compound_follows(start, at, next) {
                        break;
                    }
                    numeric = false;
                } else if self.hyphen(next) > 0 || !self.suspended(next) {
                    break;
                }
                at = next;
                joined = true;
                continue;
            }
            // `4–5`, `fem–tiårsperspektiv`: an en dash between word characters joins them.
            if self.bytes[at..].starts_with("–".as_bytes()) && self.starts_word(at + 3) {
                if !self.digit(at + 3) {
                    numeric = false;
                }
                at += 3;
                joined = true;
                continue;
            }
            let apostrophe = self.apostrophe_len(at);
            if apostrophe > 0 {
                if self.starts_word(at + apostrophe) {
                    at += apostrophe;
                    numeric = false;
                    joined = true;
                    continue;
                }
                if !numeric && self.genitive(at) {
                    at += apostrophe;
                }
                break;
            }
            if numeric && self.bytes[at..].starts_with("°".as_bytes()) {
                at += 2;
                if self.starts_word(at) {
                    numeric = false;
                }
                continue;
            }
            if numeric && let Some(end) = self.group(start, at) {
                at = end;
                continue;
            }
            break;
        }
        let kind = if numeric {
            TokenKind::Number
        } else if dotted && self.is_host(start, at) {
            TokenKind::Url
        } else {
            TokenKind::Word
        };
        self.push(start, at, kind);
        at
    }

    /// A capital with a lower-case letter behind it.
    fn capitalised(&self, at: usize) -> bool {
        let mut letters = self.text[at..].chars();
        letters.next().is_some_and(char::is_uppercase) && letters.find(|&c| !is_combining_mark(c)).is_some_and(char::is_lowercase)
    }

    fn upper_at(&self, at: usize) -> bool {
        self.char_at(at).is_some_and(char::is_uppercase)
    }

    fn upper_before(&self, at: usize) -> bool {
        self.text[..at].chars().rev().find(|&c| !is_combining_mark(c)).is_some_and(char::is_uppercase)
    }

    /// `kom.Han`: a stop whose space was forgotten, not `Dagbladet.no`, `P.E.N` or `Geelmuyden.Kiese`.
    fn missing_space(&self, start: usize, stop: usize) -> bool {
        self.capitalised(stop + 1)
            && length(&self.text[start..stop]) > 1
            && self.char_at(start).is_some_and(char::is_lowercase)
            && self.abbreviations.get(&self.text[start..=stop]).is_none()
    }

    /// `(1989,1992)`: two years with a comma between them, not a decimal.
    fn years_meet(&self, start: usize, comma: usize) -> bool {
        comma - start == 4 && self.digits_end(comma + 1) == comma + 5
    }

    /// `GH:WT`: capitals on both sides of a colon.
    fn capitals_meet(&self, colon: usize) -> bool {
        self.upper_before(colon) && self.upper_at(colon + 1) && !self.capitalised(colon + 1)
    }

    /// The length of the hyphen at `at`: `-`, `‐` or the non-breaking hyphen.
    fn hyphen(&self, at: usize) -> usize {
        match self.bytes.get(at) {
            Some(b'-') => 1,
            Some(0xE2) if matches!(self.bytes.get(at + 1..at + 3), Some([0x80, 0x90 | 0x91])) => 3,
            _ => 0,
        }
    }

    /// The length of the dash at `at`: `–`, `—`, `―`.
    fn dash(&self, at: usize) -> usize {
        if matches!(self.bytes.get(at..at + 3), Some([0xE2, 0x80, 0x93..=0x95])) { 3 } else { 0 }
    }

    /// The length of the apostrophe at `at`: `' ’ ´ `` ` ``.
    fn apostrophe_len(&self, at: usize) -> usize {
        match self.bytes.get(at) {
            Some(b'\'' | b'`') if self.bytes.get(at) != self.bytes.get(at + 1) => 1,
            Some(0xC2) if self.bytes.get(at + 1) == Some(&0xB4) => 2,
            Some(0xE2) if matches!(self.bytes.get(at + 1..at + 3), Some([0x80, 0x99])) => 3,
            _ => 0,
        }
    }

    /// `Hans'`, `Marx’`: the apostrophe at `at` is a genitive's, unless it closes a quotation.
    fn genitive(&self, at: usize) -> bool {
        matches!(self.bytes[at - 1], b's' | b'x' | b'z' | b'S' | b'X' | b'Z')
            && self.bytes[at] != b'`'
            && self.apostrophe.is_none_or(|open| at - open > APOSTROPHE_REACH)
    }

    /// Whether the hyphen before `at` is that of a shortened compound (`olje- og`, `haust-, vinter-`), not a dash.
    fn suspended(&self, at: usize) -> bool {
        match self.char_at(at) {
            Some(' ' | '\u{A0}') => {
                let rest = &self.bytes[at..];
                let word = rest.iter().position(|&b| b != b' ').map_or(&[][..], |i| &rest[i..]);
                [&b"og "[..], b"eller ", b"til ", b"samt ", b"som ", b"/", b"og/"].iter().any(|w| word.starts_with(w))
            }
            Some(c) => !c.is_whitespace(),
            None => false,
        }
    }

    /// `1-2-tapet`, `30-40-åring`, `2010-09-11`: the numbers around the hyphen at `at` are one word.
    fn compound_follows(&self, start: usize, at: usize, next: usize) -> bool {
        let end = self.digits_end(next);
        if !self.bytes[end..].starts_with(b"-") {
            return false;
        }
        let date = at - start == 4 && end - next == 2 && self.digits_end(end + 1) == end + 3;
        date || self.starts_word(end + 1) && !self.digit(end + 1)
    }

    /// `9/11`, `22/7/2011`: the end of the date whose first slash is at `slash`.
    fn date(&self, start: usize, slash: usize) -> Option<usize> {
        let number = |from: usize, to: usize| self.text.get(from..to).filter(|s| s.len() <= 2)?.parse::<u8>().ok();
        let end = self.digits_end(slash + 1);
        if !(1..=31).contains(&number(start, slash)?) || !(1..=12).contains(&number(slash + 1, end)?) {
            return None;
        }
        if self.bytes.get(end) == Some(&b'/') && self.digit(end + 1) {
            return Some(self.digits_end(end + 1));
        }
        Some(end)
    }

    /// `A/S`, `km/t`: the end of an abbreviation with a slash that the table knows.
    fn slashed(&self, start: usize, slash: usize) -> Option<usize> {
        if slash - start > 4 {
            return None;
        }
        let end = self.letters(slash + 1).0;
        let word = self.text.get(start..end)?;
        self.abbreviations.get(word).is_some().then_some(end)
    }

    /// `10 000`, `1 250 000` with spaces that do not break: the end of the next group of three digits.
    fn group(&self, start: usize, at: usize) -> Option<usize> {
        let space = match self.bytes.get(at)? {
            0xC2 if self.bytes.get(at + 1) == Some(&0xA0) => 2,
            0xE2 if matches!(self.bytes.get(at + 1..at + 3), Some([0x80, 0x89 | 0xAF])) => 3,
            _ => return None,
        };
        let digits = self.bytes[start..at].iter().rev().take(4).take_while(|b| b.is_ascii_digit()).count();
        let from = at + space;
        let whole = matches!(self.bytes.get(from..from + 3), Some(next) if next.iter().all(u8::is_ascii_digit)) && !self.digit(from + 3);
        (digits <= 3 && whole).then_some(from + 3)
    }

    /// Whether `start..end` is a host name: it begins with `www.` or ends with a known top-level domain.
    fn is_host(&self, start: usize, end: usize) -> bool {
        let word = &self.text[start..end];
        word.starts_with("www.") || word.rsplit_once('.').is_some_and(|(name, last)| name.len() > 1 && is_top_level(last))
    }

    /// A web address from `start`, whose first sign is at `at`: up to white space, a quotation mark or an angle bracket, without the
    /// punctuation that closes it.
    fn address(&mut self, start: usize, at: usize) -> usize {
        let rest = &self.text[at..];
        let mut end =
            at + rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '«' | '»' | '“' | '”')).unwrap_or(rest.len());
        let mut open = self.bytes[at..end].iter().filter(|&&b| b == b'(').count();
        let mut closed = self.bytes[at..end].iter().filter(|&&b| b == b')').count();
        while end > at {
            match self.bytes[end - 1] {
                b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b']' => {}
                b')' if closed > open => closed -= 1,
                b'(' => open -= 1,
                _ => break,
            }
            end -= 1;
        }
        self.push(start, end, TokenKind::Url);
        end
    }

    /// The end of the e-mail address whose `@` is at `at`.
    fn email(&self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        let mut dot = false;
        loop {
            let run = self.run_end(end);
            if run == end {
                return None;
            }
            end = run;
            match self.bytes.get(end) {
                Some(b'.') if self.starts_word(end + 1) => dot = true,
                Some(b'-') if self.starts_word(end + 1) => {}
                _ => return dot.then_some(end),
            }
            end += 1;
        }
    }

    /// What stands after the stop at `stop`.
    fn ahead(&self, stop: usize) -> Ahead {
        let rest = &self.text[stop + 1..];
        let mut lines = 0;
        let mut spaced = false;
        for (i, c) in rest.char_indices() {
            match c {
                '\n' => lines += 1,
                c if c.is_whitespace() => {}
                _ if lines > 1 => return Ahead::End,
                ',' | ')' | ';' | ':' | '/' | ']' => return Ahead::Inner,
                '§' => return Ahead::Digit,
                '-' | '–' | '—' | '―' => {
                    let digit = rest[i + c.len_utf8()..].trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit());
                    return Ahead::Dash { digit };
                }
                '0'..='9' if spaced => return Ahead::Digit,
                c if spaced && c.is_lowercase() => return Ahead::Lower,
                c if spaced && c.is_uppercase() => {
                    let word = &rest[i..self.run_end(stop + 1 + i) - stop - 1];
                    return if is_opener(word) { Ahead::Opener } else { Ahead::Upper };
                }
                _ => return Ahead::Other,
            }
            spaced = true;
        }
        Ahead::End
    }

    /// Whether the stop at `stop` belongs to the word `start..stop`, and what the two are then.
    fn keeps_stop(&self, start: usize, stop: usize, numeric: bool, dotted: bool) -> Option<TokenKind> {
        if self.bytes.get(stop + 1) == Some(&b'.') {
            return None;
        }
        if numeric {
            return self.is_ordinal(start, stop).then_some(TokenKind::Ordinal);
        }
        self.is_abbreviation(start, stop, dotted).then_some(TokenKind::Abbreviation)
    }

    fn is_ordinal(&self, start: usize, stop: usize) -> bool {
        let digits = self.bytes[start..stop].iter().all(u8::is_ascii_digit);
        if digits && stop - start > 3 {
            return false;
        }
        match self.ahead(stop) {
            Ahead::Lower => true,
            Ahead::Inner => digits && stop - start <= 2 && self.bytes.get(stop + 1) != Some(&b')'),
            Ahead::Dash { digit } => digit && stop - start <= 2,
            // The number of a list's item, or a capitalised month.
            Ahead::Upper | Ahead::Opener => digits && (self.at_line_start(start) || is_month(self.next_word(stop))),
            _ => false,
        }
    }

    fn at_line_start(&self, start: usize) -> bool {
        let before = &self.bytes[..start];
        before.iter().rev().find(|&&b| b != b' ' && b != b'\t').is_none_or(|&b| b == b'\n' || b == b'\r')
    }

    /// The word after the stop at `stop`.
    fn next_word(&self, stop: usize) -> &str {
        let rest = &self.text[stop + 1..];
        let from = stop + 1 + rest.len() - rest.trim_start().len();
        &self.text[from..self.run_end(from)]
    }

    fn is_abbreviation(&self, start: usize, stop: usize, dotted: bool) -> bool {
        let word = &self.text[start..=stop];
        if let Some(entry) = self.abbreviations.get(word) {
            if !entry.word {
                return true;
            }
            let ahead = self.ahead(stop);
            let holds = match entry.next {
                Next::Number => ahead == Ahead::Digit,
                Next::Name => ahead == Ahead::Upper,
                Next::Lower => ahead == Ahead::Lower,
                Next::Any => match ahead {
                    Ahead::Lower | Ahead::Digit | Ahead::Inner => true,
                    Ahead::Upper => entry.ends <= Ends::Rare,
                    _ => false,
                },
            };
            if holds {
                return true;
            }
        }
        let letter = self.char_at(start).is_some_and(|c| self.text[start + c.len_utf8()..stop].chars().all(is_combining_mark));
        if letter && self.upper_at(start) || dotted && initials(word) {
            return match self.ahead(stop) {
                Ahead::Upper | Ahead::Lower | Ahead::Inner | Ahead::Digit => true,
                Ahead::Other => !letter,
                _ => false,
            };
        }
        if dotted {
            return !self.is_host(start, stop)
                && word.split('.').all(|part| length(part) <= 4 && !part.starts_with(|c: char| c.is_ascii_digit()));
        }
        // An abbreviation no table knows: without a vowel, and a lower-case word follows.
        word.len() <= UNLISTED && !word.contains(is_vowel) && self.ahead(stop) == Ahead::Lower
    }

    /// A mark that is always a token of its own, or the start of a run.
    fn mark(&mut self, at: usize, first: u8) -> usize {
        let kind = match first {
            b'"' => TokenKind::Quote,
            b'%' | b'<' | b'>' | b'=' | b'^' | b'|' | b'~' | b'\\' => TokenKind::Symbol,
            _ => TokenKind::Punctuation,
        };
        self.push(at, at + 1, kind);
        at + 1
    }

    /// A token that begins with an ASCII character other than a letter, digit or plain mark.
    fn symbol(&mut self, at: usize) -> usize {
        let (end, kind) = match self.bytes[at] {
            b'.' if self.bytes.get(at + 1) != Some(&b'.') => (at + 1, TokenKind::Punctuation),
            b'.' => (at + self.bytes[at..].iter().take_while(|&&b| b == b'.').count(), TokenKind::Ellipsis),
            b'-' => return self.hyphens(at),
            b'\'' | b'`' => return self.single_quote(at),
            b'@' if self.starts_word(at + 1) => (self.name_end(at + 1), TokenKind::Handle),
            b'#' if self.starts_word(at + 1) => (self.name_end(at + 1), TokenKind::Hashtag),
            b'+' if self.digit(at + 1) && !self.glued(at) => return self.word(at, at + 1, true),
            b':' | b'/' | b'#' | b'@' | b'*' => (at + 1, TokenKind::Punctuation),
            _ => (at + 1, TokenKind::Symbol),
        };
        self.push(at, end, kind);
        end
    }

    /// The end of a handle or hashtag.
    fn name_end(&self, at: usize) -> usize {
        let end = self.run_end(at);
        if self.bytes.get(end) == Some(&b'.') && self.starts_word(end + 1) { self.run_end(end + 1) } else { end }
    }

    /// Whether the character before `at` is not white space.
    fn glued(&self, at: usize) -> bool {
        self.tokens.last().is_some_and(|t| t.span.end() == at)
    }

    /// A token that begins with a hyphen-minus: a dash, a negative number, or the second half of a compound (`»-filmen`, `og -uvaner`).
    fn hyphens(&mut self, at: usize) -> usize {
        let run = self.bytes[at..].iter().take_while(|&&b| b == b'-').count();
        let last = self.tokens.last().copied();
        let glued = self.glued(at);
        if run == 1 && self.starts_word(at + 1) {
            let inside = last.is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Abbreviation) || self.text[t.span] == *",");
            if self.digit(at + 1) {
                // `minus -3`, but `2 -3` and `70-80` are not.
                if !glued && inside && !self.at_line_start(at) || glued && last.is_some_and(|t| self.text[t.span] == *"(") {
                    return self.word(at, at + 1, true);
                }
            } else if glued {
                if last.is_some_and(|t| matches!(t.kind, TokenKind::Quote | TokenKind::Number) || self.text[t.span] == *")") {
                    return self.word(at, at + 1, false);
                }
            } else if (inside || last.is_some_and(|t| self.text[t.span] == *"»")) && !self.capitalised(at + 1) && !self.at_line_start(at) {
                return self.word(at, at + 1, false);
            }
        }
        self.push(at, at + run, TokenKind::Dash);
        at + run
    }

    /// A token that begins with `'` or a back-tick: a quotation mark, single or doubled.
    fn single_quote(&mut self, at: usize) -> usize {
        let doubled = self.bytes.get(at + 1) == self.bytes.get(at);
        if !doubled {
            self.apostrophe = if self.apostrophe.is_some() && self.glued(at) || !self.starts_word(at + 1) { None } else { Some(at) };
        }
        let end = at + 1 + usize::from(doubled);
        self.push(at, end, TokenKind::Quote);
        end
    }

    /// A token that begins beyond ASCII.
    fn wide(&mut self, at: usize) -> usize {
        let Some(c) = self.char_at(at) else { return at + 1 };
        let end = at + c.len_utf8();
        // First the most frequent, which spares them the tables of Unicode.
        if let '«' | '»' = c {
            self.push(at, end, TokenKind::Quote);
            return end;
        }
        if let '–' = c {
            self.push(at, end, TokenKind::Dash);
            return end;
        }
        if c.is_whitespace() {
            return end;
        }
        if is_word(c) {
            return if c.is_alphanumeric() { self.word(at, end, false) } else { self.marks(at) };
        }
        let (end, kind) = match c {
            '“' | '”' | '„' | '‟' | '‹' | '›' | '‚' | '‛' | '〝' | '〞' | '＂' | '″' => (end, TokenKind::Quote),
            '‘' => {
                self.apostrophe = Some(at);
                (end, TokenKind::Quote)
            }
            '’' => {
                self.apostrophe = None;
                (end, TokenKind::Quote)
            }
            '—' | '―' | '−' => {
                if c == '−' && self.digit(end) && !self.glued(at) {
                    return self.word(at, end, true);
                }
                (end, TokenKind::Dash)
            }
            '\u{2010}' | '\u{2011}' => (end, TokenKind::Dash),
            '…' => (end, TokenKind::Ellipsis),
            '§' => (at + 2 * self.bytes[at..].chunks_exact(2).take_while(|b| *b == "§".as_bytes()).count(), TokenKind::Symbol),
            '©' | '®' if self.starts_word(end) && !self.digit(end) => return self.word(at, end, false),
            '•' | '·' | '¡' | '¿' | '‰' | '†' | '‡' | '、' | '。' => (end, TokenKind::Punctuation),
            c if is_pictograph(c) => (self.pictograph_end(end, c), TokenKind::Emoji),
            _ => (end, TokenKind::Symbol),
        };
        self.push(at, end, kind);
        end
    }

    /// Marks and joiners without a letter before them; letters that follow are part of it.
    fn marks(&mut self, at: usize) -> usize {
        let end = self.run_end(at);
        if self.text[at..end].chars().any(char::is_alphanumeric) {
            return self.word(at, end, false);
        }
        self.push(at, end, TokenKind::Symbol);
        end
    }

    /// The end of a pictograph whose first character ends at `at`: its modifiers, what joiners add, the second letter of a flag.
    fn pictograph_end(&self, mut at: usize, first: char) -> usize {
        if is_flag(first) {
            return match self.char_at(at) {
                Some(c) if is_flag(c) => at + c.len_utf8(),
                _ => at,
            };
        }
        while let Some(c) = self.char_at(at) {
            match c {
                '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' => at += c.len_utf8(),
                '\u{200D}' => {
                    at += c.len_utf8();
                    match self.char_at(at) {
                        Some(c) if is_pictograph(c) => at += c.len_utf8(),
                        _ => return at,
                    }
                }
                _ => return at,
            }
        }
        at
    }
}

/// Letters, digits and what is invisible or combining inside words: marks, soft hyphen, joiners.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{AD}' | '\u{200C}' | '\u{200D}' | '\u{2060}') || is_combining_mark(c)
}

/// A vowel; any letter beyond ASCII counts as one, for with its mark apart it may end in one (`é`).
fn is_vowel(c: char) -> bool {
    !c.is_ascii() || matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// `J.K.`, `D.C.`: single capitals, each with a stop.
fn initials(word: &str) -> bool {
    word.split_terminator('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.all(is_combining_mark)
    })
}

fn is_flag(c: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&c)
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{231A}'..='\u{231B}' | '\u{23E9}'..='\u{23FA}')
}

#[cfg(test)]
mod tests {
    use super::TokenKind::*;
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokenize(text).iter().map(|t| &text[t.span]).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(words(text).join("|"), expected, "{text:?}");
    }

    #[track_caller]
    fn kinds(text: &str, expected: &[TokenKind]) {
        assert_eq!(tokenize(text).iter().map(|t| t.kind).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn numbers_keep_their_separators() {
        check("300.000 kr, 12,5 kg, kl. 12.30, 10:13, 5000,- og 9/11.", "300.000|kr|,|12,5|kg|,|kl.|12.30|,|10:13|,|5000,-|og|9/11|.");
        check("70-80 gjester, 2001–2005, 1-2-tapet, 2010-09-11", "70|-|80|gjester|,|2001–2005|,|1-2-tapet|,|2010-09-11");
        check("10\u{A0}000 og 1\u{202F}250\u{202F}000, 10 000", "10\u{A0}000|og|1\u{202F}250\u{202F}000|,|10|000");
        check("minst -3,8 grader, +47 og 20°C", "minst|-3,8|grader|,|+47|og|20°C");
        check("(1989,1992)", "(|1989|,|1992|)");
        check("10% av §§ 4-5", "10|%|av|§§|4|-|5");
    }

    #[test]
    fn ordinals_need_what_follows() {
        check("Den 23. mai, 2. plass og 32.plass.", "Den|23.|mai|,|2.|plass|og|32.|plass|.");
        check("Han er 24. Hun kom i 2006. Så 22.juli-rapporten.", "Han|er|24|.|Hun|kom|i|2006|.|Så|22.juli-rapporten|.");
        check("Klokka 12.", "Klokka|12|.");
        check("1. Kok vatn.\n2. Ha i salt.", "1.|Kok|vatn|.|2.|Ha|i|salt|.");
        kinds("23. mai", &[Ordinal, Word]);
    }

    #[test]
    fn abbreviations_and_initials_keep_their_stop() {
        check("Bl.a. Kari J. Moe, f.eks. p.g.a. J.K. Lie osv.", "Bl.a.|Kari|J.|Moe|,|f.eks.|p.g.a.|J.K.|Lie|osv.");
        check("A/S Havna køyrer 80 km/t og/eller 90", "A/S|Havna|køyrer|80|km/t|og|/|eller|90");
        check("Det er lov å ta i. Ja, nr. 3 i kap. 8.", "Det|er|lov|å|ta|i|.|Ja|,|nr.|3|i|kap.|8|.");
        kinds("dr. Moe", &[Abbreviation, Word]);
        kinds("J. Moe", &[Abbreviation, Word]);
        assert_eq!(words("Det gja\u{30A}r bl.a. bra.").len(), words("Det gjår bl.a. bra.").len());
    }

    #[test]
    fn words_keep_hyphens_and_apostrophes() {
        check("Nord-Korea, olje- og gass, «Nytt»-avisa", "Nord-Korea|,|olje-|og|gass|,|«|Nytt|»|-avisa");
        check("Hans' bil på O'Hara's pub, rock'n'roll", "Hans'|bil|på|O'Hara's|pub|,|rock'n'roll");
        check("'Ja vel' sa Jens’ mor", "'|Ja|vel|'|sa|Jens’|mor");
        check("H&M og Disney+ på GH:WT", "H&M|og|Disney+|på|GH:WT");
        check("Han kom.Ho gjekk.", "Han|kom|.|Ho|gjekk|.");
    }

    #[test]
    fn addresses() {
        check("Sjå nrk.no. Tips: a.b-c@avis.no, @kari #valg2025!", "Sjå|nrk.no|.|Tips|:|a.b-c@avis.no|,|@kari|#valg2025|!");
        check("(https://a.no/b_(c)?d=1).", "(|https://a.no/b_(c)?d=1|)|.");
        kinds("nrk.no/a x@y.no @a #b", &[Url, Email, Handle, Hashtag]);
    }

    #[test]
    fn marks() {
        check("– Nei! sa ho… - Ja ...", "–|Nei|!|sa|ho|…|-|Ja|...");
        check("(og -uvaner) -Ja", "(|og|-uvaner|)|-|Ja");
        kinds("– - « … § , 👍🏽 🇳🇴", &[Dash, Dash, Quote, Ellipsis, Symbol, Punctuation, Emoji, Emoji]);
        kinds("``a''", &[Quote, Word, Quote]);
    }

    #[test]
    fn every_character_is_in_one_token() {
        let odd = [
            "",
            " ",
            "\0\u{1}",
            "\u{301}",
            "a\u{301}\u{AD}b",
            "\u{FEFF}a",
            "\u{200D}",
            "×÷",
            "a.",
            ".a",
            "1.",
            "-",
            "'",
            "'a",
            "«»",
            "http://",
            "a://)",
            "@",
            "#",
            "a@b@c.d",
            "1/",
            "1/2/",
            "a\u{2028}b\u{85}c",
            "§",
            "\u{10FFFF}",
            "1\u{A0}000\u{A0}00",
            "°",
            "1°",
        ];
        let parts = ["a", ".", "1", "-", "'", "/", "@", ":", ",", "«", "–", "\u{301}", "\u{A0}", "\n", "å", "§", "https://", "👍", "..."];
        let mut texts: Vec<String> = odd.iter().map(|s| (*s).to_owned()).collect();
        for a in parts {
            for b in parts {
                for c in parts {
                    texts.push(format!("{a}{b}{c}{a}"));
                }
            }
        }
        // A megabyte of each: quadratic work would not end.
        texts.extend(
            ["«", "-", "a.a.", "\0", "1", "\u{301}", "a-1-", "«'", "@a", "1/1", ". ", "a:", "+"].map(|s| s.repeat(1_000_000 / s.len())),
        );
        for text in &texts {
            let mut end = 0;
            for token in tokenize(text) {
                assert!(token.span.start() >= end && !token.span.is_empty(), "{text:.40?}");
                assert!(text[end..token.span.start()].chars().all(char::is_whitespace), "{text:.40?}");
                end = token.span.end();
                let _ = &text[token.span.range()];
            }
            assert!(text[end..].chars().all(char::is_whitespace), "{text:.40?}");
        }
    }
}
