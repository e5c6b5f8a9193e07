//! The vault: keeps key shares and releases a share only against an entry in the contract's log.
//!
//! - [`protocol`] has the messages between a client and a vault, signed and bound to one vault, contract and chain.
//! - [`Vault`] is the port: a vault as a client sees it.
//! - `guardian`, a feature, is the vault itself: it decides, and keeps the shares in a database.
//! - `client`, a feature, reaches a vault over HTTP.
//! - `server`, a feature, serves a guardian over HTTP.
//! - `testing`, a feature, has a chain in memory for tests.
//!
//! Nothing here can read a share, a key or content.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "guardian")]
pub mod guardian;
mod port;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "testing")]
pub mod testing;

pub use port::{Vault, VaultError};
