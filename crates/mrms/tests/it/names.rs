//! Names, hints and settings: what is meant is done, what can't be is told, and nobody is sent to the wrong
//! party.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use mrms_core::StandardPrincipal;
use mrms_stacks::transaction::Transaction;

use crate::remote::Node;
use crate::support::{Home, NOTE, text};

#[test]
fn names_that_cannot_go_on_record_are_told_and_not_dropped() {
    let home = Home::with(&["patient"]);
    let cases: [(&[u8], &str); 3] = [
        (b"back\\slash.txt", "back_slash.txt"),
        (b"M\xe4rz.txt", "M\u{fffd}rz.txt"),
        (b"bell\x07.txt", "bell_.txt"),
    ];
    for (name, expected) in cases {
        let name = OsStr::from_bytes(name);
        fs::write(home.work().join(name), NOTE).unwrap();
        let mut command = home.command("patient", &["create", "--json"]);
        command.arg(name);
        let run = home.run(command).ok();
        assert!(run.stderr.contains(expected), "{run:?}");
        let id = text(&run.object(), "record_id").to_owned();
        let opened = home.json("patient", &["access", &id, "-o", "out", "--force"]).ok().object();
        assert_eq!(opened["file_name"], expected);
    }
}

#[test]
fn address_of_another_network_and_a_contract_get_the_right_words() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let clinic: StandardPrincipal = home.principal("clinic").parse().unwrap();
    let main = StandardPrincipal::new(StandardPrincipal::MAINNET_SINGLE_SIG, *clinic.hash160());
    let main = main.unwrap().to_string();
    let error =
        home.json("patient", &["grant", &id, &main, "--for", "1d"]).refused(2, "other-network");
    assert!(text(&error, "hint").contains(home.principal("clinic")), "{error}");
    // Also where nothing is encrypted to them.
    for line in [
        &["revoke", &id, &main][..],
        &["grant", "--all-records", "--to", &main, "--forever"],
        &["delegate", &main, "--may", "add", "--for", "30d"],
        &["contact", &main, "--may", "share", "--wait", "7d"],
        &["hand-over", "offer", &main],
    ] {
        let line = [line, &["--yes"]].concat();
        let error = home.json("patient", &line).refused(2, "other-network");
        assert!(text(&error, "hint").contains(home.principal("clinic")), "{line:?}: {error}");
    }
    // What was given to one all the same can be ended.
    let given = format!(r#"{{"record-id": "{id}", "user": "{main}", "expiry": null}}"#);
    home.json("patient", &["contract", "call", "grant-record-access", &given]).ok();
    home.json("patient", &["revoke", &id, &main]).ok();
    let contract = home.contract();
    let error =
        home.json("patient", &["grant", &id, &contract, "--for", "1d"]).refused(2, "is-contract");
    assert!(!text(&error, "hint").contains("key publish"), "{error}");
}

#[test]
fn flag_of_a_passphrase_wins_over_its_variable() {
    let home = Home::with(&["patient"]);
    let right = fs::File::open(home.root().parent().unwrap().join("passphrase")).unwrap();
    home.file("wrong", "another one\n");
    // The descriptor is standard input, which the child has.
    let mut command = home.command("patient", &["key", "words", "--passphrase-fd", "0"]);
    command.env("MRMS_PASSPHRASE_FILE", home.work().join("wrong"));
    command.stdin(right.as_fd().try_clone_to_owned().unwrap());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut both = home.command("patient", &["list", "--json", "--passphrase-fd", "0"]);
    both.args(["--passphrase-file", "wrong"]);
    home.run(both).refused(2, "usage");
}

#[test]
fn signing_with_all_terms_asks_no_ledger() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "1d"]);
    let clinic = home.principal("clinic");
    let chain = home.json("patient", &["contract", "status"]).ok().object();
    let terms = ["--nonce", "7", "--fee", "9000", "--chain", text(&chain, "chain_id")];
    let offline = |line: &[&str], file: &str| {
        let mut command =
            home.command("patient", &[line, &["-o", file], &terms[..], &["--json"]].concat());
        // Nothing answers there.
        command.env("MRMS_LEDGER_URL", "http://127.0.0.1:1");
        let signed = home.run(command).ok().object();
        let transaction = Transaction::decode(&home.read(file)).unwrap();
        assert_eq!(text(&signed, "txid"), transaction.txid().to_string());
        assert_eq!(text(&signed, "sender"), home.principal("patient"));
        assert_eq!(transaction.fee().number(), 9_000);
    };
    offline(&["key", "publish"], "publish.tx");
    offline(&["revoke", &id, clinic], "revoke.tx");
    // On the right nonce the ledger takes what was signed without it.
    let mut command = home.command("patient", &["revoke", &id, clinic, "-o", "good.tx", "--json"]);
    let next = home.json("patient", &["revoke", &id, clinic, "-o", "asked.tx"]).ok().object();
    let nonce = next["nonce"].to_string();
    command.args(["--nonce", &nonce, "--fee", "9000", "--chain", text(&chain, "chain_id")]);
    command.env("MRMS_LEDGER_URL", "http://127.0.0.1:1");
    home.run(command).ok();
    home.json("patient", &["tx", "send", "good.tx"]).ok();
    home.json("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
}

#[test]
fn doctor_is_right_in_a_home_without_a_profile() {
    let served = Home::with(&["clinic"]);
    let node = Node::start(&served);
    let vault = Home::elsewhere(&node.url, &served.contract());
    vault.json("vault", &["doctor"]).refused(3, "no-home");
    fs::create_dir_all(vault.root().join("vault")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(vault.root(), mode).unwrap();
    let rows = vault.json("vault", &["doctor"]).ok().rows();
    assert!(rows.iter().all(|row| row["ok"] == true), "{rows:?}");
    assert!(rows.iter().any(|row| row["check"] == "profile"), "{rows:?}");
    // Who has lost the way there is sent to their own home, and not to make a profile in this one.
    let error = vault.json("vault", &["list"]).refused(3, "no-profile");
    let hint = text(&error, "hint");
    assert!(hint.contains("--home") && !hint.contains("init"), "{error}");
    node.stop();
}

#[test]
fn reader_whose_settings_name_no_vault_is_told_that() {
    let mut served = Home::with(&["patient", "clinic"]);
    served.file("words", served.phrase("clinic"));
    let node = Node::start(&served);
    let id = served.create("note.txt", NOTE);
    served.grant(&id, "clinic", &["--for", "1d"]);
    // The clinic reads from a home of its own, which knows the ledger and not the vault.
    let away = Home::elsewhere(&node.url, &served.contract());
    away.file("words", served.phrase("clinic"));
    away.json("clinic", &["key", "recover", "--words-file", "words"]).ok();
    let run = away.json("clinic", &["access", &id, "-o", "out"]);
    assert_ne!(run.code, Some(0), "{run:?}");
    let error = run.object()["error"].clone();
    assert!(text(&error, "hint").contains("[vault] urls"), "{error}");
    node.stop();
    served.unset("MRMS_LEDGER_URL");
}

#[test]
fn node_of_a_home_in_a_long_path_is_controlled() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    let mut home = Home::empty_at(&deep.join("home"));
    home.join("patient");
    let node = Node::start(&home);
    home.json("patient", &["node", "faucet", home.principal("patient"), "5000"]).ok();
    node.stop();
}
