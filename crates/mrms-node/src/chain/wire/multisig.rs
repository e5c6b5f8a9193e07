//! Spending conditions of accounts of several keys (SIP-005; the order-independent modes are of SIP-027).
//!
//! A condition has one field for each key of the account, in the order of the keys: a signature when the key
//! has signed, the key itself when it has not. The keys recovered from the signatures and the listed keys
//! together must hash to the account. In the sequential modes each signature covers the ones before it, and
//! there are exactly as many as required. In the order-independent modes all keys sign the same hash, and
//! there may be more than required.

use stacks_common::address::{AddressHashMode, public_keys_to_address_hash};
use stacks_common::util::secp256k1::Secp256k1PublicKey;

use super::{ByteReader, ByteWriter, KeyEncoding, SignatureError, WireError};

/// Maximum number of keys of an account. Bitcoin's scripts allow 20 and the SIPs set no limit; a limit is
/// needed, because every signature costs time to check.
const MOST_KEYS: u32 = 256;

/// How the keys are hashed into the account, and in which order they sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultisigMode {
    /// `0x01`: P2SH, sequential.
    P2sh,
    /// `0x03`: P2WSH in P2SH, sequential.
    P2wsh,
    /// `0x05`: P2SH, order-independent.
    UnorderedP2sh,
    /// `0x07`: P2WSH in P2SH, order-independent.
    UnorderedP2wsh,
}

impl MultisigMode {
    pub(super) fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::P2sh),
            0x03 => Some(Self::P2wsh),
            0x05 => Some(Self::UnorderedP2sh),
            0x07 => Some(Self::UnorderedP2wsh),
            _ => None,
        }
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::P2sh => 0x01,
            Self::P2wsh => 0x03,
            Self::UnorderedP2sh => 0x05,
            Self::UnorderedP2wsh => 0x07,
        }
    }

    /// Whether each signature covers the ones before it.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        matches!(self, Self::P2sh | Self::P2wsh)
    }

    const fn address(self) -> AddressHashMode {
        match self {
            Self::P2sh | Self::UnorderedP2sh => AddressHashMode::SerializeP2SH,
            Self::P2wsh | Self::UnorderedP2wsh => AddressHashMode::SerializeP2WSH,
        }
    }
}

/// The field of one of an account's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthField {
    /// The key has not signed.
    Key {
        /// In which form the key is hashed into the account.
        encoding: KeyEncoding,
        /// The public key, always compressed (SEC 1).
        key: [u8; 33],
    },
    /// The key has signed.
    Signature {
        /// In which form the key is hashed into the account.
        encoding: KeyEncoding,
        /// Recovery id (0 to 3), r, s.
        signature: [u8; 65],
    },
}

impl AuthField {
    fn encoding(&self) -> KeyEncoding {
        match self {
            Self::Key { encoding, .. } | Self::Signature { encoding, .. } => *encoding,
        }
    }

    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        let byte = reader.u8("signer's field")?;
        let encoding = match byte {
            0x00 | 0x02 => KeyEncoding::Compressed,
            0x01 | 0x03 => KeyEncoding::Uncompressed,
            byte => return Err(WireError::UnknownByte { field: "signer's field", byte }),
        };
        if byte >= 0x02 {
            return Ok(Self::Signature { encoding, signature: reader.array("signature")? });
        }
        let key = reader.array("public key")?;
        public_key(&key, encoding).map_err(|source| WireError::Multisig { source })?;
        Ok(Self::Key { encoding, key })
    }

    fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Key { encoding, key } => writer.u8(encoding.byte()).raw(key),
            Self::Signature { encoding, signature } => {
                writer.u8(0x02 | encoding.byte()).raw(signature)
            }
        };
    }
}

fn public_key(
    bytes: &[u8; 33],
    encoding: KeyEncoding,
) -> Result<Secp256k1PublicKey, SignatureError> {
    let mut key =
        Secp256k1PublicKey::from_slice(bytes).map_err(|_| SignatureError::BadPublicKey)?;
    key.set_compressed(encoding == KeyEncoding::Compressed);
    Ok(key)
}

/// The keys of an account and their signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multisig {
    /// How the keys are hashed into the account, and in which order they sign.
    pub mode: MultisigMode,
    /// One field for each key, in the order in which the keys are hashed.
    pub fields: Vec<AuthField>,
    /// How many keys must sign.
    pub required: u16,
}

impl Multisig {
    pub(super) fn decode(
        reader: &mut ByteReader<'_>,
        mode: MultisigMode,
    ) -> Result<Self, WireError> {
        let count = reader.u32("number of signers")?;
        if count > MOST_KEYS {
            return Err(WireError::Unsupported { what: "an account of more than 256 keys" });
        }
        let mut fields = Vec::new();
        for _ in 0..count {
            fields.push(AuthField::decode(reader)?);
        }
        let multisig = Self { mode, fields, required: reader.u16("required signatures")? };
        multisig.check_form().map_err(|source| WireError::Multisig { source })?;
        Ok(multisig)
    }

    pub(super) fn encode(&self, writer: &mut ByteWriter) {
        // `SpendingCondition::encode` writes the mode.
        let Self { mode: _, fields, required } = self;
        writer.u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
        for field in fields {
            field.encode(writer);
        }
        writer.u16(*required);
    }

    /// The condition without signatures, as the first signer sees it.
    pub(super) fn cleared(&self) -> Self {
        let Self { mode, fields: _, required } = *self;
        Self { mode, fields: Vec::new(), required }
    }

    /// Checks that there are as many signatures as the mode requires, at least one, and that the keys have a
    /// form that the mode can hash.
    pub(super) fn check_form(&self) -> Result<(), SignatureError> {
        let is_signature = |field: &&AuthField| matches!(field, AuthField::Signature { .. });
        let given = self.fields.iter().filter(is_signature).count();
        let required = usize::from(self.required);
        let enough = if self.mode.is_sequential() { given == required } else { given >= required };
        if !enough || required == 0 {
            return Err(SignatureError::Count { given, required: self.required });
        }
        let is_compressed = |field: &AuthField| field.encoding() == KeyEncoding::Compressed;
        let takes_any = self.mode.address() == AddressHashMode::SerializeP2SH;
        if takes_any || self.fields.iter().all(is_compressed) {
            Ok(())
        } else {
            Err(SignatureError::UncompressedKey)
        }
    }

    /// Computes the HASH160 of the account of these keys. `signed` returns the key that made a signature.
    pub(super) fn account(
        &self,
        mut signed: impl FnMut(KeyEncoding, &[u8; 65]) -> Result<Secp256k1PublicKey, SignatureError>,
    ) -> Result<[u8; 20], SignatureError> {
        let key = |field: &AuthField| match field {
            AuthField::Key { encoding, key } => public_key(key, *encoding),
            AuthField::Signature { encoding, signature } => signed(*encoding, signature),
        };
        let keys = self.fields.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let required = usize::from(self.required);
        Ok(public_keys_to_address_hash(&self.mode.address(), required, &keys).0)
    }
}
