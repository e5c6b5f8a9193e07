//! The port to a link host: whoever keeps the sealed files and answers viewers.

use std::path::PathBuf;

use mrms_core::{TxId, visible};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::deposit::Deposit;
use crate::profile::links::LinkId;

/// Why a host did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// It has no such link.
    #[error("the host has no such link")]
    Unknown,
    /// Its folder can't be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `write`, `lock`, `make` or `remove`.
        action: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of it is not what it should be.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It can't be reached, or answers what no host answers.
    #[error("the link's host cannot be asked: {}", visible::line(reason))]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// It does not do this for who asks.
    #[error("the link's host refuses: {}", visible::line(reason))]
    NotAllowed {
        /// What it says.
        reason: String,
    },
    /// Another request has the link, and does not end.
    #[error("the link is in use by another request")]
    Busy,
}

/// What became of one request for a link's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answered {
    /// Files were given, after the entries stood.
    Given,
    /// A manifest was given that says where the files are; each is entered when it is fetched.
    Listed,
    /// The passcode was wrong.
    WrongPasscode,
    /// The contract lets the link open nothing any more.
    Refused,
}

/// One line of a host's log of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostLine {
    /// Its number, from 0.
    pub index: u64,
    /// When, in seconds of Unix time, by the host's clock.
    pub time: u64,
    /// Who asked, as they said themselves.
    pub recipient: String,
    /// What became of it.
    pub answered: Answered,
    /// The transactions of the entries.
    pub txids: Vec<TxId>,
    /// Hash of the line before; zeros for the first.
    pub before: String,
}

impl HostLine {
    /// The hash of this line, which the next one names.
    #[must_use]
    pub fn hash(&self) -> String {
        // Plain fields: nothing here can fail to serialize.
        hex::encode(Sha256::digest(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// What the first line names as the hash before it.
    #[must_use]
    pub fn beginning() -> String {
        "0".repeat(64)
    }

    /// Whether these lines follow each other from the first on.
    #[must_use]
    pub fn are_chained(lines: &[Self]) -> bool {
        let mut before = Self::beginning();
        lines.iter().zip(0..).all(|(line, index)| {
            let follows = line.index == index && line.before == before;
            before = line.hash();
            follows
        })
    }
}

/// How a link stands at its host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostStanding {
    /// How often it was used since it was armed last.
    pub uses: u32,
    /// How many wrong passcodes it stands yet; `None` for a link without a passcode.
    pub attempts_left: Option<u32>,
    /// Whether it is paused.
    pub is_paused: bool,
    /// The host's log of it.
    pub lines: Vec<HostLine>,
}

/// A link host.
pub trait LinkHost {
    /// Takes a link, or takes it anew: uses and attempts begin at nothing, and it is not paused. Its log goes on.
    ///
    /// # Errors
    ///
    /// [`HostError`]; then it has what it had before.
    fn put(&self, deposit: &Deposit) -> Result<(), HostError>;

    /// Answers nobody for a link any more, until it is put again.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    fn pause(&self, id: &LinkId) -> Result<(), HostError>;

    /// Deletes files and words of a link. Its log stays. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    fn remove(&self, id: &LinkId) -> Result<(), HostError>;

    /// How a link stands.
    ///
    /// # Errors
    ///
    /// [`HostError`], [`HostError::Unknown`] for one that was never put.
    fn standing(&self, id: &LinkId) -> Result<HostStanding, HostError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_that_was_cut_or_rewritten_is_noticed() {
        let mut lines: Vec<HostLine> = Vec::new();
        for index in 0..3 {
            let before = lines.last().map_or_else(HostLine::beginning, HostLine::hash);
            lines.push(HostLine {
                index,
                time: index,
                recipient: "Clinic Nord".to_owned(),
                answered: Answered::Given,
                txids: Vec::new(),
                before,
            });
        }
        assert!(HostLine::are_chained(&lines));
        assert!(!HostLine::are_chained(&lines[1..]), "its first line is missing");
        let mut without = lines.clone();
        without.remove(1);
        assert!(!HostLine::are_chained(&without));
        lines[0].recipient = "Clinic South".to_owned();
        assert!(!HostLine::are_chained(&lines));
    }
}
