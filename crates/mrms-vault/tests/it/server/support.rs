//! A vault's server on a free port, and accounts that sign.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mrms_core::{
    Action, ChainId, ContractId, RecordId, Rights, StandardPrincipal, TxId, UnixTime, Version,
};
use mrms_stacks::client::ClientSettings;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_store::{BlobId, BlobPromise, BlobStore, FileStore, UploadLimits, Uploads};
use mrms_vault::client::{HttpVault, RemoteBlobStore};
use mrms_vault::guardian::{ChainView, Guardian, GuardianSettings};
use mrms_vault::protocol::{Header, Hex, Message, Signed, UploadRequest};
use mrms_vault::server::{Backing, PeriodicTask, Server, VaultSettings};
use mrms_vault::testing::FakeChain;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::http::{Answer, Connection, LONGEST_WAIT};

const VAULT: u8 = 200;
/// A record that no test makes.
const NO_RECORD: RecordId = RecordId::new(9_000);
pub(crate) const CHAIN: ChainId = ChainId::EMBEDDED;

pub(crate) const LIMITS: UploadLimits = UploadLimits {
    blob_bytes: 64 << 20,
    owner_bytes: 96 << 20,
    owner_uploads: 4,
    kept_bytes: 128 << 20,
    all_bytes: 1 << 30,
    all_uploads: 200,
    stranger_bytes: 1 << 30,
    stranger_uploads: 200,
    reserve_bytes: 0,
};

/// An account that signs messages.
pub(crate) struct Account {
    pub(crate) key: SigningKey,
    pub(crate) principal: StandardPrincipal,
}

static NONCES: AtomicU64 = AtomicU64::new(1);

impl Account {
    pub(crate) fn new(number: u8) -> Self {
        let key = SigningKey::from_bytes(&[number; 32]).unwrap();
        let principal = key.address(TransactionVersion::Testnet);
        Self { key, principal }
    }

    pub(crate) fn header() -> Header {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&NONCES.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Header { vault: vault_account(), contract: contract(), time: now(), nonce: Hex(nonce) }
    }

    /// For a record that is not there yet.
    pub(crate) fn announce(&self, bytes: &[u8]) -> Signed<UploadRequest> {
        self.announce_as(id_of(bytes), bytes.len() as u64)
    }

    pub(crate) fn announce_as(&self, id: BlobId, length: u64) -> Signed<UploadRequest> {
        self.sign(upload(NO_RECORD, id, length))
    }

    /// For the first version of a record.
    pub(crate) fn announce_for(&self, record: RecordId, bytes: &[u8]) -> Signed<UploadRequest> {
        self.sign(upload(record, id_of(bytes), bytes.len() as u64))
    }

    pub(crate) fn sign<M: Message>(&self, message: M) -> Signed<M> {
        Signed::sign(message, Self::header(), CHAIN, self.principal, &self.key).unwrap()
    }
}

/// The announcement of the first version's ciphertext.
fn upload(record_id: RecordId, id: BlobId, length: u64) -> UploadRequest {
    UploadRequest { sha256: Hex(*id.as_bytes()), length, record_id, version: Version::FIRST }
}

pub(crate) fn vault_account() -> StandardPrincipal {
    Account::new(VAULT).principal
}

