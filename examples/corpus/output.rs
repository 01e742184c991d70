//! Where documents go: standard output, or a file that a later run can go on with.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use spalte::{Article, Offsets};

/// Lines that an earlier run has written, in the order of the articles.
pub struct Earlier {
    lines: BufReader<File>,
    line: Vec<u8>,
    /// The number of the line, and the bytes of the whole lines so far.
    pub count: u64,
    length: u64,
}

impl Earlier {
    /// Opens the output, which is made where it is not there; `None` for what is no file, such as a pipe, and holds nothing.
    pub fn open(path: &Path) -> io::Result<(File, Option<Earlier>)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        match file {
            Ok(file) if file.metadata()?.is_file() => {
                let lines = BufReader::with_capacity(1 << 18, file.try_clone()?);
                Ok((file, Some(Earlier { lines, line: Vec::new(), count: 0, length: 0 })))
            }
            // A pipe can be written only.
            _ => Ok((OpenOptions::new().write(true).open(path)?, None)),
        }
    }

    /// Takes the next line, whole or not; `false` where there is none.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.lines.read_until(b'\n', &mut self.line)?;
        if self.is_whole() {
            self.length += self.line.len() as u64;
        }
        self.count += 1;
        Ok(!self.line.is_empty())
    }

    /// Whether the line has its end, rather than being what a run left that was ended in the middle of it.
    pub fn is_whole(&self) -> bool {
        self.line.ends_with(b"\n")
    }

    /// Whether the line is the document of this article, or the beginning of it. The JSON opens with name, text and unit of offsets, and a
    /// run writes lines from the first byte to the last, so that nothing else needs to be compared.
    pub fn is_of(&self, article: &Article, offsets: Offsets) -> serde_json::Result<bool> {
        let id = serde_json::to_string(&article.id())?;
        let text = serde_json::to_string(article.text())?;
        let offsets = serde_json::to_string(&offsets)?;
        let opening = format!("{{\"id\":{id},\"text\":{text},\"offsets\":{offsets},");
        let opens = self.line.starts_with(opening.as_bytes());
        Ok(if self.is_whole() { opens && self.line.ends_with(b"]}\n") } else { opens || opening.as_bytes().starts_with(&self.line) })
    }

    /// Cuts off a line that is not whole, and leaves the file where writing goes on.
    pub fn cut(self, file: &mut File) -> io::Result<()> {
        file.set_len(self.length)?;
        file.seek(SeekFrom::Start(self.length)).map(drop)
    }
}

/// The documents' lines.
pub enum Output {
    Stdout(BufWriter<io::StdoutLock<'static>>),
    File(BufWriter<File>),
}

impl Output {
    pub fn file(file: File) -> Output {
        Output::File(BufWriter::with_capacity(1 << 18, file))
    }

    pub fn stdout() -> Output {
        Output::Stdout(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    pub fn line(&mut self, line: &str) -> io::Result<()> {
        let out: &mut dyn Write = match self {
            Output::Stdout(out) => out,
            Output::File(out) => out,
        };
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")
    }

    /// Makes sure that all is written, a file down to the disk.
    pub fn finish(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.flush(),
            Output::File(out) => {
                out.flush()?;
                // A pipe or a device has no disk to reach.
                if out.get_ref().metadata()?.is_file() { out.get_ref().sync_all() } else { Ok(()) }
            }
        }
    }
}
