//! Which nonce comes next: by the ledger, and, for what ends access, by what else is known where the ledger does not tell.
//!
//! A node that tells everything but an account could keep a patient from ending anything. So an end takes the nonce behind
//! the last that this profile signed, or a higher one that others tell: never one of something of the person's own that waits.
//! Whether it is the right one shows when a block has it. Nothing but an end is signed so.

use mrms_core::Nonce;

use super::first::nonce;
use crate::profile::ProfileError;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

impl Session<'_> {
    /// The account's next nonce, after those of operations that the ledger does not have yet.
    pub(super) fn next_nonce(&self, actor: &Actor) -> Result<Nonce, SendError> {
        // The outbox first: the ledger counts what leaves the outbox meanwhile.
        let waiting = self.waiting_nonce(actor)?;
        let told = self.ledger.account(&actor.principal)?.nonce;
        Ok(waiting.map_or(told, |waiting| told.max(waiting)))
    }

    /// The same for what ends access. Where the ledger does not tell the account, it goes by what else is known, and the person
    /// is told.
    pub(super) fn next_nonce_of_end(&self, actor: &Actor) -> Result<Nonce, SendError> {
        let error = match self.next_nonce(actor) {
            Err(SendError::Ledger(error)) => error,
            told => return told,
        };
        let noted = self.noted_nonce(actor)?;
        let others = self.ledger.nonce_of_others(&actor.principal);
        let next = noted.max(others).ok_or(error)?;
        self.ledger.nonce_is_unsure(next);
        Ok(next)
    }

    /// The nonce behind the last that this profile has a note of: of what waits, and of what it saw in blocks.
    pub(super) fn noted_nonce(&self, actor: &Actor) -> Result<Option<Nonce>, ProfileError> {
        // What stood in a block is used, and what can't be read of that keeps nothing from being sent.
        let acts = self.ledger.genesis().map(|genesis| self.profile.acts_on(&genesis));
        let acts = acts.and_then(Result::ok).unwrap_or_default();
        let in_blocks = acts.into_iter().filter_map(|act| Some(act.nonce?.plus(1))).max();
        Ok(self.waiting_nonce(actor)?.max(in_blocks))
    }

    /// The nonce behind the last that waits in the outbox.
    fn waiting_nonce(&self, actor: &Actor) -> Result<Option<Nonce>, ProfileError> {
        let unfinished = self.unfinished()?;
        let all = unfinished.iter().flat_map(|one| one.transactions.iter().flatten());
        let own = all.filter(|one| one.origin() == actor.principal);
        Ok(own.map(nonce).max().map(|last| Nonce::new(last).plus(1)))
    }
}
