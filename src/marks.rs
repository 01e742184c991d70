//! What punctuation marks as somebody's words: dashes that open a turn, and pairs of quotation marks (Språkrådet on `replikkstrek` and
//! `hermeteikn`). It needs no names, and is known before them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::article::BlockKind;
use crate::document::Document;
use crate::lexicon;
use crate::span::Span;
use crate::tokenize::TokenKind;

/// A stretch of the text that punctuation marks as somebody's words.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// Opened by a dash rather than by quotation marks.
    pub(crate) dash: bool,
    /// The tokens inside the marks.
    pub(crate) tokens: Range<usize>,
    /// The opening mark.
    pub(crate) open: usize,
    /// The token after the closing mark.
    pub(crate) after: usize,
    /// The bytes of it all.
    pub(crate) span: Span,
}

/// All marked stretches, in order; marks inside a stretch are not stretches of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marked {
    pub(crate) regions: Vec<Region>,
}

impl Marked {
    /// Whether the byte at `offset` stands in marks.
    pub(crate) fn is_quoted(&self, offset: usize) -> bool {
        let i = self.regions.partition_point(|r| r.span.end() <= offset);
        self.regions.get(i).is_some_and(|r| r.span.start() <= offset)
    }

    /// Whether the byte at `offset` stands in quotation marks.
    pub(crate) fn is_in_marks(&self, offset: usize) -> bool {
        let i = self.regions.partition_point(|r| r.span.end() <= offset);
        self.regions.get(i).is_some_and(|r| r.span.start() <= offset && !r.dash)
    }

    /// The same, but each turn ends before the token from which `narration` says that the writer goes on, and marks in what follows are
    /// stretches of their own.
    pub(crate) fn end_turns(&self, doc: &Document, narration: impl Fn(&Region) -> Option<usize>) -> Marked {
        let mut regions = Vec::with_capacity(self.regions.len());
        for region in &self.regions {
            match narration(region).filter(|&at| region.dash && region.tokens.contains(&at)) {
                Some(at) => {
                    let span = doc.tokens()[region.open].span.to(doc.tokens()[at - 1].span);
                    regions.push(Region { tokens: region.tokens.start..at, after: at, span, ..*region });
                    scan(doc, at..region.tokens.end, at, &mut regions);
                }
                None => regions.push(region.clone()),
            }
        }
        Marked { regions }
    }
}

/// Opening quotation marks, with their closing partners.
static MARKS: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut marks: HashMap<char, Vec<char>> = HashMap::new();
    for row in lexicon::bundled("quote_marks.tsv", include_str!("../data/quote_marks.tsv"), MARK_COLUMNS) {
        // Single marks are apostrophes as often as not; they count inside others only.
        if matches!(row.get(2), "angle" | "double")
            && let (Some(open), Some(close)) = (row.get(0).chars().next(), row.get(1).chars().next())
        {
            marks.entry(open).or_default().push(close);
        }
    }
    marks
});

pub(crate) const MARK_COLUMNS: &[&str] = &["open", "close", "style"];

/// What punctuation marks as speech: dashes that open a turn, and pairs of quotation marks. A mark that is never closed reaches to the
/// end of its block, and so does a turn, until [`Marked::end_turns`] tells where the writer goes on.
pub(crate) fn marked(doc: &Document) -> Marked {
    let mut regions = Vec::new();
    let mut first = 0;
    for block in doc.blocks() {
        let end = first + doc.tokens()[first..].partition_point(|t| t.span.end() <= block.span.end());
        if !matches!(block.kind, BlockKind::Meta | BlockKind::Byline | BlockKind::Credit | BlockKind::ListItem) {
            scan(doc, first..end, first, &mut regions);
        }
        first = end;
    }
    Marked { regions }
}

