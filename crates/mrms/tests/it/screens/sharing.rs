//! A patient's screens: list, show, grant, shared, who and stop.

use super::screen;
use crate::support::{Home, NOTE};

/// A patient with three records, a clinic that opened one, and another that may not.
fn lived() -> Home {
    let home = Home::with(&["patient", "clinic", "other"]);
    for (file, label) in [
        ("a.txt", "Blood test, May"),
        ("b.txt", "X-ray"),
        ("c.txt", "A letter with a label that is longer than any column of a screen can be"),
    ] {
        home.file(file, NOTE);
        home.text("patient", &["create", file, "--label", label]).ok();
    }
    home.text("patient", &["amend", "#1", "a.txt", "--label", "Blood test, May"]).ok();
    home
}

/// Somebody's principal as it is shown short.
fn short(home: &Home, name: &str) -> String {
    let principal = home.principal(name);
    format!("{}…{}", &principal[..4], &principal[principal.len() - 4..])
}

/// A screen in which people have names of their roles in place of their principals.
#[track_caller]
fn read(home: &Home, arguments: &[&str]) -> String {
    let run = home.text("patient", arguments).ok();
    let mut text = screen(&run);
    for (name, shown) in [("clinic", "CLINIC"), ("other", "OTHER")] {
        text = text.replace(home.principal(name), shown);
        text = text.replace(&short(home, name), shown);
    }
    text
}

