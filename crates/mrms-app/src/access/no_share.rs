//! Why vaults that answer have no share of a version for a reader, and what has to happen so that they get one.
//!
//! Reads the chain and the profile's memory; asks no vault. The contract let the reader in: only the key is not there yet. Who
//! leaves it is always the patient's side, so the answer says what the reader asks the patient for.

use mrms_contract::read;
use mrms_core::{Powers, Principal, RecordId, Version, grant};

use crate::session::{Actor, AskError, Session};

/// What has to happen before the vaults have a share for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNoShare {
    /// The reader, or the organisation for which they open, has had more than one key: what the patient added since the last
    /// change waits until the patient has compared the new one.
    NewKey,
    /// A program of the patient has to run once: they read everything, or somebody else than the patient wrote the version.
    PatientsProgram,
    /// The patient has to share the record again.
    ShareAgain,
}

/// A version of which the vaults have no share for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoShare {
    /// The version.
    pub version: Version,
    /// What has to happen.
    pub why: WhyNoShare,
    /// The version before it, where that may open now.
    pub earlier: Option<Version>,
}

impl Session<'_> {
    /// Why the vaults had no share of a version, the latest where none is named, for the actor or an organisation of theirs.
    /// `None` where there is no such record.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn why_no_share(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Option<Version>,
        organisation: Option<&Principal>,
    ) -> Result<Option<NoShare>, AskError> {
        let Some(record) = self.ask(&read::record(id))? else { return Ok(None) };
        let version = version.unwrap_or(record.version);
        let me = actor.principal();
        let holder = organisation.unwrap_or(&me);
        let now = self.ledger.tip()?.burn_height;
        let delegation = self.ask(&read::delegate(&record.patient, holder))?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        let sees = powers.is_some_and(|powers| powers.include(Powers::SEE));
        let reader = self.reader(id, (&record.patient, holder), now)?;
        let standing = reader.standing.filter(|one| grant::is_live(one.expiry, now));
        let reads_all = sees || standing.is_some_and(|one| one.rights.is_some());
        let author = self.ask(&read::record_version(id, version))?.map(|stored| stored.author);
        let has_had_several = match organisation {
            Some(organisation) => {
                self.held(actor, organisation).is_ok_and(|held| held.identities().len() > 1)
            }
            None => actor.identity.number() > 0,
        };
        let why = match has_had_several {
            true => WhyNoShare::NewKey,
            false if reads_all || author.is_some_and(|author| author != record.patient) => {
                WhyNoShare::PatientsProgram
            }
            false => WhyNoShare::ShareAgain,
        };
        let first = match (sees, reader.now) {
            (true, _) => Some(Version::FIRST),
            (false, in_force) => in_force.ok().map(|(_, first)| first),
        };
        // Who reads everything, and opened nothing of it yet, has no key of any version.
        let has_read = || self.kept_of(actor, id).ok().flatten().is_some_and(|one| one.was_read());
        let earlier = Version::new(version.number() - 1)
            .filter(|earlier| first.is_some_and(|first| first <= *earlier))
            .filter(|_| !reads_all || has_read());
        Ok(Some(NoShare { version, why, earlier }))
    }
}
