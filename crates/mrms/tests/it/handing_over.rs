//! A patient hands everything over to a new account: what the successor opens, and what the former patient can't do.
//! Vaults follow the real chain.

use std::fs;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::crash::kill_after;
use crate::support::{Home, NOTE, number, text};
use crate::vaults::Town;

/// The patient offers everything to somebody; the text for them.
#[track_caller]
fn offered(town: &Town, to: &str) -> String {
    let principal = town.home.principal(to).to_owned();
    let offer = town
        .run("patient", &["hand-over", "offer", &principal, "--yes", "--accept-changed-key"])
        .ok()
        .object();
    text(&offer, "text").to_owned()
}

#[track_caller]
fn opens(town: &Town, who: &str, id: &str, version: &str, bytes: &[u8]) {
    town.run(who, &["access", id, "--version", version, "-o", "theirs", "--force"]).ok();
    assert!(town.home.read("theirs") == bytes, "{who} opened other bytes of {id}");
}

/// A record with versions of patient and clinic, and one that is erasable; the clinic may add to the first.
fn written(town: &Town) -> (String, String) {
    let clinic = town.home.principal("clinic").to_owned();
    let id = town.create(NOTE);
    town.run("patient", &["grant", &id, &clinic, "--forever", "--amend"]).ok();
    town.home.file("by-clinic", b"added by the clinic");
    town.run("clinic", &["amend", &id, "by-clinic"]).ok();
    town.home.file("gone", b"can be erased");
    let erasable = town.run("patient", &["create", "gone", "--erasable"]).ok().object();
    (id, text(&erasable, "record_id").to_owned())
}

#[test]
fn successor_opens_what_was_there_and_the_former_patient_can_do_nothing() {
    let town = Town::with_vaults(1);
    let (id, erasable) = written(&town);
    let clinic = town.home.principal("clinic").to_owned();
    let next = town.home.principal("stranger").to_owned();
    town.run("patient", &["key", "rotate", "--yes"]).ok();
    let former = town.home.principal("patient").to_owned();
    town.run("clinic", &["key", "trust", &former, "--accept-changed-key"]).ok();
    town.home.file("after-rotation", b"a third version");
    town.run("clinic", &["amend", &id, "after-rotation"]).ok();
    let keys = offered(&town, "stranger");
    // Until it is accepted nothing has changed.
    opens(&town, "patient", &id, "1", NOTE);
    let taken =
        town.run("stranger", &["hand-over", "accept", &keys, "--keep-all", "--yes"]).ok().object();
    assert_eq!(number(&taken, "records"), 2);
    assert_eq!(taken["reviewed"], json!([{"who": clinic, "who_name": null, "kept": true}]));

    opens(&town, "stranger", &id, "1", NOTE);
    opens(&town, "stranger", &id, "2", b"added by the clinic");
    opens(&town, "stranger", &id, "3", b"a third version");
    opens(&town, "stranger", &erasable, "1", b"can be erased");
    let listed = town.run("stranger", &["list"]).ok();
    assert_eq!(listed.rows().len(), 2);
    // What they wrote under the account of before is no news of somebody else's.
    assert!(listed.stderr.contains("added version 2"), "by the clinic: {}", listed.stderr);
    assert!(!listed.stderr.contains("added version 1"), "{}", listed.stderr);
    // What was granted goes on, for later versions too, and nobody is asked about a reader.
    town.home.file("newer", b"by the successor");
    let amended = town.run("stranger", &["amend", &id, "newer"]).ok();
    assert!(!amended.stderr.contains("does not remember"), "{}", amended.stderr);
    opens(&town, "clinic", &id, "4", b"by the successor");
    opens(&town, "clinic", &id, "2", b"added by the clinic");

    let listed = town.run("patient", &["list"]).ok();
    assert!(listed.rows().is_empty());
    assert!(listed.stderr.contains("HANDED OVER"), "{}", listed.stderr);
    let people_see = town.home.text("patient", &["list"]).ok();
    assert!(people_see.printed().contains("handed over"), "{}", people_see.printed());
    assert!(!people_see.printed().contains("no records yet"));
    town.home.file("late", b"late");
    for line in [
        &["grant", &id, &clinic, "--forever"][..],
        &["revoke", &id, &clinic],
        &["amend", &id, "late"],
        &["create", "late"],
        &["access", &id, "-o", "out"],
        &["access", &id, "--emergency", "I want it back", "-o", "out", "--yes"],
        &["erase", &id, "--yes"],
        &["hand-over", "offer", &clinic, "--yes", "--accept-changed-key"],
        &["hand-over", "withdraw"],
    ] {
        let refused = town.run("patient", line);
        assert!(refused.stderr.contains("HANDED OVER"), "{line:?}: {}", refused.stderr);
        refused.refused(4, "succeeded");
    }
    assert!(!town.home.has("out"));
    let shown = town.run("patient", &["hand-over", "show"]).ok().object();
    assert_eq!(text(&shown, "handed_over_to"), next);
    assert!(shown["handed_over_at"].is_string(), "{shown}");

    town.run("stranger", &["revoke", &id, &clinic]).ok();
    town.run("clinic", &["access", &id, "-o", "out"]).refused(4, "grant-revoked");
    town.run("stranger", &["erase", &erasable, "--yes"]).ok();
}

