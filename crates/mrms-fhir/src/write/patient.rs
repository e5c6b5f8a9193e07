//! Patient: an account whose records the profile has or was given.

use mrms_core::Principal;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Party, URI};
use crate::kind::Kind;
use crate::resource::Resource;

/// A patient.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The id at the face.
    pub id: String,
    /// Who it is. The name is their card's, or this person's own for them.
    pub who: Party,
}

/// The resource.
#[must_use]
pub fn patient(patient: Patient) -> Resource {
    let Patient { id, who } = patient;
    let mut value = json!({"identifier": [{"use": "usual", "system": URI, "value": who.account}]});
    if let Some(name) = &who.name {
        value["name"] = json!([{"use": "usual", "text": name}]);
    }
    Resource::written(Kind::Patient, id.clone(), 1, None, Some(id), value)
}

/// The id of an account's Patient: the account, or of one that is too long for an id, its hash.
#[must_use]
pub fn patient_id(account: &Principal) -> String {
    let text = account.to_string();
    let fits = text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    if fits { text } else { format!("h-{}", &hex::encode(Sha256::digest(text.as_bytes()))[..40]) }
}

/// The id of an event of a patient's own log. `patient` is the id of the Patient of the first account of their line, `place` the
/// entry's, or what tells a refusal from every other one: 24 characters at most.
#[must_use]
pub fn log_event_id(patient: &str, place: &str) -> String {
    beside(patient, OWN_LOG, place)
}

/// Whether an id is one of these.
#[must_use]
pub fn is_log_event(id: &str) -> bool {
    id.contains(OWN_LOG)
}

/// Whether it is one of this patient's.
#[must_use]
pub fn is_log_event_of(id: &str, patient: &str) -> bool {
    id.split_once(OWN_LOG).is_some_and(|(of, _)| of == patient || of == short(patient))
}

/// Between patient and place: no account and no record has it.
const OWN_LOG: &str = ".-log.";

/// Characters of an id at most.
const LONGEST_ID: usize = 64;

/// The id of something of a patient as a whole. A Patient's id that is too long for it stands there by its hash.
pub(super) fn beside(patient: &str, between: &str, place: &str) -> String {
    match format!("{patient}{between}{place}") {
        id if id.len() <= LONGEST_ID => id,
        _ => format!("{}{between}{place}", short(patient)),
    }
}

fn short(patient: &str) -> String {
    format!("h-{}", &hex::encode(Sha256::digest(patient))[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_patients_are_of_the_form_that_fhir_allows() {
        let account: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        assert_eq!(patient_id(&account), account.to_string());
        let long = format!("ST000000000000000000002AMW42H.{}", "a".repeat(40));
        let id = patient_id(&long.parse().unwrap());
        assert!(id.len() <= 64 && id.starts_with("h-"), "{id}");
        let short = log_event_id(&account.to_string(), "7");
        assert_eq!(short, format!("{account}.-log.7"));
        let refusal = log_event_id(&id, &"f".repeat(24));
        assert!(refusal.len() == 64 && is_log_event(&refusal) && is_log_event(&short), "{refusal}");
        assert!(is_log_event_of(&refusal, &id) && is_log_event_of(&short, &account.to_string()));
        assert!(!is_log_event_of(&refusal, &account.to_string()) && !is_log_event("1.2"));
    }
}
