//! Real documents, where `MRMS_CORPUS` names a folder of them: each through its whole life.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Home, number, text};

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents(&path, found);
        } else if fs::metadata(&path).unwrap().len() > 0 {
            found.push(path);
        }
    }
}

#[test]
fn every_document_of_the_corpus_lives_through_the_demonstration() {
    let Some(folder) = std::env::var_os("MRMS_CORPUS") else {
        println!("skipped: MRMS_CORPUS names no folder of documents");
        return;
    };
    let mut paths = Vec::new();
    documents(Path::new(&folder), &mut paths);
    paths.sort_unstable();
    assert!(!paths.is_empty(), "there are no documents in {}", folder.display());
    let home = Home::with(&["patient"]);
    for path in paths {
        let name = path.to_str().unwrap();
        home.text("patient", &["demo", name]).ok();
        let created = home.json("patient", &["create", name]).ok().object();
        home.assert_opens("patient", text(&created, "record_id"), fs::read(&path).unwrap());
        println!("{name}");
    }
    home.assert_unharmed();
}

#[test]
fn corpus_is_imported_byte_for_byte_and_once() {
    let Some(folder) = std::env::var_os("MRMS_CORPUS") else {
        println!("skipped: MRMS_CORPUS names no folder of documents");
        return;
    };
    let mut paths = Vec::new();
    documents(Path::new(&folder), &mut paths);
    let home = Home::with(&["patient"]);
    let import = || {
        let mut rows =
            home.json("patient", &["import", folder.to_str().unwrap(), "--of-anybody"]).ok().rows();
        let all = rows.pop().unwrap();
        let counted = ["created", "known", "left_out", "failed"].map(|name| number(&all, name));
        (rows, counted)
    };
    let (rows, [created, known, left_out, failed]) = import();
    println!("{created} created, {known} known, {left_out} left out");
    assert_eq!(failed, 0, "{rows:?}");
    assert!(created > 20, "{created}");
    // Each file of the folder is told: by itself, or as a scan of a study.
    let alone = rows.iter().filter(|row| !text(row, "file").contains(" \u{203a} "));
    assert_eq!(alone.map(|row| number(row, "files")).sum::<u64>(), paths.len() as u64, "{rows:?}");
    let written = |row: &&serde_json::Value| row["state"] == "created" && row["files"] == 1;
    for row in rows.iter().filter(written) {
        let file = text(row, "file");
        if let Ok(bytes) = fs::read(file) {
            home.assert_opens("patient", text(row, "record_id"), bytes);
        }
    }
    let (_, again) = import();
    assert_eq!(again, [0, created + known, left_out, 0], "nothing twice");
    assert_eq!(home.json("patient", &["list"]).ok().rows().len() as u64, created);
    home.assert_unharmed();
}
