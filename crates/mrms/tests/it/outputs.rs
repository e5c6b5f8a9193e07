//! Where commands write: files that exist stay unless `--force` says otherwise, and pipes, devices and links
//! are never replaced.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::thread::{self, JoinHandle};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{Home, NOTE, text};

fn make_pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// Reads a pipe to its end, beside the command that writes to it.
fn reader_of(path: &Path) -> JoinHandle<Vec<u8>> {
    let path = path.to_owned();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    })
}

fn entries(home: &Home, id: &str) -> usize {
    home.json("patient", &["audit", id]).ok().rows().len()
}

#[test]
fn one_rule_holds_for_every_output_file() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let shown = home.json("patient", &["key", "show"]).ok().object();
    let recipient = text(&shown, "recipient");
    home.json("patient", &["encrypt", "-r", recipient, "-o", "note.age", "note.txt"]).ok();
    let lines: [&[&str]; 5] = [
        &["access", &id, "-o", "out"],
        &["decrypt", "note.age", "-o", "out"],
        &["encrypt", "-r", recipient, "-o", "out", "note.txt"],
        &["evidence", &id, "-o", "out"],
        &["revoke", &id, "ST000000000000000000002AMW42H", "-o", "out"],
    ];
    for line in lines {
        home.file("out", "kept");
        let before = entries(&home, &id);
        let error = home.json("patient", line).refused(1, "file-exists");
        assert!(text(&error, "hint").contains("--force"), "{error}");
        assert_eq!(home.read("out"), b"kept", "{line:?}");
        assert_eq!(entries(&home, &id), before, "{line:?}: no entry for what was not written");
        home.json("patient", &[line, &["--force"]].concat()).ok();
        assert_ne!(home.read("out"), b"kept", "{line:?}");
        // A link is neither followed nor replaced, and neither is a folder.
        home.file("target", "kept");
        for (name, to) in [("link", "target"), ("dangling", "nothing")] {
            symlink(to, home.work().join(name)).unwrap();
            let linked: Vec<_> =
                line.iter().map(|word| if *word == "out" { name } else { word }).collect();
            for force in [&[][..], &["--force"]] {
                home.json("patient", &[&linked, force].concat()).refused(1, "output-link");
            }
            assert!(home.work().join(name).symlink_metadata().unwrap().is_symlink(), "{line:?}");
            fs::remove_file(home.work().join(name)).unwrap();
        }
        assert_eq!(home.read("target"), b"kept", "{line:?}");
        assert!(!home.has("nothing"), "{line:?}");
        // A pipe gets the result and stays a pipe.
        let pipe = home.work().join("pipe");
        make_pipe(&pipe);
        for force in [&[][..], &["--force"]] {
            let reader = reader_of(&pipe);
            let piped: Vec<_> =
                line.iter().map(|word| if *word == "out" { "pipe" } else { word }).collect();
            home.json("patient", &[&piped, force].concat()).ok();
            assert!(!reader.join().unwrap().is_empty(), "{line:?}");
            assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo(), "{line:?}");
        }
        fs::remove_file(&pipe).unwrap();
        fs::remove_file(home.work().join("out")).unwrap();
    }
}

#[test]
fn standard_output_is_written_by_every_name_it_has() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        if name != "-" && !Path::new(name).exists() {
            continue;
        }
        let run = home.text("patient", &["access", &id, "-o", name]).ok();
        assert_eq!(run.stdout, NOTE, "{name}");
        home.json("patient", &["access", &id, "-o", name]).refused(2, "usage");
    }
    // The shell has opened the file, and the program goes on where it stands.
    let path = home.work().join("by-the-shell");
    let file = File::create(&path).unwrap();
    let mut command = home.command("patient", &["access", &id, "-o", "/dev/stdout"]);
    assert!(command.stdout(file).status().unwrap().success());
    assert_eq!(fs::read(path).unwrap(), NOTE);
}

