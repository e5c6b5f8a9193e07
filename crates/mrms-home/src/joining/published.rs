//! The invitation that the services of a home show to everybody: a file in the home, with the text of it.
//!
//! It has no voucher: that is for one account.

use std::fs;
use std::io;
use std::path::PathBuf;

use mrms_people::{Invitation, SignedDocument};

use super::error::JoinError;
use crate::error::file_error;
use crate::folder::HomeFolder;

/// Where node and vault show it.
pub const PATH: &str = "/mrms/v1/invitation";

/// The file with the published invitation, which need not exist.
#[must_use]
pub fn file(home: &HomeFolder) -> PathBuf {
    home.root().join("invitation")
}

/// Publishes an invitation in place of the one before.
///
/// # Errors
///
/// [`JoinError::Home`].
pub fn publish(
    home: &HomeFolder,
    invitation: &SignedDocument<Invitation>,
) -> Result<(), JoinError> {
    let path = file(home);
    let text = invitation.to_text() + "\n";
    mrms_files::write_whole(&path, text.as_bytes()).map_err(file_error("write", &path))?;
    Ok(())
}

/// The invitation that is published; `None` if none is.
///
/// # Errors
///
/// [`JoinError::Document`] when the file was altered, [`JoinError::Home`].
pub fn published(home: &HomeFolder) -> Result<Option<SignedDocument<Invitation>>, JoinError> {
    let path = file(home);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => {
            let text = text.map_err(file_error("read", &path))?;
            Ok(Some(SignedDocument::from_text(&text)?))
        }
    }
}
