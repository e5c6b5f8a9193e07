//! Opens the ledger's file: sets its permissions, its durability and its maximum size.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::ancestry;
use super::schema::{
    ADD_SUMS, CREATE, CREATE_ANCESTRY, CREATE_LISTS, FORMAT, WITHOUT_ANCESTRY, WITHOUT_SUMS,
};
use super::sums::leave_out;
use super::write::sum_up_state;
use crate::chain::error::{LedgerFailure, OpenError};

/// Name of the ledger's file in its folder.
const LEDGER_FILE: &str = "ledger.sqlite";
/// Page cache of a connection, in KiB.
const CACHE_KIB: i64 = 16 * 1024;
/// Prepared statements that a connection caches.
const CACHED_STATEMENTS: usize = 64;

/// Path of the ledger's file in a folder.
pub(crate) fn ledger_file(folder: &Path) -> std::path::PathBuf {
    folder.join(LEDGER_FILE)
}

/// Sets a connection up to believe little of what a file says: no trigger of it runs, no function that can do
/// harm is called from its schema, and no statement can write its schema.
fn configured(connection: Connection) -> rusqlite::Result<Connection> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Which file is the ledger's: the system's numbers of it. Whoever moves another file into its place changes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId(#[cfg(unix)] (u64, u64));

impl FileId {
    /// The file that is in its place now; `None` if there is none.
    #[cfg(unix)]
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(folder.join(LEDGER_FILE)).ok()?;
        Some(Self((metadata.dev(), metadata.ino())))
    }

    /// The system has no such numbers here: every file that is there counts as the same.
    #[cfg(not(unix))]
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        folder.join(LEDGER_FILE).exists().then_some(Self())
    }
}

/// Opens the ledger in `folder` for writing. Creates an empty file that only its owner can read when there is
/// none.
pub(crate) fn open_writable(
    folder: &Path,
    max_bytes: Option<u64>,
) -> Result<Connection, OpenError> {
    let path = folder.join(LEDGER_FILE);
    let file_error = |source| OpenError::File { path: path.clone(), source };
    mrms_files::private_options().create(true).append(true).open(&path).map_err(file_error)?;
    let connection = connect_writable(&path, max_bytes)?;
    check_planted(&connection)?;
    check_format(&connection)?;
    bring_up(&connection)?;
    Ok(connection)
}

/// Takes a file of an older format to the present one, in one transaction. Interrupted, it begins again.
fn bring_up(connection: &Connection) -> Result<(), LedgerFailure> {
    let format = format_of(connection)?;
    // A file without tables has no format yet.
    if format >= FORMAT || format == 0 {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    if format == WITHOUT_ANCESTRY {
        connection.execute_batch(CREATE_ANCESTRY)?;
        ancestry::build(connection)?;
    }
    connection.execute_batch(ADD_SUMS)?;
    sum_up_state(connection)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// The database's log: it has the newest blocks until the ledger is closed.
fn log_file(folder: &Path) -> std::path::PathBuf {
    folder.join(format!("{LEDGER_FILE}-wal"))
}

/// Whether the database's log is there and has something in it. Ask before the database is opened, which makes
/// an empty one.
pub(crate) fn has_log(folder: &Path) -> bool {
    std::fs::metadata(log_file(folder)).is_ok_and(|metadata| metadata.len() > 0)
}

/// Whether the file has no tables: it is new, or everything in it was lost.
pub(crate) fn is_empty(connection: &Connection) -> Result<bool, LedgerFailure> {
    Ok(connection.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get(0))?)
}

/// Moves everything from the database's log into its file, so that the file alone is the ledger. What can't be
/// moved now, because somebody reads or the disk is full, is durable in the log.
pub(crate) fn settle(connection: &Connection) {
    // Whoever reads keeps the rest of the log in use. It is not worth waiting for.
    let _ = connection.busy_timeout(Duration::ZERO);
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// Moves everything from the database's log into its file and begins a new log, or fails.
pub(crate) fn settle_all(connection: &Connection) -> Result<(), LedgerFailure> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let (is_busy, in_log, moved): (bool, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if is_busy || in_log != moved {
        let message = "the database's log can't be moved into its file".to_owned();
        return Err(LedgerFailure::Storage { message });
    }
    Ok(())
}

/// Turns the database's log on. SQLite answers with the mode that it has now and reports no error when it is
/// another one, as on a file system without shared memory.
fn use_log(connection: &Connection) -> Result<(), LedgerFailure> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(LedgerFailure::from)?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(LedgerFailure::Storage {
            message: format!("the disk does not allow a log (WAL): SQLite stays in mode {mode}"),
        }),
    }
}

