//! Which host answers for a link: this home's folder, or one elsewhere over HTTP.

use std::time::Duration;

use mrms_app::Actor;
use mrms_app::links::deposit::Deposit;
use mrms_app::links::folder::HostFolder;
use mrms_app::links::host::{HostError, HostStanding, LinkHost};
use mrms_app::links::make::LinkError;
use mrms_app::links::manage::{ManageLink, ManagedLink, PutLink};
use mrms_app::profile::links::{KeptLink, LinkId, RemoteHost};
use mrms_core::RecordId;
use mrms_crypto::{IdentityIndex, Words};
use mrms_links::manifest::NO_LINK;
use mrms_links::page;
use mrms_stacks::client::{ApiKey, ClientError, ClientSettings, PlainHttp, Repeat, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::clock::rng;
use crate::home::Home;
use crate::keys::actor_of;
use crate::open::OpenHome;

/// How long a request may take: a deposit of many megabytes takes its time.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long a host may take to answer whether it is there.
const SILENCE: Duration = Duration::from_secs(5);

/// Whether a host answers at its address now, as far as this machine can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostAnswers {
    /// A link host answers.
    Yes,
    /// Nothing answers, or something else does; why.
    No(String),
    /// It can't be asked from here: the address is none that this machine speaks unencrypted HTTP with.
    NotAsked,
}

/// In which viewer links open for people, as the settings name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LinkViewer {
    /// The page of the link's own host, where it has one.
    #[default]
    OfHost,
    /// One of their own: the plain text is given alone.
    Theirs,
    /// The one at this address.
    At(String),
}

impl LinkViewer {
    /// Reads the setting: an address, or `none`.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text {
            None => Self::OfHost,
            Some("none") => Self::Theirs,
            Some(address) => Self::At(address.to_owned()),
        }
    }

    /// The address, where there is one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::At(address) => Some(address),
            Self::OfHost | Self::Theirs => None,
        }
    }
}

/// A host elsewhere, for one link.
pub struct LinkHostElsewhere {
    host: RemoteHost,
    manager: Zeroizing<String>,
    plain_http: PlainHttp,
}

impl LinkHostElsewhere {
    /// The host for the link with this manager secret; none is needed to make a new one.
    #[must_use]
    pub const fn new(host: RemoteHost, manager: Zeroizing<String>, plain_http: PlainHttp) -> Self {
        Self { host, manager, plain_http }
    }

    fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        message: &impl Serialize,
    ) -> Result<T, HostError> {
        let away = |error: ClientError| HostError::Unreachable { reason: chain(&error) };
        let key: ApiKey =
            self.host.deposit_key.parse().map_err(|_| HostError::NotAllowed {
                reason: "the deposit key is none".to_owned(),
            })?;
        let settings = ClientSettings {
            plain_http: self.plain_http,
            timeout: TIMEOUT,
            attempts: 2,
            api_key: Some(key),
            ..ClientSettings::default()
        };
        let transport = Transport::new(&self.host.url, settings).map_err(away)?;
        // Whatever is asked, asking it twice does it once.
        let answer =
            transport.post_json(&format!("/manage/{what}"), message, Repeat::WhenUnanswered);
        let answer = answer.map_err(away)?;
        match answer.status {
            404 => Err(HostError::Unknown),
            401 | 403 | 409 => Err(HostError::NotAllowed { reason: said(&answer.body) }),
            _ => answer.json().map_err(away),
        }
    }

    fn managed<T: DeserializeOwned>(&self, what: &str, id: &LinkId) -> Result<T, HostError> {
        self.ask(what, &ManageLink { id: id.clone(), manager: self.manager.clone() })
    }
}

fn is_refusal(body: &[u8]) -> bool {
    serde_json::from_slice(body)
        .is_ok_and(|body: serde_json::Value| body["error"]["message"].is_string())
}

/// What a host says of a refusal.
fn said(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let message = body["error"]["message"].as_str().unwrap_or("it does not say why");
    message.chars().take(300).collect()
}

fn chain(error: &ClientError) -> String {
    crate::error::chain(error)
}

/// A link that was destroyed with a record; where its host could not be told, why.
#[derive(Debug)]
pub struct DestroyedLink {
    /// Its number.
    pub number: u32,
    /// Why its host still has a sealed copy; `None` where it has none.
    pub host_not_told: Option<HostError>,
}

impl Home {
    /// Whether whoever pays this home's fees pays for links that the home answers for itself: each opening is an entry by the
    /// link's own account. A voucher may be good for one account alone. True where nobody is asked, or nobody tells.
    #[must_use]
    pub fn is_paid_for_links(&self) -> bool {
        // The account of a link that is not made yet is nobody's.
        let nobody = self.network().and_then(|network| {
            actor_of(&Words::generate(&mut rng()), IdentityIndex::FIRST, network)
        });
        nobody.and_then(|nobody| self.pays_for(&nobody.principal)).unwrap_or(true)
    }
}

