//! Commands on the people whom a profile knows: cards, directories, names.

pub(crate) mod add;
pub(crate) mod card;
pub(crate) mod directory;
pub(crate) mod known;
