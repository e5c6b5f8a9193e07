//! A network where fees are money: nothing is paid without consent or beyond the ceiling, and what
//! takes its time is found again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use mrms_stacks::transaction::Transaction;
use serde_json::{Value, json};

use crate::support::{Home, Run, number, text};

/// What the network of a test knows.
struct State {
    fee: u64,
    /// The transaction that it was given, and whether that stands in a block.
    taken: Option<Transaction>,
    is_mined: bool,
    is_forgotten: bool,
    /// The node was killed and has lost what waited; the API before it does not know.
    is_lost: bool,
    posts: u32,
}

/// As much of mainnet's hosted API as deploying a contract asks for.
struct Network {
    url: String,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    fn start(fee: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            fee,
            taken: None,
            is_mined: false,
            is_forgotten: false,
            is_lost: false,
            posts: 0,
        };
        let (state, stopped) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let (shared, stop) = (state.clone(), stopped.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // A client that goes away needs no answer.
                let _ = serve(stream.unwrap(), &mut shared.lock().unwrap());
            }
        });
        Self { url: format!("http://{address}"), address, state, stopped, thread: Some(thread) }
    }

    fn run(&self, home: &Home, line: &[&str]) -> Run {
        let mut command = home.command("patient", line);
        command.arg("--json").env("MRMS_LEDGER_URL", &self.url).env("MRMS_WAIT", "1");
        home.run(command)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, state: &mut State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, answer) = answer(path, &body, state);
    let answer = answer.to_string();
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    )
}

fn answer(path: &str, body: &[u8], state: &mut State) -> (u16, Value) {
    let absent = (404, json!({"error": "not found"}));
    match path {
        "/v2/info" => {
            (200, json!({"network_id": 1, "burn_block_height": 900_010, "stacks_tip_height": 51}))
        }
        "/extended" => (200, json!({})),
        "/v2/fees/transaction" => {
            let row = |fee: u64| json!({"fee": fee, "fee_rate": 1.0});
            let rows = [row(state.fee / 2), row(state.fee), row(state.fee * 3)];
            (200, json!({"estimations": rows}))
        }
        "/v2/transactions" => {
            let transaction = Transaction::decode(body).unwrap();
            transaction.verify().unwrap();
            let txid = hex::encode(transaction.txid().as_bytes());
            if let Some(before) = &state.taken {
                assert_eq!(before.encode(), body, "other bytes than before");
            }
            state.posts += 1;
            (state.is_forgotten, state.is_lost) = (false, false);
            state.taken = Some(transaction);
            (200, json!(txid))
        }
        _ if path.starts_with("/v2/accounts/SP") => {
            (200, json!({"balance": "0x000000000000000000000000ffffffff", "nonce": 4}))
        }
        _ if path.starts_with("/extended/v1/") && path.ends_with("/nonces") => {
            let executed = if state.is_mined { 4 } else { 3 };
            (200, json!({"possible_next_nonce": 4, "last_executed_tx_nonce": executed}))
        }
        _ if path.starts_with("/extended/v1/tx/0x") => match &state.taken {
            Some(taken) if path.ends_with(&hex::encode(taken.txid().as_bytes())) => {
                let status = match (state.is_mined, state.is_forgotten) {
                    (true, _) => "success",
                    (false, true) => "dropped_stale_garbage_collect",
                    (false, false) => "pending",
                };
                (
                    200,
                    json!({
                        "tx_id": taken.txid(), "tx_status": status, "block_height": 50,
                        "burn_block_height": 900_008, "block_time": 1_800_000_000,
                        "tx_result": {"hex": "0x0703"},
                    }),
                )
            }
            // In the words of the hosted API: by them a client knows that it has this route.
            _ => (404, json!({"error": "could not find transaction by ID"})),
        },
        _ => absent,
    }
}

fn outbox(home: &Home) -> usize {
    std::fs::read_dir(home.profile_folder("patient").join("outbox")).map_or(0, Iterator::count)
}

#[test]
fn nothing_is_paid_without_consent_or_beyond_the_ceiling() {
    let network = Network::start(40_000_000);
    let home = Home::empty();
    let made = network.run(&home, &["init"]).ok().object();
    assert!(text(&made, "principal").starts_with("SP"), "{made}");
    assert!(made["contract_id"].is_null());
    let deploy = ["contract", "deploy"];
    network.run(&home, &["list"]).refused(3, "no-contract");
    let above = network.run(&home, &["contract", "deploy", "--yes"]);
    let error = above.refused(1, "fee-above-ceiling");
    assert!(text(&error, "message").contains("40000000"), "{error}");

    network.change(|state| state.fee = 400_000);
    let unasked = network.run(&home, &deploy);
    assert!(unasked.stderr.contains("paying 0.4 STX on Stacks mainnet"), "{unasked:?}");
    assert!(unasked.stderr.contains("it may cost 1 STX at most"), "{unasked:?}");
    unasked.refused(1, "not-confirmed");
    let dry = network.run(&home, &["contract", "deploy", "--dry-run"]).ok();
    assert_eq!(dry.object()["dry_run"], true);
    let message = dry.object()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("in all 0.4 STX"), "{message}");
    assert_eq!((network.state.lock().unwrap().posts, outbox(&home)), (0, 0));
    assert!(!home.root().join("ledger").exists(), "no embedded ledger is made");
}

