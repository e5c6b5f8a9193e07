//! The accounting of disclosures: who received what, with names, purposes and proof, and as many as the log has.

use serde_json::Value;

use crate::links;
use crate::service::Service;
use crate::support::{Home, NOTE, text};

/// A clinic with an address and a laboratory without one, each granted a record; openings, an emergency and a refusal.
fn lived() -> (Home, String, String) {
    let home = Home::with(&["patient", "clinic", "laboratory", "stranger"]);
    let card = ["card", "set", "--name", "Clinic B", "--kind", "practice"];
    let more = ["--organisation", "Region Nord", "--address", "Long Street 1, Town"];
    home.json("clinic", &[&card[..], &more[..]].concat()).ok();
    home.json("clinic", &["card", "show", "-o", "clinic.txt"]).ok();
    home.json("patient", &["people", "add", "clinic.txt", "--name", "=Clinic B", "--yes"]).ok();
    let (first, second) = (home.create("note.txt", NOTE), home.create("second.txt", NOTE));
    home.grant(&first, "clinic", &["--emergency"]);
    home.grant(&second, "clinic", &[]);
    home.grant_directly(&second, "laboratory", &[]);
    for number in ["1", "2"] {
        let out = format!("out{number}");
        home.json("clinic", &["access", &second, "-o", &out, "--purpose", "TREAT"]).ok();
    }
    home.json("clinic", &["access", &first, "-o", "out3", "--yes", "--emergency", "unconscious"])
        .ok();
    home.json("stranger", &["access", &first, "-o", "no"]);
    home.json("patient", &["access", &first, "-o", "own"]).ok();
    (home, first, second)
}

