//! The records whose erasure was begun and that a vault may still keep: it could not be reached, or refused.
//!
//! Who erases a record must not be told that it is gone before every vault said so.

use std::collections::BTreeSet;

use mrms_core::RecordId;

use super::{ProfileError, ProfileFolder};

/// The file's name.
const NAME: &str = "unerased.json";

impl ProfileFolder {
    /// The records of which not every vault has said that it erased what it had.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn unerased(&self) -> Result<BTreeSet<RecordId>, ProfileError> {
        self.load(NAME)
    }

    /// Remembers whether a record is one of them. Nothing is written where that is remembered already, and over nothing that can't
    /// be read.
    pub(crate) fn note_unerased(&self, record: RecordId, is: bool) -> Result<(), ProfileError> {
        let mut known = self.unerased()?;
        let changed = if is { known.insert(record) } else { known.remove(&record) };
        if changed { self.save(NAME, &known) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn erasure_that_was_begun_is_remembered_until_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        profile.note_unerased(RecordId::new(1), false).unwrap();
        assert!(!folder.path().join(NAME).exists(), "there is nothing to remember");
        for record in [2, 3] {
            profile.note_unerased(RecordId::new(record), true).unwrap();
        }
        profile.note_unerased(RecordId::new(2), false).unwrap();
        assert_eq!(profile.unerased().unwrap(), BTreeSet::from([RecordId::new(3)]));
    }
}
