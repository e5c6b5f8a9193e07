//! Versions that others added to one's own records: tells them, and gives their keys to the record's other readers.
//!
//! A provider who adds a version has the patient's key alone to wrap it to. The other readers get theirs when the patient's
//! program next works: those whom the profile remembers, as it granted to them, and nobody whom a ledger names. The
//! profile remembers how far it has looked, sealed under the person's own key.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId, Rights, Version};
use mrms_crypto::keyring::NoKeyError;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::access::open::Unlocked;
use crate::profile::ProfileError;
use crate::profile::granted::{GrantedMemory, Sharing};
use crate::profile::received::{RecordName, RecordSaid};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::given_names::name_in;
use crate::sharing::grant::{ShareError, Target};
use crate::sharing::own::{ClosedVersion, OwnVersions};
use crate::sharing::recipients::{ChangedKey, RecipientError};
use crate::sharing::sealed::SharesFor;
use crate::sharing::unknown::Remembered;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "versions.sealed";

/// Versions of one record that others added since the profile last looked.
#[derive(Debug)]
pub struct AddedByOthers {
    /// The record.
    pub record: RecordId,
    /// What the record is called.
    pub name: Option<RecordName>,
    /// What the author of the newest of these versions called it, where that is something else.
    pub title: Option<RecordName>,
    /// The versions, each with its author.
    pub versions: Vec<(Version, Principal)>,
    /// Readers who got the keys of what their grants open.
    pub given_to: Vec<Principal>,
    /// Readers with direct grants: their keys would go on chain, which costs a fee.
    pub direct_readers: Vec<Principal>,
    /// Versions whose key can't be found.
    pub closed: Vec<ClosedVersion>,
    /// What kept readers from getting their keys; it is tried again the next time.
    pub failed: Option<ShareError>,
}

impl AddedByOthers {
    /// The same without what the person wrote under an account of theirs from before; `None` where nothing is left to tell.
    fn by_others_than(mut self, former: &BTreeSet<Principal>) -> Option<Self> {
        self.versions.retain(|(_, author)| !former.contains(author));
        if !self.versions.is_empty() {
            return Some(self);
        }
        (self.title, self.given_to) = (None, Vec::new());
        let Self { direct_readers, closed, failed, .. } = &self;
        let is_news = !direct_readers.is_empty() || !closed.is_empty() || failed.is_some();
        is_news.then_some(self)
    }
}

/// Why it could not be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatchUpError {
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

/// The file: the latest version that was looked at, by contract and record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    contracts: BTreeMap<String, BTreeMap<RecordId, Version>>,
    /// What was found and the person was not told yet.
    untold: BTreeMap<String, Additions>,
}

/// Versions that others added to one's own records, with their authors.
pub type Additions = BTreeMap<RecordId, BTreeMap<Version, Principal>>;

