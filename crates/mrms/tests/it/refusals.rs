//! Commands that can't be done: each says why and what to do, has its exit code, and leaves
//! everything as it was.

use std::fs::{self, File};

use serde_json::Value;

use crate::support::{Home, NOTE, Run, text};

/// Runs as somebody with another line in the passphrase file.
fn with_passphrase(home: &Home, name: &str, line: &str, arguments: &[&str]) -> Run {
    home.file("other-passphrase", line);
    let mut command = home.command(name, arguments);
    command.args(["--json", "--passphrase-file", "other-passphrase"]);
    home.run(command)
}

fn record(home: &Home, id: &str) -> Value {
    home.json("patient", &["show", id]).ok().object()
}

#[test]
fn wrong_passphrase_opens_nothing() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    for line in [&["access", &id, "-o", "out"][..], &["create", "note.txt"], &["key", "words"]] {
        with_passphrase(&home, "patient", "not this one\n", line).refused(4, "wrong-passphrase");
    }
    assert!(!home.has("out"));
    with_passphrase(&home, "patient", "\n", &["access", &id]).refused(1, "no-passphrase");
    home.assert_opens("patient", &id, NOTE);
    home.assert_unharmed();
}

#[test]
fn missing_passphrase_is_asked_for_only_on_a_terminal() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let mut command = home.command_without_passphrase("patient", &["create", "note.txt"]);
    command.arg("--json");
    let error = home.run(command).refused(1, "no-passphrase");
    assert!(text(&error, "hint").contains("--passphrase-file"), "{error}");
    let line = ["create", "note.txt", "--passphrase-file", "nowhere"];
    home.json("patient", &line).refused(3, "file-not-found");
    home.assert_unharmed();
}

#[test]
fn passphrase_comes_from_a_file_descriptor() {
    let home = Home::with(&["patient"]);
    let passphrase = home.work().parent().unwrap().join("passphrase");
    let mut command =
        home.command_without_passphrase("patient", &["key", "words", "--passphrase-fd", "0"]);
    command.stdin(File::open(passphrase).unwrap());
    let shown = command.output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    let words = String::from_utf8(shown.stdout).unwrap();
    let last = home.phrase("patient");
    assert!(words.contains(last.split(' ').next_back().unwrap()));
}

#[test]
fn wrong_words_are_refused_by_their_fault_and_never_repeated() {
    let home = Home::with(&["patient"]);
    let phrase = home.phrase("patient");
    let words: Vec<_> = phrase.split(' ').collect();
    let mut unknown = words.clone();
    unknown[4] = "fluidly";
    let mut swapped = words.clone();
    let other = (1..24).find(|place| words[*place] != words[0]).unwrap();
    swapped.swap(0, other);
    let mut doubled = words.clone();
    doubled.push("zoo");
    let swaps_hold = mrms_crypto::Words::parse(&swapped.join(" ")).is_ok();
    for (fault, wrong) in [
        ("23", &words[..23]),
        ("25", &doubled),
        ("word 5", &unknown),
        ("swapped", &swapped),
        ("0", &[]),
    ] {
        if fault == "swapped" && swaps_hold {
            // One swap in 256 gives words that belong together.
            continue;
        }
        home.file("words", wrong.join(" "));
        for line in [&["init"][..], &["key", "recover"]] {
            let line = [line, &["--words-file", "words"]].concat();
            let error = home.json("again", &line).refused(2, "wrong-words");
            assert!(text(&error, "message").contains(fault), "{fault}: {error}");
            assert!(!error.to_string().contains("fluidly"), "{error}");
        }
    }
    home.json("again", &["key", "recover"]).refused(2, "usage");
    home.json("again", &["init", "--words-file", "nowhere"]).refused(3, "file-not-found");
    home.json("again", &["list"]).refused(3, "no-profile");
    home.assert_unharmed();
}

#[test]
fn records_that_are_not_there_are_not_found() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("note.txt", NOTE);
    let clinic = home.principal("clinic");
    for line in [
        &["show", "404"][..],
        &["audit", "404"],
        &["verify", "404"],
        &["access", "404", "-o", "out"],
        &["amend", "404", "note.txt"],
        &["grant", "404", clinic, "--direct", "--yes", "--forever"],
        &["revoke", "404", clinic],
        &["export", "404", "-o", "carried"],
    ] {
        home.json("patient", line).refused(3, "record-not-found");
    }
    home.assert_unharmed();
}

#[test]
fn other_peoples_records_are_not_touched() {
    let home = Home::with(&["patient", "stranger"]);
    let id = home.create("note.txt", NOTE);
    let before = record(&home, &id);
    let stranger = home.principal("stranger");
    let patient = home.principal("patient");
    home.json("stranger", &["access", &id, "-o", "out"]).refused(4, "no-access");
    home.json("stranger", &["export", &id]).refused(4, "no-access");
    let grant = ["grant", &id, stranger, "--direct", "--yes", "--forever"];
    home.json("stranger", &grant).refused(4, "not-patient");
    home.json("stranger", &["revoke", &id, patient]).refused(4, "not-patient");
    let amend = home.json("stranger", &["amend", &id, "note.txt"]);
    assert!(["no-access", "no-amend-right"].contains(&text(&amend.object()["error"], "code")));
    assert_eq!(amend.code, Some(4));
    home.json("stranger", &["create", "note.txt", "--id", &id]).refused(1, "record-exists");
    assert_eq!(record(&home, &id), before);
    home.assert_unharmed();
}

