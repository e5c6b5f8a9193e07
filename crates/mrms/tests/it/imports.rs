//! `mrms import`: what other systems give becomes records, byte for byte, and nothing twice.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crash::kill_after_block;
use crate::support::{Home, text};

/// An archive without compression of these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let crc = crc_32(bytes);
        let header = [
            &[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
            &crc.to_le_bytes(),
            &(bytes.len() as u32).to_le_bytes(),
            &(bytes.len() as u32).to_le_bytes(),
            &(name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        let at = (out.len() as u32).to_le_bytes();
        out.extend([&b"PK\x03\x04"[..], header.as_slice(), name.as_bytes(), bytes].concat());
        directory.extend(
            [&b"PK\x01\x02\x0a\0"[..], header.as_slice(), &[0; 10], &at, name.as_bytes()].concat(),
        );
    }
    let count = (files.len() as u16).to_le_bytes();
    let (at, length) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &count[..],
            &count,
            &length.to_le_bytes(),
            &at.to_le_bytes(),
            &[0, 0],
        ]
        .concat(),
    );
    out
}

/// CRC-32 of ISO 3309, bit by bit.
fn crc_32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// An object of a scan.
fn scan(study: &str, number: &str) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    for (tag, kind, value) in [
        ([8, 0, 0x60, 0], b"CS", "MR"),
        ([8, 0, 0x30, 0x10], b"LO", "Knee"),
        ([0x20, 0, 0x0d, 0], b"UI", study),
        ([0x20, 0, 0x13, 0], b"IS", number),
    ] {
        let value = if value.len() % 2 == 1 { format!("{value} ") } else { value.to_owned() };
        bytes.extend(
            [&tag[..], kind, &(value.len() as u16).to_le_bytes(), value.as_bytes()].concat(),
        );
    }
    bytes
}

const LAB: &str = r#"{"resourceType":"Observation","code":{"text":"Haemoglobin"},"effectiveDateTime":"2026-05-04","performer":[{"display":"Lab North"}],"valueQuantity":{"value":13.2}}"#;

/// Rows by the last part of where they lay, and the line of the whole.
fn imported(home: &Home, line: &[&str]) -> (Vec<Value>, Value) {
    let mut rows = home.json("patient", line).ok().rows();
    let all = rows.pop().unwrap();
    (rows, all)
}

#[test]
fn what_came_by_another_way_is_not_imported_again() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", "first words");
    home.file("note.txt", "other words, a few more");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    fs::create_dir(home.work().join("export")).unwrap();
    for (name, content) in [
        ("older.txt", "first words"),
        ("newer.txt", "other words, a few more"),
        // As long as the first version, and something else.
        ("new.txt", "first wordz"),
    ] {
        home.file(&format!("export/{name}"), content);
    }
    for (line, new) in [
        (vec!["import", "export", "--dry-run"], "would-create"),
        (vec!["import", "export"], "created"),
        (vec!["import", "export"], "known"),
    ] {
        let (rows, _) = imported(&home, &line);
        let outcome = |name: &str| {
            let found = rows.iter().find(|row| text(row, "file").ends_with(name));
            let row = found.unwrap_or_else(|| panic!("{name}: {rows:?}"));
            (text(row, "state").to_owned(), row["record_id"].clone())
        };
        for known in ["older.txt", "newer.txt"] {
            assert_eq!(outcome(known), ("known".to_owned(), json!(id)), "{known}: {line:?}");
        }
        assert_eq!(outcome("new.txt").0, new, "{line:?}");
    }
}

