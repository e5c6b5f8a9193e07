//! Delegates and standing readers: keys of everything, by commands, on a vault that follows the real chain.

use serde_json::{Value, json};

use crate::support::{Home, NOTE, number, text};
use crate::vaults::Town;

const SECOND: &[u8] = b"Sodium 140 mmol/l.\n";

/// Somebody opens a record and gets exactly this.
#[track_caller]
fn assert_opens(town: &Town, name: &str, id: &str, bytes: &[u8]) {
    town.run(name, &["access", id, "-o", "opened", "--force"]).ok();
    assert!(town.home.read("opened") == bytes, "{name} opened other bytes of {id}");
}

/// The patient lets the stranger act for them; what the command printed.
fn named(town: &Town, powers: &str) -> Value {
    let delegate = town.home.principal("stranger").to_owned();
    town.run("patient", &["delegate", &delegate, "--may", powers, "--for", "30d"]).ok().object()
}

#[test]
fn delegate_who_may_see_opens_everything_and_what_comes_later_until_the_end() {
    let town = Town::with_vaults(1);
    let (first, second) = (town.create(NOTE), town.create(SECOND));
    let (delegate, clinic) =
        (town.home.principal("stranger").to_owned(), town.home.principal("clinic").to_owned());
    town.run("stranger", &["access", &first, "-o", "early"]).refused(4, "no-access");
    let told = named(&town, "see");
    assert_eq!((&told["powers"], number(&told, "keys_left")), (&json!("see"), 2));
    assert_opens(&town, "stranger", &first, NOTE);
    assert_opens(&town, "stranger", &second, SECOND);

    // What the patient adds.
    let third = town.create(b"third");
    assert_opens(&town, "stranger", &third, b"third");
    town.home.file("content", b"first, corrected");
    town.run("patient", &["amend", &first, "content"]).ok();
    assert_opens(&town, "stranger", &first, b"first, corrected");

    // What a provider adds reaches the delegate with the patient's next command.
    town.run("patient", &["grant", &first, &clinic, "--amend", "--forever"]).ok();
    town.home.file("content", b"by the clinic");
    town.run("clinic", &["amend", &first, "content"]).ok();
    town.run("stranger", &["access", &first, "-o", "early"]).refused(4, "no-share");
    town.run("patient", &["list"]).ok();
    assert_opens(&town, "stranger", &first, b"by the clinic");

    let listed = town.run("patient", &["delegates"]).ok().object();
    assert_eq!(text(&listed, "user"), delegate);
    assert_eq!((&listed["relation"], &listed["live"]), (&json!("acts-for-me"), &json!(true)));
    assert_eq!(listed["keys_lacking"], 0);
    let theirs = town.run("stranger", &["delegates"]).ok().object();
    assert_eq!(text(&theirs, "user"), town.home.principal("patient"));
    assert_eq!(theirs["relation"], "i-act-for");

    let end = ["delegate", delegate.as_str(), "--end", "--keep-grants"];
    town.run("patient", &end).ok();
    town.run("stranger", &["access", &second, "-o", "late"]).refused(4, "no-access");
    assert!(!town.home.has("late"));
    town.run("patient", &end).refused(3, "no-such-delegate");
    // Named again they get everything anew: the vaults deleted what they had.
    assert_eq!(number(&named(&town, "see"), "keys_left"), 3);
    assert_opens(&town, "stranger", &second, SECOND);
}

