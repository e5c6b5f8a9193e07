//! A study: many objects of one scan, put together into one file as they are.
//!
//! The file is a ZIP archive without compression, so that every program opens it and no byte of an object changes. Its first
//! entry says that it is a study. An object stands in it under its place: series, number, name.

use crate::archive::{directory, entries};
use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Paged, Table, Writer};
use crate::kind::Kind;
use crate::picture::Picture;
use crate::request::{NotShown, WindowChoice};

use super::read::{Content, Object};
use super::{FRAMES, SERIES_DESCRIPTION, pixels, write_head};

/// What import needs of an object, to put those of a study together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyFile {
    /// The identifier of the study.
    pub study: String,
    /// Where the object stands in it: series and number, so that names in this order are in the order of the scan.
    pub place: String,
}

/// What the object in these bytes, or in the beginning of it, says of its study. `None` for what is no object, or of no study.
#[must_use]
pub fn study_file(bytes: &[u8]) -> Option<StudyFile> {
    let content = Content::of(bytes).ok()?;
    let object = content.object();
    let study = object.text((0x0020, 0x000d))?;
    let number = |tag| object.decimal(tag).map_or(0, |number| number.clamp(0.0, 99_999.0) as u32);
    let place = format!("{:05}-{:05}", number((0x0020, 0x0011)), number((0x0020, 0x0013)));
    Some(StudyFile { study, place })
}

/// The objects of a study, in their order. Only entries without compression are looked at.
fn objects(bytes: &[u8]) -> Result<Vec<&[u8]>, NotShown> {
    let directory = directory(bytes).ok_or(NotShown::Damaged)?;
    let mut found = Vec::new();
    for entry in entries(directory)
        .filter(|entry| entry.is_stored && entry.size > 0)
        .take(bounds::MOST_PAGES)
    {
        let header = bytes.get(entry.offset as usize..).unwrap_or_default();
        let two = |at: usize| {
            header.get(at..).and_then(|rest| rest.first_chunk()).map(|two| u16::from_le_bytes(*two))
        };
        let (Some(name), Some(extra)) = (two(26), two(28)) else { continue };
        let start = 30 + usize::from(name) + usize::from(extra);
        found.extend(header.get(start..start + entry.size as usize));
    }
    if found.is_empty() { Err(NotShown::Damaged) } else { Ok(found) }
}

/// How many pictures an object has.
fn count(object: &Object<'_>) -> usize {
    match object.value(super::PIXELS) {
        Some(_) => {
            object.decimal(FRAMES).map_or(1, |count| count as usize).clamp(1, bounds::MOST_PAGES)
        }
        None => 0,
    }
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let mut writer = Writer::new(Kind::Study);
    let (mut total, mut windows) = (0, Vec::new());
    let mut series: Vec<(Cell, u64)> = Vec::new();
    for object in objects(bytes)? {
        let content = Content::of(object)?;
        let object = content.object();
        if series.is_empty() {
            write_head(&object, &mut writer);
        }
        let pictures = count(&object);
        if pictures > 0 && windows.is_empty() {
            windows = pixels::windows(&object);
        }
        total += pictures;
        let name = Cell::text(&object.text(SERIES_DESCRIPTION).unwrap_or_default());
        match series.last_mut() {
            Some((last, count)) if *last == name => *count += pictures as u64,
            _ => series.push((name, pictures as u64)),
        }
    }
    if total > 0 {
        writer.paged(Paged { count: total.min(bounds::MOST_PAGES), are_pages: false, windows });
    }
    let rows = series
        .into_iter()
        .map(|(name, count)| vec![name, Cell::text(&count.to_string())])
        .collect();
    let head = vec![Word::Study.into(), Word::HowMany.into()];
    writer.push(Block::Table(Table { caption: None, head, rows }));
    Ok(writer.done())
}

/// One of the pictures of a study, from 1, through all its objects.
pub(crate) fn picture(
    bytes: &[u8],
    number: usize,
    window: WindowChoice,
) -> Result<Picture, NotShown> {
    let mut left = number.checked_sub(1).ok_or(NotShown::NoSuchPage)?;
    for object in objects(bytes)? {
        let content = Content::of(object)?;
        let object = content.object();
        let pictures = count(&object);
        if left < pictures {
            return pixels::draw(&object, &content.syntax, left, window)?.to_picture(String::new());
        }
        left -= pictures;
    }
    Err(NotShown::NoSuchPage)
}
