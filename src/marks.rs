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
/// end of its block.
pub(crate) fn marked(doc: &Document) -> Marked {
    let tokens = doc.tokens();
    let form = |i: usize| tokens.get(i).map_or("", |t| &doc[t.span]);
    let mut regions: Vec<Region> = Vec::new();
    let mut first = 0;
    for block in doc.blocks() {
        let end = first + tokens[first..].partition_point(|t| t.span.end() <= block.span.end());
        let range = first..end;
        first = end;
        if matches!(block.kind, BlockKind::Meta | BlockKind::Byline | BlockKind::Credit | BlockKind::ListItem) {
            continue;
        }
        let partners = partners(doc, range.clone());
        let mut i = range.start;
        let mut open_dash: Option<usize> = None;
        let push = |open: usize, content: Range<usize>, after: usize, dash: bool, regions: &mut Vec<Region>| {
            if content.start < content.end {
                let span = tokens[open].span.to(tokens[after.max(open + 1) - 1].span);
                regions.push(Region { dash, tokens: content, open, after, span });
            }
        };
        while i < range.end {
            if is_turn_dash(doc, i, &range) {
                if let Some(open) = open_dash.replace(i) {
                    push(open, open + 1..i, i, true, &mut regions);
                }
            } else if open_dash.is_none()
                && tokens[i].kind == TokenKind::Quote
                && form(i).chars().next().is_some_and(|c| MARKS.contains_key(&c))
            {
                match partners.close.get(&i) {
                    Some(&close) => {
                        push(i, i + 1..close, close + 1, false, &mut regions);
                        i = close;
                    }
                    // Never closed: to the last mark that might, else to the end of the block, if it opens the block or a sentence.
                    None if i == range.start || matches!(form(i - 1), ":" | "." | "!" | "?") => {
                        match partners.last.filter(|&last| last > i + 1) {
                            Some(last) => {
                                push(i, i + 1..last, last + 1, false, &mut regions);
                                i = last;
                            }
                            None => {
                                push(i, i + 1..range.end, range.end, false, &mut regions);
                                i = range.end;
                            }
                        }
                    }
                    None => {}
                }
            }
            i += 1;
        }
        if let Some(open) = open_dash {
            push(open, open + 1..range.end, range.end, true, &mut regions);
        }
    }
    Marked { regions }
}

/// The marks of a block.
struct Partners {
    /// The closing mark of each opening mark that has one: the next that fits it and closes no mark opened later of the same form.
    close: HashMap<usize, usize>,
    /// The last mark that closes anything, or would in another style: `«Dette er galt,” sa hun.`
    last: Option<usize>,
}

fn partners(doc: &Document, block: Range<usize>) -> Partners {
    let mut partners = HashMap::new();
    let mut open: HashMap<char, Vec<usize>> = HashMap::new();
    let mut last = None;
    // Speech ends at a comma or stop.
    let form = |i: usize| doc.tokens().get(i).map_or("", |t| &doc[t.span]);
    let ends = |i: usize| i > 0 && (matches!(form(i + 1), "," | "." | "") || matches!(form(i - 1), "." | "!" | "?" | ","));
    for i in block {
        let token = &doc.tokens()[i];
        let Some(mark) = doc[token.span].chars().next().filter(|_| token.kind == TokenKind::Quote) else { continue };
        let closes = |c: &char| MARKS.get(c).is_some_and(|closers| closers.contains(&mark));
        let latest = open.iter().filter(|(c, _)| closes(c)).filter_map(|(&c, list)| Some((*list.last()?, c))).max();
        if let Some((at, c)) = latest {
            open.entry(c).or_default().pop();
            partners.insert(at, i);
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
    Partners { close: partners, last }
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
