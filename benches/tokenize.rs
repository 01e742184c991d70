//! Tokens and sentences: speed beside floors (what any scan costs) and peers.
//!
//! `cargo bench --bench tokenize` first prints ratios, measured in turns within one run, and what a byte costs in texts of 1 kB to 100 MB
//! (two to three minutes), then criterion's figures. The text is newspaper prose where the corpus of [`CORPUS`] is at hand (unpacked by `xz`),
//! otherwise `examples/articles/*.txt`, repeated to size.
//!
//! `python3 benches/peers.py CORPORA` sets accuracy beside speed, and beside the Python libraries.
//!
//! Instructions, which no other load on the machine changes:
//! `COUNT=tokenize valgrind --tool=callgrind target/release/deps/tokenize-…` counts ten rounds over 1 MB, and `COUNT=none` what to take off
//! for reading the text and the tables; `split`, `split-plain` (`run_in_headings` off) and `whitespace` count the others; `SIZE` takes other
//! lengths. On prose a byte costs 12.2 instructions to tokenize (12.9 in texts of 1 kB, 13.2 of 10 MB, 13.3 of 100 MB), 6.7 to split with `run_in_headings`
//! off (9.2, 6.7), 15.6 with it on (19.9, 18.2), and `split_whitespace` 20 (23, 20) (Rust 1.95, x86-64).

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{SentenceSegmenter, WordSegmenter};
use spalte::{Abbreviations, Sentence, Span, SplitOptions, Token, split, tokenize, tokenize_into};
use unicode_segmentation::UnicodeSegmentation;

const CORPUS: &str = "../shared/corpora/norec.txt.xz";

const MEGABYTE: usize = 1_000_000;

/// `size` bytes of prose, to the nearest character.
fn prose(size: usize) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = root.join(CORPUS);
    let unpacked = corpus.exists().then(|| Command::new("xz").arg("-dc").arg(&corpus).output().ok()).flatten();
    let mut text = match unpacked {
        // A form feed stands between documents.
        Some(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).replace('\u{C}', "\n\n"),
        _ => {
            let dir = fs::read_dir(root.join("examples/articles")).expect("the example articles");
            let mut paths: Vec<_> =
                dir.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "txt")).collect();
            paths.sort();
            paths.iter().filter_map(|p| fs::read_to_string(p).ok()).collect::<Vec<_>>().join("\n\n")
        }
    };
    text = text.repeat(size / text.len() + 1);
    text.truncate(head(&text, size));
    text
}

/// How long the first `size` bytes are, to the nearest character before.
fn head(text: &str, size: usize) -> usize {
    (0..=size.min(text.len())).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// What makes scans slow, over and over: no spaces, no letters, nothing but what needs a second look.
const HOSTILE: [&str; 14] = ["a", "å", ".", "a.", "1.", "1 ", "-", "a-", "«", "'", "\u{301}", "A. ", "www.", "\u{A0}1"];

/// The byte ranges of the words between white space: the least that a tokenizer does.
fn whitespace(text: &str, words: &mut Vec<(u32, u32)>) {
    words.clear();
    words.extend(text.split_whitespace().map(|word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (start as u32, (start + word.len()) as u32)
    }));
}

fn unicode_words(text: &str, words: &mut Vec<(u32, u32)>) {
    words.clear();
    words.extend(text.unicode_word_indices().map(|(start, word)| (start as u32, (start + word.len()) as u32)));
}

