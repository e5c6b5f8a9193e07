//! Patients without STX: a clinic's sponsor pays the fees, for its contract and within its budget.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mrms_stacks::client::{ClientSettings, RpcClient};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::service::Service;
use crate::support::{Home, NOTE, number, text};

/// How often a sponsor is killed.
const ROUNDS: usize = 6;

/// A clinic with a node and a sponsor, and a home elsewhere whose people have no STX.
struct Place {
    clinic: Home,
    node: Node,
    sponsor: Option<Service>,
    patients: Home,
}

impl Place {
    fn new(line: &[&str]) -> Self {
        let clinic = Home::with(&["clinic"]);
        let node = Node::start(&clinic);
        let sponsor = Service::start(&clinic, "clinic", &[&["sponsor", "--anyone"], line].concat());
        let mut patients = Home::elsewhere(&node.url, &clinic.contract());
        patients.set("MRMS_SPONSOR_URL", text(&sponsor.told, "url"));
        for name in ["patient", "doctor"] {
            patients.join(name);
        }
        Self { clinic, node, sponsor: Some(sponsor), patients }
    }

    fn url(&self) -> &str {
        text(&self.sponsor.as_ref().unwrap().told, "url")
    }

    /// The sponsor is there again, at another address.
    fn start_again(&mut self, line: &[&str]) {
        self.sponsor = Some(Service::start(
            &self.clinic,
            "clinic",
            &[&["sponsor", "--anyone"], line].concat(),
        ));
        let url = self.url().to_owned();
        self.patients.set("MRMS_SPONSOR_URL", &url);
    }

    fn balance(&self, home: &Home, name: &str) -> u64 {
        let client = RpcClient::new(&self.node.url, ClientSettings::default()).unwrap();
        client.account(&home.principal(name).parse().unwrap()).unwrap().balance.number()
    }

    /// The lines of the journal.
    fn journal(&self) -> Vec<Value> {
        let folder = self.clinic.profile_folder("clinic").join("sponsor");
        let books: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(books.len(), 1, "one ledger, one set of books");
        let files = std::fs::read_dir(books[0].path()).unwrap().map(|entry| entry.unwrap().path());
        let is_journal =
            |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "jsonl");
        let journals = files.filter(is_journal).map(|path| std::fs::read_to_string(path).unwrap());
        journals
            .flat_map(|text| {
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
            })
            .collect()
    }

    fn decided(&self, decision: &str) -> usize {
        self.journal().iter().filter(|line| line["decision"] == decision).count()
    }
}

