//! A backup is tested by restoring it: records open, the trail holds, the chain executes anew. What
//! is damaged, cut, or not one's own restores nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::remote::Node;
use crate::support::{Home, NOTE, Run, number, text};

/// A home with a record on chain, one in the vault, and a grant.
fn lived() -> (Home, String, String) {
    let home = Home::with(&["patient", "clinic"]);
    let note = home.create("note.txt", NOTE);
    let scan = home.create("scan.bin", vec![5; 300_000]);
    home.grant_directly(&note, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &note, NOTE);
    (home, note, scan)
}

/// Restores a backup into the home's place, with the patient's words where it is sealed to them.
fn restore(home: &Home, file: &str) -> Run {
    home.file("words", home.phrase("patient"));
    home.json("patient", &["restore", file, "--words-file", "words"])
}

fn lose(home: &Home) {
    fs::remove_dir_all(home.root()).unwrap();
}

fn nothing_is_left(home: &Home) {
    assert!(!home.root().exists(), "a home was made");
    let beside = home.root().parent().unwrap();
    let names: Vec<_> = fs::read_dir(beside)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".mrms"))
        .collect();
    assert!(names.is_empty(), "{names:?} was left behind");
}

fn assert_private(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        if entry.file_type().unwrap().is_dir() {
            assert_eq!(mode, 0o700, "{:?}", entry.path());
            assert_private(&entry.path());
        } else {
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
    }
}

