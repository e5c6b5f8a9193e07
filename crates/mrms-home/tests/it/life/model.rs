//! The model: who may open which record at which burn height, in as few rules as there are.
//!
//! It knows names and heights, and nothing of contract, vaults or keys.

use std::collections::{BTreeMap, BTreeSet};

/// Somebody, by a name in the test.
pub(crate) type Name = &'static str;

/// What something allows, for whom, and the first height at which it is over.
struct Allowed<T> {
    what: T,
    to: Name,
    until: Option<u64>,
    /// The delegate who gave it in the patient's place.
    by: Option<Name>,
}

impl<T> Allowed<T> {
    fn is_live(&self, now: u64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Everything that decides who may open what.
#[derive(Default)]
pub(crate) struct Model {
    /// Each record with the first of its patient's line.
    pub(crate) records: BTreeMap<Name, Name>,
    /// Who is the patient now, by the first of the line; those who are not in it are themselves.
    patients: BTreeMap<Name, Name>,
    /// Who was the patient of a line.
    former: BTreeSet<Name>,
    /// Who has somebody's words, and so is them.
    thieves: BTreeMap<Name, Name>,
    grants: Vec<Allowed<Name>>,
    /// Access to all records of a line.
    standing: Vec<Allowed<Name>>,
    delegations: Vec<Allowed<Name>>,
    members: Vec<Allowed<Name>>,
}

impl Model {
    /// May somebody open a record now?
    pub(crate) fn may_open(&self, who: Name, record: Name, now: u64) -> bool {
        let who = self.thieves.get(who).copied().unwrap_or(who);
        let line = self.records[record];
        if self.patients.get(line).copied().unwrap_or(line) == who {
            return true;
        }
        if self.former.contains(who) && self.line_of(who) == line {
            return false;
        }
        let granted = |to: Name| {
            let named = self
                .grants
                .iter()
                .any(|one| one.what == record && one.to == to && one.is_live(now));
            named
                || self
                    .standing
                    .iter()
                    .any(|one| one.what == line && one.to == to && one.is_live(now))
        };
        let acts = self
            .delegations
            .iter()
            .any(|one| one.what == line && one.to == who && one.is_live(now));
        let is_member = |one: &&Allowed<Name>| one.to == who && one.is_live(now);
        acts || granted(who) || self.members.iter().filter(is_member).any(|one| granted(one.what))
    }

    fn line_of(&self, who: Name) -> Name {
        self.patients.iter().find(|(_, now)| **now == who).map_or(who, |(line, _)| line)
    }

    pub(crate) fn create(&mut self, patient: Name, record: Name) {
        self.records.insert(record, self.line_of(patient));
    }

    /// The patient grants, or `by` in the patient's place.
    pub(crate) fn grant(&mut self, record: Name, to: Name, until: Option<u64>, by: Option<Name>) {
        self.grants.retain(|one| one.what != record || one.to != to);
        self.grants.push(Allowed { what: record, to, until, by });
    }

    pub(crate) fn grant_all(&mut self, patient: Name, to: Name, until: Option<u64>) {
        let what = self.line_of(patient);
        self.standing.push(Allowed { what, to, until, by: None });
    }

    pub(crate) fn act(&mut self, patient: Name, to: Name, until: Option<u64>) {
        let what = self.line_of(patient);
        self.delegations.retain(|one| one.what != what || one.to != to);
        self.delegations.push(Allowed { what, to, until, by: None });
    }

    /// A delegation ends now, with what the delegate granted.
    pub(crate) fn end_acting(&mut self, patient: Name, to: Name) {
        let what = self.line_of(patient);
        self.delegations.retain(|one| one.what != what || one.to != to);
        self.grants.retain(|one| one.by != Some(to));
    }

    pub(crate) fn join(&mut self, organisation: Name, member: Name, until: Option<u64>) {
        self.members.retain(|one| one.what != organisation || one.to != member);
        self.members.push(Allowed { what: organisation, to: member, until, by: None });
    }

    pub(crate) fn leave(&mut self, organisation: Name, member: Name) {
        self.members.retain(|one| one.what != organisation || one.to != member);
    }

    pub(crate) fn steal(&mut self, thief: Name, from: Name) {
        self.thieves.insert(thief, from);
    }

    /// Everything of `from` passes to `to`, but what these people could do.
    pub(crate) fn succeed(&mut self, from: Name, to: Name, without: &[Name]) {
        let line = self.line_of(from);
        self.former.insert(from);
        self.patients.insert(line, to);
        let records = &self.records;
        self.grants.retain(|one| records[one.what] != line || !without.contains(&one.to));
        self.standing.retain(|one| one.what != line || !without.contains(&one.to));
        self.delegations.retain(|one| one.what != line || !without.contains(&one.to));
    }
}
