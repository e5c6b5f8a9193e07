//! The state that all requests share: the ledger, the mempool, the pools that bound reads and writes, the
//! counters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mrms_http::{ClockWatch, Pool, Turn};
use tokio::sync::{oneshot, watch};

use super::holdings::Holdings;
use super::mempool::{Mempool, MempoolEvent, MempoolTransaction};
use super::metrics::Metrics;
use super::mining::Mining;
use super::parse_cache::ParseCache;
use super::refusal::Refusal;
use super::server::ServeError;
use super::settings::RpcSettings;
use super::waiting_file::{self, KeptTransaction, WaitingFile};
use crate::chain::wire::{Payload, Transaction};
use crate::chain::{
    BlockHeight, Cancellation, Clock as _, ContractId, Included, Lane, Ledger, LedgerFailure,
    Principal, ReadSnapshot, ReadTerms, ScrubStatus, Signal, SystemClock, UnixTime,
};

/// How far the clock may be behind the newest block.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// How long a request waits for a turn to run foreign code. Commands send again what they have kept, each time.
const LONGEST_FOREIGN_WAIT: Duration = Duration::from_secs(5);
/// How often the node looks for blocks that were not made through the RPC.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The node behind the RPC.
pub(crate) struct Node {
    pub(crate) ledger: Ledger,
    pub(super) metrics: Metrics,
    pub(super) started: Instant,
    clock: ClockWatch,
    contracts: ParseCache<ContractId>,
    principals: ParseCache<Principal>,
    mempool: Mutex<Mempool>,
    /// What waits, on disk.
    pub(super) waiting: WaitingFile,
    /// What accounts hold, and whose turn it is to count.
    pub(super) holdings: Holdings,
    pub(super) counting: Pool,
    mempool_timeout: Duration,
    /// How the scrub stands; none where nobody asked for one.
    pub(super) scrub: Option<Arc<ScrubStatus>>,
    /// Ids of contracts that are known to be pinned.
    pinned: ParseCache<()>,
    reads: Pool,
    writes: Pool,
    /// Maximum bytes of an answer that lists something.
    pub(super) answer_bytes: usize,
    foreign_reads: Pool,
    foreign_writes: Pool,
    read_time: Duration,
    tip: watch::Sender<KnownTip>,
    pub(super) mining: watch::Sender<Mining>,
}

/// The newest block that the node knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownTip {
    pub(super) height: BlockHeight,
    /// How often the chain was reverted since the node started.
    pub(super) reverts: u64,
}

/// Tells a read that nobody waits for it any more.
struct RaisedOnDrop(Signal);

impl Drop for RaisedOnDrop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// The moment at which something came that came at a time of the wall clock; now, if that can't be said.
fn instant_of(received: UnixTime) -> Instant {
    let now = Instant::now();
    let age = Duration::from_secs(SystemClock.now().get().saturating_sub(received.get()));
    now.checked_sub(age).unwrap_or(now)
}

impl Node {
    /// The node, with what waited when it ended last.
    pub(super) fn new(ledger: Ledger, settings: &RpcSettings) -> Result<Self, ServeError> {
        let failed = |failure| ServeError::Ledger { failure };
        let tip = ledger.read(|snapshot| snapshot.tip()).map_err(failed)?;
        let tip = KnownTip { height: tip.height, reverts: 0 };
        let (waiting, kept) =
            WaitingFile::open(ledger.folder(), &ledger.identity().genesis).map_err(|source| {
                ServeError::Waiting { path: waiting_file::path(ledger.folder()), source }
            })?;
        let mempool = Mempool::kept_by(waiting.leaving());
        let holdings = Holdings::new(ledger.folder());
        let foreign_wait = settings.queue_timeout.min(LONGEST_FOREIGN_WAIT);
        let node = Self {
            ledger,
            metrics: Metrics::default(),
            started: Instant::now(),
            clock: ClockWatch::begin(),
            contracts: ParseCache::default(),
            principals: ParseCache::default(),
            mempool: Mutex::new(mempool),
            waiting,
            holdings,
            counting: Pool::new(1, settings.queue_timeout),
            mempool_timeout: settings.mempool_timeout,
            scrub: settings.scrub.map(|_| Arc::default()),
            pinned: ParseCache::default(),
            reads: Pool::new(settings.reads, settings.queue_timeout),
            writes: Pool::new(settings.writes, settings.queue_timeout),
            answer_bytes: settings.answer_bytes,
            foreign_reads: Pool::new(settings.foreign_reads, foreign_wait),
            foreign_writes: Pool::new(settings.foreign_writes, foreign_wait),
            read_time: settings.read_time,
            tip: watch::Sender::new(tip),
            mining: watch::Sender::new(settings.mining),
        };
        node.wait_again(kept).map_err(failed)?;
        Ok(node)
    }

