//! A ledger that was taken back, forked or put in another's place is noticed at the next command, and by the next reader.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::service::Service;
use crate::support::{Home, NOTE, Run, number, text};

/// Copies a home folder, as somebody does who wants two ledgers of one name.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}

/// A home and a copy of it, of which each has gone on by itself. Returns the record's id.
fn forked() -> (Home, Home, String) {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let other = Home::empty();
    copy(home.root(), other.root());
    // Of different content, so that no block is the same.
    home.create("one.txt", "one");
    for text in ["two", "three"] {
        other.create("other.txt", text);
    }
    (home, other, id)
}

fn evidence(home: &Home, id: &str, file: &str) -> Value {
    home.json("patient", &["evidence", id, "-o", file]).ok().object()
}

/// A bundle as it was before bundles showed their blocks to be on one chain.
fn without_ancestry(bundle: &[u8]) -> String {
    let text = std::str::from_utf8(bundle).unwrap();
    let (before, rest) = text.split_once(",\n      \"ancestors\": [").unwrap();
    let (_, after) = rest.split_once("\n      ]").unwrap();
    format!("{before}{after}").replacen("mrms-evidence-2", "mrms-evidence-1", 1)
}

/// A command on the ledger at an address.
fn at(home: &Home, name: &str, url: &str, line: &[&str]) -> Run {
    let mut command = home.command(name, line);
    command.args(["--ledger", url, "--json"]).env("MRMS_CONTRACT", home.contract());
    home.run(command)
}

#[track_caller]
fn assert_warns(run: &Run, of: &str) {
    assert!(run.stderr.contains("WARNING") && run.stderr.contains(of), "{run:?}");
}

#[track_caller]
fn assert_quiet(run: &Run) {
    assert!(!run.stderr.contains("WARNING"), "{run:?}");
}

#[test]
fn each_command_warns_of_a_ledger_that_was_taken_back_until_that_is_accepted() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start_with(&home, &["--admin"]);
    let taken = home.json("patient", &["node", "snapshot"]).ok().object();
    home.create("later.txt", "later");
    assert_quiet(&home.json("patient", &["list"]).ok());
    home.json("patient", &["node", "revert", text(&taken, "snapshot"), "--yes"]).ok();
    home.json("patient", &["node", "advance", "1"]).ok();
    for _ in 0..2 {
        let run = home.json("patient", &["show", &id]).ok();
        assert_warns(&run, "forked or taken back: block ");
    }
    node.stop();
    // In this process as well as through the node.
    assert_warns(&home.json("patient", &["show", &id]).ok(), "forked or taken back");
    let doctor = home.json("patient", &["doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    let history = doctor.rows().into_iter().find(|row| row["check"] == "history").unwrap();
    assert_eq!(history["ok"], false);
    assert!(text(&history, "hint").contains("--accept-ledger"), "{history}");
    home.json("patient", &["doctor", "--accept-ledger"]).ok();
    assert_quiet(&home.json("patient", &["show", &id]).ok());
    home.json("patient", &["doctor"]).ok();
}

#[test]
fn a_ledger_that_ends_below_what_was_seen_is_noticed() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let before = Home::empty();
    copy(&home.root().join("ledger"), &before.root().join("ledger"));
    home.create("later.txt", "later");
    fs::remove_dir_all(home.root().join("ledger")).unwrap();
    copy(&before.root().join("ledger"), &home.root().join("ledger"));
    home.json("patient", &["show", &id]).refused(5, "ledger-behind");
    let wrong = home.json("patient", &["node", "accept-loss", "--ends-at", "0"]);
    let wrong = wrong.refused(2, "not-confirmed");
    let (_, rest) = text(&wrong, "message").split_once("ends at block ").unwrap();
    let ends = rest.split(',').next().unwrap();
    home.json("patient", &["node", "accept-loss", "--ends-at", ends]).ok();
    assert_quiet(&home.json("patient", &["show", &id]).ok());
}

#[test]
fn a_reader_elsewhere_notices_a_fork_at_the_next_command() {
    let (home, other, id) = forked();
    let reader = Home::empty();
    copy(home.root(), reader.root());
    for folder in ["ledger", "vault"] {
        let _ = fs::remove_dir_all(reader.root().join(folder));
    }
    let _ = fs::remove_file(reader.root().join("profiles/patient/heads.json"));
    let node = Node::start(&home);
    assert_quiet(&at(&reader, "patient", &node.url, &["show", &id]).ok());
    assert!(reader.root().join("profiles/patient/heads.json").is_file());
    home.create("more.txt", "more");
    assert_quiet(&at(&reader, "patient", &node.url, &["show", &id]).ok());
    node.stop();
    // The same name, key and record, and other blocks since.
    let node = Node::start(&other);
    let run = at(&reader, "patient", &node.url, &["show", &id]).ok();
    assert_warns(&run, "the ledger was ");
    other.create("again.txt", "again");
    other.create("again.txt", "and again");
    let run = at(&reader, "patient", &node.url, &["show", &id]).ok();
    assert_warns(&run, "forked or taken back: block ");
    node.stop();
}

