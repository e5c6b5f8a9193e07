//! Sealed sharing as people meet it: grant, access, revoke, reconcile, erase and emergencies with
//! the home's own vault.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Home, NOTE, number, text};

fn guardian(home: &Home) -> PathBuf {
    home.root().join("vault").join("guardian")
}

fn epochs(home: &Home) -> usize {
    fs::read_dir(guardian(home).join("epochs")).unwrap().count()
}

fn reconcile(home: &Home, name: &str, id: &str) -> Value {
    home.json(name, &["audit", id, "--reconcile"]).ok().object()
}

fn entries(home: &Home, id: &str) -> u64 {
    number(&home.json("patient", &["show", id]).ok().object(), "audit_entries")
}

/// The lines of the vault's log about the record: topic, and reason where there is one.
fn lines(reconciled: &Value) -> Vec<String> {
    let lines = reconciled["vaults"][0]["lines"].as_array().unwrap();
    let word = |line: &Value| match line["reason"].as_str() {
        Some(reason) => format!("{} {reason}", text(line, "topic")),
        None => text(line, "topic").to_owned(),
    };
    lines.iter().map(word).collect()
}

#[test]
fn nothing_of_a_sealed_key_goes_on_chain_and_each_opening_has_its_release() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    let clinic = home.principal("clinic");
    let envelope = format!(r#"{{"record-id": {id:?}, "version": 1, "user": {clinic:?}}}"#);
    let read = ["contract", "read", "get-key-envelope", envelope.as_str()];
    assert_eq!(home.json("clinic", &read).ok().object()["result_repr"], "none");
    for _ in 0..2 {
        home.assert_opens("clinic", &id, NOTE);
    }
    home.assert_opens("patient", &id, NOTE);
    let reconciled = reconcile(&home, "patient", &id);
    assert_eq!(reconciled["differences"], json!([]));
    let keys: Vec<_> =
        reconciled["openings"].as_array().unwrap().iter().map(|o| &o["key"]).collect();
    assert_eq!(keys, ["vault", "vault", "own"]);
    assert_eq!(lines(&reconciled), ["deposit", "release", "release"]);
    // The reader sees the same lines; a stranger to the record sees none of them.
    assert_eq!(lines(&reconcile(&home, "clinic", &id)), ["deposit", "release", "release"]);
}

#[test]
fn revoke_says_what_was_opened_and_what_is_closed_and_erases_the_shares() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, "first");
    home.file("note.txt", "second");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    assert_eq!(epochs(&home), 1);
    let clinic = home.principal("clinic");
    let revoked = home.json("patient", &["revoke", &id, clinic]).ok().object();
    assert_eq!(revoked["versions_opened"], json!([1]));
    assert_eq!(revoked["versions_exposed"], json!([]));
    assert_eq!(revoked["versions_closed"], json!([2]));
    assert_eq!(epochs(&home), 0, "the key of what was left for the clinic is gone");
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    let reconciled = reconcile(&home, "patient", &id);
    assert_eq!(lines(&reconciled), ["deposit", "release", "deposit", "forget revoked"]);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn expired_shares_are_erased_without_being_asked() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let other = home.create("other.txt", "other");
    home.grant(&id, "clinic", &["--for", "1d"]);
    home.grant(&other, "clinic", &["--for", "30d"]);
    assert_eq!(epochs(&home), 2);
    // A day, and what is left of the block that had begun.
    home.json("patient", &["node", "advance", "145"]).ok();
    // Whatever next opens the vault lets it look.
    home.assert_opens("clinic", &other, "other");
    assert_eq!(epochs(&home), 1);
    let reconciled = reconcile(&home, "patient", &id);
    assert_eq!(lines(&reconciled), ["deposit", "forget expired"]);
}

/// Somebody opens a record to a standard output that takes nothing.
fn opens_into_nowhere(home: &Home, name: &str, id: &str, stdout: Stdio) {
    let mut command = home.command(name, &["access", id, "-o", "-"]);
    let mut child = command.stdout(stdout).stderr(Stdio::null()).spawn().unwrap();
    // Where it was a pipe, nobody reads it.
    drop(child.stdout.take());
    assert!(!child.wait().unwrap().success());
}