    /// Adds to the mempool what the file has of an earlier run, but for what a block has by now.
    fn wait_again(&self, kept: Vec<KeptTransaction>) -> Result<(), LedgerFailure> {
        let (count, mut taken) = (kept.len(), 0);
        for KeptTransaction { txid, raw, received } in kept {
            let is_included =
                self.ledger.read(move |snapshot| snapshot.transaction(&txid))?.is_some();
            let transaction = Transaction::decode(&raw).ok().filter(|_| !is_included);
            let added = transaction.is_some_and(|transaction| {
                let queued_at = instant_of(received);
                let waiting = MempoolTransaction { txid, raw, transaction, received, queued_at };
                self.mempool().insert(waiting).is_ok()
            });
            if added {
                taken += 1;
            } else {
                self.waiting.leaving().left(txid);
            }
        }
        if count > 0 {
            tracing::info!(target: "mrms::node", kept = count, waiting = taken, "transactions wait again");
        }
        Ok(())
    }

    /// Whether the node can go on: it can write blocks, and its clock counts as right. Burn heights come from the clock,
    /// and grants end by them.
    pub(super) async fn health(&self) -> Result<BlockHeight, Refusal> {
        let tip = self.read(|snapshot| Ok(snapshot.tip()?)).await?;
        self.ledger
            .health()
            .map_err(|failure| Refusal::unwell(format!("the ledger: {failure}")))?;
        if let Some(fault) = self.scrub.as_ref().and_then(|scrub| scrub.fault()) {
            return Err(Refusal::unwell(format!("the ledger is damaged: {fault}")));
        }
        let machine = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let behind = tip.time.get().saturating_sub(machine.map_or(0, |since| since.as_secs()));
        if let Some(by) = self.clock.was_set_by() {
            let seconds = by.as_secs();
            return Err(Refusal::unwell(format!(
                "the clock was set by {seconds} seconds while the node ran"
            )));
        }
        if behind > CLOCK_TOLERANCE.as_secs() {
            return Err(Refusal::unwell(format!(
                "the clock is {behind} seconds behind the newest block"
            )));
        }
        Ok(tip.height)
    }

    /// Parses the id of a contract from an address and a name.
    pub(super) fn contract(&self, address: &str, name: &str) -> Result<ContractId, Refusal> {
        let contract = self.contracts.get_or_parse(&format!("{address}.{name}"), ContractId::parse);
        contract.map_err(|error| Refusal::request(error.to_string()))
    }

    /// Parses a principal.
    pub(super) fn principal(&self, text: &str) -> Result<Principal, Refusal> {
        let principal = self.principals.get_or_parse(text, Principal::parse);
        principal.map_err(|error| Refusal::request(error.to_string()))
    }

