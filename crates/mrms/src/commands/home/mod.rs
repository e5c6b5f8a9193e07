//! Commands on the whole home: make it, its profiles, check it, back it up, restore it; and the demonstration.

pub(crate) mod backup;
pub(crate) mod demo;
pub(crate) mod doctor;
mod health;
mod hosted_links;
pub(crate) mod init;
mod mend;
pub(crate) mod profile;
mod served_index;
