//! Names: where persons, organisations, places, works and events are named.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::article::BlockKind;
use crate::document::Document;
use crate::gazetteer::{Gazetteer, Hit, Risk, nominative};
use crate::kinds::spelling;
use crate::lexicon::{self, Case, Class, Endings, Form, Gender, Lexicon, Word};
use crate::normalize::{Table, key, lower};
use crate::span::Span;
use crate::tagger::{Tagged, Tagger, hash, pair};
use crate::tokenize::TokenKind;

/// What a name names: the types of NorNE (Jørgensen et al., LREC 2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum EntityKind {
    /// A person, a family, a figure.
    Per,
    /// An organisation, a firm, a party, a club, a medium, a band.
    Org,
    /// A place with a government: a country, a town.
    Gpe,
    /// Any other place: a mountain, a street, a building, a continent.
    Loc,
    /// A product, a work, a law.
    Prod,
    /// An event.
    Evt,
    /// A word made from a name: `EU-landene`, `Oslo-mannen`.
    Drv,
    /// Another name.
    Misc,
}

impl EntityKind {
    /// All kinds, in the order of this enum.
    pub const ALL: &[EntityKind] = &[
        EntityKind::Per,
        EntityKind::Org,
        EntityKind::Gpe,
        EntityKind::Loc,
        EntityKind::Prod,
        EntityKind::Evt,
        EntityKind::Drv,
        EntityKind::Misc,
    ];

    /// NorNE's label: `PER`.
    pub fn label(self) -> &'static str {
        match self {
            EntityKind::Per => "PER",
            EntityKind::Org => "ORG",
            EntityKind::Gpe => "GPE",
            EntityKind::Loc => "LOC",
            EntityKind::Prod => "PROD",
            EntityKind::Evt => "EVT",
            EntityKind::Drv => "DRV",
            EntityKind::Misc => "MISC",
        }
    }

    /// The kind with a label.
    pub fn from_label(label: &str) -> Option<EntityKind> {
        EntityKind::ALL.iter().copied().find(|kind| kind.label() == label)
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Whether a country or town is meant as a place or as those who govern or stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Sense {
    /// `i USA`
    Loc,
    /// `USA tror`
    Org,
}

/// How somebody is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MentionForm {
    /// By name: `Guaidós`.
    Name,
    /// By a role or description: `opposisjonslederen`.
    Role,
    /// By a pronoun: `han`.
    Pronoun,
}

impl MentionForm {
    /// The form as JSON has it: `pronoun`.
    pub fn label(self) -> &'static str {
        match self {
            MentionForm::Name => "name",
            MentionForm::Role => "role",
            MentionForm::Pronoun => "pronoun",
        }
    }
}

/// A place in the text where an entity is mentioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Mention {
    /// The words, a genitive ending included; titles before a name are left out.
    pub span: Span,
    /// What is mentioned.
    pub kind: EntityKind,
    /// For [`EntityKind::Gpe`]: place or actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sense: Option<Sense>,
    /// By name, role or pronoun.
    pub form: MentionForm,
    /// The index of its entity in [`Document::entities`](crate::Document::entities).
    pub entity: usize,
}

impl Mention {
    /// A name at `span`, as a user's own recogniser returns it.
    pub fn name(span: Span, kind: EntityKind) -> Mention {
        Mention { span, kind, sense: None, form: MentionForm::Name, entity: 0 }
    }

    /// Whether this is a name rather than a role or a pronoun.
    pub fn is_name(&self) -> bool {
        self.form == MentionForm::Name
    }
}

/// The heads of names: what a name's ending, last word or following word says of its kind.
struct Heads {
    /// Lower-case words that belong to the name before them: `Trondheim kommune`.
    tails: Table<&'static str, EntityKind>,
    /// Endings of lower-case words that stand in names, mostly last: `Førde brannvern`, `Den katolske kirken`.
    compounds: Endings<EntityKind>,
    /// Last words of names: `Norsk Havbruk`, with those that say what sort of firm it is: `Norsk Havbruk AS`.
    last: Table<&'static str, EntityKind>,
    /// The latter alone.
    firms: HashSet<&'static str>,
    /// Words for a part of the place before them: `Bergen vest`.
    sides: HashSet<&'static str>,
    /// What numbered official documents begin with: `NOU 2008:5`.
    documents: HashSet<&'static str>,
    /// Endings of one-word names: `Storgata`, `Firdaposten`.
    suffixes: Endings<EntityKind>,
    /// Endings of the nouns before names: `elva Prut`, `grensebyen Ungheni`, `romanen «Ei natt»`.
    nouns: Endings<EntityKind>,
    /// Endings of nouns of which only what stands in quotation marks after them is the name: `en film «Ei natt»`.
    titled: Endings<EntityKind>,
}

static HEADS: LazyLock<Heads> = LazyLock::new(|| {
    let (mut tails, mut last) = (Table::default(), Table::default());
    let (mut firms, mut sides, mut documents) = (HashSet::new(), HashSet::new(), HashSet::new());
    let (mut compounds, mut suffixes, mut nouns, mut titled) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in lexicon::bundled("name_heads.tsv", include_str!("../data/name_heads.tsv"), HEAD_COLUMNS) {
        let Some(kind) = EntityKind::from_label(row.get(2)) else { continue };
        match row.get(1) {
            "tail" => drop(tails.insert(row.get(0), kind)),
            "last" => drop(last.insert(row.get(0), kind)),
            "firm" => {
                last.insert(row.get(0), kind);
                firms.insert(row.get(0));
            }
            "side" => drop(sides.insert(row.get(0))),
            "document" => drop(documents.insert(row.get(0))),
            "noun" => nouns.push((row.get(0).into(), kind)),
            "titled" => titled.push((row.get(0).into(), kind)),
            "compound" => compounds.push((row.get(0).into(), kind)),
            _ => suffixes.push((row.get(0).into(), kind)),
        }
    }
    Heads {
        tails,
        compounds: Endings::new(compounds),
        last,
        firms,
        sides,
        documents,
        suffixes: Endings::new(suffixes),
        nouns: Endings::new(nouns),
        titled: Endings::new(titled),
    }
});

/// Adds names of these tokens, in order and disjoint, which no other name has.
fn add_free(names: &mut Vec<Tagged>, taken: &dyn Fn(usize) -> bool, of: impl Iterator<Item = Range<usize>>, kind: EntityKind) {
    let free = |tokens: &Range<usize>| {
        let next = names.get(names.partition_point(|name| name.tokens.end <= tokens.start));
        next.is_none_or(|name| name.tokens.start >= tokens.end) && !tokens.clone().any(taken)
    };
    let sense = (kind == EntityKind::Gpe).then_some(Sense::Loc);
    let found: Vec<Tagged> = of.filter(free).map(|tokens| Tagged { tokens, kind, sense, scores: Default::default() }).collect();
    names.extend(found);
    names.sort_by_key(|name| name.tokens.start);
}

/// Adds names, in order and disjoint, in place of those that they overlap.
fn put(names: &mut Vec<Tagged>, found: Vec<Tagged>) {
    if found.is_empty() {
        return;
    }
    names.retain(|name| {
        let next = found.get(found.partition_point(|new| new.tokens.end <= name.tokens.start));
        next.is_none_or(|new| new.tokens.start >= name.tokens.end)
    });
    names.extend(found);
    names.sort_by_key(|name| name.tokens.start);
}