#[test]
fn whatever_is_interrupted_the_next_command_goes_on() {
    let town = Town::with_vaults(1);
    let (id, _) = written(&town);
    let (former, next) = (town.home.principal("patient"), town.home.principal("stranger"));
    // Offered, and killed before the text was printed.
    let successor = json!({"successor": next}).to_string();
    town.run("patient", &["contract", "call", "offer-succession", &successor]).ok();
    // Somebody compares the key that gets everything, or nothing is made.
    let offer = ["hand-over", "offer", next];
    town.run("patient", &offer).refused(4, "key-not-compared");
    let again = town.run("patient", &[&offer[..], &["--accept-changed-key"]].concat());
    let again = again.ok().object();
    assert_eq!(again["step"], "offered-before");
    // Accepted on chain, and killed before the profile had the keys.
    let patient = json!({"patient": former}).to_string();
    town.run("stranger", &["contract", "call", "accept-succession", &patient]).ok();
    town.run("stranger", &["access", &id, "--version", "1", "-o", "out"]);
    assert!(!town.home.has("out"), "the keys are not here yet");
    // The text was lost as well: the former words make it again.
    let late = town.run("patient", &["hand-over", "offer", next]).ok().object();
    assert_eq!(late["step"], "accepted");
    let line = ["hand-over", "accept", text(&late, "text"), "--keep-all"];
    let taken = town.run("stranger", &line).ok().object();
    assert_eq!((taken["before"].as_bool(), number(&taken, "records")), (Some(true), 2));
    opens(&town, "stranger", &id, "1", NOTE);
    opens(&town, "stranger", &id, "2", b"added by the clinic");
    // The profile loses the keys; the same text brings them back.
    let kept = town.home.profile_folder("stranger").join("handed-over.json");
    fs::write(&kept, "no list").unwrap();
    let told = town.run("stranger", &["list"]).ok();
    assert!(told.stderr.contains("does not open here"), "{}", told.stderr);
    town.run("stranger", &line).ok();
    opens(&town, "stranger", &id, "1", NOTE);
}

#[test]
fn first_of_two_successors_wins_and_the_other_is_told() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let first = offered(&town, "stranger");
    let second = offered(&town, "clinic");
    let accept = |who: &str, keys: &str| {
        town.run(who, &["hand-over", "accept", keys, "--keep-all", "--yes"])
    };
    accept("stranger", &second).refused(4, "not-offered");
    accept("stranger", &first).refused(4, "not-offered");
    accept("clinic", &second).ok();
    let told = accept("stranger", &first).refused(4, "handed-over-to-another");
    assert!(text(&told, "message").contains(town.home.principal("clinic")), "{told}");
    let to = town.home.principal("stranger").to_owned();
    town.run("patient", &["hand-over", "offer", &to, "--yes", "--accept-changed-key"])
        .refused(4, "succeeded");
}

