//! No circle of imports crosses a folder: two folders of a crate never need each other.
//!
//! Reads the sources as text: every `use`, and every path that begins with `crate`, `super`, `self`
//! or the name of a child module. A re-export of a child by its parent is no import; a path through
//! it leads to where the item is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::layering::{files, without_comments_and_tests};

/// A module by its path in the crate; the crate's root is empty.
type Module = Vec<String>;

struct Crate {
    /// The folder of each module's file.
    folders: BTreeMap<Module, PathBuf>,
    /// The paths that each module names.
    named: BTreeMap<Module, Vec<Module>>,
    /// What each module re-exports from its children: name and path.
    exported: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Crate {
    fn read(src: &Path) -> Self {
        let mut texts = BTreeMap::new();
        let mut folders = BTreeMap::new();
        for (path, text) in files(src, &["rs"]) {
            let inside = path.strip_prefix(src).unwrap();
            if inside.ends_with("tests.rs") {
                continue;
            }
            let mut module: Module = inside.with_extension("").iter().map(as_text).collect();
            if ["mod", "lib", "main"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            folders.insert(module.clone(), inside.parent().unwrap().to_owned());
            texts.insert(module, without_comments_and_tests(&text));
        }
        let mut read = Self { folders, named: BTreeMap::new(), exported: BTreeMap::new() };
        for (module, text) in &texts {
            read.read_module(module, text);
        }
        read
    }

    fn read_module(&mut self, module: &Module, text: &str) {
        let (mut named, mut exported) = (Vec::new(), BTreeMap::new());
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
            for path in expand(tree.trim_end_matches(';')) {
                let is_child = self.has_child(module, &path[0]) || path[0] == "self";
                if before.contains("pub") && is_child {
                    exported.insert(path.last().unwrap().clone(), path);
                } else {
                    named.push(path);
                }
            }
        }
        named.extend(paths_in(&rest));
        self.named.insert(module.clone(), named);
        self.exported.insert(module.clone(), exported);
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
            _ => return None,
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

    /// Which modules each module reaches, over any number of imports.
    fn reached(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut reached: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, named) in &self.named {
            let targets = named.iter().filter_map(|path| {
                let target = self.target(&self.absolute(module, path)?, 0)?;
                (target != *module).then_some(target)
            });
            reached.insert(module.clone(), targets.collect());
        }
        loop {
            let mut grew = false;
            for module in reached.keys().cloned().collect::<Vec<_>>() {
                let next: BTreeSet<Module> =
                    reached[&module].iter().flat_map(|one| reached[one].clone()).collect();
                let known = reached.get_mut(&module).unwrap();
                let before = known.len();
                known.extend(next);
                grew |= known.len() > before;
            }
            if !grew {
                return reached;
            }
        }
    }

    /// Pairs of modules in different folders that reach each other.
    fn circles(&self) -> Vec<String> {
        let reached = self.reached();
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
}

fn as_text(part: &std::ffi::OsStr) -> String {
    part.to_str().unwrap().to_owned()
}

/// The paths of a `use`: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<Module> {
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
                paths.extend(expand(inner).into_iter().map(|path| [split(before), path].concat()));
            }
            None => paths.push(split(part.split(" as ").next().unwrap())),
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

#[test]
fn no_circle_of_imports_crosses_a_folder() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut wrong = Vec::new();
    let mut modules = 0;
    for entry in std::fs::read_dir(crates).unwrap() {
        let folder = entry.unwrap().path();
        let read = Crate::read(&folder.join("src"));
        modules += read.folders.len();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        wrong.extend(read.circles().into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(modules > 300, "only {modules} modules were found");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn circle_between_two_folders_is_found() {
    let sample = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = sample.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod one;\nmod two;\n");
    write("one/mod.rs", "mod inner;\npub use inner::{Item, Other as Renamed};\n");
    write("one/inner.rs", "use std::fmt;\npub struct Item;\n");
    write("two/mod.rs", "use crate::one::{\n    Item,\n};\n");
    assert_eq!(Crate::read(sample.path()).circles(), Vec::<String>::new());
    write("one/inner.rs", "pub struct Item;\nfn f() { crate::two::g(); }\n");
    assert_eq!(Crate::read(sample.path()).circles(), ["one::inner <-> two"]);
}
