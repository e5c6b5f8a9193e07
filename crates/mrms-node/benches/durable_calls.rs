//! How many calls a second one process makes durable, on the records contract and a real disk.
//!
//! Each figure counts signed transactions that were checked, run and committed with `fsync` before they were
//! answered. Signing is done beforehand. `MRMS_BENCH_FOLDER` picks the disk; the system's temporary folder
//! otherwise.

use std::path::Path;
use std::time::{Duration, Instant};

use mrms_node::chain::wire::{
    AnchorMode, Authorization, Payload, PostConditionMode, SigningKey, SpendingCondition,
    Transaction, TransactionVersion, Witness,
};
use mrms_node::chain::{
    Allocation, ContractId, DEFAULT_CHAIN_ID, Ledger, MicroStx, Principal, Settings, SourceHash,
    Status, fsck,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONTRACT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../clarity/contracts/medical-records-management.clar");
const SUBMITTERS: u8 = 16;

/// A patient with one record, whose id is the account's number.
struct Account {
    key: SigningKey,
    principal: Principal,
    nonce: u64,
    record: Vec<u8>,
}

impl Account {
    fn new(seed: u8) -> Result<Self, Failure> {
        let key = SigningKey::from_bytes([seed; 32])?;
        Ok(Self { principal: key.account()?, key, nonce: 0, record: uint(seed.into()) })
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

    fn accesses(&mut self, contract: &ContractId, count: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let access = call(contract, "access-medical-record", vec![self.record.clone()]);
        (0..count).map(|_| self.sign(access.clone())).collect()
    }
}

fn uint(number: u128) -> Vec<u8> {
    [&[1][..], &number.to_be_bytes()].concat()
}

fn buffer(bytes: &[u8]) -> Vec<u8> {
    [&[2][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn call(contract: &ContractId, function: &str, arguments: Vec<Vec<u8>>) -> Payload {
    Payload::Call { contract: contract.clone(), function: function.to_owned(), arguments }
}

fn rate(what: &str, count: usize, took: Duration) {
    println!(
        "{what:<52} {:>9.0}/s   ({count} in {:.2} s)",
        count as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );
}

fn must_succeed(ledger: &Ledger, transaction: &[u8]) -> Result<(), Failure> {
    let included = ledger.submit(transaction)?;
    match included.receipt.status {
        Status::Success => Ok(()),
        _ => Err(format!("call failed: {:?}", included.note).into()),
    }
}

fn prepare(
    folder: &Path,
    source: &str,
    pinned: bool,
) -> Result<(Ledger, ContractId, Vec<Account>), Failure> {
    let mut accounts: Vec<Account> =
        (1..=SUBMITTERS).map(Account::new).collect::<Result<_, _>>()?;
    let mut settings = Settings::default();
    settings.allocations = accounts
        .iter()
        .map(|account| Allocation {
            account: account.principal.clone(),
            amount: MicroStx::new(1_000_000_000_000_000),
        })
        .collect();
    if pinned {
        settings.pinned = vec![SourceHash::of(source)];
    }
    let start = Instant::now();
    let ledger = Ledger::open(folder, settings)?;
    println!(
        "genesis and open                                     {:>9.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    let deployer = &mut accounts[0];
    let deploy =
        Payload::Deploy { name: "records".to_owned(), source: source.to_owned(), version: None };
    let deploy = deployer.sign(deploy)?;
    let start = Instant::now();
    must_succeed(&ledger, &deploy)?;
    println!(
        "deploy of the records contract                       {:>9.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    let contract = ContractId::parse(&format!("{}.records", deployer.principal))?;
    for account in &mut accounts {
        let arguments = vec![account.record.clone(), buffer(&[7; 1_000])];
        let create = account.sign(call(&contract, "create-medical-record", arguments))?;
        must_succeed(&ledger, &create)?;
    }
    Ok((ledger, contract, accounts))
}

fn one_submitter(what: &str, ledger: &Ledger, transactions: &[Vec<u8>]) -> Result<(), Failure> {
    let start = Instant::now();
    for transaction in transactions {
        must_succeed(ledger, transaction)?;
    }
    rate(what, transactions.len(), start.elapsed());
    Ok(())
}

fn many_submitters(what: &str, ledger: &Ledger, work: &[Vec<Vec<u8>>]) -> Result<(), Failure> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = work
            .iter()
            .map(|transactions| {
                scope.spawn(move || -> Result<(), Failure> {
                    transactions
                        .iter()
                        .try_for_each(|transaction| must_succeed(ledger, transaction))
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("panicked".into())))
    })?;
    rate(what, work.iter().map(Vec::len).sum(), start.elapsed());
    Ok(())
}

fn pipelined(what: &str, ledger: &Ledger, transactions: &[Vec<u8>]) -> Result<(), Failure> {
    let start = Instant::now();
    for result in ledger.submit_all(transactions) {
        result?;
    }
    rate(what, transactions.len(), start.elapsed());
    Ok(())
}

fn main() -> Result<(), Failure> {
    // `cargo test` runs benches too, unoptimized: a few calls show that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let scale = if measuring { 1 } else { 100 };
    let source = std::fs::read_to_string(CONTRACT)?;
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);

    println!("pinned (unmetered) records contract, access-medical-record, 1,000 bytes of content");
    let folder = tempfile::tempdir_in(&parent)?;
    let (ledger, contract, mut accounts) = prepare(folder.path(), &source, true)?;
    let single = accounts[0].accesses(&contract, 3_000 / scale)?;
    one_submitter("one submitter, a call at a time", &ledger, &single)?;
    let work = accounts
        .iter_mut()
        .map(|account| account.accesses(&contract, 1_000 / scale))
        .collect::<Result<Vec<_>, _>>()?;
    many_submitters("16 submitters, each a call at a time", &ledger, &work)?;
    let batch = accounts[0].accesses(&contract, 10_000 / scale)?;
    pipelined("one submitter, pipelined", &ledger, &batch)?;

    let Account { principal: sender, record, .. } = &accounts[0];
    let arguments = [record.clone()];
    let reads = 20_000 / scale;
    let start = Instant::now();
    for _ in 0..reads {
        ledger.call_read_only(&contract, "get-record", &arguments, sender)?;
    }
    rate("read-only calls, one caller", reads, start.elapsed());
    let simulation =
        ledger.simulate_call(&contract, "access-medical-record", &arguments, sender)?;
    println!("cost of an access on the network: {:?}", simulation.cost);

    drop(ledger);
    let start = Instant::now();
    let sound = fsck(folder.path())?;
    rate(
        "fsck: transactions executed again and compared",
        sound.transactions as usize,
        start.elapsed(),
    );
    let bytes = std::fs::metadata(folder.path().join("ledger.sqlite"))?.len();
    println!("ledger file: {} bytes a transaction", bytes / sound.transactions.max(1));

    println!("the same contract metered");
    let folder = tempfile::tempdir_in(&parent)?;
    let (ledger, contract, mut accounts) = prepare(folder.path(), &source, false)?;
    let batch = accounts[0].accesses(&contract, 1_000 / scale)?;
    pipelined("one submitter, pipelined", &ledger, &batch)?;
    Ok(())
}
