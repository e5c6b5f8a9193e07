//! Whose records are that somebody else made than their patient: as this person made, sent or named them.

use std::collections::BTreeMap;

use mrms_core::{ContractId, Principal, RecordId};
use mrms_crypto::keyring::RecordRoot;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "whose.sealed";

/// The patients of records, by contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Whose {
    contracts: BTreeMap<String, BTreeMap<RecordId, Principal>>,
}

impl ProfileFolder {
    /// Whose this record is, as this person knows it; `None` if they never said.
    pub(crate) fn whose(
        &self,
        root: &RecordRoot,
        contract: &ContractId,
        id: RecordId,
    ) -> Result<Option<Principal>, ProfileError> {
        let known: Whose = self.load_sealed(root, NAME)?;
        Ok(known.contracts.get(&contract.to_string()).and_then(|records| records.get(&id)).cloned())
    }

    /// Remembers whose this record is.
    pub(crate) fn know_whose(
        &self,
        root: &RecordRoot,
        contract: &ContractId,
        (id, patient): (RecordId, &Principal),
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        if self.whose(root, contract, id)?.as_ref() == Some(patient) {
            return Ok(());
        }
        self.change_sealed(root, NAME, rng, |known: &mut Whose| {
            known.contracts.entry(contract.to_string()).or_default().insert(id, patient.clone());
        })
    }
}
