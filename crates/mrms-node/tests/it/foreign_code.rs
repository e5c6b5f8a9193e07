//! Contracts that are not pinned: what they may use up, and that nobody else waits for them.

use std::time::{Duration, Instant};

use mrms_node::chain::{
    Allocation, ContractId, Included, MicroStx, Rejection, Settings, SourceHash, Status,
    SubmitError,
};

use crate::support::{Actor, Bench, COUNTER, RICH, uint};

/// Folds within folds. `all` takes 20⁵ steps of the innermost one.
pub(crate) const FOLDS: &str = "
(define-constant L (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20))
(define-data-var last uint u0)
(define-private (a (n uint) (s uint)) (+ s n))
(define-private (b (n uint) (s uint)) (fold a L s))
(define-private (c (n uint) (s uint)) (fold b L s))
(define-private (d (n uint) (s uint)) (fold c L s))
(define-read-only (look-briefly) (fold a L u0))
(define-read-only (look) (fold d L u0))
(define-public (few (n uint)) (begin (var-set last n) (ok (fold b L n))))
(define-public (all (n uint)) (begin (var-set last n) (ok (fold d L n))))
(define-public (divide) (ok (/ u1 (var-get last))))
(define-public (refuse) (err u7))";

/// Longer than the records contract ever waits, on a machine with much else to do.
const LONGEST_WAIT: Duration = Duration::from_millis(1_500);

fn attackers(count: u8) -> Vec<Actor> {
    (0..count).map(|number| Actor::new(100 + number)).collect()
}

/// The counter is pinned, as the records contract is; attackers have funds.
fn pinned_counter(settings: &mut Settings) {
    settings.pinned = vec![SourceHash::of(COUNTER)];
    settings.allocations.extend(
        attackers(8).into_iter().map(|attacker| Allocation {
            account: attacker.principal,
            amount: MicroStx::new(RICH),
        }),
    );
}

fn bench() -> (Bench, ContractId, ContractId) {
    let mut bench = Bench::with(pinned_counter);
    let counter = bench.publish("counter", COUNTER);
    let folds = bench.publish("folds", FOLDS);
    (bench, counter, folds)
}

/// The same with little time for a transaction, or much for whatever runs.
fn bench_with(time: Duration) -> (Bench, ContractId, ContractId) {
    let (mut bench, counter, folds) = bench();
    (bench.settings.foreign_time, bench.settings.question_time) = (time, time);
    bench.restart();
    (bench, counter, folds)
}

