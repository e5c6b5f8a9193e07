//! Several records, people and files in one command.

use std::fs;

use serde_json::json;

use crate::support::{Home, NOTE, number, text};

fn with_records(people: &[&str], count: usize) -> Home {
    let home = Home::with(people);
    for number in 1..=count {
        home.create(&format!("record-{number}.txt"), NOTE);
    }
    home
}

#[test]
fn grant_to_several_people_tells_each_and_a_failure_stops_none_of_the_others() {
    let home = with_records(&["patient", "clinic", "other"], 3);
    let (clinic, other) = (home.principal("clinic"), home.principal("other"));
    let line = ["grant", "1-2", "record-3.txt", "--to", clinic, "--to", other, "--for", "2weeks"];
    let granted = home.json("patient", &line).ok().rows();
    assert_eq!(granted.len(), 6);
    assert!(granted.iter().all(|row| row["rights"] == "read"), "{granted:?}");
    assert_eq!(number(&granted[2], "number"), 3);
    // Again, longer: what they may do is kept.
    home.json("patient", &["grant", "2", "--to", clinic, "--for", "30d", "--amend"]).ok();
    let again = home.json("patient", &["grant", "all", "--to", clinic, "--for", "60 days"]).ok();
    let rights: Vec<_> = again.rows().iter().map(|row| row["rights"].clone()).collect();
    assert_eq!(rights, ["read", "read+amend", "read"]);
    // To oneself nothing can be granted; the others are.
    let me = home.principal("patient");
    let run = home.json("patient", &["grant", "1-2", "--to", me, "--to", other, "--for", "90d"]);
    let rows = run.rows();
    let failed = rows.iter().filter(|row| row["done"] == json!(false)).count();
    assert_eq!((failed, rows.len()), (2, 5), "two failed, two were made, and an error: {run:?}");
    assert_eq!(rows[4]["error"]["code"], "grant-incomplete");
    assert_eq!(run.code, Some(1), "{run:?}");
    // A record that is not there stops everything before it begins.
    let audit = || home.json("patient", &["audit"]).ok().rows().len();
    let before = audit();
    home.json("patient", &["grant", "1", "no such", "--to", clinic, "--forever"])
        .refused(3, "record-unknown");
    home.json("patient", &["grant", "1", "--to", "Nobody", "--forever"]).refused(3, "name-unknown");
    home.json("patient", &["grant", "1", "--forever"]).refused(2, "usage");
    let signed = ["grant", "1-2", "--to", clinic, "--forever", "-o", "signed"];
    home.json("patient", &signed).refused(2, "usage");
    assert_eq!(audit(), before, "nothing was sent");
}

#[test]
fn grant_is_as_short_as_a_block_and_says_so() {
    let home = with_records(&["patient", "clinic"], 1);
    let line = ["grant", "1", home.principal("clinic"), "--for", "1min"];
    let granted = home.text("patient", &line).ok();
    assert!(granted.stderr.contains("about ten minutes"), "{granted:?}");
    let line = ["grant", "1", home.principal("clinic"), "--until", "tomorrow"];
    home.json("patient", &line).ok();
}

#[test]
fn revoke_of_several_tells_what_was_opened_of_each() {
    let home = with_records(&["patient", "clinic"], 3);
    let clinic = home.principal("clinic");
    home.json("patient", &["grant", "1-2", "--to", clinic, "--forever"]).ok();
    let ids: Vec<_> = home.json("patient", &["list"]).ok().rows();
    home.json("clinic", &["access", text(&ids[0], "record_id"), "-o", "out"]).ok();
    let run = home.json("patient", &["revoke", "1-3", "--from", clinic]);
    let rows = run.rows();
    assert_eq!(rows[0]["versions_opened"], json!([1]));
    assert_eq!(rows[1]["versions_closed"], json!([1]));
    assert_eq!((&rows[2]["done"], &rows[2]["code"]), (&json!(false), &json!("no-such-grant")));
    assert_eq!((run.code, &rows[3]["error"]["code"]), (Some(3), &json!("revoke-incomplete")));
    home.json("clinic", &["access", text(&ids[1], "record_id"), "-o", "late"])
        .refused(4, "grant-revoked");
}

