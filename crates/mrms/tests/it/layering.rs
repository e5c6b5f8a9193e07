//! The workspace's shape: which crate may know which, and what every crate promises of itself.
//!
//! Read from `cargo metadata` and from the sources. A new crate, a new edge or a heavy dependency
//! in a new place is a decision: it is written down here and in ARCHITECTURE.md, or refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The edges between the workspace's crates. Nothing depends on `mrms`.
const MAY_KNOW: [(&str, &[&str]); 22] = [
    ("mrms-core", &[]),
    ("mrms-stacks", &["mrms-core", "mrms-tls"]),
    ("mrms-contract", &["mrms-core", "mrms-stacks"]),
    ("mrms-crypto", &["mrms-core"]),
    ("mrms-files", &[]),
    ("mrms-tls", &[]),
    ("mrms-people", &["mrms-core", "mrms-stacks"]),
    ("mrms-store", &["mrms-core", "mrms-files", "mrms-tls"]),
    (
        "mrms-vault",
        &[
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-files",
            "mrms-http",
            "mrms-stacks",
            "mrms-store",
        ],
    ),
    (
        "mrms-app",
        &[
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-fhir",
            "mrms-files",
            "mrms-links",
            "mrms-people",
            "mrms-stacks",
            "mrms-store",
            "mrms-vault",
            "mrms-viewers",
        ],
    ),
    ("mrms-links", &[]),
    ("mrms-viewers", &["mrms-core"]),
    ("mrms-fhir", &["mrms-core"]),
    ("mrms-http", &[]),
    ("mrms-pdf", &[]),
    ("mrms-node", &["mrms-files", "mrms-http"]),
    ("mrms-sponsor", &["mrms-contract", "mrms-core", "mrms-files", "mrms-http", "mrms-stacks"]),
    (
        "mrms-home",
        &[
            "mrms-app",
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-files",
            "mrms-links",
            "mrms-node",
            "mrms-pdf",
            "mrms-people",
            "mrms-stacks",
            "mrms-store",
            "mrms-vault",
            "mrms-viewers",
        ],
    ),
    (
        "mrms-fhir-server",
        &[
            "mrms-app",
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-fhir",
            "mrms-files",
            "mrms-home",
            "mrms-http",
        ],
    ),
    (
        "mrms-link-host",
        &["mrms-app", "mrms-core", "mrms-crypto", "mrms-home", "mrms-http", "mrms-links"],
    ),
    (
        "mrms-portal",
        &[
            "mrms-app",
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-files",
            "mrms-home",
            "mrms-http",
            "mrms-people",
            "mrms-store",
            "mrms-viewers",
        ],
    ),
    (
        "mrms",
        &[
            "mrms-app",
            "mrms-contract",
            "mrms-core",
            "mrms-crypto",
            "mrms-fhir",
            "mrms-fhir-server",
            "mrms-files",
            "mrms-home",
            "mrms-http",
            "mrms-link-host",
            "mrms-links",
            "mrms-node",
            "mrms-people",
            "mrms-portal",
            "mrms-sponsor",
            "mrms-stacks",
            "mrms-store",
            "mrms-vault",
            "mrms-viewers",
        ],
    ),
];

/// Dependencies that only these crates have, by the beginning of their names.
const KEPT_IN: [(&[&str], &[&str]); 8] = [
    (&["hayro", "quick-xml"], &["mrms-viewers"]),
    (&["clap"], &["mrms"]),
    (
        &["axum", "tower", "hyper"],
        &[
            "mrms-fhir-server",
            "mrms-http",
            "mrms-link-host",
            "mrms-node",
            "mrms-portal",
            "mrms-sponsor",
            "mrms-vault",
        ],
    ),
    (
        &["reqwest", "ureq", "isahc", "attohttpc", "curl", "minreq"],
        &["mrms-stacks", "mrms-store", "mrms-tls"],
    ),
    (&["rustls"], &["mrms-tls"]),
    (&["prometheus"], &["mrms-http"]),
    (&["object_store"], &["mrms-store"]),
    (&["clarity", "stacks-", "blockstack", "libsigner", "p256k1"], &["mrms-node"]),
];