#[test]
fn an_archive_and_a_disc_become_records_and_nothing_twice() {
    let home = Home::with(&["patient"]);
    let inner = archive(&[("letter.txt", b"a letter")]);
    let files: [(&str, &[u8]); 5] = [
        ("export/lab.json", LAB.as_bytes()),
        ("export/same.json", LAB.as_bytes()),
        ("export/inner.zip", &inner),
        ("__MACOSX/._lab.json", b"x"),
        ("viewer/VIEWER.EXE", b"MZ"),
    ];
    home.file("export.zip", archive(&files));
    fs::create_dir(home.work().join("disc")).unwrap();
    for (name, bytes) in
        [("I1", scan("1.2.3", "1")), ("I2", scan("1.2.3", "2")), ("DICOMDIR", b"x".to_vec())]
    {
        fs::write(home.work().join("disc").join(name), bytes).unwrap();
    }

    let (_, preview) = imported(&home, &["import", "export.zip", "disc", "--dry-run"]);
    assert_eq!(
        preview,
        json!({"created": 0, "would_create": 3, "known": 1, "left_out": 3, "other_people": 0, "compared_name": null, "compared_born": null, "failed": 0, "bytes": preview["bytes"], "fee": null, "complete": true})
    );
    assert!(home.json("patient", &["list"]).ok().rows().is_empty(), "a preview writes nothing");

    let (rows, all) = imported(&home, &["import", "export.zip", "disc"]);
    assert_eq!(
        (&all["created"], &all["known"], &all["left_out"]),
        (&json!(3), &json!(1), &json!(3))
    );
    assert_eq!(all["bytes"], preview["bytes"]);
    let find = |part: &str| rows.iter().find(|row| text(row, "file").contains(part)).unwrap();
    let lab = find("lab.json");
    assert_eq!(lab["label"], "Haemoglobin, 2026-05-04, Lab North");
    assert_eq!(lab["kind"], "fhir");
    home.assert_opens("patient", text(lab, "record_id"), LAB);
    assert_eq!(
        (&find("same.json")["state"], &find("same.json")["record_id"]),
        (&json!("known"), &lab["record_id"])
    );
    home.assert_opens("patient", text(find("inner.zip"), "record_id"), "a letter");
    assert_eq!(find("VIEWER.EXE")["code"], "program");
    let study = rows.iter().find(|row| row["kind"] == "study").unwrap();
    assert_eq!(
        (&study["files"], &study["label"], &study["kind"]),
        (&json!(2), &json!("MR: Knee"), &json!("study"))
    );

    let listed = home.json("patient", &["list"]).ok().rows();
    let names: Vec<_> = listed.iter().map(|row| row["name"].as_str().unwrap_or_default()).collect();
    assert!(names.contains(&"Haemoglobin, 2026-05-04, Lab North"), "{names:?}");
    // What it is, when, and who wrote it are found.
    for words in ["haemoglobin", "2026-05", "lab north"] {
        let found = home.json("patient", &["list", words]).ok().rows();
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        assert_eq!(found[0]["record_id"], lab["record_id"], "{words}");
    }

    // Once more, and from another place: nothing is added.
    fs::rename(home.work().join("disc"), home.work().join("copy")).unwrap();
    let (_, again) = imported(&home, &["import", "copy", "export.zip"]);
    assert_eq!((&again["created"], &again["known"]), (&json!(0), &json!(4)));
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 3);
    home.assert_unharmed();
}

/// A document that names this person.
fn letter_about(name: &str, born: &str) -> String {
    json!({
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Patient", "name": [{"text": name}], "birthDate": born}},
            {"resource": {"resourceType": "Observation", "code": {"text": format!("Iron of {name}")}}},
        ],
    })
    .to_string()
}

