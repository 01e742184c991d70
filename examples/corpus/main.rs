//! Many articles in, JSON Lines out: one document a line, as README.md describes it, in the order of the articles, on all cores. Or Parquet
//! out: a row a quote, as `spalte::export::parquet` writes it.
//!
//! usage: corpus [OPTIONS] [INPUT...]      without an input, the shipped articles
//!
//! An input is
//! - a folder: each `.txt` in it and below is an article, in the order of the names;
//! - `.jsonl`: a line an article, `{"id": …, "text": …}` or `{"id": …, "title": …, "lead": …, "body": …}`; a body is a string or a list of
//!   paragraphs, no field but a text is needed, and other fields are left aside;
//! - `.txt`: plain text, with a form feed between articles;
//! - either of the two as `.xz`, `.zst` or `.gz`; where the name does not tell which, the first character does;
//! - `-`: standard input, of either kind.
//!
//! Articles without a name of their own are called by their path in the folder, or by the file's name and the line or number in it.
//!
//! options: `--out FILE` (else standard output), Parquet where the name ends in `.parquet`; `--jobs N` (else all cores); `--format jsonl|text`; `--variety nb|nn`;
//! `--offsets utf-8|chars|utf-16`; `--longest BYTES` of an article, 4,000,000 unless told
//!
//! Ctrl-C ends the run when the articles under way are written; a second one ends it at once. The same command goes on where an earlier one
//! stopped, however that was: it compares the lines of FILE with the articles, cuts off a line that is not whole, and annotates the rest. An
//! output that is not of these articles is left as it is. A Parquet file can't be gone on with, for what makes it one stands at its end: it
//! is called `FILE.part` until all is written, also after Ctrl-C, when it holds the quotes so far; the same command then begins anew.
//!
//! Other files of a folder are left aside, and their number is told. Records that are no articles (broken JSON, no text, not UTF-8, too long, a file that breaks off) are told on standard error with file and
//! line, counted, and skipped.
//!
//! exit status: 0 all is written; 1 the run could not go on; 2 wrong usage; 3 all is written but bad records; 130 ended by Ctrl-C

mod input;
mod output;

use std::error::Error;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::BufWriter;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use spalte::{Article, Document, Offsets, Pipeline};

use input::{Bad, Format, Reader, Record};
use output::{Earlier, Output};

const USAGE: &str = "usage: corpus [--out FILE] [--jobs N] [--format jsonl|text] [--variety nb|nn] [--offsets utf-8|chars|utf-16] \
                     [--longest BYTES] [INPUT...]";

struct Options {
    inputs: Vec<PathBuf>,
    out: Option<PathBuf>,
    jobs: usize,
    format: Option<Format>,
    longest: usize,
    offsets: Offsets,
    pipeline: Pipeline,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
        let (mut inputs, mut out, mut jobs, mut format, mut longest) = (Vec::new(), None, 0, None, 4_000_000);
        let (mut offsets, mut builder) = (Offsets::Utf8, Pipeline::builder());
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--out" => out = Some(PathBuf::from(value()?)),
                "--jobs" => jobs = value()?.parse().map_err(|_| "--jobs wants a number")?,
                "--longest" => longest = value()?.parse().map_err(|_| "--longest wants a number of bytes")?,
                "--variety" => builder = builder.variety(value()?.parse()?),
                "--offsets" => {
                    offsets = serde_json::from_value(value()?.into()).map_err(|_| "--offsets wants utf-8, chars or utf-16")?;
                }
                "--format" => {
                    format = match value()?.as_str() {
                        "jsonl" => Some(Format::JsonLines),
                        "text" => Some(Format::Text),
                        _ => return Err("--format wants jsonl or text".into()),
                    }
                }
                option if option.starts_with("--") => return Err(format!("no such option: {option}").into()),
                _ => inputs.push(PathBuf::from(argument)),
            }
        }
        if inputs.is_empty() {
            inputs.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles"));
        }
        Ok(Options { inputs, out, jobs, format, longest, offsets, pipeline: builder.build() })
    }
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(e) => {
            eprintln!("corpus: {e}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    run(options).unwrap_or_else(|e| {
        eprintln!("corpus: {e}");
        ExitCode::FAILURE
    })
}