#[test]
fn patient_without_a_name_is_met_by_what_came_with_their_keys_before_anything_is_opened() {
    let town = Town::with_vaults(1);
    town.run("patient", &["card", "set", "--name", "Maria Muster"]).ok();
    town.create(NOTE);
    named(&town, "see");
    let stranger = town.home.principal("stranger").to_owned();
    // Of somebody without a record no name can have come.
    town.run("clinic", &["delegate", &stranger, "--may", "see", "--for", "30d"]).ok();
    let theirs = town.run("stranger", &["delegates"]).ok().rows();
    let of = |name: &str| {
        let who = town.home.principal(name);
        let row = theirs.iter().find(|row| text(row, "user") == who).unwrap();
        (row["user_name"].clone(), row["user_calls_themselves"].clone())
    };
    assert_eq!(of("patient"), (Value::Null, json!("Maria Muster")));
    assert_eq!(of("clinic"), (Value::Null, Value::Null));
    let looks = town.run("patient", &["who"]).ok().rows();
    assert!(looks.iter().all(|row| row.get("who").is_none()), "nothing was opened for it");
    // One's own name for them goes before what they say.
    let patient = town.home.principal("patient").to_owned();
    town.run("stranger", &["people", "add", &patient, "--name", "Mother", "--yes"]).ok();
    let theirs = town.run("stranger", &["delegates"]).ok().rows();
    let row = theirs.iter().find(|row| text(row, "user") == patient).unwrap();
    assert_eq!(
        (&row["user_name"], &row["user_calls_themselves"]),
        (&json!("Mother"), &Value::Null)
    );
}

#[test]
fn renewing_a_delegation_tells_both_and_leaves_nothing_twice() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let before = named(&town, "see,share");
    let again = named(&town, "see");
    assert_eq!(again["before"]["powers"], "see+share");
    assert_eq!(again["before"]["expiry"], before["expiry"]);
    assert_eq!(number(&again, "keys_left"), 0);
    // Whoever may not see gets no key, and the vaults give none.
    let id = town.create(SECOND);
    assert_eq!(number(&named(&town, "add"), "keys_left"), 0);
    town.run("stranger", &["access", &id, "-o", "out"]).refused(4, "no-access");
}

#[test]
fn ending_a_delegation_asks_what_becomes_of_what_they_granted() {
    let town = Town::with_vaults(1);
    named(&town, "see,share");
    let delegate = town.home.principal("stranger").to_owned();
    let error = town.run("patient", &["delegate", &delegate, "--end"]).refused(1, "not-confirmed");
    assert!(text(&error, "hint").contains("--end-grants"), "{error}");
    let patient = town.home.principal("patient").to_owned();
    town.run("patient", &["delegate", &patient, "--may", "see", "--forever"])
        .refused(1, "self-delegate");
    town.run("patient", &["delegate", &delegate, "--forever"]).refused(2, "usage");
}

#[test]
fn standing_reader_opens_everything_but_what_was_revoked() {
    let town = Town::with_vaults(1);
    let (first, second) = (town.create(NOTE), town.create(SECOND));
    let clinic = town.home.principal("clinic").to_owned();
    let all = ["grant", "--all-records", "--to", clinic.as_str(), "--for", "30d"];
    let told = town.run("patient", &all).ok().object();
    assert_eq!((number(&told, "keys_left"), &told["rights"]), (2, &json!("read")));
    town.opens(&first, NOTE);
    let third = town.create(b"third");
    town.opens(&third, b"third");
    town.run("patient", &["revoke", &first, &clinic]).ok();
    town.run("clinic", &["access", &first, "-o", "late"]).refused(4, "grant-revoked");
    // The lists say so as well: by the contract's list of its readers, nobody was ever granted it.
    for _ in 0..2 {
        let listed = town.run("patient", &["list"]).ok().rows();
        let readers = |id: &str| {
            let row = listed.iter().find(|row| row["record_id"] == id).unwrap();
            number(row, "readers")
        };
        assert_eq!((readers(&first), readers(&second), readers(&third)), (0, 1, 1));
    }
    // A later version of it is closed to them as well.
    town.home.file("content", b"first, corrected");
    town.run("patient", &["amend", &first, "content"]).ok();
    town.run("clinic", &["access", &first, "-o", "late"]).refused(4, "grant-revoked");
    let told = town.run("patient", &all).ok().object();
    assert_eq!(number(&told, "keys_left"), 0);
    // And that is said.
    assert_eq!(told["shut_out"], json!([first]));
    town.opens(&second, SECOND);
    let end = ["revoke", "--all-records", "--from", clinic.as_str()];
    assert_eq!(town.run("patient", &end).ok().object()["all_records"], true);
    town.run("clinic", &["access", &second, "-o", "late"]).refused(4, "grant-revoked");
    assert!(!town.home.has("late"));
    town.run("patient", &end).refused(3, "no-such-grant");
}

