//! Nodes of `[ledger] urls` that tell different things: whoever would encrypt, sign or prove by them stops.

use super::People;
use super::software::{Network, Software};
use crate::support::{NOTE, Run, text};

/// People whose settings name the network and another node.
struct Asking {
    people: People,
    url: String,
    settings: String,
}

impl Asking {
    fn new() -> Self {
        let mut people = People::on(Software::Api8);
        people.home.file("note.txt", NOTE);
        people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
        let path = people.home.root().join("mrms.toml");
        let settings = std::fs::read_to_string(path).unwrap_or_default();
        people.home.unset("MRMS_LEDGER_URL");
        let url = people.network.url.clone();
        Self { people, url, settings }
    }

    fn with(&self, other: &Network) {
        let (settings, url, other) = (&self.settings, &self.url, &other.url);
        let table = format!("{settings}\n[ledger]\nurls = [\"{url}\", \"{other}\"]\n");
        std::fs::write(self.people.home.root().join("mrms.toml"), table).unwrap();
    }

    fn run(&self, line: &[&str]) -> Run {
        self.people.run("patient", line)
    }

    fn nodes(&self) -> serde_json::Value {
        let rows = self.run(&["doctor"]).rows();
        rows.into_iter().find(|row| row["check"] == "nodes").unwrap()
    }

    /// A command stops with what both say, and has sent nothing.
    #[track_caller]
    fn assert_stopped(&self, line: &[&str], liar: &Network) -> String {
        self.people.network.take_asked();
        let error = self.run(line).refused(5, "nodes-disagree");
        let message = text(&error, "message").to_owned();
        for told in [&self.url, &liar.url] {
            assert!(message.contains(told.as_str()), "{message}");
        }
        let asked = self.people.network.take_asked();
        assert!(!asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
        message
    }
}

#[test]
fn nodes_that_agree_stand_in_no_way() {
    let asking = Asking::new();
    let twin = Network::beside(&asking.people.network, None);
    asking.with(&twin);
    assert_eq!(asking.nodes()["ok"], true);
    let clinic = asking.people.principal("clinic");
    asking.run(&["grant", "7", &clinic, "--forever"]).ok();
    asking.people.opens("clinic", "7", NOTE);
    asking.run(&["audit", "7", "--verify"]).ok();
}

#[test]
fn another_key_of_a_reader_stops_a_grant() {
    let asking = Asking::new();
    let liar = Network::beside(&asking.people.network, Some("/get-encryption-key"));
    asking.with(&liar);
    let clinic = asking.people.principal("clinic");
    asking.assert_stopped(&["grant", "7", &clinic, "--forever"], &liar);
}

#[test]
fn another_grant_stops_who_would_encrypt_for_it() {
    let asking = Asking::new();
    let clinic = asking.people.principal("clinic");
    let twin = Network::beside(&asking.people.network, None);
    asking.with(&twin);
    asking.run(&["grant", "7", &clinic, "--forever"]).ok();
    let liar = Network::beside(&asking.people.network, Some("/get-grant"));
    asking.with(&liar);
    asking.people.home.file("more.txt", "more");
    asking.assert_stopped(&["amend", "7", "more.txt"], &liar);
}

#[test]
fn another_head_of_a_log_stops_an_audit() {
    let asking = Asking::new();
    let liar = Network::beside(&asking.people.network, Some("/get-record"));
    asking.with(&liar);
    asking.assert_stopped(&["audit", "7"], &liar);
}

#[test]
fn another_source_of_the_contract_stops_a_grant_and_is_told_by_doctor() {
    let asking = Asking::new();
    let liar = Network::beside(&asking.people.network, Some("source"));
    asking.with(&liar);
    let clinic = asking.people.principal("clinic");
    let message = asking.assert_stopped(&["grant", "7", &clinic, "--forever"], &liar);
    // Both have as many characters, and are told apart all the same.
    let hashes: Vec<_> = message.split("SHA-256 of ").skip(1).map(|rest| &rest[..16]).collect();
    assert!(hashes.len() == 2 && hashes[0] != hashes[1], "{message}");
    let nodes = asking.nodes();
    assert_eq!(nodes["ok"], false, "{nodes}");
    assert!(nodes.to_string().contains(&liar.url), "{nodes}");
}

#[test]
fn another_chain_is_told_by_doctor() {
    let asking = Asking::new();
    let other = Network::start(Software::Api8);
    asking.with(&other);
    let nodes = asking.nodes();
    assert_eq!(nodes["ok"], false, "{nodes}");
}
