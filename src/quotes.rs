//! Quotes: what is said, and who says it.
//!
//! Direct speech stands after a quotation dash or in quotation marks, mixed speech is a marked fragment inside reported speech, and indirect
//! speech is a reported clause (Norsk referansegrammatikk 10.3; Språkrådet on `replikkstrek` and `hermeteikn`).

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::article::BlockKind;
use crate::coref::Entity;
use crate::document::Document;
use crate::lexicon::{self, Case, Class, Form, Lexicon, Pronoun, VerbForm, Word};
use crate::names::{EntityKind, MentionForm};
use crate::normalize::lower;
use crate::span::Span;
use crate::tokenize::TokenKind;

/// How speech is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QuoteKind {
    /// After a quotation dash, or a whole clause in quotation marks.
    Direct,
    /// A fragment in quotation marks inside reported speech.
    Mixed,
    /// A reported clause without marks.
    Indirect,
}

impl QuoteKind {
    /// The kind as JSON has it: `direct`.
    pub fn label(self) -> &'static str {
        match self {
            QuoteKind::Direct => "direct",
            QuoteKind::Mixed => "mixed",
            QuoteKind::Indirect => "indirect",
        }
    }
}

impl fmt::Display for QuoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Something that is said, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quote {
    /// How it is marked.
    pub kind: QuoteKind,
    /// The words said, without marks; several spans where a reporting clause interrupts them.
    pub content: Vec<Span>,
    /// The reporting verb or source word: `sier`, `ifølge`.
    pub cue: Option<Span>,
    /// The words that name the speaker in the reporting clause: `hun`, `Kari Nordheim`, `en talsmann for departementet`.
    pub source: Option<Span>,
    /// Who speaks: an index into [`Document::entities`]; `None` where the article does not tell, and for an interviewer.
    pub speaker: Option<usize>,
    /// Quotes of one turn share a number: what somebody says until somebody else speaks or the text goes on.
    #[serde(default)]
    pub turn: usize,
}

/// A stretch of the text that punctuation marks as somebody's words.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// Opened by a dash rather than by quotation marks.
    dash: bool,
    /// The tokens inside the marks.
    tokens: Range<usize>,
    /// The opening mark.
    open: usize,
    /// The token after the closing mark.
    after: usize,
    /// The bytes of it all.
    span: Span,
}

