//! Which files of a profile's memory can't be read: for whoever looks after the profile, and moves them aside.
//!
//! Each file is read in the same way as by whoever needs it. Derived files, which are made again when they can't be read, are
//! not here. Of files of lines a broken line is left out, so that they are damaged only where nothing of them can be read. The
//! outbox has a list of its own.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use mrms_crypto::RecordRoot;
use serde_json::Value;

use super::{ProfileError, ProfileFolder, from_json, io_error};

/// Plain files.
const PLAIN: [&str; 14] = [
    "recipients.json",
    "pairs.json",
    "vaults.json",
    "heads.json",
    "chains.json",
    "reviews.json",
    "vault-logs.json",
    "ignored.json",
    "handed-over.json",
    "offers.json",
    "contacts.json",
    "unerased.json",
    GRANTED,
    MARK,
];
/// Files of lines.
const LINES: [&str; 2] = [ProfileFolder::ACTS, "receipts.jsonl"];
/// Those that have a tag of the person's.
const GRANTED: &str = "granted.json";
const MARK: &str = "granted.mark";
/// Files that are sealed under the person's own key.
const SEALED: [&str; 13] = [
    "people.sealed",
    "directories.sealed",
    "links.sealed",
    "staff.sealed",
    "received.sealed",
    "whose.sealed",
    "accepted-keys.sealed",
    "batch.sealed",
    "inbox.sealed",
    "for-me.sealed",
    "let-in.sealed",
    "watch.sealed",
    "left-keys.sealed",
];

impl ProfileFolder {
    /// The files of this profile's memory that are damaged, each with why. What is sealed or has a tag is looked at with the
    /// person's own key.
    #[must_use]
    pub fn damaged(&self, root: Option<&RecordRoot>) -> Vec<(PathBuf, ProfileError)> {
        let plain = PLAIN.iter().filter_map(|name| self.damage_of(name));
        let lines = LINES.iter().filter_map(|name| self.unreadable(name));
        let mut found: Vec<_> = plain.chain(lines).collect();
        let Some(root) = root else { return found };
        let is_known = |found: &[(PathBuf, ProfileError)], path: &PathBuf| {
            found.iter().any(|one| one.0 == *path)
        };
        let mark = self.granted_serial(root).err();
        let granted = self.granted(root).err();
        for error in mark.into_iter().chain(granted) {
            if let ProfileError::Damaged { path, .. } = &error
                && !is_known(&found, path)
            {
                found.push((path.clone(), error));
            }
        }
        for name in SEALED {
            let read = self.load_sealed::<Option<Value>>(root, name);
            if let Err(error @ ProfileError::Damaged { .. }) = read {
                found.push((self.path().join(name), error));
            }
        }
        found
    }

    /// Why a plain file is damaged, if it is.
    fn damage_of(&self, name: &str) -> Option<(PathBuf, ProfileError)> {
        let path = self.path().join(name);
        let read = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            bytes => bytes.map_err(io_error(&path, "read")),
        };
        match read.and_then(|bytes| from_json::<Value>(&path, &bytes)) {
            Err(error @ ProfileError::Damaged { .. }) => Some((path, error)),
            Err(_) => self.unreadable(name),
            Ok(_) => None,
        }
    }

    /// Why nothing of a file can be read, where the disk, or what lies in its place, is why. Permissions are told of all files.
    fn unreadable(&self, name: &str) -> Option<(PathBuf, ProfileError)> {
        let path = self.path().join(name);
        let read = File::open(&path).and_then(|mut file| file.read(&mut [0]));
        match read {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
                ) =>
            {
                let error = io_error(&path, "read")(error);
                Some((path, error))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::{Keyring, Words};
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn what_is_damaged_is_named_and_what_is_whole_is_not() {
        let mut rng = StdRng::seed_from_u64(1);
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let root = Keyring::from_words(&Words::generate(&mut rng)).record_root().unwrap();
        assert!(profile.damaged(Some(&root)).is_empty(), "nothing is there");
        profile.change_granted(&root, |_| {}).unwrap();
        profile.note_granted_serial(&root, 3).unwrap();
        profile.remember_reviews(&Default::default()).unwrap();
        profile
            .change_sealed(&root, "batch.sealed", &mut rng, |value: &mut Option<u8>| {
                *value = Some(7);
            })
            .unwrap();
        assert!(profile.damaged(Some(&root)).is_empty(), "all is whole");
        let names = |root: Option<&RecordRoot>| -> Vec<String> {
            let found = profile.damaged(root).into_iter();
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut names: Vec<_> = found.map(|(path, _)| name(path)).collect();
            names.sort();
            names
        };
        for name in ["granted.json", "granted.mark", "reviews.json", "batch.sealed", "other.json"] {
            fs::write(folder.path().join(name), b"{ damaged").unwrap();
        }
        let plain = ["granted.json", "granted.mark", "reviews.json"];
        assert_eq!(names(None), plain);
        assert_eq!(names(Some(&root)), [&["batch.sealed"][..], &plain].concat());
        for name in ["acts.jsonl", "heads.json"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("receipts.jsonl"), b"half a li").unwrap();
        assert_eq!(
            names(None),
            [&["acts.jsonl"][..], &plain[..2], &["heads.json", "reviews.json"]].concat()
        );
    }
}
