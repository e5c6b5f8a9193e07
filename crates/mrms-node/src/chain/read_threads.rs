//! The threads that run reads, each with its own SQLite connection and VM.
//!
//! A read sees one state of the file from beginning to end, and never waits for a block that is being
//! written. What can be read is in [`super::read_snapshot`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::block_writer::STACK_BYTES;
use super::clock::Clock;
use super::error::LedgerFailure;
use super::problematic::Problematic;
use super::query_results::Identity;
use super::read_snapshot::{CachedTip, ReadSnapshot};
use super::store;
use super::vm::{Cancellation, Machine};
use crate::thread_priority::lower_thread_priority;

/// Threads of each lane.
const THREADS: usize = 2;

/// Who decides how long a read takes. Each lane has its own threads, so that neither waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// This ledger: accounts, blocks, maps, calls of pinned contracts.
    Own,
    /// The author of a contract that is not pinned.
    Foreign,
}

/// How a read runs.
#[derive(Clone, Debug)]
pub(crate) struct ReadTerms {
    pub(crate) lane: Lane,
    /// When foreign code that it runs is broken off.
    pub(crate) cancellation: Cancellation,
}

/// A read, together with where its result goes. It gets the failure when there is no snapshot to read.
pub(crate) struct ReadJob {
    pub(crate) terms: ReadTerms,
    pub(crate) run: RunRead,
}

type RunRead = Box<dyn FnOnce(Result<&mut ReadSnapshot<'_>, LedgerFailure>) + Send>;

/// How often the ledger was reverted. A read thread holds the read lock while it works, so that no revert
/// happens during a read.
pub(crate) type RevertCount = Arc<RwLock<u64>>;

/// What every read thread needs to know of the ledger.
#[derive(Clone)]
pub(crate) struct ReadContext {
    pub(crate) folder: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) advanced: Arc<AtomicU64>,
    pub(crate) reverts: RevertCount,
    pub(crate) problematic: Arc<Problematic>,
}

/// Reads that no thread has taken yet.
///
/// The queue itself has no bound. Its callers bound it: each waits for its result, or counts its open reads.
#[derive(Default)]
pub(crate) struct ReadQueue {
    own: LaneQueue,
    foreign: LaneQueue,
}

impl ReadQueue {
    fn lane(&self, lane: Lane) -> &LaneQueue {
        match lane {
            Lane::Own => &self.own,
            Lane::Foreign => &self.foreign,
        }
    }

    /// Queues a read.
    pub(crate) fn push(&self, job: ReadJob) {
        let lane = self.lane(job.terms.lane);
        lane.queued().jobs.push_back(job);
        lane.is_changed.notify_one();
    }

    /// Ends the read threads, after they have run what is queued.
    pub(crate) fn close(&self) {
        for lane in [&self.own, &self.foreign] {
            lane.queued().is_closed = true;
            lane.is_changed.notify_all();
        }
    }
}

/// The reads of one lane.
#[derive(Default)]
struct LaneQueue {
    queued: Mutex<QueuedReads>,
    is_changed: Condvar,
}

#[derive(Default)]
struct QueuedReads {
    jobs: VecDeque<ReadJob>,
    is_closed: bool,
}

impl LaneQueue {
    fn queued(&self) -> MutexGuard<'_, QueuedReads> {
        // No code under this lock can panic.
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next read; none when the queue is closed and empty.
    fn next(&self) -> Option<ReadJob> {
        let must_wait = |queued: &mut QueuedReads| queued.jobs.is_empty() && !queued.is_closed;
        self.is_changed
            .wait_while(self.queued(), must_wait)
            .unwrap_or_else(PoisonError::into_inner)
            .jobs
            .pop_front()
    }
}

/// The connection and the VM of a read thread.
struct SnapshotReader {
    connection: Connection,
    machine: Machine,
    tip: CachedTip,
    /// Value of [`RevertCount`] when it was opened.
    reverts: u64,
}

/// Starts the threads.
pub(crate) fn spawn(
    context: &ReadContext,
) -> Result<(Arc<ReadQueue>, Vec<JoinHandle<()>>), LedgerFailure> {
    let queue = Arc::new(ReadQueue::default());
    let mut threads = Vec::new();
    for (lane, name) in [(Lane::Own, "ledger-reader"), (Lane::Foreign, "foreign-reader")] {
        for number in 0..THREADS {
            let queue = Arc::clone(&queue);
            let context = context.clone();
            let thread = std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || run_reads(queue.lane(lane), &context, lane))
                .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
            threads.push(thread);
        }
    }
    Ok((queue, threads))
}

fn run_reads(queue: &LaneQueue, context: &ReadContext, lane: Lane) {
    lower_thread_priority();
    if lane == Lane::Foreign {
        // Below those that answer everything else.
        lower_thread_priority();
    }
    let mut reader: Option<SnapshotReader> = None;
    while let Some(job) = queue.next() {
        if lane == Lane::Foreign && job.terms.cancellation.is_over() {
            (job.run)(Err(LedgerFailure::Closed));
            continue;
        }
        let reverts = context.reverts.read().unwrap_or_else(PoisonError::into_inner);
        let mut current = match reader.take().filter(|reader| reader.reverts == *reverts) {
            Some(reader) => reader,
            None => match SnapshotReader::open(context, *reverts) {
                Ok(reader) => reader,
                Err(failure) => {
                    (job.run)(Err(failure));
                    continue;
                }
            },
        };
        // After a panic or a failed file the reader is not used again; the next read opens a new one.
        let ran = catch_unwind(AssertUnwindSafe(|| current.run_job(context, job)));
        reader = ran.is_ok_and(|is_usable| is_usable).then_some(current);
    }
}

impl SnapshotReader {
    fn open(context: &ReadContext, reverts: u64) -> Result<Self, LedgerFailure> {
        let connection = store::open_read_only(&context.folder)?;
        let machine = Machine::new(&connection, context.identity.chain_id)?;
        Ok(Self { connection, machine, tip: CachedTip::default(), reverts })
    }

    /// Runs a read, and returns whether this reader can be used again.
    fn run_job(&mut self, context: &ReadContext, job: ReadJob) -> bool {
        let ReadJob { terms, run } = job;
        if let Err(error) = self.execute("BEGIN") {
            run(Err(error.into()));
            return false;
        }
        self.machine.cancellation = terms.cancellation;
        let mut snapshot =
            ReadSnapshot::new(&self.connection, &mut self.machine, context, &mut self.tip);
        run(Ok(&mut snapshot));
        self.execute("COMMIT").is_ok()
    }

    fn execute(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }
}
