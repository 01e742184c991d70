//! The readers of pages, agency files and feeds, on files of our own in the manner of Norwegian papers and agencies.
//!
//! Beside each file in `tests/pages/` lies a `.txt` of the same name, with what is to be read from it: a line for date, address and authors,
//! and for each block its kind, the element that it comes from, and its text. `BLESS=1 cargo test --all-features --test readers` writes
//! them anew: look at the difference.
#![cfg(all(feature = "html", feature = "newsml", feature = "feed"))]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use spalte::{Article, Error, Feed, Pipeline, decode};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages")
}

/// The files of some kind, by name.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder()).expect("tests/pages").filter_map(|e| Some(e.ok()?.path()));
    let mut files: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| extensions.iter().any(|x| e == *x))).collect();
    files.sort();
    files
}

/// What was read, as a journalist can check it.
fn readable(article: &Article) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| value.map(|v| writeln!(out, "{name}: {v}"));
    line("id", article.id().map(str::to_owned));
    line("url", article.url().map(str::to_owned));
    line("published", article.published().map(|d| d.to_string()));
    line("authors", Some(article.authors().join(", ")).filter(|a| !a.is_empty()));
    for block in article.blocks() {
        let kind = serde_json::to_value(block.kind).ok().and_then(|k| k.as_str().map(str::to_owned)).unwrap_or_default();
        let origin = block.origin.as_deref().unwrap_or("-");
        let text = article.text()[block.span].replace('\n', "\n    ").replace('\u{A0}', "~");
        let dateline = block.dateline.as_ref().map_or("", |_| ", dateline");
        _ = writeln!(out, "\n{kind} [{origin}{dateline}]\n    {text}");
    }
    out
}

/// Compares what was read from a file with what lies beside it.
fn compare(file: &Path, got: &str, failed: &mut Vec<String>) {
    let path = file.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, got).expect("a folder to write in");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != got {
        let at = expected.lines().zip(got.lines()).position(|(a, b)| a != b).unwrap_or(expected.lines().count().min(got.lines().count()));
        let [a, b] = [expected.lines().nth(at), got.lines().nth(at)].map(|l| l.unwrap_or("(nothing)").to_owned());
        failed.push(format!("{}, line {}:\n  expected  {a}\n  got       {b}", path.display(), at + 1));
    }
}