fn lines(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let file = "report.ndjson";
    let arguments = [&["report", "disclosures", "-o", file, "--force"], arguments].concat();
    home.json("patient", &arguments).ok();
    let text = String::from_utf8(home.read(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn every_disclosure_is_in_it_with_what_the_law_asks_for() {
    let (home, first, second) = lived();
    let report = lines(&home, &[]);
    let rows = of_type(&report, "disclosure");
    let find = |means: &str, account: &str| {
        let account = home.principal(account);
        let is_it = |row: &&&Value| row["means"] == means && row["account"] == account;
        let found: Vec<_> = rows.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{means} {account}: {rows:#?}");
        found[0]
    };
    let opened = find("opened", "clinic");
    assert_eq!((&opened["record_id"], &opened["times"]), (&second.as_str().into(), &2.into()));
    assert_eq!(
        (&opened["purpose"], &opened["purpose_words"]),
        (&"TREAT".into(), &"treatment".into())
    );
    assert_eq!(
        (&opened["recipient"], &opened["organisation"]),
        (&"=Clinic B".into(), &"Region Nord".into())
    );
    assert_eq!(opened["address"], "Long Street 1, Town");
    assert_eq!(opened["description"], "second.txt (text/plain)");
    assert_eq!(opened["versions"], serde_json::json!([1]));
    assert!(opened["first"].is_string() && opened["first_txid"].is_string());
    assert!(opened["first_entry"].as_u64() < opened["last_entry"].as_u64());
    let emergency = find("opened-in-emergency", "clinic");
    assert_eq!(
        (&emergency["record_id"], &emergency["purpose"]),
        (&first.as_str().into(), &"ETREAT".into())
    );
    assert_eq!(emergency["reason"], "unconscious");
    let direct = find("key-on-chain", "laboratory");
    assert_eq!((&direct["recipient"], &direct["address"]), (&Value::Null, &Value::Null));
    assert_eq!(rows.len(), 3, "neither the patient nor who was refused: {rows:#?}");
    let missing = of_type(&report, "missing")[0];
    let counts = ["without_name", "without_address", "without_purpose", "keys_on_chain"];
    assert_eq!(counts.map(|name| missing[name].as_u64()), [Some(1), Some(1), Some(0), Some(1)]);
}

#[test]
fn its_numbers_are_those_of_the_audit() {
    let (home, ..) = lived();
    let audit = home.json("patient", &["audit"]).ok().rows();
    let me = home.principal("patient");
    let openings = audit.iter().filter(|line| {
        let is_opening = line["action"] == "access" || line["action"] == "emergency-read";
        is_opening && line["outcome"] == "ok" && line["actor"] != me
    });
    let statutory = lines(&home, &[]);
    let is_opening = |row: &&&Value| row["means"] != "key-on-chain";
    let times = of_type(&statutory, "disclosure")
        .iter()
        .filter(is_opening)
        .map(|row| row["times"].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(times, openings.count() as u64);
    let full = lines(&home, &["--full"]);
    let events = of_type(&full, "event");
    assert_eq!(events.len(), audit.len());
    let denied = |rows: &mut dyn Iterator<Item = &Value>| {
        rows.filter(|row| row["outcome"] == "denied").count()
    };
    assert_eq!(denied(&mut events.iter().copied()), denied(&mut audit.iter()));
    let of_audit = |row: &Value| {
        audit.iter().any(|line| {
            line["record_id"] == row["record_id"]
                && line["index"] == row["entry"]
                && line["head"] == row["head"]
        })
    };
    assert!(events.iter().all(|row| of_audit(row)), "{events:#?}");
    let logs = of_type(&full, "log");
    assert_eq!(logs.len(), 2);
    assert!(logs.iter().all(|log| log["head"].as_str().unwrap().len() == 64));
}

/// All that an accounting can be about in one life: two organisations, an emergency, a link, and a refusal.
#[test]
fn two_organisations_an_emergency_a_link_and_a_refusal_are_told_as_the_audit_tells_them() {
    let (home, first, second) = lived();
    let card = ["card", "set", "--name", "Laboratory", "--organisation", "Laboratories South"];
    home.json("laboratory", &[&card[..], &["--address", "Short Street 2, Town"]].concat()).ok();
    home.json("laboratory", &["card", "show", "-o", "laboratory.txt"]).ok();
    home.json("patient", &["people", "add", "laboratory.txt", "--yes"]).ok();
    home.grant(&first, "laboratory", &[]);
    let opens = ["access", &first, "-o", "theirs", "--purpose", "payment"];
    home.json("laboratory", &opens).ok();
    let host = Service::start(&home, "patient", &["link", "serve"]);
    let made = links::make(&home, &[&second, "--label", "For the school"]);
    links::Viewer::of(&made).manifest(serde_json::json!({})).json(200);
    host.stop();

    let audit = home.json("patient", &["audit"]).ok().rows();
    let me = home.principal("patient");
    let by_others = |line: &&Value| {
        let is_opening = line["action"] == "access" || line["action"] == "emergency-read";
        is_opening && line["outcome"] == "ok" && line["actor"] != me
    };
    let denied = |rows: &[&Value]| rows.iter().filter(|row| row["outcome"] == "denied").count();
    let report = lines(&home, &[]);
    let rows = of_type(&report, "disclosure");
    let opened: Vec<_> = rows.iter().filter(|row| row["means"] != "key-on-chain").collect();
    let times: u64 = opened.iter().map(|row| row["times"].as_u64().unwrap()).sum();
    assert_eq!(
        (times, opened.len()),
        (audit.iter().filter(by_others).count() as u64, 4),
        "{rows:#?}"
    );
    // Date, name and address, description, purpose of each, as far as somebody said them.
    let told = |account: Option<&str>, means: &str| {
        let is_it = |row: &&&&Value| {
            let is_theirs = match account {
                Some(account) => row["account"] == home.principal(account),
                None => text(row, "recipient").starts_with("link 1"),
            };
            is_theirs && row["means"] == means
        };
        let found: Vec<_> = opened.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{account:?} {means}: {rows:#?}");
        let row = found[0];
        for name in ["first", "last", "description", "first_txid", "recipient"] {
            assert!(row[name].is_string(), "{name} of {row:#}");
        }
        ["organisation", "address", "purpose"].map(|name| row[name].clone())
    };
    let north = ["Region Nord", "Long Street 1, Town", "TREAT"];
    let south = ["Laboratories South", "Short Street 2, Town", "HPAYMT"];
    assert_eq!(told(Some("clinic"), "opened"), north.map(Value::from));
    assert_eq!(told(Some("laboratory"), "opened"), south.map(Value::from));
    let [organisation, address, purpose] = told(Some("clinic"), "opened-in-emergency");
    assert_eq!((organisation, address), (north[0].into(), north[1].into()));
    assert_eq!(purpose, "ETREAT");
    assert_eq!(told(None, "opened")[1], Value::Null);
    let missing = of_type(&report, "missing")[0];
    assert_eq!(missing["without_address"], 1, "the link's: {missing}");

    let full = lines(&home, &["--full"]);
    let events = of_type(&full, "event");
    assert_eq!(events.len(), audit.len());
    assert_eq!((denied(&events), denied(&audit.iter().collect::<Vec<_>>())), (1, 1));
}

#[test]
fn as_fhir_it_has_the_same_lines_and_numbers() {
    let (home, _, _) = lived();
    for extent in ["--statutory", "--full"] {
        let line = ["report", "disclosures", extent, "-o", "report.json", "--force"];
        let told = home.json("patient", &line).ok().object();
        assert_eq!(told["format"], "fhir");
        let bundle: Value = serde_json::from_slice(&home.read("report.json")).unwrap();
        let resources = || bundle["entry"].as_array().unwrap().iter().map(|one| &one["resource"]);
        let events: Vec<_> =
            resources().filter(|one| one["resourceType"] == "AuditEvent").collect();
        let list = resources().find(|one| one["resourceType"] == "List").unwrap();
        assert_eq!(told["lines"], events.len());
        assert_eq!(list["entry"].as_array().unwrap().len(), events.len());
        let openings = format!("Openings by others than the patient: {}.", told["openings"]);
        assert!(list["note"][0]["text"].as_str().unwrap().contains(&openings), "{list}");
        // Every field of every line is there.
        let kind = if extent == "--full" { "event" } else { "disclosure" };
        let rows = lines(&home, &[extent]);
        for (row, event) in of_type(&rows, kind).into_iter().zip(events) {
            let details = event["entity"][0]["detail"].as_array().unwrap();
            for (name, value) in row.as_object().unwrap() {
                let found = details.iter().find(|detail| detail["type"] == *name);
                let expected = match value {
                    Value::String(text) => text.clone(),
                    Value::Array(items) => {
                        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                    }
                    other => other.to_string(),
                };
                if name != "type" && !value.is_null() {
                    assert_eq!(found.unwrap()["valueString"], expected, "{name}");
                }
            }
        }
    }
}

#[test]
fn it_is_written_as_a_table_and_on_paper_and_replaces_nothing() {
    let (home, first, _) = lived();
    let made = home.json("patient", &["report", "disclosures", "-o", "report.csv"]).ok().object();
    assert_eq!(
        (&made["extent"], &made["format"], &made["lines"]),
        (&"statutory".into(), &"csv".into(), &3.into())
    );
    let csv = String::from_utf8(home.read("report.csv")).unwrap();
    assert!(csv.starts_with("first,last,times,recipient,"), "{csv}");
    assert!(csv.contains(",'=Clinic B,"), "no spreadsheet takes a name for a formula: {csv}");
    assert_eq!(csv.lines().count(), 4);
    home.json("patient", &["report", "disclosures", "-o", "report.csv"]).refused(1, "file-exists");
    assert_eq!(String::from_utf8(home.read("report.csv")).unwrap(), csv);
    for extent in ["--statutory", "--full"] {
        home.json(
            "patient",
            &["report", "disclosures", extent, "-o", "r.pdf", "--force", "--paper", "letter"],
        )
        .ok();
        assert!(home.read("r.pdf").starts_with(b"%PDF-1.7"));
    }
    home.json("patient", &["report", "disclosures", "-o", "report"]).refused(2, "usage");
    home.json("clinic", &["report", "disclosures", &first, "-o", "x.csv"])
        .refused(4, "not-patient");
    assert!(!home.has("x.csv"));
    let nothing = home.text("laboratory", &["report", "disclosures", "-o", "none.pdf"]).ok();
    assert!(nothing.printed().contains("0 lines"), "{nothing:?}");
}

#[test]
fn time_before_which_nothing_is_wanted_is_kept() {
    let (home, ..) = lived();
    let rows = lines(&home, &["--since", "2020-01-01"]);
    assert_eq!(of_type(&rows, "disclosure").len(), 3);
    // The first of January begins at another hour elsewhere.
    let from = rows[0]["from"].as_str().unwrap();
    assert!(from.starts_with("2020-01-01") || from.starts_with("2019-12-31"), "{from}");
}
