//! What building, verifying and sponsoring refuse, and what unknown bytes are called.

use mrms_core::{ContractId, MicroStx, Nonce};
use mrms_stacks::DecodeError;
use mrms_stacks::clarity::{ClarityName, EncodeError, Value};
use mrms_stacks::keys::{SignatureError, SigningKey};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{
    BuildError, ContractSource, Memo, Payload, Signer, SponsorError, Terms, Transaction, Unsigned,
    VerifyError,
};

const FEE: MicroStx = MicroStx::new(1_000);
const NONCE: Nonce = Nonce::new(7);
/// Where the payload begins after one key's condition and no post-conditions.
const PAYLOAD_AT: usize = 115;
const FUNCTION: ClarityName = ClarityName::literal("access-medical-record");

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32]).unwrap()
}

fn contract() -> ContractId {
    "ST000000000000000000002AMW42H.records".parse().unwrap()
}

fn call(arguments: Vec<Value>) -> Unsigned {
    Transaction::contract_call(contract(), FUNCTION, arguments)
}

fn terms() -> Terms {
    Terms { network: Network::EMBEDDED, nonce: NONCE, fee: FEE }
}

fn signed() -> Transaction {
    call(vec![Value::uint(1u8)]).sign(&key(1), terms()).unwrap()
}

fn half_signed() -> Transaction {
    call(vec![]).sign_for_sponsor(&key(1), Network::EMBEDDED, NONCE).unwrap()
}

/// The transaction with one byte changed, still well-formed.
fn altered(transaction: &Transaction, at: usize, byte: u8) -> Transaction {
    let mut bytes = transaction.encode();
    assert_ne!(bytes[at], byte);
    bytes[at] = byte;
    Transaction::decode(&bytes).unwrap()
}

#[test]
fn whatever_is_altered_the_origin_did_not_sign_it() {
    let transaction = signed();
    let length = transaction.encode().len();
    // Chain id, nonce, fee, post-condition mode, the argument's last byte.
    for at in [4, 34, 42, 110, length - 1] {
        let refused = altered(&transaction, at, 0x01 + u8::from(at == length - 1)).verify();
        assert_eq!(refused, Err(VerifyError::OtherKeys { signer: Signer::Origin }), "byte {at}");
    }
}

#[test]
fn a_half_signed_transaction_verifies_for_its_origin_only() {
    let half = half_signed();
    assert_eq!(half.verify_origin(), Ok(()));
    let (signer, problem) = (Signer::Sponsor, SignatureError::Missing);
    assert_eq!(half.verify(), Err(VerifyError::Signature { signer, problem }));
}

#[test]
fn a_sponsor_pays_only_for_what_the_origin_signed_for_a_sponsor() {
    let refused = signed().sponsor(&key(2), NONCE, FEE);
    assert_eq!(refused, Err(SponsorError::NotSponsored));

    let (half, last) = (half_signed(), half_signed().encode().len());
    let other_function = altered(&half, last - 5, b'x');
    let origin = VerifyError::OtherKeys { signer: Signer::Origin };
    assert_eq!(other_function.sponsor(&key(2), NONCE, FEE), Err(SponsorError::Origin(origin)));
}

#[test]
fn a_sponsor_can_raise_its_fee_and_the_origin_stays() {
    let first = half_signed().sponsor(&key(2), NONCE, FEE).unwrap();
    let raised = first.clone().sponsor(&key(2), NONCE, MicroStx::new(2_000)).unwrap();
    assert_ne!(first.txid(), raised.txid());
    assert_eq!((raised.verify(), raised.fee()), (Ok(()), MicroStx::new(2_000)));
    assert_eq!(raised.origin(), key(1).address(Network::EMBEDDED.version));
    assert_eq!(raised.payer(), key(2).address(Network::EMBEDDED.version));
    assert_eq!(raised.authorization().origin(), first.authorization().origin());
}

