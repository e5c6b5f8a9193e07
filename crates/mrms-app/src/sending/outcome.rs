//! How sending transactions ends, and what a receipt says about it.

use mrms_contract::{AnswerError, ContractError, split_result};
use mrms_core::{MicroStx, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{BuildError, Transaction};

pub use crate::ledger::{Ending, Resumed};
use crate::ledger::{LedgerError, Receipt, Status};
use crate::profile::ProfileError;

/// How a use case that sends transactions ended.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Outcome<T> {
    /// Every transaction stands in a block, and this is what it gave.
    Done(T),
    /// A dry run: this is what would have been sent. Nothing was signed, sent or kept.
    Planned(Plan),
    /// These transactions were signed, in order, and not sent.
    Signed(Vec<Transaction>),
}

impl<T> Outcome<T> {
    /// Turns what was done into something else.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(done) => Outcome::Done(turn(done)),
            Self::Planned(plan) => Outcome::Planned(plan),
            Self::Signed(transactions) => Outcome::Signed(transactions),
        }
    }

    /// Goes on with what was done by a step that can fail.
    ///
    /// # Errors
    ///
    /// That of `turn`.
    pub fn try_map<U, E>(self, turn: impl FnOnce(T) -> Result<U, E>) -> Result<Outcome<U>, E> {
        match self {
            Self::Done(done) => turn(done).map(Outcome::Done),
            Self::Planned(plan) => Ok(Outcome::Planned(plan)),
            Self::Signed(transactions) => Ok(Outcome::Signed(transactions)),
        }
    }

    /// What was done; `None` where nothing was sent.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(done) => Some(done),
            Self::Planned(_) | Self::Signed(_) => None,
        }
    }
}

/// A transaction that would have been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTransaction {
    /// What it does: a contract's function, say.
    pub what: String,
    /// What it would pay.
    pub fee: MicroStx,
}

/// What a dry run would have sent, and how its first transaction would have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The transactions, in order.
    pub transactions: Vec<PlannedTransaction>,
    /// What the first would return, where it is a call.
    pub result: Option<Value>,
    /// The highest fee that a transaction may have; `None` where fees have no monetary value.
    pub fee_ceiling: Option<MicroStx>,
    /// Operations that wait, and whose places it would take: they would be taken back.
    pub takes_back: Vec<String>,
}

/// Why transactions were not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The contract refused; the refusal is on the chain and nothing else changed.
    #[error("{refusal}")]
    Refused {
        /// The contract's reason.
        refusal: ContractError,
        /// The transaction that was refused.
        txid: TxId,
    },
    /// The transaction ended as no call of ours does.
    #[error("transaction {txid} failed with {result}")]
    Failed {
        /// The transaction.
        txid: TxId,
        /// What it returned.
        result: String,
    },
    /// The contract's answer is not one that ours gives.
    #[error("the contract's answer is not understood: {0}")]
    Answer(#[from] AnswerError),
    /// The ledger failed or would not take a transaction. The outbox keeps nothing of it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger or the sponsor failed after the outbox had what was signed: it is sent again later.
    #[error(transparent)]
    Kept(LedgerError),
    /// The ledger or the sponsor failed after it was given what ends access, and nothing could be kept of it here. The same
    /// command again looks for what was sent.
    #[error("{}", unkept_words(.0))]
    Unkept(LedgerError),
    /// The ledger has what was sent, and that could not be written down. The outbox has it still: a later command writes it down.
    #[error(transparent)]
    Unnoted(ProfileError),
    /// The transaction can't be made.
    #[error("the transaction cannot be made: {0}")]
    Build(#[from] BuildError),
    /// The profile's outbox failed, or its memory; nothing was sent.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// What a failure of the ledger leaves open where nothing could be kept.
fn unkept_words(error: &LedgerError) -> String {
    match error {
        LedgerError::Pending { .. } => format!("{error}; nothing could be kept of it here"),
        _ => format!("{error}: it may have been sent all the same, and nothing could be kept here"),
    }
}

/// An operation that was started and not ended.
#[derive(Clone, Debug)]
pub struct UnfinishedOperation {
    /// What it does.
    pub description: String,
    /// Its transactions in order; none where its file is damaged.
    pub transactions: Option<Vec<Transaction>>,
}

/// Returns the error that a receipt stands for, unless it is a success.
///
/// # Errors
///
/// [`SendError::Refused`] or [`SendError::Failed`].
pub fn check(receipt: &Receipt) -> Result<(), SendError> {
    if receipt.status == Status::Success {
        return Ok(());
    }
    match ContractError::in_result(&receipt.result) {
        Some(refusal) if receipt.status == Status::AbortedByResponse => {
            Err(SendError::Refused { refusal, txid: receipt.txid })
        }
        _ => Err(SendError::Failed { txid: receipt.txid, result: receipt.result.to_string() }),
    }
}

/// What the contract refused; `None` where it did what was asked.
///
/// # Errors
///
/// [`SendError::Failed`].
pub fn refusal_in(receipt: &Receipt) -> Result<Option<ContractError>, SendError> {
    match check(receipt) {
        Ok(()) => Ok(None),
        Err(SendError::Refused { refusal, .. }) => Ok(Some(refusal)),
        Err(error) => Err(error),
    }
}

/// The receipt of the first transaction.
///
/// # Errors
///
/// [`SendError::Ledger`] when a ledger took transactions and gave no receipt.
pub(crate) fn first(receipts: &[Receipt]) -> Result<&Receipt, SendError> {
    receipts
        .first()
        .ok_or_else(|| LedgerError::Answer { reason: "it gave no receipt".to_owned() }.into())
}

/// The `ok` value of a receipt, read by `decode`.
///
/// # Errors
///
/// [`AnswerError`] when it is none, or has another shape.
pub(crate) fn ok_value<T>(
    receipt: &Receipt,
    decode: impl FnOnce(&mrms_stacks::clarity::Reading<'_>) -> Result<T, AnswerError>,
) -> Result<T, AnswerError> {
    match split_result(&receipt.result)? {
        Ok(reading) => decode(&reading),
        Err(refusal) => Err(AnswerError::Unexpected {
            path: "result".to_owned(),
            found: refusal.to_string(),
            expected: "an ok value",
        }),
    }
}
