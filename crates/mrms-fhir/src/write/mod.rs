//! The resources that this program writes, from plain values.

mod binary;
mod capabilities;
mod consent;
mod document;
mod patient;
mod provenance;

pub use binary::binary;
pub use capabilities::{Capabilities, capabilities};
pub use consent::{
    Consent, Performer, Scope, consent, consent_id, consent_to_all_id, is_consent_to_all,
};
pub use document::{Document, Hash, document, version_id};
pub use patient::{Patient, is_log_event, is_log_event_of, log_event_id, patient, patient_id};
pub use provenance::{Provenance, provenance};

use serde_json::{Value, json};

/// FHIR's own extension for a value that is not there.
pub const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// Our extension with the rights of a grant, such as `read+amend`.
pub const RIGHTS: &str = "urn:mrms:fhir:rights";
/// Our extension with SHA-256 of what is on the ledger, in hexadecimal.
pub const CIPHERTEXT_HASH: &str = "urn:mrms:fhir:ciphertext-sha256";
/// The system of identifiers that are URIs.
const URI: &str = "urn:ietf:rfc:3986";

/// Somebody, by account, and by the name that the profile's person has for them.
#[derive(Clone, Debug)]
pub struct Party {
    /// The account's URI (CAIP-10).
    pub account: String,
    /// The id of their Patient at the face, where there is one.
    pub patient: Option<String>,
    /// A name for people.
    pub name: Option<String>,
}

impl Party {
    fn reference(&self) -> Value {
        let mut reference = json!({"identifier": {"system": URI, "value": self.account}});
        if let Some(id) = &self.patient {
            reference["reference"] = json!(format!("Patient/{id}"));
            reference["type"] = json!("Patient");
        }
        if let Some(name) = &self.name {
            reference["display"] = json!(name);
        }
        reference
    }
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [coding(system, code, display)]})
}

#[cfg(test)]
mod tests;
