//! The vault's HTTP face: signed messages for the guardian, and ciphertext in and out.
//!
//! Knows what a message looks like and nothing of what it means: the
//! [`Guardian`](mrms_vault::guardian::Guardian) judges. What else stands behind it the binary says
//! ([`Backing`]). What it serves is
//! described in `docs/vault-openapi.json`. Encryption on the way is a reverse proxy's work; on
//! loopback there is none.

mod blobs;
mod body;
mod desk;
mod duties;
mod edge;
mod holds;
mod messages;
mod metrics;
mod patience;
mod ranges;
mod refusal;
mod routes;
mod server;
mod settings;
mod uploads;

pub use duties::Duty;
pub use routes::ROUTES;
pub use server::{Backing, ServeError, Server};
pub use settings::VaultSettings;
