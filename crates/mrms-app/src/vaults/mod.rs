//! Use cases about the vaults: trusting a vault that replaces another, and giving each vault what
//! it lacks.

pub mod new_key;
pub mod replicate;
mod trust;
