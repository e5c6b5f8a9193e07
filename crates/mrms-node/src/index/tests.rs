#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value as JsonValue, json};

use super::*;
use crate::chain::wire::{
    AnchorMode, Authorization, Payload, PostConditionMode, SpendingCondition, Transaction,
    TransactionVersion, Witness, sha512_256,
};
use crate::chain::{
    BlockHash, BlockHeight, BurnHeight, ContractId, EventPlace, Principal, Sequence, TxId, UnixTime,
};
use crate::rpc::history::History;
use crate::rpc::hosted_api::TransactionFormatter;
use crate::rpc::refusal::Refusal;

const CONTRACT: &str = "ST000000000000000000002AMW42H.records";
const NOW: UnixTime = UnixTime::new(1_800_000_000);

fn contract() -> ContractId {
    ContractId::parse(CONTRACT).unwrap()
}

fn signed(version: TransactionVersion, signer: u8, nonce: u64, payload: Payload) -> Transaction {
    let witness = Witness::unsigned();
    let origin = SpendingCondition { signer: [signer; 20], nonce, fee: 200, witness };
    Transaction {
        version,
        chain_id: 0x8000_0000,
        authorization: Authorization::Standard { origin },
        anchor_mode: AnchorMode::Any,
        post_condition_mode: PostConditionMode::Allow,
        post_conditions: Vec::new(),
        payload,
    }
}

fn call(signer: u8, nonce: u64) -> Vec<u8> {
    let payload =
        Payload::Call { contract: contract(), function: "act".into(), arguments: Vec::new() };
    signed(TransactionVersion::Testnet, signer, nonce, payload).encode()
}

fn deploy() -> Vec<u8> {
    let payload =
        Payload::Deploy { name: "records".into(), source: "(print 1)".into(), version: None };
    let mut deploy = signed(TransactionVersion::Testnet, 0, 0, payload);
    deploy.authorization = Authorization::Standard {
        origin: SpendingCondition {
            signer: [0; 20],
            nonce: 0,
            fee: 1,
            witness: Witness::unsigned(),
        },
    };
    deploy.encode()
}

fn txid(raw: &[u8]) -> TxId {
    TxId::new(sha512_256(&[raw]))
}

fn id(number: u8) -> BlockHash {
    BlockHash::new([number; 32])
}

/// The message about a block with calls that printed; the number tells it from others of its height.
fn message(number: u8, height: u32, parent: u8, transactions: &[Vec<u8>]) -> JsonValue {
    let rows = transactions.iter().enumerate().map(|(index, raw)| {
        json!({
            "txid": txid(raw).to_string(), "tx_index": index, "status": "success", "raw_result": "0x0703",
            "raw_tx": format!("0x{}", hex::encode(raw)), "contract_interface": null, "burnchain_op": null,
            "execution_cost": {"read_count": 1, "read_length": 2, "runtime": 3, "write_count": 4, "write_length": 5},
            "microblock_sequence": null, "vm_error": null,
        })
    });
    let events = transactions.iter().enumerate().map(|(index, raw)| {
        json!({
            "txid": txid(raw).to_string(), "event_index": index, "committed": true, "type": "contract_event",
            "contract_event": {"contract_identifier": CONTRACT, "topic": "print", "raw_value": "0x03"},
        })
    });
    json!({
        "block_hash": id(number).to_string(), "index_block_hash": id(number).to_string(),
        "block_height": height, "block_time": 1_800_000_000 + u64::from(height),
        "parent_block_hash": id(parent).to_string(), "parent_index_block_hash": id(parent).to_string(),
        "burn_block_hash": id(200).to_string(), "burn_block_height": 100 + height / 2,
        "burn_block_time": 1_800_000_000, "transactions": rows.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(), "matured_miner_rewards": [],
    })
}

fn block(number: u8, height: u32, parent: u8, transactions: &[Vec<u8>]) -> NewBlock {
    read_block(message(number, height, parent, transactions).to_string().as_bytes()).unwrap()
}

