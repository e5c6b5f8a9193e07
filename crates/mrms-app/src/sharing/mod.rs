//! Who may read a record: grants and their end, the keys that go with them, and emergencies.

pub mod all_readers;
mod card_keys;
pub mod delegates;
mod direct;
mod elsewhere;
pub mod emergency;
pub mod given_names;
pub mod grant;
pub mod keys;
mod left_keys;
pub(crate) mod memberships;
pub mod not_shown;
pub(crate) mod note;
pub mod of_all;
pub mod own;
pub mod purpose;
pub mod reader_logs;
pub mod readers;
pub mod recipients;
pub mod revoke;
pub(crate) mod sealed;
pub mod tend;
#[cfg(test)]
mod tests;
pub mod unknown;
pub mod unproven;
pub mod wanted;