impl Home {
    /// The links that this home hosts.
    #[must_use]
    pub fn hosted_links(&self) -> HostFolder {
        HostFolder::at(&self.folder().links())
    }

    /// Whether the host of this home answers at an address by which viewers reach it. It is asked for nothing: no link is named,
    /// so that nothing is counted and no entry made.
    #[must_use]
    pub fn link_host_answers(&self, url: &str) -> HostAnswers {
        let settings = ClientSettings {
            plain_http: self.settings().remote.plain_http,
            timeout: SILENCE,
            attempts: 1,
            ..ClientSettings::default()
        };
        let Ok(transport) = Transport::new(url, settings) else { return HostAnswers::NotAsked };
        // Who asks is not said, which a link host refuses in its own words.
        match transport.get(NO_LINK) {
            Ok(answer) if matches!(answer.status, 400 | 429) && is_refusal(&answer.body) => {
                HostAnswers::Yes
            }
            Ok(answer) => HostAnswers::No(format!(
                "something else answers there, with status {}",
                answer.status
            )),
            Err(error) => HostAnswers::No(chain(&error)),
        }
    }

    /// The address of the page that opens a link in any browser: the viewer that was named for it, else its host's own page,
    /// which the host is asked for, unless it was asked just now and does not answer. `None` where there is none, where none is
    /// wanted, or where it can't be asked from here.
    #[must_use]
    pub fn link_page(
        &self,
        link: &KeptLink,
        viewer: &LinkViewer,
        host: &HostAnswers,
    ) -> Option<String> {
        match (viewer, &link.viewer, host) {
            (LinkViewer::Theirs, _, _) => None,
            (_, Some(named), _) => Some(named.clone()),
            (_, None, HostAnswers::No(_)) => None,
            (_, None, _) => self.link_page_at(link.url.rsplit_once("/l/")?.0),
        }
    }

    /// The page of the host at this address. It is asked for as a browser would, and for no link.
    fn link_page_at(&self, url: &str) -> Option<String> {
        let settings = ClientSettings {
            plain_http: self.settings().remote.plain_http,
            timeout: SILENCE,
            attempts: 1,
            ..ClientSettings::default()
        };
        let answer = Transport::new(url, settings).ok()?.get(page::PATH).ok()?;
        let is_it = answer.status == 200
            && std::str::from_utf8(&answer.body).is_ok_and(|text| text.contains(page::MARK));
        is_it.then(|| format!("{url}{}", page::PATH))
    }

    /// Whether the host that should answer for a link does; one elsewhere is not asked.
    #[must_use]
    pub fn answers_for(&self, link: &KeptLink) -> HostAnswers {
        match (&link.host, link.url.rsplit_once("/l/")) {
            (None, Some((base, _))) => self.link_host_answers(base),
            _ => HostAnswers::NotAsked,
        }
    }

    /// The host that answers for a link.
    #[must_use]
    pub fn link_host(&self, link: &KeptLink) -> Box<dyn LinkHost> {
        match &link.host {
            None => Box::new(self.hosted_links()),
            Some(host) => {
                let plain_http = self.settings().remote.plain_http;
                Box::new(LinkHostElsewhere::new(host.clone(), link.manager(), plain_http))
            }
        }
    }

    /// What the host of a link says of it, where that is this home. One elsewhere is not asked.
    #[must_use]
    pub fn standing_here(&self, link: &KeptLink) -> Option<HostStanding> {
        let is_here = link.host.is_none();
        is_here.then(|| self.hosted_links().standing(&link.id).ok()).flatten()
    }
}

impl OpenHome {
    /// Destroys the links that give a record: their hosts have sealed copies of it.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn destroy_links_to(
        &self,
        home: &Home,
        actor: &Actor,
        record: RecordId,
    ) -> Result<Vec<DestroyedLink>, LinkError> {
        let session = self.session();
        let mut destroyed = Vec::new();
        for link in session.links(actor)?.into_iter().filter(KeptLink::is_there) {
            if !link.gives.iter().any(|given| given.record == record) {
                continue;
            }
            let host = home.link_host(&link);
            let ended = session.destroy_link(actor, link.number, &*host, &mut rng())?;
            let host_not_told = ended.host_not_told;
            destroyed.push(DestroyedLink { number: link.number, host_not_told });
        }
        Ok(destroyed)
    }
}

impl LinkHost for LinkHostElsewhere {
    fn put(&self, deposit: &Deposit) -> Result<(), HostError> {
        self.ask("put", &PutLink { deposit: deposit.clone() }).map(|ManagedLink {}| ())
    }

    fn pause(&self, id: &LinkId) -> Result<(), HostError> {
        self.managed("pause", id).map(|ManagedLink {}| ())
    }

    fn remove(&self, id: &LinkId) -> Result<(), HostError> {
        match self.managed("remove", id) {
            Ok(ManagedLink {}) | Err(HostError::Unknown) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn standing(&self, id: &LinkId) -> Result<HostStanding, HostError> {
        self.managed("standing", id)
    }
}
