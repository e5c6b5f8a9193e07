//! The file in a child's profile that makes it a ward's.

use std::io;

use crate::error::{HomeError, file_error};
use crate::home::Home;
use crate::wards::{Ward, WardTerms};

const FILE: &str = "ward.json";

impl Home {
    /// Notes that the profile of this home is a ward's.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn note_ward(&self, terms: &WardTerms) -> Result<(), HomeError> {
        let path = self.folder().profile(self.profile()).path().join(FILE);
        // Plain fields: nothing here can fail to serialize.
        let bytes = serde_json::to_vec_pretty(terms).unwrap_or_default();
        mrms_files::write_whole(&path, &bytes).map_err(file_error("write", &path))
    }

    /// The wards with a profile in this home.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::CardDamaged`]; [`HomeError::Damaged`] where a ward's file is.
    pub fn wards(&self) -> Result<Vec<Ward>, HomeError> {
        let mut wards = Vec::new();
        for profile in self.folder().profiles()? {
            let path = self.folder().profile(&profile).path().join(FILE);
            let bytes = match std::fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                bytes => bytes.map_err(file_error("read", &path))?,
            };
            let terms = serde_json::from_slice(&bytes)
                .map_err(|error| HomeError::Damaged { path, reason: error.to_string() })?;
            let principal = self.folder().card(&profile)?.principal;
            wards.push(Ward { profile, principal, terms });
        }
        Ok(wards)
    }
}
