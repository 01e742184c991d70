//! What holds for every text (DESIGN.md, "Invariants"), on arbitrary strings, on news-like ones, on articles of a grammar, and on mutations
//! of the shipped articles.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test invariants` runs the long mode.

use std::sync::LazyLock;

use proptest::prelude::*;
use spalte::{Article, Document, Offsets, Pipeline, Token, Variety, tokenize};
use unicode_normalization::UnicodeNormalization;

mod generator;

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(Pipeline::new);

static BY_RULES: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::builder().without_tagger().build());

static ARTICLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/articles");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the shipped articles").filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths.iter().map(|p| std::fs::read_to_string(p).expect("UTF-8")).collect()
});

/// Pieces of news: what opens and closes speech, stops that end nothing, names, cues, line ends, and what should not be there.
const PIECES: &[&str] = &[
    "– ",
    "— ",
    "- ",
    "«",
    "»",
    "“",
    "”",
    "\"",
    "„",
    "'",
    "’",
    ", sier hun",
    ", sa Kari Nordheim",
    ", seier han til NTB. ",
    "Hun sier at ",
    "Ifølge politiet ",
    "Det sier ordføreren. ",
    "ifølgje ",
    "Kari Nordheim",
    "Nordheims",
    "Bergen",
    "USA",
    "NRK",
    "ordfører ",
    "Statsminister ",
    "21-åringen ",
    "f.eks. ",
    "kl. 12.30 ",
    "23. mai ",
    "§ 4-5",
    "300.000 ",
    "10\u{a0}000",
    "nrk.no.",
    "a@b.no",
    "@navn",
    "#tagg",
    "🙂",
    "👩\u{200d}👧",
    ". ",
    "! ",
    "? ",
    "… ",
    ": ",
    "; ",
    ", ",
    " og ",
    " ikke ",
    " men ",
    " har ",
    " er ",
    "vi er klare",
    "alle kom fram",
    "\n",
    "\n\n",
    "\r\n\r\n",
    "\t",
    "\u{ad}",
    "\u{feff}",
    "\0",
    "A\u{30a}",
    "(",
    ")",
    "[",
    "FAKTA\n",
    "• ",
    "Foto: ",
    "Av ",
    "OSLO (NTB): ",
    "date 2024-05\n\n",
    "ÅPENT: ",
];

fn news() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// An article of the grammar that the fuzzer uses too.
fn made() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 0..300).prop_map(|choices| generator::Choices(&choices).article())
}

/// A shipped article, with a few stretches doubled, cut out, reversed, decomposed, given other line ends or
/// replaced by pieces.
fn mutated() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..40usize, prop::sample::select(PIECES), 0..6u8), 1..8);
    (any::<prop::sample::Index>(), edits).prop_map(|(which, edits)| {
        let mut text: Vec<char> = which.get(&ARTICLES).chars().collect();
        for (at, length, piece, action) in edits {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + length).min(text.len());
            let new: Vec<char> = match action {
                0 => Vec::new(),
                1 => text[at..end].repeat(2),
                2 => text[at..end].iter().rev().copied().collect(),
                3 => text[at..end].iter().collect::<String>().nfd().collect(),
                4 => text[at..end].iter().collect::<String>().replace('\n', "\r\n").chars().collect(),
                _ => piece.chars().collect(),
            };
            text.splice(at..end, new);
        }
        text.into_iter().collect()
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ \\-–«»\"a-zæøåA-ZÆØÅ0-9.,:?!\r\n]{0,200}", news(), made(), mutated()]
}

