//! Reading a record's log, and checking it: against the chain, the vaults' logs and what is stored.

pub mod check;
pub mod csv;
pub mod fhir;
pub mod reconcile;
pub mod trail;
