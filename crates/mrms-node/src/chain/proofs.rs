//! Proofs out of a ledger's file, for whoever will check them without it.
//!
//! Needs no lock: the ledger may be in use meanwhile. What comes out is as good as its checks,
//! [`TransactionProof::verify`] and [`GenesisProof::verify`], which need nothing but the bytes.

use std::path::Path;

use rusqlite::Connection;

use super::error::{LedgerFailure, OpenError};
use super::header::Header;
use super::identifiers::{BlockHash, ContractId, TxId};
use super::merkle;
use super::operation::Operation;
use super::query_results::TransactionProof;
use super::store;
use super::units::BlockHeight;
use super::wire::SignatureError;

/// A header and the node's signature over its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeader {
    /// The header.
    pub header: Header,
    /// Recovery id, r, s.
    pub signature: [u8; 65],
}

/// What names a ledger: its block 0, which has the key that signs all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisProof {
    /// The header of block 0, signed by the key that its first operation names.
    pub block: SignedHeader,
    /// The canonical bytes of its operations, in order.
    pub operations: Vec<Vec<u8>>,
}

/// What a genesis proof says of its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The network that transactions are signed for.
    pub chain_id: u32,
    /// Hash of block 0.
    pub hash: BlockHash,
    /// Public key (SEC 1, compressed) that signs the blocks.
    pub node_key: [u8; 33],
}

/// Why a block begins no ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// It has another height, or a block below it.
    #[error("it is not a first block")]
    NotFirst,
    /// The header does not commit to these operations.
    #[error("its operations are not those that its header commits to")]
    Operations,
    /// Its first operation does not begin a chain.
    #[error("its first operation begins no chain")]
    NoGenesis,
    /// The key that it names did not sign it.
    #[error("it is not signed by the key that it names")]
    Signature {
        /// Why.
        #[source]
        source: SignatureError,
    },
}

impl GenesisProof {
    /// Checks that this is a first block, signed by the key that it names.
    ///
    /// # Errors
    /// [`GenesisError`] for the first thing that does not hold.
    pub fn verify(&self) -> Result<Genesis, GenesisError> {
        let SignedHeader { header, signature } = &self.block;
        if header.height != BlockHeight::new(0) || header.parent != BlockHash::new([0; 32]) {
            return Err(GenesisError::NotFirst);
        }
        if merkle::root(&self.operations) != header.operations_root {
            return Err(GenesisError::Operations);
        }
        let first = self.operations.first().and_then(|bytes| Operation::decode(bytes).ok());
        let Some(Operation::Genesis { node_key, .. }) = first else {
            return Err(GenesisError::NoGenesis);
        };
        header
            .verify_signature(&node_key, signature)
            .map_err(|source| GenesisError::Signature { source })?;
        Ok(Genesis { chain_id: header.chain_id, hash: header.hash(), node_key })
    }
}

/// A ledger's file, opened to read proofs from.
#[derive(Debug)]
pub struct Proofs {
    connection: Connection,
}

impl Proofs {
    /// Opens the file of the ledger in `folder`.
    ///
    /// # Errors
    /// [`OpenError::Absent`] when there is none, [`OpenError::Format`] when it is a newer one, and
    /// [`OpenError::Failed`] when the file fails.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: store::open_existing(folder)? })
    }

    /// Block 0.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn genesis(&self) -> Result<GenesisProof, LedgerFailure> {
        let height = BlockHeight::new(0);
        let block = store::block_at(&self.connection, height)?;
        let block = block.ok_or(LedgerFailure::Damaged { what: "a ledger without block 0" })?;
        Ok(GenesisProof {
            block: SignedHeader { header: block.header, signature: block.signature },
            operations: block.operations.iter().map(Operation::encode).collect(),
        })
    }

    /// The newest block.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn tip(&self) -> Result<SignedHeader, LedgerFailure> {
        let tip = store::tip(&self.connection)?;
        let tip = tip.ok_or(LedgerFailure::Damaged { what: "a ledger without block 0" })?;
        Ok(SignedHeader { header: tip.header, signature: tip.signature })
    }

    /// Evidence for an included transaction; none when it is in no block.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::proof(&self.connection, txid)
    }

    /// Evidence for the transaction that published a contract; none for a contract of block 0, and
    /// where there is none of that name.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn deployment(
        &self,
        contract: &ContractId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        let record = store::contract_record(&self.connection, contract)?;
        match record.and_then(|record| record.txid) {
            Some(txid) => self.transaction(&txid),
            None => Ok(None),
        }
    }
}
