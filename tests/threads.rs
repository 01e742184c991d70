//! Many threads and one pipeline, and what a user's own recogniser may do to it.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test threads` annotates as many articles on many threads.

use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use spalte::{Abbreviations, Article, Document, EntityKind, Error, Gazetteer, Mention, Pipeline, PipelineBuilder, Span, Tagger, Token};

mod generator;

const THREADS: usize = 8;

#[test]
fn everything_may_be_sent_and_shared() {
    fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe + 'static>() {}
    shared::<Pipeline>();
    shared::<PipelineBuilder>();
    shared::<Document>();
    shared::<Article>();
    shared::<Gazetteer>();
    shared::<Abbreviations>();
    shared::<Tagger>();
    shared::<Token>();
    fn sent<T: Send + Sync + 'static>() {}
    sent::<Error>();
}

/// The same article for the same number: of the grammar, of 0 to 400 choices.
fn article(number: usize) -> String {
    let mut state = number as u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    };
    let length = usize::from(next()) * 400 / 255;
    let choices: Vec<u8> = (0..length).map(|_| next()).collect();
    generator::Choices(&choices).article()
}

#[test]
fn many_threads_give_the_documents_of_one() {
    let articles = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    // The tables are read when they are first asked for, here by all threads at once.
    let barrier = Barrier::new(THREADS);
    let built: Mutex<Vec<(Pipeline, Document)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                let pipeline = Pipeline::new();
                let doc = pipeline.annotate(article(7));
                built.lock().expect("no panic").push((pipeline, doc));
            });
        }
    });
    let built = built.into_inner().expect("no panic");
    assert!(built.iter().all(|(_, doc)| *doc == built[0].1));

    let pipeline = &built[0].0;
    for first in (0..articles).step_by(1000) {
        let articles: Vec<String> = (first..articles.min(first + 1000)).map(article).collect();
        let expected: Vec<Document> = articles.iter().map(|text| pipeline.annotate(text.as_str())).collect();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(text) = articles.get(i) else { break };
                        assert_eq!(pipeline.annotate(text.as_str()), expected[i]);
                    }
                });
            }
        });
    }
}

/// Finds every `Moe`, and panics at the word `feil`.
fn moody() -> Pipeline {
    let find = |doc: &Document| {
        assert!(!doc.text().contains("feil"), "no such name");
        let found = doc.text().match_indices("Moe").map(|(at, moe)| Mention::name(Span::new(at, at + moe.len()), EntityKind::Per));
        found.collect()
    };
    Pipeline::builder().recognizer(find).build()
}

#[test]
fn a_panic_of_the_recogniser_reaches_the_caller_and_poisons_nothing() {
    let pipeline = moody();
    let text = "Moe sier at Moe kommer. – Vi er klare, sier Moe.";
    let expected = moody().annotate(text);
    for _ in 0..3 {
        // No AssertUnwindSafe: a pipeline may be used after a panic.
        let panic = catch_unwind(|| pipeline.annotate("Moe tok feil.")).expect_err("a panic");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"no such name"));
        assert_eq!(pipeline.annotate(text), expected);
    }
    thread::scope(|scope| {
        let panicking: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| pipeline.annotate("Moe tok feil."))).collect();
        let working: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| pipeline.annotate(text))).collect();
        assert!(panicking.into_iter().all(|thread| thread.join().is_err()));
        assert!(working.into_iter().all(|thread| thread.join().is_ok_and(|doc| doc == expected)));
    });
    assert_eq!(Pipeline::new().annotate("Moe tok feil.").text(), "Moe tok feil.");
}

#[cfg(feature = "parallel")]
#[test]
fn a_panic_in_one_article_of_many_reaches_the_caller() {
    let pipeline = moody();
    let articles: Vec<&str> = (0..100).map(|i| if i == 57 { "Moe tok feil." } else { "Moe kom." }).collect();
    let panic = catch_unwind(|| pipeline.annotate_all(articles)).expect_err("a panic");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"no such name"));
    assert_eq!(pipeline.annotate_all(vec!["Moe kom."; 100]).len(), 100);
}

