//! An API whose answers come from several servers, some of which are behind: what is not known yet is not lost.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mrms_app::ledger::{Ledger as _, LedgerError, Receipt, Status};
use mrms_core::{MicroStx, Nonce, TxId};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Memo, Terms, Transaction};
use serde_json::{Value, json};

use crate::face::connect;

/// The nonce of the transaction that is sent.
const NONCE: u64 = 7;
const TIP: u64 = 100;
/// Bitcoin blocks of the chain: ten Stacks blocks on each.
const BURN_TIP: u64 = 9;
/// The newest block on which six Bitcoin blocks lie.
const OLD_HEIGHT: u64 = 39;

/// The id of a block.
fn id_of(height: u64) -> String {
    format!("{height:064x}")
}

/// The Bitcoin block that a block was made on.
const fn burn_of(height: u64) -> u64 {
    if height >= TIP { BURN_TIP } else { height / 10 }
}

/// What the servers know.
#[derive(Clone, Copy)]
struct Knows {
    /// How often the question for the transaction is answered by a server that does not have it yet.
    behind: u32,
    /// The transaction in the account's list with the nonce.
    listed: Listed,
    /// The account's nonce six Bitcoin blocks ago.
    nonce_before: u64,
    /// Whether there is a history at all, or a node alone.
    has_history: bool,
    /// Whether the page of the list begins with its oldest row.
    is_reversed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    None,
    Ours,
    Another,
}

const BEHIND: Knows = Knows {
    behind: 6,
    listed: Listed::None,
    nonce_before: NONCE,
    has_history: true,
    is_reversed: false,
};

struct Api {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Api {
    fn start(knows: Knows) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = std::thread::spawn(move || {
            let (asked, taken) = (AtomicU32::new(0), Mutex::new(None));
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // A client that goes away needs no answer.
                let _ = serve(stream.unwrap(), |path, body| {
                    answer(knows, path, body, &asked, &mut taken.lock().unwrap())
                });
            }
        });
        Self { address, stopped, thread: Some(thread) }
    }

    fn submit(&self, wait: Duration) -> Result<Vec<Receipt>, LedgerError> {
        let ledger = connect(&format!("http://{}", self.address), wait);
        ledger.submit(&[transaction(1).encode()], &|| {})
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

fn transaction(amount: u64) -> Transaction {
    let key = SigningKey::from_bytes(&[1; 32]).unwrap();
    let to = key.address(Network::TESTNET.version);
    let transfer = Transaction::token_transfer(to, MicroStx::new(amount), Memo::EMPTY);
    let terms =
        Terms { network: Network::TESTNET, nonce: Nonce::new(NONCE), fee: MicroStx::new(300) };
    transfer.sign(&key, terms).unwrap()
}

fn serve(stream: TcpStream, answer: impl Fn(&str, &[u8]) -> (u16, Vec<u8>)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, answer) = answer(first.split(' ').nth(1).unwrap_or_default(), &body);
    let mut stream = reader.into_inner();
    let length = answer.len();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(&answer)
}

fn row(txid: &TxId, nonce: u64) -> Value {
    json!({
        "tx_id": txid, "tx_status": "success", "block_height": 99, "burn_block_height": 9,
        "block_time": 1_800_000_000, "tx_result": {"hex": "0x0703"}, "nonce": nonce,
        "sender_address": transaction(1).origin(),
    })
}

/// A block as a node alone gives it: the height, and the id of its parent.
fn header(height: u64) -> Vec<u8> {
    let mut bytes = vec![0; 300];
    bytes[1..9].copy_from_slice(&height.to_be_bytes());
    // The consensus hash names its Bitcoin block here.
    bytes[29..37].copy_from_slice(&burn_of(height).to_be_bytes());
    bytes[61..69].copy_from_slice(&height.saturating_sub(1).to_be_bytes());
    bytes
}

