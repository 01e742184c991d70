//! Elements and text of pages and files to blocks: what the readers of HTML, agency files and feeds share.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::article::{ArticleBuilder, BlockKind, Shape, is_blank};
use crate::normalize::{length, lower};
use crate::roles::{LONGEST_DATE, Role, TABLE, furniture, named};
use crate::span::MAX_TEXT;

/// The attributes of an element that say what it is.
#[derive(Default)]
pub(crate) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether an attribute is one of those that matter.
    pub(crate) fn keeps(name: &str) -> bool {
        const KEPT: &[&str] = &[
            "aria-hidden",
            "aria-label",
            "class",
            "content",
            "data-component",
            "date.publication",
            "data-test-tag",
            "data-testid",
            "datetime",
            "guid",
            "hidden",
            "href",
            "id",
            "id-string",
            "itemprop",
            "lede",
            "name",
            "norm",
            "property",
            "rel",
            "role",
            "shadowrootmode",
            "style",
            "type",
        ];
        KEPT.contains(&name)
    }

    /// Keeps an attribute, if it matters; the first of a name counts.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        if Attributes::keeps(name) && self.get(name).is_none() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What a run of text is, from the elements around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Text of nothing in particular: of a `div`.
    Bare,
    Byline,
    Caption,
    Credit,
    Date,
    Dateline,
    Facts,
    Heading,
    Item,
    Lead,
    Paragraph,
    Quote,
    Row,
    Skip,
    Title,
}

impl Kind {
    fn of(role: Role) -> Kind {
        match role {
            Role::Byline => Kind::Byline,
            Role::Caption | Role::Figure => Kind::Caption,
            Role::Credit => Kind::Credit,
            Role::Date | Role::Time => Kind::Date,
            Role::Dateline => Kind::Dateline,
            Role::Facts => Kind::Facts,
            Role::Heading => Kind::Heading,
            Role::Item => Kind::Item,
            Role::Lead => Kind::Lead,
            Role::Paragraph => Kind::Paragraph,
            Role::Quote => Kind::Quote,
            Role::Row => Kind::Row,
            Role::Skip | Role::Unseen => Kind::Skip,
            Role::Title => Kind::Title,
            _ => Kind::Bare,
        }
    }

    /// Whether text of this kind has sentences, or is a heading.
    fn is_text(self) -> bool {
        matches!(self, Kind::Facts | Kind::Heading | Kind::Item | Kind::Lead | Kind::Paragraph | Kind::Quote | Kind::Title)
    }

    /// What an element of this kind is within one of the kind `outer`: a paragraph of a fact box is a part of the fact box.
    fn within(self, outer: Kind) -> Kind {
        use Kind::*;
        match (outer, self) {
            (Skip, _) | (_, Skip) => Skip,
            (_, Bare) => outer,
            (Bare, _) => self,
            (Caption, Byline) => Credit,
            (Byline, Date) | (Date, Byline) | (Row, Paragraph) => self,
            (Caption, Credit | Date | Facts) | (Facts, Caption | Credit | Date | Byline) | (Quote, Caption | Credit) => self,
            (Item | Row | Lead, Byline | Caption | Credit | Date | Facts | Heading | Item | Lead | Title) => self,
            (Quote, Facts | Heading | Item | Lead | Title) => self,
            (Paragraph, Paragraph) => outer,
            (Paragraph, _) => self,
            _ => outer,
        }
    }
}

/// An element that is open.
#[derive(Clone, Copy)]
struct Open {
    name: u32,
    /// Begins and ends blocks.
    block: bool,
    kind: Kind,
    link: bool,
    bold: bool,
    /// Raised: a link there is the number of a note.
    raised: bool,
    container: Option<Role>,
    in_article: bool,
    /// What gives the kind, and within what; numbers of labels.
    label: u32,
    outer: u32,
    /// The innermost open block element, by its place.
    nearest: u16,
    /// For each group of elements that end by the next of their kind, the place of the open one after which none shuts it out; 0 is none.
    closing: [u16; GROUPS],
    first: u32,
    /// Bytes of running text within; those that stand in its own paragraphs.
    prose: usize,
    own: usize,
}