    /// Reads from the ledger, without running foreign code. Waits for a turn and for the result asynchronously; no thread
    /// blocks.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.read_in(Lane::Own, read).await
    }

    /// Reads from the ledger and runs a contract. Foreign contracts have turns and threads of their own. What still runs
    /// when the client hangs up is broken off.
    pub(super) async fn read_with<T: Send + 'static>(
        &self,
        contract: &ContractId,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let lane = if self.is_foreign(contract).await? { Lane::Foreign } else { Lane::Own };
        self.read_in(lane, read).await
    }

    async fn read_in<T: Send + 'static>(
        &self,
        lane: Lane,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = match lane {
            Lane::Own => self.reads.turn().await?,
            Lane::Foreign => self.foreign_reads.turn().await?,
        };
        let hung_up = RaisedOnDrop(Signal::default());
        let signals = vec![hung_up.0.clone()];
        let terms =
            ReadTerms { lane, cancellation: Cancellation { time: Some(self.read_time), signals } };
        let (reply, answer) = oneshot::channel();
        self.ledger.read_then(terms, read, move |result| {
            drop(turn);
            // The client may have disconnected.
            let _ = reply.send(result);
        });
        answer.await.unwrap_or(Err(Refusal::BrokeOff))
    }

    /// Whether a contract is not pinned, or does not exist.
    pub(super) async fn is_foreign(&self, contract: &ContractId) -> Result<bool, Refusal> {
        let text = contract.to_string();
        if self.pinned.get_or_parse(&text, |_| Err(())).is_ok() {
            return Ok(false);
        }
        let contract = contract.clone();
        let is_foreign =
            self.read_in(Lane::Own, move |snapshot| Ok(snapshot.is_foreign(&contract)?)).await?;
        if !is_foreign {
            // What is pinned stays pinned.
            let _ = self.pinned.get_or_parse(&text, |_| Ok::<_, ()>(()));
        }
        Ok(is_foreign)
    }

    /// Whether a transaction runs foreign code, as far as the node knows without asking the ledger.
    pub(super) fn may_run_foreign_code(&self, payload: &Payload) -> bool {
        match payload {
            Payload::Transfer { .. } => false,
            Payload::Call { contract, .. } => {
                self.pinned.get_or_parse(&contract.to_string(), |_| Err(())).is_err()
            }
            Payload::Deploy { .. } => true,
        }
    }

    /// Runs a write to the ledger on a blocking thread, after waiting for a turn.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.writes.run(write).await
    }

    /// Waits for a turn to write to the ledger.
    pub(super) async fn turn_to_write(&self) -> Result<Turn, Refusal> {
        Ok(self.writes.turn().await?)
    }

    /// Waits for a turn to run foreign code on the thread that makes blocks. Few may wait for that at once.
    pub(super) async fn turn_to_write_foreign(&self) -> Result<Turn, Refusal> {
        Ok(self.foreign_writes.turn().await?)
    }

    /// Locks the mempool. Hold the lock only briefly, and never while reading from or writing to the ledger.
    pub(super) fn mempool(&self) -> MutexGuard<'_, Mempool> {
        self.mempool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Height of the newest block that the node knows of.
    pub(super) fn height(&self) -> BlockHeight {
        self.tip.borrow().height
    }

    /// Subscribes to new blocks and reverts.
    pub(super) fn tip_changes(&self) -> watch::Receiver<KnownTip> {
        self.tip.subscribe()
    }

    /// Subscribes to what begins and ceases to wait for a block.
    pub(super) fn mempool_events(&self) -> tokio::sync::broadcast::Receiver<MempoolEvent> {
        self.mempool().listen()
    }

    /// What waits, as events that it began to.
    pub(super) fn waiting_now(&self) -> Vec<MempoolEvent> {
        let mempool = self.mempool();
        let all = mempool.all().into_iter();
        all.map(|waiting| MempoolEvent::New { raw: waiting.raw.clone() }).collect()
    }

    /// Notes that the chain has a block at `height`.
    pub(crate) fn note_height(&self, height: BlockHeight) {
        self.tip.send_if_modified(|known| {
            let is_new = height > known.height;
            if is_new {
                known.height = height;
            }
            is_new
        });
    }

    /// Notes that the chain was reverted, and that its newest block is at `height` now.
    pub(crate) fn note_revert(&self, height: BlockHeight) {
        self.tip.send_modify(|known| {
            *known = KnownTip { height, reverts: known.reverts + 1 };
        });
    }

    /// Counts and logs a transaction that a new block includes.
    pub(super) fn note_included(&self, included: &Included) {
        self.metrics.transaction(included.receipt.status.as_str());
        tracing::info!(target: "mrms::node",
            txid = %included.txid,
            status = included.receipt.status.as_str(),
            height = included.height.get(),
            "transaction included"
        );
        self.note_height(included.height);
    }

    /// Periodic tasks: expires transactions of the mempool, and looks for blocks that were not made through
    /// the RPC. Never returns.
    pub(super) async fn run_periodic_tasks(&self) {
        let mut tick = tokio::time::interval(POLL_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.mempool().expire(Instant::now(), self.mempool_timeout);
            if let Ok(tip) = self.read(|snapshot| Ok(snapshot.tip()?)).await {
                self.note_height(tip.height);
                // A submission that was answered during a revert may have noted a block that was dropped.
                self.tip.send_if_modified(|known| {
                    let is_dropped = known.reverts > 0 && known.height > tip.height;
                    if is_dropped {
                        known.height = tip.height;
                    }
                    is_dropped
                });
            }
        }
    }
}
