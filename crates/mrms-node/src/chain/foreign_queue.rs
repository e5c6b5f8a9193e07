//! The queue of transactions that run foreign code: contracts whose source is not pinned.
//!
//! Everything else goes into the next block at once. These wait here for their share: a block runs some of them, and after
//! they have taken long, the writer takes as long again for the others alone. Whoever sends them bounds the queue: each
//! sender waits for the answer.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::batch::Request;
use super::identifiers::Principal;

/// Foreign code that took less than this in a block needs no rest after it.
const NO_REST: Duration = Duration::from_millis(20);

/// What waits, in the order in which it came.
pub(crate) struct ForeignQueue {
    waiting: VecDeque<Request>,
    /// How many waiting transactions an account has signed.
    accounts: HashMap<Principal, usize>,
    rests_until: Instant,
}

impl ForeignQueue {
    pub(crate) fn new() -> Self {
        let (waiting, accounts) = (VecDeque::new(), HashMap::new());
        Self { waiting, accounts, rests_until: Instant::now() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether one of these accounts has a transaction here. Its later ones must stay behind that one.
    pub(crate) fn has_any(&self, accounts: &[Principal]) -> bool {
        accounts.iter().any(|account| self.accounts.contains_key(account))
    }

    pub(crate) fn push(&mut self, request: Request) {
        for account in request.accounts() {
            *self.accounts.entry(account).or_default() += 1;
        }
        self.waiting.push_back(request);
    }

    /// Puts back what a block has postponed, in its order.
    pub(crate) fn put_back(&mut self, postponed: Vec<Request>) {
        for request in postponed.into_iter().rev() {
            for account in request.accounts() {
                *self.accounts.entry(account).or_default() += 1;
            }
            self.waiting.push_front(request);
        }
    }

    /// Takes the first ones for a block, one at least.
    pub(crate) fn take(&mut self, most: usize, most_bytes: usize) -> Vec<Request> {
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

    /// Takes all of it.
    pub(crate) fn take_all(&mut self) -> Vec<Request> {
        self.accounts.clear();
        self.waiting.drain(..).collect()
    }

    /// Rests for as long as foreign code has just taken.
    pub(crate) fn rest(&mut self, taken: Duration, now: Instant) {
        if taken > NO_REST {
            self.rests_until = now + taken;
        }
    }

    /// How long it still rests.
    pub(crate) fn rest_left(&self, now: Instant) -> Duration {
        self.rests_until.saturating_duration_since(now)
    }
}
