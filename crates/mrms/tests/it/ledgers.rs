//! One life of a record on every ledger: in the process, over HTTP, over HTTP through a network that
//! delays, loses, doubles and breaks what it carries, and on each kind of software that a Stacks network is reached
//! through. What is on record afterwards must be the same, to the last transaction.

mod stage;

use crate::networks::software::Software;
use crate::support::{NOTE, number, text};
use stage::{Kind, Stage};

/// What is on record after a life.
#[derive(Debug, PartialEq)]
struct Trace {
    /// The logs of the records, refusals included: what was done by whom, on which version.
    logs: Vec<Vec<String>>,
    /// How many records the patient has.
    records: usize,
    /// How many transactions the chain has.
    transactions: u64,
}

const RECORDS: [&str; 2] = ["7", "8"];
const PEOPLE: [&str; 3] = ["patient", "clinic", "stranger"];

fn trace(mut stage: Stage) -> Trace {
    let home = stage.home();
    let name = |principal: &str| {
        let found = PEOPLE.into_iter().find(|name| home.principal(name) == principal);
        found.unwrap_or("somebody").to_owned()
    };
    let log = |id| {
        let rows = home.json("patient", &["audit", id, "--verify"]).ok().rows();
        let entry = |row: &serde_json::Value| {
            let (action, who) = (text(row, "action"), name(text(row, "actor")));
            match (text(row, "outcome"), row["version"].as_u64()) {
                ("ok", version) => format!("{who}: {action} {}", version.unwrap_or_default()),
                (outcome, _) => format!("{who}: {action} {outcome}"),
            }
        };
        rows.iter().map(entry).collect()
    };
    let logs = RECORDS.map(log).into();
    let records = home.json("patient", &["list"]).ok().rows().len();
    for name in PEOPLE {
        let outbox = home.profile_folder(name).join("outbox");
        assert_eq!(std::fs::read_dir(outbox).unwrap().count(), 0, "{name} has something waiting");
    }
    Trace { logs, records, transactions: stage.transactions() }
}

/// Everything that can become of a record, refusals first where they can be met: 7 is shared through the
/// home's vault, 8 directly.
fn live(stage: &mut Stage) {
    let home = stage.home();
    let scan: Vec<u8> = (0..40_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    home.file("note.txt", NOTE);
    home.file("scan.bin", &scan);
    let clinic = home.principal("clinic").to_owned();
    home.json("clinic", &["access", "7", "-o", "early"]).refused(3, "record-not-found");
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    home.json("patient", &["create", "note.txt", "--id", "7"]).refused(1, "record-exists");
    let created = home.json("patient", &["create", "scan.bin", "--id", "8"]).ok().object();
    assert_eq!(created["storage"], "vault");

    home.json("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
    home.json("stranger", &["amend", "7", "note.txt"]).refused(4, "no-access");
    home.grant("7", "clinic", &["--for", "1d"]);
    home.json("clinic", &["amend", "7", "note.txt"]).refused(4, "no-amend-right");
    home.assert_opens("clinic", "7", NOTE);
    let renewed = home.grant("7", "clinic", &["--for", "30d", "--amend"]);
    home.file("answer.txt", "answered");
    home.json("clinic", &["amend", "7", "answer.txt"]).ok();
    home.assert_opens("patient", "7", "answered");
    home.file("third.txt", "third");
    home.json("patient", &["amend", "7", "third.txt"]).ok();
    home.assert_opens("clinic", "7", "third");

    let now = stage.pass(1);
    let last = number(&renewed, "expiry") - 1 - stage.burn_blocks_of_a_command();
    let now = stage.pass(last - now);
    assert_eq!(now, last);
    stage.home().assert_opens("clinic", "7", "third");
    stage.pass(1 + stage.burn_blocks_of_a_command());
    let home = stage.home();
    home.json("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-expired");
    home.grant("7", "clinic", &["--for", "8w"]);
    home.assert_opens("clinic", "7", "third");
    home.json("patient", &["revoke", "7", &clinic]).ok();
    home.json("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
    home.json("patient", &["revoke", "7", &clinic]).refused(3, "no-such-grant");

    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let grant = ["grant", "8", &clinic, "--forever"];
    home.json("patient", &grant).refused(4, "key-changed");
    home.grant_directly("8", "clinic", &["--accept-changed-key", "--history"]);
    home.assert_opens("clinic", "8", &scan);
    for id in RECORDS {
        home.json("patient", &["verify", id]).ok();
    }
    for name in ["early", "stolen", "late"] {
        assert!(!home.has(name), "{name} is there");
    }
}

fn expected() -> Trace {
    let log = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    let seven = [
        "clinic: access denied",
        "patient: create 1",
        "stranger: access denied",
        "stranger: amend denied",
        "patient: grant 1",
        "clinic: amend denied",
        "clinic: access 1",
        "patient: grant 1",
        "clinic: amend 2",
        "patient: access 2",
        "patient: amend 3",
        "clinic: access 3",
        "clinic: access 3",
        "clinic: access denied",
        "patient: grant 3",
        "clinic: access 3",
        "patient: revoke 3",
        "clinic: access denied",
        "patient: revoke denied",
    ];
    let eight =
        ["patient: create 1", "patient: grant 1", "patient: envelope 1", "clinic: access 1"];
    // Beside those: the contract, three keys, and one of them anew.
    let transactions = (seven.len() + eight.len() + 5) as u64;
    Trace { logs: vec![log(&seven), log(&eight)], records: 2, transactions }
}

#[track_caller]
fn assert_lives(kind: Kind) {
    let mut stage = Stage::new(kind, &PEOPLE);
    live(&mut stage);
    let mut expected = expected();
    if !stage.has_lists() {
        // Refusals are told by lists alone. They are on the chain all the same.
        for log in &mut expected.logs {
            log.retain(|line| !line.ends_with(" denied"));
        }
    }
    assert_eq!(trace(stage), expected);
}

#[test]
fn record_lives_in_the_process() {
    assert_lives(Kind::InProcess);
}

#[test]
fn record_lives_the_same_over_http() {
    assert_lives(Kind::Served);
}

#[test]
fn record_lives_the_same_through_a_network_that_fails() {
    assert_lives(Kind::Failing);
}

#[test]
fn record_lives_the_same_on_the_hosted_api_of_today() {
    assert_lives(Kind::Network(Software::Api8));
}

#[test]
fn record_lives_the_same_on_the_hosted_api_whose_older_routes_are_gone() {
    assert_lives(Kind::Network(Software::Api9));
}

#[test]
fn record_lives_the_same_on_an_index_beside_a_node() {
    assert_lives(Kind::Network(Software::Index));
}

#[test]
fn record_lives_the_same_on_a_node_with_an_index_of_transactions() {
    assert_lives(Kind::Network(Software::Indexed));
}

#[test]
fn record_lives_the_same_on_a_node_without_an_index() {
    assert_lives(Kind::Network(Software::Bare));
}

#[test]
fn record_lives_the_same_on_a_node_before_epoch_3() {
    assert_lives(Kind::Network(Software::Old));
}
