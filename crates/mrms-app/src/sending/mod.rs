//! Sending transactions: signed once, kept in the outbox until they stand in a block.

mod openings;
pub mod outbox;
pub mod outcome;
mod send;
