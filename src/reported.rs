//! Reported speech: reporting verbs, the clauses they stand in, and the clauses they report (Norsk referansegrammatikk 10.3).

use std::ops::Range;

use crate::lexicon::{Case, Class, Verb, VerbForm};
use crate::names::EntityKind;
use crate::normalize::lower;
use crate::span::Span;
use crate::syntax::{Source, Syntax, WINDOW};
use crate::tokenize::TokenKind;

/// A reporting clause: its cue, its source, and where it ends.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub cue: Span,
    pub source: Option<Source>,
    pub end: usize,
}

/// What a source is reported to have said, in one part or in two around the reporting words.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    pub cue: Span,
    pub source: Source,
    pub contents: Vec<Range<usize>>,
}

/// A reporting verb with its subject.
struct Report<'a> {
    verb: usize,
    /// The token after the verb and the words of its idiom.
    after: usize,
    form: &'a Verb,
    source: Source,
}

/// What stands after a quotation dash: words said, reporting clauses between them, and what the writer goes on with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn {
    /// The words said, in as many parts as reporting clauses make.
    pub said: Vec<Range<usize>>,
    /// The reporting clauses.
    pub clauses: Vec<Clause>,
    /// From which token on the writer's own sentences follow.
    pub narration: Option<usize>,
}

impl<'a> Syntax<'a> {
    /// Reads the tokens after a quotation dash: `– Ja, sier hun, det er rett.`
    pub(crate) fn turn(&self, tokens: &Range<usize>) -> Turn {
        let mut turn = Turn::default();
        let mut start = tokens.start;
        while start < tokens.end {
            let Some((from, clause)) = self.clause_in(start, tokens.end) else {
                turn.said.push(start..tokens.end);
                break;
            };
            turn.said.push(start..from);
            start = clause.end;
            turn.clauses.push(clause);
            // After `sier han.` the words go on only where it shows.
            if start < tokens.end && self.is_stop(start - 1) && !self.goes_on(start..tokens.end) {
                turn.narration = Some(start);
                break;
            }
        }
        turn.said.retain(|r| r.start < r.end);
        turn
    }

    /// A finite reporting verb at `i`: the token after it and its adjacent particles, and its strength.
    pub(crate) fn finite_verb(&self, i: usize) -> Option<(usize, u8)> {
        self.verb_form(i, |f| matches!(f, VerbForm::Present | VerbForm::Past)).map(|(end, verb)| (end, verb.strength))
    }

    /// A reporting verb in a wanted form: the token after it and the adjacent words of its idiom, and what is known of it.
    pub(crate) fn verb_form(&self, i: usize, wanted: impl Fn(VerbForm) -> bool) -> Option<(usize, &'a Verb)> {
        let entry = self.word(i).entry?;
        entry.verbs.iter().filter(|v| wanted(v.form)).find_map(|v| {
            let adjacent = v.rest.iter().enumerate().all(|(k, w)| lower(self.form(i + 1 + k)) == w.as_ref());
            if adjacent {
                return Some((i + 1 + v.rest.len(), v));
            }
            // `slår hun fast`: the particles come a little later.
            let later =
                !v.rest.is_empty() && (i + 2..i + 6).any(|j| v.rest.iter().enumerate().all(|(k, w)| self.form(j + k) == w.as_ref()));
            later.then_some((i + 1, v))
        })
    }

    /// The first reporting clause between the tokens: where the content before it ends, and the clause.
    pub(crate) fn clause_in(&self, start: usize, end: usize) -> Option<(usize, Clause)> {
        (start + 1..end).find_map(|i| {
            let comma = self.form(i) == ",";
            let verb = if comma { i + 1 } else { i };
            let after_stop =
                !comma && (matches!(self.form(i - 1), "?" | "!" | "…" | "..." | "»" | "”" | "\"") && self.word(i).case == Case::Lower);
            if !(comma || after_stop) || verb >= end {
                return None;
            }
            let clause = self.inverted(verb, end)?;
            // `Før hun kom, gikk hun på krykker, sier Vik.`: of two verbs the one that reports.
            let reports = |j: usize| {
                let strong = self.finite_verb(j + 1).is_some_and(|(_, s)| s >= 2) && self.word(j + 1).case == Case::Lower;
                self.form(j) == "," && strong && self.inverted(j + 1, end).is_some()
            };
            if self.finite_verb(verb).is_none() && (verb + 1..self.sentence_range(verb).end.min(end)).any(reports) {
                return None;
            }
            // `– Da vi kom, sa jeg at …`: what the speaker says of themselves parts nothing.
            let own = clause.source.as_ref().is_some_and(|s| self.pronoun(s.tokens.start).is_some_and(|p| p.person == 1 && !p.possessive));
            (!own).then_some((i, clause))
        })
    }

