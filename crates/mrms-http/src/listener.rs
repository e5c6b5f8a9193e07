//! [`Listener`]: accepts connections on an address, limits how many there are and how slow they may be, and stops.
//!
//! Every request passes the [`Gate`] before the router sees it, one peer gets a quota of the connections only, and slow
//! clients are disconnected ([`WriteTimeout`]) or make way for others ([`Connections`]). So no server of the workspace can
//! forget any of it. In which words it refuses, a server chooses ([`Wording`]). Speaks HTTP/1.1 without encryption. TLS and access control are left to a reverse proxy.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::connections::{Admission, Connections, Place};
use crate::owner::Standing;
use crate::progress::{Progress, Watched, WatchedAnswer, WatchedRequest};
use crate::{Gate, GateRefusal, MinRate, Peer, Whose, WriteTimeout};

/// Bytes of a connection that are read ahead. Also the longest head of a request.
const HEAD_BYTES: usize = 64 * 1024;
/// Pause after the system could not accept a connection.
const NO_SOCKET_PAUSE: Duration = Duration::from_millis(100);

/// From this many bytes on, an answer is counted among those that take memory.
const LONG_ANSWER: usize = 64 * 1024;

/// How a server says that it does not let somebody in. Requests that are no HTTP get a bare status all the same.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The answer to a request that the gate refuses.
    pub gate: fn(GateRefusal) -> Response,
    /// What a connection gets that is over its peer's quota: media type and body. Empty for none.
    pub too_many: (&'static str, String),
}

impl Default for Wording {
    fn default() -> Self {
        Self { gate: GateRefusal::into_response, too_many: ("", String::new()) }
    }
}

impl Wording {
    /// The whole answer to a connection over its peer's quota.
    fn turning_away(&self) -> Vec<u8> {
        let (kind, body) = &self.too_many;
        let kind = match *kind {
            "" => String::new(),
            kind => format!("content-type: {kind}\r\ncache-control: no-store\r\n"),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 429 Too Many Requests\r\n{kind}retry-after: 1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        answer.into_bytes()
    }
}

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
    /// Connections served at once. For a further one, the connection makes way that has waited longest for its client,
    /// or the oldest one after its answer. One peer gets a quarter of them, and this machine seven eighths.
    pub connections: usize,
    /// How long a client may take for the head of a request, and a connection may be idle.
    pub head_time: Duration,
    /// How slowly a client may read an answer.
    pub min_rate: MinRate,
    /// How long running requests may take to end when the server stops.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 256,
            head_time: Duration::from_secs(30),
            min_rate: MinRate::default(),
            grace: Duration::from_secs(10),
        }
    }
}

/// A bound address that is not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    gate: Gate,
    whose: Whose,
    wording: Wording,
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
        let (gate, wording) = (Gate::default(), Wording::default());
        Ok(Self { socket, address, gate, whose: Whose::default(), wording })
    }

    /// The same with another gate than the default one.
    #[must_use]
    pub fn behind(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// The same for these users of this machine.
    #[must_use]
    pub fn answering_to(self, whose: Whose) -> Self {
        Self { whose, ..self }
    }

    /// The same with other words for what it refuses.
    #[must_use]
    pub fn saying(self, wording: Wording) -> Self {
        Self { wording, ..self }
    }

    /// The address, with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready. Then it accepts no more connections, answers running requests within ten seconds,
    /// and cuts off the rest.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        self.serve_within(Bounds::default(), router, || (), stop).await;
    }

    /// The same with other limits. `admit` is called for each connection, and what it returns is dropped when the
    /// connection ends.
    pub async fn serve_within<G: Send + 'static>(
        self,
        bounds: Bounds,
        router: Router,
        admit: impl Fn() -> G,
        stop: impl Future<Output = ()>,
    ) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::select! {
            () = stop => {}
            () = self.accept(bounds, router, admit, &graceful, &mut connections) => {}
        }
        drop(self.socket);
        tracing::info!(target: "mrms::http", "stopping");
        if tokio::time::timeout(bounds.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!(target: "mrms::http", "requests under way were cut off");
        }
        connections.shutdown().await;
    }

    async fn accept<G: Send + 'static>(
        &self,
        bounds: Bounds,
        router: Router,
        admit: impl Fn() -> G,
        graceful: &GracefulShutdown,
        connections: &mut JoinSet<()>,
    ) {
        let places = Connections::new(bounds.connections);
        let gate = Arc::new(Doorkeeper {
            gate: self.gate.clone(),
            whose: self.whose,
            refuse: self.wording.gate,
            told: AtomicBool::new(false),
        });
        let too_many = self.wording.turning_away();
        loop {
            while connections.try_join_next().is_some() {}
            let (stream, address) = match self.socket.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(target: "mrms::http", %error, "connection not accepted");
                    tokio::time::sleep(NO_SOCKET_PAUSE).await;
                    continue;
                }
            };
            let peer = Peer::of(address.ip());
            let Some(place) = place(&places, peer).await else {
                turn_away(&stream, &too_many);
                continue;
            };
            // Waiting to fill a packet would only delay answers, which are small and complete.
            let _ = stream.set_nodelay(true);
            let own = stream.local_addr().unwrap_or(self.address);
            let held = admit();
            let stream = WriteTimeout::new(stream, bounds.min_rate);
            let stream = Watched::new(stream, Arc::clone(&place.progress));
            let watch = (Arc::clone(&places), Arc::clone(&place.progress));
            let service = gated(Arc::clone(&gate), router.clone(), (address, own), watch);
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(bounds.head_time)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                tokio::select! {
                    ended = connection => if let Err(error) = ended {
                        tracing::debug!(target: "mrms::http", %error, "connection ended early");
                    },
                    () = place.makes_way() => {}
                }
                drop((held, place));
            });
        }
    }
}

