//! The vault's database: one SQLite file.
//!
//! Stores and finds rows; it does not know what they mean. The file is in WAL mode with `synchronous=FULL`, so that a
//! commit survives a loss of power once it has returned, and with `secure_delete`, so that deleted rows are
//! overwritten. One thread writes ([`database_writer`](super::database_writer)); any thread reads.

mod claims;
mod counts;
mod database;
mod encoding;
mod erasures;
mod identity;
mod key_slots;
mod log_lines;
mod reader_notes;
mod requests;
mod salts;
mod schema;
mod shares;

pub(crate) use claims::*;
pub(crate) use counts::*;
pub(crate) use database::{ReadConnections, database_path, lock_folder, open_writable, place_of};
pub(crate) use encoding::record_bytes;
pub(crate) use erasures::*;
pub(crate) use identity::*;
pub(crate) use key_slots::*;
pub(crate) use log_lines::*;
pub(crate) use reader_notes::*;
pub(crate) use requests::*;
pub(crate) use salts::*;
pub(crate) use shares::*;
