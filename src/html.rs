//! News pages in, articles out: what the page says in its markup, its metadata and its schema.org data.

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use serde_json::Value;

use crate::article::{Article, ArticleBuilder, BlockKind, authors_of};
use crate::charset::decode;
use crate::markup::{Attributes, Kind, Markup, Part, Piece, plain_words, seen};
use crate::stamp::date;

impl Article {
    /// Reads a news page: its title, lead, bylines, headings, paragraphs, lists, captions, credits and fact boxes, in the order of the page.
    ///
    /// The text is that of the article alone: a blank line parts the blocks, white space is that of a reader, soft hyphens are gone.
    /// Scripts, menus, teasers, advertisements, cookie banners, comments and the like are left out, as the rows of `data/markup.tsv` say.
    /// [`Block::origin`](crate::Block::origin) tells the element of each block. Date, authors and address come from schema.org data (JSON-LD
    /// or microdata), Open Graph and other metadata, or from the text; the text of JSON-LD stands in for a page that has none.
    ///
    /// Every string gives the best article that can be made of it, at worst an empty one, in time and memory linear in its length.
    ///
    /// ```
    /// use spalte::{Article, BlockKind};
    /// let page = "<!DOCTYPE html><title>Ny bro | Sandøyposten</title><nav><a href=/>Forsiden</a></nav>
    ///     <article><h1>Ny bro til Sandøya</h1><p class=lead>Kommunen bygger bro.
    ///     <p>– Endelig, sier ordfører <a href=/kari>Kari Nordheim</a>.<p>Les også: <a href=/b>Broen blir dyrere</a></article>";
    /// let article = Article::from_html(page);
    /// assert_eq!(article.text(), "Ny bro til Sandøya\n\nKommunen bygger bro.\n\n– Endelig, sier ordfører Kari Nordheim.");
    /// assert_eq!(article.blocks()[1].kind, BlockKind::Lead);
    /// assert_eq!(article.blocks()[1].origin.as_deref(), Some("p.lead"));
    /// ```
    pub fn from_html(html: &str) -> Article {
        let page = Page::read(html, true);
        if page.markup.prose == 0 && page.data.body.is_empty() {
            // Classes that hide everything are not what they seem.
            let lax = Page::read(html, false);
            if lax.markup.prose > 0 {
                return lax.article();
            }
        }
        page.article()
    }

    /// Reads a news page in the charset that it declares, see [`decode`].
    pub fn from_html_bytes(html: &[u8]) -> Article {
        Article::from_html(&decode(html))
    }
}

/// A page as it is read.
struct Page {
    markup: Markup,
    tag: String,
    attribute: String,
    attributes: Attributes,
    /// Whose text comes next: the title's, or that of JSON-LD.
    next: Next,
    title: String,
    og_title: String,
    site: String,
    description: String,
    published: String,
    authors: Vec<String>,
    canonical: String,
    og_url: String,
    data: LinkedData,
}

#[derive(PartialEq)]
enum Next {
    Text,
    Title,
    Json,
}

