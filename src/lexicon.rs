//! The rule tables of `data/`, read once: the only reader of tab-separated files, and what a word may be.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::normalize::Table;

/// A row of a table: its cells in the order of the columns asked for.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    file: &'a str,
    line: usize,
    columns: &'a [&'a str],
    text: &'a str,
}

impl<'a> Row<'a> {
    /// The cell of column `i`, empty where there is none.
    pub(crate) fn get(&self, i: usize) -> &'a str {
        trimmed((0..i).fold(cut(self.text, b'\t'), |(_, rest), _| cut(rest, b'\t')).0)
    }

    /// The first cells, empty where there are none.
    pub(crate) fn cells<const N: usize>(&self) -> [&'a str; N] {
        let mut rest = self.text;
        std::array::from_fn(|_| {
            let cell;
            (cell, rest) = cut(rest, b'\t');
            trimmed(cell)
        })
    }

    /// The alternatives of a cell.
    pub(crate) fn list(&self, i: usize) -> impl Iterator<Item = &'a str> + use<'a> {
        alternatives(self.get(i))
    }

    /// An error about the cell of column `i`.
    pub(crate) fn error(&self, i: usize, expected: &str) -> Error {
        Error::table(self.file, self.line, self.columns.get(i).copied().unwrap_or(""), expected, self.get(i))
    }

    /// What is wrong with the line as such.
    fn check(&self) -> Result<(), Error> {
        let error = |column, expected: &str| Err(Error::table(self.file, self.line, column, expected, self.text));
        let count = |of: fn(u8) -> bool| self.text.bytes().filter(|&b| of(b)).count();
        match self.columns {
            columns if count(|b| b == b'\t') >= columns.len() => error("line", &format!("at most {} cells", columns.len())),
            _ if count(|b| b.is_ascii_control() && b != b'\t') > 0 => error("line", "no control characters"),
            [first, ..] if self.get(0).is_empty() => error(first, "a value"),
            _ => Ok(()),
        }
    }
}

/// What `|` separates in a cell.
pub(crate) fn alternatives(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|').filter(|s| !s.is_empty())
}

/// A cell without the white space around it, of which there is hardly ever any.
fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        _ => cell.trim(),
    }
}

/// The name of a table's file in errors, and its text.
pub(crate) fn read(path: &Path) -> Result<(String, String), Error> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((file, text)),
        Err(wrong) => {
            let (right, rest) = wrong.as_bytes().split_at(wrong.utf8_error().valid_up_to());
            let line = 1 + right.iter().filter(|&&b| b == b'\n').count();
            let cell = |b: &u8| matches!(b, b'\t' | b'\n');
            let found = [right.rsplit(cell).next(), rest.split(cell).next()].map(Option::unwrap_or_default).concat();
            Err(Error::table(&file, line, "line", "UTF-8", &String::from_utf8_lossy(&found)))
        }
    }
}

