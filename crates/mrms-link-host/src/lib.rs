//! A host of SMART Health Links: it answers viewers, and makes the link's entry on the ledger before it gives a file out.
//!
//! Blind: it holds sealed files and the words of each link's own account, and no key to the files. It has no rule of its own:
//! what a link opens is the contract's. What is counted and kept lies with `mrms_app::links::folder`, and is durable before
//! an answer leaves. The page with which any browser opens its links is served beside them. TLS is left to a reverse proxy. Whoever asks for a link that is not there, paused, ended or used up does
//! not learn which of these it is.

mod answer;
mod face;
mod health;
mod manage;
mod metrics;
mod rate_limit;
mod retrieval;
mod routes;
mod server;
mod view;

pub use server::{HostSettings, LinkHostServer};
