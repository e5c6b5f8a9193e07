//! Names in place of principals: in logs, refusals and lists; with the principals beside them for programs.

use serde_json::Value;

use super::book::{add, card};
use crate::support::{Home, NOTE, text};

/// A patient who knows a clinic by name, with a record that the clinic has opened.
fn home_with_an_opening() -> (Home, String) {
    let home = Home::with(&["patient", "clinic", "stranger"]);
    add(&home, "patient", &card(&home, "clinic", "Clinic B"), &[]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.json("stranger", &["access", &id, "-o", "never"]).refused(4, "no-access");
    (home, id)
}

#[test]
fn log_names_people_and_keeps_principals_for_programs() {
    let (home, id) = home_with_an_opening();
    let clinic = home.principal("clinic");
    let log = home.text("patient", &["audit", &id]).ok();
    let log = log.printed();
    assert!(log.contains("grant     you to Clinic B, version 1, read, until about "), "{log}");
    assert!(log.contains("access    Clinic B, version 1"), "{log}");
    assert!(log.contains("not among your people"), "{log}");
    assert!(!log.contains(clinic) && !log.contains("burn block"), "{log}");
    let details = home.text("patient", &["audit", &id, "--details"]).ok();
    assert!(details.printed().contains(&format!("Clinic B ({clinic})")), "{details:?}");
    assert!(details.printed().contains("burn block"), "{details:?}");

    let rows = home.json("patient", &["audit", &id]).ok();
    let opened: Vec<_> = rows.rows().into_iter().filter(|row| row["action"] == "access").collect();
    assert_eq!(text(&opened[0], "actor_name"), "Clinic B");
    assert_eq!(text(&opened[0], "actor"), clinic);
    assert_eq!(opened[1]["actor_name"], Value::Null);
    // An exported log with names is checked as one without them.
    home.file("trail.ndjson", rows.printed());
    home.json("clinic", &["verify", "trail.ndjson"]).ok();
    let forged = rows.printed().replace("\"Clinic B\"", "[1]");
    home.file("forged.ndjson", forged);
    assert_ne!(home.json("clinic", &["verify", "forged.ndjson"]).code, Some(0));
    let compared = home.text("patient", &["audit", &id, "--reconcile"]).ok();
    assert!(compared.printed().contains("Clinic B, version 1: released"), "{compared:?}");
    assert!(!compared.printed().contains(clinic), "{compared:?}");
}

#[test]
fn names_stay_with_the_profile_while_it_is_locked() {
    let (home, id) = home_with_an_opening();
    let command = home.command_without_passphrase("patient", &["audit", &id]);
    let log = home.run(command).ok();
    assert!(log.printed().contains(home.principal("clinic")), "{log:?}");
    assert!(!log.printed().contains("Clinic B"), "{log:?}");
}

#[test]
fn refusals_and_lists_name_people() {
    let (home, id) = home_with_an_opening();
    let clinic = home.principal("clinic");
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let again = ["grant", &id, clinic, "--for", "60d", "--yes"];
    let refused = home.text("patient", &again);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("error: Clinic B has published"), "{}", refused.stderr);
    let details = home.text("patient", &[&again[..], &["--details"]].concat());
    assert!(details.stderr.contains(clinic), "{}", details.stderr);

    let ignored = home.text("patient", &["profile", "ignore", "clinic b"]).ok();
    assert!(ignored.printed().ends_with("\n  Clinic B\n"), "{ignored:?}");
    let ignored = home.json("patient", &["profile", "ignore"]).ok().object();
    assert_eq!(ignored["ignored_names"], serde_json::json!(["Clinic B"]));
    assert_eq!(ignored["ignored"], serde_json::json!([clinic]));
    home.json("patient", &["profile", "ignore", "Clinic C"]).refused(3, "name-unknown");
    home.json("patient", &["profile", "ignore", "Clinic B", "--undo"]).ok();

    add(&home, "clinic", &card(&home, "patient", "Käthe"), &[]);
    home.json("patient", &["key", "trust", "Clinic B", "--accept-changed-key"]).ok();
    let opened = home.text("clinic", &["access", &id, "-o", "opened"]).ok();
    assert!(opened.printed().contains("written by Käthe"), "{opened:?}");
}

#[test]
fn trustee_is_named_by_name() {
    let home = Home::with(&["patient", "clinic", "stranger"]);
    add(&home, "patient", &card(&home, "clinic", "Clinic B"), &[]);
    let line = ["key", "split", "--threshold", "2", "-o", "shares", "--trustee", "Clinic B"];
    let line = [&line[..], &["--trustee", home.principal("stranger")]].concat();
    let split = home.json("patient", &line).ok().object();
    assert_eq!(text(&split["shares"][0], "name"), "Clinic B");
    let unknown = ["key", "split", "--threshold", "2", "-o", "more", "--trustee", "Clinic C"];
    let unknown = [&unknown[..], &["--trustee", "Clinic B"]].concat();
    home.json("patient", &unknown).refused(3, "name-unknown");
}
