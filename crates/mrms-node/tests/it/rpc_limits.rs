//! Limits of the RPC on bodies, connections, time and addresses; and how the server stops.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mrms_http::{ListenError, Reach};
use mrms_node::chain::Ledger;
use mrms_node::rpc::{RpcSettings, ServeError, Server};

use crate::rpc_server::Served;
use crate::support::Bench;

fn bind(ledger: &Ledger, settings: RpcSettings) -> Result<Server, ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Server::bind(ledger.clone(), settings))
}

#[test]
fn address_beyond_this_machine_is_refused_unless_asked_for() {
    let bench = Bench::new();
    let mut settings = RpcSettings::default();
    settings.listen = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = bind(bench.ledger(), settings.clone());
    assert!(
        matches!(refused, Err(ServeError::Listen(ListenError::NotLoopback { .. }))),
        "{refused:?}"
    );
    settings.reach = Reach::Network;
    assert!(bind(bench.ledger(), settings).is_ok());
}

#[test]
fn address_that_is_in_use_is_refused() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let mut settings = RpcSettings::default();
    settings.listen = served.address;
    assert!(matches!(
        bind(bench.ledger(), settings),
        Err(ServeError::Listen(ListenError::Listen { .. }))
    ));
}

#[test]
fn body_over_the_limit_is_refused_before_it_is_read() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| settings.body_bytes = 1_000);
    let mut client = served.client();
    client
        .send(b"POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(client.answer().status, 413);
    // A body without a length is measured while it is read.
    let mut client = served.client();
    client.send(
        b"POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let chunk = [&b"1f4\r\n"[..], &[b'x'; 500], b"\r\n"].concat();
    client.send(&chunk);
    client.send(&chunk);
    client.send(&chunk);
    assert_eq!(client.answer().status, 413);
}

#[test]
fn body_below_the_nodes_own_limit_is_taken_however_long() {
    let bench = Bench::new();
    let served = Served::new(bench.ledger());
    let attachment = "00".repeat(2 * 1024 * 1024);
    let posted = serde_json::json!({"tx": "0x00", "attachment": attachment});
    let answer = served.post_json("/v2/transactions", &posted);
    assert_eq!(answer.status, 400, "it was read: {}", answer.text());
}

#[test]
fn body_that_does_not_arrive_in_time_gets_408() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.stall = Duration::from_millis(200);
    });
    let mut client = served.client();
    client.send(
        b"POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc",
    );
    assert_eq!(client.answer().status, 408);
}

#[test]
fn connection_whose_head_does_not_arrive_in_time_is_closed() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.head_time = Duration::from_millis(200);
    });
    let mut client = served.client();
    client.send(b"GET /v2/info HTT");
    assert!(client.is_closed_within(Duration::from_secs(10)));
}

#[test]
fn request_to_another_name_or_from_a_page_of_another_origin_is_not_let_in() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.gate.hosts = vec!["ledger.example.org".parse().unwrap()];
    });
    for (head, status) in [
        ("Host: localhost", 200),
        ("Host: ledger.example.org", 200),
        ("Host: attacker.example", 421),
        ("Accept: */*", 400),
        ("Host: localhost\r\nHost: localhost", 400),
        ("Host: localhost\r\nOrigin: https://attacker.example", 403),
        ("Host: localhost\r\nOrigin: null", 403),
    ] {
        let mut client = served.client();
        client.send(format!("GET /v2/info HTTP/1.1\r\n{head}\r\n\r\n").as_bytes());
        let answer = client.answer();
        assert_eq!(answer.status, status, "{head}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let mut client = served.client();
    client.send(b"GET http://attacker.example/v2/info HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.answer().status, 421, "the name in the first line counts, too");
}

#[test]
fn page_of_an_allowed_origin_may_ask_also_for_error_answers() {
    const PAGE: &str = "https://tools.example.org";
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.gate.origins = vec![PAGE.parse().unwrap()];
    });
    let ask = |method: &str, path: &str| {
        let mut client = served.client();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {PAGE}\r\n\r\n");
        client.send(head.as_bytes());
        client.answer()
    };
    for path in ["/v2/info", "/v2/transactions", "/nothing"] {
        let answer = ask("OPTIONS", path);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert!(answer.header("access-control-allow-headers").unwrap().contains("content-type"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
    }
    for (method, path, status) in
        [("GET", "/v2/info", 200), ("GET", "/nothing", 404), ("DELETE", "/v2/info", 405)]
    {
        let answer = ask(method, path);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(answer.header("x-canonical-stacks-tip-height"), Some("0"));
    }
    let none = served.client().request("OPTIONS", "/v2/info", "", b"");
    assert_eq!((none.status, none.header("access-control-allow-origin")), (204, None));
}

#[test]
fn stopped_server_answers_running_requests_and_releases_everything() {
    let mut bench = Bench::new();
    let mut served = Served::new(bench.ledger());
    let bob = bench.bob.principal.clone();
    let transaction = bench.alice.transfer(&bob, 1);
    let mut idle = served.client();
    let mut busy = served.client();
    let head = format!(
        "POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {}\r\n\r\n",
        transaction.len()
    );
    busy.send(head.as_bytes());
    busy.send(&transaction[..10]);
    assert_eq!(idle.request("GET", "/v2/info", "", b"").status, 200);
    // Long enough for the head to have been read.
    std::thread::sleep(Duration::from_millis(200));
    served.begin_stop();
    assert!(idle.is_closed_within(Duration::from_secs(10)));
    busy.send(&transaction[10..]);
    assert_eq!(busy.answer().status, 200);
    let began = Instant::now();
    served.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(served.address).is_err());
    // The folder is unlocked as soon as the last handle is dropped.
    bench.restart();
    assert_eq!(bench.nonce(&bench.alice.principal), 1);
}

#[test]
fn client_that_never_finishes_does_not_keep_the_server_from_stopping() {
    let bench = Bench::new();
    let mut served = Served::with(bench.ledger(), |settings| {
        settings.grace = Duration::from_millis(300);
    });
    let mut stuck = served.client();
    stuck.send(
        b"POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc",
    );
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    served.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
}
