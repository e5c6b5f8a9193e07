//! The vault: it guards key shares and releases them only against an entry in the contract's log.
//!
//! [`protocol`] has the messages between a client and a vault, signed and bound to one vault,
//! contract and chain; [`Vault`] is a vault as a client sees it. The guardian that answers is behind
//! the feature `guardian`; [`client`](crate::client), behind the feature of that name, reaches one
//! over HTTP. Nothing here can read a share, a key or content.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "guardian")]
pub mod guardian;
mod port;
pub mod protocol;

pub use port::{Vault, VaultError};