fn rejection(outcome: Result<Included, SubmitError>) -> Rejection {
    match outcome {
        Err(SubmitError::Rejected { rejection, .. }) => *rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn pinned_contract_answers_while_others_call_a_heavy_one() {
    let (mut bench, counter, folds) = bench_with(Settings::default().foreign_time);
    let ledger = bench.ledger().clone();
    let calls: Vec<Vec<u8>> =
        attackers(4).iter_mut().map(|attacker| attacker.call(&folds, "all", &[uint(1)])).collect();
    let attack = std::thread::spawn(move || ledger.submit_all(&calls));
    let (mut longest, mut calls) = (Duration::ZERO, 0);
    while !attack.is_finished() {
        let began = Instant::now();
        let added = bench.bob_calls(&counter, "add", &[uint(1)]);
        assert_eq!(added.receipt.status, Status::Success);
        longest = longest.max(began.elapsed());
        calls += 1;
    }
    assert!(longest < LONGEST_WAIT, "{longest:?}");
    assert!(calls >= 3, "{calls}");
    for outcome in attack.join().unwrap() {
        let rejection = rejection(outcome);
        let is_refused =
            matches!(rejection, Rejection::TookTooLong | Rejection::ExceedsBlockLimit { .. });
        assert!(is_refused, "{rejection:?}");
    }
    bench.ledger = None;
    assert!(mrms_node::chain::fsck(bench.folder.path(), &[SourceHash::of(COUNTER)]).is_ok());
}

#[test]
fn run_is_stopped_from_inside_when_its_time_is_over() {
    let (mut bench, _, folds) = bench_with(Duration::from_millis(20));
    let bytes = bench.bob.call(&folds, "all", &[uint(1)]);
    let began = Instant::now();
    assert_eq!(bench.rejection(&bytes), Rejection::TookTooLong);
    assert!(began.elapsed() < LONGEST_WAIT, "{:?}", began.elapsed());
    let bob = bench.bob.principal.clone();
    assert_eq!((bench.nonce(&bob), bench.balance(&bob)), (0, RICH));
    assert_eq!(bench.data_variable(&folds, "last").unwrap(), uint(0));
}

#[test]
fn what_was_refused_for_its_work_is_not_run_again_and_its_account_waits() {
    let (mut bench, counter, folds) = bench();
    let bytes = bench.bob.call(&folds, "all", &[uint(1)]);
    bench.rejection(&bytes);
    let began = Instant::now();
    for _ in 0..50 {
        let again = bench.rejection(&bytes);
        let Rejection::RefusedBefore { seconds, .. } = again else { panic!("{again:?}") };
        assert!((590..=600).contains(&seconds), "{seconds}");
    }
    assert!(began.elapsed() < LONGEST_WAIT, "{:?}", began.elapsed());
    // The account can call what is pinned, and nothing else for a while.
    bench.bob.nonce = 0;
    let other = bench.bob.call(&folds, "all", &[uint(2)]);
    let account = bench.bob.principal.clone();
    assert_eq!(bench.rejection(&other), Rejection::BackOff { account, seconds: 1 });
    bench.bob.nonce = 0;
    let added = bench.bob_calls(&counter, "add", &[uint(1)]);
    assert_eq!(added.receipt.status, Status::Success);
    let bytes = bench.alice.call(&folds, "few", &[uint(1)]);
    assert_eq!(bench.submit(&bytes).receipt.status, Status::Success);
}

#[test]
fn block_runs_a_share_of_foreign_code_and_leaves_the_rest_for_later_blocks() {
    let (mut bench, counter, folds) = bench();
    let mut batch: Vec<Vec<u8>> =
        (0..8).map(|n| bench.bob.call(&folds, "few", &[uint(n)])).collect();
    batch.push(bench.bob.call(&counter, "add", &[uint(1)]));
    let ledger = bench.ledger().clone();
    let (began, begins) = std::sync::mpsc::channel();
    let many = std::thread::spawn(move || {
        began.send(()).unwrap();
        ledger.submit_all(&batch)
    });
    begins.recv().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    // Somebody else does not wait for them.
    let add = bench.alice.call(&counter, "add", &[uint(2)]);
    let of_alice = bench.submit(&add);
    let included: Vec<Included> = many.join().unwrap().into_iter().map(Result::unwrap).collect();
    assert!(included.iter().all(|one| one.receipt.status == Status::Success));
    let places: Vec<_> = included.iter().map(|one| (one.height, one.position)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(included[0].height < included[7].height, "{places:?}");
    assert!(of_alice.height < included[7].height, "{places:?}");
    bench.ledger = None;
    assert!(mrms_node::chain::fsck(bench.folder.path(), &[SourceHash::of(COUNTER)]).is_ok());
}

#[test]
fn block_that_is_asked_for_has_foreign_code_too() {
    let (mut bench, counter, folds) = bench();
    let batch = [
        bench.bob.call(&folds, "few", &[uint(1)]),
        bench.bob.call(&counter, "add", &[uint(1)]),
        bench.alice.call(&folds, "few", &[uint(1)]),
    ];
    let mined = bench.ledger().mine(&batch).unwrap();
    for outcome in mined.outcomes {
        assert!(outcome.unwrap().height <= mined.height);
    }
}

#[test]
fn source_that_is_too_long_or_takes_too_long_to_analyse_is_refused() {
    let (mut bench, ..) = bench();
    let long = format!("(define-constant a u1){}", " ".repeat(96 * 1024));
    let bytes = bench.alice.deploy("long", &long);
    assert_eq!(bench.rejection(&bytes), Rejection::SourceTooLong { longest: 96 * 1024 });
    bench.alice.nonce -= 1;
    let wide = format!("(define-read-only (f) (+ {}))", "u1 ".repeat(12_000));
    let bytes = bench.alice.deploy("wide", &wide);
    let rejection = bench.rejection(&bytes);
    assert!(matches!(rejection, Rejection::ExceedsBlockLimit { .. }), "{rejection:?}");
}

#[test]
fn source_that_runs_for_long_when_it_is_published_is_refused() {
    for (time, by_time) in [(Duration::from_secs(30), false), (Duration::from_millis(20), true)] {
        let (mut bench, ..) = bench_with(time);
        let bytes = bench.alice.deploy("runs", &format!("{FOLDS} (print (fold d L u0))"));
        let rejection = bench.rejection(&bytes);
        let is_expected = match &rejection {
            Rejection::TookTooLong => by_time,
            Rejection::ExceedsBlockLimit { .. } => !by_time,
            _ => false,
        };
        assert!(is_expected, "{rejection:?}");
        assert_eq!(bench.contract(&bench.alice.contract("runs")), None);
    }
}

#[test]
fn ledger_closes_at_once_while_foreign_code_runs() {
    let (bench, _, folds) = bench_with(Duration::from_secs(60));
    let (begun, begins) = std::sync::mpsc::channel();
    let ledger = bench.ledger().clone();
    let alice = bench.alice.principal.clone();
    let read = std::thread::spawn(move || {
        ledger.read(move |snapshot| {
            begun.send(()).unwrap();
            snapshot.simulate_call(&folds, "all", &[uint(1)], &alice)
        })
    });
    begins.recv().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    bench.ledger().stop_foreign_code();
    let stopped = read.join().unwrap();
    assert_eq!(stopped.unwrap_err(), mrms_node::chain::ReadError::Interrupted);
    drop(bench);
    assert!(began.elapsed() < LONGEST_WAIT, "{:?}", began.elapsed());
}
