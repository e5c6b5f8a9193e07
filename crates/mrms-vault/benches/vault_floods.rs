//! A flood of strangers, each message under a key of its own, while accounts that the vault knows work.
//!
//! 100 known accounts ask for one share a second each, over a connection each. Beside them strangers send as fast as the
//! server answers, over `MRMS_FLOOD_CLIENTS` connections (default 100): the line printed says how many times their share
//! of requests that is. Server and clients share the process and the machine, over loopback; the chain is in memory.
//! `MRMS_LOAD_SECONDS` (default 60) bounds it; `MRMS_BENCH_FOLDER` picks the disk. Prints how long known accounts waited at
//! the median and at 99 of 100, and how much the strangers' lines add to the log in an hour.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use mrms_core::{
    Action, ChainId, ContractId, RecordId, Rights, StandardPrincipal, UnixTime, Version,
};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_store::{FileStore, UploadLimits, Uploads};
use mrms_vault::guardian::{Guardian, GuardianSettings};
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Header, Hex, LogItem, LogRequest, MOST_LINES, Message,
    ReleaseRequest, Signed, Split, Topic,
};
use mrms_vault::server::{Backing, Server, VaultSettings};
use mrms_vault::testing::FakeChain;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const CHAIN: ChainId = ChainId::EMBEDDED;
const RECORD: RecordId = RecordId::new(1);
const KNOWN: u32 = 100;
/// Messages that each connection of strangers signs ahead.
const AHEAD: u32 = 200;
static NONCES: AtomicU64 = AtomicU64::new(1);

struct Account {
    key: SigningKey,
    principal: StandardPrincipal,
}

impl Account {
    fn new(number: u32) -> Self {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let key = SigningKey::from_bytes(&bytes).unwrap();
        Self { principal: key.address(TransactionVersion::Testnet), key }
    }