/// Reads a table: UTF-8, one header line that names `columns`, tabs between cells, `#` opens a comment line. A byte order mark and
/// CRLF are accepted; cells may be missing at a line's end, but none may be too many, and none may hold control characters.
pub(crate) fn rows<'a>(file: &'a str, text: &'a str, columns: &'a [&'a str]) -> Result<Vec<Row<'a>>, Error> {
    let mut lines = lines(file, text, columns);
    let header = lines.next().unwrap_or(Row { file, line: 1, columns, text: "" });
    if !header.text.split('\t').map(str::trim).eq(columns.iter().copied()) {
        return Err(Error::table(file, header.line, "header", &columns.join(" "), &header.text.replace('\t', " ")));
    }
    lines.map(|row| row.check().map(|()| row)).collect()
}

/// The header line and all rows, whatever they hold.
fn lines<'a>(file: &'a str, text: &'a str, columns: &'a [&'a str]) -> impl Iterator<Item = Row<'a>> {
    let mut rest = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut line = 0;
    let rows = std::iter::from_fn(move || {
        let text;
        (text, rest) = Some(rest).filter(|rest| !rest.is_empty()).map(|rest| cut(rest, b'\n'))?;
        line += 1;
        Some(Row { file, line, columns, text: text.strip_suffix('\r').unwrap_or(text) })
    });
    rows.filter(|row| !row.text.trim_start().is_empty() && !row.text.starts_with('#'))
}

/// What stands before and after the first `mark`, an ASCII character; cells are short, and a plain loop is the quickest.
fn cut(text: &str, mark: u8) -> (&str, &str) {
    match text.bytes().position(|b| b == mark) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

/// The rows of a bundled table, which `tests/data.rs` checks once for all.
pub(crate) fn bundled<'a>(file: &'a str, text: &'a str, columns: &'a [&'a str]) -> impl Iterator<Item = Row<'a>> {
    lines(file, text, columns).skip(1)
}

/// Grammatical gender of a person, as far as a word or given name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Gender {
    /// A woman: `hun`, `ho`.
    Female,
    /// A man: `han`.
    Male,
}

impl Gender {
    /// The gender as JSON has it: `female`.
    pub fn label(self) -> &'static str {
        match self {
            Gender::Female => "female",
            Gender::Male => "male",
        }
    }
}

/// What a word form may be; a set of bits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Class(u64);

macro_rules! classes {
    ($($name:ident = $bit:expr;)*) => { impl Class { $(pub(crate) const $name: Class = Class(1 << $bit);)* } };
}
classes! {
    FINITE = 0; INFINITIVE = 1; PARTICIPLE = 2; IMPERATIVE = 3; NOUN = 4; DEFINITE = 5; ADJECTIVE = 6; ADVERB = 7; PREPOSITION = 8;
    SUBJUNCTION = 9; CONJUNCTION = 10; DETERMINER = 11; PRONOUN = 12; INFINITIVE_MARK = 13; INTERJECTION = 14;
    // From the other tables:
    REPORTING = 16; TITLE = 17; PERSONAL = 18; CALENDAR = 19; COMMON = 20; DEMONYM = 21; GIVEN = 22; SURNAME = 23; TIME = 24;
}

/// The roles that `closed_words.tsv` gives words, and their bits.
macro_rules! roles {
    ($($role:literal $name:ident = $bit:expr;)*) => {
        impl Class {
            $(pub(crate) const $name: Class = Class(1 << $bit);)*

            fn of_role(role: &str) -> Option<Class> {
                match role {
                    $($role => Some(Class::$name),)*
                    _ => None,
                }
            }
        }
    };
}
roles! {
    "plain_verb" PLAIN_VERB = 25; "auxiliary" AUXILIARY = 26; "document_verb" DOCUMENT_VERB = 27; "knowing_verb" KNOWING_VERB = 28;
    "nobody" NOBODY = 29; "according" ACCORDING = 30; "question_word" QUESTION_WORD = 31; "not_source" NOT_SOURCE = 32;
    "object" OBJECT = 33; "complement" COMPLEMENT = 34; "place_preposition" PLACE_PREPOSITION = 35; "measure" MEASURE = 36;
    "occasion" OCCASION = 37; "resumes" RESUMES = 38; "name_particle" NAME_PARTICLE = 39; "emerging_verb" EMERGING_VERB = 40;
    "copula" COPULA = 41; "quantifier" QUANTIFIER = 42; "opinion" OPINION = 43; "after" AFTER = 44; "both" BOTH = 45;
    "break" BREAK = 46; "and" AND = 47; "but" BUT = 48; "while" WHILE = 49; "that" THAT = 50; "whether" WHETHER = 51;
    "relative" RELATIVE = 52; "it" IT = 53; "demonstrative" DEMONSTRATIVE = 54; "negation" NEGATION = 55; "forth" FORTH = 56;
    "in" IN = 57; "of" OF = 58; "why" WHY = 59; "known" KNOWN = 60; "address" ADDRESS = 61; "modal" MODAL = 62;
    "article" ARTICLE = 63; "there" THERE = 15;
}

impl Class {
    /// All parts of speech, and the tables that tell one.
    pub(crate) const ANY_KNOWN: Class =
        Class(0x7FFF).or(Class::TITLE).or(Class::PERSONAL).or(Class::CALENDAR).or(Class::DEMONYM).or(Class::TIME);

    pub(crate) fn has(self, any: Class) -> bool {
        self.0 & any.0 != 0
    }

    pub(crate) const fn or(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    fn of_letter(letter: char) -> Class {
        match letter {
            'f' => Class::FINITE,
            'i' => Class::INFINITIVE,
            'p' => Class::PARTICIPLE,
            's' => Class::IMPERATIVE,
            'n' => Class::NOUN,
            'N' => Class::DEFINITE,
            'a' => Class::ADJECTIVE,
            'r' => Class::ADVERB,
            'P' => Class::PREPOSITION,
            'S' => Class::SUBJUNCTION,
            'C' => Class::CONJUNCTION,
            'D' => Class::DETERMINER,
            'O' => Class::PRONOUN,
            't' => Class::INFINITIVE_MARK,
            'x' => Class::INTERJECTION,
            _ => Class::default(),
        }
    }
}

/// The form of a reporting verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerbForm {
    Infinitive,
    Present,
    Past,
    Participle,
    Passive,
}

/// A reporting verb in one of its forms.
#[derive(Clone, Debug)]
pub(crate) struct Verb {
    pub form: VerbForm,
    /// 3 a strong sign of speech, 2 a fair one, 1 only beside marks or `at`.
    pub strength: u8,
    /// Takes an `at` clause.
    pub clause: bool,
    /// Takes a question of its own accord: `spør om`, `lurer på hvorfor`.
    pub asks: bool,
    /// Takes a question word: `forteller hvorfor`.
    pub tells: bool,
    /// Takes whoever is told as its object: `informerte naboene om at`.
    pub informs: bool,
    /// Tells what the source holds: `tror`.
    pub opinion: bool,
    /// Tells what the source lets others see: `viser`, `beviser`.
    pub shows: bool,
    /// The words that follow the verb in an idiom: `fast` of `slår fast`.
    pub rest: Box<[Box<str>]>,
}

/// The inflection of a title or role noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Indefinite,
    Definite,
    Plural,
    PluralDefinite,
}

/// A title or role: `statsminister`, `ordføreren`, `forskarane`.
#[derive(Clone, Debug)]
pub(crate) struct Title {
    pub form: Form,
    pub gender: Option<Gender>,
    /// The indefinite singular, by which the forms of one noun are told to be the same.
    pub lemma: Box<str>,
}

/// A personal pronoun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pronoun {
    pub person: u8,
    pub plural: bool,
    pub gender: Option<Gender>,
    pub possessive: bool,
    /// Never a subject: `ham`, `dem`.
    pub object: bool,
}

