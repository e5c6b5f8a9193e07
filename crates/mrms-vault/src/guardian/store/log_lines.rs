//! The log in the database: appends lines, reads them and checks them.

use mrms_core::{RecordId, UnixTime};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::encoding::record_bytes;
use crate::guardian::error::{LogError, StorageFailure};
use crate::protocol::{Hex, LogHead, LogItem, LogLine};

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogTip {
    /// The number of lines, which is the number of the next line.
    pub(crate) count: u64,
    /// The hash that commits to them.
    pub(crate) head: LogHead,
    /// The time of the last one.
    pub(crate) time: UnixTime,
}

impl LogTip {
    const EMPTY: Self = Self { count: 0, head: LogHead::EMPTY, time: UnixTime::from_seconds(0) };
}

const DAMAGED: StorageFailure = StorageFailure::Damaged { what: "a line of the log" };

/// Appends a complete line. The caller's database transaction makes it durable.
pub(crate) fn append(
    connection: &Connection,
    tip: &LogTip,
    line: &LogLine,
) -> Result<LogTip, StorageFailure> {
    let hash = line.hash().map_err(|_| DAMAGED)?;
    let head = tip.head.after(&hash);
    let text = serde_json::to_string(line).map_err(|_| DAMAGED)?;
    connection
        .prepare_cached(
            "INSERT INTO lines (number, time, hash, head, record, line) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            line.number,
            line.time,
            &hash.0[..],
            &head.0.0[..],
            line.record_id.map(record_bytes),
            text,
        ])?;
    Ok(LogTip { count: line.number + 1, head, time: UnixTime::from_seconds(line.time) })
}

/// Where the log ends.
pub(crate) fn log_tip(connection: &Connection) -> Result<LogTip, StorageFailure> {
    let last = "SELECT number, time, head FROM lines ORDER BY number DESC LIMIT 1";
    let tip = connection
        .prepare_cached(last)?
        .query_row([], |row| {
            Ok(LogTip {
                count: row.get::<_, u64>(0)? + 1,
                time: UnixTime::from_seconds(row.get(1)?),
                head: LogHead(Hex(row.get(2)?)),
            })
        })
        .optional()?;
    Ok(tip.unwrap_or(LogTip::EMPTY))
}

/// The head before line `number`.
pub(crate) fn head_before(connection: &Connection, number: u64) -> Result<LogHead, LogError> {
    let Some(last) = number.checked_sub(1) else { return Ok(LogHead::EMPTY) };
    let head = connection
        .prepare_cached("SELECT head FROM lines WHERE number = ?")?
        .query_row([last], |row| row.get(0))
        .optional()?;
    head.map(|head| LogHead(Hex(head))).ok_or(LogError::Missing { number: last })
}

/// Lines from `from` on, at most `limit`: in full if `shown` says so for their record, else their hashes.
pub(crate) fn items(
    connection: &Connection,
    from: u64,
    limit: u32,
    shown: impl Fn(Option<[u8; 16]>) -> bool,
) -> Result<Vec<LogItem>, StorageFailure> {
    let select = "SELECT hash, record, line FROM lines WHERE number >= ? ORDER BY number LIMIT ?";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query(params![i64::try_from(from).unwrap_or(i64::MAX), limit])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(if shown(row.get(1)?) {
            LogItem::Line(Box::new(parse(row, 2)?))
        } else {
            LogItem::Hash(Hex(row.get(0)?))
        });
    }
    Ok(items)
}

/// Lines about a record from `from` on, at most `limit`.
pub(crate) fn lines_of(
    connection: &Connection,
    record: RecordId,
    from: u64,
    limit: u32,
) -> Result<Vec<LogLine>, StorageFailure> {
    let select = "SELECT line FROM lines WHERE record = ? AND number >= ?
                  ORDER BY number LIMIT ?";
    let mut statement = connection.prepare_cached(select)?;
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![record_bytes(record), from, limit])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(parse(row, 0)?);
    }
    Ok(lines)
}

fn parse(row: &Row<'_>, column: usize) -> Result<LogLine, StorageFailure> {
    let text = row.get_ref(column)?.as_str().map_err(|_| DAMAGED)?;
    serde_json::from_str(text).map_err(|_| DAMAGED)
}

/// Checks that lines, hashes and heads from line `from` to the end agree.
pub(crate) fn verify_from(connection: &Connection, from: u64) -> Result<LogTip, LogError> {
    let mut head = head_before(connection, from)?;
    let mut tip = LogTip { head, count: from, ..LogTip::EMPTY };
    let select = "SELECT number, hash, head, record, line, time FROM lines
                  WHERE number >= ? ORDER BY number";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query([i64::try_from(from).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        let number: u64 = row.get(0)?;
        if number != tip.count {
            return Err(LogError::Missing { number: tip.count });
        }
        let altered = LogError::Altered { number };
        let Ok(line) = parse(row, 4) else { return Err(altered) };
        let Ok(hash) = line.hash() else { return Err(altered) };
        head = head.after(&hash);
        let record: Option<[u8; 16]> = row.get(3)?;
        let fits = line.number == number
            && row.get::<_, [u8; 32]>(1)? == hash.0
            && row.get::<_, [u8; 32]>(2)? == head.0.0
            && record == line.record_id.map(|id: RecordId| record_bytes(id))
            && row.get::<_, u64>(5)? == line.time
            && tip.time.seconds() <= line.time;
        if !fits {
            return Err(altered);
        }
        tip = LogTip { count: number + 1, head, time: UnixTime::from_seconds(line.time) };
    }
    Ok(tip)
}
