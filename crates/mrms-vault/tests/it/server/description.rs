//! The description for others says what the server does.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{RecordId, TxId, Version};
use mrms_vault::guardian::ChainView as _;
use mrms_vault::protocol::{
    Deposits, Erased, Erasure, Fault, FaultWord, Hex, LogItem, LogPage, LogRequest,
    MemberNotesRequest, ReaderNote, ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines,
    RecordLinesRequest, Release, ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Split,
    UploadAnswer, UploadRequest, VaultCard,
};
use mrms_vault::server::ROUTES;
use serde::Serialize;
use serde_json::{Value, json};

use super::messages::deposit;
use super::support::{Account, Served};

fn description() -> Value {
    serde_json::from_str(include_str!("../../../../../docs/vault-openapi.json")).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let description = description();
    let served: BTreeMap<String, BTreeSet<String>> = ROUTES
        .iter()
        .map(|(path, methods)| {
            ((*path).to_owned(), methods.iter().map(|method| (*method).to_owned()).collect())
        })
        .collect();
    let mut described = BTreeMap::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let mut methods = keys(item);
        methods.remove("parameters");
        described.insert(path.clone(), methods);
    }
    assert_eq!(described, served);
}

#[test]
fn every_route_is_served_with_its_methods_and_no_others() {
    let served = Served::new();
    for (path, methods) in ROUTES {
        let path = path.replace("{upload}", &"0".repeat(32)).replace("{sha256}", &"0".repeat(64));
        for method in ["get", "head", "post", "put", "patch", "delete"] {
            let name = method.to_uppercase();
            let answer = served.connect().request(&name, &path, &[], b"");
            // HEAD is served wherever GET is (RFC 9110 section 9.1).
            let known = methods.contains(&method) || (method == "head" && methods.contains(&"get"));
            assert_eq!(answer.status != 405, known, "{name} {path}: {}", answer.status);
        }
    }
}

