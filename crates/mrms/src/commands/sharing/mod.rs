//! Commands that give others access to records, show it, and end it.

mod all_records;
mod and_yet;
pub(crate) mod by_request;
pub(crate) mod catch_up;
pub(crate) mod changed_key;
pub(crate) mod end;
pub(crate) mod grant;
mod granted;
pub(crate) mod own_name;
pub(crate) mod request;
pub(crate) mod revoke;
pub(crate) mod several;
pub(crate) mod shared;
mod sooner;
pub(crate) mod stop;
pub(crate) mod tending;
pub(crate) mod unasked;
pub(crate) mod unknown_reader;
