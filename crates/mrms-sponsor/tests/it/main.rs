//! The sponsor, with a ledger in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chain;
mod payments;
mod recovery;
mod server;
