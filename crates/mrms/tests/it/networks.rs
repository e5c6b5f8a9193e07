//! One life of a record on each kind of software that a Stacks network is reached through: a node alone, with an index of
//! transactions and without, a node before epoch 3, the hosted API of today and that of tomorrow.

mod api;
mod chain;
mod costs;
mod disagreeing;
mod fees;
mod first;
mod interrupted;
mod limits;
mod mempool;
mod script;
mod servers;
mod shapes;
pub(crate) mod software;
mod taken_back;
mod together;

use serde_json::{Value, json};

use crate::support::{Home, NOTE, Run, text};
use software::{Network, Software};

/// Three people on a network, with the contract deployed.
struct People {
    home: Home,
    network: Network,
}

impl People {
    fn on(software: Software) -> Self {
        let network = Network::start(software);
        let mut home = Home::empty();
        home.set("MRMS_LEDGER_URL", &network.url);
        home.set("MRMS_WAIT", "30");
        for name in ["patient", "clinic", "stranger"] {
            home.join(name);
            network.chain().fund(home.principal(name));
        }
        let people = Self { home, network };
        let deployed = people.run("patient", &["contract", "deploy"]).ok().object();
        let contract = text(&deployed, "contract_id").to_owned();
        let mut people = people;
        people.home.set("MRMS_CONTRACT", &contract);
        for name in ["patient", "clinic"] {
            people.run(name, &["key", "publish"]).ok();
        }
        people
    }

    fn run(&self, name: &str, line: &[&str]) -> Run {
        self.home.json(name, &[line, &["--yes"]].concat())
    }

    fn principal(&self, name: &str) -> String {
        self.home.principal(name).to_owned()
    }

    #[track_caller]
    fn opens(&self, name: &str, id: &str, bytes: &[u8]) {
        self.run(name, &["access", id, "-o", "opened", "--force"]).ok();
        assert!(self.home.read("opened") == bytes, "{name} opened other bytes of {id}");
    }

    fn trail(&self, id: &str) -> (Vec<Value>, String) {
        let run = self.run("patient", &["audit", id]).ok();
        (run.rows(), run.stderr)
    }

    fn live(&self) {
        self.home.file("note.txt", NOTE);
        self.run("patient", &["create", "note.txt", "--id", "7"]).ok();
        self.run("patient", &["create", "note.txt", "--id", "7"]).refused(1, "record-exists");
        self.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
        let clinic = self.principal("clinic");
        self.run("patient", &["grant", "7", &clinic, "--forever", "--amend"]).ok();
        self.opens("clinic", "7", NOTE);
        self.home.file("answer.txt", "answered");
        self.run("clinic", &["amend", "7", "answer.txt"]).ok();
        self.opens("patient", "7", b"answered");
        self.run("patient", &["revoke", "7", &clinic]).ok();
        self.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
        self.run("patient", &["verify", "7"]).ok();
        for name in ["patient", "clinic", "stranger"] {
            let outbox = self.home.profile_folder(name).join("outbox");
            let waiting = std::fs::read_dir(outbox).map_or(0, Iterator::count);
            assert_eq!(waiting, 0, "{name} has something waiting");
        }
    }
}

fn actions(trail: &[Value]) -> Vec<String> {
    let word = |line: &Value| match line["outcome"].as_str() {
        Some("denied") => format!("{} denied", text(line, "action")),
        _ => text(line, "action").to_owned(),
    };
    trail.iter().map(word).collect()
}

/// What a life leaves, refusals where they come.
const WHOLE: [&str; 8] =
    ["create", "access denied", "grant", "access", "amend", "access", "revoke", "access denied"];
/// What a ledger without lists tells of it.
const ENTRIES: [&str; 6] = ["create", "grant", "access", "amend", "access", "revoke"];

