//! What whoever takes a vault's disk has, and has not.

use std::path::Path;

use mrms_core::{Rights, UnixTime, Version};
use mrms_crypto::at_rest::SlotKey;
use mrms_crypto::content::{ContentHeader, MediaType, Retention, seal};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::{ContentEnvelope, FileKeyWrap, Holder};
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_crypto::{
    HybridIdentity, IdentityIndex, Keyring, RecordRoot, VersionContext, Words, Workers,
};
use mrms_vault::protocol::{Deposit, DepositedVersion, Hex, Release, SaltDeposit, Split, Topic};
use rand::{SeedableRng, rngs::StdRng};
use rusqlite::{Connection, OpenFlags};

use crate::support::*;

#[test]
fn nothing_that_was_left_lies_on_the_disk_in_the_clear() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let vault = world.open();
    let mut left = deposit(RECORD, READER, &[1]);
    left.deposit_id = Hex([0xd1; 16]);
    left.pair_header = Hex([0xd2; 1152]);
    left.versions[0].wrap = Hex([0xd3; 32]);
    left.versions[0].share = Hex([0xd4; 48]);
    let left = world.sign(left, PATIENT);
    vault.deposit(&left).unwrap();
    let salt = SaltDeposit { record_id: RECORD, version: version(1), salt: Hex([0xd5; 32]) };
    let salt = world.sign(salt, PATIENT);
    vault.deposit_salt(&salt).unwrap();
    let release = world.open_version(&vault, READER, 1).unwrap();
    assert_eq!(release.salt, Some(Hex([0xd5; 32])));

    let (mut checked, reader) = (0, READER.principal().to_consensus_bytes());
    let is_there = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    let look = |checked: &mut usize| {
        let files = contents(&world.path());
        assert!(files.iter().any(|(_, bytes)| is_there(bytes, &reader)), "the search finds names");
        for (path, bytes) in files {
            for mark in [0xd1, 0xd2, 0xd3, 0xd4, 0xd5_u8] {
                assert!(!is_there(&bytes, &[mark; 16]), "{mark:x} in {}", path.display());
                let text = hex::encode([mark; 16]);
                assert!(!is_there(&bytes, text.as_bytes()), "{text} in {}", path.display());
            }
            assert!(!is_there(&bytes, &VAULT_SECRET), "the signing key in {}", path.display());
            *checked += 1;
        }
    };
    look(&mut checked);
    drop(vault);
    look(&mut checked);
    assert!(checked >= 6, "only {checked} files were looked at");
}

/// The bytes of the vault's signing key.
const VAULT_SECRET: [u8; 32] = [VAULT.0; 32];

/// A share as a thief gets it off a disk.
struct Stolen {
    split: Split,
    header: [u8; 1152],
    wrap: [u8; 32],
    share: [u8; 48],
    deposit_id: [u8; 16],
}

/// Every share that opens with the keys in `epochs`, out of the database in `database`.
fn steal(database: &Path, epochs: &Path) -> Vec<Stolen> {
    let keys: Vec<SlotKey> = contents(epochs)
        .into_iter()
        .map(|(_, bytes)| SlotKey::from_bytes(<[u8; 32]>::try_from(bytes).unwrap().into()))
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(database, flags).unwrap();
    let select = "SELECT shares.epoch, version, shares.pair, shares.sealed, pair_headers.sealed
                  FROM shares JOIN pair_headers USING (epoch, pair)";
    let mut statement = database.prepare(select).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut stolen = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let id: [u8; 16] = row.get(0).unwrap();
        let version = row.get::<_, u64>(1).unwrap().to_be_bytes();
        let pair = row.get::<_, i64>(2).unwrap().to_be_bytes();
        let (share, header): (Vec<u8>, Vec<u8>) = (row.get(3).unwrap(), row.get(4).unwrap());
        for key in &keys {
            let place = [&b"mrms/vault-share/v1"[..], &id, &version, &pair].concat();
            let Ok(plain) = key.open(&place, &share) else { continue };
            let place = [&b"mrms/vault-pair-header/v1"[..], &id, &pair].concat();
            let header = key.open(&place, &header).unwrap();
            stolen.push(Stolen {
                deposit_id: plain[..16].try_into().unwrap(),
                split: Split { threshold: plain[16], count: plain[17], place: plain[18] },
                wrap: plain[19..51].try_into().unwrap(),
                share: plain[51..].try_into().unwrap(),
                header: header.as_slice().try_into().unwrap(),
            });
        }
    }
    stolen
}

