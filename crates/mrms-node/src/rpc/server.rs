//! The RPC server: binds the address, starts the background tasks, serves, and shuts down.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use mrms_http::{BodyBounds, BodyLimits, Bounds, ListenError, Listener, MinRate, run_blocking};
use tokio::task::JoinSet;

#[cfg(unix)]
use super::control_commands::perform;
use super::node::Node;
use super::observers;
use super::refusal::Refusal;
use super::routes::router;
use super::settings::RpcSettings;
use super::waiting_file::WaitingFileError;
use crate::chain::{Ledger, LedgerFailure, ScrubPace, ScrubStatus, scrub_until_stopped};
use crate::control::ControlSocket;
use crate::lower_thread_priority;

/// How long the scrub rests after it has read everything.
const SCRUB_REST: Duration = Duration::from_secs(24 * 3_600);

/// Why the RPC does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be opened, or the settings do not allow it.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The control socket cannot be created.
    #[error("cannot listen on {path}")]
    Control {
        /// Path of the socket.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file of what waits for a block can't be used.
    #[error("cannot use {path}, where transactions wait for a block")]
    Waiting {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: WaitingFileError,
    },
    /// The ledger failed.
    #[error("ledger does not answer")]
    Ledger {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

/// The RPC, bound to its address and not yet serving.
pub struct Server {
    listener: Listener,
    node: Arc<Node>,
    settings: RpcSettings,
    #[cfg(unix)]
    control: Option<ControlSocket>,
}

impl Server {
    /// Opens the address. Connections that arrive before [`Self::run`] wait.
    ///
    /// # Errors
    /// [`ServeError`]; nothing stays open.
    pub async fn bind(ledger: Ledger, settings: RpcSettings) -> Result<Self, ServeError> {
        let listener = Listener::bind(settings.listen, settings.reach).await?;
        let listener = listener.behind(settings.gate.clone());
        #[cfg(unix)]
        let control = match &settings.control {
            None => None,
            Some(control) => Some(
                ControlSocket::bind(control)
                    .map_err(|source| ServeError::Control { path: control.path.clone(), source })?,
            ),
        };
        let node = Node::new(ledger, &settings)?;
        Ok(Self {
            listener,
            node: Arc::new(node),
            settings,
            #[cfg(unix)]
            control,
        })
    }

    /// The address, with the actual port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready. Then it accepts no new connections, answers the running requests within
    /// [`RpcSettings::grace`], and closes the rest. A transaction that the ledger already has is included all
    /// the same.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        #[cfg(unix)]
        let control = self.control;
        let Self { listener, node, settings, .. } = self;
        let scrubber = settings.scrub.zip(node.scrub.clone());
        let scrubber = scrubber.map(|(pace, status)| Scrubber::begin(&node.ledger, pace, status));
        let waiting = Arc::clone(&node);
        // What the last run was killed in: a transaction that has no gap before it any more gets into a block now.
        let _ = run_blocking(move || {
            waiting.promote_all();
            Ok::<_, Refusal>(())
        })
        .await;
        let mut background = JoinSet::new();
        for observer in &settings.observers {
            let (node, observer) = (Arc::clone(&node), observer.clone());
            let cursors = settings.observer_cursors.clone();
            let notify =
                async move { observers::notify(&node, &observer, cursors.as_deref()).await };
            background.spawn(notify);
        }
        let periodic = Arc::clone(&node);
        background.spawn(async move { periodic.run_periodic_tasks().await });
        background.spawn(Arc::clone(&node).mine_at_intervals());
        #[cfg(unix)]
        if let Some(control) = control {
            let node = Arc::clone(&node);
            let execute = move |line: &[u8], rights| perform(line, &node, rights);
            background.spawn(control.serve(execute));
        }

        let bounds = Bounds {
            connections: settings.connections,
            head_time: settings.head_time,
            min_rate: MinRate { window: settings.stall, bytes_per_second: settings.slowest },
            grace: settings.grace,
        };
        let limits = BodyLimits::new(BodyBounds {
            longest: settings.body_bytes,
            all: settings.bodies_bytes,
            min_rate: bounds.min_rate,
            queue_timeout: settings.queue_timeout,
        });
        let router = router(Arc::clone(&node), Arc::new(limits), settings.published.clone());
        let admit = || node.metrics.requests.connection();
        let stop = async {
            stop.await;
            // Whatever runs foreign code is answered now, so that the rest has the whole grace.
            node.ledger.stop_foreign_code();
        };
        listener.serve_within(bounds, router, admit, stop).await;
        node.ledger.resume_foreign_code();
        background.shutdown().await;
        if let Some(scrubber) = scrubber {
            scrubber.end().await;
        }
    }
}

/// The thread that reads the ledger again and again, while the RPC serves it.
struct Scrubber {
    status: Arc<ScrubStatus>,
    thread: Option<JoinHandle<()>>,
}

impl Scrubber {
    fn begin(ledger: &Ledger, pace: ScrubPace, status: Arc<ScrubStatus>) -> Self {
        let (folder, own) = (ledger.folder().to_owned(), Arc::clone(&status));
        let thread = std::thread::Builder::new().name("ledger-scrub".to_owned()).spawn(move || {
            // Below whatever answers somebody.
            lower_thread_priority();
            lower_thread_priority();
            scrub_until_stopped(&folder, pace, SCRUB_REST, &own);
        });
        // Without a thread there is no scrub, and the number of passes says so.
        Self { status, thread: thread.ok() }
    }

    async fn end(self) {
        self.status.stop();
        if let Some(thread) = self.thread {
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}
