//! Finds the viewer of a document, and asks it.

use crate::describe::{Head, describe};
use crate::document::Document;
use crate::kind::Kind;
use crate::picture::Picture;
use crate::request::{Answer, NotShown, Request, Want, WindowChoice};
use crate::{bounds, card, cda, dicom, fhir, hl7, pdf, tabular, text};

/// Answers a question about the document in these bytes.
///
/// A decoder may still take long, much memory, or panic on bytes that were made for it. A caller that must go on lets this run
/// in a process with limits.
#[must_use]
pub fn answer(request: &Request, bytes: &[u8]) -> Answer {
    let found = match request.want {
        Want::Document => document(bytes, &request.name).map(Answer::Document),
        Want::Facts => {
            in_bounds(bytes).map(|bytes| Answer::Facts(crate::facts::facts(bytes, &request.name)))
        }
        Want::Picture { number, window } => {
            picture(bytes, &request.name, number, window).map(Answer::Picture)
        }
    };
    found.unwrap_or_else(Answer::NotShown)
}

fn in_bounds(bytes: &[u8]) -> Result<&[u8], NotShown> {
    if bytes.len() > bounds::MOST_BYTES { Err(NotShown::TooMuch) } else { Ok(bytes) }
}

fn document(bytes: &[u8], name: &str) -> Result<Document, NotShown> {
    let bytes = in_bounds(bytes)?;
    let document = shown(bytes, name)?;
    let about = describe(Head { bytes, is_whole: true }, name).about;
    Ok(Document { about, ..document })
}

fn shown(bytes: &[u8], name: &str) -> Result<Document, NotShown> {
    match Kind::of(bytes, name) {
        Kind::Fhir => fhir::document(bytes),
        Kind::Cda => cda::document(bytes),
        Kind::Hl7 => hl7::document(bytes),
        Kind::Pdf => pdf::document(bytes),
        Kind::Dicom => dicom::document(bytes),
        Kind::Study => dicom::study::document(bytes),
        Kind::HealthCard => card::document(bytes),
        Kind::AppleHealth => crate::apple::document(bytes),
        Kind::Archive => crate::archive::document(bytes),
        Kind::Csv => Ok(tabular::document(bytes)),
        Kind::Json => text::json(bytes),
        Kind::Xml => Ok(text::document(bytes, Kind::Xml)),
        Kind::Text => Ok(text::document(bytes, Kind::Text)),
        Kind::Picture | Kind::Other => Err(NotShown::NoViewer),
    }
}

fn picture(
    bytes: &[u8],
    name: &str,
    number: usize,
    window: WindowChoice,
) -> Result<Picture, NotShown> {
    let bytes = in_bounds(bytes)?;
    match Kind::of(bytes, name) {
        Kind::Pdf => pdf::page(bytes, number),
        Kind::Cda => pdf::page(&cda::embedded_pdf(bytes).ok_or(NotShown::NoSuchPage)?, number),
        Kind::Dicom => dicom::picture(bytes, number, window),
        Kind::Study => dicom::study::picture(bytes, number, window),
        _ => Err(NotShown::NoSuchPage),
    }
}
