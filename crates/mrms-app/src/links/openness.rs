//! Whether a link can be used, and what it is that keeps it shut.
//!
//! The profile knows what the patient did to a link, the contract its grants, the host its uses and wrong passcodes. A link
//! opens only what all three let it.

use mrms_contract::read;
use mrms_core::{BurnHeight, grant};

use crate::links::host::HostStanding;
use crate::profile::links::{KeptLink, LinkState};
use crate::session::{AskError, Session};

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// It was begun and interrupted.
    Begun,
    /// It can be used.
    Armed,
    /// It has ended by itself.
    Ended,
    /// All that it was granted was revoked.
    Revoked,
    /// It was used as often as it can be.
    UsedUp,
    /// It stands no more wrong passcodes.
    Shut,
    /// The patient paused it.
    Paused,
    /// Its destruction was begun and interrupted.
    Destroying,
    /// It is gone.
    Destroyed,
}

impl Openness {
    /// Without the ledger: `is_granted` says whether one of its grants is in force.
    fn of(
        link: &KeptLink,
        now: BurnHeight,
        is_granted: bool,
        standing: Option<&HostStanding>,
    ) -> Self {
        let is_used_up =
            |standing: &HostStanding| link.most_uses.is_some_and(|most| standing.uses >= most);
        match link.state {
            LinkState::Begun => Self::Begun,
            LinkState::Paused => Self::Paused,
            LinkState::Destroying => Self::Destroying,
            LinkState::Destroyed => Self::Destroyed,
            LinkState::Armed if now >= link.expiry => Self::Ended,
            LinkState::Armed if !is_granted => Self::Revoked,
            LinkState::Armed if standing.is_some_and(is_used_up) => Self::UsedUp,
            LinkState::Armed if standing.and_then(|one| one.attempts_left) == Some(0) => Self::Shut,
            LinkState::Armed => Self::Armed,
        }
    }
}

impl Session<'_> {
    /// How a link stands, by the profile, the contract, and its host where that was asked.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn openness(
        &self,
        link: &KeptLink,
        now: BurnHeight,
        standing: Option<&HostStanding>,
    ) -> Result<Openness, AskError> {
        let mut is_granted = false;
        if link.state == LinkState::Armed {
            for given in &link.gives {
                let found = self.ask(&read::grant(given.record, &link.principal))?;
                is_granted |= found.is_some_and(|found| grant::is_live(found.expiry, now));
            }
        }
        Ok(Openness::of(link, now, is_granted, standing))
    }
}