fn full() -> Stdio {
    fs::File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn content_that_began_to_leave_is_opened_whatever_the_writer_says() {
    let home = Home::with(&["patient", "clinic"]);
    // More than a pipe holds, on chain and with the vault.
    let scan = vec![7; 300_000];
    for content in [NOTE, &scan[..]] {
        let id = home.create("scan.bin", content);
        home.grant(&id, "clinic", &[]);
        let writers: &[fn() -> Stdio] =
            if content == NOTE { &[full] } else { &[full, Stdio::piped] };
        for writer in writers {
            let before = entries(&home, &id);
            opens_into_nowhere(&home, "clinic", &id, writer());
            assert_eq!(entries(&home, &id), before + 1);
            let again = home.json("clinic", &["access", &id, "-o", "again", "--force"]).ok();
            assert!(!again.stderr.contains("taken up"), "{}", again.stderr);
            assert_eq!(
                entries(&home, &id),
                before + 2,
                "the next access makes an entry of its own"
            );
        }
        opens_into_nowhere(&home, "clinic", &id, full());
        let kept = home.profile_folder("clinic").join("openings");
        assert_eq!(fs::read_dir(kept).unwrap().count(), 0, "nothing is kept");
        home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
        let late = home.text("clinic", &["access", &id, "-o", "-"]);
        assert_eq!((late.code, &late.stdout[..]), (Some(4), &b""[..]), "{late:?}");
        assert_eq!(reconcile(&home, "patient", &id)["differences"], json!([]));
    }
}

#[test]
fn access_that_was_interrupted_does_not_outlive_its_grant() {
    let home = Home::with(&["patient", "clinic"]);
    let ids = [home.create("note.txt", NOTE), home.create("note.txt", NOTE)];
    let day = home.grant(&ids[0], "clinic", &["--for", "1d"]);
    // Shorter than an entry may be used.
    let soon = (number(&day, "expiry") - 140).to_string();
    home.grant(&ids[1], "clinic", &["--expiry", &soon]);
    let (here, away) = (guardian(&home), home.root().join("away"));
    fs::rename(&here, &away).unwrap();
    fs::write(&here, b"no folder").unwrap();
    for id in &ids {
        home.json("clinic", &["access", id, "-o", "out"]).refused(6, "vault-unreachable");
    }
    fs::remove_file(&here).unwrap();
    fs::rename(&away, &here).unwrap();
    let [revoked, expired] = &ids;
    let kept = home.profile_folder("clinic").join("openings");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 2);
    let before = entries(&home, revoked);
    home.json("patient", &["revoke", revoked, home.principal("clinic")]).ok();
    let error = home.json("clinic", &["access", revoked, "-o", "out"]).refused(4, "grant-revoked");
    assert!(text(&error, "message").contains("closed meanwhile"), "{error}");
    assert_eq!(entries(&home, revoked), before + 1, "the revoke alone");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1, "what was kept is deleted");
    home.json("patient", &["node", "advance", "5"]).ok();
    let error = home.json("clinic", &["access", expired, "-o", "out"]).refused(4, "grant-expired");
    assert!(text(&error, "message").contains("closed meanwhile"), "{error}");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 0);
    assert!(!home.has("out"));
}

#[test]
fn emergency_that_the_grant_does_not_allow_opens_nothing_and_leaves_nothing_behind() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let before = entries(&home, &id);
    let line = ["access", &id, "-o", "out", "--yes", "--emergency", "no next of kin"];
    home.json("clinic", &line).refused(4, "no-emergency-right");
    assert!(!home.has("out"));
    assert_eq!(entries(&home, &id), before, "no access without the emergency");
    let trail = home.json("patient", &["audit", &id]).ok();
    assert!(trail.printed().contains("emergency"), "the refusal stands on record: {trail:?}");
    home.grant(&id, "clinic", &["--emergency"]);
    home.json("clinic", &line).ok();
    assert_eq!(home.read("out"), NOTE);
}

#[test]
fn access_before_an_emergency_is_not_taken_up_in_it() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let (here, away) = (guardian(&home), home.root().join("away"));
    fs::rename(&here, &away).unwrap();
    fs::write(&here, b"no folder").unwrap();
    home.json("clinic", &["access", &id, "-o", "out"]).refused(6, "vault-unreachable");
    fs::remove_file(&here).unwrap();
    fs::rename(&away, &here).unwrap();
    home.grant(&id, "clinic", &["--emergency"]);
    let line = ["access", &id, "-o", "out", "--yes", "--emergency", "no next of kin"];
    home.json("clinic", &line).ok();
    assert_eq!(home.read("out"), NOTE);
}

