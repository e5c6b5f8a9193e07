//! What no block proves yet of what this person gave and ended, by person: ends that were begun and of which no block is known,
//! and gifts that a node refused, which proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::Principal;

use super::not_shown::{What, given_by};
use crate::profile::granted_all::ReadsAllBy;
use crate::session::{Actor, Session};
use crate::sharing::grant::ShareError;

/// What is not proven of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unproven {
    /// What this person wants ended, and no block is known to have the end. The ledger may show the end by now.
    pub ending: Vec<What>,
    /// What a node refused to give them, and may be given all the same.
    pub perhaps: Vec<What>,
    /// Whether there is something else of that kind.
    pub perhaps_more: bool,
}

impl Unproven {
    /// Whether something may be given that a node refused.
    #[must_use]
    pub const fn may_come(&self) -> bool {
        !self.perhaps.is_empty() || self.perhaps_more
    }
}

impl Session<'_> {
    /// What is not proven yet, of everybody of whom something is not. Where the memory of what was given can't be read, no end is
    /// known to have begun.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn unproven(&self, actor: &Actor) -> Result<BTreeMap<Principal, Unproven>, ShareError> {
        let mut found: BTreeMap<Principal, Unproven> = BTreeMap::new();
        let root = actor.keyring.record_root()?;
        if let Ok(memory) = self.profile.granted(&root) {
            let is_live = self.may_be_live();
            let is_ending = |stands: bool, is_given: bool| stands && !is_given;
            for one in memory.all().iter().filter(|one| one.is_on(self.contract)) {
                if is_ending(one.stands(), one.rights().is_some()) && is_live(one.expiry) {
                    let theirs = found.entry(one.reader.clone()).or_default();
                    theirs.ending.push(What::Record(one.record));
                }
            }
            for one in memory.all_of(self.contract) {
                let what = match one.by {
                    ReadsAllBy::Standing => What::AllRecords,
                    ReadsAllBy::Delegation => What::Delegation,
                    ReadsAllBy::Contact => What::Contact,
                    ReadsAllBy::Membership => What::Membership,
                    ReadsAllBy::Offer => What::Offer,
                };
                if is_ending(one.stands(), one.allows().is_some()) && is_live(one.expiry) {
                    found.entry(one.reader.clone()).or_default().ending.push(what);
                }
            }
        }
        let me = actor.principal();
        for refused in self.perhaps_given()? {
            let others: BTreeSet<Principal> =
                refused.names().into_iter().filter(|one| *one != me).collect();
            for other in others {
                let what: Vec<_> = given_by(&refused, &other).collect();
                let theirs = found.entry(other).or_default();
                theirs.perhaps_more |= what.is_empty();
                for one in what {
                    if !theirs.perhaps.contains(&one) {
                        theirs.perhaps.push(one);
                    }
                }
            }
        }
        Ok(found)
    }
}