#[test]
fn restored_home_is_the_one_that_was_backed_up() {
    let (home, note, scan) = lived();
    let trail = home.json("patient", &["audit", &note]).ok().stdout;
    fs::write(home.root().join("mrms.toml"), "inline_limit = 4096\n").unwrap();
    let made = home.json("patient", &["backup", "home.age"]).ok().object();
    assert_eq!(made["profiles"].as_array().unwrap().len(), 2);
    assert!(!home.root().join(".backup").exists(), "the copy of the ledger is gone");
    let sealed = home.read("home.age");
    for secret in ["mrms.toml", "keystore", "profiles", "patient"] {
        let found = sealed.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is readable in the backup");
    }
    let mode = fs::metadata(home.work().join("home.age")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    lose(&home);
    let restored = restore(&home, "home.age").ok().object();
    for field in ["made", "profiles", "ledger", "files", "content_bytes"] {
        assert_eq!(restored[field], made[field], "{field}");
    }
    assert_private(home.root());
    assert_eq!(home.json("patient", &["audit", &note]).ok().stdout, trail);
    let toml = fs::read_to_string(home.root().join("mrms.toml")).unwrap();
    assert_eq!(toml, "inline_limit = 4096\n");
    home.assert_opens("clinic", &note, NOTE);
    home.assert_opens("patient", &scan, vec![5; 300_000]);
    home.json("patient", &["verify", &scan]).ok();
    home.json("patient", &["doctor"]).ok();
    home.assert_unharmed();
    // It goes on: the node's key came with it.
    home.create("other.txt", "other");
    home.assert_unharmed();
}

#[test]
fn backup_of_a_home_whose_node_runs_is_one_moment_of_it() {
    let (home, note, _) = lived();
    // Killed when this ends, however it does: node.json stays behind then.
    let node = Node::start(&home);
    home.assert_opens("clinic", &note, NOTE);
    let made = home.json("patient", &["backup", "home.age"]).ok().object();
    home.assert_opens("clinic", &note, NOTE);
    assert!(home.root().join("node.json").exists());
    drop(node);
    lose(&home);
    restore(&home, "home.age").ok();
    assert!(!home.root().join("node.json").exists(), "it tells of a node that is elsewhere");
    let checked = home.json("patient", &["node", "fsck"]).ok().object();
    assert_eq!(number(&checked, "blocks"), number(&made["ledger"], "block_height") + 1);
    home.assert_opens("clinic", &note, NOTE);
}

#[test]
fn backup_that_is_damaged_or_cut_restores_nothing() {
    let (home, ..) = lived();
    home.json("patient", &["backup", "good.age"]).ok();
    let good = home.read("good.age");
    home.json("patient", &["backup", "good.age", "--verify"]).ok();
    lose(&home);
    let length = good.len();
    for at in [20, 900, 1_700, length / 3, length / 2, length - 70_000, length - 1] {
        let mut altered = good.clone();
        altered[at] ^= 1;
        home.file("bad.age", altered);
        let run = restore(&home, "bad.age");
        assert!(matches!(run.code, Some(4 | 5)), "byte {at}: {run:?}");
        nothing_is_left(&home);
    }
    for end in [0, 100, 2_000, 65_536, length / 2, length - 16, length - 1] {
        home.file("bad.age", &good[..end]);
        restore(&home, "bad.age").refused(5, "file-altered");
        nothing_is_left(&home);
    }
    home.file("bad.age", [&good[..], &[0]].concat());
    restore(&home, "bad.age").refused(5, "file-altered");
    nothing_is_left(&home);
    restore(&home, "good.age").ok();
    home.assert_unharmed();
}

#[test]
fn verify_finds_what_restore_would_refuse() {
    let (home, ..) = lived();
    home.json("patient", &["backup", "good.age"]).ok();
    let checked = home.json("patient", &["backup", "good.age", "--verify"]).ok().object();
    assert_eq!(checked["intact"], true);
    home.json("clinic", &["backup", "good.age", "--verify"]).refused(4, "no-identity");
    let good = home.read("good.age");
    home.file("bad.age", &good[..good.len() - 1]);
    home.json("patient", &["backup", "bad.age", "--verify"]).refused(5, "file-altered");
    home.file("other.age", {
        let shown = home.json("patient", &["key", "show"]).ok().object();
        let line = ["encrypt", "-r", text(&shown, "recipient"), "note.txt"];
        home.text("patient", &line).ok().stdout
    });
    home.json("patient", &["backup", "other.age", "--verify"]).refused(5, "backup-damaged");
    home.json("patient", &["backup", "note.txt", "--verify"]).refused(5, "file-altered");
    home.json("patient", &["backup", "nowhere", "--verify"]).refused(3, "file-not-found");
}

#[test]
fn passphrase_or_another_key_opens_a_backup_that_is_sealed_to_it() {
    let (home, note, _) = lived();
    home.json("patient", &["backup", "by-passphrase.age", "--passphrase"]).ok();
    let offline = home.json("patient", &["key", "receive", "offline-key"]).ok().object();
    let line = ["backup", "by-key.age", "-r", text(&offline, "recipient")];
    home.json("patient", &line).ok();
    lose(&home);

    home.file("wrong", "another passphrase\n");
    let wrong = ["restore", "by-passphrase.age", "--passphrase-file", "wrong"];
    home.json("patient", &wrong).refused(4, "wrong-passphrase");
    nothing_is_left(&home);
    home.file("words", home.phrase("clinic"));
    let other = ["restore", "by-key.age", "--words-file", "words"];
    home.json("patient", &other).refused(4, "no-identity");
    home.json("patient", &["restore", "by-key.age"]).refused(2, "usage");
    nothing_is_left(&home);

    home.json("patient", &["restore", "by-passphrase.age"]).ok();
    home.assert_opens("clinic", &note, NOTE);
    lose(&home);
    home.json("patient", &["restore", "by-key.age", "-i", "offline-key"]).ok();
    home.assert_opens("clinic", &note, NOTE);
}

#[test]
fn words_open_a_backup_that_was_made_after_rotations() {
    let (home, note, _) = lived();
    for _ in 0..3 {
        home.json("patient", &["key", "rotate", "--yes"]).ok();
    }
    home.json("patient", &["backup", "home.age"]).ok();
    lose(&home);
    restore(&home, "home.age").ok();
    home.assert_opens("patient", &note, NOTE);
}

#[test]
fn what_is_there_is_never_overwritten() {
    let (home, ..) = lived();
    home.json("patient", &["backup", "home.age"]).ok();
    let before = home.read("home.age");
    let again = home.json("patient", &["backup", "home.age"]).refused(1, "file-exists");
    let message = text(&again, "message");
    assert!(message.contains("home.age") && !message.contains("os error"), "{message}");
    assert_eq!(home.read("home.age"), before);
    restore(&home, "home.age").refused(1, "home-exists");
    home.assert_unharmed();
    let inside = home.root().join("vault").join("home.age");
    home.json("patient", &["backup", inside.to_str().unwrap()]).refused(2, "usage");
    home.json("patient", &["backup", "nowhere/home.age"]).refused(3, "file-not-found");
    home.json("patient", &["backup", "new.age", "-i", "home.age"]).refused(2, "usage");
    assert!(!home.has("new.age"));

    lose(&home);
    fs::create_dir(home.root()).unwrap();
    fs::write(home.root().join("somebody's"), "file").unwrap();
    restore(&home, "home.age").refused(1, "home-exists");
    fs::remove_file(home.root().join("somebody's")).unwrap();
    restore(&home, "home.age").ok();
    home.assert_unharmed();
}

/// What a vault in this home keeps keys in, one for each holder.
fn epoch_keys(home: &Home) -> usize {
    let folder = home.root().join("vault/guardian/epochs");
    fs::read_dir(folder).map_or(0, |entries| entries.count())
}

/// A home with a record whose key lies with the vault, and an erasable one.
fn guarded() -> (Home, String, String) {
    let home = Home::with(&["patient", "clinic"]);
    let sealed = home.create("note.txt", NOTE);
    home.grant(&sealed, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &sealed, NOTE);
    let created = home.json("patient", &["create", "note.txt", "--erasable"]).ok().object();
    let erasable = text(&created, "record_id").to_owned();
    home.assert_opens("patient", &erasable, NOTE);
    assert!(epoch_keys(&home) > 0);
    (home, sealed, erasable)
}

#[test]
fn keys_that_a_vault_erases_in_their_time_are_in_no_backup() {
    let (home, sealed, erasable) = guarded();
    let made = home.json("patient", &["backup", "home.age"]).ok().object();
    assert_eq!(made["left_out"], Value::from(vec!["vault/guardian/epochs"]));
    let told = home.text("patient", &["backup", "again.age"]).ok().stderr;
    assert!(told.contains("erasable records do not open"), "{told}");
    lose(&home);
    restore(&home, "home.age").ok();
    assert_eq!(epoch_keys(&home), 0);
    home.json("clinic", &["access", &sealed, "-o", "no"]).refused(4, "no-share");
    let gone = home.json("patient", &["access", &erasable, "-o", "gone"]).refused(4, "no-share");
    let (message, hint) = (text(&gone, "message"), text(&gone, "hint"));
    assert!(
        message.contains("its salt is missing. It is not with this folder's own vault"),
        "{gone}"
    );
    assert!(hint.contains("--with-epoch-keys") && !hint.contains("ask the patient"), "{gone}");
    // The patient's own words open what is not erasable, and a new grant leaves new shares.
    home.assert_opens("patient", &sealed, NOTE);
    home.grant(&sealed, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &sealed, NOTE);
    home.json("patient", &["vault", "check"]).ok();
}

#[test]
fn backup_with_a_vaults_keys_brings_back_what_was_left_with_it() {
    let (home, sealed, erasable) = guarded();
    let keys = epoch_keys(&home);
    home.json("patient", &["backup", "home.age", "--with-epoch-keys"]).refused(1, "not-confirmed");
    let line = ["backup", "home.age", "--with-epoch-keys", "--yes"];
    let made = home.json("patient", &line).ok().object();
    assert_eq!(made["left_out"], Value::from(Vec::<String>::new()));
    lose(&home);
    restore(&home, "home.age").ok();
    assert_eq!(epoch_keys(&home), keys);
    home.assert_opens("clinic", &sealed, NOTE);
    home.assert_opens("patient", &erasable, NOTE);
    let reconciled = home.json("patient", &["audit", &sealed, "--reconcile"]).ok().object();
    assert_eq!(reconciled["differences"], Value::from(Vec::<String>::new()));
    home.json("patient", &["vault", "check"]).ok();
    home.assert_unharmed();
}

/// A backup from before a revoke lets nothing be released after it.
#[test]
fn what_was_revoked_after_a_backup_is_not_released_by_what_was_restored_from_it() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.text("patient", &["vault", "backup", "vault-copy", "--with-epoch-keys", "--yes"]).ok();
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    let guardian = home.root().join("vault/guardian");
    fs::remove_dir_all(&guardian).unwrap();
    home.json("patient", &["vault", "restore", "vault-copy"]).ok();
    assert!(fs::read_dir(guardian.join("epochs")).unwrap().count() > 0);
    home.json("patient", &["vault", "status"]).ok();
    assert_eq!(fs::read_dir(guardian.join("epochs")).unwrap().count(), 0);
    home.json("patient", &["vault", "check"]).ok();
    home.json("patient", &["vault", "restore", "vault-copy"]).refused(1, "file-exists");
}

