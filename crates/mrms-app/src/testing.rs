//! Fakes for tests: a ledger in memory that answers from a script, vaults that nobody can reach, a
//! person with keys, and a session with all of them.
//!
//! Behind the feature `testing`, which nothing that is shipped turns on. The contract does not run
//! here: a test says what it answers.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mrms_contract::Read;
use mrms_core::{
    BlockHeight, BurnHeight, ContractId, MicroStx, Nonce, StandardPrincipal, TxId, UnixTime,
};
use mrms_crypto::{IdentityIndex, Keyring, Words};
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Transaction, Unsigned};
use mrms_store::{BlobStore as _, BlobWriter, MemoryStore, StoreError};
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, LogPage, LogRequest, MemberNotesRequest, ReaderNote, ReaderNoteKept,
    ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest, Release, ReleaseRequest,
    SaltDeposit, SaltRelease, SaltRequest, Signed, UploadAnswer, UploadRequest, VaultCard,
    VaultReceipt,
};
use mrms_vault::{Vault, VaultError};
use rand_core::CryptoRng;
use tempfile::TempDir;

use crate::ledger::{
    Account, Block, Cost, Deployed, GoingFirst, IncludedCall, Ledger, LedgerError, PrintedEvent,
    Receipt, Rivals, Status, Tip,
};
use crate::profile::ProfileFolder;
use crate::sending::outcome::Resumed;
use crate::session::ciphertexts::{CiphertextOf, Ciphertexts};
use crate::session::vaults::{Member, Vaults};
use crate::session::{Actor, Sending, Session};

/// A ledger in memory. It answers what a test has told it to, puts every transaction into a block of
/// its own, and remembers what it was asked.
#[derive(Default)]
pub struct FakeLedger {
    script: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    /// Answers to read-only calls, by function and arguments.
    answers: BTreeMap<String, Value>,
    /// What transactions return, in order.
    results: VecDeque<Value>,
    requests: Vec<String>,
    /// Transactions that were submitted.
    submitted: Vec<Transaction>,
    /// The receipts of those that stand in a block.
    receipts: BTreeMap<TxId, Receipt>,
    /// What the contract printed, with its burn height.
    printed: Vec<(BurnHeight, PrintedEvent)>,
    /// Calls that the contract refused.
    refused: Vec<IncludedCall>,
    /// How many of the refused calls concerned who asked last.
    concerned: usize,
    /// Transactions that wait for a block, by nonce; `None` where each gets a block at once.
    waiting: Option<BTreeMap<u64, Transaction>>,
    /// Whether a block comes just before the next transactions.
    block_first: bool,
    /// Whether the next transactions are refused.
    rejects: bool,
    /// What the person was told.
    told: Vec<String>,
    /// Whether the account is not told, and the next nonce that others tell then.
    untold: Option<Option<Nonce>>,
    /// Of which network it is, and its first block; `None` for an embedded one without a name.
    of: Option<(Network, String)>,
}

impl FakeLedger {
    /// The burn height of every block.
    pub const BURN_HEIGHT: BurnHeight = BurnHeight::new(1_000);
    /// The fee of every transaction.
    pub const FEE: MicroStx = MicroStx::new(200);

    /// What a read-only call answers from now on.
    pub fn answer<T>(&self, read: &Read<T>, value: Value) {
        self.script().answers.insert(key(read.function, &read.arguments), value);
    }

    /// What the next transaction that has no result yet returns: `(ok …)` or `(err …)`.
    pub fn result(&self, value: Value) {
        self.script().results.push_back(value);
    }

    /// Something that the contract printed at a burn height.
    pub fn print(&self, height: BurnHeight, event: PrintedEvent) {
        self.script().printed.push((height, event));
    }

    /// From now on blocks come when [`Self::mine`] is called, and of two transactions with one nonce the one that pays more
    /// waits for it.
    pub fn hold(&self) {
        self.script().waiting.get_or_insert_default();
    }

    /// Makes a block of all that waits, in the order of the nonces.
    pub fn mine(&self) {
        self.script().mine();
    }

    /// Makes a block just before the next transactions arrive.
    pub fn mine_before_next(&self) {
        self.script().block_first = true;
    }

    /// Puts a transaction into a block of its own, as another node does that had it.
    pub fn include(&self, bytes: &[u8]) {
        if let Ok(transaction) = Transaction::decode(bytes) {
            let mut script = self.script();
            let nonce = transaction.authorization().origin().nonce.number();
            script.waiting.get_or_insert_default().remove(&nonce);
            script.include(transaction, Value::ok(Value::Bool(true)));
        }
    }

