//! What the server has while it runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mrms_core::{Purpose, UnixTime};
use mrms_home::{HomeFolder, HomeSettings};
use mrms_http::Pool;
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::token::{Token, TokenHash};

/// Requests that are worked on at once. Each opens the home.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn.
const WAIT: Duration = Duration::from_secs(20);

/// What becomes of a Consent that lets somebody open more than before.
#[derive(Clone)]
pub enum Grants {
    /// It is refused.
    Refuse,
    /// The person is asked, with a sentence that says all of it.
    Ask(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    /// It is granted: whoever has the token may grant.
    Allow,
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "Refuse",
            Self::Ask(_) => "Ask(..)",
            Self::Allow => "Allow",
        })
    }
}

/// How the server works.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The address of the face, without a slash at its end: `http://127.0.0.1:20447/fhir`.
    pub base: String,
    /// The program's version.
    pub version: &'static str,
    /// When it was started.
    pub since: UnixTime,
    /// What the records of others are opened for, as their patients read it.
    pub purpose: Option<Purpose>,
    /// What becomes of Consents.
    pub grants: Grants,
    /// Most bytes of an envelope that goes on chain with its payload.
    pub inline_limit: usize,
}

/// The server of one profile.
pub struct FhirServer(pub(crate) Arc<Server>);

pub(crate) struct Server {
    pub(crate) folder: HomeFolder,
    pub(crate) home: HomeSettings,
    /// The profile's 24 words.
    pub(crate) phrase: Zeroizing<String>,
    pub(crate) token: TokenHash,
    pub(crate) settings: ServerSettings,
    pub(crate) memory: Memory,
    pub(crate) pool: Pool,
}

impl FhirServer {
    /// The server of the profile in these settings, whose words are at hand. Whoever has the token is let in.
    #[must_use]
    pub fn new(
        folder: HomeFolder,
        home: HomeSettings,
        phrase: Zeroizing<String>,
        token: &Token,
        settings: ServerSettings,
    ) -> Self {
        let (token, pool) = (token.hash(), Pool::new(AT_ONCE, WAIT));
        let memory = Memory::default();
        Self(Arc::new(Server { folder, home, phrase, token, settings, memory, pool }))
    }
}

impl fmt::Debug for FhirServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FhirServer").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
