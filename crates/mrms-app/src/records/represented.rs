//! A patient's records as a delegate sees them: by the patient's own numbers, with what came with the keys: name, kind and time.
//!
//! That comes from the vaults, as with any record of others; of what the delegate wrote, from its own header. Nothing is opened
//! for it.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Principal, RecordId, Rights, Version};
use rand_core::CryptoRng;

use super::handles::{Handle, Handles, NamedBy};
use crate::profile::received::{ReceivedRecord, RecordSaid};
use crate::records::find::FindRecordError;
use crate::records::list::NumberedRecord;
use crate::records::received::ReceivedError;
use crate::records::shared::SharedRecord;
use crate::session::{Actor, Session};
use crate::sharing::given_names::said_in;

impl Session<'_> {
    /// What these records of a patient are called, as far as this delegate knows. A vault that can't be asked is no error:
    /// then a name is lacking.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn represented_names(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        rng: &mut dyn CryptoRng,
    ) -> Result<BTreeMap<RecordId, String>, ReceivedError> {
        let said = self.represented(actor, records, rng)?;
        Ok(said.into_iter().filter_map(|(id, said)| Some((id, said.name?.into()))).collect())
    }

    /// The same with the kind of each record and when it was written. Whoever shared by an earlier version of this program
    /// said no more than the name.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn represented(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        rng: &mut dyn CryptoRng,
    ) -> Result<BTreeMap<RecordId, RecordSaid>, ReceivedError> {
        let me = actor.principal();
        let shared: Vec<_> = records
            .iter()
            .map(|one| SharedRecord {
                id: one.id,
                number: None,
                record: one.record.clone(),
                since: None,
                expiry: None,
                now: Ok((Rights::READ, Version::FIRST)),
            })
            .collect();
        let received = self.look_at_received(actor, (&shared, None), rng)?;
        let mut all = BTreeMap::new();
        for one in records {
            let mut said = received.get(&one.id).map(ReceivedRecord::said).unwrap_or_default();
            if said.name.is_none() {
                let titled = self.titled_by(one.id, &one.record)?;
                let stored = self.ask(&read::record_version(one.id, titled))?;
                if stored.is_some_and(|stored| stored.author == me)
                    && let Ok(own) = self.own_version(actor, one.id, titled, rng)
                    && let Ok(header) = self.header(&own)
                {
                    said = said_in(&header);
                }
            }
            all.insert(one.id, said);
        }
        Ok(all)
    }

    /// The records of a patient that a text means to a delegate: a number in the patient's list, a range, `all`, a name, or an
    /// id.
    pub(super) fn find_represented(
        &self,
        text: &str,
        patient: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<RecordId>, FindRecordError> {
        let records = self.numbered_records_of(patient)?;
        if let Ok(id) = text.parse::<RecordId>()
            && records.iter().any(|one| one.id == id)
        {
            return Ok(vec![id]);
        }
        let names = match actor {
            // Without names numbers and ids still count.
            Some(actor) => self.represented_names(actor, &records, rng).unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let handles = records.into_iter().map(|one| Handle {
            id: one.id,
            number: Some(one.number),
            shared_number: None,
            label: names.get(&one.id).cloned(),
            named_by: NamedBy::Others,
            is_passed_over: false,
        });
        Ok(Handles::new(handles.collect(), actor.is_none()).find(text)?)
    }
}
