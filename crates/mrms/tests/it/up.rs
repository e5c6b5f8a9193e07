//! Ledger and vault of a home served together: commands use both, and neither outlives the other.

use std::net::TcpListener;

use serde_json::json;

use crate::service::Service;
use crate::support::{Home, NOTE, number, text};

const UP: [&str; 5] = ["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"];

#[test]
fn commands_use_the_ledger_and_the_vault_that_are_up_and_both_end_together() {
    let home = Home::with(&["patient", "clinic"]);
    let up = Service::start(&home, "patient", &UP);
    let (node, vault) = (&up.told["node"], &up.told["vault"]);
    assert_eq!(text(vault, "contract"), home.contract());
    assert_ne!(text(node, "url"), text(vault, "url"));
    for server in [("node.json", node), ("vault.json", vault)] {
        let card = std::fs::read_to_string(home.root().join(server.0)).unwrap();
        assert!(card.contains(text(server.1, "url")), "{card}");
    }
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
    // Another home has nothing but their addresses.
    let mut elsewhere = Home::elsewhere(text(node, "url"), &home.contract());
    elsewhere.set("MRMS_VAULT_URLS", text(vault, "url"));
    elsewhere.join("doctor");
    let found = elsewhere.json("doctor", &["doctor"]).ok().rows();
    let vaults: Vec<_> = found.iter().filter(|row| row["check"] == "vault").collect();
    assert!(vaults.len() == 1 && vaults[0]["ok"] == true, "{found:?}");

    home.json("patient", &["vault", "check"]).refused(6, "vault-busy");
    let status = home.json("patient", &["vault", "status"]).ok().object();
    assert_eq!(text(&status, "served_at"), text(vault, "url"));
    assert!(status["trouble"].is_null(), "{status}");
    assert_eq!(number(&status, "shares"), 1);
    // The vault's account has nothing, and gets what the anchor costs.
    assert_eq!(number(&status, "balance"), 0);
    let anchored = home.json("patient", &["vault", "anchor"]).ok().object();
    assert!(anchored["txid"].is_string(), "{anchored}");
    assert_eq!(number(&anchored, "log_count"), number(&status, "log_count"));
    let again = home.json("patient", &["vault", "anchor"]).ok().object();
    assert!(again["txid"].is_null(), "{again}");
    up.stop();
    for card in ["node.json", "vault.json"] {
        assert!(!home.root().join(card).exists(), "{card}");
    }
    home.json("patient", &["vault", "check"]).ok();
    home.assert_unharmed();
}

#[test]
fn keys_of_what_others_added_are_left_while_it_runs_without_a_command_of_the_patient() {
    let home = Home::with(&["patient", "clinic", "daughter"]);
    let mut line = UP.to_vec();
    line.extend(["--tend-every", "1"]);
    let up = Service::start(&home, "patient", &line);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--amend"]);
    let daughter = home.principal("daughter").to_owned();
    home.json("patient", &["delegate", &daughter, "--may", "see", "--for", "30d"]).ok();
    home.file("report", b"by the clinic");
    home.json("clinic", &["amend", &id, "report"]).ok();
    let began = std::time::Instant::now();
    loop {
        let opened = home.json("daughter", &["access", &id, "-o", "opened"]);
        if opened.code == Some(0) {
            break;
        }
        opened.refused(4, "no-share");
        assert!(began.elapsed().as_secs() < 60, "nothing was tended");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    assert_eq!(home.read("opened"), b"by the clinic");
    up.stop();
    home.assert_unharmed();
}

#[test]
fn ciphertext_goes_to_the_vault_that_is_up_and_is_erased_there() {
    let home = Home::with(&["patient"]);
    let up = Service::start(&home, "patient", &UP);
    let large: Vec<u8> = (0..300_000_u32).map(|place| (place % 239) as u8).collect();
    home.file("large", &large);
    let created = home.json("patient", &["create", "large"]).ok().object();
    let id = text(&created, "record_id");
    home.json("patient", &["access", id, "-o", "opened"]).ok();
    assert!(home.read("opened") == large);
    let erased = home.json("patient", &["erase", id, "--yes"]).ok().object();
    let vault = &erased["vaults"][0];
    assert_eq!((vault["blobs"].as_array().unwrap().len(), &vault["kept"]), (1, &json!([])));
    assert_eq!(text(&erased["versions"][0], "remains"), "wraps-on-chain");
    up.stop();
}

#[test]
fn a_vault_that_is_up_pays_for_its_anchors() {
    let home = Home::with(&["patient", "clinic"]);
    let mut line = UP.to_vec();
    line.extend(["--anchor-every", "1"]);
    let up = Service::start(&home, "patient", &line);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let status = || home.json("patient", &["vault", "status"]).ok().object();
    let began = std::time::Instant::now();
    while number(&status(), "balance") == 0 {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{}", status());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    up.stop();
}

#[test]
fn node_does_not_stay_up_without_the_vault() {
    let home = Home::with(&["patient"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = ["up", "--node-listen", "127.0.0.1:0", "--vault-listen", &address];
    home.json("patient", &line).refused(1, "listen");
    assert!(!home.root().join("node.json").exists());
    home.assert_unharmed();
}

#[test]
fn up_is_for_the_ledger_of_the_home() {
    Home::empty().json("patient", &["up"]).refused(3, "no-home");
    let home = Home::with(&["patient"]);
    home.json("patient", &["up", "--ledger", "http://127.0.0.1:9"]).refused(2, "usage");
    home.json("patient", &["up", "--vault-listen", "0.0.0.0:0"]).refused(2, "exposed");
}
