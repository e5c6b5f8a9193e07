//! A reader says what a record is opened for, and the patient alone reads it.

use serde_json::Value;

use crate::support::{Home, NOTE};

fn openings(home: &Home, name: &str, id: &str) -> Vec<Value> {
    let reconciled = home.json(name, &["audit", id, "--reconcile"]).ok().object();
    reconciled["openings"].as_array().unwrap().clone()
}

/// The last field of each line of the log about an opening, as CSV.
fn csv(home: &Home, id: &str) -> Vec<String> {
    let printed = home.text("patient", &["audit", id, "--csv"]).ok().printed().to_owned();
    let is_opening = |line: &&str| line.contains(",access,") || line.contains(",emergency-read,");
    let last = |line: &str| line.rsplit(',').next().unwrap().to_owned();
    printed.lines().filter(is_opening).map(last).collect()
}

fn fhir(home: &Home, id: &str) -> Vec<Value> {
    let events = home.text("patient", &["audit", id, "--fhir"]).ok().rows();
    let codes = |event: &Value| {
        let codes = event["purposeOfEvent"].as_array().cloned().unwrap_or_default();
        codes.iter().map(|one| one["coding"][0].clone()).collect::<Vec<_>>()
    };
    events.iter().flat_map(codes).collect()
}

#[test]
fn patient_reads_what_an_opening_was_for_and_nobody_else_does() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.grant(&id, "other", &[]);
    home.json("clinic", &["access", &id, "-o", "out", "--purpose", "treatment"]).ok();
    home.assert_opens("clinic", &id, NOTE);
    assert_eq!(csv(&home, &id), ["", ""], "nothing of it is on the ledger");
    let read = openings(&home, "patient", &id);
    assert_eq!((&read[0]["purpose"], &read[1]["purpose"]), (&"TREAT".into(), &Value::Null));
    assert!(read[0]["reason"].is_null());
    assert!(openings(&home, "other", &id).iter().all(|one| one["purpose"].is_null()));
    assert!(openings(&home, "clinic", &id).iter().all(|one| one["purpose"].is_null()));
    let text = home.text("patient", &["audit", &id, "--reconcile"]).ok();
    assert!(text.printed().contains("for treatment (TREAT)"), "{text:?}");
    assert!(!text.printed().contains("reason given"), "{text:?}");
    assert_eq!(csv(&home, &id), ["TREAT", ""]);
    let who = home.text("patient", &["who"]).ok();
    assert_eq!(who.printed().matches(", for treatment").count(), 1, "{who:?}");
    let looks = home.json("patient", &["who"]).ok().rows();
    assert_eq!((&looks[0]["purpose"], &looks[1]["purpose"]), (&"TREAT".into(), &Value::Null));
    let codes = fhir(&home, &id);
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0]["system"], "http://terminology.hl7.org/CodeSystem/v3-ActReason");
    assert_eq!((&codes[0]["code"], &codes[0]["display"]), (&"TREAT".into(), &"treatment".into()));
    let wrong = home.json("clinic", &["access", &id, "-o", "x", "--purpose", "fun"]);
    let told = wrong.refused(2, "usage")["message"].as_str().unwrap().to_owned();
    assert!(told.contains("treatment (TREAT)"), "{told}");
    assert!(!home.has("x"));
}

#[test]
fn emergency_is_for_emergency_treatment_and_keeps_its_reason() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--emergency"]);
    let declare = ["access", &id, "-o", "out", "--yes", "--emergency", "unconscious"];
    home.json("clinic", &declare).ok();
    // While it lasts, the reason goes with every release, whatever else is said.
    home.json("clinic", &["access", &id, "-o", "again", "--purpose", "HRESCH"]).ok();
    let read = openings(&home, "patient", &id);
    for one in &read {
        assert_eq!((&one["purpose"], &one["reason"]), (&"ETREAT".into(), &"unconscious".into()));
    }
    assert_eq!((read.len(), csv(&home, &id)), (2, vec!["ETREAT".to_owned(); 2]));
    let codes: Vec<_> = fhir(&home, &id).iter().map(|one| one["code"].clone()).collect();
    assert_eq!(codes, ["BTG", "ETREAT"].repeat(3));
}

#[test]
fn direct_key_tells_nobody_what_it_was_opened_for_and_says_so() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant_directly(&id, "clinic", &[]);
    let opened = home.json("clinic", &["access", &id, "-o", "out", "--purpose", "TREAT"]).ok();
    assert!(opened.stderr.contains("nobody is told what it was for"), "{opened:?}");
    assert!(openings(&home, "patient", &id)[0]["purpose"].is_null());
}
