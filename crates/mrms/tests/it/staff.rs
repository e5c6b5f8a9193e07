//! A clinic that is many people: members open as who they are what their clinic was granted, and nobody else does.
//!
//! Vaults are processes of their own, which follow the chain of a running node.

use mrms_core::{RecordId, TxId, Version};
use mrms_vault::protocol::ReleaseRequest;
use mrms_vault::{Vault as _, VaultError};
use serde_json::{Value, json};

use crate::support::{Home, NOTE, number, text};
use crate::vaults::{Attacker, Town};

/// Everybody of these tests. The doctors are of the clinic, the surgeon of a hospital.
const PEOPLE: [&str; 6] = ["patient", "clinic", "quist", "adler", "hospital", "surgeon"];

/// Who has a card, what it says, and who has taken it.
const CARDS: [(&str, &str, &str, &[&str]); 5] = [
    ("clinic", "Clinic Nord", "practice", &["patient", "quist", "adler", "hospital", "surgeon"]),
    ("quist", "Dr Quist", "person", &["patient", "clinic"]),
    ("adler", "Dr Adler", "person", &["patient", "clinic"]),
    ("hospital", "Hospital Sued", "hospital", &["clinic", "surgeon"]),
    ("surgeon", "Dr Sand", "person", &["hospital"]),
];

fn town(vaults: usize) -> Town {
    let home = Home::with(&PEOPLE);
    for (who, name, kind, readers) in CARDS {
        let mut line = vec!["card", "set", "--name", name, "--kind", kind];
        if who == "clinic" {
            line.extend(["--address", "Long Street 1, Town"]);
        }
        let card = home.json(who, &line).ok().object();
        for reader in readers {
            home.json(reader, &["people", "add", text(&card, "text"), "--yes"]).ok();
        }
    }
    Town::of(home, vaults)
}

/// The clinic has both doctors, and each has taken its key.
fn staffed(vaults: usize) -> Town {
    let town = town(vaults);
    for (who, name) in [("quist", "Dr Quist"), ("adler", "Dr Adler")] {
        town.run("clinic", &["staff", "add", name, "--forever"]).ok();
        town.run(who, &["staff", "join", "Clinic Nord"]).ok();
    }
    town
}

/// A record of the patient that the clinic was granted.
fn granted(town: &Town) -> String {
    let id = town.create(NOTE);
    town.run("patient", &["grant", &id, "Clinic Nord", "--forever"]).ok();
    id
}

#[track_caller]
fn opens(town: &Town, who: &str, id: &str) -> Value {
    let opened = town.run(who, &["access", id, "-o", "opened", "--force"]).ok().object();
    assert_eq!(town.home.read("opened"), NOTE);
    std::fs::remove_file(town.home.work().join("opened")).unwrap();
    opened
}

/// How many openings of a record got a share from a vault.
fn releases(town: &Town, id: &str) -> usize {
    let read = town.run("patient", &["audit", id, "--reconcile"]).ok().object();
    let openings = read["openings"].as_array().unwrap();
    openings.iter().filter(|one| one["vaults"].as_array().is_some_and(|by| !by.is_empty())).count()
}

/// The last line of a record's trail.
fn last_line(town: &Town, id: &str) -> Value {
    town.run("patient", &["audit", id]).ok().rows().pop().unwrap()
}

