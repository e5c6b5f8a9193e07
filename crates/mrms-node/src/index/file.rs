//! [`Index`]: the index's file. One connection writes; each read has a connection of its own while it runs.
//!
//! What was taken is durable when the call returns (SQLite's log with `synchronous=FULL`). A process that is killed leaves
//! either all of a block or nothing of it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::message::NewBlock;
use super::read::{Extent, IndexSnapshot};
use super::schema::{CREATE, FORMAT};
use super::write::{self, GapRule, TakeError, Taken};
use crate::chain::store;
use crate::chain::{BlockHash, BlockHeight, LedgerFailure, TxId, UnixTime};

/// Connections for reads that are kept open.
const KEPT_READERS: usize = 16;
/// SQLite's mark of what a file is for: `mrix`.
const APPLICATION: i32 = 0x6d72_6978;

/// Why an index does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The file or its folder can't be made or opened.
    #[error("cannot open {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{path} is no index of a node's blocks")]
    OtherFile {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error("{path} has format {found}, and this program reads up to {FORMAT}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Reading or writing it failed.
    #[error("the index in {path} does not open")]
    Failed {
        /// The file.
        path: PathBuf,
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

/// An index in its file.
pub struct Index {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("path", &self.path).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Index {
    /// Opens the index in this file, which is made for its owner alone where it is not there.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let file_error = |source| IndexError::File { path: path.to_owned(), source };
        let failed = |failure| IndexError::Failed { path: path.to_owned(), failure };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            mrms_files::make_private_folder(folder).map_err(file_error)?;
        }
        mrms_files::private_options().create(true).append(true).open(path).map_err(file_error)?;
        let writer = store::connect_writable(path, None).map_err(failed)?;
        store::check_planted(&writer).map_err(failed)?;
        let is_empty = store::is_empty(&writer).map_err(failed)?;
        let number = |name: &str| -> Result<i64, LedgerFailure> {
            Ok(writer.pragma_query_value(None, name, |row| row.get(0))?)
        };
        if is_empty {
            create(&writer).map_err(|error| failed(error.into()))?;
        } else if number("application_id").map_err(failed)? != i64::from(APPLICATION) {
            return Err(IndexError::OtherFile { path: path.to_owned() });
        }
        let found = store::format_of(&writer).map_err(failed)?;
        if found > FORMAT {
            return Err(IndexError::Format { path: path.to_owned(), found });
        }
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Takes a block that the node told of: durable when this returns. A block that is there already changes nothing. One
    /// that stands on another than the newest moves the chain to its fork.
    ///
    /// # Errors
    /// [`TakeError`]; nothing has changed then.
    pub fn take(&self, block: &NewBlock, rule: GapRule, now: UnixTime) -> Result<Taken, TakeError> {
        self.write(|connection| write::take(connection, block, rule, now))
    }

    /// Makes the block with this hash at this height the newest of the chain, as its node says. False where the index does
    /// not have it.
    ///
    /// # Errors
    /// [`LedgerFailure`]; nothing has changed then.
    pub fn follow(
        &self,
        height: BlockHeight,
        hash: &BlockHash,
        now: UnixTime,
    ) -> Result<bool, LedgerFailure> {
        self.write(|connection| write::follow(connection, height, hash, now))
    }

    /// Keeps transactions that wait for a block. What can't be read is left out: it comes again with its block.
    ///
    /// # Errors
    /// [`LedgerFailure`]; nothing has changed then.
    pub fn take_waiting(&self, raw: &[Vec<u8>], now: UnixTime) -> Result<(), LedgerFailure> {
        self.write(|connection| write::take_waiting(connection, raw, now))
    }

    /// Notes that transactions wait no more, in the hosted API's word.
    ///
    /// # Errors
    /// [`LedgerFailure`]; nothing has changed then.
    pub fn take_dropped(&self, txids: &[TxId], why: &str) -> Result<(), LedgerFailure> {
        self.write(|connection| write::take_dropped(connection, txids, why))
    }

    /// Notes of which chain the index is, the first time; afterwards, whether it is the same one.
    ///
    /// # Errors
    /// [`LedgerFailure`].
    pub fn is_of_chain(
        &self,
        network_id: u32,
        genesis: Option<&str>,
    ) -> Result<bool, LedgerFailure> {
        self.write(|connection| write::is_of_chain(connection, network_id, genesis))
    }

    /// Bytes of its file, with what SQLite keeps beside it.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        let bytes = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |metadata| metadata.len())
        };
        ["", "-wal", "-shm"].into_iter().map(bytes).sum()
    }

    /// What the index has.
    ///
    /// # Errors
    /// [`LedgerFailure`].
    pub fn extent(&self) -> Result<Extent, LedgerFailure> {
        self.read(|snapshot| snapshot.extent())
    }

    fn write<T, E: From<LedgerFailure>>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = locked(&self.writer);
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let transaction =
            connection.transaction_with_behavior(immediate).map_err(LedgerFailure::from)?;
        // Dropped without a commit, it is undone.
        let done = write(&transaction)?;
        transaction.commit().map_err(LedgerFailure::from)?;
        Ok(done)
    }

    /// Reads from one state of the index.
    pub(crate) fn read<T, E: From<LedgerFailure>>(
        &self,
        read: impl FnOnce(&mut IndexSnapshot<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = locked(&self.readers).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => store::connect_read_only(&self.path)?,
        };
        let transaction = connection.transaction().map_err(LedgerFailure::from)?;
        let found = read(&mut IndexSnapshot::new(&transaction));
        drop(transaction);
        let mut readers = locked(&self.readers);
        if readers.len() < KEPT_READERS {
            readers.push(connection);
        }
        found
    }
}

/// Makes the tables of an empty file, all or none.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch(CREATE)?;
    connection.execute_batch(store::CREATE_LISTS)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    connection.execute_batch("COMMIT")
}
