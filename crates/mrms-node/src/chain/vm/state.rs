//! The state that contracts read and write: what is stored, overlaid by what the block under construction
//! has changed so far.
//!
//! Holds the newest value of each key only. Reading the past (`at-block`) is therefore refused, as networks
//! have done since epoch 3.4. Nothing is written to the file here: the overlay is handed over when the
//! block is complete.

use std::collections::BTreeMap;

use clarity::vm::database::clarity_store::{ContractCommitment, make_contract_hash_key};
use clarity::vm::database::{
    ClarityBackingStore, ClarityDeserializable as _, ClaritySerializable as _,
};
use clarity::vm::errors::{CheckErrors, InterpreterError, InterpreterResult, RuntimeErrorType};
use clarity::vm::types::QualifiedContractIdentifier;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use stacks_common::types::chainstate::{BlockHeaderHash, StacksBlockId};
use stacks_common::util::hash::Sha512Trunc256Sum;

use super::{EPOCH, Recent};
use crate::chain::error::LedgerFailure;
use crate::chain::identifiers::BlockHash;
use crate::chain::merkle::Node;
use crate::hexadecimal;

/// Where the VM keeps its epoch, which it asks for several times in a call. Genesis writes it, and nothing
/// afterwards.
const EPOCH_KEY: &str = "vm-epoch::epoch-version";

/// What a block changes: values by key, and facts about contracts by contract and key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) metadata: BTreeMap<(String, String), String>,
}

impl Changes {
    /// SHA-256 over every change in the order of keys, each text preceded by its length.
    pub(crate) fn hash(&self) -> Node {
        let mut hasher = Sha256::new();
        let mut put = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        for (key, value) in &self.values {
            put(key);
            put(value);
        }
        // An empty key is no state key: it parts the two lists.
        put("");
        for ((contract, key), value) in &self.metadata {
            put(contract);
            put(key);
            put(value);
        }
        hasher.finalize().into()
    }
}

/// State as the block under construction sees it.
pub(crate) struct State<'c> {
    connection: &'c Connection,
    height: u32,
    parent: BlockHash,
    changes: Changes,
    recent: Option<Recent>,
    /// The epoch as the VM keeps it.
    epoch: String,
    fault: Option<LedgerFailure>,
}

impl<'c> State<'c> {
    /// State below a block at `height` on top of `parent`.
    pub(crate) fn new(connection: &'c Connection, height: u32, parent: BlockHash) -> Self {
        let (changes, epoch) = (Changes::default(), (EPOCH as u32).serialize());
        Self { connection, height, parent, changes, recent: None, epoch, fault: None }
    }

    /// The same for whoever makes all blocks, and remembers.
    pub(crate) fn with(self, recent: Recent) -> Self {
        Self { recent: Some(recent), ..self }
    }

    /// The file's failure since the last call, if there was one. The VM takes some failures to read for
    /// "not there", so whoever ran it must ask before believing the outcome.
    pub(crate) fn take_fault(&mut self) -> Option<LedgerFailure> {
        self.fault.take()
    }

    /// What the block changes, and what is known of the state once it has.
    pub(crate) fn into_changes(self) -> (Changes, Recent) {
        let mut recent = self.recent.unwrap_or_default();
        recent.learn(&self.changes);
        (self.changes, recent)
    }

    /// Writes a value of the node's own, beside those of contracts.
    pub(crate) fn put_own(&mut self, key: &str, value: &str) {
        self.changes.values.insert(key.to_owned(), value.to_owned());
    }

    /// Reads a value, whoever wrote it.
    pub(crate) fn value(&mut self, key: &str) -> Result<Option<String>, LedgerFailure> {
        if let Some(value) = self.changes.values.get(key) {
            return Ok(Some(value.clone()));
        }
        if key == EPOCH_KEY && self.height > 0 {
            return Ok(Some(self.epoch.clone()));
        }
        let Some(recent) = &mut self.recent else { return Ok(stored_value(self.connection, key)?) };
        if let Some(known) = recent.find(key) {
            return Ok(known);
        }
        let value = stored_value(self.connection, key)?;
        recent.keep(key.to_owned(), value.clone());
        Ok(value)
    }

    /// The bytes of a value that is kept in its encoding.
    pub(crate) fn encoded(&mut self, key: &str) -> Result<Option<Vec<u8>>, LedgerFailure> {
        let damaged = || LedgerFailure::Damaged { what: "a value of the state" };
        if self.recent.is_some() || self.changes.values.contains_key(key) {
            let value = self.value(key)?;
            return value.map(|text| hexadecimal::decode(&text).ok_or_else(damaged)).transpose();
        }
        match stored(self.connection, key, |value| value.as_blob().map(<[u8]>::to_vec))? {
            None => Ok(None),
            Some(bytes) => bytes.map(Some).map_err(|_| damaged()),
        }
    }