impl Pronoun {
    /// Whether it may be who speaks: no possessive, no object, not the one spoken to.
    pub(crate) fn may_speak(self) -> bool {
        self.person != 2 && !self.possessive && !self.object
    }
}

/// What the tables say of one word form beyond its class.
#[derive(Clone, Default)]
pub(crate) struct Entry {
    pub verbs: Vec<Verb>,
    pub title: Option<Title>,
    pub pronoun: Option<Pronoun>,
}

/// What is known of words: classes, reporting verbs, titles, pronouns, name parts.
pub(crate) struct Lexicon {
    words: Words,
    /// Given names and surnames, as written.
    name_parts: Table<&'static str, (Class, Option<Gender>)>,
    /// Adverbials of two words: `til dømes`.
    adverbials: HashSet<(&'static str, &'static str)>,
    /// Endings of titles: `leder`, `minister`, with the ending's title.
    heads: Endings<Title>,
}

/// Lower-case forms: their classes, and where in `entries` the rest is, for most of them the empty entry at 0.
struct Words {
    forms: Table<&'static str, (Class, u32)>,
    entries: Vec<Entry>,
}

impl Words {
    fn add(&mut self, form: &'static str, class: Class) -> &mut u32 {
        let (old, entry) = self.forms.entry(form).or_default();
        *old = old.or(class);
        entry
    }

    fn entry(&mut self, form: &'static str, class: Class) -> &mut Entry {
        let new = self.entries.len();
        let at = self.add(form, class);
        if *at == 0 {
            *at = new as u32;
            self.entries.push(Entry::default());
        }
        let at = self.forms[form].1;
        &mut self.entries[at as usize]
    }
}

static BUNDLED: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

pub(crate) const CLOSED_COLUMNS: &[&str] = &["role", "variety", "word"];
pub(crate) const VERB_COLUMNS: &[&str] = &[
    "id", "class", "strength", "frames", "inf_nb", "pres_nb", "pret_nb", "pp_nb", "pass_nb", "inf_nn", "pres_nn", "pret_nn", "pp_nn",
    "pass_nn",
];
pub(crate) const TITLE_COLUMNS: &[&str] =
    &["category", "prenominal", "gender", "indef_nb", "def_nb", "pl_nb", "pldef_nb", "indef_nn", "def_nn", "pl_nn", "pldef_nn"];
