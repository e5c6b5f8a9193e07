//! Which records changed since a burn height, by what the contract printed: so that a long list is not read anew for one
//! record. Every change of a record, its grants and its emergencies has an entry in its log, and the contract prints each.

use std::collections::BTreeSet;

use mrms_contract::state::{printed_patient, printed_record};
use mrms_core::{BlockHeight, BurnHeight, Principal, RecordId, grant};

use crate::audit::trail::TrailLine;
use crate::audit::who::Look;
use crate::ledger::LedgerError;
use crate::records::list::{NumberedRecord, OwnRecord};
use crate::session::{AskError, Session};
use crate::sharing::emergency::is_reviewed;
use mrms_contract::read;
use mrms_stacks::clarity::Value;

/// Burn heights that are looked through; after more of them, about a week, everything is read anew.
const MOST_HEIGHTS: u64 = 1_000;
/// Records that may have changed; more are read anew with all others.
const MOST_RECORDS: usize = 2_000;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These records did, and nothing that concerns all of a patient's.
    Records(BTreeSet<RecordId>),
    /// Too much to tell, or something about all records of this patient.
    Everything,
}

impl Session<'_> {
    /// What changed for a patient from one burn height to another, both included.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn changes(
        &self,
        patient: &Principal,
        from: BurnHeight,
        to: BurnHeight,
    ) -> Result<Changes, AskError> {
        if to < from || to.since(from) > MOST_HEIGHTS {
            return Ok(Changes::Everything);
        }
        let mut records = BTreeSet::new();
        for step in 0..=to.since(from) {
            let of_records = |value: &Value| {
                printed_record(value).is_some() || printed_patient(value).as_ref() == Some(patient)
            };
            let printed = self.ledger.printed_at(self.contract, from.plus(step), &of_records);
            if let Err(LedgerError::NoHistory { .. } | LedgerError::HistoryBegins { .. }) = printed
            {
                return Ok(Changes::Everything);
            }
            for event in printed? {
                if printed_patient(&event.value).as_ref() == Some(patient) {
                    return Ok(Changes::Everything);
                }
                records.extend(printed_record(&event.value));
            }
        }
        match records.len() > MOST_RECORDS {
            true => Ok(Changes::Everything),
            false => Ok(Changes::Records(records)),
        }
    }

    /// Brings a patient's records up to date: reads those that changed and those that are new, and judges all grants at
    /// the present height. `count` is how long the contract's list of them was; returns how long it is now.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn refresh_own_records(
        &self,
        patient: &Principal,
        own: &mut Vec<OwnRecord>,
        count: u64,
        changed: &BTreeSet<RecordId>,
    ) -> Result<u64, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let all = self.ask(&read::patient_counts(patient))?.records;
        let mut wanted: Vec<(u64, RecordId)> = own
            .iter()
            .filter(|one| changed.contains(&one.id))
            .map(|one| (one.number, one.id))
            .collect();
        let places: Vec<_> =
            (count..all).map(|index| read::patient_record(patient, index)).collect();
        for (number, id) in (count + 1..).zip(self.ask_all(&places)?) {
            let Some(id) = id else { continue };
            if !wanted.iter().any(|(_, known)| *known == id) && !own.iter().any(|one| one.id == id)
            {
                wanted.push((number, id));
            }
        }
        let reads: Vec<_> = wanted.iter().map(|(_, id)| read::record(*id)).collect();
        let records = wanted.iter().zip(self.ask_all(&reads)?);
        let numbered = records.filter_map(|((number, id), record)| {
            let record = record.filter(|record| record.patient == *patient)?;
            Some(NumberedRecord { number: *number, id: *id, record })
        });
        let read_anew = self.own_records(patient, numbered.collect())?;
        own.retain(|one| !changed.contains(&one.id));
        own.extend(read_anew);
        own.sort_by_key(|one| one.number);
        let reviews = self.profile.reviews().unwrap_or_default();
        for one in own {
            let id = one.id;
            for reader in &mut one.readers {
                let (own, standing) = (reader.grant.as_ref(), reader.standing.as_ref());
                reader.now = grant::effective(id, own, standing, now);
            }
            one.emergencies.retain(|(user, opening)| !is_reviewed(&reviews, id, user, opening));
        }
        Ok(all)
    }

    /// Attempts of others on these records that were refused after a block, the oldest first.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn refused_since(
        &self,
        patient: &Principal,
        own: &BTreeSet<RecordId>,
        after: BlockHeight,
    ) -> Result<Vec<Look>, AskError> {
        let failed = match self.ledger.failed_calls(self.contract, &|_| true) {
            Err(LedgerError::NoHistory { .. } | LedgerError::HistoryBegins { .. }) => Vec::new(),
            failed => failed?,
        };
        let mut found = Vec::new();
        for call in failed {
            if call.receipt.block_height <= after {
                continue;
            }
            for record in TrailLine::refused_records(&call) {
                let line = TrailLine::of_refusal(record, &call);
                let line = line.filter(|line| own.contains(&record) && line.actor != *patient);
                found.extend(line.as_ref().and_then(Look::of));
            }
        }
        Ok(found)
    }
}
