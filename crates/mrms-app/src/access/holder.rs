//! By whose grants and keys somebody opens a record: their own, or those of an organisation that they are a member of.

use std::fmt;

use mrms_core::Principal;
use mrms_crypto::HybridIdentity;
use mrms_crypto::keyring::NoKeyError;

use zeroize::Zeroizing;

use crate::session::Actor;

/// An organisation, with the keys that one of its members holds for it. Without any, a member still makes entries, and
/// opens nothing.
pub struct Organisation {
    principal: Principal,
    identities: Vec<HybridIdentity>,
}

impl Organisation {
    /// An organisation and its keys, the latest first.
    #[must_use]
    pub const fn new(principal: Principal, identities: Vec<HybridIdentity>) -> Self {
        Self { principal, identities }
    }

    /// An organisation and its keys as texts, the oldest first.
    pub(crate) fn of_texts(principal: Principal, texts: &[Zeroizing<String>]) -> Self {
        let identities = texts.iter().rev().filter_map(|text| HybridIdentity::parse(text).ok());
        Self::new(principal, identities.collect())
    }

    /// Its account.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Its keys, the latest first.
    #[must_use]
    pub fn identities(&self) -> &[HybridIdentity] {
        &self.identities
    }

    /// The keys once more, for who takes them over.
    pub(crate) fn copy_of_identities(&self) -> Vec<HybridIdentity> {
        let again = |one: &HybridIdentity| HybridIdentity::parse(&one.to_secret_text()).ok();
        self.identities.iter().filter_map(again).collect()
    }

    /// Whether a recipient is that of one of its keys.
    #[must_use]
    pub fn has_key_of(&self, recipient: &[u8]) -> bool {
        self.identities.iter().any(|one| one.recipient().to_bytes() == recipient)
    }
}

impl fmt::Debug for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Organisation({}, {} keys)", self.principal, self.identities.len())
    }
}

/// By whose grants and keys a record is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OpensBy<'o> {
    /// The actor's own.
    Oneself,
    /// Those of an organisation that the actor is a member of.
    Organisation(&'o Organisation),
}

impl<'o> OpensBy<'o> {
    /// The organisation, if it is one's.
    pub(crate) const fn organisation(self) -> Option<&'o Principal> {
        match self {
            Self::Oneself => None,
            Self::Organisation(organisation) => Some(organisation.principal()),
        }
    }

    /// Whose grants count, and to whom keys were left.
    pub(crate) fn holder(self, actor: &Actor) -> Principal {
        self.organisation().map_or_else(|| actor.principal(), Clone::clone)
    }

    /// The keys to which something may have been sealed.
    pub(crate) fn keys(self, actor: &Actor) -> Result<Keys<'o>, NoKeyError> {
        Ok(match self {
            Self::Oneself => Keys::Own(actor.identities()?),
            Self::Organisation(organisation) => Keys::Held(organisation.identities()),
        })
    }
}

/// Keys that were derived for this, or that somebody holds.
pub(crate) enum Keys<'o> {
    Own(Vec<HybridIdentity>),
    Held(&'o [HybridIdentity]),
}

impl Keys<'_> {
    pub(crate) fn as_slice(&self) -> &[HybridIdentity] {
        match self {
            Self::Own(keys) => keys,
            Self::Held(keys) => keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn keys_of_an_organisation_are_not_printed() {
        let identity = HybridIdentity::generate(&mut StdRng::seed_from_u64(1));
        let recipient = identity.recipient().to_bytes();
        let principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let organisation = Organisation::new(principal, vec![identity]);
        let printed = format!("{organisation:?}");
        assert_eq!(printed, "Organisation(ST000000000000000000002AMW42H, 1 keys)");
        assert!(organisation.has_key_of(&recipient) && !organisation.has_key_of(&recipient[1..]));
    }
}
