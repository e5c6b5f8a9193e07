//! Opening a version of a record: first the entry in the log, then the key, then the content.

pub mod open;
mod released;

#[cfg(test)]
mod tests;
