//! Load on the RPC: clients that each keep one connection open and send one signed access after another, each
//! waiting for its answer, which comes after the `fsync`.
//!
//! Clients and server share the machine and the process, over loopback. Signing is done beforehand.
//! `MRMS_LOAD_SECONDS` (default 10) and `MRMS_LOAD_CLIENTS` (default 16) bound it; `MRMS_BENCH_FOLDER` picks
//! the disk. Prints transactions a second, the time of an answer at the median and at 99 of 100, and the memory
//! of the whole process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mrms_node::chain::wire::{
    AnchorMode, Authorization, Payload, PostConditionMode, SigningKey, SpendingCondition,
    Transaction, TransactionVersion, Witness,
};
use mrms_node::chain::{
    Allocation, ContractId, DEFAULT_CHAIN_ID, Ledger, MicroStx, Principal, Settings, SourceHash,
};
use mrms_node::rpc::{RpcSettings, Server};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONTRACT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../clarity/contracts/medical-records-management.clar");
/// Transactions that a client signs ahead, for each second of load.
const AHEAD: usize = 400;

/// A patient with one record, whose id is the account's number.
struct Account {
    key: SigningKey,
    principal: Principal,
    nonce: u64,
    record: Vec<u8>,
}

impl Account {
    fn new(number: u8) -> Result<Self, Failure> {
        let key = SigningKey::from_bytes([number; 32])?;
        let record = [&[1][..], &u128::from(number).to_be_bytes()].concat();
        Ok(Self { principal: key.account()?, key, nonce: 0, record })
    }

    fn sign(&mut self, payload: Payload) -> Result<Vec<u8>, Failure> {
        let origin = SpendingCondition {
            signer: [0; 20],
            nonce: self.nonce,
            fee: 200_000,
            witness: Witness::unsigned(),
        };
        let mut transaction = Transaction {
            version: TransactionVersion::Testnet,
            chain_id: DEFAULT_CHAIN_ID,
            authorization: Authorization::Standard { origin },
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Deny,
            post_conditions: Vec::new(),
            payload,
        };
        transaction.sign_as_origin(&self.key)?;
        self.nonce += 1;
        Ok(transaction.encode())
    }

    fn call(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: Vec<Vec<u8>>,
    ) -> Result<Vec<u8>, Failure> {
        let (contract, function) = (contract.clone(), function.to_owned());
        self.sign(Payload::Call { contract, function, arguments })
    }
}

/// Posts on an open connection and waits for the answer.
fn post(stream: &mut BufReader<TcpStream>, transaction: &[u8]) -> Result<(), Failure> {
    let head = format!(
        "POST /v2/transactions HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        transaction.len()
    );
    stream.get_mut().write_all(&[head.as_bytes(), transaction].concat())?;
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
    if first.contains(" 200 ") {
        return Ok(());
    }
    Err(format!("{} {}", first.trim(), String::from_utf8_lossy(&body)).into())
}

/// Sends until the end of the time or of the transactions, and gives back how long each answer took.
fn send(
    address: SocketAddr,
    transactions: &[Vec<u8>],
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut times = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let began = Instant::now();
        if began >= end {
            break;
        }
        post(&mut stream, transaction)?;
        times.push(began.elapsed());
    }
    Ok(times)
}

fn resident_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> Result<(), Failure> {
    // `cargo test` runs benches too, unoptimized: a second shows that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let seconds = if measuring { setting("MRMS_LOAD_SECONDS", 10).clamp(1, 300) } else { 1 };
    let ahead = if measuring { AHEAD * seconds as usize } else { 10 };
    let clients = setting("MRMS_LOAD_CLIENTS", 16).clamp(1, 200) as u8;

    let source = std::fs::read_to_string(CONTRACT)?;
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(&parent)?;
    let mut accounts: Vec<Account> = (1..=clients).map(Account::new).collect::<Result<_, _>>()?;
    let mut settings = Settings::default();
    let amount = MicroStx::new(1_000_000_000_000_000);
    let allocation = |account: &Account| Allocation { account: account.principal.clone(), amount };
    settings.allocations = accounts.iter().map(allocation).collect();
    settings.pinned = vec![SourceHash::of(&source)];
    let ledger = Ledger::open(folder.path(), settings)?;
    let deploy = Payload::Deploy { name: "records".to_owned(), source, version: None };
    ledger.submit(&accounts[0].sign(deploy)?)?;
    let contract = ContractId::parse(&format!("{}.records", accounts[0].principal))?;
    let content = [&[2, 0, 0, 3, 232][..], &[7; 1_000]].concat();
    for account in &mut accounts {
        let arguments = vec![account.record.clone(), content.clone()];
        ledger.submit(&account.call(&contract, "create-medical-record", arguments)?)?;
    }
    let mut work: Vec<Vec<Vec<u8>>> = Vec::new();
    for account in &mut accounts {
        let accesses = (0..ahead).map(|_| {
            account.call(&contract, "access-medical-record", vec![account.record.clone()])
        });
        work.push(accesses.collect::<Result<_, _>>()?);
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut rpc = RpcSettings::default();
    rpc.listen.set_port(0);
    let server = runtime.block_on(Server::bind(ledger.clone(), rpc))?;
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async { drop(stopped.await) }));

    let (height, before) = (ledger.tip()?.height.get(), resident_mebibytes());
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let mut times = std::thread::scope(|scope| {
        let threads: Vec<_> =
            work.iter().map(|work| scope.spawn(move || send(address, work, end))).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().unwrap_or_else(|_| Err("panicked".into()))?);
        }
        Ok::<_, Failure>(all)
    })?;
    let took = began.elapsed().as_secs_f64();
    if times.is_empty() {
        return Err("nothing was sent".into());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let blocks = ledger.tip()?.height.get() - height;
    println!("{clients} clients for {took:.1} s: {} transactions", times.len());
    println!(
        "{:.0} tx/s, {:.1} a block",
        times.len() as f64 / took,
        times.len() as f64 / f64::from(blocks.max(1))
    );
    println!("answered in {:.1?} at p50, {:.1?} at p99, {:.1?} at most", at(50), at(99), at(100));
    println!("memory {before:.0} MiB before, {:.0} MiB after", resident_mebibytes());
    drop(stop);
    runtime.block_on(serving)?;
    Ok(())
}
