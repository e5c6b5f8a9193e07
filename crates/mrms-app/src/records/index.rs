//! What the ledger says about one's own records, kept so that a list reads only what has changed.
//!
//! When a record was created, who was ever granted access by name, their grants, their emergencies and openings change only
//! with an entry in the record's log, and its head commits to all entries. So what is kept of a record counts as long as the
//! ledger tells the head at which it was read. A delegate's end, which ends what they granted, is in the patient's own log: when
//! that has grown, whoever was named is read again. The place of a record in its patient's list never changes. The files,
//! `record-index.sealed` and for the list alone `record-list.sealed`, are sealed under the person's own key and are derived:
//! without one, or where it can't be read, the ledger is read again. What is not needed is not read. Grants on all records,
//! which have a log of their own, are not kept.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_contract::state::{DeclaredUnder, EmergencyOpening};
use mrms_core::{BurnHeight, Grant, Principal, RecordId, Rights, Version};
use mrms_crypto::RecordRoot;
use rand_core::CryptoRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::profile::ProfileError;
use crate::records::list::{KeyOnChain, NumberedRecord, Openings, OwnRecord};
use crate::records::listed::List;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::emergency::is_reviewed;
use crate::sharing::readers::Named;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "record-index.sealed";

/// What this program reads of a record: since 1 also whom a revoke by name shut out of it.
const READS: u8 = 1;

/// How much is read of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Who can open it.
    Readers,
    /// Also how often each of them did.
    Openings,
}

/// The file. One of an earlier program has the list, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// What is read of a record: a file that says less is made anew.
    reads: u8,
    contract: String,
    genesis: Option<String>,
    /// The head of the patient's own log at which grants were read, in hexadecimal.
    patient_head: Option<String>,
    /// Everybody who is named below, by place.
    people: Vec<Principal>,
    records: Vec<(RecordId, KeptRecord)>,
}

/// What is kept of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRecord {
    /// The head of its log, in hexadecimal, at which this was read.
    head: String,
    created: Option<BurnHeight>,
    named: Vec<(usize, Option<KeptGrant>)>,
    emergencies: Vec<(usize, KeptEmergency)>,
    /// Who opened it; none until that was asked for.
    openings: Option<Vec<KeptOpenings>>,
}

