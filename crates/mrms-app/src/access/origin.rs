//! Whose record it was when a version was written.
//!
//! A version's key is bound to the patient of that time. After a transfer or a succession that is another account than the
//! record's present patient; the record's log and the patient's own tell which.

use std::cmp::Ordering;
use std::collections::BTreeSet;

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
        let entries = self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        let given_over = entries.into_iter().find(|entry| {
            entry.action == Action::TransferAccept && entry.version >= version.number()
        });
        let former = given_over.and_then(|entry| entry.subject);
        self.of_line_then(former.unwrap_or_else(|| record.patient.clone()), id, version)
    }

    /// Who may have shared a version: the record's present patient first, then whoever was the patient since it was written by
    /// `then`, by transfers and successions, and all others of their lines.
    pub(crate) fn patients_since(
        &self,
        id: RecordId,
        record: &Record,
        then: &Principal,
    ) -> Result<Vec<Principal>, AskError> {
        let mut patients = vec![record.patient.clone()];
        if record.patient == *then {
            return Ok(patients);
        }
        let entries = self.ask_list(record.audit_count, |index| read::audit_entry(id, index))?;
        let given_over = entries.into_iter().filter(|one| one.action == Action::TransferAccept);
        let mut others: Vec<Principal> = vec![then.clone()];
        others.extend(given_over.filter_map(|entry| entry.subject));
        others.push(record.patient.clone());
        for other in others {
            let line = self.line_of(&other)?;
            patients.extend([other].into_iter().chain(line));
        }
        let mut known = BTreeSet::new();
        patients.retain(|one| known.insert(one.clone()));
        Ok(patients)
    }

    /// Everybody of somebody's line of succession.
    fn line_of(&self, patient: &Principal) -> Result<Vec<Principal>, AskError> {
        let counts = self.ask(&read::patient_counts(patient))?;
        if counts.successor.is_none() {
            return Ok(Vec::new());
        }
        let root = self.ask(&read::line(patient))?.root;
        let entries =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(patient, index))?;
        let took_over = entries.into_iter().filter(|one| one.action == Action::SuccessionAccept);
        Ok([root].into_iter().chain(took_over.map(|entry| entry.actor)).collect())
    }

    /// Who of somebody's line was the patient when a version was written. Of one burn block, the author tells whether it was
    /// before or after a succession; where somebody else wrote the version, it counts as before.
    fn of_line_then(
        &self,
        patient: Principal,
        id: RecordId,
        version: Version,
    ) -> Result<Principal, AskError> {
        let counts = self.ask(&read::patient_counts(&patient))?;
        if counts.successor.is_none() {
            return Ok(patient);
        }
        let Some(written) = self.ask(&read::record_version(id, version))? else {
            return Ok(patient);
        };
        let mut then = self.ask(&read::line(&patient))?.root;
        let entries =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(&patient, index))?;
        for entry in entries.into_iter().filter(|one| one.action == Action::SuccessionAccept) {
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
