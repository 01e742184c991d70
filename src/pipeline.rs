//! The whole flow, in ten lines.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Once};
use std::thread;

#[cfg(feature = "tracing")]
use tracing::field;

use crate::abbreviations::Abbreviations;
use crate::article::Article;
use crate::document::Document;
use crate::gazetteer::Gazetteer;
use crate::lexicon::{self, Lexicon};
use crate::names::Mention;
use crate::quotes::Precision;
use crate::sentence::{self, SplitOptions};
use crate::span::Span;
use crate::tagger::Tagger;
use crate::tokenize::{self, Token};
use crate::variety::{self, Variety};
use crate::{coref, marks, names, normalize, quotes, run_in};

/// A stage in a span of `tracing` (feature `tracing`); without the feature, the stage alone.
macro_rules! traced {
    ($name:literal, $stage:expr) => {{
        #[cfg(feature = "tracing")]
        let _span = tracing::trace_span!($name).entered();
        $stage
    }};
}

/// A user's own recogniser of names: it reads the document, of which tokens and sentences are there, and returns mentions.
pub type Recognizer = dyn Fn(&Document) -> Vec<Mention> + Send + Sync;

/// Annotates articles. Built once, it is shared: annotating needs only `&self`.
///
/// ```
/// use spalte::Pipeline;
/// let pipeline = Pipeline::new();
/// let doc = pipeline.annotate("Statsminister Kari Nordheim møtte pressen. Nordheim sier at saken er løst.");
/// let quote = &doc.quotes()[0];
/// assert_eq!(&doc[quote.content[0]], "saken er løst");
/// assert_eq!(doc.speaker(quote).unwrap().name, "Kari Nordheim");
/// ```
#[derive(Clone)]
pub struct Pipeline {
    variety: Option<Variety>,
    gazetteer: Arc<Gazetteer>,
    tagger: Option<Arc<Tagger>>,
    abbreviations: Arc<Abbreviations>,
    split: SplitOptions,
    recognizer: Option<Arc<Recognizer>>,
    precision: Precision,
}

// Annotating changes nothing of a pipeline, so a panic of a user's recogniser leaves nothing half done; what that keeps is its author's.
impl UnwindSafe for Pipeline {}
impl RefUnwindSafe for Pipeline {}
impl UnwindSafe for PipelineBuilder {}
impl RefUnwindSafe for PipelineBuilder {}

impl Default for Pipeline {
    fn default() -> Pipeline {
        Pipeline::new()
    }
}

impl Pipeline {
    /// A pipeline with the bundled names and rules, which finds the variety by itself.
    pub fn new() -> Pipeline {
        Pipeline::builder().build()
    }

    /// A pipeline with other names or rules.
    pub fn builder() -> PipelineBuilder {
        PipelineBuilder {
            variety: None,
            gazetteer: None,
            tagger: Tagger::bundled().clone(),
            abbreviations: None,
            split: SplitOptions::default(),
            recognizer: None,
            precision: Precision::default(),
        }
    }

    /// Annotates one article. It never fails, whatever the text, and takes time in proportion to its length.
    pub fn annotate(&self, article: impl Into<Article>) -> Document {
        self.annotate_in_stages(article, |_| ())
    }