/// How often one of the people opened a record: who, how often, when last, which version then, and whether they have a key on
/// the chain; of an organisation also which members did, and how often.
type KeptOpenings = (usize, u64, Option<BurnHeight>, Option<Version>, bool, Vec<(usize, u64)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptGrant {
    rights: Option<u8>,
    expiry: Option<BurnHeight>,
    granted_at: BurnHeight,
    from_version: Version,
    entry: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptEmergency {
    until: BurnHeight,
    opened_at: BurnHeight,
    /// What commits to the reason, in hexadecimal.
    reason: String,
    /// The entry of the grant under which it was declared, and the patient whose standing grant that is.
    under: Option<(u64, Option<usize>)>,
}

/// What was read of one record.
#[derive(Clone, Debug)]
struct Facts {
    head: String,
    created: Option<BurnHeight>,
    named: Vec<(Principal, Option<Grant>)>,
    emergencies: Vec<(Principal, EmergencyOpening)>,
    openings: Option<BTreeMap<Principal, Openings>>,
}

/// The index of one person's records. Without their keys it is empty, and nothing of it is kept.
#[derive(Debug)]
pub struct RecordIndex {
    /// Opens the file, until that was done.
    root: Option<RecordRoot>,
    pub(super) list: List,
    patient_head: Option<String>,
    facts: BTreeMap<RecordId, Facts>,
    is_changed: bool,
}

impl Session<'_> {
    /// What was kept of the actor's records on this ledger.
    #[must_use]
    pub fn record_index(&self, actor: Option<&Actor>) -> RecordIndex {
        let root = actor.and_then(|actor| actor.keyring.record_root().ok());
        let list = root.as_ref().map(|root| self.kept_list(root)).unwrap_or_default();
        RecordIndex { root, list, ..RecordIndex::empty() }
    }
}

impl RecordIndex {
    /// One of which nothing is known.
    pub(crate) const fn empty() -> Self {
        Self {
            root: None,
            list: List::empty(),
            patient_head: None,
            facts: BTreeMap::new(),
            is_changed: false,
        }
    }

    /// Reads the file, if that was not done.
    fn open(&mut self, session: &Session<'_>) {
        let Some(root) = self.root.take() else { return };
        let kept: Option<Kept> = session.profile.load_sealed(&root, NAME).ok();
        let kept = kept.filter(|kept| {
            kept.reads == READS
                && kept.contract == session.contract.to_string()
                && kept.genesis == session.ledger.genesis()
        });
        if let Some((patient_head, facts)) = kept.and_then(Kept::read) {
            (self.patient_head, self.facts) = (patient_head, facts);
        }
    }

    /// A patient's records with their dates, readers and emergencies, as [`Session::own_records`] reads them.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn own_records(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
        records: Vec<NumberedRecord>,
        depth: Depth,
    ) -> Result<Vec<OwnRecord>, AskError> {
        self.open(session);
        let standing = session.standing_users(patient)?;
        self.follow(session.ask(&read::patient_counts(patient))?.audit_head.to_string());
        let is_known = |one: &&NumberedRecord| {
            self.facts.get(&one.id).is_some_and(|facts| facts.head == head_of(one))
        };
        let unknown: Vec<_> = records.iter().filter(|one| !is_known(one)).cloned().collect();
        self.read(session, patient, &unknown, &standing)?;
        let mut named = Named::new();
        let reviews = session.profile.reviews().unwrap_or_default();
        let (mut created, mut emergencies) = (BTreeMap::new(), BTreeMap::new());
        for NumberedRecord { id, .. } in &records {
            let Some(facts) = self.facts.get(id) else { continue };
            named.insert(*id, facts.named.clone());
            created.insert(*id, facts.created);
            let mut open = facts.emergencies.clone();
            open.retain(|(user, opening)| !is_reviewed(&reviews, *id, user, opening));
            emergencies.insert(*id, open);
        }
        let ids: Vec<_> = records.iter().map(|one| one.id).collect();
        let mut readers = session.readers_among(patient, &ids, named, &standing)?;
        let mut own = Vec::with_capacity(records.len());
        for NumberedRecord { number, id, record } in records {
            own.push(OwnRecord {
                number,
                id,
                record,
                created: created.remove(&id).flatten(),
                readers: readers.remove(&id).unwrap_or_default(),
                emergencies: emergencies.remove(&id).unwrap_or_default(),
                openings: None,
            });
        }
        if depth == Depth::Openings {
            for record in own.iter_mut().filter(|one| one.live_readers().next().is_some()) {
                record.openings = Some(self.openings(session, record)?);
            }
        }
        Ok(own)
    }

    /// Forgets grants when the patient's own log has grown.
    fn follow(&mut self, patient_head: String) {
        if self.patient_head.as_ref() != Some(&patient_head) {
            self.facts.retain(|_, facts| facts.named.is_empty());
            self.patient_head = Some(patient_head);
            self.is_changed = true;
        }
    }

    /// Who opened a record, by its log.
    fn openings(
        &mut self,
        session: &Session<'_>,
        record: &OwnRecord,
    ) -> Result<BTreeMap<Principal, Openings>, AskError> {
        let known = self.facts.get(&record.id).and_then(|facts| facts.openings.as_ref());
        // Who got access to all records since has no entry in this record's log.
        let has_all = |known: &&BTreeMap<Principal, Openings>| {
            record.readers.iter().all(|reader| known.contains_key(&reader.user))
        };
        if let Some(known) = known.filter(has_all) {
            return Ok(known.clone());
        }
        let mut openings = session.openings_of(record)?;
        for reader in &record.readers {
            openings.entry(reader.user.clone()).or_default();
        }
        if let Some(facts) = self.facts.get_mut(&record.id) {
            facts.openings = Some(openings.clone());
            self.is_changed = true;
        }
        Ok(openings)
    }

    /// Reads these records, all of a kind together.
    fn read(
        &mut self,
        session: &Session<'_>,
        patient: &Principal,
        records: &[NumberedRecord],
        standing: &[Principal],
    ) -> Result<(), AskError> {
        if records.is_empty() {
            return Ok(());
        }
        let created = session.created(records)?;
        let with_ids: Vec<_> = records.iter().map(|one| (one.id, &one.record)).collect();
        let mut named = session.named_of_all(patient, &with_ids, standing)?;
        let mut emergencies = session.emergencies_of_all(records, &named, standing)?;
        for (one, created) in records.iter().zip(created) {
            let facts = Facts {
                head: head_of(one),
                created,
                named: named.remove(&one.id).unwrap_or_default(),
                emergencies: emergencies.remove(&one.id).unwrap_or_default(),
                openings: None,
            };
            self.facts.insert(one.id, facts);
        }
        self.is_changed = true;
        Ok(())
    }

    /// Keeps what was read for the next command. That it can't be written is no failure of a command that only reads.
    pub fn keep(self, session: &Session<'_>, actor: Option<&Actor>, rng: &mut dyn CryptoRng) {
        let root = actor.and_then(|actor| actor.keyring.record_root().ok());
        let Some(root) = root.filter(|_| session.sending == Sending::Send) else { return };
        self.list.keep(session, &root, rng);
        if self.is_changed {
            let mut kept = Kept::of(self);
            kept.reads = READS;
            kept.contract = session.contract.to_string();
            kept.genesis = session.ledger.genesis();
            replace(session, &root, NAME, &kept, rng);
        }
    }
}

