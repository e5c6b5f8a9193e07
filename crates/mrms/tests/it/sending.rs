//! A clinic makes a record for a patient; the patient reads it, and makes it theirs or does not.

use serde_json::{Value, json};

use crate::support::{Home, NOTE, text};

fn send(home: &Home, label: &str) -> String {
    home.file("report.txt", NOTE);
    let to = home.principal("patient");
    let sent = home.json("clinic", &["send", to, "report.txt", "--label", label]).ok().object();
    assert_eq!(sent["to"], to);
    text(&sent, "record_id").to_owned()
}

fn inbox(home: &Home) -> Vec<Value> {
    home.json("patient", &["inbox"]).ok().rows()
}

fn call(home: &Home, who: &str, function: &str, arguments: &Value) {
    home.json(who, &["contract", "call", function, &arguments.to_string()]).ok();
}

#[test]
fn sent_record_is_read_by_its_patient_and_author_alone_and_becomes_the_patients() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = send(&home, "Blood test, May");
    let offers = inbox(&home);
    assert_eq!(offers.len(), 1);
    assert_eq!(
        (&offers[0]["record_id"], &offers[0]["name"]),
        (&json!(id), &json!("Blood test, May"))
    );
    assert_eq!(
        (&offers[0]["from"], &offers[0]["readable"]),
        (&json!(home.principal("clinic")), &json!(true))
    );
    assert!(offers[0]["offered_at"].is_string());
    home.assert_opens("patient", &id, NOTE);
    home.assert_opens("clinic", &id, NOTE);
    for who in ["clinic", "patient"] {
        let compared = home.json(who, &["audit", &id, "--reconcile"]).ok().object();
        assert_eq!(compared["differences"], json!([]), "{who}: the key came with the record");
        let keys: Vec<_> =
            compared["openings"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect();
        assert_eq!(keys, ["sent", "own"], "{who}");
    }
    home.json("other", &["access", &id, "-o", "x"]).refused(4, "no-access");
    assert!(home.json("patient", &["list"]).ok().rows().is_empty(), "it is not theirs yet");

    let accepted = home.json("patient", &["accept", "Blood test, May"]).ok().object();
    assert_eq!(
        (&accepted["record_id"], &accepted["from"]),
        (&json!(id), &json!(home.principal("clinic")))
    );
    assert!(inbox(&home).is_empty());
    let listed = home.json("patient", &["list"]).ok().object();
    assert_eq!((&listed["name"], &listed["readers"]), (&json!("Blood test, May"), &json!(0)));
    let shown = home.json("patient", &["show", &id]).ok().object();
    assert_eq!(shown["versions"][0]["author"], home.principal("clinic"), "its origin stays");
    assert_eq!(shown["patient"], home.principal("patient"));
    assert_eq!(shown["grants"], json!([]), "nobody is granted their own record");
    home.assert_opens("patient", &id, NOTE);
    home.json("clinic", &["access", &id, "-o", "x"]).refused(4, "no-access");

    // From then on it is as any other record of theirs, with versions from before and after.
    home.grant(&id, "other", &["--history"]);
    home.assert_opens("other", &id, NOTE);
    home.file("second.txt", "second");
    home.json("patient", &["amend", &id, "second.txt"]).ok();
    home.assert_opens("other", &id, "second");
    home.json("other", &["access", &id, "--version", "1", "-o", "first"]).ok();
    assert_eq!(home.read("first"), NOTE);
    home.json("patient", &["audit", &id, "--verify"]).ok();
    home.json("patient", &["audit", &id, "--reconcile"]).ok();
    home.json("patient", &["export", &id, "-o", "saved"]).ok();
    home.assert_unharmed();
}

