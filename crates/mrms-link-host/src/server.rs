//! What the host has while it runs.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mrms_app::links::folder::HostFolder;
use mrms_home::{HomeFolder, HomeSettings};
use mrms_http::{Bounds, Connection, Listener, Pool};

use crate::health::Looked;
use crate::metrics::Metrics;
use crate::rate_limit::RateLimit;
use crate::routes;

/// Requests that are worked on at once. Each opens the home.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn.
const WAIT: Duration = Duration::from_secs(20);
/// How long who asks for health or metrics waits for who asked before.
const LOOK_WAIT: Duration = Duration::from_secs(4);

/// How the host works.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The address by which viewers reach it, without a slash at its end.
    pub url: String,
    /// How often one link may be asked for in a minute.
    pub per_minute: u32,
    /// SHA-256 of the key with which links of other homes are taken; `None` takes none.
    pub deposit_key: Option<[u8; 32]>,
}

/// A host of the links in one home.
pub struct LinkHostServer(pub(crate) Arc<Server>);

pub(crate) struct Server {
    pub(crate) folder: HomeFolder,
    pub(crate) home: HomeSettings,
    pub(crate) links: HostFolder,
    pub(crate) settings: HostSettings,
    pub(crate) rate_limit: RateLimit,
    pub(crate) pool: Pool,
    pub(crate) metrics: Metrics,
    pub(crate) looked: Looked,
    /// Looks at ledger and disk, one at a time, that no viewer waits for.
    pub(crate) looks: Pool,
    pub(crate) started: Instant,
}

impl LinkHostServer {
    /// The host of the links in this home.
    #[must_use]
    pub fn new(folder: HomeFolder, home: HomeSettings, settings: HostSettings) -> Self {
        let links = HostFolder::at(&folder.links());
        let rate_limit = RateLimit::new(settings.per_minute);
        let pool = Pool::new(AT_ONCE, WAIT);
        Self(Arc::new(Server {
            folder,
            home,
            links,
            settings,
            rate_limit,
            pool,
            metrics: Metrics::default(),
            looked: Looked::default(),
            looks: Pool::new(1, LOOK_WAIT),
            started: Instant::now(),
        }))
    }

    /// Answers on this address until `stop` is ready.
    pub async fn serve(self, listener: Listener, stop: impl Future<Output = ()>) {
        let Self(server) = self;
        let router = routes::router(&server);
        let connection = move || -> Connection { server.metrics.requests.connection() };
        listener.serve_within(Bounds::default(), router, connection, stop).await;
    }
}

impl fmt::Debug for LinkHostServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkHostServer").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
