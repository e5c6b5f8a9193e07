//! The keys of the organisations whose member this person is, sealed under the person's own key.
//!
//! Losing the file costs one entry in each organisation's log: the keys are taken again from its staff record.

use std::collections::BTreeMap;
use std::fmt;

use mrms_core::{ContractId, Principal, Version};
use mrms_crypto::RecordRoot;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ProfileError, ProfileFolder};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "staff.sealed";

/// What a member holds of one organisation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldKeys {
    /// The version of the staff record that had them.
    pub version: Version,
    /// The identities as text, the oldest first.
    pub(crate) identities: Vec<Zeroizing<String>>,
}

impl fmt::Debug for HeldKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeldKeys(version {}, {} keys)", self.version, self.identities.len())
    }
}

/// By contract and organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Held {
    contracts: BTreeMap<String, BTreeMap<Principal, HeldKeys>>,
}

impl ProfileFolder {
    /// The organisations whose keys this person holds, with them.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] also when somebody without this person's words wrote the file.
    pub fn held_keys(
        &self,
        root: &RecordRoot,
        contract: &ContractId,
    ) -> Result<BTreeMap<Principal, HeldKeys>, ProfileError> {
        let mut held: Held = self.load_sealed(root, NAME)?;
        Ok(held.contracts.remove(&contract.to_string()).unwrap_or_default())
    }

    /// Keeps the keys of an organisation in place of those before.
    pub(crate) fn hold_keys(
        &self,
        root: &RecordRoot,
        contract: &ContractId,
        organisation: &Principal,
        keys: HeldKeys,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        self.change_sealed(root, NAME, rng, |held: &mut Held| {
            let of_contract = held.contracts.entry(contract.to_string()).or_default();
            of_contract.insert(organisation.clone(), keys);
        })
    }

    /// Forgets the keys of an organisation. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn forget_keys(
        &self,
        root: &RecordRoot,
        contract: &ContractId,
        organisation: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, ProfileError> {
        self.change_sealed(root, NAME, rng, |held: &mut Held| {
            let of_contract = held.contracts.entry(contract.to_string()).or_default();
            of_contract.remove(organisation).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::{Keyring, Words};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn keys_are_kept_for_their_person_alone_and_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let mut rng = StdRng::seed_from_u64(1);
        let root = Keyring::from_words(&Words::generate(&mut rng)).record_root().unwrap();
        let clinic: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let contract: ContractId = format!("{clinic}.records").parse().unwrap();
        let identities = vec![Zeroizing::new("AGE-SECRET-KEY-PQ-1EXAMPLE".to_owned())];
        let keys = HeldKeys { version: Version::FIRST, identities };
        profile.hold_keys(&root, &contract, &clinic, keys.clone(), &mut rng).unwrap();
        let held = profile.held_keys(&root, &contract).unwrap();
        assert_eq!(held.get(&clinic), Some(&keys));
        assert!(!format!("{held:?}").contains("EXAMPLE"));
        let bytes = std::fs::read(folder.path().join(NAME)).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"EXAMPLE"));
        let other = Keyring::from_words(&Words::generate(&mut rng)).record_root().unwrap();
        assert!(profile.held_keys(&other, &contract).is_err());
        assert!(profile.forget_keys(&root, &contract, &clinic, &mut rng).unwrap());
        assert!(profile.held_keys(&root, &contract).unwrap().is_empty());
    }
}
