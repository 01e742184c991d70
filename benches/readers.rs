//! What hostile pages, agency files and feeds cost their readers: time and peak memory for each byte, and how much more of it for each byte
//! when the file is doubled.
//!
//! `cargo bench --all-features --bench readers [-- SHAPE...]`. Each figure comes from a process of its own; time is that of the processor where
//! the system tells (Linux), memory what the process grows by while it reads (Linux), the file itself not counted. With `--test` all sizes are small.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use spalte::{Article, Feed};

/// The file's kind, its shape's name, how it begins, and what is repeated; `#` is a number that rises.
const SHAPES: &[(&str, &str, &str, &str)] = &[
    (
        "html",
        "articles",
        "",
        "<article><h1>Ny bro</h1><p class=lead>Kommunen bygger.</p><p>– Endelig, sier <a href=/>ordføreren</a>.</p></article>",
    ),
    ("html", "nested blocks", "", "<div>"),
    ("html", "nested emphasis", "", "<b>"),
    ("html", "nested articles", "", "<article><p>Broen åpner i mai."),
    ("html", "nested menus", "", "<nav><p>a"),
    ("html", "nested lists", "", "<ul><li>Ja"),
    ("html", "nested tables", "", "<table><tr><td>Ja"),
    ("html", "open paragraphs", "", "<p>Ja"),
    ("html", "open emphasis", "", "<p><b>Ja"),
    ("html", "crossed elements", "", "<b><p>Ja</b></p>"),
    ("html", "ends of nothing", "<div><i><i><i>", "</b></p></section>"),
    ("html", "ends beyond a block", "<b><div>", "<i></b>"),
    ("html", "names of all kinds", "", "<x-#>Ja"),
    ("html", "classes of all kinds", "", "<p class='a-# b#C__d--e'>Ja</p>"),
    ("html", "one long class", "<p class='", "article-body "),
    ("html", "one long attribute", "<p title='", "a"),
    ("html", "one long word", "<p>", "a"),
    ("html", "many attributes", "<p ", "a#=1 "),
    ("html", "entities", "<p>", "&aring;&amp;"),
    ("html", "less-than signs", "", "<"),
    ("html", "open comments", "", "<!--"),
    ("html", "open scripts", "", "<script>"),
    ("html", "line breaks", "<p>", "Ja<br><br>"),
    ("html", "quotes in boxes", "<p>Vi er klare til å bygge bro.</p>", "<blockquote>Vi er klare til å bygge hus nå.</blockquote>"),
    ("html", "headings alone", "<h1>Ny bro</h1>", "<h2>Ny bro</h2>"),
    ("html", "titles", "", "<h1>Ny bro</h1><p>Ja, sa hun."),
    ("html", "data", "", "<script type=application/ld+json>{\"@graph\":[{\"@type\":\"Thing\"}]}</script>"),
    ("html", "long data", "<script type=application/ld+json>", "[{\"@graph\":"),
    ("html", "NULs", "<p>", "a\0"),
    ("xml", "nested", "<nitf><body>", "<p>"),
    ("xml", "paragraphs", "<nitf><body>", "<p>Ja, sa <person>hun</person>.</p>"),
    ("xml", "entities", "<nitf><body><p>", "&a;&amp;"),
    ("xml", "many attributes", "<nitf><body><p ", "a#='1' "),
    ("xml", "metadata", "<newsItem>", "<by>Kari Nordheim</by><name>"),
    ("xml", "declared entities", "<!DOCTYPE a [", "<!ENTITY a# \"&a;&a;\">"),
    ("xml", "plain text", "<newsItem><inlineData>", "Ja, sa hun for # gang.\n\n"),
    ("json", "arrays", "{\"body_text\": ", "["),
    ("json", "paragraphs", "{\"body_text\": \"", "Ja, sa hun for # gang.\\n\\n"),
    ("json", "pictures", "{\"body_text\": \"Ja.\", \"associations\": [", "{\"type\": \"picture\", \"description_text\": \"Bilde #\"},"),
    ("feed", "items", "<rss>", "<item><title>Ny bro</title><description>&lt;p&gt;Kommunen bygger.</description></item>"),
    ("feed", "nested", "<rss><item>", "<description>"),
];

