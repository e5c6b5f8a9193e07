//! Patient: an account whose records the profile has or was given.

use serde_json::json;

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
