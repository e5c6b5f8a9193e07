//! A served ledger whose contract has printed and refused more than an API's offsets reach.

use std::thread::JoinHandle;
use std::time::Duration;

use mrms_app::ledger::{Ledger as _, Status};
use mrms_core::{BurnHeight, ContractId, Nonce};
use mrms_home::ledger::remote::RemoteLedger;
use mrms_node::chain::{Allocation, Ledger, MicroStx as NodeStx, Principal, Settings};
use mrms_node::rpc::{RpcSettings, Server};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::{Network, TransactionVersion};
use mrms_stacks::transaction::{ClarityVersion, Terms, Transaction, Unsigned};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::face::connect;

/// Prints fifty times, or refuses.
const PRINTER: &str = "
(define-private (tell (n uint)) (print n))
(define-constant FIFTY (list
  u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20 u21 u22 u23 u24
  u25 u26 u27 u28 u29 u30 u31 u32 u33 u34 u35 u36 u37 u38 u39 u40 u41 u42 u43 u44 u45 u46 u47 u48 u49))
(define-public (tell-all) (begin (map tell FIFTY) (ok true)))
(define-public (refuse (n uint)) (if (is-eq n u0) (ok true) (err n)))
";
/// Calls that print. An API lists at most 10,000 events by offset.
const CALLS: usize = 210;
const REFUSALS: u64 = 30;

struct Served {
    url: String,
    contract: ContractId,
    height: BurnHeight,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::from_bytes(&[7; 32]).unwrap();
        let account = key.address(TransactionVersion::Testnet);
        let mut settings = Settings::default();
        settings.allocations = vec![Allocation {
            account: Principal::parse(&account.to_string()).unwrap(),
            amount: NodeStx::new(1_000_000_000_000),
        }];
        let ledger = Ledger::open(folder.path(), settings).unwrap();
        let contract: ContractId = format!("{account}.printer").parse().unwrap();
        let mut nonce = 0;
        let mut sign = |unsigned: Unsigned| {
            let fee = unsigned.minimum_fee().unwrap();
            let terms = Terms { network: Network::EMBEDDED, nonce: Nonce::new(nonce), fee };
            nonce += 1;
            unsigned.sign(&key, terms).unwrap().encode()
        };
        let call = |function: &'static str, arguments| {
            let function = ClarityName::literal(function);
            Transaction::contract_call(contract.clone(), function, arguments)
        };
        let source = PRINTER.parse().unwrap();
        let deploy = Transaction::deploy(contract.name.clone(), source, ClarityVersion::new(2));
        let mut transactions = vec![sign(deploy)];
        for number in 1..=REFUSALS {
            transactions.push(sign(call("refuse", vec![Value::uint(number)])));
        }
        for _ in 0..CALLS {
            transactions.push(sign(call("tell-all", Vec::new())));
        }
        let mut height = 0;
        for included in ledger.submit_all(&transactions) {
            let included = included.unwrap();
            assert!(!included.receipt.events.is_empty() || included.sequence.get() <= REFUSALS);
            height = included.burn_height.get();
        }
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut settings = RpcSettings::default();
                settings.listen.set_port(0);
                let server = Server::bind(ledger, settings).await.unwrap();
                ready.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Self {
            url: format!("http://{}", address.recv().unwrap()),
            contract,
            height: BurnHeight::new(u64::from(height)),
            stop: Some(stop),
            thread: Some(thread),
            _folder: folder,
        }
    }

    fn ledger(&self) -> RemoteLedger {
        connect(&self.url, Duration::from_secs(5))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn whole_history_of_a_contract_is_read_beyond_ten_thousand_events() {
    let served = Served::new();
    let ledger = served.ledger();
    let printed = ledger.printed_at(&served.contract, served.height, &|_| true).unwrap();
    assert_eq!(printed.len(), CALLS * 50);
    let in_order = printed.iter().zip((0..50_u64).cycle());
    assert!(in_order.into_iter().all(|(event, number)| event.value == Value::uint(number)));
    let before = BurnHeight::new(u64::try_from(served.height.number()).unwrap() - 1);
    assert!(ledger.printed_at(&served.contract, before, &|_| true).unwrap().is_empty());
    assert!(
        ledger
            .printed_at(&served.contract, BurnHeight::new(u64::MAX), &|_| true)
            .unwrap()
            .is_empty()
    );

    let only = Value::uint(5_u8).encode().unwrap();
    let concerns = |bytes: &[u8]| bytes.windows(only.len()).any(|found| found == only);
    let failed = ledger.failed_calls(&served.contract, &concerns).unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].receipt.status, Status::AbortedByResponse);
    assert_eq!(failed[0].receipt.result, Value::err(Value::uint(5_u8)));
    let all = ledger.failed_calls(&served.contract, &|_| true).unwrap();
    let numbers: Vec<_> = all.iter().map(|call| call.receipt.result.clone()).collect();
    let expected: Vec<_> = (1..=REFUSALS).map(|number| Value::err(Value::uint(number))).collect();
    assert_eq!(numbers, expected, "oldest first");
}
