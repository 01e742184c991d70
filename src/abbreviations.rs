//! What the tables say of a full stop: abbreviations, and the words before or behind it that decide.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use crate::error::Error;
use crate::lexicon::{self, Row};
use crate::normalize::key;

/// Whether a sentence can end with an abbreviation, from the surest no to the surest yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ends {
    /// It cannot: `nr.`, `dr.`
    Never,
    /// Hardly ever: `adr.`
    Rare,
    /// The next word decides: `mill.`
    Maybe,
    /// It does before a capital: `osv.`
    Often,
}

/// What must follow an abbreviation that is also a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A number.
    Number,
    /// A capital.
    Name,
    /// A lower-case letter.
    Lower,
    /// Anything that goes on with a sentence.
    Any,
}

/// What the table says of an abbreviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abbreviation {
    pub(crate) ends: Ends,
    pub(crate) next: Next,
    /// Whether the string without its stop is an ordinary word too, so that `next` decides.
    pub(crate) word: bool,
}

/// The abbreviations, by their letters: the bundled table, `data/abbreviations.tsv`, or rows of your own.
///
/// ```
/// use spalte::{Abbreviations, tokenize_with};
/// let own = "abbr\tvariety\tends\tnext\tword\tnb\tnn\nsjåf.\tno\tnever\tname\tn\tsjåfør\tsjåfør\n";
/// let abbreviations = Abbreviations::bundled().clone().add_tsv("own.tsv", own)?;
/// let mut tokens = Vec::new();
/// tokenize_with("Sjåf. Moe kom kl. 12.", &abbreviations, &mut tokens);
/// assert_eq!(tokens.len(), 6);
/// # Ok::<(), spalte::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Abbreviations {
    // Open addressing: a slot holds the index of an entry plus one, or nothing.
    slots: Vec<u32>,
    entries: Vec<(Box<str>, Abbreviation)>,
    /// By length and first byte, a bit for each last byte before the stop that some entry has: most words fail here.
    shapes: Shapes,
}

/// The longest abbreviation, in bytes.
const LONGEST: usize = 24;

#[derive(Clone, Debug)]
struct Shapes([[u32; 32]; LONGEST + 1]);

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes([[0; 32]; LONGEST + 1])
    }
}

impl Shapes {
    /// The row of a word, and its bit there; the case of letters does not matter.
    fn place(word: &[u8]) -> Option<(usize, usize, u32)> {
        match word {
            [first, .., last, _] if word.len() <= LONGEST => Some((word.len(), usize::from(first & 31), 1 << (last & 31))),
            [first, _] => Some((2, usize::from(first & 31), 1)),
            _ => None,
        }
    }

    fn add(&mut self, word: &[u8]) {
        if let Some((length, first, bit)) = Shapes::place(word) {
            self.0[length][first] |= bit;
        }
    }

    #[inline]
    fn has(&self, word: &[u8]) -> bool {
        Shapes::place(word).is_some_and(|(length, first, bit)| self.0[length][first] & bit != 0)
    }
}

const FILE: &str = "abbreviations.tsv";
const BUNDLED: &str = include_str!("../data/abbreviations.tsv");
const COLUMNS: &[&str] = &["abbr", "variety", "ends", "next", "word", "nb", "nn"];

