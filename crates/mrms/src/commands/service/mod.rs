//! Commands that serve until they are stopped: the sponsor, the FHIR face, the index of a node's
//! blocks, and node and vault together. What all services share is in [`serving`](crate::serving). [`clinic`] makes the home of a clinic that they serve.

pub(crate) mod clinic;
pub(crate) mod fhir;
pub(crate) mod index;
pub(crate) mod portal;
pub(crate) mod sponsor;
mod tender;
pub(crate) mod up;
pub(crate) mod watch;
