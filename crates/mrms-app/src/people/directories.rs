//! Directories that one has added: who signs each, what it lists, and who has left it.
//!
//! The signer is pinned when a directory is added. A later one of the same signer replaces it if its serial is higher.

use std::collections::BTreeMap;

use mrms_core::{StandardPrincipal, UnixTime};
use mrms_crypto::keyring::NoKeyError;
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, Directory, DocumentError, FieldText, SignedDocument, name};
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::profile::directories::{FILE, KeptDirectory, ListedCard};
use crate::session::{Actor, Session};

/// The file with the serial of one's own newest directory.
const OWN_SERIAL: &str = "own-directory.sealed";

/// What a directory that came is beside what one has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryNews {
    /// There was none of its signer.
    First,
    /// It is the one that is kept.
    Same,
    /// It replaces the one that is kept.
    Newer {
        /// Who came.
        joined: Vec<ListedCard>,
        /// Who left.
        left: Vec<ListedCard>,
    },
}

/// Why a directory is not taken, made or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// It is none, or was altered.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is for another chain.
    #[error("this directory is for another chain, {chain}")]
    OtherChain {
        /// The chain that it names.
        chain: mrms_core::ChainId,
    },
    /// Its serial is lower than the one that is kept.
    #[error(
        "this directory has the number {serial}, and you have a newer one of the same signer, number {kept}"
    )]
    Older {
        /// Its serial.
        serial: u64,
        /// The serial of the one that is kept.
        kept: u64,
    },
    /// It says something else under a serial that was given already.
    #[error("this directory has the number {serial}, as the one you have, and says something else")]
    Contradicts {
        /// The serial of both.
        serial: u64,
    },
    /// Somebody else signed what lies where the directory was.
    #[error("{name} is signed by {found} now, and was signed by {pinned} when you added it")]
    OtherSigner {
        /// This person's name for it.
        name: String,
        /// Who signed it when it was added.
        pinned: StandardPrincipal,
        /// Who signed what is there now.
        found: StandardPrincipal,
    },
    /// Another directory is called alike.
    #[error("another directory that you have added is called alike: {name}")]
    Alike {
        /// This person's name for the other one.
        name: String,
    },
    /// There is none of this name.
    #[error("you have added no directory that is called {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The profile's file could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

impl Session<'_> {
    /// Forgets a directory. Returns what was forgotten.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Unknown`], [`DirectoryError::Profile`].
    pub fn remove_directory(
        &self,
        actor: &Actor,
        name: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<KeptDirectory, DirectoryError> {
        let wanted = name::likeness(name);
        let root = actor.keyring.record_root()?;
        let removed =
            self.profile.change_sealed(&root, FILE, rng, |all: &mut Vec<KeptDirectory>| {
                let at = all.iter().position(|one| name::likeness(one.name.as_str()) == wanted)?;
                Some(all.remove(at))
            })?;
        removed.ok_or_else(|| DirectoryError::Unknown { name: name.to_owned() })
    }

    /// Looks at a directory that came, beside those that this person has.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`].
    pub fn look_at_directory(
        &self,
        actor: &Actor,
        directory: &SignedDocument<Directory>,
    ) -> Result<DirectoryNews, DirectoryError> {
        let said = directory.document();
        if said.chain_id != self.ledger.network().chain_id {
            return Err(DirectoryError::OtherChain { chain: said.chain_id });
        }
        let all = self.profile.directories(&actor.keyring.record_root()?)?;
        news(all.iter().find(|one| one.publisher == said.publisher), said)
    }

    /// Keeps a directory that was looked at, under this person's name for it, with where it is read again. One of the
    /// same signer keeps its name unless another is given.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`].
    pub fn keep_directory(
        &self,
        actor: &Actor,
        directory: &SignedDocument<Directory>,
        own_name: Option<FieldText<MOST_NAME>>,
        source: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<KeptDirectory, DirectoryError> {
        let said = directory.document();
        let root = actor.keyring.record_root()?;
        self.profile.change_sealed(&root, FILE, rng, |all: &mut Vec<KeptDirectory>| {
            let at = all.iter().position(|one| one.publisher == said.publisher);
            let before = at.and_then(|at| all.get(at)).cloned();
            // Another command may have kept a newer one meanwhile.
            news(before.as_ref(), said)?;
            let kept_name = before.as_ref().map(|before| before.name.clone());
            let name = own_name.or(kept_name).unwrap_or_else(|| said.name.clone());
            let alike = name::likeness(name.as_str());
            let other = all.iter().find(|one| {
                one.publisher != said.publisher && name::likeness(one.name.as_str()) == alike
            });
            if let Some(other) = other {
                return Err(DirectoryError::Alike { name: other.name.to_string() });
            }
            let listed: Vec<ListedCard> = said.cards.iter().map(ListedCard::of).collect();
            let is_back =
                |one: &ListedCard| listed.iter().any(|listed| listed.principal == one.principal);
            let mut left: Vec<ListedCard> = before
                .iter()
                .flat_map(|before| before.listed.iter().chain(&before.left))
                .filter(|one| !is_back(one))
                .cloned()
                .collect();
            let mut seen = BTreeMap::new();
            left.retain(|one| seen.insert(one.principal.clone(), ()).is_none());
            let kept = KeptDirectory {
                name,
                publisher: said.publisher,
                source: source.to_owned(),
                serial: said.serial,
                issued: said.issued.seconds(),
                listed,
                left,
            };
            match at.and_then(|at| all.get_mut(at)) {
                Some(place) => *place = kept.clone(),
                None => all.push(kept.clone()),
            }
            Ok(kept)
        })?
    }

    /// Signs a directory of cards. Its serial is above those of the ones before.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::Document`], [`DirectoryError::Profile`].
    pub fn make_directory(
        &self,
        actor: &Actor,
        name: FieldText<MOST_NAME>,
        cards: Vec<SignedDocument<Card>>,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<SignedDocument<Directory>, DirectoryError> {
        let root = actor.keyring.record_root()?;
        let before: u64 = self.profile.load_sealed(&root, OWN_SERIAL)?;
        let serial = before.saturating_add(1).max(now.seconds());
        let directory = Directory {
            publisher: actor.principal,
            name,
            chain_id: self.ledger.network().chain_id,
            issued: now,
            serial,
            cards,
        };
        let signed = SignedDocument::sign(directory, &actor.key)?;
        self.profile.change_sealed(&root, OWN_SERIAL, rng, |kept: &mut u64| {
            *kept = serial.max(*kept);
        })?;
        Ok(signed)
    }
}

/// What a directory is beside the one that is kept of its signer.
fn news(kept: Option<&KeptDirectory>, said: &Directory) -> Result<DirectoryNews, DirectoryError> {
    let Some(kept) = kept else { return Ok(DirectoryNews::First) };
    let listed: Vec<ListedCard> = said.cards.iter().map(ListedCard::of).collect();
    let (serial, had) = (said.serial, kept.serial);
    if serial < had {
        return Err(DirectoryError::Older { serial, kept: had });
    }
    if serial == had {
        return match kept.listed == listed && kept.issued == said.issued.seconds() {
            true => Ok(DirectoryNews::Same),
            false => Err(DirectoryError::Contradicts { serial }),
        };
    }
    let without = |these: &[ListedCard], others: &[ListedCard]| -> Vec<ListedCard> {
        let is_in =
            |one: &&ListedCard| !others.iter().any(|other| other.principal == one.principal);
        these.iter().filter(is_in).cloned().collect()
    };
    Ok(DirectoryNews::Newer {
        joined: without(&listed, &kept.listed),
        left: without(&kept.listed, &listed),
    })
}
