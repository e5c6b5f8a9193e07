//! What the ledger returns: blocks, included transactions, contracts, printed events, the tip.
//!
//! Plain data. How it is found is in `store`; proofs about it are in `proofs`.

use super::error::SubmitError;
use super::header::Header;
use super::identifiers::{BlockHash, ContractId, Principal, TxId};
use super::operation::Operation;
use super::receipt::Receipt;
use super::units::{BlockHeight, BurnHeight, Sequence, UnixTime};
use super::wire::{ClarityVersionByte, Transaction, WireError};

/// A transaction in a durable block, and what it did there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// The transaction's id.
    pub txid: TxId,
    /// Its position in the whole chain.
    pub sequence: Sequence,
    /// Height of its block.
    pub height: BlockHeight,
    /// Hash of its block.
    pub block: BlockHash,
    /// Its position in the block, counted from 0.
    pub position: u32,
    /// When the block was made.
    pub time: UnixTime,
    /// Value of `burn-block-height` while it ran.
    pub burn_height: BurnHeight,
    /// What it did.
    pub receipt: Receipt,
    /// Why it failed, as a message for people. The block does not commit to this text.
    pub note: Option<String>,
}

/// A block that somebody asked for, and the outcome of each transaction that was handed in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mined {
    /// Height of the block; of the last one, when the transactions did not fit in one.
    pub height: BlockHeight,
    /// Hash of that block.
    pub hash: BlockHash,
    /// For each transaction, in the order given: what it did, or why no block includes it.
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
    /// Decodes the transaction.
    ///
    /// # Errors
    /// Never for a sound ledger: the ledger takes only transactions that decode.
    pub fn transaction(&self) -> Result<Transaction, WireError> {
        Transaction::decode(&self.raw)
    }
}

/// A block, without the receipts of its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Hash of the header, which identifies the block.
    pub hash: BlockHash,
    /// The node's signature over the hash: recovery id, r, s.
    pub signature: [u8; 65],
    /// Operator operations in it, in order.
    pub operations: Vec<Operation>,
    /// Ids of its transactions, in order.
    pub transactions: Vec<TxId>,
}

/// The newest block, and the burn height now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the newest block.
    pub height: BlockHeight,
    /// Hash of the newest block.
    pub hash: BlockHash,
    /// When the newest block was made.
    pub time: UnixTime,
    /// Burn height of the newest block.
    pub burn_height: BurnHeight,
    /// Burn height that a block made now would have. Read-only calls see this one.
    pub burn_height_now: BurnHeight,
    /// When that burn height began.
    pub burn_began: UnixTime,
}

/// What identifies a ledger. It never changes after block 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Network that transactions are signed for.
    pub chain_id: u32,
    /// Hash of block 0. No two ledgers have the same.
    pub genesis: BlockHash,
    /// When block 0 was made.
    pub genesis_time: UnixTime,
    /// Burn height of block 0.
    pub genesis_burn_height: BurnHeight,
    /// Public key (SEC 1, compressed) that signs the blocks.
    pub node_key: [u8; 33],
    /// Account that receives the fees.
    pub node_account: Principal,
}

/// A published contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRecord {
    /// The contract's id.
    pub contract: ContractId,
    /// The transaction that published it; none for the contracts of block 0.
    pub txid: Option<TxId>,
    /// Height of the block that published it.
    pub height: BlockHeight,
    /// Clarity version that the deploy asked for; none in the older form of the payload. See
    /// [`ClarityVersionByte`] for the version that it runs on.
    pub clarity_version: Option<ClarityVersionByte>,
    /// Its source text.
    pub source: String,
}

/// Where an event is in the whole chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// Position of its transaction in the whole chain.
    pub sequence: Sequence,
    /// Its position among all events of the transaction.
    pub position: u32,
}

/// A value that a contract printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractEvent {
    /// The transaction that printed it.
    pub txid: TxId,
    /// Position of that transaction in the whole chain.
    pub sequence: Sequence,
    /// Height of its block.
    pub height: BlockHeight,
    /// When the block was made.
    pub time: UnixTime,
    /// Burn height of the block.
    pub burn_height: BurnHeight,
    /// The event's position among all events of the transaction.
    pub position: u32,
    /// The printed value, in Clarity's consensus encoding.
    pub value: Vec<u8>,
}
