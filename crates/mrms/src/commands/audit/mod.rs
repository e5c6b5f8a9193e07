//! Commands that show what happened to a record, and prove it.

pub(crate) mod evidence;
pub(crate) mod reconcile;
pub(crate) mod report;
pub(crate) mod trail;
pub(crate) mod verify;
pub(crate) mod who;
