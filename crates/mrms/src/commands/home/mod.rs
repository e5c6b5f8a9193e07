//! Commands on the whole home: make it, its profiles, check it, back it up, restore it; and the demonstration.

pub(crate) mod backup;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod profile;
