//! People: one's own card, and what one keeps of others.
//!
//! Documents are signed and read by `mrms-people`; here they meet the contract, which has the encryption keys, and
//! the profile's sealed files.

pub mod asked;
pub mod card;
pub mod directories;
pub mod known;
pub mod left;
