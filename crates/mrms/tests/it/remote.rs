//! The same commands over HTTP: through a node of this home, and through the address of one.

pub(crate) mod faults;
mod network;
mod outbox;
pub(crate) mod proxy;
mod replace;
mod sign_only;

use mrms_core::{MicroStx, RecordId};
use mrms_crypto::{Keyring, Words};
use mrms_stacks::client::{ClientSettings, RpcClient};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};

use crate::service::Service;
use crate::support::{Home, NOTE, number, text};

/// A node that serves a home's ledger until it is dropped.
pub(crate) struct Node {
    service: Service,
    pub(crate) url: String,
}

impl Node {
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    pub(crate) fn start_with(home: &Home, more: &[&str]) -> Self {
        let service = Service::start(home, "patient", &[&["node", "run"], more].concat());
        let url = text(&service.told, "url").to_owned();
        Self { service, url }
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn stop(self) {
        self.service.stop();
    }
}

/// The life of a record: refused, granted, opened, amended, revoked, and all of it on its log.
pub(crate) fn live(home: &Home) {
    let id = home.create("note.txt", NOTE);
    home.json("clinic", &["access", &id, "-o", "stolen"]).refused(4, "no-access");
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    home.assert_opens("clinic", &id, NOTE);
    home.file("answer.txt", "answered");
    home.json("clinic", &["amend", &id, "answer.txt"]).ok();
    home.assert_opens("patient", &id, "answered");
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    let trail = home.json("patient", &["audit", &id]).ok().rows();
    let of = |outcome: &str| trail.iter().filter(|line| line["outcome"] == outcome).count();
    assert_eq!(of("denied"), 2, "{trail:?}");
    assert!(trail.iter().all(|line| line["txid"].is_string() && line["time"].is_string()));
    home.json("patient", &["verify", &id]).ok();
    home.json("patient", &["contract", "status"]).ok();
    home.json("patient", &["doctor"]).ok();
}

#[test]
fn commands_talk_to_the_node_that_holds_their_ledger() {
    let home = Home::with(&["patient", "clinic"]);
    let node = Node::start(&home);
    live(&home);
    home.json("patient", &["node", "advance", "1"]).refused(4, "not-admin");
    node.stop();
    assert!(!home.root().join("node.json").exists());
    home.json("patient", &["node", "advance", "1"]).ok();
    home.assert_unharmed();
}

#[test]
fn node_that_was_killed_does_not_stand_in_the_way() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    let id = home.create("note.txt", NOTE);
    drop(node);
    assert!(home.root().join("node.json").exists());
    home.assert_opens("patient", &id, NOTE);
    home.assert_unharmed();
}

#[test]
fn another_home_reaches_the_ledger_by_its_address() {
    let served = Home::with(&["patient"]);
    let contract = std::fs::read_to_string(served.root().join("contract")).unwrap();
    let node = Node::start(&served);
    let home = Home::empty();
    let mut made = home.command("patient", &["init", "--json", "--ledger", &node.url]);
    made.env("MRMS_CONTRACT", contract.trim());
    let made = home.run(made).ok().object();
    assert_eq!(made["contract_id"], contract.trim());
    assert!(!home.root().join("ledger").exists(), "no embedded ledger is made");
    let status = |more: &[&str]| {
        let mut line = vec!["contract", "status", "--json"];
        line.extend(more);
        let mut command = home.command("patient", &line);
        command.env("MRMS_LEDGER_URL", &node.url);
        home.run(command)
    };
    status(&[]).refused(3, "no-contract");
    let found = status(&["--contract", contract.trim()]).ok().object();
    assert_eq!(found["source_matches"], true);
    // An account without money is told so, and nothing of it stays behind.
    let mut publish = home.command("patient", &["key", "publish", "--json"]);
    publish.env("MRMS_LEDGER_URL", &node.url).env("MRMS_CONTRACT", contract.trim());
    home.run(publish).refused(1, "not-enough-funds");
    let mut list = home.command("patient", &["list", "--json"]);
    list.env("MRMS_LEDGER_URL", &node.url).env("MRMS_CONTRACT", contract.trim());
    assert_eq!(home.run(list).ok().stderr, "");
}

#[test]
fn address_that_is_none_or_not_this_machine_is_refused() {
    let home = Home::with(&["patient"]);
    for (url, exit, code) in [
        ("example.org", 2, "ledger-address"),
        ("http://192.0.2.1:20443", 2, "ledger-address"),
        ("http://127.0.0.1:1", 6, "ledger-unreachable"),
    ] {
        home.json("patient", &["list", "--ledger", url]).refused(exit, code);
    }
    let advance = ["node", "advance", "1", "--ledger", "http://127.0.0.1:1"];
    home.json("patient", &advance).refused(2, "usage");
}