#[test]
fn offer_that_somebody_else_made_with_her_words_stays_told_when_it_is_taken_back() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let (own, thief) = (town.home.principal("clinic"), town.home.principal("stranger").to_owned());
    let told = |line: &[&str]| town.run("patient", line).ok().stderr;
    // Her own offer, which she takes back, is no alarm.
    offered(&town, "clinic");
    let withdrawn = town.run("patient", &["hand-over", "withdraw"]).ok().object();
    assert_eq!(withdrawn["made_here"], true);
    assert!(!told(&["list"]).contains("SOMEBODY HAS YOUR WORDS"));
    let shown = town.run("patient", &["hand-over", "show"]).ok().object();
    assert_eq!(
        (&shown["offers"][0]["to"], &shown["offers"][0]["made_here"]),
        (&json!(own), &json!(true))
    );
    assert!(shown["offers"][0]["ended_at"].is_string(), "{shown}");
    // One that her program did not make: whoever has the words signs it.
    let steal = || {
        let successor = json!({"successor": thief}).to_string();
        town.run("patient", &["contract", "call", "offer-succession", &successor]).ok();
    };
    steal();
    assert!(told(&["list"]).contains("OFFERED"));
    let taken_back = town.home.text("patient", &["hand-over", "withdraw"]).ok();
    for said in [
        "whoever made that offer has your words",
        "mrms hand-over offer CARD",
        "mrms hand-over was-me",
    ] {
        assert!(taken_back.printed().contains(said), "{said}: {}", taken_back.printed());
    }
    for line in [&["list"][..], &["shared"], &["who"]] {
        let told = told(line);
        assert!(told.contains("SOMEBODY HAS YOUR WORDS"), "{line:?}: {told}");
        assert!(told.contains(&thief) && told.contains("mrms hand-over show"), "{told}");
    }
    let shown = town.home.text("patient", &["hand-over", "show"]).ok();
    assert!(shown.printed().contains("not by this program: taken back on"), "{}", shown.printed());
    assert!(shown.printed().contains("hand everything over to it before they do"));
    let checks = town.run("patient", &["doctor"]).rows();
    let check = checks.into_iter().find(|row| row["check"] == "hand-over").unwrap();
    assert!(text(&check, "hint").contains("mrms hand-over show"), "{check}");
    // She says that it was she: it is told no more; the next one is.
    let mine = town.run("patient", &["hand-over", "was-me", "--yes"]).ok().object();
    assert_eq!(mine["offers"], 1);
    assert!(!told(&["list"]).contains("SOMEBODY HAS YOUR WORDS"));
    steal();
    town.run("patient", &["hand-over", "withdraw"]).ok();
    assert!(told(&["list"]).contains("SOMEBODY HAS YOUR WORDS"));
    // Handed over, there is nothing left to take.
    let keys = offered(&town, "clinic");
    town.run("clinic", &["hand-over", "accept", &keys, "--keep-all", "--yes"]).ok();
    let after = told(&["list"]);
    assert!(after.contains("HANDED OVER") && !after.contains("If that was not you"), "{after}");
    assert!(!after.contains("SOMEBODY HAS YOUR WORDS"), "{after}");
}

#[test]
fn whoever_lost_everything_to_somebody_else_is_told_what_is_left_and_what_to_do() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    town.run("patient", &["list"]).ok();
    let (former, thief) = (town.home.principal("patient"), town.home.principal("stranger"));
    let successor = json!({"successor": thief}).to_string();
    town.run("patient", &["contract", "call", "offer-succession", &successor]).ok();
    let patient = json!({"patient": former}).to_string();
    town.run("stranger", &["contract", "call", "accept-succession", &patient]).ok();
    assert!(town.run("patient", &["list"]).ok().stderr.contains("If that was not you"));
    let shown = town.home.text("patient", &["hand-over", "show"]).ok();
    for said in ["still yours", "mrms evidence", "make a new profile", "mrms hand-over was-me"] {
        assert!(shown.printed().contains(said), "{said}: {}", shown.printed());
    }
    let mine = town.run("patient", &["hand-over", "was-me", "--yes"]).ok().object();
    assert_eq!(text(&mine, "handed_over_to"), thief);
    assert!(!town.run("patient", &["list"]).ok().stderr.contains("If that was not you"));
}

