//! A reader gets a key from vaults of which some are away, have missed a grant, or give something
//! else than what the patient left with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use mrms_contract::{ContractError, read};
use mrms_core::{
    BurnHeight, ChainId, ContractId, RecordId, Rights, StandardPrincipal, TxId, UnixTime, Version,
};
use mrms_crypto::content::Retention;
use mrms_crypto::context::ErasureSalt;
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, Hex, LogHead, LogLine, LogPage, LogRequest, MemberNotesRequest,
    ReaderNote, ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest,
    Refusal, RefusalReason, Release, ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Signed,
    Split, Topic, UploadAnswer, UploadRequest, VaultCard, VaultReceipt,
};
use mrms_vault::{Vault, VaultError};

use super::open::{Access, EntryOrigin, OpenRecordError};
use super::tests::{NOTE, RECORD, Scene, rng};
use crate::profile::ProfileFolder;
use crate::profile::remembered::Asked;
use crate::session::vaults::{Member, MemberError, Vaults};
use crate::session::{Actor, Session};
use crate::sharing::grant::{GrantTerms, Sharing};
use crate::sharing::recipients::ChangedKey;
use crate::testing::{FakeLedger, actor, tuple};

/// The access that these tests interrupt.
const LATEST: Asked<'_> = Asked { record: RECORD, version: None, organisation: None };

/// What a bad vault gives in place of what it was left.
#[derive(Clone)]
enum Fault {
    Share,
    Place,
    Header,
    Wrap,
    Salt,
    /// A deposit that the vault made itself.
    Forged(Box<Release>),
}

/// A vault in memory. It releases each share once for an entry, and asks no chain.
struct FakeVault {
    key: SigningKey,
    account: StandardPrincipal,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shares: BTreeMap<(RecordId, Version), (Deposit, usize)>,
    salt: Option<Hex<32>>,
    used: BTreeSet<u64>,
    asked: u64,
    away: bool,
    fault: Option<Fault>,
    refuses: Option<RefusalReason>,
}

fn contract() -> ContractId {
    let deployer = actor(&mut rng()).principal;
    ContractId { deployer, name: mrms_contract::NAME.parse().unwrap() }
}

impl FakeVault {
    fn new(place: u8) -> Arc<Self> {
        let key = SigningKey::from_bytes(&[place + 1; 32]).unwrap();
        let account = key.address(mrms_stacks::network::TransactionVersion::Testnet);
        Arc::new(Self { key, account, state: Mutex::default() })
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    fn asked(&self) -> u64 {
        self.state.lock().unwrap().asked
    }

    fn receipt<M: mrms_vault::protocol::Message>(&self, signed: &Signed<M>) -> VaultReceipt {
        let line = LogLine {
            number: 0,
            time: signed.header.time,
            topic: Topic::Release,
            reason: None,
            record_id: Some(RECORD),
            version: 1,
            actor: Some(signed.signer.into()),
            reader: None,
            audit_index: None,
            txid: None,
            of: M::TOPIC.to_owned(),
            count: 1,
            request: Hex(signed.digest(ChainId::EMBEDDED).unwrap()),
            note: Vec::new(),
        };
        let (chain, contract) = (ChainId::EMBEDDED, contract());
        VaultReceipt::sign(line, LogHead::EMPTY, self.account, contract, chain, &self.key).unwrap()
    }

    fn here(&self) -> Result<std::sync::MutexGuard<'_, State>, VaultError> {
        let state = self.state.lock().unwrap();
        match state.away {
            true => Err(VaultError::Unreachable { reason: "it is away".to_owned() }),
            false => Ok(state),
        }
    }
}

fn refusal<T>(reason: RefusalReason) -> Result<T, VaultError> {
    Err(VaultError::Refused(Refusal::from(reason)))
}

