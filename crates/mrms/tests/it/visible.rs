//! What somebody else wrote is shown, and does not act on the reader's screen.

use mrms_core::visible::acting;
use serde_json::json;

use crate::support::{Home, NOTE, Run, text};

/// Clears the line, begins another, and turns the reading direction.
const FORGED: &str = "asleep\u{1b}[2K\r\nnothing differs\u{202e}\u{9b}1m";

#[track_caller]
fn assert_quiet(run: &Run) {
    for (name, text) in [("stdout", run.printed()), ("stderr", run.stderr.as_str())] {
        let text = text.replace('\n', "");
        assert_eq!(acting(&text), None, "{name}: {run:?}");
    }
}

#[test]
fn words_that_act_on_a_screen_are_not_sent() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--emergency"]);
    for reason in [FORGED, "asleep\nnothing differs", "asleep\u{202e}"] {
        let line = ["access", &id, "-o", "out", "--yes", "--emergency", reason];
        let run = home.json("clinic", &line);
        run.refused(2, "reason-characters");
        assert_quiet(&run);
        assert_quiet(&home.text("clinic", &line));
    }
    assert_eq!(home.json("patient", &["list"]).ok().object()["emergencies"], json!([]));
    for label in [FORGED, "Blood\u{202e}test", "two\nlines"] {
        let run = home.json("patient", &["create", "note.txt", "--label", label]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert_quiet(&run);
        assert_quiet(&home.text("patient", &["create", "note.txt", "--label", label]));
    }
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
}

#[test]
fn file_of_somebody_else_does_not_write_into_the_terminal_of_who_checks_it() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let trail = home.json("patient", &["audit", &id]).ok();
    let line = |field: &str, value: &str| {
        let mut object = trail.object();
        object[field] = value.into();
        format!("{object}\n")
    };
    let bundle = json!({ "format": format!("mrms-evidence-{FORGED}") }).to_string();
    for content in [line("outcome", FORGED), line("action", FORGED), line("actor", FORGED), bundle]
    {
        home.file("from-others", &content);
        let run = home.text("patient", &["verify", "from-others"]);
        assert_eq!(run.code, Some(5), "{run:?}");
        assert_quiet(&run);
        assert!(!run.stderr.lines().any(|line| line.starts_with("nothing differs")), "{run:?}");
        let run = home.json("patient", &["verify", "from-others"]);
        assert_quiet(&run);
        let error = run.object()["error"].clone();
        assert_eq!(acting(text(&error, "message")), None, "{error}");
    }
}

#[test]
fn json_has_the_exact_strings_and_no_raw_character_that_acts() {
    let home = Home::with(&["patient"]);
    let name = "fdp\u{202e}.txt\u{9b}";
    home.file(name, NOTE);
    let created = home.json("patient", &["create", name]).ok();
    assert_quiet(&created);
    assert!(created.stderr.contains("fdp_.txt_"), "the change is told: {created:?}");
    let opened = home
        .json("patient", &["access", text(&created.object(), "record_id"), "-o", name, "--force"]);
    assert_quiet(&opened.ok());
    let run = home.json("patient", &["access", text(&created.object(), "record_id"), "-o", name]);
    run.refused(1, "file-exists");
    assert_quiet(&run);
    let evidence = home
        .json("patient", &["evidence", text(&created.object(), "record_id"), "-o", name, "--force"])
        .ok();
    assert_quiet(&evidence);
    assert_eq!(evidence.object()["output"], name, "a script gets the name as it is");
}
