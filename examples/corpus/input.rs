//! Where articles come from: folders, files of many articles, compressed or not, and standard input.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde::Deserialize;
use spalte::{Article, BlockKind};

/// How articles stand in a file.
#[derive(Clone, Copy, PartialEq)]
pub enum Format {
    /// A line an article: `{"id": …, "text": …}`, or `title`, `lead` and `body`.
    JsonLines,
    /// Plain text, with a form feed between articles.
    Text,
}

/// An article as it was read, or why there is none.
pub struct Record {
    /// `FILE:LINE`, for messages.
    pub place: String,
    /// What it is called where it has no name of its own.
    id: String,
    format: Format,
    content: Result<Vec<u8>, String>,
}

/// A record that is no article: what is wrong, and where.
pub struct Bad {
    pub place: String,
    pub message: String,
}

impl Record {
    fn bad(path: &Path, message: impl ToString) -> Record {
        let place = path.display().to_string();
        Record { id: place.clone(), place, format: Format::Text, content: Err(message.to_string()) }
    }

    /// The article that the record holds.
    pub fn article(self) -> Result<Article, Bad> {
        let Record { place, id, format, content } = self;
        let read = content.and_then(|bytes| {
            let text = String::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to() + 1))?;
            match format {
                Format::Text => Ok(Article::from_text(text).with_id(id)),
                Format::JsonLines => Row::read(&text)?.article(id),
            }
        });
        read.map_err(|message| Bad { place, message })
    }
}

/// A line of JSON. Other fields are left aside.
#[derive(Deserialize)]
struct Row {
    id: Option<Id>,
    title: Option<String>,
    lead: Option<String>,
    #[serde(alias = "text")]
    body: Option<Body>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "id: expected a string or a number")]
enum Id {
    Name(String),
    Number(serde_json::Number),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of paragraphs")]
enum Body {
    Text(String),
    Paragraphs(Vec<String>),
}

impl Row {
    fn read(line: &str) -> Result<Row, String> {
        let line = line.trim_start_matches('\u{FEFF}');
        if !line.trim_start().starts_with('{') {
            return Err("expected an object".to_owned());
        }
        serde_json::from_str(line).map_err(|e| {
            let message = e.to_string();
            format!("column {}: {}", e.column(), message.split(" at line ").next().unwrap_or(&message))
        })
    }

    /// A body alone is a text whose title and lead are found; where these are given, it is what comes after them.
    fn article(self, place: String) -> Result<Article, String> {
        let id = match self.id {
            Some(Id::Name(name)) => name,
            Some(Id::Number(number)) => number.to_string(),
            None => place,
        };
        let body = self.body.map(|body| match body {
            Body::Text(text) => text,
            Body::Paragraphs(list) => list.join("\n\n"),
        });
        if self.title.is_none() && self.lead.is_none() {
            return Ok(Article::from_text(body.ok_or("no text: expected text, or title, lead and body")?).with_id(id));
        }
        let given = Article::builder().title(self.title.as_deref().unwrap_or("")).lead(self.lead.as_deref().unwrap_or(""));
        let body = Article::from_text(body.unwrap_or_default());
        let whole = body.blocks().iter().fold(given, |article, block| {
            let kind = match block.kind {
                BlockKind::Title => BlockKind::Heading,
                BlockKind::Lead => BlockKind::Paragraph,
                kind => kind,
            };
            article.block(kind, &body.text()[block.span])
        });
        Ok(whole.build().with_id(id))
    }
}

/// Reads all inputs, in the order given, and hands on their records.
pub struct Reader {
    /// For files whose name does not tell.
    pub format: Option<Format>,
    /// Longer articles are bad records: memory is bounded by the longest.
    pub longest: usize,
    /// Bytes of the files read so far, compressed where they are.
    pub read: Arc<AtomicU64>,
    /// Files of folders that are no texts.
    pub aside: Arc<AtomicU64>,
    pub records: SyncSender<Record>,
}

/// Nobody takes records any more.
pub struct Closed;

impl Reader {
    /// Reads a folder, a file, or standard input (`-`).
    pub fn input(&self, path: &Path) -> Result<(), Closed> {
        if path == Path::new("-") {
            return self.stream(Path::new("stdin"), Box::new(BufReader::new(io::stdin())), None);
        }
        if path.is_dir() {
            return self.folder(path, path);
        }
        let file = match File::open(path) {
            Ok(file) => Counted { file, read: Arc::clone(&self.read) },
            Err(e) => return self.send(Record::bad(path, e)),
        };
        let file = BufReader::with_capacity(1 << 16, file);
        let suffix = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let plain: Box<dyn BufRead> = match suffix(path).as_deref() {
            Some("gz") => Box::new(BufReader::new(MultiGzDecoder::new(file))),
            Some("xz") => Box::new(BufReader::new(XzReader::new(file, true))),
            Some("zst") => Box::new(BufReader::new(Zstd { source: file, frame: FrameDecoder::new(), open: false })),
            _ => return self.stream(path, Box::new(file), suffix(path)),
        };
        let inner = path.with_extension("");
        let suffix = suffix(&inner);
        self.stream(path, plain, suffix)
    }

