//! A clinic that is many people: an organisation's keys, its members, and opening for it.
//!
//! An organisation's recipient is an identity of its own words, as everybody's is. Its members hold the secret. It travels
//! in a record of the organisation, the *staff record*, which is granted to each member: so the vaults release it against
//! an entry, and every taking of the key stands in the organisation's log. Each version of that record is an epoch.

pub mod administer;
pub mod join;
mod key_file;
pub mod members;
pub mod name;
pub mod open;
pub mod unconfirmed;

pub use key_file::StaffKeyError;
