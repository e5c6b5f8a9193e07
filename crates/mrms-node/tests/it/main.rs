//! The ledger from outside: what it takes, refuses, keeps and finds again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admission;
mod blocks;
mod burn_clock;
mod copy;
mod durability;
mod execution;
mod fsck;
mod metering;
mod post_conditions;
mod proofs;
mod reads;
mod rpc_limits;
mod rpc_observers;
mod rpc_reads;
mod rpc_server;
mod rpc_transactions;
mod support;
mod wire;
