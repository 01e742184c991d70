//! The tables of `data/` are sound: the columns they should have, values that the code knows, one spelling, no row twice, no table that
//! `data/README.md` does not describe.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use unicode_normalization::is_nfc;

/// What a cell may hold.
enum Cell {
    /// One of these.
    Of(&'static [&'static str]),
    /// Some of these letters.
    Letters(&'static str),
    /// A number, or nothing.
    Number,
    /// Words, `|` between alternatives; not empty.
    Words,
    /// Words or nothing.
    Any,
}
use Cell::{Any, Letters, Number, Of, Words};

const VARIETY: Cell = Of(&["no", "nb", "nn"]);
const KIND: Cell = Of(&["PER", "ORG", "GPE", "LOC", "PROD", "EVT", "DRV", "MISC"]);
const GENDER: Cell = Of(&["", "f", "m", "u"]);

/// A table: its file, how many of the first columns tell one row from another, and the columns with what they hold.
type Table = (&'static str, usize, Vec<(&'static str, Cell)>);

fn tables() -> Vec<Table> {
    let yes = || Of(&["", "y"]);
    let mut tables = vec![
        (
            "abbreviations.tsv",
            2,
            vec![
                ("abbr", Words),
                ("variety", VARIETY),
                ("ends", Of(&["never", "rare", "maybe", "often"])),
                ("next", Of(&["any", "name", "num", "lower"])),
                ("word", Of(&["y", "n"])),
                ("nb", Any),
                ("nn", Any),
            ],
        ),
        ("ambiguous.tsv", 1, vec![("form", Words), ("risk", Of(&["low", "medium", "high"]))]),
        ("block_words.tsv", 3, vec![("role", Of(&["agent", "author", "bullet", "facts", "photo"])), ("variety", VARIETY), ("form", Words)]),
        ("calendar.tsv", 5, vec![("type", Words), ("n", Any), ("nb", Words), ("nn", Words), ("abbr", Any)]),
        ("closed_words.tsv", 3, vec![("role", Words), ("variety", VARIETY), ("word", Words)]),
        ("common_words.tsv", 1, vec![("word", Words)]),
        ("demonyms.tsv", 7, ["iso", "adj_nb", "adj_nn", "sg_nb", "pl_nb", "sg_nn", "pl_nn"].map(|c| (c, Any)).into_iter().collect()),
        ("given_names.tsv", 1, vec![("name", Words), ("gender", GENDER), ("count", Number), ("word", yes())]),
        (
            "name_heads.tsv",
            2,
            vec![
                ("form", Words),
                ("place", Of(&["compound", "document", "firm", "last", "noun", "side", "suffix", "tail", "titled"])),
                ("kind", KIND),
            ],
        ),
        ("parties.tsv", 1, vec![("letters", Words), ("nb", Words), ("nn", Words)]),
        (
            "markup.tsv",
            3,
            vec![
                ("by", Of(&["itemprop", "name", "role", "tag", "text", "word"])),
                ("variety", VARIETY),
                ("value", Words),
                (
                    "role",
                    Of(&[
                        "article",
                        "block",
                        "body",
                        "break",
                        "byline",
                        "caption",
                        "cell",
                        "credit",
                        "date",
                        "dateline",
                        "facts",
                        "figure",
                        "heading",
                        "inline",
                        "item",
                        "lead",
                        "main",
                        "paragraph",
                        "quote",
                        "row",
                        "skip",
                        "state",
                        "time",
                        "title",
                        "unseen",
                    ]),
                ),
            ],
        ),
        (
            "pronouns.tsv",
            1,
            vec![
                ("form", Words),
                ("variety", VARIETY),
                ("person", Of(&["1", "2", "3"])),
                ("number", Of(&["sg", "pl"])),
                ("gender", GENDER),
                ("case", Of(&["subj", "obj", "poss"])),
            ],
        ),
        ("quote_confidence.tsv", 1, vec![("construction", Words), ("found", Number), ("right", Number)]),
        ("quote_marks.tsv", 2, vec![("open", Words), ("close", Any), ("style", Of(&["angle", "double", "single", "dash"]))]),
        (
            "reporting_verbs.tsv",
            14,
            [("id", Words), ("class", Words), ("strength", Of(&["1", "2", "3"])), ("frames", Letters("MNPQT"))]
                .into_iter()
                .chain(
                    ["inf_nb", "pres_nb", "pret_nb", "pp_nb", "pass_nb", "inf_nn", "pres_nn", "pret_nn", "pp_nn", "pass_nn"]
                        .map(|c| (c, Any)),
                )
                .collect(),
        ),
        ("run_in.tsv", 1, vec![("feature", Words), ("weight", Number)]),
        ("stop_words.tsv", 2, vec![("role", Words), ("word", Words)]),
        ("surnames.tsv", 1, vec![("name", Words), ("count", Number), ("word", yes()), ("place", yes())]),
        ("title_heads.tsv", 2, vec![("head_nb", Any), ("head_nn", Any), ("category", Words), ("gender", GENDER)]),
        (
            "titles.tsv",
            11,
            [("category", Words), ("prenominal", Of(&["y", "n", "d"])), ("gender", GENDER)]
                .into_iter()
                .chain(["indef_nb", "def_nb", "pl_nb", "pldef_nb", "indef_nn", "def_nn", "pl_nn", "pldef_nn"].map(|c| (c, Any)))
                .collect(),
        ),
        ("variety_words.tsv", 1, vec![("word", Words), ("nynorsk", Number)]),
        ("words.tsv", 1, vec![("word", Words), ("classes", Letters("fipsnNarPSCDOtx"))]),
    ];
    for (file, _) in files().iter().filter_map(|p| Some((p.strip_prefix(folder().join("gazetteer")).ok()?.to_str()?, ()))) {
        let file: &'static str = format!("gazetteer/{file}").leak();
        tables.push((file, 1, vec![("name", Words), ("kind", KIND), ("id", Any), ("aliases", Any)]));
    }
    tables
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// All tables there are.
fn files() -> Vec<PathBuf> {
    let list = |dir: PathBuf| std::fs::read_dir(dir).expect("data/").filter_map(|e| Some(e.ok()?.path())).collect::<Vec<_>>();
    let mut files = list(folder());
    files.extend(list(folder().join("gazetteer")));
    files.retain(|p| p.extension().is_some_and(|e| e == "tsv"));
    files.sort();
    files
}

/// What is wrong with a cell.
fn fault(cell: &str, of: &Cell) -> Option<String> {
    let right = match of {
        Of(values) => values.contains(&cell),
        Letters(letters) => !cell.is_empty() && cell.chars().all(|c| letters.contains(c)),
        Number => cell.is_empty() || cell.parse::<f64>().is_ok(),
        Words => !cell.is_empty() && cell.split('|').all(|w| !w.is_empty()),
        Any => cell.is_empty() || cell.split('|').all(|w| !w.is_empty()),
    };
    (!right).then(|| format!("{cell:?} is not what the column holds"))
}

#[test]
fn tables_are_sound() {
    let mut faults = Vec::new();
    for (file, keys, columns) in tables() {
        let text = std::fs::read_to_string(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let names: Vec<&str> = columns.iter().map(|c| c.0).collect();
        let mut seen = HashSet::new();
        for (n, line) in text.split('\n').enumerate() {
            let mut wrong = |what: String| faults.push(format!("{file}:{}: {what}", n + 1));
            let cells: Vec<&str> = line.split('\t').collect();
            if n == 0 {
                if cells != names {
                    wrong(format!("the columns are {cells:?}, not {names:?}"));
                }
                continue;
            }
            if line.is_empty() && n + 1 == text.split('\n').count() {
                continue;
            }
            if cells.len() > columns.len() {
                wrong(format!("{} cells", cells.len()));
            }
            if !is_nfc(line) || line.contains(['\r', '\u{ad}', '\u{feff}']) || cells.iter().any(|c| c.trim() != *c || c.contains("  ")) {
                wrong("a spelling that is not the plain one, or a space too many".to_owned());
            }
            for (i, (name, of)) in columns.iter().enumerate() {
                if let Some(what) = fault(cells.get(i).unwrap_or(&""), of) {
                    wrong(format!("{name}: {what}"));
                }
            }
            if !seen.insert(cells[..keys.min(cells.len())].join("\t")) {
                wrong("the row stands there twice".to_owned());
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
}

#[test]
fn every_table_is_described() {
    let described = std::fs::read_to_string(folder().join("README.md")).expect("data/README.md");
    let known: HashSet<&str> = tables().iter().map(|t| t.0).collect();
    for path in files() {
        let name = path.strip_prefix(folder()).expect("below data/").to_str().expect("ASCII");
        assert!(known.contains(name), "data/{name}: no columns are given for it in this test");
        assert!(described.contains(&format!("`{name}`")), "data/{name} is not described in data/README.md");
    }
}

#[test]
fn the_crate_stays_small() {
    let data: u64 = files().iter().map(|p| std::fs::metadata(p).map_or(0, |m| m.len())).sum();
    assert!(data < 8_000_000, "the tables take {data} bytes, uncompressed; 8 MB are allowed");
}
