//! A patient's records: creating, amending, listing and erasing them, and what they are called in files.

mod amend;
pub mod batch;
pub mod bring;
pub mod catch_up;
pub mod create;
pub mod curves;
pub mod described;
pub mod documents;
pub mod drafts;
pub mod erase;
pub mod erased;
pub mod export_index;
pub mod file_names;
pub mod find;
pub mod handles;
pub mod health_data;
pub mod inbox;
pub mod index;
mod keys_on_chain;
pub mod labels;
pub mod list;
mod listed;
pub mod media;
mod number_labels;
pub mod pass_on;
pub mod received;
pub mod rename;
mod represented;
pub mod same_content;
pub mod send;
pub mod several;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod titles;
mod whose;
pub mod write;