impl Session<'_> {
    /// Looks at one's own records for versions that others added, and leaves their keys with the vaults for the other
    /// readers. Sends no transaction. A vault that can't be reached is no error here.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`].
    pub fn catch_up(
        &self,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<AddedByOthers>, CatchUpError> {
        match self.sending {
            Sending::Send => self.catch_up_with(actor, &self.records_of(&actor.principal())?, rng),
            Sending::SignOnly(_) | Sending::DryRun => Ok(Vec::new()),
        }
    }

    /// The same for one's own records as they were just read.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`].
    pub fn catch_up_with(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<AddedByOthers>, CatchUpError> {
        if self.sending != Sending::Send {
            return Ok(Vec::new());
        }
        let (root, me) = (actor.keyring.record_root()?, actor.principal());
        let seen: Seen = self.profile.load_sealed(&root, NAME)?;
        let seen = seen.contracts.get(&self.contract.to_string()).cloned().unwrap_or_default();
        let (mut found, mut looked_at) = (Vec::new(), BTreeMap::new());
        // Whom this patient succeeded, once somebody is asked about.
        let mut former = None;
        for (id, record) in records {
            let id = *id;
            let known = seen.get(&id).copied();
            if known == Some(record.version) {
                continue;
            }
            let mut versions = Vec::new();
            let is_later = |version: &Version| known.is_none_or(|known| *version > known);
            for version in record.version.up_to().filter(is_later) {
                let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
                if stored.author != me {
                    versions.push((version, stored.author));
                }
            }
            if !versions.is_empty() {
                let added = self.give_on(actor, (id, record), versions, rng)?;
                if added.failed.is_none() {
                    looked_at.insert(id, record.version);
                }
                let former = match &former {
                    Some(former) => former,
                    None => {
                        let before = self.predecessors(&me)?.into_iter().map(|(who, _)| who);
                        former.insert(before.collect::<BTreeSet<_>>())
                    }
                };
                found.extend(added.by_others_than(former));
            } else {
                looked_at.insert(id, record.version);
            }
        }
        if !looked_at.is_empty() || !found.is_empty() {
            self.profile.change_sealed(&root, NAME, rng, |seen: &mut Seen| {
                let contract = self.contract.to_string();
                let untold = seen.untold.entry(contract.clone()).or_default();
                for one in &found {
                    untold.entry(one.record).or_default().extend(one.versions.iter().cloned());
                }
                seen.untold.retain(|_, untold| !untold.is_empty());
                seen.contracts.entry(contract).or_default().extend(looked_at);
            })?;
        }
        Ok(found)
    }

    /// What others added that the person was not told yet: whichever of their programs found it, the next one that shows
    /// something to them tells it.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`].
    pub fn untold_additions(&self, actor: &Actor) -> Result<Additions, CatchUpError> {
        let seen: Seen = self.profile.load_sealed(&actor.keyring.record_root()?, NAME)?;
        Ok(seen.untold.get(&self.contract.to_string()).cloned().unwrap_or_default())
    }

    /// The person was told these.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`].
    pub fn additions_are_told(
        &self,
        actor: &Actor,
        told: &Additions,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), CatchUpError> {
        if told.is_empty() {
            return Ok(());
        }
        let (root, contract) = (actor.keyring.record_root()?, self.contract.to_string());
        self.profile.change_sealed(&root, NAME, rng, |seen: &mut Seen| {
            let Some(untold) = seen.untold.get_mut(&contract) else { return };
            for (id, versions) in told {
                if let Some(of_record) = untold.get_mut(id) {
                    of_record.retain(|version, _| !versions.contains_key(version));
                }
            }
            untold.retain(|_, versions| !versions.is_empty());
        })?;
        Ok(())
    }

    /// Notes that versions of one's own records need not be told.
    pub(crate) fn note_versions(
        &self,
        actor: &Actor,
        versions: impl IntoIterator<Item = (RecordId, Version)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        let Ok(root) = actor.keyring.record_root() else { return Ok(()) };
        self.profile.change_sealed(&root, NAME, rng, |seen: &mut Seen| {
            seen.contracts.entry(self.contract.to_string()).or_default().extend(versions);
        })
    }

    /// Gives the keys of these versions to the record's other readers.
    fn give_on(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        versions: Vec<(Version, Principal)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<AddedByOthers, CatchUpError> {
        let numbers: Vec<_> = versions.iter().map(|(version, _)| *version).collect();
        let mut added = AddedByOthers {
            record: id,
            name: None,
            title: None,
            versions,
            given_to: Vec::new(),
            direct_readers: Vec::new(),
            closed: Vec::new(),
            failed: None,
        };
        let OwnVersions { unlocked, closed } =
            match self.own_versions(actor, (id, record), numbers, rng) {
                Ok(own) => own,
                Err(error) => {
                    added.failed = Some(error);
                    return Ok(added);
                }
            };
        added.closed = closed;
        let said = self.said_for_reader(actor, (id, record), &unlocked, rng);
        added.name = said.name.clone();
        let newest = unlocked.iter().max_by_key(|one| one.version);
        let title = newest.and_then(|newest| name_in(&self.header(newest).ok()?));
        added.title = title.filter(|title| added.name.as_ref() != Some(title));
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let all = unlocked;
        for reader in self.readers_of(id, record)? {
            let Ok((_, from)) = reader.now else { continue };
            // Its author, too: who wrote it for an organisation is not who opens it there.
            let is_new = |one: &&Unlocked| one.version >= from;
            let unlocked: Vec<_> = all.iter().filter(is_new).collect();
            let new = NewKeys { record: id, unlocked, said: said.clone() };
            match self.give_one(actor, &reader.user, &new, &memory, rng) {
                Ok(Given::Left) => {
                    // To its author it is nothing new.
                    if added.versions.iter().any(|(_, author)| *author != reader.user) {
                        added.given_to.push(reader.user);
                    }
                }
                Ok(Given::OnChain) => added.direct_readers.push(reader.user),
                Ok(Given::Nothing) => {}
                Err(error) => added.failed = Some(error),
            }
        }
        Ok(added)
    }
}

/// What a reader got of new versions.
enum Given {
    /// The vaults have shares for them.
    Left,
    /// Their keys are on chain, and these would have to go there, too.
    OnChain,
    /// Nothing: this person did not grant to them, or to another key.
    Nothing,
}

/// What is given on.
struct NewKeys<'k> {
    record: RecordId,
    unlocked: Vec<&'k Unlocked>,
    said: RecordSaid,
}

impl Session<'_> {
    fn give_one(
        &self,
        actor: &Actor,
        reader: &Principal,
        new: &NewKeys<'_>,
        memory: &GrantedMemory,
        rng: &mut dyn CryptoRng,
    ) -> Result<Given, ShareError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let Remembered::Granted(known) = self.remembered(memory, new.record, reader, now) else {
            return Ok(Given::Nothing);
        };
        let recipient = match self.recipient_of(Some(actor), reader, ChangedKey::Refuse) {
            Ok(recipient) if recipient.to_string() == known.recipient => recipient,
            Ok(_) | Err(RecipientError::Changed { .. } | RecipientError::NotOnCard { .. }) => {
                return Ok(Given::Nothing);
            }
            Err(error) if error.has_no_key() => return Ok(Given::Nothing),
            Err(error) => return Err(error.into()),
        };
        if known.sharing == Sharing::Direct {
            return Ok(Given::OnChain);
        }
        let opened = new.unlocked.iter().filter(|one| one.version >= known.from_version);
        let targets: Vec<_> = opened
            .map(|one| Target { record: new.record, version: one.version, key: one.key() })
            .collect();
        if targets.is_empty() {
            return Ok(Given::Nothing);
        }
        let rights = known.rights().unwrap_or(Rights::READ);
        let names = self.names_for(actor, rights, new.said.clone())?;
        let patient = actor.principal();
        let to = SharesFor { patient: &patient, reader, recipient: &recipient };
        self.deposit(actor, to, &targets, &names, rng)?;
        Ok(Given::Left)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::testing::{Fakes, actor};

    #[test]
    fn what_was_found_stays_untold_until_that_version_was_told() {
        let mut rng = StdRng::seed_from_u64(4);
        let me = actor(&mut rng);
        let clinic = actor(&mut rng).principal();
        let fakes = Fakes::new(me.principal).unwrap();
        let session = fakes.session(Sending::Send);
        let [second, third] = [2, 3].map(|number| Version::new(number).unwrap());
        let of = |versions: &[Version]| {
            let versions = versions.iter().map(|version| (*version, clinic.clone()));
            Additions::from([(RecordId::new(7), versions.collect())])
        };
        let root = me.keyring.record_root().unwrap();
        let found = |seen: &mut Seen| {
            seen.untold.insert(session.contract.to_string(), of(&[second, third]));
            seen.untold.insert("another".to_owned(), of(&[second]));
        };
        session.profile.change_sealed(&root, NAME, &mut rng, found).unwrap();
        assert_eq!(session.untold_additions(&me).unwrap(), of(&[second, third]));
        // What came while the person read stays.
        session.additions_are_told(&me, &of(&[second]), &mut rng).unwrap();
        assert_eq!(session.untold_additions(&me).unwrap(), of(&[third]));
        session.additions_are_told(&me, &of(&[third]), &mut rng).unwrap();
        assert!(session.untold_additions(&me).unwrap().is_empty());
    }
}