#[test]
fn revoke_of_all_ends_what_is_shared_and_nothing_is_no_failure() {
    let home = with_records(&["patient", "clinic"], 3);
    let clinic = home.principal("clinic");
    let line = ["revoke", "all", "--from", clinic];
    let none = home.text("patient", &line).ok();
    assert!(none.printed().contains("no record is shared with"), "{none:?}");
    assert!(!none.printed().contains("NOT DONE"), "{none:?}");
    assert!(home.json("patient", &line).ok().rows().is_empty());
    home.json("patient", &["grant", "2", "--to", clinic, "--forever"]).ok();
    let rows = home.json("patient", &line).ok().rows();
    assert_eq!((rows.len(), &rows[0]["number"]), (1, &json!(2)), "{rows:?}");
    // Of one record that was named, it is.
    home.json("patient", &["revoke", "1", "--from", clinic]).refused(3, "no-such-grant");
}

#[test]
fn stop_ends_single_and_standing_access_and_asks_first() {
    let home = with_records(&["patient", "clinic"], 2);
    let (patient, clinic) = (home.principal("patient"), home.principal("clinic"));
    home.json("patient", &["grant", "1", clinic, "--forever"]).ok();
    let grant = json!({"patient": patient, "user": clinic, "rights": 1, "expiry": null});
    let call = ["contract", "call", "grant-standing-access", &grant.to_string()];
    home.json("patient", &call).ok();
    let shared = home.json("patient", &["shared"]).ok().object();
    assert_eq!(shared["all_records"], true);
    assert_eq!(shared["records"].as_array().unwrap().len(), 2);
    let listed = home.json("patient", &["list"]).ok().rows();
    let by_all: Vec<_> = listed.iter().map(|row| &row["shared_with"][0]["all_records"]).collect();
    assert_eq!(by_all, [false, true]);
    let asked = home.json("patient", &["stop", clinic]).refused(1, "not-confirmed");
    let question = text(&asked, "message");
    assert!(
        question.contains("all your records") && question.contains("record-1.txt"),
        "{question}"
    );
    let rows = home.json("patient", &["stop", clinic, "--yes"]).ok().rows();
    assert_eq!(rows[0]["number"], 1);
    assert_eq!((&rows[1]["all_records"], rows.len()), (&json!(true), 2));
    assert!(home.json("patient", &["shared"]).ok().stdout.is_empty());
    for row in &listed {
        let code = home.json("clinic", &["access", text(row, "record_id"), "-o", "late"]).code;
        assert_eq!(code, Some(4));
    }
    home.create("later.txt", NOTE);
    assert_eq!(home.json("patient", &["list"]).ok().rows()[2]["readers"], 0);
    // Again: there is nothing left, and nothing is asked.
    let again = home.json("patient", &["stop", clinic]).ok().object();
    assert_eq!((&again["records"], &again["all_records"]), (&json!([]), &json!(false)));
}

#[test]
fn who_marks_emergencies_and_refusals_and_tells_the_reason() {
    let home = with_records(&["patient", "clinic", "stranger"], 2);
    let clinic = home.principal("clinic");
    home.json("patient", &["grant", "1", clinic, "--forever", "--emergency"]).ok();
    let id = home.json("patient", &["list"]).ok().rows()[0]["record_id"].clone();
    let id = id.as_str().unwrap();
    let reason = "unconscious in the emergency room";
    home.json("clinic", &["access", id, "-o", "out", "--yes", "--emergency", reason]).ok();
    home.json("stranger", &["access", id, "-o", "no"]).refused(4, "no-access");
    home.assert_opens("patient", id, NOTE);
    let locked = home.run({
        let mut command = home.command_without_passphrase("patient", &["who", "--json"]);
        command.env("MRMS_HOME", home.root());
        command
    });
    assert_eq!(locked.rows().len(), 3, "who it was is no secret: {locked:?}");
    let rows = home.json("patient", &["who"]).ok().rows();
    let kinds: Vec<_> = rows.iter().filter_map(|row| row["what"].as_str()).collect();
    assert_eq!(kinds, ["emergency", "opened-in-emergency", "refused"]);
    assert_eq!(rows[0]["reason"], reason);
    assert_eq!(rows[2]["refused"], "no-access");
    assert_eq!((&rows[3]["vaults_agree"], rows.len()), (&json!(true), 4));
    let all = home.json("patient", &["who", "--all"]).ok().rows();
    assert_eq!(all.len(), 5, "one's own opening as well");
    let flagged = || home.json("patient", &["list"]).ok().rows()[0]["emergencies"].clone();
    assert_eq!(flagged(), json!([clinic]), "a program read it, and no person");
    let said = home.text("patient", &["who", "1"]).ok();
    assert!(said.printed().contains(reason), "{said:?}");
    assert!(said.printed().contains("EMERGENCY") && said.printed().contains("REFUSED"), "{said:?}");
    assert_eq!(flagged(), json!([]), "it was reviewed");
    assert_eq!(home.json("patient", &["who", "2"]).ok().rows().len(), 1);
    home.json("stranger", &["who", id]).refused(4, "not-patient");
}

