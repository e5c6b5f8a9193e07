//! The contract against its specification: random calls by six people, on the real ledger and on a
//! model that was written from the contract's documentation.
//!
//! Answers, refusals, printed events, every map and every head have to be the model's. The same
//! seed gives the same cases. `MRMS_MODEL_CASES` sets how many, `MRMS_MODEL_SCENES` how long they
//! are at most, `MRMS_MODEL_SEED` which.

mod call;
mod chain;
mod compare;
mod spec;
mod steps;
mod tally;

use mrms_contract::ContractError;
use mrms_core::Principal;
use mrms_stacks::clarity::Value;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use call::Call;
use chain::{Chain, Company};
use compare::{Comparison, short};
use spec::{Event, Model, Reply};
use steps::Step;
use tally::Tally;

/// Cases of a run, and scenes of a case at most, that take seconds and reach everything.
const CASES: u32 = 24;
const SCENES: u32 = 200;
const SEED: u32 = 1;

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}"))
    })
}

#[test]
fn the_contract_does_what_its_documentation_says() {
    let cases = setting("MRMS_MODEL_CASES", CASES);
    let scenes = setting("MRMS_MODEL_SCENES", SCENES);
    let seed = setting("MRMS_MODEL_SEED", SEED);
    println!("MRMS_MODEL_SEED={seed} MRMS_MODEL_CASES={cases} MRMS_MODEL_SCENES={scenes}");

    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_be_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 600, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let (chain, tally) = (Chain::open(), Tally::default());
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&steps::cases(scenes as usize), |steps| {
            Case::new(&chain, &tally).run(&steps).map_err(TestCaseError::fail)
        });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => {
            let steps: Vec<_> = steps.iter().map(|step| format!("{step:?}\n")).collect();
            panic!("seed {seed}: {reason}\nafter these steps:\n{}", steps.concat())
        }
        Err(aborted) => panic!("seed {seed}: {aborted}"),
    }
    println!("{} calls\n{tally}", tally.calls());
    if (seed, cases >= CASES, scenes >= SCENES) == (SEED, true, true) {
        assert_eq!(tally.missing(), Vec::<String>::new(), "a run of this size reaches everything");
    }
}

/// A call that was signed, and what the model says comes of it.
struct Expected {
    place: usize,
    caller: Principal,
    call: Call,
    outcome: Result<(Reply, Vec<Event>), ContractError>,
}

struct Case<'a> {
    chain: &'a Chain,
    tally: &'a Tally,
    company: Company,
    model: Model,
    /// Signed and not sent yet.
    waiting: Vec<Vec<u8>>,
    expected: Vec<Expected>,
}

impl<'a> Case<'a> {
    fn new(chain: &'a Chain, tally: &'a Tally) -> Self {
        let model = Model::at(chain.burn_height());
        let company = chain.company();
        Self { chain, tally, company, model, waiting: Vec::new(), expected: Vec::new() }
    }

    fn run(mut self, steps: &[Step]) -> Result<(), String> {
        for (place, step) in steps.iter().enumerate() {
            match step {
                Step::Call { caller, through, record, deed } => {
                    let caller = self.company.cast.person(*caller, *record, &self.model);
                    let call = self.company.cast.call(deed, *record, &self.model);
                    let outcome = self.model.call(&caller, &call);
                    self.waiting.push(self.chain.sign(&self.company, &caller, *through, &call));
                    self.expected.push(Expected { place, caller, call, outcome });
                }
                Step::Advance(blocks) => {
                    self.send()?;
                    self.chain.advance(*blocks);
                    self.model.now += blocks;
                }
                Step::Look => {
                    self.send()?;
                    self.comparison().access().map_err(|e| format!("at step {place}: {e}"))?;
                }
            }
        }
        self.send()?;
        self.comparison().all().map_err(|error| format!("in the end: {error}"))
    }

    fn comparison(&self) -> Comparison<'_> {
        Comparison { chain: self.chain, model: &self.model, cast: &self.company.cast }
    }

    /// Sends what waits, in one block, and compares what each call did.
    fn send(&mut self) -> Result<(), String> {
        let done = self.chain.submit(&std::mem::take(&mut self.waiting));
        for (Expected { place, caller, call, outcome }, done) in
            std::mem::take(&mut self.expected).into_iter().zip(done)
        {
            let called = call.to_contract();
            self.tally.outcome(called.function.as_str(), outcome.as_ref().err().copied());
            let (stands, result, printed) = match outcome {
                Err(refusal) => (false, Value::err(Value::UInt(refusal.code())), Vec::new()),
                Ok((reply, events)) => {
                    for event in &events {
                        if let Event::Record(_, entry) | Event::Patient(_, entry) = event {
                            self.tally.action(entry.action);
                        }
                    }
                    let printed = events.iter().map(Event::value).collect();
                    (true, Value::ok(reply.value()), printed)
                }
            };
            if (done.stands, &done.result, &done.printed) != (stands, &result, &printed) {
                let lines = |values: &[Value]| {
                    let line = |value| format!("\n    {}", short(value));
                    values.iter().map(line).collect::<String>()
                };
                return Err(format!(
                    "step {place}, {} by {caller} with{}\n  the contract: {}{}\n  the model: {}{}",
                    called.function.as_str(),
                    lines(&called.arguments),
                    short(&done.result),
                    lines(&done.printed),
                    short(&result),
                    lines(&printed),
                ));
            }
        }
        Ok(())
    }
}
