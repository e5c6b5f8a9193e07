//! [`ReadSnapshot`]: one consistent state of the ledger, and everything that can be read from it.
//!
//! All reads from one snapshot see the same blocks, however many are made meanwhile. A snapshot reads the
//! clock once, so that what has expired reads as expired without a new block. A snapshot stays on its read
//! thread and ends with the read; [`super::Ledger::read`] hands it out.

use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::Connection;

use super::ancestry::AncestorProof;
use super::clock::BurnClock;
use super::error::{LedgerFailure, ReadError, Rejection, SubmitError};
use super::header::SignedHeader;
use super::identifiers::{BlockHash, ContractId, Principal, SourceHash, TxId};
use super::incoming::IncomingTransaction;
use super::page::{Outcomes, Page};
use super::proofs::{GenesisProof, TransactionProof};
use super::query_results::{Block, ContractEvent, ContractRecord, StoredTransaction, Tip};
use super::read_threads::ReadContext;
use super::store::{self, StoredBlock};
use super::units::{BlockHeight, BurnHeight, MicroStx, UnixTime};
use super::vm::{Account, Machine, RunError, Simulation, State, View};
use super::wire::{ClarityVersionByte, hash160};

/// The newest block as a read thread last read it, with SQLite's `data_version` of the file at that time.
#[derive(Default)]
pub(crate) struct CachedTip(Option<(i64, StoredBlock)>);

impl CachedTip {
    /// Returns the newest block. Reads it again only when the file has changed.
    fn read(&mut self, connection: &Connection) -> Result<&StoredBlock, LedgerFailure> {
        let version: i64 =
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.0.as_ref().is_none_or(|(cached, _)| *cached != version) {
            self.0 = store::tip(connection)?.map(|block| (version, block));
        }
        match &self.0 {
            Some((_, block)) => Ok(block),
            None => Err(LedgerFailure::Damaged { what: "there is no block" }),
        }
    }
}

/// The ledger as it was when the first thing was read from it.
pub struct ReadSnapshot<'r> {
    connection: &'r Connection,
    machine: &'r mut Machine,
    context: &'r ReadContext,
    cached_tip: &'r mut CachedTip,
    tip: Option<Tip>,
}

impl<'r> ReadSnapshot<'r> {
    /// The connection must be in a deferred database transaction: the first read fixes the state.
    pub(crate) fn new(
        connection: &'r Connection,
        machine: &'r mut Machine,
        context: &'r ReadContext,
        cached_tip: &'r mut CachedTip,
    ) -> Self {
        Self { connection, machine, context, cached_tip, tip: None }
    }

    /// The connection, for what this module does not read.
    pub(crate) const fn connection(&self) -> &Connection {
        self.connection
    }

