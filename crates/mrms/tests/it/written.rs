//! What is written about the code and in it: names that were given up stay away, each decision begins with its question, and
//! every crate is explained where readers look for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::layering::files;

/// Names that meant several things. Each has a plain one in the glossary or in the code now.
const GIVEN_UP: [&str; 10] = [
    "patience",
    "desk",
    "duty",
    "duties",
    "holds",
    "parcel",
    "aside",
    "workplace",
    "moment",
    "moments",
];

/// Where such a name reads best all the same: the end of the file's path, and the name.
const KEPT: [(&str, &str); 1] = [("audit/reconcile/replay.rs", "holds")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names that a source gives to types, modules, functions, and what types have: fields and variants. In lower case.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // How far the variants of the enum that the line is in are indented.
    let mut variants = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let first = line.trim_start().chars().next();
        match variants {
            Some(at) if indent == at && first.is_some_and(char::is_uppercase) => {
                names.push(word(line));
                continue;
            }
            Some(at) if indent < at && first == Some('}') => variants = None,
            _ => {}
        }
        let Some(name) = named_by(line) else { continue };
        if is_enum(line) {
            variants = (!line.contains('}')).then_some(indent + 4);
            let listed = line.split_once('{').map_or("", |(_, listed)| listed).split(',');
            names.extend(listed.map(word).filter(|name| !name.is_empty()));
        }
        names.push(name);
    }
    names
}

/// The word with which a line begins, in lower case.
fn word(line: &str) -> String {
    let line = line.trim_start();
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    line[..end].to_lowercase()
}

/// A line without what says who may use the item.
fn without_visibility(line: &str) -> &str {
    let line = line.trim_start();
    match line.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")) {
        Some((_, rest)) => rest,
        None => line.strip_prefix("pub ").unwrap_or(line),
    }
}

fn is_enum(line: &str) -> bool {
    without_visibility(line).starts_with("enum ")
}

/// The name that a line of Rust gives to a type, a module, a function or a field.
fn named_by(line: &str) -> Option<String> {
    let mut line = without_visibility(line);
    for before in ["const ", "async ", "unsafe "] {
        line = line.strip_prefix(before).filter(|rest| rest.contains("fn ")).unwrap_or(line);
    }
    for keyword in ["struct ", "enum ", "trait ", "type ", "mod ", "union ", "fn "] {
        if let Some(rest) = line.strip_prefix(keyword) {
            return Some(word(rest));
        }
    }
    let name = word(line);
    (line.get(name.len()..)?.starts_with(": ") && !name.is_empty()).then_some(name)
}

