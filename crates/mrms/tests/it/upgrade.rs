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
    home.file("next.clar", source("interface: u2", "interface: u3"));
    home.file("other.clar", source("release: \"2.0.0\"", "release: \"2.0.1\""));
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
    assert_eq!((&shown["interface"], &shown["source_matches"]), (&3.into(), &false.into()));

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

    // Whoever stops somebody here is told that they can open something there.
    let clinic = home.principal("clinic").to_owned();
    for _ in ["ends what there is", "finds nothing"] {
        let told = home.json("patient", &["stop", &clinic, "--yes"]);
        let error = told.rows().pop().unwrap()["error"].clone();
        assert_eq!((told.code, text(&error, "code")), (Some(1), "open-elsewhere"));
        assert!(text(&error, "message").contains(&former), "{error}");
    }
    let says = home.text("patient", &["stop", &clinic, "--yes"]);
    assert!(says.printed().contains("nothing of yours on this contract"), "{}", says.printed());
    home.grant(&id, "clinic", &["--for", "30d"]);

    at(&home, &former, "clinic", &["access", &id, "-o", "former"]).ok();
    assert_eq!(home.read("former"), NOTE);
    at(&home, &former, "patient", &["revoke", &id, home.principal("clinic")]).ok();
    at(&home, &former, "clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    home.assert_opens("clinic", &id, "again");
    home.assert_unharmed();
}

/// The sources that homes of former releases have on their ledgers.
const FORMER: [(&str, &str); 2] = [
    ("1.0.0", include_str!("../../../../clarity/releases/1.0.0.clar")),
    ("1.1.0", include_str!("../../../../clarity/releases/1.1.0.clar")),
];

#[test]
fn home_of_release_1_0_0_goes_on_and_moves_when_it_wants() {
    goes_on_and_moves(FORMER[0]);
}

#[test]
fn home_of_release_1_1_0_goes_on_and_moves_when_it_wants() {
    goes_on_and_moves(FORMER[1]);
}

fn goes_on_and_moves((release, source): (&str, &str)) {
    let home = Home::with(&["patient", "clinic"]);
    home.file("former.clar", source);
    home.json("patient", &["contract", "deploy", "former.clar"]).ok();
    let former = format!("{}.former", home.principal("patient"));
    // Its source is known: nobody need say that they have read it.
    home.json("patient", &["contract", "use", &former]).ok();
    let status = home.json("patient", &["contract", "status"]).ok().object();
    assert_eq!(
        (&status["source_matches"], &status["source_release"]),
        (&false.into(), &release.into())
    );
    for name in ["patient", "clinic"] {
        home.json(name, &["key", "publish"]).ok();
    }
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    home.assert_opens("clinic", &id, NOTE);
    home.file("answer.txt", "answered");
    home.json("clinic", &["amend", &id, "answer.txt"]).ok();
    home.assert_opens("patient", &id, "answered");
    home.grant(&id, "clinic", &["--emergency"]);
    let line = ["access", &id, "-o", "out", "--yes", "--emergency", "unconscious"];
    home.json("clinic", &line).ok();
    home.json("patient", &["verify", &id]).ok();
    home.json("patient", &["doctor"]).ok();
    home.json("patient", &["evidence", &id, "-o", "evidence.json"]).ok();
    home.json("patient", &["verify", "evidence.json"]).ok();

    let deployed =
        home.json("patient", &["contract", "deploy", "--name", "records-2"]).ok().object();
    home.json("patient", &["contract", "use", text(&deployed, "contract_id")]).ok();
    let status = home.json("patient", &["contract", "status"]).ok().object();
    assert_eq!(status["source_release"], mrms_contract::RELEASE);
    at(&home, &former, "clinic", &["access", &id, "-o", "former"]).ok();
    assert_eq!(home.read("former"), b"answered");
    home.assert_unharmed();
}

#[test]
fn releases_that_are_known_are_those_that_are_kept() {
    use sha2::{Digest as _, Sha256};
    let hash = |source: &str| Sha256::digest(source).into();
    let known: Vec<_> = mrms_contract::FORMER_RELEASES.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, FORMER.map(|(name, _)| name));
    for (name, source) in FORMER {
        assert_eq!(mrms_contract::release_of(&hash(source)), Some(name));
    }
    assert_eq!(
        mrms_contract::release_of(&hash(mrms_contract::SOURCE)),
        Some(mrms_contract::RELEASE)
    );
    assert_eq!(mrms_contract::release_of(&hash("")), None);
    let told = format!("release: \"{}\"", mrms_contract::RELEASE);
    assert!(mrms_contract::SOURCE.contains(&told));
}
