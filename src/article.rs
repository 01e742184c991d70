//! Plain news text in; header, title, lead, headings, paragraphs, captions and credits out.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

use crate::error::Error;
use crate::lexicon::{self, Class, Lexicon};
use crate::normalize::{length, lower};
use crate::span::{MAX_TEXT, Span};

/// A year and month, with the day where it is known, as ISO 8601 writes them: `2019-02` or `2019-02-21`.
///
/// ```
/// use spalte::Date;
/// let date: Date = "2019-02".parse()?;
/// assert_eq!((date.year(), date.month(), date.day()), (2019, 2, None));
/// assert!("2019-02-30".parse::<Date>().is_err());
/// # Ok::<(), spalte::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")))]
pub struct Date {
    year: u16,
    month: u8,
    day: Option<u8>,
}

impl Date {
    /// The year, 0 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> Option<u8> {
        self.day
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Date, Error> {
        let parse = || {
            let digits = |range: Range<usize>| {
                let part = text.get(range)?;
                part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
            };
            let dash = |at: usize| (text.as_bytes().get(at) == Some(&b'-')).then_some(());
            let (year, month) = (digits(0..4)?, digits(5..7)?);
            dash(4)?;
            let day = match text.len() {
                7 => None,
                10 => {
                    dash(7)?;
                    Some(digits(8..10)?)
                }
                _ => return None,
            };
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                2 => 28 + u16::from(leap),
                4 | 6 | 9 | 11 => 30,
                1..=12 => 31,
                _ => return None,
            };
            (day.is_none_or(|d| (1..=days).contains(&d))).then_some(Date { year, month: month as u8, day: day.map(|d| d as u8) })
        };
        parse().ok_or_else(|| Error::Date { found: text.chars().take(80).collect() })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)?;
        self.day.map_or(Ok(()), |day| write!(f, "-{day:02}"))
    }
}

impl TryFrom<String> for Date {
    type Error = Error;

    fn try_from(text: String) -> Result<Date, Error> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

/// What a block of an article is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BlockKind {
    /// A header line such as `date 2019-02`.
    Meta,
    /// The article's own heading.
    Title,
    /// The paragraph under the title (`ingress`).
    Lead,
    /// Who wrote it and took the pictures: `Av KARI NORDMANN`, `Tekst: … Foto: …`.
    Byline,
    /// A heading between paragraphs (`mellomtittel`).
    Heading,
    /// Running text.
    Paragraph,
    /// An item of a list, its bullet included.
    ListItem,
    /// The text under a picture: a kicker in capitals and a colon, or a photo credit at its end.
    Caption,
    /// A credit that stands alone: `Foto: NTB`, `(©NTB)`.
    Credit,
    /// A block of a fact box, opened by `FAKTA`.
    Factbox,
}

impl BlockKind {
    /// The kind as JSON has it: `list_item`.
    pub fn label(self) -> &'static str {
        match self {
            BlockKind::Meta => "meta",
            BlockKind::Title => "title",
            BlockKind::Lead => "lead",
            BlockKind::Byline => "byline",
            BlockKind::Heading => "heading",
            BlockKind::Paragraph => "paragraph",
            BlockKind::ListItem => "list_item",
            BlockKind::Caption => "caption",
            BlockKind::Credit => "credit",
            BlockKind::Factbox => "factbox",
        }
    }

    /// Whether the block is part of the story that is told, rather than something around it.
    pub(crate) fn is_story(self) -> bool {
        matches!(self, BlockKind::Lead | BlockKind::Paragraph)
    }
}

/// A part of the text: its kind and where it stands, white space around it left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands.
    pub span: Span,
    /// The place and agency that open it: `OSLO (NTB):`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<Dateline>,
    /// What it was in a page or file, as a selector: `h1`, `figcaption`, `aside.faktaboks li`, `meta[og:title]`, `hl1`; none in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<str>>,
}

impl Block {
    pub(crate) fn new(kind: BlockKind, span: Span) -> Block {
        Block { kind, span, dateline: None, origin: None }
    }
}

/// The place, and the agency in parentheses, with which an agency's item opens: `OSLO (NTB):`, `Tromsø (NTB-Reuters):`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Dateline {
    /// Where the item was written.
    pub place: Span,
    /// The agency that sent it.
    pub agency: Span,
}

