//! [`Listener`]: accepts connections on an address, limits how many there are and how slow they may be, and stops.
//!
//! Speaks HTTP/1.1 without encryption. TLS and access control are left to a reverse proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Bytes of a connection that are read ahead. Also the longest head of a request.
const HEAD_BYTES: usize = 64 * 1024;
/// Pause after the system could not accept a connection.
const NO_SOCKET_PAUSE: Duration = Duration::from_millis(100);

/// From where an address may be reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// From this machine only; any other address is refused.
    Loopback,
    /// From other machines as well.
    Network,
}

/// Why an address can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Other machines can reach the address, which was not allowed.
    #[error("{address} can be reached from other machines")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address is taken, or is not one of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Limits on connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections served at once; further ones wait in the system's queue.
    pub connections: usize,
    /// How long a client may take for the head of a request, and a connection may be idle.
    pub head_time: Duration,
    /// How long running requests may take to end when the server stops.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 256,
            head_time: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// A bound address that is not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds an address; port 0 takes a free one. Connections that come before [`Self::serve`] wait.
    ///
    /// # Errors
    ///
    /// [`ListenError`]; nothing is bound then.
    pub async fn bind(address: SocketAddr, reach: Reach) -> Result<Self, ListenError> {
        if reach == Reach::Loopback && !address.ip().is_loopback() {
            return Err(ListenError::NotLoopback { address });
        }
        let listen = |source| ListenError::Listen { address, source };
        let socket = TcpListener::bind(address).await.map_err(listen)?;
        let address = socket.local_addr().map_err(listen)?;
        Ok(Self { socket, address })
    }

    /// The address, with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready. Then it accepts no more connections, answers running requests within ten seconds,
    /// and cuts off the rest.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        self.serve_within(Bounds::default(), router, |stream| (stream, ()), stop).await;
    }

    /// The same with other limits. `admit` wraps each accepted stream, and returns a guard that is dropped when the
    /// connection ends.
    pub async fn serve_within<S, G>(
        self,
        bounds: Bounds,
        router: Router,
        admit: impl Fn(TcpStream) -> (S, G),
        stop: impl Future<Output = ()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        G: Send + 'static,
    {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::select! {
            () = stop => {}
            () = self.accept(bounds, router, admit, &graceful, &mut connections) => {}
        }
        drop(self.socket);
        tracing::info!("stopping");
        if tokio::time::timeout(bounds.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off");
        }
        connections.shutdown().await;
    }

    async fn accept<S, G>(
        &self,
        bounds: Bounds,
        router: Router,
        admit: impl Fn(TcpStream) -> (S, G),
        graceful: &GracefulShutdown,
        connections: &mut JoinSet<()>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        G: Send + 'static,
    {
        let places = bounds.connections.clamp(1, Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(places));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            while connections.try_join_next().is_some() {}
            let stream = match self.socket.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(NO_SOCKET_PAUSE).await;
                    continue;
                }
            };
            // Waiting to fill a packet would only delay answers, which are small and complete.
            let _ = stream.set_nodelay(true);
            let (stream, held) = admit(stream);
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(bounds.head_time)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended early");
                }
                drop((held, place));
            });
        }
    }
}
