//! Whom a key may be wrapped to: the contract's directory, and what this profile has seen before.
//!
//! A recipient is taken from `encryption-keys`, where its owner's own transaction put it, and is
//! remembered at first use. When it changes, nothing is wrapped to the new one until the person at
//! work has said that they trust it.

use mrms_contract::read;
use mrms_core::Principal;
use mrms_crypto::{HybridRecipient, ParseKeyError};

use crate::profile::{PinnedRecipient, ProfileError};
use crate::session::{AskError, Sending, Session};

/// What to do when somebody's key is not the one that was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedKey {
    /// Refuse, so that the person can ask its owner.
    Refuse,
    /// Take it, and remember it from now on.
    Accept,
}

/// Why there is nobody to wrap a key to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// They published no key.
    #[error("{owner} has published no encryption key")]
    NotPublished {
        /// Whose key was looked for.
        owner: Principal,
    },
    /// What they published is no recipient.
    #[error("the encryption key that {owner} has published is not one that can be used")]
    Malformed {
        /// Whose key it is.
        owner: Principal,
        /// What is wrong with it.
        #[source]
        source: ParseKeyError,
    },
    /// It is another key than the one that was seen before.
    #[error("{owner} has published another encryption key since you last shared with them")]
    Changed {
        /// Whose key it is.
        owner: Principal,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Session<'_> {
    /// The recipient that `owner` has published, remembered at first use.
    ///
    /// # Errors
    ///
    /// [`RecipientError`].
    pub fn recipient_of(
        &self,
        owner: &Principal,
        changed: ChangedKey,
    ) -> Result<HybridRecipient, RecipientError> {
        let published = self
            .ask(&read::encryption_key(owner))?
            .ok_or_else(|| RecipientError::NotPublished { owner: owner.clone() })?;
        let recipient = HybridRecipient::from_bytes(&published.recipient)
            .map_err(|source| RecipientError::Malformed { owner: owner.clone(), source })?;
        let seen =
            PinnedRecipient { recipient: recipient.to_string(), generation: published.generation };
        let mut pinned = self.profile.pinned()?;
        match pinned.get(owner) {
            Some(known) if known.recipient == seen.recipient => {}
            Some(_) if changed == ChangedKey::Refuse => {
                return Err(RecipientError::Changed { owner: owner.clone() });
            }
            // A rehearsal keeps nothing, and so trusts nobody for later.
            _ if matches!(self.sending, Sending::Rehearse) => {}
            _ => {
                pinned.insert(owner.clone(), seen);
                self.profile.pin(&pinned)?;
            }
        }
        Ok(recipient)
    }
}
