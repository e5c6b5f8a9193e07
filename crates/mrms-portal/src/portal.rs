//! What the portal has while it runs: the home that it serves, who came in, and what they opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use mrms_app::profile::links::RemoteHost;
use mrms_crypto::age_file::WorkFactor;
use mrms_home::joining::making::OwnAddresses;
use mrms_home::link_host::LinkViewer;
use mrms_home::viewing::Viewers;
use mrms_home::{HomeFolder, HomeSettings, ProfileName};
use zeroize::Zeroizing;

use crate::entrance::browsers::Browsers;
use crate::entrance::links::Links;
use crate::entrance::openings::Openings;
use crate::entrance::sessions::Sessions;
use crate::entrance::tries::Tries;
use crate::error::PortalError;
use crate::words::Words;
use crate::work::{Homes, phrase_of};

/// Which hosts links can have, as the settings name them.
#[derive(Clone, Debug, Default)]
pub struct LinkHosts {
    /// A host that is not of this home.
    pub elsewhere: Option<RemoteHost>,
    /// How others reach the host of this home, where that is not the address on which it answers.
    pub own_url: Option<String>,
    /// In which viewer links open.
    pub viewer: LinkViewer,
}

/// By which ways the person is told what happens while no page is open, as the settings name them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToldBy {
    /// On the desktop of this machine.
    pub desktop: bool,
    /// A message to an address that somebody runs.
    pub webhook: bool,
    /// A topic of ntfy.
    pub ntfy: bool,
    /// Whether messages name people.
    pub names: bool,
}

/// What became of a key agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedAgent {
    /// There was none.
    None,
    /// It has forgotten the words.
    Ended,
    /// It could not be ended, and keeps them until its time is over.
    GoesOn,
}

/// The key agents of this machine, which let commands in without a passphrase. Who runs the portal knows them.
pub trait KeyAgents: fmt::Debug + Send + Sync {
    /// Ends the one of a profile.
    fn end(&self, profile: &ProfileName) -> EndedAgent;
}

/// How the portal works.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// Most bytes of an envelope that goes on chain with its payload.
    pub inline_limit: usize,
    /// Flags and variables that would win over what an invitation brings; with one of them nobody is joined here.
    pub overriding: Vec<&'static str>,
    /// How much work a try of a passphrase costs, for a profile that is made here.
    pub work_factor: WorkFactor,
    /// What starts the processes that look at documents.
    pub viewers: Viewers,
    /// The link hosts.
    pub link_hosts: LinkHosts,
    /// The ways of messages.
    pub told_by: ToldBy,
    /// What invitations say.
    pub invites: Invites,
    /// What lets commands in.
    pub agents: Arc<dyn KeyAgents>,
}

/// What invitations that are made here say.
#[derive(Clone, Debug, Default)]
pub struct Invites {
    /// By which addresses others reach what this home serves.
    pub own: OwnAddresses,
    /// The list of the sponsor's vouchers; `None` where it takes none.
    pub vouchers: Option<PathBuf>,
}

/// The portal of one home.
#[derive(Debug)]
pub struct Portal {
    pub(crate) homes: Homes,
    pub(crate) settings: PortalSettings,
    pub(crate) links: Links,
    pub(crate) browsers: Arc<Browsers>,
    pub(crate) sessions: Sessions,
    pub(crate) openings: Openings,
    pub(crate) passphrases: Tries,
    /// One first profile is made at a time, however often a button was pressed.
    pub(crate) making: tokio::sync::Mutex<()>,
    cookie: String,
    port: u16,
}

impl Portal {
    /// The portal of the home in this folder, that listens on this port. The port is part of the cookie's name,
    /// since cookies go to every port of a machine.
    #[must_use]
    pub fn new(
        folder: HomeFolder,
        home: HomeSettings,
        settings: PortalSettings,
        port: u16,
    ) -> Self {
        Self {
            links: Links::of(&folder),
            browsers: Arc::new(Browsers::of(&folder)),
            homes: Homes::new(folder, home),
            settings,
            sessions: Sessions::default(),
            openings: Openings::default(),
            passphrases: Tries::default(),
            making: tokio::sync::Mutex::default(),
            cookie: format!("mrms_portal_{port}"),
            port,
        }
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The origin by which a browser says that it asks; `None` for one with another port than this portal's, of which a page
    /// there could hand on what a browser signed for it.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<String> {
        let host = headers.get(HOST)?.to_str().ok()?;
        let port = host.rsplit(':').next()?.parse::<u16>().ok()?;
        (port == self.port).then(|| format!("http://{host}"))
    }

    /// The 24 words of a profile, by its passphrase. `Err` inside is a sentence for the person: it is wrong, or too many
    /// tries were.
    pub(crate) async fn unlocked(
        &self,
        words: &Words,
        profile: ProfileName,
        passphrase: Zeroizing<String>,
    ) -> Result<Result<Zeroizing<String>, (StatusCode, String)>, PortalError> {
        let now = mrms_files::seconds_since_boot();
        let wait = self.passphrases.wait(now);
        if wait > 0 {
            let wrong = words.with("wait-seconds", &[("seconds", wait.into())]);
            return Ok(Err((StatusCode::TOO_MANY_REQUESTS, wrong)));
        }
        let Some(phrase) = phrase_of(&self.homes, profile, passphrase).await? else {
            self.passphrases.wrong(now);
            return Ok(Err((StatusCode::FORBIDDEN, words.say("unlock-wrong"))));
        };
        self.passphrases.right();
        Ok(Ok(phrase))
    }
}
