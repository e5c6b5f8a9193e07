//! Transactions that are refused before they run, in the order in which a node checks, without a trace on the
//! chain.

use mrms_node::chain::wire::{
    Authorization, Payload, SignatureError, SpendingCondition, Transaction, TransactionVersion,
    WireError, Witness,
};
use mrms_node::chain::{MicroStx, Principal, ReadError, Rejection, Signer, Status, SubmitError};

use crate::support::{Actor, Bench, COUNTER, RICH, call, condition, transfer, uint};

/// The order of secp256k1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

fn nothing_happened(bench: &Bench) {
    assert_eq!(bench.tip().height.get(), 0);
    assert_eq!(bench.balance(&bench.alice.principal), RICH);
    assert_eq!(bench.nonce(&bench.alice.principal), 0);
}

#[test]
fn bytes_that_are_no_transaction_are_refused() {
    let bench = Bench::new();
    for bytes in [&b""[..], b"\x80", b"hello, this is no transaction", &[0xff; 500]] {
        assert!(matches!(bench.ledger().submit(bytes), Err(SubmitError::Undecodable { .. })));
    }
    nothing_happened(&bench);
}

#[test]
fn transaction_with_a_byte_too_many_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let mut bytes = bench.alice.transfer(&bob, 1);
    bytes.push(0);
    let expected = SubmitError::Undecodable { source: WireError::TrailingBytes { count: 1 } };
    assert_eq!(bench.ledger().submit(&bytes), Err(expected));
    nothing_happened(&bench);
}

#[test]
fn mainnet_transaction_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let transaction = Transaction {
        version: TransactionVersion::Mainnet,
        ..bench.alice.unsigned(transfer(&bob, 1))
    };
    let bytes = bench.alice.finish(transaction);
    assert_eq!(bench.rejection(&bytes), Rejection::BadTransactionVersion);
}

#[test]
fn transaction_for_another_chain_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let transaction =
        Transaction { chain_id: 0x8000_0000, ..bench.alice.unsigned(transfer(&bob, 1)) };
    let bytes = bench.alice.finish(transaction);
    let expected = Rejection::BadChainId { expected: 0x4d52_4d53, actual: 0x8000_0000 };
    assert_eq!(bench.rejection(&bytes), expected);
    nothing_happened(&bench);
}

#[test]
fn transfer_to_a_mainnet_address_is_refused() {
    let mut bench = Bench::new();
    let mainnet = Principal::parse("SP000000000000000000002Q6VF78").unwrap();
    let bytes = bench.alice.transfer(&mainnet, 1);
    assert_eq!(bench.rejection(&bytes), Rejection::BadAddressVersion { principal: mainnet });
}

#[test]
fn signature_of_another_transaction_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let signed = Transaction::decode(&bench.alice.transfer(&bob, 1)).unwrap();
    let altered = Transaction { payload: transfer(&bob, 1_000_000), ..signed };
    let rejection = bench.rejection(&altered.encode());
    assert!(matches!(rejection, Rejection::SignatureValidation(_)), "{rejection:?}");
    nothing_happened(&bench);
}

#[test]
fn signature_with_high_s_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let mut transaction = Transaction::decode(&bench.alice.transfer(&bob, 1)).unwrap();
    let Authorization::Standard { origin } = &mut transaction.authorization else { panic!() };
    // s' = order - s, with the other parity: valid in plain ECDSA, but not canonical.
    let Witness::Single { signature, .. } = &mut origin.witness else { panic!() };
    signature[0] ^= 1;
    let mut borrow = 0_i16;
    for place in (0..32).rev() {
        let digit = i16::from(ORDER[place]) - i16::from(signature[33 + place]) - borrow;
        borrow = i16::from(digit < 0);
        signature[33 + place] = (digit & 0xff) as u8;
    }
    let expected = Rejection::SignatureValidation(SignatureError::HighS);
    assert_eq!(bench.rejection(&transaction.encode()), expected);
}

#[test]
fn fee_below_a_micro_stx_per_byte_is_refused() {
    let bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let mut transaction = bench.alice.unsigned(transfer(&bob, 1));
    let floor = transaction.encode().len() as u64;
    transaction.authorization = Authorization::Standard { origin: condition(0, floor - 1) };
    transaction.sign_as_origin(&bench.alice.key).unwrap();
    let expected = Rejection::FeeTooLow { expected: floor, actual: floor - 1 };
    assert_eq!(bench.rejection(&transaction.encode()), expected);
    transaction.authorization = Authorization::Standard { origin: condition(0, floor) };
    transaction.sign_as_origin(&bench.alice.key).unwrap();
    assert_eq!(bench.submit(&transaction.encode()).receipt.status, Status::Success);
}

#[test]
fn wrong_nonce_is_refused_with_the_right_one() {
    let mut bench = Bench::new();
    bench.alice.nonce = 3;
    let bob = bench.bob.principal.clone();
    let transaction = bench.alice.transfer(&bob, 1);
    let expected = Rejection::BadNonce {
        expected: 0,
        actual: 3,
        principal: bench.alice.principal.clone(),
        signer: Signer::Origin,
    };
    assert_eq!(bench.rejection(&transaction), expected);
    nothing_happened(&bench);
}

