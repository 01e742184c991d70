//! Bytes to text, in the charset that they declare.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Reads bytes in the charset that they declare: by a byte order mark, `<?xml encoding="…"?>` or `<meta charset="…">` in the first 4 kB.
/// ISO-8859-1 is read as windows-1252, as browsers do, and so is what declares nothing and is not UTF-8. Where declaration and bytes
/// disagree about UTF-8, the bytes decide. What cannot be read becomes `U+FFFD`.
///
/// ```
/// assert_eq!(spalte::decode(b"<meta charset=iso-8859-1><p>Bl\xE5b\xE6r"), "<meta charset=iso-8859-1><p>Blåbær");
/// ```
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    let declared = declared(&bytes[..bytes.len().min(4096)]);
    if let Some(encoding) = declared
        && encoding != UTF_8
        && encoding != WINDOWS_1252
    {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let (mut right, mut wrong) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().bytes().filter(|&b| b >= 0xC0).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    let encoding = if wrong == 0 || right > wrong { UTF_8 } else { WINDOWS_1252 };
    encoding.decode_without_bom_handling(bytes).0
}

/// The charset that the head of a page or file names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    let after = |mark: &str| {
        let (_, rest) = head.split_once(mark)?;
        let value = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let label = value.split(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).next()?;
        Encoding::for_label(label.as_bytes())
    };
    let encoding = if head.trim_start().starts_with("<?xml") { after("encoding") } else { None };
    // A page that says in ASCII that it is UTF-16 is not.
    encoding.or_else(|| after("charset")).map(|e| e.output_encoding())
}
