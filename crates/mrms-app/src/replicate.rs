//! Bringing the vaults up to date: each gets what it lacks of a person's records, because it was
//! away when they were written, or is there in place of another.
//!
//! What was erased is left alone: where one vault says that a record was, no vault gets anything of
//! it again.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_store::{BlobId, StoreError};
use mrms_vault::protocol::{Hex, RefusalReason, SaltRequest, Topic};
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::recipients::ChangedKey;
use crate::sealed::Missing;
use crate::session::{Actor, AskError, Session};
use crate::share::{ShareError, targets};
use crate::vaults::MemberError;
use crate::write::has_use_of_keys;

/// The ciphertext of each vault of a session, by the vault's place among them.
pub trait Replicas {
    /// Whether that vault keeps a blob.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where it does not say.
    fn has(&self, place: usize, id: &BlobId) -> Result<bool, StoreError>;

    /// Sends a blob to that vault from wherever else it is.
    ///
    /// # Errors
    ///
    /// [`StoreError`], [`StoreError::Missing`] among it where it is nowhere else.
    fn bring(&self, place: usize, id: &BlobId) -> Result<(), StoreError>;

    /// Every vault has the blob: no copy needs to wait for one any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn settle(&self, id: &BlobId) -> Result<(), StoreError>;
}

/// Whether readers' keys are left anew as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderKeys {
    /// They stay as they are.
    Leave,
    /// Every reader by name gets new shares with all vaults, in place of the old ones.
    Renew,
}

/// Something that a vault was to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Its answer, before anything else.
    Answer,
    /// A version's ciphertext.
    Ciphertext(Version),
    /// A version's erasure salt.
    Salt(Version),
    /// A reader's shares of the versions that they may open.
    Key(Principal),
}

