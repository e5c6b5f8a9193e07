//! Opens a version: first the entry in the log, then the key, then the content.
//!
//! Compares what the contract returns with the hash on chain, the key with its commitment, and
//! every field inside the ciphertext with what was asked for. Writes content to a writer that the
//! caller discards on any error. Follows `access-medical-record` and `access-record-version`. Does
//! not know files.

use std::cell::Cell;
use std::io::{self, Cursor, Read, Write};

use mrms_contract::state::{Record, StoredVersion};
use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{ContentHash, Principal, RecordId, TxId, Version};
use mrms_crypto::content::{ContentHeader, OpenError};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::{ContentEnvelope, EnvelopeError, Storage, UnlockError};
use mrms_crypto::sharing::KeyEnvelopeError;
use mrms_crypto::{VersionContext, Workers};
use mrms_files::FileLock;
use mrms_store::{BlobId, StoreError};
use rand_core::CryptoRng;

use crate::access::holder::OpensBy;
use crate::access::key::opens_nothing;
use crate::access::take_up::{closed_by, is_closed, needs_another_entry};
use crate::profile::ProfileError;
use crate::profile::remembered::{Asked, Opening};
use crate::sending::openings::opened;
use crate::sending::outcome::{Outcome, SendError};
use crate::session::vaults::{TooFewVaults, VaultFailures};
use crate::session::{Actor, AskError, Sending, Session};

/// Why a version could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenRecordError {
    /// There is no such record or version.
    #[error("there is no version {version} of record {record}")]
    NotFound {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
    },
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What the contract returned does not hash to what it says.
    #[error("version {version} of record {record} was altered: it does not hash to {expected}")]
    ContentHash {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
        /// The hash on chain.
        expected: ContentHash,
    },
    /// What is stored is not a content envelope.
    #[error("version {version} of record {record} was not written by this software: {source}")]
    Envelope {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
        /// What is wrong with it.
        source: EnvelopeError,
    },
    /// Access was granted, but no key was shared with this principal.
    #[error("the key of version {version} of record {record} was not shared with you")]
    NoKey {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
    },
    /// The access stands in a block, but its answer names no entry, or another version than was
    /// asked for.
    #[error("the access to record {record} left no entry that can be read")]
    NoEntry {
        /// The record.
        record: RecordId,
    },
    /// The key envelope on chain is damaged.
    #[error("the key envelope on chain cannot be read")]
    KeyEnvelope(#[from] KeyEnvelopeError),
    /// Too few vaults released their share.
    #[error(transparent)]
    Vaults(#[from] TooFewVaults),
    /// The version is erasable and one's own, and its salt, without which nobody can open it, is missing: a vault was lost,
    /// or restored without its salts.
    #[error(
        "version {version} of record {record} is erasable, and its salt is missing. {}",
        told_vaults(without, unanswered)
    )]
    NoSalt {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
        /// The vaults that say they have no salt, or have one of something else.
        without: Vec<String>,
        /// The vaults that gave no answer, and may have it.
        unanswered: Vec<String>,
    },
    /// An access that was interrupted can't go on, since the grant has ended. What was kept for it is
    /// deleted.
    #[error("the access to record {record} was closed meanwhile: {reason}")]
    Closed {
        /// The record.
        record: RecordId,
        /// Why it is closed.
        reason: ContractError,
    },
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The key was wrapped to an encryption key that this profile does not have.
    #[error("the key was wrapped for another encryption key than yours")]
    OtherIdentity,
    /// The key that was shared on chain is not that of the version: it was meant for a version that
    /// another author's overtook.
    #[error("the key on chain for you is not the key of version {version} of record {record}")]
    OtherKey {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
    },
    /// The key does not belong to the version.
    #[error(transparent)]
    Unlock(UnlockError),
    /// The ciphertext is not where it should be.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ciphertext does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKeyInRing(#[from] mrms_crypto::keyring::NoKeyError),
}

fn told_vaults(without: &[String], unanswered: &[String]) -> String {
    let mut told = Vec::new();
    if !without.is_empty() {
        told.push(format!("It is not with {}", without.join(", ")));
    }
    if !unanswered.is_empty() {
        told.push(format!("no answer that can be used came from {}", unanswered.join(", ")));
    }
    told.join("; ")
}

/// A version whose key is known and whose content is not decrypted yet.
pub struct Unlocked {
    /// The version.
    pub version: Version,
    /// What is on chain.
    pub stored: StoredVersion,
    /// Where the payload is.
    pub storage: Storage,
    key: ContentKey,
    envelope: ContentEnvelope,
}

