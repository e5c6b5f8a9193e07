//! Software that a Stacks network is reached through, in front of a test's chain: what it answers to, and what it does not
//! know. Shapes after stacks-core's `docs/rpc` and the hosted API's OpenAPI descriptions.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mrms_node::chain::SnapshotId;
use mrms_stacks::transaction::Transaction;
use serde_json::{Value, json};

use super::chain::TestChain;
use super::script::{Fork, Limit, PAUSE, Script, Server};
use super::shapes;
use crate::indexes::{IndexBeside, free_port, wait_until};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Software {
    /// A node with `txindex`.
    Indexed,
    /// A node without it.
    Bare,
    /// A node before epoch 3: its index knows none of the blocks, and what is mined still counts as unconfirmed.
    Old,
    /// The hosted API without version 3.
    Api8,
    /// The hosted API whose older routes are switched off.
    Api9,
    /// An index beside the node.
    Index,
}

impl Software {
    const fn is_api(self) -> bool {
        matches!(self, Self::Api8 | Self::Api9)
    }

    /// Whether it has lists of what happened.
    pub(crate) const fn has_lists(self) -> bool {
        matches!(self, Self::Api8 | Self::Api9 | Self::Index)
    }
}

/// The server that answers a request.
pub(super) struct View {
    pub(super) url: String,
    /// The newest block that it shares with the chain.
    pub(super) height: u32,
}

pub(super) struct Shared {
    pub(super) software: Software,
    index: Option<IndexBeside>,
    pub(super) chain: Arc<TestChain>,
    pub(super) script: Mutex<Script>,
    stopped: AtomicBool,
}

/// A network behind one address.
pub(crate) struct Network {
    pub(crate) url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub(super) type Answer = (u16, Vec<u8>);

impl Network {
    pub(crate) fn start(software: Software) -> Self {
        if software == Software::Index {
            return Self::indexed();
        }
        Self::before(software, Arc::new(TestChain::new()), Script::default(), None)
    }

    /// A node, and an index that it tells of its blocks.
    fn indexed() -> Self {
        let events = free_port();
        let chain = TestChain::observed_by(&[&format!("http://127.0.0.1:{events}")]);
        let index = IndexBeside::start(chain.url(), events);
        Self::before(Software::Index, Arc::new(chain), Script::default(), Some(index))
    }

    /// Waits until the index has the newest block of the chain.
    pub(super) fn wait_for_index(&self) {
        let index = self.shared.index.as_ref().unwrap();
        let newest = || index.status()["index"]["newest_block"].as_u64();
        let has_all = || newest() == Some(self.chain().tip().into());
        wait_until("the index has the newest block", has_all);
    }

    /// The same network at another address, which may deny what a read-only call answers.
    pub(super) fn beside(other: &Self, denies: Option<&'static str>) -> Self {
        let chain = Arc::clone(&other.shared.chain);
        Self::before(other.shared.software, chain, Script { denies, ..Script::default() }, None)
    }

