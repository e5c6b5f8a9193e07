//! Errors for the operator of a vault: why it can't be opened, or can't do its work.
//!
//! Clients get a `Refusal` of the protocol instead.

use std::path::PathBuf;

use mrms_core::{ChainId, ContractId, StandardPrincipal};

use super::chain::ChainError;
use crate::protocol::RefusalReason;

/// The disk or the database failed, or is damaged. Nothing was released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageFailure {
    /// The database can't be read or written. The disk may be full.
    #[error("the vault's database failed: {message}")]
    Database {
        /// What SQLite said.
        message: String,
    },
    /// A file beside the database can't be read or written.
    #[error("cannot {action}: {message}")]
    File {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        message: String,
    },
    /// A row in the database is not what this software wrote.
    #[error("{what} in the vault's database is damaged")]
    Damaged {
        /// What it is.
        what: &'static str,
    },
    /// The disk does not allow the database's log, without which a commit would not be durable in time.
    #[error("the disk does not allow a log (WAL): SQLite stays in mode {mode}")]
    NoLog {
        /// The mode that SQLite has in place of it.
        mode: String,
    },
    /// The guardian is closing.
    #[error("the vault is closing")]
    Closed,
}

impl From<rusqlite::Error> for StorageFailure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database { message: error.to_string() }
    }
}

impl StorageFailure {
    /// The failure of a file operation.
    pub(crate) fn file(action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::File { action, message: error.to_string() }
    }
}

/// What is wrong with a vault's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A line is missing.
    #[error("line {number} of the vault's log is missing")]
    Missing {
        /// Its number.
        number: u64,
    },
    /// A line, its hash or its head is not what was written.
    #[error("line {number} of the vault's log was altered")]
    Altered {
        /// Its number.
        number: u64,
    },
    /// It could not be read.
    #[error("the vault's log cannot be read")]
    Storage(#[from] StorageFailure),
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Why a guardian can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("the vault in {} is in use by another process", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A file can't be made, read or locked.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It was written by newer software.
    #[error("the vault's format is {found}, this software knows up to {supported}")]
    Format {
        /// The format found.
        found: u32,
        /// The newest that is known.
        supported: u32,
    },
    /// The signing key is not that of the account in the settings.
    #[error("the key given is not the key of {account}")]
    Key {
        /// The account.
        account: StandardPrincipal,
    },
    /// The folder belongs to another vault, or one for another contract or chain.
    #[error("the folder is of vault {account} for {contract} on chain {chain_id}")]
    OtherVault {
        /// Its account.
        account: String,
        /// Its contract.
        contract: String,
        /// Its chain.
        chain_id: ChainId,
    },
    /// The newest lines of the log don't fit together.
    #[error("the vault's log is not whole")]
    Log(#[from] LogError),
    /// The database can't be used.
    #[error("the vault's database cannot be used")]
    Storage(#[from] StorageFailure),
    /// A restored vault could not look at every grant, which it must before it answers anyone.
    #[error("a restored vault must look at every grant first")]
    Restore(#[from] WatchError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Why a sweep of the watcher stopped. What it had done is done; the next one goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The chain gave no answer.
    #[error("the watcher cannot ask the chain")]
    Chain(#[from] ChainError),
    /// The chain that the vault sees is out of date or has gone back: nothing is deleted by it.
    #[error("the watcher does not trust the chain that it sees: {reason}")]
    Distrusted {
        /// Why.
        reason: RefusalReason,
    },
    /// The disk failed.
    #[error("the watcher cannot write")]
    Storage(#[from] StorageFailure),
}

/// Why a backup was not made or not put back. Nothing usable is left of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is something already.
    #[error("{} is there already", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// A file can't be read or written.
    #[error("cannot write the backup at {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The log in it is not whole.
    #[error("the log in the backup is not whole")]
    Log(#[source] LogError),
    /// It is not what its manifest says, or has none that can be read.
    #[error("the backup in {} is damaged or not one of this software", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
    },
    /// The database failed.
    #[error("the backup cannot be made")]
    Storage(#[from] StorageFailure),
}

/// The account, contract and chain of a vault, as settings name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pins {
    pub(crate) account: StandardPrincipal,
    pub(crate) contract: ContractId,
    pub(crate) chain_id: ChainId,
}