/// A news article: the text as it was given, and its blocks.
///
/// ```
/// use spalte::{Article, BlockKind};
/// let article = Article::from_text("date 2024-05-17\n\nNy bro til Sandøya\n\nKommunen bygger bro. Det koster 40 millioner.\n");
/// let kinds: Vec<BlockKind> = article.blocks().iter().map(|b| b.kind).collect();
/// assert_eq!(kinds, [BlockKind::Meta, BlockKind::Title, BlockKind::Lead]);
/// assert_eq!(article.published().unwrap().to_string(), "2024-05-17");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    pub(crate) id: Option<String>,
    pub(crate) text: String,
    pub(crate) published: Option<Date>,
    pub(crate) url: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) blocks: Vec<Block>,
}

impl Article {
    /// Reads plain text as it comes: blank lines part blocks, and so do the line ends of a text that is not wrapped. An optional opening
    /// `date 2019-02` or `date 2019-02-21` becomes [`published`](Article::published).
    ///
    /// No text is an error. Of a text of 4 GiB or more, the part beyond that is kept but has no blocks.
    pub fn from_text(text: impl Into<String>) -> Article {
        let text = text.into();
        let (published, blocks) = read(&text);
        Article { text, published, blocks, ..Article::default() }
    }

    /// For those who already have title, lead and paragraphs.
    ///
    /// ```
    /// use spalte::Article;
    /// let article = Article::builder().title("Ny bro").lead("Kommunen bygger.").paragraph("– Endelig, sier ordføreren.").build();
    /// assert_eq!(article.text(), "Ny bro\n\nKommunen bygger.\n\n– Endelig, sier ordføreren.");
    /// assert_eq!(article.blocks().len(), 3);
    /// ```
    pub fn builder() -> ArticleBuilder {
        ArticleBuilder::default()
    }

    /// Gives the article a name of the caller's, which its document keeps.
    pub fn with_id(mut self, id: impl Into<String>) -> Article {
        self.id = Some(id.into());
        self
    }

    /// The caller's name of the article.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The text, byte for byte as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The date of the header line, of the page or file, or the builder's.
    pub fn published(&self) -> Option<Date> {
        self.published
    }

    /// Where the article stands on the web, as its page, feed or file says; plain text says nothing.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Who wrote it, as its page, feed or file says; plain text has a block of the kind [`BlockKind::Byline`] alone.
    pub fn authors(&self) -> &[String] {
        &self.authors
    }

    /// The blocks in order, disjoint, with nothing but white space between them.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}

impl From<&str> for Article {
    fn from(text: &str) -> Article {
        Article::from_text(text)
    }
}

impl From<String> for Article {
    fn from(text: String) -> Article {
        Article::from_text(text)
    }
}

/// Puts an [`Article`] together from its parts, in reading order, a blank line between them.
#[derive(Clone, Debug, Default)]
pub struct ArticleBuilder {
    article: Article,
}

impl ArticleBuilder {
    /// The date of publication.
    pub fn published(mut self, date: Date) -> ArticleBuilder {
        self.article.published = Some(date);
        self
    }

    /// The article's address.
    pub fn url(mut self, url: impl Into<String>) -> ArticleBuilder {
        self.article.url = Some(url.into());
        self
    }

    /// Appends one of those who wrote it.
    pub fn author(mut self, name: impl Into<String>) -> ArticleBuilder {
        self.article.authors.push(name.into());
        self
    }

    /// Appends a title.
    pub fn title(self, text: &str) -> ArticleBuilder {
        self.block(BlockKind::Title, text)
    }

    /// Appends a lead.
    pub fn lead(self, text: &str) -> ArticleBuilder {
        self.block(BlockKind::Lead, text)
    }

    /// Appends a heading.
    pub fn heading(self, text: &str) -> ArticleBuilder {
        self.block(BlockKind::Heading, text)
    }

    /// Appends a paragraph.
    pub fn paragraph(self, text: &str) -> ArticleBuilder {
        self.block(BlockKind::Paragraph, text)
    }

    /// Appends a block of any kind; white space around it is left out, and a block of nothing else is no block.
    pub fn block(mut self, kind: BlockKind, text: &str) -> ArticleBuilder {
        self.push(kind, text, None);
        self
    }

