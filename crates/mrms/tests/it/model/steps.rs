//! Random steps: who calls what, written so that they mean something in any state.
//!
//! A step names people and records by their place ("the record's patient", "the second of those
//! with a live grant", "one version past the latest") and heights by their distance from now. What
//! that is, is decided when the step is taken, so that a sequence can be cut and still makes sense.
//! Few people, few records, and callers who mostly may: the rest is collisions.

use std::fmt;

use mrms_core::{Principal, RecordId};
use proptest::prelude::*;
use proptest::sample::select;

use super::call::Call;
use super::spec::{EMERGENCY, Model, Record};

/// How many people call: seven accounts and a contract. The last accounts become patients late, so that they can succeed
/// others.
pub(crate) const PEOPLE: usize = 8;
/// How many records they call about.
pub(crate) const RECORDS: usize = 4;

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A call about a record. Calls by the contract are sent by the account `through`.
    Call { caller: Who, through: usize, record: usize, deed: Deed },
    /// Burn blocks pass.
    Advance(u64),
    /// Everybody's access is compared.
    Look,
}

/// Somebody, seen from a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    Patient,
    Delegate,
    /// One whom the patient named as a contact.
    Contact,
    /// One who is a member of somebody with a live grant, and that one.
    Member1,
    Organisation,
    /// To whom the patient offers the succession.
    Heir,
    /// The first of the patient's line.
    First,
    /// One of those with a live grant.
    Holder(usize),
    /// One of those with a live grant to open in an emergency.
    Rescuer(usize),
    /// One of those who opened the record in an emergency, however long ago.
    Opener(usize),
    /// One of those with standing access from the record's patient, live or lapsed.
    Member(usize),
    /// Whom the record is offered to.
    Offered,
    /// The author of the latest version.
    Author,
    Person(usize),
}

/// A height.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Never,
    /// So many blocks from now; not above now for 0 and less.
    In(i64),
    /// The greatest height that this software counts.
    Last,
}

/// A version.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// So many after the latest, or before it.
    Latest(i64),
    Number(u64),
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Create(Bytes),
    /// For somebody.
    CreateFor(Who, Bytes),
    Amend(Bytes),
    AmendVersion(Which, Bytes),
    Access,
    AccessVersion(Which),
    AccessFor(Which, Who),
    Grant(Who, When),
    GrantRights(Who, u128, When),
    GrantMany(Vec<(usize, Who, When)>),
    Revoke(Who),
    /// For all records of somebody.
    GrantStanding(Who, Who, u128, When),
    RevokeStanding(Who),
    Emergency(Bytes),
    SetDelegate(Who, u128, When),
    RemoveDelegate(Who),
    EndDelegation(Who),
    NameContact(Who, u128, u128),
    Ask,
    Refuse(Who),
    AcceptDelegation,
    SetMember(Who, When),
    RemoveMember(Who),
    OfferSuccession(Who),
    AcceptSuccession,
    Transfer(Who),
    Accept,
    PublishKey(Bytes),
    PutEnvelope(Which, Who, Bytes),
    Anchor(Bytes, u128),
}

/// So many times the same byte; short to print.
#[derive(Clone, Copy)]
pub(crate) struct Bytes {
    byte: u8,
    length: usize,
}

