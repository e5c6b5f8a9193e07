//! Commands that show what happened, and prove it.

pub(crate) mod audit;
pub(crate) mod evidence;
pub(crate) mod reconcile;
pub(crate) mod verify;
