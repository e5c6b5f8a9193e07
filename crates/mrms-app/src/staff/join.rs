//! What a member does: takes an organisation's key from its staff record, and holds it.
//!
//! Opening the staff record leaves an entry in the organisation's log, so that it sees who took which key and when.

use std::collections::BTreeSet;

use mrms_contract::{ids, read};
use mrms_core::{Principal, Version};
use rand_core::CryptoRng;

use crate::access::holder::Organisation;
use crate::profile::staff::HeldKeys;
use crate::records::shared::{SharedBounds, SharedError};
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};
use crate::staff::administer::StaffError;

/// An organisation's key that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenKey {
    /// The version of the staff record that had it.
    pub version: Version,
    /// Whether it has the key that the organisation has published.
    pub has_published: bool,
}

impl Session<'_> {
    /// Takes an organisation's key from its staff record, with an entry in the organisation's log.
    ///
    /// # Errors
    ///
    /// [`StaffError`]. Where the person is no member, nothing is sent.
    pub fn take_staff_key(
        &self,
        actor: &Actor,
        organisation: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<TakenKey>, StaffError> {
        if let Some(refused) = self.why_no_member(organisation, &actor.principal())? {
            return Err(refused);
        }
        let no_staff = || StaffError::NoStaff { organisation: organisation.clone() };
        let staff = self.staff_record(organisation)?.ok_or_else(no_staff)?;
        self.access(actor, staff.id, None, &mut *rng)?.try_map(|access| {
            let identities = self.staff_key_in(&access.unlocked)?;
            self.finish(&access)?;
            let version = access.unlocked.version;
            let keys = HeldKeys { version, identities };
            let held = Organisation::of_texts(organisation.clone(), &keys.identities);
            let root = actor.keyring.record_root()?;
            self.profile.hold_keys(&root, self.contract, organisation, keys, rng)?;
            Ok(TakenKey { version, has_published: self.has_published_key(&held)? })
        })
    }

    /// Whether the organisation's published recipient is that of one of these keys.
    pub(crate) fn has_published_key(&self, held: &Organisation) -> Result<bool, AskError> {
        let published = self.ask(&read::encryption_key(held.principal()))?;
        Ok(published.is_some_and(|published| held.has_key_of(&published.recipient)))
    }

    /// Forgets an organisation's key. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn leave_staff(
        &self,
        actor: &Actor,
        organisation: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, StaffError> {
        let root = actor.keyring.record_root()?;
        Ok(self.profile.forget_keys(&root, self.contract, organisation, rng)?)
    }

    /// The organisations that name this person a member now and let them take a key, by what was shared with them.
    ///
    /// # Errors
    ///
    /// [`SharedError`].
    pub fn organisations_that_name(
        &self,
        me: &Principal,
    ) -> Result<BTreeSet<Principal>, SharedError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let mut found = BTreeSet::new();
        for one in self.shared_with(me, SharedBounds::USUAL)?.records {
            let organisation = &one.record.patient;
            if one.now.is_err() || ids::staff_record(organisation) != Some(one.id) {
                continue;
            }
            let membership = self.ask(&read::member(organisation, me))?;
            if membership.is_some_and(|membership| membership.is_live(now)) {
                found.insert(organisation.clone());
            }
        }
        Ok(found)
    }
}
