//! What a record is called: as its patient called it, whoever else adds to it.

use serde_json::{Value, json};

use crate::links::Viewer;
use crate::service::Service;
use crate::support::{Home, NOTE, number, text};

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
fn record_is_renamed_by_its_patient_with_the_same_document_also_where_that_is_large() {
    let (home, id) = home();
    let large = vec![7; 200_000];
    home.file("large.bin", &large);
    home.json("patient", &["create", "large.bin", "--label", "Scan"]).ok();
    home.json("clinic", &["amend", &id, "b.txt", "--label", "Letter to the bank"]).ok();

    let renamed = home.json("patient", &["amend", &id, "--label", "Iron"]).ok().object();
    assert_eq!(renamed["version"], 3);
    home.json("patient", &["amend", "Scan", "--label", "Knee"]).ok();
    assert_eq!(names(&home, "patient", &["list"]), ["Iron", "Knee"]);
    assert_eq!(names(&home, "other", &["list", "--shared-with-me"]), ["Iron"]);
    // The patient's document, and not what somebody else added.
    home.assert_opens("other", &id, NOTE);
    home.json("patient", &["access", "Knee", "-o", "opened"]).ok();
    assert_eq!(home.read("opened"), large);

    home.json("clinic", &["amend", &id, "--label", "Mine"]).refused(4, "not-patient");
    home.json("patient", &["amend", &id]).refused(2, "usage");
    let line = ["amend", id.as_str(), "--label", "x", "--media-type", "text/plain"];
    home.json("patient", &line).refused(2, "usage");
    assert_eq!(names(&home, "patient", &["list"]), ["Iron", "Knee"]);
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

/// The same after the clinic has added a version with a title of its own.
fn amended() -> (Home, String) {
    let (home, id) = home();
    home.json("clinic", &["amend", &id, "b.txt", "--label", "HIV POSITIVE"]).ok();
    (home, id)
}

#[test]
fn link_is_offered_by_the_records_title_and_gives_it_once_under_that() {
    let (home, id) = amended();
    let _service = Service::start(&home, "patient", &["link", "serve"]);
    let line = ["link", "create", "1", &id, "--for", "1d"];
    let asked = home.json("patient", &line).refused(1, "not-confirmed");
    let asked = text(&asked, "message");
    assert_eq!(asked.matches("version 2:").count(), 1, "once is enough: {asked}");
    assert!(asked.contains("  Blood test, version 2: "), "{asked}");
    assert!(asked.contains(" calls this version “HIV POSITIVE”; the link does not"), "{asked}");

    let made = home.json("patient", &[&line[..], &["--yes"]].concat()).ok().object();
    assert_eq!(made["records"].as_array().unwrap().len(), 1, "{made}");
    let viewer = Viewer::of(&made);
    let files = viewer.open(&viewer.manifest(json!({})).json(200));
    assert_eq!(files.len(), 1);
    let given = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(given.contains("\"Blood test\"") && !given.contains("HIV POSITIVE"), "{given}");

    // The patient's own title is the record's, and there is nothing to say beside it.
    home.json("patient", &["amend", &id, "a.txt", "--label", "Blood test, May"]).ok();
    let asked = home.json("patient", &line).refused(1, "not-confirmed");
    let asked = text(&asked, "message");
    assert!(asked.contains("  Blood test, May, version 3: "), "{asked}");
    assert!(!asked.contains("calls this version"), "{asked}");
}

#[test]
fn who_is_given_a_record_after_somebody_else_added_to_it_is_told_its_title() {
    let home = Home::with(&["patient", "clinic", "reader", "direct", "delegate", "last"]);
    home.file("a.txt", NOTE);
    home.file("b.txt", "the second version");
    home.json("patient", &["create", "a.txt", "--label", "Blood test"]).ok();
    let id = text(&home.json("patient", &["list"]).ok().object(), "record_id").to_owned();
    home.grant(&id, "clinic", &["--amend"]);
    home.json("clinic", &["amend", &id, "b.txt", "--label", "HIV POSITIVE"]).ok();
    let told = |who: &str| names(&home, who, &["list", "--shared-with-me"]);

    // The second version alone is open to them.
    let granted = home.grant(&id, "reader", &[]);
    assert_eq!(number(&granted, "from_version"), 2, "{granted}");
    assert_eq!(told("reader"), ["Blood test"]);
    let shown = home.text("reader", &["show", &id]).ok();
    assert!(shown.printed().starts_with("“Blood test”, of "), "{shown:?}");
    home.assert_opens("reader", &id, "the second version");
    assert_eq!(told("reader"), ["Blood test"], "also when they have opened it");

    // No name comes with keys that are on chain: then the clinic's is none either.
    home.grant_directly(&id, "direct", &[]);
    home.assert_opens("direct", &id, "the second version");
    assert_eq!(told("direct"), [Value::Null]);

    // A delegate tells on what they were told.
    let (patient, delegate) = (home.principal("patient"), home.principal("delegate"));
    let line = ["delegate", delegate, "--may", "see,share", "--for", "30d", "--yes"];
    home.json("patient", &line).ok();
    let line = ["as", patient, "grant", &id, home.principal("last"), "--for", "30d", "--yes"];
    home.json("delegate", &line).ok();
    assert_eq!(told("last"), ["Blood test"]);
    home.assert_opens("last", &id, "the second version");
    assert_eq!(told("last"), ["Blood test"]);
}

#[test]
fn who_looked_is_told_by_the_title_that_the_record_had_then() {
    let (home, id) = amended();
    home.json("patient", &["list"]).ok();
    home.assert_opens("other", &id, "the second version");
    let looked = || {
        let rows = home.json("patient", &["who"]).ok().rows();
        let opened = rows.iter().filter(|row| row["what"] == "opened");
        opened.map(|row| row["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(looked(), ["Blood test"]);
    let said = home.text("patient", &["who"]).ok();
    assert!(said.printed().contains("Blood test"), "{said:?}");
    assert!(!said.printed().contains("HIV"), "{said:?}");
    // What the patient renames later does not change what was opened before.
    home.json("patient", &["amend", &id, "a.txt", "--label", "Blood test, May"]).ok();
    home.assert_opens("other", &id, NOTE);
    assert_eq!(looked(), ["Blood test", "Blood test, May"]);
}

#[test]
fn what_leaves_is_named_by_the_records_title_and_a_versions_own_is_a_description() {
    let (home, id) = amended();
    let line = ["export", "--all", "--all-versions", "--plain", "-o", "out"];
    home.json("patient", &line).ok();
    let index = String::from_utf8(home.read("out/index.csv")).unwrap();
    let rows: Vec<_> = index.lines().collect();
    assert!(rows[1].contains(",1,Blood test,a.txt,"), "{index}");
    assert!(rows[2].contains(",2,Blood test,b.txt,"), "{index}");

    let documents = |who: &str, line: &[&str], file: &str| -> Vec<(Value, Value)> {
        let line = [line, &["--format", "fhir", "-o", file]].concat();
        home.json(who, &line).ok();
        let bundle: Value = serde_json::from_slice(&home.read(file)).unwrap();
        let all = bundle["entry"].as_array().unwrap().iter().map(|one| one["resource"].clone());
        let documents = all.filter(|one| one["resourceType"] == "DocumentReference");
        let named = documents.map(|one| {
            (one["content"][0]["attachment"]["title"].clone(), one["description"].clone())
        });
        named.collect()
    };
    let first = (json!("Blood test"), json!("Blood test"));
    let second = (json!("Blood test"), json!("HIV POSITIVE"));
    let own = documents("patient", &["export", "--all", "--all-versions"], "own.json");
    assert_eq!(own.len(), 2);
    assert!(own.contains(&first) && own.contains(&second), "{own:?}");
    home.json("patient", &["list"]).ok();
    assert_eq!(documents("other", &["export", &id], "theirs.json"), [second]);
}
