//! A chain whose rules are those of `mrms-core`, people with keys, and a vault in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use mrms_contract::trail::Head;
use mrms_core::grant::{effective, is_live};
use mrms_core::{
    Action, AuditEntry, BlockHeight, BurnHeight, ChainId, ContentHash, ContractId, Grant,
    Principal, RecordId, Rights, StandardPrincipal, StandingGrant, TxId, UnixTime, Version,
};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_vault::guardian::{
    ChainError, ChainTip, ChainView, EmergencyOpening, GrantsHeld, Guardian, GuardianSettings,
    IncludedTransaction, OpenError, Record, VersionOrigin,
};
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Header, Hex, LogItem, LogLine, LogRequest, Message, Nonce, Refusal,
    RefusalReason, Release, ReleaseRequest, Signed, Split, Topic,
};
use rand::{Rng as _, SeedableRng, rngs::StdRng};

pub(crate) const CHAIN: ChainId = ChainId::EMBEDDED;
pub(crate) const RECORD: RecordId = RecordId::new(7);
pub(crate) const START: u64 = 1_800_000_000;

/// Somebody with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person(pub(crate) u8);

pub(crate) const PATIENT: Person = Person(1);
pub(crate) const READER: Person = Person(2);
pub(crate) const STRANGER: Person = Person(3);
pub(crate) const VAULT: Person = Person(9);

impl Person {
    pub(crate) fn key(self) -> SigningKey {
        SigningKey::from_bytes(&[self.0; 32]).unwrap()
    }

    pub(crate) fn account(self) -> StandardPrincipal {
        self.key().address(TransactionVersion::Testnet)
    }

    pub(crate) fn principal(self) -> Principal {
        self.account().into()
    }
}

pub(crate) fn contract() -> ContractId {
    "ST000000000000000000002AMW42H.records".parse().unwrap()
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// How the chain is asked in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    Unreachable,
    Nonsense,
}

#[derive(Clone, Debug)]
struct Kept {
    patient: Principal,
    versions: Vec<VersionOrigin>,
    entries: Vec<AuditEntry>,
}

/// The state of the scripted chain.
#[derive(Clone, Debug)]
pub(crate) struct State {
    records: BTreeMap<RecordId, Kept>,
    grants: BTreeMap<(RecordId, Principal), Grant>,
    standing: BTreeMap<(Principal, Principal), StandingGrant>,
    openings: BTreeMap<(RecordId, Principal), EmergencyOpening>,
    transactions: BTreeMap<TxId, (RecordId, IncludedTransaction)>,
    pub(crate) block: u64,
    pub(crate) burn: u64,
    pub(crate) time: u64,
    pub(crate) trouble: Trouble,
}

/// An entry that somebody made, with its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) index: u64,
    pub(crate) txid: TxId,
}

impl State {
    fn now(&self) -> BurnHeight {
        BurnHeight::new(self.burn)
    }

    fn enter(&mut self, record: RecordId, action: Action, actor: Person, version: u64) -> Entry {
        self.block += 1;
        let (burn_height, block) = (self.now(), self.block);
        let kept = self.records.get_mut(&record).unwrap();
        let index = kept.entries.len() as u64;
        kept.entries.push(AuditEntry {
            index,
            action,
            actor: actor.principal(),
            subject: None,
            version,
            expiry: None,
            detail: [0; 32],
            burn_height,
        });
        let mut txid = [0; 32];
        txid[..8].copy_from_slice(&block.to_be_bytes());
        let txid = TxId::from_bytes(txid);
        let block_height = BlockHeight::new(block);
        let made = IncludedTransaction { block_height, entries: vec![index] };
        self.transactions.insert(txid, (record, made));
        Entry { index, txid }
    }

    pub(crate) fn create(&mut self, record: RecordId, patient: Person) -> Entry {
        let kept = Kept { patient: patient.principal(), versions: Vec::new(), entries: Vec::new() };
        assert!(self.records.insert(record, kept).is_none());
        self.write(record, patient, None)
    }

