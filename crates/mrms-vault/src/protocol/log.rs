//! Reading a vault's log: the lines about one record, and only the hashes of all others.

use mrms_core::RecordId;
use mrms_stacks::clarity::{EncodeError, Value};
use serde::{Deserialize, Serialize};

use super::signed::Message;
use super::{Hex, LogHead, LogLine};

/// Most items on one page.
pub const MOST_LINES: u32 = 4_096;

/// Topic `log`: give the log from line `from` on. The record's patient, and everyone it was ever granted to, see the lines
/// about it and the hashes of all others. The vault's own account sees all lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRequest {
    /// The record.
    pub record_id: RecordId,
    /// The first line wanted.
    pub from: u64,
    /// Most items to give: 1 to [`MOST_LINES`].
    pub limit: u32,
}

impl Message for LogRequest {
    const TOPIC: &'static str = "log";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, from, limit } = self;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("from", Value::uint(*from)),
            ("limit", Value::uint(*limit)),
        ]
    }
}

/// Most records of one [`RecordLinesRequest`].
pub const MOST_LOGGED_RECORDS: usize = 64;

/// Topic `record-lines`: give the lines about these records alone, from line `from` on. Whoever has read the whole log for
/// one record, and so has the hash of every line, needs no other to read it for further records. Each record's patient, and
/// everyone it was ever granted to, may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLinesRequest {
    /// The records: 1 to [`MOST_LOGGED_RECORDS`], each once, in ascending order.
    pub records: Vec<RecordId>,
    /// The first line wanted.
    pub from: u64,
    /// Most lines to give: 1 to [`MOST_LINES`].
    pub limit: u32,
}

impl Message for RecordLinesRequest {
    const TOPIC: &'static str = "record-lines";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let records = self.records.iter().map(|id| Value::uint(id.number())).collect();
        vec![
            ("records", Value::List(records)),
            ("from", Value::uint(self.from)),
            ("limit", Value::uint(self.limit)),
        ]
    }
}

impl RecordLinesRequest {
    /// Whether the records are as many as they can be, and in order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let ascending = self.records.windows(2).all(|pair| pair[0] < pair[1]);
        ascending
            && (1..=MOST_LOGGED_RECORDS).contains(&self.records.len())
            && (1..=MOST_LINES).contains(&self.limit)
    }
}

/// Lines about some records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLines {
    /// The lines, by their numbers.
    pub lines: Vec<LogLine>,
    /// Where to go on; `None` where there are no more.
    pub next: Option<u64>,
}

/// A line that the signer may see, or the hash of one that they may not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogItem {
    /// The line.
    Line(Box<LogLine>),
    /// Its hash.
    Hash(Hex<32>),
}

impl LogItem {
    /// The hash of the line.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] for a line that is longer than Clarity allows.
    pub fn hash(&self) -> Result<Hex<32>, EncodeError> {
        match self {
            Self::Line(line) => line.hash(),
            Self::Hash(hash) => Ok(*hash),
        }
    }
}

/// A part of the log. `before` and the items give the head after them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The first item's line number.
    pub from: u64,
    /// The head before the first item.
    pub before: LogHead,
    /// The items, in order.
    pub items: Vec<LogItem>,
    /// How many lines the log had when this was answered.
    pub count: u64,
    /// The head of all of them.
    pub head: LogHead,
}