#[test]
fn access_whose_vault_is_gone_goes_on_when_it_is_back() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let (here, away) = (guardian(&home), home.root().join("away"));
    fs::rename(&here, &away).unwrap();
    fs::write(&here, b"no folder").unwrap();
    home.json("clinic", &["access", &id, "-o", "out"]).refused(6, "vault-unreachable");
    assert!(!home.has("out"));
    let before = entries(&home, &id);
    fs::remove_file(&here).unwrap();
    fs::rename(&away, &here).unwrap();
    home.json("clinic", &["access", &id, "-o", "out"]).ok();
    assert_eq!(home.read("out"), NOTE);
    assert_eq!(entries(&home, &id), before);
}

#[test]
fn erasable_record_leaves_nothing_that_opens() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("note.txt", NOTE);
    let created = home.json("patient", &["create", "note.txt", "--erasable"]).ok().object();
    let id = text(&created, "record_id");
    assert_eq!(created["storage"], "vault");
    home.json(
        "patient",
        &["grant", id, home.principal("clinic"), "--direct", "--yes", "--forever"],
    )
    .refused(1, "erasable-direct");
    home.grant(id, "clinic", &[]);
    home.assert_opens("patient", id, NOTE);
    home.assert_opens("clinic", id, NOTE);
    home.file("note.txt", "second");
    home.json("patient", &["amend", id, "note.txt"]).ok();
    home.assert_opens("clinic", id, "second");

    home.json("clinic", &["erase", id, "--yes"]).refused(4, "not-patient");
    home.json("patient", &["erase", id]).refused(1, "not-confirmed");
    home.assert_opens("patient", id, "second");
    let erased = home.json("patient", &["erase", id, "--yes"]).ok().object();
    let remains: Vec<_> =
        erased["versions"].as_array().unwrap().iter().map(|v| text(v, "remains")).collect();
    assert_eq!(remains, ["nothing", "nothing"]);
    let vault = &erased["vaults"][0];
    assert_eq!(vault["blobs"].as_array().unwrap().len(), 2);
    assert_eq!(number(vault, "salts"), 2);
    assert_eq!(epochs(&home), 0, "what was left for the clinic went with the revoke, or now");
    assert_eq!(vault["receipt"]["line"]["topic"], "erase");
    assert_eq!(erased["revoked"], json!([home.principal("clinic")]));
    home.json("patient", &["access", id, "-o", "late"]).refused(3, "record-erased");
    home.json("clinic", &["access", id, "-o", "late"]).refused(4, "grant-revoked");
    assert!(!home.has("late"));
    let again = home.json("patient", &["erase", id, "--yes"]).ok().object();
    assert_eq!(again["vaults"][0]["blobs"], json!([]));
}

