//! The order of transactions with one account: what goes first, what it takes the place of, and what became of the rest.

use mrms_core::{MicroStx, TxId};
use mrms_stacks::transaction::Transaction;

use crate::ledger::act::Act;

/// Other transactions with the nonces of those that are sent, which were signed before and may come first.
#[derive(Clone, Copy)]
pub struct Rivals<'r> {
    /// They.
    pub transactions: &'r [Transaction],
    /// So many of those that are sent must not come too late: where a rival stands in the place of one of them, that is told
    /// at once.
    pub own: usize,
    /// Whether to wait no longer for a block, since something that goes first asks for the place.
    pub give_way: &'r dyn Fn() -> bool,
}

impl Rivals<'_> {
    /// None.
    pub const NONE: Self = Self { transactions: &[], own: 0, give_way: &|| false };
}

/// An operation that is about to go before others.
#[derive(Clone, Copy, Debug)]
pub struct GoingFirst<'g> {
    /// What it does.
    pub what: &'g str,
    /// What it takes the place of.
    pub displaces: &'g [String],
    /// The same, as what each was to do.
    pub acts: &'g [Act],
    /// What keeps its place before it.
    pub behind: &'g [String],
    /// What it costs with whatever fills the places.
    pub fee: MicroStx,
    /// The most that it can cost, if others come first.
    pub most: MicroStx,
}

/// What became of an operation that an earlier command had started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// What it does.
    pub description: String,
    /// Its transactions; none where its file is damaged.
    pub txids: Vec<TxId>,
    /// How it ended, if it did.
    pub ending: Ending,
}

/// How an operation that was resumed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every transaction stands in a block and succeeded.
    Finished,
    /// It was sent and does not stand in a block yet; a later command resumes it again.
    Pending {
        /// The first transaction that stands in no block.
        txid: TxId,
    },
    /// Another operation went before it and took its place.
    TakenBack {
        /// What that one does.
        by: String,
        /// So many of its transactions were faster and stand in blocks.
        done: usize,
        /// So many it has.
        of: usize,
    },
    /// The ledger or the contract refused.
    RolledBack {
        /// The reason.
        reason: String,
    },
}
