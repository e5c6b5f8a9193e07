//! The vault's face.

mod blobs;
mod client;
mod http;
mod limits;
mod stop;
mod support;
mod uploads;