#[test]
fn access_with_force_and_no_name_replaces_the_file_of_the_documents_own_name() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    home.file("note.txt", "mine");
    let opened = home.json("patient", &["access", &id]).ok().object();
    assert_eq!(opened["output"], "note (2).txt");
    assert_eq!(home.read("note.txt"), b"mine");
    let opened = home.json("patient", &["access", &id, "--force"]).ok().object();
    assert_eq!(opened["output"], "note.txt");
    assert_eq!(home.read("note.txt"), NOTE);
    // Never through a link, and never in place of a pipe.
    fs::remove_file(home.work().join("note.txt")).unwrap();
    make_pipe(&home.work().join("note.txt"));
    home.json("patient", &["access", &id, "--force"]).refused(2, "output-unfit");
    let opened = home.json("patient", &["access", &id]).ok().object();
    assert_eq!(opened["output"], "note (3).txt");
}

#[test]
fn name_that_somebody_else_chose_hides_nothing_and_replaces_no_hidden_file() {
    let home = Home::with(&["patient"]);
    home.file(".profile", "echo from the record");
    let created = home.json("patient", &["create", ".profile"]).ok().object();
    home.file(".profile", "mine");
    let id = text(&created, "record_id");
    let opened = home.json("patient", &["access", id, "--force"]).ok().object();
    assert_eq!(opened["output"], "_profile");
    assert_eq!(home.read(".profile"), b"mine");
}

#[test]
fn failure_to_write_is_called_by_its_name() {
    let home = Home::with(&["patient"]);
    home.file("large", vec![7; 3_000_000]);
    let shown = home.json("patient", &["key", "show"]).ok().object();
    let recipient = text(&shown, "recipient");
    home.json("patient", &["encrypt", "-r", recipient, "-o", "large.age", "large"]).ok();
    for line in [&["decrypt", "large.age"][..], &["encrypt", "-r", recipient, "large"]] {
        // A full device as standard output.
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = home.command("patient", line);
        let output = command.stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {said}");
        assert!(said.contains("space") && !said.contains("altered"), "{line:?}: {said}");
        // A pipe whose reader has enough after the first bytes says nothing, as with other programs.
        let mut command = home.command("patient", line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(1), ""), "{line:?}");
    }
}

#[test]
fn rows_and_errors_that_no_full_device_takes_are_told_in_words() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    for (line, code, word) in [(&["list"][..], 1, "space"), (&["show", "99"], 3, "record")] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = home.command("patient", line);
        let output = command.arg("--json").stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line:?}: {said}");
        assert!(said.contains("error: ") && said.contains(word), "{line:?}: {said}");
    }
}

#[test]
fn record_and_key_are_read_from_pipes() {
    let home = Home::with(&["patient"]);
    let pipe = home.work().join("pipe.txt");
    make_pipe(&pipe);
    let writer = thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, NOTE).unwrap()
    });
    let created = home.json("patient", &["create", "pipe.txt"]).ok().object();
    writer.join().unwrap();
    home.assert_opens("patient", text(&created, "record_id"), NOTE);
}

#[test]
fn nothing_is_done_for_a_document_whose_file_is_taken() {
    let home = Home::with(&["patient", "next"]);
    home.create("note.txt", NOTE);
    home.file("taken.txt", b"mine");
    let next = home.principal("next").to_owned();
    let refused = |line: &[&str]| {
        home.json("patient", line).refused(1, "file-exists");
        assert_eq!(home.read("taken.txt"), b"mine");
    };
    refused(&["hand-over", "offer", &next, "--yes", "--accept-changed-key", "-o", "taken.txt"]);
    let shown = home.json("patient", &["hand-over", "show"]).ok().object();
    assert!(shown["offered_to"].is_null(), "nothing was offered: {shown}");
    refused(&["card", "set", "--name", "Maria", "-o", "taken.txt"]);
    home.json("patient", &["card", "show"]).refused(3, "no-card");
    home.json("patient", &["card", "set", "--name", "Maria", "-o", "card.mrms"]).ok();
    refused(&["directory", "make", "--name", "Staff", "-o", "taken.txt", "card.mrms"]);
    refused(&["request", "blood tests", "--for", "30d", "-o", "taken.txt"]);
    let line = ["hand-over", "offer", &next, "--yes", "--accept-changed-key", "-o", "taken.txt"];
    home.json("patient", &[&line[..], &["--force"]].concat()).ok();
    assert_ne!(home.read("taken.txt"), b"mine");
}
