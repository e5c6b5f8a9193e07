//! Clients that are slow, idle or never read, beside one that asks as usual. None of them holds the node up.

use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::rpc_server::{Client, Served};
use crate::support::Bench;

/// Longer than an honest client should wait here.
const SOON: Duration = Duration::from_secs(2);
/// Places of which this machine has seven eighths.
const PLACES: usize = 8;

fn served(bench: &Bench) -> Served {
    Served::with(bench.ledger(), |settings| settings.connections = PLACES)
}

/// Asks a few times, each time over a new connection.
#[track_caller]
fn assert_answers(served: &Served) {
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(served.get("/v2/info").status, 200);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
}

#[test]
fn idle_connections_make_way() {
    let bench = Bench::new();
    let served = served(&bench);
    let mut kept = served.client();
    let idle: Vec<Client> = (0..3 * PLACES).map(|_| served.client()).collect();
    assert_answers(&served);
    assert!(kept.is_closed_within(SOON), "the longest idle one");
    drop(idle);
}

#[test]
fn connections_whose_bodies_do_not_come_make_way() {
    let bench = Bench::new();
    let served = served(&bench);
    let mut slow: Vec<Client> = (0..3 * PLACES).map(|_| served.client()).collect();
    for client in &mut slow {
        let head =
            "POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx";
        // Those that made way already can't be written to.
        client.try_send(head.as_bytes());
    }
    assert_answers(&served);
}

#[test]
fn connections_with_many_requests_whose_answers_are_never_read_make_way() {
    let bench = Bench::new();
    let served = served(&bench);
    let many = "GET /v2/info HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2_000);
    let flood: Vec<TcpStream> = (0..2 * PLACES)
        .map(|_| {
            let mut stream = TcpStream::connect(served.address).unwrap();
            stream.set_nonblocking(true).unwrap();
            match stream.write(many.as_bytes()) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => {}
                written => drop(written),
            }
            stream
        })
        .collect();
    assert_answers(&served);
    drop(flood);
}

#[test]
fn client_that_never_reads_is_disconnected() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.stall = Duration::from_millis(300);
    });
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    let many = "GET /v2/info HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    let began = Instant::now();
    // The system's buffers take some of it.
    let ended = loop {
        match stream.write_all(many.as_bytes()) {
            Ok(()) => assert!(began.elapsed() < Duration::from_secs(30), "nobody reads, for ever"),
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(ended, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{ended:?}");
}

#[test]
fn announced_bodies_that_do_not_come_take_no_memory() {
    let bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| {
        settings.body_bytes = 4_096;
        settings.bodies_bytes = 4_096;
    });
    let announce = |bytes: &[u8]| {
        let mut client = served.client();
        client.send(
            b"POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n\r\n",
        );
        client.send(bytes);
        client
    };
    let post = || {
        let began = Instant::now();
        let answer = served.client().request("POST", "/v2/transactions", "", b"abc");
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    };
    let _idle: Vec<Client> = (0..4).map(|_| announce(b"")).collect();
    post();
    // One that takes all the memory and then stalls makes way for the next.
    let mut stalled = announce(&[b'x'; 4_000]);
    std::thread::sleep(Duration::from_millis(400));
    post();
    assert_eq!(stalled.answer().status, 408);
}
