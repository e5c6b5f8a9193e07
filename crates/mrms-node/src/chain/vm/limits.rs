//! How much a run of the VM may cost, and how long it may take.
//!
//! Costs and steps are the same on every machine, so they may decide what is in a block. Time differs from run to run:
//! it only ever keeps a transaction out of a block.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clarity::vm::costs::ExecutionCost;

use super::view::BLOCK_LIMIT;

/// More steps than any run takes.
pub(super) const ALL_STEPS: u64 = 1 << 31;

/// What one run may use up.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    /// Costs as the network counts them.
    pub(super) cost: ExecutionCost,
    /// How many costs the VM may calculate. That is what takes most of the time of a metered run.
    pub(super) steps: u64,
    /// The part of `cost.runtime` that the analysis of a source may use up. A unit of it takes far longer there than it
    /// does while a contract runs.
    pub(super) analysis_runtime: u64,
    /// The part of `steps` that the analysis of a source may use up, since no watch can break it off.
    pub(super) analysis_steps: u64,
}

impl Allowance {
    /// What a block of the network allows.
    pub(super) const NETWORK: Self = Self {
        cost: BLOCK_LIMIT,
        steps: ALL_STEPS,
        analysis_runtime: BLOCK_LIMIT.runtime,
        analysis_steps: ALL_STEPS,
    };

    /// What one transaction may use up in a new block.
    pub(super) const TRANSACTION: Self = Self {
        cost: ExecutionCost {
            write_length: 2_000_000,
            write_count: 1_000,
            read_length: 5_000_000,
            read_count: 2_000,
            runtime: 100_000_000,
        },
        steps: 15_000,
        analysis_runtime: 5_000_000,
        analysis_steps: 10_000,
    };

    /// What a Stacks node allows a read-only call by default.
    pub(super) const READ_ONLY: Self = Self {
        cost: ExecutionCost {
            write_length: 0,
            write_count: 0,
            read_length: 100_000,
            read_count: 30,
            runtime: 1_000_000_000,
        },
        steps: ALL_STEPS,
        analysis_runtime: 0,
        analysis_steps: 0,
    };
}

/// After so many steps of foreign contracts a block takes no further transaction that needs some.
pub(crate) const BLOCK_STEPS: u64 = 5_000;

/// Longest source of a contract that is not pinned, in bytes.
pub(super) const LONGEST_SOURCE: usize = 96 * 1024;

/// By which limits a VM runs transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limits {
    /// Those of the network. A chain that is executed again may have been made under wider limits than today's.
    Network,
    /// Those of new blocks.
    NewBlocks,
}

impl Limits {
    pub(super) const fn allowance(self) -> &'static Allowance {
        match self {
            Self::Network => &Allowance::NETWORK,
            Self::NewBlocks => &Allowance::TRANSACTION,
        }
    }

    pub(super) const fn longest_source(self) -> usize {
        match self {
            Self::Network => usize::MAX,
            Self::NewBlocks => LONGEST_SOURCE,
        }
    }
}

/// A flag that one thread raises and others see: that work has to end now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signal(Arc<AtomicBool>);

impl Signal {
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn lower(&self) {
        self.0.store(false, Ordering::Release);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// When a run of a metered contract is broken off. By default never.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancellation {
    /// How long it may take.
    pub(crate) time: Option<Duration>,
    /// Signals that end it.
    pub(crate) signals: Vec<Signal>,
}

impl Cancellation {
    /// Whether a signal was raised.
    pub(crate) fn is_over(&self) -> bool {
        self.signals.iter().any(Signal::is_raised)
    }
}
