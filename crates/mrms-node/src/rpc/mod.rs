//! The ledger over HTTP: the RPC of a Stacks node, and the parts of the hosted Stacks API that clients use.
//!
//! This module parses requests, calls [`crate::chain`] and formats the answers as a Stacks node does, so that
//! unchanged Stacks tools work. It makes no decisions about transactions or contracts. It creates neither STX
//! nor burn time: only the operator can, see [`crate::control`]. Sources: `docs/rpc` of stacks-core, the
//! schemas of stacks-blockchain-api.
//!
//! [`Server::bind`] opens the address, [`Server::run`] serves until it is told to stop.

pub(crate) mod accounts;
mod balances;
pub(crate) mod clarity_text;
mod contracts;
mod control_commands;
mod events;
mod explorer;
mod fees;
pub(crate) mod history;
mod holdings;
pub(crate) mod hosted_api;
pub(crate) mod hosted_refusal;
mod iso_time;
pub(crate) mod listings;
mod mempool;
mod mempool_promotion;
mod metrics;
mod middleware;
mod mining;
mod moves;
mod network;
mod node;
mod observer_cursor;
mod observer_messages;
mod observers;
pub(crate) mod paging;
mod parse_cache;
mod post_conditions;
mod post_transaction;
mod proofs;
pub(crate) mod refusal;
mod routes;
mod search;
mod server;
mod settings;
pub(crate) mod transactions;
mod waiting_file;

pub use mining::Mining;
pub use observers::{ObserverUrl, ObserverUrlError};
pub use server::{ServeError, Server};
pub use settings::RpcSettings;
pub use waiting_file::WaitingFileError;
