//! Clinical resources out of stored FHIR documents: a Bundle, one resource, or one on each line (NDJSON).
//!
//! A resource comes out as it went in, byte for byte, but for its `id` and for references within the document, which become
//! those of the face: else no client could follow them. The document itself is to be had unchanged as a Binary.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use mrms_core::{RecordId, UnixTime, Version};
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::resource::Resource;
use crate::scan::{items, member, strings_named};

/// Most resources that are taken out of one document.
const MOST: usize = 20_000;

/// Which document it is.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: Version,
    /// The id of the record's patient at the face.
    pub patient: String,
    /// When the version was put on record.
    pub updated: Option<UnixTime>,
    /// The number of its first resource: 0, but for the further cards in a file of several.
    pub first: usize,
}

/// Why a document has no resources for the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoResources {
    /// It is no JSON.
    #[error("the document is no JSON")]
    NotJson,
    /// It is no CDA document, or breaks off.
    #[error("the document is no CDA document, or breaks off")]
    NotCda,
    /// It has more than are taken.
    #[error("the document has more than {MOST} resources")]
    TooMany,
}

/// A resource's place in its document.
struct Found {
    kind: Option<Kind>,
    place: Range<usize>,
    value: Value,
    /// By what others in the document refer to it.
    names: Vec<String>,
}

/// Why something was not taken out of a document that is no FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyNotTaken {
    /// Entries of its kind are not converted.
    NoConversion,
    /// The document has no structured entries.
    NoEntries,
    /// It is about several people.
    SeveralPeople,
    /// An entry is about somebody else than the patient.
    OtherPerson,
    /// Its author says that there is no information, instead of a statement.
    Null,
    /// It is a goal, a plan or a promise.
    Intended,
    /// It says that something is not so, for which FHIR has no place there.
    Negated,
    /// It contradicts itself, or whether it is negated can't be read.
    Unclear,
    /// It does not say what it is about.
    Unnamed,
}

/// Something of a document that was not taken out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// What it is, in words.
    pub what: String,
    /// How many of it.
    pub count: usize,
    /// Why.
    pub why: WhyNotTaken,
}

/// What a document has.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The clinical resources, as they go out.
    pub resources: Vec<Resource>,
    /// The Patients whom it names, as they stand in it.
    pub patients: Vec<Value>,
    /// How many resources it has of each type that the face does not know.
    pub others: BTreeMap<String, usize>,
    /// What was not converted of a document that is no FHIR.
    pub not_taken: Vec<NotTaken>,
}

/// The clinical resources of a document.
///
/// # Errors
///
/// [`NoResources`]. A document without clinical resources gives none.
pub fn resources(document: &str, origin: &Origin) -> Result<Vec<Resource>, NoResources> {
    Ok(contents(document, origin)?.resources)
}

/// What a document has, the Patients and the other types besides.
///
/// # Errors
///
/// [`NoResources`].
pub fn contents(document: &str, origin: &Origin) -> Result<Contents, NoResources> {
    let document = document.trim_start_matches('\u{feff}');
    let (document, whole) = match serde_json::from_str::<Value>(document) {
        Ok(whole) => (Cow::Borrowed(document), whole),
        Err(_) => {
            let bundle = bundle_of_lines(document).ok_or(NoResources::NotJson)?;
            let whole = serde_json::from_str(&bundle).map_err(|_| NoResources::NotJson)?;
            (Cow::Owned(bundle), whole)
        }
    };
    let document = document.as_ref();
    let place = 0..document.len();
    let found = match whole.get("resourceType").and_then(Value::as_str) {
        Some("Bundle") => entries(document, place),
        Some(_) => vec![Found::of(document, place, None)].into_iter().flatten().collect(),
        None => Vec::new(),
    };
    if found.len() > MOST {
        return Err(NoResources::TooMany);
    }
    let addresses = addresses(&found, origin);
    let mut contents = Contents::default();
    for (number, one) in found.into_iter().enumerate() {
        let Some(kind) = one.kind else {
            match one.is_patient() {
                true => contents.patients.push(one.value),
                false => *contents.others.entry(one.name().to_owned()).or_default() += 1,
            }
            continue;
        };
        let id = id(origin, number);
        let text = rewritten(document, &one, &id, &addresses);
        let (version, patient) = (origin.version.number(), Some(origin.patient.clone()));
        let parts = (serde_json::from_str(&text).unwrap_or(one.value), text);
        contents.resources.push(Resource::stored(
            kind,
            id,
            version,
            origin.updated,
            patient,
            parts,
        ));
    }
    Ok(contents)
}

/// Lines of resources as one bundle, each with its bytes; `None` where a line is no resource.
fn bundle_of_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_resource = |line: &&str| {
        let value = serde_json::from_str::<Value>(line).ok();
        value.is_some_and(|value| value.get("resourceType").is_some_and(Value::is_string))
    };
    if lines.len() < 2 || !lines.iter().all(is_resource) {
        return None;
    }
    let entries: Vec<_> = lines.iter().map(|line| format!(r#"{{"resource":{line}}}"#)).collect();
    Some(format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(",")))
}

