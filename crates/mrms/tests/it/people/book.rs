//! Adding people by their cards, and naming them: what is asked, and what is refused.

use serde_json::Value;

use crate::changed_key::answered;
use crate::support::{Home, text};

/// Makes somebody's card and returns its text.
pub(super) fn card(home: &Home, who: &str, name: &str) -> String {
    let set = home.json(who, &["card", "set", "--name", name, "--kind", "practice"]).ok().object();
    text(&set, "text").to_owned()
}

pub(super) fn add(home: &Home, who: &str, card: &str, more: &[&str]) -> Value {
    home.json(who, &[&["people", "add", card, "--yes"], more].concat()).ok().object()
}

#[test]
fn card_is_shown_before_the_question_and_then_the_name_means_its_maker() {
    let home = Home::with(&["patient", "clinic"]);
    let text_of_card = card(&home, "clinic", "Clinic B");
    let principal = home.principal("clinic");
    let add_it = ["people", "add", text_of_card.as_str()];
    home.json("patient", &add_it).refused(1, "not-confirmed");
    let declined = answered(&home, "patient", &add_it, "n");
    assert_eq!(declined.code, Some(1), "{declined:?}");
    for shown in ["Clinic B, practice", principal, "fingerprint", "They say this of themselves"] {
        assert!(declined.stderr.contains(shown), "{}", declined.stderr);
    }
    assert_eq!(home.json("patient", &["people", "list"]).ok().rows().len(), 0);
    let added = answered(&home, "patient", &add_it, "y").ok();
    assert_eq!(added.printed(), "Clinic B is among your people\n");
    let again = home.text("patient", &add_it).ok();
    assert_eq!(again.printed(), "you have this card of Clinic B already\n");

    let listed = home.text("patient", &["people", "list"]).ok();
    let end = &principal[principal.len() - 4..];
    let short = format!("{}…{end}", &principal[..4]);
    assert_eq!(listed.printed(), format!("Clinic B  practice    {short}\n"));
    let shown = home.json("patient", &["people", "show", "clinic  b"]).ok().object();
    assert_eq!(text(&shown, "principal"), principal);
    assert_eq!(text(&shown, "text"), text_of_card);
    home.json("patient", &["people", "show", "Clinic C"]).refused(3, "name-unknown");

    home.text("patient", &["people", "rename", "Clinic B", "Dr A"]).ok();
    home.json("patient", &["people", "show", "Clinic B"]).refused(3, "name-unknown");
    let removed = home.json("patient", &["people", "remove", "Dr A", "--yes"]).ok().object();
    assert_eq!(text(&removed, "principal"), principal);
    home.json("patient", &["people", "show", "Dr A"]).refused(3, "name-unknown");
}

#[test]
fn card_comes_as_picture_file_or_standard_input() {
    let home = Home::with(&["patient", "clinic"]);
    card(&home, "clinic", "Clinic B");
    for name in ["card.png", "card.txt", "card.bin"] {
        home.text("clinic", &["card", "show", "-o", name]).ok();
        let added = add(&home, "patient", name, &[]);
        assert_eq!(text(&added, "name"), "Clinic B");
        home.json("patient", &["people", "remove", "Clinic B", "--yes"]).ok();
    }
    let mut command = home.command("patient", &["people", "add", "-", "--yes", "--json"]);
    command.stdin(std::fs::File::open(home.work().join("card.png")).unwrap());
    home.run(command).ok();
}

#[test]
fn person_without_a_card_is_added_by_principal() {
    let home = Home::with(&["patient", "clinic"]);
    let principal = home.principal("clinic");
    home.json("patient", &["people", "add", principal]).refused(2, "usage");
    let added = add(&home, "patient", principal, &["--name", "Dr A"]);
    assert_eq!(added["card"], Value::Null);
    // Their card comes later, and the name stays.
    let text_of_card = card(&home, "clinic", "Clinic B");
    let added = add(&home, "patient", &text_of_card, &[]);
    assert_eq!(text(&added, "name"), "Dr A");
    assert_eq!(text(&added["card"], "name"), "Clinic B");
    let own = home.principal("patient");
    home.json("patient", &["people", "add", own, "--name", "Me too"]).refused(2, "usage");
    let own = card(&home, "patient", "Käthe");
    home.json("patient", &["people", "add", &own]).refused(2, "own-card");
}

