//! Commands that give somebody access, and take it back.

pub(crate) mod changed_key;
pub(crate) mod grant;