/// A run of text between two borders of blocks.
#[derive(Clone)]
pub(crate) struct Piece {
    start: u32,
    end: u32,
    /// How many of its bytes stand in links, and in bold.
    linked: u32,
    bold: u32,
    pub(crate) kind: Kind,
    label: u32,
    outer: u32,
}

/// A part of the page that may be the article: its pieces, and how much running text it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) pieces: Range<usize>,
    pub(crate) prose: usize,
}

/// No element is deeper than this, as in browsers: those beyond it stand beside each other.
const DEEPEST: usize = 512;

/// Elements that have no content, in HTML.
const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Elements that end an open paragraph, in HTML.
const ENDS_PARAGRAPH: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "ul",
];

/// The number of no name or label.
const NONE: u32 = u32::MAX;

const PARAGRAPH: usize = 0;
const ITEM: usize = 1;
const TERM: usize = 2;
const CELL: usize = 3;
const ROW: usize = 4;

/// The head of a page ends by the first element that is none of its own.
const HEAD: usize = 5;

/// Headings end by the next, by the end of any, and by what no heading holds.
const HEADING: usize = 6;

const GROUPS: usize = 7;

/// The groups of elements that end by the next of their kind, in HTML.
fn group(name: &str) -> Option<usize> {
    match name {
        "p" => Some(PARAGRAPH),
        "li" => Some(ITEM),
        "dt" | "dd" => Some(TERM),
        "td" | "th" => Some(CELL),
        "tr" => Some(ROW),
        "head" => Some(HEAD),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(HEADING),
        _ => None,
    }
}

const ENDS_HEADING: &[&str] =
    &["article", "aside", "blockquote", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "main", "ol", "p", "section", "table", "ul"];

const OF_HEAD: &[&str] = &["base", "link", "meta", "noscript", "script", "style", "template", "title"];

/// Elements and text in, pieces out, in one pass and in constant time for each byte. It takes the elements as they come, whether they are
/// closed or not.
pub(crate) struct Markup {
    html: bool,
    /// Whether classes and identifiers are believed that say that an element is no part of the story.
    strict: bool,
    stack: Vec<Open>,
    /// How many elements of each name are open beyond the deepest, and which.
    beyond: Vec<u32>,
    deeper: Vec<u32>,
    /// Names of elements, and labels made of names and classes, by their numbers.
    labels: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    /// How many elements of each name are open.
    open: Vec<u32>,
    pub(crate) text: String,
    pub(crate) pieces: Vec<Piece>,
    /// Where the open piece begins, and what it is so far.
    start: usize,
    linked: usize,
    bold: usize,
    first: Kind,
    mixed: bool,
    /// White space before the next word: as in the source, or between elements that only look apart.
    space: bool,
    apart: bool,
    breaks: u8,
    pub(crate) article: Part,
    /// The running text of all articles that stand in no other.
    pub(crate) articles: usize,
    pub(crate) main: Part,
    /// The part with the most text in paragraphs of its own.
    pub(crate) plain: Part,
    own: usize,
    pub(crate) bodies: Vec<Part>,
    pub(crate) prose: usize,
    /// The first date that an element gives, and the first that says it is that of publication.
    pub(crate) date: Option<String>,
    pub(crate) published: Option<String>,
}

impl Markup {
    /// Takes elements of HTML, or of XML.
    pub(crate) fn new(html: bool, strict: bool) -> Markup {
        let labels: Vec<Box<str>> = TABLE.tags.iter().map(|(name, _)| Box::from(*name)).collect();
        let root = Open {
            name: NONE,
            block: true,
            kind: Kind::Bare,
            link: false,
            bold: false,
            raised: false,
            container: None,
            in_article: false,
            label: NONE,
            outer: NONE,
            nearest: 0,
            closing: [0; GROUPS],
            first: 0,
            prose: 0,
            own: 0,
        };
        Markup {
            html,
            strict,
            stack: vec![root],
            beyond: vec![0; labels.len()],
            deeper: Vec::new(),
            numbers: labels.iter().cloned().zip(0..).collect(),
            open: vec![0; labels.len()],
            labels,
            text: String::new(),
            pieces: Vec::new(),
            start: 0,
            linked: 0,
            bold: 0,
            first: Kind::Bare,
            mixed: false,
            space: false,
            apart: false,
            breaks: 0,
            article: Part::default(),
            articles: 0,
            main: Part::default(),
            plain: Part::default(),
            own: 0,
            bodies: Vec::new(),
            prose: 0,
            date: None,
            published: None,
        }
    }

