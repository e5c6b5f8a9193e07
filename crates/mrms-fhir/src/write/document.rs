//! DocumentReference: a version of a record, without its content.
//!
//! It has what the ledger and the profile know without opening anything. The hash is that of the ciphertext, which
//! [`CIPHERTEXT_HASH`](super::CIPHERTEXT_HASH) has, since FHIR's own `hash` is SHA-1 of the content.

use mrms_core::{RecordId, UnixTime, Version};
use serde_json::json;

use super::{CIPHERTEXT_HASH, Party};
use crate::kind::Kind;
use crate::resource::Resource;
use crate::time::instant;

/// SHA-256 of what is on the ledger.
#[derive(Clone, Debug)]
pub struct Hash(pub String);

/// A version of a record.
#[derive(Clone, Debug)]
pub struct Document {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
    /// Whether a later version is there.
    pub is_superseded: bool,
    /// The contract's URI, the system of the record's identifiers.
    pub contract: String,
    /// The patient; their Patient's id at the face.
    pub patient: (String, Party),
    /// Who wrote it.
    pub author: Party,
    /// When it was put on record.
    pub time: UnixTime,
    /// What the record is called, where that is known.
    pub name: Option<String>,
    /// What this version's author called it, where that is known.
    pub version_name: Option<String>,
    /// Its media type, where that is known.
    pub media_type: Option<String>,
    /// SHA-256 of what is on the ledger.
    pub hash: Hash,
}

/// The id of a version's Binary and Provenance.
#[must_use]
pub fn version_id(record: RecordId, version: Version) -> String {
    format!("{record}.{version}")
}

/// The resource.
#[must_use]
pub fn document(document: Document) -> Resource {
    let Document { record, version, contract, patient: (patient, who), author, time, .. } =
        document;
    let mut attachment = json!({
        // What a record is, is known when it was opened.
        "contentType": document.media_type.as_deref().unwrap_or("application/octet-stream"),
        "url": format!("Binary/{}", version_id(record, version)),
        "creation": instant(time),
        "extension": [{"url": CIPHERTEXT_HASH, "valueString": document.hash.0}],
    });
    if let Some(name) = &document.name {
        attachment["title"] = json!(name);
    }
    let mut value = json!({
        "masterIdentifier": {"system": contract, "value": format!("{record}/{version}")},
        "identifier": [{"system": contract, "value": record.to_string()}],
        "status": if document.is_superseded { "superseded" } else { "current" },
        "subject": who.reference(),
        "date": instant(time),
        "author": [author.reference()],
        "content": [{"attachment": attachment}],
    });
    // The title names the record, whoever wrote this version; what they called it is a description.
    if let Some(name) = document.version_name.as_ref().or(document.name.as_ref()) {
        value["description"] = json!(name);
    }
    Resource::written(
        Kind::DocumentReference,
        record.to_string(),
        version.number(),
        Some(time),
        Some(patient),
        value,
    )
}
