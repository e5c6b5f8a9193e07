//! The FHIR elements that the resources use.

use mrms_core::{Principal, RecordId};
use serde::Serialize;

pub use crate::namespace::Namespace;

/// The system of identifiers that are URIs (RFC 3986).
const URI: &str = "urn:ietf:rfc:3986";

/// A code of a code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Coding {
    pub(super) system: &'static str,
    pub(super) code: &'static str,
    pub(super) display: &'static str,
}

impl Coding {
    pub(super) const fn new(
        system: &'static str,
        code: &'static str,
        display: &'static str,
    ) -> Self {
        Self { system, code, display }
    }
}

/// A concept, always with one code here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct CodeableConcept {
    coding: [Coding; 1],
}

impl From<Coding> for CodeableConcept {
    fn from(coding: Coding) -> Self {
        Self { coding: [coding] }
    }
}

/// A name within a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Identifier {
    system: String,
    pub(super) value: String,
}

/// A reference by name, not by URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Reference {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<&'static str>,
}

impl Reference {
    /// The same, to a resource of this type.
    pub(super) fn to(self, kind: &'static str) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// A reference to somebody or something unknown.
    pub(super) fn unknown(display: &'static str) -> Self {
        Self { kind: None, identifier: None, display: Some(display) }
    }
}

impl Namespace<'_> {
    /// An account; a person, an organisation or a program may own it.
    pub(super) fn account(&self, account: &Principal) -> Reference {
        named(URI, self.uri(account))
    }

    /// The contract itself.
    pub(super) fn service(&self) -> Reference {
        named(URI, self.uri(self.contract))
    }

    /// A record, or one of its versions: `ID` or `ID/VERSION` in the contract's namespace.
    pub(super) fn record(&self, record: RecordId, version: Option<u64>) -> Reference {
        let value = match version {
            Some(version) => format!("{record}/{version}"),
            None => record.to_string(),
        };
        named(&self.uri(self.contract), value).to("DocumentReference")
    }

    /// A patient's consent for a user on a record: `ID/USER` in the contract's namespace.
    pub(super) fn consent(&self, record: RecordId, user: &Principal) -> Reference {
        named(&self.uri(self.contract), format!("{record}/{user}")).to("Consent")
    }

    /// A patient's consent for a user on all records: `PATIENT/USER` in the contract's namespace.
    pub(super) fn consent_to_all(&self, patient: &Principal, user: &Principal) -> Reference {
        named(&self.uri(self.contract), format!("{patient}/{user}")).to("Consent")
    }
}

fn named(system: &str, value: String) -> Reference {
    let identifier = Some(Identifier { system: system.to_owned(), value });
    Reference { kind: None, identifier, display: None }
}
