//! What the owner of a home does to its ledger, beside a node that runs and without one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::remote::Node;
use crate::support::{Home, NOTE, number, text};

const STRANGER: &str = "ST000000000000000000002AMW42H";

#[test]
fn profile_is_made_while_a_node_serves_the_ledger() {
    let mut home = Home::with(&["patient"]);
    let node = Node::start(&home);
    home.join("clinic");
    home.join("nurse");
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.json("nurse", &["access", &id, "-o", "stolen"]).refused(4, "no-access");
    let mode = fs::metadata(home.root().join("node.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    node.stop();
    assert!(!home.root().join("node.sock").exists());
    home.assert_unharmed();
}

#[test]
fn node_without_admin_refuses_everything_but_funds() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    for command in [
        &["node", "advance", "5"][..],
        &["node", "mine"],
        &["node", "mining", "manual"],
        &["node", "snapshot"],
        &["node", "revert", "1-0123456789abcdef", "--yes"],
    ] {
        home.json("patient", command).refused(4, "not-admin");
    }
    let made = home.json("patient", &["node", "faucet", STRANGER, "5000"]).ok().object();
    assert_eq!((text(&made, "account"), number(&made, "amount")), (STRANGER, 5_000));
    node.stop();
    home.assert_unharmed();
}

#[test]
fn commands_that_need_a_node_say_so_and_the_others_do_without() {
    let home = Home::with(&["patient"]);
    for command in [
        &["node", "mining", "5s"][..],
        &["node", "snapshot"],
        &["node", "revert", "1-0123456789abcdef", "--yes"],
    ] {
        home.json("patient", command).refused(1, "no-node");
    }
    home.json("patient", &["node", "mining", "sometimes"]).refused(2, "usage");
    let before = home.json("patient", &["node", "advance", "7"]).ok().object();
    let after = home.json("patient", &["node", "mine"]).ok().object();
    assert_eq!(number(&after, "block_height"), number(&before, "block_height") + 1);
    assert_eq!(number(&after, "burn_height"), number(&before, "burn_height"));
    home.json("patient", &["node", "faucet", STRANGER, "5000"]).ok();
    home.json("patient", &["node", "faucet", "nobody", "5000"]).refused(2, "usage");
    home.assert_unharmed();
}

#[test]
fn admin_lets_time_pass_under_a_grant() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start_with(&home, &["--admin"]);
    home.grant(&id, "clinic", &["--for", "1d"]);
    home.assert_opens("clinic", &id, NOTE);
    let done = home.json("patient", &["node", "advance", "200"]).ok().object();
    assert!(number(&done, "burn_height") >= 900_200);
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-expired");
    node.stop();
    home.assert_unharmed();
}

#[test]
fn going_back_asks_first_drops_what_came_after_and_stays_on_record() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start_with(&home, &["--admin"]);
    let taken = home.json("patient", &["node", "snapshot"]).ok().object();
    let snapshot = text(&taken, "snapshot").to_owned();
    let later = home.create("note.txt", NOTE);
    home.json("patient", &["node", "revert", &snapshot]).refused(1, "not-confirmed");
    home.json("patient", &["show", &later]).ok();
    let done = home.json("patient", &["node", "revert", &snapshot, "--yes"]).ok().object();
    assert_eq!(number(&done, "dropped_blocks"), 1);
    home.json("patient", &["show", &later]).refused(3, "record-not-found");
    home.assert_opens("patient", &id, NOTE);
    node.stop();
    let checked = home.json("patient", &["node", "fsck"]).ok().object();
    assert_eq!((&checked["intact"], number(&checked, "reverts")), (&true.into(), 1));
    assert!(home.text("patient", &["node", "fsck"]).ok().printed().contains("taken back"));
    // What was dropped and said so goes along to another home.
    home.json("patient", &["node", "export", "e", "--key", "k"]).ok();
    let checked = home.json("patient", &["node", "fsck", "--file", "e"]).ok().object();
    assert_eq!(number(&checked, "reverts"), 1);
}

#[test]
fn manual_blocks_without_anybody_who_may_ask_for_them_are_refused() {
    let home = Home::with(&["patient"]);
    home.json("patient", &["node", "run", "--listen", "127.0.0.1:0", "--mine", "manual"])
        .refused(2, "usage");
    let line = ["node", "run", "--mine", "manual", "--mine-every", "5s"];
    home.json("patient", &line).refused(2, "usage");
}

#[test]
fn command_waits_for_its_block_at_the_node_s_pace() {
    let home = Home::with(&["patient"]);
    let node = Node::start_with(&home, &["--mine-every", "300ms"]);
    let id = home.create("note.txt", NOTE);
    home.assert_opens("patient", &id, NOTE);
    node.stop();
    home.assert_unharmed();
}

#[test]
fn command_is_finished_by_the_block_that_somebody_asks_for() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start_with(&home, &["--admin", "--mine", "manual"]);
    let run = std::thread::scope(|scope| {
        let creating = scope.spawn(|| home.json("patient", &["create", "note.txt", "--id", "7"]));
        while !creating.is_finished() {
            home.json("patient", &["node", "mine"]).ok();
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        creating.join().unwrap()
    });
    run.ok();
    home.json("patient", &["node", "mining", "auto"]).ok();
    home.assert_opens("patient", "7", NOTE);
    node.stop();
    home.assert_unharmed();
}
