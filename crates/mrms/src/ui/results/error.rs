//! What a command prints when it fails.

use mrms_core::{BlockHeight, ContractId, TxId};
use serde::Serialize;

use super::transaction::ExecutionStatus;

/// Why a command failed. It is the last line on stdout, after whatever the command printed before. What
/// the command began before it was interrupted, the profile's next command finishes or rolls back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErrorResult<'a> {
    /// The error.
    pub(crate) error: Error<'a>,
}

/// An error.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Error<'a> {
    /// What went wrong, as a stable word: one of the [codes](#error-codes).
    pub(crate) code: &'a str,
    /// What went wrong, for people.
    pub(crate) message: &'a str,
    /// What to do next, for people; null where there is nothing to say.
    pub(crate) hint: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) details: Option<&'a ErrorDetails>,
}

/// Further fields of an error.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErrorDetails {
    /// The transaction that failed. Only of `contract call`; left out otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) txid: Option<TxId>,
    /// How it ended. Only of `contract call`; left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<ExecutionStatus>,
    /// Height of its block. Only of `contract call`; left out otherwise.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_height: Option<BlockHeight>,
    /// What it returned, as Clarity writes it. Only of `contract call`; left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result_repr: Option<String>,
    /// The contract, `ADDRESS.NAME`. Only of `contract status`; left out otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contract_id: Option<ContractId>,
    /// SHA-256 of its source, in hexadecimal. Only of `contract status`; left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_sha256: Option<String>,
    /// False: its source is not the one in this program. Only of `contract status`; left out
    /// otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_matches: Option<bool>,
    /// Number of its interface, which this program does not speak. Only of `other-interface`; left
    /// out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interface: Option<u64>,
}
