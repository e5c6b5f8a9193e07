//! Ciphertext with several vaults: each vault gets a copy.
//!
//! A ciphertext is written into a staging store in the home first and sent from there. It leaves the
//! staging store when every vault has taken it.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mrms_app::Actor;
use mrms_app::vaults::replicate::Replicas;
use mrms_core::{ChainId, ContractId, StandardPrincipal};
use mrms_stacks::keys::SigningKey;
use mrms_store::{BlobId, BlobPart, BlobStore, BlobWriter, FileStore, StoreError};
use mrms_vault::Vault as _;
use mrms_vault::client::{HttpVault, RemoteBlobStore};
use mrms_vault::protocol::{Header, Nonce, Signed, SignedError, UploadRequest};

use crate::clock::{now, rng};

/// Signs announcements of uploads in the name of the actor.
pub(super) struct UploadSigner {
    actor: OnceLock<(StandardPrincipal, SigningKey)>,
    contract: ContractId,
    chain: ChainId,
}

impl UploadSigner {
    pub(super) const fn new(contract: ContractId, chain: ChainId) -> Self {
        Self { actor: OnceLock::new(), contract, chain }
    }

    fn sign(
        &self,
        vault: Option<StandardPrincipal>,
        request: UploadRequest,
    ) -> Result<Signed<UploadRequest>, SignedError> {
        let Some((signer, key)) = self.actor.get() else {
            unreachable!("whoever writes ciphertext was made known before")
        };
        let header = Header {
            // Without a vault's account the signer's own stands here, which every vault refuses.
            vault: vault.unwrap_or(*signer),
            contract: self.contract.clone(),
            time: now().seconds(),
            nonce: Nonce::generate(&mut rng()),
        };
        Signed::sign(request, header, self.chain, *signer, key)
    }
}

/// The ciphertext that one vault keeps.
#[derive(Clone)]
pub(super) struct Copy {
    name: String,
    vault: Arc<HttpVault>,
    account: Arc<OnceLock<StandardPrincipal>>,
    store: RemoteBlobStore,
}

impl Copy {
    pub(super) fn with(
        name: String,
        vault: Arc<HttpVault>,
        staging: &FileStore,
        signer: &Arc<UploadSigner>,
    ) -> Self {
        let account = Arc::new(OnceLock::<StandardPrincipal>::new());
        let authorise = {
            let (signer, account) = (Arc::clone(signer), Arc::clone(&account));
            move |request| signer.sign(account.get().copied(), request)
        };
        let staging: Arc<dyn BlobStore> = Arc::new(Kept(staging.clone()));
        let store = RemoteBlobStore::new(Arc::clone(&vault), staging, Arc::new(authorise));
        Self { name, vault, account, store }
    }

    fn send(&self, id: &BlobId) -> Result<(), StoreError> {
        if self.account.get().is_none() {
            let card = self.vault.card().map_err(|error| StoreError::Unreachable {
                action: "announce a blob",
                source: io::Error::other(error),
            })?;
            let _ = self.account.set(card.vault);
        }
        self.store.send(id)
    }
}

/// The staging store. It deletes nothing by itself; [`Copies`] does when every vault has its copy.
struct Kept(FileStore);

impl BlobStore for Kept {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.0.writer()
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        self.0.open_range(id, range)
    }

    fn length(&self, id: &BlobId) -> Result<u64, StoreError> {
        self.0.length(id)
    }

    fn delete(&self, _: &BlobId) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        self.0.list()
    }
}

/// Ciphertext with every vault of the settings. Each vault gets a copy; at least the threshold of them
/// must take theirs.
#[derive(Clone)]
pub struct Copies {
    copies: Vec<Copy>,
    staging: FileStore,
    needed: usize,
    signer: Arc<UploadSigner>,
    /// The vaults that took no copy, and why. The other vaults are enough.
    missed: Arc<Mutex<Vec<(String, StoreError)>>>,
}

impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.copies.iter().map(|copy| &copy.name).collect();
        f.debug_struct("Copies").field("vaults", &names).field("needed", &self.needed).finish()
    }
}

impl Copies {
    pub(super) fn new(
        copies: Vec<Copy>,
        staging: FileStore,
        needed: usize,
        signer: Arc<UploadSigner>,
    ) -> Self {
        Self { copies, staging, needed, signer, missed: Arc::default() }
    }

    /// Uploads are signed in this actor's name.
    pub fn act_as(&self, actor: &Actor) {
        let Ok(secret) = actor.keyring.stacks_secret_key() else { return };
        if let Ok(key) = SigningKey::from_bytes(secret.expose_bytes()) {
            let _ = self.signer.actor.set((actor.principal, key));
        }
    }

