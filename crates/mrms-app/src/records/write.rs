//! Writes a version: seals a file, stores its ciphertext, and sends the call. Creating and amending
//! share it.
//!
//! Ciphertext and erasure salts go to the vaults before the transaction that names them, so that
//! what the chain refers to is there.

use std::io::{self, Cursor, Read};

use mrms_contract::ContractError;
use mrms_contract::state::Written;
use mrms_core::{
    BlockHeight, BurnHeight, ContentHash, Principal, RecordId, TxId, Version, visible,
};
use mrms_crypto::content::{ContentHeader, FileName, Label, MediaType, Retention, SealError, seal};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::{
    ContentEnvelope, EnvelopeError, FileKeyWrap, Holder, Storage, WrapKind,
};
use mrms_crypto::keyring::NoKeyError;
use mrms_crypto::{Fingerprint, VersionContext, Workers};
use mrms_store::StoreError;
use rand_core::CryptoRng;

use crate::ledger::Receipt;
use crate::profile::ProfileError;
use crate::profile::received::RecordSaid;
use crate::records::media;
use crate::sending::outcome::{Outcome, SendError, first, ok_value};
use crate::session::ciphertexts::CiphertextOf;
use crate::session::vaults::TooFewVaults;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Session};
use crate::sharing::given_names::said_in;
use crate::sharing::grant::ShareError;
use crate::sharing::recipients::{ChangedKey, RecipientError};
use crate::sharing::tend::NewVersion;
use crate::sharing::unknown::WhyLeftOut;

/// What to write.
pub struct Source<R> {
    /// The original bytes.
    pub content: R,
    /// How many there are.
    pub length: u64,
    /// What the file is called.
    pub file_name: Option<FileName>,
    /// What kind of bytes they are; found out by [`media`] when not given.
    pub media_type: Option<MediaType>,
    /// What the patient calls it.
    pub label: Option<Label>,
}

/// Where a version may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Most bytes of an envelope that goes on chain with its payload.
    pub inline_limit: usize,
    /// Whether it can be erased: then payload and salt are with the vaults, whatever its size.
    pub retention: Retention,
}

impl Placement {
    /// Whether an envelope that has so many bytes with its payload goes on chain.
    pub(crate) fn is_inline(self, length: u64) -> bool {
        self.retention == Retention::Permanent && length <= self.inline_limit as u64
    }
}

/// A version that stands on the chain.
#[derive(Debug)]
pub struct Added {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
    /// The transaction.
    pub txid: TxId,
    /// Its block.
    pub block_height: BlockHeight,
    /// The burn height of that block.
    pub burn_height: BurnHeight,
    /// SHA-256 of what is on chain.
    pub content_hash: ContentHash,
    /// Where the payload is.
    pub storage: Storage,
    /// Readers who got its key.
    pub shared_with: Vec<Principal>,
    /// The patient's key, if somebody else wrote the version and sees it for the first time.
    pub first_seen: Option<Fingerprint>,
    /// Those whom the ledger lets open the record, and who got no key.
    pub left_out: Vec<LeftOut>,
    /// Vaults that took no share or salt, though enough others did.
    pub missing: VaultFailures,
}

