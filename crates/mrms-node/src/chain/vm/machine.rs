//! One VM and what it keeps between runs: the cost tracker, the parsed contracts, cached state.
//!
//! A machine belongs to one thread. Setting up a cost tracker costs more than a call, so one tracker is
//! reused. Both of its counts, cost and memory, must be zero before each run.

use std::rc::Rc;

use clarity::vm::costs::{CostTracker as _, ExecutionCost, LimitedCostTracker};
use clarity::vm::types::QualifiedContractIdentifier;
use rusqlite::Connection;

use super::contract_cache::{ContractCache, Loaded, Metering};
use super::view::BLOCK_LIMIT;
use super::{EPOCH, State, StateCache, View, accounts, boot, deploy};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::SourceHash;
use crate::chain::operation::{Allocation, Operation};

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
    tracker: Option<LimitedCostTracker>,
    /// Cached values of the state. Only used by the VM that makes blocks.
    pub(crate) cache: StateCache,
}

impl Machine {
    /// Creates a VM for the ledger behind `connection`.
    pub(crate) fn new(connection: &Connection, chain_id: u32) -> Result<Self, LedgerFailure> {
        let mut contracts = ContractCache::default();
        let mut statement =
            connection.prepare("SELECT key FROM state WHERE key >= ?1 AND key < ?1 || X'FF'")?;
        let keys = statement.query_map([PIN_PREFIX], |row| row.get::<_, String>(0))?;
        for key in keys {
            contracts.pin(SourceHash::parse(key?.trim_start_matches(PIN_PREFIX))?);
        }
        Ok(Self { chain_id, contracts, tracker: None, cache: StateCache::default() })
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

    /// Returns a tracker at zero that allows the cost of a block, or one that counts nothing.
    pub(super) fn tracker(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        metering: Metering,
    ) -> Result<LimitedCostTracker, RunError> {
        match metering {
            Metering::Free => Ok(LimitedCostTracker::new_free()),
            Metering::Metered => match self.tracker.take() {
                Some(tracker) => Ok(tracker),
                None => new_tracker(state, view, self.chain_id, BLOCK_LIMIT),
            },
        }
    }

    /// Takes a tracker back after a run, and returns the cost that it counted.
    pub(super) fn put_back(&mut self, mut tracker: LimitedCostTracker) -> Option<ExecutionCost> {
        match &tracker {
            LimitedCostTracker::Free => None,
            LimitedCostTracker::Limited(_) => {
                let cost = tracker.get_total();
                tracker.set_total(ExecutionCost::zero());
                tracker.reset_memory();
                self.tracker = Some(tracker);
                Some(cost)
            }
        }
    }
}

pub(super) fn new_tracker(
    state: &mut State<'_>,
    view: &View<'_>,
    chain_id: u32,
    limit: ExecutionCost,
) -> Result<LimitedCostTracker, RunError> {
    let mut database = view.database(state);
    let tracker = LimitedCostTracker::new(false, chain_id, limit, &mut database, EPOCH);
    drop(database);
    match (tracker, state.take_failure()) {
        (Ok(tracker), None) => Ok(tracker),
        (_, Some(failure)) => Err(RunError::Failed(failure)),
        (Err(_), None) => {
            Err(RunError::Failed(LedgerFailure::Damaged { what: "the cost contract" }))
        }
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
