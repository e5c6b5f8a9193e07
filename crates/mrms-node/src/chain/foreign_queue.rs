//! The queue of transactions that run foreign code: contracts whose source is not pinned.
//!
//! Everything else goes into the next block at once. These wait here for their share: a block runs some of them, and after
//! they have taken long, the writer works for the others alone, as long as others come. Whoever sends them bounds the
//! queue: each sender waits for the answer.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::batch::{Request, Requests, transaction_bytes};
use super::block_writer::BLOCK_BYTES;
use super::error::{LedgerFailure, Rejection};
use super::identifiers::Principal;
use super::incoming::IncomingTransaction;
use super::problematic::Problematic;
use super::store;
use super::vm::{Machine, Signal};

/// Foreign code that took less than this in a block needs no rest after it.
const NO_REST: Duration = Duration::from_millis(20);
/// The rest, in times of what foreign code took: while others work, it gets a tenth of the writer's time.
const REST: u32 = 9;
/// The longest rest, so that who waits here waits for seconds and not for minutes.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// The rest is over when the others have asked for nothing for so long.
const QUIET: Duration = Duration::from_millis(250);

/// What waits, in the order in which it came.
pub(crate) struct ForeignQueue {
    /// Raised when the ledger closes.
    stop: Signal,
    problematic: Arc<Problematic>,
    waiting: VecDeque<Request>,
    /// How many waiting transactions an account has signed.
    accounts: HashMap<Principal, usize>,
    rests_until: Instant,
    /// When somebody last asked for something else.
    others_asked: Instant,
}

impl ForeignQueue {
    pub(crate) fn new(stop: Signal, problematic: Arc<Problematic>) -> Self {
        let (waiting, accounts) = (VecDeque::new(), HashMap::new());
        let now = Instant::now();
        Self { stop, problematic, waiting, accounts, rests_until: now, others_asked: now }
    }

    /// Returns those of a caller's requests that run no foreign code and come before any that does. The others wait here,
    /// or are refused.
    pub(crate) fn sort(
        &mut self,
        requests: Requests,
        machine: &Machine,
        connection: &Connection,
    ) -> Requests {
        let mut others = Vec::with_capacity(requests.len());
        let mut is_behind = false;
        for request in requests {
            let must_wait = match &request {
                Request::Operate { .. } => false,
                Request::Mine { .. } => is_behind,
                Request::Submit { incoming, .. } => {
                    // When the file fails, making the block says so.
                    let is_foreign = machine
                        .runs_foreign_code(connection, &incoming.transaction.payload)
                        .unwrap_or_default();
                    if is_foreign && let Some(rejection) = self.refusal(incoming, connection) {
                        request.reject(rejection);
                        continue;
                    }
                    is_behind || is_foreign || self.has_any(&incoming.accounts())
                }
            };
            is_behind |= must_wait;
            if must_wait {
                self.push(request);
            } else {
                others.push(request);
            }
        }
        if !others.is_empty() {
            self.others_asked = Instant::now();
        }
        others
    }

    /// Why foreign code is refused unrun. What the chain includes already is never refused.
    fn refusal(
        &self,
        incoming: &IncomingTransaction,
        connection: &Connection,
    ) -> Option<Rejection> {
        let rejection = self.problematic.refusal(incoming, Instant::now())?;
        match store::included(connection, &incoming.txid) {
            Ok(None) => Some(rejection),
            Ok(Some(_)) | Err(_) => None,
        }
    }

    /// Adds what may run now to a block of so many transactions. Answers all of it when the ledger closes.
    pub(crate) fn add_to(&mut self, block: &mut Requests, transactions: usize) {
        if self.stop.is_raised() {
            self.accounts.clear();
            for request in self.waiting.drain(..) {
                request.fail(LedgerFailure::Closed);
            }
        }
        if self.rest_left(Instant::now()).is_zero() {
            let room = transactions.saturating_sub(block.len());
            let bytes = BLOCK_BYTES.saturating_sub(transaction_bytes(block));
            block.extend(self.take(room, bytes));
        }
    }

    /// Remembers what was refused for its work.
    pub(crate) fn note<'a>(
        &self,
        rejected: impl Iterator<Item = (&'a IncomingTransaction, &'a Rejection, u64)>,
    ) {
        for (incoming, rejection, steps) in rejected {
            self.problematic.note(incoming, rejection, steps, Instant::now());
        }
    }

    /// Remembers what made the VM break off.
    pub(crate) fn remember(&self, requests: &[Request], failure: &LedgerFailure) {
        for request in requests {
            if let Request::Submit { incoming, .. } = request {
                self.problematic.remember(incoming, failure.to_string(), Instant::now());
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether one of these accounts has a transaction here. Its later ones must stay behind that one.
    fn has_any(&self, accounts: &[Principal]) -> bool {
        accounts.iter().any(|account| self.accounts.contains_key(account))
    }

    fn push(&mut self, request: Request) {
        for account in request.accounts() {
            *self.accounts.entry(account).or_default() += 1;
        }
        self.waiting.push_back(request);
    }

    /// Puts back what a block has postponed, in its order.
    pub(crate) fn put_back(&mut self, postponed: Requests) {
        for request in postponed.into_iter().rev() {
            for account in request.accounts() {
                *self.accounts.entry(account).or_default() += 1;
            }
            self.waiting.push_front(request);
        }
    }

    /// Takes the first ones, one at least.
    fn take(&mut self, most: usize, most_bytes: usize) -> Vec<Request> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(first) = self.waiting.front() {
            bytes += first.bytes();
            if !taken.is_empty() && (taken.len() >= most || bytes > most_bytes) {
                break;
            }
            let Some(request) = self.waiting.pop_front() else { break };
            for account in request.accounts() {
                if let Some(count) = self.accounts.get_mut(&account) {
                    *count -= 1;
                    if *count == 0 {
                        self.accounts.remove(&account);
                    }
                }
            }
            taken.push(request);
        }
        taken
    }

    /// Rests after foreign code has taken so long.
    pub(crate) fn rest(&mut self, taken: Duration, now: Instant) {
        if taken > NO_REST {
            self.rests_until = now + taken.saturating_mul(REST).min(LONGEST_REST);
        }
    }

    /// How long it still rests, if nobody else asks for anything.
    pub(crate) fn rest_left(&self, now: Instant) -> Duration {
        let until = self.rests_until.min(self.others_asked + QUIET);
        until.saturating_duration_since(now)
    }
}