#[test]
fn emergency_on_a_version_whose_key_did_not_come_yet_tells_its_reason_and_which_version_opens() {
    let home = Home::with(&["patient", "clinic", "author"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--emergency"]);
    home.grant(&id, "author", &["--amend"]);
    home.file("report.txt", "by somebody else");
    home.json("author", &["amend", &id, "report.txt"]).ok();
    let reason = "unconscious in the emergency room";
    let line = ["access", &id, "-o", "out", "--yes", "--emergency", reason];
    let refused = home.json("clinic", &line).refused(4, "no-share");
    assert!(text(&refused, "hint").ends_with("--version 1"), "{refused}");
    assert_eq!(reconcile(&home, "patient", &id)["emergencies"][0]["reason"], reason);
    home.json("clinic", &["access", &id, "-o", "out", "--version", "1"]).ok();
    assert_eq!(home.read("out"), NOTE);
    let reconciled = reconcile(&home, "patient", &id);
    assert_eq!(reconciled["emergencies"][0]["reason"], reason);
    // The entry for which no vault had a share is told, and accuses nobody.
    let differences = reconciled["differences"].as_array().unwrap();
    let [no_share] = differences.as_slice() else { panic!("{reconciled}") };
    assert_eq!(no_share["grave"], false);
    assert_eq!(lines(&reconciled).last().map(String::as_str), Some("release"));
}

#[test]
fn emergency_opens_with_a_reason_that_only_the_patient_reads() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--emergency"]);
    home.grant(&id, "other", &[]);
    home.json("clinic", &["access", &id, "-o", "out"]).refused(4, "no-read-right");
    let reason = "unconscious in the emergency room";
    let line = ["access", &id, "-o", "out", "--emergency", reason];
    home.json("clinic", &line).refused(1, "not-confirmed");
    home.json("clinic", &["access", &id, "-o", "out", "--yes", "--emergency", " "])
        .refused(2, "no-reason");
    home.json("other", &["access", &id, "-o", "out", "--yes", "--emergency", reason])
        .refused(4, "no-emergency-right");
    home.json("clinic", &[&line[..], &["--yes"]].concat()).ok();
    assert_eq!(home.read("out"), NOTE);
    let flagged = || home.json("patient", &["list"]).ok().rows()[0]["emergencies"].clone();
    assert_eq!(flagged(), json!([home.principal("clinic")]));
    let listed = home.text("patient", &["list"]).ok();
    assert!(listed.printed().contains("REVIEW"), "{listed:?}");
    reconcile(&home, "clinic", &id);
    assert_eq!(flagged(), json!([home.principal("clinic")]), "only the patient reviews it");
    let opening = |name: &str| {
        let openings = reconcile(&home, name, &id)["openings"].clone();
        openings.as_array().unwrap().iter().find(|o| o["action"] == "emergency-read").cloned()
    };
    assert_eq!(opening("patient").unwrap()["reason"], reason);
    assert_ne!(opening("other").unwrap()["reason"], reason);
    let declared = |name: &str| reconcile(&home, name, &id)["emergencies"][0].clone();
    assert_eq!(declared("patient")["reason"], reason);
    assert_eq!(declared("patient")["reason_state"], "given");
    assert_eq!(
        (&declared("other")["reason"], &declared("other")["reason_state"]),
        (&json!(null), &json!("sealed"))
    );
    assert_eq!(flagged(), json!([home.principal("clinic")]), "a program read it, and no person");
    let shown = home.text("patient", &["audit", &id, "--reconcile"]).ok();
    assert!(shown.printed().contains(reason), "{shown:?}");
    assert_eq!(flagged(), json!([]), "it was reviewed");
    // It ends by itself.
    home.json("patient", &["node", "advance", "144"]).ok();
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "no-read-right");
}

#[test]
fn each_opening_of_an_emergency_leaves_its_reason_and_review_is_for_what_was_shown() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--emergency"]);
    let declare = |reason: &str| {
        let line = ["access", &id, "-o", "out", "--force", "--yes", "--emergency", reason];
        home.json("clinic", &line).ok();
    };
    let flagged = || home.json("patient", &["list"]).ok().rows()[0]["emergencies"].clone();
    declare("first reason");
    // Without saying it again, while the emergency lasts.
    home.assert_opens("clinic", &id, NOTE);
    let notes = |reconciled: &Value| {
        let lines = reconciled["vaults"][0]["lines"].as_array().unwrap().clone();
        let of =
            |line: &Value| (text(line, "topic") == "release").then(|| text(line, "note").len());
        lines.iter().filter_map(of).collect::<Vec<_>>()
    };
    let reconciled = reconcile(&home, "patient", &id);
    assert!(notes(&reconciled).len() == 2 && notes(&reconciled).iter().all(|note| *note > 0));
    assert_eq!(reconciled["differences"], json!([]));
    home.text("patient", &["audit", &id, "--reconcile"]).ok();
    assert_eq!(flagged(), json!([]));
    declare("second reason");
    assert_eq!(flagged(), json!([home.principal("clinic")]), "declared anew");
    let reasons = reconcile(&home, "patient", &id)["emergencies"].clone();
    let reasons: Vec<_> = reasons.as_array().unwrap().iter().map(|e| text(e, "reason")).collect();
    assert_eq!(reasons, ["first reason", "second reason"]);
    // A profile that has lost the note gets nothing more, and declares it again.
    let kept = home.root().join("profiles").join("clinic").join("emergencies");
    fs::remove_dir_all(kept).unwrap();
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "no-emergency-note");
    declare("third reason");
}