/// Writes a derived file, also in the place of one that can't be read.
pub(super) fn replace<T>(
    session: &Session<'_>,
    root: &RecordRoot,
    name: &str,
    value: &T,
    rng: &mut dyn CryptoRng,
) where
    T: Serialize + DeserializeOwned + Default + PartialEq + Clone,
{
    let set = |before: &mut T| *before = value.clone();
    if let Err(ProfileError::Damaged { path, .. }) =
        session.profile.change_sealed(root, name, rng, set)
    {
        let removed = mrms_files::remove(&path);
        if removed.is_ok() {
            let _ = session.profile.change_sealed(root, name, rng, set);
        }
    }
}

fn head_of(one: &NumberedRecord) -> String {
    one.record.audit_head.to_string()
}

impl Kept {
    fn of(mut index: RecordIndex) -> Self {
        let mut people = People::default();
        let mut records = Vec::with_capacity(index.facts.len());
        for (id, facts) in std::mem::take(&mut index.facts) {
            let named = facts.named.iter();
            let named = named.map(|(user, grant)| (people.place(user), grant.map(KeptGrant::of)));
            let named = named.collect();
            let emergencies = facts.emergencies.iter().map(|(user, opening)| {
                (people.place(user), KeptEmergency::of(opening, &mut people))
            });
            let emergencies = emergencies.collect();
            let openings = facts.openings.as_ref().map(|openings| {
                let one = |(user, told): (&Principal, &Openings)| {
                    let members = told.by_members.iter();
                    let members = members.map(|(one, count)| (people.place(one), *count)).collect();
                    let Openings { count, last, version, key_on_chain, .. } = *told;
                    // Whether it opens anything is tried anew.
                    let is_there = key_on_chain.is_there();
                    (people.place(user), count, last, version, is_there, members)
                };
                openings.iter().map(one).collect()
            });
            let (head, created) = (facts.head, facts.created);
            records.push((id, KeptRecord { head, created, named, emergencies, openings }));
        }
        let patient_head = index.patient_head;
        Self { patient_head, people: people.all, records, ..Self::default() }
    }

