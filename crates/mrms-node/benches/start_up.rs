//! How long a node needs to its first answer on a ledger with a long audit log, after the previous node was
//! killed under load.
//!
//! Builds the ledger with `MRMS_START_ENTRIES` accesses of the records contract (default 1,000,000) in the
//! folder `MRMS_START_FOLDER`, which is kept and used again, or in a temporary one. Then, three times: a node
//! serves it in another process, 16 clients load it with accesses, SIGKILL kills it, and a new node is timed
//! from its start to the answer of a read-only call that reads a record. At the end the whole log must be
//! there.

mod records;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mrms_node::chain::{Ledger, Page, Settings};
use mrms_node::rpc::{RpcSettings, Server};
use records::{Account, Contract, Failure, contract_of, folder, is_measuring, prepare, setting};

const SERVE: &str = "MRMS_START_SERVE";
const CLIENTS: u8 = 16;
const ROUNDS: usize = 3;
/// How long the node is under load before it is killed.
const LOAD: Duration = Duration::from_secs(3);
/// Transactions that are signed and submitted together while the ledger is built.
const BATCH: usize = 10_000;

/// The other process: serves the ledger until it is killed.
fn serve(folder: &Path) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut rpc = RpcSettings::default();
    rpc.listen.set_port(0);
    let ledger = Ledger::open(folder, Settings::default())?;
    runtime.block_on(async {
        let server = Server::bind(ledger, rpc).await?;
        println!("{}", server.address());
        server.run(std::future::pending()).await;
        Ok(())
    })
}

/// Starts a node. Returns the process and the address that it serves.
fn start(folder: &Path) -> Result<(Child, String), Failure> {
    let mut child =
        Command::new(std::env::current_exe()?).env(SERVE, folder).stdout(Stdio::piped()).spawn()?;
    let mut address = String::new();
    let stdout = child.stdout.take().ok_or("no stdout")?;
    BufReader::new(stdout).read_line(&mut address)?;
    Ok((child, address.trim().to_owned()))
}

/// Sends one request on a new connection, and returns the answer.
fn post(address: &str, path: &str, kind: &str, body: &[u8]) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.contains(" 200 ") { Ok(answer) } else { Err(answer.into()) }
}

/// Reads the first account's record.
fn ask(address: &str, accounts: &[Account]) -> Result<(), Failure> {
    let contract = contract_of(accounts)?;
    let path =
        format!("/v2/contracts/call-read/{}/{}/get-record", contract.deployer(), contract.name());
    let (principal, record) = (&accounts[0].principal, hex::encode(&accounts[0].record));
    let body = format!(r#"{{"sender":"{principal}","arguments":["0x{record}"]}}"#);
    let answer = post(address, &path, "application/json", body.as_bytes())?;
    if answer.contains("\"0x0a") { Ok(()) } else { Err(answer.into()) }
}

/// Sends signed transactions until the node is gone. Returns how many it has answered.
fn load(address: &str, transactions: &[Vec<u8>]) -> usize {
    let taken = transactions.iter().take_while(|transaction| {
        post(address, "/v2/transactions", "application/octet-stream", transaction).is_ok()
    });
    taken.count()
}

fn build(folder: &Path, accounts: &mut [Account], entries: usize) -> Result<(), Failure> {
    let ledger = prepare(folder, accounts, Contract::Pinned)?;
    let contract = contract_of(accounts)?;
    let began = Instant::now();
    let mut left = entries;
    for round in (0..accounts.len()).cycle() {
        let count = left.min(BATCH);
        for result in ledger.submit_all(&accounts[round].accesses(&contract, count)?) {
            result?;
        }
        left -= count;
        if left == 0 {
            break;
        }
    }
    println!("{entries} entries were made in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn mebibytes(path: &Path) -> f64 {
    std::fs::metadata(path).map_or(0.0, |metadata| metadata.len() as f64 / f64::from(1 << 20))
}

fn main() -> Result<(), Failure> {
    if let Some(folder) = std::env::var_os(SERVE) {
        return serve(Path::new(&folder));
    }
    let (entries, under_load) = if is_measuring() {
        (setting("MRMS_START_ENTRIES", 1_000_000) as usize, LOAD)
    } else {
        (50, Duration::from_millis(200))
    };
    let temporary = folder()?;
    let kept = std::env::var_os("MRMS_START_FOLDER").filter(|_| is_measuring());
    let place = kept.as_ref().map_or(temporary.path(), Path::new);
    let mut accounts = Account::several(CLIENTS)?;
    if !place.join("ledger.sqlite").exists() {
        build(place, &mut accounts, entries)?;
    }
    let mut answered = 0;
    for round in 1..=ROUNDS {
        {
            let ledger = Ledger::open(place, Settings::default())?;
            for account in &mut accounts {
                let principal = account.principal.clone();
                account.nonce = ledger.read(move |snapshot| snapshot.account(&principal))?.nonce;
            }
        }
        let contract = contract_of(&accounts)?;
        let work: Vec<_> = accounts
            .iter_mut()
            .map(|account| account.accesses(&contract, 2_000))
            .collect::<Result<_, _>>()?;
        let (mut node, address) = start(place)?;
        let sent: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                work.iter().map(|work| scope.spawn(|| load(&address, work))).collect();
            std::thread::sleep(under_load);
            let killed = node.kill().and_then(|()| node.wait());
            let sent = threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
            killed.map(|_| sent)
        })?;
        answered += sent;
        let (file, log) = (place.join("ledger.sqlite"), place.join("ledger.sqlite-wal"));
        let sizes = (mebibytes(&file), mebibytes(&log));
        let began = Instant::now();
        let (mut node, address) = start(place)?;
        let listening = began.elapsed();
        ask(&address, &accounts)?;
        println!(
            "round {round}: killed after {sent} answers with {:.0} MiB and a log of {:.1} MiB; listens after {listening:.0?}, answers after {:.0?}",
            sizes.0,
            sizes.1,
            began.elapsed()
        );
        node.kill()?;
        node.wait()?;
    }
    let ledger = Ledger::open(place, Settings::default())?;
    let contract = contract_of(&accounts)?;
    let newest =
        ledger.read(move |snapshot| snapshot.contract_events(&contract, Page::newest(1)))?;
    let sequence = newest.first().map_or(0, |event| event.sequence.get()) as usize;
    println!("{} transactions are on the ledger", sequence + 1);
    if sequence < answered {
        return Err("what was answered is not there".into());
    }
    Ok(())
}
