//! Who pays and who signed (SIP-005 "Transaction Authorization"; the order-independent multisig
//! modes are SIP-027's).
//!
//! The parts and their bytes. What is signed, and whether it was, is the sibling `sign`'s and
//! `verify`'s.

use mrms_core::{MicroStx, Nonce, StandardPrincipal};

use crate::keys::{PublicKey, RecoverableSignature};
use crate::network::TransactionVersion;
use crate::wire::{DecodeError, Reader, Writer};

/// How many auth fields a condition can have: more keys than any script has room for.
const MAX_FIELDS: usize = 65_535;
const COMPRESSED: u8 = 0x00;
const UNCOMPRESSED: u8 = 0x01;

/// Who authorizes a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The origin signs and pays.
    Standard(SpendingCondition),
    /// The origin signs, then the sponsor signs and pays.
    Sponsored {
        /// Whose transaction it is: `tx-sender` to the contract.
        origin: SpendingCondition,
        /// Who pays the fee.
        sponsor: SpendingCondition,
    },
}

impl Authorization {
    pub(super) const STANDARD: u8 = 0x04;
    pub(super) const SPONSORED: u8 = 0x05;

    /// The origin's condition.
    #[must_use]
    pub const fn origin(&self) -> &SpendingCondition {
        match self {
            Self::Standard(origin) | Self::Sponsored { origin, .. } => origin,
        }
    }

    /// The sponsor's condition.
    #[must_use]
    pub const fn sponsor(&self) -> Option<&SpendingCondition> {
        match self {
            Self::Standard(_) => None,
            Self::Sponsored { sponsor, .. } => Some(sponsor),
        }
    }

    /// The condition of whoever pays the fee.
    #[must_use]
    pub const fn payer(&self) -> &SpendingCondition {
        match self {
            Self::Standard(payer) | Self::Sponsored { sponsor: payer, .. } => payer,
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Standard(origin) => {
                out.push(Self::STANDARD);
                origin.encode(out);
            }
            Self::Sponsored { origin, sponsor } => {
                out.push(Self::SPONSORED);
                origin.encode(out);
                sponsor.encode(out);
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            Self::STANDARD => Ok(Self::Standard(SpendingCondition::decode(reader)?)),
            Self::SPONSORED => Ok(Self::Sponsored {
                origin: SpendingCondition::decode(reader)?,
                sponsor: SpendingCondition::decode(reader)?,
            }),
            byte => Err(DecodeError::Unknown { what: "an authorization type", at, byte }),
        }
    }
}

/// What an account needs to spend: its nonce, the fee, and its keys' signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingCondition {
    /// Hash of the key or script behind the account's address.
    pub signer: [u8; 20],
    /// The account's nonce.
    pub nonce: Nonce,
    /// The fee that it pays: zero for the origin of a sponsored transaction.
    pub fee: MicroStx,
    /// Its keys' part.
    pub witness: Witness,
}

/// The keys' part of a spending condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// One key.
    SingleSig {
        /// How the key becomes the signer's hash.
        mode: SingleSigMode,
        /// The form of the key that is hashed.
        encoding: KeyEncoding,
        /// Its signature.
        signature: RecoverableSignature,
    },
    /// Several keys.
    MultiSig {
        /// How the keys become the signer's hash, and in which order they sign.
        mode: MultiSigMode,
        /// A signature, or a key that didn't sign, for each key in the script's order.
        fields: Vec<AuthField>,
        /// How many signatures are needed.
        required: u16,
    },
}

/// How one key becomes a signer's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SingleSigMode {
    /// 0x00: the hash of the key.
    P2pkh,
    /// 0x02: the hash of the witness program with the key's hash.
    P2wpkh,
}

/// How several keys become a signer's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MultiSigMode {
    /// 0x01: the hash of the script; each key signs over the signature before.
    P2sh,
    /// 0x03: the hash of the witness program with the script's hash; likewise.
    P2wsh,
    /// 0x05: as 0x01, and all keys sign the same, in any order.
    P2shUnordered,
    /// 0x07: as 0x03, and all keys sign the same, in any order.
    P2wshUnordered,
}

/// Which form of a key is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyEncoding {
    /// 33 bytes.
    Compressed,
    /// 65 bytes.
    Uncompressed,
}

/// One key's place in a multisig condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthField {
    /// A key that didn't sign.
    Key(PublicKey, KeyEncoding),
    /// The signature of a key that did.
    Signature(RecoverableSignature, KeyEncoding),
}

impl KeyEncoding {
    pub(super) const fn to_byte(self) -> u8 {
        match self {
            Self::Compressed => COMPRESSED,
            Self::Uncompressed => UNCOMPRESSED,
        }
    }
}

impl SpendingCondition {
    /// What stands for the sponsor while the origin signs: its place, and zeros (SIP-005). Also
    /// what an origin hands to its sponsor.
    pub(super) const SENTINEL: Self = Self {
        signer: [0; 20],
        nonce: Nonce::new(0),
        fee: MicroStx::new(0),
        witness: Witness::UNSIGNED,
    };

    /// This condition as the initial signature hash has it: no nonce, fee or signatures.
    pub(super) fn cleared(&self) -> Self {
        let witness = match &self.witness {
            Witness::SingleSig { mode, encoding, .. } => Witness::SingleSig {
                mode: *mode,
                encoding: *encoding,
                signature: RecoverableSignature::MISSING,
            },
            Witness::MultiSig { mode, required, .. } => {
                Witness::MultiSig { mode: *mode, fields: Vec::new(), required: *required }
            }
        };
        Self { signer: self.signer, witness, ..Self::SENTINEL }
    }

