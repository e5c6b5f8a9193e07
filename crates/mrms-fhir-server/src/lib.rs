//! The FHIR face: a server of R4 on this machine, for the records of one profile that a person has opened.
//!
//! It has no rule of its own: grants are the contract's, keys the vaults', and what may be read is what the use cases of
//! `mrms-app` give. What resources look like, and search, is `mrms-fhir`. It listens on loopback alone and answers who has the
//! token. Content is opened by one request only, the read of a Binary, and an entry stands in the record's log first.

mod adding;
mod answer;
mod consenting;
mod content;
mod face;
mod gather;
mod guard;
mod memory;
mod reasons;
mod routes;
mod server;
mod token;
mod work;

pub use guard::wording;
pub use routes::router;
pub use server::{FhirServer, Grants, ServerSettings};
pub use token::Token;