#[test]
fn description_is_served_and_its_references_lead_somewhere() {
    let served = Served::new();
    assert_eq!(served.get("/v1/openapi.json").json(), description());
    let description = description();
    let schemas = keys(&description["components"]["schemas"]);
    let mut used = BTreeSet::new();
    references(&description, &mut used);
    assert_eq!(used, schemas, "every schema is used, and every one used is there");
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value.as_str()) {
                    ("$ref", Some(target)) => {
                        let name = target.strip_prefix("#/components/schemas/").unwrap();
                        found.insert(name.to_owned());
                    }
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Checks that a value has exactly the fields that its schema names.
#[track_caller]
fn assert_described(schema: &str, value: &impl Serialize) {
    let description = description();
    let schema_of = |name: &str| description["components"]["schemas"][name].clone();
    let value = serde_json::to_value(value).unwrap();
    let described = schema_of(schema);
    assert_eq!(keys(&described["properties"]), keys(&value), "{schema}");
    let required = described["required"].as_array().unwrap();
    for name in required {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{schema} requires {name}");
    }
}

#[test]
fn every_field_of_every_message_and_answer_is_described() {
    let served = Served::new();
    let (patient, reader) = (Account::new(1), Account::new(2));
    let (record_id, version) = (RecordId::new(7), Version::FIRST);
    served.create(record_id, &patient, None);
    assert!(served.chain.tip().is_ok());

    let left = patient.sign(deposit(record_id, &reader));
    assert_described("SignedDeposit", &left);
    assert_described("Header", &left.header);
    assert_described("Deposit", &left.message);
    assert_described("DepositedVersion", &left.message.versions[0]);
    let many = Deposits { deposits: vec![left.message.clone()], notes: Vec::new() };
    assert_described("Deposits", &many);
    assert_described("SignedDeposits", &patient.sign(many));
    assert_described("Split", &Split { threshold: 1, count: 1, place: 1 });
    let answer = served.post("/v1/deposits", &left);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let receipt: mrms_vault::protocol::VaultReceipt = serde_json::from_slice(&answer.body).unwrap();
    assert_described("Receipt", &receipt);
    assert_described("LogLine", &receipt.line);

    let txid = TxId::from_bytes([1; 32]);
    let ask = ReleaseRequest { record_id, version, audit_index: 0, txid, note: Vec::new() };
    assert_described("ReleaseRequest", &ask);
    assert_described("SaltDeposit", &SaltDeposit { record_id, version, salt: Hex([0; 32]) });
    assert_described("SaltRequest", &SaltRequest { record_id, version });
    let note = ReaderNote { record_id, reader: reader.principal.into(), note: vec![1] };
    assert_described("ReaderNote", &note);
    assert_described("ReaderNoteKept", &ReaderNoteKept { record_id });
    let notes = ReaderNotesRequest { records: vec![record_id] };
    assert_described("ReaderNotesRequest", &notes);
    let organisation = reader.principal.into();
    let of_member = MemberNotesRequest { organisation, records: vec![record_id] };
    assert_described("MemberNotesRequest", &of_member);
    assert_described("SignedMemberNotesRequest", &reader.sign(of_member));
    let signed_note = patient.sign(note);
    assert_described("SignedReaderNote", &signed_note);
    assert_described("ReaderNotes", &ReaderNotes { notes: vec![signed_note] });
    assert_described("SignedReaderNotesRequest", &reader.sign(notes));
    assert_described("Erasure", &Erasure { record_id, blobs: Vec::new() });
    assert_described("LogRequest", &LogRequest { record_id, from: 0, limit: 1 });
    let lines = RecordLinesRequest { records: vec![record_id], from: 0, limit: 1 };
    assert_described("RecordLinesRequest", &lines);
    assert_described("SignedRecordLinesRequest", &reader.sign(lines));
    assert_described("RecordLines", &RecordLines { lines: Vec::new(), next: None });
    let upload = UploadRequest { sha256: Hex([0; 32]), length: 1, record_id, version };
    assert_described("UploadRequest", &upload);
    for (name, message) in [
        ("SignedReleaseRequest", json!(reader.sign(ask))),
        (
            "SignedSaltDeposit",
            json!(reader.sign(SaltDeposit { record_id, version, salt: Hex([0; 32]) })),
        ),
        ("SignedSaltRequest", json!(reader.sign(SaltRequest { record_id, version }))),
        ("SignedErasure", json!(reader.sign(Erasure { record_id, blobs: Vec::new() }))),
        ("SignedLogRequest", json!(reader.sign(LogRequest { record_id, from: 0, limit: 1 }))),
        ("SignedUploadRequest", json!(reader.sign(upload))),
    ] {
        assert_described(name, &message);
    }

    let release = Release {
        epoch: 1,
        deposit_id: Hex([0; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([0; 1152]),
        wrap: Hex([0; 32]),
        share: Hex([0; 48]),
        salt: None,
        receipt: receipt.clone(),
    };
    assert_described("Release", &release);
    assert_described("SaltRelease", &SaltRelease { salt: Hex([0; 32]), receipt: receipt.clone() });
    let (blobs, kept, receipt_of) = (Vec::new(), Vec::new(), receipt.clone());
    let erased = Erased { shares: 0, salts: 0, blobs, kept, receipt: receipt_of };
    assert_described("Erased", &erased);
    let line = LogItem::Line(Box::new(receipt.line.clone()));
    let (from, before, count, head) = (0, receipt.before, 1, receipt.before);
    let page = LogPage { from, before, items: vec![line], count, head };
    assert_described("LogPage", &page);
    let item = serde_json::to_value(&page).unwrap()["items"][0].clone();
    let items = &description()["components"]["schemas"]["LogPage"]["properties"]["items"];
    assert_eq!(keys(&items["items"]["oneOf"][0]["properties"]), keys(&item));
    let hash = serde_json::to_value(LogItem::Hash(Hex([0; 32]))).unwrap();
    assert_eq!(keys(&items["items"]["oneOf"][1]["properties"]), keys(&hash));

    let card: VaultCard = serde_json::from_slice(&served.get("/v1/vault").body).unwrap();
    assert_described("Card", &card);
    let upload = Some("0".repeat(32));
    let answer = UploadAnswer { sha256: Hex([0; 32]), length: 1, offset: 0, upload };
    assert_described("UploadAnswer", &answer);
    let error = FaultWord { code: String::new(), message: String::new() };
    assert_described("FaultWord", &error);
    assert_described("Fault", &Fault { error, receipt: Some(Box::new(receipt)) });
}
