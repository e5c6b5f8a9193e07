//! Transactions that wait, for the nonces before their own or for a block, as in a Stacks node's mempool.
//!
//! Pure: the caller says what time it is and which nonce an account has. A transaction has a place in its
//! origin's row and, if it is sponsored, in its sponsor's; a place is taken by one transaction at a time, and
//! passes to one that pays more. Kept in memory only: what waits is not on the chain, and is lost when the
//! node stops.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::chain::wire::{Authorization, Transaction};
use crate::chain::{Principal, TxId, UnixTime};

/// How far ahead of its account a nonce may be (`MAXIMUM_MEMPOOL_TX_CHAINING` in stacks-core).
pub(super) const CHAINING: u64 = 25;
/// Most transactions that wait, of all accounts together.
const MOST: usize = 4_096;
/// Most bytes of transactions that wait.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How many dropped transactions are remembered.
const REMEMBERED: usize = 1_024;

/// A transaction that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) txid: TxId,
    pub(super) raw: Vec<u8>,
    pub(super) transaction: Transaction,
    pub(super) received: UnixTime,
    pub(super) since: Instant,
}

/// An account's nonce that a transaction uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) account: Principal,
    pub(super) nonce: u64,
}

/// Why a transaction waits no longer and is not on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// Another one took its place and pays more.
    Replaced,
    /// It waited too long, or its nonce was used otherwise.
    Stale,
    /// When its turn came it was refused.
    Refused,
}

impl Dropped {
    /// The hosted API's name for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "dropped_replace_by_fee",
            Self::Stale => "dropped_stale_garbage_collect",
            Self::Refused => "dropped_problematic",
        }
    }
}

/// Why a transaction may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// Its place is taken by one that pays at least as much.
    Conflict,
    /// There are too many already.
    Full,
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Pending {
    transactions: HashMap<TxId, Waiting>,
    rows: HashMap<Principal, BTreeMap<u64, TxId>>,
    bytes: usize,
    dropped: HashMap<TxId, Dropped>,
    dropped_order: VecDeque<TxId>,
}

impl Waiting {
    /// The places that it needs: its origin's, and its sponsor's.
    pub(super) fn places(&self) -> Vec<Place> {
        places(&self.transaction.authorization)
    }

    pub(super) fn fee(&self) -> u64 {
        self.transaction.authorization.payer().fee
    }
}