#[test]
fn offer_can_be_taken_back_and_only_a_new_account_can_take_over() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let keys = offered(&town, "stranger");
    // It is what a thief of the words would do: whatever the patient does, they are told, and how to take it back.
    let to = town.home.principal("stranger").to_owned();
    for line in [&["list"][..], &["shared"], &["who"]] {
        let told = town.run("patient", line).ok().stderr;
        assert!(
            told.contains(&format!("OFFERED: everything you have as a patient is offered to {to}")),
            "{told}"
        );
        assert!(told.contains("mrms hand-over withdraw takes it back"), "{told}");
    }
    assert!(!town.run("stranger", &["list"]).ok().stderr.contains("OFFERED"));
    let check = |town: &Town| {
        let checks = town.run("patient", &["doctor"]).rows();
        checks.into_iter().find(|row| row["check"] == "hand-over")
    };
    let found = check(&town).unwrap();
    assert_eq!(found["ok"], false);
    assert!(text(&found, "hint").contains("mrms hand-over withdraw"), "{found}");
    let withdrawn = town.run("patient", &["hand-over", "withdraw"]).ok();
    assert!(!withdrawn.stderr.contains("OFFERED"), "they know it: {}", withdrawn.stderr);
    assert!(!town.run("patient", &["list"]).ok().stderr.contains("OFFERED"));
    assert_eq!(check(&town), None);
    let line = ["hand-over", "accept", &keys, "--keep-all", "--yes"];
    town.run("stranger", &line).refused(3, "no-offer");
    town.run("patient", &["hand-over", "withdraw"]).refused(3, "no-offer");
    let own = town.home.principal("patient").to_owned();
    town.run("patient", &["hand-over", "offer", &own]).refused(2, "hand-over-to-oneself");
    town.home.file("own", b"a record of their own");
    town.run("stranger", &["create", "own"]).ok();
    let to = town.home.principal("stranger").to_owned();
    town.run("patient", &["hand-over", "offer", &to, "--yes", "--accept-changed-key"])
        .refused(1, "not-new");
}

#[test]
fn successor_says_of_everybody_whether_it_goes_on() {
    let town = Town::with_vaults(1);
    let (id, other) = written(&town);
    let clinic = town.home.principal("clinic").to_owned();
    let call = |function: &str, arguments: Value| {
        let line = ["contract", "call", function, &arguments.to_string()];
        town.run("patient", &line).ok();
    };
    let thief = "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z";
    call("set-delegate", json!({"delegate": thief, "powers": 7, "expiry": null}));
    call("grant-record-access", json!({"record-id": other, "user": thief, "expiry": null}));
    call("name-contact", json!({"contact": clinic, "powers": 1, "wait": 144}));
    let keys = offered(&town, "stranger");
    // Without an answer nothing happens.
    let unread = town.run("stranger", &["hand-over", "accept", &keys, "--yes"]);
    let unread = unread.refused(1, "not-reviewed");
    for who in [thief, &clinic] {
        assert!(text(&unread, "message").contains(who), "{unread}");
    }
    assert!(town.run("patient", &["hand-over", "show"]).ok().object()["handed_over_to"].is_null());
    let line = ["hand-over", "accept", &keys, "--end", thief, "--yes"];
    let taken = town.run("stranger", &line).ok().object();
    let kept: Vec<_> = taken["reviewed"].as_array().unwrap().iter().collect();
    let of = |who: &str| kept.iter().find(|one| one["who"] == who).unwrap()["kept"].clone();
    assert_eq!((of(thief), of(&clinic)), (json!(false), json!(true)));
    // By the account of before nobody acts any more, and what has ended with it is paid for once.
    assert!(town.run("patient", &["delegates"]).ok().rows().is_empty());
    // Each call makes one block itself.
    let blocks =
        || number(&town.run("patient", &["node", "advance", "1"]).ok().object(), "block_height");
    let stop = |who: &str| town.run("patient", &["stop", who, "--yes"]);
    let before = blocks();
    stop(thief).ok();
    assert_eq!(blocks(), before + 1, "there is nothing to end");
    stop(&clinic);
    let before = blocks();
    stop(&clinic).ok();
    assert_eq!(blocks(), before + 1);
    let patient = town.home.principal("stranger");
    let read = |function: &str, arguments: Value| {
        let line = ["contract", "read", function, &arguments.to_string()];
        town.run("clinic", &line).ok().printed().to_owned()
    };
    let access = |who: &str, id: &str| read("has-access", json!({"record-id": id, "user": who}));
    assert!(access(thief, &other).contains("false") && access(thief, &id).contains("false"));
    assert!(access(&clinic, &id).contains("true"));
    let contact = read("get-contact", json!({"patient": patient, "contact": clinic}));
    assert!(contact.contains("144"), "{contact}");
}

