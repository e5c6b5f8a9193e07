//! An accounting of disclosures: who got to read which record, when, and what for.
//!
//! A disclosure is an opening by somebody other than the patient, or a key that was put on chain for them: whoever has
//! one of those opens without an entry. Repeats of one person on one record for one purpose are one line with the first
//! time, the last one and their number, as 45 CFR 164.528(b)(3) allows. Every entry is checked against the contract's head
//! before, and the vaults' logs are compared with it. Knows no names.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::Record;
use mrms_contract::trail::Head;
use mrms_core::{Action, BurnHeight, Principal, Purpose, RecordId, TxId, UnixTime};
use rand_core::CryptoRng;

use crate::audit::acted_for::{Delegations, OwnOpenings};
use crate::audit::reconcile::{Difference, GivenReason, ReconcileError};
use crate::audit::trail::{ActionOutcome, ReadTrailError, TrailLine};
use crate::session::{Actor, AskError, Session};

/// How somebody came to read a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// They opened it, by a grant.
    Opened,
    /// They opened it in an emergency that they declared.
    OpenedInEmergency,
    /// A key was put on chain for them. They read what it opens when they like, and the log does not tell.
    KeyOnChain,
}

impl Means {
    /// The word for it in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::OpenedInEmergency => "opened-in-emergency",
            Self::KeyOnChain => "key-on-chain",
        }
    }
}

/// Where a line stands, and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The time of the block, RFC 3339; none when the ledger no longer tells.
    pub time: Option<String>,
    /// The burn height at which it happened.
    pub burn_height: BurnHeight,
    /// Its place in the record's log.
    pub index: u64,
    /// The transaction; none when the ledger no longer tells.
    pub txid: Option<TxId>,
}

/// One line of the accounting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The record.
    pub record: RecordId,
    /// To whom.
    pub recipient: Principal,
    /// The organisation for which they opened it, as its member.
    pub organisation: Option<Principal>,
    /// Whether they opened it for the patient, as a delegate of that time.
    pub for_patient: bool,
    /// How.
    pub means: Means,
    /// What for, as they told the patient.
    pub purpose: Option<Purpose>,
    /// The reason of the emergency, as they told the patient.
    pub reason: Option<String>,
    /// The versions.
    pub versions: BTreeSet<u64>,
    /// The first time.
    pub first: Place,
    /// The last time.
    pub last: Place,
    /// How often.
    pub count: u64,
}

/// How far an accounting rests on the logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLog {
    /// The record.
    pub record: RecordId,
    /// How many entries were checked.
    pub entries: u64,
    /// The contract's head, which commits to all of them.
    pub head: Head,
    /// Where the vaults' logs differ from it, or a vault that could not be asked.
    pub differences: Vec<Difference>,
}

/// What is known of a line beyond the log: told to the patient alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    /// By place in the record's log.
    purposes: BTreeMap<u64, Purpose>,
    /// By place of the opening in the record's log.
    reasons: BTreeMap<u64, String>,
}

/// Everything that happened to a patient's records in a time.
#[derive(Clone, Debug)]
pub struct Accounting {
    /// Whose records they are.
    pub patient: Principal,
    /// The lines, oldest first: entries and refusals.
    pub lines: Vec<TrailLine>,
    /// What it rests on, a record each.
    pub logs: Vec<CheckedLog>,
    told: BTreeMap<RecordId, Told>,
    /// Who was the patient before, until when.
    former: Vec<(Principal, BurnHeight)>,
    delegations: Delegations,
    own_openings: OwnOpenings,
}

