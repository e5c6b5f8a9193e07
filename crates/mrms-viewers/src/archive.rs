//! What is in a ZIP archive: names and sizes from its directory. Nothing is unpacked.
//!
//! Source: PKWARE APPNOTE 6.3, §4.3.12 and §4.3.16.

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Table, Writer};
use crate::kind::Kind;
use crate::request::NotShown;

/// The directory of an archive that is in memory: where it begins, and where its entries end.
pub(crate) fn directory(bytes: &[u8]) -> Option<&[u8]> {
    const END: &[u8] = b"PK\x05\x06";
    // A comment of up to 64 KiB may follow.
    let from = bytes.len().saturating_sub(22 + 0xffff);
    let at = from + bytes[from..].windows(4).rposition(|window| window == END)?;
    let length = u32::from_le_bytes(*bytes.get(at + 12..)?.first_chunk()?) as usize;
    let offset = u32::from_le_bytes(*bytes.get(at + 16..)?.first_chunk()?) as usize;
    bytes.get(offset..offset.checked_add(length)?)
}

/// An entry of the directory: its name, its size, and where its header begins.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) size: u32,
    pub(crate) is_stored: bool,
    pub(crate) offset: u32,
}

/// The entries of a directory.
pub(crate) fn entries(directory: &[u8]) -> impl Iterator<Item = Entry> + '_ {
    let mut rest = directory;
    std::iter::from_fn(move || {
        if !rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        let two = |at: usize| Some(u16::from_le_bytes(*rest.get(at..)?.first_chunk()?));
        let four = |at: usize| Some(u32::from_le_bytes(*rest.get(at..)?.first_chunk()?));
        let lengths = [two(28)?, two(30)?, two(32)?].map(usize::from);
        let name = rest.get(46..46 + lengths[0])?;
        let entry = Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            size: four(24)?,
            is_stored: two(10)? == 0,
            offset: four(42)?,
        };
        rest = rest.get(46 + lengths.iter().sum::<usize>()..)?;
        Some(entry)
    })
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let directory = directory(bytes).ok_or(NotShown::Damaged)?;
    let mut writer = Writer::new(Kind::Archive);
    let files = entries(directory).filter(|entry| !entry.name.ends_with('/'));
    let rows: Vec<_> = files
        .take(bounds::MOST_ENTRIES + 1)
        .map(|entry| vec![Cell::text(&entry.name), Cell::text(&entry.size.to_string())])
        .collect();
    writer.heading(2, Word::Files);
    writer.push(Block::Table(Table {
        caption: None,
        head: vec![Word::Name.into(), Word::Size.into()],
        rows,
    }));
    if writer.is_empty() { Err(NotShown::Damaged) } else { Ok(writer.done()) }
}
