//! A file of a profile that can't be read keeps no end of access back where the person names an account: it is named, and
//! doctor says what to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Home, NOTE, text};

/// A patient who has a name for the clinic, and a record.
fn home() -> (Home, String, String) {
    let home = Home::with(&["patient", "clinic"]);
    let clinic = home.principal("clinic").to_owned();
    home.json("patient", &["people", "add", &clinic, "--name", "Clinic B", "--yes"]).ok();
    let id = home.create("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--label", "Blood test"]).ok();
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("patient", &["list"]).ok();
    (home, id, clinic)
}

/// What a profile remembers: not what it is, and no locks.
fn remembered(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_memory = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.is_file()
            && !["keystore.age", "profile.json"].contains(&name)
            && !name.ends_with(".lock")
    };
    let mut files: Vec<_> = files.filter(is_memory).collect();
    files.sort();
    files
}

#[test]
fn no_damaged_file_keeps_an_end_by_account_back() {
    let (home, id, clinic) = home();
    let files = remembered(&home.profile_folder("patient"));
    let names: Vec<_> =
        files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    for expected in ["granted.json", "granted.mark", "people.sealed", "recipients.json"] {
        assert!(names.contains(&expected), "{names:?}");
    }
    for path in &files {
        let name = path.file_name().unwrap().to_str().unwrap();
        home.grant(&id, "clinic", &["--for", "30d"]);
        let whole = fs::read(path).unwrap();
        fs::write(path, b"{ damaged").unwrap();
        let run = home.json("patient", &["stop", &clinic, "--yes"]);
        let is_told = run.stderr.contains(name);
        fs::write(path, whole).unwrap();
        assert_eq!(run.code, Some(0), "{name}: {run:?}");
        if ["granted.json", "granted.mark", "people.sealed"].contains(&name) {
            assert!(is_told, "{name}: {run:?}");
        }
        home.json("clinic", &["access", &id, "-o", "one", "--force"]).refused(4, "grant-revoked");
    }
}

#[test]
fn each_command_that_ends_something_goes_on_by_account_without_names_or_memory() {
    let (home, id, clinic) = home();
    let folder = home.profile_folder("patient");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("patient", &["grant", "--all-records", &clinic, "--for", "30d", "--yes"]).ok();
    home.json("patient", &["delegate", &clinic, "--may", "see", "--for", "30d", "--yes"]).ok();
    home.json("patient", &["staff", "add", &clinic, "--forever"]).ok();
    let (people, granted) = (folder.join("people.sealed"), folder.join("granted.json"));
    let whole = [&people, &granted].map(|path| fs::read(path).unwrap());
    for path in [&people, &granted] {
        fs::write(path, b"{ damaged").unwrap();
    }
    for line in [
        &["revoke", &id, "--from", &clinic][..],
        &["revoke", "--all-records", "--from", &clinic],
        &["delegate", &clinic, "--end", "--keep-grants", "--yes"],
        &["staff", "remove", &clinic, "--keep-key", "--yes"],
    ] {
        let run = home.json("patient", line).ok();
        assert!(run.stderr.contains("people.sealed"), "{run:?}");
    }
    // By name nobody knows who is meant.
    let refused =
        home.json("patient", &["stop", "Clinic B", "--yes"]).refused(5, "profile-damaged");
    assert!(text(&refused, "message").contains("people.sealed"), "{refused}");
    for (path, whole) in [&people, &granted].iter().zip(whole) {
        fs::write(path, whole).unwrap();
    }
    home.json("clinic", &["access", &id, "-o", "one"]).refused(4, "grant-revoked");
    assert!(home.json("patient", &["shared"]).ok().rows().is_empty());
    let staff = home.json("patient", &["staff", "list"]).ok().rows();
    assert!(staff.iter().all(|row| row["state"] != "open"), "{staff:?}");
}

