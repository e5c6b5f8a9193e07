//! Whoever reads or thinks keeps nobody from working; and who serves a part of the home is known by a lock.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::remote::Node;
use crate::support::{Home, NOTE, Run};

/// A command that does not wait for the home.
fn impatient(home: &Home, line: &[&str]) -> Run {
    let mut command = home.command("patient", line);
    command.arg("--json").env("MRMS_LOCK_WAIT", "0");
    home.run(command)
}

#[test]
fn output_that_nobody_reads_yet_keeps_nobody_from_working() {
    let home = Home::with(&["patient"]);
    assert!(read_slowly(&home, &["contract", "source"]).len() > 16_000);
    let long = vec![b'x'; 100_000];
    let id = home.create("long.txt", &long);
    assert!(read_slowly(&home, &["access", &id, "-o", "-"]) == long);
}

/// What a command prints to a reader who has seen the first byte while another command works.
fn read_slowly(home: &Home, line: &[&str]) -> Vec<u8> {
    home.file("note.txt", NOTE);
    // What the system buffers is far less than what is printed.
    let (mut reader, writer) = UnixStream::pair().unwrap();
    rustix::net::sockopt::set_socket_send_buffer_size(&writer, 4_096).unwrap();
    let mut command = home.command("patient", line);
    let mut shown = command.stdout(Stdio::from(OwnedFd::from(writer))).spawn().unwrap();
    drop(command);
    let mut first = [0];
    reader.read_exact(&mut first).unwrap();
    impatient(home, &["create", "note.txt", "--again"]).ok();
    // Its salt goes to the vault.
    impatient(home, &["create", "--erasable", "note.txt", "--again"]).ok();
    assert!(shown.try_wait().unwrap().is_none(), "it still waits for its reader");
    let mut all = first.to_vec();
    reader.read_to_end(&mut all).unwrap();
    assert!(shown.wait().unwrap().success());
    all
}

#[test]
fn question_that_nobody_answers_yet_keeps_nobody_from_working() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    home.json("clinic", &["key", "rotate", "--yes"]).ok();
    let line = ["key", "trust", home.principal("clinic")];
    asked_and_not_answered(&home, &line, "has changed");
    home.grant(&id, "clinic", &["--for", "60d"]);
    let copy = home.work().join("copy");
    let line = ["vault", "backup", copy.to_str().unwrap(), "--with-epoch-keys"];
    asked_and_not_answered(&home, &line, "");
}

/// Runs a command that asks at a terminal after it has told `told`, and lets another one work before it is answered.
fn asked_and_not_answered(home: &Home, line: &[&str], told: &str) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::fs::File;
    let expected = told;
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let terminal = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(terminal).unwrap();
    let mut command = home.command("patient", line);
    command.stdin(terminal).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut asked = command.spawn().unwrap();
    let mut told = BufReader::new(asked.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains(expected) {
        assert!(told.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    // A question ends without a line.
    if expected.is_empty() {
        let mut first = [0];
        told.read_exact(&mut first).unwrap();
    }
    // The question comes right after what was just read.
    let began = Instant::now();
    while impatient(home, &["create", "note.txt", "--again"]).code != Some(0) {
        assert!(began.elapsed() < Duration::from_secs(20), "the question holds the home");
    }
    assert!(asked.try_wait().unwrap().is_none(), "nobody has answered");
    File::from(keyboard).write_all(b"y\n").unwrap();
    // What it still has to say is read, so that it ends.
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert!(asked.wait().unwrap().success(), "{seen}{rest}");
}

#[test]
fn word_of_a_vault_that_was_killed_is_not_believed() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &["--for", "30d"]);
    // As a container leaves it: the number is that of a process that lives, here this one.
    let card = json!({"url": "http://127.0.0.1:1", "pid": std::process::id()});
    std::fs::write(home.root().join("vault.json"), card.to_string()).unwrap();
    std::fs::write(home.root().join(".vault.lock"), "").unwrap();
    home.assert_opens("clinic", &id, NOTE);
}

#[test]
fn second_node_of_a_home_is_told_at_once_where_the_first_is() {
    let home = Home::with(&["patient"]);
    let node = Node::start(&home);
    let mut command =
        home.command("patient", &["node", "run", "--listen", "127.0.0.1:0", "--json"]);
    command.env("MRMS_LOCK_WAIT", "600");
    let error = home.run(command).refused(6, "home-busy");
    assert!(error["message"].as_str().unwrap().contains(&node.url), "{error}");
    node.stop();
}

#[test]
fn files_of_the_ledger_are_their_owners_alone() {
    let home = Home::with(&["patient"]);
    for entry in std::fs::read_dir(home.root().join("ledger")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{}", entry.path().display());
    }
}

#[test]
fn log_names_parts_of_the_program_and_nothing_of_how_it_was_built() {
    let home = Home::with(&["patient"]);
    let line = [
        "node",
        "run",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "json",
        "--log-level",
        "debug",
        "--json",
    ];
    let mut command = home.command("patient", &line);
    let mut node = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut told).unwrap();
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt"]).ok();
    home.json("patient", &["list"]).ok();
    let pid = rustix::process::Pid::from_child(&node);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut log = String::new();
    node.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(node.wait().unwrap().success());
    let parts = ["mrms::http", "mrms::node", "mrms::vault", "mrms::sponsor", "mrms::service"];
    let mut lines = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let target = line["target"].as_str().unwrap();
        assert!(parts.contains(&target), "{line}");
        lines += 1;
    }
    assert!(lines > 5, "{log}");
    for built in [env!("CARGO_MANIFEST_DIR"), ".rs:", "/.cargo/"] {
        assert!(!log.contains(built), "{built}");
    }
}
