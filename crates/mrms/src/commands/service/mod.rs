//! Commands that serve until they are stopped: the sponsor, and node and vault together. What all
//! services share is in [`serving`].

pub(crate) mod portal;
pub(crate) mod serving;
pub(crate) mod sponsor;
pub(crate) mod up;
