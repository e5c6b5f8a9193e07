//! A vault behind HTTP: its messages, and its ciphertext as a [`BlobStore`](mrms_store::BlobStore).
//!
//! The transport is that of the ledger's client: encrypted but on loopback, bounded in time and size.
//! What may be sent twice is sent again when no answer came; a request for a share never is.

mod blobs;
mod http;
mod transfer;

pub use blobs::{Authorise, RemoteBlobStore};
pub use http::HttpVault;