/// A life on an API, whose burn heights are behind those that the contract saw.
fn assert_lives_on_api(software: Software) {
    let people = People::on(software);
    people.network.tell_burn_heights_behind(1);
    people.live();
    let (trail, said) = people.trail("7");
    assert_eq!(actions(&trail), WHOLE);
    assert!(trail.iter().all(|line| line["txid"].is_string() && line["time"].is_string()));
    assert!(!said.contains("could not be compared"), "{said}");
    people.run("patient", &["doctor"]).ok();
    let asked = people.network.take_asked();
    assert!(asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
}

/// A life on a node alone.
fn assert_lives_on_node(software: Software) {
    let people = People::on(software);
    people.network.tell_burn_heights_behind(1);
    people.live();
    let (trail, said) = people.trail("7");
    assert_eq!(actions(&trail), ENTRIES);
    assert!(said.contains("6 of 6 entries could not be compared"), "{said}");
    assert!(said.contains("refused attempts are not listed"), "{said}");
}

#[test]
fn record_lives_on_the_hosted_api_of_today() {
    assert_lives_on_api(Software::Api8);
}

#[test]
fn record_lives_on_the_hosted_api_whose_older_routes_are_gone() {
    assert_lives_on_api(Software::Api9);
}

#[test]
fn record_lives_on_an_index_beside_a_node() {
    let people = People::on(Software::Index);
    people.live();
    let (trail, said) = people.trail("7");
    assert_eq!(actions(&trail), WHOLE);
    assert!(trail.iter().all(|line| line["txid"].is_string() && line["time"].is_string()));
    assert!(!said.contains("could not be compared"), "{said}");
    people.run("patient", &["doctor"]).ok();
}

#[test]
fn index_beside_a_node_follows_a_fork() {
    let people = People::on(Software::Index);
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    let place = people.network.chain().place();
    people.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
    people.home.file("more.txt", "more");
    people.run("patient", &["amend", "7", "more.txt"]).ok();
    assert_eq!(actions(&people.trail("7").0), ["create", "access denied", "amend"]);
    people.network.chain().fork_at(&place);
    // The other branch grows longer than the one that was left.
    (0..3).for_each(|_| people.network.chain().go_on());
    people.network.wait_for_index();
    let (trail, said) = people.trail("7");
    // The stranger's refusal went with its block; what the patient signed is sent again.
    assert_eq!(actions(&trail), ["create", "amend"]);
    assert!(said.contains("was taken back"), "{said}");
}

#[test]
fn record_lives_on_a_node_with_an_index_of_transactions() {
    assert_lives_on_node(Software::Indexed);
}

#[test]
fn record_lives_on_a_node_without_an_index() {
    assert_lives_on_node(Software::Bare);
}

#[test]
fn record_lives_on_a_node_before_epoch_3() {
    assert_lives_on_node(Software::Old);
}

#[test]
fn what_a_node_without_an_index_cannot_tell_is_refused_before_it_is_signed() {
    let people = People::on(Software::Bare);
    people.network.take_asked();
    people.home.file("counter.clar", "(define-public (add) (ok u1))");
    let deployed = people.run("patient", &["contract", "deploy", "counter.clar"]).ok().object();
    people.network.take_asked();
    let other = text(&deployed, "contract_id");
    let call = ["contract", "call", "--contract", other, "add", "{}"];
    let error = people.run("patient", &call).refused(1, "cannot-follow");
    assert!(text(&error, "message").contains("add"), "{error}");
    let asked = people.network.take_asked();
    assert!(!asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
    let vault = ["vault", "run", "--listen", "127.0.0.1:0"];
    people.home.json("patient", &vault).refused(1, "cannot-follow");
    let doctor = people.run("patient", &["doctor"]);
    let results = doctor.rows().into_iter().find(|row| row["check"] == "results").unwrap();
    assert_eq!(results["ok"], false, "{results}");
    assert!(text(&results, "hint").contains("txindex"), "{results}");
}

#[test]
fn what_a_node_before_epoch_3_cannot_tell_is_said_by_doctor_and_refused_before_it_is_signed() {
    let people = People::on(Software::Old);
    people.home.file("counter.clar", "(define-public (add) (ok u1))");
    let deployed = people.run("patient", &["contract", "deploy", "counter.clar"]).ok().object();
    people.network.take_asked();
    let doctor = people.run("patient", &["doctor"]);
    let results = doctor.rows().into_iter().find(|row| row["check"] == "results").unwrap();
    assert_eq!(results["ok"], false, "{results}");
    for said in ["epoch before 3", "other contracts can't be called", "a vault can't follow it"] {
        assert!(text(&results, "message").contains(said), "{results}");
    }
    // No index would help there.
    assert!(!text(&results, "hint").contains("txindex"), "{results}");
    let call = ["contract", "call", "--contract", text(&deployed, "contract_id"), "add", "{}"];
    let error = people.run("patient", &call).refused(1, "cannot-follow");
    assert!(text(&error, "message").contains("epoch before 3"), "{error}");
    let vault = ["vault", "run", "--listen", "127.0.0.1:0"];
    let error = people.home.json("patient", &vault).refused(1, "cannot-follow");
    assert!(!text(&error, "hint").contains("txindex"), "{error}");
    let asked = people.network.take_asked();
    assert!(!asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
}

#[test]
fn api_without_any_history_gets_nothing_before_it_is_known_how_results_are_had() {
    let gone = r#"{"error":"Gone","message":"it was switched off"}"#;
    let no_route =
        r#"{"message":"Route GET:/extended/v1/x not found","error":"Not Found","statusCode":404}"#;
    let people = People::on(Software::Api8);
    let clinic = people.principal("clinic");
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &clinic, "--forever"]).ok();
    for answer in [(410, gone), (404, no_route), (404, "not found")] {
        people.network.switch_off(answer, false);
        people.network.take_asked();
        let grant = ["grant", "7", &clinic, "--for", "30d"];
        for line in [&["create", "note.txt", "--again"][..], &grant] {
            let error = people.run("patient", line).refused(1, "cannot-follow");
            assert!(text(&error, "message").contains("name another API"), "{error}");
        }
        let asked = people.network.take_asked();
        assert!(!asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
        let outbox = people.home.profile_folder("patient").join("outbox");
        assert_eq!(std::fs::read_dir(outbox).map_or(0, Iterator::count), 0, "nothing was signed");
        let doctor = people.run("patient", &["doctor"]);
        let results = doctor.rows().into_iter().find(|row| row["check"] == "results").unwrap();
        assert_eq!(results["ok"], false, "{results}");
        assert!(
            text(&results, "message").contains("nothing is signed or sent but an end"),
            "{results}"
        );
    }
    // The node behind it has an index and blocks: by them results are had.
    for answer in [(410, gone), (404, no_route), (404, "not found")] {
        people.network.switch_off(answer, true);
        people.run("patient", &["create", "note.txt", "--again"]).ok();
        people.run("patient", &["revoke", "7", &clinic]).ok();
        people.run("patient", &["grant", "7", &clinic, "--forever"]).ok();
    }
    people.network.switch_on();
    people.run("patient", &["revoke", "7", &clinic]).ok();
    people.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
}

#[test]
fn api_without_any_history_takes_an_end_and_another_tells_that_it_is_one() {
    let people = People::on(Software::Api8);
    let clinic = people.principal("clinic");
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &clinic, "--forever"]).ok();
    people.network.switch_off((404, "not found"), false);
    let posted = |people: &People| {
        let asked = people.network.take_asked();
        asked.iter().filter(|line| *line == "POST /v2/transactions").count()
    };
    posted(&people);
    let revoke = people.run("patient", &["revoke", "7", &clinic]);
    assert_eq!((revoke.code, posted(&people)), (Some(6), 1), "{revoke:?}");
    // What became of it is not known there: it is kept, and sent again as the same bytes.
    let stop = people.run("patient", &["stop", &clinic]).ok();
    assert!(stop.stderr.contains("cannot be finished now"), "{stop:?}");
    people.network.chain().advance(2);
    people.network.switch_on();
    people.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
    let listed = people.run("patient", &["list"]).ok();
    assert!(listed.stderr.contains("revoke"), "what became of it is told: {listed:?}");
    let (trail, _) = people.trail("7");
    assert_eq!(actions(&trail).iter().filter(|action| **action == "revoke").count(), 1);
}