/// Somebody's keys.
struct Keys {
    root: RecordRoot,
    identity: HybridIdentity,
}

fn keys(seed: u8) -> Keys {
    let keyring = Keyring::from_words(&Words::generate(&mut StdRng::seed_from_u64(seed.into())));
    Keys {
        root: keyring.record_root().unwrap(),
        identity: keyring.identity(IdentityIndex::FIRST).unwrap(),
    }
}

/// A version as it is on chain, and how its key was shared.
struct Shared {
    pair: Pair,
    context: VersionContext,
    envelope: Vec<u8>,
    deposits: Vec<Deposit>,
}

fn share_out(patient: &Keys, reader: &Keys, split: Threshold) -> Shared {
    let mut rng = StdRng::seed_from_u64(3);
    let context = VersionContext {
        record: RECORD,
        version: Version::FIRST,
        patient: PATIENT.principal(),
        author: PATIENT.principal(),
    };
    let header = ContentHeader {
        context: context.clone(),
        time: UnixTime::from_seconds(START),
        length: 4,
        media_type: MediaType::octet_stream(),
        file_name: None,
        label: None,
    };
    let (mut payload, workers) = (Vec::new(), Workers::ONE);
    let key =
        seal(&header, Retention::Permanent, &b"note"[..], &mut payload, workers, &mut rng).unwrap();
    let wraps = vec![FileKeyWrap::under_root(Holder::Patient, &patient.root, &key)];
    let envelope = ContentEnvelope::inline(&key, payload, wraps).unwrap().to_bytes();

    let (patient_name, reader_name) = (PATIENT.principal(), READER.principal());
    let pair = Pair { patient: patient_name, reader: reader_name, epoch: Epoch::new(4) };
    let secret = PairSecret::derive(&patient.root, &pair);
    let pair_header = PairHeader::seal(&secret, &pair, reader.identity.recipient(), &mut rng);
    let release = ReleaseSecret::generate(&mut rng);
    let deposit = DepositId::generate(&mut rng);
    let payload = *key.payload();
    let sealing = Sealing { pair: &pair, context: &context, payload, deposit, threshold: split };
    let wrap = Hex(*SealedWrap::seal(&secret, &release, &sealing, &key).as_bytes());
    let deposits = release
        .split(split, &mut rng)
        .iter()
        .map(|share| Deposit {
            record_id: RECORD,
            reader: READER.principal(),
            epoch: 4,
            deposit_id: Hex(*deposit.as_bytes()),
            split: Split { threshold: split.needed(), count: split.count(), place: share.place() },
            pair_header: Hex(*pair_header.as_bytes()),
            versions: vec![DepositedVersion {
                version: Version::FIRST,
                wrap,
                share: Hex(*SealedShare::seal(share, &secret, &sealing).as_bytes()),
            }],
        })
        .collect();
    Shared { pair, context, envelope, deposits }
}

impl Shared {
    /// What somebody with this identity makes of what was stolen, or released.
    fn open(&self, identity: &HybridIdentity, stolen: &[Stolen]) -> Option<ContentKey> {
        let first = stolen.first()?;
        let envelope = ContentEnvelope::parse(&self.envelope).unwrap();
        let threshold = Threshold::new(first.split.threshold, first.split.count)?;
        let sealing = Sealing {
            pair: &self.pair,
            context: &self.context,
            payload: envelope.payload_digest(),
            deposit: DepositId::from_bytes(first.deposit_id),
            threshold,
        };
        let header = PairHeader::from_bytes(first.header);
        let secret = header.open(&self.pair, identity).ok()?;
        let open = |one: &Stolen| {
            SealedShare::from_bytes(one.share).open(one.split.place, &secret, &sealing).ok()
        };
        let shares: Vec<_> = stolen.iter().filter_map(open).collect();
        assert_eq!(shares.len(), stolen.len(), "the thief's own code is right");
        let release = ReleaseSecret::join(threshold, &shares).ok()?;
        SealedWrap::from_bytes(first.wrap).open(&secret, &release, &sealing, &envelope, None).ok()
    }
}

