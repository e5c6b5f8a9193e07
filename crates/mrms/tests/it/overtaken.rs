//! A patient's version that another author's version overtook: the key that was meant for the
//! patient's lies on the other one, and opens nothing.

use serde_json::Value;

use crate::support::{Home, NOTE};

/// A home where the patient and a provider both wrote version 2, the provider's stands, and a
/// direct reader has the key of the patient's.
fn overtaken() -> (Home, String) {
    let home = Home::with(&["patient", "doctor", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "doctor", &["--amend"]);
    home.grant_directly(&id, "clinic", &[]);
    home.file("note.txt", "the patient's");
    home.json("patient", &["amend", &id, "note.txt", "-o", "amend.tx"]).ok();
    home.file("note.txt", NOTE);
    home.json("doctor", &["amend", &id, "note.txt"]).ok();
    let sent = home.json("patient", &["tx", "send", "amend.tx"]).rows();
    assert!(sent[0]["status"] != "success", "{sent:?}");
    assert_eq!(sent[1]["status"], "success", "{sent:?}");
    (home, id)
}

#[test]
fn reader_with_a_wrong_key_on_chain_gets_the_right_one_from_the_vaults() {
    let (home, id) = overtaken();
    home.json("clinic", &["access", &id, "-o", "early"]).refused(5, "key-does-not-fit");
    assert!(!home.has("early"));
    home.grant(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn wrong_key_on_chain_is_put_right_by_the_next_direct_grant() {
    let (home, id) = overtaken();
    let keys = || {
        let rows = home.json("patient", &["audit", &id]).ok().rows();
        rows.iter().filter(|row| row["action"] == "envelope").count()
    };
    let before = keys();
    home.grant_directly(&id, "clinic", &[]);
    home.assert_opens("clinic", &id, NOTE);
    assert_eq!(keys(), before + 1, "version 2's is put in place of the wrong one");
    home.grant_directly(&id, "clinic", &[]);
    assert_eq!(keys(), before + 1, "now it is right");
}

#[test]
fn what_a_delegate_puts_on_chain_as_a_key_is_not_told_as_one_that_opens() {
    let home = Home::with(&["patient", "doctor", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    let (patient, clinic) = (home.principal("patient"), home.principal("clinic"));
    let delegate = home.principal("doctor");
    home.json("patient", &["delegate", delegate, "--may", "see,share", "--for", "30d", "--yes"])
        .ok();
    let junk = format!(
        r#"{{"record-id": "{id}", "version": 1, "user": "{clinic}", "envelope": "0x{}"}}"#,
        "07".repeat(60)
    );
    home.json("doctor", &["contract", "call", "put-key-envelope", &junk]).ok();
    let of = |object: Value, list: &str| {
        let all = object[list].as_array().unwrap().clone();
        let one =
            all.into_iter().find(|one| one["user"].as_str().is_none_or(|user| user == clinic));
        let one = one.unwrap();
        (one["key_on_chain"].as_bool().unwrap(), one["key_opens"].as_bool().unwrap())
    };
    let shared = || home.json("patient", &["shared", clinic]).ok().object();
    let shown = || home.json("patient", &["show", &id]).ok().object();
    assert_eq!(of(shared(), "records"), (true, false));
    assert_eq!(of(shown(), "grants"), (true, false));
    let said = home.text("patient", &["shared", clinic]).ok();
    let said = said.printed().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("may open it or not: openings are not known"), "{said}");
    assert!(!said.contains("the key is on the chain"), "{said}");

    // The patient's own key in its place.
    home.grant_directly(&id, "clinic", &[]);
    assert_eq!(of(shared(), "records"), (true, true));
    assert_eq!(of(shown(), "grants"), (true, true));
    assert!(
        home.text("patient", &["shared", clinic])
            .ok()
            .printed()
            .contains("the key is on the chain")
    );
    // Somebody else can't try it.
    let theirs = home.json("doctor", &["as", patient, "shared", clinic]).ok().object();
    assert_eq!(of(theirs, "records"), (true, false));
    let mut locked = home.command_without_passphrase("patient", &["shared", clinic, "--json"]);
    locked.stdin(std::process::Stdio::null());
    assert_eq!(of(home.run(locked).ok().object(), "records"), (true, false));
}
