//! The key envelope: the bytes that go to the contract's `put-key-envelope`, at most 2,048.
//!
//! Format 1, numbers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `MRMK` |
//! | 1 | format: 1 |
//! | 1 | kind: 1 full, 2 by reference |
//! | 8 | epoch |
//! | full: 1,152 | pair header |
//! | by reference: 16, 8 | record id and version of the same reader's envelope that has the pair header |
//! | 32 | record wrap |
//!
//! 1,198 or 70 bytes. The reader, the record and the version are not in it: they are the key under
//! which the contract stores it.

use mrms_core::{RecordId, Version};

use super::{Epoch, PairHeader, RecordWrap};
use crate::bytes::{Reader, Short};

const MAGIC: &[u8; 4] = b"MRMK";
const FORMAT: u8 = 1;
const FULL: u8 = 1;
const BY_REFERENCE: u8 = 2;

/// Why bytes are not a key envelope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyEnvelopeError {
    /// It does not begin with `MRMK`: something else was stored there.
    #[error("not a key envelope of MRMS")]
    NotAnEnvelope,
    /// A later format than this software knows.
    #[error("the key envelope has format {format}, this software knows {FORMAT}")]
    UnknownFormat {
        /// The format's number.
        format: u8,
    },
    /// A kind that the format does not have.
    #[error("the key envelope has an unknown kind: {kind}")]
    UnknownKind {
        /// What it has.
        kind: u8,
    },
    /// It refers to version 0, which no record has.
    #[error("the key envelope refers to version 0")]
    NoVersion,
    /// It ends too early, or goes on after its end.
    #[error("the key envelope is cut short or has bytes too many")]
    Length,
}

impl From<Short> for KeyEnvelopeError {
    fn from(Short: Short) -> Self {
        Self::Length
    }
}

/// One version's key for one reader, as the contract keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyEnvelope {
    /// With the pair header: the first of an epoch.
    Full {
        /// The epoch of the pair.
        epoch: Epoch,
        /// The pair secret, sealed to the reader.
        header: PairHeader,
        /// The version's file key.
        wrap: RecordWrap,
    },
    /// The pair header lies in an earlier envelope for the same reader.
    ByReference {
        /// The epoch of the pair.
        epoch: Epoch,
        /// Record of the envelope with the header.
        record: RecordId,
        /// Version of the envelope with the header.
        version: Version,
        /// The version's file key.
        wrap: RecordWrap,
    },
}

impl KeyEnvelope {
    /// Reads an envelope. Every envelope reads back to the same bytes.
    ///
    /// # Errors
    ///
    /// [`KeyEnvelopeError`]; never panics, whatever the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyEnvelopeError> {
        let mut reader = Reader::new(bytes);
        if reader.array() != Ok(*MAGIC) {
            return Err(KeyEnvelopeError::NotAnEnvelope);
        }
        match reader.u8()? {
            FORMAT => {}
            format => return Err(KeyEnvelopeError::UnknownFormat { format }),
        }
        let kind = reader.u8()?;
        let epoch = Epoch::new(reader.u64()?);
        let envelope = match kind {
            FULL => {
                let header = PairHeader::from_bytes(reader.array()?);
                Self::Full { epoch, header, wrap: RecordWrap::from_bytes(reader.array()?) }
            }
            BY_REFERENCE => {
                let record = RecordId::new(reader.u128()?);
                let version = Version::new(reader.u64()?).ok_or(KeyEnvelopeError::NoVersion)?;
                let wrap = RecordWrap::from_bytes(reader.array()?);
                Self::ByReference { epoch, record, version, wrap }
            }
            kind => return Err(KeyEnvelopeError::UnknownKind { kind }),
        };
        if reader.is_empty() { Ok(envelope) } else { Err(KeyEnvelopeError::Length) }
    }

    /// The bytes for the contract.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = |kind| [MAGIC.as_slice(), &[FORMAT, kind]].concat();
        match self {
            Self::Full { epoch, header, wrap } => {
                let epoch = epoch.number().to_be_bytes();
                [&head(FULL), &epoch[..], header.as_bytes(), wrap.as_bytes()].concat()
            }
            Self::ByReference { epoch, record, version, wrap } => {
                let epoch = epoch.number().to_be_bytes();
                let record = record.number().to_be_bytes();
                let version = version.number().to_be_bytes();
                [&head(BY_REFERENCE), &epoch[..], &record, &version, wrap.as_bytes()].concat()
            }
        }
    }

    /// The epoch of the pair.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        match self {
            Self::Full { epoch, .. } | Self::ByReference { epoch, .. } => *epoch,
        }
    }

    /// The version's file key under the pair secret.
    #[must_use]
    pub const fn wrap(&self) -> &RecordWrap {
        match self {
            Self::Full { wrap, .. } | Self::ByReference { wrap, .. } => wrap,
        }
    }
}