#[test]
fn emergency_under_standing_access_is_to_be_reviewed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let (patient, clinic) = (home.principal("patient"), home.principal("clinic"));
    let call = |name: &str, function: &str, arguments: Value| {
        home.json(name, &["contract", "call", function, &arguments.to_string()]).ok();
    };
    let grant = json!({"patient": patient, "user": clinic, "rights": 4, "expiry": null});
    call("patient", "grant-standing-access", grant);
    let reason = format!("0x{}", "11".repeat(32));
    call("clinic", "emergency-access", json!({"record-id": id, "reason": reason}));
    let flagged = || home.json("patient", &["list"]).ok().rows()[0]["emergencies"].clone();
    assert_eq!(flagged(), json!([clinic]));
    call("patient", "revoke-standing-access", json!({"patient": patient, "user": clinic}));
    assert_eq!(flagged(), json!([clinic]), "also after its end");
    let shown = home.text("patient", &["audit", &id, "--reconcile"]).ok();
    assert!(shown.printed().contains("no vault that was asked has its reason"), "{shown:?}");
    assert_eq!(flagged(), json!([]));
}

#[test]
fn key_for_emergencies_only_is_not_put_on_chain() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let clinic = home.principal("clinic");
    home.json("patient", &["grant", &id, clinic, "--direct", "--emergency", "--yes", "--forever"])
        .refused(2, "usage");
    assert_eq!(home.json("patient", &["audit", &id]).ok().rows().len(), 1, "nothing was granted");
}

#[test]
fn vault_log_altered_by_hand_is_found_out() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
    reconcile(&home, "patient", &id);
    let database = Connection::open(guardian(&home).join("vault.sqlite")).unwrap();
    let deleted =
        database.execute("DELETE FROM lines WHERE number = (SELECT max(number) FROM lines)", []);
    assert_eq!(deleted.unwrap(), 1, "the release");
    drop(database);
    let run = home.json("patient", &["audit", &id, "--reconcile"]);
    assert_eq!(run.code, Some(5), "{run:?}");
}

#[test]
fn bytes_on_chain_do_not_grow_with_records_readers_and_entries() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("note.txt", NOTE);
    let costs = || -> Vec<Value> {
        let rows = home.json("patient", &["contract", "costs"]).ok().rows();
        let sealed = |row: &&Value| ["access", "grant, sealed"].contains(&text(row, "call"));
        let figures = |row: &Value| json!([row["transaction_bytes"], row["write_length"]]);
        rows.iter().filter(sealed).map(figures).collect()
    };
    let before = costs();
    assert_eq!(before.len(), 2);
    assert!(before.iter().all(|row| row[0].as_u64() > Some(200) && row[1].as_u64() > Some(200)));
    home.create("second.txt", NOTE);
    for name in ["clinic", "other"] {
        home.grant(&id, name, &["--for", "30d"]);
        for _ in 0..3 {
            home.assert_opens(name, &id, NOTE);
        }
    }
    assert_eq!(costs(), before);
}

/// Everything below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn nothing_that_is_written_tells_content_name_type_or_label() {
    let home = Home::with(&["patient", "clinic"]);
    let markers = [
        "marker-of-the-content",
        "marker-of-the-name",
        "x-marker-of-the-type",
        "marker-of-the-label",
        "marker-of-the-reason",
    ];
    let [content, name, kind, label, reason] = markers;
    home.file(&format!("{name}.txt"), content.repeat(10_000));
    home.file(&format!("{name}-small.txt"), content);
    let media = format!("application/{kind}");
    for (file, more) in [("", ""), ("-small", ""), ("-small", "--erasable")] {
        let file = format!("{name}{file}.txt");
        let mut line = vec!["create", &file, "--again", "--label", label, "--media-type", &media];
        line.extend(Some(more).filter(|more| !more.is_empty()));
        let created = home.json("patient", &line).ok().object();
        let id = text(&created, "record_id");
        home.grant(id, "clinic", &[]);
        home.json("clinic", &["access", id, "-o", "out", "--force"]).ok();
        home.json("patient", &["revoke", id, home.principal("clinic")]).ok();
        home.grant(id, "clinic", &["--emergency"]);
        home.json("clinic", &["access", id, "-o", "out", "--force", "-y", "--emergency", reason])
            .ok();
    }
    let mut written = Vec::new();
    files(home.root(), &mut written);
    assert!(written.len() > 10);
    for path in written {
        let bytes = fs::read(&path).unwrap();
        for marker in markers {
            let found = bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
            assert!(!found, "{marker} in {}", path.display());
        }
    }
}
