//! `mrms export --format`: one file for other health software, and what is not in it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Home, NOTE, text};

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","name":[{"text":"Ana Sample"}],"birthDate":"1980-02-01"}},
 {"fullUrl":"urn:uuid:o","resource":{"resourceType":"Observation","id":"x","status":"final",
  "code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"Potassium"},"subject":{"reference":"urn:uuid:p"},
  "effectiveDateTime":"2026-05-04","valueQuantity":{"value":4.10,"unit":"mmol/l"}}},
 {"resource":{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":
  "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Penicillin"},
  "patient":{"reference":"urn:uuid:p"}}},
 {"resource":{"resourceType":"Coverage","status":"active"}}]}"#;

fn entries(home: &Home, id: &str) -> usize {
    home.json("patient", &["audit", id]).ok().rows().len()
}

fn kinds(bundle: &Value) -> Vec<&str> {
    let mut kinds: Vec<_> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| text(&entry["resource"], "resourceType"))
        .collect();
    kinds.sort_unstable();
    kinds
}

/// The addresses to which anything in a value refers.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            found.extend(members.get("reference").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        _ => {}
    }
}

/// Every reference of a bundle leads to an entry of it.
#[track_caller]
fn is_closed(bundle: &Value) {
    let entries = bundle["entry"].as_array().unwrap().iter();
    let urls: Vec<_> = entries.map(|entry| text(entry, "fullUrl")).collect();
    let mut found = BTreeSet::new();
    references(bundle, &mut found);
    assert!(!found.is_empty());
    for reference in &found {
        assert!(urls.contains(&reference.as_str()), "{reference} leads nowhere");
    }
    let once: BTreeSet<_> = urls.iter().collect();
    assert_eq!(once.len(), urls.len(), "an address stands for one entry");
}

fn left_out(told: &Value) -> Vec<(&str, &str)> {
    let all = told["left_out"].as_array().unwrap().iter();
    all.map(|one| (text(one, "what"), text(one, "why"))).collect()
}

