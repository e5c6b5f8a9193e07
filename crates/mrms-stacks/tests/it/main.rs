//! The crate from outside: against Stacks' own library, and against damaged and hostile bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod abi;
#[cfg(feature = "client")]
mod api;
mod cases;
#[cfg(feature = "client")]
mod client;
mod clients;
mod damage;
mod round_trip;
mod strategies;
mod transactions;
