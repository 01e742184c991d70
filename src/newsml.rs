//! Files of news agencies in, articles out: NITF, NewsML-G2, ninjs.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::article::{Article, ArticleBuilder, BlockKind, authors_of, has_dateline, is_blank};
use crate::charset::decode;
use crate::error::Error;
use crate::html::{MOST_AUTHORS, add_plain, fragment, one_line, plain_line};
use crate::markup::{Kind, Markup, Piece, opens};
use crate::stamp::date;
use crate::xml::{Xml, XmlReader};

const EXPECTED: &str = "NITF, NewsML-G2 or ninjs with a text";

impl Article {
    /// Reads a file as news agencies send them: NITF, NewsML-G2 (text as XHTML, NITF or plain) or ninjs (1.x to 3.x); the content tells
    /// which. Of several items the first with a text is read.
    ///
    /// The article has the identifier that the file gives, its date (that of the version) and its authors. Headline, byline and place
    /// that stand beside the text become blocks before it, of [`BlockKind::Meta`] for the place; captions of associated pictures come last.
    ///
    /// ```
    /// use spalte::{Article, BlockKind};
    /// let file = r#"{"uri": "urn:ntb:1", "versioncreated": "2026-05-12T10:00:00+02:00", "headline": "Ny havnelov",
    ///     "byline": "Kari Nordheim", "body_xhtml": "<p>OSLO (NTB): Loven er vedtatt.</p><p>– Endelig, sier statsråden.</p>"}"#;
    /// let article = Article::from_newsml(file)?;
    /// assert_eq!((article.id(), article.authors()), (Some("urn:ntb:1"), &["Kari Nordheim".to_owned()][..]));
    /// let kinds: Vec<BlockKind> = article.blocks().iter().map(|b| b.kind).collect();
    /// assert_eq!(kinds, [BlockKind::Title, BlockKind::Byline, BlockKind::Lead, BlockKind::Paragraph]);
    /// # Ok::<(), spalte::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Xml`] and [`Error::Json`] where the file is broken, with the place; [`Error::NoArticle`] where it is something else or has no
    /// text. Entities that a file declares are not expanded.
    pub fn from_newsml(file: &str) -> Result<Article, Error> {
        let file = file.trim_start_matches(is_blank);
        let read = if file.starts_with(['{', '[']) {
            ninjs(file)?
        } else {
            xml(file)?.article(&["headline", "located", "by", "description", "inlineData"])
        };
        read.ok_or_else(|| Error::no_article(EXPECTED, file))
    }

    /// Reads such a file in the charset that it declares, see [`decode`].
    ///
    /// # Errors
    /// Those of [`Article::from_newsml`].
    pub fn from_newsml_bytes(file: &[u8]) -> Result<Article, Error> {
        Article::from_newsml(&decode(file))
    }
}

/// What is read from a file: its text, and what it says beside that.
struct File {
    id: String,
    title: String,
    /// Dates by their rank: the lowest counts.
    dates: Vec<(u8, String)>,
    bylines: Vec<String>,
    creators: Vec<String>,
    place: String,
    lead: String,
    /// The text, as elements or plain.
    markup: Markup,
    plain: String,
}

impl File {
    fn new() -> File {
        File {
            id: String::new(),
            title: String::new(),
            dates: Vec::new(),
            bylines: Vec::new(),
            creators: Vec::new(),
            place: String::new(),
            lead: String::new(),
            markup: Markup::new(false, false),
            plain: String::new(),
        }
    }

    /// The article, if there is a text; `origins` tells what title, place, byline, lead and plain text were in the file.
    fn article(mut self, origins: &[&str; 5]) -> Option<Article> {
        let [headline, located, by, description, text] = origins;
        let markup = &mut self.markup;
        markup.finish();
        let mut pieces = markup.pieces.clone();
        if pieces.is_empty() && self.plain.trim().is_empty() {
            return None;
        }
        let title = pieces.iter().position(|p| p.kind == Kind::Title).map(|at| pieces.remove(at));
        let dated = |p: &Piece| p.kind != Kind::Dateline && has_dateline(markup.get(p));
        let placed = pieces.iter().any(dated) || self.plain.lines().take(20).any(has_dateline);
        pieces.retain(|p| p.kind != Kind::Dateline || !placed);

        let mut article = Article::builder();
        let (title, origin) = title.map_or((self.title, (*headline).to_owned()), |t| (markup.get(&t).to_owned(), markup.origin(&t)));
        article.push(BlockKind::Title, &title, Some(&origin));
        if !placed && !pieces.iter().any(|p| p.kind == Kind::Dateline) {
            article.push(BlockKind::Meta, &self.place, Some(located));
        }
        // What stands in the text counts more than what stands beside it.
        let signed: Vec<String> = markup.bylines(&pieces).map(str::to_owned).collect();
        if signed.is_empty() {
            self.bylines.iter().for_each(|line| article.push(BlockKind::Byline, line, Some(by)));
        }
        let opening = pieces.iter().find(|p| p.kind == Kind::Paragraph).map_or(self.plain.as_str(), |p| markup.get(p));
        if !opens(opening, &self.lead) && !pieces.iter().any(|p| p.kind == Kind::Lead) {
            article.push(BlockKind::Lead, &self.lead, Some(description));
        }
        markup.assemble(&pieces, Some(title.as_str()).filter(|t| !t.is_empty()), &mut article);
        add_plain(&mut article, &self.plain, text);

        self.dates.sort();
        if let Some(date) = self.dates.iter().find_map(|(_, text)| date(text)) {
            article = article.published(date);
        }
        let mut authors = authors_of(self.bylines.iter().chain(&signed).map(String::as_str));
        if authors.is_empty() {
            authors = authors_of(self.creators.iter().map(String::as_str));
        }
        let article = authors.into_iter().fold(article, ArticleBuilder::author).build();
        Some(if self.id.is_empty() { article } else { article.with_id(self.id) })
    }
}

