//! Recovery by trustees: a family brings the keys back, and nobody else does.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Home, NOTE, number, text};

const TRUSTEES: [&str; 5] = ["mother", "brother", "friend", "doctor", "notary"];

fn family() -> Home {
    let mut people = vec!["patient"];
    people.extend(TRUSTEES);
    Home::with(&people)
}

/// The patient splits the words among the five, any three of whom are needed.
fn split(home: &Home, folder: &str) -> serde_json::Value {
    let trustees: Vec<_> =
        TRUSTEES.iter().map(|name| format!("{}={name}", home.principal(name))).collect();
    let mut line = vec!["key", "split", "-o", folder];
    line.extend(trustees.iter().flat_map(|one| ["--trustee", one.as_str()]));
    home.json("patient", &line).ok().object()
}

fn share_file(folder: &str, name: &str) -> String {
    let number = TRUSTEES.iter().position(|one| *one == name).unwrap() + 1;
    format!("{folder}/share-{number}-of-5.age")
}

/// What a trustee answers, as a file of the patient's.
fn answer(home: &Home, folder: &str, name: &str, more: &[&str]) -> String {
    let file = share_file(folder, name);
    let mut line = vec!["key", "share", &file, "--yes"];
    line.extend(more);
    let answered = home.json(name, &line).ok().object();
    let path = format!("from-{name}");
    home.file(&path, text(&answered, "answer"));
    path
}

fn lose(home: &Home, name: &str) {
    fs::remove_dir_all(home.profile_folder(name)).unwrap();
}

#[test]
fn three_of_five_trustees_bring_the_keys_back() {
    let home = family();
    let id = home.create("note.txt", NOTE);
    let made = split(&home, "shares");
    assert_eq!((number(&made, "threshold"), made["shares"].as_array().unwrap().len()), (3, 5));
    assert_eq!(made["shares"][3]["name"], "doctor");
    let before = home.json("patient", &["key", "show"]).ok().object();
    lose(&home, "patient");

    let answers = ["notary", "mother", "friend"].map(|name| answer(&home, "shares", name, &[]));
    let few = ["key", "join", &answers[0], &answers[1]];
    home.json("patient", &few).refused(1, "too-few-shares");
    let join = ["key", "join", &answers[0], &answers[1], &answers[2]];
    let joined = home.json("patient", &join).ok().object();
    assert_eq!(joined["principal"], before["principal"]);
    assert_eq!(joined["recipient"], before["recipient"]);
    assert_eq!((number(&joined, "records"), number(&joined, "records_recovered")), (1, 1));
    home.assert_opens("patient", &id, NOTE);
    home.json("patient", &join).refused(1, "profile-exists");
}

