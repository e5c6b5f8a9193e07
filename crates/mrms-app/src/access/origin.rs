//! Whose record it was when a version was written.
//!
//! A version's key is bound to the patient of that time. After a transfer that is another account than the record's present
//! patient; the record's log tells which.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Action, Principal, RecordId, Version};

use crate::session::{AskError, Session};

impl Session<'_> {
    /// Whether a record has another patient than its first one, who made it. Reads one entry of the log at most: its
    /// first one, or nothing for a first version, whose author is the first patient.
    pub(super) fn has_changed_hands(
        &self,
        id: RecordId,
        record: &Record,
        (version, author): (Version, &Principal),
    ) -> Result<bool, AskError> {
        if version == Version::FIRST {
            return Ok(*author != record.patient);
        }
        let made = self.ask(&read::audit_entry(id, 0))?;
        Ok(made.is_some_and(|made| made.actor != record.patient))
    }

    /// The patient of a record when a version was written, by the transfers in its log.
    pub(super) fn patient_then(
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
        Ok(former.unwrap_or_else(|| record.patient.clone()))
    }
}