/// Runs a command as the patient with a terminal as its standard error, and gives what stood on it.
#[cfg(unix)]
fn at_a_terminal(home: &Home, line: &[&str]) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::fs::File;
    use std::io::Read;
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let terminal = ptsname(&screen, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(terminal).unwrap();
    let mut command = home.command("patient", line);
    command.stdout(std::process::Stdio::null()).stderr(terminal);
    assert!(command.status().unwrap().success(), "{line:?}");
    // Whatever holds the terminal open is gone with the command, so that reading ends.
    drop(command);
    let mut shown = Vec::new();
    let _ = File::from(screen).read_to_end(&mut shown);
    String::from_utf8(shown).unwrap()
}

#[test]
#[cfg(unix)]
fn person_at_a_terminal_is_told_once_that_others_opened_something() {
    let home = with_records(&["patient", "clinic"], 1);
    home.json("patient", &["grant", "1", home.principal("clinic"), "--forever"]).ok();
    let id = home.json("patient", &["list"]).ok().object()["record_id"].clone();
    let opens =
        || home.json("clinic", &["access", id.as_str().unwrap(), "-o", "o", "--force"]).ok();
    opens();
    let told = |line: &[&str]| at_a_terminal(&home, line).contains("mrms who shows them");
    assert!(!told(&["list"]), "what was before the first look is no news");
    opens();
    opens();
    home.json("patient", &["list"]).ok();
    assert!(!told(&["list", "--json"]), "never for a script");
    let shown = at_a_terminal(&home, &["show", "1"]);
    assert!(shown.contains("2 openings since "), "{shown}");
    assert!(!told(&["list"]), "told once");
    opens();
    assert!(!told(&["who"]), "it shows them");
    assert!(!told(&["shared"]), "they were shown");
}

#[test]
fn create_takes_files_and_folders_and_a_repeated_command_puts_nothing_on_record_twice() {
    let home = Home::with(&["patient"]);
    std::fs::create_dir_all(home.work().join("letters/old")).unwrap();
    for (name, bytes) in [
        ("letters/b.txt", "b"),
        ("letters/old/a.txt", "a"),
        ("letters/.hidden", "h"),
        ("letters/empty.txt", ""),
        ("alone.txt", "alone"),
    ] {
        home.file(name, bytes);
    }
    home.json("patient", &["create", "letters", "alone.txt", "--label", "x"]).refused(2, "usage");
    let line = ["create", "letters", "alone.txt", "not-there.txt"];
    let run = home.json("patient", &line);
    let rows = run.rows();
    assert!(run.stderr.contains(".hidden"), "{run:?}");
    let files: Vec<_> = rows.iter().filter_map(|row| row["file"].as_str()).collect();
    let expected =
        ["letters/b.txt", "letters/empty.txt", "letters/old/a.txt", "alone.txt", "not-there.txt"];
    assert_eq!(files, expected);
    let numbers: Vec<_> = rows.iter().map(|row| row["number"].clone()).collect();
    assert_eq!(numbers[..4], [json!(1), json!(null), json!(2), json!(3)]);
    assert_eq!(rows[5]["error"]["code"], "create-incomplete");
    assert_ne!(run.code, Some(0));
    // What failed is mended, and the same command goes on.
    home.file("letters/empty.txt", "no longer");
    home.file("not-there.txt", "there");
    let again = home.json("patient", &line).ok().rows();
    let before: Vec<_> = again.iter().map(|row| row["created"] == json!(true)).collect();
    assert_eq!(before, [true, false, true, true, false]);
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 5);
    // What is on record is left out, by its content and whatever its date, until it is asked for again.
    let same = ["create", "letters/b.txt", "alone.txt"];
    home.file("letters/b.txt", home.read("letters/b.txt"));
    home.json("patient", &same).ok();
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 5);
    let path = home.work().join("letters/b.txt");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    home.file("letters/b.txt", "B");
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    home.json("patient", &same).ok();
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 6);
    home.json("patient", &[&same[..], &["--again"]].concat()).ok();
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 8);
}