/// Why there is no accounting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountingError {
    /// A trail could not be read, or does not hold.
    #[error(transparent)]
    Trail(#[from] ReadTrailError),
    /// The vaults' logs could not be compared.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// The ledger could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl Accounting {
    /// What a line was for, as far as the patient was told.
    #[must_use]
    pub fn purpose(&self, line: &TrailLine) -> Option<Purpose> {
        if line.action == Action::EmergencyRead.as_str() {
            return Some(Purpose::EmergencyTreatment);
        }
        self.told.get(&line.record_id)?.purposes.get(&line.index?).copied()
    }

    /// The reason of the emergency behind a line, as far as the patient was told.
    #[must_use]
    pub fn reason(&self, line: &TrailLine) -> Option<&str> {
        self.told.get(&line.record_id)?.reasons.get(&line.index?).map(String::as_str)
    }

    /// Whether somebody other than the patient did this for the patient, as a delegate of that time.
    #[must_use]
    pub fn is_for_patient(&self, line: &TrailLine) -> bool {
        self.delegations.acted(line, &self.patient, &self.own_openings)
    }

    /// To whom a line discloses, and how; `None` where it does not.
    fn disclosed(&self, line: &TrailLine) -> Option<(Principal, Means)> {
        let is_done = line.outcome == ActionOutcome::Ok;
        let action = line.action.parse().ok().filter(|_| is_done)?;
        let (recipient, means) = match action {
            Action::Access => (line.actor.clone(), Means::Opened),
            Action::EmergencyRead => (line.actor.clone(), Means::OpenedInEmergency),
            Action::Envelope => (line.subject.clone()?, Means::KeyOnChain),
            _ => return None,
        };
        let was_patient =
            self.former.iter().any(|(who, until)| *who == recipient && line.burn_height <= *until);
        (recipient != self.patient && !was_patient).then_some((recipient, means))
    }

    /// The disclosures, repeats together, by the time of the first.
    #[must_use]
    pub fn disclosures(&self) -> Vec<Disclosure> {
        type Key =
            (RecordId, Principal, Option<Principal>, bool, Means, Option<Purpose>, Option<String>);
        let mut places: BTreeMap<Key, usize> = BTreeMap::new();
        let mut disclosures: Vec<Disclosure> = Vec::new();
        for line in &self.lines {
            let Some((recipient, means)) = self.disclosed(line) else { continue };
            let Some(index) = line.index else { continue };
            let (purpose, reason) = (self.purpose(line), self.reason(line).map(str::to_owned));
            let place = Place {
                time: line.time.clone(),
                burn_height: line.burn_height,
                index,
                txid: line.txid,
            };
            let organisation = line.organisation().cloned();
            let for_patient = means == Means::Opened && self.is_for_patient(line);
            let key = (
                line.record_id,
                recipient.clone(),
                organisation.clone(),
                for_patient,
                means,
                purpose,
                reason.clone(),
            );
            let at = *places.entry(key).or_insert(disclosures.len());
            match disclosures.get_mut(at) {
                Some(known) => {
                    known.last = place;
                    known.count += 1;
                    known.versions.extend(line.version);
                }
                None => disclosures.push(Disclosure {
                    record: line.record_id,
                    recipient,
                    organisation,
                    for_patient,
                    means,
                    purpose,
                    reason,
                    versions: line.version.into_iter().collect(),
                    first: place.clone(),
                    last: place,
                    count: 1,
                }),
            }
        }
        disclosures
    }
}

