//! Takes back what was signed and waits, offers more for it, or pays for it oneself where a sponsor does not answer.
//!
//! What waits holds a nonce, and everything that the account signs later waits behind it. Of two transactions with one
//! nonce only one can ever stand in a block. So offering more, and paying, sign the same call again with the same nonce:
//! whichever comes first does it. Dropping frees the nonces of an operation and of those behind it: what no ledger can have
//! is forgotten; in the place of anything else a transaction that does nothing is signed, since that one server does not
//! have it does not say that none has. What was replaced stays in the outbox beside what replaces it, until one of them
//! stands in a block.

use std::cell::Cell;

use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::transaction::{Memo, Terms, Transaction, Unsigned};

use super::first::Claimed;
use super::first_kept::GoesFirst;
use super::send::decoded;
use crate::ledger::{LedgerError, Receipt};
use crate::sending::outbox::{ClaimedOperation, Operation, SigningLock};
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

/// An operation that waits in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it does.
    pub description: String,
    /// Its transactions, as they would be sent.
    pub txids: Vec<TxId>,
    /// Whether a sponsor has to complete one of them.
    pub needs_sponsor: bool,
}

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// No operation of this account waits here, or none with that transaction.
    #[error("no transaction of this profile waits to be sent")]
    NothingWaits,
    /// It stands in a block already.
    #[error("transaction {txid} stands in a block: it can't be taken back")]
    Sent {
        /// The transaction.
        txid: TxId,
    },
    /// The ledger may have it: it can only be taken back by a transaction in its place, which must be signed.
    #[error(
        "transaction {txid} may have reached the ledger, and must be replaced by one that does nothing"
    )]
    NeedsKey {
        /// The transaction.
        txid: TxId,
    },
    /// Sending failed, or the outbox.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<LedgerError> for ReplaceError {
    fn from(error: LedgerError) -> Self {
        Self::Send(error.into())
    }
}

impl From<crate::profile::ProfileError> for ReplaceError {
    fn from(error: crate::profile::ProfileError) -> Self {
        Self::Send(error.into())
    }
}

