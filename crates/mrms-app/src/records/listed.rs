//! The list of a patient's records, by the index: each id at its place, which is its number for good.
//!
//! Reads the places that the index lacks, and the records that are asked for.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_core::{Principal, RecordId};
use mrms_crypto::RecordRoot;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::records::index::{RecordIndex, replace};
use crate::records::list::NumberedRecord;
use crate::session::{AskError, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "record-list.sealed";

/// The ids of a patient's list, from its beginning.
#[derive(Debug, Default)]
pub(super) struct List {
    ids: Vec<RecordId>,
    is_changed: bool,
    /// Whether the ledger told another list than the one that was kept. Then the kept one stays until the person has read the
    /// new numbers.
    is_renumbered: bool,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeptList {
    contract: String,
    genesis: Option<String>,
    /// 16 bytes for each, in hexadecimal.
    ids: String,
}

impl List {
    pub(super) const fn empty() -> Self {
        Self { ids: Vec::new(), is_changed: false, is_renumbered: false }
    }

    pub(super) fn keep(&self, session: &Session<'_>, root: &RecordRoot, rng: &mut dyn CryptoRng) {
        if self.is_changed && !self.is_renumbered {
            let bytes: Vec<_> = self.ids.iter().flat_map(|id| id.number().to_be_bytes()).collect();
            let (contract, genesis) = (session.contract.to_string(), session.ledger.genesis());
            let kept = KeptList { contract, genesis, ids: hex::encode(bytes) };
            replace(session, root, NAME, &kept, rng);
        }
    }
}

impl Session<'_> {
    /// The list as it was read last.
    pub(super) fn kept_list(&self, root: &RecordRoot) -> List {
        let kept: KeptList = self.profile.load_sealed(root, NAME).unwrap_or_default();
        let is_of_here =
            kept.contract == self.contract.to_string() && kept.genesis == self.ledger.genesis();
        let bytes = mrms_core::hexadecimal::decode(&kept.ids).unwrap_or_default();
        let (ids, []) = bytes.as_chunks::<16>() else { return List::empty() };
        match is_of_here {
            true => {
                let ids = ids.iter().map(|id| RecordId::new(u128::from_be_bytes(*id)));
                List { ids: ids.collect(), ..List::empty() }
            }
            false => List::empty(),
        }
    }
}

impl RecordIndex {
    /// The records whose patient this is, with their numbers, as [`Session::numbered_records_of`] lists them.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn numbered(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
    ) -> Result<Vec<NumberedRecord>, AskError> {
        self.list_up_to(session, patient, u64::MAX)?;
        let mut met = BTreeSet::new();
        let mut listed: Vec<_> = (1_u64..).zip(self.list.ids.iter().copied()).collect();
        listed.retain(|(_, id)| met.insert(*id));
        session.own_of(patient, listed)
    }

    /// The record with this number in its patient's list, if it is theirs still. Reads no more of the list than the index
    /// lacks up to there.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn at_number(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
        number: u64,
    ) -> Result<Option<NumberedRecord>, AskError> {
        self.list_up_to(session, patient, number)?;
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match place.and_then(|place| self.list.ids.get(place).copied()) {
            // A record that came back is in the list twice, and counts where it came first.
            Some(id) if self.number_of(id) == Some(number) => {
                Ok(session.own_of(patient, vec![(number, id)])?.pop())
            }
            _ => Ok(None),
        }
    }

    /// A record with its number in its patient's list, if it is theirs still. Reads no more of the list than the index lacks.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn numbered_one(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
        id: RecordId,
    ) -> Result<Option<NumberedRecord>, AskError> {
        self.list_up_to(session, patient, u64::MAX)?;
        match self.number_of(id) {
            Some(number) => Ok(session.own_of(patient, vec![(number, id)])?.pop()),
            None => Ok(None),
        }
    }

    /// The ids of the patient's list.
    pub(in crate::records) fn all(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
    ) -> Result<&[RecordId], AskError> {
        self.list_up_to(session, patient, u64::MAX)?;
        Ok(&self.list.ids)
    }

    /// Whether the list that was kept has this record.
    #[must_use]
    pub fn knows(&self, id: RecordId) -> bool {
        self.list.ids.contains(&id)
    }

    /// Whether the ledger numbers the records otherwise than it did before: blocks were dropped and made anew, or it lies. A
    /// number means nothing then.
    #[must_use]
    pub const fn is_renumbered(&self) -> bool {
        self.list.is_renumbered
    }

    /// The person reads the numbers as they are now.
    pub const fn accept_numbers(&mut self) {
        self.list.is_renumbered = false;
    }

    /// A record's number in the list that was kept.
    #[must_use]
    pub fn number_of(&self, id: RecordId) -> Option<u64> {
        let mut numbered = (1..).zip(&self.list.ids);
        numbered.find(|(_, listed)| **listed == id).map(|(number, _)| number)
    }

    /// All ids of the list that was kept, in their order.
    pub(super) fn kept(&self) -> &[RecordId] {
        &self.list.ids
    }

    /// Reads what the index lacks of the first `count` places of the patient's list.
    fn list_up_to(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
        count: u64,
    ) -> Result<(), AskError> {
        let there = session.ask(&read::patient_counts(patient))?.records;
        let known = self.list.ids.len() as u64;
        // A list only grows. Where the last place that was read is another one now, blocks were dropped and made anew.
        let is_same = match self.list.ids.last() {
            Some(last) if known <= there => {
                session.ask(&read::patient_record(patient, known - 1))? == Some(*last)
            }
            Some(_) => false,
            None => true,
        };
        if !is_same {
            self.list.ids.clear();
            self.list.is_changed = true;
            self.list.is_renumbered = true;
        }
        let first = self.list.ids.len() as u64;
        let lacking = there.min(count).saturating_sub(first);
        let at = |place: u64| read::patient_record(patient, first + place);
        let new = session.ask_list(lacking, at)?;
        self.list.is_changed |= !new.is_empty();
        self.list.ids.extend(new);
        Ok(())
    }
}
