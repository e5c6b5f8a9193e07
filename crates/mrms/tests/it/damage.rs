//! Something was altered, cut or taken away: it is found out, named, and nothing false is handed
//! over.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::support::{Home, NOTE, text};

/// A record of the patient whose ciphertext is in the vault, and its file there.
fn in_vault(home: &Home, name: &str, bytes: &[u8]) -> (String, PathBuf) {
    let before = blobs(home);
    home.file(name, bytes);
    let mut command = home.command("patient", &["create", name, "--json"]);
    command.env("MRMS_INLINE_LIMIT", "0");
    let created = home.run(command).ok().object();
    assert_eq!(created["storage"], "vault");
    let file = blobs(home).into_iter().find(|blob| !before.contains(blob)).unwrap();
    (text(&created, "record_id").to_owned(), file)
}

fn blobs(home: &Home) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let vault = home.root().join("vault");
    let folders = fs::read_dir(vault).unwrap().map(|entry| entry.unwrap().path());
    let is_of_blobs =
        |folder: &PathBuf| !folder.ends_with("incoming") && !folder.ends_with("guardian");
    for folder in folders.filter(is_of_blobs) {
        found.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    found
}

#[test]
fn ciphertext_cut_altered_or_gone_from_the_vault_is_found_out() {
    let home = Home::with(&["patient", "clinic"]);
    let large = [NOTE; 6_000].concat();
    let (id, blob) = in_vault(&home, "scan.txt", &large);
    let (other, _) = in_vault(&home, "other.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let whole = fs::read(&blob).unwrap();
    let mut first = whole.clone();
    first[0] ^= 1;
    let mut last = whole.clone();
    *last.last_mut().unwrap() ^= 1;
    let mut middle = whole.clone();
    middle[70_000] ^= 0x80;
    let longer = [&whole[..], b"more"].concat();
    for (what, bytes) in [
        ("first byte", &first[..]),
        ("a byte in the middle", &middle),
        ("last byte", &last),
        ("cut at a chunk's end", &whole[..65_552]),
        ("cut by a byte", &whole[..whole.len() - 1]),
        ("longer", &longer),
        ("empty", &[]),
    ] {
        fs::write(&blob, bytes).unwrap();
        for who in ["patient", "clinic"] {
            let run = home.json(who, &["access", &id, "-o", "out"]);
            assert_eq!(run.code, Some(5), "{what}: {run:?}");
            assert_eq!(home.files(), ["other.txt", "scan.txt"], "{what}: nothing is handed over");
        }
        let piped = home.text("clinic", &["access", &id, "-o", "-"]);
        assert_eq!((piped.code, piped.stdout.len()), (Some(5), 0), "{what}");
        home.json("patient", &["verify", &id]).refused(5, "content-altered");
    }
    fs::remove_file(&blob).unwrap();
    home.json("patient", &["access", &id, "-o", "out"]).refused(5, "content-missing");
    home.json("patient", &["verify", &id]).refused(5, "content-missing");
    home.assert_opens("patient", &other, NOTE);
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 2);
    fs::write(&blob, &whole).unwrap();
    home.assert_opens("clinic", &id, &large);
    home.assert_unharmed();
}

#[test]
fn altered_ciphertext_is_an_error_with_a_hint() {
    let home = Home::with(&["patient"]);
    let (id, blob) = in_vault(&home, "note.txt", NOTE);
    let mut altered = fs::read(&blob).unwrap();
    altered[40] ^= 1;
    fs::write(&blob, altered).unwrap();
    home.json("patient", &["access", &id, "-o", "out"]).refused(5, "content-altered");
}

#[test]
fn swapped_ciphertexts_are_found_out() {
    let home = Home::with(&["patient"]);
    let (one, one_file) = in_vault(&home, "one.txt", b"the one");
    let (two, two_file) = in_vault(&home, "two.txt", b"the two");
    let (one_bytes, two_bytes) = (fs::read(&one_file).unwrap(), fs::read(&two_file).unwrap());
    fs::write(&one_file, two_bytes).unwrap();
    fs::write(&two_file, one_bytes).unwrap();
    for id in [one, two] {
        assert_eq!(home.json("patient", &["access", &id, "-o", "out"]).code, Some(5));
        assert_eq!(home.json("patient", &["verify", &id]).code, Some(5));
    }
    assert!(!home.has("out"));
}

