//! The writers: what they write is read back, by small readers of our own here, and by each format's own tool in `tests/formats.py`.
//!
//! The second needs Python and the packages that the script names, and says what it skips where one is not there; `PYTHON` names another
//! interpreter than `python3`. With `SPALTE_REQUIRE_PYTHON` set, nothing may be skipped.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use spalte::{Article, Document, Gazetteer, Pipeline, Span, export};

mod generator;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

/// Pieces that some format might take for its own.
const PIECES: &[&str] = &[
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\0",
    "\u{1}",
    "\u{B}",
    "\u{C}",
    "\u{1C}",
    "\u{1E}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{FEFF}",
    "\u{AD}",
    "\u{A0}",
    "10\u{A0}000 ",
    "\u{202E}",
    "\u{2067}",
    "\u{200F}",
    "\u{200B}",
    "שלום ",
    "مرحبا ",
    "🙂",
    "👩\u{200D}👧",
    "A\u{30A}",
    "\"",
    "\"\"",
    "'",
    ",",
    ";",
    "|",
    "\\",
    "\\n",
    "%",
    "%20",
    "#",
    "# text = ",
    "# newdoc",
    "1\tx\t_",
    "_",
    " _ ",
    "=",
    "=1+1",
    "name=B-PER",
    "-DOCSTART-",
    "(e1)",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "&",
    "<script>alert(1)</script>",
    "</script>",
    "<!--",
    "-->",
    "--!>",
    "</style>",
    "{",
    "}",
    "@id",
    "@type",
    "_:e0",
    "T1\tPER 0 1\tx",
    "\u{FFFD}",
    "– ",
    "«",
    "»",
    "Vi er klare",
    "alle kom fram",
    ", sier Kari Nordheim (Ap)",
    ", seier ho",
    " ifølge NRK",
    "Hun sier at ",
    "Erna Solberg ",
    "Oslo ",
    "USA ",
    "i Bergen",
    "ordfører ",
    "Det sier Olav Vik (54, Høgre). ",
    ". ",
    ", ",
    "? ",
    "FAKTA\n",
    "OSLO (NTB): ",
    "date 2024-05\n\n",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|choices| generator::Choices(&choices).article()),
    ]
}

fn id() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![
        any::<String>(),
        prop::collection::vec(prop::sample::select(PIECES), 0..4).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(prop::sample::select(PIECES), 0..3).prop_map(|pieces| format!("https://x.no/{}", pieces.concat())),
    ])
}

fn annotate(text: &str, id: Option<&str>) -> Document {
    let article = Article::from_text(text);
    PIPELINE.annotate(match id {
        Some(id) => article.with_id(id),
        None => article,
    })
}

fn articles() -> Vec<Document> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the shipped articles").filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths.iter().map(|p| annotate(&std::fs::read_to_string(p).expect("UTF-8"), p.file_stem().and_then(|s| s.to_str()))).collect()
}

/// Characters of the text, which the formats count.
struct Chars(Vec<char>);

impl Chars {
    fn of(doc: &Document) -> Chars {
        Chars(doc.text().chars().collect())
    }

    fn slice(&self, start: usize, end: usize) -> String {
        self.0[start..end].iter().collect()
    }
}

fn chars(doc: &Document, span: Span) -> (usize, usize) {
    let count = |end: usize| doc.text()[..end].chars().count();
    (count(span.start()), count(span.end()))
}

fn visible(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        0..=0x1F => char::from_u32(0x2400 + u32::from(c)).expect("a picture"),
        0x7F => '␡',
        0x80..=0x9F => '␦',
        _ => c,
    };
    text.chars().map(picture).collect()
}

#[track_caller]
fn check(docs: &[Document]) {
    check_conllu(docs);
    check_iob2(docs);
    docs.iter().for_each(check_brat);
    check_json_ld(docs);
    check_web_annotation(docs);
    check_csv(docs);
    #[cfg(feature = "parquet")]
    check_parquet(docs);
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("writing to memory");
    String::from_utf8(out).expect("UTF-8")
}