    fn before(
        software: Software,
        chain: Arc<TestChain>,
        script: Script,
        index: Option<IndexBeside>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = AtomicBool::new(false);
        let script = Mutex::new(script);
        let shared = Arc::new(Shared { software, index, chain, script, stopped });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A client that goes away needs no answer.
                let _ = serve(stream.unwrap(), &serving);
            }
        });
        Self { url: format!("http://{address}"), address, shared, thread: Some(thread) }
    }

    pub(crate) fn chain(&self) -> &TestChain {
        &self.shared.chain
    }

    /// From now on burn heights are told that are so much below those that the contract saw.
    pub(crate) fn tell_burn_heights_behind(&self, blocks: u64) {
        self.shared.script.lock().unwrap().behind = blocks;
    }

    /// So many strangers were refused, all in the newest block.
    pub(super) fn refuse_strangers(&self, count: usize) {
        self.refuse_strangers_in_blocks_of(count, count);
    }

    /// The same, so many in each of the newest blocks.
    pub(super) fn refuse_strangers_in_blocks_of(&self, a_block: usize, count: usize) {
        let mut script = self.shared.script.lock().unwrap();
        (script.strangers, script.strangers_in) = (count, self.shared.chain.tip());
        script.strangers_a_block = a_block.max(1);
    }

    /// The chain goes back to a place and on from there as soon as these were asked, just before the last of them is answered.
    pub(super) fn fork_before(&self, place: &SnapshotId, requests: &[&'static str]) {
        let requests = requests.iter().copied().collect();
        self.shared.script.lock().unwrap().fork = Some(Fork { place: place.clone(), requests });
    }

    /// Whether that has come.
    pub(super) fn has_forked(&self) -> bool {
        self.shared.script.lock().unwrap().fork.is_none()
    }

    /// From now on so many pages of transactions are given, and no more; or all.
    pub(super) fn give_pages(&self, pages: Option<usize>) {
        self.shared.script.lock().unwrap().pages_left = pages;
    }

    /// From now on no block comes, until one is released.
    pub(super) fn hold(&self) {
        self.shared.script.lock().unwrap().held.get_or_insert_default();
    }

    /// From now on several servers answer in turn: one that lacks the newest transaction, and one on another branch, too.
    pub(super) fn balance_over_servers(&self) {
        let height = self.chain().tip().saturating_sub(6);
        let elsewhere = Server::Elsewhere(height, self.chain().branch_at(height, 2));
        let mut script = self.shared.script.lock().unwrap();
        script.servers = vec![Server::Newest, Server::Behind(6), elsewhere];
    }

    /// Blocks come as usual again.
    pub(super) fn go_on_at_once(&self) {
        self.release(0);
        self.shared.script.lock().unwrap().held = None;
    }

    /// Blocks come for whoever pays this much, once.
    pub(super) fn release(&self, least: u64) {
        self.shared.release(least);
    }

    /// Blocks come for all that waits just before the next transaction arrives.
    pub(super) fn release_before_next(&self) {
        self.shared.script.lock().unwrap().releases = true;
    }

    /// From now on the rows of each page of transactions come the other way round.
    pub(super) fn reverse_pages(&self) {
        self.shared.script.lock().unwrap().pages_are_reversed = true;
    }

    /// From now on lists also have a transaction with an unknown status.
    pub(super) fn list_an_unknown_status(&self) {
        self.shared.script.lock().unwrap().has_unknown_status = true;
    }

    /// From now on one request is refused after so many, and whoever asks is to wait for a second (429, `Retry-After`).
    pub(super) fn limit_requests(&self, requests: usize) {
        let limit = Limit { requests, answered: 0, refused: 0, until: None, too_early: 0 };
        self.shared.script.lock().unwrap().limit = Some(limit);
    }

    /// How many requests were refused so, and how many came before the second was over. Ends the limit.
    pub(super) fn end_limit(&self) -> (usize, usize) {
        let limit = self.shared.script.lock().unwrap().limit.take().unwrap();
        (limit.refused, limit.too_early)
    }

    /// From now on all routes for history answer so; and the node's blocks are passed on, or not.
    pub(super) fn switch_off(&self, answer: (u16, &'static str), passes_blocks_on: bool) {
        let mut script = self.shared.script.lock().unwrap();
        (script.gone, script.passes_blocks_on) = (Some(answer), passes_blocks_on);
    }

    /// They answer as before.
    pub(super) fn switch_on(&self) {
        self.shared.script.lock().unwrap().gone = None;
    }

    /// What waits for a block is forgotten, as a node does it when it has waited for long.
    pub(super) fn drop_what_waits(&self) {
        self.shared.script.lock().unwrap().held.as_mut().unwrap().drop_all();
    }

    /// What was asked since this was last called.
    pub(super) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.script.lock().unwrap().asked)
    }

    /// The keys that came with requests.
    pub(super) fn api_keys(&self) -> Vec<String> {
        self.shared.script.lock().unwrap().api_keys.clone()
    }
}

impl Shared {
    /// The server whose turn it is.
    fn view(&self) -> View {
        let tip = self.chain.tip();
        let server = {
            let mut script = self.script.lock().unwrap();
            script.answered += 1;
            let number = script.answered.checked_rem(script.servers.len());
            number.map_or(Server::Newest, |number| script.servers[number].clone())
        };
        match server {
            Server::Newest => View { url: self.chain.url().to_owned(), height: tip },
            Server::Behind(blocks) => {
                let height = tip.saturating_sub(blocks);
                View { url: self.chain.state_at(height).unwrap(), height }
            }
            Server::Elsewhere(height, url) => View { url, height },
        }
    }

    fn release(&self, least: u64) {
        let released = self.script.lock().unwrap().held.as_mut().unwrap().release(least);
        for transaction in released {
            self.chain.include(&transaction.encode());
        }
        self.chain.go_on();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut kind) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim();
        match line.split_once(':').map(|(name, text)| (name.to_ascii_lowercase(), text.trim())) {
            Some((name, text)) if name == "content-length" => length = text.parse().unwrap(),
            Some((name, text)) if name == "content-type" => text.clone_into(&mut kind),
            Some((name, text)) if name == "x-api-key" => {
                shared.script.lock().unwrap().api_keys.push(text.to_owned());
            }
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (is_refused, forks) = {
        let mut script = shared.script.lock().unwrap();
        script.asked.push(format!("{method} {path}"));
        let forks = script.forks_before(&format!("{method} {path}"));
        (script.limit.as_mut().is_some_and(Limit::refuses), forks)
    };
    if let Some(place) = forks {
        shared.chain.fork_at(&place);
    }
    let (status, pause, answer) = if is_refused {
        let error = json!({"error": "Too many requests"}).to_string();
        (429, format!("retry-after: {PAUSE}\r\n"), error.into_bytes())
    } else {
        let view = shared.view();
        let request = Request { method, path, kind: &kind, body: &body, view: &view };
        let (status, answer) = request.answer(shared);
        (status, String::new(), answer)
    };
    let mut stream = reader.into_inner();
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\n{pause}content-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&answer)
}