impl Bytes {
    fn to_vec(self) -> Vec<u8> {
        vec![self.byte; self.length]
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{:#04x}", self.length, self.byte)
    }
}

/// The people and records of one case.
pub(crate) struct Cast {
    pub(crate) people: [Principal; PEOPLE],
    pub(crate) records: [RecordId; RECORDS],
}

impl Cast {
    /// Who that is now; where there is no such person, somebody.
    pub(crate) fn person(&self, who: Who, record: usize, model: &Model) -> Principal {
        let found = model.records.get(&self.records[record]);
        let somebody = match who {
            Who::Person(person) => Some(self.people[person].clone()),
            Who::Patient => found.map(|record| model.latest(&record.patient)),
            Who::First => found.map(|record| record.patient.clone()),
            Who::Heir => found.and_then(|record| model.successions.get(&record.patient).cloned()),
            Who::Contact => found.and_then(|record| {
                let mut contacts = model.contacts.keys();
                contacts.find(|(of, _)| *of == record.patient).map(|(_, contact)| contact.clone())
            }),
            Who::Member1 => self.membership(found, model).map(|(_, member)| member),
            Who::Organisation => {
                self.membership(found, model).map(|(organisation, _)| organisation)
            }
            Who::Author => found.map(|r| r.version(r.latest()).unwrap().author.clone()),
            Who::Offered => found.and_then(|record| Some(record.offered.clone()?.0)),
            Who::Delegate => found.and_then(|record| {
                self.people.iter().find(|p| model.is_delegate(&record.patient, p)).cloned()
            }),
            Who::Holder(place) => found.and_then(|record| {
                self.nth(place, |person| model.effective_grant(record, person).is_ok())
            }),
            Who::Rescuer(place) => found.and_then(|record| {
                self.nth(place, |person| {
                    let grant = model.effective_grant(record, person);
                    grant.is_ok_and(|counts| counts.grant.rights & EMERGENCY != 0)
                })
            }),
            Who::Opener(place) => found
                .and_then(|record| self.nth(place, |person| record.openings.contains_key(person))),
            Who::Member(place) => found.and_then(|record| {
                self.nth(place, |person| {
                    let standing = (record.patient.clone(), person.clone());
                    model.standing.get(&standing).is_some_and(|grant| grant.rights > 0)
                })
            }),
        };
        somebody.unwrap_or_else(|| self.people[record].clone())
    }

    /// A member of somebody with a live grant, after that one.
    fn membership(&self, found: Option<&Record>, model: &Model) -> Option<(Principal, Principal)> {
        let record = found?;
        let granted =
            |organisation: &Principal| model.effective_grant(record, organisation).is_ok();
        let mut pairs = model.members.keys().filter(|(of, member)| model.is_member(of, member));
        pairs.find(|(organisation, _)| granted(organisation)).cloned()
    }

    /// One of those people of whom `is` holds.
    fn nth(&self, place: usize, is: impl Fn(&Principal) -> bool) -> Option<Principal> {
        let those: Vec<_> = self.people.iter().filter(|person| is(person)).collect();
        Some((*those.get(place.checked_rem(those.len())?)?).clone())
    }

