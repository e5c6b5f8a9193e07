//! Whom stored documents are about, and the Patient of a summary.
//!
//! A document that names one Patient, or refers to one, is about that person, and in a patient's record that is the patient. Of
//! documents that name different days of birth nobody knows which one is right, so they make no summary.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{RecordId, Version};
use serde_json::{Value, json};

use super::NoSummary;
use crate::export::names::names_of;
use crate::stored::Contents;
use crate::write::{ABSENT, Party};

/// What the documents say of their patient.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) birth_date: Option<String>,
    gender: Option<String>,
    /// As the newest document has it.
    name: Option<Value>,
}

/// Of whom a document is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the record's patient; references to this address, where there is one, mean them.
    Patients(Option<String>),
    /// Of several people.
    Several,
}

/// The address to which a resource refers as its patient.
pub(super) fn subject(value: &Value) -> Option<&str> {
    let named = |field: &str| value.get(field)?.get("reference")?.as_str();
    named("subject").or_else(|| named("patient"))
}

/// Of whom a document is; `patient` is the address of the record's patient.
pub(super) fn whose(contents: &Contents, patient: &str) -> Whose {
    match contents.patients.len() {
        1 => return Whose::Patients(None),
        0 => {}
        _ => return Whose::Several,
    }
    let named: BTreeSet<&str> = contents
        .resources
        .iter()
        .filter_map(|one| subject(one.value()))
        .filter(|address| *address != patient)
        .collect();
    match named.len() {
        0 | 1 => Whose::Patients(named.first().map(|address| (*address).to_owned())),
        _ => Whose::Several,
    }
}

impl Named {
    /// What these documents say, the newest first.
    pub(super) fn of(documents: &[(RecordId, Version, Contents)]) -> Result<Self, NoSummary> {
        let (mut named, mut births) = (Self::default(), BTreeMap::<String, RecordId>::new());
        let mut genders = BTreeSet::new();
        for (record, _, contents) in documents {
            let [one] = contents.patients.as_slice() else { continue };
            let text = |field: &str| one.get(field).and_then(Value::as_str);
            if let Some(birth) = text("birthDate") {
                births.entry(birth.to_owned()).or_insert(*record);
            }
            genders.extend(text("gender"));
            if named.name.is_none() {
                let names = one
                    .get("name")
                    .filter(|names| names.as_array().is_some_and(|all| !all.is_empty()));
                named.name = names.cloned();
            }
        }
        // A day, and the month or year in which it lies, say the same.
        let whole = births.keys().max_by_key(|birth| birth.len()).cloned();
        if let Some(whole) = &whole
            && births.keys().any(|birth| !whole.starts_with(birth.as_str()))
        {
            let births = births.iter().map(|(birth, record)| format!("{birth} (record {record})"));
            return Err(NoSummary::SeveralPeople { births: births.collect() });
        }
        named.birth_date = whole;
        // Where documents differ, none is taken.
        named.gender = match genders.len() {
            1 => genders.first().map(|gender| (*gender).to_owned()),
            _ => None,
        };
        Ok(named)
    }

    /// The patient's name as people say it.
    pub(super) fn said(&self) -> Option<String> {
        names_of(&json!({"name": self.name.as_ref()?})).into_iter().next()
    }
}

/// The Patient of a summary.
pub(super) fn patient(id: &str, who: &Party, named: &Named) -> String {
    let unknown = || json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]});
    let mut patient = json!({
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"use": "usual", "system": "urn:ietf:rfc:3986", "value": who.account}],
    });
    // Documents have a name in its parts; the one that the person uses here is a text.
    patient["name"] = match (&named.name, &who.name) {
        (Some(names), _) => names.clone(),
        (None, Some(name)) => json!([{"use": "usual", "text": name}]),
        (None, None) => json!([unknown()]),
    };
    if let Some(gender) = &named.gender {
        patient["gender"] = json!(gender);
    }
    match &named.birth_date {
        Some(birth) => patient["birthDate"] = json!(birth),
        None => patient["_birthDate"] = unknown(),
    }
    patient.to_string()
}
