//! Commands that give another account access to a record, and end it.

pub(crate) mod by_request;
pub(crate) mod catch_up;
pub(crate) mod changed_key;
pub(crate) mod grant;
pub(crate) mod own_name;
pub(crate) mod request;
pub(crate) mod revoke;
pub(crate) mod unknown_reader;
