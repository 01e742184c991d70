//! Byte ranges of the text, and their conversion to other units.

use std::fmt;
use std::ops::{Index, Range};

use serde::{Deserialize, Serialize};

/// A non-empty range of bytes of a document's text, `start..end`, on character boundaries.
///
/// Offsets are always those of the text as it was given. `&text[span]` is the text of the span. In JSON a span is `[start, end]`.
///
/// ```
/// use spalte::Span;
/// let text = "Hå kommune";
/// assert_eq!(&text[Span::new(0, 3)], "Hå");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
#[cfg_attr(feature = "schema", schemars(description = "Start and end in the text, in the unit of `offsets`; the end is left out."))]
pub struct Span {
    start: u32,
    end: u32,
}

/// The longest text that spans can address, in bytes; what lies beyond it is kept but not annotated.
pub(crate) const MAX_TEXT: usize = u32::MAX as usize;

impl Span {
    /// The range `start..end`. Offsets beyond 4 GiB are cut to 4 GiB.
    #[inline]
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start.min(MAX_TEXT) as u32, end: end.min(MAX_TEXT) as u32 }
    }

    /// The offset of the first byte.
    #[inline]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// The offset after the last byte.
    #[inline]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        self.end().saturating_sub(self.start())
    }

    /// Whether the span holds nothing. No span of a document does.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The span as a range, for slicing.
    #[inline]
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Whether `other` lies within this span.
    #[inline]
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share a byte.
    #[inline]
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that holds both.
    #[inline]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl From<(u32, u32)> for Span {
    fn from((start, end): (u32, u32)) -> Span {
        Span { start, end }
    }
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> (u32, u32) {
        (span.start, span.end)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl Index<Span> for str {
    type Output = str;

    /// # Panics
    /// When the span is not one of this text: out of range or inside a character.
    fn index(&self, span: Span) -> &str {
        &self[span.range()]
    }
}

impl Index<Span> for String {
    type Output = str;

    /// # Panics
    /// As for [`str`].
    fn index(&self, span: Span) -> &str {
        &self.as_str()[span]
    }
}

/// What the numbers of an exported span count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Offsets {
    /// Bytes of UTF-8, as in Rust and Go.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Unicode scalar values, as in Python.
    #[serde(rename = "chars")]
    Chars,
    /// UTF-16 code units, as in JavaScript, Java and C#.
    #[serde(rename = "utf-16")]
    Utf16,
}

/// Turns byte offsets of one text into another unit, in constant time each after one pass over the text.
///
/// ```
/// use spalte::{OffsetTable, Offsets};
/// let table = OffsetTable::new("Blå 🙂!", Offsets::Utf16);
/// assert_eq!(table.get(5), 3 + 1); // after "Blå "
/// assert_eq!(table.get(9), 3 + 1 + 2); // after the emoji
/// ```
#[derive(Clone, Debug)]
pub struct OffsetTable {
    // For every 32nd byte, the units before it; the rest is counted on demand.
    marks: Vec<u32>,
    bytes: Vec<u8>,
    unit: Offsets,
}

const STEP: usize = 32;

impl OffsetTable {
    /// Prepares the conversion for `text`.
    pub fn new(text: &str, unit: Offsets) -> OffsetTable {
        let bytes = text.as_bytes().to_vec();
        let mut marks = Vec::with_capacity(bytes.len() / STEP + 1);
        let mut n = 0u32;
        for chunk in bytes.chunks(STEP) {
            marks.push(n);
            n = n.saturating_add(units(chunk, unit));
        }
        marks.push(n);
        OffsetTable { marks, bytes, unit }
    }

    /// How many units lie before the byte `offset`; an offset past the end counts as the end.
    pub fn get(&self, offset: usize) -> usize {
        if self.unit == Offsets::Utf8 {
            return offset.min(self.bytes.len());
        }
        let offset = offset.min(self.bytes.len());
        let base = offset / STEP;
        let before = self.marks.get(base).copied().unwrap_or(0);
        before as usize + units(&self.bytes[base * STEP..offset], self.unit) as usize
    }
}

/// For every offset in `unit`, the byte offset; `u32::MAX` for one inside a character.
pub(crate) fn byte_offsets(text: &str, unit: Offsets) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        out.push(at as u32);
        if unit == Offsets::Utf16 && c.len_utf16() == 2 {
            out.push(u32::MAX);
        }
    }
    out.push(text.len() as u32);
    out
}

/// Units that begin in `bytes`: a character of four bytes is two UTF-16 units.
fn units(bytes: &[u8], unit: Offsets) -> u32 {
    bytes
        .iter()
        .map(|&b| match unit {
            Offsets::Utf8 => 1,
            Offsets::Chars => u32::from(b & 0xC0 != 0x80),
            Offsets::Utf16 => u32::from(b & 0xC0 != 0x80) + u32::from(b >= 0xF0),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_agree_with_the_standard_library() {
        let text = "Ål i «Ås» 🙂 og ﬁsk\u{301}".repeat(20);
        for (unit, count) in [
            (Offsets::Chars, (|s: &str| s.chars().count()) as fn(&str) -> usize),
            (Offsets::Utf16, |s| s.encode_utf16().count()),
            (Offsets::Utf8, str::len),
        ] {
            let table = OffsetTable::new(&text, unit);
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                assert_eq!(table.get(at), count(&text[..at]), "{unit:?} at {at}");
            }
        }
    }
}