/// A mention as CoNLL-U tells it: its entity, and its first and last token.
type Entity = (usize, usize, usize);

fn check_conllu(docs: &[Document]) {
    let all = written(|out| export::conllu(docs, out));
    assert_eq!(docs.first().map(Document::to_conllu), docs.first().map(|d| written(|out| export::conllu([d], out))));
    let mut sentences = all.split_terminator("\n\n").peekable();
    let mut before = 0;
    let mut eids = HashSet::new();
    for (number, doc) in docs.iter().enumerate() {
        let characters = Chars::of(doc);
        let mut tokens = doc.tokens().iter().enumerate();
        let mut rebuilt = String::new();
        let mut names: Vec<(usize, usize, String)> = Vec::new();
        let mut mentions: Vec<Entity> = Vec::new();
        let mut open = None;
        let mut seen = HashSet::new();
        for n in 0..doc.sentences().len() {
            let lines: Vec<&str> = sentences.next().expect("as many sentences as the document has").split('\n').collect();
            let (comments, words): (Vec<&str>, Vec<&str>) = lines.iter().partition(|l| l.starts_with("# "));
            assert_eq!(n == 0, comments[0].starts_with("# newdoc"));
            let id = comments.iter().find_map(|c| c.strip_prefix("# sent_id = ")).expect("sent_id");
            assert!(!id.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/') && seen.insert(id), "{id:?}");
            if doc.id().is_none_or(str::is_empty) {
                assert_eq!(id, format!("doc{}-{}", number + 1, n + 1));
            }
            let text = comments.iter().find_map(|c| c.strip_prefix("# text = ")).expect("text");
            let mut of_forms = String::new();
            for (column, line) in words.iter().enumerate() {
                let cells: Vec<&str> = line.split('\t').collect();
                assert_eq!((cells.len(), cells[0]), (10, (column + 1).to_string().as_str()), "{line:?}");
                assert!(cells[2..9].iter().all(|c| *c == "_"));
                let (i, token) = tokens.next().expect("no more tokens than the document has");
                assert_eq!(cells[1], visible(&doc[token.span]));
                let misc: HashMap<&str, &str> = cells[9].split('|').map(|m| m.split_once('=').expect("key=value")).collect();
                let (start, end) = misc["TokenRange"].split_once(':').expect("a range");
                assert_eq!(characters.slice(start.parse().expect("a number"), end.parse().expect("a number")), doc[token.span]);
                rebuilt += &spaces(misc.get("SpacesBefore").copied().unwrap_or_default());
                rebuilt += cells[1];
                of_forms += cells[1];
                match (misc.get("SpaceAfter"), misc.get("SpacesAfter")) {
                    (Some(no), None) => assert_eq!(*no, "No"),
                    (None, Some(gap)) => rebuilt += &spaces(gap),
                    (None, None) => rebuilt.push(' '),
                    _ => panic!("two kinds of space after"),
                }
                if column + 1 < words.len() && !misc.contains_key("SpaceAfter") {
                    of_forms.push(' ');
                }
                match misc["name"].split_once('-') {
                    Some(("B", kind)) => names.push((i, i, kind.to_owned())),
                    Some((_, kind)) => {
                        let last = names.last_mut().expect("B before I");
                        assert_eq!((last.1 + 1, last.2.as_str()), (i, kind));
                        last.1 = i;
                    }
                    None => assert_eq!(misc["name"], "O"),
                }
                if let Some(entity) = misc.get("Entity") {
                    let number = |e: &str| e.strip_prefix('e').and_then(|n| n.parse::<usize>().ok()).expect("a number");
                    if let Some(begin) = entity.strip_prefix('(') {
                        assert!(open.is_none());
                        let fields: Vec<&str> = begin.trim_end_matches(')').split('-').collect();
                        assert_eq!(fields.len(), 4, "{entity}");
                        open = Some((number(fields[0]), i));
                    }
                    if entity.ends_with(')') {
                        let (entity, first) = open.take().expect("( before )");
                        mentions.push((entity, first, i));
                    }
                }
            }
            assert_eq!(of_forms, text);
        }
        assert_eq!((tokens.next(), open), (None, None));
        if !doc.tokens().is_empty() {
            let gap = |c: char| match c {
                '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
                '\t' | '\r' | '\n' => c,
                c if c.is_whitespace() => ' ',
                c => c,
            };
            let mut wanted = String::new();
            let mut at = 0;
            for token in doc.tokens() {
                wanted.extend(doc.text()[at..token.span.start()].chars().map(gap));
                wanted += &visible(&doc[token.span]);
                at = token.span.end();
            }
            wanted.extend(doc.text()[at..].chars().map(gap));
            // Where nothing follows the last token, a reader sees a space.
            if at == doc.text().len() {
                wanted.push(' ');
            }
            assert_eq!(rebuilt, wanted);
        }
        let place = |span: Span| {
            let first = doc.tokens().partition_point(|t| t.span.start() < span.start());
            (first, doc.tokens().partition_point(|t| t.span.end() < span.end()))
        };
        let told: Vec<Entity> = doc.mentions().iter().map(|m| (before + m.entity + 1, place(m.span).0, place(m.span).1)).collect();
        assert_eq!(mentions, told);
        assert!(told.iter().map(|m| m.0).collect::<HashSet<_>>().iter().all(|e| eids.insert(*e)), "an entity of another document");
        let told: Vec<(usize, usize, String)> =
            doc.mentions().iter().filter(|m| m.is_name()).map(|m| (place(m.span).0, place(m.span).1, kind(m))).collect();
        assert_eq!(names, told);
        before += doc.entities().len();
    }
    assert_eq!(sentences.next(), None);
}

/// NorNE's label.
fn kind(mention: &spalte::Mention) -> String {
    let sense = match mention.sense {
        Some(spalte::Sense::Loc) => "_LOC",
        Some(spalte::Sense::Org) => "_ORG",
        _ => "",
    };
    format!("{}{sense}", mention.kind)
}

fn spaces(escaped: &str) -> String {
    let mut out = String::new();
    let mut escape = false;
    for c in escaped.chars() {
        match (std::mem::take(&mut escape), c) {
            (false, '\\') => escape = true,
            (false, c) => out.push(c),
            (true, c) => out.push(match c {
                's' => ' ',
                't' => '\t',
                'r' => '\r',
                'n' => '\n',
                'p' => '|',
                c => c,
            }),
        }
    }
    out
}

fn check_iob2(docs: &[Document]) {
    let all = written(|out| export::iob2(docs, out));
    let mut lines = all.split_terminator('\n');
    for doc in docs {
        assert_eq!((lines.next(), lines.next()), (Some("-DOCSTART-\tO"), Some("")));
        for sentence in doc.sentences() {
            for token in &doc.tokens()[sentence.tokens.clone()] {
                let line = lines.next().expect("a line a token");
                assert_eq!(line.split_whitespace().count(), 2, "{line:?}");
                let (form, tag) = line.split_once('\t').expect("two columns");
                assert_eq!(form.chars().count(), doc[token.span].chars().count());
                let name = doc.mentions().iter().find(|m| m.is_name() && m.span.contains(token.span));
                let wanted = name
                    .map_or("O".to_owned(), |m| format!("{}-{}", if m.span.start() == token.span.start() { "B" } else { "I" }, kind(m)));
                assert_eq!(tag, wanted);
            }
            assert_eq!(lines.next(), Some(""));
        }
    }
    assert_eq!(lines.next(), None);
}

fn check_brat(doc: &Document) {
    let ann = doc.to_brat();
    let characters = Chars::of(doc);
    let mut known: HashMap<&str, &str> = HashMap::new();
    let (mut names, mut quotes) = (0, 0);
    let mut references: Vec<&str> = Vec::new();
    for line in ann.split_terminator('\n') {
        assert!(!line.chars().any(|c| (c.is_control() && c != '\t') || c == '\u{2028}' || c == '\u{2029}'), "{line:?}");
        let (name, rest) = line.split_once('\t').expect("an identifier");
        if name != "*" {
            assert!(known.insert(name, line).is_none(), "{name} twice");
        }
        let cells: Vec<&str> = rest.split('\t').collect();
        match name.as_bytes()[0] {
            b'T' => {
                let (kind, offsets) = cells[0].split_once(' ').expect("a type");
                names += usize::from(kind.chars().all(char::is_uppercase));
                let parts: Vec<String> = offsets
                    .split(';')
                    .map(|part| {
                        let (start, end) = part.split_once(' ').expect("start and end");
                        characters.slice(start.parse().expect("a number"), end.parse().expect("a number"))
                    })
                    .collect();
                assert_eq!(cells[1..], [parts.join(" ")], "{line:?}");
            }
            b'E' => {
                quotes += 1;
                references.extend(rest.split(' ').map(|argument| argument.split_once(':').expect("role:T").1));
            }
            b'A' => {
                let fields: Vec<&str> = rest.split(' ').collect();
                assert_eq!(fields.len(), 3);
                references.push(fields[1]);
            }
            b'N' => {
                let fields: Vec<&str> = cells[0].split(' ').collect();
                assert!(fields.len() == 3 && fields[0] == "Reference" && fields[2].contains(':') && cells.len() == 2, "{line:?}");
                references.push(fields[1]);
            }
            b'#' => references.push(cells[0].strip_prefix("AnnotatorNotes ").expect("a note")),
            b'*' => references.extend(rest.strip_prefix("Coref ").expect("coreference").split(' ')),
            _ => panic!("{line:?}"),
        }
    }
    assert!(references.iter().all(|r| known.contains_key(r)));
    let holds = |spans: &[Span]| spans.iter().any(|&s| doc[s].chars().any(|c| !c.is_control() && !c.is_whitespace()));
    assert_eq!(names, doc.mentions().iter().filter(|m| holds(&[m.span])).count());
    assert_eq!(quotes, doc.quotes().iter().filter(|q| holds(&q.content)).count());
}

fn check_json_ld(docs: &[Document]) {
    let all = written(|out| export::json_ld(docs, out));
    assert!(!all.contains(['<', '>', '&']));
    let lines: Vec<&str> = all.split_terminator('\n').collect();
    assert_eq!(lines.len(), docs.len());
    for (line, doc) in lines.iter().zip(docs) {
        let json: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&json["@context"], &json["@type"]), (&"https://schema.org".into(), &"NewsArticle".into()));
        assert_eq!(json["headline"].as_str(), doc.title());
        let authors = json["author"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(authors.iter().filter_map(|author| author["name"].as_str()).collect::<Vec<_>>(), doc.authors());
        assert_eq!(json["identifier"].as_str(), doc.id().filter(|id| !id.is_empty()));
        let things = json["mentions"].as_array().expect("a list");
        assert_eq!(things.len(), doc.entities().len());
        for (thing, entity) in things.iter().zip(doc.entities()) {
            assert_eq!(thing["name"].as_str().or(thing["description"].as_str()), Some(&*entity.name));
            assert_eq!(thing.get("sameAs").is_some() || thing.get("identifier").is_some(), entity.id.is_some());
        }
        let said = json["hasPart"].as_array().expect("a list");
        assert_eq!(said.len(), doc.quotes().len());
        for (json, quote) in said.iter().zip(doc.quotes()) {
            let parts: Vec<&str> = quote.content.iter().map(|&s| &doc[s]).collect();
            assert_eq!(json["text"], parts.join(" … "));
            assert_eq!(json["spokenByCharacter"]["@id"].as_str(), quote.speaker.map(|i| format!("_:e{i}")).as_deref());
        }
    }
}

