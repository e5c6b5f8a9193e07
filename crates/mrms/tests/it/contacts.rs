//! Contacts: they ask, wait, can be refused, and become delegates; and the patient is told by whatever they do.

use serde_json::Value;

use crate::support::{Home, NOTE, text};

fn home() -> Home {
    let home = Home::with(&["patient", "contact", "other"]);
    home.create("note", NOTE);
    let who = home.principal("contact").to_owned();
    home.json("patient", &["contact", &who, "--may", "see,share", "--wait", "1d", "--yes"]).ok();
    home
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| text(one, "event")).collect()
}

#[test]
fn contact_becomes_a_delegate_after_the_wait_and_not_before() {
    let home = home();
    let (patient, who) = (home.principal("patient").to_owned(), home.principal("contact"));
    let step = |step: &str| home.json("contact", &["contact", step, &patient]);
    home.json("patient", &["watch", "--once"]).ok();
    step("accept").refused(4, "too-early");
    let listed = home.json("patient", &["contacts"]).ok().object();
    assert_eq!((text(&listed, "who"), &listed["ready_at"]), (who, &Value::Null));

    // The contact is told for whom they are one, as far as they know the patient.
    assert!(home.json("contact", &["contacts"]).ok().rows().is_empty());
    let told = home.text("contact", &["contacts"]).ok().stderr;
    assert!(told.contains("nobody among your people named you"), "{told}");
    home.json("contact", &["people", "add", &patient, "--name", "Maria", "--yes"]).ok();
    let theirs = home.json("contact", &["contacts"]).ok().object();
    assert_eq!((text(&theirs, "who"), text(&theirs, "relation")), (&*patient, "i-am-theirs"));
    assert_eq!((text(&theirs, "who_name"), text(&theirs, "powers")), ("Maria", "see+share"));
    let said = home.text("contact", &["contacts"]).ok();
    assert!(said.printed().contains("you are a contact of Maria"), "{said:?}");
    assert!(said.printed().contains("mrms contact ask begins the wait"), "{said:?}");
    assert_eq!(text(&listed, "relation"), "my-contact");

    let asked = step("ask").ok().object();
    assert_eq!(text(&asked, "powers"), "see+share");
    assert!(home.text("contact", &["contacts"]).ok().printed().contains("accept works from"));
    step("ask").refused(1, "asked-already");
    let early = step("accept").refused(4, "too-early");
    assert!(text(&early, "hint").contains("from "), "{early}");
    // Whatever the patient does, they are told, and how to refuse.
    for line in [&["list"][..], &["show", "1"], &["shared"], &["key", "publish"]] {
        let told = home.json("patient", line).ok().stderr;
        assert!(told.contains("ASKED") && told.contains("mrms contact refuse"), "{line:?}: {told}");
    }
    let told = home.text("patient", &["list"]).ok().stderr;
    assert!(told.contains(&format!("mrms contact refuse '{who}' stops it")), "{told}");
    assert!(!home.json("contact", &["list"]).ok().stderr.contains("ASKED"));
    let told = home.json("patient", &["watch", "--once"]).ok().rows();
    assert_eq!(kinds(&told), ["contact-asked"]);
    assert!(home.json("patient", &["watch", "--once"]).ok().rows().is_empty(), "told once");

    home.json("patient", &["node", "advance", "144"]).ok();
    assert!(home.json("patient", &["list"]).ok().stderr.contains("at any moment"));
    let became = step("accept").ok().object();
    assert_eq!(text(&became, "powers"), "see+share");
    step("accept").refused(3, "no-such-contact");
    assert!(home.json("contact", &["contacts"]).ok().rows().is_empty(), "a delegate by now");
    assert!(!home.json("patient", &["list"]).ok().stderr.contains("ASKED"));
    assert!(home.json("patient", &["contacts"]).ok().rows().is_empty());
    let delegate = format!(r#"{{"patient": "{patient}", "delegate": "{who}"}}"#);
    let read = home.json("patient", &["contract", "read", "get-delegate", &delegate]).ok();
    assert!(read.printed().contains("powers"), "{}", read.printed());
}

#[test]
fn contact_who_became_a_delegate_gets_the_keys_from_the_patients_next_program() {
    let home = home();
    let (patient, who) =
        (home.principal("patient").to_owned(), home.principal("contact").to_owned());
    let step = |step: &str| home.json("contact", &["contact", step, &patient]);
    let id = home.create("letter", b"a letter");
    // Nothing is left for somebody who only may become one.
    assert_eq!(
        home.json("patient", &["doctor"]).rows().iter().find(|row| row["check"] == "keys"),
        None
    );
    step("ask").ok();
    home.json("patient", &["node", "advance", "144"]).ok();
    step("accept").ok();
    let early = home.json("contact", &["access", &id, "-o", "early"]).refused(4, "no-share");
    let hint = text(&early, "hint");
    assert!(
        hint.contains("a program of the patient leaves the key, and has to run once"),
        "{hint}"
    );
    assert!(!hint.contains("--version"), "they have no key of any: {hint}");
    let listed = || home.text("contact", &["as", &patient, "list"]).ok().printed().to_owned();
    assert!(!listed().contains("letter"), "no name came without a key: {}", listed());
    let told = home.json("patient", &["list"]).ok().stderr;
    assert!(told.contains("got the keys of 2 records"), "{told}");
    assert!(listed().contains("letter"), "it came with the key: {}", listed());
    home.assert_opens("contact", &id, b"a letter");
    let listed = home.json("patient", &["delegates"]).ok().object();
    assert_eq!((text(&listed, "user"), &listed["keys_lacking"]), (who.as_str(), &0.into()));
    // What ended does not go on because a ledger says so, and begins anew when they are named again.
    home.json("patient", &["delegate", &who, "--end", "--keep-grants"]).ok();
    home.json("contact", &["access", &id, "-o", "late"]).refused(4, "no-access");
    home.json("patient", &["contact", &who, "--may", "see", "--wait", "1d", "--yes"]).ok();
    step("ask").ok();
    home.json("patient", &["node", "advance", "144"]).ok();
    step("accept").ok();
    home.json("patient", &["list"]).ok();
    home.assert_opens("contact", &id, b"a letter");
    assert!(!home.has("early") && !home.has("late"));
}

#[test]
fn refused_contact_gets_nothing_until_named_again() {
    let home = home();
    let (patient, who) =
        (home.principal("patient").to_owned(), home.principal("contact").to_owned());
    let step = |step: &str| home.json("contact", &["contact", step, &patient]);
    step("ask").ok();
    let refused = home.json("patient", &["contact", "refuse", &who]).ok();
    assert!(!refused.stderr.contains("ASKED"), "they know it: {}", refused.stderr);
    let refused = refused.object();
    assert_eq!(refused["had_asked"], true);
    home.json("patient", &["contact", "refuse", &who]).refused(3, "no-such-contact");
    home.json("patient", &["node", "advance", "200"]).ok();
    for again in ["accept", "ask"] {
        step(again).refused(3, "no-such-contact");
    }
    assert!(!home.json("patient", &["list"]).ok().stderr.contains("ASKED"));
    // After the wait, too, as long as it was not accepted.
    home.json("patient", &["contact", &who, "--may", "see", "--wait", "1h", "--yes"]).ok();
    step("ask").ok();
    home.json("patient", &["node", "advance", "200"]).ok();
    let removed = home.json("patient", &["contact", &who, "--remove"]).ok().object();
    assert_eq!(removed["had_asked"], true);
    step("accept").refused(3, "no-such-contact");
}

#[test]
fn nobody_asks_whom_the_patient_did_not_name_and_wrong_terms_are_refused() {
    let home = home();
    let (patient, who) = (home.principal("patient").to_owned(), home.principal("other").to_owned());
    for step in ["ask", "accept"] {
        home.json("other", &["contact", step, &patient]).refused(3, "no-such-contact");
    }
    let name = |more: &[&str]| home.json("patient", &[&["contact", &who], more].concat());
    name(&["--may", "see", "--wait", "53w"]).refused(2, "usage");
    name(&["--may", "fly", "--wait", "1d"]).refused(2, "usage");
    name(&["--may", "see", "--wait", "1d"]).refused(1, "not-confirmed");
    home.json("patient", &["contact", &patient, "--may", "see", "--wait", "1d", "--yes"])
        .refused(1, "self-delegate");
    assert_eq!(home.json("patient", &["contacts"]).ok().rows().len(), 1);
}