#[test]
fn members_open_what_their_clinic_was_granted_and_the_patient_reads_both_names() {
    let town = staffed(1);
    let id = granted(&town);
    let opened = town.run("quist", &["access", &id, "-o", "out", "--purpose", "treatment"]).ok();
    assert!(opened.stderr.contains("opening it for Clinic Nord"), "{}", opened.stderr);
    let opened = opened.object();
    assert_eq!(text(&opened, "organisation"), town.home.principal("clinic"));
    assert_eq!(town.home.read("out"), NOTE);
    let named = ["access", &id, "-o", "again", "--organisation", "clinic nord"];
    town.run("adler", &named).ok();
    assert_eq!(releases(&town, &id), 2, "each against an entry of their own");

    let patient = |line: &[&str]| {
        let mut command = town.home.command("patient", line);
        command.env("MRMS_VAULT_URLS", town.urls.join(","));
        town.home.run(command).ok().printed().to_owned()
    };
    let who = patient(&["who"]);
    for name in ["Dr Quist, Clinic Nord, opened", "Dr Adler, Clinic Nord, opened"] {
        assert!(who.contains(name), "{who}");
    }
    let words: Vec<_> = who.split_whitespace().collect();
    assert!(words.join(" ").contains("for treatment"), "{who}");
    assert!(who.contains("the vaults' logs agree"), "{who}");
    let looks = town.run("patient", &["who"]).ok().rows();
    assert_eq!(text(&looks[0], "who"), town.home.principal("quist"));
    assert_eq!(text(&looks[0], "organisation_name"), "Clinic Nord");
    let audit = patient(&["audit", &id]);
    assert!(audit.contains("Dr Quist, for Clinic Nord, version 1"), "{audit}");
    let shared = patient(&["shared"]);
    assert!(shared.contains("opened 2x") && shared.contains("by "), "{shared}");
    assert!(shared.contains("Dr Quist") && shared.contains("Dr Adler"), "{shared}");
    let shared = town.run("patient", &["shared", "Clinic Nord"]).ok().object();
    let by = shared["records"][0]["opened_by"].as_array().unwrap().clone();
    let mut by: Vec<_> = by.iter().map(|one| text(one, "who_name").to_owned()).collect();
    by.sort_unstable();
    assert_eq!(by, ["Dr Adler", "Dr Quist"]);

    patient(&["report", "disclosures", "-o", "report.csv"]);
    let report = String::from_utf8(town.home.read("report.csv")).unwrap();
    let quist = report.lines().find(|line| line.contains("Dr Quist")).unwrap();
    for told in ["Clinic Nord", "Long Street 1", town.home.principal("clinic"), "TREAT"] {
        assert!(quist.contains(told), "{quist}");
    }
    let events = town.home.text("patient", &["audit", &id, "--fhir"]).ok().rows();
    let agents = events.last().unwrap()["agent"].as_array().unwrap().clone();
    let kinds: Vec<_> = agents.iter().filter_map(|agent| agent["who"]["type"].as_str()).collect();
    assert_eq!(kinds, ["PractitionerRole", "Organization"]);

    // Who took the clinic's key stands in the clinic's own log.
    let taken = town.run("clinic", &["who"]).ok().rows();
    let names: Vec<_> = taken.iter().filter_map(|look| look["who_name"].as_str()).collect();
    assert_eq!(names, ["Dr Quist", "Dr Adler"]);
    let staff = town.run("clinic", &["staff", "list"]).ok().rows();
    assert!(staff.iter().all(|one| one["has_key"] == 1 && one["state"] == "open"), "{staff:?}");
}

#[test]
fn what_the_clinic_was_granted_is_listed_for_its_members_and_opens_by_its_number() {
    let town = staffed(1);
    let id = granted(&town);
    // Dr Adler has looked at no list, and knows what it is called.
    town.run("adler", &["access", "content", "-o", "by-name"]).ok();
    assert_eq!(town.home.read("by-name"), NOTE);
    let line = ["list", "--organisation", "Clinic Nord"];
    let listed = town.run("quist", &line).ok().rows();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((text(&listed[0], "record_id"), &listed[0]["number"]), (id.as_str(), &json!(1)));
    assert_eq!(text(&listed[0], "organisation"), town.home.principal("clinic"));
    assert_eq!(listed[0]["new"], true, "for her, whoever else has opened it");
    assert_eq!(text(&listed[0], "name"), "content");
    let own = town.run("quist", &["list", "--shared-with-me"]).ok().rows();
    assert!(own.is_empty(), "the staff key is no document: {own:?}");
    town.home.file("letter", b"for the clinic");
    town.run("patient", &["send", "Clinic Nord", "letter", "--label", "Letter"]).ok();
    let inbox = ["inbox", "--organisation", "Clinic Nord"];
    let inbox = town.home.text("quist", &inbox).ok();
    assert!(inbox.printed().contains("(opening it shows what it is)"), "{inbox:?}");
    let access = ["access", "s1", "--organisation", "Clinic Nord", "-o", "out"];
    town.run("quist", &access).ok();
    assert_eq!(town.home.read("out"), NOTE);
    assert_eq!(town.run("quist", &line).ok().rows()[0]["new"], false);
    let openings = town.run("quist", &["openings"]).ok().rows();
    let of_it = openings.iter().find(|one| one["record_id"] == id.as_str()).unwrap();
    assert_eq!(text(of_it, "organisation_name"), "Clinic Nord");
    let show = ["show", "s1", "--organisation", "Clinic Nord"];
    assert_eq!(text(&town.run("quist", &show).ok().object(), "record_id"), id);
    // "all" means documents.
    let all = town.run("clinic", &["grant", "all", "Hospital Sued", "--forever"]);
    all.refused(3, "record-unknown");
    town.run("clinic", &["erase", "1", "--yes"]).refused(2, "usage");
}

