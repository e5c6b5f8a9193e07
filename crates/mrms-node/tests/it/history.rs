//! Export and import: nothing is lost, altered histories are refused, a failure leaves nothing behind.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use mrms_node::chain::{
    BlockHeight, Difference, FsckError, HistoryFileError, ImportError, Ledger, Mark, OpenError,
    Outcomes, Page, ReadError, Settings, Sound, SourceHash, append_later, check_export, export,
    export_key, export_later, fsck, import, inspect,
};
use sha2::{Digest as _, Sha256};

use crate::support::{Bench, COUNTER, GENESIS, from_hex, uint};

/// A ledger with some of everything: a contract, refusals, time that passed, a transfer.
fn used_ledger() -> Bench {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let batch = [3, 0, 4].map(|number| bench.bob.call(&counter, "add", &[uint(number)])).to_vec();
    for result in bench.ledger().submit_all(&batch) {
        result.unwrap();
    }
    bench.bob_calls(&counter, "divide", &[uint(1)]);
    bench.ledger().advance(10).unwrap();
    bench.clock.set(GENESIS + 1_000);
    let bob = bench.bob.principal.clone();
    let transfer = bench.alice.transfer(&bob, 5);
    bench.submit(&transfer);
    bench.clock.set(GENESIS + 90_000);
    bench.ledger().faucet(&bob, mrms_node::chain::MicroStx::new(77)).unwrap();
    bench
}

fn exported(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    export(folder, &mut bytes).unwrap();
    bytes
}

/// Where a history is imported: the file with the key, and the folder of the new ledger.
struct Target {
    place: tempfile::TempDir,
    key: PathBuf,
    ledger: PathBuf,
}

impl Target {
    fn with_key_of(bench: &Bench) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (key, ledger) = (place.path().join("key"), place.path().join("ledger"));
        export_key(bench.folder.path(), &key).unwrap();
        Self { place, key, ledger }
    }

    fn import(&self, bytes: &[u8]) -> Result<Sound, ImportError> {
        import(&self.ledger, &mut Cursor::new(bytes), &self.key, &[])
    }

    /// Why the import refuses these bytes. Checks that it left nothing behind.
    fn refusal(&self, bytes: &[u8]) -> ImportError {
        let refused = self.import(bytes).unwrap_err();
        let names: Vec<_> = std::fs::read_dir(self.place.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["key"], "left behind by {refused:?}");
        refused
    }
}

/// Replaces the digest by the right one.
fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&digest);
    bytes
}

fn place_of(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("part of the file")
}

/// Everything that can be read from a ledger, as one text.
fn everything(ledger: &Ledger, bench: &Bench) -> String {
    let accounts = [bench.alice.principal.clone(), bench.bob.principal.clone()];
    let counter = bench.alice.contract("counter");
    let identity = ledger.identity().clone();
    let read = ledger.read(move |snapshot| {
        let tip = snapshot.tip()?;
        let mut blocks = Vec::new();
        for height in 0..=tip.height.get() {
            blocks.push(snapshot.block(BlockHeight::new(height))?.unwrap());
        }
        let mut all = Vec::new();
        for account in &accounts {
            let transactions = snapshot.transactions_of(account, Page::oldest(100))?;
            let mut proofs = Vec::new();
            for stored in &transactions {
                proofs.push(snapshot.transaction_proof(&stored.included.txid)?);
            }
            all.push((snapshot.account(account)?, transactions, proofs));
        }
        let contract = (
            snapshot.contract(&counter)?,
            snapshot.contract_interface(&counter)?,
            snapshot.contract_events(&counter, Page::oldest(100))?,
            snapshot.contract_transactions(&counter, Outcomes::Failed, Page::oldest(100))?,
            snapshot.data_variable(&counter, "count")?,
        );
        let rest = (identity, snapshot.supply()?, tip);
        Ok::<_, ReadError>(format!("{rest:#?}\n{blocks:#?}\n{all:#?}\n{contract:#?}"))
    });
    read.unwrap()
}

#[test]
fn every_altered_byte_is_found_and_every_cut() {
    let bench = used_ledger();
    let bytes = exported(bench.folder.path());
    assert!(inspect(&bytes[..]).is_ok());
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 0x20;
        assert!(inspect(&altered[..]).is_err(), "byte {place} of {}", bytes.len());
        let cut = inspect(&bytes[..place]).unwrap_err();
        let expected = if place < 20 { "no exported" } else { "cut off" };
        assert!(cut.to_string().contains(expected), "{cut} at {place}");
    }
}

