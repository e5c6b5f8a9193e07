//! Reads proofs from a ledger's file. It needs no lock, so the ledger may be in use meanwhile.
//!
//! Do not trust the file: check what was read with [`TransactionProof::verify`] and [`GenesisProof::verify`].

use std::path::Path;

use rusqlite::Connection;

use super::ancestry::AncestorProof;
use super::error::{LedgerFailure, OpenError};
use super::header::SignedHeader;
use super::identifiers::{ContractId, TxId};
use super::proofs::{GenesisProof, TransactionProof};
use super::store;
use super::units::BlockHeight;

/// A ledger's file, opened for reading proofs.
#[derive(Debug)]
pub struct Proofs {
    connection: Connection,
}

impl Proofs {
    /// Opens the file of the ledger in `folder`.
    ///
    /// # Errors
    /// [`OpenError::Absent`] when there is none, [`OpenError::Format`] when a newer program wrote it,
    /// [`OpenError::Failed`] when the file cannot be read.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: store::open_existing(folder)? })
    }

    /// Reads block 0.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn genesis(&self) -> Result<GenesisProof, LedgerFailure> {
        store::genesis_proof(&self.connection)
    }

    /// Reads the header of the newest block.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn tip(&self) -> Result<SignedHeader, LedgerFailure> {
        store::signed_tip(&self.connection)
    }

    /// Reads the header of the block at a height; none when there is no such block.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn header(&self, height: BlockHeight) -> Result<Option<SignedHeader>, LedgerFailure> {
        let found = store::stored_block_at(&self.connection, height)?;
        Ok(found.map(|block| SignedHeader { header: block.header, signature: block.signature }))
    }

    /// Reads the proof that the block at `height` is an ancestor of the one at `head`; none when it is not below it,
    /// when there is no such block, or when the newer one is of header format 1.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn ancestor(
        &self,
        height: BlockHeight,
        head: BlockHeight,
    ) -> Result<Option<AncestorProof>, LedgerFailure> {
        store::ancestor_proof(&self.connection, height, head)
    }

    /// Reads the proof of an included transaction; none when no block includes it.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::proof(&self.connection, txid)
    }

    /// Reads the proof of the transaction that published a contract; none for the contracts of block 0 and
    /// for a contract that does not exist.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn deployment(
        &self,
        contract: &ContractId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::deployment_proof(&self.connection, contract)
    }
}
