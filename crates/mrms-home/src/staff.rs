//! Ends a membership of an organisation's staff, and begins a new key for those who stay: on the ledger, and on the card of the
//! profile that has the keys.

use mrms_app::Actor;
use mrms_app::staff::administer::{EndedMembership, KeptStaffKey, StaffError};
use mrms_core::Principal;

use crate::clock::rng;
use crate::error::HomeError;
use crate::home::Home;
use crate::open::OpenHome;

/// What becomes of the organisation's key when somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAfterwards {
    /// A new one, where one is due.
    New,
    /// It stays, and the organisation's card with it.
    Stays,
}

/// Why something was not done with an organisation's staff, where the home has a part in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeStaffError {
    /// The ledger, a vault or the profile's memory failed.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The home's folder failed, or the account has no funds.
    #[error(transparent)]
    Home(#[from] HomeError),
}

/// A new key of an organisation.
#[derive(Debug)]
pub struct NewStaffKey {
    /// The staff record, which has it for those who stay.
    pub kept: KeptStaffKey,
    /// Its fingerprint, for the organisation's new card.
    pub fingerprint: String,
}

/// Somebody who was removed.
#[derive(Debug)]
pub struct RemovedMember {
    /// The end of their membership.
    pub ended: EndedMembership,
    /// The new key; `None` where it was to stay, and where none was due. Where it failed, the membership has ended all the same:
    /// the next removal, or [`OpenHome::begin_staff_key`], goes on.
    pub new_key: Result<Option<NewStaffKey>, HomeStaffError>,
}

impl OpenHome {
    /// Ends a membership, and then begins a new key.
    ///
    /// # Errors
    ///
    /// [`HomeStaffError`] where the membership did not end.
    pub fn remove_member(
        &self,
        home: &Home,
        actor: &mut Actor,
        member: &Principal,
        key: KeyAfterwards,
        inline_limit: usize,
    ) -> Result<RemovedMember, HomeStaffError> {
        self.fund(actor)?;
        // The membership first: from then on they get nothing, whatever interrupts the rest.
        let ended = self.session().end_membership(actor, member)?;
        let ended = ended.done().ok_or(StaffError::NotSent)?;
        self.watch_own_vault();
        let new_key = match key {
            KeyAfterwards::New if ended.is_key_due => {
                self.begin_staff_key(home, actor, inline_limit).map(Some)
            }
            KeyAfterwards::New | KeyAfterwards::Stays => Ok(None),
        };
        Ok(RemovedMember { ended, new_key })
    }

    /// Begins a new key of an organisation, for those who are on its staff. One that was begun and not written yet is taken up.
    ///
    /// # Errors
    ///
    /// [`HomeStaffError`]; repeated, it goes on.
    pub fn begin_staff_key(
        &self,
        home: &Home,
        actor: &mut Actor,
        inline_limit: usize,
    ) -> Result<NewStaffKey, HomeStaffError> {
        let session = self.session();
        home.begin_identity(self, actor)?;
        let kept = session.keep_staff_key(actor, inline_limit, &mut rng())?;
        let kept = kept.done().ok_or(StaffError::NotSent)?;
        let published = session.publish_recipient(actor).map_err(StaffError::from)?;
        published.done().ok_or(StaffError::NotSent)?;
        let identity = actor.keyring.identity(actor.identity).map_err(StaffError::from)?;
        Ok(NewStaffKey { kept, fingerprint: identity.recipient().fingerprint().to_string() })
    }
}
