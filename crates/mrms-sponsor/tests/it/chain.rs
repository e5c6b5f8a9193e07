//! A ledger in memory that does what its test tells it: takes its time, fails, forgets, refuses.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use mrms_core::{BlockHeight, BurnHeight, MicroStx, Nonce, StandardPrincipal, TxId, UnixTime};
use mrms_sponsor::budget::{Allowance, Limits};
use mrms_sponsor::rules::Rules;
use mrms_sponsor::{Chain, Eligible, Refusal, Sponsor, Sponsored, Terms};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::client::{ClientError, Inclusion, Nonces, Outcome, Rejection, TransactionState};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::Transaction;
use serde_json::json;

const CONTRACT: &str = "ST000000000000000000002AMW42H.records";
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// What the ledger holds, and what goes wrong next.
#[derive(Default)]
pub(crate) struct State {
    nonces: HashMap<StandardPrincipal, u64>,
    waiting: BTreeMap<TxId, Transaction>,
    /// What an API before the node calls pending, whether the node has it or not.
    called_pending: BTreeSet<TxId>,
    pub(crate) mined: Vec<Transaction>,
    /// Whether transactions wait instead of standing in a block at once.
    pub(crate) is_slow: bool,
    /// Whether nothing arrives.
    pub(crate) is_away: bool,
    /// Whether what arrives gets no answer.
    pub(crate) is_mute: bool,
    /// Whether what is asked about accounts other than the sponsor's, and about transactions, is answered by a server
    /// that is behind: it knows none.
    pub(crate) is_behind: bool,
    /// Reasons for which the next transactions are refused.
    pub(crate) refusals: VecDeque<&'static str>,
    pub(crate) fee: u64,
}

#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<State>>);

impl Ledger {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The ledger goes on: what waits and can, stands in a block.
    pub(crate) fn mine(&self) {
        self.state().mine();
    }

    /// Forgets what waits, as a node that was started anew.
    pub(crate) fn forget(&self) {
        self.state().waiting.clear();
    }

    /// The same behind an API, which is not told.
    pub(crate) fn forget_behind_an_api(&self) {
        let mut state = self.state();
        state.called_pending = std::mem::take(&mut state.waiting).into_keys().collect();
    }

    /// An account sends something of its own.
    pub(crate) fn uses_nonce(&self, account: &StandardPrincipal) {
        *self.state().nonces.entry(*account).or_default() += 1;
    }
}

impl State {
    fn nonce(&self, account: &StandardPrincipal) -> u64 {
        self.nonces.get(account).copied().unwrap_or_default()
    }

    fn mine(&mut self) {
        loop {
            let is_next = |transaction: &Transaction| {
                signers(transaction).iter().all(|(who, nonce)| self.nonce(who) == *nonce)
            };
            let next = self.waiting.iter().find(|(_, one)| is_next(one)).map(|(txid, _)| *txid);
            let Some(transaction) = next.and_then(|txid| self.waiting.remove(&txid)) else {
                return;
            };
            for (who, nonce) in signers(&transaction) {
                self.nonces.insert(who, nonce + 1);
            }
            self.mined.push(transaction);
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<TxId, ClientError> {
        let transaction = Transaction::decode(bytes).unwrap();
        transaction.verify().unwrap();
        let txid = transaction.txid();
        if self.waiting.contains_key(&txid) || self.mined.iter().any(|one| one.txid() == txid) {
            return Ok(txid);
        }
        let refused = |reason: &str, data| {
            let rejection = Rejection { reason: reason.to_owned(), data };
            Err(ClientError::Rejected { rejection })
        };
        if let Some(reason) = self.refusals.pop_front() {
            return refused(reason, None);
        }
        for (number, (who, nonce)) in signers(&transaction).into_iter().enumerate() {
            if nonce < self.nonce(&who) {
                return refused("BadNonce", Some(json!({"is_origin": number == 0})));
            }
        }
        self.waiting.insert(txid, transaction);
        if !self.is_slow {
            self.mine();
        }
        Ok(txid)
    }
}

fn signers(transaction: &Transaction) -> Vec<(StandardPrincipal, u64)> {
    let authorization = transaction.authorization();
    let mut signers = vec![(transaction.origin(), authorization.origin().nonce.number())];
    signers.extend(authorization.sponsor().map(|one| (transaction.payer(), one.nonce.number())));
    signers
}

fn fault() -> ClientError {
    ClientError::Transport { url: "ledger".to_owned(), reason: "no answer".to_owned() }
}

impl Chain for Ledger {
    fn nonces(&self, account: &StandardPrincipal) -> Result<Nonces, ClientError> {
        let state = self.state();
        if state.is_away {
            return Err(fault());
        }
        let is_unknown = state.is_behind && *account != self::account(SPONSOR);
        let in_blocks = if is_unknown { 0 } else { state.nonce(account) };
        let mut next = in_blocks;
        let all: Vec<_> = state.waiting.values().flat_map(signers).collect();
        while all.contains(&(*account, next)) {
            next += 1;
        }
        Ok(Nonces { next: Nonce::new(next), in_blocks: Nonce::new(in_blocks), missing: Vec::new() })
    }

    fn balance(&self, _account: &StandardPrincipal) -> Result<MicroStx, ClientError> {
        Ok(MicroStx::new(1_000_000))
    }

    fn fee(&self, transaction: &Transaction) -> Result<MicroStx, ClientError> {
        let fee = self.state().fee;
        Ok(transaction.minimum_fee().max(MicroStx::new(fee)))
    }

    fn broadcast(&self, transaction: &[u8]) -> Result<TxId, ClientError> {
        let mut state = self.state();
        if state.is_away {
            return Err(fault());
        }
        let taken = state.take(transaction);
        if state.is_mute { Err(fault()) } else { taken }
    }

    fn state(&self, txid: &TxId) -> Result<Option<TransactionState>, ClientError> {
        let state = self.state();
        if state.is_away {
            return Err(fault());
        }
        if state.is_behind {
            return Ok(None);
        }
        if state.waiting.contains_key(txid) {
            return Ok(Some(TransactionState::Pending));
        }
        let stands = state.mined.iter().any(|one| one.txid() == *txid);
        if !stands && state.called_pending.contains(txid) {
            return Ok(Some(TransactionState::Pending));
        }
        Ok(stands.then(|| {
            TransactionState::Included(Box::new(Inclusion {
                outcome: Outcome::Success,
                result: Value::Bool(true),
                block_height: BlockHeight::new(1),
                burn_height: BurnHeight::new(1),
                time: UnixTime::from_seconds(1),
            }))
        }))
    }
}

pub(crate) fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32]).unwrap()
}

