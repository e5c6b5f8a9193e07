//! Whose record it was when a version was written.
//!
//! A version's key is bound to the patient of that time. After a transfer or a succession that is another account than the
//! record's present patient; the record's log and the patient's own tell which.

use std::cmp::Ordering;

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Action, AuditEntry, Principal, RecordId, Version};

use crate::session::{AskError, Session};

impl Session<'_> {
    /// Whether a record has another patient than its first one, who made it. Reads one entry of the log at most: its
    /// first one, or nothing for a first version, whose author is the first patient.
    pub(crate) fn has_changed_hands(
        &self,
        id: RecordId,
        record: &Record,
        (version, author): (Version, &Principal),
    ) -> Result<bool, AskError> {
        if version == Version::FIRST && *author == record.patient {
            return Ok(false);
        }
        let made = self.ask(&read::audit_entry(id, 0))?;
        // A delegate made it for the patient whom the entry names.
        let first = |made: AuditEntry| match (made.action, made.subject) {
            (Action::CreateFor, Some(patient)) => patient,
            _ => made.actor,
        };
        Ok(made.is_some_and(|made| first(made) != record.patient))
    }

    /// The patient of a record when a version was written, by the transfers in its log and the successions in the
    /// patient's.
    pub(crate) fn patient_then(
        &self,
        id: RecordId,
        record: &Record,
        version: Version,
    ) -> Result<Principal, AskError> {
        self.then_by(id, record, version, &self.transfers(id, record)?)
    }

    /// The same, and everybody who may have shared that version: the record's present patient first, then whoever was its
    /// patient by a transfer, each with all of their line of succession.
    pub(crate) fn patients_since(
        &self,
        id: RecordId,
        record: &Record,
        version: Version,
    ) -> Result<(Principal, Vec<Principal>), AskError> {
        let transfers = self.transfers(id, record)?;
        let then = self.then_by(id, record, version, &transfers)?;
        let former = transfers.into_iter().filter_map(|entry| entry.subject);
        let mut patients = Vec::new();
        for patient in [record.patient.clone(), then.clone()].into_iter().chain(former) {
            // Nobody is of two lines.
            if patients.contains(&patient) {
                continue;
            }
            let line = self.line_of(&patient)?;
            let others = line.into_iter().flat_map(Line::everybody);
            let others: Vec<_> = others.filter(|one| *one != patient).collect();
            patients.push(patient);
            patients.extend(others);
        }
        Ok((then, patients))
    }

    /// The transfers of a record, the oldest first; their subjects gave it away.
    fn transfers(&self, id: RecordId, record: &Record) -> Result<Vec<AuditEntry>, AskError> {
        let mut entries =
            self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        entries.retain(|entry| entry.action == Action::TransferAccept);
        Ok(entries)
    }

    fn then_by(
        &self,
        id: RecordId,
        record: &Record,
        version: Version,
        transfers: &[AuditEntry],
    ) -> Result<Principal, AskError> {
        let given_over = transfers.iter().find(|entry| entry.version >= version.number());
        let former = given_over.and_then(|entry| entry.subject.clone());
        self.of_line_then(former.unwrap_or_else(|| record.patient.clone()), id, version)
    }

    /// The line of succession that somebody is in; `None` where nobody succeeded anybody.
    fn line_of(&self, patient: &Principal) -> Result<Option<Line>, AskError> {
        let counts = self.ask(&read::patient_counts(patient))?;
        if counts.successor.is_none() {
            return Ok(None);
        }
        let root = self.ask(&read::line(patient))?.root;
        let mut successions =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(patient, index))?;
        successions.retain(|entry| entry.action == Action::SuccessionAccept);
        Ok(Some(Line { root, successions }))
    }

    /// Who of somebody's line was the patient when a version was written. Of one burn block, the author tells whether it was
    /// before or after a succession; where somebody else wrote the version, it counts as before.
    fn of_line_then(
        &self,
        patient: Principal,
        id: RecordId,
        version: Version,
    ) -> Result<Principal, AskError> {
        let Some(Line { root, successions }) = self.line_of(&patient)? else {
            return Ok(patient);
        };
        let Some(written) = self.ask(&read::record_version(id, version))? else {
            return Ok(patient);
        };
        let mut then = root;
        for entry in successions {
            let is_after = match written.burn_height.cmp(&entry.burn_height) {
                Ordering::Less => false,
                Ordering::Equal => written.author == entry.actor,
                Ordering::Greater => true,
            };
            if !is_after {
                break;
            }
            then = entry.actor;
        }
        Ok(then)
    }
}

/// A line of succession.
struct Line {
    /// The first of it.
    root: Principal,
    /// How each of the others took over, the oldest first.
    successions: Vec<AuditEntry>,
}

impl Line {
    fn everybody(self) -> impl Iterator<Item = Principal> {
        [self.root].into_iter().chain(self.successions.into_iter().map(|entry| entry.actor))
    }
}
