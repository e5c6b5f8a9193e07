//! A ledger over HTTP, as a home uses it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod face;
mod lagging;
mod long_history;