#[test]
fn refusals_of_strangers_do_not_make_an_audit_longer() {
    for software in [Software::Api8, Software::Api9] {
        let people = People::on(software);
        people.live();
        people.network.chain().advance(10);
        let count = || {
            people.network.take_asked();
            let (trail, _) = people.trail("7");
            assert_eq!(actions(&trail), WHOLE);
            people.network.take_asked().len()
        };
        count();
        let before = count();
        people.network.refuse_strangers(10_000);
        people.network.chain().advance(10);
        let first = count();
        // Pages of 50 rows; those without arguments with one more question each, and none for a transaction.
        assert!(first <= before + 2 * 10_000 / 50 + 2, "{software:?}: {first} after {before}");
        assert_eq!(count(), before, "{software:?}: they were read once");
    }
}

#[test]
fn refusals_are_all_told_in_whatever_order_a_page_has_its_rows() {
    for software in [Software::Api8, Software::Api9] {
        let people = People::on(software);
        people.network.reverse_pages();
        people.live();
        people.network.chain().advance(10);
        let mut expected = WHOLE.to_vec();
        let refused_again = |expected: &mut Vec<&str>| {
            people.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
            expected.push("access denied");
        };
        let assert_told = |expected: &[&str]| {
            let (trail, _) = people.trail("7");
            assert_eq!(actions(&trail), expected, "{software:?}");
        };
        // The first audit remembers what is settled. What is refused afterwards stands on one page with it.
        assert_told(&expected);
        refused_again(&mut expected);
        assert_told(&expected);
        // And on a page between two that have nothing of this record, of which the first alone is settled.
        people.network.refuse_strangers(120);
        people.network.chain().advance(10);
        refused_again(&mut expected);
        assert_told(&expected);
        people.network.chain().advance(10);
        for _ in 0..2 {
            assert_told(&expected);
        }
        let denied = |what: &&&str| **what == "access denied";
        let refused = |row: &&Value| row["what"] == "refused";
        let looks = people.run("patient", &["who"]).ok().rows();
        let (told, all) = (looks.iter().filter(refused), expected.iter().filter(denied));
        assert_eq!(told.count(), all.count(), "{looks:?}");
    }
}