impl Page {
    fn read(html: &str, strict: bool) -> Page {
        let mut page = Page {
            markup: Markup::new(true, strict),
            tag: String::new(),
            attribute: String::new(),
            attributes: Attributes::default(),
            next: Next::Text,
            title: String::new(),
            og_title: String::new(),
            site: String::new(),
            description: String::new(),
            published: String::new(),
            authors: Vec::new(),
            canonical: String::new(),
            og_url: String::new(),
            data: LinkedData::default(),
        };
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| page.event(&event));
        emitter.naively_switch_states(true);
        // Reading from memory does not fail.
        let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
        page.markup.finish();
        page
    }

    fn event(&mut self, event: &CallbackEvent<'_>) -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = String::from_utf8_lossy(name).into_owned();
                self.attributes.clear();
            }
            CallbackEvent::AttributeName { name } => {
                self.put_attribute("");
                self.attribute = String::from_utf8_lossy(name).into_owned();
            }
            CallbackEvent::AttributeValue { value } => self.put_attribute(&String::from_utf8_lossy(value)),
            CallbackEvent::CloseStartTag { self_closing } => {
                self.put_attribute("");
                self.start(*self_closing);
            }
            CallbackEvent::EndTag { name } => {
                self.next = Next::Text;
                self.markup.close(&String::from_utf8_lossy(name));
            }
            CallbackEvent::String { value } => {
                let text = String::from_utf8_lossy(value);
                match self.next {
                    Next::Text => self.markup.text(&text),
                    Next::Title if self.title.is_empty() => self.title = one_line(&text),
                    Next::Title => {}
                    Next::Json => self.data.read(&text),
                }
            }
            _ => {}
        }
        None
    }

    /// The attribute whose name was read last, once.
    fn put_attribute(&mut self, value: &str) {
        if !self.attribute.is_empty() {
            self.attributes.add(&self.attribute, value);
            self.attribute.clear();
        }
    }

    fn start(&mut self, self_closing: bool) {
        let get = |name| self.attributes.get(name).unwrap_or("");
        match self.tag.as_str() {
            "meta" => self.meta(),
            "link" if get("rel").eq_ignore_ascii_case("canonical") && self.canonical.is_empty() => {
                self.canonical = get("href").trim().to_owned()
            }
            "title" if !self.markup.skips() || self.title.is_empty() => self.next = Next::Title,
            "script" if get("type").to_ascii_lowercase().contains("ld+json") => self.next = Next::Json,
            _ => {}
        }
        self.markup.open(&self.tag, &self.attributes);
        // Foreign elements may close themselves.
        if self_closing && self.markup.skips() {
            self.markup.close(&self.tag);
        }
    }

    fn meta(&mut self) {
        let get = |name| self.attributes.get(name).unwrap_or("");
        if get("itemprop") == "datePublished" {
            self.markup.stamp(&self.attributes);
        }
        let content = one_line(get("content"));
        let name = [get("property"), get("name")].into_iter().find(|n| !n.is_empty()).unwrap_or("").to_ascii_lowercase();
        let slot = match name.as_str() {
            "og:title" => &mut self.og_title,
            "og:site_name" => &mut self.site,
            "og:description" | "description" => &mut self.description,
            "og:url" => &mut self.og_url,
            "article:published_time"
            | "og:published_time"
            | "published_time"
            | "date"
            | "dc.date"
            | "dc.date.issued"
            | "dcterms.issued"
            | "pubdate"
            | "publishdate"
            | "publish-date"
            | "cxenseparse:recs:publishtime"
            | "cxenseparse:publishtime" => &mut self.published,
            "author" | "article:author" | "dc.creator" | "cxenseparse:author" => {
                if !content.is_empty()
                    && !content.contains("://")
                    && !content.contains('@')
                    && !self.authors.contains(&content)
                    && self.authors.len() < MOST_AUTHORS
                {
                    self.authors.push(content);
                }
                return;
            }
            _ => return,
        };
        if slot.is_empty() {
            *slot = content;
        }
    }

    /// The pieces that are the article.
    fn range(&self) -> Range<usize> {
        let m = &self.markup;
        // Many articles of one size are the posts of a live feed, or teasers.
        let one = m.article.prose * 3 >= m.articles * 2 || m.pieces[m.article.pieces.clone()].iter().any(|p| p.kind == Kind::Title);
        let whole = Part { pieces: 0..m.pieces.len(), prose: m.prose };
        let parts = [(&m.article, if one { 3 } else { 0 }), (&m.main, 2), (&m.plain, 2), (&whole, 1)];
        let scope = parts.into_iter().find(|(part, share)| part.prose * share >= m.prose.max(1)).map_or(&whole, |(part, _)| part);
        let within = |b: &&Part| scope.pieces.start <= b.pieces.start && b.pieces.end <= scope.pieces.end;
        let bodies = || m.bodies.iter().filter(within);
        // Bodies may stand in bodies; the first to begin and the last to end tell the whole.
        let (start, end) = (bodies().map(|b| b.pieces.start).min(), bodies().map(|b| b.pieces.end).max());
        let prose: usize = bodies().map(|b| b.prose).sum();
        match (start, end) {
            (Some(start), Some(end)) if prose * 2 >= scope.prose => start..end,
            _ => scope.pieces.clone(),
        }
    }

    fn article(&self) -> Article {
        let m = &self.markup;
        let range = self.range();
        let headline =
            [&self.data.headline, &self.og_title].into_iter().find(|h| !h.is_empty()).map(|h| plain_words(&without(h, &self.site)));
        let is_title = |i: &usize| m.pieces[*i].kind == Kind::Title;
        let (within, before) = (|| range.clone().filter(is_title), || (0..range.start).rev().filter(is_title));
        let is_headline = |i: &usize| headline.as_ref().is_some_and(|h| *h == plain_words(m.get(&m.pieces[*i])));
        let is_text = |i: &usize| !m.is_link(&m.pieces[*i]);
        let title = within().find(is_headline).or_else(|| before().find(is_headline));
        let title = title.or_else(|| within().find(is_text)).or_else(|| before().find(is_text));
        let picture = |i: &usize| matches!(m.pieces[*i].kind, Kind::Caption | Kind::Credit);
        let start = title.map_or(range.start, |t| t.min(range.start));
        let start = (0..start).rev().take_while(picture).last().unwrap_or(start);
        let mut pieces: Vec<Piece> = Vec::with_capacity(range.end - start);
        for i in start..range.end {
            let mut piece = m.pieces[i].clone();
            if piece.kind == Kind::Title && Some(i) != title {
                piece.kind = Kind::Heading;
            }
            // Before the title stand its picture and labels.
            let label = Some(i) < title
                && matches!(piece.kind, Kind::Bare | Kind::Paragraph | Kind::Heading | Kind::Item | Kind::Row | Kind::Byline);
            if !label {
                pieces.push(piece);
            }
        }
        let mut article = Article::builder();
        let given = title.is_none().then(|| self.title()).flatten();
        if let Some((title, origin)) = &given {
            article.push(BlockKind::Title, title, Some(origin));
        }
        // Where the page holds but the beginning, its data may hold all.
        if self.data.body.len() > 2 * self.prose(&pieces) + 100 {
            pieces.retain(|p| {
                !matches!(p.kind, Kind::Bare | Kind::Paragraph | Kind::Heading | Kind::Item | Kind::Row | Kind::Quote | Kind::Facts)
            });
            m.assemble(&pieces, given.as_ref().map(|g| g.0.as_str()), &mut article);
            add_plain(&mut article, &self.data.body, "json-ld articleBody");
        } else {
            m.assemble(&pieces, given.as_ref().map(|g| g.0.as_str()), &mut article);
        }
        let description = [&self.data.description, &self.description].into_iter().find(|d| !d.is_empty());
        if let Some(description) = description
            && !article.has(|k| matches!(k, BlockKind::Lead | BlockKind::Paragraph | BlockKind::ListItem))
        {
            article.push(BlockKind::Lead, description, Some("meta[description]"));
        }
        self.metadata(article, &pieces).build()
    }

    fn prose(&self, pieces: &[Piece]) -> usize {
        let prose = pieces.iter().filter(|p| matches!(p.kind, Kind::Paragraph | Kind::Lead | Kind::Bare | Kind::Quote | Kind::Item));
        prose.map(|p| self.markup.get(p).len()).sum()
    }

    /// The title, where the page shows none, and where it is from.
    fn title(&self) -> Option<(String, &'static str)> {
        let candidates = [(&self.data.headline, "json-ld headline"), (&self.og_title, "meta[og:title]"), (&self.title, "title")];
        let (title, origin) = candidates.into_iter().find(|(t, _)| !t.is_empty())?;
        let mut title = without(title, &self.site);
        if origin == "title"
            && let Some((head, _)) = title.rsplit_once(" | ")
        {
            title = head.to_owned();
        }
        Some((title, origin))
    }

    fn metadata(&self, mut article: ArticleBuilder, pieces: &[Piece]) -> ArticleBuilder {
        let m = &self.markup;
        let stamps = [Some(&self.data.published), Some(&self.published), m.published.as_ref(), m.date.as_ref()];
        let dates = stamps.into_iter().flatten().map(String::as_str).chain(m.dated(pieces));
        if let Some(date) = dates.filter_map(date).next() {
            article = article.published(date);
        }
        let web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
        if let Some(url) = [&self.canonical, &self.og_url, &self.data.url].into_iter().find(web) {
            article = article.url(url.clone());
        }
        let authors = [&self.data.authors, &self.authors].into_iter().find(|a| !a.is_empty());
        let authors = authors.cloned().unwrap_or_else(|| authors_of(m.bylines(pieces)));
        authors.into_iter().fold(article, ArticleBuilder::author)
    }
}

