//! Who may read a record: grants and their end, the keys that go with them, and emergencies.

mod card_keys;
mod direct;
pub mod emergency;
pub mod given_names;
pub mod grant;
pub mod keys;
pub(crate) mod note;
pub mod own;
pub mod purpose;
pub mod reader_logs;
pub mod readers;
pub mod recipients;
pub mod revoke;
mod sealed;
#[cfg(test)]
mod tests;
pub mod unknown;
pub mod wanted;
