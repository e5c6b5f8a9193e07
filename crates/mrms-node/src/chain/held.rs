//! Holds a ledger's file as it is at one block, so that its bytes can be read without a copy of it, also while another
//! process writes to the ledger.
//!
//! SQLite's log is moved into the file first. A reader that then needs nothing of the log keeps everybody from moving more
//! into the file for as long as it reads; what is written meanwhile stays in the log.

use std::fs::File;
use std::io::{self, Read};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::copy::{Copied, copy_key};
use super::error::{LedgerFailure, OpenError};
use super::gap::Mark;
use super::mark;
use super::store;
use super::units::BlockHeight;

/// How long to wait until nobody reads an older state.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A ledger's file that does not change while this value lives.
pub struct HeldLedger {
    copied: Copied,
    length: u64,
    // Never closed: the system would then take away the locks that other connections of this process have on the file.
    file: ManuallyDrop<File>,
    /// Has the file's state as of that block.
    _reader: Mutex<Connection>,
}

impl HeldLedger {
    /// Holds the file of the ledger in `folder`; none if it can't be held, because somebody reads an older state all the
    /// time, or the folder can't be written. Needs no lock of the folder.
    ///
    /// # Errors
    /// [`OpenError`] when blocks are missing, or the file cannot be read.
    pub fn hold(folder: &Path) -> Result<Option<Self>, OpenError> {
        mark::must_have_blocks(folder, &[])?;
        let until = Instant::now() + TIMEOUT;
        loop {
            if let Some(reader) = hold_now(folder)? {
                return Self::of(folder, reader).map(Some);
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn of(folder: &Path, reader: Connection) -> Result<Self, OpenError> {
        let no_chain = LedgerFailure::Damaged { what: "a ledger without block 0" };
        let first = store::stored_block_at(&reader, BlockHeight::new(0))?;
        let (first, tip) = first.zip(store::tip(&reader)?).ok_or(no_chain)?;
        let copied = Copied { genesis: first.hash, height: tip.header.height, tip: tip.hash };
        let number = |pragma| -> Result<u64, LedgerFailure> {
            Ok(reader.pragma_query_value(None, pragma, |row| row.get(0))?)
        };
        let length = number("page_size")? * number("page_count")?;
        let path = store::ledger_file(folder);
        let file = File::open(&path).map_err(|source| OpenError::File { path, source })?;
        Ok(Self { copied, length, file: ManuallyDrop::new(file), _reader: Mutex::new(reader) })
    }

    /// What is held.
    #[must_use]
    pub const fn copied(&self) -> Copied {
        self.copied
    }

    /// How many bytes the file has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Reads the file from its beginning.
    #[must_use]
    pub fn bytes(&self) -> impl Read + '_ {
        HeldBytes { held: self, at: 0 }
    }

    /// Writes the node's key and a mark of the newest block into the folder `target`, which is made. With the file they
    /// are a whole ledger.
    ///
    /// # Errors
    /// [`OpenError::File`] when `target` cannot be written or has them.
    pub fn write_rest(&self, folder: &Path, target: &Path) -> Result<(), OpenError> {
        store::make_folder(target)?;
        copy_key(folder, target)?;
        let Copied { genesis, height, tip: hash } = self.copied;
        mark::write_mark(&mark::path(target), &Mark { genesis, height, hash })
    }
}

impl std::fmt::Debug for HeldLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldLedger").field("copied", &self.copied).finish_non_exhaustive()
    }
}

struct HeldBytes<'a> {
    held: &'a HeldLedger,
    at: u64,
}

impl Read for HeldBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.held.length - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..most) else { return Ok(0) };
        let count = read_at(&self.held.file, buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

/// Tries once: moves the log into the file and begins to read before anybody writes more. None if a part of the log had to
/// stay, or somebody else writes.
fn hold_now(folder: &Path) -> Result<Option<Connection>, OpenError> {
    let reader = store::open_existing(folder)?;
    let Ok(writer) = store::open_to_hold(folder) else { return Ok(None) };
    // Whoever makes blocks waits for as long as this takes: some milliseconds.
    if writer.execute_batch("BEGIN IMMEDIATE").is_err() {
        return Ok(None);
    }
    let mover = store::open_to_hold(folder)?;
    let (is_busy, in_log, moved): (bool, i64, i64) = mover
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(LedgerFailure::from)?;
    if is_busy || in_log != moved {
        return Ok(None);
    }
    reader.execute_batch("BEGIN").map_err(LedgerFailure::from)?;
    // The first read takes the snapshot.
    store::tip(&reader)?;
    writer.execute_batch("ROLLBACK").map_err(LedgerFailure::from)?;
    Ok(Some(reader))
}
