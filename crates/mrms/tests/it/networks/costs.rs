//! What each command costs: every dry run tells it, with the ceiling, and `docs/networks.md` has the same figures.

use std::collections::BTreeMap;

use serde_json::Value;

use super::People;
use super::software::Software;
use crate::support::{Home, NOTE, number, text};

const PAGE: &str = include_str!("../../../../../docs/networks.md");

/// The first number in a text, which may have commas.
fn first_number(text: &str) -> Option<u64> {
    let begins = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[begins..];
    let ends = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    rest[..ends].replace(',', "").parse().ok()
}

/// The least fee of each command in the page's table.
fn told() -> BTreeMap<&'static str, u64> {
    let (_, section) = PAGE.split_once("## What it costs").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = rows.filter_map(|row| row.split_once(" | "));
    rows.filter_map(|(name, fee)| Some((name, first_number(fee)?))).collect()
}

/// The fees that a dry run tells, which also tells the sum and the ceiling in STX.
#[track_caller]
pub(super) fn fees(planned: &Value) -> Vec<u64> {
    let message = text(planned, "message");
    assert!(message.contains(" STX, as the network estimates it now"), "{message}");
    assert!(message.contains(" STX at most") && message.contains("fee_ceiling"), "{message}");
    let each = message.lines().filter_map(|line| line.split_once(", fee "));
    each.map(|(_, fee)| first_number(fee).unwrap()).collect()
}

#[test]
fn page_has_the_fees_of_each_command_and_dry_runs_tell_them() {
    let people = People::on(Software::Api8);
    let home = &people.home;
    home.file("note.txt", NOTE);
    home.file("letter.txt", vec![b'x'; 8_000]);
    home.file("scan.bin", vec![1; 40_000]);
    let (clinic, stranger) = (people.principal("clinic"), people.principal("stranger"));
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &clinic, "--forever"]).ok();
    people.run("patient", &["create", "note.txt", "--id", "8"]).ok();
    people.run("patient", &["grant", "8", &clinic, "--forever", "--emergency"]).ok();
    people.run("patient", &["grant", "--all-records", "--to", &clinic, "--forever"]).ok();
    let who = |name: &str, who: &str| format!(r#"{{"{name}": "{who}"}}"#);
    let member = format!(r#"{{"member": "{clinic}", "expiry": null}}"#);
    let mut measured: Vec<(&str, Vec<u64>)> = Vec::new();
    let patient = people.principal("patient");
    let call = |function: &'static str, arguments: String| -> (&'static str, Vec<String>) {
        let line = ["contract", "call", function, &arguments];
        ("patient", line.map(str::to_owned).to_vec())
    };
    let line = |name: &'static str, line: &[&str]| -> (&'static str, Vec<String>) {
        (name, line.iter().map(|word| (*word).to_owned()).collect())
    };
    let reason = "unconscious in the emergency room";
    for (row, (name, line)) in [
        ("`mrms contract deploy`", line("clinic", &["contract", "deploy"])),
        ("`mrms key publish`", line("stranger", &["key", "publish"])),
        (
            "`mrms create`, `mrms amend` with content on the ledger",
            line("patient", &["create", "note.txt", "--again"]),
        ),
        (
            "`mrms create`, `mrms amend` with content on the ledger",
            line("patient", &["create", "letter.txt"]),
        ),
        ("the same with content in the vault", line("patient", &["create", "scan.bin"])),
        ("`mrms grant`", line("patient", &["grant", "7", &clinic, "--for", "30d"])),
        (
            "`mrms grant --direct`",
            line("patient", &["grant", "7", &clinic, "--for", "30d", "--direct"]),
        ),
        (
            "`mrms grant --all-records`",
            line("patient", &["grant", "--all-records", "--to", &clinic, "--for", "30d"]),
        ),
        ("`mrms access`", line("clinic", &["access", "7", "-o", "out"])),
        (
            "`mrms access --emergency`",
            line("clinic", &["access", "8", "-o", "out", "--emergency", reason]),
        ),
        ("`mrms revoke`", line("patient", &["revoke", "7", &clinic])),
        (
            "`mrms revoke --all-records`",
            line("patient", &["revoke", "--all-records", "--from", &clinic]),
        ),
        (
            "`mrms delegate`",
            line("patient", &["delegate", &clinic, "--may", "see", "--for", "30d"]),
        ),
        ("`mrms delegate --end`", call("end-delegation", who("delegate", &clinic))),
        ("`mrms contact`", line("patient", &["contact", &clinic, "--may", "see", "--wait", "7d"])),
        ("`mrms contact ask`", call("ask-for-delegation", who("patient", &stranger))),
        ("`mrms contact accept`", call("accept-delegation", who("patient", &stranger))),
        (
            "`mrms contact refuse`",
            call(
                "refuse-delegation",
                format!(r#"{{"patient": "{patient}", "contact": "{clinic}"}}"#),
            ),
        ),
        ("a member of `mrms staff add`", call("set-member", member)),
        ("`mrms staff remove`", call("remove-member", who("member", &clinic))),
        ("`mrms hand-over offer`", call("offer-succession", who("successor", &stranger))),
        ("`mrms hand-over accept`", call("accept-succession", who("patient", &stranger))),
    ] {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let planned = people.run(name, &[&line[..], &["--dry-run"]].concat());
        let mut all = fees(&planned.ok().object());
        if row.contains("with content on the ledger") {
            // It is padded to a power of two.
            let content = if line.contains(&"note.txt") { 256 } else { 8_192 };
            all[0] -= content;
        }
        measured.push((row, all));
    }
    let told = told();
    // The page has round figures.
    let is_near = |told: u64, fee: u64| fee.abs_diff(told) <= told / 50;
    let differs =
        |(row, all): &&(&str, Vec<u64>)| !told.get(*row).is_some_and(|told| is_near(*told, all[0]));
    let wrong: Vec<_> = measured.iter().filter(differs).collect();
    assert!(wrong.is_empty(), "the page has other figures of {wrong:#?}\n{told:#?}");
    // Nothing was sent by any of it.
    let outbox = home.profile_folder("patient").join("outbox");
    assert_eq!(std::fs::read_dir(outbox).map_or(0, Iterator::count), 0);
}

