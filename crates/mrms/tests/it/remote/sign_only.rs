//! `-o`: signed on one home, sent from another.

use mrms_stacks::transaction::Transaction;
use serde_json::Value;

use super::Node;
use crate::support::{Home, NOTE, number, text};

/// Sends a file that was signed in one home from another, which has no key of its own in it.
fn carry(from: &Home, file: &str, to: &Home) -> Vec<Value> {
    to.file(file, from.read(file));
    to.json("courier", &["tx", "send", file]).ok().rows()
}

#[test]
fn whole_life_of_a_record_is_signed_in_one_home_and_sent_from_another() {
    let signer = Home::with(&["patient", "clinic"]);
    let node = Node::start(&signer);
    let mut courier = Home::elsewhere(&node.url, &signer.contract());
    courier.join("courier");
    // Larger than what goes on chain: its ciphertext is kept before anything is signed.
    let scan: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
    signer.file("scan.bin", &scan);
    // Beside what the vault notes, ciphertext lies in folders that its first two digits name.
    let kept = || {
        let entries = std::fs::read_dir(signer.root().join("vault")).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().file_name().len() == 2).count()
    };
    let before = kept();
    let signed =
        signer.json("patient", &["create", "scan.bin", "--id", "7", "-o", "create.tx"]).ok();
    assert!(signed.stderr.contains("it creates record 7"), "{signed:?}");
    assert_eq!(signed.object()["sender"], signer.principal("patient"));
    assert_eq!(kept(), before + 1, "the ciphertext is there before the transaction leaves");
    signer.json("patient", &["show", "7"]).refused(3, "record-not-found");
    let sent = carry(&signer, "create.tx", &courier);
    assert_eq!(sent[0]["status"], "success");
    signer.assert_opens("patient", "7", &scan);

    let clinic = signer.principal("clinic");
    let grant = ["grant", "7", clinic, "--for", "30d", "--direct", "--yes", "-o", "grant.tx"];
    let rows = signer.json("patient", &grant).ok().rows();
    assert_eq!(rows.len(), 2, "the grant, and the key");
    assert_eq!(number(&rows[1], "nonce"), number(&rows[0], "nonce") + 1);
    assert_eq!(String::from_utf8(signer.read("grant.tx")).unwrap().lines().count(), 2);
    signer.json("clinic", &["access", "7", "-o", "early"]).refused(4, "no-access");
    assert_eq!(carry(&signer, "grant.tx", &courier).len(), 2);
    signer.assert_opens("clinic", "7", &scan);

    signer.file("second.txt", NOTE);
    signer.json("patient", &["amend", "7", "second.txt", "-o", "amend.tx"]).ok();
    carry(&signer, "amend.tx", &courier);
    signer.assert_opens("clinic", "7", NOTE);
    signer.json("patient", &["revoke", "7", clinic, "-o", "revoke.tx"]).ok();
    carry(&signer, "revoke.tx", &courier);
    signer.json("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
    node.stop();
    signer.assert_unharmed();
}

#[test]
fn signed_transaction_is_sent_once_and_only_where_it_belongs() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    home.file("note.txt", NOTE);
    let line = ["create", "note.txt", "--id", "7", "-o", "out.tx"];
    let first = home.json("patient", &line).ok().object();
    home.json("patient", &line).refused(1, "file-exists");
    let taken = ["create", "note.txt", "--id", "8", "-o", "other.tx", "--fee", "90000"];
    let other = home.json("patient", &taken).ok().object();
    assert_eq!(other["nonce"], first["nonce"], "nothing was sent in between");
    assert_eq!(number(&other, "fee"), 90_000);
    let wrong_chain = ["create", "note.txt", "-o", "far.tx", "--chain", "mainnet"];
    home.json("patient", &wrong_chain).refused(2, "usage");
    home.json("patient", &["tx", "send", "out.tx"]).ok();
    home.json("patient", &["tx", "send", "other.tx"]).refused(1, "transaction-rejected");
    let again = home.json("patient", &["tx", "send", "out.tx"]).ok().object();
    assert_eq!(again["txid"], first["txid"], "the same bytes again are the same transaction");
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
    node.stop();
}

#[test]
fn key_is_published_by_whoever_carries_the_file() {
    let served = Home::with(&["clinic"]);
    let node = Node::start(&served);
    let mut home = Home::elsewhere(&node.url, &served.contract());
    home.join("patient");
    let line = ["key", "publish", "-o", "publish.tx"];
    let signed = home.json("patient", &line).ok().object();
    let transaction = Transaction::decode(&home.read("publish.tx")).unwrap();
    assert_eq!(text(&signed, "txid"), transaction.txid().to_string());
    home.json("patient", &["tx", "send", "publish.tx"]).refused(1, "not-enough-funds");

    let mut sponsored =
        home.command("patient", &["key", "publish", "-o", "sponsored.tx", "--json"]);
    sponsored.env("MRMS_SPONSOR_URL", "http://127.0.0.1:1");
    let signed = home.run(sponsored).ok().object();
    assert_eq!((number(&signed, "fee"), &signed["sponsored"]), (0, &true.into()));
    home.json("patient", &["tx", "send", "sponsored.tx"]).refused(2, "no-sponsor");
    node.stop();
}
