use mrms_core::{RecordId, Rights, UnixTime, Version};
use serde_json::Value;

use super::*;

fn party(account: &str, patient: Option<&str>) -> Party {
    Party {
        account: format!("stacks:1:{account}"),
        patient: patient.map(str::to_owned),
        name: None,
    }
}

fn granted(rights: Option<Rights>, end: Option<u64>) -> Value {
    let written = consent(Consent {
        scope: Scope::Record(RecordId::new(u128::MAX)),
        place: 3,
        version: 2,
        time: UnixTime::from_seconds(1_777_883_400),
        contract: "stacks:1:ST1.records".to_owned(),
        entry: 9,
        patient: ("ST1".to_owned(), party("ST1", Some("ST1"))),
        performer: Performer::Patient(party("ST1", Some("ST1"))),
        reader: party("ST2", None),
        rights,
        end: end.map(UnixTime::from_seconds),
        is_live: rights.is_some(),
    });
    written.value().clone()
}

#[test]
fn consent_has_the_shape_that_the_profile_asks_for() {
    let value = granted(Some(Rights::READ.with(Rights::AMEND)), Some(1_780_272_000));
    for required in [
        "status",
        "scope",
        "category",
        "patient",
        "dateTime",
        "performer",
        "organization",
        "sourceReference",
    ] {
        assert!(!value[required].is_null(), "{required}");
    }
    assert_eq!(value["policy"][0]["uri"], "urn:mrms:policy:grant");
    assert_eq!(value["provision"]["type"], "permit");
    assert_eq!(value["provision"]["period"]["end"], "2026-06-01T00:00:00Z");
    assert_eq!(value["provision"]["extension"][0]["valueCode"], "read+amend");
    assert_eq!(value["provision"].get("action"), None, "the profile allows none");
    assert!(value["id"].as_str().unwrap().len() <= 64);
}

#[test]
fn consent_to_all_records_names_none_and_is_found_by_its_patient() {
    let long = "a".repeat(64);
    for patient in ["ST1", "ST1.records", &long] {
        let id = consent_to_all_id(patient, u64::from(u32::MAX));
        assert!(id.len() <= 64 && is_consent_to_all(&id), "{id}");
        assert_ne!(id, consent_to_all_id(patient, 1));
    }
    assert_eq!(consent_to_all_id("ST1", 3), "ST1.-all.3");
    assert_ne!(consent_to_all_id(&long, 1), consent_to_all_id(&"b".repeat(64), 1));
    assert!(!is_consent_to_all(&consent_id(RecordId::new(7), 3)));
    let written = consent(Consent {
        scope: Scope::AllRecords,
        place: 3,
        version: 2,
        time: UnixTime::from_seconds(1_777_883_400),
        contract: "stacks:1:ST1.records".to_owned(),
        entry: 9,
        patient: ("ST1".to_owned(), party("ST1", Some("ST1"))),
        performer: Performer::Delegate(party("ST3", None)),
        reader: party("ST2", None),
        rights: Some(Rights::READ),
        end: None,
        is_live: true,
    });
    let value = written.value();
    assert_eq!((&value["id"], value["provision"].get("data")), (&"ST1.-all.3".into(), None));
    assert_eq!(value["sourceReference"]["identifier"]["value"], "ST1/log/9");
    assert_eq!(value["performer"][0]["type"], "RelatedPerson");
}

#[test]
fn what_is_written_can_be_sent_back() {
    use crate::asked_consent::{AskedConsent, End, read};
    let asked =
        read(&granted(Some(Rights::READ), None), UnixTime::from_seconds(4_000_000_000)).unwrap();
    let AskedConsent::Permit { record, reader, end, rights } = asked else { panic!("it grants") };
    assert_eq!((record, reader.as_str()), (RecordId::new(u128::MAX), "stacks:1:ST2"));
    assert_eq!((end, rights.as_deref()), (End::Open, Some("read")));
    assert_eq!(
        read(&granted(None, None), UnixTime::from_seconds(4_000_000_000)),
        Ok(AskedConsent::End)
    );
}

#[test]
fn binary_is_json_with_its_content() {
    let text = binary(RecordId::new(7), Version::FIRST, "text/plain", b"4.1 mmol/l");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["id"], "7.1");
    assert_eq!(value["data"], "NC4xIG1tb2wvbA==");
    assert_eq!(value["securityContext"]["reference"], "DocumentReference/7");
}

#[test]
fn statement_names_each_type_once() {
    let since = UnixTime::from_seconds(0);
    let value =
        capabilities(&Capabilities { base: "http://127.0.0.1:1/fhir", version: "1", since });
    let resources = value["rest"][0]["resource"].as_array().unwrap();
    let mut names: Vec<_> = resources.iter().map(|one| one["type"].as_str().unwrap()).collect();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.contains(&"Consent") && names.contains(&"Observation"));
    let not_done = value["rest"][0]["documentation"].as_str().unwrap();
    assert!(not_done.contains("batches") && not_done.contains("Emergencies"), "{not_done}");
}