impl Session<'_> {
    /// The operations that [`Self::drop_waiting`] would drop: the one with this transaction and all behind it, or all.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::NothingWaits`], [`ReplaceError::Send`].
    pub fn waiting(&self, from: Option<&TxId>) -> Result<Vec<Waiting>, ReplaceError> {
        let found = self
            .unfinished()?
            .into_iter()
            .filter_map(|operation| Some(waiting(operation.description, &operation.transactions?)));
        let found: Vec<_> = found.collect();
        let first = match from {
            None => Some(0),
            Some(txid) => found.iter().position(|one| one.txids.contains(txid)),
        };
        match first {
            Some(first) if first < found.len() => Ok(found[first..].to_vec()),
            _ => Err(ReplaceError::NothingWaits),
        }
    }

    /// Drops the operation with this transaction and all behind it, or all. What the ledger may have is replaced by
    /// transactions that do nothing, for which `actor` signs and pays.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::Sent`] where it stands in a block, also when it came before what was to replace it;
    /// [`ReplaceError::NeedsKey`] without an actor, and nothing was changed.
    pub fn drop_waiting(
        &self,
        actor: Option<&Actor>,
        from: Option<&TxId>,
    ) -> Result<Vec<Waiting>, ReplaceError> {
        let lock = self.profile.outbox().lock_signing()?;
        let mut claimed = self.claim(self.profile.outbox().interrupted(&lock)?);
        if let Some(txid) = from {
            let has = |(_, all): &Claimed| all.iter().any(|one| one.txid() == *txid);
            let first = claimed.iter().position(has).ok_or(ReplaceError::NothingWaits)?;
            claimed.drain(..first);
        }
        if claimed.is_empty() {
            return Err(ReplaceError::NothingWaits);
        }
        let mut dropped = Vec::new();
        let mut forgotten = Vec::new();
        let mut replaced = Vec::new();
        for (entry, transactions) in claimed {
            dropped.push(waiting(entry.operation.description.clone(), &transactions));
            match self.may_be_there(&transactions)? {
                None => forgotten.push(entry),
                Some(txid) => match actor {
                    Some(actor) if is_signed_by(&transactions, actor) => {
                        replaced.push((entry, in_their_place(&transactions, actor)?));
                    }
                    _ => return Err(ReplaceError::NeedsKey { txid }),
                },
            }
        }
        let receipts = match actor.filter(|_| !replaced.is_empty()) {
            Some(actor) => {
                self.replace_from_missing(actor, lock, replaced, Some("nothing, in the place of"))?
            }
            None => Vec::new(),
        };
        // The last first: if this is interrupted, what is left can still be sent.
        for entry in forgotten.into_iter().rev() {
            entry.end()?;
        }
        let txids = dropped.iter().flat_map(|one: &Waiting| &one.txids);
        let came_first = |txid: &&TxId| receipts.iter().any(|receipt| receipt.txid == **txid);
        match txids.clone().find(came_first) {
            Some(txid) => Err(ReplaceError::Sent { txid: *txid }),
            None => Ok(dropped),
        }
    }

    /// The first of these transactions that the ledger may have, or may yet get.
    fn may_be_there(&self, transactions: &[Transaction]) -> Result<Option<TxId>, ReplaceError> {
        for transaction in transactions.iter().filter(|one| !one.awaits_sponsor()) {
            let txid = transaction.txid();
            if self.ledger.receipt(&txid)?.is_some() {
                return Err(ReplaceError::Sent { txid });
            }
            if !self.ledger.knows_all() || self.ledger.has(&txid)? {
                return Ok(Some(txid));
            }
        }
        Ok(None)
    }

    /// Signs what waits for a sponsor again, with the same nonces and a fee of one's own, and sends it.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::NothingWaits`] where nothing waits for a sponsor; [`ReplaceError::Send`], and what was not sent
    /// stays in the outbox.
    pub fn pay_waiting(&self, actor: &Actor) -> Result<Vec<Receipt>, ReplaceError> {
        let is_sponsored = |one: &Transaction| one.authorization().sponsor().is_some();
        self.sign_again(actor, None, &|all| all.iter().any(is_sponsored))
    }

    /// Signs what waits for a block again, with the same nonces and a higher fee, and sends it: the operation with this
    /// transaction, or all. Each pays `fee`, or the network's estimate and at least a quarter more than before.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::NothingWaits`]; [`ReplaceError::Send`], and what was not sent stays in the outbox.
    pub fn bump_waiting(
        &self,
        actor: &Actor,
        which: Option<&TxId>,
        fee: Option<MicroStx>,
    ) -> Result<Vec<Receipt>, ReplaceError> {
        let is_meant = |all: &[Transaction]| {
            let is_own = all.iter().all(|one| one.authorization().sponsor().is_none());
            is_own && which.is_none_or(|which| all.iter().any(|one| one.txid() == *which))
        };
        self.sign_again(actor, fee, &is_meant)
    }

    fn sign_again(
        &self,
        actor: &Actor,
        fee: Option<MicroStx>,
        is_meant: &dyn Fn(&[Transaction]) -> bool,
    ) -> Result<Vec<Receipt>, ReplaceError> {
        let outbox = self.profile.outbox();
        let lock = outbox.lock_signing()?;
        let mut replaced = Vec::new();
        for (entry, transactions) in self.claim(outbox.interrupted(&lock)?) {
            if is_signed_by(&transactions, actor) && is_meant(&transactions) {
                let again = transactions.iter().map(|one| Replacement {
                    unsigned: one.unsigned(),
                    nonce: one.authorization().origin().nonce,
                    outbid: one.fee(),
                    fee,
                });
                replaced.push((entry, again.collect()));
            }
        }
        if replaced.is_empty() {
            return Err(ReplaceError::NothingWaits);
        }
        self.replace_from_missing(actor, lock, replaced, None)
    }

    /// The same as [`Self::replace`], with transactions that do nothing for the nonces that nobody has: what is replaced would
    /// wait for them.
    fn replace_from_missing(
        &self,
        actor: &Actor,
        lock: SigningLock,
        mut replaced: Vec<(ClaimedOperation, Vec<Replacement>)>,
        words: Option<&str>,
    ) -> Result<Vec<Receipt>, ReplaceError> {
        let nonces = self.next_nonces(actor)?;
        let last = replaced.iter().flat_map(|(_, all)| all.iter().map(|one| one.nonce.number()));
        let filler = nothing(actor)?;
        let fillers = nonces.missing_below(last.max().unwrap_or(0)).map(|nonce| Replacement {
            unsigned: filler.clone(),
            nonce,
            outbid: MicroStx::new(0),
            fee: None,
        });
        let fillers: Vec<_> = fillers.collect();
        if let Some((_, all)) = replaced.first_mut() {
            // Behind the operation's own, whose places count.
            all.extend(fillers);
        }
        self.replace(actor, lock, replaced, words)
    }

    /// Signs and sends replacements of operations. With words, the new operation is described so.
    fn replace(
        &self,
        actor: &Actor,
        lock: SigningLock,
        replaced: Vec<(ClaimedOperation, Vec<Replacement>)>,
        words: Option<&str>,
    ) -> Result<Vec<Receipt>, ReplaceError> {
        let outbox = self.profile.outbox();
        let mut total = 0_u64;
        let mut priced = Vec::new();
        for (entry, replacements) in replaced {
            let mut of_entry = Vec::new();
            for Replacement { unsigned, nonce, outbid, fee } in replacements {
                let fee = match fee {
                    Some(fee) => fee,
                    None => {
                        let one = std::slice::from_ref(&unsigned);
                        self.fees_of_own(actor, one)?
                            .into_iter()
                            .fold(outbidding(outbid, 4), MicroStx::max)
                    }
                };
                if let Some(ceiling) = self.ledger.fee_ceiling().filter(|ceiling| fee > *ceiling) {
                    return Err(LedgerError::FeeAboveCeiling { fee, ceiling }.into());
                }
                total = total.saturating_add(fee.number());
                of_entry.push((unsigned, nonce, fee));
            }
            priced.push((entry, of_entry));
        }
        let (account, fee) = (actor.principal, MicroStx::new(total));
        if self.ledger.account(&account)?.balance < fee {
            return Err(LedgerError::NotEnoughFunds { account, fee }.into());
        }
        self.ledger.agree(fee, priced.iter().map(|(_, of_entry)| of_entry.len()).sum())?;
        let mut entries = Vec::new();
        let network = self.ledger.network();
        for (old, of_entry) in priced {
            let sign = |(unsigned, nonce, fee): (Unsigned, Nonce, MicroStx)| {
                unsigned.sign(&actor.key, Terms { network, nonce, fee }).map_err(SendError::from)
            };
            let signed: Vec<_> = of_entry.into_iter().map(sign).collect::<Result<_, _>>()?;
            let description = &old.operation.description;
            let before = old.operation.replaced.iter().cloned();
            let operation = Operation {
                description: match words {
                    Some(words) => format!("{words}: {description}"),
                    None => description.clone(),
                },
                genesis: old.operation.genesis.clone(),
                transactions: signed.iter().map(|one| hex::encode(one.encode())).collect(),
                replaced: before.chain(old.transactions()).collect(),
                first: old.operation.first.clone().map(|first| match words {
                    // What it displaced is still to be told; nothing of its own is left to be done.
                    Some(_) => GoesFirst { own: 0, later: Vec::new(), ..first },
                    None => first,
                }),
            };
            // The new one first, so that a crash loses neither.
            let entry = outbox.begin(&lock, operation)?;
            old.end()?;
            entries.push((entry, signed));
        }
        let lock = Cell::new(Some(lock));
        let mut receipts = Vec::new();
        for (entry, signed) in entries {
            receipts.extend(self.carry(entry, &signed, &lock)?);
        }
        Ok(receipts)
    }

    /// Those operations that are for this ledger and can be read.
    pub(super) fn claim(&self, interrupted: Vec<ClaimedOperation>) -> Vec<Claimed> {
        let read = |entry: ClaimedOperation| {
            let transactions = decoded(&entry.transactions())?;
            let is_here = self.is_here(&entry.operation, Some(&transactions));
            is_here.then_some((entry, transactions))
        };
        interrupted.into_iter().filter_map(read).collect()
    }
}

