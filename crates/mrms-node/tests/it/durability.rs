//! Durability: what was acknowledged survives a restart, a kill, a full disk and many threads.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mrms_node::chain::{
    Allocation, Clock, Ledger, LedgerFailure, MicroStx, OpenError, Principal, Settings,
    SubmitError, TxId, UnixTime, fsck,
};
use mrms_node::rpc::Mining;

use crate::rpc_server::Served;
use crate::support::{Actor, Bench, COUNTER, RICH, buffer, uint};

const CHILD_FOLDER: &str = "MRMS_NODE_TEST_CHILD_FOLDER";
const CHILD_TASK: &str = "MRMS_NODE_TEST_CHILD_TASK";
/// How many transactions of one account may wait, without a gap before them and with one.
const MOST_WAITING: u64 = 25;

/// Runs this test binary as another process that does `task` with the ledger in `folder`.
pub(crate) fn child(folder: &Path, task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "durability::in_the_other_process", "--ignored", "--nocapture"])
        .env(CHILD_FOLDER, folder)
        .env(CHILD_TASK, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the other process of the tests below"]
fn in_the_other_process() {
    let (Some(folder), Ok(task)) = (std::env::var_os(CHILD_FOLDER), std::env::var(CHILD_TASK))
    else {
        return;
    };
    let mut sender = Actor::new(1);
    let recipient = Actor::new(2).principal;
    let mut settings = Settings::default();
    settings.allocations =
        vec![Allocation { account: sender.principal.clone(), amount: MicroStx::new(RICH) }];
    let ledger = Ledger::open(Path::new(&folder), settings).unwrap();
    println!("open {}", std::process::id());
    if task == "hold" {
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let account = sender.principal.clone();
    sender.nonce = ledger.read(move |snapshot| snapshot.account(&account)).unwrap().nonce;
    if task == "persist" {
        for _ in 0..60 {
            let transfer = sender.transfer(&recipient, 1);
            while ledger.submit(&transfer).inspect_err(|_| println!("failed")).is_err() {
                std::thread::sleep(Duration::from_millis(5));
            }
            println!("included");
        }
        return;
    }
    if let Some(first) = task.strip_prefix("wait from ") {
        sender.nonce = first.parse().unwrap();
        wait_for_blocks(&ledger, &mut sender, &recipient);
        return;
    }
    loop {
        let included = ledger.submit(&sender.transfer(&recipient, 1)).unwrap();
        println!("included {}", included.txid);
    }
}

/// Serves the ledger, sends it as many transactions as may wait, and tells which were answered.
fn wait_for_blocks(ledger: &Ledger, sender: &mut Actor, recipient: &Principal) {
    let served = Served::with(ledger, |settings| {
        // With a gap before them they wait in any case.
        if sender.nonce == 0 {
            settings.mining = Mining::Manual;
        }
    });
    let mut client = served.client();
    for _ in 0..MOST_WAITING {
        let transfer = sender.transfer(recipient, 1);
        assert_eq!(client.submit(&transfer).status, 200);
        println!("took {}", hex::encode(&transfer));
    }
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn second_process_is_told_which_process_has_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = child(folder.path(), "hold").spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let pid: u32 = lines
        .find_map(|line| line.unwrap().strip_prefix("open ").map(str::to_owned))
        .unwrap()
        .parse()
        .unwrap();
    let mut settings = Settings::default();
    settings.lock_wait = Duration::from_millis(100);
    let refused = Ledger::open(folder.path(), settings.clone());
    assert!(matches!(refused, Err(OpenError::InUse { pid: who, .. }) if who == pid), "{refused:?}");
    // The check needs no lock.
    assert!(fsck(folder.path(), &[]).is_ok());
    holder.kill().unwrap();
    holder.wait().unwrap();
    let start = Instant::now();
    Ledger::open(folder.path(), settings).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn second_handle_of_this_process_is_refused_until_the_first_is_gone() {
    let mut bench = Bench::new();
    let second = Ledger::open(bench.folder.path(), bench.settings.clone());
    assert!(matches!(second, Err(OpenError::InUse { pid, .. }) if pid == std::process::id()));
    bench.restart();
}

#[test]
fn acknowledged_transactions_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered: Vec<TxId> = Vec::new();
    for round in 1..=3 {
        let mut writer = child(folder.path(), "write").spawn().unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let enough = answered.len() + 40 * round;
        while answered.len() < enough {
            let line = lines.next().unwrap().unwrap();
            if let Some(txid) = line.strip_prefix("included ") {
                answered.push(TxId::parse(txid).unwrap());
            }
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        // Lines that were printed before the kill and not read yet are acknowledged, too.
        for line in lines.map_while(Result::ok) {
            if let Some(txid) = line.strip_prefix("included ").filter(|txid| txid.len() == 66) {
                answered.push(TxId::parse(txid).unwrap());
            }
        }
        // The ledger is sound before anybody opens it for writing.
        assert!(fsck(folder.path(), &[]).is_ok());
    }
    let ledger = Ledger::open(folder.path(), Settings::default()).unwrap();
    for txid in &answered {
        let id = *txid;
        let stored = ledger.read(move |snapshot| snapshot.transaction(&id)).unwrap();
        assert!(stored.is_some(), "{txid} is lost");
    }
    let recipient = Actor::new(2).principal;
    let account = ledger.read(move |snapshot| snapshot.account(&recipient)).unwrap();
    let balance = account.balance.get();
    assert!(balance >= answered.len() as u128);
    drop(ledger);
    assert!(fsck(folder.path(), &[]).unwrap().transactions >= answered.len() as u64);
}

#[test]
fn full_disk_is_reported_and_nothing_is_lost() {
    let mut bench = Bench::with(|settings| settings.max_file_bytes = Some(1_200_000));
    let source = "(define-map blobs uint (buff 60000)) (define-public (put (n uint) (blob (buff 60000))) (ok (map-set blobs n blob)))";
    let blobs = bench.publish("blobs", source);
    let mut kept = Vec::new();
    let refused = loop {
        let number = kept.len() as u128;
        let bytes = bench.bob.call(&blobs, "put", &[uint(number), buffer(&[7; 60_000])]);
        match bench.ledger().submit(&bytes) {
            Ok(included) => kept.push(included),
            Err(SubmitError::Failed { failure, .. }) => {
                assert_eq!(failure, LedgerFailure::Full);
                break bytes;
            }
            Err(other) => panic!("{other:?}"),
        }
        assert!(kept.len() < 100);
    };
    assert!(!kept.is_empty());
    // Reads still work, nothing is lost, and the next submission fails in the same way.
    assert_eq!(bench.nonce(&bench.bob.principal), kept.len() as u64);
    assert!(matches!(
        bench.ledger().submit(&refused),
        Err(SubmitError::Failed { failure: LedgerFailure::Full, .. })
    ));
    bench.ledger = None;
    assert!(fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
    // With room again, the same transaction is included.
    bench.settings.max_file_bytes = None;
    bench.restart();
    for included in &kept {
        assert_eq!(bench.transaction(&included.txid).unwrap().included, *included);
    }
    bench.submit(&refused);
}

/// A clock that panics while a block is being made, as a fault of the VM would.
struct BreakingClock {
    breaks: AtomicBool,
}

impl Clock for BreakingClock {
    fn now(&self) -> UnixTime {
        assert!(!self.breaks.load(Ordering::SeqCst), "broken on purpose");
        UnixTime::new(crate::support::GENESIS)
    }
}

#[test]
fn panic_while_a_block_is_made_fails_every_request_and_changes_nothing() {
    let clock = Arc::new(BreakingClock { breaks: AtomicBool::new(false) });
    let mut bench = Bench::with(|settings| settings.clock = Arc::<BreakingClock>::clone(&clock));
    let counter = bench.publish("counter", COUNTER);
    let before = bench.tip();
    let batch = [1, 2, 3].map(|number| bench.bob.call(&counter, "add", &[uint(number)])).to_vec();
    clock.breaks.store(true, Ordering::SeqCst);
    for result in bench.ledger().submit_all(&batch) {
        let Err(SubmitError::Failed { failure: LedgerFailure::VmBrokeOff, .. }) = result else {
            panic!("{result:?}")
        };
    }
    assert!(bench.ledger().advance(1).is_err());
    assert!(bench.ledger().read(|snapshot| snapshot.tip()).is_err());
    clock.breaks.store(false, Ordering::SeqCst);
    assert_eq!(bench.tip(), before);
    for result in bench.ledger().submit_all(&batch) {
        assert_eq!(result.unwrap().receipt.status.as_str(), "success");
    }
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(6));
    assert!(fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
}

#[test]
fn many_threads_share_blocks_and_each_gets_its_own_answer() {
    let mut bench = Bench::with(|settings| {
        settings.allocations.extend((10..26).map(|seed| Allocation {
            account: Actor::new(seed).principal,
            amount: MicroStx::new(RICH),
        }));
    });
    let counter = bench.publish("counter", COUNTER);
    let ledger = bench.ledger();
    std::thread::scope(|scope| {
        for seed in 10..26 {
            let counter = &counter;
            scope.spawn(move || {
                let mut actor = Actor::new(seed);
                for number in 1..=10 {
                    let bytes = actor.call(counter, "add", &[uint(number)]);
                    let included = ledger.submit(&bytes).unwrap();
                    assert_eq!(included.receipt.status.as_str(), "success");
                    let txid = included.txid;
                    let stored = ledger.read(move |snapshot| snapshot.transaction(&txid));
                    let stored = stored.unwrap().unwrap();
                    assert_eq!(stored.raw, bytes);
                    assert_eq!(stored.included, included);
                }
            });
        }
    });
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(16 * 55));
    let blocks = bench.tip().height.get();
    assert!(blocks < 160, "{blocks} blocks for 160 calls");
}

#[test]
fn files_are_for_their_owner_only() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("deep/ledger");
        let _ledger = Ledger::open(&folder, Settings::default()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            files += 1;
        }
        assert!(files >= 3);
    }
}

#[test]
fn ledger_of_another_chain_or_without_its_key_does_not_open() {
    let mut bench = Bench::new();
    bench.ledger = None;
    let mut settings = bench.settings.clone();
    settings.chain_id = 1;
    let refused = Ledger::open(bench.folder.path(), settings);
    assert!(matches!(refused, Err(OpenError::ChainId { expected: 1, actual: 0x4d52_4d53 })));
    let key = bench.folder.path().join("node.key");
    std::fs::write(&key, "33".repeat(32)).unwrap();
    assert!(matches!(
        Ledger::open(bench.folder.path(), bench.settings.clone()),
        Err(OpenError::NodeKey { .. })
    ));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(
        Ledger::open(bench.folder.path(), bench.settings.clone()),
        Err(OpenError::NodeKey { .. })
    ));
    assert!(!key.exists(), "a new key was made for an existing ledger");
}

