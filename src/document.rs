//! An annotated article: the text as given, and layers of spans over it.

use std::ops::Index;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::article::{Article, Block, BlockKind, Date, is_blank};
use crate::coref::Entity;
use crate::error::Error;
use crate::names::Mention;
use crate::quotes::Quote;
use crate::sentence::Sentence;
use crate::span::{OffsetTable, Offsets, Span};
use crate::tokenize::Token;
use crate::variety::Variety;

/// An article with its tokens, sentences, names, entities and quotes. It owns its text, and can be sent between threads.
///
/// Layers refer to the text by [`Span`] and to each other by index: `doc.mentions()[i].entity` is an index into `doc.entities()`.
///
/// ```
/// use spalte::Pipeline;
/// let doc = Pipeline::new().annotate("– Vi er klare, sier ordfører Kari Nordheim.");
/// let quote = &doc.quotes()[0];
/// assert_eq!(&doc[quote.content[0]], "Vi er klare");
/// assert_eq!(doc.speaker(quote).unwrap().name, "Kari Nordheim");
/// assert_eq!(doc.quotes_of(quote.speaker.unwrap()).count(), 1);
/// let json = doc.to_json();
/// assert_eq!(spalte::Document::from_json(&json)?, doc);
/// # Ok::<(), spalte::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub(crate) article: Article,
    pub(crate) variety: Variety,
    pub(crate) tokens: Vec<Token>,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) entities: Vec<Entity>,
    pub(crate) quotes: Vec<Quote>,
}

impl Document {
    /// A document with no layers but its blocks.
    pub(crate) fn unannotated(article: Article) -> Document {
        Document {
            article,
            variety: Variety::default(),
            tokens: Vec::new(),
            sentences: Vec::new(),
            mentions: Vec::new(),
            entities: Vec::new(),
            quotes: Vec::new(),
        }
    }

    /// The caller's name of the article.
    pub fn id(&self) -> Option<&str> {
        self.article.id()
    }

    /// The text, byte for byte as given.
    pub fn text(&self) -> &str {
        self.article.text()
    }

    /// The date of the article's header.
    pub fn published(&self) -> Option<Date> {
        self.article.published()
    }

    /// Where the article stands on the web, where its page, feed or file says so.
    pub fn url(&self) -> Option<&str> {
        self.article.url()
    }

    /// Who wrote the article, where its page, feed or file says so.
    pub fn authors(&self) -> &[String] {
        self.article.authors()
    }

    /// Bokmål or Nynorsk, as told to the pipeline or found.
    pub fn variety(&self) -> Variety {
        self.variety
    }

