//! Homes that earlier releases made open with this program. `kept/make.sh` makes one with the program of a release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, text};

/// The most bytes that a kept home may have, packed.
const MOST: u64 = 100_000;

fn kept() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kept");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut homes: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "xz")).collect();
    homes.sort_unstable();
    homes
}

#[test]
fn home_of_each_release_opens_and_goes_on() {
    let homes = kept();
    assert!(!homes.is_empty());
    for packed in homes {
        assert!(fs::metadata(&packed).unwrap().len() < MOST, "{}", packed.display());
        let folder = tempfile::tempdir().unwrap();
        let unpacked =
            Command::new("tar").arg("-xJf").arg(&packed).arg("-C").arg(folder.path()).status();
        assert!(unpacked.unwrap().success());
        let mut home = Home::empty_at(&folder.path().join("home"));
        for name in ["patient", "clinic"] {
            let shown = home.json(name, &["key", "show"]).ok().object();
            home.remember(name, text(&shown, "principal"));
        }
        let listed = home.json("patient", &["list"]).ok().rows();
        let names: Vec<_> = listed.iter().map(|row| text(row, "name")).collect();
        assert_eq!(names, ["Blood test, June", "letter.txt"]);
        let shared = home.json("patient", &["shared"]).ok().rows();
        assert_eq!(text(&shared[0], "user_name"), "Clinic North");
        home.assert_opens("patient", "1", "Potassium 4.2 mmol/l (corrected).\n");
        home.assert_opens(
            "patient",
            "letter.txt",
            "This lies with the vault, and can be erased.\n",
        );
        home.json("patient", &["audit", "1", "--verify"]).ok();
        // It goes on: with a new record, and with what was shared then.
        let id = home.create("new.txt", "Of a later program.\n");
        home.assert_opens("patient", &id, "Of a later program.\n");
        home.grant(&id, "clinic", &[]);
        home.assert_opens("clinic", &id, "Of a later program.\n");
        home.assert_opens("clinic", "Blood test, June", "Potassium 4.2 mmol/l (corrected).\n");
        home.assert_unharmed();
        home.json("patient", &["doctor"]).ok();
    }
}
