//! `examples/corpus`, run as its users run it, on small inputs made here: `cargo test --features corpus --test corpus`.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use spalte::{Article, Document, Offsets, Pipeline};

mod generator;

/// The example, built as the tests are.
fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--profile", "test", "--features", "corpus", "--example", "corpus", "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .status();
        assert!(built.expect("cargo").success());
        // This test is in DIR/deps, the example in DIR/examples.
        let test = std::env::current_exe().expect("a path");
        test.parent().and_then(Path::parent).expect("a folder").join("examples/corpus")
    })
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn told(&self, lines: &[&str]) {
        let told: Vec<&str> = self.err.lines().collect();
        for line in lines {
            assert!(told.iter().any(|t| t.contains(line)), "{line:?} is not in:\n{}", self.err);
        }
    }
}

fn corpus(folder: &Path, arguments: &[&str]) -> Run {
    fed(folder, arguments, b"")
}

/// Runs the example in a folder, with this standard input.
fn fed(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = spawn(folder, arguments);
    let mut stdin = child.stdin.take().expect("a pipe");
    thread::scope(|scope| {
        // It may end without reading.
        scope.spawn(move || drop(stdin.write_all(input)));
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    })
}

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(example());
    command.current_dir(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the example")
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The same articles of the grammar each time, none without a word and none with a form feed in it.
fn texts(count: usize) -> Vec<String> {
    let mut state = 20_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    };
    let mut texts = Vec::new();
    while texts.len() < count {
        let length = next();
        let choices: Vec<u8> = (0..length).map(|_| next()).collect();
        let text = generator::Choices(&choices).article().replace('\x0C', " ");
        texts.extend((!text.trim().is_empty()).then_some(text));
    }
    texts
}

fn json_lines(texts: &[String]) -> String {
    let line = |(n, text): (usize, &String)| serde_json::json!({"url": "x", "text": text, "id": format!("a{n}")}).to_string() + "\n";
    texts.iter().enumerate().map(line).collect()
}

/// What `Pipeline::annotate` gives for the articles, one by one.
fn expected(texts: &[String], id: impl Fn(usize) -> String) -> String {
    let pipeline = Pipeline::new();
    let line = |(n, text): (usize, &String)| pipeline.annotate(Article::from_text(text.as_str()).with_id(id(n))).to_json() + "\n";
    texts.iter().enumerate().map(line).collect()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).expect("options");
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

type Packer = fn(&[u8]) -> Vec<u8>;
const PACKERS: [(&str, Packer); 3] = [("gz", gz), ("xz", xz), ("zst", zst)];