    fn number(&mut self, label: &str) -> u32 {
        if let Some(&n) = self.numbers.get(label) {
            return n;
        }
        let n = self.labels.len() as u32;
        self.labels.push(label.into());
        self.numbers.insert(label.into(), n);
        self.open.push(0);
        self.beyond.push(0);
        n
    }

    fn top(&self) -> &Open {
        // The root is never popped.
        &self.stack[self.stack.len() - 1]
    }

    /// Whether nothing of what is read now belongs to the story.
    pub(crate) fn skips(&self) -> bool {
        self.top().kind == Kind::Skip
    }

    /// An element begins; its name is in lower case.
    pub(crate) fn open(&mut self, name: &str, attributes: &Attributes) {
        let number = self.number(name);
        let known = TABLE.tags.get(number as usize).map(|t| t.1);
        let void = self.html && VOID.contains(&name);
        if known == Some(Role::Break) {
            self.breaks = self.breaks.saturating_add(1);
            self.space = true;
            return;
        }
        // Elements of a site's own stand for blocks, but not within a paragraph.
        let tag = known.unwrap_or(if name.contains('-') && self.top().closing[PARAGRAPH] == 0 { Role::Block } else { Role::Inline });
        if self.html {
            let head = self.top().closing[HEAD];
            if head > 0 && !OF_HEAD.contains(&name) {
                self.close_to(head as usize);
            }
            let ends = if ENDS_PARAGRAPH.contains(&name) { Some(PARAGRAPH) } else { group(name) };
            let heading = self.top().closing[HEADING];
            if heading > 0 && ENDS_HEADING.contains(&name) {
                self.close_to(heading as usize);
            }
            if let Some(at) = ends.map(|g| self.top().closing[g]).filter(|&at| at > 0) {
                self.close_to(at as usize);
            }
        }
        if void {
            if name == "hr" {
                self.flush();
            }
            return;
        }
        let (role, class) = self.role(name, tag, attributes);
        let block = !matches!(tag, Role::Inline | Role::Cell | Role::Time | Role::Unseen) || role == Role::Block;
        if block && !self.skips() {
            self.flush();
        }
        let mut own = Kind::of(role);
        if role == Role::Time {
            if !self.skips() {
                self.stamp(attributes);
            }
            // The time of day in a sentence is a part of it.
            own = if matches!(self.top().kind, Kind::Bare | Kind::Byline | Kind::Date | Kind::Skip) { Kind::Date } else { Kind::Bare };
        }
        let outer = *self.top();
        let kind = own.within(outer.kind);
        self.apart |= !block && tag != Role::Unseen && (kind != outer.kind || tag == Role::Cell);
        let deepest = if kind == Kind::Skip && outer.kind != Kind::Skip { DEEPEST + 8 } else { DEEPEST };
        if self.stack.len() >= deepest {
            self.beyond[number as usize] += 1;
            self.deeper.push(number);
            return;
        }
        let place = self.stack.len() as u16;
        let mut closing = outer.closing;
        match name {
            "ul" | "ol" => closing[ITEM] = 0,
            "dl" => closing[TERM] = 0,
            "table" => closing = [0; GROUPS],
            "tr" => closing[CELL] = 0,
            _ => {}
        }
        if let Some(g) = group(name) {
            closing[g] = place;
        }
        if matches!(name, "td" | "th" | "caption" | "button" | "object" | "template") {
            closing[PARAGRAPH] = 0;
        }
        let label = match class {
            _ if own == Kind::Bare && outer.kind != Kind::Bare => outer.label,
            None => number,
            Some(class) => self.number(&format!("{name}{class}")),
        };
        let within = match outer.kind {
            outer_kind if own != kind || matches!(outer_kind, Kind::Facts | Kind::Quote) => {
                [outer.label, outer.outer][usize::from(outer.outer != NONE)]
            }
            _ => NONE,
        };
        let within = if own == Kind::Bare { outer.outer } else { within };
        self.stack.push(Open {
            name: number,
            block,
            kind,
            // The number of a note is a link within its text.
            link: outer.link || (name == "a" && (outer.raised || attributes.get("href").is_some_and(|href| !href.starts_with('#')))),
            bold: outer.bold || matches!(name, "b" | "strong"),
            raised: outer.raised || name == "sup",
            container: matches!(role, Role::Article | Role::Main | Role::Body).then_some(role),
            in_article: outer.in_article || role == Role::Article,
            label,
            outer: within,
            nearest: if block { place } else { outer.nearest },
            closing,
            first: self.pieces.len() as u32,
            prose: 0,
            own: 0,
        });
        self.open[number as usize] += 1;
    }

