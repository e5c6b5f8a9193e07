//! Which vaults of its own a home has: noted, so that one that is away is not made anew.
//!
//! Knows folders, and nothing of what is in a vault.

use std::{fs, io};

use crate::error::{HomeError, file_error};
use crate::folder::HomeFolder;
use crate::vault::configured;
use crate::vault::own::{self, VaultFolder};

/// The note of the vaults that this home has.
const VAULTS: &str = "vaults";

impl HomeFolder {
    /// Fails if a vault in this home would be a new one in place of another: the home has had a vault of its
    /// own, which is gone.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultMissing`], [`HomeError::File`], [`HomeError::Profile`].
    pub(crate) fn must_keep_its_vaults(&self) -> Result<(), HomeError> {
        let noted = self.noted_vaults()?;
        for name in &noted {
            let folder = self.vault().join(name);
            let key = folder.join(own::KEY);
            // What is there and can't be looked at is not gone; opening it tells what is wrong.
            if !key.try_exists().unwrap_or(true) {
                return Err(HomeError::VaultMissing { folder });
            }
        }
        // A home of before this note: its profiles remember the account of its vault.
        if noted.is_empty() && VaultFolder::all_in(self)?.is_empty() {
            let of_own = format!("{} for ", configured::OWN);
            for name in self.profiles()? {
                if self.profile(&name).vaults()?.keys().any(|key| key.starts_with(&of_own)) {
                    return Err(HomeError::VaultMissing { folder: self.vault() });
                }
            }
        }
        Ok(())
    }

    fn noted_vaults(&self) -> Result<Vec<String>, HomeError> {
        let path = self.root().join(VAULTS);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// Notes that there is a vault in the folder of this name below `vault/`.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub(crate) fn note_vault(&self, name: &str) -> Result<(), HomeError> {
        let mut noted = self.noted_vaults()?;
        if noted.iter().any(|one| one == name) {
            return Ok(());
        }
        noted.push(name.to_owned());
        self.write_line(VAULTS, &noted.join("\n"))
    }
}
