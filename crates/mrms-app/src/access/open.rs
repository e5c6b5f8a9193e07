//! Opens a version: first the entry in the log, then the key, then the content.
//!
//! Compares what the contract returns with the hash on chain, the key with its commitment, and
//! every field inside the ciphertext with what was asked for. Writes content to a writer that the
//! caller discards on any error. Follows `access-medical-record` and `access-record-version`. Does
//! not know files.

use std::io::{self, Cursor, Read, Write};

use mrms_contract::state::StoredVersion;
use mrms_contract::{Call, call, read};
use mrms_core::{ContentHash, Principal, RecordId, TxId, Version};
use mrms_crypto::content::{ContentHeader, OpenError};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::{ContentEnvelope, EnvelopeError, Storage, UnlockError};
use mrms_crypto::sharing::{Epoch, KeyEnvelope, KeyEnvelopeError, Pair, PairHeader, PairSecret};
use mrms_crypto::{VersionContext, Workers};
use mrms_store::{BlobId, StoreError};
use mrms_vault::protocol::RefusalReason;
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::profile::remembered::Opening;
use crate::sending::openings::opened;
use crate::sending::outcome::{Outcome, SendError};
use crate::session::vaults::TooFewVaults;
use crate::session::{Actor, AskError, Sending, Session};

/// How old the entry of an interrupted access may be to be used: in burn blocks, as for the vaults.
pub const FRESH_BLOCKS: u64 = 6;

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
    /// The shares that the vaults released give no key together.
    #[error("the shares that the vaults released for record {record} give no key")]
    Release {
        /// The record.
        record: RecordId,
    },
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The key was wrapped to an encryption key that this profile does not have.
    #[error("the key was wrapped for another encryption key than yours")]
    OtherIdentity,
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
    asked: Option<Version>,
}

/// Which access made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOrigin {
    /// This access.
    New,
    /// An earlier access, which was interrupted before it had the content.
    Interrupted,
}

/// What a request to the vaults needs: the entry, and a note for the patient.
struct Against<'o> {
    opening: &'o mut Opening,
    note: &'o [u8],
}

