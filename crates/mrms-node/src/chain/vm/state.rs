//! The state that contracts read and write: the stored state, overlaid by the changes of the block under
//! construction.
//!
//! Only the newest value of each key is stored. Reading the past (`at-block`) is therefore refused, as Stacks
//! networks have done since epoch 3.4. This module writes nothing to the file: it hands the overlay over when
//! the block is complete.

use clarity::vm::database::clarity_store::{ContractCommitment, make_contract_hash_key};
use clarity::vm::database::{
    ClarityBackingStore, ClarityDeserializable as _, ClaritySerializable as _,
};
use clarity::vm::errors::{CheckErrors, InterpreterError, InterpreterResult, RuntimeErrorType};
use clarity::vm::types::QualifiedContractIdentifier;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use stacks_common::types::chainstate::{BlockHeaderHash, StacksBlockId};
use stacks_common::util::hash::Sha512Trunc256Sum;

use super::{EPOCH, StateCache};
use crate::chain::changes::Changes;
use crate::chain::error::LedgerFailure;
use crate::chain::identifiers::BlockHash;
use crate::chain::json_depth::is_shallow;
use crate::chain::store::{METADATA, STATE, must_be_under, stored_block_at};
use crate::chain::units::BlockHeight;
use crate::hexadecimal;

/// Key under which the VM stores its epoch. The VM reads it several times in a call. Only genesis writes it.
const EPOCH_KEY: &str = "vm-epoch::epoch-version";

/// End of the key under which the VM stores a contract's source, which is no JSON.
const SOURCE_SUFFIX: &str = "::contract-src";

/// The state that the block under construction sees.
pub(crate) struct State<'c> {
    connection: &'c Connection,
    height: u32,
    parent: BlockHash,
    changes: Changes,
    cache: Option<StateCache>,
    /// The epoch, as the VM encodes it.
    epoch: String,
    failure: Option<LedgerFailure>,
}

impl<'c> State<'c> {
    /// The state for a block at `height` on top of `parent`.
    pub(crate) fn new(connection: &'c Connection, height: u32, parent: BlockHash) -> Self {
        let (changes, epoch) = (Changes::default(), (EPOCH as u32).serialize());
        Self { connection, height, parent, changes, cache: None, epoch, failure: None }
    }

    /// The same with a cache, for the VM that makes all blocks.
    pub(crate) fn with_cache(self, cache: StateCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Returns the failure of the file since the last call, if there was one. The VM takes some failures to
    /// read for "does not exist", so check this after every run of the VM, before using the result.
    pub(crate) fn take_failure(&mut self) -> Option<LedgerFailure> {
        self.failure.take()
    }

    /// Returns the changes of the block, and the cache with these changes.
    pub(crate) fn into_changes(self) -> (Changes, StateCache) {
        let mut cache = self.cache.unwrap_or_default();
        cache.learn(&self.changes);
        (self.changes, cache)
    }

    /// Writes a value of the node itself.
    pub(crate) fn put_own(&mut self, key: &str, value: &str) {
        self.changes.values.insert(key.to_owned(), value.to_owned());
    }

    /// Reads a value of a contract, of the VM or of the node.
    pub(crate) fn value(&mut self, key: &str) -> Result<Option<String>, LedgerFailure> {
        if let Some(value) = self.changes.values.get(key) {
            return Ok(Some(value.clone()));
        }
        if key == EPOCH_KEY && self.height > 0 {
            return Ok(Some(self.epoch.clone()));
        }
        let Some(cache) = &mut self.cache else { return Ok(stored_value(self.connection, key)?) };
        if let Some(cached) = cache.find(key) {
            return Ok(cached);
        }
        let value = stored_value(self.connection, key)?;
        cache.keep(key.to_owned(), value.clone());
        Ok(value)
    }

    /// Reads a value that is stored in consensus encoding, as bytes.
    pub(crate) fn encoded(&mut self, key: &str) -> Result<Option<Vec<u8>>, LedgerFailure> {
        let damaged = || LedgerFailure::Damaged { what: "a value of the state" };
        if self.cache.is_some() || self.changes.values.contains_key(key) {
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
        self.failure.get_or_insert(failure);
        InterpreterError::DBError(message)
    }
}

fn stored<T>(
    connection: &Connection,
    key: &str,
    read: impl FnOnce(ValueRef<'_>) -> T,
) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT key, value, sum FROM state WHERE key = ?1")?
        .query_row([key], |row| {
            must_be_under(row, 0, &[key.into()])?;
            STATE.check(row, 0)?;
            Ok(read(row.get_ref(1)?))
        })
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
        .prepare_cached(
            "SELECT contract, key, value, sum FROM contract_metadata WHERE contract = ?1 AND key = ?2",
        )?
        .query_row([contract, key], |row| {
            must_be_under(row, 0, &[contract.into(), key.into()])?;
            METADATA.check(row, 0)?;
            row.get(2)
        })
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
        match stored_block_at(self.connection, BlockHeight::new(height)) {
            Ok(block) => block.map(|block| StacksBlockId(*block.hash.as_bytes())),
            Err(failure) => {
                self.failed(failure);
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
        // Metadata is stored once per contract, not per block, so the block id is not used.
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
        // The VM distinguishes a missing contract (an error) from missing metadata (none).
        self.get_contract_hash(contract)?;
        let place = (contract.to_string(), key.to_owned());
        if let Some(value) = self.changes.metadata.get(&place) {
            return Ok(Some(value.clone()));
        }
        let stored = stored_metadata(self.connection, &place.0, &place.1)
            .map_err(|error| self.failed(error.into()))?;
        match stored {
            // The VM would parse it to whatever depth it has, and end the process.
            Some(text) if !key.ends_with(SOURCE_SUFFIX) && !is_shallow(&text) => {
                Err(self.failed(LedgerFailure::Damaged { what: "a contract's parsed form" }).into())
            }
            stored => Ok(stored),
        }
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
    fn epoch_that_is_returned_is_the_one_that_genesis_stored() {
        let folder = tempfile::tempdir().unwrap();
        drop(Ledger::open(folder.path(), Settings::default()).unwrap());
        let file = crate::chain::store::open_read_only(folder.path()).unwrap();
        let mut state = State::new(&file, 1, BlockHash::new([0; 32]));
        let answered = state.value(EPOCH_KEY).unwrap();
        assert!(answered.is_some());
        assert_eq!(answered, stored_value(&file, EPOCH_KEY).unwrap());
    }
}
