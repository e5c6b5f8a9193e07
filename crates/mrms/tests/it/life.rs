//! The life of a record by commands: put on record, refused, granted, opened, amended, expired,
//! revoked, carried away.

use crate::support::{Home, NOTE, number, text};

#[test]
fn stranger_is_refused_and_gets_nothing() {
    let home = Home::with(&["patient", "stranger"]);
    let id = home.create("note.txt", NOTE);
    home.json("stranger", &["access", &id, "-o", "stolen"]).refused(4, "no-access");
    home.text("stranger", &["access", &id, "-o", "stolen"]);
    assert_eq!(home.files(), ["note.txt"]);
    let trail = home.json("patient", &["audit", &id]).ok().rows();
    let denied: Vec<_> = trail.iter().filter(|line| line["outcome"] == "denied").collect();
    assert_eq!(denied.len(), 2);
    assert_eq!(denied[0]["actor"], home.principal("stranger"));
    assert_eq!(denied[0]["reason"], "no-access");
}

#[test]
fn patient_finds_what_was_put_on_record() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let line = ["create", "note.txt", "--id", "7", "--label", "Blood test, März"];
    let created = home.json("patient", &line).ok().object();
    assert_eq!(created["record_id"], "7");
    assert_eq!(created["version"], 1);
    let listed = home.json("patient", &["list"]).ok().object();
    assert_eq!((&listed["record_id"], &listed["version"]), (&created["record_id"], &1.into()));
    assert_eq!(listed["name"], "Blood test, März");
    let shown = home.json("patient", &["show", "7"]).ok().object();
    assert_eq!(shown["patient"], home.principal("patient"));
    assert_eq!(shown["versions"][0]["name"], "Blood test, März");
    assert_eq!(shown["versions"][0]["storage"], "chain");
    assert_eq!(shown["grants"].as_array().map(Vec::len), Some(0));
    home.assert_opens("patient", "7", NOTE);
}

#[test]
fn names_stay_locked_without_the_passphrase() {
    let home = Home::with(&["patient"]);
    let id = home.create("positive-result.txt", NOTE);
    for verb in [&["list"][..], &["show", &id]] {
        let mut command = home.command_without_passphrase("patient", verb);
        command.arg("--json");
        let printed = home.run(command).ok();
        assert!(!printed.printed().contains("positive"), "{}", printed.printed());
    }
}

#[test]
fn granted_reader_gets_the_bytes_the_name_and_the_media_type() {
    let home = Home::with(&["patient", "clinic"]);
    let pdf = [b"%PDF-1.7\n".as_slice(), &[0xff; 3_000], b"\n%%EOF\n"].concat();
    let id = home.create("Röntgen 2026.pdf", &pdf);
    let granted = home.grant(&id, "clinic", &["--for", "30d"]);
    assert_eq!(granted["user"], home.principal("clinic"));
    let shared = home.json("clinic", &["list", "--shared-with-me"]).ok().object();
    assert_eq!((&shared["record_id"], &shared["state"]), (&granted["record_id"], &"open".into()));
    std::fs::remove_file(home.work().join("Röntgen 2026.pdf")).unwrap();

    let opened = home.json("clinic", &["access", &id]).ok().object();
    assert_eq!(opened["file_name"], "Röntgen 2026.pdf");
    assert_eq!(opened["output"], "Röntgen 2026.pdf");
    assert_eq!(opened["media_type"], "application/pdf");
    assert_eq!(number(&opened, "bytes"), pdf.len() as u64);
    assert_eq!(home.read("Röntgen 2026.pdf"), pdf);
    home.assert_opens("clinic", &id, &pdf);
    let piped = home.text("clinic", &["access", &id, "-o", "-"]).ok();
    assert_eq!(piped.stdout, pdf);
    assert_eq!(home.files(), ["Röntgen 2026.pdf"]);
}

#[test]
fn reader_opens_versions_from_the_grant_on_and_older_ones_with_history() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.file("note.txt", "second");
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    assert_eq!(amended["version"], 2);
    home.grant(&id, "clinic", &[]);
    let first = ["access", &id, "--version", "1", "-o", "first"];
    home.json("clinic", &first).refused(4, "version-not-granted");
    home.json("clinic", &["access", &id, "--version", "3", "-o", "third"])
        .refused(3, "version-not-found");
    home.assert_opens("clinic", &id, "second");
    home.file("note.txt", "third");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    home.assert_opens("clinic", &id, "third");
    home.grant(&id, "clinic", &["--history"]);
    let opened = home.json("clinic", &first).ok().object();
    assert_eq!(opened["version"], 1);
    assert_eq!(home.read("first"), b"first");
}

