//! A proxy between commands and a node that does to requests what networks do.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mrms_stacks::transaction::Transaction;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It is late.
    Late(Duration),
    /// The connection ends before the node has it.
    Lost,
    /// The node has it, its answer is lost.
    AnswerLost,
    /// The node has it, half of its answer arrives.
    AnswerCut,
    /// A gateway answers in the node's place, which does not have it.
    BadGateway,
    /// A gateway says that there is no such path.
    NotFound,
    /// The node has it, a gateway answers in its place.
    GatewayTimeout,
    /// The node has it twice, and the second answer arrives.
    Doubled,
    /// It is answered in the node's place, with a value of another kind than the contract's.
    Nonsense,
    /// The number of this name in the answer is another one.
    Number(&'static str, u64),
    /// It is answered in the node's place, with this JSON.
    Says(&'static str),
    /// It is answered in the node's place as a transaction that was taken, which the node never gets.
    Swallowed,
    /// The node has it, and a refusal is answered: the account can't pay.
    TakenAndRefused,
    /// The same answer, and the node never gets it.
    Refused,
}

const REFUSAL: &str = r#"{"error":"transaction rejected","reason":"NotEnoughFunds","reason_data":{"expected":"0x09","actual":"0x03"},"txid":""}"#;

/// What to do to a request, by its method and path.
type Script = dyn FnMut(&str) -> Fault + Send;

pub(crate) struct Proxy {
    pub(crate) url: String,
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Before the node at `url`.
    pub(crate) fn before(url: &str, script: impl FnMut(&str) -> Fault + Send + 'static) -> Self {
        let node: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, script) = (stopped.clone(), Arc::new(Mutex::new(script)));
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (client, script) = (client.unwrap(), script.clone());
                thread::spawn(move || {
                    // A client that goes away is what this is about.
                    let _ = serve(client, node, &*script);
                });
            }
        });
        Self { url: format!("http://{address}"), address, stopped, thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut client: TcpStream, node: SocketAddr, script: &Mutex<Script>) -> std::io::Result<()> {
    let Some(request) = read_request(&mut client)? else { return Ok(()) };
    let line = String::from_utf8_lossy(&request);
    let line = line.lines().next().unwrap_or_default().to_owned();
    let fault = (script.lock().unwrap())(&line);
    match fault {
        Fault::Late(time) => thread::sleep(time),
        Fault::Lost => return Ok(()),
        Fault::BadGateway => return answer(&mut client, "502 Bad Gateway"),
        Fault::NotFound => return answer(&mut client, "404 Not Found"),
        Fault::Nonsense => return says(&mut client, r#"{"okay":true,"result":"0x0703"}"#),
        Fault::Says(body) => return says(&mut client, body),
        Fault::Swallowed => {
            let end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default();
            let transaction = Transaction::decode(&request[end + 4..]).unwrap();
            let txid = hex::encode(transaction.txid().as_bytes());
            return says(&mut client, &format!("{txid:?}"));
        }
        Fault::TakenAndRefused => {
            forward(node, &request)?;
            return refuses(&mut client);
        }
        Fault::Refused => return refuses(&mut client),
        Fault::Doubled => drop(forward(node, &request)?),
        _ => {}
    }
    let answered = forward(node, &request)?;
    match fault {
        Fault::AnswerLost => Ok(()),
        Fault::AnswerCut => client.write_all(&answered[..answered.len() / 2]),
        Fault::GatewayTimeout => answer(&mut client, "504 Gateway Timeout"),
        Fault::Number(name, number) => client.write_all(&with_number(&answered, name, number)),
        _ => client.write_all(&answered),
    }
}

fn refuses(client: &mut TcpStream) -> std::io::Result<()> {
    write!(
        client,
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{REFUSAL}",
        REFUSAL.len()
    )
}

fn says(client: &mut TcpStream, body: &str) -> std::io::Result<()> {
    write!(
        client,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An answer in JSON with another number under this name.
fn with_number(answered: &[u8], name: &str, number: u64) -> Vec<u8> {
    let text = std::str::from_utf8(answered).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let (before, rest) = body.split_once(&format!("\"{name}\":")).unwrap();
    let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    assert!(after.len() < rest.len(), "{name} is no number");
    let body = format!("{before}\"{name}\":{number}{after}");
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"))
        .collect();
    let (head, length) = (head.join("\r\n"), body.len());
    format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

fn answer(client: &mut TcpStream, status: &str) -> std::io::Result<()> {
    write!(client, "HTTP/1.1 {status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy")
}

/// A request to its last byte, with the wish to be the last on its connection.
fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |text| text.trim().parse().unwrap());
        if bytes.len() >= end + 4 + length {
            bytes.splice(end..end, *b"\r\nconnection: close");
            return Ok(Some(bytes));
        }
    }
}

/// The whole answer of a node to a question.
pub(crate) fn get(url: &str, path: &str) -> String {
    let node = url.trim_start_matches("http://");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {node}\r\nConnection: close\r\n\r\n");
    String::from_utf8(forward(node.parse().unwrap(), request.as_bytes()).unwrap()).unwrap()
}

fn forward(node: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(node)?;
    stream.write_all(request)?;
    let mut answered = Vec::new();
    stream.read_to_end(&mut answered)?;
    Ok(answered)
}
