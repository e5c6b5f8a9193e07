//! The state that all requests to an index share: its file, its node, the pools that bound reads and writes, the counters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mrms_http::{Counters, Pool, Requests};

use super::comparison::{Comparison, Standing};
use super::file::Index;
use super::read::{Extent, IndexSnapshot};
use super::server::IndexSettings;
use super::upstream::NodeUrl;
use super::write::GapRule;
use crate::chain::{BlockHeight, LedgerFailure, UnixTime};
use crate::rpc::refusal::Refusal;

/// By how many blocks an index may be behind its node and count as well: blocks that are on their way.
const ON_THEIR_WAY: u32 = 3;

/// The index behind its servers.
pub(super) struct State {
    pub(super) index: Arc<Index>,
    pub(super) node: NodeUrl,
    pub(super) rule: GapRule,
    pub(super) answer_bytes: usize,
    pub(super) started: Instant,
    pub(super) requests: Requests,
    pub(super) taken: Counters,
    /// Blocks that were refused, by reason.
    pub(super) refusals: Counters,
    /// Changes to another fork, by who told of it.
    pub(super) forks: Counters,
    reads: Pool,
    writes: Pool,
    asked: Pool,
    comparison: Mutex<Comparison>,
    refused: Mutex<Option<String>>,
}

/// How an index stands.
pub(super) struct Condition {
    pub(super) extent: Extent,
    pub(super) node_height: Option<BlockHeight>,
    /// What is wrong; none if nothing is.
    pub(super) trouble: Option<String>,
}

impl State {
    pub(super) fn new(index: Arc<Index>, settings: &IndexSettings) -> Self {
        Self {
            index,
            node: settings.node.clone(),
            rule: settings.rule,
            answer_bytes: settings.answer_bytes,
            started: Instant::now(),
            requests: Requests::default(),
            taken: Counters::from_zero("outcome", &["failed"]),
            refusals: Counters::from_zero(
                "reason",
                &["gap", "height", "other-chain", "unreadable"],
            ),
            forks: Counters::from_zero("how", &["followed", "told"]),
            reads: Pool::new(settings.reads, settings.queue_timeout),
            // The file has one connection that writes.
            writes: Pool::new(1, settings.queue_timeout),
            asked: Pool::new(settings.reads, settings.queue_timeout),
            comparison: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// Reads from the index on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut IndexSnapshot<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let index = Arc::clone(&self.index);
        self.reads.run(move || index.read(read)).await
    }

    /// Writes into the index on a thread that may block.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Index) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let index = Arc::clone(&self.index);
        self.writes.run(move || write(&index)).await
    }

    /// Waits for a turn to ask the node.
    pub(super) async fn turn_to_ask(&self) -> Result<mrms_http::Turn, Refusal> {
        Ok(self.asked.turn().await?)
    }

    /// What was compared with the node. Hold the lock only briefly.
    pub(super) fn comparison(&self) -> MutexGuard<'_, Comparison> {
        self.comparison.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes why the newest block was not taken, or that it was. True when that is news.
    pub(super) fn note_refused(&self, why: Option<String>) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *refused != why;
        *refused = why;
        is_news
    }

    /// Whether no block can be taken as things stand.
    pub(super) fn is_stuck(&self) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        refused || self.comparison().standing == Standing::OtherChain
    }

    /// How the index stands.
    pub(super) async fn condition(&self) -> Result<Condition, Refusal> {
        let extent = self.read(|snapshot| Ok(snapshot.extent()?)).await?;
        let standing = self.comparison().standing.clone();
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let node_height = match standing {
            Standing::At(height) => Some(height),
            Standing::NotAsked | Standing::NoAnswer | Standing::OtherChain => None,
        };
        let newest = extent.newest.map_or(0, |newest| newest.height.get());
        let trouble = match standing {
            Standing::OtherChain => Some("the node is of another chain than the index".to_owned()),
            Standing::NoAnswer => Some(format!("the node at {} does not answer", self.node)),
            _ if refused.is_some() => refused,
            Standing::At(_) if extent.newest.is_none() => {
                Some("the node has told of no block yet: is the index in its configuration?".into())
            }
            Standing::At(height) if height.get() > newest.saturating_add(ON_THEIR_WAY) => Some(
                format!("the node is at block {height}, and has told of blocks up to {newest}"),
            ),
            Standing::At(_) | Standing::NotAsked => None,
        };
        Ok(Condition { extent, node_height, trouble })
    }
}

/// The machine's time.
pub(super) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::new(since.unwrap_or(Duration::ZERO).as_secs())
}

/// A write that failed, in words for the node that told of a block.
pub(super) fn not_kept(failure: &LedgerFailure) -> Refusal {
    tracing::error!(target: "mrms::index", %failure, "the index can't be written");
    Refusal::unwell(format!("the index can't be written: {failure}"))
}
