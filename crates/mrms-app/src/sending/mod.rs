//! Sending transactions: they are signed once, and kept in the outbox until they stand in a block.

mod begun;
pub mod first;
pub mod first_kept;
mod first_places;
mod first_run;
mod known_chain;
mod nonces;
pub(crate) mod openings;
pub mod outbox;
pub mod outcome;
pub mod refused;
pub mod replace;
mod send;
mod unkept;
mod unsettled;

#[cfg(test)]
mod first_tests;
#[cfg(test)]
mod tests;

/// How many transactions go out together: nodes take a few more than these of one account at a time.
pub(crate) const SENT_TOGETHER: usize = 20;