fn check_web_annotation(docs: &[Document]) {
    let all = written(|out| export::web_annotation(docs, out));
    let lines: Vec<&str> = all.split_terminator('\n').collect();
    assert_eq!(lines.len(), docs.len());
    for (line, doc) in lines.iter().zip(docs) {
        let json: Value = serde_json::from_str(line).expect("JSON");
        let items = json["first"]["items"].as_array().expect("a list");
        assert_eq!(json["total"], items.len());
        let roles = |q: &spalte::Quote| [q.cue, q.source, q.addressee].iter().flatten().count();
        assert_eq!(items.len(), doc.mentions().len() + doc.quotes().iter().map(|q| 1 + roles(q)).sum::<usize>());
        let characters = Chars::of(doc);
        let mut ids = HashSet::new();
        for item in items {
            let id = item["id"].as_str().expect("an id");
            assert!(ids.insert(id) && !id.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c)), "{id:?}");
            assert_eq!(id.matches('#').count(), 1);
            for target in item["target"].as_array().expect("a list") {
                let number = |key: &str| target["selector"][0][key].as_u64().expect("a number") as usize;
                let (start, end) = (number("start"), number("end"));
                let quote = &target["selector"][1];
                assert_eq!(quote["exact"], characters.slice(start, end));
                assert_eq!(quote["prefix"], characters.slice(start.saturating_sub(32), start));
                assert_eq!(quote["suffix"], characters.slice(end, (end + 32).min(characters.0.len())));
            }
        }
    }
}