fn run(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let mut total = Some(0);
    for input in options.inputs.iter().filter(|p| *p != Path::new("-")) {
        let size = size(input).map_err(|e| format!("{}: {e}", input.display()))?;
        total = total.zip(size).map(|(sum, size)| sum + size);
    }
    total = total.filter(|_| !options.inputs.iter().any(|p| p == Path::new("-")));
    rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build_global()?;

    // The first Ctrl-C (or SIGTERM) takes no more articles, the second ends the program.
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
    })?;

    let read = Arc::new(AtomicU64::new(0));
    let (send, records) = mpsc::sync_channel(16);
    let aside = Arc::new(AtomicU64::new(0));
    let reader =
        Reader { format: options.format, longest: options.longest, read: Arc::clone(&read), aside: Arc::clone(&aside), records: send };
    let inputs = options.inputs;
    // It ends with the inputs, or when nobody takes records any more.
    let reading = thread::spawn(move || inputs.iter().try_for_each(|input| reader.input(input)).is_ok());

    let mut progress = Progress::new(total, read);
    let name = options.out.as_ref().map_or("standard output".into(), |path| path.display().to_string());
    if let Some(path) = options.out.as_ref().filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"))) {
        return quotes(path, options.pipeline, &records, &stop, progress, &aside, reading).map_err(|e| format!("{name}: {e}").into());
    }
    // The article whose line an earlier run has not finished.
    let mut broken = None;
    let mut output = match &options.out {
        None => Output::stdout(),
        Some(path) => {
            let told = |e: &dyn Display| format!("{name}: {e}");
            let (mut file, earlier) = Earlier::open(path).map_err(|e| told(&e))?;
            if let Some(mut earlier) = earlier {
                // Articles whose lines are there are done.
                while earlier.advance().map_err(|e| told(&e))? {
                    let article = loop {
                        match next(&records, &stop).map(Record::article) {
                            Some(Ok(article)) => break article,
                            Some(Err(bad)) => progress.bad(&bad),
                            None if stop.load(Ordering::Relaxed) => return Ok(ExitCode::from(130)),
                            None => return Err(told(&format_args!("line {}: there are not so many articles", earlier.count)).into()),
                        }
                    };
                    if !earlier.is_of(&article, options.offsets)? {
                        let expected = article.id().unwrap_or_default();
                        let message = format_args!("line {}: not the document of {expected}: it is of other articles", earlier.count);
                        return Err(told(&message).into());
                    }
                    if !earlier.is_whole() {
                        broken = Some(article);
                        break;
                    }
                    progress.earlier += 1;
                }
                earlier.cut(&mut file).map_err(|e| told(&e))?;
            }
            Output::file(file)
        }
    };

    progress.start();
    let offsets = options.offsets;
    let articles = broken.into_iter().map(Ok).chain(iter::from_fn(|| next(&records, &stop).map(Err)));
    let lines = options.pipeline.map_iter(articles, move |pipeline, article: Result<Article, Record>| {
        let article = article.or_else(Record::article)?;
        let length = article.text().len();
        Ok((pipeline.annotate(article).to_json_with(offsets), length))
    });
    for line in lines {
        match line {
            Ok((line, length)) => {
                output.line(&line).map_err(|e| format!("{name}: {e}"))?;
                progress.article(length);
            }
            Err(bad) => progress.bad(&bad),
        }
    }
    output.finish().map_err(|e| format!("{name}: {e}"))?;
    progress.end(aside.load(Ordering::Relaxed));
    let done = is_done(&records, reading)?;
    Ok(progress.status(done))
}

/// Whether all records were taken; asked to stop when nothing was left, the run is done all the same.
fn is_done(records: &Receiver<Record>, reading: JoinHandle<bool>) -> Result<bool, Box<dyn Error>> {
    let done = matches!(records.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Disconnected));
    if done && reading.join().is_err() {
        return Err("the reader broke off, see above: not all articles were read".into());
    }
    Ok(done)
}

