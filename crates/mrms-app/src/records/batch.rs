//! Files that were put on record together with others, by where they lay and what was in them.
//!
//! A command for several files can be repeated, after an interruption or when a folder has new files: one that is on record
//! already is not put there again. The profile keeps the newest of them in a list that is sealed under the person's own key,
//! `batch.sealed`.

use mrms_contract::read;
use mrms_core::RecordId;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::records::write::WriteError;
use crate::session::{Actor, Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "batch.sealed";

/// Files that the list has at most.
const MOST: usize = 10_000;

/// A file as it is recognised when a command is repeated. With other content it is another file, whatever its date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchFile {
    /// Its whole path.
    pub path: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
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
    /// The record that a file became in an earlier command for several files; `None` where it is not on the ledger, or was
    /// erased.
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
            let oldest = files.len().saturating_sub(MOST);
            files.drain(..oldest);
        })
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
