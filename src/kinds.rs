//! The kind of a name from all its mentions in the article.
//!
//! The tagger labels words; this weighs whole names. What a name is made of, what stands around each mention of it, what the tagger says of
//! them and what it found under the same name in running text are summed up over the names of the article that are spelt alike, and a linear
//! model, learnt on articles that the tagger has not seen, tells their kind.

use std::ops::Range;

use crate::gazetteer::nominative;
use crate::lexicon::{Case, Class};
use crate::names::{EntityKind, Source, kind_after_noun, kind_by_ending, kind_by_last, usual_case};
use crate::normalize::{Table, key};
use crate::tagger::{Classes, Slots, Tagged, feature, hash, pair, shape, small, step};
use crate::tokenize::TokenKind;

/// What is told apart, in the order of [`EntityKind`]: all but MISC.
const KINDS: [EntityKind; 7] =
    [EntityKind::Per, EntityKind::Org, EntityKind::Gpe, EntityKind::Loc, EntityKind::Prod, EntityKind::Evt, EntityKind::Drv];
/// How many weights a row has: one for each kind.
pub(crate) const COLUMNS: usize = KINDS.len();
/// By what the tagger's scores are divided, which are of this size.
const SCALE: f32 = 40_000.0;
/// How far the nearest noun or verb is looked for.
const REACH: usize = 6;
/// How many letters of a name's beginning and end are looked at.
const AFFIX: usize = 6;

/// The model: rows of weights in a byte each, as signed square roots, and what is known from running text of names.
#[derive(Clone, Copy)]
pub(crate) struct Kinds<'a> {
    pub classes: Classes<'a>,
    pub rows: &'a [u8],
    pub known: Slots<'a>,
}

impl Kinds<'_> {
    /// Gives each name the kind of its entity; a model without weights leaves them as they are.
    pub(crate) fn tell(&self, source: &Source<'_>, names: &mut [Tagged]) {
        let shift = 64 - (self.rows.len() / COLUMNS).ilog2();
        let pool = Pool::new(source, self.classes, self.known, names);
        let mut scores = vec![[0.0; COLUMNS]; pool.entities.len()];
        pool.features(|entity, feature, value| {
            let row = &self.rows[(feature >> shift) as usize * COLUMNS..][..COLUMNS];
            for (score, &weight) in scores[entity].iter_mut().zip(row) {
                let weight = i16::from(weight as i8);
                *score += value * f32::from(weight * weight.abs());
            }
        });
        let entities = pool.entities;
        for (names_of, scores) in entities.iter().zip(&scores).filter(|(_, scores)| scores.iter().any(|score| *score != 0.0)) {
            let best = (0..COLUMNS).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
            for &name in names_of {
                names[name].set_kind(KINDS[best]);
            }
        }
    }
}

/// The hash of a name's words, the last without genitive ending, whatever their capitals.
pub(crate) fn spelling(source: &Source<'_>, tokens: &Range<usize>) -> u64 {
    tokens.clone().fold(0, |all, token| pair(all, part(source, token, token + 1 == tokens.end)))
}

fn part(source: &Source<'_>, token: usize, last: bool) -> u64 {
    let form = usual_case(source.form(token));
    hash(if last { nominative(&form) } else { &form }.chars().map(small))
}

/// Under what running text may know a name: by the whole, by its first and by its last word.
pub(crate) fn known_by(source: &Source<'_>, tokens: &Range<usize>) -> impl Iterator<Item = u64> {
    let parts = [feature(1, part(source, tokens.start, false)), feature(2, part(source, tokens.end - 1, true))];
    std::iter::once(spelling(source, tokens)).chain(parts.into_iter().take(if tokens.len() > 1 { 2 } else { 0 }))
}

/// What running text tells of a name that the tagger found there so often of each kind: the commonest kind, how much of all that is, the
/// second kind and how often the name was found; nothing of those that were hardly found.
#[cfg(feature = "train")]
pub(crate) fn known(counts: &[u32; COLUMNS]) -> Option<u16> {
    let all: u32 = counts.iter().sum();
    let mut order: Vec<usize> = (0..COLUMNS).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(counts[k]));
    let (first, second) = (order[0], if counts[order[1]] > 0 { order[1] } else { COLUMNS });
    let share = [50, 75, 95].iter().filter(|&&percent| counts[first] * 100 > all * percent).count();
    let size = [4, 12, 50].iter().filter(|&&edge| all > edge).count();
    (all > 2).then_some((first | second << 3 | share << 6 | size << 8) as u16)
}

/// The names of an article by entity: of those that are spelt alike, what the tagger takes for persons apart.
pub(crate) struct Pool<'a> {
    source: &'a Source<'a>,
    classes: Classes<'a>,
    known: Slots<'a>,
    names: &'a [Tagged],
    /// For each entity its names.
    pub entities: Vec<Vec<usize>>,
}