    /// The dates of an element `time`, or of one with a property.
    pub(crate) fn stamp(&mut self, attributes: &Attributes) {
        let Some(value) = ["datetime", "content", "norm"].iter().find_map(|a| attributes.get(a)) else { return };
        let says = |what: &str| ["itemprop", "class", "property"].iter().any(|a| attributes.get(a).is_some_and(|v| v.contains(what)));
        let slot = if says("ublished") || says("publisert") { &mut self.published } else { &mut self.date };
        if slot.is_none() && !says("odified") && !says("updated") && !says("oppdatert") && value.len() < 100 {
            *slot = Some(value.to_owned());
        }
    }

    /// What an element is, and the class or attribute that says so, as a selector.
    fn role(&self, name: &str, tag: Role, attributes: &Attributes) -> (Role, Option<String>) {
        if name == "template" && attributes.get("shadowrootmode").is_some() {
            return (Role::Block, None);
        }
        if matches!(tag, Role::Skip | Role::Unseen) {
            return (tag, None);
        }
        let hidden = attributes.get("hidden").is_some_and(|v| v != "until-found")
            || (tag != Role::Inline && attributes.get("aria-hidden") == Some("true"))
            || attributes.get("style").is_some_and(|s| s.len() < 1000 && s.replace(' ', "").contains("display:none"));
        if hidden {
            return (Role::Skip, None);
        }
        if attributes.get("lede") == Some("true") {
            return (Role::Lead, Some("[lede]".to_owned()));
        }
        // What carries the whole page or story has classes about all of it.
        let whole = matches!(tag, Role::Article | Role::Main) || matches!(name, "html" | "body");
        let mut found: Option<(Role, String)> = None;
        let mut take = |role: Role, by: String| {
            let stronger = match (&found, role) {
                (None, _) => true,
                (Some((Role::Facts, _)), _) => false,
                (Some((Role::Skip | Role::Unseen, _)), _) => role == Role::Facts,
                (Some(_), _) => matches!(role, Role::Skip | Role::Unseen | Role::Facts),
            };
            if stronger {
                found = Some((role, by));
            }
        };
        if let Some(value) = attributes.get("itemprop") {
            for word in value.split_ascii_whitespace().take(8) {
                if let Some(&role) = TABLE.itemprops.get(word) {
                    take(role, format!("[itemprop={word}]"));
                }
            }
        }
        if let Some(&role) = attributes.get("role").and_then(|value| TABLE.roles.get(value.trim())) {
            take(role, String::new());
        }
        if !whole {
            for (attribute, mark) in [("class", "."), ("id", "#"), ("data-testid", "."), ("data-test-tag", "."), ("data-component", ".")] {
                let Some(value) = attributes.get(attribute) else { continue };
                for word in value.split_ascii_whitespace().take(64) {
                    if let Some(role) = named(word) {
                        take(role, format!("{mark}{word}"));
                    }
                }
            }
            if name.contains('-')
                && let Some(role) = named(name)
            {
                take(role, String::new());
            }
            if let Some(label) = attributes.get("aria-label")
                && matches!(tag, Role::Block | Role::Facts)
                && furniture(label, true) == Some(Role::Skip)
            {
                take(Role::Skip, String::new());
            }
        }
        let Some((role, by)) = found else { return (tag, None) };
        let believed = match (tag, role) {
            (_, Role::Unseen) => !whole,
            // A word within a sentence belongs to it.
            (Role::Inline | Role::Time, Role::Skip) => self.strict && !self.top().kind.is_text(),
            (_, Role::Skip) => self.strict && !whole,
            (Role::Title, _) => false,
            (Role::Article | Role::Main, Role::Body) => true,
            (Role::Article | Role::Main, _) => false,
            (Role::Figure | Role::Row | Role::Cell, role) => role == Role::Facts,
            (Role::Caption, role) => role == Role::Credit,
            // A class says what a heading, a list or an emphasis in the text is, but does not make a paragraph a picture.
            (Role::Paragraph | Role::Item | Role::Heading | Role::Quote, role) => !matches!(role, Role::Figure | Role::Body),
            (Role::Inline | Role::Time, role) => !matches!(role, Role::Figure | Role::Body | Role::Quote | Role::Facts | Role::Heading),
            _ => true,
        };
        // Titles of other stories are headings of the second order.
        let believed = believed && (role != Role::Title || by.starts_with('[') || name == "h2");
        let by = by.chars().take(40).collect::<String>();
        if believed { (role, Some(by)) } else { (tag, None) }
    }

