//! `mrms export`: everything that can be exported is, and what can't is told.

use std::fs;

use serde_json::Value;

use crate::support::{Home, NOTE, number, text};

fn entries(home: &Home, id: &str) -> usize {
    home.json("patient", &["audit", id]).ok().rows().len()
}

/// What the lines of an export say of each version: its number, and its file or why there is none.
fn told(rows: &[Value]) -> Vec<(String, u64, String)> {
    let about = rows.iter().filter(|row| row["error"].is_null());
    about
        .map(|row| {
            let what = match row["exported"].as_bool() {
                Some(true) => text(row, "output"),
                _ => text(row, "code"),
            };
            (text(row, "record_id").to_owned(), number(row, "version"), what.to_owned())
        })
        .collect()
}

#[test]
fn export_goes_on_after_what_cannot_be_exported_and_can_be_repeated() {
    let home = Home::with(&["patient"]);
    let first = home.create("first.txt", "first");
    home.file("gone.txt", NOTE);
    let created = home.json("patient", &["create", "gone.txt", "--erasable"]).ok().object();
    let erased = text(&created, "record_id").to_owned();
    let long = format!("{}.txt", "x".repeat(230));
    let last = home.create(&long, "last");
    home.json("patient", &["erase", &erased, "--yes"]).ok();

    let line = ["export", "--all", "-o", "out"];
    let run = home.json("patient", &line);
    assert_eq!(run.code, Some(0), "what was erased is told, and is no failure: {run:?}");
    let rows = run.rows();
    let told = told(&rows);
    assert_eq!(told[0], (first.clone(), 1, format!("out/{first}-v1-first.txt.age")));
    assert_eq!(told[1], (erased.clone(), 1, "record-erased".to_owned()));
    let (id, _, file) = &told[2];
    assert_eq!(id, &last, "a record after the erased one is exported");
    let name = file.strip_prefix("out/").unwrap();
    assert!(name.len() <= 255 && name.ends_with("~.txt.age"), "{name}");
    home.json("patient", &["decrypt", file, "-o", "plain"]).ok();
    assert_eq!(home.read("plain"), b"last");

    // Again: what is there stays, and leaves no entry.
    let before = (entries(&home, &first), entries(&home, &last), home.read(file));
    let again = home.json("patient", &line);
    assert_eq!(again.code, Some(0));
    assert_eq!(self::told(&again.rows()), told);
    assert_eq!((entries(&home, &first), entries(&home, &last), home.read(file)), before);
    home.json("patient", &["export", &first, "-o", "out", "--force"]).ok();
    assert_eq!(entries(&home, &first), before.0 + 1);
}

#[test]
fn file_that_cannot_be_written_leaves_no_entry_and_stops_nothing_else() {
    let home = Home::with(&["patient"]);
    let ids = [home.create("a.txt", "a"), home.create("b.txt", "b")];
    // A folder has the name of the first one's file.
    let taken = home.work().join("out").join(format!("{}-v1-a.txt.age", ids[0]));
    fs::create_dir_all(&taken).unwrap();
    let line = ["export", "--all", "-o", "out", "--force"];
    let run = home.json("patient", &line);
    assert_eq!(run.code, Some(2), "{run:?}");
    let told = told(&run.rows());
    assert_eq!(told[0], (ids[0].clone(), 1, "output-unfit".to_owned()));
    assert_eq!(told[1], (ids[1].clone(), 1, format!("out/{}-v1-b.txt.age", ids[1])));
    home.file("file", "");
    home.json("patient", &["export", "--all", "-o", "file"]).refused(1, "file-exists");
    assert_eq!(entries(&home, &ids[1]), 2, "nothing was accessed for a folder that is none");
}