#[test]
fn nothing_has_a_name_that_was_given_up() {
    for (text, expected) in [
        ("    pub holds: Vec<Held>,", &["holds"][..]),
        ("pub(crate) struct Desk {", &["desk"]),
        ("enum Moment<'a> {", &["moment"]),
        ("mod aside;", &["aside"]),
        ("    pub(super) const fn holds(&self) -> bool {", &["holds"]),
        ("enum Way { Aside, Other(Desk) }", &["aside", "other", "way"]),
        (
            "pub enum Way {\n    /// Aside.\n    #[error(\"x\")]\n    Aside,\n    Duty {\n        holds: u8,\n    },\n    \
          Parcel(u8),\n}\nstatic ASIDE: u8 = 1;\n    Aside,",
            &["way", "aside", "duty", "holds", "parcel"],
        ),
    ] {
        assert_eq!(named(text), expected, "{text}");
    }
    for line in ["if !walk.holds(stored)? {", "let moment = 1;", "aside::write()", "} else {"] {
        assert_eq!(named(line), Vec::<String>::new(), "{line}");
    }
    let mut found = BTreeSet::new();
    let sources = files(&root().join("crates"), &["rs"]);
    assert!(sources.len() > 500, "{}", sources.len());
    for (path, text) in sources {
        let stem = path.file_stem().unwrap().to_string_lossy().to_lowercase();
        let names = named(&text).into_iter().chain([stem]);
        let given_up = names.filter(|name| GIVEN_UP.contains(&name.as_str()));
        let is_kept =
            |name: &String| KEPT.iter().any(|(end, kept)| path.ends_with(end) && name == kept);
        let wrong = given_up.filter(|name| !is_kept(name));
        found.extend(wrong.map(|name| format!("{name} in {}", path.display())));
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

/// Every file and folder of the repository, from its root on, with a slash before it.
fn tree() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || ["target", "node_modules", ".git"].contains(&name.as_str()) {
                continue;
            }
            let inside =
                path.strip_prefix(root()).unwrap().iter().map(|part| part.to_string_lossy());
            found.insert(format!("/{}", inside.collect::<Vec<_>>().join("/")));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// The files and folders that a text names, as far as it names them: `ui/times.rs`, `guardian/`, `words/*.ftl`.
fn paths_in(text: &str) -> BTreeSet<String> {
    let in_code = text.split('`').skip(1).step_by(2).map(|code| code.trim_start_matches("./"));
    let pages = text.split(|c: char| c.is_whitespace() || "();,:`".contains(c));
    let pages =
        pages.map(|word| word.trim_end_matches('.')).filter(|word| word.starts_with("docs/"));
    let is_path = |word: &&str| {
        let ends = [".rs", ".ftl", ".md", ".clar", ".mjs", ".sh", ".json", "/"];
        let is_name = |c: char| c.is_ascii_alphanumeric() || "/._-*".contains(c);
        ends.iter().any(|end| word.ends_with(end)) && word.chars().all(is_name)
    };
    let placed = |word: &&str| !word.contains("TOPIC") && !word.contains("VERB");
    in_code.chain(pages).filter(is_path).filter(placed).map(str::to_owned).collect()
}

#[test]
fn every_file_that_the_architecture_or_a_decision_names_is_there() {
    let sample =
        "`a/b.rs`, `TOPIC/c.rs`; docs/d.md and `e f.rs`, [x](docs/g.md#h), `i/` `./j.sh` `k`";
    let expected = ["a/b.rs", "docs/d.md", "i/", "j.sh"].map(str::to_owned);
    assert_eq!(paths_in(sample), BTreeSet::from(expected));
    let mut named = paths_in(&read("ARCHITECTURE.md"));
    assert!(named.len() > 150, "{}", named.len());
    // Decisions also name files of a home, which are none of the repository.
    let is_source =
        |path: &String| [".rs", ".ftl", ".clar", ".mjs"].iter().any(|end| path.ends_with(end));
    for text in files(&root().join("docs/design"), &["md"]).values() {
        named.extend(paths_in(text).into_iter().filter(is_source));
    }
    let tree = tree();
    let is_there = |path: &str| {
        let (before, after) = path.trim_end_matches('/').split_once('*').unwrap_or((path, ""));
        let (before, has_star) = (before.trim_end_matches('/'), path.contains('*'));
        let tail = format!("/{}{}", before, if before.is_empty() || !has_star { "" } else { "/" });
        tree.iter().any(|one| match has_star {
            true => one.ends_with(after) && one.contains(&tail),
            false => one.ends_with(&tail),
        })
    };
    let gone: Vec<_> = named.into_iter().filter(|path| !is_there(path)).collect();
    assert_eq!(gone, Vec::<String>::new());
}

/// The rows of the glossary: words and meaning.
fn glossary() -> Vec<(Vec<String>, String)> {
    let text = read("docs/glossary.md");
    let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows = cells.filter(|(word, _)| *word != "word").map(|(words, rest)| {
        let words = words.split(", ").map(|word| word.trim_start_matches("to ").to_owned());
        (words.collect(), rest.rsplit_once(" | ").map_or(rest, |(meaning, _)| meaning).to_owned())
    });
    rows.collect()
}

#[test]
fn every_word_of_the_glossary_has_one_row() {
    let rows = glossary();
    assert!(rows.len() > 130, "{}", rows.len());
    let mut seen = BTreeSet::new();
    let words = rows.iter().flat_map(|(words, _)| words);
    let twice: Vec<_> = words.filter(|word| !seen.insert(word.as_str())).collect();
    assert_eq!(twice, Vec::<&String>::new());
    let mut without = Vec::new();
    for (words, meaning) in &rows {
        for bold in meaning.split("**").skip(1).step_by(2) {
            let one = |end: &str, other: &str| Some(format!("{}{other}", bold.strip_suffix(end)?));
            let forms = [one("", ""), one("s", ""), one("ies", "y"), one("ed", ""), one("ed", "e")];
            if !forms.into_iter().flatten().any(|form| seen.contains(form.as_str())) {
                without.push(format!("{bold} in {}", words.join(", ")));
            }
        }
    }
    assert_eq!(without, Vec::<String>::new());
}