    pub(crate) fn write(
        &mut self,
        record: RecordId,
        author: Person,
        ciphertext: Option<[u8; 32]>,
    ) -> Entry {
        let kept = self.records.get_mut(&record).unwrap();
        let content_hash = ContentHash::of(b"content");
        let author_principal = author.principal();
        kept.versions.push(VersionOrigin { author: author_principal, content_hash, ciphertext });
        let count = kept.versions.len() as u64;
        let action = if count == 1 { Action::Create } else { Action::Amend };
        self.enter(record, action, author, count)
    }

    pub(crate) fn latest(&self, record: RecordId) -> u64 {
        self.records[&record].versions.len() as u64
    }

    pub(crate) fn give_to(&mut self, record: RecordId, patient: Person) {
        self.records.get_mut(&record).unwrap().patient = patient.principal();
    }

    pub(crate) fn grant(
        &mut self,
        record: RecordId,
        user: Person,
        rights: Rights,
        expiry: Option<u64>,
    ) {
        let latest = version(self.latest(record));
        let now = self.now();
        let key = (record, user.principal());
        let kept = self.grants.get(&key).filter(|old| old.rights.is_some());
        let kept = kept.filter(|old| is_live(old.expiry, now)).map(|old| old.from_version);
        let from_version =
            if rights.includes_history() { Version::FIRST } else { kept.unwrap_or(latest) };
        let expiry = expiry.map(BurnHeight::new);
        let rights = Some(rights);
        self.grants.insert(key, Grant { rights, expiry, granted_at: now, from_version });
        self.enter(record, Action::Grant, PATIENT, from_version.number());
    }

    pub(crate) fn revoke(&mut self, record: RecordId, user: Person) {
        let now = self.now();
        let grant = self.grants.get_mut(&(record, user.principal()));
        // There is nothing to take back twice: the contract refuses.
        if let Some(grant) = grant.filter(|grant| grant.rights.is_some()) {
            *grant = Grant { rights: None, expiry: Some(now), ..*grant };
            let latest = self.latest(record);
            self.enter(record, Action::Revoke, PATIENT, latest);
        }
    }

    pub(crate) fn grant_all(&mut self, patient: Person, user: Person, rights: Rights) {
        let granted_at = self.now();
        let grant = StandingGrant { rights: Some(rights), expiry: None, granted_at };
        self.standing.insert((patient.principal(), user.principal()), grant);
        self.block += 1;
    }

    fn held(&self, record: RecordId, user: &Principal) -> GrantsHeld {
        let patient = self.records[&record].patient.clone();
        GrantsHeld {
            grant: self.grants.get(&(record, user.clone())).copied(),
            standing: self.standing.get(&(patient, user.clone())).copied(),
        }
    }

    pub(crate) fn declare_emergency(&mut self, record: RecordId, user: Person) -> Entry {
        let now = self.now();
        let opening = EmergencyOpening { until: now.plus(144), opened_at: now, reason: [1; 32] };
        self.openings.insert((record, user.principal()), opening);
        let latest = self.latest(record);
        self.enter(record, Action::Emergency, user, latest)
    }

    /// `access-record-version`: an entry where the contract's rules allow it.
    pub(crate) fn access(&mut self, record: RecordId, user: Person, number: u64) -> Option<Entry> {
        let (now, principal) = (self.now(), user.principal());
        let kept = &self.records[&record];
        if number == 0 || number > kept.versions.len() as u64 {
            return None;
        }
        if kept.patient == principal {
            return Some(self.enter(record, Action::Access, user, number));
        }
        let held = self.held(record, &principal);
        let (rights, from) =
            effective(record, held.grant.as_ref(), held.standing.as_ref(), now).ok()?;
        if version(number) < from {
            return None;
        }
        if rights.may_read() {
            return Some(self.enter(record, Action::Access, user, number));
        }
        let opening = self.openings.get(&(record, principal)).copied()?;
        let since = held.grant.map_or(now, |grant| grant.granted_at);
        let open = now < opening.until && opening.opened_at >= since;
        open.then(|| self.enter(record, Action::EmergencyRead, user, number))
    }
}

/// What happens while somebody waits for the chain's answer.
type Meanwhile = Box<dyn FnOnce() + Send>;

