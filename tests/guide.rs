//! The guide's snippets in Python and JavaScript say what the guide says they do. Its Rust is compiled and run as documentation tests.
//!
//! A snippet whose interpreter, or spaCy, is not there is skipped, and told so (`--nocapture`).

use std::fs;
use std::path::Path;
use std::process::Command;

use spalte::{Article, Offsets, Pipeline};

const ARTICLE: &str = "– Gratulerer 🎉, sier Åse Moe. Hun sier at festen varer til søndag.\n\nDet skjer i Bergen.";

/// The fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut fences = page.split("\n```");
    fences.next();
    let mut blocks = Vec::new();
    while let Some(block) = fences.next() {
        blocks.extend(block.split_once('\n'));
        fences.next();
    }
    blocks
}

#[test]
fn snippets_print_what_the_guide_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide");
    fs::create_dir_all(&here).expect("a folder");
    let doc = Pipeline::new().annotate(Article::from_text(ARTICLE).with_id("fest"));
    for (name, unit) in [("utf-8", Offsets::Utf8), ("chars", Offsets::Chars), ("utf-16", Offsets::Utf16)] {
        fs::write(here.join(name).with_extension("jsonl"), doc.to_json_with(unit) + "\n").expect("written");
    }
    let mut run_so_far = 0;
    for page in ["json.md", "from_spacy.md"] {
        let text = fs::read_to_string(root.join("guide").join(page)).expect("a page");
        let blocks = blocks(&text);
        for pair in blocks.windows(2) {
            let [(language, snippet), ("text", wanted)] = *pair else { continue };
            let (program, file) = match language {
                "python" => ("python3", "snippet.py"),
                "js" => ("node", "snippet.mjs"),
                _ => panic!("{page}: a snippet in {language:?}"),
            };
            fs::write(here.join(file), snippet).expect("written");
            let needs = if snippet.contains("import spacy") { &["-c", "import spacy"][..] } else { &["--version"] };
            if !Command::new(program).args(needs).output().is_ok_and(|o| o.status.success()) {
                println!("{page}: skipped, there is no {program}{}", needs.get(1).map_or("", |_| " with spaCy"));
                continue;
            }
            let run = Command::new(program).arg(file).current_dir(&here).env("PYTHONIOENCODING", "utf-8").output().expect(program);
            let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
            assert!(run.status.success(), "{page}: {err}\n{snippet}");
            assert_eq!(out.trim_end(), wanted.trim_end(), "{page}:\n{snippet}");
            run_so_far += 1;
        }
    }
    println!("{run_so_far} snippets run");
}
