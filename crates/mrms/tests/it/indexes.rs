//! `mrms index` beside `mrms node run`: it is killed, is behind, begins late, and its node goes back.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mrms_node::index::{Index, IndexServer, IndexSettings};
use mrms_stacks::client::{ClientSettings, Repeat, Transport};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::remote::{Node, live};
use crate::service::Service;
use crate::support::{Home, NOTE, number, text};

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn asked(url: &str, path: &str) -> Option<Value> {
    let settings = ClientSettings { attempts: 1, ..ClientSettings::default() };
    let answer = Transport::new(url, settings).unwrap().get(path).ok()?;
    answer.is_success().then(|| answer.json().unwrap())
}

/// The figures that an index tells.
fn figures(url: &str) -> BTreeMap<String, u64> {
    let told = Transport::new(url, ClientSettings::default()).unwrap().get("/metrics").unwrap();
    assert!(told.is_success(), "{told:?}");
    let told = String::from_utf8(told.body).unwrap();
    let lines = told.lines().filter(|line| !line.starts_with('#'));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    lines.filter_map(figure).collect()
}

/// An index in this process, until it is dropped.
pub(crate) struct IndexBeside {
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl IndexBeside {
    /// Beside the node at an address, which tells of its blocks on a port.
    pub(crate) fn start(node: &str, events: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("index.sqlite")).unwrap();
        let mut settings = IndexSettings::of(node.parse().unwrap());
        settings.listen.set_port(0);
        settings.events.set_port(events);
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = IndexServer::bind(index, settings).await.unwrap();
                ready.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let url = format!("http://{}", address.recv().unwrap());
        Self { url, stop: Some(stop), thread: Some(thread), _folder: folder }
    }

    pub(crate) fn status(&self) -> Value {
        asked(&self.url, "/extended").unwrap()
    }
}

impl Drop for IndexBeside {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().map(JoinHandle::join);
    }
}

/// A home whose node tells an index of its blocks, which is the ledger of every command.
struct Bench {
    home: Home,
    node: Node,
    index: Option<Service>,
    listen: u16,
    events: u16,
    url: String,
}

impl Bench {
    /// The node has told the index of everything if it began with it.
    fn new() -> Self {
        let mut home = Home::with(&["patient", "clinic"]);
        let contract = home.contract();
        let (listen, events) = (free_port(), free_port());
        let observer = format!("http://127.0.0.1:{events}");
        let node = Node::start_with(&home, &["--admin", "--observer", &observer]);
        let url = format!("http://127.0.0.1:{listen}");
        home.set("MRMS_CONTRACT", &contract);
        let mut bench = Self { home, node, index: None, listen, events, url };
        bench.start_index(&[]);
        bench.home.set("MRMS_LEDGER_URL", &bench.url.clone());
        bench
    }

    fn start_index(&mut self, more: &[&str]) {
        let listen = format!("127.0.0.1:{}", self.listen);
        let events = format!("127.0.0.1:{}", self.events);
        let own = ["index", "--listen", &listen, "--events", &events, "--node", &self.node.url];
        let service = Service::start(&self.home, "patient", &[&own, more].concat());
        assert_eq!(text(&service.told, "url"), self.url);
        self.index = Some(service);
        self.wait();
    }

    /// Until the index has what its node has.
    fn wait(&self) {
        wait_until("the index is where its node is", || {
            let node = asked(&self.node.url, "/v2/info").unwrap();
            let index = asked(&self.url, "/extended").unwrap_or_default();
            let tip = index["chain_tip"]["block_hash"].as_str().unwrap_or_default();
            tip.trim_start_matches("0x") == text(&node, "stacks_tip")
        });
    }

    /// Something that only the owner of the node can do.
    fn control(&mut self, line: &[&str]) -> Value {
        self.home.unset("MRMS_LEDGER_URL");
        let told = self.home.json("patient", line).ok().object();
        self.home.set("MRMS_LEDGER_URL", &self.url.clone());
        told
    }
}

#[test]
fn record_lives_on_an_index_and_its_node() {
    let bench = Bench::new();
    live(&bench.home);
    bench.home.json("patient", &["doctor", "--service", &bench.url]).ok();
}

#[test]
fn index_that_was_killed_goes_on_where_it_was() {
    let mut bench = Bench::new();
    let id = bench.home.create("note.txt", NOTE);
    bench.home.grant(&id, "clinic", &[]);
    // Killed, as by a loss of power. Meanwhile people ask the node itself.
    drop(bench.index.take());
    bench.home.json("patient", &["list"]).refused(6, "ledger-unreachable");
    let node = bench.node.url.clone();
    bench.home.set("MRMS_LEDGER_URL", &node);
    bench.home.assert_opens("clinic", &id, NOTE);
    bench.home.set("MRMS_LEDGER_URL", &bench.url.clone());
    bench.start_index(&[]);
    let trail = bench.home.json("patient", &["audit", &id]).ok().rows();
    let actions: Vec<_> = trail.iter().map(|line| text(line, "action")).collect();
    assert_eq!(actions, ["create", "grant", "access"]);
    assert!(trail.iter().all(|line| line["txid"].is_string()), "{trail:?}");
    bench.home.json("patient", &["verify", &id]).ok();
}

