//! Signed announcements of ciphertext: who brings it, and for which version.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use mrms_app::Actor;
use mrms_app::session::ciphertexts::{CiphertextOf, Ciphertexts};
use mrms_core::{ChainId, ContractId, StandardPrincipal};
use mrms_crypto::keyring::NoKeyError;
use mrms_stacks::keys::{KeyError, SigningKey};
use mrms_store::{BlobId, BlobPart, BlobPromise, BlobStore, BlobWriter, FileStore, StoreError};
use mrms_vault::protocol::{Header, Hex, Nonce, Signed, SignedError, UploadRequest};

use super::own::OwnVault;
use super::replicas::Copies;
use crate::clock::{now, rng};

/// The contract that vaults follow, and its chain.
#[derive(Clone, Debug)]
pub struct Follows {
    /// The contract.
    pub contract: ContractId,
    /// The chain.
    pub chain: ChainId,
}

/// Why nobody can announce ciphertext in an actor's name.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoBringer {
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
    /// The key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Somebody who brings the ciphertext of one version.
pub(super) struct Bringer {
    account: StandardPrincipal,
    key: SigningKey,
    follows: Follows,
    of: CiphertextOf,
}

impl Follows {
    pub(super) fn bringer(&self, actor: &Actor, of: CiphertextOf) -> Result<Bringer, NoBringer> {
        let secret = actor.keyring.stacks_secret_key()?;
        let key = SigningKey::from_bytes(secret.expose_bytes())?;
        Ok(Bringer { account: actor.principal, key, follows: self.clone(), of })
    }
}

impl Bringer {
    /// Signs the announcement of a ciphertext for one vault.
    pub(super) fn announce(
        &self,
        vault: StandardPrincipal,
        promise: BlobPromise,
    ) -> Result<Signed<UploadRequest>, SignedError> {
        let request = UploadRequest {
            sha256: Hex(*promise.id.as_bytes()),
            length: promise.length,
            record_id: self.of.record,
            version: self.of.version,
        };
        let header = Header {
            vault,
            contract: self.follows.contract.clone(),
            time: now().seconds(),
            nonce: Nonce::generate(&mut rng()),
        };
        Signed::sign(request, header, self.follows.chain, self.account, &self.key)
    }
}

fn cannot_announce(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unreachable { action: "announce a blob", source: io::Error::other(error) }
}

/// The home's own ciphertext, in a folder, beside its own vault in this process. The vault learns for which version a
/// ciphertext is before it appears.
#[derive(Clone)]
pub struct OwnCiphertext {
    files: FileStore,
    vault: Arc<OwnVault>,
    follows: Follows,
}

impl OwnCiphertext {
    /// The ciphertext in this folder, which this vault keeps.
    #[must_use]
    pub const fn new(files: FileStore, vault: Arc<OwnVault>, follows: Follows) -> Self {
        Self { files, vault, follows }
    }
}

impl Ciphertexts for OwnCiphertext {
    fn writer_of(
        &self,
        actor: &Actor,
        of: CiphertextOf,
    ) -> Result<Box<dyn BlobWriter>, StoreError> {
        let bringer = self.follows.bringer(actor, of).map_err(cannot_announce)?;
        let vault = Arc::clone(&self.vault);
        self.files.writer_telling(move |id, length| {
            vault.expect(&bringer, BlobPromise { id: *id, length }).map_err(cannot_announce)
        })
    }
}

impl BlobStore for OwnCiphertext {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.files.writer()
    }

    fn open_range(&self, id: &BlobId, range: std::ops::Range<u64>) -> Result<BlobPart, StoreError> {
        self.files.open_range(id, range)
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        self.files.delete(id)
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        self.files.list()
    }
}

/// The home's own ciphertext while its vault is away: what lies in the folder can be read, and nothing is added.
#[derive(Clone)]
pub struct WithoutVault {
    files: FileStore,
    gone: PathBuf,
}

impl WithoutVault {
    /// The ciphertext in this folder; the vault was in the other one.
    #[must_use]
    pub const fn new(files: FileStore, gone: PathBuf) -> Self {
        Self { files, gone }
    }

    fn refusal(&self) -> StoreError {
        StoreError::VaultMissing { folder: self.gone.clone() }
    }
}

impl Ciphertexts for WithoutVault {
    fn writer_of(&self, _: &Actor, _: CiphertextOf) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(self.refusal())
    }
}

impl BlobStore for WithoutVault {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(self.refusal())
    }

    fn open_range(&self, id: &BlobId, range: std::ops::Range<u64>) -> Result<BlobPart, StoreError> {
        match self.files.open_range(id, range) {
            // It may lie where the vault is now.
            Err(StoreError::Missing { .. }) => Err(self.refusal()),
            found => found,
        }
    }

    fn delete(&self, _: &BlobId) -> Result<(), StoreError> {
        Err(self.refusal())
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        Err(self.refusal())
    }
}

/// The home's own ciphertext, in a folder, while another process serves its vault. It is read from the folder, and brought
/// to the vault as to any other.
#[derive(Clone)]
pub struct ServedCiphertext {
    files: FileStore,
    copies: Copies,
}

impl ServedCiphertext {
    /// The ciphertext in this folder, with the vault that is served.
    #[must_use]
    pub const fn new(files: FileStore, copies: Copies) -> Self {
        Self { files, copies }
    }
}

impl Ciphertexts for ServedCiphertext {
    fn writer_of(
        &self,
        actor: &Actor,
        of: CiphertextOf,
    ) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.copies.writer_of(actor, of)
    }
}

impl BlobStore for ServedCiphertext {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.files.writer()
    }

    fn open_range(&self, id: &BlobId, range: std::ops::Range<u64>) -> Result<BlobPart, StoreError> {
        self.files.open_range(id, range)
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        self.files.delete(id)
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        self.files.list()
    }
}