pub(crate) const PRONOUN_COLUMNS: &[&str] = &["form", "variety", "person", "number", "gender", "case"];

fn gender(letter: &str) -> Option<Gender> {
    match letter {
        "f" => Some(Gender::Female),
        "m" => Some(Gender::Male),
        _ => None,
    }
}

impl Lexicon {
    /// The tables that come with the crate.
    pub(crate) fn bundled() -> &'static Lexicon {
        &BUNDLED
    }

    fn read() -> Lexicon {
        let forms = Table::with_capacity_and_hasher(56_000, Default::default());
        let mut words = Words { forms, entries: vec![Entry::default()] };
        for row in bundled("common_words.tsv", include_str!("../data/common_words.tsv"), &["word"]) {
            words.add(row.get(0), Class::COMMON);
        }
        for row in bundled("words.tsv", include_str!("../data/words.tsv"), &["word", "classes"]) {
            let class = row.get(1).chars().map(Class::of_letter).fold(Class::COMMON, Class::or);
            words.add(row.get(0), class);
        }
        let mut adverbials = HashSet::new();
        for row in bundled("closed_words.tsv", include_str!("../data/closed_words.tsv"), CLOSED_COLUMNS) {
            match (Class::of_role(row.get(0)), row.get(2).split_once(' ')) {
                (Some(class), None) => {
                    words.add(row.get(2), class);
                }
                (None, Some((first, second))) => {
                    adverbials.insert((first, second));
                }
                _ => {}
            }
        }
        for row in bundled("calendar.tsv", include_str!("../data/calendar.tsv"), &["type", "n", "nb", "nn", "abbr"]) {
            if matches!(row.get(0), "month" | "weekday") {
                for form in row.list(2).chain(row.list(3)) {
                    words.add(form, Class::CALENDAR.or(Class::COMMON));
                }
            } else if row.get(0) == "unit" {
                for form in row.list(2).chain(row.list(3)) {
                    words.add(form, Class::TIME.or(Class::COMMON));
                }
            }
        }
        for row in bundled("pronouns.tsv", include_str!("../data/pronouns.tsv"), PRONOUN_COLUMNS) {
            let pronoun = Pronoun {
                person: row.get(2).parse().unwrap_or(0),
                plural: row.get(3) == "pl",
                gender: gender(row.get(4)),
                possessive: row.get(5) == "poss",
                object: row.get(5) == "obj",
            };
            words.entry(row.get(0), Class::PERSONAL.or(Class::COMMON)).pronoun.get_or_insert(pronoun);
        }
        for row in bundled("reporting_verbs.tsv", include_str!("../data/reporting_verbs.tsv"), VERB_COLUMNS) {
            let forms = [VerbForm::Infinitive, VerbForm::Present, VerbForm::Past, VerbForm::Participle, VerbForm::Passive];
            for (i, form) in forms.into_iter().cycle().take(10).enumerate() {
                for phrase in row.list(4 + i) {
                    let mut parts = phrase.split(' ');
                    let head = parts.next().unwrap_or_default();
                    let verb = Verb {
                        form,
                        strength: row.get(2).parse().unwrap_or(1),
                        clause: row.get(3).contains('T'),
                        asks: row.get(1) == "ask",
                        tells: matches!(row.get(1), "ask" | "say" | "explain" | "answer" | "admit" | "inform" | "report"),
                        informs: matches!(row.get(1), "inform" | "warn" | "announce" | "stress" | "promise"),
                        opinion: row.get(1) == "opinion",
                        shows: row.get(1) == "evidence" && row.get(2) == "1",
                        rest: parts.map(Box::from).collect(),
                    };
                    let finite = matches!(form, VerbForm::Present | VerbForm::Past);
                    let class = if finite { Class::FINITE.or(Class::REPORTING) } else { Class::REPORTING };
                    let verbs = &mut words.entry(head, class).verbs;
                    if !verbs.iter().any(|v| v.form == verb.form && v.rest == verb.rest) {
                        // The longest idiom first.
                        verbs.push(verb);
                        verbs.sort_by_key(|v| std::cmp::Reverse(v.rest.len()));
                    }
                }
            }
        }
        for row in bundled("titles.tsv", include_str!("../data/titles.tsv"), TITLE_COLUMNS) {
            for (i, form) in [Form::Indefinite, Form::Definite, Form::Plural, Form::PluralDefinite].into_iter().cycle().take(8).enumerate()
            {
                for word in row.list(3 + i) {
                    let lemma = row.list(if i < 4 { 3 } else { 7 }).next().unwrap_or(word);
                    let title = Title { form, gender: gender(row.get(2)), lemma: lemma.into() };
                    // A noun whose plural looks like its singular is taken for the singular.
                    words.entry(word, Class::TITLE).title.get_or_insert(title);
                }
            }
        }
        for row in bundled("demonyms.tsv", include_str!("../data/demonyms.tsv"), DEMONYM_COLUMNS) {
            for i in 1..DEMONYM_COLUMNS.len() {
                for form in row.list(i) {
                    words.add(form, Class::DEMONYM.or(Class::COMMON));
                }
            }
        }
        let mut name_parts: Table<&'static str, (Class, Option<Gender>)> = Table::with_capacity_and_hasher(32_000, Default::default());
        for row in bundled("given_names.tsv", include_str!("../data/given_names.tsv"), &["name", "gender", "count", "word"]) {
            name_parts.insert(row.get(0), (Class::GIVEN, gender(row.get(1))));
        }
        for row in bundled("surnames.tsv", include_str!("../data/surnames.tsv"), &["name", "count", "word", "place"]) {
            let part = name_parts.entry(row.get(0)).or_default();
            part.0 = part.0.or(Class::SURNAME);
        }
        let mut heads = Vec::new();
        for row in bundled("title_heads.tsv", include_str!("../data/title_heads.tsv"), &["head_nb", "head_nn", "category", "gender"]) {
            for head in row.list(0).chain(row.list(1)) {
                let of = gender(row.get(3));
                for (ending, form) in endings(head) {
                    heads.push((ending.into_boxed_str(), Title { form, gender: of, lemma: head.into() }));
                }
            }
        }
        Lexicon { words, name_parts, adverbials, heads: Endings::new(heads) }
    }

    /// What the tables say of a lower-case form.
    pub(crate) fn word(&self, lower: &str) -> Option<(Class, &Entry)> {
        let &(class, entry) = self.words.forms.get(lower)?;
        Some((class, self.words.entries.get(entry as usize)?))
    }

    /// Whether two words are an adverbial: `blant annet`.
    pub(crate) fn is_adverbial(&self, first: &str, second: &str) -> bool {
        self.adverbials.contains(&(first, second))
    }

    /// Whether a form is a given name or surname, and the gender that a given name tells.
    pub(crate) fn name_part(&self, form: &str) -> (Class, Option<Gender>) {
        self.name_parts.get(form).copied().unwrap_or_default()
    }

    /// The title that a lower-case form is, or that a compound ends in: `opposisjonsleder`, `Bryne-treneren`.
    pub(crate) fn title(&self, lower: &str) -> Option<Title> {
        if let Some(title) = self.word(lower).and_then(|(_, e)| e.title.clone()) {
            return Some(title);
        }
        let (ending, title) = self.heads.of(lower, 3)?;
        let stem = &lower[..lower.len() - ending.len()];
        Some(Title { lemma: format!("{stem}{}", title.lemma).into(), ..title.clone() })
    }
}