    /// Takes away what waits, as a node does that forgets its mempool.
    pub fn take_waiting(&self) -> BTreeMap<u64, Transaction> {
        std::mem::take(self.script().waiting.get_or_insert_default())
    }

    /// Puts back what was taken away.
    pub fn put_waiting(&self, waiting: BTreeMap<u64, Transaction>) {
        self.script().waiting = Some(waiting);
    }

    /// Refuses the next transactions for good.
    pub fn reject_next(&self) {
        self.script().rejects = true;
    }

    /// From now on the account can't be asked; others tell this next nonce of it, if any.
    pub fn untell_account(&self, others: Option<Nonce>) {
        self.script().untold = Some(others);
    }

    /// It is of this network, which began with this block.
    pub fn is_of(&self, network: Network, genesis: &str) {
        self.script().of = Some((network, genesis.to_owned()));
    }

    /// A call that the contract refused.
    pub fn refuse(&self, call: IncludedCall) {
        self.script().refused.push(call);
    }

    /// How many of the refused calls concerned who last asked for them.
    pub fn concerned(&self) -> usize {
        self.script().concerned
    }

    /// What was asked since this was last called, in order: `tip`, `account`, `fee`, `submit`,
    /// `receipt`, `printed_at`, `failed_calls`, or the name of a function that was read or tried.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.script().requests)
    }

    /// What the person was told since this was last called.
    pub fn take_told(&self) -> Vec<String> {
        std::mem::take(&mut self.script().told)
    }

    /// From now on a transaction has this receipt, or stands in no block.
    pub fn remine(&self, txid: TxId, receipt: Option<Receipt>) {
        let mut script = self.script();
        match receipt {
            Some(receipt) => script.receipts.insert(txid, receipt),
            None => script.receipts.remove(&txid),
        };
    }

    /// The transactions that were submitted, in order.
    pub fn submitted(&self) -> Vec<Transaction> {
        self.script().submitted.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, request: &str) -> MutexGuard<'_, Script> {
        let mut script = self.script();
        script.requests.push(request.to_owned());
        script
    }
}

impl Script {
    fn mine(&mut self) {
        for (_, transaction) in std::mem::take(self.waiting.get_or_insert_default()) {
            let result = self.results.pop_front().unwrap_or_else(|| Value::ok(Value::Bool(true)));
            self.include(transaction, result);
        }
    }

    fn include(&mut self, transaction: Transaction, result: Value) -> Receipt {
        let txid = transaction.txid();
        self.submitted.push(transaction);
        let receipt = Receipt {
            txid,
            status: match result {
                Value::Err(_) => Status::AbortedByResponse,
                _ => Status::Success,
            },
            result,
            block_height: BlockHeight::new(self.submitted.len() as u64),
            burn_height: FakeLedger::BURN_HEIGHT,
            time: UnixTime::from_seconds(1_800_000_000),
        };
        self.receipts.insert(txid, receipt.clone());
        receipt
    }

    /// Takes transactions among those that wait, as a node's mempool does.
    fn queue(&mut self, transactions: Vec<Transaction>) {
        if std::mem::take(&mut self.block_first) {
            self.mine();
        }
        for transaction in transactions {
            let nonce = transaction.authorization().origin().nonce.number();
            let is_used = self
                .submitted
                .iter()
                .any(|one| one.authorization().origin().nonce.number() == nonce);
            let waiting = self.waiting.get_or_insert_default();
            if !is_used && waiting.get(&nonce).is_none_or(|other| other.fee() < transaction.fee()) {
                waiting.insert(nonce, transaction);
            }
        }
    }

    /// The receipts of these, or of rivals in their place.
    fn receipts(
        &self,
        transactions: &[Transaction],
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let nonce = |one: &Transaction| one.authorization().origin().nonce;
        let mut found = Vec::new();
        for transaction in transactions {
            let same =
                rivals.transactions.iter().filter(|rival| nonce(rival) == nonce(transaction));
            let all = [transaction].into_iter().chain(same);
            let txid = transaction.txid();
            let receipt = all.filter_map(|one| self.receipts.get(&one.txid())).next();
            let receipt = receipt.ok_or(LedgerError::Pending { txid })?;
            found.push(receipt.clone());
            if receipt.txid != txid && found.len() <= rivals.own {
                break;
            }
        }
        Ok(found)
    }
}

fn decoded(transactions: &[Vec<u8>]) -> Result<Vec<Transaction>, LedgerError> {
    let decode = |bytes: &Vec<u8>| {
        let decoded = Transaction::decode(bytes);
        decoded.map_err(|error| LedgerError::Rejected { reason: error.to_string() })
    };
    transactions.iter().map(decode).collect()
}

