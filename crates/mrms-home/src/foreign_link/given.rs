//! What somebody was given: the text of a link or of a health card, or a file or picture with one.

use mrms_links::card::{self, IssuerKeys};
use mrms_links::jwe::Opened;
use mrms_links::{HEALTH_CARD, LinkError, Shlink};
use mrms_viewers::{AttachedFiles, Kind, attached_files, card_tokens};

use super::claim::{self, NoCard};
use crate::qr::picture::{self, PictureError};

/// The largest file that is read: a photograph of a QR code.
pub const MOST_FILE: u64 = 32 * 1024 * 1024;

/// What was given.
#[derive(Debug)]
pub enum Given {
    /// A link: its host has the files.
    Link(Box<Shlink>),
    /// A health card.
    Card(Vec<u8>),
}

/// Why there is nothing in it that can be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// It begins as a link, and is none.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It begins as a health card.
    #[error("what was given begins as a health card, and can't be read as one")]
    Card,
    /// The picture has no code that can be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The picture's code is of something else.
    #[error("the QR code in the picture has neither a link nor a health card")]
    OtherCode,
    /// Neither is in it.
    #[error("the file has neither a link nor a health card")]
    Nothing,
    /// It is longer than any of them.
    #[error("the file is larger than any link, card or picture of one")]
    TooLarge,
}

impl Given {
    /// What a text has; `None` where it has neither.
    ///
    /// # Errors
    ///
    /// [`GivenError`]: it begins as one of them.
    pub fn in_text(text: &str) -> Result<Option<Self>, GivenError> {
        if Shlink::is_in(text) {
            return Ok(Some(Self::Link(Box::new(Shlink::parse(text)?))));
        }
        match text.trim_start().starts_with("shc:/") {
            true => card_in(text.as_bytes().to_vec()).map(|card| Some(Self::Card(card))),
            false => Ok(None),
        }
    }

    /// What a file has: a text, a picture of a QR code, or a health card.
    ///
    /// # Errors
    ///
    /// [`GivenError`].
    pub fn in_file(bytes: Vec<u8>) -> Result<Self, GivenError> {
        if bytes.len() as u64 > MOST_FILE {
            return Err(GivenError::TooLarge);
        }
        if picture::is_picture(&bytes) {
            for text in picture::texts_in(&bytes)? {
                if let Some(found) = Self::in_text(&text)? {
                    return Ok(found);
                }
            }
            return Err(GivenError::OtherCode);
        }
        let text = String::from_utf8(bytes).map_err(|_| GivenError::Nothing)?;
        if let Some(found) = Self::in_text(&text)? {
            return Ok(found);
        }
        let is_card = Kind::of(text.as_bytes(), "") == Kind::HealthCard
            || card_tokens(text.as_bytes()).is_ok_and(|tokens| !tokens.is_empty())
                && card::check(text.trim(), &IssuerKeys::default()).is_ok();
        match is_card {
            true => card_in(text.into_bytes()).map(Self::Card),
            false => Err(GivenError::Nothing),
        }
    }
}

/// A card that was given itself. What can't be read as one is refused before anything else is asked.
fn card_in(content: Vec<u8>) -> Result<Vec<u8>, GivenError> {
    match claim::cards_in(&content, &IssuerKeys::default()) {
        Ok(_) => Ok(content),
        Err(NoCard) => Err(GivenError::Card),
    }
}

/// A file of what was given, or a document inside it.
#[derive(Debug)]
pub struct GivenFile {
    /// Which file it is, or is in, from 1.
    pub place: usize,
    /// Its number among the documents inside the file; `None` for the file itself.
    pub document: Option<usize>,
    /// What the file calls it.
    pub title: Option<String>,
    /// Whether it does no more than wrap the documents in it.
    pub is_wrapping: bool,
    /// What it is.
    pub file: Opened,
}

impl GivenFile {
    /// The file of a health card that was given itself.
    #[must_use]
    pub fn card(content: Vec<u8>) -> Opened {
        Opened { content, content_type: Some(HEALTH_CARD.to_owned()) }
    }

    /// All files with the documents inside them, each behind the file that it is in.
    #[must_use]
    pub fn all(files: Vec<Opened>) -> Vec<Self> {
        let mut all = Vec::new();
        for (place, file) in (1..).zip(files) {
            let AttachedFiles { documents, is_wrapping } = attached_files(&file.content);
            all.push(Self { place, document: None, title: None, is_wrapping, file });
            for (number, document) in (1..).zip(documents) {
                all.push(Self {
                    place,
                    document: Some(number),
                    title: document.title,
                    is_wrapping: false,
                    file: Opened { content: document.content, content_type: document.media_type },
                });
            }
        }
        all
    }

    /// What it is called as a file. No word of whoever made it is in that.
    #[must_use]
    pub fn file_name(&self) -> String {
        let kind = self.file.content_type.as_deref();
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        let ending = match kind.trim().to_ascii_lowercase().as_str() {
            HEALTH_CARD => "smart-health-card",
            "application/pdf" => "pdf",
            "application/dicom" => "dcm",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "text/plain" => "txt",
            "text/html" => "html",
            kind if kind.contains("json") => "json",
            kind if kind.contains("xml") => "xml",
            _ => "bin",
        };
        match self.document {
            None => format!("link-file-{}.{ending}", self.place),
            Some(number) => format!("link-file-{}-document-{number}.{ending}", self.place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_link_or_card_is_told_from_one_that_is_broken() {
        assert!(Given::in_text("hello").unwrap().is_none());
        assert!(matches!(Given::in_text("shlink:/x"), Err(GivenError::Link(_))));
        assert!(matches!(Given::in_text("shc:/5676"), Err(GivenError::Card)));
        assert!(matches!(Given::in_file(b"hello".to_vec()), Err(GivenError::Nothing)));
        assert!(matches!(Given::in_file(vec![0xff, 0xfe]), Err(GivenError::Nothing)));
        let long = vec![b' '; usize::try_from(MOST_FILE).unwrap() + 1];
        assert!(matches!(Given::in_file(long), Err(GivenError::TooLarge)));
    }

    #[test]
    fn file_has_the_name_of_its_kind_and_no_word_of_its_maker() {
        let named = |kind: &str| {
            let file = Opened { content: b"x".to_vec(), content_type: Some(kind.to_owned()) };
            GivenFile::all(vec![file])[0].file_name()
        };
        assert_eq!(named("application/fhir+json; fhirVersion=4.0.1"), "link-file-1.json");
        assert_eq!(named(HEALTH_CARD), "link-file-1.smart-health-card");
        assert_eq!(named("../../evil"), "link-file-1.bin");
    }
}