#[test]
fn own_records_leave_as_one_bundle_without_an_entry() {
    let home = Home::with(&["patient"]);
    let note = home.create("note.txt", NOTE);
    let bundle = home.create("bundle.json", BUNDLE);
    let before = (entries(&home, &note), entries(&home, &bundle));
    home.json("patient", &["export", "--all", "--format", "fhir"]).refused(2, "usage");
    let line = ["export", "--all", "--format", "fhir", "-o", "all.json"];
    let told = home.json("patient", &line).ok().object();
    assert_eq!((entries(&home, &note), entries(&home, &bundle)), before);
    assert_eq!(left_out(&told), [("Coverage", "other-type")]);
    let written = String::from_utf8(home.read("all.json")).unwrap();
    assert!(written.contains(r#""value":4.10,"#), "digits stay: {written}");
    let made: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(made["type"], "collection");
    assert_eq!(
        kinds(&made),
        [
            "AllergyIntolerance",
            "Binary",
            "Binary",
            "DocumentReference",
            "DocumentReference",
            "Observation",
            "Patient",
            "Provenance",
            "Provenance"
        ]
    );
    assert_eq!(told["resources"], 9);
    is_closed(&made);
    let attached = made["entry"].as_array().unwrap().iter().find_map(|entry| {
        let attachment = &entry["resource"]["content"][0]["attachment"];
        (attachment["title"] == "note.txt").then(|| text(attachment, "url"))
    });
    let binary = made["entry"].as_array().unwrap().iter();
    let mut binary = binary.filter(|entry| entry["fullUrl"].as_str() == attached);
    let data = text(&binary.next().unwrap()["resource"], "data");
    assert_eq!(data, "UG90YXNzaXVtIDQuMSBtbW9sL2wsIHdpdGhpbiByYW5nZS4K");
    // What is there is kept.
    home.json("patient", &line).refused(1, "file-exists");
    home.json("patient", &[&line[..], &["--force"]].concat()).ok();
}

#[test]
fn record_of_somebody_else_is_opened_with_an_entry() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("bundle.json", BUNDLE);
    home.file("own.txt", "own");
    let created = home.json("clinic", &["create", "own.txt"]).ok().object();
    let mine = text(&created, "record_id").to_owned();
    let clinic = home.principal("clinic").to_owned();
    home.json("patient", &["grant", &id, &clinic, "--for", "30d"]).ok();
    let before = entries(&home, &id);
    let made = |name: &str| -> Value { serde_json::from_slice(&home.read(name)).unwrap() };
    home.json("clinic", &["export", &id, "--format", "fhir", "-o", "theirs.json"]).ok();
    assert_eq!(entries(&home, &id), before + 1);
    is_closed(&made("theirs.json"));
    home.json("clinic", &["export", &id, "--format", "ips", "-o", "ips.json"]).ok();
    assert_eq!(entries(&home, &id), before + 2);
    assert_eq!(kinds(&made("ips.json")).iter().filter(|kind| **kind == "Patient").count(), 1);
    // A summary is about one patient.
    let both = ["export", &id, &mine, "--format", "ips", "-o", "both.json"];
    home.json("clinic", &both).refused(2, "usage");
    assert!(!home.has("both.json"));
    home.json("patient", &["revoke", &id, &clinic]).ok();
    home.json("clinic", &["export", &id, "--format", "fhir", "-o", "late.json"])
        .refused(4, "grant-revoked");
    assert!(!home.has("late.json"));
}

#[test]
fn summary_has_what_is_health_data_and_tells_what_is_not() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    home.create("bundle.json", BUNDLE);
    home.create("again.json", format!("{BUNDLE}\n"));
    let line = ["export", "--all", "--format", "ips", "-o", "ips.json"];
    let told = home.json("patient", &line).ok().object();
    let made: Value = serde_json::from_slice(&home.read("ips.json")).unwrap();
    is_closed(&made);
    assert_eq!(text(&made["entry"][0]["resource"], "resourceType"), "Composition");
    let sections: Vec<_> = told["sections"].as_array().unwrap().iter().collect();
    let sections: Vec<_> =
        sections.iter().map(|one| (text(one, "title"), one["entries"].as_u64().unwrap())).collect();
    assert_eq!(
        sections,
        [("Allergies and intolerances", 1), ("Medicines", 0), ("Problems", 0), ("Results", 1)]
    );
    let mut left = left_out(&told);
    left.sort_unstable();
    assert_eq!(
        left,
        [
            ("AllergyIntolerance", "repeated"),
            ("Coverage", "other-type"),
            ("Coverage", "other-type"),
            ("Observation", "repeated"),
            ("Text", "not-fhir")
        ]
    );
    // The same on standard output, and on paper.
    let run = home.text("patient", &["export", "--all", "--format", "ips", "-o", "-"]);
    let streamed: Value = serde_json::from_str(run.printed()).unwrap();
    assert_eq!(kinds(&streamed), kinds(&made));
    assert!(run.stderr.contains("nothing is taken out of a document of this kind"), "{run:?}");
    let line = ["export", "--all", "--format", "pdf", "-o", "summary.pdf"];
    home.json("patient", &line).ok();
    assert!(home.read("summary.pdf").starts_with(b"%PDF"));
    home.json("patient", &["export", "--all", "--all-versions", "--format", "ips", "-o", "x"])
        .refused(2, "usage");
    // A child's document among them: nobody knows whose summary it is to be.
    let child = home.create("child.json", BUNDLE.replace("1980-02-01", "2015-06-01"));
    let line = ["export", "--all", "--format", "ips", "-o", "mixed.json"];
    home.json("patient", &line).refused(1, "several-people");
    assert!(!home.has("mixed.json"));
    home.json("patient", &["export", &child, "--format", "ips", "-o", "child-ips.json"]).ok();
}

