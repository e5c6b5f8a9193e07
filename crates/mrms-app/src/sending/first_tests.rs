//! A revoke goes before what waits, whoever comes first in the end, and whenever the command is killed.

use mrms_contract::call;
use mrms_core::{MicroStx, Nonce, Principal, RecordId};
use mrms_stacks::transaction::{Payload, Transaction};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::first::nonce;
use crate::ledger::LedgerError;
use crate::sending::outbox::Operation;
use crate::sending::outcome::{Ending, Resumed, SendError};
use crate::session::{Actor, Sending, Session};
use crate::testing::{FakeLedger, Fakes, actor};

/// A patient, two readers and a ledger whose blocks come when a test says so.
struct Scene {
    patient: Actor,
    clinic: Principal,
    other: Principal,
    fakes: Fakes,
}

impl Scene {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(5);
        let patient = actor(&mut rng);
        let [clinic, other] = [(); 2].map(|()| actor(&mut rng).principal());
        let fakes = Fakes::new(patient.principal).unwrap();
        fakes.ledger.hold();
        Self { patient, clinic, other, fakes }
    }

    fn session(&self) -> Session<'_> {
        self.fakes.session(Sending::Send)
    }

    fn send(&self, what: &str, calls: Vec<call::Call>) -> Result<usize, SendError> {
        let sent = self.session().carry_out(&self.patient, what, calls)?;
        Ok(sent.done().map_or(0, |receipts| receipts.len()))
    }

    /// Sends what stays without a block.
    #[track_caller]
    fn waits(&self, what: &str, calls: Vec<call::Call>) {
        let sent = self.send(what, calls);
        assert!(matches!(sent, Err(SendError::Kept(LedgerError::Pending { .. }))), "{sent:?}");
    }

    fn create(&self, id: u128) -> Vec<call::Call> {
        vec![call::create_medical_record(RecordId::new(id), vec![1])]
    }

    fn grant(&self, id: u128, user: &Principal) -> Vec<call::Call> {
        vec![call::grant_record_access(RecordId::new(id), user, None)]
    }

    fn revoke(&self, id: u128) -> Vec<call::Call> {
        vec![call::revoke_record_access(RecordId::new(id), &self.clinic)]
    }

    /// What stands in blocks: nonce and function, in order.
    fn done(&self) -> Vec<(u64, String)> {
        let done = self.fakes.ledger.submitted();
        done.iter().map(|one| (nonce(one), function(one))).collect()
    }

    fn resumed(&self) -> Vec<(String, Ending)> {
        let resumed = self.session().resume().unwrap();
        resumed
            .into_iter()
            .map(|Resumed { description, ending, .. }| (description, ending))
            .collect()
    }

    fn outbox(&self) -> Vec<String> {
        let found = self.fakes.profile.outbox().operations().unwrap();
        found.into_iter().map(|(operation, _)| operation.description).collect()
    }

    fn operation(&self, description: &str) -> Operation {
        let found = self.fakes.profile.outbox().operations().unwrap();
        found.into_iter().find(|(one, _)| one.description == description).unwrap().0
    }
}

fn function(transaction: &Transaction) -> String {
    match transaction.payload() {
        Payload::ContractCall(call) => call.function.to_string(),
        Payload::TokenTransfer { .. } => "nothing".to_owned(),
        Payload::SmartContract(_) => "deploy".to_owned(),
    }
}

fn done(all: &[(u64, &str)]) -> Vec<(u64, String)> {
    all.iter().map(|(nonce, what)| (*nonce, (*what).to_owned())).collect()
}

fn taken_back(what: &str, done: usize, of: usize) -> (String, Ending) {
    (what.to_owned(), Ending::TakenBack { by: "revoke".to_owned(), done, of })
}

fn finished(what: &str) -> (String, Ending) {
    (what.to_owned(), Ending::Finished)
}

const CREATE: &str = "create-medical-record";
const GRANT: &str = "grant-record-access";
const REVOKE: &str = "revoke-record-access";

#[test]
fn revoke_takes_the_first_place_and_what_it_displaced_comes_no_more() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("create 8", scene.create(8));
    scene.waits("revoke", scene.revoke(1));
    assert_eq!(scene.outbox(), ["create 8", "revoke"]);
    // A quarter more than what was there.
    let told = scene.fakes.ledger.take_told();
    assert_eq!(told, ["revoke instead of create 7 for 250 µSTX"]);
    scene.fakes.ledger.mine();
    let resumed = scene.resumed();
    assert_eq!(resumed, [taken_back("create 7", 0, 1), finished("revoke"), finished("create 8")]);
    assert_eq!(scene.done(), done(&[(0, REVOKE), (1, CREATE)]));
    assert!(scene.outbox().is_empty());
    // Nothing more comes of it.
    assert_eq!(scene.resumed(), []);
    scene.fakes.ledger.mine();
    assert_eq!(scene.done().len(), 2);
    assert!(scene.fakes.ledger.submitted().iter().all(|one| one.fee() <= MicroStx::new(250)));
}