/// Opens a database for writing, so that what is committed survives a loss of power.
pub(crate) fn connect_writable(
    path: &Path,
    max_bytes: Option<u64>,
) -> Result<Connection, LedgerFailure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = configured(Connection::open_with_flags(path, flags)?)?;
    use_log(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    // SQLite truncates the WAL file to this size after a large block made it grow.
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    if let Some(max_bytes) = max_bytes {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(max_bytes).unwrap_or(i64::MAX) / page.max(1);
        // The pragma returns the limit that is in effect.
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(connection)
}

/// Opens an existing ledger for reading.
pub(crate) fn open_read_only(folder: &Path) -> Result<Connection, LedgerFailure> {
    connect_read_only(&folder.join(LEDGER_FILE))
}

/// Opens an existing database for reading.
pub(crate) fn connect_read_only(path: &Path) -> Result<Connection, LedgerFailure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(configured(Connection::open_with_flags(path, flags)?)?)
}

/// Opens an existing ledger for reading. Fails when there is none, or when a newer program wrote it.
pub(crate) fn open_existing(folder: &Path) -> Result<Connection, OpenError> {
    if !folder.join(LEDGER_FILE).is_file() {
        return Err(OpenError::Absent { folder: folder.to_owned() });
    }
    let connection = open_read_only(folder)?;
    check_planted(&connection)?;
    check_format(&connection)?;
    read_as_present(&connection)?;
    Ok(connection)
}

/// Lets a file of an older format read as one of the present format.
fn read_as_present(connection: &Connection) -> Result<(), LedgerFailure> {
    let format = format_of(connection)?;
    if format != 0 && format <= WITHOUT_SUMS {
        leave_out(connection, false)?;
    }
    Ok(())
}

/// The same for a check, which looks at what the file defines before it reads anything. Nothing that it reads by the
/// queries of this module is compared with its sum: the check compares the rows themselves.
pub(crate) fn open_to_check(folder: &Path) -> Result<Connection, OpenError> {
    if !folder.join(LEDGER_FILE).is_file() {
        return Err(OpenError::Absent { folder: folder.to_owned() });
    }
    let connection = open_read_only(folder)?;
    check_format(&connection)?;
    if !is_empty(&connection)? {
        let has_sums = format_of(&connection)? > WITHOUT_SUMS;
        leave_out(&connection, has_sums).map_err(LedgerFailure::from)?;
    }
    Ok(connection)
}

/// Fails if the file defines a view or a trigger, which no ledger has. A view in the place of a table could keep
/// whoever reads it busy for ever.
pub(crate) fn check_planted(connection: &Connection) -> Result<(), LedgerFailure> {
    let is_planted: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index'))",
        [],
        |row| row.get(0),
    )?;
    match is_planted {
        true => Err(LedgerFailure::Damaged { what: "it defines a view or a trigger" }),
        false => Ok(()),
    }
}

/// Opens an existing ledger to move its log into its file, and to keep others from writing for a moment. Nothing is
/// written into its tables.
pub(crate) fn open_to_hold(folder: &Path) -> Result<Connection, LedgerFailure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = configured(Connection::open_with_flags(folder.join(LEDGER_FILE), flags)?)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Opens the file in which a check keeps the state that it executes. It is worth nothing until it is committed, so only
/// that waits for the disk.
pub(crate) fn open_work(path: &Path) -> Result<Connection, LedgerFailure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    configured(Connection::open_with_flags(path, flags)?).map_err(LedgerFailure::from)
}

