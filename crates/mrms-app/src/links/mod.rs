//! Links: SMART Health Links to a patient's records, for people who have no MRMS.
//!
//! A link is a reader with an account of its own. The patient's program seals the files under the link's key, which is in
//! the link's text alone, and deposits them with a *host*. It grants the link's account access, like any reader's. The host
//! holds the account's words, and no key to the files: before it gives a file out, it makes the link's entry in each
//! record's log. So expiry and revoke are the contract's, and `who` shows every retrieval.
//!
//! [`accounts`] tells which accounts may be links, [`make`](mod@make) makes links, [`change`] pauses, re-arms and destroys them, [`entry`] is what a host does on the ledger, [`folder`] what
//! it keeps, [`given`] what of a link is given away, [`profile::links`](crate::profile::links) what the patient's profile keeps. Design: `docs/design/links.md`.

pub mod accounts;
pub mod change;
pub mod check;
mod content;
pub mod deposit;
pub mod entry;
pub mod folder;
pub mod given;
pub mod host;
pub mod hosted;
pub mod make;
pub mod manage;
pub mod openness;
pub mod usage;