    /// What they call.
    pub(crate) fn call(&self, deed: &Deed, record: usize, model: &Model) -> Call {
        let person = |who: Who| self.person(who, record, model);
        let id = self.records[record];
        let version = |which: Which| {
            let latest = model.records.get(&id).map_or(0, Record::latest);
            match which {
                Which::Latest(distance) => latest.saturating_add_signed(distance),
                Which::Number(number) => number,
            }
        };
        let height = |when: When| match when {
            When::Never => None,
            When::In(blocks) => Some(u128::from(model.now.saturating_add_signed(blocks))),
            When::Last => Some(u128::MAX),
        };
        match deed.clone() {
            Deed::Create(content) => Call::Create { record: id, content: content.to_vec() },
            Deed::CreateFor(patient, content) => {
                Call::CreateFor { patient: person(patient), record: id, content: content.to_vec() }
            }
            Deed::Amend(content) => Call::Amend { record: id, content: content.to_vec() },
            Deed::AmendVersion(which, content) => Call::AmendVersion {
                record: id,
                version: version(which),
                content: content.to_vec(),
            },
            Deed::Access => Call::Access { record: id },
            Deed::AccessVersion(which) => {
                Call::AccessVersion { record: id, version: version(which) }
            }
            Deed::AccessFor(which, organisation) => Call::AccessFor {
                record: id,
                version: version(which),
                organisation: person(organisation),
            },
            Deed::Grant(user, when) => {
                Call::Grant { record: id, user: person(user), expiry: height(when) }
            }
            Deed::GrantRights(user, rights, when) => {
                Call::GrantRights { record: id, user: person(user), rights, expiry: height(when) }
            }
            Deed::GrantMany(grants) => {
                let grant = |(record, user, when): (usize, Who, When)| {
                    (self.records[record], person(user), height(when))
                };
                Call::GrantMany { grants: grants.into_iter().map(grant).collect() }
            }
            Deed::Revoke(user) => Call::Revoke { record: id, user: person(user) },
            Deed::GrantStanding(patient, user, rights, when) => Call::GrantStanding {
                patient: person(patient),
                user: person(user),
                rights,
                expiry: height(when),
            },
            Deed::RevokeStanding(user) => {
                Call::RevokeStanding { patient: person(Who::Patient), user: person(user) }
            }
            Deed::Emergency(reason) => Call::Emergency { record: id, reason: reason.to_vec() },
            Deed::SetDelegate(delegate, powers, when) => {
                Call::SetDelegate { delegate: person(delegate), powers, expiry: height(when) }
            }
            Deed::RemoveDelegate(delegate) => Call::RemoveDelegate { delegate: person(delegate) },
            Deed::EndDelegation(delegate) => Call::EndDelegation { delegate: person(delegate) },
            Deed::NameContact(contact, powers, wait) => {
                Call::NameContact { contact: person(contact), powers, wait }
            }
            Deed::Ask => Call::Ask { patient: person(Who::Patient) },
            Deed::Refuse(contact) => {
                Call::Refuse { patient: person(Who::First), contact: person(contact) }
            }
            Deed::AcceptDelegation => Call::AcceptDelegation { patient: person(Who::Patient) },
            Deed::SetMember(member, when) => {
                Call::SetMember { member: person(member), expiry: height(when) }
            }
            Deed::RemoveMember(member) => Call::RemoveMember { member: person(member) },
            Deed::OfferSuccession(to) => Call::OfferSuccession { successor: person(to) },
            Deed::AcceptSuccession => Call::AcceptSuccession { patient: person(Who::Patient) },
            Deed::Transfer(to) => Call::Transfer { record: id, new_patient: person(to) },
            Deed::Accept => Call::Accept { record: id },
            Deed::PublishKey(key) => Call::PublishKey { recipient: key.to_vec() },
            Deed::PutEnvelope(which, user, envelope) => Call::PutEnvelope {
                record: id,
                version: version(which),
                user: person(user),
                envelope: envelope.to_vec(),
            },
            Deed::Anchor(head, count) => Call::Anchor { head: head.to_vec(), count },
        }
    }
}

/// Whole cases: two records to begin with, then steps, some of them in scenes.
pub(crate) fn cases(scenes: usize) -> impl Strategy<Value = Vec<Step>> {
    let first = |record: usize| Step::Call {
        caller: Who::Person(record),
        through: 0,
        record,
        deed: Deed::Create(Bytes { byte: 1, length: 8 }),
    };
    let scene = prop_oneof![3 => step().prop_map(|step| vec![step]), 1 => scene()];
    proptest::collection::vec(scene, 1..=scenes)
        .prop_map(move |scenes| [vec![first(0), first(1)], scenes.concat(), hand_over()].concat())
}

/// In the end the first record's patient hands over: mostly to somebody who was never a patient.
fn hand_over() -> Vec<Step> {
    let call = |caller: Who, deed: Deed| Step::Call { caller, through: 0, record: 0, deed };
    vec![
        call(Who::Patient, Deed::OfferSuccession(Who::Person(PEOPLE - 3))),
        call(Who::Heir, Deed::AcceptSuccession),
        call(Who::Patient, Deed::OfferSuccession(Who::Person(PEOPLE - 2))),
        call(Who::Heir, Deed::AcceptSuccession),
        call(Who::First, Deed::Access),
        call(Who::Patient, Deed::Access),
    ]
}

fn step() -> BoxedStrategy<Step> {
    let call = (callers_and_deeds(), through(), record())
        .prop_map(|((caller, deed), through, record)| Step::Call { caller, through, record, deed });
    prop_oneof![20 => call, 2 => blocks(), 1 => Just(Step::Look)].boxed()
}

/// What happens between one person and one record, in quick succession.
fn scene() -> BoxedStrategy<Vec<Step>> {
    let between = (0..PEOPLE, through(), prop_oneof![2 => Just(0), 1 => Just(1_usize)]);
    let steps = between.prop_flat_map(|(user, through, record)| {
        let user = Who::Person(user);
        let step = encounter(user).prop_map(move |(caller, deed)| Step::Call {
            caller,
            through,
            record,
            deed,
        });
        proptest::collection::vec(prop_oneof![6 => step, 1 => blocks()], 3..=9)
    });
    steps.boxed()
}

fn encounter(user: Who) -> BoxedStrategy<(Who, Deed)> {
    let reason = Just(Deed::Emergency(Bytes { byte: 7, length: 32 }));
    let narrow = || select(vec![4_u128, 12, 5, 1, 9]);
    prop_oneof![
        4 => (Just(Who::Patient), (narrow(), when())
            .prop_map(move |(r, w)| Deed::GrantRights(user, r, w))),
        2 => (Just(Who::Patient), (narrow(), when())
            .prop_map(move |(r, w)| Deed::GrantStanding(Who::Patient, user, r, w))),
        1 => (Just(Who::Patient), Just(Deed::Revoke(user))),
        1 => (Just(Who::Patient), Just(Deed::RevokeStanding(user))),
        1 => (Just(Who::Patient), (powers(), when())
            .prop_map(move |(p, w)| Deed::SetDelegate(user, p, w))),
        1 => (Just(Who::Patient), Just(Deed::RemoveDelegate(user))),
        1 => (Just(Who::Patient), Just(Deed::EndDelegation(user))),
        1 => (Just(Who::Delegate), Just(Deed::Grant(user, When::Never))),
        1 => (Just(Who::Patient), Just(Deed::Amend(Bytes { byte: 9, length: 9 }))),
        3 => (Just(user), reason),
        4 => (Just(user), Just(Deed::Access)),
        1 => (Just(user), which().prop_map(Deed::AccessVersion)),
        1 => (Just(Who::Patient), which()
            .prop_map(move |w| Deed::PutEnvelope(w, user, Bytes { byte: 5, length: 5 }))),
    ]
    .boxed()
}

fn blocks() -> BoxedStrategy<Step> {
    let blocks = prop_oneof![4 => 1..=5_u64, 2 => 140..=146_u64, 2 => 1..=200_u64];
    blocks.prop_map(Step::Advance).boxed()
}

/// The account that sends what the contract among the people calls.
fn through() -> impl Strategy<Value = usize> {
    0..PEOPLE - 1
}

fn record() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0), 4 => Just(1), 2 => Just(2), 1 => Just(3_usize)]
}