#[test]
fn damaged_keystore_is_told_from_a_wrong_passphrase() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let path = home.profile_folder("patient").join("keystore.age");
    let whole = fs::read(&path).unwrap();
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    let cut = &whole[..whole.len() / 2];
    for bytes in [&altered[..], cut, b"", b"not an age file"] {
        fs::write(&path, bytes).unwrap();
        home.json("patient", &["access", &id, "-o", "out"]).refused(5, "keystore-damaged");
        home.json("clinic", &["list"]).ok();
    }
    fs::remove_file(&path).unwrap();
    home.json("patient", &["access", &id, "-o", "out"]).refused(3, "keystore-missing");
    fs::write(&path, &whole).unwrap();
    home.assert_opens("patient", &id, NOTE);
    let other = fs::read(home.profile_folder("clinic").join("keystore.age")).unwrap();
    fs::write(&path, other).unwrap();
    home.json("patient", &["access", &id, "-o", "out"]).refused(5, "profile-damaged");
}

#[test]
fn damaged_files_of_a_home_are_named() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant_directly(&id, "clinic", &[]);
    let folder = home.profile_folder("patient");
    let clinic = home.principal("clinic");
    for (path, line) in [
        (home.root().join("contract"), &["show", &id][..]),
        (folder.join("profile.json"), &["show", &id]),
        (folder.join("recipients.json"), &["grant", &id, clinic, "--direct", "--yes", "--forever"]),
        (folder.join("granted.json"), &["grant", &id, clinic, "--direct", "--yes", "--forever"]),
        (folder.join("pairs.json"), &["grant", &id, clinic, "--direct", "--yes", "--forever"]),
    ] {
        let whole = fs::read(&path).unwrap();
        fs::write(&path, b"{ damaged").unwrap();
        let run = home.json("patient", line);
        assert_eq!(run.code, Some(5), "{run:?}");
        let error = run.object()["error"].clone();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(text(&error, "message").contains(name), "{error}");
        assert!(error["hint"].is_string(), "{error}");
        fs::write(&path, whole).unwrap();
    }
    home.assert_opens("clinic", &id, NOTE);
    home.assert_unharmed();
}

/// One statement on the ledger's database, by somebody who has the disk.
fn alter(home: &Home, statement: &str) {
    let database = Connection::open(home.root().join("ledger").join("ledger.sqlite")).unwrap();
    assert!(database.execute(statement, []).unwrap() > 0, "{statement}");
}

#[test]
fn ledger_altered_by_hand_does_not_pass_the_check() {
    for statement in [
        "UPDATE blocks SET time = time + 1 WHERE height = 3",
        "UPDATE blocks SET burn_height = burn_height + 1 WHERE height = 3",
        "UPDATE transactions SET receipt = (SELECT receipt FROM transactions WHERE sequence = 1) \
         WHERE sequence = (SELECT max(sequence) FROM transactions)",
        "UPDATE transactions SET status = 1 - status \
         WHERE sequence = (SELECT max(sequence) FROM transactions)",
        "DELETE FROM transactions WHERE sequence = (SELECT max(sequence) FROM transactions)",
        "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)",
        "UPDATE transactions SET note = 'all went well'",
        "DELETE FROM state WHERE key IN (SELECT key FROM state WHERE key LIKE '%audit-log%' LIMIT 1)",
        "UPDATE contract_metadata SET value = replace(value, 'u102', 'u103') \
         WHERE value LIKE '%u102%'",
    ] {
        let home = Home::with(&["patient"]);
        home.create("note.txt", NOTE);
        home.assert_unharmed();
        alter(&home, statement);
        home.json("patient", &["node", "fsck"]).refused(5, "ledger-damaged");
    }
}

