//! One VM with what it keeps between runs: the cost tracker and the parsed contracts.
//!
//! Belongs to one thread. Setting a tracker up costs more than a call, so one is reused; it must be set to
//! zero in both of its counts, cost and memory, before each run.

use std::rc::Rc;

use clarity::vm::costs::{CostTracker as _, ExecutionCost, LimitedCostTracker};
use clarity::vm::types::QualifiedContractIdentifier;
use rusqlite::Connection;

use super::contract_cache::{Cache, Loaded, Metering};
use super::view::BLOCK_LIMIT;
use super::{EPOCH, Recent, State, View, accounts, boot, deploy};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::SourceHash;
use crate::chain::operation::{Allocation, Operation};

/// Keys of the node's own in the state: sources that run free.
const PIN_PREFIX: &str = "mrms-node::pinned-source::";

/// Why a transaction is not in the block.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Its own fault.
    Rejected(Rejection),
    /// The ledger's fault: the block must not be kept.
    Failed(LedgerFailure),
}

/// A VM.
pub(crate) struct Machine {
    pub(super) chain_id: u32,
    pub(super) contracts: Cache,
    tracker: Option<LimitedCostTracker>,
    /// What it knows of the state, if it makes the blocks.
    pub(crate) recent: Recent,
}

impl Machine {
    /// A VM for the ledger behind `connection`.
    pub(crate) fn new(connection: &Connection, chain_id: u32) -> Result<Self, LedgerFailure> {
        let mut contracts = Cache::default();
        let mut statement =
            connection.prepare("SELECT key FROM state WHERE key >= ?1 AND key < ?1 || X'FF'")?;
        let keys = statement.query_map([PIN_PREFIX], |row| row.get::<_, String>(0))?;
        for key in keys {
            contracts.pin(SourceHash::parse(key?.trim_start_matches(PIN_PREFIX))?);
        }
        Ok(Self { chain_id, contracts, tracker: None, recent: Recent::default() })
    }

    /// Whether contracts with this source run free.
    pub(crate) fn is_pinned(&self, source: &SourceHash) -> bool {
        self.contracts.is_pinned(source)
    }

    /// Applies an operator's act to the block under construction. Burn time is the caller's to move.
    pub(crate) fn operate(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        operation: &Operation,
    ) -> Result<(), Refusal> {
        match operation {
            Operation::Genesis { allocations, .. } => self.begin(state, view, allocations),
            Operation::Pin { source } => {
                state.put_own(&format!("{PIN_PREFIX}{}", hex::encode(source.as_bytes())), "pinned");
                self.contracts.pin(*source);
                Ok(())
            }
            Operation::Advance { .. } | Operation::Revert { .. } => Ok(()),
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
    ) -> Result<(), Refusal> {
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

    /// The published contract of that name, if there is one.
    pub(super) fn load(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &QualifiedContractIdentifier,
    ) -> Result<Option<Rc<Loaded>>, Refusal> {
        let contracts = &mut self.contracts;
        with_database(state, view, |database| Ok(contracts.load(database, contract)?))
    }

    /// A tracker at zero that allows a block's cost, or one that counts nothing.
    pub(super) fn tracker(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        metering: Metering,
    ) -> Result<LimitedCostTracker, Refusal> {
        match metering {
            Metering::Free => Ok(LimitedCostTracker::new_free()),
            Metering::Metered => match self.tracker.take() {
                Some(tracker) => Ok(tracker),
                None => new_tracker(state, view, self.chain_id, BLOCK_LIMIT),
            },
        }
    }

    /// Takes a tracker back after a run and tells what was counted.
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
) -> Result<LimitedCostTracker, Refusal> {
    let mut database = view.database(state);
    let tracker = LimitedCostTracker::new(false, chain_id, limit, &mut database, EPOCH);
    drop(database);
    match (tracker, state.take_fault()) {
        (Ok(tracker), None) => Ok(tracker),
        (_, Some(failure)) => Err(Refusal::Failed(failure)),
        (Err(_), None) => {
            Err(Refusal::Failed(LedgerFailure::Damaged { what: "the cost contract" }))
        }
    }
}

/// Runs `work` in a layer of its own, which is kept when `work` succeeds and undone when it does not. A
/// failure of the file goes before whatever the VM made of it.
pub(super) fn with_database<T>(
    state: &mut State<'_>,
    view: &View<'_>,
    work: impl FnOnce(&mut clarity::vm::database::ClarityDatabase<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut database = view.database(state);
    database.begin();
    let result = match work(&mut database) {
        Ok(done) => database.commit().map(|()| done).map_err(Refusal::from),
        Err(refusal) => Err(refusal),
    };
    drop(database);
    match state.take_fault() {
        Some(failure) => Err(Refusal::Failed(failure)),
        None => result,
    }
}
