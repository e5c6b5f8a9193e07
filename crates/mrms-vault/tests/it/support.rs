//! People with keys, and a vault in a folder that follows a chain in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mrms_core::{ChainId, ContractId, Principal, RecordId, StandardPrincipal, UnixTime, Version};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_vault::guardian::{ChainView, Clock, Guardian, GuardianSettings, OpenError};
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Header, Hex, LogItem, LogLine, LogRequest, Message, Nonce, Refusal,
    RefusalReason, Release, ReleaseRequest, Signed, Split, Topic,
};
pub(crate) use mrms_vault::testing::{Entry, FakeChain, Trouble};
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

impl From<Person> for Principal {
    fn from(person: Person) -> Self {
        person.principal()
    }
}

pub(crate) fn contract() -> ContractId {
    "ST000000000000000000002AMW42H.records".parse().unwrap()
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A clock that a test can set, beside a time that goes on whatever the clock is set to.
struct TestClock {
    clock: Arc<AtomicU64>,
    steady: Arc<AtomicU64>,
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.clock.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Option<u64> {
        Some(self.steady.load(Ordering::SeqCst))
    }
}

/// The chain, the clock, and where vaults lie.
pub(crate) struct World {
    pub(crate) chain: Arc<FakeChain>,
    /// What the clock shows. To change it alone is to set the clock; time goes on with [`Self::pass`].
    pub(crate) clock: Arc<AtomicU64>,
    steady: Arc<AtomicU64>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) settings: GuardianSettings,
    rng: StdRng,
}

impl World {
    /// A record with one version, and nothing granted.
    pub(crate) fn new() -> Self {
        let chain = FakeChain::at(UnixTime::from_seconds(START));
        chain.lock().create(RECORD, PATIENT);
        Self {
            chain: Arc::new(chain),
            clock: Arc::new(AtomicU64::new(START)),
            steady: Arc::new(AtomicU64::new(1_000)),
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
        let (clock, steady) = (Arc::clone(&self.clock), Arc::clone(&self.steady));
        self.try_open_with(folder, Arc::new(TestClock { clock, steady }))
    }

    /// Opens it with a clock whose jumps it can't notice, as a command does.
    pub(crate) fn open_for_a_command(&self) -> Guardian {
        let clock = Arc::clone(&self.clock);
        let clock = move || UnixTime::from_seconds(clock.load(Ordering::SeqCst));
        self.try_open_with(&self.path(), Arc::new(clock)).unwrap()
    }

    fn try_open_with(&self, folder: &Path, clock: Arc<dyn Clock>) -> Result<Guardian, OpenError> {
        let chain: Arc<dyn ChainView> = Arc::clone(&self.chain) as _;
        // Fresh each time: what is opened again must not draw the same key ids.
        let rng = Box::new(StdRng::seed_from_u64(rand::rng().next_u64()));
        Guardian::open(folder, VAULT.key(), chain, clock, rng, self.settings.clone())
    }

    /// Time goes on, for the vault and the chain.
    pub(crate) fn pass(&self, seconds: u64) {
        self.pass_without_blocks(seconds);
        self.chain.lock().time += seconds;
    }

    /// Time goes on, and no block comes.
    pub(crate) fn pass_without_blocks(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.steady.fetch_add(seconds, Ordering::SeqCst);
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
