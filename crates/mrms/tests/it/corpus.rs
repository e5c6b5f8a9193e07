//! Real documents, where `MRMS_CORPUS` names a folder of them: each through its whole life.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Home, text};

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
