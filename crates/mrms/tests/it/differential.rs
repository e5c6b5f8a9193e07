//! Random lives of records on the simulated network of Stacks' own tools, which runs the newest
//! Clarity, and the same calls on the embedded ledger: results, events and state are equal, byte
//! for byte.
//!
//! `clarity/differential/trace.mjs` writes the file named by `MRMS_DIFFERENTIAL_TRACE`; without it
//! the test is skipped, or fails where `MRMS_REQUIRE_CLIENTS` is set.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};

use mrms_contract::ContractError;
use mrms_core::{Action, ContractId};
use mrms_node::chain::{Event, Included, Rejection, Status, SubmitError};
use mrms_stacks::abi::{Access, Interface};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Transaction;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::deployed::{Deployed, Signer};

/// A trace of this many steps reaches every function, every refusal and every action.
const LONG: usize = 3_000;

/// Most calls that are sent at once.
const BATCH: usize = 250;

/// The trace's first line.
#[derive(Deserialize)]
struct Beginning {
    seed: String,
    steps: usize,
    height: u32,
    source: String,
    wallet: String,
    signers: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    phrase: String,
    address: String,
}

/// Each of the other lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Call(Call),
    Look(Look),
}

/// A call, and what the simulated network said to it.
#[derive(Deserialize)]
struct Call {
    step: usize,
    height: u32,
    by: usize,
    /// Whether the wallet passes it on.
    wallet: bool,
    function: String,
    arguments: Vec<String>,
    /// Nothing where no network includes such a call.
    result: Option<String>,
    events: Vec<String>,
}

/// Questions about the state after a step.
#[derive(Deserialize)]
struct Look {
    step: usize,
    height: u32,
    state: Vec<(Kind, String, Vec<String>, String)>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Function,
    Map,
}

#[test]
fn the_embedded_ledger_does_what_the_newest_network_does() {
    let Ok(path) = std::env::var("MRMS_DIFFERENTIAL_TRACE") else {
        assert!(
            std::env::var_os("MRMS_REQUIRE_CLIENTS").is_none(),
            "MRMS_DIFFERENTIAL_TRACE names no trace"
        );
        println!("skipped: MRMS_DIFFERENTIAL_TRACE names no trace");
        return;
    };
    let file = File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut lines = BufReader::new(file).lines().map(Result::unwrap);
    let beginning: Beginning = serde_json::from_str(&lines.next().unwrap()).unwrap();
    let steps = beginning.steps;
    let mut replay = Replay::new(beginning);
    for line in lines {
        match serde_json::from_str(&line).unwrap() {
            Line::Call(call) => replay.call(call),
            Line::Look(look) => replay.look(&look),
        }
    }
    replay.send();
    replay.report();
    assert_eq!(replay.calls, steps, "the trace was cut");
    if steps >= LONG {
        replay.assert_everything_happened();
    }
}

/// The embedded ledger on the way through a trace.
struct Replay {
    seed: String,
    deployed: Deployed,
    wallet: ContractId,
    signers: Vec<Signer>,
    /// Signed and not sent yet.
    waiting: Vec<(Call, Vec<u8>)>,
    height: u32,
    calls: usize,
    questions: usize,
    /// How often each function ended how.
    outcomes: BTreeMap<(String, String), usize>,
    refusals: BTreeSet<u128>,
    actions: BTreeSet<Action>,
}

impl Replay {
    fn new(beginning: Beginning) -> Self {
        let Beginning { seed, height, source, wallet, signers: people, .. } = beginning;
        assert_eq!(source, hex::encode(mrms_contract::source_hash()), "of another contract");
        let signers: Vec<_> =
            people.iter().map(|person| Signer::of_phrase(&person.phrase)).collect();
        for (signer, person) in signers.iter().zip(&people) {
            assert_eq!(signer.account.to_string(), person.address, "{}", person.phrase);
        }
        let deployed = Deployed::by(&signers, height);
        let wallet = deployed.deploy(&signers[0], "wallet", &wallet);
        Self {
            seed,
            deployed,
            wallet,
            signers,
            waiting: Vec::new(),
            height,
            calls: 0,
            questions: 0,
            outcomes: BTreeMap::new(),
            refusals: BTreeSet::new(),
            actions: BTreeSet::new(),
        }
    }

    fn call(&mut self, call: Call) {
        self.reach(call.height);
        let target = if call.wallet { &self.wallet } else { &self.deployed.contract };
        let arguments = call.arguments.iter().map(|text| Value::decode(&bytes(text)).unwrap());
        let unsigned = Transaction::contract_call(
            target.clone(),
            call.function.parse().unwrap(),
            arguments.collect(),
        );
        let signer = &self.signers[call.by];
        let signed = match call.result {
            Some(_) => signer.sign(unsigned),
            None => signer.sign_in_vain(unsigned),
        };
        self.waiting.push((call, signed));
        if self.waiting.len() == BATCH {
            self.send();
        }
    }

    /// Lets burn blocks pass up to this height.
    fn reach(&mut self, height: u32) {
        if height != self.height {
            self.send();
            self.deployed.ledger.advance((height - self.height).into()).unwrap();
            self.height = height;
            let tip = self.deployed.ledger.read(|snapshot| snapshot.tip()).unwrap();
            assert_eq!(tip.burn_height_now.get(), height);
        }
    }

