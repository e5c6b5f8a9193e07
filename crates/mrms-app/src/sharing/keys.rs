//! A profile's encryption key in the contract's directory: publishes it, and finds it again.

use mrms_contract::{call, read};
use mrms_crypto::IdentityIndex;
use mrms_crypto::keyring::{Keyring, NoKeyError};

use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Session};

/// How many identities in a row may have been made and never published.
const SKIPPED: u64 = 16;

/// Why a key could not be published or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The published key belongs to none of the keyring's identities.
    #[error("the published encryption key was not made from these words")]
    ForeignKey,
}

impl Session<'_> {
    /// Publishes the actor's recipient, unless the directory has it already. Returns its text.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn publish_recipient(&self, actor: &Actor) -> Result<Outcome<String>, KeyError> {
        let identity = actor.keyring.identity(actor.identity)?;
        let bytes = identity.recipient().to_bytes();
        let published = self.ask(&read::encryption_key(&actor.principal()))?;
        let recipient = identity.recipient().to_string();
        if published.is_some_and(|published| published.recipient == bytes) {
            return Ok(Outcome::Done(recipient));
        }
        let call = call::publish_encryption_key(bytes);
        let sent = self.carry_out(actor, "publish the encryption key", vec![call])?;
        Ok(sent.map(|_| recipient))
    }

    /// Which of the keyring's identities the directory has; the first when it has none.
    ///
    /// # Errors
    ///
    /// [`KeyError::ForeignKey`] when it has a key that these words do not give.
    pub fn published_identity(
        &self,
        keyring: &Keyring,
        owner: &mrms_core::Principal,
    ) -> Result<IdentityIndex, KeyError> {
        Ok(self.identity_in_directory(keyring, owner)?.unwrap_or(IdentityIndex::FIRST))
    }

    /// Which of the keyring's identities the directory has; `None` when it has none of this account.
    ///
    /// # Errors
    ///
    /// [`KeyError::ForeignKey`] when it has a key that these words do not give.
    pub fn identity_in_directory(
        &self,
        keyring: &Keyring,
        owner: &mrms_core::Principal,
    ) -> Result<Option<IdentityIndex>, KeyError> {
        let Some(published) = self.ask(&read::encryption_key(owner))? else { return Ok(None) };
        let mut index = Some(IdentityIndex::FIRST);
        // Each rotation publishes a generation, unless it was interrupted before that.
        for _ in 0..published.generation.saturating_add(SKIPPED) {
            let Some(candidate) = index else { break };
            if keyring.identity(candidate)?.recipient().to_bytes() == published.recipient {
                return Ok(Some(candidate));
            }
            index = candidate.next();
        }
        Err(KeyError::ForeignKey)
    }
}
