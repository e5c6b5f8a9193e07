//! A profile's folder: what a profile remembers between commands, apart from its keys.
//!
//! All of it is public, or sealed to the profile's own key, in small files. Losing `pairs.json`
//! costs a little chain space; losing `recipients.json` loses the warning when somebody's key
//! changes, losing `heads.json` the one when a ledger is forked or taken back, losing `chains.json` the refusal to sign for another one; without `granted.json` the
//! person is asked about each reader once more; without `acts.jsonl` a ledger that lost this profile's newest
//! blocks may go unnoticed. Signed transactions are in the outbox (`sending`), and on a network in `unsettled` until their
//! blocks are final; what gives access and a node refused is in `refused` until it can't come any more.

pub mod acts;
pub mod begun;
pub mod chains;
mod damaged;
pub mod directories;
pub mod granted;
pub mod granted_all;
mod granted_mark;
pub(crate) mod kept_files;
pub mod links;
pub mod people;
mod receipts;
pub mod received;
pub mod remembered;
pub(crate) mod sealed_lines;
pub mod staff;
mod unerased;
mod whose;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_core::{Principal, RecordId, StandardPrincipal};
use mrms_crypto::{RecordRoot, own_notes};
use mrms_files::{FileLock, LockError};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::profile::remembered::{
    Asked, KnownPair, Opening, PinnedRecipient, ReadLog, SeenHead, SeenLog,
};

/// How many sealed reasons of emergencies on one record are kept.
const NOTES_KEPT: usize = 4;
/// How long a command waits for another one that opens the same version.
const LONGEST_OPENING: Duration = Duration::from_secs(60);
/// How many files lock openings: enough that a clinic opens many records at once.
const OPENING_LOCKS: u128 = 64;

/// Why a profile's files could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `write`, `lock` or `remove`.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file's content is not what it should be.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is a copy of an earlier day: this profile has written it again since.
    #[error("{} is a copy of an earlier day: this profile has written it again since", path.display())]
    Earlier {
        /// The file.
        path: PathBuf,
    },
    /// The file is gone, and this profile has written it.
    #[error("{} is gone: this profile has written it", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// Another command of the profile is signing, and does not end.
    #[error("another command of this profile is sending transactions")]
    Busy,
    /// Another command of the profile is opening this record, and does not end.
    #[error("another command of this profile is opening record {record}")]
    BusyOpening {
        /// The record.
        record: RecordId,
    },
}

impl ProfileError {
    /// Whether nothing can be written: the disk is full, for example.
    #[must_use]
    pub fn is_unwritable(&self) -> bool {
        matches!(self, Self::Io { action: "write", .. })
    }
}

/// A profile's folder.
#[derive(Clone, Debug)]
pub struct ProfileFolder {
    folder: PathBuf,
}

/// The accounts in whose place this one is the patient: from the ledger, and made again where the file can't be read.
const FORMER_ACCOUNTS: &str = "former-accounts.json";
/// What somebody who acts for the person left of names.
const LEFT_NAMES: &str = "left-names.json";

