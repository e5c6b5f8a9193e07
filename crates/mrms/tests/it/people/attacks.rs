//! The attack table of cards: each row is handed to `mrms people add`, and nobody is added.

use mrms_people::document::{armor, bytes_of_text};
use mrms_stacks::clarity::{ClarityName, Value};

use super::book::{add, card};
use crate::support::{Home, text};

/// A card with another value in one of its fields, under the signature of before.
fn with_field(card: &[u8], field: &str, value: &Value) -> Vec<u8> {
    let fields = |value: &Value| -> Vec<(ClarityName, Value)> {
        let Value::Tuple(tuple) = value else { panic!("no tuple: {value}") };
        tuple.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let whole = Value::decode(card).unwrap();
    let changed = fields(&whole).into_iter().map(|(name, inner)| {
        if name.as_str() != "content" {
            return (name, inner);
        }
        let content = fields(&inner).into_iter().map(|(name, before)| {
            let is_it = name.as_str() == field;
            (name, if is_it { value.clone() } else { before })
        });
        (name, Value::tuple(content).unwrap())
    });
    Value::tuple(changed).unwrap().encode().unwrap()
}

#[test]
fn forged_and_hostile_cards_add_nobody() {
    let home = Home::with(&["patient", "clinic", "mallory"]);
    let genuine = bytes_of_text(&card(&home, "clinic", "Clinic B")).unwrap();
    let mallory = bytes_of_text(&card(&home, "mallory", "Mallory")).unwrap();
    let clinic: mrms_core::Principal = home.principal("clinic").parse().unwrap();
    let utf8 = |text: &str| Value::StringUtf8(text.to_owned());
    let long = "a".repeat(100_000);
    let mut rows = vec![
        (
            "another's account",
            with_field(&mallory, "who", &Value::principal(clinic)),
            5,
            "document-signature",
        ),
        ("another name", with_field(&genuine, "name", &utf8("Clinic C")), 5, "document-signature"),
        (
            "a higher serial",
            with_field(&genuine, "serial", &Value::uint(u32::MAX)),
            5,
            "document-signature",
        ),
        (
            "another key",
            with_field(&genuine, "key", &Value::buffer([1; 32])),
            5,
            "document-signature",
        ),
        (
            "another kind",
            with_field(&genuine, "kind", &Value::principal(mallory_account())),
            1,
            "document",
        ),
        ("its end", genuine[..genuine.len() - 1].to_vec(), 1, "document"),
        ("more at its end", [&genuine[..], &[0]].concat(), 1, "document"),
    ];
    for (what, bad) in [
        ("control characters", "Clinic\u{1b}[2JB"),
        ("reading direction", "Clinic \u{202e}B"),
        ("a line of its own", "Clinic B\nyou"),
        ("nothing to see", "\u{200b}\u{200b}"),
        ("100 kB", &long),
    ] {
        rows.push((what, with_field(&genuine, "name", &utf8(bad)), 1, "document"));
        for field in ["org", "address"] {
            let some = Value::optional(Some(utf8(bad)));
            rows.push((what, with_field(&genuine, field, &some), 1, "document"));
        }
    }
    // A JPEG file of 25 bytes whose header claims 4,290 megapixels, and one of 100.
    for (high, low) in [(0xff, 0xdc), (0x27, 0x10)] {
        let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0];
        let picture = [&frame[..], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]].concat();
        rows.push(("a large picture", picture, 1, "picture-too-large"));
    }
    rows.push(("a picture of nothing", b"\xff\xd8\xff\xe0\x00\x04ab".to_vec(), 1, "picture"));
    for (what, bytes, exit, code) in rows {
        home.file("forged", &bytes);
        let error = home.json("patient", &["people", "add", "forged", "--yes"]).refused(exit, code);
        let message = text(&error, "message");
        assert!(message.len() < 400 && !message.contains('\u{1b}'), "{what}: {message}");
        // The system takes no longer argument.
        if !code.starts_with("picture") && bytes.len() < 90_000 {
            home.json("patient", &["people", "add", &armor(&bytes), "--yes"]).refused(exit, code);
        }
    }
    assert_eq!(home.json("patient", &["people", "list"]).ok().rows().len(), 0);
    add(&home, "patient", &armor(&genuine), &[]);
}

fn mallory_account() -> mrms_core::Principal {
    "ST000000000000000000002AMW42H".parse().unwrap()
}
