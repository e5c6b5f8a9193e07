//! Evidence that somebody takes elsewhere: it is checked with no home, no ledger and no key.

use std::fs;

use serde_json::Value;

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::support::{Home, NOTE, Run, number, text};

/// A record that was created, refused, granted, opened and revoked.
fn lived() -> (Home, String) {
    let home = Home::with(&["patient", "clinic", "stranger"]);
    let id = home.create("note.txt", NOTE);
    home.json("stranger", &["access", &id, "-o", "no"]).refused(4, "no-access");
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    (home, id)
}

/// The same file at somebody else's, who has nothing of ours.
fn elsewhere(home: &Home, file: &str) -> Home {
    let auditor = Home::empty();
    auditor.file(file, home.read(file));
    auditor
}

#[test]
fn bundle_is_checked_by_an_auditor_who_has_nothing_else() {
    let (home, id) = lived();
    let mut command = home.command_without_passphrase("patient", &["evidence", &id, "--json"]);
    command.args(["-o", "bundle.json"]);
    let made = home.run(command).ok().object();
    let whole = home.json("patient", &["verify", &id]).ok().object();
    assert_eq!((&made["head"], &made["entries"]), (&whole["head"], &whole["entries"]));

    let auditor = elsewhere(&home, "bundle.json");
    let checked = auditor.json("auditor", &["verify", "bundle.json"]).ok().object();
    assert_eq!((number(&checked, "entries"), number(&checked, "denied")), (5, 1));
    for field in ["record_id", "head", "genesis", "node_key", "as_of_block", "contract_id"] {
        assert_eq!(checked[field], made[field], "{field}");
    }
    assert_eq!((&checked["proven"], &checked["source_matches"]), (&true.into(), &true.into()));
    assert_eq!(checked["genesis_compared"], false);
    let at_home = home.json("stranger", &["verify", "bundle.json"]).ok().object();
    assert_eq!(at_home["genesis_compared"], true);
    let other = Home::with(&["other"]);
    other.file("bundle.json", home.read("bundle.json"));
    let there = other.json("other", &["verify", "bundle.json"]).ok().object();
    assert_eq!(there["genesis_compared"], false, "another home has another ledger");
    assert!(checked["not_proven"].as_array().unwrap().len() >= 5);
    let known = ["verify", "bundle.json", "--genesis", text(&made, "genesis"), "--head"];
    let known = [&known[..], &[text(&made, "head")]].concat();
    let compared = auditor.json("auditor", &known).ok().object();
    assert_eq!(compared["genesis_compared"], true);
    assert!(!auditor.root().exists(), "checking makes no home");
    let shown = auditor.text("auditor", &["verify", "bundle.json"]).ok();
    assert!(shown.printed().contains("Not proven by it"), "{}", shown.printed());
}

#[test]
fn bundle_of_another_ledger_or_another_day_is_found_out_by_what_is_known() {
    let (home, id) = lived();
    let before = home.json("patient", &["evidence", &id, "-o", "before.json"]).ok().object();
    home.grant_directly(&id, "clinic", &[]);
    let after = home.json("patient", &["evidence", &id, "-o", "after.json"]).ok().object();
    let verify =
        |file: &str, flag: &str, known: &str| home.json("patient", &["verify", file, flag, known]);
    verify("before.json", "--head", text(&after, "head")).refused(5, "evidence-altered");
    verify("after.json", "--head", text(&after, "head")).ok();
    verify("after.json", "--genesis", &"00".repeat(32)).refused(5, "evidence-altered");
    verify("after.json", "--genesis", text(&before, "genesis")).ok();
    let trail = home.json("patient", &["audit", &id]).ok();
    home.file("trail.jsonl", trail.printed());
    verify("trail.jsonl", "--genesis", text(&before, "genesis")).refused(2, "usage");
    home.json("patient", &["verify", "trail.jsonl"]).ok();
}

#[test]
fn bundle_that_was_altered_is_refused() {
    let (home, id) = lived();
    home.json("patient", &["evidence", &id, "-o", "bundle.json"]).ok();
    let auditor = elsewhere(&home, "bundle.json");
    let good = auditor.read("bundle.json");
    for at in [0, 1, 20, good.len() / 4, good.len() / 2, good.len() - 40, good.len() - 1] {
        for flip in [1, 0x80] {
            let mut altered = good.clone();
            altered[at] ^= flip;
            auditor.file("altered.json", altered);
            let run = auditor.json("auditor", &["verify", "altered.json"]);
            assert_eq!(run.code, Some(5), "byte {at}: {run:?}");
        }
    }
    let (clinic, stranger) = (home.principal("clinic"), home.principal("stranger"));
    let renamed = String::from_utf8(good).unwrap().replace(clinic, stranger);
    auditor.file("altered.json", renamed);
    auditor.json("auditor", &["verify", "altered.json"]).refused(5, "evidence-altered");
}

