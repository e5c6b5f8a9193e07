//! Vaults that were away, that were replaced, or that a home did not have from the beginning: they
//! get what they lack, and what was erased nobody gets again.

use std::fs;

use mrms_core::Version;
use mrms_vault::Vault as _;
use mrms_vault::protocol::{Hex, SaltDeposit};
use serde_json::{Value, json};

use crate::support::{Home, NOTE, Run, text};
use crate::vaults::{Attacker, Town};

/// More than goes on chain.
fn large() -> Vec<u8> {
    (0..300_000_u32).map(|place| (place % 241) as u8).collect()
}

/// What a vault got or was to get, without records and reasons.
fn steps(rows: &[Value]) -> Vec<Value> {
    let step = |row: &Value| json!([row["vault"], row["piece"], row["version"], row["done"]]);
    rows.iter().map(step).collect()
}

impl Town {
    fn sync(&self, more: &[&str]) -> Run {
        self.run("patient", &[&["vault", "sync"], more].concat())
    }

    /// What waits in the patient's home for a vault.
    fn waiting(&self) -> usize {
        let folders = fs::read_dir(self.home.root().join("outgoing")).unwrap();
        folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap()).count()
    }
}

#[test]
fn vault_that_was_away_gets_what_it_missed() {
    let mut town = Town::with_vaults(3);
    town.stop(2);
    town.home.file("content", large());
    let created = town.run("patient", &["create", "content"]).ok();
    assert!(created.stderr.contains("mrms vault sync"), "{}", created.stderr);
    let permanent = text(&created.object(), "record_id").to_owned();
    town.home.file("content", NOTE);
    let created = town.run("patient", &["create", "content", "--erasable"]).ok().object();
    let erasable = text(&created, "record_id").to_owned();
    assert_eq!(town.waiting(), 2, "a copy stays for the vault that was away");

    // While it is away, that is told, and nothing else is lacking.
    let rows = town.sync(&[]).rows();
    let [away, error] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&away["piece"], &away["done"]), (&json!("answer"), &json!(false)));
    assert_eq!(away["vault"], town.urls[2].as_str());
    assert_eq!(error["error"]["code"], "sync-unfinished");

    town.restart(2);
    let rows = town.sync(&[]).ok().rows();
    let third = town.urls[2].as_str();
    assert_eq!(
        steps(&rows),
        [
            json!([third, "ciphertext", 1, true]),
            json!([third, "ciphertext", 1, true]),
            json!([third, "salt", 1, true]),
        ]
    );
    assert_eq!(town.waiting(), 0);
    assert_eq!(town.sync(&[]).ok().rows(), Vec::<Value>::new(), "there is nothing to do again");

    // It has all that the patient needs.
    town.stop(0);
    town.stop(1);
    for (id, content) in [(&permanent, &large()[..]), (&erasable, NOTE)] {
        town.run("patient", &["access", id, "-o", "opened", "--force"]).ok();
        assert!(town.home.read("opened") == content);
    }
}

#[test]
fn vault_in_place_of_another_is_trusted_by_its_account_and_gets_everything() {
    let mut town = Town::with_vaults(3);
    let clinic = town.home.principal("clinic").to_owned();
    let (small, blob) = (town.create(NOTE), town.create(&large()));
    for id in [&small, &blob] {
        town.run("patient", &["grant", id, &clinic, "--forever"]).ok();
    }
    town.replace(0);
    let account = town.account(0);

    let url = town.urls[0].clone();
    let failed = town.sync(&[]).rows();
    assert!(failed[0]["reason"].as_str().unwrap().contains(&account), "{failed:?}");
    let trust = |account: &str| town.run("patient", &["vault", "trust", &url, account]);
    trust(&clinic).refused(5, "vault-not-trusted");
    let nowhere = ["vault", "trust", "http://127.0.0.1:9", account.as_str()];
    town.run("patient", &nowhere).refused(2, "usage");
    let trusted = trust(&account).ok().object();
    assert_eq!(trusted["account"], account.as_str());
    assert_ne!(trusted["before"], trusted["account"]);
    assert!(trusted["before"].is_string());
    // The reader goes by what they remember, too.
    town.run("clinic", &["vault", "trust", &url, &account]).ok();

    let rows = town.sync(&["--keys"]).ok().rows();
    let of_vaults: Vec<_> = rows.iter().filter(|row| row["vault"].is_string()).cloned().collect();
    assert_eq!(steps(&of_vaults), [json!([url, "ciphertext", 1, true])]);
    let keys: Vec<_> = rows.iter().filter(|row| row["piece"] == "key").collect();
    assert_eq!(keys.len(), 2, "{rows:?}");
    assert!(keys.iter().all(|row| row["user"] == clinic.as_str() && row["done"] == true));

    // The new one releases, with one of the others.
    town.stop(1);
    town.opens(&small, NOTE);
    town.opens(&blob, &large());
}

