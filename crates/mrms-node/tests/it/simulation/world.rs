//! A ledger under random work, and the truth about it: everything that it has acknowledged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mrms_node::chain::{
    Allocation, BlockHash, BlockHeight, ContractId, Event, FsckError, Included, Ledger, MicroStx,
    OpenError, Page, ReadError, Scrubbed, Settings, Sound, SourceHash, SubmitError, TxId, fsck,
    scrub,
};
use tempfile::TempDir;

use super::random::Random;
use crate::support::{Actor, COUNTER, GENESIS, HandClock, RICH, buffer, uint};

/// A contract that keeps what it is given.
const NOTES: &str = "(define-map notes uint (buff 3000))
(define-public (put (key uint) (note (buff 3000))) (ok (map-set notes key note)))";
const ACTORS: u8 = 6;

/// What the ledger has acknowledged.
#[derive(Clone, Default)]
pub(super) struct Truth {
    included: Vec<(Included, Vec<u8>)>,
    notes: BTreeMap<u128, Vec<u8>>,
    /// What was noted before and replaced.
    former_notes: BTreeMap<u128, Vec<Vec<u8>>>,
    count: u128,
    /// The next nonce of each account.
    nonces: Vec<u64>,
    tip: Option<(BlockHeight, BlockHash)>,
}

/// What somebody finds who looks at everything.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// All is as it was acknowledged.
    Right,
    /// Something is not, and an error says so.
    Named(String),
    /// Something is said not to be there, or is not in a list, and nothing says why.
    Missing(String),
    /// An answer is the right one of an earlier time, and nothing says so.
    Former(String),
    /// An answer is wrong, and nothing says so.
    Wrong(String),
}

pub(super) struct World {
    base: TempDir,
    ledger: Option<Ledger>,
    clock: Arc<HandClock>,
    seconds: u64,
    actors: Vec<Actor>,
    pub(super) truth: Truth,
}

/// The ledger's folder in the folder of a world, or of a copy of it.
pub(super) fn folder(base: &Path) -> PathBuf {
    base.join("ledger")
}

pub(super) fn known() -> [SourceHash; 2] {
    [SourceHash::of(COUNTER), SourceHash::of(NOTES)]
}

fn settings(base: &Path, clock: &Arc<HandClock>) -> Settings {
    let mut settings = Settings::default();
    settings.clock = Arc::<HandClock>::clone(clock);
    settings.lock_wait = Duration::from_millis(50);
    settings.pinned = known().to_vec();
    settings.mark_beside = Some(base.join("ledger.mark"));
    settings.allocations = (1..=ACTORS)
        .map(|seed| Allocation { account: Actor::new(seed).principal, amount: MicroStx::new(RICH) })
        .collect();
    settings
}

fn contract(name: &str) -> ContractId {
    Actor::new(1).contract(name)
}

enum Deed {
    Add(u128),
    Put(u128, Vec<u8>),
    Transfer,
}

impl World {
    pub(super) fn new() -> Self {
        let base = TempDir::new().unwrap();
        let clock = HandClock::new(GENESIS);
        let ledger = Ledger::open(&folder(base.path()), settings(base.path(), &clock)).unwrap();
        let actors: Vec<Actor> = (1..=ACTORS).map(Actor::new).collect();
        let nonces = vec![0; actors.len()];
        let truth = Truth { nonces, ..Truth::default() };
        let mut world = Self { base, ledger: Some(ledger), clock, seconds: GENESIS, actors, truth };
        for (name, source) in [("counter", COUNTER), ("notes", NOTES)] {
            let bytes = world.actors[0].deploy(name, source);
            world.submit(vec![(0, bytes, Deed::Transfer)]);
        }
        world
    }

    pub(super) fn base(&self) -> &Path {
        self.base.path()
    }

    /// Does something, and notes what the ledger acknowledges.
    pub(super) fn step(&mut self, random: &mut Random) {
        match random.below(20) {
            0 => self.close(),
            1 => self.moves_clock(random),
            2 => self.ledger().advance(random.below(500)).unwrap(),
            3..=6 => {
                let many = 2 + random.below(12);
                let batch = (0..many).map(|_| self.draw(random)).collect();
                self.submit(batch);
            }
            _ => {
                let one = self.draw(random);
                self.submit(vec![one]);
            }
        }
        if self.ledger.is_some() {
            let tip = self.ledger().read(|snapshot| snapshot.tip()).unwrap();
            self.truth.tip = Some((tip.height, tip.hash));
        }
    }

    /// Forward by days, or back.
    fn moves_clock(&mut self, random: &mut Random) {
        let days = random.below(30) * 86_400;
        self.seconds = if random.below(3) == 0 { self.seconds - days } else { self.seconds + days };
        self.clock.set(self.seconds);
    }

