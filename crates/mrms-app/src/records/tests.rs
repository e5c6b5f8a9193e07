//! How much of what strangers put into a user's lists is looked at.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_core::{Principal, RecordId};
use mrms_stacks::clarity::Value;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::shared::{SharedBounds, SharedRecords};
use crate::session::Sending;
use crate::testing::{Fakes, actor, tuple};

const FEW: SharedBounds = SharedBounds { entries: 3, of_one_patient: 2 };

/// A user in whose lists a patient has put entries.
struct Scene {
    fakes: Fakes,
    user: Principal,
    patient: Principal,
}

impl Scene {
    fn new(records: u64, patients: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(3);
        let (user, patient) = (actor(&mut rng).principal(), actor(&mut rng).principal());
        let fakes = Fakes::new(actor(&mut rng).principal).unwrap();
        let counts =
            tuple([("records", Value::uint(records)), ("patients", Value::uint(patients))]);
        fakes.ledger.answer(&read::user_counts(&user), counts);
        for index in 0..patients {
            let named = Value::optional(Some(Value::principal(patient.clone())));
            fakes.ledger.answer(&read::care_patient(&user, index), named);
        }
        fakes.ledger.answer(&read::standing_grant(&patient, &user), Value::optional(None));
        let scene = Self { fakes, user, patient };
        for index in 0..records {
            let id = RecordId::new(index.into());
            scene.fakes.ledger.answer(
                &read::shared_record(&scene.user, index),
                Value::optional(Some(Value::uint(index))),
            );
            scene.has_record(id);
        }
        scene
    }

    fn has_record(&self, id: RecordId) {
        let record = tuple([
            ("patient", Value::principal(self.patient.clone())),
            ("version", Value::uint(1_u8)),
            ("readers", Value::uint(1_u8)),
            ("audit-count", Value::uint(2_u8)),
            ("audit-head", Value::buffer([9; 32])),
        ]);
        self.fakes.ledger.answer(&read::record(id), Value::optional(Some(record)));
        let grant = tuple([
            ("expiry", Value::optional(None)),
            ("rights", Value::uint(1_u8)),
            ("granted-at", Value::uint(900_u16)),
            ("from-version", Value::uint(1_u8)),
        ]);
        self.fakes.ledger.answer(&read::grant(id, &self.user), Value::optional(Some(grant)));
    }

    fn shared(&self, bounds: SharedBounds) -> (SharedRecords, Vec<String>) {
        self.fakes.ledger.take_requests();
        let shared = self.fakes.session(Sending::Send).shared_with(&self.user, bounds).unwrap();
        (shared, self.fakes.ledger.take_requests())
    }
}

#[test]
fn delegates_do_not_walk_the_records_of_whoever_made_them_one() {
    let scene = Scene::new(0, 1);
    // Whatever the patient has is not asked for: the ledger was not told about it.
    let (shared, asked) = scene.shared(SharedBounds::USUAL);
    assert!(shared.records.is_empty());
    assert_eq!(asked, ["tip", "get-user", "get-care-patient", "get-standing-grant"]);
}

#[test]
fn live_standing_grant_is_walked_within_bounds() {
    let scene = Scene::new(0, 1);
    let standing = tuple([
        ("expiry", Value::optional(None)),
        ("rights", Value::uint(1_u8)),
        ("granted-at", Value::uint(900_u16)),
    ]);
    let ledger = &scene.fakes.ledger;
    ledger.answer(
        &read::standing_grant(&scene.patient, &scene.user),
        Value::optional(Some(standing)),
    );
    let state = tuple([
        ("records", Value::uint(1_000_000_u32)),
        ("team", Value::uint(1_u8)),
        ("audit-count", Value::uint(0_u8)),
        ("audit-head", Value::buffer([0; 32])),
    ]);
    ledger.answer(&read::patient_counts(&scene.patient), state);
    for index in [999_999, 999_998] {
        let id = RecordId::new(index.into());
        ledger.answer(
            &read::patient_record(&scene.patient, index),
            Value::optional(Some(Value::uint(index))),
        );
        scene.has_record(id);
    }
    let (shared, _) = scene.shared(FEW);
    let ids: Vec<_> = shared.records.iter().map(|one| one.id.number()).collect();
    assert_eq!(ids, [999_998, 999_999]);
    assert_eq!(shared.cut_short, BTreeSet::from([scene.patient.clone()]));
}

#[test]
fn newest_entries_are_looked_at_and_the_rest_is_told() {
    let scene = Scene::new(5, 0);
    let (shared, asked) = scene.shared(FEW);
    let ids: Vec<_> = shared.records.iter().map(|one| one.id.number()).collect();
    assert_eq!(ids, [3, 4], "two of one patient, from the newest three");
    assert_eq!(shared.older_entries, 2);
    assert!(shared.cut_short.contains(&scene.patient));
    assert_eq!(asked.iter().filter(|one| *one == "get-shared-record").count(), 3);
    let (shared, _) = scene.shared(SharedBounds::NONE);
    assert_eq!((shared.records.len(), shared.older_entries), (5, 0));
    assert!(shared.cut_short.is_empty());
}

#[test]
fn ignored_patients_are_passed_over() {
    let scene = Scene::new(3, 1);
    scene.fakes.profile.ignore(&BTreeSet::from([scene.patient.clone()])).unwrap();
    let (shared, asked) = scene.shared(SharedBounds::USUAL);
    assert!(shared.records.is_empty() && shared.cut_short.is_empty());
    assert!(!asked.iter().any(|one| one == "get-grant" || one == "get-patient"), "{asked:?}");
}

#[test]
fn sender_who_floods_an_inbox_is_cut_off_and_named_and_can_be_ignored() {
    let scene = Scene::new(300, 0);
    let ledger = &scene.fakes.ledger;
    for index in 0..300_u64 {
        let id = RecordId::new(index.into());
        let to_me = Value::optional(Some(Value::principal(scene.user.clone())));
        ledger.answer(&read::pending_transfer(id), to_me);
        let version = tuple([
            ("author", Value::principal(scene.patient.clone())),
            ("encrypted-content", Value::buffer([1; 8])),
            ("content-hash", Value::buffer([2; 32])),
            ("burn-height", Value::uint(900_u16)),
        ]);
        let first = mrms_core::Version::FIRST;
        ledger.answer(&read::record_version(id, first), Value::optional(Some(version)));
        for entry in 0..2 {
            ledger.answer(&read::audit_entry(id, entry), Value::optional(None));
        }
    }
    let session = scene.fakes.session(Sending::Send);
    let mut rng = StdRng::seed_from_u64(7);
    let inbox = session.inbox(&scene.user, None, &mut rng).unwrap();
    assert_eq!((inbox.offers.len(), inbox.is_cut_short), (100, true));
    assert_eq!(inbox.flooding, std::slice::from_ref(&scene.patient));
    scene.fakes.profile.ignore(&BTreeSet::from([scene.patient.clone()])).unwrap();
    let inbox = session.inbox(&scene.user, None, &mut rng).unwrap();
    assert_eq!((inbox.offers.len(), inbox.is_cut_short), (0, false));
}