    /// Text between tags, entities resolved.
    pub(crate) fn text(&mut self, text: &str) {
        let (top, block) = (self.top(), self.stack[self.top().nearest as usize].kind);
        if self.skips() || (top.raised && top.link) || (top.kind == Kind::Date && block == Kind::Byline) {
            return;
        }
        for (i, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            self.space |= i > 0;
            if !word.is_empty() {
                self.word(word);
            }
        }
    }

    fn word(&mut self, word: &str) {
        let word = &*seen(word);
        if word.is_empty() || self.text.len() + word.len() + 1 > MAX_TEXT {
            return;
        }
        if self.breaks > 1 {
            self.flush();
        }
        let top = self.top();
        let (kind, link, bold) = (top.kind, top.link, top.bold);
        if self.text.len() == self.start {
            self.first = kind;
        } else if self.breaks > 0 {
            self.text.push('\n');
        } else if self.space || (self.apart && !word.starts_with([',', '.', ':', ';', ')', '!', '?', '»'])) {
            self.text.push(' ');
        }
        self.mixed |= kind != self.first;
        (self.breaks, self.space, self.apart) = (0, false, false);
        self.text.push_str(word);
        self.linked += if link { word.len() + 1 } else { 0 };
        self.bold += if bold { word.len() + 1 } else { 0 };
    }

    /// A block ends.
    fn flush(&mut self) {
        (self.breaks, self.space, self.apart) = (0, false, false);
        if self.text.len() == self.start {
            return;
        }
        let place = self.top().nearest as usize;
        let block = &self.stack[place];
        let kind = if self.mixed { block.kind } else { self.first };
        let kind = if kind == Kind::Skip { Kind::Bare } else { kind };
        let source = if kind == block.kind { block } else { self.top() };
        let length = self.text.len() - self.start;
        if !self.text[self.start..].trim_matches(is_blank).is_empty() {
            let own = matches!(kind, Kind::Paragraph | Kind::Lead | Kind::Quote | Kind::Item) || (kind == Kind::Bare && length > 80);
            let piece = Piece {
                start: self.start as u32,
                end: self.text.len() as u32,
                linked: self.linked as u32,
                bold: self.bold as u32,
                kind,
                label: source.label,
                outer: source.outer,
            };
            if own && self.linked * 2 < length {
                let holder = if kind == Kind::Bare { place } else { place.saturating_sub(1) };
                self.stack[place].prose += length;
                self.stack[holder].own += length;
            }
            self.pieces.push(piece);
            self.start = self.text.len();
        } else {
            self.text.truncate(self.start);
        }
        (self.linked, self.bold, self.mixed) = (0, 0, false);
    }

