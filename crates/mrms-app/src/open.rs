//! Opening a version: the entry in the log first, then the key, then the content.
//!
//! What the contract returns is checked against its hash on chain, the key against the commitment,
//! and every field inside the ciphertext against what was asked for. Content goes to a writer that
//! the caller discards on any error.

use std::io::{self, Cursor, Read, Write};

use mrms_contract::state::{Opened, StoredVersion};
use mrms_contract::{call, read};
use mrms_core::{ContentHash, Principal, RecordId, TxId, Version};
use mrms_crypto::content::{ContentHeader, OpenError};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::{ContentEnvelope, EnvelopeError, Storage, UnlockError};
use mrms_crypto::sharing::{Epoch, KeyEnvelope, KeyEnvelopeError, Pair};
use mrms_crypto::{HybridIdentity, IdentityIndex, VersionContext, Workers};
use mrms_store::{BlobId, StoreError};

use crate::session::{Actor, AskError, SendError, Session, first, ok_value};

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
    /// The key envelope on chain is damaged.
    #[error("the key envelope on chain cannot be read")]
    KeyEnvelope(#[from] KeyEnvelopeError),
    /// The key envelope was wrapped to another key than any of this profile's.
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

/// A version whose key is at hand and whose content was not decrypted yet.
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

/// An access that stands in the log.
pub struct Access {
    /// The transaction.
    pub txid: TxId,
    /// Index of the entry that it left.
    pub audit_index: u64,
    /// The version, ready to be decrypted.
    pub unlocked: Unlocked,
}

impl Session<'_> {
    /// Accesses a version of a record, the latest when none is named: the entry goes to the log,
    /// and then the key is found.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`]; the entry stands in the log even when what follows fails.
    pub fn access(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Option<Version>,
    ) -> Result<Access, OpenRecordError> {
        let call = match version {
            None => call::access_medical_record(id),
            Some(version) => call::access_record_version(id, version),
        };
        let receipts = self.carry_out(actor, &format!("access record {id}"), vec![call])?;
        let receipt = first(&receipts)?;
        let opened = ok_value(receipt, Opened::read).map_err(SendError::from)?;
        let unlocked = self.unlock(actor, id, opened.version, opened.stored)?;
        Ok(Access { txid: receipt.txid, audit_index: opened.audit_index, unlocked })
    }

    /// A version of one's own record from chain state, without an entry: for showing its name and
    /// for wrapping its key to others.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`].
    pub fn own_version(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
    ) -> Result<Unlocked, OpenRecordError> {
        let stored = self
            .ask(&read::record_version(id, version))?
            .ok_or(OpenRecordError::NotFound { record: id, version })?;
        self.unlock(actor, id, version, stored)
    }

    fn unlock(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
        stored: StoredVersion,
    ) -> Result<Unlocked, OpenRecordError> {
        let expected = stored.content_hash;
        if ContentHash::of(&stored.encrypted_content) != expected {
            return Err(OpenRecordError::ContentHash { record: id, version, expected });
        }
        let envelope = ContentEnvelope::parse(&stored.encrypted_content)
            .map_err(|source| OpenRecordError::Envelope { record: id, version, source })?;
        let record = self
            .ask(&read::record(id))?
            .ok_or(OpenRecordError::NotFound { record: id, version })?;
        let context = VersionContext {
            record: id,
            version,
            patient: record.patient,
            author: stored.author.clone(),
        };
        let key = self.content_key(actor, &envelope, &context)?;
        let storage = envelope.storage();
        Ok(Unlocked { version, stored, storage, key, envelope })
    }

    /// The version's key: the patient's and the author's own way first, then what was shared.
    fn content_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        context: &VersionContext,
    ) -> Result<ContentKey, OpenRecordError> {
        let me = actor.principal();
        if me == context.patient || me == context.author {
            match envelope.unlock_with_root(context, &actor.keyring.record_root()?, None) {
                Err(UnlockError::NoWrap) => {}
                result => return result.map_err(OpenRecordError::Unlock),
            }
            for identity in actor.identities()? {
                match envelope.unlock_with_identity(context, &identity, None) {
                    Err(UnlockError::NoWrap) => {}
                    result => return result.map_err(OpenRecordError::Unlock),
                }
            }
        }
        self.shared_key(actor, &me, envelope, context)
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
        let secret = actor
            .identities()?
            .iter()
            .find_map(|identity| header.open(&pair, identity).ok())
            .ok_or(OpenRecordError::OtherIdentity)?;
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

    /// The header of a version alone; the content is decrypted only as far as that takes.
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
        BlobId::from_bytes(*self.envelope.payload_digest().sha256())
    }
}

impl Actor {
    /// The identities that keys may have been wrapped to, the latest first.
    ///
    /// # Errors
    ///
    /// [`mrms_crypto::keyring::NoKeyError`], which nobody will see.
    pub fn identities(&self) -> Result<Vec<HybridIdentity>, mrms_crypto::keyring::NoKeyError> {
        (0..=self.identity.number())
            .rev()
            .map(|number| self.keyring.identity(IdentityIndex::new(number)))
            .collect()
    }
}

/// A failure of the writer that content went to, in an error of opening it.
#[must_use]
pub fn write_failure(error: &OpenRecordError) -> Option<&io::Error> {
    use mrms_crypto::stream::StreamError;
    match error {
        OpenRecordError::Open(OpenError::Stream(StreamError::Write { source })) => Some(source),
        _ => None,
    }
}