/// The records of a CSV by RFC 4180.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (quoted, c) {
            (true, '"') if rest.next_if_eq(&'"').is_some() => field.push('"'),
            (true, '"') => quoted = false,
            (true, c) => field.push(c),
            (false, '"') => {
                assert!(field.is_empty(), "a quotation mark inside an unquoted field");
                quoted = true;
            }
            (false, ',') => record.push(std::mem::take(&mut field)),
            (false, '\r') => {
                assert_eq!(rest.next(), Some('\n'));
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            (false, c) => {
                assert_ne!(c, '\n');
                field.push(c);
            }
        }
    }
    assert!(!quoted && record.is_empty() && field.is_empty());
    records
}

fn check_csv(docs: &[Document]) {
    let records = read_csv(&written(|out| export::csv(docs, out)));
    assert!(records.iter().all(|r| r.len() == 18));
    let quotes: Vec<_> = docs.iter().flat_map(|doc| doc.quotes().iter().map(move |q| (doc, q))).collect();
    assert_eq!(records.len(), 1 + quotes.len());
    for (record, (doc, quote)) in records[1..].iter().zip(quotes) {
        let column = |name: &str| record[records[0].iter().position(|c| c == name).expect("a column")].as_str();
        let parts: Vec<&str> = quote.content.iter().map(|&s| &doc[s]).collect();
        assert_eq!(column("article_id"), doc.id().unwrap_or_default());
        assert_eq!(column("text"), parts.join(" … "));
        assert_eq!(column("speaker"), doc.speaker(quote).map_or("", |e| &e.name));
        assert_eq!(column("cue"), quote.cue.map_or("", |s| &doc[s]));
        assert_eq!(column("source"), quote.source.map_or("", |s| &doc[s]));
        let spans: Vec<String> = quote.content.iter().map(|&s| chars(doc, s)).map(|(start, end)| format!("{start}-{end}")).collect();
        assert_eq!(column("spans"), spans.join("; "));
    }
}