#[test]
fn every_input_gives_the_documents_of_its_articles_in_order() {
    let here = folder("inputs");
    let texts = texts(200);
    let (lines, text) = (json_lines(&texts), texts.join("\n\x0C\n"));
    let by_id = expected(&texts, |n| format!("a{n}"));
    // What stands between form feeds is the article, line ends and all.
    let pieces: Vec<String> = text.split('\x0C').map(str::to_owned).collect();
    let by_number = |stem: &str| expected(&pieces, |n| format!("{stem}:{}", n + 1));

    fs::write(here.join("news.jsonl"), &lines).expect("written");
    fs::write(here.join("news.txt"), &text).expect("written");
    for (jobs, out) in [("1", "1.jsonl"), ("2", "2.jsonl"), ("7", "7.jsonl")] {
        let run = corpus(&here, &["--jobs", jobs, "--out", out, "news.jsonl"]);
        assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
        run.told(&["200 articles, ", "; 0 bad records skipped"]);
        assert!(fs::read_to_string(here.join(out)).expect("an output") == by_id, "{jobs} jobs");
    }
    let run = corpus(&here, &["news.jsonl", "news.txt"]);
    assert!(run.out == by_id.clone() + &by_number("news"), "{}", run.err);
    assert!(by_id.lines().all(|line| Document::from_json(line).is_ok()));

    for (suffix, pack) in PACKERS {
        for (name, plain, wanted) in [
            (format!("news.jsonl.{suffix}"), &lines, by_id.clone()),
            (format!("some.{suffix}"), &lines, by_id.clone()),
            (format!("news.txt.{suffix}"), &text, by_number("news")),
            (format!("other.{suffix}"), &text, by_number("other")),
        ] {
            // Packed in two pieces, wherever they are parted.
            let (a, b) = plain.as_bytes().split_at(plain.len() / 3);
            let mut packed = pack(a);
            if suffix == "zst" {
                // A frame that holds something else.
                packed.extend_from_slice(b"\x50\x2A\x4D\x18\x03\x00\x00\x00abc");
            }
            packed.extend(pack(b));
            fs::write(here.join(&name), packed).expect("written");
            let run = corpus(&here, &[&name]);
            assert_eq!((run.code, run.err.lines().count()), (Some(0), 1), "{name}: {}", run.err);
            assert!(run.out == wanted, "{name}");
        }
    }
    assert!(fed(&here, &["-"], lines.as_bytes()).out == by_id);
    assert!(fed(&here, &["-"], text.as_bytes()).out == by_number("stdin"));
    let utf16 = corpus(&here, &["--offsets", "utf-16", "--variety", "nn", "news.jsonl"]).out;
    let doc = Pipeline::builder().variety("nn".parse().expect("a variety")).build().annotate(Article::from_text(&*texts[0]).with_id("a0"));
    assert_eq!(utf16.lines().next(), Some(&*doc.to_json_with(Offsets::Utf16)));
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let here = folder("folder");
    let below = here.join("in");
    fs::create_dir_all(below.join("b/c")).expect("a folder");
    fs::create_dir_all(below.join("tom")).expect("a folder");
    let files: [(&str, &[u8]); 7] = [
        ("b/c/2.txt", "– Ja, sier Kari Nordheim.".as_bytes()),
        ("b/1.TXT", b"To sider\x0Cer ein artikkel."),
        ("a.txt", b"En."),
        ("å.txt", b"Sist."),
        ("c.txt", b"K\xE5re er ikke UTF-8."),
        ("d.txt", b""),
        ("b/notat.md", b"Ikke en artikkel."),
    ];
    for (name, bytes) in files {
        fs::write(below.join(name), bytes).expect("written");
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&below, below.join("b/loop")).expect("a link");
    let run = corpus(&here, &["in"]);
    let ids: Vec<String> =
        run.out.lines().map(|line| Document::from_json(line).expect("a document").id().unwrap_or("").to_owned()).collect();
    assert_eq!(ids, ["a", "b/1", "b/c/2", "d", "å"]);
    run.told(&["in/c.txt: not UTF-8 at byte 2", "1 files left aside"]);
    if cfg!(unix) {
        run.told(&["in/b/loop: a link to a folder is not followed", "; 2 bad records skipped"]);
    }
    assert_eq!(run.code, Some(3));
}

#[test]
fn title_lead_and_body_make_an_article() {
    let here = folder("parts");
    let lines = [
        r#"{"title": "Ny bro", "lead": "Kommunen bygger.", "body": "– Endelig, sier Kari Nordheim.\n\nBred støtte\n\nAlle var enige.", "id": 7}"#,
        r#"{"body": ["– Endeleg, seier Siri Haugen.", "Ho er glad."]}"#,
        r#"{"title": "Berre ein tittel"}"#,
    ];
    let docs: Vec<Document> =
        fed(&here, &["-"], lines.join("\n").as_bytes()).out.lines().map(|l| Document::from_json(l).expect("a document")).collect();
    let kinds: Vec<String> = docs[0].blocks().iter().map(|b| format!("{:?} {}", b.kind, &docs[0][b.span])).collect();
    let parts = [
        "Title Ny bro",
        "Lead Kommunen bygger.",
        "Paragraph – Endelig, sier Kari Nordheim.",
        "Heading Bred støtte",
        "Paragraph Alle var enige.",
    ];
    assert_eq!(kinds, parts);
    let ids: Vec<Option<&str>> = docs.iter().map(Document::id).collect();
    assert_eq!(ids, [Some("7"), Some("stdin:2"), Some("stdin:3")]);
    assert_eq!((docs[1].text(), docs[2].title()), ("– Endeleg, seier Siri Haugen.\n\nHo er glad.", Some("Berre ein tittel")));
}