/// What the sources of a library must not name, and who may: what it is, how it is named, by whom.
const NOT_NAMED: [(&str, &[&str], &[&str]); 7] = [
    ("environment", &["std::env", "env::var", "clap::"], &["mrms"]),
    (
        "clock",
        &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
        &[
            "mrms",
            "mrms-files",
            "mrms-home",
            "mrms-http",
            "mrms-link-host",
            "mrms-node",
            "mrms-people",
            "mrms-portal",
            "mrms-sponsor",
            // How long an address is tried.
            "mrms-stacks",
            "mrms-vault",
        ],
    ),
    (
        "network",
        &["std::net", "net::Tcp", "net::Udp"],
        &["mrms", "mrms-http", "mrms-node", "mrms-stacks", "mrms-vault"],
    ),
    (
        "files",
        &["std::fs", "fs::File", "fs::read", "fs::write"],
        &[
            "mrms",
            "mrms-app",
            "mrms-files",
            "mrms-home",
            "mrms-http",
            "mrms-link-host",
            "mrms-node",
            "mrms-people",
            "mrms-portal",
            "mrms-sponsor",
            "mrms-store",
            "mrms-vault",
        ],
    ),
    // The mode of a file, the order of syncs and the ways to lock are decided in one place.
    ("private files and locks", &["DirBuilder", "OpenOptionsExt", "TryLockError"], &["mrms-files"]),
    ("processes", &["std::process", "process::Command"], &["mrms", "mrms-files", "mrms-home"]),
    ("terminal", &["println!", "eprint", "io::stdout", "io::stderr", "io::stdin"], &["mrms"]),
];

/// What only tests call, and therefore panics.
const MAY_PANIC: [&str; 2] = ["mrms-store/src/conformance.rs", "mrms-vault/src/testing.rs"];

/// Places that exist on one machine only. Put together here, so that this file names none.
fn machine_paths() -> Vec<String> {
    ["work/", "root/", "home/", "Users/"].iter().map(|folder| format!("/{folder}")).collect()
}

struct Workspace {
    root: PathBuf,
    packages: Vec<Package>,
}

struct Package {
    name: String,
    folder: PathBuf,
    licence: Option<String>,
    /// Names of what it is built from; what its tests and benches need is not in it.
    dependencies: BTreeSet<String>,
    /// Features that it turns on in what it is built from, as `crate/feature`.
    features: BTreeSet<String>,
}

impl Workspace {
    fn read() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
            .arg("--manifest-path")
            .arg(manifest)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap().iter().map(Package::read).collect();
        Self { root: metadata["workspace_root"].as_str().unwrap().into(), packages }
    }

    fn ours(&self) -> BTreeSet<&str> {
        self.packages.iter().map(|package| package.name.as_str()).collect()
    }
}

impl Package {
    fn read(package: &Value) -> Self {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let dependencies: Vec<_> =
            dependencies.filter(|dependency| dependency["kind"].as_str() != Some("dev")).collect();
        let features_of = |dependency: &Value| -> Vec<String> {
            let name = dependency["name"].as_str().unwrap().to_owned();
            let features = dependency["features"].as_array().unwrap().iter();
            features.map(|feature| format!("{name}/{}", feature.as_str().unwrap())).collect()
        };
        Self {
            name: package["name"].as_str().unwrap().to_owned(),
            folder: manifest.parent().unwrap().to_owned(),
            licence: package["license"].as_str().map(str::to_owned),
            features: dependencies.iter().flat_map(|dependency| features_of(dependency)).collect(),
            dependencies: dependencies
                .iter()
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect(),
        }
    }

    fn manifest(&self) -> String {
        fs::read_to_string(self.folder.join("Cargo.toml")).unwrap()
    }

    /// Its sources, without their comments and tests.
    fn sources(&self) -> BTreeMap<PathBuf, String> {
        let mut sources = files(&self.folder.join("src"), &["rs"]);
        sources.retain(|path, _| !path.ends_with("tests.rs"));
        for text in sources.values_mut() {
            *text = without_comments_and_tests(text);
        }
        sources
    }
}

/// The text up to its test module, without lines that are comments.
pub(crate) fn without_comments_and_tests(text: &str) -> String {
    let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every file below `folder` that ends so, with its text. What is built, installed or generated is
/// passed over.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || ["target", "node_modules", ".git"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if extensions.iter().any(|extension| name.ends_with(&format!(".{extension}")))
                && let Ok(text) = fs::read_to_string(&path)
            {
                found.insert(path, text);
            }
        }
    }
    found
}

