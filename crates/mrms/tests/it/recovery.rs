//! Everything comes back from the 24 words and the chain.

use std::fs;

use serde_json::json;

use crate::changed_key::answered;
use crate::remote::Node;
use crate::support::{Home, NOTE, text};

/// Loses a profile's folder, and brings it back from the words.
fn lose_and_recover(home: &Home, name: &str) -> serde_json::Value {
    let phrase = home.phrase(name);
    fs::remove_dir_all(home.profile_folder(name)).unwrap();
    home.json(name, &["list"]).refused(3, "no-profile");
    home.file("words", phrase.replace(' ', "\n"));
    let recovered = home.json(name, &["key", "recover", "--words-file", "words"]).ok().object();
    fs::remove_file(home.work().join("words")).unwrap();
    recovered
}

#[test]
fn patient_gets_every_record_back_from_the_words() {
    let home = Home::with(&["patient", "clinic"]);
    let small = home.create("note.txt", NOTE);
    let large = vec![5; 200_000];
    let scan = home.create("scan.bin", &large);
    home.file("note.txt", "second");
    home.json("patient", &["amend", &small, "note.txt"]).ok();
    home.grant(&small, "clinic", &["--amend"]);
    home.file("note.txt", "by the clinic");
    home.json("clinic", &["amend", &small, "note.txt"]).ok();
    let before = home.json("patient", &["key", "show"]).ok().object();

    let recovered = lose_and_recover(&home, "patient");
    assert_eq!(recovered["principal"], before["principal"]);
    assert_eq!(recovered["recipient"], before["recipient"]);
    assert_eq!(recovered["records"], 2);
    assert_eq!(recovered["records_recovered"], 2);
    home.assert_opens("patient", &small, "by the clinic");
    home.assert_opens("patient", &scan, &large);
    let first = ["access", &small, "--version", "1", "-o", "first"];
    home.json("patient", &first).ok();
    assert_eq!(home.read("first"), NOTE);
    home.assert_unharmed();
}

#[test]
fn recovered_patient_shares_on_with_those_who_had_access() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    lose_and_recover(&home, "patient");
    home.assert_opens("clinic", &id, "first");
    home.file("note.txt", "second");
    let clinic = home.principal("clinic");
    // The words bring no memory of who was granted; the ledger's word for it is not enough.
    let amended = home.json("patient", &["amend", &id, "note.txt", "--yes"]).ok();
    let left_out = amended.object()["left_out"].clone();
    assert_eq!(left_out, json!([{"user": clinic, "reason": "not-remembered"}]));
    assert!(amended.stderr.contains(clinic), "{}", amended.stderr);
    home.file("note.txt", "third");
    let accepting = ["amend", &id, "note.txt", "--accept-reader", clinic];
    assert_eq!(home.json("patient", &accepting).ok().object()["left_out"], json!([]));
    home.assert_opens("clinic", &id, "third");
    home.file("note.txt", "second");
    let asked = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    assert_eq!(asked["left_out"], json!([]), "who was accepted is remembered");
    home.assert_opens("clinic", &id, "second");
    let other = home.create("other.txt", "other");
    home.grant(&other, "clinic", &[]);
    home.assert_opens("clinic", &other, "other");
    home.grant(&id, "clinic", &["--for", "60d"]);
    home.assert_opens("clinic", &id, "second");
    home.json("clinic", &["access", &id, "--version", "1", "-o", "first"]).ok();
    assert_eq!(home.read("first"), b"first");
}

