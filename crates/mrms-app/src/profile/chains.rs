//! On which chain a profile signed for a contract. The same contract may stand on another one, or somebody says so: what ends access
//! there ends nothing here.

use std::collections::BTreeMap;
use std::fmt;

use mrms_core::{ChainId, ContractId, visible};
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder};

const NAME: &str = "chains.json";

/// A chain: its number, and its first block, since anybody can begin another one with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownChain {
    #[serde(rename = "chain_id")]
    id: ChainId,
    /// Hash of the first block in hexadecimal; `None` where the address does not tell.
    genesis: Option<String>,
}

impl KnownChain {
    /// A chain as a ledger names it.
    #[must_use]
    pub fn new(id: ChainId, genesis: Option<&str>) -> Self {
        let plain = |text: &str| text.trim_start_matches("0x").to_ascii_lowercase();
        Self { id, genesis: genesis.map(plain) }
    }

    /// Whether a ledger that names itself so may be this chain. One that keeps its first block to itself may not, if it was told.
    #[must_use]
    pub fn may_be(&self, told: &Self) -> bool {
        self.id == told.id && (self.genesis.is_none() || self.genesis == told.genesis)
    }

    /// The first of the chains that are known, where a ledger that names itself so is none of them; `None` also where none is known.
    #[must_use]
    pub fn contradicted<'k>(known: &'k [Self], told: &Self) -> Option<&'k Self> {
        known.first().filter(|_| !known.iter().any(|chain| chain.may_be(told)))
    }

    /// Whether this is its first block.
    #[must_use]
    pub fn begins_with(&self, genesis: &str) -> bool {
        self.genesis == Self::new(self.id, Some(genesis)).genesis
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ChainId {
        self.id
    }
}

impl fmt::Display for KnownChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let genesis = self.genesis.as_deref().unwrap_or("a block that it does not tell");
        write!(f, "{}, begun with {}", self.id.name(), visible::line(genesis))
    }
}

impl ProfileFolder {
    /// The chains of which one is that of a contract: the one on which this profile signed for it. Where it gave something there and
    /// that note is lost or can't be read, the embedded ledgers that it saw. `None` where nothing is known of it, or where the person
    /// goes on with another.
    ///
    /// # Errors
    ///
    /// [`ProfileError`]: it can't be read which embedded ledgers those were, and it matters.
    pub fn chains_of(
        &self,
        contract: &ContractId,
    ) -> Result<Option<Vec<KnownChain>>, ProfileError> {
        let noted = self.chains().ok().and_then(|mut chains| chains.remove(&contract.to_string()));
        match noted {
            Some(chain) => return Ok(chain.map(|chain| vec![chain])),
            None if !self.gave_on(contract) => return Ok(None),
            None => {}
        }
        let heads = self.heads()?;
        let seen =
            heads.values().map(|seen| KnownChain::new(ChainId::EMBEDDED, Some(&seen.genesis)));
        let seen: Vec<_> = seen.collect();
        Ok((!seen.is_empty()).then_some(seen))
    }

    /// Remembers the chain on which this profile signs for a contract.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub(crate) fn remember_chain(
        &self,
        contract: &ContractId,
        chain: &KnownChain,
    ) -> Result<(), ProfileError> {
        let mut chains = self.chains().unwrap_or_default();
        let chain = Some(chain.clone());
        let name = contract.to_string();
        match chains.get(&name) == Some(&chain) {
            true => Ok(()),
            false => {
                chains.insert(name, chain);
                self.save(NAME, &chains)
            }
        }
    }

    /// From now on a contract is on whichever chain the profile signs for next.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn forget_chain(&self, contract: &ContractId) -> Result<(), ProfileError> {
        // What can't be read says nothing that could stay.
        let mut chains = self.chains().unwrap_or_default();
        chains.insert(contract.to_string(), None);
        self.save(NAME, &chains)
    }

    fn chains(&self) -> Result<BTreeMap<String, Option<KnownChain>>, ProfileError> {
        self.load(NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_is_its_number_and_its_first_block() {
        let known = KnownChain::new(ChainId::TESTNET, Some("0xAB01"));
        let told = |id, genesis| known.may_be(&KnownChain::new(id, genesis));
        assert!(told(ChainId::TESTNET, Some("ab01")));
        assert!(!told(ChainId::TESTNET, Some("ab02")) && !told(ChainId::TESTNET, None));
        assert!(!told(ChainId::MAINNET, Some("ab01")) && !told(ChainId::EMBEDDED, Some("ab01")));
        let untold = KnownChain::new(ChainId::TESTNET, None);
        assert!(untold.may_be(&known) && untold.may_be(&untold));
    }

    #[test]
    fn chain_of_a_contract_stays_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let contract = |name| -> ContractId {
            format!("ST000000000000000000002AMW42H.{name}").parse().unwrap()
        };
        let (one, other) = (contract("one"), contract("other"));
        assert_eq!(profile.chains_of(&one).unwrap(), None);
        let chain = KnownChain::new(ChainId::TESTNET, Some("ab"));
        profile.remember_chain(&one, &chain).unwrap();
        profile.remember_chain(&other, &chain).unwrap();
        profile.forget_chain(&one).unwrap();
        assert_eq!(profile.chains_of(&one).unwrap(), None);
        assert_eq!(profile.chains_of(&other).unwrap(), Some(vec![chain.clone()]));
        // Damaged, it says nothing, and is written anew.
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        assert_eq!(profile.chains_of(&other).unwrap(), None);
        profile.remember_chain(&one, &chain).unwrap();
        assert_eq!(profile.chains_of(&one).unwrap(), Some(vec![chain]));
    }
}
