//! What a clinic reads of the records that patients share with it.

use super::screen;
use crate::support::{Home, NOTE};

/// Puts a file on record under a label.
fn create(home: &Home, id: &str, label: &str) {
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", id, "--label", label]).ok();
}

fn list(home: &Home, more: &[&str]) -> String {
    screen(&home.text("clinic", &[&["list", "--shared-with-me"], more].concat()).ok())
}

/// The end of a principal, as names are told apart by it.
fn end(home: &Home, name: &str) -> String {
    let principal = home.principal(name);
    format!("…{}", &principal[principal.len() - 4..])
}

#[test]
fn clinic_reads_the_patients_names_for_records_and_for_themselves() {
    let home = Home::with(&["patient", "clinic"]);
    create(&home, "11", "Blood test, May");
    create(&home, "12", "X-ray of the left knee after the fall on the stairs, second opinion");
    create(&home, "13", "Allergies");
    home.grant("11", "clinic", &["--as", "Maria Muster"]);
    home.grant("12", "clinic", &["--amend"]);
    home.grant("13", "clinic", &["--emergency"]);
    let maria = format!("“Maria Muster” ({})", end(&home, "patient"));
    assert_eq!(
        list(&home, &[]),
        format!(
            "s1  {maria}: Blood test, May; until revoked; new\n\
             s2  “Maria Muster” (……: X-ray of the lef…; until revoked; you may add to it; new\n\
             s3  {maria}: (no name); until revoked; for emergencies"
        )
    );
    assert_eq!(list(&home, &["blood TEST"]).lines().count(), 1);
    assert_eq!(list(&home, &["Muster"]).lines().count(), 3);
    assert_eq!(
        list(&home, &["cardiology"]),
        "nothing that is shared with you has that in its names"
    );
    home.assert_opens("clinic", "11", NOTE);
    assert!(list(&home, &["Blood"]).ends_with("Blood test, May; until revoked"));
    // By its name, and by its number in this list.
    for which in
        ["allergies", "x-ray of the left knee after the fall on the stairs, second opinion", "2"]
    {
        let run = home.json("clinic", &["access", which, "-o", "opened", "--force"]);
        assert_eq!(run.code, Some(if which == "allergies" { 3 } else { 0 }), "{run:?}");
    }
    let shown = home.text("clinic", &["show", "blood test, may"]).ok();
    assert!(shown.printed().starts_with(&format!("“Blood test, May”, of {maria}")), "{shown:?}");
    home.file("note.txt", "second");
    let amend = ["amend", "11", "note.txt", "--label", "Blood test, June"];
    home.json("patient", &amend).ok();
    assert!(list(&home, &["Blood"]).ends_with("Blood test, June; until revoked; new"));
    let shared = home.json("clinic", &["list", "--shared-with-me", "June"]).ok().object();
    assert_eq!(shared["name"], "Blood test, June");
    assert_eq!(shared["patient_calls_themselves"], "Maria Muster");
    assert_eq!((&shared["new"], &shared["number"]), (&true.into(), &1.into()));

    let openings = screen(&home.text("clinic", &["openings", "blood"]).ok());
    let rest = format!("  {maria}: Blood test, June, version 1");
    assert!(openings.ends_with(&rest) && openings.lines().count() == 1, "{openings}");
    let opened = home.json("clinic", &["openings", "june"]).ok().object();
    assert_eq!((&opened["version"], &opened["emergency"]), (&1.into(), &false.into()));
}

#[test]
fn names_go_out_of_the_way_with_the_grant_and_stay_locked_without_a_passphrase() {
    let home = Home::with(&["patient", "clinic"]);
    create(&home, "11", "Blood test, May");
    home.grant("11", "clinic", &["--for", "12h", "--as", "Maria Muster"]);
    let locked = ["list", "--shared-with-me"];
    let locked = home.run(home.command_without_passphrase("clinic", &locked)).ok();
    let patient = home.principal("patient");
    let short = format!("{}{}", &patient[..4], end(&home, "patient"));
    assert!(screen(&locked).starts_with(&format!("s1  {short}: (locked); until ")), "{locked:?}");
    assert!(locked.stderr.contains("mrms key unlock"));
    assert!(list(&home, &[]).contains("Maria Muster"));
    home.json("patient", &["revoke", "11", home.principal("clinic")]).ok();
    assert_eq!(list(&home, &[]), "nothing that was shared with you can be opened now");
    assert!(list(&home, &["--ended"]).ends_with("Blood test, May; ended"));
    assert!(list(&home, &["maria"]).ends_with("Blood test, May; ended"), "found by name");
    let folder = home.profile_folder("clinic");
    let sealed = std::fs::read(folder.join("received.sealed")).unwrap();
    for hidden in [&b"Blood"[..], b"Maria", patient.as_bytes()] {
        assert!(!sealed.windows(hidden.len()).any(|part| part == hidden));
    }
}
