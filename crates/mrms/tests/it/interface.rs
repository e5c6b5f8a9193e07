//! What scripts rely on: the fields of every JSON object, their shapes, and the exit codes.

use serde_json::{Value, json};

use crate::support::{Home, NOTE, number, text};

#[track_caller]
fn assert_fields(object: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let mut found: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{object}");
}

#[track_caller]
fn assert_txid(object: &Value) {
    let digits = text(object, "txid").strip_prefix("0x").unwrap_or_default();
    assert!(digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{object}");
}

#[track_caller]
fn assert_time(object: &Value, field: &str) {
    let time = text(object, field);
    assert!(time.len() == 20 && &time[10..11] == "T" && time.ends_with('Z'), "{field}: {time}");
}

const WRITTEN: &[&str] = &[
    "record_id",
    "version",
    "txid",
    "block_height",
    "burn_height",
    "content_hash",
    "storage",
    "left_out",
    "number",
    "file",
];

#[test]
fn create_and_amend_print_their_fields() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let id = u128::MAX.to_string();
    let created = home.json("patient", &["create", "note.txt", "--id", &id]).ok().object();
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    for (object, version) in [(&created, 1), (&amended, 2)] {
        assert_fields(object, WRITTEN);
        assert_eq!(object["record_id"], id.as_str(), "in decimal, as text");
        assert_eq!(object["version"], version);
        assert_txid(object);
        assert!(number(object, "block_height") > 0 && number(object, "burn_height") > 0);
        assert_eq!(text(object, "content_hash").len(), 64);
        assert_eq!(object["storage"], "chain");
    }
    let mut command = home.command("patient", &["create", "note.txt", "--again", "--json"]);
    command.env("MRMS_INLINE_LIMIT", "0");
    let stored = home.run(command).ok().object();
    assert_eq!(stored["storage"], "vault");
    let chosen: u128 = text(&stored, "record_id").parse().unwrap();
    let patient = home.principal("patient").parse().unwrap();
    assert_eq!(chosen >> 112, u128::from(mrms_contract::ids::MARK), "it is bound to its maker");
    assert!(!mrms_contract::ids::is_foreign(mrms_core::RecordId::new(chosen), &patient));
}

#[test]
fn grant_and_revoke_print_their_fields() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    const GRANTED: &[&str] = &[
        "record_id",
        "user",
        "expiry",
        "expires_at",
        "rights",
        "txid",
        "from_version",
        "before",
        "left_out_versions",
        "number",
        "user_name",
    ];
    let forever = home.grant_directly(&id, "clinic", &[]);
    assert_fields(&forever, GRANTED);
    assert_eq!((&forever["expiry"], &forever["expires_at"]), (&Value::Null, &Value::Null));
    assert_eq!(forever["user"], home.principal("clinic"));
    assert_eq!((&forever["before"], &forever["from_version"]), (&Value::Null, &1.into()));
    let closing = home.grant_directly(&id, "clinic", &["--for", "30d"]);
    assert_fields(&closing, GRANTED);
    assert_fields(&closing["before"], &["rights", "expiry", "expires_at"]);
    assert_txid(&closing);
    assert!(number(&closing, "expiry") > 900_000 + 4_300);
    assert_time(&closing, "expires_at");
    let height = home.grant_directly(&id, "clinic", &["--expiry", "1000000"]);
    assert_eq!(height["expiry"], 1_000_000);
    let dated = home.grant_directly(&id, "clinic", &["--until", "2099-01-31"]);
    assert_time(&dated, "expires_at");

    let revoked = home.json("patient", &["revoke", &id, home.principal("clinic")]).ok().object();
    assert_fields(
        &revoked,
        &[
            "record_id",
            "user",
            "expiry",
            "expires_at",
            "txid",
            "versions_opened",
            "versions_written",
            "versions_exposed",
            "versions_closed",
            "sees_as_delegate",
            "number",
            "user_name",
        ],
    );
    assert_txid(&revoked);
    assert_eq!(revoked["versions_opened"], json!([]));
    assert_eq!(revoked["versions_exposed"], json!([1]));
}

#[test]
fn access_prints_its_fields() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let opened = home.json("patient", &["access", &id, "-o", "opened.txt"]).ok().object();
    assert_fields(
        &opened,
        &[
            "record_id",
            "version",
            "txid",
            "audit_index",
            "bytes",
            "media_type",
            "file_name",
            "output",
            "organisation",
            "organisation_name",
        ],
    );
    assert_txid(&opened);
    assert_eq!(opened["record_id"], id.as_str());
    assert_eq!((&opened["version"], &opened["audit_index"]), (&1.into(), &1.into()));
    assert_eq!(opened["bytes"], NOTE.len());
    assert_eq!(
        (&opened["media_type"], &opened["file_name"]),
        (&"text/plain".into(), &"note.txt".into())
    );
    assert_eq!(opened["output"], "opened.txt");
    home.json("patient", &["access", &id, "-o", "-"]).refused(2, "usage");
}

#[test]
fn audit_prints_an_object_a_line() {
    let home = Home::with(&["patient", "stranger"]);
    let id = home.create("note.txt", NOTE);
    home.json("stranger", &["access", &id]).refused(4, "no-access");
    let rows = home.json("patient", &["audit", &id, "--verify"]).ok().rows();
    assert_eq!(rows.len(), 2);
    let mut fields = vec![
        "record_id",
        "index",
        "action",
        "actor",
        "subject",
        "version",
        "expiry",
        "burn_height",
        "time",
        "txid",
        "outcome",
        "actor_name",
        "subject_name",
    ];
    fields.extend(["detail", "head"]);
    assert_fields(&rows[0], &fields);
    fields.truncate(13);
    fields.push("reason");
    assert_fields(&rows[1], &fields);
    for row in &rows {
        assert_eq!(row["record_id"], id.as_str());
        assert_txid(row);
        assert_time(row, "time");
    }
    assert_eq!((&rows[0]["outcome"], &rows[1]["outcome"]), (&"ok".into(), &"denied".into()));
}

