//! Feature `tracing`: which spans an article opens, and what they say.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use spalte::{Article, Pipeline};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down what happens.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().expect("no panic").push(line);
    }
}

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(format!("{field}={value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        assert!(metadata.is_span() && metadata.target().starts_with("spalte"));
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.add(format!("{} {}", span.metadata().level(), span.metadata().name()));
        span.record(&mut &*self);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {
        self.add("end".to_owned());
    }
}

#[test]
fn an_article_is_a_span_and_each_stage_one_in_it() {
    let pipeline = Pipeline::new();
    let article = || Article::from_text("– Eg er klår, seier Siri Haugen. Ho kjem ikkje.").with_id("a1");
    let unheard = pipeline.annotate(article());
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).expect("the only one");
    let doc = pipeline.annotate(article());
    let lines = log.0.lock().expect("no panic").join("\n");
    let stages = ["keys", "words", "mentions", "marks", "entities", "quotes"].map(|stage| format!("TRACE {stage}\nend\n")).concat();
    let first = "DEBUG annotate\nTRACE blocks\nend\nTRACE tokens\nend\nid=\"a1\"\nbytes=50\nvariety=nn\nTRACE sentences\nend\n";
    assert_eq!(lines, format!("{first}{stages}end"));
    assert_eq!(doc, unheard, "who listens changes nothing");
}
