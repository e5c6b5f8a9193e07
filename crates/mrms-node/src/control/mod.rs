//! The control socket: lets the owner of the machine control a running node, over a Unix socket.
//!
//! Each connection sends one line of JSON and gets one line back ([`Command`], [`Reply`]). Only the socket's
//! owner can connect: the file's permissions ensure it, and the node also asks the system who connects.
//! Without [`Rights::Everything`] the only command is [`Command::Faucet`]. A block records every command that
//! changes the chain; saving a snapshot or changing when blocks are made is not recorded.

mod client;
mod protocol;
mod socket;

pub use client::{AskError, ask};
pub use protocol::{Command, Done, MiningText, RefusalCode, Reply};
pub use socket::{ControlSettings, Rights};

pub(crate) use socket::ControlSocket;
