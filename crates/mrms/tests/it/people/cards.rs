//! One's own card: made, shown in every form, and replaced.

use mrms_people::{Card, SignedDocument};

use crate::support::{Home, number, text};

fn card_in(bytes: &[u8]) -> Card {
    SignedDocument::<Card>::from_bytes(bytes).unwrap().document().clone()
}

#[test]
fn card_says_who_one_is_and_is_replaced_by_a_higher_serial() {
    let home = Home::with(&["clinic"]);
    let missing = home.json("clinic", &["card", "show"]).refused(3, "no-card");
    assert!(text(&missing, "hint").contains("mrms card set --name"));
    let set = ["card", "set", "--name", "Clinic B", "--kind", "practice"];
    let first = home.json("clinic", &set).ok().object();
    let key = home.json("clinic", &["key", "show"]).ok().object();
    assert_eq!(first["fingerprint"], key["fingerprint"]);
    assert_eq!(first["principal"], key["principal"]);
    assert_eq!(text(&first, "contract"), home.contract());
    let again = [&set[..], &["--organisation", "Region Nord"]].concat();
    let second = home.json("clinic", &again).ok().object();
    assert!(number(&second, "serial") > number(&first, "serial"));
    let card = SignedDocument::<Card>::from_text(text(&second, "text")).unwrap();
    assert_eq!(card.document().organisation.as_ref().unwrap().as_str(), "Region Nord");
    assert_eq!(home.json("clinic", &["card", "show"]).ok().object()["text"], second["text"]);
    for (name, card) in home.profile_folder("clinic").read_dir().unwrap().map(|file| {
        let file = file.unwrap();
        (file.file_name(), std::fs::read(file.path()).unwrap_or_default())
    }) {
        assert!(!card.windows(8).any(|part| part == b"Clinic B"), "{name:?} has the name");
    }
}

#[test]
fn card_is_shown_as_text_file_and_code() {
    let home = Home::with(&["clinic"]);
    home.json("clinic", &["card", "set", "--name", "Clinic B"]).ok();
    let shown = home.text("clinic", &["card", "show", "--qr"]).ok();
    assert!(shown.stderr.contains("fingerprint"), "{}", shown.stderr);
    let (code, text) = shown.printed().trim_end().rsplit_once('\n').unwrap();
    assert!(code.lines().all(|line| line.chars().count() == 77), "{code}");
    let card = SignedDocument::<Card>::from_text(text).unwrap();
    for name in ["card", "card.txt", "card.png", "card.svg"] {
        home.text("clinic", &["card", "show", "-o", name]).ok();
    }
    assert_eq!(card_in(&home.read("card")), *card.document());
    assert_eq!(String::from_utf8(home.read("card.txt")).unwrap().trim(), text);
    let png = home.read("card.png");
    assert_eq!(mrms_home::qr::picture::document_in(&png).unwrap(), card.to_bytes());
    assert!(home.read("card.svg").starts_with(b"<svg "));
    home.json("clinic", &["card", "show", "-o", "card"]).refused(1, "file-exists");
    home.json("clinic", &["card", "show", "-o", "card", "--force"]).ok();
}

#[test]
fn card_is_made_anew_when_the_key_was_rotated() {
    let home = Home::with(&["clinic"]);
    let before = home.json("clinic", &["card", "set", "--name", "Clinic B"]).ok().object();
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let run = home.json("clinic", &["card", "show"]).ok();
    assert!(run.stderr.contains("made anew"), "{}", run.stderr);
    let after = run.object();
    let key = home.json("clinic", &["key", "show"]).ok().object();
    assert_eq!(after["fingerprint"], key["fingerprint"]);
    assert!(number(&after, "serial") > number(&before, "serial"));
    assert_eq!(after["name"], before["name"]);
}

#[test]
fn what_no_card_can_say_is_refused_before_anything_is_signed() {
    let home = Home::with(&["clinic"]);
    let long = "a".repeat(100_000);
    for (option, bad) in [
        ("--name", ""),
        ("--name", "Clinic\u{202e}B"),
        ("--name", "Clinic\u{1b}[2J"),
        ("--name", &long[..65]),
        ("--name", &long),
        ("--organisation", "a\nb"),
        ("--address", &long),
        ("--kind", "wizard"),
    ] {
        let arguments = ["card", "set", "--name", "Clinic B", option, bad];
        let arguments = if option == "--name" { &arguments[..2] } else { &arguments[..4] };
        let arguments = [arguments, &[option, bad]].concat();
        home.json("clinic", &arguments).refused(2, "usage");
    }
    home.json("clinic", &["card", "show"]).refused(3, "no-card");
}
