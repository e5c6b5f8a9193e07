//! Finds a record of one's own that has the same content, whatever brought it: an import, `create`, a page, or a sender.
//!
//! Compares lengths first, which the index of labels keeps, and decrypts only what has the same length, each once: its SHA-256
//! is kept as long as one looks for contents, in memory alone. What can't be decrypted for good is not the same; a vault that
//! does not answer is an error, since nobody knows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::io::{self, Write};

use mrms_core::{RecordId, Version};
use mrms_store::StoreError;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::access::open::OpenRecordError;
use crate::records::list::NumberedRecord;
use crate::session::{Actor, Session};

/// The contents of one's own records, of all their versions, by their length in bytes.
#[derive(Default)]
pub struct OwnContents(BTreeMap<u64, SameLength>);

/// What has one length.
#[derive(Default)]
struct SameLength {
    /// What nobody needed to read yet.
    unread: VecDeque<(RecordId, Version)>,
    /// Of what was read, the record by the SHA-256 of its content.
    read: BTreeMap<[u8; 32], RecordId>,
}

impl OwnContents {
    /// Whether any content has this length.
    #[must_use]
    pub fn has(&self, length: u64) -> bool {
        self.0.contains_key(&length)
    }

    pub(crate) fn add(&mut self, length: u64, id: RecordId, version: Version) {
        self.0.entry(length).or_default().unread.push_back((id, version));
    }
}

/// Tells no SHA-256: whoever has one can tell which of many guessed contents it is.
impl fmt::Debug for OwnContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnContents").field("lengths", &self.0.len()).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// The contents of one's own records by their lengths, as far as these can be read. What was erased has none.
    pub fn own_contents(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        erased: &BTreeSet<RecordId>,
        rng: &mut dyn CryptoRng,
    ) -> OwnContents {
        let labels = self.labels_with_lengths(actor, records, erased, rng);
        let mut contents = OwnContents::default();
        for NumberedRecord { id, record, .. } in records {
            let Some(length) = labels.get(id).and_then(|label| label.length) else { continue };
            contents.add(length, *id, record.version);
            // Few records have several versions.
            for version in record.version.up_to().filter(|version| *version < record.version) {
                let older = self.label_of(actor, *id, version, rng);
                if let Some(length) = older.and_then(|label| label.length) {
                    contents.add(length, *id, version);
                }
            }
        }
        contents
    }

    /// The record that has the content with this length and SHA-256, in any of its versions.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`] where a vault that has something of this length does not answer.
    pub fn record_with_content(
        &self,
        actor: &Actor,
        contents: &mut OwnContents,
        length: u64,
        sha256: [u8; 32],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<RecordId>, OpenRecordError> {
        let Some(SameLength { unread, read }) = contents.0.get_mut(&length) else {
            return Ok(None);
        };
        if let Some(id) = read.get(&sha256) {
            return Ok(Some(*id));
        }
        while let Some((id, version)) = unread.front().copied() {
            let mut content = Hashing(Sha256::new());
            let decrypted = self
                .own_version(actor, id, version, rng)
                .and_then(|unlocked| self.decrypt(&unlocked, &mut content));
            match decrypted {
                Err(error) if may_come_back(&error) => return Err(error),
                // It can't be decrypted for good.
                Err(_) => {
                    unread.pop_front();
                }
                Ok(_) => {
                    unread.pop_front();
                    let sum: [u8; 32] = content.0.finalize().into();
                    read.entry(sum).or_insert(id);
                    if sum == sha256 {
                        return Ok(Some(id));
                    }
                }
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