    /// The parts of the article, in order.
    pub fn blocks(&self) -> &[Block] {
        self.article.blocks()
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The sentences, in order.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The places where somebody or something is named, in order.
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// Who and what the article is about, in order of first mention.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// What is said, in order.
    pub fn quotes(&self) -> &[Quote] {
        &self.quotes
    }

    /// Who says a quote; `None` where the article does not tell.
    pub fn speaker(&self, quote: &Quote) -> Option<&Entity> {
        quote.speaker.and_then(|i| self.entities.get(i))
    }

    /// The quotes of the entity with this index.
    pub fn quotes_of(&self, entity: usize) -> impl Iterator<Item = &Quote> {
        self.quotes.iter().filter(move |q| q.speaker == Some(entity))
    }

    /// The turns, in order: the quotes that follow each other as one, parted by reporting clauses at most; a fragment in marks stands
    /// with the clause around it.
    ///
    /// ```
    /// use spalte::Pipeline;
    /// let doc = Pipeline::new().annotate("– Vi er klare, sier Kari Nordheim. – Broen åpner i mai.");
    /// assert_eq!(doc.turns().map(|turn| turn.len()).collect::<Vec<_>>(), [1, 1]);
    /// ```
    pub fn turns(&self) -> impl Iterator<Item = &[Quote]> {
        self.quotes.chunk_by(|a, b| a.turn == b.turn)
    }

    /// The mentions of the entity with this index, in order.
    pub fn mentions_of(&self, entity: usize) -> impl Iterator<Item = &Mention> {
        self.entities.get(entity).into_iter().flat_map(|e| &e.mentions).filter_map(|&i| self.mentions.get(i))
    }

    /// The sentence that holds the byte at `offset`.
    pub fn sentence_at(&self, offset: usize) -> Option<&Sentence> {
        let i = self.sentences.partition_point(|s| s.span.end() <= offset);
        self.sentences.get(i).filter(|s| s.span.start() <= offset)
    }

    /// The block that holds the byte at `offset`.
    pub fn block_at(&self, offset: usize) -> Option<&Block> {
        let i = self.blocks().partition_point(|b| b.span.end() <= offset);
        self.blocks().get(i).filter(|b| b.span.start() <= offset)
    }

    /// The text of the first title, where there is one.
    pub fn title(&self) -> Option<&str> {
        self.blocks().iter().find(|b| b.kind == BlockKind::Title).map(|b| &self[b.span])
    }

    /// The document as JSON, one object on one line, offsets in bytes.
    pub fn to_json(&self) -> String {
        self.to_json_with(Offsets::Utf8)
    }

    /// The document as JSON with offsets for another language's strings.
    ///
    /// ```
    /// use spalte::{Offsets, Pipeline};
    /// let doc = Pipeline::new().annotate("Ål 🙂");
    /// assert!(doc.to_json_with(Offsets::Utf16).contains(r#""blocks":[{"kind":"heading","span":[0,5]}]"#));
    /// ```
    pub fn to_json_with(&self, offsets: Offsets) -> String {
        // Writing strings, numbers and lists to memory cannot fail.
        serde_json::to_string(&Export { doc: self, offsets }).unwrap_or_default()
    }

    /// Reads what [`to_json`](Document::to_json) or [`to_json_with`](Document::to_json_with) wrote, unknown fields aside.
    ///
    /// # Errors
    /// [`Error::Json`] where it is not such JSON, and [`Error::Invariant`] where a layer contradicts the text or another layer.
    pub fn from_json(json: &str) -> Result<Document, Error> {
        let record: Record = serde_json::from_str(json).map_err(|e| Error::json(&e))?;
        record.into_document()
    }

    /// Makes sure that the layers hold together:
    /// spans are not empty and stand on character boundaries; blocks are in order with nothing but white space between them; each
    /// character that is not white space is in one token and each token in one sentence of one block; mentions do not overlap, stand on
    /// token edges and within a sentence; mentions and entities point at each other; quotes stand within blocks, their cue and source outside
    /// their content. Everything that the pipeline returns, and all that [`from_json`](Document::from_json) accepts, passes.
    ///
    /// # Errors
    /// [`Error::Invariant`] with the first record that is wrong.
    pub fn check(&self) -> Result<(), Error> {
        let text = self.text();
        let fail = |layer, index, message: &str| Err(Error::Invariant { layer, index, message: message.to_owned() });
        let good = |s: Span| !s.is_empty() && s.end() <= text.len() && text.is_char_boundary(s.start()) && text.is_char_boundary(s.end());
        let blank = |from: usize, to: usize| text[from..to].chars().all(is_blank);
        let mut at = 0;
        for (i, block) in self.blocks().iter().enumerate() {
            if !good(block.span) || block.span.start() < at {
                return fail("blocks", i, "the span is empty, outside the text, inside a character or out of order");
            }
            if !blank(at, block.span.start()) {
                return fail("blocks", i, "text before the block is in no block");
            }
            if block
                .dateline
                .as_ref()
                .is_some_and(|d| !block.span.contains(d.place) || !block.span.contains(d.agency) || !good(d.place) || !good(d.agency))
            {
                return fail("blocks", i, "the dateline stands outside the block");
            }
            at = block.span.end();
        }
        let covered = at;
        if covered < text.len().min(u32::MAX as usize - 4) && !blank(covered, text.len()) {
            return fail("blocks", self.blocks().len(), "text after the last block is in no block");
        }
        at = 0;
        let mut blocks = self.blocks().iter().peekable();
        for (i, token) in self.tokens.iter().enumerate() {
            if !good(token.span) || token.span.start() < at {
                return fail("tokens", i, "the span is empty, outside the text, inside a character or out of order");
            }
            if !blank(at, token.span.start()) {
                return fail("tokens", i, "text before the token is in no token");
            }
            while blocks.next_if(|b| b.span.end() <= token.span.start()).is_some() {}
            if !blocks.peek().is_some_and(|b| b.span.contains(token.span)) {
                return fail("tokens", i, "the token is not in one block");
            }
            at = token.span.end();
        }
        if !blank(at, covered.max(at)) {
            return fail("tokens", self.tokens.len(), "text after the last token is in no token");
        }
        let mut next = 0;
        for (i, sentence) in self.sentences.iter().enumerate() {
            let tokens = self.tokens.get(sentence.tokens.clone()).unwrap_or_default();
            let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
                return fail("sentences", i, "there are no such tokens");
            };
            if sentence.tokens.start != next || sentence.span != first.span.to(last.span) {
                return fail("sentences", i, "the sentence does not begin and end with its tokens, or one is left out");
            }
            if !self.blocks().get(sentence.block).is_some_and(|b| b.span.contains(sentence.span)) {
                return fail("sentences", i, "the sentence is not in its block");
            }
            next = sentence.tokens.end;
        }
        if next != self.tokens.len() {
            return fail("sentences", self.sentences.len(), "tokens after the last sentence are in no sentence");
        }
        at = 0;
        for (i, mention) in self.mentions.iter().enumerate() {
            let span = mention.span;
            if !good(span) || span.start() < at {
                return fail("mentions", i, "the span is empty, outside the text, inside a character, or overlaps the one before");
            }
            let starts = self.tokens.binary_search_by_key(&span.start(), |t| t.span.start()).is_ok();
            let ends = self.tokens.binary_search_by_key(&span.end(), |t| t.span.end()).is_ok();
            if !starts || !ends || !self.sentence_at(span.start()).is_some_and(|s| s.span.contains(span)) {
                return fail("mentions", i, "the mention does not begin and end with tokens of one sentence");
            }
            let owner = self.entities.get(mention.entity);
            if owner.is_none_or(|e| e.mentions.binary_search(&i).is_err()) {
                return fail("mentions", i, "its entity does not hold it");
            }
            at = span.end();
        }
        for (i, entity) in self.entities.iter().enumerate() {
            let ordered = entity.mentions.is_sorted_by(|a, b| a < b);
            if !ordered || entity.mentions.iter().any(|&m| self.mentions.get(m).is_none_or(|m| m.entity != i)) {
                return fail("entities", i, "its mentions are out of order or belong to another entity");
            }
        }
        let in_block = |s: Span| good(s) && self.block_at(s.start()).is_some_and(|b| b.span.contains(s));
        let mut before = 0;
        for (i, quote) in self.quotes.iter().enumerate() {
            let Some(first) = quote.content.first() else {
                return fail("quotes", i, "there is no content");
            };
            if first.start() < before {
                return fail("quotes", i, "the quote is out of order");
            }
            before = first.start();
            if !quote.content.iter().all(|&s| in_block(s)) || !quote.content.is_sorted_by(|a, b| a.end() <= b.start()) {
                return fail("quotes", i, "the content is out of order or not in one block each");
            }
            let apart = |s: Option<Span>| s.is_none_or(|s| in_block(s) && !quote.content.iter().any(|c| c.overlaps(s)));
            if !apart(quote.cue) || !apart(quote.source) || !apart(quote.addressee) {
                return fail("quotes", i, "cue, source or addressee overlaps the content or stands in no block");
            }
            if quote.speaker.is_some_and(|s| s >= self.entities.len()) {
                return fail("quotes", i, "there is no such speaker");
            }
        }
        Ok(())
    }
}