#[test]
fn documents_that_name_somebody_else_are_told_and_left_out_until_they_are_wanted() {
    let home = Home::with(&["patient"]);
    fs::create_dir(home.work().join("disc")).unwrap();
    for (name, content) in [
        ("mine.json", letter_about("Muster, Ana", "1950-05-03")),
        ("older.json", letter_about("Ana Muster", "1950")),
        ("daughter.json", letter_about("Ana Muster", "1980-01-01")),
        ("other.json", letter_about("Ben Vogel", "1961-02-02")),
        ("letter.txt", "words that name nobody".to_owned()),
    ] {
        home.file(&format!("disc/{name}"), content);
    }
    let states = |line: &[&str]| {
        let (rows, all) = imported(&home, line);
        let of = |row: &Value| {
            let name = text(row, "file").rsplit('/').next().unwrap().to_owned();
            (name, (text(row, "state").to_owned(), text(row, "whose").to_owned()))
        };
        let states: std::collections::BTreeMap<_, _> = rows.iter().map(of).collect();
        (states, rows, all)
    };
    let is = |states: &std::collections::BTreeMap<String, (String, String)>, name: &str| {
        let (state, whose) = &states[name];
        format!("{state} {whose}")
    };
    // Without a name of one's own, most of them tell.
    let (found, _, all) = states(&["import", "disc", "--dry-run"]);
    assert_eq!(is(&found, "other.json"), "left-out other-than-most");
    assert_eq!(all["compared_name"], "Muster, Ana");

    home.json("patient", &["card", "set", "--name", "Ana Muster", "--kind", "person"]).ok();
    let (found, rows, all) = states(&["import", "disc", "--dry-run"]);
    assert_eq!(is(&found, "mine.json"), "would-create fits");
    assert_eq!(is(&found, "older.json"), "would-create fits");
    assert_eq!(is(&found, "daughter.json"), "left-out other-birth-date");
    assert_eq!(is(&found, "other.json"), "left-out other-name");
    assert_eq!(is(&found, "letter.txt"), "would-create not-named");
    assert_eq!(
        [&all["other_people"], &all["compared_name"], &all["compared_born"]],
        [&json!(2), &json!("Ana Muster"), &json!("1950-05-03")]
    );
    let other = rows.iter().find(|row| text(row, "file").ends_with("other.json")).unwrap();
    assert_eq!(other["about"], json!([{"name": "Ben Vogel", "born": "1961-02-02"}]));
    assert_eq!(other["code"], "other-person");
    let shown = home.text("patient", &["import", "disc", "--dry-run"]).ok();
    let printed = shown.printed();
    for said in ["Ben Vogel, born 1961-02-02", "nobody named", "somebody else than Ana Muster"] {
        assert!(printed.contains(said), "{said}: {printed}");
    }

    // A place where nothing lies would leave in what was meant.
    home.json("patient", &["import", "disc", "--leave-out", "disc/mien.json"])
        .refused(1, "leave-out");
    assert!(home.json("patient", &["list"]).ok().rows().is_empty(), "nothing was written");
    let (found, _, all) = states(&["import", "disc", "--leave-out", "disc/letter.txt"]);
    assert_eq!((&all["created"], &all["left_out"]), (&json!(2), &json!(3)));
    assert_eq!(is(&found, "letter.txt"), "left-out not-named");
    assert_eq!(is(&found, "daughter.json"), "left-out other-birth-date");

    let (found, _, all) =
        states(&["import", "disc", "--of-anybody", "--leave-out", "disc/other.json"]);
    assert_eq!((&all["created"], &all["known"]), (&json!(2), &json!(2)));
    assert_eq!(is(&found, "daughter.json"), "created other-birth-date");
    assert_eq!(is(&found, "other.json"), "left-out other-name");
    let (_, _, all) = states(&["import", "disc", "--leave-out", "disc/"]);
    assert_eq!((&all["left_out"], &all["known"]), (&json!(1), &json!(4)));
    home.assert_unharmed();
}