fn file(name: &str, size: usize) -> String {
    let (.., start, unit) = SHAPES.iter().find(|(kind, shape, ..)| format!("{kind}: {shape}") == name).expect("a shape");
    let mut text = String::with_capacity(size + 200);
    text.push_str(start);
    for i in 0.. {
        if text.len() >= size {
            break;
        }
        match unit.split_once('#') {
            Some((before, after)) => text.extend([before, &i.to_string(), after]),
            None => text.push_str(unit),
        }
    }
    // Files that must be well-formed are.
    if name == "xml: paragraphs" {
        text += "</body></nitf>";
    }
    if name == "xml: plain text" {
        text += "</inlineData></newsItem>";
    }
    if name == "json: paragraphs" {
        text += "\"}";
    }
    if name == "json: pictures" {
        text += "{}]}";
    }
    text
}

/// Reads a file, and tells how many bytes its articles have.
fn read(name: &str, text: &str) -> usize {
    match name.split(':').next() {
        Some("html") => Article::from_html(text).text().len(),
        Some("feed") => Feed::new(text).map(|a| a.map_or(0, |a| a.text().len())).sum(),
        _ => Article::from_newsml(text).map_or(0, |a| a.text().len()),
    }
}

/// A figure of `/proc/self/status`, in bytes.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
    Some(kilobytes.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Nanoseconds that this process was at work, where the system tells; else since `start`.
fn now(start: Instant) -> f64 {
    let scheduler = std::fs::read_to_string("/proc/self/schedstat").ok();
    scheduler.and_then(|s| s.split(' ').next()?.parse().ok()).unwrap_or_else(|| start.elapsed().as_nanos() as f64)
}

/// In the process of one figure: prints nanoseconds, bytes of memory and bytes of text for each byte of the file.
fn measure(name: &str, size: usize) {
    read(name, &file(name, 1 << 10));
    let text = file(name, size);
    let reset = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmHWM").filter(|_| reset.is_ok());
    let length = read(name, &text);
    let peak = before.and_then(|before| Some(memory("VmHWM")?.saturating_sub(before) as f64));
    let (start, mut rounds) = (Instant::now(), 0.0);
    let began = now(start);
    while rounds < 1.0 || now(start) - began < 2e8 {
        black_box(read(name, black_box(&text)));
        rounds += 1.0;
    }
    let each = |n: f64| n / text.len() as f64;
    println!("{} {} {}", each((now(start) - began) / rounds), each(peak.unwrap_or(f64::NAN)), each(length as f64));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [measured, name, size] = &arguments[..]
        && measured == "measure"
    {
        return measure(name, size.parse().expect("a size"));
    }
    let sizes: Vec<usize> =
        if arguments.iter().any(|a| a == "--test") { vec![1 << 12, 1 << 13] } else { (20..=24).map(|n| 1 << n).collect() };
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let head: String = sizes.iter().map(|s| format!("{:>7}k", s >> 10)).collect();
    println!("{:<28}{head}    mean  worst  memory    text", "ns a byte");
    println!("{:<28}{:>width$}   growth a doubling   bytes a byte", "", "", width = 8 * sizes.len() - 6);
    for (kind, shape, ..) in SHAPES {
        let name = format!("{kind}: {shape}");
        if !wanted.is_empty() && !wanted.iter().any(|w| name.contains(w.as_str())) {
            continue;
        }
        let run = |size: &usize| {
            let program = std::env::current_exe().expect("this program");
            let output = Command::new(program).args(["measure", &name, &size.to_string()]).output().expect("a process");
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            let numbers = String::from_utf8_lossy(&output.stdout);
            numbers.split_whitespace().map(|n| n.parse::<f64>().expect("a number")).collect::<Vec<_>>()
        };
        let runs: Vec<Vec<f64>> = sizes.iter().map(run).collect();
        let times: String = runs.iter().map(|r| format!("{:8.1}", r[0])).collect();
        let last = &runs[runs.len() - 1];
        let mean = 100.0 * ((last[0] / runs[0][0]).powf(1.0 / (runs.len() - 1) as f64) - 1.0);
        let worst = runs.windows(2).map(|w| 100.0 * (w[1][0] / w[0][0] - 1.0)).fold(f64::MIN, f64::max);
        println!("{name:<28}{times}  {mean:+5.1}% {worst:+5.0}%  {:6.1}  {:6.2}", last[1], last[2]);
    }
}
