//! `--dry-run`: what would be sent, paid and answered, and nothing of it done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::support::{Home, NOTE, text};

/// The hash of every file that a profile or the vault holds.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let hash = hex::encode(Sha256::digest(fs::read(&path).unwrap()));
            found.insert(path, hash);
        }
    }
}

/// Where the chain stands, and every file beside it.
fn state(home: &Home) -> (serde_json::Value, BTreeMap<PathBuf, String>) {
    let mut found = BTreeMap::new();
    for folder in ["profiles", "vault"] {
        files(&home.root().join(folder), &mut found);
    }
    (home.json("patient", &["node", "fsck"]).ok().object(), found)
}

#[test]
fn dry_run_tells_what_would_be_sent_and_sends_nothing() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.file("scan.bin", vec![1; 50_000]);
    home.file("counter.clar", "(define-read-only (nothing) u0)");
    let clinic = home.principal("clinic");
    let call = format!(r#"{{"record-id": "{id}", "user": "{clinic}", "expiry": null}}"#);
    let before = state(&home);
    for (line, named) in [
        (&["create", "note.txt", "--again"][..], "create-medical-record"),
        (&["create", "scan.bin"], "create-medical-record"),
        (&["amend", &id, "note.txt"], "amend-record-version"),
        (&["grant", &id, clinic, "--direct", "--forever"], "put-key-envelope"),
        (&["access", &id, "-o", "out"], "access-medical-record"),
        (&["contract", "call", "grant-record-access", &call], "grant-record-access"),
        (&["contract", "deploy", "counter.clar"], "deploy counter"),
    ] {
        let line = [line, &["--dry-run"]].concat();
        let told = home.json("patient", &line).ok().object();
        assert_eq!(told["dry_run"], true, "{told}");
        let message = text(&told, "message");
        assert!(message.contains(named) && message.contains("fee"), "{message}");
    }
    assert!(!home.has("out"));
    assert_eq!(state(&home), before);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn dry_run_of_what_would_be_refused_is_refused() {
    let home = Home::with(&["patient", "stranger"]);
    let id = home.create("note.txt", NOTE);
    let stranger = home.principal("stranger");
    let before = state(&home);
    home.json("stranger", &["access", &id, "-o", "out", "--dry-run"]).refused(4, "no-access");
    home.json("patient", &["revoke", &id, stranger, "--dry-run"]).refused(3, "no-such-grant");
    let past = ["grant", &id, stranger, "--direct", "--expiry", "50000", "--dry-run"];
    home.json("patient", &past).refused(1, "expiry-in-past");
    assert_eq!(state(&home), before);
}

#[test]
fn dry_run_accepts_no_changed_key() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let clinic = home.principal("clinic");
    let grant = ["grant", &id, clinic, "--direct", "--yes", "--forever"];
    let tried = [&grant[..], &["--accept-changed-key", "--dry-run"]].concat();
    home.json("patient", &tried).ok();
    home.json("patient", &grant).refused(4, "key-changed");
}

#[test]
fn commands_that_do_more_than_send_are_no_dry_run() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    let before = state(&home);
    let link = ["link", "create", "1", "--for", "1d", "--host", "https://links.example.org"];
    for line in [&["key", "rotate"][..], &["node", "advance", "5"], &link] {
        let line = [line, &["--dry-run"]].concat();
        home.json("patient", &line).refused(2, "usage");
    }
    home.json("other", &["init", "--dry-run"]).refused(2, "usage");
    assert!(!home.profile_folder("other").exists());
    assert_eq!(state(&home), before);
}