impl Session<'_> {
    /// Accesses a version of a record, the latest when none is named: writes the entry to the log,
    /// and then finds the key. After an access that was interrupted, uses its entry while that is
    /// fresh.
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
        self.access_by(actor, id, version, vec![call], &note, rng)
    }

    /// The opening that an interrupted access left, while its entry is fresh.
    fn interrupted(
        &self,
        record: RecordId,
        asked: Option<Version>,
    ) -> Result<Option<Opening>, OpenRecordError> {
        let opening = match self.profile.opening(record, asked) {
            // Losing it costs another entry, no more.
            Err(ProfileError::Damaged { .. }) => None,
            kept => kept?,
        };
        let Some(opening) = opening else { return Ok(None) };
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        Ok((now.since(opening.burn_height) <= FRESH_BLOCKS).then_some(opening))
    }

    pub(crate) fn access_by(
        &self,
        actor: &Actor,
        id: RecordId,
        asked: Option<Version>,
        calls: Vec<Call>,
        note: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, OpenRecordError> {
        if self.sending == Sending::Send {
            if let Some(opening) = self.interrupted(id, asked)? {
                let stored = self.stored(id, opening.version)?;
                match self.open_against(actor, opening, stored, EntryOrigin::Interrupted, note, rng)
                {
                    // The vaults take this entry no more: make another one.
                    Err(OpenRecordError::Vaults(refused)) if is_spent(&refused) => {}
                    ended => return ended.map(Outcome::Done),
                }
            }
            self.profile.forget_opening(id, asked)?;
            self.contact_vaults();
        }
        self.carry_out(actor, &format!("access record {id}"), calls)?.try_map(|receipts| {
            // The access is the last of the calls, and the contract has returned the version with
            // it.
            let found = receipts.last().and_then(|receipt| opened(id, asked, receipt));
            let (opening, stored) = found.ok_or(OpenRecordError::NoEntry { record: id })?;
            self.open_against(actor, opening, stored, EntryOrigin::New, note, rng)
        })
    }

    fn open_against(
        &self,
        actor: &Actor,
        mut opening: Opening,
        stored: StoredVersion,
        entry: EntryOrigin,
        note: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Access, OpenRecordError> {
        let (id, version) = (opening.record, opening.version);
        let against = Against { opening: &mut opening, note };
        let unlocked = self.unlock(actor, id, version, stored, Some(against), rng)?;
        let Opening { txid, audit_index, asked, .. } = opening;
        Ok(Access { txid, audit_index, entry, unlocked, asked })
    }

    /// Ends an access whose content is where it was wanted: the next access makes an entry of its
    /// own.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn finish(&self, access: &Access) -> Result<(), ProfileError> {
        self.profile.forget_opening(access.unlocked.key.context().record, access.asked)
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
        self.unlock(actor, id, version, stored, None, rng)
    }

    fn unlock(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
        stored: StoredVersion,
        against: Option<Against<'_>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Unlocked, OpenRecordError> {
        let envelope = envelope(id, version, &stored)?;
        let record = self
            .ask(&read::record(id))?
            .ok_or(OpenRecordError::NotFound { record: id, version })?;
        let context = VersionContext {
            record: id,
            version,
            patient: record.patient,
            author: stored.author.clone(),
        };
        let key = self.content_key(actor, &envelope, &context, against, rng)?;
        let storage = envelope.storage();
        Ok(Unlocked { version, stored, storage, key, envelope })
    }

    /// Finds the version's key: first with the patient's or the author's own keys, then as it was
    /// shared on chain, then from the vaults.
    fn content_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        context: &VersionContext,
        against: Option<Against<'_>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<ContentKey, OpenRecordError> {
        let me = actor.principal();
        if me == context.patient || me == context.author {
            let salt = match envelope.storage() {
                Storage::Erasable => {
                    Some(self.own_salt(actor, context.record, context.version, rng)?)
                }
                Storage::Inline | Storage::Reference => None,
            };
            let salt = salt.as_ref();
            match envelope.unlock_with_root(context, &actor.keyring.record_root()?, salt) {
                Err(UnlockError::NoWrap) => {}
                result => return result.map_err(OpenRecordError::Unlock),
            }
            for identity in actor.identities()? {
                match envelope.unlock_with_identity(context, &identity, salt) {
                    Err(UnlockError::NoWrap) => {}
                    result => return result.map_err(OpenRecordError::Unlock),
                }
            }
        }
        match (self.shared_key(actor, &me, envelope, context), against) {
            (Err(OpenRecordError::NoKey { .. }), Some(Against { opening, note })) => {
                self.released_key(actor, envelope, context, opening, note, rng)
            }
            (shared, _) => shared,
        }
    }

    /// The key as it was shared on chain.
    fn shared_key(
        &self,
        actor: &Actor,
        me: &Principal,
        envelope: &ContentEnvelope,
        context: &VersionContext,
    ) -> Result<ContentKey, OpenRecordError> {
        let (record, version) = (context.record, context.version);
        let missing = || OpenRecordError::NoKey { record, version };
        let bytes = self.ask(&read::key_envelope(record, version, me))?.ok_or_else(missing)?;
        let shared = KeyEnvelope::parse(&bytes)?;
        let header = match &shared {
            KeyEnvelope::Full { header, .. } => header.clone(),
            KeyEnvelope::ByReference { record, version, epoch, .. } => {
                let bytes = self.ask(&read::key_envelope(*record, *version, me))?;
                match KeyEnvelope::parse(&bytes.ok_or_else(missing)?)? {
                    KeyEnvelope::Full { header, epoch: found, .. } if found == *epoch => header,
                    _ => return Err(missing()),
                }
            }
        };
        let pair = Pair {
            patient: context.patient.clone(),
            reader: me.clone(),
            epoch: Epoch::new(shared.epoch().number()),
        };
        let secret = pair_secret(actor, &header, &pair)?;
        shared.wrap().open(&secret, &pair, envelope, context, None).map_err(OpenRecordError::Unlock)
    }

    /// Decrypts a version into `content`. On an error the caller discards what was written.
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
        Ok(unlocked.key.open_to(self.payload(unlocked)?, content, workers)?)
    }

    /// Decrypts a version's header, and no more of its content than that takes.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`].
    pub fn header(&self, unlocked: &Unlocked) -> Result<ContentHeader, OpenRecordError> {
        Ok(unlocked.key.open_header(self.payload(unlocked)?)?)
    }

    fn payload(&self, unlocked: &Unlocked) -> Result<Box<dyn Read + Send>, OpenRecordError> {
        Ok(match unlocked.envelope.payload() {
            Some(payload) => Box::new(Cursor::new(payload.to_vec())),
            None => self.blobs.open(&unlocked.blob())?.0,
        })
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

/// Opens a pair header with the identity that it was sealed to.
pub(super) fn pair_secret(
    actor: &Actor,
    header: &PairHeader,
    pair: &Pair,
) -> Result<PairSecret, OpenRecordError> {
    let identities = actor.identities()?;
    let opened = identities.iter().find_map(|identity| header.open(pair, identity).ok());
    opened.ok_or(OpenRecordError::OtherIdentity)
}

/// Whether a vault says that it takes this entry no more.
fn is_spent(refused: &TooFewVaults) -> bool {
    let spent = [RefusalReason::EntryUsed, RefusalReason::EntryStale];
    refused.failures.iter().any(|failure| failure.reason().is_some_and(|r| spent.contains(&r)))
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
