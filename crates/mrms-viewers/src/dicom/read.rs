//! The data elements of a DICOM object: tags, values, and the items of sequences.
//!
//! Reads what is whole and stops where something does not fit: no length that a file tells is believed before the bytes are
//! there. Source: DICOM PS3.5 §7, PS3.10 §7.

use std::borrow::Cow;

use crate::bounds;
use crate::document::one_line;
use crate::request::NotShown;
use crate::text::decoded;

/// A tag: group and element.
pub(crate) type Tag = (u16, u16);

const PIXELS: Tag = (0x7fe0, 0x0010);
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
const UNDEFINED: u32 = u32::MAX;
/// Elements of one object, those in sequences included.
const MOST_ELEMENTS: usize = 200_000;
/// How deep sequences may lie in each other.
const MOST_NESTED: usize = 16;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) is_explicit: bool,
    pub(crate) is_big: bool,
}

const EXPLICIT: Encoding = Encoding { is_explicit: true, is_big: false };
const IMPLICIT: Encoding = Encoding { is_explicit: false, is_big: false };

/// An object, or an item of a sequence.
#[derive(Clone, Debug)]
pub(crate) struct Object<'b> {
    pub(crate) encoding: Encoding,
    pub(crate) elements: Vec<(Tag, Value<'b>)>,
}

