//! Files that commands have put on record, by where they lay and what was in them.
//!
//! A command can be repeated, after an interruption, with other files, or when a folder has new ones: a file that is on record
//! already is not put there again. The profile keeps the newest of them in a list that is sealed under the person's own key,
//! `batch.sealed`. A file may be on record more than once, for several patients or since somebody wanted it.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{Principal, RecordId, TxId};
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

/// What an earlier command made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BegunFile {
    /// Nothing that is on record now.
    New,
    /// It is on record.
    OnRecord(RecordId),
    /// It was sent, and waits for a block.
    OnItsWay(TxId),
}

impl Session<'_> {
    /// What earlier commands made of these files for a patient, in the order given. What was erased is new again.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begun_in_batch(
        &self,
        actor: &Actor,
        patient: &Principal,
        files: &[BatchFile],
    ) -> Result<Vec<BegunFile>, WriteError> {
        let root = actor.keyring.record_root()?;
        let batch: Batch = self.profile.load_sealed(&root, NAME)?;
        if batch.contract != self.contract.to_string() || batch.genesis != self.ledger.genesis() {
            return Ok(vec![BegunFile::New; files.len()]);
        }
        let asked: BTreeSet<&BatchFile> = files.iter().collect();
        let known: Vec<_> = batch.files.iter().filter(|(file, _)| asked.contains(file)).collect();
        if known.is_empty() {
            return Ok(vec![BegunFile::New; files.len()]);
        }
        // The outbox first: what leaves it meanwhile is on the ledger.
        let waiting = self.records_on_their_way(actor)?;
        let reads: Vec<_> = known.iter().map(|(_, id)| read::record(*id)).collect();
        let (erased, records) = (self.erased_records()?, self.ask_all(&reads)?);
        let mut begun: BTreeMap<&BatchFile, BegunFile> = BTreeMap::new();
        // Of a file the newest that is on record counts, else the newest that will be.
        for ((file, id), record) in known.into_iter().zip(records) {
            let found = match record {
                Some(record) if record.patient == *patient && !erased.contains(id) => {
                    BegunFile::OnRecord(*id)
                }
                Some(_) => continue,
                None => match waiting.get(id) {
                    Some(txid) => BegunFile::OnItsWay(*txid),
                    None => continue,
                },
            };
            let is_worse = matches!(found, BegunFile::OnItsWay(_));
            match begun.get(file) {
                Some(BegunFile::OnRecord(_)) if is_worse => {}
                _ => drop(begun.insert(file, found)),
            }
        }
        Ok(files.iter().map(|file| begun.get(file).copied().unwrap_or(BegunFile::New)).collect())
    }

    /// Remembers the ids that were chosen for files, before they are sent; or that have their content since a moment.
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
            files.retain(|known| !begun.contains(known));
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
