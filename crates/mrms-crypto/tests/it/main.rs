//! Integration tests of mrms-crypto, as a user of the crate sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod age_crate;
mod age_vectors;
mod sealed_sharing;
mod version_life;