struct Bench {
    folder: tempfile::TempDir,
    index: Index,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("index.sqlite")).unwrap();
        Self { folder, index }
    }

    fn take(&self, block: &NewBlock) -> Taken {
        self.index.take(block, GapRule::Refuse, NOW).unwrap()
    }

    fn newest(&self) -> Option<(u32, BlockHash)> {
        self.index.extent().unwrap().newest.map(|newest| (newest.height.get(), newest.id))
    }

    fn has(&self, raw: &[u8]) -> bool {
        let txid = txid(raw);
        self.index.read(|snapshot| Ok::<_, Refusal>(snapshot.included(&txid)?)).unwrap().is_some()
    }

    fn waits(&self, raw: &[u8]) -> Option<Option<String>> {
        let txid = txid(raw);
        let found = self.index.read(|snapshot| Ok::<_, Refusal>(snapshot.waiting(&txid)?));
        found.unwrap().map(|waiting| waiting.dropped)
    }

    /// How many events the contract has, how many of one burn height, and how many transactions.
    fn listed(&self, burn_height: u32) -> (usize, usize, usize) {
        let end = EventPlace { sequence: Sequence::new(u64::MAX), position: u32::MAX };
        let (contract, height) = (contract(), BurnHeight::new(burn_height));
        let found = self.index.read(|snapshot| {
            let all = snapshot.printed_before(&contract, end, 0, 100)?.len();
            let some = snapshot.printed_at(&contract, height, None, 100)?.len();
            let of = snapshot.of_principal(&contract.clone().into(), end.sequence, 0, 100)?.len();
            Ok::<_, Refusal>((all, some, of))
        });
        found.unwrap()
    }

    fn begins_for(&self, principal: &Principal) -> Option<u32> {
        let found = self.index.read(|snapshot| Ok::<_, Refusal>(snapshot.begins_for(principal)?));
        found.unwrap().map(BlockHeight::get)
    }
}

#[test]
fn block_that_is_told_again_changes_nothing() {
    let bench = Bench::new();
    let first = block(1, 1, 0, &[call(1, 0)]);
    assert_eq!(bench.take(&first), Taken::Began);
    let second = block(2, 2, 1, &[call(1, 1)]);
    assert_eq!(bench.take(&second), Taken::Added);
    for again in [&first, &second, &first] {
        assert_eq!(bench.take(again), Taken::Known);
        assert_eq!(bench.newest(), Some((2, id(2))));
    }
    assert_eq!(bench.listed(101), (2, 1, 2));
    assert_eq!(
        bench.index.extent().unwrap().begins,
        None,
        "block 1 is the first that anybody tells"
    );
}

#[test]
fn fork_takes_the_lists_along_and_the_way_back_does_too() {
    let bench = Bench::new();
    let (kept, left, other) = (call(1, 0), call(1, 1), call(2, 0));
    bench.take(&block(1, 1, 0, std::slice::from_ref(&kept)));
    bench.take(&block(2, 2, 1, std::slice::from_ref(&left)));
    bench.take(&block(3, 3, 2, &[call(1, 2)]));
    assert_eq!(
        bench.take(&block(12, 2, 1, std::slice::from_ref(&other))),
        Taken::Forked { dropped: 2 }
    );
    assert_eq!(bench.newest(), Some((2, id(12))));
    assert_eq!((bench.has(&kept), bench.has(&left), bench.has(&other)), (true, false, true));
    assert_eq!(bench.waits(&left), Some(None), "it waits again");
    assert_eq!(bench.listed(101), (2, 1, 2));
    // The former fork goes on: its blocks, of which the node tells no more, count again.
    assert_eq!(bench.take(&block(4, 4, 3, &[])), Taken::Forked { dropped: 1 });
    assert_eq!(bench.newest(), Some((4, id(4))));
    assert_eq!((bench.has(&left), bench.has(&other)), (true, false));
    assert_eq!((bench.waits(&left), bench.waits(&other)), (None, Some(None)));
    assert_eq!(bench.listed(101), (3, 2, 3));
}

