//! A clinic asks for something; the patient reads what, narrows it, and grants.

use mrms_core::{Purpose, UnixTime};
use mrms_crypto::{Keyring, Words};
use mrms_people::{Card, FieldText, Request, SignedDocument};
use mrms_stacks::keys::SigningKey;

use crate::support::{Home, NOTE, number, text};

/// A clinic with a card, and a patient with two records.
fn town() -> Home {
    let home = Home::with(&["patient", "clinic"]);
    home.json("clinic", &["card", "set", "--name", "Clinic B", "--kind", "practice"]).ok();
    home.file("note.txt", NOTE);
    for id in ["11", "12"] {
        home.json("patient", &["create", "note.txt", "--id", id]).ok();
    }
    home
}

fn request(home: &Home, more: &[&str]) -> String {
    let ask = ["request", "blood tests of May", "--for", "30d", "--purpose", "TREAT"];
    let made = home.json("clinic", &[&ask[..], more].concat()).ok().object();
    assert_eq!((&made["purpose"], number(&made, "seconds")), (&"TREAT".into(), 2_592_000));
    text(&made, "text").to_owned()
}

#[test]
fn request_is_told_in_words_narrowed_and_granted() {
    let home = town();
    let asked = request(&home, &["-o", "request.png"]);
    let grant = ["grant", "11", "--request", &asked, "--for", "10d", "--yes"];
    let told = home.text("patient", &grant).ok();
    for words in [
        "calls themselves “Clinic B”, practice",
        "asks to open",
        "“blood tests of May”",
        "for 30 days, for treatment (TREAT)",
    ] {
        assert!(told.stderr.contains(words), "{words}: {told:?}");
    }
    home.assert_opens("clinic", "11", NOTE);
    home.json("clinic", &["access", "12", "-o", "x"]).refused(4, "no-access");
    let shared = home.json("clinic", &["list", "--shared-with-me"]).ok().object();
    // From the picture, for as long as was asked, and with the record that was named.
    let whole = home.json("patient", &["grant", "12", "--request", "request.png", "--yes"]).ok();
    assert!(number(&whole.object(), "expiry") > number(&shared, "expiry"));
    home.assert_opens("clinic", "12", NOTE);
    let named = request(&home, &["--record", "11"]);
    let again = home.json("patient", &["grant", "--request", &named, "--yes"]).ok();
    assert_eq!(again.object()["record_id"], "11");
    // Its id is not shown, since it could be taken for a number in the list.
    assert!(again.stderr.contains("  “note.txt” (#1)"), "{again:?}");
    assert!(!again.stderr.contains("record 11"), "{again:?}");
    home.file("third.txt", NOTE);
    home.json("patient", &["create", "third.txt", "--id", "1"]).ok();
    let third = request(&home, &["--record", "1"]);
    let third = home.json("patient", &["grant", "--request", &third, "--yes"]).ok();
    assert!(third.stderr.contains("you would let them open\n  “third.txt” (#3)"), "{third:?}");
    let stranger = request(&home, &["--record", "2"]);
    let refused = home.json("patient", &["grant", "--request", &stranger, "--yes"]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("none of yours (id:2)"), "{refused:?}");
    home.json("patient", &["grant", "--request", &asked, "--yes"]).refused(2, "usage");
    let longer = ["grant", "11", "--request", &asked, "--for", "8w", "--yes"];
    home.json("patient", &longer).refused(2, "usage");
}

#[test]
fn request_that_is_not_as_it_was_made_or_is_over_grants_nothing() {
    let home = town();
    let asked = request(&home, &[]);
    let before = home.json("patient", &["audit", "11"]).ok().rows().len();
    let refused = |given: &str, exit: i32, code: &str| {
        let grant = ["grant", "11", "--request", given, "--yes"];
        home.json("patient", &grant).refused(exit, code);
    };
    // Changed on its way: the words, and the time.
    let middle = asked.len() - 120;
    for at in [60, middle, asked.len() - 10] {
        let mut bytes = asked.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let run = home.json("patient", &["grant", "11", "--request", &changed, "--yes"]);
        assert!(matches!(run.code, Some(1 | 2 | 5)), "{at}: {run:?}");
    }
    refused(&asked[..asked.len() - 20], 1, "document");
    refused(&format!("mrms:{}", "A".repeat(100_000)), 1, "document");
    let card = home.json("clinic", &["card", "show"]).ok().object();
    refused(text(&card, "text"), 2, "document-kind");
    home.json("clinic", &["grant", "11", "--request", &asked, "--yes"]).refused(2, "usage");

    // Over, and with a card that names another key: signed by the clinic all the same.
    let words = Words::parse(&home.phrase("clinic")).unwrap();
    let key = Keyring::from_words(&words).stacks_secret_key().unwrap();
    let key = SigningKey::from_bytes(key.expose_bytes()).unwrap();
    let good = SignedDocument::<Request>::from_text(&asked).unwrap().document().clone();
    let sign = |request: Request| SignedDocument::sign(request, &key).unwrap().to_text();
    let over = Request { valid_until: UnixTime::from_seconds(1_700_000_000), ..good.clone() };
    refused(&sign(over), 1, "request-expired");
    let other = Card { key_hash: [7; 32], ..good.card().clone() };
    let asker = SignedDocument::sign(other, &key).unwrap();
    refused(&sign(Request { asker, ..good.clone() }), 5, "request-other-key");
    let other = Card { genesis: [7; 32], ..good.card().clone() };
    let asker = SignedDocument::sign(other, &key).unwrap();
    refused(&sign(Request { asker, ..good.clone() }), 1, "request-other-ledger");
    assert_eq!(home.json("patient", &["audit", "11"]).ok().rows().len(), before);

    // What is asked for is a word of others: it begins no line of its own.
    let what = FieldText::new("all; granted to Clinic B").unwrap();
    let fair = Request { what, purpose: Purpose::Research, ..good };
    let told = home.text("patient", &["grant", "11", "--request", &sign(fair), "--yes"]).ok();
    assert!(told.stderr.contains("  “all; granted to Clinic B”"), "{told:?}");
    assert!(told.stderr.contains("for research (HRESCH)"), "{told:?}");
}