/// Endings of words with what they tell. They are kept by their last three bytes, so that few are compared.
pub(crate) struct Endings<T>(Table<[u8; 3], Vec<(Box<str>, T)>>);

impl<T> Endings<T> {
    /// Endings of three bytes or more; of two that are equal the first counts.
    pub(crate) fn new(list: Vec<(Box<str>, T)>) -> Endings<T> {
        let mut endings: Table<[u8; 3], Vec<(Box<str>, T)>> = Table::default();
        for (ending, tells) in list {
            if let Some(&last) = ending.as_bytes().last_chunk() {
                endings.entry(last).or_default().push((ending, tells));
            }
        }
        endings.values_mut().for_each(|list| list.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len())));
        Endings(endings)
    }

    /// The longest ending of a word that has at least `more` bytes before it.
    pub(crate) fn of(&self, word: &str, more: usize) -> Option<(&str, &T)> {
        let list = self.0.get(word.as_bytes().last_chunk()?)?;
        let found = list.iter().find(|(ending, _)| word.len() >= ending.len() + more && word.ends_with(ending.as_ref()))?;
        Some((&found.0, &found.1))
    }
}

pub(crate) const DEMONYM_COLUMNS: &[&str] = &["iso", "adj_nb", "adj_nn", "sg_nb", "pl_nb", "sg_nn", "pl_nn"];