#[cfg(feature = "parquet")]
fn check_parquet(docs: &[Document]) {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{ListAccessor, RowAccessor};

    static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("quotes-{}-{number}.parquet", std::process::id()));
    export::parquet(docs, std::fs::File::create(&path).expect("a file")).expect("writing");
    let reader = SerializedFileReader::new(std::fs::File::open(&path).expect("the file")).expect("Parquet");
    std::fs::remove_file(&path).expect("the file");
    let mut rows = reader.get_row_iter(None).expect("rows");
    for doc in docs {
        for quote in doc.quotes() {
            let row = rows.next().expect("a row a quote").expect("a row");
            let column = |name: &str| row.get_column_iter().position(|(n, _)| n == name).expect("a column");
            let parts: Vec<&str> = quote.content.iter().map(|&s| &doc[s]).collect();
            assert_eq!(row.get_string(column("text")).expect("text"), &parts.join(" … "));
            assert_eq!(row.get_string(column("kind")).expect("kind"), quote.kind.label());
            let known = |name: &str| row.get_string(column(name)).ok().map(String::as_str);
            assert_eq!(known("article_id"), doc.id().filter(|id| !id.is_empty()));
            assert_eq!(known("speaker"), doc.speaker(quote).map(|e| &*e.name));
            assert_eq!(known("cue"), quote.cue.map(|s| &doc[s]));
            let roles = row.get_list(column("roles")).expect("a list");
            let roles: Vec<&str> = (0..roles.len()).map(|i| roles.get_string(i).expect("a role").as_str()).collect();
            assert_eq!(roles, doc.speaker(quote).map_or(&[][..], |e| &e.roles));
            let spans = row.get_list(column("spans")).expect("a list");
            let spans: Vec<(usize, usize)> = (0..spans.len())
                .map(|i| spans.get_group(i).expect("a struct"))
                .map(|s| (s.get_int(0).expect("start") as usize, s.get_int(1).expect("end") as usize))
                .collect();
            assert_eq!(spans, quote.content.iter().map(|&s| chars(doc, s)).collect::<Vec<_>>());
        }
    }
    assert!(rows.next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any texts under any identifiers are read back as they were.
    #[test]
    fn any_text_is_read_back(texts in prop::collection::vec((text(), id()), 0..3)) {
        let docs: Vec<Document> = texts.iter().map(|(text, id)| annotate(text, id.as_deref())).collect();
        check(&docs);
    }
}