#[test]
fn new_key_reaches_those_who_stay_by_itself_and_what_was_granted_before_stays_open() {
    let mut town = staffed(1);
    let before = granted(&town);
    let removed = town.run("clinic", &["staff", "remove", "Dr Quist", "--yes"]).ok().object();
    assert_eq!((&removed["key"], &removed["left_out"]), (&json!(2), &json!([])));
    let old_key = town.run("patient", &["grant", &before, "Clinic Nord", "--forever"]);
    old_key.refused(4, "key-not-on-card");
    town.home.json("clinic", &["card", "show", "-o", "new.card"]).ok();
    town.home.json("patient", &["people", "add", "new.card", "--yes"]).ok();
    let after = town.create(NOTE);
    town.run("patient", &["grant", &after, "Clinic Nord", "--forever", "--accept-changed-key"])
        .ok();
    // Dr Adler does nothing but open.
    opens(&town, "adler", &before);
    opens(&town, "adler", &after);
    let staff = town.run("clinic", &["staff", "list", "--all"]).ok().rows();
    let of = |name: &str| staff.iter().find(|one| one["member_name"] == name).unwrap().clone();
    assert_eq!(
        (of("Dr Adler")["has_key"].clone(), of("Dr Quist")["has_key"].clone()),
        (2.into(), 1.into())
    );
    assert_eq!(
        (text(&of("Dr Quist"), "state"), &of("Dr Quist")["key_due"]),
        ("closed", &json!(false))
    );
    // Whoever comes later gets the older keys as well; the clinic itself opens with its own words.
    town.home.join("late");
    town.home.json("late", &["card", "set", "--name", "Dr Late"]).ok();
    town.home.json("late", &["card", "show", "-o", "late.card"]).ok();
    town.run("clinic", &["staff", "add", "late.card", "--for", "30d", "--yes"]).ok();
    town.run("late", &["staff", "join", "--yes"]).ok();
    opens(&town, "late", &before);
    opens(&town, "clinic", &after);
    // Removing again says so, and begins nothing.
    let again = town.run("clinic", &["staff", "remove", "Dr Quist", "--yes"]).ok().object();
    assert_eq!((&again["txid"], &again["key"]), (&Value::Null, &Value::Null));
}

#[test]
fn key_that_the_clinic_rotates_reaches_its_members() {
    let town = staffed(1);
    let before = granted(&town);
    town.run("clinic", &["key", "rotate", "--yes"]).ok();
    let after = town.create(NOTE);
    let clinic = town.home.principal("clinic");
    let grant = ["grant", &after, clinic, "--forever", "--accept-changed-key"];
    town.run("patient", &grant).ok();
    opens(&town, "quist", &before);
    opens(&town, "quist", &after);
    let staff = town.run("clinic", &["staff", "list"]).ok().rows();
    let keys: Vec<_> = staff.iter().map(|one| one["has_key"].clone()).collect();
    assert_eq!(keys, [json!(2), json!(1)], "each takes it when they need it");
}

