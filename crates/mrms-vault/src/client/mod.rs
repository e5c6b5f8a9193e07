//! Client of a vault behind HTTP: sends messages, and stores ciphertext as a [`BlobStore`](mrms_store::BlobStore).
//!
//! It uses the ledger client's transport: encrypted except on loopback, with limits on time and size. Without an answer,
//! it sends again what may be sent twice, and never a request for a share.

mod blobs;
mod http;
mod transfer;

pub use blobs::{Authorise, RemoteBlobStore};
pub use http::HttpVault;
