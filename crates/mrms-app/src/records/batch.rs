//! Files that are put on record together, remembered until all of them are.
//!
//! A command that was interrupted, or of which some files failed, can be repeated: a file that is on record already is
//! not put on record again. The profile keeps the list sealed under the person's own key, in `batch.sealed`, and forgets it
//! when all files of a command are on record.

use mrms_contract::read;
use mrms_core::RecordId;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::records::write::WriteError;
use crate::session::{Actor, Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "batch.sealed";

/// A file as it is recognised when a command is repeated. One that was changed since is another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchFile {
    /// Its whole path.
    pub path: String,
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: u128,
}

/// The list: files with the ids that were chosen for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Batch {
    contract: String,
    genesis: Option<String>,
    files: Vec<(BatchFile, RecordId)>,
}

impl Session<'_> {
    /// The record that a file became in a command that did not put all of its files on record; `None` where it is not
    /// on the ledger.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begun_in_batch(
        &self,
        actor: &Actor,
        file: &BatchFile,
    ) -> Result<Option<RecordId>, WriteError> {
        let root = actor.keyring.record_root()?;
        let batch: Batch = self.profile.load_sealed(&root, NAME)?;
        if batch.contract != self.contract.to_string() || batch.genesis != self.ledger.genesis() {
            return Ok(None);
        }
        let known = batch.files.iter().find(|(known, _)| known == file).map(|(_, id)| *id);
        let Some(id) = known else { return Ok(None) };
        let is_there =
            self.ask(&read::record(id))?.is_some_and(|record| record.patient == actor.principal());
        Ok((is_there && !self.erased_records()?.contains(&id)).then_some(id))
    }

    /// Remembers the id that was chosen for a file, before it is sent.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begin_in_batch(
        &self,
        actor: &Actor,
        file: BatchFile,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        self.change_batch(actor, rng, |files| {
            files.retain(|(known, _)| *known != file);
            files.push((file, id));
        })
    }

    /// Forgets these files: all of them are on record.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn end_batch(
        &self,
        actor: &Actor,
        ended: &[BatchFile],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        self.change_batch(actor, rng, |files| files.retain(|(known, _)| !ended.contains(known)))
    }

    fn change_batch(
        &self,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut Vec<(BatchFile, RecordId)>),
    ) -> Result<(), WriteError> {
        if self.sending != Sending::Send {
            return Ok(());
        }
        let root = actor.keyring.record_root()?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        self.profile.change_sealed(&root, NAME, rng, |batch: &mut Batch| {
            if batch.contract != contract || batch.genesis != genesis {
                *batch = Batch { contract, genesis, files: Vec::new() };
            }
            change(&mut batch.files);
        })?;
        Ok(())
    }
}
