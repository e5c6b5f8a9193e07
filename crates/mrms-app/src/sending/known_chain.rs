//! Nothing is signed on another chain than the one on which this profile signed for the contract before: whoever serves a ledger
//! could name another one, on which an end is an end of nothing.

use crate::ledger::LedgerError;
use crate::profile::ProfileError;
use crate::profile::chains::KnownChain;
use crate::sending::outcome::SendError;
use crate::session::{Sending, Session};

impl Session<'_> {
    /// The chain that the ledger says it is.
    #[must_use]
    pub fn chain(&self) -> KnownChain {
        KnownChain::new(self.ledger.network().chain_id, self.ledger.genesis().as_deref())
    }

    /// Fails where that is not the one on which this profile signed for the contract; from the first time on it is. That it can't be
    /// noted keeps nothing back: what else has no room says so.
    pub(super) fn must_be_known_chain(&self, ends: bool) -> Result<(), SendError> {
        let here = self.chain();
        let known = match self.profile.chains_of(self.contract) {
            // A file that is damaged keeps no end back.
            Err(ProfileError::Damaged { .. }) if ends => return Ok(()),
            known => known?.unwrap_or_default(),
        };
        if let Some(chain) = KnownChain::contradicted(&known, &here) {
            let was = format!("{chain}, where it signed for {}", self.contract);
            let (who, is) = ("the ledger".to_owned(), here.to_string());
            return Err(LedgerError::OtherChain { who, is, was }.into());
        }
        if self.sending == Sending::Send {
            let _ = self.profile.remember_chain(self.contract, &here);
        }
        Ok(())
    }
}