#[test]
fn two_backups_at_a_time_do_not_mix_and_a_killed_one_leaves_nothing_in_the_next() {
    let (home, ..) = lived();
    let work = home.root().join(".backup");
    fs::create_dir(&work).unwrap();
    for half in ["ledger/ledger.sqlite", "vault/guardian/vault.sqlite"] {
        fs::create_dir_all(work.join(half).parent().unwrap()).unwrap();
        fs::write(work.join(half), "half").unwrap();
    }
    let lock = fs::File::create(work.join("lock")).unwrap();
    lock.lock().unwrap();
    home.json("patient", &["backup", "home.age"]).refused(6, "home-busy");
    drop(lock);
    home.json("patient", &["backup", "home.age"]).ok();
    lose(&home);
    restore(&home, "home.age").ok();
    home.assert_unharmed();
}

/// Runs a command and kills it after `delay`, unless it has ended before.
fn kill_after(delay: Duration, mut command: Command) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(delay);
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn commands_that_are_killed_leave_a_whole_file_or_a_whole_home_or_none() {
    const ROUNDS: u32 = 8;
    let (home, note, _) = lived();
    let began = Instant::now();
    home.json("patient", &["backup", "good.age"]).ok();
    let whole = began.elapsed();
    for round in 0..ROUNDS {
        kill_after(whole * round / ROUNDS, home.command("patient", &["backup", "killed.age"]));
        if home.has("killed.age") {
            home.json("patient", &["backup", "killed.age", "--verify"]).ok();
            fs::remove_file(home.work().join("killed.age")).unwrap();
        }
        home.assert_opens("clinic", &note, NOTE);
    }
    home.json("patient", &["backup", "next.age"]).ok();
    assert!(!home.root().join(".backup").exists());

    home.file("words", home.phrase("patient"));
    let restored = home.work().join("restored");
    let line = ["restore", "next.age", "--words-file", "words", "--home"];
    let line = [&line[..], &[restored.to_str().unwrap()]].concat();
    let began = Instant::now();
    home.json("patient", &line).ok();
    let whole = began.elapsed();
    for round in 0..ROUNDS {
        fs::remove_dir_all(&restored).unwrap();
        kill_after(whole * round / ROUNDS, home.command("patient", &line));
        if !restored.exists() {
            home.json("patient", &line).ok();
        }
        let fsck = ["node", "fsck", "--home", restored.to_str().unwrap()];
        assert_eq!(home.json("patient", &fsck).ok().object()["intact"], true);
    }
}

