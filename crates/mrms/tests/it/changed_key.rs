//! A key that has changed: nothing is wrapped to it before both fingerprints were shown and the new
//! one was accepted.

use serde_json::json;

use crate::support::{Home, NOTE, Run, text};

fn fingerprint(home: &Home, name: &str) -> String {
    let shown = home.json(name, &["key", "show"]).ok().object();
    text(&shown, "fingerprint").to_owned()
}

#[test]
fn changed_key_is_refused_without_a_terminal_and_shown_with_both_fingerprints() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let before = fingerprint(&home, "clinic");
    let rotated = home.json("clinic", &["key", "rotate", "--yes"]).ok().object();
    let after = fingerprint(&home, "clinic");
    assert_eq!(text(&rotated, "fingerprint"), after);
    assert_ne!(before, after);

    let clinic = home.principal("clinic");
    let heads = |home: &Home| home.json("patient", &["verify", &id]).ok().object()["head"].clone();
    let untouched = heads(&home);
    let grant = ["grant", &id, clinic, "--for", "30d", "--direct", "--yes"];
    for line in [&grant[..], &["key", "trust", clinic], &["key", "trust", clinic, "--yes"]] {
        let error = home.json("patient", line).refused(4, "key-changed");
        let message = text(&error, "message");
        assert!(message.contains(&before) && message.contains(&after), "{message}");
    }
    assert_eq!(heads(&home), untouched, "nothing was sent");

    let accepted = home.text("patient", &[&grant[..], &["--accept-changed-key"]].concat()).ok();
    let shown = &accepted.stderr;
    assert!(shown.find(&before).unwrap() < shown.find(&after).unwrap(), "{shown}");
    home.assert_opens("clinic", &id, NOTE);
    home.grant(&id, "clinic", &["--for", "60d"]);
}

/// Runs a command with a terminal as its standard input, on which somebody types a line.
pub(crate) fn answered(home: &Home, name: &str, line: &[&str], answer: &str) -> Run {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::fs::File;
    use std::io::Write;
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let terminal = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(terminal).unwrap();
    let mut keyboard = File::from(keyboard);
    // The terminal keeps what is typed until somebody reads it.
    keyboard.write_all(format!("{answer}\n").as_bytes()).unwrap();
    let mut command = home.command(name, line);
    command.stdin(terminal);
    home.run(command)
}

#[test]
fn person_at_a_terminal_is_shown_both_keys_and_asked() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let before = fingerprint(&home, "clinic");
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let after = fingerprint(&home, "clinic");
    let grant = ["grant", &id, home.principal("clinic"), "--direct", "--yes", "--forever"];
    let refused = answered(&home, "patient", &grant, "n");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for shown in [&before, &after, "by another way than this", "did they read you"] {
        assert!(refused.stderr.contains(shown), "{}", refused.stderr);
    }
    let again = answered(&home, "patient", &grant, "");
    assert_eq!(again.code, Some(1), "no answer is no: {again:?}");
    answered(&home, "patient", &grant, "y").ok();
    home.grant(&id, "clinic", &[]);
}

#[test]
fn new_versions_go_to_a_changed_key_once_it_is_trusted() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    home.file("note.txt", "second");
    let clinic = home.principal("clinic");
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    assert_eq!(amended["left_out"], json!([{"user": clinic, "reason": "key-changed"}]));
    home.json("patient", &["key", "trust", clinic, "--accept-changed-key"]).ok();
    home.file("note.txt", "third");
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    assert_eq!(amended["left_out"], json!([]));
    home.assert_opens("clinic", &id, "third");
}

#[test]
fn accepting_one_key_does_not_accept_the_next() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let clinic = home.principal("clinic");
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let trusted =
        home.json("patient", &["key", "trust", clinic, "--accept-changed-key"]).ok().object();
    assert_eq!(text(&trusted, "fingerprint"), fingerprint(&home, "clinic"));
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let grant = ["grant", &id, clinic, "--direct", "--yes", "--forever"];
    home.json("patient", &grant).refused(4, "key-changed");
}

#[test]
fn provider_amends_for_a_patient_whose_key_changed_once_it_is_trusted() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--amend"]);
    home.file("note.txt", "second");
    home.json("clinic", &["amend", &id, "note.txt"]).ok();
    home.json("patient", &["key", "rotate", "--yes"]).ok();
    home.file("note.txt", "third");
    home.json("clinic", &["amend", &id, "note.txt"]).refused(4, "key-changed");
    let patient = home.principal("patient");
    home.json("clinic", &["key", "trust", patient, "--accept-changed-key"]).ok();
    home.json("clinic", &["amend", &id, "note.txt"]).ok();
    home.assert_opens("patient", &id, "third");
    // What the provider had wrapped to the patient's former key still opens.
    home.json("patient", &["access", &id, "--version", "2", "-o", "second"]).ok();
    assert_eq!(home.read("second"), b"second");
}

#[test]
fn rotated_reader_gets_new_wraps_at_the_next_grant_and_keeps_the_old_versions() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &[]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    home.assert_opens("clinic", &id, "first");
    let granted = home.text(
        "patient",
        &[
            "grant",
            &id,
            home.principal("clinic"),
            "--direct",
            "--yes",
            "--forever",
            "--accept-changed-key",
        ],
    );
    // The version is wrapped again, though its old wrap lies on chain.
    assert!(granted.ok().printed().contains("key of version 1 shared"));
    home.assert_opens("clinic", &id, "first");
}

#[test]
fn trusting_somebody_who_published_nothing_is_refused() {
    let home = Home::with(&["patient"]);
    let nobody = "ST000000000000000000002AMW42H";
    home.json("patient", &["key", "trust", nobody]).refused(3, "no-encryption-key");
}

#[test]
fn key_that_is_on_a_card_is_not_told_as_new() {
    let home = Home::with(&["patient", "clinic", "doctor"]);
    let id = home.create("note.txt", NOTE);
    let card = home.json("clinic", &["card", "set", "--name", "Clinic Nord"]).ok().object();
    home.json("patient", &["people", "add", text(&card, "text"), "--yes"]).ok();
    let said = |who: &str| {
        let line = ["grant", &id, who, "--for", "1d", "--yes"];
        home.json("patient", &line).ok().stderr
    };
    let of_card = said("Clinic Nord");
    assert!(!of_card.contains("new to this profile"), "its fingerprint was compared: {of_card}");
    let doctor = home.principal("doctor");
    let without = said(doctor);
    assert!(without.contains("their key is new to this profile: compare"), "{without}");
}
