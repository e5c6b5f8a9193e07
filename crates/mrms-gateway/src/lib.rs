//! The HTTP face of a vault.
//!
//! Keys, files of the home folder and the ledger come in from outside; nothing here reads the environment.

pub mod vault;