#[test]
fn bad_records_are_told_counted_and_skipped() {
    let here = folder("bad");
    let long = format!("{{\"text\": \"{}\"}}", "x".repeat(3000));
    let lines: [&[u8]; 13] = [
        b"\xEF\xBB\xBF{\"text\": \"En.\"}",
        b"{\"text\": \"Brutt",
        b"",
        b"{\"headline\": \"Uten tekst\"}",
        b"{\"text\": 17}",
        b"{\"text\": \"K\xE5re\"}",
        b"{\"text\": \"To.\"}\r",
        b"[null, null, null, \"Fire.\"]",
        long.as_bytes(),
        b"{\"text\": \"\\ud800\"}",
        b"{\"text\": \"a\", \"body\": \"b\"}",
        b"{\"text\": \"\", \"id\": []}",
        b"{\"text\": \"Tre.\"}",
    ];
    fs::write(here.join("bad.jsonl"), lines.join(&b'\n')).expect("written");
    // The second run finds its lines there, and tells the same.
    for _ in 0..2 {
        let run = corpus(&here, &["--longest", "2000", "--out", "out.jsonl", "bad.jsonl"]);
        assert_eq!(run.code, Some(3), "{}", run.err);
        run.told(&[
            "bad.jsonl:2: column 15: EOF while parsing a string",
            "bad.jsonl:4: no text",
            "bad.jsonl:5: column 12: expected a string or a list of paragraphs",
            "bad.jsonl:6: not UTF-8 at byte 12",
            "bad.jsonl:8: expected an object",
            "bad.jsonl:9: longer than 2000 bytes",
            "bad.jsonl:10: column ",
            "bad.jsonl:11: column ",
            "bad.jsonl:12: column 22: id: expected a string or a number",
            "; 9 bad records skipped",
        ]);
        assert_eq!(run.err.lines().count(), 10, "{}", run.err);
        let out = fs::read_to_string(here.join("out.jsonl")).expect("an output");
        let docs: Vec<Document> = out.lines().map(|line| Document::from_json(line).expect("a document")).collect();
        let got: Vec<_> = docs.iter().map(|d| (d.id().unwrap_or(""), d.text())).collect();
        assert_eq!(got, [("bad:1", "En."), ("bad:7", "To."), ("bad:13", "Tre.")]);
    }

    // Text: the line on which the article begins.
    let text = b"En.\n\x0C\n\nK\xE5re\nbor her.\n\x0C\n \x0C\nTo.\n\x0C\n";
    let run = fed(&here, &["-"], text);
    run.told(&["stdin:4: not UTF-8 at byte 4", "2 articles, ", "; 1 bad records skipped"]);
}

/// A file that breaks off, or is damaged: what comes before is written, the rest is told.
#[test]
fn a_file_that_breaks_off_is_told() {
    let here = folder("broken");
    let texts = texts(300);
    let (lines, wanted) = (json_lines(&texts), expected(&texts, |n| format!("a{n}")));
    for (suffix, pack) in PACKERS {
        let packed = pack(lines.as_bytes());
        let name = format!("half.jsonl.{suffix}");
        fs::write(here.join(&name), &packed[..packed.len() / 2]).expect("written");
        let run = corpus(&here, &[&name]);
        assert_eq!(run.code, Some(3), "{name}: {}", run.err);
        run.told(&[&format!("{name}: breaks off after line "), "; 1 bad records skipped"]);
        assert!(wanted.starts_with(&run.out) && (run.out.is_empty() || run.out.ends_with('\n')), "{name}");

        let mut damaged = packed.clone();
        let at = damaged.len() - 3;
        damaged[at] ^= 0x55;
        fs::write(here.join(&name), &damaged).expect("written");
        let run = corpus(&here, &[&name]);
        assert_eq!(run.code, Some(3), "{name}: {}", run.err);

        fs::write(here.join(&name), b"This is not packed at all, whatever the name says.").expect("written");
        let run = corpus(&here, &[&name]);
        assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{name}: {}", run.err);
    }
}

