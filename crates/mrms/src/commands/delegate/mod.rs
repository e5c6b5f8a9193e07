//! Who acts for whom: names delegates, lists them, and acts for a patient.

pub(crate) mod act;
pub(crate) mod list;
pub(crate) mod name;