/// The layers without offsets, with characters composed and line ends plain, so that spellings of one text can be compared.
fn readable(doc: &Document) -> Vec<String> {
    let plain = |span| doc[span].nfc().collect::<String>().replace("\r\n", "\n");
    let blocks = doc.blocks().iter().map(|b| format!("{:?} {}", b.kind, plain(b.span)));
    let tokens = doc.tokens().iter().map(|t| format!("{:?} {}", t.kind, plain(t.span)));
    let sentences = doc.sentences().iter().map(|s| plain(s.span));
    let mentions = doc.mentions().iter().map(|m| format!("{:?} {:?} {} {}", m.kind, m.form, m.entity, plain(m.span)));
    let entities = doc.entities().iter().map(|e| format!("{:?} {}", e.kind, e.name.nfc().collect::<String>().replace("\r\n", "\n")));
    let quotes = doc.quotes().iter().map(|q| {
        let spans: Vec<String> = q.content.iter().chain(&q.cue).chain(&q.source).map(|&s| plain(s)).collect();
        format!("{:?} {:?} {:?} {}", q.kind, q.speaker, spans, q.turn)
    });
    blocks.chain(tokens).chain(sentences).chain(mentions).chain(entities).chain(quotes).collect()
}

/// The first line of [`readable`] that another spelling of the text changes, and what it becomes.
fn differently_read(text: &str) -> Option<(&'static str, Option<String>, Option<String>)> {
    let text: String = text.nfc().collect::<String>().replace('\r', "");
    let expected = readable(&PIPELINE.annotate(text.as_str()));
    [("CRLF", text.replace('\n', "\r\n")), ("decomposed", text.nfd().collect())].into_iter().find_map(|(spelling, text)| {
        let got = readable(&PIPELINE.annotate(text));
        let at = (0..expected.len().max(got.len())).find(|&i| expected.get(i) != got.get(i))?;
        Some((spelling, expected.get(at).cloned(), got.get(at).cloned()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // 1 to 9: the document's own check, which reads each invariant off the layers.
    #[test]
    fn any_text_gives_a_sound_document(text in text()) {
        for pipeline in [&PIPELINE, &BY_RULES] {
            let doc = pipeline.annotate(text.as_str());
            prop_assert_eq!(doc.text(), text.as_str());
            prop_assert!(doc.check().is_ok(), "{:?}", doc.check());
        }
    }

    #[test]
    fn tokens_cover_all_but_white_space(text in text()) {
        let tokens: Vec<Token> = tokenize(&text);
        let mut at = 0;
        for token in &tokens {
            prop_assert!(token.span.start() < token.span.end() && text[at..token.span.start()].chars().all(char::is_whitespace));
            prop_assert!(!text[token.span].starts_with(char::is_whitespace));
            at = token.span.end();
        }
        prop_assert!(text[at..].chars().all(char::is_whitespace));
    }

    // 11
    #[test]
    fn the_same_text_gives_the_same_document(text in text()) {
        let other = std::thread::scope(|s| s.spawn(|| PIPELINE.annotate(text.as_str())).join()).expect("no panic");
        prop_assert_eq!(PIPELINE.annotate(text.as_str()), other);
    }

    // 12
    #[test]
    fn json_comes_back_in_all_units(text in text()) {
        let doc = PIPELINE.annotate(text.as_str());
        for unit in [Offsets::Utf8, Offsets::Chars, Offsets::Utf16] {
            let back = Document::from_json(&doc.to_json_with(unit));
            prop_assert_eq!(back.as_ref().ok(), Some(&doc), "{:?} {:?}", unit, back.as_ref().err());
        }
    }

    // 12: damaged JSON is refused or sound, never worse.
    #[test]
    fn what_from_json_accepts_is_sound(text in text(), at in any::<prop::sample::Index>(), by in "[0-9\\]\\[\\{\",a]{1,3}") {
        let mut json: Vec<char> = PIPELINE.annotate(text.as_str()).to_json().chars().collect();
        let at = at.index(json.len());
        json[at] = by.chars().next().unwrap_or('0');
        if let Ok(doc) = Document::from_json(&json.into_iter().collect::<String>()) {
            prop_assert!(doc.check().is_ok());
        }
    }

    // 13, for what people write: Norwegian letters decomposed, and the line ends of other systems.
    #[test]
    fn spellings_of_one_text_give_one_document(text in prop_oneof![news(), made(), mutated()]) {
        let differs = differently_read(&text);
        prop_assert!(differs.is_none(), "{:?}", differs);
    }

    #[test]
    fn a_builder_keeps_its_parts(title in text(), paragraphs in prop::collection::vec(text(), 0..4)) {
        let article = paragraphs.iter().fold(Article::builder().title(&title), |b, p| b.paragraph(p)).build();
        let doc = PIPELINE.annotate(article);
        prop_assert!(doc.check().is_ok(), "{:?}", doc.check());
    }
}

/// Texts that have broken tokenizers and parsers, each of about `size` bytes.
fn hostile(size: usize) -> Vec<String> {
    let units = [
        "«",
        "»",
        "–",
        "– ",
        "- ",
        "-",
        "\"",
        "'",
        ".",
        ". ",
        "…",
        ":",
        "((",
        "[",
        "\n",
        "\r",
        "\r\n",
        " ",
        "\t",
        "\0",
        "a",
        "A",
        "å",
        "1",
        "1.",
        "a.",
        "a.a",
        "A ",
        "Ab ",
        "«a ",
        "a» ",
        "«a» ",
        "\u{301}",
        "a\u{301}",
        "\u{ad}",
        "\u{200d}",
        "\u{feff}",
        "🙂",
        "👩\u{200d}",
        "שלום ",
        "Kari Nordheim ",
        "Berg ",
        "han ",
        "han sa at ",
        "ifølge ",
        "sier han. ",
        ", sier han",
        "– Ja. ",
        "@",
        "#a",
        "a@",
        "http://",
        "a/b",
        "Foto: ",
        "• a\n",
        "A: ",
        "FAKTA\n",
        "OSLO (NTB): ",
        "hun sier at han sier at ",
        "«– ",
        "“”",
        "' '",
        "a,",
        ";",
        "statsminister ",
    ];
    units.iter().map(|unit| unit.repeat(size / unit.len() + 1)).collect()
}

#[test]
fn hostile_texts_are_annotated() {
    for text in hostile(20_000) {
        let doc = PIPELINE.annotate(text.as_str());
        assert_eq!(doc.check().map_err(|e| e.to_string()), Ok(()), "{:.40?}", text);
    }
}

#[test]
fn short_texts_are_annotated() {
    for text in ["", " ", "\n", "\u{feff}", "\0", "\u{301}", "«", "–", "– ", ".", "a", "date 2024-05", "date", "Foto:", "FAKTA", "•", "("]
    {
        let doc = PIPELINE.annotate(text);
        assert_eq!((doc.text(), doc.check().is_ok()), (text, true), "{text:?}");
    }
}

/// What long runs have found, as one paragraph and as an article.
#[test]
fn texts_that_once_failed_are_annotated() {
    for text in [
        // A subject that reaches beyond the marks that its verb stands in.
        "««««»»»»«,?k\nAA0?»»»",
        "a\"»«««»cå Åø»b»\"",
        "’, seier han til NTB. – «»Hun sier at – »21-åringen Foto: – »– ",
        // A turn that names nobody, after a quote that turns out to be part of a longer one.
        "vi Le hevder at.Ås\rIfølge J\n«l,,",
        "vi Le hevdar at.Ås\rIfølgje J\n«l,,",
        // Two spellings of different lengths, of which the hashes are the same.
        "OSLO\0\0\0OSLO(OSLO(ON",
        // A name that ends as a title does, after an article.
        "A\u{FFFD}\u{FFFD} et a Zrinmeeier ho\u{FFFD}i\u{FFFD}\u{FFFD}, et ar\u{FFFD}n\u{FFFD}\u{FFFD}\u{FFFD}m )p\u{FFFD}\u{FFFD}A\u{FFFD}\u{FFFD} et ainmeer\nTarpnev Prpnev \
         Pev ho\u{FFFD}i rinmnmeeier ho\u{FFFD}i\u{FFFD}\u{FFFD}eieren\u{FFFD}\u{FFFD}) et arinm\u{FFFD}i\u{FFFD}\u{FFFD}eieren\u{FFFD}\u{FFFD})p\u{FFFD}\u{FFFD}A\u{FFFD}\u{FFFD} et arinmeaier ho",
        // `og` opens a sentence, and the name before it is of another paragraph.
        "Kari Nordheim\n\n og Kari NordheimHun sier at Det sier ordføreren. ",
    ] {
        for article in [Article::builder().paragraph(text).build(), Article::from_text(text)] {
            let doc = PIPELINE.annotate(article);
            assert_eq!(doc.check().map_err(|e| e.to_string()), Ok(()), "{text:?}");
        }
    }
}

#[test]
fn spellings_that_once_differed_are_read_alike() {
    for text in [
        // How many words a headline shares with a quote.
        "– ja hos Elle Márjá Haugens. ja – tross alt –\n\nBroen åpner, sier politiet. – Ja, tross alt, sier Kari Nordheim.",
        "– ja hos Elle Márjá Haugens. ja – tross alt –\n\nBrua opnar, seier politiet. – Ja, tross alt, seier Kari Nordheim.",
        // How near the end of a turn the sentence that names its speaker stands.
        "– – \n\n\n\n. Det sier ordføreren. «Foto: , seier han til NTB. ",
        "– – \n\n\n\n. Det seier ordføraren. «Foto: , seier ho til NTB. ",
        // Whether a name in s is a genitive, which makes it a less likely antecedent.
        "von der Lippe: «broen åpner i mai «broen åpner i mai»»\n\nKari Bakke og Nordheim broen åpner i mai. broen åpner i mai. \
         statsminister Kari Nordheim sier: «broen åpner i mai». Foto: Kari Nordheim / NTB\n\n– broen åpner i mai, sier statsminister \
         Kari Nordheim.\n\nbroen åpner i mai hos Elle Márjá Åss! Ifølge hun broen åpner i mai hos Kari Nordheim.",
        "von der Lippe: «brua opnar i mai «brua opnar i mai»»\n\nKari Bakke og Nordheim brua opnar i mai. brua opnar i mai. \
         statsminister Kari Nordheim seier: «brua opnar i mai». Foto: Kari Nordheim / NTB\n\n– brua opnar i mai, seier statsminister \
         Kari Nordheim.\n\nbrua opnar i mai hos Elle Márjá Åss! Ifølgje ho brua opnar i mai hos Kari Nordheim.",
        // What the words beside a gap rule out, where one of them is spelt so that it is looked up later.
        "broen åpner i mai. Foto: Åge Nordheim-Moe / NTB\u{2029}Spørsmål: broen åpner i mai.",
        "brua opnar i mai. Foto: Åge Nordheim-Moe / NTB\u{2029}Spørsmål: brua opnar i mai.",
        // Whether a letter with a mark, and a stop after it, may be an abbreviation that no table has.
        "Det er vedtatt med é. stemmes overvekt.",
        "Det er ò. g eit løfte.",
    ] {
        assert_eq!(differently_read(text), None);
    }
}

#[cfg(feature = "parallel")]
#[test]
fn annotate_all_keeps_the_order() {
    let articles: Vec<Article> = ARTICLES.iter().cycle().take(50).map(|t| Article::from_text(t.as_str())).collect();
    let expected: Vec<Document> = articles.iter().map(|a| PIPELINE.annotate(a.clone())).collect();
    assert_eq!(PIPELINE.annotate_all(articles), expected);
}

#[test]
fn the_variety_of_the_shipped_articles_is_found() {
    for text in ARTICLES.iter() {
        let nynorsk = text.split_whitespace().filter(|w| matches!(*w, "ikkje" | "ei" | "frå" | "eg" | "ho" | "dei")).count();
        let expected = if nynorsk > 3 { Variety::Nynorsk } else { Variety::Bokmaal };
        assert_eq!(PIPELINE.annotate(text.as_str()).variety(), expected, "{:.60}", text);
    }
}
