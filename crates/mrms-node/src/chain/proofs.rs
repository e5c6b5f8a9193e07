//! Proofs about a ledger that can be checked without the ledger: block 0, signed headers, transactions.
//!
//! [`TransactionProof::verify`] and [`GenesisProof::verify`] need nothing but the proof's bytes and, for a transaction,
//! the node's public key. `proof_reader` reads proofs from a ledger's file.

use super::header::{Header, SignedHeader};
use super::identifiers::{BlockHash, TxId};
use super::merkle;
use super::operation::Operation;
use super::receipt::Receipt;
use super::units::BlockHeight;
use super::wire::{SignatureError, sha512_256};

/// Proof of a ledger's block 0, which contains the key that signs all blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisProof {
    /// The header of block 0, signed with the key that its first operation contains.
    pub block: SignedHeader,
    /// The canonical bytes of its operations, in order.
    pub operations: Vec<Vec<u8>>,
}

/// What a checked genesis proof says about its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Network that transactions are signed for.
    pub chain_id: u32,
    /// Hash of block 0.
    pub hash: BlockHash,
    /// Public key (SEC 1, compressed) that signs the blocks.
    pub node_key: [u8; 33],
}

/// Why a block is not a valid block 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// Its height is not 0, or it names a parent.
    #[error("it is not a first block")]
    NotFirst,
    /// The header does not commit to these operations.
    #[error("its operations are not those that its header commits to")]
    Operations,
    /// Its first operation does not begin a chain.
    #[error("its first operation begins no chain")]
    NoGenesis,
    /// It is not signed with the key that it contains.
    #[error("it is not signed by the key that it names")]
    Signature {
        /// What is wrong with the signature.
        #[source]
        source: SignatureError,
    },
}

impl GenesisProof {
    /// Checks that this is a block 0, signed with the key that it contains.
    ///
    /// # Errors
    /// [`GenesisError`] for the first check that fails.
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

/// Proof that a signed block contains a transaction, and that the transaction did what its receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionProof {
    /// The block's header.
    pub header: Header,
    /// The node's signature over the header's hash.
    pub signature: [u8; 65],
    /// The transaction's position in the block.
    pub position: u32,
    /// The transaction's bytes.
    pub raw: Vec<u8>,
    /// Merkle path from its id to the header's transactions root.
    pub transaction_path: Vec<merkle::Node>,
    /// The receipt's canonical bytes.
    pub receipt: Vec<u8>,
    /// Merkle path from the receipt to the header's receipts root.
    pub receipt_path: Vec<merkle::Node>,
}

/// Why a transaction proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The node's key did not sign this header.
    #[error("block is not signed by the node")]
    Block {
        /// What is wrong with the signature.
        #[source]
        source: SignatureError,
    },
    /// The block does not contain the transaction.
    #[error("transaction is not in the block")]
    Transaction,
    /// The block does not contain the receipt at the transaction's position, or the receipt is for another
    /// transaction.
    #[error("receipt is not the transaction's")]
    Receipt,
}

impl TransactionProof {
    /// Checks the proof against the node's public key, and returns the transaction's id and receipt.
    ///
    /// # Errors
    /// [`ProofError`] for the first check that fails.
    pub fn verify(&self, node_key: &[u8; 33]) -> Result<(TxId, Receipt), ProofError> {
        self.header
            .verify_signature(node_key, &self.signature)
            .map_err(|source| ProofError::Block { source })?;
        let (position, count) = (u64::from(self.position), u64::from(self.header.transactions));
        let txid = TxId::new(sha512_256(&[&self.raw]));
        let root = &self.header.transactions_root;
        if !merkle::verify(txid.as_bytes(), position, count, &self.transaction_path, root) {
            return Err(ProofError::Transaction);
        }
        let root = &self.header.receipts_root;
        if !merkle::verify(&self.receipt, position, count, &self.receipt_path, root) {
            return Err(ProofError::Receipt);
        }
        match Receipt::decode(&self.receipt) {
            Ok(receipt) if receipt.txid == txid => Ok((txid, receipt)),
            _ => Err(ProofError::Receipt),
        }
    }
}