/// The forms of a masculine or feminine agent noun (Norsk referansegrammatikk, 3.2): `leder, lederen, ledere, lederne`, nn `leiar,
/// leiaren, leiarar, leiarane`.
fn endings(head: &str) -> Vec<(String, Form)> {
    let forms: &[(&str, Form)] = match head {
        h if h.ends_with("mann") => &[("mannen", Form::Definite), ("menn", Form::Plural), ("mennene", Form::PluralDefinite)],
        h if h.ends_with('e') => &[("en", Form::Definite), ("a", Form::Definite), ("er", Form::Plural), ("ene", Form::PluralDefinite)],
        h if h.ends_with("er") => {
            &[("eren", Form::Definite), ("ere", Form::Plural), ("erne", Form::PluralDefinite), ("rane", Form::PluralDefinite)]
        }
        _ => &[
            ("en", Form::Definite),
            ("a", Form::Definite),
            ("er", Form::Plural),
            ("ar", Form::Plural),
            ("ene", Form::PluralDefinite),
            ("ane", Form::PluralDefinite),
        ],
    };
    let stem = head.strip_suffix("mann").or_else(|| head.strip_suffix("er")).or_else(|| head.strip_suffix('e')).unwrap_or(head);
    let inflected = forms.iter().map(|&(ending, form)| (format!("{stem}{ending}"), form));
    std::iter::once((head.to_owned(), Form::Indefinite)).chain(inflected).collect()
}

/// How a token is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `ordfører`
    Lower,
    /// `Ordfører`, `iPhone` does not count.
    Initial,
    /// `NRK`, at least two letters and no small one.
    Capitals,
    /// No letters: numbers and marks.
    None,
}

/// A token as the tables see it.
#[derive(Clone, Copy)]
pub(crate) struct Word<'l> {
    /// The look-up form, where it is not what stands in the text.
    pub key: Option<&'l str>,
    pub case: Case,
    pub class: Class,
    /// The entry of the lower-case form.
    pub entry: Option<&'l Entry>,
}

impl<'l> Word<'l> {
    /// No token.
    pub(crate) const NONE: Word<'l> = Word { key: None, case: Case::None, class: Class(0), entry: None };

    pub(crate) fn is_capitalised(&self) -> bool {
        matches!(self.case, Case::Initial | Case::Capitals)
    }

    pub(crate) fn has(&self, any: Class) -> bool {
        self.class.has(any)
    }

    pub(crate) fn pronoun(&self) -> Option<Pronoun> {
        self.entry.and_then(|e| e.pronoun)
    }

    /// A word of no known class: such are nouns for the most part, compounds above all.
    pub(crate) fn is_open(&self) -> bool {
        self.case != Case::None && !self.class.has(Class::ANY_KNOWN)
    }
}

/// Looks every token up, once for all stages; `keys` are the look-up forms that differ from the text, by token.
pub(crate) fn read_words<'l>(
    lexicon: &'l Lexicon,
    text: &str,
    tokens: &[crate::tokenize::Token],
    keys: &'l std::collections::HashMap<usize, Box<str>>,
) -> Vec<Word<'l>> {
    let word = |(i, token): (usize, &crate::tokenize::Token)| {
        let key = if keys.is_empty() { None } else { keys.get(&i).map(|key| &**key) };
        let form = key.unwrap_or(&text[token.span]);
        let case = case_of(form);
        let entry = if case == Case::None { None } else { lexicon.word(&crate::normalize::lower(form)) };
        Word { key, case, class: entry.map_or(Class::default(), |e| e.0), entry: entry.map(|e| e.1) }
    };
    tokens.iter().enumerate().map(word).collect()
}

fn case_of(form: &str) -> Case {
    let mut letters = form.chars().filter(|c| c.is_alphabetic());
    match letters.next() {
        None => Case::None,
        Some(first) if !first.is_uppercase() => Case::Lower,
        Some(_) => {
            let mut more = 0;
            let all = letters.inspect(|_| more += 1).all(|c| !c.is_lowercase());
            if all && more > 0 { Case::Capitals } else { Case::Initial }
        }
    }
}
