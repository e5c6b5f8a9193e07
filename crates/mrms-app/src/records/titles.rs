//! Whose title a record has: its patient's own.
//!
//! Whoever may amend a record names the version that they add. The record goes on being called as the newest version is that
//! its patient wrote, or who was the patient when it was written; one that its patients never wrote to, such as one that was
//! sent to them, as its first version is. So nobody else renames what stands in a patient's list. The title of every version
//! stays with the version.
//!
//! Readers are told that title too, also where their grant begins with a later version: whoever added that version chose
//! neither the record's name nor whom it is shared with.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId, Rights, Version};
use mrms_crypto::content::ContentHeader;
use rand_core::CryptoRng;

use crate::access::open::Unlocked;
use crate::profile::received::{RecordName, RecordSaid};
use crate::records::shared::SharedRecord;
use crate::session::{Actor, AskError, Session};
use crate::sharing::given_names::{name_in, said_in};

impl Session<'_> {
    /// The version whose title the record has.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn titled_by(&self, id: RecordId, record: &Record) -> Result<Version, AskError> {
        if record.version == Version::FIRST {
            return Ok(Version::FIRST);
        }
        let newest_first: Vec<_> = record.version.up_to().collect();
        let mut authors = Vec::with_capacity(newest_first.len());
        // Most records are their patient's own, so that one read tells.
        for version in newest_first.into_iter().rev() {
            let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
            if stored.author == record.patient {
                return Ok(version);
            }
            authors.push((version, stored.author));
        }
        if let Some((version, author)) = authors.last()
            && self.has_changed_hands(id, record, (*version, author))?
        {
            for (version, author) in &authors {
                if self.patient_then(id, record, *version)? == *author {
                    return Ok(*version);
                }
            }
        }
        Ok(Version::FIRST)
    }

    /// What a reader is told of a record: its title, out of versions that were just unlocked if it is among them, and kind and time
    /// of the newest of those. Where the title can't be read there is no name, and never that of another version. A delegate
    /// tells on what they were told.
    pub(crate) fn said_for_reader(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        unlocked: &[Unlocked],
        rng: &mut dyn CryptoRng,
    ) -> RecordSaid {
        let newest = unlocked.iter().max_by_key(|one| one.version);
        let header = newest.and_then(|newest| self.header(newest).ok());
        let said = header.as_ref().map(said_in).unwrap_or_default();
        let name = match header.map(|header| header.context.version) {
            // Most records have one version, whose header is read once.
            Some(newest) if self.titled_by(id, record).ok() == Some(newest) => said.name.clone(),
            _ => self.name_for_reader(actor, (id, record), unlocked, rng),
        };
        RecordSaid { name, ..said }
    }

    fn name_for_reader(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        unlocked: &[Unlocked],
        rng: &mut dyn CryptoRng,
    ) -> Option<RecordName> {
        let name = |one: &Unlocked| name_in(&self.header(one).ok()?);
        let titled = self.titled_by(id, record).ok()?;
        if let Some(one) = unlocked.iter().find(|one| one.version == titled) {
            return name(one);
        }
        if let Ok(one) = self.own_version(actor, id, titled, rng) {
            return name(&one);
        }
        match record.patient == actor.principal() {
            true => None,
            false => self.told_name(actor, None, (id, record), rng),
        }
    }

    /// What the record is called of which this version was opened; `None` where nothing that is at hand tells it. Who opened it for
    /// an organisation was told through that.
    pub fn title_beside(
        &self,
        actor: &Actor,
        organisation: Option<&Principal>,
        header: &ContentHeader,
        rng: &mut dyn CryptoRng,
    ) -> Option<String> {
        let id = header.context.record;
        let record = self.ask(&read::record(id)).ok()??;
        let titled = self.titled_by(id, &record).ok()?;
        if titled == header.context.version {
            return own_title(header);
        }
        if record.patient == actor.principal() {
            return self.label_of(actor, id, titled, rng)?.name().map(str::to_owned);
        }
        let told = self.told_name(actor, organisation, (id, &record), rng);
        Some(told?.as_str().to_owned())
    }

    /// What this person was told that a record of somebody else is called.
    fn told_name(
        &self,
        actor: &Actor,
        organisation: Option<&Principal>,
        (id, record): (RecordId, &Record),
        rng: &mut dyn CryptoRng,
    ) -> Option<RecordName> {
        let held = organisation.and_then(|organisation| self.held(actor, organisation).ok());
        let shared = SharedRecord {
            id,
            number: None,
            record: record.clone(),
            since: None,
            expiry: None,
            now: Ok((Rights::READ, Version::FIRST)),
        };
        let known = self.look_at_received(actor, (&[shared], held.as_ref()), rng).ok()?;
        known.get(&id)?.record_name().cloned()
    }
}

/// What a version's own author called it: the label, or else the file's name.
#[must_use]
pub fn own_title(header: &ContentHeader) -> Option<String> {
    let label = header.label.as_ref().map(ToString::to_string);
    label.or_else(|| header.file_name.as_ref().map(ToString::to_string))
}
