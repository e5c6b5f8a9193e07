//! Lists the records that others shared with a user: those that the user can open now, and how many
//! have ended.
//!
//! Anybody can put entries into a user's lists on the ledger, for the fee of a transaction. So this
//! looks at a bounded number of entries, at few of one patient, and at nothing of a patient whom the
//! profile ignores or who let the user open nothing. Whatever was passed over is told.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, Version};

use crate::session::{AskError, Session};
pub use crate::sharing::delegates::SharedError;
use crate::sharing::readers::Reader;

/// How many entries of the ledger's lists are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedBounds {
    /// Entries of the list of records, and of the list of patients, from the newest.
    pub entries: u64,
    /// Records of one patient.
    pub of_one_patient: u64,
}

impl SharedBounds {
    /// Enough for a clinic's day; nobody else can make it slow.
    pub const USUAL: Self = Self { entries: 10_000, of_one_patient: 1_000 };
    /// Everything.
    pub const NONE: Self = Self { entries: u64::MAX, of_one_patient: u64::MAX };
}

/// Somebody else's record that was shared with a user.
#[derive(Clone, Debug)]
pub struct SharedRecord {
    /// The record's id.
    pub id: RecordId,
    /// Its place in the contract's list of what was ever shared with this user, from 1; `None` for a record that is
    /// shared with all others of its patient alone.
    pub number: Option<u64>,
    /// The record.
    pub record: Record,
    /// First height at which they can no longer open it; `None` when it holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// The height at which what is in force was given; `None` where nothing is.
    pub since: Option<BurnHeight>,
    /// What is in force, or why nothing is.
    pub now: Result<(Rights, Version), AccessError>,
}

/// What others shared with a user.
#[derive(Debug, Default)]
pub struct SharedRecords {
    /// What was found, by record id.
    pub records: Vec<SharedRecord>,
    /// Entries from before those that were looked at.
    pub older_entries: u64,
    /// Patients who shared more records than were looked at.
    pub cut_short: BTreeSet<Principal>,
}

/// One look at the lists.
struct Look<'l> {
    user: &'l Principal,
    bounds: SharedBounds,
    /// How many records of each patient were looked at.
    counts: BTreeMap<Principal, u64>,
    found: BTreeMap<RecordId, (Record, Option<u64>)>,
    cut_short: BTreeSet<Principal>,
}

impl Look<'_> {
    fn add(&mut self, id: RecordId, record: Record, number: Option<u64>) {
        if record.patient == *self.user || self.found.contains_key(&id) {
            return;
        }
        let count = self.counts.entry(record.patient.clone()).or_default();
        if *count >= self.bounds.of_one_patient {
            self.cut_short.insert(record.patient);
            return;
        }
        *count += 1;
        self.found.insert(id, (record, number));
    }
}

impl Session<'_> {
    /// The records that others shared with this user: by name, or with all of a patient's records
    /// while that grant is live. Those that ended are there as well; patients whom the profile
    /// ignores are not.
    ///
    /// # Errors
    ///
    /// [`SharedError`].
    pub fn shared_with(
        &self,
        user: &Principal,
        bounds: SharedBounds,
    ) -> Result<SharedRecords, SharedError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let ignored = self.profile.ignored()?;
        let counts = self.ask(&read::user_counts(user))?;
        let (found, cut_short) = (BTreeMap::new(), BTreeSet::new());
        let mut look = Look { user, bounds, counts: BTreeMap::new(), found, cut_short };
        let mut older_entries = 0;
        let mut newest = |count: u64| {
            older_entries += count.saturating_sub(bounds.entries);
            (count.saturating_sub(bounds.entries)..count).rev()
        };
        for index in newest(counts.records) {
            let Some(id) = self.ask(&read::shared_record(user, index))? else { continue };
            let Some(record) = self.ask(&read::record(id))? else { continue };
            if !ignored.contains(&record.patient) {
                look.add(id, record, Some(index + 1));
            }
        }
        for index in newest(counts.patients) {
            let Some(patient) = self.ask(&read::care_patient(user, index))? else { continue };
            if ignored.contains(&patient) {
                continue;
            }
            // A delegate of a patient stands in this list, too. They see those records as the patient does, with `mrms as`.
            let standing = self.ask(&read::standing_grant(&patient, user))?;
            let is_live =
                standing.is_some_and(|one| one.rights.is_some() && grant::is_live(one.expiry, now));
            if is_live {
                self.look_at_all_of(&patient, &mut look)?;
            }
        }
        let Look { found, cut_short, .. } = look;
        let mut records = Vec::with_capacity(found.len());
        for (id, (record, number)) in found {
            let (own, standing) = self.grants(id, &record.patient, user)?;
            let reader = Reader::of(id, user.clone(), own, standing, now);
            let (expiry, since) = (reader.until(now), reader.since(now));
            records.push(SharedRecord { id, number, record, expiry, since, now: reader.now });
        }
        Ok(SharedRecords { records, older_entries, cut_short })
    }

    /// The newest records of a patient, within the bounds.
    fn look_at_all_of(&self, patient: &Principal, look: &mut Look<'_>) -> Result<(), AskError> {
        let count = self.ask(&read::patient_counts(patient))?.records;
        let most = look.bounds.of_one_patient;
        if count > most {
            look.cut_short.insert(patient.clone());
        }
        for index in (count.saturating_sub(most)..count).rev() {
            let Some(id) = self.ask(&read::patient_record(patient, index))? else { continue };
            let Some(record) = self.ask(&read::record(id))? else { continue };
            if record.patient == *patient {
                look.add(id, record, None);
            }
        }
        Ok(())
    }
}
