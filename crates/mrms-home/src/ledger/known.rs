//! The ledgers that a profile knows, which whoever serves them must go on being.

use std::collections::BTreeMap;

use mrms_app::profile::chains::KnownChain;
use mrms_app::profile::remembered::SeenHead;
use mrms_app::profile::{ProfileError, ProfileFolder};
use mrms_core::{ChainId, ContractId};

/// What a profile knows of the ledgers that it works on: the chain on which it signed for the contract in use, and the embedded
/// ledgers that it has seen, with their proofs, by the addresses where they were. A node that names another network would have to
/// prove nothing.
#[derive(Clone, Debug, Default)]
pub struct KnownLedgers {
    /// `None` where that can't be read.
    embedded: Option<BTreeMap<String, SeenHead>>,
    /// Those of which one is the contract's; none where nothing is known of it.
    chains: Vec<KnownChain>,
}

impl KnownLedgers {
    /// None at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { embedded: Some(BTreeMap::new()), chains: Vec::new() }
    }

    /// Those of a profile. Where a file of it can't be read, the ledger may only be an embedded one, which proves what it says;
    /// `mrms doctor` tells it.
    #[must_use]
    pub fn of(profile: &ProfileFolder, contract: Option<&ContractId>) -> Self {
        let chains = contract.map(|contract| profile.chains_of(contract)).transpose();
        let embedded = profile.heads().ok().filter(|_| chains.is_ok());
        Self { embedded, chains: chains.ok().flatten().flatten().unwrap_or_default() }
    }

    /// As what the profile knows the ledger at this address, where it names another chain than that.
    pub(crate) fn contradict(&self, url: &str, told: &KnownChain) -> Option<String> {
        if let Some(chain) = KnownChain::contradicted(&self.chains, told) {
            return Some(format!("{chain}, where it signed for the contract"));
        }
        if told.id() == ChainId::EMBEDDED {
            return None;
        }
        let Some(embedded) = &self.embedded else {
            return Some("nothing else than an embedded ledger, since heads.json in the profile's folder cannot be read".to_owned());
        };
        let is_one =
            |(place, seen): (&String, &SeenHead)| place == url || told.begins_with(&seen.genesis);
        let was = "an embedded ledger, which proves what it says";
        embedded.iter().any(is_one).then(|| was.to_owned())
    }

    /// Whether this is the one that the profile works on, as far as it knows any.
    pub(crate) fn may_have(&self, told: &KnownChain) -> bool {
        if !self.chains.is_empty() {
            return KnownChain::contradicted(&self.chains, told).is_none();
        }
        let Some(embedded) = &self.embedded else { return told.id() == ChainId::EMBEDDED };
        let is_it = |seen: &SeenHead| told.begins_with(&seen.genesis);
        embedded.is_empty() || (told.id() == ChainId::EMBEDDED && embedded.values().any(is_it))
    }

    /// Forgets the embedded ledgers at these addresses, and the chain of a contract.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub(crate) fn forget<'a>(
        urls: impl Iterator<Item = &'a String>,
        contract: Option<&ContractId>,
        profile: &ProfileFolder,
    ) -> Result<(), ProfileError> {
        let mut heads = profile.heads()?;
        urls.for_each(|url| drop(heads.remove(url)));
        profile.remember_heads(&heads)?;
        contract.map_or(Ok(()), |contract| profile.forget_chain(contract))
    }
}
