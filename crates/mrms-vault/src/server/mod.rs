//! The vault over HTTP: signed messages for the guardian, and ciphertext in and out.
//!
//! The server reads and writes JSON and bytes, and bounds what clients may ask for. It judges nothing: the
//! [`Guardian`](crate::guardian::Guardian) does. The binary supplies guardian, blob store and uploads
//! ([`Backing`]). `docs/vault-openapi.json` describes the interface. Encryption is left to a reverse proxy; on loopback
//! there is none.

mod app_state;
mod blob_body;
mod blobs;
mod messages;
mod metrics;
mod middleware;
mod periodic_tasks;
mod ranges;
mod refusal;
mod routes;
mod serve;
mod settings;
mod transfers;
mod upload_locks;
mod uploads;

pub use periodic_tasks::PeriodicTask;
pub use routes::ROUTES;
pub use serve::{Backing, ServeError, Server};
pub use settings::VaultSettings;
