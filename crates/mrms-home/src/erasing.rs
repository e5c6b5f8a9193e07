//! Erases a record: at the vaults of now and of before, and what of it waits here to be sent.

use mrms_app::Actor;
use mrms_app::records::erase::{EraseError, Erasing};
use mrms_core::RecordId;
use mrms_store::BlobId;

use crate::clock::rng;
use crate::error::HomeError;
use crate::home::Home;
use crate::open::OpenHome;

/// Why a record could not be erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseRecordError {
    /// The ledger or the profile failed.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// The vaults of before could not be found, or the home's folder failed.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl OpenHome {
    /// Erases one's own record, and ends everybody's access. Vaults that did not erase are told in what it returns:
    /// repeated, it asks them again.
    ///
    /// # Errors
    ///
    /// [`EraseRecordError`].
    pub fn erase_record(
        &self,
        home: &Home,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Erasing, EraseRecordError> {
        self.fund(actor)?;
        let session = self.session();
        let versions = session.erasable(actor, id)?;
        let former = self.former_vaults(home)?;
        let erasing = session.erase(actor, id, &former, &mut rng())?;
        let erasing = erasing.done().ok_or(HomeError::NotSent)?;
        let ciphertexts = versions.iter().filter_map(|one| one.ciphertext);
        let ciphertexts: Vec<_> = ciphertexts.map(|(blob, _)| BlobId::from_bytes(blob.0)).collect();
        self.discard_outgoing(home, &ciphertexts)?;
        Ok(erasing)
    }
}
