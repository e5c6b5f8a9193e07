//! Commands on the profiles of this home.

pub(crate) mod profile;
