//! What a ledger tells: blocks, accounts, receipts, events, contracts, costs.

use mrms_core::{
    BlockHeight, BurnClock, BurnHeight, MicroStx, Nonce, StandardPrincipal, TxId, UnixTime,
};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{ContractCall, Payload, Transaction};

/// The latest block, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the latest Stacks block.
    pub block_height: BlockHeight,
    /// The burn height that a transaction would see now.
    pub burn_height: BurnHeight,
    /// When that height began; `None` where the ledger does not tell.
    pub burn_began: Option<UnixTime>,
    /// The ledger's time now.
    pub time: UnixTime,
}

impl Tip {
    /// The anchor for estimates between heights and times.
    #[must_use]
    pub const fn clock(self) -> BurnClock {
        let began = match self.burn_began {
            Some(began) => began,
            None => self.time,
        };
        BurnClock { height: self.burn_height, began, now: self.time }
    }
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: BlockHeight,
    /// What tells it from every other block, those of the same height on another branch included.
    pub id: [u8; 32],
    /// The burn height that it was made at.
    pub burn_height: BurnHeight,
}

/// What a ledger shows about two of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descent {
    /// The newer one was made on top of the older one: what the node signed proves it.
    Shown,
    /// It was not: the newer one has another block in the place of the older one.
    Denied,
    /// The ledger gives no proof, and a Stacks network never does.
    NotShown,
}

/// An account's next nonce and its balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The nonce that its next transaction carries, behind everything that waits.
    pub nonce: Nonce,
    /// Nonces below it that no transaction has, in a block or waiting, as far as the ledger tells: what has a higher one waits
    /// for them.
    pub missing: Vec<Nonce>,
    /// What it can spend.
    pub balance: MicroStx,
}

/// How a transaction that stands in a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it was for.
    Success,
    /// The contract answered `(err …)` and everything was rolled back.
    AbortedByResponse,
    /// A post-condition did not hold and everything was rolled back.
    AbortedByPostCondition,
    /// The network put it into a block without running it. The fee is paid, and nothing else happened.
    Skipped,
}

/// What is known of a transaction that stands in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Its id.
    pub txid: TxId,
    /// How it ended.
    pub status: Status,
    /// What it returned.
    pub result: Value,
    /// The block that it stands in.
    pub block_height: BlockHeight,
    /// The burn height of that block.
    pub burn_height: BurnHeight,
    /// The time of that block.
    pub time: UnixTime,
}

/// A value that a contract printed.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedEvent {
    /// The transaction that it was printed in.
    pub txid: TxId,
    /// The block of that transaction.
    pub block_height: BlockHeight,
    /// The time of that block.
    pub time: UnixTime,
    /// What was printed.
    pub value: Value,
}

/// A transaction that stands in a block, however it ended: who signed it, and what it called.
#[derive(Clone, Debug, PartialEq)]
pub struct IncludedCall {
    /// Who signed it.
    pub sender: StandardPrincipal,
    /// The function and its arguments; `None` for a transaction that calls none.
    pub call: Option<ContractCall>,
    /// How it ended.
    pub receipt: Receipt,
}

impl IncludedCall {
    /// That of a transaction whose bytes are at hand.
    #[must_use]
    pub fn of(transaction: &Transaction, receipt: Receipt) -> Self {
        let call = match transaction.payload() {
            Payload::ContractCall(call) => Some(call.clone()),
            Payload::SmartContract(_) | Payload::TokenTransfer { .. } => None,
        };
        Self { sender: transaction.origin(), call, receipt }
    }

    /// Whether one of its arguments, encoded, may concern somebody.
    #[must_use]
    pub fn may_concern(&self, concerns: &dyn Fn(&[u8]) -> bool) -> bool {
        let arguments = self.call.iter().flat_map(|call| &call.arguments);
        arguments.filter_map(|argument| argument.encode().ok()).any(|bytes| concerns(&bytes))
    }
}

/// A call that an account sent, in a block or waiting for one.
#[derive(Clone, Debug, PartialEq)]
pub struct SentCall {
    /// The transaction.
    pub txid: TxId,
    /// Its nonce.
    pub nonce: Nonce,
    /// What it calls.
    pub call: ContractCall,
    /// How it ended; `None` while it waits.
    pub receipt: Option<Receipt>,
}

/// A contract as it stands on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Its source.
    pub source: String,
    /// The version of Clarity that it runs under, where the ledger tells.
    pub clarity_version: Option<String>,
    /// The transaction that deployed it, where the ledger tells.
    pub txid: Option<TxId>,
    /// The block that it was deployed in.
    pub block_height: BlockHeight,
}

/// What a call would cost, in the five dimensions of the network's block limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Units of computation.
    pub runtime: u64,
    /// Number of reads.
    pub read_count: u64,
    /// Bytes read.
    pub read_length: u64,
    /// Number of writes.
    pub write_count: u64,
    /// Bytes written.
    pub write_length: u64,
}
