//! The embedded ledgers that a profile has seen: they prove what they say, whoever serves them.

use std::collections::BTreeMap;

use mrms_app::profile::remembered::SeenHead;
use mrms_app::profile::{ProfileError, ProfileFolder};
use mrms_stacks::network::Network;

/// The embedded ledgers that a profile has seen, with their proofs, by the addresses where they were. Whoever answers there, or
/// for one of them, must go on proving what they say: a node that names another network would have to prove nothing.
#[derive(Clone, Debug, Default)]
pub struct SeenEmbedded(BTreeMap<String, SeenHead>);

impl SeenEmbedded {
    /// Those of a profile. Where it can't be read, nothing is known, and `mrms doctor` tells it.
    #[must_use]
    pub fn of(profile: &ProfileFolder) -> Self {
        Self(profile.heads().unwrap_or_default())
    }

    /// Whether an address that says it is of a network was one of them, or names one of them, and that is another network.
    pub(crate) fn contradict(&self, url: &str, network: Network, genesis: Option<&str>) -> bool {
        let is_one = |(place, seen): (&String, &SeenHead)| {
            place == url || genesis == Some(seen.genesis.as_str())
        };
        network != Network::EMBEDDED && self.0.iter().any(is_one)
    }

    /// Whether there are none.
    pub(crate) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them: what it says it must prove.
    pub(crate) fn have(&self, network: Network, genesis: Option<&str>) -> bool {
        let is_it = |seen: &SeenHead| genesis == Some(seen.genesis.as_str());
        network == Network::EMBEDDED && self.0.values().any(is_it)
    }

    /// Forgets the one at an address.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub(crate) fn forget(url: &str, profile: &ProfileFolder) -> Result<(), ProfileError> {
        let mut heads = profile.heads()?;
        heads.remove(url);
        profile.remember_heads(&heads)
    }
}