    /// Sends what waits and compares what each call did.
    fn send(&mut self) {
        let (calls, transactions): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let done = self.deployed.ledger.submit_all(&transactions);
        assert_eq!(done.len(), calls.len());
        for (call, outcome) in calls.iter().zip(done) {
            match (&call.result, outcome) {
                (Some(result), Ok(included)) => self.compare(call, result, &included),
                (None, Err(SubmitError::Rejected { rejection, .. }))
                    if matches!(
                        *rejection,
                        Rejection::NoSuchPublicFunction { .. }
                            | Rejection::BadFunctionArgument { .. }
                    ) =>
                {
                    self.count(&call.function, "not included".to_owned());
                }
                (result, outcome) => panic!(
                    "{}\n  there: {}\n  here:  {outcome:?}",
                    self.place(call),
                    result.as_deref().map_or("not included".to_owned(), spelt)
                ),
            }
        }
    }

    fn compare(&mut self, call: &Call, result: &str, included: &Included) {
        let place = || self.place(call);
        let receipt = &included.receipt;
        assert_same(|| format!("{}: the result", place()), result, &receipt.result);
        assert_eq!(included.burn_height.get(), call.height, "{}: the burn height", place());
        let mut actions = Vec::new();
        let ours = self.deployed.on_ledger();
        let printed = receipt.events.iter().map(|event| match event {
            Event::Print { contract, value } if *contract == ours => value,
            other => panic!("{}: {other:?}", place()),
        });
        assert_eq!(printed.len(), call.events.len(), "{}: the number of events", place());
        for (there, here) in call.events.iter().zip(printed) {
            assert_same(|| format!("{}: an event", place()), there, here);
            actions.extend(action(here));
        }
        let value = Value::decode(&receipt.result).unwrap();
        let (stands, outcome) = match &value {
            Value::Ok(_) => (Status::Success, "ok".to_owned()),
            refused => {
                let refusal = ContractError::in_result(refused);
                let refusal = refusal.unwrap_or_else(|| panic!("{}: {refused}", place()));
                self.refusals.insert(refusal.code());
                (Status::AbortByResponse, refusal.constant().to_owned())
            }
        };
        assert_eq!(receipt.status, stands, "{}", self.place(call));
        self.actions.extend(actions);
        self.count(&call.function, outcome);
    }

    fn count(&mut self, function: &str, outcome: String) {
        self.calls += 1;
        *self.outcomes.entry((function.to_owned(), outcome)).or_default() += 1;
    }

    /// Asks the same and compares the answers.
    fn look(&mut self, look: &Look) {
        self.reach(look.height);
        self.send();
        let contract = self.deployed.on_ledger();
        let asker = contract.deployer();
        for (kind, name, arguments, expected) in &look.state {
            let given: Vec<_> = arguments.iter().map(|text| bytes(text)).collect();
            let (kind, read) = (*kind, name.clone());
            let (contract, asker) = (contract.clone(), asker.clone());
            let answer = self.deployed.ledger.read(move |snapshot| match kind {
                Kind::Function => snapshot.call_read_only(&contract, &read, &given, &asker),
                Kind::Map => snapshot.map_entry(&contract, &read, &given[0]),
            });
            let question = || {
                let arguments: Vec<_> = arguments.iter().map(|text| spelt(text)).collect();
                format!("seed {}, after step {}: {name} {arguments:?}", self.seed, look.step)
            };
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", question()));
            assert_same(question, expected, &answer);
            self.questions += 1;
        }
    }

    fn place(&self, call: &Call) -> String {
        let arguments: Vec<_> = call.arguments.iter().map(|text| spelt(text)).collect();
        let through = if call.wallet { " through the wallet" } else { "" };
        format!(
            "seed {}, step {}, burn height {}: person {}{through} calls {} {arguments:?}",
            self.seed, call.step, call.height, call.by, call.function
        )
    }

    fn report(&self) {
        println!("seed {}: {} calls, {} questions", self.seed, self.calls, self.questions);
        for ((function, outcome), times) in &self.outcomes {
            println!("{times:>6} {function}: {outcome}");
        }
    }

    /// A trace that misses a function, a refusal or an action compares less than it seems to.
    fn assert_everything_happened(&self) {
        for function in Interface::parse(&self.deployed.interface()).unwrap().functions {
            if function.access == Access::Public {
                let succeeded = (function.name, "ok".to_owned());
                assert!(self.outcomes.contains_key(&succeeded), "{} never does", succeeded.0);
            }
        }
        for refusal in ContractError::ALL {
            assert!(self.refusals.contains(&refusal.code()), "{refusal:?} never comes");
        }
        for action in Action::ALL {
            assert!(self.actions.contains(action), "{action} never happens");
        }
    }
}

/// What a printed event says was done; nothing where it is no entry of a trail.
fn action(event: &[u8]) -> Option<Action> {
    let value = Value::decode(event).unwrap();
    let action = value.read().field("action").ok()?;
    Some(action.ascii().unwrap().parse().unwrap())
}

fn bytes(text: &str) -> Vec<u8> {
    mrms_core::hexadecimal::decode(text).unwrap()
}

/// Whether the trace's value, or its hash where it is long, is this one.
fn same(expected: &str, found: &[u8]) -> bool {
    match expected.strip_prefix("sha256:") {
        Some(hash) => hex::encode(Sha256::digest(found)) == hash,
        None => hex::encode(found) == expected,
    }
}

#[track_caller]
fn assert_same(what: impl FnOnce() -> String, expected: &str, found: &[u8]) {
    assert!(
        same(expected, found),
        "{} differs\n  there: {}\n  here:  {}",
        what(),
        spelt(expected),
        spelt(&hex::encode(found))
    );
}

/// The value as Clarity writes it, where it is there and not its hash.
fn spelt(text: &str) -> String {
    mrms_core::hexadecimal::decode(text)
        .ok()
        .and_then(|bytes| Value::decode(&bytes).ok())
        .map_or_else(|| text.to_owned(), |value| value.to_string())
}
