//! Who acted for a patient at which time, by the patient's own log.
//!
//! An entry of a record names who did something. Whether they did it for the patient, as a delegate, follows from the
//! delegations of that time. Heights are all that is compared: within a burn block, before and after count as during.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{Action, AuditEntry, BurnHeight, Powers, Principal, RecordId};

use crate::audit::trail::{ActionOutcome, TrailLine};
use crate::session::{AskError, Session};

/// A time in which somebody could act for a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    delegate: Principal,
    powers: Powers,
    from: BurnHeight,
    /// The last height at which it held.
    to: Option<BurnHeight>,
}

/// Who could act for a patient, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegations {
    spans: Vec<Span>,
}

impl Delegations {
    /// By the entries of a patient's own log, in their order.
    fn of(entries: impl IntoIterator<Item = AuditEntry>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for entry in entries {
            let begins = matches!(entry.action, Action::DelegateSet | Action::ContactAccept);
            let ends = matches!(entry.action, Action::DelegateRemove | Action::DelegateEnd);
            let (true, Some(delegate)) = (begins || ends, entry.subject) else { continue };
            for span in spans.iter_mut().filter(|span| span.delegate == delegate) {
                let is_later = span.to.is_none_or(|to| to > entry.burn_height);
                if is_later {
                    span.to = Some(entry.burn_height);
                }
            }
            if begins {
                let [.., bits] = entry.detail;
                let powers = Powers::from_bits(bits).unwrap_or(Powers::ALL);
                spans.push(Span { delegate, powers, from: entry.burn_height, to: entry.expiry });
            }
        }
        Self { spans }
    }

    /// Whether somebody had this power for the patient at a height.
    #[must_use]
    pub fn had(&self, who: &Principal, power: Powers, at: BurnHeight) -> bool {
        self.spans.iter().any(|span| {
            span.delegate == *who
                && span.powers.include(power)
                && span.from <= at
                && span.to.is_none_or(|to| at <= to)
        })
    }

    /// Whether what a line tells was done for the patient, by a delegate of that time. Whoever opens what they were granted,
    /// or what an organisation was granted, does so for themselves or for that.
    #[must_use]
    pub fn acted(&self, line: &TrailLine, patient: &Principal, own: &OwnOpenings) -> bool {
        line.outcome == ActionOutcome::Ok
            && line.actor != *patient
            && line.organisation().is_none()
            && !own.contain(line)
            && line.action.parse().is_ok_and(|did| self.did(&line.actor, did, line.burn_height))
    }

    /// Whether somebody could do this for the patient at a height.
    fn did(&self, who: &Principal, action: Action, at: BurnHeight) -> bool {
        match action {
            Action::Access => self.had(who, Powers::SEE, at),
            Action::Grant | Action::Revoke | Action::Envelope => self.had(who, Powers::SHARE, at),
            Action::Create | Action::CreateFor | Action::Amend => self.had(who, Powers::ADD, at),
            _ => false,
        }
    }
}

/// The openings of records by whom the record was granted to then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnOpenings(BTreeSet<(RecordId, u64)>);

impl OwnOpenings {
    /// By the lines of a whole trail, oldest first.
    #[must_use]
    pub fn of(lines: &[TrailLine]) -> Self {
        let mut own = Self::default();
        own.extend(lines);
        own
    }

    /// Adds those of another whole trail.
    pub fn extend(&mut self, lines: &[TrailLine]) {
        let mut live: BTreeMap<&Principal, Option<BurnHeight>> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.outcome == ActionOutcome::Ok) {
            match (line.action.parse(), &line.subject, line.index) {
                (Ok(Action::Grant), Some(user), _) => {
                    live.insert(user, line.expiry);
                }
                (Ok(Action::Revoke), Some(user), _) => {
                    live.remove(user);
                }
                (Ok(Action::Access), _, Some(index)) => {
                    let grant = live.get(&line.actor);
                    if grant.is_some_and(|end| end.is_none_or(|end| line.burn_height < end)) {
                        self.0.insert((line.record_id, index));
                    }
                }
                _ => {}
            }
        }
    }

    fn contain(&self, line: &TrailLine) -> bool {
        line.index.is_some_and(|index| self.0.contains(&(line.record_id, index)))
    }
}

impl Session<'_> {
    /// Who could act for a patient, and when. Reads the patient's own log.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn delegations_of(&self, patient: &Principal) -> Result<Delegations, AskError> {
        let count = self.ask(&read::patient_counts(patient))?.audit_count;
        let entries = self.ask_list(count, |index| read::patient_audit_entry(patient, index))?;
        Ok(Delegations::of(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: Action, powers: u8, at: u64, expiry: Option<u64>) -> AuditEntry {
        let mut detail = [0; 32];
        detail[31] = powers;
        AuditEntry {
            index: 0,
            action,
            actor: patient(),
            subject: Some(daughter()),
            version: 0,
            expiry: expiry.map(BurnHeight::new),
            detail,
            burn_height: BurnHeight::new(at),
        }
    }

    fn patient() -> Principal {
        "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap()
    }

    fn daughter() -> Principal {
        "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap()
    }

    #[test]
    fn whoever_opens_what_they_were_granted_does_so_for_themselves() {
        let line = |index: u64, action: &str, at: u64, subject: Option<Principal>| TrailLine {
            record_id: RecordId::new(1),
            index: Some(index),
            action: action.to_owned(),
            actor: if subject.is_some() { patient() } else { daughter() },
            subject,
            version: Some(1),
            expiry: (action == "grant").then_some(BurnHeight::new(140)),
            burn_height: BurnHeight::new(at),
            time: None,
            txid: None,
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: None,
            head: None,
        };
        let lines = [
            line(0, "access", 110, None),
            line(1, "grant", 110, Some(daughter())),
            line(2, "access", 110, None),
            line(3, "access", 140, None),
            line(4, "grant", 150, Some(daughter())),
            line(5, "revoke", 150, Some(daughter())),
            line(6, "access", 150, None),
        ];
        let delegations = Delegations::of([entry(Action::DelegateSet, 3, 100, None)]);
        let own = OwnOpenings::of(&lines);
        let acted = |at: usize| delegations.acted(&lines[at], &patient(), &own);
        assert_eq!([0, 2, 3, 6].map(acted), [true, false, true, true]);
    }

    #[test]
    fn somebody_acted_for_the_patient_while_they_had_the_power() {
        let delegations = Delegations::of([
            entry(Action::DelegateSet, 3, 100, Some(200)),
            entry(Action::DelegateSet, 1, 120, None),
            entry(Action::DelegateRemove, 0, 150, None),
            entry(Action::StandingGrant, 7, 300, None),
        ]);
        let did = |action, at| delegations.did(&daughter(), action, BurnHeight::new(at));
        for (action, at, expected) in [
            (Action::Access, 99, false),
            (Action::Access, 100, true),
            (Action::Grant, 110, true),
            (Action::Grant, 130, false),
            (Action::Access, 150, true),
            (Action::Access, 151, false),
            (Action::Access, 301, false),
            (Action::Amend, 110, false),
            (Action::EmergencyRead, 110, false),
        ] {
            assert_eq!(did(action, at), expected, "{action} at {at}");
        }
        assert!(!delegations.did(&patient(), Action::Access, BurnHeight::new(110)));
    }
}
