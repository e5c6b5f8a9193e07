//! Finds the keys of a patient's own versions, to share them.
//!
//! Whoever may add versions can put anything onto a record: bytes that are no envelope, or another
//! record's envelope. Nobody can share the key of such a version, and it keeps no other version from
//! being shared. A ledger or a vault that does not answer is no such case, and stays an error.

use std::fmt;

use mrms_contract::read;
use mrms_contract::state::{Record, StoredVersion};
use mrms_core::{RecordId, Version};
use rand_core::CryptoRng;

use crate::access::open::{OpenRecordError, Unlocked};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::ShareError;

/// Versions that are read at once. One is up to 64 KiB long.
const READ_AT_ONCE: usize = 16;

/// A version whose key its patient can't find, and so can't share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClosedVersion {
    /// The version.
    pub version: Version,
    /// Why.
    pub why: WhyClosed,
}

/// Why a patient can't find a version's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyClosed {
    /// What is stored can't be read as a content envelope.
    Unreadable,
    /// No key in its envelope opens with the patient's keys.
    NoKey,
    /// Every vault answered, and none has the erasure salt that opens it.
    NoSalt,
}

impl fmt::Display for WhyClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "it was not written by this software",
            Self::NoKey => "none of your keys opens it",
            Self::NoSalt => "no vault has the erasure salt that opens it",
        })
    }
}

impl WhyClosed {
    /// What an error says about the version itself; `None` where something else failed.
    fn of(error: &OpenRecordError) -> Option<Self> {
        match error {
            OpenRecordError::Envelope { .. } => Some(Self::Unreadable),
            OpenRecordError::NoKey { .. }
            | OpenRecordError::KeyEnvelope(_)
            | OpenRecordError::OtherIdentity
            | OpenRecordError::OtherKey { .. }
            | OpenRecordError::Unlock(_) => Some(Self::NoKey),
            OpenRecordError::NoSalt { unanswered, .. } if unanswered.is_empty() => {
                Some(Self::NoSalt)
            }
            _ => None,
        }
    }
}

/// Versions of one's own record.
pub(crate) struct OwnVersions {
    /// Those whose key is known.
    pub(crate) unlocked: Vec<Unlocked>,
    /// The others.
    pub(crate) closed: Vec<ClosedVersion>,
}

impl OwnVersions {
    fn add(&mut self, others: Self) {
        self.unlocked.extend(others.unlocked);
        self.closed.extend(others.closed);
    }
}

impl Session<'_> {
    /// Unlocks versions of one's own record, as it was just read, as far as they open.
    pub(crate) fn own_versions(
        &self,
        actor: &Actor,
        of: (RecordId, &Record),
        versions: Vec<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<OwnVersions, ShareError> {
        let mut own = OwnVersions { unlocked: Vec::new(), closed: Vec::new() };
        for some in versions.chunks(READ_AT_ONCE) {
            let places: Vec<_> = some.iter().map(|version| (of.0, *version)).collect();
            let read = some.iter().copied().zip(self.versions_at(&places)?);
            own.add(self.unlocked_of(actor, of, read.collect(), rng)?);
        }
        Ok(own)
    }

    /// Reads versions of any records together.
    pub(crate) fn versions_at(
        &self,
        places: &[(RecordId, Version)],
    ) -> Result<Vec<Option<StoredVersion>>, AskError> {
        let reads: Vec<_> =
            places.iter().map(|(id, version)| read::record_version(*id, *version)).collect();
        self.ask_all(&reads)
    }

    /// Unlocks versions of one's own record that were just read, as far as they open.
    pub(crate) fn unlocked_of(
        &self,
        actor: &Actor,
        of: (RecordId, &Record),
        read: Vec<(Version, Option<StoredVersion>)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<OwnVersions, ShareError> {
        let mut own = OwnVersions { unlocked: Vec::new(), closed: Vec::new() };
        for (version, stored) in read {
            let missing = OpenRecordError::NotFound { record: of.0, version };
            let opened = match stored {
                Some(stored) => self.unlock_read(actor, of, (version, stored), rng),
                None => Err(missing),
            };
            match opened {
                Ok(unlocked) => own.unlocked.push(unlocked),
                Err(error) => match WhyClosed::of(&error) {
                    Some(why) => own.closed.push(ClosedVersion { version, why }),
                    None => return Err(error.into()),
                },
            }
        }
        Ok(own)
    }

    /// Opens versions of a patient's record as their delegate, to share them: each leaves an entry in the record's log, but
    /// those that the delegate wrote.
    pub(crate) fn opened_versions(
        &self,
        actor: &Actor,
        id: RecordId,
        versions: Vec<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<OwnVersions, ShareError> {
        let mut own = OwnVersions { unlocked: Vec::new(), closed: Vec::new() };
        if self.sending == Sending::DryRun {
            return Ok(own);
        }
        for version in versions {
            let is_own = self.stored(id, version)?.author == actor.principal();
            let found = match is_own {
                true => self.own_version(actor, id, version, rng),
                false => match self.access(actor, id, Some(version), rng) {
                    Ok(Outcome::Done(access)) => {
                        self.finish(&access)?;
                        Ok(access.unlocked)
                    }
                    Ok(_) => return Err(ShareError::NotByDelegate { record: id }),
                    Err(error) => Err(error),
                },
            };
            match found {
                Ok(unlocked) => own.unlocked.push(unlocked),
                Err(error) => match WhyClosed::of(&error) {
                    Some(why) => own.closed.push(ClosedVersion { version, why }),
                    None => return Err(error.into()),
                },
            }
        }
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::envelope::{EnvelopeError, UnlockError};
    use mrms_store::{BlobId, StoreError};

    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_version_closes_it() {
        let (record, version) = (RecordId::new(1), Version::FIRST);
        let source = EnvelopeError::NotAnEnvelope;
        let salt = |unanswered: &[&str]| OpenRecordError::NoSalt {
            record,
            version,
            without: vec!["one".to_owned()],
            unanswered: unanswered.iter().map(|name| (*name).to_owned()).collect(),
        };
        let missing = StoreError::Missing { id: BlobId::from_bytes([0; 32]) };
        for (error, expected) in [
            (OpenRecordError::Envelope { record, version, source }, Some(WhyClosed::Unreadable)),
            (OpenRecordError::NoKey { record, version }, Some(WhyClosed::NoKey)),
            (OpenRecordError::Unlock(UnlockError::Commitment), Some(WhyClosed::NoKey)),
            (salt(&[]), Some(WhyClosed::NoSalt)),
            (salt(&["two"]), None),
            (OpenRecordError::Store(missing), None),
            (OpenRecordError::NotFound { record, version }, None),
        ] {
            assert_eq!(WhyClosed::of(&error), expected, "{error}");
        }
    }
}