    fn draw(&mut self, random: &mut Random) -> (usize, Vec<u8>, Deed) {
        let who = random.below(u64::from(ACTORS)) as usize;
        let deed = match random.below(4) {
            0 => Deed::Add(1 + u128::from(random.below(9))),
            1 => Deed::Transfer,
            _ => {
                let length = random.below(3_000) as usize;
                Deed::Put(u128::from(random.below(60)), random.bytes(length))
            }
        };
        let to = self.actors[(who + 1) % self.actors.len()].principal.clone();
        let actor = &mut self.actors[who];
        let bytes = match &deed {
            Deed::Add(number) => actor.call(&contract("counter"), "add", &[uint(*number)]),
            Deed::Put(key, note) => {
                actor.call(&contract("notes"), "put", &[uint(*key), buffer(note)])
            }
            Deed::Transfer => actor.transfer(&to, 1 + random.below(1_000)),
        };
        (who, bytes, deed)
    }

    fn submit(&mut self, batch: Vec<(usize, Vec<u8>, Deed)>) {
        let bytes: Vec<Vec<u8>> = batch.iter().map(|(_, bytes, _)| bytes.clone()).collect();
        let outcomes = self.ledger().submit_all(&bytes);
        for ((who, bytes, deed), outcome) in batch.into_iter().zip(outcomes) {
            let included = outcome.unwrap();
            assert_eq!(included.receipt.status.as_str(), "success", "{:?}", included.note);
            match deed {
                Deed::Add(number) => self.truth.count += number,
                Deed::Put(key, note) => {
                    let former = self.truth.notes.insert(key, note);
                    self.truth.former_notes.entry(key).or_default().extend(former);
                }
                Deed::Transfer => {}
            }
            self.truth.nonces[who] = self.actors[who].nonce;
            self.truth.included.push((included, bytes));
        }
    }

    fn ledger(&mut self) -> &Ledger {
        let (base, clock) = (self.base.path(), &self.clock);
        self.ledger
            .get_or_insert_with(|| Ledger::open(&folder(base), settings(base, clock)).unwrap())
    }

    /// Closes the ledger, which moves its log into the file. The next step opens it again.
    pub(super) fn close(&mut self) {
        self.ledger = None;
    }

    /// The files as they are now: what a loss of power leaves. Nothing is being written at the moment.
    pub(super) fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        std::fs::create_dir(folder(copy.path())).unwrap();
        for name in FILES.iter().filter(|name| self.base.path().join(name).exists()) {
            std::fs::copy(self.base.path().join(name), copy.path().join(name)).unwrap();
        }
        copy
    }

    /// Looks at everything in a copy, and goes on with it.
    pub(super) fn look_at(&self, copy: &Path) -> Found {
        match Ledger::open(&folder(copy), settings(copy, &self.clock)) {
            Err(error) => Found::Named(named(&error)),
            Ok(ledger) => {
                let mut look =
                    Look { ledger: &ledger, named: None, missing: None, former: None, wrong: None };
                look.all(&self.truth, &self.actors);
                // The worst.
                let wrong = look.wrong.map(Found::Wrong);
                let wrong = wrong.or(look.former.map(Found::Former));
                let wrong = wrong.or(look.missing.map(Found::Missing));
                wrong.or(look.named.map(Found::Named)).unwrap_or(Found::Right)
            }
        }
    }

    /// What the two checks say of a copy.
    pub(super) fn check(
        &self,
        copy: &Path,
    ) -> (Result<Sound, FsckError>, Result<Scrubbed, FsckError>) {
        (fsck(&folder(copy), &known()), scrub(&folder(copy)))
    }
}

/// The files of a ledger, in the folder of a world.
pub(super) const FILES: [&str; 6] = [
    "ledger/ledger.sqlite",
    "ledger/ledger.sqlite-wal",
    "ledger/ledger.sqlite-shm",
    "ledger/node.key",
    "ledger/node.mark",
    "ledger.mark",
];

fn named(error: &OpenError) -> String {
    format!("does not open: {error}")
}

/// Compares every answer of a ledger with the truth.
struct Look<'l> {
    ledger: &'l Ledger,
    named: Option<String>,
    missing: Option<String>,
    former: Option<String>,
    wrong: Option<String>,
}

