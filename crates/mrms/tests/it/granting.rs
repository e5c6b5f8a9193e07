//! What a grant says and keeps: how long, which rights, and to whom new versions go.

use serde_json::json;

use crate::support::{Home, NOTE, number, text};

/// A zone with summer time that needs no database of zones.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[test]
fn renewing_keeps_rights_and_a_change_is_shown_old_and_new() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d", "--amend"]);
    let renewed = home.grant(&id, "clinic", &["--for", "60d"]);
    assert_eq!(renewed["rights"], "read+amend", "extending drops nothing");
    assert_eq!(renewed["before"]["rights"], "read+amend");
    assert!(number(&renewed, "expiry") > number(&renewed["before"], "expiry"));
    home.file("answer.txt", "answered");
    home.json("clinic", &["amend", &id, "answer.txt"]).ok();

    let clinic = home.principal("clinic");
    let narrowed =
        home.text("patient", &["grant", &id, clinic, "--for", "30d", "--read-only"]).ok();
    let lines: Vec<_> = narrowed.printed().lines().map(str::trim).collect();
    let line = |start: &str| lines.iter().find(|line| line.starts_with(start)).copied().unwrap();
    assert!(line("before").contains("may open it and add to it, until "), "{lines:?}");
    assert!(line("now").contains(" may open it, until "), "{lines:?}");
    home.json("clinic", &["amend", &id, "answer.txt"]).refused(4, "no-amend-right");
}

#[test]
#[cfg(unix)]
fn person_at_a_terminal_is_asked_before_something_ends_sooner() {
    use crate::changed_key::answered;
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    let clinic = home.principal("clinic").to_owned();
    let ends = || {
        let shown = home.json("patient", &["shared"]).ok().object();
        (shown["records"][0]["expiry"].clone(), shown["expiry"].clone())
    };
    // Their key is known from now on.
    home.grant(&id, "clinic", &["--for", "60d"]);
    let one = |time: &'static str| ["grant", &id, &clinic, "--for", time];
    let all = |time: &'static str| ["grant", "--all-records", &clinic, "--for", time];
    // Nothing ends sooner.
    for time in ["60d", "60d", "90d"] {
        let granted = answered(&home, "patient", &one(time), "").ok();
        assert!(!granted.stderr.contains("End it sooner"), "{granted:?}");
    }
    let before = ends();
    for answer in ["n", ""] {
        let refused = answered(&home, "patient", &one("30d"), answer);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("this lasts longer now"), "{refused:?}");
        assert_eq!(ends(), before, "{refused:?}");
    }
    answered(&home, "patient", &one("30d"), "y").ok();
    assert_ne!(ends(), before);
    // Who said so, or is no terminal, is not asked.
    let yes = [&one("20d")[..], &["--yes"]].concat();
    answered(&home, "patient", &yes, "n").ok();
    home.json("patient", &one("10d")).ok();
    // For ever lasts longer than anything.
    answered(&home, "patient", &["grant", "--all-records", &clinic, "--forever"], "").ok();
    let before = ends();
    let refused = answered(&home, "patient", &all("30d"), "n");
    assert_eq!((refused.code, ends()), (Some(1), before.clone()), "{refused:?}");
    answered(&home, "patient", &all("30d"), "y").ok();
    assert_ne!(ends(), before);
}

#[test]
fn granting_again_says_what_stays_open() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.file("note.txt", "second");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    let clinic = home.principal("clinic");
    let again = home.text("patient", &["grant", &id, clinic, "--for", "60d"]).ok();
    assert!(again.printed().contains("version 1 and later ones"), "{}", again.printed());
    assert!(again.printed().contains("stays open"), "{}", again.printed());
    home.json("clinic", &["access", &id, "--version", "1", "-o", "first"]).ok();
    home.json("patient", &["revoke", &id, clinic]).ok();
    let anew = home.text("patient", &["grant", &id, clinic, "--for", "60d"]).ok();
    assert!(anew.printed().contains("version 2 and later ones"), "{}", anew.printed());
    assert!(!anew.printed().contains("stays open"), "{}", anew.printed());
    home.json("clinic", &["access", &id, "--version", "1", "-o", "again"])
        .refused(4, "version-not-granted");
}

