//! Ancestry: a Merkle tree over the hashes of all blocks, to which the header of every later block commits.
//!
//! The tree of RFC 6962, section 2.1. Leaf number `h` is the hash of the block at height `h`. The header at
//! height `n` commits to the tree of the `n` leaves below it. So a short path shows that a block is an ancestor
//! of another (`inclusion`), and that two blocks have the same blocks below the older one (`consistency`).
//!
//! `tree` grows the tree and makes paths. `proof` checks them with the algorithms of RFC 9162, and shares no code
//! with `tree` but the two hashes. Pure: the caller reads and stores hashes.

mod proof;
mod tree;

pub use proof::{AncestorProof, AncestryError, extends, includes};
pub use tree::{Frontier, Subtree};
pub(crate) use tree::{consistency, frontier_places, inclusion};

#[cfg(test)]
mod tests;
