//! The transaction codec: with transactions of another client, with damaged bytes, and round trips.

use mrms_node::chain::wire::{
    Amount, AmountTest, Asset, Authorization, ClarityVersionByte, KeyEncoding, NftTest, Payload,
    PostCondition, PostConditionMode, PostConditionSubject, SigningKey, SpendingCondition,
    Transaction, WireError, Witness,
};
use mrms_node::chain::{ContractId, Principal, Receipt, Status, TxId};
use proptest::prelude::*;

use crate::support::{Actor, Bench, buffer, condition, from_hex, ok, uint};

/// Transactions made by the Stacks JavaScript library.
struct Fixture {
    name: String,
    bytes: Vec<u8>,
    txid: TxId,
}

fn fixtures() -> Vec<Fixture> {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/stacks-js.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    json["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| Fixture {
            name: text(&entry["name"]),
            bytes: from_hex(&text(&entry["hex"])),
            txid: TxId::parse(&text(&entry["txid"])).unwrap(),
        })
        .collect()
}

#[test]
fn every_shortened_transaction_is_refused() {
    for fixture in fixtures() {
        for end in 0..fixture.bytes.len() {
            assert!(
                Transaction::decode(&fixture.bytes[..end]).is_err(),
                "{} cut at {end}",
                fixture.name
            );
        }
    }
}

#[test]
fn transactions_of_another_client_are_decoded_and_encoded_again() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 9);
    for fixture in fixtures {
        let transaction = Transaction::decode(&fixture.bytes).unwrap();
        assert_eq!(transaction.encode(), fixture.bytes, "{}", fixture.name);
        assert_eq!(transaction.txid(), fixture.txid, "{}", fixture.name);
        assert_eq!(transaction.verify_signatures(), Ok(()), "{}", fixture.name);
    }
}