#[test]
fn grant_closes_at_its_expiry_and_a_new_one_opens_again() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let granted = home.grant(&id, "clinic", &["--for", "1d"]);
    let renewed = home.grant(&id, "clinic", &["--for", "30d"]);
    let expiry = number(&renewed, "expiry");
    assert!(expiry > number(&granted, "expiry"), "granting again replaces the expiry");
    let now =
        number(&home.json("patient", &["node", "advance", "144"]).ok().object(), "burn_height");
    home.assert_opens("clinic", &id, NOTE);

    let blocks = (expiry - now - 1).to_string();
    home.json("patient", &["node", "advance", &blocks]).ok();
    home.assert_opens("clinic", &id, NOTE);
    let tip = home.json("patient", &["node", "advance", "1"]).ok().object();
    assert!(number(&tip, "burn_height") >= expiry);
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-expired");
    assert!(!home.has("late"));
    let shared = home.json("clinic", &["list", "--shared-with-me"]).ok();
    assert_eq!((shared.printed(), shared.stderr.contains("--ended")), ("", true), "{shared:?}");
    let shared = home.json("clinic", &["list", "--shared-with-me", "--ended"]).ok().object();
    assert_eq!(shared["state"], "closed");
    home.grant(&id, "clinic", &["--for", "8w"]);
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn revoked_reader_is_refused_and_the_patient_learns_what_was_exposed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, "first");
    home.file("note.txt", "second");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    let clinic = home.principal("clinic");
    let revoked = home.json("patient", &["revoke", &id, clinic]).ok().object();
    assert_eq!(revoked["versions_opened"], serde_json::json!([1]));
    assert_eq!(revoked["versions_exposed"], serde_json::json!([1, 2]));
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    home.json("patient", &["revoke", &id, clinic]).refused(3, "no-such-grant");

    home.file("note.txt", "third");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    let envelope = format!(r#"{{"record-id": {id:?}, "version": 3, "user": {clinic:?}}}"#);
    let read = ["contract", "read", "get-key-envelope", envelope.as_str()];
    let found = home.json("clinic", &read).ok().object();
    assert_eq!(found["result_repr"], "none", "no key of version 3 is on chain for the clinic");
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, "third");
}

#[test]
fn provider_adds_a_version_only_with_the_right_and_the_patient_opens_it() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "asked");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.file("answer.txt", "answered");
    home.json("clinic", &["amend", &id, "answer.txt"]).refused(4, "no-amend-right");
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    let amended = home.json("clinic", &["amend", &id, "answer.txt"]).ok().object();
    assert_eq!(amended["version"], 2);
    home.assert_opens("patient", &id, "answered");
    home.assert_opens("clinic", &id, "answered");
    let shown = home.json("patient", &["show", &id]).ok().object();
    assert_eq!(shown["versions"][1]["author"], home.principal("clinic"));
    assert_eq!(shown["versions"][1]["name"], "answer.txt");
}

#[test]
fn readers_new_key_is_not_used_before_the_patient_accepts_it() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    let before = home.json("clinic", &["key", "show"]).ok().object();
    home.json("clinic", &["key", "rotate"]).refused(1, "not-confirmed");
    let rotated = home.json("clinic", &["key", "rotate", "--yes"]).ok().object();
    assert_ne!(rotated["recipient"], before["recipient"]);
    home.assert_opens("clinic", &id, NOTE);

    let other = home.create("other.txt", "other");
    let clinic = home.principal("clinic");
    let grant = ["grant", &other, clinic, "--for", "30d", "--direct", "--yes"];
    home.json("patient", &grant).refused(4, "key-changed");
    home.json("clinic", &["access", &other, "-o", "early"]).refused(4, "no-access");
    home.grant(&other, "clinic", &["--for", "30d", "--accept-changed-key"]);
    home.assert_opens("clinic", &other, "other");
    home.grant(&id, "clinic", &["--for", "60d"]);
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn amendment_does_not_wait_for_a_reader_whose_key_changed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &[]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    home.file("note.txt", "second");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    home.json("clinic", &["access", &id, "-o", "early"]).refused(4, "no-share");
    home.grant(&id, "clinic", &["--accept-changed-key"]);
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn large_content_goes_to_the_vault_and_comes_back() {
    let home = Home::with(&["patient", "clinic"]);
    let mut large = vec![0x5a; 3 << 20];
    large.iter_mut().enumerate().for_each(|(place, byte)| *byte = (place * 31 % 251) as u8);
    home.file("scan.bin", &large);
    let created = home.json("patient", &["create", "scan.bin"]).ok().object();
    assert_eq!(created["storage"], "vault");
    let id = text(&created, "record_id");
    home.grant(id, "clinic", &["--for", "12h"]);
    home.assert_opens("clinic", id, &large);
    home.json("patient", &["verify", id]).ok();
}

