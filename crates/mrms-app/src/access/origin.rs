//! Whose record it was when a version was written.
//!
//! A version's key is bound to the patient of that time. After a transfer that is another account than the record's present
//! patient; the record's log tells which.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Action, Principal, RecordId, Version};

use crate::session::{AskError, Session};

impl Session<'_> {
    /// The patient of a record when a version was written, as far as it can be told without reading the whole log: whoever
    /// wrote the first version was the first patient.
    pub(super) fn first_patient(
        &self,
        id: RecordId,
        record: &Record,
    ) -> Result<Option<Principal>, AskError> {
        let first = self.ask(&read::record_version(id, Version::FIRST))?;
        Ok(first.map(|first| first.author).filter(|author| *author != record.patient))
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
