//! Why a home can't be opened, read or written.
//!
//! A message says what is wrong. Each face adds what the person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::sending::outcome::SendError;
use mrms_app::session::AskError;
use mrms_app::sharing::keys::KeyError;
use mrms_core::{ContractId, Principal, StandardPrincipal, visible};
use mrms_crypto::keystore::KeystoreError;
use mrms_node::chain::BlockHeight;
use mrms_node::control;
use mrms_store::StoreError;
use mrms_vault::guardian::{BackupError, OpenError};

use crate::breaks::HeadError;
use crate::face::FaceError;
use crate::folder::ProfileName;
use crate::names::NamesError;

/// Why a home can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// The folder is not there, or has no profile and no ledger.
    #[error("there is no MRMS home in {}", root.display())]
    NoHome {
        /// The folder.
        root: PathBuf,
    },
    /// A later program made the home, or took it on.
    #[error("the home in {} is of format {format}, which a later mrms made; this one knows formats up to {known}", root.display())]
    Newer {
        /// The folder.
        root: PathBuf,
        /// Its format.
        format: u32,
        /// The highest format that this program knows.
        known: u32,
    },
    /// The home serves something to others, and nobody has a profile in it.
    #[error("nobody has a profile in {}, which is the home of {what}", root.display())]
    NoProfiles {
        /// The folder.
        root: PathBuf,
        /// What it serves: `a ledger`, `a vault`, `a link host`, `an index`.
        what: &'static str,
    },
    /// The home had a ledger, and it is gone.
    #[error("the ledger of this home is gone: there is none in {}{}", folder.display(), with_newest(*newest))]
    LedgerMissing {
        /// Where it was.
        folder: PathBuf,
        /// Height of its newest block, if that is known.
        newest: Option<BlockHeight>,
    },
    /// The home had a vault of its own, and it is gone.
    #[error("the vault of this home is gone: there is none in {}", folder.display())]
    VaultMissing {
        /// Where it was.
        folder: PathBuf,
    },
    /// The file that names the records contract is gone; ledger and profiles are there.
    #[error("the file that names this home's records contract is gone: {}", path.display())]
    ContractMissing {
        /// Where it was.
        path: PathBuf,
        /// The accounts of the profiles here; the first that was made has most likely deployed the contract.
        accounts: Vec<StandardPrincipal>,
    },
    /// The home's profiles were made for a ledger elsewhere, and none is named.
    #[error("the profiles in {} are for the ledger at {url}, and no ledger is named", root.display())]
    LedgerElsewhere {
        /// The home folder.
        root: PathBuf,
        /// The address of that ledger.
        url: String,
    },
    /// The home has no profile of this name.
    #[error("there is no profile {name} in {}", root.display())]
    NoProfile {
        /// The profile.
        name: ProfileName,
        /// The home folder.
        root: PathBuf,
    },
    /// The home has a profile of this name already.
    #[error("profile {name} is there already")]
    ProfileExists {
        /// The profile.
        name: ProfileName,
    },
    /// Another process serves this part of the home.
    #[error("another process serves {} already", root.display())]
    ServedAlready {
        /// The home folder.
        root: PathBuf,
    },
    /// A profile's card can't be read.
    #[error("{} is damaged: {reason}", path.display())]
    CardDamaged {
        /// The card's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A profile's keystore holds another account's words.
    #[error("the keystore of profile {name} holds other words than its card says")]
    OtherWords {
        /// The profile.
        name: ProfileName,
    },
    /// The keystore's file is not there.
    #[error("{} is gone", path.display())]
    KeystoreMissing {
        /// The file.
        path: PathBuf,
    },
    /// The keystore does not open with this passphrase.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The keystore's file can't be read.
    #[error("{}", path.display())]
    KeystoreDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeystoreError,
    },
    /// These words give no usable key.
    #[error(transparent)]
    NoKey(Box<dyn std::error::Error + Send + Sync>),
    /// The face gave no answer to a question.
    #[error(transparent)]
    Face(FaceError),
    /// A file of the home folder does not hold what it should.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system can't read or write a file.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was to be done: `read`, `write`, `make`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No records contract is known on the network in use.
    #[error("no records contract is known on this network")]
    NoContract,
    /// A dry run, or signing without sending, reached a step that must be sent.
    #[error("nothing was sent")]
    NotSent,
    /// The ledger did not accept the records contract.
    #[error("the ledger did not accept the contract {contract}")]
    NotDeployed {
        /// The contract.
        contract: ContractId,
    },
    /// The contract in this program has an invalid name or source: the build is broken.
    #[error("the built-in contract cannot be used: {reason}")]
    BuiltInContract {
        /// What is wrong with it.
        reason: String,
    },
    /// A sponsor is named, and the ledger is open in this process, where no sponsor reaches it.
    #[error("a sponsor cannot reach a ledger that this command alone has open")]
    SponsorOutOfReach,
    /// The reader could not reach the home's own vault.
    #[error("{user} could not reach this folder's own vault to get the key")]
    VaultOutOfReach {
        /// The reader.
        user: Principal,
    },
    /// A vault's address can't be used.
    #[error("{reason}")]
    VaultAddress {
        /// What is wrong with it.
        reason: String,
    },
    /// The number of vaults and their threshold do not fit.
    #[error("the vaults and their threshold do not fit")]
    VaultThreshold,
    /// The file with the vault's signing key can't be read.
    #[error("{} is damaged", path.display())]
    VaultKeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The home's own vault can't be opened.
    #[error(transparent)]
    OwnVault(#[from] OpenError),
    /// A vault was to act on blocks that can still go away.
    #[error("on a network a vault needs at least 1 confirmation: a newest block can go away again")]
    NoConfirmations,
    /// A vault was to wait longer than an entry opens anything.
    #[error(
        "a vault waits for {most} Bitcoin blocks at most: an entry of an opening is too old after an hour"
    )]
    TooManyConfirmations {
        /// So many are possible.
        most: u64,
    },
    /// The home's own vault can't be backed up.
    #[error(transparent)]
    VaultCopy(BackupError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The node that serves the home's ledger did not do what it was asked.
    #[error(transparent)]
    Node(#[from] control::AskError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The recipient could not be published.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A transaction was not carried out.
    #[error(transparent)]
    Send(#[from] SendError),
    /// What the profile keeps could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Ciphertext could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HeadError> for HomeError {
    fn from(error: HeadError) -> Self {
        match error {
            HeadError::Ledger(error) => Self::Ledger(error),
            HeadError::Profile(error) => Self::Profile(error),
        }
    }
}

fn with_newest(height: Option<BlockHeight>) -> String {
    height.map_or_else(String::new, |height| format!("; its newest block was {height}"))
}

/// A file that the system can't read or write.
pub(crate) fn file_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> HomeError + use<> {
    let path = path.to_owned();
    move |source| HomeError::File { action, path, source }
}

impl From<NamesError> for HomeError {
    fn from(error: NamesError) -> Self {
        match error {
            NamesError::Profile(error) => Self::Profile(error),
            NamesError::NoKey(error) => Self::NoKey(Box::new(error)),
        }
    }
}

/// The message of an error and of everything below it, each said once, on one line. Part of a message may
/// be what somebody else wrote, so no character in it acts on a screen.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let said = |error: &dyn std::error::Error| visible::line(&error.to_string()).into_owned();
    let mut text = said(error);
    let mut cause = error.source();
    while let Some(inner) = cause {
        let message = said(inner);
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_wrote_into_an_error_stays_on_its_line() {
        let reason = "no\x1b[2K\nthe ledger is intact".to_owned();
        let said = chain(&HomeError::VaultAddress { reason });
        assert_eq!(said, "no\\u{1b}[2K\\nthe ledger is intact");
    }
}
