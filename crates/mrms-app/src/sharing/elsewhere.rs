//! What this person gave somebody on another contract than the one that the settings name: ending what they can open on this one
//! leaves that as it is.

use std::collections::BTreeSet;

use mrms_core::Principal;

use crate::session::{Actor, Session};
use crate::sharing::grant::ShareError;

impl Session<'_> {
    /// Whether this profile remembers to have given somebody anything, ended or not, on any contract. Where that can't be read,
    /// nothing is known.
    pub fn knows_of(&self, actor: &Actor, user: &Principal) -> bool {
        let root = actor.keyring.record_root().ok();
        let memory = root.and_then(|root| self.profile.granted(&root).ok()).unwrap_or_default();
        memory.all().iter().any(|one| one.reader == *user)
            || memory.of_all().iter().any(|one| one.reader == *user)
    }

    /// The other contracts on which this profile remembers to have given somebody what no block is known to have ended.
    ///
    /// # Errors
    ///
    /// [`ShareError`]: the memory can't be read.
    pub fn given_elsewhere(
        &self,
        actor: &Actor,
        user: &Principal,
    ) -> Result<BTreeSet<String>, ShareError> {
        let is_live = self.may_be_live();
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let here = self.contract.to_string();
        let of_one = memory.all().iter();
        let of_one = of_one.map(|one| (one.contract(), &one.reader, one.stands(), one.expiry));
        let of_all = memory.of_all().iter();
        let of_all = of_all.map(|one| (one.contract(), &one.reader, one.stands(), one.expiry));
        let theirs = of_one.chain(of_all).filter(|(contract, reader, stands, expiry)| {
            *contract != here && *reader == user && *stands && is_live(*expiry)
        });
        Ok(theirs.map(|(contract, ..)| contract.to_owned()).collect())
    }
}
