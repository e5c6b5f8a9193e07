//! For the tests of the RPC: a server on a free port, and a minimal HTTP client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mrms_node::chain::Ledger;
use mrms_node::rpc::{RpcSettings, Server};
use serde_json::Value;
use tokio::sync::oneshot;

/// Longer than anything here should take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// A server on another thread. Dropping this stops it.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn new(ledger: &Ledger) -> Self {
        Self::with(ledger, |_| {})
    }

    pub(crate) fn with(ledger: &Ledger, change: impl FnOnce(&mut RpcSettings)) -> Self {
        let mut settings = RpcSettings::default();
        settings.listen.set_port(0);
        change(&mut settings);
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let ledger = ledger.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(ledger, settings).await.unwrap();
                ready.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let address = address.recv().unwrap();
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks the server to stop, without waiting for it.
    pub(crate) fn begin_stop(&mut self) {
        self.stop = None;
    }

    pub(crate) fn stop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.client().request("GET", path, "", b"")
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.client().request("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// Sends a transaction as bytes.
    pub(crate) fn submit(&self, transaction: &[u8]) -> Answer {
        self.client().submit(transaction)
    }

    /// Sends a transaction that must be refused. Returns reason and data.
    pub(crate) fn refusal(&self, transaction: &[u8]) -> (String, Value) {
        let answer = self.submit(transaction);
        assert_eq!(answer.status, 400, "{}", answer.text());
        let body = answer.json();
        assert_eq!(body["error"], "transaction rejected");
        assert_eq!(body["txid"].as_str().unwrap().len(), 64);
        (body["reason"].as_str().unwrap().to_owned(), body["reason_data"].clone())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

/// A client with one open connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn submit(&mut self, transaction: &[u8]) -> Answer {
        self.request("POST", "/v2/transactions", "application/octet-stream", transaction)
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let kind =
            if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat());
        self.answer()
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends bytes, if the connection still takes any.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer")
    }

    /// None when the connection was closed instead.
    pub(crate) fn try_answer(&mut self) -> Option<Answer> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body.resize(length, 0);
        self.stream.read_exact(&mut answer.body).ok()?;
        Some(answer)
    }

    /// Waits until the server closes the connection.
    pub(crate) fn is_closed_within(&mut self, time: Duration) -> bool {
        self.stream.get_mut().set_read_timeout(Some(time)).unwrap();
        matches!(self.stream.fill_buf(), Ok([]) | Err(_)) && {
            // A timeout does not mean that the connection is closed.
            let mut byte = [0];
            let stream = self.stream.get_mut();
            stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            !matches!(
                stream.read(&mut byte),
                Err(error) if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                )
            )
        }
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

/// Waits until the condition is true.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < TIMEOUT, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
