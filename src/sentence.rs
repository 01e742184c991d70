//! Sentences: where one ends and the next begins, after the conventions of UD Norwegian.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::abbreviations::{Abbreviations, Ends, is_credit, is_opener};
use crate::run_in::{RunIn, is_long};
use crate::span::Span;
use crate::tokenize::{Token, TokenKind, gather};

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

/// So many tokens at least are looked at before their sentences are found, where there are so many.
const AT_ONCE: usize = 1024;

/// The sentences of `tokens`, which are those of `text`; no sentence crosses one of the `blocks`, which are in order and disjoint.
pub fn split(text: &str, tokens: &[Token], blocks: &[Span], abbreviations: &Abbreviations, options: &SplitOptions) -> Vec<Sentence> {
    let mut sentences = Vec::with_capacity(tokens.len() / 16 + blocks.len());
    let (mut marks, mut list) = (Vec::new(), Vec::with_capacity(tokens.len().min(AT_ONCE) / 4));
    let mut first = 0;
    // The blocks to come, with their tokens.
    let mut blocks = blocks.iter().enumerate().map(|(block, span)| {
        while tokens.get(first).is_some_and(|t| t.span.start() < span.start()) {
            first += 1;
        }
        let within = |t: &Token| t.span.end() <= span.end();
        // Sixteen at a time, in order, so that the processor has fetched them before.
        let mut end = first;
        while tokens.get(end + 15).is_some_and(within) {
            end += 16;
        }
        end += tokens[end..].iter().take(16).filter(|t| within(t)).count();
        (block, std::mem::replace(&mut first, end)..end)
    });
    let mut stretch: Vec<(usize, Range<usize>)> = Vec::new();
    loop {
        let next = blocks.next();
        let is_full = |(_, next): &(usize, Range<usize>)| {
            stretch.first().is_some_and(|(_, first)| next.start - first.start >= AT_ONCE || is_long(first.len()) != is_long(next.len()))
        };
        if next.as_ref().is_none_or(is_full) {
            let Some((first, last)) = stretch.first().zip(stretch.last()) else { break };
            let base = first.1.start;
            let all = &tokens[base..last.1.end];
            read_marks(text, all, options.run_in_headings, &mut marks);
            if options.run_in_headings {
                RunIn::new(text, all, is_long(first.1.len())).sift(&mut marks, &mut list);
            }
            list_bits(&mut list, marks.iter().map(|m| m.stops | m.gaps));
            let mut left = &*list;
            for (block, range) in stretch.drain(..) {
                let first = range.start;
                let own;
                (own, left) = left.split_at(left.partition_point(|&mark| (mark as usize) < range.end - base));
                let at = first - base;
                let block_tokens = Block { text, tokens: &tokens[range], first: at, list: own, marks: &marks, abbreviations, options };
                block_tokens.split(|range| {
                    let span = block_tokens.tokens[range.start].span.to(block_tokens.tokens[range.end - 1].span);
                    sentences.push(Sentence { span, block, tokens: first + range.start..first + range.end });
                });
            }
        }
        stretch.extend(next);
    }
    sentences
}

/// The tokens of one block.
struct Block<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The number of its first token among those of the marks.
    first: usize,
    /// Those of its tokens that have a mark, by their numbers.
    list: &'a [u32],
    marks: &'a [Marks],
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

/// Those of 64 tokens at which something may be decided, and what they begin with: a bit for each, so that the many others cost no branch.
#[derive(Default)]
pub(crate) struct Marks {
    /// What may end a sentence, or opens and closes guillemets.
    stops: u64,
    /// What may begin a sentence, with no stop before it; none unless headings run in.
    pub(crate) gaps: u64,
    /// A capital of ASCII.
    pub(crate) capital: u64,
    /// A small letter or a digit of ASCII.
    pub(crate) small: u64,
    /// A letter beyond ASCII, as words do.
    pub(crate) beyond: u64,
}

/// What the kind of a token and its first byte allow, a bit for each: to end a sentence,
const STOP: u8 = 1;
/// to begin one,
const BEGIN: u8 = 1 << 1;
/// to end a heading;
const LOOSE: u8 = 1 << 2;
/// and what it begins with: a capital of ASCII,
const CAPITAL: u8 = 1 << 3;
/// a small letter or a digit of ASCII,
const SMALL: u8 = 1 << 4;
/// as a word with a letter beyond ASCII.
const BEYOND: u8 = 1 << 5;