#[test]
fn the_shipped_articles_are_read_back() {
    check(&articles());
}

#[test]
fn documents_without_anything_are_written() {
    let docs = ["", " \n", "\u{FEFF}"].map(|text| annotate(text, None));
    check(&docs);
    check(&[]);
    assert_eq!(docs[0].to_conllu(), "");
    assert_eq!(docs[0].to_brat(), "");
}

/// What brat is told of types is what is written.
#[test]
fn brat_knows_the_types() {
    for line in articles().iter().map(Document::to_brat).collect::<String>().lines() {
        let (name, rest) = line.split_once('\t').expect("an identifier");
        let kind = rest.split([' ', ':', '\t']).next().expect("a type");
        let listed = export::BRAT_CONF.lines().any(|l| l.split('\t').next() == Some(kind) || (kind == "Quote" && l.starts_with("Quote\t")));
        assert!(listed || kind == "Reference" || kind == "AnnotatorNotes", "{name} {kind}");
    }
}

/// Hostile documents, whole and small, that the tools of others read too.
fn hostile() -> Vec<Document> {
    let said = |what: &str| format!("– {what}, sier ordfører Kari Nordheim (Ap).\n\nHun sier at {what}.\n");
    let ids = ["", "a b", "x/y#z", "\t\n", "%20", "https://example.no/a?b=c", "æøå 🙂", "<script>"];
    // U+FFFD stays as it is, which the validator of UD takes for a broken file.
    PIECES
        .iter()
        .filter(|piece| **piece != "\u{FFFD}")
        .enumerate()
        .map(|(n, piece)| {
            annotate(&said(&format!("Vi er {piece} klare {piece}{piece}")), (n % 3 > 0).then_some(&format!("{}{n}", ids[n % ids.len()])))
        })
        .chain([
            annotate(&PIECES.concat().replace('\u{FFFD}', ""), None),
            annotate("", None),
            annotate("Oslo", Some("https://example.no/1")),
        ])
        .collect()
}

