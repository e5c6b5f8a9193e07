//! A person at work: who acts, on which ledger and contract, with which blobs and profile.
//!
//! Every use case is a method of [`Session`], in the module of its verb. This module holds what
//! they share: asking the contract, and sending transactions so that nothing is lost and nothing
//! is done twice.

use mrms_contract::{AnswerError, Call, ContractError, Read, outcome};
use mrms_core::{ContractId, MicroStx, Nonce, Principal, StandardPrincipal, TxId};
use mrms_crypto::{IdentityIndex, Keyring};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{BuildError, Payload, Terms, Transaction, Unsigned};
use mrms_store::BlobStore;

use crate::ledger::{Ledger, LedgerError, Receipt, Status};
use crate::profile::{Operation, ProfileError, ProfileFolder};
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
    pub sending: Sending,
}

/// Whether transactions are sent or only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// They are signed and sent.
    Send,
    /// Nothing is signed, sent or kept: the use case ends with [`SendError::Rehearsed`].
    Rehearse,
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
    /// The profile's outbox failed; nothing was sent.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// An operation that was begun and did not end.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What ends it in the profile's outbox.
    name: String,
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

    /// Signs calls of the contract with consecutive nonces, keeps them, sends them, waits until
    /// each stands in a block, and forgets them. Interrupted anywhere, [`Session::resume`] takes
    /// it up again with the same signed bytes, so that nothing is done twice.
    ///
    /// # Errors
    ///
    /// [`SendError`]: of the first call that was refused or failed.
    pub fn carry_out(
        &self,
        actor: &Actor,
        description: &str,
        calls: Vec<Call>,
    ) -> Result<Vec<Receipt>, SendError> {
        let unsigned = calls.into_iter().map(|call| self.transaction(call)).collect();
        let receipts = self.send(actor, description, unsigned)?;
        for receipt in &receipts {
            check(receipt)?;
        }
        Ok(receipts)
    }

    /// The same for any transactions; what each returned is for the caller to judge.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: Vec<Unsigned>,
    ) -> Result<Vec<Receipt>, SendError> {
        if self.sending == Sending::Rehearse {
            return Err(SendError::Rehearsed(Box::new(self.rehearse(actor, &unsigned)?)));
        }
        let (signed, fee) = self.sign(actor, unsigned)?;
        self.ledger.agree(fee)?;
        self.send_signed(description, &signed)
    }

    /// The same for transactions that are signed already, by whomever.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send_signed(
        &self,
        description: &str,
        signed: &[Vec<u8>],
    ) -> Result<Vec<Receipt>, SendError> {
        let operation = Operation {
            description: description.to_owned(),
            transactions: signed.iter().map(hex::encode).collect(),
        };
        let name = self.profile.begin(&operation)?;
        let outcome = self.ledger.submit(signed);
        if let Ok(receipts) = &outcome {
            self.keep_openings(signed, receipts)?;
        }
        if outcome.as_ref().err().is_none_or(LedgerError::is_final) {
            self.profile.end(&name)?;
        }
        Ok(outcome?)
    }

    fn rehearse(&self, actor: &Actor, unsigned: &[Unsigned]) -> Result<Plan, SendError> {
        let plan = |transaction: &Unsigned| {
            let what = match transaction.payload() {
                Payload::ContractCall(call) => call.function.to_string(),
                Payload::SmartContract(contract) => format!("deploy {}", contract.name),
                Payload::TokenTransfer { .. } => "transfer".to_owned(),
            };
            Ok(Planned { what, fee: self.ledger.fee(transaction)? })
        };
        let transactions = unsigned.iter().map(plan).collect::<Result<_, SendError>>()?;
        let result = match unsigned.first().map(Unsigned::payload) {
            Some(Payload::ContractCall(call)) => {
                let (contract, function) = (&call.contract, call.function.as_str());
                let sender = &actor.principal;
                match self.ledger.simulate(contract, sender, function, &call.arguments) {
                    Err(LedgerError::CannotTry) => None,
                    tried => Some(tried?.0),
                }
            }
            _ => None,
        };
        Ok(Plan { transactions, result })
    }

    /// The transactions as they are sent, and what they pay together.
    fn sign(
        &self,
        actor: &Actor,
        unsigned: Vec<Unsigned>,
    ) -> Result<(Vec<Vec<u8>>, MicroStx), SendError> {
        let first = self.next_nonce(actor)?;
        let network = self.ledger.network();
        let mut signed = Vec::with_capacity(unsigned.len());
        let mut total = 0_u64;
        for (position, transaction) in (0..).zip(unsigned) {
            let fee = self.ledger.fee(&transaction)?;
            total = total.saturating_add(fee.number());
            let terms = Terms { network, nonce: first.plus(position), fee };
            signed.push(transaction.sign(&actor.key, terms)?.encode());
        }
        Ok((signed, MicroStx::new(total)))
    }

    /// After the nonces of what was begun and could not be handed over yet: it keeps its place.
    fn next_nonce(&self, actor: &Actor) -> Result<Nonce, SendError> {
        let mut next = self.ledger.account(&actor.principal)?.nonce;
        for begun in self.begun()? {
            for transaction in begun.transactions.iter().flatten() {
                if transaction.origin() == actor.principal {
                    next = next.max(transaction.authorization().origin().nonce.plus(1));
                }
            }
        }
        Ok(next)
    }

    /// The operations that were begun on this network and did not end, oldest first.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn begun(&self) -> Result<Vec<Begun>, ProfileError> {
        let network = self.ledger.network();
        let mut begun = Vec::new();
        for (name, operation) in self.profile.operations()? {
            let decode = |text: &String| Transaction::decode(&hex::decode(text).ok()?).ok();
            let transactions: Option<Vec<_>> = operation.transactions.iter().map(decode).collect();
            let is_here = |transactions: &Vec<Transaction>| {
                transactions.iter().all(|transaction| transaction.network() == network)
            };
            if transactions.as_ref().is_none_or(is_here) {
                let description = operation.description;
                begun.push(Begun { name, description, transactions });
            }
        }
        Ok(begun)
    }

    /// Takes up what earlier commands of this profile began and did not end. Nothing is signed
    /// anew: the ledger either has the transactions, or gets the same bytes again.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the ledger can't be used now; the operations stay for the next time.
    pub fn resume(&self) -> Result<Vec<Resumed>, SendError> {
        let mut resumed = Vec::new();
        for Begun { name, description, transactions } in self.begun()? {
            let signed: Option<Vec<Vec<u8>>> =
                transactions.map(|all| all.iter().map(Transaction::encode).collect());
            let ending = match signed.as_ref().map(|signed| self.ledger.take_up(signed)) {
                Some(Ok(receipts)) => {
                    self.keep_openings(signed.as_deref().unwrap_or_default(), &receipts)?;
                    match receipts.iter().try_for_each(check) {
                        Ok(()) => Ending::Finished,
                        Err(error) => Ending::RolledBack { reason: error.to_string() },
                    }
                }
                Some(Err(LedgerError::Pending { txid })) => {
                    resumed.push(Resumed { description, ending: Ending::Waiting { txid } });
                    continue;
                }
                Some(Err(error)) if error.is_final() => {
                    Ending::RolledBack { reason: error.to_string() }
                }
                Some(Err(error)) => return Err(error.into()),
                None => Ending::RolledBack { reason: "its file is damaged".to_owned() },
            };
            self.profile.end(&name)?;
            resumed.push(Resumed { description, ending });
        }
        Ok(resumed)
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
