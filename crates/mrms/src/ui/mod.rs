//! What people and scripts see: results, failures, questions, times.

pub(crate) mod acting;
pub(crate) mod amounts;
pub(crate) mod columns;
pub(crate) mod document;
pub(crate) mod failure;
pub(crate) mod input;
pub(crate) mod named;
pub(crate) mod naming;
pub(crate) mod news;
pub(crate) mod outcome;
pub(crate) mod output;
pub(crate) mod passphrase;
pub(crate) mod powers;
pub(crate) mod progress;
pub(crate) mod reasons;
pub(crate) mod record_ref;
pub(crate) mod results;
pub(crate) mod short_times;
pub(crate) mod someone;
pub(crate) mod start;
pub(crate) mod target;
pub(crate) mod terminal;
pub(crate) mod times;
pub(crate) mod topics;
pub(crate) mod viewer;
