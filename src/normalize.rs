//! The look-up form of a token: one spelling for all that look the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::tokenize::Token;

/// The form under which a token is looked up: Unicode NFC, soft hyphens and zero-width marks left out, typographic apostrophes made `'`.
/// Borrowed when nothing changes, which is nearly always.
#[inline]
pub(crate) fn key(token: &str) -> Cow<'_, str> {
    if token.is_ascii() { Cow::Borrowed(token) } else { key_beyond_ascii(token) }
}

fn key_beyond_ascii(token: &str) -> Cow<'_, str> {
    // Letters up to U+024F are in NFC; of the bytes that follow their first ones, soft hyphen and acute accent hold these two.
    if token.bytes().all(|b| b <= 0xC9 && b != 0xAD && b != 0xB4) {
        return Cow::Borrowed(token);
    }
    let odd = |c: char| matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '’' | '´' | 'ʼ' | '‘');
    if !token.chars().any(odd) && is_nfc_quick(token.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(token);
    }
    let plain = |c: char| match c {
        '’' | '´' | 'ʼ' | '‘' => Some('\''),
        c if odd(c) => None,
        c => Some(c),
    };
    Cow::Owned(token.chars().filter_map(plain).nfc().collect())
}

/// The look-up forms that differ from what stands in the text, by the token's index: hardly ever any.
pub(crate) fn keys(text: &str, tokens: &[Token]) -> HashMap<usize, Box<str>> {
    let differs = |(i, token): (usize, &Token)| match key(&text[token.span]) {
        // A lone soft hyphen stays what it is.
        Cow::Owned(key) if !key.is_empty() => Some((i, key.into())),
        _ => None,
    };
    if text.is_ascii() { HashMap::new() } else { tokens.iter().enumerate().filter_map(differs).collect() }
}

/// The lower-case look-up form.
pub(crate) fn lower(token: &str) -> Cow<'_, str> {
    match key(token) {
        Cow::Borrowed(s) if s.bytes().all(|b| b.is_ascii_lowercase()) => Cow::Borrowed(s),
        Cow::Borrowed(s) if s.is_ascii() => Cow::Owned(s.to_ascii_lowercase()),
        k if k.chars().any(char::is_uppercase) => Cow::Owned(k.chars().flat_map(char::to_lowercase).nfc().collect()),
        k => k,
    }
}

/// How many characters a reader sees, combining marks and carriage returns aside: the same for composed and decomposed spellings, and
/// for either kind of line end.
pub(crate) fn length(text: &str) -> usize {
    let plain = text.is_ascii() && !text.contains('\r');
    if plain { text.len() } else { text.chars().filter(|&c| c != '\r' && !is_combining_mark(c)).count() }
}

/// A quick hash for tables whose keys are not chosen by those who write the text: eight bytes at a time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quick(u64);

/// A hash table with [`Quick`] hashes.
pub(crate) type Table<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Quick>>;

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ self.0 >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_look_the_same_share_a_key() {
        assert_eq!(key("A\u{30A}s"), "Ås");
        assert_eq!(key("stats\u{AD}minister"), "statsminister");
        assert_eq!(key("Hans’"), "Hans'");
        assert!(matches!(key("Tromsø"), Cow::Borrowed("Tromsø")));
        assert_eq!(lower("STØRE"), "støre");
        assert_eq!((length("Ås"), length("A\u{30A}s")), (2, 2));
        assert_eq!((length("a\nb"), length("a\r\nb"), length("å\r\nb")), (3, 3, 3));
    }
}
