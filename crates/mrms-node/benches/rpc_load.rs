//! Load on the RPC. Each client keeps one connection open and sends one signed access after another; it waits
//! for each answer, which comes after the `fsync`. At the same time readers send what a screen needs:
//! alternately a read-only call and a map entry, together so many per second as long as the answers keep up.
//!
//! Clients and server share the machine and the process, over loopback. The transactions are signed
//! beforehand. `MRMS_LOAD_SECONDS` (default 10), `MRMS_LOAD_CLIENTS` (default 16), `MRMS_LOAD_READERS`
//! (default 4, may be 0) and `MRMS_LOAD_READS` (per second, default 10,200) set the load; `MRMS_BENCH_FOLDER`
//! selects the disk.
//!
//! Prints transactions and reads per second, the time of an answer at the median and at the 99th percentile,
//! the cores that server and clients kept busy, and for each quarter of the time the transactions per second
//! and the memory of the whole process, including what the clients have signed and measured.

mod records;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mrms_node::chain::ContractId;
use mrms_node::rpc::{RpcSettings, Server};
use records::http::{connect, post};
use records::{Account, Contract, Failure, contract_of, folder, is_measuring, prepare, setting};

/// Transactions that a client signs beforehand, for each second of load.
const AHEAD: usize = 250;

/// What a client has measured.
#[derive(Default)]
struct Measured {
    /// How long each answer took.
    times: Vec<Duration>,
    /// Processor time of the client's own thread.
    computed: Duration,
}

impl Measured {
    /// The result of a client's thread, at its end.
    fn of(times: Vec<Duration>) -> Self {
        Self { times, computed: processor_time("/proc/thread-self/schedstat") }
    }
}

/// Processor time from a `schedstat` file of the kernel; zero where there is none.
fn processor_time(schedstat: &str) -> Duration {
    let text = std::fs::read_to_string(schedstat).unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Processor time of the threads that this process has now.
fn server_time() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let paths = threads.filter_map(Result::ok).map(|thread| thread.path().join("schedstat"));
    paths.map(|path| processor_time(&path.to_string_lossy())).sum()
}

