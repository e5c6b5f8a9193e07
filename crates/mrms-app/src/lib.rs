//! The use cases of MRMS, and the ports that they need.
//!
//! A use case reads the chain, calls the pure rules and the encryption, and then writes. The
//! ledger is behind [`ledger::Ledger`], ciphertext beyond the inline limit behind
//! [`mrms_store::BlobStore`]; randomness and limits are arguments. Nothing here knows a command
//! line, a web page or the environment.

pub mod access;
pub mod audit;
pub mod ledger;
pub mod profile;
pub mod records;
pub mod sending;
pub mod session;
pub mod sharing;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vaults;

pub use session::{Actor, Session};