    /// Reads each `.txt` below a folder as one article, in the order of the names; it is called by its path in the folder.
    fn folder(&self, top: &Path, folder: &Path) -> Result<(), Closed> {
        let mut paths: Vec<PathBuf> = match fs::read_dir(folder).and_then(|entries| entries.map(|e| Ok(e?.path())).collect()) {
            Ok(paths) => paths,
            Err(e) => return self.send(Record::bad(folder, e)),
        };
        paths.sort();
        for path in paths {
            let text = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt"));
            if path.is_dir() {
                // A link may lead round in a circle.
                if path.is_symlink() {
                    self.send(Record::bad(&path, "a link to a folder is not followed"))?;
                } else {
                    self.folder(top, &path)?;
                }
            } else if text {
                let id = path.strip_prefix(top).unwrap_or(&path).with_extension("").to_string_lossy().replace('\\', "/");
                let mut bytes = Vec::new();
                let content = File::open(&path).and_then(|file| file.take(self.longest as u64 + 1).read_to_end(&mut bytes));
                self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                let content = match content {
                    Ok(length) if length > self.longest => Err(self.too_long()),
                    Ok(_) => Ok(bytes),
                    Err(e) => Err(e.to_string()),
                };
                self.send(Record { place: path.display().to_string(), id, format: Format::Text, content })?;
            } else {
                self.aside.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Reads many articles from one stream.
    fn stream(&self, path: &Path, mut source: Box<dyn BufRead + '_>, suffix: Option<String>) -> Result<(), Closed> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split('.').next().unwrap_or(&name);
        let format = match (self.format, suffix.as_deref()) {
            (Some(format), _) => format,
            (None, Some("jsonl" | "ndjson")) => Format::JsonLines,
            (None, Some("txt")) => Format::Text,
            // A text opens with a brace where it is JSON.
            _ => match source.fill_buf() {
                Ok(start) if start.trim_ascii_start().starts_with(b"{") => Format::JsonLines,
                Ok(_) => Format::Text,
                Err(e) => return self.send(Record::bad(path, e)),
            },
        };
        let end = if format == Format::JsonLines { b'\n' } else { b'\x0C' };
        let (mut line, mut number) = (1, 0);
        loop {
            let piece = match Piece::read(&mut source, end, self.longest) {
                Ok(None) => return Ok(()),
                Ok(Some(piece)) => piece,
                // What was read of the last article is not all of it.
                Err(e) => return self.send(Record::bad(path, format_args!("breaks off after line {line}: {e}"))),
            };
            let first = line + piece.blank_lines;
            line += piece.lines;
            if piece.blank {
                continue;
            }
            number += 1;
            let id = format!("{stem}:{}", if format == Format::JsonLines { first } else { number });
            let content = if piece.too_long { Err(self.too_long()) } else { Ok(piece.bytes) };
            self.send(Record { place: format!("{}:{first}", path.display()), id, format, content })?;
        }
    }

    fn too_long(&self) -> String {
        format!("longer than {} bytes (--longest)", self.longest)
    }

    fn send(&self, record: Record) -> Result<(), Closed> {
        self.records.send(record).map_err(|_| Closed)
    }
}

/// What stands before an end mark, of which no more than so many bytes are held.
struct Piece {
    bytes: Vec<u8>,
    too_long: bool,
    /// Whether there is nothing but white space.
    blank: bool,
    /// Line ends, the end mark's own included, and those before the first word.
    lines: usize,
    blank_lines: usize,
}

impl Piece {
    /// Reads up to and with the next `end`; `None` at the end of the stream.
    fn read(source: &mut dyn BufRead, end: u8, longest: usize) -> io::Result<Option<Piece>> {
        let mut piece = Piece { bytes: Vec::new(), too_long: false, blank: true, lines: 0, blank_lines: 0 };
        let mut some = false;
        loop {
            let chunk = match source.fill_buf() {
                Ok(chunk) => chunk,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let stop = chunk.iter().position(|&b| b == end);
            let part = &chunk[..stop.unwrap_or(chunk.len())];
            let used = part.len() + usize::from(stop.is_some());
            if piece.blank {
                let word = part.iter().position(|b| !b.is_ascii_whitespace());
                piece.blank = word.is_none();
                piece.blank_lines += part[..word.unwrap_or(part.len())].iter().filter(|&&b| b == b'\n').count();
            }
            piece.lines += chunk[..used].iter().filter(|&&b| b == b'\n').count();
            if piece.bytes.len() + part.len() > longest {
                piece.too_long = true;
                piece.bytes = Vec::new();
            }
            if !piece.too_long {
                piece.bytes.extend_from_slice(part);
            }
            some |= used > 0;
            source.consume(used);
            if stop.is_some() || used == 0 {
                return Ok(some.then_some(piece));
            }
        }
    }
}

/// A file whose bytes are counted as they are read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Zstandard: frames one after another, each with its checksum where it has one.
struct Zstd<R> {
    source: R,
    frame: FrameDecoder,
    open: bool,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        loop {
            if !self.open {
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                match self.frame.init(&mut self.source) {
                    Ok(()) => self.open = true,
                    Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                        io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                    }
                    Err(e) => return Err(io::Error::other(e)),
                }
                continue;
            }
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
            }
            let n = self.frame.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let sum = self.frame.get_checksum_from_data();
            if sum.is_some() && sum != self.frame.get_calculated_checksum() {
                return Err(io::Error::new(ErrorKind::InvalidData, "the checksum is wrong"));
            }
            self.open = false;
        }
    }
}