/// Adds what stands in quotation marks after a noun that says of what kind it is (`romanen «Ei natt i mai»`, `filmene «A» og «B»`), and what
/// does so with a capital after a preposition, which is a title (`debuterte i «Ei natt i mai»`), in place of names inside the marks.
fn add_marked(source: &Source<'_>, names: &mut Vec<Tagged>, taken: &dyn Fn(usize) -> bool) {
    let mut found: Vec<Tagged> = Vec::new();
    for sentence in source.doc.sentences() {
        let mut marks = sentence.tokens.clone().filter(|&token| source.kind(token) == TokenKind::Quote);
        let (mut before, mut told) = (sentence.tokens.start, None);
        while let (Some(open), Some(close)) = (marks.next(), marks.next()) {
            let tied = before + 1 == open && matches!(source.form(before), "og" | "eller" | ",");
            if !tied {
                told = if open > before { source.by_word_before_marks(open - 1) } else { None };
            }
            let tokens = open + 1..close;
            let opens = source.word(open + 1).is_capitalised() || source.kind(open + 1) == TokenKind::Number;
            before = close + 1;
            let Some((kind, sure)) = told.filter(|_| opens && tokens.len() <= LONGEST && !tokens.clone().any(taken)) else {
                told = None;
                continue;
            };
            let known = || names.binary_search_by_key(&(open + 1), |name| name.tokens.start).is_ok_and(|n| names[n].tokens == tokens);
            let derived = source.form(close + 1).starts_with('-');
            let title = || tokens.len() <= TITLE && source.kind(close - 1) != TokenKind::Punctuation && !derived && !known();
            if sure || title() {
                let sense = (kind == EntityKind::Gpe).then_some(Sense::Loc);
                found.push(Tagged { tokens, kind, sense, scores: Default::default() });
            }
        }
    }
    put(names, found);
}

/// Adds official documents by their numbers (`St.meld. nr. 7`, `NOU 2008:5`), in place of what was found of them.
fn add_documents(source: &Source<'_>, names: &mut Vec<Tagged>, taken: &dyn Fn(usize) -> bool) {
    let documents = (0..source.doc.tokens().len()).filter_map(|token| Some(token..source.document_end(token)?));
    let found = documents.filter(|tokens| !tokens.clone().any(taken));
    let found = found.map(|tokens| Tagged { tokens, kind: EntityKind::Prod, sense: None, scores: Default::default() }).collect();
    put(names, found);
}

/// Adds what is spelt like a name of the article, where no more of that spelling are left than are found; of single words those that are no
/// ordinary ones.
fn add_repeated(source: &Source<'_>, names: &mut Vec<Tagged>, taken: &dyn Fn(usize) -> bool) {
    let exact = |tokens: Range<usize>| tokens.fold(0, |all, token| pair(all, hash(source.form(token).chars())));
    // By spelling: the first such name, how many there are, and where more begin. By first word: how long names are, as bits.
    let mut spelt: Table<u64, (usize, usize, Vec<usize>)> = Table::default();
    let mut lengths: Table<&str, u32> = Table::default();
    for (i, name) in names.iter().enumerate().filter(|(_, name)| name.tokens.len() <= LONGEST) {
        spelt.entry(exact(name.tokens.clone())).or_insert((i, 0, Vec::new())).1 += 1;
        *lengths.entry(source.form(name.tokens.start)).or_default() |= 1 << name.tokens.len();
    }
    let mut free = 0;
    for gap in 0..=names.len() {
        let (end, after) = names.get(gap).map_or((source.doc.tokens().len(), 0), |name| (name.tokens.start, name.tokens.end));
        for token in free..end {
            if token < free || !source.word(token).is_capitalised() {
                continue;
            }
            let Some(&bits) = lengths.get(source.form(token)) else { continue };
            let shortest = 1 + usize::from(source.word(token).has(Class::COMMON));
            let sentence = source.doc.sentence_at(source.doc.tokens()[token].span.start()).map_or(token, |s| s.tokens.end);
            for length in (shortest..=LONGEST.min(end.min(sentence) - token)).rev().filter(|n| bits >> n & 1 == 1) {
                let tokens = token..token + length;
                // Two spellings may share a hash.
                let same = |name: &Tagged| name.tokens.clone().map(|i| source.form(i)).eq(tokens.clone().map(|i| source.form(i)));
                if let Some((first, _, more)) = spelt.get_mut(&exact(tokens.clone()))
                    && same(&names[*first])
                    && !tokens.clone().any(taken)
                {
                    more.push(token);
                    free = tokens.end;
                    break;
                }
            }
        }
        free = after;
    }
    for (first, _, more) in spelt.into_values().filter(|(_, found, more)| more.len() <= *found) {
        let like = names[first].clone();
        names.extend(more.into_iter().map(|start| Tagged { tokens: start..start + like.tokens.len(), ..like.clone() }));
    }
    names.sort_by_key(|name| name.tokens.start);
}

/// The kind that the noun before a name tells: `elva Prut`.
pub(crate) fn kind_after_noun(noun: &str) -> Option<EntityKind> {
    HEADS.nouns.of(noun, 0).map(|(_, &kind)| kind)
}

/// The kind that the ending of a one-word name tells: `Storgata`, `Firdaposten`.
pub(crate) fn kind_by_ending(form: &str) -> Option<EntityKind> {
    HEADS.suffixes.of(&lower(nominative(form)), 2).map(|(_, &kind)| kind)
}

/// The kind that a word with a small letter gives the name that it closes: `Trondheim kommune`.
pub(crate) fn kind_by_tail(word: &str) -> Option<EntityKind> {
    HEADS.tails.get(word).copied()
}

/// The kind that the ending of a word with a small letter suggests for the name that it stands in: `Førde brannvern`.
pub(crate) fn kind_by_compound(word: &str) -> Option<EntityKind> {
    HEADS.compounds.of(nominative(word), 0).map(|(_, &kind)| kind)
}

/// Whether a name's last word says what sort of firm it is: `Norsk Havbruk AS`.
pub(crate) fn is_firm(word: &str) -> bool {
    HEADS.firms.contains(word)
}

/// The kind that the last word of a name tells: `Norsk Havbruk AS`.
pub(crate) fn kind_by_last(word: &str) -> Option<EntityKind> {
    HEADS.last.get(nominative(word)).or_else(|| HEADS.last.get(word)).copied()
}

pub(crate) const HEAD_COLUMNS: &[&str] = &["form", "place", "kind"];

/// How many tokens a title in quotation marks may have of which no noun tells that it is one.
const TITLE: usize = 8;
/// How many tokens a name may have.
const LONGEST: usize = 16;

/// Classes of words that are no names, whatever their capitals.
const GRAMMATICAL: Class = Class::SUBJUNCTION.or(Class::PREPOSITION).or(Class::PRONOUN).or(Class::DETERMINER).or(Class::CONJUNCTION);

/// Finds the names of a document. One policy, in this order:
///
/// 1. what the user says: their own recogniser, then their own gazetteer entries;
/// 2. the tagger, which weighs the words, the bundled gazetteer, the parts of persons' names, the words before and after, and what the
///    same form is elsewhere in the article;
/// 3. of which kind it is, all its mentions in the article together: see [`crate::kinds`];
/// 4. what the make-up of a name and the words beside it settle: see [`amended`];
/// 5. where there is no tagger, rules that weigh the same evidence by hand: see [`Finder`].
///
/// The mentions are in order, do not overlap and stay within their sentences.
pub(crate) fn find(source: &Source<'_>, tagger: Option<&Tagger>, own: Vec<Mention>) -> Vec<Mention> {
    let doc = source.doc;
    let hits = source.gazetteer.find(doc.text(), doc.tokens(), doc.sentences());
    let mut said = whole_tokens(doc, own);
    for hit in hits.iter().filter(|h| source.gazetteer.risk(h.name) == Risk::Own) {
        let at = said.partition_point(|(tokens, _)| tokens.end <= hit.tokens.start);
        if said.get(at).is_none_or(|(tokens, _)| tokens.start >= hit.tokens.end) {
            said.insert(at, (hit.tokens.clone(), source.mention(&hit.tokens, source.gazetteer.kind(hit.name))));
        }
    }
    let mut mentions = match tagger {
        Some(tagger) => {
            let taken = |token: usize| said.get(said.partition_point(|(t, _)| t.end <= token)).is_some_and(|(t, _)| t.start <= token);
            let mut names = tagger.tag(source, &hits, &taken);
            tagger.kinds().tell(source, &mut names);
            amended(source, names, &taken).iter().map(|t| Mention { sense: t.sense, ..source.mention(&t.tokens, t.kind) }).collect()
        }
        None => Finder::new(source, hits, &said).names(),
    };
    mentions.extend(said.into_iter().map(|(_, mention)| mention));
    mentions.sort_by_key(|m| m.span);
    mentions
}