    /// An element ends; its name is in lower case.
    pub(crate) fn close(&mut self, name: &str) {
        let Some(&number) = self.numbers.get(name) else { return };
        if name == "br" || (self.html && VOID.contains(&name)) {
            return;
        }
        if self.beyond[number as usize] > 0 {
            self.beyond[number as usize] -= 1;
            return;
        }
        let heading = self.top().closing[HEADING];
        if self.html && heading > 0 && group(name) == Some(HEADING) {
            return self.close_to(heading as usize);
        }
        if self.open[number as usize] == 0 || (self.html && name == "p" && self.top().closing[PARAGRAPH] == 0) {
            return;
        }
        let block = TABLE.tags.get(number as usize).is_some_and(|t| !matches!(t.1, Role::Inline | Role::Time));
        while self.stack.len() > 1 {
            // The end of an element within a paragraph does not end the paragraph.
            if !block && self.top().block && self.top().name != number {
                return;
            }
            let found = self.top().name == number;
            self.pop();
            if found {
                return;
            }
        }
    }

    fn close_to(&mut self, place: usize) {
        while self.stack.len() > place.max(1) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if self.top().block && !self.skips() {
            self.flush();
        }
        let Some(ended) = self.stack.pop() else { return };
        self.open[ended.name as usize] -= 1;
        for number in self.deeper.drain(..) {
            self.beyond[number as usize] = 0;
        }
        let outer = self.stack.len() - 1;
        let seen = ended.kind != Kind::Skip;
        self.apart |= !ended.block && seen && (self.stack[outer].kind != ended.kind || matches!(ended.kind, Kind::Byline | Kind::Credit));
        self.stack[outer].prose += ended.prose;
        let part = Part { pieces: ended.first as usize..self.pieces.len(), prose: ended.prose };
        if ended.own > self.own {
            self.own = ended.own;
            self.plain = part.clone();
        }
        if ended.container == Some(Role::Article) && !self.stack[outer].in_article {
            self.articles += ended.prose;
        }
        match ended.container {
            Some(Role::Article) if part.prose > self.article.prose => self.article = part,
            Some(Role::Main) if part.prose > self.main.prose => self.main = part,
            Some(Role::Body) if part.prose > 0 => self.bodies.push(part),
            _ => {}
        }
    }

    /// The end: what is open ends here.
    pub(crate) fn finish(&mut self) {
        self.flush();
        self.close_to(1);
        self.flush();
        self.prose = self.stack[0].prose;
    }

    /// Whether any text was read.
    #[cfg(feature = "newsml")]
    pub(crate) fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// The text of a piece.
    pub(crate) fn get(&self, piece: &Piece) -> &str {
        self.text[piece.start as usize..piece.end as usize].trim_matches(is_blank)
    }

    /// Whether nearly all of a piece is a link.
    pub(crate) fn is_link(&self, piece: &Piece) -> bool {
        u64::from(piece.linked) * 5 >= u64::from(piece.end - piece.start) * 4
    }

    pub(crate) fn origin(&self, piece: &Piece) -> String {
        let label = self.labels.get(piece.label as usize).map_or("body", |label| label);
        self.labels.get(piece.outer as usize).map_or_else(|| label.to_owned(), |outer| format!("{outer} {label}"))
    }