#[test]
fn answers_come_encrypted_to_a_one_time_key_or_are_typed() {
    let home = family();
    split(&home, "shares");
    lose(&home, "patient");
    let one_time = home.json("patient", &["key", "receive", "one-time"]).ok().object();
    let to = text(&one_time, "recipient");
    let mode = fs::metadata(home.work().join("one-time")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    home.json("patient", &["key", "receive", "one-time"]).refused(1, "file-exists");

    let sealed = ["mother", "doctor"].map(|name| answer(&home, "shares", name, &["--to", to]));
    for path in &sealed {
        assert!(home.read(path).starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
    }
    // The third is read out over the telephone, in capitals, with other line breaks.
    let spoken = String::from_utf8(home.read(&answer(&home, "shares", "friend", &[]))).unwrap();
    let spoken: Vec<_> = spoken.lines().filter(|line| !line.starts_with('#')).collect();
    home.file("typed", spoken.join(" ").to_uppercase().replace("  ", "\n"));
    let without = ["key", "join", &sealed[0], &sealed[1], "typed"];
    home.json("patient", &without).refused(2, "usage");
    let with = [&without[..], &["-i", "one-time"]].concat();
    let joined = home.json("patient", &with).ok().object();
    assert_eq!(joined["principal"], home.principal("patient"));
}

#[test]
fn shares_are_read_from_standard_input() {
    use std::io::Write;
    use std::process::Stdio;
    let home = family();
    split(&home, "shares");
    lose(&home, "patient");
    let all: Vec<_> = ["brother", "friend", "notary"]
        .iter()
        .flat_map(|name| home.read(&answer(&home, "shares", name, &[])))
        .collect();
    let mut command = home.command("patient", &["key", "join", "--json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&all).unwrap();
    let run = home.ended(&command, child.wait_with_output().unwrap());
    assert_eq!(run.ok().object()["principal"], home.principal("patient"));
}

#[test]
fn shares_that_do_not_belong_together_are_refused_by_name() {
    let home = family();
    split(&home, "first");
    split(&home, "second");
    let [mother, friend] = ["mother", "friend"].map(|name| answer(&home, "first", name, &[]));
    lose(&home, "patient");
    let line = |third: &str| ["key", "join", &mother, &friend, third].map(str::to_owned);
    let join = |third: &str| {
        let line = line(third);
        home.json("patient", &line.each_ref().map(String::as_str))
    };
    let twice = join(&friend).refused(2, "share-twice");
    assert!(text(&twice, "message").contains("share 3"), "{twice}");
    let notary = answer(&home, "second", "notary", &[]);
    let mixed = join(&notary).refused(2, "mixed-shares");
    assert!(text(&mixed, "message").contains("share 5"), "{mixed}");
    let brother = answer(&home, "first", "brother", &[]);
    let mut slip = home.read(&brother);
    let last = slip.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap();
    slip[last] = if slip[last] == b'q' { b'p' } else { b'q' };
    home.file("slip", slip);
    join("slip").refused(2, "share-mistyped");
    home.file("letter", "Dear Ana, I can't find it any more.");
    join("letter").refused(2, "not-a-share");
    join("nowhere").refused(3, "file-not-found");
    assert!(!home.profile_folder("patient").exists(), "nothing was made");
    join(&brother).ok();
}

#[test]
fn share_opens_for_its_trustee_alone_and_after_a_yes() {
    let home = family();
    split(&home, "shares");
    let file = share_file("shares", "mother");
    home.json("brother", &["key", "share", &file, "--yes"]).refused(4, "no-identity");
    home.json("patient", &["key", "share", &file, "--yes"]).refused(4, "no-identity");
    home.json("mother", &["key", "share", &file]).refused(1, "not-confirmed");
    home.file("note.txt", NOTE);
    home.json("mother", &["key", "share", "note.txt", "--yes"]).refused(5, "file-altered");
    // A trustee whose key has changed since still opens it.
    home.json("mother", &["key", "rotate", "--yes"]).ok();
    let opened = home.json("mother", &["key", "share", &file, "--yes"]).ok().object();
    assert_eq!((number(&opened, "number"), number(&opened, "threshold")), (1, 3));
    assert_eq!(opened["principal"], home.principal("patient"));
}

#[test]
fn sets_that_protect_nobody_are_refused_and_leave_no_file() {
    let home = Home::with(&["patient", "mother", "brother"]);
    let (mother, brother) = (home.principal("mother"), home.principal("brother"));
    let own = home.principal("patient");
    let recipient = home.json("mother", &["key", "show"]).ok().object();
    let recipient = text(&recipient, "recipient");
    let nobody = "ST000000000000000000002AMW42H";
    for (trustees, more, exit, code) in [
        (&[mother, brother][..], &["--threshold", "1"][..], 2, "usage"),
        (&[mother, brother], &["--threshold", "3"], 2, "usage"),
        (&[], &[], 2, "usage"),
        (&[mother, own], &["--threshold", "2"], 2, "usage"),
        (&[mother, recipient], &["--threshold", "2"], 2, "usage"),
        (&[mother, nobody], &["--threshold", "2"], 3, "no-encryption-key"),
        (&[mother, "age1nobody"], &["--threshold", "2"], 2, "usage"),
        (&[mother, brother], &["--threshold", "2", "--dry-run"], 2, "usage"),
    ] {
        let mut line = vec!["key", "split", "-o", "shares"];
        line.extend(trustees.iter().flat_map(|one| ["--trustee", one]));
        line.extend(more);
        home.json("patient", &line).refused(exit, code);
    }
    assert!(!home.has("shares"));
}

#[test]
fn shares_of_before_are_kept_and_no_half_set_is_written() {
    let home = Home::with(&["patient", "mother", "brother"]);
    home.file("trustees", {
        let (mother, brother) = (home.principal("mother"), home.principal("brother"));
        format!("# who has a share\n{mother} = Maria\n\n{brother}\n")
    });
    fs::create_dir(home.work().join("shares")).unwrap();
    home.file("shares/share-2-of-2.age", "of before");
    let line = ["key", "split", "--trustees-file", "trustees", "--threshold", "2", "-o", "shares"];
    home.json("patient", &line).refused(1, "file-exists");
    assert!(!home.has("shares/share-1-of-2.age"));
    assert_eq!(home.read("shares/share-2-of-2.age"), b"of before");
    fs::remove_file(home.work().join("shares/share-2-of-2.age")).unwrap();
    let made = home.json("patient", &line).ok().object();
    assert_eq!(made["shares"][0]["name"], "Maria");
    let path = home.work().join("shares/share-1-of-2.age");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