/// Corrects names by what is certain whatever the tagger says, for these are rarer in the treebank than in the language:
///
/// 1. initials before a name are a person's (`A.S. Dahl`), so are a nickname in marks after a given name (`Per «Bamsen» Lunde`), particles
///    between two persons' names (`Jan van der Berg`) and a realm (`Silvia av Sverige`); a role that opens the sentence is not (`Professor
///    Randi Vassbotn`), nor are marks at a name's ends;
/// 2. the kind is told by a noun right before the name (`romanen Armand`, `elva Prut`, at the start of a sentence too: `Partiet Ny Veg`),
///    by a title before a name that no list has (`Rektor Kvålsgjerd`), by the last word of what looks like a person's name (`Arctic Seaweed
///    ASA`) and by the ending of a body or paper that no list has (`Fjellposten`); of a listed name, the kind tells bodies from places after a
///    role (`talsperson i Stortinget`, `redaktøren i Fjellposten`) and from works beside other bodies (`VG og NTB`), and places with a
///    government from persons where the name has several words (`Jan Mayen`);
/// 3. a word that closes names belongs to the name before it: one with a small letter (`Naustdal sentrum`, `Olav Duuns gate`, `Odd Haugen
///    jr.`), a compound or a party after a place (`Odda spelemannslag`, `Sandøya Ap`), a part of a town (`Bergen vest`), what sort of firm it
///    is (`Arctic Seaweed ASA`), a section of a law (`Grunnloven § 2`);
/// 4. the opening of an agency's item names a place and the agency (`TROMSØ (NTB):`);
/// 5. a name that no list has is a person's before an age (`Melisat (28)`), and a capitalised word there or after a role is a name;
/// 6. an ordinary word is no name in a line of capitals, nor where it opens a sentence and `og` ties it to another noun;
/// 7. a noun before one mention of a name that no list has (`selskapet Moltrekk`), or `kommune` after it, tells the kind of all;
/// 8. what stands in marks after a noun that tells a kind is a name as a whole (`romanen «Ei natt i mai»`), after a preposition a title (`i
///    «Ei natt i mai»`), and an official document's number is its name (`St.meld. nr. 7`);
/// 9. what is spelt like a name of the article is that name;
/// 10. places with a government that `og`, `eller` or a comma ties are all meant as places or all as actors (`mellom USA og Kina`);
/// 11. a word derived from a name of several words takes the whole name (`Unge Høyre-lederen`), and names of places and bodies that touch
///     are one (`Sandøya Venstre`, `Fagforbundet Rogaland`), unless the first is a genitive.
fn amended(source: &Source<'_>, mut tagged: Vec<Tagged>, taken: &dyn Fn(usize) -> bool) -> Vec<Tagged> {
    tagged.iter_mut().for_each(|name| name.tokens = source.without_marks(name.tokens.clone()));
    tagged.retain(|name| !name.tokens.is_empty());
    let whole: HashSet<&str> = tagged.iter().filter(|name| name.tokens.len() > 1).map(|name| source.text(&name.tokens)).collect();
    let mut names: Vec<Tagged> = Vec::with_capacity(tagged.len());
    let mut tagged = tagged.into_iter().peekable();
    while let Some(mut name) = tagged.next() {
        let Some(sentence) = source.doc.sentence_at(source.doc.tokens()[name.tokens.start].span.start()) else { continue };
        let sentence = sentence.tokens.clone();
        let free = names.last().map_or(0, |before| before.tokens.end).max(sentence.start);
        if name.tokens.start < free || name.tokens.len() == 1 && source.is_ordinary(name.tokens.start, &sentence) {
            continue;
        }
        while name.tokens.start > free && source.is_initials(name.tokens.start - 1) && !taken(name.tokens.start - 1) {
            name = Tagged { tokens: name.tokens.start - 1..name.tokens.end, kind: EntityKind::Per, sense: None, ..name };
        }
        if let Some(before) = names.last_mut()
            && before.tokens.start >= sentence.start
            && source.are_one_person(before, &name)
            && !(before.tokens.end..name.tokens.start).any(taken)
        {
            before.tokens.end = name.tokens.end;
            continue;
        }
        if let Some(end) = source.nickname(name.tokens.start, &sentence).filter(|&end| !(name.tokens.start..end).any(taken)) {
            name = Tagged { tokens: name.tokens.start..end.max(name.tokens.end), kind: EntityKind::Per, sense: None, ..name };
        }
        if name.kind == EntityKind::Per && name.tokens.len() > 1 && source.is_role(name.tokens.start) {
            name.tokens.start += 1;
        }
        // `Opposisjonspartiet Ny Veg` opens a sentence, or `partiet Ny Veg`: the noun is none of the name.
        let (first, second) = (name.tokens.start, name.tokens.start + 1);
        if (first == sentence.start || !source.word(first).is_capitalised())
            && second < name.tokens.end
            && source.word(second).is_capitalised()
            && source.listed(&name).is_none()
            && let Some(kind) = kind_after_noun(&lower(source.form(first)))
        {
            (name.tokens.start, name.kind) = (second, kind);
        }
        if let Some(kind) = source.settled(&name, sentence.start) {
            name.kind = kind;
        }
        let next = tagged.peek().map_or(sentence.end, |next| next.tokens.start);
        for closes in [Source::tail, Source::compound, Source::side, Source::firm, Source::section] {
            if let Some((end, kind)) = closes(source, &name, &sentence, next)
                && end <= sentence.end
                && !(name.tokens.end..end).any(taken)
            {
                name.tokens.end = end;
                name.set_kind(kind);
            }
        }
        if name.kind == EntityKind::Drv
            && let Some(start) = source.compound_start(name.tokens.start, sentence.start, &whole)
            && !(start..name.tokens.start).any(taken)
            && names.iter().rev().take_while(|before| before.tokens.end > start).all(|before| before.tokens.start >= start)
        {
            names.truncate(names.partition_point(|before| before.tokens.end <= start));
            name.tokens.start = start;
        }
        if let Some(kind) = source.in_dateline(&name) {
            name.kind = kind;
        }
        name.sense = (name.kind == EntityKind::Gpe).then(|| name.sense.unwrap_or(Sense::Loc));
        if let Some(before) = names.last_mut()
            && before.tokens.start >= sentence.start
            && let Some(kind) = source.made_of(before, &name)
        {
            before.tokens.end = name.tokens.end;
            before.set_kind(kind);
            continue;
        }
        names.push(name);
    }
    // Where nothing else tells: the place of an agency's item, then `Melisat (28)` and `President Valbona`.
    let places = source.doc.blocks().iter().filter_map(|block| source.tokens_of(block.dateline.as_ref()?.place));
    add_free(&mut names, taken, places, EntityKind::Gpe);
    let told = (0..source.doc.tokens().len()).filter(|&i| {
        let word = source.word(i);
        word.case == Case::Initial && !word.has(Class::COMMON) && (source.is_age(i + 1) || source.is_titled(i))
    });
    add_free(&mut names, taken, told.map(|i| i..i + 1), EntityKind::Per);
    let tells = |name: &Tagged| {
        let Range { start, end } = name.tokens;
        if kind_by_tail(source.form(end - 1)) == Some(EntityKind::Gpe) && end - start > 1 {
            return Some((spelling(source, &(start..end - 1)), EntityKind::Gpe));
        }
        let sentence = source.doc.sentence_at(source.doc.tokens()[start].span.start())?;
        Some((spelling(source, &name.tokens), source.by_noun(start, sentence.tokens.start)?))
    };
    let kinds: Table<u64, EntityKind> = names.iter().filter_map(tells).collect();
    for name in names.iter_mut().filter(|_| !kinds.is_empty()) {
        let Some(&kind) = kinds.get(&spelling(source, &name.tokens)) else { continue };
        // A film may be called as a person, and a person's full name is none of anything else.
        let possible = name.kind != EntityKind::Per || kind != EntityKind::Prod && name.tokens.len() == 1;
        if possible && source.listed(name).is_none() {
            name.set_kind(kind);
        }
    }
    add_marked(source, &mut names, taken);
    add_documents(source, &mut names, taken);
    add_repeated(source, &mut names, taken);
    let ties = |before: &Tagged, after: &Tagged| {
        before.tokens.end + 1 == after.tokens.start && matches!(source.form(before.tokens.end), "," | "og" | "eller")
    };
    for i in 1..names.len() {
        for (this, other) in [(i, i - 1), (i - 1, i)] {
            if ties(&names[i - 1], &names[i])
                && names[this].kind == EntityKind::Prod
                && names[other].kind == EntityKind::Org
                && source.listed(&names[this]).is_some_and(|n| source.gazetteer.kind(n) == EntityKind::Org)
            {
                names[this].kind = EntityKind::Org;
            }
        }
    }
    let tied = |before: &Tagged, after: &Tagged| before.kind == EntityKind::Gpe && after.kind == EntityKind::Gpe && ties(before, after);
    for places in names.chunk_by_mut(tied).filter(|places| places.len() > 1) {
        let sense = if places.iter().map(Tagged::leaning).sum::<i64>() > 0 { Sense::Org } else { Sense::Loc };
        places.iter_mut().for_each(|place| place.sense = Some(sense));
    }
    names
}

