//! The contract as its documentation tells it, in plain Rust: the state and what it looks like.
//!
//! Written from the header and the comments of the contract, not from its code: lists are lists,
//! "once each" is a search, and a call that is refused works on a copy that is thrown away.
//! [`rules`] says who may, [`calls`] and [`care`] what each public function does. Knows nothing of ledgers.

mod calls;
mod care;
mod rules;

pub(crate) use rules::EMERGENCY;

use std::collections::BTreeMap;

use mrms_contract::trail::Head;
use mrms_core::{Action, AuditEntry, BurnHeight, Principal, RecordId};
use mrms_stacks::clarity::Value;
use sha2::{Digest, Sha256};

use super::call::{id, tuple, until, who};

/// All that the contract keeps, and the burn height.
#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) records: BTreeMap<RecordId, Record>,
    pub(crate) standing: BTreeMap<(Principal, Principal), StandingGrant>,
    /// All keys of patients are the first of their line.
    pub(crate) delegates: BTreeMap<(Principal, Principal), Delegation>,
    pub(crate) contacts: BTreeMap<(Principal, Principal), Contact>,
    /// By organisation and member.
    pub(crate) members: BTreeMap<(Principal, Principal), Option<u128>>,
    /// Who succeeded whom, in order, by the first of the line, who is not among them.
    pub(crate) lines: BTreeMap<Principal, Vec<Principal>>,
    pub(crate) successions: BTreeMap<Principal, Principal>,
    pub(crate) patients: BTreeMap<Principal, Patient>,
    pub(crate) users: BTreeMap<Principal, User>,
    pub(crate) keys: BTreeMap<Principal, (Vec<u8>, u64)>,
    pub(crate) vaults: BTreeMap<Principal, Anchor>,
    /// What the call at hand printed.
    events: Vec<Event>,
}

#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) patient: Principal,
    pub(crate) versions: Vec<Written>,
    pub(crate) grants: BTreeMap<Principal, Grant>,
    pub(crate) openings: BTreeMap<Principal, Opening>,
    /// To whom, and by whom.
    pub(crate) offered: Option<(Principal, Principal)>,
    pub(crate) readers: Vec<Principal>,
    pub(crate) envelopes: BTreeMap<(u64, Principal), Vec<u8>>,
    pub(crate) log: Vec<AuditEntry>,
    pub(crate) head: Head,
}

impl Record {
    pub(crate) fn latest(&self) -> u64 {
        self.versions.len() as u64
    }

    /// The version with this number; none of 0 or past the latest.
    pub(crate) fn version(&self, number: u64) -> Option<&Written> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.versions.get(index)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) author: Principal,
    pub(crate) content: Vec<u8>,
    pub(crate) burn_height: u64,
}

impl Written {
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(&self.content)
    }

    pub(crate) fn fields(&self) -> [(&'static str, Value); 4] {
        [
            ("author", who(self.author.clone())),
            ("encrypted-content", Value::buffer(self.content.clone())),
            ("content-hash", Value::buffer(self.hash())),
            ("burn-height", Value::uint(self.burn_height)),
        ]
    }
}

/// A grant; the rights are 0 once it is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) rights: u8,
    pub(crate) expiry: Option<u128>,
    pub(crate) granted_at: u64,
    pub(crate) from_version: u64,
    pub(crate) entry: u64,
    pub(crate) by: Option<Mark>,
}

impl Grant {
    pub(crate) fn value(&self) -> Value {
        tuple([
            ("expiry", until(self.expiry)),
            ("rights", Value::uint(self.rights)),
            ("granted-at", Value::uint(self.granted_at)),
            ("from-version", Value::uint(self.from_version)),
            ("entry", Value::uint(self.entry)),
            ("by", Value::optional(self.by.clone().map(Mark::value))),
        ])
    }
}

/// The delegation by which something was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) patient: Principal,
    pub(crate) delegate: Principal,
    pub(crate) term: u64,
}