/// Sends transactions until the time or the transactions are over, and counts the answers.
fn send(
    address: SocketAddr,
    transactions: &[Vec<u8>],
    answered: &AtomicU64,
    end: Instant,
) -> Result<Measured, Failure> {
    let mut stream = connect(address)?;
    let mut times = Vec::with_capacity(transactions.len());
    for transaction in transactions {
        let began = Instant::now();
        if began >= end {
            break;
        }
        post(&mut stream, "/v2/transactions", "application/octet-stream", transaction)?;
        times.push(began.elapsed());
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(Measured::of(times))
}

/// Reads one account's record until the time is over, one read after each `pause`. When answers take longer,
/// it reads without a pause until it has caught up.
fn read(
    address: SocketAddr,
    contract: &ContractId,
    account: &Account,
    pause: Duration,
    end: Instant,
) -> Result<Measured, Failure> {
    let record = format!("0x{}", hex::encode(&account.record));
    let place = format!("{}/{}", contract.deployer(), contract.name());
    let call = (
        format!("/v2/contracts/call-read/{place}/get-record"),
        format!(r#"{{"sender":"{}","arguments":["{record}"]}}"#, account.principal),
    );
    let entry = (format!("/v2/map_entry/{place}/records?proof=0"), format!(r#""{record}""#));
    let mut stream = connect(address)?;
    let mut times = Vec::new();
    let mut due = Instant::now();
    for (path, body) in [call, entry].iter().cycle() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pause;
        let began = Instant::now();
        if began >= end {
            break;
        }
        let answer = post(&mut stream, path, "application/json", body.as_bytes())?;
        times.push(began.elapsed());
        // Checks that the record was found: a missing record costs less to read.
        let answer = String::from_utf8_lossy(&answer);
        if !answer.contains("\"0x0a") {
            return Err(format!("{path} answers {answer}").into());
        }
    }
    Ok(Measured::of(times))
}

/// Joins threads and sums up what they have measured.
fn gathered(
    threads: Vec<std::thread::ScopedJoinHandle<'_, Result<Measured, Failure>>>,
) -> Result<Measured, Failure> {
    let mut all = Measured::default();
    for thread in threads {
        let one = thread.join().unwrap_or_else(|_| Err("panicked".into()))?;
        all.times.extend(one.times);
        all.computed += one.computed;
    }
    all.times.sort_unstable();
    Ok(all)
}

fn print(what: &str, times: &[Duration], took: f64) {
    let Some(last) = times.len().checked_sub(1) else { return };
    let at = |percent: usize| times[(times.len() * percent / 100).min(last)];
    println!("{:.0} {what} a second ({} in {took:.1} s)", times.len() as f64 / took, times.len());
    println!("  answered in {:.1?} at p50, {:.1?} at p99, {:.1?} at most", at(50), at(99), at(100));
}

/// Measurements of one quarter of the time.
struct Quarter {
    /// Transactions a second.
    rate: f64,
    /// Memory of the process at its end, in MiB.
    memory: f64,
}

fn resident_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Failure> {
    let measuring = is_measuring();
    let seconds = if measuring { setting("MRMS_LOAD_SECONDS", 10).clamp(1, 300) } else { 1 };
    let ahead = if measuring { AHEAD * seconds as usize } else { 10 };
    let clients = setting("MRMS_LOAD_CLIENTS", 16).clamp(1, 200) as u8;
    let readers = setting("MRMS_LOAD_READERS", 4).min(50) as usize;
    let reads = setting("MRMS_LOAD_READS", 10_200).clamp(1, 1_000_000);
    let pause = Duration::from_secs(readers as u64) / reads as u32;

    let mut accounts = Account::several(clients)?;
    let place = folder()?;
    let ledger = prepare(place.path(), &mut accounts, Contract::Pinned)?;
    let contract = contract_of(&accounts)?;
    let work: Vec<Vec<Vec<u8>>> = accounts
        .iter_mut()
        .map(|account| account.accesses(&contract, ahead))
        .collect::<Result<_, _>>()?;

    // As in `mrms node run`.
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

    let (height, before) =
        (ledger.read(|snapshot| snapshot.tip())?.height.get(), resident_mebibytes());
    let computed = server_time();
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let answered = AtomicU64::new(0);
    let (writes, reads, quarters) = std::thread::scope(|scope| {
        let writers: Vec<_> =
            work.iter().map(|work| scope.spawn(|| send(address, work, &answered, end))).collect();
        let readers: Vec<_> = accounts
            .iter()
            .cycle()
            .take(readers)
            .map(|account| scope.spawn(|| read(address, &contract, account, pause, end)))
            .collect();
        let quarters = [1, 2, 3, 4].map(|quarter| {
            let (began_quarter, before) = (Instant::now(), answered.load(Ordering::Relaxed));
            let until = began + Duration::from_secs(seconds) * quarter / 4;
            // Stops early when all transactions are sent or a client has failed.
            while Instant::now() < until && !writers.iter().all(|writer| writer.is_finished()) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let sent = answered.load(Ordering::Relaxed) - before;
            Quarter {
                rate: sent as f64 / began_quarter.elapsed().as_secs_f64(),
                memory: resident_mebibytes(),
            }
        });
        Ok::<_, Failure>((gathered(writers)?, gathered(readers)?, quarters))
    })?;
    let took = began.elapsed().as_secs_f64();
    let computed = server_time().saturating_sub(computed);
    if writes.times.is_empty() {
        return Err("nothing was sent".into());
    }
    let blocks = ledger.read(|snapshot| snapshot.tip())?.height.get() - height;
    println!("{clients} clients and {readers} readers");
    print("transactions", &writes.times, took);
    println!("  {:.1} a block", writes.times.len() as f64 / f64::from(blocks.max(1)));
    print("reads", &reads.times, took);
    let clients = writes.computed + reads.computed;
    let cores = |computed: Duration| computed.as_secs_f64() / took;
    println!("cores busy: {:.2} server, {:.2} clients", cores(computed), cores(clients));
    let each = |of: fn(&Quarter) -> f64| {
        quarters.each_ref().map(|quarter| format!("{:.0}", of(quarter))).join(", ")
    };
    println!("transactions a second in each quarter: {}", each(|quarter| quarter.rate));
    println!(
        "memory {before:.0} MiB before, {} MiB at each quarter",
        each(|quarter| quarter.memory)
    );
    drop(stop);
    runtime.block_on(serving)?;
    Ok(())
}
