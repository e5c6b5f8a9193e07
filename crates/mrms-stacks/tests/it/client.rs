//! The RPC client against answers in the shapes of a node and of the hosted API.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mrms_core::{BlockHeight, ContractId, MicroStx, Nonce, TxId};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::client::{
    ClientError, ClientSettings, EventsFrom, History, Outcome, RpcClient, SponsorClient,
    TransactionState,
};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};

/// A server that gives prepared answers in their order, each to a connection of its own.
pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn answering<const N: usize>(answers: [(u16, &str); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = answers.map(|(status, body)| (status, body.to_owned()));
        let log = asked.clone();
        let thread = thread::spawn(move || {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                log.lock().unwrap().push(read_request(&mut stream));
                // Status 0: the connection ends without an answer.
                if status != 0 {
                    let length = body.len();
                    write!(stream, "HTTP/1.1 {status} X\r\nretry-after: 0\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
                }
            }
        });
        Self { url, asked, thread: Some(thread) }
    }

    pub(crate) fn client(&self) -> RpcClient {
        let pause = Duration::from_millis(1);
        let settings = ClientSettings { pause, attempts: 3, ..ClientSettings::default() };
        RpcClient::new(&self.url, settings).unwrap()
    }

    /// The first lines of what was asked; all prepared answers were given.
    pub(crate) fn asked(mut self) -> Vec<String> {
        self.thread.take().unwrap().join().unwrap();
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request.lines().next().unwrap().to_owned()).collect()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return text;
            }
        }
    }
}

pub(crate) fn contract() -> ContractId {
    "ST000000000000000000002AMW42H.records".parse().unwrap()
}

pub(crate) fn transaction() -> Transaction {
    let name = ClarityName::literal("access-medical-record");
    let call = Transaction::contract_call(contract(), name, vec![Value::uint(1_u8)]);
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    let terms = Terms { network: Network::TESTNET, nonce: Nonce::new(3), fee: MicroStx::new(300) };
    call.sign(&key, terms).unwrap()
}

const INFO: &str = r#"{"peer_version":1,"burn_block_height":902499,"network_id":2147483648,"parent_network_id":1,"stacks_tip_height":40,"server_version":"x"}"#;

#[test]
fn reads_are_repeated_after_faults_and_no_longer_than_that() {
    let server = Server::answering([(0, ""), (503, "busy"), (200, INFO)]);
    let info = server.client().info().unwrap();
    assert_eq!((info.burn_height.number(), info.block_height.number()), (902_499, 40));
    assert_eq!(info.chain_id, Network::TESTNET.chain_id);
    assert_eq!(server.asked().len(), 3);

    let server = Server::answering([(429, ""), (500, ""), (502, "")]);
    assert!(matches!(server.client().info(), Err(ClientError::Transport { .. })));
    server.asked();
}

#[test]
fn address_that_never_answered_is_given_up_sooner_and_a_slow_one_is_waited_for() {
    let client = |url: &str| {
        let (pause, reach) = (Duration::from_millis(300), Some(Duration::from_millis(200)));
        let settings = ClientSettings { pause, reach, attempts: 3, ..ClientSettings::default() };
        RpcClient::new(url, settings).unwrap()
    };
    let server = Server::answering([(0, "")]);
    assert!(matches!(client(&server.url).info(), Err(ClientError::Transport { .. })));
    assert_eq!(server.asked().len(), 1, "the second try would begin too late");

    // An answer, whatever it says, shows that it is there.
    let server = Server::answering([(503, "busy"), (0, ""), (200, INFO)]);
    client(&server.url).info().unwrap();
    assert_eq!(server.asked().len(), 3);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let slow = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream);
        thread::sleep(Duration::from_millis(600));
        let length = INFO.len();
        write!(stream, "HTTP/1.1 200 X\r\ncontent-length: {length}\r\n\r\n{INFO}").unwrap();
    });
    client(&url).info().unwrap();
    slow.join().unwrap();
}

#[test]
fn answers_that_will_not_change_are_not_asked_for_again() {
    for (status, body) in [(200, "{}"), (200, "<html>"), (404, "not here"), (302, "")] {
        let server = Server::answering([(status, body)]);
        assert!(matches!(server.client().info(), Err(ClientError::Answer { .. })), "{status}");
        server.asked();
    }
}

