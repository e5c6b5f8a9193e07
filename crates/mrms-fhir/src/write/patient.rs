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
    }
}
