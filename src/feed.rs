//! Feeds in, articles out: the items of RSS and Atom.

use crate::article::{Article, ArticleBuilder, BlockKind};
use crate::error::Error;
use crate::html::{MOST_AUTHORS, fragment, one_line, plain_line};
use crate::markup::{Kind, opens};
use crate::stamp::date;
use crate::xml::{Xml, XmlReader};

/// The items of a feed, RSS 2.0 or 1.0 or Atom, one article each, in the order of the feed.
///
/// An article has the item's title, its summary as lead and its content (`content:encoded`, `content`), read as [`Article::from_html`] reads a
/// page; identifier, address, date and authors. Feeds hold the beginning of a story more often than all of it.
///
/// ```
/// use spalte::{Article, Feed};
/// let rss = "<rss><channel><title>Havneposten</title><item><title>Ny bro &amp;amp; ny vei</title><link>https://eksempel.no/bro</link>
///     <dc:creator>Kari Nordheim</dc:creator><pubDate>Tue, 12 May 2026 08:00:00 GMT</pubDate>
///     <description>Kommunen bygger bro.</description></item></channel></rss>";
/// let articles: Vec<Article> = Feed::new(rss).collect::<Result<_, _>>()?;
/// assert_eq!(articles[0].text(), "Ny bro & ny vei\n\nKommunen bygger bro.");
/// assert_eq!(articles[0].url(), Some("https://eksempel.no/bro"));
/// # Ok::<(), spalte::Error>(())
/// ```
///
/// An item is an error where the XML is broken ([`Error::Xml`], with the place) or the file is no feed ([`Error::NoArticle`]); it is the last
/// one, and those before it are whole. Bytes are read by [`decode`](crate::decode).
pub struct Feed<'a> {
    xml: XmlReader<'a>,
    /// Whether the file is known to be a feed, and whether it is read to its end.
    begun: bool,
    ended: bool,
}

impl<'a> Feed<'a> {
    /// The items of a feed.
    pub fn new(xml: &'a str) -> Feed<'a> {
        Feed { xml: XmlReader::new(xml), begun: false, ended: false }
    }

    fn item(&mut self) -> Result<Option<Article>, Error> {
        loop {
            match self.xml.next()? {
                Xml::Open => {
                    if !self.begun && !matches!(self.xml.local(), "rss" | "feed" | "rdf") {
                        return Err(Error::no_article("RSS or Atom", self.xml.text()));
                    }
                    self.begun = true;
                    if matches!(self.xml.local(), "item" | "entry") {
                        return Item::read(&mut self.xml).map(|item| Some(item.article()));
                    }
                }
                Xml::End if self.begun => return Ok(None),
                Xml::End => return Err(Error::no_article("RSS or Atom", self.xml.text())),
                Xml::Close | Xml::Text(_) => {}
            }
        }
    }
}

impl Iterator for Feed<'_> {
    type Item = Result<Article, Error>;

