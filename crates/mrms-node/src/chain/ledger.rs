//! [`Ledger`]: the handle through which everybody outside this module uses the chain.
//!
//! Writes go to one thread, `block_writer`. Reads go to the threads of `read_threads`; what can be read is in
//! [`super::read_snapshot`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use mrms_files::FileLock;

use super::batch::{Request, Requests, WriterJob};
use super::block_writer::{self, BLOCK_BYTES, REPLACED, Shared};
use super::error::{LedgerFailure, OpenError, OperationError, SubmitError};
use super::gap::{Fate, Mark, NotedMark};
use super::identifiers::Principal;
use super::incoming::IncomingTransaction;
use super::mark::fate;
use super::open_ledger;
use super::operation::Operation;
use super::query_results::{Identity, Included, Mined};
use super::read_snapshot::ReadSnapshot;
use super::read_threads::{self, Lane, ReadContext, ReadJob, ReadQueue, ReadTerms};
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store;
use super::units::MicroStx;
use super::vm::{Cancellation, Signal};

/// With less room than this on its disk a ledger counts as unwell: a large block, its index and SQLite's log.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

/// Lets a ledger go on without blocks that it had acknowledged, and that are missing: makes a block that names
/// each of them. `noted` are blocks that others have noted; the ledger's own marks are added. Returns the blocks
/// that are lost, the newest first; none when nothing is missing.
///
/// # Errors
/// [`OpenError::Behind`] when there is no chain to go on with, or it is another ledger's; else as
/// [`Ledger::open`].
pub fn accept_loss(
    folder: &Path,
    settings: &Settings,
    noted: &[NotedMark],
) -> Result<Vec<Mark>, OpenError> {
    if !has_ledger(folder) {
        return Err(OpenError::Absent { folder: folder.to_owned() });
    }
    let _lock = store::lock_folder(folder, settings.lock_wait)?;
    saved_snapshot::forget_all(folder);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("ledger-writer".to_owned())
            .stack_size(block_writer::STACK_BYTES)
            .spawn_scoped(scope, || open_ledger::accept_loss(folder, settings, noted))
            .map_err(|error| LedgerFailure::Storage { message: error.to_string() })?;
        thread.join().unwrap_or_else(|_| Err(LedgerFailure::VmBrokeOff.into()))
    })
}

/// Whether there is a ledger in `folder`. Looks only at the name of its file.
#[must_use]
pub fn has_ledger(folder: &Path) -> bool {
    store::ledger_file(folder).is_file()
}

/// An open ledger.
///
/// A clone is cheap and is another handle to the same ledger. Dropping the last handle closes the ledger and
/// unlocks its folder.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    folder: PathBuf,
    file: Option<store::FileId>,
    block_transactions: usize,
    question_time: Duration,
    foreign_time: Duration,
    /// Raised when the ledger closes, or shall.
    stop: Signal,
    /// None only while the ledger closes.
    writer_jobs: Option<SyncSender<WriterJob>>,
    reads: Arc<ReadQueue>,
    readers: Vec<JoinHandle<()>>,
    /// None only while the ledger closes.
    writer: Option<JoinHandle<()>>,
    /// Locked until the threads have ended.
    _lock: FileLock,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Closing the queues ends the threads, after they have answered what is queued. What runs foreign code is
        // answered that the ledger closes. The writer comes last: it moves the database's log into its file, which a
        // reader would keep in use.
        self.stop.raise();
        self.reads.close();
        for thread in self.readers.drain(..) {
            let _ = thread.join();
        }
        self.writer_jobs = None;
        if let Some(thread) = self.writer.take() {
            let _ = thread.join();
        }
    }
}