impl Vault for FakeVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        drop(self.here()?);
        Ok(VaultCard {
            vault: self.account,
            contract: contract(),
            chain_id: ChainId::EMBEDDED.number(),
            log_count: 0,
            log_head: LogHead::EMPTY,
        })
    }

    fn deposit(&self, signed: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        let mut state = self.here()?;
        for (place, one) in signed.message.versions.iter().enumerate() {
            let of = (signed.message.record_id, one.version);
            state.shares.insert(of, (signed.message.clone(), place));
        }
        Ok(self.receipt(signed))
    }

    fn deposit_salt(&self, signed: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError> {
        self.here()?.salt = Some(signed.message.salt);
        Ok(self.receipt(signed))
    }

    fn release(&self, signed: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        let mut state = self.here()?;
        state.asked += 1;
        if let Some(reason) = state.refuses {
            return refusal(reason);
        }
        let ReleaseRequest { record_id, version, audit_index, .. } = signed.message;
        if !state.used.insert(audit_index) {
            return refusal(RefusalReason::EntryUsed);
        }
        let Some((deposit, place)) = state.shares.get(&(record_id, version)) else {
            return refusal(RefusalReason::NoShare);
        };
        let mut release = Release {
            epoch: deposit.epoch,
            deposit_id: deposit.deposit_id,
            split: deposit.split,
            pair_header: deposit.pair_header,
            wrap: deposit.versions[*place].wrap,
            share: deposit.versions[*place].share,
            salt: state.salt,
            receipt: self.receipt(signed),
        };
        match state.fault.clone() {
            None => {}
            Some(Fault::Share) => release.share.0[3] ^= 1,
            Some(Fault::Place) => release.split.place ^= 2,
            Some(Fault::Header) => release.pair_header.0[1_100] ^= 1,
            Some(Fault::Wrap) => release.wrap.0[3] ^= 1,
            Some(Fault::Salt) => release.salt = Some(Hex([0x5a; 32])),
            Some(Fault::Forged(forged)) => {
                release =
                    Release { receipt: release.receipt, deposit_id: release.deposit_id, ..*forged };
            }
        }
        Ok(release)
    }

    fn release_salt(&self, signed: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        let state = self.here()?;
        let salt = match (&state.fault, state.salt) {
            (Some(Fault::Salt), _) => Hex([0x5a; 32]),
            (_, Some(salt)) => salt,
            _ => return refusal(RefusalReason::NoShare),
        };
        Ok(SaltRelease { salt, receipt: self.receipt(signed) })
    }

    fn leave_reader_note(&self, _: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError> {
        refusal(RefusalReason::Malformed)
    }

    fn reader_notes(&self, _: &Signed<ReaderNotesRequest>) -> Result<ReaderNotes, VaultError> {
        refusal(RefusalReason::Malformed)
    }

    fn member_notes(&self, _: &Signed<MemberNotesRequest>) -> Result<ReaderNotes, VaultError> {
        refusal(RefusalReason::Malformed)
    }

    fn announce(&self, _: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError> {
        refusal(RefusalReason::NotAuthor)
    }

    fn erase(&self, _: &Signed<Erasure>) -> Result<Erased, VaultError> {
        refusal(RefusalReason::Malformed)
    }

    fn log(&self, _: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        refusal(RefusalReason::Malformed)
    }

    fn record_lines(&self, _: &Signed<RecordLinesRequest>) -> Result<RecordLines, VaultError> {
        refusal(RefusalReason::Malformed)
    }
}

/// A patient who shared a record with a reader, and the vaults between them.
struct Town {
    scene: Scene,
    vaults: Vec<Arc<FakeVault>>,
    reader: Actor,
    profile: ProfileFolder,
    _folder: tempfile::TempDir,
}

impl Town {
    /// Vaults of which this many are needed.
    fn new(count: u8, needed: u8, retention: Retention) -> Self {
        let vaults: Vec<_> = (0..count).map(FakeVault::new).collect();
        let members = vaults.iter().enumerate().map(|(place, vault)| {
            Member::new(format!("vault {}", place + 1), Box::new(Arc::clone(vault)))
        });
        let clock = || UnixTime::from_seconds(1_800_000_000);
        let members = Vaults::new(members.collect(), needed, clock).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut others = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(12);
        let town = Self {
            scene: Scene::with(members, retention),
            vaults,
            reader: actor(&mut others),
            profile: ProfileFolder::new(folder.path()),
            _folder: folder,
        };
        town.tell_the_ledger();
        town.grant();
        town
    }

    /// What the contract answers about the reader.
    fn tell_the_ledger(&self) {
        let (ledger, reader) = (self.scene.ledger(), self.reader.principal());
        let patient = self.scene.patient.principal();
        let identity = self.reader.keyring.identity(self.reader.identity).unwrap();
        let published = tuple([
            ("recipient", Value::buffer(identity.recipient().to_bytes())),
            ("generation", Value::uint(1_u8)),
        ]);
        ledger.answer(&read::encryption_key(&reader), Value::some(published));
        ledger.answer(&read::grant(RECORD, &reader), Value::None);
        ledger.answer(&read::standing_grant(&patient, &reader), Value::None);
        ledger.answer(&read::has_access(RECORD, &reader), Value::Bool(true));
        ledger.answer(&read::key_envelope(RECORD, Version::FIRST, &reader), Value::None);
        let version = tuple(self.scene.version(self.scene.hash()));
        ledger.answer(&read::record_version(RECORD, Version::FIRST), Value::some(version));
    }

    fn grant(&self) {
        self.scene.ledger().result(Value::ok(Value::Bool(true)));
        let terms = GrantTerms {
            rights: Rights::READ,
            expiry: None,
            sharing: Sharing::Sealed,
            changed_key: ChangedKey::Refuse,
        };
        let reader = self.reader.principal();
        // Each grant leaves other shares.
        let mut fresh = rand_core::UnwrapErr(rand::rngs::SysRng);
        let session = self.scene.session();
        let granted = session.grant(&self.scene.patient, RECORD, &reader, terms, &mut fresh);
        granted.unwrap().done().unwrap();
    }

    fn session(&self) -> Session<'_> {
        Session { profile: &self.profile, ..self.scene.session() }
    }

    /// The reader's access; a new entry would have this place in the log.
    fn access(&self, next_entry: u8) -> Result<Access, OpenRecordError> {
        self.scene.ledger().result(self.scene.opened(self.scene.hash(), next_entry));
        let accessed = self.session().access(&self.reader, RECORD, None, &mut rng());
        let accessed = accessed.map(|accessed| accessed.done().unwrap());
        if accessed.as_ref().is_ok_and(|access| access.entry == EntryOrigin::New) {
            let session = self.session();
            session.finish(accessed.as_ref().ok().unwrap()).unwrap();
        }
        accessed
    }

    #[track_caller]
    fn opens(&self, next_entry: u8) -> Access {
        let access = self.access(next_entry).unwrap();
        let mut content = Vec::new();
        self.session().decrypt(&access.unlocked, &mut content).unwrap();
        assert_eq!(content, NOTE);
        access
    }

    #[track_caller]
    fn is_refused(&self, next_entry: u8) -> Vec<MemberError> {
        match self.access(next_entry) {
            Err(OpenRecordError::Vaults(refused)) => refused.failures,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it opens"),
        }
    }

    fn keeps(&self) -> usize {
        self.profile.opening(LATEST).unwrap().map_or(0, |opening| opening.releases.len())
    }

    /// A whole deposit for the reader that a vault made up, which needs no other vault.
    fn forged(&self) -> Fault {
        let mut rng = rng();
        let forger = actor(&mut rng);
        let (patient, reader) = (self.scene.patient.principal(), self.reader.principal());
        let pair = Pair { patient, reader, epoch: Epoch::new(7) };
        let secret = PairSecret::derive(&forger.keyring.record_root().unwrap(), &pair);
        let identity = self.reader.keyring.identity(self.reader.identity).unwrap();
        let header = PairHeader::seal(&secret, &pair, identity.recipient(), &mut rng);
        // The forger has some key, not this version's.
        let session = self.scene.session();
        let own =
            session.own_version(&self.scene.patient, RECORD, Version::FIRST, &mut rng).unwrap();
        let threshold = Threshold::new(1, 1).unwrap();
        let deposit =
            self.vaults[0].state.lock().unwrap().shares[&(RECORD, Version::FIRST)].0.deposit_id;
        let sealing = Sealing {
            pair: &pair,
            context: own.key().context(),
            payload: *own.key().payload(),
            deposit: DepositId::from_bytes(deposit.0),
            threshold,
        };
        let release = ReleaseSecret::generate(&mut rng);
        let other = ReleaseSecret::generate(&mut rng);
        let share = SealedShare::seal(&release.split(threshold, &mut rng)[0], &secret, &sealing);
        let wrap = SealedWrap::seal(&secret, &other, &sealing, own.key());
        let forger = FakeVault::new(9);
        let line = forger.receipt(&self.any_request());
        Fault::Forged(Box::new(Release {
            epoch: 7,
            deposit_id: deposit,
            split: Split { threshold: 1, count: 1, place: 1 },
            pair_header: Hex(*header.as_bytes()),
            wrap: Hex(*wrap.as_bytes()),
            share: Hex(*share.as_bytes()),
            salt: None,
            receipt: line,
        }))
    }

    fn any_request(&self) -> Signed<SaltRequest> {
        let header = mrms_vault::protocol::Header {
            vault: self.vaults[0].account,
            contract: contract(),
            time: 1,
            nonce: Hex([0; 16]),
        };
        let message = SaltRequest { record_id: RECORD, version: Version::FIRST };
        let Actor { principal, key, .. } = &self.reader;
        Signed::sign(message, header, ChainId::EMBEDDED, *principal, key).unwrap()
    }
}

#[test]
fn bad_vault_is_named_and_the_next_one_is_asked() {
    let faults = [
        ("share", Fault::Share),
        ("place", Fault::Place),
        ("header", Fault::Header),
        ("wrap", Fault::Wrap),
    ];
    for (what, fault) in faults {
        let town = Town::new(3, 2, Retention::Permanent);
        town.vaults[0].set(|state| state.fault = Some(fault));
        let access = town.opens(2);
        let named: Vec<_> = access.wrong_answers.iter().map(ToString::to_string).collect();
        assert_eq!(named.len(), 1, "{what}: {named:?}");
        assert!(named[0].starts_with("vault 1 gave a share"), "{what}: {named:?}");
    }
}

#[test]
fn vault_with_another_header_is_named_where_every_vault_is_needed() {
    let town = Town::new(2, 2, Retention::Permanent);
    town.vaults[1].set(|state| state.fault = Some(Fault::Header));
    let [MemberError::Share { name }] = &town.is_refused(2)[..] else { panic!("not the one") };
    assert_eq!(name, "vault 2");
    assert_eq!(town.keeps(), 1);
    // Where no vault has one for this reader, it is the reader's keys that changed.
    let town = Town::new(2, 2, Retention::Permanent);
    town.vaults.iter().for_each(|vault| vault.set(|state| state.fault = Some(Fault::Header)));
    assert!(matches!(town.access(2), Err(OpenRecordError::OtherIdentity)));
}

#[test]
fn deposit_that_a_vault_made_up_is_found_out() {
    let town = Town::new(3, 2, Retention::Permanent);
    let forged = town.forged();
    town.vaults[0].set(|state| state.fault = Some(forged.clone()));
    let access = town.opens(2);
    let [MemberError::OtherDeposit { name }] = &access.wrong_answers[..] else {
        panic!("{:?}", access.wrong_answers)
    };
    assert_eq!(name, "vault 1");
    // Two such vaults leave too few, and what they gave is not kept.
    town.vaults[1].set(|state| state.fault = Some(forged));
    let failures = town.is_refused(3);
    let useless = |failure: &&MemberError| matches!(failure, MemberError::Useless { .. });
    assert_eq!(failures.iter().filter(useless).count(), 2, "{failures:?}");
    assert_eq!(town.keeps(), 1, "the third one's");
    for vault in &town.vaults {
        vault.set(|state| state.fault = None);
    }
    assert_eq!(town.opens(4).entry, EntryOrigin::New, "the old entry is used up with them");
}

#[test]
fn wrong_salt_of_one_vault_keeps_nobody_from_an_erasable_version() {
    let town = Town::new(3, 2, Retention::Erasable);
    town.vaults[0].set(|state| state.fault = Some(Fault::Salt));
    let access = town.opens(2);
    let [MemberError::Salt { name }] = &access.wrong_answers[..] else {
        panic!("{:?}", access.wrong_answers)
    };
    assert_eq!(name, "vault 1");
    // The patient asks the next vault as well.
    let scene = &town.scene;
    let own = scene.session().own_version(&scene.patient, RECORD, Version::FIRST, &mut rng());
    let salt: &ErasureSalt = own.as_ref().ok().unwrap().key().erasure_salt().unwrap();
    assert_ne!(salt.expose_bytes(), &[0x5a; 32]);
}

#[test]
fn patient_is_told_which_vaults_lack_the_salt_and_which_may_have_it() {
    let town = Town::new(2, 1, Retention::Erasable);
    town.vaults[0].set(|state| state.salt = None);
    let scene = &town.scene;
    let own = || {
        let session = scene.session();
        session.own_version(&scene.patient, RECORD, Version::FIRST, &mut rng()).err()
    };
    assert!(own().is_none(), "the other vault has it");
    town.vaults[1].set(|state| state.away = true);
    let Some(OpenRecordError::NoSalt { without, unanswered, .. }) = own() else { panic!() };
    assert_eq!((without, unanswered), (vec!["vault 1".to_owned()], vec!["vault 2".to_owned()]));
    town.vaults[1].set(|state| (state.away, state.salt) = (false, None));
    let error = own().unwrap();
    let OpenRecordError::NoSalt { without, unanswered, .. } = &error else { panic!("{error}") };
    assert_eq!((without.len(), unanswered.len()), (2, 0));
    assert!(error.to_string().ends_with("It is not with vault 1, vault 2"), "{error}");
    // Without any answer, the salt is not known to be missing.
    town.vaults.iter().for_each(|vault| vault.set(|state| state.away = true));
    assert!(matches!(own(), Some(OpenRecordError::Vaults(_))));
}

#[test]
fn shares_of_an_older_grant_are_no_part_of_the_present_one() {
    let town = Town::new(2, 2, Retention::Permanent);
    town.vaults[1].set(|state| state.away = true);
    let [failure] = &town.is_refused(2)[..] else { panic!("more than one") };
    assert!(failure.is_unreachable(), "{failure}");
    assert_eq!(town.keeps(), 1);
    town.vaults[1].set(|state| state.away = false);
    town.grant();
    let access = town.opens(3);
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::New, 3));
}

