//! The mempool: transactions that wait for earlier nonces or for a block, as in a Stacks node. Pure.
//!
//! The caller supplies the time and the nonces of accounts. A transaction uses one nonce of its origin and,
//! when it is sponsored, one of its sponsor. Only one transaction at a time can use an account's nonce; one
//! that pays a higher fee replaces it. What waits is not on the chain. The caller keeps it in a file
//! ([`super::waiting_file`]) before it is added, and the mempool tells that file what has left.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use super::waiting_file::Leaving;
use crate::chain::wire::{Authorization, Payload, SpendingCondition, Transaction};
use crate::chain::{Principal, TxId, UnixTime};

/// How far a transaction's nonce may be ahead of its account's (`MAXIMUM_MEMPOOL_TX_CHAINING` in
/// stacks-core).
pub(super) const MAX_CHAINING: u64 = 25;
/// How many events a slow observer may lag behind; it misses the ones before.
const EVENTS: usize = 1_024;
/// Maximum number of transactions, of all accounts together.
const MAX_TRANSACTIONS: usize = 4_096;
/// Maximum bytes of all transactions.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How many dropped transactions the mempool remembers.
const MAX_DROPPED: usize = 1_024;

/// A transaction in the mempool.
#[derive(Clone, Debug)]
pub(super) struct MempoolTransaction {
    pub(super) txid: TxId,
    pub(super) raw: Vec<u8>,
    pub(super) transaction: Transaction,
    /// Wall-clock time at which it came, for people.
    pub(super) received: UnixTime,
    /// When it entered the mempool, for ordering and for expiry.
    pub(super) queued_at: Instant,
}

/// A signer of a transaction, and the nonce that the transaction uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignerNonce {
    pub(super) account: Principal,
    pub(super) nonce: u64,
}

/// Why a transaction left the mempool without getting into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DropReason {
    /// A transaction with the same nonce and a higher fee replaced it.
    Replaced {
        /// That transaction.
        by: TxId,
    },
    /// It waited too long, or another transaction used its nonce.
    Stale,
    /// The ledger rejected it when its nonce was next.
    Refused,
}

impl DropReason {
    /// The reason's name in the hosted API.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Replaced { .. } => "dropped_replace_by_fee",
            Self::Stale => "dropped_stale_garbage_collect",
            Self::Refused => "dropped_problematic",
        }
    }

    /// The transaction that stands in its place.
    pub(super) fn replaced_by(self) -> Option<TxId> {
        match self {
            Self::Replaced { by } => Some(by),
            Self::Stale | Self::Refused => None,
        }
    }
}

/// Why a transaction cannot enter the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InsertError {
    /// A transaction with the same nonce pays at least as much.
    Conflict,
    /// The mempool is full.
    Full,
}

/// What happened in the mempool, for observers.
#[derive(Clone, Debug)]
pub(super) enum MempoolEvent {
    /// A transaction began to wait.
    New {
        /// Its bytes.
        raw: Vec<u8>,
    },
    /// A transaction was dropped.
    Dropped {
        /// Which.
        txid: TxId,
        /// Why.
        why: DropReason,
    },
}

/// The waiting transactions.
#[derive(Debug, Default)]
pub(super) struct Mempool {
    /// Who listens; nobody unless the node has observers.
    listeners: Option<broadcast::Sender<MempoolEvent>>,
    /// The file that has what waits; none in tests of the mempool alone.
    leaving: Option<Leaving>,
    transactions: HashMap<TxId, MempoolTransaction>,
    accounts: HashMap<Principal, BTreeMap<u64, TxId>>,
    bytes: usize,
    dropped: HashMap<TxId, DropReason>,
    dropped_order: VecDeque<TxId>,
}

impl MempoolTransaction {
    /// Its signers and their nonces: the origin first, then the sponsor if there is one.
    pub(super) fn signer_nonces(&self) -> Vec<SignerNonce> {
        signer_nonces(&self.transaction.authorization)
    }

    pub(super) fn fee(&self) -> u64 {
        self.transaction.authorization.payer().fee
    }
}

/// The signers of an authorization and their nonces: the origin first, then the sponsor if there is one.
pub(super) fn signer_nonces(authorization: &Authorization) -> Vec<SignerNonce> {
    let signers = [Some(authorization.origin()), authorization.sponsor()];
    let signer_nonce =
        |signer: &SpendingCondition| SignerNonce { account: signer.account(), nonce: signer.nonce };
    signers.into_iter().flatten().map(signer_nonce).collect()
}

impl Mempool {
    /// An empty mempool that tells a file what leaves it.
    pub(super) fn kept_by(leaving: Leaving) -> Self {
        Self { leaving: Some(leaving), ..Self::default() }
    }

