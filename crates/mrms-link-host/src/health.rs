//! Whether the host could make an entry and keep it now.
//!
//! Anybody may ask, also a page in any browser. So it is looked once in a while, and whoever asks meanwhile is told what was
//! found.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use mrms_home::{Home, HomeError};

use crate::answer::Refused;
use crate::face::HostFace;
use crate::server::Server;

/// For how long it is well.
const WELL: Duration = Duration::from_secs(10);
/// For how long it is in trouble: whoever has mended it wants to see it soon.
const IN_TROUBLE: Duration = Duration::from_secs(1);
/// The least room on the disk, in bytes. Logs and counts are small.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

/// Why the host can give nothing.
pub(crate) type Trouble = &'static str;

/// What was found when it was looked last.
#[derive(Default)]
pub(crate) struct Looked(Mutex<Option<(Instant, Option<Trouble>)>>);

impl Looked {
    fn fresh(&self) -> Option<Option<Trouble>> {
        let (when, found) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let holds = if found.is_none() { WELL } else { IN_TROUBLE };
        (when.elapsed() < holds).then_some(found)
    }

    fn note(&self, found: Option<Trouble>) {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = looked.and_then(|(_, found)| found);
        if let Some(trouble) = found.filter(|_| before != found) {
            tracing::error!(target: "mrms::link", trouble, "nothing can be given");
        }
        *looked = Some((Instant::now(), found));
    }
}

/// `GET /v1/health`.
pub(crate) async fn health(State(server): State<Arc<Server>>) -> Result<&'static str, Refused> {
    match trouble(&server).await {
        None => Ok("ok\n"),
        Some(trouble) => Err(Refused::Unwell(trouble)),
    }
}

/// What is wrong; `None` if nothing is.
pub(crate) async fn trouble(server: &Arc<Server>) -> Option<Trouble> {
    if let Some(found) = server.looked.fresh() {
        return found;
    }
    let shared = Arc::clone(server);
    let looked = server.looks.run(move || {
        // Somebody else may have looked while this one waited for its turn.
        let found = shared.looked.fresh().unwrap_or_else(|| {
            let found = look(&shared);
            shared.looked.note(found);
            found
        });
        Ok::<_, Refused>(found)
    });
    looked.await.unwrap_or(Some("The ledger does not answer in time."))
}

/// Asks disk and ledger.
fn look(server: &Server) -> Option<Trouble> {
    match server.links.room() {
        Ok(room) if room.is_none_or(|bytes| bytes >= LEAST_ROOM) => {}
        Ok(_) => return Some("The disk is full."),
        Err(error) => {
            tracing::debug!(target: "mrms::link", %error, "the host's folder can't be used");
            return Some("The folder of the links can't be used.");
        }
    }
    match tip(server) {
        Ok(()) => None,
        Err(error) => {
            let error = mrms_home::error::chain(&error);
            tracing::debug!(target: "mrms::link", %error, "the ledger can't be used");
            Some("The ledger can't be used, so that no entry can be made.")
        }
    }
}

fn tip(server: &Server) -> Result<(), HomeError> {
    let home = Home::new(server.folder.clone(), server.home.clone(), Arc::new(HostFace));
    home.contract()?;
    home.ledger()?.port().tip()?;
    Ok(())
}
