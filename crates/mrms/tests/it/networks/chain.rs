//! A chain with the id of the Stacks testnet, whose blocks can be asked for, and for the state that each of them left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use mrms_core::{MicroStx, Nonce, Principal, StandardPrincipal};
use mrms_node::chain::{
    self, Allocation, BlockHeight, Ledger, LedgerFailure, Settings, SnapshotId, SourceHash,
    StoredTransaction,
};
use mrms_node::rpc::{RpcSettings, Server};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Memo, Terms, Transaction};
use sha2::{Digest as _, Sha512_256};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A block as a test needs it.
pub(super) struct Block {
    pub(super) id: [u8; 32],
    pub(super) parent: [u8; 32],
    pub(super) burn_height: u64,
    pub(super) time: u64,
    pub(super) transactions: Vec<StoredTransaction>,
}

/// A ledger that answers over HTTP until it is dropped.
struct Served {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(ledger: Ledger) -> Self {
        Self::observed_by(ledger, &[])
    }

    /// The same, telling these observers of its blocks.
    fn observed_by(ledger: Ledger, observers: &[&str]) -> Self {
        let observers: Vec<_> = observers.iter().map(|url| url.parse().unwrap()).collect();
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut settings = RpcSettings::default();
                settings.listen.set_port(0);
                settings.observers = observers;
                let server = Server::bind(ledger, settings).await.unwrap();
                ready.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let url = format!("http://{}", address.recv().unwrap());
        Self { url, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().map(JoinHandle::join);
    }
}

pub(crate) struct TestChain {
    ledger: Ledger,
    served: Served,
    /// The state after each block that a transaction made, as copies of the ledger; served when asked for.
    states: Mutex<BTreeMap<u32, (PathBuf, Option<Served>)>>,
    /// Nodes on other branches.
    branches: Mutex<Vec<Served>>,
    bank_nonce: Mutex<u64>,
    folder: TempDir,
}

fn bank() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).unwrap()
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.chain_id = Network::TESTNET.chain_id.number();
    settings.pinned = vec![SourceHash::of(mrms_contract::SOURCE)];
    let account = bank().address(Network::TESTNET.version).to_string();
    settings.allocations = vec![Allocation {
        account: chain::Principal::parse(&account).unwrap(),
        amount: chain::MicroStx::new(1_000_000_000_000_000),
    }];
    settings
}

impl TestChain {
    pub(super) fn new() -> Self {
        Self::observed_by(&[])
    }

