//! Carries out an operation that goes first, whoever comes first: at its place, or at the next one if another transaction
//! was faster there. It is done when each of its own transactions stands in a block, and nothing that could give back what
//! it ends stands behind them.

use std::cell::Cell;
use std::collections::BTreeMap;

use mrms_core::TxId;
use mrms_stacks::transaction::Transaction;

use super::first::{Claimed, nonce, taken_back};
use super::first_kept::{Displaced, GoesFirst};
use crate::ledger::{LedgerError, Receipt, Rivals, Status};
use crate::profile::ProfileError;
use crate::sending::outbox::{ClaimedOperation, Operation, SigningLock};
use crate::sending::outcome::{Ending, Resumed, SendError, check};
use crate::sending::send::{decoded, is_final, unnoted};
use crate::session::Session;

/// What became of an operation that went first, and of those whose places it took.
struct Ended {
    receipts: Vec<Receipt>,
    displaced: Vec<Resumed>,
}

/// How bytes are handed to the ledger, with those that may come first.
type Submit<'a> = dyn Fn(&[Vec<u8>], &Rivals<'_>) -> Result<Vec<Receipt>, LedgerError> + 'a;

impl Session<'_> {
    /// Sends an operation that goes first and that the outbox has, and tells what became of those whose places it took.
    /// Releases the lock when the ledger has it. `others` may be displaced if it must go to a later place.
    pub(in crate::sending) fn carry_first(
        &self,
        entry: ClaimedOperation,
        others: &mut Vec<Claimed>,
        lock: &Cell<Option<SigningLock>>,
    ) -> Result<Vec<Receipt>, SendError> {
        let submit = |bytes: &[Vec<u8>], rivals: &Rivals<'_>| {
            let submitted = self.ledger.submit_over(bytes, rivals, &|| drop(lock.take()));
            // Where it must go to a later place, that is signed already and needs the lock again.
            drop(lock.take());
            submitted
        };
        let Ended { receipts, displaced } = self.run(entry, others, &submit)?;
        displaced.iter().for_each(|one| self.ledger.became(one));
        Ok(receipts)
    }

    /// Takes up an operation that goes first and that an earlier command had begun.
    pub(in crate::sending) fn resume_first(
        &self,
        entry: ClaimedOperation,
        others: &mut Vec<Claimed>,
    ) -> Result<Vec<Resumed>, SendError> {
        let description = entry.operation.description.clone();
        let begun = txids(&decoded(&entry.operation.transactions).unwrap_or_default());
        let own = entry.operation.first.as_ref().map_or(0, |first| first.own);
        let submit =
            |bytes: &[Vec<u8>], rivals: &Rivals<'_>| self.ledger.resubmit_over(bytes, rivals);
        match self.run(entry, others, &submit) {
            Ok(Ended { receipts, mut displaced }) => {
                let ending = match receipts.iter().try_for_each(check) {
                    Ok(()) => Ending::Finished,
                    Err(error) => Ending::RolledBack { reason: error.to_string() },
                };
                let own = if own == 0 { receipts.len() } else { own };
                let txids = receipts.iter().take(own).map(|receipt| receipt.txid).collect();
                displaced.push(Resumed { description, txids, ending });
                Ok(displaced)
            }
            Err(SendError::Kept(LedgerError::Pending { txid })) => {
                Ok(vec![Resumed { description, txids: begun, ending: Ending::Pending { txid } }])
            }
            Err(error) if is_final(&error) => {
                let ending = Ending::RolledBack { reason: error.to_string() };
                Ok(vec![Resumed { description, txids: begun, ending }])
            }
            Err(SendError::Kept(error)) => Err(SendError::Ledger(error)),
            Err(error) => Err(error),
        }
    }

    fn run(
        &self,
        mut entry: ClaimedOperation,
        others: &mut Vec<Claimed>,
        submit: &Submit<'_>,
    ) -> Result<Ended, SendError> {
        loop {
            let first = entry.operation.first.clone().unwrap_or_default();
            let Some(signed) = decoded(&entry.operation.transactions) else {
                self.give_places_back(entry, &first)?;
                return Err(
                    LedgerError::Rejected { reason: "its file is damaged".to_owned() }.into()
                );
            };
            let bytes: Vec<_> = signed.iter().map(Transaction::encode).collect();
            let rivals = rivals(&entry.operation);
            let rivals = Rivals { transactions: &rivals, own: first.own, ..Rivals::NONE };
            let receipts = match submit(&bytes, &rivals) {
                Ok(receipts) => receipts,
                Err(error) if error.is_final() => {
                    self.give_places_back(entry, &first)?;
                    return Err(error.into());
                }
                Err(error) => return Err(SendError::Kept(error)),
            };
            match self.lost_place(&first, &signed, &receipts)? {
                None => return self.end(entry, &first, &signed, receipts),
                Some(lost) => entry = self.step_back(entry, lost, others)?,
            }
        }
    }

    /// The nonce at which the operation was too late, if it was: another transaction stands in one of its own places, or
    /// one that could give back what it ends stands behind it.
    fn lost_place(
        &self,
        first: &GoesFirst,
        signed: &[Transaction],
        receipts: &[Receipt],
    ) -> Result<Option<u64>, SendError> {
        if first.own == 0 {
            return Ok(None);
        }
        let own = signed.iter().take(first.own);
        let mut placed = own.clone().zip(receipts);
        if let Some((late, _)) = placed.find(|(one, receipt)| one.txid() != receipt.txid) {
            return Ok(Some(nonce(late)));
        }
        if receipts.len() < signed.len() {
            let reason = "it gave no receipt for one of them".to_owned();
            return Err(SendError::Kept(LedgerError::Answer { reason }));
        }
        let last = own.map(nonce).max().unwrap_or(0);
        let giving_back = first.displaced.iter().filter(|one| one.gives_back);
        for (transaction, _) in self.standing(giving_back)? {
            if nonce(&transaction) > last {
                return Ok(Some(nonce(&transaction)));
            }
        }
        Ok(None)
    }

    /// Goes to the next place behind a nonce. The new operation is kept before the one before it is removed.
    fn step_back(
        &self,
        entry: ClaimedOperation,
        lost: u64,
        others: &mut Vec<Claimed>,
    ) -> Result<ClaimedOperation, SendError> {
        let outbox = self.profile.outbox();
        let lock = outbox.lock_signing().map_err(SendError::Profile)?;
        let mut first = entry.operation.first.clone().unwrap_or_default();
        let mut displaceable = Vec::new();
        let mut staying = Vec::new();
        for (other, all) in others.drain(..) {
            let keeps = self.keeps_its_place(&other.operation, &all);
            if keeps { staying.push((other, all)) } else { displaceable.push((other, all)) }
        }
        let kept = self.kept_nonces(&entry.operation, &displaceable)?;
        let begins = |version: &Vec<String>| decoded(version)?.first().map(nonce);
        let is_free = |version: &Vec<String>| {
            let nonces = decoded(version).unwrap_or_default();
            nonces.iter().all(|one| !kept.contains(&nonce(one)))
        };
        let is_next = |version: &Vec<String>| begins(version) > Some(lost) && is_free(version);
        let Some(next) = first.later.iter().position(is_next) else {
            // Practically never: as many others came first as there were places.
            self.give_places_back(entry, &first)?;
            let reason = "other transactions came first at every place that was signed".to_owned();
            return Err(LedgerError::Rejected { reason }.into());
        };
        // Those before it are void as well.
        let transactions = first.later.drain(..=next).next_back().unwrap_or_default();
        let signed = decoded(&transactions).unwrap_or_default();
        let is_taken = |one: &Transaction| {
            signed.iter().any(|own| own.origin() == one.origin() && nonce(own) == nonce(one))
        };
        let mut displaced = Vec::new();
        for (other, all) in displaceable {
            if all.iter().any(is_taken) {
                first.displaced.extend(taken_back(&other, false));
                displaced.push(other);
            } else {
                staying.push((other, all));
            }
        }
        *others = staying;
        let before = entry.operation.replaced.iter().chain(&entry.operation.transactions);
        let operation = Operation {
            description: entry.operation.description.clone(),
            genesis: entry.operation.genesis.clone(),
            transactions,
            replaced: before.cloned().collect(),
            first: Some(first),
        };
        let next = outbox.begin(&lock, operation)?;
        entry.end()?;
        for other in displaced {
            other.end()?;
        }
        Ok(next)
    }

    /// The nonces of what keeps its place beside an operation: all that is in the outbox and may not be displaced.
    fn kept_nonces(
        &self,
        this: &Operation,
        displaceable: &[Claimed],
    ) -> Result<Vec<u64>, ProfileError> {
        let mut kept = Vec::new();
        for (operation, _) in self.profile.outbox().operations()? {
            let may_go = displaceable.iter().any(|(other, _)| other.operation == operation);
            if operation != *this && !may_go && !this.supersedes(&operation.transactions) {
                kept.extend(decoded(&operation.transactions).iter().flatten().map(nonce));
            }
        }
        Ok(kept)
    }

    /// The ledger did not take the operation: what it displaced waits again in its own name.
    fn give_places_back(
        &self,
        entry: ClaimedOperation,
        first: &GoesFirst,
    ) -> Result<(), ProfileError> {
        let outbox = self.profile.outbox();
        let lock = outbox.lock_signing()?;
        for one in &first.displaced {
            drop(outbox.begin(
                &lock,
                Operation {
                    description: one.description.clone(),
                    genesis: entry.operation.genesis.clone(),
                    transactions: one.transactions.clone(),
                    replaced: one.replaced.clone(),
                    first: None,
                },
            )?);
        }
        entry.end()
    }

    fn end(
        &self,
        entry: ClaimedOperation,
        first: &GoesFirst,
        signed: &[Transaction],
        mut receipts: Vec<Receipt>,
    ) -> Result<Ended, SendError> {
        // One that stood at an earlier place already, and was then sent again with the others, did it there.
        let before = decoded(&entry.operation.replaced).unwrap_or_default();
        for (one, receipt) in signed.iter().zip(&mut receipts).take(first.own) {
            for earlier in before.iter().filter(|earlier| earlier.payload() == one.payload()) {
                let found = self.ledger.receipt(&earlier.txid()).map_err(SendError::Kept)?;
                if let Some(found) = found.filter(|found| found.status == Status::Success) {
                    *receipt = found;
                }
            }
        }
        let mut displaced = Vec::new();
        for one in &first.displaced {
            let standing = self.standing([one])?;
            for (transaction, receipt) in &standing {
                self.keep_openings(&[transaction.encode()], std::slice::from_ref(receipt))
                    .map_err(unnoted)?;
            }
            let (transactions, receipts): (Vec<_>, Vec<_>) = standing.into_iter().unzip();
            self.remember_act(&one.description, &transactions, &receipts).map_err(unnoted)?;
            displaced.push(fate(one, &receipts, &entry.operation.description));
        }
        let what = &entry.operation.description;
        self.remember_act(what, signed, &receipts).map_err(unnoted)?;
        self.keep_unsettled(&entry, &receipts).and_then(|()| entry.end()).map_err(unnoted)?;
        Ok(Ended { receipts, displaced })
    }

    /// Which transactions of displaced operations stand in a block all the same, in the order of their nonces.
    fn standing<'d>(
        &self,
        displaced: impl IntoIterator<Item = &'d Displaced>,
    ) -> Result<Vec<(Transaction, Receipt)>, SendError> {
        let mut found = BTreeMap::new();
        for one in displaced {
            for transaction in signed_of(one) {
                let receipt = self.ledger.receipt(&transaction.txid()).map_err(SendError::Kept)?;
                if let Some(receipt) = receipt {
                    found.insert(nonce(&transaction), (transaction, receipt));
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

/// What became of an operation whose place was taken.
fn fate(one: &Displaced, receipts: &[Receipt], by: &str) -> Resumed {
    let all = one.transactions.len();
    let ending = match receipts.len() {
        0 => Ending::TakenBack { by: by.to_owned(), done: 0, of: all },
        done if done < all => Ending::TakenBack { by: by.to_owned(), done, of: all },
        _ => match receipts.iter().try_for_each(check) {
            Ok(()) => Ending::Finished,
            Err(error) => Ending::RolledBack { reason: error.to_string() },
        },
    };
    let txids = match receipts.is_empty() {
        true => txids(&decoded(&one.transactions).unwrap_or_default()),
        false => receipts.iter().map(|receipt| receipt.txid).collect(),
    };
    Resumed { description: one.description.clone(), txids, ending }
}

fn txids(transactions: &[Transaction]) -> Vec<TxId> {
    transactions.iter().map(Transaction::txid).collect()
}

fn signed_of(one: &Displaced) -> Vec<Transaction> {
    let all = one.transactions.iter().chain(&one.replaced);
    all.filter_map(|text| decoded(std::slice::from_ref(text))).flatten().collect()
}

/// Every other transaction that was signed for one of the operation's nonces.
pub(in crate::sending) fn rivals(operation: &Operation) -> Vec<Transaction> {
    let before = operation.replaced.iter().filter_map(|text| decoded(std::slice::from_ref(text)));
    let displaced = operation.first.iter().flat_map(|first| &first.displaced).flat_map(signed_of);
    before.flatten().chain(displaced).collect()
}