#[test]
fn exported_record_opens_by_decrypt_and_not_for_others() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let exported = home.json("patient", &["export", &id, "-o", "carried"]).ok().object();
    let path = text(&exported, "output");
    let bytes = home.read(path);
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    assert!(!bytes.windows(9).any(|window| window == b"Potassium"));
    home.json("clinic", &["decrypt", path, "-o", "stolen"]).refused(4, "no-identity");
    home.json("patient", &["decrypt", path, "-o", "plain"]).ok();
    assert_eq!(home.read("plain"), NOTE);
    assert!(!home.has("stolen"));

    let clinic = home.json("clinic", &["key", "show"]).ok().object();
    let recipient = text(&clinic, "recipient");
    home.json("patient", &["export", "--all", "-r", recipient, "-o", "for-clinic"]).ok();
    let name = path.replace("carried", "for-clinic");
    let opened = home.text("clinic", &["decrypt", &name]).ok();
    assert_eq!(opened.stdout, NOTE);
}

#[test]
fn plain_files_are_encrypted_to_a_recipient_and_by_a_passphrase() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("letter.txt", NOTE);
    let clinic = home.json("clinic", &["key", "show"]).ok().object();
    let recipient = text(&clinic, "recipient");
    home.text("patient", &["encrypt", "-r", recipient, "-o", "letter.age", "letter.txt"]).ok();
    home.json("patient", &["decrypt", "letter.age", "-o", "no"]).refused(4, "no-identity");
    assert_eq!(home.text("clinic", &["decrypt", "letter.age"]).ok().stdout, NOTE);
    home.text("patient", &["encrypt", "-p", "-a", "-o", "letter.asc", "letter.txt"]).ok();
    assert!(home.read("letter.asc").starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
    assert_eq!(home.text("clinic", &["decrypt", "letter.asc"]).ok().stdout, NOTE);
    let mut altered = home.read("letter.age");
    *altered.last_mut().unwrap() ^= 1;
    home.file("letter.age", altered);
    home.json("clinic", &["decrypt", "letter.age", "-o", "no"]).refused(5, "file-altered");
    assert!(!home.has("no"));
}

#[test]
fn id_that_was_seen_on_its_way_cannot_be_taken_by_somebody_else() {
    let home = Home::with(&["patient", "stranger"]);
    home.file("note.txt", NOTE);
    // Signed, and not sent yet: whoever carries it sees the id.
    let signed = home.text("patient", &["create", "note.txt", "-o", "create.tx"]).ok();
    let said = format!("{}{}", signed.printed(), signed.stderr);
    let id = said.split("it creates record ").nth(1).unwrap().split_whitespace().next().unwrap();
    home.file("other.txt", "other");
    home.json("stranger", &["create", "other.txt", "--id", id]).refused(1, "foreign-id");
    let arguments = format!(r#"{{"record-id": {id:?}, "encrypted-content": "0x01"}}"#);
    let line = ["contract", "call", "create-medical-record", arguments.as_str()];
    home.json("stranger", &line).refused(1, "foreign-id");
    home.json("patient", &["tx", "send", "create.tx"]).ok();
    home.assert_opens("patient", id, NOTE);
}

#[test]
fn id_that_somebody_has_taken_is_refused_and_nothing_is_lost() {
    let home = Home::with(&["patient", "stranger"]);
    home.file("note.txt", NOTE);
    home.file("other.txt", "other");
    home.json("stranger", &["create", "other.txt", "--id", "7"]).ok();
    let error =
        home.json("patient", &["create", "note.txt", "--id", "7"]).refused(1, "record-exists");
    assert!(text(&error, "hint").contains("nothing was lost"), "{error}");
    assert_eq!(home.read("note.txt"), NOTE);
    let created = home.json("patient", &["create", "note.txt"]).ok().object();
    home.assert_opens("patient", text(&created, "record_id"), NOTE);
}
