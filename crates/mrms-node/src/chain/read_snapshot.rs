//! One moment of the ledger, and what can be asked of it.
//!
//! Everything asked of one [`Moment`] sees the same blocks, however many are made meanwhile. Burn time is asked
//! of the clock once per moment, so that what has expired reads as expired without a new block. A moment
//! belongs to the thread that holds it and ends with the question; [`super::Ledger::ask`] hands one out.

use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::clock::BurnClock;
use super::error::{LedgerFailure, ReadError, SubmitError};
use super::identifiers::{BlockHash, ContractId, Principal, TxId};
use super::query_results::{
    Block, ContractEvent, ContractRecord, Outcomes, Page, StoredTransaction, Tip, TransactionProof,
};
use super::read_threads::Shared;
use super::store::{self, StoredBlock};
use super::units::{BlockHeight, MicroStx};
use super::vm::{Account, Incoming, Machine, Refusal, Simulation, State, View};
use super::wire::{ClarityVersionByte, hash160};

/// The newest block as a reader last saw it, with SQLite's word for the state of the file that it is of.
#[derive(Default)]
pub(crate) struct Newest(Option<(i64, StoredBlock)>);

impl Newest {
    /// The newest block, read again if anything was written since.
    fn read(&mut self, connection: &Connection) -> Result<&StoredBlock, LedgerFailure> {
        let version: i64 =
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.0.as_ref().is_none_or(|(known, _)| *known != version) {
            self.0 = store::tip(connection)?.map(|block| (version, block));
        }
        match &self.0 {
            Some((_, block)) => Ok(block),
            None => Err(LedgerFailure::Damaged { what: "there is no block" }),
        }
    }
}

/// The ledger as it stood when the first thing was asked.
pub struct Moment<'r> {
    connection: &'r Connection,
    machine: &'r mut Machine,
    shared: &'r Shared,
    newest: &'r mut Newest,
    tip: Option<Tip>,
}

impl<'r> Moment<'r> {
    /// The connection is in a database transaction that begins with the first read.
    pub(crate) fn new(
        connection: &'r Connection,
        machine: &'r mut Machine,
        shared: &'r Shared,
        newest: &'r mut Newest,
    ) -> Self {
        Self { connection, machine, shared, newest, tip: None }
    }

