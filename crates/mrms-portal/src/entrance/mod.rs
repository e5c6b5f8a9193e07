//! How a browser comes in: one-time links, keys of browsers that came in before, sessions, and the profile that a session has opened.

pub(crate) mod browsers;
pub(crate) mod challenges;
pub(crate) mod kept;
pub mod links;
pub(crate) mod openings;
pub(crate) mod secret;
pub(crate) mod sessions;
pub(crate) mod tries;
