//! How the commands of one home find each other: a card with an address and a lock for each part that a process serves.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use mrms_files::{FileLock, LockError};
use serde::{Deserialize, Serialize};

use super::HomeFolder;
use crate::error::{HomeError, file_error};

/// How long a server waits for those who ask whether another one lives.
const ANNOUNCING: Duration = Duration::from_secs(2);

/// What the pages of a home write into its folder for themselves, before anybody has something there: where they are served,
/// the links that open them, and the browsers that came in.
const OF_THE_PAGES: [&str; 6] = [
    "portal.json",
    "portal.lock",
    "portal-links.json",
    "portal-links.lock",
    "portal-browsers.json",
    "portal-browsers.lock",
];

/// Whether a file of this name in a home's folder is of its pages alone.
pub(crate) fn is_of_the_pages(name: &OsStr) -> bool {
    OF_THE_PAGES.iter().any(|one| name == *one)
}

/// Where a process serves the ledger or the vault of this home.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerCard {
    /// Its address.
    pub url: String,
    /// Its process id.
    pub pid: u32,
}

/// A part of a home that a process can serve to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The ledger: `mrms node run`.
    Node,
    /// The vault: `mrms vault run`.
    Vault,
    /// The pages: `mrms portal`.
    Portal,
    /// What it keeps of another node's blocks: `mrms index`.
    Index,
}

impl HomeFolder {
    const NODE_LOCK: &str = ".node.lock";
    const VAULT_LOCK: &str = ".vault.lock";

    pub(crate) fn server_card(&self, service: Service) -> PathBuf {
        self.root.join(match service {
            Service::Node => "node.json",
            Service::Vault => "vault.json",
            Service::Portal => "portal.json",
            Service::Index => "index.json",
        })
    }

    pub(crate) fn service_lock(&self, service: Service) -> PathBuf {
        self.root.join(match service {
            Service::Node => Self::NODE_LOCK,
            Service::Vault => Self::VAULT_LOCK,
            Service::Portal => "portal.lock",
            Service::Index => ".index.lock",
        })
    }

    /// Where a node serves this home's ledger; `None` if none does.
    #[must_use]
    pub fn node(&self) -> Option<ServerCard> {
        self.announced(Service::Node)
    }

    /// Where a process serves this home's vault; `None` if none does.
    #[must_use]
    pub fn vault_server(&self) -> Option<ServerCard> {
        self.announced(Service::Vault)
    }

    /// Where a process serves the pages of this home; `None` if none does.
    #[must_use]
    pub fn portal(&self) -> Option<ServerCard> {
        self.announced(Service::Portal)
    }

    /// Where a process serves this home's index; `None` if none does.
    #[must_use]
    pub fn index_server(&self) -> Option<ServerCard> {
        self.announced(Service::Index)
    }

    /// A card counts while its server holds the lock, which ends with the process however that ends. A process id alone
    /// says nothing: another process may have it, or one in another container.
    fn announced(&self, service: Service) -> Option<ServerCard> {
        let card = serde_json::from_slice(&fs::read(self.server_card(service)).ok()?).ok()?;
        let is_held = FileLock::is_held(&self.service_lock(service)).unwrap_or(false);
        is_held.then_some(card)
    }

    /// Tells other commands of this home where this process serves, for as long as the value lives.
    ///
    /// # Errors
    ///
    /// [`HomeError::ServedAlready`], [`HomeError::File`].
    pub fn announce(&self, service: Service, url: &str) -> Result<Announcement, HomeError> {
        let path = self.service_lock(service);
        // Whoever asks whether the lock is held has it for a moment.
        let lock = FileLock::take(&path, ANNOUNCING).map_err(|error| match error {
            LockError::InUse { .. } => HomeError::ServedAlready { root: self.root.clone() },
            LockError::Open(source) => file_error("write", &path)(source),
            LockError::Lock(source) => file_error("lock", &path)(source),
        })?;
        let path = self.server_card(service);
        let card = ServerCard { url: url.to_owned(), pid: std::process::id() };
        let text = serde_json::to_string(&card).unwrap_or_default() + "\n";
        mrms_files::write_whole(&path, text.as_bytes()).map_err(file_error("write", &path))?;
        Ok(Announcement { card: path, _lock: lock })
    }
}

/// The word that a process serves a part of the home. It ends with this value.
#[derive(Debug)]
#[must_use]
pub struct Announcement {
    card: PathBuf,
    _lock: FileLock,
}

impl Announcement {
    /// Takes the word back.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn withdraw(self) -> Result<(), HomeError> {
        mrms_files::remove(&self.card).map_err(file_error("remove", &self.card))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_counts_while_its_server_lives() {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().to_owned());
        let url = || home.vault_server().map(|card| card.url);
        let announced = home.announce(Service::Vault, "http://127.0.0.1:1").unwrap();
        assert_eq!(url().as_deref(), Some("http://127.0.0.1:1"));
        assert!(home.node().is_none());
        // As after a kill: the card is left, with the number of a process that lives.
        let Announcement { card, _lock } = announced;
        drop(_lock);
        let left: ServerCard = serde_json::from_slice(&fs::read(&card).unwrap()).unwrap();
        assert_eq!(left.pid, std::process::id());
        assert_eq!(url(), None);
        home.announce(Service::Vault, "http://127.0.0.1:2").unwrap().withdraw().unwrap();
        assert!(!card.exists());
    }
}
