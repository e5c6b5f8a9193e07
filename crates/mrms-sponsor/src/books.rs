//! The sponsor's books: a journal of its payments, and the bytes of transactions in flight.
//!
//! ```text
//! lock                    held by the sponsor that has the books open
//! journal-2026-11.jsonl   a line for each payment, by month (UTC); only ever appended to
//! agreements.checkpoint   what the journals say up to some place, sorted; can be deleted
//! refusals-2026-11.jsonl  what was refused, by month; never read
//! under-way/N.tx          the transaction with the sponsor's nonce N, until it stands in a block
//! vouchers.jsonl          whose each voucher is: a line when it is first shown; only ever appended to
//! ```
//!
//! A line of the journal is synced before an answer leaves. When the books are opened, the journals of this month and the
//! last are read from the checkpoint on, so the sponsor remembers for a month at least what it agreed to. Decides nothing.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use mrms_core::{Nonce, StandardPrincipal};
use mrms_files::{FileLock, LockError};
use serde::{Deserialize, Serialize};

use crate::eligible::VoucherId;
use crate::journal::{Line, LinePlace, damaged, each_line, journal_path, month_of};

/// File of the vouchers that were shown.
const VOUCHERS: &str = "vouchers.jsonl";
/// Folder of the bytes in flight.
const IN_FLIGHT: &str = "under-way";

/// Why the books can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// Another sponsor has them open.
    #[error("another sponsor has {} open", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `write` or `lock`.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line is not one that the sponsor writes.
    #[error("line {line} of {} cannot be read: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// A line of the file of vouchers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    time: Timestamp,
    /// Its SHA-256 in hexadecimal.
    voucher: String,
    /// Whose it is from now on.
    principal: StandardPrincipal,
}

/// Whose each voucher is.
pub(crate) type Owners = HashMap<VoucherId, StandardPrincipal>;

/// Bytes of transactions in flight, by the sponsor's nonce.
pub(crate) type InFlightBytes = Vec<(Nonce, Vec<u8>)>;

/// The open books.
#[derive(Debug)]
pub(crate) struct Books {
    folder: PathBuf,
    month: String,
    journal: File,
    _lock: FileLock,
}

impl Books {
    /// Opens the books in a folder, which is made if it does not exist. Returns the bytes in flight.
    ///
    /// # Errors
    ///
    /// [`BooksError`].
    pub(crate) fn open(folder: &Path, now: Timestamp) -> Result<(Self, InFlightBytes), BooksError> {
        let in_flight = folder.join(IN_FLIGHT);
        mrms_files::make_private_folder(&in_flight).map_err(wrong(&in_flight, "write"))?;
        let lock_file = folder.join("lock");
        let lock = FileLock::take(&lock_file, Duration::ZERO).map_err(|error| match error {
            LockError::InUse { .. } => BooksError::InUse { path: folder.to_owned() },
            LockError::Open(source) => wrong(&lock_file, "write")(source),
            LockError::Lock(source) => wrong(folder, "lock")(source),
        })?;
        let month = month_of(now);
        let journal = append_to(&journal_path(folder, &month))?;
        let books = Self { folder: folder.to_owned(), month, journal, _lock: lock };
        Ok((books, read_in_flight(&in_flight)?))
    }

    /// Writes a line, durably. Returns where it begins.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn write(&mut self, line: &Line) -> Result<LinePlace, BooksError> {
        let month = month_of(line.time);
        // If the clock was set back, the newer file is continued.
        if month > self.month {
            self.journal = append_to(&journal_path(&self.folder, &month))?;
            self.month = month;
        }
        let path = journal_path(&self.folder, &self.month);
        let mut text = serde_json::to_vec(line)
            .map_err(|error| wrong(&path, "write")(io::Error::other(error)))?;
        text.push(b'\n');
        let end = self.journal.seek(SeekFrom::End(0)).map_err(wrong(&path, "write"))?;
        let written = self.journal.write_all(&text).and_then(|()| self.journal.sync_data());
        if written.is_err() {
            // Part of a line would make the next one unreadable.
            let _ = self.journal.set_len(end);
        }
        written.map_err(wrong(&path, "write"))?;
        Ok(LinePlace { month: self.month.clone(), offset: end })
    }

    /// Whose each voucher is that was ever shown.
    ///
    /// # Errors
    ///
    /// [`BooksError`].
    pub(crate) fn voucher_owners(&self) -> Result<Owners, BooksError> {
        let path = self.folder.join(VOUCHERS);
        let mut owners = Owners::new();
        each_line(&path, 0, |shown: Shown, offset| {
            let id = mrms_core::hexadecimal::decode(&shown.voucher)
                .ok()
                .and_then(|id| id.try_into().ok());
            let reason = "the voucher is no SHA-256".to_owned();
            let id = id.ok_or_else(|| damaged(&path, offset, reason))?;
            owners.entry(VoucherId(id)).or_insert(shown.principal);
            Ok(())
        })?;
        Ok(owners)
    }

    /// Writes down, durably, whose a voucher is from now on.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn note_voucher(
        &self,
        id: VoucherId,
        principal: StandardPrincipal,
        time: Timestamp,
    ) -> Result<(), BooksError> {
        let path = self.folder.join(VOUCHERS);
        let shown = Shown { time, voucher: hex::encode(id.0), principal };
        let mut text = serde_json::to_vec(&shown)
            .map_err(|error| wrong(&path, "write")(io::Error::other(error)))?;
        text.push(b'\n');
        mrms_files::append(&path, &text).map_err(wrong(&path, "write"))
    }

    /// Keeps the bytes of a transaction before it is sent, durably.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn keep(&self, nonce: Nonce, bytes: &[u8]) -> Result<(), BooksError> {
        let path = self.bytes_path(nonce);
        mrms_files::write_whole(&path, bytes).map_err(wrong(&path, "write"))
    }

    /// Forgets the bytes of a transaction.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn forget(&self, nonce: Nonce) -> Result<(), BooksError> {
        let path = self.bytes_path(nonce);
        mrms_files::remove(&path).map_err(wrong(&path, "write"))
    }

    fn bytes_path(&self, nonce: Nonce) -> PathBuf {
        self.folder.join(IN_FLIGHT).join(format!("{}.tx", nonce.number()))
    }
}

