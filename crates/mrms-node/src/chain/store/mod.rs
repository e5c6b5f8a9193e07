//! Stores blocks, transactions and state in one SQLite file.
//!
//! This module knows how things are stored and found, not what they mean: it gets complete blocks. The file
//! is in WAL mode with `synchronous=FULL`, so that everything committed survives a loss of power.

mod ancestry;
mod defined;
mod file;
mod listings;
mod lock;
mod queries;
mod schema;
mod sums;
mod write;

pub(crate) use ancestry::{ancestor_proof, frontier};
pub(crate) use defined::first_other;
pub(crate) use file::{
    FileId, check_planted, connect_read_only, connect_writable, create, format_of, has_ancestry,
    has_log, is_empty, ledger_file, make_folder, open_existing, open_read_only, open_to_check,
    open_to_hold, open_work, open_writable, schema_of, settle, settle_all, temporary,
    temporary_file,
};
pub(crate) use listings::*;
pub(crate) use lock::{is_lock_file, lock_folder};
pub(crate) use queries::*;
pub(crate) use schema::{ANCESTRY, CREATE_LISTS, FORMAT, TABLES};
pub(crate) use sums::{
    BLOCKS, CONTRACTS, METADATA, OPERATIONS, STATE, TRANSACTIONS, WrongSum, must_be_under,
};
pub(crate) use write::{BlockRecord, Listing, TransactionRecord, append, append_state};