#[test]
fn what_is_added_after_the_clinics_key_is_new_is_told_to_both_and_comes_when_it_was_compared() {
    let town = staffed(1);
    let (first, second) = (granted(&town), granted(&town));
    let clinic = town.home.principal("clinic").to_owned();
    town.run("clinic", &["staff", "remove", "Dr Adler", "--yes"]).ok();
    town.home.file("next", b"the next version");
    for id in [&first, &second] {
        let amended = town.run("patient", &["amend", id, "next"]).ok();
        assert!(amended.stderr.contains("mrms key trust shows their new key"), "{amended:?}");
        let left_out = json!([{"user": clinic, "reason": "key-changed"}]);
        assert_eq!(amended.object()["left_out"], left_out);
    }
    // The vaults answer: nothing is to be tried again, and the version before opens.
    let error = town.run("quist", &["access", &first, "-o", "early"]).refused(4, "no-share");
    let hint = text(&error, "hint").to_owned();
    // The fingerprint that the patient compares, as the clinic's own card has it, and not an earlier one.
    let card = town.run("clinic", &["card", "show"]).ok().object();
    let now = text(&card, "fingerprint");
    for said in ["the vaults answered", "the organisation has a new key", now, "mrms key trust"] {
        assert!(hint.contains(said), "{hint}");
    }
    let joined = town.run("quist", &["staff", "list"]).ok().rows();
    assert_eq!(joined[0]["fingerprint"], now);
    let listed = town.home.text("quist", &["staff", "list"]).ok();
    assert!(listed.printed().contains(now), "{listed:?}");
    let gone = town.run("adler", &["staff", "list"]).ok().rows();
    assert_eq!(gone[0]["fingerprint"], Value::Null, "nobody compares it with them any more");
    let earlier = format!("mrms access id:{first} --version 1 --organisation {clinic}");
    assert!(hint.contains(&earlier) && !hint.contains("names no vault"), "{hint}");
    let before = ["access", &first, "--version", "1", "--organisation", &clinic, "-o", "before"];
    town.run("quist", &before).ok();
    assert_eq!(town.home.read("before"), NOTE);
    assert!(!town.home.has("early"));

    // Comparing it gives them all that they lack, not of one record alone.
    let trust = ["key", "trust", &clinic, "--accept-changed-key"];
    let trusted = town.run("patient", &trust).ok();
    assert!(trusted.stderr.contains("can open 2 records with the new key"), "{trusted:?}");
    for (id, name) in [(&first, "one"), (&second, "two")] {
        town.run("quist", &["access", id, "-o", name]).ok();
        assert_eq!(town.home.read(name), b"the next version");
    }
    let amended = town.run("patient", &["amend", &first, "next"]).ok().object();
    assert_eq!(amended["left_out"], json!([]));
}

#[test]
fn who_reads_everything_and_has_a_new_key_is_named_with_each_record_that_is_added() {
    let town = staffed(1);
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", "--all-records", "--to", &clinic, "--forever", "--yes"]).ok();
    town.run("clinic", &["staff", "remove", "Dr Adler", "--yes"]).ok();
    town.home.file("new", b"a new record");
    let created = town.run("patient", &["create", "new"]).ok().object();
    let id = text(&created, "record_id").to_owned();
    assert_eq!(created["left_out"], json!([{"user": clinic, "reason": "key-changed"}]));
    let error = town.run("quist", &["access", &id, "-o", "early"]).refused(4, "no-share");
    assert!(!text(&error, "hint").contains("--version"), "there is no earlier one: {error}");
    town.run("patient", &["key", "trust", &clinic, "--accept-changed-key"]).ok();
    town.run("quist", &["access", &id, "-o", "opened"]).ok();
    assert_eq!(town.home.read("opened"), b"a new record");
}

#[test]
fn kept_key_of_a_removed_member_opens_nothing_and_the_attempt_is_on_record() {
    let town = staffed(1);
    let id = granted(&town);
    opens(&town, "quist", &id);
    let removed = ["staff", "remove", "Dr Quist", "--keep-key"];
    assert_eq!(town.run("clinic", &removed).ok().object()["key"], Value::Null);
    // The profile still has the key that is published.
    let line = ["access", &id, "-o", "late"];
    let error = town.run("quist", &line).refused(4, "not-member");
    assert!(text(&error, "message").contains("any more: it ended about"), "{error}");
    assert!(text(&error, "hint").contains("mrms staff add"), "{error}");
    assert!(!town.home.has("late"));
    let denied = last_line(&town, &id);
    assert_eq!((text(&denied, "outcome"), text(&denied, "reason")), ("denied", "not-member"));
    assert_eq!(text(&denied, "actor"), town.home.principal("quist"));
    assert_eq!(text(&denied, "subject"), town.home.principal("clinic"));
    assert_eq!(releases(&town, &id), 1, "what was opened before");
    let mut told = town.home.command("quist", &line);
    told.env("MRMS_VAULT_URLS", town.urls.join(","));
    let told = town.home.run(told);
    assert!(told.stderr.contains("no member of Clinic Nord any more"), "{}", told.stderr);
    let own = town.run("quist", &["list", "--organisation", "Clinic Nord"]).ok().stderr;
    assert!(own.contains("no member of Clinic Nord now: you can open nothing"), "{own}");
    let who = town.home.text("clinic", &["staff", "list"]).ok().stderr;
    assert!(who.contains("1 more is no member any more"), "{who}");
    let list = town.run("clinic", &["staff", "list", "--all"]).ok().rows();
    assert!(list.iter().all(|one| one["key_due"] == true), "{list:?}");
    let later = town.run("clinic", &["staff", "remove", "Dr Quist", "--yes"]).ok().object();
    assert_eq!((&later["txid"], &later["key"]), (&Value::Null, &json!(2)));
    town.run("quist", &["staff", "join", "Clinic Nord"]).refused(4, "not-member");
}

