//! Sending transactions: they are signed once, and kept in the outbox until they stand in a block.

mod begun;
pub mod first;
pub mod first_kept;
mod first_places;
mod first_run;
pub(crate) mod openings;
pub mod outbox;
pub mod outcome;
pub mod replace;
mod send;
mod unsettled;

#[cfg(test)]
mod first_tests;
#[cfg(test)]
mod tests;
