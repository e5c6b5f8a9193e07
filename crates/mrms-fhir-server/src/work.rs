//! Runs the work of a request with the profile's home open, on a thread that may block.

use std::sync::Arc;

use mrms_app::audit::fhir::Namespace;
use mrms_app::{Actor, Session};
use mrms_core::{BurnClock, Principal};
use mrms_fhir::Refusal;
use mrms_home::{Home, Names, OpenHome};

use crate::answer::FhirError;
use crate::face::ServerFace;
use crate::reasons::refused;
use crate::server::Server;

/// What the work of a request has.
pub(crate) struct Work {
    pub(crate) server: Arc<Server>,
    pub(crate) home: Home,
    pub(crate) actor: Actor,
    pub(crate) names: Names,
    pub(crate) open: OpenHome,
    /// Turns burn heights into times, the same ones for the whole request.
    pub(crate) clock: BurnClock,
}

impl Work {
    pub(crate) fn begin(server: Arc<Server>) -> Result<Self, Refusal> {
        let face = ServerFace::new(server.phrase.clone());
        let home = Home::new(server.folder.clone(), server.home.clone(), Arc::new(face));
        let actor = home.unlock().map_err(refused)?;
        let names = home.names(Some(&actor)).map_err(refused)?;
        let open = home.open().map_err(refused)?;
        let clock = open.session().ledger.tip().map_err(refused)?.clock();
        Ok(Self { server, home, actor, names, open, clock })
    }

    /// The use cases.
    pub(crate) fn session(&self) -> Session<'_> {
        self.open.session()
    }

    pub(crate) fn me(&self) -> Principal {
        self.actor.principal()
    }

    /// How accounts and records are named.
    pub(crate) fn namespace(&self) -> Namespace<'_> {
        let session = self.session();
        Namespace { chain_id: session.ledger.network().chain_id, contract: self.open.contract() }
    }

    /// The system of the identifiers of records.
    pub(crate) fn contract_uri(&self) -> String {
        self.namespace().uri(self.open.contract())
    }
}

/// Does work with the home open. The home is closed before the answer is written.
pub(crate) async fn with_home<T: Send + 'static>(
    server: Arc<Server>,
    work: impl FnOnce(&Work) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, FhirError> {
    let pool = server.pool.clone();
    pool.run(move || Ok(work(&Work::begin(server)?)?)).await
}
