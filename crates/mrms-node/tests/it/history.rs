//! Exported and made again: nothing is lost, nothing that was altered comes in, and a failure leaves nothing.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use mrms_node::chain::{
    BlockHeight, Difference, HistoryFileError, ImportError, Ledger, OpenError, Outcomes, Page,
    Settings, Sound, check_export, export, export_key, fsck, import, inspect,
};
use sha2::{Digest as _, Sha256};

use crate::support::{Bench, COUNTER, GENESIS, uint};

/// A ledger with a bit of everything: a contract, refusals, passed time, a transfer.
fn lived() -> Bench {
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

/// Where a history is taken to: its key, and the folder of a ledger that is not there yet.
struct Elsewhere {
    place: tempfile::TempDir,
    key: PathBuf,
    ledger: PathBuf,
}

impl Elsewhere {
    fn with_key_of(bench: &Bench) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (key, ledger) = (place.path().join("key"), place.path().join("ledger"));
        export_key(bench.folder.path(), &key).unwrap();
        Self { place, key, ledger }
    }

    fn import(&self, bytes: &[u8]) -> Result<Sound, ImportError> {
        import(&self.ledger, &mut Cursor::new(bytes), &self.key)
    }

    /// What is wrong with these bytes; nothing has come of them.
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

/// With a digest that is right again.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&digest);
    bytes
}

fn place_of(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("part of the file")
}

/// All that a ledger answers about its past and present, in one text.
fn answers(ledger: &Ledger, bench: &Bench) -> String {
    let tip = ledger.tip().unwrap();
    let blocks: Vec<_> = (0..=tip.height.get())
        .map(|height| ledger.block(BlockHeight::new(height)).unwrap().unwrap())
        .collect();
    let all: Vec<_> = [&bench.alice.principal, &bench.bob.principal]
        .map(|account| {
            let transactions = ledger.transactions_of(account, Page::oldest(100)).unwrap();
            let proofs: Vec<_> = transactions
                .iter()
                .map(|stored| ledger.transaction_proof(&stored.included.txid).unwrap())
                .collect();
            (ledger.account(account).unwrap(), transactions, proofs)
        })
        .to_vec();
    let counter = bench.alice.contract("counter");
    let contract = (
        ledger.contract(&counter).unwrap(),
        ledger.contract_interface(&counter).unwrap(),
        ledger.contract_events(&counter, Page::oldest(100)).unwrap(),
        ledger.contract_transactions(&counter, Outcomes::Failed, Page::oldest(100)).unwrap(),
        ledger.data_variable(&counter, "count").unwrap(),
    );
    let rest = (ledger.identity(), ledger.supply().unwrap(), tip);
    format!("{rest:#?}\n{blocks:#?}\n{all:#?}\n{contract:#?}")
}

#[test]
fn every_altered_byte_is_found_and_every_cut() {
    let bench = lived();
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
    let bench = lived();
    let bytes = exported(bench.folder.path());
    let elsewhere = Elsewhere::with_key_of(&bench);
    let refused = elsewhere.refusal(&bytes[..bytes.len() / 2]);
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Cut { .. } }));
    let refused = elsewhere.refusal(b"some other file of more than twenty bytes");
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::NotHistory }));
    let refused = elsewhere.refusal(&[&bytes[..], &[0]].concat());
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Trailing }));
    let mut newer = bytes.clone();
    newer[20] = 2;
    let refused = elsewhere.refusal(&newer);
    let expected = HistoryFileError::Format { found: 2, supported: 1 }.to_string();
    assert!(matches!(refused, ImportError::File { source } if source.to_string() == expected));
    let mut altered = bytes.clone();
    let place = place_of(&bytes, b"(define-constant ERR_ZERO");
    altered[place + 1] ^= 1;
    let refused = elsewhere.refusal(&altered);
    assert!(matches!(refused, ImportError::File { source: HistoryFileError::Digest }));
}