/// The user's mentions that begin and end with tokens of one sentence and overlap none before them, with their tokens.
fn whole_tokens(doc: &Document, mut own: Vec<Mention>) -> Vec<(Range<usize>, Mention)> {
    own.sort_by_key(|m| m.span);
    let tokens = doc.tokens();
    let mut whole: Vec<(Range<usize>, Mention)> = Vec::new();
    for mention in own {
        let first = tokens.binary_search_by_key(&mention.span.start(), |t| t.span.start());
        let last = tokens.binary_search_by_key(&mention.span.end(), |t| t.span.end());
        if let (Ok(first), Ok(last)) = (first, last)
            && first <= last
            && doc.sentence_at(mention.span.start()).is_some_and(|s| s.tokens.contains(&last))
            && whole.last().is_none_or(|(tokens, _)| tokens.end <= first)
        {
            whole.push((first..last + 1, mention));
        }
    }
    whole
}

/// What names are found in: a document with tokens and sentences, and what is known of words and names.
pub(crate) struct Source<'a> {
    pub doc: &'a Document,
    pub words: &'a [Word<'a>],
    pub lexicon: &'a Lexicon,
    pub gazetteer: &'a Gazetteer,
}

impl<'a> Source<'a> {
    /// The text of a token, empty beyond the last.
    pub(crate) fn form(&self, token: usize) -> &'a str {
        self.word(token).key.unwrap_or_else(|| self.doc.tokens().get(token).map_or("", |t| &self.doc[t.span]))
    }

    /// What the tables say of a token, nothing beyond the last.
    pub(crate) fn word(&self, token: usize) -> Word<'a> {
        self.words.get(token).copied().unwrap_or(Word::NONE)
    }

    pub(crate) fn kind(&self, token: usize) -> TokenKind {
        self.doc.tokens().get(token).map_or(TokenKind::Symbol, |t| t.kind)
    }

    /// `C.`, `J.K.`
    fn is_initials(&self, token: usize) -> bool {
        let letters = |form: &str| form.chars().all(|c| c.is_uppercase() || c == '.' || c == '-');
        self.kind(token) == TokenKind::Abbreviation && letters(self.form(token))
    }

    /// Whether an ordinary word stands in a line of capitals, or opens a sentence tied to another noun (`Stein og sand`).
    fn is_ordinary(&self, token: usize, sentence: &Range<usize>) -> bool {
        let word = self.word(token);
        if word.case == Case::Capitals {
            let line = sentence.start.max(token.saturating_sub(LONGEST))..sentence.end.min(token + LONGEST);
            let capitals = |i: usize| matches!(self.word(i).case, Case::Capitals | Case::None);
            return word.has(Class::COMMON) && line.len() > 2 && line.into_iter().all(capitals);
        }
        let noun = |word: Word<'_>| word.has(Class::NOUN);
        let tied = self.word(token + 2);
        let pair = matches!(self.form(token + 1), "og" | "eller") && token + 2 < sentence.end;
        token == sentence.start && noun(word) && pair && noun(tied) && tied.case == Case::Lower
    }

    /// The kind that the noun before a name tells.
    fn by_noun(&self, first: usize, start: usize) -> Option<EntityKind> {
        let before = first.checked_sub(1).filter(|&before| before >= start && self.word(before).case == Case::Lower)?;
        kind_after_noun(self.form(before))
    }

    /// The kind that a word tells of what stands in quotation marks after it, and whether that is sure: a noun (`låta «Ei natt»`, `med tittelen
    /// «Ei natt»`), less so a preposition (`i «Ei natt»`).
    fn by_word_before_marks(&self, token: usize) -> Option<(EntityKind, bool)> {
        let noun = lower(self.form(token));
        let kind = kind_after_noun(&noun).or_else(|| HEADS.titled.of(&noun, 0).map(|(_, &kind)| kind));
        let word = self.word(token);
        let compares = matches!(self.form(token), "som" | "enn");
        let preposition = word.case == Case::Lower && word.has(Class::PREPOSITION) && !compares;
        kind.map(|kind| (kind, true)).or_else(|| preposition.then_some((EntityKind::Prod, false)))
    }

    /// The kind of a name that the noun before it, its last word, its ending or its identifier settles.
    fn settled(&self, name: &Tagged, start: usize) -> Option<EntityKind> {
        let first = name.tokens.start;
        if let Some(kind) = self.by_noun(first, start) {
            return Some(kind);
        }
        let listed = self.listed(name);
        let role = |i: usize| self.lexicon.title(&lower(self.form(i)));
        if listed.is_none() && first > start && role(first - 1).is_some_and(|t| t.form == Form::Indefinite) {
            return (name.kind != EntityKind::Drv).then_some(EntityKind::Per);
        }
        let is_body = |n| self.gazetteer.kind(n) == EntityKind::Org;
        if matches!(name.kind, EntityKind::Loc | EntityKind::Prod)
            && first > start + 1
            && listed.map_or_else(|| kind_by_ending(self.form(first)) == Some(EntityKind::Org), is_body)
            && self.word(first - 1).has(Class::PREPOSITION)
            && role(first - 2).is_some()
        {
            return Some(EntityKind::Org);
        }
        if listed.is_none() && name.kind != EntityKind::Drv && self.is_age(name.tokens.end) {
            return Some(EntityKind::Per);
        }
        if name.tokens.len() > 1 {
            if name.kind == EntityKind::Per && listed.is_some_and(|n| self.gazetteer.kind(n) == EntityKind::Gpe) {
                return Some(EntityKind::Gpe);
            }
            return kind_by_last(self.form(name.tokens.end - 1)).filter(|_| name.kind == EntityKind::Per);
        }
        match listed {
            // A continent is a place where it only says where; elsewhere the tagger tells whether it is spoken of as an actor.
            Some(n) if self.gazetteer.register(n) == "m49" => {
                let place = first > start && self.word(first - 1).has(Class::PLACE_PREPOSITION);
                (name.kind == EntityKind::Gpe && place).then_some(EntityKind::Loc)
            }
            // A municipality of Norway or a city of the world is a place with a government.
            Some(n) if name.kind == EntityKind::Loc && matches!(self.gazetteer.register(n), "kommune" | "geonames") => {
                Some(EntityKind::Gpe)
            }
            None if matches!(name.kind, EntityKind::Gpe | EntityKind::Loc | EntityKind::Per) => {
                kind_by_ending(self.form(first)).filter(|&kind| kind == EntityKind::Org)
            }
            _ => None,
        }
    }

    /// `(24)`, as it stands after a person's name.
    fn is_age(&self, token: usize) -> bool {
        self.form(token) == "("
            && self.kind(token + 1) == TokenKind::Number
            && self.form(token + 1).len() <= 2
            && self.form(token + 2) == ")"
    }

    /// Whether a role stands before a word: `President Valbona`.
    fn is_titled(&self, token: usize) -> bool {
        let role = |i: usize| self.lexicon.title(&lower(self.form(i))).is_some_and(|t| t.form == Form::Indefinite);
        let opens = || self.doc.sentence_at(self.doc.tokens()[token].span.start()).is_none_or(|s| s.tokens.start == token);
        token > 0 && self.kind(token) == TokenKind::Word && role(token - 1) && !opens()
    }

    /// The tokens of a span that begins and ends with tokens of one sentence.
    fn tokens_of(&self, span: Span) -> Option<Range<usize>> {
        let tokens = self.doc.tokens();
        let first = tokens.binary_search_by_key(&span.start(), |t| t.span.start()).ok()?;
        let last = tokens.binary_search_by_key(&span.end(), |t| t.span.end()).ok()?;
        (first <= last && self.doc.sentence_at(span.start())?.tokens.contains(&last)).then_some(first..last + 1)
    }

    /// The kind of a name in the opening of an agency's item: `TROMSØ (NTB):` names a place and an agency.
    fn in_dateline(&self, name: &Tagged) -> Option<EntityKind> {
        let span = self.mention(&name.tokens, name.kind).span;
        let line = self.doc.block_at(span.start())?.dateline.as_ref()?;
        let listed = || self.gazetteer.get(&usual_case(&self.doc[span])).map(|n| self.gazetteer.kind(n));
        if line.agency.contains(span) {
            Some(EntityKind::Org)
        } else {
            line.place.contains(span).then(|| listed().filter(|&kind| kind == EntityKind::Loc).unwrap_or(EntityKind::Gpe))
        }
    }

    /// The gazetteer's name of a name that it lists just so, or without the genitive ending.
    pub(crate) fn listed(&self, name: &Tagged) -> Option<usize> {
        let form = key(&self.doc[self.mention(&name.tokens, name.kind).span]);
        self.gazetteer.get(&form).or_else(|| self.gazetteer.get(nominative(&form)))
    }

    /// Whether two names are one person's: joined by particles (`Jan van der Berg`), or a given name and a realm (`Silvia av Sverige`).
    fn are_one_person(&self, before: &Tagged, after: &Tagged) -> bool {
        use EntityKind::{Gpe, Loc, Per};
        let between = before.tokens.end..after.tokens.start;
        match (before.kind, after.kind) {
            (Per, Per) => self.joins(between),
            (Per, Gpe | Loc) => before.tokens.len() <= 2 && between.len() == 1 && self.form(between.start) == "av",
            _ => false,
        }
    }

    /// Whether these tokens are particles that join a person's names: one that is no ordinary word, or two.
    fn joins(&self, tokens: Range<usize>) -> bool {
        let particle = |i: usize| self.word(i).has(Class::NAME_PARTICLE) && self.word(i).case == Case::Lower;
        let ordinary = |i: usize| matches!(self.form(i), "av" | "da" | "den" | "du" | "der" | "la");
        match tokens.len() {
            1 => particle(tokens.start) && !ordinary(tokens.start),
            2 => tokens.into_iter().all(particle),
            _ => false,
        }
    }

    /// The tokens of a name without the marks that stand beside it, and before a mark of a pair of which the other is not in the name.
    fn without_marks(&self, mut tokens: Range<usize>) -> Range<usize> {
        let mark = |i: usize| {
            matches!(self.kind(i), TokenKind::Quote | TokenKind::Dash)
                || matches!(self.form(i), "(" | ")" | "[" | "]" | "," | ":" | ";" | "/")
        };
        let closes = |tokens: &Range<usize>| {
            self.form(tokens.end - 1) == ")" && self.form(tokens.start) != "(" && tokens.clone().any(|i| self.form(i) == "(")
        };
        while !tokens.is_empty() && mark(tokens.start) {
            tokens.start += 1;
        }
        while !tokens.is_empty() && mark(tokens.end - 1) && !closes(&tokens) {
            tokens.end -= 1;
        }
        let count = |is: &dyn Fn(usize) -> bool| tokens.clone().filter(|&i| is(i)).count();
        let quote = |i: usize| self.kind(i) == TokenKind::Quote;
        let (open, close) = (|i: usize| self.form(i) == "(", |i: usize| self.form(i) == ")");
        if count(&quote) % 2 == 1 || count(&open) != count(&close) {
            tokens.end = tokens.clone().find(|&i| quote(i) || open(i) || close(i)).unwrap_or(tokens.end);
        }
        tokens
    }

    /// The text of tokens, of which there must be some.
    fn text(&self, tokens: &Range<usize>) -> &'a str {
        let all = self.doc.tokens();
        &self.doc[all[tokens.start].span.to(all[tokens.end - 1].span)]
    }

    /// What a word with a small letter makes of the name before it: the token after it, and the kind. The word is of the name.
    fn tail(&self, name: &Tagged, sentence: &Range<usize>, _: usize) -> Option<(usize, EntityKind)> {
        use EntityKind::{Gpe, Loc, Org, Per};
        let Range { start, end } = name.tokens;
        let kind = kind_by_tail(self.form(end))?;
        let located = || start > sentence.start && self.word(start - 1).has(Class::PLACE_PREPOSITION);
        let fits = match (name.kind, kind) {
            (Per, Per) | (_, Gpe) => true,
            (Gpe | Loc | Org, _) => kind != Per,
            (_, Loc) => self.form(end - 1).ends_with('s') || located(),
            _ => false,
        };
        fits.then_some((end + 1, kind))
    }

    /// What a compound for a body, building or the like, or a party makes of the place before it, unless it begins the next name:
    /// `Seljord spelemannslag`, `Telemark Reiselivsråd`, `Sandøya Ap`.
    fn compound(&self, name: &Tagged, _: &Range<usize>, next: usize) -> Option<(usize, EntityKind)> {
        let end = name.tokens.end;
        if end == next || !matches!(name.kind, EntityKind::Gpe | EntityKind::Loc) || self.is_genitive(name) {
            return None;
        }
        let word = self.word(end);
        let by_ending = || HEADS.compounds.of(&lower(self.form(end)), 2).map(|(_, &kind)| kind);
        let by_word = || kind_by_last(self.form(end)).filter(|&kind| kind == EntityKind::Org);
        let kind = match word.case {
            Case::Lower => by_ending().filter(|_| !word.has(Class::FINITE)),
            _ if word.is_capitalised() => by_word().or_else(by_ending),
            _ => None,
        };
        Some((end + 1, kind?))
    }

    /// A part of the place before it: `Bergen vest`, but not `Bergen sør for`.
    fn side(&self, name: &Tagged, _: &Range<usize>, _: usize) -> Option<(usize, EntityKind)> {
        let end = name.tokens.end;
        let part = HEADS.sides.contains(self.form(end)) && !self.word(end + 1).has(Class::PREPOSITION);
        (part && matches!(name.kind, EntityKind::Gpe | EntityKind::Loc)).then_some((end + 1, EntityKind::Loc))
    }

    /// What sort of firm it is: `Arctic Seaweed ASA`.
    fn firm(&self, name: &Tagged, _: &Range<usize>, _: usize) -> Option<(usize, EntityKind)> {
        is_firm(self.form(name.tokens.end)).then_some((name.tokens.end + 1, EntityKind::Org))
    }

    /// A section of a law or treaty: `Grunnloven § 2`.
    fn section(&self, name: &Tagged, _: &Range<usize>, _: usize) -> Option<(usize, EntityKind)> {
        let end = name.tokens.end;
        if self.form(end) != "§" || self.kind(end + 1) != TokenKind::Number {
            return None;
        }
        let law = kind_by_ending(self.form(end - 1)) == Some(EntityKind::Prod);
        law.then_some((end + 2, EntityKind::Prod))
    }

    /// The end of an official document's name that begins with a token.
    fn document_end(&self, token: usize) -> Option<usize> {
        if !self.word(token).is_capitalised() || !HEADS.documents.contains(self.form(token)) {
            return None;
        }
        let mut at = token + 1;
        at += usize::from(matches!(self.form(at), "O." | "S." | "L." | "St."));
        at += usize::from(self.form(at) == "nr.");
        let end = at + 1 + usize::from(matches!(self.form(at + 1), "S" | "L"));
        let sentence = self.doc.sentence_at(self.doc.tokens()[token].span.start())?;
        (self.kind(at) == TokenKind::Number && end <= sentence.tokens.end).then_some(end)
    }

    /// Whether a word is a role, and no given name.
    fn is_role(&self, token: usize) -> bool {
        let form = self.form(token);
        self.lexicon.title(&lower(form)).is_some() && !self.lexicon.name_part(form).0.has(Class::GIVEN)
    }

    /// Whether a name is a genitive.
    fn is_genitive(&self, name: &Tagged) -> bool {
        let last = self.form(name.tokens.end - 1);
        nominative(last) != last && self.gazetteer.get(&key(self.text(&name.tokens))).is_none()
    }

    /// Where the name begins of which a word with a hyphen has the last part: `Unge Høyre-leder`.
    fn compound_start(&self, token: usize, first: usize, whole: &HashSet<&str>) -> Option<usize> {
        let span = self.doc.tokens()[token].span;
        let (head, tail) = self.doc[span].rsplit_once('-')?;
        if head.is_empty() || !tail.starts_with(char::is_lowercase) {
            return None;
        }
        let end = span.start() + head.len();
        (first.max(token.saturating_sub(4))..token).find(|&start| {
            let name = &self.doc.text()[self.doc.tokens()[start].span.start()..end];
            self.word(start).is_capitalised() && (whole.contains(name) || self.gazetteer.get(&key(name)).is_some())
        })
    }

    /// The kind of the name that two names make where nothing stands between them, and the first is no genitive: `Sandøya Venstre`.
    fn made_of(&self, before: &Tagged, after: &Tagged) -> Option<EntityKind> {
        use EntityKind::{Drv, Gpe, Loc, Org, Per, Prod};
        if before.tokens.end != after.tokens.start || after.tokens.end - before.tokens.start > LONGEST {
            return None;
        }
        let last = self.form(before.tokens.end - 1);
        match (before.kind, after.kind) {
            _ if self.is_genitive(before) => None,
            (Gpe | Loc | Org, Org) | (Org, Gpe | Loc) => Some(Org),
            (Gpe | Loc, Loc) => Some(Loc),
            (Gpe | Loc | Org | Prod, Drv) if !last.ends_with('-') => Some(Drv),
            (Per, Drv) if before.tokens.len() == 1 && self.lexicon.name_part(last).0.has(Class::GIVEN) => Some(Drv),
            _ => None,
        }
    }

    /// The end of a person's name with a nickname in marks that begins with a token: `Per «Bamsen» Lunde`.
    fn nickname(&self, token: usize, sentence: &Range<usize>) -> Option<usize> {
        let capital = |i: usize| self.word(i).case == Case::Initial;
        let mark = |i: usize| self.kind(i) == TokenKind::Quote;
        let given = self.lexicon.name_part(self.form(token)).0.has(Class::GIVEN);
        let found = given && mark(token + 1) && capital(token + 2) && mark(token + 3) && capital(token + 4);
        (found && token + 5 <= sentence.end).then_some(token + 5)
    }

    /// A name of these tokens, of which there must be some.
    fn mention(&self, tokens: &Range<usize>, kind: EntityKind) -> Mention {
        let all = self.doc.tokens();
        Mention::name(all[tokens.start].span.to(all[tokens.end - 1].span), kind)
    }
}

