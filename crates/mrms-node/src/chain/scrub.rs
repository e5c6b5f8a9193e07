//! The scrub: reads everything that a ledger has, at a pace, and compares it with its check sums, with the headers of
//! the blocks and with the lists that follow from them. It finds what a disk has lost or changed before somebody asks
//! for it. Unlike `fsck` it executes nothing, so it believes the node that signed the blocks.
//!
//! It reads blocks in short snapshots, so that the database's log does not grow beside it. Only the state is read in one
//! snapshot, at full speed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, InterruptHandle};

use super::block_check::Walk;
use super::error::LedgerFailure;
use super::fsck::schema::{check_schema, check_structure};
use super::fsck::{FsckError, in_snapshot};
use super::replay::Difference;
use super::store::{self, STATE};
use super::units::BlockHeight;

/// How long one snapshot reads blocks.
const SNAPSHOT: Duration = Duration::from_millis(50);
/// How often a scrub begins again because the ledger was taken back while it read.
const BEGINNINGS: u32 = 5;

/// How fast a scrub reads blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubPace {
    /// As fast as it can.
    Full,
    /// So many bytes of transactions and receipts a second.
    BytesPerSecond(u64),
}

/// What a scrub has read, and found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// Height of the newest block.
    pub height: BlockHeight,
    /// How many transactions there are.
    pub transactions: u64,
    /// How many values the state has.
    pub state_values: u64,
    /// How many transactions have no check sum, because they are from before there were any. Their hashes were compared.
    pub without_sum: u64,
    /// How many blocks have no check sum. Their hashes and signatures were compared.
    pub blocks_without_sum: u64,
    /// How many values of the state have no check sum: nothing but executing everything again tells whether they are right.
    pub values_without_sum: u64,
}

/// What others see of a scrub, while it runs and between two; and how they stop it.
#[derive(Default)]
pub struct ScrubStatus {
    height: AtomicU32,
    passes: AtomicU64,
    fault: Mutex<Option<String>>,
    stopped: AtomicBool,
    /// Breaks off what SQLite does for the scrub.
    interrupt: Mutex<Option<InterruptHandle>>,
}

impl std::fmt::Debug for ScrubStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScrubStatus")
            .field("height", &self.height())
            .field("passes", &self.passes())
            .field("fault", &self.fault())
            .finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScrubStatus {
    /// Height of the block that is compared next.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height.load(Ordering::Relaxed)
    }

    /// How often everything was read and found in order.
    #[must_use]
    pub fn passes(&self) -> u64 {
        self.passes.load(Ordering::Relaxed)
    }

    /// What the last pass found that is not in order.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        locked(&self.fault).clone()
    }

    /// Ends the scrub soon, for good.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(interrupt) = &*locked(&self.interrupt) {
            interrupt.interrupt();
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn ended(&self, result: &Result<Scrubbed, FsckError>) {
        let fault = match result {
            Ok(_) => {
                self.passes.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(FsckError::Differs { difference }) => Some(difference.to_string()),
            // The file could not be read now. That says nothing about what is in it.
            Err(_) => return,
        };
        *locked(&self.fault) = fault;
    }
}

/// Reads everything in the ledger in `folder` once. Needs no lock: the ledger may be in use.
///
/// # Errors
/// [`FsckError::Differs`] with the first thing that is not in order; the other variants when it cannot be read.
pub fn scrub(folder: &Path) -> Result<Scrubbed, FsckError> {
    Scrub { folder, pace: ScrubPace::Full, status: &ScrubStatus::default() }.run()
}

/// Reads everything again and again, at a pace, until it is stopped; `status` tells how it stands. After each time it
/// rests.
pub fn scrub_until_stopped(folder: &Path, pace: ScrubPace, rest: Duration, status: &ScrubStatus) {
    let scrub = Scrub { folder, pace, status };
    while !status.is_stopped() {
        let result = scrub.run();
        *locked(&status.interrupt) = None;
        if status.is_stopped() {
            return;
        }
        match &result {
            Ok(scrubbed) => {
                tracing::info!(target: "mrms::node", height = scrubbed.height.get(), "scrub: all in order");
            }
            Err(FsckError::Differs { difference }) => {
                tracing::error!(target: "mrms::node", %difference, "scrub: the ledger is damaged");
            }
            Err(error) => {
                tracing::warn!(target: "mrms::node", %error, "scrub: not read to the end")
            }
        }
        status.ended(&result);
        scrub.wait(rest);
    }
}