#[test]
fn forged_history_with_a_right_digest_is_refused_by_what_does_not_follow() {
    let mut bench = lived();
    let bob = bench.bob.principal.clone();
    let transfer = bench.alice.transfer(&bob, 6);
    let included = bench.submit(&transfer);
    let bytes = exported(bench.folder.path());
    let elsewhere = Elsewhere::with_key_of(&bench);
    let differs = |bytes| match elsewhere.refusal(&resealed(bytes)) {
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
    let block = bench.ledger().block(included.height).unwrap().unwrap();
    let place = place_of(&bytes, &block.signature);
    signature[place + 40] ^= 1;
    assert_eq!(differs(signature), Difference::Signature { height: included.height });

    let mut head = bytes.clone();
    head[30] ^= 1;
    let refused = elsewhere.refusal(&resealed(head));
    assert!(matches!(
        refused,
        ImportError::File { source: HistoryFileError::Head { field: "genesis hash" } }
    ));
    assert!(check_export(&mut Cursor::new(&bytes)).is_ok());
}

#[test]
fn folder_that_holds_something_is_left_alone() {
    let bench = lived();
    let bytes = exported(bench.folder.path());
    let elsewhere = Elsewhere::with_key_of(&bench);
    std::fs::create_dir(&elsewhere.ledger).unwrap();
    std::fs::write(elsewhere.ledger.join("ledger.sqlite"), "mine").unwrap();
    assert!(matches!(elsewhere.import(&bytes), Err(ImportError::Exists { .. })));
    assert_eq!(std::fs::read(elsewhere.ledger.join("ledger.sqlite")).unwrap(), b"mine");
}

#[test]
fn key_of_another_node_or_none_is_refused() {
    let bench = lived();
    let bytes = exported(bench.folder.path());
    let elsewhere = Elsewhere::with_key_of(&bench);
    std::fs::write(&elsewhere.key, "22".repeat(32)).unwrap();
    assert!(matches!(elsewhere.refusal(&bytes), ImportError::Key { .. }));
    std::fs::write(&elsewhere.key, "no key").unwrap();
    assert!(matches!(
        elsewhere.refusal(&bytes),
        ImportError::Open { source: OpenError::NodeKey { .. } }
    ));
}

#[test]
fn key_is_never_written_over_a_file_and_is_for_its_owner_only() {
    let bench = lived();
    let elsewhere = Elsewhere::with_key_of(&bench);
    assert!(export_key(bench.folder.path(), &elsewhere.key).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&elsewhere.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let bytes = exported(bench.folder.path());
    let key = std::fs::read_to_string(&elsewhere.key).unwrap();
    assert!(!bytes.windows(32).any(|window| window == hex::decode(&key).unwrap()));
}

#[test]
fn imported_ledger_answers_as_the_exported_one_and_goes_on() {
    let mut bench = lived();
    let bytes = exported(bench.folder.path());
    let before = answers(bench.ledger(), &bench);
    let elsewhere = Elsewhere::with_key_of(&bench);
    let sound = elsewhere.import(&bytes).unwrap();
    assert_eq!((sound.height, sound.transactions), (BlockHeight::new(6), 6));
    assert_eq!(fsck(&elsewhere.ledger).unwrap(), sound);
    assert_eq!(exported(&elsewhere.ledger), bytes);

    // Made for another chain, or with pins that the history does not have, it would be another ledger.
    let mut settings = Settings::default();
    settings.clock = bench.settings.clock.clone();
    let ledger = Ledger::open(&elsewhere.ledger, settings).unwrap();
    assert_eq!(answers(&ledger, &bench), before);
    let bob = bench.bob.principal.clone();
    let included = ledger.submit(&bench.alice.transfer(&bob, 9)).unwrap();
    assert_eq!(included.height, BlockHeight::new(7));
    drop(ledger);
    assert_eq!(fsck(&elsewhere.ledger).unwrap().height, BlockHeight::new(7));
}

#[test]
fn what_a_killed_import_has_left_is_no_obstacle() {
    let bench = lived();
    let bytes = exported(bench.folder.path());
    let elsewhere = Elsewhere::with_key_of(&bench);
    let left = elsewhere.place.path().join("ledger.import");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("ledger.sqlite"), "half of it").unwrap();
    elsewhere.import(&bytes).unwrap();
    assert!(!left.exists());
    assert!(fsck(&elsewhere.ledger).is_ok());
}
