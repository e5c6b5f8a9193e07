//! What a face asks of a document, and what it gets: values that go through a pipe, since the work is done in a process of
//! its own.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::measured::Facts;
use crate::picture::Picture;

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
    /// What lists and curves over several documents take of it.
    Facts,
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
    /// As the scanner set it, else by what is in the picture.
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
    /// What lists and curves take of it.
    Facts(Facts),
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
