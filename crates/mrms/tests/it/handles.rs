//! Records by number, range, label and id, and the index of labels that this rests on.

use std::fs;

use serde_json::Value;

use crate::support::{Home, NOTE, number, text};

fn labelled(home: &Home, file: &str, label: &str) -> String {
    home.file(file, NOTE);
    let created = home.json("patient", &["create", file, "--label", label]).ok().object();
    text(&created, "record_id").to_owned()
}

fn shown(home: &Home, what: &str) -> Value {
    home.json("patient", &["show", what]).ok().object()["record_id"].clone()
}

#[test]
fn commands_take_numbers_labels_and_ids() {
    let home = Home::with(&["patient", "clinic"]);
    let blood = labelled(&home, "a.txt", "Blood test, May");
    let seven = labelled(&home, "b.txt", "7");
    let letter = labelled(&home, "c.txt", "Letter");
    let listed = home.json("patient", &["list"]).ok().rows();
    let numbers: Vec<_> = listed.iter().map(|row| number(row, "number")).collect();
    assert_eq!(numbers, [1, 2, 3]);
    for what in ["1", "#1", "blood test, may", &blood, &format!("id:{blood}")] {
        assert_eq!(shown(&home, what), *blood, "{what}");
    }
    assert_eq!(shown(&home, "7"), *seven, "the only meaning is the label");
    home.json("patient", &["show", "#7"]).refused(3, "record-unknown");
    home.json("patient", &["show", "1-3"]).refused(2, "several-records");
    let near = home.json("patient", &["show", "blood"]).refused(3, "record-unknown");
    assert!(text(&near, "hint").contains("Blood test, May"), "{near}");
    home.json("patient", &["access", "Letter", "-o", "letter"]).ok();
    assert_eq!(home.json("patient", &["audit", "1-2"]).ok().rows().len(), 2);
    home.json("patient", &["export", "1", "3", "-o", "out"]).ok();
    home.json("patient", &["verify", "Letter"]).ok();
    home.json("patient", &["evidence", "#3", "-o", "evidence.json"]).ok();
    home.json("patient", &["amend", "Letter", "c.txt", "--label", "Blood test,  May"]).ok();
    // Two records have labels now that can be taken for each other.
    let unclear = home.json("patient", &["show", "Blood test, May"]).refused(2, "record-unclear");
    let message = text(&unclear, "message");
    assert!(message.contains("#1") && message.contains("#3"), "{message}");
    assert_eq!(shown(&home, "#3"), *letter);
    // A record with an id that is another one's number.
    home.file("d.txt", NOTE);
    home.json("patient", &["create", "d.txt", "--id", "2"]).ok();
    home.json("patient", &["show", "2"]).refused(2, "record-unclear");
    assert_eq!(shown(&home, "#2"), *seven);
    assert_eq!(shown(&home, "id:2"), *"2");
    // What somebody else shares is known by its number among those, and by its id.
    home.json("clinic", &["show", "1"]).refused(3, "record-not-found");
    home.grant(&blood, "clinic", &[]);
    for what in ["1", "s1", &blood] {
        let shown = home.json("clinic", &["show", what]).ok().object();
        assert_eq!(shown["record_id"], *blood, "{what}");
    }
    // A record of one's own of that number takes it: nobody else can take numbers away by sharing.
    home.file("own.txt", "own");
    home.json("clinic", &["create", "own.txt"]).ok();
    home.json("clinic", &["access", "1", "-o", "mine"]).ok();
    assert_eq!(home.read("mine"), b"own");
    home.json("clinic", &["access", "s1", "-o", "theirs"]).ok();
    home.json("clinic", &["access", "#1", "-o", "own"]).ok();
}

