//! The vault's face as a whole: what stands behind it, what is done beside it, and how it all ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mrms_http::{Bounds, ListenError, Listener};
use mrms_store::{BlobStore, Uploads};
use mrms_vault::guardian::{Guardian, Sweep};

use super::desk::Desk;
use super::duties::{Duties, Duty};
use super::patience::{Pace, Patient};
use super::routes::router;
use super::settings::VaultSettings;

/// Pairs that the guardian looks at before it may be stopped.
const WATCHED_AT_ONCE: usize = 256;
/// How often idle uploads are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Why the vault's face does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can't be had, or must not be.
    #[error(transparent)]
    Listen(#[from] ListenError),
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
    listener: Listener,
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
        let listener = Listener::bind(settings.listen, settings.reach).await?;
        let Backing { guardian, blobs, uploads, mut duties } = backing;
        let desk = Arc::new(Desk::new(guardian, blobs, uploads, settings));
        duties.extend([watching(&desk), sweeping(&desk)]);
        Ok(Self { listener, desk, duties })
    }

    /// The address with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready. Then no connection is accepted any more, requests under way are
    /// answered within [`VaultSettings::grace`], and the rest is cut off: uploads keep what has
    /// arrived. A message that the guardian has been handed is in its log all the same.
    ///
    /// # Errors
    ///
    /// [`ServeError::Duties`], before anything is served.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, desk, duties } = self;
        let duties = Duties::begin(duties).map_err(|source| ServeError::Duties { source })?;
        let settings = &desk.settings;
        let bounds = Bounds {
            connections: settings.connections,
            head_time: settings.head_time,
            grace: settings.grace,
        };
        let pace = Pace { span: settings.stall, slowest: settings.slowest };
        let admit = |stream| (Patient::new(stream, pace), desk.metrics.requests.connection());
        listener.serve_within(bounds, router(Arc::clone(&desk)), admit, stop).await;
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
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}
