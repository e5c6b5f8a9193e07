//! Evidence that somebody takes elsewhere: it is checked with no home, no ledger and no key.

use std::fs;

use crate::remote::Node;
use crate::support::{Home, NOTE, number, text};

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

#[test]
fn bundle_is_made_beside_a_running_node_and_leaves_no_entry() {
    let (home, id) = lived();
    let node = Node::start(&home);
    let made = home.json("patient", &["evidence", &id, "-o", "bundle.json"]);
    // Named by its address, it is a ledger elsewhere: that gives no proofs.
    let contract = fs::read_to_string(home.root().join("contract")).unwrap();
    let mut command = home.command("patient", &["evidence", &id, "-o", "network.json", "--json"]);
    command.args(["--ledger", &node.url]).env("MRMS_CONTRACT", contract.trim());
    let network = home.run(command);
    drop(node);
    let (made, network) = (made.ok().object(), network.ok().object());
    assert_eq!((&made["proven"], &network["proven"]), (&true.into(), &false.into()));
    assert_eq!((&made["head"], number(&made, "entries")), (&network["head"], 5));
    let auditor = elsewhere(&home, "network.json");
    let checked = auditor.json("auditor", &["verify", "network.json"]).ok().object();
    let open = checked["not_proven"].to_string();
    assert!(open.contains("anything but the head"), "{open}");
    auditor
        .json("auditor", &["verify", "network.json", "--genesis", "00"])
        .refused(5, "evidence-altered");
}
