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
    // A folder that others can enter, or that leads elsewhere, is not used; there is another place.
    let id = home.create("note.txt", NOTE);
    let elsewhere = home.work().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for make in [true, false] {
        if make {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        } else {
            std::fs::remove_dir(&folder).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
        }
        let unlocked = home.json("patient", &["key", "unlock", "--for", "1m"]).ok();
        assert!(unlocked.stderr.contains(folder.to_str().unwrap()), "it is told: {unlocked:?}");
        without_passphrase(&home, "patient", &["access", &id, "-o", "out", "--force"]).ok();
        assert_eq!(home.json("patient", &["key", "lock"]).ok().object()["was_unlocked"], true);
    }
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn agent_keeps_nothing_open_that_it_inherited() {
    let home = Home::with(&["patient"]);
    let unlock = home.command("patient", &["key", "unlock", "--for", "10m"]);
    let mut shell = std::process::Command::new("/bin/sh");
    // The shell gives a copy of its output on, under a number that the program does not know.
    let script = r#"exec 9>&1; exec "$0" "$@" >/dev/null"#;
    shell.args(["-c", script]).arg(unlock.get_program()).args(unlock.get_args());
    shell.env_clear().current_dir(home.work());
    shell.envs(unlock.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let began = Instant::now();
    // It ends when nobody has the output open any more.
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(300), "the agent has it open");
    assert_eq!(home.json("patient", &["key", "lock"]).ok().object()["was_unlocked"], true);
}

#[test]
fn passphrase_is_the_same_however_its_letters_are_typed() {
    let home = Home::empty();
    home.file("composed", "f\u{fc}nf gr\u{fc}ne Laternen\n");
    home.file("parted", "fu\u{308}nf gru\u{308}ne Laternen\n");
    home.file("marked", "\u{feff}f\u{fc}nf gr\u{fc}ne Laternen\r\n");
    for made in ["composed", "parted", "marked"] {
        home.json(made, &["init", "--passphrase-file", made]).ok();
        for typed in ["composed", "parted", "marked"] {
            let line = ["key", "publish", "--passphrase-file", typed];
            home.json(made, &line).ok();
        }
    }
}

#[test]
fn weak_passphrase_is_refused_with_the_reason_and_makes_nothing() {
    let home = Home::empty();
    for weak in ["short", "aaaaaaaaaaaa", "Passwort123", "qwertyuiop"] {
        home.file("weak", weak);
        let line = ["init", "--passphrase-file", "weak"];
        let error = home.json("patient", &line).refused(1, "weak-passphrase");
        assert!(!error.to_string().contains(weak), "{error}");
    }
    assert!(!home.profile_folder("patient").exists());
}

#[test]
fn words_are_taken_from_a_file_and_from_stdin_as_they_were_shown() {
    let home = Home::with(&["patient"]);
    let shown = home.command("patient", &["key", "words"]).output().unwrap().stdout;
    let again = Home::empty();
    again.file("shown", &shown);
    let made = again.json("file", &["init", "--words-file", "shown"]).ok().object();
    assert_eq!(made["principal"], home.principal("patient"));
    let mut command = again.command("stdin", &["init", "--words-file", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&shown).unwrap();
    let made = again.ended(&command, child.wait_with_output().unwrap()).ok().object();
    assert_eq!(made["principal"], home.principal("patient"));
}

#[test]
fn passphrase_is_changed_by_whoever_knows_the_old_one_and_the_agent_ends() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    home.file("new", "eleven quiet rivers under a paper moon\n");
    home.file("weak", "Passwort123\n");
    let change = ["key", "passphrase", "--new-passphrase-file", "new"];
    let keystore = home.profile_folder("patient").join("keystore.age");
    let before = std::fs::read(&keystore).unwrap();
    home.json("patient", &["key", "passphrase", "--new-passphrase-file", "weak"])
        .refused(1, "weak-passphrase");
    home.json("patient", &[&change[..], &["--passphrase-file", "new"]].concat())
        .refused(4, "wrong-passphrase");
    home.json("patient", &[&change[..], &["--dry-run"]].concat()).refused(2, "usage");
    home.json("patient", &["key", "unlock", "--for", "1m"]).ok();
    without_passphrase(&home, "patient", &change).refused(1, "no-passphrase");
    assert_eq!(std::fs::read(&keystore).unwrap(), before, "the agent changes nothing");
    let changed = home.json("patient", &change).ok().object();
    assert_eq!((&changed["profile"], &changed["was_unlocked"]), (&"patient".into(), &true.into()));
    without_passphrase(&home, "patient", &["access", &id]).refused(1, "no-passphrase");
    home.json("patient", &["access", &id, "-o", "old"]).refused(4, "wrong-passphrase");
    home.json("patient", &["access", &id, "-o", "out", "--passphrase-file", "new"]).ok();
    assert_eq!(home.read("out"), NOTE);
    let again = ["key", "passphrase", "--new-passphrase-file", "new", "--passphrase-file", "new"];
    assert_eq!(home.json("patient", &again).ok().object()["was_unlocked"], false);
    let shown = home.text("patient", &again).ok();
    assert!(shown.printed().contains("write the new one there"), "{shown:?}");
}