fn answer(
    knows: Knows,
    path: &str,
    body: &[u8],
    asked: &AtomicU32,
    taken: &mut Option<TxId>,
) -> (u16, Vec<u8>) {
    let told = |value: Value| (200, value.to_string().into_bytes());
    let absent = (404, b"{}".to_vec());
    let ours = transaction(1).txid();
    if path == "/v2/info" {
        return told(json!({
            "network_id": 0x8000_0000_u32, "burn_block_height": BURN_TIP, "stacks_tip_height": TIP,
        }));
    }
    if path == "/v2/transactions" {
        let txid = Transaction::decode(body).unwrap().txid();
        *taken = Some(txid);
        return told(json!(hex::encode(txid.as_bytes())));
    }
    if path.starts_with("/v2/accounts/") {
        let nonce = if path.contains(&id_of(OLD_HEIGHT)) { knows.nonce_before } else { NONCE + 1 };
        return told(json!({"balance": "0x00", "nonce": nonce}));
    }
    if !knows.has_history {
        return match path.strip_prefix("/v3/blocks/height/") {
            Some(height) if height.parse::<u64>().unwrap() > TIP => absent,
            Some(height) => (200, header(height.parse().unwrap())),
            None if path.starts_with("/v3/sortitions") => {
                let burn = u64::from_str_radix(&path[path.len() - 16..], 16).unwrap();
                told(json!([{"burn_block_height": burn}]))
            }
            None if path == "/v3/tenures/info" => told(json!({"tip_height": TIP})),
            None if path.starts_with("/v3/transaction/") => {
                (404, b"No such transaction\n".to_vec())
            }
            None => absent,
        };
    }
    if path.starts_with("/extended/v3/") {
        return absent;
    }
    if path.starts_with("/extended/v1/tx/") {
        let times = asked.fetch_add(1, Ordering::SeqCst);
        return if taken.is_some() && times >= knows.behind {
            told(row(&ours, NONCE))
        } else {
            (
                404,
                json!({"error": format!("could not find transaction by ID {ours}")})
                    .to_string()
                    .into_bytes(),
            )
        };
    }
    if path.ends_with("/nonces") {
        return told(json!({"possible_next_nonce": NONCE + 1, "last_executed_tx_nonce": NONCE}));
    }
    if path.contains("/transactions?") {
        let older = row(&TxId::from_bytes([9; 32]), NONCE - 1);
        let newer = match knows.listed {
            Listed::None => None,
            Listed::Ours => Some(row(&ours, NONCE)),
            Listed::Another => Some(row(&transaction(2).txid(), NONCE)),
        };
        let mut rows: Vec<Value> = newer.into_iter().chain([older]).collect();
        if knows.is_reversed {
            rows.reverse();
        }
        return told(json!({"limit": 50, "offset": 0, "total": rows.len(), "results": rows}));
    }
    if let Some(height) = path.strip_prefix("/extended/v2/blocks/") {
        let height: u64 = height.parse().unwrap();
        if height > TIP {
            return absent;
        }
        return told(json!({
            "height": height, "index_block_hash": format!("0x{}", id_of(height)),
            "burn_block_height": burn_of(height), "canonical": true,
        }));
    }
    if path == "/extended" { told(json!({})) } else { absent }
}

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(400);

#[test]
fn transaction_that_a_lagging_server_does_not_know_is_waited_for() {
    let receipts = Api::start(BEHIND).submit(LONG).unwrap();
    assert_eq!((receipts.len(), receipts[0].status), (1, Status::Success));
    assert_eq!(receipts[0].txid, transaction(1).txid());
}

#[test]
fn transaction_that_a_server_does_not_know_for_long_is_pending_and_not_gone() {
    for has_history in [true, false] {
        let api = Api::start(Knows { behind: u32::MAX, has_history, ..BEHIND });
        let outcome = api.submit(SHORT);
        assert!(matches!(outcome, Err(LedgerError::Pending { .. })), "{outcome:?}");
    }
}

#[test]
fn transaction_that_only_the_accounts_list_has_is_found_there() {
    for is_reversed in [false, true] {
        let knows = Knows { behind: u32::MAX, listed: Listed::Ours, is_reversed, ..BEHIND };
        let receipts = Api::start(knows).submit(LONG).unwrap();
        assert_eq!(receipts[0].txid, transaction(1).txid());
    }
}

#[test]
fn another_transaction_of_the_newest_blocks_may_still_leave_the_chain() {
    let api = Api::start(Knows { behind: u32::MAX, listed: Listed::Another, ..BEHIND });
    let outcome = api.submit(SHORT);
    assert!(matches!(outcome, Err(LedgerError::Pending { .. })), "{outcome:?}");
}

#[test]
fn transaction_whose_nonce_was_used_blocks_ago_is_gone() {
    let before = Knows { behind: u32::MAX, nonce_before: NONCE + 1, ..BEHIND };
    for knows in [
        Knows { listed: Listed::Another, ..before },
        before,
        Knows { has_history: false, ..before },
    ] {
        let outcome = Api::start(knows).submit(LONG);
        let Err(error) = outcome else { panic!("it is not there: {outcome:?}") };
        assert!(matches!(error, LedgerError::Rejected { .. }) && error.is_final(), "{error:?}");
    }
}