/// Appends the stretches among these tokens, which stand in the block that begins with token `block`.
fn scan(doc: &Document, range: Range<usize>, block: usize, regions: &mut Vec<Region>) {
    let tokens = doc.tokens();
    let form = |i: usize| tokens.get(i).map_or("", |t| &doc[t.span]);
    let partners = partners(doc, range.clone());
    let mut push = |open: usize, content: Range<usize>, after: usize, dash: bool| {
        if content.start < content.end {
            let span = tokens[open].span.to(tokens[after.max(open + 1) - 1].span);
            regions.push(Region { dash, tokens: content, open, after, span });
        }
    };
    let mut open_dash: Option<usize> = None;
    let mut i = range.start;
    while i < range.end {
        if is_turn_dash(doc, i, &(block..range.end)) {
            if let Some(open) = open_dash.replace(i) {
                push(open, open + 1..i, i, true);
            }
        } else if open_dash.is_none()
            && tokens[i].kind == TokenKind::Quote
            && form(i).chars().next().is_some_and(|c| MARKS.contains_key(&c))
        {
            match partners.close.get(i - range.start).copied().filter(|&close| close > 0) {
                Some(close) => {
                    push(i, i + 1..close, close + 1, false);
                    i = close;
                }
                // Never closed: to the last mark that might, else to the end of the block, if it opens the block or a sentence.
                None if i == range.start || matches!(form(i - 1), ":" | "." | "!" | "?") => {
                    let last = partners.last.filter(|&last| last > i + 1);
                    let end = last.unwrap_or(range.end);
                    push(i, i + 1..end, last.map_or(end, |last| last + 1), false);
                    i = end;
                }
                None => {}
            }
        }
        i += 1;
    }
    if let Some(open) = open_dash {
        push(open, open + 1..range.end, range.end, true);
    }
}

/// The marks of a block.
struct Partners {
    /// For each token, the closing mark of an opening mark that has one: the next that fits it and closes no mark opened later of the
    /// same form. 0 where there is none; as long as it must be.
    close: Vec<usize>,
    /// The last mark that closes anything, or would in another style: `«Dette er galt,” sa hun.`
    last: Option<usize>,
}

fn partners(doc: &Document, block: Range<usize>) -> Partners {
    let mut close = Vec::new();
    let mut open: HashMap<char, Vec<usize>> = HashMap::new();
    let mut last = None;
    // Speech ends at a comma or stop.
    let form = |i: usize| doc.tokens().get(i).map_or("", |t| &doc[t.span]);
    let ends = |i: usize| i > 0 && (matches!(form(i + 1), "," | "." | "") || matches!(form(i - 1), "." | "!" | "?" | ","));
    for i in block.clone() {
        let token = &doc.tokens()[i];
        let Some(mark) = doc[token.span].chars().next().filter(|_| token.kind == TokenKind::Quote) else { continue };
        let closes = |c: &char| MARKS.get(c).is_some_and(|closers| closers.contains(&mark));
        let latest = open.iter().filter(|(c, _)| closes(c)).filter_map(|(&c, list)| Some((*list.last()?, c))).max();
        if let Some((at, c)) = latest {
            open.entry(c).or_default().pop();
            let at = at - block.start;
            close.resize(close.len().max(at + 1), 0);
            close[at] = i;
            last = Some(i).filter(|&i| ends(i)).or(last);
        } else if MARKS.contains_key(&mark) {
            // A mark with a word right before it closes.
            let closing = i > 0 && doc.tokens()[i - 1].span.end() == token.span.start() && doc.tokens()[i - 1].kind != TokenKind::Quote;
            last = Some(i).filter(|&i| closing && ends(i)).or(last);
            if !closing || mark == '«' {
                open.entry(mark).or_default().push(i);
            }
        } else {
            last = Some(i).filter(|&i| ends(i)).or(last);
        }
    }
    Partners { close, last }
}

/// Whether token `i` is a dash that opens speech: at the start of the block, after a finished sentence, or after a colon; a space follows it.
fn is_turn_dash(doc: &Document, i: usize, block: &Range<usize>) -> bool {
    let tokens = doc.tokens();
    if tokens[i].kind != TokenKind::Dash || i + 1 >= block.end {
        return false;
    }
    let spaced = tokens[i + 1].span.start() > tokens[i].span.end();
    if i == block.start {
        return spaced || &doc[tokens[i].span] != "-";
    }
    let before = &tokens[i - 1];
    let finished = matches!(&doc[before.span], "." | "!" | "?" | ":" | "…" | "..." | "»" | "”") || before.kind == TokenKind::Abbreviation;
    let capital = doc[tokens[i + 1].span].starts_with(|c: char| c.is_uppercase() || c.is_numeric())
        || tokens[i + 1].kind == TokenKind::Quote
        || tokens[i + 1].kind == TokenKind::Ellipsis;
    spaced && finished && capital && tokens[i].span.start() > before.span.end()
}
