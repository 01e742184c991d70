//! Rows of quotes as Parquet, by Apache's own crate.

use std::borrow::Borrow;
use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;

use crate::document::Document;
use crate::quote_table::{Row, rows};

/// The columns are those of the CSV, in its order.
const SCHEMA: &str = "message quotes {
    optional binary article_id (STRING);
    optional binary published (STRING);
    required binary variety (STRING);
    required int32 quote;
    required int32 turn;
    required binary kind (STRING);
    required binary text (STRING);
    optional binary speaker (STRING);
    optional binary speaker_id (STRING);
    required group roles (LIST) { repeated group list { required binary element (STRING); } }
    optional binary party (STRING);
    optional binary gender (STRING);
    optional binary cue (STRING);
    optional binary source (STRING);
    required int32 confidence;
    required int32 start;
    required int32 end;
    required group spans (LIST) { repeated group list { required group element { required int32 start; required int32 end; } } }
}";

/// A row group is written when it has so many rows or bytes of text.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 1 << 26;

/// Writes the quotes of documents as one Parquet file (format version 1.0 with data pages v1, readable everywhere;
/// <https://parquet.apache.org/docs/file-format/>), not compressed but for dictionaries.
///
/// The columns are those of [`Document::to_csv`]; what is not known is null, `roles` is a list of strings, and `spans` a list of structs
/// `start`, `end`. Rows are held in memory until there are 65,536, or 64 MB of text. Available with feature `parquet`.
///
/// ```
/// let pipeline = spalte::Pipeline::new();
/// let mut file = Vec::new();
/// spalte::export::parquet([pipeline.annotate("– Vi er klare, sier Kari Nordheim.")], &mut file)?;
/// assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `out`.
pub fn parquet<D: Borrow<Document>>(docs: impl IntoIterator<Item = D>, out: impl Write + Send) -> io::Result<()> {
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(error)?);
    let properties = WriterProperties::builder().set_created_by(concat!("spalte ", env!("CARGO_PKG_VERSION")).to_owned()).build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(error)?;
    let mut group = Group::default();
    for doc in docs {
        for row in rows(doc.borrow()) {
            group.push(&row);
            if group.variety.values.len() >= GROUP_ROWS || group.bytes >= GROUP_BYTES {
                std::mem::take(&mut group).write(&mut file).map_err(error)?;
            }
        }
    }
    if !group.variety.values.is_empty() {
        group.write(&mut file).map_err(error)?;
    }
    file.finish().map_err(error)?;
    file.inner_mut().flush()
}

fn error(e: ParquetError) -> io::Error {
    match e {
        ParquetError::External(e) => match e.downcast::<io::Error>() {
            Ok(e) => *e,
            Err(e) => io::Error::other(e),
        },
        e => io::Error::other(e.to_string()),
    }
}

/// The values of a column, and the levels by which Parquet tells what is null, empty, or goes on a list.
#[derive(Default)]
struct Column<T> {
    values: Vec<T>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
}

impl<T> Column<T> {
    fn required(&mut self, value: T) {
        self.values.push(value);
    }

    fn optional(&mut self, value: Option<T>) {
        self.definitions.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn list(&mut self, values: impl IntoIterator<Item = T>) {
        let before = self.values.len();
        self.values.extend(values);
        for i in 0..(self.values.len() - before).max(1) {
            self.repetitions.push(i16::from(i > 0));
            self.definitions.push(i16::from(self.values.len() > before));
        }
    }

    fn write<D: DataType<T = T>>(self, group: &mut SerializedRowGroupWriter<'_, impl Write + Send>) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General("more columns than the schema has".to_owned()));
        };
        let levels = |levels: Vec<i16>| (!levels.is_empty()).then_some(levels);
        let (definitions, repetitions) = (levels(self.definitions), levels(self.repetitions));
        column.typed::<D>().write_batch(&self.values, definitions.as_deref(), repetitions.as_deref())?;
        column.close()
    }
}

#[derive(Default)]
struct Group {
    bytes: usize,
    article_id: Column<ByteArray>,
    published: Column<ByteArray>,
    variety: Column<ByteArray>,
    quote: Column<i32>,
    turn: Column<i32>,
    kind: Column<ByteArray>,
    text: Column<ByteArray>,
    speaker: Column<ByteArray>,
    speaker_id: Column<ByteArray>,
    roles: Column<ByteArray>,
    party: Column<ByteArray>,
    gender: Column<ByteArray>,
    cue: Column<ByteArray>,
    source: Column<ByteArray>,
    confidence: Column<i32>,
    start: Column<i32>,
    end: Column<i32>,
    starts: Column<i32>,
    ends: Column<i32>,
}

impl Group {
    fn push(&mut self, row: &Row<'_>) {
        // Offsets beyond 2³¹ have no 32-bit number in this schema.
        let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let bytes = |s: &str| ByteArray::from(s.as_bytes().to_vec());
        self.bytes += row.text.len() + row.source.map_or(0, str::len) + row.article_id.map_or(0, str::len);
        self.article_id.optional(row.article_id.map(bytes));
        self.published.optional(row.published.as_deref().map(bytes));
        self.variety.required(bytes(row.variety));
        self.quote.required(number(row.index));
        self.turn.required(number(row.quote.turn));
        self.kind.required(bytes(row.quote.kind.label()));
        self.text.required(bytes(&row.text));
        self.speaker.optional(row.speaker.map(|e| bytes(&e.name)));
        self.speaker_id.optional(row.speaker.and_then(|e| e.id.as_deref()).map(bytes));
        self.roles.list(row.speaker.iter().flat_map(|e| &e.roles).map(|role| bytes(role)));
        self.party.optional(row.party.map(bytes));
        self.gender.optional(row.speaker.and_then(|e| e.gender).map(|g| bytes(g.label())));
        self.cue.optional(row.cue.map(bytes));
        self.source.optional(row.source.map(bytes));
        self.confidence.required(i32::from(row.quote.confidence));
        self.start.required(number(row.start()));
        self.end.required(number(row.end()));
        self.starts.list(row.spans.iter().map(|s| number(s.0)));
        self.ends.list(row.spans.iter().map(|s| number(s.1)));
    }

    fn write(self, file: &mut SerializedFileWriter<impl Write + Send>) -> Result<(), ParquetError> {
        let mut group = file.next_row_group()?;
        let g = &mut group;
        self.article_id.write::<ByteArrayType>(g)?;
        self.published.write::<ByteArrayType>(g)?;
        self.variety.write::<ByteArrayType>(g)?;
        self.quote.write::<Int32Type>(g)?;
        self.turn.write::<Int32Type>(g)?;
        self.kind.write::<ByteArrayType>(g)?;
        self.text.write::<ByteArrayType>(g)?;
        self.speaker.write::<ByteArrayType>(g)?;
        self.speaker_id.write::<ByteArrayType>(g)?;
        self.roles.write::<ByteArrayType>(g)?;
        self.party.write::<ByteArrayType>(g)?;
        self.gender.write::<ByteArrayType>(g)?;
        self.cue.write::<ByteArrayType>(g)?;
        self.source.write::<ByteArrayType>(g)?;
        self.confidence.write::<Int32Type>(g)?;
        self.start.write::<Int32Type>(g)?;
        self.end.write::<Int32Type>(g)?;
        self.starts.write::<Int32Type>(g)?;
        self.ends.write::<Int32Type>(g)?;
        group.close()?;
        Ok(())
    }
}