    /// Hears what happens from now on.
    pub(super) fn listen(&mut self) -> broadcast::Receiver<MempoolEvent> {
        self.listeners.get_or_insert_with(|| broadcast::Sender::new(EVENTS)).subscribe()
    }

    fn tell(&self, event: impl FnOnce() -> MempoolEvent) {
        if let Some(listeners) = &self.listeners {
            // Nobody may be listening any more.
            let _ = listeners.send(event());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.transactions.len()
    }

    /// All waiting transactions, in no order.
    pub(super) fn all(&self) -> Vec<&MempoolTransaction> {
        self.transactions.values().collect()
    }

    pub(super) fn find(&self, txid: &TxId) -> Option<&MempoolTransaction> {
        self.transactions.get(txid)
    }

    pub(super) fn was_dropped(&self, txid: &TxId) -> Option<DropReason> {
        self.dropped.get(txid).copied()
    }

    /// The nonces of an account's waiting transactions, in ascending order.
    pub(super) fn nonces(&self, account: &Principal) -> Vec<u64> {
        self.accounts
            .get(account)
            .map(|nonces| nonces.keys().copied().collect())
            .unwrap_or_default()
    }

    /// Whether a transaction of this account waits.
    pub(super) fn has_account(&self, account: &Principal) -> bool {
        self.accounts.contains_key(account)
    }

    /// Whether a transaction of this account waits that has such a payload.
    pub(super) fn has_any(&self, account: &Principal, such: impl Fn(&Payload) -> bool) -> bool {
        let waiting = self.accounts.get(account).into_iter().flat_map(BTreeMap::values);
        waiting
            .filter_map(|txid| self.transactions.get(txid))
            .any(|waiting| such(&waiting.transaction.payload))
    }

    /// Adds a transaction. Drops the transactions that it replaces.
    pub(super) fn insert(&mut self, waiting: MempoolTransaction) -> Result<(), InsertError> {
        if self.transactions.contains_key(&waiting.txid) {
            return Ok(());
        }
        let signers = waiting.signer_nonces();
        let mut replaced = Vec::new();
        for signer in &signers {
            let taken_by =
                self.accounts.get(&signer.account).and_then(|nonces| nonces.get(&signer.nonce));
            if let Some(other) = taken_by.and_then(|txid| self.transactions.get(txid)) {
                if waiting.fee() <= other.fee() {
                    return Err(InsertError::Conflict);
                }
                if !replaced.contains(&other.txid) {
                    replaced.push(other.txid);
                }
            }
        }
        let freed = |txid: &TxId| self.transactions.get(txid).map_or(0, |other| other.raw.len());
        let bytes = self.bytes + waiting.raw.len() - replaced.iter().map(freed).sum::<usize>();
        if self.transactions.len() - replaced.len() >= MAX_TRANSACTIONS || bytes > MAX_BYTES {
            return Err(InsertError::Full);
        }
        for txid in replaced {
            self.drop_transaction(&txid, DropReason::Replaced { by: waiting.txid });
        }
        for signer in signers {
            self.accounts.entry(signer.account).or_default().insert(signer.nonce, waiting.txid);
        }
        self.bytes += waiting.raw.len();
        self.forget_dropped(&waiting.txid);
        self.tell(|| MempoolEvent::New { raw: waiting.raw.clone() });
        self.transactions.insert(waiting.txid, waiting);
        Ok(())
    }

    /// The transactions of an account that can be included now: those with `nonce` and the nonces after it,
    /// up to the first gap.
    pub(super) fn ready(&self, account: &Principal, nonce: u64) -> Vec<MempoolTransaction> {
        let Some(nonces) = self.accounts.get(account) else { return Vec::new() };
        nonces
            .range(nonce..)
            .zip(nonce..)
            .take_while(|((waiting, _), expected)| *waiting == expected)
            .filter_map(|((_, txid), _)| self.transactions.get(txid).cloned())
            .collect()
    }

    /// Every account that has waiting transactions, in no particular order.
    pub(super) fn accounts(&self) -> Vec<Principal> {
        self.accounts.keys().cloned().collect()
    }

    /// The transactions for the next block, given the nonces of the accounts: in the order in which they
    /// came, but each after those with lower nonces.
    pub(super) fn next_block(
        &self,
        mut nonces: HashMap<Principal, u64>,
    ) -> Vec<MempoolTransaction> {
        let mut left: Vec<&MempoolTransaction> = self.transactions.values().collect();
        left.sort_unstable_by_key(|waiting| (waiting.queued_at, *waiting.txid.as_bytes()));
        let mut ready = Vec::new();
        loop {
            let before = ready.len();
            left.retain(|waiting| {
                let signers = waiting.signer_nonces();
                let is_ready =
                    signers.iter().all(|signer| nonces.get(&signer.account) == Some(&signer.nonce));
                if is_ready {
                    nonces.extend(
                        signers.into_iter().map(|signer| (signer.account, signer.nonce + 1)),
                    );
                    ready.push((*waiting).clone());
                }
                !is_ready
            });
            if ready.len() == before {
                return ready;
            }
        }
    }

    /// Removes a transaction that is on the chain now.
    pub(super) fn remove(&mut self, txid: &TxId) {
        let Some(waiting) = self.transactions.remove(txid) else { return };
        if let Some(leaving) = &self.leaving {
            leaving.left(*txid);
        }
        self.bytes = self.bytes.saturating_sub(waiting.raw.len());
        for signer in waiting.signer_nonces() {
            if let Some(nonces) = self.accounts.get_mut(&signer.account) {
                if nonces.get(&signer.nonce) == Some(txid) {
                    nonces.remove(&signer.nonce);
                }
                if nonces.is_empty() {
                    self.accounts.remove(&signer.account);
                }
            }
        }
    }

    /// Removes a transaction that will not get on the chain, and remembers why.
    pub(super) fn drop_transaction(&mut self, txid: &TxId, why: DropReason) {
        if !self.transactions.contains_key(txid) {
            return;
        }
        self.remove(txid);
        self.tell(|| MempoolEvent::Dropped { txid: *txid, why });
        if self.dropped.insert(*txid, why).is_none() {
            self.dropped_order.push_back(*txid);
        }
        while self.dropped_order.len() > MAX_DROPPED {
            if let Some(oldest) = self.dropped_order.pop_front() {
                self.dropped.remove(&oldest);
            }
        }
    }

    /// Drops the transactions of an account that have nonces below `nonce`.
    pub(super) fn drop_below(&mut self, account: &Principal, nonce: u64) {
        let Some(nonces) = self.accounts.get(account) else { return };
        let below: Vec<TxId> = nonces.range(..nonce).map(|(_, txid)| *txid).collect();
        for txid in below {
            self.drop_transaction(&txid, DropReason::Stale);
        }
    }

    /// Drops the transactions that have waited longer than `longest`.
    pub(super) fn expire(&mut self, now: Instant, longest: Duration) {
        let late = |waiting: &&MempoolTransaction| {
            now.saturating_duration_since(waiting.queued_at) > longest
        };
        let expired: Vec<TxId> =
            self.transactions.values().filter(late).map(|waiting| waiting.txid).collect();
        for txid in expired {
            self.drop_transaction(&txid, DropReason::Stale);
        }
    }

    fn forget_dropped(&mut self, txid: &TxId) {
        if self.dropped.remove(txid).is_some() {
            self.dropped_order.retain(|remembered| remembered != txid);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chain::wire::{AnchorMode, PostConditionMode, TransactionVersion, Witness};

    fn signer(number: u8, nonce: u64, fee: u64) -> SpendingCondition {
        SpendingCondition { signer: [number; 20], nonce, fee, witness: Witness::unsigned() }
    }

    fn waiting(authorization: Authorization) -> MempoolTransaction {
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
        MempoolTransaction {
            txid: transaction.txid(),
            raw: transaction.encode(),
            transaction,
            received: UnixTime::new(0),
            queued_at: Instant::now(),
        }
    }

    fn plain(number: u8, nonce: u64, fee: u64) -> MempoolTransaction {
        waiting(Authorization::Standard { origin: signer(number, nonce, fee) })
    }

    fn sponsored(origin: (u8, u64), sponsor: (u8, u64), fee: u64) -> MempoolTransaction {
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
        let mut mempool = Mempool::default();
        mempool.insert(plain(1, 5, 200)).unwrap();
        let mut other = plain(1, 5, 200);
        other.txid = TxId::new([9; 32]);
        assert_eq!(mempool.insert(other), Err(InsertError::Conflict));
        assert_eq!(mempool.len(), 1);
    }

    #[test]
    fn higher_fee_replaces_the_transaction_with_the_same_nonce() {
        let mut mempool = Mempool::default();
        let (cheap, dear) = (plain(1, 5, 200), plain(1, 5, 201));
        mempool.insert(cheap.clone()).unwrap();
        mempool.insert(dear.clone()).unwrap();
        let replaced = DropReason::Replaced { by: dear.txid };
        assert_eq!(mempool.was_dropped(&cheap.txid), Some(replaced));
        assert!(mempool.find(&dear.txid).is_some());
        assert_eq!(mempool.nonces(&account(1)), [5]);
    }

    #[test]
    fn same_transaction_twice_is_added_once() {
        let mut mempool = Mempool::default();
        mempool.insert(plain(1, 5, 200)).unwrap();
        mempool.insert(plain(1, 5, 200)).unwrap();
        assert_eq!(mempool.len(), 1);
    }

    #[test]
    fn ready_transactions_end_at_the_first_gap() {
        let mut mempool = Mempool::default();
        for nonce in [3, 4, 6] {
            mempool.insert(plain(1, nonce, 200)).unwrap();
        }
        let nonces = |from| -> Vec<u64> {
            let ready = mempool.ready(&account(1), from);
            ready.iter().map(|waiting| waiting.signer_nonces()[0].nonce).collect()
        };
        assert_eq!(nonces(2), [] as [u64; 0]);
        assert_eq!(nonces(3), [3, 4]);
        assert_eq!(nonces(6), [6]);
    }

    #[test]
    fn next_block_follows_arrival_as_far_as_nonces_allow() {
        let mut mempool = Mempool::default();
        let came = [
            plain(1, 6, 200),
            sponsored((1, 5), (2, 8), 300),
            plain(3, 0, 200),
            plain(2, 7, 200),
            plain(3, 2, 200),
        ];
        let start = Instant::now();
        for (number, waiting) in (0..).zip(came) {
            let queued_at = start + Duration::from_secs(number);
            mempool.insert(MempoolTransaction { queued_at, ..waiting }).unwrap();
        }
        let nonces = [(account(1), 5), (account(2), 7), (account(3), 0)].into_iter().collect();
        let order: Vec<_> = mempool
            .next_block(nonces)
            .iter()
            .map(|waiting| {
                (waiting.signer_nonces()[0].account.clone(), waiting.signer_nonces()[0].nonce)
            })
            .collect();
        let expected = [(3, 0), (2, 7), (1, 5), (1, 6)];
        assert_eq!(order, expected.map(|(number, nonce)| (account(number), nonce)));
    }

    #[test]
    fn sponsored_transaction_uses_and_frees_a_nonce_of_both_signers() {
        let mut mempool = Mempool::default();
        let transaction = sponsored((1, 5), (2, 7), 300);
        mempool.insert(transaction.clone()).unwrap();
        assert_eq!(mempool.insert(plain(2, 7, 300)), Err(InsertError::Conflict));
        mempool.remove(&transaction.txid);
        assert!(!mempool.has_account(&account(1)) && !mempool.has_account(&account(2)));
    }

    #[test]
    fn replacing_a_sponsored_transaction_frees_the_nonce_of_the_other_signer_too() {
        let mut mempool = Mempool::default();
        mempool.insert(sponsored((1, 5), (2, 7), 300)).unwrap();
        mempool.insert(plain(2, 7, 301)).unwrap();
        assert!(!mempool.has_account(&account(1)));
        assert_eq!(mempool.nonces(&account(2)), [7]);
    }

    #[test]
    fn transaction_with_both_nonces_of_another_replaces_it_once() {
        let mut mempool = Mempool::default();
        mempool.insert(sponsored((1, 5), (2, 7), 300)).unwrap();
        mempool.insert(sponsored((1, 5), (2, 7), 301)).unwrap();
        let bytes = sponsored((1, 5), (2, 7), 301).raw.len();
        assert_eq!((mempool.len(), mempool.bytes), (1, bytes));
    }

    #[test]
    fn transactions_with_used_nonces_and_expired_ones_are_dropped_as_stale() {
        let mut mempool = Mempool::default();
        let (passed, late) = (plain(1, 3, 200), plain(1, 9, 200));
        mempool.insert(passed.clone()).unwrap();
        mempool.insert(late.clone()).unwrap();
        mempool.drop_below(&account(1), 4);
        assert_eq!(mempool.was_dropped(&passed.txid), Some(DropReason::Stale));
        mempool.expire(late.queued_at + Duration::from_secs(11), Duration::from_secs(10));
        assert_eq!(mempool.was_dropped(&late.txid), Some(DropReason::Stale));
        assert_eq!((mempool.len(), mempool.bytes), (0, 0));
    }

    #[test]
    fn number_of_waiting_and_of_remembered_transactions_is_bounded() {
        let mut mempool = Mempool::default();
        for nonce in 0..MAX_TRANSACTIONS as u64 {
            mempool.insert(plain(1, nonce, 200)).unwrap();
        }
        assert_eq!(mempool.insert(plain(2, 0, 999)), Err(InsertError::Full));
        // A replacement needs no more room.
        mempool.insert(plain(1, 0, 201)).unwrap();
        mempool.drop_below(&account(1), u64::MAX);
        assert_eq!((mempool.len(), mempool.dropped.len()), (0, MAX_DROPPED));
        mempool.insert(plain(2, 0, 999)).unwrap();
    }
}
