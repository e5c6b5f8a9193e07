//! Readers whom the ledger names and this person's own memory does not.
//!
//! A node can invent a reader. Nobody gets a key because a ledger says so: the person is shown each
//! such reader, and says yes or no once. A profile that was recovered from its words remembers nobody,
//! so it asks about each reader.

use std::fmt;

use mrms_contract::read;
use mrms_core::{BurnHeight, Principal, RecordId, Rights, Version, grant};
use mrms_crypto::Fingerprint;

use crate::profile::granted::{Granted, GrantedMemory, GrantedTerms, Sharing};
use crate::profile::remembered::PinnedRecipient;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::readers::{Reader, has_use_of_keys};

/// A reader whom the ledger names and this profile does not remember.
#[derive(Clone, Debug)]
pub struct UnknownReader {
    /// Who.
    pub user: Principal,
    /// What the ledger says that they may do.
    pub rights: Rights,
    /// When the ledger says that it ends.
    pub expiry: Option<BurnHeight>,
    /// The key that they have published, as the ledger says.
    pub fingerprint: Fingerprint,
    /// The first version that they can open, as the ledger says.
    pub from_version: Version,
    /// Whether it is the key on their card; also where this person has no card of theirs.
    pub is_on_card: bool,
    recipient: PinnedRecipient,
}

/// Why a reader whom the ledger names got no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// This profile does not remember that it granted them access.
    NotRemembered,
    /// This person has ended their access, or said that they are no reader.
    Ended,
    /// Their key is not the one to which this person granted, or not the one on their card.
    KeyChanged,
    /// They have published no key that can be used.
    NoKey,
}

impl fmt::Display for WhyLeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRemembered => "this profile does not remember that it granted to them",
            Self::Ended => "this profile has ended their access",
            Self::KeyChanged => {
                "their key is not the one to which this profile granted, or not the one on their card"
            }
            Self::NoKey => "they have published no key that can be used",
        })
    }
}

/// What a profile remembers of somebody whom the ledger lets open a record.
pub(crate) enum Remembered<'m> {
    Granted(&'m Granted),
    Left(WhyLeftOut),
}

impl Session<'_> {
    /// What this person remembers of a reader: it decides who gets keys, and how.
    pub(crate) fn remembered<'m>(
        &self,
        memory: &'m GrantedMemory,
        id: RecordId,
        reader: &Principal,
        now: BurnHeight,
    ) -> Remembered<'m> {
        match memory.of(self.contract, id, reader) {
            Some(known) if known.rights().is_none() => Remembered::Left(WhyLeftOut::Ended),
            Some(known) if known.rights_at(now).is_some_and(has_use_of_keys) => {
                Remembered::Granted(known)
            }
            _ => Remembered::Left(WhyLeftOut::NotRemembered),
        }
    }

    /// Those whom the ledger lets open one's own record, and whom this profile does not remember.
    /// Nobody where the record is somebody else's, and nobody without a key that can be used.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn unknown_readers(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Vec<UnknownReader>, ShareError> {
        let Some(record) = self.ask(&read::record(id))? else { return Ok(Vec::new()) };
        if record.patient != actor.principal() {
            return Ok(Vec::new());
        }
        let readers = self.readers_of(id, &record)?;
        let mut unknown = Vec::new();
        if readers.is_empty() {
            return Ok(unknown);
        }
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        for Reader { user, grant: own, now: in_force, .. } in readers {
            let Ok((rights, from_version)) = in_force else { continue };
            let remembered = self.remembered(&memory, id, &user, now);
            let is_unknown = matches!(remembered, Remembered::Left(WhyLeftOut::NotRemembered));
            if !has_use_of_keys(rights) || !is_unknown {
                continue;
            }
            let (recipient, published) = match self.published_recipient(&user) {
                Err(error) if error.has_no_key() => continue,
                found => found?,
            };
            unknown.push(UnknownReader {
                is_on_card: self.is_on_card(actor, &user, &recipient)?,
                user,
                rights,
                // Where the record's own grant has ended, access to all records is what lets them in.
                expiry: own
                    .filter(|own| grant::is_live(own.expiry, now))
                    .and_then(|own| own.expiry),
                fingerprint: recipient.fingerprint(),
                from_version,
                recipient: published,
            });
        }
        Ok(unknown)
    }

    /// The person says that this is a reader, with this key: they are remembered as a sealed reader.
    /// A dry run remembers nothing.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn accept_reader(
        &self,
        actor: &Actor,
        id: RecordId,
        reader: UnknownReader,
    ) -> Result<(), ShareError> {
        if self.sending == Sending::DryRun {
            return Ok(());
        }
        let UnknownReader { user, rights, expiry, from_version, recipient, .. } = reader;
        let terms = GrantedTerms {
            rights,
            expiry,
            from_version,
            sharing: Sharing::Sealed,
            recipient: recipient.recipient.clone(),
        };
        let granted = Granted::new(self.contract, id, &user, terms);
        self.pin(&user, recipient)?;
        let root = actor.keyring.record_root()?;
        self.profile.change_granted(&root, |memory| memory.set(granted))?;
        Ok(())
    }

    /// The person says that this is no reader of theirs. They are not asked about them again; a grant
    /// makes them a reader.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn decline_reader(
        &self,
        actor: &Actor,
        id: RecordId,
        reader: &UnknownReader,
    ) -> Result<(), ShareError> {
        if self.sending == Sending::DryRun {
            return Ok(());
        }
        let root = actor.keyring.record_root()?;
        self.profile.change_granted(&root, |memory| memory.end(self.contract, id, &reader.user))?;
        Ok(())
    }
}
