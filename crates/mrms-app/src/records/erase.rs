//! Erases a record: ends everybody's access, has the vaults delete what they keep of it, and tells
//! what stays.
//!
//! The chain keeps its transactions. What can't be deleted is told for each version.

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_vault::protocol::{Erased, Erasure, Hex};
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::sending::outcome::{Outcome, SendError};
use crate::session::vaults::MemberError;
use crate::session::{Actor, AskError, Sending, Session};

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
    /// Somebody's access could not be ended.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

/// What is left of a version once every vault has deleted what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// The ciphertext is on chain, for good. Whoever has its key, or the patient's words, can read
    /// it.
    CiphertextOnChain,
    /// Only copies of the ciphertext that others made can be decrypted: its keys are wrapped on
    /// chain, for the patient and for readers who got them directly.
    WrapsOnChain,
    /// Nothing: without the salt no wrap opens, not even with the words and a copy.
    Nothing,
    /// It was not written by this software, and was left alone.
    Unknown,
}

/// What an erasure did.
#[derive(Debug)]
pub struct Erasing {
    /// What is left of each version.
    pub versions: Vec<(Version, Remains)>,
    /// Whose access was ended with it.
    pub revoked: Vec<Principal>,
    /// What each vault deleted, with its receipt, or why it did not; by the vault's name.
    pub vaults: Vec<(String, Result<Erased, MemberError>)>,
}

impl Session<'_> {
    /// Ends everybody's access to one's own record, then has every vault delete its ciphertext,
    /// salts and shares. Since access is ended on chain, even a vault that is restored from an old
    /// backup releases nothing. Repeat it to ask the vaults that could not be reached.
    ///
    /// # Errors
    ///
    /// [`EraseError`]; then nothing was deleted.
    pub fn erase(
        &self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Erasing>, EraseError> {
        let versions = self.erasable(actor, id)?;
        self.revoke_all(actor, id)?
            .try_map(|revoked| Ok(self.have_vaults_erase(actor, id, versions, revoked, rng)))
    }

    fn have_vaults_erase(
        &self,
        actor: &Actor,
        id: RecordId,
        versions: Vec<(Version, Remains, Option<Hex<32>>)>,
        revoked: Vec<Principal>,
        rng: &mut dyn CryptoRng,
    ) -> Erasing {
        let blobs: Vec<_> = versions.iter().filter_map(|(_, _, blob)| *blob).collect();
        let mut vaults = Vec::new();
        for member in self.vaults.members() {
            let erasure = Erasure { record_id: id, blobs: blobs.clone() };
            let told = self
                .send_to_vault(actor, member, erasure, rng, |vault, signed| vault.erase(signed));
            let erased = told.and_then(|(erased, digest)| {
                self.check_receipt(member, &erased.receipt, digest).map(|()| erased)
            });
            vaults.push((member.name().to_owned(), erased));
        }
        let versions = versions.into_iter().map(|(version, remains, _)| (version, remains));
        Erasing { versions: versions.collect(), revoked, vaults }
    }

    /// Revokes every grant by name that is in force. A dry run ends here, even when there is no
    /// grant to revoke: it does not ask the vaults.
    fn revoke_all(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Outcome<Vec<Principal>>, EraseError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(EraseError::Refused(ContractError::RecordNotFound))?;
        if self.sending != Sending::DryRun {
            let root = actor.keyring.record_root()?;
            self.profile.change_granted(&root, |memory| memory.end_all(self.contract, id))?;
        }
        let readers = self.readers_of(id, &record)?;
        let live = readers.into_iter().filter(|reader| reader.now.is_ok());
        let users: Vec<_> = live.map(|reader| reader.user).collect();
        if users.is_empty() && self.sending == Sending::Send {
            return Ok(Outcome::Done(users));
        }
        let calls = users.iter().map(|user| call::revoke_record_access(id, user)).collect();
        let sent = self.carry_out(actor, &format!("end all access to record {id}"), calls)?;
        Ok(sent.map(|_| users))
    }

    /// What would be left of each version of one's own record, and the ciphertext that would go.
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