pub(crate) fn contract() -> ContractId {
    format!("{}.medical-records-management", Account::new(201).principal).parse().unwrap()
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn id_of(bytes: &[u8]) -> BlobId {
    BlobId::from_bytes(Sha256::digest(bytes).into())
}

/// Bytes that differ with their seed.
pub(crate) fn sample(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u32::from(seed).wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A chain whose newest block is of now.
pub(crate) fn current_chain() -> FakeChain {
    FakeChain::following(|| UnixTime::from_seconds(now()))
}

/// The guardian in a folder.
pub(crate) fn guardian(folder: &Path, chain: &Arc<FakeChain>) -> Guardian {
    let vault = Account::new(VAULT);
    let mut settings = GuardianSettings::new(vault.principal, contract(), CHAIN);
    settings.stranger_requests_per_minute = 100_000;
    let clock = || UnixTime::from_seconds(now());
    let chain: Arc<dyn ChainView> = Arc::clone(chain) as _;
    let rng = Box::new(StdRng::try_from_rng(&mut SysRng).unwrap());
    let folder = folder.join("guardian");
    Guardian::open(&folder, vault.key, chain, Arc::new(clock), rng, settings).unwrap()
}

/// A server on a thread of its own; stopped when this goes.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) store: FileStore,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) chain: Arc<FakeChain>,
    folder: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _temporary: Option<tempfile::TempDir>,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, LIMITS)
    }

    pub(crate) fn with(change: impl FnOnce(&mut VaultSettings), limits: UploadLimits) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut served = Self::on(temporary.path(), change, limits, Vec::new());
        served._temporary = Some(temporary);
        served
    }

    /// Serves what lies in a folder.
    pub(crate) fn on(
        folder: &Path,
        change: impl FnOnce(&mut VaultSettings),
        limits: UploadLimits,
        periodic_tasks: Vec<PeriodicTask>,
    ) -> Self {
        let store = FileStore::open_folder(folder).unwrap();
        let uploads = Arc::new(Uploads::open_folder(&folder.join("uploads"), limits).unwrap());
        let chain = Arc::new(current_chain());
        let mut settings = VaultSettings::default();
        settings.listen.set_port(0);
        change(&mut settings);
        let backing = Backing {
            guardian: Arc::new(guardian(folder, &chain)),
            blobs: Arc::new(store.clone()),
            uploads: Arc::clone(&uploads),
            periodic_tasks,
        };
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(backing, settings).await.unwrap();
                ready.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        let (stop, thread) = (Some(stop), Some(thread));
        Self {
            address,
            store,
            uploads,
            chain,
            folder: folder.to_owned(),
            stop,
            thread,
            _temporary: None,
        }
    }

    /// Makes a record of one version, whose ciphertext may lie with a vault.
    pub(crate) fn create(&self, record: RecordId, patient: &Account, blob: Option<[u8; 32]>) {
        self.chain.lock().create_with(record, patient.principal, blob);
    }

    pub(crate) fn grant(&self, record: RecordId, user: &Account) {
        self.chain.lock().grant(record, user.principal, Rights::READ, None);
    }

    /// An opening of the first version, granted or not: the entry's place, and its transaction.
    pub(crate) fn access(&self, record: RecordId, user: &Account) -> (u64, TxId) {
        let entry = self.chain.lock().enter(record, Action::Access, user.principal, 1);
        (entry.index, entry.txid)
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.connect().request("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, message: &impl serde::Serialize) -> Answer {
        self.connect().request("POST", path, &[], &serde_json::to_vec(message).unwrap())
    }

    /// Announces bytes that must be taken: the path to send them to.
    pub(crate) fn begin(&self, account: &Account, bytes: &[u8]) -> String {
        let answer = self.post("/v1/uploads", &account.announce(bytes));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let upload = answer.json()["upload"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location"), Some(format!("/v1/uploads/{upload}").as_str()));
        format!("/v1/uploads/{upload}")
    }

    /// How many bytes of an upload are here.
    pub(crate) fn offset(&self, upload: &str) -> usize {
        let answer = self.connect().request("HEAD", upload, &[], b"");
        assert_eq!(answer.status, 204);
        answer.header("upload-offset").unwrap().parse().unwrap()
    }

    pub(crate) fn patch(&self, upload: &str, offset: usize, bytes: &[u8]) -> Answer {
        let offset = offset.to_string();
        self.connect().request("PATCH", upload, &[("Upload-Offset", &offset)], bytes)
    }

    /// A client as the program has it, over this address or that of something in between.
    pub(crate) fn remote(&self, address: SocketAddr, account: u8) -> RemoteBlobStore {
        self.remote_for(address, account, NO_RECORD)
    }

    /// The same, to bring the ciphertext of this record's first version.
    pub(crate) fn remote_for(
        &self,
        address: SocketAddr,
        account: u8,
        record: RecordId,
    ) -> RemoteBlobStore {
        let settings = ClientSettings {
            timeout: Duration::from_secs(20),
            pause: Duration::from_millis(10),
            ..ClientSettings::default()
        };
        let vault = Arc::new(HttpVault::new(&format!("http://{address}"), settings).unwrap());
        let staging = self.folder.join(format!("staging-{account}"));
        let staging = Arc::new(FileStore::open_folder(&staging).unwrap());
        let authorise = move |BlobPromise { id, length }| {
            let account = Account::new(account);
            let request = upload(record, id, length);
            Signed::sign(request, Account::header(), CHAIN, account.principal, &account.key)
        };
        RemoteBlobStore::new(vault, staging).bringing(Arc::new(authorise))
    }

    /// Asks the server to stop, without waiting for it.
    pub(crate) fn begin_stop(&mut self) {
        self.stop = None;
    }

    pub(crate) fn stop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

/// Puts bytes into a store at once.
pub(crate) fn put(store: &dyn BlobStore, bytes: &[u8]) -> BlobId {
    let mut writer = store.writer().unwrap();
    writer.write_all(bytes).unwrap();
    writer.commit().unwrap().0
}

/// Asks again until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < LONGEST_WAIT, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
