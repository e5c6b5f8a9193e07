//! The portal: pages for the person at this machine, over the same use cases as the command line.
//!
//! It serves HTML that works without script, to browsers on this machine alone. A browser comes in with a
//! one-time secret ([`entrance`]), and a profile is opened with its passphrase. Every page asks `mrms-home`
//! and `mrms-app`: the portal has no rule of its own and writes no plaintext to a disk.

mod acting;
mod alarms;
mod asked;
mod documents;
pub mod entrance;
mod error;
mod face;
mod guard;
mod health;
mod importing;
mod looks;
mod memory;
mod named;
mod notes;
mod numbers;
mod opened;
mod overview;
mod pages;
mod portal;
mod reasons;
mod server;
mod staged;
mod times;
mod words;
mod work;

pub use entrance::links::{Links, NotALink};
pub use guard::wording;
pub use portal::{EndedAgent, Invites, KeyAgents, LinkHosts, Portal, PortalSettings, ToldBy};
pub use server::router;
