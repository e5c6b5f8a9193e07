//! A ledger in a temporary folder, a clock that tests set, accounts that sign.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mrms_node::chain::wire::{
    AnchorMode, Authorization, ClarityVersionByte, Payload, PostCondition, PostConditionMode,
    SigningKey, SpendingCondition, Transaction, TransactionVersion, Witness,
};
use mrms_node::chain::{
    Account, Allocation, Block, BlockHeight, Clock, ContractId, ContractRecord, DEFAULT_CHAIN_ID,
    Included, Ledger, LedgerFailure, MicroStx, Principal, ReadError, ReadSnapshot, Rejection,
    Settings, StoredTransaction, SubmitError, Tip, TxId, UnixTime,
};
use tempfile::TempDir;

pub(crate) const GENESIS: u64 = 1_750_000_000;
/// A contract that counts, refuses zero and prints.
pub(crate) const COUNTER: &str = r#"
(define-constant ERR_ZERO (err u100))
(define-constant STEP u1)
(define-data-var count uint u0)
(define-map seen principal uint)
(define-private (bump (n uint)) (var-set count (+ (var-get count) n)))
(define-public (add (n uint))
  (begin
    (asserts! (> n u0) ERR_ZERO)
    (bump n)
    (map-set seen tx-sender n)
    (print { topic: "add", n: n })
    (ok (var-get count))))
(define-public (add-then-fail (n uint))
  (begin (bump n) (print "lost") (err (var-get count))))
(define-public (divide (n uint)) (begin (bump n) (ok (/ n u0))))
(define-read-only (get-count) (var-get count))
(define-read-only (get-burn) burn-block-height)
(define-public (store-burn) (begin (var-set count burn-block-height) (ok burn-block-height)))
"#;

/// Takes a ledger's file back to the format before rows had check sums.
pub(crate) const WITHOUT_SUMS: &str =
    "ALTER TABLE blocks DROP COLUMN state_total; ALTER TABLE blocks DROP COLUMN sum;
     ALTER TABLE operations DROP COLUMN sum; ALTER TABLE transactions DROP COLUMN sum;
     ALTER TABLE contracts DROP COLUMN sum; ALTER TABLE contract_metadata DROP COLUMN sum;
     ALTER TABLE state DROP COLUMN sum; PRAGMA user_version = 2";

pub(crate) const RICH: u128 = 1_000_000_000_000;

/// A clock that stands still until a test sets it.
pub(crate) struct HandClock(AtomicU64);

impl HandClock {
    pub(crate) fn new(seconds: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixTime {
        UnixTime::new(self.0.load(Ordering::SeqCst))
    }
}

/// An account that signs transactions and counts its nonces.
pub(crate) struct Actor {
    pub(crate) key: SigningKey,
    pub(crate) principal: Principal,
    pub(crate) nonce: u64,
}

impl Actor {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes([seed; 32]).unwrap();
        let principal = key.account().unwrap();
        Self { key, principal, nonce: 0 }
    }

    pub(crate) fn unsigned(&self, payload: Payload) -> Transaction {
        Transaction {
            version: TransactionVersion::Testnet,
            chain_id: DEFAULT_CHAIN_ID,
            authorization: Authorization::Standard { origin: condition(self.nonce, 0) },
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Allow,
            post_conditions: Vec::new(),
            payload,
        }
    }

    /// Signs with the minimum fee and goes on to the next nonce.
    pub(crate) fn sign(&mut self, payload: Payload) -> Vec<u8> {
        let transaction = self.unsigned(payload);
        self.finish(transaction)
    }

    pub(crate) fn sign_with(
        &mut self,
        payload: Payload,
        mode: PostConditionMode,
        post_conditions: Vec<PostCondition>,
    ) -> Vec<u8> {
        let transaction =
            Transaction { post_condition_mode: mode, post_conditions, ..self.unsigned(payload) };
        self.finish(transaction)
    }