/// The bundle inside the payload of a SMART Health Card, with its bytes.
#[must_use]
pub fn bundle_of_card(payload: &str) -> Option<&str> {
    serde_json::from_str::<Value>(payload).ok()?;
    let steps = ["vc", "credentialSubject", "fhirBundle"];
    let place = steps.iter().try_fold(0..payload.len(), |at, name| member(payload, at, name))?;
    payload.get(place)
}

/// The record and the version in the id of a clinical resource.
#[must_use]
pub fn origin_of(id: &str) -> Option<(RecordId, Version)> {
    let mut parts = id.split('.');
    let (record, version, number) = (parts.next()?, parts.next()?, parts.next()?);
    number.parse::<usize>().ok().filter(|_| parts.next().is_none())?;
    Some((record.parse().ok()?, version.parse().ok()?))
}

fn id(origin: &Origin, number: usize) -> String {
    format!("{}.{}.{}", origin.record, origin.version, origin.first + number)
}

fn entries(document: &str, bundle: Range<usize>) -> Vec<Found> {
    let Some(list) = member(document, bundle, "entry") else { return Vec::new() };
    let entries = items(document, list).into_iter();
    entries
        .filter_map(|entry| {
            let resource = member(document, entry.clone(), "resource")?;
            let url = member(document, entry, "fullUrl");
            let url = url.and_then(|place| serde_json::from_str(&document[place]).ok());
            Found::of(document, resource, url)
        })
        .collect()
}

impl Found {
    fn of(document: &str, place: Range<usize>, url: Option<String>) -> Option<Self> {
        let value: Value = serde_json::from_str(&document[place.clone()]).ok()?;
        let name = value.get("resourceType")?.as_str()?.to_owned();
        let relative = value.get("id").and_then(Value::as_str).map(|id| format!("{name}/{id}"));
        let names = url.into_iter().chain(relative).collect();
        Some(Self { kind: Kind::clinical(&name), place, names, value })
    }

    fn name(&self) -> &str {
        self.value.get("resourceType").and_then(Value::as_str).unwrap_or_default()
    }

    fn is_patient(&self) -> bool {
        self.name() == "Patient"
    }
}

/// What references within the document become.
fn addresses(found: &[Found], origin: &Origin) -> HashMap<String, String> {
    let is_of_one_patient = found.iter().filter(|one| one.is_patient()).count() == 1;
    let mut addresses = HashMap::new();
    for (number, one) in found.iter().enumerate() {
        let address = match one.kind {
            Some(kind) => format!("{kind}/{}", id(origin, number)),
            // A document about one patient, in that patient's record, is about that patient.
            None if one.is_patient() && is_of_one_patient => format!("Patient/{}", origin.patient),
            None => continue,
        };
        for name in &one.names {
            addresses.insert(name.clone(), address.clone());
        }
    }
    addresses
}