    /// Appends a block that was `origin` in its page or file.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str, origin: Option<&str>) {
        let text = text.trim_matches(is_blank);
        let article = &mut self.article;
        if text.is_empty() || article.text.len() + text.len() + 2 > MAX_TEXT {
            return;
        }
        if !article.text.is_empty() {
            article.text.push_str("\n\n");
        }
        let start = article.text.len();
        article.text.push_str(text);
        let mut block = Block::new(kind, Span::new(start, start + text.len()));
        block.dateline = dateline(text, start);
        block.origin = origin.map(Box::from);
        article.blocks.push(block);
    }

    /// Whether there is a block of some kind.
    #[cfg(feature = "html")]
    pub(crate) fn has(&self, kind: impl Fn(BlockKind) -> bool) -> bool {
        self.article.blocks.iter().any(|b| kind(b.kind))
    }

    /// Whether there is nothing yet that a lead comes before.
    #[cfg(feature = "html")]
    pub(crate) fn wants_lead(&self) -> bool {
        !self.has(|k| matches!(k, BlockKind::Lead | BlockKind::Paragraph | BlockKind::Heading | BlockKind::ListItem))
    }

    /// Whether one of the first blocks says this already.
    #[cfg(feature = "html")]
    pub(crate) fn opens_with(&self, text: &str) -> bool {
        self.article.blocks.iter().take(8).any(|b| &self.article.text[b.span] == text)
    }

    /// The article.
    pub fn build(self) -> Article {
        self.article
    }
}

/// What may stand between blocks: white space, and the byte order mark that may open a file.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Span> {
    let part = text.get(range.clone())?;
    let start = range.start + (part.len() - part.trim_start_matches(is_blank).len());
    let end = range.start + part.trim_end_matches(is_blank).len();
    (start < end).then(|| Span::new(start, end))
}

/// The blocks of a text and the date of its header.
fn read(text: &str) -> (Option<Date>, Vec<Block>) {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let mut blocks = Vec::new();
    let (published, body) = match header(text) {
        Some((date, span)) => {
            blocks.push(Block::new(BlockKind::Meta, span));
            (Some(date), span.end())
        }
        None => (None, 0),
    };
    let spans = pieces(text, body);
    let forms: Vec<Shape> = spans.iter().map(|&span| Shape::of(&text[span])).collect();
    let mut title = None;
    let mut lead = false;
    let mut factbox = false;
    for (i, &span) in spans.iter().enumerate() {
        let after = forms.get(i + 1);
        let kind = match forms[i] {
            Shape::Open | Shape::Asking if title.is_none() && i == 0 && after.is_some() => BlockKind::Title,
            Shape::Open => BlockKind::Heading,
            Shape::Asking | Shape::Prose => BlockKind::Paragraph,
            Shape::Byline => BlockKind::Byline,
            Shape::Bullet => BlockKind::ListItem,
            // A dash opens speech; only a run of short open lines is a list.
            Shape::DashItem if forms[..i].last() == Some(&Shape::DashItem) || after == Some(&Shape::DashItem) => BlockKind::ListItem,
            Shape::DashItem if title.is_none() && i == 0 && after.is_some() => BlockKind::Title,
            Shape::DashItem => BlockKind::Heading,
            Shape::Caption => BlockKind::Caption,
            Shape::Credit => BlockKind::Credit,
            Shape::Facts => BlockKind::Factbox,
        };
        // A fact box goes on with its list and with the lines of its own paragraph.
        let kind = match kind {
            BlockKind::Factbox => {
                factbox = true;
                kind
            }
            BlockKind::ListItem if factbox => BlockKind::Factbox,
            BlockKind::Heading | BlockKind::Paragraph if factbox && joined(text, spans[i - 1], span) => BlockKind::Factbox,
            _ => {
                factbox = false;
                kind
            }
        };
        let kind = match kind {
            BlockKind::Title => {
                title = Some(i);
                kind
            }
            BlockKind::Paragraph if title.is_some() && !lead => {
                lead = true;
                BlockKind::Lead
            }
            BlockKind::Heading | BlockKind::ListItem => {
                lead = true;
                kind
            }
            _ => kind,
        };
        let mut block = Block::new(kind, span);
        if matches!(kind, BlockKind::Paragraph | BlockKind::Lead) {
            block.dateline = dateline(&text[span], span.start());
        }
        blocks.push(block);
    }
    (published, blocks)
}

/// Whether no blank line stands between two neighbours.
fn joined(text: &str, before: Span, after: Span) -> bool {
    text[before.end()..after.start()].matches('\n').count() < 2
}