/// No article has more authors.
pub(crate) const MOST_AUTHORS: usize = 50;

/// The blocks of plain text, or of a fragment of HTML, as a part of an article; what the article has already is left out.
pub(crate) fn add_plain(article: &mut ArticleBuilder, text: &str, origin: &str) {
    if text.contains("</") || text.contains("<br") {
        let markup = fragment(text, true);
        return markup.assemble(&markup.pieces, None, article);
    }
    let read = Article::from_text(seen(text));
    let (mut titled, mut led) = (article.has(|k| k == BlockKind::Title), !article.wants_lead());
    for (i, block) in read.blocks().iter().enumerate() {
        let text = &read.text()[block.span];
        // Title and lead may open the text again.
        if i < SAID_AGAIN && article.opens_with(text) {
            continue;
        }
        let kind = match block.kind {
            BlockKind::Title if titled => BlockKind::Heading,
            BlockKind::Lead if led => BlockKind::Paragraph,
            BlockKind::Paragraph if titled && !led => BlockKind::Lead,
            kind => kind,
        };
        titled |= kind == BlockKind::Title;
        led |= matches!(kind, BlockKind::Lead | BlockKind::Heading | BlockKind::ListItem);
        article.push(kind, text, Some(origin));
    }
}

/// So many blocks at the start of a text may be title and lead once more.
const SAID_AGAIN: usize = 3;