#[test]
fn grants_that_make_no_sense_are_refused() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let before = record(&home, &id);
    let clinic = home.principal("clinic");
    let grant = |user: &str, more: &[&str]| {
        let line = [&["grant", &id, user, "--direct", "--yes"], more].concat();
        home.json("patient", &line)
    };
    grant(clinic, &["--expiry", "50000"]).refused(1, "expiry-in-past");
    grant(clinic, &["--until", "2020-01-31"]).refused(1, "expiry-in-past");
    grant(clinic, &["--until", "2020-01-31T09:00"]).refused(1, "expiry-in-past");
    for (flag, wrong) in [
        ("--for", "0d"),
        ("--for", "soon"),
        ("--for", "6m"),
        ("--for", "99999999w"),
        ("--until", "31.01.2030"),
        ("--until", "2999-01-31"),
        ("--until", "2027-01-31T9"),
        ("--expiry", "340282366920938463463374607431768211455"),
    ] {
        grant(clinic, &[flag, wrong]).refused(2, "usage");
    }
    assert_eq!(grant(clinic, &["--for", "1d", "--expiry", "950000"]).code, Some(2));
    assert_eq!(grant(clinic, &["--for", "1d", "--forever"]).code, Some(2));
    let hint = grant(clinic, &[]).refused(2, "usage")["hint"].to_string();
    assert!(hint.contains("--forever"), "nothing is for ever unasked: {hint}");
    grant(home.principal("patient"), &["--forever"]).refused(1, "self-grant");
    grant("ST000000000000000000002AMW42H", &["--forever"]).refused(3, "no-encryption-key");
    let unasked = ["grant", &id, clinic, "--direct", "--forever"];
    home.json("patient", &unasked).refused(1, "not-confirmed");
    assert_eq!(record(&home, &id), before);
    home.assert_unharmed();
}

#[test]
fn files_that_cannot_go_on_record_are_refused() {
    let home = Home::with(&["patient"]);
    home.file("empty", "");
    home.json("patient", &["create", "empty"]).refused(2, "empty-content");
    home.json("patient", &["create", "nowhere.txt"]).refused(3, "file-not-found");
    home.json("patient", &["create", "/"]).refused(2, "usage");
    home.json("patient", &["create", "-"]).refused(2, "empty-content");
    assert!(home.json("patient", &["list"]).ok().stdout.is_empty());
    home.assert_unharmed();
}

#[test]
fn output_that_exists_is_kept_and_no_access_is_logged_for_it() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    home.file("kept", "mine");
    let before = record(&home, &id);
    home.json("patient", &["access", &id, "-o", "kept"]).refused(1, "file-exists");
    home.json("patient", &["access", &id, "-o", "nowhere/out"]).refused(3, "file-not-found");
    assert_eq!(record(&home, &id), before);
    assert_eq!(home.read("kept"), b"mine");
    home.json("patient", &["access", &id, "-o", "kept", "--force"]).ok();
    assert_eq!(home.read("kept"), NOTE);
}

/// The name is inside the ciphertext; when a file of that name is there, the content must still be
/// had for the access that is logged.
#[test]
fn access_that_is_logged_ends_with_the_content() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    home.file("note.txt", "another note");
    let before = record(&home, &id);
    let run = home.json("patient", &["access", &id]);
    assert_eq!(home.read("note.txt"), b"another note");
    if run.code == Some(0) {
        assert_eq!(home.read(text(&run.object(), "output")), NOTE);
    } else {
        run.refused(1, "file-exists");
        assert_eq!(record(&home, &id), before, "refused, yet logged as opened");
    }
}

#[test]
fn home_that_cannot_be_made_or_is_not_there_says_so() {
    let home = Home::empty();
    home.json("patient", &["list"]).refused(3, "no-home");
    home.json("patient", &["node", "fsck"]).refused(3, "no-home");
    home.json("patient", &["contract", "status"]).refused(3, "no-home");
    assert!(!home.root().exists(), "a question makes no home");
    fs::write(home.root(), "a file").unwrap();
    for line in [&["init"][..], &["list"], &["node", "fsck"]] {
        let run = home.json("patient", line);
        assert!(matches!(run.code, Some(1 | 3)), "{line:?}: {run:?}");
        let error = &run.object()["error"];
        assert!(error["hint"].is_string(), "{line:?}: {error}");
    }
    assert_eq!(fs::read(home.root()).unwrap(), b"a file");
}

#[test]
fn home_with_a_file_in_a_folders_place_is_told_from_an_empty_one() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let vault = home.root().join("vault");
    fs::rename(&vault, home.root().join("away")).unwrap();
    fs::write(&vault, "a file").unwrap();
    let run = home.json("patient", &["access", &id, "-o", "out"]);
    assert!(matches!(run.code, Some(1 | 6)), "{run:?}");
    assert!(run.object()["error"]["hint"].is_string());
    fs::remove_file(&vault).unwrap();
    fs::rename(home.root().join("away"), &vault).unwrap();
    home.assert_opens("patient", &id, NOTE);
}

#[test]
fn home_that_another_process_holds_is_busy_and_named() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let path = home.root().join("ledger").join("ledger.lock");
    let held = File::open(&path).unwrap();
    held.lock().unwrap();
    fs::write(&path, "4711\n").unwrap();
    for line in [&["list"][..], &["access", &id, "-o", "out"], &["node", "advance", "1"]] {
        let mut command = home.command("patient", line);
        command.arg("--json").env("MRMS_LOCK_WAIT", "0");
        let error = home.run(command).refused(6, "home-busy");
        assert!(text(&error, "message").contains("4711"), "{error}");
    }
    assert!(!home.has("out"));
    let mut command = home.command("patient", &["list", "--json"]);
    let waiting = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    held.unlock().unwrap();
    let listed = home.ended(&command, waiting.wait_with_output().unwrap()).ok().object();
    assert_eq!(listed["record_id"], id.as_str());
    home.assert_unharmed();
}