#[test]
fn damaged_file_is_refused_by_name_and_leaves_nothing() {
    let bench = used_ledger();
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    let refused = target.refusal(&bytes[..bytes.len() / 2]);
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Cut { .. } }));
    let refused = target.refusal(b"some other file of more than twenty bytes");
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::NotHistory }));
    let refused = target.refusal(&[&bytes[..], &[0]].concat());
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Trailing }));
    let mut newer = bytes.clone();
    newer[20] = 3;
    let refused = target.refusal(&newer);
    let expected = HistoryFileError::Format { found: 3, supported: 2 }.to_string();
    assert!(matches!(refused, ImportError::File { source } if source.to_string() == expected));
    let mut altered = bytes.clone();
    let place = place_of(&bytes, b"(define-constant ERR_ZERO");
    altered[place + 1] ^= 1;
    let refused = target.refusal(&altered);
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Digest }));
}

#[test]
fn forged_history_with_a_right_digest_is_refused_at_the_first_difference() {
    let mut bench = used_ledger();
    let bob = bench.bob.principal.clone();
    let transfer = bench.alice.transfer(&bob, 6);
    let included = bench.submit(&transfer);
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    let differs = |bytes| match target.refusal(&with_digest(bytes)) {
        ImportError::Differs { difference } => difference,
        other => panic!("{other:?}"),
    };

    let mut receipt = bytes.clone();
    let encoded = included.receipt.encode();
    let place = place_of(&bytes, &encoded);
    receipt[place + encoded.len() - 1] ^= 1;
    assert_eq!(differs(receipt), Difference::Receipt { txid: included.txid });

    let mut transaction = bytes.clone();
    let place = place_of(&bytes, &transfer);
    transaction[place + transfer.len() - 1] ^= 1;
    let difference = Difference::Transaction { height: included.height, position: 0 };
    assert_eq!(differs(transaction), difference);

    let mut signature = bytes.clone();
    let block = bench.block(included.height).unwrap();
    let place = place_of(&bytes, &block.signature);
    signature[place + 40] ^= 1;
    assert_eq!(differs(signature), Difference::Signature { height: included.height });

    let mut head = bytes.clone();
    head[30] ^= 1;
    let refused = target.refusal(&with_digest(head));
    assert!(matches!(
        refused,
        ImportError::File { source: HistoryFileError::Head { field: "genesis hash" } }
    ));
    assert!(check_export(&mut Cursor::new(&bytes), &[]).is_ok());
}

#[test]
fn history_that_lets_unknown_code_run_without_a_limit_is_refused_before_it_runs() {
    // Without metering this would run for longer than anybody waits.
    let mut source = "(define-private (s0 (n uint) (sum uint)) (+ n sum))".to_owned();
    for level in 1..=8 {
        let below = level - 1;
        source.push_str(&format!(
            "(define-private (s{level} (n uint) (sum uint)) (fold s{below} (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u0) sum))"
        ));
    }
    source.push_str("(define-public (run) (ok (s8 u1 u0)))");
    source.push_str("(define-public (step) (ok (s1 u1 u0)))");
    let pinned = SourceHash::of(&source);
    let mut bench = Bench::with(|settings| settings.pinned = vec![pinned]);
    let endless = bench.publish("endless", &source);
    bench.bob_calls(&endless, "step", &[]);
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    let height = BlockHeight::new(0);
    let unknown = Difference::UnknownPin { height, source_hash: pinned };
    let refused = check_export(&mut Cursor::new(&bytes), &[]).unwrap_err();
    assert!(
        matches!(&refused, ImportError::Differs { difference } if *difference == unknown),
        "{refused:?}"
    );
    assert!(matches!(target.refusal(&bytes), ImportError::Differs { .. }));
    let found = fsck(bench.folder.path(), &[]);
    assert!(
        matches!(&found, Err(FsckError::Differs { difference }) if *difference == unknown),
        "{found:?}"
    );
    // Who knows the source checks it.
    assert!(check_export(&mut Cursor::new(&bytes), &[pinned]).is_ok());
}

#[test]
fn folder_that_is_not_empty_is_left_alone() {
    let bench = used_ledger();
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    std::fs::create_dir(&target.ledger).unwrap();
    std::fs::write(target.ledger.join("ledger.sqlite"), "mine").unwrap();
    assert!(matches!(target.import(&bytes), Err(ImportError::Exists { .. })));
    assert_eq!(std::fs::read(target.ledger.join("ledger.sqlite")).unwrap(), b"mine");
}

#[test]
fn key_of_another_node_or_none_is_refused() {
    let bench = used_ledger();
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    std::fs::write(&target.key, "22".repeat(32)).unwrap();
    assert!(matches!(target.refusal(&bytes), ImportError::Key { .. }));
    std::fs::write(&target.key, "no key").unwrap();
    assert!(matches!(
        target.refusal(&bytes),
        ImportError::Open { source: OpenError::NodeKey { .. } }
    ));
}

