//! The fee sponsor: a clinic's service that pays for transactions which call the records contract, and
//! for nothing else, so that patients need no STX.
//!
//! [`rules`] says what is paid for, [`budget`] how much, `books` remember it, the [`Desk`] does one
//! after the other, and [`router`] is its HTTP. The API, and what protects the sponsor against whom, are
//! in `docs/design/sponsor.md`.

mod books;
pub mod budget;
mod chain;
mod desk;
mod flights;
mod http;
mod metrics;
mod refusal;
pub mod rules;

pub use books::BooksError;
pub use chain::Chain;
pub use desk::{Desk, Sponsored, Terms};
pub use http::{router, tend};
pub use refusal::Refusal;
