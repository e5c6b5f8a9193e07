//! The fee sponsor: a clinic's service that pays for transactions which call the records contract
//! and nothing else.
