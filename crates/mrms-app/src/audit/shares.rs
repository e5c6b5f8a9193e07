//! What a patient shares now, by person: which records, until when, and whether they were opened.
//!
//! Reads only the chain. Follows each record's grants and log; the time grows with the entries of what is shared.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{
    AuditEntry, BurnHeight, Principal, RecordId, Rights, StandingGrant, Version, grant,
};

use crate::records::list::OwnRecord;
pub use crate::records::list::{KeyOnChain, Openings};
use crate::session::{AskError, Session};

/// A record that somebody can open now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecord {
    /// Its number in the patient's list.
    pub number: u64,
    /// Its id.
    pub id: RecordId,
    /// What they may do.
    pub rights: Rights,
    /// The oldest version that is open to them.
    pub from_version: Version,
    /// First height at which it is closed; `None` holds until revoked.
    pub until: Option<BurnHeight>,
    /// The height at which that was given.
    pub since: Option<BurnHeight>,
    /// Whether they have it by the grant on all records alone.
    pub by_standing: bool,
    /// How often they opened it.
    pub openings: Openings,
}

/// A record that somebody could open, and can't any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedRecord {
    /// Its number in the patient's list.
    pub number: u64,
    /// Its id.
    pub id: RecordId,
    /// The height at which it ended by itself; `None` where the patient ended it.
    pub expired: Option<BurnHeight>,
    /// How often they opened it.
    pub openings: Openings,
}

/// What one person can open now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who.
    pub user: Principal,
    /// Their grant on all records, while it is live: later records are open to them as well.
    pub standing: Option<StandingGrant>,
    /// The records, by number.
    pub records: Vec<OpenRecord>,
}

impl Share {
    /// The records that they can open by name; those ended one by one.
    pub fn by_name(&self) -> impl Iterator<Item = &OpenRecord> {
        self.records.iter().filter(|record| !record.by_standing)
    }
}

impl Session<'_> {
    /// What each person can open now of these records of a patient, by the person's first record.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn shares(
        &self,
        patient: &Principal,
        records: &[OwnRecord],
    ) -> Result<Vec<Share>, AskError> {
        let mut shares = self.shares_now(patient, records)?;
        let mut openings = BTreeMap::new();
        for record in records.iter().filter(|record| record.live_readers().next().is_some()) {
            let of_record = match &record.openings {
                Some(openings) => openings.clone(),
                None => self.openings_of(record)?,
            };
            openings.insert(record.id, of_record);
        }
        for share in &mut shares {
            for record in &mut share.records {
                let of_record = openings.get(&record.id);
                record.openings =
                    of_record.and_then(|of| of.get(&share.user)).cloned().unwrap_or_default();
            }
        }
        Ok(shares)
    }

    /// The same without reading how often something was opened: its openings are none.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn shares_now(
        &self,
        patient: &Principal,
        records: &[OwnRecord],
    ) -> Result<Vec<Share>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let mut shares: BTreeMap<Principal, Share> = BTreeMap::new();
        let mut order: Vec<Principal> = Vec::new();
        let mut share_of = |user: &Principal, standing: Option<StandingGrant>| {
            if !shares.contains_key(user) {
                order.push(user.clone());
                let share = Share { user: user.clone(), standing, records: Vec::new() };
                shares.insert(user.clone(), share);
            }
        };
        // Somebody may have access to all records of a patient who has none yet.
        for user in self.standing_users(patient)? {
            let standing = self.ask(&read::standing_grant(patient, &user))?;
            if let Some(live) = standing.filter(|standing| is_live(standing, now)) {
                share_of(&user, Some(live));
            }
        }
        for record in records {
            for reader in record.live_readers() {
                share_of(&reader.user, reader.standing.filter(|standing| is_live(standing, now)));
            }
        }
        for record in records {
            for reader in record.live_readers() {
                let Ok((rights, from_version)) = reader.now else { continue };
                let Some(share) = shares.get_mut(&reader.user) else { continue };
                share.records.push(OpenRecord {
                    number: record.number,
                    id: record.id,
                    rights,
                    from_version,
                    until: reader.until(now),
                    since: reader.since(now),
                    by_standing: reader.is_by_standing(now),
                    openings: Openings::default(),
                });
            }
        }
        Ok(order.iter().filter_map(|user| shares.remove(user)).collect())
    }

    /// What this person could open of these records of a patient, and can't any more, by number.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ended_for(
        &self,
        user: &Principal,
        records: &[OwnRecord],
    ) -> Result<Vec<EndedRecord>, AskError> {
        let mut ended = Vec::new();
        for record in records {
            let reader = record.ended_readers().find(|reader| reader.user == *user);
            let Some(reader) = reader else { continue };
            let openings = match &record.openings {
                Some(openings) => openings.clone(),
                None => self.openings_of(record)?,
            };
            ended.push(EndedRecord {
                number: record.number,
                id: record.id,
                expired: reader.expired(),
                openings: openings.get(user).cloned().unwrap_or_default(),
            });
        }
        Ok(ended)
    }

    /// Who opened a record, by its log, and for which readers something lies on the chain as a key, so that they may need no
    /// entry: [`Session::try_keys_on_chain`] tells whether it is one. What a member opened for an
    /// organisation counts as the organisation's, and its members are told beside it.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn openings_of(
        &self,
        record: &OwnRecord,
    ) -> Result<BTreeMap<Principal, Openings>, AskError> {
        let mut openings: BTreeMap<Principal, Openings> = BTreeMap::new();
        let id = record.id;
        let entries =
            self.ask_list(record.record.audit_count, |index| read::audit_entry(id, index))?;
        count_openings(entries.iter(), &BTreeSet::new(), &mut openings);
        let users = || record.readers.iter().map(|reader| &reader.user);
        let versions = || record.record.version.up_to();
        let reads: Vec<_> = users()
            .flat_map(|user| versions().map(move |version| read::key_envelope(id, version, user)))
            .collect();
        let envelopes = self.ask_all(&reads)?;
        let of_each = users().flat_map(|user| versions().map(move |_| user));
        for (user, _) in of_each.zip(envelopes).filter(|(_, envelope)| envelope.is_some()) {
            openings.entry(user.clone()).or_default().key_on_chain = KeyOnChain::Unknown;
        }
        Ok(openings)
    }
}

/// Counts openings anew, and beside them those for which the reader got no key: these opened nothing.
pub(crate) fn count_openings<'e>(
    entries: impl Iterator<Item = &'e AuditEntry>,
    without_key: &BTreeSet<u64>,
    openings: &mut BTreeMap<Principal, Openings>,
) {
    for theirs in openings.values_mut() {
        let key_on_chain = theirs.key_on_chain;
        *theirs = Openings { key_on_chain, ..Openings::default() };
    }
    for entry in entries.filter(|entry| entry.is_opening()) {
        let theirs = openings.entry(entry.holder().clone()).or_default();
        if without_key.contains(&entry.index) {
            theirs.without_key += 1;
            continue;
        }
        if entry.subject.is_some() {
            *theirs.by_members.entry(entry.actor.clone()).or_default() += 1;
        }
        theirs.count += 1;
        theirs.last = Some(entry.burn_height);
        theirs.version = Version::new(entry.version);
    }
}

fn is_live(standing: &StandingGrant, now: BurnHeight) -> bool {
    standing.rights.is_some() && grant::is_live(standing.expiry, now)
}
