//! Takes back what was signed and waits, or pays for it oneself: for when a sponsor does not answer.
//!
//! What waits holds a nonce, and everything that the account signs later waits behind it. Dropping an operation frees
//! its nonce, so those behind it go as well. Paying signs the same call again with the same nonce: of two transactions
//! with one nonce only one can ever stand in a block, and here both do the same.

use std::cell::Cell;

use mrms_core::{MicroStx, TxId};
use mrms_stacks::transaction::{Terms, Transaction};

use super::send::decoded;
use crate::ledger::{LedgerError, Receipt};
use crate::sending::outbox::{ClaimedOperation, Operation};
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
    /// The ledger has it already.
    #[error("the ledger has transaction {txid} already: it can't be taken back")]
    Sent {
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

/// An operation with its transactions, oldest first.
type Claimed = (ClaimedOperation, Vec<Transaction>);

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

    /// Forgets the operation with this transaction and all behind it, or all. The ledger must have none of them.
    ///
    /// # Errors
    ///
    /// [`ReplaceError`]; then nothing was forgotten.
    pub fn drop_waiting(&self, from: Option<&TxId>) -> Result<Vec<Waiting>, ReplaceError> {
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
        for transaction in claimed.iter().flat_map(|(_, transactions)| transactions) {
            let txid = transaction.txid();
            if !transaction.awaits_sponsor() && self.ledger.has(&txid)? {
                return Err(ReplaceError::Sent { txid });
            }
        }
        let mut dropped = Vec::new();
        // The last first: if this is interrupted, what is left can still be sent.
        for (entry, transactions) in claimed.into_iter().rev() {
            dropped.push(waiting(entry.operation.description.clone(), &transactions));
            entry.end()?;
        }
        dropped.reverse();
        Ok(dropped)
    }

    /// Signs what waits for a sponsor again, with the same nonces and a fee of one's own, and sends it.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::NothingWaits`] where nothing waits for a sponsor; [`ReplaceError::Send`], and what was not sent
    /// stays in the outbox.
    pub fn pay_waiting(&self, actor: &Actor) -> Result<Vec<Receipt>, ReplaceError> {
        let outbox = self.profile.outbox();
        let lock = outbox.lock_signing()?;
        let claimed = self.claim(outbox.interrupted(&lock)?);
        let mut replaced = Vec::new();
        let mut total = 0_u64;
        for (entry, transactions) in claimed {
            let is_theirs = transactions.iter().all(|one| one.origin() == actor.principal);
            let is_sponsored = |one: &Transaction| one.authorization().sponsor().is_some();
            if !is_theirs || !transactions.iter().any(is_sponsored) {
                continue;
            }
            let mut priced = Vec::new();
            for transaction in transactions {
                let unsigned = transaction.unsigned();
                // A replacement must offer more than what it replaces.
                let outbid = MicroStx::new(transaction.fee().number().saturating_add(1));
                let fee = self.ledger.fee(&unsigned)?.max(outbid);
                total = total.saturating_add(fee.number());
                priced.push((unsigned, transaction.authorization().origin().nonce, fee));
            }
            replaced.push((entry, priced));
        }
        if replaced.is_empty() {
            return Err(ReplaceError::NothingWaits);
        }
        let (account, fee) = (actor.principal, MicroStx::new(total));
        if self.ledger.account(&account)?.balance < fee {
            return Err(LedgerError::NotEnoughFunds { account, fee }.into());
        }
        self.ledger.agree(fee)?;
        let mut entries = Vec::new();
        let network = self.ledger.network();
        for (old, priced) in replaced {
            let sign = |(unsigned, nonce, fee): (mrms_stacks::transaction::Unsigned, _, _)| {
                unsigned.sign(&actor.key, Terms { network, nonce, fee }).map_err(SendError::from)
            };
            let signed: Vec<_> = priced.into_iter().map(sign).collect::<Result<_, _>>()?;
            let operation = Operation {
                transactions: signed.iter().map(|one| hex::encode(one.encode())).collect(),
                ..old.operation.clone()
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
    fn claim(&self, interrupted: Vec<ClaimedOperation>) -> Vec<Claimed> {
        let read = |entry: ClaimedOperation| {
            let transactions = decoded(&entry.transactions())?;
            let is_here = self.is_here(&entry.operation, Some(&transactions));
            is_here.then_some((entry, transactions))
        };
        interrupted.into_iter().filter_map(read).collect()
    }
}

fn waiting(description: String, transactions: &[Transaction]) -> Waiting {
    Waiting {
        description,
        txids: transactions.iter().map(Transaction::txid).collect(),
        needs_sponsor: transactions.iter().any(Transaction::awaits_sponsor),
    }
}
