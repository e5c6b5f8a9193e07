//! Transactions in flight: what the sponsor has agreed to pay, and what does not stand in a block yet.
//!
//! Each change is written to the books before it is made here. Never asks the ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::Nonces;
use mrms_stacks::transaction::{Payload, Transaction};

use crate::books::{Books, BooksError, Decision, Line, Owners};
use crate::budget::{Budget, Day, Limits, Purse};
use crate::eligible::VoucherId;

/// A sponsorship that was agreed to. The same request gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The transaction's id as its origin signed it.
    pub(crate) request: TxId,
    /// The sponsor's nonce.
    pub(crate) nonce: Nonce,
    /// The fee.
    pub(crate) fee: MicroStx,
    /// Which budget pays.
    pub(crate) purse: Purse,
    /// When it was agreed to.
    pub(crate) time: Timestamp,
}

/// What a transaction in flight is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody's request.
    Sponsorship,
    /// The sponsor's own, to use up a nonce that nothing else uses.
    Filling,
}

/// A transaction that does not stand in a block yet.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) bytes: Vec<u8>,
    pub(crate) txid: TxId,
    pub(crate) fee: MicroStx,
    /// Whose it is.
    pub(crate) origin: StandardPrincipal,
    /// Its origin's nonce.
    pub(crate) origin_nonce: Nonce,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Whether the ledger is known to have it.
    pub(crate) is_handed_over: bool,
}

/// What the sponsor remembers, with the books that keep it.
#[derive(Debug)]
pub(crate) struct State {
    books: Books,
    pub(crate) budget: Budget,
    agreed: HashMap<(StandardPrincipal, Nonce), Agreed>,
    pub(crate) in_flight: BTreeMap<Nonce, InFlight>,
    owners: Owners,
}