/// A metadata element outside the text, of which some are asked.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Other,
    Title,
    Byline,
    Creator,
    Located,
    Name,
    Place,
    Lead,
    Date(u8),
}

impl Field {
    fn of(name: &str, outer: Option<Field>, xml: &XmlReader<'_>) -> Field {
        match name {
            "headline" => Field::Title,
            "by" | "byline" => Field::Byline,
            "creator" => Field::Creator,
            "located" => Field::Located,
            "name" if outer == Some(Field::Located) => Field::Place,
            "name" if outer == Some(Field::Creator) => Field::Name,
            "dateline" => Field::Place,
            "description" if xml.attributes.get("role").is_some_and(|role| role.ends_with("summary")) => Field::Lead,
            "versioncreated" => Field::Date(0),
            "firstcreated" => Field::Date(1),
            "contentcreated" => Field::Date(2),
            "sent" => Field::Date(3),
            _ => Field::Other,
        }
    }
}

/// Elements whose content is the text.
const CONTENT: &[&str] = &["body", "datacontent", "inlinedata", "inlinexml"];

fn xml(file: &str) -> Result<File, Error> {
    let mut xml = XmlReader::new(file);
    let mut read = File::new();
    // The elements that are open outside the text, and how many are within it.
    let mut path: Vec<Field> = Vec::new();
    let mut within = 0usize;
    let mut plain = false;
    loop {
        match xml.next()? {
            Xml::Open => {
                read.attributes(&xml);
                if within > 0 || CONTENT.contains(&xml.local()) {
                    plain = xml.local() == "inlinedata";
                    within += 1;
                    read.markup.open(xml.local(), &xml.attributes);
                } else {
                    path.push(Field::of(xml.local(), path.last().copied(), &xml));
                }
            }
            Xml::Close if within > 0 => {
                within -= 1;
                read.markup.close(xml.local());
            }
            Xml::Close => {
                path.pop();
                // The next item is another article.
                if xml.local() == "newsitem" {
                    if read.markup.has_text() || !read.plain.trim().is_empty() {
                        return Ok(read);
                    }
                    read = File::new();
                }
            }
            Xml::Text(text) if within > 0 && plain => read.plain += &text,
            Xml::Text(text) if within > 0 => read.markup.text(&text),
            Xml::Text(text) => read.add(path.last().copied().unwrap_or(Field::Other), &text),
            Xml::End => return Ok(read),
        }
    }
}

impl File {
    /// What attributes say, in and outside the text.
    fn attributes(&mut self, xml: &XmlReader<'_>) {
        let get = |name| xml.attributes.get(name).unwrap_or("");
        let mut date = |rank, value: &str| self.dates.push((rank, value.to_owned()));
        match xml.local() {
            "date.issue" => date(0, get("norm")),
            "pubdata" => date(1, get("date.publication")),
            "story.date" => date(2, get("norm")),
            "doc-id" if self.id.is_empty() => get("id-string").clone_into(&mut self.id),
            "newsitem" => get("guid").clone_into(&mut self.id),
            _ => {}
        }
    }

    fn add(&mut self, field: Field, text: &str) {
        let text = one_line(text);
        if text.is_empty() {
            return;
        }
        let slot = match field {
            Field::Title => &mut self.title,
            Field::Place => &mut self.place,
            Field::Lead => &mut self.lead,
            Field::Byline => return self.bylines.push(text),
            Field::Name => return self.creators.push(text),
            Field::Date(rank) => return self.dates.push((rank, text)),
            Field::Other | Field::Creator | Field::Located => return,
        };
        if !slot.is_empty() {
            slot.push(' ');
        }
        *slot += &text;
    }
}