/// `date 2019-02` or `date 2019-02-21` at the very start.
fn header(text: &str) -> Option<(Date, Span)> {
    let skip = |s: &str| s.len() - s.trim_start_matches(is_blank).len();
    let start = skip(text);
    let after = text.get(start..start + 4).filter(|word| word.eq_ignore_ascii_case("date"))?;
    let value = start + after.len() + skip(&text[start + after.len()..]);
    let end = value + text[value..].find(char::is_whitespace).unwrap_or(text.len() - value);
    let date = text[value..end].trim_end_matches(':').parse().ok()?;
    (value > start + 4).then(|| (date, Span::new(start, end)))
}

/// Splits a text into pieces: at blank lines, and at line ends that do not merely wrap a paragraph.
fn pieces(text: &str, from: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut blank = true;
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let Some(span) = trimmed(text, range) else {
            blank = true;
            continue;
        };
        match spans.last_mut() {
            Some(last) if !blank && wraps(&text[*last], &text[span]) => *last = last.to(span),
            _ => spans.push(span),
        }
        blank = false;
    }
    spans
}

/// Whether a line end within a paragraph only wraps it: the next line goes on in lower case, or the line before is long and unfinished.
fn wraps(before: &str, after: &str) -> bool {
    let last_line = before.rsplit('\n').next().unwrap_or(before).trim_end();
    let goes_on = after.starts_with(char::is_lowercase);
    let unfinished = length(last_line) > SHORT_LINE && !last_line.ends_with(['.', '!', '?', ':', '»', '”', '"']);
    !is_bullet(after) && (goes_on || (unfinished && !after.starts_with(['–', '-', '—'])))
}

/// A line of more characters than this, without a final mark, may be wrapped; a shorter one stands alone.
const SHORT_LINE: usize = 60;

/// A title that asks or exclaims has at most this many characters.
const LONGEST_QUESTION: usize = 90;

/// A block of more characters than this is running text, whatever it ends in.
const LONGEST_HEADING: usize = 400;

/// What a block looks like by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No final mark: a heading or title.
    Open,
    /// Short and ending in a question or exclamation mark: a title where it comes first.
    Asking,
    Prose,
    Byline,
    Bullet,
    /// Opens with a dash, short, without a final mark.
    DashItem,
    Caption,
    Credit,
    Facts,
}

/// The words by which blocks are known, rows of `data/block_words.tsv`.
struct BlockWords {
    /// By their lower-case form: `agent` (`av`), `author` (`tekst`), `photo`, `facts`.
    roles: HashMap<&'static str, &'static str>,
    /// How a credit opens within a block: `Foto:`, `FOTO:`.
    credits: Vec<String>,
    bullets: Vec<&'static str>,
}

pub(crate) const BLOCK_WORD_COLUMNS: &[&str] = &["role", "variety", "form"];

static WORDS: LazyLock<BlockWords> = LazyLock::new(|| {
    let mut words = BlockWords { roles: HashMap::new(), credits: Vec::new(), bullets: Vec::new() };
    for row in lexicon::bundled("block_words.tsv", include_str!("../data/block_words.tsv"), BLOCK_WORD_COLUMNS) {
        let (role, form) = (row.get(0), row.get(2));
        match role {
            "bullet" => words.bullets.push(form),
            _ => drop(words.roles.insert(form, role)),
        }
        if role == "photo" {
            let (first, rest) = form.split_at(1);
            words.credits.extend([format!("{}{rest}:", first.to_uppercase()), format!("{}:", form.to_uppercase())]);
        }
    }
    words
});

/// What a word tells of its block, punctuation around it aside.
fn role(word: &str) -> &'static str {
    let word = lower(word.trim_matches(|c| ":,()".contains(c)));
    WORDS.roles.get(word.as_ref()).copied().unwrap_or("")
}

/// Whether a word with a small letter may stand among a byline's names: one of [`BlockWords`], `og`, `&`, `van`.
fn joins_names(word: &str) -> bool {
    let joining = Class::NAME_PARTICLE.or(Class::AND);
    word == "&" || !role(word).is_empty() || Lexicon::bundled().word(&lower(word)).is_some_and(|(class, _)| class.has(joining))
}

fn is_bullet(line: &str) -> bool {
    WORDS.bullets.iter().any(|bullet| line.strip_prefix(bullet).is_some_and(|rest| rest.starts_with(char::is_whitespace)))
}

