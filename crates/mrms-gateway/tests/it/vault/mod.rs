//! The vault's face.

mod blobs;
mod chain;
mod client;
mod http;
mod limits;
mod messages;
mod stop;
mod support;
mod uploads;
