//! Whose title a record has: its patient's own.
//!
//! Whoever may amend a record names the version that they add. The record goes on being called as the newest version is that
//! its patient wrote, or who was the patient when it was written; one that its patients never wrote to, such as one that was
//! sent to them, as its first version is. So nobody else renames what stands in a patient's list. The title of every version
//! stays with the version.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{RecordId, Version};
use rand_core::CryptoRng;

use crate::access::open::Unlocked;
use crate::profile::received::RecordName;
use crate::session::{Actor, AskError, Session};
use crate::sharing::given_names::name_in;

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

    /// What a record is called for a reader who has the keys from a version on, by versions that were just unlocked: its title, or
    /// where that version is not theirs, the title of the newest.
    pub(crate) fn name_for_reader(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        unlocked: &[Unlocked],
        from: Version,
        rng: &mut dyn CryptoRng,
    ) -> Option<RecordName> {
        let name = |one: &Unlocked| name_in(&self.header(one).ok()?);
        let titled = self.titled_by(id, record).ok()?;
        if titled >= from {
            if let Some(one) = unlocked.iter().find(|one| one.version == titled) {
                return name(one);
            }
            if let Ok(one) = self.own_version(actor, id, titled, rng) {
                return name(&one);
            }
        }
        name(unlocked.iter().max_by_key(|one| one.version)?)
    }
}
