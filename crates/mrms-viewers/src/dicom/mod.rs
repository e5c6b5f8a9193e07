//! DICOM objects: pictures, curves and reports of scanners.
//!
//! Source: DICOM PS3.3 (information objects), PS3.5 (encoding), PS3.10 (files). Pixels are drawn in `pixels`, compressed ones
//! by the decoders in `frames`; nothing is written anew.

mod frames;
mod lossless;
mod pixels;
mod read;
mod report;
pub(crate) mod study;
mod waves;

use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Document, Paged, Table, Writer, date_of};
use crate::kind::Kind;
use crate::picture::Picture;
use crate::request::{NotShown, WindowChoice};
use crate::subject::Subject;
use read::{Content, Object, Tag};

const STUDY_DATE: Tag = (0x0008, 0x0020);
const STUDY_TIME: Tag = (0x0008, 0x0030);
const MODALITY: Tag = (0x0008, 0x0060);
const INSTITUTION: Tag = (0x0008, 0x0080);
const STUDY_DESCRIPTION: Tag = (0x0008, 0x1030);
const SERIES_DESCRIPTION: Tag = (0x0008, 0x103e);
const PATIENT: Tag = (0x0010, 0x0010);
const BORN: Tag = (0x0010, 0x0030);
const FRAMES: Tag = (0x0028, 0x0008);
const PIXELS: Tag = (0x7fe0, 0x0010);

/// What an object says of itself: the elements that people look for, by their names in PS3.6.
const FACTS: [(Tag, &str); 16] = [
    (MODALITY, "Modality"),
    (STUDY_DESCRIPTION, "Study Description"),
    (SERIES_DESCRIPTION, "Series Description"),
    ((0x0018, 0x0015), "Body Part Examined"),
    ((0x0018, 0x1030), "Protocol Name"),
    ((0x0020, 0x0011), "Series Number"),
    ((0x0020, 0x0013), "Instance Number"),
    ((0x0018, 0x0050), "Slice Thickness"),
    (INSTITUTION, "Institution Name"),
    ((0x0008, 0x0070), "Manufacturer"),
    ((0x0008, 0x1090), "Manufacturer's Model Name"),
    ((0x0010, 0x0020), "Patient ID"),
    (BORN, "Patient's Birth Date"),
    ((0x0008, 0x0050), "Accession Number"),
    ((0x300a, 0x0002), "RT Plan Label"),
    ((0x300a, 0x0003), "RT Plan Name"),
];

/// What an object says of itself, for lists.
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) date: Option<String>,
    pub(crate) author: String,
    pub(crate) about: Subject,
}

pub(crate) fn head(object: &Object<'_>) -> Head {
    let description = object.text(STUDY_DESCRIPTION).or_else(|| object.text(SERIES_DESCRIPTION));
    let modality = object.text(MODALITY);
    let title = match (modality, description) {
        (Some(modality), Some(description)) => format!("{modality}: {description}"),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    let time = object.text(STUDY_TIME).unwrap_or_default();
    let date = object.text(STUDY_DATE).or_else(|| object.text((0x0008, 0x0023)));
    Head {
        title,
        date: date.and_then(|date| {
            date_of(&format!("{date}{}", time.get(..4).unwrap_or_default()))
                .or_else(|| date_of(&date))
        }),
        author: object.text(INSTITUTION).unwrap_or_default(),
        about: Subject::of(
            &object.person(PATIENT).unwrap_or_default(),
            &object.text(BORN).unwrap_or_default(),
        ),
    }
}

/// What the object in these bytes says of itself.
pub(crate) fn head_of(bytes: &[u8]) -> Option<Head> {
    let content = Content::of(bytes).ok()?;
    let object = content.object();
    (!object.elements.is_empty()).then(|| head(&object))
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let content = Content::of(bytes)?;
    let object = content.object();
    if object.elements.is_empty() {
        return Err(NotShown::Damaged);
    }
    let mut writer = Writer::new(Kind::Dicom);
    write_head(&object, &mut writer);
    if let Some(paged) = paged(&object) {
        writer.paged(paged);
    }
    waves::write(&object, &mut writer);
    report::write(&object, &mut writer);
    if writer.is_empty() {
        writer.push(Block::Text(Word::NoImages.into()));
    }
    write_facts(&object, &mut writer);
    Ok(writer.done())
}

fn write_head(object: &Object<'_>, writer: &mut Writer) {
    let Head { title, date, author, about } = head(object);
    writer.title(&title);
    writer.date(date);
    writer.author(&author);
    writer.patient(about.name.as_deref().unwrap_or_default());
}

fn write_facts(object: &Object<'_>, writer: &mut Writer) {
    let fact = |(tag, name): &(Tag, &str)| {
        let text = object.text(*tag)?;
        let cell = date_of(&text)
            .filter(|_| text.len() == 8)
            .map_or_else(|| Cell::text(&text), Cell::Date);
        Some(vec![Cell::text(name), cell])
    };
    let rows = FACTS.iter().filter_map(fact).collect();
    let head = vec![Word::Field.into(), Word::Value.into()];
    writer.push(Block::Table(Table { caption: None, head, rows }));
}

/// The pictures of an object; `None` without any.
fn paged(object: &Object<'_>) -> Option<Paged> {
    object.value(PIXELS)?;
    let count =
        object.decimal(FRAMES).map_or(1, |count| count as usize).clamp(1, bounds::MOST_PAGES);
    Some(Paged { count, are_pages: false, windows: pixels::windows(object) })
}

/// One of the pictures, from 1.
pub(crate) fn picture(
    bytes: &[u8],
    number: usize,
    window: WindowChoice,
) -> Result<Picture, NotShown> {
    let content = Content::of(bytes)?;
    let object = content.object();
    let count = paged(&object).ok_or(NotShown::NoSuchPage)?.count;
    let index = number.checked_sub(1).filter(|index| *index < count).ok_or(NotShown::NoSuchPage)?;
    pixels::draw(&object, &content.syntax, index, window)?.to_picture(String::new())
}

#[cfg(test)]
pub(crate) mod tests;