    pub(crate) fn finish(&mut self, mut transaction: Transaction) -> Vec<u8> {
        let fee = transaction.encode().len() as u64;
        let Authorization::Standard { origin } = &mut transaction.authorization else {
            panic!("standard")
        };
        origin.fee = fee;
        transaction.sign_as_origin(&self.key).unwrap();
        self.nonce += 1;
        transaction.encode()
    }

    pub(crate) fn contract(&self, name: &str) -> ContractId {
        ContractId::parse(&format!("{}.{name}", self.principal)).unwrap()
    }

    pub(crate) fn deploy(&mut self, name: &str, source: &str) -> Vec<u8> {
        self.sign(Payload::Deploy {
            name: name.to_owned(),
            source: source.to_owned(),
            version: Some(ClarityVersionByte::try_new(2).unwrap()),
        })
    }

    pub(crate) fn call(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
    ) -> Vec<u8> {
        self.sign(call(contract, function, arguments))
    }

    pub(crate) fn transfer(&mut self, recipient: &Principal, amount: u64) -> Vec<u8> {
        self.sign(transfer(recipient, amount))
    }
}

pub(crate) fn condition(nonce: u64, fee: u64) -> SpendingCondition {
    SpendingCondition { signer: [0; 20], nonce, fee, witness: Witness::unsigned() }
}

pub(crate) fn call(contract: &ContractId, function: &str, arguments: &[Vec<u8>]) -> Payload {
    Payload::Call {
        contract: contract.clone(),
        function: function.to_owned(),
        arguments: arguments.to_vec(),
    }
}

pub(crate) fn transfer(recipient: &Principal, amount: u64) -> Payload {
    Payload::Transfer { recipient: recipient.clone(), amount, memo: [0; 34] }
}

/// Decodes hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "no text here has a leading 0x")]
pub(crate) fn from_hex(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}

/// `(uint)` in consensus encoding.
pub(crate) fn uint(number: u128) -> Vec<u8> {
    [&[1][..], &number.to_be_bytes()].concat()
}