/// The accounts that sign, with their nonces; the origin first.
pub(super) fn places(authorization: &Authorization) -> Vec<Place> {
    let signers = [Some(authorization.origin()), authorization.sponsor()];
    let place = |signer: &crate::chain::wire::SpendingCondition| Place {
        account: signer.account(),
        nonce: signer.nonce,
    };
    signers.into_iter().flatten().map(place).collect()
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(super) fn find(&self, txid: &TxId) -> Option<&Waiting> {
        self.transactions.get(txid)
    }

    pub(super) fn was_dropped(&self, txid: &TxId) -> Option<Dropped> {
        self.dropped.get(txid).copied()
    }

    /// The nonces that an account's waiting transactions have, in order.
    pub(super) fn nonces(&self, account: &Principal) -> Vec<u64> {
        self.rows.get(account).map(|row| row.keys().copied().collect()).unwrap_or_default()
    }

    /// Whether anything of this account waits.
    pub(super) fn has_row(&self, account: &Principal) -> bool {
        self.rows.contains_key(account)
    }

    /// Gives a transaction its places. Whatever it replaces is dropped.
    pub(super) fn insert(&mut self, waiting: Waiting) -> Result<(), NoPlace> {
        if self.transactions.contains_key(&waiting.txid) {
            return Ok(());
        }
        let places = waiting.places();
        let mut replaced = Vec::new();
        for place in &places {
            let taken_by = self.rows.get(&place.account).and_then(|row| row.get(&place.nonce));
            if let Some(other) = taken_by.and_then(|txid| self.transactions.get(txid)) {
                if waiting.fee() <= other.fee() {
                    return Err(NoPlace::Conflict);
                }
                if !replaced.contains(&other.txid) {
                    replaced.push(other.txid);
                }
            }
        }
        let freed = |txid: &TxId| self.transactions.get(txid).map_or(0, |other| other.raw.len());
        let bytes = self.bytes + waiting.raw.len() - replaced.iter().map(freed).sum::<usize>();
        if self.transactions.len() - replaced.len() >= MOST || bytes > MOST_BYTES {
            return Err(NoPlace::Full);
        }
        for txid in replaced {
            self.drop_one(&txid, Dropped::Replaced);
        }
        for place in places {
            self.rows.entry(place.account).or_default().insert(place.nonce, waiting.txid);
        }
        self.bytes += waiting.raw.len();
        self.forget(&waiting.txid);
        self.transactions.insert(waiting.txid, waiting);
        Ok(())
    }

    /// The transactions of an account whose turn it is: from `nonce` on without a gap.
    pub(super) fn run(&self, account: &Principal, nonce: u64) -> Vec<Waiting> {
        let Some(row) = self.rows.get(account) else { return Vec::new() };
        row.range(nonce..)
            .zip(nonce..)
            .take_while(|((place, _), expected)| *place == expected)
            .filter_map(|((_, txid), _)| self.transactions.get(txid).cloned())
            .collect()
    }

    /// Every account that something waits for, in no particular order.
    pub(super) fn accounts(&self) -> Vec<Principal> {
        self.rows.keys().cloned().collect()
    }

    /// All that may go into the next block, given the accounts' nonces: in the order in which it came, but
    /// none before the nonces below its own.
    pub(super) fn in_turn(&self, mut nonces: HashMap<Principal, u64>) -> Vec<Waiting> {
        let mut left: Vec<&Waiting> = self.transactions.values().collect();
        left.sort_unstable_by_key(|waiting| (waiting.since, *waiting.txid.as_bytes()));
        let mut due = Vec::new();
        loop {
            let before = due.len();
            left.retain(|waiting| {
                let places = waiting.places();
                let is_due =
                    places.iter().all(|place| nonces.get(&place.account) == Some(&place.nonce));
                if is_due {
                    nonces.extend(places.into_iter().map(|place| (place.account, place.nonce + 1)));
                    due.push((*waiting).clone());
                }
                !is_due
            });
            if due.len() == before {
                return due;
            }
        }
    }

    /// Takes out one that is on the chain.
    pub(super) fn remove(&mut self, txid: &TxId) {
        let Some(waiting) = self.transactions.remove(txid) else { return };
        self.bytes = self.bytes.saturating_sub(waiting.raw.len());
        for place in waiting.places() {
            if let Some(row) = self.rows.get_mut(&place.account) {
                if row.get(&place.nonce) == Some(txid) {
                    row.remove(&place.nonce);
                }
                if row.is_empty() {
                    self.rows.remove(&place.account);
                }
            }
        }
    }

    /// Takes out one that will not be on the chain, and remembers why.
    pub(super) fn drop_one(&mut self, txid: &TxId, why: Dropped) {
        if !self.transactions.contains_key(txid) {
            return;
        }
        self.remove(txid);
        if self.dropped.insert(*txid, why).is_none() {
            self.dropped_order.push_back(*txid);
        }
        while self.dropped_order.len() > REMEMBERED {
            if let Some(oldest) = self.dropped_order.pop_front() {
                self.dropped.remove(&oldest);
            }
        }
    }

    /// Drops what an account's new nonce has overtaken.
    pub(super) fn overtaken(&mut self, account: &Principal, nonce: u64) {
        let Some(row) = self.rows.get(account) else { return };
        let passed: Vec<TxId> = row.range(..nonce).map(|(_, txid)| *txid).collect();
        for txid in passed {
            self.drop_one(&txid, Dropped::Stale);
        }
    }

    /// Drops what has waited longer than `longest`.
    pub(super) fn expire(&mut self, now: Instant, longest: Duration) {
        let late = |waiting: &&Waiting| now.saturating_duration_since(waiting.since) > longest;
        let expired: Vec<TxId> =
            self.transactions.values().filter(late).map(|waiting| waiting.txid).collect();
        for txid in expired {
            self.drop_one(&txid, Dropped::Stale);
        }
    }

    fn forget(&mut self, txid: &TxId) {
        if self.dropped.remove(txid).is_some() {
            self.dropped_order.retain(|remembered| remembered != txid);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chain::wire::{
        AnchorMode, Payload, PostConditionMode, SpendingCondition, TransactionVersion, Witness,
    };

    fn signer(number: u8, nonce: u64, fee: u64) -> SpendingCondition {
        SpendingCondition { signer: [number; 20], nonce, fee, witness: Witness::unsigned() }
    }

    fn waiting(authorization: Authorization) -> Waiting {
        let transaction = Transaction {
            version: TransactionVersion::Testnet,
            chain_id: 1,
            authorization,
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Deny,
            post_conditions: Vec::new(),
            payload: Payload::Transfer {
                recipient: Principal::parse("ST000000000000000000002AMW42H").unwrap(),
                amount: 1,
                memo: [0; 34],
            },
        };
        Waiting {
            txid: transaction.txid(),
            raw: transaction.encode(),
            transaction,
            received: UnixTime::new(0),
            since: Instant::now(),
        }
    }

    fn plain(number: u8, nonce: u64, fee: u64) -> Waiting {
        waiting(Authorization::Standard { origin: signer(number, nonce, fee) })
    }

    fn sponsored(origin: (u8, u64), sponsor: (u8, u64), fee: u64) -> Waiting {
        waiting(Authorization::Sponsored {
            origin: signer(origin.0, origin.1, 0),
            sponsor: signer(sponsor.0, sponsor.1, fee),
        })
    }

    fn account(number: u8) -> Principal {
        signer(number, 0, 0).account()
    }

    #[test]
    fn same_nonce_without_a_higher_fee_is_refused() {
        let mut pending = Pending::default();
        pending.insert(plain(1, 5, 200)).unwrap();
        let mut other = plain(1, 5, 200);
        other.txid = TxId::new([9; 32]);
        assert_eq!(pending.insert(other), Err(NoPlace::Conflict));
        assert_eq!(pending.len(), 1);
    }

    #[test]
    fn higher_fee_takes_the_place_and_the_other_is_told_as_replaced() {
        let mut pending = Pending::default();
        let (cheap, dear) = (plain(1, 5, 200), plain(1, 5, 201));
        pending.insert(cheap.clone()).unwrap();
        pending.insert(dear.clone()).unwrap();
        assert_eq!(pending.was_dropped(&cheap.txid), Some(Dropped::Replaced));
        assert!(pending.find(&dear.txid).is_some());
        assert_eq!(pending.nonces(&account(1)), [5]);
    }

    #[test]
    fn same_transaction_twice_has_one_place() {
        let mut pending = Pending::default();
        pending.insert(plain(1, 5, 200)).unwrap();
        pending.insert(plain(1, 5, 200)).unwrap();
        assert_eq!(pending.len(), 1);
    }

    #[test]
    fn run_ends_at_the_first_gap() {
        let mut pending = Pending::default();
        for nonce in [3, 4, 6] {
            pending.insert(plain(1, nonce, 200)).unwrap();
        }
        let nonces = |from| -> Vec<u64> {
            let run = pending.run(&account(1), from);
            run.iter().map(|waiting| waiting.places()[0].nonce).collect()
        };
        assert_eq!(nonces(2), [] as [u64; 0]);
        assert_eq!(nonces(3), [3, 4]);
        assert_eq!(nonces(6), [6]);
    }

    #[test]
    fn turn_follows_arrival_as_far_as_nonces_allow() {
        let mut pending = Pending::default();
        let came = [
            plain(1, 6, 200),
            sponsored((1, 5), (2, 8), 300),
            plain(3, 0, 200),
            plain(2, 7, 200),
            plain(3, 2, 200),
        ];
        let start = Instant::now();
        for (number, waiting) in (0..).zip(came) {
            let since = start + Duration::from_secs(number);
            pending.insert(Waiting { since, ..waiting }).unwrap();
        }
        let nonces = [(account(1), 5), (account(2), 7), (account(3), 0)].into_iter().collect();
        let turn: Vec<_> = pending
            .in_turn(nonces)
            .iter()
            .map(|waiting| (waiting.places()[0].account.clone(), waiting.places()[0].nonce))
            .collect();
        let expected = [(3, 0), (2, 7), (1, 5), (1, 6)];
        assert_eq!(turn, expected.map(|(number, nonce)| (account(number), nonce)));
    }

    #[test]
    fn sponsored_transaction_takes_a_place_with_both_and_gives_back_both() {
        let mut pending = Pending::default();
        let transaction = sponsored((1, 5), (2, 7), 300);
        pending.insert(transaction.clone()).unwrap();
        assert_eq!(pending.insert(plain(2, 7, 300)), Err(NoPlace::Conflict));
        pending.remove(&transaction.txid);
        assert!(!pending.has_row(&account(1)) && !pending.has_row(&account(2)));
    }

    #[test]
    fn replaced_sponsorship_frees_the_other_accounts_place_too() {
        let mut pending = Pending::default();
        pending.insert(sponsored((1, 5), (2, 7), 300)).unwrap();
        pending.insert(plain(2, 7, 301)).unwrap();
        assert!(!pending.has_row(&account(1)));
        assert_eq!(pending.nonces(&account(2)), [7]);
    }

    #[test]
    fn transaction_that_takes_both_places_of_another_replaces_it_once() {
        let mut pending = Pending::default();
        pending.insert(sponsored((1, 5), (2, 7), 300)).unwrap();
        pending.insert(sponsored((1, 5), (2, 7), 301)).unwrap();
        let bytes = sponsored((1, 5), (2, 7), 301).raw.len();
        assert_eq!((pending.len(), pending.bytes), (1, bytes));
    }

    #[test]
    fn overtaken_and_expired_ones_are_dropped_as_stale() {
        let mut pending = Pending::default();
        let (passed, late) = (plain(1, 3, 200), plain(1, 9, 200));
        pending.insert(passed.clone()).unwrap();
        pending.insert(late.clone()).unwrap();
        pending.overtaken(&account(1), 4);
        assert_eq!(pending.was_dropped(&passed.txid), Some(Dropped::Stale));
        pending.expire(late.since + Duration::from_secs(11), Duration::from_secs(10));
        assert_eq!(pending.was_dropped(&late.txid), Some(Dropped::Stale));
        assert_eq!((pending.len(), pending.bytes), (0, 0));
    }

    #[test]
    fn number_that_may_wait_is_bounded_and_so_is_what_is_remembered() {
        let mut pending = Pending::default();
        for nonce in 0..MOST as u64 {
            pending.insert(plain(1, nonce, 200)).unwrap();
        }
        assert_eq!(pending.insert(plain(2, 0, 999)), Err(NoPlace::Full));
        // One that takes another's place needs no more room.
        pending.insert(plain(1, 0, 201)).unwrap();
        pending.overtaken(&account(1), u64::MAX);
        assert_eq!((pending.len(), pending.dropped.len()), (0, REMEMBERED));
        pending.insert(plain(2, 0, 999)).unwrap();
    }
}
