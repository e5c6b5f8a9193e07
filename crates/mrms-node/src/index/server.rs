//! The index over HTTP: one address on which the node tells of its blocks, one for those who ask.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mrms_http::{BodyBounds, BodyLimits, Bounds, Gate, ListenError, Listener, MinRate, Reach};
use tokio::task::JoinSet;

use super::comparison::{NodeInfo, Standing};
use super::file::Index;
use super::state::{State, now};
use super::upstream::NodeUrl;
use super::write::GapRule;
use super::{answers, intake};
use crate::chain::{BlockHash, BlockHeight};
use crate::rpc::refusal::Refusal;

/// How often the node is asked for its newest block.
const ASK_INTERVAL: Duration = Duration::from_secs(2);

/// How to serve an index. The defaults are for an index beside its node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IndexSettings {
    /// Address and port for those who ask. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// Whether other machines may reach that address.
    pub reach: Reach,
    /// Address and port on which the node tells of its blocks. Of this machine only: whoever reaches it can write into the
    /// index.
    pub events: SocketAddr,
    /// Further names of the index.
    pub gate: Gate,
    /// The node.
    pub node: NodeUrl,
    /// What becomes of a block whose parent the index does not have.
    pub rule: GapRule,
    /// Longest message of the node, in bytes.
    pub message_bytes: usize,
    /// Longest request of those who ask, in bytes.
    pub body_bytes: usize,
    /// Maximum bytes of an answer that lists something.
    pub answer_bytes: usize,
    /// Maximum number of simultaneous reads, and of simultaneous questions to the node. Further ones wait.
    pub reads: usize,
    /// How long a request may wait for its turn.
    pub queue_timeout: Duration,
}

impl IndexSettings {
    /// The defaults, for a node.
    #[must_use]
    pub fn of(node: NodeUrl) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_450)),
            reach: Reach::Loopback,
            events: SocketAddr::from((Ipv4Addr::LOCALHOST, 20_449)),
            gate: Gate::default(),
            node,
            rule: GapRule::Refuse,
            message_bytes: 256 * 1024 * 1024,
            body_bytes: 16 * 1024 * 1024,
            answer_bytes: 1024 * 1024,
            reads: 16,
            queue_timeout: Duration::from_secs(30),
        }
    }
}

/// An index, bound to its addresses and not yet serving.
pub struct IndexServer {
    asked: Listener,
    told: Listener,
    state: Arc<State>,
    settings: IndexSettings,
}

impl std::fmt::Debug for IndexServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexServer").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl IndexServer {
    /// Opens both addresses. Connections that arrive before [`Self::run`] wait.
    ///
    /// # Errors
    /// [`ListenError`]; nothing stays open.
    pub async fn bind(index: Index, settings: IndexSettings) -> Result<Self, ListenError> {
        let asked = Listener::bind(settings.listen, settings.reach).await?;
        let told = Listener::bind(settings.events, Reach::Loopback).await?;
        let asked = asked.behind(settings.gate.clone());
        let told = told.behind(settings.gate.clone());
        let state = Arc::new(State::new(Arc::new(index), &settings));
        Ok(Self { asked, told, state, settings })
    }

    /// The address for those who ask, with the actual port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.asked.address()
    }

    /// The address for the node's messages, with the actual port.
    #[must_use]
    pub const fn events_address(&self) -> SocketAddr {
        self.told.address()
    }

    /// Serves until `stop` is ready. Then running requests are answered, and the rest is closed.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { asked, told, state, settings } = self;
        let min_rate = MinRate::default();
        let limits = |longest: usize| {
            Arc::new(BodyLimits::new(BodyBounds {
                longest,
                all: longest.saturating_mul(2),
                min_rate,
                queue_timeout: settings.queue_timeout,
            }))
        };
        let bounds = Bounds { grace: Duration::from_secs(1), ..Bounds::default() };
        let answers = answers::router(Arc::clone(&state), limits(settings.body_bytes));
        let intake = intake::router(Arc::clone(&state), limits(settings.message_bytes));
        let mut background = JoinSet::new();
        background.spawn(compare(Arc::clone(&state)));
        let (ended, end) = tokio::sync::watch::channel(());
        let until_end = |mut end: tokio::sync::watch::Receiver<()>| async move {
            // It ends when the sender is gone.
            while end.changed().await.is_ok() {}
        };
        let stop = async {
            stop.await;
            drop(ended);
        };
        let connection = || state.requests.connection();
        tokio::join!(
            stop,
            asked.serve_within(bounds, answers, connection, until_end(end.clone())),
            told.serve_within(bounds, intake, connection, until_end(end)),
        );
        background.shutdown().await;
    }
}

/// Asks the node for its newest block again and again, and goes there with it. Never returns.
async fn compare(state: Arc<State>) {
    let mut tick = tokio::time::interval(ASK_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(refusal) = compare_once(&state).await {
            tracing::error!(target: "mrms::index", ?refusal, "the index can't be compared with its node");
        }
    }
}

async fn compare_once(state: &State) -> Result<(), Refusal> {
    let Ok(info) = state.node.json::<NodeInfo>("/v2/info").await else {
        state.comparison().standing = Standing::NoAnswer;
        return Ok(());
    };
    let (network_id, genesis) = (info.network_id, info.genesis_chainstate_hash);
    let is_same = state.write(move |index| Ok(index.is_of_chain(network_id, genesis.as_deref())?));
    if !is_same.await? {
        let mut comparison = state.comparison();
        if comparison.standing != Standing::OtherChain {
            tracing::error!(target: "mrms::index", node = %state.node, "the node is of another chain than this index");
        }
        comparison.standing = Standing::OtherChain;
        return Ok(());
    }
    let Ok(hash) = BlockHash::parse(&info.stacks_tip) else {
        state.comparison().standing = Standing::NoAnswer;
        return Ok(());
    };
    let newest = state.read(|snapshot| Ok(snapshot.newest()?)).await?;
    let place = (BlockHeight::new(info.stacks_tip_height), hash);
    let go = state.comparison().compare(place, newest.map(|block| (block.height, block.hash)));
    if let Some((height, hash)) = go {
        let went =
            state.write(move |index| Ok::<_, Refusal>(index.follow(height, &hash, now())?));
        if went.await? {
            state.forks.count("followed");
            tracing::warn!(target: "mrms::index", %height, "went to the node's newest block");
        }
    }
    Ok(())
}
