//! Lists a patient's own records: each with its number, its date, and who can open it.
//!
//! Reads only the chain, by the contract's list, many answers at a time. The list only grows, so each entry is compared
//! with what is true now, and a record's place in it is its number for good.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::{EmergencyOpening, Record};
use mrms_core::{BurnHeight, Principal, RecordId};

use crate::session::{AskError, Session};
use crate::sharing::emergency::is_reviewed;
use crate::sharing::readers::Reader;

/// A record with its number in its patient's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRecord {
    /// Its place in the contract's list of the patient's records, from 1. It never changes.
    pub number: u64,
    /// Its id.
    pub id: RecordId,
    /// The record.
    pub record: Record,
}

/// One of a patient's own records, and who can open it.
#[derive(Clone, Debug)]
pub struct OwnRecord {
    /// Its number in the list.
    pub number: u64,
    /// Its id.
    pub id: RecordId,
    /// The record.
    pub record: Record,
    /// When it was put on record.
    pub created: Option<BurnHeight>,
    /// Everybody who was ever granted access by name, and those with standing access that is live.
    pub readers: Vec<Reader>,
    /// The latest emergency of each user that the patient has not reviewed.
    pub emergencies: Vec<(Principal, EmergencyOpening)>,
}

impl OwnRecord {
    /// Those who can open it now.
    pub fn live_readers(&self) -> impl Iterator<Item = &Reader> {
        self.readers.iter().filter(|reader| reader.now.is_ok())
    }

    /// Those who could open it, and can't any more.
    pub fn ended_readers(&self) -> impl Iterator<Item = &Reader> {
        self.readers.iter().filter(|reader| reader.now.is_err())
    }
}

impl Session<'_> {
    /// The records whose patient this is, in order of creation.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn records_of(&self, patient: &Principal) -> Result<Vec<(RecordId, Record)>, AskError> {
        let numbered = self.numbered_records_of(patient)?;
        Ok(numbered.into_iter().map(|one| (one.id, one.record)).collect())
    }

    /// The same with their numbers.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn numbered_records_of(
        &self,
        patient: &Principal,
    ) -> Result<Vec<NumberedRecord>, AskError> {
        let count = self.ask(&read::patient_counts(patient))?.records;
        let ids = self.ask_list(count, |index| read::patient_record(patient, index))?;
        let mut numbered: Vec<_> = (1_u64..).zip(ids).collect();
        // A record that was transferred away and came back is in the list twice.
        let mut known = BTreeSet::new();
        numbered.retain(|(_, id)| known.insert(*id));
        let reads: Vec<_> = numbered.iter().map(|(_, id)| read::record(*id)).collect();
        let records = numbered.into_iter().zip(self.ask_all(&reads)?);
        let own = records.filter_map(|((number, id), record)| {
            Some(NumberedRecord { number, id, record: record? })
        });
        Ok(own.filter(|one| one.record.patient == *patient).collect())
    }

    /// A patient's records with their dates, readers and emergencies. Asks for all of a kind together.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn own_records(
        &self,
        patient: &Principal,
        records: Vec<NumberedRecord>,
    ) -> Result<Vec<OwnRecord>, AskError> {
        let standing = self.standing_users(patient)?;
        let first_entries: Vec<_> =
            records.iter().map(|one| read::audit_entry(one.id, 0)).collect();
        let created = self.ask_all(&first_entries)?;
        let with_ids: Vec<_> = records.iter().map(|one| (one.id, &one.record)).collect();
        let mut readers = self.readers_of_all(patient, &with_ids, &standing)?;
        let mut emergencies = self.emergencies_of_all(&records, &readers, &standing)?;
        let own = records.into_iter().zip(created).map(|(one, created)| OwnRecord {
            number: one.number,
            id: one.id,
            record: one.record,
            created: created.map(|entry| entry.burn_height),
            readers: readers.remove(&one.id).unwrap_or_default(),
            emergencies: emergencies.remove(&one.id).unwrap_or_default(),
        });
        Ok(own.collect())
    }

    /// The emergencies that the patient has not reviewed, by record.
    fn emergencies_of_all(
        &self,
        records: &[NumberedRecord],
        readers: &BTreeMap<RecordId, Vec<Reader>>,
        standing: &[Principal],
    ) -> Result<BTreeMap<RecordId, Vec<(Principal, EmergencyOpening)>>, AskError> {
        let mut asked: BTreeSet<(RecordId, &Principal)> = BTreeSet::new();
        for one in records {
            let named = readers.get(&one.id).into_iter().flatten().map(|reader| &reader.user);
            asked.extend(named.chain(standing).map(|user| (one.id, user)));
        }
        let reads: Vec<_> =
            asked.iter().map(|(id, user)| read::emergency_opening(*id, user)).collect();
        let mut found: BTreeMap<RecordId, Vec<_>> = BTreeMap::new();
        for ((id, user), opening) in asked.into_iter().zip(self.ask_all(&reads)?) {
            if let Some(opening) = opening {
                found.entry(id).or_default().push((user.clone(), opening));
            }
        }
        let reviews = self.profile.reviews().unwrap_or_default();
        for (id, openings) in &mut found {
            openings.retain(|(user, opening)| !is_reviewed(&reviews, *id, user, opening));
        }
        Ok(found)
    }
}
