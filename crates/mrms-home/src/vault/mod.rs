//! The vaults of a home: its own in this process, or those of its settings over HTTP, and the
//! ciphertext that they keep.

pub mod anchor;
mod chain_view;
pub mod configured;
pub mod own;
pub mod replicas;