#[test]
fn small_files_come_onto_the_ledger_together_and_are_told_in_their_order() {
    let home = Home::with(&["patient"]);
    fs::create_dir(home.work().join("many")).unwrap();
    for number in 0..100 {
        home.file(&format!("many/{number:03}.txt"), format!("note {number}"));
    }
    home.file("many/010.txt", "note 3");
    home.file("many/020.txt", "a long letter\n".repeat(10_000));
    home.file("many/030.txt", "");
    let height = || {
        let found = home.json("patient", &["node", "fsck"]).ok().object();
        found["blocks"].as_u64().unwrap()
    };
    let before = height();
    let (rows, all) = imported(&home, &["import", "many"]);
    let counted = |key: &str| all[key].as_u64().unwrap();
    assert_eq!((counted("created"), counted("known"), counted("left_out")), (98, 1, 1));
    // Together as far as they fit, and the long one and what waits before a repeated one by itself.
    assert!(height() - before < 10, "{} blocks", height() - before);
    let told: Vec<_> =
        rows.iter().map(|row| text(row, "file").rsplit('/').next().unwrap()).collect();
    let expected: Vec<_> = (0..100).map(|number| format!("{number:03}.txt")).collect();
    assert_eq!(told, expected);
    assert_eq!(rows[10]["record_id"], rows[3]["record_id"]);
    for place in [0, 20, 99] {
        let content = fs::read(home.work().join(text(&rows[place], "file"))).unwrap();
        home.assert_opens("patient", text(&rows[place], "record_id"), content);
    }
    home.assert_unharmed();
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let home = Home::with(&["patient"]);
    fs::create_dir(home.work().join("many")).unwrap();
    // Three groups, each sent with one message.
    let count = 160;
    for number in 0..count {
        home.file(&format!("many/{number:03}.txt"), format!("note {number}"));
    }
    let command = home.command("patient", &["import", "many"]);
    let output = kill_after_block(&home, Duration::ZERO, command);
    assert!(!output.status.success(), "it ended before it was killed");
    let before = home.json("patient", &["list"]).ok().rows().len() as u64;
    assert!(before < count, "it was killed half way, and {before} are on record");
    println!("{before} of {count} were on record");
    let (rows, all) = imported(&home, &["import", "many"]);
    let counted = |key: &str| all[key].as_u64().unwrap();
    assert_eq!((counted("created") + counted("known"), counted("failed")), (count, 0));
    assert_eq!(counted("known"), before, "what stood on record is not put there again");
    let ids = |rows: &[Value]| -> BTreeSet<String> {
        rows.iter().map(|row| text(row, "record_id").to_owned()).collect()
    };
    let listed = home.json("patient", &["list"]).ok().rows();
    assert_eq!(
        (listed.len() as u64, ids(&listed)),
        (count, ids(&rows)),
        "nothing twice, nothing lost"
    );
    for place in [0, 63, 64, 100, 159] {
        let content = fs::read(home.work().join(text(&rows[place], "file"))).unwrap();
        home.assert_opens("patient", text(&rows[place], "record_id"), content);
    }
}

#[test]
fn an_archive_of_gigabytes_is_read_in_a_fixed_memory() {
    let home = Home::with(&["patient"]);
    // A long file within an archive: 96 MiB that hardly repeat.
    let path = home.work().join("long.zip");
    let mut state = 1_u64;
    let bytes: Vec<u8> = (0..96 << 17)
        .flat_map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.to_le_bytes()
        })
        .collect();
    fs::File::create(&path).unwrap().write_all(&archive(&[("export.bin", &bytes)])).unwrap();
    drop(bytes);
    let mut child =
        home.command("patient", &["import", "long.zip"]).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        most = most.max(
            line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0),
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    assert!(most < 160 * 1024, "{most} KiB");
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
}

#[test]
fn view_prints_what_a_document_says_and_nothing_that_acts_on_a_screen() {
    let home = Home::with(&["patient"]);
    home.create("lab.json", LAB.replace("Haemoglobin", "Haemoglobin \\u001b[2K"));
    let viewed = home.json("patient", &["view", "1"]).ok().object();
    assert_eq!((&viewed["kind"], &viewed["complete"]), (&json!("fhir"), &json!(true)));
    let shown = home.text("patient", &["view", "1"]).ok();
    let printed = shown.printed();
    assert!(printed.contains("Results") && printed.contains("13.2"), "{printed}");
    assert!(!printed.contains('\u{1b}'), "{printed}");
    home.create("deep.json", format!("{{\"resourceType\":{}", "[".repeat(100_000)));
    home.json("patient", &["view", "2"]).refused(1, "not-shown");
}
