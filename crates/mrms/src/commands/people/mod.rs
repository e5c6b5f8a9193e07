//! Commands on the profiles of this home, and on the people whom a profile knows.

pub(crate) mod add;
pub(crate) mod card;
pub(crate) mod directory;
pub(crate) mod known;
pub(crate) mod profile;
