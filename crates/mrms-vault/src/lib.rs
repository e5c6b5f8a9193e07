//! The vault: it guards key shares and releases them only against an entry in the contract's log.
//!
//! [`protocol`] has the messages between a client and a vault, signed and bound to one vault,
//! contract and chain. The guardian that answers them is behind the feature `guardian`. Nothing
//! here speaks HTTP; nothing here can read a share, a key or content.

pub mod protocol;
