//! Real documents, where `MRMS_CORPUS` names a folder of them: each is shown, or there is a reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use mrms_viewers::{Answer, Head, Kind, NotShown, Request, Want, WindowChoice, answer, describe};

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { documents(&path, found) } else { found.push(path) }
    }
}

#[test]
fn every_document_of_the_corpus_is_shown() {
    let Some(folder) = std::env::var_os("MRMS_CORPUS") else {
        println!("skipped: MRMS_CORPUS names no folder of documents");
        return;
    };
    let mut paths = Vec::new();
    documents(Path::new(&folder), &mut paths);
    paths.sort_unstable();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let described = describe(Head { bytes: &bytes, is_whole: true }, &name);
        let request = |want| Request { name: name.clone(), want };
        let shown = answer(&request(Want::Document), &bytes);
        let Answer::Document(document) = &shown else { panic!("{name}: {shown:?}") };
        assert!(!document.blocks.is_empty() || document.paged.is_some(), "{name} says nothing");
        if matches!(document.kind, Kind::Cda | Kind::Hl7 | Kind::HealthCard) {
            assert!(
                described.title.is_some() && document.patient.is_some(),
                "{name}: {described:?}"
            );
        }
        println!(
            "{name}: {:?}, {} blocks, {:?}",
            described.line(),
            document.blocks.len(),
            document.paged
        );
        if document.paged.is_some() {
            let want = Want::Picture { number: 1, window: WindowChoice::AsStored };
            match answer(&request(want), &bytes) {
                Answer::Picture(picture) => {
                    assert!(picture.width > 0, "{name}");
                    if let Some(to) = std::env::var_os("MRMS_CORPUS_PICTURES") {
                        use base64::Engine as _;
                        let png =
                            base64::engine::general_purpose::STANDARD.decode(&picture.png).unwrap();
                        std::fs::write(Path::new(&to).join(format!("{name}.png")), png).unwrap();
                    }
                }
                // A plan of radiation has doses in place of a picture.
                Answer::NotShown(NotShown::Compression) => println!("{name}: not decoded"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}
