//! Time stamps of pages, files and feeds to dates in Norway.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::article::Date;
use crate::lexicon;
use crate::normalize::lower;

/// The date of a time stamp: of ISO 8601 (`2026-05-12T10:15:00+02:00`, `20260512T101500Z`), of mail and RSS (`Tue, 12 May 2026 22:30:00 GMT`),
/// or in Norwegian (`12. mai 2026`, `12.05.2026`) within a text. What is told in UTC becomes the date in Norway.
pub(crate) fn date(text: &str) -> Option<Date> {
    let text = text.trim_start().get(..text.trim_start().len().min(100)).unwrap_or("");
    iso_date(text)
        .or_else(|| {
            let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).collect();
            words.iter().enumerate().find_map(|(i, word)| {
                let day: u32 = word.trim_end_matches('.').parse().ok()?;
                let month = lower(words.get(i + 1)?.trim_end_matches('.')).into_owned();
                // English names of months begin like ours, but for two.
                let month = MONTHS.get(month.as_str()).copied().or(match month.as_str() {
                    "may" => Some(5),
                    "oct" => Some(10),
                    "dec" => Some(12),
                    _ => None,
                })?;
                let year: u32 = words.get(i + 2)?.parse().ok()?;
                let zone = words.get(i + 4).copied().unwrap_or("");
                let time = words
                    .get(i + 3)
                    .and_then(|t| t.get(..2)?.parse().ok())
                    .filter(|_| matches!(zone, "GMT" | "UT" | "UTC" | "Z" | "+0000" | "-0000"));
                in_norway(year, u32::from(month), day, time)
            })
        })
        .or_else(|| {
            let word = text.split_whitespace().map(|w| w.trim_end_matches([',', '.'])).find(|w| w.matches('.').count() == 2)?;
            let mut parts = word.split('.').map(|p| p.parse::<u32>().ok());
            let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
            in_norway(if year < 100 { 2000 + year } else { year }, month, day, None)
        })
}

fn iso_date(text: &str) -> Option<Date> {
    let digits = |range: Range<usize>| text.get(range)?.bytes().all(|b| b.is_ascii_digit()).then_some(());
    let number = |range: Range<usize>| {
        digits(range.clone())?;
        text.get(range)?.parse::<u32>().ok()
    };
    let dashed = text.as_bytes().get(4) == Some(&b'-');
    let (month, day, time) = if dashed { (5..7, 8..10, 10) } else { (4..6, 6..8, 8) };
    let (year, month, day) = (number(0..4)?, number(month)?, number(day)?);
    let rest = text.get(time..)?;
    let utc = rest.trim_end().ends_with(['Z', 'z']) || ["+00:00", "+0000"].iter().any(|zone| rest.trim_end().ends_with(zone));
    let hour = rest.get(1..3).and_then(|h| h.parse().ok()).filter(|_| utc);
    in_norway(year, month, day, hour)
}

/// The date in Norway at an hour of UTC; without an hour, the date as it is told.
fn in_norway(year: u32, month: u32, day: u32, utc_hour: Option<u32>) -> Option<Date> {
    let told = |year: u32, month: u32, day: u32| format!("{year:04}-{month:02}-{day:02}").parse::<Date>().ok();
    let date = told(year, month, day)?;
    // Summer time is from the last Sunday of March to that of October; days of the week by Zeller's congruence.
    let last_sunday =
        |month: u32| 31 - (31 + 13 * (month + 1) / 5 + year % 100 + year % 100 / 4 + year / 100 / 4 + 5 * (year / 100) + 6) % 7;
    let summer = match month {
        4..=9 => true,
        3 => day > last_sunday(3) || (day == last_sunday(3) && utc_hour > Some(0)),
        10 => day < last_sunday(10) || (day == last_sunday(10) && utc_hour < Some(1)),
        _ => false,
    };
    if utc_hour.is_none_or(|hour| hour + 1 + u32::from(summer) < 24) {
        return Some(date);
    }
    told(year, month, day + 1).or_else(|| told(year, month + 1, 1)).or_else(|| told(year + 1, 1, 1))
}

/// Months by their names and abbreviations, from `data/calendar.tsv`.
pub(crate) static MONTHS: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut months = HashMap::new();
    for row in lexicon::bundled("calendar.tsv", include_str!("../data/calendar.tsv"), &["type", "n", "nb", "nn", "abbr"]) {
        if row.get(0) == "month" {
            let forms = (2..5).flat_map(|i| row.list(i)).map(|form| form.trim_end_matches('.'));
            months.extend(forms.filter_map(|form| Some((form, row.get(1).parse().ok()?))));
        }
    }
    months
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_kinds() {
        for (stamp, expected) in [
            ("2026-05-12", "2026-05-12"),
            ("2026-05-12T10:15:00+02:00", "2026-05-12"),
            ("2026-05-12T21:59:59Z", "2026-05-12"),
            ("2026-05-12T22:00:00Z", "2026-05-13"),
            ("2026-12-31T23:30:00.000Z", "2027-01-01"),
            ("2026-01-31T22:30:00Z", "2026-01-31"),
            // The clock is put forward on 29 March 2026 and back on 25 October, at 01:00 UTC.
            ("2026-03-28T22:30:00Z", "2026-03-28"),
            ("2026-03-29T22:30:00Z", "2026-03-30"),
            ("2026-10-24T22:30:00Z", "2026-10-25"),
            ("2026-10-25T22:30:00Z", "2026-10-25"),
            ("20260512T221500+0200", "2026-05-12"),
            ("20260512T221500Z", "2026-05-13"),
            ("20260512", "2026-05-12"),
            ("Tue, 12 May 2026 22:30:00 GMT", "2026-05-13"),
            ("Mon, 05 Oct 2026 10:30:00 +0200", "2026-10-05"),
            ("Publisert: 12. mai 2026, kl. 12.00", "2026-05-12"),
            ("Oppdatert 3. desember 2025", "2025-12-03"),
            ("Publisert 12.05.2026 12:00", "2026-05-12"),
        ] {
            assert_eq!(date(stamp).map(|d| d.to_string()).as_deref(), Some(expected), "{stamp}");
        }
        for none in ["", "i går", "2026", "2026-13-01", "32. mai 2026", "kl. 12.30"] {
            assert_eq!(date(none), None, "{none}");
        }
    }
}