/// All marked stretches, in order; marks inside a stretch are not stretches of their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marked {
    regions: Vec<Region>,
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
                match partners.get(&i) {
                    Some(&close) => {
                        push(i, i + 1..close, close + 1, false, &mut regions);
                        i = close;
                    }
                    // Never closed: to the end of the block, if it opens the block or a sentence.
                    None if i == range.start || matches!(form(i - 1), ":" | "." | "!" | "?") => {
                        push(i, i + 1..range.end, range.end, false, &mut regions);
                        i = range.end;
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

/// The closing mark of each opening mark in a block: the next that fits it and closes no mark opened later of the same form.
fn partners(doc: &Document, block: Range<usize>) -> HashMap<usize, usize> {
    let mut partners = HashMap::new();
    let mut open: HashMap<char, Vec<usize>> = HashMap::new();
    for i in block {
        let token = &doc.tokens()[i];
        let Some(mark) = doc[token.span].chars().next().filter(|_| token.kind == TokenKind::Quote) else { continue };
        let closes = |c: &char| MARKS.get(c).is_some_and(|closers| closers.contains(&mark));
        let latest = open.iter().filter(|(c, _)| closes(c)).filter_map(|(&c, list)| Some((*list.last()?, c))).max();
        if let Some((at, c)) = latest {
            open.entry(c).or_default().pop();
            partners.insert(at, i);
        } else if MARKS.contains_key(&mark) {
            open.entry(mark).or_default().push(i);
        }
    }
    partners
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

/// How many sentences back somebody is looked for whom an unattributed quote may belong to.
const REACH: usize = 8;

/// How many tokens a sentence is read to on either side, so that one without end costs no more than many short ones.
const WINDOW: usize = 150;

/// How many headlines in quotes are given a speaker.
const HEADLINES: usize = 32;

/// The words of a reporting clause's subject.
#[derive(Clone, Debug)]
struct Source {
    tokens: Range<usize>,
}

/// Decides what is quoted and by whom.
///
/// First the marked stretches, each with the reporting clause in or beside it, then the clauses of the remaining text that report speech.
/// Marks without a source or in no reported speech (titles, irony) are no quotes.
pub(crate) fn attribute(doc: &mut Document, words: &[Word<'_>], lexicon: &Lexicon, marked: Marked) -> Vec<Quote> {
    let mut reader = Reader {
        doc,
        words,
        lexicon,
        marked: &marked,
        quotes: Vec::new(),
        described: Vec::new(),
        described_at: HashMap::new(),
        turn: 0,
        labelled: Vec::new(),
    };
    reader.read();
    reader.headlines();
    let Reader { mut quotes, described, .. } = reader;
    // Speakers who are only described become entities too.
    for (name, kind) in described {
        doc.entities.push(Entity { kind, name, mentions: Vec::new(), id: None, gender: None, roles: Vec::new() });
    }
    quotes.retain(|q| !q.content.is_empty());
    quotes.sort_by_key(|q| (q.content[0].start(), std::cmp::Reverse(q.content.last().map_or(0, |s| s.end()))));
    quotes
}

/// The indices of the regions that open in a range of tokens.
fn opened_in(regions: &[&Region], tokens: &Range<usize>) -> Range<usize> {
    regions.partition_point(|r| r.open < tokens.start)..regions.partition_point(|r| r.open < tokens.end)
}

struct Reader<'a> {
    doc: &'a Document,
    words: &'a [Word<'a>],
    lexicon: &'a Lexicon,
    marked: &'a Marked,
    quotes: Vec<Quote>,
    /// Speakers without a name.
    described: Vec<(String, EntityKind)>,
    /// Where each of them is.
    described_at: HashMap<String, usize>,
    turn: usize,
    /// Turns opened by a speaker's label.
    labelled: Vec<Span>,
}

/// A reporting clause: its cue, its source, and where it ends.
#[derive(Clone, Debug)]
struct Clause {
    cue: Span,
    source: Option<Source>,
    end: usize,
}

impl<'a> Reader<'a> {
    fn form(&self, i: usize) -> &'a str {
        self.doc.tokens().get(i).map_or("", |t| &self.doc.text()[t.span])
    }

    fn kind(&self, i: usize) -> TokenKind {
        self.doc.tokens().get(i).map_or(TokenKind::Symbol, |t| t.kind)
    }

    fn word(&self, i: usize) -> Word<'a> {
        self.words.get(i).copied().unwrap_or(Word { case: Case::None, class: Class::default(), entry: None })
    }

    fn has(&self, i: usize, class: Class) -> bool {
        self.word(i).has(class)
    }

    fn span(&self, tokens: Range<usize>) -> Option<Span> {
        let all = self.doc.tokens();
        let (first, last) = (all.get(tokens.start)?, all.get(tokens.end.checked_sub(1)?)?);
        (tokens.start < tokens.end).then(|| first.span.to(last.span))
    }

    fn token_at(&self, offset: usize) -> usize {
        self.doc.tokens().partition_point(|t| t.span.start() < offset)
    }

    fn pronoun(&self, i: usize) -> Option<Pronoun> {
        self.word(i).pronoun()
    }

    /// The mention that begins with token `i`: its end, kind, form and entity.
    fn mention_at(&self, i: usize) -> Option<(usize, EntityKind, MentionForm, usize)> {
        let start = self.doc.tokens().get(i)?.span.start();
        let m = self.doc.mentions().binary_search_by_key(&start, |m| m.span.start()).ok()?;
        let m = &self.doc.mentions()[m];
        Some((self.token_at(m.span.end()), m.kind, m.form, m.entity))
    }

    /// The mention that ends before token `end`: its first token and kind.
    fn mention_before(&self, end: usize) -> Option<(usize, EntityKind, usize)> {
        let at = self.doc.tokens().get(end.checked_sub(1)?)?.span.end();
        let i = self.doc.mentions().partition_point(|m| m.span.end() < at);
        let m = self.doc.mentions().get(i).filter(|m| m.span.end() == at && m.form == MentionForm::Name)?;
        Some((self.token_at(m.span.start()), m.kind, m.entity))
    }

    fn is_stop(&self, i: usize) -> bool {
        matches!(self.form(i), "." | "!" | "?" | "…" | "...")
            || (i + 1 < self.doc.tokens().len() && self.kind(i) == TokenKind::Abbreviation && self.ends_sentence(i))
    }

    /// Whether a sentence ends with token `i`.
    fn ends_sentence(&self, i: usize) -> bool {
        let Some(token) = self.doc.tokens().get(i) else { return true };
        self.doc.sentence_at(token.span.start()).is_none_or(|s| s.tokens.end == i + 1)
    }

    /// The sentence around token `i`; of one without end, the part around it.
    fn sentence_range(&self, i: usize) -> Range<usize> {
        let Some(token) = self.doc.tokens().get(i) else { return i..i };
        let sentence = self.doc.sentence_at(token.span.start()).map_or(i..i + 1, |s| s.tokens.clone());
        sentence.start.max(i.saturating_sub(WINDOW))..sentence.end.min(i + WINDOW)
    }

    fn read(&mut self) {
        let doc = self.doc;
        self.labelled_turns();
        self.labelled = self.quotes.iter().map(|q| q.content[0]).collect();
        let mut first = 0;
        let mut region = 0;
        for (b, block) in doc.blocks().iter().enumerate() {
            let end = first + doc.tokens()[first..].partition_point(|t| t.span.end() <= block.span.end());
            let range = first..end;
            first = end;
            if matches!(block.kind, BlockKind::Meta | BlockKind::Byline | BlockKind::Credit) {
                continue;
            }
            let mut at = range.start;
            let mut own: Vec<Range<usize>> = Vec::new();
            let mut fragments: Vec<&Region> = Vec::new();
            while let Some(r) = self.marked.regions.get(region).filter(|r| r.open < range.end) {
                region += 1;
                if r.dash {
                    own.push(at..r.open);
                    at = r.after;
                    self.dash_turn(r, b, &mut own);
                } else {
                    fragments.push(r);
                }
            }
            own.push(at..range.end);
            own.retain(|r| r.start < r.end);
            self.narrate(&own, &fragments, block.kind);
        }
    }

    /// Words in a title or heading are those of the quote in the text that shares most words with them, else of the next speaker, else of
    /// the person named next.
    fn headlines(&mut self) {
        let text = self.doc.text();
        let words = |spans: &[Span]| -> HashSet<String> {
            let parts = spans.iter().flat_map(|&s| text[s].split(|c: char| !c.is_alphanumeric()));
            parts.filter(|w| w.chars().count() > 3).map(|w| lower(w).into_owned()).collect()
        };
        let in_story = |q: &Quote| self.doc.block_at(q.content[0].start()).is_some_and(|b| b.kind.is_story());
        let body: Vec<(usize, usize, HashSet<String>)> = self
            .quotes
            .iter()
            .filter(|q| q.kind == QuoteKind::Direct && in_story(q))
            .filter_map(|q| Some((q.content[0].start(), q.speaker?, words(&q.content))))
            .collect();
        let open: Vec<usize> = (0..self.quotes.len())
            .filter(|&i| self.quotes[i].speaker.is_none() && self.quotes[i].cue.is_none() && !in_story(&self.quotes[i]))
            .take(HEADLINES)
            .collect();
        for i in open {
            let start = self.quotes[i].content[0].start();
            let said = words(&self.quotes[i].content);
            let shared = |other: &HashSet<String>| said.iter().filter(|w| other.contains(*w)).count();
            let most = body.iter().map(|b| shared(&b.2)).max().unwrap_or(0);
            let same = body.iter().find(|b| most * 2 > said.len() && shared(&b.2) == most);
            let next = || body.iter().filter(|b| b.0 > start).min_by_key(|b| b.0);
            let named = || {
                let at = self.doc.mentions().partition_point(|m| m.span.start() < start);
                self.doc.mentions()[at..].iter().find(|m| m.kind == EntityKind::Per).map(|m| m.entity)
            };
            self.quotes[i].speaker = same.or_else(next).map(|b| b.1).or_else(named);
        }
    }

    /// Turns that a speaker's name and a colon open, as in an interview that has lost its dashes: `Kari: Det er rett.` One such label is
    /// chance; from two on, all are read. A question right before the next label is the interviewer's.
    fn labelled_turns(&mut self) {
        let doc = self.doc;
        let label = |sentence: &crate::sentence::Sentence| {
            let first = sentence.tokens.start;
            let (stop, kind, form, entity) = self.mention_at(first)?;
            let colon = kind == EntityKind::Per && form == MentionForm::Name && stop - first <= 3 && self.form(stop) == ":";
            colon.then_some((first, stop, entity))
        };
        let story = |s: &crate::sentence::Sentence| doc.blocks()[s.block].kind.is_story() && !self.marked.is_quoted(s.span.start());
        let labels: Vec<Option<(usize, usize, usize)>> = doc.sentences().iter().map(|s| label(s).filter(|_| story(s))).collect();
        if labels.iter().flatten().count() < 2 {
            return;
        }
        let mut turns = Vec::new();
        for (s, found) in labels.iter().enumerate() {
            let Some((first, stop, entity)) = *found else { continue };
            let next = (s + 1..labels.len()).find(|&n| labels[n].is_some()).unwrap_or(labels.len());
            let block = |n: usize| doc.sentences().get(n).map(|s| s.block);
            // To the next label, but not past the paragraph in which it opens (or the next one, where the label stands alone).
            let alone = doc.sentences()[s].tokens.end == stop + 1 && block(s + 1) != block(s);
            let home = if alone { block(s + 1) } else { block(s) };
            let mut end = (s + 1..next).take_while(|&n| block(n) == home).last().map_or(s + 1, |n| n + 1);
            let asked = end;
            if next == end && labels.get(next).is_some_and(Option::is_some) {
                while end > s + 2 && doc[doc.sentences()[end - 1].span].ends_with('?') {
                    end -= 1;
                }
            }
            turns.push((stop + 1, end, asked, first..stop, entity));
        }
        for (start, end, asked, source, entity) in turns {
            let close = |n: usize| doc.sentences().get(n.saturating_sub(1)).map_or(0, |s| s.tokens.end);
            self.turn += 1;
            if let Some(span) = self.span(start..close(end).max(start)) {
                let source = self.span(source);
                self.quotes.push(Quote {
                    kind: QuoteKind::Indirect,
                    content: vec![span],
                    cue: None,
                    source,
                    speaker: Some(entity),
                    turn: self.turn,
                });
            }
            if asked > end {
                self.turn += 1;
                if let Some(span) = self.span(close(end)..close(asked)) {
                    self.quotes.push(Quote {
                        kind: QuoteKind::Indirect,
                        content: vec![span],
                        cue: None,
                        source: None,
                        speaker: None,
                        turn: self.turn,
                    });
                }
            }
        }
    }

    // ---- Direct speech after a dash ----

    fn dash_turn(&mut self, region: &Region, block: usize, own: &mut Vec<Range<usize>>) {
        self.turn += 1;
        let range = region.tokens.clone();
        let mut content: Vec<Span> = Vec::new();
        let mut start = range.start;
        let mut said: Option<(Span, Option<Source>)> = None;
        while start < range.end {
            let Some((from, clause)) = self.clause_in(start, range.end) else {
                content.extend(self.span(start..range.end));
                break;
            };
            content.extend(self.span(start..from));
            said.get_or_insert((clause.cue, clause.source.clone()));
            start = clause.end;
            if start >= range.end {
                break;
            }
            // After `sier han.` the words go on only where it shows: the first person, or a comma that leads on.
            let stopped = self.is_stop(clause.end - 1);
            if stopped && !self.goes_on(start..range.end) {
                own.push(start..range.end);
                break;
            }
        }
        if content.is_empty() {
            return;
        }
        let question = said.is_none() && self.is_question(&range) && self.next_is_dash(block, range.end);
        let (cue, source, speaker) = match said {
            Some((cue, source)) => {
                let speaker = source.as_ref().and_then(|s| self.speaker(s));
                (Some(cue), source.and_then(|s| self.span(s.tokens)), speaker)
            }
            None if question => (None, None, None),
            None => match self.introduced(region.open) {
                Some((cue, source)) => {
                    let speaker = source.as_ref().and_then(|s| self.speaker(s));
                    (Some(cue), source.and_then(|s| self.span(s.tokens)), speaker)
                }
                None => (None, None, self.implied(region.open, self.doc.blocks()[block].kind)),
            },
        };
        for span in content {
            self.quotes.push(Quote { kind: QuoteKind::Direct, content: vec![span], cue, source, speaker, turn: self.turn });
        }
    }

    /// The first reporting clause between the tokens: where the content before it ends, and the clause.
    fn clause_in(&self, start: usize, end: usize) -> Option<(usize, Clause)> {
        (start + 1..end).find_map(|i| {
            let comma = self.form(i) == ",";
            let verb = if comma { i + 1 } else { i };
            let after_stop =
                !comma && (matches!(self.form(i - 1), "?" | "!" | "…" | "..." | "»" | "”" | "\"") && self.word(i).case == Case::Lower);
            if !(comma || after_stop) || verb >= end {
                return None;
            }
            let clause = self.inverted(verb, end)?;
            Some((i, clause))
        })
    }

    /// A reporting verb with its subject after it: `sier hun til NTB.`
    fn inverted(&self, verb: usize, end: usize) -> Option<Clause> {
        let word = self.word(verb);
        if word.case != Case::Lower || !word.has(Class::FINITE) {
            return None;
        }
        let reporting = self.finite_verb(verb);
        if let Some(clause) = self.it_says(verb, end) {
            return Some(clause);
        }
        // Verbs so common that they report nothing though they stand where a reporting verb would.
        if reporting.is_none() && self.has(verb, Class::PLAIN_VERB) {
            return None;
        }
        let (mut cue_end, strength) = reporting.map_or((verb + 1, 0), |(e, s)| (e, s));
        let mut k = verb + 1;
        let mut source = self.source_after(k, end);
        // `slår hun fast`, `legg ho til`: the subject stands inside the idiom.
        if source.is_none() && cue_end > verb + 1 {
            k = cue_end;
            source = self.source_after(k, end);
        } else if cue_end > verb + 1 {
            cue_end = verb + 1;
        }
        let source = source?;
        if self.is_nobody(&source) {
            return None;
        }
        let sure = self.pronoun(source.tokens.start).is_some_and(|p| p.person != 2) || self.mention_at(source.tokens.start).is_some();
        if strength == 0 && !sure {
            return None;
        }
        if strength == 0 && self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3) {
            return None;
        }
        // An unknown verb reports only where its clause is short: `, ler hun.`
        let stop = self.clause_end(source.tokens.end, end);
        if strength == 0 && stop - source.tokens.end > 8 {
            return None;
        }
        Some(Clause { cue: self.span(verb..cue_end)?, source: Some(source), end: stop })
    }

    /// `heter det i rapporten`, `går det fram av meldingen`, `står det i brevet`.
    fn it_says(&self, verb: usize, end: usize) -> Option<Clause> {
        if self.form(verb + 1) != "det"
            || !(self.has(verb, Class::DOCUMENT_VERB)
                || self.has(verb, Class::EMERGING_VERB) && matches!(self.form(verb + 2), "fram" | "frem"))
        {
            return None;
        }
        let prep = (verb + 2..end.min(verb + 5)).find(|&i| self.has(i, Class::COMPLEMENT));
        let source = prep.and_then(|p| self.source_after(p + 1, end));
        let after = source.as_ref().map_or(verb + 2, |s| s.tokens.end);
        Some(Clause { cue: self.span(verb..verb + 1)?, source, end: self.clause_end(after, end) })
    }

    /// A finite reporting verb at `i`: the token after it and its adjacent particles, and its strength.
    fn finite_verb(&self, i: usize) -> Option<(usize, u8)> {
        self.verb_form(i, |f| matches!(f, VerbForm::Present | VerbForm::Past)).map(|(end, strength, _)| (end, strength))
    }

    /// A reporting verb in a wanted form: the token after the idiom, its strength, and whether it takes a clause.
    fn verb_form(&self, i: usize, wanted: impl Fn(VerbForm) -> bool) -> Option<(usize, u8, bool)> {
        let entry = self.word(i).entry?;
        entry.verbs.iter().filter(|v| wanted(v.form)).find_map(|v| {
            let adjacent = v.rest.iter().enumerate().all(|(k, w)| lower(self.form(i + 1 + k)) == w.as_ref());
            if adjacent {
                return Some((i + 1 + v.rest.len(), v.strength, v.clause));
            }
            // `slår hun fast`: the particles come a little later.
            let later =
                !v.rest.is_empty() && (i + 2..i + 6).any(|j| v.rest.iter().enumerate().all(|(k, w)| self.form(j + k) == w.as_ref()));
            later.then_some((i + 1, v.strength, v.clause))
        })
    }

    /// Where a reporting clause ends: after its full stop, before a comma that leads back to the words said, or before a dash.
    fn clause_end(&self, from: usize, end: usize) -> usize {
        let mut i = from;
        let end = end.min(from + WINDOW);
        while i < end {
            if self.is_stop(i) {
                let mut stop = i + 1;
                while stop < end && matches!(self.form(stop), "»" | "”" | ")" | "." | "!" | "?") {
                    stop += 1;
                }
                return stop;
            }
            if self.form(i) == ":" {
                return i + 1;
            }
            if self.form(i) == "," && i + 1 < end {
                if self.kind(i + 1) == TokenKind::Dash {
                    return i + 2;
                }
                let first_person = self.pronoun(i + 1).is_some_and(|p| p.person < 3 && !p.possessive);
                let leads = self.has(i + 1, Class::RESUMES);
                let narrates = (i + 2..end.min(i + 5)).any(|j| self.pronoun(j).is_some_and(|p| p.person == 3)) && !leads;
                if (first_person || leads) && !narrates {
                    return i + 1;
                }
            }
            i += 1;
        }
        end
    }

    /// Whether what follows a finished reporting clause is still the speaker's: the first or second person, or a question.
    fn goes_on(&self, range: Range<usize>) -> bool {
        let sentence = self.sentence_range(range.start).end.min(range.end);
        let personal = (range.start..sentence.max(range.start)).any(|i| self.pronoun(i).is_some_and(|p| p.person < 3));
        let narrated =
            self.pronoun(range.start).is_some_and(|p| p.person == 3 && p.gender.is_some()) || self.finite_in(range.start, sentence);
        personal && !narrated
    }

    /// Whether a third-person subject reports in these tokens: `Hun mener at …`
    fn finite_in(&self, start: usize, end: usize) -> bool {
        (start..end).any(|i| {
            self.finite_verb(i)
                .is_some_and(|(e, s)| s >= 2 && self.form(e) == "at" && i > start && self.pronoun(i - 1).is_none_or(|p| p.person == 3))
        })
    }

    fn is_question(&self, range: &Range<usize>) -> bool {
        self.form(range.end - 1) == "?"
    }

    fn next_is_dash(&self, block: usize, end: usize) -> bool {
        let Some(next) = self.doc.blocks().get(block + 1) else { return false };
        let token = self.token_at(next.span.start());
        self.doc.tokens().get(end).is_some_and(|t| t.kind == TokenKind::Dash) || self.kind(token) == TokenKind::Dash
    }

    /// The reporting clause that ends right before token `open`, in a colon: `Nordheim svarer slik:`
    fn introduced(&self, open: usize) -> Option<(Span, Option<Source>)> {
        let colon = open.checked_sub(1).filter(|&c| self.form(c) == ":")?;
        let sentence = self.sentence_range(colon);
        let verb =
            sentence.clone().rev().find(|&i| self.finite_verb(i).is_some_and(|(_, s)| s >= 1) && self.word(i).case != Case::Capitals)?;
        let source = self.subject_of(verb, sentence.start, colon);
        Some((self.span(verb..verb + 1)?, source))
    }

    /// Who goes on speaking where nobody is named: whoever the narration since the last speaker is about, else the last speaker.
    fn implied(&self, open: usize, kind: BlockKind) -> Option<usize> {
        if !kind.is_story() {
            return None;
        }
        let offset = self.doc.tokens().get(open)?.span.start();
        let last = self.quotes.iter().rev().take(WINDOW).find(|q| q.kind == QuoteKind::Direct && q.speaker.is_some());
        let since = last.map_or(0, |q| q.content.iter().chain(&q.cue).map(|s| s.end()).max().unwrap_or(0));
        let before = self.doc.sentences().partition_point(|s| s.span.end() <= offset);
        let narration = self.doc.sentences()[..before].iter().rev().take(REACH).take_while(|s| s.span.start() >= since);
        let mut narration = narration.filter(|s| self.doc.blocks()[s.block].kind.is_story() && !self.marked.is_quoted(s.span.start()));
        // The nearest sentence that is about a person; an unattributed quote has its own subject in the sentence right before it.
        narration.find_map(|s| self.topic(s.tokens.clone())).or(last.and_then(|q| q.speaker))
    }

    /// The person a sentence is about: its first one, unless another is the subject of its first verb.
    fn topic(&self, sentence: Range<usize>) -> Option<usize> {
        let people = || {
            sentence
                .clone()
                .filter_map(|i| self.mention_at(i).filter(|m| m.1 == EntityKind::Per && !self.is_genitive(m.0, m.3)).map(|m| (i, m)))
        };
        let subject = people().find(|&(i, (stop, ..))| {
            let verb = |j: usize| self.has(j, Class::FINITE) && !self.has(j, Class::NOUN.or(Class::PREPOSITION));
            i > sentence.start && verb(i - 1) && self.form(i.wrapping_sub(2)) == "," || i == sentence.start && verb(stop)
        });
        subject.or_else(|| people().next()).map(|(_, m)| m.3)
    }

    // ---- Sources ----

    /// The subject that begins with token `k`: a pronoun, a name with or without a title, or a description.
    fn source_after(&self, k: usize, end: usize) -> Option<Source> {
        if k >= end {
            return None;
        }
        if let Some(p) = self.pronoun(k).filter(|p| !p.possessive) {
            return (p.person != 2 && self.kind(k) == TokenKind::Word).then_some(Source { tokens: k..k + 1 });
        }
        if let Some((stop, kind, form, entity)) = self.mention_at(k) {
            let genitive = form == MentionForm::Name && self.is_genitive(stop, entity);
            // `VG-redaktør Kari Nordheim`, `Høyres Ola Vik`: the person after it.
            if form == MentionForm::Name
                && (kind != EntityKind::Per || genitive)
                && let Some(person) = self.person_ahead(stop, end)
            {
                return Some(person);
            }
            // `Kirkens egne råd`, `Danmarks ambassadør`
            if genitive {
                return Some(Source { tokens: k..self.description_end(stop, end) });
            }
            let stop = self.with_description(stop, end, form);
            return Some(Source { tokens: k..self.coordinated(stop, end) });
        }
        let word = self.word(k);
        if word.case == Case::None && self.kind(k) != TokenKind::Number
            || word.has(Class::PREPOSITION.or(Class::SUBJUNCTION).or(Class::INFINITIVE_MARK))
                && !word.has(Class::DETERMINER.or(Class::ADJECTIVE).or(Class::NOUN))
        {
            return None;
        }
        if let Some(person) = self.person_ahead(k, end) {
            return Some(person);
        }
        let starts = word
            .has(Class::DETERMINER.or(Class::NOUN).or(Class::DEFINITE).or(Class::ADJECTIVE).or(Class::TITLE).or(Class::DEMONYM))
            || word.is_open()
            || self.kind(k) == TokenKind::Number;
        let adverbial = word.has(Class::ADVERB) && !word.has(Class::DETERMINER.or(Class::DEFINITE))
            || word.has(Class::ADJECTIVE) && !word.has(Class::NOUN) && self.ends_clause(k + 1, end);
        if !starts || adverbial || self.has(k, Class::NOT_SOURCE) {
            return None;
        }
        let stop = self.description_end(k, end);
        (stop > k).then_some(Source { tokens: k..stop })
    }

    /// Whether the mention of an entity that ends before token `stop` is a genitive: `Kirkens`, `Hans'`.
    fn is_genitive(&self, stop: usize, entity: usize) -> bool {
        let last = self.form(stop.saturating_sub(1));
        let name = self.doc.entities().get(entity).and_then(|e| e.name.rsplit(' ').next()).unwrap_or("");
        last.ends_with(['\'', '’']) || (last.ends_with(['s', 'S']) && last.len() > name.len() && !name.is_empty())
    }

    /// Past the second of two coordinated people: `Kari Nordheim og Ola Berg`.
    fn coordinated(&self, stop: usize, end: usize) -> usize {
        let second = (stop + 1 < end && self.form(stop) == "og").then(|| self.mention_at(stop + 1)).flatten();
        match second {
            Some((after, EntityKind::Per, MentionForm::Name, _)) if self.mention_before(stop).is_some_and(|m| m.1 == EntityKind::Per) => {
                after
            }
            _ => stop,
        }
    }

    /// A personal name a few words on, with only titles, adjectives and their complements before it: `leder i Norsk Havbruk, Kari Nordheim`.
    fn person_ahead(&self, k: usize, end: usize) -> Option<Source> {
        let mut i = k;
        let mut titled = false;
        while i < end.min(k + 14) {
            if let Some((stop, kind, form, _)) = self.mention_at(i) {
                if kind == EntityKind::Per && form == MentionForm::Name {
                    return Some(Source { tokens: i..self.coordinated(stop, end) });
                }
                if form == MentionForm::Pronoun {
                    return None;
                }
                i = stop;
                continue;
            }
            let word = self.word(i);
            let low = lower(self.form(i));
            titled |= self.lexicon.title(&low).is_some();
            // `fagforeninga Landslaget (LL), Kari Berg`
            if self.form(i) == "(" {
                i = (i + 1..end.min(i + 6)).find(|&j| self.form(j) == ")")? + 1;
                continue;
            }
            let part = (self.form(i) == "og" || self.has(i, Class::COMPLEMENT)) && titled
                || self.form(i) == "," && titled && self.mention_at(i + 1).is_some_and(|m| m.1 == EntityKind::Per);
            let inner = word.case != Case::None
                && !word.has(Class::FINITE.or(Class::PREPOSITION).or(Class::SUBJUNCTION).or(Class::CONJUNCTION))
                || self.lexicon.title(&low).is_some()
                || self.kind(i) == TokenKind::Number;
            if !part && !inner {
                return None;
            }
            i += 1;
        }
        None
    }

    /// A role goes on with its complement: `lederen i foreningen`; a name or pronoun stands alone.
    fn with_description(&self, stop: usize, end: usize, form: MentionForm) -> usize {
        if form == MentionForm::Role { self.complement_end(stop, end) } else { stop }
    }

    /// Where a description ends that begins at `k`: its noun, and complements with `i`, `for`, `fra`, `ved`, `av`, `på`.
    fn description_end(&self, k: usize, end: usize) -> usize {
        let mut i = k;
        let mut noun = false;
        while i < end.min(k + 8) {
            let word = self.word(i);
            if let Some((stop, ..)) = self.mention_at(i) {
                noun = true;
                i = stop;
                continue;
            }
            let low = lower(self.form(i));
            let is_noun = word.has(Class::NOUN.or(Class::DEFINITE).or(Class::TITLE).or(Class::DEMONYM))
                || word.is_open()
                || self.lexicon.title(&low).is_some();
            let inner = word.has(Class::DETERMINER.or(Class::ADJECTIVE).or(Class::PARTICIPLE))
                || self.kind(i) == TokenKind::Number
                || self.pronoun(i).is_some_and(|p| p.possessive);
            // `en av vaktene`, `flere av dem`
            if i > k && !noun && self.form(i) == "av" {
                return self.complement_end(i, end);
            }
            if word.case == Case::None && self.kind(i) != TokenKind::Number || (noun && !is_noun) || !(is_noun || inner) {
                break;
            }
            // A noun after the noun ends it, unless the first was a measure or a genitive: `en gruppe forskere`.
            if noun && is_noun && !self.form(i - 1).ends_with('s') && !self.has(i - 1, Class::MEASURE) {
                break;
            }
            noun |= is_noun && !inner || is_noun && !self.has(i + 1, Class::NOUN.or(Class::DEFINITE)) && !self.word(i + 1).is_open();
            i += 1;
        }
        if !noun {
            return k;
        }
        self.complement_end(i, end)
    }

    fn complement_end(&self, from: usize, end: usize) -> usize {
        let mut i = from;
        for _ in 0..2 {
            if i + 1 >= end || !(self.form(i) == "og" || self.has(i, Class::COMPLEMENT)) {
                break;
            }
            if matches!(self.form(i), "i" | "på") && self.has(i + 1, Class::OCCASION) {
                break;
            }
            let stop = if self.form(i) == "og" && !(self.has(i + 1, Class::TITLE) || self.mention_at(i + 1).is_some()) {
                i
            } else {
                self.noun_phrase_end(i + 1, end)
            };
            if stop <= i + 1 {
                break;
            }
            i = stop;
        }
        i
    }

    fn noun_phrase_end(&self, k: usize, end: usize) -> usize {
        let mut i = k;
        while i < end.min(k + 5) {
            if let Some((stop, _, form, entity)) = self.mention_at(i) {
                if form == MentionForm::Name && self.is_genitive(stop, entity) && self.word(stop).case == Case::Lower {
                    i = stop;
                    continue;
                }
                return stop;
            }
            let word = self.word(i);
            if word.case == Case::None || word.has(Class::PREPOSITION.or(Class::CONJUNCTION).or(Class::SUBJUNCTION)) {
                break;
            }
            i += 1;
            if word.has(Class::NOUN.or(Class::DEFINITE)) && !word.has(Class::ADJECTIVE) || word.is_open() {
                return i;
            }
            if word.has(Class::FINITE) && !word.has(Class::NOUN.or(Class::DEFINITE).or(Class::ADJECTIVE)) {
                return k;
            }
        }
        i
    }

    /// The subject of the finite verb at `verb`, in the clause from `start` to `end`.
    fn subject_of(&self, verb: usize, start: usize, end: usize) -> Option<Source> {
        let after = self.pronoun(verb + 1).filter(|p| p.person != 2 && !p.possessive).is_some();
        if after && self.pronoun(verb.wrapping_sub(1)).is_none_or(|p| p.possessive) {
            return self.source_after(verb + 1, end);
        }
        // `Han smilte og sa at …`: the subject of the verb before.
        if verb > start + 1
            && (matches!(self.form(verb - 1), "og" | "men")
                || (verb > start + 2 && matches!(self.form(verb - 2), "og" | "men") && self.has(verb - 1, Class::ADVERB)))
        {
            let before = (start..verb - 1)
                .find(|&i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION).or(Class::SUBJUNCTION)));
            if let Some(before) = before {
                return self.subject_of(before, start, verb - 1);
            }
        }
        if verb > start {
            let mut stop = verb;
            while stop > start + 1
                && self.has(stop - 1, Class::ADVERB)
                && !self.has(stop - 1, Class::NOUN.or(Class::DEFINITE).or(Class::PRONOUN))
                && self.mention_before(stop).is_none()
            {
                stop -= 1;
            }
            if let Some(source) = self.phrase_before(stop, start) {
                return Some(source);
            }
        }
        self.source_after(self.past_adverbs(verb + 1, end), end)
    }

    /// Whether token `i` is a subjunction and can be nothing else: `at`, `mens`, `når`.
    fn opens_clause(&self, i: usize) -> bool {
        let other = Class::NOUN.or(Class::PREPOSITION).or(Class::PRONOUN).or(Class::DETERMINER).or(Class::FINITE);
        self.form(i) == "som" || self.has(i, Class::SUBJUNCTION) && !self.has(i, other) && self.word(i).case == Case::Lower
    }

    /// `mange`, `man`, `folk`: nobody in particular.
    fn is_nobody(&self, source: &Source) -> bool {
        source.tokens.len() == 1 && self.has(source.tokens.start, Class::NOBODY)
    }

    /// The noun phrase that ends before token `stop`.
    fn phrase_before(&self, stop: usize, start: usize) -> Option<Source> {
        let last = stop.checked_sub(1).filter(|&l| l >= start)?;
        if let Some(p) = self.pronoun(last) {
            return (p.person != 2 && !p.possessive).then_some(Source { tokens: last..stop });
        }
        if self.form(last) == "som" {
            return self.phrase_before(last, start);
        }
        // `Nordheim, som er leder i laget, sier`: past the aside.
        if self.form(last) == "," {
            let open = (start..last).rev().find(|&i| self.form(i) == ",")?;
            return self.phrase_before(open, start);
        }
        if self.form(last) == ")" {
            let open = (start..last).rev().find(|&i| self.form(i) == "(")?;
            return self.phrase_before(open, start);
        }
        let clause = (start..last)
            .rev()
            .find(|&i| {
                matches!(self.form(i), "," | ":" | ";" | "«" | "»" | "men") || self.kind(i) == TokenKind::Dash || self.opens_clause(i)
            })
            .map_or(start, |i| i + 1);
        let clause = if matches!(self.form(clause), "Men" | "Og" | "og" | "men") { clause + 1 } else { clause };
        if let Some((first, kind, _)) = self.mention_before(stop) {
            if kind == EntityKind::Per
                && first > start
                && self.form(first - 1) == "og"
                && let Some((other, EntityKind::Per, _)) = self.mention_before(first - 1)
            {
                return Some(Source { tokens: other..stop });
            }
            if kind == EntityKind::Per || first == clause {
                return Some(Source { tokens: first..stop });
            }
            // `Talsmannen for Telenor sier`: the description around it.
            let head = lower(self.form(clause)).into_owned();
            let opens = self.lexicon.title(&head).is_some() || self.has(clause, Class::DETERMINER.or(Class::DEFINITE));
            if opens && stop - clause <= 9 && !self.has(clause, Class::PREPOSITION) {
                return Some(Source { tokens: clause..stop });
            }
            return (!self.has(clause, Class::PREPOSITION) || self.form(first.wrapping_sub(1)) == "og")
                .then_some(Source { tokens: first..stop });
        }
        let noun = self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::TITLE).or(Class::DETERMINER).or(Class::ADJECTIVE))
            || self.word(last).is_open();
        // `Samtidig har …`, `Tre uker før valget viser …`
        let adverbial =
            clause == last && self.has(last, Class::ADVERB) && !self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::DETERMINER))
                || self.is_time(clause)
                || self.kind(clause) == TokenKind::Number && self.is_time(clause + 1)
                || self.has(clause, Class::DETERMINER) && self.is_time(clause + 1);
        if adverbial {
            return None;
        }
        if !noun || self.word(last).case == Case::None || stop - clause > 10 || clause > last {
            return None;
        }
        if self.has(clause, Class::PREPOSITION.or(Class::SUBJUNCTION).or(Class::ADVERB))
            && !self.has(clause, Class::DETERMINER.or(Class::ADJECTIVE).or(Class::NOUN))
        {
            return None;
        }
        if (clause..stop)
            .any(|i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::DEFINITE).or(Class::ADJECTIVE).or(Class::PARTICIPLE)))
        {
            return None;
        }
        Some(Source { tokens: clause..stop })
    }

    /// Past the adverbials that may stand between a verb and its subject: `også`, `til dømes`, `blant annet`.
    fn past_adverbs(&self, from: usize, end: usize) -> usize {
        let mut i = from;
        while i + 1 < end {
            if self.has(i, Class::PREPOSITION) && self.lexicon.is_adverbial(self.form(i), self.form(i + 1)) {
                i += 2;
            } else if self.has(i, Class::ADVERB) && !self.has(i, Class::NOUN.or(Class::DEFINITE).or(Class::PRONOUN).or(Class::DETERMINER)) {
                i += 1;
            } else {
                break;
            }
        }
        i
    }

    /// Whether a token is a unit of time: `uker`, `ettermiddagen`.
    fn is_time(&self, i: usize) -> bool {
        self.has(i, Class::TIME)
    }

    /// The entity of a source; a description becomes an entity of its own.
    fn speaker(&mut self, source: &Source) -> Option<usize> {
        let range = source.tokens.clone();
        let mut name = None;
        if let Some((stop, _, form, entity)) = self.mention_at(range.start) {
            let genitive = form == MentionForm::Name && self.is_genitive(stop, entity);
            let second = (self.form(stop) == "og" && stop + 1 < range.end).then(|| self.mention_at(stop + 1)).flatten();
            if let Some((.., second)) = second {
                let entities = self.doc.entities();
                name = Some(format!("{} og {}", entities[entity].name, entities[second].name));
            } else if stop >= range.end || (form == MentionForm::Name && !genitive) {
                return Some(entity);
            }
        }
        if let Some((first, kind, entity)) = self.mention_before(range.end).filter(|_| name.is_none())
            && (first == range.start || (kind == EntityKind::Per && !(range.start..first).any(|i| self.has(i, Class::PREPOSITION))))
        {
            return Some(entity);
        }
        if let Some(p) = self.pronoun(range.start).filter(|p| !p.possessive) {
            // `de`, `jeg`: whoever spoke last; `han`: the last person who spoke.
            let fits = |e: usize| {
                p.gender.is_none()
                    || self.doc.entities().get(e).is_some_and(|e| e.kind == EntityKind::Per && e.gender.is_none_or(|g| Some(g) == p.gender))
            };
            return self.quotes.iter().rev().take(WINDOW).filter_map(|q| q.speaker).find(|&e| fits(e));
        }
        let span = self.span(range.clone())?;
        let name = name.unwrap_or_else(|| self.doc[span].to_owned());
        let name = if self.has(range.start, Class::COMMON) && range.start == self.sentence_range(range.start).start {
            lower(&name[..name.chars().next().map_or(0, char::len_utf8)]).into_owned()
                + &name[name.chars().next().map_or(0, char::len_utf8)..]
        } else {
            name
        };
        let base = self.doc.entities().len();
        // `kilden` after `en anonym kilde i Det hvite hus`
        if let Some(title) =
            (range.len() == 1).then(|| self.lexicon.title(&lower(self.form(range.start)))).flatten().filter(|t| t.form == Form::Definite)
        {
            let from = self.described.len().saturating_sub(WINDOW);
            let same = self.described[from..].iter().rposition(|(n, _)| {
                n.split(' ').count() > 1 && n.split(' ').any(|w| self.lexicon.title(&lower(w)).is_some_and(|t| t.lemma == title.lemma))
            });
            if let Some(i) = same {
                return Some(base + from + i);
            }
        }
        if let Some(i) = self.described_at.get(&name) {
            return Some(base + i);
        }
        let person = range
            .clone()
            .any(|i| self.lexicon.title(&lower(self.form(i))).is_some_and(|t| matches!(t.form, Form::Indefinite | Form::Definite)));
        self.described_at.insert(name.clone(), self.described.len());
        self.described.push((name, if person { EntityKind::Per } else { EntityKind::Org }));
        Some(base + self.described.len() - 1)
    }

    // ---- Marks and reported speech in the writer's own text ----

    fn narrate(&mut self, own: &[Range<usize>], fragments: &[&Region], kind: BlockKind) {
        let mut used = vec![false; fragments.len()];
        // A heading that stands wholly in marks.
        if let [only] = fragments {
            let whole = own.len() == 1 && own[0].start == only.open && own[0].end == only.after;
            if whole && only.tokens.len() > 2 {
                self.turn += 1;
                let speaker = self.implied(only.open, kind);
                let content = self.span(only.tokens.clone()).into_iter().collect();
                self.quotes.push(Quote { kind: QuoteKind::Direct, content, cue: None, source: None, speaker, turn: self.turn });
                return;
            }
        }
        for range in own {
            for n in opened_in(fragments, range) {
                used[n] = self.marked_speech(fragments[n], range);
            }
            let mut at = range.start;
            while at < range.end {
                let sentence = self.sentence_range(at);
                let end = sentence.end.clamp(at + 1, range.end);
                if !self.is_labelled(at) {
                    self.reported(at..end, fragments, &mut used, range);
                }
                at = end;
            }
        }
    }

    /// Direct speech in quotation marks: a clause with a reporting clause before or after it. Whether it was taken.
    fn marked_speech(&mut self, region: &Region, own: &Range<usize>) -> bool {
        let clause_like =
            region.tokens.clone().any(|i| self.has(i, Class::FINITE)) || matches!(self.form(region.tokens.end - 1), "." | "!" | "?" | ",");
        let after = if self.form(region.after) == "," { region.after + 1 } else { region.after };
        let follows = if after < own.end { self.inverted(after, own.end) } else { None };
        let lower_start = self.word(region.tokens.start).case == Case::Lower;
        if let Some(clause) = follows.filter(|_| self.form(region.after) == "," || !lower_start || clause_like) {
            let cued = self.form(region.after) == "," || matches!(self.form(region.tokens.end - 1), "." | "!" | "?" | ",");
            if cued {
                self.push_marked(QuoteKind::Direct, region, clause.cue, clause.source);
                return true;
            }
        }
        // `Hun sa: «…»`, `Hun sa at «…»`, `Hun sier «…»`
        if region.open > own.start {
            if self.form(region.open - 1) == ":"
                && let Some((cue, source)) = self.introduced(region.open)
            {
                self.push_marked(QuoteKind::Direct, region, cue, source);
                return true;
            }
            let sentence = self.sentence_range(region.open - 1);
            let start = sentence.start.max(own.start);
            let at = self.form(region.open - 1) == "at";
            let verb_end = if at { region.open - 1 } else { region.open };
            if clause_like {
                let verb =
                    (start..verb_end).rev().take(5).find(|&i| self.finite_verb(i).is_some_and(|(e, s)| s >= 2 && (at || e == verb_end)));
                if let Some(verb) = verb.filter(|&v| at || self.finite_verb(v).is_some_and(|(e, _)| e == region.open)) {
                    let source = self.subject_of(verb, start, verb_end);
                    let ends = self.ends_clause(region.after, own.end);
                    if ends && let Some(cue) = self.span(verb..verb + 1) {
                        self.push_marked(QuoteKind::Direct, region, cue, source);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Whether a token stands in a turn that a label opened.
    fn is_labelled(&self, token: usize) -> bool {
        let start = self.doc.tokens()[token].span.start();
        let i = self.labelled.partition_point(|s| s.end() <= start);
        self.labelled.get(i).is_some_and(|s| s.start() <= start)
    }

    fn ends_clause(&self, i: usize, end: usize) -> bool {
        i >= end || self.is_stop(i) || matches!(self.form(i), "," | ";" | ":") || self.ends_sentence(i.saturating_sub(1))
    }

    fn push_marked(&mut self, kind: QuoteKind, region: &Region, cue: Span, source: Option<Source>) {
        self.turn += 1;
        let speaker = source.as_ref().and_then(|s| self.speaker(s));
        let source = source.and_then(|s| self.span(s.tokens));
        let mut end = region.tokens.end;
        if self.form(end - 1) == "," && end - 1 > region.tokens.start {
            end -= 1;
        }
        if let Some(span) = self.span(region.tokens.start..end) {
            self.quotes.push(Quote { kind, content: vec![span], cue: Some(cue), source, speaker, turn: self.turn });
        }
    }

    /// Reported speech in one sentence of the writer's, and the marked fragments inside it.
    fn reported(&mut self, sentence: Range<usize>, fragments: &[&Region], used: &mut [bool], own: &Range<usize>) {
        let inside = opened_in(fragments, &sentence);
        let across = inside.start.checked_sub(1).is_some_and(|n| used[n] && sentence.start < fragments[n].after);
        let taken = across || used[inside].contains(&true);
        if self.it_is_said(&sentence) {
            return;
        }
        let found = if taken {
            None
        } else {
            self.according_to(&sentence)
                .or_else(|| self.as_far_as(&sentence))
                .or_else(|| self.clause_first(&sentence, own))
                .or_else(|| self.that_clause(sentence.start, &sentence))
        };
        let mut found = found;
        let mut any = false;
        while let Some((cue, source, contents)) = found {
            any = true;
            let after = contents.last().map_or(sentence.end, |c| c.end);
            self.turn += 1;
            let speaker = self.speaker(&source);
            let source_span = self.span(source.tokens.clone());
            for mut content in contents {
                // The full stop ends the writer's sentence.
                if content.end == sentence.end && content.len() > 1 && self.form(content.end - 1) == "." {
                    content.end -= 1;
                }
                if let Some(span) = self.span(content) {
                    self.quotes.push(Quote {
                        kind: QuoteKind::Indirect,
                        content: vec![span],
                        cue: Some(cue),
                        source: source_span,
                        speaker,
                        turn: self.turn,
                    });
                }
            }
            self.fragments_in(&sentence, fragments, used, Some((cue, source_span, speaker)));
            found = if after < sentence.end { self.that_clause(after, &sentence) } else { None };
        }
        if !taken && !any {
            self.fragments_in(&sentence, fragments, used, None);
        }
    }

    /// Fragments in marks: mixed speech where a source speaks in the sentence.
    fn fragments_in(
        &mut self,
        sentence: &Range<usize>,
        fragments: &[&Region],
        used: &mut [bool],
        said: Option<(Span, Option<Span>, Option<usize>)>,
    ) {
        for n in opened_in(fragments, sentence) {
            let region = fragments[n];
            if used[n] {
                continue;
            }
            // A title has a capital; the words of somebody inside a sentence have not.
            let first = self.word(region.tokens.start);
            if first.is_capitalised() && self.mention_at(region.tokens.start).is_none() && region.tokens.len() < 6
                || region.tokens.len() == 1 && self.mention_at(region.tokens.start).is_some()
            {
                continue;
            }
            let content = self.span(region.tokens.clone());
            let near = self.reporting_before(region.open, sentence);
            let around = self.quotes.last().and_then(|q| q.content.iter().copied().find(|c| content.is_some_and(|s| c.contains(s))));
            // Somebody else speaks inside the reported clause: `Hun sier at Vik kalte det «tull»`
            let other = around.is_some_and(|c| {
                near.as_ref().is_some_and(|(cue, source)| {
                    c.contains(*cue) && source.as_ref().and_then(|s| self.span(s.tokens.clone())).is_some_and(|s| c.contains(s))
                })
            });
            let quote = match (near, said) {
                (_, Some((cue, source, speaker))) if around.is_some() && !other => Some((cue, source, speaker)),
                (Some((cue, Some(source))), _) => {
                    let speaker = self.speaker(&source);
                    Some((cue, self.span(source.tokens), speaker))
                }
                (_, Some((cue, source, speaker))) => Some((cue, source, speaker)),
                _ => None,
            };
            if let (Some((cue, source, speaker)), Some(span)) = (quote, content) {
                let outside = |s: Span| !s.overlaps(span);
                used[n] = true;
                self.turn += usize::from(said.is_none());
                self.quotes.push(Quote {
                    kind: QuoteKind::Mixed,
                    content: vec![span],
                    cue: Some(cue).filter(|&c| outside(c)),
                    source: source.filter(|&s| outside(s)),
                    speaker,
                    turn: self.turn,
                });
            }
        }
    }

    /// The nearest reporting verb before token `at` of the sentence, in any form, with the sentence's subject.
    fn reporting_before(&self, at: usize, sentence: &Range<usize>) -> Option<(Span, Option<Source>)> {
        let verb = (sentence.start..at).rev().find(|&i| {
            self.verb_form(i, |_| true).is_some_and(|(_, s, _)| s >= 1)
                && self.has(i, Class::FINITE.or(Class::INFINITIVE).or(Class::PARTICIPLE))
                && !self.has(i, Class::NOUN)
        })?;
        let finite = if self.finite_verb(verb).is_some() {
            verb
        } else {
            (sentence.start..verb).rev().find(|&i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN))?
        };
        let mut source = self.subject_of(finite, sentence.start, at);
        // `Han sier ja, men vil ikke utelukke …`: the subject stands in the first clause.
        if source.is_none() {
            let first = sentence.clone().find(|&i| self.has(i, Class::FINITE))?;
            source = self.subject_of(first, sentence.start, at);
        }
        if source.as_ref().is_some_and(|s| self.pronoun(s.tokens.start).is_some_and(|p| p.person == 1)) {
            return None;
        }
        Some((self.span(verb..verb + 1)?, source))
    }

    /// `Det sier en kilde i regjeringen.`, `Dette skriver Nordheim i en pressemelding.`: the sentence before is what was said.
    fn it_is_said(&mut self, sentence: &Range<usize>) -> bool {
        let (first, verb) = (sentence.start, sentence.start + 1);
        if !matches!(self.form(first), "Det" | "Dette" | "Slik" | "Sånn") || self.finite_verb(verb).is_none_or(|(_, s)| s < 2) {
            return false;
        }
        let Some(source) = self.source_after(verb + 1, sentence.end).filter(|s| !self.is_nobody(s)) else { return false };
        // With a clause of its own it reports that: `Det sier seg selv at`.
        if sentence.clone().any(|i| self.form(i) == "at") {
            return false;
        }
        let Some(cue) = self.span(verb..verb + 1) else { return false };
        let speaker = self.speaker(&source);
        let source = self.span(source.tokens);
        let offset = self.doc.tokens()[first].span.start();
        let before = self.doc.sentences().partition_point(|s| s.span.end() <= offset);
        let Some(said) = before.checked_sub(1).and_then(|i| self.doc.sentences().get(i)) else { return false };
        if !self.doc.blocks()[said.block].kind.is_story() {
            return false;
        }
        // What that sentence reports is one layer further in.
        while self.quotes.last().is_some_and(|q| q.kind != QuoteKind::Direct && said.span.contains(q.content[0])) {
            self.quotes.pop();
        }
        // Words in marks right before it are the content.
        if let Some(quote) = self.quotes.last_mut().filter(|q| q.content.last().is_some_and(|c| c.end() + 8 >= said.span.end())) {
            if quote.cue.is_none() || quote.speaker.is_none() {
                let turn = quote.turn;
                for quote in self.quotes.iter_mut().rev().take_while(|q| q.turn == turn) {
                    (quote.cue, quote.source, quote.speaker) = (Some(cue), source, speaker);
                }
            }
            return true;
        }
        self.turn += 1;
        self.quotes.push(Quote { kind: QuoteKind::Indirect, content: vec![said.span], cue: Some(cue), source, speaker, turn: self.turn });
        true
    }

    /// `Ifølge Guaidó har han …`, `Han skal ifølge Reuters ha …`, `…, ifølge politiet.`
    fn according_to(&self, sentence: &Range<usize>) -> Option<(Span, Source, Vec<Range<usize>>)> {
        // `ifølge`, or `i følge` in two words
        let split = |i: usize| usize::from(matches!(self.form(i), "i" | "I"));
        let at = sentence
            .clone()
            .find(|&i| self.has(i + split(i), Class::ACCORDING) && (split(i) == 1 || lower(self.form(i)).starts_with('i')))?;
        let split = split(at);
        let cue = self.span(at..at + 1 + split)?;
        let source = self.source_after(at + 1 + split, sentence.end)?;
        let mut next = source.tokens.end;
        // Past an apposition: `ifølge Kari Nordheim, leder i laget, …`
        if self.form(next) == "," && at == sentence.start {
            next += 1;
        }
        let mut contents = Vec::new();
        let mut before = at;
        while before > sentence.start && matches!(self.form(before - 1), "," | "–" | "-") {
            before -= 1;
        }
        if before > sentence.start {
            contents.push(sentence.start..before);
        }
        if self.form(next) == "," {
            next += 1;
        }
        let rest = next..sentence.end;
        if rest.len() > 2 {
            contents.push(rest);
        }
        (!contents.is_empty()).then_some((cue, source, contents))
    }

    /// `Etter det NTB erfarer …`, `Etter det avisa kjenner til …`
    fn as_far_as(&self, sentence: &Range<usize>) -> Option<(Span, Source, Vec<Range<usize>>)> {
        let first = sentence.start;
        if !matches!(self.form(first), "Etter") || self.form(first + 1) != "det" {
            return None;
        }
        let source = self.source_after(first + 2, sentence.end)?;
        let verb = source.tokens.end;
        let knows = self.has(verb, Class::KNOWING_VERB);
        let after = verb + 1 + usize::from(matches!(self.form(verb + 1), "til" | "opplyst"));
        let after = after + usize::from(self.form(after) == ",");
        (knows && after < sentence.end).then_some(())?;
        Some((self.span(verb..verb + 1)?, source, std::iter::once(after..sentence.end).collect()))
    }

    /// `De er klare, mener hun.`
    fn clause_first(&self, sentence: &Range<usize>, own: &Range<usize>) -> Option<(Span, Source, Vec<Range<usize>>)> {
        let comma = (sentence.start + 1..sentence.end).rev().find(|&i| {
            let known = || self.finite_verb(i + 1).is_some_and(|(_, s)| s >= 2);
            self.form(i) == "," && self.word(i + 1).case == Case::Lower && (known() || self.closes_with_verb(i, sentence))
        })?;
        let clause = self.inverted(comma + 1, sentence.end.min(own.end))?;
        let source = clause.source?;
        // What stands before must be a clause of its own, not a clause that the verb belongs to: `Da han kom, sa han …`
        let verbs =
            (sentence.start..comma).filter(|&i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION))).count();
        let subordinate = self.has(sentence.start, Class::SUBJUNCTION)
            && verbs < 2
            && !matches!(self.form(sentence.start), "At" | "Hvorfor" | "Kvifor")
            && !(self.has(sentence.start, Class::PREPOSITION) && self.has(sentence.start + 2, Class::FINITE));
        let goes_on = (source.tokens.end..sentence.end).take(8).any(|i| matches!(self.form(i), "at" | ":" | "«"));
        if subordinate || goes_on || self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3) {
            return None;
        }
        let mut contents: Vec<Range<usize>> = std::iter::once(sentence.start..comma).collect();
        if clause.end < sentence.end && self.form(clause.end - 1) == "," {
            contents.push(clause.end..sentence.end);
        }
        Some((clause.cue, source, contents))
    }

    /// Whether a clause is followed by nothing but a verb and a person: `Det var på tide, smilte Vik.`
    fn closes_with_verb(&self, comma: usize, sentence: &Range<usize>) -> bool {
        let closed = Class::SUBJUNCTION.or(Class::PREPOSITION);
        let person = self.mention_at(comma + 2).filter(|m| m.1 == EntityKind::Per);
        let stop = person.is_some_and(|(stop, ..)| self.is_stop(stop) && stop + 1 >= sentence.end);
        let main = !self.has(sentence.start, closed)
            && (sentence.start..comma).any(|i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION)));
        stop && main && self.has(comma + 1, Class::FINITE) && !(sentence.start..comma).any(|i| self.form(i) == ",")
    }

    /// `Hun sier at …`, `Hun sier de er klare`, `Hun spør om …`: the first such report whose verb is not before `from`.
    fn that_clause(&self, from: usize, sentence: &Range<usize>) -> Option<(Span, Source, Vec<Range<usize>>)> {
        for verb in from..sentence.end {
            if self.marked.is_quoted(self.doc.tokens()[verb].span.start()) {
                continue;
            }
            let finite = self.verb_form(verb, |f| matches!(f, VerbForm::Present | VerbForm::Past));
            let (after, strength, clause, aux) = match finite {
                Some((after, strength, clause)) if self.has(verb, Class::FINITE) => (after, strength, clause, verb),
                _ => {
                    let Some((after, strength, clause)) = self.verb_form(verb, |f| f == VerbForm::Participle) else { continue };
                    // `har … uttalt`, `skal ha sagt`
                    let Some(aux) = (sentence.start..verb).rev().take(6).find(|&i| self.has(i, Class::AUXILIARY)) else { continue };
                    let aux = if self.form(aux) == "ha" {
                        (sentence.start..aux).rev().take(5).find(|&i| self.has(i, Class::FINITE)).unwrap_or(aux)
                    } else {
                        aux
                    };
                    (after, strength, clause, aux)
                }
            };
            let Some(content) = self.content_after(after, verb, strength, clause, sentence) else { continue };
            let Some(source) = self.subject_of(aux, sentence.start, content.start) else { continue };
            if source.tokens.end > content.start || content.contains(&source.tokens.start) {
                continue;
            }
            let first_person = self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3);
            if first_person || self.is_nobody(&source) {
                continue;
            }
            let Some(cue) = self.span(verb..after) else { continue };
            return Some((cue, source, vec![content]));
        }
        None
    }

    /// The clause that a reporting verb introduces, where there is one.
    fn content_after(&self, after: usize, verb: usize, strength: u8, clause: bool, sentence: &Range<usize>) -> Option<Range<usize>> {
        // `Da Borat sa at …, tenkte hun …`: a report in a subordinate clause ends where the main clause begins.
        let opening = (sentence.start..verb).rev().find(|&i| self.form(i) == ",").map_or(sentence.start, |c| c + 1);
        let subordinate = self.has(opening, Class::SUBJUNCTION);
        let mut i = after;
        let mut commas = 0;
        let limit = sentence.end.min(after + 18);
        while i < limit {
            let form = self.form(i);
            if form == "at" && i + 1 < sentence.end {
                return Some(i + 1..self.content_end(i + 1, sentence.end, subordinate));
            }
            if self.has(i, Class::QUESTION_WORD) && i <= after + 3 && self.takes_question(verb) {
                let start = if form == "om" { i + 1 } else { i };
                return (start..sentence.end)
                    .any(|j| self.has(j, Class::FINITE))
                    .then(|| start..self.content_end(start, sentence.end, subordinate));
            }
            // An apposition to the subject after the verb: `sa talsmannen, Kari Berg, at …`
            if form == "," && commas < 2 && self.phrase_starts(i + 1) {
                commas += 1;
                i += 1;
                continue;
            }
            if form == "," && commas == 1 && self.form(i + 1) == "at" {
                i += 1;
                continue;
            }
            if matches!(form, "," | ":" | ";" | "og" | "men" | "som")
                || (i > after
                    && self.has(i, Class::FINITE)
                    && !self.has(i, Class::NOUN.or(Class::DEFINITE).or(Class::PREPOSITION).or(Class::ADJECTIVE).or(Class::ADVERB)))
            {
                break;
            }
            i += 1;
        }
        // Without `at`: a subject and its verb follow, after an adverb at most.
        if strength < 2 || !clause || self.form(after) == "," {
            return None;
        }
        let mut start = after;
        // The verb's own subject, where it stands after the verb.
        if self.mention_before(verb).is_none() && self.phrase_before(verb, sentence.start).is_none() {
            let own = self.source_after(start, sentence.end)?;
            start = own.tokens.end;
        }
        while self.has(start, Class::ADVERB)
            && !self.has(start, Class::PRONOUN.or(Class::DETERMINER).or(Class::NOUN).or(Class::ADJECTIVE))
            && self.form(start) != "ikke"
        {
            start += 1;
        }
        let word = self.word(start);
        let opens = word.case != Case::None || self.kind(start) == TokenKind::Number || self.kind(start) == TokenKind::Quote;
        let closed = Class::PREPOSITION.or(Class::INFINITIVE_MARK).or(Class::CONJUNCTION).or(Class::SUBJUNCTION);
        let refused = word.has(closed) && !word.has(Class::DETERMINER.or(Class::PRONOUN)) && self.mention_at(start).is_none();
        if !opens || refused || self.has(start, Class::OBJECT) {
            return None;
        }
        let stop = (start..sentence.end).find(|&j| matches!(self.form(j), ":" | ";" | ".")).unwrap_or(sentence.end);
        let unsure = Class::NOUN.or(Class::DEFINITE).or(Class::PREPOSITION).or(Class::ADJECTIVE).or(Class::PARTICIPLE);
        let subject = |j: usize| self.pronoun(j).is_some_and(|p| !p.possessive);
        let finite = (start + 1..stop.min(start + 13))
            .find(|&j| self.has(j, Class::FINITE) && (!self.has(j, unsure) || subject(j - 1)) && self.form(j - 1) != "som")?;
        // A subject must stand between, and nothing that makes it one clause with the verb.
        let nominal = Class::PRONOUN.or(Class::PERSONAL).or(Class::NOUN).or(Class::DEFINITE).or(Class::DETERMINER);
        let own = (start..finite)
            .any(|j| self.mention_at(j).is_some() || self.has(j, nominal) || self.word(j).is_open() || self.kind(j) == TokenKind::Number);
        let relative = (start..finite).any(|j| self.form(j) == "som");
        let comma = |j: usize| self.form(j) == "," && !relative && !self.marked.is_quoted(self.doc.tokens()[j].span.start());
        let coordinated = (start..finite).any(|j| matches!(self.form(j), "til" | "men" | "da" | "når") || comma(j))
            || matches!(self.form(finite - 1), "og" | "at" | "å");
        (own && !coordinated).then(|| start..self.content_end(start, sentence.end, subordinate))
    }

    /// Whether a noun phrase begins with token `i`.
    fn phrase_starts(&self, i: usize) -> bool {
        self.mention_at(i).is_some() || self.lexicon.title(&lower(self.form(i))).is_some()
    }

    fn takes_question(&self, verb: usize) -> bool {
        let low = lower(self.form(verb));
        ["sp", "lur", "und", "fort", "forkl", "svar", "tvil"].iter().any(|s| low.starts_with(s))
    }

    /// Where reported content ends: with its sentence, or before a coordinated clause that goes on about the source.
    fn content_end(&self, start: usize, end: usize, subordinate: bool) -> usize {
        for i in start + 1..end {
            if self.form(i) == ";" {
                return i;
            }
            // `… og fylkeslegen mente at …`: the next report.
            if matches!(self.form(i), "og" | "men") && i + 2 < end {
                let verb = (i + 2..end.min(i + 6)).find(|&j| self.finite_verb(j).is_some_and(|(_, s)| s >= 2));
                if verb.is_some_and(|v| {
                    self.phrase_before(v, i + 1).is_some_and(|p| p.tokens.start == i + 1) && self.form(start.saturating_sub(1)) != "og"
                }) {
                    return i;
                }
                if self.form(i - 1) != "," && self.finite_verb(i + 1).is_some_and(|(e, s)| s >= 2 && self.form(e) == "at") {
                    return i;
                }
            }
            if self.form(i) != "," {
                continue;
            }
            let next = self.form(i + 1);
            let verbal = self.has(i + 1, Class::FINITE) && !self.has(i + 1, Class::NOUN.or(Class::PREPOSITION).or(Class::ADJECTIVE));
            if subordinate && verbal && self.word(i + 1).case == Case::Lower {
                return i;
            }
            if matches!(next, "men" | "og" | "mens" | "medan") {
                // `, men vil ikke …`: the source's own verb.
                if self.has(i + 2, Class::FINITE) && !self.has(i + 2, Class::NOUN.or(Class::PREPOSITION).or(Class::SUBJUNCTION)) {
                    return i;
                }
                // `, men Vik mener at …`: somebody else's report.
                let reports = (i + 2..end.min(i + 9))
                    .any(|j| self.finite_verb(j).is_some_and(|(e, s)| s >= 2 && (self.form(e) == "at" || self.pronoun(e).is_some())));
                if reports && (next != "og" || self.form(i + 2) != "at") {
                    return i;
                }
            }
            // `, sier hun.` closes it.
            if self.finite_verb(i + 1).is_some_and(|(_, s)| s >= 3)
                && self.word(i + 1).case == Case::Lower
                && self.inverted(i + 1, end).is_some()
            {
                return i;
            }
        }
        end
    }
}