impl Mark {
    fn value(self) -> Value {
        tuple([
            ("patient", who(self.patient)),
            ("delegate", who(self.delegate)),
            ("term", Value::uint(self.term)),
        ])
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StandingGrant {
    pub(crate) rights: u8,
    pub(crate) expiry: Option<u128>,
    pub(crate) granted_at: u64,
    pub(crate) entry: u64,
    pub(crate) by: Option<Mark>,
}

impl StandingGrant {
    pub(crate) fn value(&self) -> Value {
        tuple([
            ("expiry", until(self.expiry)),
            ("rights", Value::uint(self.rights)),
            ("granted-at", Value::uint(self.granted_at)),
            ("entry", Value::uint(self.entry)),
            ("by", Value::optional(self.by.clone().map(Mark::value))),
        ])
    }
}

/// The grant that counts, and whose standing one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) grant: Grant,
    pub(crate) standing: Option<Principal>,
}

impl InForce {
    pub(crate) fn value(&self) -> Value {
        let Grant { rights, expiry, granted_at, from_version, entry, by } = self.grant.clone();
        tuple([
            ("expiry", until(expiry)),
            ("rights", Value::uint(rights)),
            ("granted-at", Value::uint(granted_at)),
            ("from-version", Value::uint(from_version)),
            ("entry", Value::uint(entry)),
            ("by", Value::optional(by.map(Mark::value))),
            ("standing", Value::optional(self.standing.clone().map(who))),
        ])
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Delegation {
    pub(crate) powers: u8,
    pub(crate) expiry: Option<u128>,
    pub(crate) term: u64,
    /// What was granted up to this term has ended.
    pub(crate) ended: u64,
}

impl Delegation {
    pub(crate) fn value(&self) -> Value {
        tuple([
            ("powers", Value::uint(self.powers)),
            ("expiry", until(self.expiry)),
            ("term", Value::uint(self.term)),
            ("ended", Value::uint(self.ended)),
        ])
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) powers: u8,
    pub(crate) wait: u64,
    pub(crate) ready_at: Option<u64>,
}

impl Contact {
    pub(crate) fn value(&self) -> Value {
        tuple([
            ("powers", Value::uint(self.powers)),
            ("wait", Value::uint(self.wait)),
            ("ready-at", Value::optional(self.ready_at.map(Value::uint))),
        ])
    }
}

#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) until: u64,
    pub(crate) opened_at: u64,
    pub(crate) reason: Vec<u8>,
    pub(crate) entry: u64,
    pub(crate) standing: Option<Principal>,
}

impl Opening {
    pub(crate) fn value(&self) -> Value {
        tuple([
            ("until", Value::uint(self.until)),
            ("opened-at", Value::uint(self.opened_at)),
            ("reason", Value::buffer(self.reason.clone())),
            ("entry", Value::uint(self.entry)),
            ("standing", Value::optional(self.standing.clone().map(who))),
        ])
    }
}

#[derive(Clone, Default)]
pub(crate) struct Patient {
    pub(crate) records: Vec<RecordId>,
    pub(crate) team: Vec<Principal>,
    pub(crate) log: Vec<AuditEntry>,
    pub(crate) head: [u8; 32],
}

#[derive(Clone, Default)]
pub(crate) struct User {
    pub(crate) records: Vec<RecordId>,
    pub(crate) patients: Vec<Principal>,
}

#[derive(Clone)]
pub(crate) struct Anchor {
    pub(crate) head: Vec<u8>,
    pub(crate) count: u128,
    pub(crate) burn_height: u64,
}

impl Anchor {
    pub(crate) fn fields(&self) -> [(&'static str, Value); 3] {
        [
            ("head", Value::buffer(self.head.clone())),
            ("count", Value::UInt(self.count)),
            ("burn-height", Value::uint(self.burn_height)),
        ]
    }
}

/// What a successful call answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    True,
    /// From when on a contact can become a delegate.
    ReadyAt(u64),
    Generation(u64),
    Written {
        version: u64,
        hash: [u8; 32],
        logged: Logged,
    },
    Opened {
        version: u64,
        written: Written,
        logged: Logged,
    },
    Emergency {
        until: u64,
        logged: Logged,
    },
}

/// Where a call left its entry, and the head after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logged {
    pub(crate) index: u64,
    pub(crate) head: Head,
}

impl Reply {
    pub(crate) fn value(self) -> Value {
        let logged = |logged: Logged| {
            [
                ("audit-index", Value::uint(logged.index)),
                ("audit-head", Value::buffer(*logged.head.as_bytes())),
            ]
        };
        match self {
            Self::True => Value::Bool(true),
            Self::ReadyAt(height) => Value::uint(height),
            Self::Generation(generation) => Value::uint(generation),
            Self::Written { version, hash, logged: entry } => {
                let [index, head] = logged(entry);
                let version = ("version", Value::uint(version));
                tuple([version, ("content-hash", Value::buffer(hash)), index, head])
            }
            Self::Opened { version, written, logged: entry } => {
                let [index, head] = logged(entry);
                let [author, content, hash, height] = written.fields();
                let version = ("version", Value::uint(version));
                tuple([version, author, content, hash, height, index, head])
            }
            Self::Emergency { until, logged: entry } => {
                let [index, head] = logged(entry);
                tuple([("until", Value::uint(until)), index, head])
            }
        }
    }
}

/// Something that a call printed.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Record(RecordId, AuditEntry),
    Patient(Principal, AuditEntry),
    Key { owner: Principal, recipient: Vec<u8>, generation: u64, burn_height: u64 },
    Vault(Principal, [(&'static str, Value); 3]),
}

impl Event {
    /// The tuple as it is printed.
    pub(crate) fn value(&self) -> Value {
        match self.clone() {
            Self::Record(record, entry) => {
                printed("record-audit", ("record-id", id(record)), &entry)
            }
            Self::Patient(patient, entry) => {
                printed("patient-audit", ("patient", who(patient)), &entry)
            }
            Self::Key { owner, recipient, generation, burn_height } => tuple([
                ("topic", ascii("encryption-key")),
                ("owner", who(owner)),
                ("recipient", Value::buffer(recipient)),
                ("generation", Value::uint(generation)),
                ("burn-height", Value::uint(burn_height)),
            ]),
            Self::Vault(vault, [head, count, height]) => {
                let topic = ("topic", ascii("vault-log"));
                tuple([topic, ("vault", who(vault)), head, count, height])
            }
        }
    }
}

/// An audit entry as it is printed and hashed.
pub(crate) fn printed(
    topic: &str,
    log: (&'static str, Value),
    AuditEntry { index, action, actor, subject, version, expiry, detail, burn_height }: &AuditEntry,
) -> Value {
    tuple([
        ("topic", ascii(topic)),
        log,
        ("index", Value::uint(*index)),
        ("action", ascii(action.as_str())),
        ("actor", who(actor.clone())),
        ("subject", Value::optional(subject.clone().map(who))),
        ("version", Value::uint(*version)),
        ("expiry", until(expiry.map(BurnHeight::number))),
        ("detail", Value::buffer(*detail)),
        ("burn-height", Value::uint(burn_height.number())),
    ])
}

fn ascii(text: &str) -> Value {
    Value::StringAscii(text.parse().unwrap())
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What an entry says besides who, when and where it stands.
struct Said<'a> {
    action: Action,
    subject: Option<&'a Principal>,
    version: u64,
    expiry: Option<u128>,
    detail: [u8; 32],
}

impl Model {
    /// Nobody has called yet.
    pub(crate) fn at(now: u64) -> Self {
        Self { now, ..Self::default() }
    }

    /// The first of somebody's line.
    pub(crate) fn first(&self, user: &Principal) -> Principal {
        let of = self.lines.iter().find(|(_, successors)| successors.contains(user));
        of.map_or_else(|| user.clone(), |(first, _)| first.clone())
    }

    /// The latest of somebody's line, who alone is the patient.
    pub(crate) fn latest(&self, user: &Principal) -> Principal {
        let first = self.first(user);
        self.lines.get(&first).and_then(|line| line.last()).cloned().unwrap_or(first)
    }

    /// The patient's state, the empty one when they never did anything.
    pub(crate) fn patient(&self, patient: &Principal) -> Patient {
        self.patients.get(patient).cloned().unwrap_or_default()
    }

    /// The user's lists.
    pub(crate) fn user(&self, user: &Principal) -> User {
        self.users.get(user).cloned().unwrap_or_default()
    }

    fn entry(&self, index: usize, actor: &Principal, said: &Said<'_>) -> AuditEntry {
        AuditEntry {
            index: index as u64,
            action: said.action,
            actor: actor.clone(),
            subject: said.subject.cloned(),
            version: said.version,
            expiry: said.expiry.map(BurnHeight::from_uint),
            detail: said.detail,
            burn_height: BurnHeight::new(self.now),
        }
    }

    /// Appends to the log of a record, which exists.
    fn log_on_record(&mut self, id: RecordId, actor: &Principal, said: &Said<'_>) -> Logged {
        let entry = self.entry(self.records[&id].log.len(), actor, said);
        let record = self.records.get_mut(&id).unwrap();
        record.head = record.head.after(id, &entry).unwrap();
        record.log.push(entry.clone());
        let logged = Logged { index: entry.index, head: record.head };
        self.events.push(Event::Record(id, entry));
        logged
    }

    /// Appends to the log of what concerns a patient as a whole.
    fn log_on_patient(&mut self, patient: &Principal, actor: &Principal, said: &Said<'_>) {
        let entry = self.entry(self.patient(patient).log.len(), actor, said);
        let event = Event::Patient(patient.clone(), entry.clone());
        let state = self.patients.entry(patient.clone()).or_default();
        let hash = sha256(&event.value().encode().unwrap());
        state.head = sha256(&[state.head, hash].concat());
        state.log.push(entry);
        self.events.push(event);
    }
}
