//! Inviting others to one's node, vaults and sponsor, and joining those of somebody else.

pub(crate) mod invite;
pub(crate) mod join;
mod shown;
