//! The contract `medical-records-management` seen from Rust.
//!
//! Its source, its calls with typed arguments, its answers as typed values, its errors, and how its
//! audit entries hash into a head. Sends nothing: whoever has a ledger turns a [`call::Call`] into
//! a transaction, and a [`read::Read`] into a read-only call.

pub mod call;
mod decode;
mod error;
pub mod read;
pub mod state;
pub mod trail;

pub use call::Call;
pub use decode::AnswerError;
pub use error::{ContractError, split_result};
pub use read::Read;

use sha2::{Digest, Sha256};

/// The contract's name under its deployer, unless another is asked for.
pub const NAME: &str = "medical-records-management";

/// The contract's source, as it is deployed: the only copy, shared with the Clarinet project.
pub const SOURCE: &str = include_str!("../../../clarity/contracts/medical-records-management.clar");

/// The interface that this crate speaks: the `interface` of `get-contract-version`. A contract with
/// another one has other signatures or shapes.
pub const INTERFACE: u64 = 1;

/// Bytes of `encrypted-content` that the contract takes at most; larger content is kept elsewhere
/// and the contract holds a reference to it.
pub const CONTENT_MAX: usize = 65_536;

/// SHA-256 of [`SOURCE`].
#[must_use]
pub fn source_hash() -> [u8; 32] {
    Sha256::digest(SOURCE).into()
}
