//! [`DatabaseWriter`]: the one thread that writes to the database.
//!
//! It takes all waiting jobs, runs them in one database transaction, commits once, and answers after the commit:
//! concurrent releases share one `fsync`. If anything fails, the whole transaction is rolled back, and each job is tried
//! in a transaction of its own, since only one of them may be too large for the disk. Knows nothing of what a job does.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mrms_core::UnixTime;
use mrms_crypto::at_rest::SlotKey;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::clock::JudgedClock;
use super::error::StorageFailure;
use super::faults::{Point, reached};
use super::key_slots::{KeySlotFolder, KeySlotId};
use super::store::{self, LogTip};
use crate::protocol::{LogHead, LogLine};

/// Jobs that may wait; a caller with a further job blocks.
const QUEUE: usize = 256;
/// Most jobs in one database transaction.
const BATCH: usize = 128;
/// Key files that wait to be synced. Each is open meanwhile.
const MOST_UNSYNCED: usize = 64;

/// A line that was written, and the head before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenLine {
    pub(crate) line: LogLine,
    pub(crate) before: LogHead,
}

/// An open database transaction, with what a job needs beside it.
pub(crate) struct WriteTransaction<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) key_slots: &'a KeySlotFolder,
    pub(crate) rng: &'a mut dyn CryptoRng,
    /// The vault's time.
    pub(crate) now: UnixTime,
    tip: LogTip,
    /// Key files that were made and are not synced yet.
    made: Vec<File>,
}

impl WriteTransaction<'_> {
    /// Makes the key of a new slot. It is durable before the transaction is committed.
    pub(crate) fn make_key(&mut self) -> Result<(KeySlotId, SlotKey), StorageFailure> {
        if self.made.len() >= MOST_UNSYNCED {
            self.key_slots.make_durable(&mut self.made)?;
        }
        let (id, key, file) = self.key_slots.make(self.rng)?;
        self.made.push(file);
        Ok((id, key))
    }

    /// The number that the next line gets.
    pub(crate) const fn next_number(&self) -> u64 {
        self.tip.count
    }

    /// Appends a line to the log. Sets its number, and its time, which is never before that of the line before.
    pub(crate) fn append(&mut self, line: LogLine) -> Result<WrittenLine, StorageFailure> {
        let time = self.now.max(self.tip.time).seconds();
        let line = LogLine { number: self.tip.count, time, ..line };
        let before = self.tip.head;
        self.tip = store::append(self.connection, &self.tip, &line)?;
        Ok(WrittenLine { line, before })
    }
}

/// A job, as the writer's thread sees it.
trait Job: Send {
    /// Does the work in the open transaction. May run again after a rollback.
    fn run(&mut self, transaction: &mut WriteTransaction<'_>) -> Result<(), StorageFailure>;

    /// Tells the caller how it ended.
    fn settle(self: Box<Self>, committed: Result<(), StorageFailure>);
}

struct Asked<T, F> {
    work: F,
    done: Option<T>,
    reply: SyncSender<Result<T, StorageFailure>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&mut WriteTransaction<'_>) -> Result<T, StorageFailure> + Send,
{
    fn run(&mut self, transaction: &mut WriteTransaction<'_>) -> Result<(), StorageFailure> {
        self.done = Some((self.work)(transaction)?);
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<(), StorageFailure>) {
        let Self { done, reply, .. } = *self;
        // A caller that has gone needs no answer.
        let _ = reply.send(committed.and_then(|()| done.ok_or(StorageFailure::Closed)));
    }
}

/// Handle of the thread. Dropping it runs the waiting jobs and ends the thread.
pub(crate) struct DatabaseWriter {
    jobs: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    published: Arc<Mutex<LogTip>>,
}

impl DatabaseWriter {
    /// Starts the thread on an open database.
    pub(crate) fn start(
        key_slots: KeySlotFolder,
        connection: Connection,
        clock: Arc<JudgedClock>,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, StorageFailure> {
        let tip = store::log_tip(&connection)?;
        let published = Arc::new(Mutex::new(tip));
        let shared = Arc::clone(&published);
        let mut service = Service { connection, key_slots, clock, rng, tip, published: shared };
        let (jobs, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("vault-writer".to_owned())
            .spawn(move || {
                service.serve_all(&waiting);
                store::settle(&service.connection);
                service.key_slots.close();
            })
            .map_err(StorageFailure::file("start a thread"))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), published })
    }

    /// Runs `work` in a database transaction and returns its result when it is durable. The work may run more than
    /// once, so it must not change anything outside of the transaction that can't be changed twice.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut WriteTransaction<'_>) -> Result<T, StorageFailure> + Send + 'static,
    ) -> Result<T, StorageFailure> {
        let (reply, answer) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(StorageFailure::Closed)?;
        let job = Box::new(Asked { work, done: None, reply });
        jobs.send(job).map_err(|_| StorageFailure::Closed)?;
        answer.recv().map_err(|_| StorageFailure::Closed)?
    }

    /// Where the durable log ends.
    pub(crate) fn tip(&self) -> LogTip {
        *self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DatabaseWriter {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Service {
    connection: Connection,
    key_slots: KeySlotFolder,
    clock: Arc<JudgedClock>,
    rng: Box<dyn CryptoRng + Send>,
    tip: LogTip,
    published: Arc<Mutex<LogTip>>,
}

impl Service {
    fn serve_all(&mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = waiting.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match waiting.try_recv() {
                    Ok(job) => batch.push(job),
                    Err(_) => break,
                }
            }
            self.serve(batch);
        }
    }

    fn serve(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let committed = self.commit(&mut batch);
        if committed.is_err() && batch.len() > 1 {
            batch.into_iter().for_each(|job| self.serve(vec![job]));
        } else {
            batch.into_iter().for_each(|job| job.settle(committed.clone()));
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StorageFailure> {
        let tried = self.try_commit(batch);
        if tried.is_err() {
            // Keys may have been made whose rows were not written.
            self.key_slots.set_tidy(false);
            // Fails harmlessly if BEGIN failed, or if a failed COMMIT has ended the transaction.
            let _ = self.connection.execute_batch("ROLLBACK");
            // The database knows how the log ends, whatever a failed commit has left there.
            if let Ok(tip) = store::log_tip(&self.connection) {
                self.publish(tip);
            }
        }
        tried
    }

    fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StorageFailure> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut transaction = WriteTransaction {
            connection: &self.connection,
            key_slots: &self.key_slots,
            rng: &mut *self.rng,
            now: self.clock.now(),
            tip: self.tip,
            made: Vec::new(),
        };
        for job in batch {
            job.run(&mut transaction)?;
        }
        self.key_slots.make_durable(&mut transaction.made)?;
        let tip = transaction.tip;
        reached(Point::BeforeCommit);
        self.connection.execute_batch("COMMIT")?;
        reached(Point::AfterCommit);
        self.publish(tip);
        Ok(())
    }

    fn publish(&mut self, tip: LogTip) {
        self.tip = tip;
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = tip;
    }
}
