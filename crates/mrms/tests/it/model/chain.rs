//! The real thing: the contract on an embedded ledger, and people who sign their calls.
//!
//! One ledger for all cases; each case has people and records that nobody used before. Its clock
//! stands still, so that burn blocks pass only where a step lets them.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;

use mrms_contract::{Read, ids};
use mrms_core::{ContractId, Nonce, Principal, RecordId, StandardPrincipal};
use mrms_node::chain::{
    self, Allocation, Clock, Event, Ledger, MicroStx, Settings, SourceHash, Status, UnixTime,
};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{ClarityVersion, Terms, Transaction, Unsigned};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::call::{Call, FUNCTIONS};
use super::steps::{Cast, PEOPLE, RECORDS};

/// More than anybody can pay in fees: 10,000 STX.
const RICH: MicroStx = MicroStx::new(10_000_000_000);

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> UnixTime {
        UnixTime::new(1_750_000_000)
    }
}

/// An account that signs and counts its nonces.
pub(crate) struct Signer {
    key: SigningKey,
    account: StandardPrincipal,
    nonce: Cell<u64>,
}

impl Signer {
    fn new(name: &str) -> Self {
        let key = SigningKey::from_bytes(&Sha256::digest(name).into()).unwrap();
        Self { account: key.address(Network::EMBEDDED.version), key, nonce: Cell::new(0) }
    }

    fn sign(&self, unsigned: Unsigned) -> Vec<u8> {
        let nonce = Nonce::new(self.nonce.replace(self.nonce.get() + 1));
        let fee = unsigned.minimum_fee().unwrap();
        let terms = Terms { network: Network::EMBEDDED, nonce, fee };
        unsigned.sign(&self.key, terms).unwrap().encode()
    }
}

/// What a transaction did.
pub(crate) struct Done {
    /// What the contract answered.
    pub(crate) result: Value,
    /// Whether the ledger says that its changes stand.
    pub(crate) stands: bool,
    /// What it printed.
    pub(crate) printed: Vec<Value>,
}

/// The ledger with the contract.
pub(crate) struct Chain {
    ledger: Ledger,
    contract: ContractId,
    cases: Cell<u64>,
    _folder: TempDir,
}

/// The accounts of a case, and the contract that passes calls on as a sixth person.
pub(crate) struct Company {
    pub(crate) cast: Cast,
    signers: [Signer; PEOPLE - 1],
    wallet: ContractId,
}