    /// As [`super::Ledger::tip`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn tip(&mut self) -> Result<Tip, LedgerFailure> {
        if let Some(tip) = self.tip {
            return Ok(tip);
        }
        let StoredBlock { header, hash, .. } = self.newest.read(self.connection)?;
        let clock = BurnClock {
            genesis_height: self.shared.identity.genesis_burn_height,
            genesis_time: self.shared.identity.genesis_time,
            advanced: self.shared.advanced.load(Ordering::Acquire),
        };
        let now = self.shared.clock.now().max(header.time);
        let tip = Tip {
            height: header.height,
            hash: *hash,
            time: header.time,
            burn_height: header.burn_height,
            burn_height_now: clock.height(now, header.burn_height),
        };
        self.tip = Some(tip);
        Ok(tip)
    }

    /// The state as a block made now would find it.
    fn state<T>(
        &mut self,
        question: impl FnOnce(&mut Machine, &mut State<'_>, &View<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let tip = self.tip()?;
        let node = hash160(&self.shared.identity.node_key);
        let view = View::new(self.connection, tip.burn_height_now, node);
        let height = tip.height.get().saturating_add(1);
        let mut state = State::new(self.connection, height, tip.hash);
        question(self.machine, &mut state, &view)
    }

    /// As [`super::Ledger::account`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn account(&mut self, account: &Principal) -> Result<Account, ReadError> {
        self.state(|_, state, view| Machine::account(state, view, account))
    }

    /// As [`super::Ledger::supply`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn supply(&mut self) -> Result<MicroStx, ReadError> {
        self.state(|_, state, view| Machine::supply(state, view))
    }

    /// As [`super::Ledger::block`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerFailure> {
        store::block_at(self.connection, height)
    }

    /// As [`super::Ledger::block_by_hash`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn block_by_hash(&self, hash: &BlockHash) -> Result<Option<Block>, LedgerFailure> {
        store::block_by_hash(self.connection, hash)
    }

    /// As [`super::Ledger::transaction`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn transaction(&self, txid: &TxId) -> Result<Option<StoredTransaction>, LedgerFailure> {
        store::included(self.connection, txid)
    }

    /// As [`super::Ledger::transaction_proof`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn transaction_proof(
        &self,
        txid: &TxId,
    ) -> Result<Option<TransactionProof>, LedgerFailure> {
        store::proof(self.connection, txid)
    }

    /// As [`super::Ledger::transactions_of`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn transactions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        store::transactions_of_address(self.connection, principal, page)
    }

    /// As [`super::Ledger::contract_transactions`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn contract_transactions(
        &self,
        contract: &ContractId,
        outcomes: Outcomes,
        page: Page,
    ) -> Result<Vec<StoredTransaction>, LedgerFailure> {
        store::transactions_of_contract(self.connection, contract, outcomes, page)
    }

    /// As [`super::Ledger::contract_events`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn contract_events(
        &self,
        contract: &ContractId,
        page: Page,
    ) -> Result<Vec<ContractEvent>, LedgerFailure> {
        store::contract_events(self.connection, contract, page)
    }

    /// As [`super::Ledger::contracts`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn contracts(&self) -> Result<Vec<ContractId>, LedgerFailure> {
        store::contracts(self.connection)
    }

    /// As [`super::Ledger::contract`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn contract(&mut self, contract: &ContractId) -> Result<Option<ContractRecord>, ReadError> {
        let stored = store::contract_record(self.connection, contract)?;
        match (self.state(|_, state, view| Machine::source(state, view, contract)), stored) {
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

    /// As [`super::Ledger::contract_interface`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn contract_interface(&mut self, contract: &ContractId) -> Result<String, ReadError> {
        self.state(|_, state, view| Machine::interface(state, view, contract))
    }

    /// As [`super::Ledger::call_read_only`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn call_read_only(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        self.state(|machine, state, view| {
            machine.call_read_only(state, view, contract, function, arguments, sender)
        })
    }

    /// As [`super::Ledger::simulate_call`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn simulate_call(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Simulation, ReadError> {
        self.state(|machine, state, view| {
            machine.simulate_call(state, view, contract, function, arguments, sender)
        })
    }

    /// As [`super::Ledger::simulate_deploy`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn simulate_deploy(
        &mut self,
        contract: &ContractId,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Simulation, ReadError> {
        self.state(|machine, state, view| {
            machine.simulate_deploy(state, view, contract, source, version)
        })
    }

    /// As [`super::Ledger::map_entry`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn map_entry(
        &mut self,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        self.state(|machine, state, view| machine.map_entry(state, view, contract, map, key))
    }

    /// As [`super::Ledger::data_variable`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn data_variable(
        &mut self,
        contract: &ContractId,
        variable: &str,
    ) -> Result<Vec<u8>, ReadError> {
        self.state(|machine, state, view| machine.data_variable(state, view, contract, variable))
    }

    /// As [`super::Ledger::constant`].
    ///
    /// # Errors
    /// Those that it has.
    pub fn constant(
        &mut self,
        contract: &ContractId,
        constant: &str,
    ) -> Result<Vec<u8>, ReadError> {
        self.state(|machine, state, view| machine.constant(state, view, contract, constant))
    }

    /// Whether a transaction would be taken if it came now: runs it, and undoes it.
    pub(crate) fn try_out(&mut self, incoming: &Incoming) -> Result<(), SubmitError> {
        let txid = incoming.txid;
        let mut tried = Ok(());
        let ran = self.state(|machine, state, view| {
            tried = machine.run(state, view, incoming).map(drop);
            Ok(())
        });
        match (ran, tried) {
            (Err(ReadError::Failed { failure }), _) | (_, Err(Refusal::Failed(failure))) => {
                Err(SubmitError::Failed { txid, failure })
            }
            (_, Err(Refusal::Rejected(rejection))) => {
                Err(SubmitError::Rejected { txid, rejection: Box::new(rejection) })
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment").field("tip", &self.tip).finish_non_exhaustive()
    }
}
