//! When a backup of a home was made last, and when one was checked here: so that a person can be reminded.
//!
//! A file in the home, for its owner alone. It is no part of any backup's promise: where it can't be written, a reminder
//! comes too early. Whoever made a backup notes it once it is where it is to be: a download that broke off is none.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::folder::{HomeFolder, ProfileName};

/// The file's name, in the home folder.
const NAME: &str = "backups.json";

/// What is noted of backups, in seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noted {
    /// When one was made last that everybody here can open, with a passphrase of its own.
    made: Option<u64>,
    /// When one was made last that the words of a profile open, by the profile's name.
    made_for: BTreeMap<String, u64>,
    /// When one was read to its last byte.
    pub checked: Option<u64>,
}

impl Noted {
    /// When a backup was made last that this profile can open.
    #[must_use]
    pub fn made_for(&self, profile: &ProfileName) -> Option<u64> {
        self.made.max(self.made_for.get(profile.as_str()).copied())
    }
}

/// What is noted of this home's backups.
#[must_use]
pub fn noted(home: &HomeFolder) -> Noted {
    let bytes = fs::read(home.root().join(NAME)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Notes that a backup was made now, which the words of this profile open, or, without one, a passphrase of its own.
pub fn note_made(home: &HomeFolder, profile: Option<&ProfileName>) {
    let now = now().seconds();
    note(home, |noted| match profile {
        Some(profile) => drop(noted.made_for.insert(profile.as_str().to_owned(), now)),
        None => noted.made = Some(now),
    });
}

/// Notes that a backup was read to its last byte now.
pub fn note_checked(home: &HomeFolder) {
    note(home, |noted| noted.checked = Some(now().seconds()));
}

fn note(home: &HomeFolder, change: impl FnOnce(&mut Noted)) {
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
    fn backup_counts_for_those_who_can_open_it_and_a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().to_owned());
        let (anna, mother): (ProfileName, ProfileName) =
            ("anna".parse().unwrap(), "mother".parse().unwrap());
        assert_eq!(noted(&home), Noted::default());
        note_made(&home, Some(&anna));
        assert!(noted(&home).made_for(&anna).is_some());
        assert_eq!(noted(&home).made_for(&mother), None, "her words do not open it");
        note_made(&home, None);
        assert!(noted(&home).made_for(&mother).is_some());
        assert_eq!(noted(&home).checked, None);
        note_checked(&home);
        assert!(noted(&home).checked.is_some() && noted(&home).made_for(&anna).is_some());
        // As it was before backups were noted by profile.
        fs::write(folder.path().join(NAME), br#"{"made":7,"checked":9}"#).unwrap();
        assert_eq!((noted(&home).made_for(&anna), noted(&home).checked), (Some(7), Some(9)));
        fs::write(folder.path().join(NAME), b"{").unwrap();
        assert_eq!(noted(&home), Noted::default());
    }
}