#[test]
fn transactions_of_another_client_run() {
    let mut bench = Bench::new();
    let all = fixtures();
    let named = |name: &str| all.iter().find(|fixture| fixture.name == name).unwrap().bytes.clone();
    let uncompressed =
        match Transaction::decode(&named("transfer-uncompressed-key")).unwrap().authorization {
            Authorization::Standard { origin } => origin.account(),
            Authorization::Sponsored { .. } => panic!(),
        };
    bench.ledger().faucet(&uncompressed, mrms_node::chain::MicroStx::new(10_000)).unwrap();
    let order = [
        "transfer",
        "deploy-clarity-2",
        "deploy-default",
        "call",
        "call-post-conditions",
        "sponsored-call",
        "call-originator-mode",
        "transfer-uncompressed-key",
    ];
    for name in order {
        let included = bench.submit(&named(name));
        assert_eq!(included.receipt.status, Status::Success, "{name}: {:?}", included.note);
    }
    let called = bench.submit(&named("call"));
    assert_eq!(called.receipt.result, ok(&uint(7)));
    assert_eq!(called.receipt.events.len(), 1);
    bench.restart();
    assert!(mrms_node::chain::fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
}

#[test]
fn older_form_of_a_deploy_is_decoded() {
    let alice = Actor::new(1);
    let payload = Payload::Deploy { name: "a".into(), source: "1".into(), version: None };
    let transaction = alice.unsigned(payload);
    assert_eq!(Transaction::decode(&transaction.encode()), Ok(transaction));
}

#[test]
fn contract_source_that_is_not_printable_ascii_is_refused() {
    let alice = Actor::new(1);
    for text in ["\r\n", "\u{7f}", ";; \u{e9}", "\0"] {
        let payload = Payload::Deploy { name: "a".into(), source: text.into(), version: None };
        let decoded = Transaction::decode(&alice.unsigned(payload).encode());
        assert_eq!(decoded, Err(WireError::SourceNotText), "{text:?}");
    }
    let payload = Payload::Deploy { name: "a".into(), source: "\t~ \n".into(), version: None };
    assert!(Transaction::decode(&alice.unsigned(payload).encode()).is_ok());
}

#[test]
fn argument_with_unsorted_tuple_keys_is_refused() {
    // { b: true, a: true }, keys in the wrong order.
    let tuple = [&[0x0c, 0, 0, 0, 2, 1][..], b"b", &[3, 1], b"a", &[3]].concat();
    let alice = Actor::new(1);
    let contract = alice.contract("c");
    let payload = Payload::Call { contract, function: "f".into(), arguments: vec![tuple] };
    let decoded = Transaction::decode(&alice.unsigned(payload).encode());
    assert_eq!(decoded, Err(WireError::NotCanonical { field: "argument" }));
}

#[test]
fn deeply_nested_value_is_refused_without_exhausting_the_stack() {
    let alice = Actor::new(1);
    for layer in [&[0x0a][..], &[0x07], &[0x0b, 0, 0, 0, 1]] {
        let value = [layer.repeat(100_000), vec![3]].concat();
        let contract = alice.contract("c");
        let payload = Payload::Call { contract, function: "f".into(), arguments: vec![value] };
        let decoded = Transaction::decode(&alice.unsigned(payload).encode());
        assert!(matches!(decoded, Err(WireError::BadValue { .. })), "{decoded:?}");
    }
}

#[test]
fn count_without_entries_is_refused_without_allocating_for_it() {
    let alice = Actor::new(1);
    let payload =
        Payload::Call { contract: alice.contract("c"), function: "f".into(), arguments: vec![] };
    let mut bytes = alice.unsigned(payload).encode();
    let end = bytes.len();
    bytes[end - 4..].fill(0xff);
    assert_eq!(
        Transaction::decode(&bytes),
        Err(WireError::BadValue {
            field: "argument",
            detail: "Serialization error caused by IO: failed to fill whole buffer".to_owned(),
        })
    );
    // A list of 2^32 - 1 values, and a buffer of as many bytes.
    for value in [[0x0b, 0xff, 0xff, 0xff, 0xff], [0x02, 0xff, 0xff, 0xff, 0xff]] {
        let contract = alice.contract("c");
        let payload =
            Payload::Call { contract, function: "f".into(), arguments: vec![value.to_vec()] };
        assert!(Transaction::decode(&alice.unsigned(payload).encode()).is_err());
    }
}

#[test]
fn deploy_of_an_unknown_language_version_is_refused() {
    assert!(ClarityVersionByte::try_new(0).is_err());
    assert!(ClarityVersionByte::try_new(7).is_err());
    assert_eq!(ClarityVersionByte::try_new(6).unwrap().get(), 6);
}

#[test]
fn private_key_is_not_printed() {
    let key = SigningKey::from_bytes([0x41; 32]).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(..)");
}

fn names() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,20}"
}

fn accounts() -> impl Strategy<Value = Principal> {
    any::<[u8; 32]>()
        .prop_filter_map("out of range", |bytes| SigningKey::from_bytes(bytes).ok()?.account().ok())
}

fn contracts() -> impl Strategy<Value = ContractId> {
    (accounts(), names())
        .prop_map(|(account, name)| ContractId::parse(&format!("{account}.{name}")).unwrap())
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<u128>().prop_map(uint),
        proptest::collection::vec(any::<u8>(), 0..100).prop_map(|bytes| buffer(&bytes)),
        Just(vec![3]),
        Just(vec![9]),
    ]
}

fn subjects() -> impl Strategy<Value = PostConditionSubject> {
    prop_oneof![
        Just(PostConditionSubject::Origin),
        accounts().prop_map(PostConditionSubject::Account),
        contracts().prop_map(PostConditionSubject::Contract),
    ]
}

fn amounts() -> impl Strategy<Value = Amount> {
    let tests = prop_oneof![
        Just(AmountTest::Equal),
        Just(AmountTest::Greater),
        Just(AmountTest::GreaterOrEqual),
        Just(AmountTest::Less),
        Just(AmountTest::LessOrEqual),
    ];
    (tests, any::<u64>()).prop_map(|(test, amount)| Amount { test, amount })
}

fn assets() -> impl Strategy<Value = Asset> {
    (contracts(), names()).prop_map(|(contract, name)| Asset { contract, name })
}