#[test]
fn nothing_in_nothing_out() {
    let here = folder("nothing");
    fs::write(here.join("a.jsonl"), "\n \n").expect("written");
    fs::write(here.join("a.txt"), "").expect("written");
    fs::write(here.join("a.txt.gz"), gz(b"")).expect("written");
    fs::create_dir(here.join("empty")).expect("a folder");
    for input in ["a.jsonl", "a.txt", "a.txt.gz", "empty", "-"] {
        let run = corpus(&here, &[input, "--out", "out.jsonl"]);
        assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{input}: {}", run.err);
        run.told(&["0 articles, "]);
        assert_eq!(fs::read(here.join("out.jsonl")).expect("an output"), b"");
    }
}

#[test]
fn what_cannot_go_on_is_told_and_breaks_nothing() {
    let here = folder("refused");
    fs::write(here.join("a.jsonl"), "{\"text\": \"En.\"}\n{\"text\": \"To.\"}\n").expect("written");
    for (arguments, code, message) in [
        (&["--jobs", "mange", "a.jsonl"][..], 2, "--jobs wants a number"),
        (&["--fast", "a.jsonl"], 2, "no such option: --fast"),
        (&["a.jsonl", "--out"], 2, "--out wants a value"),
        (&["--offsets", "words"], 2, "--offsets wants utf-8, chars or utf-16"),
        (&["nowhere.jsonl"], 1, "nowhere.jsonl: "),
        (&["a.jsonl", "--out", "no/such/folder"], 1, "no/such/folder: "),
    ] {
        let run = corpus(&here, arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(code), ""), "{arguments:?}: {}", run.err);
        run.told(&[message]);
    }
    if Path::new("/dev/full").exists() {
        let run = corpus(&here, &["a.jsonl", "--out", "/dev/full"]);
        assert_eq!(run.code, Some(1), "{}", run.err);
        run.told(&["/dev/full: No space left"]);
    }

    // Outputs of other articles, of other offsets, and of more articles.
    let good = corpus(&here, &["a.jsonl"]).out;
    for (before, message) in [
        ("Dear diary,\nit is a file.\n".to_owned(), "out.jsonl: line 1: not the document of a:1"),
        ("A file of one line, with no end".to_owned(), "out.jsonl: line 1: not the document of a:1"),
        (good.clone() + "En linje til", "out.jsonl: line 3: there are not so many articles"),
        (good.replace("To.", "Ti."), "out.jsonl: line 2: not the document of a:2"),
        (good.replace("utf-8", "chars"), "out.jsonl: line 1: not the document of a:1"),
        (good.clone() + &good, "out.jsonl: line 3: there are not so many articles"),
    ] {
        fs::write(here.join("out.jsonl"), &before).expect("written");
        let run = corpus(&here, &["a.jsonl", "--out", "out.jsonl"]);
        assert_eq!(run.code, Some(1), "{}", run.err);
        run.told(&[message]);
        assert_eq!(fs::read_to_string(here.join("out.jsonl")).expect("an output"), before);
    }
}

/// What a run leaves that is ended at any byte: the same command makes it whole.
#[test]
fn a_run_goes_on_where_the_last_one_stopped() {
    let here = folder("resumed");
    let mut texts = texts(60);
    texts.splice(10..10, ["En.".to_owned(), "En.".to_owned()]); // twice the same
    let lines = json_lines(&texts).replace("\"id\":\"a10\"", "\"id\":\"a11\"") + "{\"text\": \n";
    fs::write(here.join("news.jsonl"), &lines).expect("written");
    assert_eq!(corpus(&here, &["news.jsonl", "--out", "whole.jsonl"]).code, Some(3));
    let whole = fs::read(here.join("whole.jsonl")).expect("an output");
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i).collect();
    let some = (0..40).map(|n| whole.len() * n / 40 + n % 7);
    for end in some.chain([0, 1, ends[10], ends[10] + 1, ends[11], ends[11] + 1, whole.len() - 2, whole.len() - 1, whole.len()]) {
        fs::write(here.join("out.jsonl"), &whole[..end]).expect("written");
        let run = corpus(&here, &["news.jsonl", "--out", "out.jsonl"]);
        assert_eq!(run.code, Some(3), "{end}: {}", run.err);
        let there = ends.iter().filter(|e| **e < end).count();
        run.told(&[&format!("{} articles, ", 62 - there), "; 1 bad records skipped"]);
        assert!(fs::read(here.join("out.jsonl")).expect("an output") == whole, "cut at {end}");
    }
}