impl Ledger {
    /// Opens the ledger in `folder`, or creates one where none was ([`Settings::may_begin`]). Only the owner can
    /// read the folder and its files.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::InUse`] when another process keeps the folder locked for longer than
    /// [`Settings::lock_wait`]; [`OpenError::Behind`] when blocks are missing that were acknowledged.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        store::make_folder(folder)?;
        let lock = store::lock_folder(folder, settings.lock_wait)?;
        let settings = Arc::new(settings);
        saved_snapshot::forget_all(folder);
        let shared = Shared::default();
        let writer = block_writer::spawn(folder, Arc::clone(&settings), shared.clone())?;
        let Shared { reverts, stop, problematic } = shared;
        let context = ReadContext {
            folder: folder.to_owned(),
            identity: writer.identity.clone(),
            clock: Arc::clone(&settings.clock),
            advanced: writer.advanced,
            reverts,
            problematic,
        };
        let (reads, readers) = read_threads::spawn(&context)?;
        let inner = Inner {
            identity: writer.identity,
            folder: folder.to_owned(),
            file: store::FileId::of(folder),
            block_transactions: settings.block_transactions.max(1),
            question_time: settings.question_time,
            foreign_time: settings.foreign_time,
            stop,
            writer_jobs: Some(writer.jobs),
            reads,
            readers,
            writer: Some(writer.thread),
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The folder that the ledger is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Whether the ledger can go on: its file is the one that was opened, and the disk has room for more than a block.
    ///
    /// # Errors
    /// [`LedgerFailure::Damaged`], [`LedgerFailure::Full`], [`LedgerFailure::Storage`].
    pub fn health(&self) -> Result<(), LedgerFailure> {
        let Inner { folder, file, .. } = &*self.inner;
        if store::FileId::of(folder) != *file {
            return Err(LedgerFailure::Damaged { what: REPLACED });
        }
        match mrms_files::free_bytes(folder) {
            Ok(room) if room.is_none_or(|bytes| bytes >= LEAST_ROOM) => Ok(()),
            Ok(_) => Err(LedgerFailure::Full),
            Err(error) => Err(LedgerFailure::Storage { message: error.to_string() }),
        }
    }

    /// What became of blocks that this ledger has acknowledged, in the order given.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn fates(&self, marks: Vec<Mark>) -> Result<Vec<Fate>, LedgerFailure> {
        self.read(move |snapshot| {
            marks.iter().map(|mark| fate(snapshot.connection(), mark)).collect()
        })
    }

    /// What identifies this ledger.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Includes a signed transaction in a block, and returns when the block is durable. A transaction that
    /// the chain already includes is not run again: its first outcome is returned.
    ///
    /// # Errors
    /// [`SubmitError`]; the chain is unchanged then. A transaction that runs and fails is not an error: the
    /// block includes it, see [`super::Status`].
    pub fn submit(&self, transaction: &[u8]) -> Result<Included, SubmitError> {
        let incoming = IncomingTransaction::check(transaction, self.inner.identity.chain_id)?;
        let txid = incoming.txid;
        let (reply, answer) = channel();
        self.submit_checked(incoming, move |included| drop(reply.send(included)));
        let failure = LedgerFailure::Closed;
        answer.recv().unwrap_or(Err(SubmitError::Failed { txid, failure }))
    }

    /// Like [`Self::submit`], without waiting for the block: `reply` gets the answer.
    ///
    /// `reply` runs on the calling thread when no block is needed, otherwise on the thread that writes
    /// blocks. It must return at once. It is dropped uncalled when the ledger closes first.
    pub(crate) fn submit_then(
        &self,
        transaction: &[u8],
        reply: impl FnOnce(Result<Included, SubmitError>) + Send + 'static,
    ) {
        match IncomingTransaction::check(transaction, self.inner.identity.chain_id) {
            Ok(incoming) => self.submit_checked(incoming, reply),
            Err(error) => reply(Err(error)),
        }
    }

    fn submit_checked(
        &self,
        incoming: IncomingTransaction,
        reply: impl FnOnce(Result<Included, SubmitError>) + Send + 'static,
    ) {
        let (incoming, reply) = (Box::new(incoming), Box::new(reply));
        self.send_requests(vec![Request::Submit { incoming, reply }]);
    }

    /// Includes transactions in the order given, in one block when they fit. Returns an answer for each, in
    /// the same order. A refused transaction does not keep the others out.
    #[must_use]
    pub fn submit_all(&self, transactions: &[Vec<u8>]) -> Vec<Result<Included, SubmitError>> {
        self.include(transactions, None)
    }