impl Index<Span> for Document {
    type Output = str;

    /// The text of a span of this document.
    ///
    /// # Panics
    /// When the span is of another document, and out of range or inside a character here.
    fn index(&self, span: Span) -> &str {
        &self.text()[span]
    }
}

/// A news article, annotated: its text as it was given, and layers that refer to the text by spans and to each other by index, from 0. Spans
/// are in the unit that `offsets` names.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Document"))]
pub(crate) struct Record {
    /// The caller's name of the article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The text, as it was given.
    text: String,
    /// What the numbers of a span count.
    #[serde(default)]
    offsets: Offsets,
    /// Bokmål or Nynorsk, as told or found.
    variety: Variety,
    /// The date of the article's header.
    #[serde(default)]
    published: Option<Date>,
    /// Where it stands on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    /// The parts of the article, in order.
    blocks: Vec<Block>,
    /// The tokens, in order.
    tokens: Vec<Token>,
    /// The sentences, in order.
    sentences: Vec<SentenceRecord>,
    /// The places where somebody or something is named, in order.
    mentions: Vec<Mention>,
    /// Who and what the article is about, in order of first mention.
    entities: Vec<Entity>,
    /// What is said, in order.
    quotes: Vec<Quote>,
}

/// A sentence, from its first token to its last.
// Its range of tokens follows from the spans.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Sentence"))]
struct SentenceRecord {
    /// Where it stands.
    span: Span,
    /// The index of the block that holds it.
    block: usize,
}

