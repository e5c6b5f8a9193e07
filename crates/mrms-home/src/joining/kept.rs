//! [`Kept`]: which invitation a home took, and what was heard of newer ones. A file in the home.

use std::fs;
use std::io;
use std::path::PathBuf;

use mrms_people::{Invitation, ServiceUrl, SignedDocument};
use serde::{Deserialize, Serialize};

use super::error::JoinError;
use crate::error::{HomeError, file_error};
use crate::folder::HomeFolder;

/// Which invitation a home took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The invitation that was taken, as text.
    pub invitation: String,
    /// The address where newer ones are looked for.
    pub look_at: String,
    /// When it was last looked there: seconds since 1970.
    pub looked: u64,
    /// How many records of the profile that joined stayed on the home's own ledger.
    #[serde(default)]
    pub left_records: u64,
    /// A newer one that was found there and is not taken yet, as text.
    pub newer: Option<String>,
}

impl Kept {
    fn file(home: &HomeFolder) -> PathBuf {
        home.root().join("joined.json")
    }

    /// What a home that takes this invitation now keeps of it.
    #[must_use]
    pub fn of(
        invitation: &SignedDocument<Invitation>,
        from: Option<&ServiceUrl>,
        now: u64,
        left_records: u64,
    ) -> Self {
        let look_at = from.unwrap_or(&invitation.document().node).to_string();
        Self { invitation: invitation.to_text(), look_at, looked: now, left_records, newer: None }
    }

    /// What this home keeps; `None` if it joined nobody.
    ///
    /// # Errors
    ///
    /// [`HomeError::Damaged`], [`HomeError::File`].
    pub fn load(home: &HomeFolder) -> Result<Option<Self>, HomeError> {
        let path = Self::file(home);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => {
                let bytes = bytes.map_err(file_error("read", &path))?;
                let damaged = |error: serde_json::Error| HomeError::Damaged {
                    path: path.clone(),
                    reason: error.to_string(),
                };
                serde_json::from_slice(&bytes).map(Some).map_err(damaged)
            }
        }
    }

    /// Writes it. The file has the voucher: it is for its owner alone, as the settings are.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn save(&self, home: &HomeFolder) -> Result<(), HomeError> {
        let path = Self::file(home);
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        mrms_files::write_whole(&path, text.as_bytes()).map_err(file_error("write", &path))
    }

    /// The invitation that was taken, checked again.
    ///
    /// # Errors
    ///
    /// [`JoinError::Document`].
    pub fn taken(&self) -> Result<SignedDocument<Invitation>, JoinError> {
        Ok(SignedDocument::from_text(&self.invitation)?)
    }

    /// Where newer ones are looked for.
    ///
    /// # Errors
    ///
    /// [`JoinError::Address`].
    pub fn address(&self) -> Result<ServiceUrl, JoinError> {
        let wrong = |source| JoinError::Address { address: self.look_at.clone(), source };
        self.look_at.parse().map_err(wrong)
    }
}