#[test]
fn file_that_one_command_put_on_record_is_known_to_the_next_whatever_their_number() {
    let home = Home::with(&["patient"]);
    home.file("f1", "one");
    home.file("f2", "two");
    let count = || home.json("patient", &["list"]).ok().rows().len();
    let first = home.json("patient", &["create", "f1"]).ok().object();
    let rows = home.json("patient", &["create", "f1", "f2"]).ok().rows();
    assert_eq!((&rows[0]["record_id"], &rows[0]["number"]), (&first["record_id"], &json!(1)));
    assert_eq!((number(&rows[1], "number"), count()), (2, 2));
    // One alone, in words.
    let told = home.text("patient", &["create", "f1"]).ok();
    assert!(told.printed().contains("“f1” is on record already, as #1"), "{told:?}");
    assert!(told.stderr.contains("--again"), "{told:?}");
    let told = home.json("patient", &["create", "f2"]).ok().object();
    assert_eq!((&told["record_id"], count()), (&rows[1]["record_id"], 2));
    assert_eq!(home.json("patient", &["create", "f2", "--dry-run"]).ok().object(), told);
    // What is asked for is made: once more, under an id of its own, signed for later.
    home.json("patient", &["create", "f1", "--again"]).ok();
    home.json("patient", &["create", "f1", "--id", "7"]).ok();
    home.json("patient", &["create", "f1", "-o", "create.tx"]).ok();
    assert_eq!(count(), 4);
    let newest = home.json("patient", &["create", "f1"]).ok().object();
    assert_eq!((&newest["record_id"], count()), (&json!("7"), 4), "the newest of them");
    // With other content it is another file; as a version of a record it is on record, too.
    home.file("f1", "one, corrected");
    home.json("patient", &["amend", "1", "f1"]).ok();
    let told = home.json("patient", &["create", "f1"]).ok().object();
    assert_eq!((number(&told, "number"), count()), (1, 4));
    home.file("f1", "another");
    home.json("patient", &["create", "f1"]).ok();
    assert_eq!(count(), 5);
    // What is gone is put on record anew.
    home.file("f3", "three");
    home.json("patient", &["create", "f3", "--erasable"]).ok();
    home.json("patient", &["erase", "6", "--yes"]).ok();
    let anew = home.json("patient", &["create", "f3"]).ok().object();
    assert_eq!(number(&anew, "number"), 7);
    // An option that says more of the file than it does itself asks for another record.
    let before = count();
    home.json("patient", &["create", "f3", "--label", "Letter"]).ok();
    home.json("patient", &["create", "f3", "--erasable"]).ok();
    home.json("patient", &["create", "f3", "--media-type", "text/plain"]).ok();
    assert_eq!(count(), before + 3);
}

#[test]
fn file_of_several_patients_is_on_record_for_each() {
    let home = Home::with(&["patient", "helper"]);
    home.file("letter", "to both");
    let (patient, helper) = (home.principal("patient"), home.principal("helper"));
    home.json("patient", &["delegate", helper, "--may", "see,add", "--for", "30d", "--yes"]).ok();
    let theirs = ["as", patient, "create", "letter"];
    let made = home.json("helper", &theirs).ok().object();
    let own = home.json("helper", &["create", "letter"]).ok().object();
    assert_ne!(made["record_id"], own["record_id"]);
    for (line, record) in [(&theirs[..], &made), (&["create", "letter"], &own)] {
        let again = home.json("helper", line).ok().object();
        assert_eq!((&again["record_id"], &again["created"]), (&record["record_id"], &json!(true)));
    }
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
}