    /// A reporting verb with its subject after it: `sier hun til NTB.`
    pub(crate) fn inverted(&self, verb: usize, end: usize) -> Option<Clause> {
        let word = self.word(verb);
        // A word that no list has is a verb where a subject follows: `, glisar ho.`
        let subject = || self.pronoun(verb + 1).is_some_and(|p| p.person == 3 && !p.possessive) || self.mention_at(verb + 1).is_some();
        if word.case != Case::Lower || !(word.has(Class::FINITE) || word.is_open() && subject()) {
            return None;
        }
        let reporting = self.finite_verb(verb);
        if let Some(clause) = self.it_says(verb, end).or_else(|| self.inverted_compound(verb, end)) {
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
        // A name may reach beyond the words that are asked about.
        let source = source.filter(|s| s.tokens.end <= end)?;
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

    /// A compound verb with its subject inside: `har Vik sagt`, `skal presten ha uttalt til avisen`, `kan politiet fortelle`.
    fn inverted_compound(&self, helper: usize, end: usize) -> Option<Clause> {
        let source = self.has(helper, Class::PLAIN_VERB).then(|| self.source_after(helper + 1, end)).flatten()?;
        let first = self.past_adverbs(self.complement_end(source.tokens.end, end), end);
        let perfect = self.has(helper, Class::AUXILIARY) || self.has(first, Class::AUXILIARY);
        let verb = if self.has(first, Class::AUXILIARY) { self.past_adverbs(first + 1, end) } else { first };
        let wanted = if perfect { VerbForm::Participle } else { VerbForm::Infinitive };
        let (after, _) = self.verb_form(verb, |f| f == wanted).filter(|(_, v)| v.strength >= 2)?;
        if self.is_nobody(&source) || !perfect && !self.has(helper, Class::MODAL) {
            return None;
        }
        let closed = self.ends_clause(after, end) || self.kind(after) == TokenKind::Dash || self.has(after, Class::PREPOSITION);
        closed.then_some(Clause { cue: self.span(verb..after)?, source: Some(source), end: self.clause_end(after, end) })
    }

    /// `heter det i rapporten`, `går det fram av meldingen`, `står det i brevet`.
    pub(crate) fn it_says(&self, verb: usize, end: usize) -> Option<Clause> {
        if !self.has(verb + 1, Class::IT)
            || !(self.has(verb, Class::DOCUMENT_VERB) || self.has(verb, Class::EMERGING_VERB) && self.has(verb + 2, Class::FORTH))
        {
            return None;
        }
        let prep = (verb + 2..end.min(verb + 5)).find(|&i| self.has(i, Class::COMPLEMENT));
        let source = prep.and_then(|p| self.source_after(p + 1, end)).filter(|s| s.tokens.end <= end);
        let after = source.as_ref().map_or(verb + 2, |s| s.tokens.end);
        Some(Clause { cue: self.span(verb..verb + 1)?, source, end: self.clause_end(after, end) })
    }

    /// Where a reporting clause ends: after its full stop, before a comma that leads back to the words said, or before a dash.
    pub(crate) fn clause_end(&self, from: usize, end: usize) -> usize {
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
                if self.kind(i + 1) == TokenKind::Quote {
                    return i + 1;
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
    pub(crate) fn goes_on(&self, range: Range<usize>) -> bool {
        let sentence = self.sentence_range(range.start).end.min(range.end);
        let personal = (range.start..sentence.max(range.start)).any(|i| self.pronoun(i).is_some_and(|p| p.person < 3));
        let narrated =
            self.pronoun(range.start).is_some_and(|p| p.person == 3 && p.gender.is_some()) || self.finite_in(range.start, sentence);
        personal && !narrated
    }

    /// Whether a third-person subject reports in these tokens: `Hun mener at …`
    pub(crate) fn finite_in(&self, start: usize, end: usize) -> bool {
        (start..end).any(|i| {
            self.finite_verb(i)
                .is_some_and(|(e, s)| s >= 2 && self.has(e, Class::THAT) && i > start && self.pronoun(i - 1).is_none_or(|p| p.person == 3))
        })
    }

    /// The reporting clause that ends right before token `open`, in a colon: `Nordheim svarer slik:`
    pub(crate) fn introduced(&self, open: usize) -> Option<(Span, Option<Source>)> {
        let colon = open.checked_sub(1).filter(|&c| self.form(c) == ":")?;
        let sentence = self.sentence_range(colon);
        let verb =
            sentence.clone().rev().find(|&i| self.finite_verb(i).is_some_and(|(_, s)| s >= 1) && self.word(i).case != Case::Capitals)?;
        let source = self.subject_of(verb, sentence.start, colon).or_else(|| self.only_person(sentence.start..colon));
        Some((self.span(verb..verb + 1)?, source))
    }

    /// The nearest reporting verb before token `at` of the sentence, in any form, with the sentence's subject.
    pub(crate) fn reporting_before(&self, at: usize, sentence: &Range<usize>) -> Option<(Span, Option<Source>)> {
        // Weak verbs only right before: `snakker om «…»`; of infinitives after `å`, whose subject is anyone, strong ones alone.
        let verb = (sentence.start..at).rev().find(|&i| {
            let weak = i + 2 == at && self.has(i + 1, Class::WHETHER);
            let free = i > sentence.start && self.has(i - 1, Class::INFINITIVE_MARK);
            let least = if free || self.has(i, Class::NOUN) { 3 } else { 2 - u8::from(weak) };
            self.verb_form(i, |_| true).is_some_and(|(_, v)| v.strength >= least)
                && self.has(i, Class::FINITE.or(Class::INFINITIVE).or(Class::PARTICIPLE))
        })?;
        // `… en hytte av bord, kalt «slottet»`
        if self.verb_form(verb, |f| f == VerbForm::Participle).is_some()
            && let Some(comma) = (sentence.start..verb).rev().find(|&i| self.form(i) == ",")
            && !self.has(comma + 1, Class::AND.or(Class::BUT))
            && (comma + 1 < verb || !(sentence.start..comma).any(|i| self.form(i) == ","))
            && !(comma + 1..verb).any(|i| self.has(i, Class::AUXILIARY.or(Class::PERSONAL).or(Class::DEFINITE)) || self.phrase_starts(i))
        {
            return None;
        }
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

    /// `Ifølge Guaidó har han …`, `Han skal ifølge Reuters ha …`, `…, ifølge politiet.`
    pub(crate) fn according_to(&self, sentence: &Range<usize>) -> Option<Reported> {
        // `ifølge`, or `i følge` in two words
        let split = |i: usize| usize::from(self.has(i, Class::IN));
        let at = sentence
            .clone()
            .find(|&i| self.has(i + split(i), Class::ACCORDING) && (split(i) == 1 || lower(self.form(i)).starts_with('i')))?;
        let split = split(at);
        let cue = self.span(at..at + 1 + split)?;
        let first = at + 1 + split;
        // `ifølge henne`
        let object = self.pronoun(first).is_some_and(|p| p.object && p.person == 3).then_some(Source { tokens: first..first + 1 });
        let mut source = object.or_else(|| self.source_after(first, sentence.end))?;
        let mut next = source.tokens.end;
        // `Ifølge en mann avisen har snakket med, skal …`: a relative clause that has lost its `som`.
        if at == sentence.start && self.opens_bare_relative(next) {
            next = (next..sentence.end).find(|&i| self.form(i) == "," && self.has(i + 1, Class::FINITE)).unwrap_or(next);
        }
        // The verb stands second: `Ifølge en talsmann for de militære ble …`, `Ifølge Partiets leder og lederen i laget kan …`
        let named = self.only_person(source.tokens.clone()).is_some();
        if at == sentence.start && !named && !self.has(next, Class::FINITE) && self.form(next) != "," {
            let verb = (next + 1..sentence.end.min(next + 8)).find(|&i| {
                self.form(i) == "," || self.has(i, Class::FINITE) && self.word(i).case == Case::Lower && !self.has(i, Class::PREPOSITION)
            });
            if let Some(verb) = verb.filter(|&v| {
                self.form(v) != ","
                    && !(next..v).any(|i| {
                        self.opens_clause(i)
                            || self.has(i, Class::CALENDAR.or(Class::TIME))
                            || self.pronoun(i).is_some_and(|p| !p.possessive && !p.plural)
                    })
            }) {
                source.tokens.end = verb;
                next = verb;
            }
        }
        if let Some(person) = self.apposition(next, sentence.end).filter(|_| self.only_person(source.tokens.clone()).is_none()) {
            next = person.tokens.end;
            source = person;
        }
        // Past an aside: `ifølge Kari Nordheim, leder i laget, …`, `ifølge Kari Nordheim, som er leder, …`
        if self.form(next) == "," && at == sentence.start && !self.has(next + 1, Class::FINITE) {
            let relative = self.has(next + 1, Class::RELATIVE);
            let close = (next + 1..sentence.end).find(|&i| self.form(i) == "," || !relative && (i > next + 10 || self.is_verb(i)));
            next = close.filter(|&i| self.form(i) == ",").unwrap_or(next) + 1;
        }
        let mut contents = Vec::new();
        let mut before = at;
        while before > sentence.start && matches!(self.form(before - 1), "," | "–" | "-") {
            before -= 1;
        }
        // `…, men ifølge politiet var …`: what stands before is the writer's.
        let joined = self.has(before - usize::from(before > 0), Class::AND.or(Class::BUT))
            && (before == sentence.start + 1 || self.form(before.saturating_sub(2)) == ",");
        if before > sentence.start && !(joined && self.has(next, Class::FINITE)) {
            contents.push(sentence.start..before);
        }
        // `ifølge ordfører Kari Berg (V)`
        if self.form(next) == "(" {
            next = (next..sentence.end.min(next + 6)).find(|&i| self.form(i) == ")").map_or(next, |close| close + 1);
        }
        if self.form(next) == "," {
            next += 1;
        }
        let rest = next..sentence.end;
        if rest.len() > 2 {
            contents.push(next..self.content_end(next, sentence.end, false));
        }
        (!contents.is_empty()).then_some(Reported { cue, source, contents })
    }

    /// `Saken er, slik Vik hevder, avgjort`, `…, som Vik selv skriver i forordet, …`, `…, slik det går fram av meldingen`: the reporting
    /// clause refers to the sentence around it.
    pub(crate) fn as_they_say(&self, sentence: &Range<usize>) -> Option<Reported> {
        let (open, clause) = (sentence.start + 2..sentence.end).find_map(|i| {
            let parted = self.form(i) == "," || self.kind(i) == TokenKind::Dash;
            let so = self.has(i + 1, Class::DEMONSTRATIVE) && !self.has(i + 1, Class::PRONOUN.or(Class::IT));
            // `som` may be relative; `som han selv sier` is not.
            let (cue, source, end) = if !parted || !(so || self.has(i + 1, Class::RELATIVE)) {
                return None;
            } else if so && self.has(i + 2, Class::IT) {
                let forth = self.has(i + 3, Class::EMERGING_VERB) && self.has(i + 4, Class::FORTH) && self.has(i + 5, Class::COMPLEMENT);
                let source = forth.then(|| self.source_after(i + 6, sentence.end)).flatten()?;
                (self.span(i + 3..i + 4)?, source.clone(), source.tokens.end)
            } else {
                let source = self.source_after(i + 2, sentence.end)?;
                let verb = (source.tokens.end..source.tokens.end + 2).find(|&v| self.finite_verb(v).is_some())?;
                let (after, strength) = self.finite_verb(verb)?;
                let closed = self.ends_clause(after, sentence.end) || self.has(after, Class::IN.or(Class::ADDRESS));
                let first = self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3);
                let themselves = self.has(verb - 1, Class::RESUMES) && verb > source.tokens.end;
                if !closed || first || self.is_nobody(&source) || strength < 2 || !so && !themselves {
                    return None;
                }
                (self.span(verb..after)?, source, after)
            };
            let end = (end..sentence.end.min(end + 8)).find(|&e| self.ends_clause(e, sentence.end) || self.kind(e) == TokenKind::Dash)?;
            Some((i, (cue, source, end)))
        })?;
        let (cue, source, end) = clause;
        let mut contents: Vec<Range<usize>> = std::iter::once(sentence.start..open).collect();
        if end + 2 < sentence.end && self.form(end) == "," {
            contents.push(end + 1..sentence.end);
        }
        Some(Reported { cue, source, contents })
    }

    /// `Etter Ola Viks mening er …`
    pub(crate) fn in_the_opinion(&self, sentence: &Range<usize>) -> Option<Reported> {
        let first = sentence.start;
        let opinion = (first + 2..sentence.end.min(first + 7)).find(|&i| self.has(i, Class::OPINION) && !self.has(i, Class::FINITE))?;
        let owner = match self.mention_at(first + 1) {
            Some((stop, ..)) => first + 1..stop,
            None => first + 1..opinion,
        };
        let genitive =
            self.form(owner.end - 1).ends_with(['s', '\'', '’']) || self.pronoun(first + 1).is_some_and(|p| p.person == 3 && p.possessive);
        let rest = opinion + 1 + usize::from(self.form(opinion + 1) == ",")..sentence.end;
        (self.has(first, Class::AFTER) && genitive && owner.end <= opinion && rest.len() > 2).then_some(())?;
        Some(Reported { cue: self.span(opinion..opinion + 1)?, source: Source { tokens: owner }, contents: vec![rest] })
    }

    /// `I rapporten heter det at …`, `På plakaten står det at …`, `Der går det fram at …`: the place of the words is their source.
    pub(crate) fn there_it_says(&self, sentence: &Range<usize>) -> Option<Reported> {
        let first = sentence.start;
        let verb = (first + 1..sentence.end.min(first + 10))
            .find(|&i| self.has(i, Class::DOCUMENT_VERB.or(Class::EMERGING_VERB)) && self.has(i + 1, Class::IT))?;
        let at = (verb + 2..sentence.end.min(verb + 6)).find(|&i| self.has(i, Class::THAT))?;
        let said = self.has(verb, Class::DOCUMENT_VERB) || at > verb + 2;
        let there = self.has(first, Class::THERE) && verb == first + 1;
        ((self.has(first, Class::COMPLEMENT) || there) && said && at + 2 < sentence.end).then_some(())?;
        let source = if there { Source { tokens: first..verb } } else { self.source_after(first + 1, verb)? };
        let content = at + 1..self.content_end(at + 1, sentence.end, false);
        Some(Reported { cue: self.span(verb..verb + 1)?, source, contents: vec![content] })
    }

    /// `…, som Vik sa til Dagsposten`: the reporting clause that refers back from token `i`.
    pub(crate) fn as_said(&self, i: usize, end: usize) -> Option<(Span, Option<Source>)> {
        let relative = (self.form(i) == "," && self.has(i + 1, Class::RELATIVE)).then_some(i + 2)?;
        let source = self.source_after(relative, end)?;
        let verb = source.tokens.end;
        let (after, strength) = self.finite_verb(verb)?;
        (strength >= 2).then_some((self.span(verb..after)?, Some(source)))
    }

    /// `…, 26 prosent at den er for kald`: the verb of the report before it is left out.
    pub(crate) fn without_verb(&self, after: usize, cue: Span, sentence: &Range<usize>) -> Option<Reported> {
        let source = self.coordinated_source(after, sentence.end)?;
        let start = source.tokens.end + 1;
        let content = start..self.content_end(start, sentence.end, false);
        (content.start < content.end).then_some(Reported { cue, source, contents: vec![content] })
    }

    /// The noun phrase between the comma at token `i` and `at`.
    fn coordinated_source(&self, i: usize, end: usize) -> Option<Source> {
        let source = (self.form(i) == ",").then(|| self.source_after(i + 1, end)).flatten()?;
        self.has(source.tokens.end, Class::THAT).then_some(source)
    }

    /// `Etter det NTB erfarer …`, `Etter det avisa kjenner til …`
    pub(crate) fn as_far_as(&self, sentence: &Range<usize>) -> Option<Reported> {
        let first = sentence.start;
        if !self.has(first, Class::AFTER) || !self.has(first + 1, Class::IT) {
            return None;
        }
        let source = self.source_after(first + 2, sentence.end)?;
        let verb = source.tokens.end;
        let knows = self.has(verb, Class::KNOWING_VERB);
        let after = verb + 1 + usize::from(self.has(verb + 1, Class::KNOWN));
        let after = after + usize::from(self.form(after) == ",");
        (knows && after < sentence.end).then_some(())?;
        Some(Reported { cue: self.span(verb..verb + 1)?, source, contents: std::iter::once(after..sentence.end).collect() })
    }

    /// `De er klare, mener hun.`
    pub(crate) fn clause_first(&self, sentence: &Range<usize>, own: &Range<usize>) -> Option<Reported> {
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
            && !self.has(sentence.start, Class::THAT.or(Class::WHY))
            && !(self.has(sentence.start, Class::PREPOSITION) && self.has(sentence.start + 2, Class::FINITE));
        let clause_rest = || (source.tokens.end..sentence.end).take(8).take_while(|&i| self.form(i) != ",");
        let goes_on = clause_rest().any(|i| self.has(i, Class::THAT) || matches!(self.form(i), ":" | "«"));
        // `…, trodde han ikke sine egne øyne`: the verb has an object of its own.
        let denied = self.has(source.tokens.end, Class::NEGATION) && !self.ends_clause(source.tokens.end + 1, sentence.end);
        if subordinate || goes_on || denied || self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3 && !p.possessive) {
            return None;
        }
        let mut contents: Vec<Range<usize>> = std::iter::once(sentence.start..comma).collect();
        // `Garden har, seier ho, vore i slekta lenge.`: what stands before lacks its end.
        let cut = self.is_verb(comma - 1) && self.form(source.tokens.end) == ",";
        let rest = if cut { source.tokens.end + 1 } else { clause.end };
        // `…, understreker Nordheim, men hun mener at …` reports anew.
        if rest < sentence.end && self.form(rest - 1) == "," && !self.finite_in(rest, sentence.end) {
            contents.push(rest..sentence.end);
        }
        Some(Reported { cue: clause.cue, source, contents })
    }

    /// Whether a clause is followed by nothing but a verb and a person: `Det var på tide, smilte Vik.`
    pub(crate) fn closes_with_verb(&self, comma: usize, sentence: &Range<usize>) -> bool {
        let closed = Class::SUBJUNCTION.or(Class::PREPOSITION);
        let person = self.mention_at(comma + 2).filter(|m| m.1 == EntityKind::Per);
        let stop = person.is_some_and(|(stop, ..)| self.is_stop(stop) && stop + 1 >= sentence.end);
        let main = !self.has(sentence.start, closed)
            && (sentence.start..comma).any(|i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION)));
        stop && main && self.has(comma + 1, Class::FINITE) && !(sentence.start..comma).any(|i| self.form(i) == ",")
    }

    /// `Hun sier at …`, `Hun sier de er klare`, `Hun spør om …`: the first such report whose verb is not before `from`.
    pub(crate) fn that_clause(&self, from: usize, sentence: &Range<usize>) -> Option<Reported> {
        for verb in from..sentence.end {
            if !self.has(verb, Class::REPORTING) || self.marked.is_in_marks(self.doc.tokens()[verb].span.start()) {
                continue;
            }
            // `har blant annet varslet`: a form that may be past or participle is the latter after an auxiliary.
            let compound = (sentence.start..verb).rev().take(4).take_while(|&i| self.form(i) != ",").any(|i| self.has(i, Class::AUXILIARY))
                && self.verb_form(verb, |f| f == VerbForm::Participle).is_some();
            // `den svarte hesten`
            let attributive = self.has(verb, Class::ADJECTIVE)
                && self.has(verb.wrapping_sub(1), Class::DETERMINER)
                && (self.has(verb + 1, Class::NOUN.or(Class::DEFINITE)) || self.word(verb + 1).is_open());
            let finite = self.verb_form(verb, |f| !compound && !attributive && matches!(f, VerbForm::Present | VerbForm::Past));
            let ((after, form), aux) = match finite {
                Some(form) if self.has(verb, Class::FINITE) => (form, verb),
                _ => {
                    // `har … uttalt`, `skal ha sagt`, `må innrømme`
                    let (form, helper, reach) = match self.verb_form(verb, |f| f == VerbForm::Participle) {
                        Some(form) => (form, Class::AUXILIARY, 10),
                        None => match self.verb_form(verb, |f| f == VerbForm::Infinitive) {
                            // `åpnet med å varsle at`
                            Some(form) if form.1.strength > 1 && !form.1.opinion && self.is_governed(verb) => (form, Class::FINITE, 10),
                            Some(form) if form.1.strength > 2 => (form, Class::MODAL, 3),
                            _ => continue,
                        },
                    };
                    let Some(aux) = (sentence.start..verb).rev().take(reach).find(|&i| self.has(i, helper)) else { continue };
                    let modal = || (sentence.start..aux).rev().take(5).find(|&i| self.has(i, Class::FINITE));
                    (form, if self.has(aux, Class::FINITE) { aux } else { modal().unwrap_or(aux) })
                }
            };
            let Some(source) = self.subject_of(aux, sentence.start, sentence.end) else { continue };
            // `Vik beviste at …`: what a person shows is no speech.
            if form.shows && self.mention_at(source.tokens.start).is_some_and(|m| m.1 == EntityKind::Per && m.0 == source.tokens.end) {
                continue;
            }
            let report = Report { verb, form, after, source };
            let Some(content) = self.content_after(&report, sentence) else { continue };
            let source = report.source;
            if source.tokens.end > content.start || content.contains(&source.tokens.start) {
                continue;
            }
            let first_person = self.pronoun(source.tokens.start).is_some_and(|p| p.person < 3 && !p.possessive);
            if first_person || self.is_nobody(&source) {
                continue;
            }
            let Some(cue) = self.span(verb..after) else { continue };
            return Some(Reported { cue, source, contents: vec![content] });
        }
        None
    }

    /// Whether a preposition that tells neither place nor request has the infinitive at token `i`: `med å si`, but not `bedt om å si`.
    fn is_governed(&self, i: usize) -> bool {
        let before = i.saturating_sub(2);
        let mark = self.has(i.saturating_sub(1), Class::INFINITIVE_MARK);
        mark && self.has(before, Class::PREPOSITION) && !self.has(before, Class::PLACE_PREPOSITION.or(Class::WHETHER))
    }

    /// Whether a report stands in a subordinate clause, and ends where the main clause begins: `Da Vik sa at …, gikk hun`, `de som mener
    /// at …, går`.
    fn is_subordinate(&self, report: &Report<'_>, sentence: &Range<usize>) -> bool {
        let opening = (sentence.start..report.verb).rev().find(|&i| self.form(i) == ",").map_or(sentence.start, |c| c + 1);
        let main = (sentence.start..report.verb).any(|i| self.form(i) == "," && self.is_verb(i + 1)) || self.is_verb(opening);
        // `Mener legen at kneet er friskt, går han.`
        let condition = report.verb == sentence.start && !self.is_question(sentence);
        let relative = report.verb > sentence.start && self.has(report.verb - 1, Class::RELATIVE)
            || self.has(report.source.tokens.end, Class::RELATIVE) && report.source.tokens.end < report.verb;
        self.has(opening, Class::SUBJUNCTION) || self.opens_clause(sentence.start) && !main || condition || relative
    }

    /// The clause that a reporting verb introduces, where there is one.
    fn content_after(&self, report: &Report<'_>, sentence: &Range<usize>) -> Option<Range<usize>> {
        let subordinate = self.is_subordinate(report, sentence);
        // Past the verb's own subject, where it stands after the verb.
        let after = report.after.max(report.source.tokens.end);
        let mut i = after;
        let mut commas = 0;
        let limit = sentence.end.min(after + 18);
        while i < limit {
            if let Some((stop, ..)) = self.mention_at(i) {
                i = stop;
                continue;
            }
            let form = self.form(i);
            // `Ho seier og at …`: the adverb, spelt as the conjunction.
            if i == after && self.has(i, Class::AND) && self.has(i + 1, Class::THAT.or(Class::WHETHER)) {
                i += 1;
                continue;
            }
            // `Hun har lovet, da hun ble valgt, at …`
            if form == ","
                && i == after
                && let Some(close) = self.aside(i, limit)
            {
                i = close;
                continue;
            }
            if self.has(i, Class::THAT) && i + 1 < sentence.end {
                // `avviste påstanden om at`: the noun has the clause.
                if i > after + 1 && self.noun_has_clause(i, report.form) {
                    return None;
                }
                return Some(i + 1..self.content_end(i + 1, sentence.end, subordinate));
            }
            // `spør om de kommer`, `forteller hvorfor de kommer`
            let whether = self.has(i, Class::WHETHER);
            if self.has(i, Class::QUESTION_WORD) && i > after + 1 && self.has(i - 1, Class::PREPOSITION) && self.has(i - 2, Class::DEFINITE)
            {
                return None;
            }
            if self.has(i, Class::QUESTION_WORD) && i <= after + 3 && (if whether { report.form.asks } else { report.form.tells }) {
                let start = i + usize::from(whether);
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
            if form == "," && (commas == 1 || i == after && report.source.tokens.start > report.verb) && self.has(i + 1, Class::THAT) {
                i += 1;
                continue;
            }
            if matches!(form, "," | ":" | ";")
                || self.has(i, Class::AND.or(Class::BUT).or(Class::RELATIVE))
                || (i > after
                    && self.has(i, Class::FINITE)
                    && !self.has(i, Class::NOUN.or(Class::DEFINITE).or(Class::PREPOSITION).or(Class::ADJECTIVE).or(Class::ADVERB)))
            {
                break;
            }
            i += 1;
        }
        // `svarte knapper er dyre`: a form that may be an adjective needs its subject beside it.
        let adjective = self.has(report.verb, Class::ADJECTIVE)
            && report.source.tokens.end != report.verb
            && report.source.tokens.start != report.verb + 1;
        if report.form.strength < 2 || !report.form.clause || adjective || self.form(after) == "," {
            return None;
        }
        // `tror ikke de kommer`, but not `nevner ikke boken som kom`
        let after = after + usize::from(report.form.opinion && self.has(after, Class::NEGATION));
        let start = self.bare_clause(after, sentence.end)?;
        Some(start..self.content_end(start, sentence.end, subordinate))
    }

    /// The `at` after the aside that opens with the comma at token `i`.
    fn aside(&self, i: usize, end: usize) -> Option<usize> {
        let close = (i + 2..end).find(|&j| self.form(j) == ",")?;
        let opens = self.opens_clause(i + 1) || self.has(i + 1, Class::DEMONSTRATIVE.or(Class::PREPOSITION));
        (opens && !self.has(i + 1, Class::THAT) && self.has(close + 1, Class::THAT)).then_some(close + 1)
    }

    /// Whether the clause that `at` opens at token `i` belongs to a noun before it: `kritikken av at`, `påstanden om at`. Some verbs have
    /// an object and a clause: `varslet naboene om at`.
    fn noun_has_clause(&self, i: usize, verb: &Verb) -> bool {
        let noun = self.has(i - 2, Class::NOUN.or(Class::DEFINITE)) || self.word(i - 2).is_open() && self.word(i - 2).case == Case::Lower;
        let idiom = verb.rest.last().is_some_and(|w| w.as_ref() == self.form(i - 1));
        noun && !idiom && (self.has(i - 1, Class::OF) || self.has(i - 1, Class::WHETHER) && !verb.informs)
    }

    /// Where a clause without `at` begins at token `after`: a subject and its verb follow, after an adverb at most.
    fn bare_clause(&self, after: usize, end: usize) -> Option<usize> {
        let mut start = after;
        while self.has(start, Class::ADVERB)
            && !self.has(start, Class::PRONOUN.or(Class::DETERMINER).or(Class::NOUN).or(Class::ADJECTIVE))
            && !self.has(start, Class::NEGATION)
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
        let stop = (start..end).find(|&j| matches!(self.form(j), ":" | ";" | ".")).unwrap_or(end);
        let unsure = Class::NOUN.or(Class::DEFINITE).or(Class::PREPOSITION).or(Class::ADJECTIVE).or(Class::PARTICIPLE);
        // `går` is a verb but in `i går`; what follows a pronoun is one.
        let sure = |j: usize| {
            self.pronoun(j - 1).is_some_and(|p| !p.possessive) || self.has(j, Class::PLAIN_VERB) && !self.has(j - 1, Class::PREPOSITION)
        };
        // The first verb after `som` is the relative clause's.
        let mut relative = false;
        let finite = (start + 1..stop.min(start + 20)).find(|&j| {
            // `skrev en vise om hvorfor alle hadde reist`: the verb is that of the question.
            relative |= self.has(j, Class::RELATIVE) || self.has(j, Class::QUESTION_WORD) && !self.has(j, Class::WHETHER);
            let verb = self.has(j, Class::FINITE) && (!self.has(j, unsure) || sure(j));
            verb && !std::mem::take(&mut relative)
        })?;
        // A subject must stand between, and nothing that makes it one clause with the verb.
        let nominal = Class::PRONOUN.or(Class::PERSONAL).or(Class::NOUN).or(Class::DEFINITE).or(Class::DETERMINER);
        let own = (start..finite)
            .any(|j| self.mention_at(j).is_some() || self.has(j, nominal) || self.word(j).is_open() || self.kind(j) == TokenKind::Number);
        let relative = (start..finite).any(|j| self.has(j, Class::RELATIVE));
        let comma = |j: usize| self.form(j) == "," && !relative && !self.marked.is_quoted(self.doc.tokens()[j].span.start());
        let coordinated = (start..finite).any(|j| self.has(j, Class::BREAK) || comma(j))
            || self.has(finite - 1, Class::AND.or(Class::THAT).or(Class::INFINITIVE_MARK));
        // `tilbyr alle å komme`
        let infinitive = (start..finite).any(|j| self.has(j, Class::INFINITIVE_MARK) && !self.has(j - 1, Class::PREPOSITION));
        // `Hun sier det alle ventet på:` tells of what follows.
        let introduces = self.form(end - 1) == ":" && self.has(start, Class::DEMONSTRATIVE);
        (own && !coordinated && !infinitive && !introduces).then_some(start)
    }

    /// Whether a noun phrase begins with token `i`.
    pub(crate) fn phrase_starts(&self, i: usize) -> bool {
        self.mention_at(i).is_some() || self.title(i).is_some()
    }

    /// Where reported content ends: with its sentence, or before a coordinated clause that goes on about the source.
    pub(crate) fn content_end(&self, start: usize, end: usize, subordinate: bool) -> usize {
        for i in start + 1..end {
            // `… – noe hun mener er galt`: the writer's remark.
            if self.form(i) == ";"
                || self.kind(i) == TokenKind::Dash && self.has(i + 1, Class::NOT_SOURCE) && self.has(i + 1, Class::PRONOUN)
            {
                return i;
            }
            // `… og fylkeslegen mente at …`: the next report.
            if self.has(i, Class::AND.or(Class::BUT)) && i + 2 < end {
                let verb = (i + 2..end.min(i + 6)).find(|&j| self.finite_verb(j).is_some_and(|(_, s)| s >= 2));
                if verb.is_some_and(|v| {
                    self.phrase_before(v, i + 1).is_some_and(|p| p.tokens.start == i + 1) && !self.has(start.saturating_sub(1), Class::AND)
                }) {
                    return i;
                }
                if self.form(i - 1) != "," && self.finite_verb(i + 1).is_some_and(|(e, s)| s >= 2 && self.has(e, Class::THAT)) {
                    return i;
                }
            }
            if self.form(i) != "," {
                continue;
            }
            // `, 26 prosent at …`, `, mens Vik vil noe annet`: another source, or the writer's contrast.
            if self.coordinated_source(i, end).is_some() || self.has(i + 1, Class::WHILE) {
                return i;
            }
            let next = i + 1 + usize::from(self.has(i + 1, Class::ADVERB));
            if subordinate && self.is_verb(next) && self.word(next).case == Case::Lower {
                return i;
            }
            if self.has(i + 1, Class::AND.or(Class::BUT)) {
                // `, men vil ikke …`: the source's own verb.
                if self.has(i + 2, Class::FINITE) && !self.has(i + 2, Class::NOUN.or(Class::PREPOSITION).or(Class::SUBJUNCTION)) {
                    return i;
                }
                // `, men Vik mener at …`, `, mens 40 prosent sa det var feil`: somebody else's report.
                let reports = (i + 2..end.min(i + 9)).any(|j| {
                    self.finite_verb(j).is_some_and(|(e, s)| {
                        let own = || {
                            !self.has(i + 1, Class::AND)
                                && j > i + 2
                                && self.phrase_before(j, i + 2).is_some_and(|p| p.tokens.start == i + 2)
                        };
                        s >= 2 && (self.has(e, Class::THAT) || self.pronoun(e).is_some() || own())
                    })
                });
                if reports && (!self.has(i + 1, Class::AND) || !self.has(i + 2, Class::THAT)) {
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