    fn next(&mut self) -> Option<Result<Article, Error>> {
        if self.ended {
            return None;
        }
        let item = self.item().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// What an item says, as it stands there.
#[derive(Default)]
struct Item {
    title: String,
    id: String,
    link: String,
    summary: String,
    content: String,
    authors: Vec<String>,
    published: String,
    updated: String,
}

impl Item {
    /// Reads to the end of the item.
    fn read(xml: &mut XmlReader<'_>) -> Result<Item, Error> {
        let mut item = Item::default();
        let mut depth = 0usize;
        // The field that is read, its text, and whether its markup is that of the file.
        let mut field = String::new();
        let mut text = String::new();
        let mut inline = false;
        loop {
            match xml.next()? {
                Xml::Open => {
                    depth += 1;
                    let name = xml.name().strip_prefix("atom:").unwrap_or(xml.name());
                    if depth == 1 {
                        name.clone_into(&mut field);
                        text.clear();
                        inline = xml.attributes.get("type") == Some("xhtml");
                        if field == "link" {
                            item.link(xml);
                        }
                    } else if field != "author" {
                        text.extend(["<", xml.local()]);
                        if let Some(class) = xml.attributes.get("class") {
                            text.extend([" class=\"", &escaped(class), "\""]);
                        }
                        text.push('>');
                    } else if xml.local() != "name" {
                        inline = true;
                    }
                }
                Xml::Close if depth == 0 => return Ok(item),
                Xml::Close => {
                    depth -= 1;
                    if depth == 0 {
                        item.put(&field, &text);
                    } else if field == "author" {
                        // Addresses and the like of an author are not asked.
                        inline = false;
                    } else {
                        text.extend(["</", xml.local(), ">"]);
                    }
                }
                Xml::Text(_) if field == "author" && inline => {}
                Xml::Text(more) if inline => text += &escaped(&more),
                Xml::Text(more) => text += &more,
                Xml::End => return Ok(item),
            }
        }
    }

    /// An address of Atom, which has several: that of the page counts.
    fn link(&mut self, xml: &XmlReader<'_>) {
        if let Some(href) = xml.attributes.get("href")
            && xml.attributes.get("rel").is_none_or(|rel| rel == "alternate")
            && self.link.is_empty()
        {
            href.trim().clone_into(&mut self.link);
        }
    }

    fn put(&mut self, field: &str, text: &str) {
        let text = text.trim();
        let slot = match field {
            "title" => &mut self.title,
            "guid" | "id" => &mut self.id,
            "link" => &mut self.link,
            "description" | "summary" => &mut self.summary,
            "content:encoded" | "content" => &mut self.content,
            "pubdate" | "published" | "dc:date" | "issued" => &mut self.published,
            "updated" | "modified" => &mut self.updated,
            "dc:creator" | "author" => {
                if self.authors.len() < MOST_AUTHORS && !text.is_empty() {
                    self.authors.push(author(&one_line(text)));
                }
                return;
            }
            _ => return,
        };
        if slot.is_empty() {
            text.clone_into(slot);
        }
    }

    fn article(self) -> Article {
        let mut article = Article::builder();
        let title = plain_line(&self.title);
        article.push(BlockKind::Title, &title, Some("title"));
        let (lead, text) = if self.content.is_empty() { ("", &self.summary) } else { (self.summary.as_str(), &self.content) };
        if text.contains('<') {
            let markup = fragment(text, true);
            let first = markup.pieces.iter().find(|p| matches!(p.kind, Kind::Paragraph | Kind::Bare)).map_or("", |p| markup.get(p));
            let lead = plain_line(lead);
            if !opens(first, &lead) && !markup.pieces.iter().any(|p| p.kind == Kind::Lead) {
                article.push(BlockKind::Lead, &lead, Some("description"));
            }
            markup.assemble(&markup.pieces, Some(&title), &mut article);
        } else {
            for text in [lead, text] {
                let kind = if article.has(|k| k == BlockKind::Lead) { BlockKind::Paragraph } else { BlockKind::Lead };
                article.push(kind, &plain_line(text), Some("description"));
            }
        }
        if let Some(date) = [&self.published, &self.updated].into_iter().find_map(|stamp| date(stamp)) {
            article = article.published(date);
        }
        // An identifier may be the address.
        if let Some(url) = [&self.link, &self.id].into_iter().find(|url| url.starts_with("http://") || url.starts_with("https://")) {
            article = article.url(url.as_str());
        }
        let article = self.authors.into_iter().filter(|a| !a.is_empty()).fold(article, ArticleBuilder::author).build();
        if self.id.is_empty() { article } else { article.with_id(self.id) }
    }
}

/// The name of an author: RSS has an address, and the name in brackets.
fn author(text: &str) -> String {
    match text.split_once('(') {
        Some((address, name)) if address.contains('@') => name.trim_end_matches(')').trim().to_owned(),
        None if text.contains('@') => String::new(),
        _ => plain_line(text),
    }
}

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
