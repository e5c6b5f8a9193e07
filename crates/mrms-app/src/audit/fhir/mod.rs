//! The log as FHIR R4 (4.0.1) resources, for other health software.
//!
//! Names people and records only by their accounts and numbers on the ledger: no person's name, no
//! content, no reason of an emergency.

mod audit_event;
mod elements;
mod patient_event;
mod pattern;
mod resource;

pub use audit_event::audit_events;
pub use elements::Namespace;
pub use patient_event::patient_events;
pub use resource::AuditEvent;