#[test]
fn recovered_patient_is_asked_once_about_each_reader() {
    let home = Home::with(&["patient", "clinic", "other"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    home.grant(&id, "other", &["--for", "30d"]);
    lose_and_recover(&home, "patient");
    home.file("note.txt", "second");
    let amend = ["amend", &id, "note.txt", "--yes"];
    let said = answered(&home, "patient", &amend, "y\nn").ok();
    let clinic = home.json("clinic", &["key", "show"]).ok().object();
    for shown in
        [text(&clinic, "fingerprint"), text(&clinic, "principal"), "may open it and add to it"]
    {
        assert!(said.stderr.contains(shown), "{}", said.stderr);
    }
    home.assert_opens("clinic", &id, "second");
    let early = ["access", &id, "--version", "2", "-o", "early"];
    home.json("other", &early).refused(4, "no-share");
    // Nobody is asked again.
    home.file("note.txt", "third");
    let again = home.json("patient", &amend).ok().object();
    assert_eq!(again["left_out"], json!([{"user": home.principal("other"), "reason": "ended"}]));
    home.assert_opens("clinic", &id, "third");
    let line = ["grant", &id, home.principal("other"), "--for", "30d"];
    let granted = home.text("patient", &line).ok();
    let words: Vec<&str> = granted.printed().split_whitespace().collect();
    assert!(words.join(" ").contains("does not remember"), "{}", granted.printed());
    home.assert_opens("other", &id, "third");
}

#[test]
fn recovered_patient_keeps_no_rights_unasked() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    lose_and_recover(&home, "patient");
    let grant = ["grant", &id, home.principal("clinic"), "--for", "60d"];
    let refused = home.json("patient", &grant).refused(2, "usage");
    assert!(text(&refused, "message").contains("read+amend"), "{refused}");
    let told = [&grant[..], &["--read-only"]].concat();
    assert_eq!(home.json("patient", &told).ok().object()["rights"], "read");
}

#[test]
fn recovered_reader_opens_what_was_shared_before_and_after_a_rotation() {
    let home = Home::with(&["patient", "clinic"]);
    let before = home.create("before.txt", "before");
    home.grant(&before, "clinic", &[]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let after = home.create("after.txt", "after");
    home.grant(&after, "clinic", &["--accept-changed-key"]);
    let shown = home.json("clinic", &["key", "show"]).ok().object();
    let recovered = lose_and_recover(&home, "clinic");
    assert_eq!(recovered["recipient"], shown["recipient"]);
    home.assert_opens("clinic", &before, "before");
    home.assert_opens("clinic", &after, "after");
}

/// The profile remembers its new key before it publishes it; here it was killed in between.
#[test]
fn rotation_that_was_interrupted_does_not_stop_a_recovery() {
    use mrms_crypto::{IdentityIndex, Keyring, Words};
    let home = Home::with(&["patient", "clinic"]);
    let keyring = Keyring::from_words(&Words::parse(&home.phrase("clinic")).unwrap());
    let next = keyring.identity(IdentityIndex::new(1)).unwrap();
    let path = home.profile_folder("clinic").join("profile.json");
    let mut card: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    card["identity"] = 1.into();
    card["recipient"] = next.recipient().to_string().into();
    fs::write(&path, card.to_string()).unwrap();

    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
    let rotated = home.json("clinic", &["key", "rotate", "--yes"]).ok().object();
    home.grant(&id, "clinic", &["--accept-changed-key"]);
    home.assert_opens("clinic", &id, NOTE);
    let recovered = lose_and_recover(&home, "clinic");
    assert_eq!(recovered["recipient"], rotated["recipient"]);
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn recovery_overwrites_no_profile_that_is_there() {
    let home = Home::with(&["patient"]);
    let keystore = home.profile_folder("patient").join("keystore.age");
    let before = fs::read(&keystore).unwrap();
    home.file("words", home.phrase("patient"));
    let line = ["key", "recover", "--words-file", "words"];
    home.json("patient", &line).refused(1, "profile-exists");
    assert_eq!(fs::read(&keystore).unwrap(), before);
}

#[test]
fn copied_home_is_a_backup() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let copy = home.work().join("backup");
    copy_folder(home.root(), &copy);
    fs::remove_dir_all(home.root()).unwrap();
    fs::rename(&copy, home.root()).unwrap();
    home.assert_opens("clinic", &id, NOTE);
    home.assert_unharmed();
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn recovery_without_records_asks_whether_it_is_the_right_ledger() {
    let home = Home::with(&["patient", "clinic"]);
    home.create("note.txt", NOTE);
    let other = Home::empty();
    other.file("words", home.phrase("patient"));
    let line = ["key", "recover", "--words-file", "words"];
    let run = other.text("patient", &line).ok();
    assert!(run.printed().contains("this account has no records on the"), "{run:?}");
    assert!(run.printed().contains("Is this the right ledger?"), "{run:?}");
    assert!(run.printed().contains("made new just now"), "{run:?}");
    // A clinic has no records of its own, and its ledger is not new.
    home.file("words", home.phrase("clinic"));
    fs::remove_dir_all(home.profile_folder("clinic")).unwrap();
    let run = home.json("clinic", &line).ok();
    assert_eq!((&run.object()["records"], &run.object()["new_ledger"]), (&0.into(), &false.into()));
    assert!(run.stderr.contains("Is this the right ledger?"), "{run:?}");
    // Whose records are there is asked nothing.
    let recovered = lose_and_recover(&home, "patient");
    assert_eq!((&recovered["records"], &recovered["new_ledger"]), (&1.into(), &false.into()));
}

#[test]
fn home_of_a_ledger_elsewhere_makes_none_of_its_own() {
    let served = Home::with(&["clinic"]);
    let node = Node::start(&served);
    let mut home = Home::elsewhere(&node.url, &served.contract());
    home.join("patient");
    home.unset("MRMS_LEDGER_URL");
    home.unset("MRMS_CONTRACT");
    for line in [&["list"][..], &["create", "note.txt"], &["profile", "add", "other"]] {
        home.file("note.txt", NOTE);
        let error = home.json("patient", line).refused(3, "no-ledger-named");
        assert!(text(&error, "message").contains(&node.url), "{error}");
    }
    assert!(!home.root().join("ledger").exists(), "an island was made");
    home.set("MRMS_LEDGER_URL", &node.url);
    home.set("MRMS_CONTRACT", &served.contract());
    home.json("patient", &["list"]).ok();
    node.stop();
}

#[test]
fn same_words_give_the_same_account_in_a_new_home() {
    let home = Home::with(&["patient"]);
    let mut other = Home::empty();
    other.file("words", home.phrase("patient"));
    let made = other.json("patient", &["init", "--words-file", "words"]).ok().object();
    assert_eq!(made["principal"], home.principal("patient"));
    other.remember("patient", text(&made, "principal"));
    let id = other.create("note.txt", NOTE);
    other.assert_opens("patient", &id, NOTE);
}

/// Whoever lost a passphrase or a file is led to the words, which bring the same account back, and not to a new account.
#[test]
fn hints_lead_to_the_words_before_they_lead_to_a_new_account() {
    let home = Home::with(&["patient", "clinic"]);
    home.create("note.txt", NOTE);
    let recovers = |error: &serde_json::Value| {
        let hint = text(error, "hint");
        let at = hint.find("NEWNAME key recover");
        assert!(at.is_some(), "{error}");
        assert!(hint.find("init").is_none_or(|init| Some(init) > at), "{error}");
    };
    let mut command = home.command("patient", &["key", "words", "--yes", "--json"]);
    home.file("other", "another one than that");
    command.env("MRMS_PASSPHRASE_FILE", home.work().join("other"));
    recovers(&home.run(command).refused(4, "wrong-passphrase"));
    home.file("words", home.phrase("patient"));
    let again = ["key", "recover", "--words-file", "words"];
    recovers(&home.json("patient", &again).refused(1, "profile-exists"));
    fs::write(home.profile_folder("patient").join("keystore.age"), "damaged").unwrap();
    recovers(&home.json("patient", &["create", "note.txt"]).refused(5, "keystore-damaged"));
    let recovered = home.json("newname", &again).ok().object();
    assert_eq!(recovered["principal"], home.principal("patient"));

    fs::remove_dir_all(home.root().join("profiles")).unwrap();
    let error = home.json("patient", &["list"]).refused(3, "no-profile");
    assert!(text(&error, "hint").contains("mrms key recover"), "{error}");
}