#[test]
fn labels_are_read_from_headers_once_and_again_when_the_index_is_gone_or_damaged() {
    let home = Home::with(&["patient"]);
    home.file("scan.bin", vec![7; 100_000]);
    home.json("patient", &["create", "scan.bin", "--label", "Scan"]).ok();
    let label = || home.json("patient", &["list"]).ok().object()["name"].clone();
    assert_eq!(label(), "Scan");
    let index = home.profile_folder("patient").join("labels.sealed");
    let kept = fs::read(&index).unwrap();
    assert!(!kept.windows(4).any(|part| part == b"Scan"), "it is sealed");
    for damaged in [&b""[..], b"nothing", &kept[..kept.len() - 1]] {
        fs::write(&index, damaged).unwrap();
        assert_eq!(label(), "Scan", "read from the header again");
        assert_ne!(fs::read(&index).unwrap(), damaged, "and kept again");
    }
    // A new version has a header of its own.
    home.file("scan.bin", vec![8; 100_000]);
    home.json("patient", &["amend", "1", "scan.bin", "--label", "Scan, corrected"]).ok();
    assert_eq!(label(), "Scan, corrected");
    // Without any ciphertext the label is known, from the index alone.
    for entry in fs::read_dir(home.root().join("vault")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap().len() == 2 {
            fs::remove_dir_all(path).unwrap();
        }
    }
    assert_eq!(label(), "Scan, corrected");
    fs::remove_file(&index).unwrap();
    assert_eq!(label(), Value::Null, "nothing but a header that was read gives a label");
}

#[test]
fn looking_at_one_record_forgets_no_label_of_another() {
    let home = Home::with(&["patient"]);
    labelled(&home, "a.txt", "One");
    labelled(&home, "b.txt", "Two");
    home.json("patient", &["list"]).ok();
    let index = home.profile_folder("patient").join("labels.sealed");
    let kept = fs::read(&index).unwrap();
    home.json("patient", &["show", "1"]).ok();
    assert!(fs::read(&index).unwrap() == kept, "it is written again where something is new alone");
}

#[test]
fn erased_record_has_no_label_and_is_no_part_of_all() {
    let home = Home::with(&["patient"]);
    labelled(&home, "a.txt", "Kept");
    labelled(&home, "b.txt", "Gone");
    home.json("patient", &["list"]).ok();
    home.json("patient", &["erase", "Gone", "--yes"]).ok();
    let names: Vec<_> =
        home.json("patient", &["list"]).ok().rows().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, [Value::from("Kept"), Value::Null]);
    let exported = home.json("patient", &["export", "all", "-o", "out"]).ok();
    assert_eq!(exported.rows().len(), 1, "it means what is there");
    let refused = home.json("patient", &["amend", "#2", "b.txt"]).refused(3, "record-erased");
    assert!(text(&refused, "message").contains("was erased"), "{refused}");
}

#[test]
fn correction_is_called_as_what_it_corrects_and_a_reader_finds_it_by_name_at_once() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("blood.txt", "13.9");
    home.json("patient", &["create", "blood.txt", "--label", "Blood test, May"]).ok();
    home.file("scan-0042.txt", "14.1");
    home.json("patient", &["amend", "1", "scan-0042.txt"]).ok();
    let listed = home.json("patient", &["list"]).ok().object();
    assert_eq!((&listed["name"], &listed["version"]), (&"Blood test, May".into(), &2.into()));
    home.json("patient", &["grant", "1", home.principal("clinic"), "--for", "1d"]).ok();
    // The clinic has listed nothing yet.
    home.json("clinic", &["access", "Blood test, May", "-o", "opened"]).ok();
    assert_eq!(home.read("opened"), b"14.1");
    home.json("patient", &["stop", home.principal("clinic"), "--yes"]).ok();
    for gone in ["Blood test, May", "s1", "1"] {
        home.json("clinic", &["access", gone, "-o", "again"]).refused(4, "grant-revoked");
    }
    home.json("patient", &["amend", "1", "scan-0042.txt", "--label", "Repeat"]).ok();
    assert_eq!(home.json("patient", &["list"]).ok().object()["name"], "Repeat");
}
