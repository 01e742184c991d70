//! What hostile texts cost: time and peak memory for each byte, and how much more of it for each byte when a text is doubled.
//!
//! `cargo bench --bench limits [-- SHAPE...]`. Each figure comes from a process of its own, so that no other figure's memory is in it. Time
//! is that of the processor where the system tells (Linux). Peak memory is what the process grows by while it annotates, the text that the document keeps counted
//! (Linux; `-` elsewhere). Before the shapes: how long a process takes to its first document, and tokens a second on the shipped articles
//! and, where the corpus lies beside the checkout and `xz` is installed, on newspaper prose: every hundredth document of NoReC, each
//! annotated as an article.
//!
//! Instructions, which no other load on the machine changes: `valgrind --tool=callgrind target/release/deps/limits-… count SHAPE SIZE`
//! annotates a shape of that size once; `count SHAPE 0` counts what to take off for the tables and the first document.
//!
//! With `--test` all sizes are small, and nothing is asserted but that documents are sound and hold tokens.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

use spalte::{Document, Pipeline};

const CORPUS: &str = "../shared/corpora/norec.txt.xz";

/// What is repeated until the text is long enough; `articles` and `names` are made by [`text`].
const SHAPES: &[(&str, &str)] = &[
    ("articles", ""),
    ("names of one surname", ""),
    ("opening marks", "«"),
    ("empty marks", "«»"),
    ("straight marks", "\""),
    ("nested marks", "«Ja, sa han, "),
    ("marks and dashes", "«– "),
    ("hyphens", "-"),
    ("dashes", "– "),
    ("stops", "a."),
    ("numbers and stops", "1."),
    ("one word", "a"),
    ("one surname", "Berg "),
    ("pronouns", "han sa at "),
    ("titles", "statsminister Moe "),
    ("sources", "ifølge politiet "),
    ("one line", "broen ved elva åpner i mai og ble bygd av kommunen "),
    ("line breaks", "\n"),
    ("lines of one word", "Ja\n"),
    ("captions", "Foto: Moe / NTB\n\n"),
    ("brackets", "([{"),
    ("addresses", "http://a@b/"),
    ("NULs", "\0"),
    ("combining marks", "a\u{301}\u{308}"),
    ("joined emoji", "👩\u{200d}"),
    ("right to left", "שלום "),
];

fn articles() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the shipped articles").filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths.iter().map(|p| std::fs::read_to_string(p).expect("UTF-8")).collect()
}

/// Documents of newspaper prose, spread over the corpus; none where it is not at hand.
fn prose() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    let unpacked = corpus.exists().then(|| Command::new("xz").arg("-dc").arg(&corpus).output().ok()).flatten();
    let Some(output) = unpacked.filter(|output| output.status.success()) else { return Vec::new() };
    // A form feed stands between documents.
    String::from_utf8_lossy(&output.stdout).split('\u{C}').step_by(100).map(str::to_owned).collect()
}

/// Prints how fast texts are annotated.
fn speed(pipeline: &Pipeline, what: &str, texts: &[String]) {
    let tokens: usize = texts.iter().map(|t| sound(&pipeline.annotate(t.as_str()))).sum();
    let bytes: usize = texts.iter().map(String::len).sum();
    let time = mean_time(|| texts.iter().for_each(|t| drop(black_box(pipeline.annotate(black_box(t.as_str())))))) / 1e9;
    println!("annotate {what}: {:.0} tokens a second, {:.2} MB/s on one core", tokens as f64 / time, bytes as f64 / time / 1e6);
}

fn text(shape: &str, size: usize) -> String {
    let mut text = String::with_capacity(size + 64);
    match shape {
        "articles" => {
            let joined = articles().join("\n\n");
            text = joined.repeat(size / joined.len() + 1);
        }
        // No two given names are alike.
        "names of one surname" => {
            for i in 0.. {
                if text.len() >= size {
                    break;
                }
                let letter = |n: usize| char::from(b'a' + (i / 26usize.pow(n as u32) % 26) as u8);
                text.push_str(&format!("J{}{}{}{}o Berg, ", letter(0), letter(1), letter(2), letter(3)));
            }
        }
        _ => {
            let unit = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape").1;
            text = unit.repeat(size / unit.len() + 1);
        }
    }
    let end = (0..=size).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text.truncate(end);
    text
}

/// A figure of `/proc/self/status`, in bytes.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
    Some(kilobytes.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Nanoseconds that this process was at work, where the system tells, so that other programs do not count; else since the start.
fn now() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let scheduler = std::fs::read_to_string("/proc/self/schedstat").ok();
    let work = scheduler.and_then(|s| s.split(' ').next()?.parse().ok());
    work.unwrap_or_else(|| START.elapsed().as_nanos() as f64)
}

