//! One VM and what it keeps between runs: the meter, the parsed contracts, cached state, its limits.
//!
//! A machine belongs to one thread.

use std::rc::Rc;

use clarity::vm::types::QualifiedContractIdentifier;
use rusqlite::Connection;

use super::contract_cache::{ContractCache, Loaded, Metering};
use super::limits::{Cancellation, Limits};
use super::meter::Meter;
use super::{EPOCH, State, StateCache, View, accounts, boot, deploy};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::{BlockHash, ContractId, SourceHash};
use crate::chain::operation::{Allocation, Operation};
use crate::chain::units::BurnHeight;
use crate::chain::wire::Payload;

/// Prefix of the node's own keys in the state: one key for each pinned source.
const PIN_PREFIX: &str = "mrms-node::pinned-source::";

/// Why a transaction or an operation did not run.
#[derive(Debug)]
pub(crate) enum RunError {
    /// It is left out of the block.
    Rejected(Rejection),
    /// The ledger failed: the caller must discard the whole block.
    Failed(LedgerFailure),
}

/// A Clarity VM.
pub(crate) struct Machine {
    pub(super) chain_id: u32,
    pub(super) contracts: ContractCache,
    pub(super) meter: Meter,
    pub(super) limits: Limits,
    /// When the present run is broken off. A thread sets this for what it runs next.
    pub(crate) cancellation: Cancellation,
    /// Whether a transaction runs. It stays so when the VM breaks off.
    pub(crate) is_running: bool,
    /// Steps of metered runs since the machine was made.
    pub(crate) steps: u64,
    /// Cached values of the state. Only used by the VM that makes blocks.
    pub(crate) cache: StateCache,
}

impl Machine {
    /// Creates a VM for the ledger behind `connection`, with the limits of the network and no cancellation.
    pub(crate) fn new(connection: &Connection, chain_id: u32) -> Result<Self, LedgerFailure> {
        let mut contracts = ContractCache::default();
        let mut statement =
            connection.prepare("SELECT key FROM state WHERE key >= ?1 AND key < ?1 || X'FF'")?;
        let keys = statement.query_map([PIN_PREFIX], |row| row.get::<_, String>(0))?;
        for key in keys {
            contracts.pin(SourceHash::parse(key?.trim_start_matches(PIN_PREFIX))?);
        }
        Ok(Self {
            chain_id,
            contracts,
            meter: Meter::default(),
            limits: Limits::Network,
            cancellation: Cancellation::default(),
            is_running: false,
            steps: 0,
            cache: StateCache::default(),
        })
    }

    /// Sets other limits for what runs next.
    pub(crate) fn limit_to(&mut self, limits: Limits, cancellation: Cancellation) {
        (self.limits, self.cancellation) = (limits, cancellation);
    }

    /// Whether a transaction needs steps that somebody else decides about: it calls or publishes a contract that is not
    /// pinned, or one that does not exist.
    pub(crate) fn runs_foreign_code(
        &self,
        connection: &Connection,
        payload: &Payload,
    ) -> Result<bool, LedgerFailure> {
        match payload {
            Payload::Transfer { .. } => Ok(false),
            Payload::Deploy { source, .. } => Ok(!self.is_pinned(&SourceHash::of(source))),
            Payload::Call { contract, .. } => self.is_foreign(connection, contract),
        }
    }

    /// Whether a contract is not pinned, or does not exist.
    pub(crate) fn is_foreign(
        &self,
        connection: &Connection,
        contract: &ContractId,
    ) -> Result<bool, LedgerFailure> {
        if let Some(loaded) = self.contracts.known(contract.as_vm()) {
            return Ok(loaded.metering == Metering::Metered);
        }
        let mut state = State::new(connection, 1, BlockHash::new([0; 32]));
        let view = View::new(connection, BurnHeight::new(0), [0; 20]);
        let source = with_database(&mut state, &view, |database| {
            Ok(database.get_contract_src(contract.as_vm()))
        });
        let source = match source {
            Ok(source) => source,
            Err(RunError::Failed(failure)) => return Err(failure),
            Err(RunError::Rejected(_)) => None,
        };
        Ok(source.is_none_or(|source| !self.is_pinned(&SourceHash::of(&source))))
    }

    /// Whether contracts with this source run unmetered.
    pub(crate) fn is_pinned(&self, source: &SourceHash) -> bool {
        self.contracts.is_pinned(source)
    }

    /// Applies an operator operation to the block under construction. The caller moves burn time.
    pub(crate) fn operate(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        operation: &Operation,
    ) -> Result<(), RunError> {
        match operation {
            Operation::Genesis { allocations, .. } => self.begin(state, view, allocations),
            Operation::Pin { source } => {
                state.put_own(&format!("{PIN_PREFIX}{}", hex::encode(source.as_bytes())), "pinned");
                self.contracts.pin(*source);
                Ok(())
            }
            Operation::Advance { .. } | Operation::Revert { .. } | Operation::Loss { .. } => Ok(()),
            Operation::Faucet { account, amount } => with_database(state, view, |database| {
                Ok(accounts::mint(database, account.as_vm(), amount.get())?)
            }),
        }
    }

    fn begin(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        allocations: &[Allocation],
    ) -> Result<(), RunError> {
        with_database(state, view, |database| Ok(database.set_clarity_epoch_version(EPOCH)?))?;
        for (contract, source) in boot::contracts() {
            deploy::publish_boot(state, view, self.chain_id, &contract, &source)?;
        }
        with_database(state, view, |database| {
            for Allocation { account, amount } in allocations {
                accounts::mint(database, account.as_vm(), amount.get())?;
            }
            Ok(())
        })
    }

    /// Loads a published contract; none when it does not exist.
    pub(super) fn load(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &QualifiedContractIdentifier,
    ) -> Result<Option<Rc<Loaded>>, RunError> {
        let contracts = &mut self.contracts;
        with_database(state, view, |database| Ok(contracts.load(database, contract)?))
    }
}

/// Runs `work` in a database layer of its own: commits the layer when `work` succeeds, undoes it otherwise. A
/// failure of the file takes precedence over the result, because the VM can misread such a failure.
pub(super) fn with_database<T>(
    state: &mut State<'_>,
    view: &View<'_>,
    work: impl FnOnce(&mut clarity::vm::database::ClarityDatabase<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let mut database = view.database(state);
    database.begin();
    let result = match work(&mut database) {
        Ok(done) => database.commit().map(|()| done).map_err(RunError::from),
        Err(error) => Err(error),
    };
    drop(database);
    match state.take_failure() {
        Some(failure) => Err(RunError::Failed(failure)),
        None => result,
    }
}