#[test]
fn key_show_and_contract_status_print_their_fields() {
    let home = Home::with(&["patient"]);
    let shown = home.json("patient", &["key", "show"]).ok().object();
    assert_fields(&shown, &["profile", "principal", "recipient", "fingerprint"]);
    assert!(text(&shown, "principal").starts_with("ST"));
    assert!(text(&shown, "recipient").starts_with("age1pq1"));
    let status = home.json("patient", &["contract", "status"]).ok().object();
    assert_fields(
        &status,
        &[
            "contract_id",
            "deployed",
            "txid",
            "block_height",
            "clarity_version",
            "chain_id",
            "interface",
            "release",
            "source_sha256",
            "source_matches",
            "source_release",
        ],
    );
    assert_eq!(
        (&status["interface"], &status["release"]),
        (&mrms_contract::INTERFACE.into(), &mrms_contract::RELEASE.into())
    );
    let expected = format!("{}.medical-records-management", home.principal("patient"));
    assert_eq!(status["contract_id"], expected.as_str());
    assert_eq!((&status["deployed"], &status["source_matches"]), (&true.into(), &true.into()));
    assert_eq!(status["clarity_version"], "2");
    assert_txid(&status);
}

#[test]
fn lists_print_an_object_a_line_and_nothing_when_empty() {
    let home = Home::with(&["patient", "clinic"]);
    assert!(home.json("patient", &["list"]).ok().stdout.is_empty());
    assert!(home.json("clinic", &["list", "--shared-with-me"]).ok().stdout.is_empty());
    let ids = [home.create("a.txt", "a"), home.create("b.txt", "b")];
    let rows = home.json("patient", &["list"]).ok().rows();
    assert_eq!(rows.iter().map(|row| text(row, "record_id")).collect::<Vec<_>>(), ids);
    const LISTED: &[&str] = &[
        "record_id",
        "version",
        "name",
        "readers",
        "audit_entries",
        "erased",
        "erasure_unfinished",
        "emergencies",
        "ended",
        "number",
        "created",
        "document_author",
        "document_date",
        "media_type",
        "shared_with",
    ];
    assert_fields(&rows[0], LISTED);
    home.grant(&ids[0], "clinic", &["--for", "12h"]);
    let shared = home.json("clinic", &["list", "--shared-with-me"]).ok().object();
    assert_fields(
        &shared,
        &[
            "record_id",
            "patient",
            "version",
            "state",
            "rights",
            "expiry",
            "expires_at",
            "number",
            "name",
            "patient_name",
            "patient_calls_themselves",
            "new",
            "organisation",
        ],
    );
    let profiles = home.json("patient", &["profile", "list"]).ok().rows();
    let names: Vec<_> = profiles.iter().map(|row| text(row, "profile")).collect();
    assert_eq!(names, ["clinic", "patient"]);
}

#[test]
fn errors_are_an_object_on_stdout_and_words_on_stderr() {
    let home = Home::with(&["patient"]);
    let refused = home.json("patient", &["access", "404"]);
    let object = refused.object();
    assert_fields(&object, &["error"]);
    assert_fields(&object["error"], &["code", "message", "hint"]);
    refused.refused(3, "record-not-found");
    let said = home.text("patient", &["access", "404"]);
    assert_eq!((said.code, said.stdout.as_slice()), (Some(3), b"".as_slice()));
    let expected = format!(
        "error: {}\n\nhint: {}\n",
        text(&object["error"], "message"),
        text(&object["error"], "hint")
    );
    assert_eq!(said.stderr, expected);
}

#[test]
fn wrong_usage_is_an_error_object_too() {
    let home = Home::with(&["patient"]);
    for line in [
        &["create"][..],
        &["create", "a", "--id", "340282366920938463463374607431768211456"],
        &["--profile", "Not A Name", "list"],
        &["sing"],
    ] {
        let run = home.json("patient", line);
        assert_eq!(run.code, Some(2), "{line:?}");
        run.refused(2, "usage");
    }
}

#[test]
fn name_that_means_nothing_is_not_found() {
    let home = Home::with(&["patient"]);
    home.json("patient", &["access", "twelve"]).refused(3, "record-unknown");
    let id = home.create("note.txt", NOTE);
    home.json("patient", &["grant", &id, "nobody", "--forever"]).refused(3, "name-unknown");
}

#[test]
fn every_family_of_failure_has_its_exit_code() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", &id]).refused(1, "record-exists");
    home.json("patient", &["create", "/"]).refused(2, "usage");
    home.json("patient", &["show", "404"]).refused(3, "record-not-found");
    home.json("clinic", &["access", &id]).refused(4, "no-access");
    let mut keystore = std::fs::read(home.profile_folder("patient").join("keystore.age")).unwrap();
    *keystore.last_mut().unwrap() ^= 1;
    std::fs::write(home.profile_folder("patient").join("keystore.age"), keystore).unwrap();
    home.json("patient", &["access", &id]).refused(5, "keystore-damaged");
    let held = std::fs::File::open(home.root().join("ledger").join("ledger.lock")).unwrap();
    held.lock().unwrap();
    let mut command = home.command("clinic", &["list", "--json"]);
    command.env("MRMS_LOCK_WAIT", "0");
    home.run(command).refused(6, "home-busy");
}