#[test]
fn local_times_zones_and_offsets_end_a_grant_no_sooner_than_was_said() {
    let mut home = Home::with(&["patient", "clinic"]);
    home.set("TZ", BERLIN);
    let id = home.create("note.txt", NOTE);
    for (until, end) in [
        ("2031-01-31T09:00", "2031-01-31T08:00:00Z"),
        ("2031-07-31 09:00", "2031-07-31T07:00:00Z"),
        ("2031-01-31T09:00-05:00", "2031-01-31T14:00:00Z"),
        ("2031-01-31T09:00[UTC]", "2031-01-31T09:00:00Z"),
        ("2031-01-31", "2031-01-31T23:00:00Z"),
    ] {
        let granted = home.grant(&id, "clinic", &["--until", until]);
        let found: jiff::Timestamp = text(&granted, "expires_at").parse().unwrap();
        let wanted: jiff::Timestamp = end.parse().unwrap();
        // A grant ends with a burn block, at most ten minutes after.
        let late = found.as_second() - wanted.as_second();
        assert!((0..600).contains(&late), "{until}: {found} for {wanted}");
    }
    let before = jiff::Timestamp::now().as_second();
    let granted = home.grant(&id, "clinic", &["--for", "30d"]);
    let found: jiff::Timestamp = text(&granted, "expires_at").parse().unwrap();
    let lasts = found.as_second() - before;
    assert!((30 * 86_400..30 * 86_400 + 700).contains(&lasts), "30 days are {lasts} seconds");
    let line = ["grant", &id, home.principal("clinic"), "--until", "2031-01-31T09:00"];
    let said = home.text("patient", &line).ok();
    assert!(said.printed().contains("until Friday, 31 January 2031, about "), "{}", said.printed());
    assert!(said.printed().contains(" CET ("), "{}", said.printed());
}

