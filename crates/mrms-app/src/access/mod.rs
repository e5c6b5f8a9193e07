//! Opening a version of a record: first the entry in the log, then the key, then the content.

pub mod holder;
mod key;
pub mod no_share;
pub mod open;
mod origin;
mod released;
mod take_up;

#[cfg(test)]
mod share_tests;
#[cfg(test)]
mod tests;
