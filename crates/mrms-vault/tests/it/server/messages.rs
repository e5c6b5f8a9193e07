//! Signed messages over the socket: what the guardian says arrives as it said it.

use mrms_core::{RecordId, Version};
use mrms_stacks::client::ClientSettings;
use mrms_store::BlobStore as _;
use mrms_vault::client::HttpVault;
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Erasure, Hex, LogItem, LogRequest, RefusalReason, ReleaseRequest,
    SaltDeposit, SaltRequest, Split, Topic,
};
use mrms_vault::{Vault, VaultError};

use super::support::{Account, CHAIN, Served, id_of, put, sample, vault_account};

pub(crate) const RECORD: RecordId = RecordId::new(7);

pub(crate) fn deposit(record_id: RecordId, reader: &Account) -> Deposit {
    Deposit {
        record_id,
        reader: reader.principal.into(),
        epoch: 1,
        deposit_id: Hex([0x11; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([0x33; 1152]),
        versions: vec![DepositedVersion {
            version: Version::FIRST,
            wrap: Hex([0x22; 32]),
            share: Hex([0x44; 48]),
        }],
    }
}

struct Bench {
    served: Served,
    vault: HttpVault,
    patient: Account,
    reader: Account,
}

impl Bench {
    fn new() -> Self {
        let served = Served::new();
        let url = format!("http://{}", served.address);
        let vault = HttpVault::new(&url, ClientSettings::default()).unwrap();
        let (patient, reader) = (Account::new(1), Account::new(2));
        served.create(RECORD, &patient, None);
        Self { served, vault, patient, reader }
    }

    fn ask(&self) -> ReleaseRequest {
        let (audit_index, txid) = self.served.access(RECORD, &self.reader);
        let version = Version::FIRST;
        ReleaseRequest { record_id: RECORD, version, audit_index, txid, note: Vec::new() }
    }
}

#[track_caller]
fn reason<T: std::fmt::Debug>(answer: Result<T, VaultError>) -> RefusalReason {
    match answer {
        Err(VaultError::Refused(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn share_is_released_once_and_every_refusal_has_its_signed_line() {
    let bench = Bench::new();
    let stranger = Account::new(3);
    let left = stranger.sign(deposit(RECORD, &bench.reader));
    assert_eq!(reason(bench.vault.deposit(&left)), RefusalReason::NotPatient);
    let left = bench.patient.sign(deposit(RECORD, &bench.reader));
    assert_eq!(bench.vault.deposit(&left).unwrap().verify(CHAIN), Ok(()));
    let early = bench.reader.sign(bench.ask());
    let Err(VaultError::Refused(refusal)) = bench.vault.release(&early) else { panic!() };
    assert_eq!(refusal.reason, RefusalReason::NotGranted);
    let receipt = refusal.receipt.expect("a line about it");
    assert_eq!(receipt.verify(CHAIN), Ok(()));
    assert_eq!(receipt.line.reason, Some(RefusalReason::NotGranted));

    bench.served.grant(RECORD, &bench.reader);
    let request = bench.ask();
    let release = bench.vault.release(&bench.reader.sign(request.clone())).unwrap();
    assert_eq!(release.share, Hex([0x44; 48]));
    assert_eq!(release.receipt.verify(CHAIN), Ok(()));
    assert_eq!(reason(bench.vault.release(&bench.reader.sign(request))), RefusalReason::EntryUsed);

    let ask = LogRequest { record_id: RECORD, from: 0, limit: 100 };
    let page = bench.vault.log(&bench.patient.sign(ask)).unwrap();
    let topics: Vec<Topic> = page.items.iter().filter_map(topic).collect();
    assert_eq!(
        topics,
        [Topic::Refusal, Topic::Deposit, Topic::Refusal, Topic::Release, Topic::Refusal]
    );
    let card = bench.vault.card().unwrap();
    assert_eq!((card.vault, card.log_count, card.log_head), (vault_account(), 5, page.head));
}

fn topic(item: &LogItem) -> Option<Topic> {
    match item {
        LogItem::Line(line) => Some(line.topic),
        LogItem::Hash(_) => None,
    }
}

#[test]
fn what_is_no_message_is_refused_and_counted() {
    let bench = Bench::new();
    for path in ["deposits", "salts", "releases", "salt-releases", "erasures", "log", "uploads"] {
        for body in [&b""[..], b"{}", b"[1]", b"\xFF"] {
            let path = format!("/v1/{path}");
            let answer = bench.served.connect().request("POST", &path, &[], body);
            assert_eq!((answer.status, answer.code().as_str()), (400, "malformed"), "{path}");
        }
    }
    let text = bench.served.get("/metrics").text();
    assert!(text.contains("mrms_vault_refusals_total{reason=\"malformed\"} 28"), "{text}");
}

#[test]
fn salt_comes_back_to_its_author_alone() {
    let bench = Bench::new();
    let (record_id, version) = (RECORD, Version::FIRST);
    let salt = SaltDeposit { record_id, version, salt: Hex([5; 32]) };
    bench.vault.deposit_salt(&bench.patient.sign(salt)).unwrap();
    let ask = SaltRequest { record_id, version };
    let stranger = bench.vault.release_salt(&bench.reader.sign(ask.clone()));
    assert!(matches!(stranger, Err(VaultError::Refused(_))));
    let salt = bench.vault.release_salt(&bench.patient.sign(ask)).unwrap();
    assert_eq!(salt.salt, Hex([5; 32]));
}

#[test]
fn erasure_takes_its_own_ciphertext_and_nobody_elses() {
    let served = Served::new();
    let url = format!("http://{}", served.address);
    let vault = HttpVault::new(&url, ClientSettings::default()).unwrap();
    let (patient, thief) = (Account::new(1), Account::new(2));
    let bytes = sample(1, 1_000);
    let id = id_of(&bytes);
    put(&served.remote_for(served.address, 1, RECORD), &bytes);
    served.create(RECORD, &patient, Some(*id.as_bytes()));
    // A record of one's own may say that it refers to somebody else's ciphertext.
    let own = RecordId::new(8);
    served.create(own, &thief, Some(*id.as_bytes()));
    let announced = vault.announce(&thief.announce_for(own, &bytes)).unwrap();
    assert_eq!(announced.upload, None);

    let blobs = vec![Hex(*id.as_bytes())];
    let theft = Erasure { record_id: RECORD, blobs: blobs.clone() };
    assert_eq!(reason(vault.erase(&thief.sign(theft))), RefusalReason::NotPatient);
    let trick = Erasure { record_id: own, blobs: blobs.clone() };
    let tricked = vault.erase(&thief.sign(trick)).unwrap();
    assert_eq!((tricked.blobs, tricked.kept), (Vec::new(), blobs.clone()));
    assert_eq!(served.store.verify(&id).unwrap(), 1_000);

    let erasure = Erasure { record_id: RECORD, blobs: blobs.clone() };
    let erased = vault.erase(&patient.sign(erasure)).unwrap();
    assert_eq!((erased.blobs, erased.kept), (blobs, Vec::new()));
    assert_eq!(erased.receipt.verify(CHAIN), Ok(()));
    assert_eq!(served.store.list().unwrap(), []);
    assert_eq!(served.uploads.uploader(&id).unwrap(), None);
}

#[test]
fn ciphertext_that_came_in_another_way_is_not_erased_by_who_announces_it() {
    let served = Served::new();
    let url = format!("http://{}", served.address);
    let vault = HttpVault::new(&url, ClientSettings::default()).unwrap();
    let thief = Account::new(2);
    let bytes = sample(1, 1_000);
    let id = put(&served.store, &bytes);
    served.create(RECORD, &thief, Some(*id.as_bytes()));
    vault.announce(&thief.announce_for(RECORD, &bytes)).unwrap();
    let blobs = vec![Hex(*id.as_bytes())];
    let erasure = Erasure { record_id: RECORD, blobs: blobs.clone() };
    let erased = vault.erase(&thief.sign(erasure)).unwrap();
    assert_eq!((erased.blobs, erased.kept), (Vec::new(), blobs));
    assert_eq!(served.store.verify(&id).unwrap(), 1_000);
}

#[test]
fn vault_tells_whether_it_knows_for_which_version_a_ciphertext_is() {
    let served = Served::new();
    let (patient, stranger) = (Account::new(1), Account::new(2));
    let bytes = sample(1, 1_000);
    let id = id_of(&bytes);
    served.create(RECORD, &patient, Some(*id.as_bytes()));
    let remote = served.remote(served.address, 2);
    let has = || remote.has_as(&id, RECORD, Version::FIRST).unwrap();
    assert!(!has(), "it is not here");
    let upload = served.begin(&stranger, &bytes);
    assert_eq!(served.patch(&upload, 0, &bytes).status, 201);
    assert!(!has(), "a stranger brought it");
    assert_eq!(served.post("/v1/uploads", &patient.announce_for(RECORD, &bytes)).status, 200);
    assert!(has());
    let path = format!("/v1/blobs/{id}?record_id=7");
    assert_eq!(served.connect().request("HEAD", &path, &[], b"").status, 400);
}