#[test]
fn api_gets_the_key_of_the_settings_and_nobody_sees_it() {
    let mut people = People::on(Software::Api8);
    assert!(people.network.api_keys().is_empty());
    people.home.set("MRMS_LEDGER_API_KEY", "a-key-of-a-hosted-api");
    let run = people.run("patient", &["list"]).ok();
    assert!(!run.stderr.contains("a-key-of"), "{run:?}");
    let keys = people.network.api_keys();
    assert!(!keys.is_empty() && keys.iter().all(|key| key == "a-key-of-a-hosted-api"));
}

#[test]
fn refusal_that_a_fork_took_back_is_not_remembered_and_what_was_done_is_done_again() {
    let people = People::on(Software::Api8);
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    let place = people.network.chain().place();
    people.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
    people.home.file("more.txt", "more");
    people.run("patient", &["amend", "7", "more.txt"]).ok();
    people.network.chain().advance(10);
    for _ in 0..2 {
        // The second time the refusal is remembered.
        assert_eq!(actions(&people.trail("7").0), ["create", "access denied", "amend"]);
    }
    people.network.chain().fork_at(&place);
    let (trail, said) = people.trail("7");
    assert_eq!(actions(&trail), ["create", "amend"]);
    assert!(said.contains("was taken back") && said.contains("is sent again"), "{said}");
    people.run("patient", &["doctor"]).ok();
}

#[test]
fn block_that_a_fork_took_back_is_told_where_nothing_is_kept_to_be_sent_again() {
    let people = People::on(Software::Api8);
    people.home.file("note.txt", NOTE);
    let place = people.network.chain().place();
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    // As after a restore of an older copy of the profile's folder.
    let kept = people.home.profile_folder("patient").join("unsettled");
    std::fs::remove_dir_all(kept).unwrap();
    people.network.chain().fork_at(&place);
    let listed = people.run("patient", &["list"]).ok();
    assert!(listed.stderr.contains("does not show that block"), "{listed:?}");
    let doctor = people.run("patient", &["doctor"]);
    let ledger = doctor.rows().into_iter().find(|row| row["check"] == "ledger").unwrap();
    assert_eq!(ledger["ok"], false, "{ledger}");
}