/// Nanoseconds that something takes, over half a second at least, for the system's figure moves by milliseconds.
fn mean_time(work: impl Fn()) -> f64 {
    let start = now();
    let mut rounds = 0.0;
    while rounds < 2.0 || now() - start < 5e8 {
        work();
        rounds += 1.0;
    }
    (now() - start) / rounds
}

fn sound(doc: &Document) -> usize {
    doc.check().expect("a sound document");
    doc.tokens().len()
}

/// In the process of one figure: prints nanoseconds and bytes for each byte of the text, and the number of tokens.
fn measure(shape: &str, size: usize) {
    let text = text(shape, size);
    let pipeline = Pipeline::new();
    pipeline.annotate(articles().swap_remove(0));
    // Writing 5 there sets the peak to what the process takes now.
    let reset = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmHWM").filter(|_| reset.is_ok());
    let doc = pipeline.annotate(text.as_str());
    let peak = before.and_then(|before| Some((memory("VmHWM")? - before) as f64 / text.len() as f64));
    let tokens = sound(&doc);
    drop(doc);
    let time = mean_time(|| drop(black_box(pipeline.annotate(black_box(text.as_str())))));
    println!("{} {} {tokens}", time / text.len() as f64, peak.unwrap_or(f64::NAN));
}

/// In a process of its own: annotates a text once, after another.
fn count(shape: &str, size: usize) {
    let pipeline = Pipeline::new();
    pipeline.annotate(articles().swap_remove(0));
    black_box(pipeline.annotate(text(shape, size)));
}

/// In a process of its own: prints the milliseconds to the first document.
fn first_document() {
    let text = articles().swap_remove(0);
    let start = Instant::now();
    let doc = Pipeline::new().annotate(text);
    let time = start.elapsed().as_secs_f64() * 1e3;
    println!("{time} {}", sound(&doc));
}

/// What this program prints when it is run with these arguments: numbers.
fn run(arguments: &[&str]) -> Vec<f64> {
    let output = Command::new(std::env::current_exe().expect("this program")).arg("measure").args(arguments).output().expect("a process");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(|n| n.parse().expect("a number")).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["measure", "first document"] => return first_document(),
        ["measure", shape, size] => return measure(shape, size.parse().expect("a size")),
        ["count", shape, size] => return count(shape, size.parse().expect("a size")),
        _ => {}
    }
    let quick = arguments.iter().any(|a| a == "--test");
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();

    let starts = (0..if quick { 1 } else { 20 }).map(|_| run(&["first document"])[0]);
    println!("first document after {:.1} ms", starts.fold(f64::MAX, f64::min));
    let pipeline = Pipeline::new();
    speed(&pipeline, "the shipped articles", &articles());
    let prose = prose();
    if !prose.is_empty() {
        speed(&pipeline, &format!("{} documents of newspaper prose", prose.len()), if quick { &prose[..1] } else { &prose });
    }

    let sizes: Vec<usize> = if quick { vec![1 << 12, 1 << 13] } else { (16..=24).map(|n| 1 << n).collect() };
    let head: String = sizes.iter().map(|s| format!("{:>7}k", s >> 10)).collect();
    println!("\n{:<22}{head}    mean  worst  memory  memory", "ns a byte");
    println!("{:<22}{:>width$}   growth a doubling   first    last", "", "", width = 8 * sizes.len() - 6);
    for (shape, _) in SHAPES.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()))) {
        let runs: Vec<Vec<f64>> = sizes.iter().map(|size| run(&[shape, &size.to_string()])).collect();
        assert!(runs.iter().all(|r| r[2] > 0.0 || *shape == "line breaks"), "{shape}: no tokens");
        let times: String = runs.iter().map(|r| format!("{:8.1}", r[0])).collect();
        let growth = |from: f64, to: f64| 100.0 * (to / from - 1.0);
        let (first, last) = (&runs[0], &runs[runs.len() - 1]);
        let mean = growth(1.0, (last[0] / first[0]).powf(1.0 / (runs.len() - 1) as f64));
        let worst = runs.windows(2).map(|w| growth(w[0][0], w[1][0])).fold(f64::MIN, f64::max);
        println!("{shape:<22}{times}  {mean:+5.1}% {worst:+5.0}%  {:6.1}  {:6.1}", runs[runs.len() / 2][1], last[1]);
    }
}