#[test]
fn what_somebody_planted_in_the_ledger_s_file_does_not_run_and_is_named() {
    for (statement, object) in [
        (
            "CREATE TRIGGER planted AFTER INSERT ON blocks BEGIN DELETE FROM state; END",
            "trigger planted",
        ),
        ("CREATE TABLE planted (a)", "table planted"),
        ("CREATE VIEW planted AS SELECT * FROM blocks", "view planted"),
    ] {
        let home = Home::with(&["patient"]);
        let database = Connection::open(home.root().join("ledger").join("ledger.sqlite")).unwrap();
        database.execute_batch(statement).unwrap();
        drop(database);
        let error = home.json("patient", &["node", "fsck"]).refused(5, "ledger-damaged");
        assert!(text(&error, "message").contains(object), "{error}");
    }
    let home = Home::with(&["patient"]);
    let key = home.root().join("ledger/node.key");
    fs::rename(&key, home.work().join("node.key")).unwrap();
    let error = home.json("patient", &["node", "fsck"]).refused(5, "ledger-damaged");
    assert!(text(&error, "message").contains("node.key"), "{error}");
    fs::rename(home.work().join("node.key"), &key).unwrap();
    home.assert_unharmed();
}

#[test]
fn ledger_file_that_is_no_database_is_damaged_and_not_made_anew() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    for name in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(home.root().join("ledger").join(name));
    }
    let path = home.root().join("ledger").join("ledger.sqlite");
    fs::write(&path, [0x5a; 8_192]).unwrap();
    for line in [&["list"][..], &["node", "fsck"], &["create", "note.txt"]] {
        home.json("patient", line).refused(5, "ledger-damaged");
    }
    assert_eq!(fs::read(&path).unwrap(), [0x5a; 8_192]);
}

#[test]
fn ledger_that_was_taken_away_is_not_replaced_by_an_empty_one() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let (ledger, away) = (home.root().join("ledger"), home.root().join("away"));
    fs::rename(&ledger, &away).unwrap();
    for line in [
        &["list"][..],
        &["create", "note.txt"],
        &["profile", "add", "clinic"],
        &["node", "run", "--listen", "127.0.0.1:0"],
        &["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"],
        &["vault", "status"],
        &["backup", "home.age"],
    ] {
        let error = home.json("patient", line).refused(6, "ledger-missing");
        let (message, hint) = (error["message"].to_string(), error["hint"].to_string());
        assert!(message.contains("ledger"), "it names the folder: {error}");
        assert!(hint.contains("mrms restore") && hint.contains("mrms node import"), "{error}");
        assert!(!ledger.exists(), "{line:?} made another ledger");
    }
    assert!(!home.has("home.age"), "a backup without the ledger is none");
    let checks = home.json("patient", &["doctor"]);
    assert_eq!(checks.code, Some(1), "{checks:?}");
    assert!(checks.rows().iter().any(|row| row["check"] == "ledger" && row["ok"] == false));
    // Its file alone is as much a ledger as none.
    fs::create_dir(&ledger).unwrap();
    home.json("patient", &["list"]).refused(6, "ledger-missing");
    fs::remove_dir_all(&ledger).unwrap();
    fs::rename(&away, &ledger).unwrap();
    home.assert_opens("patient", &id, NOTE);
}

/// Every file and folder below a folder.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        found.extend(tree(&path));
        found.push(path);
    }
    found
}