#[test]
fn shares_are_renewed_for_nobody_whom_the_ledger_alone_names() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    let clinic = town.home.principal("clinic").to_owned();
    let call = json!({"record-id": id, "user": clinic, "expiry": null}).to_string();
    town.run("patient", &["contract", "call", "grant-record-access", &call, "--yes"]).ok();
    let synced = town.sync(&["--keys"]);
    assert_eq!(synced.code, Some(6), "{synced:?}");
    let row = &synced.rows()[0];
    assert_eq!((&row["piece"], &row["done"]), (&json!("key"), &json!(false)), "{row}");
    assert!(row["reason"].as_str().unwrap().contains("does not remember"), "{row}");
    town.run("clinic", &["access", &id, "-o", "early"]).refused(4, "no-share");
    let rows = town.sync(&["--keys", "--accept-reader", &clinic]).ok().rows();
    assert_eq!(rows[0]["done"], true, "{rows:?}");
    town.opens(&id, NOTE);
}

#[test]
#[cfg(unix)]
fn reader_whom_the_ledger_alone_names_is_asked_about_once_for_all_records() {
    let town = Town::with_vaults(1);
    let ids = [town.create(NOTE), town.create(NOTE)];
    let clinic = town.home.principal("clinic").to_owned();
    for id in &ids {
        let call = json!({"record-id": id, "user": clinic, "expiry": null}).to_string();
        town.run("patient", &["contract", "call", "grant-record-access", &call, "--yes"]).ok();
    }
    let settings = format!("[vault]\nurls = [{:?}]\n", town.urls[0]);
    fs::write(town.home.root().join("mrms.toml"), settings).unwrap();
    let line = ["vault", "sync", "--keys"];
    let synced = crate::changed_key::answered(&town.home, "patient", &line, "y").ok();
    assert_eq!(
        synced.stderr.matches("did they read you this fingerprint").count(),
        1,
        "{synced:?}"
    );
    assert!(synced.stderr.contains("(#1)") && synced.stderr.contains("(#2)"), "{synced:?}");
    for id in &ids {
        town.opens(id, NOTE);
    }
}

#[test]
fn what_was_erased_no_vault_gets_again() {
    let mut town = Town::with_vaults(3);
    let (erased, kept) = (town.create(&large()), town.create(&large()));
    town.stop(2);
    let rows = town.run("patient", &["erase", &erased, "--yes"]).rows();
    assert_eq!(rows.last().unwrap()["error"]["code"], "erasure-unfinished");
    town.restart(2);
    // As on another machine, where only the vaults know of it.
    fs::remove_file(town.home.profile_folder("patient").join("receipts.jsonl")).unwrap();
    let synced = town.sync(&[]).ok();
    assert_eq!(synced.rows(), Vec::<Value>::new());
    assert!(synced.stderr.contains(&format!("record {erased} was erased")), "{}", synced.stderr);
    assert!(!synced.stderr.contains(&kept));
    // The one that was away still has it; now it goes there as well.
    let rows = town.run("patient", &["erase", &erased, "--yes"]).ok().rows();
    let deleted = rows[0]["vaults"].as_array().unwrap().iter();
    let deleted: Vec<_> = deleted.map(|vault| vault["blobs"].as_array().unwrap().len()).collect();
    assert_eq!(deleted, [0, 0, 1]);
}

impl Town {
    /// An erasable record of the patient's.
    fn create_erasable(&self) -> String {
        self.home.file("content", large());
        let line = ["create", "content", "--erasable", "--again"];
        let created = self.run("patient", &line).ok().object();
        text(&created, "record_id").to_owned()
    }

    /// An erasure by the patient, whose settings name the first vault alone.
    fn erase_with_the_first(&self, id: &str) -> Run {
        let mut command = self.home.command("patient", &["erase", id, "--yes"]);
        command.arg("--json").env("MRMS_VAULT_URLS", &self.urls[0]);
        self.home.run(command)
    }
}

fn remains(erased: &Value) -> &str {
    text(&erased["versions"][0], "remains")
}

