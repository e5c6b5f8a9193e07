//! Brings one's own records along from another ledger: puts them on record here, under ids that are made from theirs. So nothing
//! is brought twice, and what was interrupted goes on by being repeated.
//!
//! Every version comes, in its order, written by the person themselves: who wrote it there, and the log of that ledger, stay there.
//! What could be erased there can be erased here; what was erased does not come.

use mrms_contract::state::Record;
use mrms_contract::{ids, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::content::Label;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::access::open::Unlocked;
use crate::profile::ProfileError;
use crate::records::pass_on::PassOnError;
use crate::records::write::Placement;
use crate::session::{Actor, AskError, Session};

/// Why records could not be brought along.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BringError {
    /// A contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A version could not be opened there, or not be written here.
    #[error(transparent)]
    PassOn(#[from] PassOnError),
    /// The account has no ids of its own.
    #[error("this account can have no records")]
    NoId,
    /// Nothing was sent.
    #[error("nothing was sent")]
    NotSent,
}

/// One's own records on another ledger: with whom one works there, and as whom.
#[derive(Clone, Copy)]
pub struct Elsewhere<'e> {
    /// The session there.
    pub session: Session<'e>,
    /// The account there: the same words, on that ledger's network.
    pub actor: &'e Actor,
}

/// A record that is to be brought along.
#[derive(Clone, Debug)]
pub struct LeftThere {
    /// Its id there.
    pub id: RecordId,
    record: Record,
    /// Its id here.
    pub here: RecordId,
    /// How many of its versions are here already.
    versions_here: u64,
}

impl LeftThere {
    /// The record there.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }
}

impl Session<'_> {
    /// Which records of the person's are on another ledger and not here with all their versions; none that were erased there.
    ///
    /// # Errors
    ///
    /// [`BringError`].
    pub fn left_there(
        &self,
        actor: &Actor,
        there: Elsewhere<'_>,
    ) -> Result<Vec<LeftThere>, BringError> {
        let me = actor.principal();
        let erased = there.session.erased_records()?;
        let records = there.session.records_of(&there.actor.principal())?;
        let mut left = Vec::new();
        for (id, record) in records.into_iter().filter(|(id, _)| !erased.contains(id)) {
            let here = there.id_elsewhere(id, &me).ok_or(BringError::NoId)?;
            left.push(LeftThere { id, record, here, versions_here: 0 });
        }
        let reads: Vec<_> = left.iter().map(|one| read::record(one.here)).collect();
        for (one, known) in left.iter_mut().zip(self.ask_all(&reads)?) {
            one.versions_here = known.map_or(0, |known| known.version.number());
        }
        left.retain(|one| one.versions_here < one.record.version.number());
        Ok(left)
    }

    /// The record on another ledger from which one here was brought, while its content is there.
    ///
    /// # Errors
    ///
    /// [`BringError`].
    pub fn brought_from(
        &self,
        actor: &Actor,
        there: Elsewhere<'_>,
        id: RecordId,
    ) -> Result<Option<RecordId>, BringError> {
        let (me, erased) = (actor.principal(), there.session.erased_records()?);
        let records = there.session.records_of(&there.actor.principal())?;
        let mut ids = records.into_iter().map(|(id, _)| id).filter(|one| !erased.contains(one));
        Ok(ids.find(|one| there.id_elsewhere(*one, &me) == Some(id)))
    }

    /// Puts a record of another ledger on record here, with all its versions. Returns how many versions came.
    ///
    /// # Errors
    ///
    /// [`BringError`]; what came before it stays, and is not brought again.
    pub fn bring(
        &self,
        actor: &Actor,
        there: Elsewhere<'_>,
        left: &LeftThere,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<u64, BringError> {
        // What could be erased there can be erased here.
        let retention = there.session.retention(left.id, left.record.version);
        let retention = retention.map_err(PassOnError::from)?;
        let placement = Placement { inline_limit, retention };
        let title = there.session.record_label(there.actor, left.id, &left.record, rng);
        let title = title.and_then(|title| title.name()?.parse::<Label>().ok());
        let mut came = 0;
        for version in left.record.version.up_to().filter(|one| one.number() > left.versions_here) {
            let unlocked = there.open(left.id, version, rng)?;
            let is_first = version == Version::FIRST;
            // A version of somebody else did not name the record there, and does not here.
            let is_own = unlocked.stored.author == there.actor.principal();
            let label = title.as_ref().filter(|_| !is_own);
            let done = there.session.pass_on(&unlocked, label, |source| match is_first {
                true => self.create(actor, left.here, source, placement, rng),
                false => self.amend(actor, left.here, source, placement.inline_limit, rng),
            })?;
            done.done().ok_or(BringError::NotSent)?;
            came += 1;
        }
        Ok(came)
    }
}

impl Elsewhere<'_> {
    /// The id that a record of this ledger gets on another. It is another id, so that what the profile remembers of the one
    /// is not taken for the other's.
    fn id_elsewhere(&self, id: RecordId, me: &Principal) -> Option<RecordId> {
        let mut hash = Sha256::new_with_prefix("mrms-brought/v1\0");
        hash.update(self.session.ledger.genesis().unwrap_or_default());
        hash.update(format!("\0{}\0{id}", self.session.contract));
        let hash: [u8; 32] = hash.finalize().into();
        ids::bound_to(me, u64::from_be_bytes(*hash.first_chunk()?))
    }

    fn open(
        &self,
        id: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unlocked, BringError> {
        let opened = self.session.own_version(self.actor, id, version, rng);
        Ok(opened.map_err(PassOnError::from)?)
    }
}
