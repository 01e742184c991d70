//! The grammar of a sentence as far as word classes tell: noun phrases, and the subjects of verbs.

use std::ops::Range;

use crate::document::Document;
use crate::lexicon::{Case, Class, Form, Lexicon, Pronoun, Title, Word};
use crate::marks::Marked;
use crate::names::{EntityKind, MentionForm};
use crate::normalize::lower;
use crate::span::Span;
use crate::tokenize::TokenKind;

/// How many tokens a sentence is read to on either side, so that one without end costs no more than many short ones.
pub(crate) const WINDOW: usize = 150;

/// How many sentences back a plural pronoun looks.
const NEAR: usize = 2;

/// The words of a reporting clause's subject.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub tokens: Range<usize>,
}

/// The words of a document with what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Syntax<'a> {
    pub doc: &'a Document,
    pub words: &'a [Word<'a>],
    pub lexicon: &'a Lexicon,
    pub marked: &'a Marked,
}

impl<'a> Syntax<'a> {
    pub(crate) fn form(&self, i: usize) -> &'a str {
        self.word(i).key.unwrap_or_else(|| self.doc.tokens().get(i).map_or("", |t| &self.doc.text()[t.span]))
    }

    pub(crate) fn kind(&self, i: usize) -> TokenKind {
        self.doc.tokens().get(i).map_or(TokenKind::Symbol, |t| t.kind)
    }

    pub(crate) fn word(&self, i: usize) -> Word<'a> {
        self.words.get(i).copied().unwrap_or(Word::NONE)
    }

    /// The title or role that token `i` is.
    pub(crate) fn title(&self, i: usize) -> Option<Title> {
        self.lexicon.title(&lower(self.form(i)))
    }

    pub(crate) fn has(&self, i: usize, class: Class) -> bool {
        self.word(i).has(class)
    }

    pub(crate) fn span(&self, tokens: Range<usize>) -> Option<Span> {
        let all = self.doc.tokens();
        let (first, last) = (all.get(tokens.start)?, all.get(tokens.end.checked_sub(1)?)?);
        (tokens.start < tokens.end).then(|| first.span.to(last.span))
    }

    pub(crate) fn token_at(&self, offset: usize) -> usize {
        self.doc.tokens().partition_point(|t| t.span.start() < offset)
    }

    /// Whether what ends a span ends the other too, but for two marks.
    pub(crate) fn closes(&self, part: Span, whole: Span) -> bool {
        self.token_at(part.end()) + 2 >= self.token_at(whole.end())
    }

    pub(crate) fn pronoun(&self, i: usize) -> Option<Pronoun> {
        self.word(i).pronoun()
    }

    /// The mention that begins with token `i`: its end, kind, form and entity.
    pub(crate) fn mention_at(&self, i: usize) -> Option<(usize, EntityKind, MentionForm, usize)> {
        let start = self.doc.tokens().get(i)?.span.start();
        let m = self.doc.mentions().binary_search_by_key(&start, |m| m.span.start()).ok()?;
        let m = &self.doc.mentions()[m];
        Some((self.token_at(m.span.end()), m.kind, m.form, m.entity))
    }

    /// The mention that ends before token `end`: its first token and kind.
    pub(crate) fn mention_before(&self, end: usize) -> Option<(usize, EntityKind, usize)> {
        let at = self.doc.tokens().get(end.checked_sub(1)?)?.span.end();
        let i = self.doc.mentions().partition_point(|m| m.span.end() < at);
        let m = self.doc.mentions().get(i).filter(|m| m.span.end() == at && m.form == MentionForm::Name)?;
        Some((self.token_at(m.span.start()), m.kind, m.entity))
    }

    pub(crate) fn is_stop(&self, i: usize) -> bool {
        matches!(self.form(i), "." | "!" | "?" | "…" | "...")
            || (i + 1 < self.doc.tokens().len() && self.kind(i) == TokenKind::Abbreviation && self.ends_sentence(i))
    }

    /// Whether a sentence ends with token `i`.
    pub(crate) fn ends_sentence(&self, i: usize) -> bool {
        let Some(token) = self.doc.tokens().get(i) else { return true };
        self.doc.sentence_at(token.span.start()).is_none_or(|s| s.tokens.end == i + 1)
    }

    /// The sentence around token `i`; of one without end, the part around it.
    pub(crate) fn sentence_range(&self, i: usize) -> Range<usize> {
        let Some(token) = self.doc.tokens().get(i) else { return i..i };
        let sentence = self.doc.sentence_at(token.span.start()).map_or(i..i + 1, |s| s.tokens.clone());
        sentence.start.max(i.saturating_sub(WINDOW))..sentence.end.min(i + WINDOW)
    }

    pub(crate) fn is_question(&self, range: &Range<usize>) -> bool {
        self.form(range.end - 1) == "?"
    }

    pub(crate) fn next_is_dash(&self, block: usize, end: usize) -> bool {
        let Some(next) = self.doc.blocks().get(block + 1) else { return false };
        let token = self.token_at(next.span.start());
        self.doc.tokens().get(end).is_some_and(|t| t.kind == TokenKind::Dash) || self.kind(token) == TokenKind::Dash
    }

    /// Whom a reporting clause says the words were spoken to: `sier hun til NTB`, `overfor VG bekrefter Vik at`.
    pub(crate) fn addressee(&self, cue: &Range<usize>, source: Option<&Range<usize>>) -> Option<Range<usize>> {
        let sentence = self.sentence_range(cue.start);
        let name = |i: usize| self.mention_at(i).filter(|_| i < sentence.end).map(|m| m.0);
        let named = |i: usize| {
            let noun = name(i + 1).or_else(|| (i + 1 < sentence.end && self.has(i + 1, Class::DEFINITE)).then_some(i + 2));
            noun.filter(|_| self.has(i, Class::ADDRESS)).map(|stop| i + 1..name(stop).unwrap_or(stop))
        };
        // `Til NRK sier …`
        if let Some(first) = named(sentence.start).filter(|a| a.end == cue.start) {
            return Some(first);
        }
        let after = source.map_or(cue.end, |s| s.end.max(cue.end));
        let ends = |i: &usize| self.is_stop(*i) || self.has(*i, Class::THAT.or(Class::AND).or(Class::RELATIVE));
        let before = cue.end..source.map_or(cue.end, |s| s.start.max(cue.end));
        before.chain(after..sentence.end.min(after + 10).max(after)).take_while(|i| !ends(i)).find_map(named)
    }

    /// The persons that a sentence names, but for genitives.
    pub(crate) fn people(&self, sentence: &Range<usize>) -> impl Iterator<Item = usize> {
        let named = sentence.clone().filter_map(|i| self.mention_at(i));
        let speaks = |&(stop, kind, _, entity): &(usize, EntityKind, MentionForm, usize)| {
            kind == EntityKind::Per && !self.is_genitive(stop, entity) && self.is_named(entity)
        };
        named.filter(speaks).map(|m| m.3)
    }

    /// The one person that the tokens name.
    pub(crate) fn only_person(&self, tokens: Range<usize>) -> Option<Source> {
        let mut named = tokens.filter_map(|i| self.mention_at(i).filter(|m| m.1 == EntityKind::Per).map(|m| (i, m)));
        let (first, (stop, .., entity)) = named.next()?;
        named.all(|(_, m)| m.3 == entity).then_some(Source { tokens: first..stop })
    }

    /// The group that a plural pronoun at token `i` means: the last subject before it that is several persons or a plural noun.
    pub(crate) fn group_before(&self, i: usize) -> Option<Source> {
        let here = self.doc.tokens().get(i)?.span.start();
        let n = self.doc.sentences().partition_point(|s| s.span.end() <= here);
        let plural = |source: &Source| {
            let head = self.title(source.tokens.end - 1).is_some_and(|t| matches!(t.form, Form::Plural | Form::PluralDefinite));
            let first = self.mention_at(source.tokens.start).map(|m| m.0);
            head || first.is_some_and(|stop| self.has(stop, Class::AND) && self.coordinated(stop, source.tokens.end) == source.tokens.end)
        };
        self.doc.sentences()[..n].iter().rev().take(NEAR).find_map(|s| {
            let verb = (s.tokens.start..s.tokens.end.min(s.tokens.start + WINDOW))
                .find(|&t| self.is_verb(t) && self.word(t).case == Case::Lower)?;
            self.subject_of(verb, s.tokens.start, s.tokens.end.min(verb + WINDOW)).filter(plural)
        })
    }

    /// What a title at token `i` was when it first came: `kommunens miljøleder` of `miljølederen`.
    pub(crate) fn title_before(&self, i: usize, title: &Title) -> Option<Span> {
        let same = |j: &usize| {
            let owned = self.form(j - 1).ends_with('s') && self.word(j - 1).case == Case::Lower;
            owned && self.has(j - 1, Class::NOUN.or(Class::DEFINITE)) && self.title(*j).is_some_and(|t| t.lemma == title.lemma)
        };
        (i.saturating_sub(WINDOW).max(1)..i).rev().find(same).and_then(|j| self.span(j - 1..j + 1))
    }

    /// What `der` at token `i` refers to: the last name of no person, or noun after a preposition, in the sentence before.
    pub(crate) fn place_before(&self, i: usize) -> Option<Source> {
        let near = self.sentence_range(i.checked_sub(1)?).start;
        (near..i).rev().find_map(|j| match self.mention_at(j) {
            Some((stop, kind, MentionForm::Name, _)) => (kind != EntityKind::Per).then_some(Source { tokens: j..stop }),
            _ => {
                let noun = self.has(j, Class::DEFINITE) || self.word(j).is_open();
                (j > near && noun && self.has(j - 1, Class::PREPOSITION) && !self.has(j, Class::OCCASION))
                    .then_some(Source { tokens: j..j + 1 })
            }
        })
    }

    /// Of whom a share is that does not tell, as `av velgerne` in `51 prosent av velgerne sier ja, 26 prosent at …`: the nearest share in
    /// the paragraph that tells, before it rather than after.
    pub(crate) fn share_of(&self, range: &Range<usize>) -> Option<Span> {
        let percent = |i: usize| self.kind(i) == TokenKind::Number && self.has(i + 1, Class::MEASURE);
        if range.len() != 2 || !percent(range.start) {
            return None;
        }
        let block = self.doc.block_at(self.doc.tokens().get(range.start)?.span.start())?.span;
        let tells = |i: &usize| percent(*i) && self.has(i + 2, Class::OF) && block.contains(self.doc.tokens()[i + 2].span);
        let first = range.start.saturating_sub(WINDOW);
        let at =
            (first..range.start).rev().find(tells).or_else(|| (range.end..self.doc.tokens().len().min(range.end + WINDOW)).find(tells))?;
        self.span(at + 2..self.noun_phrase_end(at + 3, at + 8).max(at + 3).min(self.doc.tokens().len())).filter(|s| block.contains(*s))
    }

    /// The person who is the subject of a sentence's first verb.
    pub(crate) fn person_as_subject(&self, sentence: &Range<usize>) -> Option<usize> {
        let verb = sentence.clone().find(|&i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION)))?;
        let source = self.subject_of(verb, sentence.start, sentence.end)?;
        let ahead = self.person_ahead(source.tokens.start, verb).map(|s| s.tokens.start);
        let (.., kind, _, entity) = self.mention_at(ahead.unwrap_or(source.tokens.start))?;
        (kind == EntityKind::Per && self.is_named(entity)).then_some(entity)
    }

    /// The subject that begins with token `k`: a pronoun, a name with or without a title, or a description.
    pub(crate) fn source_after(&self, k: usize, end: usize) -> Option<Source> {
        if k >= end {
            return None;
        }
        // `både Berg og Vik`
        if self.has(k, Class::BOTH) {
            return self.source_after(k + 1, end);
        }
        if let Some(p) = self.pronoun(k).filter(|p| !p.possessive) {
            return (p.may_speak() && self.kind(k) == TokenKind::Word).then_some(Source { tokens: k..k + 1 });
        }
        // `hans forsvarer, advokat Kari Berg`
        if self.pronoun(k).is_some_and(|p| p.person == 3) {
            let stop = self.description_end(k + 1, end);
            let person = self.person_ahead(k + 1, end).or_else(|| self.apposition(stop, end));
            return person.or_else(|| (stop > k + 1).then_some(Source { tokens: k..stop }));
        }
        if let Some((stop, kind, form, entity)) = self.mention_at(k) {
            let genitive = self.owns(stop, form, entity);
            // `VG-redaktør Kari Nordheim`, `Høyres Ola Vik`: the person after it.
            if (genitive || form == MentionForm::Name && kind != EntityKind::Per)
                && let Some(person) = self.person_ahead(stop, end)
            {
                return Some(person);
            }
            // `Kirkens egne råd`, `Danmarks ambassadør`
            if genitive {
                return Some(Source { tokens: k..self.description_end(stop, end) });
            }
            // `presten Ola Vik`, of whom the text has spoken without the title
            if form == MentionForm::Role
                && let Some((last, EntityKind::Per, MentionForm::Name, _)) = self.mention_at(stop)
            {
                return Some(Source { tokens: stop..self.coordinated(last, end) });
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
            || word.has(Class::ADJECTIVE) && !word.has(Class::NOUN.or(Class::TITLE)) && self.ends_clause(k + 1, end);
        if !starts || adverbial || self.has(k, Class::NOT_SOURCE) {
            return None;
        }
        let stop = self.description_end(k, end);
        (stop > k).then_some(Source { tokens: k..stop })
    }

    /// Whether an entity has a name, rather than a description; names may begin with a small letter too: `bin Laden`.
    pub(crate) fn is_named(&self, entity: usize) -> bool {
        let Some(entity) = self.doc.entities().get(entity) else { return false };
        let first = entity.mentions.first().and_then(|&m| self.doc.mentions().get(m));
        !entity.name.starts_with(char::is_lowercase) || first.is_some_and(|m| m.form == MentionForm::Name)
    }

    /// Whether the mention of an entity that ends before token `stop` is a genitive: `Kirkens`, `Hans'`.
    pub(crate) fn is_genitive(&self, stop: usize, entity: usize) -> bool {
        let last = self.form(stop.saturating_sub(1));
        let name = self.doc.entities().get(entity).and_then(|e| e.name.rsplit(' ').next()).unwrap_or("");
        last.ends_with(['\'', '’']) || (last.ends_with(['s', 'S']) && last.len() > name.len() && !name.is_empty())
    }

    /// Whether the mention that ends before token `stop` has what follows: `Kirkens egne råd`, `ordførerens bror`.
    pub(crate) fn owns(&self, stop: usize, form: MentionForm, entity: usize) -> bool {
        let last = stop.saturating_sub(1);
        match form {
            MentionForm::Name => self.is_genitive(stop, entity),
            MentionForm::Role => self.form(last).ends_with('s') && self.title(last).is_none(),
            _ => false,
        }
    }

    /// Past the second of two coordinated people: `Kari Nordheim og Ola Berg`.
    pub(crate) fn coordinated(&self, stop: usize, end: usize) -> usize {
        let second = (stop + 1 < end && self.has(stop, Class::AND)).then(|| self.mention_at(stop + 1)).flatten();
        match second {
            Some((after, EntityKind::Per, MentionForm::Name, _)) if self.mention_before(stop).is_some_and(|m| m.1 == EntityKind::Per) => {
                after
            }
            _ => stop,
        }
    }

    /// A personal name a few words on, with only titles, adjectives and their complements before it: `leder i Norsk Havbruk, Kari Nordheim`.
    pub(crate) fn person_ahead(&self, k: usize, end: usize) -> Option<Source> {
        let mut i = k;
        let mut titled = false;
        while i < end.min(k + 14) {
            if let Some((stop, kind, form, _)) = self.mention_at(i) {
                // `konservator ved Kittelsen-museet, Kari Berg`: a complement is not the person.
                let complement = i > k && titled && self.has(i - 1, Class::COMPLEMENT);
                if kind == EntityKind::Per && form == MentionForm::Name && !complement {
                    return Some(Source { tokens: i..self.coordinated(stop, end) });
                }
                if form == MentionForm::Pronoun {
                    return None;
                }
                i = stop;
                continue;
            }
            let word = self.word(i);
            // `landbruks- og matminister Kari Berg`
            if self.form(i).ends_with('-') && self.has(i + 1, Class::AND) {
                i += 2;
                continue;
            }
            titled |= self.title(i).is_some();
            // `fagforeninga Landslaget (LL), Kari Berg`
            if self.form(i) == "(" {
                i = (i + 1..end.min(i + 6)).find(|&j| self.form(j) == ")")? + 1;
                continue;
            }
            let part = (self.has(i, Class::AND) || self.has(i, Class::COMPLEMENT)) && titled
                || self.form(i) == "," && titled && self.mention_at(i + 1).is_some_and(|m| m.1 == EntityKind::Per);
            let inner = word.case != Case::None
                && !word.has(Class::FINITE.or(Class::PREPOSITION).or(Class::SUBJUNCTION).or(Class::CONJUNCTION))
                || self.title(i).is_some()
                || self.kind(i) == TokenKind::Number;
            if !part && !inner {
                return None;
            }
            i += 1;
        }
        None
    }

    /// The name with which a phrase begins, titles before a person's aside; no genitive.
    fn named_at(&self, k: usize, end: usize) -> Option<Source> {
        let named = |i: usize| {
            let (stop, kind, form, entity) = self.mention_at(i)?;
            (form == MentionForm::Name && !self.is_genitive(stop, entity)).then_some((stop, kind))
        };
        match named(k) {
            Some((stop, _)) => Some(Source { tokens: k..stop }),
            None => self
                .person_ahead(k, end)
                .filter(|p| named(p.tokens.start).is_some_and(|(stop, kind)| kind == EntityKind::Per && stop == p.tokens.end)),
        }
    }

    /// The person whom an apposition from the comma at `stop` names: `forsvareren, advokat Kari Berg, sier`.
    pub(crate) fn apposition(&self, stop: usize, end: usize) -> Option<Source> {
        let person = (self.form(stop) == ",").then(|| self.person_ahead(stop + 1, end)).flatten()?;
        (self.form(person.tokens.end) == "," || self.is_stop(person.tokens.end)).then_some(person)
    }

    /// A role goes on with its complement: `lederen i foreningen`; a name or pronoun stands alone.
    pub(crate) fn with_description(&self, stop: usize, end: usize, form: MentionForm) -> usize {
        if form == MentionForm::Role { self.complement_end(stop, end) } else { stop }
    }

    /// Where a description ends that begins at `k`: its noun, and complements with `i`, `for`, `fra`, `ved`, `av`, `på`.
    pub(crate) fn description_end(&self, k: usize, end: usize) -> usize {
        let mut i = k;
        let mut noun = false;
        while i < end.min(k + 8) {
            let word = self.word(i);
            if let Some((stop, ..)) = self.mention_at(i) {
                // `flere naboer avisen har snakket med`
                if noun && self.has(stop, Class::FINITE) {
                    break;
                }
                noun = true;
                i = stop;
                continue;
            }
            let is_noun =
                word.has(Class::NOUN.or(Class::DEFINITE).or(Class::TITLE).or(Class::DEMONYM)) || word.is_open() || self.title(i).is_some();
            // `den spinozistiske teologien`: an adjective that no list has.
            let unlisted = i > k
                && word.is_open()
                && self.form(i).ends_with('e')
                && self.has(i - 1, Class::DETERMINER)
                && (self.has(i + 1, Class::DEFINITE) || self.word(i + 1).is_open());
            let inner = word.has(Class::DETERMINER.or(Class::ADJECTIVE).or(Class::PARTICIPLE))
                || unlisted
                || self.kind(i) == TokenKind::Number
                || self.pronoun(i).is_some_and(|p| p.possessive);
            // `en av vaktene`, `flere av dem`
            if i > k && !noun && self.has(i, Class::OF) {
                return self.complement_end(i, end);
            }
            // `instituttets egne tall`
            let owned = noun && inner && self.form(i - 1).ends_with('s') && !self.has(i, Class::PARTICIPLE);
            if word.case == Case::None && self.kind(i) != TokenKind::Number || (noun && !is_noun && !owned) || !(is_noun || inner) {
                break;
            }
            // A noun after the noun ends it, unless the first was a measure or a genitive: `en gruppe forskere`.
            if noun && is_noun && !self.form(i - 1).ends_with('s') && !self.has(i - 1, Class::MEASURE) {
                break;
            }
            noun &= !owned;
            noun |= is_noun && !inner || is_noun && !self.has(i + 1, Class::NOUN.or(Class::DEFINITE)) && !self.word(i + 1).is_open();
            i += 1;
        }
        if !noun {
            return k;
        }
        self.complement_end(i, end)
    }

    pub(crate) fn complement_end(&self, from: usize, end: usize) -> usize {
        let mut i = from;
        for _ in 0..2 {
            if i + 1 >= end || !(self.has(i, Class::AND) || self.has(i, Class::COMPLEMENT)) {
                break;
            }
            if self.has(i, Class::IN) && self.has(i + 1, Class::OCCASION) {
                break;
            }
            let stop = if self.has(i, Class::AND) && !(self.has(i + 1, Class::TITLE) || self.mention_at(i + 1).is_some()) {
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

    pub(crate) fn noun_phrase_end(&self, k: usize, end: usize) -> usize {
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
    pub(crate) fn subject_of(&self, verb: usize, start: usize, end: usize) -> Option<Source> {
        let after = self.pronoun(verb + 1).is_some_and(Pronoun::may_speak);
        // `Lars Bakke trur dei vinn`: the pronoun is the next clause's.
        let next = verb + 2 + usize::from(self.has(verb + 2, Class::ADVERB));
        let embedded = || self.has(next, Class::FINITE) && self.phrase_before(verb, start).is_some();
        if after && !embedded() && self.pronoun(verb.wrapping_sub(1)).is_none_or(|p| p.possessive) {
            return self.source_after(verb + 1, end);
        }
        // `Han smilte og sa at …`: the subject of the verb before.
        if verb > start + 1
            && (self.has(verb - 1, Class::AND.or(Class::BUT))
                || (verb > start + 2 && self.has(verb - 2, Class::AND.or(Class::BUT)) && self.has(verb - 1, Class::ADVERB)))
        {
            let other = Class::NOUN.or(Class::PREPOSITION).or(Class::SUBJUNCTION);
            let finite = |i: &usize| self.has(*i, Class::FINITE) && !self.has(*i, other) && self.mention_before(*i + 1).is_none();
            // `når avisen ringer og sier`: the clause of its own subjunction.
            let opens = |i: usize| self.form(i) == "," || self.opens_clause(i) && !self.has(i, Class::THAT.or(Class::RELATIVE));
            let clause = (start..verb - 1).rev().find(|&i| opens(i)).map_or(start, |c| c + 1);
            // `Det er rett, sier hun, og legger til at …`
            let said = |&b: &usize| {
                let known = self.form(b - 1) == "," && self.word(b).case == Case::Lower && self.word(b).has(Class::REPORTING);
                known && (start..b - 1).any(|i| self.is_verb(i) && self.mention_before(i + 1).is_none())
            };
            let inverted = || (start + 1..verb - 1).rev().find(said).and_then(|b| self.source_after(b + 1, verb - 1));
            if self.form(clause.saturating_sub(1)) == ","
                && clause + 1 == verb
                && let Some(source) = inverted()
            {
                return Some(source);
            }
            let before = (clause..verb - 1).find(finite).map(|b| (b, clause)).or_else(|| Some(((start..verb - 1).find(finite)?, start)));
            return match before {
                Some((before, start)) => self.subject_of(before, start, verb - 1),
                None => self.source_after(start, verb - 1),
            };
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
                // `Rett nok mener Vik`: a bare noun before the verb is no subject where a name follows.
                let full = Class::PERSONAL.or(Class::DETERMINER).or(Class::DEFINITE).or(Class::TITLE);
                let bare = stop < verb && !source.tokens.clone().any(|i| self.has(i, full) || self.phrase_starts(i));
                let name = self.mention_at(verb + 1).filter(|m| bare && m.2 == MentionForm::Name && !self.is_verb(m.0));
                return name.and_then(|_| self.source_after(verb + 1, end)).or(Some(source));
            }
        }
        self.source_after(self.past_adverbs(verb + 1, end), end)
    }

    /// Whether token `i` is a finite verb and can be nothing else.
    pub(crate) fn is_verb(&self, i: usize) -> bool {
        self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::PREPOSITION).or(Class::ADJECTIVE))
    }

    /// Whether token `i` is a subjunction and can be nothing else: `at`, `mens`, `når`.
    pub(crate) fn opens_clause(&self, i: usize) -> bool {
        let other = Class::NOUN.or(Class::PREPOSITION).or(Class::PRONOUN).or(Class::DETERMINER).or(Class::FINITE);
        self.has(i, Class::RELATIVE) || self.has(i, Class::SUBJUNCTION) && !self.has(i, other) && self.word(i).case != Case::None
    }

    /// Whether a subject and its verb follow from token `i`, as in a relative clause that has lost its `som`.
    pub(crate) fn opens_bare_relative(&self, i: usize) -> bool {
        let verb = self.mention_at(i).map_or(i + usize::from(self.has(i, Class::PERSONAL.or(Class::DEFINITE))), |m| m.0);
        verb > i && self.is_verb(verb)
    }

    /// `mange`, `man`, `folk`: nobody in particular.
    pub(crate) fn is_nobody(&self, source: &Source) -> bool {
        source.tokens.len() == 1 && self.has(source.tokens.start, Class::NOBODY) && !self.has(source.tokens.end, Class::RELATIVE)
    }

    /// The noun phrase that ends before token `stop`.
    pub(crate) fn phrase_before(&self, stop: usize, start: usize) -> Option<Source> {
        let last = stop.checked_sub(1).filter(|&l| l >= start)?;
        if let Some(p) = self.pronoun(last) {
            // `Vik er blant dem som tror`: he does too.
            let among = p.plural && self.has(stop, Class::RELATIVE) && last > start && self.has(last - 1, Class::PREPOSITION);
            if among && let Some(copula) = (start..last).find(|&i| self.has(i, Class::COPULA)) {
                return self.subject_of(copula, start, last);
            }
            // `en av dem, som nå er snekker, skrev`
            if p.plural && last >= start + 2 && self.has(last - 1, Class::OF) && !self.has(stop, Class::RELATIVE) {
                return Some(Source { tokens: last - 2..stop });
            }
            return p.may_speak().then_some(Source { tokens: last..stop });
        }
        // `folk i bygda som mener`, `ordføreren, som også sier`
        if self.has(last, Class::RELATIVE) {
            let stop = if last > start && self.form(last - 1) == "," { last - 1 } else { last };
            let near = self.phrase_before(stop, start);
            // `Dag Vik ved universitetet, som sier`: the person rather than where they work.
            let whole = self.nominal_before(stop, start).filter(|w| {
                let wider = near.as_ref().is_none_or(|n| w.tokens.start < n.tokens.start && n.tokens.len() < w.tokens.len());
                wider
                    && (near.is_none() || w.tokens.clone().any(|i| self.title(i).is_some()) || self.only_person(w.tokens.clone()).is_some())
            });
            return whole.or(near);
        }
        // `Nordheim, som er leder i laget, sier`: past the aside, unless it is a name: `lederen i laget, Kari Nordheim, sier`.
        if self.form(last) == "," {
            // `En mann som bor der, sier`: a comma ends the relative clause.
            let Some(open) = (start..last).rev().find(|&i| self.form(i) == ",") else {
                // `Ei undersøking NTB har gjort, viser`
                let whole = self.description_end(start, last);
                if whole > start && self.opens_bare_relative(whole) {
                    return Some(Source { tokens: start..whole });
                }
                let relative = (start + 1..last).rev().find(|&i| self.has(i, Class::RELATIVE))?;
                return self.phrase_before(relative + 1, start);
            };
            if self.mention_before(open).is_none_or(|m| m.1 != EntityKind::Per)
                && let Some(person) = self.apposition(open, last + 1)
            {
                return Some(person);
            }
            return self.phrase_before(open, start);
        }
        if self.form(last) == ")" {
            let open = (start..last).rev().find(|&i| self.form(i) == "(")?;
            return self.phrase_before(open, start);
        }
        let clause = (start..last)
            .rev()
            .find(|&i| {
                matches!(self.form(i), "," | ":" | ";" | "«" | "»")
                    || self.has(i, Class::BUT)
                    || self.kind(i) == TokenKind::Dash
                    || self.opens_clause(i)
            })
            .map_or(start, |i| i + 1);
        let clause = if self.has(clause, Class::AND.or(Class::BUT)) { clause + 1 } else { clause };
        if let Some((first, kind, _)) = self.mention_before(stop) {
            if kind == EntityKind::Per
                && first > start
                && self.has(first - 1, Class::AND)
                && let Some((other, EntityKind::Per, _)) = self.mention_before(first - 1)
                && (other == start || other > start && !self.has(other - 1, Class::PREPOSITION))
            {
                return Some(Source { tokens: other..stop });
            }
            // `Forsker Kari Vik ved instituttet meiner`, `NRK i Bergen melder`: the name is who speaks, the rest says which.
            if first > clause
                && let Some(named) = self.named_at(clause, first)
                && self.has(named.tokens.end, Class::COMPLEMENT)
            {
                return Some(named);
            }
            let mut chain = first;
            while chain > clause && self.has(chain - 1, Class::AND) {
                let Some((before, ..)) = self.mention_before(chain - 1) else { break };
                chain = before;
            }
            let governed = chain > clause && self.has(chain - 1, Class::PREPOSITION) && !self.has(chain - 1, Class::SUBJUNCTION);
            if (kind == EntityKind::Per && !governed) || first == clause {
                return Some(Source { tokens: first..stop });
            }
            // `Talsmannen for Telenor sier`: the description around it.
            let opens = self.title(clause).is_some()
                || self.has(clause, Class::DETERMINER.or(Class::DEFINITE).or(Class::NOUN)) && !self.has(clause, Class::PARTICIPLE)
                || self.word(clause).is_open();
            if opens && stop - clause <= 9 && !self.has(clause, Class::PREPOSITION) && !(clause..first).any(|i| self.is_verb(i)) {
                return Some(Source { tokens: clause..stop });
            }
            if governed && kind == EntityKind::Per {
                return None;
            }
            return (!self.has(clause, Class::PREPOSITION) || self.has(first.wrapping_sub(1), Class::AND))
                .then_some(Source { tokens: first..stop });
        }
        // `når hun i debatten sa`
        if let Some(p) = self.pronoun(clause).filter(|p| p.person == 3 && !p.possessive && self.has(clause + 1, Class::PREPOSITION)) {
            return p.may_speak().then_some(Source { tokens: clause..clause + 1 });
        }
        let noun = self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::TITLE).or(Class::DETERMINER).or(Class::ADJECTIVE))
            || self.word(last).is_open();
        // `Samtidig har …`, `Tre uker før valget viser …`
        let lone = clause == last
            && (self.has(last, Class::DEMONSTRATIVE) && !self.has(last, Class::IT)
                || self.has(last, Class::ADVERB) && !self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::DETERMINER))
                || self.has(last, Class::ADJECTIVE)
                    && !self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::DETERMINER).or(Class::QUANTIFIER).or(Class::PARTICIPLE)));
        let when = |i: usize| self.has(i, Class::TIME.or(Class::CALENDAR));
        let adverbial = lone
            || when(clause)
            || matches!(self.kind(clause), TokenKind::Number | TokenKind::Ordinal) && when(clause + 1)
            || self.has(clause, Class::DETERMINER) && when(clause + 1);
        if adverbial {
            return None;
        }
        // `nylig vedtatte` is nobody, `de ansatte` are
        let bare = self.has(last, Class::FINITE)
            && !self.has(last, Class::NOUN.or(Class::DEFINITE).or(Class::TITLE))
            && !(clause..last).any(|i| self.has(i, Class::DETERMINER));
        if !noun || bare || self.word(last).case == Case::None || stop - clause > 10 || clause > last {
            return None;
        }
        // `nær 70 prosent av velgerne`
        let measured = self.kind(clause + 1) == TokenKind::Number;
        if !measured
            && self.has(clause, Class::PREPOSITION.or(Class::SUBJUNCTION).or(Class::ADVERB))
            && !self.has(clause, Class::DETERMINER.or(Class::ADJECTIVE).or(Class::NOUN))
        {
            return None;
        }
        if (clause..stop)
            .any(|i| self.has(i, Class::FINITE) && !self.has(i, Class::NOUN.or(Class::DEFINITE).or(Class::ADJECTIVE).or(Class::PARTICIPLE)))
            || self.pronoun(clause).is_some_and(|p| !p.possessive) && self.has(clause + 1, Class::PLAIN_VERB)
        {
            return None;
        }
        Some(Source { tokens: clause..stop })
    }

    /// The noun before token `stop`, with what belongs to it on its left and one complement: `folk i bygda`, `den delen av velgerne`.
    fn nominal_before(&self, stop: usize, start: usize) -> Option<Source> {
        let nominal = |stop: usize| {
            let mut first = stop;
            if let Some((at, ..)) = self.mention_before(stop) {
                first = at;
            } else if stop > start
                && (self.has(stop - 1, Class::NOUN.or(Class::DEFINITE).or(Class::TITLE)) || self.word(stop - 1).is_open()
                    // `en tidligere ansatt`
                    || self.has(stop - 1, Class::PARTICIPLE.or(Class::ADJECTIVE))
                        && (start.max(stop.saturating_sub(3))..stop - 1).any(|i| self.has(i, Class::ARTICLE)))
            {
                first = stop - 1;
            }
            while first > start
                && first < stop
                && (self.has(first - 1, Class::DETERMINER.or(Class::ADJECTIVE)) || self.kind(first - 1) == TokenKind::Number)
            {
                first -= 1;
            }
            (first < stop).then_some(first)
        };
        let first = nominal(stop)?;
        let whole = if first > start + 1 && self.has(first - 1, Class::COMPLEMENT) { nominal(first - 1).unwrap_or(first) } else { first };
        Some(Source { tokens: whole..stop })
    }

    /// Past the adverbials that may stand between a verb and its subject: `også`, `til dømes`, `blant annet`.
    pub(crate) fn past_adverbs(&self, from: usize, end: usize) -> usize {
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

    pub(crate) fn ends_clause(&self, i: usize, end: usize) -> bool {
        i >= end || self.is_stop(i) || matches!(self.form(i), "," | ";" | ":") || self.ends_sentence(i.saturating_sub(1))
    }
}