#[test]
fn keys_that_could_not_be_left_follow_with_the_next_command() {
    let mut town = Town::with_vaults(1);
    let (first, second) = (town.create(NOTE), town.create(SECOND));
    town.stop(0);
    let told = named(&town, "see");
    assert_eq!((number(&told, "keys_left"), number(&told, "keys_to_do")), (0, 2));
    let doctor = town.run("patient", &["doctor"]);
    let keys = doctor.rows().into_iter().find(|row| row["check"] == "keys").unwrap();
    assert_eq!(keys["ok"], false, "{keys}");
    assert!(text(&keys, "message").contains("2 records"), "{keys}");
    town.restart(0);
    town.run("patient", &["list"]).ok();
    assert_eq!(number(&town.run("patient", &["delegates"]).ok().object(), "keys_lacking"), 0);
    assert_opens(&town, "stranger", &first, NOTE);
    assert_opens(&town, "stranger", &second, SECOND);
}

#[test]
fn keys_of_more_records_than_go_into_one_message_are_all_left_and_named() {
    let town = Town::with_vaults(2);
    std::fs::create_dir(town.home.work().join("docs")).unwrap();
    for number in 0..40 {
        town.home.file(&format!("docs/note-{number}.txt"), format!("note {number}"));
    }
    town.run("patient", &["create", "docs"]).ok();
    assert_eq!(number(&named(&town, "see"), "keys_left"), 40);
    // The names travel with the keys: every record is found by its own.
    let patient = town.home.principal("patient").to_owned();
    for name in ["note-0.txt", "note-17.txt", "note-39.txt"] {
        let line = ["as", patient.as_str(), "access", name, "-o", "opened", "--force"];
        town.run("stranger", &line).ok();
        let expected = name.replace(".txt", "").replace('-', " ");
        assert_eq!(town.home.read("opened"), expected.as_bytes());
    }
}

#[test]
fn watch_gives_on_what_a_provider_added() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    let clinic = town.home.principal("clinic").to_owned();
    named(&town, "see");
    town.run("patient", &["grant", &id, &clinic, "--amend", "--forever"]).ok();
    town.home.file("content", SECOND);
    town.run("clinic", &["amend", &id, "content"]).ok();
    town.run("stranger", &["access", &id, "-o", "early"]).refused(4, "no-share");
    town.run("patient", &["watch", "--once"]).ok();
    assert_opens(&town, "stranger", &id, SECOND);
}

#[test]
fn nobody_gets_keys_because_the_ledger_names_them() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    // Named past this profile's memory, as a ledger could invent it.
    let arguments =
        json!({"delegate": town.home.principal("stranger"), "powers": 7, "expiry": null});
    let arguments = arguments.to_string();
    town.run("patient", &["contract", "call", "set-delegate", &arguments]).ok();
    town.run("patient", &["list"]).ok();
    town.run("stranger", &["access", &id, "-o", "early"]).refused(4, "no-share");
    let doctor = town.run("patient", &["doctor"]);
    let keys = doctor.rows().into_iter().find(|row| row["check"] == "keys").unwrap();
    assert!(text(&keys, "message").contains("does not remember"), "{keys}");
    assert_eq!(number(&named(&town, "see"), "keys_left"), 1);
    assert_opens(&town, "stranger", &id, NOTE);
}

/// The stranger acts for the patient.
fn acts<'l>(town: &'l Town, line: &[&'l str]) -> crate::support::Run {
    let patient = town.home.principal("patient");
    town.run("stranger", &[&["as", patient], line].concat())
}

