//! What is missing of a ledger is noticed, named, and not papered over: a log that was lost, an older copy of the ledger
//! in its place, all of it. Without a person's word the ledger does not go on without it.

use std::fs;
use std::path::Path;

use crate::remote::Node;
use crate::support::{Home, NOTE, number, text};

/// Copies a folder of plain files and folders.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A home, and an older copy of the ledger's folder beside it: a record was made since.
fn with_an_older_ledger() -> (Home, String) {
    let home = Home::with(&["patient", "clinic"]);
    let first = home.create("note.txt", NOTE);
    let older = home.root().join("older");
    copy(&home.root().join("ledger"), &older);
    fs::rename(&older, home.work().join("older")).unwrap();
    let later = home.create("later.txt", "later");
    home.grant(&later, "clinic", &[]);
    home.assert_opens("clinic", &later, "later");
    home.assert_opens("patient", &first, NOTE);
    (home, later)
}

/// Puts the older copy in the ledger's place.
fn put_back(home: &Home) {
    let ledger = home.root().join("ledger");
    fs::rename(&ledger, home.work().join("newer")).unwrap();
    copy(&home.work().join("older"), &ledger);
}

/// Every command says that something is missing, and does nothing else.
#[track_caller]
fn assert_missed(home: &Home, what: &[&str]) {
    let ledger = home.root().join("ledger");
    let before = fs::read(ledger.join("ledger.sqlite")).unwrap();
    for (who, line) in [
        ("patient", &["list"][..]),
        ("patient", &["create", "note.txt"]),
        ("patient", &["node", "fsck"]),
        ("patient", &["node", "export", "exported"]),
        ("patient", &["node", "run", "--listen", "127.0.0.1:0"]),
        ("patient", &["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"]),
        ("patient", &["backup", "home.age"]),
        ("patient", &["vault", "status"]),
        ("clinic", &["list"]),
        ("third", &["init"]),
    ] {
        let error = home.json(who, line).refused(5, "ledger-behind");
        let (message, hint) = (text(&error, "message"), text(&error, "hint"));
        for word in what {
            assert!(message.contains(word), "{line:?}: {message} does not say {word}");
        }
        assert!(hint.contains("mrms restore") && hint.contains("accept-loss"), "{error}");
    }
    let checks = home.json("patient", &["doctor"]);
    assert_eq!(checks.code, Some(1), "{checks:?}");
    assert!(checks.rows().iter().any(|row| row["check"] == "ledger" && row["ok"] == false));
    assert_eq!(fs::read(ledger.join("ledger.sqlite")).unwrap(), before, "the ledger was changed");
    assert!(!home.has("exported") && !home.has("home.age"));
}

#[test]
fn command_that_has_ended_leaves_the_ledger_in_one_file() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    let log = home.root().join("ledger/ledger.sqlite-wal");
    assert!(!log.exists());
    let node = Node::start(&home);
    home.create("other.txt", "other");
    assert!(log.exists());
    node.stop();
    assert!(!log.exists());
    assert!(!home.root().join("vault/guardian/vault.sqlite-wal").exists());
    home.assert_unharmed();
}

#[test]
fn log_that_was_lost_after_a_kill_is_missed() {
    let home = Home::with(&["patient", "clinic"]);
    let node = Node::start(&home);
    let id = home.create("note.txt", NOTE);
    drop(node);
    let ledger = home.root().join("ledger");
    let (log, away) = (ledger.join("ledger.sqlite-wal"), home.work().join("away"));
    assert!(fs::metadata(&log).unwrap().len() > 0);
    fs::rename(&log, &away).unwrap();
    let _ = fs::remove_file(ledger.join("ledger.sqlite-shm"));
    assert_missed(&home, &["node.mark", "ends at block"]);
    let error = home.json("patient", &["list"]).refused(5, "ledger-behind");
    assert!(text(&error, "message").contains("ledger.sqlite-wal"), "{error}");
    // It was found.
    let _ = fs::remove_file(&log);
    fs::rename(&away, &log).unwrap();
    home.assert_opens("patient", &id, NOTE);
    home.assert_unharmed();
}

