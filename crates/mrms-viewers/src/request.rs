//! What a face asks of a document, and what it gets: values that go through a pipe, since the work is done in a process of
//! its own.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::kind::Kind;
use crate::picture::Picture;
use crate::{bounds, card, cda, dicom, fhir, hl7, pdf, tabular, text};

/// A question about a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What its file is called; decides only where the content says nothing.
    pub name: String,
    /// What is wanted of it.
    pub want: Want,
}

/// What is wanted of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Want {
    /// What it says.
    Document,
    /// One of its pages or pictures.
    Picture {
        /// Which, from 1.
        number: usize,
        /// With which brightness.
        window: WindowChoice,
    },
}

/// The brightness of a scan: what of its values is black, and what is white.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum WindowChoice {
    /// As the scanner set it, else all values.
    #[default]
    AsStored,
    /// One of the windows of [`Paged`](crate::Paged), from 0.
    Listed(usize),
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// What the document says.
    Document(Document),
    /// A page or picture of it.
    Picture(Picture),
    /// Why it is not shown.
    NotShown(NotShown),
}

/// Why a document is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotShown {
    /// There is no viewer for it.
    #[error("there is no viewer for this kind of document")]
    NoViewer,
    /// It is damaged, or not what it begins as.
    #[error("the document is damaged, or not what it seems to be")]
    Damaged,
    /// It is too large, too deep or has too many parts.
    #[error("the document is too large or too deep to be shown")]
    TooMuch,
    /// It has a password.
    #[error("the document is locked with a password")]
    Locked,
    /// It has no such page.
    #[error("the document has no such page")]
    NoSuchPage,
    /// It is compressed in a way that is not read.
    #[error("the picture is compressed in a way that is not read here")]
    Compression,
}

/// Answers a question about the document in these bytes.
///
/// A decoder may still take long, much memory, or panic on bytes that were made for it. A caller that must go on lets this run
/// in a process with limits.
#[must_use]
pub fn answer(request: &Request, bytes: &[u8]) -> Answer {
    let found = match request.want {
        Want::Document => document(bytes, &request.name).map(Answer::Document),
        Want::Picture { number, window } => {
            picture(bytes, &request.name, number, window).map(Answer::Picture)
        }
    };
    found.unwrap_or_else(Answer::NotShown)
}

fn document(bytes: &[u8], name: &str) -> Result<Document, NotShown> {
    if bytes.len() > bounds::MOST_BYTES {
        return Err(NotShown::TooMuch);
    }
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
    if bytes.len() > bounds::MOST_BYTES {
        return Err(NotShown::TooMuch);
    }
    match Kind::of(bytes, name) {
        Kind::Pdf => pdf::page(bytes, number),
        Kind::Cda => pdf::page(&cda::embedded_pdf(bytes).ok_or(NotShown::NoSuchPage)?, number),
        Kind::Dicom => dicom::picture(bytes, number, window),
        Kind::Study => dicom::study::picture(bytes, number, window),
        _ => Err(NotShown::NoSuchPage),
    }
}