#[test]
fn delegate_acts_for_the_patient_under_their_own_name_as_far_as_they_may() {
    let town = Town::with_vaults(1);
    let first = town.create(NOTE);
    let (delegate, clinic) =
        (town.home.principal("stranger").to_owned(), town.home.principal("clinic").to_owned());
    acts(&town, &["list"]).refused(4, "not-delegate");
    named(&town, "see,share,add");

    // Who acts is in the first line; records have the patient's numbers and names.
    let listed = acts(&town, &["list"]).ok();
    assert!(listed.stderr.starts_with("for "), "{}", listed.stderr);
    assert_eq!(text(&listed.object(), "record_id"), first);
    assert_eq!(
        (number(&listed.object(), "number"), text(&listed.object(), "name")),
        (1, "content")
    );
    acts(&town, &["access", "1", "-o", "opened", "--force"]).ok();
    assert_eq!(town.home.read("opened"), NOTE);

    // They add a record, which is the patient's.
    town.home.file("letter.txt", SECOND);
    let created = acts(&town, &["create", "letter.txt", "--label", "Letter"]).ok().object();
    let second = text(&created, "record_id").to_owned();
    assert_eq!(number(&created, "number"), 2);
    assert_opens(&town, "patient", &second, SECOND);
    let shown = town.run("patient", &["show", &second]).ok().object();
    assert_eq!(text(&shown, "patient"), town.home.principal("patient"));
    assert_eq!(text(&shown["versions"][0], "author"), delegate);
    town.home.file("letter.txt", b"corrected by the delegate");
    acts(&town, &["amend", "Letter", "letter.txt"]).ok();
    assert_opens(&town, "patient", &second, b"corrected by the delegate");

    // They share what the patient wrote and what they wrote; the keys come from the vaults.
    acts(&town, &["grant", "1", &clinic, "--for", "30d"]).ok();
    acts(&town, &["grant", &second, &clinic, "--for", "30d", "--history"]).ok();
    town.opens(&first, NOTE);
    town.opens(&second, b"corrected by the delegate");
    // To share what somebody else wrote they opened it, and the log says so.
    let trail = town.run("patient", &["audit", &first]).ok().rows();
    let opened = |line: &&Value| line["action"] == "access" && line["actor"] == delegate.as_str();
    assert_eq!(trail.iter().filter(opened).count(), 2);
    let shared = acts(&town, &["shared"]).ok().rows();
    assert!(shared.iter().any(|row| row["user"] == clinic.as_str()), "{shared:?}");
    acts(&town, &["revoke", "1", &clinic]).ok();
    town.run("clinic", &["access", &first, "-o", "late"]).refused(4, "grant-revoked");

    // What they can't give, or may not do.
    let direct = ["grant", "1", clinic.as_str(), "--for", "30d", "--direct", "--yes"];
    acts(&town, &direct).refused(4, "not-by-delegate");
    acts(&town, &["grant", "--all-records", "--to", &clinic, "--for", "30d"]).refused(2, "usage");
    named(&town, "see");
    acts(&town, &["grant", "1", &clinic, "--for", "30d"]).refused(4, "no-power");
    acts(&town, &["create", "letter.txt"]).refused(4, "no-power");
    acts(&town, &["access", "2", "-o", "opened", "--force"]).ok();

    // What they granted ends with them.
    let end = ["delegate", delegate.as_str(), "--end", "--end-grants"];
    assert_eq!(town.run("patient", &end).ok().object()["granted_ends"], true);
    town.run("clinic", &["access", &second, "-o", "late"]).refused(4, "grant-revoked");
    acts(&town, &["list"]).refused(4, "not-delegate");
    assert!(!town.home.has("late"));
}

#[test]
fn what_a_delegate_shares_comes_with_what_the_patient_calls_themselves() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["card", "set", "--name", "Maria Muster"]).ok();
    let card = town.run("patient", &["card", "show"]).ok().object();
    named(&town, "see,share");
    town.run("stranger", &["people", "add", text(&card, "text"), "--name", "Mum", "--yes"]).ok();
    acts(&town, &["grant", "1", &clinic, "--for", "30d"]).ok();
    let row = town.run("clinic", &["list", "--shared-with-me"]).ok().object();
    assert_eq!(row["patient_calls_themselves"], "Maria Muster", "and not as a daughter calls her");
}