#[test]
fn key_is_never_written_over_a_file_and_is_for_its_owner_only() {
    let bench = used_ledger();
    let target = Target::with_key_of(&bench);
    assert!(export_key(bench.folder.path(), &target.key).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&target.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let bytes = exported(bench.folder.path());
    let key = std::fs::read_to_string(&target.key).unwrap();
    assert!(!bytes.windows(32).any(|window| window == from_hex(&key)));
}

#[test]
fn imported_ledger_equals_the_exported_one_and_makes_blocks() {
    let mut bench = used_ledger();
    let bytes = exported(bench.folder.path());
    let before = everything(bench.ledger(), &bench);
    let target = Target::with_key_of(&bench);
    let sound = target.import(&bytes).unwrap();
    assert_eq!((sound.height, sound.transactions), (BlockHeight::new(6), 6));
    assert_eq!(fsck(&target.ledger, &[]).unwrap(), sound);
    assert_eq!(exported(&target.ledger), bytes);

    // The settings must have the chain id and the pins of the exported ledger.
    let mut settings = Settings::default();
    settings.clock = bench.settings.clock.clone();
    let ledger = Ledger::open(&target.ledger, settings).unwrap();
    assert_eq!(everything(&ledger, &bench), before);
    let bob = bench.bob.principal.clone();
    let included = ledger.submit(&bench.alice.transfer(&bob, 9)).unwrap();
    assert_eq!(included.height, BlockHeight::new(7));
    drop(ledger);
    assert_eq!(fsck(&target.ledger, &[]).unwrap().height, BlockHeight::new(7));
}

#[test]
fn remains_of_a_killed_import_are_removed() {
    let bench = used_ledger();
    let bytes = exported(bench.folder.path());
    let target = Target::with_key_of(&bench);
    let left = target.place.path().join("ledger.import");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("ledger.sqlite"), "half of it").unwrap();
    target.import(&bytes).unwrap();
    assert!(!left.exists());
    assert!(fsck(&target.ledger, &[]).is_ok());
}

#[test]
fn later_blocks_go_onto_a_copy_of_before_and_nowhere_else() {
    let mut bench = used_ledger();
    let place = tempfile::tempdir().unwrap();
    let copies = [place.path().join("one"), place.path().join("other")];
    let copied = mrms_node::chain::copy(bench.folder.path(), &copies[0]).unwrap();
    mrms_node::chain::copy(bench.folder.path(), &copies[1]).unwrap();
    let below = Mark { genesis: copied.genesis, height: copied.height, hash: copied.tip };
    let counter = bench.alice.contract("counter");
    for number in 0..5 {
        bench.bob_calls(&counter, "add", &[uint(number)]);
    }
    bench.alice_deploys("another", COUNTER);
    let mut bytes = Vec::new();
    let head = export_later(bench.folder.path(), &below, &mut bytes).unwrap();
    assert_eq!(head.tip, bench.tip().hash);
    let newest = append_later(&copies[0], &mut &bytes[..], &[]).unwrap();
    assert_eq!((newest.height, newest.hash), (head.height, head.tip));
    // The copy is what the ledger is, and goes on.
    assert_eq!(exported(&copies[0]), exported(bench.folder.path()));
    let sound = fsck(bench.folder.path(), &[]).unwrap();
    assert_eq!(fsck(&copies[0], &[]).unwrap(), sound);
    mrms_node::chain::scrub(&copies[0]).unwrap();
    let restored = Ledger::open(&copies[0], bench.settings.clone()).unwrap();
    restored.submit(&bench.bob.call(&counter, "add", &[uint(1)])).unwrap();
    drop(restored);
    // They do not follow its newest block now, nor anything when a byte of them is another.
    let refused = append_later(&copies[0], &mut &bytes[..], &[]).unwrap_err();
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Head { .. } }));
    for place in [10, 30, 60, 200, bytes.len() - 40, bytes.len() - 1] {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        assert!(append_later(&copies[1], &mut &altered[..], &[]).is_err(), "byte {place}");
    }
    for end in [0, 17, 100, bytes.len() - 1] {
        assert!(append_later(&copies[1], &mut &bytes[..end], &[]).is_err(), "cut at {end}");
    }
}

#[test]
fn blocks_after_one_that_is_not_in_the_chain_are_not_exported() {
    let bench = used_ledger();
    let genesis = bench.ledger().identity().genesis;
    let tip = bench.tip();
    let there = Mark { genesis, height: tip.height, hash: tip.hash };
    let mut nothing = Vec::new();
    export_later(bench.folder.path(), &there, &mut nothing).unwrap();
    for gone in [
        Mark { hash: genesis, ..there },
        Mark { genesis: tip.hash, ..there },
        Mark { height: BlockHeight::new(tip.height.get() + 1), ..there },
    ] {
        let refused = export_later(bench.folder.path(), &gone, Vec::new());
        assert!(matches!(refused, Err(mrms_node::chain::ExportError::TakenBack)), "{refused:?}");
    }
}