#[test]
fn member_of_another_organisation_and_a_stranger_get_nothing() {
    let town = staffed(1);
    let id = granted(&town);
    town.run("hospital", &["staff", "add", "Dr Sand", "--forever"]).ok();
    town.run("surgeon", &["staff", "join", "Hospital Sued"]).ok();
    for (who, organisation, code) in [
        ("surgeon", "Clinic Nord", "not-member"),
        ("surgeon", "Hospital Sued", "no-access"),
        ("hospital", "Clinic Nord", "not-member"),
    ] {
        let line = ["access", &id, "-o", "no", "--organisation", organisation];
        town.run(who, &line).refused(4, code);
        let denied = last_line(&town, &id);
        assert_eq!((text(&denied, "outcome"), text(&denied, "reason")), ("denied", code));
        assert_eq!(text(&denied, "actor"), town.home.principal(who));
    }
    assert_eq!(releases(&town, &id), 0);
    assert!(!town.home.has("no"));
}

#[test]
fn membership_that_runs_out_opens_nothing_any_more_and_says_when_it_ended() {
    let town = town(1);
    let id = granted(&town);
    town.run("clinic", &["staff", "add", "Dr Quist", "--for", "2h"]).ok();
    town.run("quist", &["staff", "join", "Clinic Nord"]).ok();
    opens(&town, "quist", &id);
    town.home.json("patient", &["node", "advance", "20"]).ok();
    let error = town.run("quist", &["access", &id, "-o", "late"]).refused(4, "not-member");
    assert!(text(&error, "message").contains("it ended about"), "{error}");
    assert_eq!(text(&last_line(&town, &id), "reason"), "not-member");
    // A new key is due, and removing them by name begins it, as for everybody who leaves.
    let list = town.run("clinic", &["staff", "list", "--all"]).ok().object();
    assert_eq!((text(&list, "state"), &list["key_due"]), ("closed", &json!(true)));
    town.run("clinic", &["staff", "add", "Dr Quist", "--for", "2h"]).ok();
    let list = town.run("clinic", &["staff", "list"]).ok().object();
    assert_eq!(list["key_due"], false, "named again, they have it by right");
    town.home.json("patient", &["node", "advance", "20"]).ok();
    let removed = town.run("clinic", &["staff", "remove", "Dr Quist", "--yes"]).ok().object();
    assert_eq!(removed["key"], 2);
    let list = town.run("clinic", &["staff", "list", "--all"]).ok().object();
    assert_eq!(list["key_due"], false);
    // Named again, they go on, and take the new key by themselves.
    town.run("clinic", &["staff", "add", "Dr Quist", "--for", "2h"]).ok();
    opens(&town, "quist", &id);
}

