//! Who can read a record, and by which grant.
//!
//! Reads only the chain; [`mrms_core::grant`] judges what is in force.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{BurnHeight, Grant, Principal, RecordId, Rights, StandingGrant, Version};

use crate::session::{AskError, Session};

/// A user who was ever granted access to a record, and what they have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub user: Principal,
    /// The record's own grant.
    pub grant: Option<Grant>,
    /// Their grant on all of the patient's records.
    pub standing: Option<StandingGrant>,
    /// What is in force, or why nothing is.
    pub now: Result<(Rights, Version), AccessError>,
}

impl Reader {
    fn of(
        id: RecordId,
        user: Principal,
        grant: Option<Grant>,
        standing: Option<StandingGrant>,
        now: BurnHeight,
    ) -> Self {
        let in_force = grant::effective(id, grant.as_ref(), standing.as_ref(), now);
        Self { user, grant, standing, now: in_force }
    }

    /// Whether what is in force is the grant on all of the patient's records, at this height.
    #[must_use]
    pub fn is_by_standing(&self, now: BurnHeight) -> bool {
        self.now.is_ok()
            && !self
                .grant
                .is_some_and(|own| own.rights.is_some() && grant::is_live(own.expiry, now))
    }

    /// First height at which what is in force is closed; `None` when it holds until revoked. Where nothing is in force,
    /// when it ended by itself.
    #[must_use]
    pub fn until(&self, now: BurnHeight) -> Option<BurnHeight> {
        match (self.is_by_standing(now), self.standing, self.grant) {
            (true, Some(standing), _) | (false, Some(standing), None) => standing.expiry,
            (_, _, own) => own.and_then(|own| own.expiry),
        }
    }
}

impl Reader {
    /// The height at which their access ended by itself; `None` where the patient ended it, and where it has not ended.
    #[must_use]
    pub const fn expired(&self) -> Option<BurnHeight> {
        match &self.now {
            Err(AccessError::Expired { expiry, .. }) => Some(*expiry),
            _ => None,
        }
    }
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
            readers.push(Reader::of(id, user, own, standing, now));
        }
        Ok(readers)
    }

    /// The readers of many records of one patient: everybody who was ever granted access by name, and of `standing`,
    /// who ever had access to all, those for whom that is in force. Asks for all of a kind together.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn readers_of_all(
        &self,
        patient: &Principal,
        records: &[(RecordId, &Record)],
        standing: &[Principal],
    ) -> Result<BTreeMap<RecordId, Vec<Reader>>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let places: Vec<_> = records
            .iter()
            .flat_map(|(id, record)| (0..record.readers).map(|index| (*id, index)))
            .collect();
        let reads: Vec<_> =
            places.iter().map(|(id, index)| read::record_reader(*id, *index)).collect();
        let users = self.ask_all(&reads)?;
        let mut named: Vec<(RecordId, Principal)> = Vec::new();
        named.extend(places.iter().zip(users).filter_map(|((id, _), user)| Some((*id, user?))));
        // Who got the record by a transfer was often granted it before.
        named.retain(|(_, user)| user != patient);
        let reads: Vec<_> = named.iter().map(|(id, user)| read::grant(*id, user)).collect();
        let own = self.ask_all(&reads)?;
        let everybody: BTreeSet<&Principal> =
            named.iter().map(|(_, user)| user).chain(standing).collect();
        let reads: Vec<_> =
            everybody.iter().map(|user| read::standing_grant(patient, user)).collect();
        let on_all: BTreeMap<Principal, Option<StandingGrant>> =
            everybody.iter().map(|user| (*user).clone()).zip(self.ask_all(&reads)?).collect();
        let of = |user: &Principal| on_all.get(user).copied().flatten();
        let mut readers: BTreeMap<RecordId, Vec<Reader>> = BTreeMap::new();
        for ((id, user), own) in named.into_iter().zip(own) {
            let standing = of(&user);
            readers.entry(id).or_default().push(Reader::of(id, user, own, standing, now));
        }
        for (id, _) in records {
            let known = readers.entry(*id).or_default();
            for user in standing {
                let reader = Reader::of(*id, user.clone(), None, of(user), now);
                if reader.now.is_ok() && !known.iter().any(|known| known.user == *user) {
                    known.push(reader);
                }
            }
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
