//! The socket: who may connect, how many at once, and how it all ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use mrms_store::{BlobStore, Uploads};
use mrms_vault::guardian::{Guardian, Sweep};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::desk::Desk;
use super::duties::{Duties, Duty};
use super::patience::{Pace, Patient};
use super::routes::router;
use super::settings::{Reach, VaultSettings};

/// Bytes of a connection that are read ahead; the longest head of a request, too.
const READ_AHEAD: usize = 64 * 1024;
/// Pause after the system had no socket to give.
const NO_SOCKET_PAUSE: Duration = Duration::from_millis(100);
/// Pairs that the guardian looks at before it may be stopped.
const WATCHED_AT_ONCE: usize = 256;
/// How often idle uploads are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Why the vault's face does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can be reached from elsewhere, and that was not asked for.
    #[error("{address} can be reached from other machines")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("cannot begin the vault's duties")]
    Duties {
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What stands behind the face.
pub struct Backing {
    /// Judges messages.
    pub guardian: Arc<Guardian>,
    /// Keeps ciphertext.
    pub blobs: Arc<dyn BlobStore>,
    /// Ciphertext on its way in. In a folder inside of a file store's, it is not copied.
    pub uploads: Arc<Uploads>,
    /// What is done without being asked, such as anchoring the log. Watching grants and sweeping
    /// uploads are added.
    pub duties: Vec<Duty>,
}

impl std::fmt::Debug for Backing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backing")
            .field("guardian", &self.guardian)
            .field("duties", &self.duties)
            .finish_non_exhaustive()
    }
}

/// The vault's face, bound to its address and not yet serving.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    desk: Arc<Desk>,
    duties: Vec<Duty>,
}

impl Server {
    /// Takes the address. Connections that come before [`Self::run`] wait.
    ///
    /// # Errors
    ///
    /// [`ServeError`]; nothing is bound then.
    pub async fn bind(backing: Backing, settings: VaultSettings) -> Result<Self, ServeError> {
        let address = settings.listen;
        if settings.reach == Reach::Loopback && !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address });
        }
        let listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let Backing { guardian, blobs, uploads, mut duties } = backing;
        let desk = Arc::new(Desk::new(guardian, blobs, uploads, settings));
        duties.extend([watching(&desk), sweeping(&desk)]);
        Ok(Self { listener, address, desk, duties })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready. Then no connection is accepted any more, requests under way are
    /// answered within [`VaultSettings::grace`], and the rest is cut off: uploads keep what has
    /// arrived. A message that the guardian has been handed is in its log all the same.
    ///
    /// # Errors
    ///
    /// [`ServeError::Duties`], before anything is served.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, desk, duties, .. } = self;
        let duties = Duties::begin(duties).map_err(|source| ServeError::Duties { source })?;
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::select! {
            () = stop => {}
            () = accept(&listener, &desk, &graceful, &mut connections) => {}
        }
        drop(listener);
        tracing::info!("stopping");
        if tokio::time::timeout(desk.settings.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off");
        }
        connections.shutdown().await;
        // Waits for the duty that is being done; a thread of its own may block.
        let _ = tokio::task::spawn_blocking(move || drop(duties)).await;
        Ok(())
    }
}

/// Forgets shares whose grant has ended.
fn watching(desk: &Arc<Desk>) -> Duty {
    let every = desk.settings.watch_every;
    let guardian = Arc::clone(&desk.guardian);
    let run = Box::new(move || {
        let (mut looked, mut forgotten) = (0, 0);
        loop {
            let report = guardian.watch(WATCHED_AT_ONCE).map_err(|error| error.to_string())?;
            looked += report.looked;
            forgotten += report.forgotten;
            if report.sweep == Sweep::Complete || report.looked == 0 {
                break;
            }
        }
        let told = format!("{forgotten} of {looked} pairs forgotten");
        Ok((forgotten > 0).then_some(told))
    });
    Duty { name: "watch-grants", every, run }
}

/// Removes uploads to which nobody has come back.
fn sweeping(desk: &Arc<Desk>) -> Duty {
    let desk = Arc::clone(desk);
    Duty { name: "sweep-uploads", every: SWEEP_EVERY, run: Box::new(move || desk.sweep()) }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Accepts for ever. A further connection waits in the system's queue until there is a place.
async fn accept(
    listener: &TcpListener,
    desk: &Arc<Desk>,
    graceful: &GracefulShutdown,
    connections: &mut JoinSet<()>,
) {
    let settings = &desk.settings;
    let places = Arc::new(Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let pace = Pace { span: settings.stall, slowest: settings.slowest };
    let service = router(Arc::clone(desk));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(NO_SOCKET_PAUSE).await;
                continue;
            }
        };
        // Answers to messages are small and complete; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.head_time)
            .max_buf_size(READ_AHEAD)
            .serve_connection(
                TokioIo::new(Patient::new(stream, pace)),
                TowerToHyperService::new(service.clone()),
            );
        let connection = graceful.watch(connection);
        let desk = Arc::clone(desk);
        connections.spawn(async move {
            desk.metrics.connection_opened();
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            desk.metrics.connection_closed();
            drop(place);
        });
    }
}