/// An access that the log has an entry of.
pub struct Access {
    /// The transaction.
    pub txid: TxId,
    /// Index of its entry.
    pub audit_index: u64,
    /// Whether this access made the entry, or an earlier one that was interrupted.
    pub entry: EntryOrigin,
    /// The version, ready to be decrypted.
    pub unlocked: Unlocked,
    /// What is wrong with vaults that answered, though others had enough.
    pub wrong_answers: VaultFailures,
    /// Whether the key came from vaults, which then have the note for the patient.
    pub is_by_vaults: bool,
    /// The organisation for which it was opened; `None` by the person's own grants.
    pub organisation: Option<Principal>,
    asked: Option<Version>,
    /// Keeps other commands of the profile from using this entry as well.
    lock: Cell<Option<FileLock>>,
}

/// Which access made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOrigin {
    /// This access.
    New,
    /// An earlier access, which was interrupted before it had the content.
    Interrupted,
}

/// How an access begins.
pub(crate) struct Beginning<'n> {
    /// What is sent to the contract; the last call opens the record.
    pub(crate) calls: Vec<Call>,
    /// What the patient is to read about it, sealed to the patient.
    pub(crate) note: &'n [u8],
    /// What is done with an earlier access.
    pub(crate) interrupted: Interrupted,
    /// By whose grants and keys.
    pub(crate) by: OpensBy<'n>,
}

/// What is done with an access that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// Its entry is used, where that may still be.
    TakeUp,
    /// It is forgotten, and a new entry made.
    Forget,
}

/// What a request to the vaults needs: the entry. Vaults whose answers are of no use are noted.
pub(super) struct Against<'o> {
    pub(super) opening: &'o mut Opening,
    pub(super) wrong_answers: &'o mut VaultFailures,
    pub(super) by: OpensBy<'o>,
}

