//! The use cases of MRMS, and the ports that they need.
//!
//! A use case reads the chain, calls the pure rules and the encryption, and then writes. The
//! ledger is behind [`ledger::Ledger`], ciphertext beyond the inline limit behind
//! [`mrms_store::BlobStore`]; randomness and limits are arguments. Nothing here knows a command
//! line, a web page or the environment.

pub mod check;
mod direct;
pub mod emergency;
pub mod erase;
pub mod fhir;
pub mod keys;
pub mod ledger;
pub mod list;
pub mod media;
pub mod open;
pub mod opening;
pub mod outbox;
pub mod profile;
pub mod recipients;
pub mod reconcile;
pub mod replicate;
pub mod sealed;
mod send;
pub mod session;
pub mod share;
pub mod trail;
pub mod vaults;
pub mod write;

pub use session::{Actor, Session};