struct Scrub<'a> {
    folder: &'a Path,
    pace: ScrubPace,
    status: &'a ScrubStatus,
}

impl Scrub<'_> {
    fn run(&self) -> Result<Scrubbed, FsckError> {
        let stored =
            store::open_existing(self.folder).map_err(|source| FsckError::Open { source })?;
        *locked(&self.status.interrupt) = Some(stored.get_interrupt_handle());
        check_schema(&stored)?;
        for _ in 0..BEGINNINGS {
            if let Some(scrubbed) = self.pass(&stored)? {
                return Ok(scrubbed);
            }
        }
        Err(LedgerFailure::Storage { message: "it is taken back again and again".to_owned() }
            .into())
    }

    /// One reading of everything; none if the ledger was taken back meanwhile.
    fn pass(&self, stored: &Connection) -> Result<Option<Scrubbed>, FsckError> {
        let mut walk = Walk::over(stored)?;
        loop {
            let (began, bytes) = (Instant::now(), walk.bytes);
            let is_last = in_snapshot(stored, || {
                if !walk.is_in_chain(stored)? {
                    return Ok(None);
                }
                loop {
                    if !walk.step(stored)? {
                        // The end of the chain, in this snapshot: everything that depends on it now.
                        walk.counts(stored)?;
                        return Ok(Some(Some(state(stored)?)));
                    }
                    self.status.height.store(walk.next, Ordering::Relaxed);
                    if began.elapsed() >= SNAPSHOT {
                        return Ok(Some(None));
                    }
                }
            })?;
            match is_last {
                None => return Ok(None),
                Some(None) => self.keep_pace(walk.bytes - bytes, began),
                Some(Some((state_values, values_without_sum))) => {
                    check_structure(stored)?;
                    return Ok(Some(Scrubbed {
                        height: BlockHeight::new(walk.next.saturating_sub(1)),
                        transactions: walk.transactions,
                        state_values,
                        without_sum: walk.without_sum,
                        blocks_without_sum: walk.blocks_without_sum,
                        values_without_sum,
                    }));
                }
            }
            if self.status.is_stopped() {
                return Err(LedgerFailure::Closed.into());
            }
        }
    }

    fn keep_pace(&self, bytes: u64, began: Instant) {
        if let ScrubPace::BytesPerSecond(rate) = self.pace {
            let should_take = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
            self.wait(should_take.saturating_sub(began.elapsed()));
        }
    }

    /// Waits, and ends when the scrub shall stop.
    fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.status.is_stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

/// Compares each value of the state with its sum, and all of them with the total of the newest block. Returns how many
/// there are, and how many of them have no sum.
fn state(stored: &Connection) -> Result<(u64, u64), FsckError> {
    let mut statement = stored.prepare(&format!("SELECT {} FROM state", STATE.columns))?;
    let mut rows = statement.query([])?;
    let (mut values, mut without_sum, mut total) = (0, 0, 0_i64);
    let damaged = |error: rusqlite::Error| match LedgerFailure::from(error) {
        LedgerFailure::Damaged { what } => FsckError::from(Difference::Sum { what }),
        failure => failure.into(),
    };
    while let Some(row) = rows.next().map_err(damaged)? {
        match STATE.check(row, 0).map_err(damaged)? {
            Some(sum) => total = total.wrapping_add(sum),
            None => without_sum += 1,
        }
        values += 1;
    }
    let expected: Option<i64> = stored.query_row(
        "SELECT state_total FROM blocks ORDER BY height DESC LIMIT 1",
        [],
        |row| row.get(0),
    )?;
    match expected {
        Some(expected) if expected != total => Err(Difference::StateTotal.into()),
        _ => Ok((values, without_sum)),
    }
}