#[test]
fn files_and_bytes_that_fit_nowhere_else_go_through_http_too() {
    let home = Home::with(&["patient", "clinic"]);
    let node = Node::start(&home);
    let scan: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let id = home.create("scan.bin", &scan);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, &scan);
    let sent = home.json("clinic", &["access", &id, "-o", "again"]).ok().object();
    assert!(number(&sent, "audit_index") > 0);
    node.stop();
}

#[test]
fn transaction_signed_without_a_ledger_is_sent_by_another_command() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    let call =
        ["contract", "call", "access-medical-record", r#"{"record-id": 1}"#, "-o", "call.tx"];
    let signed = home.json("patient", &call).ok().object();
    assert_eq!(signed["sender"], home.principal("patient"));
    home.json("patient", &["tx", "show", text(&signed, "txid")]).refused(3, "no-such-transaction");
    home.json("patient", &call).refused(1, "file-exists");
    let send = || home.json("patient", &["tx", "send", "call.tx"]);
    let [sent, refusal] = send().rows().try_into().unwrap();
    assert_eq!(
        (&sent["txid"], &refusal["error"]["code"]),
        (&signed["txid"], &"record-not-found".into())
    );
    let shown = home.json("patient", &["tx", "show", text(&signed, "txid")]).ok().object();
    assert_eq!(shown["status"], "abort_by_response");
    assert_eq!(shown["final"], true);
    home.json("patient", &["tx", "wait", text(&signed, "txid")]).ok();
    assert_eq!(home.json("patient", &["tx", "list"]).ok().printed(), "");
    // The same file again is the same transaction.
    assert_eq!(send().rows()[0], sent);
    node.stop();

    home.file("hello.clar", "(define-read-only (hello) (ok true))");
    let nonce = (number(&signed, "nonce") + 1).to_string();
    let deploy = ["contract", "deploy", "hello.clar", "-o", "deploy.tx", "--fee", "1000"];
    let line = [&deploy[..], &["--nonce", &nonce, "--chain", "embedded"]].concat();
    home.json("patient", &line).ok();
    let other =
        [&deploy[..4], &["other.tx", "--nonce", "0", "--fee", "1000", "--chain", "mainnet"]];
    let mainnet = home.json("patient", &other.concat()).ok().object();
    assert!(text(&mainnet, "sender").starts_with("SP"));
    home.json("patient", &["tx", "send", "other.tx"]).refused(2, "usage");
    home.json("patient", &["tx", "send", "hello.clar"]).refused(2, "usage");
    home.json("patient", &["tx", "send", "deploy.tx"]).ok();
}

/// The key that signs somebody's transactions.
fn signing_key(home: &Home, name: &str) -> SigningKey {
    let words = Words::parse(&home.phrase(name)).unwrap();
    let secret = Keyring::from_words(&words).stacks_secret_key().unwrap();
    SigningKey::from_bytes(secret.expose_bytes()).unwrap()
}

/// Somebody tries to open record 7 many times.
fn access_often(home: &Home, node: &Node, name: &str, times: u64) {
    let client = RpcClient::new(&node.url, ClientSettings::default()).unwrap();
    let contract = std::fs::read_to_string(home.root().join("contract")).unwrap();
    let key = signing_key(home, name);
    let first = client.account(&home.principal(name).parse().unwrap()).unwrap().nonce;
    for number in 0..times {
        let call = mrms_contract::call::access_medical_record(RecordId::new(7));
        let contract = contract.trim().parse().unwrap();
        let unsigned = Transaction::contract_call(contract, call.function, call.arguments);
        let fee = MicroStx::new(1_000);
        let terms = Terms { network: Network::EMBEDDED, nonce: first.plus(number), fee };
        client.broadcast(&unsigned.sign(&key, terms).unwrap().encode()).unwrap();
    }
}

#[test]
fn long_trail_reads_the_same_over_http_as_beside_the_ledger() {
    let home = Home::with(&["patient", "stranger"]);
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    for _ in 0..3 {
        let node = Node::start(&home);
        access_often(&home, &node, "patient", 24);
        access_often(&home, &node, "stranger", 20);
        node.stop();
        home.json("patient", &["node", "advance", "2"]).ok();
    }
    let beside = home.json("patient", &["audit", "7"]).ok().rows();
    assert_eq!(beside.len(), 1 + 3 * (24 + 20));
    let node = Node::start(&home);
    assert_eq!(home.json("patient", &["audit", "7"]).ok().rows(), beside);
    node.stop();
}
