//! The entry that a call added to a log: of a record, or of what concerns a patient as a whole.

use mrms_app::ledger::LedgerError;
use mrms_contract::read;
use mrms_contract::trail::Head;
use mrms_core::{Action, AuditEntry, Principal, RecordId};

use super::from_state::{Executed, unexpected};

/// An entry that a block added to a record's log, and the head after it.
pub(super) struct Added {
    pub(super) entry: AuditEntry,
    pub(super) head: Head,
}

impl Executed<'_> {
    /// The entry of this action in the log of the call's record. Without a subject, any will do.
    pub(super) fn entry_for(
        &self,
        action: Action,
        subject: Option<&Principal>,
    ) -> Result<Option<Added>, LedgerError> {
        self.entry(RecordId::new(self.uint(0)?), |entry| is_it(entry, action, subject))
    }

    /// The entry that the call added to a record's log.
    pub(super) fn entry(
        &self,
        id: RecordId,
        is_it: impl Fn(&AuditEntry) -> bool,
    ) -> Result<Option<Added>, LedgerError> {
        let (before, after) = (self.before(&read::record(id))?, self.after(&read::record(id))?);
        let Some(after) = after else { return Ok(None) };
        let (first, mut head) =
            before.map_or((0, Head::EMPTY), |before| (before.audit_count, before.audit_head));
        let mut found = Vec::new();
        for index in first..after.audit_count {
            let entry = self.after(&read::audit_entry(id, index))?;
            let entry = entry.ok_or_else(|| unexpected("a log with a hole"))?;
            head = head.after(id, &entry).map_err(|error| unexpected(&error.to_string()))?;
            if entry.actor == self.sender && is_it(&entry) {
                found.push(Added { entry, head });
            }
        }
        if head != after.audit_head {
            return Err(unexpected("a log that does not fit its head"));
        }
        Ok(self.of_this_call(found))
    }

    /// The entry of this action about the call's first argument in the sender's own log.
    pub(super) fn of_own_log(&self, action: Action) -> Result<Option<AuditEntry>, LedgerError> {
        let subject = self.principal(0)?;
        self.patients_entry(&self.sender, |entry| is_it(entry, action, Some(&subject)))
    }

    /// The entry of this action in the log of the patient whom the call's first argument names. Without a subject, any will
    /// do.
    pub(super) fn of_patients_log(
        &self,
        action: Action,
        subject: Option<&Principal>,
    ) -> Result<Option<AuditEntry>, LedgerError> {
        let patient = self.principal(0)?;
        self.patients_entry(&patient, |entry| is_it(entry, action, subject))
    }

    fn patients_entry(
        &self,
        patient: &Principal,
        is_it: impl Fn(&AuditEntry) -> bool,
    ) -> Result<Option<AuditEntry>, LedgerError> {
        let counts = read::patient_counts(patient);
        let (first, end) = (self.before(&counts)?.audit_count, self.after(&counts)?.audit_count);
        let mut found = Vec::new();
        for index in first..end {
            let entry = self.after(&read::patient_audit_entry(patient, index))?;
            let entry = entry.ok_or_else(|| unexpected("a patient's log with a hole"))?;
            if entry.actor == self.sender && is_it(&entry) {
                found.push(entry);
            }
        }
        Ok(self.of_this_call(found))
    }

    /// Of several entries that the account added alike in one block, the one at the transaction's place among the account's.
    fn of_this_call<T>(&self, found: Vec<T>) -> Option<T> {
        let last = found.len().saturating_sub(1);
        found.into_iter().nth(self.earlier.min(last))
    }
}

fn is_it(entry: &AuditEntry, action: Action, subject: Option<&Principal>) -> bool {
    entry.action == action && (subject.is_none() || entry.subject.as_ref() == subject)
}
