//! No circle of imports crosses a folder: neither one of modules, nor one of folders that lie side by side.
//!
//! Reads the sources as text: every `use`, and every path that begins with `crate`, `super`, `self`,
//! the name of a child module or of an imported one. A re-export of a child by its parent is no import;
//! a path through it leads to where the item is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::layering::{files, without_comments_and_tests};

/// Imports that close a circle of folders, and why they stay: crate, module, what it imports.
const KEPT: [(&str, &str, &str, &str); 2] = [
    (
        "mrms",
        "commands::joining::join",
        "commands::vault::sync",
        "mrms join ends as vault sync does, and mrms vault join begins as mrms join does",
    ),
    (
        "mrms-app",
        "sharing::not_shown",
        "audit::shares",
        "what the ledger does not show is told beside what it shows, which audit::shares reads from records",
    ),
];

/// A module by its path in the crate; the crate's root is empty.
type Module = Vec<String>;

/// Which modules each module needs.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

struct Crate {
    /// The folder of each module's file.
    folders: BTreeMap<Module, PathBuf>,
    /// The paths that each module names.
    named: BTreeMap<Module, Vec<Module>>,
    /// What each module re-exports from its children: name and path.
    exported: BTreeMap<Module, BTreeMap<String, Module>>,
    /// What each module imports, by the name that it has there.
    imported: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Crate {
    fn read(src: &Path) -> Self {
        let mut texts = BTreeMap::new();
        let mut folders = BTreeMap::new();
        for (path, text) in files(src, &["rs"]) {
            let inside = path.strip_prefix(src).unwrap();
            // Tests beside a module, such as `tests.rs`, `share_tests.rs` and what is below `tests/`, are of no folder's side.
            let is_test = |part: &std::ffi::OsStr| {
                let part = as_text(part);
                part == "tests" || part.ends_with("tests.rs")
            };
            if inside.iter().any(is_test) {
                continue;
            }
            let mut module: Module = inside.with_extension("").iter().map(as_text).collect();
            if ["mod", "lib", "main"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            folders.insert(module.clone(), inside.parent().unwrap().to_owned());
            texts.insert(module, without_comments_and_tests(&text));
        }
        let (named, exported, imported) = Default::default();
        let mut read = Self { folders, named, exported, imported };
        for (module, text) in &texts {
            read.read_module(module, text);
        }
        read
    }

    fn read_module(&mut self, module: &Module, text: &str) {
        let (mut named, mut exported, mut imported) =
            (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let mut rest = String::new();
        for statement in text.split_inclusive(';') {
            let start = statement.lines().position(|line| {
                let line = line.trim_start().trim_start_matches("pub ");
                let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                line.starts_with("use ")
            });
            let Some(start) = start else {
                rest.push_str(statement);
                continue;
            };
            let lines: Vec<&str> = statement.lines().collect();
            rest.push_str(&lines[..start].join("\n"));
            let import = lines[start..].join(" ");
            let (before, tree) = import.split_once("use ").unwrap();
            for (path, name) in expand(tree.trim_end_matches(';')) {
                let is_child = self.has_child(module, &path[0]) || path[0] == "self";
                if before.contains("pub") && is_child {
                    exported.insert(name, path);
                } else {
                    named.push(path.clone());
                    imported.insert(name, path);
                }
            }
        }
        named.extend(paths_in(&rest));
        self.named.insert(module.clone(), named);
        self.exported.insert(module.clone(), exported);
        self.imported.insert(module.clone(), imported);
    }

    fn has_child(&self, module: &Module, name: &str) -> bool {
        let mut child = module.clone();
        child.push(name.to_owned());
        self.folders.contains_key(&child)
    }

    /// A path from the crate's root, where it stays in the crate.
    fn absolute(&self, from: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => {
                let parent = from[..from.len().saturating_sub(1)].to_vec();
                return match rest.first().map(String::as_str) {
                    Some("super") => self.absolute(&parent, rest),
                    _ => Some([parent, rest.to_vec()].concat()),
                };
            }
            name if self.has_child(from, name) => [from.clone(), vec![first.clone()]].concat(),
            name => {
                let imported = self.imported.get(from)?.get(name)?;
                if imported.first() == Some(first) {
                    return None;
                }
                self.absolute(from, imported)?
            }
        };
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The module that a path leads to, through re-exports.
    fn target(&self, path: &Module, depth: usize) -> Option<Module> {
        for length in (0..=path.len()).rev() {
            let module = path[..length].to_vec();
            if !self.folders.contains_key(&module) {
                continue;
            }
            let through = path.get(length).and_then(|name| self.exported[&module].get(name));
            if let (Some(through), true) = (through, depth < 5) {
                let further = self.absolute(&module, through)?;
                return self.target(&[further, path[length + 1..].to_vec()].concat(), depth + 1);
            }
            return Some(module);
        }
        None
    }

    /// Which modules each module names.
    fn imports(&self) -> Imports {
        let of = |(module, named): (&Module, &Vec<Module>)| {
            let targets = named.iter().filter_map(|path| {
                let target = self.target(&self.absolute(module, path)?, 0)?;
                (target != *module).then_some(target)
            });
            (module.clone(), targets.collect())
        };
        self.named.iter().map(of).collect()
    }

    /// Pairs of modules in different folders that reach each other.
    fn circles(&self) -> Vec<String> {
        let reached = reached(self.imports());
        let mut found = Vec::new();
        for (one, others) in &reached {
            for other in others.range(one.clone()..).filter(|other| *other != one) {
                if reached[other].contains(one) && self.folders[one] != self.folders[other] {
                    found.push(format!("{} <-> {}", one.join("::"), other.join("::")));
                }
            }
        }
        found
    }

    /// Imports between folders that lie side by side, which close a circle of such folders. Each folder counts with all that
    /// is below it. `kept` are left out: module and what it imports.
    fn folder_circles(&self, kept: &[(&str, &str)]) -> Vec<String> {
        let mut between: BTreeMap<(Module, Module), BTreeSet<String>> = BTreeMap::new();
        for (module, targets) in self.imports() {
            for target in targets {
                let (from, to) = (module.join("::"), target.join("::"));
                if let Some(pair) = side_by_side(&self.folders[&module], &self.folders[&target])
                    && !kept.contains(&(&from, &to))
                {
                    between.entry(pair).or_default().insert(format!("{from} -> {to}"));
                }
            }
        }
        let mut needed = Imports::new();
        for (one, other) in between.keys() {
            needed.entry(one.clone()).or_default().insert(other.clone());
            needed.entry(other.clone()).or_default();
        }
        let reached = reached(needed);
        between.retain(|(one, other), _| reached[other].contains(one));
        between.into_values().flatten().collect()
    }
}

/// What each one reaches, over any number of steps.
fn reached(mut reached: Imports) -> Imports {
    loop {
        let mut grew = false;
        for one in reached.keys().cloned().collect::<Vec<_>>() {
            let next: BTreeSet<Module> =
                reached[&one].iter().flat_map(|other| reached[other].clone()).collect();
            let known = reached.get_mut(&one).unwrap();
            let before = known.len();
            known.extend(next);
            grew |= known.len() > before;
        }
        if !grew {
            return reached;
        }
    }
}

/// The folders in which these two lie, just below the one that has both; none where one has the other.
fn side_by_side(one: &Path, other: &Path) -> Option<(Module, Module)> {
    let parts = |folder: &Path| folder.iter().map(as_text).collect::<Vec<_>>();
    let (one, other) = (parts(one), parts(other));
    let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    (common < one.len().min(other.len()))
        .then(|| (one[..=common].to_vec(), other[..=common].to_vec()))
}

fn as_text(part: &std::ffi::OsStr) -> String {
    part.to_str().unwrap().to_owned()
}

/// The paths of a `use` with the names that they give: `a::{b, c::d as e}` is `a::b` for `b` and `a::c::d` for `e`.
fn expand(tree: &str) -> Vec<(Module, String)> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in tree.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let split = |text: &str| -> Module {
        text.split("::")
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let mut paths = Vec::new();
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        match part.split_once('{') {
            Some((before, inner)) => {
                let inner = &inner[..inner.rfind('}').unwrap()];
                for (path, name) in expand(inner) {
                    let path = [split(before), path].concat();
                    let is_self = path.len() > 1 && path.ends_with(&["self".to_owned()]);
                    let path = path[..path.len() - usize::from(is_self)].to_vec();
                    let name = if name == "self" { path.last().unwrap().clone() } else { name };
                    paths.push((path, name));
                }
            }
            None => {
                let (path, name) = part.split_once(" as ").unwrap_or((part, ""));
                let path = split(path);
                let name = if name.is_empty() { path.last().unwrap() } else { name.trim() };
                paths.push((path.clone(), name.to_owned()));
            }
        }
    }
    paths
}

/// Every path in code, as far as its parts are names.
fn paths_in(text: &str) -> Vec<Module> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_name(c)).filter(|word| word.contains("::"));
    words.map(|word| word.split("::").map(str::to_owned).collect()).collect()
}