/// A stream: documents in its order, few articles ahead, panics where they belong, on a thread of the pool as on any other.
#[cfg(feature = "parallel")]
#[test]
fn a_stream_keeps_its_order_and_runs_few_articles_ahead() {
    let pipeline = moody();
    let expected: Vec<Document> = (0..300).map(|n| pipeline.annotate(article(n))).collect();
    let check = |pipeline: &Pipeline, expected: &[Document]| {
        let taken = AtomicUsize::new(0);
        let articles = (0..300).map(|n| {
            taken.fetch_add(1, Ordering::Relaxed);
            article(n)
        });
        let mut ahead = 0;
        for (n, doc) in pipeline.annotate_iter(articles).enumerate() {
            assert_eq!(doc, expected[n]);
            ahead = ahead.max(taken.load(Ordering::Relaxed) - n);
        }
        assert_eq!(taken.load(Ordering::Relaxed), 300);
        assert!(ahead <= 4 * rayon::current_num_threads(), "{ahead} articles at a time");
    };
    check(&pipeline, &expected);
    // One thread that waits for itself works on.
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| check(&pipeline, &expected));
    }
    assert_eq!(pipeline.annotate_iter(Vec::<String>::new()).count(), 0);
    // Who stops early gets what was asked for.
    assert_eq!(pipeline.annotate_iter((0..).map(article)).take(20).collect::<Vec<_>>(), expected[..20]);

    let texts = (0..100).map(|i| if i == 57 { "Moe tok feil." } else { "Moe kom." });
    let mut docs = pipeline.annotate_iter(texts);
    assert_eq!(docs.by_ref().take(57).count(), 57);
    let panic = catch_unwind(std::panic::AssertUnwindSafe(|| docs.next())).expect_err("a panic");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"no such name"));
    assert_eq!(docs.count(), 42);
}

/// Whatever a recogniser returns, the document is sound.
#[test]
fn a_recogniser_may_return_anything() {
    let text = "Kåre Moe bor på Ålesund sjukehus. Kari Moe òg.\n\nMoe kom.";
    let end = text.len();
    let mut spans: Vec<(usize, usize)> = (0..=end + 2).flat_map(|start| [(start, start), (start, start + 1), (start, start + 9)]).collect();
    spans.extend([(0, end), (0, usize::MAX), (usize::MAX, usize::MAX), (end, 0), (20, 10)]);
    let kinds = [EntityKind::Per, EntityKind::Gpe, EntityKind::Misc];
    for from in 0..8 {
        let spans = spans.clone();
        let find = move |_: &Document| {
            let mention = |(i, &(start, end)): (usize, &(usize, usize))| {
                let mut mention = Mention::name(Span::new(start, end), kinds[i % kinds.len()]);
                mention.entity = i * 1000;
                mention
            };
            spans.iter().rev().skip(from).step_by(from + 1).enumerate().map(mention).collect()
        };
        let doc = Pipeline::builder().recognizer(find).build().annotate(text);
        assert_eq!(doc.check().map_err(|e| e.to_string()), Ok(()), "{from}");
    }
}

/// A recogniser may use another pipeline, and keep what it likes behind a lock.
#[test]
fn a_recogniser_may_annotate_and_count() {
    let (inner, seen) = (Pipeline::new(), Arc::new(Mutex::new(0)));
    let count = Arc::clone(&seen);
    let find = move |doc: &Document| {
        *count.lock().expect("no panic") += 1;
        inner.annotate(doc.text()).mentions().iter().filter(|m| m.is_name()).cloned().collect()
    };
    let pipeline = Pipeline::builder().recognizer(find).build();
    let doc = pipeline.annotate("Statsminister Kari Nordheim reiste til Bergen.");
    assert_eq!((doc.mentions().len(), *seen.lock().expect("no panic")), (2, 1));
}