impl Abbreviations {
    /// The bundled table.
    pub fn bundled() -> &'static Abbreviations {
        static TABLE: LazyLock<Abbreviations> = LazyLock::new(|| {
            let mut table = Abbreviations::default();
            for row in lexicon::bundled(FILE, BUNDLED, COLUMNS) {
                if let Ok(entry) = entry(&row) {
                    table.add(row.get(0), entry);
                }
            }
            table
        });
        &TABLE
    }

    /// Adds the rows of a file to these, as [`add_tsv`](Abbreviations::add_tsv) does.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Table`] with the line that is wrong.
    pub fn read_tsv(self, path: impl AsRef<Path>) -> Result<Abbreviations, Error> {
        let (file, text) = lexicon::read(path.as_ref())?;
        self.add_tsv(&file, &text)
    }

    /// Adds rows to these; of two for the same abbreviation the later counts. The first line names the columns, with tabs between them:
    ///
    /// | column | values |
    /// |---|---|
    /// | `abbr` | one word of at most 24 bytes, with its stop or slash: `f.eks.`, `km/t`; a small first letter matches a capital too |
    /// | `variety` | `nb`, `nn`, or `no` for both; a note for the reader, for either is recognised in all texts |
    /// | `ends` | whether a sentence can end with it: `never`, `rare`, `maybe` (the next word decides), `often` |
    /// | `next` | what must follow where it is a word too: `num`, `name`, `lower`, `any` |
    /// | `word` | `y` if the string without its stop is a word too |
    /// | `nb`, `nn` | what it stands for |
    ///
    /// `file` is the table's name in errors.
    ///
    /// # Errors
    /// [`Error::Table`] with the line that is wrong.
    pub fn add_tsv(mut self, file: &str, text: &str) -> Result<Abbreviations, Error> {
        for row in lexicon::rows(file, text, COLUMNS)? {
            self.add(row.get(0), entry(&row)?);
        }
        Ok(self)
    }

    fn add(&mut self, abbr: &str, entry: Abbreviation) {
        let key: Box<str> = abbr.nfc().collect::<String>().into();
        self.shapes.add(key.as_bytes());
        if self.slots.len() <= 4 * self.entries.len() {
            self.slots = vec![0; (8 * self.entries.len()).next_power_of_two().max(16)];
            for i in 0..self.entries.len() {
                let slot = self.slot(&self.entries[i].0);
                self.slots[slot] = (i + 1) as u32;
            }
        }
        let slot = self.slot(&key);
        match self.slots[slot].checked_sub(1) {
            Some(i) => self.entries[i as usize].1 = entry,
            None => {
                self.entries.push((key, entry));
                self.slots[slot] = self.entries.len() as u32;
            }
        }
    }

    /// The slot that holds the entry of exactly this key, or the empty one where it belongs. Three slots in four are empty.
    fn slot(&self, key: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(key.as_bytes()) & mask;
        while let Some(i) = self.slots[at].checked_sub(1)
            && *self.entries[i as usize].0 != *key
        {
            at = (at + 1) & mask;
        }
        at
    }

    /// What the table says of `word`, which has its stop; a capital first letter may stand for a lower-case one.
    #[inline]
    pub(crate) fn get(&self, word: &str) -> Option<Abbreviation> {
        if self.may_have(word.as_bytes())
            && let Some(entry) = self.find(word)
        {
            return Some(entry);
        }
        if word.is_ascii() { None } else { self.get_decomposed(word) }
    }

    /// Whether some abbreviation without combining marks looks like `word`, which has its stop.
    #[inline]
    pub(crate) fn may_have(&self, word: &[u8]) -> bool {
        self.shapes.has(word)
    }

    /// As [`get`](Abbreviations::get) for letters with combining marks.
    fn get_decomposed(&self, word: &str) -> Option<Abbreviation> {
        // The first bytes of the combining diacritical marks.
        let decomposed = word.len() <= 2 * LONGEST && word.bytes().any(|b| matches!(b, 0xCC | 0xCD));
        decomposed.then(|| self.find(&word.nfc().collect::<String>())).flatten()
    }

    fn find(&self, word: &str) -> Option<Abbreviation> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash(word.as_bytes()) & mask;
        let mut found = None;
        while let Some(i) = self.slots[at].checked_sub(1) {
            let (key, entry) = &self.entries[i as usize];
            if **key == *word {
                return Some(*entry);
            }
            if same_but_first_case(key, word) {
                found = Some(*entry);
            }
            at = (at + 1) & mask;
        }
        found
    }
}

fn entry(row: &Row) -> Result<Abbreviation, Error> {
    let ends = match row.get(2) {
        "never" => Ends::Never,
        "rare" => Ends::Rare,
        "maybe" => Ends::Maybe,
        "often" => Ends::Often,
        _ => return Err(row.error(2, "never, rare, maybe or often")),
    };
    let next = match row.get(3) {
        "num" => Next::Number,
        "name" => Next::Name,
        "lower" => Next::Lower,
        "any" => Next::Any,
        _ => return Err(row.error(3, "num, name, lower or any")),
    };
    let word = match row.get(4) {
        "y" => true,
        "n" | "" => false,
        _ => return Err(row.error(4, "y or n")),
    };
    let abbr = row.get(0);
    if abbr.contains(char::is_whitespace) || abbr.len() < 2 || !abbr.ends_with('.') && !abbr.contains('/') {
        return Err(row.error(0, "one word with a stop at its end, or a slash"));
    }
    if abbr.nfc().map(char::len_utf8).sum::<usize>() > LONGEST {
        return Err(row.error(0, &format!("at most {LONGEST} bytes")));
    }
    if !matches!(row.get(1), "no" | "nb" | "nn") {
        return Err(row.error(1, "no, nb or nn"));
    }
    Ok(Abbreviation { ends, next, word })
}