/// By the kind, then by the first byte.
static MAY: [[u8; 256]; TokenKind::ALL.len()] = {
    let mut may = [[STOP | BEGIN | LOOSE; 256]; TokenKind::ALL.len()];
    let mut kind = 0;
    while kind < TokenKind::ALL.len() {
        let of_kind = match TokenKind::ALL[kind] {
            TokenKind::Word | TokenKind::Url => BEGIN | LOOSE | BEYOND,
            TokenKind::Number => BEGIN | LOOSE,
            TokenKind::Abbreviation => STOP | BEGIN | LOOSE | BEYOND,
            TokenKind::Quote | TokenKind::Punctuation => STOP | BEGIN | LOOSE,
            TokenKind::Ordinal | TokenKind::Email | TokenKind::Handle | TokenKind::Hashtag | TokenKind::Emoji | TokenKind::Symbol => LOOSE,
            TokenKind::Dash => BEGIN,
            TokenKind::Ellipsis => STOP,
        };
        let mut byte = 0;
        while byte < 256 {
            let of_byte = match byte as u8 {
                b'a'..=b'z' => STOP | LOOSE | SMALL,
                b'A'..=b'Z' => STOP | BEGIN | LOOSE | CAPITAL,
                b'0'..=b'9' => STOP | BEGIN | LOOSE | SMALL,
                0x80.. => STOP | BEGIN | LOOSE | BEYOND,
                b'.' | b'!' | b'?' | b':' => STOP,
                b',' | b';' | b'/' | b'[' | b']' | b'\'' => 0,
                b'(' => BEGIN,
                b')' => LOOSE,
                _ => STOP | BEGIN | LOOSE,
            };
            may[kind][byte] = (of_kind | CAPITAL | SMALL) & of_byte;
            byte += 1;
        }
        kind += 1;
    }
    may
};

/// What each of the tokens may do in a byte, then one kind of bit gathered from eight bytes by one multiplication; without gaps, the stops
/// alone.
fn read_marks(text: &str, tokens: &[Token], with_gaps: bool, marks: &mut Vec<Marks>) {
    let bytes = text.as_bytes();
    let mut loose_before = 0;
    marks.clear();
    marks.extend(tokens.chunks(64).map(|tokens| {
        let mut may = [0; 64];
        for (may, token) in may.iter_mut().zip(tokens) {
            *may = MAY[token.kind as usize][usize::from(bytes[token.span.start()])];
        }
        let bits = |of: u8| {
            let eights = may.as_chunks::<8>().0.iter().enumerate();
            eights.fold(0, |bits, (i, eight)| bits | gather(u64::from_le_bytes(*eight) >> of.trailing_zeros()) << (8 * i))
        };
        let stops = bits(STOP);
        if !with_gaps {
            return Marks { stops, ..Marks::default() };
        }
        let loose = bits(LOOSE);
        let gaps = bits(BEGIN) & (loose << 1 | loose_before);
        loose_before = loose >> 63;
        Marks { stops, gaps, capital: bits(CAPITAL), small: bits(SMALL), beyond: bits(BEYOND) }
    }));
}

/// The numbers of the bits that are set, four at a time, for few words have more.
pub(crate) fn list_bits(list: &mut Vec<u32>, words: impl Iterator<Item = u64>) {
    list.clear();
    for (i, mut bits) in words.enumerate() {
        let len = list.len() + bits.count_ones() as usize;
        loop {
            list.extend(std::array::from_fn::<u32, 4, _>(|_| {
                let at = 64 * i as u32 + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
                at
            }));
            if bits == 0 {
                break;
            }
        }
        list.truncate(len);
    }
}

/// How far an opened guillemet reaches, in tokens, when no closing one comes.
const QUOTE_REACH: usize = 60;

impl Block<'_> {
    fn split(&self, mut found: impl FnMut(Range<usize>)) {
        let mut start = 0;
        let mut at = 0;
        // The token that opened the guillemets we are in.
        let mut open: Option<usize> = None;
        let mut run_in = self.options.run_in_headings.then(|| RunIn::new(self.text, self.tokens, is_long(self.tokens.len())));
        for &mark in self.list {
            let mark = mark as usize;
            if mark < self.first + at {
                continue;
            }
            at = mark - self.first;
            let token = self.tokens[at];
            if open.is_none() && self.is_gap(mark) && run_in.as_mut().is_some_and(|r| r.ends_heading(start, at)) {
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

    /// Whether a sentence may begin at the mark.
    fn is_gap(&self, mark: usize) -> bool {
        self.marks[mark / 64].gaps >> (mark % 64) & 1 == 1
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