/// Writes the quotes of all articles as a Parquet file.
fn quotes(
    path: &Path,
    pipeline: Pipeline,
    records: &Receiver<Record>,
    stop: &AtomicBool,
    mut progress: Progress,
    aside: &AtomicU64,
    reading: JoinHandle<bool>,
) -> Result<ExitCode, Box<dyn Error>> {
    if path.exists() {
        return Err("is there already".into());
    }
    let part = PathBuf::from(format!("{}.part", path.display()));
    let file = File::create(&part)?;
    progress.start();
    let documents = pipeline.map_iter(iter::from_fn(|| next(records, stop)), |pipeline, record: Record| {
        let article = record.article()?;
        let length = article.text().len();
        Ok((pipeline.annotate(article), length))
    });
    let documents = documents.filter_map(|document: Result<(Document, usize), Bad>| match document {
        Ok((document, length)) => {
            progress.article(length);
            Some(document)
        }
        Err(bad) => {
            progress.bad(&bad);
            None
        }
    });
    spalte::export::parquet(documents, BufWriter::new(&file))?;
    file.sync_all()?;
    progress.end(aside.load(Ordering::Relaxed));
    let done = is_done(records, reading)?;
    if done {
        fs::rename(&part, path)?;
    }
    Ok(progress.status(done))
}

/// The next record, until the inputs end or the user asks to stop.
fn next(records: &Receiver<Record>, stop: &AtomicBool) -> Option<Record> {
    while !stop.load(Ordering::Relaxed) {
        match records.recv_timeout(Duration::from_millis(100)) {
            Err(RecvTimeoutError::Timeout) => {}
            received => return received.ok(),
        }
    }
    None
}

/// The bytes of a file, or of the texts in a folder; `None` for what has no size.
fn size(path: &Path) -> std::io::Result<Option<u64>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.is_file().then_some(metadata.len()));
    }
    let mut sum = 0;
    for entry in fs::read_dir(path)?.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            sum += size(&path).ok().flatten().unwrap_or(0);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt")) {
            sum += entry.metadata().map_or(0, |m| m.len());
        }
    }
    Ok(Some(sum))
}

/// How far it is, on a terminal, and what came of it.
struct Progress {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
    start: Instant,
    articles: u64,
    bytes: u64,
    /// Articles that an earlier run has written.
    earlier: u64,
    bad: u64,
}

impl Progress {
    fn new(total: Option<u64>, read: Arc<AtomicU64>) -> Progress {
        let bar = ProgressBar::new(0);
        let template = match total {
            Some(_) => "{bar:30} {percent:>3} %  {msg}  {eta} left",
            None => "{spinner}  {msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_length(total.unwrap_or(0));
        Progress { bar, read, start: Instant::now(), articles: 0, bytes: 0, earlier: 0, bad: 0 }
    }

    /// Annotating begins.
    fn start(&mut self) {
        self.start = Instant::now();
        self.bar.set_position(self.read.load(Ordering::Relaxed));
        self.bar.reset_eta();
    }

    fn article(&mut self, bytes: usize) {
        self.articles += 1;
        self.bytes += bytes as u64;
        if !self.bar.is_hidden() {
            self.bar.set_position(self.read.load(Ordering::Relaxed));
            self.bar.set_message(self.rates());
        }
    }

    fn bad(&mut self, bad: &Bad) {
        self.bad += 1;
        self.bar.suspend(|| eprintln!("{}: {}", bad.place, bad.message));
    }

    fn rates(&self) -> String {
        let (seconds, megabytes) = (self.start.elapsed().as_secs_f64().max(1e-3), self.bytes as f64 / 1e6);
        let (articles, speed) = (self.articles as f64 / seconds, megabytes / seconds);
        format!("{} articles, {megabytes:.1} MB: {articles:.0} articles/s, {speed:.2} MB/s", self.articles)
    }

    fn status(&self, done: bool) -> ExitCode {
        match self.bad {
            _ if !done => ExitCode::from(130),
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(3),
        }
    }

    fn end(&self, aside: u64) {
        self.bar.finish_and_clear();
        let there = if self.earlier > 0 { format!("; {} were there", self.earlier) } else { String::new() };
        let aside = if aside > 0 { format!("; {aside} files left aside that are no .txt") } else { String::new() };
        eprintln!("{}, {:.1} s{there}; {} bad records skipped{aside}", self.rates(), self.start.elapsed().as_secs_f64(), self.bad);
    }
}
