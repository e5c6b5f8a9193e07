//! Shares released through the vault's server, each answered after its log line is durable.
//!
//! Clients keep one connection each and send one signed request after another, made beforehand;
//! server and clients share the process and the machine, over loopback. The chain is in memory.
//! `MRMS_LOAD_SECONDS` (default 10) and `MRMS_LOAD_CLIENTS` (default 16) bound it; `MRMS_BENCH_FOLDER`
//! picks the disk. Prints releases a second, and how long an answer took at the median and at 99 of
//! 100.
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
    Deposit, DepositedVersion, Header, Hex, Message, ReleaseRequest, Signed, Split,
};
use mrms_vault::server::{Backing, Server, VaultSettings};
use mrms_vault::testing::FakeChain;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const CHAIN: ChainId = ChainId::EMBEDDED;
/// Requests that a client signs ahead, for each second of load.
const AHEAD: usize = 200;
static NONCES: AtomicU64 = AtomicU64::new(1);

struct Account {
    key: SigningKey,
    principal: StandardPrincipal,
}

impl Account {
    fn new(number: u8) -> Self {
        let key = SigningKey::from_bytes(&[number; 32]).unwrap();
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

/// Posts on an open connection and waits for the answer.
fn post(stream: &mut BufReader<TcpStream>, body: &[u8]) {
    let head = format!(
        "POST /v1/releases HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
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
    assert!(first.contains(" 200 "), "{first}{}", String::from_utf8_lossy(&body));
}

/// Sends until the end of the time or of the requests, and gives back how long each answer took.
fn send(address: SocketAddr, requests: &[Vec<u8>], end: Instant) -> Vec<Duration> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    let mut times = Vec::with_capacity(requests.len());
    for request in requests {
        let began = Instant::now();
        if began >= end {
            break;
        }
        post(&mut stream, request);
        times.push(began.elapsed());
    }
    times
}

fn main() {
    // `cargo test` runs benches too, unoptimized: a second shows that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let seconds = if measuring { setting("MRMS_LOAD_SECONDS", 10).clamp(1, 200) } else { 1 };
    let ahead = if measuring { AHEAD * seconds as usize } else { 10 };
    let clients = setting("MRMS_LOAD_CLIENTS", 16).clamp(1, 200) as u8;
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(parent).unwrap();

    let (vault, patient) = (Account::new(250), Account::new(249));
    let contract: ContractId = format!("{}.records", Account::new(248).principal).parse().unwrap();
    let chain = Arc::new(FakeChain::following(now));
    let record = RecordId::new(1);
    chain.lock().create(record, patient.principal);
    let mut settings = GuardianSettings::new(vault.principal, contract.clone(), CHAIN);
    settings.requests_per_minute = u32::MAX;
    settings.stranger_requests_per_minute = u32::MAX;
    let guardian = Guardian::open(
        &folder.path().join("guardian"),
        SigningKey::from_bytes(&[250; 32]).unwrap(),
        Arc::clone(&chain) as _,
        Arc::new(now),
        Box::new(StdRng::seed_from_u64(1)),
        settings,
    );
    let guardian = Arc::new(guardian.unwrap());

    let readers: Vec<Account> = (1..=clients).map(Account::new).collect();
    let mut requests = Vec::new();
    for reader in &readers {
        chain.lock().grant(record, reader.principal, Rights::READ, None);
        let deposit = Deposit {
            record_id: record,
            reader: reader.principal.into(),
            epoch: 1,
            deposit_id: Hex([1; 16]),
            split: Split { threshold: 1, count: 1, place: 1 },
            pair_header: Hex([2; 1152]),
            versions: vec![DepositedVersion {
                version: Version::FIRST,
                wrap: Hex([3; 32]),
                share: Hex([4; 48]),
            }],
        };
        guardian.deposit(&patient.sign(deposit, &vault, &contract)).unwrap();
        let signed = (0..ahead).map(|_| {
            let entry = chain.lock().enter(record, Action::Access, reader.principal, 1);
            let ask = ReleaseRequest {
                record_id: record,
                version: Version::FIRST,
                audit_index: entry.index,
                txid: entry.txid,
                note: Vec::new(),
            };
            serde_json::to_vec(&reader.sign(ask, &vault, &contract)).unwrap()
        });
        requests.push(signed.collect::<Vec<_>>());
    }

    let blobs = Arc::new(FileStore::open_folder(&folder.path().join("blobs")).unwrap());
    let uploads = folder.path().join("blobs/uploads");
    let uploads = Arc::new(Uploads::open_folder(&uploads, UploadLimits::default()).unwrap());
    let backing = Backing { guardian, blobs, uploads, periodic_tasks: Vec::new() };
    let mut settings = VaultSettings::default();
    settings.listen.set_port(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::bind(backing, settings)).unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async { drop(stopped.await) }));

    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let clients: Vec<_> = requests
            .iter()
            .map(|requests| scope.spawn(move || send(address, requests, end)))
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let took = began.elapsed().as_secs_f64();
    drop(stop);
    runtime.block_on(serving).unwrap().unwrap();
    times.sort_unstable();
    let at = |hundredths: usize| {
        times[(times.len() * hundredths / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0
    };
    println!(
        "{clients} clients, {} releases in {took:.1} s: {:.0} a second, median {:.1} ms, 99th of 100 {:.1} ms",
        times.len(),
        times.len() as f64 / took,
        at(50),
        at(99),
    );
}
