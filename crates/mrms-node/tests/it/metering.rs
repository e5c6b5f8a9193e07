//! Metering: which costs are counted, and the limits.

use mrms_node::chain::{
    ContractId, Cost, Principal, ReadError, Rejection, Simulation, SourceHash, Status,
};

use crate::support::{Bench, COUNTER, ok, uint};

const HEAVY: &str = "
(define-data-var sink (list 100 uint) (list))
(define-private (one (n uint) (sum uint)) (+ sum (len (var-get sink)) n))
(define-private (ten (n uint) (sum uint)) (fold one (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) sum))
(define-private (hundred (n uint) (sum uint)) (fold ten (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) sum))
(define-private (thousand (n uint) (sum uint)) (fold hundred (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) sum))
(define-public (spin) (if (is-eq burn-block-height u0) (err u0) (ok (fold thousand (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) u0))))
(define-public (spin-less) (ok (fold ten (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) u0)))
(define-public (spin-twice) (begin (try! (spin)) (spin)))
(define-read-only (look) (fold thousand (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) u0))";

fn simulate(
    bench: &Bench,
    contract: &ContractId,
    function: &str,
    arguments: &[Vec<u8>],
    sender: &Principal,
) -> Result<Simulation, ReadError> {
    let (contract, function) = (contract.clone(), function.to_owned());
    let (arguments, sender) = (arguments.to_vec(), sender.clone());
    bench
        .ledger()
        .read(move |snapshot| snapshot.simulate_call(&contract, &function, &arguments, &sender))
}

#[test]
fn call_beyond_the_limits_of_a_transaction_is_refused() {
    let mut bench = Bench::new();
    let heavy = bench.publish("heavy", HEAVY);
    let bytes = bench.bob.call(&heavy, "spin", &[]);
    let Rejection::ExceedsBlockLimit { cost: Some(cost) } = bench.rejection(&bytes) else {
        panic!()
    };
    assert!((500..=2_000).contains(&cost.read_count), "{cost:?}");
    assert_eq!(bench.nonce(&bench.bob.principal), 0);
    // The tracker starts at zero again for the next call.
    let bytes = bench.alice.call(&heavy, "spin-less", &[]);
    let spun = bench.submit(&bytes);
    assert_eq!(spun.receipt.status, Status::Success);
    let cost = spun.receipt.cost.unwrap();
    assert_eq!((cost.read_count, cost.write_count), (103, 0), "{cost:?}");
}

#[test]
fn read_only_call_beyond_its_limits_is_refused() {
    let mut bench = Bench::new();
    let heavy = bench.publish("heavy", HEAVY);
    let alice = bench.alice.principal.clone();
    assert_eq!(bench.call_read_only(&heavy, "look", &[], &alice), Err(ReadError::TooCostly));
}

#[test]
fn pinned_source_runs_unmetered_and_is_metered_in_a_simulation() {
    let mut bench = Bench::with(|settings| settings.pinned = vec![SourceHash::of(HEAVY)]);
    let heavy = bench.publish("heavy", HEAVY);
    let spun = bench.bob_calls(&heavy, "spin-twice", &[]);
    assert_eq!((spun.receipt.status, spun.receipt.cost), (Status::Success, None));
    let alice = bench.alice.principal.clone();
    let trial = simulate(&bench, &heavy, "spin", &[], &alice).unwrap();
    assert!(trial.cost.read_count > 10_000);
    let too_much = simulate(&bench, &heavy, "spin-twice", &[], &alice);
    assert_eq!(too_much, Err(ReadError::TooCostly));
    assert!(mrms_node::chain::fsck(bench.folder.path(), &bench.settings.pinned).is_ok());
}

#[test]
fn simulated_call_costs_what_the_call_costs_and_changes_nothing() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let bob = bench.bob.principal.clone();
    let trial = simulate(&bench, &counter, "add", &[uint(2)], &bob).unwrap();
    assert_eq!(trial.result, ok(&uint(2)));
    assert_eq!(trial.events.len(), 1);
    assert_eq!(bench.data_variable(&counter, "count").unwrap(), uint(0));
    let run = bench.bob_calls(&counter, "add", &[uint(2)]);
    assert_eq!(run.receipt.cost, Some(trial.cost));
    // Again, with a tracker that was used before.
    let again = bench.bob_calls(&counter, "add", &[uint(2)]);
    assert_eq!(again.receipt.cost.unwrap().runtime, trial.cost.runtime);
}

#[test]
fn simulated_failure_says_why() {
    let mut bench = Bench::new();
    let counter = bench.publish("counter", COUNTER);
    let bob = bench.bob.principal.clone();
    let trial = simulate(&bench, &counter, "add", &[uint(0)], &bob).unwrap();
    assert_eq!(trial.status, Status::AbortByResponse);
    assert_eq!(trial.result, crate::support::err(&uint(100)));
    let trial = simulate(&bench, &counter, "divide", &[uint(0)], &bob).unwrap();
    assert!(trial.note.unwrap().contains("DivisionByZero"));
}

#[test]
fn simulated_deploy_costs_what_the_deploy_costs() {
    let mut bench = Bench::new();
    let counter = bench.alice.contract("counter");
    let trial = bench.read(move |snapshot| snapshot.simulate_deploy(&counter, COUNTER, None));
    let run = bench.alice_deploys("counter", COUNTER);
    assert_eq!(run.receipt.cost, Some(trial.cost));
    let contract = bench.alice.contract("b");
    let broken = bench.read(move |snapshot| {
        snapshot.simulate_deploy(&contract, "(define-read-only (f) g)", None)
    });
    assert!(broken.note.unwrap().contains('g'));
}

/// The cost on a Stacks node at epoch 2.5 follows from the functions of SIP-006. Here calculated by hand:
/// loading (80 + size), the call (5 + 26·0), and a constant result.
#[test]
fn cost_of_the_smallest_call_is_what_the_cost_functions_say() {
    let mut bench = Bench::new();
    let source = "(define-public (f) (ok true))";
    let smallest = bench.publish("smallest", source);
    let run = bench.bob_calls(&smallest, "f", &[]);
    let size = source.len() as u64;
    // load-contract + user-function-application + lookup-function(ok) + ok-cons
    let runtime = (size + 80) + 5 + 16 + 199;
    let expected =
        Cost { runtime, read_count: 3, read_length: size + 1, write_count: 0, write_length: 0 };
    assert_eq!(run.receipt.cost, Some(expected));
}
