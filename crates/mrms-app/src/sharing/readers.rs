//! Who can read a record, and by which grant.
//!
//! Reads only the chain; [`mrms_core::grant`] judges what is in force.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{BurnHeight, Grant, Principal, RecordId, Rights, StandingGrant, Version};

use crate::session::{AskError, Session};

/// Who was ever granted access by name, with the grant, by record.
pub(crate) type Named = BTreeMap<RecordId, Vec<(Principal, Option<Grant>)>>;

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
    pub(crate) fn of(
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

    /// The height at which what is in force was given; `None` where nothing is.
    #[must_use]
    pub fn since(&self, now: BurnHeight) -> Option<BurnHeight> {
        match (self.now.is_ok(), self.is_by_standing(now)) {
            (false, _) => None,
            (true, true) => self.standing.map(|standing| standing.granted_at),
            (true, false) => self.grant.map(|own| own.granted_at),
        }
    }

    /// First height at which they can no longer open it; `None` when that is not before it is revoked. A record's own
    /// grant that ends leaves a longer one on all records. Where nothing is in force, when it ended by itself.
    #[must_use]
    pub fn until(&self, now: BurnHeight) -> Option<BurnHeight> {
        if let (Ok((rights, _)), Some(own), Some(standing)) = (&self.now, self.grant, self.standing)
            && !self.is_by_standing(now)
            && grant::is_live(standing.expiry, now)
            && standing.rights.is_some_and(|all| all.may_read() || !rights.may_read())
        {
            // No expiry is later than any.
            return own.expiry.zip(standing.expiry).map(|(own, all)| own.max(all));
        }
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
        let mut readers = self.readers_of_all(&record.patient, &[(id, record)], &[])?;
        Ok(readers.remove(&id).unwrap_or_default())
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
        let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
        let named = self.named_of_all(patient, records, standing)?;
        self.readers_among(patient, &ids, named, standing)
    }

    /// Everybody who was ever granted access to one of these records by name, with the grant; and of `standing`, who ever had
    /// access to all, those whom a revoke by name shut out: the contract's list of a record's readers does not have them.
    pub(crate) fn named_of_all(
        &self,
        patient: &Principal,
        records: &[(RecordId, &Record)],
        standing: &[Principal],
    ) -> Result<Named, AskError> {
        let places: Vec<_> = records
            .iter()
            .flat_map(|(id, record)| (0..record.readers).map(|index| (*id, index)))
            .collect();
        let reads: Vec<_> =
            places.iter().map(|(id, index)| read::record_reader(*id, *index)).collect();
        let users = self.ask_all(&reads)?;
        let mut users: Vec<(RecordId, Principal)> =
            places.iter().zip(users).filter_map(|((id, _), user)| Some((*id, user?))).collect();
        // Who got the record by a transfer was often granted it before.
        users.retain(|(_, user)| user != patient);
        let listed = users.len();
        let known: BTreeSet<_> = users.iter().cloned().collect();
        for (id, _) in records {
            let others = standing.iter().map(|user| (*id, user.clone()));
            users.extend(others.filter(|one| !known.contains(one)));
        }
        let reads: Vec<_> = users.iter().map(|(id, user)| read::grant(*id, user)).collect();
        let grants = self.ask_all(&reads)?;
        let mut named = Named::new();
        for (place, ((id, user), grant)) in users.into_iter().zip(grants).enumerate() {
            if place >= listed && grant.is_none() {
                continue;
            }
            named.entry(id).or_default().push((user, grant));
        }
        Ok(named)
    }

    /// The readers of records whose grants by name are known: those, and of `standing`, who ever had access to all, those for
    /// whom that is in force.
    pub(crate) fn readers_among(
        &self,
        patient: &Principal,
        records: &[RecordId],
        named: Named,
        standing: &[Principal],
    ) -> Result<BTreeMap<RecordId, Vec<Reader>>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let everybody: BTreeSet<&Principal> =
            named.values().flatten().map(|(user, _)| user).chain(standing).collect();
        let reads: Vec<_> =
            everybody.iter().map(|user| read::standing_grant(patient, user)).collect();
        let on_all: BTreeMap<Principal, Option<StandingGrant>> =
            everybody.iter().map(|user| (*user).clone()).zip(self.ask_all(&reads)?).collect();
        let of = |user: &Principal| on_all.get(user).copied().flatten();
        let mut readers: BTreeMap<RecordId, Vec<Reader>> = BTreeMap::new();
        for (id, users) in named {
            let readers = readers.entry(id).or_default();
            for (user, own) in users {
                let standing = of(&user);
                readers.push(Reader::of(id, user, own, standing, now));
            }
        }
        for id in records {
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

    /// What a user has of a record of this patient at a height: by the record's own grant and by that on all of them.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn reader(
        &self,
        id: RecordId,
        (patient, user): (&Principal, &Principal),
        now: BurnHeight,
    ) -> Result<Reader, AskError> {
        let (own, standing) = self.grants(id, patient, user)?;
        Ok(Reader::of(id, user.clone(), own, standing, now))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reader_with_two_grants_can_open_a_record_until_the_later_end() {
        let now = BurnHeight::new(100);
        let height = |at: u64| Some(BurnHeight::new(at));
        let until = |own: Option<BurnHeight>, all: Option<BurnHeight>, rights: Option<Rights>| {
            let own = Grant {
                rights: Some(Rights::READ),
                expiry: own,
                from_version: Version::FIRST,
                granted_at: BurnHeight::new(1),
                entry: None,
            };
            let granted_at = BurnHeight::new(1);
            let all = StandingGrant { rights, expiry: all, granted_at, entry: None };
            let user = "ST000000000000000000002AMW42H".parse().unwrap();
            Reader::of(RecordId::new(1), user, Some(own), Some(all), now).until(now)
        };
        let read = Some(Rights::READ);
        assert_eq!(until(height(120), height(900), read), height(900));
        assert_eq!(until(height(900), height(120), read), height(900));
        assert_eq!(until(height(120), None, read), None);
        assert_eq!(until(None, height(900), read), None);
        // What has ended, or was ended, lets nobody in; nor is an emergency reading.
        assert_eq!(until(height(120), height(99), read), height(120));
        assert_eq!(until(height(120), height(900), None), height(120));
        assert_eq!(until(height(120), height(900), Some(Rights::EMERGENCY)), height(120));
    }
}