#[test]
fn pages_are_read() {
    let files = files(&["html"]);
    assert!(files.len() >= 12);
    let mut failed = Vec::new();
    for file in &files {
        let article = Article::from_html_bytes(&std::fs::read(file).expect("a page"));
        compare(file, &readable(&article), &mut failed);
        PIPELINE.annotate(article).check().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    assert!(failed.is_empty(), "{} of {} pages\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}

#[test]
fn agency_files_are_read() {
    let files = files(&["xml", "json"]);
    assert!(files.len() >= 6);
    let mut failed = Vec::new();
    for file in &files {
        let article = Article::from_newsml_bytes(&std::fs::read(file).expect("a file"));
        let article = article.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        compare(file, &readable(&article), &mut failed);
        PIPELINE.annotate(article).check().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    assert!(failed.is_empty(), "{} of {} files\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}

#[test]
fn feeds_are_read() {
    let files = files(&["rss", "atom"]);
    let mut failed = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).expect("a feed");
        let articles: Result<Vec<Article>, _> = Feed::new(&decode(&bytes)).collect();
        let articles = articles.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let all: Vec<String> = articles.iter().map(readable).collect();
        compare(file, &all.join("\n----\n\n"), &mut failed);
    }
    assert!(files.len() >= 2 && failed.is_empty(), "{} of {} feeds\n\n{}\n", failed.len(), files.len(), failed.join("\n\n"));
}

/// All that a reader makes of a file, checked.
fn sound(article: Article) -> Article {
    PIPELINE.annotate(article.clone()).check().unwrap_or_else(|e| panic!("{e}\n{}", article.text()));
    article
}

fn read_all(text: &str) {
    sound(Article::from_html(text));
    if let Ok(article) = Article::from_newsml(text) {
        sound(article);
    }
    Feed::new(text).filter_map(Result::ok).for_each(|article| drop(sound(article)));
}

#[test]
fn files_cut_at_every_byte_are_read() {
    for name in ["nrk_nb.html", "odelagt_nn.html", "ntb_nitf_nb.xml", "ntb_g2_xhtml_nb.xml", "ninjs1_nb.json", "rss_nb.rss", "atom_nn.atom"]
    {
        let bytes = std::fs::read(folder().join(name)).expect("a file");
        for end in 0..bytes.len() {
            let text = decode(&bytes[..end]);
            match name.rsplit('.').next() {
                Some("html") => drop(Article::from_html(&text)),
                Some("rss" | "atom") => {
                    let read: Vec<Result<Article, Error>> = Feed::new(&text).collect();
                    assert!(
                        matches!(read.last(), Some(Err(Error::Xml { .. } | Error::NoArticle { .. })) | Some(Ok(_))),
                        "{name} cut at {end}"
                    );
                }
                _ => {
                    let error = Article::from_newsml(&text).map(drop);
                    let told = matches!(error, Err(Error::Xml { .. } | Error::Json { .. } | Error::NoArticle { .. }));
                    // White space at the end, or the items after the first with a text, may be cut.
                    assert!(told || end + 200 > bytes.len(), "{name} cut at {end}: {error:?}");
                }
            }
            if end % 97 == 0 {
                read_all(&text);
            }
        }
    }
}

/// On a thread with little stack, and soon: nothing recurses, and nothing is done twice for each level.
#[test]
fn hostile_files_are_read() {
    let units = [
        "<div>",
        "<b>",
        "<p>",
        "<p><b>a",
        "<ul><li>a",
        "<table><tr><td>a",
        "<article><p>a",
        "<nav>",
        "</div>",
        "</b></p>",
        "<i></b>",
        "<",
        "</",
        "<!",
        "<!--",
        "&",
        "&amp",
        "&#x",
        "<script>",
        "<style>",
        "<title>",
        "<svg>",
        "<template>",
        "<blockquote>a",
        "<h1>a",
        "<br>",
        "<a href=x>a",
        "\0",
        "\u{AD}",
        "\u{FEFF}",
        "<p \0=\0>",
        "<x-y>",
        "<item>",
        "<entry>",
        "<nitf>",
        "<newsItem>",
        "<inlineXML>",
        "{\"a\":",
        "[",
        "\"",
        "<?",
        "<![CDATA[",
        "<body>",
        "</body>",
        "<head>",
        "<main>",
        "<time datetime=2026>",
        "<meta name=author content=a>",
        "<p hidden>",
        "<rss><item><title>",
    ];
    let work = move || {
        for unit in units {
            for start in ["", "<nitf><body>"] {
                let text = [start, &unit.repeat((1 << 20) / unit.len())].concat();
                drop(Article::from_html(&text));
                drop(Article::from_newsml(&text));
                Feed::new(&text).for_each(drop);
            }
        }
        let long = "a".repeat(10_000_000);
        for (start, end) in [
            ("<p title='", "'>Ja</p>"),
            ("<p class='", "'>Ja</p>"),
            ("<", ">Ja</p>"),
            ("<p>", "</p>"),
            ("<!--", "--><p>Ja"),
            ("<p style='", ""),
        ] {
            drop(Article::from_html(&[start, &long, end].concat()));
            drop(Article::from_newsml(&["<nitf><body>", start, &long, end, "</body></nitf>"].concat()));
        }
    };
    let start = Instant::now();
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread").join().expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(300), "{:?}", start.elapsed());
}

#[test]
fn charsets_are_found() {
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("<p>Blåbær".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (what, bytes, expected) in [
        ("nothing declared, UTF-8", "<p>Blåbær – «ja»".as_bytes(), "<p>Blåbær – «ja»"),
        ("nothing declared, windows-1252", b"<p>Bl\xE5b\xE6r \x96 \xABja\xBB", "<p>Blåbær – «ja»"),
        ("ISO-8859-1 is windows-1252", b"<meta charset='ISO-8859-1'>Bl\xE5b\xE6r \x96", "<meta charset='ISO-8859-1'>Blåbær –"),
        (
            "in the old way",
            b"<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=latin1'>\xF8",
            "<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=latin1'>ø",
        ),
        ("ISO-8859-15", b"<?xml version='1.0' encoding='ISO-8859-15'?><a>\xA4</a>", "<?xml version='1.0' encoding='ISO-8859-15'?><a>€</a>"),
        ("UTF-16 by its mark", &utf16, "<p>Blåbær"),
        ("UTF-8 by its mark, whatever is declared", b"\xEF\xBB\xBF<meta charset=latin1>\xC3\xB8", "<meta charset=latin1>ø"),
        ("declared UTF-16, but it is ASCII", b"<meta charset=utf-16>Ja \xC3\xB8", "<meta charset=utf-16>Ja ø"),
        ("declared ISO-8859-1, but it is UTF-8", "<meta charset=iso-8859-1>Blåbær".as_bytes(), "<meta charset=iso-8859-1>Blåbær"),
        ("declared UTF-8, but it is windows-1252", b"<meta charset=utf-8>Bl\xE5b\xE6r", "<meta charset=utf-8>Blåbær"),
        ("a byte gone wrong", b"<meta charset=utf-8>\xC3\xB8l \xFF \xC3\xA5", "<meta charset=utf-8>øl \u{FFFD} å"),
        ("an unknown charset", b"<meta charset=norsk>\xC3\xB8", "<meta charset=norsk>ø"),
        ("nothing", b"", ""),
    ] {
        assert_eq!(decode(bytes), expected, "{what}");
    }
}

#[test]
fn what_is_no_article_is_told() {
    let newsml = |file: &str| Article::from_newsml(file).map(|a| a.text().to_owned()).unwrap_or_else(|e| e.to_string());
    let expected = "expected NITF, NewsML-G2 or ninjs with a text, found";
    for (file, told) in [
        ("", format!("{expected} \"\"")),
        ("Ny bro til Sandøya", format!("{expected} \"Ny bro til Sandøya\"")),
        ("<html><p>Ja</p></html>", format!("{expected} \"<html><p>Ja</p></html>\"")),
        ("<nitf><body/></nitf>", format!("{expected} \"<nitf><body/></nitf>\"")),
        (
            "<nitf>\n <body>\n  <p>Ja</q></body></nitf>",
            "line 3, column 8: ill-formed document: expected `</p>`, but `</q>` was found".into(),
        ),
        ("<nitf><body><p>Blåbær</p>", "line 1, column 26: the file ends, and elements are open: 2".into()),
        ("{\"headline\": \"Ja\"}", format!("{expected} \"{{\\\"headline\\\": \\\"Ja\\\"}}\"")),
        ("{\"headline\": \"Ja\",\n}", "line 2, column 1: trailing comma".into()),
        ("[1, 2]", format!("{expected} \"[1, 2]\"")),
    ] {
        assert_eq!(newsml(file), told, "{file}");
    }
    let feed = |file: &str| Feed::new(file).map(|a| a.map_or_else(|e| e.to_string(), |a| a.text().to_owned())).collect::<Vec<_>>();
    assert_eq!(feed("<html/>"), ["expected RSS or Atom, found \"<html/>\""]);
    assert_eq!(feed("<rss><channel/></rss>"), Vec::<String>::new());
    // What comes before the fault is whole.
    let cut = "<rss><item><title>Ja</title></item>\n<item><title>Nei</titel></item></rss>";
    assert_eq!(feed(cut), ["Ja", "line 2, column 17: ill-formed document: expected `</title>`, but `</titel>` was found"]);
}

/// Entities that a file declares are not expanded, so that a bomb is as small as its file.
#[test]
fn entity_bombs_do_not_go_off() {
    let declared: String = (1..100).map(|i| format!("<!ENTITY l{i} \"{}\">", format!("&l{};", i - 1).repeat(10))).collect();
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE nitf [<!ENTITY l0 \"ha\">{declared}]><nitf><body><p>Ja &l99; &aring; &#229;</p></body></nitf>"
    );
    assert_eq!(Article::from_newsml(&bomb).map(|a| a.text().to_owned()).ok().as_deref(), Some("Ja &l99; å å"));
    let feed = bomb.replace("nitf>", "rss>").replace("body>", "item>").replace("<p>", "<title>").replace("</p>", "</title>");
    assert_eq!(Feed::new(&feed).next().and_then(Result::ok).map(|a| a.text().to_owned()).as_deref(), Some("Ja &l99; å å"));
    // A file outside is not read.
    let outside = "<!DOCTYPE nitf [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><nitf><body><p>Ja &x;</p></body></nitf>";
    assert_eq!(Article::from_newsml(outside).map(|a| a.text().to_owned()).ok().as_deref(), Some("Ja &x;"));
}

/// Data that is broken or strange leaves the page what it is.
#[test]
fn broken_data_is_left_alone() {
    let deep = "[".repeat(100_000);
    for data in [
        "{",
        "",
        "null",
        "[]",
        "[[[",
        "{\"@type\":\"NewsArticle\"",
        "{\"@type\":5,\"headline\":{}}",
        "{\"@type\":[\"NewsArticle\"],\"author\":[1,{},null]}",
        &deep,
    ] {
        let page = format!("<script type=application/ld+json>{data}</script><h1>Ny bro</h1><p>Kommunen bygger.</p>");
        assert_eq!(Article::from_html(&page).text(), "Ny bro\n\nKommunen bygger.", "{data:.40}");
    }
}

/// Words, paragraphs and speech survive what stands in and between them.
#[test]
fn text_is_that_of_a_reader() {
    for (html, expected) in [
        ("<p>Ny<b>bro</b> og <i>vei</i>, sa <a href=x>Kari</a>.", "Nybro og vei, sa Kari."),
        ("<p>Én\n  to\t tre", "Én to tre"),
        ("<p>fiske&shy;mottak&ZeroWidthSpace;et", "fiskemottaket"),
        ("<p>10&nbsp;000 &ndash; &laquo;ja&raquo;", "10\u{A0}000 – «ja»"),
        ("<p>&nbsp;<p>Ja.<p>&nbsp;", "Ja."),
        ("<p>– Ja.<br>– Nei.", "– Ja.\n– Nei."),
        ("<p>Éin.<br><br>To.<br/> <br/>Tre.", "Éin.\n\nTo.\n\nTre."),
        ("<p>H<sub>2</sub>O og m<sup>2</sup>.<sup><a href=#n>1</a></sup>", "H2O og m2."),
        ("<p>Ja</p>og så<p>nei", "Ja\n\nnei"),
        ("<ul><li>Éin<li>To</ul>", "Éin\n\nTo"),
        ("<p>Ja<!-- nei -->, sa hun<script>nei()</script>.", "Ja, sa hun."),
        ("<p>a < b & c", "a < b & c"),
    ] {
        assert_eq!(Article::from_html(html).text(), expected, "{html}");
    }
}

const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<div class=\"related\">",
    "<article>",
    "</article>",
    "<h1>",
    "</h1>",
    "<h2>",
    "<b>",
    "</b>",
    "<a href=x>",
    "</a>",
    "<br>",
    "<ul>",
    "<li>",
    "</ul>",
    "<figure>",
    "<figcaption>",
    "</figure>",
    "<aside>",
    "</aside>",
    "<blockquote>",
    "</blockquote>",
    "<script>",
    "</script>",
    "<nav>",
    "</nav>",
    "<p class=lead>",
    "<p class=byline>",
    "<span class=credit>",
    "</span>",
    "<time datetime=2026-05-12>",
    "</time>",
    "<table><tr><td>",
    "</table>",
    "<main>",
    "<head>",
    "<title>",
    "</title>",
    "<nitf>",
    "</nitf>",
    "<body>",
    "</body>",
    "<newsItem>",
    "<inlineXML>",
    "<rss>",
    "<item>",
    "</item>",
    "</rss>",
    "<title>Ja</title>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&shy;",
    "&nbsp;",
    "&a;",
    "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"articleBody\":\"",
    "\"}</script>",
    "{\"body_text\":\"",
    "\"}",
    "Av Kari Nordheim",
    "Foto: Ola Berg / NTB",
    "– Ja, sier hun. ",
    "Les også: ",
    "FAKTA",
    "• ",
    "OSLO (NTB): ",
    "\u{FEFF}",
    "\0",
    "\n\n",
    "Kommunen bygger bro til Sandøya i år. ",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_gives_sound_articles(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60), text in any::<String>()) {
        read_all(&pieces.concat());
        read_all(&text);
        read_all(&format!("<p>{text}</p>"));
    }

    #[test]
    fn any_bytes_are_decoded(bytes in any::<Vec<u8>>()) {
        sound(Article::from_html_bytes(&bytes));
        drop(Article::from_newsml_bytes(&bytes));
    }
}
