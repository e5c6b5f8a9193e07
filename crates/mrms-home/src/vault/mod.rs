//! The vaults of a home: its own vault in this process, or the vaults of its settings over HTTP; and the
//! ciphertext that they keep.

pub mod bringing;
mod chain_view;
pub mod configured;
mod noted;
pub mod own;
pub mod replicas;
