//! A patient's records: creating, amending, listing and erasing them.

mod amend;
mod create;
pub mod erase;
pub mod list;
pub mod media;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod write;
