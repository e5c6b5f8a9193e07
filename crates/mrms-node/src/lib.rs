//! The embedded Stacks ledger: what turns signed Stacks transactions into durable, checkable blocks.
//!
//! Module [`chain`] runs the Clarity VM, keeps the blocks and answers questions about them. It is
//! synchronous and opens no network port. Module [`rpc`] serves it over HTTP, as a Stacks node does; module
//! `control` lets the machine's owner do more, over a private socket. This
//! crate knows contracts, principals and STX; it knows nothing of medicine, record keys or stored blobs, and
//! no other crate of the workspace links the Clarity VM.

pub mod chain;
#[cfg(unix)]
pub mod control;
mod hexadecimal;
pub mod rpc;
mod thread_priority;

pub use thread_priority::give_way;
