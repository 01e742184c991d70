//! Interviews that have lost their dashes: whose words the turns are is told by labels, or by questions and answers.

use std::collections::HashSet;
use std::ops::Range;

use crate::lexicon::Class;
use crate::names::{EntityKind, MentionForm};
use crate::quotes::{Attribution, Quote, QuoteKind, Reader};
use crate::span::Span;

/// How many answers it takes to make an interview.
const ANSWERS: usize = 3;

/// How many sentences a turn without marks has before the one with the reporting clause.
const SENTENCES: usize = 8;

/// The span that holds `offset`, of spans in order.
fn closed_in(spans: &[Span], offset: usize) -> Option<Span> {
    let i = spans.partition_point(|s| s.end() <= offset);
    spans.get(i).filter(|s| s.start() <= offset).copied()
}

impl Reader<'_> {
    /// Turns that a speaker's name and a colon open, as in an interview that has lost its dashes: `Kari: Det er rett.` One such label is
    /// chance; from two on, all are read. Questions right before a label are the interviewer's.
    pub(crate) fn labelled_turns(&mut self) {
        let doc = self.doc;
        let label = |sentence: &crate::sentence::Sentence| {
            let first = sentence.tokens.start;
            let (stop, kind, form, entity) = self.syntax.mention_at(first)?;
            let colon = kind == EntityKind::Per && form == MentionForm::Name && stop - first <= 3 && self.syntax.form(stop) == ":";
            colon.then_some((first, stop, entity))
        };
        let story = |s: &crate::sentence::Sentence| doc.blocks()[s.block].kind.is_story() && !self.syntax.marked.is_quoted(s.span.start());
        let labels: Vec<Option<(usize, usize, usize)>> = doc.sentences().iter().map(|s| label(s).filter(|_| story(s))).collect();
        if labels.iter().flatten().count() < 2 {
            return;
        }
        let mut turns = Vec::new();
        // The sentence after the last turn.
        let mut over = 0;
        for (s, found) in labels.iter().enumerate() {
            let Some((first, stop, entity)) = *found else { continue };
            let sentences = doc.sentences();
            let question = |n: &usize| sentences[*n].block == sentences[s].block && doc[sentences[*n].span].ends_with('?');
            let asked = (over..s).rev().take_while(question).last().unwrap_or(s);
            let next = (s + 1..labels.len()).find(|&n| labels[n].is_some()).unwrap_or(labels.len());
            let block = |n: usize| doc.sentences().get(n).map(|s| s.block);
            // To the next label, but not past the paragraph in which it opens (or the next one, where the label stands alone).
            let alone = doc.sentences()[s].tokens.end == stop + 1 && block(s + 1) != block(s);
            let home = if alone { block(s + 1) } else { block(s) };
            let mut end = (s + 1..next).take_while(|&n| block(n) == home).last().map_or(s + 1, |n| n + 1);
            if next == end && labels.get(next).is_some_and(Option::is_some) {
                while end > s + 2 && doc[sentences[end - 1].span].ends_with('?') {
                    end -= 1;
                }
            }
            over = end;
            turns.push((asked..s, stop + 1, end, first..stop, entity));
        }
        for (asked, start, end, source, entity) in turns {
            let close = |n: usize| doc.sentences().get(n.saturating_sub(1)).map_or(0, |s| s.tokens.end);
            if !asked.is_empty() {
                self.turn += 1;
                self.push(QuoteKind::Indirect, doc.sentences()[asked.start].tokens.start..close(asked.end), Attribution::default());
            }
            self.turn += 1;
            let by = Attribution { source: self.syntax.span(source), speaker: Some(entity), cue: None };
            self.push(QuoteKind::Indirect, start..close(end).max(start), by);
        }
    }

    /// In a text that has lost its marks, the words before a reporting clause reach back to the last question or the writer's own words: the
    /// first person shows that they are speech. `Vi gleder oss. Alt er klart, sier Vik.`
    pub(crate) fn unmarked_turns(&mut self) {
        let doc = self.doc;
        let tokens_of = |s: Span| self.syntax.token_at(s.start())..self.syntax.token_at(s.end());
        let closed = |q: &Quote| {
            let after = |(c, s): (Span, Span)| q.content[0].end() <= c.start() && c.end() <= s.start();
            q.kind == QuoteKind::Indirect && q.cue.zip(q.source).is_some_and(after)
        };
        if self.syntax.marked.regions.iter().any(|r| r.dash) {
            return;
        }
        let sentences = doc.sentences();
        let number = |s: Span| sentences.partition_point(|other| other.span.end() <= s.start());
        let personal = |s: Span| tokens_of(s).any(|i| self.syntax.pronoun(i).is_some_and(|p| p.person == 1));
        let block_ends = |n: usize| sentences.get(n + 1).is_none_or(|next| next.block != sentences[n].block);
        let asks = |n: usize| doc[sentences[n].span].ends_with('?');
        // The sentences of other turns.
        let turns: HashSet<usize> = self.quotes.iter().filter(|q| closed(q) || q.cue.is_none()).map(|q| number(q.content[0])).collect();
        let mut lost = false;
        let mut longer: Vec<(usize, Span)> = Vec::new();
        for (i, quote) in self.quotes.iter().enumerate().filter(|(_, q)| closed(q)) {
            let said = quote.content[0];
            let n = number(said);
            let Some(last) = sentences.get(n).filter(|s| s.span.start() == said.start()) else { continue };
            let spoken = |m: &usize| {
                let s = &sentences[*m];
                let of_speaker = s.tokens.clone().any(|t| self.syntax.mention_at(t).is_some_and(|m| Some(m.3) == quote.speaker));
                let own = turns.contains(m) || of_speaker || doc[s.span].ends_with(['?', ':']);
                s.block == last.block && !own && !self.syntax.marked.is_quoted(s.span.start())
            };
            let first = (n.saturating_sub(SENTENCES)..n).rev().take_while(spoken).last().unwrap_or(n);
            let whole = sentences[first].span.to(said);
            lost |= personal(said) || personal(whole) && block_ends(n);
            let answer = first > 0 && sentences[first - 1].block == last.block && asks(first - 1);
            if first < n && (personal(whole) || block_ends(n) || answer) {
                longer.push((i, whole));
            }
        }
        if !lost {
            return;
        }
        let inner: Vec<Span> = longer.iter().map(|&(i, whole)| Span::new(whole.start(), self.quotes[i].content[0].start())).collect();
        for (i, span) in longer {
            self.quotes[i].content[0] = span;
        }
        // One layer of speech only.
        self.quotes.retain(|q| {
            closed_in(&inner, q.content[0].start()).is_none_or(|s| s.start() == q.content[0].start() && q.content[0].end() > s.end())
        });
    }

    /// Turns told by questions and answers: `Er det rett? Ja, eg meiner det.` The one who answers has been heard in the first person, and
    /// some questions are followed by `ja`, `nei` or the first person; a writer's own questions are not.
    pub(crate) fn questions_and_answers(&mut self) {
        let doc = self.doc;
        if self.syntax.marked.regions.iter().any(|r| r.dash) {
            return;
        }
        let first_person = |tokens: Range<usize>| tokens.clone().any(|i| self.syntax.pronoun(i).is_some_and(|p| p.person == 1));
        let tokens_of = |s: Span| self.syntax.token_at(s.start())..self.syntax.token_at(s.end());
        let heard = |q: &&Quote| q.cue.is_some() && q.kind == QuoteKind::Indirect && first_person(tokens_of(q.content[0]));
        let Some(speaker) = self.quotes.iter().find(heard).and_then(|q| q.speaker) else { return };
        let mut said: Vec<Span> = self.quotes.iter().flat_map(|q| q.content.iter().copied()).collect();
        said.sort_unstable_by_key(|s| s.start());
        let free = |span: Span| {
            let next = said.partition_point(|s| s.end() <= span.start());
            said.get(next).is_none_or(|s| !s.overlaps(span)) && !self.syntax.marked.is_quoted(span.start())
        };
        let of_speaker = |tokens: &Range<usize>| tokens.clone().any(|i| self.syntax.mention_at(i).is_some_and(|m| m.3 == speaker));
        let sentences = doc.sentences();
        let asks = |n: usize| {
            sentences.get(n).is_some_and(|s| free(s.span) && doc[s.span].ends_with('?') && doc.blocks()[s.block].kind.is_story())
        };
        let answers = |n: usize, question: usize| {
            sentences.get(n).is_some_and(|s| s.block == sentences[question].block && free(s.span) && !asks(n) && !of_speaker(&s.tokens))
        };
        let mut turns: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut clear = 0;
        let mut n = 0;
        while n < sentences.len() {
            if !asks(n) {
                n += 1;
                continue;
            }
            let end = (n + 1..).take_while(|&m| asks(m) && sentences[m].block == sentences[n].block).last().map_or(n + 1, |m| m + 1);
            let close = (end..).take_while(|&m| answers(m, n)).last().map_or(end, |m| m + 1);
            if close > end {
                let first = sentences[end].tokens.clone();
                clear += usize::from(self.syntax.has(first.start, Class::INTERJECTION) || first_person(first));
            }
            turns.push((n..end, end..close));
            n = close;
        }
        if clear < ANSWERS {
            return;
        }
        for (question, answer) in turns {
            for (range, speaker) in [(question, None), (answer, Some(speaker))] {
                if range.start < range.end {
                    self.turn += 1;
                    let tokens = sentences[range.start].tokens.start..sentences[range.end - 1].tokens.end;
                    self.push(QuoteKind::Indirect, tokens, Attribution { speaker, ..Attribution::default() });
                }
            }
        }
    }
}