/// A proxy that hides the node's proofs on demand, and counts the proofs of ancestors that it was asked for.
fn hiding_proofs(node: &Node) -> (Proxy, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (hidden, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (hide, count) = (Arc::clone(&hidden), Arc::clone(&asked));
    let proxy = Proxy::before(&node.url, move |line| {
        count.fetch_add(usize::from(line.contains("/proofs/ancestor/")), Ordering::SeqCst);
        let hides = hide.load(Ordering::SeqCst) && line.contains("/mrms/v1/proofs/");
        if hides { Fault::NotFound } else { Fault::None }
    });
    (proxy, hidden, asked)
}

#[test]
fn a_vault_asks_for_proofs_and_refuses_a_node_that_stops_giving_them() {
    let home = Home::with(&["patient", "clinic"]);
    let node = Node::start(&home);
    let (proxy, hidden, asked) = hiding_proofs(&node);
    let place = Home::empty();
    let line = ["vault", "run", "--ledger", &proxy.url];
    let contract = home.contract();
    let vault = Service::start_with(&place, "operator", &line, &[("MRMS_CONTRACT", &contract)]);
    let run = |name: &str, line: &[&str]| {
        let mut command = home.command(name, line);
        command.arg("--json").env("MRMS_VAULT_URLS", text(&vault.told, "url"));
        home.run(command)
    };
    home.file("note.txt", NOTE);
    run("patient", &["create", "note.txt", "--id", "7"]).ok();
    let grant = ["grant", "7", home.principal("clinic"), "--for", "30d"];
    run("patient", &grant).ok();
    run("clinic", &["access", "7", "-o", "one"]).ok();
    assert!(asked.load(Ordering::SeqCst) > 0, "the vault asked for no proof");
    hidden.store(true, Ordering::SeqCst);
    run("clinic", &["access", "7", "-o", "two"]).refused(6, "chain-forked");
    hidden.store(false, Ordering::SeqCst);
    run("clinic", &["access", "7", "-o", "two"]).ok();
    assert_eq!(home.read("two"), NOTE);
    drop((vault, proxy));
    node.stop();
}

#[test]
fn a_node_that_no_longer_proves_anything_is_noticed() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start(&home);
    let (proxy, hidden, _) = hiding_proofs(&node);
    assert_quiet(&at(&home, "patient", &proxy.url, &["show", &id]).ok());
    hidden.store(true, Ordering::SeqCst);
    let run = at(&home, "patient", &proxy.url, &["show", &id]).ok();
    assert_warns(&run, "no longer proves that it has block ");
    drop(proxy);
    node.stop();
}

#[test]
fn nothing_with_an_end_is_signed_where_a_node_tells_a_time_that_cannot_be() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start(&home);
    let fault = Arc::new(Mutex::new(Fault::None));
    let told = Arc::clone(&fault);
    let proxy = Proxy::before(&node.url, move |line| match *told.lock().unwrap() {
        fault @ Fault::Number(..) if line.contains("/v2/info") => fault,
        Fault::NotFound if line.contains("/mrms/v1/proofs/") => Fault::NotFound,
        _ => Fault::None,
    });
    let run = |line: &[&str]| at(&home, "patient", &proxy.url, line);
    let clinic = home.principal("clinic");
    let day = ["grant", &id, clinic, "--for", "1d", "--direct", "--yes"];
    *fault.lock().unwrap() = Fault::Number("burn_block_height", 2_000_000);
    for line in [
        &day[..],
        &[&day[..], &["--dry-run"]].concat(),
        &["grant", "--all-records", "--to", clinic, "--for", "1d", "--yes"],
        &["delegate", clinic, "--may", "see", "--for", "1d", "--yes"],
    ] {
        let refused = run(line).refused(5, "burn-height");
        assert!(text(&refused, "message").contains("burn block 2000000"), "{refused}");
    }
    assert!(run(&["show", &id]).ok().object()["grants"].as_array().unwrap().is_empty());
    *fault.lock().unwrap() = Fault::NotFound;
    run(&day).refused(5, "burn-height");
    // A block that began in 1970 would have a day last for 57 years.
    *fault.lock().unwrap() = Fault::Number("burn_block_time", 0);
    run(&day).ok();
    let entry = home.json("patient", &["audit", &id]).ok().rows().pop().unwrap();
    let now = number(&entry, "burn_height");
    let grants = home.json("patient", &["show", &id]).ok().object()["grants"].clone();
    let end = grants[0]["expiry"].as_u64().unwrap();
    assert!((now + 144..=now + 144 + 37).contains(&end), "{now} {end}");
    drop(proxy);
    node.stop();
}

