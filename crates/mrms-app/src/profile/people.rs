//! Whom this person knows: the profile's file of names, sealed under the person's own key.
//!
//! Names are nobody's business who has the folder. What other files of the profile say about people stays by
//! principal.

use std::fs;
use std::io;
use std::time::Duration;

use mrms_core::{Principal, UnixTime};
use mrms_crypto::{RecordRoot, own_notes};
use mrms_files::{FileLock, LockError};
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, FieldText, People, Person, SignedDocument};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{ProfileError, ProfileFolder, io_error};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "people.sealed";
/// How long a command waits for another one that is changing the file.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl ProfileFolder {
    /// Whom this person knows.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] also when somebody without this person's words wrote the file.
    pub fn people(&self, root: &RecordRoot) -> Result<People, ProfileError> {
        self.load_sealed(root, NAME)
    }

    /// Changes whom this person knows, while no other command does.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn change_people<T>(
        &self,
        root: &RecordRoot,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut People) -> T,
    ) -> Result<T, ProfileError> {
        self.change_sealed(root, NAME, rng, change)
    }

    /// Gives somebody this person's own name, whether they were known before or not. What is to be known of the name
    /// first, [`People::look_at_name`] tells.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn call_account(
        &self,
        root: &RecordRoot,
        principal: &Principal,
        name: FieldText<MOST_NAME>,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<Person, ProfileError> {
        self.change_people(root, rng, |people| {
            let known = people.get(principal).cloned();
            let mut person = known.unwrap_or_else(|| Person {
                principal: principal.clone(),
                own_name: None,
                card: None,
                added: now.seconds(),
            });
            person.own_name = Some(name);
            people.set(person.clone());
            person
        })
    }

    /// Somebody's card: the one that this person took, or else the newest one that a directory lists.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn card_of(
        &self,
        root: &RecordRoot,
        owner: &Principal,
    ) -> Result<Option<SignedDocument<Card>>, ProfileError> {
        self.card_among(&self.people(root)?, root, owner)
    }

    /// The same, where the people were read already.
    pub(crate) fn card_among(
        &self,
        people: &People,
        root: &RecordRoot,
        owner: &Principal,
    ) -> Result<Option<SignedDocument<Card>>, ProfileError> {
        let own = people.get(owner).map(|person| person.card()).transpose();
        let own = own.map_err(|error| ProfileError::Damaged {
            path: self.path().join(NAME),
            reason: format!("a card in it: {error}"),
        })?;
        match own.flatten() {
            Some(card) => Ok(Some(card)),
            None => self.listed_card(root, owner),
        }
    }

    /// Reads a file that is sealed under the person's own key; the default where there is none.
    pub(crate) fn load_sealed<T: DeserializeOwned + Default>(
        &self,
        root: &RecordRoot,
        name: &str,
    ) -> Result<T, ProfileError> {
        let path = self.path().join(name);
        let sealed = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            bytes => bytes.map_err(io_error(&path, "read"))?,
        };
        let damaged = |reason: String| ProfileError::Damaged { path: path.clone(), reason };
        let bytes = own_notes::open(root, name, &sealed)
            .map_err(|_| damaged("it is not as this profile wrote it".to_owned()))?;
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
    }

    /// Changes a file that is sealed under the person's own key, while no other command does.
    pub(crate) fn change_sealed<T, R>(
        &self,
        root: &RecordRoot,
        name: &str,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut T) -> R,
    ) -> Result<R, ProfileError>
    where
        T: Serialize + DeserializeOwned + Default + PartialEq + Clone,
    {
        let lock = self.lock_sealed(name)?;
        self.change_locked(&lock, root, name, rng, change)
    }

    /// Keeps other commands from changing a sealed file, and what belongs to it.
    pub(crate) fn lock_sealed(&self, name: &str) -> Result<FileLock, ProfileError> {
        let lock = self.path().join(name).with_extension("lock");
        FileLock::take(&lock, LONGEST_WAIT).map_err(|error| match error {
            LockError::InUse { .. } => ProfileError::Busy,
            LockError::Open(error) => io_error(&lock, "write")(error),
            LockError::Lock(error) => io_error(&lock, "lock")(error),
        })
    }

    /// Changes a sealed file under its lock.
    pub(crate) fn change_locked<T, R>(
        &self,
        _lock: &FileLock,
        root: &RecordRoot,
        name: &str,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut T) -> R,
    ) -> Result<R, ProfileError>
    where
        T: Serialize + DeserializeOwned + Default + PartialEq + Clone,
    {
        let path = self.path().join(name);
        let before: T = self.load_sealed(root, name)?;
        let mut value = before.clone();
        let result = change(&mut value);
        if value != before {
            // Plain fields: nothing here can fail to serialize.
            let bytes = Zeroizing::new(serde_json::to_vec(&value).unwrap_or_default());
            let sealed = own_notes::seal(root, name, &bytes, rng);
            mrms_files::write_whole(&path, &sealed).map_err(io_error(&path, "write"))?;
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::{Keyring, Words};
    use mrms_people::{FieldText, Person, Resolved};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn root(seed: u64) -> RecordRoot {
        let words = Words::generate(&mut StdRng::seed_from_u64(seed));
        Keyring::from_words(&words).record_root().unwrap()
    }

    #[test]
    fn people_are_kept_for_their_person_alone() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let principal: mrms_core::Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let person = Person {
            principal: principal.clone(),
            own_name: Some(FieldText::new("Clinic B").unwrap()),
            card: None,
            added: 1,
        };
        let mut rng = StdRng::seed_from_u64(9);
        profile.change_people(&root(1), &mut rng, |people| people.set(person)).unwrap();
        let people = profile.people(&root(1)).unwrap();
        assert_eq!(people.resolve("clinic b"), Resolved::One(principal));
        assert!(profile.people(&root(2)).unwrap_err().to_string().contains("damaged"));
        let bytes = fs::read(folder.path().join(NAME)).unwrap();
        for hidden in [&b"Clinic"[..], b"ST0000"] {
            assert!(!bytes.windows(hidden.len()).any(|part| part == hidden));
        }
    }
}
