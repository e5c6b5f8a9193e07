//! One-time secrets with which a browser comes in.
//!
//! They lie in the home, as hashes, so that `mrms portal link` makes one for a portal that runs. Each is used
//! once and only for a while. Whoever can write the home's files needs no link.

use std::io;
use std::path::PathBuf;

use mrms_home::HomeFolder;
use serde::{Deserialize, Serialize};

use super::kept::{KeptList, NotKept};
use super::secret::{Secret, SecretHash};

/// How long a link can be used, in seconds.
const LASTS: u64 = 600;
/// How many are kept; a further one replaces the oldest.
const MOST: usize = 8;
const NAME: &str = "portal-links.json";

/// Why a link can't be made or looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotALink {
    /// The system can't read or write the file.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    sha256: String,
    /// Seconds since this machine started, of which no clock's correction changes anything.
    until: u64,
}

/// The links of a home.
#[derive(Clone, Debug)]
pub struct Links {
    list: KeptList,
}

impl Links {
    /// Those of this home.
    #[must_use]
    pub fn of(home: &HomeFolder) -> Self {
        Self { list: KeptList::at(home.root().join(NAME)) }
    }

    /// Makes a link for the portal at this address, such as `http://127.0.0.1:20445`. The secret stands in the
    /// fragment, which browsers send nowhere.
    ///
    /// # Errors
    ///
    /// [`NotALink`].
    pub fn make(&self, address: &str) -> Result<String, NotALink> {
        let secret = Secret::generate().map_err(|_| NotALink::Random)?;
        let now = mrms_files::seconds_since_boot();
        self.change(|kept| {
            kept.push(Kept { sha256: secret.hash().to_hex(), until: now.saturating_add(LASTS) });
            let oldest = kept.len().saturating_sub(MOST);
            kept.drain(..oldest);
        })?;
        Ok(format!("{address}/#k={}", secret.expose()))
    }

    /// Whether this text is the secret of a link that can still be used. Then it no longer can. A wrong one writes nothing, and
    /// waits for nobody.
    ///
    /// # Errors
    ///
    /// [`NotALink::File`].
    pub(crate) fn take(&self, text: &str) -> Result<bool, NotALink> {
        let wanted = SecretHash::of(text);
        let is_it =
            |one: &Kept| SecretHash::from_hex(&one.sha256).is_some_and(|known| known.is(&wanted));
        let all: Vec<Kept> = self.list.all().map_err(failed)?;
        if !all.iter().any(is_it) {
            return Ok(false);
        }
        self.change(|kept| {
            let found = kept.iter().position(is_it);
            found.map(|at| kept.remove(at)).is_some()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Kept>) -> T) -> Result<T, NotALink> {
        let changed = self.list.change(|kept: &mut Vec<Kept>| {
            let now = mrms_files::seconds_since_boot();
            // One of before a restart would seem to last longer than any.
            kept.retain(|one| (now..=now.saturating_add(LASTS)).contains(&one.until));
            change(kept)
        });
        changed.map_err(failed)
    }
}

fn failed(NotKept { path, source }: NotKept) -> NotALink {
    NotALink::File { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn links() -> (tempfile::TempDir, Links) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        (folder, Links { list: KeptList::at(path) })
    }

    #[test]
    fn link_lets_in_once() {
        let (_folder, links) = links();
        let link = links.make("http://127.0.0.1:20445").unwrap();
        let secret = link.strip_prefix("http://127.0.0.1:20445/#k=").unwrap();
        assert!(!links.take("").unwrap());
        assert!(!links.take(&secret[1..]).unwrap());
        assert!(links.take(&secret.to_lowercase()).unwrap());
        assert!(!links.take(secret).unwrap());
        let text = fs::read_to_string(links.list.path()).unwrap();
        assert!(!text.contains(secret));
    }

    #[test]
    fn old_links_and_damaged_files_let_nobody_in() {
        let (_folder, links) = links();
        let link = links.make("").unwrap();
        let secret = link.split_once('=').unwrap().1.to_owned();
        for until in [0, u64::MAX] {
            let kept = [Kept { sha256: SecretHash::of(&secret).to_hex(), until }];
            fs::write(links.list.path(), serde_json::to_vec(&kept).unwrap()).unwrap();
            assert!(!links.take(&secret).unwrap(), "{until}");
        }
        fs::write(links.list.path(), b"{").unwrap();
        assert!(!links.take(&secret).unwrap());
        for _ in 0..20 {
            links.make("").unwrap();
        }
        let kept: Vec<Kept> =
            serde_json::from_slice(&fs::read(links.list.path()).unwrap()).unwrap();
        assert_eq!(kept.len(), MOST);
    }
}
