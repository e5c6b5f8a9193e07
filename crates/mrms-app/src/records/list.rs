//! Lists a patient's own records.
//!
//! Reads only the chain, by the contract's list. The list only grows, so each entry is compared with
//! what is true now.

use std::collections::BTreeSet;

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
        let count = self.ask(&read::patient_counts(patient))?.records;
        let mut ids = self.ask_list(count, |index| read::patient_record(patient, index))?;
        // A record that was transferred away and came back is in the list twice.
        let mut known = BTreeSet::new();
        ids.retain(|id| known.insert(*id));
        let reads: Vec<_> = ids.iter().map(|id| read::record(*id)).collect();
        let records = ids.into_iter().zip(self.ask_all(&reads)?);
        let own = records.filter_map(|(id, record)| Some((id, record?)));
        Ok(own.filter(|(_, record)| record.patient == *patient).collect())
    }
}
