//! How a browser comes in: one-time links, sessions, and the profile that a session has opened.

pub mod links;
pub(crate) mod openings;
pub(crate) mod secret;
pub(crate) mod sessions;
pub(crate) mod tries;
