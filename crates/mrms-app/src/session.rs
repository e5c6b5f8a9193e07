//! A person at work: who acts, on which ledger and contract, with which blobs and profile.
//!
//! Every use case is a method of [`Session`], in the module of its verb. This module holds what
//! they share: asking the contract, and what sending transactions can end with; the sending itself
//! is in `send`.

use std::sync::OnceLock;

use mrms_contract::{AnswerError, Call, ContractError, Read, outcome};
use mrms_core::{ContractId, MicroStx, Nonce, Principal, StandardPrincipal, TxId};
use mrms_crypto::{IdentityIndex, Keyring};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{BuildError, Transaction, Unsigned};
use mrms_store::BlobStore;

use crate::ledger::{Ledger, LedgerError, Receipt, Status};
use crate::profile::{ProfileError, ProfileFolder};
use crate::vaults::Vaults;

/// Somebody who can sign and decrypt: an unlocked profile.
#[derive(Debug)]
pub struct Actor {
    /// The account that the key controls on the ledger's network.
    pub principal: StandardPrincipal,
    /// Signs transactions.
    pub key: SigningKey,
    /// Opens and wraps keys.
    pub keyring: Keyring,
    /// Number of the identity in use; those before it still open what was wrapped to them.
    pub identity: IdentityIndex,
}

impl Actor {
    /// The account as a principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal.into()
    }
}

/// What every use case works with.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The ledger that holds the contract.
    pub ledger: &'a dyn Ledger,
    /// The contract's id.
    pub contract: &'a ContractId,
    /// Where ciphertext beyond the inline limit is.
    pub blobs: &'a dyn BlobStore,
    /// Whom key shares are left with.
    pub vaults: &'a Vaults,
    /// What the profile remembers.
    pub profile: &'a ProfileFolder,
    /// Whether transactions are sent.
    pub sending: Sending<'a>,
}

/// Whether transactions are sent, set aside, or only tried.
#[derive(Clone, Copy, Debug)]
pub enum Sending<'a> {
    /// They are signed and sent.
    Send,
    /// They are signed and left here: the use case ends with [`SendError::SetAside`].
    SetAside(&'a Aside),
    /// Nothing is signed, sent or kept: the use case ends with [`SendError::Rehearsed`].
    Rehearse,
}

/// Transactions to be signed and not sent, on these terms.
#[derive(Debug, Default)]
pub struct Aside {
    /// The nonce of the first; the account's next when not given.
    pub nonce: Option<Nonce>,
    /// The fee of each; the ledger's when not given.
    pub fee: Option<MicroStx>,
    signed: OnceLock<Vec<Transaction>>,
}

impl Aside {
    /// Room for transactions on these terms.
    #[must_use]
    pub const fn new(nonce: Option<Nonce>, fee: Option<MicroStx>) -> Self {
        Self { nonce, fee, signed: OnceLock::new() }
    }

    /// What was signed; `None` when no use case had anything to send.
    #[must_use]
    pub fn signed(&self) -> Option<&[Transaction]> {
        self.signed.get().map(Vec::as_slice)
    }

    /// Leaves transactions here. Those of the first use case stay.
    pub(crate) fn keep(&self, transactions: Vec<Transaction>) {
        let _ = self.signed.set(transactions);
    }
}

/// A transaction that would have been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it does: a contract's function, say.
    pub what: String,
    /// What it would pay.
    pub fee: MicroStx,
}

/// What would have been sent, and how its first transaction would have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The transactions, in order.
    pub transactions: Vec<Planned>,
    /// What the first would return, where it is a call.
    pub result: Option<Value>,
}

/// Why the contract could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The contract answered something that ours does not.
    #[error("the contract's answer is not understood: {0}")]
    Answer(#[from] AnswerError),
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
    /// The transaction ended in a way that no call of ours does.
    #[error("transaction {txid} failed with {result}")]
    Failed {
        /// The transaction.
        txid: TxId,
        /// What it returned.
        result: String,
    },
    /// The contract returned something that ours does not.
    #[error("the contract's answer is not understood: {0}")]
    Answer(#[from] AnswerError),
    /// The ledger failed or would not take a transaction.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The transaction can't be made.
    #[error("the transaction cannot be made: {0}")]
    Build(#[from] BuildError),
    /// Nothing was to be sent.
    #[error("nothing was sent")]
    Rehearsed(Box<Plan>),
    /// The transactions were signed and left in [`Aside`]; nothing was sent.
    #[error("the transactions were signed and not sent")]
    SetAside,
    /// The profile's outbox failed; nothing was sent.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// An operation that was begun and did not end.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What it does.
    pub description: String,
    /// Its transactions in order; none where its file is damaged.
    pub transactions: Option<Vec<Transaction>>,
}

/// What became of an operation that an earlier command had begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// What it does.
    pub description: String,
    /// Whether it is done, or can no longer be.
    pub ending: Ending,
}

/// How an operation that was taken up again ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every transaction stands in a block and succeeded.
    Finished,
    /// It was sent and waits for a block; it stays to be taken up.
    Waiting {
        /// The first transaction that waits.
        txid: TxId,
    },
    /// The ledger or the contract refused.
    RolledBack {
        /// The reason.
        reason: String,
    },
}

impl Session<'_> {
    /// Asks the contract.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ask<T>(&self, read: &Read<T>) -> Result<T, AskError> {
        let answer = self.ledger.call_read_only(self.contract, read.function, &read.arguments)?;
        Ok(read.decode(&answer)?)
    }

    /// A call of the contract as a transaction to be signed.
    #[must_use]
    pub fn transaction(&self, call: Call) -> Unsigned {
        Transaction::contract_call(self.contract.clone(), call.function, call.arguments)
    }
}

/// Turns a receipt that is no success into the error that it stands for.
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

/// The receipt of the first transaction that was carried out.
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
    match outcome(&receipt.result)? {
        Ok(reading) => decode(&reading),
        Err(refusal) => Err(AnswerError::Unexpected {
            path: "result".to_owned(),
            found: refusal.to_string(),
            expected: "an ok value",
        }),
    }
}