#[test]
fn another_name_of_the_patient_is_told_and_asked_about() {
    let home = Home::with(&["patient"]);
    let of = |name: &str| BUNDLE.replace("Ana Sample", name).replace("1980-02-01", "1972");
    let martha = home.create("martha.json", of("Martha DeLarosa"));
    // Nobody said yet what the patient is called, and two documents name two people.
    let max = home.create("max.json", of("Max Beispiel"));
    home.json("patient", &["export", "--all", "--format", "ips", "-o", "two.json"])
        .refused(1, "names-differ");
    home.json("patient", &["export", &max, "--format", "ips", "-o", "one.json"]).ok();
    home.json("patient", &["card", "set", "--name", "Maria Muster"]).ok();
    for format in ["pdf", "ips", "fhir"] {
        let line = ["export", &martha, "--format", format, "-o", format];
        home.json("patient", &line).refused(1, "names-differ");
        assert!(!home.has(format), "{format}");
        let agreed = home.text("patient", &[&line[..], &["--yes"]].concat());
        assert!(agreed.stderr.contains("Martha DeLarosa"), "{agreed:?}");
        assert!(agreed.stderr.contains("Maria Muster"), "{agreed:?}");
        assert!(home.has(format), "{format}");
    }
    // The same name as people see it, and a document that gives none.
    let maria = home.create("maria.json", of("MUSTER, María Ana"));
    let nobody = home.create("nobody.json", of("").replace(r#""name":[{"text":""}],"#, ""));
    let line = ["export", &maria, &nobody, "--format", "ips", "-o", "same.json"];
    home.json("patient", &line).ok();
}

#[test]
fn clinical_document_leaves_as_fhir_and_says_what_of_it_does_not() {
    let home = Home::with(&["patient"]);
    let sample = include_bytes!("../../../mrms-app/src/records/health_data/ccda-sample.xml");
    let id = home.create("summary.xml", sample);
    let line = ["export", &id, "--format", "fhir", "-o", "out.json"];
    let told = home.json("patient", &line).ok().object();
    let reasons =
        [("entry of “Medicines”", "no-conversion"), ("entry of “Procedures”", "no-conversion")];
    assert_eq!(left_out(&told), reasons);
    let made: Value = serde_json::from_slice(&home.read("out.json")).unwrap();
    is_closed(&made);
    let kinds = kinds(&made);
    for kind in
        ["AllergyIntolerance", "Composition", "Condition", "MedicationStatement", "Procedure"]
    {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let line = ["export", &id, "--format", "ips", "-o", "ips.json"];
    let told = home.json("patient", &line).ok().object();
    let allergies = &told["sections"][0];
    assert_eq!(
        (text(allergies, "title"), &allergies["entries"]),
        ("Allergies and intolerances", &2.into())
    );
    assert!(
        left_out(&told).contains(&("AllergyIntolerance", "mistaken")),
        "what is refuted: {told}"
    );
    let summary = String::from_utf8(home.read("ips.json")).unwrap();
    assert!(
        summary.contains("No known allergy") && summary.contains("\"value\":4.10"),
        "{summary}"
    );

    // One that breaks off is told, and nothing of it is taken.
    home.file("half.xml", &sample[..sample.len() / 2]);
    let half = home.json("patient", &["create", "half.xml"]).ok().object();
    let line = ["export", text(&half, "record_id"), "--format", "fhir", "-o", "half.json"];
    let told = home.json("patient", &line).ok().object();
    assert_eq!(left_out(&told), [("document", "not-read")]);
}

#[test]
fn what_is_only_meant_or_not_so_is_called_that_in_the_summary_and_on_the_screen() {
    let home = Home::with(&["patient"]);
    let refuted =
        r#""verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"Penicillin"}"#;
    let planned = r#"{"resource":{"resourceType":"MedicationRequest","status":"active","intent":"plan",
        "medicationCodeableConcept":{"text":"Aspirin"},"subject":{"reference":"urn:uuid:p"}}},
        {"resource":{"resourceType":"Coverage""#;
    let bundle = BUNDLE
        .replace(r#""code":{"text":"Penicillin"}"#, refuted)
        .replace(r#"{"resource":{"resourceType":"Coverage""#, planned);
    home.create("bundle.json", bundle);
    let line = ["export", "--all", "--format", "ips", "-o", "ips.json"];
    let said = home.text("patient", &line).ok();
    let said = said.printed();
    assert!(
        said.contains("Allergies and intolerances: 1 entry that says that something is not so"),
        "{said}"
    );
    assert!(said.contains("Problems: no information") && said.contains("Medicines: 1"), "{said}");
    let told = home.json("patient", &[&line[..], &["--force"]].concat()).ok().object();
    let counts = |section: &Value| (section["entries"].clone(), section["refuted"].clone());
    let counts: Vec<_> = told["sections"].as_array().unwrap().iter().take(3).map(counts).collect();
    assert_eq!(counts, [(0.into(), 1.into()), (1.into(), 0.into()), (0.into(), 0.into())]);
    // The document itself, and the summary that was made of it, as the viewer shows both.
    home.create("summary.json", home.read("ips.json"));
    for number in ["1", "2"] {
        let shown = home.text("patient", &["view", number]).ok();
        let shown = shown.printed();
        let aspirin = shown.lines().find(|line| line.contains("Aspirin")).unwrap();
        assert!(aspirin.contains("planned") && !shown.contains("active"), "{shown}");
    }
    let shown = home.text("patient", &["view", "1"]).ok();
    let (facts, not_so) = shown.printed().split_once("Not so: refuted").unwrap();
    assert!(!facts.contains("Penicillin") && not_so.contains("Penicillin"), "{shown:?}");
}
