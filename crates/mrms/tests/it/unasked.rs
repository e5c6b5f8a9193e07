//! Neither a node that does not answer what there is to end nor a full disk keeps anybody from ending it.

use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::support::{Home, NOTE, Run, text};

/// A home whose patient gave a clinic record 7 by name and all records, and a node behind a proxy.
struct Scene {
    home: Home,
    node: Node,
    proxy: Proxy,
    /// The function that the node does not answer, and how.
    unanswered: Arc<Mutex<Option<(&'static str, Fault)>>>,
}

impl Scene {
    fn new() -> Self {
        let home = Home::with(&["patient", "clinic"]);
        home.file("note.txt", NOTE);
        home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
        let clinic = home.principal("clinic").to_owned();
        home.json("patient", &["grant", "7", &clinic, "--for", "30d"]).ok();
        home.json("patient", &["grant", "--all-records", &clinic, "--for", "30d", "--yes"]).ok();
        home.json("patient", &["list"]).ok();
        let node = Node::start(&home);
        let unanswered = Arc::new(Mutex::new(None::<(&str, Fault)>));
        let script = Arc::clone(&unanswered);
        let proxy = Proxy::before(&node.url, move |line| match *script.lock().unwrap() {
            Some((function, fault)) if line.contains(&format!("/{function}")) => fault,
            _ => Fault::None,
        });
        Self { home, node, proxy, unanswered }
    }

    fn run(&self, name: &str, line: &[&str]) -> Run {
        let mut command = self.home.command(name, line);
        let contract = self.home.contract();
        command
            .arg("--json")
            .env("MRMS_LEDGER_URL", &self.proxy.url)
            .env("MRMS_CONTRACT", contract);
        self.home.run(command)
    }

    fn does_not_answer(&self, function: &'static str, fault: Fault) {
        *self.unanswered.lock().unwrap() = Some((function, fault));
    }

    fn answers(&self) {
        *self.unanswered.lock().unwrap() = None;
    }

    /// What the patient did about record 7, by an honest node.
    #[track_caller]
    fn assert_shut_out(&self) {
        self.answers();
        self.run("clinic", &["access", "7", "-o", "one", "--force"]).refused(4, "grant-revoked");
        let shared = self.run("patient", &["shared"]).ok();
        assert!(shared.rows().is_empty(), "{shared:?}");
    }

    fn end(self) {
        drop(self.proxy);
        self.node.stop();
    }
}

#[test]
fn stop_ends_what_the_profile_remembers_where_a_node_answers_nonsense() {
    for (function, fault) in [
        ("get-patient", Fault::Nonsense),
        ("get-patient", Fault::NotFound),
        ("get-record", Fault::Nonsense),
        ("get-standing-grant", Fault::NotFound),
    ] {
        let scene = Scene::new();
        let clinic = scene.home.principal("clinic").to_owned();
        scene.does_not_answer(function, fault);
        let run = scene.run("patient", &["stop", &clinic, "--yes"]);
        assert_ne!(run.code, Some(0), "{function}: what else they can open is not known: {run:?}");
        let rows = run.rows();
        let [stopped, error] = rows.as_slice() else { panic!("{function}: {run:?}") };
        assert_eq!((&stopped["records"][0], &stopped["all_records"]), (&"7".into(), &true.into()));
        assert!(text(&error["error"], "hint").contains("another connection"), "{run:?}");
        scene.assert_shut_out();
        // Nothing is left to end, and nothing is paid for again.
        let again = scene.run("patient", &["stop", &clinic, "--yes"]).ok();
        assert_eq!(text(&again.rows()[0], "user"), clinic);
        assert_eq!(again.rows()[0]["records"].as_array().map(Vec::len), Some(0), "{again:?}");
        scene.end();
    }
}

#[test]
fn end_that_could_not_be_sent_is_not_taken_for_done() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    // The node hides what there is, and takes no transaction.
    scene.does_not_answer("transactions", Fault::BadGateway);
    let run = scene.run("patient", &["stop", &clinic, "--yes"]);
    assert_ne!(run.code, Some(0), "{run:?}");
    scene.answers();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn repeated_stop_signs_nothing_anew_while_nothing_is_taken() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    for id in ["8", "9"] {
        scene.home.file("other.txt", id);
        scene.run("patient", &["create", "other.txt", "--id", id]).ok();
        scene.run("patient", &["grant", id, &clinic, "--for", "30d"]).ok();
    }
    scene.does_not_answer("v2/transactions", Fault::BadGateway);
    for _ in 0..3 {
        assert_ne!(scene.run("patient", &["stop", &clinic, "--yes"]).code, Some(0));
    }
    scene.answers();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    for id in ["7", "8", "9"] {
        let trail = scene.run("patient", &["audit", id]).ok().rows();
        let refused: Vec<_> = trail.iter().filter(|line| !line["reason"].is_null()).collect();
        assert!(refused.is_empty(), "one was paid for twice: {refused:?}");
    }
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_that_the_node_claims_and_does_not_prove_is_not_taken_for_done() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    scene.does_not_answer("mrms/v1/proofs/transaction", Fault::NotFound);
    let run = scene.run("patient", &["revoke", "7", "--from", &clinic]);
    let error = run.refused(6, "ledger");
    assert!(text(&error, "message").contains("no proof"), "{error}");
    scene.answers();
    let run = scene.run("patient", &["list"]).ok();
    assert!(run.stderr.contains("finished"), "{run:?}");
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn revoke_ends_a_record_of_which_a_node_answers_nonsense() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    scene.does_not_answer("get-grant", Fault::Nonsense);
    let run = scene.run("patient", &["revoke", "7", "--from", &clinic]);
    assert_ne!(run.code, Some(0), "{run:?}");
    let hint = text(&run.object()["error"], "hint").to_owned();
    assert!(hint.contains("that has ended"), "{run:?}");
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn revoke_and_stop_are_sent_where_nothing_can_be_written() {
    for line in [&["revoke", "7", "--from"][..], &["stop", "--yes"]] {
        let scene = Scene::new();
        let clinic = scene.home.principal("clinic").to_owned();
        scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
        let mrms = scene.home.command("patient", line);
        // No file grows: as on a full disk.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
        command.arg(mrms.get_program()).args(mrms.get_args()).args([&clinic, "--json"]);
        for (name, value) in mrms.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(mrms.get_current_dir().unwrap());
        command.env("MRMS_LEDGER_URL", &scene.proxy.url);
        command.env("MRMS_CONTRACT", scene.home.contract());
        let run = scene.home.run(command).ok();
        assert!(run.stderr.contains("make room on its disk"), "{run:?}");
        scene.assert_shut_out();
        scene.end();
    }
}
