//! [`Server`]: starts the vault's listener and its periodic tasks, and stops both.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::guardian::{Guardian, Sweep};
use mrms_http::{Bounds, ListenError, Listener};
use mrms_store::{BlobStore, Uploads};

use super::app_state::AppState;
use super::periodic_tasks::{PeriodicTask, PeriodicTasks};
use super::routes::router;
use super::settings::VaultSettings;

/// Grants that the guardian looks at before it may be stopped.
const WATCHED_AT_ONCE: usize = 256;
/// How often idle uploads are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Why the vault is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is taken, or must not be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system gives no thread for the periodic tasks.
    #[error("cannot start the vault's periodic tasks")]
    PeriodicTasks {
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What the server works with, supplied by the binary.
pub struct Backing {
    /// Judges messages.
    pub guardian: Arc<Guardian>,
    /// Keeps ciphertext.
    pub blobs: Arc<dyn BlobStore>,
    /// Unfinished uploads. If their folder is inside the file store's, a finished upload is renamed and not copied.
    pub uploads: Arc<Uploads>,
    /// Periodic work of the binary, such as anchoring the log. The server adds watching grants and sweeping uploads.
    pub periodic_tasks: Vec<PeriodicTask>,
}

impl std::fmt::Debug for Backing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backing")
            .field("guardian", &self.guardian)
            .field("periodic_tasks", &self.periodic_tasks)
            .finish_non_exhaustive()
    }
}

/// The vault's server, bound to its address and not yet serving.
pub struct Server {
    listener: Listener,
    state: Arc<AppState>,
    periodic_tasks: Vec<PeriodicTask>,
}

impl Server {
    /// Takes the address. Connections that come before [`Self::run`] wait.
    ///
    /// # Errors
    ///
    /// [`ServeError`]; nothing is bound then.
    pub async fn bind(backing: Backing, settings: VaultSettings) -> Result<Self, ServeError> {
        let listener = Listener::bind(settings.listen, settings.reach).await?;
        let listener = listener.behind(settings.gate.clone());
        let Backing { guardian, blobs, uploads, mut periodic_tasks } = backing;
        let state = Arc::new(AppState::new(guardian, blobs, uploads, settings));
        periodic_tasks.extend([watch_grants(&state), sweep_uploads(&state)]);
        Ok(Self { listener, state, periodic_tasks })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready. Then it accepts no more connections, answers running requests within
    /// [`VaultSettings::grace`], and cuts off the rest. Uploads keep what has arrived. A message that reached the guardian
    /// is in its log even if the answer was cut off.
    ///
    /// # Errors
    ///
    /// [`ServeError::PeriodicTasks`], before anything is served.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, state, periodic_tasks } = self;
        let periodic_tasks = PeriodicTasks::start(periodic_tasks)
            .map_err(|source| ServeError::PeriodicTasks { source })?;
        let settings = &state.settings;
        let bounds = Bounds {
            connections: settings.connections,
            head_time: settings.head_time,
            min_rate: settings.min_rate(),
            grace: settings.grace,
        };
        let admit = || state.metrics.requests.connection();
        listener.serve_within(bounds, router(Arc::clone(&state)), admit, stop).await;
        // Waits for the task that is running, on a thread that may block.
        let _ = tokio::task::spawn_blocking(move || drop(periodic_tasks)).await;
        Ok(())
    }
}

/// Forgets shares whose grant has ended.
fn watch_grants(state: &Arc<AppState>) -> PeriodicTask {
    let every = state.settings.watch_every;
    let guardian = Arc::clone(&state.guardian);
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
    PeriodicTask { name: "watch-grants", every, run }
}

/// Removes uploads that have been idle for too long, and forgets announcements that nothing followed.
fn sweep_uploads(state: &Arc<AppState>) -> PeriodicTask {
    let state = Arc::clone(state);
    let run = Box::new(move || state.sweep_uploads());
    PeriodicTask { name: "sweep-uploads", every: SWEEP_EVERY, run }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}