#[test]
fn transaction_that_takes_its_time_is_found_again() {
    let network = Network::start(400_000);
    let home = Home::empty();
    network.run(&home, &["init"]).ok();
    let sent = network.run(&home, &["contract", "deploy", "--yes"]);
    let error = sent.refused(6, "transaction-pending");
    assert_eq!(outbox(&home), 1);
    let txid = network.state.lock().unwrap().taken.as_ref().unwrap().txid().to_string();
    assert!(text(&error, "hint").contains(&txid), "{error}");
    network.change(|state| {
        let taken = state.taken.as_ref().unwrap();
        assert_eq!((taken.fee().number(), taken.network().chain_id.number()), (400_000, 1));
    });

    let known = format!("{}.medical-records-management", {
        network.state.lock().unwrap().taken.as_ref().unwrap().origin()
    });
    let line = |line: &[&str]| {
        let mut command = home.command("patient", line);
        command.arg("--json").env("MRMS_LEDGER_URL", &network.url);
        command.env("MRMS_WAIT", "1").env("MRMS_CONTRACT", &known);
        home.run(command)
    };
    // Forgotten by the network: the same bytes again, by whichever command comes next.
    network.change(|state| state.is_forgotten = true);
    let listed = line(&["tx", "list"]).ok();
    assert!(listed.stderr.contains("still waiting for a block"), "{listed:?}");
    let listed = listed.object();
    assert_eq!((&listed["txid"], &listed["status"]), (&txid.clone().into(), &"pending".into()));
    assert_eq!(network.state.lock().unwrap().posts, 2);

    network.change(|state| state.is_mined = true);
    let shown = line(&["tx", "wait", &txid]).ok();
    assert!(shown.stderr.contains("finished what an interrupted command"), "{shown:?}");
    let shown = shown.object();
    assert_eq!((number(&shown, "confirmations"), number(&shown, "burn_confirmations")), (2, 2));
    assert_eq!(shown["final"], false);
    assert_eq!(outbox(&home), 0);
}

#[test]
fn transaction_that_the_node_lost_is_sent_again_although_the_api_calls_it_pending() {
    let network = Network::start(400_000);
    let home = Home::empty();
    network.run(&home, &["init"]).ok();
    network.run(&home, &["contract", "deploy", "--yes"]).refused(6, "transaction-pending");
    let origin = network.state.lock().unwrap().taken.as_ref().unwrap().origin();
    let list = || {
        let mut command = home.command("patient", &["tx", "list", "--json"]);
        command.env("MRMS_LEDGER_URL", &network.url).env("MRMS_WAIT", "1");
        command.env("MRMS_CONTRACT", format!("{origin}.medical-records-management"));
        home.run(command).ok()
    };
    network.change(|state| state.is_lost = true);
    list();
    let has_lost = network.state.lock().unwrap().is_lost;
    assert!(!has_lost, "the node has it again");
    // A node that has it says so, and that is no error.
    assert_eq!(list().object()["status"], "pending");
    assert_eq!(outbox(&home), 1);
}

#[test]
fn what_was_begun_on_one_network_is_left_alone_on_another() {
    let network = Network::start(400_000);
    let home = Home::with(&["patient"]);
    let sent = network.run(&home, &["contract", "deploy", "--yes"]);
    sent.refused(6, "transaction-pending");
    let listed = home.json("patient", &["list"]).ok();
    assert_eq!((listed.stderr.as_str(), outbox(&home)), ("", 1));
    home.file("note.txt", "kept here");
    home.json("patient", &["create", "note.txt"]).ok();
    assert_eq!(outbox(&home), 1, "it still waits on its own network");
    home.assert_unharmed();
}

#[test]
fn a_vault_that_follows_a_network_acts_on_no_newest_block() {
    let network = Network::start(400_000);
    let home = Home::empty();
    let run = |confirmations: &str| {
        let line = ["vault", "run", "--confirmations", confirmations, "--listen", "192.0.2.1:1"];
        let mut command = home.command("patient", &line);
        command.arg("--json").env("MRMS_LEDGER_URL", &network.url);
        command.env("MRMS_CONTRACT", "SP000000000000000000002Q6VF78.medical-records-management");
        home.run(command)
    };
    let error = run("0").refused(2, "usage");
    assert!(text(&error, "message").contains("confirmation"), "{error}");
    // With one it goes on, to an address that it may not take.
    let error = run("1").printed().to_owned();
    assert!(!error.contains("confirmation") && error.contains("192.0.2.1"), "{error}");
}