/// FNV-1a over the bytes, blind to the case of an ASCII first letter.
fn hash(bytes: &[u8]) -> usize {
    let mut h = 0x811c_9dc5_u32;
    for (i, &b) in bytes.iter().enumerate() {
        h = (h ^ u32::from(if i == 0 { b.to_ascii_lowercase() } else { b })).wrapping_mul(0x0100_0193);
    }
    (h ^ (h >> 15)) as usize
}

fn same_but_first_case(key: &str, word: &str) -> bool {
    let (k, w) = (key.as_bytes(), word.as_bytes());
    k.len() == w.len() && !k.is_empty() && k[0].is_ascii_lowercase() && w[0].to_ascii_lowercase() == k[0] && k[1..] == w[1..]
}

/// The words around a stop that decide about it: `data/stop_words.tsv`, and the months of `data/calendar.tsv`.
struct Words {
    openers: HashSet<&'static str>,
    credits: HashSet<&'static str>,
    domains: HashSet<&'static str>,
    months: Vec<&'static str>,
}

const STOP_WORDS: &str = include_str!("../data/stop_words.tsv");

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words { openers: HashSet::new(), credits: HashSet::new(), domains: HashSet::new(), months: Vec::new() };
    for row in lexicon::bundled("stop_words.tsv", STOP_WORDS, &["role", "word"]) {
        match row.get(0) {
            "opener" => words.openers.insert(row.get(1)),
            "credit" => words.credits.insert(row.get(1)),
            _ => words.domains.insert(row.get(1)),
        };
    }
    for row in lexicon::bundled("calendar.tsv", include_str!("../data/calendar.tsv"), &["type", "n", "nb", "nn", "abbr"]) {
        if row.get(0) == "month" {
            words.months.extend(row.list(2).chain(row.list(3)));
        }
    }
    words.months.dedup();
    words
});

/// Whether the capitalised word is one that opens a sentence rather than a name: a pronoun, preposition, conjunction, adverb.
pub(crate) fn is_opener(word: &str) -> bool {
    WORDS.openers.contains(&*key(word))
}

/// `Foto`, `Arkivfoto`: what a colon and the name of a picture's or a play's maker follow.
pub(crate) fn is_credit(word: &str) -> bool {
    WORDS.credits.contains(word) || word.ends_with("foto")
}

/// Whether host names end so: what makes `nrk.no` an address and `bl.a` none.
pub(crate) fn is_top_level(domain: &str) -> bool {
    WORDS.domains.contains(domain)
}

/// Whether the word is the name of a month, in whatever case.
pub(crate) fn is_month(word: &str) -> bool {
    WORDS.months.iter().any(|m| m.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_files_are_sound() {
        let rows = lexicon::rows(FILE, BUNDLED, COLUMNS).expect("a table");
        for row in &rows {
            entry(row).expect("a sound row");
            let read = match row.get(1) {
                "nb" => !row.get(5).is_empty(),
                "nn" => !row.get(6).is_empty(),
                _ => row.get(1) == "no" && !row.get(5).is_empty() && !row.get(6).is_empty(),
            };
            assert!(read, "{}: no reading, or no variety", row.get(0));
        }
        assert!(rows.windows(2).all(|w| w[0].get(0) != w[1].get(0)));
        assert!(rows.len() >= 400, "{} rows", rows.len());
        let words = lexicon::rows("stop_words.tsv", STOP_WORDS, &["role", "word"]).expect("a table");
        assert!(words.iter().all(|row| matches!(row.get(0), "opener" | "credit" | "domain") && !row.get(1).is_empty()));
        assert!(is_opener("Hun") && is_credit("Foto") && is_top_level("no") && is_month("Mai") && !is_month("Maia"));
    }

    #[test]
    fn capitals_and_decomposed_letters() {
        let table = Abbreviations::bundled();
        assert_eq!(table.get("f.eks."), table.get("F.eks."));
        assert_eq!(table.get("årg."), table.get("a\u{30A}rg."));
        assert!(table.get("årg.").is_some() && table.get("F.EKS.").is_none() && table.get("").is_none());
        assert_eq!(Abbreviations::default().get("f.eks."), None);
    }
}