impl Session<'_> {
    /// Everything that happened to these records of a patient, from a time on, with what the readers told the patient.
    ///
    /// # Errors
    ///
    /// [`AccountingError`], also when a trail does not hold. A vault that can't be asked is a difference of its record.
    pub fn accounting(
        &self,
        actor: &Actor,
        patient: &Principal,
        records: Vec<(RecordId, Record)>,
        since: Option<UnixTime>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Accounting, AccountingError> {
        let clock = self.ledger.tip().map_err(AskError::from)?.clock();
        let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
        let mut trails = self.trails(records);
        let mut accounting = Accounting {
            patient: patient.clone(),
            lines: Vec::new(),
            logs: Vec::new(),
            told: BTreeMap::new(),
            former: self.predecessors(patient)?,
            delegations: self.delegations_of(patient)?,
            own_openings: OwnOpenings::default(),
        };
        let mut reconciling = None;
        for (place, id) in ids.iter().copied().enumerate() {
            let trail = trails.read(id)?;
            let opens = |line: &TrailLine| {
                line.actor != *patient
                    && matches!(line.action.parse(), Ok(Action::Access | Action::EmergencyRead))
            };
            let mut differences = Vec::new();
            if trail.lines.iter().any(opens) {
                let reconciling = match &mut reconciling {
                    Some(reconciling) => reconciling,
                    none => none.insert(self.reconciling(actor, &ids[place..], &mut *rng)?),
                };
                let compared = reconciling.one(actor, id, &mut *rng)?;
                let declared = &compared.emergencies;
                let mut reasons = BTreeMap::new();
                for line in
                    trail.lines.iter().filter(|line| line.action == Action::EmergencyRead.as_str())
                {
                    let Some(index) = line.index else { continue };
                    // The emergency that this opening belongs to: the last one before it that the reader declared, or the
                    // organisation for which they opened it.
                    let declarer = line.organisation().unwrap_or(&line.actor);
                    let mut before = declared
                        .iter()
                        .filter(|one| one.entry.actor == *declarer && one.entry.index < index);
                    if let Some(GivenReason::Words(words)) =
                        before.next_back().map(|one| &one.reason)
                    {
                        reasons.insert(index, words.clone());
                    }
                }
                accounting.told.insert(id, Told { purposes: compared.purposes, reasons });
                differences = compared.differences;
            }
            accounting.logs.push(CheckedLog {
                record: id,
                entries: trail.record.audit_count,
                head: trail.record.audit_head,
                differences,
            });
            accounting.own_openings.extend(&trail.lines);
            let is_in_time = |line: &TrailLine| {
                since.is_none_or(|since| clock.time_of(line.burn_height) >= since)
            };
            accounting.lines.extend(trail.lines.into_iter().filter(is_in_time));
        }
        accounting.lines.sort_by_key(|line| (line.burn_height, line.time.clone()));
        Ok(accounting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: &str = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";
    const CLINIC: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

    fn line(index: u64, action: &str, actor: &str, subject: Option<&str>) -> TrailLine {
        TrailLine {
            record_id: RecordId::new(7),
            index: Some(index),
            action: action.to_owned(),
            actor: actor.parse().unwrap(),
            subject: subject.map(|subject| subject.parse().unwrap()),
            version: Some(1 + index % 2),
            expiry: None,
            burn_height: BurnHeight::new(900_000 + index),
            time: None,
            txid: None,
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: None,
            head: None,
        }
    }

    fn accounting(lines: Vec<TrailLine>, purposes: &[(u64, Purpose)]) -> Accounting {
        let told = Told { purposes: purposes.iter().copied().collect(), ..Told::default() };
        Accounting {
            patient: PATIENT.parse().unwrap(),
            lines,
            logs: Vec::new(),
            told: BTreeMap::from([(RecordId::new(7), told)]),
            delegations: Delegations::default(),
            own_openings: OwnOpenings::default(),
            former: Vec::new(),
        }
    }

    #[test]
    fn what_the_former_patient_opened_before_a_succession_discloses_nothing_and_later_it_does() {
        let lines: Vec<_> = (1..=2).map(|index| line(index, "access", CLINIC, None)).collect();
        let height = lines[1].burn_height;
        for (until, found) in [(height, 0), (BurnHeight::new(0), 1)] {
            let mut accounting = accounting(lines.clone(), &[]);
            accounting.former = vec![(CLINIC.parse().unwrap(), until)];
            assert_eq!(accounting.disclosures().len(), found, "until {until}");
        }
    }

    #[test]
    fn repeats_for_one_purpose_are_one_line_and_another_purpose_is_another() {
        let lines = (1..=4).map(|index| line(index, "access", CLINIC, None)).collect();
        let accounting = accounting(
            lines,
            &[(1, Purpose::Treatment), (3, Purpose::Treatment), (4, Purpose::Payment)],
        );
        let found = accounting.disclosures();
        let facts: Vec<_> = found
            .iter()
            .map(|one| (one.purpose, one.count, one.first.index, one.last.index))
            .collect();
        let expected = [
            (Some(Purpose::Treatment), 2, 1, 3),
            (None, 1, 2, 2),
            (Some(Purpose::Payment), 1, 4, 4),
        ];
        assert_eq!(facts, expected);
        assert_eq!(found.iter().map(|one| one.count).sum::<u64>(), 4, "none is lost");
    }

    #[test]
    fn who_opens_for_an_organisation_is_told_apart_from_the_same_person_for_themselves() {
        const DOCTOR: &str = "ST000000000000000000002AMW42H";
        let lines = vec![
            line(1, "access", DOCTOR, Some(CLINIC)),
            line(2, "access", DOCTOR, None),
            line(3, "access", DOCTOR, Some(CLINIC)),
        ];
        let found = accounting(lines, &[]).disclosures();
        let facts: Vec<_> = found
            .iter()
            .map(|one| (one.recipient.to_string(), one.organisation.is_some(), one.count))
            .collect();
        assert_eq!(facts, [(DOCTOR.to_owned(), true, 2), (DOCTOR.to_owned(), false, 1)]);
        assert_eq!(found[0].organisation, CLINIC.parse().ok());
    }

    #[test]
    fn what_the_patient_does_and_what_was_refused_discloses_nothing() {
        let mut refused = line(3, "access", CLINIC, None);
        (refused.outcome, refused.index) = (ActionOutcome::Denied, None);
        let lines = vec![
            line(0, "create", PATIENT, None),
            line(1, "access", PATIENT, None),
            line(2, "grant", PATIENT, Some(CLINIC)),
            refused,
            line(4, "envelope", PATIENT, Some(PATIENT)),
        ];
        assert!(accounting(lines, &[]).disclosures().is_empty());
    }

    #[test]
    fn key_on_chain_and_an_emergency_are_told_apart() {
        let lines = vec![
            line(1, "envelope", PATIENT, Some(CLINIC)),
            line(2, "emergency-read", CLINIC, None),
        ];
        let found = accounting(lines, &[]).disclosures();
        assert_eq!((found[0].means, found[0].purpose), (Means::KeyOnChain, None));
        let emergency = (Means::OpenedInEmergency, Some(Purpose::EmergencyTreatment));
        assert_eq!((found[1].means, found[1].purpose), emergency);
    }
}