    /// Annotates one article and calls `done` with the name of each layer as soon as it is there: `blocks`, `tokens`, `sentences`,
    /// `mentions`, `entities`, `quotes`. It tells where the time goes; the document is that of [`annotate`](Pipeline::annotate).
    ///
    /// ```
    /// let mut layers = Vec::new();
    /// spalte::Pipeline::new().annotate_in_stages("Hei, sa Kari.", |layer| layers.push(layer));
    /// assert_eq!(layers, ["blocks", "tokens", "sentences", "mentions", "entities", "quotes"]);
    /// ```
    pub fn annotate_in_stages(&self, article: impl Into<Article>, mut done: impl FnMut(&'static str)) -> Document {
        #[cfg(feature = "tracing")]
        let span = tracing::debug_span!("annotate", id = field::Empty, bytes = field::Empty, variety = field::Empty).entered();
        let mut doc = traced!("blocks", Document::unannotated(article.into()));
        done("blocks");
        let lexicon = Lexicon::bundled();
        let blocks: Vec<Span> = doc.blocks().iter().map(|b| b.span).collect();
        doc.tokens = traced!("tokens", block_tokens(&doc, &self.abbreviations));
        doc.variety = self.variety.unwrap_or_else(|| variety::detect(doc.text(), &doc.tokens));
        #[cfg(feature = "tracing")]
        span.record("id", doc.id()).record("bytes", doc.text().len()).record("variety", field::display(doc.variety));
        done("tokens");
        doc.sentences = traced!("sentences", sentence::split(doc.text(), &doc.tokens, &blocks, &self.abbreviations, &self.split));
        done("sentences");
        let keys = traced!("keys", normalize::keys(doc.text(), &doc.tokens));
        let words = traced!("words", lexicon::read_words(lexicon, doc.text(), &doc.tokens, &keys));
        doc.mentions = traced!("mentions", {
            let own = self.recognizer.as_ref().map(|find| find(&doc)).unwrap_or_default();
            let source = names::Source { doc: &doc, words: &words, lexicon, gazetteer: &self.gazetteer };
            names::find(&source, self.tagger.as_deref(), own)
        });
        done("mentions");
        let marked = traced!("marks", marks::marked(&doc));
        doc.entities = traced!("entities", coref::link(&mut doc, &words, lexicon, &self.gazetteer, &marked));
        done("entities");
        doc.quotes = traced!("quotes", quotes::attribute(&mut doc, &words, lexicon, &marked));
        doc.quotes.retain(|q| q.confidence >= self.precision.least());
        done("quotes");
        doc
    }

    /// Annotates a stream of articles on all cores (feature `parallel`): the documents come in the order of the articles, and no more than
    /// four articles a thread are held at a time, however long the stream is.
    ///
    /// Articles are taken on the thread that asks for documents. It is rayon's threads that annotate: those of the pool in which this is
    /// called, else the global ones. A panic of a user's recogniser reaches the caller at the document that it stands for.
    ///
    /// ```
    /// use spalte::{Article, Pipeline};
    /// let texts = ["– Vi er klare, sier Kari Nordheim.", "– Eg òg, seier Siri Haugen."]; // from a file, a database, a queue
    /// let articles = texts.into_iter().zip(1..).map(|(text, id)| Article::from_text(text).with_id(id.to_string()));
    /// let pipeline = Pipeline::new();
    /// for doc in pipeline.annotate_iter(articles) {
    ///     println!("{}: {}", doc.id().unwrap_or_default(), doc.entities()[0].name);
    /// }
    /// ```
    #[cfg(feature = "parallel")]
    pub fn annotate_iter<I, A>(&self, articles: I) -> impl Iterator<Item = Document> + use<I, A>
    where
        I: IntoIterator<Item = A>,
        A: Into<Article> + Send + 'static,
    {
        self.map_iter(articles, |pipeline, article| pipeline.annotate(article))
    }

    /// As [`annotate_iter`](Pipeline::annotate_iter), with work of one's own on the threads that annotate: `each` gets this pipeline and an
    /// item, and what it returns comes in the order of the items. So a row of a database keeps its key, and JSON is written on all cores.
    ///
    /// ```
    /// let pipeline = spalte::Pipeline::new();
    /// let rows = vec![(17, "– Vi er klare, sier Kari Nordheim."), (4, "– Eg òg, seier Siri Haugen.")];
    /// let lines = pipeline.map_iter(rows, |pipeline, (key, text)| (key, pipeline.annotate(text).quotes().len()));
    /// assert_eq!(lines.collect::<Vec<_>>(), [(17, 1), (4, 1)]);
    /// ```
    #[cfg(feature = "parallel")]
    pub fn map_iter<I, T, R, F>(&self, items: I, each: F) -> impl Iterator<Item = R> + use<I, T, R, F>
    where
        I: IntoIterator<Item = T>,
        T: Send + 'static,
        R: Send + 'static,
        F: Fn(&Pipeline, T) -> R + Send + Sync + 'static,
    {
        crate::parallel::in_order(items.into_iter(), self.clone(), each)
    }

    /// Annotates many articles on all cores (feature `parallel`); the documents come in the order of the articles. For more than memory
    /// holds there is [`annotate_iter`](Pipeline::annotate_iter).
    #[cfg(feature = "parallel")]
    pub fn annotate_all<A: Into<Article> + Send>(&self, articles: Vec<A>) -> Vec<Document> {
        use rayon::prelude::*;
        articles.into_par_iter().map(|article| self.annotate(article)).collect()
    }
}

/// Tokens block by block, so that none crosses a block.
pub(crate) fn block_tokens(doc: &Document, abbreviations: &Abbreviations) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(doc.text().len() / 5);
    let mut part = Vec::new();
    for block in doc.blocks() {
        tokenize::tokenize_with(&doc[block.span], abbreviations, &mut part);
        let offset = block.span.start();
        tokens.extend(part.iter().map(|t| Token { span: Span::new(t.span.start() + offset, t.span.end() + offset), kind: t.kind }));
    }
    tokens
}