#[test]
fn keys_go_on_to_the_successor_of_a_successor() {
    let home = Home::with(&["patient", "second", "third", "clinic", "helper"]);
    let id = home.create("note", NOTE);
    let pass = |from: &str, to: &str| {
        let principal = home.principal(to).to_owned();
        let offer = home
            .json(from, &["hand-over", "offer", &principal, "--yes", "--accept-changed-key"])
            .ok()
            .object();
        home.json(to, &["hand-over", "accept", text(&offer, "text"), "--keep-all", "--yes"]).ok();
    };
    pass("patient", "second");
    home.file("by-second", b"a second version");
    home.json("second", &["amend", &id, "by-second"]).ok();
    // Whom the one in the middle lets in reads on, the version of the first one, too.
    let (clinic, helper) = (home.principal("clinic"), home.principal("helper"));
    home.json("second", &["grant", &id, clinic, "--forever", "--history"]).ok();
    home.json("second", &["delegate", helper, "--may", "see", "--forever"]).ok();
    pass("second", "third");
    for reader in ["clinic", "helper"] {
        for (version, bytes) in [("1", NOTE), ("2", &b"a second version"[..])] {
            let line = ["access", &id, "--version", version, "-o", "read", "--force"];
            home.json(reader, &line).ok();
            assert_eq!(home.read("read"), bytes, "{reader} {version}");
        }
    }
    home.assert_opens("third", &id, b"a second version");
    home.json("third", &["access", &id, "--version", "1", "-o", "first"]).ok();
    assert_eq!(home.read("first"), NOTE);
    // Who is neither the first nor the latest is told the same cause, whatever they try.
    let third = home.principal("third").to_owned();
    for line in [
        &["access", &id, "-o", "out"][..],
        &["access", &id, "--version", "1", "-o", "out"],
        &["access", &id, "--emergency", "I want it back", "-o", "out", "--yes"],
        &["amend", &id, "by-second"],
        &["create", "by-second"],
        &["grant", &id, &third, "--forever"],
        &["revoke", &id, &third],
        &["grant", "--all-records", "--to", &third, "--forever"],
        &["revoke", "--all-records", "--from", &third],
        &["delegate", &third, "--may", "add", "--forever"],
        &["contact", &third, "--may", "add", "--wait", "7d", "--yes"],
        &["send", &third, "by-second"],
        &["erase", &id, "--yes"],
        &["hand-over", "withdraw"],
    ] {
        home.json("second", line).refused(4, "succeeded");
    }
    assert!(!home.has("out"));
    let shown = home.json("third", &["hand-over", "show"]).ok().object();
    assert_eq!(
        shown["took_over_from"],
        json!([home.principal("patient"), home.principal("second")])
    );
    let audit = home.json("third", &["audit", &id]).ok().rows();
    assert!(audit.len() >= 4, "{audit:?}");
}

