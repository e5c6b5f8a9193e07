//! A card pins the key: nothing is encrypted to somebody whose published key is not the one on their card, and a key
//! that was never seen is asked about.

use serde_json::json;

use super::book::{add, card};
use crate::changed_key::answered;
use crate::support::{Home, NOTE, text};

fn fingerprint(home: &Home, name: &str) -> String {
    let shown = home.json(name, &["key", "show"]).ok().object();
    text(&shown, "fingerprint").to_owned()
}

#[test]
fn published_key_that_is_not_on_the_card_gets_nothing_without_a_question() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let text_of_card = card(&home, "clinic", "Clinic B");
    let on_card = fingerprint(&home, "clinic");
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let published = fingerprint(&home, "clinic");
    let told = home.text("patient", &["people", "add", &text_of_card, "--yes"]).ok();
    assert!(told.stderr.contains(&published), "{}", told.stderr);
    let doctor = home.text("patient", &["doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    let finding = "another key is published than the one that you know: Clinic B";
    assert!(doctor.printed().contains(finding), "{doctor:?}");
    let clinic = home.principal("clinic");
    let grant = ["grant", &id, clinic, "--for", "30d", "--yes"];
    for line in [&grant[..], &["key", "trust", "Clinic B", "--yes"]] {
        let error = home.json("patient", line).refused(4, "key-not-on-card");
        let message = text(&error, "message");
        assert!(message.contains(&on_card) && message.contains(&published), "{message}");
    }
    let refused = answered(&home, "patient", &grant, "n");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("Clinic B is not the one on their card"), "{}", refused.stderr);
    // Their new card is enough.
    let renewed = home.json("clinic", &["card", "show"]).ok().object();
    add(&home, "patient", text(&renewed, "text"), &[]);
    home.json("patient", &grant).ok();
    home.assert_opens("clinic", &id, NOTE);
    let doctor = home.text("patient", &["doctor"]).ok();
    assert!(doctor.printed().contains("1 known, 1 of them by a card"), "{doctor:?}");
}

#[test]
fn key_that_was_compared_is_taken_until_a_newer_card_names_another() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let text_of_card = card(&home, "clinic", "Clinic B");
    add(&home, "patient", &text_of_card, &[]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let trusted =
        home.json("patient", &["key", "trust", "Clinic B", "--accept-changed-key"]).ok().object();
    assert_eq!(text(&trusted, "principal_name"), "Clinic B");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.file("note.txt", "second");
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    assert_eq!(amended["left_out"], json!([]));
    // A card that names yet another key than the one that is published.
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let newer = home.json("clinic", &["card", "show"]).ok().object();
    let before = home.json("patient", &["people", "show", "Clinic B"]).ok().object();
    assert_ne!(newer["fingerprint"], before["card"]["fingerprint"]);
    add(&home, "patient", text(&newer, "text"), &[]);
    let again = ["grant", &id, home.principal("clinic"), "--for", "60d", "--yes"];
    home.json("patient", &again).refused(4, "key-changed");
}

#[test]
fn new_version_is_not_given_to_a_key_that_left_the_card() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    // The card names the key that comes next; the one before is still published for a moment.
    let old = card(&home, "clinic", "Clinic B");
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    home.json("patient", &["key", "trust", home.principal("clinic"), "--accept-changed-key"]).ok();
    add(&home, "patient", &old, &[]);
    home.file("note.txt", "second");
    let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
    let clinic = home.principal("clinic");
    assert_eq!(amended["left_out"], json!([{"user": clinic, "reason": "key-changed"}]));
}

#[test]
fn provider_amends_for_a_patient_to_the_key_on_their_card_alone() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--amend"]);
    let old = card(&home, "patient", "Käthe");
    home.json("patient", &["key", "rotate", "--yes"]).ok();
    add(&home, "clinic", &old, &[]);
    home.file("note.txt", "second");
    home.json("clinic", &["amend", &id, "note.txt"]).refused(4, "key-not-on-card");
    let renewed = home.json("patient", &["card", "show"]).ok().object();
    add(&home, "clinic", text(&renewed, "text"), &[]);
    home.json("clinic", &["amend", &id, "note.txt"]).ok();
}

#[test]
fn key_that_was_never_seen_is_asked_about_at_a_terminal() {
    let home = Home::with(&["patient", "clinic", "doctor"]);
    let id = home.create("note.txt", NOTE);
    let clinic = home.principal("clinic");
    let grant = ["grant", &id, clinic, "--for", "30d", "--yes"];
    let refused = answered(&home, "patient", &grant, "n");
    assert_eq!(refused.code, Some(1), "--yes does not answer: {refused:?}");
    for shown in [&fingerprint(&home, "clinic"), clinic, "not among your people"] {
        assert!(refused.stderr.contains(shown), "{}", refused.stderr);
    }
    let rows = home.json("patient", &["show", &id]).ok().object();
    assert_eq!(rows["grants"], json!([]), "nothing was granted");
    answered(&home, "patient", &grant, "y").ok();
    let again = answered(&home, "patient", &grant, "n").ok();
    assert!(!again.stderr.contains("fingerprint  "), "asked once: {}", again.stderr);
    // With a card there is nothing to ask; a script goes on and is told.
    add(&home, "patient", &card(&home, "doctor", "Dr A"), &[]);
    let doctor = ["grant", &id, home.principal("doctor"), "--for", "30d"];
    answered(&home, "patient", &doctor, "n").ok();
    let other = Home::with(&["patient", "clinic"]);
    let id = other.create("note.txt", NOTE);
    let script = other.text("patient", &["grant", &id, other.principal("clinic"), "--for", "30d"]);
    assert!(script.ok().stderr.contains(&fingerprint(&other, "clinic")));
}
