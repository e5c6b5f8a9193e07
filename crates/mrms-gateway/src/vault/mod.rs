//! The vault's HTTP face: signed messages for the guardian, and ciphertext in and out.
//!
//! Knows what a message looks like and nothing of what it means: the [`Vault`](mrms_vault::Vault)
//! behind it judges, and the binary says what stands behind it ([`Backing`]). What it serves is
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
mod pool;
mod ranges;
mod refusal;
mod routes;
mod server;
mod settings;
mod uploads;

pub use duties::Duty;
pub use routes::ROUTES;
pub use server::{Backing, ServeError, Server};
pub use settings::{Reach, VaultSettings};

/// A figure for `/metrics`, asked for each time.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name, as Prometheus has names: `mrms_vault_releases_total`.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// Whether it only grows.
    pub kind: FigureKind,
    /// Its value now.
    pub value: f64,
}

/// Whether a figure only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureKind {
    /// It does.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// Where figures come from.
pub type Figures = Box<dyn Fn() -> Vec<Figure> + Send + Sync>;
