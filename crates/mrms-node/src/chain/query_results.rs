//! What the ledger answers: blocks, included transactions, contracts, events, proofs.

use super::error::SubmitError;
use super::header::Header;
use super::identifiers::{BlockHash, ContractId, TxId};
use super::merkle::{self, Node};
use super::operation::Operation;
use super::receipt::Receipt;
use super::units::{BlockHeight, BurnHeight, Sequence, UnixTime};
use super::wire::{ClarityVersionByte, SignatureError, Transaction, WireError};

/// A transaction that is durably in a block, and what it did there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// Which.
    pub txid: TxId,
    /// Its place in the whole chain.
    pub sequence: Sequence,
    /// Height of its block.
    pub height: BlockHeight,
    /// Hash of its block.
    pub block: BlockHash,
    /// Its place in the block, counted from 0.
    pub position: u32,
    /// When the block was made.
    pub time: UnixTime,
    /// What `burn-block-height` was.
    pub burn_height: BurnHeight,
    /// What it did.
    pub receipt: Receipt,
    /// Why it failed, for people; nothing of it is committed to by the block.
    pub note: Option<String>,
}

/// A block that was asked for, and what became of the transactions that were to be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mined {
    /// Height of the block; of the last, when the transactions did not fit in one.
    pub height: BlockHeight,
    /// Its hash.
    pub hash: BlockHash,
    /// For each transaction, in the order given, what it did or why it is in no block.
    pub outcomes: Vec<Result<Included, SubmitError>>,
}

/// An included transaction with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTransaction {
    /// Where it is and what it did.
    pub included: Included,
    /// Its bytes, as they were sent.
    pub raw: Vec<u8>,
}

impl StoredTransaction {
    /// The transaction, read from its bytes.
    ///
    /// # Errors
    /// Never for a sound ledger, which takes only what it can read.
    pub fn transaction(&self) -> Result<Transaction, WireError> {
        Transaction::decode(&self.raw)
    }
}

/// A block, without what its transactions did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it says of itself.
    pub header: Header,
    /// Its name.
    pub hash: BlockHash,
    /// The node's signature over the hash: recovery id, r, s.
    pub signature: [u8; 65],
    /// What operators did in it.
    pub operations: Vec<Operation>,
    /// Its transactions, in order.
    pub transactions: Vec<TxId>,
}

/// Where the chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Its hash.
    pub hash: BlockHash,
    /// When it was made.
    pub time: UnixTime,
    /// Its burn height.
    pub burn_height: BurnHeight,
    /// The burn height that a block made now would have, and that read-only calls see.
    pub burn_height_now: BurnHeight,
}

/// What a ledger is, from its first block to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The network that transactions are signed for.
    pub chain_id: u32,
    /// Hash of block 0, which names this very ledger.
    pub genesis: BlockHash,
    /// When block 0 was made.
    pub genesis_time: UnixTime,
    /// Burn height of block 0.
    pub genesis_burn_height: BurnHeight,
    /// Public key (SEC 1, compressed) that signs the blocks.
    pub node_key: [u8; 33],
    /// Account that receives the fees.
    pub node_account: super::identifiers::Principal,
}

/// A published contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRecord {
    /// Which.
    pub contract: ContractId,
    /// The transaction that published it; none for the contracts of block 0.
    pub txid: Option<TxId>,
    /// Height of the block with it.
    pub height: BlockHeight,
    /// The Clarity version that the deploy asked for; none in the older form of the payload. See
    /// [`ClarityVersionByte`] for the version that it runs on.
    pub clarity_version: Option<ClarityVersionByte>,
    /// Its source text.
    pub source: String,
}

/// Something that a contract printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// The transaction in which it did.
    pub txid: TxId,
    /// That transaction's place in the chain.
    pub sequence: Sequence,
    /// Its block.
    pub height: BlockHeight,
    /// When.
    pub time: UnixTime,
    /// At which burn height.
    pub burn_height: BurnHeight,
    /// The event's place among all events of the transaction.
    pub position: u32,
    /// What was printed, in Clarity's consensus encoding.
    pub value: Vec<u8>,
}

/// A part of a list, in the order of the chain or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub(crate) from: Edge,
    pub(crate) limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Oldest,
    After(Sequence),
    Newest,
    Before(Sequence),
}

impl Page {
    /// The first `limit`, oldest first.
    #[must_use]
    pub const fn oldest(limit: u32) -> Self {
        Self { from: Edge::Oldest, limit }
    }

    /// The next `limit` after `sequence`, oldest first.
    #[must_use]
    pub const fn after(sequence: Sequence, limit: u32) -> Self {
        Self { from: Edge::After(sequence), limit }
    }

    /// The last `limit`, newest first.
    #[must_use]
    pub const fn newest(limit: u32) -> Self {
        Self { from: Edge::Newest, limit }
    }

    /// The `limit` before `sequence`, newest first.
    #[must_use]
    pub const fn before(sequence: Sequence, limit: u32) -> Self {
        Self { from: Edge::Before(sequence), limit }
    }
}

/// Which transactions a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcomes {
    /// However they ended.
    All,
    /// Those that ended in anything but success.
    Failed,
}

/// Evidence that a transaction is in a signed block and did what its receipt says. Can be checked without
/// the ledger, by whoever knows the node's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionProof {
    /// The block's header.
    pub header: Header,
    /// The node's signature over the header's hash.
    pub signature: [u8; 65],
    /// The transaction's place in the block.
    pub position: u32,
    /// The transaction's bytes.
    pub raw: Vec<u8>,
    /// Path from its id to the header's transaction root.
    pub transaction_path: Vec<Node>,
    /// The receipt's canonical bytes.
    pub receipt: Vec<u8>,
    /// Path from them to the header's receipt root.
    pub receipt_path: Vec<Node>,
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Another key signed the block, or another block was signed.
    #[error("block is not signed by the node")]
    Block {
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// The transaction is not in the block.
    #[error("transaction is not in the block")]
    Transaction,
    /// The receipt is not in the block at the transaction's place, or is another transaction's.
    #[error("receipt is not the transaction's")]
    Receipt,
}

impl TransactionProof {
    /// Checks the proof against the node's public key and gives the transaction's id and receipt.
    ///
    /// # Errors
    /// [`ProofError`] for the first link that does not hold.
    pub fn verify(&self, node_key: &[u8; 33]) -> Result<(TxId, Receipt), ProofError> {
        self.header
            .verify_signature(node_key, &self.signature)
            .map_err(|source| ProofError::Block { source })?;
        let (position, count) = (u64::from(self.position), u64::from(self.header.transactions));
        let txid = TxId::new(super::wire::sha512_256(&[&self.raw]));
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
