//! A home with a real ledger: over HTTP, and in this process with vaults beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod away;
mod face;
mod lagging;
mod life;
mod long_history;
mod settings;