/// Finds names by rules:
///
/// 1. the longest of a gazetteer name and a run of capitalised words, a person's name before others where it begins with a given name
///    or follows a title;
/// 2. what a run is: by the gazetteer, its name parts, its last word, the word after it, its ending, the title or preposition before it;
/// 3. a capital at the start of a sentence proves nothing: an ordinary word there is a name only where the article has it inside a sentence too.
struct Finder<'a> {
    source: &'a Source<'a>,
    hit_at: HashMap<usize, Hit>,
    /// Last words of the full personal names of the article.
    surnames: HashSet<String>,
    /// Forms that the article capitalises inside sentences.
    inside: HashSet<String>,
    /// Where the user's own mentions begin, and the token after each.
    taken: HashMap<usize, usize>,
}

impl<'a> Finder<'a> {
    fn new(source: &'a Source<'a>, hits: Vec<Hit>, said: &[(Range<usize>, Mention)]) -> Finder<'a> {
        let mut finder = Finder {
            source,
            hit_at: hits.into_iter().map(|hit| (hit.tokens.start, hit)).collect(),
            surnames: HashSet::new(),
            inside: HashSet::new(),
            taken: said.iter().map(|(tokens, _)| (tokens.start, tokens.end)).collect(),
        };
        finder.read_evidence();
        finder
    }

    fn names(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for sentence in self.source.doc.sentences() {
            self.sentence(sentence.tokens.clone(), &mut mentions);
        }
        mentions
    }

    fn form(&self, i: usize) -> &str {
        self.source.form(i)
    }

    fn kind_of_token(&self, i: usize) -> TokenKind {
        self.source.kind(i)
    }

    fn word(&self, i: usize) -> Word<'a> {
        self.source.word(i)
    }

    /// Whether token `i` opens a sentence, what opens it aside: dashes, quotation marks, brackets.
    fn is_initial(&self, i: usize, start: usize) -> bool {
        let opener = |j: usize| {
            matches!(self.kind_of_token(j), TokenKind::Dash | TokenKind::Quote | TokenKind::Ellipsis)
                || matches!(self.form(j), "(" | "[" | ":" | "•" | "*")
        };
        i == start
            || (i < start + LONGEST && (start..i).all(opener))
            || (i > start
                && (matches!(self.kind_of_token(i - 1), TokenKind::Quote | TokenKind::Dash) || self.form(i - 1) == ":")
                && self.word(i).case == Case::Initial)
    }

    fn is_namelike(&self, i: usize) -> bool {
        let kind = self.kind_of_token(i);
        (kind == TokenKind::Word && self.word(i).is_capitalised() && self.form(i).starts_with(char::is_alphabetic))
            || (kind == TokenKind::Abbreviation && self.is_name_abbreviation(i))
    }

    /// `C.`, `J.K.`, `St.`
    fn is_name_abbreviation(&self, i: usize) -> bool {
        self.form(i).starts_with(char::is_uppercase)
    }

    fn given(&self, i: usize) -> bool {
        let (class, _) = self.part(i);
        class.has(Class::GIVEN)
    }

    fn part(&self, i: usize) -> (Class, Option<Gender>) {
        let form = usual_case(self.form(i));
        let (class, gender) = self.source.lexicon.name_part(&form);
        if class != Class::default() {
            return (class, gender);
        }
        // `Anne-Grete`: known by its first half.
        match form.split_once('-') {
            Some((first, rest)) if rest.starts_with(char::is_uppercase) => self.source.lexicon.name_part(first),
            _ => self.source.lexicon.name_part(nominative(&form)),
        }
    }

    /// What the article tells before any name is decided.
    fn read_evidence(&mut self) {
        let mut inside = HashSet::new();
        let mut surnames = HashSet::new();
        for sentence in self.source.doc.sentences() {
            let range = sentence.tokens.clone();
            let heading =
                self.source.doc.blocks().get(sentence.block).is_some_and(|b| matches!(b.kind, BlockKind::Title | BlockKind::Heading));
            for i in range.clone() {
                if !self.is_namelike(i) {
                    continue;
                }
                let grammatical = self.word(i).has(GRAMMATICAL);
                if !self.is_initial(i, range.start) && !heading && !grammatical && self.word(i).case == Case::Initial {
                    inside.insert(nominative(self.form(i)).to_owned());
                }
                let titled = i > range.start && self.is_title(i - 1);
                if (self.given(i) || titled) && i + 1 < range.end && self.is_namelike(i + 1) {
                    let mut last = i + 1;
                    while last + 1 < range.end.min(i + LONGEST) && self.is_namelike(last + 1) {
                        last += 1;
                    }
                    surnames.insert(nominative(&usual_case(self.form(last))).to_owned());
                    surnames.insert(usual_case(self.form(last)).into_owned());
                }
            }
        }
        self.inside = inside;
        self.surnames = surnames;
    }

    fn is_title(&self, i: usize) -> bool {
        let word = self.word(i);
        if word.case == Case::None || self.kind_of_token(i) != TokenKind::Word {
            return false;
        }
        let lower = lower(self.form(i));
        self.source.lexicon.title(&lower).is_some_and(|t| matches!(t.form, Form::Indefinite | Form::Definite))
    }

    fn sentence(&self, range: Range<usize>, mentions: &mut Vec<Mention>) {
        let mut i = range.start;
        while i < range.end {
            if let Some(&end) = self.taken.get(&i) {
                i = end;
                continue;
            }
            let end = range.end.min(i + LONGEST);
            let end = (i + 1..end).find(|j| self.taken.contains_key(j)).unwrap_or(end);
            if let Some(close) = self.work_at(i, &range) {
                self.push(i + 1, close, EntityKind::Prod, &range, mentions);
                i = close;
                continue;
            }
            match self.name_at(i, range.start, end) {
                Some((end, kind)) => {
                    self.push(i, end, kind, &range, mentions);
                    i = end;
                }
                None => i += 1,
            }
        }
    }

    /// The closing mark of a title that a noun for a work introduces: `romanen «Ei natt utan tak»`.
    fn work_at(&self, i: usize, range: &Range<usize>) -> Option<usize> {
        if self.kind_of_token(i) != TokenKind::Quote || self.source.by_noun(i, range.start) != Some(EntityKind::Prod) {
            return None;
        }
        let close = (i + 2..range.end.min(i + LONGEST)).find(|&j| self.kind_of_token(j) == TokenKind::Quote)?;
        let free = (i + 1..close).all(|j| !self.taken.contains_key(&j));
        (free && self.word(i + 1).case != Case::Lower).then_some(close)
    }

    fn push(&self, first: usize, end: usize, kind: EntityKind, range: &Range<usize>, mentions: &mut Vec<Mention>) {
        let sense = (kind == EntityKind::Gpe).then(|| self.sense(first, end, range));
        mentions.push(Mention { sense, ..self.source.mention(&(first..end), kind) });
    }

    /// Place or actor: an actor is what speaks, decides or has decisions made of it (Jørgensen et al. 2020, GPE_ORG).
    fn sense(&self, first: usize, end: usize, range: &Range<usize>) -> Sense {
        if first > range.start && self.word(first - 1).has(Class::PLACE_PREPOSITION) {
            return Sense::Loc;
        }
        let next = self.word(end);
        let subject = self.is_initial(first, range.start) || self.word(first.wrapping_sub(1)).has(Class::SUBJUNCTION);
        if self.form(end - 1).ends_with("kommune") || (subject && next.has(Class::FINITE) && !next.has(Class::PLAIN_VERB)) {
            return Sense::Org;
        }
        Sense::Loc
    }

    /// The name that begins with token `i`: the token after it, and its kind.
    fn name_at(&self, i: usize, start: usize, end: usize) -> Option<(usize, EntityKind)> {
        let hit = self.hit_at.get(&i).filter(|h| h.tokens.end <= end);
        let hit = hit.filter(|h| self.accepts(h, start));
        let run = self.run(i, start, end);
        match (hit, run) {
            (None, None) => None,
            (Some(hit), None) => Some(self.with_tail(hit.tokens.end, end, self.source.gazetteer.kind(hit.name))),
            (None, Some(run)) => Some(self.classify(i, run, start, end)),
            (Some(hit), Some(run)) => {
                let kind = self.source.gazetteer.kind(hit.name);
                let longer = run > hit.tokens.end;
                let person = longer
                    && self.given(i)
                    && (self.part(i + 1).0.has(Class::SURNAME.or(Class::GIVEN)) || hit.tokens.len() == 1 && kind != EntityKind::Gpe);
                if hit.tokens.len() == 1 && !longer && kind != EntityKind::Per && self.is_person_here(i, start) {
                    return Some((run, EntityKind::Per));
                }
                if longer && (person || (hit.tokens.len() == 1 && i > start && self.is_title(i - 1) && kind != EntityKind::Org)) {
                    return Some(self.classify(i, run, start, end));
                }
                if longer && kind_by_last(self.form(run - 1)).is_some() {
                    return Some(self.classify(i, run, start, end));
                }
                Some(self.with_tail(hit.tokens.end, end, kind))
            }
        }
    }

    /// A place or company name that the article uses as a surname.
    fn is_person_here(&self, i: usize, start: usize) -> bool {
        let form = usual_case(self.form(i));
        let known = self.surnames.contains(form.as_ref()) || self.surnames.contains(nominative(&form));
        let located = i > start && self.word(i - 1).has(Class::PLACE_PREPOSITION);
        let place = |n: usize| self.source.gazetteer.risk(n) == Risk::None && self.source.gazetteer.kind(n) != EntityKind::Loc;
        known && !located && !self.source.gazetteer.get(nominative(&form)).is_some_and(place)
    }

    /// `Trondheim kommune`, `Oslo tingrett`: the lower-case head belongs to the name.
    fn with_tail(&self, after: usize, end: usize, kind: EntityKind) -> (usize, EntityKind) {
        if (after < end && matches!(kind, EntityKind::Gpe | EntityKind::Loc | EntityKind::Org) && !self.form(after - 1).ends_with('s')
            || after < end && self.form(after - 1).ends_with("s") && self.source.gazetteer.get(self.form(after - 1)).is_some())
            && let Some(tail) = kind_by_tail(self.form(after))
        {
            return (after + 1, tail);
        }
        (after, kind)
    }

    fn accepts(&self, hit: &Hit, start: usize) -> bool {
        let i = hit.tokens.start;
        let risk = self.source.gazetteer.risk(hit.name);
        let single = hit.tokens.len() == 1;
        let initial = self.is_initial(i, start);
        let form = self.form(i);
        if !single {
            return true;
        }
        let shown = self.inside.contains(nominative(form));
        match risk {
            Risk::Own => false,
            Risk::High => {
                (shown || !initial)
                    && form.chars().count() > 2
                    && self.word(i).is_capitalised()
                    && !(initial && self.word(i).has(Class::COMMON))
            }
            Risk::Medium => !initial || shown || !self.word(i).has(Class::COMMON),
            _ => !initial || shown || !self.word(i).has(Class::ANY_KNOWN) || self.word(i).case == Case::Capitals,
        }
    }

    /// Where the run of name words ends that begins with token `i`.
    fn run(&self, i: usize, start: usize, end: usize) -> Option<usize> {
        if !self.is_namelike(i) || !self.opens_name(i, start, end) {
            return None;
        }
        let mut at = i + 1;
        let end = end.min(i + LONGEST);
        loop {
            if at < end && self.is_namelike(at) && !self.parts(i, at, end) {
                at += 1;
                continue;
            }
            // `Per «Bamsen» Lunde`
            let mark = |j: usize| j < end && self.kind_of_token(j) == TokenKind::Quote;
            if mark(at) && mark(at + 2) && at + 3 < end && self.is_namelike(at + 1) && self.is_namelike(at + 3) && self.given(i) {
                at += 4;
                continue;
            }
            // A particle or two between names.
            let particle = |j: usize| j < end && self.word(j).has(Class::NAME_PARTICLE) && self.word(j).case == Case::Lower;
            if particle(at)
                && at + 1 < end
                && self.is_namelike(at + 1)
                && !matches!(self.form(at), "av" | "da" | "den" | "de" | "du" | "der" | "la" if !self.given(i))
            {
                at += 2;
                continue;
            }
            if particle(at) && particle(at + 1) && at + 2 < end && self.is_namelike(at + 2) && self.given(i) {
                at += 3;
                continue;
            }
            break;
        }
        // Initials and saints alone are no names.
        if at == i + 1 && self.kind_of_token(i) == TokenKind::Abbreviation {
            return None;
        }
        Some(at)
    }

    /// Whether a new name begins at token `at` of a run: after a genitive (`Arbeiderpartiets Kari Nordheim`), or with a given name after
    /// something that is none.
    fn parts(&self, start: usize, at: usize, end: usize) -> bool {
        let before = self.form(at - 1);
        let genitive =
            before.ends_with('s') && self.source.gazetteer.get(before).is_none() && self.source.gazetteer.get(nominative(before)).is_some();
        let person =
            self.given(at) && !self.given(at - 1) && self.kind_of_token(at - 1) == TokenKind::Word && self.hit_at.contains_key(&(at - 1));
        // `Firdaposten Kari Berg Vik`: a full name after a word that is no part of one.
        let full = !self.given(start)
            && at == start + 1
            && self.given(at)
            && at + 1 < end
            && self.is_namelike(at + 1)
            && self.kind_of_token(start) == TokenKind::Word
            && !self.part(start).0.has(Class::SURNAME);
        // `Norges Birøkterlag` is one name.
        let genitive = genitive && kind_by_ending(self.form(at)) != Some(EntityKind::Org);
        genitive || (person && !self.given(start)) || full || is_derived(before)
    }

    /// Whether a capital here is a name's.
    fn opens_name(&self, i: usize, start: usize, end: usize) -> bool {
        let word = self.word(i);
        let form = self.form(i);
        let letters = form.chars().filter(|c| c.is_alphabetic()).count();
        if matches!(form, "De" | "Dem" | "Deres" | "Dykk" | "I" | "Du" | "Jeg" | "Eg")
            || (letters < 2 && self.kind_of_token(i) == TokenKind::Word)
        {
            return false;
        }
        let next = i + 1 < end && self.is_namelike(i + 1);
        // `Konservator Hanne Berg`: the title opens the sentence, not the name.
        if next && self.is_initial(i, start) && self.is_title(i) && !self.given(i) {
            return false;
        }
        if word.has(Class::CALENDAR) && !(next && self.given(i)) {
            return false;
        }
        let heading = self
            .source
            .doc
            .block_at(self.source.doc.tokens()[i].span.start())
            .is_some_and(|b| matches!(b.kind, BlockKind::Title | BlockKind::Heading));
        if !self.is_initial(i, start) {
            // A line in capitals, such as a kicker: only what is known is a name.
            if word.case == Case::Capitals && word.has(Class::COMMON) && !self.given(i) {
                return false;
            }
            // `Nobels Fredspris`, but not the ordinary words of a heading in title case.
            return !(heading && word.has(Class::COMMON) && self.word(i - 1).case != Case::Lower);
        }
        let shown = self.inside.contains(nominative(form)) || self.inside.contains(form);
        if shown {
            return true;
        }
        if self.surnames.contains(nominative(form)) && !word.has(GRAMMATICAL) {
            return true;
        }
        if word.case == Case::Capitals {
            // `NRK` opens a sentence; `STENGT:` is a kicker.
            return !word.has(Class::COMMON) && self.form(i + 1) != ":" && letters <= 6 || (next && self.given(i));
        }
        if self.given(i) {
            let initials = next && self.kind_of_token(i + 1) == TokenKind::Abbreviation;
            return !word.has(Class::COMMON)
                || initials
                || (next && !word.has(GRAMMATICAL.or(Class::FINITE)))
                || (next && self.part(i + 1).0.has(Class::SURNAME));
        }
        // `Norsk Ravforbund`, `Helsedepartementet`
        let organisation = |i: usize| kind_by_ending(self.form(i)) == Some(EntityKind::Org);
        if (next && organisation(i + 1))
            || (organisation(i) && !word.has(Class::ANY_KNOWN) && !word.has(Class::TITLE) && form.ends_with("tet"))
        {
            return true;
        }
        if word.has(Class::COMMON) || word.has(Class::TITLE) {
            return false;
        }
        let part = self.part(i).0.has(Class::SURNAME);
        part || next
    }

    /// The kind of the run of tokens `i..run`.
    fn classify(&self, i: usize, run: usize, start: usize, end: usize) -> (usize, EntityKind) {
        if run - i > 1 {
            if let Some(kind) = kind_by_last(self.form(run - 1)) {
                return (run, kind);
            }
            // `Olav Duuns gate`
            if let Some(kind) =
                kind_by_tail(self.form(run)).filter(|&k| run < end && k == EntityKind::Loc && self.form(run - 1).ends_with('s'))
            {
                return (run + 1, kind);
            }
            let titled = i > start && self.is_title(i - 1);
            let initials = (i..run).any(|j| self.kind_of_token(j) == TokenKind::Abbreviation);
            if self.given(i) || titled || initials || self.part(run - 1).0.has(Class::SURNAME) {
                return (run, EntityKind::Per);
            }
            if run < end
                && let Some(kind) = kind_by_tail(self.form(run))
            {
                return (run + 1, kind);
            }
            if i > start && self.kind_of_token(i - 1) == TokenKind::Quote {
                return (run, EntityKind::Prod);
            }
            if let Some(kind) = self.source.by_noun(i, start) {
                return (run, kind);
            }
            return (run, kind_by_ending(self.form(run - 1)).unwrap_or(EntityKind::Per));
        }
        let form = self.form(i);
        // `EU-landene`, `Oslo-mannen`: a word made from a name.
        if is_derived(form) {
            return (run, EntityKind::Drv);
        }
        if run < end
            && let Some(kind) = kind_by_tail(self.form(run))
        {
            return (run + 1, kind);
        }
        let usual = usual_case(form);
        if self.surnames.contains(usual.as_ref()) || self.surnames.contains(nominative(&usual)) {
            return (run, EntityKind::Per);
        }
        if let Some(name) = self.source.gazetteer.get(&usual).or_else(|| self.source.gazetteer.get(nominative(&usual))) {
            return (run, self.source.gazetteer.kind(name));
        }
        if let Some(kind) = self.source.by_noun(i, start) {
            return (run, kind);
        }
        let (class, _) = self.part(i);
        // `på Furulund`: a place, though there are people of that name.
        let placed = i > start && matches!(self.form(i - 1), "i" | "på" | "ved") && !class.has(Class::GIVEN);
        if (class.has(Class::GIVEN.or(Class::SURNAME)) && !placed) || (i > start && self.is_title(i - 1)) {
            return (run, EntityKind::Per);
        }
        let letters = form.chars().filter(|c| c.is_alphabetic()).count();
        if self.word(i).case == Case::Capitals && letters <= 6 {
            return (run, EntityKind::Org);
        }
        if let Some(kind) = kind_by_ending(form) {
            return (run, kind);
        }
        if i > start {
            match self.form(i - 1) {
                "i" | "I" => return (run, EntityKind::Gpe),
                "på" | "ved" | "På" | "Ved" => return (run, EntityKind::Loc),
                "til" | "fra" | "frå" | "Fra" | "Frå" => return (run, EntityKind::Gpe),
                _ if self.kind_of_token(i - 1) == TokenKind::Quote => return (run, EntityKind::Prod),
                _ => {}
            }
        }
        (run, EntityKind::Per)
    }
}

/// Whether a word is made from a name: `EU-landene`, `NHO-direktør`.
fn is_derived(form: &str) -> bool {
    form.split_once('-').is_some_and(|(head, tail)| head.starts_with(char::is_uppercase) && tail.starts_with(char::is_lowercase))
}

/// `RAMIREZ` as `Ramirez`, `ANNE-GRETE` as `Anne-Grete`; other spellings as they are.
pub(crate) fn usual_case(form: &str) -> std::borrow::Cow<'_, str> {
    let key = key(form);
    let letters = key.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || key.chars().any(char::is_lowercase) {
        return key;
    }
    let mut first = true;
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        if first {
            out.push(c)
        } else {
            out.extend(c.to_lowercase())
        }
        first = !c.is_alphabetic();
    }
    out.into()
}