    fn sign<M: Message>(&self, message: M, vault: &Account, contract: &ContractId) -> Signed<M> {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&NONCES.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let (vault, contract) = (vault.principal, contract.clone());
        let header = Header { vault, contract, time: now().seconds(), nonce: Hex(nonce) };
        Signed::sign(message, header, CHAIN, self.principal, &self.key).unwrap()
    }
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    UnixTime::from_seconds(since.as_secs())
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Posts on an open connection and waits for the answer. Returns its status.
fn post(stream: &mut BufReader<TcpStream>, path: &str, body: &[u8]) -> u16 {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all(&[head.as_bytes(), body].concat()).unwrap();
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    first.split(' ').nth(1).unwrap().parse().unwrap()
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// One request a second. Gives back how long each answer took.
fn work(
    address: SocketAddr,
    requests: &[Vec<u8>],
    began: Instant,
    offset: Duration,
) -> Vec<Duration> {
    let mut stream = connect(address);
    let mut times = Vec::with_capacity(requests.len());
    for (second, request) in (0..).zip(requests) {
        let due = began + offset + Duration::from_secs(second);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        assert_eq!(post(&mut stream, "/v1/releases", request), 200, "a known account is refused");
        times.push(sent.elapsed());
    }
    times
}

/// As fast as the server answers. Gives back how many messages that were.
fn flood(address: SocketAddr, messages: &[Vec<u8>], end: Instant) -> u64 {
    let mut stream = connect(address);
    let mut sent = 0;
    for message in messages.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        let status = post(&mut stream, "/v1/deposits", message);
        assert!(status == 403 || status == 429, "a stranger got {status}");
        sent += 1;
    }
    sent
}

fn deposit(reader: StandardPrincipal) -> Deposit {
    Deposit {
        record_id: RECORD,
        reader: reader.into(),
        epoch: 1,
        deposit_id: Hex([1; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([2; 1152]),
        versions: vec![DepositedVersion {
            version: Version::FIRST,
            wrap: Hex([3; 32]),
            share: Hex([4; 48]),
        }],
    }
}

/// Bytes and number of the lines about refusals.
fn refusal_lines(guardian: &Guardian, vault: &Account, contract: &ContractId) -> (usize, usize) {
    let (mut from, mut lines, mut bytes) = (0, 0, 0);
    loop {
        let ask = LogRequest { record_id: RECORD, from, limit: MOST_LINES };
        let page = guardian.lines(&vault.sign(ask, vault, contract)).unwrap();
        if page.items.is_empty() {
            return (lines, bytes);
        }
        from += page.items.len() as u64;
        for item in page.items {
            let LogItem::Line(line) = item else { continue };
            if matches!(line.topic, Topic::Refusal | Topic::Rejected) {
                lines += 1;
                // With hash, head and record, as the database has it.
                bytes += serde_json::to_vec(&line).unwrap().len() + 100;
            }
        }
    }
}

fn main() {
    // `cargo test` runs benches too, unoptimized: two seconds show that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let seconds = if measuring { setting("MRMS_LOAD_SECONDS", 60).clamp(1, 200) } else { 2 };
    let known = if measuring { KNOWN } else { 4 };
    let clients =
        if measuring { setting("MRMS_FLOOD_CLIENTS", 100).clamp(1, 150) as u32 } else { 4 };
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(parent).unwrap();

    let (vault, patient) = (Account::new(1), Account::new(2));
    let contract: ContractId = format!("{}.records", Account::new(3).principal).parse().unwrap();
    let chain = Arc::new(FakeChain::following(now));
    chain.lock().create(RECORD, patient.principal);
    let settings = GuardianSettings::new(vault.principal, contract.clone(), CHAIN);
    let share = f64::from(settings.stranger_requests_per_minute) / 60.0;
    let guardian = Guardian::open(
        &folder.path().join("guardian"),
        Account::new(1).key,
        Arc::clone(&chain) as _,
        Arc::new(now),
        Box::new(StdRng::seed_from_u64(1)),
        settings,
    );
    let guardian = Arc::new(guardian.unwrap());

    let mut works = Vec::new();
    for number in 0..known {
        let reader = Account::new(1_000 + number);
        chain.lock().grant(RECORD, reader.principal, Rights::READ, None);
        guardian.deposit(&patient.sign(deposit(reader.principal), &vault, &contract)).unwrap();
        let signed = (0..seconds).map(|_| {
            let entry = chain.lock().enter(RECORD, Action::Access, reader.principal, 1);
            let ask = ReleaseRequest {
                record_id: RECORD,
                version: Version::FIRST,
                audit_index: entry.index,
                txid: entry.txid,
                note: Vec::new(),
            };
            serde_json::to_vec(&reader.sign(ask, &vault, &contract)).unwrap()
        });
        works.push(signed.collect::<Vec<_>>());
    }
    let floods: Vec<Vec<Vec<u8>>> = (0..clients)
        .map(|client| {
            let message = |number: u32| {
                let stranger = Account::new(1_000_000 + client * AHEAD + number);
                let asked = deposit(stranger.principal);
                serde_json::to_vec(&stranger.sign(asked, &vault, &contract)).unwrap()
            };
            (0..AHEAD).map(message).collect()
        })
        .collect();

    let blobs = Arc::new(FileStore::open_folder(&folder.path().join("blobs")).unwrap());
    let uploads = folder.path().join("blobs/uploads");
    let uploads = Arc::new(Uploads::open_folder(&uploads, UploadLimits::default()).unwrap());
    let backing =
        Backing { guardian: Arc::clone(&guardian), blobs, uploads, periodic_tasks: Vec::new() };
    let mut settings = VaultSettings::default();
    settings.listen.set_port(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::bind(backing, settings)).unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async { drop(stopped.await) }));

    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let (mut times, strangers): (Vec<Duration>, u64) = std::thread::scope(|scope| {
        let step = Duration::from_secs(1) / known;
        let works: Vec<_> = (0..)
            .zip(&works)
            .map(|(place, requests)| {
                scope.spawn(move || work(address, requests, began, step * place))
            })
            .collect();
        let floods: Vec<_> = floods
            .iter()
            .map(|messages| scope.spawn(move || flood(address, messages, end)))
            .collect();
        (
            works.into_iter().flat_map(|one| one.join().unwrap()).collect(),
            floods.into_iter().map(|one| one.join().unwrap()).sum(),
        )
    });
    drop(stop);
    runtime.block_on(serving).unwrap().unwrap();
    times.sort_unstable();
    let at = |hundredths: usize| {
        times[(times.len() * hundredths / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0
    };
    let (lines, bytes) = refusal_lines(&guardian, &vault, &contract);
    let offered = strangers as f64 / seconds as f64;
    println!(
        "{known} known accounts, {} releases in {seconds} s: median {:.1} ms, 99th of 100 {:.1} ms",
        times.len(),
        at(50),
        at(99),
    );
    println!(
        "strangers: {offered:.0} messages a second, {:.0} times their share; {lines} lines, {:.0} kB of log an hour",
        offered / share,
        bytes as f64 / 1_000.0 * 3_600.0 / seconds as f64,
    );
}