#[track_caller]
fn assert_screen(found: &str, expected: &str) {
    let squeeze = |text: &str| {
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(squeeze(found), squeeze(expected.trim_matches('\n')), "\n{found}");
}

#[test]
fn what_goes_into_a_pipe_is_not_cut() {
    let home = lived();
    home.text("patient", &["grant", "#3", home.principal("clinic"), "--forever"]).ok();
    let label = "A letter with a label that is longer than any column of a screen can be";
    for (who, line) in [("patient", &["list"][..]), ("clinic", &["list", "--shared-with-me"])] {
        let mut piped = home.command(who, line);
        piped.env_remove("COLUMNS");
        let run = home.run(piped).ok();
        assert!(run.printed().contains(label), "{run:?}");
        assert!(!home.text(who, line).ok().printed().contains(label), "a screen has 80 columns");
    }
}

#[test]
fn patient_reads_who_can_open_what_until_when_and_who_did() {
    let home = lived();
    let (clinic, other) = (home.principal("clinic"), home.principal("other"));
    assert_screen(
        &read(&home, &["list"]),
        "
  #  on record    name                            who can open it
  1  TODAY  Blood test, May (v2)  nobody else
  2  TODAY  X-ray  nobody else
  3  TODAY  A letter with a label tha…  nobody else
",
    );
    assert_screen(
        &read(&home, &["grant", "#1", "X-ray", "--to", clinic, "--for", "30d"]),
        "
CLINIC, not among your people, may open “Blood test, May” (#1)
  until IN-30-DAYS, about HH:MM UTC (N days left)
  they can open version 2 and later ones
  the vaults give the key of version 2 against an entry in the log
CLINIC, not among your people, may open “X-ray” (#2)
  until IN-30-DAYS, about HH:MM UTC (N days left)
  they can open version 1 and later ones
  the vaults give the key of version 1 against an entry in the log
",
    );
    read(&home, &["grant", "#1", other, "--forever", "--emergency"]);
    let record = home.json("patient", &["list"]).ok().rows()[0]["record_id"].clone();
    let record = record.as_str().unwrap();
    home.json("clinic", &["access", record, "-o", "out"]).ok();
    home.json("other", &["access", record, "-o", "no"]).refused(4, "no-read-right");
    assert_screen(
        &read(&home, &["list", "blood"]),
        "
  #  on record    name                            who can open it
  1  TODAY  Blood test, May (v2)  CLINIC until IN-30-DAYS; 1 more
",
    );
    assert_screen(
        &read(&home, &["show", "Blood test, May"]),
        "
“Blood test, May” (#1), yours
versions
    1  TODAY, HH:MM  Blood test, May  by you
    2  TODAY, HH:MM  Blood test, May  by you
who can open it
  CLINIC  until IN-30-DAYS, may open it
      version 2 and later ones; opened once, TODAY
  OTHER  until you end it, may open it in an emergency only
      version 2 and later ones; not opened
its log has 5 entries: mrms audit 1
",
    );
    assert_screen(
        &read(&home, &["shared"]),
        "
CLINIC, not among your people
    1  Blood test, May             until IN-30-DAYS   opened TODAY
    2  X-ray                       until IN-30-DAYS   not opened
OTHER, not among your people
    1  Blood test, May             until you end it   not opened
       may open it in an emergency only
longer:  mrms grant 1 --to CLINIC --for 30d
end one: mrms revoke 1 --from CLINIC
stop:    mrms stop CLINIC
",
    );
    assert_screen(
        &read(&home, &["who", "--since", "1w"]),
        "
TODAY, HH:MM  CLINIC, not among your people, opened “Blood test, May”
                   (#1), version 2
TODAY, HH:MM  REFUSED: OTHER, not among your people, tried to open
                   “Blood test, May” (#1): they may open it in an emergency only
the vaults' logs agree
",
    );
    assert_screen(
        &read(&home, &["stop", clinic, "--yes"]),
        "
CLINIC, not among your people, can no longer open “Blood test, May” (#1)
  they opened version 2; what they saved, they may keep
  versions added from now on are closed to them
CLINIC, not among your people, can no longer open “X-ray” (#2)
  they opened no version of it
  version 1 they could have opened and did not; it is closed to them now
  versions added from now on are closed to them
CLINIC, not among your people, can open nothing of yours now
",
    );
    assert_screen(
        &read(&home, &["show", "#1"]),
        "
“Blood test, May” (#1), yours
versions
    1  TODAY, HH:MM  Blood test, May  by you
    2  TODAY, HH:MM  Blood test, May  by you
who can open it
  OTHER  until you end it, may open it in an emergency only
      version 2 and later ones; not opened
the access of 1 other has ended: --all shows whose
its log has 6 entries: mrms audit 1
",
    );
    let all = read(&home, &["show", "#1", "--all"]);
    assert!(all.contains("whose access has ended") && all.contains("ended by you"), "{all}");
    let details = home.text("patient", &["show", "#1", "--details"]).ok();
    assert!(details.printed().contains(clinic), "{details:?}");
    assert_screen(
        &read(&home, &["stop", clinic, "--yes"]),
        "CLINIC, not among your people, can open nothing of yours",
    );
}

#[test]
fn patient_reads_that_openings_of_a_key_on_the_chain_are_not_known() {
    let home = lived();
    let clinic = home.principal("clinic");
    home.json("patient", &["grant", "2", "--to", clinic, "--for", "30d", "--direct", "--yes"]).ok();
    let shared = read(&home, &["shared"]);
    assert_screen(
        shared.split("longer:").next().unwrap(),
        "
CLINIC, not among your people
    2  X-ray                       until IN-30-DAYS   not known
       the key is on the chain: openings are not known
",
    );
    let shown = read(&home, &["show", "2"]);
    assert!(
        shown.contains("every version; the key is on the chain: openings are not known"),
        "{shown}"
    );
    let row = home.json("patient", &["shared"]).ok().object();
    assert_eq!(row["records"][0]["key_on_chain"], true);
    home.json("clinic", &["access", "1", "-o", "out"]).ok();
    let shared = read(&home, &["shared"]);
    assert!(shared.contains("opened TODAY\n"), "{shared}");
    assert!(shared.contains("the key is on the chain: other openings are not known"), "{shared}");
}

#[test]
fn who_tells_that_the_sender_of_a_record_wrote_it() {
    let home = Home::with(&["patient", "clinic", "other"]);
    home.file("report.txt", NOTE);
    let patient = home.principal("patient");
    home.json("clinic", &["send", patient, "report.txt", "--label", "Blood test"]).ok();
    home.json("patient", &["accept", "all"]).ok();
    let id = home.json("patient", &["list"]).ok().object()["record_id"].clone();
    for who in ["clinic", "other"] {
        home.json(who, &["access", id.as_str().unwrap(), "-o", "x"]).refused(4, "no-access");
    }
    let told = read(&home, &["who"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let sentences: Vec<_> = told.split("REFUSED: ").collect();
    assert!(sentences[1].contains("they wrote it, and you have not given them access"), "{told}");
    assert!(sentences[2].contains("they never had access"), "{told}");
}

#[test]
fn doctor_shows_a_person_no_heights_and_no_hashes() {
    let home = lived();
    let shown = home.text("patient", &["doctor"]).ok();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for word in words(shown.printed()) {
        let is_hash = word.len() > 30 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(!is_hash && !word.starts_with("ST"), "{word}: {shown:?}");
    }
    assert!(!shown.printed().contains("burn height") && !shown.printed().contains("block "));
    let details = home.text("patient", &["doctor", "--details"]).ok();
    assert!(details.printed().contains("burn height"), "{details:?}");
    let rows = home.json("patient", &["doctor"]).ok().rows();
    let ledger = rows.iter().find(|row| row["check"] == "ledger").unwrap();
    assert!(ledger["message"].as_str().unwrap().contains("burn height"), "{ledger}");
}

#[test]
fn who_tells_what_a_record_was_called_when_somebody_looked() {
    let home = Home::with(&["patient", "clinic", "other"]);
    home.file("a.txt", NOTE);
    home.json("patient", &["create", "a.txt", "--label", "Blood test"]).ok();
    let id = home.json("patient", &["list"]).ok().object()["record_id"].clone();
    let id = id.as_str().unwrap();
    home.json("other", &["access", id, "-o", "x"]).refused(4, "no-access");
    home.grant(id, "clinic", &["--amend"]);
    home.json("clinic", &["access", id, "-o", "first"]).ok();
    home.file("b.txt", "second");
    home.json("clinic", &["amend", id, "b.txt", "--label", "Nothing at all"]).ok();
    home.json("clinic", &["access", id, "-o", "second"]).ok();
    home.json("other", &["access", id, "-o", "x"]).refused(4, "no-access");
    let looks = home.json("patient", &["who"]).ok().rows();
    let names: Vec<_> = looks.iter().filter_map(|look| look["name"].as_str()).collect();
    // Who was refused saw no version; and whoever amends a record names nothing in what the patient reads.
    assert_eq!(names, ["Blood test"; 4], "{looks:?}");
    let told = read(&home, &["who"]);
    assert_eq!(told.matches("“Blood test”").count(), 4, "{told}");
    assert!(!told.contains("Nothing at all"), "{told}");
}

#[test]
fn erasing_names_the_record_and_people_and_shows_no_ids() {
    let home = lived();
    let clinic = home.principal("clinic");
    home.json("patient", &["people", "add", clinic, "--name", "Clinic B", "--yes"]).ok();
    home.json("patient", &["grant", "2", "--to", "Clinic B", "--for", "30d"]).ok();
    home.json("clinic", &["access", "1", "-o", "out"]).ok();
    let rows = home.json("patient", &["list"]).ok().rows();
    let id = rows[1]["record_id"].as_str().unwrap();
    let erased = home.text("patient", &["erase", "2", "--yes"]).ok();
    let told = erased.printed();
    for words in [
        "“X-ray” (#2) is erased",
        "Clinic B can no longer open it",
        "Clinic B opened version 1 before; what they kept then stays with them",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains(id) && !told.contains(clinic), "{told}");
}

#[test]
fn somebody_whose_access_has_ended_is_found_by_name_and_marked() {
    let home = lived();
    let clinic = home.principal("clinic");
    home.json("patient", &["people", "add", clinic, "--name", "Clinic B", "--yes"]).ok();
    home.json("patient", &["grant", "2", "--to", "Clinic B", "--for", "30d"]).ok();
    home.json("clinic", &["access", "1", "-o", "out"]).ok();
    home.json("patient", &["stop", "Clinic B", "--yes"]).ok();
    assert_screen(
        &read(&home, &["list", "clinic"]),
        "
  #  on record    name                            who can open it
  2  TODAY  X-ray  Clinic B ended by you
",
    );
    assert_screen(
        &read(&home, &["shared", "Clinic B"]),
        "
Clinic B can open nothing of yours
    2  X-ray                       ended by you       opened TODAY
",
    );
    let row = home.json("patient", &["list", "clinic"]).ok().object();
    assert_eq!(
        (row["readers"].as_u64(), row["ended"][0]["user"].as_str()),
        (Some(0), Some(clinic))
    );
    let row = home.json("patient", &["shared", "Clinic B"]).ok().object();
    assert_eq!(
        (row["records"].as_array().unwrap().len(), &row["ended"][0]["openings"]),
        (0, &1.into())
    );
    // What is shared now stands before what has ended.
    home.json("patient", &["grant", "3", "--to", "Clinic B", "--for", "30d"]).ok();
    let shared = read(&home, &["shared", "Clinic B"]);
    let (live, ended) = (shared.find("until IN-30-DAYS"), shared.find("ended by you"));
    assert!(live.is_some() && live < ended, "{shared}");
}
