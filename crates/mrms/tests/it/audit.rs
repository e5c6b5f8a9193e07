//! The trail: complete, in order, in each form, and found out when somebody touches it.

use serde_json::Value;

use crate::support::{Home, NOTE, text};

/// A record that was created, refused, granted, opened and revoked.
fn lived() -> (Home, String) {
    let home = Home::with(&["patient", "clinic", "stranger"]);
    let id = home.create("note.txt", NOTE);
    home.json("stranger", &["access", &id, "-o", "no"]).refused(4, "no-access");
    home.grant_directly(&id, "clinic", &["--for", "30d"]);
    home.assert_opens("clinic", &id, NOTE);
    home.json("patient", &["revoke", &id, home.principal("clinic")]).ok();
    home.json("clinic", &["access", &id, "-o", "no"]).refused(4, "grant-revoked");
    (home, id)
}

#[test]
fn trail_tells_every_action_and_every_refusal_in_order() {
    let (home, id) = lived();
    let trail = home.json("patient", &["audit", &id]).ok().rows();
    let told: Vec<_> =
        trail.iter().map(|line| (text(line, "action"), text(line, "outcome"))).collect();
    assert_eq!(
        told,
        [
            ("create", "ok"),
            ("access", "denied"),
            ("grant", "ok"),
            ("envelope", "ok"),
            ("access", "ok"),
            ("revoke", "ok"),
            ("access", "denied"),
        ]
    );
    let indexes: Vec<_> = trail.iter().filter_map(|line| line["index"].as_u64()).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    assert_eq!(trail[2]["subject"], home.principal("clinic"));
    assert_eq!(trail[4]["actor"], home.principal("clinic"));
    assert_eq!(trail[6]["reason"], "grant-revoked");
}

#[test]
fn people_read_the_trail_as_sentences() {
    let (home, id) = lived();
    let shown = home.text("patient", &["audit", &id, "--verify"]).ok();
    let printed = shown.printed();
    assert!(printed.contains("DENIED: grant-revoked"), "{printed}");
    assert!(printed.contains("log intact, 5 entries"), "{printed}");
}

#[test]
fn spreadsheet_has_the_same_lines_as_the_json() {
    let (home, id) = lived();
    let rows = home.json("patient", &["audit", &id]).ok().rows();
    let table = home.text("patient", &["audit", &id, "--csv"]).ok();
    let mut lines = table.printed().lines();
    let columns: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!(&columns[..3], ["record_id", "index", "action"]);
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.into_iter().zip(&rows) {
        for (column, cell) in columns.iter().zip(line.split(',')) {
            if *column == "rights" {
                let is_grant = row["action"] == "grant" && row["outcome"] == "ok";
                assert_eq!(cell, if is_grant { "read" } else { "" });
                continue;
            }
            let expected = match &row[*column] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(cell, expected, "{column}");
        }
    }
}

#[test]
fn other_health_software_gets_an_event_for_every_line() {
    let (home, id) = lived();
    let rows = home.json("patient", &["audit", &id]).ok().rows();
    let told = home.text("patient", &["audit", &id, "--fhir", "--verify"]).ok();
    let events: Vec<Value> =
        told.printed().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = events.iter().map(|event| text(event, "outcome")).collect();
    assert_eq!(outcomes, ["0", "8", "0", "0", "0", "0", "8"]);
    for (event, row) in events.iter().zip(&rows) {
        assert_eq!(event["resourceType"], "AuditEvent");
        assert_eq!(event["recorded"], row["time"]);
    }
    home.json("patient", &["audit", &id, "--fhir"]).refused(2, "usage");
}

#[test]
fn all_of_a_patients_trails_come_without_an_id_and_nobody_elses() {
    let (home, id) = lived();
    let other = home.create("other.txt", "other");
    let rows = home.json("patient", &["audit"]).ok().rows();
    let about = |id: &String| rows.iter().filter(|row| row["record_id"] == **id).count();
    assert_eq!((about(&id), about(&other)), (7, 1));
    assert!(home.json("stranger", &["audit"]).ok().rows().is_empty());
}