#[test]
fn account_is_asked_for_once_by_an_end_however_much_waits() {
    let scene = Scene::new();
    let asked = || {
        let requests = scene.fakes.ledger.take_requests();
        requests.iter().filter(|one| *one == "account").count()
    };
    // Another end keeps its place, so that the next one goes behind it.
    scene.waits("revoke another", vec![call::revoke_record_access(RecordId::new(2), &scene.other)]);
    asked();
    scene.waits("revoke", scene.revoke(1));
    assert_eq!(asked(), 1);
    // It waits already.
    scene.waits("revoke", scene.revoke(1));
    assert_eq!(asked(), 1);
    // What is displaced, too.
    scene.waits("create 8", scene.create(8));
    asked();
    scene.waits("revoke", scene.revoke(3));
    assert_eq!(asked(), 1);
    // A node that does not tell it is not waited for again and again.
    scene.fakes.ledger.untell_account(None);
    scene.waits("revoke", scene.revoke(4));
    assert_eq!(asked(), 1);
}

#[test]
fn revoke_that_lost_its_place_goes_to_the_next_at_once_and_is_not_told_before() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("create 8", scene.create(8));
    scene.fakes.ledger.mine_before_next();
    // A block with both came just before the revoke.
    let sent = scene.send("revoke", scene.revoke(1));
    assert!(matches!(sent, Err(SendError::Kept(LedgerError::Pending { .. }))), "{sent:?}");
    assert_eq!(scene.done(), done(&[(0, CREATE), (1, CREATE)]));
    assert_eq!(scene.outbox(), ["revoke"], "the others are known to stand, or were asked for");
    scene.fakes.ledger.mine();
    let resumed = scene.resumed();
    assert_eq!(scene.done(), done(&[(0, CREATE), (1, CREATE), (2, REVOKE)]));
    assert_eq!(resumed, [finished("create 7"), finished("create 8"), finished("revoke")]);
    assert!(scene.outbox().is_empty());
}

#[test]
fn later_command_without_a_key_sends_the_revoke_at_its_next_place() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("revoke", scene.revoke(1));
    // Another node had the older one, and made a block of it.
    let create =
        scene.operation("revoke").first.unwrap().displaced.remove(0).transactions.remove(0);
    let bytes = mrms_core::hexadecimal::decode(&create).unwrap();
    scene.fakes.ledger.include(&bytes);
    let pending = scene.resumed();
    assert!(matches!(pending.as_slice(), [(what, Ending::Pending { .. })] if what == "revoke"));
    scene.fakes.ledger.mine();
    assert_eq!(scene.resumed(), [finished("create 7"), finished("revoke")]);
    assert_eq!(scene.done(), done(&[(0, CREATE), (1, REVOKE)]));
}

#[test]
fn operation_of_several_transactions_is_taken_back_whole() {
    let scene = Scene::new();
    let several = [scene.create(7), scene.create(8), scene.create(9)].concat();
    scene.waits("create several", several);
    scene.waits("create 10", scene.create(10));
    scene.waits("revoke", scene.revoke(1));
    scene.fakes.ledger.mine();
    let resumed = scene.resumed();
    assert_eq!(scene.done(), done(&[(0, REVOKE), (1, "nothing"), (2, "nothing"), (3, CREATE)]));
    let expected = [taken_back("create several", 0, 3), finished("revoke"), finished("create 10")];
    assert_eq!(resumed, expected);
}

#[test]
fn grant_to_the_same_person_never_comes_behind_the_revoke() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("grant other", scene.grant(1, &scene.other));
    scene.waits("grant clinic", scene.grant(1, &scene.clinic));
    scene.waits("create 8", scene.create(8));
    scene.waits("revoke", scene.revoke(1));
    assert_eq!(scene.outbox(), ["create 8", "revoke"]);
    scene.fakes.ledger.mine();
    scene.resumed();
    let all = [(0, REVOKE), (1, "nothing"), (2, "nothing"), (3, CREATE)];
    assert_eq!(scene.done(), done(&all));
}