fn icu(text: &str, breaks: &mut Vec<(u32, u32)>) {
    let segmenter = WordSegmenter::new_auto(WordBreakInvariantOptions::default());
    breaks.clear();
    let mut from = 0;
    breaks.extend(segmenter.segment_str(text).map(|at| (std::mem::replace(&mut from, at as u32), at as u32)));
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

fn sentences(text: &str, tokens: &[Token], blocks: &[Span], run_in_headings: bool) -> Vec<Sentence> {
    let mut options = SplitOptions::default();
    options.run_in_headings = run_in_headings;
    split(text, tokens, blocks, Abbreviations::bundled(), &options)
}

/// Each character in one token, each token in one sentence.
fn check(text: &str) {
    let tokens = tokenize(text);
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    assert_eq!(tokens.iter().map(|t| letters(&text[t.span])).sum::<usize>(), letters(text));
    assert_eq!(sentences(text, &tokens, &blocks(text), true).iter().map(|s| s.tokens.len()).sum::<usize>(), tokens.len());
}

/// Prints how many times as fast as its peers the tokenizer is: of each the best of many rounds, in turns.
fn ratios(text: &str) {
    const ROUNDS: usize = 20;
    let tokens = tokenize(text);
    let blocks = blocks(text);
    let (mut out, mut words) = (Vec::new(), Vec::new());
    type Run<'a> = (&'static str, Box<dyn FnMut() -> usize + 'a>);
    let mut runs: [Run; 6] = [
        ("tokenize_into", Box::new(|| (tokenize_into(black_box(text), &mut out), out.len()).1)),
        ("split_whitespace", Box::new(|| (whitespace(black_box(text), &mut words), words.len()).1)),
        (
            "unicode_words",
            Box::new({
                let mut words = Vec::new();
                move || (unicode_words(black_box(text), &mut words), words.len()).1
            }),
        ),
        (
            "icu_segmenter",
            Box::new({
                let mut breaks = Vec::new();
                move || (icu(black_box(text), &mut breaks), breaks.len()).1
            }),
        ),
        ("split", Box::new(|| sentences(black_box(text), &tokens, &blocks, true).len())),
        ("split, run_in_headings off", Box::new(|| sentences(black_box(text), &tokens, &blocks, false).len())),
    ];
    let mut best = [f64::MAX; 6];
    for _ in 0..ROUNDS {
        for ((_, run), best) in runs.iter_mut().zip(&mut best) {
            // Three in a row, for the tables of one do not stay in the caches while another runs, as they do in long texts.
            for _ in 0..3 {
                let start = Instant::now();
                black_box(run());
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
    }
    println!("{} bytes, {} tokens; of each the best of {ROUNDS} rounds", text.len(), tokens.len());
    for ((name, _), time) in runs.iter().zip(best) {
        println!("{name:28} {:6.0} MB/s, {:5.2} times the time of tokenize_into", text.len() as f64 / 1e6 / time, time / best[0]);
    }
}

/// Prints what tokens and sentences of a byte cost in texts of all lengths: the same text each time, cut into pieces of a length, for what is read over and over
/// costs less, whatever its length. Prose as it is, in ASCII, and with every `e` an `æ`; and hostile texts. Of each the best of the rounds,
/// in turns.
fn lengths(quick: bool) {
    const LENGTHS: [usize; 6] = [1_000, 10_000, 100_000, MEGABYTE, 10 * MEGABYTE, 100 * MEGABYTE];
    let (lengths, rounds) = if quick { (&LENGTHS[..2], 1) } else { (&LENGTHS[..], 7) };
    let longest = lengths[lengths.len() - 1];
    println!("nanoseconds a byte, in texts of {lengths:?} bytes; in all {longest} bytes");
    let mut out = Vec::new();
    let mut print = |name: &str, text: &str, rounds: usize| {
        let mut best = vec![[Duration::MAX; 2]; lengths.len()];
        let whole = tokenize(text).len();
        for _ in 0..rounds {
            for (best, &length) in best.iter_mut().zip(lengths) {
                let (mut rest, mut count, mut times) = (text, 0, [Duration::ZERO; 2]);
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(head(rest, length));
                    let start = Instant::now();
                    tokenize_into(black_box(piece), &mut out);
                    times[0] += start.elapsed();
                    let blocks = blocks(piece);
                    let start = Instant::now();
                    let split = sentences(black_box(piece), &out, &blocks, true);
                    times[1] += start.elapsed();
                    count += split.iter().map(|s| s.tokens.len()).sum::<usize>();
                    rest = after;
                }
                *best = [0, 1].map(|i| best[i].min(times[i]));
                // A cut may part a token.
                assert!(count.abs_diff(whole) <= 2 * text.len() / length, "{count} of {whole}");
            }
        }
        for (i, stage) in ["tokens", "sentences"].into_iter().enumerate() {
            let cells = best.iter().map(|times| format!("{:6.2}", times[i].as_secs_f64() / text.len() as f64 * 1e9));
            println!("{name:13}{stage:9}{}", cells.collect::<String>());
        }
    };
    let text = prose(longest);
    let ascii = text.replace(['æ', 'Æ'], "ae").replace(['ø', 'Ø'], "o").replace(['å', 'Å'], "aa").replace(|c: char| !c.is_ascii(), "-");
    print("prose", &text, rounds);
    print("in ASCII", &ascii, rounds);
    print("with æ for e", &text.replace('e', "æ"), rounds);
    for part in HOSTILE {
        print(&part.escape_default().to_string(), &part.repeat(longest / part.len()), rounds.min(2));
    }
}

fn bench(c: &mut Criterion, text: &str) {
    let mut out: Vec<Token> = Vec::new();
    let mut words = Vec::new();
    let mut group = c.benchmark_group("tokenize");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("spalte", |b| b.iter(|| (tokenize_into(black_box(text), &mut out), out.len())));
    group.bench_function("floor: split_whitespace", |b| b.iter(|| (whitespace(black_box(text), &mut words), words.len())));
    group.bench_function("floor: from_utf8", |b| b.iter(|| std::str::from_utf8(black_box(text.as_bytes())).is_ok()));
    group.bench_function("peer: unicode_words", |b| b.iter(|| (unicode_words(black_box(text), &mut words), words.len())));
    group.bench_function("peer: icu_segmenter", |b| b.iter(|| (icu(black_box(text), &mut words), words.len())));
    group.finish();

    let (tokens, blocks) = (tokenize(text), blocks(text));
    let mut group = c.benchmark_group("split");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for (name, run_in) in [("spalte", true), ("spalte, run_in_headings off", false)] {
        group.bench_function(name, |b| b.iter(|| sentences(black_box(text), &tokens, &blocks, run_in).len()));
    }
    group.bench_function("peer: unicode_sentences", |b| b.iter(|| black_box(text).unicode_sentences().count()));
    group.finish();

    let mut group = c.benchmark_group("hostile");
    group.sample_size(10);
    for part in HOSTILE {
        let text = part.repeat(MEGABYTE / part.len());
        check(&text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(part.escape_default().to_string(), |b| b.iter(|| (tokenize_into(black_box(&text), &mut out), out.len())));
    }
    group.finish();
}

/// What each finds in the file, for `benches/peers.py` to score: a line `system, tokens or sentences, start, end` a span, offsets in bytes.
fn print_spans(path: &Path) {
    let text = fs::read_to_string(path).expect("a text file");
    let mut words = Vec::new();
    let mut out = String::new();
    let mut print = |system: &str, what: &str, spans: &mut dyn Iterator<Item = (usize, usize)>| {
        for (start, end) in spans.filter(|&(start, end)| !text[start..end].trim().is_empty()) {
            out += &format!("{system}\t{what}\t{start}\t{end}\n");
        }
    };
    let wide = |spans: &[(u32, u32)]| -> Vec<_> { spans.iter().map(|&(start, end)| (start as usize, end as usize)).collect() };
    let tokens = tokenize(&text);
    print("spalte", "tokens", &mut tokens.iter().map(|t| (t.span.start(), t.span.end())));
    let split = sentences(&text, &tokens, &blocks(&text), true);
    print("spalte", "sentences", &mut split.iter().map(|s| (s.span.start(), s.span.end())));
    whitespace(&text, &mut words);
    print("str::split_whitespace", "tokens", &mut wide(&words).into_iter());
    let bounds = text.split_word_bound_indices().map(|(start, word)| (start, start + word.len()));
    print("unicode-segmentation", "tokens", &mut bounds.into_iter());
    let bounds = text.split_sentence_bound_indices().map(|(start, sentence)| (start, start + sentence.len()));
    print("unicode-segmentation", "sentences", &mut bounds.into_iter());
    icu(&text, &mut words);
    print("icu_segmenter", "tokens", &mut wide(&words).into_iter());
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let ends: Vec<usize> = segmenter.segment_str(&text).collect();
    print("icu_segmenter", "sentences", &mut ends.windows(2).map(|pair| (pair[0], pair[1])));
    print!("{out}");
}

fn main() {
    if let Some(path) = std::env::var_os("SPANS") {
        return print_spans(Path::new(&path));
    }
    if let Some(stage) = std::env::var_os("COUNT") {
        let size = std::env::var("SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(MEGABYTE);
        let text = prose(size);
        let (mut tokens, blocks) = (tokenize(&text), blocks(&text));
        // The tables are read before.
        drop(sentences("Ny leiar Han er ny.", &tokenize("Ny leiar Han er ny."), &[Span::new(0, 19)], true));
        for _ in 0..(10 * MEGABYTE).div_ceil(size) {
            match stage.to_str() {
                Some("tokenize") => tokenize_into(&text, &mut tokens),
                Some("split") => drop(black_box(sentences(&text, &tokens, &blocks, true))),
                Some("split-plain") => drop(black_box(sentences(&text, &tokens, &blocks, false))),
                Some("whitespace") => whitespace(&text, black_box(&mut Vec::new())),
                _ => {}
            }
        }
        return;
    }
    let text = prose(MEGABYTE);
    check(&text);
    ratios(&text);
    lengths(std::env::args().any(|a| a == "--test"));
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion, &text);
    criterion.final_summary();
}