#[test]
fn exported_trail_with_one_byte_altered_is_refused_by_the_entry() {
    let (home, id) = lived();
    let exported = home.json("patient", &["audit", &id]).ok();
    let exported = exported.printed();
    let revoke = exported.lines().find(|line| line.contains(r#""action":"revoke""#)).unwrap();
    let altered = revoke.replacen(r#""burn_height":9"#, r#""burn_height":8"#, 1);
    assert_ne!(revoke, altered);
    home.file("trail.jsonl", exported.replace(revoke, &altered));
    let error = home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-altered");
    assert!(text(&error, "message").contains("entry 4"), "{error}");
    // A field that nobody checks is not taken for part of the trail.
    let more = revoke.replacen('{', r#"{"note":"by court order","#, 1);
    home.file("trail.jsonl", exported.replace(revoke, &more));
    home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-unreadable");
    home.file("trail.jsonl", exported);
    let checked = home.json("patient", &["verify", "trail.jsonl"]).ok().object();
    assert_eq!(checked["entries"], 5);
    assert_eq!(checked["denied"], 2);
    assert_eq!(checked["head_compared"], true);
}

#[test]
fn trail_with_a_line_cut_swapped_or_doubled_is_refused() {
    let (home, id) = lived();
    let exported = home.json("patient", &["audit", &id]).ok();
    let lines: Vec<_> = exported.printed().lines().collect();
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let mut doubled = lines.clone();
    doubled.insert(3, lines[2]);
    let mut missing = lines.clone();
    missing.remove(2);
    for (what, trail) in [("swapped", swapped), ("doubled", doubled), ("missing", missing)] {
        home.file("trail.jsonl", trail.join("\n"));
        let run = home.json("patient", &["verify", "trail.jsonl"]);
        assert_eq!(run.code, Some(5), "{what}: {run:?}");
    }
    // Cut at the end, it holds by itself; the head that is known from elsewhere tells.
    let whole: Value = serde_json::from_str(lines[5]).unwrap();
    home.file("trail.jsonl", lines[..5].join("\n"));
    home.json("patient", &["verify", "trail.jsonl", "--head", text(&whole, "head")])
        .refused(5, "trail-altered");
}

#[test]
fn trail_that_grew_since_the_export_still_holds() {
    let (home, id) = lived();
    let exported = home.json("patient", &["audit", &id]).ok();
    home.file("trail.jsonl", exported.printed());
    home.grant_directly(&id, "clinic", &[]);
    let checked = home.json("stranger", &["verify", "trail.jsonl"]).ok().object();
    assert_eq!((&checked["entries"], &checked["head_compared"]), (&5.into(), &true.into()));
}

#[test]
fn altered_refusal_is_found_out_beside_the_ledger() {
    let (home, id) = lived();
    let exported = home.json("patient", &["audit", &id]).ok();
    let (patient, stranger) = (home.principal("patient"), home.principal("stranger"));
    let denied = exported.printed().lines().find(|line| line.contains(stranger)).unwrap();
    for altered in [denied.replace(stranger, patient), String::new()] {
        home.file("trail.jsonl", exported.printed().replace(denied, &altered));
        home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-altered");
    }
}

#[test]
fn exported_trail_is_checked_without_a_home() {
    let (home, id) = lived();
    let exported = home.json("patient", &["audit", &id]).ok();
    let elsewhere = Home::empty();
    elsewhere.file("trail.jsonl", exported.printed());
    let checked = elsewhere.json("auditor", &["verify", "trail.jsonl"]).ok().object();
    assert_eq!((&checked["entries"], &checked["head_compared"]), (&5.into(), &false.into()));
    let altered = exported.printed().replace(r#""action":"access""#, r#""action":"amend""#);
    elsewhere.file("trail.jsonl", altered);
    elsewhere.json("auditor", &["verify", "trail.jsonl"]).refused(5, "trail-altered");
}

#[test]
fn file_with_the_trails_of_all_records_is_checked_record_by_record() {
    let (home, id) = lived();
    let other = home.create("other.txt", "other");
    let exported = home.json("patient", &["audit"]).ok();
    home.file("all.jsonl", exported.printed());
    let checked = home.json("patient", &["verify", "all.jsonl"]).ok().rows();
    let entries = |id: &String| {
        let row = checked.iter().find(|row| row["record_id"] == **id).unwrap();
        assert_eq!((&row["intact"], &row["head_compared"]), (&true.into(), &true.into()));
        row["entries"].as_u64().unwrap()
    };
    assert_eq!((checked.len(), entries(&id), entries(&other)), (2, 5, 1));
    let said = home.text("patient", &["verify", "all.jsonl"]).ok();
    assert!(said.printed().starts_with("6 entries of 2 records are intact\n"), "{said:?}");
    // Elsewhere too, and with the lines of one record between those of the other.
    let elsewhere = Home::empty();
    let mut lines: Vec<_> = exported.printed().lines().collect();
    lines.sort_by_key(|line| line.contains(&other));
    let moved = lines.pop().unwrap();
    lines.insert(2, moved);
    elsewhere.file("all.jsonl", lines.join("\n"));
    let rows = elsewhere.json("auditor", &["verify", "all.jsonl"]).ok().rows();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["head_compared"] == false), "{rows:?}");
    // What is altered in one of them names it, and the line where the ledger has another.
    let revoke = exported.printed().lines().find(|line| line.contains(r#""action":"revoke""#));
    let revoke = revoke.unwrap();
    let altered = revoke.replacen(r#""burn_height":9"#, r#""burn_height":8"#, 1);
    assert_ne!(revoke, altered);
    home.file("all.jsonl", exported.printed().replace(revoke, &altered));
    let error = home.json("patient", &["verify", "all.jsonl"]).refused(5, "trail-altered");
    let message = text(&error, "message");
    assert!(message.contains(&format!("record {id}")) && message.contains("entry 4"), "{error}");
    let stranger = home.principal("stranger");
    let denied = exported.printed().lines().find(|line| line.contains(stranger)).unwrap();
    home.file("all.jsonl", exported.printed().replace(denied, ""));
    let error = home.json("patient", &["verify", "all.jsonl"]).refused(5, "trail-altered");
    assert!(text(&error, "message").contains(&format!("record {id}")), "{error}");
    home.json("patient", &["verify", "all.jsonl", "--head", "00"]).refused(2, "usage");
}

#[test]
fn files_that_are_no_trail_are_refused() {
    let (home, id) = lived();
    home.file("trail.jsonl", "");
    home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-unreadable");
    home.file("trail.jsonl", "{}\n");
    home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-unreadable");
    home.file(
        "trail.jsonl",
        "{\"resourceType\":\"AuditEvent\"}\n{\"resourceType\":\"AuditEvent\"}\n",
    );
    let error = home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-unreadable");
    assert!(text(&error, "message").contains("no exported trail"), "{error}");
    // One line that can't be read among others is no file of another kind.
    let exported = home.json("patient", &["audit", &id]).ok();
    home.file("trail.jsonl", format!("{}{{}}\n", exported.printed()));
    let error = home.json("patient", &["verify", "trail.jsonl"]).refused(5, "trail-unreadable");
    assert!(text(&error, "message").contains("line 8"), "{error}");
    home.json("patient", &["verify", "nowhere.jsonl"]).refused(3, "file-not-found");
}

#[test]
fn whole_record_verifies_without_a_key() {
    let (home, id) = lived();
    let mut command = home.command_without_passphrase("stranger", &["verify", &id]);
    command.arg("--json");
    let checked = home.run(command).ok().object();
    assert_eq!(checked["intact"], true);
    assert_eq!((&checked["versions"], &checked["entries"]), (&1.into(), &5.into()));
    home.json("patient", &["verify", "404"]).refused(3, "record-not-found");
}

#[test]
fn files_without_an_end_are_refused_and_not_read_into_memory() {
    let home = Home::with(&["patient"]);
    // Sparse: they take no room.
    for (name, mebibytes) in [("export", 513), ("list", 17)] {
        home.file(name, "");
        let file = std::fs::File::options().write(true).open(home.work().join(name)).unwrap();
        file.set_len(mebibytes * 1024 * 1024).unwrap();
    }
    for line in [
        &["verify", "export"][..],
        &["tx", "send", "export"],
        &["tx", "send", "/dev/zero"],
        &["encrypt", "-R", "list", "list", "-o", "out"],
        &["decrypt", "-i", "list", "list", "-o", "out"],
        &["contract", "deploy", "list"],
    ] {
        let refused = home.json("patient", line).refused(2, "usage");
        assert!(text(&refused, "message").contains("is larger than"), "{line:?} {refused}");
    }
}
