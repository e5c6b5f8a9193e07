//! What `tx` prints, and what any command prints that signs or plans transactions and does not send
//! them.

use std::path::Path;

use mrms_app::ledger;
use mrms_core::{BlockHeight, BurnHeight, MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_home::ledger::status;
use serde::Serialize;

/// A transaction that the profile has sent and that is not known to stand in a block; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedTransaction<'a> {
    /// The transaction: `0x` and 64 hexadecimal digits.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// What became of it.
    pub(crate) status: TransactionStatus,
    /// What it does, in words.
    pub(crate) description: &'a str,
    /// Nonce of the sender.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) nonce: Nonce,
    /// Its fee in micro-STX.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) fee: MicroStx,
}

/// What was forgotten and will not be sent; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DroppedOperation<'a> {
    /// What it would have done, in words.
    pub(crate) description: &'a str,
    /// Its transactions.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) txids: &'a [TxId],
}

/// A transaction that does not stand in a block yet. One that nobody has is an error.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WaitingTransaction {
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// What became of it: `pending` or `dropped`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) status: TransactionStatus,
}

/// What became of a transaction.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionStatus {
    /// Nobody has it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// The network dropped it.
    Dropped,
    /// It stands in a block.
    Included,
}

impl TransactionStatus {
    /// The word for it, as in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Dropped => "dropped",
            Self::Included => "included",
        }
    }
}

impl From<&status::TransactionStatus> for TransactionStatus {
    fn from(status: &status::TransactionStatus) -> Self {
        match status {
            status::TransactionStatus::Unknown => Self::Unknown,
            status::TransactionStatus::Pending => Self::Pending,
            status::TransactionStatus::Dropped { .. } => Self::Dropped,
            status::TransactionStatus::Included(_) => Self::Included,
        }
    }
}

/// A transaction that stands in a block; `tx send`, `tx pay` and `tx bump` print a line for each. One that failed is
/// an error of theirs, on a line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct IncludedTransaction {
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// How it ended.
    pub(crate) status: ExecutionStatus,
    /// What it returned, as JSON.
    pub(crate) result: serde_json::Value,
    /// What it returned, as Clarity writes it.
    pub(crate) result_repr: String,
    /// Height of its block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) block_height: BlockHeight,
    /// Burn height of that block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// Time of that block, RFC 3339 in UTC.
    pub(crate) time: String,
    /// How many blocks there are from its own to the newest, both counted.
    pub(crate) confirmations: u64,
    /// How many burn blocks there are since its own.
    pub(crate) burn_confirmations: u64,
    /// Whether it can no longer be undone: at once on the embedded ledger, after 6 burn blocks on a
    /// network.
    #[serde(rename = "final")]
    pub(crate) is_final: bool,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExecutionStatus {
    /// It did what it says.
    Success,
    /// The contract returned an error; nothing was changed.
    AbortByResponse,
    /// A post-condition did not hold; nothing was changed.
    AbortByPostCondition,
    /// The network put it into a block without running it; nothing was changed.
    ProblematicSkipped,
}

impl ExecutionStatus {
    /// The word for it, as in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::AbortByResponse => "abort_by_response",
            Self::AbortByPostCondition => "abort_by_post_condition",
            Self::ProblematicSkipped => "problematic_skipped",
        }
    }
}

impl From<ledger::Status> for ExecutionStatus {
    fn from(status: ledger::Status) -> Self {
        match status {
            ledger::Status::Success => Self::Success,
            ledger::Status::AbortedByResponse => Self::AbortByResponse,
            ledger::Status::AbortedByPostCondition => Self::AbortByPostCondition,
            ledger::Status::Skipped => Self::ProblematicSkipped,
        }
    }
}

/// A transaction that was signed and written to a file, in place of the command's own object; a line
/// each. So with `create`, `amend`, `grant`, `revoke`, `key publish`, `contract call` and `contract
/// deploy`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SignedTransaction<'a> {
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// The file that was written; the same for all of them.
    pub(crate) output: &'a Path,
    /// Chain that it is for: `0x` and 8 hexadecimal digits.
    pub(crate) chain_id: String,
    /// Principal of who signed it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) sender: StandardPrincipal,
    /// Nonce of the sender.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) nonce: Nonce,
    /// Its fee in micro-STX.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) fee: MicroStx,
    /// Whether a sponsor is to pay the fee.
    pub(crate) sponsored: bool,
}

/// What would have been sent, in place of the command's own object.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Planned<'a> {
    /// Always true.
    pub(crate) dry_run: bool,
    /// The transactions and their fees, in words.
    pub(crate) message: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_json() {
        let statuses = [
            TransactionStatus::Unknown,
            TransactionStatus::Pending,
            TransactionStatus::Dropped,
            TransactionStatus::Included,
        ];
        for status in statuses {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
        let statuses = [
            ExecutionStatus::Success,
            ExecutionStatus::AbortByResponse,
            ExecutionStatus::AbortByPostCondition,
        ];
        for status in statuses {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
    }
}