/// What an address answers to a request: status and body.
fn ask(url: &str, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    // A server that has heard enough may end the connection.
    let _ = stream.write_all(body);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[test]
fn people_without_stx_do_everything_through_a_sponsor() {
    let place = Place::new(&[]);
    let home = &place.patients;
    let before = place.balance(&place.clinic, "clinic");
    for name in ["patient", "doctor"] {
        home.json(name, &["key", "publish"]).ok();
    }
    let id = home.create("note.txt", NOTE);
    home.json("doctor", &["access", &id, "-o", "stolen"]).refused(4, "no-access");
    home.grant(&id, "doctor", &["--for", "30d", "--amend"]);
    home.assert_opens("doctor", &id, NOTE);
    home.file("answer.txt", "answered");
    home.json("doctor", &["amend", &id, "answer.txt"]).ok();
    home.assert_opens("patient", &id, "answered");
    home.json("patient", &["revoke", &id, home.principal("doctor")]).ok();
    home.json("doctor", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    let trail = home.json("patient", &["audit", &id, "--verify"]).ok().rows();
    let denied = trail.iter().filter(|line| line["outcome"] == "denied").count();
    assert_eq!(denied, 2, "{trail:?}");
    let checks = home.json("patient", &["doctor"]).ok().rows();
    assert!(checks.iter().any(|check| check["check"] == "sponsor" && check["ok"] == true));

    assert_eq!((place.balance(home, "patient"), place.balance(home, "doctor")), (0, 0));
    let journal = place.journal();
    let paid: u64 = journal.iter().map(|line| number(line, "fee")).sum();
    assert_eq!(place.balance(&place.clinic, "clinic"), before - paid);
    assert!(journal.iter().all(|line| line["decision"] == "sponsored"), "{journal:?}");
    let (_, metrics) = ask(place.url(), "GET /metrics", b"");
    let count = format!("mrms_sponsor_requests_total{{outcome=\"sponsored\"}} {}", journal.len());
    assert!(metrics.contains(&count), "{metrics}");
    place.sponsor.unwrap().stop();
    place.node.stop();
    place.clinic.assert_unharmed();
}

#[test]
fn budget_that_is_used_up_is_told_with_the_time_when_it_renews() {
    let place = Place::new(&["--daily-per-principal", "2"]);
    let home = &place.patients;
    home.json("patient", &["key", "publish"]).ok();
    home.create("note.txt", NOTE);
    let refused = home.json("patient", &["create", "note.txt", "--again"]);
    let error = refused.refused(1, "sponsor-budget-exhausted");
    assert!(text(&error, "message").contains("renews at 20"), "{error}");
    let listed = home.json("patient", &["list"]).ok();
    assert_eq!(
        (listed.rows().len(), listed.stderr.as_str()),
        (1, ""),
        "nothing stays in the outbox"
    );
    home.json("doctor", &["key", "publish"]).ok();
}

#[test]
fn what_is_no_call_of_the_contract_is_not_paid_for() {
    let place = Place::new(&[]);
    let home = &place.patients;
    home.file("hello.clar", "(define-public (hello) (ok true))");
    home.json("patient", &["contract", "deploy", "hello.clar"]).refused(4, "sponsor-refused");
    let listed = home.json("patient", &["list"]).ok();
    assert_eq!(listed.stderr, "");
    assert_eq!(place.decided("sponsored"), 0);
}

#[test]
fn sponsor_that_is_away_is_told_and_what_was_begun_is_finished_when_it_is_back() {
    let mut place = Place::new(&[]);
    place.patients.file("note.txt", NOTE);
    place.sponsor.take().unwrap().stop();
    let line = ["create", "note.txt", "--id", "7"];
    place.patients.json("patient", &line).refused(6, "sponsor-unreachable");
    let waits = place.patients.json("patient", &["list"]).ok();
    assert!(waits.stderr.contains("cannot be finished now"), "{waits:?}");
    place.start_again(&[]);
    let finished = place.patients.json("patient", &["list"]).ok();
    assert!(finished.stderr.contains("finished what an interrupted command"), "{finished:?}");
    assert_eq!(finished.object()["record_id"], "7");
    assert_eq!(place.decided("sponsored"), 1);
}

#[test]
fn sponsor_that_was_killed_knows_what_it_has_paid() {
    let mut place = Place::new(&["--daily-per-principal", "2"]);
    place.patients.create("note.txt", NOTE);
    // Dropped, it is killed.
    place.sponsor = None;
    place.start_again(&["--daily-per-principal", "2"]);
    place.patients.create("note.txt", NOTE);
    let line = ["create", "note.txt", "--again"];
    place.patients.json("patient", &line).refused(1, "sponsor-budget-exhausted");
    assert_eq!(place.decided("sponsored"), 2);
}

#[test]
fn sponsor_killed_at_any_moment_pays_for_each_transaction_once() {
    let mut place = Place::new(&[]);
    place.patients.file("note.txt", NOTE);
    let before = place.balance(&place.clinic, "clinic");
    let seed = rand::rand_core::TryRng::try_next_u64(&mut rand::rngs::SysRng).unwrap();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 0..ROUNDS {
        let id = (100 + round).to_string();
        let line = ["create", "note.txt", "--id", &id, "--json"];
        let mut command = place.patients.command("patient", &line);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(rng.random_range(0..200)));
        // Dropped, it is killed.
        place.sponsor = None;
        let mut child = child;
        child.wait().unwrap();
        place.start_again(&[]);
        // What was begun is finished; what was not begun is begun now.
        let waiting = || {
            let outbox = place.patients.profile_folder("patient").join("outbox");
            std::fs::read_dir(outbox).map_or(0, Iterator::count)
        };
        place.patients.json("patient", &["list"]).ok();
        assert_eq!(waiting(), 0, "it is finished by the next command");
        if place.patients.json("patient", &["show", &id]).code != Some(0) {
            place.patients.json("patient", &["create", "note.txt", "--id", &id]).ok();
        }
        let trail = place.patients.json("patient", &["audit", &id]).ok().rows();
        assert_eq!(trail.len(), 1, "{trail:?}");
    }
    let journal = place.journal();
    let sum = |decision: &str| -> u64 {
        let lines = journal.iter().filter(|line| line["decision"] == decision);
        lines.map(|line| number(line, "fee")).sum()
    };
    let paid = sum("sponsored") - sum("returned");
    assert_eq!(place.balance(&place.clinic, "clinic"), before - paid, "{journal:?}");
    let agreed = place.decided("sponsored") - place.decided("returned");
    assert_eq!((agreed, place.decided("filled")), (ROUNDS, 0));
}

#[test]
fn nothing_is_paid_twice_whatever_happens_on_the_way_to_the_sponsor() {
    let mut place = Place::new(&[]);
    place.patients.file("note.txt", NOTE);
    let faults = [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::AnswerCut,
        Fault::BadGateway,
        Fault::GatewayTimeout,
        Fault::Doubled,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let mut posts = 0;
        let proxy = Proxy::before(place.url(), move |line| {
            posts += u32::from(line.starts_with("POST"));
            if line.starts_with("POST") && posts == 1 { fault } else { Fault::None }
        });
        place.patients.set("MRMS_SPONSOR_URL", &proxy.url);
        let id = (100 + number).to_string();
        let created = place.patients.json("patient", &["create", "note.txt", "--id", &id]);
        if matches!(fault, Fault::BadGateway | Fault::GatewayTimeout) {
            created.refused(6, "sponsor-unreachable");
            let next = place.patients.json("patient", &["list"]).ok();
            assert!(next.stderr.contains("finished what an interrupted command"), "{next:?}");
        } else {
            created.ok();
        }
        let trail = place.patients.json("patient", &["audit", &id]).ok().rows();
        assert_eq!(trail.len(), 1, "{fault:?}: {trail:?}");
        assert_eq!(place.decided("sponsored"), number + 1, "{fault:?}");
    }
}

#[test]
fn requests_that_are_none_are_refused_with_a_word_and_a_sentence() {
    let place = Place::new(&[]);
    let long = vec![b' '; 5 * 1024 * 1024];
    let about = format!("GET /v1/sponsor?principal={}", place.patients.principal("patient"));
    for (head, body, status, code) in [
        ("POST /v1/transactions", &b"no request"[..], 400, "not-a-request"),
        ("POST /v1/transactions", br#"{"transaction":"0x00"}"#, 400, "not-a-transaction"),
        ("POST /v1/transactions", &long, 413, "body"),
        ("GET /v1/transactions", b"", 405, "wrong-method"),
        ("GET /v1/sponsor?principal=me", b"", 400, "not-a-principal"),
        ("GET /", b"", 404, "no-such-path"),
    ] {
        let (found, answer) = ask(place.url(), head, body);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((found, &answer["error"]["code"]), (status, &code.into()), "{head}: {answer}");
        assert!(!text(&answer["error"], "message").is_empty());
    }
    let (status, described) = ask(place.url(), &about, b"");
    let described: Value = serde_json::from_str(&described).unwrap();
    assert_eq!((status, &described["principal"]), (200, &place.clinic.principal("clinic").into()));
    assert_eq!(described["contract_id"], place.clinic.contract());
    assert_eq!(described["budget"]["principal"]["transactions"], 50);
    assert!(described["functions"].as_array().unwrap().contains(&"create-medical-record".into()));
    assert!(place.journal().is_empty(), "what is no transaction of anybody leaves no line");
}

#[test]
fn sponsor_needs_a_ledger_that_others_reach_and_one_set_of_books() {
    let clinic = Home::with(&["clinic"]);
    clinic.json("clinic", &["sponsor", "--anyone", "--listen", "127.0.0.1:0"]).refused(2, "usage");
    clinic.json("clinic", &["list", "--sponsor", "http://127.0.0.1:1"]).refused(2, "usage");
    let node = Node::start(&clinic);
    clinic.json("clinic", &["sponsor", "--anyone", "--listen", "0.0.0.0:0"]).refused(2, "exposed");
    let line = ["sponsor", "--anyone", "--listen", "0.0.0.0:0"];
    let refused = clinic.json("clinic", &line);
    assert!(!refused.stderr.contains("stopped"), "it never started: {refused:?}");
    clinic.json("clinic", &["sponsor", "--listen", "127.0.0.1:0"]).refused(2, "usage");
    let sponsor = Service::start(&clinic, "clinic", &["sponsor", "--anyone"]);
    let line = ["sponsor", "--anyone", "--listen", "127.0.0.1:0"];
    clinic.json("clinic", &line).refused(6, "sponsor-busy");
    sponsor.stop();
    node.stop();
}

/// How often an address is asked to pay while a command runs.
fn counted(place: &mut Place, fault: Fault) -> (Proxy, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let proxy = Proxy::before(place.url(), move |line| {
        if line.starts_with("POST") {
            count.fetch_add(1, Ordering::SeqCst);
            return fault;
        }
        Fault::None
    });
    place.patients.set("MRMS_SPONSOR_URL", &proxy.url);
    (proxy, asked)
}

#[test]
fn sponsor_that_does_not_answer_is_asked_once_by_commands_with_work_of_their_own() {
    let mut place = Place::new(&[]);
    place.patients.file("note.txt", NOTE);
    let (_proxy, asked) = counted(&mut place, Fault::Lost);
    place.patients.json("patient", &["create", "note.txt"]).refused(6, "sponsor-unreachable");
    assert!(asked.swap(0, Ordering::SeqCst) > 1, "the command itself tries again");
    let listed = place.patients.json("patient", &["list"]).ok();
    assert!(listed.stderr.contains("cannot be finished now"), "{listed:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn what_waits_for_a_sponsor_can_be_paid_by_oneself() {
    let mut place = Place::new(&[]);
    let id = place.patients.create("note.txt", NOTE);
    place.patients.json("doctor", &["key", "publish"]).ok();
    place.patients.grant(&id, "doctor", &["--for", "30d", "--direct", "--yes"]);
    let sponsored = place.decided("sponsored");
    place.sponsor.take().unwrap().stop();
    let home = &place.patients;
    home.json("patient", &["create", "note.txt", "--id", "7"]).refused(6, "sponsor-unreachable");
    let revoke = ["revoke", &id, home.principal("doctor")];
    home.json("patient", &revoke).refused(6, "sponsor-unreachable");
    home.json("patient", &["tx", "pay"]).refused(1, "not-enough-funds");
    place.clinic.json("clinic", &["node", "faucet", home.principal("patient"), "1000000"]).ok();
    let paid = home.json("patient", &["tx", "pay"]).ok().rows();
    assert_eq!(paid.len(), 2, "{paid:?}");
    assert!(paid.iter().all(|one| one["status"] == "success"), "{paid:?}");
    home.json("patient", &["tx", "pay"]).refused(3, "nothing-waits");
    let listed = home.json("patient", &["list"]).ok();
    assert_eq!((listed.rows().len(), listed.stderr.as_str()), (2, ""));
    home.json("doctor", &["access", &id, "-o", "late"]);
    let trail = home.json("patient", &["audit", &id]).ok().rows();
    assert_eq!(trail.last().unwrap()["action"], "revoke", "{trail:?}");
    place.start_again(&[]);
    place.patients.create("after.txt", NOTE);
    assert_eq!(place.decided("sponsored"), sponsored + 1, "the sponsor paid for none of it");
}

#[test]
fn what_waits_for_a_sponsor_can_be_dropped() {
    let mut place = Place::new(&[]);
    place.patients.file("note.txt", NOTE);
    place.patients.json("patient", &["tx", "drop", "--yes"]).refused(3, "nothing-waits");
    place.sponsor.take().unwrap().stop();
    for id in ["7", "8"] {
        let line = ["create", "note.txt", "--id", id];
        place.patients.json("patient", &line).refused(6, "sponsor-unreachable");
    }
    place.patients.json("patient", &["tx", "drop"]).refused(1, "not-confirmed");
    let dropped = place.patients.json("patient", &["tx", "drop", "--yes"]).ok().rows();
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    let listed = place.patients.json("patient", &["list"]).ok();
    assert_eq!((listed.rows().len(), listed.stderr.as_str()), (0, ""));
    place.start_again(&[]);
    // The nonces are free again.
    place.patients.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    assert_eq!(place.patients.json("patient", &["list"]).ok().rows().len(), 1);
}

#[test]
fn used_up_budget_refuses_no_revoke() {
    let place = Place::new(&["--daily-per-principal", "3"]);
    let home = &place.patients;
    home.json("doctor", &["key", "publish"]).ok();
    let id = home.create("note.txt", NOTE);
    home.grant_directly(&id, "doctor", &["--for", "30d"]);
    let line = ["create", "note.txt", "--again"];
    while home.json("patient", &line).code == Some(0) {}
    home.json("patient", &line).refused(1, "sponsor-budget-exhausted");
    home.json("patient", &["revoke", &id, home.principal("doctor")]).ok();
    place.sponsor.unwrap().stop();
    place.node.stop();
}

#[test]
fn account_that_the_sponsor_does_not_know_needs_a_voucher() {
    let clinic = Home::with(&["clinic"]);
    let node = Node::start(&clinic);
    clinic.file(
        "vouchers",
        "# for a patient, and her child\nkp5-kp5-kp5-kp5-kp5\nkp6-kp6-kp6-kp6-kp6\n",
    );
    let line = ["sponsor", "--vouchers", "vouchers"];
    let sponsor = Service::start(&clinic, "clinic", &line);
    let mut home = Home::elsewhere(&node.url, &clinic.contract());
    home.set("MRMS_SPONSOR_URL", text(&sponsor.told, "url"));
    for name in ["patient", "doctor"] {
        home.join(name);
    }
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt"]).refused(4, "sponsor-does-not-know-you");
    home.set("MRMS_SPONSOR_VOUCHER", "short");
    home.json("patient", &["create", "note.txt"]).refused(2, "usage");
    home.unset("MRMS_SPONSOR_VOUCHER");
    let settings = home.root().join("mrms.toml");
    std::fs::write(settings, "[ledger]\nsponsor_voucher = \"kp5-kp5-kp5-kp5-kp5\"\n").unwrap();
    home.create("note.txt", NOTE);
    home.json("doctor", &["create", "note.txt"]).refused(4, "sponsor-does-not-know-you");

    // The account of a child has a voucher of its own, which is shown from then on.
    home.json("patient", &["key", "publish"]).ok();
    let line = ["ward", "add", "anna", "--grows-up", "2044-05-17"];
    home.json("patient", &line).refused(4, "sponsor-does-not-know-you");
    home.set("MRMS_SPONSOR_VOUCHER", "kp6-kp6-kp6-kp6-kp6");
    let made = home.json("patient", &line).ok().object();
    home.unset("MRMS_SPONSOR_VOUCHER");
    home.remember("anna", text(&made, "principal"));
    home.json("anna", &["create", "note.txt"]).ok();
    home.json("patient", &["create", "note.txt", "--again"]).ok();
    sponsor.stop();
    node.stop();
}