#[test]
fn what_the_chain_would_not_take_is_not_signed() {
    let deep = (0..40).fold(Value::None, |inner, _| Value::some(inner));
    let refused = call(vec![deep]).sign(&key(1), terms());
    assert!(matches!(refused, Err(BuildError::Part(EncodeError::TooDeep { limit: 32 }))));

    let megabyte = Value::buffer(vec![0; 1_048_576]);
    assert!(call(vec![megabyte.clone()]).sign(&key(1), terms()).is_ok());
    let refused = call(vec![megabyte.clone(), megabyte]);
    assert!(
        matches!(refused.minimum_fee(), Err(BuildError::TooLong { length }) if length > 2_097_152)
    );
    assert!(matches!(refused.sign(&key(1), terms()), Err(BuildError::TooLong { .. })));
}

#[test]
fn a_source_or_memo_that_the_chain_does_not_take_is_refused() {
    for source in ["(define-constant name \"né\")", "\r\n", "\u{7f}", "\0"] {
        assert!(source.parse::<ContractSource>().is_err(), "{source:?}");
    }
    assert!("a".repeat(35).parse::<Memo>().is_err());
    assert!("é".repeat(17).parse::<Memo>().is_ok());
}

#[test]
fn payloads_of_miners_are_named_when_refused() {
    let transaction = signed();
    assert!(matches!(transaction.payload(), Payload::ContractCall(_)));
    assert_eq!(transaction.encode()[PAYLOAD_AT], 0x02);
    for (byte, name) in [
        (0x03, "a poison-microblock payload"),
        (0x04, "a coinbase payload"),
        (0x05, "a coinbase-to-recipient payload"),
        (0x07, "a tenure-change payload"),
        (0x08, "a Nakamoto coinbase payload"),
    ] {
        let mut bytes = transaction.encode();
        bytes[PAYLOAD_AT] = byte;
        let refused = DecodeError::Unsupported { what: name, at: PAYLOAD_AT };
        assert_eq!(Transaction::decode(&bytes), Err(refused));
    }
}

#[test]
fn unknown_bytes_are_named_with_their_place() {
    let transaction = signed();
    for (at, byte, what) in [
        (0, 0x40, "a transaction version"),
        (5, 0x06, "an authorization type"),
        (6, 0x04, "a hash mode"),
        (43, 0x02, "a key encoding"),
        (109, 0x00, "an anchor mode"),
        (110, 0x04, "a post-condition mode"),
        (PAYLOAD_AT, 0x09, "a kind of payload"),
        (PAYLOAD_AT + 1, 0x20, "an address version"),
    ] {
        let mut bytes = transaction.encode();
        bytes[at] = byte;
        let refused = DecodeError::Unknown { what, at, byte };
        assert_eq!(Transaction::decode(&bytes), Err(refused));
    }
    let deploy = Transaction::deploy(
        contract().name,
        "u1".parse().unwrap(),
        mrms_stacks::transaction::ClarityVersion::new(6),
    );
    let mut bytes = deploy.sign(&key(1), terms()).unwrap().encode();
    let at = PAYLOAD_AT + 1;
    assert_eq!(bytes[PAYLOAD_AT..=at], [0x06, 0x06]);
    bytes[at] = 7;
    let refused = DecodeError::Unknown { what: "a known Clarity version", at, byte: 7 };
    assert_eq!(Transaction::decode(&bytes), Err(refused));
}

#[test]
fn tuples_are_written_in_the_order_of_bytes_not_of_a_locale() {
    let fields = ["b", "A", "a", "a-b", "a_b", "aB", "a0"];
    let fields = fields.map(|name| (name.parse().unwrap(), Value::None));
    let bytes = Value::tuple(fields).unwrap().encode().unwrap();
    let names = ["A", "a", "a-b", "a0", "aB", "a_b", "b"];
    let expected: Vec<u8> = names
        .iter()
        .flat_map(|name| [&[name.len() as u8], name.as_bytes(), &[0x09]].concat())
        .collect();
    assert_eq!(bytes[5..], expected);
}
