//! Accounts of several keys: transactions that another client signed are accepted; those with too few, too
//! many or wrong signatures are refused.

use mrms_node::chain::wire::{
    AuthField, Authorization, KeyEncoding, Multisig, SignatureError, SpendingCondition,
    Transaction, WireError, Witness,
};
use mrms_node::chain::{MicroStx, Principal, Rejection, Status, SubmitError, fsck};

use crate::support::{Bench, from_hex};

/// A transfer from an account of three keys, two of which must sign, made with the Stacks JavaScript library.
/// Its name contains the mode and the keys that have signed.
struct Case {
    name: String,
    bytes: Vec<u8>,
    txid: String,
    account: Principal,
}

impl Case {
    fn all() -> Vec<Self> {
        let json: serde_json::Value =
            serde_json::from_str(include_str!("../fixtures/stacks-js-multisig.json")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let cases = json["cases"].as_array().unwrap().iter();
        cases
            .map(|case| Self {
                name: text(&case["name"]),
                bytes: from_hex(&text(&case["hex"])),
                txid: text(&case["txid"]),
                account: Principal::parse(&text(&case["account"])).unwrap(),
            })
            .collect()
    }

    fn named(name: &str) -> Self {
        Self::all().into_iter().find(|case| case.name == name).unwrap()
    }

    /// Whether the right number of keys has signed: two of three or, where the mode allows it, all three.
    fn is_valid(&self) -> bool {
        !self.name.ends_with("0,1,2") || self.name.starts_with("unordered")
    }

    fn transaction(&self) -> Transaction {
        Transaction::decode(&self.bytes).unwrap()
    }
}

const MODES: [&str; 4] = ["p2sh", "p2wsh", "unordered-p2sh", "unordered-p2wsh"];

fn origin(transaction: &mut Transaction) -> &mut SpendingCondition {
    match &mut transaction.authorization {
        Authorization::Standard { origin } | Authorization::Sponsored { origin, .. } => origin,
    }
}

fn multisig(transaction: &mut Transaction) -> &mut Multisig {
    match &mut origin(transaction).witness {
        Witness::Multi(multisig) => multisig,
        Witness::Single { .. } => panic!("one key"),
    }
}

/// The error of decoding after a change to the list of keys and signatures.
fn form(name: &str, change: impl FnOnce(&mut Multisig)) -> SignatureError {
    let mut transaction = Case::named(name).transaction();
    change(multisig(&mut transaction));
    let as_it_stands = transaction.verify_signatures();
    match Transaction::decode(&transaction.encode()) {
        Err(WireError::Multisig { source }) => {
            assert_eq!(as_it_stands, Err(source), "{name}");
            source
        }
        other => panic!("{name}: {other:?}"),
    }
}

/// The error of checking the signatures after such a change, when the form is still valid.
fn signatures(name: &str, change: impl FnOnce(&mut Multisig)) -> SignatureError {
    let mut transaction = Case::named(name).transaction();
    change(multisig(&mut transaction));
    assert_eq!(Transaction::decode(&transaction.encode()).as_ref(), Ok(&transaction), "{name}");
    transaction.verify_signatures().expect_err(name)
}

#[test]
fn too_few_signatures_are_refused() {
    for mode in MODES {
        let count = form(&format!("{mode} 0,1"), |multisig| {
            let mut other = Case::named(&format!("{mode} 0,2")).transaction();
            multisig.fields[1] = self::multisig(&mut other).fields[1].clone();
        });
        assert_eq!(count, SignatureError::Count { given: 1, required: 2 });
    }
}

#[test]
fn more_signatures_than_required_are_refused_in_sequential_modes() {
    for mode in ["p2sh", "p2wsh"] {
        let case = Case::named(&format!("{mode} 0,1,2"));
        let expected = SignatureError::Count { given: 3, required: 2 };
        assert_eq!(Transaction::decode(&case.bytes), Err(WireError::Multisig { source: expected }));
    }
}

#[test]
fn account_that_requires_no_signature_is_refused() {
    for mode in MODES {
        let count = form(&format!("{mode} 0,1"), |multisig| {
            multisig.required = 0;
            multisig.fields.retain(|field| matches!(field, AuthField::Key { .. }));
        });
        assert_eq!(count, SignatureError::Count { given: 0, required: 0 });
    }
}

#[test]
fn signatures_in_another_order_than_the_keys_are_refused() {
    for mode in MODES {
        let refused = signatures(&format!("{mode} 0,1"), |multisig| multisig.fields.swap(0, 1));
        assert_eq!(refused, SignatureError::WrongSigner, "{mode}");
        let refused = signatures(&format!("{mode} 0,2"), |multisig| multisig.fields.swap(1, 2));
        assert_eq!(refused, SignatureError::WrongSigner, "{mode}");
    }
}

#[test]
fn wrong_key_wrong_signature_and_wrong_number_are_refused() {
    for mode in MODES {
        let name = format!("{mode} 0,1");
        let foreign =
            from_hex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
        let key: [u8; 33] = foreign.try_into().unwrap();
        let encoding = KeyEncoding::Compressed;
        let refused =
            signatures(&name, |multisig| multisig.fields[2] = AuthField::Key { encoding, key });
        assert_eq!(refused, SignatureError::WrongSigner, "{mode}");
        // A valid signature of another transaction.
        let refused = signatures(&name, |multisig| {
            let mut other = Case::named(&format!("{mode} 0,2 sponsored")).transaction();
            multisig.fields[0] = self::multisig(&mut other).fields[0].clone();
        });
        assert_eq!(refused, SignatureError::WrongSigner, "{mode}");
    }
    // One of three keys is another account than two of three.
    let refused = signatures("unordered-p2sh 0,1", |multisig| multisig.required = 1);
    assert_eq!(refused, SignatureError::WrongSigner);
}

#[test]
fn signature_for_another_mode_amount_nonce_or_fee_is_refused() {
    for (name, mode) in [("p2sh 0,1", 0x05), ("unordered-p2sh 0,1", 0x01)] {
        let mut bytes = Case::named(name).bytes;
        bytes[6] = mode;
        let transaction = Transaction::decode(&bytes).unwrap();
        assert_eq!(transaction.verify_signatures(), Err(SignatureError::WrongSigner), "{name}");
    }
    for mode in MODES {
        let change: [fn(&mut Transaction); 2] = [
            |transaction| origin(transaction).nonce += 1,
            |transaction| origin(transaction).fee += 1,
        ];
        for change in change {
            let mut transaction = Case::named(&format!("{mode} 0,1")).transaction();
            change(&mut transaction);
            assert_eq!(transaction.verify_signatures(), Err(SignatureError::WrongSigner));
        }
    }
}

#[test]
fn malformed_keys_and_uncompressed_keys_in_the_wrong_mode_are_refused() {
    let refused = form("p2wsh 0,1", |multisig| {
        if let AuthField::Key { encoding, .. } = &mut multisig.fields[2] {
            *encoding = KeyEncoding::Uncompressed;
        }
    });
    assert_eq!(refused, SignatureError::UncompressedKey);
    let mut transaction = Case::named("p2sh 0,1").transaction();
    if let AuthField::Key { key, .. } = &mut multisig(&mut transaction).fields[2] {
        *key = [7; 33];
    }
    let source = SignatureError::BadPublicKey;
    assert_eq!(Transaction::decode(&transaction.encode()), Err(WireError::Multisig { source }));
}

#[test]
fn account_of_too_many_keys_is_refused_before_any_signature_is_checked() {
    let mut transaction = Case::named("unordered-p2sh 0,1").transaction();
    let fields = &mut multisig(&mut transaction).fields;
    *fields = vec![fields[0].clone(); 257];
    let decoded = Transaction::decode(&transaction.encode());
    assert!(matches!(decoded, Err(WireError::Unsupported { .. })), "{decoded:?}");
}

#[test]
fn every_shortened_multisig_transaction_is_refused() {
    for case in Case::all() {
        for end in 0..case.bytes.len() {
            assert!(Transaction::decode(&case.bytes[..end]).is_err(), "{} cut at {end}", case.name);
        }
    }
}

#[test]
fn transactions_of_another_client_are_decoded_verified_and_encoded_again() {
    let cases = Case::all();
    assert_eq!(cases.len(), 22);
    for case in cases.iter().filter(|case| case.is_valid()) {
        let mut transaction = case.transaction();
        assert_eq!(transaction.verify_signatures(), Ok(()), "{}", case.name);
        assert_eq!(transaction.encode(), case.bytes, "{}", case.name);
        assert_eq!(transaction.txid().to_string(), format!("0x{}", case.txid), "{}", case.name);
        assert_eq!(origin(&mut transaction).account(), case.account, "{}", case.name);
    }
}

#[test]
fn account_of_several_keys_pays_fees_and_uses_nonces_like_any_other() {
    let mut moved = 0;
    for case in Case::all().iter().filter(|case| case.is_valid()) {
        let bench = Bench::new();
        let sponsored = case.name.ends_with("sponsored");
        let poor = bench.rejection(&case.bytes);
        assert!(matches!(poor, Rejection::NotEnoughFunds { .. }), "{}: {poor:?}", case.name);
        bench.ledger().faucet(&case.account, MicroStx::new(2_000)).unwrap();
        let included = bench.submit(&case.bytes);
        assert_eq!(included.receipt.status, Status::Success, "{}", case.name);
        let left = if sponsored { 1_995 } else { 995 };
        assert_eq!((bench.balance(&case.account), bench.nonce(&case.account)), (left, 1));
        assert_eq!(bench.nonce(&bench.alice.principal), u64::from(sponsored));
        assert!(fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
        moved += 1;
    }
    assert_eq!(moved, 20);
}

#[test]
fn ledger_reports_what_is_wrong_with_the_signatures() {
    let bench = Bench::new();
    let refused = bench.ledger().submit(&Case::named("p2sh 0,1,2").bytes);
    assert!(matches!(
        refused,
        Err(SubmitError::Undecodable { source: WireError::Multisig { .. } })
    ));
    let mut transaction = Case::named("p2sh 0,1").transaction();
    multisig(&mut transaction).fields.swap(0, 1);
    let expected = Rejection::SignatureValidation(SignatureError::WrongSigner);
    assert_eq!(bench.rejection(&transaction.encode()), expected);
}
