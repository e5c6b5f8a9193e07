//! Observers get a message about each block, in order, repeated until they accept it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::rpc_server::{Served, TIMEOUT};
use crate::support::{Bench, COUNTER, uint};

/// Starts an observer that answers the first message with a failure and the others with success. Returns its
/// address and the messages.
pub(crate) fn observer() -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, messages) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut first, mut length) = (String::new(), 0);
            stream.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(text) = line.strip_prefix("content-length: ") {
                    length = text.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let status = if number == 0 { "500 Broken" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if heard.send((first, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, messages)
}

#[test]
fn every_block_is_sent_in_order_and_again_after_a_failure() {
    let mut bench = Bench::new();
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    let deploy = bench.alice.deploy("counter", COUNTER);
    let counter = bench.alice.contract("counter");
    assert_eq!(served.submit(&deploy).status, 200);
    let add = bench.bob.call(&counter, "add", &[uint(5)]);
    assert_eq!(served.submit(&add).status, 200);
    let refused = bench.bob.call(&counter, "add", &[uint(0)]);
    assert_eq!(served.submit(&refused).status, 200);

    let next = || messages.recv_timeout(TIMEOUT).unwrap();
    let (line, failed) = next();
    assert_eq!(line.trim(), "POST /new_block HTTP/1.1");
    let (_, first) = next();
    assert_eq!(failed, first);
    assert_eq!(first["block_height"], 1);
    assert_eq!(first["transactions"][0]["raw_tx"], format!("0x{}", hex::encode(&deploy)));
    assert_eq!(first["transactions"][0]["status"], "success");
    let functions = first["transactions"][0]["contract_interface"]["functions"].as_array();
    assert!(!functions.unwrap().is_empty());

    let (_, second) = next();
    assert_eq!(second["block_height"], 2);
    assert_eq!(second["parent_block_hash"], first["block_hash"]);
    assert_eq!(second["transactions"][0]["contract_interface"], Value::Null);
    let event = &second["events"][0];
    assert_eq!(event["type"], "contract_event");
    assert_eq!(event["committed"], true);
    assert_eq!(event["txid"], second["transactions"][0]["txid"]);
    assert_eq!(event["contract_event"]["contract_identifier"], counter.to_string());
    assert!(event["contract_event"]["raw_value"].as_str().unwrap().starts_with("0x0c"));

    let (_, third) = next();
    assert_eq!(third["transactions"][0]["status"], "abort_by_response");
    assert_eq!(third["events"], json!([]));
}

#[test]
fn block_that_was_not_made_through_the_rpc_is_sent_too() {
    let bench = Bench::new();
    let (url, messages) = observer();
    let served = Served::with(bench.ledger(), |settings| {
        settings.observers = vec![url.parse().unwrap()];
    });
    bench.ledger().advance(3).unwrap();
    assert_eq!(messages.recv_timeout(TIMEOUT).unwrap().1["block_height"], 1);
    assert_eq!(served.get("/v2/info").header("x-canonical-stacks-tip-height"), Some("1"));
}
