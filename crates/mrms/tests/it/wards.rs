//! A child's profile in a parent's home, until the child grows up and takes everything over.

use serde_json::{Value, json};

use crate::support::{Home, NOTE, number, text};

fn advance(home: &Home, blocks: u64) -> u64 {
    let heights = home.json("patient", &["node", "advance", &blocks.to_string()]).ok().object();
    number(&heights, "burn_height")
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| text(one, "event")).collect()
}

#[test]
fn child_keeps_the_names_that_the_parent_used_and_calls_the_first_account_its_own() {
    let mut home = Home::with(&["patient", "own", "clinic", "lawyer"]);
    home.json("patient", &["card", "set", "--name", "Anna Muster"]).ok();
    for (who, name) in [("clinic", "Clinic Nord"), ("lawyer", "My lawyer")] {
        let card = home.json(who, &["card", "set", "--name", name]).ok().object();
        home.json("patient", &["people", "add", text(&card, "text"), "--yes"]).ok();
    }
    let line = ["ward", "add", "anna", "--grows-up", "2044-05-17"];
    let made = home.json("patient", &line).ok().object();
    home.remember("anna", text(&made, "principal"));
    let people =
        |home: &Home, who: &str| home.json(who, &["people", "list"]).ok().printed().to_owned();
    assert!(people(&home, "anna").contains("Anna Muster"), "whoever looks after the child");
    home.file("vaccination", NOTE);
    let created = home.json("patient", &["as", "anna", "create", "vaccination"]).ok();
    assert!(!created.stderr.contains("is new to this profile"), "it was made here: {created:?}");
    let created = created.object();
    let id = text(&created, "record_id").to_owned();
    home.json("patient", &["as", "anna", "grant", &id, "--to", "Clinic Nord", "--forever"]).ok();
    let known = people(&home, "anna");
    assert!(known.contains("Clinic Nord"), "{known}");
    assert!(!known.contains("My lawyer"), "of the parent's own concern: {known}");
    assert!(!people(&home, "own").contains("Clinic"), "nobody else's");

    let own = home.principal("own").to_owned();
    let line = ["hand-over", "offer", &own, "--yes", "--accept-changed-key"];
    let offer = home.json("anna", &line).ok().object();
    let line = ["hand-over", "accept", text(&offer, "text"), "--keep-all", "--yes"];
    home.json("own", &line).ok();
    let known = people(&home, "own");
    assert!(known.contains("Anna Muster") && known.contains("Clinic Nord"), "{known}");
    let shown = home.text("own", &["hand-over", "show"]).ok().printed().to_owned();
    assert!(shown.contains("taken over from your earlier account"), "{shown}");
    let log = home.text("own", &["audit", &id]).ok().printed().to_owned();
    assert!(!log.contains("not among your people"), "{log}");
    // An account that took over before programs noted it is told the next time.
    let noted = home.profile_folder("own").join("former-accounts.json");
    std::fs::remove_file(&noted).unwrap();
    home.json("own", &["list"]).ok();
    assert!(noted.exists());
}

