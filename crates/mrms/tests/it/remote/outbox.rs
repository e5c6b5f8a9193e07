//! The outbox over HTTP: commands of one profile at the same time, and ledgers with one chain id.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::Node;
use super::proxy::{Fault, Proxy};
use crate::scene::Scene;
use crate::support::{Home, NOTE, text};

const PROCESSES: usize = 8;

#[test]
fn eight_processes_create_at_once_over_http_and_no_nonce_is_signed_twice() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start(&home);
    let runs = thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES)
            .map(|_| scope.spawn(|| home.json("patient", &["create", "note.txt", "--again"])))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let created: Vec<_> = runs.into_iter().map(|run| run.ok()).collect();
    for run in &created {
        assert_eq!(run.stderr, "", "what another command is doing is left to it");
    }
    let ids: BTreeSet<_> =
        created.iter().map(|run| text(&run.object(), "record_id").to_owned()).collect();
    let transactions: BTreeSet<_> =
        created.iter().map(|run| text(&run.object(), "txid").to_owned()).collect();
    assert_eq!((ids.len(), transactions.len()), (PROCESSES, PROCESSES));
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), PROCESSES);
    node.stop();
    home.assert_unharmed();
}

#[test]
fn what_a_command_is_carrying_out_is_not_taken_up_by_another() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start(&home);
    let proxy = Proxy::before(&node.url, |line| match line.starts_with("POST /v2/transactions") {
        true => Fault::Late(Duration::from_secs(2)),
        false => Fault::None,
    });
    let contract = home.contract();
    let mut slow = home.command("patient", &["create", "note.txt", "--id", "7", "--json"]);
    slow.env("MRMS_LEDGER_URL", &proxy.url).env("MRMS_CONTRACT", &contract);
    let child = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let outbox = home.profile_folder("patient").join("outbox");
    while std::fs::read_dir(&outbox).map_or(0, Iterator::count) == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    // A second one signs the nonce after it, as soon as the ledger has the first.
    let meanwhile = home.json("patient", &["create", "note.txt", "--id", "8"]).ok();
    assert_eq!(meanwhile.stderr, "");
    let first = home.ended(&slow, child.wait_with_output().unwrap()).ok();
    assert_eq!(first.object()["record_id"], "7");
    for id in ["7", "8"] {
        assert_eq!(home.json("patient", &["audit", id]).ok().rows().len(), 1);
    }
    node.stop();
}

#[test]
fn what_waits_for_one_ledger_is_never_sent_to_another_with_its_chain_id() {
    let [first, second] = [(); 2].map(|()| Home::with(&["patient"]));
    let [here, there] = [&first, &second].map(Node::start);
    let mut home = Home::elsewhere(&there.url, &second.contract());
    // The same words on both ledgers: the account has money on the first.
    let words = first.phrase("patient");
    home.file("words", &words);
    home.json("patient", &["init", "--words-file", "words"]).ok();
    home.file("note.txt", NOTE);
    home.set("MRMS_CONTRACT", &first.contract());
    // The first ledger's answers are lost behind a gateway, before it has anything.
    let proxy = Proxy::before(&here.url, |line| match line.starts_with("POST /v2/transactions") {
        true => Fault::BadGateway,
        false => Fault::None,
    });
    home.set("MRMS_LEDGER_URL", &proxy.url);
    let line = ["create", "note.txt", "--id", "7"];
    home.json("patient", &line).refused(6, "ledger-unreachable");
    let waiting =
        || std::fs::read_dir(home.profile_folder("patient").join("outbox")).unwrap().count();
    assert_eq!(waiting(), 1);

    let elsewhere = |line: &[&str]| {
        let mut command = home.command("patient", line);
        command.env("MRMS_LEDGER_URL", &there.url).env("MRMS_CONTRACT", second.contract());
        command.arg("--json");
        home.run(command)
    };
    let listed = elsewhere(&["list"]).ok();
    assert_eq!((listed.stderr.as_str(), waiting()), ("", 1), "it is left alone there");
    assert_eq!(elsewhere(&["tx", "list"]).ok().rows().len(), 0);
    let mut back = home.command("patient", &["list", "--json"]);
    back.env("MRMS_LEDGER_URL", &here.url);
    let back = home.run(back).ok();
    assert!(back.stderr.contains("finished what an interrupted command"), "{back:?}");
    assert_eq!(waiting(), 0);
}