impl State {
    /// Reads the books. Bytes in flight without a line in the journal are from a process that was killed between
    /// the two writes; their line is written now.
    pub(crate) fn open(
        folder: &std::path::Path,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, BooksError> {
        let (books, lines, under_way) = Books::open(folder, now)?;
        let today = day(now);
        let budget = Budget::new(limits, today);
        let owners = books.voucher_owners()?;
        let (agreed, in_flight) = (HashMap::new(), BTreeMap::new());
        let mut state = Self { books, budget, agreed, in_flight, owners };
        for line in &lines {
            state.replay(line);
        }
        for (nonce, bytes) in under_way {
            let Ok(transaction) = Transaction::decode(&bytes) else {
                // Our own files are written whole or not at all, so this is none of ours.
                tracing::warn!(target: "mrms::sponsor", nonce = nonce.number(), "bytes under way are no transaction");
                continue;
            };
            let entry = InFlight::of(&transaction, bytes);
            let agreed = state.agreed(&entry.origin, entry.origin_nonce);
            let is_noted = agreed.is_some_and(|agreed| agreed.nonce == nonce);
            if entry.purpose == Purpose::Sponsorship && !is_noted {
                let request = transaction.without_sponsor().txid();
                let function = function_of(&transaction);
                let line = Line::of(&entry, nonce, Decision::Sponsored, now);
                state.note(&Line { function, request: Some(request), ..line })?;
            }
            state.in_flight.insert(nonce, entry);
        }
        Ok(state)
    }

    /// Writes a line and takes it into account.
    pub(crate) fn note(&mut self, line: &Line) -> Result<(), BooksError> {
        self.books.write(line)?;
        self.replay(line);
        Ok(())
    }

    fn replay(&mut self, line: &Line) {
        let key = (line.principal, line.nonce);
        match (line.decision, line.request, line.sponsor_nonce, line.fee) {
            (Decision::Sponsored, Some(request), Some(nonce), Some(fee)) => {
                let purse = line.purse;
                let agreed = Agreed { request, nonce, fee, purse, time: line.time };
                self.agreed.insert(key, agreed);
                self.budget.spend(day(line.time), line.principal, purse, fee);
            }
            (Decision::Returned, ..) => {
                if let Some(agreed) = self.agreed.remove(&key) {
                    let Agreed { time, purse, fee, .. } = agreed;
                    self.budget.refund(day(time), &line.principal, purse, fee);
                }
            }
            (Decision::Filled, _, _, Some(fee)) => {
                self.budget.spend(day(line.time), line.principal, line.purse, fee);
            }
            _ => {}
        }
    }

    /// What was agreed to for this nonce of an origin.
    pub(crate) fn agreed(&self, origin: &StandardPrincipal, nonce: Nonce) -> Option<Agreed> {
        self.agreed.get(&(*origin, nonce)).copied()
    }

    /// Whether a voucher is this account's. If it is nobody's yet, it is from now on.
    pub(crate) fn owns(
        &mut self,
        account: StandardPrincipal,
        voucher: VoucherId,
        now: Timestamp,
    ) -> Result<bool, BooksError> {
        if let Some(owner) = self.owners.get(&voucher) {
            return Ok(*owner == account);
        }
        self.books.note_voucher(voucher, account, now)?;
        self.owners.insert(voucher, account);
        Ok(true)
    }

    /// Writes a transaction's bytes, then its line in the journal, and takes it as in flight.
    pub(crate) fn begin(
        &mut self,
        nonce: Nonce,
        entry: InFlight,
        line: &Line,
    ) -> Result<(), BooksError> {
        self.books.keep(nonce, &entry.bytes)?;
        if let Err(error) = self.note(line) {
            // Nothing was agreed to and nothing was sent.
            self.books.forget(nonce)?;
            return Err(error);
        }
        self.in_flight.insert(nonce, entry);
        Ok(())
    }

    /// Forgets a transaction that stands in a block, or whose nonce another one used.
    pub(crate) fn forget(&mut self, nonce: Nonce) -> Result<(), BooksError> {
        self.books.forget(nonce)?;
        self.in_flight.remove(&nonce);
        Ok(())
    }

    /// Forgets a transaction that the ledger refuses. What was agreed to is void, and its fee is not spent.
    pub(crate) fn withdraw(
        &mut self,
        nonce: Nonce,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let entry = self.in_flight.get(&nonce);
        if let Some(entry) = entry.filter(|entry| entry.purpose == Purpose::Sponsorship) {
            let line = Line::of(entry, nonce, Decision::Returned, now);
            self.note(&Line { reason: Some(reason.to_owned()), ..line })?;
        }
        self.forget(nonce)
    }

    /// The nonce for a further transaction: the first that nothing uses.
    pub(crate) fn free_nonce(&self, ledger: Nonces) -> Nonce {
        let mut free = ledger.in_blocks;
        while self.in_flight.contains_key(&free) {
            free = free.plus(1);
        }
        let is_gap = self.in_flight.last_key_value().is_some_and(|(last, _)| free < *last);
        // The account may have sent something else that waits behind our transactions.
        if is_gap { free } else { free.max(ledger.next) }
    }

    /// The unused nonces below the last one in flight. Whatever comes after a gap waits for it.
    pub(crate) fn gaps(&self, ledger: Nonces) -> Vec<Nonce> {
        let Some((last, _)) = self.in_flight.last_key_value() else { return Vec::new() };
        let all = ledger.in_blocks.number()..last.number();
        all.map(Nonce::new).filter(|nonce| !self.in_flight.contains_key(nonce)).collect()
    }

    /// The nonce after those of an origin's transactions in flight.
    pub(crate) fn next_of(&self, origin: &StandardPrincipal) -> Option<Nonce> {
        let theirs = self.in_flight.values().filter(|entry| entry.origin == *origin);
        theirs.map(|entry| entry.origin_nonce.plus(1)).max()
    }
}

impl InFlight {
    /// A transaction that the ledger is not known to have yet.
    pub(crate) fn of(transaction: &Transaction, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            txid: transaction.txid(),
            fee: transaction.fee(),
            origin: transaction.origin(),
            origin_nonce: transaction.authorization().origin().nonce,
            purpose: match transaction.authorization().sponsor() {
                Some(_) => Purpose::Sponsorship,
                None => Purpose::Filling,
            },
            is_handed_over: false,
        }
    }
}

impl Line {
    /// A line about a transaction in flight with this nonce of the sponsor's.
    pub(crate) fn of(entry: &InFlight, nonce: Nonce, decision: Decision, time: Timestamp) -> Self {
        Self {
            time,
            decision,
            principal: entry.origin,
            function: None,
            nonce: entry.origin_nonce,
            request: None,
            txid: Some(entry.txid),
            sponsor_nonce: Some(nonce),
            fee: Some(entry.fee),
            purse: Purse::Ordinary,
            reason: None,
        }
    }
}

pub(crate) fn day(time: Timestamp) -> Day {
    Day::of(u64::try_from(time.as_second()).unwrap_or_default())
}

fn function_of(transaction: &Transaction) -> Option<String> {
    match transaction.payload() {
        Payload::ContractCall(call) => Some(call.function.to_string()),
        _ => None,
    }
}