#[test]
fn plain_export_of_all_versions_has_an_index_of_what_is_what() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("scan.txt", "one");
    let line = ["create", "scan.txt", "--label", "Blood test, May"];
    let created = home.json("patient", &line).ok().object();
    let id = text(&created, "record_id");
    home.file("scan.txt", "two");
    home.json("patient", &["amend", id, "scan.txt", "--label", "=1+1"]).ok();
    let line = ["export", "--all", "--plain", "--all-versions", "-o", "out"];
    let rows = home.json("patient", &line).ok().rows();
    let (one, two) = (format!("{id}-v1-scan.txt"), format!("{id}-v2-scan.txt"));
    let told = told(&rows);
    let files: Vec<_> = told.iter().map(|(_, version, file)| (*version, file.as_str())).collect();
    assert_eq!(files, [(1, &*format!("out/{one}")), (2, &*format!("out/{two}"))]);
    assert_eq!(home.read(&format!("out/{one}")), b"one");
    assert_eq!(home.read(&format!("out/{two}")), b"two");
    let index = String::from_utf8(home.read("out/index.csv")).unwrap();
    let lines: Vec<_> = index.lines().collect();
    assert_eq!(lines.len(), 3, "{index}");
    assert!(lines[0].starts_with("file,record_id,version,label,name,media_type,bytes,"), "{index}");
    assert!(
        lines[1].starts_with(&format!("{one},{id},1,\"Blood test, May\",scan.txt,")),
        "{index}"
    );
    assert!(lines[2].contains(",'=1+1,"), "a label is no formula: {index}");
    // Again with a version more: that alone is exported, and the index has all three.
    home.file("scan.txt", "three");
    home.json("patient", &["amend", id, "scan.txt"]).ok();
    let before = entries(&home, id);
    home.json("patient", &line).ok();
    assert_eq!(entries(&home, id), before + 1);
    let index = String::from_utf8(home.read("out/index.csv")).unwrap();
    assert_eq!(index.lines().count(), 4, "{index}");
    // The encrypted form of the same version is another file.
    home.json("patient", &["export", id, "-o", "out"]).ok();
    assert!(home.has(&format!("out/{id}-v3-scan.txt.age")));
}

#[test]
fn record_that_was_erased_is_told_as_erased_everywhere() {
    let home = Home::with(&["patient"]);
    let kept = home.create("kept.txt", NOTE);
    // Larger than what goes on chain, and erasable: both lose their ciphertext.
    let large = home.create("large.bin", vec![7; 100_000]);
    home.file("gone.txt", NOTE);
    let created = home.json("patient", &["create", "gone.txt", "--erasable"]).ok().object();
    let erasable = text(&created, "record_id");
    for id in [&large, erasable] {
        home.json("patient", &["erase", id, "--yes"]).ok();
        home.json("patient", &["access", id, "-o", "late"]).refused(3, "record-erased");
        home.json("patient", &["export", id, "-o", "out"]).refused(3, "record-erased");
        let verified = home.json("patient", &["verify", id]).ok().object();
        assert_eq!(
            (&verified["intact"], &verified["erased_versions"]),
            (&true.into(), &serde_json::json!([1]))
        );
        assert_eq!(home.json("patient", &["show", id]).ok().object()["erased"], true);
        let shown = home.text("patient", &["show", id]).ok();
        assert!(shown.printed().contains("ERASED"), "{shown:?}");
    }
    let rows = home.json("patient", &["list"]).ok().rows();
    let erased: Vec<_> = rows.iter().map(|row| row["erased"].as_bool().unwrap()).collect();
    assert_eq!(erased, [false, true, true]);
    assert_eq!(home.json("patient", &["show", &kept]).ok().object()["erased"], false);
    assert_eq!(home.text("patient", &["list"]).ok().printed().matches("ERASED").count(), 2);
    // Ciphertext that is gone without an erasure is missing, and that is something else.
    let lost = home.create("lost.bin", vec![8; 100_000]);
    for entry in fs::read_dir(home.root().join("vault")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap().len() == 2 {
            fs::remove_dir_all(path).unwrap();
        } else if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    home.json("patient", &["verify", &lost]).refused(5, "content-missing");
}

#[test]
fn export_that_was_killed_between_a_file_and_its_row_is_repeated_and_the_index_is_right() {
    let home = Home::with(&["patient"]);
    let ids = [home.create("a.txt", "first"), home.create("b.txt", "second")];
    let line = ["export", "--all", "--plain", "-o", "out"];
    home.json("patient", &line).ok();
    let index = home.work().join("out").join("index.csv");
    let whole = fs::read_to_string(&index).unwrap();
    let rows: Vec<_> = whole.lines().collect();
    // Rows stand by their records, whose ids are random.
    let is_first = rows.last().unwrap().contains(&ids[0]);
    let (killed_id, name) = if is_first { (&ids[0], "a.txt") } else { (&ids[1], "b.txt") };
    // As a kill leaves it: the second file is there, and its row is not, or half of it.
    for end in ["", &rows.last().unwrap()[..9]] {
        let killed = format!("{}\n{end}", rows[..rows.len() - 1].join("\n"));
        fs::write(&index, killed).unwrap();
        let again = home.json("patient", &line).ok();
        assert_eq!(told(&again.rows()).len(), 2, "{again:?}");
        assert_eq!(fs::read_to_string(&index).unwrap(), whole);
    }
    // A file of that name with other bytes is somebody's: it is not replaced.
    let file = home.work().join("out").join(format!("{killed_id}-v1-{name}"));
    fs::write(&index, format!("{}\n", rows[..rows.len() - 1].join("\n"))).unwrap();
    fs::write(&file, "edited").unwrap();
    let refused = home.json("patient", &line);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "edited");
}
