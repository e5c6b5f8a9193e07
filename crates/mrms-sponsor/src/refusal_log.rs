//! [`RefusalLog`]: what the sponsor refused, apart from what it paid.
//!
//! Refusals cost their sender nothing, so they must cost the sponsor little: they lie in files of their own, by month, which
//! the sponsor never reads and does not sync. Each account gets some lines a day, and all together so many. Whatever is
//! beyond that is counted by reason, and the numbers are written once an hour.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;
use mrms_core::StandardPrincipal;
use serde::Serialize;

use crate::budget::Day;
use crate::in_flight::day;
use crate::journal::{Line, month_of};

/// Lines of one account on a day.
const OF_ONE: u32 = 20;
/// Lines of all accounts on a day.
const OF_ALL: u32 = 2_000;
/// Seconds after which numbers are written.
const HOUR: i64 = 3_600;

/// The refusals of a day.
#[derive(Debug)]
pub(crate) struct RefusalLog {
    folder: PathBuf,
    file: Option<(String, File)>,
    day: Day,
    lines: u32,
    of_account: HashMap<StandardPrincipal, u32>,
    hour: i64,
    /// Refusals without a line in this hour, by reason.
    uncounted: BTreeMap<&'static str, u64>,
}

/// Refusals that have no line of their own.
#[derive(Serialize)]
struct Numbers {
    /// When they are written (RFC 3339).
    time: Timestamp,
    decision: &'static str,
    reason: &'static str,
    /// How many there were since the last such line, or since the hour began.
    count: u64,
}

impl RefusalLog {
    pub(crate) fn new(folder: PathBuf, now: Timestamp) -> Self {
        Self {
            folder,
            file: None,
            day: day(now),
            lines: 0,
            of_account: HashMap::new(),
            hour: now.as_second() / HOUR,
            uncounted: BTreeMap::new(),
        }
    }

    /// Writes a refusal, or counts it.
    ///
    /// # Errors
    ///
    /// What the system says. Nothing depends on it.
    pub(crate) fn note(&mut self, line: &Line, reason: &'static str) -> io::Result<()> {
        self.turn_to(line.time)?;
        let of_account = self.of_account.get(&line.principal).copied().unwrap_or_default();
        if self.lines >= OF_ALL || of_account >= OF_ONE {
            *self.uncounted.entry(reason).or_default() += 1;
            return Ok(());
        }
        self.lines += 1;
        self.of_account.insert(line.principal, of_account + 1);
        self.write(line.time, line)
    }

    /// Writes the numbers of an hour that is over.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn turn_to(&mut self, now: Timestamp) -> io::Result<()> {
        let (today, hour) = (day(now), now.as_second() / HOUR);
        if today > self.day {
            (self.day, self.lines) = (today, 0);
            self.of_account.clear();
        }
        if hour <= self.hour {
            return Ok(());
        }
        self.hour = hour;
        self.write_numbers(now)
    }

    /// Writes the numbers so far.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn write_numbers(&mut self, time: Timestamp) -> io::Result<()> {
        for (reason, count) in std::mem::take(&mut self.uncounted) {
            self.write(time, &Numbers { time, decision: "refused", reason, count })?;
        }
        Ok(())
    }

    fn write(&mut self, time: Timestamp, line: &impl Serialize) -> io::Result<()> {
        let month = month_of(time);
        if self.file.as_ref().is_none_or(|(open, _)| *open != month) {
            let path = self.folder.join(format!("refusals-{month}.jsonl"));
            let mut file = mrms_files::open_to_append(&path)?;
            end_line(&mut file)?;
            self.file = Some((month, file));
        }
        let Some((_, file)) = &mut self.file else { return Ok(()) };
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        file.write_all(&text)
    }
}

/// Ends a line that a process was killed in.
fn end_line(file: &mut File) -> io::Result<()> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

#[cfg(test)]
mod tests {
    use mrms_core::Nonce;

    use super::*;
    use crate::budget::Purse;
    use crate::journal::Decision;

    fn line(time: &str, who: u16) -> Line {
        let mut hash = [7; 20];
        hash[..2].copy_from_slice(&who.to_be_bytes());
        Line {
            time: time.parse().unwrap(),
            decision: Decision::Refused,
            principal: StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, hash).unwrap(),
            function: Some("access-medical-record".to_owned()),
            nonce: Nonce::new(0),
            request: None,
            txid: None,
            sponsor_nonce: None,
            fee: None,
            purse: Purse::Ordinary,
            reason: Some("nonce-taken".to_owned()),
        }
    }

    fn rows(folder: &std::path::Path, month: &str) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(folder.join(format!("refusals-{month}.jsonl"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn flood_of_many_accounts_has_an_end_and_its_numbers_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-30T10:00:00Z".parse().unwrap();
        let mut log = RefusalLog::new(folder.path().to_owned(), now);
        for number in 0..5_000 {
            log.note(&line("2026-11-30T10:00:00Z", number), "nonce-taken").unwrap();
        }
        assert_eq!(rows(folder.path(), "2026-11").len(), OF_ALL as usize);
        assert!(log.of_account.len() <= OF_ALL as usize, "memory has an end, too");
        log.turn_to("2026-11-30T11:00:01Z".parse().unwrap()).unwrap();
        let rows_now = rows(folder.path(), "2026-11");
        assert_eq!(rows_now.len(), OF_ALL as usize + 1);
        assert_eq!(rows_now[OF_ALL as usize]["count"], 3_000);
        assert_eq!(rows_now[OF_ALL as usize]["reason"], "nonce-taken");
        // The next day there is room again.
        log.note(&line("2026-12-01T00:00:00Z", 1), "nonce-taken").unwrap();
        assert_eq!(rows(folder.path(), "2026-12").len(), 1);
    }

    #[test]
    fn one_account_has_some_lines_a_day_and_leaves_the_rest_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-30T10:00:00Z".parse().unwrap();
        let mut log = RefusalLog::new(folder.path().to_owned(), now);
        for who in [1; 100].into_iter().chain([2]) {
            log.note(&line("2026-11-30T10:00:00Z", who), "nonce-taken").unwrap();
        }
        assert_eq!(rows(folder.path(), "2026-11").len(), OF_ONE as usize + 1);
    }

    #[test]
    fn line_that_was_cut_off_does_not_spoil_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-30T10:00:00Z".parse().unwrap();
        let path = folder.path().join("refusals-2026-11.jsonl");
        std::fs::write(&path, "{\"time\":").unwrap();
        let mut log = RefusalLog::new(folder.path().to_owned(), now);
        log.note(&line("2026-11-30T10:00:00Z", 1), "nonce-taken").unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("{\"time\":\n{\"time\":\"2026-11-30T10:00:00Z\""), "{text}");
    }
}
