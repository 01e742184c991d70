//! The party that stands in parentheses after a name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::document::Document;
use crate::lexicon;
use crate::normalize::lower;

/// The letters of a party by its letters and names in lower case.
static PARTIES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut parties = HashMap::new();
    for row in lexicon::bundled("parties.tsv", include_str!("../data/parties.tsv"), &["letters", "nb", "nn"]) {
        for column in 0..3 {
            parties.insert(row.get(column).to_lowercase(), row.get(0));
        }
    }
    parties
});

/// How far a parenthesis is read, in bytes.
const REACH: usize = 80;

impl Document {
    /// The party of the entity with this index, as the letters of `data/parties.tsv`, where the article tells it in parentheses after a
    /// name: `Kari Nordheim (Ap)`, `Olav Vik (54, Senterpartiet)`.
    ///
    /// ```
    /// let doc = spalte::Pipeline::new().annotate("Ordføraren er Kari Nordheim (Arbeidarpartiet, Sandøya). Ho gjekk.");
    /// assert_eq!(doc.party(0), Some("Ap"));
    /// ```
    pub fn party(&self, entity: usize) -> Option<&'static str> {
        self.mentions_of(entity).filter(|m| m.is_name()).find_map(|mention| {
            let rest = self.text()[mention.span.end()..].strip_prefix(' ')?.strip_prefix('(')?;
            let end = rest.bytes().take(REACH).position(|b| b == b')')?;
            rest[..end].split([',', '/']).find_map(|part| PARTIES.get(&*lower(part.trim())).copied())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    #[test]
    fn parties_stand_in_parentheses_after_a_name() {
        let pipeline = Pipeline::new();
        for (text, party) in [
            ("Kari Nordheim (Ap) kom.", Some("Ap")),
            ("Kari Nordheim (54, Senterpartiet) kom.", Some("Sp")),
            ("Kari Nordheim (Raudt/Sandøya) kjem.", Some("R")),
            ("Kari Nordheim (SENTERPARTIET) kjem.", Some("Sp")),
            ("Nordheim kom. Kari Nordheim (FrP) gikk.", Some("Frp")),
            ("Kari Nordheim (54) kom.", None),
            ("Kari Nordheim kom (Ap).", None),
            ("Kari Nordheim (Ap", None),
            ("Kari Nordheim", None),
        ] {
            assert_eq!(pipeline.annotate(text).party(0), party, "{text}");
        }
        assert_eq!(pipeline.annotate("Kari Nordheim (Ap)").party(9), None);
    }
}
