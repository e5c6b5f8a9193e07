//! The vault of this home folder, in this process: used where none is configured.
//!
//! It is opened when it is first needed, and every opening lets its watcher look at what it keeps:
//! what was revoked or has expired meanwhile is deleted before anything is released.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mrms_app::ledger::Ledger;
use mrms_core::{ContractId, UnixTime};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_store::{BlobId, BlobStore, FileStore};
use mrms_vault::guardian::{self, BackupError, BackupKeys, Guardian, GuardianSettings, OpenError};
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, LogPage, LogRequest, Release, ReleaseRequest, SaltDeposit,
    SaltRelease, SaltRequest, Signed, VaultCard, VaultReceipt,
};
use mrms_vault::{Vault, VaultError};
use rand_core::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::chain_view::LedgerView;
use crate::failure::{Exit, Failure, chain};
use crate::home::cannot;
use crate::workplace::rng;

/// The file with the vault's signing key.
const KEY: &str = "key";
/// The file with the contract that the vault follows, and its chain.
const FOLLOWS: &str = "contract";
/// Epochs that are looked at when the vault is opened.
const LOOK_AT: usize = 256;
/// How often an occupied vault is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// Where a vault keeps what it guards: one folder for each contract that it follows.
#[derive(Clone, Debug)]
pub(crate) struct VaultFolder {
    folder: PathBuf,
    follows: String,
}

impl VaultFolder {
    /// The folder in `vault` for this contract of this network: `guardian` for the first that the
    /// home worked with, `guardian-` and the beginning of a hash for others.
    pub(crate) fn on(vault: &Path, network: Network, contract: &ContractId) -> Self {
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
        Self { folder, follows }
    }

    /// The vault's own signing key, made at its first use.
    pub(crate) fn key(&self) -> Result<SigningKey, Failure> {
        let path = self.folder.join(KEY);
        let damaged = || {
            Failure::new(Exit::Integrity, "vault-key", format!("{} is damaged", path.display()))
                .hint("restore it from a backup of the vault")
        };
        match fs::read(&path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                let mut bytes = Zeroizing::new([0; 32]);
                hex::decode_to_slice(text.trim_ascii_end(), bytes.as_mut_slice())
                    .map_err(|_| damaged())?;
                SigningKey::from_bytes(&bytes).map_err(|_| damaged())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                mrms_files::make_private_folder(&self.folder)
                    .map_err(|error| cannot("make", &self.folder, &error))?;
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
                    .map_err(|error| cannot("write", &follows, &error))?;
                let text = Zeroizing::new(hex::encode(bytes.as_slice()));
                match mrms_files::write_new(&path, text.as_bytes()) {
                    Ok(()) => Ok(key),
                    // Another process was first.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.key(),
                    Err(error) => Err(cannot("write", &path, &error)),
                }
            }
            Err(error) => Err(cannot("read", &path, &error)),
        }
    }

    /// Those of every network that this home has worked on.
    pub(crate) fn all_in(vault: &Path) -> Result<Vec<Self>, Failure> {
        let entries = match fs::read_dir(vault) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| cannot("read", vault, &error))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| cannot("read", vault, &error))?;
            let is_one = entry.file_name().to_string_lossy().starts_with("guardian");
            // Without a database it was never opened, and guards nothing.
            if is_one && entry.path().join("vault.sqlite").exists() {
                let follows = fs::read_to_string(entry.path().join(FOLLOWS)).unwrap_or_default();
                let follows = follows.trim_end().to_owned();
                found.push(Self { folder: entry.path(), follows });
            }
        }
        Ok(found)
    }

    /// Copies the vault, its signing key included, into a folder of the same name below `target`.
    pub(crate) fn copy_into(&self, target: &Path, keys: BackupKeys) -> Result<(), Failure> {
        let to = target.join(self.folder.file_name().unwrap_or_default());
        guardian::copy(&self.folder, &to, keys).map_err(|error| {
            Failure::new(Exit::Unreachable, "vault-storage", chain(&error))
                .hint("check that the disk has room; mrms vault check looks at the vault itself")
        })?;
        self.copy_key(&to)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// The guardian as it is to be opened.
    pub(crate) fn opening(&self, ledger: Arc<dyn Ledger>, contract: &ContractId) -> Opening<'_> {
        Opening { folder: self, ledger, contract: contract.clone(), confirmations: 0 }
    }

    /// Puts the vault's signing key, and what it follows, beside a backup of the rest.
    pub(crate) fn copy_key(&self, backup: &Path) -> Result<(), Failure> {
        copy_small(&self.folder, backup).map_err(|(path, error)| cannot("copy", &path, &error))
    }

    /// Makes the vault anew from a backup.
    pub(crate) fn restore(&self, backup: &Path) -> Result<(), BackupError> {
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
pub(crate) struct Opening<'f> {
    folder: &'f VaultFolder,
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    confirmations: u64,
}

