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
use crate::lexicon::{self, Case, Class, Form, Lexicon, Word};
use crate::marks::{Marked, Region};
use crate::names::{EntityKind, MentionForm};
use crate::normalize::{key, lower};
use crate::reported::{Clause, Reported};
use crate::span::Span;
use crate::syntax::{Source, Syntax, WINDOW};
use crate::tokenize::TokenKind;

/// How speech is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Whom the words were said to, where the reporting clause tells: `NTB` of `sier hun til NTB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addressee: Option<Span>,
    /// Quotes of one turn share a number: what somebody says until somebody else speaks or the text goes on.
    #[serde(default)]
    pub turn: usize,
    /// How sure it is that this is a quote, in per cent: the share of right ones among the quotes of the same construction in the
    /// development data, a little below it where there are few. It says nothing of the speaker.
    #[serde(default)]
    pub confidence: u8,
}

/// Which quotes are kept: [`PipelineBuilder::quotes`](crate::PipelineBuilder::quotes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precision {
    /// Every quote that is found. On the development data 93 per cent of them are right, and they are 92 per cent of all.
    #[default]
    Balanced,
    /// Those of the safe constructions alone: 98 per cent are right on the development data, and they are 64 per cent of all.
    Strict,
    /// Those whose [`confidence`](Quote::confidence) is at least this.
    AtLeast(u8),
}

impl Precision {
    /// The confidence that a quote needs.
    pub(crate) fn least(self) -> u8 {
        match self {
            Precision::Balanced => 0,
            Precision::Strict => 90,
            Precision::AtLeast(least) => least,
        }
    }
}

/// How sure each construction is: of how many found in the development data how many were right.
static CONFIDENCE: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let rows = lexicon::bundled("quote_confidence.tsv", include_str!("../data/quote_confidence.tsv"), CONFIDENCE_COLUMNS);
    let count = |row: lexicon::Row<'_>, i| row.get(i).parse::<usize>().unwrap_or(0);
    // Two more were found, of which one was wrong: few tell less than many.
    rows.map(|row| (row.get(0), (100 * (count(row, 2) + 1) / (count(row, 1) + 2)).min(100) as u8)).collect()
});

pub(crate) const CONFIDENCE_COLUMNS: &[&str] = &["construction", "found", "right"];

/// How many sentences back somebody is looked for whom an unattributed quote may belong to.
const REACH: usize = 8;

/// How many items a list of dashes is read to.
const ITEMS: usize = 16;

/// How many headlines in quotes are given a speaker.
const HEADLINES: usize = 32;

/// What a reporting clause tells of the words beside it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attribution {
    pub cue: Option<Span>,
    pub source: Option<Span>,
    pub speaker: Option<usize>,
}

