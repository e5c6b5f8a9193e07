//! When a backup of a home was made last, and when one was checked here: so that a person can be reminded.
//!
//! A file in the home, for its owner alone. It is no part of any backup's promise: where it can't be written, a reminder
//! comes too early.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::folder::HomeFolder;

/// The file's name, in the home folder.
const NAME: &str = "backups.json";

/// What is noted of backups, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noted {
    /// When one was made last.
    pub made: Option<u64>,
    /// When one was read to its last byte.
    pub checked: Option<u64>,
}

/// What is noted of this home's backups.
#[must_use]
pub fn noted(home: &HomeFolder) -> Noted {
    let bytes = fs::read(home.root().join(NAME)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Notes something of them.
pub fn note(home: &HomeFolder, change: impl FnOnce(&mut Noted)) {
    let mut noted = noted(home);
    change(&mut noted);
    let bytes = serde_json::to_vec(&noted).unwrap_or_default();
    // A reminder that comes too early harms nobody.
    let _ = mrms_files::write_whole(&home.root().join(NAME), &bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again_and_a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().to_owned());
        assert_eq!(noted(&home), Noted::default());
        note(&home, |noted| noted.made = Some(7));
        note(&home, |noted| noted.checked = Some(9));
        assert_eq!(noted(&home), Noted { made: Some(7), checked: Some(9) });
        fs::write(folder.path().join(NAME), b"{").unwrap();
        assert_eq!(noted(&home), Noted::default());
    }
}