#[test]
fn evidence_of_one_reader_convicts_a_fork_in_the_home_of_another() {
    let (home, other, id) = forked();
    evidence(&home, &id, "bundle.json");
    other.file("bundle.json", home.read("bundle.json"));
    let told = other.json("patient", &["verify", "bundle.json"]).refused(5, "ledger-forked");
    assert!(text(&told, "message").contains("two chains under one name: block "), "{told}");
    let shown = other.text("patient", &["verify", "bundle.json"]);
    assert!(shown.printed().starts_with("NOT PROVEN: two chains"), "{shown:?}");
    // At home it is what the ledger has, and stays so when that goes on.
    let checked = home.json("patient", &["verify", "bundle.json"]).ok().object();
    assert_eq!((&checked["one_chain"], &checked["ledger_compared"]), (&true.into(), &true.into()));
    home.create("more.txt", "more");
    home.json("patient", &["verify", "bundle.json"]).ok();
    // A third one, who knows neither, sees that it is whole.
    let auditor = Home::empty();
    auditor.file("bundle.json", home.read("bundle.json"));
    let checked = auditor.json("auditor", &["verify", "bundle.json"]).ok().object();
    assert_eq!((&checked["one_chain"], &checked["ledger_compared"]), (&true.into(), &false.into()));
    // Who reads the other chain from its node hears of it as well.
    let node = Node::start(&other);
    at(&home, "patient", &node.url, &["verify", "bundle.json"]).refused(5, "ledger-forked");
    node.stop();
}

#[test]
fn bundle_of_blocks_that_were_dropped_does_not_hold_where_they_are_gone() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let node = Node::start_with(&home, &["--admin"]);
    let taken = home.json("patient", &["node", "snapshot"]).ok().object();
    home.assert_opens("patient", &id, NOTE);
    evidence(&home, &id, "dropped.json");
    home.json("patient", &["verify", "dropped.json"]).ok();
    home.json("patient", &["node", "revert", text(&taken, "snapshot"), "--yes"]).ok();
    for _ in 0..4 {
        home.json("patient", &["node", "advance", "1"]).ok();
    }
    home.json("patient", &["verify", "dropped.json"]).refused(5, "ledger-forked");
    evidence(&home, &id, "kept.json");
    home.json("patient", &["verify", "kept.json"]).ok();
    node.stop();
    home.json("patient", &["verify", "dropped.json"]).refused(5, "ledger-forked");
    // Without the proofs of ancestry nobody is told that these blocks count.
    let auditor = Home::empty();
    auditor.file("old.json", without_ancestry(&home.read("dropped.json")));
    let run = auditor.json("auditor", &["verify", "old.json"]);
    assert_eq!(run.code, Some(7), "{run:?}");
}

#[test]
fn bundle_from_before_is_not_proven_but_where_its_ledger_is_known() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    evidence(&home, &id, "bundle.json");
    let old = without_ancestry(&home.read("bundle.json"));
    home.file("old.json", &old);
    let checked = home.json("patient", &["verify", "old.json"]).ok().object();
    assert_eq!((&checked["proven"], &checked["one_chain"]), (&true.into(), &true.into()));
    let auditor = Home::empty();
    auditor.file("old.json", &old);
    let run = auditor.json("auditor", &["verify", "old.json"]);
    assert_eq!(run.code, Some(7), "{run:?}");
    let rows = run.rows();
    assert_eq!((&rows[0]["intact"], &rows[0]["proven"]), (&true.into(), &false.into()));
    assert_eq!(rows[1]["error"]["code"], "not-proven");
    let shown = auditor.text("auditor", &["verify", "old.json"]);
    let says = "NOT PROVEN: nothing shows that its blocks are on one chain";
    assert!(shown.printed().starts_with(says), "{}", shown.printed());
    let altered = old.replacen("\"time\": \"2", "\"time\": \"1", 1);
    auditor.file("altered.json", altered);
    auditor.json("auditor", &["verify", "altered.json"]).refused(5, "evidence-altered");
}