#[test]
fn vault_that_missed_a_grant_is_named() {
    let town = Town::new(3, 2, Retention::Permanent);
    town.vaults[0].set(|state| state.away = true);
    town.grant();
    town.vaults[0].set(|state| state.away = false);
    let access = town.opens(2);
    let [MemberError::OtherDeposit { name }] = &access.wrong_answers[..] else {
        panic!("{:?}", access.wrong_answers)
    };
    assert_eq!(name, "vault 1");
    town.vaults[2].set(|state| state.away = true);
    let failures = town.is_refused(3);
    assert!(failures.iter().any(|one| matches!(one, MemberError::OtherDeposit { .. })));
    assert!(failures.iter().all(|one| !one.to_string().is_empty()));
}

#[test]
fn kept_shares_go_when_the_access_was_closed_meanwhile() {
    for closed_on_chain in [true, false] {
        let town = Town::new(2, 2, Retention::Permanent);
        town.vaults[1].set(|state| state.away = true);
        town.is_refused(2);
        assert_eq!(town.keeps(), 1);
        let asked = town.vaults[0].asked();
        town.vaults[1].set(|state| state.away = false);
        if closed_on_chain {
            let reader = town.reader.principal();
            let mark = tuple([
                ("rights", Value::uint(0_u8)),
                ("expiry", Value::some(Value::uint(990_u16))),
                ("granted-at", Value::uint(980_u16)),
                ("from-version", Value::uint(1_u8)),
            ]);
            town.scene.ledger().answer(&read::grant(RECORD, &reader), Value::some(mark));
            town.scene.ledger().answer(&read::has_access(RECORD, &reader), Value::Bool(false));
        } else {
            town.vaults[1].set(|state| state.refuses = Some(RefusalReason::Revoked));
        }
        match town.access(3).err().unwrap() {
            OpenRecordError::Closed { reason, .. } => {
                assert_eq!(reason, ContractError::GrantRevoked);
            }
            other => panic!("{other}"),
        }
        assert_eq!((town.keeps(), town.vaults[0].asked()), (0, asked));
    }
}

