//! The key agent: one profile unlocked, for a time, for this user alone.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Home, NOTE, Run};

fn without_passphrase(home: &Home, name: &str, arguments: &[&str]) -> Run {
    let mut command = home.command_without_passphrase(name, arguments);
    command.arg("--json");
    home.run(command)
}

#[test]
fn wrong_passphrase_does_not_unlock() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    home.file("wrong", "not this one\n");
    home.json("patient", &["key", "unlock", "--passphrase-file", "wrong"])
        .refused(4, "wrong-passphrase");
    home.json("patient", &["key", "unlock", "--for", "25h"]).refused(2, "usage");
    home.json("patient", &["key", "unlock", "--for", "0m"]).refused(2, "usage");
    without_passphrase(&home, "patient", &["access", &id]).refused(1, "no-passphrase");
}

#[test]
fn unlocked_profile_works_without_a_passphrase_until_it_is_locked() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let unlocked = home.json("patient", &["key", "unlock", "--for", "1m"]).ok().object();
    assert_eq!(unlocked["unlocked_seconds"], 60);
    without_passphrase(&home, "patient", &["access", &id, "-o", "out"]).ok();
    assert_eq!(home.read("out"), NOTE);
    let listed = without_passphrase(&home, "patient", &["list"]).ok().object();
    assert_eq!(listed["name"], "note.txt");

    without_passphrase(&home, "clinic", &["access", &id, "-o", "no"]).refused(1, "no-passphrase");
    without_passphrase(&home, "patient", &["key", "words"]).refused(1, "no-passphrase");
    let mut elsewhere = home.command_without_passphrase("patient", &["access", &id, "--json"]);
    elsewhere.env("MRMS_HOME", home.work());
    assert_ne!(home.run(elsewhere).code, Some(0), "another home is another profile");

    let locked = home.json("patient", &["key", "lock"]).ok().object();
    assert_eq!(locked["was_unlocked"], true);
    without_passphrase(&home, "patient", &["access", &id]).refused(1, "no-passphrase");
    let again = home.json("patient", &["key", "lock"]).ok().object();
    assert_eq!(again["was_unlocked"], false);
}

#[test]
fn unlocking_again_replaces_the_agent() {
    let home = Home::with(&["patient"]);
    home.json("patient", &["key", "unlock", "--for", "1m"]).ok();
    home.json("patient", &["key", "unlock", "--for", "2m"]).ok();
    home.create("note.txt", NOTE);
    assert_eq!(home.json("patient", &["key", "lock"]).ok().object()["was_unlocked"], true);
    assert_eq!(home.json("patient", &["key", "lock"]).ok().object()["was_unlocked"], false);
}

#[test]
fn agent_forgets_when_its_time_is_over() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let mut command = home.command_without_passphrase("patient", &["key", "agent", "2"]);
    let mut agent =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    agent.stdin.take().unwrap().write_all(home.phrase("patient").as_bytes()).unwrap();
    let opened = loop {
        let run = without_passphrase(&home, "patient", &["access", &id, "-o", "out"]);
        if run.code == Some(0) || began.elapsed() > Duration::from_secs(2) {
            break run;
        }
    };
    opened.ok();
    assert!(agent.wait().unwrap().success());
    assert!(began.elapsed() >= Duration::from_secs(2), "it ended early");
    without_passphrase(&home, "patient", &["access", &id]).refused(1, "no-passphrase");
    let sockets = home.work().parent().unwrap().join("run").join("mrms");
    assert_eq!(std::fs::read_dir(sockets).unwrap().count(), 0, "its socket is gone");
}

#[test]
fn agent_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with(&["patient"]);
    home.json("patient", &["key", "unlock", "--for", "1m"]).ok();
    let folder = home.work().parent().unwrap().join("run").join("mrms");
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    home.json("patient", &["key", "lock"]).ok();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = home.json("patient", &["key", "unlock", "--for", "1m"]);
    assert_eq!(run.code, Some(1), "a folder that others can enter is not used: {run:?}");
}