#[test]
fn revoke_that_the_next_command_completed_is_told_as_done() {
    let mut home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    let node = Node::start(&home);
    let proxy = Proxy::before(&node.url, |line| match line.starts_with("POST /v2/transactions") {
        true => Fault::BadGateway,
        false => Fault::None,
    });
    home.set("MRMS_CONTRACT", &home.contract());
    home.set("MRMS_LEDGER_URL", &proxy.url);
    let line = ["revoke", &id, home.principal("clinic")];
    let kept = home.json("patient", &line).refused(6, "ledger-unreachable");
    assert!(text(&kept, "hint").contains("kept"), "{kept}");
    home.set("MRMS_LEDGER_URL", &node.url);
    let line = ["revoke", &id, home.principal("clinic")];
    let revoked = home.json("patient", &line).ok();
    assert!(revoked.stderr.contains("finished what an interrupted command"), "{revoked:?}");
    assert_eq!(revoked.object()["versions_exposed"][0], 1);
    home.json("patient", &line).refused(3, "no-such-grant");
    node.stop();
}

#[test]
fn command_that_never_reached_the_ledger_says_that_nothing_is_kept() {
    let mut home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    home.set("MRMS_CONTRACT", &home.contract());
    home.set("MRMS_LEDGER_URL", "http://127.0.0.1:1");
    let error = home.json("patient", &["create", "note.txt"]).refused(6, "ledger-unreachable");
    let hint = text(&error, "hint");
    assert!(hint.contains("nothing is kept") && !hint.contains("later command"), "{hint}");
    let outbox = home.profile_folder("patient").join("outbox");
    assert_eq!(std::fs::read_dir(outbox).map_or(0, Iterator::count), 0);
}

#[test]
fn interrupted_create_that_is_repeated_word_for_word_makes_one_record() {
    let scene = Scene::new();
    let count = || scene.run("patient", &["list"]).ok().rows().len();
    let mut expected = count();
    for (number, more) in [
        &[][..],
        &["--label", "Blood test"],
        &["--media-type", "text/plain"],
        &["--erasable"],
        &["--again"],
        &["--id", "99"],
        &["--again", "--label", "Blood test"],
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("file-{number}");
        scene.home.file(&file, &file);
        let line = [&["create", &file], more].concat();
        // The node has it, and its answer is lost; or nothing of it arrived.
        let fault = if number % 2 == 0 { Fault::GatewayTimeout } else { Fault::BadGateway };
        scene.does_not_answer("v2/transactions", fault);
        let kept = scene.run("patient", &line).refused(6, "ledger-unreachable");
        assert!(text(&kept, "hint").contains("later command finishes it"), "{more:?}: {kept}");
        scene.answers();
        let repeated = scene.run("patient", &line).ok();
        expected += 1;
        assert_eq!(count(), expected, "{more:?}: {repeated:?}");
        assert_eq!(repeated.object()["created"], true, "{more:?}: {repeated:?}");
        // What is meant as a further record is one.
        if ["--label", "--erasable"].iter().any(|one| more.first() == Some(one)) {
            scene.run("patient", &[&line[..], &["--again"]].concat()).ok();
            expected += 1;
            assert_eq!(count(), expected, "{more:?}");
        }
    }
    scene.end();
}

#[test]
fn file_that_is_called_otherwise_is_another_record_and_the_same_command_is_not() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let create = |more: &[&str]| {
        home.json("patient", &[&["create", "note.txt"], more].concat()).ok();
        home.json("patient", &["list"]).ok().rows().len()
    };
    assert_eq!(create(&["--label", "Blood test"]), 1);
    assert_eq!(create(&["--label", "Blood test"]), 1);
    assert_eq!(create(&[]), 1, "it is on record");
    assert_eq!(create(&["--label", "Blood test, May"]), 2);
    assert_eq!(create(&["--label", "Blood test", "--erasable"]), 3);
    assert_eq!(create(&["--label", "Blood test", "--again"]), 4);
}