fn key(function: &str, arguments: &[Value]) -> String {
    let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    format!("({function} {})", arguments.join(" "))
}

/// What this fake does not know.
fn unknown(what: impl fmt::Display) -> LedgerError {
    LedgerError::Call { reason: format!("the fake ledger was not told about {what}") }
}

impl Ledger for FakeLedger {
    fn network(&self) -> Network {
        self.script().of.as_ref().map_or(Network::EMBEDDED, |(network, _)| *network)
    }

    fn name(&self) -> &str {
        "fake ledger"
    }

    fn genesis(&self) -> Option<String> {
        self.script().of.as_ref().map(|(_, genesis)| genesis.clone())
    }

    fn tip(&self) -> Result<Tip, LedgerError> {
        let height = self.note("tip").submitted.len() as u64;
        Ok(Tip {
            block_height: BlockHeight::new(height),
            burn_height: Self::BURN_HEIGHT,
            burn_began: None,
            time: UnixTime::from_seconds(1_800_000_000),
        })
    }

    fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerError> {
        let newest = self.note("block").submitted.len() as u64;
        let mut id = [0; 32];
        id[..8].copy_from_slice(&height.number().to_be_bytes());
        let block = Block { height, id, burn_height: Self::BURN_HEIGHT };
        Ok((height.number() <= newest).then_some(block))
    }

    fn account(&self, account: &StandardPrincipal) -> Result<Account, LedgerError> {
        let script = self.note("account");
        if script.untold.is_some() {
            return Err(unknown(account));
        }
        let own = script.submitted.iter().filter(|one| one.origin() == *account).count() as u64;
        Ok(Account {
            nonce: Nonce::new(own),
            missing: Vec::new(),
            balance: MicroStx::new(1_000_000),
        })
    }

    fn nonce_of_others(&self, _: &StandardPrincipal) -> Option<Nonce> {
        self.script().untold.flatten()
    }

    fn nonce_is_unsure(&self, nonce: Nonce) {
        self.script().told.push(format!("nonce {} is unsure", nonce.number()));
    }

    fn fee(&self, _: &Unsigned) -> Result<MicroStx, LedgerError> {
        drop(self.note("fee"));
        Ok(Self::FEE)
    }

    fn submit(
        &self,
        transactions: &[Vec<u8>],
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        self.submit_over(transactions, &Rivals::NONE, handed_over)
    }

    fn submit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        let mut script = self.note("submit");
        handed_over();
        let transactions = decoded(transactions)?;
        if std::mem::take(&mut script.rejects) {
            return Err(LedgerError::Rejected { reason: "a test says so".to_owned() });
        }
        if script.waiting.is_some() {
            script.queue(transactions.clone());
            return script.receipts(&transactions, rivals);
        }
        let mut receipts = Vec::new();
        for transaction in transactions {
            let result = script.results.pop_front();
            let result =
                result.ok_or_else(|| unknown(format!("a result for {}", transaction.txid())))?;
            receipts.push(script.include(transaction, result));
        }
        Ok(receipts)
    }

    fn resubmit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        self.submit_over(transactions, rivals, &|| {})
    }

    fn going_first(&self, going: &GoingFirst<'_>) {
        let displaces = going.displaces.join(", ");
        self.script().told.push(format!("{} instead of {displaces} for {}", going.what, going.fee));
    }

    fn became(&self, what: &Resumed) {
        self.script().told.push(format!("{}: {:?}", what.description, what.ending));
    }

    fn receipt(&self, txid: &TxId) -> Result<Option<Receipt>, LedgerError> {
        Ok(self.note("receipt").receipts.get(txid).cloned())
    }

    fn included(&self, txid: &TxId) -> Result<Option<IncludedCall>, LedgerError> {
        Err(unknown(txid))
    }

    fn call_read_only(
        &self,
        _: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let call = key(function, arguments);
        self.note(function).answers.get(&call).cloned().ok_or_else(|| unknown(call))
    }

    fn deployed(&self, contract: &ContractId) -> Result<Option<Deployed>, LedgerError> {
        Err(unknown(contract))
    }

    fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, LedgerError> {
        Err(unknown(contract))
    }

    fn printed_at(
        &self,
        _: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        let script = self.note("printed_at");
        let at = script.printed.iter().filter(|(printed, _)| *printed == height);
        let at = at.filter(|(_, event)| concerns(&event.value));
        Ok(at.map(|(_, event)| event.clone()).collect())
    }

    fn failed_calls(
        &self,
        _: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        let mut script = self.note("failed_calls");
        let mut found = script.refused.clone();
        found.retain(|call| call.may_concern(may_concern));
        script.concerned = found.len();
        Ok(found)
    }

    fn simulate(
        &self,
        _: &ContractId,
        _: &StandardPrincipal,
        function: &str,
        _: &[Value],
    ) -> Result<(Value, Cost), LedgerError> {
        let cost =
            Cost { runtime: 1, read_count: 1, read_length: 1, write_count: 1, write_length: 1 };
        let result = self.note(function).results.front().cloned();
        result.map(|value| (value, cost)).ok_or_else(|| unknown(function))
    }
}

