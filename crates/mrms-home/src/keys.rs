//! Unlocks a profile's keys: with the words that the face has unlocked, or from the keystore with its
//! passphrase.

use std::path::PathBuf;

use mrms_app::Actor;
use mrms_app::profile::ProfileError;
use mrms_crypto::{IdentityIndex, Keyring, Words, keystore};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;

use crate::clock::rng;
use crate::error::{HomeError, file_error};
use crate::face::Notice;
use crate::folder::ProfileCard;
use crate::home::{Home, on_network};
use crate::names::Names;
use crate::open::OpenHome;
use crate::wards::Ward;

impl Home {
    /// The profile's keys on the network in use.
    ///
    /// # Errors
    ///
    /// As [`Self::unlock_on`] and [`Self::network`].
    pub fn unlock(&self) -> Result<Actor, HomeError> {
        self.unlock_on(self.network()?)
    }

    /// The profile's keys on this network, which need not be reached.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoHome`], [`HomeError::NoProfile`], [`HomeError::OtherWords`], and those of
    /// [`Self::words_by_passphrase`].
    pub fn unlock_on(&self, network: Network) -> Result<Actor, HomeError> {
        let card = self.card()?;
        let words = match self.face().unlocked_words() {
            Some(words) => words,
            None => self.words_by_passphrase()?,
        };
        let mut actor = actor_of(&words, IdentityIndex::new(card.identity), network)?;
        if actor.principal == on_network(card.principal, network) {
            self.inherit(&mut actor);
            // Names are a help: what was left and can't be taken up now is taken up later.
            let _ = self.folder().profile(self.profile()).take_left_names(&actor, &mut rng());
            // A damaged file of names is told by the command that reads it.
            if let Ok(names) = self.names(Some(&actor)) {
                self.face().knows(names);
            }
            return Ok(actor);
        }
        Err(HomeError::OtherWords { name: self.profile().clone() })
    }

    /// Gives the actor the keys of those whom they succeeded. Without them everything else still works, so what is wrong with
    /// them is told, and stops nothing.
    fn inherit(&self, actor: &mut Actor) {
        let profile = self.folder().profile(self.profile());
        if !matches!(mrms_app::succession::kept::inherit(&profile, actor), Ok(0)) {
            self.face().notice(&Notice::InheritedKeysDamaged);
        }
    }

    /// The names that the profile knows; without an unlocked actor, none.
    ///
    /// # Errors
    ///
    /// [`HomeError::Profile`] when the file of names is damaged, [`HomeError::NoKey`].
    pub fn names(&self, actor: Option<&Actor>) -> Result<Names, HomeError> {
        match actor {
            Some(actor) => {
                let names = Names::of(&self.folder().profile(self.profile()), actor)?;
                Ok(self.with_wards(names, actor))
            }
            None => Ok(Names::new(None, None)),
        }
    }

    /// The names of an unlocked profile that can be read, and what is wrong with the others: for a face that goes on without
    /// them, and says so.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoKey`].
    pub fn readable_names(&self, actor: &Actor) -> Result<(Names, Vec<ProfileError>), HomeError> {
        let (names, damaged) = Names::readable(&self.folder().profile(self.profile()), actor)?;
        Ok((self.with_wards(names, actor), damaged))
    }

    fn with_wards(&self, names: Names, actor: &Actor) -> Names {
        // Names are shown, too, where the file of a ward is damaged: mrms ward list says so.
        let mut wards = self.wards().unwrap_or_default();
        wards.retain(|ward| ward.terms.guardian == actor.principal());
        let named = |ward: Ward| (ward.principal.into(), ward.profile.to_string());
        names.with_wards(wards.into_iter().map(named))
    }

    /// The profile's keys; `None` if that would take a question to the person.
    ///
    /// # Errors
    ///
    /// As [`Self::unlock`].
    pub fn unlock_quietly(&self) -> Result<Option<Actor>, HomeError> {
        if self.face().unlocks_quietly() { self.unlock().map(Some) } else { Ok(None) }
    }

    /// Begins the next identity of the profile, which nobody encrypts to before it is published. One that was begun
    /// and never published is taken up. From then on it is the actor's.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoKey`] after the last identity of the words, [`HomeError::Key`], and those of the profile's files.
    pub fn begin_identity(
        &self,
        open: &OpenHome,
        actor: &mut Actor,
    ) -> Result<ProfileCard, HomeError> {
        let published = open.session().published_identity(&actor.keyring, &actor.principal())?;
        if published == actor.identity {
            actor.identity = actor.identity.next().ok_or_else(|| no_key(NoFurtherKey))?;
        }
        // The card first. An identity on the card that is not published does no harm; content encrypted
        // to one that is published and not on the card could not be opened here.
        self.take_up_identity(actor, actor.identity)
    }

    /// From the next time on that the profile is unlocked, this identity is the actor's.
    pub(crate) fn take_up_identity(
        &self,
        actor: &Actor,
        identity: IdentityIndex,
    ) -> Result<ProfileCard, HomeError> {
        let mut card = self.folder().card(self.profile())?;
        let own = actor.keyring.identity(identity).map_err(no_key)?;
        card.identity = identity.number();
        card.recipient = own.recipient().to_string();
        self.folder().write_card(self.profile(), &card)?;
        Ok(card)
    }

    /// The 24 words, from the keystore with its passphrase.
    ///
    /// # Errors
    ///
    /// [`HomeError::KeystoreMissing`], [`HomeError::KeystoreDamaged`],
    /// [`HomeError::WrongPassphrase`], [`HomeError::Face`] when there is no passphrase.
    pub fn words_by_passphrase(&self) -> Result<Words, HomeError> {
        let (path, file) = self.keystore_file()?;
        let passphrase = self.face().passphrase(self.profile()).map_err(HomeError::Face)?;
        keystore::open(&file, &passphrase).map_err(|error| match error {
            keystore::KeystoreError::WrongPassphrase => HomeError::WrongPassphrase,
            source => HomeError::KeystoreDamaged { path, source },
        })
    }

    /// Whether the profile and its keystore can be opened, as far as that is seen without a passphrase.
    ///
    /// # Errors
    ///
    /// As [`Home::words_by_passphrase`], without those of the passphrase.
    pub fn look_at_keystore(&self) -> Result<(), HomeError> {
        let (path, file) = self.keystore_file()?;
        keystore::look(&file).map_err(|source| HomeError::KeystoreDamaged { path, source })
    }

    fn keystore_file(&self) -> Result<(PathBuf, Vec<u8>), HomeError> {
        self.card()?;
        let path = self.folder().keystore(self.profile());
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(HomeError::KeystoreMissing { path })
            }
            file => Ok((path.clone(), file.map_err(file_error("read", &path))?)),
        }
    }
}

/// Somebody has begun as many identities as their words have.
#[derive(Debug, thiserror::Error)]
#[error("these words have no further encryption key")]
struct NoFurtherKey;

/// The keys of these words, and their account on a network.
///
/// # Errors
///
/// [`HomeError::NoKey`]. Practically impossible (probability below 2^-127).
pub fn actor_of(
    words: &Words,
    identity: IdentityIndex,
    network: Network,
) -> Result<Actor, HomeError> {
    let keyring = Keyring::from_words(words);
    let secret = keyring.stacks_secret_key().map_err(no_key)?;
    let key = SigningKey::from_bytes(secret.expose_bytes()).map_err(no_key)?;
    Ok(Actor { principal: key.address(network.version), key, keyring, identity })
}

pub(crate) fn no_key(error: impl std::error::Error + Send + Sync + 'static) -> HomeError {
    HomeError::NoKey(Box::new(error))
}
