//! Files that were put on record together with others, by where they lay and what was in them.
//!
//! A command for several files can be repeated, after an interruption or when a folder has new files: one that is on record
//! already is not put there again. The profile keeps the newest of them in a list that is sealed under the person's own key,
//! `batch.sealed`.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The records that these files became in an earlier command for several files, in the order given; `None` for one that
    /// is not on the ledger, or was erased.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begun_in_batch(
        &self,
        actor: &Actor,
        files: &[BatchFile],
    ) -> Result<Vec<Option<RecordId>>, WriteError> {
        let root = actor.keyring.record_root()?;
        let batch: Batch = self.profile.load_sealed(&root, NAME)?;
        if batch.contract != self.contract.to_string() || batch.genesis != self.ledger.genesis() {
            return Ok(vec![None; files.len()]);
        }
        let known: BTreeMap<&BatchFile, RecordId> =
            batch.files.iter().map(|(file, id)| (file, *id)).collect();
        let known: Vec<_> = files.iter().map(|file| known.get(file).copied()).collect();
        let reads: Vec<_> = known.iter().flatten().map(|id| read::record(*id)).collect();
        if reads.is_empty() {
            return Ok(known);
        }
        let (me, erased) = (actor.principal(), self.erased_records()?);
        let mut records = self.ask_all(&reads)?.into_iter();
        let begun = known.into_iter().map(|id| {
            let (id, record) = (id?, records.next()??);
            (record.patient == me && !erased.contains(&id)).then_some(id)
        });
        Ok(begun.collect())
    }

    /// Remembers the ids that were chosen for files, before they are sent.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begin_in_batch(
        &self,
        actor: &Actor,
        begun: Vec<(BatchFile, RecordId)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        if begun.is_empty() {
            return Ok(());
        }
        self.change_batch(actor, rng, |files| {
            let again: BTreeSet<&BatchFile> = begun.iter().map(|(file, _)| file).collect();
            files.retain(|(known, _)| !again.contains(known));
            drop(again);
            files.extend(begun);
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