/// `(buff)` in consensus encoding.
pub(crate) fn buffer(bytes: &[u8]) -> Vec<u8> {
    [&[2][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// A principal in consensus encoding.
pub(crate) fn principal(principal: &Principal) -> Vec<u8> {
    // The bytes of an address are those of a transfer's recipient.
    let text = principal.to_string();
    let (address, name) = match text.split_once('.') {
        Some((address, name)) => (address.to_owned(), Some(name.to_owned())),
        None => (text, None),
    };
    let recipient = Principal::parse(&address).unwrap();
    let transaction = Actor::new(1).unsigned(transfer(&recipient, 1)).encode();
    let place = transaction.len() - 34 - 8 - 21;
    let address = &transaction[place..place + 21];
    match name {
        None => [&[5], address].concat(),
        Some(name) => [&[6], address, &[name.len() as u8], name.as_bytes()].concat(),
    }
}

/// `(ok value)` in consensus encoding.
pub(crate) fn ok(value: &[u8]) -> Vec<u8> {
    [&[7], value].concat()
}

/// `(err value)` in consensus encoding.
pub(crate) fn err(value: &[u8]) -> Vec<u8> {
    [&[8], value].concat()
}

/// A ledger with two rich accounts, in a temporary folder.
pub(crate) struct Bench {
    pub(crate) ledger: Option<Ledger>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) settings: Settings,
    pub(crate) alice: Actor,
    pub(crate) bob: Actor,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let clock = HandClock::new(GENESIS);
        let (alice, bob) = (Actor::new(1), Actor::new(2));
        let mut settings = Settings::default();
        settings.clock = Arc::<HandClock>::clone(&clock);
        settings.lock_wait = Duration::from_millis(50);
        settings.allocations = [&alice, &bob]
            .map(|actor| Allocation {
                account: actor.principal.clone(),
                amount: MicroStx::new(RICH),
            })
            .to_vec();
        // Steps decide what a contract may do, so that a busy machine changes nothing.
        settings.foreign_time = Duration::from_secs(30);
        settings.question_time = Duration::from_secs(60);
        change(&mut settings);
        let folder = TempDir::new().unwrap();
        let ledger = Ledger::open(folder.path(), settings.clone()).unwrap();
        Self { ledger: Some(ledger), clock, settings, alice, bob, folder }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// Closes the ledger and opens it again.
    pub(crate) fn restart(&mut self) {
        self.ledger = None;
        self.ledger = Some(Ledger::open(self.folder.path(), self.settings.clone()).unwrap());
    }

    pub(crate) fn submit(&self, transaction: &[u8]) -> Included {
        self.ledger().submit(transaction).unwrap()
    }

    pub(crate) fn rejection(&self, transaction: &[u8]) -> Rejection {
        match self.ledger().submit(transaction) {
            Err(SubmitError::Rejected { rejection, .. }) => *rejection,
            other => panic!("not rejected: {other:?}"),
        }
    }

    /// Reads from the ledger; the read must succeed.
    pub(crate) fn read<T: Send + 'static, E>(
        &self,
        read: impl FnOnce(&mut ReadSnapshot<'_>) -> Result<T, E> + Send + 'static,
    ) -> T
    where
        E: From<LedgerFailure> + std::fmt::Debug + Send + 'static,
    {
        self.ledger().read(read).unwrap()
    }

    pub(crate) fn tip(&self) -> Tip {
        self.read(|snapshot| snapshot.tip())
    }

    pub(crate) fn block(&self, height: BlockHeight) -> Option<Block> {
        self.read(move |snapshot| snapshot.block(height))
    }

    pub(crate) fn transaction(&self, txid: &TxId) -> Option<StoredTransaction> {
        let txid = *txid;
        self.read(move |snapshot| snapshot.transaction(&txid))
    }

    pub(crate) fn account(&self, principal: &Principal) -> Account {
        let principal = principal.clone();
        self.read(move |snapshot| snapshot.account(&principal))
    }

    pub(crate) fn balance(&self, principal: &Principal) -> u128 {
        self.account(principal).balance.get()
    }

    pub(crate) fn nonce(&self, principal: &Principal) -> u64 {
        self.account(principal).nonce
    }

    pub(crate) fn contract(&self, contract: &ContractId) -> Option<ContractRecord> {
        let contract = contract.clone();
        self.read(move |snapshot| snapshot.contract(&contract))
    }

    pub(crate) fn data_variable(
        &self,
        contract: &ContractId,
        variable: &str,
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, variable) = (contract.clone(), variable.to_owned());
        self.ledger().read(move |snapshot| snapshot.data_variable(&contract, &variable))
    }

    pub(crate) fn map_entry(
        &self,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, map, key) = (contract.clone(), map.to_owned(), key.to_vec());
        self.ledger().read(move |snapshot| snapshot.map_entry(&contract, &map, &key))
    }

    pub(crate) fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, function) = (contract.clone(), function.to_owned());
        let (arguments, sender) = (arguments.to_vec(), sender.clone());
        self.ledger().read(move |snapshot| {
            snapshot.call_read_only(&contract, &function, &arguments, &sender)
        })
    }

    /// Bob calls a contract.
    pub(crate) fn bob_calls(
        &mut self,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
    ) -> Included {
        let bytes = self.bob.call(contract, function, arguments);
        self.submit(&bytes)
    }

    /// Alice tries to publish a contract.
    pub(crate) fn alice_deploys(&mut self, name: &str, source: &str) -> Included {
        let bytes = self.alice.deploy(name, source);
        self.submit(&bytes)
    }

    /// Alice publishes a contract.
    pub(crate) fn publish(&mut self, name: &str, source: &str) -> ContractId {
        let transaction = self.alice.deploy(name, source);
        let included = self.submit(&transaction);
        assert_eq!(included.receipt.status.as_str(), "success", "{:?}", included.note);
        self.alice.contract(name)
    }
}
