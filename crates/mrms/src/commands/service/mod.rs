//! Commands that run until they are stopped, beyond a single node or vault.

pub(crate) mod serving;
pub(crate) mod sponsor;
pub(crate) mod up;
