//! A home's ledger goes to another home and back, and nothing that was altered does.

use std::fs;

use serde_json::Value;

use crate::remote::Node;
use crate::support::{Home, NOTE, text};

/// A home in which somebody shared a record, and its ledger beside it as `ledger.export` and `node.key`.
fn exported() -> (Home, String) {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.json("patient", &["node", "advance", "10"]).ok();
    let made = home.json("patient", &["node", "export", "ledger.export", "--key", "node.key"]).ok();
    assert!(made.object()["blocks"].as_u64().unwrap() > 5);
    (home, id)
}

/// A home without a ledger, with what `from` has exported in its working folder.
fn elsewhere(from: &Home) -> Home {
    let home = Home::empty();
    for name in ["ledger.export", "node.key"] {
        home.file(name, from.read(name));
    }
    home
}

const IMPORT: [&str; 5] = ["node", "import", "ledger.export", "--key", "node.key"];

#[test]
fn altered_export_is_refused_and_nothing_is_left() {
    let (from, _) = exported();
    let home = elsewhere(&from);
    let whole = home.read("ledger.export");
    home.file("ledger.export", &whole[..whole.len() - 100]);
    home.json("patient", &IMPORT).refused(5, "export-damaged");
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    home.file("ledger.export", &altered);
    home.json("patient", &IMPORT).refused(5, "export-damaged");
    home.json("patient", &["node", "fsck", "--file", "ledger.export"]).refused(5, "export-damaged");
    home.file("ledger.export", &whole);
    home.file("node.key", "33".repeat(32));
    home.json("patient", &IMPORT).refused(5, "node-key");
    assert!(!home.root().exists());
    assert_eq!(home.files(), ["ledger.export", "node.key"]);
}

#[test]
fn ledger_that_is_there_is_not_replaced_and_neither_is_a_file() {
    let (home, id) = exported();
    home.json("patient", &IMPORT).refused(1, "ledger-exists");
    home.json("patient", &["node", "export", "ledger.export"]).refused(1, "file-exists");
    home.json("patient", &["node", "export", "new", "--key", "node.key"]).refused(1, "file-exists");
    assert!(!home.has("new"));
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn imported_home_has_the_whole_past_and_goes_on() {
    let (from, id) = exported();
    let trail = |home: &Home| -> Vec<Value> { home.json("patient", &["audit", &id]).ok().rows() };
    let before = trail(&from);
    let mut home = elsewhere(&from);
    let made = home.json("patient", &IMPORT).ok().object();
    assert_eq!(
        text(&made, "contract_id"),
        fs::read_to_string(from.root().join("contract")).unwrap().trim()
    );
    for name in ["patient", "clinic"] {
        home.file("words", from.phrase(name));
        let made = home.json(name, &["init", "--words-file", "words"]).ok().object();
        assert_eq!(text(&made, "principal"), from.principal(name));
        home.remember(name, from.principal(name));
    }
    assert_eq!(trail(&home), before);
    home.assert_opens("clinic", &id, NOTE);
    assert_eq!(trail(&home).len(), before.len() + 1);
    home.assert_unharmed();
}

#[test]
fn export_beside_a_running_node_is_whole_and_checked_without_a_key() {
    let (home, _) = exported();
    let before = home.read("ledger.export");
    let node = Node::start(&home);
    home.json("patient", &["node", "export", "again.export"]).ok();
    assert!(home.read("again.export") == before, "the same chain gives the same bytes");
    let checked = home.json("patient", &["node", "fsck", "--file", "again.export"]).ok().object();
    assert_eq!((&checked["intact"], &checked["reverts"]), (&true.into(), &0.into()));
    node.stop();
}