impl Session<'_> {
    /// Accesses a version of a record, the latest when none is named: writes the entry to the log,
    /// and then finds the key. After an access that was interrupted, uses its entry while that is
    /// fresh and the grant is live.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`]; the entry stands in the log even when what follows fails.
    pub fn access(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Option<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, OpenRecordError> {
        let call = match version {
            None => call::access_medical_record(id),
            Some(version) => call::access_record_version(id, version),
        };
        // Under an emergency that this profile declared, vaults want to have its reason each time.
        let note = self.emergency_note(actor, id)?;
        let begin = Beginning {
            calls: vec![call],
            note: &note,
            interrupted: Interrupted::TakeUp,
            by: OpensBy::Oneself,
        };
        self.access_by(actor, id, version, begin, rng)
    }

    /// Accesses a record by these calls, of which the last one opens it.
    pub(crate) fn access_by(
        &self,
        actor: &Actor,
        id: RecordId,
        asked: Option<Version>,
        begin: Beginning<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, OpenRecordError> {
        // Two commands at once would take up one entry, and one of them would open without any of its own.
        let lock = match self.sending {
            Sending::Send => Some(self.profile.lock_opening(id)?),
            Sending::SignOnly(_) | Sending::DryRun => None,
        };
        let accessed = self.access_alone(actor, id, asked, begin, rng)?;
        accessed.try_map(|access| {
            access.lock.set(lock);
            Ok(access)
        })
    }

    fn access_alone(
        &self,
        actor: &Actor,
        id: RecordId,
        asked: Option<Version>,
        begin: Beginning<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, OpenRecordError> {
        let Beginning { calls, note, interrupted, by } = begin;
        let asked = Asked { record: id, version: asked, organisation: by.organisation() };
        if self.sending == Sending::Send {
            if interrupted == Interrupted::TakeUp
                && let Some((mut opening, stored)) = self.interrupted(actor, asked)?
            {
                if !note.is_empty() {
                    opening.note = note.to_vec();
                }
                match self.open_against(actor, opening, stored, (EntryOrigin::Interrupted, by), rng)
                {
                    Err(OpenRecordError::Vaults(refused)) if needs_another_entry(&refused) => {}
                    ended => return ended.map(Outcome::Done),
                }
            }
            self.profile.forget_opening(asked)?;
            self.contact_vaults();
        }
        let sent = self.carry_out(actor, &format!("access record {id}"), calls);
        let sent = sent.map_err(|error| self.or_succeeded(&actor.principal(), id, error))?;
        sent.try_map(|receipts| {
            // The access is the last of the calls, and the contract has returned the version with
            // it.
            let found = receipts.last().and_then(|receipt| opened(asked, receipt));
            let (mut opening, stored) = found.ok_or(OpenRecordError::NoEntry { record: id })?;
            if !note.is_empty() {
                opening.note = note.to_vec();
                self.profile.keep_opening(&opening)?;
            }
            self.open_against(actor, opening, stored, (EntryOrigin::New, by), rng)
        })
    }

    fn open_against(
        &self,
        actor: &Actor,
        mut opening: Opening,
        stored: StoredVersion,
        (entry, by): (EntryOrigin, OpensBy<'_>),
        rng: &mut dyn CryptoRng,
    ) -> Result<Access, OpenRecordError> {
        let (id, version) = (opening.record, opening.version);
        let mut wrong_answers = VaultFailures::new();
        let against = Against { opening: &mut opening, wrong_answers: &mut wrong_answers, by };
        let record = self.record_of(id, version)?;
        let unlocked =
            match self.unlock(actor, (id, &record), (version, stored), Some(against), rng) {
                Err(OpenRecordError::Vaults(refused)) => {
                    return Err(self.refused_by_vaults(&opening, entry, refused)?);
                }
                unlocked => unlocked?,
            };
        let is_by_vaults = !opening.releases.is_empty();
        let Opening { txid, audit_index, asked, organisation, .. } = opening;
        let lock = Cell::new(None);
        Ok(Access {
            txid,
            audit_index,
            entry,
            unlocked,
            wrong_answers,
            is_by_vaults,
            organisation,
            asked,
            lock,
        })
    }

    /// The error of an access that the vaults refused. Where they say that it was closed, deletes
    /// what is kept for it.
    fn refused_by_vaults(
        &self,
        opening: &Opening,
        entry: EntryOrigin,
        refused: TooFewVaults,
    ) -> Result<OpenRecordError, ProfileError> {
        if is_closed(&refused)
            && (entry == EntryOrigin::Interrupted || !opening.releases.is_empty())
        {
            self.profile.forget_opening(opening.was_asked())?;
            if let (EntryOrigin::Interrupted, Some(reason)) = (entry, closed_by(&refused)) {
                return Ok(OpenRecordError::Closed { record: opening.record, reason });
            }
        }
        Ok(refused.into())
    }

    /// Ends an access, and deletes what was kept for it: the next access makes an entry of its own.
    /// To be called when the content is complete and verified, *before* it gets a name that others can
    /// open or its first byte leaves: what somebody can read is opened, whatever becomes of the writer.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn finish(&self, access: &Access) -> Result<(), ProfileError> {
        let record = access.unlocked.key.context().record;
        let organisation = access.organisation.as_ref();
        self.profile.forget_opening(Asked { record, version: access.asked, organisation })?;
        // Somebody may read what leaves for an hour.
        drop(access.lock.take());
        Ok(())
    }

    pub(crate) fn stored(
        &self,
        id: RecordId,
        version: Version,
    ) -> Result<StoredVersion, OpenRecordError> {
        self.ask(&read::record_version(id, version))?
            .ok_or(OpenRecordError::NotFound { record: id, version })
    }

    /// Unlocks a version of one's own record from chain state, without an entry: to show its name,
    /// or to wrap its key to others.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`].
    pub fn own_version(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unlocked, OpenRecordError> {
        let stored = self.stored(id, version)?;
        let record = self.record_of(id, version)?;
        self.unlock(actor, (id, &record), (version, stored), None, rng)
    }

    /// The same of a record and a version of it that were just read.
    pub(crate) fn unlock_read(
        &self,
        actor: &Actor,
        of: (RecordId, &Record),
        read: (Version, StoredVersion),
        rng: &mut dyn CryptoRng,
    ) -> Result<Unlocked, OpenRecordError> {
        self.unlock(actor, of, read, None, rng)
    }

    /// The record of a version.
    fn record_of(&self, id: RecordId, version: Version) -> Result<Record, OpenRecordError> {
        self.ask(&read::record(id))?.ok_or(OpenRecordError::NotFound { record: id, version })
    }

    fn unlock(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        (version, stored): (Version, StoredVersion),
        against: Option<Against<'_>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unlocked, OpenRecordError> {
        let envelope = envelope(id, version, &stored)?;
        let (patient, patients) =
            match self.has_changed_hands(id, record, (version, &stored.author))? {
                true => self.patients_since(id, record, version)?,
                false => (record.patient.clone(), vec![record.patient.clone()]),
            };
        let context =
            VersionContext { record: id, version, patient, author: stored.author.clone() };
        let without_entry = against.is_none();
        let found = self.content_key(actor, &envelope, (&context, &patients), against, rng);
        let key = match found {
            // The record may have been another's for a while, and have come back.
            Err(error) if without_entry && opens_nothing(&error) => {
                let (then, patients) = self.patients_since(id, record, version)?;
                if then == context.patient {
                    return Err(error);
                }
                let context = VersionContext { patient: then, ..context };
                self.content_key(actor, &envelope, (&context, &patients), None, rng)?
            }
            found => found?,
        };
        let storage = envelope.storage();
        Ok(Unlocked { version, stored, storage, key, envelope })
    }

    /// Decrypts a version into `content`. When a vault gives other bytes than the version's, goes on
    /// with the next vault's copy. On an error the caller discards what was written.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`].
    pub fn decrypt(
        &self,
        unlocked: &Unlocked,
        content: impl Write + Send,
    ) -> Result<ContentHeader, OpenRecordError> {
        let workers = Workers::available();
        let mut content = OnceEach { inner: content, written: 0, again: 0 };
        self.with_payload(unlocked, |payload| {
            content.again = content.written;
            unlocked.key.open_to(payload, &mut content, workers)
        })
    }

    /// Decrypts a version's header, and no more of its content than that takes.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`].
    pub fn header(&self, unlocked: &Unlocked) -> Result<ContentHeader, OpenRecordError> {
        self.with_payload(unlocked, |payload| unlocked.key.open_header(payload))
    }

    /// Opens a payload: that on chain, or each copy with the vaults until one is the version's.
    pub(crate) fn with_payload<T>(
        &self,
        unlocked: &Unlocked,
        mut open: impl FnMut(Box<dyn Read + Send>) -> Result<T, OpenError>,
    ) -> Result<T, OpenRecordError> {
        if let Some(payload) = unlocked.envelope.payload() {
            return Ok(open(Box::new(Cursor::new(payload.to_vec())))?);
        }
        let blob = unlocked.blob();
        let mut refusal = OpenRecordError::Store(StoreError::Missing { id: blob });
        for copy in 0.. {
            let error = match self.blobs.open_copy(&blob, copy) {
                Ok(None) => break,
                Ok(Some(payload)) => match open(payload) {
                    Err(error) if is_of_other_bytes(&error) => error.into(),
                    opened => return Ok(opened?),
                },
                Err(error) => OpenRecordError::Store(error),
            };
            // What was altered is told before what could not be reached, and that before what a vault
            // does not have.
            if severity(&error) > severity(&refusal) {
                refusal = error;
            }
        }
        Err(refusal)
    }
}

/// Whether the ciphertext is what is wrong, and another copy may be right.
pub(crate) const fn is_of_other_bytes(error: &OpenError) -> bool {
    use mrms_crypto::stream::StreamError;
    match error {
        OpenError::OtherPayload => true,
        OpenError::Stream(error) => !matches!(error, StreamError::Write { .. }),
        // What was decrypted is the version's, and it is malformed.
        _ => false,
    }
}

const fn severity(error: &OpenRecordError) -> u8 {
    match error {
        OpenRecordError::Store(StoreError::Missing { .. }) => 0,
        OpenRecordError::Store(_) => 1,
        _ => 2,
    }
}

/// Writes each byte of a content once, though its beginning may be decrypted again from another copy.
/// Only verified bytes are written, so that both beginnings are the same.
struct OnceEach<W> {
    inner: W,
    written: u64,
    /// How many of the next bytes were written before.
    again: u64,
}

impl<W: Write> Write for OnceEach<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.again > 0 {
            let most = usize::try_from(self.again).unwrap_or(usize::MAX).min(bytes.len());
            self.again -= most as u64;
            return Ok(most);
        }
        let written = self.inner.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Unlocked {
    /// The key, to wrap it for others.
    #[must_use]
    pub const fn key(&self) -> &ContentKey {
        &self.key
    }

    fn blob(&self) -> BlobId {
        blob_id(&self.envelope)
    }
}

/// Compares what is stored with the hash on chain, and reads the envelope in it.
pub(crate) fn envelope(
    record: RecordId,
    version: Version,
    stored: &StoredVersion,
) -> Result<ContentEnvelope, OpenRecordError> {
    let expected = stored.content_hash;
    if ContentHash::of(&stored.encrypted_content) != expected {
        return Err(OpenRecordError::ContentHash { record, version, expected });
    }
    ContentEnvelope::parse(&stored.encrypted_content).map_err(|source| OpenRecordError::Envelope {
        record,
        version,
        source,
    })
}

/// The name of the ciphertext that an envelope refers to.
pub(crate) fn blob_id(envelope: &ContentEnvelope) -> BlobId {
    BlobId::from_bytes(*envelope.payload_digest().sha256())
}

/// The error of the writer that content went to, if that is why opening failed.
#[must_use]
pub fn write_failure(error: &OpenRecordError) -> Option<&io::Error> {
    use mrms_crypto::stream::StreamError;
    match error {
        OpenRecordError::Open(OpenError::Stream(StreamError::Write { source })) => Some(source),
        _ => None,
    }
}
