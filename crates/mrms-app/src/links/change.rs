//! Pauses, re-arms and destroys links.
//!
//! The contract ends a link: its grants are revoked. The host is told as well, so that it asks the ledger for nothing and
//! deletes what it has. A host that can't be reached stops neither; without live grants an honest host gives nothing.

use mrms_contract::{call, read};
use mrms_core::{BurnHeight, RecordId, grant};
use rand_core::CryptoRng;

use super::host::{HostError, LinkHost};
use super::make::LinkError;
use crate::profile::links::GivenVersion;
use crate::profile::links::{KeptLink, LinkState};
use crate::session::{Actor, AskError, Session};

/// How a link was ended.
#[derive(Debug)]
pub struct Ended {
    /// The link as it is now.
    pub link: KeptLink,
    /// The grants that were revoked.
    pub revoked: Vec<RecordId>,
    /// Why the host was not told; `None` where it was.
    pub host_not_told: Option<HostError>,
}

impl Session<'_> {
    /// The links that this person made, by their numbers.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn links(&self, actor: &Actor) -> Result<Vec<KeptLink>, LinkError> {
        Ok(self.profile.links(&actor.keyring.record_root()?)?)
    }

    /// The link with this number.
    ///
    /// # Errors
    ///
    /// [`LinkError::NoLink`].
    pub fn link(&self, actor: &Actor, number: u32) -> Result<KeptLink, LinkError> {
        let found = self.links(actor)?.into_iter().find(|link| link.number == number);
        found.ok_or(LinkError::NoLink { number })
    }

    /// The link with this number, if it can be changed on this ledger.
    fn link_here(&self, actor: &Actor, number: u32) -> Result<KeptLink, LinkError> {
        let link = self.link(actor, number)?;
        match link.contract == self.contract.to_string() {
            true => Ok(link),
            false => Err(LinkError::Elsewhere { number }),
        }
    }

    /// The same, if it is not destroyed, and its destruction was not begun.
    fn standing_link(&self, actor: &Actor, number: u32) -> Result<KeptLink, LinkError> {
        let link = self.link_here(actor, number)?;
        match link.state {
            LinkState::Destroying | LinkState::Destroyed => Err(LinkError::Gone { number }),
            _ => Ok(link),
        }
    }

    /// Ends a link's access now. It can be armed again.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn pause_link(
        &self,
        actor: &Actor,
        number: u32,
        host: &dyn LinkHost,
        rng: &mut dyn CryptoRng,
    ) -> Result<Ended, LinkError> {
        let link = self.standing_link(actor, number)?;
        // A host that never had it has nothing to pause.
        let told = host.pause(&link.id).err();
        let host_not_told = told.filter(|error| !matches!(error, HostError::Unknown));
        let revoked = self.revoke_link(actor, &link)?;
        let paused = KeptLink { state: LinkState::Paused, ..link };
        let root = actor.keyring.record_root()?;
        self.profile.change_link(&root, number, rng, |kept| *kept = paused.clone())?;
        Ok(Ended { link: paused, revoked, host_not_told })
    }

    /// Arms a link again, with the latest version of what it gives: uses and wrong passcodes are counted from nothing.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn rearm_link(
        &self,
        actor: &Actor,
        number: u32,
        expiry: BurnHeight,
        host: &dyn LinkHost,
        rng: &mut dyn CryptoRng,
    ) -> Result<KeptLink, LinkError> {
        let link = self.standing_link(actor, number)?;
        let expires = self.ledger.tip().map_err(AskError::from)?.clock().time_of(expiry);
        let link = KeptLink { expiry, expires, ..link };
        let records: Vec<RecordId> = link.gives.iter().map(|given| given.record).collect();
        let prepared = self.prepare_link(actor, &records, rng)?;
        self.arm(actor, &link, &prepared, host, rng)
    }

    /// Destroys a link: its access ends, and host and profile delete everything that could open it. Repeated after an
    /// interruption, it goes on.
    ///
    /// # Errors
    ///
    /// [`LinkError`]. Where the host can't do its part, the link stays as one whose destruction was begun.
    pub fn destroy_link(
        &self,
        actor: &Actor,
        number: u32,
        host: &dyn LinkHost,
        rng: &mut dyn CryptoRng,
    ) -> Result<Ended, LinkError> {
        let link = self.link_here(actor, number)?;
        let root = actor.keyring.record_root()?;
        if link.state == LinkState::Destroyed {
            return Ok(Ended { link, revoked: Vec::new(), host_not_told: None });
        }
        let link = KeptLink { state: LinkState::Destroying, ..link };
        self.profile.change_link(&root, number, rng, |kept| *kept = link.clone())?;
        let host_not_told = host.remove(&link.id).err();
        let revoked = self.revoke_link(actor, &link)?;
        if host_not_told.is_some() {
            return Ok(Ended { link, revoked, host_not_told });
        }
        let gone = link.destroyed();
        self.profile.change_link(&root, number, rng, |kept| *kept = gone.clone())?;
        Ok(Ended { link: gone, revoked, host_not_told: None })
    }

    /// Revokes what the link's account can still open. Asks the contract, and not the profile: a link that was begun and
    /// interrupted may have been granted.
    fn revoke_link(&self, actor: &Actor, link: &KeptLink) -> Result<Vec<RecordId>, LinkError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let mut open = Vec::new();
        for GivenVersion { record, .. } in &link.gives {
            let found = self.ask(&read::grant(*record, &link.principal))?;
            let is_open =
                found.is_some_and(|one| one.rights.is_some() && grant::is_live(one.expiry, now));
            // Who gave the record away can't revoke, and need not.
            let is_own = self
                .ask(&read::record(*record))?
                .is_some_and(|found| found.patient == actor.principal());
            if is_open && is_own && !open.contains(record) {
                open.push(*record);
            }
        }
        let calls = open
            .iter()
            .map(|record| self.transaction(call::revoke_record_access(*record, &link.principal)));
        let what = format!("end the access of {}", link.name());
        self.send_for_link(actor, &what, calls.collect())?;
        Ok(open)
    }
}
