//! What the owner of the machine may do to a running node, over a socket in the file system.
//!
//! One line of JSON in, one line out, per connection ([`Command`], [`Reply`]). The socket is for its owner
//! only, by mode and by asking the system who connects. Without [`Rights::Everything`] it gives STX and nothing
//! else. What changes the chain is recorded in a block; what does not (a snapshot, when blocks are made) is not.

mod client;
mod perform;
mod protocol;
mod socket;

pub use client::{AskError, ask};
pub use protocol::{Command, Done, MiningText, RefusalCode, Reply};
pub use socket::{ControlSettings, Rights};

pub(crate) use socket::ControlSocket;
