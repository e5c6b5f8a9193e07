//! Finds the recipient to wrap a key to: from the contract's directory, compared with what this
//! profile has seen before.
//!
//! A recipient comes from `encryption-keys`, where only its owner's transaction can put it, and is
//! remembered at first use. When it changes, nothing is wrapped to the new one until the person at
//! work has said that they trust it. The key to which a grant was made stands in the memory of grants
//! as well, where an altered file is noticed; the two must agree. So must the card of the owner, where the person
//! has one (`card_keys`).

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::EncryptionKey;
use mrms_core::{Principal, StandardPrincipal};
use mrms_crypto::{Fingerprint, HybridRecipient, ParseKeyError};
use mrms_stacks::network::TransactionVersion;
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::profile::remembered::PinnedRecipient;
use crate::session::{Actor, AskError, Sending, Session};

/// What to do when somebody's key is not the one that was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedKey {
    /// Refuse, so that the person can ask its owner.
    Refuse,
    /// Take it, and remember it from now on.
    Accept,
}

/// Why there is no recipient to wrap a key to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// They published no key.
    #[error("{owner} has published no encryption key")]
    NotPublished {
        /// Whose key was looked for.
        owner: Principal,
    },
    /// The address is the form that the same key has on another network.
    #[error("{owner} is an address of another network; the same key is {here} on this one")]
    OtherNetwork {
        /// The address as it was given.
        owner: Principal,
        /// The address of that key here.
        here: StandardPrincipal,
    },
    /// It is a contract, and no contract has published a key.
    #[error("{owner} is a contract, not the account of a person")]
    IsContract {
        /// The contract.
        owner: Principal,
    },
    /// What they published is not a valid recipient.
    #[error("the encryption key that {owner} has published is not one that can be used")]
    Malformed {
        /// Whose key it is.
        owner: Principal,
        /// What is wrong with it.
        #[source]
        source: ParseKeyError,
    },
    /// It is another key than the one that was seen before.
    #[error(
        "{owner} has published another encryption key since you last shared with them: {before} before, {after} now"
    )]
    Changed {
        /// Whose key it is.
        owner: Principal,
        /// The key that was seen before.
        before: Fingerprint,
        /// The key that is published now.
        after: Fingerprint,
    },
    /// It is another key than the one on their card.
    #[error(
        "{owner} has published another encryption key than the one on their card: {card} on the card, {published} published"
    )]
    NotOnCard {
        /// Whose key it is.
        owner: Principal,
        /// The key on their card.
        card: Fingerprint,
        /// The key that is published now.
        published: Fingerprint,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

impl RecipientError {
    /// Whether there is no key that could be used: nobody can be asked about it, or wait for it.
    #[must_use]
    pub const fn has_no_key(&self) -> bool {
        matches!(
            self,
            Self::NotPublished { .. }
                | Self::OtherNetwork { .. }
                | Self::IsContract { .. }
                | Self::Malformed { .. }
        )
    }
}

/// What a published recipient differs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffersFrom {
    /// The one that this profile saw before.
    Seen,
    /// The one on its owner's card.
    Card,
}

/// A published recipient that this profile sees for the first time, and that no card names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecipient {
    /// Whose it is.
    pub owner: Principal,
    /// What to compare with them.
    pub fingerprint: Fingerprint,
    published: PinnedRecipient,
}

/// A published recipient that is not the one seen before, or not the one on its owner's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRecipient {
    /// Whose it is.
    pub owner: Principal,
    /// What it differs from.
    pub from: DiffersFrom,
    /// The one seen before, or on the card.
    pub before: Fingerprint,
    /// The one that is published now.
    pub after: Fingerprint,
    published: PinnedRecipient,
}

impl ChangedRecipient {
    /// The recipient that is published now, as text.
    pub(crate) fn recipient(&self) -> &str {
        &self.published.recipient
    }
}

