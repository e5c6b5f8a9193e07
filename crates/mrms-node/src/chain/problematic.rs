//! What the ledger remembers of transactions that took too much: their ids, and the accounts behind them.
//!
//! Such a transaction is in no block, so it costs its sender neither fee nor nonce, and could be sent again for ever. So
//! the same transaction is refused unread for a while, and its accounts have to wait before they may call or publish a
//! contract that is not pinned: twice as long each time. In memory only, and bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::Rejection;
use super::identifiers::{Principal, TxId};
use super::incoming::IncomingTransaction;

/// How long a transaction, and what an account did, is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How long an account waits the first time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// A run of fewer steps may end in a refusal as often as it likes.
const MANY_STEPS: u64 = 1_000;
/// How many transactions, and how many accounts, are remembered.
const CAPACITY: usize = 4_096;

/// The memory, shared by the threads that run transactions.
#[derive(Debug, Default)]
pub(crate) struct Problematic(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    refused: HashMap<TxId, Refused>,
    /// The ids in the order in which they came.
    order: VecDeque<TxId>,
    accounts: HashMap<Principal, Strikes>,
}

#[derive(Debug)]
struct Refused {
    reason: String,
    until: Instant,
}

#[derive(Debug)]
struct Strikes {
    count: u32,
    waits_until: Instant,
}

impl Problematic {
    /// Why a transaction is refused without running it.
    pub(crate) fn refusal(
        &self,
        incoming: &IncomingTransaction,
        now: Instant,
    ) -> Option<Rejection> {
        self.memory().refusal(&incoming.txid, &incoming.accounts(), now)
    }

    /// Remembers a transaction that ran and was refused, if it took many steps.
    pub(crate) fn note(
        &self,
        incoming: &IncomingTransaction,
        rejection: &Rejection,
        steps: u64,
        now: Instant,
    ) {
        let is_beyond =
            matches!(rejection, Rejection::ExceedsBlockLimit { .. } | Rejection::TookTooLong);
        if is_beyond || steps > MANY_STEPS {
            self.remember(incoming, rejection.to_string(), now);
        }
    }

    /// Remembers a transaction.
    pub(crate) fn remember(&self, incoming: &IncomingTransaction, reason: String, now: Instant) {
        self.memory().remember(incoming.txid, &incoming.accounts(), reason, now);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No code under this lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn refusal(&self, txid: &TxId, accounts: &[Principal], now: Instant) -> Option<Rejection> {
        if let Some(refused) = self.refused.get(txid).filter(|refused| refused.until > now) {
            let seconds = whole_seconds(refused.until - now);
            return Some(Rejection::RefusedBefore { reason: refused.reason.clone(), seconds });
        }
        accounts.iter().find_map(|account| {
            let strikes = self.accounts.get(account).filter(|strikes| strikes.waits_until > now)?;
            let seconds = whole_seconds(strikes.waits_until - now);
            Some(Rejection::BackOff { account: account.clone(), seconds })
        })
    }

    fn remember(&mut self, txid: TxId, accounts: &[Principal], reason: String, now: Instant) {
        let refused = Refused { reason, until: now + REMEMBERED };
        if self.refused.insert(txid, refused).is_none() {
            self.order.push_back(txid);
        }
        while self.order.len() > CAPACITY {
            if let Some(oldest) = self.order.pop_front() {
                self.refused.remove(&oldest);
            }
        }
        for account in accounts {
            self.strike(account, now);
        }
    }

    fn strike(&mut self, account: &Principal, now: Instant) {
        self.accounts.retain(|_, strikes| strikes.waits_until + REMEMBERED > now);
        if self.accounts.len() >= CAPACITY && !self.accounts.contains_key(account) {
            let soonest = self.accounts.iter().min_by_key(|(_, strikes)| strikes.waits_until);
            if let Some(soonest) = soonest.map(|(account, _)| account.clone()) {
                self.accounts.remove(&soonest);
            }
        }
        let strikes =
            self.accounts.entry(account.clone()).or_insert(Strikes { count: 0, waits_until: now });
        let wait = FIRST_WAIT.saturating_mul(1 << strikes.count.min(16)).min(LONGEST_WAIT);
        strikes.count = strikes.count.saturating_add(1);
        strikes.waits_until = now + wait;
    }
}

/// Seconds, rounded up.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn account(number: u16) -> Principal {
        let mut hash = [0; 20];
        hash[..2].copy_from_slice(&number.to_be_bytes());
        Principal::standard(crate::chain::identifiers::TESTNET_SINGLE_SIG, hash)
    }

    fn txid(number: u16) -> TxId {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        TxId::new(bytes)
    }

    fn remember(memory: &mut Memory, number: u16, account: &Principal, now: Instant) {
        let accounts = std::slice::from_ref(account);
        memory.remember(txid(number), accounts, "took too long".to_owned(), now);
    }

    #[test]
    fn the_same_transaction_is_refused_for_ten_minutes() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        remember(&mut memory, 1, &account(1), now);
        let refusal = memory.refusal(&txid(1), &[account(1)], now + Duration::from_millis(500));
        let expected =
            Rejection::RefusedBefore { reason: "took too long".to_owned(), seconds: 600 };
        assert_eq!(refusal, Some(expected));
        let later = now + Duration::from_secs(600);
        assert_eq!(memory.refusal(&txid(1), &[account(1)], later), None);
    }

    #[test]
    fn account_waits_twice_as_long_each_time_and_others_do_not_wait() {
        let (mut memory, mut now) = (Memory::default(), Instant::now());
        for (number, wait) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            remember(&mut memory, number, &account(1), now);
            let expected = Rejection::BackOff { account: account(1), seconds: wait };
            assert_eq!(memory.refusal(&txid(9), &[account(2), account(1)], now), Some(expected));
            assert_eq!(memory.refusal(&txid(9), &[account(2)], now), None);
            now += Duration::from_secs(wait);
            assert_eq!(memory.refusal(&txid(9), &[account(1)], now), None);
        }
        for number in 5..40 {
            remember(&mut memory, number, &account(1), now);
        }
        let expected = Rejection::BackOff { account: account(1), seconds: 600 };
        assert_eq!(memory.refusal(&txid(99), &[account(1)], now), Some(expected));
        now += Duration::from_secs(1_300);
        remember(&mut memory, 99, &account(1), now);
        let expected = Rejection::BackOff { account: account(1), seconds: 1 };
        assert_eq!(memory.refusal(&txid(100), &[account(1)], now), Some(expected));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        for number in 0..2 * CAPACITY as u16 {
            remember(&mut memory, number, &account(number), now);
        }
        assert_eq!((memory.refused.len(), memory.order.len()), (CAPACITY, CAPACITY));
        assert_eq!(memory.accounts.len(), CAPACITY);
        assert!(memory.refusal(&txid(0), &[], now).is_none());
        assert!(memory.refusal(&txid(2 * CAPACITY as u16 - 1), &[], now).is_some());
    }
}
