//! How many shares a second one vault releases, and how long one takes: each with its line durable on
//! a real disk before it is answered, and a signed receipt.
//!
//! Requests are signed beforehand. The chain answers from memory: what a node takes to answer comes on
//! top. `MRMS_BENCH_FOLDER` picks the disk; the system's temporary folder otherwise.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mrms_core::{
    Action, ChainId, ContractId, RecordId, Rights, StandardPrincipal, UnixTime, Version,
};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_vault::guardian::{Guardian, GuardianSettings};
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Header, Hex, Message, Nonce, ReleaseRequest, Signed, Split,
};
use mrms_vault::testing::FakeChain;
use rand::{SeedableRng, rngs::StdRng};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const RECORD: RecordId = RecordId::new(7);
const CALLERS: usize = 16;

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_seconds(since.as_secs())
}

struct Client {
    key: SigningKey,
    account: StandardPrincipal,
}

impl Client {
    fn new(byte: u8) -> Result<Self, Failure> {
        let key = SigningKey::from_bytes(&[byte; 32])?;
        let account = key.address(TransactionVersion::Testnet);
        Ok(Self { key, account })
    }
}

fn sign<M: Message>(
    message: M,
    signer: &Client,
    settings: &GuardianSettings,
    rng: &mut StdRng,
) -> Result<Signed<M>, Failure> {
    let header = Header {
        vault: settings.vault,
        contract: settings.contract.clone(),
        time: now().seconds(),
        nonce: Nonce::generate(rng),
    };
    Ok(Signed::sign(message, header, settings.chain_id, signer.account, &signer.key)?)
}

/// Signed requests for new openings.
fn requests(
    count: usize,
    chain: &FakeChain,
    reader: &Client,
    settings: &GuardianSettings,
    rng: &mut StdRng,
) -> Result<Vec<Signed<ReleaseRequest>>, Failure> {
    (0..count)
        .map(|_| {
            let entry = chain.lock().enter(RECORD, Action::Access, reader.account, 1);
            let request = ReleaseRequest {
                record_id: RECORD,
                version: Version::FIRST,
                audit_index: entry.index,
                txid: entry.txid,
                note: Vec::new(),
            };
            sign(request, reader, settings, rng)
        })
        .collect()
}

fn report(what: &str, mut took: Vec<Duration>, all: Duration) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{what:<24} p50 {:>6.2} ms   p99 {:>6.2} ms   {:>7.0} releases/s   ({} in {:.2} s)",
        at(50),
        at(99),
        took.len() as f64 / all.as_secs_f64(),
        took.len(),
        all.as_secs_f64()
    );
}

fn ask_all(vault: &Guardian, asked: &[Signed<ReleaseRequest>]) -> Result<Vec<Duration>, Failure> {
    asked
        .iter()
        .map(|request| {
            let start = Instant::now();
            vault.release(request)?;
            Ok(start.elapsed())
        })
        .collect()
}

fn main() -> Result<(), Failure> {
    // `cargo test` runs benches too, unoptimized: a few releases show that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let scale = if measuring { 1 } else { 100 };
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(parent)?;
    let (patient, reader, own) = (Client::new(1)?, Client::new(2)?, Client::new(9)?);
    let contract: ContractId = "ST000000000000000000002AMW42H.records".parse()?;
    let mut settings = GuardianSettings::new(own.account, contract, ChainId::EMBEDDED);
    settings.requests_per_minute = u32::MAX;
    settings.stranger_requests_per_minute = u32::MAX;
    let chain = Arc::new(FakeChain::following(now));
    chain.lock().create(RECORD, patient.account);
    chain.lock().grant(RECORD, reader.account, Rights::READ, None);
    let rng = Box::new(StdRng::seed_from_u64(1));
    let path = folder.path().join("vault");
    let clock = Arc::new(now);
    let view = Arc::clone(&chain) as _;
    let vault = Guardian::open(&path, own.key, view, clock, rng, settings.clone())?;

    let mut rng = StdRng::seed_from_u64(2);
    let version =
        DepositedVersion { version: Version::FIRST, wrap: Hex([1; 32]), share: Hex([2; 48]) };
    let deposit = Deposit {
        record_id: RECORD,
        reader: reader.account.into(),
        epoch: 1,
        deposit_id: Hex([3; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([4; 1152]),
        versions: vec![version],
    };
    vault.deposit(&sign(deposit, &patient, &settings, &mut rng)?)?;

    let single = requests(2_000 / scale, &chain, &reader, &settings, &mut rng)?;
    let start = Instant::now();
    let took = ask_all(&vault, &single)?;
    report("1 caller", took, start.elapsed());

    let work = (0..CALLERS)
        .map(|_| requests(1_000 / scale, &chain, &reader, &settings, &mut rng))
        .collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let took = std::thread::scope(|scope| {
        let threads: Vec<_> =
            work.iter().map(|asked| scope.spawn(|| ask_all(&vault, asked))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("panicked".into())))
            .collect::<Result<Vec<_>, _>>()
    })?;
    report("16 callers", took.concat(), start.elapsed());

    let start = Instant::now();
    let whole = vault.verify_log()?;
    println!("verify_log: {} lines in {:.0} ms", whole.count, start.elapsed().as_secs_f64() * 1e3);
    drop(vault);
    let bytes = std::fs::metadata(path.join("vault.sqlite"))?.len();
    println!("database: {} bytes a release", bytes / whole.count.max(1));
    Ok(())
}
