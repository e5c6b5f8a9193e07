//! The journal of payments: its lines, and reading them one at a time.
//!
//! A file for each month (UTC), only ever appended to. Each line is synced before the answer leaves. A line says who called
//! which function, when, and what that cost; never what a transaction carries. Whatever is read goes through memory line
//! by line, however long the file is.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::books::{BooksError, wrong};
use crate::budget::Purse;

/// Longest line, in bytes. What the sponsor writes is far below it.
const LONGEST_LINE: u64 = 64 * 1024;
/// How much of a journal before a place tells whether it is the same journal.
const TAIL: u64 = 4096;

/// What the sponsor decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    /// It is paid for.
    Sponsored,
    /// It is not. The journals of former releases have such lines, too.
    Refused,
    /// The sponsor agreed to pay, but the ledger did not take it. The fee was not spent.
    Returned,
    /// The sponsor used up a nonce of its own that nothing else used.
    Filled,
}

/// A line of the journal, and of the list of refusals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When (RFC 3339).
    pub(crate) time: Timestamp,
    /// What the sponsor decided.
    pub(crate) decision: Decision,
    /// Whose transaction it is.
    pub(crate) principal: StandardPrincipal,
    /// The function that it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) function: Option<String>,
    /// Its origin's nonce.
    pub(crate) nonce: Nonce,
    /// Its id as its origin signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<TxId>,
    /// Its id as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) txid: Option<TxId>,
    /// The sponsor's nonce in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sponsor_nonce: Option<Nonce>,
    /// The fee in micro-STX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fee: Option<MicroStx>,
    /// Which budget pays.
    #[serde(default, skip_serializing_if = "is_ordinary")]
    pub(crate) purse: Purse,
    /// Why it is refused, or was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_ordinary(purse: &Purse) -> bool {
    *purse == Purse::Ordinary
}

/// Where a line begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinePlace {
    /// The journal's month, such as `2026-11`.
    pub(crate) month: String,
    /// Bytes before the line.
    pub(crate) offset: u64,
}

/// The month of a time (UTC).
pub(crate) fn month_of(time: Timestamp) -> String {
    time.strftime("%Y-%m").to_string()
}

fn month_before(time: Timestamp) -> String {
    let date = jiff::tz::TimeZone::UTC.to_datetime(time).date().first_of_month();
    date.yesterday().map_or_else(|_| month_of(time), |date| date.strftime("%Y-%m").to_string())
}

/// The journal of a month.
pub(crate) fn journal_path(folder: &Path, month: &str) -> PathBuf {
    folder.join(format!("journal-{month}.jsonl"))
}

/// Reads the journals of the last month and of this one, or what lies after a place in them.
pub(crate) fn replay(
    folder: &Path,
    from: Option<&LinePlace>,
    now: Timestamp,
    mut each: impl FnMut(Line, LinePlace) -> Result<(), BooksError>,
) -> Result<(), BooksError> {
    for month in [month_before(now), month_of(now)] {
        let start = match from {
            Some(from) if from.month > month => continue,
            Some(from) if from.month == month => from.offset,
            _ => 0,
        };
        each_line(&journal_path(folder, &month), start, |line, offset| {
            each(line, LinePlace { month: month.clone(), offset })
        })?;
    }
    Ok(())
}

/// Reads the lines of a file from a place on. Bytes after the last line end are cut off: the process was killed while it
/// wrote them, before any answer left.
pub(crate) fn each_line<T: DeserializeOwned>(
    path: &Path,
    start: u64,
    mut each: impl FnMut(T, u64) -> Result<(), BooksError>,
) -> Result<(), BooksError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(wrong(path, "read"))?,
    };
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(start)).map_err(wrong(path, "read"))?;
    let (mut offset, mut row) = (start, Vec::new());
    loop {
        row.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut row);
        let length = read.map_err(wrong(path, "read"))? as u64;
        if length == 0 {
            return Ok(());
        }
        if row.last() != Some(&b'\n') {
            if length == LONGEST_LINE {
                return Err(damaged(path, offset, "it is too long".to_owned()));
            }
            let file = File::options().write(true).open(path).map_err(wrong(path, "write"))?;
            return file
                .set_len(offset)
                .and_then(|()| file.sync_all())
                .map_err(wrong(path, "write"));
        }
        if length > 1 {
            let line = serde_json::from_slice(&row)
                .map_err(|error| damaged(path, offset, error.to_string()))?;
            each(line, offset)?;
        }
        offset += length;
    }
}

/// The error for the line at a place.
pub(crate) fn damaged(path: &Path, offset: u64, reason: String) -> BooksError {
    BooksError::Damaged { path: path.to_owned(), line: line_number(path, offset), reason }
}

/// The number of the line that begins at a place, from 1. Nobody needs it but whoever reads an error.
fn line_number(path: &Path, offset: u64) -> usize {
    let Ok(file) = File::open(path) else { return 1 };
    let before = BufReader::new(file.take(offset)).bytes();
    1 + before.filter(|byte| matches!(byte, Ok(b'\n'))).count()
}

/// A hash of what lies before a place; `None` if no line can begin there.
pub(crate) fn tail(folder: &Path, place: &LinePlace) -> io::Result<Option<[u8; 32]>> {
    let LinePlace { month, offset } = place;
    if *offset == 0 {
        return Ok(Some(Sha256::digest([]).into()));
    }
    let mut file = match File::open(journal_path(folder, month)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let start = offset.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(offset - start).read_to_end(&mut bytes)?;
    let is_whole = bytes.len() as u64 == offset - start && bytes.last() == Some(&b'\n');
    Ok(is_whole.then(|| Sha256::digest(&bytes).into()))
}