/// Names whose identifiers, kinds and spellings some format might take for its own.
fn of_own_names() -> Vec<Document> {
    let rows = ["Q42", "Q12x", "Q", "own:a b|c", "own: \\\"'", "geonames:12", "geonames:x/y", "iso:NO", ":", "a:b:c", "<&>", "æ/ø#å"];
    let mut table = "name\tkind\tid\taliases\n".to_owned();
    for (n, id) in rows.iter().enumerate() {
        table += &format!(
            "Havlaget {}\t{}\t{id}\t\n",
            ["Alfa", "Beta", "Gamma", "Delta"][n % 4].repeat(n / 4 + 1),
            ["ORG", "GPE", "PER"][n % 3]
        );
    }
    let names = Gazetteer::builder().add_tsv("own.tsv", &table).expect("a table").build();
    let pipeline = Pipeline::builder().gazetteer(names).without_tagger().build();
    let said = |n: usize| format!("– Vi er klare, sier Havlaget {}. ", ["Alfa", "Beta", "Gamma", "Delta"][n % 4].repeat(n / 4 + 1));
    let doc = pipeline.annotate((0..rows.len()).map(said).collect::<String>());
    assert_eq!(doc.entities().iter().filter(|e| e.id.is_some()).count(), rows.len());
    vec![doc]
}

#[test]
fn address_and_authors_of_a_page_are_written() {
    let article =
        Article::builder().url("https://avisa.example/nytt/42").author("Kari Nordheim").paragraph("– Ja, sier hun.").build().with_id("42");
    let docs = [Pipeline::new().annotate(article)];
    check(&docs);
    let json: Value = serde_json::from_str(&docs[0].to_json_ld()).expect("JSON");
    assert_eq!((&json["@id"], &json["identifier"]), (&"https://avisa.example/nytt/42".into(), &"42".into()));
    assert_eq!(json["author"][0]["name"], "Kari Nordheim");
    assert!(docs[0].to_web_annotation().contains(r#""https://avisa.example/nytt/42""#));
}

#[test]
fn any_identifiers_of_names_are_read_back() {
    let docs = of_own_names();
    check(&docs);
    let json: Value = serde_json::from_str(&docs[0].to_json_ld()).expect("JSON");
    let same: Vec<&str> = json["mentions"].as_array().expect("a list").iter().filter_map(|t| t["sameAs"].as_str()).collect();
    assert_eq!(same, ["http://www.wikidata.org/entity/Q42", "https://sws.geonames.org/12/"]);
    assert!(docs[0].to_brat().contains("\tReference T4 own:a%20b%7Cc\tHavlaget Delta\n"));
}

/// The tools of each format read what is written.
#[test]
fn the_tools_of_others_read_it() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats");
    let docs: Vec<Document> = articles().into_iter().chain(hostile()).chain(of_own_names()).collect();
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
    write("documents.jsonl", &docs.iter().map(|d| d.to_json_with(spalte::Offsets::Chars) + "\n").collect::<String>());
    write("all.conllu", &written(|out| export::conllu(&docs, out)));
    write("all.iob2", &written(|out| export::iob2(&docs, out)));
    write("all.jsonld", &written(|out| export::json_ld(&docs, out)));
    write("all.webannotation", &written(|out| export::web_annotation(&docs, out)));
    write("all.csv", &written(|out| export::csv(&docs, out)));
    write("annotation.conf", export::BRAT_CONF);
    for (n, doc) in docs.iter().enumerate() {
        write(&format!("{n}.ann"), &doc.to_brat());
        write(&format!("{n}.txt"), doc.text());
    }
    #[cfg(feature = "parquet")]
    export::parquet(&docs, std::fs::File::create(folder.join("all.parquet")).expect("a file")).expect("Parquet");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats.py");
    let required = std::env::var_os("SPALTE_REQUIRE_PYTHON").is_some();
    match Command::new(&python).arg(script).arg(&folder).output() {
        Err(e) => {
            assert!(!required, "{python}: {e}");
            println!("SKIPPED, all formats: {python}: {e}");
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            println!("{said}");
            assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(!required || !said.contains("SKIPPED"), "{said}");
        }
    }
}