#[test]
fn disks_of_all_vaults_open_nothing_nor_does_the_reader_with_too_few() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let (patient, reader, operator) = (keys(1), keys(2), keys(3));
    let shared = share_out(&patient, &reader, Threshold::new(2, 3).unwrap());
    let folders = ["one", "two", "three"].map(|name| world.folder.path().join(name));
    for (folder, left) in folders.iter().zip(&shared.deposits) {
        let vault = world.try_open(folder).unwrap();
        let left = world.sign(left.clone(), PATIENT);
        vault.deposit(&left).unwrap();
    }
    let mut loot: Vec<Stolen> = folders
        .iter()
        .flat_map(|folder| steal(&folder.join("vault.sqlite"), &folder.join("epochs")))
        .collect();
    assert_eq!(loot.len(), 3, "the disks have been read to the bottom");
    for other in [&operator.identity, &patient.identity] {
        assert!(shared.open(other, &loot).is_none(), "without the reader's key");
    }
    assert!(shared.open(&reader.identity, &loot[..1]).is_none(), "with one share of two");
    assert!(shared.open(&reader.identity, &loot[1..]).is_some(), "two and the key do open");
    loot.truncate(1);
    loot.extend(steal(&folders[0].join("vault.sqlite"), &folders[0].join("epochs")));
    assert!(shared.open(&reader.identity, &loot).is_none(), "one share twice is one");
}

#[test]
fn an_old_copy_of_the_database_is_worth_nothing_once_the_key_has_gone() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let (patient, reader) = (keys(1), keys(2));
    let shared = share_out(&patient, &reader, Threshold::new(1, 1).unwrap());
    let vault = world.open();
    let left = world.sign(shared.deposits[0].clone(), PATIENT);
    vault.deposit(&left).unwrap();
    let old = world.folder.path().join("old");
    vault.backup_to(&old, mrms_vault::guardian::BackupKeys::LeaveOut).unwrap();
    let (database, epochs) = (old.join("vault.sqlite"), world.path().join("epochs"));
    assert_eq!(steal(&database, &epochs).len(), 1, "while the key is there it opens");
    world.chain.lock().revoke(RECORD, READER);
    vault.watch(10).unwrap();
    assert_eq!(steal(&database, &epochs).len(), 0);
}

#[test]
fn what_vaults_release_opens_the_version_for_its_reader() {
    let mut world = World::new();
    world.chain.lock().grant(RECORD, READER, Rights::READ, None);
    let (patient, reader) = (keys(1), keys(2));
    let shared = share_out(&patient, &reader, Threshold::new(2, 2).unwrap());
    let mut given = Vec::new();
    let entry = world.chain.lock().access(RECORD, READER, 1).unwrap();
    for (name, left) in ["one", "two"].iter().zip(&shared.deposits) {
        let vault = world.try_open(&world.folder.path().join(name)).unwrap();
        let left = world.sign(left.clone(), PATIENT);
        vault.deposit(&left).unwrap();
        let request = world.request(READER, 1, entry);
        let Release { deposit_id, split, pair_header, wrap, share, receipt, .. } =
            vault.release(&request).unwrap();
        assert_eq!((receipt.verify(CHAIN), receipt.line.topic), (Ok(()), Topic::Release));
        given.push(Stolen {
            split,
            header: pair_header.0,
            wrap: wrap.0,
            share: share.0,
            deposit_id: deposit_id.0,
        });
    }
    assert!(shared.open(&reader.identity, &given).is_some());
}
