//! The vault of this home folder, in this process. It is used if the settings name no vault.
//!
//! It is opened when it is first needed. Each opening first looks for grants that ended and deletes their
//! key slots, and only then releases anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mrms_app::ledger::Ledger;
use mrms_core::{ContractId, Finality};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_store::{BlobId, BlobPromise, BlobStore, FileStore, StoreError};
use mrms_vault::guardian::{
    self, BackupError, BackupKeys, Clock, Guardian, GuardianSettings, OpenError, Presence,
};
use mrms_vault::protocol::{
    Deposit, Deposits, Erased, Erasure, Hex, LogPage, LogRequest, MemberNotesRequest, ReaderNote,
    ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest, Release,
    ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Signed, UploadAnswer, UploadRequest,
    VaultCard, VaultReceipt,
};
use mrms_vault::{Vault, VaultError};
use rand_core::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::bringing::Bringer;
use super::chain_view::LedgerView;
use crate::clock::{MachineClock, now, rng};
use crate::error::{HomeError, chain, file_error};
use crate::folder::HomeFolder;

/// The file with the vault's signing key.
pub(crate) const KEY: &str = "key";
/// The file with the contract that the vault follows, and its chain.
const FOLLOWS: &str = "contract";
/// How many key slots the vault checks when it is opened; the next command goes on there.
const LOOK_AT: usize = 64;
/// How many it checks after something was ended.
const LOOK_AT_AFTER: usize = 512;
/// The most Bitcoin blocks that an operator may have a vault wait for: an entry opens nothing any more when it is 6 old.
const MOST_CONFIRMATIONS: u64 = 5;
/// The pause before a vault that another process has is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// The guardian's folder: one for each contract that the vault follows.
#[derive(Clone, Debug)]
pub struct VaultFolder {
    home: HomeFolder,
    folder: PathBuf,
    follows: String,
}

impl VaultFolder {
    /// The folder below the home's `vault` for this contract of this network: `guardian` for the home's first one,
    /// `guardian-` and the beginning of a hash for others.
    pub fn on(home: &HomeFolder, network: Network, contract: &ContractId) -> Self {
        let vault = home.vault();
        let follows = format!("{} {contract}", network.chain_id);
        let first = vault.join("guardian");
        let is_free_or_its_own = match fs::read_to_string(first.join(FOLLOWS)) {
            Ok(text) => text.trim_end() == follows,
            Err(_) => !first.join(KEY).exists(),
        };
        let folder = if is_free_or_its_own {
            first
        } else {
            let hash = hex::encode(&Sha256::digest(&follows)[..4]);
            vault.join(format!("guardian-{hash}"))
        };
        Self { home: home.clone(), folder, follows }
    }

    /// Fails if there is no vault in this folder, and a new one would stand in place of another.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultMissing`], and those of files.
    pub fn must_be_itself(&self) -> Result<(), HomeError> {
        let key = self.folder.join(KEY);
        // What is there and can't be looked at is not gone; opening it tells what is wrong.
        if key.try_exists().unwrap_or(true) {
            return Ok(());
        }
        self.home.must_keep_its_vaults()
    }