#[test]
fn both_are_told_before_the_day_and_the_parent_keeps_what_the_child_leaves() {
    let mut home = Home::with(&["patient", "own"]);
    home.json("patient", &["ward", "add", "anna", "--grows-up", "yesterday"]).refused(2, "usage");
    let line = ["ward", "add", "anna", "--grows-up", "2044-05-17"];
    let made = home.json("patient", &line).ok().object();
    home.remember("anna", text(&made, "principal"));
    let (parent, until) = (home.principal("patient").to_owned(), number(&made, "expiry"));
    assert_eq!(text(&made, "guardian"), parent);
    let delegate =
        format!(r#"{{"patient": "{}", "delegate": "{parent}"}}"#, home.principal("anna"));
    let read = home.json("own", &["contract", "read", "get-delegate", &delegate]).ok();
    assert!(read.printed().contains(&until.to_string()), "{}", read.printed());
    home.file("vaccination", NOTE);
    let created = home.json("anna", &["create", "vaccination"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    for who in ["patient", "anna"] {
        assert!(home.json(who, &["watch", "--once"]).ok().rows().is_empty());
        assert!(!home.json(who, &["list"]).ok().stderr.contains("grow"), "far away");
    }
    let now = advance(&home, 1);
    let mut at = now;
    for days in [90, 30, 7] {
        at = advance(&home, until - days * 144 + 10 - at);
        for (who, words) in [("patient", "anna grows up on"), ("anna", "you grow up on")] {
            let told = home.json(who, &["list"]).ok().stderr;
            assert!(
                told.contains(words) && told.contains(&format!("within {days} days")),
                "{told}"
            );
            assert_eq!(kinds(&home.json(who, &["watch", "--once"]).ok().rows()), ["grows-up"]);
            assert!(home.json(who, &["watch", "--once"]).ok().rows().is_empty(), "told once");
        }
        assert!(!home.json("own", &["list"]).ok().stderr.contains("grow"), "nobody else is told");
    }
    let listed = home.json("patient", &["ward", "list"]).ok().object();
    assert_eq!((number(&listed, "days_left"), &listed["handed_over_to"]), (7, &Value::Null));

    // The child looks at everything first, and leaves the parent nothing.
    let own = home.principal("own").to_owned();
    let offer = home
        .json("anna", &["hand-over", "offer", &own, "--yes", "--accept-changed-key"])
        .ok()
        .object();
    let line = ["hand-over", "accept", text(&offer, "text"), "--end", &parent, "--yes"];
    let taken = home.json("own", &line).ok().object();
    assert_eq!(taken["reviewed"], json!([{"who": parent, "who_name": null, "kept": false}]));
    home.assert_opens("own", &id, NOTE);
    home.json("anna", &["access", &id, "-o", "out"]).refused(4, "succeeded");
    let listed = home.json("patient", &["ward", "list"]).ok().object();
    assert_eq!(text(&listed, "handed_over_to"), own);
    assert!(!home.json("patient", &["list"]).ok().stderr.contains("grow"));
    let expired = home.json(
        "patient",
        &[
            "contract",
            "call",
            "create-record-for",
            &format!(r#"{{"patient": "{own}", "record-id": "77", "encrypted-content": "0x00"}}"#),
        ],
    );
    expired.refused(4, "not-patient");
}

#[test]
fn parent_opens_the_childs_records_under_their_own_name_until_the_day() {
    let mut home = Home::with(&["patient"]);
    let made = home.json("patient", &["ward", "add", "anna", "--grows-up", "2044-05-17"]).ok();
    let made = made.object();
    home.remember("anna", text(&made, "principal"));
    home.file("vaccination", NOTE);
    let created = home.json("anna", &["create", "vaccination"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    let anna = home.principal("anna").to_owned();
    home.json("patient", &["as", &anna, "access", "1", "-o", "opened"]).ok();
    let said = home.text("patient", &["as", "anna", "access", "1", "-o", "again"]).ok();
    assert!(said.printed().contains("written by anna\n"), "{}", said.printed());
    assert_eq!(home.read("opened"), NOTE);
    // The name of the child's profile means the child.
    home.json("patient", &["as", "anna", "create", "vaccination", "--label", "Letter"]).ok();
    let acts_for = home.json("patient", &["delegates"]).ok().object();
    assert_eq!((text(&acts_for, "user"), text(&acts_for, "user_name")), (anna.as_str(), "anna"));
    assert_eq!(home.json("anna", &["list"]).ok().rows().len(), 2);
    let now = advance(&home, 1);
    advance(&home, number(&made, "expiry") - now);
    home.json("patient", &["access", &id, "-o", "late"]).refused(4, "no-access");
    home.json("patient", &["as", &anna, "list"]).refused(4, "not-delegate");
    assert!(!home.has("late"));
}

#[test]
fn parents_power_ends_with_the_day_also_where_nothing_was_handed_over() {
    let mut home = Home::with(&["patient"]);
    let line = ["ward", "add", "anna", "--grows-up", "2044-05-17"];
    let made = home.json("patient", &line).ok().object();
    home.remember("anna", text(&made, "principal"));
    // Again: nothing is lost, and the day can be another one.
    let again =
        home.json("patient", &["ward", "add", "anna", "--grows-up", "2044-05-18"]).ok().object();
    assert_eq!(text(&again, "principal"), text(&made, "principal"));
    let until = number(&again, "expiry");
    let create = |id: &str| {
        let patient = home.principal("anna");
        let arguments = format!(
            r#"{{"patient": "{patient}", "record-id": "{id}", "encrypted-content": "0x00"}}"#
        );
        home.json("patient", &["contract", "call", "create-record-for", &arguments])
    };
    create("77").ok();
    let now = advance(&home, 1);
    advance(&home, until - now);
    create("78").refused(4, "not-patient");
    let told = home.json("patient", &["list"]).ok().stderr;
    assert!(told.contains("anna has grown up"), "{told}");
}
