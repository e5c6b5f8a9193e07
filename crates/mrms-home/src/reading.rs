//! Reads what the document of one's own record says of itself, in a process of its own: its date, author and results.
//!
//! One's own versions are decrypted without an entry in the log. What is kept of it, and until when, is
//! `mrms_app::records::documents`.

use mrms_app::access::open::OpenRecordError;
use mrms_app::{Actor, Session};
use mrms_core::{RecordId, Version};
use mrms_viewers::{Answer, Facts, Request, Want, bounds};
use rand_core::CryptoRng;

use crate::viewing::{Viewers, ViewingError};

/// Why a document could not be read now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// It could not be decrypted.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// No viewer could be started.
    #[error(transparent)]
    Viewing(#[from] ViewingError),
}

/// What a version of one's own record says of itself; `None` where no viewer can read it, or it is too large for one.
///
/// # Errors
///
/// [`ReadingError`].
pub fn facts_of(
    session: &Session<'_>,
    actor: &Actor,
    viewers: &Viewers,
    (id, version): (RecordId, Version),
    rng: &mut dyn CryptoRng,
) -> Result<Option<Facts>, ReadingError> {
    let unlocked = session.own_version(actor, id, version, rng)?;
    let header = session.header(&unlocked)?;
    if header.length > bounds::MOST_BYTES as u64 {
        return Ok(None);
    }
    let name = header.file_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut viewing = viewers.begin(&Request { name, want: Want::Facts })?;
    session.decrypt(&unlocked, &mut viewing)?;
    Ok(match viewing.answer() {
        Answer::Facts(facts) => Some(facts),
        Answer::Document(_) | Answer::Picture(_) | Answer::NotShown(_) => None,
    })
}
