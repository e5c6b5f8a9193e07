//! What a clinic reads when it sends, and a patient when something came.

use super::screen;
use crate::support::{Home, NOTE};

fn short(home: &Home, name: &str) -> String {
    let principal = home.principal(name);
    format!("{}…{}", &principal[..4], &principal[principal.len() - 4..])
}

/// A text without the ids of records, which differ from run to run.
fn told(text: &str) -> String {
    let without = |word: &str| {
        let digits = word.chars().take_while(char::is_ascii_digit).count();
        if digits > 20 { format!("ID{}", &word[digits..]) } else { word.to_owned() }
    };
    text.split(' ').map(without).collect::<Vec<_>>().join(" ")
}

#[test]
fn clinic_sends_and_the_patient_reads_and_accepts() {
    let home = Home::with(&["patient", "clinic"]);
    home.file("report.txt", NOTE);
    home.json(
        "clinic",
        &["people", "add", home.principal("patient"), "--name", "Maria Muster", "--yes"],
    )
    .ok();
    let send = ["send", "Maria Muster", "report.txt", "--label", "Blood test, May"];
    let sent = home.text("clinic", &send).ok();
    assert_eq!(
        told(&screen(&sent)),
        "sent to Maria Muster: Blood test, May\n  \
           they can read it now, and nobody else but you\n  \
           it becomes theirs when they accept it: mrms inbox, mrms accept\n  \
           record ID, on chain"
    );
    let long = "X-ray of the left knee after the fall on the stairs, with a second opinion";
    home.json("clinic", &["send", "Maria Muster", "report.txt", "--label", long]).ok();
    let clinic = short(&home, "clinic");
    let shown = home.text("patient", &["inbox"]).ok();
    assert_eq!(
        told(&screen(&shown)),
        format!(
            "1  {clinic}: Blood test, May; TODAY\n\
             2  {clinic}: X-ray of the left knee after the fall on the stairs,…; TODAY"
        )
    );
    assert!(shown.stderr.contains("mrms accept 1 makes it yours"), "{shown:?}");
    home.json(
        "patient",
        &["people", "add", home.principal("clinic"), "--name", "Clinic B", "--yes"],
    )
    .ok();
    let accepted = home.text("patient", &["accept", "1"]).ok();
    assert_eq!(
        screen(&accepted),
        "Blood test, May is yours now, from Clinic B\n  nobody else can open it, unless you grant it"
    );
    let refused = home.text("patient", &["refuse", "2"]).ok();
    assert_eq!(screen(&refused), format!("{long}\n  is out of your inbox; its sender is not told"));
    let empty = home.text("patient", &["inbox"]).ok();
    assert_eq!(screen(&empty), "nothing was sent to you that waits for an answer");
    assert!(empty.stderr.contains("1 refused; --refused lists them"), "{empty:?}");
}