impl Chain {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deployer = Signer::new("deployer");
        let mut settings = Settings::default();
        settings.clock = Arc::new(StoppedClock);
        // What goes through the wallet is compared, and not how fast: tests run beside each other.
        settings.foreign_time = std::time::Duration::from_secs(60);
        settings.pinned = vec![SourceHash::of(mrms_contract::SOURCE)];
        settings.allocations =
            vec![Allocation { account: node_principal(&deployer.account.into()), amount: RICH }];
        let ledger = Ledger::open(folder.path(), settings).unwrap();
        let contract =
            ContractId { deployer: deployer.account, name: mrms_contract::NAME.parse().unwrap() };
        let chain = Self { ledger, contract, cases: Cell::new(0), _folder: folder };
        chain.deploy(&deployer, &chain.contract, mrms_contract::SOURCE);
        chain
    }

    fn deploy(&self, signer: &Signer, contract: &ContractId, source: &str) {
        let version = Some(ClarityVersion::CLARITY_2);
        let unsigned = Transaction::deploy(contract.name.clone(), source.parse().unwrap(), version);
        let done = self.submit(&[signer.sign(unsigned)]).pop().unwrap();
        assert!(done.stands, "{contract} is not deployed: {}", done.result);
    }

    /// New people and records, of whom the contract knows nothing.
    pub(crate) fn company(&self) -> Company {
        let case = self.cases.replace(self.cases.get() + 1);
        let signers: [Signer; PEOPLE - 1] =
            std::array::from_fn(|place| Signer::new(&format!("case {case}, person {place}")));
        for signer in &signers {
            self.ledger.faucet(&node_principal(&signer.account.into()), RICH).unwrap();
        }
        let wallet = ContractId { deployer: signers[0].account, name: "wallet".parse().unwrap() };
        self.deploy(&signers[0], &wallet, &passes_calls_on(&self.contract));
        let people = std::array::from_fn(|place| match signers.get(place) {
            Some(signer) => signer.account.into(),
            None => Principal::Contract(wallet.clone()),
        });
        // From the greatest number down: ids are as wide as Clarity's. One is bound to a person, one to the contract.
        let first = u128::MAX - u128::from(case) * RECORDS as u128;
        let mut records = std::array::from_fn(|place| RecordId::new(first - place as u128));
        for (place, maker) in [(2, &people[2]), (3, &people[PEOPLE - 1])] {
            records[place] = ids::bound_to(maker, case).unwrap();
        }
        Company { cast: Cast { people, records }, signers, wallet }
    }

    pub(crate) fn burn_height(&self) -> u64 {
        self.ledger.read(|snapshot| snapshot.tip()).unwrap().burn_height_now.get().into()
    }

    pub(crate) fn advance(&self, burn_blocks: u64) {
        self.ledger.advance(burn_blocks).unwrap();
    }

    /// The call, signed by the caller; for the contract among the people, by `through`, with the
    /// contract as the one that calls.
    pub(crate) fn sign(
        &self,
        company: &Company,
        caller: &Principal,
        through: usize,
        call: &Call,
    ) -> Vec<u8> {
        let called = call.to_contract();
        let own = company.signers.iter().find(|signer| *caller == signer.account.into());
        let (signer, contract) = match own {
            Some(signer) => (signer, self.contract.clone()),
            None => (&company.signers[through], company.wallet.clone()),
        };
        signer.sign(Transaction::contract_call(contract, called.function, called.arguments))
    }

    /// Includes transactions, in this order.
    pub(crate) fn submit(&self, transactions: &[Vec<u8>]) -> Vec<Done> {
        let outcomes = self.ledger.submit_all(transactions);
        let done = |outcome: Result<chain::Included, chain::SubmitError>| {
            let included = outcome.unwrap();
            let printed = included.receipt.events.iter().map(|event| match event {
                Event::Print { value, .. } => Value::decode(value).unwrap(),
                other => panic!("the contract moves nothing, but: {other:?}"),
            });
            Done {
                result: Value::decode(&included.receipt.result).unwrap(),
                stands: included.receipt.status == Status::Success,
                printed: printed.collect(),
            }
        };
        outcomes.into_iter().map(done).collect()
    }

    /// A read-only call.
    pub(crate) fn read(&self, function: &str, arguments: &[Value]) -> Value {
        let arguments: Vec<_> = arguments.iter().map(|value| value.encode().unwrap()).collect();
        let contract = chain::ContractId::parse(&self.contract.to_string()).unwrap();
        let sender = contract.deployer();
        let function = function.to_owned();
        let answer = self.ledger.read(move |snapshot| {
            snapshot.call_read_only(&contract, &function, &arguments, &sender)
        });
        Value::decode(&answer.unwrap()).unwrap()
    }

    /// A read-only call with its answer as this software understands it.
    pub(crate) fn ask<T>(&self, read: &Read<T>) -> (Value, T) {
        let answer = self.read(read.function, &read.arguments);
        let understood = read.decode(&answer).unwrap();
        (answer, understood)
    }
}

fn node_principal(principal: &Principal) -> chain::Principal {
    chain::Principal::parse(&principal.to_string()).unwrap()
}

/// A contract with the same public functions, each of which calls the real one.
fn passes_calls_on(contract: &ContractId) -> String {
    let mut source = String::new();
    for (function, types) in FUNCTIONS {
        let (mut typed, mut named) = (String::new(), String::new());
        for (place, of) in types.iter().enumerate() {
            write!(typed, " (a{place} {of})").unwrap();
            write!(named, " a{place}").unwrap();
        }
        writeln!(
            source,
            "(define-public ({function}{typed}) (contract-call? '{contract} {function}{named}))"
        )
        .unwrap();
    }
    source
}
