//! A patient's version that another author's version overtook: the key that was meant for the
//! patient's lies on the other one, and opens nothing.

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
