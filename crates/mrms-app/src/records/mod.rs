//! A patient's records: writing versions, listing them, and erasing a record.

mod amend;
mod create;
pub mod erase;
pub mod list;
pub mod media;
pub mod write;