#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    method: &'a str,
    pub(super) path: &'a str,
    kind: &'a str,
    body: &'a [u8],
    pub(super) view: &'a View,
}

pub(super) fn told(value: &Value) -> Answer {
    (200, value.to_string().into_bytes())
}

fn absent(text: &str) -> Answer {
    (404, text.as_bytes().to_vec())
}

impl Request<'_> {
    /// What the node behind this chain, or one that knows a part of it, answers.
    pub(super) fn forward(&self, url: &str, path: &str) -> Answer {
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let (method, kind, length) = (self.method, self.kind, self.body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream.write_all(self.body).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "{head}");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), bytes[end + 4..].to_vec())
    }

    /// The same as JSON, of what is there.
    pub(super) fn asked(&self, shared: &Shared, path: &str) -> Option<Value> {
        let _ = shared;
        let get = Request { method: "GET", path, kind: "", body: &[], view: self.view };
        let (status, body) = get.forward(&self.view.url, path);
        (status == 200).then(|| serde_json::from_slice(&body).unwrap())
    }

    fn answer(&self, shared: &Shared) -> Answer {
        if self.path.starts_with("/mrms/") {
            return absent("no such path");
        }
        let denies = shared.script.lock().unwrap().denies;
        if denies.is_some_and(|denied| self.path.ends_with(denied)) {
            return told(&json!({"okay": true, "result": "0x09"}));
        }
        if denies == Some("source") && self.path.starts_with("/extended/v1/contract/") {
            let mut found = self.asked(shared, self.path).unwrap();
            let source = found["source_code"].as_str().unwrap().replace("u1", "u2");
            found["source_code"] = json!(source);
            return told(&found);
        }
        if let Some((path, tip)) = self.path.split_once("tip=") {
            let height = shared.chain.height_of(tip).filter(|height| *height <= self.view.height);
            let newest = shared.chain.tip();
            let at = height.and_then(|height| match height == newest {
                true => Some(shared.chain.url().to_owned()),
                false => shared.chain.state_at(height),
            });
            let path = path.trim_end_matches(['?', '&']);
            return at.map_or_else(|| absent("no such tip"), |url| self.forward(&url, path));
        }
        if let Some(answer) = self.of_mempool(shared) {
            return answer;
        }
        if self.path == "/v2/transactions" {
            let answer = self.forward(shared.chain.url(), self.path);
            shared.chain.keep_state();
            shared.chain.go_on();
            return answer;
        }
        if let Some(index) = &shared.index {
            let (status, body) = self.forward(&index.url, self.path);
            if status != 200 || !self.path.starts_with("/extended/v2/blocks/") {
                return (status, body);
            }
            let mut found: Value = serde_json::from_slice(&body).unwrap();
            let height = found["height"].as_u64().unwrap() as u32;
            let block = shared.chain.block(height).unwrap();
            found["index_block_hash"] = json!(format!("0x{}", hex::encode(block.id)));
            return told(&found);
        }
        if shared.software.is_api() && self.path.starts_with("/extended") {
            return self.of_api(shared);
        }
        let passes_on = shared.script.lock().unwrap().passes_blocks_on;
        if shared.software.is_api() && self.path.starts_with("/v3/") && !passes_on {
            return absent("the API passes only /v2 on");
        }
        self.of_node(shared)
    }

    /// What concerns transactions that wait because no block comes.
    fn of_mempool(&self, shared: &Shared) -> Option<Answer> {
        shared.script.lock().unwrap().held.as_ref()?;
        if self.path == "/v2/transactions" {
            let transaction = Transaction::decode(self.body).unwrap();
            // One that is sent again is none that arrives.
            let releases = {
                let mut script = shared.script.lock().unwrap();
                let is_new =
                    script.held.as_ref()?.pending(&transaction.txid().to_string()).is_none();
                is_new && std::mem::take(&mut script.releases)
            };
            if releases {
                shared.release(0);
            }
            let account = format!("/v2/accounts/{}?proof=0", transaction.origin());
            let newest = View { url: shared.chain.url().to_owned(), height: shared.chain.tip() };
            let newest = Request { view: &newest, ..*self };
            let used = newest.asked(shared, &account)?["nonce"].as_u64().unwrap();
            let is_used = transaction.authorization().origin().nonce.number() < used;
            let mut script = shared.script.lock().unwrap();
            let held = script.held.as_mut().filter(|_| !is_used)?;
            let (status, answer) = held.take(transaction);
            return Some((status, answer.to_string().into_bytes()));
        }
        let (transaction, principal) = match shared.software {
            Software::Api9 => ("/extended/v3/transactions/", "/extended/v3/principals/"),
            Software::Api8 => ("/extended/v1/tx/", "/extended/v1/address/"),
            Software::Indexed | Software::Bare | Software::Old | Software::Index => {
                let txid = self.path.strip_prefix("/v2/transactions/unconfirmed/")?;
                let found = shared.script.lock().unwrap().held.as_ref()?.pending(txid)?;
                let waits = found["tx_status"] == "pending";
                return waits.then(|| told(&json!({"tx": "00", "status": "Mempool"})));
            }
        };
        let newer = shared.software == Software::Api9;
        if let Some(txid) = self.path.strip_prefix(transaction) {
            let (txid, query) = txid.split_once('?').unwrap_or((txid, ""));
            let found = shared.script.lock().unwrap().held.as_ref()?.pending(txid)?;
            return Some(told(&if newer { shapes::transaction(&found, query) } else { found }));
        }
        let account = self.path.strip_prefix(principal)?.strip_suffix("/nonces")?;
        let next = shared.script.lock().unwrap().held.as_ref()?.next(account)?;
        let older = format!("/extended/v1/address/{account}/nonces");
        let mut found = self.asked(shared, &older)?;
        let in_blocks = found["possible_next_nonce"].as_u64().unwrap();
        found["possible_next_nonce"] = json!(next.max(in_blocks));
        Some(told(&if newer { shapes::nonces(&found) } else { found }))
    }

    fn of_node(&self, shared: &Shared) -> Answer {
        let (chain, path) = (&shared.chain, self.path);
        let is_old = shared.software == Software::Old;
        let behind = shared.script.lock().unwrap().behind;
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.starts_with("/extended") {
            return absent("No such path");
        }
        if path.starts_with("/v3/transaction/") {
            return match shared.software {
                Software::Bare => (501, b"Transaction indexing is not enabled".to_vec()),
                Software::Old => absent(&format!("No such transaction {last}\n")),
                _ => {
                    let (status, body) = self.forward(chain.url(), path);
                    if status != 200 {
                        return (status, body);
                    }
                    let mut found: Value = serde_json::from_slice(&body).unwrap();
                    let height = found["block_height"].as_u64().unwrap() as u32;
                    found["index_block_hash"] = json!(hex::encode(chain.block(height).unwrap().id));
                    told(&found)
                }
            };
        }
        if path == "/v3/tenures/info" {
            return if is_old { absent("No such path") } else { told(&json!({"tip_height": 1})) };
        }
        if path.starts_with("/v3/sortitions/consensus/") {
            return told(&shapes::sortition(last));
        }
        if path.starts_with("/v3/blocks/") {
            let height = match path.strip_prefix("/v3/blocks/height/") {
                Some(height) => height.parse().ok(),
                None => chain.height_of(last),
            };
            let found = height.filter(|_| !is_old).and_then(|at| Some((at, chain.block(at)?)));
            return found.map_or_else(
                || absent("No such block"),
                |(at, block)| (200, shapes::nakamoto_block(at, &block, block.burn_height - behind)),
            );
        }
        if is_old && path.starts_with("/v2/headers/") {
            let heights = (0..=chain.tip()).rev().map(|height| chain.block(height).unwrap());
            let row = |block: super::chain::Block| {
                json!({
                    "consensus_hash": format!("{:040x}", block.burn_height - behind),
                    "header": "00", "parent_block_id": hex::encode(block.parent),
                })
            };
            return told(&heights.map(row).collect());
        }
        if is_old && path.starts_with("/v2/blocks/") {
            let found = chain.height_of(last).and_then(|at| Some((at, chain.block(at)?)));
            return found.map_or_else(
                || absent("No such block"),
                |(at, block)| (200, shapes::nakamoto_block(at, &block, 0)),
            );
        }
        if is_old && path.starts_with("/v2/transactions/unconfirmed/") {
            let (status, body) = self.forward(chain.url(), &format!("/v3/transaction/{last}"));
            return match status {
                200 => told(&json!({"tx": "00", "status": "Mempool"})),
                _ => (status, body),
            };
        }
        self.forward(&self.view.url, path)
    }
}
