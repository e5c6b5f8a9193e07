//! The Clarity VM on top of stored state: who may run what, and what came of it.
//!
//! Everything here works on the block that is being built, through [`State`] (what contracts see and
//! change) and [`View`] (what they may ask about blocks). It makes nothing durable, knows no files and
//! decides no order of transactions. Rules follow the Stacks node at epoch 2.5 (SIP-005, SIP-006, SIP-012,
//! SIP-015).

// The VM's own error types are large, and most functions here pass them on to the place that judges them.
#![allow(clippy::result_large_err)]

mod accounts;
mod admission;
mod boot;
mod call;
mod contract_cache;
mod cost_table;
mod deploy;
mod machine;
mod outcome;
mod post_conditions;
mod queries;
mod state;
mod state_cache;
mod transaction;
mod view;

pub(crate) use admission::Incoming;
pub(crate) use machine::{Machine, Refusal};
pub use queries::{Account, Simulation};
pub(crate) use state::{Changes, State};
pub(crate) use state_cache::Recent;
pub(crate) use view::View;

use stacks_common::types::StacksEpochId;

/// The rules that contracts run under: the newest that this VM has been compared with a network for.
const EPOCH: StacksEpochId = StacksEpochId::Epoch25;
