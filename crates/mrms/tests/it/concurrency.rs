//! Several processes on one home: each waits for its turn, and each does its work once.

use std::collections::BTreeSet;
use std::thread;

use crate::support::{Home, NOTE, Run, text};

const PROCESSES: usize = 8;

fn at_once(work: impl Fn(usize) -> Run + Sync) -> Vec<Run> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..PROCESSES).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_processes_create_at_once_and_all_succeed() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    home.file("scan.bin", vec![3; 100_000]);
    let runs = at_once(|number| {
        let file = if number % 2 == 0 { "note.txt" } else { "scan.bin" };
        home.json("patient", &["create", file, "--again"])
    });
    let created: Vec<_> = runs.into_iter().map(|run| run.ok().object()).collect();
    let ids: BTreeSet<_> = created.iter().map(|object| text(object, "record_id")).collect();
    let transactions: BTreeSet<_> = created.iter().map(|object| text(object, "txid")).collect();
    assert_eq!((ids.len(), transactions.len()), (PROCESSES, PROCESSES));
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), PROCESSES);
    home.assert_unharmed();
}

#[test]
fn of_eight_processes_with_the_same_id_one_creates() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    let runs = at_once(|_| home.json("patient", &["create", "note.txt", "--id", "5"]));
    let (created, refused): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.code == Some(0));
    assert_eq!(created.len(), 1);
    refused.iter().for_each(|run| drop(run.refused(1, "record-exists")));
    home.assert_opens("patient", "5", NOTE);
}

#[test]
fn different_people_work_at_once() {
    let home = Home::with(&["patient", "clinic"]);
    let id = home.create("note.txt", NOTE);
    home.grant(&id, "clinic", &[]);
    home.file("second.txt", "second");
    let outputs: Vec<_> = (0..PROCESSES).map(|number| format!("out-{number}")).collect();
    let runs = at_once(|number| match number % 4 {
        0 => home.json("clinic", &["access", &id, "-o", &outputs[number]]),
        1 => home.json("patient", &["amend", &id, "second.txt"]),
        2 => home.json(
            "patient",
            &["grant", &id, home.principal("clinic"), "--direct", "-y", "--forever"],
        ),
        _ => home.json("clinic", &["audit", &id]),
    });
    runs.into_iter().for_each(|run| drop(run.ok()));
    let shown = home.json("patient", &["show", &id]).ok().object();
    assert_eq!(shown["version"], 3);
    home.assert_opens("clinic", &id, "second");
    home.assert_unharmed();
}