fn conditions() -> impl Strategy<Value = PostCondition> {
    let nft_tests =
        prop_oneof![Just(NftTest::Sent), Just(NftTest::NotSent), Just(NftTest::MaybeSent)];
    prop_oneof![
        (subjects(), amounts())
            .prop_map(|(subject, amount)| PostCondition::Stx { subject, amount }),
        (subjects(), assets(), amounts()).prop_map(|(subject, asset, amount)| {
            PostCondition::Fungible { subject, asset, amount }
        }),
        (subjects(), assets(), values(), nft_tests).prop_map(|(subject, asset, token, test)| {
            PostCondition::NonFungible { subject, asset, token, test }
        }),
    ]
}

fn payloads() -> impl Strategy<Value = Payload> {
    prop_oneof![
        (accounts(), any::<u64>(), any::<[u8; 34]>()).prop_map(|(recipient, amount, memo)| {
            Payload::Transfer { recipient, amount, memo }
        }),
        (contracts(), any::<u64>()).prop_map(|(recipient, amount)| Payload::Transfer {
            recipient: recipient.into(),
            amount,
            memo: [0; 34]
        }),
        (names(), "[ -~\t\n]{0,60}", proptest::option::of(1_u8..=6)).prop_map(
            |(name, source, version)| {
                let version = version.map(|byte| ClarityVersionByte::try_new(byte).unwrap());
                Payload::Deploy { name, source, version }
            }
        ),
        (contracts(), names(), proptest::collection::vec(values(), 0..5)).prop_map(
            |(contract, function, arguments)| Payload::Call { contract, function, arguments }
        ),
    ]
}

fn transactions() -> impl Strategy<Value = Transaction> {
    let modes = prop_oneof![
        Just(PostConditionMode::Allow),
        Just(PostConditionMode::Deny),
        Just(PostConditionMode::Originator)
    ];
    let conditions = proptest::collection::vec(conditions(), 0..4);
    (payloads(), modes, conditions, any::<u64>(), any::<u64>(), any::<bool>()).prop_map(
        |(payload, post_condition_mode, post_conditions, nonce, fee, sponsored)| {
            let origin = condition(nonce, fee);
            let authorization = if sponsored {
                let key_encoding = KeyEncoding::Uncompressed;
                let witness = Witness::Single { key_encoding, signature: [7; 65] };
                let sponsor = SpendingCondition { witness, ..condition(fee, nonce) };
                Authorization::Sponsored { origin, sponsor }
            } else {
                Authorization::Standard { origin }
            };
            let alice = Actor::new(1);
            Transaction {
                authorization,
                post_condition_mode,
                post_conditions,
                ..alice.unsigned(payload)
            }
        },
    )
}

proptest! {
    #[test]
    fn random_bytes_never_break_the_decoders(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(transaction) = Transaction::decode(&bytes) {
            prop_assert_eq!(transaction.encode(), bytes);
        } else if let Ok(receipt) = Receipt::decode(&bytes) {
            prop_assert_eq!(receipt.encode(), bytes);
        }
    }

    #[test]
    fn damaged_transaction_is_refused_or_encodes_to_the_same_bytes(
        choice in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let all = fixtures();
        let mut bytes = all[choice.index(all.len())].bytes.clone();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(transaction) = Transaction::decode(&bytes) {
            prop_assert_eq!(transaction.encode(), bytes);
        }
    }

    #[test]
    fn transaction_round_trips(transaction in transactions()) {
        let bytes = transaction.encode();
        prop_assert_eq!(Transaction::decode(&bytes), Ok(transaction));
    }

    #[test]
    fn changed_bytes_never_verify(
        transaction in transactions(),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
    ) {
        let mut transaction = transaction;
        if let Authorization::Sponsored { origin, .. } = transaction.authorization {
            transaction.authorization = Authorization::Standard { origin };
        }
        transaction.sign_as_origin(&Actor::new(1).key).unwrap();
        let mut bytes = transaction.encode();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(changed) = Transaction::decode(&bytes) {
            // The signature covers every byte, also that of the anchor mode.
            prop_assert!(changed.verify_signatures().is_err());
        }
    }
}