/// Every crate of the workspace, by name.
fn crates() -> BTreeMap<String, Crate> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read: BTreeMap<_, _> = folders
        .map(|folder| (as_text(folder.file_name().unwrap()), Crate::read(&folder.join("src"))))
        .collect();
    let modules: usize = read.values().map(|one| one.folders.len()).sum();
    assert!(modules > 300, "only {modules} modules were found");
    read
}

#[test]
fn no_circle_of_imports_crosses_a_folder() {
    let mut wrong = Vec::new();
    for (name, read) in crates() {
        wrong.extend(read.circles().into_iter().map(|circle| format!("{name}: {circle}")));
        let kept = KEPT.iter().filter(|one| one.0 == name).map(|one| (one.1, one.2));
        let circles = read.folder_circles(&kept.collect::<Vec<_>>());
        wrong.extend(circles.into_iter().map(|import| format!("{name}: {import}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn import_that_closes_no_circle_of_folders_any_more_is_no_longer_kept() {
    let crates = crates();
    for (name, from, to, why) in KEPT {
        let closing = crates[name].folder_circles(&[]);
        assert!(closing.contains(&format!("{from} -> {to}")), "{name}: {from} -> {to} ({why})");
    }
}

/// A crate of these files.
fn sample(files: &[(&str, &str)]) -> Crate {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Crate::read(folder.path())
}

const NONE: [&str; 0] = [];

#[test]
fn circle_between_two_folders_is_found() {
    let of = |inner| {
        sample(&[
            ("lib.rs", "mod one;\nmod two;\n"),
            ("one/mod.rs", "mod inner;\npub use inner::{Item, Other as Renamed};\n"),
            ("one/inner.rs", inner),
            ("two/mod.rs", "use crate::one::{\n    Item,\n};\n"),
        ])
    };
    assert_eq!(of("use std::fmt;\npub struct Item;\n").circles(), NONE);
    let calls = of("pub struct Item;\nfn f() { crate::two::g(); }\n");
    assert_eq!(calls.circles(), ["one::inner <-> two"]);
}

#[test]
fn call_through_an_imported_module_is_followed() {
    for import in [
        "use super::store;\nfn f() { store::open(); }\n",
        "use super::store::{self};\nfn f() { store::open(); }\n",
        "use super::store as kept;\nfn f() { kept::open(); }\n",
        "use crate::store::{file as kept};\nfn f() { kept::open(); }\n",
    ] {
        let calls = sample(&[
            ("lib.rs", "mod mark;\nmod store;\n"),
            ("mark.rs", import),
            ("store/mod.rs", "mod file;\npub use file::open;\n"),
            ("store/file.rs", "use crate::mark::Gap;\npub fn open() {}\n"),
        ]);
        assert_eq!(calls.circles(), ["mark <-> store::file"], "{import}");
    }
}

#[test]
fn circle_of_folders_side_by_side_is_found_though_no_module_is_in_one() {
    let of = |last| {
        sample(&[
            ("lib.rs", "mod one;\nmod two;\nmod three;\n"),
            ("one/a.rs", "use crate::two::deep::c::C;\n"),
            ("one/b.rs", "pub struct B;\n"),
            ("two/deep/c.rs", "pub struct C;\n"),
            ("two/deep/d.rs", "use super::c::C;\n"),
            ("two/e.rs", "use crate::three::f;\n"),
            ("three/f.rs", last),
        ])
    };
    assert_eq!(of("use std::fmt;\n").folder_circles(&[]), NONE);
    let closed = of("use crate::one::b::B;\n");
    assert_eq!(closed.circles(), NONE);
    let imports = ["one::a -> two::deep::c", "three::f -> one::b", "two::e -> three::f"];
    assert_eq!(closed.folder_circles(&[]), imports);
    assert_eq!(closed.folder_circles(&[("three::f", "one::b")]), NONE);
}
