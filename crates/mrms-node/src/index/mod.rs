//! An index of another node's blocks: for who runs a Stacks node without the hosted API.
//!
//! The node tells it of each block (`[[events_observer]]` in the node's configuration, or `mrms node run --observer`). The
//! index keeps transactions, receipts and what contracts printed in one file, follows forks, and answers in the hosted API's
//! shape with the same code as [`crate::rpc`]. Whatever it does not have itself it asks the node for. It runs no contract,
//! checks no signature, and believes its node. Source: `docs/event-dispatcher.md` of stacks-core.
//!
//! - `message` reads what a node tells.
//! - [`Index`] is the file: it takes blocks and answers reads. It is synchronous.
//! - [`IndexServer`] serves both over HTTP: one address for the node, one for those who ask.

mod answers;
mod comparison;
mod file;
mod intake;
mod message;
mod metrics;
mod read;
mod schema;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod upstream;
mod write;

pub use file::{Index, IndexError};
pub use message::{MessageError, NewBlock, read_block};
pub use read::{Extent, IndexedBlock};
pub use server::{IndexServer, IndexSettings};
pub use upstream::{NodeUrl, NodeUrlError};
pub use write::{GapRule, TakeError, Taken};