impl ProfileFolder {
    /// The profile in this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The recipients seen so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn pinned(&self) -> Result<BTreeMap<Principal, PinnedRecipient>, ProfileError> {
        self.load("recipients.json")
    }

    /// Remembers the recipients seen so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn pin(&self, pinned: &BTreeMap<Principal, PinnedRecipient>) -> Result<(), ProfileError> {
        self.save("recipients.json", pinned)
    }

    /// The pair secrets set up so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn pairs(&self) -> Result<BTreeMap<Principal, KnownPair>, ProfileError> {
        self.load("pairs.json")
    }

    /// Remembers the pair secrets set up so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_pairs(
        &self,
        pairs: &BTreeMap<Principal, KnownPair>,
    ) -> Result<(), ProfileError> {
        self.save("pairs.json", pairs)
    }

    /// The accounts of the vaults seen so far, by their names.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn vaults(&self) -> Result<BTreeMap<String, StandardPrincipal>, ProfileError> {
        self.load("vaults.json")
    }

    /// Remembers the accounts of the vaults seen so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_vaults(
        &self,
        vaults: &BTreeMap<String, StandardPrincipal>,
    ) -> Result<(), ProfileError> {
        self.save("vaults.json", vaults)
    }

    /// The newest blocks seen so far, by where the ledger was reached.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn heads(&self) -> Result<BTreeMap<String, SeenHead>, ProfileError> {
        self.load("heads.json")
    }

    /// Remembers the newest blocks seen so far.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_heads(&self, heads: &BTreeMap<String, SeenHead>) -> Result<(), ProfileError> {
        self.save("heads.json", heads)
    }

    /// The emergencies that the patient has reviewed, by record and user.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn reviews(&self) -> Result<BTreeMap<String, String>, ProfileError> {
        self.load("reviews.json")
    }

    /// Remembers what was reviewed.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_reviews(&self, reviews: &BTreeMap<String, String>) -> Result<(), ProfileError> {
        self.save("reviews.json", reviews)
    }

    /// The sealed reasons of the emergencies that this profile declared on a record, the newest last.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn emergency_notes(&self, record: RecordId) -> Result<Vec<Vec<u8>>, ProfileError> {
        let notes: Vec<String> = self.load(&Self::notes_name(record))?;
        let bytes = notes.iter().map(mrms_core::hexadecimal::decode);
        Ok(bytes.filter_map(Result::ok).collect())
    }

    /// Keeps the sealed reason of an emergency: vaults want to have it for each release until it is over.
    /// Forgets the older ones but a few.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn keep_emergency_note(&self, record: RecordId, note: &[u8]) -> Result<(), ProfileError> {
        let folder = self.folder.join("emergencies");
        mrms_files::make_private_folder(&folder).map_err(io_error(&folder, "write"))?;
        let name = Self::notes_name(record);
        let mut notes: Vec<String> = match self.load(&name) {
            // Losing them costs another declaration, no more.
            Err(ProfileError::Damaged { .. }) => Vec::new(),
            notes => notes?,
        };
        notes.push(hex::encode(note));
        let oldest = notes.len().saturating_sub(NOTES_KEPT);
        self.save(&name, &notes.split_off(oldest))
    }

    fn notes_name(record: RecordId) -> String {
        format!("emergencies/{record}.json")
    }

    /// How far the logs of vaults were read, by the vaults' accounts.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn seen_logs(&self) -> Result<BTreeMap<String, SeenLog>, ProfileError> {
        self.load("vault-logs.json")
    }

    /// Remembers how far the logs of vaults were read.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_logs(&self, logs: &BTreeMap<String, SeenLog>) -> Result<(), ProfileError> {
        self.save("vault-logs.json", logs)
    }

    /// The patients whose records this profile does not want to see.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn ignored(&self) -> Result<BTreeSet<Principal>, ProfileError> {
        self.load("ignored.json")
    }

    /// Remembers whom this profile ignores.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn ignore(&self, patients: &BTreeSet<Principal>) -> Result<(), ProfileError> {
        self.save("ignored.json", patients)
    }

    /// What others handed over to this profile, as text, sealed to its own key.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn hand_overs(&self) -> Result<Vec<String>, ProfileError> {
        self.load("handed-over.json")
    }

    /// Keeps what others handed over.
    pub(crate) fn save_hand_overs(&self, texts: &[String]) -> Result<(), ProfileError> {
        self.save("handed-over.json", &texts)
    }

    /// The accounts in whose place this profile's is the patient, as far as a program of its person noted them.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn former_accounts(&self) -> Result<BTreeSet<Principal>, ProfileError> {
        self.load(FORMER_ACCOUNTS)
    }

    /// Notes the accounts in whose place this profile's is the patient.
    pub(crate) fn note_former_accounts(
        &self,
        accounts: &BTreeSet<Principal>,
    ) -> Result<(), ProfileError> {
        self.save(FORMER_ACCOUNTS, accounts)
    }

    /// What somebody who acts for the person left of names, as text.
    pub(crate) fn left_names(&self) -> Result<Option<String>, ProfileError> {
        self.load(LEFT_NAMES)
    }

    /// Leaves names for the person, in place of those that were left before.
    pub(crate) fn save_left_names(&self, text: &str) -> Result<(), ProfileError> {
        self.save(LEFT_NAMES, &Some(text))
    }

    /// They were taken up.
    pub(crate) fn forget_left_names(&self) -> Result<(), ProfileError> {
        let path = self.folder.join(LEFT_NAMES);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error(&path, "remove")(error))
            }
            _ => Ok(()),
        }
    }

    /// Whom the patient has named as contacts so far, in whatever form the caller keeps it.
    pub(crate) fn named_contacts<T: DeserializeOwned + Default>(&self) -> Result<T, ProfileError> {
        self.load("contacts.json")
    }

    /// Remembers whom the patient has named as contacts so far.
    pub(crate) fn remember_named_contacts<T: Serialize>(
        &self,
        named: &T,
    ) -> Result<(), ProfileError> {
        self.save("contacts.json", named)
    }

    fn read_log_name(vault: &StandardPrincipal, record: RecordId) -> String {
        format!("read-logs/{vault}-{record}.sealed")
    }

    /// What was read of a vault's log about a record; `None` where that is not known, or can't be read: then the log is. It is
    /// sealed under this name, so that no other record's is taken for it.
    #[must_use]
    pub fn read_log(
        &self,
        root: &RecordRoot,
        vault: &StandardPrincipal,
        record: RecordId,
    ) -> Option<ReadLog> {
        self.load_sealed(root, &Self::read_log_name(vault, record)).ok().flatten()
    }

    /// Remembers what was read of a vault's log about a record. It can be read again at any time, so that no disk is waited for.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_read_log(
        &self,
        root: &RecordRoot,
        (vault, record): (&StandardPrincipal, RecordId),
        log: &ReadLog,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        let folder = self.folder.join("read-logs");
        mrms_files::make_private_folder(&folder).map_err(io_error(&folder, "write"))?;
        let name = Self::read_log_name(vault, record);
        let path = self.folder.join(&name);
        let sealed = own_notes::seal(root, &name, &to_json(log), rng);
        mrms_files::write_derived(&path, &sealed).map_err(io_error(&path, "write"))
    }

    fn opening_name(asked: Asked<'_>) -> String {
        let Asked { record, version, organisation } = asked;
        let version = version.map_or_else(|| "latest".to_owned(), |version| version.to_string());
        let whose = organisation.map(|organisation| format!("-for-{organisation}"));
        format!("openings/{record}-{version}{}.json", whose.unwrap_or_default())
    }

    /// Keeps other commands of the profile from opening this record until the lock is dropped. Waits for one
    /// that does. A record shares its lock with few others.
    ///
    /// # Errors
    ///
    /// [`ProfileError::BusyOpening`], [`ProfileError::Io`].
    pub(crate) fn lock_opening(&self, record: RecordId) -> Result<FileLock, ProfileError> {
        let folder = self.folder.join("opening-locks");
        mrms_files::make_private_folder(&folder).map_err(io_error(&folder, "write"))?;
        let path = folder.join(format!("{}.lock", record.number() % OPENING_LOCKS));
        FileLock::take(&path, LONGEST_OPENING).map_err(|error| match error {
            LockError::InUse { .. } => ProfileError::BusyOpening { record },
            LockError::Open(error) => io_error(&path, "write")(error),
            LockError::Lock(error) => io_error(&path, "lock")(error),
        })
    }

    /// Keeps an opening until its content is decrypted.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn keep_opening(&self, opening: &Opening) -> Result<(), ProfileError> {
        let folder = self.folder.join("openings");
        mrms_files::make_private_folder(&folder).map_err(io_error(&folder, "write"))?;
        self.save(&Self::opening_name(opening.was_asked()), opening)
    }

    /// The opening whose content was not decrypted yet, if there is one.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn opening(&self, asked: Asked<'_>) -> Result<Option<Opening>, ProfileError> {
        self.load(&Self::opening_name(asked))
    }

    /// Every opening that is kept, with what it was asked for. Leaves out files that can't be read.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn openings(&self) -> Result<Vec<Opening>, ProfileError> {
        let folder = self.folder.join("openings");
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io_error(&folder, "read"))?,
        };
        let kept = entries.filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_lock = path.extension().is_some_and(|extension| extension == "lock");
            if is_lock { None } else { fs::read(path).ok() }
        });
        Ok(kept.filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect())
    }

    /// Forgets an opening.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn forget_opening(&self, asked: Asked<'_>) -> Result<(), ProfileError> {
        let path = self.folder.join(Self::opening_name(asked));
        mrms_files::remove(&path).map_err(io_error(&path, "remove"))
    }

    pub(crate) fn load<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<T, ProfileError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => from_json(&path, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(source) => Err(ProfileError::Io { path, action: "read", source }),
        }
    }

    pub(crate) fn save<T: Serialize>(&self, name: &str, value: &T) -> Result<(), ProfileError> {
        let path = self.folder.join(name);
        mrms_files::write_whole(&path, &to_json(value)).map_err(io_error(&path, "write"))
    }
}

pub(crate) fn io_error(
    path: &Path,
    action: &'static str,
) -> impl FnOnce(io::Error) -> ProfileError {
    let path = path.to_owned();
    move |source| ProfileError::Io { path, action, source }
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with text keys and plain fields: nothing here can fail to serialize.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

pub(crate) fn from_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ProfileError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ProfileError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// 64-bit numbers as text: most JSON readers round beyond 2^53.
pub(crate) mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        mrms_core::hexadecimal::decode(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::Version;

    use super::*;

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        fs::write(folder.path().join("recipients.json"), b"{").unwrap();
        assert!(profile.pinned().unwrap_err().to_string().contains("recipients.json is damaged"));
    }

    #[test]
    fn pairs_survive_with_numbers_beyond_what_json_readers_keep() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let reader: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let pair = KnownPair {
            epoch: u64::MAX,
            record: RecordId::new(u128::MAX),
            version: Version::FIRST,
            recipient: "age1pq1".to_owned(),
        };
        let pairs = BTreeMap::from([(reader, pair)]);
        profile.remember_pairs(&pairs).unwrap();
        assert_eq!(profile.pairs().unwrap(), pairs);
    }
}