/// All that a session needs, in memory and in a temporary folder.
pub struct Fakes {
    /// The ledger.
    pub ledger: FakeLedger,
    /// Ciphertext beyond the inline limit.
    pub blobs: MemoryStore,
    /// One vault, which nobody can reach.
    pub vaults: Vaults,
    /// The contract's id; no contract runs.
    pub contract: ContractId,
    /// An empty profile.
    pub profile: ProfileFolder,
    _folder: TempDir,
}

impl Fakes {
    /// Fresh fakes, with a contract under this account.
    ///
    /// # Errors
    ///
    /// What the system says when the folder can't be made.
    pub fn new(deployer: StandardPrincipal) -> io::Result<Self> {
        let Ok(name) = mrms_contract::NAME.parse() else {
            unreachable!("the contract's own name is one")
        };
        let folder = tempfile::tempdir()?;
        Ok(Self {
            ledger: FakeLedger::default(),
            blobs: MemoryStore::default(),
            vaults: unreachable_vaults(),
            contract: ContractId { deployer, name },
            profile: ProfileFolder::new(folder.path()),
            _folder: folder,
        })
    }

    /// A session with them.
    pub fn session(&self, sending: Sending) -> Session<'_> {
        Session {
            ledger: &self.ledger,
            contract: &self.contract,
            blobs: &self.blobs,
            vaults: &self.vaults,
            profile: &self.profile,
            sending,
            begins: &[],
        }
    }
}

impl Ciphertexts for MemoryStore {
    fn writer_of(&self, _: &Actor, _: CiphertextOf) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.writer()
    }
}

/// One vault, which nobody can reach.
fn unreachable_vaults() -> Vaults {
    let member = Member::new("the vault".to_owned(), Box::new(UnreachableVault));
    let vaults = Vaults::new(vec![member], 1, || UnixTime::from_seconds(1_800_000_000));
    vaults.unwrap_or_else(|| unreachable!("1 of 1 is a threshold"))
}

struct UnreachableVault;

fn unreachable_now<T>() -> Result<T, VaultError> {
    Err(VaultError::Unreachable { reason: "this test has none".to_owned() })
}

impl Vault for UnreachableVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        unreachable_now()
    }

    fn deposit(&self, _: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        unreachable_now()
    }

    fn deposit_salt(&self, _: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError> {
        unreachable_now()
    }

    fn release(&self, _: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        unreachable_now()
    }

    fn release_salt(&self, _: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        unreachable_now()
    }

    fn leave_reader_note(&self, _: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError> {
        unreachable_now()
    }

    fn reader_notes(&self, _: &Signed<ReaderNotesRequest>) -> Result<ReaderNotes, VaultError> {
        unreachable_now()
    }

    fn member_notes(&self, _: &Signed<MemberNotesRequest>) -> Result<ReaderNotes, VaultError> {
        unreachable_now()
    }

    fn announce(&self, _: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError> {
        unreachable_now()
    }

    fn erase(&self, _: &Signed<Erasure>) -> Result<Erased, VaultError> {
        unreachable_now()
    }

    fn log(&self, _: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        unreachable_now()
    }

    fn record_lines(&self, _: &Signed<RecordLinesRequest>) -> Result<RecordLines, VaultError> {
        unreachable_now()
    }
}

/// Somebody with fresh words, on the network of [`FakeLedger`].
pub fn actor(rng: &mut dyn CryptoRng) -> Actor {
    let keyring = Keyring::from_words(&Words::generate(rng));
    let key = keyring.stacks_secret_key().ok();
    let key = key.and_then(|secret| SigningKey::from_bytes(secret.expose_bytes()).ok());
    let Some(key) = key else { unreachable!("practically every 24 words have an account") };
    let principal = key.address(Network::EMBEDDED.version);
    Actor { principal, key, keyring, identity: IdentityIndex::FIRST }
}

/// A Clarity tuple of these fields.
pub fn tuple<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    let fields = fields.map(|(name, value)| (ClarityName::literal(name), value));
    Value::tuple(fields).unwrap_or_else(|_| unreachable!("no test names a field twice"))
}
