//! Tells whether a record was erased, so that what is missing is not taken for damage.
//!
//! The chain does not say so: an erasure is a message to vaults. The profile that sent it keeps
//! their receipts. Another profile of the patient, or an author, can ask the vaults.

use std::collections::BTreeSet;

use mrms_core::{RecordId, Version};
use mrms_vault::protocol::{RefusalReason, SaltRequest};
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::session::{Actor, Session};

impl Session<'_> {
    /// The records that this profile has had erased, by the receipts that it keeps.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn erased_records(&self) -> Result<BTreeSet<RecordId>, ProfileError> {
        self.profile.erased_by_receipts()
    }

    /// Whether a version's ciphertext was erased at its patient's word: by the receipts that this
    /// profile keeps, or else by the vaults, which answer the record's patient and the version's
    /// author. `false` where nobody says so.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn was_erased(
        &self,
        actor: Option<&Actor>,
        record_id: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, ProfileError> {
        if self.erased_records()?.contains(&record_id) {
            return Ok(true);
        }
        let Some(actor) = actor else { return Ok(false) };
        // A vault that is asked for a salt says whether the record was erased, whatever else it has.
        Ok(self.vaults.members().iter().any(|member| {
            let request = SaltRequest { record_id, version };
            let answer = self.send_to_vault(actor, member, request, rng, |vault, signed| {
                vault.release_salt(signed)
            });
            answer.is_err_and(|error| error.reason() == Some(RefusalReason::RecordErased))
        }))
    }
}
