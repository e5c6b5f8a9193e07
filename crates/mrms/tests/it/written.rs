//! What is written about the code and in it: names that were given up stay away, each decision begins with its question, and
//! every crate is explained where readers look for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::layering::files;

/// Names that meant several things. Each has a plain one in the glossary or in the code now.
const GIVEN_UP: [&str; 9] =
    ["patience", "desk", "duty", "duties", "holds", "parcel", "aside", "workplace", "moment"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The name that a line of Rust gives to a type, a module or a field of a type, in lower case.
fn named(line: &str) -> Option<String> {
    let line = line.trim();
    let line = match line.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")) {
        Some((_, rest)) => rest,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let end = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_');
    for keyword in ["struct ", "enum ", "trait ", "type ", "mod ", "union "] {
        if let Some(rest) = line.strip_prefix(keyword) {
            return Some(rest[..end(rest).unwrap_or(rest.len())].to_lowercase());
        }
    }
    let (name, rest) = line.split_at(end(line)?);
    (rest.starts_with(": ") && !name.is_empty()).then(|| name.to_lowercase())
}

#[test]
fn no_type_module_or_field_has_a_name_that_was_given_up() {
    for (line, name) in [
        ("    pub holds: Vec<Held>,", "holds"),
        ("pub(crate) struct Desk {", "desk"),
        ("enum Moment<'a> {", "moment"),
        ("mod aside;", "aside"),
    ] {
        assert_eq!(named(line).as_deref(), Some(name), "{line}");
    }
    for line in ["if !walk.holds(stored)? {", "let moment = 1;", "aside::write()", "} else {"] {
        assert_eq!(named(line), None, "{line}");
    }
    let mut found = BTreeSet::new();
    let sources = files(&root().join("crates"), &["rs"]);
    assert!(sources.len() > 500, "{}", sources.len());
    for (path, text) in sources {
        let stem = path.file_stem().unwrap().to_string_lossy().to_lowercase();
        let names = text.lines().filter_map(named).chain([stem]);
        let given_up = names.filter(|name| GIVEN_UP.contains(&name.as_str()));
        found.extend(given_up.map(|name| format!("{name} in {}", path.display())));
    }
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn every_decision_begins_with_the_question_that_it_answers() {
    let mut pages = files(&root().join("docs/design"), &["md"]);
    pages.retain(|path, _| !path.ends_with("README.md"));
    assert!(pages.len() > 20, "{}", pages.len());
    let index = read("docs/design/README.md");
    for (path, text) in pages {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.ends_with('?'), "{}: {first}", path.display());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(index.contains(&format!("({name})")), "{name} is not in the list of decisions");
    }
}

#[test]
fn every_crate_is_explained_where_readers_look_for_it() {
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let names: Vec<_> =
        crates.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() > 20, "{names:?}");
    for page in ["README.md", "ARCHITECTURE.md", "docs/for-developers.md"] {
        let text = read(page);
        for name in &names {
            let is_there =
                text.contains(&format!("`{name}`")) || text.contains(&format!("`crates/{name}`"));
            assert!(is_there, "{page} says nothing of {name}");
        }
    }
}
