//! What a reader sees of the records of others: the names that came with them, and one's own openings.
//!
//! Names come from the vaults, openings from the records' own logs. Both are kept in the profile, so that a long list asks
//! again only about what changed.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Action, AuditEntry, Principal, RecordId};
use mrms_crypto::content::ContentHeader;
use mrms_crypto::keyring::NoKeyError;
use mrms_vault::protocol::MOST_NOTED_RECORDS;
use rand_core::CryptoRng;

use crate::access::holder::Organisation;
use crate::profile::ProfileError;
use crate::profile::received::{GivenNames, OwnOpening, PersonName, ReceivedRecord};
use crate::records::shared::SharedRecord;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::given_names::said_in;

/// Entries of one record's log that are looked at at once: the newest ones.
const MOST_ENTRIES: u64 = 1_000;

/// Of how many of a patient's newest records the vaults are asked what the patient calls themselves.
const NEWEST: u64 = 4;

/// Why it could not be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceivedError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

/// One's own opening of a record of somebody else.
#[derive(Clone, Debug)]
pub struct OpenedRecord {
    /// The record.
    pub record: RecordId,
    /// What is known of it.
    pub known: ReceivedRecord,
    /// The opening.
    pub opening: OwnOpening,
}

impl Session<'_> {
    /// What is known of these records, which were granted to the actor, or to an organisation of theirs, after the vaults were asked for names that are lacking, and the logs for one's own
    /// openings. A vault that can't be asked is no error: then a name is lacking.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn look_at_received(
        &self,
        actor: &Actor,
        (shared, organisation): (&[SharedRecord], Option<&Organisation>),
        rng: &mut dyn CryptoRng,
    ) -> Result<BTreeMap<RecordId, ReceivedRecord>, ReceivedError> {
        let (root, me) = (actor.keyring.record_root()?, actor.principal());
        let before = self.profile.received(&root)?.records(self.contract);
        let mut known = before.clone();
        let (mut lacking, mut again) = (BTreeMap::new(), BTreeMap::new());
        for one in shared {
            let patient = &one.record.patient;
            let is_of_patient = |known: &&mut ReceivedRecord| known.patient == *patient;
            if known.get_mut(&one.id).filter(is_of_patient).is_none() {
                known.insert(one.id, ReceivedRecord::new(patient.clone()));
            }
            let Some(record) = known.get_mut(&one.id) else { continue };
            self.read_openings(&me, one, record)?;
            if one.now.is_err() {
                continue;
            }
            if record.asked.as_ref() != Some(&grant_state(one)) {
                lacking.insert(one.id, patient.clone());
            } else if one.number.is_none() && record.names == GivenNames::default() {
                again.insert(one.id, patient.clone());
            }
        }
        let (mut found, all_answered) = match lacking.is_empty() {
            true => (BTreeMap::new(), true),
            false => self.ask_names(actor, organisation, &lacking, rng),
        };
        found.extend(self.ask_names_again(actor, organisation, again, rng));
        for one in shared {
            let Some(record) = known.get_mut(&one.id) else { continue };
            let is_lacking = lacking.contains_key(&one.id);
            if is_lacking && all_answered || found.contains_key(&one.id) {
                record.asked = Some(grant_state(one));
            }
            if let Some(names) = found.get(&one.id) {
                record.names = names.clone();
            }
        }
        if known != before && self.sending != Sending::DryRun {
            let changed = known.clone();
            self.profile.change_received(&root, rng, |received| {
                received.of(self.contract).extend(changed);
            })?;
        }
        Ok(known)
    }

    /// Asks once more for the names of records that are open to the actor with all others of their patient, and whose names had
    /// not come: a program of the patient leaves them, whenever one runs. About some first, and about all where those came.
    fn ask_names_again(
        &self,
        actor: &Actor,
        organisation: Option<&Organisation>,
        mut records: BTreeMap<RecordId, Principal>,
        rng: &mut dyn CryptoRng,
    ) -> BTreeMap<RecordId, GivenNames> {
        if records.is_empty() {
            return BTreeMap::new();
        }
        let rest = records.keys().nth(MOST_NOTED_RECORDS).copied();
        let rest = rest.map(|first| records.split_off(&first)).unwrap_or_default();
        let (mut found, _) = self.ask_names(actor, organisation, &records, rng);
        if !found.is_empty() && !rest.is_empty() {
            found.extend(self.ask_names(actor, organisation, &rest, rng).0);
        }
        found
    }

    /// What a patient for whom the actor may act calls themselves, as it came with the keys of their newest records: no record
    /// has to be opened for it. Who signed the name is the patient, or a delegate of theirs who may share; nobody else says
    /// that it is true. `None` where no name came, or no vault that has one can be asked.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn learn_patient(
        &self,
        actor: &Actor,
        patient: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<PersonName>, ReceivedError> {
        let root = actor.keyring.record_root()?;
        let count = self.ask(&read::patient_counts(patient))?.records;
        let listed = self.listed_records(patient, count.saturating_sub(NEWEST)..count)?;
        let records = self.own_of(patient, listed)?;
        let asked = records.iter().map(|one| (one.id, patient.clone())).collect();
        let (found, _) = self.ask_names(actor, None, &asked, rng);
        let newest_first = records.iter().rev().filter_map(|one| found.get(&one.id));
        let name = newest_first.filter_map(|names| names.patient.clone()).next();
        if !found.is_empty() && self.sending != Sending::DryRun {
            self.profile.change_received(&root, rng, |received| {
                for (id, names) in found {
                    let new = || ReceivedRecord::new(patient.clone());
                    let known = received.of(self.contract).entry(id).or_insert_with(new);
                    if known.patient != *patient {
                        *known = new();
                    }
                    known.names = names;
                }
            })?;
        }
        Ok(name)
    }

    /// Reads the entries of a record's log that were not read yet, for one's own openings.
    fn read_openings(
        &self,
        me: &Principal,
        shared: &SharedRecord,
        known: &mut ReceivedRecord,
    ) -> Result<(), AskError> {
        let count = shared.record.audit_count;
        if known.read_to > count {
            // The ledger has lost blocks.
            known.openings.clear();
            known.read_to = 0;
        }
        let first = known.read_to.max(count.saturating_sub(MOST_ENTRIES));
        let reads: Vec<_> =
            (first..count).map(|index| read::audit_entry(shared.id, index)).collect();
        for entry in self.ask_all(&reads)?.into_iter().flatten() {
            if entry.actor == *me
                && let Some(opening) = own_opening(&entry)
            {
                known.add(opening);
            }
        }
        known.read_to = count;
        Ok(())
    }

    /// The organisations whose keys this person holds.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn organisations(&self, actor: &Actor) -> Result<Vec<Principal>, ProfileError> {
        match actor.keyring.record_root() {
            Ok(root) => Ok(self.profile.held_keys(&root, self.contract)?.into_keys().collect()),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// What this person holds of an organisation; no keys where they have taken none.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn held(
        &self,
        actor: &Actor,
        organisation: &Principal,
    ) -> Result<Organisation, ReceivedError> {
        let root = actor.keyring.record_root()?;
        let mut all = self.profile.held_keys(&root, self.contract)?;
        let texts = all.remove(organisation).map(|keys| keys.identities).unwrap_or_default();
        Ok(Organisation::of_texts(organisation.clone(), &texts))
    }

    /// Remembers what this person calls themselves for those with whom they share.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn call_me(
        &self,
        actor: &Actor,
        name: PersonName,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ReceivedError> {
        if self.sending == Sending::DryRun {
            return Ok(());
        }
        Ok(self.profile.call_me(&actor.keyring.record_root()?, name, rng)?)
    }

    /// Keeps what the content of an opened record is called, for lists: of a grant with which no name came. A version that does
    /// not have the record's title names nothing.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn remember_opened(
        &self,
        actor: &Actor,
        header: &ContentHeader,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ReceivedError> {
        let context = &header.context;
        let record = self.ask(&read::record(context.record))?;
        let Some(record) = record.filter(|record| record.patient != actor.principal()) else {
            return Ok(());
        };
        if self.titled_by(context.record, &record)? != context.version {
            return Ok(());
        }
        let patient = record.patient;
        let root = actor.keyring.record_root()?;
        self.profile.change_received(&root, rng, |received| {
            let known = received.of(self.contract).entry(context.record);
            let known = known.or_insert_with(|| ReceivedRecord::new(patient));
            let seen = said_in(header);
            (known.seen_name, known.seen_media_type) = (seen.name, seen.media_type);
            known.seen_written = seen.written;
        })?;
        Ok(())
    }

    /// What this profile has kept of the records of others, without asking anybody.
    pub(crate) fn kept_received(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<RecordId, ReceivedRecord>, ProfileError> {
        match actor.keyring.record_root() {
            Ok(root) => Ok(self.profile.received(&root)?.records(self.contract)),
            Err(_) => Ok(BTreeMap::new()),
        }
    }

    /// What this profile has kept of a record of somebody else, without asking anybody.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn kept_of(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Option<ReceivedRecord>, ReceivedError> {
        let root = actor.keyring.record_root()?;
        Ok(self.profile.received(&root)?.records(self.contract).remove(&id))
    }

    /// One's own openings of the records of others, the newest first, as far as this profile has looked.
    ///
    /// # Errors
    ///
    /// [`ReceivedError`].
    pub fn own_openings(&self, actor: &Actor) -> Result<Vec<OpenedRecord>, ReceivedError> {
        let root = actor.keyring.record_root()?;
        let mut openings = Vec::new();
        for (record, known) in self.profile.received(&root)?.records(self.contract) {
            for opening in &known.openings {
                let (known, opening) = (known.clone(), opening.clone());
                openings.push(OpenedRecord { record, known, opening });
            }
        }
        openings.sort_by_key(|one| std::cmp::Reverse((one.opening.burn_height, one.opening.index)));
        Ok(openings)
    }
}

/// What must change before the vaults are asked again.
fn grant_state(shared: &SharedRecord) -> String {
    let expiry = shared.expiry.map_or_else(|| "-".to_owned(), |expiry| expiry.to_string());
    format!("{} {expiry}", shared.record.version)
}

fn own_opening(entry: &AuditEntry) -> Option<OwnOpening> {
    entry.is_opening().then(|| OwnOpening {
        index: entry.index,
        version: entry.version,
        burn_height: entry.burn_height,
        is_emergency: entry.action == Action::EmergencyRead,
        organisation: entry.subject.clone(),
    })
}
