use mrms_core::{RecordId, TxId, Version};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use rand::{SeedableRng, rngs::StdRng};

use super::*;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32]).unwrap()
}

fn account(byte: u8) -> StandardPrincipal {
    key(byte).address(TransactionVersion::Testnet)
}

fn header() -> Header {
    Header {
        vault: account(9),
        contract: "ST000000000000000000002AMW42H.records".parse().unwrap(),
        time: 1_800_000_000,
        nonce: Nonce::generate(&mut StdRng::seed_from_u64(1)),
    }
}

fn request() -> ReleaseRequest {
    ReleaseRequest {
        record_id: RecordId::new(u128::MAX),
        version: Version::FIRST,
        audit_index: 3,
        txid: TxId::from_bytes([4; 32]),
        note: vec![1, 2],
    }
}

fn signed() -> Signed<ReleaseRequest> {
    Signed::sign(request(), header(), ChainId::EMBEDDED, account(1), &key(1)).unwrap()
}

fn line() -> LogLine {
    LogLine {
        number: 7,
        time: 1_800_000_000,
        topic: Topic::Refusal,
        reason: Some(RefusalReason::EntryUsed),
        record_id: Some(RecordId::new(5)),
        version: 1,
        actor: Some(account(1).into()),
        reader: Some(account(1).into()),
        audit_index: Some(3),
        txid: Some(TxId::from_bytes([4; 32])),
        of: "release".to_owned(),
        count: 1,
        request: Hex([6; 32]),
        note: Vec::new(),
    }
}

#[test]
fn a_message_is_of_its_signer_its_vault_its_chain_and_its_words_alone() {
    let good = signed();
    assert!(good.verify(ChainId::TESTNET).is_err(), "another chain");
    let refused = |change: &dyn Fn(&mut Signed<ReleaseRequest>)| {
        let mut other = signed();
        change(&mut other);
        assert!(other.verify(ChainId::EMBEDDED).is_err());
        assert_ne!(other, good);
    };
    refused(&|other| other.signer = account(2));
    refused(&|other| other.header.vault = account(2));
    refused(&|other| other.header.contract = "ST000000000000000000002AMW42H.x".parse().unwrap());
    refused(&|other| other.header.time += 1);
    refused(&|other| other.header.nonce.0[0] ^= 1);
    refused(&|other| other.message.record_id = RecordId::new(1));
    refused(&|other| other.message.version = Version::FIRST.next());
    refused(&|other| other.message.audit_index += 1);
    refused(&|other| other.message.txid = TxId::from_bytes([5; 32]));
    refused(&|other| other.message.note.clear());
    refused(&|other| other.signature.0[5] ^= 1);
    assert_eq!(good.verify(ChainId::EMBEDDED), good.digest(ChainId::EMBEDDED));
}

#[test]
fn messages_of_the_same_fields_are_told_apart_by_their_topic() {
    let salt = SaltRequest { record_id: RecordId::new(1), version: Version::FIRST };
    struct Other;
    impl Message for Other {
        const TOPIC: &'static str = "other";
        fn fields(&self) -> Vec<(&'static str, Value)> {
            SaltRequest { record_id: RecordId::new(1), version: Version::FIRST }.fields()
        }
    }
    let one = Signed::sign(salt, header(), ChainId::EMBEDDED, account(1), &key(1)).unwrap();
    let two = Signed::sign(Other, header(), ChainId::EMBEDDED, account(1), &key(1)).unwrap();
    assert_ne!(one.digest(ChainId::EMBEDDED), two.digest(ChainId::EMBEDDED));
}

#[test]
fn json_keeps_every_message_and_refuses_unknown_fields() {
    let text = serde_json::to_string(&signed()).unwrap();
    assert_eq!(serde_json::from_str::<Signed<ReleaseRequest>>(&text).unwrap(), signed());
    let unknown = text.replacen("\"version\"", "\"extra\":1,\"version\"", 1);
    assert!(serde_json::from_str::<Signed<ReleaseRequest>>(&unknown).is_err());
    let text = serde_json::to_string(&line()).unwrap();
    assert!(text.contains("\"reason\":\"entry-used\""), "{text}");
    assert_eq!(serde_json::from_str::<LogLine>(&text).unwrap(), line());
}

#[test]
fn words_of_reasons_are_those_of_json() {
    for reason in RefusalReason::ALL {
        assert_eq!(serde_json::to_string(reason).unwrap(), format!("{:?}", reason.as_str()));
    }
}

#[test]
fn a_receipt_holds_for_its_line_and_its_place_alone() {
    let (vault, contract) = (account(9), header().contract);
    let sign = |line| {
        VaultReceipt::sign(
            line,
            LogHead::EMPTY,
            vault,
            contract.clone(),
            ChainId::EMBEDDED,
            &key(9),
        )
    };
    let receipt = sign(line()).unwrap();
    let refused = |change: &dyn Fn(&mut VaultReceipt)| {
        let mut other = receipt.clone();
        change(&mut other);
        assert!(other.verify(ChainId::EMBEDDED).is_err());
    };
    refused(&|other| other.vault = account(1));
    refused(&|other| other.line.audit_index = None);
    refused(&|other| other.line.reason = None);
    refused(&|other| other.before = LogHead(Hex([1; 32])));
    assert!(receipt.verify(ChainId::TESTNET).is_err());
    assert_eq!(receipt.verify(ChainId::EMBEDDED), Ok(()));
}

#[test]
fn a_page_gives_the_head_that_the_lines_give() {
    let hash = line().hash().unwrap();
    let items = [LogItem::Line(Box::new(line())), LogItem::Hash(hash)];
    let head = |items: &[LogItem]| {
        items.iter().fold(LogHead::EMPTY, |head, item| head.after(&item.hash().unwrap()))
    };
    assert_eq!(head(&items), LogHead::EMPTY.after(&hash).after(&hash));
    assert_ne!(head(&items), head(&items[..1]));
}

#[test]
fn a_salt_is_in_no_debug_output() {
    let salt =
        SaltDeposit { record_id: RecordId::new(1), version: Version::FIRST, salt: Hex([0xab; 32]) };
    assert!(!format!("{salt:?}").contains("abab"));
}