#[test]
fn import_tells_before_what_it_costs() {
    let people = People::on(Software::Api9);
    let folder = |home: &Home| std::fs::create_dir(home.work().join("lab")).unwrap();
    folder(&people.home);
    people.home.file("lab/one.txt", "haemoglobin 13.2 g/dl");
    people.home.file("lab/two.txt", "haemoglobin 13.4 g/dl");
    people.home.file("lab/long.txt", "a longer one\n".repeat(500));
    let each = ["lab/one.txt", "lab/two.txt", "lab/long.txt"].map(|file| {
        let planned = people.run("patient", &["create", file, "--dry-run"]).ok().object();
        let [fee] = fees(&planned)[..] else { panic!("{planned}") };
        fee
    });
    let run = people.run("patient", &["import", "lab", "--dry-run"]).ok();
    let all = run.rows().pop().unwrap();
    let (told, sum) = (number(&all, "fee"), each.iter().sum::<u64>());
    assert!(told.abs_diff(sum) * 10 < sum, "{told} for {each:?}");
    let text = people.home.text("patient", &["import", "lab", "--dry-run"]).ok();
    let said = format!("{}{}", text.printed(), text.stderr);
    assert!(said.contains(" STX, as the network estimates it now for 3 transactions"), "{said}");
    // What is done is not estimated any more.
    let done = people.run("patient", &["import", "lab"]).ok().rows().pop().unwrap();
    assert_eq!((number(&done, "created"), &done["fee"]), (3, &Value::Null));
    // Where fees are no money, nothing is told.
    let home = Home::with(&["patient"]);
    folder(&home);
    home.file("lab/one.txt", "haemoglobin 13.2 g/dl");
    let run = home.json("patient", &["import", "lab", "--dry-run"]).ok();
    assert_eq!(run.rows().pop().unwrap()["fee"], Value::Null);
}
