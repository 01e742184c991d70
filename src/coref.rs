//! Entities: which mentions are of one and the same.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::gazetteer::{Gazetteer, Risk, nominative};
use crate::lexicon::{Class, Form, Gender, Lexicon, Word};
use crate::marks::Marked;
use crate::names::{EntityKind, Mention, MentionForm, is_firm, usual_case};
use crate::normalize::{key, lower};
use crate::syntax::Syntax;
use crate::tokenize::TokenKind;

/// Somebody or something that the article mentions, once or more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// The fullest name in the article, without genitive ending; names in capitals in their usual case. For somebody who is not named,
    /// the words that describe them.
    pub name: String,
    /// Indices into [`Document::mentions`](crate::Document::mentions), in order.
    pub mentions: Vec<usize>,
    /// The gazetteer's identifier: a Wikidata item such as `Q585`, `iso:NO`, `kommune:0301`, or the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For persons: woman or man, where a given name, a title or a pronoun tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Titles and roles that the article gives them, in order of appearance: `statsminister`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// A mention on its way to an entity.
struct Named {
    /// Index in the list of mentions.
    mention: usize,
    /// The name without genitive, in its usual case.
    name: String,
    /// The gazetteer's name of it, by which aliases meet.
    listed: Option<usize>,
}

/// Links the mentions of one and the same, and finds mentions by role and pronoun.
///
/// Names: a surname or given name alone is the nearest person before it, else after it, whose full name it ends or begins; other names are
/// one where they are spelt alike or are aliases of one gazetteer entry. Roles: a definite title (`ministeren`) is the last person who was
/// given that title. Pronouns: `han`, `hun` and `ho` are the likeliest person in the sentences before, by nearness, position as the
/// sentence's subject and gender (after Lappin & Leass 1994), and a speaker goes on speaking.
pub(crate) fn link(doc: &mut Document, words: &[Word<'_>], lexicon: &Lexicon, gazetteer: &Gazetteer, marked: &Marked) -> Vec<Entity> {
    let named = read_names(doc, lexicon, gazetteer);
    let mut entities: Vec<Entity> = Vec::new();
    let owner = link_names(doc.article.text(), &named, &mut doc.mentions, gazetteer, &mut entities);
    for (n, &e) in named.iter().zip(&owner) {
        doc.mentions[n.mention].entity = e;
    }
    vote(&mut doc.mentions, &mut entities);
    name_entities(&named, &owner, gazetteer, &mut entities);
    let syntax = Syntax { doc, words, lexicon, marked };
    let said = said(syntax);
    let mut linker = Linker {
        doc,
        syntax,
        said,
        count: vec![0; entities.len()],
        named: entities.len(),
        first: None,
        ages: HashMap::new(),
        holders: HashMap::new(),
        entities,
        found: Vec::new(),
    };
    linker.read_gender();
    linker.read_roles();
    linker.walk();
    linker.forget_passers_by();
    let Linker { mut entities, found, .. } = linker;
    doc.mentions.extend(found);
    doc.mentions.sort_by_key(|m| m.span);
    for entity in &mut entities {
        entity.mentions.clear();
    }
    for (i, mention) in doc.mentions.iter().enumerate() {
        entities[mention.entity].mentions.push(i);
    }
    entities
}

fn read_names(doc: &Document, lexicon: &Lexicon, gazetteer: &Gazetteer) -> Vec<Named> {
    let forms: HashSet<String> = doc.mentions.iter().map(|m| key(&doc[m.span]).into_owned()).collect();
    // Words that a longer name begins with stand in the nominative there: `Agnes` of `Agnes Vik`.
    let firsts: HashSet<&str> = forms.iter().filter_map(|f| f.split_once(' ')).map(|(first, _)| first).collect();
    doc.mentions
        .iter()
        .enumerate()
        .map(|(mention, m)| {
            let text = key(&doc[m.span]).split_whitespace().collect::<Vec<_>>().join(" ");
            let known = gazetteer.get(&text).is_some();
            let base = nominative(&text);
            let last = text.rsplit(' ').next().unwrap_or(&text);
            let last_base = nominative(last);
            // A final s is the name's own where the name is known with it and not without.
            let own_s = known
                || firsts.contains(text.as_str())
                || (lexicon.name_part(last).0 != Class::default()
                    && lexicon.name_part(last_base).0 == Class::default()
                    && !forms.contains(base));
            let own_s = own_s
                || (is_firm(last)
                    || last.chars().all(|c| c.is_uppercase())
                    || last.ends_with("ss")
                    || ["us", "is", "nes", "næs", "ås", "aas"].iter().any(|e| lower(last).ends_with(e)))
                    && !forms.contains(base)
                    && gazetteer.get(base).is_none();
            let mut name = if base.len() < text.len() && !own_s { base.to_owned() } else { text.clone() };
            let capitals = !name.chars().any(char::is_lowercase);
            if capitals && m.kind == EntityKind::Per && name.chars().filter(|c| c.is_alphabetic()).count() > 3 {
                name = name.split(' ').map(usual_case).collect::<Vec<_>>().join(" ");
            }
            let listed = gazetteer.get(&name).or_else(|| {
                let usual = name.split(' ').map(usual_case).collect::<Vec<_>>().join(" ");
                let found = gazetteer.get(&usual).filter(|_| capitals);
                if found.is_some() {
                    name = usual;
                }
                found
            });
            Named { mention, name, listed }
        })
        .collect()
}

/// For each name, the index of its entity.
fn link_names(text: &str, named: &[Named], mentions: &mut [Mention], gazetteer: &Gazetteer, entities: &mut Vec<Entity>) -> Vec<usize> {
    let mut owner = vec![usize::MAX; named.len()];
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut open = |name: &str, kind, entities: &mut Vec<Entity>| {
        *by_name.entry(name.to_lowercase()).or_insert_with(|| {
            entities.push(Entity { kind, name: name.to_owned(), mentions: Vec::new(), id: None, gender: None, roles: Vec::new() });
            entities.len() - 1
        })
    };
    let is_person = |n: &Named| mentions[n.mention].kind == EntityKind::Per;
    // `Elling` may be a film, but not beside `Elling Vik`.
    let givens: HashSet<&str> =
        named.iter().filter(|n| is_person(n)).filter_map(|n| n.name.split_once(' ')).map(|(first, _)| first).collect();
    for n in named {
        if mentions[n.mention].kind == EntityKind::Prod && givens.contains(n.name.as_str()) {
            mentions[n.mention].kind = EntityKind::Per;
        }
    }
    let is_person = |n: &Named| mentions[n.mention].kind == EntityKind::Per;
    // Full names first; a short name looks for them by its last and first word.
    let mut full: HashMap<&str, Vec<usize>> = HashMap::new();
    // The first with these first and last words.
    let mut by_ends: HashMap<(&str, &str), usize> = HashMap::new();
    let ends = |name| Option::zip(str::split(name, ' ').next(), name.rsplit(' ').next()).filter(|_| name.contains(' '));
    for (i, n) in named.iter().enumerate() {
        if is_person(n)
            && let Some((first, last)) = ends(n.name.as_str())
        {
            by_ends.entry((first, last)).or_insert(i);
            full.entry(last).or_default().push(i);
            full.entry(first).or_default().push(i);
        }
    }
    let nearest = |part: &str, i: usize| {
        let list = full.get(part)?;
        let at = list.partition_point(|&f| f < i);
        list[..at].last().or(list.get(at)).copied()
    };
    // `Norsk Ravforbund (NRF)`: the short name in brackets is the name before it.
    let mut short: HashMap<&str, usize> = HashMap::new();
    let initial = |name: &str| name.chars().next().map(|c| c.to_lowercase().to_string());
    for (i, pair) in mentions.windows(2).enumerate() {
        let [long, acronym] = pair else { continue };
        let between = &text[long.span.end()..acronym.span.start()];
        let closed = text[acronym.span.end()..].starts_with(')');
        let name = named[i + 1].name.as_str();
        if between == " ("
            && closed
            && long.kind == EntityKind::Org
            && initial(name) == initial(&named[i].name)
            && !name.contains(' ')
            && name.chars().any(char::is_uppercase)
        {
            short.entry(name).or_insert(i);
        }
    }
    // In order of the text, so that entities are in order of their first mention.
    for (i, n) in named.iter().enumerate() {
        let kind = mentions[n.mention].kind;
        let mut target = i;
        if is_person(n) {
            if !n.name.contains(' ') {
                let s = n.name.strip_suffix('s').and_then(|base| nearest(base, i));
                target = nearest(&n.name, i).or(s).unwrap_or(i);
            } else if let Some(ends) = ends(n.name.as_str()) {
                // `Kari Lie Nordheim` and `Kari Nordheim`.
                target = by_ends.get(&ends).copied().unwrap_or(i);
            }
        }
        let target = short.get(n.name.as_str()).copied().filter(|_| !is_person(n)).unwrap_or(target);
        let t = &named[target];
        // `Nordfjord Havbruk` is `Nordfjord Havbruk AS`.
        let firm = t.name.rsplit_once(' ').filter(|(_, last)| is_firm(last)).map(|(name, _)| name);
        let listed = firm.and_then(|name| gazetteer.get(name)).filter(|&l| gazetteer.kind(l) == EntityKind::Org).or(t.listed);
        let label = match listed {
            Some(l) if !is_person(t) => format!("{}\u{0}", gazetteer.canonical(l).0),
            _ => firm.unwrap_or(&t.name).to_owned(),
        };
        owner[i] = if owner[target] != usize::MAX { owner[target] } else { open(&label, kind, entities) };
        owner[target] = owner[i];
    }
    owner
}

/// The kind of an entity is that of most of its mentions, of the earliest where they are equal; its mentions follow.
fn vote(mentions: &mut [Mention], entities: &mut [Entity]) {
    let mut votes: Vec<Vec<(EntityKind, usize)>> = vec![Vec::new(); entities.len()];
    for m in mentions.iter() {
        let list = &mut votes[m.entity];
        match list.iter_mut().find(|(k, _)| *k == m.kind) {
            Some((_, n)) => *n += 1,
            None => list.push((m.kind, 1)),
        }
    }
    for (entity, list) in entities.iter_mut().zip(&votes) {
        let most = list.iter().map(|v| v.1).max().unwrap_or(0);
        if let Some(&(kind, _)) = list.iter().find(|v| v.1 == most) {
            entity.kind = kind;
        }
    }
    for m in mentions.iter_mut() {
        m.kind = entities[m.entity].kind;
        if m.kind == EntityKind::Gpe && m.sense.is_none() {
            m.sense = Some(crate::names::Sense::Loc);
        } else if m.kind != EntityKind::Gpe {
            m.sense = None;
        }
    }
}

/// The fullest form is the name; where the user's own table lists the entity, the name is the table's.
fn name_entities(named: &[Named], owner: &[usize], gazetteer: &Gazetteer, entities: &mut [Entity]) {
    for entity in entities.iter_mut() {
        entity.name.clear();
    }
    let mut own = vec![false; entities.len()];
    for (n, &e) in named.iter().zip(owner) {
        let entity = &mut entities[e];
        let listed = n.listed.map(|l| (gazetteer.canonical(l), gazetteer.risk(l) == Risk::Own, gazetteer.kind(l)));
        if let Some(((name, _), true, _)) = listed {
            name.clone_into(&mut entity.name);
            own[e] = true;
        }
        let fuller = n.name.split(' ').count() > entity.name.split(' ').count() || n.name.len() > entity.name.len() + 4;
        if !own[e] && (entity.name.is_empty() || fuller) {
            entity.name.clone_from(&n.name);
        }
        if let Some(((_, Some(id)), _, kind)) = listed
            && kind == entity.kind
        {
            entity.id.get_or_insert_with(|| id.to_owned());
        }
    }
}

/// For each token whether it is among words said: in marks, or after a quotation dash and outside the reporting clauses there.
fn said(syntax: Syntax<'_>) -> Vec<bool> {
    let mut said = vec![false; syntax.doc.tokens().len()];
    for region in &syntax.marked.regions {
        let ranges = if region.dash { syntax.turn(&region.tokens).said } else { vec![region.tokens.clone()] };
        said[region.open] = true;
        for range in ranges {
            said[range].fill(true);
        }
    }
    said
}

struct Linker<'a> {
    doc: &'a Document,
    syntax: Syntax<'a>,
    /// For each token whether it is among words said rather than the writer's.
    said: Vec<bool>,
    entities: Vec<Entity>,
    found: Vec<Mention>,
    /// How often each entity was mentioned so far.
    count: Vec<u32>,
    /// How many entities are named; those after them are described.
    named: usize,
    /// The person named first.
    first: Option<usize>,
    /// Who is how old.
    ages: HashMap<String, usize>,
    /// Who has a role, the first where several have it.
    holders: HashMap<String, usize>,
}

