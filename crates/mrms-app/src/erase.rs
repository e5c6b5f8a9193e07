//! Erasing a record: what the vaults have of it is deleted, and what stays is named.
//!
//! The chain keeps its transactions. What can't be deleted is told version by version, not
//! glossed over.

use mrms_contract::{ContractError, read};
use mrms_core::{RecordId, Version};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_vault::protocol::{Erased, Erasure, Hex};
use rand_core::CryptoRng;

use crate::session::{Actor, AskError, Session};
use crate::vaults::MemberError;

/// Why a record could not be erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// There is no such record, or it is somebody else's.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// What is left of a version once every vault has deleted what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// The ciphertext is on chain, for good. Who has its key, or the patient's words, can read it.
    CiphertextOnChain,
    /// Nothing that could be decrypted but copies of the ciphertext that others made: its keys are
    /// wrapped on chain, for the patient and for whom it was shared with directly.
    WrapsOnChain,
    /// Nothing: without the salt no wrap opens, whoever has the words or a copy.
    Nothing,
    /// It was not written by this software, and was left alone.
    Unknown,
}

/// What an erasure did.
#[derive(Debug)]
pub struct Erasing {
    /// What is left of each version.
    pub versions: Vec<(Version, Remains)>,
    /// What each vault deleted, with its receipt, or why it did not; by the vault's name.
    pub vaults: Vec<(String, Result<Erased, MemberError>)>,
}

impl Session<'_> {
    /// Has every vault delete ciphertext, salts and shares of one's own record. Doing it again asks
    /// again: vaults that could not be reached are asked then.
    ///
    /// # Errors
    ///
    /// [`EraseError`]; then nothing was deleted.
    pub fn erase(
        &self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<Erasing, EraseError> {
        let versions = self.erasable(actor, id)?;
        let blobs: Vec<_> = versions.iter().filter_map(|(_, _, blob)| *blob).collect();
        let mut vaults = Vec::new();
        for member in self.vaults.members() {
            let erasure = Erasure { record_id: id, blobs: blobs.clone() };
            let told = self.tell(actor, member, erasure, rng, |vault, signed| vault.erase(signed));
            let erased = told.and_then(|(erased, digest)| {
                self.check_receipt(member, &erased.receipt, digest).map(|()| erased)
            });
            vaults.push((member.name().to_owned(), erased));
        }
        let versions = versions.into_iter().map(|(version, remains, _)| (version, remains));
        Ok(Erasing { versions: versions.collect(), vaults })
    }

    /// What would be left of each version of one's own record, and the ciphertext that goes.
    ///
    /// # Errors
    ///
    /// [`EraseError`].
    pub fn erasable(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Vec<(Version, Remains, Option<Hex<32>>)>, EraseError> {
        let refused = |refusal| EraseError::Refused(refusal);
        let record =
            self.ask(&read::record(id))?.ok_or_else(|| refused(ContractError::RecordNotFound))?;
        if record.patient != actor.principal() {
            return Err(refused(ContractError::NotPatient));
        }
        let mut versions = Vec::new();
        for version in record.version.up_to() {
            let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
            versions.push(match ContentEnvelope::parse(&stored.encrypted_content) {
                Ok(envelope) => {
                    let blob = Some(Hex(*envelope.payload_digest().sha256()));
                    match envelope.storage() {
                        Storage::Inline => (version, Remains::CiphertextOnChain, None),
                        Storage::Reference => (version, Remains::WrapsOnChain, blob),
                        Storage::Erasable => (version, Remains::Nothing, blob),
                    }
                }
                Err(_) => (version, Remains::Unknown, None),
            });
        }
        Ok(versions)
    }
}
