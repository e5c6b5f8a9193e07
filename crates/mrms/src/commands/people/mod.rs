//! Commands about who can act on this machine.

pub(crate) mod profile;
