//! The HTTP face of the ledger: the RPC of a Stacks node, and what clients use of the hosted Stacks API.
//!
//! An edge: it reads requests, asks [`crate::chain`], and words the answers as a Stacks node does, so that
//! unchanged Stacks tools work. It decides nothing about transactions or contracts, and creates neither STX
//! nor time: those are the operator's ([`crate::control`]). Sources: `docs/rpc` of stacks-core, the schemas of
//! stacks-blockchain-api.
//!
//! [`Server::bind`] takes the address, [`Server::run`] serves until it is told to stop.

mod accounts;
mod clarity_text;
mod contracts;
mod events;
mod fees;
mod hosted;
mod intake;
mod iso_time;
mod known;
mod metrics;
mod middleware;
mod mining;
mod network;
mod node;
mod observers;
mod paging;
mod pending;
mod post_conditions;
mod promotion;
mod refusal;
mod routes;
mod server;
mod settings;
mod transactions;

pub use mining::Mining;
pub use observers::{ObserverUrl, ObserverUrlError};
pub use server::{ServeError, Server};
pub use settings::RpcSettings;

pub(crate) use node::Node;