/// A member of an object of JSON, whatever its version writes: `body_text`, `bodyText`.
fn member<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let same = |key: &str| key.len() <= 40 && key.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).eq(name.chars());
    map.iter().find(|(key, value)| same(key) && !value.is_null()).map(|(_, value)| value)
}

/// The texts of a member, each with what its type and role are: `"…"`, `[{"role": "main", "value": "…", "contentType": "text/html"}]`.
fn texts<'v>(map: &'v Map<String, Value>, names: &[&str]) -> Vec<(String, &'v str)> {
    let list = |value: &'v Value| match value {
        Value::Array(list) => list.iter().collect(),
        value => vec![value],
    };
    let text = |value: &'v Value| value.as_str().or_else(|| ["value", "name"].iter().find_map(|key| value[*key].as_str()));
    let is = |value: &Value| ["contentType", "contenttype", "role"].map(|key| value[key].as_str().unwrap_or("")).join(" ");
    let values = names.iter().filter_map(|name| member(map, name)).flat_map(list);
    values.filter_map(|value| Some((is(value), text(value)?))).filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn ninjs(file: &str) -> Result<Option<Article>, Error> {
    let value: Value = serde_json::from_str(file).map_err(|e| Error::json(&e))?;
    let Some(map) = value.as_array().map_or(Some(&value), |items| items.first()).and_then(Value::as_object) else { return Ok(None) };
    let bodies = texts(map, &["bodies"]);
    let typed = |kinds: &[&str]| bodies.iter().find(|(is, _)| kinds.iter().any(|kind| is.contains(kind))).map(|(_, text)| *text);
    let named = |names: &[&str]| texts(map, names).first().map(|(_, text)| *text);
    let mut read = File::new();
    let nitf = || named(&["bodynitf"]).or(typed(&["nitf"])).and_then(|nitf| xml(nitf).ok());
    if let Some(html) = named(&["bodyxhtml", "bodyhtml5", "bodyhtml"]).or(typed(&["html"])) {
        read.markup = fragment(html, false);
    } else if let Some(nitf) = nitf() {
        read = nitf;
    } else if let Some(text) = named(&["bodytext", "bodyplain", "body"]).or(typed(&["plain", "text", "main", ""])) {
        text.clone_into(&mut read.plain);
    }
    let lines = |names: &[&str]| texts(map, names).into_iter().map(|(_, text)| plain_line(text)).take(MOST_AUTHORS).collect::<Vec<_>>();
    let line = |names: &[&str]| lines(names).into_iter().next().unwrap_or_default();
    read.id = line(&["uri", "guid", "id"]);
    read.title = line(&["headline", "headlines", "title"]);
    let dates = ["versioncreated", "firstcreated", "contentcreated"].into_iter().zip(0..);
    read.dates.extend(dates.map(|(name, rank)| (rank, line(&[name]))));
    read.bylines = lines(&["byline", "bylines", "by"]);
    read.creators = lines(&["authors", "creators"]);
    read.place = line(&["located", "dateline"]);
    read.lead = line(&["descriptiontext", "descriptionxhtml", "descriptions"]);
    Ok(read.article(&["headline", "located", "byline", "description", "body_text"]).map(|article| with_captions(article, map)))
}

/// So many captions of a text are compared with those of associated pictures.
const MOST_PICTURES: usize = 200;

/// The article with the captions of the pictures that go with it, but those that it has.
fn with_captions(article: Article, map: &Map<String, Value>) -> Article {
    // A caption in the text may have its credit at the end.
    let captions = article.blocks().iter().filter(|b| b.kind == BlockKind::Caption).take(MOST_PICTURES);
    let captions: Vec<String> = captions.map(|b| article.text()[b.span].to_owned()).collect();
    let mut said: HashSet<String> = HashSet::new();
    let mut article = ArticleBuilder::from(article);
    let associations: Vec<&Value> = match member(map, "associations") {
        Some(Value::Object(map)) => map.values().collect(),
        Some(Value::Array(list)) => list.iter().collect(),
        _ => Vec::new(),
    };
    for picture in associations.into_iter().filter_map(Value::as_object) {
        if !matches!(picture.get("type").and_then(Value::as_str), Some("picture" | "graphic" | "video")) {
            continue;
        }
        for (kind, names) in [(BlockKind::Caption, &["descriptiontext", "descriptions"][..]), (BlockKind::Credit, &["byline", "by"])] {
            let text = texts(picture, names).first().map(|(_, text)| plain_line(text)).unwrap_or_default();
            let held = captions.iter().any(|caption| caption.starts_with(&text) || caption.ends_with(&text));
            if !held && said.insert(text.clone()) {
                article.push(kind, &text, Some("associations"));
            }
        }
    }
    article.build()
}