/// A place for a new connection, as soon as there is one; `None` if its peer has its quota.
async fn place(places: &Arc<Connections>, peer: Peer) -> Option<Place> {
    loop {
        match places.admit(peer) {
            Admission::Place(place) => return Some(place),
            Admission::Refused => return None,
            Admission::Full => places.freed().await,
        }
    }
}

/// The gate, which tells its operator once that it turned somebody away.
struct Doorkeeper {
    gate: Gate,
    whose: Whose,
    refuse: fn(GateRefusal) -> Response,
    told: AtomicBool,
}

impl Doorkeeper {
    /// Whether a request may pass that came over such a connection.
    fn admit<B>(
        &self,
        request: &hyper::Request<B>,
        own: IpAddr,
        standing: Standing,
    ) -> Result<(), GateRefusal> {
        let admitted = match standing {
            Standing::Admitted(_) => self.gate.admit(request, own),
            Standing::Refused => Err(GateRefusal::OtherUser),
        };
        if let Err(refusal) = &admitted {
            tracing::debug!(target: "mrms::http", %refusal, "not let in");
            // Whoever has put a proxy before this server must learn why it answers nobody. Once, since strangers can
            // cause it.
            if !self.told.swap(true, Ordering::Relaxed) {
                tracing::warn!(target: "mrms::http", %refusal, "a request was not let in; further ones are told at the level debug");
            }
        }
        admitted
    }
}

/// The router of one connection, behind the gate. Whose the connection is, is looked at once, when it asks for the first time.
fn gated(
    doorkeeper: Arc<Doorkeeper>,
    router: Router,
    (address, own): (SocketAddr, SocketAddr),
    (places, progress): (Arc<Connections>, Arc<Progress>),
) -> impl Service<
    hyper::Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send,
> {
    let router = TowerToHyperService::new(router);
    let peer = Peer::of(address.ip());
    let standing = Arc::new(OnceCell::new());
    service_fn(move |request: hyper::Request<Incoming>| {
        let pause = progress.request_came();
        let mut request = request.map(|body| WatchedRequest::new(body, Arc::clone(&progress)));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(&progress));
        let (doorkeeper, router) = (Arc::clone(&doorkeeper), router.clone());
        let (places, progress) = (Arc::clone(&places), Arc::clone(&progress));
        let standing = Arc::clone(&standing);
        async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let whose = doorkeeper.whose;
            let standing = *standing.get_or_init(|| whose.admits(address, own)).await;
            if let Standing::Admitted(Some(user)) = standing {
                request.extensions_mut().insert(user);
            }
            let mut answer: Response = match doorkeeper.admit(&request, own.ip(), standing) {
                Ok(()) => router.call(request).await?,
                Err(refusal) => (doorkeeper.refuse)(refusal),
            };
            if progress.ends_after_answer() || standing == Standing::Refused {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let shared = Arc::clone(&progress);
            let added = move || {
                if shared.unsent() >= LONG_ANSWER {
                    places.bound_unread();
                }
            };
            Ok(answer.map(|body| Body::new(WatchedAnswer::new(body, progress, added))))
        }
    })
}

/// Answers a connection over its peer's quota, without waiting, and ends it.
fn turn_away(stream: &TcpStream, answer: &[u8]) {
    tracing::debug!(target: "mrms::http", "connection over its peer's quota");
    // What came is read, since the system discards an answer to bytes that nobody read.
    let _ = stream.try_read(&mut [0; 4096]);
    let _ = stream.try_write(answer);
}