impl<'a> Pool<'a> {
    pub(crate) fn new(source: &'a Source<'a>, classes: Classes<'a>, known: Slots<'a>, names: &'a [Tagged]) -> Pool<'a> {
        let mut numbers: Table<u64, usize> = Table::default();
        let mut entities = Vec::<Vec<usize>>::new();
        for (i, name) in names.iter().enumerate() {
            // A surname may be that of a town, too.
            let person = u64::from(name.kind == EntityKind::Per);
            let number = *numbers.entry(pair(spelling(source, &name.tokens), person)).or_insert(entities.len());
            if number == entities.len() {
                entities.push(Vec::new());
            }
            entities[number].push(i);
        }
        Pool { source, classes, known, names, entities }
    }

    /// Calls `emit` with each entity, a feature of it and its value.
    pub(crate) fn features(&self, mut emit: impl FnMut(usize, u64, f32)) {
        // The kinds of the longer names that a word begins or ends.
        let mut longer: Table<u64, u16> = Table::default();
        for name in self.names.iter().filter(|name| name.tokens.len() > 1) {
            *longer.entry(part(self.source, name.tokens.start, true)).or_default() |= 1 << (name.kind as u16);
            *longer.entry(part(self.source, name.tokens.end - 1, true)).or_default() |= 1 << (8 + name.kind as u16);
        }
        for (entity, names) in self.entities.iter().enumerate() {
            let share = 1.0 / names.len() as f32;
            let (mut means, mut votes) = ([0.0; COLUMNS], [0; COLUMNS]);
            for &name in names {
                votes[self.names[name].kind as usize % COLUMNS] += 1;
                means.iter_mut().zip(scaled(&self.names[name])).for_each(|(mean, score)| *mean += share * score);
            }
            let tagged = (0..COLUMNS).rev().max_by_key(|&k| votes[k]).unwrap_or(0) as u64;
            let emit = &mut |feature, value| emit(entity, feature, value);
            for (k, &mean) in means.iter().enumerate() {
                emit(feature(101, k as u64), mean);
            }
            emit(feature(102, pair(tagged, names.len().min(4) as u64)), 1.0);
            self.make_up(&self.names[names[0]], tagged, &longer, &mut |feature| emit(feature, 1.0));
            for &name in names {
                self.around(name, tagged, &mut |feature| emit(feature, share));
            }
        }
    }

    /// What a name is made of, and what lists, running text and longer names tell of it.
    fn make_up(&self, name: &Tagged, tagged: u64, longer: &Table<u64, u16>, emit: &mut dyn FnMut(u64)) {
        let source = self.source;
        let tokens = name.tokens.clone();
        let length = tokens.len().min(4) as u64;
        let several = u64::from(length > 1);
        let code = |kind: Option<EntityKind>| kind.map_or(0, |k| k as u64 + 1);
        let (first, last) = (usual_case(source.form(tokens.start)), usual_case(source.form(tokens.end - 1)));
        let base = nominative(&last);
        emit(feature(110, length));
        emit(feature(111, pair(tagged, length)));
        emit(feature(113, spelling(source, &tokens)));
        if length > 1 {
            emit(feature(114, part(source, tokens.start, false)));
            emit(feature(115, part(source, tokens.end - 1, true)));
        }
        let (mut start, mut end) = (0, 0);
        for (i, c) in base.chars().rev().map(small).take(AFFIX).enumerate() {
            end = step(end, c);
            if i > 0 {
                emit(feature(117, pair(pair(end, i as u64), several)));
            }
        }
        for (i, c) in first.chars().map(small).take(AFFIX - 1).enumerate() {
            start = step(start, c);
            if i > 1 {
                emit(feature(118, pair(pair(start, i as u64), several)));
            }
        }
        emit(feature(120, tokens.clone().fold(0, |all, token| pair(all, shape(source.form(token))))));
        emit(feature(127, pair(code(kind_by_ending(base)), length)));
        emit(feature(128, pair(code(kind_by_last(&last)), length)));
        match source.listed(name) {
            Some(n) => {
                let (list, kind, risk) = source.gazetteer.entry(n);
                let (list, kind) = (u64::from(list), kind as u64);
                let id = pair(hash(source.gazetteer.register(n).chars()), kind);
                emit(feature(121, kind));
                emit(feature(122, pair(kind, pair(list, risk as u64))));
                emit(feature(123, pair(tagged, kind)));
                emit(feature(131, pair(id, list)));
                emit(feature(132, pair(id, tagged)));
            }
            None => emit(feature(124, tagged)),
        }
        if length == 1 {
            match longer.get(&part(source, tokens.start, true)) {
                Some(kinds) => (0..16).filter(|k| kinds >> k & 1 == 1).for_each(|k| emit(feature(129, k))),
                None => emit(feature(130, tagged)),
            }
        }
        for (place, by) in known_by(source, &tokens).enumerate() {
            let place = pair(place as u64, several);
            let Some(known) = self.known.get(by).map(u64::from) else {
                emit(feature(170, place));
                continue;
            };
            let (kind, second, sure) = (known & 7, known >> 3 & 7, known >> 6);
            emit(feature(171, pair(place, second)));
            emit(feature(172, pair(place, pair(kind, sure))));
            emit(feature(173, pair(place, pair(kind, tagged))));
            emit(feature(174, pair(place, pair(pair(kind, tagged), sure))));
        }
    }

    /// What stands around a name.
    fn around(&self, i: usize, tagged: u64, emit: &mut dyn FnMut(u64)) {
        let source = self.source;
        let tokens = self.names[i].tokens.clone();
        let sentence = source.doc.sentence_at(source.doc.tokens()[tokens.start].span.start()).map_or(0..0, |s| s.tokens.clone());
        let lower = |token: usize| hash(source.form(token).chars().map(small));
        let cluster = |token: usize| {
            let form = source.form(token);
            self.classes.of(&key(form), hash(form.chars()), lower(token)).cluster()
        };
        let inside = |token: &usize| sentence.contains(token);
        let content = |token: &usize| source.word(*token).case == Case::Lower && source.form(*token).chars().nth(3).is_some();
        let before = (sentence.start..tokens.start).rev();
        let after = tokens.end..sentence.end;
        for (side, near, far, content) in [
            (1, before.clone().next(), before.clone().nth(1), before.take(REACH).find(content)),
            (2, after.clone().next(), after.clone().nth(1), after.take(REACH).find(content)),
        ] {
            if let Some(token) = content {
                emit(feature(151, pair(side, lower(token))));
                cluster(token).into_iter().for_each(|c| emit(feature(152, pair(side, c))));
            }
            let Some(near) = near else {
                emit(feature(140, side));
                emit(feature(141, pair(side, tagged)));
                continue;
            };
            emit(feature(142, pair(side, lower(near))));
            if let Some(c) = cluster(near) {
                emit(feature(144, pair(side, c)));
                emit(feature(145, pair(side, pair(tagged, c))));
            }
            if let Some(far) = far {
                emit(feature(146, pair(side, lower(far))));
                emit(feature(147, pair(side, pair(lower(near), lower(far)))));
                if let Some(c) = cluster(far) {
                    emit(feature(148, pair(side, c)));
                    emit(feature(149, pair(side, pair(lower(near), c))));
                }
            }
        }
        let verb = inside(&tokens.end) && source.word(tokens.end).has(Class::FINITE);
        emit(feature(153, pair(tagged, u64::from(verb))));
        let first = tokens.start;
        if first > sentence.start {
            let noun = kind_after_noun(source.form(first - 1)).map_or(0, |k| k as u64 + 1);
            emit(feature(156, pair(noun, u64::from(source.word(first - 1).has(Class::TITLE)))));
            let quoted = source.kind(first - 1) == TokenKind::Quote && source.kind(tokens.end) == TokenKind::Quote;
            emit(feature(155, pair(tagged, u64::from(quoted))));
        }
        let owner = source.form(tokens.end - 1).ends_with('s') && inside(&tokens.end) && source.word(tokens.end).case == Case::Lower;
        emit(feature(157, pair(tagged, u64::from(owner))));
        // The names beside it.
        for (side, other) in [(1, i.checked_sub(1)), (2, Some(i + 1))] {
            let Some(other) = other.and_then(|i| self.names.get(i)).filter(|name| inside(&name.tokens.start)) else { continue };
            let kind = other.kind as u64;
            let between = if side == 1 { other.tokens.end..tokens.start } else { tokens.end..other.tokens.start };
            emit(feature(160, pair(side, kind)));
            if between.len() <= 2 {
                let words = between.fold(0, |all, token| pair(all, lower(token)));
                emit(feature(159, pair(pair(side, tagged), pair(kind, words))));
            }
        }
    }
}

/// The tagger's scores of a name for each kind, the best at 0.
fn scaled(name: &Tagged) -> [f32; COLUMNS] {
    let [per, org, place, actor, loc, prod, evt, drv] = name.scores;
    let scores = [per, org, place.max(actor), loc, prod, evt, drv];
    let best = scores.iter().copied().max().unwrap_or(0);
    scores.map(|score| ((score - best) as f32 / SCALE).max(-2.0))
}