fn person() -> impl Strategy<Value = Who> {
    // Who comes last is there for others to hand over to, and seldom does anything as a patient.
    let late = (PEOPLE - 3..PEOPLE - 1).prop_map(Who::Person);
    prop_oneof![12 => (0..PEOPLE - 3).prop_map(Who::Person), 2 => Just(Who::Person(PEOPLE - 1)), 1 => late]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => Just(When::Never),
        4 => (1..=6_i64).prop_map(When::In),
        4 => (1..=300_i64).prop_map(When::In),
        1 => (-3..=0_i64).prop_map(When::In),
        1 => Just(When::Last),
    ]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        8 => (-3..=0_i64).prop_map(Which::Latest),
        1 => (1..=2_i64).prop_map(Which::Latest),
        4 => (0..=3_u64).prop_map(Which::Number),
        1 => Just(Which::Number(u64::MAX)),
    ]
}

fn rights() -> impl Strategy<Value = u128> {
    prop_oneof![
        12 => 1..=15_u128,
        6 => select(vec![4_u128, 12, 2, 9]),
        1 => select(vec![0, 8, 16, 256, u128::MAX]),
    ]
}

fn powers() -> impl Strategy<Value = u128> {
    prop_oneof![
        12 => 1..=7_u128,
        6 => select(vec![7_u128, 3, 2]),
        1 => select(vec![0, 8, 256, u128::MAX]),
    ]
}