/// Why a vault did not get it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// The vault refused, could not be reached, or is not the one that it should be.
    #[error(transparent)]
    Vault(#[from] MemberError),
    /// The ciphertext could not be had, or not be sent.
    #[error(transparent)]
    Ciphertext(#[from] StoreError),
    /// No vault that answered gives the salt.
    #[error("no vault that answered has the erasure salt")]
    NoSalt,
    /// The reader's shares could not be made or left.
    #[error(transparent)]
    Key(Box<ShareError>),
}

/// What was done, or could not be.
#[derive(Debug)]
pub struct Step {
    /// The record; none for what concerns a vault as a whole.
    pub record: Option<RecordId>,
    /// The vault, by its name; none for what all of them get.
    pub vault: Option<String>,
    /// What it was to get.
    pub piece: Piece,
    /// Whether it has it now.
    pub outcome: Result<(), NotDone>,
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Replicated {
    /// Versions whose ciphertext is with the vaults.
    pub versions: u64,
    /// Records that a vault says were erased.
    pub erased: BTreeSet<RecordId>,
}

/// Why what there is could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplicateError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// A version whose ciphertext is with the vaults.
struct Held {
    record: RecordId,
    version: Version,
    blob: BlobId,
    /// Erasable and the actor's own: only who wrote a version can leave its salt.
    salted: bool,
}

/// What became of a version.
#[derive(PartialEq, Eq)]
enum Fate {
    Kept,
    Erased,
}

/// The vaults that answer, by their places, and whom to tell of each step.
struct Round<'r> {
    actor: &'r Actor,
    replicas: &'r dyn Replicas,
    answering: Vec<usize>,
    told: &'r mut dyn FnMut(Step),
}

impl Session<'_> {
    /// Gives each vault the ciphertext and erasure salts that it lacks of the actor's own records, and
    /// of the versions that they added to others'; with [`ReaderKeys::Renew`] also shares for the
    /// readers of their own. Each step is told as it is done.
    ///
    /// # Errors
    ///
    /// [`ReplicateError`]; what was done until then stays. What a vault did not take is no error, but
    /// told.
    pub fn replicate(
        &self,
        actor: &Actor,
        replicas: &dyn Replicas,
        keys: ReaderKeys,
        rng: &mut dyn CryptoRng,
        told: &mut dyn FnMut(Step),
    ) -> Result<Replicated, ReplicateError> {
        let me = actor.principal();
        let own = self.records_of(&me)?;
        let answering = self.answering(told);
        let mut round = Round { actor, replicas, answering, told };
        let mut done = Replicated::default();
        let others = self.shared_with(&me)?.into_iter().map(|shared| (shared.id, shared.record));
        for (id, record) in own.iter().cloned().chain(others) {
            for held in self.held(&me, id, &record)? {
                done.versions += 1;
                if self.replicate_version(&held, &mut round, rng)? == Fate::Erased {
                    done.erased.insert(id);
                    break;
                }
            }
        }
        if keys == ReaderKeys::Renew {
            for (id, record) in own.iter().filter(|(id, _)| !done.erased.contains(id)) {
                self.renew_keys(*id, record, &mut round, rng)?;
            }
        }
        Ok(done)
    }

    /// The places of the vaults that say who they are, and are who they should be.
    fn answering(&self, told: &mut dyn FnMut(Step)) -> Vec<usize> {
        let mut answering = Vec::new();
        for (place, member) in self.vaults.members().iter().enumerate() {
            match self.vault_card(member) {
                Ok(_) => answering.push(place),
                Err(error) => told(Step {
                    record: None,
                    vault: Some(member.name().to_owned()),
                    piece: Piece::Answer,
                    outcome: Err(error.into()),
                }),
            }
        }
        answering
    }

    /// The versions of a record whose ciphertext is with the vaults, all of them or the actor's.
    fn held(&self, me: &Principal, id: RecordId, record: &Record) -> Result<Vec<Held>, AskError> {
        let mut held = Vec::new();
        for version in record.version.up_to() {
            let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
            if record.patient != *me && stored.author != *me {
                continue;
            }
            // What other software wrote is nothing that a vault was given.
            let Ok(envelope) = ContentEnvelope::parse(&stored.encrypted_content) else { continue };
            if envelope.storage() == Storage::Inline {
                continue;
            }
            held.push(Held {
                record: id,
                version,
                blob: BlobId::from_bytes(*envelope.payload_digest().sha256()),
                salted: envelope.storage() == Storage::Erasable && stored.author == *me,
            });
        }
        Ok(held)
    }

    fn replicate_version(
        &self,
        held: &Held,
        round: &mut Round<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Fate, ReplicateError> {
        let ciphertext = || Piece::Ciphertext(held.version);
        let (mut having, mut lacking) = (0, Vec::new());
        for place in round.answering.clone() {
            match round.replicas.has(place, &held.blob) {
                Ok(true) => having += 1,
                Ok(false) => lacking.push(place),
                Err(error) => self.tell_of(held, place, ciphertext(), Err(error.into()), round),
            }
        }
        if lacking.is_empty() && !held.salted {
            self.settle(held, having, round);
            return Ok(Fate::Kept);
        }
        let receipts = self.profile.receipts(held.record)?;
        if receipts.iter().any(|receipt| receipt.line.topic == Topic::Erase) {
            return Ok(Fate::Erased);
        }
        // Who lacks a ciphertext may have deleted it at the patient's word: asked for a salt, it says so.
        let asked = if held.salted { round.answering.clone() } else { lacking.clone() };
        let (mut salt, mut without_salt) = (None, Vec::new());
        for place in asked {
            let Some(member) = self.vaults.members().get(place) else { continue };
            let request = SaltRequest { record_id: held.record, version: held.version };
            let answer =
                self.tell(round.actor, member, request, rng, |vault, one| vault.release_salt(one));
            match answer {
                Ok((release, _)) => salt = Some(release.salt),
                Err(error) => match error.reason() {
                    Some(RefusalReason::RecordErased) => return Ok(Fate::Erased),
                    Some(RefusalReason::NoShare) => without_salt.push(place),
                    _ => {
                        // It may be one that has erased the record.
                        lacking.retain(|other| *other != place);
                        let piece =
                            if held.salted { Piece::Salt(held.version) } else { ciphertext() };
                        self.tell_of(held, place, piece, Err(error.into()), round);
                    }
                },
            }
        }
        for place in lacking {
            let brought = round.replicas.bring(place, &held.blob);
            having += usize::from(brought.is_ok());
            self.tell_of(held, place, ciphertext(), brought.map_err(NotDone::from), round);
        }
        self.settle(held, having, round);
        if held.salted {
            for place in without_salt {
                let left = self.leave_salt(held, place, salt, round.actor, rng);
                self.tell_of(held, place, Piece::Salt(held.version), left, round);
            }
        }
        Ok(Fate::Kept)
    }

    /// Where every vault has it, no copy waits any more. One that can't be removed does no harm.
    fn settle(&self, held: &Held, having: usize, round: &Round<'_>) {
        if having == self.vaults.members().len() {
            let _ = round.replicas.settle(&held.blob);
        }
    }

    fn leave_salt(
        &self,
        held: &Held,
        place: usize,
        salt: Option<Hex<32>>,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), NotDone> {
        let (Some(salt), Some(member)) = (salt, self.vaults.members().get(place)) else {
            return Err(NotDone::NoSalt);
        };
        Ok(self.deposit_salt_with(actor, member, (held.record, held.version), salt, rng)?)
    }

    fn tell_of(
        &self,
        held: &Held,
        place: usize,
        piece: Piece,
        outcome: Result<(), NotDone>,
        round: &mut Round<'_>,
    ) {
        let vault = self.vaults.members().get(place).map(|member| member.name().to_owned());
        (round.told)(Step { record: Some(held.record), vault, piece, outcome });
    }

    /// Leaves new shares for everybody who may open a record by name.
    fn renew_keys(
        &self,
        id: RecordId,
        record: &Record,
        round: &mut Round<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), AskError> {
        for reader in self.readers_of(id, record)? {
            let Ok((rights, from)) = reader.now else { continue };
            if !has_use_of_keys(rights) {
                continue;
            }
            let versions = record.version.up_to().filter(|version| *version >= from).collect();
            let renewed = self.renew_key(round.actor, id, &reader.user, versions, rng);
            let outcomes = match renewed {
                Ok(None) => continue,
                Ok(Some(missing)) => {
                    let refusals = missing.into_iter().map(|error| Err(NotDone::Vault(error)));
                    std::iter::once(Ok(())).chain(refusals).collect()
                }
                Err(error) => vec![Err(NotDone::Key(Box::new(error)))],
            };
            for outcome in outcomes {
                let piece = Piece::Key(reader.user.clone());
                (round.told)(Step { record: Some(id), vault: None, piece, outcome });
            }
        }
        Ok(())
    }

    /// None where the reader has every key on chain.
    fn renew_key(
        &self,
        actor: &Actor,
        id: RecordId,
        reader: &Principal,
        versions: Vec<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Missing>, ShareError> {
        let versions = self.not_on_chain(id, reader, versions, ChangedKey::Refuse)?;
        if versions.is_empty() {
            return Ok(None);
        }
        let unlocked = self.own_versions(actor, id, versions, rng)?;
        let recipient = self.recipient_of(reader, ChangedKey::Refuse)?;
        self.deposit(actor, reader, &recipient, &targets(id, &unlocked), rng).map(Some)
    }
}