/// The resource's text with its id and its references of the face.
fn rewritten(document: &str, one: &Found, id: &str, addresses: &HashMap<String, String>) -> String {
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    let quoted = json!(id).to_string();
    match member(document, one.place.clone(), "id") {
        Some(place) => changes.push((place, quoted)),
        None => {
            let after_brace = one.place.start + 1;
            changes.push((after_brace..after_brace, format!("\"id\":{quoted},")));
        }
    }
    for place in strings_named(document, one.place.clone(), "reference") {
        let known = serde_json::from_str::<String>(&document[place.clone()]).ok();
        if let Some(address) = known.and_then(|reference| addresses.get(&reference)) {
            changes.push((place, json!(address).to_string()));
        }
    }
    changes.sort_by_key(|(place, _)| place.start);
    let (mut text, mut at) = (String::with_capacity(one.place.len() + 64), one.place.start);
    for (place, new) in changes {
        text.push_str(&document[at..place.start]);
        text.push_str(&new);
        at = place.end;
    }
    text.push_str(&document[at..one.place.end]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        let version = Version::FIRST;
        Origin {
            record: RecordId::new(7),
            version,
            patient: "ST1".to_owned(),
            updated: None,
            first: 0,
        }
    }

    const BUNDLE: &str = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:p", "resource": {"resourceType": "Patient", "id": "x"}},
        {"fullUrl": "urn:uuid:o", "resource": {"resourceType" : "Observation","status":"final",
            "subject":{"reference":"urn:uuid:p"}, "valueQuantity":{"value":4.10,"unit":"mmol\/l"},
            "note":[{"text":"urn:uuid:p"}]}},
        {"resource": {"resourceType": "DiagnosticReport", "id": "d", "result": [{"reference": "urn:uuid:o"}],
            "performer": [{"reference": "Organization/elsewhere"}], "id2": 1e2}},
        {"resource": {"resourceType": "Basic"}}]}"#;

    #[test]
    fn lines_of_resources_are_read_like_a_bundle_and_what_is_not_taken_is_counted() {
        let lines = "{\"resourceType\":\"Patient\",\"id\":\"p\"}\n\n\
            {\"resourceType\":\"Observation\",\"id\":\"o\",\"subject\":{\"reference\":\"Patient/p\"},\
            \"valueQuantity\":{\"value\":4.10}}\r\n{\"resourceType\":\"Coverage\"}\n";
        let found = contents(lines, &origin()).unwrap();
        assert_eq!(found.resources.len(), 1);
        let text = found.resources[0].text();
        assert!(text.contains("4.10") && text.contains("Patient/ST1"), "{text}");
        assert_eq!(found.patients[0]["id"], "p");
        assert_eq!(found.others, BTreeMap::from([("Coverage".to_owned(), 1)]));
        let broken = format!("{lines}not a resource");
        assert!(matches!(contents(&broken, &origin()), Err(NoResources::NotJson)));
    }

    #[test]
    fn bundle_of_a_card_keeps_its_bytes() {
        let payload = r#"{"iss":"x","vc":{"credentialSubject":{"fhirBundle":{"resourceType": "Bundle", "n":1.10}}}}"#;
        assert_eq!(bundle_of_card(payload), Some(r#"{"resourceType": "Bundle", "n":1.10}"#));
        assert_eq!(bundle_of_card(r#"{"vc":{}}"#), None);
        assert_eq!(bundle_of_card("no card"), None);
    }

    #[test]
    fn resources_come_out_as_they_went_in_but_for_id_and_references() {
        let found = resources(BUNDLE, &origin()).unwrap();
        let texts: Vec<_> = found.iter().map(|one| one.text().into_owned()).collect();
        assert_eq!(
            texts,
            [
                r#"{"id":"7.1.1","resourceType" : "Observation","status":"final",
            "subject":{"reference":"Patient/ST1"}, "valueQuantity":{"value":4.10,"unit":"mmol\/l"},
            "note":[{"text":"urn:uuid:p"}]}"#,
                r#"{"resourceType": "DiagnosticReport", "id": "7.1.2", "result": [{"reference": "Observation/7.1.1"}],
            "performer": [{"reference": "Organization/elsewhere"}], "id2": 1e2}"#,
            ]
        );
        assert_eq!(origin_of("7.1.2"), Some((RecordId::new(7), Version::FIRST)));
        assert_eq!(origin_of("7.0.2"), None);
        assert_eq!(origin_of("7.1.2.3"), None);
    }

    #[test]
    fn document_about_several_patients_keeps_its_references_to_them() {
        let two = BUNDLE.replace(r#"{"resourceType": "Basic"}"#, r#"{"resourceType": "Patient"}"#);
        let found = resources(&two, &origin()).unwrap();
        assert!(found[0].text().contains(r#""reference":"urn:uuid:p""#));
    }

    #[test]
    fn one_resource_is_a_document_too_and_other_json_is_none() {
        let one = resources("\u{feff}{\"resourceType\":\"Condition\"}", &origin()).unwrap();
        assert_eq!(one[0].text(), "{\"id\":\"7.1.0\",\"resourceType\":\"Condition\"}");
        assert!(resources("{\"a\":1}", &origin()).unwrap().is_empty());
        assert!(resources("[]", &origin()).unwrap().is_empty());
        assert_eq!(resources("{\"a\":", &origin()).unwrap_err(), NoResources::NotJson);
    }

    /// Without ids and references, in which alone a resource may differ from its document.
    fn bare(mut value: Value) -> Value {
        fn strip(value: &mut Value) {
            match value {
                Value::Array(items) => items.iter_mut().for_each(strip),
                Value::Object(members) => {
                    members.remove("reference");
                    members.values_mut().for_each(strip);
                }
                _ => {}
            }
        }
        if let Some(members) = value.as_object_mut() {
            members.remove("id");
        }
        strip(&mut value);
        value
    }

    /// Over documents that others made, where `MRMS_CORPUS` names a folder of them.
    #[test]
    fn documents_of_others_lose_nothing() {
        let Some(corpus) = std::env::var_os("MRMS_CORPUS") else { return };
        let folder = std::path::Path::new(&corpus).join("fhir");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let Ok(document) = std::fs::read_to_string(file.unwrap().path()) else { continue };
            let Ok(whole) = serde_json::from_str::<Value>(&document) else { continue };
            let entries = whole["entry"].as_array().cloned().unwrap_or_default();
            for resource in resources(&document, &origin()).unwrap() {
                let number: usize = resource.id.rsplit('.').next().unwrap().parse().unwrap();
                let stored = serde_json::from_str::<Value>(&resource.text()).unwrap();
                let original =
                    if entries.is_empty() { &whole } else { &entries[number]["resource"] };
                assert_eq!(bare(stored), bare(original.clone()), "{}", resource.id);
                count += 1;
            }
        }
        assert!(count > 0, "the corpus has clinical resources");
    }
}