/// Somebody whom the ledger lets open a record, and who got no key of a new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Who.
    pub user: Principal,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why a version could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The label has a character that acts on a screen in place of being read.
    #[error(
        "a label is one line of text, without control characters: it has {}",
        visible::line(&character.to_string())
    )]
    LabelCharacters {
        /// The first such character.
        character: char,
    },
    /// The file could not be read.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The parts do not make an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// What the ledger gave for an earlier version is not what its hash says.
    #[error(
        "the content of version {version} of record {record} is not the one that was put on record"
    )]
    OtherContent {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
    },
    /// The ledger names a patient, and nothing else shows that the record is theirs.
    #[error(
        "the ledger says that record {record} is a record of {named}, and nothing else shows that"
    )]
    OtherPatient {
        /// The record.
        record: RecordId,
        /// Whom the ledger names.
        named: Principal,
    },
    /// The ciphertext could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The patient's key, for a version that somebody else writes.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// The key could not be shared with the record's readers.
    #[error(transparent)]
    Share(Box<ShareError>),
    /// Too few vaults took the erasure salt.
    #[error(transparent)]
    Vaults(#[from] TooFewVaults),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl Session<'_> {
    /// Sends the calls that write a version, the first of which does.
    pub(super) fn add(
        &self,
        actor: &Actor,
        description: &str,
        sealed: &Sealed,
        calls: Vec<mrms_contract::Call>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, WriteError> {
        self.begin_drafts(actor, &[sealed], rng)?;
        self.carry_out(actor, description, calls)?.try_map(|receipts| {
            // The first call writes the version, those after it share its key.
            Ok(sealed.added(first(&receipts)?)?)
        })
    }

    pub(super) fn seal<R: Read + Send>(
        &self,
        actor: &Actor,
        context: VersionContext,
        source: Source<R>,
        placement: Placement,
        rng: &mut dyn CryptoRng,
    ) -> Result<Sealed, WriteError> {
        self.seal_for(actor, context, source, placement, None, rng)
    }

    /// Seals a version. Besides its author, its patient can open it; of a record that is going to be offered, whoever it
    /// is offered to.
    pub(super) fn seal_for<R: Read + Send>(
        &self,
        actor: &Actor,
        context: VersionContext,
        mut source: Source<R>,
        placement: Placement,
        offered_to: Option<&Principal>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Sealed, WriteError> {
        if source.length == 0 {
            return Err(WriteError::Empty);
        }
        let acting = source.label.as_ref().and_then(|label| visible::acting(label.as_str()));
        if let Some(character) = acting {
            return Err(WriteError::LabelCharacters { character });
        }
        let mut head = Vec::with_capacity(media::HEAD_LENGTH);
        let most = media::HEAD_LENGTH as u64;
        (&mut source.content).take(most).read_to_end(&mut head).map_err(WriteError::Read)?;
        let media_type = source.media_type.unwrap_or_else(|| {
            let name = source.file_name.as_ref().map_or("", FileName::as_str);
            media::media_type(&head, name).parse().unwrap_or_else(|_| MediaType::octet_stream())
        });
        let header = ContentHeader {
            context,
            time: self.ledger.tip().map_err(AskError::from)?.time,
            length: source.length,
            media_type,
            file_name: source.file_name,
            label: source.label,
        };
        let said = said_in(&header);
        let other = match offered_to {
            None if header.context.author == header.context.patient => None,
            None => Some(&header.context.patient),
            offered_to => offered_to,
        };
        let kinds: &[WrapKind] = if other.is_none() {
            &[WrapKind::Root]
        } else {
            &[WrapKind::Recipient, WrapKind::Root]
        };
        let inline_length =
            ContentEnvelope::encoded_length(Storage::Inline, header.payload_length(), kinds);
        let recipient = other
            .map(|other| self.recipient_of(Some(actor), other, ChangedKey::Refuse))
            .transpose()?;
        let content = Cursor::new(head).chain(source.content);
        let workers = Workers::available();
        let retention = placement.retention;
        let (key, payload) = if placement.is_inline(inline_length) {
            let mut payload = Vec::new();
            let key = seal(&header, retention, content, &mut payload, workers, rng)?;
            (key, Some(payload))
        } else {
            let VersionContext { record, version, .. } = header.context;
            let mut blob = self.blobs.writer_of(actor, CiphertextOf { record, version })?;
            let key = seal(&header, retention, content, &mut blob, workers, rng)?;
            blob.commit()?;
            (key, None)
        };
        let root = actor.keyring.record_root()?;
        let wraps = match recipient {
            None => vec![FileKeyWrap::under_root(Holder::Patient, &root, &key)],
            Some(recipient) => vec![
                FileKeyWrap::to_recipient(Holder::Patient, &recipient, &key, rng),
                FileKeyWrap::under_root(Holder::Author, &root, &key),
            ],
        };
        let envelope = match payload {
            Some(payload) => ContentEnvelope::inline(&key, payload, wraps)?,
            None => ContentEnvelope::reference(&key, wraps)?,
        };
        Ok(Sealed { key, envelope, said })
    }
}

pub(super) struct Sealed {
    pub(super) key: ContentKey,
    pub(super) envelope: ContentEnvelope,
    /// What readers are told of it.
    pub(super) said: RecordSaid,
}

impl Sealed {
    /// What those get who read everything, once it stands on the chain.
    pub(super) fn new_version(&self, record: RecordId, version: Version) -> NewVersion<'_> {
        NewVersion { record, version, key: &self.key, said: self.said.clone() }
    }

    /// What the receipt of the call that wrote it says.
    pub(super) fn added(&self, receipt: &Receipt) -> Result<Added, SendError> {
        let written = ok_value(receipt, Written::read)?;
        Ok(Added {
            record: self.key.context().record,
            version: written.version,
            txid: receipt.txid,
            block_height: receipt.block_height,
            burn_height: receipt.burn_height,
            content_hash: written.content_hash,
            storage: self.envelope.storage(),
            shared_with: Vec::new(),
            first_seen: None,
            left_out: Vec::new(),
            missing: VaultFailures::new(),
        })
    }
}
