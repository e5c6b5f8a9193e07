//! The threads that answer questions, each with a connection and a VM of its own.
//!
//! A question sees one moment of the file from beginning to end, and never waits for a block that is being
//! written. What can be asked is in [`super::read_snapshot`].

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
use super::query_results::Identity;
use super::read_snapshot::{Moment, Newest};
use super::store;
use super::vm::Machine;
use crate::thread_priority::give_way;

const THREADS: usize = 2;

/// A question, with the answer's way back inside it. It is handed the failure where there is no moment to ask.
pub(crate) type Job = Box<dyn FnOnce(Result<&mut Moment<'_>, LedgerFailure>) + Send>;

/// Counts how often the ledger went back. Whoever asks holds it for reading, so that the past does not change
/// under a question.
pub(crate) type Past = Arc<RwLock<u64>>;

/// What every reader needs.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) advanced: Arc<AtomicU64>,
    pub(crate) past: Past,
}

/// Questions that no reader has taken yet. It has no bound of its own: whoever asks waits for the answer, or
/// counts how many it has asked.
#[derive(Default)]
pub(crate) struct Questions {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Questions {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that can panic happens under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a question.
    pub(crate) fn put(&self, job: Job) {
        self.waiting().jobs.push_back(job);
        self.came.notify_one();
    }

    /// Lets the readers end once they have answered what was put.
    pub(crate) fn close(&self) {
        self.waiting().is_closed = true;
        self.came.notify_all();
    }

    /// The next question; none when there will be no more.
    fn next(&self) -> Option<Job> {
        let is_idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.is_closed;
        self.came
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner)
            .jobs
            .pop_front()
    }
}

/// A connection and a VM for questions.
struct Reader {
    connection: Connection,
    machine: Machine,
    newest: Newest,
    /// What [`Past`] was when it began.
    generation: u64,
}

/// Starts the threads.
pub(crate) fn spawn(
    shared: &Shared,
) -> Result<(Arc<Questions>, Vec<JoinHandle<()>>), LedgerFailure> {
    let questions = Arc::new(Questions::default());
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let waiting = Arc::clone(&questions);
        let shared = shared.clone();
        let thread = std::thread::Builder::new()
            .name(format!("ledger-reader-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || serve_all(&waiting, &shared))
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        threads.push(thread);
    }
    Ok((questions, threads))
}

fn serve_all(questions: &Questions, shared: &Shared) {
    give_way();
    let mut reader: Option<Reader> = None;
    while let Some(job) = questions.next() {
        let past = shared.past.read().unwrap_or_else(PoisonError::into_inner);
        let mut current = match reader.take().filter(|reader| reader.generation == *past) {
            Some(reader) => reader,
            None => match Reader::open(shared, *past) {
                Ok(reader) => reader,
                Err(failure) => {
                    job(Err(failure));
                    continue;
                }
            },
        };
        // After a panic or a failure of the file, the next question finds a new reader.
        let answered = catch_unwind(AssertUnwindSafe(|| current.answer(shared, job)));
        reader = answered.is_ok_and(|is_sound| is_sound).then_some(current);
    }
}

impl Reader {
    fn open(shared: &Shared, generation: u64) -> Result<Self, LedgerFailure> {
        let connection = store::open_read_only(&shared.folder)?;
        let machine = Machine::new(&connection, shared.identity.chain_id)?;
        Ok(Self { connection, machine, newest: Newest::default(), generation })
    }

    /// Answers a question, and tells whether another one may be put to this reader.
    fn answer(&mut self, shared: &Shared, job: Job) -> bool {
        if let Err(error) = self.run("BEGIN") {
            job(Err(error.into()));
            return false;
        }
        job(Ok(&mut Moment::new(&self.connection, &mut self.machine, shared, &mut self.newest)));
        self.run("COMMIT").is_ok()
    }

    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }
}
