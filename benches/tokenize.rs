//! Tokens and sentences: speed beside floors (what any scan costs) and peers.
//!
//! `cargo bench --bench tokenize`; `SPALTE_CORPUS=FILE` adds a text of your own as `real`. The texts are `examples/articles/*.txt`,
//! repeated to size. Times are per text, throughput in bytes.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use spalte::{Abbreviations, Span, SplitOptions, Token, split, tokenize, tokenize_into};
use unicode_segmentation::UnicodeSegmentation;

const SENTENCE: &str = "– Vi er kjempeglade for støtta på 12,5 mill. kroner, seier ordførar Kari J. Nordmann (Sp) til avisa.";

/// The texts by name: one sentence, one article, 1 MB, and what `SPALTE_CORPUS` names.
fn texts() -> Vec<(&'static str, String)> {
    let mut paths: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles"))
        .map(|dir| dir.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "txt")).collect())
        .unwrap_or_default();
    paths.sort();
    let articles: Vec<String> = paths.iter().filter_map(|p| fs::read_to_string(p).ok()).collect();
    let article = articles.first().cloned().unwrap_or_else(|| [SENTENCE; 20].join(" "));
    let all = if articles.is_empty() { article.clone() } else { articles.join("\n\n") };
    let large = format!("{all}\n\n").repeat(1_000_000 / all.len() + 1);
    let mut texts = vec![("tiny", SENTENCE.to_owned()), ("article", article), ("large", large)];
    if let Some(path) = std::env::var_os("SPALTE_CORPUS") {
        texts.push(("real", fs::read_to_string(path).expect("SPALTE_CORPUS names a text file")));
    }
    texts
}

/// The byte ranges of the words between white space: the least that a tokenizer does.
fn whitespace(text: &str, words: &mut Vec<(u32, u32)>) {
    words.clear();
    words.extend(text.split_whitespace().map(|word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (start as u32, (start + word.len()) as u32)
    }));
}

/// The paragraphs, as far as blank lines tell.
fn blocks(text: &str) -> Vec<Span> {
    let mut at = 0;
    let mut blocks = Vec::new();
    for part in text.split("\n\n") {
        let start = at + part.len() - part.trim_start().len();
        let end = at + part.trim_end().len();
        if start < end {
            blocks.push(Span::new(start, end));
        }
        at += part.len() + 2;
    }
    blocks
}

fn bench(c: &mut Criterion) {
    for (name, text) in texts() {
        let text = text.as_str();
        let tokens = tokenize(text);
        let mut words = Vec::new();
        whitespace(text, &mut words);
        assert!(tokens.len() >= words.len(), "white space splits: {} tokens, {} words", tokens.len(), words.len());
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        let covered: usize = tokens.iter().map(|t| text[t.span].chars().filter(|c| !c.is_whitespace()).count()).sum();
        assert_eq!(covered, letters, "each character in one token");

        let mut group = c.benchmark_group("tokenize");
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut out: Vec<Token> = Vec::new();
        group.bench_function(BenchmarkId::new("spalte", name), |b| {
            b.iter(|| {
                tokenize_into(black_box(text), &mut out);
                out.len()
            });
        });
        group.bench_function(BenchmarkId::new("floor: split_whitespace", name), |b| {
            b.iter(|| {
                whitespace(black_box(text), &mut words);
                words.len()
            });
        });
        group.bench_function(BenchmarkId::new("floor: from_utf8", name), |b| {
            b.iter(|| std::str::from_utf8(black_box(text.as_bytes())).is_ok())
        });
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        group.bench_function(BenchmarkId::new("peer: unicode_words", name), |b| {
            b.iter(|| {
                ranges.clear();
                ranges.extend(black_box(text).unicode_word_indices().map(|(start, word)| (start as u32, (start + word.len()) as u32)));
                ranges.len()
            });
        });
        let segmenter = WordSegmenter::new_auto(WordBreakInvariantOptions::default());
        let mut breaks: Vec<u32> = Vec::new();
        group.bench_function(BenchmarkId::new("peer: icu_segmenter", name), |b| {
            b.iter(|| {
                breaks.clear();
                breaks.extend(segmenter.segment_str(black_box(text)).map(|at| at as u32));
                breaks.len()
            });
        });
        group.finish();

        let blocks = blocks(text);
        let (abbreviations, options) = (Abbreviations::bundled(), SplitOptions::default());
        let sentences = split(text, &tokens, &blocks, abbreviations, &options);
        assert_eq!(sentences.iter().map(|s| s.tokens.len()).sum::<usize>(), tokens.len(), "each token in one sentence");
        let mut group = c.benchmark_group("split");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("spalte", name), |b| {
            b.iter(|| split(black_box(text), &tokens, &blocks, abbreviations, &options).len());
        });
        group.bench_function(BenchmarkId::new("peer: unicode_sentences", name), |b| {
            b.iter(|| black_box(text).unicode_sentences().count());
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
