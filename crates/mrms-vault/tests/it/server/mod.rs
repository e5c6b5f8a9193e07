//! The vault over HTTP, on a free port of this machine.

mod blobs;
mod client;
mod description;
mod http;
mod kill;
mod limits;
mod messages;
mod relay;
mod stop;
mod support;
mod uploads;
