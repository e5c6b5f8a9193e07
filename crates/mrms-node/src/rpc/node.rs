//! What every request works with: the ledger, the transactions that wait, the pools, the counters.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mrms_http::{Pool, Turn};
use tokio::sync::{oneshot, watch};

use super::mempool::Pending;
use super::metrics::Metrics;
use super::mining::Mining;
use super::parse_cache::Known;
use super::refusal::Refusal;
use super::settings::RpcSettings;
use crate::chain::{BlockHeight, ContractId, Included, Ledger, LedgerFailure, Moment, Principal};

/// How often blocks are looked for that came in another way than through the RPC.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The node behind the RPC.
pub(crate) struct Node {
    pub(crate) ledger: Ledger,
    pub(super) metrics: Metrics,
    pub(super) started: Instant,
    contracts: Known<ContractId>,
    principals: Known<Principal>,
    pending: Mutex<Pending>,
    pending_time: Duration,
    reads: Pool,
    writes: Pool,
    tip: watch::Sender<Newest>,
    pub(super) mining: watch::Sender<Mining>,
}

/// The newest block that is known of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Newest {
    pub(super) height: BlockHeight,
    /// How often the chain went back since the node was started.
    pub(super) reverts: u64,
}

impl Node {
    pub(super) fn new(ledger: Ledger, settings: &RpcSettings) -> Result<Self, LedgerFailure> {
        let tip = Newest { height: ledger.tip()?.height, reverts: 0 };
        Ok(Self {
            ledger,
            metrics: Metrics::default(),
            started: Instant::now(),
            contracts: Known::default(),
            principals: Known::default(),
            pending: Mutex::new(Pending::default()),
            pending_time: settings.pending_time,
            reads: Pool::new(settings.reads, settings.patience),
            writes: Pool::new(settings.writes, settings.patience),
            tip: watch::Sender::new(tip),
            mining: watch::Sender::new(settings.mining),
        })
    }

    /// The contract of an address and a name.
    pub(super) fn contract(&self, address: &str, name: &str) -> Result<ContractId, Refusal> {
        let contract = self.contracts.read(&format!("{address}.{name}"), ContractId::parse);
        contract.map_err(|error| Refusal::request(error.to_string()))
    }

    /// The principal of a text.
    pub(super) fn principal(&self, text: &str) -> Result<Principal, Refusal> {
        let principal = self.principals.read(text, Principal::parse);
        principal.map_err(|error| Refusal::request(error.to_string()))
    }

    /// Asks the ledger something. No thread waits for the answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Moment<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.reads.turn().await?;
        let (reply, answer) = oneshot::channel();
        self.ledger.ask_then(question, move |answered| {
            drop(turn);
            // The client may have gone.
            let _ = reply.send(answered);
        });
        answer.await.unwrap_or(Err(Refusal::BrokeOff))
    }

    /// Hands the ledger something.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.writes.run(act).await
    }

    /// A turn to hand the ledger something.
    pub(super) async fn turn_to_write(&self) -> Result<Turn, Refusal> {
        Ok(self.writes.turn().await?)
    }

    /// The transactions that wait. Held for moments only, and never while the ledger is asked.
    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Height of the newest block that is known of.
    pub(super) fn height(&self) -> BlockHeight {
        self.tip.borrow().height
    }

    /// Wakes up with each new block.
    pub(super) fn newest(&self) -> watch::Receiver<Newest> {
        self.tip.subscribe()
    }

    pub(crate) fn has_height(&self, height: BlockHeight) {
        self.tip.send_if_modified(|known| {
            let is_new = height > known.height;
            if is_new {
                known.height = height;
            }
            is_new
        });
    }

    /// The chain went back, and its newest block is at `height` now.
    pub(crate) fn has_gone_back(&self, height: BlockHeight) {
        self.tip.send_modify(|known| {
            *known = Newest { height, reverts: known.reverts + 1 };
        });
    }

    /// Notes a transaction that has just got into a block.
    pub(super) fn has_included(&self, included: &Included) {
        self.metrics.transaction(included.receipt.status.as_str());
        tracing::info!(
            txid = %included.txid,
            status = included.receipt.status.as_str(),
            height = included.height.get(),
            "transaction included"
        );
        self.has_height(included.height);
    }

    /// What must be done from time to time: blocks from elsewhere, transactions that waited too long.
    pub(super) async fn keep_up(&self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.pending().expire(Instant::now(), self.pending_time);
            if let Ok(tip) = self.read(|ledger| Ok(ledger.tip()?)).await {
                self.has_height(tip.height);
                // An answer that was under way when the chain went back may have told of a block that is gone.
                self.tip.send_if_modified(|known| {
                    let is_gone = known.reverts > 0 && known.height > tip.height;
                    if is_gone {
                        known.height = tip.height;
                    }
                    is_gone
                });
            }
        }
    }
}