#[test]
fn grant_that_was_faster_is_followed_by_another_revoke() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("grant clinic", scene.grant(1, &scene.clinic));
    scene.waits("revoke", scene.revoke(1));
    // The revoke stands at the first place, and the grant came behind it all the same.
    let kept = scene.operation("revoke");
    let grant = kept.first.unwrap().displaced.remove(1).transactions.remove(0);
    for transaction in [&kept.transactions[0], &grant] {
        scene.fakes.ledger.include(&mrms_core::hexadecimal::decode(transaction).unwrap());
    }
    let pending = scene.resumed();
    assert!(matches!(pending.as_slice(), [(what, Ending::Pending { .. })] if what == "revoke"));
    scene.fakes.ledger.mine();
    let resumed = scene.resumed();
    assert_eq!(scene.done(), done(&[(0, REVOKE), (1, GRANT), (2, REVOKE)]));
    assert_eq!(
        resumed,
        [taken_back("create 7", 0, 1), finished("grant clinic"), finished("revoke")]
    );
}

#[test]
fn second_revoke_keeps_behind_the_first_and_neither_is_lost() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("create 8", scene.create(8));
    scene.waits("revoke", scene.revoke(1));
    scene.waits("revoke 2", scene.revoke(2));
    assert_eq!(scene.outbox(), ["revoke", "revoke 2"]);
    scene.fakes.ledger.mine();
    assert_eq!(scene.done(), done(&[(0, REVOKE), (1, REVOKE)]));
    let mut endings = scene.resumed();
    endings.retain(|(_, ending)| *ending == Ending::Finished);
    assert_eq!(endings, [finished("revoke"), finished("revoke 2")]);
}

#[test]
fn what_another_command_carries_out_gives_way_or_keeps_its_place() {
    for gives_way in [true, false] {
        let scene = Scene::new();
        scene.waits("create 7", scene.create(7));
        let outbox = scene.fakes.profile.outbox();
        let lock = outbox.lock_signing().unwrap();
        let held = outbox.interrupted(&lock).unwrap();
        drop(lock);
        let other = std::thread::spawn(move || {
            // Twelve seconds at most.
            for _ in 0..600 {
                if gives_way && outbox.is_asked_for_way() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            let was_asked = outbox.is_asked_for_way();
            drop(held);
            was_asked
        });
        scene.waits("create 8", scene.create(8));
        scene.waits("revoke", scene.revoke(1));
        scene.fakes.ledger.mine();
        let expected = match gives_way {
            true => [(0, REVOKE), (1, CREATE)],
            // It was asked for eight seconds, and went on.
            false => [(0, CREATE), (1, REVOKE)],
        };
        assert_eq!(scene.done(), done(&expected));
        assert_eq!(other.join().unwrap(), gives_way);
        assert!(!scene.fakes.profile.outbox().is_asked_for_way(), "nobody is asked any more");
    }
}

#[test]
fn killed_between_any_two_writes_it_loses_neither_and_does_nothing_twice() {
    // The new operation is kept, the displaced one not removed yet; with its bytes sent or not.
    for was_sent in [false, true] {
        let scene = Scene::new();
        scene.waits("create 7", scene.create(7));
        let create = scene.operation("create 7");
        scene.waits("create 8", scene.create(8));
        if was_sent {
            scene.waits("revoke", scene.revoke(1));
        } else {
            // As if the command had been killed before it sent anything.
            let before = scene.fakes.ledger.take_waiting();
            scene.waits("revoke", scene.revoke(1));
            scene.fakes.ledger.take_waiting();
            scene.fakes.ledger.put_waiting(before);
        }
        let outbox = scene.fakes.profile.outbox();
        let lock = outbox.lock_signing().unwrap();
        drop(outbox.begin(&lock, create).unwrap());
        drop(lock);
        assert_eq!(scene.outbox().len(), 3);
        let first = scene.resumed();
        assert!(
            first.iter().all(|(_, ending)| matches!(ending, Ending::Pending { .. })),
            "{first:?}"
        );
        assert_eq!(scene.outbox(), ["create 8", "revoke"]);
        scene.fakes.ledger.mine();
        let resumed = scene.resumed();
        assert_eq!(scene.done(), done(&[(0, REVOKE), (1, CREATE)]));
        let all = [taken_back("create 7", 0, 1), finished("revoke"), finished("create 8")];
        assert_eq!(resumed, all);
    }
}

#[test]
fn killed_while_it_goes_to_the_next_place_it_is_there_once() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("create 8", scene.create(8));
    scene.waits("revoke", scene.revoke(1));
    let [before, create] = ["revoke", "create 8"].map(|what| scene.operation(what));
    let displaced = before.first.clone().unwrap().displaced.remove(0).transactions.remove(0);
    scene.fakes.ledger.include(&mrms_core::hexadecimal::decode(&displaced).unwrap());
    scene.resumed();
    // The operation at the next place is kept, and neither the one before it nor what it displaced is removed.
    let outbox = scene.fakes.profile.outbox();
    let lock = outbox.lock_signing().unwrap();
    for operation in [before, create] {
        drop(outbox.begin(&lock, operation).unwrap());
    }
    drop(lock);
    scene.resumed();
    assert_eq!(scene.outbox(), ["revoke"]);
    scene.fakes.ledger.mine();
    let resumed = scene.resumed();
    assert_eq!(scene.done(), done(&[(0, CREATE), (1, REVOKE)]));
    assert_eq!(resumed, [finished("create 7"), taken_back("create 8", 0, 1), finished("revoke")]);
}

