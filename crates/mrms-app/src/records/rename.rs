//! Gives one's own record another name: a version with the same content under that name, as nothing on record is ever changed.

use mrms_contract::{ContractError, read};
use mrms_core::{RecordId, Version};
use mrms_crypto::content::Label;
use rand_core::CryptoRng;

use crate::records::pass_on::PassOnError;
use crate::records::write::{Added, WriteError};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};

/// Why a record could not be renamed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenameError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The version that has the name now could not be opened, or the one with the new name not be written.
    #[error(transparent)]
    PassOn(#[from] PassOnError),
}

impl Session<'_> {
    /// The version by which one's own record has this name already; `None` where it has another one, or that can't be read.
    pub fn named_before(
        &self,
        actor: &Actor,
        id: RecordId,
        name: &Label,
        rng: &mut dyn CryptoRng,
    ) -> Option<Version> {
        let record = self.ask(&read::record(id)).ok()??;
        let titled = self.titled_by(id, &record).ok()?;
        let unlocked = self.own_version(actor, id, titled, rng).ok()?;
        let is_so = self.header(&unlocked).ok()?.label.as_ref() == Some(name);
        is_so.then_some(titled)
    }

    /// Adds a version to one's own record that has the same content as the one with its title, and another title.
    ///
    /// # Errors
    ///
    /// [`RenameError`]; then the record is as it was.
    pub fn rename(
        &self,
        actor: &Actor,
        id: RecordId,
        name: &Label,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, RenameError> {
        let refused = |error| PassOnError::Write(WriteError::Refused(error));
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or_else(|| refused(ContractError::RecordNotFound))?;
        if record.patient != actor.principal() {
            return Err(refused(ContractError::NotPatient).into());
        }
        let titled = self.titled_by(id, &record)?;
        let unlocked = self.own_version(actor, id, titled, rng).map_err(PassOnError::from)?;
        let write = |source| self.amend(actor, id, source, inline_limit, rng);
        Ok(self.pass_on(&unlocked, Some(name), write)?)
    }
}
