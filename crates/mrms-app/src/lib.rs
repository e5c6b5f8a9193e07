//! The use cases of MRMS, and the ports through which they reach ledger, vaults and ciphertext.
//!
//! A use case reads the chain, calls the pure rules and the encryption, and then writes. It reaches
//! the ledger through [`ledger::Ledger`], each vault through [`mrms_vault::Vault`], and ciphertext
//! beyond the inline limit through [`mrms_store::BlobStore`]. Randomness and limits are arguments.
//! Nothing here knows a command line, a web page or the environment.
//!
//! The folders depend on each other in one direction: [`ledger`], [`profile`], [`session`],
//! [`sending`], [`access`], [`sharing`], then [`people`], [`records`], [`staff`], [`succession`], [`contacts`], [`vaults`],
//! [`audit`], [`import`] and [`links`]. [`mod@beside`] is above [`staff`], [`succession`] and [`contacts`].

pub mod access;
pub mod audit;
pub mod beside;
pub mod contacts;
pub mod import;
pub mod ledger;
pub mod links;
pub mod namespace;
pub mod people;
pub mod profile;
pub mod records;
pub mod sending;
pub mod session;
pub mod sharing;
pub mod staff;
pub mod succession;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod times;
pub mod vaults;

pub use session::{Actor, Session};