/// The elements of a fragment of HTML; `strict` as for a page, or all of it is story.
pub(crate) fn fragment(html: &str, strict: bool) -> Markup {
    Page::read(html, strict).markup
}

/// The text on one line.
pub(crate) fn one_line(text: &str) -> String {
    seen(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title without the name of its site at the end.
fn without(title: &str, site: &str) -> String {
    let cut = title.strip_suffix(site).filter(|_| !site.is_empty()).map(str::trim_end);
    let cut = cut.and_then(|t| [" |", " –", " -", " —", " ·"].iter().find_map(|mark| t.strip_suffix(mark)));
    cut.unwrap_or(title).trim().to_owned()
}

/// What the schema.org data of a page says of its article.
#[derive(Default)]
struct LinkedData {
    found: bool,
    headline: String,
    description: String,
    published: String,
    authors: Vec<String>,
    url: String,
    body: String,
}

/// JSON-LD of more bytes than this is no article's.
const LONGEST_DATA: usize = 4 << 20;

impl LinkedData {
    fn read(&mut self, json: &str) {
        if self.found || json.len() > LONGEST_DATA {
            return;
        }
        let json = escaped(json);
        let json = json.trim().trim_start_matches("<!--").trim_end_matches("-->").trim().trim_end_matches(';');
        let Ok(value) = serde_json::from_str::<Value>(json) else { return };
        let mut queue = vec![&value];
        while let Some(value) = queue.pop() {
            match value {
                Value::Array(values) => queue.extend(values.iter().rev()),
                Value::Object(map) => {
                    let is_article =
                        |t: &Value| t.as_str().is_some_and(|t| t.ends_with("Article") || t.ends_with("Posting") || t == "Report");
                    if map.get("@type").is_some_and(|t| is_article(t) || t.as_array().is_some_and(|t| t.iter().any(is_article))) {
                        return self.take(value);
                    }
                    queue.extend(["mainEntity", "@graph"].iter().filter_map(|key| map.get(*key)));
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, value: &Value) {
        self.found = true;
        let text = |key: &str| value[key].as_str().map(plain_line).unwrap_or_default();
        self.headline = [text("headline"), text("name")].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
        self.description = text("description");
        self.published = [text("datePublished"), text("dateCreated")].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
        self.url =
            [value["url"].as_str(), value["mainEntityOfPage"].as_str(), value["mainEntityOfPage"]["@id"].as_str(), value["@id"].as_str()]
                .into_iter()
                .flatten()
                .next()
                .unwrap_or_default()
                .to_owned();
        self.body = value["articleBody"].as_str().unwrap_or_default().to_owned();
        let authors = match &value["author"] {
            Value::Array(list) => list.iter().collect(),
            one => vec![one],
        };
        let organisation = |v: &Value| v["@type"].as_str().is_some_and(|t| t.ends_with("Organization"));
        let name = |v: &&Value| if organisation(v) { None } else { v.as_str().or_else(|| v["name"].as_str()).map(one_line) };
        let names = authors.iter().filter_map(name).filter(|n| !n.is_empty() && !n.contains("://")).take(MOST_AUTHORS);
        // One string may name several.
        let several = |n: String| if n.contains(", ") || n.contains(" og ") { authors_of([n.as_str()].into_iter()) } else { vec![n] };
        self.authors = names.flat_map(several).collect();
    }
}

/// JSON with the line ends within its strings escaped: a common fault.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut string, mut escape) = (false, false);
    for c in json.chars() {
        match c {
            '"' if !escape => string = !string,
            '\n' if string => {
                out.push_str("\\n");
                continue;
            }
            _ => {}
        }
        escape = c == '\\' && !escape;
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// The text of a string that may hold tags and entities, on one line.
pub(crate) fn plain_line(html: &str) -> String {
    let mut text = String::new();
    if html.contains(['<', '&']) {
        let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
            match event {
                CallbackEvent::String { value } => text += &String::from_utf8_lossy(value),
                _ => text.push(' '),
            }
            None
        });
        let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
        return one_line(&text);
    }
    one_line(html)
}