#[test]
fn bundle_has_no_name_label_or_content() {
    let home = Home::with(&["patient"]);
    home.file("biopsy-result.txt", NOTE);
    let line = ["create", "biopsy-result.txt", "--label", "Histology May", "--id", "7"];
    home.json("patient", &line).ok();
    home.json("patient", &["evidence", "7"]).ok();
    let bundle = String::from_utf8(home.read("evidence-7.json")).unwrap();
    for secret in ["biopsy-result", "Histology", "Potassium"] {
        assert!(!bundle.contains(secret), "{secret}");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!bundle.contains(&hex), "{secret} in hexadecimal");
    }
    home.json("patient", &["evidence", "7"]).refused(1, "file-exists");
    home.json("patient", &["evidence", "404"]).refused(3, "record-not-found");
    assert!(!home.has("evidence-404.json"));
}

/// A command on a ledger that is named by its address, as on another machine.
fn at(home: &Home, url: &str, line: &[&str]) -> Run {
    let contract = fs::read_to_string(home.root().join("contract")).unwrap();
    let mut command = home.command("patient", line);
    command.args(["--ledger", url, "--json"]).env("MRMS_CONTRACT", contract.trim());
    home.run(command)
}

#[test]
fn bundle_is_made_beside_a_running_node_and_leaves_no_entry() {
    let (home, id) = lived();
    let node = Node::start(&home);
    let made = home.json("patient", &["evidence", &id, "-o", "bundle.json"]);
    let served = at(&home, &node.url, &["evidence", &id, "-o", "served.json"]);
    drop(node);
    let (made, served) = (made.ok().object(), served.ok().object());
    for bundle in [&made, &served] {
        assert_eq!((&bundle["proven"], number(bundle, "entries")), (&true.into(), 5));
    }
    assert_eq!(
        home.read("bundle.json"),
        home.read("served.json"),
        "the node serves the file's proofs"
    );
}

#[test]
fn served_ledger_gives_proofs_and_the_profile_its_receipts() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    let node = Node::start(&home);
    let bundle = |name: &str| {
        let contract = fs::read_to_string(home.root().join("contract")).unwrap();
        let file = format!("{name}.json");
        let mut command = home.command(name, &["evidence", &id, "-o", &file, "--json"]);
        command.args(["--ledger", &node.url]).env("MRMS_CONTRACT", contract.trim());
        home.run(command).ok().object()
    };
    let (patients, clinics) = (bundle("patient"), bundle("clinic"));
    drop(node);
    assert_eq!((&patients["proven"], &clinics["proven"]), (&true.into(), &true.into()));
    assert!(number(&patients, "vault_receipts") > 0, "of the deposit: {patients}");
    assert!(number(&clinics, "vault_receipts") > 0, "of the release: {clinics}");
    assert_eq!(clinics["flagged"], serde_json::json!([]));
    let auditor = elsewhere(&home, "clinic.json");
    let shown = auditor.text("auditor", &["verify", "clinic.json"]).ok();
    assert!(shown.printed().starts_with("PROVEN"), "{}", shown.printed());
    let known = ["verify", "clinic.json", "--genesis", text(&clinics, "genesis")];
    let shown = auditor.text("auditor", &known).ok();
    assert!(shown.printed().starts_with("PROVEN: "), "{}", shown.printed());
    // One digit of a time: with proofs it is found out.
    let altered = String::from_utf8(auditor.read("clinic.json")).unwrap();
    let altered = altered.replacen("\"time\": \"2", "\"time\": \"1", 1);
    auditor.file("altered.json", altered);
    let shown = auditor.text("auditor", &["verify", "altered.json"]);
    assert_eq!(shown.code, Some(5));
    assert!(shown.printed().starts_with("NOT PROVEN: "), "{}", shown.printed());
}

/// The bundle that is made where a node serves no proofs, like that of a Stacks network.
fn network_bundle(home: &Home, id: &str, file: &str) -> Value {
    let node = Node::start(home);
    let proxy = Proxy::before(&node.url, |line| match line.contains("/mrms/v1/proofs/") {
        true => Fault::NotFound,
        false => Fault::None,
    });
    at(home, &proxy.url, &["evidence", id, "-o", file]).ok().object()
}

#[test]
fn bundle_without_proofs_says_that_it_proves_nothing() {
    let (home, id) = lived();
    let made = network_bundle(&home, &id, "network.json");
    assert_eq!(made["proven"], false);
    let auditor = elsewhere(&home, "network.json");
    let run = auditor.json("auditor", &["verify", "network.json"]);
    assert_eq!(run.code, Some(7), "{run:?}");
    let rows = run.rows();
    assert!(rows[0]["not_proven"].to_string().contains("anything but the head"), "{run:?}");
    assert_eq!(
        (&rows[0]["proven"], &rows[1]["error"]["code"]),
        (&false.into(), &"not-proven".into())
    );
    let shown = auditor.text("auditor", &["verify", "network.json"]);
    assert!(shown.printed().starts_with("NOT PROVEN: "), "{}", shown.printed());
    assert_eq!(shown.code, Some(7));
    auditor
        .json("auditor", &["verify", "network.json", "--genesis", "00"])
        .refused(5, "evidence-altered");
}
