//! A record's log: reading it, exporting it, and checking it against the chain and the vaults'
//! logs. Also checks what is stored.

pub mod acted_for;
pub mod changes;
pub mod check;
pub mod csv;
pub mod disclosures;
pub mod fhir;
pub mod for_me;
pub mod let_in;
pub mod news;
pub mod patient_trail;
pub mod reconcile;
pub mod shares;
pub mod trail;
pub mod trails;
pub mod watch;
pub mod who;