#[test]
fn what_a_delegate_granted_stays_or_ends_as_the_patient_says() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    named(&town, "see,share");
    let who = |name: &str| town.home.principal(name).to_owned();
    let (delegate, clinic) = (who("stranger"), who("clinic"));
    acts(&town, &["grant", "1", &clinic, "--for", "30d"]).ok();
    town.run("patient", &["delegate", &delegate, "--end", "--keep-grants"]).ok();
    town.run("stranger", &["access", &id, "-o", "late"]).refused(4, "no-access");
    town.opens(&id, NOTE);
    // Also later, when the delegation has ended long since.
    town.run("patient", &["delegate", &delegate, "--end", "--end-grants"]).ok();
    town.run("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    assert!(!town.home.has("late"));
}

#[test]
fn who_and_the_report_say_that_somebody_acted_for_the_patient() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    let (delegate, clinic) =
        (town.home.principal("stranger").to_owned(), town.home.principal("clinic").to_owned());
    town.run("patient", &["people", "add", &delegate, "--name", "My daughter"]).ok();
    named(&town, "see,share");
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    town.opens(&id, NOTE);
    acts(&town, &["access", "1", "-o", "opened", "--force"]).ok();
    let looks = town.run("patient", &["who"]).ok().rows();
    let by = |user: &str| {
        let look = looks.iter().find(|row| row["who"] == user).unwrap();
        look["for_patient"].as_bool().unwrap()
    };
    assert!(by(&delegate) && !by(&clinic), "{looks:?}");
    let said = |line: &[&str]| {
        let mut command = town.home.command("patient", line);
        command.env("MRMS_VAULT_URLS", town.urls.join(","));
        town.home.run(command).ok().printed().replace("\n", " ")
    };
    let who = said(&["who"]);
    assert!(who.contains("My daughter, for you, opened"), "{who}");
    assert!(said(&["audit", &id]).contains("My daughter, for you,"));
    town.run("patient", &["report", "disclosures", "--format", "csv", "-o", "report.csv"]).ok();
    let report = String::from_utf8(town.home.read("report.csv")).unwrap();
    assert!(report.contains("\"My daughter, for the patient\""), "{report}");
}

#[test]
fn who_says_which_opening_of_a_delegate_was_made_to_share_the_record() {
    let town = Town::with_vaults(1);
    town.create(NOTE);
    let who = |name: &str| town.home.principal(name).to_owned();
    let (delegate, clinic) = (who("stranger"), who("clinic"));
    town.run("patient", &["people", "add", &delegate, "--name", "My daughter"]).ok();
    town.run("patient", &["people", "add", &clinic, "--name", "Clinic B"]).ok();
    named(&town, "see,share");
    acts(&town, &["access", "1", "-o", "opened", "--force"]).ok();
    acts(&town, &["grant", "1", &clinic, "--for", "30d"]).ok();
    acts(&town, &["access", "1", "-o", "opened", "--force"]).ok();
    let looks = town.run("patient", &["who"]).ok().rows();
    let given: Vec<_> = looks
        .iter()
        .filter(|row| row["who"] == delegate.as_str())
        .map(|row| (row["given_to"].as_str(), row["given_to_name"].as_str()))
        .collect();
    let for_sharing = (Some(clinic.as_str()), Some("Clinic B"));
    assert_eq!(given, [(None, None), for_sharing, (None, None)], "{looks:?}");
    let mut command = town.home.command("patient", &["who"]);
    command.env("MRMS_VAULT_URLS", town.urls.join(","));
    let said =
        town.home.run(command).ok().printed().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(said.matches("for sharing: Clinic B got access right after").count(), 1, "{said}");
}

