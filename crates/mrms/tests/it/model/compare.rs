//! Everything that the contract can be asked, against the model.
//!
//! Answers are compared as Clarity values; where the software has a typed way to ask, the typed
//! answer is compared too, and so is its own copy of the rules of a grant.

use mrms_contract::read;
use mrms_contract::state::printed_patient_entry;
use mrms_contract::trail::{self, Head};
use mrms_core::{BurnHeight, Principal, RecordId, grant};
use mrms_stacks::clarity::Value;

use super::call::{id, tuple, until, who};
use super::chain::Chain;
use super::spec::{Event, Grant, Model, Record, StandingGrant};
use super::steps::Cast;

/// What differs, in words.
pub(crate) type Same = Result<(), String>;

pub(crate) struct Comparison<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) model: &'a Model,
    pub(crate) cast: &'a Cast,
}

impl Comparison<'_> {
    /// Who has access to what at this height.
    pub(crate) fn access(&self) -> Same {
        self.same("the burn height", &self.chain.burn_height(), &self.model.now)?;
        for record in self.cast.records {
            for user in &self.cast.people {
                self.access_of(record, user)?;
            }
        }
        Ok(())
    }

    fn access_of(&self, record: RecordId, user: &Principal) -> Same {
        let known = self.model.records.get(&record);
        let grant = known.and_then(|known| self.model.effective_grant(known, user).ok());
        let may =
            known.is_some_and(|known| self.model.may_read(known, user, known.latest()).is_ok());
        self.answer(
            "get-effective-grant",
            &[id(record), who(user.clone())],
            optional(&grant, |g| g.value()),
        )?;
        let (_, has_access) = self.chain.ask(&read::has_access(record, user));
        self.same(&format!("has-access {record} {user}"), &has_access, &may)
    }

    /// Every entry of every map, and what lies past the ends.
    pub(crate) fn all(&self) -> Same {
        self.access()?;
        for record in self.cast.records {
            self.record(record, self.model.records.get(&record))?;
        }
        for (place, person) in self.cast.people.iter().enumerate() {
            self.patient(person)?;
            self.user(person)?;
            for other in &self.cast.people[..place] {
                self.between(person, other)?;
                self.between(other, person)?;
            }
            self.between(person, person)?;
        }
        Ok(())
    }

    fn record(&self, record: RecordId, known: Option<&Record>) -> Same {
        let summary = known.map(|known| {
            tuple([
                ("patient", who(self.model.latest(&known.patient))),
                ("version", Value::uint(known.latest())),
                ("readers", Value::uint(known.readers.len() as u64)),
                ("audit-count", Value::uint(known.log.len() as u64)),
                ("audit-head", Value::buffer(*known.head.as_bytes())),
            ])
        });
        self.answer("get-record", &[id(record)], Value::optional(summary))?;
        let Some(known) = known else { return self.nothing_of(record) };
        let (_, typed) = self.chain.ask(&read::record(record));
        let typed = typed.unwrap();
        self.same("the patient", &typed.patient, &self.model.latest(&known.patient))?;
        self.same("the latest version", &typed.version.number(), &known.latest())?;
        self.versions(record, known)?;
        self.grants(record, known)?;
        self.trail(record, known, typed.audit_head)?;
        let offered = known.offered.clone().filter(|(_, by)| !self.model.is_over(by));
        let offer = Value::optional(offered.map(|(to, _)| who(to)));
        self.answer("get-pending-transfer", &[id(record)], offer)?;
        let readers = known.readers.iter().cloned().map(who);
        self.list("get-record-reader", &id(record), readers)?;
        let head = tuple([
            ("head", Value::buffer(*known.head.as_bytes())),
            ("count", Value::uint(known.log.len() as u64)),
        ]);
        self.answer("get-audit-head", &[id(record)], Value::some(head))
    }

    fn nothing_of(&self, record: RecordId) -> Same {
        self.answer("get-audit-head", &[id(record)], Value::None)?;
        self.answer("get-audit-entry", &[id(record), Value::uint(0_u8)], Value::None)?;
        self.answer("get-record-version", &[id(record), Value::uint(1_u8)], Value::None)
    }

    fn versions(&self, record: RecordId, known: &Record) -> Same {
        for number in 0..=known.latest() + 1 {
            let expected = known.version(number).map(|written| tuple(written.fields()));
            let arguments = [id(record), Value::uint(number)];
            self.answer("get-record-version", &arguments, Value::optional(expected))?;
            for user in &self.cast.people {
                let envelope = known.envelopes.get(&(number, user.clone())).cloned();
                let arguments = [id(record), Value::uint(number), who(user.clone())];
                let expected = Value::optional(envelope.map(Value::buffer));
                self.answer("get-key-envelope", &arguments, expected)?;
            }
        }
        Ok(())
    }

    fn grants(&self, record: RecordId, known: &Record) -> Same {
        for user in &self.cast.people {
            let what = format!("the grant of {record} to {user}");
            let (found, own) = self.chain.ask(&read::grant(record, user));
            let stored = known.grants.get(user).map(|grant| self.as_told(grant).value());
            self.same(&what, &found, &Value::optional(stored))?;
            let opening = optional(&known.openings.get(user), |opening| opening.value());
            self.answer("get-emergency-opening", &[id(record), who(user.clone())], opening)?;

            // The copy of the rules that explains a refusal before anyone pays knows neither
            // patients, delegates nor emergencies.
            let (_, standing) = self.chain.ask(&read::standing_grant(&known.patient, user));
            let now = BurnHeight::new(self.model.now);
            let copy = grant::effective(record, own.as_ref(), standing.as_ref(), now).ok();
            let copy = copy.map(|(rights, from)| (rights.bits(), from.number()));
            let here = self.model.effective_grant(known, user).ok();
            let here = here.map(|counts| (counts.grant.rights, counts.grant.from_version));
            self.same(&format!("{what}, by the rules in Rust"), &copy, &here)?;
        }
        Ok(())
    }

    /// A grant that ended with the delegation that it was made by is told as a revoked one.
    fn as_told(&self, grant: &Grant) -> Grant {
        let rights = if self.model.is_kept(&grant.by) { grant.rights } else { 0 };
        Grant { rights, ..grant.clone() }
    }

    fn trail(&self, record: RecordId, known: &Record, head: Head) -> Same {
        let mut entries = Vec::new();
        for entry in &known.log {
            let (printed, found) = self.chain.ask(&read::audit_entry(record, entry.index));
            let expected = Event::Record(record, entry.clone()).value();
            self.same("an entry as printed", &printed, &Value::some(expected))?;
            let found = found.unwrap();
            self.same("an entry", &found, entry)?;
            entries.push(found);
        }
        let (_, past) = self.chain.ask(&read::audit_entry(record, known.log.len() as u64));
        self.same("the entry past the end", &past, &None)?;
        let verified = trail::verify(record, entries.iter().map(|entry| (entry, None)), head);
        self.same("the trail", &verified, &Ok(known.log.len() as u64))
    }

    fn patient(&self, person: &Principal) -> Same {
        let first = self.model.first(person);
        let known = self.model.patient(&first);
        let count = known.log.len() as u64;
        let latest = Some(self.model.latest(&first)).filter(|latest| *latest != first);
        let summary = tuple([
            ("root", Value::None),
            ("successor", Value::optional(latest.map(who))),
            ("records", Value::uint(known.records.len() as u64)),
            ("team", Value::uint(known.team.len() as u64)),
            ("audit-count", Value::uint(count)),
            ("audit-head", Value::buffer(known.head)),
        ]);
        let arguments = [who(person.clone())];
        self.answer("get-patient", &arguments, summary)?;
        let head = tuple([("head", Value::buffer(known.head)), ("count", Value::uint(count))]);
        self.answer("get-patient-audit-head", &arguments, head)?;
        let mut entries = Vec::new();
        for entry in &known.log {
            let expected = Event::Patient(first.clone(), entry.clone());
            let understood = printed_patient_entry(&expected.value(), &first).unwrap();
            self.same("an entry of a patient", &understood, &Some(entry.clone()))?;
            entries.push(expected.value());
        }
        self.list("get-patient-audit-entry", &arguments[0], entries.into_iter())?;
        let log = known.log.iter().map(|entry| (entry, None));
        let verified = trail::verify(&first, log, Head::from_bytes(known.head));
        self.same("the trail of a patient", &verified, &Ok(count))?;
        self.list("get-patient-record", &arguments[0], known.records.into_iter().map(id))?;
        self.list("get-care-team-member", &arguments[0], known.team.into_iter().map(who))?;

        let (_, line) = self.chain.ask(&read::line(person));
        let told = (line.root, line.patient);
        self.same("the line", &told, &(first.clone(), self.model.latest(&first)))?;
        let (_, offered) = self.chain.ask(&read::pending_succession(person));
        let expected = self.model.successions.get(&first).cloned();
        self.same("the succession on offer", &offered, &expected)?;

        let key = self.model.keys.get(person).map(|(recipient, generation)| {
            tuple([
                ("recipient", Value::buffer(recipient.clone())),
                ("generation", Value::uint(*generation)),
            ])
        });
        self.answer("get-encryption-key", &arguments, Value::optional(key))?;
        let anchor = self.model.vaults.get(person).map(|anchor| tuple(anchor.fields()));
        self.answer("get-vault-log", &arguments, Value::optional(anchor))
    }

    fn user(&self, person: &Principal) -> Same {
        let known = self.model.user(person);
        let (_, counts) = self.chain.ask(&read::user_counts(person));
        let expected = read::UserCounts {
            records: known.records.len() as u64,
            patients: known.patients.len() as u64,
        };
        self.same("the lengths of a user's lists", &counts, &expected)?;
        let user = who(person.clone());
        self.list("get-shared-record", &user, known.records.into_iter().map(id))?;
        self.list("get-care-patient", &user, known.patients.into_iter().map(who))
    }

    fn between(&self, patient: &Principal, other: &Principal) -> Same {
        let key = (self.model.first(patient), other.clone());
        let arguments = [who(patient.clone()), who(other.clone())];
        let standing = self.model.standing.get(&key).map(|grant| {
            let rights = if self.model.is_kept(&grant.by) { grant.rights } else { 0 };
            StandingGrant { rights, ..grant.clone() }.value()
        });
        self.answer("get-standing-grant", &arguments, Value::optional(standing))?;
        let delegation = optional(&self.model.delegates.get(&key), |found| found.value());
        self.answer("get-delegate", &arguments, delegation)?;
        let (_, typed) = self.chain.ask(&read::delegate(patient, other));
        let now = BurnHeight::new(self.model.now);
        let powers = typed.and_then(|typed| typed.powers_at(now)).map_or(0, |powers| powers.bits());
        self.same("the powers", &powers, &self.model.powers(&key.0, other))?;
        let contact = optional(&self.model.contacts.get(&key), |found| found.value());
        self.answer("get-contact", &arguments, contact)?;
        let key = (patient.clone(), other.clone());
        let member = self.model.members.get(&key).map(|expiry| tuple([("expiry", until(*expiry))]));
        self.answer("get-member", &arguments, Value::optional(member))?;
        let (_, typed) = self.chain.ask(&read::member(patient, other));
        let live = typed.is_some_and(|typed| typed.is_live(now));
        self.same("the membership", &live, &self.model.is_member(patient, other))
    }

    /// A list by index, to one past its end.
    fn list(
        &self,
        function: &str,
        of: &Value,
        expected: impl ExactSizeIterator<Item = Value>,
    ) -> Same {
        let end = expected.len() as u64;
        for (index, item) in (0_u64..).zip(expected) {
            self.answer(function, &[of.clone(), Value::uint(index)], Value::some(item))?;
        }
        self.answer(function, &[of.clone(), Value::uint(end)], Value::None)
    }

    fn answer(&self, function: &str, arguments: &[Value], expected: Value) -> Same {
        let found = self.chain.read(function, arguments);
        if found == expected {
            return Ok(());
        }
        let arguments: Vec<_> = arguments.iter().map(short).collect();
        Err(format!(
            "({function} {}) is {}, by the specification {}",
            arguments.join(" "),
            short(&found),
            short(&expected)
        ))
    }

    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, found: &T, expected: &T) -> Same {
        if found == expected {
            return Ok(());
        }
        Err(format!("{what} is {found:?}, by the specification {expected:?}"))
    }
}

/// A value for people: the beginning of a long one.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 1_000 { format!("{}…", &text[..1_000]) } else { text }
}

fn optional<T>(some: &Option<T>, value: impl FnOnce(&T) -> Value) -> Value {
    Value::optional(some.as_ref().map(value))
}
