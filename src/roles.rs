//! What elements, classes and texts of pages and files are: the rows of `data/markup.tsv`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::lexicon;
use crate::normalize::lower;
use crate::stamp::MONTHS;

/// What an element, a class or a text is: the last column of `data/markup.tsv`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Article,
    Block,
    Body,
    Break,
    Byline,
    Caption,
    Cell,
    Credit,
    Date,
    Dateline,
    Facts,
    Figure,
    Heading,
    Inline,
    Item,
    Lead,
    Main,
    Paragraph,
    Quote,
    Row,
    Skip,
    State,
    Time,
    Title,
    Unseen,
}

impl Role {
    fn of(name: &str) -> Role {
        match name {
            "article" => Role::Article,
            "body" => Role::Body,
            "break" => Role::Break,
            "byline" => Role::Byline,
            "caption" => Role::Caption,
            "cell" => Role::Cell,
            "credit" => Role::Credit,
            "date" => Role::Date,
            "dateline" => Role::Dateline,
            "facts" => Role::Facts,
            "figure" => Role::Figure,
            "heading" => Role::Heading,
            "inline" => Role::Inline,
            "item" => Role::Item,
            "lead" => Role::Lead,
            "main" => Role::Main,
            "paragraph" => Role::Paragraph,
            "quote" => Role::Quote,
            "row" => Role::Row,
            "skip" => Role::Skip,
            "state" => Role::State,
            "time" => Role::Time,
            "title" => Role::Title,
            "unseen" => Role::Unseen,
            _ => Role::Block,
        }
    }
}

const MARKUP_COLUMNS: &[&str] = &["by", "variety", "value", "role"];

/// The rows of `data/markup.tsv`.
pub(crate) struct Table {
    /// Names of elements, in lower case; the order gives each its number.
    pub(crate) tags: Vec<(&'static str, Role)>,
    /// Words of classes, identifiers and names of elements.
    pub(crate) names: HashMap<&'static str, Role>,
    pub(crate) roles: HashMap<&'static str, Role>,
    pub(crate) itemprops: HashMap<&'static str, Role>,
    /// Texts that belong to the page, not to the story.
    texts: HashMap<&'static str, Role>,
    /// Words that stand in dates, those of their labels among them.
    of_dates: HashSet<&'static str>,
}

pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        tags: Vec::new(),
        names: HashMap::new(),
        roles: HashMap::new(),
        itemprops: HashMap::new(),
        texts: HashMap::new(),
        of_dates: HashSet::new(),
    };
    for row in lexicon::bundled("markup.tsv", include_str!("../data/markup.tsv"), MARKUP_COLUMNS) {
        let (value, role) = (row.get(2), Role::of(row.get(3)));
        if role == Role::Date && matches!(row.get(0), "text" | "word") {
            table.of_dates.extend(value.split(' '));
        }
        let map = match row.get(0) {
            "tag" => {
                table.tags.push((value, role));
                continue;
            }
            "name" => &mut table.names,
            "role" => &mut table.roles,
            "itemprop" => &mut table.itemprops,
            "word" => continue,
            _ => &mut table.texts,
        };
        map.insert(value, role);
    }
    table
});

/// A date with its label has at most so many words.
pub(crate) const LONGEST_DATE: usize = 12;

/// What a word of a class, an identifier or the name of an element says: its last words that a row has, but what is to be left out wins.
pub(crate) fn named(token: &str) -> Option<Role> {
    // What follows two hyphens is how a block looks, not what it is.
    let token = token.split("--").next().filter(|t| !t.is_empty() && t.len() < 100)?;
    let mut words: Vec<String> = Vec::new();
    let mut small = false;
    for c in token.chars() {
        if !c.is_alphanumeric() {
            small = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || (c.is_uppercase() && small) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    // `has-ads`, `article-with-image`: what it has, not what it is.
    if words.iter().any(|word| TABLE.names.get(word.as_str()) == Some(&Role::State)) {
        return None;
    }
    let mut found = None;
    for end in (1..=words.len()).rev() {
        for start in end.saturating_sub(3)..end {
            match TABLE.names.get(words[start..end].join(" ").as_str()) {
                Some(&role @ (Role::Skip | Role::Unseen)) if found != Some(Role::Facts) => return Some(role),
                Some(&role) => found = found.or(Some(role)),
                _ => {}
            }
        }
    }
    found
}

/// Whether a text belongs to the page: `Les også: …`, `Annonse`, `Publisert 12. mai 2026`.
pub(crate) fn furniture(text: &str, linked: bool) -> Option<Role> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = text.split_whitespace().take(8).collect();
    let mut phrase = String::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            phrase.push(' ');
        }
        phrase += &lower(word.trim_end_matches([':', '.', '…', '!', '»', '›', '>']));
        let Some(&role) = TABLE.texts.get(phrase.as_str()) else { continue };
        let rest = text.split_whitespace().nth(i + 1).is_some();
        let fits = match role {
            Role::Date => text.split_whitespace().take(2 * LONGEST_DATE).all(|w| is_of_date(w) || words[..=i].contains(&w)),
            _ => !rest || linked || word.ends_with(':'),
        };
        if fits {
            return Some(role);
        }
    }
    None
}

/// Whether a word may stand in a date: a number, a month, `kl.`, a word of a label.
fn is_of_date(word: &str) -> bool {
    let word = lower(word.trim_matches(|c: char| !c.is_alphanumeric()));
    word.is_empty()
        || word.starts_with(|c: char| c.is_ascii_digit())
        || MONTHS.contains_key(word.as_ref())
        || TABLE.of_dates.contains(word.as_ref())
}