#[test]
fn stop_ends_a_delegation_too_and_a_revoke_says_that_a_delegate_sees_on() {
    let home = Home::with(&["patient", "daughter"]);
    let id = home.create("note.txt", NOTE);
    let daughter = home.principal("daughter").to_owned();
    home.grant(&id, "daughter", &[]);
    home.json("patient", &["delegate", &daughter, "--may", "see", "--forever"]).ok();
    let revoked = home.json("patient", &["revoke", &id, &daughter]).ok().object();
    assert_eq!(revoked["sees_as_delegate"], true);
    home.assert_opens("daughter", &id, NOTE);
    let asked = home.text("patient", &["stop", &daughter]);
    assert!(asked.stderr.contains("acts for you: may see all records"), "{}", asked.stderr);
    let stopped = home.json("patient", &["stop", &daughter, "--yes"]).ok().object();
    assert_eq!((&stopped["delegation"], &stopped["all_records"]), (&json!(true), &json!(false)));
    home.json("daughter", &["access", &id, "-o", "out"]).refused(4, "grant-revoked");
    assert!(home.json("patient", &["delegates"]).ok().rows().is_empty());
    let again = home.json("patient", &["stop", &daughter, "--yes"]).ok().object();
    assert_eq!(again["delegation"], false);
}

#[test]
fn revoke_never_says_that_it_is_over_where_something_else_goes_on() {
    let town = Town::with_vaults(1);
    let (stranger, first) = (town.home.principal("stranger").to_owned(), town.create(NOTE));
    let all = ["grant", "--all-records", &stranger, "--for", "30d", "--yes"];
    let says = |line: &[&str]| {
        let run = town.text("patient", line).ok();
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        (one_line(run.printed()), one_line(&run.stderr))
    };
    let revoke = ["revoke", "all", "--from", &stranger];
    // A grant on all records gives what comes later.
    town.run("patient", &all).ok();
    assert_eq!(town.run("patient", &revoke).ok().rows().len(), 1, "that record is shut to them");
    let (printed, noted) = says(&revoke);
    assert!(
        !printed.contains("there is nothing to end") || printed.contains("by itself"),
        "{printed}"
    );
    assert!(noted.contains("AND YET") && noted.contains("all your records"), "{noted}");
    named(&town, "see");
    let (printed, _) = says(&["revoke", "--all-records", "--from", &stranger]);
    assert!(printed.contains("AND YET") && !printed.contains("can no longer"), "{printed}");
    assert!(says(&revoke).1.contains("to act for you"));
    // The vault forgot the keys with the end of the grant; whatever the patient does next leaves them for the delegate.
    town.run("patient", &["list"]).ok();
    assert_opens(&town, "stranger", &first, NOTE);
    town.run("patient", &all).ok();
    let ended =
        town.run("patient", &["revoke", "--all-records", "--from", &stranger]).ok().object();
    assert_eq!(ended["sees_as_delegate"], true);
    town.run("patient", &["delegate", &stranger, "--end", "--keep-grants"]).ok();
    let (printed, noted) = says(&revoke);
    assert!(
        printed.contains("there is nothing to end") && !noted.contains("AND YET"),
        "{printed}{noted}"
    );
    town.run("stranger", &["access", &first, "-o", "late"]).refused(4, "grant-revoked");
    // Where there are no records at all, too.
    let none = town.run("clinic", &["revoke", "all", "--from", &stranger]).ok();
    assert!(none.rows().is_empty());
}

#[test]
fn commands_that_are_named_while_somebody_acts_are_for_the_same_patient() {
    let home = Home::with(&["patient", "helper"]);
    let id = home.create("note.txt", NOTE);
    let patient = home.principal("patient").to_owned();
    home.json("helper", &["people", "add", &patient, "--name", "My mother", "--yes"]).ok();
    let helper = home.principal("helper").to_owned();
    home.json("patient", &["delegate", &helper, "--may", "see,share", "--for", "30d", "--yes"])
        .ok();
    let said = |line: &[&str]| {
        let run = home.text("helper", &[&["as", "My mother"], line].concat()).ok();
        run.printed().to_owned()
    };
    assert!(said(&["show", "1"]).contains("1 entry: mrms as 'My mother' audit 1"));
    assert!(said(&["audit", "1"]).contains("create"), "and it works");
    let nobody = said(&["shared"]);
    assert!(nobody.contains("anything of My mother\nmrms as 'My mother' grant RECORD"), "{nobody}");
    let own = home.text("patient", &["show", &id]).ok();
    assert!(own.printed().contains("1 entry: mrms audit 1"), "{}", own.printed());
}
