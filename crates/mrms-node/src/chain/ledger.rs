//! [`Ledger`]: the handle that everybody outside uses.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, channel};
use std::thread::JoinHandle;

use super::batch::{Request, Requests, Work};
use super::block_writer::{self, BLOCK_BYTES};
use super::error::{LedgerFailure, OpenError, OperationError, ReadError, SubmitError};
use super::identifiers::{BlockHash, ContractId, Principal, TxId};
use super::operation::Operation;
use super::query_results::{
    Block, ContractEvent, ContractRecord, Identity, Included, Mined, Outcomes, Page,
    StoredTransaction, Tip, TransactionProof,
};
use super::read_snapshot::Moment;
use super::read_threads::{self, Job, Past, Questions, Shared};
use super::saved_snapshot::{self, RevertError, SnapshotId};
use super::settings::Settings;
use super::store::{self, FolderLock};
use super::units::{BlockHeight, MicroStx};
use super::vm::{Account, Incoming, Simulation};
use super::wire::ClarityVersionByte;

/// An open ledger. Cloning it is cheap and gives another handle to the same one; the folder is let go of
/// when the last handle is dropped.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    block_transactions: usize,
    /// None only while it is being dropped.
    work: Option<SyncSender<Work>>,
    questions: Arc<Questions>,
    threads: Vec<JoinHandle<()>>,
    /// Held until the threads have ended.
    _lock: FolderLock,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The threads end when nobody can ask any more; what was asked before is still answered.
        self.work = None;
        self.questions.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Ledger {
    /// Opens the ledger in `folder`, or begins one there. Folder and files are made readable for their
    /// owner only.
    ///
    /// # Errors
    /// [`OpenError`]; in particular [`OpenError::InUse`] when another process has the folder for longer
    /// than [`Settings::lock_wait`].
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        store::make_folder(folder)?;
        let lock = FolderLock::take(folder, settings.lock_wait)?;
        let settings = Arc::new(settings);
        saved_snapshot::forget_all(folder);
        let past = Past::default();
        let writer = block_writer::spawn(folder, Arc::clone(&settings), Arc::clone(&past))?;
        let shared = Shared {
            folder: folder.to_owned(),
            identity: writer.identity.clone(),
            clock: Arc::clone(&settings.clock),
            advanced: writer.advanced,
            past,
        };
        let mut threads = vec![writer.thread];
        let (questions, readers) = read_threads::spawn(&shared)?;
        threads.extend(readers);
        let inner = Inner {
            identity: writer.identity,
            block_transactions: settings.block_transactions.max(1),
            work: Some(writer.work),
            questions,
            threads,
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What this ledger is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Includes a signed transaction in a block. Durable when it returns. A transaction that is on the chain
    /// already is answered with what it did then.
    ///
    /// # Errors
    /// [`SubmitError`]; the chain is unchanged then. A transaction that ran and failed is no error: it is
    /// included, see [`super::Status`].
    pub fn submit(&self, transaction: &[u8]) -> Result<Included, SubmitError> {
        let incoming = Incoming::check(transaction, self.inner.identity.chain_id)?;
        let txid = incoming.txid;
        let (reply, answer) = channel();
        self.submit_checked(incoming, move |included| drop(reply.send(included)));
        let failure = LedgerFailure::Closed;
        answer.recv().unwrap_or(Err(SubmitError::Failed { txid, failure }))
    }

    /// The same without waiting for the block: the answer is handed to `answered`, for what needs no block at
    /// once, otherwise on the writer's thread, which must not be kept waiting there. It is dropped instead when
    /// the ledger is closed meanwhile.
    pub(crate) fn submit_then(
        &self,
        transaction: &[u8],
        answered: impl FnOnce(Result<Included, SubmitError>) + Send + 'static,
    ) {
        match Incoming::check(transaction, self.inner.identity.chain_id) {
            Ok(incoming) => self.submit_checked(incoming, answered),
            Err(error) => answered(Err(error)),
        }
    }

    fn submit_checked(
        &self,
        incoming: Incoming,
        answered: impl FnOnce(Result<Included, SubmitError>) + Send + 'static,
    ) {
        let (incoming, reply) = (Box::new(incoming), Box::new(answered));
        self.request(vec![Request::Submit { incoming, reply }]);
    }

    /// Includes transactions in the order given, in one block when they fit in one. Each is answered in its
    /// place; one that is refused does not keep the others out.
    #[must_use]
    pub fn submit_all(&self, transactions: &[Vec<u8>]) -> Vec<Result<Included, SubmitError>> {
        self.include(transactions, None)
    }

    /// Makes a block of transactions in the order given, even if that is none; more than one, when they do not
    /// fit. Durable when it returns. What others submit meanwhile may be in it, too.
    ///
    /// # Errors
    /// [`OperationError::Failed`] when the ledger failed; transactions may be in blocks all the same, and
    /// submitting them again is safe.
    pub fn mine(&self, transactions: &[Vec<u8>]) -> Result<Mined, OperationError> {
        let (reply, answer) = channel();
        let outcomes = self.include(transactions, Some(Request::Mine { reply }));
        let failure = LedgerFailure::Closed;
        let (height, hash) = answer.recv().unwrap_or(Err(OperationError::Failed { failure }))?;
        Ok(Mined { height, hash, outcomes })
    }

    /// Hands over transactions in as few blocks as they fit in; `last` goes with the last of them.
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
                self.request(std::mem::take(&mut block));
                bytes = 0;
            }
            results.push(match Incoming::check(transaction, self.inner.identity.chain_id) {
                Err(error) => Err(error),
                Ok(incoming) => {
                    let (txid, incoming) = (incoming.txid, Box::new(incoming));
                    bytes += transaction.len();
                    let reply = reply.clone();
                    let reply = Box::new(move |answer| drop(reply.send((number, answer))));
                    block.push(Request::Submit { incoming, reply });
                    // Replaced by the answer, which only a ledger that closes leaves out.
                    Err(SubmitError::Failed { txid, failure: LedgerFailure::Closed })
                }
            });
        }
        block.extend(last);
        self.request(block);
        drop(reply);
        for (number, answer) in answers {
            if let Some(result) = results.get_mut(number) {
                *result = answer;
            }
        }
        results
    }

    /// Whether a transaction would be taken if it came now: runs it, and undoes it.
    ///
    /// # Errors
    /// [`SubmitError`] as [`Self::submit`] would give. A transaction that would run and fail is taken.
    pub fn try_out(&self, transaction: &[u8]) -> Result<(), SubmitError> {
        let incoming = Incoming::check(transaction, self.inner.identity.chain_id)?;
        let txid = incoming.txid;
        let tried = self.ask(move |moment| Ok::<_, LedgerFailure>(moment.try_out(&incoming)));
        tried.unwrap_or_else(|failure| Err(SubmitError::Failed { txid, failure }))
    }

    /// Keeps a copy of the ledger as it stands now, until it is opened the next time.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn snapshot(&self) -> Result<SnapshotId, LedgerFailure> {
        let (reply, answer) = channel();
        self.hand_over(Work::Snapshot { reply });
        answer.recv().unwrap_or(Err(LedgerFailure::Closed))
    }

    /// Goes back to a snapshot: **drops the blocks above it**, whoever was told of them, and says so in the
    /// next block for as long as the ledger lives. Durable when it returns.
    ///
    /// # Errors
    /// [`RevertError`]; the ledger is as it was.
    pub fn revert(&self, snapshot: &SnapshotId) -> Result<(), RevertError> {
        let (reply, answer) = channel();
        self.hand_over(Work::Revert { snapshot: snapshot.clone(), reply });
        answer.recv().unwrap_or(Err(LedgerFailure::Closed.into()))
    }

    /// Moves burn time forward by `burn_blocks`. Durable when it returns.
    ///
    /// # Errors
    /// [`OperationError::OutOfRange`] beyond the last height that Clarity counts.
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
        self.request(vec![Request::Operate { operation, reply }]);
        answer.recv().unwrap_or(Err(OperationError::Failed { failure: LedgerFailure::Closed }))
    }

    fn request(&self, block: Requests) {
        if !block.is_empty() {
            self.hand_over(Work::Block(block));
        }
    }

    /// What can't be sent is dropped, and with it the way back: who waits is told.
    fn hand_over(&self, work: Work) {
        if let Some(way) = &self.inner.work {
            let _ = way.send(work);
        }
    }

    /// Asks several things of one moment of the ledger.
    ///
    /// # Errors
    /// The question's own, and [`LedgerFailure`] when the file fails or the VM breaks off.
    pub fn ask<T: Send + 'static, E: From<LedgerFailure> + Send + 'static>(
        &self,
        question: impl FnOnce(&mut Moment<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (reply, answer) = channel();
        self.ask_then(question, move |answered| drop(reply.send(answered)));
        // The job was dropped without an answer: the VM broke off in it.
        answer.recv().unwrap_or_else(|_| Err(LedgerFailure::VmBrokeOff.into()))
    }

    /// The same without waiting: the answer is handed to `answered` on the reader's thread, which must not be
    /// kept waiting there. It is dropped instead when the VM breaks off.
    pub(crate) fn ask_then<T: 'static, E: From<LedgerFailure> + 'static>(
        &self,
        question: impl FnOnce(&mut Moment<'_>) -> Result<T, E> + Send + 'static,
        answered: impl FnOnce(Result<T, E>) + Send + 'static,
    ) {
        let job: Job = Box::new(move |moment| match moment {
            Ok(moment) => answered(question(moment)),
            Err(failure) => answered(Err(failure.into())),
        });
        self.inner.questions.put(job);
    }

    /// Where the chain stands, and the burn height now.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn tip(&self) -> Result<Tip, LedgerFailure> {
        self.ask(|moment| moment.tip())
    }

    /// An account's balance and next nonce; zero and zero for one that nobody has heard of.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file fails.
    pub fn account(&self, account: &Principal) -> Result<Account, ReadError> {
        let account = account.clone();
        self.ask(move |moment| moment.account(&account))
    }

    /// STX in existence.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file fails.
    pub fn supply(&self) -> Result<MicroStx, ReadError> {
        self.ask(|moment| moment.supply())
    }

    /// The block at a height.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerFailure> {
        self.ask(move |moment| moment.block(height))
    }

    /// The block with a hash.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn block_by_hash(&self, hash: &BlockHash) -> Result<Option<Block>, LedgerFailure> {
        let hash = *hash;
        self.ask(move |moment| moment.block_by_hash(&hash))
    }

    /// An included transaction.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn transaction(&self, txid: &TxId) -> Result<Option<StoredTransaction>, LedgerFailure> {
        let txid = *txid;
        self.ask(move |moment| moment.transaction(&txid))
    }

    /// Evidence for an included transaction, which can be checked without this ledger.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn transaction_proof(
        &self,
        txid: &TxId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        let txid = *txid;
        self.ask(move |moment| moment.transaction_proof(&txid))
    }

    /// Transactions that a principal signs, pays for, receives from or, as a contract, is called by.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn transactions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        let principal = principal.clone();
        self.ask(move |moment| moment.transactions_of(&principal, page))
    }

    /// Transactions that call or publish a contract; with [`Outcomes::Failed`] those that ended in anything
    /// but success.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn contract_transactions(
        &self,
        contract: &ContractId,
        outcomes: Outcomes,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        let contract = contract.clone();
        self.ask(move |moment| moment.contract_transactions(&contract, outcomes, page))
    }

    /// What a contract printed. The page counts transactions; all events of one come together.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn contract_events(
        &self,
        contract: &ContractId,
        page: Page,
    ) -> Result<Vec<ContractEvent>, LedgerFailure> {
        let contract = contract.clone();
        self.ask(move |moment| moment.contract_events(&contract, page))
    }

    /// Every contract that a transaction has published, in the order of the chain.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file fails.
    pub fn contracts(&self) -> Result<Vec<ContractId>, LedgerFailure> {
        self.ask(|moment| moment.contracts())
    }

    /// Source and origin of a contract; none when there is no such contract.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file fails.
    pub fn contract(&self, contract: &ContractId) -> Result<Option<ContractRecord>, ReadError> {
        let contract = contract.clone();
        self.ask(move |moment| moment.contract(&contract))
    }

    /// A contract's interface, as the JSON of the Stacks node's `GET /v2/contracts/interface`.
    ///
    /// # Errors
    /// [`ReadError::NoSuchContract`]; [`ReadError::Failed`] when the file fails.
    pub fn contract_interface(&self, contract: &ContractId) -> Result<String, ReadError> {
        let contract = contract.clone();
        self.ask(move |moment| moment.contract_interface(&contract))
    }

    /// Calls a read-only function on behalf of `sender`. Arguments and answer are in Clarity's consensus
    /// encoding. `burn-block-height` is the height now, which may be above the tip's.
    ///
    /// # Errors
    /// [`ReadError`]; an answer of `(err …)` is an answer.
    pub fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, function, arguments, sender) =
            (contract.clone(), function.to_owned(), arguments.to_vec(), sender.clone());
        self.ask(move |moment| moment.call_read_only(&contract, &function, &arguments, &sender))
    }

    /// Runs a public function as a transaction of `sender` would, and undoes it. The cost is the network's,
    /// also for contracts that run unmetered here.
    ///
    /// # Errors
    /// [`ReadError`]; a call that would fail is no error, see [`Simulation::status`].
    pub fn simulate_call(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Simulation, ReadError> {
        let (contract, function, arguments, sender) =
            (contract.clone(), function.to_owned(), arguments.to_vec(), sender.clone());
        self.ask(move |moment| moment.simulate_call(&contract, &function, &arguments, &sender))
    }

    /// Publishes a contract as a transaction of its deployer would, and undoes it.
    ///
    /// # Errors
    /// [`ReadError`]; a contract that would fail its analysis is no error, see [`Simulation::note`].
    pub fn simulate_deploy(
        &self,
        contract: &ContractId,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Simulation, ReadError> {
        let (contract, source) = (contract.clone(), source.to_owned());
        self.ask(move |moment| moment.simulate_deploy(&contract, &source, version))
    }

    /// A map's entry as an optional value in Clarity's consensus encoding: `none` when the key is not there.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such contract or map, or the key is of another type.
    pub fn map_entry(
        &self,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, map, key) = (contract.clone(), map.to_owned(), key.to_vec());
        self.ask(move |moment| moment.map_entry(&contract, &map, &key))
    }

    /// A data variable's value in Clarity's consensus encoding.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such contract or variable.
    pub fn data_variable(
        &self,
        contract: &ContractId,
        variable: &str,
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, variable) = (contract.clone(), variable.to_owned());
        self.ask(move |moment| moment.data_variable(&contract, &variable))
    }

    /// A constant's value in Clarity's consensus encoding.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such contract or constant.
    pub fn constant(&self, contract: &ContractId, constant: &str) -> Result<Vec<u8>, ReadError> {
        let (contract, constant) = (contract.clone(), constant.to_owned());
        self.ask(move |moment| moment.constant(&contract, &constant))
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("genesis", &self.inner.identity.genesis)
            .finish_non_exhaustive()
    }
}
