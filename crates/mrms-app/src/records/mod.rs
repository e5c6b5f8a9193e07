//! A patient's records: creating, amending, listing and erasing them, and what they are called in files.

mod amend;
mod create;
pub mod erase;
pub mod erased;
pub mod export_index;
pub mod file_names;
pub mod list;
pub mod media;
pub mod received;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod write;