    fn failed(&mut self, failure: LedgerFailure) -> InterpreterError {
        let message = failure.to_string();
        self.fault.get_or_insert(failure);
        InterpreterError::DBError(message)
    }
}

fn stored<T>(
    connection: &Connection,
    key: &str,
    read: impl FnOnce(ValueRef<'_>) -> T,
) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT value FROM state WHERE key = ?1")?
        .query_row([key], |row| Ok(read(row.get_ref(0)?)))
        .optional()
}

fn stored_value(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let text = stored(connection, key, |value| match value {
        ValueRef::Blob(bytes) => Ok(hexadecimal::encode(bytes)),
        other => other.as_str().map(str::to_owned),
    })?;
    Ok(text.transpose()?)
}

fn stored_metadata(
    connection: &Connection,
    contract: &str,
    key: &str,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM contract_metadata WHERE contract = ?1 AND key = ?2")?
        .query_row([contract, key], |row| row.get(0))
        .optional()
}

impl ClarityBackingStore for State<'_> {
    fn put_all(&mut self, items: Vec<(String, String)>) -> InterpreterResult<()> {
        self.changes.values.extend(items);
        Ok(())
    }

    fn get(&mut self, key: &str) -> InterpreterResult<Option<String>> {
        self.value(key).map_err(|failure| self.failed(failure).into())
    }

    fn get_with_proof(&mut self, key: &str) -> InterpreterResult<Option<(String, Vec<u8>)>> {
        Ok(self.get(key)?.map(|value| (value, Vec::new())))
    }

    fn set_block_hash(&mut self, block: StacksBlockId) -> InterpreterResult<StacksBlockId> {
        Err(RuntimeErrorType::UnknownBlockHeaderHash(BlockHeaderHash(block.0)).into())
    }

    fn get_block_at_height(&mut self, height: u32) -> Option<StacksBlockId> {
        if height >= self.height {
            return None;
        }
        if height + 1 == self.height {
            return Some(StacksBlockId(*self.parent.as_bytes()));
        }
        let found = self
            .connection
            .prepare_cached("SELECT hash FROM blocks WHERE height = ?1")
            .and_then(|mut statement| {
                statement.query_row([height], |row| row.get::<_, [u8; 32]>(0)).optional()
            });
        match found {
            Ok(hash) => hash.map(StacksBlockId),
            Err(error) => {
                self.failed(error.into());
                None
            }
        }
    }

    fn get_current_block_height(&mut self) -> u32 {
        self.height
    }

    fn get_open_chain_tip_height(&mut self) -> u32 {
        self.height
    }

    fn get_open_chain_tip(&mut self) -> StacksBlockId {
        StacksBlockId(*self.parent.as_bytes())
    }

    fn get_side_store(&mut self) -> &Connection {
        self.connection
    }

    fn get_contract_hash(
        &mut self,
        contract: &QualifiedContractIdentifier,
    ) -> InterpreterResult<(StacksBlockId, Sha512Trunc256Sum)> {
        let commitment = self
            .get(&make_contract_hash_key(contract))?
            .ok_or_else(|| CheckErrors::NoSuchContract(contract.to_string()))?;
        let commitment = ContractCommitment::deserialize(&commitment)?;
        // Facts about a contract are kept once per contract, not per block: the block is not used.
        Ok((self.get_open_chain_tip(), commitment.hash))
    }

    fn insert_metadata(
        &mut self,
        contract: &QualifiedContractIdentifier,
        key: &str,
        value: &str,
    ) -> InterpreterResult<()> {
        self.changes.metadata.insert((contract.to_string(), key.to_owned()), value.to_owned());
        Ok(())
    }

    fn get_metadata(
        &mut self,
        contract: &QualifiedContractIdentifier,
        key: &str,
    ) -> InterpreterResult<Option<String>> {
        // The VM tells a contract that is not there from a fact that is not there.
        self.get_contract_hash(contract)?;
        let place = (contract.to_string(), key.to_owned());
        if let Some(value) = self.changes.metadata.get(&place) {
            return Ok(Some(value.clone()));
        }
        stored_metadata(self.connection, &place.0, &place.1)
            .map_err(|error| self.failed(error.into()).into())
    }

    fn get_metadata_manual(
        &mut self,
        _at_height: u32,
        contract: &QualifiedContractIdentifier,
        key: &str,
    ) -> InterpreterResult<Option<String>> {
        self.get_metadata(contract, key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chain::{Ledger, Settings};

    #[test]
    fn epoch_that_is_answered_is_the_one_that_genesis_has_stored() {
        let folder = tempfile::tempdir().unwrap();
        drop(Ledger::open(folder.path(), Settings::default()).unwrap());
        let file = crate::chain::store::open_read_only(folder.path()).unwrap();
        let mut state = State::new(&file, 1, BlockHash::new([0; 32]));
        let answered = state.value(EPOCH_KEY).unwrap();
        assert!(answered.is_some());
        assert_eq!(answered, stored_value(&file, EPOCH_KEY).unwrap());
    }
}