#[test]
fn erase_asks_vaults_that_left_the_settings_and_says_when_one_was_not_reached() {
    let mut town = Town::with_vaults(2);
    let clinic = town.home.principal("clinic").to_owned();
    let id = town.create_erasable();
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    town.opens(&id, &large());
    town.stop(1);
    let rows = town.erase_with_the_first(&id).rows();
    let [erased, error] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(error["error"]["code"], "erasure-unfinished");
    assert_eq!(remains(erased), "at-vaults", "the other vault has ciphertext and salt");
    let told = |vault: &Value| json!([vault["vault"], vault["erased"]]);
    let vaults: Vec<_> = erased["vaults"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(vaults, [json!([town.urls[0], true]), json!([town.urls[1], false])]);
    assert_eq!(erased["opened"], json!([{ "user": clinic, "versions": [1] }]));
    town.restart(1);
    let erased = town.erase_with_the_first(&id).ok().object();
    assert_eq!(remains(&erased), "nothing");
    let other = &erased["vaults"][1];
    assert_eq!((&other["salts"], other["blobs"].as_array().unwrap().len()), (&json!(1), 1));
}

#[test]
fn erase_names_a_vault_that_left_a_receipt_and_that_nobody_finds() {
    let town = Town::with_vaults(2);
    let id = town.create_erasable();
    fs::remove_file(town.home.profile_folder("patient").join("vaults.json")).unwrap();
    let rows = town.erase_with_the_first(&id).rows();
    let [erased, error] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(error["error"]["code"], "erasure-unfinished");
    assert_eq!(erased["not_asked"], json!([town.account(1)]));
    assert_eq!(remains(erased), "at-vaults");
    assert_eq!(town.run("patient", &["erase", &id, "--yes"]).ok().object()["not_asked"], json!([]));
}

#[test]
fn erase_reaches_the_homes_own_vault_of_earlier_and_what_waits_to_be_sent() {
    let mut town = Town::with_vaults(2);
    town.home.file("content", large());
    let created = town.home.json("patient", &["create", "content", "--erasable"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    let erased = town.run("patient", &["erase", &id, "--yes"]).ok().object();
    let own = &erased["vaults"][2];
    assert_eq!(own["vault"], "this folder's own vault");
    assert_eq!((&own["salts"], own["blobs"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(remains(&erased), "nothing");

    // One that is away is named, and nothing is made in its place.
    let created = town.home.json("patient", &["create", "content", "--erasable"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    let (own, away) = (town.home.root().join("vault"), town.home.root().join("away"));
    fs::rename(&own, &away).unwrap();
    let rows = town.run("patient", &["erase", &id, "--yes"]).rows();
    let [erased, error] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(error["error"]["code"], "erasure-unfinished");
    assert_eq!(erased["vaults"][2]["erased"], json!(false));
    assert_eq!(remains(erased), "at-vaults");
    assert!(!own.join("vault.sqlite").exists());
    let _ = fs::remove_dir_all(&own);
    fs::rename(&away, &own).unwrap();
    let erased = town.run("patient", &["erase", &id, "--yes"]).ok().object();
    assert_eq!(remains(&erased), "nothing");

    // A copy waits for a vault that is away.
    let line = ["create", "content", "--erasable", "--again"];
    town.stop(1);
    let mut command = town.home.command("patient", &line);
    command
        .arg("--json")
        .env("MRMS_VAULT_URLS", town.urls.join(","))
        .env("MRMS_VAULT_THRESHOLD", "1");
    let created = town.home.run(command).ok().object();
    assert_eq!(town.waiting(), 1);
    town.run("patient", &["erase", text(&created, "record_id"), "--yes"]).rows();
    assert_eq!(town.waiting(), 0);
}

#[test]
fn wrong_salt_is_named_and_given_to_no_other_vault() {
    let mut town = Town::with_vaults(2);
    let id = town.create_erasable();
    let urls = town.urls.clone();
    let trust = |town: &Town, vault: usize| {
        let account = town.account(vault);
        town.run("patient", &["vault", "trust", &town.urls[vault], &account]).ok();
    };
    // The second vault gets a salt of which only its author could say that it is wrong.
    town.replace(1);
    trust(&town, 1);
    let patient = Attacker::of(&town, 1);
    let (record_id, version) = (id.parse().unwrap(), Version::FIRST);
    let salt = SaltDeposit { record_id, version, salt: Hex([9; 32]) };
    patient.vault.deposit_salt(&patient.signed("patient", patient.header(), salt)).unwrap();
    let rows = town.sync(&[]).rows();
    let wrong = rows.iter().find(|row| row["piece"] == "salt").unwrap();
    assert_eq!((&wrong["vault"], &wrong["done"]), (&json!(urls[1]), &json!(false)));
    assert!(text(wrong, "reason").contains("does not open"), "{wrong}");
    // Now no vault has the right one, and the first gets none.
    town.replace(0);
    trust(&town, 0);
    let rows = town.sync(&[]).rows();
    let salts = rows.iter().filter(|row| row["piece"] == "salt");
    let told: Vec<_> = salts.map(|row| json!([row["vault"], row["done"]])).collect();
    assert_eq!(told, [json!([urls[1], false]), json!([urls[0], false])]);
}

#[test]
fn home_that_gets_vaults_later_brings_them_its_own_ciphertext() {
    let town = Town::with_vaults(2);
    town.home.file("content", large());
    let created = town.home.json("patient", &["create", "content"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    town.run("patient", &["access", &id, "-o", "early"]).refused(5, "content-missing");
    let rows = town.sync(&[]).ok().rows();
    let brought = |url: &String| json!([url, "ciphertext", 1, true]);
    assert_eq!(steps(&rows), town.urls.iter().map(brought).collect::<Vec<_>>());
    town.run("patient", &["access", &id, "-o", "opened", "--force"]).ok();
    assert!(town.home.read("opened") == large());
}

#[test]
fn version_that_another_wrote_is_theirs_to_salt_and_both_may_send_it() {
    let mut town = Town::with_vaults(2);
    town.home.file("content", NOTE);
    let created = town.run("patient", &["create", "content", "--erasable"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", &id, &clinic, "--amend", "--forever"]).ok();
    town.run("clinic", &["amend", &id, "content"]).ok();
    town.replace(1);
    let (url, account) = (town.urls[1].clone(), town.account(1));
    for name in ["patient", "clinic"] {
        town.run(name, &["vault", "trust", &url, &account]).ok();
    }
    let rows = town.sync(&[]).ok().rows();
    let step = |piece: &str, version: u64| json!([url, piece, version, true]);
    assert_eq!(
        steps(&rows),
        [step("ciphertext", 1), step("salt", 1), step("ciphertext", 2)],
        "the salt of version 2 is the clinic's to leave"
    );
    let rows = town.run("clinic", &["vault", "sync"]).ok().rows();
    assert_eq!(steps(&rows), [step("salt", 2)]);
    town.stop(0);
    for version in ["1", "2"] {
        let line = ["access", &id, "--version", version, "-o", "opened", "--force"];
        town.run("patient", &line).ok();
        assert!(town.home.read("opened") == NOTE);
    }
}

#[test]
fn without_vaults_in_the_settings_there_is_nothing_to_bring_up_to_date() {
    let home = Home::with(&["patient"]);
    home.json("patient", &["vault", "sync"]).refused(2, "usage");
}

/// How often a vault answered requests of a route.
fn answered(url: &str, route: &str) -> u64 {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    let wanted = format!("mrms_vault_requests_total{{route=\"{route}\"");
    let lines = told.lines().filter(|line| line.starts_with(&wanted));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn comparing_all_records_reads_each_vaults_log_once() {
    let town = Town::with_vaults(2);
    let clinic = town.home.principal("clinic").to_owned();
    let asked = || {
        let of = |route| town.urls.iter().map(|url| answered(url, route)).sum::<u64>();
        (of("/v1/log"), of("/v1/record-lines"))
    };
    let mut made = 0;
    let mut counts = Vec::new();
    for records in [3, 9] {
        while made < records {
            let id = town.create(NOTE);
            town.run("patient", &["grant", &id, &clinic, "--for", "1d"]).ok();
            town.run("clinic", &["access", &id, "-o", "opened", "--force"]).ok();
            made += 1;
        }
        let before = asked();
        let compared = town.run("patient", &["audit", "--reconcile"]).ok().rows();
        let after = asked();
        assert_eq!(compared.len(), records);
        for row in &compared {
            assert_eq!(row["differences"], json!([]), "{row}");
            assert_eq!(row["openings"][0]["key"], "vault", "{row}");
            let lines = row["vaults"][0]["lines"].as_array().unwrap();
            assert!(lines.iter().any(|line| line["topic"] == "release"), "{row}");
        }
        counts.push((after.0 - before.0, after.1 - before.1));
    }
    // Two vaults: the whole log of each once, and once the lines about the other records.
    assert_eq!(counts, [(2, 2), (2, 2)], "not by the number of records");
    // One record alone goes on from there.
    let one = town.run("patient", &["audit", "1", "--reconcile"]).ok().object();
    assert_eq!(one["differences"], json!([]));
}