/// A transaction in the place of another one.
struct Replacement {
    unsigned: Unsigned,
    nonce: Nonce,
    /// The fee of the one that it replaces.
    outbid: MicroStx,
    /// The fee that somebody named.
    fee: Option<MicroStx>,
}

fn is_signed_by(transactions: &[Transaction], actor: &Actor) -> bool {
    transactions.iter().all(|one| one.origin() == actor.principal)
}

/// A transaction that does nothing: it sends a millionth of an STX to the address that nobody has a key of. The network takes
/// no transfer to oneself.
pub(super) fn nothing(actor: &Actor) -> Result<Unsigned, LedgerError> {
    let nobody = StandardPrincipal::new(actor.principal.version(), [0; 20]);
    let wrong = || LedgerError::Answer { reason: "an account of no network".to_owned() };
    Ok(Transaction::token_transfer(nobody.ok_or_else(wrong)?, MicroStx::new(1), Memo::EMPTY))
}

/// A fee above another one, by one part of so many: a replacement must offer more than what it replaces.
pub(super) fn outbidding(fee: MicroStx, part: u64) -> MicroStx {
    MicroStx::new(fee.number().saturating_add((fee.number() / part).max(1)))
}

/// Transactions that do nothing, in the place of these.
fn in_their_place(
    transactions: &[Transaction],
    actor: &Actor,
) -> Result<Vec<Replacement>, ReplaceError> {
    let nothing = nothing(actor)?;
    let replacement = |one: &Transaction| Replacement {
        unsigned: nothing.clone(),
        nonce: one.authorization().origin().nonce,
        outbid: one.fee(),
        fee: None,
    };
    Ok(transactions.iter().map(replacement).collect())
}

fn waiting(description: String, transactions: &[Transaction]) -> Waiting {
    Waiting {
        description,
        txids: transactions.iter().map(Transaction::txid).collect(),
        needs_sponsor: transactions.iter().any(Transaction::awaits_sponsor),
    }
}
