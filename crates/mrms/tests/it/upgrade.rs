//! From one deployed contract to another: what `docs/design/upgrades.md` says.

use crate::support::{Home, NOTE, Run, text};

/// The contract's source with one place changed.
fn source(from: &str, to: &str) -> String {
    let changed = mrms_contract::SOURCE.replace(from, to);
    assert_ne!(changed, mrms_contract::SOURCE);
    changed
}

fn at(home: &Home, contract: &str, name: &str, line: &[&str]) -> Run {
    let mut command = home.command(name, line);
    command.arg("--json").env("MRMS_CONTRACT", contract);
    home.run(command)
}

#[test]
fn contract_that_is_none_of_ours_is_not_used() {
    let home = Home::with(&["patient"]);
    let before = home.contract();
    let principal = home.principal("patient").to_owned();
    home.file("hello.clar", "(define-read-only (hello) (ok true))");
    home.file("next.clar", source("interface: u1", "interface: u2"));
    home.file("other.clar", source("release: \"1.0.0\"", "release: \"1.0.1\""));
    for file in ["hello.clar", "next.clar", "other.clar"] {
        home.json("patient", &["contract", "deploy", file]).ok();
    }
    for (name, exit, code) in [
        ("nothing", 3, "no-such-contract"),
        ("hello", 1, "no-records-contract"),
        ("next", 1, "other-interface"),
        ("other", 5, "source-differs"),
    ] {
        let id = format!("{principal}.{name}");
        home.json("patient", &["contract", "use", &id]).refused(exit, code);
    }
    assert_eq!(home.contract(), before);
    let next = format!("{principal}.next");
    at(&home, &next, "patient", &["contract", "status"]).refused(1, "other-interface");
    let shown = home.json("patient", &["contract", "status", "--contract", &next]).ok().object();
    assert_eq!((&shown["interface"], &shown["source_matches"]), (&2.into(), &false.into()));

    let other = format!("{principal}.other");
    home.json("patient", &["contract", "use", &other, "--accept-other-source"]).ok();
    assert_eq!(home.contract(), other);
}

#[test]
fn home_moves_to_another_contract_and_its_records_stay_readable_at_the_former_one() {
    let home = Home::with(&["patient", "clinic"]);
    let former = home.contract();
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    let deploy = ["contract", "deploy", "--name", "medical-records-2"];
    let deployed = home.json("patient", &deploy).ok().object();
    assert_eq!(home.contract(), former, "deploying alone changes nothing");
    let moved = text(&deployed, "contract_id");
    let used = home.json("patient", &["contract", "use", moved]).ok().object();
    assert_eq!(used["former_contract_id"], former.as_str());
    assert_eq!(home.json("patient", &["contract", "status"]).ok().object()["contract_id"], moved);

    assert!(home.json("patient", &["list"]).ok().rows().is_empty());
    for name in ["patient", "clinic"] {
        home.json(name, &["key", "publish"]).ok();
    }
    home.file("again.txt", "again");
    home.json("patient", &["create", "again.txt", "--id", &id]).ok();
    // The home has a vault for each contract.
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, "again");

    at(&home, &former, "clinic", &["access", &id, "-o", "former"]).ok();
    assert_eq!(home.read("former"), NOTE);
    at(&home, &former, "patient", &["revoke", &id, home.principal("clinic")]).ok();
    at(&home, &former, "clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    home.assert_opens("clinic", &id, "again");
    home.assert_unharmed();
}
