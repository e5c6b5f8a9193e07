//! Runs the Clarity VM on stored state: checks transactions, runs them and read-only calls, reports outcomes.
//!
//! Everything here works on the block that is being built, through [`State`] (what contracts read and change)
//! and [`View`] (what contracts may ask about blocks). This module makes nothing durable, knows no files and
//! does not order transactions. Its rules follow the Stacks node at epoch 2.5 (SIP-005, SIP-006, SIP-012,
//! SIP-015).

// The VM's error types are large, and most functions here pass them on to `outcome`, which classifies them.
#![allow(clippy::result_large_err)]

mod accounts;
mod admission;
mod boot;
mod call;
mod contract_cache;
mod cost_table;
mod deploy;
mod limits;
mod machine;
mod meter;
mod outcome;
mod post_conditions;
mod queries;
mod state;
mod state_cache;
mod transaction;
mod view;
mod watch;

pub(crate) use limits::{BLOCK_STEPS, Cancellation, Limits, Signal};
pub(crate) use machine::{Machine, RunError};
pub use queries::{Account, Simulation};
pub(crate) use state::State;
pub(crate) use state_cache::StateCache;
pub(crate) use view::View;

use stacks_common::types::StacksEpochId;

/// The epoch whose rules contracts run under: the newest epoch for which this VM was compared with a network.
const EPOCH: StacksEpochId = StacksEpochId::Epoch25;
