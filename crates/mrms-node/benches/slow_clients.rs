//! Sixteen honest clients beside somebody who is slow on purpose: how long they wait, against without.
//!
//! Each honest client reads an account fifty times a second, over a connection that it keeps for 16 requests. The attacks
//! come from the same address: as many idle connections as the node takes and more, opened again as soon as they are closed;
//! requests that are sent by the thousand while no answer is read; bodies that are announced and do not come; and pages far
//! from the start of a list. `MRMS_LOAD_SECONDS` (default 10) is the time of each round. Prints the median and the 99th
//! percentile, and how many times that is of what it is without an attack.

mod records;

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mrms_node::rpc::{RpcSettings, Server};
use records::{Account, Contract, Failure, contract_of, folder, is_measuring, prepare, setting};

const CLIENTS: usize = 16;
/// Requests over one connection of an honest client.
const OF_ONE: usize = 16;
const PACE: Duration = Duration::from_millis(20);
/// How often an attacker looks for connections that were closed.
const REOPEN: Duration = Duration::from_millis(20);

/// What an attacker sends over each of its connections.
#[derive(Clone, Copy)]
struct Attack {
    name: &'static str,
    connections: usize,
    /// The head, and how often it is sent.
    head: &'static str,
    times: usize,
    reads: bool,
}

const ATTACKS: [Attack; 5] = [
    Attack { name: "nothing", connections: 0, head: "", times: 0, reads: false },
    Attack { name: "idle connections", connections: 300, head: "", times: 0, reads: false },
    Attack {
        name: "answers never read",
        connections: 256,
        head: "GET /v2/info HTTP/1.1\r\nHost: localhost\r\n\r\n",
        times: 2_000,
        reads: false,
    },
    Attack {
        name: "bodies that do not come",
        connections: 100,
        head: "POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n",
        times: 1,
        reads: false,
    },
    Attack {
        name: "pages far away",
        connections: 2,
        head: "GET /extended/v1/address/ADDRESS/transactions?limit=1&offset=2000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        times: 1,
        reads: true,
    },
];

fn get(stream: &mut BufReader<TcpStream>, path: &str) -> Result<(), Failure> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.get_mut().write_all(head.as_bytes())?;
    answer(stream)
}

fn answer(stream: &mut BufReader<TcpStream>) -> Result<(), Failure> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    if first.contains(" 200 ") { Ok(()) } else { Err(first.trim().to_owned().into()) }
}

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>, Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(BufReader::new(stream))
}

/// How long each answer took, and how many requests were not answered at once.
fn honest(address: SocketAddr, path: &str, end: Instant) -> (Vec<Duration>, usize) {
    let (mut times, mut failed) = (Vec::new(), 0);
    let mut stream = None;
    while Instant::now() < end {
        let began = Instant::now();
        // As a client does: what was cut off is asked again, and the person waits for both.
        loop {
            let kept = stream.take().filter(|_| times.len() % OF_ONE != 0);
            let asked = kept.map_or_else(|| connect(address), Ok).and_then(|mut stream| {
                get(&mut stream, path)?;
                Ok(stream)
            });
            match asked {
                Ok(open) => {
                    stream = Some(open);
                    break;
                }
                Err(_) if Instant::now() < end + Duration::from_secs(30) => failed += 1,
                Err(_) => return (times, failed),
            }
        }
        times.push(began.elapsed());
        std::thread::sleep(PACE.saturating_sub(began.elapsed()));
    }
    (times, failed)
}

/// Keeps the connections of an attack open until the end.
fn attack(address: SocketAddr, attack: Attack, head: &str, stop: &AtomicBool) {
    let bytes = head.repeat(attack.times);
    let mut open: Vec<TcpStream> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        open.retain_mut(|stream| match stream.write(bytes.as_bytes()) {
            Ok(_) => !bytes.is_empty() || !is_closed(stream),
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        });
        while open.len() < attack.connections {
            let Ok(mut stream) = TcpStream::connect(address) else { break };
            let _ = stream.set_nonblocking(true);
            let _ = stream.write(bytes.as_bytes());
            open.push(stream);
        }
        std::thread::sleep(REOPEN);
    }
}

fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 64]), Ok(0))
}

/// Asks for far pages as fast as they are answered.
fn ask_far(address: SocketAddr, head: &str, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = connect(address) else { continue };
        while !stop.load(Ordering::Relaxed) {
            let asked = stream.get_mut().write_all(head.as_bytes()).map_err(Failure::from);
            if asked.and_then(|()| answer(&mut stream)).is_err() {
                break;
            }
        }
    }
}

/// The median and the 99th percentile beside an attack, and how many tries failed.
fn round(address: SocketAddr, account: &str, kind: Attack, time: Duration) -> [f64; 3] {
    let path = format!("/v2/accounts/{account}");
    let head = kind.head.replace("ADDRESS", account);
    let stop = AtomicBool::new(false);
    let (mut times, mut failed) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let (stop, head, path) = (&stop, &head, &path);
        match kind.reads {
            true => {
                for _ in 0..kind.connections {
                    scope.spawn(move || ask_far(address, head, stop));
                }
            }
            false => {
                scope.spawn(move || attack(address, kind, head, stop));
            }
        }
        // The attack is under way when the clients begin.
        std::thread::sleep(time / 10);
        let end = Instant::now() + time;
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(move || honest(address, path, end))).collect();
        for (measured, tries) in clients.into_iter().filter_map(|client| client.join().ok()) {
            times.extend(measured);
            failed += tries;
        }
        stop.store(true, Ordering::Relaxed);
    });
    times.sort_unstable();
    let at = |part: f64| {
        let index = (times.len().saturating_sub(1)) as f64 * part;
        times.get(index as usize).map_or(f64::INFINITY, |time| time.as_secs_f64() * 1e3)
    };
    [at(0.5), at(0.99), failed as f64]
}

fn main() -> Result<(), Failure> {
    let time = match is_measuring() {
        true => Duration::from_secs(setting("MRMS_LOAD_SECONDS", 10)),
        false => Duration::from_millis(200),
    };
    let folder = folder()?;
    let mut accounts = Account::several(1)?;
    let ledger = prepare(folder.path(), &mut accounts, Contract::Pinned)?;
    let contract = contract_of(&accounts)?;
    let many = if is_measuring() { 2_100 } else { 20 };
    for included in ledger.submit_all(&accounts[0].accesses(&contract, many)?) {
        included?;
    }
    let account = accounts[0].principal.to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, address) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        runtime.block_on(async {
            let mut settings = RpcSettings::default();
            settings.listen.set_port(0);
            let Ok(server) = Server::bind(ledger, settings).await else { return };
            let _ = ready.send(server.address());
            server.run(async { drop(stopped.await) }).await;
        });
    });
    let address = address.recv()?;
    let mut without = None;
    for kind in ATTACKS {
        let [median, worst, failed] = round(address, &account, kind, time);
        let ratio = worst / *without.get_or_insert(worst);
        println!(
            "{:<24} median {median:7.1} ms, 99th percentile {worst:7.1} ms ({ratio:.1} times), asked again {failed}",
            kind.name
        );
    }
    drop(stop);
    server.join().map_err(|_| "the node panicked")?;
    Ok(())
}