#[test]
fn index_follows_a_node_that_goes_back() {
    let mut bench = Bench::new();
    bench.home.create("note.txt", NOTE);
    let taken = bench.control(&["node", "snapshot"]);
    let later = bench.home.json("patient", &["tx", "list"]).ok();
    drop(later);
    bench.home.file("later.txt", "later");
    let made = bench.home.json("patient", &["create", "later.txt"]).ok().object();
    let path = format!("/extended/v1/tx/{}", text(&made, "txid"));
    assert_eq!(asked(&bench.url, &path).unwrap()["tx_status"], "success");
    bench.control(&["node", "revert", text(&taken, "snapshot"), "--yes"]);
    bench.wait();
    assert_eq!(asked(&bench.url, &path).unwrap()["tx_status"], "pending", "it is in no block");
    bench.control(&["node", "advance", "1"]);
    bench.wait();
    assert_eq!(asked(&bench.url, &path).unwrap()["tx_status"], "pending");
    let told = figures(&bench.url);
    let forks = |how: &str| told[&format!("mrms_index_forks_total{{how=\"{how}\"}}")];
    assert_eq!(forks("followed") + forks("told"), 1, "{told:?}");
    let own = told["mrms_index_block_height"];
    assert!(own > 2, "{told:?}");
    wait_until("it has asked how far its node is", || {
        own.abs_diff(figures(&bench.url)["mrms_index_node_block_height"]) < 2
    });
    assert!(
        told["mrms_index_file_bytes"] > 4096 && told["mrms_index_behind_blocks"] < 2,
        "{told:?}"
    );
}

#[test]
fn index_tells_why_it_takes_no_block_and_that_it_takes_them_again() {
    let bench = Bench::new();
    let events = format!("http://127.0.0.1:{}", bench.events);
    let told = figures(&bench.url);
    let reasons = ["unreadable", "gap", "other-chain", "height"];
    let refusals =
        reasons.map(|reason| format!("mrms_index_refusals_total{{reason=\"{reason}\"}}"));
    assert_eq!(refusals.each_ref().map(|name| told[name]), [0; 4], "an alert sees the first");
    assert_eq!(told["mrms_index_trouble"], 0);
    let transport = Transport::new(&events, ClientSettings::default()).unwrap();
    let answer = transport.post_json("/new_block", &json!({}), Repeat::Never).unwrap();
    assert_eq!(answer.status, 400);
    let told = figures(&bench.url);
    assert_eq!(refusals.each_ref().map(|name| told[name]), [1, 0, 0, 0]);
    assert_eq!(
        (told["mrms_index_blocks_total{outcome=\"refused\"}"], told["mrms_index_trouble"]),
        (1, 1)
    );
    let asked = bench.home.json("patient", &["doctor", "--service", &bench.url]);
    assert_eq!(asked.code, Some(6), "{asked:?}");
    bench.home.create("note.txt", NOTE);
    bench.wait();
    let told = figures(&bench.url);
    assert_eq!(told["mrms_index_trouble"], 0);
    assert!(told["mrms_index_blocks_total{outcome=\"added\"}"] > 0, "{told:?}");
}

#[test]
fn index_needs_a_home_folder_and_nothing_in_it() {
    let home = Home::empty();
    let line = ["index", "--events", "127.0.0.1:0", "--node", "http://127.0.0.1:9"];
    home.json("nobody", &line).refused(3, "no-home");
    std::fs::create_dir(home.root()).unwrap();
    let index = Service::start(&home, "nobody", &line);
    let told = figures(text(&index.told, "url"));
    assert_eq!((told["mrms_index_block_height"], told["mrms_index_node_block_height"]), (0, 0));
    // No other one writes into its file meanwhile.
    home.json("nobody", &[&line[..], &["--listen", "127.0.0.1:0"]].concat())
        .refused(6, "home-busy");
    let row = |home: &Home| {
        let rows = home.json("nobody", &["doctor"]).rows();
        assert!(rows.iter().all(|row| row["check"] != "ledger"), "it needs none: {rows:?}");
        rows.into_iter().find(|row| row["check"] == "index").unwrap()
    };
    let found = row(&home);
    assert!(text(&found, "message").contains("does not answer"), "{found}");
    index.stop();
    assert!(home.root().join("index.sqlite").exists() && !home.root().join("index.json").exists());
    let found = row(&home);
    assert!(found["ok"] == false && text(&found, "hint").contains("mrms-index"), "{found}");
    let start = home.text("nobody", &[]).ok().printed().to_owned();
    assert!(start.contains("is the home of an index"), "{start}");
}

#[test]
fn index_that_begins_in_the_middle_says_so() {
    let mut bench = Bench::new();
    let id = bench.home.create("note.txt", NOTE);
    bench.home.json("patient", &["audit", &id]).ok();
    // The index is lost; its node has told it of everything, and tells nothing of that again.
    drop(bench.index.take());
    for entry in std::fs::read_dir(bench.home.root()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("index.sqlite") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    bench.control(&["node", "advance", "1"]);
    bench.start_index(&[]);
    let status = asked(&bench.url, "/extended").unwrap();
    let begins = number(&status["index"], "begins_at_block");
    assert!(begins > 1, "{status}");
    let refused = bench.home.json("patient", &["audit", &id]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    let error = refused.object();
    let message = text(&error["error"], "message");
    assert!(message.contains(&format!("no history before block {begins}")), "{message}");
    let doctor = bench.home.json("patient", &["doctor"]);
    let row = doctor.rows().into_iter().find(|row| row["check"] == "index").unwrap();
    assert_eq!(row["ok"], false, "{row}");
    assert!(text(&row, "message").contains(&begins.to_string()), "{row}");
}
