//! A node that tells everything but the account of who ends something: no nonce, no balance. And one that claims what is not.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::remote::proxy::{self, Fault};
use crate::scene::Scene;
use crate::support::{number, text};

/// What tells the account.
const ACCOUNT: &str = "v2/accounts";
/// All that tells which nonce is the next.
const NONCES: [&str; 4] = [ACCOUNT, "nonces", "transactions?limit", "tx/mempool"];

fn nothing_of(parts: &[&'static str], fault: Fault) -> Vec<(&'static str, Fault)> {
    parts.iter().map(|part| (*part, fault)).collect()
}

#[test]
fn stop_gets_out_where_the_account_is_not_told() {
    for (parts, fault) in [
        (&[ACCOUNT][..], Fault::Nonsense),
        (&[ACCOUNT], Fault::BadGateway),
        (&NONCES, Fault::NotFound),
    ] {
        let scene = Scene::new();
        scene.answers_so(&nothing_of(parts, fault));
        let run = scene.run("patient", &["stop", &scene.clinic(), "--yes"]).ok();
        assert!(run.stderr.contains("does not tell your account"), "{run:?}");
        assert_eq!(scene.waiting(), 0, "it is done, and known to be");
        scene.assert_shut_out();
        scene.end();
    }
}

#[test]
fn every_end_gets_out_and_nothing_else_is_signed_by_a_guess() {
    let scene = Scene::new();
    let clinic = scene.clinic();
    scene.run("patient", &["delegate", &clinic, "--may", "see", "--for", "30d", "--yes"]).ok();
    scene.run("clinic", &["staff", "add", scene.home.principal("patient"), "--forever"]).ok();
    scene.answers_so(&nothing_of(&NONCES, Fault::NotFound));
    let sent = scene.sent();
    scene.home.file("other.txt", "another one");
    assert_eq!(scene.run("patient", &["create", "other.txt"]).code, Some(6));
    scene.run("patient", &["delegate", &clinic, "--end", "--keep-grants", "--yes"]).ok();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    scene.run("patient", &["revoke", "7", "--from", &clinic]).ok();
    assert_eq!(scene.sent(), sent + 3);
    let removed = ["staff", "remove", scene.home.principal("patient"), "--keep-key", "--yes"];
    scene.run("clinic", &removed).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_by_what_the_profile_knows_goes_behind_what_waits_and_takes_no_place_of_it() {
    let scene = Scene::by_hand();
    scene.home.file("other.txt", "another one");
    scene.run("patient", &["create", "other.txt", "--id", "8"]).refused(6, "transaction-pending");
    let first = scene.run("patient", &["tx", "list"]).ok().object();
    scene.answers_so(&nothing_of(&NONCES, Fault::NotFound));
    let stop = ["stop", &scene.clinic(), "--yes"];
    scene.run("patient", &stop).refused(6, "transaction-pending");
    // Repeated, it signs nothing anew.
    scene.run("patient", &stop).refused(6, "transaction-pending");
    let rows = scene.run("patient", &["tx", "list"]).ok().rows();
    let nonces: Vec<u64> = rows.iter().map(|row| number(row, "nonce")).collect();
    let next = number(&first, "nonce");
    assert_eq!(nonces, [next, next + 1, next + 2], "{rows:?}");
    assert_eq!(rows[0]["txid"], first["txid"], "it keeps its place");
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.answers();
    scene.run("patient", &stop).ok();
    assert_eq!(scene.run("patient", &["list"]).ok().rows().len(), 2);
    assert_eq!(scene.sent(), next + 3);
    scene.assert_shares_nothing();
    scene.end();
}

#[test]
fn other_nodes_tell_the_nonce_to_a_profile_that_has_no_note_of_it() {
    let scene = Scene::new();
    fs::remove_file(scene.home.profile_folder("patient").join("acts.jsonl")).unwrap();
    scene.answers_so(&nothing_of(&NONCES, Fault::NotFound));
    let stop = ["stop", &scene.clinic(), "--yes"];
    let sent = scene.sent();
    let error = scene.run("patient", &stop);
    assert_eq!((error.code, scene.sent()), (Some(6), sent), "nobody knows one: {error:?}");
    let settings = scene.home.root().join("mrms.toml");
    let own = fs::read_to_string(&settings).unwrap_or_default();
    let urls = json!([scene.url(), scene.node.url]);
    fs::write(&settings, format!("{own}\n[ledger]\nurls = {urls}\n")).unwrap();
    let mut command = scene.command("patient", &stop);
    command.env_remove("MRMS_LEDGER_URL");
    let run = scene.home.run(command).ok();
    assert!(run.stderr.contains("does not tell your account"), "{run:?}");
    fs::write(&settings, own).unwrap();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn one_exit_code_for_an_end_that_is_sent_and_stands_in_no_block_yet() {
    let scene = Scene::by_hand();
    let clinic = scene.clinic();
    let ends: [&[&str]; 4] = [
        &["revoke", "7", "--from", &clinic],
        &["revoke", "all", "--from", &clinic],
        &["revoke", "--all-records", "--from", &clinic, "--yes"],
        &["stop", &clinic, "--yes"],
    ];
    for line in ends.iter().chain(&ends) {
        let run = scene.run("patient", line);
        assert_eq!(run.code, Some(6), "{run:?}");
    }
    // Whatever a node says of what it has.
    for fault in [Fault::Nonsense, Fault::NotFound, Fault::BadGateway] {
        scene.does_not_answer("extended/v1/tx/0x", fault);
        let run = scene.run("patient", &["stop", &clinic, "--yes"]);
        assert_eq!(run.code, Some(6), "{fault:?}: {run:?}");
    }
    scene.answers();
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    scene.end();
}

#[test]
fn success_that_a_proxy_made_up_is_not_taken_for_done() {
    let scene = Scene::new();
    let clinic = scene.clinic();
    let revoked = scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]);
    let other = text(&revoked.ok().object(), "txid").to_owned();
    let sent = scene.sent();
    // The proxy takes the transaction, drops it, and tells of a block that has it.
    let tip = scene.client().info().unwrap();
    let made_up = json!({
        "tx_id": other, "tx_status": "success", "tx_result": {"hex": "0x0703"}, "canonical": true,
        "block_height": tip.block_height.number(), "burn_block_height": tip.burn_height,
        "block_time": 1_800_000_000, "nonce": sent,
    });
    let dropped = [("v2/transactions", Fault::Swallowed), ("extended/v1/tx/0x", says(&made_up))];
    scene.answers_so(&dropped);
    let line = ["revoke", "7", "--from", &clinic];
    let error = scene.run("patient", &line).refused(6, "ledger");
    assert!(text(&error, "message").contains("has no proof of it"), "{error}");
    assert_eq!(scene.waiting(), 1, "it is sent again");
    // Nor with the proof of something else.
    let path = format!("/mrms/v1/proofs/transaction/{other}");
    let proof = body(&scene.node.url, &path);
    let with_proof = [("mrms/v1/proofs/transaction", says(&proof))];
    scene.answers_so(&[&dropped[..], &with_proof].concat());
    let run = scene.run("patient", &["list"]).ok();
    assert!(run.stderr.contains("proves something else"), "{run:?}");
    assert_eq!((scene.waiting(), scene.sent()), (1, sent), "the node has nothing of it");
    scene.run("clinic", &["access", "7", "-o", "still", "--force"]);
    scene.answers();
    let run = scene.run("patient", &["list"]).ok();
    assert!(run.stderr.contains("finished"), "{run:?}");
    assert_eq!(scene.waiting(), 0);
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn success_of_a_node_that_shows_no_proofs_is_not_taken_for_done() {
    let mut scene = Scene::new();
    scene.home.set("MRMS_WAIT", "1");
    let (clinic, sent) = (scene.clinic(), scene.sent());
    let tip = scene.client().info().unwrap();
    let made_up = json!({
        "tx_id": format!("0x{}", "7".repeat(64)), "tx_status": "success", "tx_result": {"hex": "0x0703"},
        "canonical": true, "block_height": tip.block_height.number(),
        "burn_block_height": tip.burn_height, "block_time": 1_800_000_000, "nonce": sent,
    });
    let dropped = [
        ("v2/transactions", Fault::Swallowed),
        ("extended/v1/tx/0x", says(&made_up)),
        ("mrms/v1/proofs", Fault::NotFound),
    ];
    scene.answers_so(&dropped);
    let ends: [&[&str]; 3] = [
        &["revoke", "7", "--from", &clinic],
        &["revoke", "--all-records", "--from", &clinic, "--yes"],
        &["stop", &clinic, "--yes"],
    ];
    for line in ends {
        let run = scene.run("patient", line);
        assert_eq!((run.code, scene.sent()), (Some(6), sent), "{line:?}: {run:?}");
        assert!(run.stderr.contains("no longer proves"), "{run:?}");
    }
    assert!(scene.waiting() > 0, "they are sent again");
    scene.answers();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

/// What a node tells of an account, whatever it is asked by.
fn told(nonce: u64, balance: u64) -> [(&'static str, Fault); 2] {
    let account = json!({"balance": format!("0x{balance:032x}"), "locked": "0x0", "unlock_height": 0, "nonce": nonce});
    let nonces = json!({
        "possible_next_nonce": nonce, "last_executed_tx_nonce": nonce.checked_sub(1),
        "last_mempool_tx_nonce": null, "detected_missing_nonces": [], "detected_mempool_nonces": [],
    });
    [(ACCOUNT, says(&account)), ("nonces", says(&nonces))]
}

#[test]
fn one_nonce_that_was_too_high_keeps_no_later_end_back() {
    for lies_to in [&["create", "other.txt"][..], &["stop", "--yes"]] {
        let mut scene = Scene::new();
        scene.home.set("MRMS_WAIT", "1");
        scene.home.file("other.txt", "another one");
        let clinic = scene.clinic();
        let (sent, stop) = (scene.sent(), ["stop", &clinic, "--yes"]);
        scene.answers_so(&told(sent + 3, 1_000_000_000)[..1]);
        let whom = [clinic.as_str()];
        let line = [lies_to, if lies_to[0] == "stop" { &whom } else { &[] }].concat();
        let run = scene.run("patient", &line);
        assert_eq!(run.code, Some(6), "{run:?}");
        // By an honest node it gets out, before all that waits for nonces that nobody has.
        scene.answers();
        scene.home.set("MRMS_WAIT", "60");
        scene.run("patient", &stop).ok();
        scene.assert_shut_out();
        assert!(scene.waiting() > 0, "what waits for a nonce still does");
        let found = scene.run("patient", &["doctor"]);
        let trouble: Vec<_> =
            found.rows().into_iter().filter(|row| row["check"] == "waiting").collect();
        assert!(text(&trouble[0], "hint").contains("tx drop"), "{found:?}");
        let dropped = scene.run("patient", &["tx", "drop", "--yes"]).ok();
        assert_eq!(scene.waiting(), 0, "{dropped:?}");
        scene.home.json("patient", &["create", "other.txt"]).ok();
        scene.end();
    }
}

#[test]
fn nonce_below_what_the_profile_saw_in_blocks_tells_nothing() {
    let scene = Scene::new();
    scene.answers_so(&told(1, 1_000_000_000));
    let run = scene.run("patient", &["stop", &scene.clinic(), "--yes"]).ok();
    assert!(run.stderr.contains("does not tell your account"), "{run:?}");
    assert_eq!(scene.waiting(), 0);
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn account_that_is_told_as_empty_keeps_no_end_back() {
    let scene = Scene::by_hand();
    scene.home.file("other.txt", "another one");
    scene.answers_so(&[("v2/transactions", Fault::Swallowed)]);
    scene.run("patient", &["create", "other.txt"]).refused(6, "transaction-pending");
    let sent = scene.sent();
    scene.answers_so(&told(sent, 0));
    let run = scene.run("patient", &["stop", &scene.clinic(), "--yes"]);
    assert_eq!(run.code, Some(6), "{run:?}");
    assert_eq!(scene.sent(), sent + 3, "both ends are there, and what was begun before them");
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.assert_shares_nothing();
    scene.end();
}

#[test]
fn account_that_comes_late_is_not_waited_for() {
    let scene = Scene::new();
    scene.answers_so(&[(ACCOUNT, Fault::Late(Duration::from_secs(40)))]);
    let run = scene.run("patient", &["revoke", "7", "--from", &scene.clinic()]).ok();
    assert!(run.stderr.contains("does not tell your account"), "{run:?}");
    scene.run("patient", &["revoke", "--all-records", "--from", &scene.clinic(), "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

fn says(body: &serde_json::Value) -> Fault {
    Fault::Says(body.to_string().leak())
}

/// What a node answers at a path.
fn body(url: &str, path: &str) -> serde_json::Value {
    let answer = proxy::get(url, path);
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