fn assert_no_other_vault_is_made(home: &Home, id: &str) {
    let (vault, away) = (home.root().join("vault"), home.root().join("away"));
    let clinic = home.principal("clinic");
    home.file("more.bin", vec![6; 200_000]);
    fs::rename(&vault, &away).unwrap();
    // A disk that is not mounted leaves an empty folder, or none.
    for is_mount_point in [false, true] {
        if is_mount_point {
            fs::create_dir(&vault).unwrap();
        }
        for (who, line) in [
            ("patient", &["create", "more.bin"][..]),
            ("patient", &["amend", id, "more.bin"]),
            ("patient", &["grant", id, clinic, "--for", "30d", "--yes"]),
            ("patient", &["access", id, "-o", "out"]),
            ("clinic", &["access", id, "-o", "out"]),
            ("patient", &["vault", "status"]),
            ("patient", &["backup", "home.age"]),
        ] {
            let error = home.json(who, line).refused(6, "vault-missing");
            let (message, hint) = (text(&error, "message"), text(&error, "hint"));
            assert!(message.contains(vault.to_str().unwrap()), "{line:?}: {error}");
            assert!(hint.contains("mrms restore"), "{line:?}: {error}");
            assert_eq!(tree(&vault), Vec::<PathBuf>::new(), "{line:?} made another vault");
        }
        assert!(!home.has("home.age"), "a backup without the vault is none");
        assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
        home.json("patient", &["show", id]).ok();
        let checks = home.json("patient", &["doctor"]);
        assert_eq!(checks.code, Some(1), "{checks:?}");
        assert!(checks.rows().iter().any(|row| row["check"] == "vault" && row["ok"] == false));
        assert_eq!(tree(&vault), Vec::<PathBuf>::new());
    }
    home.json("patient", &["revoke", id, clinic]).ok();
    fs::remove_dir(&vault).unwrap();
    fs::rename(&away, &vault).unwrap();
    home.assert_opens("patient", id, vec![5; 200_000]);
    home.json("patient", &["vault", "check"]).ok();
}

#[test]
fn vault_that_was_taken_away_is_not_replaced_by_an_empty_one() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("scan.bin", vec![5; 200_000]);
    home.grant(&id, "clinic", &[]);
    assert_no_other_vault_is_made(&home, &id);
}

#[test]
fn vault_that_only_a_profile_remembers_is_missed_as_well() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("scan.bin", vec![5; 200_000]);
    home.grant(&id, "clinic", &[]);
    fs::remove_file(home.root().join("vaults")).unwrap();
    assert_no_other_vault_is_made(&home, &id);
}

#[test]
fn vault_that_no_profile_remembers_is_missed_as_well() {
    let home = Home::with(&["patient"]);
    home.create("scan.bin", vec![5; 200_000]);
    let vault = home.root().join("vault");
    let _ = fs::remove_file(home.profile_folder("patient").join("vaults.json"));
    fs::rename(&vault, home.root().join("away")).unwrap();
    home.json("patient", &["create", "scan.bin", "--again"]).refused(6, "vault-missing");
    assert!(!vault.exists());
}

#[test]
fn name_of_the_contract_that_was_lost_is_asked_for_and_no_second_contract_is_deployed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let path = home.root().join("contract");
    let contract = fs::read_to_string(&path).unwrap();
    let contract = contract.trim_end();
    fs::remove_file(&path).unwrap();
    for (who, line) in [
        ("patient", &["list"][..]),
        ("patient", &["create", "note.txt"]),
        ("patient", &["contract", "status"]),
        ("second", &["init"]),
    ] {
        let error = home.json(who, line).refused(3, "contract-missing");
        let (message, hint) = (text(&error, "message"), text(&error, "hint"));
        assert!(message.contains(path.to_str().unwrap()), "{line:?}: {error}");
        assert!(hint.contains("mrms contract use"), "{line:?}: {error}");
        assert!(hint.contains(home.principal("patient")), "{line:?}: {error}");
    }
    assert!(!path.exists());
    assert!(!home.profile_folder("second").exists());
    let checks = home.json("patient", &["doctor"]);
    assert_eq!(checks.code, Some(1), "{checks:?}");
    home.json("patient", &["contract", "use", contract]).ok();
    home.assert_opens("patient", &id, NOTE);
    home.json("second", &["init"]).ok();
    assert_eq!(fs::read_to_string(&path).unwrap().trim_end(), contract);
    home.assert_unharmed();
}

#[test]
fn doctor_tells_of_a_profile_that_cannot_be_opened() {
    let home = Home::with(&["patient"]);
    for name in ["keystore.age", "profile.json"] {
        let path = home.profile_folder("patient").join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let checks = home.json("patient", &["doctor"]);
        assert_ne!(checks.code, Some(0), "{name} was cut: {}", checks.printed());
        assert!(checks.rows().iter().any(|row| row["check"] == "keystore" && row["ok"] == false));
        std::fs::write(&path, whole).unwrap();
        home.json("patient", &["doctor"]).ok();
    }
}
