//! Who can read a record, and by which grant.
//!
//! Reads only the chain; [`mrms_core::grant`] judges what is in force.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{Grant, Principal, RecordId, Rights, StandingGrant, Version};

use crate::session::{AskError, Session};

/// A user who was ever granted access to a record, and what they have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub user: Principal,
    /// The record's own grant.
    pub grant: Option<Grant>,
    /// What is in force, or why nothing is.
    pub now: Result<(Rights, Version), AccessError>,
}

impl Session<'_> {
    /// Everybody who was ever granted access to a record by name.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn readers_of(&self, id: RecordId, record: &Record) -> Result<Vec<Reader>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let mut readers = Vec::new();
        for user in self.ask_list(record.readers, |index| read::record_reader(id, index))? {
            // Who got the record by a transfer was often granted it before.
            if user == record.patient {
                continue;
            }
            let (own, standing) = self.grants(id, &record.patient, &user)?;
            let in_force = grant::effective(id, own.as_ref(), standing.as_ref(), now);
            readers.push(Reader { user, grant: own, now: in_force });
        }
        Ok(readers)
    }

    /// The record's own grant for a user, and the patient's standing one.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn grants(
        &self,
        id: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<(Option<Grant>, Option<StandingGrant>), AskError> {
        let own = self.ask(&read::grant(id, user))?;
        let standing = self.ask(&read::standing_grant(patient, user))?;
        Ok((own, standing))
    }
}

/// Whether a reader with these rights may ever need a version's key.
pub(crate) const fn has_use_of_keys(rights: Rights) -> bool {
    rights.may_read() || rights.may_declare_emergency()
}