#[test]
fn ledger_without_its_file_never_begins_anew_under_its_key() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    let ledger = home.root().join("ledger");
    let key = fs::read(ledger.join("node.key")).unwrap();
    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(ledger.join(name));
    }
    let error = home.json("patient", &["list"]).refused(6, "ledger-missing");
    assert!(text(&error, "message").contains("its newest block was"), "{error}");
    // Nor where the rest of the home has forgotten that it had one.
    fs::remove_file(home.root().join("contract")).unwrap();
    home.json("second", &["init"]).refused(6, "ledger-missing");
    fs::remove_dir_all(home.root().join("profiles")).unwrap();
    home.json("second", &["init"]).refused(6, "ledger-missing");
    fs::remove_file(home.root().join("ledger.mark")).unwrap();
    home.json("second", &["init"]).refused(5, "ledger-behind");
    assert!(!ledger.join("ledger.sqlite").exists());
    assert_eq!(fs::read(ledger.join("node.key")).unwrap(), key);
}

#[test]
fn older_copy_of_the_ledger_is_missed_by_whoever_acted_on_the_newer_one() {
    let (home, _) = with_an_older_ledger();
    put_back(&home);
    let mark = home.root().join("ledger.mark");
    assert_missed(&home, &["ledger.mark"]);
    fs::remove_file(&mark).unwrap();
    assert_missed(&home, &["profile patient", "access"]);
    for name in ["patient", "clinic"] {
        fs::remove_file(home.profile_folder(name).join("acts.jsonl")).unwrap();
    }
    let _ = fs::remove_file(&mark);
    assert_missed(&home, &["vault/guardian", "acted on it"]);
    // With the newer one back in its place all is well.
    let ledger = home.root().join("ledger");
    fs::remove_dir_all(&ledger).unwrap();
    fs::rename(home.work().join("newer"), &ledger).unwrap();
    let _ = fs::remove_file(&mark);
    home.assert_unharmed();
}

#[test]
fn loss_is_accepted_by_a_person_alone_and_stays_on_record() {
    let (home, later) = with_an_older_ledger();
    let whole = home.json("patient", &["node", "accept-loss"]).ok().object();
    assert!(whole["lost_height"].is_null(), "{whole}");
    put_back(&home);
    let accept = |more: &[&str]| home.json("patient", &[&["node", "accept-loss"], more].concat());
    accept(&["--yes"]).refused(1, "not-confirmed");
    accept(&["--ends-at", "1"]).refused(2, "not-confirmed");
    home.json("patient", &["list"]).refused(5, "ledger-behind");
    let error = home.json("patient", &["list"]).refused(5, "ledger-behind");
    let message = text(&error, "message");
    let ends = message.split("ends at block ").nth(1).unwrap().split(',').next().unwrap();
    let accepted = accept(&["--ends-at", ends]).ok().object();
    let lost = number(&accepted, "lost_height");
    assert!(lost > ends.parse().unwrap(), "{accepted}");
    assert_eq!(number(&accepted, "recorded_in"), ends.parse::<u64>().unwrap() + 1);
    home.json("patient", &["show", &later]).refused(3, "record-not-found");
    let checked = home.json("patient", &["node", "fsck"]).ok().object();
    assert!(number(&checked, "losses") > 0, "{checked}");
    assert!(home.text("patient", &["node", "fsck"]).ok().printed().contains("were lost"));
    home.json("patient", &["doctor"]).ok();
    // All goes on, the vault as well.
    let id = home.create("again.txt", "again");
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, "again");
    home.json("patient", &["backup", "home.age"]).ok();
    home.assert_unharmed();
    assert!(accept(&[]).ok().object()["lost_hash"].is_null(), "nothing is missing any more");
}

