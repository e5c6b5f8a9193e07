//! What a record is called: as its patient called it, whoever else adds to it.

use serde_json::Value;

use crate::support::{Home, NOTE, text};

fn names(home: &Home, who: &str, line: &[&str]) -> Vec<Value> {
    home.json(who, line).ok().rows().iter().map(|row| row["name"].clone()).collect()
}

/// A patient with a record that is called “Blood test”, a clinic that may amend it, and somebody else who may read it.
fn home() -> (Home, String) {
    let home = Home::with(&["patient", "clinic", "other"]);
    home.file("a.txt", NOTE);
    home.json("patient", &["create", "a.txt", "--label", "Blood test"]).ok();
    let id = text(&home.json("patient", &["list"]).ok().object(), "record_id").to_owned();
    home.grant(&id, "clinic", &["--amend"]);
    home.grant(&id, "other", &[]);
    home.file("b.txt", "the second version");
    (home, id)
}

#[test]
fn others_who_add_a_version_rename_nothing_in_the_patients_list_until_the_patient_does() {
    let (home, id) = home();
    assert_eq!(names(&home, "other", &["list", "--shared-with-me"]), ["Blood test"]);
    home.json("clinic", &["amend", &id, "b.txt", "--label", "Letter to the bank"]).ok();

    let told = home.json("patient", &["list"]).ok();
    assert_eq!(told.object()["name"], "Blood test");
    assert!(told.stderr.contains("added version 2 of “Blood test”"), "{}", told.stderr);
    assert!(told.stderr.contains("they call it “Letter to the bank”"), "{}", told.stderr);
    // From the profile's index, and without it.
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);
    std::fs::remove_file(home.profile_folder("patient").join("labels.sealed")).unwrap();
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);
    // Nobody is led to another record by a name that somebody else gave.
    home.json("patient", &["show", "Letter to the bank"]).refused(3, "record-unknown");
    let shown = home.json("patient", &["show", "Blood test"]).ok().object();
    let versions: Vec<_> =
        shown["versions"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(versions, ["Blood test", "Letter to the bank"], "each with its own title");
    assert_eq!(names(&home, "other", &["list", "--shared-with-me"]), ["Blood test"]);
    home.assert_opens("other", &id, "the second version");

    // Who is given the record now is told the patient's name as well.
    home.grant(&id, "other", &["--history"]);
    assert_eq!(names(&home, "other", &["list", "--shared-with-me"]), ["Blood test"]);

    // A correction without a label is called as the record is; one with a label renames it.
    home.json("patient", &["amend", &id, "a.txt"]).ok();
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);
    home.json("patient", &["amend", &id, "b.txt", "--label", "Letter to the bank"]).ok();
    assert_eq!(names(&home, "patient", &["list"]), ["Letter to the bank"]);
    assert_eq!(names(&home, "other", &["list", "--shared-with-me"]), ["Letter to the bank"]);
}

#[test]
fn version_that_nobody_opens_takes_no_name_away() {
    let (home, id) = home();
    let junk = format!(
        r#"{{"record-id": "{id}", "version": 2, "encrypted-content": "0x{}"}}"#,
        "00".repeat(40)
    );
    home.json("clinic", &["contract", "call", "amend-record-version", &junk]).ok();
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);
}

#[test]
fn delegate_who_adds_renames_nothing_either_and_what_was_sent_keeps_its_senders_name() {
    let (home, id) = home();
    let (patient, who) = (home.principal("patient"), home.principal("other"));
    home.json("patient", &["delegate", who, "--may", "add", "--for", "30d", "--yes"]).ok();
    let line = ["as", patient, "amend", &id, "b.txt", "--label", "Something else"];
    home.json("other", &line).ok();
    assert_eq!(names(&home, "patient", &["list"]), ["Blood test"]);

    home.json("clinic", &["send", patient, "a.txt", "--label", "Report"]).ok();
    home.json("patient", &["accept", "all"]).ok();
    let sent = home.json("patient", &["list", "Report"]).ok().object();
    home.grant(text(&sent, "record_id"), "clinic", &["--amend"]);
    let line = ["amend", text(&sent, "record_id"), "b.txt", "--label", "Another report"];
    home.json("clinic", &line).ok();
    let listed = names(&home, "patient", &["list"]);
    assert!(listed.contains(&"Report".into()) && !listed.contains(&"Another report".into()));
}