#[test]
fn index_goes_back_with_its_node() {
    let bench = Bench::new();
    let left = call(1, 1);
    bench.take(&block(1, 1, 0, &[call(1, 0)]));
    bench.take(&block(2, 2, 1, std::slice::from_ref(&left)));
    assert!(bench.index.follow(BlockHeight::new(1), &id(1), NOW).unwrap());
    assert_eq!((bench.newest(), bench.has(&left)), (Some((1, id(1))), false));
    assert!(!bench.index.follow(BlockHeight::new(3), &id(9), NOW).unwrap(), "nobody told of it");
    assert!(bench.index.follow(BlockHeight::new(2), &id(2), NOW).unwrap());
    assert!(bench.has(&left));
}

#[test]
fn block_after_a_gap_is_refused_or_the_gap_is_told() {
    let bench = Bench::new();
    bench.take(&block(1, 1, 0, &[call(1, 0)]));
    let after = block(9, 9, 8, &[call(1, 7)]);
    let refused = bench.index.take(&after, GapRule::Refuse, NOW).unwrap_err();
    assert!(matches!(refused, TakeError::UnknownParent { .. }), "{refused}");
    assert_eq!((bench.newest(), bench.has(&call(1, 7))), (Some((1, id(1))), false));
    assert_eq!(bench.index.take(&after, GapRule::Accept, NOW).unwrap(), Taken::Began);
    let extent = bench.index.extent().unwrap();
    assert_eq!((extent.begins, extent.before_gap), (Some(BlockHeight::new(9)), 1));
    assert_eq!(bench.begins_for(&contract().into()), Some(9));
    let wrong = bench.index.take(&block(10, 12, 9, &[]), GapRule::Accept, NOW).unwrap_err();
    assert!(matches!(wrong, TakeError::WrongHeight { .. }), "{wrong}");
}

#[test]
fn index_that_begins_late_has_the_whole_history_of_a_contract_published_since() {
    let bench = Bench::new();
    bench.take(&block(1, 50, 0, &[]));
    assert_eq!(bench.begins_for(&contract().into()), Some(50));
    bench.take(&block(2, 51, 1, &[deploy()]));
    assert_eq!(bench.begins_for(&contract().into()), None);
    let account = Principal::parse("ST000000000000000000002AMW42H").unwrap();
    assert_eq!(bench.begins_for(&account), Some(50), "an account can have acted before");
    let source = bench.index.read(|snapshot| Ok::<_, Refusal>(snapshot.contract(&contract())?));
    assert_eq!(source.unwrap().unwrap().source, "(print 1)");
    // In a fork without it, it is not there.
    bench.take(&block(12, 51, 1, &[]));
    assert_eq!(bench.begins_for(&contract().into()), Some(50));
}

#[test]
fn what_waits_is_known_until_its_block_and_why_it_waits_no_more() {
    let bench = Bench::new();
    let (one, other) = (call(1, 0), call(2, 0));
    bench.index.take_waiting(&[one.clone(), other.clone(), vec![0]], NOW).unwrap();
    assert_eq!((bench.waits(&one), bench.waits(&other)), (Some(None), Some(None)));
    bench.take(&block(1, 1, 0, std::slice::from_ref(&one)));
    assert_eq!(bench.waits(&one), None);
    // Told late, when its block has come.
    bench.index.take_waiting(std::slice::from_ref(&one), NOW).unwrap();
    assert_eq!(bench.waits(&one), None);
    let (txids, why) = super::message::read_dropped(
        json!({"dropped_txids": [txid(&other).to_string()], "reason": "ReplaceByFee"})
            .to_string()
            .as_bytes(),
    )
    .unwrap();
    bench.index.take_dropped(&txids, why).unwrap();
    assert_eq!(bench.waits(&other), Some(Some("dropped_replace_by_fee".to_owned())));
}