    /// The account on networks of this version.
    #[must_use]
    pub fn account(&self, version: TransactionVersion) -> StandardPrincipal {
        match &self.witness {
            Witness::SingleSig { mode: SingleSigMode::P2pkh, .. } => {
                version.single_sig_account(self.signer)
            }
            Witness::SingleSig { mode: SingleSigMode::P2wpkh, .. } | Witness::MultiSig { .. } => {
                version.script_account(self.signer)
            }
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.witness.mode_byte());
        out.extend_from_slice(&self.signer);
        out.extend_from_slice(&self.nonce.number().to_be_bytes());
        out.extend_from_slice(&self.fee.number().to_be_bytes());
        match &self.witness {
            Witness::SingleSig { encoding, signature, .. } => {
                out.push(encoding.to_byte());
                out.extend_from_slice(signature.as_bytes());
            }
            Witness::MultiSig { fields, required, .. } => {
                out.length(fields.len());
                for field in fields {
                    field.encode(out);
                }
                out.extend_from_slice(&required.to_be_bytes());
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let mode = reader.u8()?;
        if !matches!(mode, 0x00..=0x03 | 0x05 | 0x07) {
            return Err(DecodeError::Unknown { what: "a hash mode", at, byte: mode });
        }
        Ok(Self {
            signer: reader.array()?,
            nonce: Nonce::new(reader.u64()?),
            fee: MicroStx::new(reader.u64()?),
            witness: match mode {
                0x00 => Witness::decode_single(reader, SingleSigMode::P2pkh)?,
                0x01 => Witness::decode_multi(reader, MultiSigMode::P2sh)?,
                0x02 => Witness::decode_single(reader, SingleSigMode::P2wpkh)?,
                0x03 => Witness::decode_multi(reader, MultiSigMode::P2wsh)?,
                0x05 => Witness::decode_multi(reader, MultiSigMode::P2shUnordered)?,
                _ => Witness::decode_multi(reader, MultiSigMode::P2wshUnordered)?,
            },
        })
    }
}

impl Witness {
    const UNSIGNED: Self = Self::SingleSig {
        mode: SingleSigMode::P2pkh,
        encoding: KeyEncoding::Compressed,
        signature: RecoverableSignature::MISSING,
    };

    const fn mode_byte(&self) -> u8 {
        match self {
            Self::SingleSig { mode: SingleSigMode::P2pkh, .. } => 0x00,
            Self::MultiSig { mode: MultiSigMode::P2sh, .. } => 0x01,
            Self::SingleSig { mode: SingleSigMode::P2wpkh, .. } => 0x02,
            Self::MultiSig { mode: MultiSigMode::P2wsh, .. } => 0x03,
            Self::MultiSig { mode: MultiSigMode::P2shUnordered, .. } => 0x05,
            Self::MultiSig { mode: MultiSigMode::P2wshUnordered, .. } => 0x07,
        }
    }

    fn decode_single(reader: &mut Reader<'_>, mode: SingleSigMode) -> Result<Self, DecodeError> {
        let at = reader.at();
        let encoding = match reader.u8()? {
            COMPRESSED => KeyEncoding::Compressed,
            UNCOMPRESSED => KeyEncoding::Uncompressed,
            byte => return Err(DecodeError::Unknown { what: "a key encoding", at, byte }),
        };
        if (mode, encoding) == (SingleSigMode::P2wpkh, KeyEncoding::Uncompressed) {
            return Err(DecodeError::PublicKey { at });
        }
        let signature = RecoverableSignature::from_bytes(reader.array()?);
        Ok(Self::SingleSig { mode, encoding, signature })
    }

    fn decode_multi(reader: &mut Reader<'_>, mode: MultiSigMode) -> Result<Self, DecodeError> {
        let length = reader.length("a list of auth fields", MAX_FIELDS)?;
        let mut fields = reader.room_for(length);
        for _ in 0..length {
            let at = reader.at();
            let field = AuthField::decode(reader)?;
            if mode.has_witness_program() && field.encoding() == KeyEncoding::Uncompressed {
                return Err(DecodeError::PublicKey { at });
            }
            fields.push(field);
        }
        Ok(Self::MultiSig { mode, fields, required: reader.u16()? })
    }
}

impl MultiSigMode {
    /// Whether the signer's hash is of a witness program, which has compressed keys only.
    #[must_use]
    pub const fn has_witness_program(self) -> bool {
        matches!(self, Self::P2wsh | Self::P2wshUnordered)
    }

    /// Whether each key signs over the signatures before its own.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        matches!(self, Self::P2sh | Self::P2wsh)
    }
}

impl AuthField {
    /// The form of its key that is hashed.
    #[must_use]
    pub const fn encoding(&self) -> KeyEncoding {
        match self {
            Self::Key(_, encoding) | Self::Signature(_, encoding) => *encoding,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Key(key, encoding) => {
                out.push(encoding.to_byte());
                out.extend_from_slice(&key.to_compressed());
            }
            Self::Signature(signature, encoding) => {
                out.push(0x02 + encoding.to_byte());
                out.extend_from_slice(signature.as_bytes());
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let byte = reader.u8()?;
        let encoding =
            if byte & 0x01 == 0 { KeyEncoding::Compressed } else { KeyEncoding::Uncompressed };
        match byte {
            // A key travels compressed even where its other form is hashed.
            0x00 | 0x01 => {
                let at = reader.at();
                let bytes: [u8; PublicKey::LENGTH] = reader.array()?;
                let key = PublicKey::from_sec1(&bytes);
                Ok(Self::Key(key.map_err(|_| DecodeError::PublicKey { at })?, encoding))
            }
            0x02 | 0x03 => {
                Ok(Self::Signature(RecoverableSignature::from_bytes(reader.array()?), encoding))
            }
            _ => Err(DecodeError::Unknown { what: "a kind of auth field", at, byte }),
        }
    }
}
