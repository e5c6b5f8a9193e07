//! Use cases about the vaults themselves: trusting another one, and giving each what it lacks.

pub mod replicate;
mod trust;