#[test]
fn process_that_ends_in_the_middle_leaves_all_of_a_block_or_nothing() {
    let bench = Bench::new();
    bench.take(&block(1, 1, 0, &[call(1, 0)]));
    // Another process writes a part of a block, and is killed before it commits.
    let path = bench.folder.path().join("index.sqlite");
    let writing = rusqlite::Connection::open(&path).unwrap();
    writing
        .execute_batch("BEGIN IMMEDIATE; UPDATE blocks SET counts = 0; DELETE FROM events;")
        .unwrap();
    let after = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(bench.folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), after.path().join(entry.file_name())).unwrap();
    }
    drop(writing);
    let index = Index::open(&after.path().join("index.sqlite")).unwrap();
    let again = Bench { folder: after, index };
    assert_eq!((again.newest(), again.listed(100)), (Some((1, id(1))), (1, 1, 1)));
    assert_eq!(again.take(&block(2, 2, 1, &[])), Taken::Added);
}

#[test]
fn message_that_is_not_understood_as_a_whole_is_refused() {
    let whole = message(1, 1, 0, &[call(1, 0)]);
    let altered = |change: &dyn Fn(&mut JsonValue)| {
        let mut message = whole.clone();
        change(&mut message);
        read_block(message.to_string().as_bytes())
    };
    assert!(altered(&|_| {}).is_ok());
    let changes: [&dyn Fn(&mut JsonValue); 6] = [
        &|message| message["transactions"][0]["status"] = json!("skipped_for_a_new_reason"),
        &|message| {
            message["transactions"][0]["raw_tx"] = json!(format!("0x{}", hex::encode(call(1, 1))))
        },
        &|message| message["events"][0]["contract_event"]["raw_value"] = json!("0xzz"),
        &|message| message["events"][0]["event_index"] = json!(null),
        &|message| drop(message.as_object_mut().unwrap().remove("index_block_hash")),
        &|message| message["block_height"] = json!(-1),
    ];
    for change in changes {
        assert!(altered(change).is_err());
    }
    // What was undone is no event.
    let undone = altered(&|message| message["events"][0]["committed"] = json!(false)).unwrap();
    assert!(undone.transactions[0].receipt.events.is_empty());
}

#[test]
fn transactions_of_miners_and_of_mainnet_are_told_as_far_as_they_are_read() {
    let bench = Bench::new();
    // A coinbase payload: 32 bytes that mean nothing here.
    let mut coinbase = signed(
        TransactionVersion::Testnet,
        7,
        3,
        Payload::Transfer {
            recipient: Principal::parse("ST000000000000000000002AMW42H").unwrap(),
            amount: 1,
            memo: [0; 34],
        },
    )
    .encode();
    let payload = coinbase.len() - (1 + 1 + 21 + 8 + 34);
    coinbase.truncate(payload);
    coinbase.push(4);
    coinbase.extend([0; 32]);
    let transfer = Payload::Transfer {
        recipient: Principal::parse("SP000000000000000000002Q6VF78").unwrap(),
        amount: 5,
        memo: [0; 34],
    };
    let mainnet = signed(TransactionVersion::Mainnet, 7, 4, transfer).encode();
    bench.take(&block(1, 1, 0, &[coinbase.clone(), mainnet.clone()]));
    let told = |raw: &[u8]| {
        let txid = txid(raw);
        let told = bench.index.read(|snapshot| {
            let stored = snapshot.included(&txid)?.unwrap();
            TransactionFormatter::new(snapshot).included(&stored)
        });
        told.unwrap()
    };
    let coinbase = told(&coinbase);
    assert_eq!((&coinbase["tx_type"], &coinbase["nonce"]), (&json!("coinbase"), &json!(3)));
    assert_eq!(coinbase["tx_status"], "success");
    let mainnet = told(&mainnet);
    assert!(mainnet["sender_address"].as_str().unwrap().starts_with("SP"), "{mainnet}");
}

#[test]
fn file_of_something_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(other);
    assert!(matches!(Index::open(&path).unwrap_err(), IndexError::OtherFile { .. }));
    let bench = Bench::new();
    assert!(bench.index.is_of_chain(1, Some("aa")).unwrap());
    assert!(!bench.index.is_of_chain(1, Some("bb")).unwrap());
    assert!(!bench.index.is_of_chain(2, Some("aa")).unwrap());
    assert!(bench.index.is_of_chain(1, None).unwrap(), "an old node does not tell");
}
