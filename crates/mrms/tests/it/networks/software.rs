//! Software that a Stacks network is reached through, in front of a test's chain: what it answers to, and what it does not
//! know. Shapes after stacks-core's `docs/rpc` and the hosted API's OpenAPI descriptions.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mrms_stacks::transaction::Transaction;
use serde_json::{Value, json};

use super::chain::TestChain;
use super::mempool::Mempool;
use super::shapes;
use crate::indexes::{IndexBeside, free_port, wait_until};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Software {
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
}

/// What a test can set.
#[derive(Default)]
struct Script {
    /// By how many blocks the burn height that is told is below the one that the contract saw.
    behind: u64,
    /// Refused accesses of strangers, and the block that they are in.
    strangers: usize,
    strangers_in: u32,
    asked: Vec<String>,
    api_keys: Vec<String>,
    /// A list that was put together before, and what it is of.
    listed: Option<(String, Arc<Vec<Value>>)>,
    /// Read-only calls whose path has this are answered with `none`.
    denies: Option<&'static str>,
    /// What waits while no block comes.
    held: Option<Mempool>,
    /// Whether all that waits gets into blocks just before the next new transaction arrives.
    releases: bool,
    /// The servers behind the address, which answer in turn; none if there is one.
    servers: Vec<Server>,
    answered: usize,
    /// Pages have the rows that they should have, the oldest first: the hosted API gives them in any order.
    pages_are_reversed: bool,
}

/// One of several servers behind an address.
#[derive(Clone, Debug)]
pub(super) enum Server {
    /// It has the whole chain.
    Newest,
    /// It is so many blocks behind.
    Behind(u32),
    /// It is on another branch, which leaves the chain above this height.
    Elsewhere(u32, String),
}

/// The server that answers a request.
struct View {
    url: String,
    /// The newest block that it shares with the chain.
    height: u32,
}

struct Shared {
    software: Software,
    index: Option<IndexBeside>,
    chain: Arc<TestChain>,
    script: Mutex<Script>,
    stopped: AtomicBool,
}

