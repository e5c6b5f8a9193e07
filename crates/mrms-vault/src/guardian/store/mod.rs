//! The vault's database: one SQLite file.
//!
//! Knows how things are stored and found, not what they mean. In WAL mode with `synchronous=FULL`,
//! so that what a commit has returned for survives a loss of power, and with `secure_delete`, so
//! that deleted rows are overwritten. Writing is the writer's business, reading everyone's.

mod file;
mod holdings;
mod lines;
mod requests;
mod schema;

pub(crate) use file::{Reading, database_path, lock_folder, open_writable, place_of};
pub(crate) use holdings::*;
pub(crate) use lines::*;
pub(crate) use requests::*;