#[test]
fn every_call_of_care_is_told_by_a_node_without_an_index() {
    let people = People::on(Software::Bare);
    let [patient, clinic, stranger] =
        ["patient", "clinic", "stranger"].map(|name| people.principal(name));
    let result = |name: &str, function: &str, arguments: Value| {
        let called = people.run(name, &["contract", "call", function, &arguments.to_string()]);
        text(&called.ok().object(), "result_repr").to_owned()
    };
    for (name, function, arguments) in [
        ("patient", "set-delegate", json!({"delegate": clinic, "powers": 7, "expiry": null})),
        ("patient", "remove-delegate", json!({"delegate": clinic})),
        ("patient", "end-delegation", json!({"delegate": clinic})),
        ("patient", "name-contact", json!({"contact": stranger, "powers": 1, "wait": 2})),
    ] {
        assert_eq!(result(name, function, arguments), "(ok true)", "{function}");
    }
    let of_patient = json!({"patient": patient});
    let asked = result("stranger", "ask-for-delegation", of_patient.clone());
    let contact = json!({"patient": patient, "contact": stranger}).to_string();
    let read = people.run("patient", &["contract", "read", "get-contact", &contact]).ok().object();
    let ready = asked.trim_start_matches("(ok ").trim_end_matches(')');
    assert!(text(&read, "result_repr").contains(&format!("(some {ready})")), "{asked} {read}");
    people.network.chain().advance(3);
    let member = json!({"member": stranger, "expiry": null});
    for (name, function, arguments) in [
        ("stranger", "accept-delegation", of_patient.clone()),
        ("patient", "name-contact", json!({"contact": clinic, "powers": 1, "wait": 2})),
        ("patient", "refuse-delegation", json!({"patient": patient, "contact": clinic})),
        ("clinic", "set-member", member),
        ("clinic", "remove-member", json!({"member": stranger})),
        ("patient", "offer-succession", json!({"successor": stranger})),
        ("stranger", "accept-succession", of_patient),
    ] {
        assert_eq!(result(name, function, arguments), "(ok true)", "{function}");
    }
    // A refusal is told with the contract's reason.
    let late = json!({"delegate": clinic, "powers": 1, "expiry": null}).to_string();
    people.run("patient", &["contract", "call", "set-delegate", &late]).refused(4, "succeeded");
}

#[test]
fn delegate_puts_on_record_and_a_member_opens_on_a_node_without_an_index() {
    let people = People::on(Software::Bare);
    let [patient, clinic, stranger] =
        ["patient", "clinic", "stranger"].map(|name| people.principal(name));
    people.run("stranger", &["key", "publish"]).ok();
    people.home.file("note.txt", NOTE);
    let delegate = ["delegate", &clinic, "--may", "see,add", "--for", "30d"];
    people.run("patient", &delegate).ok();
    let made = ["as", &patient, "create", "note.txt", "--id", "9"];
    people.run("clinic", &made).ok();
    people.opens("patient", "9", NOTE);
    // For an organisation, a member opens: the entry names it.
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &clinic, "--forever"]).ok();
    let member = json!({"member": stranger, "expiry": null}).to_string();
    people.run("clinic", &["contract", "call", "set-member", &member]).ok();
    let open = json!({"record-id": "7", "version": 1, "organisation": clinic}).to_string();
    let opened = people.run("stranger", &["contract", "call", "access-for", &open]).ok().object();
    assert!(text(&opened, "result_repr").starts_with("(ok (tuple"), "{opened}");
    let (trail, _) = people.trail("7");
    let last = trail.last().unwrap();
    assert_eq!((&last["action"], &last["actor"]), (&json!("access"), &json!(stranger)), "{last}");
}
