//! Lists a patient's own records.
//!
//! Reads only the chain, by the contract's list. The list only grows, so each entry is compared with
//! what is true now.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId};

use crate::session::{AskError, Session};

impl Session<'_> {
    /// The records whose patient this is, in order of creation.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn records_of(&self, patient: &Principal) -> Result<Vec<(RecordId, Record)>, AskError> {
        let count = self.ask(&read::patient_record_count(patient))?;
        let mut records: Vec<(RecordId, Record)> = Vec::new();
        for id in self.ask_list(count, |index| read::patient_record(patient, index))? {
            // A record that was transferred away and came back is in the list twice.
            if records.iter().any(|(known, _)| *known == id) {
                continue;
            }
            let record = self.ask(&read::record(id))?;
            records.extend(
                record.filter(|record| record.patient == *patient).map(|record| (id, record)),
            );
        }
        Ok(records)
    }
}