#[test]
fn used_nonce_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    bench.submit(&first);
    bench.alice.nonce = 0;
    let again = bench.alice.transfer(&bob, 2);
    assert!(matches!(bench.rejection(&again), Rejection::BadNonce { expected: 1, actual: 0, .. }));
}

#[test]
fn account_without_funds_is_refused() {
    let bench = Bench::new();
    let mut poor = Actor::new(9);
    let bob = bench.bob.principal.clone();
    let bytes = poor.transfer(&bob, 5);
    let fee = bytes.len() as u128;
    let expected =
        Rejection::NotEnoughFunds { expected: MicroStx::new(fee + 5), actual: MicroStx::new(0) };
    assert_eq!(bench.rejection(&bytes), expected);
    // Exactly enough funds are accepted.
    bench.ledger().faucet(&poor.principal, MicroStx::new(fee + 5)).unwrap();
    assert_eq!(bench.submit(&bytes).receipt.status, Status::Success);
    assert_eq!(bench.balance(&poor.principal), 0);
}

#[test]
fn transfer_to_oneself_or_of_nothing_is_refused() {
    let mut bench = Bench::new();
    let (alice, bob) = (bench.alice.principal.clone(), bench.bob.principal.clone());
    let to_self = bench.alice.transfer(&alice, 1);
    let account = bench.alice.principal.clone();
    assert_eq!(bench.rejection(&to_self), Rejection::TransferRecipientIsSender { account });
    bench.alice.nonce = 0;
    let nothing = bench.alice.transfer(&bob, 0);
    assert_eq!(bench.rejection(&nothing), Rejection::TransferAmountIsZero);
    nothing_happened(&bench);
}

#[test]
fn call_of_an_unknown_contract_or_function_is_refused() {
    let mut bench = Bench::new();
    let nowhere = bench.alice.contract("nowhere");
    let bytes = bench.bob.call(&nowhere, "add", &[uint(1)]);
    assert_eq!(bench.rejection(&bytes), Rejection::NoSuchContract { contract: nowhere });
    let counter = bench.publish("counter", COUNTER);
    for function in ["subtract", "get-count", "bump"] {
        bench.bob.nonce = 0;
        let bytes = bench.bob.call(&counter, function, &[uint(1)]);
        let expected = Rejection::NoSuchPublicFunction {
            contract: counter.clone(),
            function: function.to_owned(),
        };
        assert_eq!(bench.rejection(&bytes), expected, "{function}");
    }
    assert_eq!(bench.nonce(&bench.bob.principal), 0);
}

#[test]
fn arguments_of_other_number_or_type_are_refused() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    for arguments in [vec![], vec![uint(1), uint(2)], vec![vec![3]]] {
        bench.bob.nonce = 0;
        let bytes = bench.bob.call(&counter, "add", &arguments);
        let rejection = bench.rejection(&bytes);
        assert!(matches!(rejection, Rejection::BadFunctionArgument { .. }), "{rejection:?}");
    }
}

#[test]
fn contract_name_that_is_taken_is_refused() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let again = bench.alice.deploy("counter", "(define-constant A 1)");
    assert_eq!(bench.rejection(&again), Rejection::ContractAlreadyExists { contract: counter });
    // The same name under another address is another contract.
    let other = bench.bob.deploy("counter", COUNTER);
    assert_eq!(bench.submit(&other).receipt.status, Status::Success);
}

#[test]
fn hash_mode_that_is_not_run_is_refused_by_name() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let mut bytes = bench.alice.transfer(&bob, 1);
    bytes[6] = 0x02;
    let expected = SubmitError::Undecodable {
        source: WireError::Unsupported { what: "single-signature P2WPKH-P2SH" },
    };
    assert_eq!(bench.ledger().submit(&bytes), Err(expected));
    bytes[6] = 0x04;
    let expected = WireError::UnknownByte { field: "hash mode", byte: 0x04 };
    assert_eq!(bench.ledger().submit(&bytes), Err(SubmitError::Undecodable { source: expected }));
}

fn sponsored(origin: &Actor, sponsor: &Actor, payload: Payload, fee: u64) -> Transaction {
    let sponsor_condition = SpendingCondition { nonce: sponsor.nonce, fee, ..condition(0, 0) };
    Transaction {
        authorization: Authorization::Sponsored {
            origin: condition(origin.nonce, 0),
            sponsor: sponsor_condition,
        },
        ..origin.unsigned(payload)
    }
}

#[test]
fn wrong_nonce_of_the_sponsor_is_refused_with_the_sponsors_account() {
    let mut bench = Bench::new();
    bench.bob.nonce = 7;
    let poor = Actor::new(9);
    let counter = bench.publish("counter", COUNTER);
    let mut transaction = sponsored(&poor, &bench.bob, call(&counter, "add", &[uint(1)]), 1_000);
    transaction.sign_as_origin(&poor.key).unwrap();
    transaction.sign_as_sponsor(&bench.bob.key).unwrap();
    let expected = Rejection::BadNonce {
        expected: 0,
        actual: 7,
        principal: bench.bob.principal.clone(),
        signer: Signer::Sponsor,
    };
    assert_eq!(bench.rejection(&transaction.encode()), expected);
}

