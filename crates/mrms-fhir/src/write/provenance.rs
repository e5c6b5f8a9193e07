//! Provenance: who wrote a version, and when it was put on record.

use mrms_core::{RecordId, UnixTime, Version};
use serde_json::json;

use super::document::{Hash, version_id};
use super::{CIPHERTEXT_HASH, Party, concept};
use crate::kind::Kind;
use crate::resource::Resource;
use crate::time::instant;

/// Where a version comes from.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
    /// The id of the record's patient at the face.
    pub patient: String,
    /// Who wrote it.
    pub author: Party,
    /// When it was put on record.
    pub time: UnixTime,
    /// SHA-256 of what is on the ledger.
    pub hash: Hash,
}

/// The resource.
#[must_use]
pub fn provenance(provenance: Provenance) -> Resource {
    let Provenance { record, version, patient, author, time, hash } = provenance;
    let (code, display) = match version {
        Version::FIRST => ("CREATE", "create"),
        _ => ("UPDATE", "revise"),
    };
    let target = json!({
        "reference": format!("DocumentReference/{record}/_history/{version}"),
        "extension": [{"url": CIPHERTEXT_HASH, "valueString": hash.0}],
    });
    let value = json!({
        "target": [target],
        "recorded": instant(time),
        "activity": concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", code, display),
        "agent": [{
            "type": concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", "Author"),
            "who": author.reference(),
        }],
    });
    let id = version_id(record, version);
    Resource::written(Kind::Provenance, id, 1, Some(time), Some(patient), value)
}