/// Chooses names and rules for a [`Pipeline`].
#[derive(Clone)]
pub struct PipelineBuilder {
    variety: Option<Variety>,
    gazetteer: Option<Gazetteer>,
    tagger: Option<Arc<Tagger>>,
    abbreviations: Option<Abbreviations>,
    split: SplitOptions,
    recognizer: Option<Arc<Recognizer>>,
    precision: Precision,
}

impl PipelineBuilder {
    /// All articles are in this variety; without this it is found for each.
    pub fn variety(mut self, variety: Variety) -> PipelineBuilder {
        self.variety = Some(variety);
        self
    }

    /// Names to be found, in place of the bundled ones; [`GazetteerBuilder::bundled`](crate::GazetteerBuilder::bundled) keeps those too.
    pub fn gazetteer(mut self, gazetteer: Gazetteer) -> PipelineBuilder {
        self.gazetteer = Some(gazetteer);
        self
    }

    /// A model that finds names, in place of the bundled one.
    pub fn tagger(mut self, tagger: Tagger) -> PipelineBuilder {
        self.tagger = Some(Arc::new(tagger));
        self
    }

    /// Finds names by lists and rules alone.
    pub fn without_tagger(mut self) -> PipelineBuilder {
        self.tagger = None;
        self
    }

    /// Abbreviations in place of the bundled ones, or those and more: `Abbreviations::bundled().clone().add_tsv(…)`.
    pub fn abbreviations(mut self, abbreviations: Abbreviations) -> PipelineBuilder {
        self.abbreviations = Some(abbreviations);
        self
    }

    /// How sentences are told apart.
    pub fn split(mut self, options: SplitOptions) -> PipelineBuilder {
        self.split = options;
        self
    }

    /// Which quotes are kept: all that are found, or the safe ones alone.
    ///
    /// ```
    /// use spalte::{Pipeline, Precision};
    /// let strict = Pipeline::builder().quotes(Precision::Strict).build();
    /// let doc = strict.annotate("– Vi er klare, sier ordfører Kari Nordheim.");
    /// assert!(doc.quotes()[0].confidence > 95);
    /// ```
    pub fn quotes(mut self, precision: Precision) -> PipelineBuilder {
        self.precision = precision;
        self
    }

    /// A recogniser of the user's own, whose mentions beat all others. It sees text, blocks, tokens and sentences; mentions of it that
    /// do not begin and end with tokens of one sentence, or overlap each other, are left out. Where it panics, so does
    /// [`Pipeline::annotate`]; the pipeline can be used on.
    pub fn recognizer(mut self, find: impl Fn(&Document) -> Vec<Mention> + Send + Sync + 'static) -> PipelineBuilder {
        self.recognizer = Some(Arc::new(find));
        self
    }

    /// Reads the bundled tables, once a process, and builds the pipeline.
    pub fn build(self) -> Pipeline {
        // The rest is read beside the gazetteer; where no thread is to be had, it is read when it is first asked.
        static READ: Once = Once::new();
        let read_ahead = || {
            Lexicon::bundled();
            run_in::read_ahead();
        };
        READ.call_once(|| drop(thread::Builder::new().spawn(read_ahead)));
        Pipeline {
            variety: self.variety,
            gazetteer: self.gazetteer.map_or_else(|| Gazetteer::bundled().clone(), Arc::new),
            tagger: self.tagger,
            abbreviations: Arc::new(self.abbreviations.unwrap_or_else(|| Abbreviations::bundled().clone())),
            split: self.split,
            recognizer: self.recognizer,
            precision: self.precision,
        }
    }
}
