//! What others may do with a patient's records, by person: what a successor looks through before they accept.
//!
//! Reads only the chain. Ending something is a call of the contract, made by whoever is the patient then.

use std::collections::BTreeMap;

use mrms_contract::call::{self, Call};
use mrms_contract::read;
use mrms_core::{Action, BurnHeight, Powers, Principal, RecordId, Rights};

use crate::session::{AskError, Session};

/// Something that somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// They may open these records, each by a grant of its own.
    Records {
        /// The records.
        records: Vec<RecordId>,
        /// The latest end of those grants; `None` where one holds until revoked.
        until: Option<BurnHeight>,
    },
    /// They may open all records, later ones too.
    AllRecords {
        /// What they may do with them.
        rights: Rights,
        /// When it ends; `None` until revoked.
        until: Option<BurnHeight>,
    },
    /// They act for the patient.
    Delegate {
        /// What they may do.
        powers: Powers,
        /// When it ends; `None` until removed.
        until: Option<BurnHeight>,
    },
    /// They may become a delegate by themselves, after a wait.
    Contact {
        /// What they may do then.
        powers: Powers,
        /// How many burn blocks they wait after they asked.
        wait: u64,
        /// The height from which on they can, once they asked.
        ready_at: Option<BurnHeight>,
    },
}

/// Somebody, and all that they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub who: Principal,
    /// What they may do; not empty.
    pub held: Vec<Held>,
}

impl Holder {
    /// The records that they may open by grants of their own.
    pub fn records(&self) -> impl Iterator<Item = RecordId> {
        self.held.iter().flat_map(|held| match held {
            Held::Records { records, .. } => records.clone(),
            _ => Vec::new(),
        })
    }

    /// The calls that end all of it, with the record where it is about one.
    #[must_use]
    pub fn ends(&self, patient: &Principal) -> Vec<(Option<RecordId>, Call)> {
        let who = &self.who;
        let calls = self.held.iter().flat_map(|held| match held {
            Held::Records { records, .. } => {
                records.iter().map(|id| (Some(*id), call::revoke_record_access(*id, who))).collect()
            }
            Held::AllRecords { .. } => vec![(None, call::revoke_standing_access(patient, who))],
            // What they granted is in the list by itself.
            Held::Delegate { .. } => vec![(None, call::remove_delegate(who))],
            Held::Contact { .. } => vec![(None, call::refuse_delegation(patient, who))],
        });
        // Who may act or open everything first: whatever interrupts the rest, later records stay closed to them.
        let (of_all, of_one): (Vec<_>, Vec<_>) = calls.partition(|(record, _)| record.is_none());
        of_all.into_iter().chain(of_one).collect()
    }
}

impl Session<'_> {
    /// What others may do with this patient's records now, by person. `patient` is the latest of the line.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn holders(&self, patient: &Principal) -> Result<Vec<Holder>, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let mut held: BTreeMap<Principal, Vec<Held>> = BTreeMap::new();
        let team = self.standing_users(patient)?;
        for who in &team {
            if let Some(delegation) = self.ask(&read::delegate(patient, who))?
                && let Some(powers) = delegation.powers_at(now)
            {
                let until = delegation.expiry;
                held.entry(who.clone()).or_default().push(Held::Delegate { powers, until });
            }
        }
        for (who, contact) in self.contacts_of(patient)? {
            let (powers, wait, ready_at) = (contact.powers, contact.wait, contact.ready_at);
            held.entry(who).or_default().push(Held::Contact { powers, wait, ready_at });
        }
        for who in &team {
            if let Some(standing) = self.ask(&read::standing_grant(patient, who))?
                && let Some(rights) = standing.rights
                && mrms_core::grant::is_live(standing.expiry, now)
            {
                let until = standing.expiry;
                held.entry(who.clone()).or_default().push(Held::AllRecords { rights, until });
            }
        }
        for (who, records) in self.granted_by_name(patient, now)? {
            held.entry(who).or_default().push(records);
        }
        held.remove(patient);
        Ok(held.into_iter().map(|(who, held)| Holder { who, held }).collect())
    }

    fn granted_by_name(
        &self,
        patient: &Principal,
        now: BurnHeight,
    ) -> Result<Vec<(Principal, Held)>, AskError> {
        let records = self.records_of(patient)?;
        let with_ids: Vec<_> = records.iter().map(|(id, record)| (*id, record)).collect();
        let readers = self.readers_of_all(patient, &with_ids, &[])?;
        let mut by_name: BTreeMap<Principal, (Vec<RecordId>, Option<BurnHeight>)> = BTreeMap::new();
        for (id, readers) in readers {
            for reader in readers.into_iter().filter(|reader| reader.now.is_ok()) {
                let Some(own) = reader.grant.filter(|_| !reader.is_by_standing(now)) else {
                    continue;
                };
                let first = (Vec::new(), Some(BurnHeight::new(0)));
                let (records, until) = by_name.entry(reader.user).or_insert(first);
                records.push(id);
                *until = until.zip(own.expiry).map(|(one, other)| one.max(other));
            }
        }
        let held = by_name.into_iter();
        Ok(held.map(|(who, (records, until))| (who, Held::Records { records, until })).collect())
    }

    /// Whom a patient has named as contacts, and who still are.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn contacts_of(
        &self,
        patient: &Principal,
    ) -> Result<Vec<(Principal, mrms_contract::state::Contact)>, AskError> {
        let count = self.ask(&read::patient_counts(patient))?.audit_count;
        let entries = self.ask_list(count, |index| read::patient_audit_entry(patient, index))?;
        let named = entries.into_iter().filter(|entry| entry.action == Action::ContactName);
        let named: std::collections::BTreeSet<_> =
            named.filter_map(|entry| entry.subject).collect();
        let reads: Vec<_> = named.iter().map(|who| read::contact(patient, who)).collect();
        let contacts = named.iter().cloned().zip(self.ask_all(&reads)?);
        Ok(contacts.filter_map(|(who, contact)| Some((who, contact?))).collect())
    }
}
