//! What honest clients of the records contract notice of others who run heavy contracts of their own.
//!
//! Four clients access their records, each one access after the other, and one reads a record. First alone, then beside
//! each attack: calls of a heavy function by accounts that never stop, sources that take long to analyse, read-only calls of
//! a heavy function, and many calls that stay just within the limits.
//!
//! Prints the time of an answer for honest clients at the median, at the 99th percentile and at most.
//! `MRMS_FOREIGN_SECONDS` (default 10) is the time for each; `MRMS_BENCH_FOLDER` selects the disk.

mod records;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mrms_node::chain::ContractId;
use mrms_node::chain::wire::Payload;
use mrms_node::rpc::{RpcSettings, Server};
use records::http::{connect, post};
use records::{
    Account, Contract, Failure, call, contract_of, folder, is_measuring, must_succeed, prepare,
    setting, uint,
};

const HONEST: usize = 4;
const ATTACKERS: usize = 8;

/// `all` and `look` take 20⁵ steps of the innermost function, `few` 400.
const FOLDS: &str = "
(define-constant L (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20))
(define-private (a (n uint) (s uint)) (+ s n))
(define-private (b (n uint) (s uint)) (fold a L s))
(define-private (c (n uint) (s uint)) (fold b L s))
(define-private (d (n uint) (s uint)) (fold c L s))
(define-read-only (look) (fold d L u0))
(define-public (all (n uint)) (ok (fold d L n)))
(define-public (few (n uint)) (ok (fold b L n)))";

/// What others do meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    Nothing,
    HeavyCalls,
    HeavySources,
    HeavyReads,
    CallsWithinLimits,
}

impl Attack {
    const ALL: [Self; 5] = [
        Self::Nothing,
        Self::HeavyCalls,
        Self::HeavySources,
        Self::HeavyReads,
        Self::CallsWithinLimits,
    ];
}

/// Attacks until the end. Being refused is what it expects.
fn attack(
    attack: Attack,
    address: SocketAddr,
    folds: &ContractId,
    account: &mut Account,
    end: Instant,
) -> Result<u64, Failure> {
    let (mut stream, mut taken) = (connect(address)?, 0);
    for number in 0_u128.. {
        if Instant::now() >= end {
            break;
        }
        let nonce = account.nonce;
        let payload = match attack {
            Attack::Nothing => break,
            Attack::HeavyReads => {
                let path =
                    format!("/v2/contracts/call-read/{}/{}/look", folds.deployer(), folds.name());
                let body = format!(r#"{{"sender":"{}","arguments":[]}}"#, account.principal);
                let _ = post(&mut stream, &path, "application/json", body.as_bytes());
                continue;
            }
            Attack::HeavyCalls => call(folds, "all", vec![uint(number)]),
            Attack::CallsWithinLimits => call(folds, "few", vec![uint(number)]),
            Attack::HeavySources => Payload::Deploy {
                name: format!("wide-{number}"),
                source: format!("(define-read-only (f) (+ {}))", "u1 ".repeat(12_000)),
                version: None,
            },
        };
        let bytes = account.sign(payload)?;
        match post(&mut stream, "/v2/transactions", "application/octet-stream", &bytes) {
            Ok(_) => taken += 1,
            Err(_) => account.nonce = nonce,
        }
    }
    Ok(taken)
}

/// Accesses an account's record until the end.
fn access(
    address: SocketAddr,
    contract: &ContractId,
    account: &mut Account,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let (mut stream, mut times) = (connect(address)?, Vec::new());
    while Instant::now() < end {
        let [bytes] = &account.accesses(contract, 1)?[..] else { continue };
        let began = Instant::now();
        post(&mut stream, "/v2/transactions", "application/octet-stream", bytes)?;
        times.push(began.elapsed());
    }
    Ok(times)
}

/// Reads an account's record and the node's state until the end.
fn read(
    address: SocketAddr,
    contract: &ContractId,
    account: &Account,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let record = format!("0x{}", hex::encode(&account.record));
    let path =
        format!("/v2/contracts/call-read/{}/{}/get-record", contract.deployer(), contract.name());
    let body = format!(r#"{{"sender":"{}","arguments":["{record}"]}}"#, account.principal);
    let (mut stream, mut times) = (connect(address)?, Vec::new());
    while Instant::now() < end {
        let began = Instant::now();
        post(&mut stream, &path, "application/json", body.as_bytes())?;
        times.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(times)
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    thread.join().unwrap_or_else(|_| Err("panicked".into()))
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else { return };
    let at = |percent: usize| times[(times.len() * percent / 100).min(last)];
    println!(
        "  {what}: {:.1?} at p50, {:.1?} at p99, {:.1?} at most ({} of them)",
        at(50),
        at(99),
        at(100),
        times.len()
    );
}

fn main() -> Result<(), Failure> {
    let seconds =
        if is_measuring() { setting("MRMS_FOREIGN_SECONDS", 10).clamp(1, 300) } else { 1 };
    let mut accounts = Account::several((HONEST + ATTACKERS) as u8)?;
    let place = folder()?;
    let ledger = prepare(place.path(), &mut accounts, Contract::Pinned)?;
    let contract = contract_of(&accounts)?;
    let (honest, attackers) = accounts.split_at_mut(HONEST);
    let source = FOLDS.to_owned();
    let deploy = Payload::Deploy { name: "folds".to_owned(), source, version: None };
    must_succeed(&ledger, &attackers[0].sign(deploy)?)?;
    let folds = ContractId::parse(&format!("{}.folds", attackers[0].principal))?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(mrms_node::lower_thread_priority)
        .enable_all()
        .build()?;
    let mut rpc = RpcSettings::default();
    rpc.listen.set_port(0);
    let server = runtime.block_on(Server::bind(ledger.clone(), rpc))?;
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async { drop(stopped.await) }));

    for kind in Attack::ALL {
        let end = Instant::now() + Duration::from_secs(seconds);
        let (contract, folds) = (&contract, &folds);
        let (writes, reads, taken) = std::thread::scope(|scope| {
            let reader = Account::new(1)?;
            let reading = scope.spawn(move || read(address, contract, &reader, end));
            let writing: Vec<_> = honest
                .iter_mut()
                .map(|account| scope.spawn(move || access(address, contract, account, end)))
                .collect();
            let attacking: Vec<_> = attackers
                .iter_mut()
                .map(|account| scope.spawn(move || attack(kind, address, folds, account, end)))
                .collect();
            let mut writes = Vec::new();
            for thread in writing {
                writes.extend(joined(thread)?);
            }
            let mut taken = 0;
            for thread in attacking {
                taken += joined(thread)?;
            }
            Ok::<_, Failure>((writes, joined(reading)?, taken))
        })?;
        println!("{kind:?} ({taken} transactions of others taken)");
        print("accesses", writes);
        print("reads", reads);
    }
    drop(stop);
    runtime.block_on(serving)?;
    Ok(())
}