/// Decides what is quoted and by whom.
///
/// First the marked stretches, each with the reporting clause in or beside it, then the clauses of the remaining text that report speech.
/// Marks without a source or in no reported speech (titles, irony) are no quotes.
pub(crate) fn attribute(doc: &mut Document, words: &[Word<'_>], lexicon: &Lexicon, marked: &Marked) -> Vec<Quote> {
    let syntax = Syntax { doc, words, lexicon, marked };
    let marked = marked.end_turns(doc, |region| syntax.turn(&region.tokens).narration);
    let mut reader = Reader {
        doc,
        syntax: Syntax { doc, words, lexicon, marked: &marked },
        quotes: Vec::new(),
        described: Vec::new(),
        fuller: HashMap::new(),
        described_at: HashMap::new(),
        turn: 0,
        labelled: Vec::new(),
        open: Vec::new(),
        asked: false,
        leads: None,
    };
    reader.read();
    reader.unmarked_turns();
    reader.questions_and_answers();
    reader.implied();
    reader.headlines();
    reader.addressees();
    reader.confidences();
    let Reader { mut quotes, described, fuller, .. } = reader;
    for (entity, name) in fuller {
        doc.entities[entity].name = name;
    }
    // Speakers who are only described become entities too.
    for (name, kind) in described {
        doc.entities.push(Entity { kind, name, mentions: Vec::new(), id: None, gender: None, roles: Vec::new() });
    }
    quotes.retain(|q| !q.content.is_empty());
    // In broken text a clause may seem to report what it stands in.
    for quote in &mut quotes {
        let inside = |span: Option<Span>| span.is_some_and(|s| quote.content.iter().any(|c| c.overlaps(s)));
        if inside(quote.cue) || inside(quote.source) {
            (quote.cue, quote.source, quote.speaker) = (None, None, None);
        }
    }
    quotes.sort_by_key(|q| (q.content[0].start(), std::cmp::Reverse(q.content.last().map_or(0, |s| s.end()))));
    quotes
}

/// The construction of a quote, as `data/quote_confidence.tsv` names it.
fn construction(syntax: &Syntax<'_>, quote: &Quote) -> &'static str {
    let Some((cue, first)) = quote.cue.zip(quote.content.first()) else {
        return match quote.kind {
            QuoteKind::Direct => "direct",
            QuoteKind::Mixed => "fragment",
            QuoteKind::Indirect => "turn",
        };
    };
    let (verb, start) = (syntax.token_at(cue.start()), syntax.token_at(first.start()));
    let strength = syntax.verb_form(verb, |_| true).map_or(0, |(_, v)| v.strength);
    let graded = |names: [&'static str; 3]| names[usize::from(strength.clamp(1, 3)) - 1];
    match quote.kind {
        QuoteKind::Direct => graded(["direct_said_1", "direct_said_2", "direct_said_3"]),
        QuoteKind::Mixed => graded(["fragment_said_1", "fragment_said_2", "fragment_said_3"]),
        QuoteKind::Indirect if syntax.has(verb, Class::ACCORDING.or(Class::IN)) => "according",
        QuoteKind::Indirect if first.start() < cue.start() => graded(["before_verb_1", "before_verb_2", "before_verb_3"]),
        QuoteKind::Indirect if start > 0 && syntax.has(start - 1, Class::THAT) => graded(["that_1", "that_2", "that_3"]),
        QuoteKind::Indirect if syntax.has(start, Class::QUESTION_WORD) || start > 0 && syntax.has(start - 1, Class::WHETHER) => "question",
        QuoteKind::Indirect => graded(["bare_1", "bare_2", "bare_3"]),
    }
}

/// The indices of the regions that open in a range of tokens.
fn opened_in(regions: &[&Region], tokens: &Range<usize>) -> Range<usize> {
    regions.partition_point(|r| r.open < tokens.start)..regions.partition_point(|r| r.open < tokens.end)
}

pub(crate) struct Reader<'a> {
    pub(crate) doc: &'a Document,
    pub(crate) syntax: Syntax<'a>,
    pub(crate) quotes: Vec<Quote>,
    /// Speakers without a name.
    described: Vec<(String, EntityKind)>,
    /// Fuller descriptions of speakers who have no name.
    fuller: HashMap<usize, String>,
    /// Where each of the speakers without a name is.
    described_at: HashMap<String, usize>,
    pub(crate) turn: usize,
    /// Turns opened by a speaker's label.
    labelled: Vec<Span>,
    /// Turns whose speaker is not named.
    open: Vec<Open>,
    /// Whether the last turn was an interviewer's question.
    asked: bool,
    /// The end of the reporting clause after the last words in marks.
    leads: Option<usize>,
}

/// A turn that names no speaker.
struct Open {
    turn: usize,
    /// The opening mark.
    at: usize,
    /// After a question.
    answer: bool,
}

impl Reader<'_> {
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
            while let Some(r) = self.syntax.marked.regions.get(region).filter(|r| r.open < range.end) {
                region += 1;
                if r.dash && !self.lists_item(b) {
                    own.push(at..r.open);
                    at = r.after;
                    self.dash_turn(r, b);
                } else if !r.dash {
                    fragments.push(r);
                }
            }
            own.push(at..range.end);
            own.retain(|r| r.start < r.end);
            self.narrate(&own, &fragments, b);
        }
    }

    /// Finds whom the words were said to, beside cue and source. What stands in the words themselves tells nothing of them.
    fn addressees(&mut self) {
        for quote in &mut self.quotes {
            let content = &quote.content;
            let apart = |s: &Span| !content.iter().any(|c| c.overlaps(*s));
            quote.cue = quote.cue.filter(apart);
            quote.source = quote.source.filter(apart);
            let Some(cue) = quote.cue else { continue };
            let tokens = |s: Span| self.syntax.token_at(s.start())..self.syntax.token_at(s.end());
            let found = self.syntax.addressee(&tokens(cue), quote.source.map(tokens).as_ref());
            let beside = |s: &Span| apart(s) && quote.source.is_none_or(|source| !source.overlaps(*s));
            quote.addressee = found.and_then(|tokens| self.syntax.span(tokens)).filter(beside);
        }
    }

    /// How sure each quote is, by its construction.
    fn confidences(&mut self) {
        let block = |q: &Quote| self.doc.block_at(q.content[0].start()).map(|b| b.span);
        let mut blocks: HashMap<usize, HashSet<Option<Span>>> = HashMap::new();
        for quote in self.quotes.iter().filter(|q| q.kind == QuoteKind::Direct) {
            blocks.entry(quote.turn).or_default().insert(block(quote));
        }
        for quote in &mut self.quotes {
            let several = quote.kind == QuoteKind::Direct && blocks.get(&quote.turn).is_some_and(|b| b.len() > 1);
            let name = if several { "direct_paragraphs" } else { construction(&self.syntax, quote) };
            quote.confidence = CONFIDENCE.get(name).copied().unwrap_or(50);
        }
    }

    /// Words in a title or heading are those of the quote in the text that shares most words with them, else of the next speaker, else of
    /// the person named next.
    fn headlines(&mut self) {
        let text = self.doc.text();
        let words = |spans: &[Span]| -> HashSet<String> {
            let text: String = spans.iter().map(|&s| key(&text[s]) + " ").collect();
            text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 3).map(|w| lower(w).into_owned()).collect()
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
                self.doc.mentions()[at..].iter().find(|m| m.kind == EntityKind::Per && self.syntax.is_named(m.entity)).map(|m| m.entity)
            };
            self.quotes[i].speaker = same.or_else(next).map(|b| b.1).or_else(named);
        }
    }

    /// Whether a block that opens with a dash is an item of a list: one of several after a colon that ends words in which nobody speaks, none
    /// of them with a reporting clause. `Planen har tre mål:` / `– Flere busser.` / `– Lavere pris.`
    fn lists_item(&self, block: usize) -> bool {
        let syntax = self.syntax;
        let tokens = |b: usize| {
            let span = self.doc.blocks().get(b)?.span;
            Some(syntax.token_at(span.start())..syntax.token_at(span.end()))
        };
        let dash = |b: &usize| tokens(*b).is_some_and(|t| syntax.kind(t.start) == TokenKind::Dash);
        let Some(before) = (block.saturating_sub(ITEMS)..block).rev().find(|b| !dash(b)) else { return false };
        let Some(intro) = tokens(before).filter(|t| !t.is_empty() && syntax.form(t.end - 1) == ":") else { return false };
        let sentence = syntax.sentence_range(intro.end - 1);
        let speaks = |i: usize| {
            syntax.finite_verb(i).is_some()
                || syntax.mention_at(i).is_some_and(|m| m.1 == EntityKind::Per)
                || syntax.pronoun(i).is_some_and(|p| !p.possessive)
        };
        let items: Vec<Range<usize>> = (before + 1..before + ITEMS).take_while(dash).filter_map(tokens).collect();
        dash(&block)
            && items.len() > 1
            && !sentence.into_iter().any(speaks)
            && items.iter().all(|t| syntax.turn(&(t.start + 1..t.end)).clauses.is_empty())
    }

    fn dash_turn(&mut self, region: &Region, block: usize) {
        self.turn += 1;
        let turn = self.syntax.turn(&region.tokens);
        let question =
            turn.clauses.is_empty() && self.syntax.is_question(&region.tokens) && self.syntax.next_is_dash(block, region.tokens.end);
        let said = match turn.clauses.first() {
            Some(clause) => Some((clause.cue, clause.source.clone())),
            None if question => None,
            None => self.syntax.introduced(region.open),
        };
        let unnamed = said.is_none() && !question;
        let by = said.map(|(cue, source)| self.attribution(Some(cue), source)).unwrap_or_default();
        for range in turn.said {
            self.push(QuoteKind::Direct, range, by);
        }
        self.reported_beside(turn.clauses);
        if unnamed {
            self.leave_open(region.open, block);
        }
        self.asked = question;
    }

    /// What reporting clauses beside words said report in their turn: `– Ja, sier hun og legger til at det haster.`
    fn reported_beside(&mut self, clauses: Vec<Clause>) {
        for clause in clauses {
            let Some(source) = clause.source else { continue };
            let clause = self.syntax.token_at(clause.cue.start())..clause.end;
            if let Some(found) = self.syntax.that_clause(source.tokens.end, &clause) {
                self.turn += 1;
                let by = self.attribution(Some(found.cue), Some(found.source));
                for content in found.contents {
                    self.push(QuoteKind::Indirect, self.without_stop(content, clause.end), by);
                }
            }
        }
    }

    /// Content without the full stop that ends the writer's sentence at token `end`.
    fn without_stop(&self, content: Range<usize>, end: usize) -> Range<usize> {
        let stop = content.end == end && content.len() > 1 && self.syntax.form(content.end - 1) == ".";
        content.start..content.end - usize::from(stop)
    }

    /// Leaves the speaker of this turn to be found later.
    fn leave_open(&mut self, at: usize, block: usize) {
        if self.doc.blocks()[block].kind.is_story() {
            self.open.push(Open { turn: self.turn, at, answer: self.asked });
        }
    }

    /// The indices of a turn's quotes; turns are numbered as they are found.
    fn quotes_of(&self, turn: usize) -> Range<usize> {
        self.quotes.partition_point(|q| q.turn < turn)..self.quotes.partition_point(|q| q.turn <= turn)
    }

    /// Gives the turns that name nobody their speakers, now that it is known who speaks elsewhere.
    fn implied(&mut self) {
        let voices: HashSet<usize> = self.quotes.iter().filter(|q| q.cue.is_some()).filter_map(|q| q.speaker).collect();
        for open in std::mem::take(&mut self.open) {
            let quotes = self.quotes_of(open.turn);
            let speaker = self.heard(quotes.start, open.at, open.answer, &voices);
            for quote in &mut self.quotes[quotes] {
                quote.speaker = speaker;
            }
        }
    }

    /// Who is heard at token `at`, before the quote with index `quote`, where nobody is named: whoever the narration since the last speaker
    /// is about, else the last speaker, else the next. Somebody with `voices` elsewhere is likelier than one who is only spoken of, the
    /// more so in the answer to a question.
    fn heard(&self, quote: usize, at: usize, answer: bool, voices: &HashSet<usize>) -> Option<usize> {
        let offset = self.doc.tokens().get(at)?.span.start();
        let last = self.quotes[..quote].iter().rev().take(WINDOW).find(|q| q.kind == QuoteKind::Direct && q.speaker.is_some());
        let since = last.map_or(0, |q| q.content.iter().chain(&q.cue).map(|s| s.end()).max().unwrap_or(0));
        let before = self.doc.sentences().partition_point(|s| s.span.end() <= offset);
        let narration = || {
            let back = self.doc.sentences()[..before].iter().rev().take(REACH).take_while(|s| s.span.start() >= since);
            back.filter(|s| self.doc.blocks()[s.block].kind.is_story() && !self.syntax.marked.is_quoted(s.span.start()))
        };
        let subject = |tokens: &Range<usize>| self.syntax.person_as_subject(tokens);
        // A subject of no gender, role or voice may be no person at all.
        let person = |e: usize| self.doc.entities().get(e).is_some_and(|e| e.gender.is_some() || !e.roles.is_empty());
        let topic = narration().find_map(|s| {
            let subject = subject(&s.tokens).filter(|&e| voices.contains(&e) || !answer && person(e));
            subject.or_else(|| self.syntax.people(&s.tokens).find(|e| voices.contains(e)))
        });
        let spoken_of = || narration().find_map(|s| self.syntax.people(&s.tokens).next());
        let later = || self.quotes[quote..].iter().take(WINDOW).find(|q| q.cue.is_some() && q.speaker.is_some()).and_then(|q| q.speaker);
        topic.or(last.and_then(|q| q.speaker)).or_else(spoken_of).or_else(later)
    }

    /// The entity of a source; a description becomes an entity of its own.
    fn speaker(&mut self, source: &Source) -> Option<usize> {
        let range = source.tokens.clone();
        let mut name = None;
        if let Some((stop, kind, form, entity)) = self.syntax.mention_at(range.start) {
            // `NHO-direktøren`
            if kind == EntityKind::Drv
                && stop == range.end
                && let Some(holder) = self.holder(range.start, Form::Definite)
            {
                return Some(holder);
            }
            let owner = stop < range.end && self.syntax.owns(stop, form, entity);
            let second = (self.syntax.has(stop, Class::AND) && stop + 1 < range.end).then(|| self.syntax.mention_at(stop + 1)).flatten();
            if let Some((.., second)) = second {
                let entities = self.doc.entities();
                name = Some(format!("{} og {}", entities[entity].name, entities[second].name));
            } else if !owner && (stop >= range.end || matches!(form, MentionForm::Role | MentionForm::Name)) {
                // `en kilde nær regjeringen`, spoken of as `en kilde` elsewhere
                if stop < range.end && !self.syntax.is_named(entity) {
                    let name = self.description(&range)?;
                    self.fuller.entry(entity).or_insert(name);
                }
                return Some(entity);
            }
        }
        if let Some((first, kind, entity)) = self.syntax.mention_before(range.end).filter(|_| name.is_none())
            && (first == range.start || (kind == EntityKind::Per && !(range.start..first).any(|i| self.syntax.has(i, Class::PREPOSITION))))
        {
            return Some(entity);
        }
        if let Some(p) = self.syntax.pronoun(range.start).filter(|p| !p.possessive) {
            if p.plural
                && p.person == 3
                && !self.syntax.has(range.end, Class::RELATIVE)
                && let Some(group) = self.syntax.group_before(range.start)
            {
                return self.speaker(&group);
            }
            // `de`, `jeg`: whoever spoke last, of `de` no single person; `han`: the last person who spoke.
            let named = self.doc.entities();
            let kind = |e: usize| named.get(e).map(|e| e.kind).or_else(|| self.described.get(e - named.len()).map(|d| d.1));
            let fits = |e: usize| match p.gender {
                Some(gender) => named.get(e).is_some_and(|e| e.kind == EntityKind::Per && e.gender.is_none_or(|g| g == gender)),
                None => !p.plural || p.person < 3 || kind(e) != Some(EntityKind::Per),
            };
            return self.quotes.iter().rev().take(WINDOW).filter_map(|q| q.speaker).find(|&e| fits(e));
        }
        // `Der heter det at …`: what the sentences before name last.
        if self.syntax.has(range.start, Class::THERE) && range.len() == 1 {
            let place = self.syntax.place_before(range.start)?;
            return self.speaker(&place);
        }
        let name = match name {
            Some(name) => name,
            None => self.description(&range)?,
        };
        let base = self.doc.entities().len();
        // `mener dansk kritiker`, whom the text names later
        let bare = range.len() <= 3 && !range.clone().any(|i| self.syntax.has(i, Class::DETERMINER));
        if let Some(holder) = bare.then(|| self.holder(range.end - 1, Form::Indefinite)).flatten() {
            return Some(holder);
        }
        if let Some(title) = self.syntax.title(range.start).filter(|t| t.form == Form::Definite) {
            // `kilden` after `en anonym kilde i forsvaret`
            let from = self.described.len().saturating_sub(WINDOW);
            let same = self.described[from..].iter().rposition(|(n, _)| {
                n.split(' ').count() > 1
                    && n.split(' ').any(|w| self.syntax.lexicon.title(&lower(w)).is_some_and(|t| t.lemma == title.lemma))
            });
            if let Some(i) = same.filter(|_| range.len() == 1) {
                return Some(base + from + i);
            }
            // `miljølederen`, before whom the text has `kommunens miljøleder`
            if let Some(whole) = self.syntax.title_before(range.start, &title).filter(|_| range.len() == 1) {
                return Some(self.describe(self.doc[whole].to_owned(), EntityKind::Per));
            }
            // `sier teatersjefen`, of whom the article has spoken without that title
            let heard = (range.len() == 1).then(|| self.heard(self.quotes.len(), range.start, false, &HashSet::new())).flatten();
            let fits = |e: &Entity| e.kind == EntityKind::Per && (title.gender.is_none() || e.gender == title.gender || e.gender.is_none());
            if let Some(e) = heard.filter(|&e| self.doc.entities().get(e).is_some_and(fits)) {
                return Some(e);
            }
        }
        let person = range.clone().any(|i| self.syntax.title(i).is_some_and(|t| matches!(t.form, Form::Indefinite | Form::Definite)));
        Some(self.describe(name, if person { EntityKind::Per } else { EntityKind::Org }))
    }

    /// The entity that these words describe.
    fn describe(&mut self, name: String, kind: EntityKind) -> usize {
        let new = self.described.len();
        let at = *self.described_at.entry(name.clone()).or_insert(new);
        if at == new {
            self.described.push((name, kind));
        }
        self.doc.entities().len() + at
    }

    /// Who has the role that token `i` names in this form.
    fn holder(&self, i: usize, form: Form) -> Option<usize> {
        let title = self.syntax.title(i).filter(|t| t.form == form)?;
        self.doc.entities().iter().take(WINDOW).position(|e| e.roles.iter().any(|r| *r == *title.lemma))
    }

    /// The words of a description, on one line, without the capital that opens a sentence.
    fn description(&self, range: &Range<usize>) -> Option<String> {
        let mut name = self.doc[self.syntax.span(range.clone())?].split_whitespace().collect::<Vec<_>>().join(" ");
        // `26 prosent`, of those whom another share is of
        if let Some(whole) = self.syntax.share_of(range) {
            name += " ";
            name += &self.doc[whole];
        }
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        let opens = range.start == self.syntax.sentence_range(range.start).start;
        let common = self.syntax.has(range.start, Class::COMMON) || self.syntax.title(range.start).is_some();
        Some(if opens && common { lower(first).into_owned() + rest } else { name })
    }

    fn narrate(&mut self, own: &[Range<usize>], fragments: &[&Region], block: usize) {
        let mut used = vec![false; fragments.len()];
        // A heading that stands wholly in marks.
        if let [only] = fragments {
            let whole = own.len() == 1 && own[0].start == only.open && own[0].end == only.after;
            if whole && only.tokens.len() > 2 {
                self.turn += 1;
                self.push(QuoteKind::Direct, only.tokens.clone(), Attribution::default());
                self.leave_open(only.open, block);
                return;
            }
        }
        for range in own {
            self.leads = None;
            for n in opened_in(fragments, range) {
                used[n] = self.marked_speech(fragments[n], range);
            }
            let mut at = range.start;
            while at < range.end {
                let sentence = self.syntax.sentence_range(at);
                let end = sentence.end.clamp(at + 1, range.end);
                if !self.is_labelled(at) {
                    self.reported(at..end, fragments, &mut used, range);
                }
                at = end;
            }
        }
    }

    /// Direct speech in quotation marks: words with a reporting clause before or after them. Whether it was taken.
    fn marked_speech(&mut self, region: &Region, own: &Range<usize>) -> bool {
        let syntax = self.syntax;
        let last = syntax.form(region.tokens.end - 1);
        let finite = region.tokens.clone().any(|i| syntax.has(i, Class::FINITE));
        // `«Vi er klare», sier hun.`
        let comma = syntax.form(region.after) == ",";
        let after = region.after + usize::from(comma);
        let closed = comma || matches!(last, "." | "!" | "?" | ",");
        if closed
            && after < own.end
            && let Some(clause) = syntax.inverted(after, own.end)
        {
            self.push_marked(region, Some(clause.cue), clause.source.clone());
            self.leads = Some(clause.end);
            self.reported_beside(vec![clause]);
            return true;
        }
        // `«Ja», sier hun, «det er rett.»`
        if self.leads == Some(region.open) {
            self.go_on_in_marks(region);
            return true;
        }
        if region.open == own.start {
            return false;
        }
        let before = region.open - 1;
        let sentence = syntax.sentence_range(before);
        let start = sentence.start.max(own.start);
        let speech = finite && region.tokens.len() > 5;
        if syntax.form(before) == ":" {
            // `Hun sa: «…»`
            if let Some((cue, source)) = syntax.introduced(region.open) {
                self.push_marked(region, Some(cue), source);
                return true;
            }
            // `Rådet fra legen er klart: «…»`
            if speech {
                let source = syntax.only_person(start..before);
                self.push_marked(region, None, source);
                return true;
            }
        }
        // `Hun sa at «…»`, `Hun sier «…»`
        let at = syntax.has(before, Class::THAT);
        let verb_end = if at { before } else { region.open };
        let says = |i: &usize| syntax.finite_verb(*i).is_some_and(|(e, s)| s >= 2 && (at || e == verb_end));
        let verb = (start..verb_end).rev().take(5).find(says);
        if finite | matches!(last, "." | "!" | "?" | ",")
            && let Some(verb) = verb
            && syntax.ends_clause(region.after, own.end)
        {
            let source = syntax.subject_of(verb, start, verb_end);
            self.push_marked(region, syntax.span(verb..verb + 1), source);
            return true;
        }
        // `Hun har tydd til grepet «hva skal jeg ellers gjøre, da?»`: nobody but a speaker says `jeg` in marks.
        let personal = region.tokens.clone().any(|i| syntax.pronoun(i).is_some_and(|p| p.person == 1 && !p.possessive));
        if speech && personal && syntax.ends_clause(region.after, own.end) {
            let source = syntax.only_person(start..before);
            self.push_marked(region, None, source);
            return true;
        }
        false
    }

    /// Words in marks after a reporting clause that parts them from those before it.
    fn go_on_in_marks(&mut self, region: &Region) {
        let (Some(quote), Some(span)) = (self.quotes.last().cloned(), self.syntax.span(region.tokens.clone())) else { return };
        self.quotes.push(Quote { content: vec![span], ..quote });
    }

    /// Whether a token stands in a turn that a label opened.
    fn is_labelled(&self, token: usize) -> bool {
        let start = self.doc.tokens()[token].span.start();
        let i = self.labelled.partition_point(|s| s.end() <= start);
        self.labelled.get(i).is_some_and(|s| s.start() <= start)
    }

    fn push_marked(&mut self, region: &Region, cue: Option<Span>, source: Option<Source>) {
        self.turn += 1;
        let by = self.attribution(cue, source);
        let mut tokens = region.tokens.clone();
        if tokens.len() > 1 && self.syntax.form(tokens.end - 1) == "," {
            tokens.end -= 1;
        }
        self.push(QuoteKind::Direct, tokens, by);
    }

    /// Who a reporting clause says has spoken.
    fn attribution(&mut self, cue: Option<Span>, source: Option<Source>) -> Attribution {
        let speaker = source.as_ref().and_then(|s| self.speaker(s));
        Attribution { cue, source: source.and_then(|s| self.syntax.span(s.tokens)), speaker }
    }

    /// Adds a quote to the current turn.
    pub(crate) fn push(&mut self, kind: QuoteKind, content: Range<usize>, by: Attribution) {
        if let Some(span) = self.syntax.span(content) {
            let Attribution { cue, source, speaker } = by;
            self.quotes.push(Quote { kind, content: vec![span], cue, source, speaker, addressee: None, turn: self.turn, confidence: 0 });
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
        if let Some(by) = self.adds_clause(&sentence) {
            self.fragments_in(&sentence, fragments, used, Some(by));
            return;
        }
        let found = if taken {
            None
        } else {
            self.syntax
                .according_to(&sentence)
                .or_else(|| self.syntax.as_far_as(&sentence))
                .or_else(|| self.syntax.in_the_opinion(&sentence))
                .or_else(|| self.syntax.there_it_says(&sentence))
                .or_else(|| self.syntax.as_they_say(&sentence))
                .or_else(|| self.syntax.clause_first(&sentence, own))
                .or_else(|| self.syntax.that_clause(sentence.start, &sentence))
        };
        let mut found = found;
        let mut any = false;
        while let Some(Reported { cue, source, contents }) = found {
            any = true;
            let after = contents.last().map_or(sentence.end, |c| c.end).max(source.tokens.end);
            self.turn += 1;
            let by = self.attribution(Some(cue), Some(source));
            let kind = if self.goes_on_from_turn(&contents, by) { QuoteKind::Direct } else { QuoteKind::Indirect };
            for content in contents {
                self.push(kind, self.without_stop(content, sentence.end), by);
            }
            self.fragments_in(&sentence, fragments, used, Some(by));
            let more = || self.syntax.without_verb(after, cue, &sentence).or_else(|| self.syntax.that_clause(after, &sentence));
            found = if after < sentence.end { more() } else { None };
        }
        if !taken && !any {
            self.fragments_in(&sentence, fragments, used, None);
        }
    }

    /// Whether words in marks are a name rather than somebody's words: `«Havet kaller»`, `«2083»`. A title has a capital; what is said in
    /// the middle of a sentence has none.
    fn is_title(&self, tokens: &Range<usize>) -> bool {
        let named = self.syntax.mention_at(tokens.start).is_some_and(|(stop, ..)| stop == tokens.end);
        let letters = tokens.clone().any(|i| self.syntax.word(i).case != Case::None);
        let finite = tokens.clone().any(|i| self.syntax.is_verb(i));
        let capital = self.syntax.word(tokens.start).is_capitalised();
        named || !letters || capital && tokens.len() < 6 && !(finite && self.syntax.mention_at(tokens.start).is_some())
    }

    /// Whether a paragraph that opens with reported words goes on with a turn that named nobody: `– Vi er klare.` / `Nå må det skje, sier
    /// hun.` The turn is then hers too.
    fn goes_on_from_turn(&mut self, contents: &[Range<usize>], by: Attribution) -> bool {
        let Some(at) = contents.first().and_then(|c| self.doc.tokens().get(c.start)).map(|t| t.span.start()) else { return false };
        let block = self.doc.blocks().partition_point(|b| b.span.end() <= at);
        let opens = self.doc.blocks().get(block).is_some_and(|b| b.span.start() == at);
        let before = block.checked_sub(1).and_then(|b| self.doc.blocks().get(b)).map(|b| b.span);
        let follows = |open: &Open| {
            let last = self.quotes.last().filter(|q| q.turn == open.turn).and_then(|q| q.content.last());
            last.is_some_and(|s| before.is_some_and(|b| b.contains(*s) && self.syntax.closes(*s, b)))
        };
        let closed = contents.len() == 1
            && by.cue.is_some_and(|c| c.start() > at)
            && by.source.zip(by.cue).is_some_and(|(s, c)| s.start() > c.start());
        let phrase = by.cue.is_some_and(|c| self.syntax.has(self.syntax.token_at(c.start()), Class::ACCORDING));
        if !opens || !closed || phrase || !self.open.last().is_some_and(follows) {
            return false;
        }
        let open = self.open.pop().map_or(0..0, |open| self.quotes_of(open.turn));
        for quote in &mut self.quotes[open] {
            (quote.cue, quote.source, quote.speaker, quote.turn) = (by.cue, by.source, by.speaker, self.turn);
        }
        true
    }

    /// Fragments in marks: mixed speech where a source speaks in the sentence.
    fn fragments_in(&mut self, sentence: &Range<usize>, fragments: &[&Region], used: &mut [bool], said: Option<Attribution>) {
        for n in opened_in(fragments, sentence) {
            let region = fragments[n];
            if used[n] {
                continue;
            }
            if self.is_title(&region.tokens) {
                continue;
            }
            let content = self.syntax.span(region.tokens.clone());
            let near = self.syntax.as_said(region.after, sentence.end).or_else(|| self.syntax.reporting_before(region.open, sentence));
            let around = self.quotes.last().and_then(|q| q.content.iter().copied().find(|c| content.is_some_and(|s| c.contains(s))));
            // Somebody else speaks inside the reported clause: `Hun sier at Vik kalte det «tull»`
            let other = around.is_some_and(|c| {
                near.as_ref().is_some_and(|(cue, source)| {
                    c.contains(*cue) && source.as_ref().and_then(|s| self.syntax.span(s.tokens.clone())).is_some_and(|s| c.contains(s))
                })
            });
            let by = match (near, said) {
                (_, Some(by)) if around.is_some() && !other => Some(by),
                (Some((cue, source @ Some(_))), _) => Some(self.attribution(Some(cue), source)),
                (_, None) => self.still_quoting(sentence),
                (_, said) => said,
            };
            if let (Some(by), Some(span)) = (by, content) {
                let outside = |s: &Span| !s.overlaps(span);
                used[n] = true;
                self.turn += usize::from(said.is_none());
                let by = Attribution { cue: by.cue.filter(outside), source: by.source.filter(outside), ..by };
                self.push(QuoteKind::Mixed, region.tokens.clone(), by);
            }
        }
    }

    /// Who is quoted by fragments in a sentence that follows one with fragments: `Hun kaller planen «vill». Han er «lite gjennomtenkt».`
    fn still_quoting(&self, sentence: &Range<usize>) -> Option<Attribution> {
        let last = self.quotes.last().filter(|q| q.kind == QuoteKind::Mixed)?;
        let at = last.content.last()?.start();
        let start = self.doc.tokens().get(sentence.start)?.span.start();
        let sentences = self.doc.sentences();
        let n = sentences.partition_point(|s| s.span.end() <= start);
        let before = sentences.get(n.checked_sub(1)?)?;
        let near = sentences.get(n).is_some_and(|s| s.block == before.block && (before.span.start() <= at));
        near.then_some(Attribution { speaker: last.speaker, ..Attribution::default() })
    }

    /// `Hun mener naboen lyver. At han har flyttet gjerdet.`: a clause that stands alone belongs to the report before it.
    fn adds_clause(&mut self, sentence: &Range<usize>) -> Option<Attribution> {
        let syntax = self.syntax;
        // `At det går bra, er ikke sikkert.`: its main clause follows its verb.
        let verb = sentence.clone().find(|&i| syntax.has(i, Class::FINITE)).unwrap_or(sentence.end);
        let main = (verb..sentence.end).any(|i| syntax.form(i) == "," && syntax.is_verb(i + 1));
        let alone = syntax.has(sentence.start, Class::THAT) && !main && !syntax.is_question(sentence);
        let (first, last) = (syntax.span(sentence.clone())?, self.quotes.last_mut().filter(|q| alone && q.kind == QuoteKind::Indirect)?);
        let said = last.content.last_mut()?;
        let follows =
            syntax.token_at(said.end()) + 1 == sentence.start && self.doc.block_at(said.start()).is_some_and(|b| b.span.contains(first));
        if !follows || last.cue.is_none_or(|c| c.start() > said.start()) {
            return None;
        }
        let end = sentence.end - usize::from(syntax.is_stop(sentence.end - 1));
        *said = said.to(syntax.span(sentence.start..end)?);
        Some(Attribution { cue: last.cue, source: last.source, speaker: last.speaker })
    }

    /// `Det sier en kilde i regjeringen.`, `Dette skriver Nordheim i en pressemelding.`: the sentence before is what was said.
    fn it_is_said(&mut self, sentence: &Range<usize>) -> bool {
        let (first, verb) = (sentence.start, sentence.start + 1);
        let Some((_, strength)) = self.syntax.finite_verb(verb).filter(|_| self.syntax.has(first, Class::DEMONSTRATIVE)) else {
            return false;
        };
        let Some(source) = self.syntax.source_after(verb + 1, sentence.end).filter(|s| !self.syntax.is_nobody(s)) else { return false };
        // `Det viser en ny studie.`, but not `Det kaller han galskap.`
        if strength < 2 && (self.syntax.pronoun(source.tokens.start).is_some() || self.syntax.only_person(source.tokens.clone()).is_some())
        {
            return false;
        }
        // With a clause of its own it reports that: `Det sier seg selv at`.
        if sentence.clone().any(|i| self.syntax.has(i, Class::THAT)) {
            return false;
        }
        let Some(cue) = self.syntax.span(verb..verb + 1) else { return false };
        let by = self.attribution(Some(cue), Some(source));
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
        if let Some(quote) = self.quotes.last_mut().filter(|q| q.content.last().is_some_and(|&c| self.syntax.closes(c, said.span))) {
            if quote.cue.is_none() || quote.speaker.is_none() {
                let turn = quote.turn;
                for quote in self.quotes.iter_mut().rev().take_while(|q| q.turn == turn) {
                    (quote.cue, quote.source, quote.speaker) = (by.cue, by.source, by.speaker);
                }
            }
            return true;
        }
        self.turn += 1;
        self.push(QuoteKind::Indirect, said.tokens.clone(), by);
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    #[test]
    fn addressee_is_no_speaker() {
        let pipeline = Pipeline::new();
        for (text, addressee) in [
            ("– Saken er anmeldt, sier Ola Vik til NTB.", Some("NTB")),
            ("– Me er klare, seier Kari Berg til avisa Firda.", Some("avisa Firda")),
            ("Overfor VG bekrefter Ola Vik at han slutter.", Some("VG")),
            ("Siri Haugen seier til Bergens Tidende at ho vil anke dommen.", Some("Bergens Tidende")),
            ("– Men ikke på skolene, legger Ola Vik til.", None),
            ("– Eg slutta, seier Ola Vik til slutt.", None),
            ("Kari Berg sier at hun flytter til Bergen.", None),
        ] {
            let doc = pipeline.annotate(text);
            doc.check().unwrap_or_else(|e| panic!("{text}: {e}"));
            let quote = doc.quotes().first().unwrap_or_else(|| panic!("{text}: no quote"));
            assert_eq!(quote.addressee.map(|s| &doc[s]), addressee, "{text}");
            assert!(doc.speaker(quote).is_some_and(|s| ["Ola Vik", "Kari Berg", "Siri Haugen"].contains(&s.name.as_str())), "{text}");
        }
    }
}