#[test]
fn state_and_lists_survive_a_restart() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let included = bench.bob_calls(&counter, "add", &[uint(5)]);
    let identity = bench.ledger().identity().clone();
    bench.restart();
    assert_eq!(bench.ledger().identity(), &identity);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(5));
    assert_eq!(bench.transaction(&included.txid).unwrap().included, included);
    let next = bench.bob_calls(&counter, "add", &[uint(1)]);
    assert_eq!(next.sequence.get(), included.sequence.get() + 1);
}

#[test]
fn ledger_file_that_was_replaced_is_noticed_at_the_next_block() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    bench.submit(&first);
    let served = Served::new(bench.ledger());
    assert_eq!(served.get("/v3/health").status, 200);
    let file = bench.folder.path().join("ledger.sqlite");
    let aside = bench.folder.path().join("aside");
    std::fs::copy(&file, &aside).unwrap();
    let own = bench.folder.path().join("own");
    std::fs::rename(&file, &own).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    let second = bench.alice.transfer(&bob, 1);
    let refused = bench.ledger().submit(&second).unwrap_err();
    let failure =
        LedgerFailure::Damaged { what: "its file was replaced or removed while the node ran" };
    assert!(
        matches!(&refused, SubmitError::Failed { failure: found, .. } if *found == failure),
        "{refused}"
    );
    let health = served.get("/v3/health");
    assert_eq!(health.status, 503);
    assert!(health.text().contains("replaced"), "{}", health.text());
    // With its own file in place it goes on.
    std::fs::rename(&own, &file).unwrap();
    bench.submit(&second);
    assert_eq!(served.get("/v3/health").status, 200);
}