    /// Appends the blocks of some pieces to an article, of which a title may be known already.
    pub(crate) fn assemble(&self, pieces: &[Piece], title: Option<&str>, article: &mut ArticleBuilder) {
        let title_key = title.map(plain_words);
        let mut titled = title.is_some();
        let mut lead = pieces.iter().any(|p| p.kind == Kind::Lead) || article.has(|k| k == BlockKind::Lead);
        // What is called a lead but goes on and on, or comes after the story has begun, is the story.
        let (mut leads, mut begun) = (0, 0);
        let (mut facts, mut left_out) = (false, false);
        let repeated = Repeated::new(self, pieces);
        // Headings wait for what they head.
        let mut waiting: Vec<(&Piece, BlockKind)> = Vec::new();
        let besides = self.besides(pieces);
        let push = |article: &mut ArticleBuilder, piece: &Piece, kind| article.push(kind, self.get(piece), Some(&self.origin(piece)));
        for (i, piece) in pieces.iter().enumerate() {
            if besides.get(i) == Some(&true) {
                continue;
            }
            // Who said it goes with the quote that is left out.
            let again =
                piece.kind == Kind::Quote && (repeated.holds(self.get(piece)) || (left_out && length(self.get(piece)) < SHORTEST_BARE));
            left_out = again;
            if again {
                continue;
            }
            let Some(mut kind) = self.kind(piece) else { continue };
            let text = self.get(piece);
            kind = match kind {
                BlockKind::Title if !titled => {
                    titled = true;
                    kind
                }
                BlockKind::Title | BlockKind::Heading if title_key.as_ref().is_some_and(|t| *t == plain_words(text)) => continue,
                BlockKind::Title => BlockKind::Heading,
                BlockKind::ListItem if facts => BlockKind::Factbox,
                BlockKind::Lead if leads >= LONGEST_LEAD || begun > 1 => BlockKind::Paragraph,
                BlockKind::Lead => {
                    leads += 1;
                    kind
                }
                BlockKind::Paragraph if titled && !lead => {
                    lead = true;
                    BlockKind::Lead
                }
                _ => kind,
            };
            begun += usize::from(kind == BlockKind::Paragraph);
            lead |= matches!(kind, BlockKind::Heading | BlockKind::ListItem) && titled;
            facts = kind == BlockKind::Factbox;
            if kind == BlockKind::Heading {
                waiting.push((piece, kind));
                continue;
            }
            for (heading, kind) in waiting.drain(..) {
                push(article, heading, kind);
            }
            push(article, piece, kind);
        }
    }

    /// Which pieces stand in an `aside` that is called nothing, has no sentence and does not say that it holds facts: counts, tools, teasers.
    /// Empty where there is none.
    fn besides(&self, pieces: &[Piece]) -> Vec<bool> {
        let Some(&aside) = self.numbers.get("aside") else { return Vec::new() };
        let within = |p: &Piece| p.kind == Kind::Facts && (p.label == aside || p.outer == aside);
        if !pieces.iter().any(within) {
            return Vec::new();
        }
        let told = |p: &Piece| matches!(Shape::of(self.get(p)), Shape::Facts | Shape::Prose) && !self.is_link(p);
        pieces.chunk_by(|a, b| within(a) == within(b)).flat_map(|run| vec![within(&run[0]) && !run.iter().any(told); run.len()]).collect()
    }

    /// What a piece is in an article; nothing where it belongs to the page.
    fn kind(&self, piece: &Piece) -> Option<BlockKind> {
        let text = self.get(piece);
        let link = self.is_link(piece);
        let around = furniture(text, u64::from(piece.linked) * 2 > u64::from(piece.end - piece.start));
        if around.is_some() && piece.kind != Kind::Title {
            return None;
        }
        let shape = || Shape::of(text);
        let kind = match piece.kind {
            Kind::Title => BlockKind::Title,
            Kind::Lead => BlockKind::Lead,
            Kind::Byline if text.contains('@') && !text.contains(char::is_whitespace) => return None,
            Kind::Byline | Kind::Credit if shape() == Shape::Byline => BlockKind::Byline,
            Kind::Byline | Kind::Credit if shape() == Shape::Credit => BlockKind::Credit,
            Kind::Byline => BlockKind::Byline,
            Kind::Credit if shape() == Shape::Prose => BlockKind::Caption,
            Kind::Credit => BlockKind::Credit,
            Kind::Dateline => BlockKind::Meta,
            Kind::Caption if shape() == Shape::Credit => BlockKind::Credit,
            Kind::Caption => BlockKind::Caption,
            Kind::Date if text.split_whitespace().count() > LONGEST_DATE => BlockKind::Paragraph,
            Kind::Date | Kind::Skip => return None,
            _ if link => return None,
            Kind::Facts => BlockKind::Factbox,
            Kind::Heading => BlockKind::Heading,
            Kind::Row if shape() != Shape::Prose => BlockKind::ListItem,
            Kind::Item => BlockKind::ListItem,
            Kind::Quote => BlockKind::Paragraph,
            Kind::Bare if matches!(shape(), Shape::Open | Shape::Asking) && text.len() < SHORTEST_BARE => return None,
            Kind::Paragraph | Kind::Bare | Kind::Row => match shape() {
                Shape::Byline => BlockKind::Byline,
                Shape::Credit => BlockKind::Credit,
                Shape::Bullet => BlockKind::ListItem,
                Shape::Facts => BlockKind::Factbox,
                Shape::Caption if Shape::ends_in_credit(text) => BlockKind::Caption,
                Shape::Open | Shape::Asking if u64::from(piece.bold) * 10 >= u64::from(piece.end - piece.start) * 9 => BlockKind::Heading,
                _ => BlockKind::Paragraph,
            },
        };
        Some(kind)
    }