#[test]
fn transaction_is_sent_again_only_when_no_answer_came() {
    let transaction = transaction();
    let digits = hex::encode(transaction.txid().as_bytes());
    let txid = format!("\"{digits}\"");
    let server = Server::answering([(0, ""), (200, &txid)]);
    assert_eq!(server.client().broadcast(&transaction.encode()).unwrap(), transaction.txid());
    server.asked();

    let server = Server::answering([(503, "busy")]);
    let failed = server.client().broadcast(&transaction.encode());
    assert!(matches!(failed, Err(ClientError::Transport { .. })));
    server.asked();
}

#[test]
fn refusal_of_a_transaction_carries_reason_and_data() {
    let rejected = r#"{"error":"transaction rejected","reason":"BadNonce","reason_data":{"actual":1,"expected":2,"is_origin":true,"principal":"ST000000000000000000002AMW42H"},"txid":"00"}"#;
    let cases = [
        (rejected, "BadNonce", Some(2)),
        (
            r#"{"error":"transaction rejected","reason":"NoSuchContract","txid":"00"}"#,
            "NoSuchContract",
            None,
        ),
        (
            "Failed to deserialize posted transaction",
            "Failed to deserialize posted transaction",
            None,
        ),
    ];
    for (body, reason, expected) in cases {
        let server = Server::answering([(400, body)]);
        let Err(ClientError::Rejected { rejection }) = server.client().broadcast(b"x") else {
            panic!("{body} is a refusal");
        };
        assert_eq!(rejection.reason, reason);
        let data = rejection.data.and_then(|data| data["expected"].as_u64());
        assert_eq!(data, expected);
        server.asked();
    }
}

#[test]
fn estimates_come_in_order_and_a_node_without_them_gives_its_rate() {
    let estimates = r#"{"estimated_cost_scalar":6,"cost_scalar_change_by_byte":0.00476837158203125,"estimated_cost":{},"estimations":[{"fee_rate":1.2,"fee":30},{"fee_rate":1.0,"fee":10},{"fee_rate":1.1,"fee":20}]}"#;
    let transaction = transaction();
    let server = Server::answering([(200, estimates)]);
    let fees = server.client().fee_estimates(transaction.payload(), 200).unwrap();
    assert_eq!(fees, [10, 20, 30].map(MicroStx::new));
    server.asked();

    let none = r#"{"error":"Estimation could not be performed","reason":"NoEstimateAvailable"}"#;
    let server = Server::answering([(400, none), (200, "2")]);
    let fees = server.client().fee_estimates(transaction.payload(), 200).unwrap();
    assert_eq!(fees, [400; 3].map(MicroStx::new));
    server.asked();
}

