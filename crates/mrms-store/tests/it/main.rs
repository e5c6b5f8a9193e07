//! The store in a bucket, on a server that speaks S3 on this machine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bucket;
mod object;
mod relay;
