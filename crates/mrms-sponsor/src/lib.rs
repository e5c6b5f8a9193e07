//! The fee sponsor: a service of a clinic that pays the fees of transactions which call the records contract, so
//! that patients need no STX.
//!
//! - [`rules`] decides which transactions are paid for, [`budget`] how many in a day. Both are pure.
//! - [`Eligible`] decides whose transactions are paid for.
//! - [`Sponsor`] takes one request at a time from the rules to the ledger; it journals every payment in its books.
//! - [`server`] serves it over HTTP.
//!
//! The ledger is a port ([`Chain`]); the key and the folder of the books are given. Nothing here reads the environment,
//! and nothing knows what a record is. `docs/design/sponsor.md` describes the API and what protects the sponsor
//! against whom.

mod agreements;
mod books;
pub mod budget;
mod chain;
mod counts;
mod eligible;
mod in_flight;
mod journal;
mod refusal;
mod refusal_log;
pub mod rules;
pub mod server;
mod sponsor;

pub use books::BooksError;
pub use chain::Chain;
pub use eligible::{Eligible, ListError, Sources};
pub use refusal::Refusal;
pub use sponsor::{Remaining, Sponsor, Sponsored, Terms};