    /// Sends a ciphertext of the staging store to every vault. Deletes it there when all have it.
    fn send(&self, id: &BlobId) -> Result<(), StoreError> {
        let (mut failures, mut taken) = (Vec::new(), 0);
        for copy in &self.copies {
            match copy.send(id) {
                Ok(()) => taken += 1,
                Err(error) => failures.push((copy.name.clone(), error)),
            }
        }
        match failures.into_iter().next() {
            None => self.staging.delete(id),
            // The staged copy stays for the vault that has none yet.
            Some(failure) if taken >= self.needed => {
                self.missed.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
                Ok(())
            }
            // Too few took it. Nothing refers to it, and encrypting the file again gives other bytes.
            Some((_, error)) => {
                self.staging.delete(id)?;
                Err(error)
            }
        }
    }

    /// The vaults that took no copy since the last call, and why.
    #[must_use]
    pub fn missed(&self) -> Vec<(String, StoreError)> {
        std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Each vault's copies, with the other places that may have a blob: the staging store, the other
    /// vaults, and `own`, which is the home's own ciphertext from before its settings named vaults.
    #[must_use]
    pub fn replicas(&self, own: Option<FileStore>) -> CopyOfEach<'_> {
        CopyOfEach { copies: self, own }
    }

    /// Copies a blob into the staging store, from the first other place that has it.
    fn fetch(&self, id: &BlobId, others: &[&dyn BlobStore]) -> Result<(), StoreError> {
        let mut refusal = StoreError::Missing { id: *id };
        for other in others {
            match fetch(id, *other, &self.staging) {
                Ok(()) => return Ok(()),
                Err(StoreError::Missing { .. }) => {}
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    fn ask_any<T>(
        &self,
        id: &BlobId,
        ask: impl Fn(&RemoteBlobStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut refusal = StoreError::Missing { id: *id };
        for copy in &self.copies {
            match ask(&copy.store) {
                Ok(found) => return Ok(found),
                // A vault that can't be reached may have it, so that error is the one to report.
                Err(error) if matches!(refusal, StoreError::Missing { .. }) => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }
}

/// Copies a blob. Bytes that do not hash to its name are not kept.
fn fetch(id: &BlobId, from: &dyn BlobStore, to: &FileStore) -> Result<(), StoreError> {
    let (mut content, _) = from.open(id)?;
    let mut writer = to.writer()?;
    io::copy(&mut content, &mut writer)
        .map_err(|source| StoreError::Io { action: "copy a blob", source })?;
    let (found, _) = writer.commit()?;
    if found == *id {
        return Ok(());
    }
    to.delete(&found)?;
    Err(StoreError::Altered { id: *id, found })
}

/// The copies, vault by vault.
#[derive(Debug)]
pub struct CopyOfEach<'c> {
    copies: &'c Copies,
    own: Option<FileStore>,
}

impl Replicas for CopyOfEach<'_> {
    fn has(&self, place: usize, id: &BlobId) -> Result<bool, StoreError> {
        let Some(copy) = self.copies.copies.get(place) else { return Ok(false) };
        match copy.store.length(id) {
            Ok(_) => Ok(true),
            Err(StoreError::Missing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn bring(&self, place: usize, id: &BlobId) -> Result<(), StoreError> {
        let Copies { copies, staging, .. } = self.copies;
        let Some(copy) = copies.get(place) else { return Err(StoreError::Missing { id: *id }) };
        if let Err(StoreError::Missing { .. }) = staging.length(id) {
            let own = self.own.iter().map(|own| own as &dyn BlobStore);
            let elsewhere = copies.iter().enumerate().filter(|(other, _)| *other != place);
            let elsewhere = elsewhere.map(|(_, copy)| &copy.store as &dyn BlobStore);
            self.copies.fetch(id, &own.chain(elsewhere).collect::<Vec<_>>())?;
        }
        copy.send(id)
    }

    fn settle(&self, id: &BlobId) -> Result<(), StoreError> {
        self.copies.staging.delete(id)
    }
}

struct CopiesWriter {
    copies: Copies,
    writer: Box<dyn BlobWriter>,
}

impl Write for CopiesWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl BlobWriter for CopiesWriter {
    fn commit(self: Box<Self>) -> Result<(BlobId, u64), StoreError> {
        let Self { copies, writer } = *self;
        let (id, length) = writer.commit()?;
        copies.send(&id)?;
        Ok((id, length))
    }
}

impl BlobStore for Copies {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let writer = self.staging.writer()?;
        Ok(Box::new(CopiesWriter { copies: self.clone(), writer }))
    }

    fn open_range(&self, id: &BlobId, range: Range<u64>) -> Result<BlobPart, StoreError> {
        self.ask_any(id, |store| store.open_range(id, range.clone()))
    }

    /// Each vault has a copy.
    fn open_copy(
        &self,
        id: &BlobId,
        copy: usize,
    ) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let Some(copy) = self.copies.get(copy) else { return Ok(None) };
        copy.store.open(id).map(|(reader, _)| Some(reader))
    }

    fn length(&self, id: &BlobId) -> Result<u64, StoreError> {
        self.ask_any(id, |store| store.length(id))
    }

    fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        self.staging.delete(id)
    }

    /// The blobs that wait in the staging store for a vault.
    fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        self.staging.list()
    }
}
