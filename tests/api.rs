//! What a caller builds and asks: articles of parts, options of the pipeline, look-ups of a document, labels.

use spalte::{
    Abbreviations, Article, BlockKind, Date, Document, EntityKind, Gazetteer, Offsets, Pipeline, Precision, QuoteKind, Span, Tagger,
    Variety,
};

#[test]
fn an_article_of_parts() {
    let date: Date = "2024-02-29".parse().expect("a day of a leap year");
    assert_eq!((date.year(), date.month(), date.day(), date.to_string().as_str()), (2024, 2, Some(29), "2024-02-29"));
    for wrong in ["2023-02-29", "2024-13", "2024", "2024-2-1", "24-02-01", "2024-02-1x", ""] {
        assert!(wrong.parse::<Date>().is_err(), "{wrong}");
    }
    let article = Article::builder()
        .published(date)
        .title("Ny bru i Ås")
        .lead("  Brua opnar i mai.  ")
        .heading("")
        .heading("Lang kø")
        .paragraph("BERGEN (NTB): – Vi er klare, seier Kari Nordheim. Ho gler seg.")
        .block(BlockKind::Credit, "Foto: Ola Vik")
        .build()
        .with_id("a1");
    let kinds = [BlockKind::Title, BlockKind::Lead, BlockKind::Heading, BlockKind::Paragraph, BlockKind::Credit];
    assert_eq!(article.blocks().iter().map(|b| b.kind).collect::<Vec<_>>(), kinds, "a block of nothing is none");
    assert_eq!((article.id(), article.published(), &article.text()[..13]), (Some("a1"), Some(date), "Ny bru i Ås\n"));

    let doc = Pipeline::new().annotate(article);
    assert_eq!((doc.id(), doc.published(), doc.title()), (Some("a1"), Some(date), Some("Ny bru i Ås")));
    let dateline = doc.blocks()[3].dateline.as_ref().expect("a dateline");
    assert_eq!((&doc[dateline.place], &doc[dateline.agency]), ("BERGEN", "NTB"));

    let at = |word: &str| doc.text().find(word).expect("it is there");
    assert_eq!(doc.sentence_at(at("gler")).map(|s| &doc[s.span]), Some("Ho gler seg."));
    assert_eq!(doc.block_at(at("Vik")).map(|b| b.kind), Some(BlockKind::Credit));
    assert_eq!((doc.sentence_at(at("\n")), doc.block_at(at("\n"))), (None, None), "between blocks is nothing");
    assert_eq!((doc.sentence_at(usize::MAX), doc.block_at(usize::MAX)), (None, None));

    let speaker = doc.quotes()[0].speaker.expect("a speaker");
    assert_eq!(doc.quotes_of(speaker).count(), 1);
    assert_eq!(doc.mentions_of(speaker).map(|m| &doc[m.span]).collect::<Vec<_>>(), ["Kari Nordheim", "Ho"]);
    assert_eq!((doc.mentions_of(usize::MAX).count(), doc.quotes_of(usize::MAX).count(), doc.turns().count()), (0, 0, 1));
}