fn lines_with<'a>(
    sources: &'a BTreeMap<PathBuf, String>,
    words: &'a [impl AsRef<str>],
) -> impl Iterator<Item = String> + 'a {
    sources.iter().flat_map(move |(path, text)| {
        let hits = text.lines().filter(|line| words.iter().any(|w| line.contains(w.as_ref())));
        hits.map(move |line| format!("{}: {}", path.display(), line.trim()))
    })
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn crates_know_only_those_below_them() {
    let workspace = Workspace::read();
    let ours = workspace.ours();
    let rules: BTreeMap<_, _> = MAY_KNOW.into_iter().collect();
    assert_eq!(rules.keys().copied().collect::<BTreeSet<_>>(), ours, "each crate has its rule");
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        let allowed = rules[package.name.as_str()];
        for known in package.dependencies.iter().filter(|name| ours.contains(name.as_str())) {
            if !allowed.contains(&known.as_str()) {
                wrong.push(format!("{} depends on {known}", package.name));
            }
        }
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn heavy_dependencies_stay_where_they_are_kept() {
    let workspace = Workspace::read();
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        for (beginnings, keepers) in KEPT_IN {
            let kept = |name: &&String| beginnings.iter().any(|start| name.starts_with(start));
            if !keepers.contains(&package.name.as_str()) {
                let found = package.dependencies.iter().filter(kept);
                wrong.extend(found.map(|name| format!("{} depends on {name}", package.name)));
            }
        }
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn features_for_tests_are_on_in_tests_alone() {
    let workspace = Workspace::read();
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        for feature in ["mrms-vault/faults", "mrms-vault/testing"] {
            if package.features.contains(feature) {
                wrong.push(format!("{} turns on {feature}", package.name));
            }
        }
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn libraries_read_no_environment_clock_or_network_that_is_not_theirs() {
    let workspace = Workspace::read();
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        let sources = package.sources();
        for (what, words, allowed) in NOT_NAMED {
            if !allowed.contains(&package.name.as_str()) {
                wrong.extend(lines_with(&sources, words).map(|line| format!("{what}: {line}")));
            }
        }
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn every_crate_takes_the_lints_and_the_licence_of_the_workspace() {
    let workspace = Workspace::read();
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        let manifest: toml::Table = package.manifest().parse().unwrap();
        let lints = &manifest["lints"]["workspace"];
        if lints.as_bool() != Some(true) {
            wrong.push(format!("{} has lints of its own", package.name));
        }
        if package.licence.as_deref() != Some("GPL-3.0-only") {
            wrong.push(format!("{} is under {:?}", package.name, package.licence));
        }
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn unsafe_code_and_panics_are_forbidden_for_all() {
    let workspace = Workspace::read();
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let lints = &manifest["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(lints["rust"]["missing_docs"].as_str(), Some("deny"));
    for lint in ["unwrap_used", "expect_used", "panic", "todo"] {
        assert_eq!(lints["clippy"][lint].as_str(), Some("deny"), "{lint}");
    }
    let mut wrong = NOTHING;
    for package in &workspace.packages {
        let allowed = ["allow(unsafe_code", "allow(clippy::unwrap_used", "allow(clippy::panic"];
        let mut sources = package.sources();
        sources.retain(|path, _| !MAY_PANIC.iter().any(|name| path.ends_with(name)));
        wrong.extend(lines_with(&sources, &allowed));
    }
    assert_eq!(wrong, NOTHING);
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let workspace = Workspace::read();
    let texts = files(
        &workspace.root,
        &["rs", "toml", "md", "clar", "ts", "mjs", "js", "json", "sh", "yml", "yaml", "lock"],
    );
    assert!(texts.len() > 100, "only {} files were found", texts.len());
    assert_eq!(lines_with(&texts, &machine_paths()).collect::<Vec<_>>(), NOTHING);
}

#[test]
fn binary_has_its_commands_in_folders_by_topic() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named = |folder: &Path| -> BTreeSet<String> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.is_file());
        files.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        named(&src),
        expected(&[
            "agent.rs",
            "cli.rs",
            "config.rs",
            "environment.rs",
            "main.rs",
            "settings_file.rs"
        ])
    );
    assert_eq!(named(&src.join("commands")), expected(&["mod.rs"]));
}
