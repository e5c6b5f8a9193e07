//! Stacks as a client sees it: Clarity values, contract interfaces, keys and transactions.
//!
//! Pure: bytes and values in, bytes and values out. No I/O, clock or randomness, and no knowledge
//! of medical records; only the feature `client` adds an HTTP client of the node's RPC. Follows SIP-005 (wire format, authorization), SIP-002 (Clarity types),
//! SIP-018 (structured messages) and, for what came later, SIP-040 and SIP-044.
//!
//! A node has its own codec; this one shares no code with it, so that one mistake can't sit on
//! both ends of the wire.

pub mod abi;
pub mod clarity;
#[cfg(feature = "client")]
pub mod client;
pub mod keys;
pub mod network;
pub mod structured;
pub mod transaction;

mod hash;
mod wire;

pub use wire::DecodeError;
