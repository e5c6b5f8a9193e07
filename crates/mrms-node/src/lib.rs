//! The embedded Stacks ledger: it turns signed Stacks transactions into durable blocks that anyone can check.
//!
//! - [`chain`] runs the Clarity VM, stores the blocks and answers reads. It is synchronous and opens no
//!   network port.
//! - [`rpc`] serves the chain over HTTP, as a Stacks node does.
//! - [`index`] keeps what another node tells of its blocks, and answers for it as the hosted API does.
//! - `control` lets the owner of the machine do more, over a private Unix socket.
//!
//! This crate knows contracts, principals and STX. It knows nothing of medicine, record keys or stored blobs.
//! No other crate of the workspace links the Clarity VM.

pub mod chain;
#[cfg(unix)]
pub mod control;
mod hexadecimal;
pub mod index;
mod plain_address;
pub mod rpc;
mod thread_priority;

pub use thread_priority::lower_thread_priority;
