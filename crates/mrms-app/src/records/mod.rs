//! A patient's records: writing versions, listing them, and erasing a record.

pub mod erase;
pub mod list;
pub mod media;
pub mod write;