/// The value of an element.
#[derive(Clone, Debug)]
pub(crate) enum Value<'b> {
    Bytes(&'b [u8]),
    Items(Vec<Object<'b>>),
    /// Compressed pixels: the table of offsets, then the pieces.
    Fragments(Vec<&'b [u8]>),
}

/// The bytes of an object after its file header, and how they are written.
pub(crate) struct Content<'b> {
    /// The transfer syntax; empty where the file does not tell it.
    pub(crate) syntax: String,
    bytes: Cow<'b, [u8]>,
    encoding: Encoding,
}

impl<'b> Content<'b> {
    /// Reads the file header.
    pub(crate) fn of(bytes: &'b [u8]) -> Result<Self, NotShown> {
        let start = if bytes.get(128..132) == Some(b"DICM") { 132 } else { 0 };
        let mut at = start;
        let mut syntax = String::new();
        // Group 2 is always explicit.
        while bytes.get(at..at + 2) == Some(&[2, 0]) {
            let mut reader = Reader { bytes, at, encoding: EXPLICIT, left: 10 };
            let Some((tag, value)) = reader.element(0) else { break };
            if let (Value::Bytes(value), (2, 0x10)) = (&value, tag) {
                syntax = text(value);
            }
            at = reader.at;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let encoding = match syntax.as_str() {
            "" if rest.get(4..6).is_some_and(|vr| vr.iter().all(u8::is_ascii_uppercase)) => {
                EXPLICIT
            }
            "" | "1.2.840.10008.1.2" => IMPLICIT,
            "1.2.840.10008.1.2.2" => Encoding { is_explicit: true, is_big: true },
            _ => EXPLICIT,
        };
        let bytes = match syntax.as_str() {
            "1.2.840.10008.1.2.1.99" => {
                let inflated =
                    miniz_oxide::inflate::decompress_to_vec_with_limit(rest, bounds::MOST_BYTES);
                Cow::Owned(inflated.map_err(|_| NotShown::Damaged)?)
            }
            _ => Cow::Borrowed(rest),
        };
        Ok(Self { syntax, bytes, encoding })
    }

    /// The elements.
    pub(crate) fn object(&self) -> Object<'_> {
        let mut reader =
            Reader { bytes: &self.bytes, at: 0, encoding: self.encoding, left: MOST_ELEMENTS };
        reader.object(self.bytes.len(), 0)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    encoding: Encoding,
    left: usize,
}

impl<'b> Reader<'b> {
    fn two(&mut self) -> Option<u16> {
        let two = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 2;
        Some(if self.encoding.is_big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn four(&mut self) -> Option<u32> {
        let four = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 4;
        Some(if self.encoding.is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn take(&mut self, length: u32) -> Option<&'b [u8]> {
        let end = self.at.checked_add(length as usize)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// The elements up to here, or up to the mark that ends an item.
    fn object(&mut self, end: usize, depth: usize) -> Object<'b> {
        let mut elements = Vec::new();
        while self.at < end {
            match self.element(depth) {
                Some((ITEM_END | SEQUENCE_END, _)) | None => break,
                Some(element) => elements.push(element),
            }
        }
        Object { encoding: self.encoding, elements }
    }

    fn element(&mut self, depth: usize) -> Option<(Tag, Value<'b>)> {
        self.left = self.left.checked_sub(1)?;
        let tag = (self.two()?, self.two()?);
        if tag.0 == ITEM.0 {
            self.four()?;
            return Some((tag, Value::Bytes(&[])));
        }
        let (vr, length) = if self.encoding.is_explicit {
            let vr = *self.bytes.get(self.at..)?.first_chunk::<2>()?;
            self.at += 2;
            match &vr {
                b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN"
                | b"UR" | b"UT" | b"UV" => {
                    self.at += 2;
                    (vr, self.four()?)
                }
                _ => (vr, u32::from(self.two()?)),
            }
        } else {
            (*b"  ", self.four()?)
        };
        if tag == PIXELS && length == UNDEFINED {
            return Some((tag, Value::Fragments(self.fragments())));
        }
        if length == UNDEFINED {
            let before = self.encoding;
            // PS3.5 §6.2.2: of an unknown kind, a sequence is always written like this.
            if &vr == b"UN" {
                self.encoding = IMPLICIT;
            }
            let items = self.items(usize::MAX, depth);
            self.encoding = before;
            return Some((tag, Value::Items(items?)));
        }
        if &vr == b"SQ" {
            let end = self.at.checked_add(length as usize)?;
            let items = self.items(end.min(self.bytes.len()), depth)?;
            self.at = end.min(self.bytes.len());
            return Some((tag, Value::Items(items)));
        }
        // Pixels that are cut off are shown as far as they go.
        let length = match tag == PIXELS {
            true => length.min(u32::try_from(self.bytes.len() - self.at).unwrap_or(u32::MAX)),
            false => length,
        };
        Some((tag, Value::Bytes(self.take(length)?)))
    }

    fn items(&mut self, end: usize, depth: usize) -> Option<Vec<Object<'b>>> {
        if depth >= MOST_NESTED {
            return None;
        }
        let mut items = Vec::new();
        while self.at < end.min(self.bytes.len()) {
            self.left = self.left.checked_sub(1)?;
            let tag = (self.two()?, self.two()?);
            let length = self.four()?;
            match tag {
                ITEM if length == UNDEFINED => items.push(self.object(usize::MAX, depth + 1)),
                ITEM => {
                    let end = self.at.checked_add(length as usize)?.min(self.bytes.len());
                    items.push(self.object(end, depth + 1));
                    self.at = end;
                }
                _ => break,
            }
        }
        Some(items)
    }

    fn fragments(&mut self) -> Vec<&'b [u8]> {
        let mut fragments = Vec::new();
        while fragments.len() < MOST_ELEMENTS {
            let (Some(group), Some(element), Some(length)) = (self.two(), self.two(), self.four())
            else {
                break;
            };
            if (group, element) != ITEM {
                break;
            }
            let length = length.min(u32::try_from(self.bytes.len() - self.at).unwrap_or(u32::MAX));
            let Some(fragment) = self.take(length) else { break };
            fragments.push(fragment);
        }
        fragments
    }
}

fn text(bytes: &[u8]) -> String {
    let text = decoded(bytes);
    one_line(text.trim_end_matches('\0'), bounds::MOST_CELL)
}

impl<'b> Object<'b> {
    pub(crate) fn value(&self, tag: Tag) -> Option<&Value<'b>> {
        self.elements.iter().find(|(one, _)| *one == tag).map(|(_, value)| value)
    }

    pub(crate) fn bytes(&self, tag: Tag) -> Option<&'b [u8]> {
        match self.value(tag)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A text; values of several are separated by a backslash.
    pub(crate) fn text(&self, tag: Tag) -> Option<String> {
        self.bytes(tag).map(text).filter(|text| !text.is_empty())
    }

    /// The numbers of a text.
    pub(crate) fn decimals(&self, tag: Tag) -> Vec<f64> {
        let text = self.text(tag).unwrap_or_default();
        let numbers = text.split('\\').filter_map(|one| one.trim().parse::<f64>().ok());
        numbers.filter(|number| number.is_finite()).take(1_000).collect()
    }

    pub(crate) fn decimal(&self, tag: Tag) -> Option<f64> {
        self.decimals(tag).first().copied()
    }

    /// Numbers of 16 bits.
    pub(crate) fn shorts(&self, tag: Tag) -> Vec<u16> {
        let bytes = self.bytes(tag).unwrap_or_default();
        let read = if self.encoding.is_big { u16::from_be_bytes } else { u16::from_le_bytes };
        bytes.chunks_exact(2).map(|two| read([two[0], two[1]])).collect()
    }

    pub(crate) fn short(&self, tag: Tag) -> Option<u16> {
        self.shorts(tag).first().copied()
    }

    /// The items of a sequence. Where the file does not say that it is one, its bytes are read as items here.
    pub(crate) fn items(&self, tag: Tag) -> Cow<'_, [Object<'b>]> {
        match self.value(tag) {
            Some(Value::Items(items)) => Cow::Borrowed(items),
            Some(Value::Bytes(bytes)) => {
                let mut reader =
                    Reader { bytes, at: 0, encoding: self.encoding, left: MOST_ELEMENTS };
                Cow::Owned(reader.items(bytes.len(), 0).unwrap_or_default())
            }
            _ => Cow::Borrowed(&[]),
        }
    }

    /// The name of a code: what the first item of a sequence calls it.
    pub(crate) fn code(&self, tag: Tag) -> Option<String> {
        let items = self.items(tag);
        let item = items.first()?;
        item.text((0x0008, 0x0104)).or_else(|| item.text((0x0008, 0x0100)))
    }

    /// A person's name as one says it (PS3.5 §6.2.1).
    pub(crate) fn person(&self, tag: Tag) -> Option<String> {
        let text = self.text(tag)?;
        let mut parts = text.split('=').next().unwrap_or_default().split('^').map(str::trim);
        let mut part = || parts.next().unwrap_or_default();
        let (family, given, middle, prefix, suffix) = (part(), part(), part(), part(), part());
        let name = [prefix, given, middle, family, suffix].join(" ");
        Some(one_line(&name, bounds::MOST_TITLE)).filter(|name| !name.is_empty())
    }
}