    /// The date in the text of the first piece that is one.
    pub(crate) fn dated(&self, pieces: &[Piece]) -> Option<&str> {
        pieces.iter().find(|p| p.kind == Kind::Date || furniture(self.get(p), false) == Some(Role::Date)).map(|p| self.get(p))
    }

    /// The bylines among some pieces.
    pub(crate) fn bylines<'m>(&'m self, pieces: &'m [Piece]) -> impl Iterator<Item = &'m str> {
        pieces
            .iter()
            .filter(|p| p.kind == Kind::Byline || (p.kind != Kind::Title && Shape::of(self.get(p)) == Shape::Byline))
            .map(|p| self.get(p))
    }
}

/// A lead has at most so many paragraphs.
const LONGEST_LEAD: usize = 3;

/// The text without what only says where a line may be broken, and without NULs.
pub(crate) fn seen(text: &str) -> Cow<'_, str> {
    let unseen = |c: char| matches!(c, '\0' | '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}');
    if text.contains(unseen) { Cow::Owned(text.replace(unseen, "")) } else { Cow::Borrowed(text) }
}

/// Text of no paragraph, without a final mark, is a label unless it has so many bytes.
const SHORTEST_BARE: usize = 60;

/// The words of a text in lower case, for comparison.
pub(crate) fn plain_words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(|w| lower(w).into_owned()).collect()
}

/// Whether a text begins with what a lead says: then the lead is no text of its own. The place of writing may come first.
#[cfg(any(feature = "newsml", feature = "feed"))]
pub(crate) fn opens(text: &str, lead: &str) -> bool {
    const SAME: usize = 8;
    let text: Vec<&str> = text.split_whitespace().take(4 * SAME).collect();
    let lead = plain_words(lead);
    let first = &lead[..lead.len().min(SAME)];
    first.is_empty() || plain_words(&text.join(" ")).windows(first.len()).any(|words| words == first)
}

/// What paragraphs say, by runs of four words: a quote in a box that says it again is left out.
struct Repeated(HashSet<u64>);

const RUN: usize = 4;

impl Repeated {
    fn new(markup: &Markup, pieces: &[Piece]) -> Repeated {
        let mut runs = HashSet::new();
        if pieces.iter().any(|p| p.kind == Kind::Quote) {
            for piece in pieces.iter().filter(|p| p.kind != Kind::Quote) {
                runs.extend(Repeated::runs(markup.get(piece)));
            }
        }
        Repeated(runs)
    }

    fn runs(text: &str) -> Vec<u64> {
        let words = plain_words(text);
        let run = |words: &[String]| {
            let mut hasher = DefaultHasher::new();
            words.hash(&mut hasher);
            hasher.finish()
        };
        words.windows(RUN).map(run).collect()
    }

    fn holds(&self, text: &str) -> bool {
        let runs = Repeated::runs(text);
        !runs.is_empty() && runs.iter().filter(|r| self.0.contains(r)).count() * 5 >= runs.len() * 3
    }
}