    /// The newest block, and the burn height now.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn tip(&mut self) -> Result<Tip, LedgerFailure> {
        if let Some(tip) = self.tip {
            return Ok(tip);
        }
        let StoredBlock { header, hash, .. } = self.cached_tip.read(self.connection)?;
        let clock = BurnClock {
            genesis_height: self.context.identity.genesis_burn_height,
            genesis_time: self.context.identity.genesis_time,
            advanced: self.context.advanced.load(Ordering::Acquire),
        };
        let now = self.context.clock.now().max(header.time);
        let burn_height_now = clock.height(now, header.burn_height);
        let tip = Tip {
            height: header.height,
            hash: *hash,
            time: header.time,
            burn_height: header.burn_height,
            burn_height_now,
            burn_began: clock.began(burn_height_now).min(now),
        };
        self.tip = Some(tip);
        Ok(tip)
    }

    /// Runs `read` with the contract state, as a block made now would see it.
    fn with_state<T>(
        &mut self,
        read: impl FnOnce(&mut Machine, &mut State<'_>, &View<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let tip = self.tip()?;
        let node = hash160(&self.context.identity.node_key);
        let view = View::new(self.connection, tip.burn_height_now, node);
        let height = tip.height.get().saturating_add(1);
        let mut state = State::new(self.connection, height, tip.hash);
        read(self.machine, &mut state, &view)
    }

    /// An account's balance and next nonce. Both are zero for an account that does not exist.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file cannot be read.
    pub fn account(&mut self, account: &Principal) -> Result<Account, ReadError> {
        self.with_state(|_, state, view| Machine::account(state, view, account))
    }

    /// How much STX exists.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file cannot be read.
    pub fn supply(&mut self) -> Result<MicroStx, ReadError> {
        self.with_state(|_, state, view| Machine::supply(state, view))
    }

    /// The block at a height.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerFailure> {
        store::block_at(self.connection, height)
    }

    /// The block with a hash.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn block_by_hash(&self, hash: &BlockHash) -> Result<Option<Block>, LedgerFailure> {
        store::block_by_hash(self.connection, hash)
    }

    /// When a burn block was made: the time of the first block of its burn height, or of the next one that a block has.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub(crate) fn burn_block_time(&self, height: BurnHeight) -> Result<UnixTime, LedgerFailure> {
        store::burn_block_time(self.connection, height)
    }

    /// An included transaction.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transaction(&self, txid: &TxId) -> Result<Option<StoredTransaction>, LedgerFailure> {
        store::included(self.connection, txid)
    }

    /// Proof of an included transaction. It can be checked without this ledger.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transaction_proof(
        &self,
        txid: &TxId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::proof(self.connection, txid)
    }

    /// Proof of block 0, which names this ledger.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn genesis_proof(&self) -> Result<GenesisProof, LedgerFailure> {
        store::genesis_proof(self.connection)
    }

    /// The newest block's header, with the node's signature.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn signed_tip(&self) -> Result<SignedHeader, LedgerFailure> {
        store::signed_tip(self.connection)
    }

    /// Proof that the block at `height` is an ancestor of the one at `head`; none when it is not below it, when there is
    /// no such block, or when the newer one is of header format 1.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn ancestor_proof(
        &self,
        height: BlockHeight,
        head: BlockHeight,
    ) -> Result<Option<AncestorProof>, LedgerFailure> {
        store::ancestor_proof(self.connection, height, head)
    }

    /// Proof of the transaction that published a contract; none for the contracts of block 0 and for a
    /// contract that does not exist.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn deployment_proof(
        &self,
        contract: &ContractId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::deployment_proof(self.connection, contract)
    }

    /// Transactions that a principal signs, pays for, receives STX from or, as a contract, is called by.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transactions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        store::transactions_of_address(self.connection, principal, page)
    }

    /// Transactions that call or publish a contract; with [`Outcomes::Failed`] only those that did not
    /// succeed.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn contract_transactions(
        &self,
        contract: &ContractId,
        outcomes: Outcomes,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        store::transactions_of_contract(self.connection, contract, outcomes, page)
    }

    /// Events that a contract printed. The page counts transactions: all events of a transaction are on the
    /// same page.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn contract_events(
        &self,
        contract: &ContractId,
        page: Page,
    ) -> Result<Vec<ContractEvent>, LedgerFailure> {
        store::contract_events(self.connection, contract, page)
    }

    /// Every contract that a transaction has published, in the order of the chain.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn contracts(&self) -> Result<Vec<ContractId>, LedgerFailure> {
        store::contracts(self.connection)
    }

    /// A contract's source, and how it was published; none when the contract does not exist.
    ///
    /// # Errors
    /// [`ReadError::Failed`] when the file cannot be read.
    pub fn contract(&mut self, contract: &ContractId) -> Result<Option<ContractRecord>, ReadError> {
        let stored = store::contract_record(self.connection, contract)?;
        match (self.with_state(|_, state, view| Machine::source(state, view, contract)), stored) {
            (Ok(source), Some(record)) => Ok(Some(ContractRecord { source, ..record })),
            (Ok(source), None) => Ok(Some(ContractRecord {
                contract: contract.clone(),
                txid: None,
                height: BlockHeight::new(0),
                clarity_version: None,
                source,
            })),
            (Err(ReadError::NoSuchContract { .. }), _) => Ok(None),
            (Err(error), _) => Err(error),
        }
    }

    /// A contract's interface, as the JSON of the Stacks node's `GET /v2/contracts/interface`.
    ///
    /// # Errors
    /// [`ReadError::NoSuchContract`]; [`ReadError::Failed`] when the file cannot be read.
    pub fn contract_interface(&mut self, contract: &ContractId) -> Result<String, ReadError> {
        self.with_state(|_, state, view| Machine::interface(state, view, contract))
    }

    /// Calls a read-only function as `sender`. Arguments and result are in Clarity's consensus encoding.
    /// `burn-block-height` is the height now, which may be above the tip's.
    ///
    /// # Errors
    /// [`ReadError`]. A result of `(err …)` is not an error.
    pub fn call_read_only(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        self.with_state(|machine, state, view| {
            machine.call_read_only(state, view, contract, function, arguments, sender)
        })
    }

    /// Calls a public function as `sender`, as long as it writes nothing, under the limits of a read-only call.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::NotReadOnly`] when it writes. A result of `(err …)` is not an error.
    pub fn call_public(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        self.with_state(|machine, state, view| {
            machine.call_public(state, view, contract, function, arguments, sender)
        })
    }

    /// Whether a contract is not pinned, or does not exist.
    pub(crate) fn is_foreign(&self, contract: &ContractId) -> Result<bool, LedgerFailure> {
        self.machine.is_foreign(self.connection, contract)
    }

    /// Whether a source is pinned.
    pub(crate) fn is_pinned(&self, source: &SourceHash) -> bool {
        self.machine.is_pinned(source)
    }

    /// Runs a public function as a transaction of `sender` would, and undoes it. The cost is the network's,
    /// also for contracts that run unmetered on this ledger.
    ///
    /// # Errors
    /// [`ReadError`]. A call that would fail is not an error, see [`Simulation::status`].
    pub fn simulate_call(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Simulation, ReadError> {
        self.with_state(|machine, state, view| {
            machine.simulate_call(state, view, contract, function, arguments, sender)
        })
    }

    /// Publishes a contract as a transaction of its deployer would, and undoes it.
    ///
    /// # Errors
    /// [`ReadError`]. A contract that fails its analysis is not an error, see [`Simulation::note`].
    pub fn simulate_deploy(
        &mut self,
        contract: &ContractId,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Simulation, ReadError> {
        self.with_state(|machine, state, view| {
            machine.simulate_deploy(state, view, contract, source, version)
        })
    }

    /// A map's entry as an optional value in Clarity's consensus encoding: `none` when the key is not there.
    ///
    /// # Errors
    /// [`ReadError`] when the contract or the map does not exist, or the key has the wrong type.
    pub fn map_entry(
        &mut self,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        self.with_state(|machine, state, view| machine.map_entry(state, view, contract, map, key))
    }

    /// A data variable's value in Clarity's consensus encoding.
    ///
    /// # Errors
    /// [`ReadError`] when the contract or the variable does not exist.
    pub fn data_variable(
        &mut self,
        contract: &ContractId,
        variable: &str,
    ) -> Result<Vec<u8>, ReadError> {
        self.with_state(|machine, state, view| {
            machine.data_variable(state, view, contract, variable)
        })
    }

    /// A constant's value in Clarity's consensus encoding.
    ///
    /// # Errors
    /// [`ReadError`] when the contract or the constant does not exist.
    pub fn constant(
        &mut self,
        contract: &ContractId,
        constant: &str,
    ) -> Result<Vec<u8>, ReadError> {
        self.with_state(|machine, state, view| machine.constant(state, view, contract, constant))
    }

    /// Runs a transaction and undoes it, to tell whether the ledger would take it now.
    pub(crate) fn try_out(&mut self, incoming: &IncomingTransaction) -> Result<(), SubmitError> {
        let txid = incoming.txid;
        let foreign = self
            .machine
            .runs_foreign_code(self.connection, &incoming.transaction.payload)
            .map_err(|failure| SubmitError::Failed { txid, failure })?;
        let problematic = foreign.then_some(&self.context.problematic);
        if let Some(rejection) =
            problematic.and_then(|problematic| problematic.refusal(incoming, Instant::now()))
        {
            return Err(SubmitError::Rejected { txid, rejection: Box::new(rejection) });
        }
        let mut tried = Ok(());
        let mut steps = 0;
        let ran = self.with_state(|machine, state, view| {
            let before = machine.steps;
            tried = machine.try_out(state, view, incoming);
            steps = machine.steps.saturating_sub(before);
            Ok(())
        });
        if let (Some(problematic), Err(RunError::Rejected(rejection))) = (problematic, &tried) {
            problematic.note(incoming, rejection, steps, Instant::now());
        }
        match (ran, tried) {
            (Err(ReadError::Failed { failure }), _) | (_, Err(RunError::Failed(failure))) => {
                Err(SubmitError::Failed { txid, failure })
            }
            (_, Err(RunError::Rejected(Rejection::Stopped))) => {
                Err(SubmitError::Failed { txid, failure: LedgerFailure::Closed })
            }
            (_, Err(RunError::Rejected(rejection))) => {
                Err(SubmitError::Rejected { txid, rejection: Box::new(rejection) })
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for ReadSnapshot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadSnapshot").field("tip", &self.tip).finish_non_exhaustive()
    }
}
