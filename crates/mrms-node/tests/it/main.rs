//! Tests of the ledger through its public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admission;
mod ancestry;
mod blocks;
mod burn_clock;
#[cfg(unix)]
mod control;
mod copy;
mod durability;
mod execution;
mod foreign_code;
mod fsck;
mod fsck_checkpoints;
mod history;
mod hosted_refusals;
mod loss;
mod mempool_file;
mod metering;
#[cfg(unix)]
mod mining;
mod multisig;
mod node_text;
mod post_conditions;
mod proofs;
mod reads;
mod rpc_balances;
mod rpc_foreign_code;
mod rpc_limits;
mod rpc_lists;
mod rpc_observers;
mod rpc_reads;
mod rpc_search;
mod rpc_server;
mod rpc_slow_clients;
mod rpc_transactions;
mod scrub;
mod simulation;
mod snapshots;
mod support;
mod wire;