/// Somebody spoken of lately, and where.
#[derive(Clone, Copy)]
struct Recent {
    entity: usize,
    /// The token at which the mention begins.
    token: usize,
    /// How many sentences of the writer's stand before.
    clock: usize,
    sentence: usize,
    subject: bool,
    /// In the genitive.
    owner: bool,
    quoted: bool,
}

/// How many sentences back a pronoun looks.
const REACH: usize = 8;

impl Linker<'_> {
    /// The titles right before a name, nearest first: `tidligere statsminister Kari Nordheim`.
    fn titles_before(&self, first: usize, start: usize) -> Option<crate::lexicon::Title> {
        if first <= start {
            return None;
        }
        self.syntax.title(first - 1).filter(|t| t.form == Form::Indefinite || t.form == Form::Definite)
    }

    /// Gender and roles from given names and the titles beside names.
    fn read_gender(&mut self) {
        for i in 0..self.doc.mentions().len() {
            let mention = &self.doc.mentions()[i];
            if mention.kind != EntityKind::Per {
                continue;
            }
            let e = mention.entity;
            let first = self.syntax.token_at(mention.span.start());
            let start = self.doc.sentence_at(mention.span.start()).map_or(first, |s| s.tokens.start);
            if let Some(title) = self.titles_before(first, start) {
                self.entities[e].gender = title.gender.or(self.entities[e].gender);
                self.add_role(e, &title.lemma);
            }
            // `Kari Nordheim, leder i laget,`
            let after = self.syntax.token_at(mention.span.end());
            let comma = matches!(self.syntax.form(after), "," | "(");
            if let Some(title) = comma.then(|| self.syntax.title(after + 1)).flatten().filter(|t| t.form == Form::Indefinite) {
                self.add_role(e, &title.lemma);
            }
            // `Tor Moen (54)`
            if self.syntax.form(after) == "("
                && self.syntax.form(after + 2) == ")"
                && self.doc.tokens()[after + 1].kind == TokenKind::Number
            {
                let age = self.syntax.form(after + 1).to_owned();
                self.ages.insert(age, e);
            }
            let given = self.entities[e].name.split(' ').next().unwrap_or("").to_owned();
            let gender = self
                .syntax
                .lexicon
                .name_part(&given)
                .1
                .or_else(|| given.split_once('-').and_then(|(g, _)| self.syntax.lexicon.name_part(g).1));
            if self.entities[e].gender.is_none() {
                self.entities[e].gender = gender;
            }
        }
    }

    /// Roles told at some distance from the name: `leder i laget Kari Nordheim`, `Kari Nordheim er leder`.
    fn read_roles(&mut self) {
        let title = |i: usize| self.syntax.title(i).filter(|t| t.form == Form::Indefinite);
        let mut roles = Vec::new();
        for i in 0..self.doc.tokens().len() {
            let Some(title) = title(i) else { continue };
            let end = self.syntax.sentence_range(i).end;
            let ahead = self.syntax.person_ahead(i, end).map(|s| s.tokens.start);
            let copula = (1..4).find(|&back| back <= i && self.syntax.words[i - back].has(Class::COPULA)).map(|back| i - back);
            let person = ahead.and_then(|p| self.syntax.mention_at(p)).or_else(|| {
                let (first, kind, _) = self.syntax.mention_before(copula?)?;
                self.syntax.mention_at(first).filter(|_| kind == EntityKind::Per)
            });
            roles.extend(person.map(|(.., entity)| (entity, title.lemma)));
        }
        for (entity, lemma) in roles {
            self.add_role(entity, &lemma);
        }
    }

    fn add_role(&mut self, entity: usize, lemma: &str) {
        self.holders.entry(lemma.to_owned()).or_insert(entity);
        let roles = &mut self.entities[entity].roles;
        if !roles.iter().any(|r| r == lemma) {
            roles.push(lemma.to_owned());
        }
    }

    /// Goes through the text once: names set the scene, roles and pronouns look back.
    fn walk(&mut self) {
        let doc = self.doc;
        let mut recent: VecDeque<Recent> = VecDeque::new();
        let mut next = 0;
        // Time goes on in the writer's own sentences: what is said between does not make a person more distant.
        let mut clock = 0;
        // The last body that was a subject, and in which sentence.
        let mut body: Option<(usize, usize)> = None;
        for (n, sentence) in doc.sentences().iter().enumerate() {
            let now = clock;
            clock += usize::from(!self.said[sentence.tokens.start]);
            while recent.front().is_some_and(|r| r.clock + REACH < now) {
                recent.pop_front();
            }
            use crate::article::BlockKind::{Byline, Caption, Credit};
            let story = doc.blocks().get(sentence.block).is_some_and(|b| !matches!(b.kind, Byline | Caption | Credit));
            // Whom somebody who says `jeg` describes is no one in the story.
            let scene = story && !sentence.tokens.clone().any(|i| self.syntax.words[i].pronoun().is_some_and(|p| p.person == 1));
            let finite = sentence.tokens.clone().find(|&i| self.syntax.words[i].has(Class::FINITE)).unwrap_or(sentence.tokens.end);
            let mut i = sentence.tokens.start;
            while i < sentence.tokens.end {
                let span = doc.tokens()[i].span;
                // The subject stands before the finite verb or right after one, and after no preposition.
                let before = if i > sentence.tokens.start { self.syntax.words[i - 1].class } else { Class::default() };
                let subject = (i <= finite + 1 || before.has(Class::FINITE) && !before.has(Class::NOUN))
                    && (!before.has(Class::PREPOSITION) || before.has(Class::SUBJUNCTION.or(Class::FINITE)));
                let quoted = self.said[i];
                let here = |entity, subject, owner| Recent { entity, token: i, clock: now, sentence: n, subject, owner, quoted };
                while next < doc.mentions().len() && doc.mentions()[next].span.end() <= span.start() {
                    next += 1;
                }
                if let Some(m) = doc.mentions().get(next).filter(|m| m.span.start() == span.start()) {
                    if m.kind == EntityKind::Per && story {
                        let owner = self.is_owner(m, &doc[m.span]);
                        recent.push_back(here(m.entity, subject && !owner, owner));
                        self.count[m.entity] += 1;
                        self.first.get_or_insert(m.entity);
                    } else if m.kind == EntityKind::Org && story && subject {
                        body = Some((m.entity, n));
                    }
                    i = self.syntax.token_at(m.span.end()).max(i + 1);
                    continue;
                }
                if scene
                    && !quoted
                    && let Some(end) = self.described(i, sentence.tokens.end)
                {
                    recent.push_back(here(self.entities.len() - 1, subject, false));
                    i = end;
                    continue;
                }
                let word = self.syntax.words[i];
                // `Brann tapte. De har ikke vunnet siden mai.`
                if word.pronoun().is_some_and(|p| p.person == 3 && p.plural && !p.possessive)
                    && (before.has(Class::FINITE) && !before.has(Class::NOUN) || self.syntax.is_verb(i + 1))
                    && let Some((entity, _)) = body.filter(|&(_, at)| at < n && n - at <= 2)
                {
                    self.found.push(Mention { span, kind: EntityKind::Org, sense: None, form: MentionForm::Pronoun, entity });
                    i += 1;
                    continue;
                }
                let target = match word.pronoun() {
                    Some(p) if p.person == 3 && !p.plural && p.gender.is_some() && doc.tokens()[i].kind == TokenKind::Word => {
                        let tells = p.gender.filter(|_| !p.possessive);
                        let at = here(0, subject && !p.possessive, p.possessive);
                        self.antecedent(at, p.gender, &recent).map(|e| (e, MentionForm::Pronoun, tells))
                    }
                    _ if word.has(Class::TITLE.or(Class::DEFINITE)) || word.is_open() => {
                        self.role(i, &recent).map(|e| (e, MentionForm::Role, None))
                    }
                    _ => None,
                };
                if let Some((entity, form, gender)) = target {
                    recent.push_back(here(entity, subject, false));
                    if self.entities[entity].gender.is_none() {
                        self.entities[entity].gender = gender;
                    }
                    self.found.push(Mention { span, kind: self.entities[entity].kind, sense: None, form, entity });
                    self.count[entity] += 1;
                }
                i += 1;
            }
        }
    }

    /// Somebody whom an indefinite description brings in at token `i`: `en bekymret kvinne`, `ein 43 år gamal mann i Førde`. They are an
    /// entity where they are spoken of again. The token after the description.
    fn described(&mut self, i: usize, end: usize) -> Option<usize> {
        let inner = Class::ADJECTIVE.or(Class::PARTICIPLE).or(Class::TIME);
        let part = |&j: &usize| self.syntax.words[j].has(inner) || self.doc.tokens()[j].kind == TokenKind::Number;
        let noun = self.syntax.words[i].has(Class::ARTICLE).then(|| (i + 1..end.min(i + 6)).find(|j| !part(j))).flatten()?;
        // A noun that is a name, or has one before it, describes nobody: `et Zrinmeeier`.
        let title =
            self.syntax.title(noun).filter(|t| t.form == Form::Indefinite && (i..=noun).all(|j| self.syntax.mention_at(j).is_none()))?;
        // `er en lege`, `som en mann`, `Kari Berg, en lege`: a predicate or apposition brings nobody in.
        let predicate = i.checked_sub(1).is_some_and(|b| {
            self.syntax.words[b].has(Class::COPULA.or(Class::RELATIVE))
                || self.syntax.form(b) == "," && self.syntax.mention_before(b).is_some()
        });
        let named = self.syntax.person_ahead(i + 1, end).is_some() || self.syntax.apposition(noun + 1, end).is_some();
        let text = |range: Range<usize>| self.syntax.span(range).map(|s| self.doc[s].split_whitespace().collect::<Vec<_>>().join(" "));
        let complement = self.syntax.words.get(noun + 1).is_some_and(|w| w.has(Class::COMPLEMENT));
        let stop = if complement { self.syntax.noun_phrase_end(noun + 2, end) } else { noun + 1 };
        let name = text(i..stop).filter(|_| !predicate && !named)?;
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        let entity = self.entities.len();
        self.entities.push(Entity {
            kind: EntityKind::Per,
            name: lower(first).into_owned() + rest,
            mentions: Vec::new(),
            id: None,
            gender: title.gender,
            roles: vec![title.lemma.into()],
        });
        self.count.push(1);
        if let Some(age) =
            (i + 1..noun).find(|&j| self.doc.tokens()[j].kind == TokenKind::Number && self.syntax.words[j + 1].has(Class::TIME))
        {
            self.ages.insert(self.syntax.form(age).to_owned(), entity);
        }
        let span = self.syntax.span(i..noun + 1)?;
        self.found.push(Mention { span, kind: EntityKind::Per, sense: None, form: MentionForm::Role, entity });
        Some(noun + 1)
    }

    /// Drops those who are described and not spoken of again.
    fn forget_passers_by(&mut self) {
        let mut mentions = vec![0; self.entities.len()];
        self.found.iter().for_each(|m| mentions[m.entity] += 1);
        let mut place = vec![None; self.entities.len()];
        let mut kept = 0;
        for (e, place) in place.iter_mut().enumerate() {
            if e < self.named || mentions[e] > 1 {
                *place = Some(kept);
                kept += 1;
            }
        }
        let mut places = place.iter();
        self.entities.retain(|_| places.next().is_some_and(|p| p.is_some()));
        self.found.retain_mut(|m| {
            place[m.entity].is_some_and(|p| {
                m.entity = p;
                true
            })
        });
    }

    /// Whether the mention is a genitive: longer than the name it ends in.
    fn is_owner(&self, mention: &Mention, text: &str) -> bool {
        let name = &self.entities[mention.entity].name;
        let text = key(text);
        text.ends_with(['s', '\'']) && !name.ends_with(text.rsplit(' ').next().unwrap_or(&text))
    }

    /// The words said to which a reporting clause with a pronoun at token `i` belongs: whoever is named there is spoken of by another.
    fn words_said_beside(&self, i: usize) -> Range<usize> {
        let regions = &self.syntax.marked.regions;
        let before = regions.partition_point(|r| r.open < i).checked_sub(1).map(|r| &regions[r]);
        // `», sier hun`
        let beside = before.filter(|r| !self.said[i] && i <= if r.dash { r.after } else { r.after + 2 });
        beside.map_or(i..i, |r| r.open..i)
    }

    /// Whether a person's name of one word is told to be a person's by a list or a role.
    fn is_surely_person(&self, entity: usize) -> bool {
        let Entity { name, roles, .. } = &self.entities[entity];
        name.contains(' ') || !roles.is_empty() || self.syntax.lexicon.name_part(name).0 != Class::default()
    }

    /// The likeliest person for a pronoun of this gender at `at`. The weights were chosen on NARC's pronouns.
    fn antecedent(&self, at: Recent, gender: Option<Gender>, recent: &VecDeque<Recent>) -> Option<usize> {
        let mut best: Option<(f32, usize)> = None;
        let own_words = self.words_said_beside(at.token);
        for (back, r) in recent.iter().rev().take(40).enumerate() {
            let entity = &self.entities[r.entity];
            // Of those who are described, only whose gender is told.
            let unlike = entity.gender != gender && (entity.gender.is_some() || r.entity >= self.named);
            if unlike || r.quoted && own_words.contains(&r.token) {
                continue;
            }
            let mut score = -2.0 * (at.clock - r.clock) as f32 - 0.2 * back as f32;
            // A subject is likelier than an object, more so for a subject.
            score += if !r.subject {
                0.0
            } else if at.subject {
                1.1
            } else {
                0.7
            };
            // `Berg ringte ham.`: the object is not the subject of its own sentence.
            score -= if r.subject && r.sentence == at.sentence && !at.subject && !at.owner { 0.6 } else { 0.0 };
            score += if r.quoted == at.quoted { 0.9 } else { -2.0 };
            score -= if r.owner { 0.7 } else { 0.0 };
            score -= if r.entity >= self.named {
                0.5
            } else if !self.is_surely_person(r.entity) {
                0.25
            } else {
                0.0
            };
            score += if entity.gender == gender { 1.2 } else { 0.0 };
            // Whom the article is about is spoken of often and named first.
            score += 0.2 * (self.count[r.entity] as f32).ln();
            score += if Some(r.entity) == self.first { 0.4 } else { 0.0 };
            if best.is_none_or(|(b, _)| score > b) {
                best = Some((score, r.entity));
            }
        }
        best.map(|(_, e)| e)
    }

    /// The person a definite title means: whoever was last given it, else whoever has it elsewhere in the article; `54-åringen` is
    /// whoever's age was told.
    fn role(&self, i: usize, recent: &VecDeque<Recent>) -> Option<usize> {
        let low = lower(self.syntax.form(i));
        // `rektorens`
        let title = self
            .syntax
            .lexicon
            .title(&low)
            .or_else(|| self.syntax.lexicon.title(low.strip_suffix('s')?))
            .filter(|t| t.form == Form::Definite)?;
        let lemma = title.lemma.as_ref();
        let holds = |e: &Entity| e.roles.iter().any(|r| r == lemma || (r.len() > lemma.len() + 2 && r.ends_with(lemma)));
        let lately = recent.iter().rev().take(40).map(|r| r.entity).find(|&e| holds(&self.entities[e]));
        // A title that tells the gender is of kin as a rule: `datteren` is whose the last person is.
        let elsewhere = || self.holders.get(lemma).copied().filter(|_| title.gender.is_none());
        lately.or_else(|| self.aged(lemma)).or_else(elsewhere)
    }

    /// Whose age a role tells: `54-åring`.
    fn aged(&self, lemma: &str) -> Option<usize> {
        self.ages.get(lemma.split_once('-')?.0).copied()
    }
}