impl Shape {
    pub(crate) fn of(text: &str) -> Shape {
        let first = text.split_whitespace().next().unwrap_or("");
        if is_bullet(text) {
            return Shape::Bullet;
        }
        if role(first) == "facts" && (first.ends_with(':') || !first.contains(char::is_lowercase) || length(text) < SHORT_LINE) {
            return Shape::Facts;
        }
        if is_byline(text) {
            return Shape::Byline;
        }
        if is_agency_mark(text) {
            return Shape::Credit;
        }
        if let Some(at) = credit_at(text) {
            return if at == 0 { Shape::Credit } else { Shape::Caption };
        }
        if has_kicker(text) {
            return Shape::Caption;
        }
        match text.trim_end_matches(['»', '”', '"', '“', '\'', '’', ')', ']']).chars().next_back() {
            Some('.' | ':' | ';' | ',' | '…') => Shape::Prose,
            _ if length(text) > LONGEST_HEADING => Shape::Prose,
            Some('?' | '!') if length(text) <= LONGEST_QUESTION && !text.contains(". ") => Shape::Asking,
            Some('?' | '!') => Shape::Prose,
            _ if text.starts_with("- ") || text.starts_with("– ") => Shape::DashItem,
            _ => Shape::Open,
        }
    }

    /// Whether a photo credit ends the block.
    #[cfg(feature = "html")]
    pub(crate) fn ends_in_credit(text: &str) -> bool {
        credit_at(text).is_some()
    }
}

/// How many words a byline or a credit has at most.
const LONGEST_CREDIT: usize = 12;

/// `Av FORNAVN ETTERNAVN`, `Tekst: … Foto: …`, `Tekst og foto: …`.
fn is_byline(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(LONGEST_CREDIT + 1).collect();
    let [first, rest @ ..] = words.as_slice() else { return false };
    if words.len() > LONGEST_CREDIT || rest.is_empty() || text.ends_with(['.', '?', '!']) {
        return false;
    }
    let named = |w: &&str| w.starts_with(char::is_uppercase) || w.contains('@') || joins_names(w);
    match role(first) {
        "agent" => rest.iter().all(named),
        // The label that ends in a colon, before the names.
        "author" => words.iter().position(|w| w.ends_with(':')).is_some_and(|end| words[..=end].iter().all(|w| joins_names(w))),
        _ => false,
    }
}

/// The names in bylines: `Av Kari Nordheim og Ola Berg`, `Tekst: Kari Nordheim Foto: Ola Berg` (the photographer is no author).
#[cfg(feature = "html")]
pub(crate) fn authors_of<'a>(bylines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut authors: Vec<String> = Vec::new();
    for byline in bylines.take(20) {
        let text = credit_at(byline).map_or(byline, |at| &byline[..at]);
        let words: Vec<&str> = text.split_whitespace().take(100).collect();
        let parts = words.split(|w| matches!(*w, "og" | "and" | "&" | "/" | "|" | "–" | "-"));
        for part in parts.flat_map(|part| part.split_inclusive(|w| w.ends_with([',', ';', '/']))) {
            let name: Vec<&str> = part
                .iter()
                .skip_while(|w| !role(w).is_empty())
                .map(|w| w.trim_end_matches([',', ';', '/']))
                .take_while(|w| !w.contains(['@', '(', '.', ':']) && (w.starts_with(char::is_uppercase) || joins_names(w)))
                .collect();
            // The paper or agency after the name: `Kari Nordheim NTB`.
            let capitals = |w: &&str| !w.contains(char::is_lowercase);
            let name = match name.as_slice() {
                [rest @ .., last] if capitals(last) && !rest.iter().all(capitals) => rest,
                name => name,
            };
            let full = name.join(" ");
            if (2..=5).contains(&name.len()) && full.starts_with(char::is_uppercase) && !authors.contains(&full) {
                authors.push(full);
            }
        }
    }
    authors
}

/// `(©NTB)`, `(NTB)`, `©NTB`: an agency's mark alone.
fn is_agency_mark(text: &str) -> bool {
    let inner = text.trim_matches(['(', ')', '[', ']', '.']);
    let marked = inner.len() < text.len() || inner.starts_with('©');
    let agency = inner.trim_start_matches('©').trim();
    marked && !agency.is_empty() && length(agency) <= 24 && agency.split(['/', '-', ' ']).all(|w| w.starts_with(char::is_uppercase))
}

