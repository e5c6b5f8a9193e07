//! Consent: a grant on a record, or on all of a patient's, after IHE's Privacy Consent on FHIR (PCF 1.1, intermediate consent).
//!
//! Source: <https://profiles.ihe.net/ITI/PCF/>. PCF allows no `provision.action`; what a grant allows beyond reading
//! stands in an extension.

use mrms_core::{RecordId, Rights, UnixTime};
use serde_json::{Value, json};

use super::patient::beside;
use super::{ABSENT, Party, RIGHTS, concept};
use crate::kind::Kind;
use crate::resource::Resource;
use crate::time::instant;

const PROFILE: &str =
    "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate";
/// What the contract enforces, as a name.
const POLICY: &str = "urn:mrms:policy:grant";

/// What a Consent opens, and in whose log it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One record.
    Record(RecordId),
    /// All records of the patient, later ones too.
    AllRecords,
}

/// One act of granting or ending, and what it left.
#[derive(Clone, Debug)]
pub struct Consent {
    /// What it opens.
    pub scope: Scope,
    /// The reader's place among those who were ever granted it, from 0.
    pub place: u64,
    /// Which act of the log on this reader it is, from 1.
    pub version: u64,
    /// When.
    pub time: UnixTime,
    /// The contract's URI.
    pub contract: String,
    /// The entry in the record's log, or in the patient's.
    pub entry: u64,
    /// The patient; their Patient's id at the face.
    pub patient: (String, Party),
    /// Who did it.
    pub performer: Performer,
    /// Who may open the record.
    pub reader: Party,
    /// What they may do; `None` where it was ended.
    pub rights: Option<Rights>,
    /// When it ends by itself.
    pub end: Option<UnixTime>,
    /// Whether it is in force now.
    pub is_live: bool,
}

/// Who gave or ended a Consent.
#[derive(Clone, Debug)]
pub enum Performer {
    /// Whose record it is, or was then.
    Patient(Party),
    /// Somebody who acted for them, under their own name.
    Delegate(Party),
}

impl Performer {
    /// Whoever acts for a patient is a person related to them; what they are otherwise, the ledger does not know.
    fn reference(self) -> Value {
        match self {
            Self::Patient(party) => party.reference(),
            Self::Delegate(party) => {
                let mut reference = Party { patient: None, ..party }.reference();
                reference["type"] = json!("RelatedPerson");
                reference
            }
        }
    }
}

/// The id of a grant's Consent.
#[must_use]
pub fn consent_id(record: RecordId, place: u64) -> String {
    format!("{record}.{place}")
}

/// The id of the Consent of a grant on all records. `patient` is the id of their Patient; one that is too long for another
/// id stands there by its hash.
#[must_use]
pub fn consent_to_all_id(patient: &str, place: u64) -> String {
    beside(patient, TO_ALL, &place.to_string())
}

/// Whether an id is one of these.
#[must_use]
pub fn is_consent_to_all(id: &str) -> bool {
    id.contains(TO_ALL)
}

/// Between patient and place: no account and no record has it.
const TO_ALL: &str = ".-all.";

/// The resource.
#[must_use]
pub fn consent(consent: Consent) -> Resource {
    let Consent { scope, place, version, time, contract, entry, rights, .. } = consent;
    let (patient, who) = consent.patient;
    let mut period = json!({"start": instant(time)});
    match (consent.end, rights) {
        (Some(end), _) => period["end"] = json!(instant(end)),
        // It ended when this act was done.
        (None, None) => period["end"] = json!(instant(time)),
        (None, Some(_)) => period["_end"] = not_applicable(),
    }
    let mut provision = json!({
        "type": "permit",
        "period": period,
        "actor": [{
            "role": concept(
                "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "IRCP",
                "information recipient",
            ),
            "reference": consent.reader.reference(),
        }],
    });
    let (id, log, display) = match scope {
        Scope::Record(record) => {
            provision["data"] = json!([{
                "meaning": "instance",
                "reference": {"reference": format!("DocumentReference/{record}")},
            }]);
            let log = format!("{record}/log/{entry}");
            (consent_id(record, place), log, format!("entry {entry} of the record's log"))
        }
        // Without data it is about everything.
        Scope::AllRecords => {
            let log = format!("{patient}/log/{entry}");
            (consent_to_all_id(&patient, place), log, format!("entry {entry} of the patient's log"))
        }
    };
    if let Some(rights) = rights {
        provision["extension"] = json!([{"url": RIGHTS, "valueCode": rights.to_string()}]);
    }
    let value = json!({
        "meta": {"profile": [PROFILE]},
        "status": if consent.is_live { "active" } else { "inactive" },
        "scope": concept(
            "http://terminology.hl7.org/CodeSystem/consentscope",
            "patient-privacy",
            "Privacy Consent",
        ),
        "category": [concept("http://loinc.org", "59284-0", "Patient Consent")],
        "patient": who.reference(),
        "dateTime": instant(time),
        "performer": [consent.performer.reference()],
        // The contract is what enforces it.
        "organization": [{
            "identifier": {"system": super::URI, "value": contract},
            "display": "the records contract",
        }],
        "sourceReference": {
            "type": "Contract",
            "identifier": {"system": contract, "value": log},
            "display": display,
        },
        "policy": [{"uri": POLICY}],
        "provision": provision,
    });
    Resource::written(Kind::Consent, id, version, Some(time), Some(patient), value)
}

fn not_applicable() -> Value {
    json!({"extension": [{"url": ABSENT, "valueCode": "not-applicable"}]})
}