#[test]
fn vault_that_acted_on_a_dropped_block_goes_by_the_ledger_when_a_person_says_so() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let other = home.create("other.txt", "other");
    home.grant(&other, "clinic", &[]);
    let node = Node::start_with(&home, &["--admin"]);
    let taken = home.json("patient", &["node", "snapshot"]).ok().object();
    home.assert_opens("clinic", &id, NOTE);
    home.assert_opens("clinic", &id, NOTE);
    home.json("patient", &["node", "revert", text(&taken, "snapshot"), "--yes"]).ok();
    node.stop();
    // It is on record, so the home goes on; the vault waits.
    home.json("patient", &["list"]).ok();
    let refused = home.json("clinic", &["access", &id, "-o", "out"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    home.json("patient", &["node", "accept-loss"]).ok();
    home.assert_opens("clinic", &other, "other");
    home.assert_unharmed();
}

#[test]
fn ledger_elsewhere_that_went_back_is_told_and_still_read() {
    let served = Home::with(&["patient"]);
    let node = Node::start(&served);
    let mut home = Home::elsewhere(&node.url, &served.contract());
    home.join("patient");
    served.json("patient", &["node", "faucet", home.principal("patient"), "1000000000"]).ok();
    home.json("patient", &["key", "publish"]).ok();
    node.stop();
    copy(served.root(), &served.work().join("older"));
    let node = Node::start(&served);
    home.set("MRMS_LEDGER_URL", &node.url);
    let id = home.create("note.txt", NOTE);
    assert_eq!(home.json("patient", &["list"]).ok().stderr, "");
    home.json("patient", &["doctor"]).ok();
    node.stop();
    // All of that home is put back. Nothing in it knows better.
    fs::rename(served.root(), served.work().join("newer")).unwrap();
    fs::rename(served.work().join("older"), served.root()).unwrap();
    let node = Node::start(&served);
    home.set("MRMS_LEDGER_URL", &node.url);
    let listed = home.json("patient", &["list"]).ok();
    assert!(listed.stderr.contains("does not show that block"), "{listed:?}");
    assert!(listed.stderr.contains("create"), "it says what is missing: {listed:?}");
    home.json("patient", &["show", &id]).refused(3, "record-not-found");
    let checks = home.json("patient", &["doctor"]);
    assert_eq!(checks.code, Some(1), "{checks:?}");
    assert!(checks.rows().iter().any(|row| row["check"] == "ledger" && row["ok"] == false));
    node.stop();
}

#[test]
fn older_backup_is_restored_with_the_mark_of_its_time() {
    let home = Home::with(&["patient", "clinic"]);
    let note = home.create("note.txt", NOTE);
    home.json("patient", &["backup", "home.age"]).ok();
    home.create("later.txt", "later");
    fs::remove_dir_all(home.root()).unwrap();
    home.file("words", home.phrase("patient"));
    home.json("patient", &["restore", "home.age", "--words-file", "words"]).ok();
    home.assert_opens("patient", &note, NOTE);
    home.create("other.txt", "other");
    home.json("patient", &["doctor"]).ok();
    home.assert_unharmed();
}

#[test]
fn backup_that_is_copied_over_a_newer_home_is_missed() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    home.json("patient", &["backup", "home.age"]).ok();
    let later = home.create("later.txt", "later");
    home.file("words", home.phrase("patient"));
    let restored = home.work().join("restored");
    let mut restore =
        home.command("patient", &["restore", "home.age", "--words-file", "words", "--json"]);
    restore.env("MRMS_HOME", &restored);
    home.run(restore).ok();
    let newer = home.work().join("newer");
    copy(home.root(), &newer);
    copy(&restored, home.root());
    let error = home.json("patient", &["list"]).refused(5, "ledger-behind");
    assert!(text(&error, "message").contains("ledger.mark"), "{error}");
    fs::remove_dir_all(home.root()).unwrap();
    fs::rename(newer, home.root()).unwrap();
    home.json("patient", &["show", &later]).ok();
}

#[test]
fn backup_beside_commands_that_act_is_restored_without_a_word_of_loss() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    std::thread::scope(|scope| {
        let acting = scope.spawn(|| {
            for number in 0..6 {
                home.create(&format!("note-{number}.txt"), NOTE);
            }
        });
        let mut made = 0;
        while !acting.is_finished() {
            home.json("patient", &["backup", &format!("{made}.age")]).ok();
            made += 1;
        }
        assert!(made > 0);
        home.file("made", made.to_string());
    });
    node.stop();
    home.file("words", home.phrase("patient"));
    let made: u32 = String::from_utf8(home.read("made")).unwrap().parse().unwrap();
    for number in 0..made {
        fs::remove_dir_all(home.root()).unwrap();
        let file = format!("{number}.age");
        home.json("patient", &["restore", &file, "--words-file", "words"]).ok();
        home.json("patient", &["list"]).ok();
    }
}

#[test]
fn import_of_a_history_that_lacks_what_the_home_has_noted_says_so() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    home.json("patient", &["node", "export", "older", "--key", "key"]).ok();
    home.create("later.txt", "later");
    home.json("patient", &["node", "export", "newer"]).ok();
    let ledger = home.root().join("ledger");
    for (file, is_whole) in [("older", false), ("newer", true)] {
        fs::remove_dir_all(&ledger).unwrap();
        let run = home.json("patient", &["node", "import", file, "--key", "key"]);
        match is_whole {
            true => drop(run.ok()),
            false => drop(run.refused(5, "ledger-behind")),
        }
    }
    home.assert_unharmed();
}