#[test]
fn grants_and_older_versions_outlive_a_transfer() {
    let home = Home::with(&["patient", "clinic", "other"]);
    // The patient's own record, which others read, goes to the clinic and comes back.
    let id = home.create("note.txt", "first");
    home.grant(&id, "other", &["--history"]);
    let record: Value = json!({"record-id": id.parse::<u128>().unwrap().to_string()});
    let offer =
        |to: &str| json!({"record-id": record["record-id"], "new-patient": home.principal(to)});
    home.grant_directly(&id, "clinic", &["--history"]);
    call(&home, "patient", "transfer-patient", &offer("clinic"));
    home.json("clinic", &["accept", &id]).ok();
    home.assert_opens("clinic", &id, "first");
    home.assert_opens("other", &id, "first");
    home.file("note.txt", "second");
    home.json("clinic", &["amend", &id, "note.txt"]).ok();
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn refused_offer_stays_out_of_the_way_and_a_withdrawn_one_is_told_once() {
    let home = Home::with(&["patient", "clinic"]);
    let (one, two) = (send(&home, "ECG"), send(&home, "X-ray"));
    assert_eq!(inbox(&home).len(), 2);
    home.json("patient", &["refuse", "ECG"]).ok();
    assert_eq!(inbox(&home).len(), 1);
    assert_eq!(home.json("patient", &["inbox", "--refused"]).ok().rows().len(), 2);
    let before = home.json("clinic", &["audit", &one]).ok().rows().len();
    assert_eq!(before, 3, "create, grant, offer: nothing tells of the refusal");

    home.json("clinic", &["send", "--withdraw", &two]).ok();
    let told = inbox(&home);
    assert_eq!((told.len(), &told[0]["name"]), (1, &json!("X-ray")));
    assert_eq!(told[0]["other"], home.principal("clinic"));
    assert!(inbox(&home).is_empty(), "it is told once");
    home.json("patient", &["access", &two, "-o", "x"]).refused(4, "grant-revoked");
    home.json("patient", &["accept", &two]).refused(3, "not-offered");
    home.json("clinic", &["send", "--withdraw", &two]).refused(3, "no-offer");
    // What was refused can still be accepted.
    home.json("patient", &["accept", &one]).ok();
    home.assert_opens("patient", &one, NOTE);
}

#[test]
fn what_a_sender_calls_a_record_takes_no_number_and_no_word_away() {
    let home = Home::with(&["patient", "clinic"]);
    let one = send(&home, "ECG");
    let named: Vec<_> = ["all", "#1", "1"].iter().map(|label| send(&home, label)).collect();
    let refused = home.json("patient", &["refuse", "#1"]).ok().object();
    assert_eq!(refused["record_id"], json!(one), "the number, and not the label");
    let accepted = home.json("patient", &["accept", "all"]).ok().rows();
    let ids: Vec<_> = accepted.iter().map(|row| row["record_id"].clone()).collect();
    assert_eq!(ids, named.iter().map(|id| json!(id)).collect::<Vec<_>>(), "what was not refused");
    assert_eq!(home.json("patient", &["accept", "1"]).ok().object()["record_id"], json!(one));
    // Among the patient's own records, the labels that the clinic chose mean nothing either.
    let shown =
        |what: &str| home.json("patient", &["show", what]).ok().object()["record_id"].clone();
    assert_eq!(shown("1"), json!(named[0]));
    assert_eq!(shown("#1"), json!(named[0]));
    home.json("patient", &["grant", "all", "--to", home.principal("clinic"), "--for", "1d"]).ok();
}

#[test]
fn sender_who_is_ignored_and_an_offer_without_a_key_do_no_harm() {
    let home = Home::with(&["patient", "clinic", "other"]);
    send(&home, "ECG");
    home.json("patient", &["profile", "ignore", home.principal("clinic")]).ok();
    assert!(inbox(&home).is_empty());
    home.json("patient", &["profile", "ignore", home.principal("clinic"), "--undo"]).ok();
    assert_eq!(inbox(&home).len(), 1);

    let to = home.principal("patient");
    for label in ["a\u{202e}b", "a\u{1b}[2Jb"] {
        let run = home.json("clinic", &["send", to, "report.txt", "--label", label]);
        assert_eq!(run.code, Some(2), "{run:?}");
    }
    assert_eq!(inbox(&home).len(), 1);
    // A program that is not ours offers a record, and no key.
    home.file("x.txt", "x");
    home.json("other", &["create", "x.txt", "--id", "66"]).ok();
    let user = home.principal("patient");
    let grant = json!({"record-id": "66", "user": user, "expiry": null});
    call(&home, "other", "grant-record-access", &grant);
    call(&home, "other", "transfer-patient", &json!({"record-id": "66", "new-patient": user}));
    let offers = inbox(&home);
    let bad = offers.iter().find(|one| one["record_id"] == "66").unwrap();
    assert_eq!((&bad["readable"], &bad["name"]), (&json!(false), &Value::Null));
    let told = home.text("patient", &["inbox"]).ok();
    assert!(told.printed().contains("its key is missing"), "{told:?}");
    home.json("patient", &["accept", "66"]).refused(3, "key-not-shared");
    let all = home.json("patient", &["accept", "all"]);
    assert_eq!((all.code, all.rows().len()), (Some(3), 2), "{all:?}");
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1, "the other one was accepted");
    home.json("patient", &["accept", "66", "--even-unreadable"]).ok();
    home.assert_unharmed();
}

#[test]
fn version_that_a_provider_adds_reaches_the_other_readers_and_the_patient_is_told() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--amend"]);
    home.grant(&id, "other", &[]);
    home.file("note.txt", "second");
    home.json("clinic", &["amend", &id, "note.txt", "--label", "Blood test, June"]).ok();
    home.json("other", &["access", &id, "-o", "x"]).refused(4, "no-share");
    let told = home.text("patient", &["inbox"]).ok();
    assert!(told.stderr.contains("added version 2 of “note.txt”"), "{told:?}");
    assert!(told.stderr.contains("they call it “Blood test, June”"), "{told:?}");
    assert!(told.stderr.contains("its key was left for"), "{told:?}");
    home.assert_opens("other", &id, "second");
    let shared = home.json("other", &["list", "--shared-with-me"]).ok().object();
    assert_eq!(shared["name"], "note.txt", "as the patient calls it");
    let told = home.text("patient", &["inbox"]).ok();
    assert!(!told.stderr.contains("added version"), "{told:?}");
    // Whoever has no grant any more gets nothing of what comes later.
    home.json("patient", &["revoke", &id, home.principal("other")]).ok();
    home.file("note.txt", "third");
    home.json("clinic", &["amend", &id, "note.txt"]).ok();
    let told = home.text("patient", &["inbox"]).ok();
    assert!(told.stderr.contains("added version 3"), "{told:?}");
    assert!(!told.stderr.contains("its key was left for"), "{told:?}");
}
