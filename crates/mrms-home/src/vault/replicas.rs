//! Ciphertext with several vaults: each vault gets a copy.
//!
//! A ciphertext is written into a staging store in the home first and sent from there. It leaves the
//! staging store when every vault has taken it.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mrms_app::Actor;
use mrms_app::session::ciphertexts::{CiphertextOf, Ciphertexts};
use mrms_app::vaults::replicate::Replicas;
use mrms_core::StandardPrincipal;
use mrms_store::{BlobId, BlobPart, BlobPromise, BlobStore, BlobWriter, FileStore, StoreError};
use mrms_vault::Vault as _;
use mrms_vault::client::{HttpVault, RemoteBlobStore};

use super::bringing::{Bringer, Follows};

/// The ciphertext that one vault keeps.
#[derive(Clone)]
pub(super) struct Copy {
    name: String,
    vault: Arc<HttpVault>,
    account: Arc<OnceLock<StandardPrincipal>>,
    store: RemoteBlobStore,
}

impl Copy {
    pub(super) fn with(name: String, vault: Arc<HttpVault>, staging: &FileStore) -> Self {
        let staging: Arc<dyn BlobStore> = Arc::new(Kept(staging.clone()));
        let store = RemoteBlobStore::new(Arc::clone(&vault), staging);
        Self { name, vault, account: Arc::new(OnceLock::new()), store }
    }

    fn account(&self) -> Result<StandardPrincipal, StoreError> {
        if let Some(account) = self.account.get() {
            return Ok(*account);
        }
        let card = self.vault.card().map_err(cannot_announce)?;
        Ok(*self.account.get_or_init(|| card.vault))
    }

    /// Sends a staged blob.
    fn send(&self, id: &BlobId, bringer: &Arc<Bringer>) -> Result<(), StoreError> {
        let (account, bringer) = (self.account()?, Arc::clone(bringer));
        let authorise = move |promise| bringer.announce(account, promise);
        self.store.bringing(Arc::new(authorise)).send(id)
    }

    /// Says of a blob that the vault has for which version it is.
    fn claim(&self, promise: BlobPromise, bringer: &Bringer) -> Result<(), StoreError> {
        let signed = bringer.announce(self.account()?, promise).map_err(cannot_announce)?;
        self.vault.announce(&signed).map_err(cannot_announce)?;
        Ok(())
    }
}

fn cannot_announce(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unreachable { action: "announce a blob", source: io::Error::other(error) }
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
    follows: Follows,
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
        follows: Follows,
    ) -> Self {
        Self { copies, staging, needed, follows, missed: Arc::default() }
    }

    fn bringer(&self, actor: &Actor, of: CiphertextOf) -> Result<Arc<Bringer>, StoreError> {
        self.follows.bringer(actor, of).map(Arc::new).map_err(cannot_announce)
    }

    /// Sends a ciphertext of the staging store to every vault. Deletes it there when all have it.
    fn send(&self, id: &BlobId, bringer: &Arc<Bringer>) -> Result<(), StoreError> {
        let (mut failures, mut taken) = (Vec::new(), 0);
        for copy in &self.copies {
            match copy.send(id, bringer) {
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
    fn has(&self, place: usize, id: &BlobId, of: CiphertextOf) -> Result<bool, StoreError> {
        let Some(copy) = self.copies.copies.get(place) else { return Ok(false) };
        copy.store.has_as(id, of.record, of.version)
    }

    fn bring(
        &self,
        place: usize,
        actor: &Actor,
        id: &BlobId,
        of: CiphertextOf,
    ) -> Result<(), StoreError> {
        let Copies { copies, staging, .. } = self.copies;
        let Some(copy) = copies.get(place) else { return Err(StoreError::Missing { id: *id }) };
        let bringer = self.copies.bringer(actor, of)?;
        match copy.store.length(id) {
            Ok(length) => return copy.claim(BlobPromise { id: *id, length }, &bringer),
            Err(StoreError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        if let Err(StoreError::Missing { .. }) = staging.length(id) {
            let own = self.own.iter().map(|own| own as &dyn BlobStore);
            let elsewhere = copies.iter().enumerate().filter(|(other, _)| *other != place);
            let elsewhere = elsewhere.map(|(_, copy)| &copy.store as &dyn BlobStore);
            self.copies.fetch(id, &own.chain(elsewhere).collect::<Vec<_>>())?;
        }
        copy.send(id, &bringer)
    }

    fn settle(&self, id: &BlobId) -> Result<(), StoreError> {
        self.copies.staging.delete(id)
    }
}

struct CopiesWriter {
    copies: Copies,
    bringer: Arc<Bringer>,
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
        let Self { copies, bringer, writer } = *self;
        let (id, length) = writer.commit()?;
        copies.send(&id, &bringer)?;
        Ok((id, length))
    }
}

impl Ciphertexts for Copies {
    fn writer_of(
        &self,
        actor: &Actor,
        of: CiphertextOf,
    ) -> Result<Box<dyn BlobWriter>, StoreError> {
        let bringer = self.bringer(actor, of)?;
        let writer = self.staging.writer()?;
        Ok(Box::new(CopiesWriter { copies: self.clone(), bringer, writer }))
    }
}

impl BlobStore for Copies {
    /// Into the staging store alone: without a version no vault takes a ciphertext.
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.staging.writer()
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