#[test]
fn grant_that_this_profile_never_made_gets_no_new_version() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    let clinic = home.principal("clinic");
    // As a ledger that names a reader of its own would do.
    let call = json!({"record-id": id, "user": clinic, "expiry": null}).to_string();
    home.json("patient", &["contract", "call", "grant-record-access", &call]).ok();
    home.file("note.txt", "second");
    let amended = home.json("patient", &["amend", &id, "note.txt", "--yes"]).ok().object();
    assert_eq!(amended["left_out"], json!([{"user": clinic, "reason": "not-remembered"}]));
    home.json("clinic", &["access", &id, "-o", "early"]).refused(4, "no-share");
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn latest_grant_decides_between_sealed_and_direct() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.file("note.txt", "second");
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    let wanted = json!({"record-id": id, "version": 2, "user": home.principal("clinic")});
    let read = ["contract", "read", "get-key-envelope", &wanted.to_string()];
    let found = home.json("patient", &read).ok().object();
    assert_eq!(found["result_repr"], "none", "the old envelope does not make them a direct reader");
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn altered_memory_of_grants_stops_an_amendment() {
    let home = Home::with(&["patient", "clinic", "thief"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    let path = home.profile_folder("patient").join("granted.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let altered = whole.replace(home.principal("clinic"), home.principal("thief"));
    std::fs::write(&path, altered).unwrap();
    home.file("note.txt", "second");
    let refused = home.json("patient", &["amend", &id, "note.txt"]).refused(5, "profile-damaged");
    assert!(text(&refused, "message").contains("granted.json"), "{refused}");
    std::fs::write(&path, whole).unwrap();
    home.json("patient", &["amend", &id, "note.txt"]).ok();
    home.assert_opens("clinic", &id, "second");
}

#[test]
fn memory_of_grants_of_an_earlier_day_stops_an_amendment() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", "first");
    home.grant(&id, "clinic", &["--for", "30d"]);
    let path = home.profile_folder("patient").join("granted.json");
    let earlier = std::fs::read(&path).unwrap();
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    // Somebody who can write into the folder would have the clinic get new versions again.
    let newest = std::fs::read(&path).unwrap();
    std::fs::write(&path, earlier).unwrap();
    home.file("note.txt", "second");
    let refused = home.json("patient", &["amend", &id, "note.txt"]).refused(5, "profile-earlier");
    assert!(text(&refused, "message").contains("granted.json"), "{refused}");
    std::fs::write(&path, newest).unwrap();
    home.json("patient", &["amend", &id, "note.txt"]).ok();
}

#[test]
fn ignored_patient_is_not_listed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    let patient = home.principal("patient");
    let ignored = home.json("clinic", &["profile", "ignore", patient]).ok().object();
    assert_eq!(ignored["ignored"], json!([patient]));
    assert_eq!(home.json("clinic", &["list", "--shared-with-me", "--ended"]).ok().printed(), "");
    home.assert_opens("clinic", &id, NOTE);
    let undone = home.json("clinic", &["profile", "ignore", patient, "--undo"]).ok().object();
    assert_eq!(undone["ignored"], json!([]));
    assert_eq!(home.json("clinic", &["list", "--shared-with-me"]).ok().rows().len(), 1);
}

#[test]
fn delegate_of_a_stranger_sees_nothing_of_theirs() {
    let home = Home::with(&["patient", "clinic"]);
    home.create("note.txt", NOTE);
    let call =
        json!({"delegate": home.principal("clinic"), "powers": 7, "expiry": null}).to_string();
    home.json("patient", &["contract", "call", "set-delegate", &call]).ok();
    let listed = home.json("clinic", &["list", "--shared-with-me", "--ended"]).ok();
    assert_eq!(listed.printed(), "");
}

/// Somebody adds bytes to a record as its next version, past this software.
fn amend_raw(home: &Home, name: &str, id: &str, content: &str) {
    let arguments = json!({"record-id": id, "encrypted-content": content}).to_string();
    home.json(name, &["contract", "call", "amend-medical-record", &arguments]).ok();
}

/// A record of the patient's, to which somebody with the right to amend added this and was revoked.
fn spoilt(home: &Home, create: &[&str], content: &str) -> String {
    home.file("note.txt", "first");
    let line = [&["create", "note.txt", "--again"], create].concat();
    let created = home.json("patient", &line).ok().object();
    let id = text(&created, "record_id").to_owned();
    home.grant(&id, "clinic", &["--amend"]);
    amend_raw(home, "clinic", &id, content);
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    id
}

/// The envelope of another record's version, as the clinic reads it from the ledger.
fn envelope_of_another_record(home: &Home, create: &[&str]) -> String {
    home.file("note.txt", "another");
    let line = [&["create", "note.txt", "--again"], create].concat();
    let created = home.json("patient", &line).ok().object();
    let id = text(&created, "record_id").to_owned();
    home.grant(&id, "clinic", &[]);
    let arguments = json!({"record-id": id}).to_string();
    let call = ["contract", "call", "access-medical-record", &arguments];
    let opened = home.json("clinic", &call).ok().object();
    let result = text(&opened, "result_repr");
    let content = result.split_once("encrypted-content 0x").unwrap().1;
    let digits = content.split(|digit: char| !digit.is_ascii_hexdigit()).next().unwrap();
    format!("0x{digits}")
}

#[test]
fn version_that_nobody_opens_keeps_no_other_from_being_shared() {
    let home = Home::with(&["patient", "clinic", "specialist"]);
    let specialist = home.principal("specialist");
    let erasable: &[&str] = &["--erasable"];
    for (create, content, reason) in [
        (&[][..], "0x00".to_owned(), "unreadable"),
        (&[], envelope_of_another_record(&home, &[]), "no-key"),
        (erasable, "0x00".to_owned(), "unreadable"),
        (erasable, envelope_of_another_record(&home, erasable), "no-salt"),
    ] {
        let id = spoilt(&home, create, &content);
        let left_out = json!([{"version": 2, "reason": reason}]);
        for more in [
            &[][..],
            &["--emergency"],
            &["--direct", "--yes", "--read-only"],
            &["--history", "--read-only"],
        ] {
            let granted = home.grant(&id, "specialist", more);
            assert_eq!(granted["left_out_versions"], left_out, "{reason} {more:?}");
        }
        home.json("specialist", &["access", &id, "--version", "1", "-o", "v1", "--force"]).ok();
        assert_eq!(home.read("v1"), b"first");

        // Later versions reach them, and the record is as erasable as it was.
        home.file("note.txt", "third");
        let amended = home.json("patient", &["amend", &id, "note.txt"]).ok().object();
        assert_eq!(amended["storage"] == "vault", !create.is_empty(), "{amended}");
        home.assert_opens("specialist", &id, "third");
        home.json("patient", &["revoke", &id, specialist]).ok();
        let granted = home.grant(&id, "specialist", &[]);
        assert_eq!(granted["left_out_versions"], json!([]), "{reason}");
        home.assert_opens("specialist", &id, "third");
    }
    home.assert_unharmed();
}

#[test]
fn grant_says_when_no_version_can_be_opened() {
    let home = Home::with(&["patient", "clinic", "specialist"]);
    let id = spoilt(&home, &[], "0x00");
    let specialist = home.principal("specialist");
    let granted = home.text("patient", &["grant", &id, specialist, "--forever"]).ok();
    let printed = granted.printed();
    assert!(printed.contains("no version that is there now can be opened"), "{printed}");
    assert!(granted.stderr.contains("no key of version 2"), "{}", granted.stderr);
}

#[test]
fn times_of_records_and_grants_do_not_move_between_two_calls() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("clinic", &["access", &id, "-o", "out"]).ok();
    let told = || {
        let screens = [&["list"][..], &["shared"], &["show", "1"], &["who"]];
        screens.map(|line| home.json("patient", line).ok().rows())
    };
    let first = told();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(told(), first, "a height has one time");
    let shared = home.json("clinic", &["list", "--shared-with-me"]).ok().rows();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(home.json("clinic", &["list", "--shared-with-me"]).ok().rows(), shared);
}
