//! Directories that a person has added, sealed under the person's own key: what each lists, and whom it listed before.

use mrms_core::{Principal, StandardPrincipal};
use mrms_crypto::RecordRoot;
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, FieldText, Listings, SignedDocument};
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder};

/// The file with the directories, and the name under which it is sealed.
pub(crate) const FILE: &str = "directories.sealed";

/// A directory that this person has added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptDirectory {
    /// This person's name for it.
    pub name: FieldText<MOST_NAME>,
    /// Who signs it.
    pub publisher: StandardPrincipal,
    /// Where it is read again: an address, or a file's path. Empty where it was given by hand.
    pub source: String,
    /// Its serial.
    pub serial: u64,
    /// When it was made, seconds since 1970.
    pub issued: u64,
    /// Whom it lists.
    pub listed: Vec<ListedCard>,
    /// Whom it listed before.
    pub left: Vec<ListedCard>,
}

/// Somebody whom a directory lists, or listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCard {
    /// Their account.
    pub principal: Principal,
    /// What they call themselves.
    pub name: String,
    /// Their card as text, which was checked when it came.
    pub card: String,
}

impl ListedCard {
    pub(crate) fn of(card: &SignedDocument<Card>) -> Self {
        let said = card.document();
        let (principal, name) = (said.principal.into(), said.name.to_string());
        Self { principal, name, card: card.to_text() }
    }
}

impl ProfileFolder {
    /// The directories that this person has added.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn directories(&self, root: &RecordRoot) -> Result<Vec<KeptDirectory>, ProfileError> {
        self.load_sealed(root, FILE)
    }

    /// Whom the directories list, for names.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn listings(&self, root: &RecordRoot) -> Result<Listings, ProfileError> {
        let mut listings = Listings::default();
        for directory in self.directories(root)? {
            let by = directory.name.as_str();
            directory.listed.iter().for_each(|one| {
                listings.add(one.principal.clone(), &one.name, by);
            });
            directory.left.iter().for_each(|one| {
                listings.add_left(one.principal.clone(), &one.name, by);
            });
        }
        Ok(listings)
    }

    /// The newest card of somebody that a directory lists.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] when a card in the file can't be read.
    pub fn listed_card(
        &self,
        root: &RecordRoot,
        owner: &Principal,
    ) -> Result<Option<SignedDocument<Card>>, ProfileError> {
        let mut newest: Option<SignedDocument<Card>> = None;
        let directories = self.directories(root)?;
        let listed = directories.iter().flat_map(|directory| &directory.listed);
        for one in listed.filter(|one| one.principal == *owner) {
            let card = SignedDocument::<Card>::from_text(&one.card).map_err(|error| {
                ProfileError::Damaged { path: self.path().join(FILE), reason: error.to_string() }
            })?;
            let is_newer = newest
                .as_ref()
                .is_none_or(|newest| newest.document().serial < card.document().serial);
            if is_newer {
                newest = Some(card);
            }
        }
        Ok(newest)
    }
}
