//! What a test can set of the software that it reaches a network through.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mrms_node::chain::SnapshotId;
use serde_json::Value;

use super::mempool::Mempool;

/// What a test can set.
#[derive(Default)]
pub(super) struct Script {
    /// By how many blocks the burn height that is told is below the one that the contract saw.
    pub(super) behind: u64,
    /// Refused accesses of strangers, the newest block that has some, and how many each block has.
    pub(super) strangers: usize,
    pub(super) strangers_in: u32,
    pub(super) strangers_a_block: usize,
    pub(super) asked: Vec<String>,
    pub(super) api_keys: Vec<String>,
    /// A list that was put together before, and what it is of.
    pub(super) listed: Option<(String, Arc<Vec<Value>>)>,
    /// Read-only calls whose path has this are answered with `none`; with `source`, contracts have another source.
    pub(super) denies: Option<&'static str>,
    /// What waits while no block comes.
    pub(super) held: Option<Mempool>,
    /// Whether all that waits gets into blocks just before the next new transaction arrives.
    pub(super) releases: bool,
    /// The servers behind the address, which answer in turn; none if there is one.
    pub(super) servers: Vec<Server>,
    pub(super) answered: usize,
    /// Pages have the rows that they should have, the oldest first: the hosted API gives them in any order.
    pub(super) pages_are_reversed: bool,
    /// Lists have a transaction with a status that nobody has heard of yet.
    pub(super) has_unknown_status: bool,
    pub(super) limit: Option<Limit>,
    pub(super) fork: Option<Fork>,
    /// What the API answers on all of its routes for history, if these are switched off; and whether it passes what the node has
    /// for blocks on.
    pub(super) gone: Option<(u16, &'static str)>,
    pub(super) passes_blocks_on: bool,
    /// How many pages of transactions are still given; later ones are refused.
    pub(super) pages_left: Option<usize>,
}

/// A fork that comes in the middle of a command.
pub(super) struct Fork {
    /// Where the chain goes back to.
    pub(super) place: SnapshotId,
    /// What is asked before it, in this order: it comes just before the last of these is answered.
    pub(super) requests: VecDeque<&'static str>,
}

impl Fork {
    /// Whether it comes before this request.
    fn comes_before(&mut self, request: &str) -> bool {
        if self.requests.front().is_some_and(|part| request.contains(part)) {
            self.requests.pop_front();
        }
        self.requests.is_empty()
    }
}

impl Script {
    /// The place of a fork that comes before this request.
    pub(super) fn forks_before(&mut self, request: &str) -> Option<SnapshotId> {
        self.fork.take_if(|fork| fork.comes_before(request)).map(|fork| fork.place)
    }

    /// The block of a stranger's refusal.
    pub(super) fn block_of_stranger(&self, number: usize) -> u32 {
        self.strangers_in - (number / self.strangers_a_block) as u32
    }
}

/// How many requests are answered before one is refused, with the time after which the next may come.
pub(super) struct Limit {
    pub(super) requests: usize,
    pub(super) answered: usize,
    pub(super) refused: usize,
    /// Until when no request may come.
    pub(super) until: Option<Instant>,
    /// How many came nevertheless.
    pub(super) too_early: usize,
}

/// The pause that the limit asks for, in whole seconds.
pub(super) const PAUSE: u64 = 1;

impl Limit {
    /// Whether a request is refused.
    pub(super) fn refuses(&mut self) -> bool {
        // The clocks of both sides are one; a timer may be early by a little.
        let is_early = |until: &Instant| Instant::now() + Duration::from_millis(20) < *until;
        self.too_early += usize::from(self.until.take().is_some_and(|until| is_early(&until)));
        if self.answered < self.requests {
            self.answered += 1;
            return false;
        }
        self.answered = 0;
        self.refused += 1;
        self.until = Some(Instant::now() + Duration::from_secs(PAUSE));
        true
    }
}

/// One of several servers behind an address.
#[derive(Clone, Debug)]
pub(super) enum Server {
    /// It has the whole chain.
    Newest,
    /// It is so many blocks behind.
    Behind(u32),
    /// It is on another branch, which leaves the chain above this height.
    Elsewhere(u32, String),
}