/// Killed again and again until it is through, nothing is doubled or lost.
#[test]
fn kills_lose_nothing() {
    let here = folder("killed");
    let texts = texts(2500);
    fs::write(here.join("news.jsonl"), json_lines(&texts)).expect("written");
    let wanted = expected(&texts, |n| format!("a{n}"));
    let arguments = ["news.jsonl", "--out", "out.jsonl"];
    let mut kills = 0;
    loop {
        let mut child = spawn(&here, &arguments);
        thread::sleep(Duration::from_millis(120 + 40 * kills));
        child.kill().expect("SIGKILL");
        let ended = child.wait().expect("it ends");
        let out = fs::read_to_string(here.join("out.jsonl")).unwrap_or_default();
        assert!(wanted.starts_with(&out), "after {kills} kills");
        if ended.success() {
            break;
        }
        kills += 1;
    }
    assert!(fs::read_to_string(here.join("out.jsonl")).expect("an output") == wanted);
    assert!(kills > 0, "too fast to be killed");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_lines() {
    let here = folder("interrupted");
    let texts = texts(300);
    let (lines, wanted) = (json_lines(&texts), expected(&texts, |n| format!("a{n}")));
    let arguments = ["-", "--out", "out.jsonl"];
    for signal in ["-INT", "-TERM"] {
        let mut child = spawn(&here, &arguments);
        let mut stdin = child.stdin.take().expect("a pipe");
        // More than it has under way, and then it waits for more.
        stdin.write_all(&lines.as_bytes()[..lines.len() / 2]).expect("a pipe");
        thread::sleep(Duration::from_millis(1500));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
        let status = child.wait().expect("it ends");
        let mut err = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
        assert_eq!(status.code(), Some(130), "{err}");
        drop(stdin);
        let out = fs::read_to_string(here.join("out.jsonl")).expect("an output");
        assert!(wanted.starts_with(&out) && out.ends_with('\n'), "{signal}");
        // All whole articles that it had read.
        let whole = lines.as_bytes()[..lines.len() / 2].iter().filter(|b| **b == b'\n').count();
        assert_eq!(out.lines().count(), whole, "{signal}: {err}");
    }
    assert_eq!(fed(&here, &arguments, lines.as_bytes()).code, Some(0));
    assert!(fs::read_to_string(here.join("out.jsonl")).expect("an output") == wanted);
}

#[test]
fn parquet_holds_the_quotes_of_all_articles() {
    let here = folder("parquet");
    let texts = texts(40);
    fs::write(here.join("in.jsonl"), json_lines(&texts) + "no record\n").expect("an input");
    let run = corpus(&here, &["in.jsonl", "--out", "quotes.parquet"]);
    assert_eq!(run.code, Some(3), "{}", run.err);
    run.told(&["in.jsonl:41", "1 bad records skipped"]);
    let pipeline = Pipeline::new();
    let docs: Vec<Document> =
        texts.iter().enumerate().map(|(n, text)| pipeline.annotate(Article::from_text(text.as_str()).with_id(format!("a{n}")))).collect();
    assert!(docs.iter().any(|doc| !doc.quotes().is_empty()));
    let mut wanted = Vec::new();
    spalte::export::parquet(&docs, &mut wanted).expect("memory");
    assert!(fs::read(here.join("quotes.parquet")).expect("an output") == wanted);
    assert!(!here.join("quotes.parquet.part").exists());
    // What is there is not written over.
    let again = corpus(&here, &["in.jsonl", "--out", "quotes.parquet"]);
    assert_eq!(again.code, Some(1));
    again.told(&["quotes.parquet: is there already"]);
    assert!(fs::read(here.join("quotes.parquet")).expect("an output") == wanted);
}
