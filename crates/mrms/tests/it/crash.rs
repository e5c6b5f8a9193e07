//! Commands that are killed or interrupted at any moment: what was acknowledged stands, what was
//! begun is finished or rolled back by the next command, and nothing is done twice.
//!
//! `MRMS_KILL_ROUNDS` sets how many commands are killed, `MRMS_KILL_SEED` repeats a run.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Home, NOTE, text};

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

fn send(signal: Signal, child: &Child) {
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Runs a command and kills it after `delay`, unless it has ended before.
pub(crate) fn kill_after(delay: Duration, mut command: std::process::Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(delay);
    send(Signal::KILL, &child);
    child.wait_with_output().unwrap()
}

/// Runs a command and kills it once the ledger has made a block, and `delay` after that.
pub(crate) fn kill_after_block(
    home: &Home,
    delay: Duration,
    mut command: std::process::Command,
) -> Output {
    // The ledger's mark changes with each block.
    let mark = || fs::read(home.root().join("ledger/node.mark")).unwrap();
    let was = mark();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while mark() == was && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(delay);
    send(Signal::KILL, &child);
    child.wait_with_output().unwrap()
}

/// What commands have promised: their records, and their transactions by record.
#[derive(Default)]
struct Promised {
    records: BTreeSet<String>,
    transactions: BTreeSet<(String, String)>,
    killed: usize,
}

impl Promised {
    fn take(&mut self, output: &Output) {
        let line = String::from_utf8_lossy(&output.stdout);
        let Ok(object) = serde_json::from_str::<Value>(&line) else {
            self.killed += 1;
            return;
        };
        // A whole line on stdout is an answer, even when the process was killed right after it.
        assert!(object.get("error").is_none(), "{object}");
        self.records.insert(text(&object, "record_id").to_owned());
        // What an interrupted command had put on record is told without its transaction.
        if let Some(txid) = object["txid"].as_str() {
            let transaction = (text(&object, "record_id").to_owned(), txid.to_owned());
            self.transactions.insert(transaction);
        }
    }

    #[track_caller]
    fn assert_kept(&self, home: &Home) {
        let listed = home.json("patient", &["list"]).ok().rows();
        let listed: BTreeSet<_> = listed.iter().map(|row| text(row, "record_id")).collect();
        for record in &self.records {
            assert!(listed.contains(record.as_str()), "record {record} is lost");
        }
        for record in &self.records {
            let trail = home.json("patient", &["audit", record]).ok().rows();
            let found: Vec<_> = trail.iter().map(|line| text(line, "txid")).collect();
            let once: BTreeSet<_> = found.iter().copied().collect();
            assert_eq!(found.len(), once.len(), "record {record}: something was done twice");
            for (_, txid) in self.transactions.iter().filter(|(id, _)| id == record) {
                assert!(once.contains(txid.as_str()), "record {record}: {txid} is lost");
            }
        }
    }
}

#[test]
fn killed_commands_lose_nothing_and_do_nothing_twice() {
    let rounds = number_from("MRMS_KILL_ROUNDS", 15);
    let seed = number_from("MRMS_KILL_SEED", u64::from(std::process::id()));
    println!("{rounds} rounds, MRMS_KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let home = Home::with(&["patient", "clinic"]);
    home.file("large.bin", vec![7; 60_000]);
    let base = home.create("note.txt", NOTE);
    home.grant(&base, "clinic", &["--history"]);
    let began = Instant::now();
    home.assert_opens("clinic", &base, NOTE);
    let usual = began.elapsed().as_micros() as u64;
    let mut promised = Promised::default();
    promised.records.insert(base.clone());
    for round in 0..rounds {
        let expiry = (950_000 + round).to_string();
        let clinic = home.principal("clinic");
        let (who, line) = match rng.random_range(0..5) {
            0 => ("patient", vec!["create", "note.txt", "--again", "--json"]),
            1 => ("patient", vec!["create", "large.bin", "--again", "--json"]),
            2 => ("patient", vec!["amend", &base, "note.txt", "--json"]),
            3 => {
                let line =
                    ["grant", &base, clinic, "--direct", "-y", "--json", "--expiry", &expiry];
                ("patient", line.to_vec())
            }
            _ => ("clinic", vec!["access", &base, "-o", "out", "--force", "--json"]),
        };
        let delay = Duration::from_micros(rng.random_range(0..usual * 3 / 2));
        promised.take(&kill_after(delay, home.command(who, &line)));
        for name in ["patient", "clinic"] {
            home.json(name, &["contract", "status"]).ok();
            let outbox = home.profile_folder(name).join("outbox");
            let waiting = fs::read_dir(outbox).map_or(0, |entries| {
                let visible = |name: &str| !name.starts_with('.');
                entries
                    .filter(|entry| visible(entry.as_ref().unwrap().file_name().to_str().unwrap()))
                    .count()
            });
            assert_eq!(waiting, 0, "round {round}: {name} has unfinished operations");
        }
        if round % (rounds / 10).max(10) == 9 {
            promised.assert_kept(&home);
        }
    }
    promised.assert_kept(&home);
    println!("{} of {rounds} were killed before they had answered", promised.killed);
    assert!(rounds < 15 || promised.killed > 0, "nothing was killed: the delays are too long");
    home.grant(&base, "clinic", &[]);
    home.assert_opens("clinic", &base, NOTE);
    home.assert_opens("patient", &base, NOTE);
    home.json("patient", &["verify", &base]).ok();
    home.assert_unharmed();
}

#[test]
fn killed_create_of_many_files_puts_each_on_record_once_and_keeps_what_it_told() {
    let seed = number_from("MRMS_KILL_SEED", u64::from(std::process::id()));
    println!("MRMS_KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let home = Home::with(&["patient"]);
    fs::create_dir(home.work().join("many")).unwrap();
    // Three groups, each sent with one message.
    let names: Vec<_> = (0..160).map(|number| format!("{number:03}.txt")).collect();
    for name in &names {
        home.file(&format!("many/{name}"), format!("result {name}"));
    }
    let (mut told, mut unfinished) = (BTreeSet::new(), 0);
    for _ in 0..3 {
        let delay = Duration::from_millis(rng.random_range(0..60));
        let command = home.command("patient", &["create", "many", "--json"]);
        let output = kill_after_block(&home, delay, command);
        unfinished += usize::from(!output.status.success());
        // What was told as a whole line stands, however the process ended.
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = printed.lines().filter_map(|row| serde_json::from_str::<Value>(row).ok());
        told.extend(rows.map(|row| text(&row, "record_id").to_owned()));
        let count = home.json("patient", &["list"]).ok().rows().len();
        println!("{count} of {} are on record", names.len());
    }
    assert!(unfinished > 0, "nothing was killed: the delays are too long");
    let rows = home.json("patient", &["create", "many"]).ok().rows();
    assert_eq!(rows.len(), names.len());
    let listed = home.json("patient", &["list"]).ok().rows();
    let mut listed_names: Vec<_> = listed.iter().map(|row| text(row, "name")).collect();
    listed_names.sort_unstable();
    assert_eq!(listed_names, names, "each once");
    let ids: BTreeSet<_> = listed.iter().map(|row| text(row, "record_id").to_owned()).collect();
    assert!(told.is_subset(&ids), "{:?} were told and are lost", told.difference(&ids));
    for place in [0, 63, 64, 127, 128, 159] {
        let row = &rows[place];
        home.assert_opens("patient", text(row, "record_id"), format!("result {}", names[place]));
    }
    home.assert_unharmed();
}

#[test]
fn interrupted_init_is_made_again() {
    let seed = number_from("MRMS_KILL_SEED", u64::from(std::process::id()));
    println!("MRMS_KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..number_from("MRMS_KILL_ROUNDS", 15).div_ceil(3) {
        let mut home = Home::empty();
        let delay = Duration::from_micros(rng.random_range(0..150_000));
        let first = kill_after(delay, home.command("patient", &["init", "--json"]));
        let again = home.json("patient", &["init"]);
        if again.code == Some(1) {
            again.refused(1, "profile-exists");
        } else {
            assert!(!first.status.success(), "it had answered that the profile is ready");
            again.ok();
        }
        let shown = home.json("patient", &["key", "show"]).ok().object();
        home.remember("patient", text(&shown, "principal"));
        let id = home.create("note.txt", NOTE);
        home.assert_opens("patient", &id, NOTE);
        home.assert_unharmed();
    }
}

/// Starts a long command and interrupts it as soon as a hidden file shows that it writes.
fn interrupt(home: &Home, line: &[&str], folder: &std::path::Path) -> Output {
    let mut command = home.command("patient", line);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let writes = || {
        let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries.any(|entry| entry.metadata().is_ok_and(|file| file.is_file() && file.len() > 0))
    };
    while !writes() && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
    }
    send(Signal::INT, &child);
    child.wait_with_output().unwrap()
}

/// Whether it ended by the interruption; a shell says 130 for a process that the signal ended.
fn was_interrupted(output: &Output) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let status = output.status;
    status.code() == Some(130) || status.signal() == Some(2)
}

#[test]
fn interrupted_access_leaves_all_of_the_content_or_nothing() {
    let home = Home::with(&["patient"]);
    let content = vec![1; 24 << 20];
    let id = home.create("scan.bin", &content);
    let folder = home.work().join("out");
    fs::create_dir(&folder).unwrap();
    let began = Instant::now();
    home.json("patient", &["access", &id, "-o", "out/scan.bin"]).ok();
    let usual = began.elapsed();
    fs::remove_file(folder.join("scan.bin")).unwrap();
    let mut left_nothing = 0;
    for (round, signal) in [Signal::INT, Signal::KILL].into_iter().cycle().take(8).enumerate() {
        let line = ["access", &id, "-o", "out/scan.bin"];
        let mut command = home.command("patient", &line);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // From a moment after the start to about when it usually ends.
        std::thread::sleep(usual * (round * round + 1) as u32 / 50);
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        let left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        match left.as_slice() {
            [] => left_nothing += 1,
            [path] => assert!(fs::read(path).unwrap() == content, "{path:?} is cut: {output:?}"),
            more => panic!("{more:?}"),
        }
        left.iter().for_each(|path| fs::remove_file(path).unwrap());
    }
    assert!(left_nothing > 0, "none was interrupted while it worked");
    home.assert_opens("patient", &id, &content);
}

#[test]
fn interrupted_create_is_swept_from_the_vault() {
    let home = Home::with(&["patient"]);
    home.file("scan.bin", vec![1; 48 << 20]);
    let incoming = home.root().join("vault").join("incoming");
    // On a busy machine a command may be done before the signal reaches it; then another is tried, with more to do.
    let finished = (0..20).position(|tried| {
        if tried % 5 == 4 {
            home.file("scan.bin", vec![1; (48 << 20) << (tried / 5 + 1).min(2)]);
        }
        let output = interrupt(&home, &["create", "scan.bin", "--again"], &incoming);
        assert!(was_interrupted(&output) || output.status.success(), "{output:?}");
        was_interrupted(&output)
    });
    let finished = finished.expect("none was interrupted while it worked");
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), finished);
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0, "its half is swept away");
    let created = home.json("patient", &["create", "scan.bin", "--again"]).ok().object();
    home.json("patient", &["verify", text(&created, "record_id")]).ok();
    home.assert_unharmed();
}