/// Mostly short, sometimes nothing, sometimes as much as fits.
fn bytes(longest: usize) -> impl Strategy<Value = Bytes> {
    let length = prop_oneof![20 => 1..=32_usize, 2 => Just(0), 1 => Just(longest)];
    (0..4_u8, length).prop_map(|(byte, length)| Bytes { byte, length })
}

/// A hash of 32 bytes; now and then too short, or all zero.
fn hash() -> impl Strategy<Value = Bytes> {
    let byte = prop_oneof![8 => 1..4_u8, 1 => Just(0)];
    let length = prop_oneof![10 => Just(32), 1 => 0..32_usize];
    (byte, length).prop_map(|(byte, length)| Bytes { byte, length })
}

/// Who does what patients do: mostly those who may.
fn owner() -> impl Strategy<Value = Who> {
    prop_oneof![8 => Just(Who::Patient), 3 => Just(Who::Delegate), 1 => holder(), 1 => person()]
}

fn holder() -> impl Strategy<Value = Who> {
    prop_oneof![
        4 => (0..4_usize).prop_map(Who::Holder),
        2 => (0..4_usize).prop_map(Who::Rescuer),
        2 => (0..4_usize).prop_map(Who::Opener),
    ]
}

fn reader() -> impl Strategy<Value = Who> {
    prop_oneof![6 => holder(), 1 => Just(Who::Patient), 2 => Just(Who::Delegate), 5 => person()]
}

/// To whom something is granted: anybody, or again.
fn user() -> impl Strategy<Value = Who> {
    prop_oneof![6 => person(), 3 => holder()]
}

fn anybody() -> impl Strategy<Value = Who> {
    prop_oneof![2 => Just(Who::Patient), 3 => person()]
}

fn callers_and_deeds() -> BoxedStrategy<(Who, Deed)> {
    prop_oneof![
        30 => records(),
        34 => grants(),
        14 => patients(),
        12 => keys(),
        44 => care(),
    ]
    .boxed()
}

fn records() -> BoxedStrategy<(Who, Deed)> {
    let content = || bytes(mrms_contract::CONTENT_MAX);
    let next = prop_oneof![6 => Just(Which::Latest(1)), 1 => which()];
    let rescuer = prop_oneof![3 => (0..4_usize).prop_map(Who::Rescuer), 2 => reader()];
    prop_oneof![
        4 => (anybody(), content().prop_map(Deed::Create)),
        5 => (reader(), content().prop_map(Deed::Amend)),
        5 => (reader(), (next, content()).prop_map(|(w, c)| Deed::AmendVersion(w, c))),
        9 => (reader(), Just(Deed::Access)),
        9 => (reader(), which().prop_map(Deed::AccessVersion)),
        2 => (owner(), (Just(Who::First), content()).prop_map(|(p, c)| Deed::CreateFor(p, c))),
        7 => (rescuer, hash().prop_map(Deed::Emergency)),
    ]
    .boxed()
}

fn grants() -> BoxedStrategy<(Who, Deed)> {
    let several = proptest::collection::vec((record(), user(), when()), 0..=4);
    let granted = prop_oneof![3 => holder(), 2 => person()];
    let member = prop_oneof![3 => (0..4_usize).prop_map(Who::Member), 1 => person()];
    let patient = prop_oneof![8 => Just(Who::Patient), 1 => person()];
    let standing = (patient, user(), rights(), when());
    prop_oneof![
        7 => (owner(), (user(), when()).prop_map(|(u, w)| Deed::Grant(u, w))),
        10 => (owner(), (user(), rights(), when())
            .prop_map(|(u, r, w)| Deed::GrantRights(u, r, w))),
        4 => (owner(), several.prop_map(Deed::GrantMany)),
        7 => (owner(), granted.prop_map(Deed::Revoke)),
        7 => (owner(), standing.prop_map(|(p, u, r, w)| Deed::GrantStanding(p, u, r, w))),
        4 => (owner(), member.prop_map(Deed::RevokeStanding)),
    ]
    .boxed()
}

