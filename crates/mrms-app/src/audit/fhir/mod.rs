//! What healthcare software reads: resources of FHIR R4 (4.0.1).
//!
//! People and records are named by what the ledger knows of them, their accounts and numbers, and by
//! nothing else: no name, no content, no emergency's reason.

mod audit_event;
mod elements;
mod pattern;

pub use audit_event::{AuditEvent, audit_events};
pub use elements::Namespace;