#[test]
fn revoke_that_the_ledger_will_not_take_leaves_the_others_as_they_were() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.fakes.ledger.reject_next();
    let sent = scene.send("revoke", scene.revoke(1));
    assert!(matches!(&sent, Err(SendError::Ledger(LedgerError::Rejected { .. }))), "{sent:?}");
    assert_eq!(scene.outbox(), ["create 7"]);
    scene.fakes.ledger.mine();
    assert_eq!(scene.resumed(), [finished("create 7")]);
}

#[test]
fn bump_and_drop_work_over_a_revoke_that_went_first() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("revoke", scene.revoke(1));
    let bumped = scene.session().bump_waiting(&scene.patient, None, Some(MicroStx::new(900)));
    assert!(bumped.is_err(), "it waits");
    assert_eq!(scene.operation("revoke").first.unwrap().displaced.len(), 1);
    let dropped = scene.session().drop_waiting(Some(&scene.patient), None);
    if scene.outbox().is_empty() {
        // A ledger that says surely what it does not have, and has it not.
        dropped.unwrap();
        return;
    }
    scene.fakes.ledger.mine();
    let told: Vec<_> = scene.resumed().into_iter().map(|(what, _)| what).collect();
    assert_eq!(told, ["create 7", "nothing, in the place of: revoke"]);
    assert_eq!(scene.done(), done(&[(0, "nothing")]));
}

#[test]
fn dry_run_tells_what_would_be_taken_back_and_keeps_everything() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    let session = scene.fakes.session(Sending::DryRun);
    scene
        .fakes
        .ledger
        .result(mrms_stacks::clarity::Value::ok(mrms_stacks::clarity::Value::Bool(true)));
    let planned = session.carry_out(&scene.patient, "revoke", scene.revoke(1)).unwrap();
    let crate::sending::outcome::Outcome::Planned(plan) = planned else { panic!("{planned:?}") };
    assert_eq!(plan.takes_back, ["create 7"]);
    let fees: Vec<_> = plan.transactions.iter().map(|one| one.fee).collect();
    assert_eq!(fees, [MicroStx::new(FakeLedger::FEE.number() * 5 / 4)]);
    assert_eq!(scene.outbox(), ["create 7"]);
}

#[test]
fn end_by_an_account_that_is_not_told_goes_behind_all_that_is_known_and_nothing_else_is_signed() {
    let scene = Scene::new();
    scene.waits("create 7", scene.create(7));
    scene.waits("create 8", scene.create(8));
    scene.fakes.ledger.untell_account(None);
    let other = scene.send("create 9", scene.create(9));
    assert!(matches!(other, Err(SendError::Ledger(LedgerError::Call { .. }))), "{other:?}");
    scene.waits("revoke", scene.revoke(1));
    assert_eq!(scene.outbox(), ["create 7", "create 8", "revoke"], "it takes nobody's place");
    assert_eq!(scene.fakes.ledger.take_told(), ["nonce 2 is unsure"]);
    scene.fakes.ledger.untell_account(Some(Nonce::new(9)));
    scene.waits("revoke another", scene.revoke(2));
    assert_eq!(scene.fakes.ledger.take_told(), ["nonce 9 is unsure"], "somebody else knows more");
    scene.fakes.ledger.mine();
    assert_eq!(scene.done(), done(&[(0, CREATE), (1, CREATE), (2, REVOKE), (9, REVOKE)]));
}

#[test]
fn nothing_is_signed_where_nobody_knows_a_nonce() {
    let scene = Scene::new();
    scene.fakes.ledger.untell_account(None);
    let revoked = scene.send("revoke", scene.revoke(1));
    assert!(matches!(revoked, Err(SendError::Ledger(LedgerError::Call { .. }))), "{revoked:?}");
    assert!(scene.outbox().is_empty());
}
