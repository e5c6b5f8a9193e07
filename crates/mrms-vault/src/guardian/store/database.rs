//! Opens the database file. One process has it open; one of its threads writes, and any thread reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mrms_files::{FileLock, LockError};
use rusqlite::config::DbConfig;
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

/// Turns the database's log on. SQLite answers with the mode that it has now and reports no error when it is another
/// one, as on a file system without shared memory.
fn use_log(connection: &Connection) -> Result<(), StorageFailure> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(StorageFailure::NoLog { mode }),
    }
}

/// Moves everything from the database's log into its file, so that the file alone is the vault's. What can't be moved
/// now, because somebody reads or the disk is full, is durable in the log.
pub(crate) fn settle(connection: &Connection) {
    let _ = connection.busy_timeout(Duration::ZERO);
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

fn prepared(connection: Connection) -> rusqlite::Result<Connection> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
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
    use_log(&connection)?;
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

    /// Closes those that are idle. A connection that is open keeps the database's log in use.
    pub(crate) fn close_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        open_read_only(&self.path)
    }
}

/// Opens the database in a folder for reading, whoever has it open.
pub(crate) fn open_to_read(folder: &Path) -> rusqlite::Result<Connection> {
    open_read_only(&database_path(folder))
}

fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    prepared(Connection::open_with_flags(path, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_that_sqlite_does_not_grant_is_a_failure() {
        // A temporary database can have no log, and SQLite says so only in its answer.
        let refused = use_log(&Connection::open("").unwrap()).unwrap_err();
        assert!(matches!(refused, StorageFailure::NoLog { .. }), "{refused:?}");
    }

    #[test]
    fn log_is_merged_into_the_file_when_nobody_reads() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_writable(folder.path()).unwrap();
        let log = folder.path().join("vault.sqlite-wal");
        assert!(std::fs::metadata(&log).unwrap().len() > 0);
        settle(&connection);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
        drop(connection);
        assert!(!log.exists());
    }
}
