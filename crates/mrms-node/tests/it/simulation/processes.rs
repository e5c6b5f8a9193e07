//! Faults of the process and the system: kills at any moment, a disk that is full, syncs that fail.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mrms_node::chain::{Ledger, Settings, TxId, fsck};

use super::random::Random;
use super::with_seeds;
use crate::durability::child;

/// What ends the other process.
#[derive(Clone, Copy, Debug)]
enum End {
    /// A kill, so many milliseconds after its first acknowledgement.
    Kill(u64),
    /// Its files may have so many units of 1,024 bytes; the system refuses to write more.
    Room(u64),
    /// Its syncs fail from this one on.
    Syncs(u64),
}

fn command(folder: &Path, end: End) -> Command {
    let writer = child(folder, "write");
    let mut command = match end {
        End::Kill(_) => return writer,
        End::Room(units) => {
            let mut shell = Command::new("bash");
            // Without the signal the system's answer is an error.
            shell.args(["-c", r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#, "bash"]);
            shell.arg(units.to_string());
            shell
        }
        End::Syncs(first) => {
            let mut strace = Command::new("strace");
            let inject = format!("inject=fdatasync,fsync:error=EIO:when={first}+");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e"]);
            strace.arg(inject);
            strace
        }
    };
    command.arg(writer.get_program()).args(writer.get_args());
    for (name, value) in writer.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Runs the other process to its end. Returns what it was told is included.
fn run(folder: &Path, end: End) -> Vec<TxId> {
    let mut writer = command(folder, end).spawn().unwrap();
    let mut told = Vec::new();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut note = |line: String| {
        // A line that the end cut in two was not told.
        if let Some(txid) = line.strip_prefix("included ").filter(|txid| txid.len() == 66) {
            told.push(TxId::parse(txid).unwrap());
        }
    };
    if let End::Kill(milliseconds) = end {
        if let Some(Ok(line)) =
            lines.find(|line| line.as_ref().is_ok_and(|l| l.contains("included")))
        {
            note(line);
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        writer.kill().unwrap();
    }
    lines.map_while(Result::ok).for_each(note);
    writer.wait().unwrap();
    told
}

fn has_strace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    tried.is_ok_and(|status| status.success())
}

fn draw(random: &mut Random, has_strace: bool) -> End {
    match random.below(4) {
        0 => End::Room(200 + random.below(600)),
        1 if has_strace => End::Syncs(8 + random.below(60)),
        _ => End::Kill(random.below(120)),
    }
}

#[test]
fn what_was_acknowledged_is_there_however_the_process_ends() {
    let has_strace = has_strace();
    if !has_strace {
        println!("strace is not there or may not trace: failing syncs were not tried");
    }
    with_seeds("ends of the process", |mut random| {
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        // A ledger that is begun under a fault may not be begun at all.
        told.extend(run(folder.path(), End::Kill(5)));
        for _ in 0..4 {
            let end = draw(&mut random, has_strace);
            println!("{end:?}");
            told.extend(run(folder.path(), end));
            let sound = fsck(folder.path(), &[]).unwrap();
            assert!(sound.transactions >= told.len() as u64, "after {end:?}");
        }
        let ledger = Ledger::open(folder.path(), Settings::default()).unwrap();
        for txid in told {
            let stored = ledger.read(move |snapshot| snapshot.transaction(&txid)).unwrap();
            assert!(stored.is_some(), "{txid} is lost");
        }
    });
}

/// What the system loses when a sync fails it does not try to write again. So nothing may be appended to that log.
#[test]
fn after_a_sync_that_failed_the_log_is_moved_into_the_file_before_a_block_is_acknowledged() {
    if !has_strace() {
        println!("strace is not there or may not trace: not tried");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let writer = child(&folder.path().join("ledger"), "persist");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qq", "-e", "trace=fdatasync,fsync"]);
    strace.args(["-e", "inject=fdatasync:error=EIO:when=20", "-o"]).arg(&trace);
    strace.arg(writer.get_program()).args(writer.get_args());
    for (name, value) in writer.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    let output = strace.stderr(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().filter(|line| *line == "failed").count(), 1, "{told}");
    assert_eq!(told.lines().filter(|line| *line == "included").count(), 60, "{told}");
    let trace = std::fs::read_to_string(trace).unwrap();
    let mut syncs = trace.lines().skip_while(|line| !line.contains("INJECTED"));
    assert!(syncs.next().is_some_and(|line| line.contains("ledger.sqlite-wal>")), "{trace}");
    // SQLite syncs the log once more before it moves it.
    let of_the_log = |line: &&str| line.contains("ledger.sqlite-wal>");
    let before = syncs.take_while(|line| !line.contains("ledger.sqlite>"));
    assert!(before.filter(of_the_log).count() <= 1, "{trace}");
    fsck(&folder.path().join("ledger"), &[]).unwrap();
}
