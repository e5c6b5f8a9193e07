//! A command that is repeated after an interruption does the thing once. One that is repeated after its end does it again.

use std::fs::File;
use std::process::Command;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::crash::kill_after_block;
use crate::scene::Scene;
use crate::support::{Home, NOTE, number, text};

/// `mrms` as the patient, with a file as its standard input if it reads that.
fn command(home: &Home, line: &[&str], file: &str) -> Command {
    let mut command = home.command("patient", line);
    command.arg("--json");
    if line.contains(&"-") {
        command.stdin(File::open(home.work().join(file)).unwrap());
    }
    command
}

/// How many records the patient has, and how many versions one of them.
fn counted(home: &Home, id: &str) -> (u64, u64) {
    let records = home.json("patient", &["list"]).ok().rows().len() as u64;
    let shown = home.json("patient", &["show", id]).ok().object();
    (records, number(&shown, "version"))
}

#[test]
fn killed_commands_are_done_once_when_they_are_repeated() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let clinic = home.principal("clinic").to_owned();
    let mut killed = 0;
    for round in 0..15 {
        let (file, other) = (format!("file-{round}.txt"), format!("other-{round}.txt"));
        home.file(&file, format!("content {round}"));
        home.file(&other, format!("another content {round}"));
        let (line, more) = match round % 5 {
            0 => (vec!["amend", &id, &file], (0, 1)),
            1 => (vec!["create", "-"], (1, 0)),
            2 => (vec!["create", &file, &other, "--again"], (2, 0)),
            3 => (vec!["send", &clinic, &file], (1, 0)),
            _ => (vec!["amend", &id, "-", "--label", "Corrected"], (0, 1)),
        };
        let before = counted(&home, &id);
        let delay = Duration::from_millis(rng.random_range(0..15));
        let output = kill_after_block(&home, delay, command(&home, &line, &file));
        // What was told as a whole line was told, however the process ended: the same command does it again.
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = printed.lines().filter(|row| serde_json::from_str::<Value>(row).is_ok());
        let is_told = rows.count() as u64 == more.0 + more.1;
        killed += usize::from(!output.status.success() && !is_told);
        if !is_told {
            // Another command may come in between.
            if round % 2 == 0 {
                home.json("patient", &["list"]).ok();
            }
            home.run(command(&home, &line, &file)).ok();
        }
        let after = (before.0 + more.0, before.1 + more.1);
        assert_eq!(counted(&home, &id), after, "{line:?}: {output:?}");
    }
    println!("{killed} were killed");
    assert!(killed > 0, "nothing was killed: the delays are too long");
    home.assert_unharmed();
}

#[test]
fn what_waits_for_its_block_is_not_done_again_and_is_told_once_it_is_there() {
    let scene = Scene::by_hand();
    let clinic = scene.clinic();
    for (file, content) in [("more.txt", "more"), ("one.txt", "one"), ("two.txt", "two")] {
        scene.home.file(file, content);
    }
    let run = |line: &[&str], file: &str| {
        let mut command = scene.command("patient", line);
        if line.contains(&"-") {
            command.stdin(File::open(scene.home.work().join(file)).unwrap());
        }
        scene.home.run(command)
    };
    for (line, file) in [
        (&["amend", "7", "more.txt"][..], ""),
        (&["amend", "7", "-"], "one.txt"),
        (&["create", "-"], "more.txt"),
        (&["create", "one.txt", "two.txt", "--again"], ""),
        (&["send", &clinic, "more.txt"], ""),
    ] {
        let sent = scene.sent();
        let first = run(line, file);
        assert_eq!(first.code, Some(6), "{first:?}");
        let once = scene.sent();
        assert!(once > sent, "{first:?}");
        for _ in 0..2 {
            let again = run(line, file);
            assert_eq!((again.code, scene.sent()), (Some(6), once), "{again:?}");
            let error = again.rows().pop().unwrap()["error"].clone();
            let is_pending =
                ["transaction-pending", "create-incomplete"].contains(&text(&error, "code"));
            assert!(is_pending, "{again:?}");
        }
        scene.home.json("patient", &["node", "mine"]).ok();
        let told = run(line, file).ok();
        let is_told = |row: &Value| row["created"] == true || row["sent"] == true;
        assert!(told.rows().iter().all(is_told), "{told:?}");
        assert_eq!(scene.sent(), once, "{told:?}");
        // Once its end was told, the same command does it again.
        let further = run(line, file);
        assert!(scene.sent() > once, "{further:?}");
        scene.home.json("patient", &["node", "mine"]).ok();
        run(line, file).ok();
    }
    scene.end();
}

#[test]
fn version_that_waits_keeps_another_one_from_being_refused_behind_it() {
    let scene = Scene::by_hand();
    scene.home.file("one.txt", "one");
    scene.home.file("two.txt", "two");
    scene.run("patient", &["amend", "7", "one.txt"]).refused(6, "transaction-pending");
    let sent = scene.sent();
    scene.run("patient", &["amend", "7", "two.txt"]).refused(6, "transaction-pending");
    assert_eq!(scene.sent(), sent);
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.run("patient", &["amend", "7", "two.txt"]).refused(6, "transaction-pending");
    scene.home.json("patient", &["node", "mine"]).ok();
    let shown = scene.run("patient", &["show", "7"]).ok().object();
    assert_eq!(shown["version"], 3);
    scene.end();
}

#[test]
fn same_content_again_is_a_further_one_once_the_first_was_told() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    for (version, line) in [
        (2, &["amend", &id, "note.txt"][..]),
        (3, &["amend", &id, "note.txt"]),
        (4, &["amend", &id, "-"]),
        (5, &["amend", &id, "-"]),
    ] {
        let amended = home.run(command(&home, line, "note.txt")).ok().object();
        assert_eq!(amended["version"], version);
    }
    let records = |line: &[&str]| {
        home.run(command(&home, line, "note.txt")).ok();
        home.json("patient", &["list"]).ok().rows().len()
    };
    assert_eq!(records(&["create", "-"]), 2);
    assert_eq!(records(&["create", "-"]), 3);
    // A name that a record has already is not given again.
    let rename = ["amend", &id, "--label", "Blood test"];
    let renamed = home.json("patient", &rename).ok().object();
    assert_eq!(renamed["version"], 6);
    let again = home.json("patient", &rename).ok().object();
    assert_eq!((&again["version"], &again["created"]), (&6.into(), &true.into()));
    assert_eq!(
        home.json("patient", &["amend", &id, "--label", "Other"]).ok().object()["version"],
        7
    );
}
