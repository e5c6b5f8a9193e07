//! What waits for a block is offered more for, or taken back. The node makes blocks only when a test says so.

use super::Node;
use crate::support::{Home, NOTE, number, text};

fn home_that_waits() -> (Home, Node) {
    let mut home = Home::with(&["patient"]);
    let node = Node::start_with(&home, &["--mine", "manual", "--admin"]);
    home.set("MRMS_WAIT", "1");
    home.file("note.txt", NOTE);
    let line = ["create", "note.txt", "--id", "7"];
    home.json("patient", &line).refused(6, "transaction-pending");
    (home, node)
}

fn waiting(home: &Home) -> usize {
    std::fs::read_dir(home.profile_folder("patient").join("outbox")).unwrap().count()
}

#[test]
fn what_waits_is_offered_more_for_and_happens_once() {
    let (home, node) = home_that_waits();
    let listed = || home.json("patient", &["tx", "list"]).ok().object();
    let before = listed();
    let bump = ["tx", "bump", "--yes"];
    home.json("patient", &bump).refused(6, "transaction-pending");
    let after = listed();
    assert_ne!(after["txid"], before["txid"]);
    assert_eq!(after["nonce"], before["nonce"]);
    assert!(number(&after, "fee") >= number(&before, "fee") * 5 / 4, "{before} {after}");
    let fee = (number(&after, "fee") + 1_000).to_string();
    home.json("patient", &["tx", "bump", "--fee", &fee, "--yes"]).refused(6, "transaction-pending");
    assert_eq!(number(&listed(), "fee").to_string(), fee);
    assert_eq!(waiting(&home), 1);
    home.json("patient", &["node", "mine"]).ok();
    let done = home.json("patient", &["list"]).ok();
    assert!(done.stderr.contains("finished what an interrupted command"), "{done:?}");
    assert_eq!((waiting(&home), done.rows().len()), (0, 1));
    assert_eq!(home.json("patient", &["audit", "7"]).ok().rows().len(), 1);
    home.json("patient", &bump).refused(3, "nothing-waits");
    node.stop();
}

#[test]
fn what_the_ledger_has_is_taken_back_by_a_transaction_in_its_place() {
    let (home, node) = home_that_waits();
    let listed = home.json("patient", &["tx", "list"]).ok().object();
    let drop = ["tx", "drop", "--yes"];
    home.json("patient", &drop).refused(6, "transaction-pending");
    let instead = home.json("patient", &["tx", "list"]).ok().object();
    assert_eq!(instead["nonce"], listed["nonce"]);
    assert!(text(&instead, "description").contains("nothing, in the place of"), "{instead}");
    home.json("patient", &["node", "mine"]).ok();
    home.json("patient", &["list"]).ok();
    assert_eq!(waiting(&home), 0);
    home.json("patient", &["audit", "7"]).refused(3, "record-not-found");
    node.stop();
}

#[test]
fn what_stands_in_a_block_is_not_taken_back() {
    let (home, node) = home_that_waits();
    home.json("patient", &["node", "mine"]).ok();
    // The next command finishes it, so that nothing waits any more.
    home.json("patient", &["tx", "drop", "--yes"]).refused(3, "nothing-waits");
    assert_eq!(home.json("patient", &["audit", "7"]).ok().rows().len(), 1);
    node.stop();
}
