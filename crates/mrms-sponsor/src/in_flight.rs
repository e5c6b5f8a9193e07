//! Transactions in flight: what the sponsor has agreed to pay, and what does not stand in a block yet.
//!
//! Each change is written to the books before it is made here. Never asks the ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::Nonces;
use mrms_stacks::transaction::{Payload, Transaction};

use crate::agreements::{Agreed, Agreements};
use crate::books::{Books, BooksError, Owners};
use crate::budget::{Budget, Day, Limits, Purse};
use crate::eligible::VoucherId;
use crate::journal::{Decision, Line, LinePlace, replay};

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
    /// Since when the sponsor's nonce is used, and nobody knows by what.
    pub(crate) doubted: Option<Timestamp>,
}

/// What the sponsor remembers, with the books that keep it.
#[derive(Debug)]
pub(crate) struct State {
    books: Books,
    pub(crate) budget: Budget,
    agreements: Agreements,
    /// The newest day in the journal, and where it begins there.
    day_begins: Option<(Day, LinePlace)>,
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
        let (books, under_way) = Books::open(folder, now)?;
        let today = day(now);
        let budget = Budget::new(limits, today);
        let owners = books.voucher_owners()?;
        let (agreements, from) = Agreements::load(folder, today.end())?;
        let (in_flight, day_begins) = (BTreeMap::new(), None);
        let mut state = Self { books, budget, agreements, day_begins, in_flight, owners };
        replay(folder, from.as_ref(), now, |line, place| state.take(&line, place))?;
        for (nonce, bytes) in under_way {
            let Ok(transaction) = Transaction::decode(&bytes) else {
                // Our own files are written whole or not at all, so this is none of ours.
                tracing::warn!(target: "mrms::sponsor", nonce = nonce.number(), "bytes under way are no transaction");
                continue;
            };
            let entry = InFlight::of(&transaction, bytes);
            let agreed = state.agreed(&entry.origin, entry.origin_nonce)?;
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
        let place = self.books.write(line)?;
        self.take(line, place)
    }

    /// Takes a line of the journal into account.
    fn take(&mut self, line: &Line, place: LinePlace) -> Result<(), BooksError> {
        let today = day(line.time);
        if self.day_begins.as_ref().is_none_or(|(day, _)| today > *day) {
            self.day_begins = Some((today, place));
        }
        let (origin, nonce) = (&line.principal, line.nonce);
        match (line.decision, line.request, line.sponsor_nonce, line.fee) {
            (Decision::Sponsored, Some(request), Some(sponsor_nonce), Some(fee)) => {
                let (purse, time) = (line.purse, line.time);
                let agreed = Agreed { request, nonce: sponsor_nonce, fee, purse, time };
                self.agreements.set(origin, nonce, Some(agreed));
                self.budget.spend(today, line.principal, purse, fee);
            }
            (Decision::Returned, ..) => {
                if let Some(Agreed { time, purse, fee, .. }) = self.agreed(origin, nonce)? {
                    self.agreements.set(origin, nonce, None);
                    self.budget.refund(day(time), origin, purse, fee);
                }
            }
            (Decision::Filled, _, _, Some(fee)) => {
                self.budget.spend(today, line.principal, line.purse, fee);
            }
            _ => {}
        }
        if self.agreements.is_due()
            && let Some((day, begins)) = &self.day_begins
        {
            self.agreements.checkpoint(begins.clone(), day.end())?;
        }
        Ok(())
    }

    /// What was agreed to for this nonce of an origin.
    pub(crate) fn agreed(
        &self,
        origin: &StandardPrincipal,
        nonce: Nonce,
    ) -> Result<Option<Agreed>, BooksError> {
        self.agreements.get(origin, nonce)
    }

    /// Whose a voucher is; `None` while nobody has shown it.
    pub(crate) fn owner_of(&self, voucher: VoucherId) -> Option<StandardPrincipal> {
        self.owners.get(&voucher).copied()
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
    pub(crate) fn free_nonce(&self, ledger: &Nonces) -> Nonce {
        let mut free = ledger.in_blocks;
        while self.in_flight.contains_key(&free) {
            free = free.plus(1);
        }
        let is_gap = self.in_flight.last_key_value().is_some_and(|(last, _)| free < *last);
        // The account may have sent something else that waits behind our transactions.
        if is_gap { free } else { free.max(ledger.next) }
    }

    /// The unused nonces below the last one in flight. Whatever comes after a gap waits for it.
    pub(crate) fn gaps(&self, ledger: &Nonces) -> Vec<Nonce> {
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
            doubted: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Allowance;
    use crate::journal::journal_path;

    const DAYS: u64 = 4;
    const A_DAY: u64 = 3_000;

    fn limits() -> Limits {
        let most = Allowance { transactions: 10_000, fees: MicroStx::new(u64::MAX) };
        Limits { each: most, all: most, urgent_each: most, urgent_all: most }
    }

    fn account(number: u64) -> StandardPrincipal {
        let mut hash = [7; 20];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, hash).unwrap()
    }

    /// A line for each payment of some days, the last of them 2026-11-22, and one that was returned.
    fn journal() -> String {
        let mut text = String::new();
        for number in 0..DAYS * A_DAY {
            let date = 23 - DAYS + number / A_DAY;
            let line = Line {
                time: format!("2026-11-{date}T10:00:00Z").parse().unwrap(),
                decision: Decision::Sponsored,
                principal: account(number),
                function: Some("access-medical-record".to_owned()),
                nonce: Nonce::new(3),
                request: Some(TxId::from_bytes([1; 32])),
                txid: None,
                sponsor_nonce: Some(Nonce::new(number)),
                fee: Some(MicroStx::new(300)),
                purse: Purse::Ordinary,
                reason: None,
            };
            text += &serde_json::to_string(&line).unwrap();
            text.push('\n');
            if number == 10 {
                let line = Line { decision: Decision::Returned, request: None, ..line };
                text += &serde_json::to_string(&line).unwrap();
                text.push('\n');
            }
        }
        text
    }

    #[test]
    fn long_journal_is_remembered_and_neither_kept_in_memory_nor_read_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_path(folder.path(), "2026-11");
        let text = journal();
        std::fs::write(&path, &text).unwrap();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        for round in 0..2 {
            let state = State::open(folder.path(), limits(), now).unwrap();
            for number in [0, 9, 11, 5_000, DAYS * A_DAY - 1] {
                let agreed = state.agreed(&account(number), Nonce::new(3)).unwrap().unwrap();
                assert_eq!(agreed.nonce.number(), number, "{round}");
            }
            for (number, nonce) in [(10, 3), (5_000, 2), (DAYS * A_DAY, 3)] {
                assert_eq!(state.agreed(&account(number), Nonce::new(nonce)).unwrap(), None);
            }
            let left = state.budget.remaining(None).1.transactions;
            assert_eq!(left, 10_000 - A_DAY, "{round}: what was spent today counts");
            assert!(state.agreements.in_memory() < 5_000, "{}", state.agreements.in_memory());
            drop(state);
            // Nobody reads the days before the checkpoint any more.
            let unreadable = "x".repeat(1_000);
            std::fs::write(&path, unreadable + &text[1_000..]).unwrap();
        }
        std::fs::remove_file(folder.path().join("agreements.checkpoint")).unwrap();
        let error = State::open(folder.path(), limits(), now).unwrap_err();
        assert!(matches!(error, BooksError::Damaged { line: 1, .. }), "{error}");
    }
}
