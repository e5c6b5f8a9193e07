//! How many calls of the records contract one process makes durable per second, on a real disk.
//!
//! Each figure counts signed transactions that were checked, run and committed with `fsync` before they were
//! answered. They are signed beforehand. `MRMS_BENCH_FOLDER` selects the disk; the default is the system's
//! temporary folder.

mod records;

use std::time::{Duration, Instant};

use mrms_node::chain::{Ledger, SourceHash, fsck};
use records::{
    Account, Contract, Failure, contract_of, folder, is_measuring, must_succeed, prepare,
};

const SUBMITTERS: u8 = 16;

fn rate(what: &str, count: usize, took: Duration) {
    println!(
        "{what:<52} {:>9.0}/s   ({count} in {:.2} s)",
        count as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );
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
    let scale = if is_measuring() { 1 } else { 100 };
    println!("pinned (unmetered) records contract, access-medical-record, 1,000 bytes of content");
    let mut accounts = Account::several(SUBMITTERS)?;
    let place = folder()?;
    let ledger = prepare(place.path(), &mut accounts, Contract::Pinned)?;
    let contract = contract_of(&accounts)?;
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
        let (id, arguments, sender) = (contract.clone(), arguments.clone(), sender.clone());
        ledger.read(move |snapshot| {
            snapshot.call_read_only(&id, "get-record", &arguments, &sender)
        })?;
    }
    rate("read-only calls, one caller", reads, start.elapsed());
    let (id, sender) = (contract.clone(), sender.clone());
    let simulation = ledger.read(move |snapshot| {
        snapshot.simulate_call(&id, "access-medical-record", &arguments, &sender)
    })?;
    println!("cost of an access on the network: {:?}", simulation.cost);

    drop(ledger);
    let start = Instant::now();
    let known = [SourceHash::of(&std::fs::read_to_string(records::CONTRACT)?)];
    let sound = fsck(place.path(), &known)?;
    rate(
        "fsck: transactions executed again and compared",
        sound.transactions as usize,
        start.elapsed(),
    );
    let bytes = std::fs::metadata(place.path().join("ledger.sqlite"))?.len();
    println!("ledger file: {} bytes a transaction", bytes / sound.transactions.max(1));

    println!("the same contract metered");
    let mut accounts = Account::several(SUBMITTERS)?;
    let place = folder()?;
    let ledger = prepare(place.path(), &mut accounts, Contract::Metered)?;
    let batch = accounts[0].accesses(&contract, 1_000 / scale)?;
    pipelined("one submitter, pipelined", &ledger, &batch)?;
    Ok(())
}
