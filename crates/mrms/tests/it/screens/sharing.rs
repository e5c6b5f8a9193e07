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
