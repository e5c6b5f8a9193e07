//! The meter: counts what a run costs, and in how many steps.
//!
//! The VM calculates each cost by interpreting a function of the contract `costs-3` (SIP-006). That takes far longer than
//! what is being counted, so the number of these calculations tells best how long a run takes. The meter uses a `costs-3`
//! of its own: its functions return the same costs as the ledger's, and one step in the upper half of the write count. So
//! the VM stops a run that takes too many steps wherever it is, also while it analyses a source.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use clarity::vm::costs::{CostTracker as _, ExecutionCost, LimitedCostTracker};
use rusqlite::Connection;

use super::limits::{ALL_STEPS, Allowance};
use super::machine::with_database;
use super::view::BLOCK_LIMIT;
use super::{EPOCH, RunError, State, View, boot, deploy};
use crate::chain::error::LedgerFailure;
use crate::chain::identifiers::BlockHash;
use crate::chain::store;
use crate::chain::units::BurnHeight;

/// One step, in the write count.
pub(super) const STEP: u64 = 1 << 32;

/// The tracker's limits: those of the network, and steps without end. A narrower allowance begins above zero.
const WIDEST: ExecutionCost =
    ExecutionCost { write_count: ALL_STEPS * STEP + (STEP - 1), ..BLOCK_LIMIT };

/// What a run has used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spent {
    /// Costs as the network counts them.
    pub(super) cost: ExecutionCost,
    pub(super) steps: u64,
    /// Whether it wrote more often than allowed. The VM does not look at this while it runs.
    pub(super) writes_too_often: bool,
}

/// Hands a tracker out for one run after the other: setting one up costs more than a call.
pub(super) struct Meter {
    idle: Option<LimitedCostTracker>,
    allowance: &'static Allowance,
    /// The tracker's total when the run began.
    start: ExecutionCost,
}

impl Default for Meter {
    fn default() -> Self {
        let allowance = &Allowance::NETWORK;
        let start = start(allowance, allowance.cost.runtime, allowance.steps);
        Self { idle: None, allowance, start }
    }
}

impl Meter {
    /// A tracker for a run that begins with the analysis of a source.
    pub(super) fn begin_analysis(
        &mut self,
        chain_id: u32,
        allowance: &'static Allowance,
    ) -> Result<LimitedCostTracker, RunError> {
        let start = start(allowance, allowance.analysis_runtime, allowance.analysis_steps);
        self.begin_at(chain_id, allowance, start)
    }

    /// After the analysis the rest of the run may use up the whole allowance.
    pub(super) fn end_analysis(&mut self, tracker: &mut LimitedCostTracker) {
        if let LimitedCostTracker::Limited(_) = tracker {
            let Allowance { cost, steps, .. } = self.allowance;
            let wide = start(self.allowance, cost.runtime, *steps);
            let mut total = tracker.get_total();
            total.runtime = total.runtime.saturating_sub(self.start.runtime) + wide.runtime;
            total.write_count =
                total.write_count.saturating_sub(self.start.write_count) + wide.write_count;
            tracker.set_total(total);
            self.start = wide;
        }
    }

    /// A tracker for a call.
    pub(super) fn begin(
        &mut self,
        chain_id: u32,
        allowance: &'static Allowance,
    ) -> Result<LimitedCostTracker, RunError> {
        let start = start(allowance, allowance.cost.runtime, allowance.steps);
        self.begin_at(chain_id, allowance, start)
    }

    fn begin_at(
        &mut self,
        chain_id: u32,
        allowance: &'static Allowance,
        start: ExecutionCost,
    ) -> Result<LimitedCostTracker, RunError> {
        let mut tracker = match self.idle.take() {
            Some(tracker) => tracker,
            None => prepared(chain_id)?,
        };
        self.allowance = allowance;
        self.start = start;
        tracker.set_total(self.start.clone());
        tracker.reset_memory();
        Ok(tracker)
    }

    /// Takes the tracker back, and returns what the run used up; none for a run that was not counted.
    pub(super) fn end(&mut self, tracker: LimitedCostTracker) -> Option<Spent> {
        let LimitedCostTracker::Limited(_) = &tracker else { return None };
        let (total, start) = (tracker.get_total(), &self.start);
        self.idle = Some(tracker);
        let writes = total.write_count.saturating_sub(start.write_count);
        let cost = ExecutionCost {
            write_length: total.write_length.saturating_sub(start.write_length),
            write_count: writes % STEP,
            read_length: total.read_length.saturating_sub(start.read_length),
            read_count: total.read_count.saturating_sub(start.read_count),
            runtime: total.runtime.saturating_sub(start.runtime),
        };
        let writes_too_often = cost.write_count > self.allowance.cost.write_count;
        Some(Spent { steps: writes / STEP, writes_too_often, cost })
    }
}

/// The total at which a run begins, so that it reaches the tracker's limits when its allowance is used up.
fn start(allowance: &Allowance, runtime: u64, steps: u64) -> ExecutionCost {
    let cost = &allowance.cost;
    ExecutionCost {
        write_length: WIDEST.write_length.saturating_sub(cost.write_length),
        write_count: ALL_STEPS.saturating_sub(steps) * STEP,
        read_length: WIDEST.read_length.saturating_sub(cost.read_length),
        read_count: WIDEST.read_count.saturating_sub(cost.read_count),
        runtime: WIDEST.runtime.saturating_sub(runtime),
    }
}

/// A tracker of this process, which sets up one for each chain id: the contract that it parses is always the same.
fn prepared(chain_id: u32) -> Result<LimitedCostTracker, RunError> {
    static PREPARED: Mutex<BTreeMap<u32, LimitedCostTracker>> = Mutex::new(BTreeMap::new());
    let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tracker) = prepared.get(&chain_id) {
        return Ok(tracker.clone());
    }
    let tracker = counting_tracker(chain_id)?;
    prepared.insert(chain_id, tracker.clone());
    Ok(tracker)
}

/// Sets a tracker up, on a state of its own in memory: a ledger's state has the costs without the steps.
fn counting_tracker(chain_id: u32) -> Result<LimitedCostTracker, RunError> {
    let file = Connection::open_in_memory().map_err(LedgerFailure::from)?;
    store::create(&file)?;
    let view = View::new(&file, BurnHeight::new(0), [0; 20]);
    let mut state = State::new(&file, 0, BlockHash::new([0; 32]));
    with_database(&mut state, &view, |database| Ok(database.set_clarity_epoch_version(EPOCH)?))?;
    for (contract, source) in boot::counting_contracts() {
        deploy::publish_boot(&mut state, &view, chain_id, &contract, &source)?;
    }
    let mut database = view.database(&mut state);
    let tracker = LimitedCostTracker::new(false, chain_id, WIDEST, &mut database, EPOCH);
    drop(database);
    match (tracker, state.take_failure()) {
        (Ok(tracker), None) => Ok(tracker),
        (_, Some(failure)) => Err(failure.into()),
        (Err(_), None) => Err(LedgerFailure::Damaged { what: "the cost contract" }.into()),
    }
}