fn restore_as_of(home: &Home, folder: &str, number: &str) -> Run {
    home.file("words", home.phrase("patient"));
    home.json("patient", &["restore", folder, "--words-file", "words", "--as-of", number])
}

#[test]
fn copies_of_a_set_go_apart_and_each_comes_back_whole() {
    let (home, ..) = lived();
    let add = |set: &str| home.json("patient", &["backup", set, "--incremental"]).ok().object();
    add("one");
    let work = home.work();
    fs::create_dir(work.join("two")).unwrap();
    for file in fs::read_dir(work.join("one")).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), work.join("two").join(file.file_name())).unwrap();
    }
    let first = home.create("first.txt", "first");
    add("one");
    let second = home.create("second.txt", "second");
    add("two");
    home.create("third.txt", "third");
    // What the other copy got is not what this one has.
    assert_eq!(add("one")["whole"], true);
    // What a killed backup left is in no list.
    home.file("one/000004.age", "half a backup");
    let last = home.create("last.txt", "last");
    assert_eq!(add("one")["part"], 4);
    home.json("patient", &["backup", "one", "--verify"]).ok();
    lose(&home);
    restore(&home, "one").ok();
    for (id, text) in [(&first, "first"), (&second, "second"), (&last, "last")] {
        home.assert_opens("patient", id, text);
    }
    home.assert_unharmed();
}

