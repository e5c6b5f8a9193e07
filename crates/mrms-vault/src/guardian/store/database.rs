//! Opens the database file. One process has it open; one of its threads writes, and any thread reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mrms_files::{FileLock, LockError};
use rusqlite::{Connection, OpenFlags};

use super::schema::{ADD, CLAIMS, CREATE, FORMAT, LEAVE_FORMAT_1};
use crate::guardian::error::{OpenError, StorageFailure};

const DATABASE: &str = "vault.sqlite";
const LOCK: &str = "vault.lock";
/// How long to wait for the lock: a process that is ending releases it within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Idle read connections that are kept open.
const IDLE: usize = 4;
const STATEMENTS_KEPT: usize = 64;

/// Path of the database.
pub(crate) fn database_path(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Takes the right to use a vault's folder, for as long as the lock lives.
pub(crate) fn lock_folder(folder: &Path) -> Result<FileLock, OpenError> {
    let path = folder.join(LOCK);
    FileLock::take(&path, LONGEST_WAIT).map_err(|error| match error {
        LockError::InUse { .. } => OpenError::InUse { folder: folder.to_owned() },
        LockError::Open(source) | LockError::Lock(source) => OpenError::File { path, source },
    })
}

/// What tells the database from a copy of it: on Unix its inode number, which a copy, a restored archive or another disk
/// almost never shares. `None` on other systems.
pub(crate) fn place_of(folder: &Path) -> io::Result<Option<String>> {
    let metadata = std::fs::metadata(database_path(folder))?;
    #[cfg(unix)]
    return Ok(Some(std::os::unix::fs::MetadataExt::ino(&metadata).to_string()));
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(None)
    }
}

fn prepared(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Opens the database for the writer. Makes it if it does not exist.
pub(crate) fn open_writable(folder: &Path) -> Result<Connection, OpenError> {
    let path = database_path(folder);
    let file_error = |source| OpenError::File { path: path.clone(), source };
    mrms_files::open_to_append(&path).map_err(file_error)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = prepared(Connection::open_with_flags(&path, flags)?)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // The pragma answers with the value that is in force.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > FORMAT {
        return Err(OpenError::Format { found, supported: FORMAT });
    }
    if found < FORMAT {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute_batch(if found == 0 { CREATE } else { LEAVE_FORMAT_1 })?;
        connection.execute_batch(CLAIMS)?;
        connection.pragma_update(None, "user_version", FORMAT)?;
        connection.execute_batch("COMMIT")?;
    }
    connection.execute_batch(ADD)?;
    Ok(connection)
}

/// A pool of read connections. Each thread that asks gets one of its own.
pub(crate) struct ReadConnections {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl ReadConnections {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { path: database_path(folder), idle: Mutex::new(Vec::new()) }
    }

    /// Calls `ask` with a connection that sees all committed rows.
    pub(crate) fn ask<T, E: From<StorageFailure>>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().map_err(StorageFailure::from)?,
        };
        let answer = ask(&connection)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        prepared(Connection::open_with_flags(&self.path, flags)?)
    }
}