/// Somebody's opening of a record for an organisation, without asking a vault.
fn entry(town: &Town, who: &str, id: &str, organisation: &str) -> ReleaseRequest {
    let organisation = town.home.principal(organisation);
    let arguments = json!({"record-id": id, "version": 1, "organisation": organisation});
    let line = ["contract", "call", "access-for", &arguments.to_string()];
    let called = town.home.json(who, &line).ok().object();
    let shown = town.home.json("patient", &["show", id]).ok().object();
    ReleaseRequest {
        record_id: id.parse::<RecordId>().unwrap(),
        version: Version::FIRST,
        audit_index: number(&shown, "audit_entries") - 1,
        txid: text(&called, "txid").parse::<TxId>().unwrap(),
        note: Vec::new(),
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, VaultError>, reason: &str) {
    match answer {
        Err(VaultError::Refused(refusal)) => assert_eq!(refusal.reason.as_str(), reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn members_export_for_their_clinic_and_open_what_its_own_profile_added() {
    let town = staffed(1);
    let id = granted(&town);
    town.run("patient", &["grant", &id, "Clinic Nord", "--forever", "--amend"]).ok();
    town.home.file("report", b"by the clinic");
    town.run("clinic", &["amend", &id, "report"]).ok();
    // The clinic's own key is in what it wrote; its members open by a share, which the patient's program leaves.
    town.run("quist", &["access", &id, "-o", "early"]).refused(4, "no-share");
    town.run("patient", &["list"]).ok();
    let line = ["export", "--all", "--all-versions", "--organisation", "Clinic Nord", "--plain"];
    let exported = town.run("quist", &[&line[..], &["-o", "all"]].concat()).ok().rows();
    assert_eq!(exported.len(), 2, "{exported:?}");
    for (row, bytes) in exported.iter().zip([NOTE, b"by the clinic"]) {
        assert_eq!(town.home.read(text(row, "output")), bytes);
        assert_eq!(text(row, "organisation"), town.home.principal("clinic"));
    }
    // Without saying for whom: she has no grant of her own.
    town.run("quist", &["export", &id, "-o", "one"]).ok();
    assert_eq!(text(&last_line(&town, &id), "subject"), town.home.principal("clinic"));
    town.run("clinic", &["staff", "remove", "Dr Quist", "--keep-key"]).ok();
    let line = ["export", &id, "--organisation", "Clinic Nord", "-o", "late"];
    town.run("quist", &line).refused(4, "not-member");
    assert!(!town.home.has("early"));
}

#[test]
fn leaked_key_of_the_clinic_is_worth_nothing_at_a_vault_without_a_membership() {
    let town = staffed(1);
    let id = granted(&town);
    // Whoever has the clinic's words has its key, and still no membership: the clinic opens as itself alone. Dr Sand has got
    // hold of the key, and asks with every entry that there can be.
    let of_quist = entry(&town, "quist", &id, "clinic");
    let attacker = Attacker::of(&town, 0);
    let by = |who: &str, request: &ReleaseRequest| {
        attacker.vault.release(&attacker.signed(who, attacker.header(), request.clone()))
    };
    assert_refused(by("surgeon", &of_quist), "other-reader");
    assert_refused(by("clinic", &of_quist), "other-reader");
    // Dr Quist leaves between the entry and the release.
    town.run("clinic", &["staff", "remove", "Dr Quist", "--keep-key"]).ok();
    assert_refused(by("quist", &of_quist), "not-member");
    let refused = ["contract", "call", "access-for"];
    let arguments =
        json!({"record-id": id, "version": 1, "organisation": town.home.principal("clinic")});
    let arguments = arguments.to_string();
    let line = [&refused[..], &[arguments.as_str()]].concat();
    town.home.json("surgeon", &line).refused(4, "not-member");
    assert_eq!(releases(&town, &id), 0);
    let who = town.run("patient", &["who"]).ok().rows();
    let surgeon = who.iter().find(|look| look["who"] == town.home.principal("surgeon")).unwrap();
    assert_eq!(text(surgeon, "refused"), "not-member");
}

#[test]
fn member_who_leaves_in_the_middle_of_an_opening_gets_nothing_of_it() {
    let mut town = staffed(2);
    let id = granted(&town);
    town.stop(1);
    town.run("quist", &["access", &id, "-o", "out"]).refused(6, "vault-unreachable");
    let kept = town.home.profile_folder("quist").join("openings");
    let names = || {
        let files = std::fs::read_dir(&kept).unwrap().map(|one| one.unwrap().file_name());
        files.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    assert!(names()[0].contains(town.home.principal("clinic")), "{:?}", names());
    town.restart(1);
    town.run("clinic", &["staff", "remove", "Dr Quist", "--keep-key"]).ok();
    let error = town.run("quist", &["access", &id, "-o", "out"]).refused(4, "not-member");
    assert!(text(&error, "message").contains("it ended about"), "{error}");
    assert!(names().is_empty(), "what was kept for it is gone");
    assert!(!town.home.has("out"));
    // The other doctor is not disturbed.
    opens(&town, "adler", &id);
    let looks = town.run("patient", &["who"]).ok().rows();
    assert_eq!(text(&looks[0], "who"), town.home.principal("quist"), "the entry stands");
}

#[test]
fn member_makes_their_profile_again_and_takes_the_key_once_more() {
    let town = staffed(1);
    let id = granted(&town);
    let held = town.home.profile_folder("quist").join("staff.sealed");
    let bytes = std::fs::read(&held).unwrap();
    assert!(!bytes.windows(10).any(|part| part == b"AGE-SECRET"), "sealed");
    std::fs::remove_file(&held).unwrap();
    town.run("quist", &["access", &id, "-o", "no"]).refused(4, "no-access");
    let joined = town.run("quist", &["staff", "join", "--yes"]).ok().object();
    assert_eq!((text(&joined, "organisation_name"), &joined["key"]), ("Clinic Nord", &json!(1)));
    opens(&town, "quist", &id);
    town.run("quist", &["staff", "leave", "Clinic Nord"]).ok();
    assert!(town.run("quist", &["staff", "list"]).ok().rows().is_empty());
}

#[test]
fn clinic_ends_all_memberships_before_it_hands_over_and_begins_none_after_the_offer() {
    let town = town(1);
    town.run("clinic", &["staff", "add", "Dr Quist", "--forever"]).ok();
    let to = town.home.principal("hospital").to_owned();
    let offer = ["hand-over", "offer", &to, "--yes", "--accept-changed-key"];
    let refused = town.run("clinic", &offer).refused(1, "staff-stands");
    assert!(text(&refused, "hint").contains("staff remove"), "{refused}");
    // Whoever is in a hurry says so.
    town.run("clinic", &[&offer[..], &["--leave-staff"]].concat()).ok();
    town.run("clinic", &["staff", "add", "Dr Adler", "--forever"]).refused(1, "handing-over");
    town.run("clinic", &["hand-over", "withdraw"]).ok();
    town.run("clinic", &["staff", "remove", "Dr Quist", "--keep-key"]).ok();
    town.run("clinic", &offer).ok();
}

#[test]
fn stop_ends_a_membership_an_offer_to_hand_over_and_a_contact_and_says_so() {
    let town = staffed(1);
    let id = granted(&town);
    opens(&town, "quist", &id);
    let stop =
        |who: &str, whom: &str| town.run(who, &["stop", whom, "--yes"]).ok().rows().pop().unwrap();
    let stopped = stop("clinic", "Dr Quist");
    assert_eq!((&stopped["membership"], &stopped["offer"]), (&json!(true), &json!(false)));
    let refused = town.run("quist", &["access", &id, "--organisation", "Clinic Nord", "-o", "no"]);
    assert_ne!(refused.code, Some(0), "{}", refused.stderr);
    opens(&town, "adler", &id);
    assert_eq!(stop("clinic", "Dr Quist")["membership"], json!(false), "it has ended");

    // Their doctor was to be the patient's successor, and is a contact of theirs.
    let quist = town.home.principal("quist").to_owned();
    let may = ["contact", &quist, "--may", "see", "--wait", "1d", "--yes"];
    town.run("patient", &may).ok();
    let offer = ["hand-over", "offer", &quist, "--yes", "--accept-changed-key"];
    let offer = town.run("patient", &offer).ok().object();
    let stopped = stop("patient", &quist);
    assert_eq!((&stopped["offer"], &stopped["contact"]), (&json!(true), &json!(true)));
    std::fs::write(town.home.work().join("offer.txt"), text(&offer, "text")).unwrap();
    let taken = town.run("quist", &["hand-over", "accept", "offer.txt", "--yes"]);
    assert_ne!(taken.code, Some(0), "{}", taken.stderr);
    let patient = town.home.principal("patient").to_owned();
    let asked = town.run("quist", &["contact", "ask", &patient]);
    assert_ne!(asked.code, Some(0), "{}", asked.stderr);
}