/// A network behind one address.
pub(super) struct Network {
    pub(super) url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

type Answer = (u16, Vec<u8>);

impl Network {
    pub(super) fn start(software: Software) -> Self {
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

    pub(super) fn chain(&self) -> &TestChain {
        &self.shared.chain
    }

    /// From now on burn heights are told that are so much below those that the contract saw.
    pub(super) fn tell_burn_heights_behind(&self, blocks: u64) {
        self.shared.script.lock().unwrap().behind = blocks;
    }

    /// So many strangers were refused, all in the newest block.
    pub(super) fn refuse_strangers(&self, count: usize) {
        let mut script = self.shared.script.lock().unwrap();
        (script.strangers, script.strangers_in) = (count, self.shared.chain.tip());
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
    shared.script.lock().unwrap().asked.push(format!("{method} {path}"));
    let view = shared.view();
    let request = Request { method, path, kind: &kind, body: &body, view: &view };
    let (status, answer) = request.answer(shared);
    let mut stream = reader.into_inner();
    let length = answer.len();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(&answer)
}

#[derive(Clone, Copy)]
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    kind: &'a str,
    body: &'a [u8],
    view: &'a View,
}

fn told(value: &Value) -> Answer {
    (200, value.to_string().into_bytes())
}

fn absent(text: &str) -> Answer {
    (404, text.as_bytes().to_vec())
}

impl Request<'_> {
    /// What the node behind this chain, or one that knows a part of it, answers.
    fn forward(&self, url: &str, path: &str) -> Answer {
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
    fn asked(&self, shared: &Shared, path: &str) -> Option<Value> {
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
        if shared.software.is_api() && self.path.starts_with("/v3/") {
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
        if let Some(txid) = self.path.strip_prefix("/extended/v1/tx/") {
            let script = shared.script.lock().unwrap();
            return script.held.as_ref()?.pending(txid).as_ref().map(told);
        }
        let account = self.path.strip_prefix("/extended/v1/address/")?.strip_suffix("/nonces")?;
        let next = shared.script.lock().unwrap().held.as_ref()?.next(account)?;
        let mut found = self.asked(shared, self.path)?;
        let in_blocks = found["possible_next_nonce"].as_u64().unwrap();
        found["possible_next_nonce"] = json!(next.max(in_blocks));
        Some(told(&found))
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

    fn of_api(&self, shared: &Shared) -> Answer {
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        let newer = shared.software == Software::Api9;
        let no_route = || {
            let message = format!("Route GET:{path} not found");
            (404, json!({"message": message, "error": "Not Found", "statusCode": 404}))
        };
        let is_newer = path.starts_with("/extended/v3/") || path.contains("/smart-contracts/");
        if is_newer && !newer {
            let (status, body) = no_route();
            return (status, body.to_string().into_bytes());
        }
        if let Some(ids) = query.strip_prefix("tx_id=").filter(|_| path.ends_with("/multiple")) {
            let row = |id: &str| match self.older(shared, id) {
                Some(found) => (id.to_owned(), json!({"found": true, "result": found})),
                None => (id.to_owned(), json!({"found": false, "result": {"tx_id": id}})),
            };
            return told(&ids.split(',').map(row).collect());
        }
        let is_older = path.starts_with("/extended/v1/tx/")
            || path.starts_with("/extended/v1/address/")
            || path.ends_with("/events");
        if newer && is_older {
            return (410, br#"{"error":"Gone","message":"it was switched off"}"#.to_vec());
        }
        if newer && is_newer {
            let found = self.of_version_3(shared, path, query);
            let missing = json!({"error": "Not Found", "message": "Transaction not found"});
            return found.map_or_else(|| (404, missing.to_string().into()), |found| told(&found));
        }
        let txid = path.strip_prefix("/extended/v1/tx/").filter(|rest| !rest.contains('/'));
        if let Some(found) = txid.and_then(|txid| self.older(shared, txid)) {
            return told(&found);
        }
        if let Some(rest) = path.strip_prefix("/extended/v1/address/")
            && let Some(principal) = rest.strip_suffix("/transactions")
        {
            let all = self.all_of(shared, principal);
            let number = |name: &str| -> usize {
                let text = query.split('&').find_map(|pair| pair.strip_prefix(name));
                text.unwrap().parse().unwrap()
            };
            let (limit, offset) = (number("limit="), number("offset="));
            let mut rows: Vec<_> = all.iter().skip(offset).take(limit).collect();
            if shared.script.lock().unwrap().pages_are_reversed {
                rows.reverse();
            }
            return told(
                &json!({"limit": limit, "offset": offset, "total": all.len(), "results": rows}),
            );
        }
        let (status, body) = self.forward(&self.view.url, self.path);
        if status != 200 {
            return (status, body);
        }
        let mut found: Value = serde_json::from_slice(&body).unwrap();
        self.lower(shared, &mut found);
        if path.starts_with("/extended/v2/blocks/") {
            let height = found["height"].as_u64().unwrap() as u32;
            // A block of another branch has an id of its own.
            if height <= self.view.height {
                let block = shared.chain.block(height).unwrap();
                found["index_block_hash"] = json!(format!("0x{}", hex::encode(block.id)));
            }
        }
        if path.ends_with("/events") {
            // The hosted API tells of no blocks here, and has no cursor.
            found.as_object_mut().unwrap().remove("next_cursor");
            for row in found["results"].as_array_mut().unwrap() {
                for name in ["block_height", "burn_block_height", "block_time"] {
                    row.as_object_mut().unwrap().remove(name);
                }
            }
        }
        told(&found)
    }

    /// A transaction in the shape of version 1.
    fn older(&self, shared: &Shared, txid: &str) -> Option<Value> {
        let number = usize::from_str_radix(txid.trim_start_matches("0x"), 16).ok();
        if let Some(stranger) =
            number.and_then(|number| self.stranger(shared, number.checked_sub(1)?))
        {
            return Some(stranger);
        }
        let mut found = self.asked(shared, &format!("/extended/v1/tx/{txid}"))?;
        self.lower(shared, &mut found);
        Some(found)
    }

    fn lower(&self, shared: &Shared, found: &mut Value) {
        let behind = shared.script.lock().unwrap().behind;
        if let Some(height) = found["burn_block_height"].as_u64() {
            found["burn_block_height"] = json!(height - behind);
        }
    }

    fn stranger(&self, shared: &Shared, number: usize) -> Option<Value> {
        let script = shared.script.lock().unwrap();
        let (count, height) = (script.strangers, script.strangers_in);
        let burn_height = shared.chain.block(height).map_or(0, |block| block.burn_height);
        let contract = "ST000000000000000000002AMW42H.x";
        (number < count).then(|| shapes::stranger(number, contract, height, burn_height))
    }

    /// All transactions of an account or a contract, newest first.
    fn all_of(&self, shared: &Shared, principal: &str) -> Arc<Vec<Value>> {
        let strangers = shared.script.lock().unwrap().strangers;
        let of = format!("{principal} {} {strangers} {}", shared.chain.tip(), self.view.url);
        if let Some((_, listed)) =
            shared.script.lock().unwrap().listed.as_ref().filter(|(listed, _)| *listed == of)
        {
            return Arc::clone(listed);
        }
        let mut all = Vec::new();
        loop {
            let offset = all.len();
            let path =
                format!("/extended/v1/address/{principal}/transactions?limit=50&offset={offset}");
            let page = self.asked(shared, &path).unwrap();
            let rows = page["results"].as_array().unwrap();
            for row in rows {
                let mut row = row.clone();
                self.lower(shared, &mut row);
                all.push(row);
            }
            if rows.len() < 50 {
                break;
            }
        }
        if principal.contains('.') {
            all.extend((0..strangers).filter_map(|number| self.stranger(shared, number)));
        }
        all.sort_by_key(|row| std::cmp::Reverse(row["block_height"].as_u64()));
        let all = Arc::new(all);
        shared.script.lock().unwrap().listed = Some((of, Arc::clone(&all)));
        all
    }

    fn of_version_3(&self, shared: &Shared, path: &str, query: &str) -> Option<Value> {
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        if path == "/extended/v3/transactions" {
            return Some(json!({"total": 0, "limit": 1, "cursor": {"next": null}, "results": []}));
        }
        if let Some(txid) = path.strip_prefix("/extended/v3/transactions/") {
            let older = self.older(shared, txid)?;
            return Some(shapes::transaction(&older, value("include=").unwrap_or_default()));
        }
        if let Some(rest) = path.strip_prefix("/extended/v3/principals/") {
            let (principal, what) = rest.split_once('/').unwrap();
            if what == "nonces" {
                let path = format!("/extended/v1/address/{principal}/nonces");
                let older = self.asked(shared, &path)?;
                return Some(json!({
                    "next_nonce": older["possible_next_nonce"],
                    "last_confirmed_nonce": older["last_executed_tx_nonce"],
                    "mempool": {"last_nonce": null, "pending_nonces": [], "missing_nonces": []},
                }));
            }
            let all = self.all_of(shared, principal);
            // A cursor names a row's place: block, microblock and transaction.
            let place =
                |number: usize| format!("{}:2147483647:{number}", all[number]["block_height"]);
            let first = value("cursor=")
                .map_or(0, |cursor| cursor.rsplit(':').next().unwrap().parse().unwrap());
            let end = (first + 50).min(all.len());
            let row = |older: &Value| json!({"transaction": shapes::transaction(older, ""), "involvement": "affected"});
            let mut rows: Vec<_> = all[first..end].iter().map(row).collect();
            if shared.script.lock().unwrap().pages_are_reversed {
                rows.reverse();
            }
            let next = (end < all.len()).then(|| place(end));
            return Some(json!({
                "total": all.len(), "limit": 50, "results": rows,
                "cursor": {"next": next, "previous": null, "current": null},
            }));
        }
        // The logs of a contract.
        let contract = path.strip_prefix("/extended/v2/smart-contracts/")?.strip_suffix("/logs")?;
        let mut all = Vec::new();
        loop {
            let offset = all.len();
            let path = format!("/extended/v1/contract/{contract}/events?limit=50&offset={offset}");
            let page = self.asked(shared, &path)?;
            let rows = page["results"].as_array().unwrap();
            all.extend(rows.iter().cloned());
            if rows.len() < 50 {
                break;
            }
        }
        let place = |row: &Value| {
            (row["block_height"].as_u64().unwrap(), row["event_index"].as_u64().unwrap())
        };
        let cursor = value("cursor=").map(|cursor| {
            let numbers: Vec<u64> = cursor.split(':').map(|text| text.parse().unwrap()).collect();
            assert!(numbers[2] <= 32_767, "the column is a small integer");
            (numbers[0], numbers[3])
        });
        let limit: usize = value("limit=").unwrap().parse().unwrap();
        let is_there = |row: &&Value| cursor.is_none_or(|cursor| place(row) <= cursor);
        let from: Vec<&Value> = all.iter().filter(is_there).collect();
        if cursor.is_some() && from.is_empty() {
            return None;
        }
        let text = |row: &Value| format!("{}:2147483647:0:{}", place(row).0, place(row).1);
        let row = |row: &&Value| {
            let mut row = (*row).clone();
            for name in ["block_height", "burn_block_height", "block_time"] {
                row.as_object_mut().unwrap().remove(name);
            }
            row
        };
        // The older page is the previous one.
        let older = from.get(limit).map(|row| text(row));
        Some(json!({
            "limit": limit, "offset": 0, "total": all.len(),
            "next_cursor": null, "prev_cursor": older, "cursor": from.first().map(|row| text(row)),
            "results": from.iter().take(limit).map(row).collect::<Vec<_>>(),
        }))
    }
}