impl Session<'_> {
    /// The recipient that `owner` has published. Remembers it at first use. With `actor`, it must be the one on the
    /// owner's card, if the actor has one.
    ///
    /// # Errors
    ///
    /// [`RecipientError`].
    pub fn recipient_of(
        &self,
        actor: Option<&Actor>,
        owner: &Principal,
        changed: ChangedKey,
    ) -> Result<HybridRecipient, RecipientError> {
        let (recipient, published) = self.published_recipient(owner)?;
        if let Some(card) = self.card_key(actor, owner)?
            && !card.allows(&recipient)
            && changed == ChangedKey::Refuse
        {
            return Err(RecipientError::NotOnCard {
                owner: owner.clone(),
                card: card.fingerprint(),
                published: recipient.fingerprint(),
            });
        }
        let known = self.profile.pinned()?.remove(owner);
        match known {
            Some(known) if known.recipient == published.recipient => {}
            Some(known) if changed == ChangedKey::Refuse => {
                return Err(RecipientError::Changed {
                    owner: owner.clone(),
                    before: self.fingerprint_of(&known.recipient)?,
                    after: recipient.fingerprint(),
                });
            }
            // A dry run remembers nothing.
            _ if self.sending == Sending::DryRun => {}
            _ => self.pin(owner, published)?,
        }
        Ok(recipient)
    }

    /// The key of `owner` that this profile has remembered, if it had none of theirs before, and the actor has no card of
    /// theirs: then there was nothing to compare it with.
    pub(crate) fn first_seen(
        &self,
        actor: &Actor,
        owner: &Principal,
        before: &BTreeMap<Principal, PinnedRecipient>,
    ) -> Result<Option<Fingerprint>, RecipientError> {
        // Nothing is wrapped to a key that is not on their card, unless it was compared.
        if before.contains_key(owner) || self.card_key(Some(actor), owner)?.is_some() {
            return Ok(None);
        }
        let known = self.profile.pinned()?.remove(owner);
        known.map(|known| self.fingerprint_of(&known.recipient)).transpose()
    }

    /// What `owner` has published, if it is not what was seen before; with `actor`, also if it is not
    /// what the actor's grants were made to, or not the one on the owner's card.
    ///
    /// # Errors
    ///
    /// [`RecipientError`], but never [`RecipientError::Changed`] or [`RecipientError::NotOnCard`].
    pub fn changed_recipient(
        &self,
        actor: Option<&Actor>,
        owner: &Principal,
    ) -> Result<Option<ChangedRecipient>, RecipientError> {
        let pinned = self.profile.pinned()?.remove(owner).map(|known| known.recipient);
        let granted_to = match actor {
            Some(actor) => {
                let memory = self.profile.granted(&actor.keyring.record_root()?)?;
                memory.keys_of(owner).map(ToOwned::to_owned).collect()
            }
            None => Vec::new(),
        };
        let card = self.card_key(actor, owner)?;
        if pinned.is_none() && granted_to.is_empty() && card.is_none() {
            return Ok(None);
        }
        let (recipient, published) = self.published_recipient(owner)?;
        if let Some(card) = card.filter(|card| !card.allows(&recipient)) {
            return Ok(Some(ChangedRecipient {
                owner: owner.clone(),
                from: DiffersFrom::Card,
                before: card.fingerprint(),
                after: recipient.fingerprint(),
                published,
            }));
        }
        let mut known = granted_to.into_iter().chain(pinned);
        let Some(before) = known.find(|known| *known != published.recipient) else {
            return Ok(None);
        };
        let before = self.fingerprint_of(&before)?;
        let after = recipient.fingerprint();
        let (owner, from) = (owner.clone(), DiffersFrom::Seen);
        Ok(Some(ChangedRecipient { owner, from, before, after, published }))
    }

    /// Of these, those whose published key is another one than that to which the actor's grants to them were made, or than the
    /// one on their card: what the actor adds does not reach them, until the actor has compared it. Asks nobody.
    ///
    /// # Errors
    ///
    /// [`RecipientError`].
    pub fn with_other_keys(
        &self,
        actor: &Actor,
        published: &[(Principal, EncryptionKey)],
    ) -> Result<BTreeSet<Principal>, RecipientError> {
        let mut found = BTreeSet::new();
        if published.is_empty() {
            return Ok(found);
        }
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let cards = self.known_cards(actor)?;
        for (owner, key) in published {
            let mut known = memory.keys_of(owner).peekable();
            // Whom this person gave nothing gets nothing of what they add, whatever their key is.
            if known.peek().is_none() {
                continue;
            }
            let Ok(recipient) = HybridRecipient::from_bytes(&key.recipient) else { continue };
            let text = recipient.to_string();
            if known.any(|known| known != text)
                || !self.is_on_card_among(&cards, owner, &recipient)?
            {
                found.insert(owner.clone());
            }
        }
        Ok(found)
    }

    /// What `owner` has published, if this profile has seen none of their keys yet and no card names it.
    ///
    /// # Errors
    ///
    /// As [`Self::changed_recipient`].
    pub fn new_recipient(
        &self,
        actor: &Actor,
        owner: &Principal,
    ) -> Result<Option<NewRecipient>, RecipientError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let is_known = *owner == actor.principal()
            || self.profile.pinned()?.contains_key(owner)
            || memory.keys_of(owner).next().is_some();
        if is_known {
            return Ok(None);
        }
        let (recipient, published) = self.published_recipient(owner)?;
        if self.card_key(Some(actor), owner)?.is_some_and(|card| card.allows(&recipient)) {
            return Ok(None);
        }
        let fingerprint = recipient.fingerprint();
        Ok(Some(NewRecipient { owner: owner.clone(), fingerprint, published }))
    }

    /// Remembers a new recipient whose fingerprint the person at work has compared: exactly this one, not another that
    /// is published meanwhile. A dry run remembers nothing.
    ///
    /// # Errors
    ///
    /// [`RecipientError::Profile`].
    pub fn trust_new(&self, new: NewRecipient) -> Result<(), RecipientError> {
        if self.sending == Sending::DryRun {
            return Ok(());
        }
        self.pin(&new.owner, new.published)
    }

    /// Remembers a changed recipient that the person at work has seen and trusts: exactly this one,
    /// not another that is published meanwhile. With `actor`, new versions of records that the actor
    /// granted to them go to this key from now on.
    ///
    /// # Errors
    ///
    /// [`RecipientError::Profile`].
    pub fn trust(
        &self,
        actor: Option<&Actor>,
        changed: ChangedRecipient,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), RecipientError> {
        let ChangedRecipient { owner, published, .. } = changed;
        if let Some(actor) = actor {
            let (root, key) = (actor.keyring.record_root()?, published.recipient.clone());
            self.accept_beside_card(&root, &owner, &key, rng)?;
            self.profile.change_granted(&root, |memory| memory.change_key(&owner, &key))?;
        }
        self.pin(&owner, published)
    }

    /// The fingerprint of the key that `owner` has published, for a person to compare.
    ///
    /// # Errors
    ///
    /// [`RecipientError`].
    pub fn published_fingerprint(&self, owner: &Principal) -> Result<Fingerprint, RecipientError> {
        Ok(self.published_recipient(owner)?.0.fingerprint())
    }

    pub(crate) fn published_recipient(
        &self,
        owner: &Principal,
    ) -> Result<(HybridRecipient, PinnedRecipient), RecipientError> {
        self.as_published(owner, self.ask(&read::encryption_key(owner))?)
    }

    /// The recipient in what the directory has of `owner`.
    pub(super) fn as_published(
        &self,
        owner: &Principal,
        published: Option<EncryptionKey>,
    ) -> Result<(HybridRecipient, PinnedRecipient), RecipientError> {
        let published = published.ok_or_else(|| self.not_published(owner))?;
        let recipient = HybridRecipient::from_bytes(&published.recipient)
            .map_err(|source| RecipientError::Malformed { owner: owner.clone(), source })?;
        let text = recipient.to_string();
        Ok((recipient, PinnedRecipient { recipient: text, generation: published.generation }))
    }

    /// Refuses an account of another network: it can do nothing here, whatever it is given.
    ///
    /// # Errors
    ///
    /// [`RecipientError::OtherNetwork`].
    pub(crate) fn must_be_of_this_network(&self, who: &Principal) -> Result<(), RecipientError> {
        match who {
            Principal::Standard(account) => match self.here(account) {
                Some(here) if here != *account => {
                    Err(RecipientError::OtherNetwork { owner: who.clone(), here })
                }
                _ => Ok(()),
            },
            Principal::Contract(_) => Ok(()),
        }
    }

    /// Why somebody has no key in the directory.
    fn not_published(&self, owner: &Principal) -> RecipientError {
        let owner = owner.clone();
        match &owner {
            Principal::Contract(_) => RecipientError::IsContract { owner },
            Principal::Standard(_) => match self.must_be_of_this_network(&owner) {
                Err(elsewhere) => elsewhere,
                Ok(()) => RecipientError::NotPublished { owner },
            },
        }
    }

    /// The address of an account's key on this session's network, if one key controls the account.
    fn here(&self, account: &StandardPrincipal) -> Option<StandardPrincipal> {
        let (main, test) =
            (StandardPrincipal::MAINNET_SINGLE_SIG, StandardPrincipal::TESTNET_SINGLE_SIG);
        let version = match self.ledger.network().version {
            TransactionVersion::Mainnet => main,
            TransactionVersion::Testnet => test,
        };
        let of_one_key = [main, test].contains(&account.version());
        of_one_key.then(|| StandardPrincipal::new(version, *account.hash160())).flatten()
    }

    pub(crate) fn pin(
        &self,
        owner: &Principal,
        recipient: PinnedRecipient,
    ) -> Result<(), RecipientError> {
        let mut pinned = self.profile.pinned()?;
        pinned.insert(owner.clone(), recipient);
        Ok(self.profile.pin(&pinned)?)
    }

    fn fingerprint_of(&self, known: &str) -> Result<Fingerprint, RecipientError> {
        Ok(self.remembered_recipient(known)?.fingerprint())
    }

    /// A recipient that this profile wrote down.
    pub(crate) fn remembered_recipient(
        &self,
        known: &str,
    ) -> Result<HybridRecipient, RecipientError> {
        let damaged = |error| ProfileError::Damaged {
            path: self.profile.path().join("recipients.json"),
            reason: format!("a recipient in it: {error}"),
        };
        Ok(known.parse().map_err(|error: ParseKeyError| damaged(error))?)
    }
}