#[test]
fn states_of_the_hosted_api_are_told_apart() {
    let txid = transaction().txid();
    let ok = r#"{"tx_id":"0x00","tx_status":"success","canonical":true,"block_height":7,"burn_block_height":9,"block_time":11,"burn_block_time":10,"tx_result":{"hex":"0x0703","repr":"(ok true)"}}"#;
    let old = r#"{"tx_id":"0x00","tx_status":"abort_by_response","canonical":true,"block_height":7,"burn_block_time":10,"tx_result":{"hex":"0x08010000000000000000000000000000000a","repr":"(err u10)"}}"#;
    let server = Server::answering([
        (200, r#"{"server_version":"stacks-blockchain-api"}"#),
        (404, "Not Found"),
        (200, ok),
        (200, old),
        (200, r#"{"height":7,"burn_block_height":8}"#),
        (200, r#"{"tx_id":"0x00","tx_status":"pending","receipt_time":5}"#),
        (200, r#"{"tx_id":"0x00","tx_status":"dropped_replace_by_fee"}"#),
        (404, r#"{"error":"could not find transaction by ID"}"#),
        (200, r#"{"tx_id":"0x00","tx_status":"sideways"}"#),
    ]);
    let client = server.client();
    assert_eq!(client.history().unwrap(), History::Extended);
    let included = |state| match state {
        Some(TransactionState::Included(inclusion)) => *inclusion,
        other => panic!("{other:?} is in no block"),
    };
    let first = included(client.transaction(&txid).unwrap());
    assert_eq!((first.outcome, first.time.seconds()), (Outcome::Success, 11));
    assert_eq!(first.result, Value::ok(Value::Bool(true)));
    let second = included(client.transaction(&txid).unwrap());
    assert_eq!((second.outcome, second.burn_height.number()), (Outcome::AbortedByResponse, 8));
    assert_eq!(client.transaction(&txid).unwrap(), Some(TransactionState::Pending));
    let reason = "dropped_replace_by_fee".to_owned();
    assert_eq!(client.transaction(&txid).unwrap(), Some(TransactionState::Dropped { reason }));
    assert_eq!(client.transaction(&txid).unwrap(), None);
    assert!(matches!(client.transaction(&txid), Err(ClientError::Answer { .. })));
    server.asked();
}

#[test]
fn node_alone_tells_of_indexed_and_of_waiting_transactions() {
    let txid = transaction().txid();
    let found = r#"{"index_block_hash":"aa","tx":"00","result":"(err u1004)","block_height":7,"is_canonical":true}"#;
    let mut header = vec![b' '; 300];
    header[133..141].copy_from_slice(b"\0\0\0\0\x01\x01\x01\x01");
    let header = String::from_utf8(header).unwrap();
    let server = Server::answering([
        (404, ""),
        (404, "No such transaction 00"),
        (200, "{}"),
        (200, found),
        (200, &header),
        (200, r#"[{"burn_block_height":902499,"burn_header_timestamp":1}]"#),
        (404, ""),
        (200, r#"{"tx":"00","status":"Mempool"}"#),
        (404, ""),
        (404, ""),
        (501, "Transaction indexing is not enabled"),
    ]);
    let client = server.client();
    let Some(TransactionState::Included(place)) = client.transaction(&txid).unwrap() else {
        panic!("it stands in a block");
    };
    assert_eq!((place.burn_height.number(), place.time.seconds()), (902_499, 0x0101_0101));
    assert_eq!(place.outcome, Outcome::AbortedByResponse);
    assert_eq!(client.transaction(&txid).unwrap(), Some(TransactionState::Pending));
    assert_eq!(client.transaction(&txid).unwrap(), None);
    assert!(matches!(client.transaction(&txid), Err(ClientError::NoIndex { .. })));
    let printed = client.printed(&contract(), &EventsFrom::Offset(0), 1);
    assert!(matches!(printed, Err(ClientError::NoHistory { .. })));
    server.asked();
}

#[test]
fn node_alone_is_not_believed_that_post_conditions_held() {
    let transaction = transaction();
    let (txid, raw) = (transaction.txid(), hex::encode(transaction.encode()));
    let found = format!(
        r#"{{"index_block_hash":"aa","tx":"{raw}","result":"(ok true)","block_height":7,"is_canonical":true}}"#
    );
    let header = " ".repeat(300);
    let sortitions = r#"[{"burn_block_height":902499}]"#;
    let source = |code: &str| format!(r#"{{"source":"{code}","publish_height":1}}"#);
    for (code, is_told) in [
        ("(define-public (access-medical-record (id uint)) (ok true))", true),
        ("(define-public (pay) (stx-transfer? u1 tx-sender .vault))", false),
        ("(define-public (pay) (contract-call? .other pay))", false),
    ] {
        let code = source(code);
        let server = Server::answering([
            (404, ""),
            (404, "No such transaction 00"),
            (200, "{}"),
            (200, &found),
            (200, &header),
            (200, sortitions),
            (200, &code),
            (404, ""),
        ]);
        let client = server.client();
        match client.transaction(&txid) {
            Ok(Some(TransactionState::Included(place))) if is_told => {
                assert_eq!(place.outcome, Outcome::Success);
            }
            Err(ClientError::Answer { .. }) if !is_told => {}
            other => panic!("{code}: {other:?}"),
        }
        server.asked();
    }
}

#[test]
fn block_of_the_hosted_api_is_the_one_of_the_chain_that_counts() {
    let id = "ab".repeat(32);
    let row = |canonical: bool| {
        format!(
            r#"{{"height":51,"index_block_hash":"0x{id}","burn_block_height":900010,"canonical":{canonical}}}"#
        )
    };
    let (ours, orphan) = (row(true), row(false));
    let server = Server::answering([(200, "{}"), (200, &ours), (200, &orphan), (404, "{}")]);
    let client = server.client();
    let ask = || client.block(BlockHeight::new(51)).unwrap();
    let block = ask().unwrap();
    assert_eq!((block.height.number(), block.burn_height.number()), (51, 900_010));
    assert_eq!(block.id, [0xab; 32]);
    assert_eq!(ask(), None, "it left the chain");
    assert_eq!(ask(), None);
    assert_eq!(server.asked()[1], "GET /extended/v2/blocks/51 HTTP/1.1");
}

#[test]
fn id_of_a_block_of_a_node_alone_stands_in_the_next_one() {
    let header = |height: u8, parent: u8| {
        let mut header = vec![b' '; 300];
        header[1..9].copy_from_slice(&u64::from(height).to_be_bytes());
        header[37..69].fill(parent);
        String::from_utf8(header).unwrap()
    };
    let (this, next) = (header(51, 0x11), header(52, 0x22));
    let sortition = r#"[{"burn_block_height":900010}]"#;
    let server = Server::answering([
        (404, ""),
        (200, &this),
        (200, &next),
        (200, sortition),
        (200, &this),
        (404, ""),
        (200, &next),
    ]);
    let client = server.client();
    let ask = || client.block(BlockHeight::new(51));
    let block = ask().unwrap().unwrap();
    assert_eq!((block.id, block.burn_height.number()), ([0x22; 32], 900_010));
    assert_eq!(ask().unwrap(), None, "the newest block has no id yet");
    assert!(matches!(ask(), Err(ClientError::Answer { .. })), "a block of another height");
    assert_eq!(server.asked()[1], "GET /v3/blocks/height/51 HTTP/1.1");
}

#[test]
fn read_only_calls_can_be_about_an_earlier_block() {
    let sender = contract().deployer.into();
    let server = Server::answering([(200, r#"{"okay":true,"result":"0x0703"}"#)]);
    let client = server.client();
    let at = client.call_read_only_at(Some(&[0xcd; 32]), &contract(), "get-version", &[], &sender);
    assert_eq!(at.unwrap(), Value::ok(Value::Bool(true)));
    let asked = server.asked().remove(0);
    assert!(asked.ends_with(&format!("get-version?tip={} HTTP/1.1", "cd".repeat(32))), "{asked}");
}

#[test]
fn nonces_count_what_waits_and_fall_back_to_the_account() {
    let account = transaction().origin();
    let server = Server::answering([
        (200, "{}"),
        (404, ""),
        (
            200,
            r#"{"last_mempool_tx_nonce":6,"last_executed_tx_nonce":4,"possible_next_nonce":7,"detected_missing_nonces":[5],"detected_mempool_nonces":[6]}"#,
        ),
        (400, r#"{"error":"no"}"#),
        (
            200,
            r#"{"balance":"0x0000000000000000000000000000000a","locked":"0x00","unlock_height":0,"nonce":5}"#,
        ),
    ]);
    let client = server.client();
    let nonces = client.nonces(&account).unwrap();
    assert_eq!((nonces.next, nonces.in_blocks), (Nonce::new(7), Nonce::new(5)));
    let nonces = client.nonces(&account).unwrap();
    assert_eq!((nonces.next, nonces.in_blocks), (Nonce::new(5), Nonce::new(5)));
    server.asked();
}

#[test]
fn read_only_calls_answer_or_say_why_not() {
    let sender = contract().deployer.into();
    let server = Server::answering([
        (200, r#"{"okay":true,"result":"0x0703"}"#),
        (200, r#"{"okay":false,"cause":"Unchecked(NoSuchContract(\"x\"))"}"#),
        (200, r#"{"data":"0x09"}"#),
        (200, r#"{"data":"0x0a03"}"#),
        (404, "No contract interface data found"),
    ]);
    let client = server.client();
    let call = |name: &str| client.call_read_only(&contract(), name, &[], &sender);
    assert!(matches!(call("../../v2/info"), Err(ClientError::Call { .. })));
    assert_eq!(call("get-version").unwrap(), Value::ok(Value::Bool(true)));
    assert!(matches!(call("get-version"), Err(ClientError::Call { .. })));
    let map = ClarityName::literal("records");
    let entry = || client.map_entry(&contract(), &map, &Value::uint(1_u8)).unwrap();
    assert_eq!(entry(), None);
    assert_eq!(entry(), Some(Value::Bool(true)));
    assert_eq!(client.interface(&contract()).unwrap(), None);
    let asked = server.asked();
    assert_eq!(
        asked[0],
        "POST /v2/contracts/call-read/ST000000000000000000002AMW42H/records/get-version HTTP/1.1"
    );
}

#[test]
fn another_transaction_than_the_one_asked_for_is_no_answer() {
    let raw = format!(r#"{{"raw_tx":"0x{}"}}"#, hex::encode(transaction().encode()));
    let server = Server::answering([(200, "{}"), (200, &raw), (200, &raw)]);
    let client = server.client();
    let txid = transaction().txid();
    assert_eq!(client.signed_transaction(&txid).unwrap(), Some(transaction()));
    let other = TxId::from_bytes([7; 32]);
    assert!(matches!(client.signed_transaction(&other), Err(ClientError::Answer { .. })));
    server.asked();
}

/// The key of whoever pays.
fn payer() -> SigningKey {
    SigningKey::from_bytes(&[9; 32]).unwrap()
}

/// A transaction that leaves its fee to somebody else.
fn sponsorable(record: u8) -> Transaction {
    let name = ClarityName::literal("access-medical-record");
    let call = Transaction::contract_call(contract(), name, vec![Value::uint(record)]);
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    call.sign_for_sponsor(&key, Network::TESTNET, Nonce::new(3)).unwrap()
}

fn answered(transaction: &Transaction, fee: u64) -> String {
    let (txid, bytes) = (transaction.txid(), hex::encode(transaction.encode()));
    format!(r#"{{"txid":"{txid}","transaction":"0x{bytes}","fee":{fee}}}"#)
}

#[test]
fn sponsors_answer_that_is_not_the_transaction_is_refused() {
    let sent = sponsorable(1);
    let fee = MicroStx::new(300);
    let other = sponsorable(2).sponsor(&payer(), Nonce::new(0), fee).unwrap();
    let paid = sent.clone().sponsor(&payer(), Nonce::new(0), fee).unwrap();
    // One bit of the sponsor's signature is another one.
    let mut forged = paid.encode();
    let signature = forged.windows(4).rposition(|four| four == [3, 2, 0, 0]).unwrap();
    forged[signature - 8] ^= 1;
    let forged = Transaction::decode(&forged).unwrap();
    let answers =
        [answered(&other, 300), answered(&sent, 0), answered(&forged, 300), answered(&paid, 299)];
    let server = Server::answering(answers.each_ref().map(|body| (200, body.as_str())));
    let client = SponsorClient::new(&server.url, ClientSettings::default(), None).unwrap();
    for _ in 0..answers.len() {
        assert!(matches!(client.sponsor(&sent), Err(ClientError::Answer { .. })));
    }
    server.asked();
}

#[test]
fn sponsors_refusal_is_final_and_its_trouble_is_not() {
    let sent = sponsorable(1);
    let paid = sent.clone().sponsor(&payer(), Nonce::new(0), MicroStx::new(300)).unwrap();
    let server = Server::answering([
        (429, r#"{"error":{"code":"budget-exhausted","message":"it is used up"}}"#),
        (503, r#"{"error":{"code":"busy","message":"too many wait"}}"#),
        (502, "no gateway"),
        (0, ""),
        (200, &answered(&paid, 300)),
    ]);
    let settings = ClientSettings { pause: Duration::from_millis(1), ..ClientSettings::default() };
    let client = SponsorClient::new(&server.url, settings, None).unwrap();
    match client.sponsor(&sent) {
        Err(ClientError::Sponsor { code, message }) => {
            assert_eq!((code.as_str(), message.as_str()), ("budget-exhausted", "it is used up"));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(client.sponsor(&sent), Err(ClientError::Transport { reason, .. }) if reason == "too many wait")
    );
    assert!(matches!(client.sponsor(&sent), Err(ClientError::Transport { .. })));
    assert_eq!(client.sponsor(&sent).unwrap(), paid, "after no answer, the same bytes again");
    assert!(server.asked().iter().all(|line| line == "POST /v1/transactions HTTP/1.1"));
}
