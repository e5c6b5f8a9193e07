//! The watch over a run: breaks it off from inside when its time is over or nobody needs it any more.
//!
//! The VM calls the watch before each expression. It has no way to say "stop", so the watch exhausts the run's costs: the
//! next step of the run then fails, as one beyond the limits does, and no contract can catch that.

use std::cell::Cell;
use std::time::Instant;

use clarity::vm::contexts::{Environment, LocalContext};
use clarity::vm::costs::{ExecutionCost, LimitedCostTracker};
use clarity::vm::errors::Error;
use clarity::vm::representations::SymbolicExpression;
use clarity::vm::{EvalHook, ExecutionResult, Value};

use super::limits::Cancellation;

/// Why a run was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// Its time was over.
    TookTooLong,
    /// A signal was raised.
    Signalled,
}

/// Begins when a transaction or a read begins, and is over with it.
pub(super) struct Watch<'p> {
    deadline: Option<Instant>,
    cancellation: &'p Cancellation,
    interrupted: Cell<Option<Interruption>>,
}

impl<'p> Watch<'p> {
    pub(super) fn begin(cancellation: &'p Cancellation) -> Self {
        let deadline = cancellation.time.and_then(|time| Instant::now().checked_add(time));
        Self { deadline, cancellation, interrupted: Cell::new(None) }
    }

    /// Whether the run was broken off, and why.
    pub(super) fn interrupted(&self) -> Option<Interruption> {
        self.interrupted.get()
    }

    /// Looks whether the run has to end.
    pub(super) fn look(&self) -> Option<Interruption> {
        if self.interrupted.get().is_none() {
            if self.cancellation.is_over() {
                self.interrupted.set(Some(Interruption::Signalled));
            } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.interrupted.set(Some(Interruption::TookTooLong));
            }
        }
        self.interrupted.get()
    }
}

/// The watch, as the VM calls it.
pub(super) struct Hook<'w>(pub(super) &'w Watch<'w>);

impl EvalHook for Hook<'_> {
    fn will_begin_eval(
        &mut self,
        environment: &mut Environment<'_, '_>,
        _: &LocalContext<'_>,
        _: &SymbolicExpression,
    ) {
        if self.0.look().is_none() {
            return;
        }
        // Contracts that run without counting are those whose costs are known.
        if let LimitedCostTracker::Limited(_) = environment.global_context.cost_track {
            environment.global_context.cost_track.set_total(ExecutionCost::max_value());
        }
    }

    fn did_finish_eval(
        &mut self,
        _: &mut Environment<'_, '_>,
        _: &LocalContext<'_>,
        _: &SymbolicExpression,
        _: &Result<Value, Error>,
    ) {
    }

    fn did_complete(&mut self, _: Result<&mut ExecutionResult, String>) {}
}
