//! The passphrase that protects a profile's words on this machine: written for a new profile, and changed.
//!
//! Knows no old passphrase: whoever changes it shows the words, which the old one opened ([`Home::words_by_passphrase`]). How
//! strong a new one must be is in [`crate::weak`].

use mrms_crypto::age_file::{Passphrase, WorkFactor};
use mrms_crypto::{IdentityIndex, Words, keystore};
use mrms_stacks::network::Network;

use crate::clock::rng;
use crate::error::{HomeError, file_error};
use crate::home::Home;
use crate::keys::actor_of;

impl Home {
    /// Protects the profile's words with another passphrase from now on. The file is replaced as a whole: it opens with the old
    /// passphrase or with the new one, whatever happens meanwhile. What has the words already keeps them.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoProfile`], [`HomeError::CardDamaged`], [`HomeError::OtherWords`] for words of another account,
    /// [`HomeError::File`]. The old passphrase opens the profile then.
    pub fn set_passphrase(
        &self,
        words: &Words,
        passphrase: &Passphrase,
        work: WorkFactor,
    ) -> Result<(), HomeError> {
        let card = self.card()?;
        // The account is the same on every network, and none has to be reached.
        let of_words = actor_of(words, IdentityIndex::new(card.identity), Network::EMBEDDED)?;
        if of_words.principal.hash160() != card.principal.hash160() {
            return Err(HomeError::OtherWords { name: self.profile().clone() });
        }
        self.write_keystore(words, passphrase, work)
    }

    /// Writes the file with the words, in place of one that is there.
    pub(crate) fn write_keystore(
        &self,
        words: &Words,
        passphrase: &Passphrase,
        work: WorkFactor,
    ) -> Result<(), HomeError> {
        let sealed = keystore::seal(words, passphrase, work, &mut rng());
        let path = self.folder().keystore(self.profile());
        mrms_files::write_whole(&path, &sealed).map_err(file_error("write", &path))
    }
}
