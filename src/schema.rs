//! The JSON Schema of a document, made from the records that are written.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;

use crate::document::{Document, Record};

impl Document {
    /// The JSON Schema (draft 2020-12) of what [`to_json`](Document::to_json) and [`to_json_with`](Document::to_json_with) write (feature
    /// `schema`). It is the file `schema/document.schema.json` of this version.
    ///
    /// The schema tells shapes and values. What ties the layers together, as that spans lie within the text, is told and checked by
    /// [`check`](Document::check) and [`from_json`](Document::from_json). A later version may add fields.
    ///
    /// ```
    /// let schema: serde_json::Value = serde_json::from_str(&spalte::Document::json_schema())?;
    /// assert_eq!(schema["properties"]["quotes"]["items"]["$ref"], "#/$defs/Quote");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn json_schema() -> String {
        let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(plain));
        let schema = settings.into_generator().into_root_schema_for::<Record>();
        // Writing strings, numbers and lists to memory cannot fail.
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }
}

/// Takes examples, line ends and links out of descriptions: they are of the documentation of the crate.
fn plain(schema: &mut schemars::Schema) {
    let Some(text) = schema.get("description").and_then(|d| d.as_str()) else { return };
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let (name, after) = after.split_once("`]").unwrap_or((after, ""));
        plain.extend([before, "`", name, "`"]);
        rest = after.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(after, |(_, after)| after);
    }
    plain.push_str(rest);
    let plain = plain.split("```").next().unwrap_or_default().trim_end().replace('\n', " ");
    schema.insert("description".to_owned(), plain.into());
}
