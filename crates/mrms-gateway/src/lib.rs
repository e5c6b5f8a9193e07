//! The HTTP faces that others than the profile's owner talk to.
//!
//! Each face is a module of its own with its rules apart from its HTTP. Keys, files of the home folder
//! and the ledger come in from outside; nothing here reads the environment.

pub mod sponsor;
pub mod vault;
