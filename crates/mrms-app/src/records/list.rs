//! Lists a patient's own records: each with its number, its date, and who can open it.
//!
//! Reads only the chain, by the contract's list, many answers at a time. The list only grows, so each entry is compared
//! with what is true now, and a record's place in it is its number for good.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mrms_contract::read;
use mrms_contract::state::{EmergencyOpening, Record};
use mrms_core::{BurnHeight, Principal, RecordId, Version};

use crate::records::index::{Depth, RecordIndex};
use crate::session::{AskError, Session};
use crate::sharing::readers::{Named, Reader};

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

/// What lies on the chain as somebody's key of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyOnChain {
    /// Nothing.
    #[default]
    Nothing,
    /// Something, of which it is not known whether it opens a version. A delegate can put any bytes there; only who shared a key
    /// can try it besides its reader.
    Unknown,
    /// A key that the patient's own keys show to open a version.
    Opens,
}

impl KeyOnChain {
    /// Whether anything lies there: then they may read without an entry.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

/// How often somebody opened a record, and when last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings {
    /// How often.
    pub count: u64,
    /// The burn height of the last time.
    pub last: Option<BurnHeight>,
    /// The version that was opened last.
    pub version: Option<Version>,
    /// What lies on the chain as their key, as direct sharing puts it there: with one they can read without an entry, and
    /// only openings that they made an entry for are known.
    pub key_on_chain: KeyOnChain,
    /// How often they made the entry and got no key for it, so that they opened nothing: known where the vaults' logs were compared.
    pub without_key: u64,
    /// Of an organisation: its members who opened it, and how often each did.
    pub by_members: BTreeMap<Principal, u64>,
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
    /// How often each user opened it, where that was read.
    pub openings: Option<BTreeMap<Principal, Openings>>,
}

impl OwnRecord {
    /// Those who can open it now.
    pub fn live_readers(&self) -> impl Iterator<Item = &Reader> {
        self.readers.iter().filter(|reader| reader.now.is_ok())
    }

    /// Whether its patient ended this user's access to it by name: access to all records does not open it then.
    #[must_use]
    pub fn shuts_out(&self, user: &Principal) -> bool {
        let of = self.readers.iter().find(|reader| reader.user == *user);
        of.is_some_and(|reader| reader.grant.is_some_and(|own| own.rights.is_none()))
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
        self.own_of(patient, self.listed_records(patient, 0..u64::MAX)?)
    }

    /// Of listed records, those whose patient this still is.
    pub(crate) fn own_of(
        &self,
        patient: &Principal,
        listed: Vec<(u64, RecordId)>,
    ) -> Result<Vec<NumberedRecord>, AskError> {
        let reads: Vec<_> = listed.iter().map(|(_, id)| read::record(*id)).collect();
        let records = listed.into_iter().zip(self.ask_all(&reads)?);
        let own = records.filter_map(|((number, id), record)| {
            Some(NumberedRecord { number, id, record: record? })
        });
        Ok(own.filter(|one| one.record.patient == *patient).collect())
    }

    /// What the contract's list of a patient's records has at these places, counted from 0: each id with its number, counted
    /// from 1. A record that was transferred away and came back is in the list twice, and counts where it came first.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn listed_records(
        &self,
        patient: &Principal,
        places: Range<u64>,
    ) -> Result<Vec<(u64, RecordId)>, AskError> {
        let end = places.end.min(self.ask(&read::patient_counts(patient))?.records);
        let count = end.saturating_sub(places.start);
        let at = |index: u64| read::patient_record(patient, places.start + index);
        let ids = self.ask_list(count, at)?;
        let mut numbered: Vec<_> = (places.start + 1..).zip(ids).collect();
        let mut known = BTreeSet::new();
        numbered.retain(|(_, id)| known.insert(*id));
        Ok(numbered)
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
        RecordIndex::empty().own_records(self, patient, records, Depth::Readers)
    }

    /// When these records were put on record, by the first entries of their logs.
    pub(crate) fn created(
        &self,
        records: &[NumberedRecord],
    ) -> Result<Vec<Option<BurnHeight>>, AskError> {
        let first: Vec<_> = records.iter().map(|one| read::audit_entry(one.id, 0)).collect();
        let entries = self.ask_all(&first)?;
        Ok(entries.into_iter().map(|entry| entry.map(|entry| entry.burn_height)).collect())
    }

    /// The latest emergency of each user, by record.
    pub(crate) fn emergencies_of_all(
        &self,
        records: &[NumberedRecord],
        named: &Named,
        standing: &[Principal],
    ) -> Result<BTreeMap<RecordId, Vec<(Principal, EmergencyOpening)>>, AskError> {
        let mut asked: BTreeSet<(RecordId, &Principal)> = BTreeSet::new();
        for one in records {
            let named = named.get(&one.id).into_iter().flatten().map(|(user, _)| user);
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
        Ok(found)
    }
}