    /// The vault's own signing key, made at its first use.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultMissing`], [`HomeError::VaultKeyDamaged`], [`HomeError::File`].
    pub fn key(&self) -> Result<SigningKey, HomeError> {
        let path = self.folder.join(KEY);
        let damaged = || HomeError::VaultKeyDamaged { path: path.clone() };
        match fs::read(&path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                let mut bytes = Zeroizing::new([0; 32]);
                mrms_core::hexadecimal::decode_to_slice(
                    text.trim_ascii_end(),
                    bytes.as_mut_slice(),
                )
                .map_err(|_| damaged())?;
                SigningKey::from_bytes(&bytes).map_err(|_| damaged())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.home.must_keep_its_vaults()?;
                mrms_files::make_private_folder(&self.folder)
                    .map_err(file_error("make", &self.folder))?;
                let mut bytes = Zeroizing::new([0; 32]);
                let key = loop {
                    rng().fill_bytes(bytes.as_mut_slice());
                    // All but one of 2^128 numbers are keys.
                    if let Ok(key) = SigningKey::from_bytes(&bytes) {
                        break key;
                    }
                };
                let follows = self.folder.join(FOLLOWS);
                mrms_files::write_whole(&follows, format!("{}\n", self.follows).as_bytes())
                    .map_err(file_error("write", &follows))?;
                let text = Zeroizing::new(hex::encode(bytes.as_slice()));
                match mrms_files::write_new(&path, text.as_bytes()) {
                    Ok(()) => Ok(key),
                    // Another process was first.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.key(),
                    Err(error) => Err(file_error("write", &path)(error)),
                }
            }
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// The folders of every network and contract that this home has worked with.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn all_in(home: &HomeFolder) -> Result<Vec<Self>, HomeError> {
        let vault = home.vault();
        let entries = match fs::read_dir(&vault) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(file_error("read", &vault))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(file_error("read", &vault))?;
            let is_one = entry.file_name().to_string_lossy().starts_with("guardian");
            let follows = fs::read_to_string(entry.path().join(FOLLOWS)).unwrap_or_default();
            let follows = follows.trim_end().to_owned();
            let one = Self { home: home.clone(), folder: entry.path(), follows };
            if is_one && one.is_used() {
                found.push(one);
            }
        }
        Ok(found)
    }

    /// Whether the vault was ever opened. Without a database it guards nothing.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.folder.join("vault.sqlite").exists()
    }

    /// Copies the vault, its signing key included, into a folder of the same name below `target`.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultCopy`], [`HomeError::File`].
    pub fn copy_into(&self, target: &Path, keys: BackupKeys) -> Result<(), HomeError> {
        let to = target.join(self.folder.file_name().unwrap_or_default());
        guardian::copy(&self.folder, &to, keys).map_err(HomeError::VaultCopy)?;
        self.copy_key(&to)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Notes in the home that it has this vault. Where that can't be written, such as on a full disk, the vault
    /// still does its work, and the next opening notes it.
    fn note(&self) {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let _ = self.home.note_vault(&name);
    }

    /// The guardian, ready to be opened.
    pub fn opening(&self, ledger: Arc<dyn Ledger>, contract: &ContractId) -> Opening<'_> {
        let contract = contract.clone();
        Opening { folder: self, ledger, contract, confirmations: None, clock: Arc::new(now) }
    }

    /// Copies the vault's signing key, and the name of what it follows, into a backup of the rest.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn copy_key(&self, backup: &Path) -> Result<(), HomeError> {
        copy_small(&self.folder, backup).map_err(|(path, error)| file_error("copy", &path)(error))
    }

    /// Restores the vault from a backup.
    pub fn restore(&self, backup: &Path) -> Result<(), BackupError> {
        guardian::restore(backup, &self.folder)?;
        copy_small(backup, &self.folder)
            .map_err(|(path, source)| BackupError::File { path, source })
    }
}

/// Copies the key and what the vault follows from one folder to another.
fn copy_small(from: &Path, to: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    for name in [KEY, FOLLOWS] {
        let source = from.join(name);
        let copy = || mrms_files::write_new(&to.join(name), &Zeroizing::new(fs::read(&source)?));
        copy().map_err(|error| (source.clone(), error))?;
    }
    Ok(())
}

/// A guardian that is about to be opened.
pub struct Opening<'f> {
    folder: &'f VaultFolder,
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    confirmations: Option<u64>,
    clock: Arc<dyn Clock>,
}

impl Opening<'_> {
    /// Bitcoin blocks that must lie on top of what the vault acts on. Without a number: none on the embedded ledger, where a
    /// block is final, and those of [`Finality::VAULT`] elsewhere.
    pub fn confirmations(self, confirmations: Option<u64>) -> Self {
        Self { confirmations, ..self }
    }

    /// For a vault that is open for long: it notices when the machine's clock jumps. A vault that is opened for one command
    /// has its client on the same machine, with the same clock.
    pub fn for_long(self) -> Self {
        Self { clock: Arc::new(MachineClock), ..self }
    }

    /// Opens the guardian. Waits up to `wait` for another process that has it.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoConfirmations`], [`HomeError::TooManyConfirmations`], [`HomeError::OwnVault`], and those of [`VaultFolder::key`].
    pub fn open(&self, wait: Duration) -> Result<Guardian, HomeError> {
        let network = self.ledger.network();
        let is_final_at_once = network == Network::EMBEDDED;
        let finality = match self.confirmations {
            Some(0) if !is_final_at_once => return Err(HomeError::NoConfirmations),
            Some(most) if most > MOST_CONFIRMATIONS => {
                return Err(HomeError::TooManyConfirmations { most: MOST_CONFIRMATIONS });
            }
            Some(confirmations) => Finality::after(confirmations),
            None => Finality::of_vault(network.chain_id),
        };
        let until = Instant::now() + wait;
        loop {
            let key = self.folder.key()?;
            let vault = key.address(network.version);
            let mut settings =
                GuardianSettings::new(vault, self.contract.clone(), network.chain_id);
            settings.finality = finality;
            let view = LedgerView::new(Arc::clone(&self.ledger), self.contract.clone());
            let (view, clock, rng) = (Arc::new(view), Arc::clone(&self.clock), Box::new(rng()));
            match Guardian::open(&self.folder.folder, key, view, clock, rng, settings) {
                Err(OpenError::InUse { .. }) if Instant::now() < until => {
                    std::thread::sleep(TRY_AGAIN);
                }
                opened => {
                    let guardian = opened?;
                    self.folder.note();
                    return Ok(guardian);
                }
            }
        }
    }
}

/// The home folder's vault, opened at first use.
pub struct OwnVault {
    folder: VaultFolder,
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    blobs: FileStore,
    wait: Duration,
    guardian: Mutex<Option<Arc<Guardian>>>,
}

