//! The threads that answer questions, each with a connection and a VM of its own.
//!
//! A question sees one moment of the file from beginning to end, and never waits for a block that is being
//! written. Burn time is asked of the clock anew each time, so that what has expired reads as expired
//! without a new block.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::answers::{Identity, Tip};
use super::clock::{BurnClock, Clock};
use super::error::{LedgerFailure, ReadError};
use super::store::{self, StoredBlock};
use super::units::BurnHeight;
use super::vm::{Machine, State, View};
use super::wire::hash160;
use super::writer::STACK_BYTES;

const THREADS: usize = 2;
const QUEUE: usize = 256;

/// A question, with the answer's way back inside it.
pub(crate) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

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

/// A connection and a VM for questions.
pub(crate) struct Reader {
    connection: Connection,
    machine: Machine,
    shared: Shared,
    /// What [`Past`] was when it began.
    generation: u64,
}

/// Starts the threads.
pub(crate) fn spawn(
    shared: &Shared,
) -> Result<(SyncSender<Job>, Vec<JoinHandle<()>>), LedgerFailure> {
    let (jobs, waiting) = sync_channel::<Job>(QUEUE);
    let waiting = Arc::new(Mutex::new(waiting));
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let waiting = Arc::clone(&waiting);
        let shared = shared.clone();
        let thread = std::thread::Builder::new()
            .name(format!("ledger-reader-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || serve_all(&waiting, &shared))
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        threads.push(thread);
    }
    Ok((jobs, threads))
}

fn serve_all(waiting: &Mutex<Receiver<Job>>, shared: &Shared) {
    let mut reader: Option<Reader> = None;
    loop {
        // A panic in a job happens outside of this lock, so it is never poisoned.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let past = shared.past.read().unwrap_or_else(PoisonError::into_inner);
        let mut current = match reader.take().filter(|reader| reader.generation == *past) {
            Some(reader) => reader,
            // Dropping the job tells the one who asked.
            None => match Reader::open(shared.clone(), *past) {
                Ok(reader) => reader,
                Err(_) => continue,
            },
        };
        if catch_unwind(AssertUnwindSafe(|| job(&mut current))).is_ok() {
            reader = Some(current);
        }
    }
}

impl Reader {
    fn open(shared: Shared, generation: u64) -> Result<Self, LedgerFailure> {
        let connection = store::open_read_only(&shared.folder)?;
        let machine = Machine::new(&connection, shared.identity.chain_id)?;
        Ok(Self { connection, machine, shared, generation })
    }

    /// Answers a question about what is stored.
    pub(crate) fn stored<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> Result<T, LedgerFailure>,
    ) -> Result<T, LedgerFailure> {
        self.in_one_moment(|reader| question(&reader.connection))
    }

    /// Answers a question about the state as a block made now would find it.
    pub(crate) fn state<T>(
        &mut self,
        question: impl FnOnce(&mut Machine, &mut State<'_>, &View<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        self.in_one_moment(|reader| {
            let tip = reader.newest()?;
            let burn_height = reader.burn_height_now(&tip);
            let node = hash160(&reader.shared.identity.node_key);
            let view = View::new(&reader.connection, burn_height, node);
            let height = tip.header.height.get().saturating_add(1);
            let mut state = State::new(&reader.connection, height, tip.hash);
            question(&mut reader.machine, &mut state, &view)
        })
    }

    /// Where the chain stands.
    pub(crate) fn tip(&mut self) -> Result<Tip, LedgerFailure> {
        self.in_one_moment(|reader| {
            let newest = reader.newest()?;
            Ok(Tip {
                height: newest.header.height,
                hash: newest.hash,
                time: newest.header.time,
                burn_height: newest.header.burn_height,
                burn_height_now: reader.burn_height_now(&newest),
            })
        })
    }

    fn in_one_moment<T, E: From<LedgerFailure>>(
        &mut self,
        question: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection.execute_batch("BEGIN").map_err(LedgerFailure::from)?;
        let answer = question(self);
        self.connection.execute_batch("COMMIT").map_err(LedgerFailure::from)?;
        answer
    }

    fn newest(&self) -> Result<StoredBlock, LedgerFailure> {
        store::tip(&self.connection)?.ok_or(LedgerFailure::Damaged { what: "there is no block" })
    }

    fn burn_height_now(&self, tip: &StoredBlock) -> BurnHeight {
        let clock = BurnClock {
            genesis_height: self.shared.identity.genesis_burn_height,
            genesis_time: self.shared.identity.genesis_time,
            advanced: self.shared.advanced.load(Ordering::Acquire),
        };
        let now = self.shared.clock.now().max(tip.header.time);
        clock.height(now, tip.header.burn_height)
    }
}