#[test]
fn labels_are_those_of_the_json() {
    for label in ["PER", "ORG", "GPE", "LOC", "PROD", "EVT", "DRV", "MISC"] {
        assert_eq!(EntityKind::from_label(label).map(EntityKind::label), Some(label));
    }
    assert_eq!(EntityKind::from_label("per"), None);
    assert_eq!(format!("{:>5}|{:<9}|{}", EntityKind::Per, QuoteKind::Mixed, Variety::Nynorsk), "  PER|mixed    |nn");
    assert_eq!([QuoteKind::Direct, QuoteKind::Indirect].map(QuoteKind::label), ["direct", "indirect"]);
    assert_eq!(("nb".parse().ok(), "nn".parse().ok()), (Some(Variety::Bokmaal), Some(Variety::Nynorsk)));
    assert_eq!("da".parse::<Variety>().unwrap_err().to_string(), r#"expected nb or nn, found "da""#);
    let span = Span::new(2, 5);
    assert_eq!((span.len(), span.is_empty(), span.range(), format!("{span:?}").as_str()), (3, false, 2..5, "2..5"));
    assert_eq!((Span::new(5, 2).len(), Span::new(5, 2).is_empty()), (0, true));
}

#[test]
fn options_of_the_pipeline() {
    let text = "Kari Nordheim sier at alt er klart. Han kalte det «rot».";
    assert_eq!(Pipeline::default().annotate(text).variety(), Variety::Bokmaal);
    assert_eq!(Pipeline::builder().variety(Variety::Nynorsk).build().annotate(text).variety(), Variety::Nynorsk);

    let strict = Pipeline::builder().quotes(Precision::Strict).build().annotate(text);
    assert!(strict.quotes().len() < Pipeline::new().annotate(text).quotes().len());

    let none = Gazetteer::builder().build();
    assert!((none.is_empty(), none.len()) == (true, 0));
    let doc = Pipeline::builder().gazetteer(none).without_tagger().build().annotate("I Ytre Sandøya bor det folk.");
    assert!(doc.check().is_ok());
    let names = Gazetteer::builder().name("Ytre Sandøya", EntityKind::Loc).name("YS", EntityKind::Org).build();
    assert_eq!((names.is_empty(), names.len()), (false, 2));
    let doc = Pipeline::builder().gazetteer(names).without_tagger().build().annotate("I Ytre Sandøya bor det folk.");
    assert_eq!(doc.mentions().iter().map(|m| (m.kind, &doc[m.span])).collect::<Vec<_>>(), [(EntityKind::Loc, "Ytre Sandøya")]);

    let text = "De kom med sjåf. Moe.";
    let own = "abbr\tvariety\tends\tnext\tword\tnb\tnn\nsjåf.\tno\tnever\tname\tn\tsjåfør\tsjåfør\n";
    let abbreviations = Abbreviations::bundled().clone().add_tsv("own.tsv", own).expect("a table");
    assert_eq!(Pipeline::builder().abbreviations(abbreviations).build().annotate(text).sentences().len(), 1);
    assert_eq!(Pipeline::new().annotate(text).sentences().len(), 2);
}

#[cfg(feature = "data")]
#[test]
fn a_model_of_ones_own_is_the_one_that_is_read() {
    let tagger = Tagger::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/data/tagger.model")).expect("the bundled model");
    assert!(format!("{tagger:?}").contains("articles"));
    let text = "Kari Nordheim bor i Bergen.";
    assert_eq!(Pipeline::builder().tagger(tagger).build().annotate(text), Pipeline::new().annotate(text));
}

/// A document goes through serde as through its own JSON, and each layer that contradicts the text is told.
#[test]
fn what_contradicts_the_text_is_told() {
    let text = "OSLO (NTB): – Vi er klåre, seier Kari Nordheim.\n\nHo kjem.";
    let doc = Pipeline::new().annotate(text);
    let value = serde_json::to_value(&doc).expect("JSON");
    assert_eq!(serde_json::from_value::<Document>(value.clone()).expect("a document"), doc);
    assert_eq!(Document::from_json(&doc.to_json_with(Offsets::Utf16)).expect("a document"), doc);
    let last = doc.blocks()[1].span;
    let beyond = || serde_json::json!([0, 4_000_000]);
    let nothing = || serde_json::json!([5, 5]);
    let inside = || serde_json::json!([doc.text().find('å').expect("a letter of two bytes") + 1, 40]);
    for (pointer, new, expected) in [
        ("/blocks/0/span", beyond(), "blocks[0]: the span is "),
        ("/blocks/0/span", inside(), "blocks[0]: the span is "),
        ("/blocks/1/span", serde_json::json!([last.start() + 3, last.end()]), "blocks[1]: text before the block "),
        ("/blocks/1/span", serde_json::json!([last.start(), last.start() + 2]), "blocks[2]: text after the last block "),
        ("/blocks/0/dateline/place", beyond(), "blocks[0]: the dateline "),
        ("/tokens/0/span", nothing(), "tokens[0]: the span is "),
        ("/tokens/1/span", serde_json::json!([0, 4]), "tokens[1]: the span is "),
        ("/tokens/0/span", serde_json::json!([0, 3]), "tokens[1]: text before the token "),
        ("/tokens/0/span", serde_json::json!([0, last.end()]), "tokens[0]: the token is not in one block"),
        ("/sentences/0/span", nothing(), "sentences[0]: there are no such tokens"),
        ("/sentences/0/span", serde_json::json!([0, 8]), "sentences[0]: the sentence does not begin "),
        ("/sentences/0/block", serde_json::json!(1), "sentences[0]: the sentence is not in its block"),
        ("/mentions/0/span", nothing(), "mentions[0]: the span is "),
        ("/mentions/0/span", serde_json::json!([0, 3]), "mentions[0]: the mention does not begin "),
        ("/mentions/0/entity", serde_json::json!(99), "mentions[0]: its entity "),
        ("/entities/0/mentions", serde_json::json!([0, 0]), "entities[0]: its mentions "),
        ("/quotes/0/content", serde_json::json!([]), "quotes[0]: there is no content"),
        ("/quotes/0/content", serde_json::json!([[0, 4], [0, 4]]), "quotes[0]: the content is "),
        ("/quotes/0/cue", value["quotes"][0]["content"][0].clone(), "quotes[0]: cue, source or addressee "),
        ("/quotes/0/speaker", serde_json::json!(99), "quotes[0]: there is no such speaker"),
    ] {
        let mut changed = value.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} in {value}")) = new;
        let error = Document::from_json(&changed.to_string()).map(drop).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{pointer}: {error}");
        assert!(serde_json::from_value::<Document>(changed).is_err());
    }
}