    /// The same, telling these observers of its blocks.
    pub(super) fn observed_by(observers: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("chain"), settings()).unwrap();
        let served = Served::observed_by(ledger.clone(), observers);
        let chain = Self {
            ledger,
            served,
            states: Mutex::default(),
            branches: Mutex::default(),
            bank_nonce: Mutex::new(0),
            folder,
        };
        chain.keep_state();
        chain
    }

    pub(super) fn url(&self) -> &str {
        &self.served.url
    }

    /// Lets burn blocks pass.
    pub(crate) fn advance(&self, blocks: u64) {
        self.ledger.advance(blocks).unwrap();
        self.keep_state();
    }

    /// Gives an account a thousand STX.
    pub(crate) fn fund(&self, account: &str) {
        let to: StandardPrincipal = account.parse().unwrap();
        let amount = MicroStx::new(1_000_000_000);
        let transfer = Transaction::token_transfer(Principal::from(to), amount, Memo::EMPTY);
        let mut nonce = self.bank_nonce.lock().unwrap();
        let fee = MicroStx::new(1_000);
        let terms = Terms { network: Network::TESTNET, nonce: Nonce::new(*nonce), fee };
        *nonce += 1;
        self.ledger.submit(&transfer.sign(&bank(), terms).unwrap().encode()).unwrap();
        self.keep_state();
    }

    /// Puts a signed transaction into a block of its own.
    pub(super) fn include(&self, bytes: &[u8]) {
        self.ledger.submit(bytes).unwrap();
        self.keep_state();
    }

    /// The burn height of the newest block.
    pub(crate) fn burn_height(&self) -> u64 {
        self.block(self.tip()).unwrap().burn_height
    }

    /// How many transactions it has, without those that gave people money.
    pub(crate) fn transactions_of_people(&self) -> u64 {
        let heights = 0..=self.tip();
        let all: usize = heights.map(|at| self.block(at).unwrap().transactions.len()).sum();
        all as u64 - *self.bank_nonce.lock().unwrap()
    }

    pub(super) fn tip(&self) -> u32 {
        self.ledger.read(|snapshot| Ok::<_, LedgerFailure>(snapshot.tip()?.height.get())).unwrap()
    }

    /// The id that a Stacks block with this hash has; the consensus hash of `/v2/info` is all zeros here.
    fn id_of(hash: &[u8; 32]) -> [u8; 32] {
        Sha512_256::new().chain_update(hash).chain_update([0; 20]).finalize().into()
    }

    pub(super) fn block(&self, height: u32) -> Option<Block> {
        let read = self.ledger.read(move |snapshot| {
            let Some(block) = snapshot.block(BlockHeight::new(height))? else { return Ok(None) };
            let find = |txid| snapshot.transaction(txid).map(|found| found.unwrap());
            let transactions: Result<Vec<_>, LedgerFailure> =
                block.transactions.iter().map(find).collect();
            Ok::<_, LedgerFailure>(Some((block.hash, block.header, transactions?)))
        });
        let (hash, header, transactions) = read.unwrap()?;
        Some(Block {
            id: Self::id_of(hash.as_bytes()),
            parent: Self::id_of(header.parent.as_bytes()),
            burn_height: header.burn_height.get().into(),
            time: header.time.get(),
            transactions,
        })
    }

    /// A place on the chain to which [`Self::fork_at`] goes back.
    pub(super) fn place(&self) -> SnapshotId {
        self.ledger.save_snapshot().unwrap()
    }

    /// The network drops the blocks above a place, as after a fork of Bitcoin, and goes on with others.
    pub(super) fn fork_at(&self, place: &SnapshotId) {
        self.ledger.revert(place).unwrap();
        let tip = self.tip();
        self.states.lock().unwrap().retain(|height, _| *height <= tip);
        self.keep_state();
        self.advance(12);
        self.go_on();
    }

    /// The same, and what the dropped blocks had is mined again: each transaction in a block of its own, the last one first.
    pub(super) fn fork_and_mine_again(&self, place: &SnapshotId, height: u32) {
        let of = |at| self.block(at).unwrap().transactions;
        let dropped: Vec<_> = (height + 1..=self.tip()).flat_map(of).collect();
        self.fork_at(place);
        for stored in dropped.iter().rev() {
            self.include(&stored.raw);
        }
        self.go_on();
    }

    /// The height of the block with this id.
    pub(super) fn height_of(&self, id: &str) -> Option<u32> {
        let has =
            |height: &u32| self.block(*height).is_some_and(|block| hex::encode(block.id) == id);
        (0..=self.tip()).rev().find(has)
    }

    /// Makes as many blocks on top of the newest as a vault waits for: a network's blocks go on.
    pub(super) fn go_on(&self) {
        for _ in 0..3 {
            self.ledger.advance(1).unwrap();
            self.ledger.mine(&[]).unwrap();
        }
    }

    /// The address of a node on another branch: it knows the chain up to a height, and has so many other blocks above.
    pub(super) fn branch_at(&self, height: u32, blocks: u64) -> String {
        let folder = {
            let states = self.states.lock().unwrap();
            let (_, (folder, _)) = states.range(..=height).next_back().unwrap();
            let target = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
            chain::copy(folder, &target).unwrap();
            target
        };
        let ledger = Ledger::open(&folder, settings()).unwrap();
        for _ in 0..blocks {
            ledger.mine(&[]).unwrap();
        }
        let served = Served::new(ledger);
        let url = served.url.clone();
        self.branches.lock().unwrap().push(served);
        url
    }

    /// Keeps the state that the newest block left.
    pub(super) fn keep_state(&self) {
        let mut states = self.states.lock().unwrap();
        let height = self.tip();
        states.entry(height).or_insert_with(|| {
            let target = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
            chain::copy(&self.folder.path().join("chain"), &target).unwrap();
            (target, None)
        });
    }

    /// The address of a node that knows the chain up to a block only.
    pub(super) fn state_at(&self, height: u32) -> Option<String> {
        let mut states = self.states.lock().unwrap();
        // Between two kept ones nothing changed.
        let (_, (folder, served)) = states.range_mut(..=height).next_back()?;
        let open = |folder: &Path| Served::new(Ledger::open(folder, settings()).unwrap());
        Some(served.get_or_insert_with(|| open(folder)).url.clone())
    }
}
