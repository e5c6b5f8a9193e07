//! The RPC as a whole: its address, what is done beside answering, and how it all ends.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use mrms_http::{BodyBounds, BodyLimits, Bounds, ListenError, Listener};
use tokio::task::JoinSet;

use super::node::Node;
use super::observers;
use super::routes::router;
use super::settings::RpcSettings;
use crate::chain::{Ledger, LedgerFailure};
#[cfg(unix)]
use crate::control::ControlSocket;

/// Why the RPC does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can't be had, or must not be.
    #[error(transparent)]
    Listen(#[from] ListenError),
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
    listener: Listener,
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
        let listener = Listener::bind(settings.listen, settings.reach).await?;
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
            node: Arc::new(node),
            settings,
            #[cfg(unix)]
            control,
        })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
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

        let bounds = Bounds {
            connections: settings.connections,
            head_time: settings.head_time,
            grace: settings.grace,
        };
        let limits = BodyLimits::new(BodyBounds {
            longest: settings.body_bytes,
            all: settings.bodies_bytes,
            time: settings.body_time,
            queue_timeout: settings.patience,
        });
        let router = router(Arc::clone(&node), Arc::new(limits));
        let admit = |stream| (stream, node.metrics.requests.connection());
        listener.serve_within(bounds, router, admit, stop).await;
        companions.shutdown().await;
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}