impl OwnVault {
    /// The vault in this folder, which follows this contract. It is not opened yet.
    #[must_use]
    pub fn new(
        folder: VaultFolder,
        ledger: Arc<dyn Ledger>,
        contract: ContractId,
        blobs: FileStore,
        wait: Duration,
    ) -> Self {
        Self { folder, ledger, contract, blobs, wait, guardian: Mutex::new(None) }
    }

    fn guardian(&self) -> Result<Arc<Guardian>, VaultError> {
        let mut open = self.guardian.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guardian) = &*open {
            return Ok(Arc::clone(guardian));
        }
        let opening = self.folder.opening(Arc::clone(&self.ledger), &self.contract);
        let opened = opening.open(self.wait);
        let guardian = opened.map(Arc::new).map_err(|error| match error {
            HomeError::VaultMissing { folder } => VaultError::Missing { folder },
            error => VaultError::Unreachable { reason: chain(&error) },
        })?;
        // If the chain can't be asked now, the next opening looks for grants that ended.
        let _ = guardian.watch(LOOK_AT);
        Ok(Arc::clone(open.insert(guardian)))
    }

    /// Deletes the key slots of grants that ended.
    ///
    /// # Errors
    ///
    /// [`VaultError::Missing`], [`VaultError::Unreachable`] when the vault can't be opened.
    pub fn watch(&self) -> Result<(), VaultError> {
        // Where opening has just looked at all of them, there is nothing to do.
        let _ = self.guardian()?.watch(LOOK_AT_AFTER);
        Ok(())
    }

    /// Takes note of a ciphertext that is about to appear in the vault's folder.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    pub(super) fn expect(&self, bringer: &Bringer, promise: BlobPromise) -> Result<(), VaultError> {
        let account = self.guardian()?.card().vault;
        let signed = bringer
            .announce(account, promise)
            .map_err(|error| VaultError::Answer { reason: chain(&error) })?;
        self.announce(&signed).map(|_| ())
    }
}

impl Vault for OwnVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        Ok(self.guardian()?.card())
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        self.guardian()?.deposit(deposit).map_err(VaultError::Refused)
    }

    fn deposit_all(&self, deposits: &Signed<Deposits>) -> Result<Vec<VaultReceipt>, VaultError> {
        self.guardian()?.deposit_all(deposits).map_err(VaultError::Refused)
    }

    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError> {
        self.guardian()?.deposit_salt(salt).map_err(VaultError::Refused)
    }

    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        self.guardian()?.release(request).map_err(VaultError::Refused)
    }

    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        self.guardian()?.release_salt(request).map_err(VaultError::Refused)
    }

    fn leave_reader_note(&self, note: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError> {
        self.guardian()?.leave_reader_note(note).map_err(VaultError::Refused)
    }

    fn reader_notes(
        &self,
        request: &Signed<ReaderNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        self.guardian()?.reader_notes(request).map_err(VaultError::Refused)
    }

    fn member_notes(
        &self,
        request: &Signed<MemberNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        self.guardian()?.member_notes(request).map_err(VaultError::Refused)
    }

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        let guardian = self.guardian()?;
        let erased = guardian.erase(erasure).map_err(VaultError::Refused)?;
        let failed =
            |error: &dyn std::error::Error| VaultError::Unreachable { reason: chain(error) };
        let is_here = |blob: &&Hex<32>| self.blobs.open(&BlobId::from_bytes(blob.0)).is_ok();
        let gone = erased.blobs.iter().filter(is_here).copied().collect();
        let kept = erased.kept.iter().filter(is_here).copied().collect();
        for blob in &erased.blobs {
            self.blobs.delete(&BlobId::from_bytes(blob.0)).map_err(|error| failed(&error))?;
            guardian.ciphertext_is_gone(*blob).map_err(|error| failed(&error))?;
        }
        Ok(Erased { blobs: gone, kept, ..erased })
    }

    /// Notes for which version a ciphertext is. Its bytes come, or came, into the folder of this process.
    fn announce(&self, upload: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError> {
        let UploadRequest { sha256, length, .. } = upload.message;
        let presence = match self.blobs.length(&BlobId::from_bytes(sha256.0)) {
            Ok(_) => Presence::Here,
            Err(StoreError::Missing { .. }) => Presence::Absent,
            Err(error) => return Err(VaultError::Unreachable { reason: chain(&error) }),
        };
        let guardian = self.guardian()?;
        guardian.admit_upload(upload, presence).map_err(VaultError::Refused)?;
        if presence == Presence::Absent {
            // Nobody else brings bytes into this folder: they follow at once, or not at all.
            let noted = guardian.ciphertext_is_here(sha256, &upload.signer.into());
            noted.map_err(|error| VaultError::Unreachable { reason: chain(&error) })?;
        }
        Ok(UploadAnswer { sha256, length, offset: 0, upload: None })
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        self.guardian()?.lines(request).map_err(VaultError::Refused)
    }

    fn record_lines(
        &self,
        request: &Signed<RecordLinesRequest>,
    ) -> Result<RecordLines, VaultError> {
        self.guardian()?.record_lines(request).map_err(VaultError::Refused)
    }
}