fn patients() -> BoxedStrategy<(Who, Deed)> {
    let new_patient = prop_oneof![6 => Just(Who::Offered), 2 => person()];
    let delegate = || prop_oneof![3 => Just(Who::Delegate), 2 => person()];
    let heir = prop_oneof![8 => person(), 1 => Just(Who::Patient)];
    prop_oneof![
        5 => (anybody(), (person(), powers(), when())
            .prop_map(|(d, p, w)| Deed::SetDelegate(d, p, w))),
        2 => (anybody(), delegate().prop_map(Deed::RemoveDelegate)),
        2 => (anybody(), delegate().prop_map(Deed::EndDelegation)),
        4 => (owner(), heir.prop_map(Deed::Transfer)),
        4 => (new_patient, Just(Deed::Accept)),
    ]
    .boxed()
}

fn care() -> BoxedStrategy<(Who, Deed)> {
    let contact = || prop_oneof![4 => Just(Who::Contact), 1 => person()];
    let member = || prop_oneof![5 => Just(Who::Member1), 1 => person()];
    let organisation = || prop_oneof![5 => Just(Who::Organisation), 1 => person()];
    let opened_for = prop_oneof![6 => organisation(), 1 => Just(Who::Patient)];
    let wait = prop_oneof![8 => 1..=6_u128, 1 => select(vec![0, 52_560, 52_561, u128::MAX])];
    let late = || (PEOPLE - 3..PEOPLE - 1).prop_map(Who::Person);
    let heir = prop_oneof![
        6 => late(),
        3 => person(),
        1 => Just(Who::Patient),
        1 => Just(Who::First),
    ];
    let patient = || prop_oneof![6 => Just(Who::Patient), 1 => Just(Who::First), 1 => person()];
    let named = prop_oneof![6 => person(), 1 => Just(Who::First)];
    let accepts = prop_oneof![5 => Just(Who::Heir), 2 => person()];
    let refuses = prop_oneof![5 => Just(Who::Patient), 2 => owner()];
    let members = prop_oneof![4 => holder(), 1 => Just(Who::Author)];
    prop_oneof![
        7 => (patient(), (named, powers(), wait).prop_map(|(c, p, w)| Deed::NameContact(c, p, w))),
        6 => (contact(), Just(Deed::Ask)),
        6 => (contact(), Just(Deed::AcceptDelegation)),
        5 => (refuses, contact().prop_map(Deed::Refuse)),
        7 => (members, (person(), when()).prop_map(|(m, w)| Deed::SetMember(m, w))),
        4 => (organisation(), member().prop_map(Deed::RemoveMember)),
        9 => (member(), (which(), opened_for).prop_map(|(w, o)| Deed::AccessFor(w, o))),
        4 => (patient(), heir.prop_map(Deed::OfferSuccession)),
        5 => (accepts, Just(Deed::AcceptSuccession)),
        2 => (Just(Who::First), Just(Deed::Access)),
    ]
    .boxed()
}

fn keys() -> BoxedStrategy<(Who, Deed)> {
    let sharer = prop_oneof![4 => owner(), 3 => Just(Who::Author)];
    let with = prop_oneof![4 => holder(), 3 => Just(Who::Patient), 3 => anybody()];
    let count = prop_oneof![12 => 0..4_u128, 1 => Just(u128::MAX)];
    prop_oneof![
        2 => (anybody(), bytes(1_280).prop_map(Deed::PublishKey)),
        7 => (sharer, (which(), with, bytes(2_048))
            .prop_map(|(w, u, e)| Deed::PutEnvelope(w, u, e))),
        4 => (anybody(), (hash(), count).prop_map(|(h, c)| Deed::Anchor(h, c))),
    ]
    .boxed()
}
