//! Finds a record of one's own that has the same content, whatever brought it: an import, `create`, a page, or a sender.
//!
//! Compares lengths first, which the index of labels keeps, and decrypts only what has the same length. What can't be
//! decrypted for good is not the same; a vault that does not answer is an error, since nobody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use mrms_core::{RecordId, Version};
use mrms_store::StoreError;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::access::open::OpenRecordError;
use crate::records::list::NumberedRecord;
use crate::session::{Actor, Session};

/// The versions of one's own records by the length of their content, in bytes.
#[derive(Clone, Debug, Default)]
pub struct OwnLengths(BTreeMap<u64, Vec<(RecordId, Version)>>);

impl OwnLengths {
    /// Whether any content has this length.
    #[must_use]
    pub fn has(&self, length: u64) -> bool {
        self.0.contains_key(&length)
    }
}

impl Session<'_> {
    /// The lengths of one's own records, of all their versions, as far as they can be read. What was erased has none.
    pub fn own_lengths(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        erased: &BTreeSet<RecordId>,
        rng: &mut dyn CryptoRng,
    ) -> OwnLengths {
        let labels = self.labels_with_lengths(actor, records, erased, rng);
        let mut lengths = OwnLengths::default();
        for NumberedRecord { id, record, .. } in records {
            let Some(length) = labels.get(id).and_then(|label| label.length) else { continue };
            lengths.0.entry(length).or_default().push((*id, record.version));
            // Few records have several versions.
            for version in record.version.up_to().filter(|version| *version < record.version) {
                let older = self.label_of(actor, *id, version, rng);
                if let Some(length) = older.and_then(|label| label.length) {
                    lengths.0.entry(length).or_default().push((*id, version));
                }
            }
        }
        lengths
    }

    /// The record that has the content with this length and SHA-256, in any of its versions.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`] where a vault that has something of this length does not answer.
    pub fn record_with_content(
        &self,
        actor: &Actor,
        lengths: &OwnLengths,
        length: u64,
        sha256: [u8; 32],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<RecordId>, OpenRecordError> {
        for (id, version) in lengths.0.get(&length).into_iter().flatten() {
            let mut content = Hashing(Sha256::new());
            let read = self
                .own_version(actor, *id, *version, rng)
                .and_then(|unlocked| self.decrypt(&unlocked, &mut content));
            match read {
                Ok(_) if content.0.finalize().as_slice() == sha256 => return Ok(Some(*id)),
                Ok(_) => {}
                Err(error) if may_come_back(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}

/// Whether it failed for want of an answer.
fn may_come_back(error: &OpenRecordError) -> bool {
    match error {
        OpenRecordError::Ask(_) | OpenRecordError::Store(StoreError::Unreachable { .. }) => true,
        OpenRecordError::NoSalt { unanswered, .. } => !unanswered.is_empty(),
        OpenRecordError::Vaults(vaults) => {
            vaults.failures.iter().any(|failure| failure.is_unreachable())
        }
        _ => false,
    }
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