#[test]
fn whoever_reads_everything_gets_the_keys_of_the_successors_records_too() {
    let town = Town::of(Home::with(&["patient", "clinic", "stranger", "helper", "thief"]), 1);
    let id = town.create(NOTE);
    let who = |name: &str| town.home.principal(name).to_owned();
    let (clinic, helper, thief) = (who("clinic"), who("helper"), who("thief"));
    town.run("patient", &["grant", "--all-records", "--to", &clinic, "--for", "365d"]).ok();
    for delegate in [&helper, &thief] {
        town.run("patient", &["delegate", delegate, "--may", "see", "--for", "365d"]).ok();
    }
    let keys = offered(&town, "stranger");
    town.run("stranger", &["hand-over", "accept", &keys, "--end", &thief, "--yes"]).ok();
    town.home.file("newer", b"by the successor");
    let amended = town.run("stranger", &["amend", &id, "newer"]).ok();
    assert!(!amended.stderr.contains("does not remember"), "{}", amended.stderr);
    let later = town.run("stranger", &["create", "newer", "--again"]).ok().object();
    // Everything is left anew for them by the successor's programs.
    let listed = town.run("stranger", &["delegates"]).ok().object();
    assert_eq!((text(&listed, "user"), number(&listed, "keys_lacking")), (helper.as_str(), 0));
    // Whoever knows the former account is told of the new one, and acts for it.
    let followed = town.run("helper", &["as", &who("patient"), "list"]).ok();
    assert_eq!(followed.rows().len(), 2);
    let new = format!("has a new account: {}", who("stranger"));
    let told = followed.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&new), "{told}");
    assert!(town.run("patient", &["delegates"]).ok().rows().is_empty(), "nobody acts for them");
    for name in ["clinic", "helper"] {
        opens(&town, name, &id, "1", NOTE);
        opens(&town, name, &id, "2", b"by the successor");
        opens(&town, name, text(&later, "record_id"), "1", b"by the successor");
    }
    town.run("thief", &["access", &id, "-o", "out"]).refused(4, "no-access");
    assert!(!town.home.has("out"));
}

#[test]
fn text_is_for_one_account_alone_and_secret_to_all_others() {
    let home = Home::with(&["patient", "next", "other"]);
    home.create("note", NOTE);
    home.json("next", &["card", "set", "--name", "Me, anew"]).ok();
    home.json("next", &["card", "show", "-o", "card.png"]).ok();
    // A card that was handed over by hand needs no principal to be typed.
    let line = ["hand-over", "offer", "card.png", "--yes", "-o", "keys.txt"];
    home.json("patient", &line).ok();
    home.json("other", &["hand-over", "accept", "keys.txt", "--keep-all", "--yes"])
        .refused(4, "not-offered");
    home.json("other", &["people", "add", "keys.txt"]).refused(2, "document-kind");
    let altered = String::from_utf8(home.read("keys.txt")).unwrap();
    let altered = altered.trim().to_owned();
    let middle = altered.len() / 2;
    let other = if altered.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let altered = format!("{}{other}{}", &altered[..middle], &altered[middle + 1..]);
    let refused = home.json("next", &["hand-over", "accept", &altered, "--keep-all", "--yes"]);
    assert_ne!(refused.code, Some(0));
    home.json("next", &["hand-over", "accept", "keys.txt", "--keep-all", "--yes"]).ok();
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_no_step_is_done_twice() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let line = ["patient", "second", "third", "fourth"];
    let home = Home::with(&line);
    let id = home.create("note", NOTE);
    home.grant(&id, "fourth", &[]);
    let began = Instant::now();
    home.json("patient", &["key", "publish"]).ok();
    let usual = began.elapsed().as_micros() as u64;
    let mut moment = || Duration::from_micros(rng.random_range(0..usual * 3));
    for pair in line.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let offer = ["hand-over", "offer", home.principal(to), "--yes", "--accept-changed-key"];
        kill_after(moment(), home.command(from, &offer));
        let offered = home.json(from, &offer).ok().object();
        let accept = ["hand-over", "accept", text(&offered, "text"), "--keep-all", "--yes"];
        for _ in 0..3 {
            kill_after(moment(), home.command(to, &accept));
            // Whatever there is of it, the next command works.
            home.json(to, &["list"]).ok();
        }
        home.json(to, &accept).ok();
        home.assert_opens(to, &id, NOTE);
        let shown = home.json(from, &["hand-over", "show"]).ok().object();
        assert_eq!(text(&shown, "handed_over_to"), home.principal(to));
    }
    let patient = json!({"patient": home.principal("patient")}).to_string();
    let state = home.json("fourth", &["contract", "read", "get-patient", &patient]).ok();
    let count = state.printed().split("audit-count").nth(1).unwrap();
    let digits = count.trim_start_matches(|one: char| !one.is_ascii_digit());
    let digits = digits.split(|one: char| !one.is_ascii_digit()).next().unwrap();
    assert_eq!(digits, "6", "three offers and three acceptances: {}", state.printed());
    home.assert_unharmed();
}