    /// Makes a block with these transactions, in the order given, and returns when it is durable. With no
    /// transactions it makes an empty block; when they do not fit in one block it makes several. The block
    /// may also contain transactions that others submit at the same time.
    ///
    /// # Errors
    /// [`OperationError::Failed`] when the ledger failed. Some of the transactions may be in blocks all the
    /// same; submitting them again is safe.
    pub fn mine(&self, transactions: &[Vec<u8>]) -> Result<Mined, OperationError> {
        let (reply, answer) = channel();
        let outcomes = self.include(transactions, Some(Request::Mine { reply }));
        let failure = LedgerFailure::Closed;
        let (height, hash) = answer.recv().unwrap_or(Err(OperationError::Failed { failure }))?;
        Ok(Mined { height, hash, outcomes })
    }

    /// Sends transactions to the writer, in as few blocks as they fit in. `last` goes into the last block.
    fn include(
        &self,
        transactions: &[Vec<u8>],
        last: Option<Request>,
    ) -> Vec<Result<Included, SubmitError>> {
        let (reply, answers) = channel();
        let mut results = Vec::with_capacity(transactions.len());
        let (mut block, mut bytes): (Requests, usize) = (Vec::new(), 0);
        for (number, transaction) in transactions.iter().enumerate() {
            if block.len() >= self.inner.block_transactions || bytes >= BLOCK_BYTES {
                self.send_requests(std::mem::take(&mut block));
                bytes = 0;
            }
            results.push(
                match IncomingTransaction::check(transaction, self.inner.identity.chain_id) {
                    Err(error) => Err(error),
                    Ok(incoming) => {
                        let (txid, incoming) = (incoming.txid, Box::new(incoming));
                        bytes += transaction.len();
                        let reply = reply.clone();
                        let reply = Box::new(move |answer| drop(reply.send((number, answer))));
                        block.push(Request::Submit { incoming, reply });
                        // The answer replaces this. It stays only when the ledger closes first.
                        Err(SubmitError::Failed { txid, failure: LedgerFailure::Closed })
                    }
                },
            );
        }
        block.extend(last);
        self.send_requests(block);
        drop(reply);
        for (number, answer) in answers {
            if let Some(result) = results.get_mut(number) {
                *result = answer;
            }
        }
        results
    }

    /// Runs a transaction and undoes it, to tell whether the ledger would take it now.
    ///
    /// # Errors
    /// [`SubmitError`], as [`Self::submit`] would return. A transaction that would run and fail is no error.
    pub fn try_out(&self, transaction: &[u8]) -> Result<(), SubmitError> {
        let incoming = IncomingTransaction::check(transaction, self.inner.identity.chain_id)?;
        let txid = incoming.txid;
        let terms = ReadTerms {
            lane: Lane::Foreign,
            cancellation: Cancellation { time: Some(self.inner.foreign_time), signals: Vec::new() },
        };
        let tried = self.read_within(terms, move |snapshot| {
            Ok::<_, LedgerFailure>(snapshot.try_out(&incoming))
        });
        tried.unwrap_or_else(|failure| Err(SubmitError::Failed { txid, failure }))
    }

    /// Saves a copy of the ledger as it is now, for [`Self::revert`]. The copy is kept until the ledger is
    /// opened again.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read or the copy cannot be written.
    pub fn save_snapshot(&self) -> Result<SnapshotId, LedgerFailure> {
        let (reply, answer) = channel();
        self.send(WriterJob::SaveSnapshot { reply });
        answer.recv().unwrap_or(Err(LedgerFailure::Closed))
    }

    /// Reverts the ledger to a saved snapshot. This **drops the blocks above it**, even if somebody was told
    /// of them. The next block records the revert for as long as the ledger exists. Durable when it returns.
    ///
    /// # Errors
    /// [`RevertError`]; the ledger is unchanged.
    pub fn revert(&self, snapshot: &SnapshotId) -> Result<(), RevertError> {
        let (reply, answer) = channel();
        self.send(WriterJob::Revert { snapshot: snapshot.clone(), reply });
        answer.recv().unwrap_or(Err(LedgerFailure::Closed.into()))
    }

