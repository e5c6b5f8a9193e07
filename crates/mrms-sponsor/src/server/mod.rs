//! The sponsor over HTTP: `GET /v1/sponsor`, `POST /v1/transactions`, `GET /metrics`.
//!
//! [`Sponsor`](crate::Sponsor) is synchronous and takes one request at a time, so its work runs on blocking threads, and
//! only so many requests wait for it. Encryption and access control are left to a reverse proxy. The API is
//! described in `docs/design/sponsor.md`.

mod maintenance;
mod metrics;
mod refusal;
mod routes;

pub use maintenance::maintain;
pub use routes::router;