#[test]
fn sponsor_pays_and_the_origin_acts() {
    let mut bench = Bench::new();
    let poor = Actor::new(9);
    let counter = bench.publish("counter", COUNTER);
    let mut transaction = sponsored(&poor, &bench.bob, call(&counter, "add", &[uint(4)]), 1_000);
    transaction.sign_as_origin(&poor.key).unwrap();
    transaction.sign_as_sponsor(&bench.bob.key).unwrap();
    let included = bench.submit(&transaction.encode());
    assert_eq!(included.receipt.status, Status::Success);
    assert_eq!(included.receipt.fee, 1_000);
    assert_eq!(bench.balance(&bench.bob.principal), RICH - 1_000);
    assert_eq!((bench.nonce(&poor.principal), bench.nonce(&bench.bob.principal)), (1, 1));
    let key = crate::support::principal(&poor.principal);
    assert_eq!(bench.map_entry(&counter, "seen", &key).unwrap(), [&[0x0a][..], &uint(4)].concat());
}

#[test]
fn same_transaction_again_returns_its_first_outcome() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let bytes = bench.alice.transfer(&bob, 77);
    let first = bench.submit(&bytes);
    let second = bench.submit(&bytes);
    assert_eq!(first, second);
    assert_eq!(bench.balance(&bob), RICH + 77);
    assert_eq!(bench.tip().height.get(), 1);
    bench.restart();
    assert_eq!(bench.submit(&bytes), first);
}

#[test]
fn one_bad_transaction_does_not_keep_the_others_out() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let first = bench.alice.transfer(&bob, 1);
    let second = bench.alice.transfer(&bob, 2);
    let early = {
        bench.alice.nonce += 1;
        bench.alice.transfer(&bob, 3)
    };
    let batch = [first.clone(), early, b"rubbish".to_vec(), second, first];
    let results = bench.ledger().submit_all(&batch);
    assert!(results[0].is_ok() && results[3].is_ok());
    assert!(matches!(&results[1], Err(SubmitError::Rejected { .. })));
    assert!(matches!(&results[2], Err(SubmitError::Undecodable { .. })));
    assert_eq!(results[0], results[4]);
    assert_eq!(bench.balance(&bob), RICH + 3);
}

/// A principal value with an address version that c32check cannot write.
fn unspellable() -> Vec<u8> {
    [&[0x05, 0x7b][..], &[1; 20]].concat()
}

#[test]
fn address_that_c32check_cannot_write_is_refused_in_every_argument() {
    let mut bench = Bench::new();
    let keeper = bench.publish(
        "keeper",
        "(define-map seen principal bool)
         (define-public (keep (who principal)) (begin (print who) (ok (map-set seen who true))))
         (define-public (keep-all (whos (list 2 (optional principal)))) (begin (print whos) (ok true)))
         (define-read-only (is-seen (who principal)) (map-get? seen who))",
    );
    let list = [&[0x0b, 0, 0, 0, 1, 0x0a][..], &unspellable()].concat();
    for (function, argument) in [("keep", unspellable()), ("keep-all", list)] {
        let nonce = bench.bob.nonce;
        let bytes = bench.bob.call(&keeper, function, &[argument]);
        let source = WireError::BadAddressVersion { version: 0x7b };
        assert_eq!(bench.ledger().submit(&bytes), Err(SubmitError::Undecodable { source }));
        bench.bob.nonce = nonce;
    }
    let bob = bench.bob.principal.clone();
    let asked = bench.call_read_only(&keeper, "is-seen", &[unspellable()], &bob);
    assert!(matches!(asked, Err(ReadError::BadValue { .. })), "{asked:?}");
    let known = crate::support::principal(&bob);
    assert_eq!(bench.bob_calls(&keeper, "keep", &[known]).receipt.status, Status::Success);
}

#[test]
fn contract_cannot_publish_an_address_that_c32check_cannot_write() {
    let mut bench = Bench::new();
    let maker = bench.publish(
        "maker",
        "(define-private (made) (unwrap-panic (from-consensus-buff? principal 0x057b0101010101010101010101010101010101010101)))
         (define-public (show) (begin (print (made)) (ok true)))
         (define-public (answer) (ok (made)))
         (define-public (pay) (stx-transfer? u1 tx-sender (made)))
         (define-read-only (look) (made))",
    );
    for function in ["show", "answer", "pay"] {
        let nonce = bench.bob.nonce;
        let bytes = bench.bob.call(&maker, function, &[]);
        let refused = bench.rejection(&bytes);
        assert!(matches!(refused, Rejection::Unrunnable { .. }), "{function}: {refused:?}");
        bench.bob.nonce = nonce;
    }
    let bob = bench.bob.principal.clone();
    let looked = bench.call_read_only(&maker, "look", &[], &bob);
    assert!(matches!(looked, Err(ReadError::Stopped { .. })), "{looked:?}");
    assert_eq!((bench.nonce(&bob), bench.balance(&bob)), (0, RICH));
}