/// The scripted chain.
pub(crate) struct Chain {
    state: Mutex<State>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl Chain {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Lets something happen once, after the next answer about grants was made and before it
    /// arrives.
    pub(crate) fn meanwhile(&self, happens: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(happens));
    }

    fn ask(&self) -> Result<MutexGuard<'_, State>, ChainError> {
        let state = self.lock();
        let message = "scripted".to_owned();
        match state.trouble {
            Trouble::None => Ok(state),
            Trouble::Unreachable => Err(ChainError::Unreachable { message }),
            Trouble::Nonsense => Err(ChainError::Answer { message }),
        }
    }
}

impl ChainView for Chain {
    fn tip(&self) -> Result<ChainTip, ChainError> {
        let state = self.ask()?;
        Ok(ChainTip {
            block_height: BlockHeight::new(state.block),
            burn_height: state.now(),
            time: UnixTime::from_seconds(state.time),
        })
    }

    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError> {
        Ok(self.ask()?.records.get(&record).map(|kept| Record {
            patient: kept.patient.clone(),
            version: version(kept.versions.len() as u64),
            readers: 0,
            audit_count: kept.entries.len() as u64,
            audit_head: Head::EMPTY,
        }))
    }

    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        let place = usize::try_from(version.number() - 1).unwrap();
        let state = self.ask()?;
        Ok(state.records.get(&record).and_then(|kept| kept.versions.get(place).cloned()))
    }

    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError> {
        let place = usize::try_from(index).unwrap();
        let state = self.ask()?;
        Ok(state.records.get(&record).and_then(|kept| kept.entries.get(place).cloned()))
    }

    fn grants(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError> {
        let state = self.ask()?;
        let held = GrantsHeld {
            grant: state.grants.get(&(record, user.clone())).copied(),
            standing: state.standing.get(&(patient.clone(), user.clone())).copied(),
        };
        drop(state);
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            happens();
        }
        Ok(held)
    }

    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        Ok(self.ask()?.openings.get(&(record, user.clone())).copied())
    }

    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError> {
        let state = self.ask()?;
        Ok(state.transactions.get(txid).map(|(of, made)| {
            let entries = if *of == record { made.entries.clone() } else { Vec::new() };
            IncludedTransaction { entries, ..*made }
        }))
    }
}

/// The chain, the clock, and where vaults lie.
pub(crate) struct World {
    pub(crate) chain: Arc<Chain>,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) settings: GuardianSettings,
    rng: StdRng,
}

impl World {
    /// A record with one version, and nothing granted.
    pub(crate) fn new() -> Self {
        let mut state = State {
            records: BTreeMap::new(),
            grants: BTreeMap::new(),
            standing: BTreeMap::new(),
            openings: BTreeMap::new(),
            transactions: BTreeMap::new(),
            block: 100,
            burn: 1_000,
            time: START,
            trouble: Trouble::None,
        };
        state.create(RECORD, PATIENT);
        Self {
            chain: Arc::new(Chain { state: Mutex::new(state), meanwhile: Mutex::new(None) }),
            clock: Arc::new(AtomicU64::new(START)),
            folder: tempfile::tempdir().unwrap(),
            settings: GuardianSettings::new(VAULT.account(), contract(), CHAIN),
            rng: StdRng::seed_from_u64(5),
        }
    }

    /// Other nonces from now on.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.rng = StdRng::seed_from_u64(seed);
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub(crate) fn open(&self) -> Guardian {
        self.try_open(&self.path()).unwrap()
    }

    pub(crate) fn try_open(&self, folder: &Path) -> Result<Guardian, OpenError> {
        let clock = Arc::clone(&self.clock);
        let clock = move || UnixTime::from_seconds(clock.load(Ordering::SeqCst));
        let chain: Arc<dyn ChainView> = Arc::clone(&self.chain) as _;
        // Fresh each time: what is opened again must not draw the same key ids.
        let rng = Box::new(StdRng::seed_from_u64(rand::rng().next_u64()));
        Guardian::open(folder, VAULT.key(), chain, Arc::new(clock), rng, self.settings.clone())
    }