    /// The head of the patient's log, and what was read of each record; none where a part of it names nobody.
    fn read(self) -> Option<(Option<String>, BTreeMap<RecordId, Facts>)> {
        let Self { patient_head, people, records, .. } = self;
        let person = |place: usize| people.get(place).cloned();
        let mut facts = BTreeMap::new();
        for (id, kept) in records {
            let named = kept.named.into_iter().map(|(user, grant)| {
                let grant = match grant {
                    Some(kept) => Some(kept.read()?),
                    None => None,
                };
                Some((person(user)?, grant))
            });
            let named = named.collect::<Option<_>>()?;
            let emergencies = kept.emergencies.into_iter();
            let emergencies =
                emergencies.map(|(user, kept)| Some((person(user)?, kept.read(&person)?)));
            let emergencies = emergencies.collect::<Option<_>>()?;
            let openings = match kept.openings {
                None => None,
                Some(openings) => {
                    let one = |(user, count, last, version, is_there, members): KeptOpenings| {
                        let key_on_chain = match is_there {
                            true => KeyOnChain::Unknown,
                            false => KeyOnChain::Nothing,
                        };
                        let members = members.into_iter();
                        let by_members = members.map(|(one, count)| Some((person(one)?, count)));
                        let by_members = by_members.collect::<Option<_>>()?;
                        let told = Openings {
                            count,
                            last,
                            version,
                            key_on_chain,
                            by_members,
                            ..Openings::default()
                        };
                        Some((person(user)?, told))
                    };
                    Some(openings.into_iter().map(one).collect::<Option<_>>()?)
                }
            };
            let (head, created) = (kept.head, kept.created);
            facts.insert(id, Facts { head, created, named, emergencies, openings });
        }
        Some((patient_head, facts))
    }
}

impl KeptEmergency {
    fn of(opening: &EmergencyOpening, people: &mut People) -> Self {
        let EmergencyOpening { until, opened_at, reason, under } = opening;
        let under = under.as_ref().map(|under| {
            (under.entry, under.standing.as_ref().map(|patient| people.place(patient)))
        });
        Self { until: *until, opened_at: *opened_at, reason: hex::encode(reason), under }
    }

    /// The opening; none where it names nobody, or its reason is not one.
    fn read(self, person: &impl Fn(usize) -> Option<Principal>) -> Option<EmergencyOpening> {
        let Self { until, opened_at, reason, under } = self;
        let mut bytes = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(&reason, &mut bytes).ok()?;
        let under = match under {
            None => None,
            Some((entry, None)) => Some(DeclaredUnder { entry, standing: None }),
            Some((entry, Some(place))) => {
                Some(DeclaredUnder { entry, standing: Some(person(place)?) })
            }
        };
        Some(EmergencyOpening { until, opened_at, reason: bytes, under })
    }
}

impl KeptGrant {
    fn of(grant: Grant) -> Self {
        let Grant { rights, expiry, granted_at, from_version, entry } = grant;
        Self { rights: rights.map(Rights::bits), expiry, granted_at, from_version, entry }
    }

    /// The grant; none where its rights are not ones.
    fn read(self) -> Option<Grant> {
        let Self { rights, expiry, granted_at, from_version, entry } = self;
        let rights = match rights {
            Some(bits) => Some(Rights::from_bits(bits)?),
            None => None,
        };
        Some(Grant { rights, expiry, granted_at, from_version, entry })
    }
}

/// People by place, each once.
#[derive(Default)]
struct People {
    all: Vec<Principal>,
    places: BTreeMap<Principal, usize>,
}

impl People {
    fn place(&mut self, principal: &Principal) -> usize {
        if let Some(place) = self.places.get(principal) {
            return *place;
        }
        let place = self.all.len();
        self.all.push(principal.clone());
        self.places.insert(principal.clone(), place);
        place
    }
}

#[cfg(test)]
mod tests;
