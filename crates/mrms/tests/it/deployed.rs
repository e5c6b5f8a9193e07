//! The contract on an embedded ledger of its own, below the commands, and accounts that sign.
//!
//! The ledger's clock stands still, so that burn blocks pass only where a test lets them.

use std::cell::Cell;
use std::sync::Arc;

use mrms_core::{ContractId, Nonce, Principal, StandardPrincipal};
use mrms_node::chain::{
    self, Allocation, BurnHeight, Clock, Ledger, MicroStx, Settings, SourceHash, Status, UnixTime,
};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{ClarityVersion, Terms, Transaction, Unsigned};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// More than anybody can pay in fees: a billion STX.
const RICH: MicroStx = MicroStx::new(1_000_000_000_000_000);

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> UnixTime {
        UnixTime::new(1_750_000_000)
    }
}

/// An account that signs and counts its nonces.
pub(crate) struct Signer {
    key: SigningKey,
    pub(crate) account: StandardPrincipal,
    nonce: Cell<u64>,
}

impl Signer {
    /// The account whose key is the phrase's SHA-256.
    pub(crate) fn of_phrase(phrase: &str) -> Self {
        let key = SigningKey::from_bytes(&Sha256::digest(phrase).into()).unwrap();
        Self { account: key.address(Network::EMBEDDED.version), key, nonce: Cell::new(0) }
    }

    pub(crate) fn principal(&self) -> Principal {
        self.account.into()
    }

    /// Signs with the account's next nonce, which this uses up.
    pub(crate) fn sign(&self, unsigned: Unsigned) -> Vec<u8> {
        let signed = self.sign_in_vain(unsigned);
        self.nonce.set(self.nonce.get() + 1);
        signed
    }

    /// Signs what no ledger will include, so that the nonce stays unused.
    pub(crate) fn sign_in_vain(&self, unsigned: Unsigned) -> Vec<u8> {
        let fee = unsigned.minimum_fee().unwrap();
        let terms = Terms { network: Network::EMBEDDED, nonce: Nonce::new(self.nonce.get()), fee };
        unsigned.sign(&self.key, terms).unwrap().encode()
    }
}

/// A ledger with the contract on it.
pub(crate) struct Deployed {
    pub(crate) ledger: Ledger,
    pub(crate) contract: ContractId,
    _folder: TempDir,
}

impl Deployed {
    /// A ledger that begins at `burn_height`; the first of the signers deploys, all have funds.
    pub(crate) fn by(signers: &[Signer], burn_height: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.clock = Arc::new(StoppedClock);
        // What goes through a wallet is compared, and not how fast: tests run beside each other.
        settings.foreign_time = std::time::Duration::from_secs(60);
        settings.genesis_burn_height = BurnHeight::new(burn_height);
        settings.pinned = vec![SourceHash::of(mrms_contract::SOURCE)];
        let funded = |signer: &Signer| {
            let account = chain::Principal::parse(&signer.account.to_string()).unwrap();
            Allocation { account, amount: RICH }
        };
        settings.allocations = signers.iter().map(funded).collect();
        let ledger = Ledger::open(folder.path(), settings).unwrap();
        let [deployer, ..] = signers else { panic!("somebody deploys") };
        let contract = contract_of(deployer, mrms_contract::NAME);
        let deployed = Self { ledger, contract, _folder: folder };
        deployed.deploy(deployer, mrms_contract::NAME, mrms_contract::SOURCE);
        deployed
    }

    /// Another contract.
    pub(crate) fn deploy(&self, signer: &Signer, name: &str, source: &str) -> ContractId {
        let version = Some(ClarityVersion::CLARITY_2);
        let unsigned = Transaction::deploy(name.parse().unwrap(), source.parse().unwrap(), version);
        let included = self.ledger.submit(&signer.sign(unsigned)).unwrap();
        assert_eq!(included.receipt.status, Status::Success, "{name}: {:?}", included.note);
        contract_of(signer, name)
    }

    /// The contract as the ledger names it.
    pub(crate) fn on_ledger(&self) -> chain::ContractId {
        chain::ContractId::parse(&self.contract.to_string()).unwrap()
    }

    /// The contract's interface, as JSON.
    pub(crate) fn interface(&self) -> String {
        let contract = self.on_ledger();
        self.ledger.read(move |snapshot| snapshot.contract_interface(&contract)).unwrap()
    }

    /// A read-only call's answer.
    pub(crate) fn ask(&self, function: &str, arguments: &[Value]) -> Value {
        let arguments: Vec<_> = arguments.iter().map(|value| value.encode().unwrap()).collect();
        let (contract, function) = (self.on_ledger(), function.to_owned());
        let answer = self.ledger.read(move |snapshot| {
            snapshot.call_read_only(&contract, &function, &arguments, &contract.deployer())
        });
        Value::decode(&answer.unwrap()).unwrap()
    }
}

fn contract_of(deployer: &Signer, name: &str) -> ContractId {
    ContractId { deployer: deployer.account, name: name.parse().unwrap() }
}