/// The error for a file that the system refuses.
pub(crate) fn wrong(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> BooksError {
    let path = path.to_owned();
    move |source| BooksError::Io { path, action, source }
}

fn append_to(path: &Path) -> Result<File, BooksError> {
    mrms_files::open_to_append(path).map_err(wrong(path, "write"))
}

fn read_in_flight(folder: &Path) -> Result<InFlightBytes, BooksError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong(folder, "read"))? {
        let path = entry.map_err(wrong(folder, "read"))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_suffix(".tx").and_then(|number| number.parse().ok());
        if let Some(number) = number {
            found.push((Nonce::new(number), fs::read(&path).map_err(wrong(&path, "read"))?));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use mrms_core::MicroStx;

    use super::*;
    use crate::budget::Purse;
    use crate::journal::{Decision, replay};

    fn lines(folder: &Path, now: Timestamp) -> Result<Vec<Line>, BooksError> {
        let mut lines = Vec::new();
        replay(folder, None, now, |line, _| {
            lines.push(line);
            Ok(())
        })?;
        Ok(lines)
    }

    fn line(time: &str, nonce: u64) -> Line {
        Line {
            time: time.parse().unwrap(),
            decision: Decision::Sponsored,
            principal: "ST000000000000000000002AMW42H".parse().unwrap(),
            function: Some("access-medical-record".to_owned()),
            nonce: Nonce::new(nonce),
            request: None,
            txid: None,
            sponsor_nonce: Some(Nonce::new(nonce)),
            fee: Some(MicroStx::new(300)),
            purse: Purse::Ordinary,
            reason: None,
        }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn books_are_open_once() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-22T10:00:00Z");
        let open = Books::open(folder.path(), now).unwrap();
        assert!(matches!(Books::open(folder.path(), now), Err(BooksError::InUse { .. })));
        drop(open);
        Books::open(folder.path(), now).unwrap();
    }

    #[test]
    fn damaged_line_is_named_and_a_torn_one_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-22T10:00:00Z");
        let (mut books, ..) = Books::open(folder.path(), now).unwrap();
        books.write(&line("2026-11-22T10:00:00Z", 1)).unwrap();
        books.write(&line("2026-11-22T10:00:01Z", 2)).unwrap();
        drop(books);
        let path = folder.path().join("journal-2026-11.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        assert_eq!(lines(folder.path(), now).unwrap(), [line("2026-11-22T10:00:00Z", 1)]);
        let (mut books, _) = Books::open(folder.path(), now).unwrap();
        books.write(&line("2026-11-22T10:00:02Z", 3)).unwrap();
        drop(books);
        assert_eq!(lines(folder.path(), now).unwrap().len(), 2);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{}}\n")).unwrap();
        let error = lines(folder.path(), now).unwrap_err();
        assert!(matches!(error, BooksError::Damaged { line: 3, .. }), "{error}");
        fs::write(&path, "x".repeat(1 << 20)).unwrap();
        let error = lines(folder.path(), now).unwrap_err();
        assert!(matches!(error, BooksError::Damaged { line: 1, .. }), "{error}");
    }

    #[test]
    fn last_month_is_read_and_the_one_before_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (mut books, ..) = Books::open(folder.path(), at("2026-10-31T10:00:00Z")).unwrap();
        books.write(&line("2026-10-31T10:00:00Z", 1)).unwrap();
        books.write(&line("2026-11-30T23:59:59Z", 2)).unwrap();
        books.write(&line("2026-12-01T00:00:00Z", 3)).unwrap();
        drop(books);
        let read = lines(folder.path(), at("2026-12-31T10:00:00Z")).unwrap();
        let nonces: Vec<_> = read.iter().map(|line| line.nonce.number()).collect();
        assert_eq!(nonces, [2, 3]);
    }

    #[test]
    fn bytes_under_way_are_kept_until_they_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-22T10:00:00Z");
        let (books, ..) = Books::open(folder.path(), now).unwrap();
        for number in [10, 9] {
            books.keep(Nonce::new(number), &[number as u8]).unwrap();
        }
        books.keep(Nonce::new(9), &[90]).unwrap();
        drop(books);
        let (books, under_way) = Books::open(folder.path(), now).unwrap();
        assert_eq!(under_way, [(Nonce::new(9), vec![90]), (Nonce::new(10), vec![10])]);
        books.forget(Nonce::new(9)).unwrap();
        drop(books);
        let (_books, under_way) = Books::open(folder.path(), now).unwrap();
        assert_eq!(under_way, [(Nonce::new(10), vec![10])]);
    }
}
