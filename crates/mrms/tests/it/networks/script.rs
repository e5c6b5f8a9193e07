//! What a test can set of the software that it reaches a network through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::mempool::Mempool;

/// What a test can set.
#[derive(Default)]
pub(super) struct Script {
    /// By how many blocks the burn height that is told is below the one that the contract saw.
    pub(super) behind: u64,
    /// Refused accesses of strangers, and the block that they are in.
    pub(super) strangers: usize,
    pub(super) strangers_in: u32,
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