#[test]
fn no_share_is_kept_of_an_access_that_was_closed_while_it_went_on() {
    let town = Town::new(2, 2, Retention::Permanent);
    town.vaults[1].set(|state| state.refuses = Some(RefusalReason::Expired));
    let [failure] = &town.is_refused(2)[..] else { panic!("more than one") };
    assert_eq!(failure.reason(), Some(RefusalReason::Expired));
    assert_eq!(town.keeps(), 0);
}

#[test]
fn share_that_came_before_a_reorganisation_serves_after_it() {
    let town = Town::new(2, 2, Retention::Permanent);
    town.vaults[1].set(|state| state.away = true);
    town.is_refused(2);
    let txid: TxId = town.profile.opening(LATEST).unwrap().unwrap().txid;
    let height: BurnHeight = FakeLedger::BURN_HEIGHT;
    town.scene.ledger().remine(txid, Some(town.scene.receipt(txid, 8, height)));
    town.vaults[1].set(|state| state.away = false);
    let access = town.opens(3);
    assert_eq!((access.entry, access.audit_index), (EntryOrigin::Interrupted, 8));
    assert_eq!(town.vaults[0].asked(), 1, "what came is not asked for again");
}

#[test]
fn no_other_command_uses_an_entry_before_its_content_has_left() {
    let town = Town::new(2, 2, Retention::Permanent);
    town.scene.ledger().result(town.scene.opened(town.scene.hash(), 2));
    let access = town.session().access(&town.reader, RECORD, None, &mut rng());
    let access = access.unwrap().done().unwrap();
    let locks = town.profile.path().join("opening-locks");
    let lock = std::fs::read_dir(&locks).unwrap().next().unwrap().unwrap().path();
    assert!(mrms_files::FileLock::is_held(&lock).unwrap());
    town.session().finish(&access).unwrap();
    assert!(!mrms_files::FileLock::is_held(&lock).unwrap());
    assert_eq!(town.opens(3).entry, EntryOrigin::New);
}
