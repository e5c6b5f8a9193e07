//! Reading and writing the wire format's primitives (SIP-005): big-endian integers, prefixed
//! texts, addresses.
//!
//! The cursor never reads past the end, never reserves more memory than there are bytes left, and
//! says in every error where it stood.

use mrms_core::{ContractId, ContractName, StandardPrincipal};

use crate::clarity::{ClarityName, NAME_MAX};

/// Why bytes are not a Clarity value or a transaction. Offsets count bytes from the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end in the middle of something.
    #[error("the bytes end too early: {needed} more wanted at offset {at}")]
    Truncated {
        /// Where reading stood.
        at: usize,
        /// Bytes that were wanted there and are missing.
        needed: usize,
    },
    /// Something follows after the end.
    #[error("{extra} bytes follow after the end at offset {at}")]
    Trailing {
        /// Where the end is.
        at: usize,
        /// Bytes after it.
        extra: usize,
    },
    /// Something is longer than the chain allows.
    #[error("{what} of length {length} at offset {at}, at most {limit} are allowed")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Where it begins.
        at: usize,
        /// Its length, in bytes or items.
        length: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// Values are nested deeper than Clarity allows.
    #[error("values nested more than {limit} deep at offset {at}")]
    TooDeep {
        /// Where the first value too deep begins.
        at: usize,
        /// The greatest depth allowed; a value without parts has depth 1.
        limit: usize,
    },
    /// A byte that should tell one of several forms tells none.
    #[error("{byte:#04x} at offset {at} is not {what}")]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// Where it is.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// A form that exists, and that miners send only.
    #[error("{what} at offset {at}, which only miners send")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// A text has characters, or a length, that its kind can't have.
    #[error("the text at offset {at} is not {what}")]
    Text {
        /// What it should be.
        what: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// A tuple's names are not in ascending order of their bytes, or one is there twice.
    #[error("the name at offset {at} is not after the one before it in its tuple")]
    TupleOrder {
        /// Where the name begins.
        at: usize,
    },
    /// A tuple without fields.
    #[error("empty tuple at offset {at}")]
    EmptyTuple {
        /// Where it begins.
        at: usize,
    },
    /// A public key that is no point of the curve, or a key form that the hash mode excludes.
    #[error("no usable public key at offset {at}")]
    PublicKey {
        /// Where it begins.
        at: usize,
    },
    /// A hexadecimal text is not one.
    #[error("not hexadecimal: an even number of digits is needed, with or without 0x")]
    Hex,
}

/// A cursor over bytes that knows where it stands.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        match self.left() {
            0 => Ok(()),
            extra => Err(DecodeError::Trailing { at: self.at, extra }),
        }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or(DecodeError::Truncated {
            at: self.at,
            needed: length.saturating_sub(rest.len()),
        })?;
        self.at += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A 32-bit length or count of `what`, at most `limit`.
    pub(crate) fn length(
        &mut self,
        what: &'static str,
        limit: usize,
    ) -> Result<usize, DecodeError> {
        let at = self.at;
        // A platform whose usize can't hold it couldn't hold the bytes either.
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        if length > limit {
            return Err(DecodeError::TooLong { what, at, length, limit });
        }
        Ok(length)
    }

    /// An empty list for `count` items that are yet to be read. Room is made for a first few only:
    /// a count is cheap to announce, the items are not.
    pub(crate) fn room_for<T>(&self, count: usize) -> Vec<T> {
        Vec::with_capacity(count.min(self.left()).min(64))
    }

    fn short_text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        let at = self.at;
        let length = usize::from(self.u8()?);
        if length > NAME_MAX {
            return Err(DecodeError::TooLong { what, at, length, limit: NAME_MAX });
        }
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Text { what, at })
    }

    pub(crate) fn clarity_name(&mut self) -> Result<ClarityName, DecodeError> {
        let (what, at) = ("a Clarity name", self.at);
        self.short_text(what)?.parse().map_err(|_| DecodeError::Text { what, at })
    }

    pub(crate) fn contract_name(&mut self) -> Result<ContractName, DecodeError> {
        let (what, at) = ("a contract name", self.at);
        self.short_text(what)?.parse().map_err(|_| DecodeError::Text { what, at })
    }

    /// An address: its version byte and hash.
    pub(crate) fn account(&mut self) -> Result<StandardPrincipal, DecodeError> {
        let at = self.at;
        let version = self.u8()?;
        let hash160 = self.array()?;
        StandardPrincipal::new(version, hash160).ok_or(DecodeError::Unknown {
            what: "an address version",
            at,
            byte: version,
        })
    }

    pub(crate) fn contract_id(&mut self) -> Result<ContractId, DecodeError> {
        Ok(ContractId { deployer: self.account()?, name: self.contract_name()? })
    }
}

/// Appends the wire format's primitives.
pub(crate) trait Writer {
    fn length(&mut self, length: usize);
    fn short_text(&mut self, text: &str);
    fn account(&mut self, account: &StandardPrincipal);
    fn contract_id(&mut self, id: &ContractId);
}

impl Writer for Vec<u8> {
    /// A 32-bit length. What is longer was refused before it came here.
    fn length(&mut self, length: usize) {
        self.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }

    /// A name with its one-byte length: names are at most 128 bytes by construction.
    fn short_text(&mut self, text: &str) {
        self.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.extend_from_slice(text.as_bytes());
    }

    fn account(&mut self, account: &StandardPrincipal) {
        self.push(account.version());
        self.extend_from_slice(account.hash160());
    }

    fn contract_id(&mut self, id: &ContractId) {
        self.account(&id.deployer);
        self.short_text(id.name.as_str());
    }
}
