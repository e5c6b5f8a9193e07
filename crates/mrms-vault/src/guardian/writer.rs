//! The one thread that writes.
//!
//! It takes whatever jobs wait, runs them in one database transaction, commits once, and only then
//! answers: concurrent releases share one `fsync`. When anything fails, the transaction is given
//! up whole; several jobs then have their chance one by one, since one of them may be what does
//! not fit on the disk. No answer leaves before the commit has returned.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mrms_core::UnixTime;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::clock::Clock;
use super::epochs::EpochFolder;
use super::error::StorageFailure;
use super::faults::{Point, reached};
use super::store::{self, LogTip};
use crate::protocol::{LogHead, LogLine};

/// Jobs that may wait before askers are held up.
const QUEUE: usize = 256;
/// Jobs in one database transaction at most.
const BATCH: usize = 128;

/// A line that was written, and the head before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) line: LogLine,
    pub(crate) before: LogHead,
}

/// An open database transaction, and what a job needs besides.
pub(crate) struct Page<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) epochs: &'a EpochFolder,
    pub(crate) rng: &'a mut dyn CryptoRng,
    /// The time of the lines written here: never before that of the last line.
    pub(crate) now: UnixTime,
    tip: LogTip,
}

impl Page<'_> {
    /// The time of the newest line.
    pub(crate) const fn last_line(&self) -> UnixTime {
        self.tip.time
    }

    /// The number that the next line gets.
    pub(crate) const fn next_number(&self) -> u64 {
        self.tip.count
    }

    /// Adds a line: number and time are given here.
    pub(crate) fn append(&mut self, line: LogLine) -> Result<Written, StorageFailure> {
        let line = LogLine { number: self.tip.count, time: self.now.seconds(), ..line };
        let before = self.tip.head;
        self.tip = store::append(self.connection, &self.tip, &line)?;
        Ok(Written { line, before })
    }
}

/// A job as the thread sees it.
trait Job: Send {
    /// Does it, in the open transaction. May be called again after that one was given up.
    fn run(&mut self, page: &mut Page<'_>) -> Result<(), StorageFailure>;

    /// Tells the asker how it ended.
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
    F: FnMut(&mut Page<'_>) -> Result<T, StorageFailure> + Send,
{
    fn run(&mut self, page: &mut Page<'_>) -> Result<(), StorageFailure> {
        self.done = Some((self.work)(page)?);
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<(), StorageFailure>) {
        let Self { done, reply, .. } = *self;
        // An asker who has gone needs no answer.
        let _ = reply.send(committed.and_then(|()| done.ok_or(StorageFailure::Closed)));
    }
}

/// The thread, seen from outside. Dropping it finishes what waits.
pub(crate) struct Writer {
    jobs: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    published: Arc<Mutex<LogTip>>,
}

impl Writer {
    /// Starts the thread on an open database.
    pub(crate) fn start(
        folder: &Path,
        connection: Connection,
        clock: Arc<dyn Clock>,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, StorageFailure> {
        let tip = store::log_tip(&connection)?;
        let published = Arc::new(Mutex::new(tip));
        let epochs = EpochFolder::open(folder).map_err(StorageFailure::file("open a folder"))?;
        let shared = Arc::clone(&published);
        let mut service = Service { connection, epochs, clock, rng, tip, published: shared };
        let (jobs, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("vault-writer".to_owned())
            .spawn(move || service.serve_all(&waiting))
            .map_err(StorageFailure::file("start a thread"))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), published })
    }

    /// Does `work` in a database transaction and gives what it gave, once that is durable. The
    /// work may run more than once; what it changes outside of the page must bear that.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Page<'_>) -> Result<T, StorageFailure> + Send + 'static,
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

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Service {
    connection: Connection,
    epochs: EpochFolder,
    clock: Arc<dyn Clock>,
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
            // Nothing to roll back where BEGIN or a failed COMMIT has ended the transaction.
            let _ = self.connection.execute_batch("ROLLBACK");
            // What is on disk is right, whatever a failed commit may have left there.
            if let Ok(tip) = store::log_tip(&self.connection) {
                self.publish(tip);
            }
        }
        tried
    }

    fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StorageFailure> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut page = Page {
            connection: &self.connection,
            epochs: &self.epochs,
            rng: &mut *self.rng,
            now: self.clock.now().max(self.tip.time),
            tip: self.tip,
        };
        for job in batch {
            job.run(&mut page)?;
        }
        let tip = page.tip;
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
