//! XML of others, read as a flat sequence of beginnings, texts and ends.
//!
//! A document type declaration is passed over: no entity of it is ever put in, so none can refer to a file or grow. The five
//! entities of XML and numbered characters are put in. Control characters and faults end the reading, not the program. Broken
//! nesting is forgiven, since exports of health data have it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::bounds;
use crate::text::decoded;

/// A piece of a document.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// An element begins.
    Begin(Element),
    /// Text.
    Text(String),
    /// An element ends: its name.
    End(String),
}

/// An element: its name without a prefix, and its attributes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The attribute of this name; prefixes count as part of it.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|one| one.0 == name).map(|one| one.1.as_str())
    }
}

/// A piece of a document, for who reads one outside of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlPiece<'p> {
    /// An element begins: its name without a prefix, and its attributes, whose names have theirs.
    Begin(&'p str, &'p [(String, String)]),
    /// Text.
    Text(&'p str),
    /// An element ends: its name.
    End(&'p str),
}

/// Gives the pieces of a document, in whatever encoding it is, within the bounds of this module.
pub fn xml_pieces(bytes: &[u8], take: &mut dyn FnMut(XmlPiece<'_>)) {
    let text = decoded(bytes);
    for piece in Pieces::of(text.as_bytes()) {
        take(match &piece {
            Piece::Begin(Element { name, attributes }) => XmlPiece::Begin(name, attributes),
            Piece::Text(text) => XmlPiece::Text(text),
            Piece::End(name) => XmlPiece::End(name),
        });
    }
}

/// Reads pieces, one after the other.
pub(crate) struct Pieces<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
    /// The end of an element that was written without one.
    end: Option<String>,
    is_over: bool,
}

impl<'b> Pieces<&'b [u8]> {
    /// The pieces of these bytes, after a document type declaration: exports have some that are no XML.
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        Self::from_reader(after_document_type(bytes))
    }
}

impl<R: std::io::BufRead> Pieces<R> {
    /// The pieces of what is read.
    pub(crate) fn from_reader(source: R) -> Self {
        let mut reader = Reader::from_reader(source);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), depth: 0, end: None, is_over: false }
    }

    fn element(start: &BytesStart<'_>) -> Element {
        let name = local(start.name().as_ref());
        let mut all = start.attributes();
        let all = all.with_checks(false).take(bounds::MOST_COLUMNS * 2);
        let attributes = all.filter_map(|one| {
            let one = one.ok()?;
            let raw = String::from_utf8_lossy(&one.value);
            let key = String::from_utf8_lossy(one.key.as_ref()).into_owned();
            Some((key, unescaped(&raw).into_owned()))
        });
        Element { name, attributes: attributes.collect() }
    }
}

impl<R: std::io::BufRead> Iterator for Pieces<R> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(name) = self.end.take() {
            return Some(Piece::End(name));
        }
        while !self.is_over {
            self.buffer.clear();
            let mut buffer = std::mem::take(&mut self.buffer);
            let event = self.reader.read_event_into(&mut buffer).map(Event::into_owned);
            self.buffer = buffer;
            match event {
                Ok(Event::Start(start)) => {
                    self.depth += 1;
                    if self.depth > bounds::MOST_DEPTH {
                        self.is_over = true;
                        return None;
                    }
                    return Some(Piece::Begin(Self::element(&start)));
                }
                Ok(Event::Empty(start)) => {
                    let element = Self::element(&start);
                    self.end = Some(element.name.clone());
                    return Some(Piece::Begin(element));
                }
                Ok(Event::End(end)) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Some(Piece::End(local(end.name().as_ref())));
                }
                Ok(Event::Text(text)) => {
                    return Some(Piece::Text(String::from_utf8_lossy(&text).into_owned()));
                }
                Ok(Event::CData(text)) => {
                    return Some(Piece::Text(String::from_utf8_lossy(&text).into_owned()));
                }
                Ok(Event::GeneralRef(reference)) => return Some(Piece::Text(entity(&reference))),
                Ok(Event::Eof) | Err(_) => self.is_over = true,
                Ok(_) => {}
            }
        }
        None
    }
}

/// What follows a document type declaration; before it there is only the XML declaration.
fn after_document_type(bytes: &[u8]) -> &[u8] {
    const BEGIN: &[u8] = b"<!DOCTYPE";
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let Some(at) = head.windows(BEGIN.len()).position(|window| window == BEGIN) else {
        return bytes;
    };
    let rest = &bytes[at..];
    let find = |from: usize, sign: u8| {
        rest.get(from..)?.iter().position(|byte| *byte == sign).map(|place| from + place)
    };
    let end = match (find(0, b'['), find(0, b'>')) {
        // With declarations of its own: up to a bracket that the sign of the end follows.
        (Some(open), Some(end)) if open < end => {
            let mut from = open;
            loop {
                let Some(close) = find(from, b']') else { return &[] };
                let after = rest[close + 1..].trim_ascii_start();
                if after.first() == Some(&b'>') {
                    break rest.len() - after.len();
                }
                from = close + 1;
            }
        }
        (_, Some(end)) => end,
        (_, None) => return &[],
    };
    &rest[end + 1..]
}

/// A name without its prefix.
fn local(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// What a reference in a text stands for; those that XML does not define stay as they are written.
fn entity(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = String::from_utf8_lossy(reference);
    named(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => "\u{a0}",
        _ => return None,
    })
}

/// A text in which the references of XML are put in.
fn unescaped(raw: &str) -> Cow<'_, str> {
    quick_xml::escape::unescape_with(raw, named).unwrap_or(Cow::Borrowed(raw))
}

/// The name of the root element, if it is in the first bytes.
pub(crate) fn root(text: &[u8]) -> Option<String> {
    Pieces::of(text).find_map(|piece| match piece {
        Piece::Begin(element) => Some(element.name),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Pieces::of(text.as_bytes())
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn entities_of_a_document_type_are_never_put_in() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "haha"><!ENTITY y "&x;&x;&x;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <a>&lt;1&#50;&y;&f;</a>"#;
        assert_eq!(said(bomb).trim(), "<12&y;&f;");
        let attribute = Pieces::of(br#"<a b="&x;&amp;"/>"#).next();
        let Some(Piece::Begin(element)) = attribute else { panic!("{attribute:?}") };
        assert_eq!(element.attribute("b"), Some("&x;&amp;"), "what is not known stays as it is");
    }

    #[test]
    fn depth_has_a_bound_and_faults_end_the_reading() {
        let deep = "<a>".repeat(100_000);
        assert_eq!(Pieces::of(deep.as_bytes()).count(), bounds::MOST_DEPTH);
        for broken in
            ["<a><b>x</a></b>", "<a b=c", "<", "<!DOCTYPE a [", "&&&", "</a></a>", "<a\0>"]
        {
            let _ = Pieces::of(broken.as_bytes()).count();
        }
        assert_eq!(said("<a>x<b>y</a>z"), "xyz");
    }
}
