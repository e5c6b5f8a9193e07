//! What a ledger costs as it grows: start, audit, check, scrub, export and copy, each with its processor time and its peak
//! of memory, beside the same on a smaller ledger.
//!
//! Makes a ledger with so many accesses of the records contract for each size in `MRMS_GROWTH_SIZES` (default `10000
//! 100000`; `100000 1000000` takes some minutes), in this process. Each task runs in a process of its own. The last columns
//! are the ratios of the last size to the first: those of the sizes themselves where a task reads everything once.

mod records;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use mrms_node::chain::{
    EventPlace, FsckPlan, FsckStart, HeldLedger, Ledger, LedgerFailure, Sequence, SourceHash,
    export, fsck_with, scrub,
};
use records::{
    Account, CONTRACT, Contract, Failure, contract_of, folder, is_measuring, prepare, settings,
};

const TASK: &str = "MRMS_GROWTH_TASK";
const FOLDER: &str = "MRMS_GROWTH_FOLDER";
const ACCOUNTS: u8 = 16;
/// Threads that sign and submit while the ledger is made.
const SIGNERS: usize = 2;
/// Transactions that are signed and submitted together.
const BATCH: usize = 2_000;
/// Events that one page of an audit has.
const PAGE: u32 = 200;

const TASKS: [&str; 8] =
    ["nothing", "start", "audit", "fsck", "fsck from checkpoint", "scrub", "export", "copy"];

/// Makes a ledger with `entries` accesses.
fn make(folder: &Path, entries: usize) -> Result<(), Failure> {
    let mut accounts = Account::several(ACCOUNTS)?;
    let ledger = prepare(folder, &mut accounts, Contract::Pinned)?;
    let contract = contract_of(&accounts)?;
    let share = entries.div_ceil(SIGNERS);
    std::thread::scope(|scope| {
        let signers: Vec<_> = accounts
            .chunks_mut(usize::from(ACCOUNTS) / SIGNERS)
            .map(|accounts| {
                let (ledger, contract) = (&ledger, &contract);
                scope.spawn(move || -> Result<(), Failure> {
                    let mut left = share;
                    for number in (0..accounts.len()).cycle() {
                        let count = left.min(BATCH);
                        let calls = accounts[number].accesses(contract, count)?;
                        for included in ledger.submit_all(&calls) {
                            included?;
                        }
                        left -= count;
                        if left == 0 {
                            break;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        signers.into_iter().try_for_each(|signer| {
            signer.join().unwrap_or_else(|_| Err("a signer broke off".into()))
        })
    })
}

/// Reads all events of the contract, page by page, as an audit does.
fn audit(folder: &Path) -> Result<u64, Failure> {
    let accounts = Account::several(ACCOUNTS)?;
    let contract = contract_of(&accounts)?;
    let ledger = Ledger::open(folder, settings(&accounts, Contract::Pinned)?)?;
    let (mut events, mut before) =
        (0, EventPlace { sequence: Sequence::new(i64::MAX as u64), position: u32::MAX });
    loop {
        let id = contract.clone();
        let page = ledger.read(move |snapshot| -> Result<_, LedgerFailure> {
            let places = snapshot.events_before(&id, before, 0, PAGE)?;
            for place in &places {
                snapshot.transaction_at(place.sequence)?;
            }
            Ok(places)
        })?;
        events += page.len() as u64;
        match page.last() {
            Some(last) => before = *last,
            None => return Ok(events),
        }
    }
}

/// The other process: does one task, and prints what it took.
fn run(task: &str, folder: &Path) -> Result<(), Failure> {
    let known = [SourceHash::of(&std::fs::read_to_string(CONTRACT)?)];
    let began = Instant::now();
    match task {
        "nothing" => {}
        "start" => {
            let accounts = Account::several(ACCOUNTS)?;
            let ledger = Ledger::open(folder, settings(&accounts, Contract::Pinned)?)?;
            ledger.read(|snapshot| snapshot.tip())?;
        }
        "audit" => {
            audit(folder)?;
        }
        "fsck" => {
            fsck_with(folder, &FsckPlan::to_the_end(&known, FsckStart::Genesis))?;
        }
        "fsck from checkpoint" => {
            fsck_with(folder, &FsckPlan::to_the_end(&known, FsckStart::Checkpoint))?;
        }
        "scrub" => {
            scrub(folder)?;
        }
        "export" => {
            export(folder, std::io::sink())?;
        }
        "copy" => {
            let held = HeldLedger::hold(folder)?.ok_or("the file can't be held")?;
            std::io::copy(&mut held.bytes(), &mut std::io::sink())?;
        }
        other => return Err(format!("no task {other}").into()),
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{} {seconds} {}", processor_seconds()?, peak_mebibytes()?);
    Ok(())
}

/// Processor time of this process so far, from Linux.
fn processor_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<f64>().ok());
    Ok((ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0)
}

fn peak_mebibytes() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kibibytes.unwrap_or(0.0) / 1024.0)
}

/// Processor seconds, seconds and mebibytes of a task.
fn measure(task: &str, folder: &Path) -> Result<[f64; 3], Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.env(TASK, task).env(FOLDER, folder).output()?;
    let text = String::from_utf8(output.stdout)?;
    let figures: Vec<f64> = text.split_whitespace().filter_map(|one| one.parse().ok()).collect();
    figures
        .try_into()
        .map_err(|_| format!("{task}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn main() -> Result<(), Failure> {
    if let (Ok(task), Some(folder)) = (std::env::var(TASK), std::env::var_os(FOLDER)) {
        return run(&task, Path::new(&folder));
    }
    let sizes = match std::env::var("MRMS_GROWTH_SIZES") {
        Ok(sizes) => sizes,
        Err(_) if is_measuring() => "10000 100000".to_owned(),
        Err(_) => "50 100".to_owned(),
    };
    let sizes: Vec<usize> = sizes.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let mut columns = Vec::new();
    for &size in &sizes {
        let place = folder()?;
        let began = Instant::now();
        make(place.path(), size)?;
        let bytes = std::fs::metadata(place.path().join("ledger.sqlite"))?.len();
        println!(
            "{size} accesses: made in {:.0} s, {:.1} MiB",
            began.elapsed().as_secs_f64(),
            bytes as f64 / f64::from(1 << 20)
        );
        let figures: Vec<_> =
            TASKS.iter().map(|task| measure(task, place.path())).collect::<Result<_, _>>()?;
        for (task, [processor, seconds, memory]) in TASKS.iter().zip(&figures) {
            println!(
                "  {task:<22} {processor:>8.2} s of processor {seconds:>8.2} s {memory:>8.1} MiB"
            );
        }
        columns.push(figures);
    }
    if let [first, .., last] = columns.as_slice() {
        println!(
            "the last size to the first, which is 1 : {}",
            sizes[sizes.len() - 1] / sizes[0].max(1)
        );
        for (task, (small, large)) in TASKS.iter().zip(first.iter().zip(last)) {
            println!(
                "  {task:<22} processor {:>6.1}, memory {:>5.2}",
                large[0] / small[0].max(0.01),
                large[2] / small[2].max(0.1)
            );
        }
    }
    Ok(())
}
