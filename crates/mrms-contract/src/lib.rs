//! The contract `medical-records-management` seen from Rust.
//!
//! Its source, its calls with typed arguments, its answers as typed values, its errors, and how its
//! audit entries hash into a head. Sends nothing: whoever has a ledger turns a [`call::Call`] into
//! a transaction, and a [`read::Read`] into a read-only call.

pub mod call;
mod decode;
mod error;
pub mod functions;
pub mod ids;
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

/// The releases that this crate knows besides [`SOURCE`], with the SHA-256 of each source. Whatever this crate calls and
/// reads has the same signatures and shapes there, but for what they lack, so homes that began with one go on with it. What
/// they lack is told in `docs/design/contract.md`.
pub const FORMER_RELEASES: &[(&str, [u8; 32])] =
    &[("1.0.0", RELEASE_1_0_0), ("1.1.0", RELEASE_1_1_0)];

const RELEASE_1_0_0: [u8; 32] = [
    0xdf, 0x80, 0x90, 0xd4, 0xc6, 0x7e, 0xa3, 0x8c, 0xe1, 0x2d, 0x09, 0x2c, 0x21, 0xc3, 0xb0, 0x6c,
    0x6d, 0xad, 0x0e, 0x97, 0x4c, 0x65, 0x8c, 0xfc, 0x92, 0x4a, 0x14, 0xe9, 0x6a, 0xa7, 0x7b, 0x50,
];

const RELEASE_1_1_0: [u8; 32] = [
    0x1a, 0x24, 0xf6, 0x07, 0xbf, 0x77, 0x06, 0xc1, 0x66, 0x80, 0x10, 0x26, 0x64, 0xae, 0xd3, 0xf0,
    0x65, 0x45, 0x1b, 0xb4, 0x5a, 0xa4, 0x66, 0xc6, 0xe2, 0x9c, 0xa3, 0x6c, 0xe1, 0x30, 0x05, 0x3a,
];

/// The contract's source, as it is deployed: that of the Clarinet project without its comments, which every call would pay
/// for.
pub const SOURCE: &str = include_str!("../../../clarity/deployed/medical-records-management.clar");

/// The interface that this crate speaks: the `interface` of `get-contract-version`. A contract with
/// another one has other signatures or shapes.
pub const INTERFACE: u64 = 2;

/// The release of [`SOURCE`], as `get-contract-version` tells it.
pub const RELEASE: &str = "2.0.0";

/// Bytes of `encrypted-content` that the contract takes at most; larger content is kept elsewhere
/// and the contract holds a reference to it.
pub const CONTENT_MAX: usize = 65_536;

/// The release whose source has this SHA-256, if this crate knows it.
#[must_use]
pub fn release_of(source_hash: &[u8; 32]) -> Option<&'static str> {
    if *source_hash == crate::source_hash() {
        return Some(RELEASE);
    }
    FORMER_RELEASES.iter().find(|(_, known)| known == source_hash).map(|(release, _)| *release)
}

/// SHA-256 of [`SOURCE`].
#[must_use]
pub fn source_hash() -> [u8; 32] {
    Sha256::digest(SOURCE).into()
}