impl Opening<'_> {
    /// Blocks that must lie on top of an access before a share is released.
    pub(crate) fn confirmations(self, confirmations: u64) -> Self {
        Self { confirmations, ..self }
    }

    /// Opens it; waits for another process that has it.
    pub(crate) fn open(&self, wait: Duration) -> Result<Guardian, Failure> {
        let network = self.ledger.network();
        let until = Instant::now() + wait;
        loop {
            let key = self.folder.key()?;
            let vault = key.address(network.version);
            let mut settings =
                GuardianSettings::new(vault, self.contract.clone(), network.chain_id);
            settings.finality_blocks = self.confirmations;
            let view = LedgerView::new(Arc::clone(&self.ledger), self.contract.clone());
            let (view, clock, rng) = (Arc::new(view), Arc::new(now), Box::new(rng()));
            match Guardian::open(&self.folder.folder, key, view, clock, rng, settings) {
                Err(OpenError::InUse { .. }) if Instant::now() < until => {
                    std::thread::sleep(TRY_AGAIN);
                }
                opened => return opened.map_err(Failure::from),
            }
        }
    }
}

/// The machine's time.
pub(crate) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::from_seconds(since.map_or(0, |since| since.as_secs()))
}

/// The home folder's vault, opened at first use.
pub(crate) struct OwnVault {
    folder: VaultFolder,
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    blobs: FileStore,
    wait: Duration,
    guardian: Mutex<Option<Arc<Guardian>>>,
}

impl OwnVault {
    pub(crate) fn new(
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
        let guardian = opened
            .map_err(|failure| VaultError::Unreachable { reason: failure.message })
            .map(Arc::new)?;
        // What it finds is deleted; where the chain can't be asked now, the next opening looks.
        let _ = guardian.watch(LOOK_AT);
        Ok(Arc::clone(open.insert(guardian)))
    }

    /// Deletes what was revoked or has expired, now.
    pub(crate) fn watch(&self) -> Result<(), VaultError> {
        // Opening looks; one that was open already looks again.
        let was_open = self.guardian.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let guardian = self.guardian()?;
        if was_open {
            let _ = guardian.watch(LOOK_AT);
        }
        Ok(())
    }
}

impl Vault for OwnVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        Ok(self.guardian()?.card())
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        self.guardian()?.deposit(deposit).map_err(VaultError::Refused)
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

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        let erased = self.guardian()?.erase(erasure).map_err(VaultError::Refused)?;
        let mut gone = Vec::new();
        for blob in &erased.blobs {
            let id = BlobId::from_bytes(blob.0);
            let was_there = self.blobs.open(&id).is_ok();
            self.blobs
                .delete(&id)
                .map_err(|error| VaultError::Unreachable { reason: chain(&error) })?;
            if was_there {
                gone.push(*blob);
            }
        }
        Ok(Erased { blobs: gone, ..erased })
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        self.guardian()?.lines(request).map_err(VaultError::Refused)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let message = chain(&error);
        match error {
            OpenError::InUse { .. } => Self::new(Exit::Unreachable, "vault-busy", message)
                .hint("wait for it to end, or stop mrms vault run"),
            OpenError::OtherVault { .. } | OpenError::Key { .. } => {
                Self::new(Exit::Integrity, "other-vault", message)
                    .hint("restore the folder and its key together, from one backup")
            }
            OpenError::Log(_) => Self::new(Exit::Integrity, "vault-log-altered", message)
                .hint("restore the vault from a backup: mrms vault restore"),
            OpenError::Restore(_) => Self::new(Exit::Unreachable, "vault-restored", message)
                .hint("start it again when the ledger can be reached"),
            _ => Self::new(Exit::Unreachable, "vault-storage", message)
                .hint("check that the disk has room and the folder can be written"),
        }
    }
}
