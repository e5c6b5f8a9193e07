//! What the portal has while it runs: the home that it serves, who came in, and what they opened.

use mrms_home::viewing::Viewers;
use mrms_home::{HomeFolder, HomeSettings};

use crate::entrance::links::Links;
use crate::entrance::openings::Openings;
use crate::entrance::sessions::Sessions;
use crate::entrance::tries::Tries;
use crate::work::Homes;

/// How the portal works.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    /// Most bytes of an envelope that goes on chain with its payload.
    pub inline_limit: usize,
    /// What starts the processes that look at documents.
    pub viewers: Viewers,
}

/// The portal of one home.
#[derive(Debug)]
pub struct Portal {
    pub(crate) homes: Homes,
    pub(crate) settings: PortalSettings,
    pub(crate) links: Links,
    pub(crate) sessions: Sessions,
    pub(crate) openings: Openings,
    pub(crate) codes: Tries,
    pub(crate) passphrases: Tries,
    cookie: String,
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
            homes: Homes { folder, settings: home },
            settings,
            sessions: Sessions::default(),
            openings: Openings::default(),
            codes: Tries::default(),
            passphrases: Tries::default(),
            cookie: format!("mrms_portal_{port}"),
        }
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }
}
