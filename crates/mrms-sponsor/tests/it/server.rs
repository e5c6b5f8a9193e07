//! The sponsor over HTTP, on a free port of this machine.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use mrms_http::{Listener, Reach};
use mrms_sponsor::{Eligible, Sources, server};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::chain::{Place, account, now, request};

/// A sponsor that serves until this is dropped.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(place: &Place) -> Self {
        let sponsor = Arc::new(place.open());
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let listener = Listener::bind(free, Reach::Loopback).await.unwrap();
                ready.send(listener.address()).unwrap();
                listener.serve(server::router(sponsor), async { drop(stopped.await) }).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Head and body of the answer.
    fn ask(&self, line: &str, body: &[u8]) -> (String, String) {
        self.ask_as("application/json", line, body)
    }

    /// The same with a body of another type.
    fn ask_as(&self, kind: &str, line: &str, body: &[u8]) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Status and code of a refusal.
    #[track_caller]
    fn refused(&self, line: &str, body: &[u8]) -> (u16, String) {
        let (head, body) = self.ask(line, body);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        (status, body["error"]["code"].as_str().unwrap().to_owned())
    }
}

/// A request for a transaction to be paid.
fn paying(transaction: &[u8]) -> Vec<u8> {
    serde_json::json!({"transaction": format!("0x{}", hex::encode(transaction))})
        .to_string()
        .into_bytes()
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn what_is_wrong_is_refused_with_a_status_and_a_code() {
    let served = Served::new(&Place::new(1, 1));
    let refused = |line, body: &[u8]| served.refused(line, body);
    assert_eq!(refused("GET /v2/anything", b""), (404, "no-such-path".to_owned()));
    assert_eq!(refused("DELETE /v1/sponsor", b""), (405, "wrong-method".to_owned()));
    let principal = refused("GET /v1/sponsor?principal=nobody", b"");
    assert_eq!(principal, (400, "not-a-principal".to_owned()));
    let nonsense = refused("POST /v1/transactions", &paying(b"nonsense"));
    assert_eq!(nonsense, (400, "not-a-transaction".to_owned()));
    for body in
        ["nonsense", "{}", r#"{"transaction": "0xzz"}"#, r#"{"transaction": "", "voucher": "a b"}"#]
    {
        let refused = refused("POST /v1/transactions", body.as_bytes());
        assert_eq!(refused, (400, "not-a-request".to_owned()), "{body}");
    }
    let ahead = refused("POST /v1/transactions", &paying(&request(1, 5, 7)));
    assert_eq!(ahead, (409, "nonce-gap".to_owned()));
}

#[test]
fn bodies_that_do_not_come_hold_up_nobody() {
    let served = Served::new(&Place::new(1, 1));
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(served.address).unwrap();
            let head = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n{";
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Long enough for the heads to have been read.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let answer = served.refused("POST /v1/transactions", &paying(b"nonsense"));
    assert_eq!(answer, (400, "not-a-transaction".to_owned()));
    drop(slow);
}

#[test]
fn page_in_a_browser_cannot_spend_the_budget() {
    let place = Place::new(9, 9);
    let served = Served::new(&place);
    let body = paying(&request(1, 0, 7));
    // What a page can send to another origin without being asked whether it may.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let (head, answer) = served.ask_as(kind, "POST /v1/transactions", &body);
        assert!(head.starts_with("HTTP/1.1 415 ") && answer.contains("not-json"), "{head}");
    }
    let kind = "application/json\r\nOrigin: https://attacker.example";
    let (head, _) = served.ask_as(kind, "POST /v1/transactions", &body);
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(place.ledger.state().mined.len(), 0);
    let (head, _) =
        served.ask_as("Application/JSON; charset=utf-8", "POST /v1/transactions", &body);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

#[test]
fn account_that_nobody_knows_is_not_paid_for_and_a_voucher_is_one_accounts() {
    const VOUCHER: &str = "kp5-kp5-kp5-kp5-kp5";
    let mut place = Place::new(9, 9);
    let list = place.folder.path().join("list");
    std::fs::write(&list, VOUCHER).unwrap();
    let sources = Sources { accounts: None, vouchers: Some(list) };
    place.terms.eligible = Arc::new(Eligible::of(sources).unwrap());
    let asked = |who: u8, nonce: u64, voucher: Option<&str>| {
        let transaction = hex::encode(request(who, nonce, 7));
        serde_json::json!({"transaction": transaction, "voucher": voucher}).to_string().into_bytes()
    };
    let refused = |served: &Served, body: &[u8]| served.refused("POST /v1/transactions", body);
    let account = |who: u8| account(who).to_string();
    let state = |served: &Served, voucher: &str, principal: Option<String>| {
        let body = serde_json::json!({"voucher": voucher, "principal": principal}).to_string();
        let (head, answer) = served.ask("POST /v1/vouchers", body.as_bytes());
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["state"].as_str().unwrap().to_owned()
    };
    {
        let served = Served::new(&place);
        // To ask about it is not to show it.
        assert_eq!(state(&served, VOUCHER, Some(account(2))), "usable");
        assert_eq!(state(&served, VOUCHER, None), "usable");
        assert_eq!(state(&served, "another-one-of-some-length", None), "unknown");
        assert_eq!(served.refused("POST /v1/vouchers", b"{}").0, 400);
        let unknown = (403, "not-eligible".to_owned());
        assert_eq!(refused(&served, &asked(1, 0, None)), unknown);
        assert_eq!(refused(&served, &asked(1, 0, Some("another-one-of-some-length"))), unknown);
        let (head, answer) = served.ask("POST /v1/transactions", &asked(1, 0, Some(VOUCHER)));
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    // It remembers whose the voucher is.
    let served = Served::new(&place);
    let taken = (403, "voucher-taken".to_owned());
    assert_eq!(refused(&served, &asked(2, 0, Some(VOUCHER))), taken);
    assert_eq!(state(&served, VOUCHER, Some(account(2))), "taken");
    assert_eq!(state(&served, VOUCHER, None), "taken");
    assert_eq!(state(&served, VOUCHER, Some(account(1))), "usable");
    let (head, _) = served.ask("POST /v1/transactions", &asked(1, 1, Some(VOUCHER)));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let journal = place.journal();
    assert!(!journal.contains(VOUCHER) && !journal.contains("not-eligible"), "{journal}");
    let shown = std::fs::read_to_string(place.folder.path().join("vouchers.jsonl")).unwrap();
    assert!(!shown.contains(VOUCHER), "the books have no secret: {shown}");
}

#[test]
fn health_tells_whether_the_sponsor_could_pay() {
    let place = Place::new(1, 1);
    let sponsor = place.open();
    assert_eq!(sponsor.health().unwrap_err().code(), "ledger-unreachable", "not asked yet");
    sponsor.maintain(now()).unwrap();
    sponsor.health().unwrap();
    drop(sponsor);
    let served = Served::new(&place);
    assert_eq!(served.refused("GET /v1/health", b""), (503, "ledger-unreachable".to_owned()));
}

#[test]
fn refusal_that_may_be_tried_again_says_when() {
    let place = Place::new(1, 1);
    let served = Served::new(&place);
    place.ledger.state().is_away = true;
    let (head, _) = served.ask("POST /v1/transactions", &paying(&request(1, 0, 7)));
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.to_lowercase().contains("\r\nretry-after: 5"), "{head}");
    place.ledger.state().is_away = false;
    let (head, _) = served.ask("POST /v1/transactions", &paying(&request(1, 0, 7)));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

/// Names and types that dashboards and alerts rely on.
const METRICS: [(&str, &str); 5] = [
    ("mrms_sponsor_requests_total", "counter"),
    ("mrms_sponsor_under_way", "gauge"),
    ("mrms_sponsor_balance_microstx", "gauge"),
    ("mrms_sponsor_remaining_transactions", "gauge"),
    ("mrms_sponsor_remaining_fees_microstx", "gauge"),
];

#[test]
fn metrics_keep_their_names_and_types() {
    let served = Served::new(&Place::new(1, 3));
    served.refused("POST /v1/transactions", &paying(b"nonsense"));
    let (head, text) = served.ask("GET /metrics", b"");
    assert!(head.to_lowercase().contains("\r\ncontent-type: text/plain; version=0.0.4"), "{head}");
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    assert_eq!(types.collect::<Vec<_>>(), METRICS);
    for line in [
        "mrms_sponsor_requests_total{outcome=\"not-a-transaction\"} 1",
        "mrms_sponsor_under_way 0",
        "mrms_sponsor_remaining_transactions 3",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
}
