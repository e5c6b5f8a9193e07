//! Pauses, re-arms and destroys links.
//!
//! The contract ends a link: its grants are revoked. The host is told as well, so that it asks the ledger for nothing and
//! deletes what it has. A host that can't be reached stops neither; without live grants an honest host gives nothing.

use mrms_contract::{ContractError, call, read};
use mrms_core::{BurnHeight, RecordId};
use rand_core::CryptoRng;

use super::host::{HostError, LinkHost};
use super::make::LinkError;
use crate::profile::links::GivenVersion;
use crate::profile::links::{KeptLink, LinkState};
use crate::sending::SENT_TOGETHER;
use crate::sending::outcome::{Outcome, SendError, refusal_in};
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
    /// Whether this profile could note it: its disk may be full.
    pub is_noted: bool,
}

/// A grant of a link that is to end.
struct OpenGrant {
    record: RecordId,
    /// Whether the ledger shows it. Of one that it does not show, the contract may say that there is none.
    is_shown: bool,
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
        let is_noted = self.note_link(actor, &paused, rng)?;
        Ok(Ended { link: paused, revoked, host_not_told, is_noted })
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
            return Ok(Ended { link, revoked: Vec::new(), host_not_told: None, is_noted: true });
        }
        let destroying = KeptLink { state: LinkState::Destroying, ..link.clone() };
        let is_noted = self.note_link(actor, &destroying, rng)?;
        let host_not_told = host.remove(&link.id).err();
        let revoked = self.revoke_link(actor, &link)?;
        if host_not_told.is_some() {
            return Ok(Ended { link: destroying, revoked, host_not_told, is_noted });
        }
        // Without room for it the profile still has the key: then it is not destroyed.
        let gone = link.destroyed();
        self.profile.change_link(&root, number, rng, |kept| *kept = gone.clone())?;
        Ok(Ended { link: gone, revoked, host_not_told: None, is_noted: true })
    }

    /// Notes what became of a link, and returns whether that could be written: it keeps no access from ending.
    fn note_link(
        &self,
        actor: &Actor,
        link: &KeptLink,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, LinkError> {
        let root = actor.keyring.record_root()?;
        let changed =
            self.profile.change_link(&root, link.number, rng, |kept| *kept = link.clone());
        match changed {
            Err(error) if error.is_unwritable() => Ok(false),
            changed => Ok(changed.map(|()| true)?),
        }
    }

    /// Revokes what the link's account can still open. Asks the contract first: a link that was begun and interrupted may have been
    /// granted. What a ledger does not answer or hides of a link that was granted is revoked all the same.
    fn revoke_link(&self, actor: &Actor, link: &KeptLink) -> Result<Vec<RecordId>, LinkError> {
        let mut open: Vec<OpenGrant> = Vec::new();
        for GivenVersion { record, .. } in &link.gives {
            if !open.iter().any(|one| one.record == *record) {
                open.extend(self.open_grant(actor, link, *record));
            }
        }
        let what = format!("end the access of {}", link.name());
        let mut revoked = Vec::new();
        for open in open.chunks(SENT_TOGETHER) {
            let calls =
                open.iter().map(|one| call::revoke_record_access(one.record, &link.principal));
            let unsigned = calls.map(|call| self.transaction(call)).collect();
            let Outcome::Done(receipts) = self.send(actor, &what, unsigned)? else { continue };
            for (OpenGrant { record, is_shown }, receipt) in open.iter().zip(&receipts) {
                match refusal_in(receipt)? {
                    None => revoked.push(*record),
                    Some(ContractError::NoSuchGrant) if !is_shown => {}
                    Some(refusal) => {
                        return Err(SendError::Refused { refusal, txid: receipt.txid }.into());
                    }
                }
            }
        }
        Ok(revoked)
    }

    /// The link's grant on a record, if it is open or may be.
    fn open_grant(&self, actor: &Actor, link: &KeptLink, record: RecordId) -> Option<OpenGrant> {
        // Who gave the record away can't revoke, and need not.
        if let Ok(Some(found)) = self.ask(&read::record(record))
            && found.patient != actor.principal()
        {
            return None;
        }
        let hidden = OpenGrant { record, is_shown: false };
        let was_granted = matches!(link.state, LinkState::Armed | LinkState::Destroying);
        match self.ask(&read::grant(record, &link.principal)) {
            Ok(Some(grant)) => (grant.rights.is_some() && self.may_be_live()(grant.expiry))
                .then_some(OpenGrant { record, is_shown: true }),
            Ok(None) => was_granted.then_some(hidden),
            Err(_) => Some(hidden),
        }
    }
}
