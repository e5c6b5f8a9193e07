//! The socket: who may connect, how many at once, and how it all ends.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::edge::BodyLimits;
use super::node::Node;
use super::observers;
use super::routes::router;
use super::settings::{Reach, RpcSettings};
use crate::chain::{Ledger, LedgerFailure};
#[cfg(unix)]
use crate::control::ControlSocket;

/// Longest head of a request, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// Pause after the system had no socket to give.
const NO_SOCKET_PAUSE: Duration = Duration::from_millis(100);

/// Why the RPC does not start.
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
    /// The socket for the machine's owner cannot be made.
    #[error("cannot listen on {path}")]
    Control {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The ledger failed.
    #[error("ledger does not answer")]
    Ledger {
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

/// The RPC, bound to its address and not yet serving.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    node: Arc<Node>,
    settings: RpcSettings,
    #[cfg(unix)]
    control: Option<ControlSocket>,
}

impl Server {
    /// Takes the address. Connections that come before [`Self::run`] wait.
    ///
    /// # Errors
    /// [`ServeError`]; nothing is bound then.
    pub async fn bind(ledger: Ledger, settings: RpcSettings) -> Result<Self, ServeError> {
        let address = settings.listen;
        if settings.reach == Reach::Loopback && !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address });
        }
        let listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        #[cfg(unix)]
        let control = match &settings.control {
            None => None,
            Some(control) => Some(
                ControlSocket::bind(control)
                    .map_err(|source| ServeError::Control { path: control.path.clone(), source })?,
            ),
        };
        let node =
            Node::new(ledger, &settings).map_err(|failure| ServeError::Ledger { failure })?;
        Ok(Self {
            listener,
            address,
            node: Arc::new(node),
            settings,
            #[cfg(unix)]
            control,
        })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready. Then no connection is accepted any more, requests under way are
    /// answered within [`RpcSettings::grace`], and the rest is cut off. A transaction that the ledger has
    /// already been handed is included all the same.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        #[cfg(unix)]
        let control = self.control;
        let Self { listener, node, settings, .. } = self;
        let mut companions = JoinSet::new();
        for observer in &settings.observers {
            let (node, observer) = (Arc::clone(&node), observer.clone());
            companions.spawn(async move { observers::tell(&node, &observer).await });
        }
        let keeper = Arc::clone(&node);
        companions.spawn(async move { keeper.keep_up().await });
        companions.spawn(Arc::clone(&node).keep_pace());
        #[cfg(unix)]
        if let Some(control) = control {
            companions.spawn(control.serve(Arc::clone(&node)));
        }

        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::select! {
            () = stop => {}
            () = accept(&listener, &node, &settings, &graceful, &mut connections) => {}
        }
        drop(listener);
        tracing::info!("stopping");
        if tokio::time::timeout(settings.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off");
        }
        connections.shutdown().await;
        companions.shutdown().await;
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Accepts for ever. A further connection waits in the system's queue until there is a place.
async fn accept(
    listener: &TcpListener,
    node: &Arc<Node>,
    settings: &RpcSettings,
    graceful: &GracefulShutdown,
    connections: &mut JoinSet<()>,
) {
    let places = Arc::new(Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let service = router(Arc::clone(node), Arc::new(BodyLimits::new(settings)));
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
        // Answers are small and complete; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.head_time)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service.clone()));
        let connection = graceful.watch(connection);
        let node = Arc::clone(node);
        connections.spawn(async move {
            node.metrics.connection_opened();
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            node.metrics.connection_closed();
            drop(place);
        });
    }
}
