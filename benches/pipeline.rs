//! The whole pipeline and what each stage adds to it.
//!
//! `cargo bench --bench pipeline`; the texts are `examples/articles/*.txt`. A stage is timed together with those before it, as users can
//! call them: read (blocks), tokenize, split, find names, annotate (all). Throughput in bytes. Before that, the share of each stage in
//! one run: linking and quotes together shall take no more than what comes before them.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spalte::{Abbreviations, Article, Document, Pipeline, SplitOptions, split, tokenize_into};

fn articles() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("the shipped articles").filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths.iter().map(|p| fs::read_to_string(p).expect("UTF-8")).collect()
}

/// How many rounds the shares are the best of.
const ROUNDS: usize = 200;

/// Prints the time of each stage for all articles, the best of many rounds, and how linking and quotes compare with the rest.
fn shares(pipeline: &Pipeline, texts: &[String]) {
    let mut best: Vec<(&str, Duration)> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round: Vec<(&str, Duration)> = Vec::new();
        for text in texts {
            let mut start = Instant::now();
            let doc = pipeline.annotate_in_stages(black_box(text.as_str()), |layer| {
                let time = start.elapsed();
                match round.iter_mut().find(|(name, _)| *name == layer) {
                    Some((_, sum)) => *sum += time,
                    None => round.push((layer, time)),
                }
                start = Instant::now();
            });
            black_box(doc);
        }
        if best.is_empty() {
            best.clone_from(&round);
        }
        best.iter_mut().zip(&round).for_each(|(best, round)| best.1 = best.1.min(round.1));
    }
    let sum = |names: &[&str]| best.iter().filter(|(name, _)| names.contains(name)).map(|(_, time)| time.as_secs_f64()).sum::<f64>();
    for (name, time) in &best {
        println!("stage {name:10} {:7.1} µs", time.as_secs_f64() * 1e6);
    }
    let (before, after) = (sum(&["tokens", "sentences", "mentions"]), sum(&["entities", "quotes"]));
    println!("linking and quotes take {:.2} of tokens, sentences and names", after / before);
}

fn bench(c: &mut Criterion) {
    let texts = articles();
    let pipeline = Pipeline::new();
    shares(&pipeline, &texts);
    let docs: Vec<Document> = texts.iter().map(|t| pipeline.annotate(t.as_str())).collect();
    assert!(docs.iter().all(|d| d.check().is_ok() && !d.quotes().is_empty()), "each article has quotes");
    let bytes: usize = texts.iter().map(String::len).sum();

    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("read", |b| {
        b.iter(|| texts.iter().map(|t| Article::from_text(black_box(t.as_str())).blocks().len()).sum::<usize>())
    });
    let mut tokens = Vec::new();
    group.bench_function("tokenize", |b| {
        b.iter(|| {
            let mut count = 0;
            for text in &texts {
                tokenize_into(black_box(text), &mut tokens);
                count += tokens.len();
            }
            count
        });
    });
    let (abbreviations, options) = (Abbreviations::bundled(), SplitOptions::default());
    let blocks: Vec<Vec<_>> = docs.iter().map(|d| d.blocks().iter().map(|b| b.span).collect()).collect();
    group.bench_function("split", |b| {
        b.iter(|| {
            docs.iter().zip(&blocks).map(|(d, blocks)| split(d.text(), d.tokens(), blocks, abbreviations, &options).len()).sum::<usize>()
        });
    });
    group.bench_function("annotate", |b| {
        b.iter(|| texts.iter().map(|t| pipeline.annotate(black_box(t.as_str())).quotes().len()).sum::<usize>())
    });
    group.bench_function("to_json", |b| b.iter(|| docs.iter().map(|d| d.to_json().len()).sum::<usize>()));
    let json: Vec<String> = docs.iter().map(Document::to_json).collect();
    group.bench_function("from_json", |b| {
        b.iter(|| json.iter().map(|j| Document::from_json(j).expect("our own JSON").tokens().len()).sum::<usize>())
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
