//! Common to all benches: a ledger with the records contract, and patients with one record each.

#![allow(dead_code)] // Each bench uses a part of it.

pub(crate) mod http;

use std::path::Path;
use std::time::Instant;

use mrms_node::chain::wire::{
    AnchorMode, Authorization, Payload, PostConditionMode, SigningKey, SpendingCondition,
    Transaction, TransactionVersion, Witness,
};
use mrms_node::chain::{
    Allocation, ContractId, DEFAULT_CHAIN_ID, Ledger, MicroStx, Principal, Settings, SourceHash,
    Status,
};

/// The same allocator as in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) const CONTRACT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../clarity/deployed/medical-records-management.clar");

/// Whether this runs under `cargo bench`. `cargo test` runs benches too, unoptimized, to check that they
/// work.
pub(crate) fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Reads a number from an environment variable.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A temporary folder on the disk that `MRMS_BENCH_FOLDER` names.
pub(crate) fn folder() -> Result<tempfile::TempDir, Failure> {
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    Ok(tempfile::tempdir_in(parent)?)
}

/// A patient with one record, whose id is the account's number.
pub(crate) struct Account {
    key: SigningKey,
    pub(crate) principal: Principal,
    pub(crate) nonce: u64,
    pub(crate) record: Vec<u8>,
}

impl Account {
    pub(crate) fn new(number: u8) -> Result<Self, Failure> {
        let key = SigningKey::from_bytes([number; 32])?;
        Ok(Self { principal: key.account()?, key, nonce: 0, record: uint(number.into()) })
    }

    /// The first `count` accounts.
    pub(crate) fn several(count: u8) -> Result<Vec<Self>, Failure> {
        (1..=count).map(Self::new).collect()
    }

    pub(crate) fn sign(&mut self, payload: Payload) -> Result<Vec<u8>, Failure> {
        let origin = SpendingCondition {
            signer: [0; 20],
            nonce: self.nonce,
            fee: 200_000,
            witness: Witness::unsigned(),
        };
        let mut transaction = Transaction {
            version: TransactionVersion::Testnet,
            chain_id: DEFAULT_CHAIN_ID,
            authorization: Authorization::Standard { origin },
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Deny,
            post_conditions: Vec::new(),
            payload,
        };
        transaction.sign_as_origin(&self.key)?;
        self.nonce += 1;
        Ok(transaction.encode())
    }

    /// Signs `count` accesses of the account's own record.
    pub(crate) fn accesses(
        &mut self,
        contract: &ContractId,
        count: usize,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let access = call(contract, "access-medical-record", vec![self.record.clone()]);
        (0..count).map(|_| self.sign(access.clone())).collect()
    }
}

pub(crate) fn uint(number: u128) -> Vec<u8> {
    [&[1][..], &number.to_be_bytes()].concat()
}

pub(crate) fn buffer(bytes: &[u8]) -> Vec<u8> {
    [&[2][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

pub(crate) fn call(contract: &ContractId, function: &str, arguments: Vec<Vec<u8>>) -> Payload {
    Payload::Call { contract: contract.clone(), function: function.to_owned(), arguments }
}

pub(crate) fn must_succeed(ledger: &Ledger, transaction: &[u8]) -> Result<(), Failure> {
    let included = ledger.submit(transaction)?;
    match included.receipt.status {
        Status::Success => Ok(()),
        _ => Err(format!("call failed: {:?}", included.note).into()),
    }
}

/// Whether the records contract runs metered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contract {
    Pinned,
    Metered,
}

/// Settings of a ledger for these accounts.
pub(crate) fn settings(accounts: &[Account], contract: Contract) -> Result<Settings, Failure> {
    let amount = MicroStx::new(1_000_000_000_000_000);
    let allocation = |account: &Account| Allocation { account: account.principal.clone(), amount };
    let mut settings = Settings::default();
    settings.allocations = accounts.iter().map(allocation).collect();
    if contract == Contract::Pinned {
        settings.pinned = vec![SourceHash::of(&std::fs::read_to_string(CONTRACT)?)];
    }
    Ok(settings)
}

/// Id of the contract that [`prepare`] deploys.
pub(crate) fn contract_of(accounts: &[Account]) -> Result<ContractId, Failure> {
    Ok(ContractId::parse(&format!("{}.records", accounts[0].principal))?)
}

/// Creates a ledger on which each account has one record of 1,000 bytes.
pub(crate) fn prepare(
    folder: &Path,
    accounts: &mut [Account],
    contract: Contract,
) -> Result<Ledger, Failure> {
    let began = Instant::now();
    let ledger = Ledger::open(folder, settings(accounts, contract)?)?;
    println!("genesis and open: {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let source = std::fs::read_to_string(CONTRACT)?;
    let deploy = Payload::Deploy { name: "records".to_owned(), source, version: None };
    let deploy = accounts[0].sign(deploy)?;
    let began = Instant::now();
    must_succeed(&ledger, &deploy)?;
    println!("deploy of the records contract: {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let contract = contract_of(accounts)?;
    for account in accounts {
        let arguments = vec![account.record.clone(), buffer(&[7; 1_000])];
        let create = account.sign(call(&contract, "create-medical-record", arguments))?;
        must_succeed(&ledger, &create)?;
    }
    Ok(ledger)
}
