//! Whatever happens on the way: nothing is lost, nothing is done twice.

use std::process::{Command, Stdio};
use std::time::Duration;

use mrms_core::MicroStx;
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::client::{ClientSettings, RpcClient};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::proxy::{Fault, Proxy};
use super::{Node, signing_key};
use crate::support::{Home, NOTE, Run, number};

/// A command that reaches the ledger at an address.
fn over(home: &Home, url: &str, name: &str, line: &[&str]) -> Command {
    let contract = std::fs::read_to_string(home.root().join("contract")).unwrap();
    let mut command = home.command(name, line);
    command.arg("--json").env("MRMS_LEDGER_URL", url).env("MRMS_CONTRACT", contract.trim());
    command
}

fn run_over(home: &Home, url: &str, name: &str, line: &[&str]) -> Run {
    home.run(over(home, url, name, line))
}

/// How many operations of the patient's were begun and did not end.
fn waiting(home: &Home) -> usize {
    let outbox = home.profile_folder("patient").join("outbox");
    std::fs::read_dir(outbox).map_or(0, Iterator::count)
}

/// The node has a record once, with one entry for each of these actions and no refusal.
#[track_caller]
fn assert_once(home: &Home, id: &str, actions: &[&str]) {
    let trail = home.json("patient", &["audit", id]).ok().rows();
    let found: Vec<_> = trail.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(found, actions, "{trail:?}");
    let left = waiting(home);
    assert_eq!(left, 0, "something stays in the outbox");
}

#[test]
fn transaction_is_done_once_whatever_happens_to_it_on_the_way() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start(&home);
    for (id, fault) in [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::AnswerCut,
        Fault::BadGateway,
        Fault::GatewayTimeout,
        Fault::Doubled,
        Fault::Late(Duration::from_millis(700)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut posts = 0;
        let proxy = Proxy::before(&node.url, move |line| {
            let is_post = line.starts_with("POST /v2/transactions");
            posts += u32::from(is_post);
            if is_post && posts == 1 { fault } else { Fault::None }
        });
        let id = (100 + id).to_string();
        let created = run_over(&home, &proxy.url, "patient", &["create", "note.txt", "--id", &id]);
        // A gateway's word about a transaction says nothing: the next command finishes it.
        match fault {
            Fault::BadGateway | Fault::GatewayTimeout => {
                created.refused(6, "ledger-unreachable");
                let next = run_over(&home, &proxy.url, "patient", &["list"]).ok();
                assert!(next.stderr.contains("finished what an interrupted command"), "{next:?}");
            }
            _ => assert_eq!(number(&created.ok().object(), "version"), 1, "{fault:?}"),
        }
        assert_once(&home, &id, &["create"]);
    }
    node.stop();
    home.assert_unharmed();
}

#[test]
fn record_survives_a_network_that_fails_at_every_turn() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start(&home);
    let seed = fresh_seed();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let proxy = Proxy::before(&node.url, move |_| match rng.random_range(0..30) {
        0 => Fault::Lost,
        1 => Fault::AnswerLost,
        2 => Fault::AnswerCut,
        3 => Fault::BadGateway,
        4 => Fault::GatewayTimeout,
        5 => Fault::Doubled,
        6 => Fault::Late(Duration::from_millis(100)),
        _ => Fault::None,
    });
    let mut done = vec!["create"];
    for (line, action) in [
        (["create", "note.txt", "--id", "7"], "create"),
        (["amend", "7", "note.txt", "--yes"], "amend"),
        (["access", "7", "-o", "out.txt"], "access"),
    ] {
        let run = run_over(&home, &proxy.url, "patient", &line);
        if run.code != Some(0) {
            assert_eq!(run.code, Some(6), "{run:?}");
        }
        // What was begun is finished; what was not begun is not done behind anyone's back.
        let trail = loop {
            let trail = run_over(&home, &proxy.url, "patient", &["audit", "7"]);
            match trail.code {
                // It still lies in the outbox: the way was as bad for this command.
                Some(0 | 3) if waiting(&home) > 0 => {}
                Some(0) => break trail.rows(),
                Some(3) => break Vec::new(),
                _ => assert_eq!(trail.code, Some(6), "{trail:?}"),
            }
        };
        let happened = trail.iter().filter(|line| line["action"] == action).count();
        assert!(happened <= 1, "{trail:?}");
        if happened == 0 {
            run_over(&home, &node.url, "patient", &line).ok();
        }
        if action != "create" {
            done.push(action);
        }
    }
    assert_once(&home, "7", &done);
    node.stop();
    home.assert_unharmed();
}

#[test]
fn command_killed_while_it_waits_is_finished_by_the_next() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let node = Node::start(&home);
    let proxy = Proxy::before(&node.url, |line| {
        if line.starts_with("POST /v2/transactions") {
            Fault::Late(Duration::from_secs(2))
        } else {
            Fault::None
        }
    });
    let mut command = over(&home, &proxy.url, "patient", &["create", "note.txt", "--id", "7"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let outbox = home.profile_folder("patient").join("outbox");
    while std::fs::read_dir(&outbox).map_or(0, Iterator::count) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let next = run_over(&home, &node.url, "patient", &["list"]).ok();
    assert!(next.stderr.contains("finished what an interrupted command"), "{next:?}");
    assert_once(&home, "7", &["create"]);
    node.stop();
}

#[test]
fn transaction_whose_place_another_took_is_given_up() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    let key = signing_key(&home, "patient");
    let contract = std::fs::read_to_string(home.root().join("contract")).unwrap();
    let client = RpcClient::new(&node.url, ClientSettings::default()).unwrap();
    let nonce = client.account(&home.principal("patient").parse().unwrap()).unwrap().nonce;
    let [lost, other] = [1_u8, 2].map(|number| {
        let name = ClarityName::literal("access-medical-record");
        let call = Transaction::contract_call(
            contract.trim().parse().unwrap(),
            name,
            vec![Value::uint(number)],
        );
        let fee = MicroStx::new(1_000);
        call.sign(&key, Terms { network: Network::EMBEDDED, nonce, fee }).unwrap().encode()
    });
    client.broadcast(&other).unwrap();
    let outbox = home.profile_folder("patient").join("outbox");
    std::fs::create_dir_all(&outbox).unwrap();
    let operation = serde_json::json!({"description": "open record 1", "genesis": client.info().unwrap().genesis, "transactions": [hex::encode(lost)]});
    std::fs::write(outbox.join("000000000000.json"), operation.to_string()).unwrap();
    let next = home.json("patient", &["list"]).ok();
    assert!(next.stderr.contains("rolled back: open record 1 (the ledger refused"), "{next:?}");
    assert!(next.stderr.contains("another transaction"), "{next:?}");
    assert_eq!(std::fs::read_dir(outbox).unwrap().count(), 0);
    node.stop();
}

fn fresh_seed() -> u64 {
    rand::rand_core::TryRng::try_next_u64(&mut rand::rngs::SysRng).unwrap()
}