#[test]
fn lookalike_is_asked_about_and_yes_does_not_answer() {
    let home = Home::with(&["patient", "clinic", "mallory"]);
    add(&home, "patient", &card(&home, "clinic", "Clinic B"), &[]);
    for name in ["Clinic B", "clinic  b", "\u{421}linic B"] {
        let forged = card(&home, "mallory", name);
        let error =
            home.json("patient", &["people", "add", &forged, "--yes"]).refused(4, "name-alike");
        assert!(text(&error, "message").contains("Clinic B"), "{error}");
        let declined = answered(&home, "patient", &["people", "add", &forged, "--yes"], "n");
        assert_eq!(declined.code, Some(4), "{declined:?}");
    }
    let forged = card(&home, "mallory", "Clinic B");
    add(&home, "patient", &forged, &["--name", "The other one"]);
    let shown = home.json("patient", &["people", "show", "Clinic B"]).ok().object();
    assert_eq!(text(&shown, "principal"), home.principal("clinic"));
    home.json("patient", &["people", "remove", "The other one", "--yes"]).ok();
    // Whoever types the name means it: both are shown with the end of their account.
    let both =
        home.text("patient", &["people", "add", &forged, "--yes", "--name", "Clinic B"]).ok();
    let end = |name: &str| home.principal(name)[home.principal(name).len() - 4..].to_owned();
    assert_eq!(both.printed(), format!("Clinic B (…{}) is among your people\n", end("mallory")));
    let unclear = home.json("patient", &["people", "show", "Clinic B"]).refused(2, "name-unclear");
    let which = format!("Clinic B (…{})", end("clinic"));
    assert!(text(&unclear, "hint").contains(&which), "the form that is taken: {unclear}");
    let shown = home.json("patient", &["people", "show", &which]).ok().object();
    assert_eq!(text(&shown, "principal"), home.principal("clinic"));
}

#[test]
fn name_that_means_something_already_is_refused() {
    let home = Home::with(&["patient", "mallory"]);
    let end = &home.principal("mallory")[home.principal("mallory").len() - 4..];
    for name in [
        "You",
        "all",
        "Clinic B (…9G6Z)",
        "ST1J…9G6Z, not among your people",
        "MED4",
        "REFUSED",
        "REFUSED: Clinic B",
        "1",
        "#1",
        "(no name)",
    ] {
        let forged = card(&home, "mallory", name);
        home.json("patient", &["people", "add", &forged, "--yes"]).refused(2, "name-refused");
        add(&home, "patient", &forged, &["--name", "M"]);
        home.json("patient", &["people", "rename", "M", name]).refused(2, "name-refused");
        home.json("patient", &["people", "rename", "M", end]).refused(2, "name-refused");
        home.json("patient", &["people", "remove", "M", "--yes"]).ok();
    }
}

#[test]
fn newer_card_replaces_and_an_old_one_is_refused() {
    let home = Home::with(&["patient", "clinic"]);
    let first = card(&home, "clinic", "Clinic B");
    add(&home, "patient", &first, &[]);
    let second = card(&home, "clinic", "Clinic B2");
    let told = home.text("patient", &["people", "add", &second, "--yes"]).ok();
    assert!(told.stderr.contains("“Clinic B” before, “Clinic B2” now"), "{}", told.stderr);
    assert_eq!(told.printed(), "Clinic B: the newer card is kept\n");
    let error = home.json("patient", &["people", "add", &first, "--yes"]).refused(4, "card-old");
    assert!(text(&error, "message").contains("newer"), "{error}");
    let shown = home.json("patient", &["people", "show", "Clinic B"]).ok().object();
    assert_eq!(text(&shown["card"], "name"), "Clinic B2");
}

#[test]
fn card_of_another_ledger_and_damaged_text_are_told() {
    let home = Home::with(&["patient", "clinic"]);
    let elsewhere = Home::with(&["clinic"]);
    let foreign = card(&elsewhere, "clinic", "Clinic B");
    let error =
        home.json("patient", &["people", "add", &foreign, "--yes"]).refused(1, "card-elsewhere");
    assert!(text(&error, "message").contains("the ledger that began with"), "{error}");
    let whole = card(&home, "clinic", "Clinic B");
    let cut = &whole[..whole.len() - 8];
    home.json("patient", &["people", "add", cut]).refused(1, "document");
    home.json("patient", &["people", "add", "mrms:"]).refused(1, "document");
    home.json("patient", &["people", "add", "no-such-file"]).refused(3, "file-not-found");
    // One character of the name, which the signature covers.
    let mut bytes = mrms_people::document::bytes_of_text(&whole).unwrap();
    let at = bytes.windows(8).position(|part| part == b"Clinic B").unwrap();
    bytes[at + 7] = b'C';
    home.file("forged", &bytes);
    home.json("patient", &["people", "add", "forged"]).refused(5, "document-signature");
    // Somebody else's account in a card that one signs oneself.
    home.file("not-a-picture.png", b"\x89PNG\r\n\x1a\nnothing");
    home.json("patient", &["people", "add", "not-a-picture.png"]).refused(1, "picture");
    home.file("note.txt", "no card at all");
    home.json("patient", &["people", "add", "note.txt"]).refused(1, "document");
    assert_eq!(home.json("patient", &["people", "list"]).ok().rows().len(), 0);
}
