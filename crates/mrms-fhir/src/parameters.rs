//! The search parameters of each type, and where in a resource their values lie.
//!
//! Names are those of R4. A clinical type's `patient` is whose record it came out of, since the document's own reference
//! may lead nowhere; its `date` is when it happened, or else was recorded.

use serde_json::Value;

use crate::kind::Kind;

/// How the values of a parameter are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A code, a coding, a concept, an identifier.
    Token,
    /// A date, an instant, a period.
    Date,
    /// A reference to another resource.
    Reference,
    /// A reference to a patient.
    Patient,
    /// The patient whose record it is.
    Owner,
    /// The beginning of a text.
    Text,
    /// When this version came to be.
    Updated,
    /// The id.
    Id,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) how: How,
    /// Places of its values; the first that has any counts for a date.
    pub(crate) paths: &'static [&'static str],
}

const fn parameter(name: &'static str, how: How, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, how, paths }
}

const OF_ALL: [Parameter; 2] =
    [parameter("_id", How::Id, &[]), parameter("_lastUpdated", How::Updated, &[])];

const PATIENT: [Parameter; 2] = [
    parameter("identifier", How::Token, &["identifier"]),
    parameter("name", How::Text, &["name.text"]),
];

const DOCUMENT_REFERENCE: [Parameter; 8] = [
    parameter("patient", How::Patient, &["subject"]),
    parameter("subject", How::Reference, &["subject"]),
    parameter("identifier", How::Token, &["masterIdentifier", "identifier"]),
    parameter("status", How::Token, &["status"]),
    parameter("type", How::Token, &["type"]),
    parameter("category", How::Token, &["category"]),
    parameter("contenttype", How::Token, &["content.attachment.contentType"]),
    parameter("date", How::Date, &["date"]),
];

const CONSENT: [Parameter; 7] = [
    parameter("patient", How::Patient, &["patient"]),
    parameter("actor", How::Reference, &["provision.actor.reference"]),
    parameter("data", How::Reference, &["provision.data.reference"]),
    parameter("status", How::Token, &["status"]),
    parameter("period", How::Date, &["provision.period"]),
    parameter("date", How::Date, &["dateTime"]),
    parameter("category", How::Token, &["category"]),
];

const AUDIT_EVENT: [Parameter; 8] = [
    parameter("patient", How::Patient, &["agent.who", "entity.what"]),
    parameter("agent", How::Reference, &["agent.who"]),
    parameter("entity", How::Reference, &["entity.what"]),
    parameter("date", How::Date, &["recorded"]),
    parameter("action", How::Token, &["action"]),
    parameter("outcome", How::Token, &["outcome"]),
    parameter("type", How::Token, &["type"]),
    parameter("subtype", How::Token, &["subtype"]),
];

const PROVENANCE: [Parameter; 3] = [
    parameter("target", How::Reference, &["target"]),
    parameter("agent", How::Reference, &["agent.who"]),
    parameter("recorded", How::Date, &["recorded"]),
];

const CLINICAL: [Parameter; 8] = [
    parameter("patient", How::Owner, &[]),
    parameter("subject", How::Owner, &[]),
    parameter("code", How::Token, &["code", "medicationCodeableConcept", "vaccineCode"]),
    parameter("category", How::Token, &["category"]),
    parameter("status", How::Token, &["status"]),
    parameter("clinical-status", How::Token, &["clinicalStatus"]),
    parameter("identifier", How::Token, &["identifier"]),
    parameter(
        "date",
        How::Date,
        &[
            "effectiveDateTime",
            "effectivePeriod",
            "effectiveInstant",
            "performedDateTime",
            "performedPeriod",
            "occurrenceDateTime",
            "onsetDateTime",
            "onsetPeriod",
            "period",
            "started",
            "authoredOn",
            "authored",
            "recordedDate",
            "date",
            "created",
            "issued",
            "startDate",
            "whenHandedOver",
        ],
    ),
];

const NONE: [Parameter; 0] = [];

/// The parameters of a type.
pub(crate) fn of(kind: Kind) -> impl Iterator<Item = &'static Parameter> {
    let own: &'static [Parameter] = match kind {
        Kind::Patient => &PATIENT,
        Kind::DocumentReference => &DOCUMENT_REFERENCE,
        Kind::Binary => &NONE,
        Kind::Consent => &CONSENT,
        Kind::AuditEvent => &AUDIT_EVENT,
        Kind::Provenance => &PROVENANCE,
        Kind::Clinical(_) => &CLINICAL,
    };
    OF_ALL.iter().chain(own)
}

impl How {
    /// R4's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token | Self::Id => "token",
            Self::Date | Self::Updated => "date",
            Self::Reference | Self::Patient | Self::Owner => "reference",
            Self::Text => "string",
        }
    }
}

/// The values at a path, through all arrays.
pub(crate) fn values_at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for name in path.split('.') {
        let members = found.iter().filter_map(|value| value.get(name));
        found = members
            .flat_map(|member| match member {
                Value::Array(items) => items.iter().collect(),
                one => vec![one],
            })
            .collect();
    }
    found
}
