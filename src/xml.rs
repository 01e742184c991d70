//! XML as elements and text, for agency files and feeds: no entity is expanded but those of XML and HTML.

use quick_xml::Reader;
use quick_xml::escape::{resolve_html5_entity, unescape_with};
use quick_xml::events::{BytesStart, Event};

use crate::error::Error;
use crate::markup::Attributes;

/// What comes next in a file. An element without content begins and ends.
pub(crate) enum Xml {
    /// An element begins; its name and attributes are the reader's.
    Open,
    /// An element ends; its name is the reader's.
    Close,
    /// Text, entities resolved.
    Text(String),
    /// The file ends.
    End,
}

/// Reads a file piece by piece.
pub(crate) struct XmlReader<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// The name of the element that began or ended last, in lower case, and the same without its prefix.
    name: String,
    prefix: usize,
    pub(crate) attributes: Attributes,
}

impl<'a> XmlReader<'a> {
    pub(crate) fn new(text: &'a str) -> XmlReader<'a> {
        let text = text.trim_start_matches(|c: char| c == '\u{FEFF}' || c.is_whitespace());
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        XmlReader { text, reader, depth: 0, name: String::new(), prefix: 0, attributes: Attributes::default() }
    }

    /// The name of the element, with its prefix.
    #[cfg(feature = "feed")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name of the element, without its prefix.
    pub(crate) fn local(&self) -> &str {
        &self.name[self.prefix..]
    }

    /// The whole file.
    #[cfg(feature = "feed")]
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    fn set_name(&mut self, name: &str) {
        self.name = name.to_ascii_lowercase();
        self.prefix = self.name.find(':').map_or(0, |at| at + 1);
    }

    pub(crate) fn next(&mut self) -> Result<Xml, Error> {
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.error(self.reader.error_position(), &error.to_string())),
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    self.set_name(start.name().as_ref());
                    self.read_attributes(&start);
                    return Ok(Xml::Open);
                }
                Event::End(end) => {
                    self.depth -= 1;
                    self.set_name(end.name().as_ref());
                    return Ok(Xml::Close);
                }
                Event::Text(text) => return Ok(Xml::Text(text.xml10_content().into_owned())),
                Event::CData(text) => return Ok(Xml::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(name) => {
                    let known = name.resolve_char_ref().ok().flatten().map(String::from);
                    let known = known.or_else(|| resolve_html5_entity(&name).map(str::to_owned));
                    // An entity that the file declares itself stays unexpanded.
                    return Ok(Xml::Text(known.unwrap_or_else(|| format!("&{};", &*name))));
                }
                Event::Eof if self.depth > 0 => {
                    let message = format!("the file ends, and elements are open: {}", self.depth);
                    return Err(self.error(self.text.len() as u64, &message));
                }
                Event::Eof => return Ok(Xml::End),
                _ => {}
            }
        }
    }

    fn read_attributes(&mut self, start: &BytesStart<'_>) {
        self.attributes.clear();
        // Faulty attributes end the list, no more. Checks for doubles would compare each with all before it.
        for attribute in start.attributes().with_checks(false).map_while(Result::ok) {
            let name = attribute.key.as_ref().to_ascii_lowercase();
            if Attributes::keeps(&name) {
                let value = unescape_with(&attribute.value, resolve_html5_entity);
                self.attributes.add(&name, value.as_deref().unwrap_or(&attribute.value));
            }
        }
    }

    fn error(&self, position: u64, message: &str) -> Error {
        let mut end = (position as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Error::Xml { line, column, message: message.chars().take(200).collect() }
    }
}