#[test]
fn incremental_backups_have_what_is_new_and_each_state_comes_back() {
    let (home, note, scan) = lived();
    let add = || home.json("patient", &["backup", "set", "--incremental"]).ok().object();
    let first = add();
    assert_eq!((&first["part"], &first["whole"]), (&Value::from(1), &Value::from(true)));
    let second_note = home.create("second.txt", "second");
    let second = add();
    assert_eq!((&second["part"], &second["whole"]), (&Value::from(2), &Value::from(false)));
    // Neither the scan nor the ledger's file is in it again.
    assert!(number(&second, "bytes") * 4 < number(&first, "bytes"), "{second} after {first}");
    assert!(!home.root().join(".backup").exists());
    let node = Node::start(&home);
    home.json("patient", &["revoke", &note, home.principal("clinic")]).ok();
    let third = add();
    drop(node);
    // Nothing is new.
    let fourth = add();
    assert_eq!(fourth["ledger"], third["ledger"]);
    let checked = home.json("patient", &["backup", "set", "--verify"]).ok().object();
    assert_eq!((&checked["intact"], &checked["parts"]), (&Value::from(true), &Value::from(4)));
    home.json("patient", &["restore", "set/000002.age"]).refused(1, "home-exists");

    lose(&home);
    let restored = restore_as_of(&home, "set", "1").ok().object();
    for field in ["made", "profiles", "ledger", "files", "content_bytes"] {
        assert_eq!(restored[field], first[field], "{field}");
    }
    home.assert_opens("clinic", &note, NOTE);
    home.assert_opens("patient", &scan, vec![5; 300_000]);
    assert_ne!(home.json("patient", &["show", &second_note]).code, Some(0));
    home.assert_unharmed();

    lose(&home);
    let restored = restore_as_of(&home, "set", "2").ok().object();
    assert_eq!(restored["ledger"], second["ledger"]);
    home.assert_opens("clinic", &note, NOTE);
    home.assert_opens("patient", &second_note, "second");
    home.assert_unharmed();

    lose(&home);
    let restored = restore(&home, "set").ok().object();
    assert_eq!(restored["ledger"], fourth["ledger"]);
    home.json("clinic", &["access", &note, "-o", "no"]).refused(4, "grant-revoked");
    home.assert_opens("patient", &scan, vec![5; 300_000]);
    assert_private(home.root());
    home.assert_unharmed();
    home.json("patient", &["doctor"]).ok();
    // It goes on, and does not know what it had put where: the next one has everything.
    home.create("other.txt", "other");
    let fifth = add();
    assert_eq!((&fifth["part"], &fifth["whole"]), (&Value::from(5), &Value::from(true)));
    home.json("patient", &["backup", "set", "--verify"]).ok();
}

#[test]
fn set_of_backups_of_which_something_is_missing_or_altered_restores_nothing_of_it() {
    let (home, note, _) = lived();
    let add = || home.json("patient", &["backup", "set", "--incremental"]).ok().object();
    add();
    home.create("second.txt", "second");
    add();
    home.create("third.txt", "third");
    add();
    let part = |number: u32| home.work().join(format!("set/{number:06}.age"));
    let second = fs::read(part(2)).unwrap();
    // The third in the place of the second: it follows another one.
    fs::copy(part(3), part(2)).unwrap();
    home.json("patient", &["backup", "set", "--verify"]).refused(5, "backup-damaged");
    lose(&home);
    home.file("words", home.phrase("patient"));
    let line = ["restore", "set", "--words-file", "words"];
    home.json("patient", &line).refused(5, "backup-damaged");
    nothing_is_left(&home);
    fs::remove_file(part(2)).unwrap();
    assert_ne!(home.json("patient", &line).code, Some(0));
    nothing_is_left(&home);
    // One part alone is no home.
    fs::write(part(2), &second).unwrap();
    let alone = ["restore", "set/000002.age", "--words-file", "words"];
    home.json("patient", &alone).refused(2, "backup-part");
    nothing_is_left(&home);
    home.json("patient", &["restore", "set", "--words-file", "words", "--as-of", "4"])
        .refused(3, "no-such-backup");
    restore_as_of(&home, "set", "1").ok();
    home.assert_opens("clinic", &note, NOTE);
    lose(&home);
    restore(&home, "set").ok();
    home.assert_unharmed();
}