pub(crate) fn account(byte: u8) -> StandardPrincipal {
    key(byte).address(Network::EMBEDDED.version)
}

/// The key of the sponsor.
pub(crate) const SPONSOR: u8 = 9;

/// Somebody asks for a record, for the sponsor to pay.
pub(crate) fn request(who: u8, nonce: u64, record: u64) -> Vec<u8> {
    call(who, nonce, "access-medical-record", record)
}

/// Somebody takes access to a record away, for the sponsor to pay.
pub(crate) fn revoke(who: u8, nonce: u64, record: u64) -> Vec<u8> {
    call(who, nonce, "revoke-record-access", record)
}

fn call(who: u8, nonce: u64, function: &'static str, record: u64) -> Vec<u8> {
    let name = ClarityName::literal(function);
    let call =
        Transaction::contract_call(CONTRACT.parse().unwrap(), name, vec![Value::uint(record)]);
    call.sign_for_sponsor(&key(who), Network::EMBEDDED, Nonce::new(nonce)).unwrap().encode()
}

pub(crate) fn terms(each: u64, all: u64) -> Terms {
    let allowance =
        |transactions| Allowance { transactions, fees: MicroStx::new(transactions * 1_000) };
    Terms {
        rules: Rules {
            network: Network::EMBEDDED,
            contract: CONTRACT.parse().unwrap(),
            functions: ["access-medical-record", "revoke-record-access"].map(str::to_owned).into(),
            sponsor: account(SPONSOR),
        },
        eligible: Arc::new(Eligible::anyone()),
        limits: Limits {
            each: allowance(each),
            all: allowance(all),
            urgent_each: allowance(each),
            urgent_all: allowance(all),
        },
        fee_ceiling: MicroStx::new(5_000),
    }
}

/// A sponsor's folder and its ledger: the sponsor can be closed and opened again.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) ledger: Ledger,
    pub(crate) terms: Terms,
}

impl Place {
    pub(crate) fn new(each: u64, all: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, ledger: Ledger::default(), terms: terms(each, all) }
    }

    pub(crate) fn open(&self) -> Sponsor<Ledger> {
        let (path, ledger) = (self.folder.path(), self.ledger.clone());
        Sponsor::open(path, key(SPONSOR), self.terms.clone(), ledger, now()).unwrap()
    }

    pub(crate) fn journal(&self) -> String {
        std::fs::read_to_string(self.journal_path()).unwrap()
    }

    pub(crate) fn refusals(&self) -> String {
        let path = self.folder.path().join("refusals-2026-11.jsonl");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    pub(crate) fn journal_path(&self) -> std::path::PathBuf {
        let folder: &Path = self.folder.path();
        folder.join("journal-2026-11.jsonl")
    }
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// What a sponsor answers now.
pub(crate) fn ask(sponsor: &Sponsor<Ledger>, bytes: &[u8]) -> Result<Sponsored, Refusal> {
    sponsor.pay_for(bytes, None, now())
}

/// The stable word of a refusal.
#[track_caller]
pub(crate) fn refused(sponsor: &Sponsor<Ledger>, bytes: &[u8]) -> &'static str {
    ask(sponsor, bytes).unwrap_err().code()
}

/// The sponsor's nonce in a transaction.
pub(crate) fn sponsor_nonce(sponsored: &Sponsored) -> u64 {
    let transaction = Transaction::decode(&sponsored.bytes).unwrap();
    transaction.authorization().sponsor().unwrap().nonce.number()
}
