//! What the desk remembers: what was agreed to, and what is under way by the sponsor's nonces.
//!
//! Every change is in the books before it is here. Asks no ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::Nonces;
use mrms_stacks::transaction::{Payload, Transaction};

use super::books::{Books, BooksError, Decision, Line};
use super::budget::{Budget, Day, Limits};

/// A sponsorship that stands: the same request gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// The transaction's id as its origin signed it.
    pub(super) request: TxId,
    /// The sponsor's nonce.
    pub(super) nonce: Nonce,
    /// The fee.
    pub(super) fee: MicroStx,
    /// When it was agreed to.
    pub(super) time: Timestamp,
}

/// What a transaction under way is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody's request.
    Sponsorship,
    /// The sponsor's own, to use up a nonce that nothing else uses.
    Filling,
}

/// A transaction that does not stand in a block yet.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) bytes: Vec<u8>,
    pub(super) txid: TxId,
    pub(super) fee: MicroStx,
    /// Whose it is.
    pub(super) origin: StandardPrincipal,
    /// Its origin's nonce.
    pub(super) origin_nonce: Nonce,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// Whether the ledger is known to have it.
    pub(super) is_handed_over: bool,
}

/// All of it, with the books.
#[derive(Debug)]
pub(super) struct State {
    books: Books,
    pub(super) budget: Budget,
    agreed: HashMap<(StandardPrincipal, Nonce), Agreed>,
    pub(super) flights: BTreeMap<Nonce, Flight>,
}

impl State {
    /// From the books. What is under way and not in the journal was cut off between the two; it goes
    /// into the journal now.
    pub(super) fn open(
        folder: &std::path::Path,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, BooksError> {
        let (books, lines, under_way) = Books::open(folder, now)?;
        let today = day(now);
        let budget = Budget::new(limits, today);
        let mut state = Self { books, budget, agreed: HashMap::new(), flights: BTreeMap::new() };
        for line in &lines {
            state.replay(line);
        }
        for (nonce, bytes) in under_way {
            let Ok(transaction) = Transaction::decode(&bytes) else {
                // Written whole or not at all: somebody else put it there.
                tracing::warn!(nonce = nonce.number(), "bytes under way are no transaction");
                continue;
            };
            let flight = Flight::of(&transaction, bytes);
            let agreed = state.agreed(&flight.origin, flight.origin_nonce);
            let is_noted = agreed.is_some_and(|agreed| agreed.nonce == nonce);
            if flight.purpose == Purpose::Sponsorship && !is_noted {
                let request = transaction.without_sponsor().txid();
                let function = function_of(&transaction);
                let line = Line::of(&flight, nonce, Decision::Sponsored, now);
                state.note(&Line { function, request: Some(request), ..line })?;
            }
            state.flights.insert(nonce, flight);
        }
        Ok(state)
    }

    /// Writes a line and takes it into account.
    pub(super) fn note(&mut self, line: &Line) -> Result<(), BooksError> {
        self.books.write(line)?;
        self.replay(line);
        Ok(())
    }

    fn replay(&mut self, line: &Line) {
        let key = (line.principal, line.nonce);
        match (line.decision, line.request, line.sponsor_nonce, line.fee) {
            (Decision::Sponsored, Some(request), Some(nonce), Some(fee)) => {
                let agreed = Agreed { request, nonce, fee, time: line.time };
                self.agreed.insert(key, agreed);
                self.budget.spend(day(line.time), line.principal, fee);
            }
            (Decision::Returned, ..) => {
                if let Some(agreed) = self.agreed.remove(&key) {
                    self.budget.refund(day(agreed.time), &line.principal, agreed.fee);
                }
            }
            (Decision::Filled, _, _, Some(fee)) => {
                self.budget.spend(day(line.time), line.principal, fee);
            }
            _ => {}
        }
    }

    /// What was agreed to for this nonce of an origin.
    pub(super) fn agreed(&self, origin: &StandardPrincipal, nonce: Nonce) -> Option<Agreed> {
        self.agreed.get(&(*origin, nonce)).copied()
    }

    /// Puts a transaction under way: its bytes first, then the journal.
    pub(super) fn begin(
        &mut self,
        nonce: Nonce,
        flight: Flight,
        line: &Line,
    ) -> Result<(), BooksError> {
        self.books.keep(nonce, &flight.bytes)?;
        if let Err(error) = self.note(line) {
            // Not agreed to after all: nothing of it was sent.
            self.books.forget(nonce)?;
            return Err(error);
        }
        self.flights.insert(nonce, flight);
        Ok(())
    }

    /// A transaction stands in a block, or another one stands in its place.
    pub(super) fn land(&mut self, nonce: Nonce) -> Result<(), BooksError> {
        self.books.forget(nonce)?;
        self.flights.remove(&nonce);
        Ok(())
    }

    /// The ledger won't have a transaction: what was agreed to is void, its fee is not spent.
    pub(super) fn withdraw(
        &mut self,
        nonce: Nonce,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let flight = self.flights.get(&nonce);
        if let Some(flight) = flight.filter(|flight| flight.purpose == Purpose::Sponsorship) {
            let line = Line::of(flight, nonce, Decision::Returned, now);
            self.note(&Line { reason: Some(reason.to_owned()), ..line })?;
        }
        self.land(nonce)
    }

    /// The nonce for a further transaction: the first that nothing uses.
    pub(super) fn free_nonce(&self, ledger: Nonces) -> Nonce {
        let mut free = ledger.in_blocks;
        while self.flights.contains_key(&free) {
            free = free.plus(1);
        }
        let is_gap = self.flights.last_key_value().is_some_and(|(last, _)| free < *last);
        // Behind what is ours, something may wait that this account sent in another way.
        if is_gap { free } else { free.max(ledger.next) }
    }

    /// The nonces below the last one under way that nothing uses: whatever comes after them waits.
    pub(super) fn gaps(&self, ledger: Nonces) -> Vec<Nonce> {
        let Some((last, _)) = self.flights.last_key_value() else { return Vec::new() };
        let all = ledger.in_blocks.number()..last.number();
        all.map(Nonce::new).filter(|nonce| !self.flights.contains_key(nonce)).collect()
    }

    /// The nonce after those of an origin's transactions under way.
    pub(super) fn next_of(&self, origin: &StandardPrincipal) -> Option<Nonce> {
        let theirs = self.flights.values().filter(|flight| flight.origin == *origin);
        theirs.map(|flight| flight.origin_nonce.plus(1)).max()
    }
}

impl Flight {
    /// A transaction under way, that the ledger is not known to have.
    pub(super) fn of(transaction: &Transaction, bytes: Vec<u8>) -> Self {
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
    /// A line about a transaction under way with this nonce of the sponsor's.
    pub(super) fn of(flight: &Flight, nonce: Nonce, decision: Decision, time: Timestamp) -> Self {
        Self {
            time,
            decision,
            principal: flight.origin,
            function: None,
            nonce: flight.origin_nonce,
            request: None,
            txid: Some(flight.txid),
            sponsor_nonce: Some(nonce),
            fee: Some(flight.fee),
            reason: None,
        }
    }
}

pub(super) fn day(time: Timestamp) -> Day {
    Day::of(u64::try_from(time.as_second()).unwrap_or_default())
}

fn function_of(transaction: &Transaction) -> Option<String> {
    match transaction.payload() {
        Payload::ContractCall(call) => Some(call.function.to_string()),
        _ => None,
    }
}
