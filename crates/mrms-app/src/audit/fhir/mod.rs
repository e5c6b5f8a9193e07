//! The log as FHIR R4 (4.0.1) resources, for other health software.
//!
//! Names people and records only by their accounts and numbers on the ledger: no person's name, no
//! content, no reason of an emergency.

mod audit_event;
mod elements;
mod pattern;

pub use audit_event::{AuditEvent, audit_events};
pub use elements::Namespace;