#[test]
fn what_was_sent_and_cannot_be_read_keeps_nothing_back_until_doctor_moves_it_aside() {
    let (home, id, clinic) = home();
    let outbox = home.profile_folder("patient").join("outbox");
    let in_it = || {
        let entries = fs::read_dir(&outbox).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    for (content, aside) in [
        // As a loss of power leaves it.
        (&b""[..], "000000000000.unreadable"),
        (b"{ damaged", "000000000000.1.unreadable"),
    ] {
        home.grant(&id, "clinic", &["--for", "30d"]);
        mrms_files::write_new(&outbox.join("000000000000.json"), content).unwrap();
        let run = home.json("patient", &["stop", &clinic, "--yes"]).ok();
        assert!(run.stderr.contains("000000000000.json"), "{run:?}");
        home.json("clinic", &["access", &id, "-o", "one"]).refused(4, "grant-revoked");
        assert!(in_it().contains(&"000000000000.json".to_owned()), "it is left where it is");
        home.json("patient", &["tx", "list"]).ok();
        let listed = home.text("patient", &["tx", "list"]).ok();
        assert!(!listed.printed().contains("all that was sent"), "{listed:?}");
        home.json("patient", &["tx", "drop", "--yes"]).refused(3, "nothing-waits");

        let run = home.json("patient", &["doctor"]);
        let rows = run.rows();
        let found = rows.iter().find(|row| row["check"] == "outbox");
        let found = found.unwrap_or_else(|| panic!("{run:?}"));
        assert!(run.code == Some(1) && found["ok"] == false, "{run:?}");
        assert!(text(found, "hint").contains("--fix"), "{found}");
        home.json("patient", &["doctor", "--fix", "--dry-run"]);
        assert!(in_it().contains(&"000000000000.json".to_owned()));
        let rows = home.json("patient", &["doctor", "--fix"]).ok().rows();
        let mended: Vec<_> = rows.iter().filter(|row| row["mended"] == true).collect();
        assert_eq!(mended.len(), 1, "{rows:?}");
        assert!(in_it().contains(&aside.to_owned()), "{:?}", in_it());
        assert_eq!(fs::read(outbox.join(aside)).unwrap(), content, "nothing of it is lost");
        assert_eq!(home.json("patient", &["doctor"]).ok().stderr, "");
    }
    home.assert_unharmed();
}

/// What ends something, protects something, or shows what happened. Each is whole without what is remembered.
fn protecting<'l>(id: &'l str, clinic: &'l str) -> Vec<Vec<&'l str>> {
    vec![
        vec!["who"],
        vec!["who", id],
        vec!["audit", id],
        vec!["audit", id, "--reconcile"],
        vec!["verify", id],
        vec!["show", id],
        vec!["list"],
        vec!["shared"],
        vec!["delegates"],
        vec!["staff", "list"],
        vec!["contacts"],
        vec!["export", "--all", "-o", "exported"],
        vec!["backup", "home.age"],
        vec!["delegate", clinic, "--end", "--keep-grants", "--yes"],
        vec!["revoke", id, "--from", clinic],
        vec!["stop", clinic, "--yes"],
        vec!["staff", "remove", clinic, "--keep-key", "--yes"],
        vec!["erase", id, "--yes"],
    ]
}

/// What a patient's profile remembers, and each of which somebody could damage. What can't be read any more is never written over.
const MEMORY: [&str; 10] = [
    "granted.json",
    "granted.mark",
    "people.sealed",
    "recipients.json",
    "vault-logs.json",
    "unerased.json",
    "vaults.json",
    "links.sealed",
    "reviews.json",
    "seen.sealed",
];

#[test]
fn no_damaged_file_keeps_anything_back_that_ends_protects_or_shows() {
    let (home, first, clinic) = home();
    home.json("patient", &["who", &first]).ok();
    let folder = home.profile_folder("patient");
    let mut wrong = Vec::new();
    for name in MEMORY {
        let id = home.create("note.txt", NOTE);
        home.grant(&id, "clinic", &["--for", "30d"]);
        home.json("patient", &["delegate", &clinic, "--may", "see", "--for", "30d", "--yes"]).ok();
        home.json("patient", &["staff", "add", &clinic, "--forever"]).ok();
        let path = folder.join(name);
        let whole = fs::read(&path).ok();
        for line in protecting(&id, &clinic) {
            fs::write(&path, b"{ damaged").unwrap();
            let _ = fs::remove_dir_all(home.work().join("exported"));
            let _ = fs::remove_file(home.work().join("home.age"));
            let run = home.json("patient", &line);
            // The record is erased; which links gave it only this file knows, and that is told.
            let is_told = match (name, line[0]) {
                ("links.sealed", "erase") => run.code == Some(5),
                // So is it; by which account a vault is known only this file says.
                ("vaults.json", "erase") => run.code == Some(6),
                // What was erased is told as that.
                (_, "export") => !run.printed().contains("profile-damaged"),
                _ => false,
            };
            if run.code != Some(0) && !is_told {
                wrong.push(format!("{name}: {run:?}"));
            }
            if fs::read(&path).unwrap_or_default() != b"{ damaged" {
                wrong.push(format!("{name} is written over by {line:?}"));
            }
        }
        match whole {
            Some(whole) => fs::write(&path, whole).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        home.json("clinic", &["access", &id, "-o", "one", "--force"]).refused(4, "grant-revoked");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn damaged_memory_is_named_by_doctor_and_moved_aside() {
    let (home, id, clinic) = home();
    let folder = home.profile_folder("patient");
    for name in ["granted.json", "people.sealed", "batch.lines"] {
        assert!(folder.join(name).exists(), "{name}");
    }
    for name in ["granted.json", "people.sealed"] {
        fs::write(folder.join(name), b"{ damaged").unwrap();
        let run = home.json("patient", &["doctor"]);
        let rows = run.rows();
        let found = rows.iter().find(|row| row["check"] == "memory").unwrap();
        assert!(run.code == Some(1) && found["ok"] == false, "{run:?}");
        assert!(text(found, "message").contains(name), "{found}");
        assert!(text(found, "hint").contains("doctor --fix"), "{found}");
        home.json("patient", &["doctor", "--fix", "--dry-run"]);
        assert!(folder.join(name).exists());
        let rows = home.json("patient", &["doctor", "--fix"]).ok().rows();
        assert_eq!(rows.iter().filter(|row| row["mended"] == true).count(), 1, "{rows:?}");
        assert!(!folder.join(name).exists());
        let aside = folder.join(name).with_extension("unreadable");
        assert_eq!(fs::read(aside).unwrap(), b"{ damaged", "nothing of it is lost");
    }
    home.json("patient", &["doctor"]).ok();
    // Without them the profile works.
    home.json("patient", &["erase", &id, "--yes"]).ok();
    home.json("patient", &["people", "add", &clinic, "--name", "Clinic B", "--yes"]).ok();
    home.assert_unharmed();
}
