//! The HTTP faces that others than the profile's owner talk to.
//!
//! Each face is a module of its own, its rules apart from its HTTP; [`listener`] is what they share.
//! Keys, folders and addresses come in from outside: nothing here reads the environment.

pub mod listener;
pub mod sponsor;
pub mod vault;