    /// Time goes on, for the vault and the chain.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.chain.lock().time += seconds;
    }

    pub(crate) fn header(&mut self) -> Header {
        Header {
            vault: VAULT.account(),
            contract: contract(),
            time: self.clock.load(Ordering::SeqCst),
            nonce: Nonce::generate(&mut self.rng),
        }
    }

    pub(crate) fn sign<M: Message>(&mut self, message: M, signer: Person) -> Signed<M> {
        let header = self.header();
        Signed::sign(message, header, CHAIN, signer.account(), &signer.key()).unwrap()
    }

    /// What the patient leaves for a reader: each version's share is made of its number.
    pub(crate) fn deposit(&mut self, reader: Person, versions: &[u64]) -> Signed<Deposit> {
        self.sign(deposit(RECORD, reader, versions), PATIENT)
    }

    pub(crate) fn request(
        &mut self,
        reader: Person,
        number: u64,
        entry: Entry,
    ) -> Signed<ReleaseRequest> {
        self.sign(request(RECORD, number, entry), reader)
    }

    /// Opens a version on the chain and asks the vault for its share.
    pub(crate) fn open_version(
        &mut self,
        vault: &Guardian,
        reader: Person,
        number: u64,
    ) -> Result<Release, Refusal> {
        let entry = self.chain.lock().access(RECORD, reader, number).unwrap();
        let request = self.request(reader, number, entry);
        vault.release(&request)
    }

    /// Every line of the log, asked for by the vault itself.
    pub(crate) fn lines(&mut self, vault: &Guardian) -> Vec<LogLine> {
        self.clock.store(self.clock.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut lines = Vec::new();
        loop {
            let from = lines.len() as u64;
            let ask = LogRequest { record_id: RECORD, from, limit: 4_096 };
            let ask = self.sign(ask, VAULT);
            let page = vault.lines(&ask).unwrap();
            lines.extend(page.items.into_iter().map(|item| match item {
                LogItem::Line(line) => *line,
                LogItem::Hash(_) => panic!("the vault sees its own log"),
            }));
            if lines.len() as u64 >= page.count {
                return lines;
            }
        }
    }
}

pub(crate) fn deposit(record: RecordId, reader: Person, versions: &[u64]) -> Deposit {
    let version = |number: &u64| DepositedVersion {
        version: version(*number),
        wrap: Hex([0x20 + u8::try_from(*number % 16).unwrap(); 32]),
        share: Hex([0x40 + u8::try_from(*number % 16).unwrap(); 48]),
    };
    Deposit {
        record_id: record,
        reader: reader.principal(),
        epoch: u64::MAX - 1,
        deposit_id: Hex([0x11; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([0x33; 1152]),
        versions: versions.iter().map(version).collect(),
    }
}

pub(crate) fn request(record: RecordId, number: u64, entry: Entry) -> ReleaseRequest {
    ReleaseRequest {
        record_id: record,
        version: version(number),
        audit_index: entry.index,
        txid: entry.txid,
        note: Vec::new(),
    }
}

/// What [`deposit`] left for this version.
#[track_caller]
pub(crate) fn assert_is_share(release: &Release, number: u64) {
    let expected = deposit(RECORD, READER, &[number]);
    assert_eq!(release.share, expected.versions[0].share);
    assert_eq!(release.wrap, expected.versions[0].wrap);
    assert_eq!(release.pair_header, expected.pair_header);
    assert_eq!((release.epoch, release.split), (expected.epoch, expected.split));
    assert_eq!(release.deposit_id, expected.deposit_id);
    assert_eq!(release.receipt.verify(CHAIN), Ok(()));
    assert_eq!(release.receipt.line.topic, Topic::Release);
}

#[track_caller]
pub(crate) fn assert_refused<T: std::fmt::Debug>(
    answer: Result<T, Refusal>,
    reason: RefusalReason,
) {
    assert_eq!(answer.unwrap_err().reason, reason);
}

pub(crate) fn count(lines: &[LogLine], topic: Topic) -> usize {
    lines.iter().filter(|line| line.topic == topic).count()
}

/// Files below a folder with what is in them.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

pub(crate) fn keys_in(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("epochs")).unwrap().count()
}
