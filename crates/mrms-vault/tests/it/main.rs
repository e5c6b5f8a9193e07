//! The guardian from outside: real files, a real database, a scripted chain.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backups;
mod care;
mod claims;
mod clock;
mod deposits;
mod disk;
mod finality;
mod floods;
mod kills;
mod lines;
mod model;
mod reader_notes;
mod releases;
mod salts;
mod secrecy;
mod server;
mod support;
mod watcher;
