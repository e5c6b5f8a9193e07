//! Conditions that several keys sign for (SIP-005; the order-independent ones of SIP-027).
//!
//! A condition lists, in the order of the account's keys, a signature where a key has signed and the key
//! itself where it has not. Recovered and listed keys together must hash to the account. Sequential: each
//! signature covers the ones before it, and there are exactly as many as are required. Order-independent:
//! all sign the same hash, and there may be more.

use stacks_common::address::{AddressHashMode, public_keys_to_address_hash};
use stacks_common::util::secp256k1::Secp256k1PublicKey;

use super::{KeyEncoding, Reader, SignatureError, WireError, Writer};

/// Most keys of an account. Bitcoin's scripts end at 20; the SIPs name no number, and checking a signature
/// costs something.
const MOST_KEYS: u32 = 256;

/// How the keys make the account, and how they sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultisigMode {
    /// `0x01`: P2SH, one after the other.
    P2sh,
    /// `0x03`: P2WSH in P2SH, one after the other.
    P2wsh,
    /// `0x05`: P2SH, in any order.
    UnorderedP2sh,
    /// `0x07`: P2WSH in P2SH, in any order.
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

/// What stands for one of an account's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthField {
    /// It has not signed.
    Key {
        /// How it is hashed into the account.
        encoding: KeyEncoding,
        /// Itself, always in its compressed form (SEC 1).
        key: [u8; 33],
    },
    /// It has signed.
    Signature {
        /// How it is hashed into the account.
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

    fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
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

    fn encode(&self, writer: &mut Writer) {
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
    /// How they make the account, and how they sign.
    pub mode: MultisigMode,
    /// One for each key, in the order in which they make the account.
    pub fields: Vec<AuthField>,
    /// How many must sign.
    pub required: u16,
}

impl Multisig {
    pub(super) fn decode(reader: &mut Reader<'_>, mode: MultisigMode) -> Result<Self, WireError> {
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

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(u32::try_from(self.fields.len()).unwrap_or(u32::MAX));
        for field in &self.fields {
            field.encode(writer);
        }
        writer.u16(self.required);
    }

    /// Without signatures, as the first of them finds it.
    pub(super) fn cleared(&self) -> Self {
        Self { fields: Vec::new(), ..self.clone() }
    }

    /// As many signatures as the mode asks for, at least one, and keys in the form that it hashes.
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

    /// HASH160 of the account that these keys make, where `signed` gives for each signature its key.
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
