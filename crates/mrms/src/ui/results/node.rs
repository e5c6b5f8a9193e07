//! What `node` prints.

use std::path::Path;

use mrms_core::{ContractId, StandardPrincipal};
use mrms_node::control::Done;
use serde::Serialize;

/// Where the ledger is served, once it is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedNode {
    /// Address of the RPC, such as `http://127.0.0.1:20443`.
    pub(crate) url: String,
    /// Chain id, as a number.
    pub(crate) chain_id: u32,
}

/// Where the chain stands after the command.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Heights {
    /// Burn height that a block made now would have.
    burn_height: u32,
    /// Height of the newest block.
    block_height: u32,
}

impl From<&Done> for Heights {
    fn from(done: &Done) -> Self {
        Self { burn_height: done.burn_height, block_height: done.block_height }
    }
}

/// The block that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeBlock {
    #[serde(flatten)]
    pub(crate) heights: Heights,
    /// How many waiting transactions are in the block.
    pub(crate) transactions: u64,
}

/// The STX that were made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FundedAccount {
    #[serde(flatten)]
    pub(crate) heights: Heights,
    /// Principal of the account that has them.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) account: StandardPrincipal,
    /// How many micro-STX.
    pub(crate) amount: u64,
}

/// The snapshot that the node keeps while it runs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SavedSnapshot<'a> {
    #[serde(flatten)]
    pub(crate) heights: Heights,
    /// Name of the snapshot, for `node revert`.
    pub(crate) snapshot: &'a str,
}

/// The node went back to a snapshot.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RevertedLedger {
    #[serde(flatten)]
    pub(crate) heights: Heights,
    /// How many blocks were dropped.
    pub(crate) dropped_blocks: u32,
}

/// The ledger is whole: executed anew, every block gives the same root and receipts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckedLedger {
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// How many blocks it has.
    pub(crate) blocks: u64,
    /// How many transactions it has.
    pub(crate) transactions: u64,
    /// How often the ledger went back to a snapshot, and dropped blocks.
    pub(crate) reverts: u64,
    /// How many lost blocks its operator went on without, on record.
    pub(crate) losses: u64,
    /// Height of the first block that was executed: 0 without `--from-checkpoint`.
    pub(crate) executed_from: u32,
}

/// The ledger is as it was written; nothing was executed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ScrubbedLedger {
    /// Always true: what is damaged is an error.
    pub(crate) intact: bool,
    /// How many blocks it has.
    pub(crate) blocks: u64,
    /// How many transactions were read.
    pub(crate) transactions: u64,
    /// How many values of contracts and accounts were read.
    pub(crate) state_values: u64,
    /// How many transactions have no check sum, because they are from before there were any.
    pub(crate) without_sum: u64,
    /// How many blocks have no check sum.
    pub(crate) blocks_without_sum: u64,
    /// How many values of contracts and accounts have no check sum: only executing everything again can check those.
    pub(crate) values_without_sum: u64,
}

/// The ledger goes on without blocks that were lost.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AcceptedLoss {
    /// Height of the newest block that is lost; null when nothing was missing.
    pub(crate) lost_height: Option<u32>,
    /// Hash of that block, with `0x`; null when nothing was missing.
    pub(crate) lost_hash: Option<String>,
    /// Height of the block that says so; null when nothing was missing.
    pub(crate) recorded_in: Option<u64>,
}

/// The ledger that was written to a file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExportedLedger<'a> {
    /// The file that was written.
    pub(crate) file: &'a Path,
    /// The file with the node's key; null without `--key`.
    pub(crate) key: Option<&'a Path>,
    /// How many blocks it has.
    pub(crate) blocks: u64,
    /// Hash of block 0, which names the ledger, with `0x`.
    pub(crate) genesis: String,
    /// Hash of the newest block, with `0x`.
    pub(crate) tip: String,
}

/// The ledger that was made of a file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ImportedLedger<'a> {
    /// How many blocks it has.
    pub(crate) blocks: u64,
    /// How many transactions were executed.
    pub(crate) transactions: u64,
    /// How often the ledger went back to a snapshot, and dropped blocks.
    pub(crate) reverts: u64,
    /// How many lost blocks its operator went on without, on record.
    pub(crate) losses: u64,
    /// Hash of block 0, which names the ledger, with `0x`.
    pub(crate) genesis: String,
    /// Hash of the newest block, with `0x`.
    pub(crate) tip: String,
    /// The records contract that the home works with, `ADDRESS.NAME`; null when the ledger has none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) contract_id: Option<&'a ContractId>,
}
