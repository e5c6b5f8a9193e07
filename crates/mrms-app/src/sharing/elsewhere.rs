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
        let of_one = memory.all().iter().filter(|one| {
            !one.is_on(self.contract) && one.reader == *user && one.stands() && is_live(one.expiry)
        });
        let of_all = memory.of_all().iter().filter(|one| {
            !one.is_on(self.contract) && one.reader == *user && one.stands() && is_live(one.expiry)
        });
        let of_one = of_one.map(|one| one.contract().to_owned());
        Ok(of_one.chain(of_all.map(|one| one.contract().to_owned())).collect())
    }
}