/// Where a photo credit begins that runs to the end of the block: `Foto: CARLOS RAMIREZ / Reuters`.
fn credit_at(text: &str) -> Option<usize> {
    // All of these words have a colon, and few blocks do.
    text.find(':')?;
    let credit = |word: &String| {
        let at = text.rfind(word.as_str())?;
        let free = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !is_combining_mark(c));
        let names = text[at + word.len()..].trim_start();
        let words = names.split_whitespace().take(LONGEST_CREDIT).count();
        (free && (1..LONGEST_CREDIT).contains(&words) && names.starts_with(|c: char| c.is_uppercase() || c == '©')).then_some(at)
    };
    WORDS.credits.iter().filter_map(credit).min()
}

/// Whether words in capitals before a colon open the block, as in captions: `STENGT: Grensa er stengt.`
fn has_kicker(text: &str) -> bool {
    let Some((head, rest)) = text.split_once(':') else { return false };
    let letters = head.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = letters >= 3 && !head.contains(char::is_lowercase) && !head.contains(['(', '.', '?', '!']);
    capitals && head.split_whitespace().count() <= 4 && rest.starts_with(char::is_whitespace) && !rest.trim().is_empty()
}

/// `OSLO (NTB):`, `Tromsø (NTB-AFP):` at the start of `text`, which stands at `offset`.
fn dateline(text: &str, offset: usize) -> Option<Dateline> {
    let (place, rest) = text.split_once('(')?;
    let (agency, after) = rest.split_once(')')?;
    let proper = |s: &str| s.split([' ', '/', '-', ',']).filter(|w| !w.is_empty()).all(|w| w.starts_with(char::is_uppercase) || w == "i");
    let capitals = agency.chars().filter(|c| c.is_uppercase()).count() >= 2;
    let open = place.len();
    let place = place.trim_end();
    (after.starts_with(':')
        && !place.is_empty()
        && length(place) <= 60
        && length(agency) <= 40
        && capitals
        && proper(place)
        && proper(agency))
    .then(|| Dateline {
        place: Span::new(offset, offset + place.len()),
        agency: Span::new(offset + open + 1, offset + open + 1 + agency.len()),
    })
}

/// Whether a text opens with place and agency.
#[cfg(feature = "newsml")]
pub(crate) fn has_dateline(text: &str) -> bool {
    dateline(text, 0).is_some()
}

/// An article goes on.
#[cfg(feature = "newsml")]
impl From<Article> for ArticleBuilder {
    fn from(article: Article) -> ArticleBuilder {
        ArticleBuilder { article }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_checked() {
        for good in ["2024-02-29", "1999-12", "0001-01-31"] {
            assert_eq!(good.parse::<Date>().map(|d| d.to_string()).ok().as_deref(), Some(good));
        }
        for bad in ["2023-02-29", "2024-13", "2024-00", "2024-1", "24-01-01", "2024-01-00", "2024-01-32", "２０２４-01", ""] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[cfg(feature = "html")]
    #[test]
    fn bylines_name_authors() {
        for (byline, authors) in [
            ("Av Kari Nordheim", vec!["Kari Nordheim"]),
            ("Av KARI NORDHEIM og OLA VAN BERG", vec!["KARI NORDHEIM", "OLA VAN BERG"]),
            ("Tekst: Kari Nordheim Foto: Ola Berg", vec!["Kari Nordheim"]),
            ("Tekst og foto: Kari Nordheim, Ola Berg", vec!["Kari Nordheim", "Ola Berg"]),
            ("Kari Nordheim, journalist kari@havneposten.no", vec!["Kari Nordheim"]),
            ("Journalist Kari Nordheim (tekst)", vec!["Kari Nordheim"]),
            ("Av Kari Nordheim NTB", vec!["Kari Nordheim"]),
            ("NTB", vec![]),
        ] {
            assert_eq!(authors_of([byline].into_iter()), authors, "{byline}");
        }
    }

    #[test]
    fn a_dateline_is_found() {
        let article = Article::from_text("OSLO (NTB-Reuters): Regjeringen går av.");
        let line = article.blocks()[0].dateline.clone().expect("a dateline");
        assert_eq!((&article.text()[line.place], &article.text()[line.agency]), ("OSLO", "NTB-Reuters"));
        assert!(Article::from_text("Laget (Brann) vant: 2–1.").blocks()[0].dateline.is_none());
    }
}
