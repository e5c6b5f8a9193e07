//! What the Debian package has for each service: a unit with the same fetters as the others, a user, a home, settings, and
//! its place in whatever starts, stops and describes services.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Home;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[track_caller]
fn read(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A unit's name and text.
fn units() -> Vec<(String, String)> {
    let mut units = Vec::new();
    for entry in fs::read_dir(folder().join("packaging/systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(unit) = name.strip_suffix(".service").filter(|unit| unit.starts_with("mrms-"))
        else {
            continue;
        };
        units.push((unit.to_owned(), read(&format!("packaging/systemd/{name}"))));
    }
    units.sort();
    units
}

/// The values of a key of a unit.
fn values<'u>(unit: &'u str, key: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

/// What a unit forbids its service.
fn fetters(unit: &str) -> BTreeSet<&str> {
    let service = unit.split_once("[Service]").unwrap().1.split_once("[Install]").unwrap().0;
    let own = [
        "User=",
        "Group=",
        "StateDirectory=",
        "Environment",
        "LoadCredential=",
        "ExecStart=",
        "StandardOutput=",
        "RestartPreventExitStatus=",
        "#",
    ];
    let lines = service.lines().filter(|line| !line.is_empty());
    lines.filter(|line| !own.iter().any(|own| line.starts_with(own))).collect()
}

#[test]
fn each_service_of_the_package_has_all_that_a_service_needs() {
    let units = units();
    let names: Vec<_> = units.iter().map(|(name, _)| name.as_str()).collect();
    let services = ["index", "links", "node", "portal", "sponsor", "vault"];
    assert_eq!(names, services.map(|service| format!("mrms-{service}")));
    let common = [
        ("packaging/deb/postinst", ".service"),
        ("packaging/deb/prerm", ".service"),
        ("packaging/deb/postrm", ""),
        ("packaging/systemd/sysusers.conf", " "),
        ("packaging/systemd/tmpfiles.conf", " "),
        ("packaging/test.sh", ""),
    ]
    .map(|(file, after)| (file, after, read(file)));
    let chapter = read("docs/operations.md");
    let expected = fetters(&units[2].1).into_iter().collect::<Vec<_>>();
    assert!(expected.len() > 30, "{expected:?}");
    // Keys in its memory get onto no disk, neither in a dump nor by swapping.
    let person = read("packaging/systemd/user-mrms-portal.service");
    for kept_off_disks in ["LimitCORE=0", "MemorySwapMax=0"] {
        assert!(expected.contains(&kept_off_disks) && person.contains(kept_off_disks));
    }
    for (name, unit) in &units {
        let short = name.strip_prefix("mrms-").unwrap();
        for (file, after, text) in &common {
            let word = match *file {
                "packaging/deb/postrm" => format!("/var/lib/{name}"),
                "packaging/test.sh" => format!("start {short}"),
                _ => format!("{name}{after}"),
            };
            assert!(text.contains(&word), "{word} is not in {file}");
        }
        assert!(
            chapter.contains(&format!("| `{name}` |")),
            "{name} is not in the operators' table"
        );
        assert_eq!(
            (values(unit, "User"), values(unit, "StateDirectory")),
            (vec![name.as_str()], vec![name.as_str()])
        );
        let mut has = fetters(unit);
        if name == "mrms-portal" {
            // It tells the users of the machine apart, all of whom are nobody behind this.
            assert!(has.insert("PrivateUsers=yes"));
            assert!(unit.contains("portal --any-user"));
        }
        assert_eq!(has.into_iter().collect::<Vec<_>>(), expected, "{name}");
        let settings = values(unit, "EnvironmentFile");
        assert_eq!(settings, [format!("-/etc/mrms/{short}.conf")]);
        assert!(read(&format!("packaging/etc/{short}.conf")).starts_with("# Variables of "));
        for credential in values(unit, "LoadCredential") {
            let (_, file) = credential.split_once(':').unwrap();
            assert!(chapter.contains(file), "{file} of {name} is not in the operators' chapter");
        }
    }
}

#[test]
fn units_and_settings_name_what_the_program_understands() {
    let home = Home::empty();
    let mut help = String::new();
    for (name, unit) in units() {
        let [start] = values(&unit, "ExecStart")[..] else { panic!("{name}") };
        let words: Vec<_> = start.strip_prefix("/usr/bin/mrms ").unwrap().split(' ').collect();
        let command: Vec<_> = words.iter().take_while(|word| !word.starts_with('-')).collect();
        let line = [command.iter().map(|word| **word).collect(), vec!["--help"]].concat();
        let told = home.text("nobody", &line).ok().printed().to_owned();
        for option in words.iter().filter(|word| word.starts_with("--")) {
            // One whose value may be left out is told as `--option[=<VALUE>]`.
            let is_told = [' ', '['].iter().any(|end| told.contains(&format!("{option}{end}")));
            assert!(is_told, "{name}: {option}");
        }
        help.push_str(&told);
    }
    let known = read("mrms.example.toml") + &help;
    for file in fs::read_dir(folder().join("packaging/etc")).unwrap() {
        let path = file.unwrap().path();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some((variable, _)) = line.trim_start_matches(['#', ' ']).split_once('=') else {
                continue;
            };
            assert!(known.contains(variable), "{variable} of {}", path.display());
        }
    }
}

#[test]
fn services_of_one_machine_take_ports_of_their_own_and_the_documented_ones() {
    use mrms_node::index::IndexSettings;
    let home = Home::empty();
    let index = IndexSettings::of("http://127.0.0.1:20443".parse().unwrap());
    let told = home.text("nobody", &["index", "--help"]).ok().printed().to_owned();
    let told: String = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for address in [index.listen, index.events] {
        assert!(told.contains(&format!("else {address}")), "{address}: {told}");
    }
    let host = home.text("nobody", &["link", "serve", "--help"]).ok().printed().to_owned();
    assert!(host.contains("127.0.0.1:20448"), "{host}");
    assert_ne!(index.listen.port(), 20448);
    let table = read("docs/operations.md");
    for port in [20443, 20444, 20445, 20446, 20448, 20449, 20450] {
        assert!(table.contains(&port.to_string()), "{port}");
    }
}