    /// Moves burn time forward by `burn_blocks`. Durable when it returns.
    ///
    /// # Errors
    /// [`OperationError::OutOfRange`] beyond the last height that Clarity can count.
    pub fn advance(&self, burn_blocks: u64) -> Result<(), OperationError> {
        self.operate(Operation::Advance { burn_blocks })
    }

    /// Creates STX for an account. Durable when it returns.
    ///
    /// # Errors
    /// [`OperationError::OutOfRange`] when more STX would exist than can be counted.
    pub fn faucet(&self, account: &Principal, amount: MicroStx) -> Result<(), OperationError> {
        self.operate(Operation::Faucet { account: account.clone(), amount })
    }

    fn operate(&self, operation: Operation) -> Result<(), OperationError> {
        let (reply, answer) = channel();
        self.send_requests(vec![Request::Operate { operation, reply }]);
        answer.recv().unwrap_or(Err(OperationError::Failed { failure: LedgerFailure::Closed }))
    }

    fn send_requests(&self, requests: Requests) {
        if !requests.is_empty() {
            self.send(WriterJob::Block(requests));
        }
    }

    /// Sends a job to the writer. A job that cannot be sent is dropped together with its reply channel, and
    /// that tells the caller that the ledger is closed.
    fn send(&self, job: WriterJob) {
        if let Some(jobs) = &self.inner.writer_jobs {
            let _ = jobs.send(job);
        }
    }

    /// Runs `read` on a read thread and waits for its result.
    ///
    /// Everything that one `read` asks sees the same blocks, however many are made meanwhile. To ask several
    /// things of the same state, ask them in one call.
    ///
    /// # Errors
    /// Those of `read`, and [`LedgerFailure`] when the file cannot be read or the VM breaks off.
    pub fn read<T: Send + 'static, E: From<LedgerFailure> + Send + 'static>(
        &self,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.read_within(self.usual_terms(), read)
    }

    fn read_within<T: Send + 'static, E: From<LedgerFailure> + Send + 'static>(
        &self,
        terms: ReadTerms,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (reply, answer) = channel();
        self.read_then(terms, read, move |result| drop(reply.send(result)));
        // The reply was dropped unsent, because the VM broke off.
        answer.recv().unwrap_or_else(|_| Err(LedgerFailure::VmBrokeOff.into()))
    }

    /// Terms of a read that runs little foreign code or none.
    pub(crate) fn usual_terms(&self) -> ReadTerms {
        let cancellation =
            Cancellation { time: Some(self.inner.question_time), signals: Vec::new() };
        ReadTerms { lane: Lane::Own, cancellation }
    }

    /// Ends all calls of contracts that are not pinned, and runs none from now on: for a node that is about to stop. What
    /// is ended is answered as if the ledger were closed.
    pub fn stop_foreign_code(&self) {
        self.inner.stop.raise();
    }

    /// Runs contracts that are not pinned again.
    pub(crate) fn resume_foreign_code(&self) {
        self.inner.stop.lower();
    }

    /// Like [`Self::read`], without waiting: `reply` gets the result on the read thread. It must return at
    /// once. It is dropped uncalled when the VM breaks off.
    pub(crate) fn read_then<T: 'static, E: From<LedgerFailure> + 'static>(
        &self,
        mut terms: ReadTerms,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, E> + Send + 'static,
        reply: impl FnOnce(Result<T, E>) + Send + 'static,
    ) {
        terms.cancellation.signals.push(self.inner.stop.clone());
        let run =
            Box::new(
                move |snapshot: Result<&mut ReadSnapshot<'_>, LedgerFailure>| match snapshot {
                    Ok(snapshot) => reply(read(snapshot)),
                    Err(failure) => reply(Err(failure.into())),
                },
            );
        self.inner.reads.push(ReadJob { terms, run });
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("genesis", &self.inner.identity.genesis)
            .finish_non_exhaustive()
    }
}