/// Creates an empty ledger that disappears when the connection closes.
pub(crate) fn temporary() -> Result<Connection, LedgerFailure> {
    let connection = temporary_file()?;
    create(&connection)?;
    Ok(connection)
}

/// Creates the file of such a ledger, without tables.
pub(crate) fn temporary_file() -> Result<Connection, LedgerFailure> {
    // For SQLite, an empty name means a private temporary file.
    let connection = configured(Connection::open("")?)?;
    connection.pragma_update(None, "synchronous", "off")?;
    Ok(connection)
}

/// The file's format; 0 for one without tables.
pub(crate) fn format_of(connection: &Connection) -> Result<u32, LedgerFailure> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Whether the file has the table of the ancestry: one that an older program wrote, and that nobody has opened for
/// writing since, has none.
pub(crate) fn has_ancestry(connection: &Connection) -> Result<bool, LedgerFailure> {
    Ok(format_of(connection)? > WITHOUT_ANCESTRY)
}

fn check_format(connection: &Connection) -> Result<(), OpenError> {
    let found = format_of(connection)?;
    if found > FORMAT { Err(OpenError::Format { found, supported: FORMAT }) } else { Ok(()) }
}

/// Creates the tables, in the caller's database transaction if there is one.
pub(crate) fn create(connection: &Connection) -> Result<(), LedgerFailure> {
    create_as(connection, FORMAT)
}

fn create_as(connection: &Connection, format: u32) -> Result<(), LedgerFailure> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(CREATE_LISTS)?;
    if format > WITHOUT_ANCESTRY {
        connection.execute_batch(CREATE_ANCESTRY)?;
    }
    if format > WITHOUT_SUMS {
        connection.execute_batch(ADD_SUMS)?;
    }
    connection.pragma_update(None, "user_version", format)?;
    Ok(())
}

/// An empty temporary file of a format, to compare with what another file defines.
pub(crate) fn schema_of(format: u32) -> Result<Connection, LedgerFailure> {
    let connection = temporary_file()?;
    create_as(&connection, format)?;
    Ok(connection)
}

/// Creates the folder when it does not exist. Only its owner can read it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), OpenError> {
    mrms_files::make_private_folder(folder)
        .map_err(|source| OpenError::File { path: folder.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn log_that_sqlite_does_not_grant_is_a_failure() {
        // A temporary database can have no log, and SQLite says so only in its answer.
        let connection = Connection::open("").unwrap();
        let refused = use_log(&connection).unwrap_err();
        assert!(matches!(refused, LedgerFailure::Storage { .. }), "{refused:?}");
        let folder = tempfile::tempdir().unwrap();
        use_log(&Connection::open(folder.path().join("file")).unwrap()).unwrap();
    }

    #[test]
    fn triggers_of_a_file_do_not_run() {
        let connection = temporary().unwrap();
        let trigger = "CREATE TRIGGER planted AFTER INSERT ON state
                       BEGIN DELETE FROM state; END";
        connection.execute_batch(trigger).unwrap();
        let put = "INSERT INTO state (key, value) VALUES ('a', 'b')";
        connection.execute(put, []).unwrap();
        let rows: u32 =
            connection.query_row("SELECT count(*) FROM state", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn sqlite_is_built_without_locks_and_extensions_that_nothing_uses() {
        let connection = temporary_file().unwrap();
        let mut statement = connection.prepare("PRAGMA compile_options").unwrap();
        let options: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let has = |option: &str| options.iter().any(|built| built == option);
        // .cargo/config.toml sets these options. A build from another folder does not read that file.
        assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
        for left_out in ["ENABLE_FTS3", "ENABLE_FTS5", "ENABLE_RTREE", "ENABLE_LOAD_EXTENSION"] {
            assert!(!has(left_out), "{options:?}");
        }
        assert!(has("OMIT_LOAD_EXTENSION"), "{options:?}");
    }
}