impl Look<'_> {
    /// Compares an answer with what is right. `nothing` is the answer that there is none.
    fn answer<T: PartialEq + std::fmt::Debug, E: std::fmt::Debug>(
        &mut self,
        what: &str,
        answer: Result<T, E>,
        right: &T,
        nothing: Option<T>,
    ) {
        self.answer_of_now(what, answer, right, nothing, |_| false);
    }

    /// The same of what had other values before.
    fn answer_of_now<T: PartialEq + std::fmt::Debug, E: std::fmt::Debug>(
        &mut self,
        what: &str,
        answer: Result<T, E>,
        right: &T,
        nothing: Option<T>,
        is_former: impl Fn(&T) -> bool,
    ) {
        match answer {
            Ok(answer) if answer == *right => {}
            Ok(answer) if is_former(&answer) => {
                self.former.get_or_insert(format!("{what}: {answer:?} and not {right:?}"));
            }
            Ok(answer) if Some(&answer) == nothing.as_ref() => {
                self.missing.get_or_insert(format!("{what} is not there: {right:?}"));
            }
            Ok(answer) => {
                self.wrong.get_or_insert(format!("{what}: {answer:?} and not {right:?}"));
            }
            Err(error) => drop(self.named.get_or_insert(format!("{what}: {error:?}"))),
        }
    }

    /// Compares a list, in which an entry can be missing.
    fn list<E: std::fmt::Debug>(&mut self, what: &str, list: Result<Vec<TxId>, E>, right: &[TxId]) {
        match list {
            Ok(list) if list == right => {}
            Ok(list) => drop(self.missing.get_or_insert(format!("{what}: {list:?}"))),
            Err(error) => drop(self.named.get_or_insert(format!("{what}: {error:?}"))),
        }
    }

    fn all(&mut self, truth: &Truth, actors: &[Actor]) {
        if let Some(right) = truth.tip {
            let tip = self.ledger.read(|snapshot| snapshot.tip());
            self.answer("the newest block", tip.map(|tip| (tip.height, tip.hash)), &right, None);
        }
        for (included, raw) in &truth.included {
            let txid = included.txid;
            let stored = self.ledger.read(move |snapshot| snapshot.transaction(&txid));
            let found = stored.map(|stored| stored.map(|stored| (stored.included, stored.raw)));
            self.answer("a transaction", found, &Some((included.clone(), raw.clone())), Some(None));
            let height = included.height;
            let block = self.ledger.read(move |snapshot| snapshot.block(height));
            let found = block
                .map(|block| block.map(|block| (block.hash, block.transactions.contains(&txid))));
            self.answer("its block", found, &Some((included.block, true)), Some(None));
        }
        for (key, note) in &truth.notes {
            let former = truth.former_notes.get(key).map_or(&[][..], Vec::as_slice);
            let (contract, key) = (contract("notes"), uint(*key));
            let found =
                self.ledger.read(move |snapshot| snapshot.map_entry(&contract, "notes", &key));
            let some = |note: &Vec<u8>| [&[10], buffer(note).as_slice()].concat();
            let is_former = |found: &Vec<u8>| former.iter().any(|note| some(note) == *found);
            self.answer_of_now("a note", found, &some(note), Some(vec![9]), is_former);
        }
        let counter = contract("counter");
        let count = self.ledger.read(move |snapshot| snapshot.data_variable(&counter, "count"));
        // The VM reads a variable whose row is gone as `none`.
        let is_former = |found: &Vec<u8>| (0..truth.count).any(|count| uint(count) == *found);
        self.answer_of_now("the count", count, &uint(truth.count), Some(vec![9]), is_former);
        for (actor, nonce) in actors.iter().zip(&truth.nonces) {
            let account = actor.principal.clone();
            let found: Result<_, ReadError> =
                self.ledger.read(move |snapshot| snapshot.account(&account));
            let found = found.map(|account| account.nonce);
            self.answer_of_now("a nonce", found, nonce, Some(0), |found| {
                *found > 0 && found < nonce
            });
        }
        self.lists(truth, actors);
        self.goes_on(actors);
    }

    fn lists(&mut self, truth: &Truth, actors: &[Actor]) {
        let counter = contract("counter");
        let called: Vec<_> = truth
            .included
            .iter()
            .filter(|(included, _)| {
                let is_of = |event: &Event| matches!(event, Event::Print { contract, .. } if *contract == counter);
                included.receipt.events.iter().any(is_of)
            })
            .map(|(included, _)| included.txid)
            .collect();
        let events =
            self.ledger.read(move |snapshot| snapshot.contract_events(&counter, Page::oldest(999)));
        let found = events.map(|events| events.iter().map(|event| event.txid).collect::<Vec<_>>());
        self.list("the events of a contract", found, &called);
        let first = actors[1].principal.clone();
        let right: Vec<_> = truth
            .included
            .iter()
            .filter(|(_, raw)| concerns(raw, &actors[1]))
            .map(|(included, _)| included.txid)
            .collect();
        let list =
            self.ledger.read(move |snapshot| snapshot.transactions_of(&first, Page::oldest(999)));
        let found =
            list.map(|list| list.iter().map(|stored| stored.included.txid).collect::<Vec<_>>());
        self.list("the transactions of an account", found, &right);
    }

    /// A further transaction is included as if nothing had been, or an error says why not.
    fn goes_on(&mut self, actors: &[Actor]) {
        let mut next = Actor::new(2);
        next.nonce = actors[1].nonce;
        let bytes = next.transfer(&actors[0].principal, 1);
        match self.ledger.submit(&bytes) {
            Ok(included) if included.receipt.status.as_str() == "success" => {}
            Err(SubmitError::Failed { failure, .. }) => {
                self.named.get_or_insert(format!("the next block: {failure:?}"));
            }
            // Its account or its contract is not there.
            other => drop(self.missing.get_or_insert(format!("the next transaction: {other:?}"))),
        }
    }
}

/// Whether a transaction is by an account, or transfers to it.
fn concerns(raw: &[u8], actor: &Actor) -> bool {
    use mrms_node::chain::wire::{Payload, Transaction};
    let transaction = Transaction::decode(raw).unwrap();
    let is_recipient = matches!(
        &transaction.payload,
        Payload::Transfer { recipient, .. } if *recipient == actor.principal
    );
    is_recipient || transaction.authorization.origin().account() == actor.principal
}