impl Record {
    fn into_document(mut self) -> Result<Document, Error> {
        if self.offsets != Offsets::Utf8 {
            let bytes = crate::span::byte_offsets(&self.text, self.offsets);
            // A number that is no character boundary becomes one that `check` refuses.
            let at = |n: usize| bytes.get(n).copied().unwrap_or(u32::MAX) as usize;
            self.map_spans(|s| Span::new(at(s.start()), at(s.end())));
        }
        let tokens = &self.tokens;
        let sentences = self
            .sentences
            .iter()
            .map(|s| {
                let first = tokens.partition_point(|t| t.span.start() < s.span.start());
                let end = tokens.partition_point(|t| t.span.end() <= s.span.end());
                Sentence { span: s.span, block: s.block, tokens: first..end.max(first) }
            })
            .collect();
        let doc = Document {
            article: Article {
                id: self.id,
                text: self.text,
                published: self.published,
                url: self.url,
                authors: self.authors,
                blocks: self.blocks,
            },
            variety: self.variety,
            sentences,
            tokens: self.tokens,
            mentions: self.mentions,
            entities: self.entities,
            quotes: self.quotes,
        };
        doc.check()?;
        Ok(doc)
    }

    fn map_spans(&mut self, f: impl Fn(Span) -> Span) {
        for block in &mut self.blocks {
            block.span = f(block.span);
            if let Some(line) = &mut block.dateline {
                line.place = f(line.place);
                line.agency = f(line.agency);
            }
        }
        self.tokens.iter_mut().for_each(|t| t.span = f(t.span));
        self.sentences.iter_mut().for_each(|s| s.span = f(s.span));
        self.mentions.iter_mut().for_each(|m| m.span = f(m.span));
        for quote in &mut self.quotes {
            quote.content.iter_mut().for_each(|s| *s = f(*s));
            quote.cue = quote.cue.map(&f);
            quote.source = quote.source.map(&f);
            quote.addressee = quote.addressee.map(&f);
        }
    }
}

struct Export<'d> {
    doc: &'d Document,
    offsets: Offsets,
}

impl Serialize for Export<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let doc = self.doc;
        let mut record = Record {
            id: doc.article.id.clone(),
            text: doc.article.text.clone(),
            offsets: self.offsets,
            variety: doc.variety,
            published: doc.published(),
            url: doc.article.url.clone(),
            authors: doc.article.authors.clone(),
            blocks: doc.article.blocks.clone(),
            tokens: doc.tokens.clone(),
            sentences: doc.sentences.iter().map(|s| SentenceRecord { span: s.span, block: s.block }).collect(),
            mentions: doc.mentions.clone(),
            entities: doc.entities.clone(),
            quotes: doc.quotes.clone(),
        };
        if self.offsets != Offsets::Utf8 {
            let table = OffsetTable::new(doc.text(), self.offsets);
            record.map_spans(|s| Span::new(table.get(s.start()), table.get(s.end())));
        }
        record.serialize(serializer)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Export { doc: self, offsets: Offsets::Utf8 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        Record::deserialize(deserializer)?.into_document().map_err(serde::de::Error::custom)
    }
}
