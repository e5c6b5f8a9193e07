//! The changes that a block makes to the state: what its transactions wrote, and the hash that its header commits to.
//!
//! Plain values: the VM collects them, the store writes them.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::merkle::Node;

/// The changes of a block: values by key, and contract metadata by contract and key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) metadata: BTreeMap<(String, String), String>,
}

impl Changes {
    /// Computes SHA-256 over all changes, in the order of the keys, each text after its length.
    pub(crate) fn hash(&self) -> Node {
        // Without `..`, so that a new kind of change does not compile until it is hashed.
        let Self { values, metadata } = self;
        let mut hasher = Sha256::new();
        let mut put = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        for (key, value) in values {
            put(key);
            put(value);
        }
        // No state key is empty, so an empty text separates the two lists.
        put("");
        for ((contract, key), value) in metadata {
            put(contract);
            put(key);
            put(value);
        }
        hasher.finalize().into()
    }
}
