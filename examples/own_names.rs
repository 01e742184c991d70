//! A newsroom's own names: a table of them, a few more from code, and what they change.
//!
//! usage: own_names [NAMES.tsv [ARTICLE.txt]]      columns: name, kind, id, aliases (`|` between them)

use std::error::Error;

use spalte::{EntityKind, Gazetteer, MentionForm, Pipeline};

const ARTICLE: &str = "Trollnøttene skal spille i Solvågen\n\nSagbruket er solgt, skriver Fjordposten.\n\n\
    – Vi i Trollnøttene gleder oss, sier trommeslager Jo Lindset til Fjordpostens nettavis.\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let names = arguments.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/examples/own_names.tsv").to_owned());
    let text = match arguments.next() {
        Some(file) => std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?,
        None => ARTICLE.to_owned(),
    };
    let own = Gazetteer::builder().bundled().read_tsv(&names)?.name("Solvågen", EntityKind::Loc).build();
    for (label, pipeline) in [("bundled names", Pipeline::new()), ("with our own", Pipeline::builder().gazetteer(own).build())] {
        println!("{label}");
        let doc = pipeline.annotate(text.as_str());
        for (i, entity) in doc.entities().iter().enumerate() {
            let forms: Vec<&str> = doc.mentions_of(i).filter(|m| m.form == MentionForm::Name).map(|m| &doc[m.span]).collect();
            if !forms.is_empty() {
                println!("  {:4}  {:20}  {:12}  {}", entity.kind, entity.name, entity.id.as_deref().unwrap_or("-"), forms.join(", "));
            }
        }
    }
    Ok(())
}
