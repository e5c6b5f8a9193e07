//! What `contract` prints.

use mrms_core::{BlockHeight, BurnHeight, ContractId, TxId};
use serde::Serialize;

use super::transaction::ExecutionStatus;

/// The deployed contract beside the source in this program.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ContractStatus<'a> {
    /// The contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// Always true: a contract that is not there is an error.
    pub(crate) deployed: bool,
    /// The transaction that deployed it; null when the ledger does not tell.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) txid: Option<TxId>,
    /// Height of the block that it was deployed in.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) block_height: BlockHeight,
    /// Version of Clarity that it runs under; null when the ledger does not tell.
    pub(crate) clarity_version: Option<&'a str>,
    /// Chain id: `0x` and 8 hexadecimal digits.
    pub(crate) chain_id: String,
    /// Number of its interface; null when it is no records contract.
    pub(crate) interface: Option<u64>,
    /// Its release, such as `1.0.0`; null when it is no records contract.
    pub(crate) release: Option<&'a str>,
    /// SHA-256 of its source, in hexadecimal.
    pub(crate) source_sha256: &'a str,
    /// Whether its source is the one in this program, byte for byte.
    pub(crate) source_matches: bool,
    /// The release that has this very source, as far as this program knows; null for any other source.
    pub(crate) source_release: Option<&'a str>,
}

/// The contract that was deployed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DeployedContract<'a> {
    /// The contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// Always true: what was not deployed is an error.
    pub(crate) deployed: bool,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Height of its block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) block_height: BlockHeight,
    /// SHA-256 of its source, in hexadecimal.
    pub(crate) source_sha256: &'a str,
}

/// The records contract that the home works with from now on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UsedContract<'a> {
    /// The contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// The contract that the home worked with before; null when there was none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) former_contract_id: Option<&'a ContractId>,
    /// Number of its interface.
    pub(crate) interface: u64,
    /// Its release, such as `1.0.0`.
    pub(crate) release: &'a str,
}

/// What the function returned, in a transaction.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CalledFunction {
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Always `success`: a call that failed is an error.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) status: ExecutionStatus,
    /// Height of its block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) block_height: BlockHeight,
    /// Burn height of that block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// What it returned, as JSON.
    pub(crate) result: serde_json::Value,
    /// What it returned, as Clarity writes it.
    pub(crate) result_repr: String,
}

/// What the read-only function returned.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ReadFunction {
    /// What it returned, as JSON.
    pub(crate) result: serde_json::Value,
    /// What it returned, as Clarity writes it.
    pub(crate) result_repr: String,
}

/// What a call costs; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FunctionCost<'a> {
    /// The call, in words.
    pub(crate) call: &'a str,
    /// Length of the signed transaction in bytes: at least so many micro-STX are its fee.
    pub(crate) transaction_bytes: u64,
    /// Units of computation.
    pub(crate) runtime: u64,
    /// How many reads.
    pub(crate) read_count: u64,
    /// How many bytes are read.
    pub(crate) read_length: u64,
    /// How many writes.
    pub(crate) write_count: u64,
    /// How many bytes are written.
    pub(crate) write_length: u64,
    /// How many such calls fit into one block of the network.
    pub(crate) per_block: u64,
    /// What the call returned, as Clarity writes it.
    pub(crate) result_repr: String,
}
