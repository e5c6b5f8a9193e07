//! Openings for which the vaults gave no key opened nothing, and are not counted as if they had.

use serde_json::json;

use crate::support::{Home, NOTE, number};

/// The clinic may open record 7 by the contract, and no vault has a share for it.
fn granted_without_keys() -> Home {
    let home = Home::with(&["patient", "clinic"]);
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    let grant = json!({"record-id": 7, "user": home.principal("clinic"), "expiry": null});
    let call = ["contract", "call", "grant-record-access", &grant.to_string()];
    home.json("patient", &call).ok();
    home
}

/// How often the clinic made an entry.
fn entries(home: &Home) -> u64 {
    let trail = home.json("patient", &["audit", "7"]).ok().rows();
    trail.iter().filter(|row| row["action"] == "access").count() as u64
}

#[test]
fn refused_openings_are_told_apart_from_those_that_opened_something() {
    let home = granted_without_keys();
    for _ in 0..5 {
        assert_ne!(home.json("clinic", &["access", "7", "-o", "out", "--force"]).code, Some(0));
    }
    let refused = entries(&home);
    assert!(refused > 0);
    let shared = |home: &Home| {
        let record = home.json("patient", &["shared"]).ok().object()["records"][0].clone();
        (number(&record, "openings"), number(&record, "openings_without_key"))
    };
    assert_eq!(shared(&home), (0, refused));
    let told = home.text("patient", &["shared"]).ok();
    let words = told.printed().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("not opened") && words.contains("the vaults gave no key"), "{told:?}");
    let shown = home.json("patient", &["show", "7"]).ok().object();
    assert_eq!(shown["grants"][0]["openings"], 0, "{shown}");
    assert_eq!(shown["grants"][0]["openings_without_key"], refused, "{shown}");
    let looked = home.json("patient", &["who"]).ok().rows();
    let looks: Vec<_> = looked.iter().filter(|row| row["index"].is_u64()).collect();
    assert_eq!(looks.len() as u64, refused);
    assert!(looks.iter().all(|one| one["what"] == "refused" && one["refused"] == "no-key"));
    // With the keys it is opened, and that counts.
    home.grant("7", "clinic", &[]);
    home.assert_opens("clinic", "7", NOTE);
    let opened = entries(&home) - refused;
    let (openings, without) = shared(&home);
    assert_eq!((openings + without, openings > 0), (refused + opened, true));
    home.json("patient", &["stop", home.principal("clinic"), "--yes"]).ok();
    let ended = home.json("patient", &["shared", home.principal("clinic")]).ok().object();
    let ended = &ended["ended"][0];
    assert_eq!(
        (number(ended, "openings"), number(ended, "openings_without_key")),
        (openings, without)
    );
}
