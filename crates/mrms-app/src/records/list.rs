//! Lists records: a patient's own, and those that were shared with a user.
//!
//! Reads only the chain, by the contract's lists. Lists only grow, so each entry is compared with
//! what is true now.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, Version};

use crate::session::{AskError, Session};

/// Somebody else's record that was shared with a user.
#[derive(Clone, Debug)]
pub struct SharedRecord {
    /// The record's id.
    pub id: RecordId,
    /// The record.
    pub record: Record,
    /// First height at which the grant in force is closed; `None` when it holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// What is in force, or why nothing is.
    pub now: Result<(Rights, Version), AccessError>,
}

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

    /// The records that others shared with this user: by name, or with all of a patient's records.
    ///
    /// # Errors
    ///
    /// [`AskError`] or [`mrms_contract::AnswerError`] in it.
    pub fn shared_with(&self, user: &Principal) -> Result<Vec<SharedRecord>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let counts = self.ask(&read::user_counts(user))?;
        let mut found = BTreeMap::new();
        for id in self.ask_list(counts.records, |index| read::shared_record(user, index))? {
            found.extend(self.ask(&read::record(id))?.map(|record| (id, record)));
        }
        for patient in self.ask_list(counts.patients, |index| read::care_patient(user, index))? {
            found.extend(self.records_of(&patient)?);
        }
        let mut shared = Vec::new();
        for (id, record) in found {
            if record.patient == *user {
                continue;
            }
            let (own, standing) = self.grants(id, &record.patient, user)?;
            let own_is_live =
                own.is_some_and(|own| own.rights.is_some() && grant::is_live(own.expiry, now));
            let expiry = match standing {
                Some(standing) if !own_is_live => standing.expiry,
                _ => own.and_then(|own| own.expiry),
            };
            let now = grant::effective(id, own.as_ref(), standing.as_ref(), now);
            shared.push(SharedRecord { id, record, expiry, now });
        }
        Ok(shared)
    }
}
