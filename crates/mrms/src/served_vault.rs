//! The guardian with the ciphertext beside it, as a server shows them: one vault.

use std::collections::BTreeSet;
use std::sync::Arc;

use mrms_core::{RecordId, Version};
use mrms_store::{BlobId, BlobStore, Uploads};
use mrms_vault::guardian::{ChainView, Guardian};
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, Hex, LogPage, LogRequest, Receipt, Release, ReleaseRequest,
    SaltDeposit, SaltRelease, SaltRequest, Signed, VaultCard,
};
use mrms_vault::{Vault, VaultError};

use crate::failure::chain;

/// A vault with its ciphertext.
pub(crate) struct ServedVault {
    pub(crate) guardian: Arc<Guardian>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) view: Arc<dyn ChainView>,
}

impl ServedVault {
    /// The accounts that wrote the record's versions.
    fn authors(&self, record: RecordId) -> Result<BTreeSet<String>, VaultError> {
        let unanswered = |error| VaultError::Unreachable { reason: chain(&error) };
        let mut authors = BTreeSet::new();
        let latest = self.view.record(record).map_err(unanswered)?.map(|record| record.version);
        for version in latest.into_iter().flat_map(Version::up_to) {
            let origin = self.view.version(record, version).map_err(unanswered)?;
            authors.extend(origin.map(|origin| origin.author.to_string()));
        }
        Ok(authors)
    }

    /// Deletes what whoever erases, or a version's author, has brought. A record that refers to
    /// what somebody else brought for theirs deletes nothing of it.
    fn delete(
        &self,
        erasure: &Signed<Erasure>,
        blobs: &[Hex<32>],
    ) -> Result<Vec<Hex<32>>, VaultError> {
        let stays = |error| VaultError::Unreachable { reason: chain(&error) };
        let mut bringers = self.authors(erasure.message.record_id)?;
        bringers.insert(erasure.signer.to_string());
        let mut gone = Vec::new();
        for blob in blobs {
            let id = BlobId::from_bytes(blob.0);
            let bringer = self.uploads.bringer(&id).map_err(stays)?;
            if bringer.is_some_and(|bringer| !bringers.contains(&bringer)) {
                continue;
            }
            let was_there = self.blobs.length(&id).is_ok();
            self.blobs.delete(&id).map_err(stays)?;
            self.uploads.forget(&id).map_err(stays)?;
            if was_there {
                gone.push(*blob);
            }
        }
        Ok(gone)
    }
}

impl Vault for ServedVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        Ok(self.guardian.card())
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<Receipt, VaultError> {
        self.guardian.deposit(deposit).map_err(VaultError::Refused)
    }

    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<Receipt, VaultError> {
        self.guardian.deposit_salt(salt).map_err(VaultError::Refused)
    }

    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        self.guardian.release(request).map_err(VaultError::Refused)
    }

    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        self.guardian.release_salt(request).map_err(VaultError::Refused)
    }

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        let erased = self.guardian.erase(erasure).map_err(VaultError::Refused)?;
        let blobs = self.delete(erasure, &erased.blobs)?;
        Ok(Erased { blobs, ..erased })
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        self.guardian.lines(request).map_err(VaultError::Refused)
    }
}
